import { ApiObject, App, Chart } from 'cdk8s';
import { load } from 'js-yaml';
import { namespaceConsumers } from '../../lib/checks/namespace-consumers';
import { largestNeed } from '../../lib/plan/tenant-quota';
import { CanaryRollout } from '../../lib/release/canary-rollout';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { CONTRACT, nim } from '../support/services';

const DEFAULTS = { cpuMillis: 100, memoryMib: 256 };
const POD = `{ containers: [{ name: a, resources: { requests: { cpu: 2, memory: 1Gi }, limits: { nvidia.com/gpu: 1 } } }] }`;
const BARE = `{ containers: [{ name: a }] }`;
const CLAIM = `{ storageClassName: fast, resources: { requests: { storage: 10Gi } } }`;

/** The largest need of objects of the namespace `team`, written as `kind: { spec }`. */
function need(...objects: readonly string[]) {
  const chart = new Chart(new App(), 'chart', { namespace: 'team' });
  objects.forEach((text, at) => {
    const [[groupAndKind, spec]] = Object.entries(load(text) as object) as [[string, object]];
    const [apiVersion, kind] = groupAndKind.split(' ') as [string, string];
    new ApiObject(chart, `${at}`, { apiVersion, kind, metadata: { name: `object-${at}` }, spec });
  });
  const { consumers } = namespaceConsumers(chart, 'team', DEFAULTS);
  return largestNeed(consumers);
}
const gpus = (pods: number) => ({
  'requests.nvidia.com/gpu': pods,
  'requests.cpu': 2000 * pods,
  'requests.memory': 1024 * pods,
  pods,
});
const storage = (claims: number) => ({
  'requests.storage': 10240 * claims,
  persistentvolumeclaims: claims,
  'fast.storageclass.storage.k8s.io/requests.storage': 10240 * claims,
});

test.each`
  what                                      | object                                                                                                                                  | expected
  ${'a Pod'}                                | ${`v1 Pod: ${POD}`}                                                                                                                     | ${gpus(1)}
  ${'what states nothing has the defaults'} | ${`v1 Pod: ${BARE}`}                                                                                                                    | ${{ 'requests.cpu': 100, 'requests.memory': 256, pods: 1 }}
  ${'a StatefulSet with a claim each'}      | ${`apps/v1 StatefulSet: { replicas: 3, template: { spec: ${POD} }, volumeClaimTemplates: [{ spec: ${CLAIM} }] }`}                       | ${{ ...gpus(3), ...storage(3) }}
  ${'a Deployment surges by a quarter'}     | ${`apps/v1 Deployment: { replicas: 8, template: { spec: ${POD} } }`}                                                                    | ${gpus(10)}
  ${'and by one at least, while one ends'}  | ${`apps/v1 Deployment: { replicas: 2, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, template: { spec: ${POD} } }`}   | ${gpus(3)}
  ${'even where rounding leaves none'}      | ${`apps/v1 Deployment: { replicas: 2, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 25% } }, template: { spec: ${POD} } }`} | ${gpus(3)}
  ${'unless it is recreated'}               | ${`apps/v1 Deployment: { replicas: 2, strategy: { type: Recreate }, template: { spec: ${POD} } }`}                                      | ${gpus(2)}
  ${'none at all surges by none'}           | ${`apps/v1 Deployment: { replicas: 0, template: { spec: ${POD} } }`}                                                                    | ${gpus(0)}
  ${'a Job'}                                | ${`batch/v1 Job: { parallelism: 4, template: { spec: ${POD} } }`}                                                                       | ${gpus(4)}
  ${'a CronJob'}                            | ${`batch/v1 CronJob: { jobTemplate: { spec: { template: { spec: ${POD} } } } }`}                                                        | ${gpus(1)}
  ${'a group of two groups of three'}       | ${`leaderworkerset.x-k8s.io/v1 LeaderWorkerSet: { replicas: 2, leaderWorkerTemplate: { size: 3, workerTemplate: { spec: ${POD} } } }`}  | ${gpus(6)}
  ${'a claim'}                              | ${`v1 PersistentVolumeClaim: ${CLAIM}`}                                                                                                 | ${storage(1)}
  ${'a volume that lives with its pod'}     | ${`v1 Pod: { containers: [{ name: a }], volumes: [{ name: v, ephemeral: { volumeClaimTemplate: { spec: ${CLAIM} } } }] }`}              | ${{ 'requests.cpu': 100, 'requests.memory': 256, pods: 1, ...storage(1) }}
  ${'a load balancer opens ports, too'}     | ${'v1 Service: { type: LoadBalancer, ports: [{ port: 80 }, { port: 443 }] }'}                                                           | ${{ 'services.loadbalancers': 1, 'services.nodeports': 2 }}
  ${'ports of nodes'}                       | ${'v1 Service: { type: NodePort, ports: [{ port: 80 }] }'}                                                                              | ${{ 'services.nodeports': 1 }}
  ${'a Service inside the cluster'}         | ${'v1 Service: { type: ClusterIP, ports: [{ port: 80 }] }'}                                                                             | ${{}}
  ${'something that takes nothing'}         | ${'v1 ConfigMap: {}'}                                                                                                                   | ${{}}
`('$what', ({ object, expected }) => {
  expect(need(object)).toEqual(expected);
});

test('a claim that pods mount counts once, whoever makes it', () => {
  const pod = `v1 Pod: { containers: [{ name: a }], volumes: [{ name: v, persistentVolumeClaim: { claimName: object-2 } }] }`;
  const pods = { 'requests.cpu': 200, 'requests.memory': 512, pods: 2 };
  expect(need(pod, pod)).toEqual({ ...pods, persistentvolumeclaims: 1 });
  expect(need(pod, pod, `v1 PersistentVolumeClaim: ${CLAIM}`)).toEqual({ ...pods, ...storage(1) });
  const [leader, worker] = ['leaderTemplate', 'workerTemplate'].map(
    (template) =>
      `${template}: { spec: { containers: [{ name: a }], volumes: [{ name: v, persistentVolumeClaim: { claimName: ${template.toLowerCase()} } }] } }`,
  );
  const group = `leaderworkerset.x-k8s.io/v1 LeaderWorkerSet: { leaderWorkerTemplate: { size: 2, ${leader}, ${worker} } }`;
  expect(need(group)).toEqual({ ...pods, persistentvolumeclaims: 2 });
});

test('a scaler says how many there may be', () => {
  const workload = `apps/v1 StatefulSet: { replicas: 1, template: { spec: ${POD} } }`;
  const target = '{ kind: StatefulSet, name: object-0 }';
  expect(
    need(workload, `autoscaling/v2 HorizontalPodAutoscaler: { scaleTargetRef: ${target}, maxReplicas: 6 }`),
  ).toEqual(gpus(6));
  expect(need(workload, `keda.sh/v1alpha1 ScaledObject: { scaleTargetRef: ${target}, maxReplicaCount: 5 }`)).toEqual(
    gpus(5),
  );
});

test('devices of a claim template count by their class', () => {
  const template = `resource.k8s.io/v1 ResourceClaimTemplate: { spec: { devices: { requests: [{ name: gpu, exactly: { deviceClassName: gpu.nvidia.com, count: 2 } }] } } }`;
  const pod = `v1 Pod: { resourceClaims: [{ name: gpu, resourceClaimTemplateName: object-0 }], containers: [{ name: a }] }`;
  expect(need(template, pod)['gpu.nvidia.com.deviceclass.resource.k8s.io/devices']).toBe(2);
});

test('other namespaces do not count', () => {
  const chart = new Chart(new App(), 'chart', { namespace: 'other' });
  new GpuInferenceStatefulSet(chart, 'llama', CONTRACT);
  expect(namespaceConsumers(chart, 'team', DEFAULTS).consumers).toEqual([]);
});

test('a canary has no pods at rest, and as many as its largest step; a declared service may stand in another chart', () => {
  const app = new App();
  const chart = new Chart(app, 'chart', { namespace: 'team' });
  const stable = new GpuInferenceStatefulSet(chart, 'stable', { ...CONTRACT, name: 'llama', replicas: 2 });
  const canary = new GpuInferenceStatefulSet(chart, 'canary', {
    ...CONTRACT,
    name: 'llama',
    track: 'canary',
    runtime: nim('1.1.0'),
    replicas: 0,
  });
  new CanaryRollout(chart, 'release', { name: 'llama', stable, canary, step: 'prepared' });
  const found = namespaceConsumers(new Chart(app, 'tenant'), 'team', DEFAULTS).consumers;
  expect(found.map(({ path, atRest, atLargest }) => `${path} ${atRest}..${atLargest}`)).toEqual([
    'team/llama 2..2',
    'team/llama 0..2',
  ]);
});
