import { App, Chart } from 'cdk8s';
import {
  GpuNodePool,
  InferencePriorityClasses,
  InferenceService,
  TenantNamespace,
  WarmPool,
  WarmPoolProps,
} from '../../lib';
import { appCapacity } from '../../lib/checks/capacity';
import { POOLS } from '../support/pools';
import { refusalsOf } from '../support/messages';
import { CONTRACT } from '../support/services';
import { yamlOf } from '../support/yaml-of';

const L4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-24', maxNodes: 3 });

/** The namespace `platform` with the warm pool `warm`. */
function warm(changes: Partial<WarmPoolProps> = {}, priorities = true) {
  const app = new App();
  if (priorities) new InferencePriorityClasses(new Chart(app, 'cluster'), 'priorities');
  const chart = new Chart(app, 'platform', { namespace: 'platform' });
  return { app, chart, pool: new WarmPool(chart, 'warm', { nodePool: L4, ...changes }) };
}

test('sleeps on all GPUs of a node, on nodes of the pool only, and goes when anybody asks', () => {
  expect(yamlOf(warm().chart, 'Deployment', 'warm')).toMatchInlineSnapshot(`
   apiVersion: apps/v1
   kind: Deployment
   metadata:
     name: warm
     namespace: platform
     labels:
       app.kubernetes.io/component: placeholder
       app.kubernetes.io/instance: warm
       app.kubernetes.io/name: warm-pool
   spec:
     replicas: 1
     selector:
       matchLabels:
         app.kubernetes.io/instance: warm
         app.kubernetes.io/name: warm-pool
     strategy:
       type: RollingUpdate
       rollingUpdate:
         maxSurge: 0
         maxUnavailable: "100%"
     template:
       metadata:
         labels:
           app.kubernetes.io/component: placeholder
           app.kubernetes.io/instance: warm
           app.kubernetes.io/name: warm-pool
       spec:
         automountServiceAccountToken: false
         enableServiceLinks: false
         priorityClassName: inference-placeholder
         terminationGracePeriodSeconds: 1
         affinity:
           nodeAffinity:
             requiredDuringSchedulingIgnoredDuringExecution:
               nodeSelectorTerms:
                 - matchExpressions:
                     - key: cloud.google.com/gke-nodepool
                       operator: In
                       values:
                         - l4
                     - key: cloud.google.com/gke-accelerator
                       operator: In
                       values:
                         - nvidia-l4
         tolerations:
           - key: nvidia.com/gpu
             operator: Exists
             effect: NoSchedule
         containers:
           - name: pause
             image: registry.k8s.io/pause:3.10.1@sha256:278fb9dbcca9518083ad1e11276933a2e96f23de604a3a08cc3c80002767d24c
             imagePullPolicy: IfNotPresent
             resources:
               requests:
                 cpu: 1m
                 memory: 16Mi
                 ephemeral-storage: 16Mi
                 nvidia.com/gpu: "2"
               limits:
                 memory: 64Mi
                 ephemeral-storage: 16Mi
                 nvidia.com/gpu: "2"
             securityContext:
               allowPrivilegeEscalation: false
               capabilities:
                 drop:
                   - ALL
               readOnlyRootFilesystem: true
         securityContext:
           runAsNonRoot: true
           runAsUser: 65535
           runAsGroup: 65535
           seccompProfile:
             type: RuntimeDefault
     revisionHistoryLimit: 1
  `);
});

test('as many as are wanted', () => {
  expect(yamlOf(warm({ nodes: 2 }).chart, 'Deployment', 'warm', 'spec.replicas')).toBe('replicas: 2\n');
});

test('no service counts on its room, so the capacity plan knows nothing of it', () => {
  const { app } = warm({ nodes: 3 });
  const tenant = new TenantNamespace(app, 'nim', { gpus: 6 });
  const service = new InferenceService(tenant, 'llama', { ...CONTRACT, nodePool: L4, replicas: 6, network: false });
  expect(appCapacity(service).total.atRest).toEqual({ replicas: 6, gpus: 6, nodes: 3 });
  expect(refusalsOf(app, 'capacity')).toBe('');
});

test('placeholders that nobody could end, or that keep nothing ready, are refused', () => {
  const told = (changes: Partial<WarmPoolProps>, priorities = true) => refusalsOf(warm(changes, priorities).app);
  expect(
    [
      told({}, false),
      told({ priorityClassName: 'inference-serving' }),
      told({ nodes: 4 }),
      told({ nodes: 0, name: 'Warm', pauseImage: 'pause:latest@x' }),
    ].join('\n--\n'),
  ).toMatchInlineSnapshot(`
   platform/warm: warm-pool
     The placeholders have no priority class, so they have that of everybody else, and nobody may end them.
     Declare InferencePriorityClasses in the app before it, or name a class with a value below 0.
   --
   platform/warm: warm-pool
     The class inference-serving of the placeholders has the value 1000000 and takes the place of others.
     Use a class with a value from -10 to -1 that takes nobody's place.
   --
   platform/warm: warm-pool
     4 nodes of l4 are kept ready, and it has 3 at most.
     Use 3 or fewer, or raise maxNodes of the pool.
   --
   platform/warm: names
     Deployment "Warm" is not an RFC 1123 label.
     Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
   platform/warm: numbers
     nodes is 0.
     Use a whole number, 1 or more.
   platform/warm: image-reference
     "pause:latest@x" is not an image reference.
     Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.
  `);
});

test('slices of a GPU are asked for by their own name', () => {
  const pool = POOLS['on-prem, MIG slices under their own name'];
  const requests = yamlOf(
    warm({ nodePool: pool }).chart,
    'Deployment',
    'warm',
    'spec.template.spec.containers.0.resources.requests',
  );
  expect(requests).toContain(`${pool.resourceName}: "${pool.gpusPerNode}"`);
});
