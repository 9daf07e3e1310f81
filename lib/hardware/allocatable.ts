/**
 * What a node offers to pods: its capacity without what kubelet and system keep for themselves, before DaemonSets.
 */
export interface Allocatable {
  /** Thousandths of a core. */
  readonly cpuMillis: number;
  /** MiB, rounded down. */
  readonly memoryMib: number;
  /** MiB, rounded down; undefined when the size of the disk is not known. */
  readonly ephemeralStorageMib?: number;
}

/** The size of a machine as the cloud publishes it. */
export interface NodeSize {
  readonly vcpu: number;
  /** Nominal memory in GiB. */
  readonly memoryGib: number;
  /** Size of the disk that holds images and emptyDir volumes, in GiB. */
  readonly bootDiskGib?: number;
  /** Local SSDs that hold them instead, in GB (1e9) together. @default - the boot disk holds them */
  readonly localSsdGb?: number;
}

/**
 * Allocatable of a GKE node with Container-Optimized OS. Of the two documented figures (nominal memory, and memory
 * without what the kernel keeps) this is the smaller one.
 *
 * Sources: GKE documentation "Plan GKE Standard node sizes"; cloudpilot-ai/karpenter-provider-gcp@417f047
 * pkg/utils/utils.go; kubernetes/autoscaler@0be995d cluster-autoscaler/cloudprovider/gce/gce_reserved.go (kernel).
 */
export function gkeAllocatable(size: NodeSize): Allocatable {
  const nominalMib = size.memoryGib * 1024;
  const capacityMib = nominalMib - gkeKernelMib(nominalMib);
  return {
    cpuMillis: Math.floor(size.vcpu * 1000 - tieredCpuMillis(size.vcpu)),
    memoryMib: Math.floor(capacityMib - tieredMemoryMib(nominalMib) - EVICTION_MIB),
    ...(size.localSsdGb !== undefined
      ? { ephemeralStorageMib: gkeLocalSsdMib(size.localSsdGb) }
      : size.bootDiskGib !== undefined && { ephemeralStorageMib: gkeEphemeralMib(size.bootDiskGib) }),
  };
}

/**
 * Allocatable of an EKS node. kubelet's share of memory follows from the pods that the node may hold, not from its
 * memory.
 *
 * Sources: awslabs/amazon-eks-ami@01375496 nodeadm/internal/kubelet/config.go; node descriptions of g4dn.xlarge and
 * g4dn.2xlarge (capacity is 96.35 % and 96.78 % of nominal); aws/karpenter-provider-aws@1d92708
 * pkg/providers/instancetype/types.go (Karpenter assumes 92.5 % until it has seen a node of the type).
 *
 * @param capacityRatio how much of the nominal memory the node reports as capacity
 */
export function eksAllocatable(
  size: NodeSize & { readonly maxPods: number },
  capacityRatio: number = EKS_CAPACITY_RATIO.observed,
): Allocatable {
  const capacityMib = size.memoryGib * 1024 * capacityRatio;
  const diskMib =
    size.localSsdGb !== undefined ? gbInMib(size.localSsdGb) : size.bootDiskGib && size.bootDiskGib * 1024;
  return {
    cpuMillis: Math.floor(size.vcpu * 1000 - tieredCpuMillis(size.vcpu)),
    memoryMib: Math.floor(capacityMib - (255 + 11 * size.maxPods) - EVICTION_MIB),
    // kube-reserved keeps 1 GiB, and kubelet evicts when less than 10 % of the disk is free.
    ...(diskMib !== undefined && { ephemeralStorageMib: Math.max(0, Math.floor(diskMib * 0.9 - 1024)) }),
  };
}

/** How much of its nominal memory an EC2 machine reports. `karpenter` is what Karpenter plans with for a new node. */
export const EKS_CAPACITY_RATIO = { observed: 0.963, karpenter: 0.925 } as const;

/**
 * Allocatable of an AKS node.
 *
 * Sources: AKS documentation "Node resource reservations"; for Kubernetes before 1.29 also the description of a
 * Standard_NC6s_v3 node on 1.26.6. MB in the documentation are read as MiB, the smaller result.
 *
 * @param formula `1.29`: reserved memory follows from the pods that the node may hold; `before-1.29`: from its memory
 * @param capacityRatio how much of the nominal memory the node reports; 98.26 % was seen on Standard_NC6s_v3
 */
export function aksAllocatable(
  size: NodeSize & { readonly maxPods: number },
  formula: '1.29' | 'before-1.29' = '1.29',
  capacityRatio = 0.98,
): Allocatable {
  const capacityMib = size.memoryGib * 1024 * capacityRatio;
  const reservedMib =
    formula === '1.29'
      ? Math.min(20 * size.maxPods + 50, size.memoryGib * 1024 * 0.25) + EVICTION_MIB
      : Math.floor(tieredMemoryMib(size.memoryGib * 1024)) + 750;
  return {
    cpuMillis: Math.floor(size.vcpu * 1000 - aksCpuMillis(size.vcpu)),
    memoryMib: Math.floor(capacityMib - reservedMib),
  };
}

/** kubelet evicts pods when less memory than this is available. */
const EVICTION_MIB = 100;

/** GKE and EKS keep 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
function tieredCpuMillis(vcpu: number): number {
  return tiers(vcpu, [
    [1, 60],
    [1, 10],
    [2, 5],
    [Infinity, 2.5],
  ]);
}

/** AKS keeps 6 % of the first core, 4 % of the second, 2 % of the next two, 1 % of the rest. */
function aksCpuMillis(vcpu: number): number {
  return tiers(vcpu, [
    [1, 60],
    [1, 40],
    [2, 20],
    [Infinity, 10],
  ]);
}

/** 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112, 2 % of the rest. */
function tieredMemoryMib(memoryMib: number): number {
  if (memoryMib < 1024) return 255;
  return tiers(memoryMib, [
    [4 * 1024, 0.25],
    [4 * 1024, 0.2],
    [8 * 1024, 0.1],
    [112 * 1024, 0.06],
    [Infinity, 0.02],
  ]);
}

function tiers(amount: number, steps: readonly (readonly [width: number, rate: number])[]): number {
  let left = amount;
  let total = 0;
  for (const [width, rate] of steps) {
    const part = Math.min(left, width);
    total += part * rate;
    left -= part;
  }
  return total;
}

/** What kernel, firmware and swiotlb keep of a Compute Engine machine with Container-Optimized OS. */
function gkeKernelMib(memoryMib: number): number {
  return (
    memoryMib / 64 +
    16 +
    (memoryMib > 3 * 1024 ? 64 : 0) +
    (memoryMib <= 8 * 1024 ? 8 : 0) +
    Math.min(0.00175 * memoryMib, 248)
  );
}

/** The system partition, kubelet's eviction threshold and GKE's reservation, taken from the boot disk. */
function gkeEphemeralMib(bootDiskGib: number): number {
  const disk = bootDiskGib * 1024;
  const capacity = disk - 0.015635 * disk - 4.148 * 1024 - Math.min(100, 0.001 * disk);
  const system = Math.min(0.5 * disk, 0.35 * disk + 6 * 1024, 100 * 1024);
  return Math.max(0, Math.floor(capacity - 0.1 * disk - system));
}

const gbInMib = (gb: number) => (gb * 1e9) / 2 ** 20;

/** Compute Engine's local SSDs come in disks of this size. */
const LOCAL_SSD_GB = 375;

/** Kubelet's eviction threshold, and 50, 75 or 100 GiB that GKE keeps of one, two, or more local SSDs. */
function gkeLocalSsdMib(localSsdGb: number): number {
  const disk = gbInMib(localSsdGb);
  const disks = Math.ceil(localSsdGb / LOCAL_SSD_GB);
  const system = (disks <= 1 ? 50 : disks === 2 ? 75 : 100) * 1024;
  return Math.max(0, Math.floor(0.9 * disk - system));
}
