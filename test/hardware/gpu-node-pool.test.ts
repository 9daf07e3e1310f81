import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { Gpu } from '../../lib/hardware/gpu';
import { findGpu } from '../../lib/hardware/gpu-catalog';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { Machine } from '../../lib/hardware/machine';
import { findMachine } from '../../lib/hardware/machine-catalog';
import { InvalidInputError } from '../../lib/problem/problem';

const yaml = (value: unknown) => `\n${stringify(value, { lineWidth: 0 })}`;

const placement = ({ selector, taints, nodeLabels }: GpuNodePool) => yaml({ selector, taints, nodeLabels });

const l4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2, zones: ['us-central1-a'] });

test('a GKE pool knows what its nodes are and offer', () => {
  const rest = Object.entries(l4).filter(
    ([key]) => !['gpu', 'machine', 'selector', 'taints', 'nodeLabels'].includes(key),
  );
  expect(yaml(Object.fromEntries(rest))).toMatchInlineSnapshot(`
   "
   platform: gke
   name: gpupool
   gpusPerNode: 1
   resourceName: nvidia.com/gpu
   machineTypes:
     - g2-standard-4
   minNodes: 0
   maxNodes: 2
   zones:
     - us-central1-a
   spot: false
   allocatable:
     cpuMillis: 3920
     memoryMib: 13256
     ephemeralStorageMib: 44227
   daemonSets:
     cpuMillis: 600
     memoryMib: 900
   "
  `);
  expect(l4.gpu).toBe(findGpu('L4'));
  expect(l4.machine).toBe(findMachine('gcp', 'g2-standard-4'));
  expect(l4.maxGpus).toBe(2);
});

test('GKE: what a pod must require and tolerate', () => {
  expect(placement(l4)).toMatchInlineSnapshot(`
   "
   selector:
     - key: cloud.google.com/gke-nodepool
       values:
         - gpupool
     - key: cloud.google.com/gke-accelerator
       values:
         - nvidia-l4
   taints:
     - key: nvidia.com/gpu
       value: present
       effect: NoSchedule
   nodeLabels:
     cloud.google.com/gke-nodepool: gpupool
     cloud.google.com/gke-accelerator: nvidia-l4
     cloud.google.com/gke-accelerator-count: "1"
     cloud.google.com/gke-gpu: "true"
     node.kubernetes.io/instance-type: g2-standard-4
   "
  `);
});

test('GKE spot nodes carry a label and no taint of their own', () => {
  const pool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2, spot: true });
  expect(pool.nodeLabels['cloud.google.com/gke-spot']).toBe('true');
  expect(pool.taints).toEqual(l4.taints);
});

test('EKS: what a pod must require and tolerate', () => {
  const pool = GpuNodePool.eks({ name: 'Gpu_1', machineTypes: ['g6.2xlarge', 'g6.xlarge'], maxNodes: 4, spot: true });
  expect(pool.machineTypes).toEqual(['g6.xlarge', 'g6.2xlarge']);
  expect(placement(pool)).toMatchInlineSnapshot(`
   "
   selector:
     - key: eks.amazonaws.com/nodegroup
       values:
         - Gpu_1
     - key: node.kubernetes.io/instance-type
       values:
         - g6.xlarge
         - g6.2xlarge
   taints:
     - key: nvidia.com/gpu
       value: "true"
       effect: NoSchedule
   nodeLabels:
     eks.amazonaws.com/nodegroup: Gpu_1
     node.kubernetes.io/instance-type: g6.xlarge
     eks.amazonaws.com/capacityType: SPOT
   "
  `);
});

test('Karpenter by instance types', () => {
  const pool = GpuNodePool.karpenter({ name: 'gpu', machineTypes: ['g6.xlarge'], maxNodes: 4, spot: true });
  expect(placement(pool)).toMatchInlineSnapshot(`
   "
   selector:
     - key: karpenter.sh/nodepool
       values:
         - gpu
     - key: karpenter.k8s.aws/instance-gpu-name
       values:
         - l4
     - key: karpenter.sh/capacity-type
       values:
         - spot
   taints:
     - key: nvidia.com/gpu
       value: "true"
       effect: NoSchedule
   nodeLabels:
     karpenter.sh/nodepool: gpu
     karpenter.k8s.aws/instance-gpu-name: l4
     karpenter.sh/capacity-type: spot
     karpenter.k8s.aws/instance-gpu-count: "1"
     node.kubernetes.io/instance-type: g6.xlarge
   "
  `);
});

test('Karpenter by GPU: one name means two A100 sizes, so the memory is required too', () => {
  const pool = GpuNodePool.karpenter({ name: 'a100', gpu: 'A100-80GB', gpusPerNode: 8, maxNodes: 1 });
  expect(pool.machineTypes).toEqual(['p4de.24xlarge']);
  expect(placement(pool)).toMatchInlineSnapshot(`
   "
   selector:
     - key: karpenter.sh/nodepool
       values:
         - a100
     - key: karpenter.k8s.aws/instance-gpu-name
       values:
         - a100
     - key: karpenter.k8s.aws/instance-gpu-memory
       values:
         - "81920"
     - key: karpenter.k8s.aws/instance-gpu-count
       values:
         - "8"
   taints:
     - key: nvidia.com/gpu
       value: "true"
       effect: NoSchedule
   nodeLabels:
     karpenter.sh/nodepool: a100
     karpenter.k8s.aws/instance-gpu-name: a100
     karpenter.k8s.aws/instance-gpu-memory: "81920"
     karpenter.k8s.aws/instance-gpu-count: "8"
     karpenter.sh/capacity-type: on-demand
     node.kubernetes.io/instance-type: p4de.24xlarge
   "
  `);
});

test('AKS: spot nodes are tainted by AKS', () => {
  const pool = GpuNodePool.aks({ name: 'a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 3, spot: true });
  expect(placement(pool)).toMatchInlineSnapshot(`
   "
   selector:
     - key: kubernetes.azure.com/agentpool
       values:
         - a100
     - key: node.kubernetes.io/instance-type
       values:
         - Standard_NC24ads_A100_v4
   taints:
     - key: sku
       value: gpu
       effect: NoSchedule
     - key: kubernetes.azure.com/scalesetpriority
       value: spot
       effect: NoSchedule
   nodeLabels:
     kubernetes.azure.com/agentpool: a100
     node.kubernetes.io/instance-type: Standard_NC24ads_A100_v4
     kubernetes.azure.com/accelerator: nvidia
     kubernetes.azure.com/scalesetpriority: spot
   "
  `);
});

test('on-prem: labels of the GPU Operator and of your own', () => {
  const pool = GpuNodePool.onPrem({
    name: 'rack-1',
    gpu: 'A100-80GB',
    gpusPerNode: 4,
    maxNodes: 3,
    labels: { rack: 'r1' },
  });
  expect(placement(pool)).toMatchInlineSnapshot(`
   "
   selector:
     - key: nvidia.com/gpu.present
       values:
         - "true"
     - key: nvidia.com/gpu.product
       values:
         - NVIDIA-A100-SXM4-80GB
         - NVIDIA-A100-80GB-PCIe
     - key: rack
       values:
         - r1
   taints: []
   nodeLabels:
     rack: r1
     nvidia.com/gpu.present: "true"
     nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB
     nvidia.com/gpu.count: "4"
     nvidia.com/gpu.replicas: "1"
   "
  `);
  expect(pool.minNodes).toBe(3);
  expect(pool.allocatable).toBeUndefined();
});

test('on-prem: CPU and memory of a node, without what kubelet keeps back', () => {
  const node = { cpu: Cpu.units(64), memory: Size.gibibytes(512) };
  const pool = GpuNodePool.onPrem({ name: 'rack-1', gpu: 'L40S', gpusPerNode: 4, maxNodes: 3, ...node });
  expect(pool.allocatable).toEqual({ cpuMillis: 64000, memoryMib: 512 * 1024 - 100 });
});

const rack = { name: 'rack', gpu: 'A100-80GB', gpusPerNode: 2, maxNodes: 3 } as const;

// What a pod requests, how many a node has, what part of the memory each has, and the product label.
test.each([
  ['whole GPUs', {}, 'nvidia.com/gpu', 2, undefined, 'NVIDIA-A100-SXM4-80GB'],
  ['MIG', { mig: { profile: '1g.10gb' } }, 'nvidia.com/gpu', 14, 0.125, 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb'],
  [
    'MIG, mixed',
    { mig: { profile: '3g.40gb', strategy: 'mixed' } },
    'nvidia.com/mig-3g.40gb',
    4,
    0.5,
    'NVIDIA-A100-SXM4-80GB',
  ],
  [
    'MIG with media engines',
    { mig: { profile: '1g.10gb+me', strategy: 'mixed' } },
    'nvidia.com/mig-1g.10gb.me',
    2,
    0.125,
    'NVIDIA-A100-SXM4-80GB',
  ],
  ['time slicing', { sharing: { replicas: 4 } }, 'nvidia.com/gpu', 8, 0.25, 'NVIDIA-A100-SXM4-80GB-SHARED'],
  [
    'MPS, renamed',
    { sharing: { replicas: 4, strategy: 'mps', renamed: true } },
    'nvidia.com/gpu.shared',
    8,
    0.25,
    'NVIDIA-A100-SXM4-80GB',
  ],
] as const)('%s', (_name, partition, resourceName, gpusPerNode, gpuMemoryShare, product) => {
  const pool = GpuNodePool.onPrem({ ...rack, ...partition });
  expect(pool).toMatchObject({ resourceName, gpusPerNode, maxGpus: 3 * gpusPerNode });
  expect(pool.gpuMemoryShare).toBe(gpuMemoryShare);
  expect(pool.nodeLabels['nvidia.com/gpu.product']).toBe(product);
});

// The name of a profile rounds its memory up: 18 of 141 GB is one eighth.
test.each([
  ['H200', '1g.18gb', 0.125],
  ['H200', '1g.35gb', 0.25],
  ['H200', '3g.71gb', 0.5],
  ['GB200', '7g.186gb', 1],
  ['RTX-PRO-6000', '2g.48gb', 0.5],
] as const)('%s cut into %s: each slice has %d of the memory', (gpu, profile, share) => {
  expect(GpuNodePool.onPrem({ ...rack, gpu, mig: { profile } }).gpuMemoryShare).toBe(share);
});

test.each([
  [{ mig: { profile: '1g.10gb' } }, { 'cloud.google.com/gke-gpu-partition-size': '1g.10gb' }, 7],
  [
    { sharing: { replicas: 3 } },
    {
      'cloud.google.com/gke-gpu-sharing-strategy': 'time-sharing',
      'cloud.google.com/gke-max-shared-clients-per-gpu': '3',
    },
    3,
  ],
  [
    { sharing: { replicas: 2, strategy: 'mps' } },
    { 'cloud.google.com/gke-gpu-sharing-strategy': 'mps', 'cloud.google.com/gke-max-shared-clients-per-gpu': '2' },
    2,
  ],
] as const)('GKE partitions are told apart by labels: %j', (partition, labels, gpusPerNode) => {
  const pool = GpuNodePool.gke({ name: 'a100', machineType: 'a2-ultragpu-1g', maxNodes: 1, ...partition });
  const required = Object.fromEntries(pool.selector.map(({ key, values }) => [key, values[0]]));
  expect(required).toMatchObject(labels);
  expect(pool).toMatchObject({ resourceName: 'nvidia.com/gpu', gpusPerNode });
});

test('N1 with two T4 GPUs attached', () => {
  const pool = GpuNodePool.gke({ name: 't4', machineType: 'n1-standard-8', attachedT4s: 2, maxNodes: 1 });
  expect(pool).toMatchObject({ gpusPerNode: 2, allocatable: { cpuMillis: 7910, memoryMib: 26483 } });
  expect(pool.nodeLabels).toMatchObject({
    'cloud.google.com/gke-accelerator': 'nvidia-tesla-t4',
    'cloud.google.com/gke-accelerator-count': '2',
    'node.kubernetes.io/instance-type': 'n1-standard-8',
  });
});

test('a3-megagpu-8g has an accelerator label of its own', () => {
  const pool = GpuNodePool.gke({ name: 'h100', machineType: 'a3-megagpu-8g', maxNodes: 1 });
  expect(pool.nodeLabels['cloud.google.com/gke-accelerator']).toBe('nvidia-h100-mega-80gb');
});

// CPU and memory of a node before DaemonSets.
test.each([
  ['eks', GpuNodePool.eks({ name: 'a', machineTypes: ['g6.xlarge'], maxNodes: 1 }), 3920, 14784],
  [
    'eks, 110 pods',
    GpuNodePool.eks({ name: 'a', machineTypes: ['g6.xlarge'], maxNodes: 1, maxPods: 110 }),
    3920,
    14212,
  ],
  ['karpenter', GpuNodePool.karpenter({ name: 'a', machineTypes: ['g6.xlarge'], maxNodes: 1 }), 3920, 14162],
  ['karpenter by GPU: the smallest', GpuNodePool.karpenter({ name: 'a', gpu: 'L4', maxNodes: 1 }), 3920, 14162],
  ['aks', GpuNodePool.aks({ name: 'a', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 1 }), 23660, 218424],
])('%s', (_name, pool, cpuMillis, memoryMib) => {
  expect(pool.allocatable).toEqual({ cpuMillis, memoryMib });
});

test('a machine and a GPU of your own', () => {
  const gpu: Gpu = { ...findGpu('L4'), id: 'L5', gkeAccelerators: ['nvidia-l5'] };
  const machineType: Machine = { ...findMachine('gcp', 'g2-standard-4')!, type: 'g3-standard-4', gpu: 'L5' };
  const pool = GpuNodePool.gke({ name: 'l5', machineType, gpu, maxNodes: 1 });
  expect(pool.gpu).toBe(gpu);
  expect(pool.machine).toBe(machineType);
  expect(pool.nodeLabels['cloud.google.com/gke-accelerator']).toBe('nvidia-l5');
});

test('your taints are added, and replace derived ones of the same key and effect', () => {
  const pool = GpuNodePool.eks({
    name: 'gpu',
    machineTypes: ['g6.xlarge'],
    maxNodes: 1,
    taints: [
      { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' },
      { key: 'team', value: 'search', effect: 'NoExecute' },
    ],
  });
  expect(pool.taints).toEqual([
    { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' },
    { key: 'team', value: 'search', effect: 'NoExecute' },
  ]);
});

test('DaemonSets of your own cluster', () => {
  const daemonSets = { cpu: Cpu.millis(250), memory: Size.mebibytes(300) };
  const pool = GpuNodePool.gke({ name: 'gpu', machineType: 'g2-standard-4', maxNodes: 1, daemonSets });
  expect(pool.daemonSets).toEqual({ cpuMillis: 250, memoryMib: 300 });
});

test.each([
  [l4, 'gpupool (gke: g2-standard-4, 1 x L4 a node, at most 2 nodes)'],
  [
    GpuNodePool.onPrem({ ...rack, mig: { profile: '1g.10gb' } }),
    'rack (on-prem: 14 x A100-80GB 1g.10gb a node, at most 3 nodes)',
  ],
  [
    GpuNodePool.onPrem({ ...rack, sharing: { replicas: 2 }, maxNodes: 1 }),
    'rack (on-prem: 4 x A100-80GB shared by 2 a node, at most 1 node)',
  ],
])('reads as %s', (pool, text) => expect(`${pool}`).toBe(text));

const gke = { name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 } as const;
const eks = { name: 'gpu', machineTypes: ['g6.xlarge'], maxNodes: 2 } as const;
const machine = findMachine('gcp', 'g2-standard-4')!;

// Each call, what is wrong with it, and what to change.
test.each<[string, () => GpuNodePool, string, string]>([
  [
    'unknown machine type',
    () => GpuNodePool.gke({ ...gke, machineType: 'g2-standart-4' as never }),
    'The catalog has no machine type "g2-standart-4" with GPUs of Google Cloud.',
    'Did you mean g2-standard-4, g2-standard-8, g2-standard-24? A machine of your own is an object of the type Machine.',
  ],
  [
    'machine without GPUs',
    () => GpuNodePool.gke({ ...gke, machineType: { ...machine, type: 'e2-standard-4', gpus: 0 } }),
    'Machine e2-standard-4 has no GPU.',
    'Use a machine with GPUs.',
  ],
  [
    'machine with half a GPU',
    () => GpuNodePool.gke({ ...gke, machineType: { ...machine, gpus: 0.5 } }),
    'gpus of machine g2-standard-4 is 0.5.',
    'Use a whole number, 1 or more.',
  ],
  [
    'machine of another cloud',
    () => GpuNodePool.eks({ ...eks, machineTypes: [machine] }),
    'Machine g2-standard-4 is of Google Cloud; this pool is of AWS.',
    'Use a machine of AWS.',
  ],
  [
    'N1 without T4',
    () => GpuNodePool.gke({ ...gke, machineType: 'n1-standard-4' }),
    'Machine type n1-standard-4 has no GPU of its own.',
    'Set attachedT4s to 1, 2 or 4, or use a machine type with GPUs such as g2-standard-4.',
  ],
  [
    'T4 on a machine that has GPUs',
    () => GpuNodePool.gke({ ...gke, attachedT4s: 1 }),
    'attachedT4s is 1, but g2-standard-4 comes with its own GPUs.',
    'Remove attachedT4s, or use an N1 machine type.',
  ],
  ['no nodes', () => GpuNodePool.gke({ ...gke, maxNodes: 0 }), 'maxNodes is 0.', 'Use a whole number, 1 or more.'],
  ['negative', () => GpuNodePool.gke({ ...gke, minNodes: -1 }), 'minNodes is -1.', 'Use a whole number, 0 or more.'],
  [
    'fractional',
    () => GpuNodePool.gke({ ...gke, maxNodes: 1.5 }),
    'maxNodes is 1.5.',
    'Use a whole number, 1 or more.',
  ],
  [
    'fewer at most than at least',
    () => GpuNodePool.gke({ ...gke, minNodes: 3 }),
    'maxNodes 2 is below minNodes 3.',
    'Raise maxNodes to 3, or lower minNodes.',
  ],
  [
    'no zone',
    () => GpuNodePool.gke({ ...gke, zones: [] }),
    'zones is an empty list: no node could be anywhere.',
    'Name the zones, or remove zones when any will do.',
  ],
  [
    'a zone that is no list, as it comes out of JSON',
    () => GpuNodePool.gke({ ...gke, zones: 'us-central1-a' as never }),
    'zones is "us-central1-a", which is no list.',
    'Write a list, such as zones: ["us-central1-a"].',
  ],
  [
    'a zone twice',
    () => GpuNodePool.gke({ ...gke, zones: ['a', 'a'] }),
    'Zone a is listed more than once.',
    'List it once.',
  ],
  [
    'name on GKE',
    () => GpuNodePool.gke({ ...gke, name: 'Gpu_Pool' }),
    'Node pool name "Gpu_Pool" is not one that GKE accepts.',
    'Use at most 40 lower-case letters, digits and "-", beginning with a letter, ending with a letter or digit.',
  ],
  [
    'name on AKS',
    () => GpuNodePool.aks({ name: 'gpu-a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 1 }),
    'Node pool name "gpu-a100" is not one that AKS accepts.',
    'Use at most 12 lower-case letters and digits, beginning with a letter.',
  ],
  [
    'label',
    () => GpuNodePool.gke({ ...gke, labels: { team: 'a b' } }),
    'label "team" has the value "a b", which is not a label value.',
    'Use a string of at most 63 letters, digits, "-", "_" or ".".',
  ],
  [
    'label of the platform',
    () => GpuNodePool.gke({ ...gke, labels: { 'cloud.google.com/gke-nodepool': 'other' } }),
    'Label cloud.google.com/gke-nodepool is set by the platform, not by you.',
    'Remove it from labels; it is derived from the other props.',
  ],
  [
    'taint effect',
    () => GpuNodePool.gke({ ...gke, taints: [{ key: 'team', effect: 'Never' as never }] }),
    'Taint team has the effect "Never".',
    'Use one of NoSchedule, PreferNoSchedule, NoExecute.',
  ],
  [
    'taint key',
    () => GpuNodePool.gke({ ...gke, taints: [{ key: 'a/b/c', effect: 'NoSchedule' }] }),
    'taint key "a/b/c" is not a label key.',
    'Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".',
  ],
  [
    'MIG on a GPU without',
    () => GpuNodePool.gke({ ...gke, mig: { profile: '1g.10gb' } }),
    'L4 has no MIG profiles; "1g.10gb" was asked for.',
    'Remove mig, or use a GPU with MIG such as A100, H100 or H200.',
  ],
  [
    'unknown MIG profile',
    () => GpuNodePool.onPrem({ ...rack, mig: { profile: '1g.5gb' } }),
    'A100-80GB has no MIG profile "1g.5gb".',
    'Use one of 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb, 1g.10gb+me.',
  ],
  [
    'mixed MIG on GKE',
    () => GpuNodePool.gke({ ...gke, machineType: 'a2-ultragpu-1g', mig: { profile: '1g.10gb', strategy: 'mixed' } }),
    'GKE announces MIG slices as nvidia.com/gpu only; the strategy mixed was asked for.',
    "Remove strategy, or set it to 'single'.",
  ],
  [
    'renamed shares on Karpenter',
    () => GpuNodePool.karpenter({ ...eks, sharing: { replicas: 2, renamed: true } }),
    'Karpenter starts no node for nvidia.com/gpu.shared: it knows only nvidia.com/gpu.',
    'Remove renamed, or use a managed node group.',
  ],
  [
    'MIG and sharing',
    () => GpuNodePool.onPrem({ ...rack, mig: { profile: '1g.10gb' }, sharing: { replicas: 2 } }),
    'mig (1g.10gb) and sharing (2 replicas) are both set.',
    'Keep one of them.',
  ],
  [
    'one replica',
    () => GpuNodePool.gke({ ...gke, sharing: { replicas: 1 } }),
    'sharing.replicas is 1.',
    'Use a whole number, 2 or more.',
  ],
  [
    'different GPUs in one pool',
    () => GpuNodePool.eks({ ...eks, machineTypes: ['g6.xlarge', 'g5.12xlarge'] }),
    'machineTypes differ in their GPUs: g6.xlarge has 1 x L4, g5.12xlarge has 4 x A10G.',
    'Make one pool for each kind and number of GPUs.',
  ],
  [
    'no machine types',
    () => GpuNodePool.eks({ ...eks, machineTypes: [] }),
    'machineTypes is an empty list.',
    'Name at least one instance type.',
  ],
  [
    'neither machine types nor GPU',
    () => GpuNodePool.karpenter({ name: 'gpu', maxNodes: 1 }),
    'Neither machineTypes nor gpu is set, so nothing says which GPU the pool has.',
    'Set one of them.',
  ],
  [
    'a number of GPUs that no machine has',
    () => GpuNodePool.karpenter({ name: 'gpu', gpu: 'L4', gpusPerNode: 3, maxNodes: 1 }),
    'The catalog has no EC2 instance type with 3 x L4.',
    'Set gpusPerNode to 1 or 4 or 8.',
  ],
  [
    'unknown GPU',
    () => GpuNodePool.onPrem({ ...rack, gpu: 'A100' as never }),
    'The catalog has no GPU "A100".',
    'Did you mean A100-40GB, A100-80GB, A10? A GPU of your own is an object of the type Gpu.',
  ],
  [
    'GPU that Karpenter cannot name',
    () => GpuNodePool.karpenter({ name: 'gpu', gpu: 'A10', maxNodes: 1 }),
    'A10 has no value of the label karpenter.k8s.aws/instance-gpu-name.',
    'Set karpenterName of the GPU, or use a GPU that EC2 offers.',
  ],
  [
    'GPU that the machine does not have',
    () => GpuNodePool.gke({ ...gke, gpu: findGpu('T4') }),
    'gpu is T4, but g2-standard-4 has L4.',
    'Remove gpu, or give the GPU that the machine names.',
  ],
  [
    'memory without CPU',
    () => GpuNodePool.onPrem({ ...rack, memory: Size.gibibytes(64) }),
    'memory of a node is given without cpu.',
    'Give both, or neither.',
  ],
])('refuses: %s', (_name, make, message, remedy) => {
  let problems: readonly { message: string; remedy: string }[] = [];
  try {
    make();
  } catch (error) {
    problems = (error as InvalidInputError).problems;
  }
  expect(problems).toEqual([expect.objectContaining({ message, remedy })]);
});

test('everything wrong with a pool is told at once', () => {
  expect(() => GpuNodePool.gke({ name: 'GPU', machineType: 'g3' as never, maxNodes: 0, zones: [] })).toThrow(
    [
      'GpuNodePool GPU: names',
      '  Node pool name "GPU" is not one that GKE accepts.',
      '  Use at most 40 lower-case letters, digits and "-", beginning with a letter, ending with a letter or digit.',
      'GpuNodePool GPU: numbers',
      '  maxNodes is 0.',
      '  Use a whole number, 1 or more.',
      'GpuNodePool GPU: node-pool',
      '  zones is an empty list: no node could be anywhere.',
      '  Name the zones, or remove zones when any will do.',
      'GpuNodePool GPU: node-pool',
      '  The catalog has no machine type "g3" with GPUs of Google Cloud.',
    ].join('\n'),
  );
});

test('whatever a pool is told, its labels are labels and its counts are whole, or it is refused', () => {
  const text = fc.oneof(fc.string({ maxLength: 70 }), fc.constantFrom('gpu', 'a-b', '1g.10gb', 'constructor'));
  const count = fc.oneof(fc.integer({ min: -2, max: 5 }), fc.double(), fc.constant(undefined));
  const common = {
    name: text,
    maxNodes: count,
    minNodes: count,
    zones: fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined }),
    labels: fc.dictionary(text, text, { maxKeys: 2 }),
    taints: fc.array(fc.record({ key: text, value: text, effect: fc.constant('NoSchedule') }), { maxLength: 2 }),
    mig: fc.option(fc.record({ profile: text }), { nil: undefined }),
    sharing: fc.option(fc.record({ replicas: count }), { nil: undefined }),
  };
  const pools = fc.oneof(
    fc.record({ ...common, machineType: text }).map((props) => () => GpuNodePool.gke(props as never)),
    fc.record({ ...common, machineType: fc.constant('a2-ultragpu-1g') }).map((p) => () => GpuNodePool.gke(p as never)),
    fc.record({ ...common, machineTypes: fc.constant(['p4d.24xlarge']) }).map((p) => () => GpuNodePool.eks(p as never)),
    fc
      .record({ ...common, gpu: fc.constant('A100-40GB'), gpusPerNode: count })
      .map((p) => () => GpuNodePool.onPrem(p as never)),
    fc.record({ ...common, gpu: text, gpusPerNode: count }).map((p) => () => GpuNodePool.karpenter(p as never)),
  );
  fc.assert(
    fc.property(pools, (make) => {
      let pool: GpuNodePool;
      try {
        pool = make();
      } catch (error) {
        if (error instanceof InvalidInputError) return;
        throw error;
      }
      for (const value of Object.values(pool.nodeLabels)) {
        expect(value).toMatch(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/);
      }
      expect(Number.isInteger(pool.maxGpus) && pool.maxGpus >= 1).toBe(true);
      expect(pool.minNodes).toBeLessThanOrEqual(pool.maxNodes);
    }),
    { numRuns: 500 },
  );
});

describe('ephemeral storage on local SSDs', () => {
  const a100 = { name: 'a100', machineType: 'a2-ultragpu-1g', maxNodes: 1 } as const;

  test('is what the machine has of them', () => {
    const onSsd = GpuNodePool.gke({ ...a100, localSsdAsEphemeralStorage: true });
    expect(onSsd.allocatable?.ephemeralStorageMib).toBe(270665);
    expect(GpuNodePool.gke(a100).allocatable?.ephemeralStorageMib).toBe(44227);
  });

  test.each([
    [
      'karpenter',
      () =>
        GpuNodePool.karpenter({
          name: 'l4',
          machineTypes: ['g6.xlarge'],
          maxNodes: 1,
          localSsdAsEphemeralStorage: true,
        }),
    ],
    [
      'eks',
      () => GpuNodePool.eks({ name: 'l4', machineTypes: ['g6.xlarge'], maxNodes: 1, localSsdAsEphemeralStorage: true }),
    ],
  ])('on %s', (_platform, pool) => {
    expect(pool().allocatable?.ephemeralStorageMib).toBe(213552);
  });

  test('is refused where there are none', () => {
    expect(() =>
      GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 1, localSsdAsEphemeralStorage: true }),
    ).toThrow(`GpuNodePool l4: node-pool
  localSsdAsEphemeralStorage is set, but g2-standard-4 has no local SSD.
  Remove it and state bootDisk, or use a machine type with local SSD.`);
  });
});

test('a node on which its DaemonSets leave no room is refused', () => {
  const machine = { name: 'rack', gpu: 'L40S', gpusPerNode: 8, maxNodes: 1 } as const;
  expect(() => GpuNodePool.onPrem({ ...machine, cpu: Cpu.millis(1), memory: Size.gibibytes(64) })).toThrow(
    /A node offers 1 thousandths of a core of cpu, and its DaemonSets ask for \d+: no pod has room\./,
  );
  expect(() =>
    GpuNodePool.onPrem({
      ...machine,
      cpu: Cpu.units(8),
      memory: Size.gibibytes(64),
      daemonSets: { memory: Size.gibibytes(64) },
    }),
  ).toThrow(/A node offers \d+ MiB of memory, and its DaemonSets ask for 65536: no pod has room\./);
});

test('a boot disk of no size is refused', () => {
  expect(() =>
    GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 1, bootDisk: Size.gibibytes(NaN) }),
  ).toThrow('bootDisk in MiB is NaN.');
});
