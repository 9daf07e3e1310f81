import { DeviceClaim, deviceClaim } from '../hardware/device-claim';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ServerContract } from '../runtime/serving-runtime';

/** What the user states instead of what would be derived. */
export interface PodResourceOverrides {
  readonly cpuMillis?: number;
  readonly memoryMib?: number;
  readonly ephemeralStorageMib?: number;
}

/** What one pod's server asks of a node. */
export interface PodResources {
  readonly gpuResourceName: string;
  readonly gpus: number;
  /** Network adapters for RDMA. @default - none */
  readonly rdma?: { readonly resourceName: string; readonly count: number };
  /** The GPUs as devices to be claimed. @default - they are requested as an extended resource */
  readonly deviceClaim?: DeviceClaim;
  readonly cpuMillis: number;
  /** Shared memory included; request and limit alike. */
  readonly memoryMib: number;
  readonly sharedMemoryMib: number;
  readonly ephemeralStorageMib: number;
}

/**
 * What of a share stays free. The allowance for DaemonSets is an estimate that clusters exceed, and a pod that misses its
 * node by 50 millicores is Pending for ever; a twentieth of the CPU beside a GPU is cheaper.
 */
const KEPT_FREE = 0.05;

/**
 * A pod takes its share of the machine: GPUs are not shared, so what lies beside a GPU is of use to nobody else.
 * It takes no more than the server can use, and no more than the smallest of its pools offers after DaemonSets.
 *
 * @param ephemeralCacheMib size of a model cache on the node's own disk, 0 when the cache is elsewhere
 */
export function planPodResources(
  contract: ServerContract,
  pools: readonly GpuNodePool[],
  gpus: number,
  ephemeralCacheMib: number,
  overrides: PodResourceOverrides = {},
): PodResources {
  const claim = deviceClaim(pools, gpus);
  const needMib = contract.hostMemoryMib + contract.sharedMemoryMib;
  const shares = pools.flatMap((pool) => shareOf(pool, gpus));
  const cpuMillis = Math.min(
    contract.cpuCores * 1000 * gpus,
    ...shares.map((share) => share.cpuMillis * (1 - KEPT_FREE)),
  );
  const memoryMib = Math.min(needMib, ...shares.map((share) => share.memoryMib * (1 - KEPT_FREE)));
  return {
    gpuResourceName: pools[0]?.resourceName ?? 'nvidia.com/gpu',
    gpus,
    ...(claim && { deviceClaim: claim }),
    cpuMillis: overrides.cpuMillis ?? floorTo(cpuMillis, 100),
    memoryMib: overrides.memoryMib ?? floorTo(memoryMib, 512),
    sharedMemoryMib: contract.sharedMemoryMib,
    ephemeralStorageMib: overrides.ephemeralStorageMib ?? contract.ephemeralStorageMib + ephemeralCacheMib,
  };
}

/** CPU and memory that belong to `gpus` devices of a node of this pool; none when nobody knows the machine. */
function shareOf(pool: GpuNodePool, gpus: number): { cpuMillis: number; memoryMib: number }[] {
  if (pool.allocatable === undefined) return [];
  const { allocatable, daemonSets, gpusPerNode } = pool;
  return [
    {
      cpuMillis: ((allocatable.cpuMillis - daemonSets.cpuMillis) * gpus) / gpusPerNode,
      memoryMib: ((allocatable.memoryMib - daemonSets.memoryMib) * gpus) / gpusPerNode,
    },
  ];
}

/** Round figures are read and compared more easily; small values stay as they are. */
const floorTo = (value: number, step: number) => (value >= step ? Math.floor(value / step) * step : Math.floor(value));

/** The part of a node's adapters for RDMA that belongs to `gpus` of its devices; what every one of the pools has. */
export function rdmaOf(pools: readonly GpuNodePool[], gpus: number): Pick<PodResources, 'rdma'> {
  const [first] = pools;
  if (!first?.rdma || pools.some(({ rdma }) => rdma?.resourceName !== first.rdma!.resourceName)) return {};
  const count = Math.min(...pools.map(({ rdma, gpusPerNode }) => Math.floor((rdma!.perNode * gpus) / gpusPerNode)));
  return count >= 1 ? { rdma: { resourceName: first.rdma.resourceName, count } } : {};
}
