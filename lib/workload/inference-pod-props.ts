import { Duration, Size } from 'cdk8s';
import { Cpu, EnvValue, IServiceAccount, k8s } from 'cdk8s-plus-30';
import { SpreadOptions } from '../placement/gpu-node-affinity';
import { Tracing } from '../runtime/telemetry';
import { WorkloadIdentity } from './workload-identity';

/** What one pod may use of its machine, where the derived figures are not wanted. */
export interface InferenceResources {
  /** CPU that is reserved. @default - the pod's share of the smallest machine of its pools, at most 8 cores a GPU */
  readonly cpu?: Cpu;
  /**
   * CPU beyond which the server is throttled. Throttling delays tokens while the GPU waits.
   * @default - no limit
   */
  readonly cpuLimit?: Cpu;
  /**
   * Memory, request and limit alike, shared memory included. Too little is an OOM kill in the middle of a load.
   * @default - the pod's share of the smallest machine of its pools, at most what the model needs
   */
  readonly memory?: Size;
  /** Disk of the node for logs and scratch files, request and limit alike; writing more evicts the pod.
   * @default - what the runtime writes, and the cache when it is ephemeral */
  readonly ephemeralStorage?: Size;
}

/** What the pods of an inference service may have beyond what is derived; those of a group all alike. */
export interface InferencePodProps {
  /** @default - derived from machine, model and runtime */
  readonly resources?: InferenceResources;
  /**
   * Time from the container's start to the first answer with an empty cache, as you measured it. The startup probe allows
   * twice as much.
   * @default - derived from the size of the weights
   */
  readonly coldStart?: Duration;
  /** Longest time that one answer may take, as you measured it. @default - maxOutputTokens at 20 tokens a second */
  readonly longestAnswer?: Duration;
  /** Where the cache is mounted. @default - where the runtime keeps weights */
  readonly cachePath?: string;
  /**
   * Priority class, by name. It must exist in the cluster, or no pod is made.
   * @default - that of the track, where the app declares InferencePriorityClasses; else the cluster's default
   */
  readonly priorityClassName?: string;
  /** Runtime class, by name. Only clusters whose container runtime is not set up for GPUs need one. @default - none */
  readonly runtimeClassName?: string;
  /** Service account of the pods. Its token is not mounted. @default - one of its own without any rights */
  readonly serviceAccount?: IServiceAccount;
  /**
   * Whom the cloud takes the pods for, when they read a bucket without a key. One of another platform is refused.
   * @default - nobody in particular: GKE and EKS Pod Identity know the pods by their service account all the same
   */
  readonly workloadIdentity?: WorkloadIdentity;
  /**
   * False gives the pods users of their own: who breaks out of a container is nobody on the node. Takes Kubernetes 1.33 with
   * Linux 6.3 and containerd 2.0, and volumes whose file systems map users (ext4, xfs, tmpfs; not NFS). Nobody has verified it
   * with GPUs here: older NVIDIA container toolkits fail (NVIDIA/nvidia-container-toolkit#648), so try it on one node first.
   * @default - the users of the node
   */
  readonly hostUsers?: boolean;
  /** Secrets to pull images with, besides the one of the credentials. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Zones in order of preference. @default - none is preferred */
  readonly preferredZones?: readonly string[];
  /** How replicas keep apart. @default - preferably over zones, where the nodes have some, and nodes */
  readonly spread?: Omit<SpreadOptions, 'podLabels'>;
  /**
   * Node label, such as that of a rack or a block: the pods of a copy that takes several stay inside one of its values, and
   * no other copy comes there. A node without the label runs none of them. Refused for copies of one pod.
   * @default - the pods of a copy stay in one zone
   */
  readonly exclusiveTopology?: string;
  /** Taints to tolerate beyond those of the pools. @default - none */
  readonly tolerations?: readonly k8s.Toleration[];
  /**
   * Environment variables of the server, secrets by `EnvValue.fromSecretValue`. One that the runtime sets is refused.
   * @default - none
   */
  readonly env?: Readonly<Record<string, string | EnvValue>>;
  /** @default - none */
  readonly volumes?: readonly k8s.Volume[];
  /** Mounts of `volumes` into the server's container. @default - none */
  readonly volumeMounts?: readonly k8s.VolumeMount[];
  /** Run before the server, in order. @default - none */
  readonly initContainers?: readonly k8s.Container[];
  /** Run beside the server. Give them resources: they come out of the same machine. @default - none */
  readonly sidecars?: readonly k8s.Container[];
  /**
   * Where traces go: an OpenTelemetry collector. Which servers send some is in docs/observability.md; one that cannot says so.
   * A collector that is out of reach costs spans and no answers. Changing it restarts the pods.
   * @default - that of `monitoring` in an InferenceService; else there are none. False for none
   */
  readonly tracing?: Tracing | false;
  /**
   * Logs as one JSON object a line, from servers that can: vLLM from 0.9.2 on, NIM and TGI. Triton and SGLang cannot, and write
   * text. Changing it restarts the pods.
   * @default - that of `monitoring` in an InferenceService; else as the server writes them: JSON from NIM and TGI, text from vLLM
   */
  readonly jsonLogs?: boolean;
  /** Labels of the pods beside ours, which win. They are not part of the selector. @default - none */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}
