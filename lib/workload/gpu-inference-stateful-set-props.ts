import { Duration, Size } from 'cdk8s';
import { Cpu, EnvValue, IServiceAccount, k8s } from 'cdk8s-plus-30';
import { Waivers } from '../checks/waivers';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { CatalogModelId } from '../model/catalog';
import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { SpreadOptions } from '../placement/gpu-node-affinity';
import { ServingRuntime } from '../runtime/serving-runtime';
import { Track } from './inference-labels';

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

/** The contract of an inference service: what is served, by what, on what. */
export interface InferenceContractProps {
  /** By what server. */
  readonly runtime: ServingRuntime;
  /** On which node pools, the most wanted first. */
  readonly nodePool: GpuNodePool | readonly GpuNodePool[];
  /**
   * What is served: a model of the catalog, or an object of your own.
   * @default - unknown: memory and start-up are derived from the size of the cache instead of the weights
   */
  readonly model?: CatalogModelId | Model;
  /** Name under which clients ask for the model. @default - the server's own, which is the model's id for most */
  readonly servedModelName?: string;
  /** Copies of the model. @default 1 */
  readonly replicas?: number;
  /** GPUs that one copy is split over, all in one pod. @default 1 */
  readonly tensorParallelSize?: number;
  /** Longest prompt and answer together, in tokens. @default - the server's own, which for most is the model's */
  readonly maxModelLen?: number;
  /**
   * Longest answer, in tokens: what a pod that is told to stop waits for, and what a route allows.
   * @default - maxModelLen, at most 4,096
   */
  readonly maxOutputTokens?: number;
  /**
   * Format of the weights that are served, when it is not the one that their makers published: what the profile or
   * checkpoint of the runtime says. A wrong one makes the memory plan wrong.
   * @default - the format of the model's makers
   */
  readonly weightFormat?: WeightFormat;
  /**
   * Format of the KV cache, when the server is told to use another than 16 bit: with `engineArgs: ['--kv-cache-dtype',
   * 'fp8']` on NIM 2.x, by the profile on 1.x. Halves what a token costs. It tells nobody but the plan; a wrong one makes the
   * memory plan wrong.
   * @default - 16 bit; 32 bit for weights in fp32
   */
  readonly kvCacheFormat?: KvCacheFormat;
  /**
   * Sequences of maxModelLen tokens that the service promises to run at once. One that the GPU's memory cannot keep is
   * refused.
   * @default - no promise: requests that do not fit wait
   */
  readonly concurrency?: number;
  /** Where downloaded weights are kept. Its size is frozen when the StatefulSet is born. */
  readonly cache: ModelCache;
  /** How the server proves that it may have the weights. */
  readonly credentials: ModelCredentials;
}

/** What reviewers have agreed to live with. */
export interface WaiverProps {
  /**
   * Checks that do not apply here, each with the reason. It shows in the scorecard and, for what linters know too, in
   * their annotations.
   * @default - none
   */
  readonly waivers?: Waivers;
}

/** What the pods of an inference service may have beyond what is derived. */
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
  /** Priority class, by name. It must exist in the cluster, or no pod is made. @default - the cluster's default */
  readonly priorityClassName?: string;
  /** Runtime class, by name. Only clusters whose container runtime is not set up for GPUs need one. @default - none */
  readonly runtimeClassName?: string;
  /** Service account of the pods. Its token is not mounted. @default - one of its own without any rights */
  readonly serviceAccount?: IServiceAccount;
  /** Secrets to pull images with, besides the one of the credentials. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Zones in order of preference. @default - none is preferred */
  readonly preferredZones?: readonly string[];
  /** How replicas keep apart. @default - preferably over zones, where the nodes have some, and nodes */
  readonly spread?: Omit<SpreadOptions, 'podLabels'>;
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
  /** Labels of the pods beside ours, which win. They are not part of the selector. @default - none */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

export interface GpuInferenceStatefulSetProps extends InferenceContractProps, InferencePodProps, WaiverProps {
  /**
   * Name of the inference service; objects are named after it. At most 52 characters, 45 for a canary, because Kubernetes
   * appends to it.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Which side of a release these pods are. Part of the selector, and so frozen when the StatefulSet is born.
   * @default 'stable'
   */
  readonly track?: Track;
}
