import { k8s } from 'cdk8s-plus-30';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { PlacementSpec } from '../placement/gpu-node-affinity';
import { InferencePlan } from '../plan/inference-plan';
import { PlacedArtifact } from '../plan/model-delivery';
import { GroupContract, ServingRuntime } from '../runtime/serving-runtime';

/** What a user may add to the pod that the library makes. */
export interface PodAdditions {
  /**
   * Environment variables of the server. One that the runtime sets itself is refused: state the setting instead.
   * Secrets come by reference: `EnvValue.fromSecretValue(…)`.
   */
  readonly env: readonly k8s.EnvVar[];
  readonly volumes: readonly k8s.Volume[];
  /** Mounts of those volumes into the server's container. */
  readonly volumeMounts: readonly k8s.VolumeMount[];
  /** Run before the server, in order. One with `restartPolicy: Always` is a sidecar that starts before it. */
  readonly initContainers: readonly k8s.Container[];
  /** Run beside the server. Give them resources: what they use is taken from the same machine. */
  readonly sidecars: readonly k8s.Container[];
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Everything that a pod of an inference service is made of. */
export interface PodTemplateRequest {
  readonly plan: InferencePlan;
  readonly runtime: ServingRuntime;
  readonly labels: Readonly<Record<string, string>>;
  readonly placement: PlacementSpec;
  readonly cache: ModelCache;
  /** Files that lie in the pod before the server starts. */
  readonly placed: readonly PlacedArtifact[];
  /** Of the server, and of downloads that have none of their own. */
  readonly credentials: ModelCredentials;
  /** Where the server's credential comes from. */
  readonly secret?: {
    readonly name: string;
    readonly key: string;
    readonly environmentVariable: string;
    /** Variable with the path of a file that holds the credential, where the server can read one. */
    readonly fileVariable?: string;
  };
  readonly pullSecretNames: readonly string[];
  readonly serviceAccountName: string;
  /** Name of the ConfigMap with the server's configuration files. */
  readonly filesConfigMap: string;
  /** Name of the template that the pod's devices are claimed by. @default - they are requested as an extended resource */
  readonly claimTemplate?: string;
  /** What the container runs when it works for another pod of its group. @default - it serves */
  readonly worker?: GroupContract['worker'];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  /** False for users of the pod's own. @default - those of the node */
  readonly hostUsers?: boolean;
  readonly cpuLimitMillis?: number;
  readonly additions: PodAdditions;
}
