import { PolicyRuleId } from '../../lib/policy/policy-rules';
import { Manifest } from '../support/yaml-of';

/** A pod spec that tests change. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests write into every part
export type PodSpec = Record<string, any>;

const CONTAINER_SECURITY = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const POD_SECURITY = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };

/** A server as somebody writes it by hand, for the pool gpupool of the reference platform. */
export function gpuSpec(): PodSpec {
  return {
    automountServiceAccountToken: false,
    nodeSelector: { 'cloud.google.com/gke-nodepool': 'gpupool' },
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    securityContext: POD_SECURITY,
    containers: [
      {
        name: 'server',
        image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0',
        resources: {
          requests: { cpu: '2', memory: '8Gi', 'nvidia.com/gpu': '1' },
          limits: { memory: '8Gi', 'nvidia.com/gpu': '1' },
        },
        securityContext: CONTAINER_SECURITY,
      },
    ],
  };
}

/** A pod without a GPU. */
export function cpuSpec(): PodSpec {
  return {
    securityContext: POD_SECURITY,
    containers: [{ name: 'web', image: 'registry.example.com/team/web:2.1', securityContext: CONTAINER_SECURITY }],
  };
}

const LABELS = { 'app.kubernetes.io/name': 'server', 'app.kubernetes.io/instance': 'by-hand' };

/** A template as objects hold it. */
export const template = (spec: PodSpec, labels: Record<string, string> = LABELS) => ({ metadata: { labels }, spec });

const metadata = (namespace?: string) => ({ name: 'by-hand', ...(namespace !== undefined && { namespace }) });

/** The same pods in each kind that holds or makes pods. */
export const KINDS: Readonly<Record<string, (pod: ReturnType<typeof template>, namespace?: string) => Manifest>> = {
  Pod: (pod, namespace) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata(namespace), labels: pod.metadata.labels },
    spec: pod.spec,
  }),
  Deployment: (pod, namespace) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(namespace),
    spec: { replicas: 0, selector: { matchLabels: pod.metadata.labels }, template: pod },
  }),
  StatefulSet: (pod, namespace) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata(namespace),
    spec: { replicas: 0, serviceName: 'by-hand', selector: { matchLabels: pod.metadata.labels }, template: pod },
  }),
  ReplicaSet: (pod, namespace) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: metadata(namespace),
    spec: { replicas: 0, selector: { matchLabels: pod.metadata.labels }, template: pod },
  }),
  DaemonSet: (pod, namespace) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(namespace),
    spec: { selector: { matchLabels: pod.metadata.labels }, template: pod },
  }),
  Job: (pod, namespace) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(namespace),
    spec: { suspend: true, template: neverRestarted(pod) },
  }),
  CronJob: (pod, namespace) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadata(namespace),
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: neverRestarted(pod) } } },
  }),
  LeaderWorkerSet: (pod, namespace) => ({
    apiVersion: 'leaderworkerset.x-k8s.io/v1',
    kind: 'LeaderWorkerSet',
    metadata: metadata(namespace),
    spec: { replicas: 0, leaderWorkerTemplate: { size: 2, leaderTemplate: pod, workerTemplate: pod } },
  }),
};

const neverRestarted = (pod: ReturnType<typeof template>) => ({
  ...pod,
  spec: { ...pod.spec, restartPolicy: 'Never' },
});

/** A change of a pod that is admitted. */
export interface Change {
  readonly rule: PolicyRuleId;
  readonly title: string;
  readonly of: () => PodSpec;
  readonly change: (spec: PodSpec) => void;
  readonly labels?: Record<string, string>;
}

const changed =
  (of: () => PodSpec) =>
  (rule: PolicyRuleId, title: string, change: (spec: PodSpec) => void, labels?: Record<string, string>): Change => ({
    rule,
    title,
    of,
    change,
    labels,
  });
const gpu = changed(gpuSpec);
const cpu = changed(cpuSpec);
const server = (spec: PodSpec) => spec.containers[0];

/** What breaks a rule and no other. */
export const BAD: readonly Change[] = [
  cpu('image-registry', 'an image of Docker Hub', (spec) => (server(spec).image = 'vllm/vllm-openai:v0.10.0')),
  cpu(
    'image-registry',
    'a registry of nearly that name',
    (spec) => (server(spec).image = 'registry.example.com.evil.io/team/web:1'),
  ),
  cpu(
    'image-registry',
    'a folder of nearly that name',
    (spec) => (server(spec).image = 'registry.example.com/teamster/web:1'),
  ),
  gpu(
    'image-registry',
    'an init container from elsewhere',
    (spec) => (spec.initContainers = [{ ...server(cpuSpec()), name: 'init', image: 'quay.io/a/b:1' }]),
  ),
  cpu('image-pinning', 'the tag latest', (spec) => (server(spec).image = 'registry.example.com/team/web:latest')),
  cpu('image-pinning', 'a branch, in capitals', (spec) => (server(spec).image = 'registry.example.com/team/web:Main')),
  cpu('image-pinning', 'no tag', (spec) => (server(spec).image = 'registry.example.com/team/web')),
  gpu(
    'privileged',
    'a privileged server',
    (spec) =>
      (server(spec).securityContext = {
        privileged: true,
        capabilities: { drop: ['ALL'] },
      }),
  ),
  gpu('host-namespaces', "the node's shared memory", (spec) => (spec.hostIPC = true)),
  cpu('host-namespaces', "the node's processes", (spec) => (spec.hostPID = true)),
  cpu('host-namespaces', "the node's network", (spec) => (spec.hostNetwork = true)),
  gpu(
    'host-path',
    'a folder of the node',
    (spec) => (spec.volumes = [{ name: 'models', hostPath: { path: '/mnt/models' } }]),
  ),
  gpu('host-ports', 'a port of the node', (spec) => (server(spec).ports = [{ containerPort: 8000, hostPort: 8000 }])),
  gpu(
    'run-as-non-root',
    'nothing said',
    (spec) => (spec.securityContext = { seccompProfile: { type: 'RuntimeDefault' } }),
  ),
  gpu(
    'run-as-non-root',
    'the container overrides the pod',
    (spec) => (server(spec).securityContext = { ...CONTAINER_SECURITY, runAsNonRoot: false }),
  ),
  gpu(
    'run-as-non-root',
    'user 0 of the container',
    (spec) => (server(spec).securityContext = { ...CONTAINER_SECURITY, runAsUser: 0 }),
  ),
  gpu(
    'privilege-escalation',
    'nothing said',
    (spec) => (server(spec).securityContext = { capabilities: { drop: ['ALL'] } }),
  ),
  gpu(
    'capabilities',
    'some are dropped',
    (spec) => (server(spec).securityContext = { ...CONTAINER_SECURITY, capabilities: { drop: ['NET_RAW'] } }),
  ),
  gpu(
    'capabilities',
    'IPC_LOCK is added',
    (spec) =>
      (server(spec).securityContext = { ...CONTAINER_SECURITY, capabilities: { drop: ['ALL'], add: ['IPC_LOCK'] } }),
  ),
  gpu('seccomp', 'nothing said', (spec) => (spec.securityContext = { runAsNonRoot: true })),
  gpu(
    'seccomp',
    'the container is unconfined',
    (spec) => (server(spec).securityContext = { ...CONTAINER_SECURITY, seccompProfile: { type: 'Unconfined' } }),
  ),
  gpu('gpu-requests', 'no CPU', (spec) => delete server(spec).resources.requests.cpu),
  gpu(
    'gpu-requests',
    'nothing but a MIG slice',
    (spec) => (server(spec).resources = { limits: { 'nvidia.com/mig-1g.10gb': '1' } }),
  ),
  gpu(
    'gpu-requests',
    'an init container with a GPU',
    (spec) =>
      (spec.initContainers = [{ ...server(spec), name: 'init', resources: { limits: { 'nvidia.com/gpu': '1' } } }]),
  ),
  gpu('gpu-count', 'two GPUs where a node has one', (spec) => {
    server(spec).resources.requests['nvidia.com/gpu'] = '2';
    server(spec).resources.limits['nvidia.com/gpu'] = '2';
  }),
  gpu('gpu-count', 'two containers with a GPU each', (spec) =>
    spec.containers.push({ ...server(spec), name: 'other' }),
  ),
  gpu('gpu-count', 'an init container with two', (spec) => {
    const limits = { memory: '8Gi', 'nvidia.com/gpu': '2' };
    spec.initContainers = [{ ...server(spec), name: 'init', resources: { requests: { cpu: '2' }, limits } }];
  }),
  gpu('gpu-pool', 'no node is asked for', (spec) => delete spec.nodeSelector),
  gpu('gpu-pool', 'another pool', (spec) => (spec.nodeSelector = { 'cloud.google.com/gke-nodepool': 'default-pool' })),
  gpu('gpu-pool', 'a preference is no requirement', (spec) => {
    delete spec.nodeSelector;
    spec.affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: pool('gpupool') }] },
    };
  }),
  gpu('gpu-pool', 'an alternative that leads elsewhere', (spec) => {
    delete spec.nodeSelector;
    spec.affinity = required(pool('gpupool'), pool('default-pool'));
  }),
  gpu('gpu-toleration', 'no toleration', (spec) => delete spec.tolerations),
  gpu(
    'gpu-toleration',
    'the value of another platform',
    (spec) => (spec.tolerations = [{ key: 'nvidia.com/gpu', operator: 'Equal', value: 'true' }]),
  ),
  gpu(
    'gpu-toleration',
    'another effect',
    (spec) => (spec.tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoExecute' }]),
  ),
  cpu(
    'gpu-nodes-reserved',
    'the taint of GPU nodes',
    (spec) => (spec.tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists' }]),
  ),
  cpu('gpu-nodes-reserved', 'every taint there is', (spec) => (spec.tolerations = [{ operator: 'Exists' }])),
  gpu('required-labels', 'nobody holds the GPU', () => undefined, { app: 'server' }),
  gpu('service-account-token', 'the default', (spec) => delete spec.automountServiceAccountToken),
];

/** What looks like it, and breaks none. */
export const GOOD: readonly Change[] = [
  cpu('image-registry', 'a folder of the registry', (spec) => (server(spec).image = 'registry.example.com/team/a/b:1')),
  cpu(
    'image-pinning',
    'latest with a digest',
    (spec) => (server(spec).image = `registry.example.com/team/web:latest@sha256:${'0'.repeat(64)}`),
  ),
  cpu(
    'image-pinning',
    'a version that ends like a branch',
    (spec) => (server(spec).image = 'registry.example.com/team/web:1.2-latest'),
  ),
  gpu('privileged', 'said to be not', (spec) => (server(spec).securityContext.privileged = false)),
  gpu(
    'host-namespaces',
    'shared memory of its own',
    (spec) => (spec.volumes = [{ name: 'shm', emptyDir: { medium: 'Memory' } }]),
  ),
  gpu(
    'host-path',
    'a claim',
    (spec) => (spec.volumes = [{ name: 'models', persistentVolumeClaim: { claimName: 'models' } }]),
  ),
  gpu('host-ports', 'a port of the container', (spec) => (server(spec).ports = [{ containerPort: 8000 }])),
  gpu('run-as-non-root', 'said by the container', (spec) => {
    spec.securityContext = { seccompProfile: { type: 'RuntimeDefault' } };
    server(spec).securityContext = { ...CONTAINER_SECURITY, runAsNonRoot: true };
  }),
  gpu('privilege-escalation', 'refused', (spec) => (server(spec).securityContext = { ...CONTAINER_SECURITY })),
  gpu(
    'capabilities',
    'low ports',
    (spec) =>
      (server(spec).securityContext = {
        ...CONTAINER_SECURITY,
        capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      }),
  ),
  gpu(
    'seccomp',
    'a profile of the node',
    (spec) =>
      (spec.securityContext = { ...POD_SECURITY, seccompProfile: { type: 'Localhost', localhostProfile: 'gpu.json' } }),
  ),
  gpu(
    'gpu-requests',
    'limits are requests too',
    (spec) => (server(spec).resources = { limits: { cpu: '2', memory: '8Gi', 'nvidia.com/gpu': '1' } }),
  ),
  gpu(
    'gpu-count',
    'an init container has the GPU before',
    (spec) => (spec.initContainers = [{ ...server(spec), name: 'init' }]),
  ),
  gpu('gpu-pool', 'by affinity, beside a zone', (spec) => {
    delete spec.nodeSelector;
    const { matchExpressions } = pool('gpupool');
    spec.affinity = required({
      matchExpressions: [
        ...matchExpressions,
        { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-central1-a'] },
      ],
    });
  }),
  gpu(
    'gpu-toleration',
    'the value of the taint',
    (spec) => (spec.tolerations = [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }]),
  ),
  gpu('gpu-toleration', 'every taint there is', (spec) => (spec.tolerations = [{ operator: 'Exists' }])),
  cpu('gpu-nodes-reserved', 'a taint of others', (spec) => (spec.tolerations = [{ key: 'spot', operator: 'Exists' }])),
  cpu('gpu-nodes-reserved', 'a device claim, which may be of a GPU', (spec) => {
    spec.tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists' }];
    spec.resourceClaims = [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }];
  }),
  cpu('required-labels', 'a pod without a GPU', () => undefined, { app: 'web' }),
  cpu('service-account-token', 'a pod without a GPU', () => undefined),
];

const pool = (name: string) => ({
  matchExpressions: [{ key: 'cloud.google.com/gke-nodepool', operator: 'In', values: [name] }],
});

const required = (...nodeSelectorTerms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});

/** The object of a kind with the change. */
export function manifestWith({ of, change, labels }: Change, kind: string, namespace?: string): Manifest {
  const spec = JSON.parse(JSON.stringify(of())) as PodSpec;
  change(spec);
  return KINDS[kind]!(template(spec, labels), namespace);
}
