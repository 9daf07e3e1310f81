import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';

/** One pool of each kind that tests place pods on. */
export const POOLS = {
  'GKE, one L4': GpuNodePool.gke({
    name: 'gpupool',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    zones: ['us-central1-a'],
  }),
  'GKE, eight nodes': GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 8 }),
  'GKE, two L4': GpuNodePool.gke({ name: 'l4-pairs', machineType: 'g2-standard-24', maxNodes: 2 }),
  'GKE spot with a taint of its own': GpuNodePool.gke({
    name: 'l4-spot',
    machineType: 'g2-standard-4',
    maxNodes: 4,
    spot: true,
    taints: [{ key: 'cloud.google.com/gke-spot', value: 'true', effect: 'NoSchedule' }],
  }),
  'GKE, MIG slices': GpuNodePool.gke({
    name: 'a100-mig',
    machineType: 'a2-highgpu-1g',
    maxNodes: 1,
    mig: { profile: '3g.20gb' },
  }),
  'GKE, time-sliced': GpuNodePool.gke({
    name: 'l4-shared',
    machineType: 'g2-standard-4',
    maxNodes: 1,
    sharing: { replicas: 4 },
  }),
  'EKS managed': GpuNodePool.eks({ name: 'gpu', machineTypes: ['g5.xlarge', 'g5.2xlarge'], maxNodes: 4 }),
  'Karpenter by GPU': GpuNodePool.karpenter({ name: 'gpu', gpu: 'L4', maxNodes: 4 }),
  'Karpenter spot': GpuNodePool.karpenter({ name: 'gpu-spot', machineTypes: ['g6.xlarge'], maxNodes: 4, spot: true }),
  AKS: GpuNodePool.aks({ name: 'a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 2 }),
  'AKS spot': GpuNodePool.aks({ name: 'a100spot', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 2, spot: true }),
  'on-prem, a taint without a value': GpuNodePool.onPrem({
    name: 'rack-4',
    gpu: 'H100-80GB',
    gpusPerNode: 8,
    maxNodes: 2,
    labels: { 'example.com/rack': 'r4' },
    taints: [{ key: 'example.com/inference', effect: 'NoExecute' }],
  }),
  'on-prem, MIG slices under their own name': GpuNodePool.onPrem({
    name: 'slices',
    gpu: 'A100-80GB',
    gpusPerNode: 4,
    maxNodes: 1,
    mig: { profile: '3g.40gb', strategy: 'mixed' },
  }),
} as const;

/** Four machines with eight H100 in two zones, for copies of the model that take several machines. */
export const H100 = GpuNodePool.gke({
  name: 'h100',
  machineType: 'a3-highgpu-8g',
  maxNodes: 4,
  zones: ['us-central1-a', 'us-central1-b'],
});

/** The pool of the reference platform: at most 2 nodes with 1 L4 each. */
export const L4 = POOLS['GKE, one L4'];
