import { Waivers } from '../checks/waivers';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { CatalogModelId } from '../model/catalog';
import { LoraAdapters } from '../model/lora-adapter';
import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { ModelArtifact } from '../model/model-artifact';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { ServingRuntime } from '../runtime/serving-runtime';
import { InferenceObjectives } from './inference-objectives';

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
  /** GPUs that every layer of a copy is split over; they exchange each token, so all are in one pod. @default 1 */
  readonly tensorParallelSize?: number;
  /**
   * Stages that the layers of a copy are split over. What a machine cannot hold goes over several, as a group of pods that
   * start and end together (LeaderWorkerSet); not every server can do that.
   * @default 1
   */
  readonly pipelineParallelSize?: number;
  /**
   * Copies of the attention layers in one server, each with a KV cache of its own: for mixtures of experts, whose experts
   * they share. Elsewhere `replicas` do the same, and fail one by one.
   * @default 1
   */
  readonly dataParallelSize?: number;
  /** Deals the experts of a mixture out over the GPUs instead of cutting each. Refused for a model without. @default false */
  readonly expertParallel?: boolean;
  /** Longest prompt and answer together, in tokens. @default - the server's own, which for most is the model's */
  readonly maxModelLen?: number;
  /**
   * Longest answer, in tokens: what a pod that is told to stop waits for, and what a route allows.
   * @default - maxModelLen, at most 4,096
   */
  readonly maxOutputTokens?: number;
  /**
   * Format of the weights that are served, when it is not the one that their makers published: what the profile or
   * checkpoint says. Of the makers' own repository vLLM, SGLang and TGI make it while they load, and one that they cannot make
   * is refused. For other files a wrong one makes the memory plan wrong.
   * @default - the format of the model's makers
   */
  readonly weightFormat?: WeightFormat;
  /**
   * Format of the KV cache, when the server is told to use another than 16 bit: with `engineArgs: ['--kv-cache-dtype',
   * 'fp8']` on NIM 2.x, by the profile on 1.x. Halves what a token costs. NIM is not told, so a wrong one makes the memory plan wrong;
   * vLLM and SGLang are told.
   * @default - 16 bit; 32 bit for weights in fp32
   */
  readonly kvCacheFormat?: KvCacheFormat;
  /**
   * Sequences of maxModelLen tokens that the service promises to run at once. One that the GPU's memory cannot keep is
   * refused.
   * @default - no promise: requests that do not fit wait
   */
  readonly concurrency?: number;
  /**
   * Latencies that the service promises. They refuse a GPU that neighbours use by turns, and times that the GPU cannot reach.
   * @default - no promise
   */
  readonly slo?: InferenceObjectives;
  /**
   * Where the weights come from, pinned: the image, a volume, or a download that is verified before the server starts.
   * @default - the server downloads what it serves by default, whatever that is on the day
   */
  readonly artifact?: ModelArtifact;
  /** LoRA adapters on the model: a name for each tenant or task, one set of weights. @default - none */
  readonly lora?: LoraAdapters;
  /**
   * Where downloaded weights are kept. The size of a disk per replica is frozen when the StatefulSet is born.
   * @default - a disk per replica of the derived size; the node's disk where nothing is downloaded or pods have no disks
   */
  readonly cache?: ModelCache;
  /**
   * How whoever downloads proves that it may have the weights: the server, or the init container of `artifact`. Where
   * nothing is downloaded, no key is in the pod.
   * @default ModelCredentials.keyless()
   */
  readonly credentials?: ModelCredentials;
}

/** What reviewers have agreed to live with. */
export interface WaiverProps {
  /**
   * Checks that do not apply here, each with the reason. It shows in the scorecard and, for what linters know too, in
   * their annotations. A rule of linters that the pods break on purpose, such as `cpu-limit`, is excepted without it; stated, the
   * reason is this one. It does nothing for a rule that they keep.
   * @default - none
   */
  readonly waivers?: Waivers;
}
