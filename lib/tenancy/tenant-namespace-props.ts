import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { WaiverProps } from '../workload/inference-contract-props';
import { TenantQueue } from './inference-queue';

/**
 * The most that a namespace may hold at once. What is not stated is derived from what the app declares in the namespace:
 * the largest that each service, Job and claim ever gets, all at the same time. A namespace in which the app declares
 * nothing has no derived limits.
 *
 * Flux asks the API server about all objects of a Kustomization before it applies the first, so a claim that comes with a
 * larger quota in the same Kustomization is refused: apply `10-namespaces` before `30-services`.
 */
export interface TenantQuota {
  /**
   * Devices by resource name, such as `nvidia.com/mig-3g.40gb`, or by device class for dynamic resource allocation, such
   * as `gpu.nvidia.com`. One that is neither stated nor requested by a service is not limited.
   * @default - derived
   */
  readonly devices?: Readonly<Record<string, number>>;
  /** Sum of the CPU requests. @default - derived */
  readonly cpu?: Cpu;
  /** Sum of the memory requests. @default - derived */
  readonly memory?: Size;
  /** Pods that have not ended. @default - derived */
  readonly pods?: number;
  /**
   * Sum of the sizes of all claims. Below what claims of yours take, those or a replica's disk are refused.
   * @default - derived; no limit where a service mounts a claim that the app does not make, because its size is not known
   */
  readonly storage?: Size;
  /** Claims for volumes. @default - derived; claims of yours that a service mounts are counted */
  readonly volumeClaims?: number;
  /** Sum of the sizes of the claims of a storage class, by its name. @default - no limit by class */
  readonly storageByClass?: Readonly<Record<string, Size>>;
  /** Services of type LoadBalancer: each is a door past the gateway, and costs money. @default 0 */
  readonly loadBalancers?: number;
  /** Ports that Services open on every node, those of load balancers included. @default 0 */
  readonly nodePorts?: number;
}

/** What a container gets that states nothing itself. Never a GPU: every pod of the namespace would take one. */
export interface ContainerDefaults {
  /** Request, and no limit: a default limit would end containers that ask for more than it. @default Cpu.millis(100) */
  readonly cpu?: Cpu;
  /** Request of memory. @default Size.mebibytes(256) */
  readonly memory?: Size;
  /** Limit of memory. Below the request of a container that states no limit, it refuses the pod. @default Size.mebibytes(512) */
  readonly memoryLimit?: Size;
}

/** Groups of people by what they may do, by the names that the cluster's authentication gives them. */
export interface TenantTeam {
  /** Read everything but Secrets, logs and the inside of containers. @default - nobody */
  readonly viewers?: readonly string[];
  /**
   * What viewers may, and: read logs, in which prompts may stand; open a port of a pod; run commands in containers; attach
   * ephemeral containers. So they can read the secrets that the pods have.
   * @default - nobody
   */
  readonly debuggers?: readonly string[];
  /**
   * What viewers may, and: create, change and delete what the library writes for a service. Not the quota, not the roles, not
   * Secrets. Who makes pods can mount any Secret of the namespace into them, which Kubernetes cannot forbid.
   * @default - nobody
   */
  readonly deployers?: readonly string[];
}

/** The account that Flux takes on in this namespace: `serviceAccountName` of a Kustomization that stands in it. */
export interface TenantFlux {
  /** @default 'flux' */
  readonly serviceAccountName?: string;
  /** Whether it may apply Secrets, as it must where SOPS files are decrypted. @default false */
  readonly secrets?: boolean;
}

export interface TenantNamespaceProps extends WaiverProps {
  /** Name of the namespace. @default - the construct's id */
  readonly name?: string;
  /**
   * GPUs that the team may hold at once, canaries included. A pod beyond it is not made, and its StatefulSet says why in
   * an event only.
   * @default - derived, like the rest of the quota
   */
  readonly gpus?: number;
  /** The resource that `gpus` counts; a MIG slice or a shared GPU has a name of its own. @default 'nvidia.com/gpu' */
  readonly gpuResourceName?: string;
  /** The rest of the quota; false for none but `gpus`. @default - derived */
  readonly quota?: TenantQuota | false;
  /**
   * Requests and limits of containers that state none, as a quota demands. False for a LimitRange of your own, or none;
   * with a quota, pods that state nothing are then refused.
   * @default - 100m of CPU, 256 MiB of memory, at most 512 MiB
   */
  readonly containerDefaults?: ContainerDefaults | false;
  /**
   * Pod Security level that the API server enforces. `baseline` lets containers run as root.
   * @default 'restricted'
   */
  readonly podSecurity?: 'restricted' | 'baseline';
  /**
   * Version of Kubernetes whose rules the level means, such as `v1.36`; a cluster that is older takes its own. `latest` lets an
   * upgrade of the cluster refuse pods that ran before it.
   * @default 'v1.36' - the version that this library's pods are tested with
   */
  readonly podSecurityVersion?: string;
  /** Labels of the namespace beside those of Pod Security. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Deny every pod all traffic that no other policy allows, DNS included: each service's own policy opens what it needs.
   * @default true
   */
  readonly defaultDeny?: boolean;
  /**
   * Priority classes that pods may name. A pod that names another is refused; one that names none has the cluster's
   * default, and is not.
   * @default - any
   */
  readonly priorityClasses?: readonly string[];
  /** Who may do what in the namespace. @default - nobody beyond the cluster's own roles */
  readonly team?: TenantTeam;
  /** An account of Flux's own that can apply what the library writes for services. @default - none */
  readonly flux?: TenantFlux;
  /** Services of the namespace wait in a queue of Kueue until their GPUs are free. @default - they do not */
  readonly queue?: TenantQueue;
}
