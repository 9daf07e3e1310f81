import { SizeRoundingBehavior } from 'cdk8s';
import { refuse } from '../problem/problem';
import { aksAllocatable, Allocatable, EKS_CAPACITY_RATIO, eksAllocatable, gkeAllocatable } from './allocatable';
import { DAEMON_SET_ALLOWANCES, NodePlatform } from './daemon-set-allowance';
import { deviceClassOf, quotaNameOf } from './device-claim';
import { Gpu, MigProfile } from './gpu';
import {
  AksGpuNodePoolProps,
  EksGpuNodePoolProps,
  GkeGpuNodePoolProps,
  GpuNodePoolProps,
  KarpenterGpuNodePoolProps,
  OnPremGpuNodePoolProps,
} from './gpu-node-pool-props';
import { gpuDevices, GpuSharing, partitionProblems } from './gpu-partition';
import { Machine } from './machine';
import { cpuMillis, daemonSetProblems, localSsdProblems, memoryMib, poolProblems } from './pool-input';
import { karpenterMachines, resolveGpu, resolveMachine, resolveMachines } from './resolve-hardware';
import { RdmaAdapters } from './rdma';
import { Taint } from './taint';

/** A label that a node must have, with one of these values. */
export interface NodeRequirement {
  readonly key: string;
  readonly values: readonly string[];
}

/** What the factories hand to the constructor: everything that differs between the platforms. */
interface PoolFacts {
  readonly platform: NodePlatform;
  readonly props: GpuNodePoolProps & { readonly name: string; readonly minNodes?: number; readonly spot?: boolean };
  readonly gpu: Gpu;
  readonly physicalGpus: number;
  /** The smallest first: whatever fits it fits every node. */
  readonly machines: readonly Machine[];
  readonly selector: readonly NodeRequirement[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable?: Allocatable;
}

/**
 * Nodes with GPUs, all of one kind: which they are, what they offer, and what a pod must say to run on exactly them.
 * A value, not a construct: it makes no object, and one pool can serve many services.
 *
 * Every factory throws an InvalidInputError with all that is wrong with its props.
 */
export class GpuNodePool {
  /** A node pool of GKE Standard. */
  static gke(props: GkeGpuNodePoolProps): GpuNodePool {
    const problems = poolProblems('gke', props);
    const machine = resolveMachine('gcp', props.machineType, problems, props.attachedT4s);
    const gpu = machine && resolveGpu(props.gpu ?? machine.gpu, problems, machine);
    if (gpu) problems.push(...partitionProblems('gke', gpu, props.mig, props.sharing));
    problems.push(...localSsdProblems(props, machine ? [machine] : []));
    const accelerator = machine?.gkeAccelerator ?? gpu?.gkeAccelerators[0];
    if (gpu && accelerator === undefined) {
      problems.push({
        check: 'node-pool',
        message: `${gpu.id} has no value of the label cloud.google.com/gke-accelerator.`,
        remedy: 'Set gkeAccelerators of the GPU, or gkeAccelerator of the machine.',
      });
    }
    refuse(subject(props.name), problems);

    const selector = [
      { key: 'cloud.google.com/gke-nodepool', values: [props.name] },
      { key: 'cloud.google.com/gke-accelerator', values: [accelerator!] },
    ];
    if (props.mig) selector.push({ key: 'cloud.google.com/gke-gpu-partition-size', values: [props.mig.profile] });
    if (props.sharing) {
      selector.push(
        {
          key: 'cloud.google.com/gke-gpu-sharing-strategy',
          values: [props.sharing.strategy === 'mps' ? 'mps' : 'time-sharing'],
        },
        { key: 'cloud.google.com/gke-max-shared-clients-per-gpu', values: [String(props.sharing.replicas)] },
      );
    }
    return new GpuNodePool({
      platform: 'gke',
      props,
      gpu: gpu!,
      physicalGpus: machine!.gpus,
      machines: [machine!],
      selector,
      nodeLabels: {
        'cloud.google.com/gke-accelerator-count': String(machine!.gpus),
        'cloud.google.com/gke-gpu': 'true',
        'node.kubernetes.io/instance-type': machine!.type,
        ...(props.spot && { 'cloud.google.com/gke-spot': 'true' }),
      },
      taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
      allocatable: gkeAllocatable({
        ...machine!,
        bootDiskGib: props.bootDisk?.toGibibytes(ROUND_DOWN) ?? 100,
        localSsdGb: props.localSsdAsEphemeralStorage ? machine!.localSsdGb : undefined,
      }),
    });
  }

  /** A managed node group of EKS. */
  static eks(props: EksGpuNodePoolProps): GpuNodePool {
    const problems = poolProblems('eks', props);
    const machines = resolveMachines(props.machineTypes, problems);
    const gpu = machines[0] && resolveGpu(props.gpu ?? machines[0].gpu, problems, machines[0]);
    if (gpu) problems.push(...partitionProblems('eks', gpu, props.mig, props.sharing));
    problems.push(...localSsdProblems(props, machines));
    refuse(subject(props.name), problems);

    return new GpuNodePool({
      platform: 'eks',
      props,
      gpu: gpu!,
      physicalGpus: machines[0]!.gpus,
      machines,
      selector: [
        { key: 'eks.amazonaws.com/nodegroup', values: [props.name] },
        { key: 'node.kubernetes.io/instance-type', values: machines.map(({ type }) => type) },
      ],
      nodeLabels: { 'eks.amazonaws.com/capacityType': props.spot ? 'SPOT' : 'ON_DEMAND' },
      taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }],
      allocatable: leastOf(machines, (machine) => eksAllocatable(ec2Size(machine, props))),
    });
  }

  /** A NodePool of Karpenter on EKS, by instance types or by the name of the GPU. */
  static karpenter(props: KarpenterGpuNodePoolProps): GpuNodePool {
    const problems = poolProblems('karpenter', props);
    const { gpu, physicalGpus, machines } = karpenterMachines(props, problems);
    problems.push(...localSsdProblems(props, machines));
    if (gpu) {
      problems.push(...partitionProblems('karpenter', gpu, props.mig, props.sharing));
      if (gpu.karpenterName === undefined) {
        problems.push({
          check: 'node-pool',
          message: `${gpu.id} has no value of the label karpenter.k8s.aws/instance-gpu-name.`,
          remedy: 'Set karpenterName of the GPU, or use a GPU that EC2 offers.',
        });
      }
    }
    refuse(subject(props.name), problems);

    const selector = [
      { key: 'karpenter.sh/nodepool', values: [props.name] },
      { key: 'karpenter.k8s.aws/instance-gpu-name', values: [gpu!.karpenterName!] },
    ];
    if (gpu!.karpenterMemoryMib !== undefined) {
      selector.push({ key: 'karpenter.k8s.aws/instance-gpu-memory', values: [String(gpu!.karpenterMemoryMib)] });
    }
    if (props.machineTypes === undefined) {
      selector.push({ key: 'karpenter.k8s.aws/instance-gpu-count', values: [String(physicalGpus)] });
    }
    if (props.spot) selector.push({ key: 'karpenter.sh/capacity-type', values: ['spot'] });
    return new GpuNodePool({
      platform: 'karpenter',
      props,
      gpu: gpu!,
      physicalGpus,
      machines,
      selector,
      nodeLabels: {
        'karpenter.k8s.aws/instance-gpu-count': String(physicalGpus),
        'karpenter.sh/capacity-type': props.spot ? 'spot' : 'on-demand',
        ...(machines[0] && { 'node.kubernetes.io/instance-type': machines[0].type }),
      },
      taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }],
      allocatable: leastOf(machines, (machine) =>
        eksAllocatable(ec2Size(machine, props), EKS_CAPACITY_RATIO.karpenter),
      ),
    });
  }

  /** An agent pool of AKS. */
  static aks(props: AksGpuNodePoolProps): GpuNodePool {
    const problems = poolProblems('aks', props);
    const machine = resolveMachine('azure', props.machineType, problems);
    const gpu = machine && resolveGpu(props.gpu ?? machine.gpu, problems, machine);
    if (gpu) problems.push(...partitionProblems('aks', gpu, props.mig, props.sharing));
    refuse(subject(props.name), problems);

    return new GpuNodePool({
      platform: 'aks',
      props,
      gpu: gpu!,
      physicalGpus: machine!.gpus,
      machines: [machine!],
      selector: [
        { key: 'kubernetes.azure.com/agentpool', values: [props.name] },
        { key: 'node.kubernetes.io/instance-type', values: [machine!.type] },
      ],
      nodeLabels: {
        'kubernetes.azure.com/accelerator': 'nvidia',
        ...(props.spot && { 'kubernetes.azure.com/scalesetpriority': 'spot' }),
      },
      taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }, ...(props.spot ? [AKS_SPOT_TAINT] : [])],
      allocatable: aksAllocatable({ ...machine!, maxPods: props.maxPods ?? DEFAULT_MAX_PODS }),
    });
  }

  /** Nodes of your own that the NVIDIA GPU Operator labels. */
  static onPrem(props: OnPremGpuNodePoolProps): GpuNodePool {
    const problems = poolProblems('on-prem', props);
    const gpu = resolveGpu(props.gpu, problems);
    if (gpu) {
      problems.push(...partitionProblems('on-prem', gpu, props.mig, props.sharing));
      if (gpu.productLabels.length === 0) {
        problems.push({
          check: 'node-pool',
          message: `${gpu.id} has no value of the label nvidia.com/gpu.product.`,
          remedy: 'Set productLabels of the GPU to what GPU feature discovery writes.',
        });
      }
    }
    refuse(subject(props.name), problems);

    const { productSuffix, perGpu } = gpuDevices(gpu!, props.mig, props.sharing);
    return new GpuNodePool({
      platform: 'on-prem',
      props: { ...props, minNodes: props.minNodes ?? props.maxNodes },
      gpu: gpu!,
      physicalGpus: props.gpusPerNode,
      machines: [],
      selector: [
        { key: 'nvidia.com/gpu.present', values: ['true'] },
        { key: 'nvidia.com/gpu.product', values: gpu!.productLabels.map((label) => label + productSuffix) },
        // No label names a pool of one's own, so what tells two of them apart are the labels that the user gave them.
        ...Object.entries(props.labels ?? {}).map(([key, value]) => ({ key, values: [value] })),
      ],
      nodeLabels: {
        'nvidia.com/gpu.count': String(props.gpusPerNode * (props.mig?.strategy !== 'mixed' && props.mig ? perGpu : 1)),
        'nvidia.com/gpu.replicas': String(props.sharing?.replicas ?? 1),
        ...(props.mig && { 'nvidia.com/mig.strategy': props.mig.strategy ?? 'single' }),
      },
      taints: [],
      // kubeadm reserves nothing; kubelet evicts below 100 MiB.
      ...(props.cpu &&
        props.memory && {
          allocatable: { cpuMillis: cpuMillis(props.cpu), memoryMib: Math.max(0, memoryMib(props.memory) - 100) },
        }),
    });
  }

  readonly platform: NodePlatform;
  /** Name of the pool, as the platform knows it. */
  readonly name: string;
  /** The physical GPU. */
  readonly gpu: Gpu;
  /** Devices of `resourceName` on one node: GPUs, or MIG slices, or shares. */
  readonly gpusPerNode: number;
  /**
   * Part of the memory of a GPU that one device has, between 0 and 1; undefined for whole GPUs. For MIG in
   * eighths, of which CUDA shows a few percent less; for shared GPUs a fair share that nothing but MPS enforces.
   */
  readonly gpuMemoryShare?: number;
  /** The MIG profile of every device, when GPUs are cut. */
  readonly migProfile?: MigProfile;
  /** How GPUs are shared, when they are. A pod gets one share, however many it requests. */
  readonly sharing?: GpuSharing;
  /** Adapters for RDMA that a node has; undefined when it has none. */
  readonly rdma?: RdmaAdapters;
  /**
   * What a pod requests and a quota counts: an extended resource such as `nvidia.com/gpu`, or the devices of a class such
   * as `gpu.nvidia.com.deviceclass.resource.k8s.io/devices`, of which a pod requests none by this name but by a claim.
   */
  readonly resourceName: string;
  /** DeviceClass of the devices; undefined where a device plugin hands them out. */
  readonly deviceClass?: string;
  /** Version of Kubernetes; undefined when nobody said. */
  readonly kubernetesVersion?: string;
  /** The machine of a node; the smallest one where a pool has several types; undefined for nodes of your own. */
  readonly machine?: Machine;
  /** All machine types that a node may have, smallest first. */
  readonly machineTypes: readonly string[];
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Zones of the nodes; empty when any will do. */
  readonly zones: readonly string[];
  readonly spot: boolean;
  /** Labels that a pod must require of a node, all of them, to run on this pool and no other. */
  readonly selector: readonly NodeRequirement[];
  /** Labels of a node of this pool, as far as they are known before it exists; without the zone. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Taints of the nodes, which a pod must tolerate. */
  readonly taints: readonly Taint[];
  /** What a node offers to pods, DaemonSets included; the least of all machine types. Undefined when nobody said. */
  readonly allocatable?: Allocatable;
  /** What the DaemonSets of a node take of `allocatable`. */
  readonly daemonSets: { readonly cpuMillis: number; readonly memoryMib: number };

  private constructor(facts: PoolFacts) {
    const { props } = facts;
    const devices = gpuDevices(facts.gpu, props.mig, props.sharing);
    const allowance = DAEMON_SET_ALLOWANCES[facts.platform];
    this.platform = facts.platform;
    this.name = props.name;
    this.gpu = facts.gpu;
    this.gpusPerNode = facts.physicalGpus * devices.perGpu;
    this.gpuMemoryShare = devices.memoryShare;
    this.migProfile = devices.migProfile;
    this.sharing = props.sharing;
    this.rdma = props.rdma;
    this.deviceClass = deviceClassOf(props);
    this.resourceName = this.deviceClass === undefined ? devices.resourceName : quotaNameOf(this.deviceClass);
    this.kubernetesVersion = props.kubernetesVersion;
    this.machine = facts.machines[0];
    this.machineTypes = facts.machines.map(({ type }) => type);
    this.minNodes = props.minNodes ?? 0;
    this.maxNodes = props.maxNodes;
    this.zones = [...(props.zones ?? [])];
    this.spot = props.spot ?? false;
    this.selector = facts.selector;
    this.nodeLabels = {
      ...props.labels,
      ...Object.fromEntries(facts.selector.map(({ key, values }) => [key, values[0]!])),
      ...facts.nodeLabels,
    };
    this.taints = merged(facts.taints, props.taints ?? []);
    this.allocatable = facts.allocatable;
    this.daemonSets = {
      cpuMillis: props.daemonSets?.cpu ? cpuMillis(props.daemonSets.cpu) : allowance.cpuMillis,
      memoryMib: props.daemonSets?.memory ? memoryMib(props.daemonSets.memory) : allowance.memoryMib,
    };
    if (this.allocatable) {
      refuse(`GpuNodePool ${this.name}`, daemonSetProblems(this.allocatable, this.daemonSets));
    }
  }

  /** Devices of `resourceName` when the pool has grown to `maxNodes`. */
  get maxGpus(): number {
    return this.maxNodes * this.gpusPerNode;
  }

  /** One line that tells a reader which pool this is. */
  toString(): string {
    const device = this.migProfile ? `${this.gpu.id} ${this.migProfile.name}` : this.gpu.id;
    const what = this.sharing ? `${device} shared by ${this.sharing.replicas}` : device;
    const types = this.machineTypes.length > 0 ? `${this.machineTypes.join(' or ')}, ` : '';
    const nodes = this.maxNodes === 1 ? '1 node' : `${this.maxNodes} nodes`;
    return `${this.name} (${this.platform}: ${types}${this.gpusPerNode} x ${what} a node, at most ${nodes})`;
  }
}

const AKS_SPOT_TAINT: Taint = {
  key: 'kubernetes.azure.com/scalesetpriority',
  value: 'spot',
  effect: 'NoSchedule',
};

/** Default of AKS with Azure CNI overlay, and a usual limit elsewhere. */
const DEFAULT_MAX_PODS = 110;

const ROUND_DOWN = { rounding: SizeRoundingBehavior.FLOOR };

const subject = (name: string) => `GpuNodePool ${name}`;

const ec2Size = (machine: Machine, props: EksGpuNodePoolProps | KarpenterGpuNodePoolProps) => ({
  vcpu: machine.vcpu,
  memoryGib: machine.memoryGib,
  maxPods: props.maxPods ?? machine.maxPods ?? DEFAULT_MAX_PODS,
  bootDiskGib: props.bootDisk?.toGibibytes(ROUND_DOWN),
  localSsdGb: props.localSsdAsEphemeralStorage ? machine.localSsdGb : undefined,
});

/** Every pod that fits this fits each of the machines. */
function leastOf(machines: readonly Machine[], of: (machine: Machine) => Allocatable): Allocatable | undefined {
  const all = machines.map(of);
  if (all.length === 0) return undefined;
  const disks = all.flatMap(({ ephemeralStorageMib }) => ephemeralStorageMib ?? []);
  return {
    cpuMillis: Math.min(...all.map((one) => one.cpuMillis)),
    memoryMib: Math.min(...all.map((one) => one.memoryMib)),
    ...(disks.length > 0 && { ephemeralStorageMib: Math.min(...disks) }),
  };
}

/** Kubernetes refuses two taints of one key and effect; the user's word counts. */
function merged(derived: readonly Taint[], own: readonly Taint[]): Taint[] {
  const replaced = (taint: Taint) => own.some(({ key, effect }) => key === taint.key && effect === taint.effect);
  return [...derived.filter((taint) => !replaced(taint)), ...own];
}
