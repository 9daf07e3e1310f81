import { Problem } from '../problem/problem';
import { wholeNumberProblems } from '../problem/numbers';
import { NodePlatform } from './daemon-set-allowance';
import { Gpu, MigProfile } from './gpu';

/** GPUs cut by Multi-Instance GPU into slices of one profile, which share nothing. */
export interface MigPartition {
  /** NVIDIA's name of the profile, such as `1g.10gb`. The GPU must have it. */
  readonly profile: string;
  /**
   * How the device plugin announces the slices: `single` as `nvidia.com/gpu`, `mixed` as `nvidia.com/mig-<profile>`.
   * GKE and Karpenter know only `single`.
   *
   * @default 'single' - the default of the GPU Operator
   */
  readonly strategy?: 'single' | 'mixed';
}

/** GPUs that several pods use at once. Memory is divided by agreement only, unless MPS enforces it. */
export interface GpuSharing {
  /** How often each GPU is handed out, 2 or more. */
  readonly replicas: number;
  /** @default 'time-slicing' */
  readonly strategy?: 'time-slicing' | 'mps';
  /**
   * True when the shares are announced as `nvidia.com/gpu.shared` (`renameByDefault` of the device plugin). GKE and
   * Karpenter do not know that name.
   *
   * @default false
   */
  readonly renamed?: boolean;
}

/** What a pod asks for, and what of a GPU it gets. */
export interface GpuDevices {
  /** Extended resource that a pod requests. */
  readonly resourceName: string;
  /** How many of it one physical GPU gives. */
  readonly perGpu: number;
  /** Part of the GPU's memory that one of it has, between 0 and 1; undefined for a whole GPU. */
  readonly memoryShare?: number;
  /** What GPU feature discovery appends to the product label. */
  readonly productSuffix: string;
  readonly migProfile?: MigProfile;
}

/** Names under which device plugins announce what pods ask for. That of a slice goes on with its profile. */
export const GPU_RESOURCE_NAMES = {
  whole: 'nvidia.com/gpu',
  share: 'nvidia.com/gpu.shared',
  slice: 'nvidia.com/mig-',
} as const;

/** How NVIDIA writes a profile where `+` is not allowed: resource names and label values. */
const dotted = (profile: string) => profile.replace(/\+/g, '.');

/** Problems of a partition on a GPU; empty when {@link gpuDevices} can answer. */
export function partitionProblems(
  platform: NodePlatform,
  gpu: Gpu,
  mig: MigPartition | undefined,
  sharing: GpuSharing | undefined,
): Problem[] {
  const problems: Problem[] = [];
  if (mig !== undefined && sharing !== undefined) {
    problems.push({
      check: 'gpu-partition',
      message: `mig (${mig.profile}) and sharing (${sharing.replicas} replicas) are both set.`,
      remedy: 'Keep one of them.',
    });
  }
  if (mig !== undefined) problems.push(...migProblems(platform, gpu, mig));
  if (sharing !== undefined) problems.push(...sharingProblems(platform, sharing));
  return problems;
}

function migProblems(platform: NodePlatform, gpu: Gpu, mig: MigPartition): Problem[] {
  const problems: Problem[] = [];
  if (gpu.mig.length === 0) {
    problems.push({
      check: 'gpu-partition',
      message: `${gpu.id} has no MIG profiles; ${JSON.stringify(mig.profile)} was asked for.`,
      remedy: 'Remove mig, or use a GPU with MIG such as A100, H100 or H200.',
    });
  } else if (!gpu.mig.some(({ name }) => name === mig.profile)) {
    problems.push({
      check: 'gpu-partition',
      message: `${gpu.id} has no MIG profile ${JSON.stringify(mig.profile)}.`,
      remedy: `Use one of ${gpu.mig.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (mig.strategy === 'mixed' && platform === 'gke') {
    problems.push({
      check: 'gpu-partition',
      message: 'GKE announces MIG slices as nvidia.com/gpu only; the strategy mixed was asked for.',
      remedy: "Remove strategy, or set it to 'single'.",
    });
  }
  if (mig.strategy === 'mixed' && platform === 'karpenter') {
    problems.push(
      unknownToKarpenter(`${GPU_RESOURCE_NAMES.slice}${dotted(mig.profile)}`, "Set the strategy of mig to 'single'"),
    );
  }
  return problems;
}

function sharingProblems(platform: NodePlatform, sharing: GpuSharing): Problem[] {
  const problems = wholeNumberProblems('sharing.replicas', sharing.replicas ?? NaN, 2);
  if (sharing.renamed && platform === 'gke') {
    problems.push({
      check: 'gpu-partition',
      message: 'GKE announces shared GPUs as nvidia.com/gpu only; renamed is true.',
      remedy: 'Remove renamed.',
    });
  }
  if (sharing.renamed && platform === 'karpenter') {
    problems.push(unknownToKarpenter(GPU_RESOURCE_NAMES.share, 'Remove renamed'));
  }
  return problems;
}

/** kubernetes-sigs/karpenter issue 729: it plans with the physical GPUs of an instance type, whatever a plugin says. */
const unknownToKarpenter = (resource: string, change: string): Problem => ({
  check: 'gpu-partition',
  message: `Karpenter starts no node for ${resource}: it knows only nvidia.com/gpu.`,
  remedy: `${change}, or use a managed node group.`,
});

/** MIG divides memory into eighths; the gigabytes in a profile's name are rounded up from them. */
const MEMORY_SLICES = 8;

/** What pods ask for on GPUs that are partitioned like this. */
export function gpuDevices(gpu: Gpu, mig: MigPartition | undefined, sharing: GpuSharing | undefined): GpuDevices {
  const migProfile = mig && gpu.mig.find(({ name }) => name === mig.profile);
  if (migProfile !== undefined) {
    const mixed = mig?.strategy === 'mixed';
    return {
      resourceName: mixed ? `${GPU_RESOURCE_NAMES.slice}${dotted(migProfile.name)}` : GPU_RESOURCE_NAMES.whole,
      perGpu: migProfile.maxPerGpu,
      memoryShare: Math.round((MEMORY_SLICES * migProfile.memoryGb) / gpu.memoryGb) / MEMORY_SLICES,
      productSuffix: mixed ? '' : `-MIG-${dotted(migProfile.name)}`,
      migProfile,
    };
  }
  if (sharing !== undefined) {
    return {
      resourceName: sharing.renamed ? GPU_RESOURCE_NAMES.share : GPU_RESOURCE_NAMES.whole,
      perGpu: sharing.replicas,
      memoryShare: 1 / sharing.replicas,
      productSuffix: sharing.renamed ? '' : '-SHARED',
    };
  }
  return { resourceName: GPU_RESOURCE_NAMES.whole, perGpu: 1, productSuffix: '' };
}
