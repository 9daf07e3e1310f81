import { call, Code, code, list, mostly, of, often, props, rarely, sometimes, weighted } from './code';
import { count, cpu, labels, name, size } from './odd';

/** What of a pool decides what else a program may ask for. */
export interface Place {
  /** How the pool is made. */
  readonly pool: Code;
  readonly cloud: 'gke' | 'eks' | 'aks' | 'on-prem';
  /** GPUs of one of its nodes. */
  readonly gpus: number;
  /** True where services of several pods of one copy have room. */
  readonly large: boolean;
  /** True where the pool `second` may stand in for it. */
  readonly mixes: boolean;
}

const taint = props({
  key: name('example.com/inference', 'team'),
  value: sometimes(name('llm')),
  effect: of('NoSchedule', 'NoExecute', 'PreferNoSchedule'),
});

const shared = (zones: readonly string[]) => ({
  maxNodes: count(12, 8),
  zones: sometimes(mostly(of(zones.slice(0, 1), zones), of([], [''], ['a', 'a'], ['a b']))),
  labels: sometimes(labels({ 'example.com/rack': 'r4' }, {})),
  taints: sometimes(list(taint, 1, 1)),
  kubernetesVersion: often(mostly(of('1.36', '1.35'), of('', '1', 'v1.36', '1.36.1', '1.20', '2.0'))),
  daemonSets: rarely(props({ cpu: cpu('millis(500)'), memory: size('mebibytes(600)') })),
  rdma: rarely(props({ resourceName: name('rdma/ib', 'vpc.amazonaws.com/efa'), perNode: count(8, 1) })),
});

const scalable = {
  minNodes: sometimes(count(0, 1)),
  spot: rarely(of(true, false)),
};

const GKE_ZONES = ['us-central1-a', 'us-central1-b'];

const dra = {
  kubernetesVersion: of('1.36'),
  deviceAllocation: of('dra'),
  deviceClass: sometimes(name('gpu.example.com')),
};

/** Pools of every platform, big enough for a model of eight billion parameters. */
export const PLACES: readonly (readonly [weight: number, place: Place])[] = [
  [
    4,
    {
      cloud: 'gke',
      gpus: 1,
      large: false,
      mixes: true,
      pool: call(
        'GpuNodePool.gke',
        props({
          name: name('gpupool', 'l4'),
          machineType: of('g2-standard-8', 'g2-standard-12'),
          ...shared(GKE_ZONES),
          ...scalable,
          bootDisk: sometimes(size('gibibytes(300)')),
        }),
      ),
    },
  ],
  [
    3,
    {
      cloud: 'gke',
      gpus: 8,
      large: true,
      mixes: false,
      pool: call(
        'GpuNodePool.gke',
        props({
          name: name('h100'),
          machineType: of('a3-highgpu-8g'),
          ...shared(GKE_ZONES),
          ...scalable,
          localSsdAsEphemeralStorage: of(true),
        }),
      ),
    },
  ],
  [
    2,
    {
      cloud: 'gke',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.gke',
        props({
          ...shared(GKE_ZONES),
          name: name('h100-dra'),
          machineType: of('a3-highgpu-1g'),
          localSsdAsEphemeralStorage: of(true),
          ...dra,
        }),
      ),
    },
  ],
  [
    2,
    {
      cloud: 'gke',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.gke',
        props({
          name: name('a100-slices'),
          machineType: of('a2-ultragpu-1g'),
          ...shared(GKE_ZONES),
          bootDisk: size('gibibytes(400)'),
          mig: props({ profile: of('3g.40gb', '2g.20gb') }),
        }),
      ),
    },
  ],
  [
    1,
    {
      cloud: 'gke',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.gke',
        props({
          name: name('a100-shared'),
          machineType: of('a2-ultragpu-1g'),
          ...shared(GKE_ZONES),
          bootDisk: size('gibibytes(400)'),
          sharing: props({ replicas: count(2), strategy: sometimes(of('mps', 'time-slicing')) }),
        }),
      ),
    },
  ],
  [
    2,
    {
      cloud: 'eks',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.eks',
        props({
          name: name('gpu', 'GPU_nodes'),
          machineTypes: of(['g6.2xlarge'], ['g6.2xlarge', 'g6.4xlarge'], ['g5.4xlarge']),
          ...shared(['eu-west-1a', 'eu-west-1b']),
          ...scalable,
          maxPods: rarely(count(58)),
          bootDisk: sometimes(size('gibibytes(300)')),
        }),
      ),
    },
  ],
  [
    2,
    {
      cloud: 'eks',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.karpenter',
        props({
          name: name('gpu', 'gpu.l4'),
          gpu: of('L4', 'A10G', 'H100-80GB'),
          ...shared(['eu-west-1a']),
          spot: rarely(of(true)),
          gpusPerNode: rarely(count(1)),
        }),
      ),
    },
  ],
  [
    2,
    {
      cloud: 'aks',
      gpus: 1,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.aks',
        props({
          name: name('a100', 'gpu1'),
          machineType: of('Standard_NC24ads_A100_v4', 'Standard_NC40ads_H100_v5'),
          ...shared(['westeurope-1', 'westeurope-2']),
          ...scalable,
          maxPods: rarely(count(110)),
        }),
      ),
    },
  ],
  [
    3,
    {
      cloud: 'on-prem',
      gpus: 8,
      large: true,
      mixes: false,
      pool: call(
        'GpuNodePool.onPrem',
        props({
          name: name('dgx', 'rack-4'),
          gpu: of('H100-80GB', 'L40S'),
          gpusPerNode: count(8),
          ...shared(['dc1']),
          cpu: cpu('units(192)'),
          memory: size('tebibytes(2)'),
        }),
      ),
    },
  ],
  [
    1,
    {
      cloud: 'on-prem',
      gpus: 8,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.onPrem',
        props({
          name: name('slices'),
          gpu: of('H100-80GB'),
          gpusPerNode: count(8, 4),
          ...shared(['dc1']),
          mig: props({ profile: of('3g.40gb', '1g.20gb'), strategy: sometimes(of('mixed', 'single')) }),
        }),
      ),
    },
  ],
  [
    1,
    {
      cloud: 'on-prem',
      gpus: 4,
      large: false,
      mixes: false,
      pool: call(
        'GpuNodePool.onPrem',
        props({
          name: name('shared'),
          gpu: of('A100-80GB'),
          gpusPerNode: count(4),
          ...shared(['dc1']),
          sharing: props({ replicas: count(2), renamed: sometimes(of(true)), strategy: of('mps') }),
        }),
      ),
    },
  ],
];

/** A GPU and a machine that no catalog has. */
const ownMachine: Code = call(
  'GpuNodePool.gke',
  props({
    name: of('own'),
    maxNodes: of(4),
    bootDisk: code('Size.gibibytes(300)'),
    machineType: props({
      cloud: of('gcp'),
      type: name('own-machine-1'),
      vcpu: count(16),
      memoryGib: count(64),
      gpus: count(1, 2),
      gpu: of('L4'),
      localSsdGb: count(0),
      source: of('measured'),
      verified: of(false),
    }),
  }),
);

/** A pool beside the first one. */
export const secondPool: Code = weighted(
  [9, code("GpuNodePool.gke({ name: 'second', machineType: 'g2-standard-16', maxNodes: 4 })")],
  [1, ownMachine],
);
