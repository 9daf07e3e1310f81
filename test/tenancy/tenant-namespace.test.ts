import { ApiObject, App, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { TenantNamespaceProps } from '../../lib/tenancy/tenant-namespace-props';
import { GpuInferenceLeaderWorkerSet } from '../../lib/workload/gpu-inference-leader-worker-set';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf } from '../support/messages';
import { CONTRACT, GROUP_CONTRACT } from '../support/services';
import { inventoryOf, manifestOf, manifestsOf, yamlOf } from '../support/yaml-of';

const tenant = (props?: TenantNamespaceProps) => new TenantNamespace(new App(), 'nim', props);

test('a namespace with Pod Security, default deny, defaults for containers, and no door past the gateway', () => {
  expect(inventoryOf(tenant())).toMatchInlineSnapshot(`
   Namespace nim
   NetworkPolicy default-deny
   LimitRange container-defaults
   ResourceQuota quota
  `);
  expect(yamlOf(tenant(), 'Namespace', 'nim')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: Namespace
   metadata:
     name: nim
     labels:
       pod-security.kubernetes.io/enforce: restricted
       pod-security.kubernetes.io/enforce-version: v1.36
       pod-security.kubernetes.io/warn: restricted
       pod-security.kubernetes.io/warn-version: v1.36
     annotations:
       kustomize.toolkit.fluxcd.io/prune: disabled
  `);
  expect(yamlOf(tenant(), 'NetworkPolicy', 'default-deny')).toMatchInlineSnapshot(`
   apiVersion: networking.k8s.io/v1
   kind: NetworkPolicy
   metadata:
     name: default-deny
     namespace: nim
   spec:
     podSelector: {}
     policyTypes:
       - Ingress
       - Egress
  `);
  expect(yamlOf(tenant(), 'LimitRange', 'container-defaults', 'spec')).toMatchInlineSnapshot(`
   spec:
     limits:
       - type: Container
         default:
           memory: 512Mi
         defaultRequest:
           cpu: 100m
           memory: 256Mi
  `);
  expect(yamlOf(tenant(), 'ResourceQuota', 'quota', 'spec')).toMatchInlineSnapshot(`
   spec:
     hard:
       services.loadbalancers: "0"
       services.nodeports: "0"
  `);
});

test('a cap of GPUs; the rest is what the services need', () => {
  const nim = tenant({ gpus: 4 });
  new GpuInferenceStatefulSet(nim, 'llama', { ...CONTRACT, replicas: 2 });
  expect(yamlOf(nim, 'ResourceQuota', 'quota')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: ResourceQuota
   metadata:
     name: quota
     namespace: nim
   spec:
     hard:
       persistentvolumeclaims: "2"
       pods: "2"
       requests.cpu: 6200m
       requests.memory: 22Gi
       requests.nvidia.com/gpu: "4"
       requests.storage: 100Gi
       services.loadbalancers: "0"
       services.nodeports: "0"
  `);
});

test('every pod of a group has a disk of its own', () => {
  const chat = tenant();
  const nodePool = GpuNodePool.gke({ name: 'h100', machineType: 'a3-highgpu-8g', maxNodes: 6 });
  const cache = ModelCache.perReplica(Size.gibibytes(300));
  new GpuInferenceLeaderWorkerSet(chat, 'llama', {
    ...GROUP_CONTRACT,
    nodePool,
    credentials: CONTRACT.credentials,
    cache,
    replicas: 3,
  });
  expect(yamlOf(chat, 'ResourceQuota', 'quota', 'spec.hard.pods', 'spec.hard.persistentvolumeclaims'))
    .toMatchInlineSnapshot(`
     pods: "6"
     persistentvolumeclaims: "6"
    `);
});

test('weights on a claim of yours: the claim has its place, and storage no limit, as nobody here knows its size', () => {
  const nim = tenant();
  const artifact = ModelArtifact.claim('weights');
  const cache = ModelCache.perReplica(Size.gibibytes(20));
  new GpuInferenceStatefulSet(nim, 'llama', { ...CONTRACT, artifact, cache, replicas: 2 });
  expect(yamlOf(nim, 'ResourceQuota', 'quota', 'spec.hard')).toMatchInlineSnapshot(`
   hard:
     persistentvolumeclaims: "3"
     pods: "2"
     requests.cpu: 6200m
     requests.memory: 22Gi
     requests.nvidia.com/gpu: "2"
     services.loadbalancers: "0"
     services.nodeports: "0"
  `);
  const stated = tenant({ quota: { storage: Size.tebibytes(1), volumeClaims: 2 } });
  new GpuInferenceStatefulSet(stated, 'llama', { ...CONTRACT, artifact, cache, replicas: 2 });
  expect(refusalsOf(stated, 'tenant-quota')).toMatchInlineSnapshot(`
   nim: tenant-quota
     nim needs 3 of persistentvolumeclaims at rest (nim/llama 2, nim/weights 1); its quota allows 2, and what is beyond it is not made.
     Raise it to 3, or leave it out: it is derived then.
  `);
});

test('slices under their own name', () => {
  const gpuResourceName = 'nvidia.com/mig-3g.40gb';
  expect(yamlOf(tenant({ gpus: 0, gpuResourceName }), 'ResourceQuota', 'quota', 'spec.hard')).toMatchInlineSnapshot(`
   hard:
     requests.nvidia.com/mig-3g.40gb: "0"
     services.loadbalancers: "0"
     services.nodeports: "0"
  `);
});

test('a quota of everything, by resource, device class and storage class', () => {
  const quota = {
    devices: { 'nvidia.com/mig-1g.10gb': 7, 'gpu.nvidia.com': 2 },
    cpu: Cpu.units(64),
    memory: Size.gibibytes(256),
    pods: 40,
    storage: Size.tebibytes(2),
    volumeClaims: 20,
    storageByClass: { 'hyperdisk-ml': Size.gibibytes(500) },
    loadBalancers: 1,
    nodePorts: 3,
  };
  expect(yamlOf(tenant({ gpus: 8, quota }), 'ResourceQuota', 'quota', 'spec')).toMatchInlineSnapshot(`
   spec:
     hard:
       gpu.nvidia.com.deviceclass.resource.k8s.io/devices: "2"
       hyperdisk-ml.storageclass.storage.k8s.io/requests.storage: 500Gi
       persistentvolumeclaims: "20"
       pods: "40"
       requests.cpu: "64"
       requests.memory: 256Gi
       requests.nvidia.com/gpu: "8"
       requests.nvidia.com/mig-1g.10gb: "7"
       requests.storage: 2048Gi
       services.loadbalancers: "1"
       services.nodeports: "3"
  `);
});

test('no quota but the GPUs; no quota at all; no defaults', () => {
  expect(yamlOf(tenant({ gpus: 8, quota: false }), 'ResourceQuota', 'quota', 'spec.hard')).toMatchInlineSnapshot(`
   hard:
     requests.nvidia.com/gpu: "8"
  `);
  expect(inventoryOf(tenant({ quota: false, containerDefaults: false }))).toMatchInlineSnapshot(`
   Namespace nim
   NetworkPolicy default-deny
  `);
});

test('only some priority classes: a quota of no pods for all others, and none for pods without a class', () => {
  const priorityClasses = ['inference-serving', 'inference-canary'];
  expect(yamlOf(tenant({ priorityClasses }), 'ResourceQuota', 'other-priority-classes')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: ResourceQuota
   metadata:
     name: other-priority-classes
     namespace: nim
   spec:
     hard:
       pods: "0"
     scopeSelector:
       matchExpressions:
         - operator: Exists
           scopeName: PriorityClass
         - operator: NotIn
           values:
             - inference-serving
             - inference-canary
           scopeName: PriorityClass
  `);
});

test('a service whose class the namespace does not allow is told', () => {
  const nim = new TenantNamespace(new App(), 'nim', { priorityClasses: ['inference-batch'] });
  new GpuInferenceStatefulSet(nim, 'llama', { ...CONTRACT, priorityClassName: 'gold' });
  expect(refusalsOf(nim)).toMatchInlineSnapshot(`
   nim: priority-class
     nim/llama has the priority class gold; nim allows inference-batch, and its pods are not made.
     Add gold to priorityClasses of the namespace, or give the service one of those.
  `);
});

test('baseline is enforced where an image needs it, and restricted still warns', () => {
  const labels = { team: 'ml', 'pod-security.kubernetes.io/enforce': 'privileged' };
  expect(
    yamlOf(
      tenant({ podSecurity: 'baseline', podSecurityVersion: 'v1.34', labels }),
      'Namespace',
      'nim',
      'metadata.labels',
    ),
  ).toMatchInlineSnapshot(`
   labels:
     pod-security.kubernetes.io/enforce: baseline
     pod-security.kubernetes.io/enforce-version: v1.34
     pod-security.kubernetes.io/warn: restricted
     pod-security.kubernetes.io/warn-version: v1.34
     team: ml
  `);
});

test('what is put in it is in the namespace, and the Namespace itself in none', () => {
  const nim = tenant({ name: 'team-a', containerDefaults: false, quota: false });
  new k8s.KubeConfigMap(nim, 'settings', { metadata: { name: 'settings' } });
  expect(manifestsOf(nim).map(({ kind, metadata }) => [kind, (metadata as { namespace?: string }).namespace])).toEqual([
    ['Namespace', undefined],
    ['NetworkPolicy', 'team-a'],
    ['ConfigMap', 'team-a'],
  ]);
});

test('the main object is the Namespace', () => {
  expect(ApiObject.of(tenant()).kind).toBe('Namespace');
});

test('what cannot be is told at once', () => {
  expect(refusalsOf(tenant({ name: 'Team_A', gpus: -1, labels: { 'a b': 'c' } }))).toMatchInlineSnapshot(`
   nim: names
     namespace "Team_A" is not an RFC 1123 label.
     Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
   nim: names
     namespace label key "a b" is not a label key.
     Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
   nim: numbers
     gpus is -1.
     Use a whole number, 0 or more.
  `);
  expect(refusalsOf(tenant({ gpus: 1, gpuResourceName: 'gpu' }))).toMatchInlineSnapshot(`
   nim: names
     The quota counts "gpu", which is not the name of an extended resource.
     Use the resourceName of the node pool, such as nvidia.com/gpu.
  `);
  expect(
    refusalsOf(
      tenant({
        gpus: 1,
        quota: { devices: { 'nvidia.com/gpu': 2, GPU: 1 }, pods: 1.5, storageByClass: { Fast: Size.gibibytes(1) } },
        podSecurityVersion: '1.36',
        priorityClasses: ['Gold'],
        team: { viewers: ['system:authenticated', ''] },
        flux: { serviceAccountName: 'Flux' },
        containerDefaults: { memory: Size.gibibytes(1), cpu: Cpu.millis(0) },
        queue: { clusterQueue: 'GPUs', name: 'My Queue' },
      }),
    ),
  ).toMatchInlineSnapshot(`
   nim: names
     device class "GPU" is not an RFC 1123 subdomain (3 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   nim: tenant-quota
     gpus says 1 and quota.devices says 2 for nvidia.com/gpu.
     State it once.
   nim: numbers
     quota.pods is 1.5.
     Use a whole number, 0 or more.
   nim: names
     storage class "Fast" is not an RFC 1123 subdomain (4 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   nim: names
     podSecurityVersion is "1.36", which is no minor version of Kubernetes.
     Use one such as v1.36, or latest.
   nim: names
     priority class "Gold" is not an RFC 1123 subdomain (4 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   nim: names
     "system:authenticated" is not a group of a team.
     Name the group as the identity provider sends it; those of "system:" belong to Kubernetes.
   nim: names
     "" is not a group of a team.
     Name the group as the identity provider sends it; those of "system:" belong to Kubernetes.
   nim: names
     Flux's service account "Flux" is not an RFC 1123 subdomain (4 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   nim/container-defaults: numbers
     containerDefaults.cpu in thousandths of a core is 0.
     Use a whole number, 1 or more.
   nim/container-defaults: resources
     The default request of memory is 1024 MiB, above the default limit of 512 MiB.
     Raise containerDefaults.memoryLimit, or lower containerDefaults.memory.
   nim/queue: names
     queue "My Queue" is not an RFC 1123 subdomain (8 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   nim/queue: names
     cluster queue "GPUs" is not an RFC 1123 subdomain (4 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
  `);
});

test('a container that asks for more memory than the default limit is told', () => {
  const nim = tenant();
  new k8s.KubePod(nim, 'tool', {
    metadata: { name: 'tool' },
    spec: {
      containers: [
        { name: 'tool', image: 'tool:1', resources: { requests: { memory: k8s.Quantity.fromString('1G') } } },
      ],
    },
  });
  expect(refusalsOf(nim)).toMatchInlineSnapshot(`
   nim: resources
     A container of nim/tool requests 954 MiB of memory and states no limit; its namespace gives it one of 512 MiB, and the API server refuses the pod.
     State a limit of memory for the container, or raise containerDefaults.memoryLimit.
  `);
});

/** Every option at a value that differs from its default, so that taking it away changes the YAML. */
const EVERYTHING: Required<TenantNamespaceProps> = {
  name: 'team-a',
  gpus: 4,
  gpuResourceName: 'nvidia.com/mig-3g.40gb',
  quota: { cpu: Cpu.units(8) },
  containerDefaults: { cpu: Cpu.millis(50) },
  podSecurity: 'baseline',
  podSecurityVersion: 'latest',
  labels: { team: 'ml' },
  defaultDeny: false,
  priorityClasses: ['gold'],
  team: { viewers: ['ml'] },
  flux: {},
  queue: { clusterQueue: 'gpus' },
  waivers: {},
};

test.each(Object.keys(EVERYTHING).filter((option) => option !== 'waivers') as (keyof TenantNamespaceProps)[])(
  'the option %s does something',
  (option) => {
    const all = JSON.stringify(manifestsOf(tenant(EVERYTHING)));
    expect(JSON.stringify(manifestsOf(tenant({ ...EVERYTHING, [option]: undefined })))).not.toBe(all);
  },
);

test('a quota that is too small can be waived for the whole namespace', () => {
  const waivers = { 'tenant-quota': 'the old service goes first' };
  const [strict, waived] = [{}, { waivers }].map((props) => {
    const nim = tenant({ ...props, quota: { pods: 0 } });
    new GpuInferenceStatefulSet(nim, 'llama', CONTRACT);
    return refusalsOf(nim);
  });
  expect(strict).toContain('tenant-quota');
  expect(waived).toBe('');
});

test('the Namespace has no empty parts', () => {
  expect(Object.keys(manifestOf(tenant(), 'Namespace', 'nim'))).toEqual(['apiVersion', 'kind', 'metadata']);
});

test('devices that pods claim are counted by their class, derived or stated', () => {
  const nodePool = GpuNodePool.onPrem({
    name: 'rack',
    gpu: 'L4',
    gpusPerNode: 2,
    maxNodes: 2,
    deviceAllocation: 'dra',
    kubernetesVersion: '1.34',
  });
  const hard = (props: TenantNamespaceProps) => {
    const nim = tenant(props);
    new GpuInferenceStatefulSet(nim, 'llama', {
      ...CONTRACT,
      nodePool,
      resources: { cpu: Cpu.units(4), memory: Size.gibibytes(16) },
    });
    return manifestOf(nim, 'ResourceQuota', 'quota').spec.hard as Record<string, string>;
  };
  const name = 'gpu.nvidia.com.deviceclass.resource.k8s.io/devices';
  expect(hard({})[name]).toBe('1');
  expect(hard({ gpus: 3, gpuResourceName: nodePool.resourceName })[name]).toBe('3');
  expect(hard({ quota: { devices: { 'gpu.nvidia.com': 4 } } })[name]).toBe('4');
});
