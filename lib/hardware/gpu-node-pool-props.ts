import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { Gpu } from './gpu';
import { GpuId } from './gpu-catalog';
import { GpuSharing, MigPartition } from './gpu-partition';
import { Machine } from './machine';
import { AksVmSize, AttachedT4s, EksInstanceType, GkeMachineType } from './machine-catalog';
import { RdmaAdapters } from './rdma';
import { Taint } from './taint';

/** What every pool of GPU nodes has, wherever it is. */
export interface GpuNodePoolProps {
  /** The most nodes that the pool may grow to, 1 or more. Bounds how many GPUs a rollout can find. */
  readonly maxNodes: number;
  /**
   * Zones in which the pool has nodes, such as `us-central1-a`. Zonal disks bind a pod to one of them.
   *
   * @default - any zone
   */
  readonly zones?: readonly string[];
  /**
   * Labels that the nodes carry beside the ones that the platform sets.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Taints that the nodes carry beside the ones that follow from the platform. A taint with the key and effect of a
   * derived one replaces it.
   *
   * @default - only the derived ones
   */
  readonly taints?: readonly Taint[];
  /**
   * Each GPU is cut into slices of one MIG profile. Not together with `sharing`.
   *
   * @default - whole GPUs
   */
  readonly mig?: MigPartition;
  /**
   * Each GPU is handed out several times, by time slicing or MPS. Not together with `mig`.
   *
   * @default - each GPU is handed out once
   */
  readonly sharing?: GpuSharing;
  /**
   * Version of Kubernetes that the cluster runs, such as `1.34`. What needs a newer version than it is refused.
   *
   * @default - unknown, so that nothing is used which a supported version may not have
   */
  readonly kubernetesVersion?: string;
  /**
   * Who hands out the GPUs. `device-plugin` counts them as an extended resource of the node. `dra` is Dynamic Resource Allocation
   * with NVIDIA's DRA driver: pods claim devices by their attributes. It needs Kubernetes 1.34, stated in
   * `kubernetesVersion`, and nodes on which the driver runs instead of the device plugin. The wrong one leaves
   * pods Pending for ever.
   *
   * @default 'device-plugin'
   */
  readonly deviceAllocation?: 'device-plugin' | 'dra';
  /**
   * DeviceClass of the devices, with `deviceAllocation: 'dra'`. A class that the cluster does not have leaves pods Pending.
   *
   * @default 'gpu.nvidia.com', and 'mig.nvidia.com' for MIG slices: the classes of NVIDIA's driver
   */
  readonly deviceClass?: string;
  /**
   * Network adapters for RDMA. A pod of a copy that takes several nodes gets its part of them; others have no use for them. The
   * image must hold the library of the adapter (aws-ofi-nccl for EFA), and their traffic passes no network policy.
   *
   * @default - none: such pods talk over TCP
   */
  readonly rdma?: RdmaAdapters;
  /**
   * What the DaemonSets of your cluster request on a GPU node together.
   *
   * @default - the allowance of the platform in DAEMON_SET_ALLOWANCES
   */
  readonly daemonSets?: { readonly cpu?: Cpu; readonly memory?: Size };
}

/** Pools whose nodes come and go. */
interface ScalablePoolProps extends GpuNodePoolProps {
  /**
   * Nodes that stay when nothing runs; at most `maxNodes`.
   *
   * @default 0 - a first pod waits for a node
   */
  readonly minNodes?: number;
  /**
   * Nodes that the cloud may take away at short notice.
   *
   * @default false
   */
  readonly spot?: boolean;
  /**
   * The GPU of a machine of your own, when the catalog does not have it. Its id must be the `gpu` of the machine.
   *
   * @default - the GPU that the machine names, from the catalog
   */
  readonly gpu?: Gpu;
}

/** A GKE Standard node pool. */
export interface GkeGpuNodePoolProps extends ScalablePoolProps {
  /** Name of the node pool: at most 40 lower-case letters, digits and `-`, beginning with a letter. */
  readonly name: string;
  /** Compute Engine machine type, or a machine of your own. */
  readonly machineType: GkeMachineType | Machine;
  /**
   * T4 GPUs attached to each node; N1 machine types need it, others refuse it.
   *
   * @default - none
   */
  readonly attachedT4s?: AttachedT4s;
  /**
   * Boot disk of a node, where images and emptyDir volumes live.
   *
   * @default Size.gibibytes(100) - the default of GKE
   */
  readonly bootDisk?: Size;
  /**
   * Images and emptyDir volumes live on the machine's local SSDs instead of the boot disk: `--ephemeral-storage-local-ssd` of the
   * node pool.
   * Refused for machines without any.
   *
   * @default false
   */
  readonly localSsdAsEphemeralStorage?: boolean;
}

/** A managed node group of EKS. */
export interface EksGpuNodePoolProps extends ScalablePoolProps {
  /** Name of the node group: at most 63 letters, digits, `-` and `_`. */
  readonly name: string;
  /** EC2 instance types of the group, or machines of your own. All with the same GPU and the same number of them. */
  readonly machineTypes: readonly (EksInstanceType | Machine)[];
  /**
   * Pods that kubelet may run, from which EKS derives the memory that it reserves.
   *
   * @default - what the network interfaces of the machine can address, 110 for a machine that does not say
   */
  readonly maxPods?: number;
  /**
   * Disk of a node, where images and emptyDir volumes live.
   *
   * @default - unknown, so nothing is said about ephemeral storage
   */
  readonly bootDisk?: Size;
  /**
   * Images and emptyDir volumes live on the machine's local SSDs instead of the boot disk: the local storage strategy
   * `RAID0` of the node's configuration.
   * Refused for machines without any.
   *
   * @default false
   */
  readonly localSsdAsEphemeralStorage?: boolean;
}

/** A NodePool of Karpenter on EKS. Give `machineTypes`, or `gpu` for any machine that has it. */
export interface KarpenterGpuNodePoolProps extends GpuNodePoolProps {
  /** Name of the NodePool. */
  readonly name: string;
  /**
   * EC2 instance types that the NodePool allows, or machines of your own. All with the same GPU and the same number of
   * them.
   *
   * @default - every instance type of the catalog with `gpusPerNode` of `gpu`
   */
  readonly machineTypes?: readonly (EksInstanceType | Machine)[];
  /**
   * The GPU that the NodePool allows by its name.
   *
   * @default - the GPU of `machineTypes`
   */
  readonly gpu?: GpuId | Gpu;
  /**
   * GPUs of one machine; pods require this number, so that no bigger machine is started for them.
   *
   * @default 1, or what `machineTypes` have
   */
  readonly gpusPerNode?: number;
  /**
   * Nodes that the cloud may take away at short notice.
   *
   * @default false
   */
  readonly spot?: boolean;
  /**
   * Pods that kubelet may run, from which EKS derives the memory that it reserves.
   *
   * @default - what the network interfaces of the machine can address, 110 for a machine that does not say
   */
  readonly maxPods?: number;
  /**
   * Disk of a node, where images and emptyDir volumes live.
   *
   * @default - unknown, so nothing is said about ephemeral storage
   */
  readonly bootDisk?: Size;
  /**
   * Images and emptyDir volumes live on the machine's local SSDs instead of the boot disk: `instanceStorePolicy: RAID0` of
   * the EC2NodeClass.
   * Refused for machines without any.
   *
   * @default false
   */
  readonly localSsdAsEphemeralStorage?: boolean;
}

/** An agent pool of AKS. */
export interface AksGpuNodePoolProps extends ScalablePoolProps {
  /** Name of the agent pool: at most 12 lower-case letters and digits, beginning with a letter. */
  readonly name: string;
  /** Azure VM size, or a machine of your own. */
  readonly machineType: AksVmSize | Machine;
  /**
   * Pods that kubelet may run, from which AKS derives the memory that it reserves.
   *
   * @default 110 - the default with Azure CNI overlay
   */
  readonly maxPods?: number;
}

/** Nodes of your own, with the NVIDIA GPU Operator (or GPU feature discovery) that labels them. */
export interface OnPremGpuNodePoolProps extends GpuNodePoolProps {
  /** What you call these nodes; only messages show it. */
  readonly name: string;
  /** The GPU of the nodes. */
  readonly gpu: GpuId | Gpu;
  /** Physical GPUs of one node. */
  readonly gpusPerNode: number;
  /**
   * Nodes that are always there; at most `maxNodes`.
   *
   * @default - maxNodes: nodes of your own do not come and go
   */
  readonly minNodes?: number;
  /**
   * CPU of one node. Give `memory` too.
   *
   * @default - unknown, so nothing is said about whether a pod fits
   */
  readonly cpu?: Cpu;
  /**
   * Memory of one node. Give `cpu` too.
   *
   * @default - unknown, so nothing is said about whether a pod fits
   */
  readonly memory?: Size;
}
