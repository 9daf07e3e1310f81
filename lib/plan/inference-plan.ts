import { GpuNodePool } from '../hardware/gpu-node-pool';
import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { ModelCache } from '../model/model-cache';
import { CredentialKind } from '../model/model-credentials';
import {
  LoraRequest,
  ParallelLayout,
  ServerContract,
  ServingRuntime,
  WeightsLocation,
} from '../runtime/serving-runtime';
import { GpuMemoryPlan, planGpuMemory } from './gpu-memory-plan';
import { planPodResources, PodResourceOverrides, PodResources } from './pod-resources';
import { longestAnswer, planShutdown, ShutdownBudget, ShutdownRequest } from './shutdown-budget';
import { planStartup, StartupBudget } from './startup-budget';
import { attempt, Problem } from '../problem/problem';
import { weightBytes } from './weight-bytes';

/** The contract between a model team and a platform team, in numbers. */
export interface InferenceRequest extends ShutdownRequest {
  readonly runtime: ServingRuntime;
  readonly model?: Model;
  readonly servedModelName?: string;
  readonly nodePools: readonly GpuNodePool[];
  readonly parallelism: ParallelLayout;
  readonly weights: WeightsLocation;
  readonly lora?: LoraRequest;
  /** Format of the weights that are served. @default - the one that the model's makers published */
  readonly weightFormat?: WeightFormat;
  /** @default - 16 bit; 32 bit for weights in fp32 */
  readonly kvCacheFormat?: KvCacheFormat;
  /** Sequences of maxModelLen that are promised to run at once. */
  readonly concurrency?: number;
  readonly cache: ModelCache;
  readonly cachePath?: string;
  readonly credentials: CredentialKind;
  readonly resources?: PodResourceOverrides;
  /** The user's own measurement of a cold start, in seconds. */
  readonly coldStartSeconds?: number;
}

/** Everything that follows from the contract. Computed once; every derived number in the YAML is one of these. */
export interface InferencePlan {
  readonly contract: ServerContract;
  readonly resources: PodResources;
  readonly startup: StartupBudget;
  readonly shutdown: ShutdownBudget;
  /** The memory of one GPU, for each kind of GPU or slice that the pools have. Empty when the model is unknown. */
  readonly memory: readonly GpuMemoryPlan[];
  /** What of the request could not be planned. */
  readonly problems: readonly Problem[];
  /** Bytes of weights; for a model that nobody described, what its cache can hold. */
  readonly weightBytes: number;
  /** True when nothing needs to be downloaded. */
  readonly offline: boolean;
}

/** Weights of an 8B model in 16 bit: the guess for a model and a cache of which nothing is known. */
const UNKNOWN_WEIGHT_BYTES = 16e9;

/** Computes the plan. Pure: the same request gives the same plan. */
export function planInference(request: InferenceRequest): InferencePlan {
  const { model, cache, runtime } = request;
  const offline = request.weights.kind === 'local' || request.credentials === 'air-gapped' || cache.filled;
  const gpuMemoryShare = Math.min(1, ...request.nodePools.map((pool) => sharedPart(pool) ?? 1));
  const contract = runtime.contract({
    ...request,
    gpus: request.nodePools.map(({ gpu }) => gpu),
    offline,
    gpuMemoryShare,
    longestAnswerSeconds: longestAnswer(request),
  });
  const problems: Problem[] = [...contract.problems];
  const weightFormat = request.weightFormat ?? contract.weightFormat;
  const bytes = model
    ? weightBytes(model, { weightFormat })
    : cache.sizeMib === undefined
      ? UNKNOWN_WEIGHT_BYTES
      : cache.sizeMib * 2 ** 20;
  return {
    contract,
    resources: planPodResources(
      contract,
      request.nodePools,
      gpusPerPod(request.parallelism),
      cache.kind === 'ephemeral' ? (cache.sizeMib ?? 0) : 0,
      request.resources,
    ),
    startup: planStartup({
      weightBytes: bytes,
      offline,
      warmUpSeconds: contract.warmUpSeconds,
      coldStartSeconds: request.coldStartSeconds,
    }),
    shutdown: planShutdown(request, contract.shutdown),
    memory: model ? (attempt(problems, () => memoryPlans(request, model, contract)) ?? []) : [],
    problems,
    weightBytes: bytes,
    offline,
  };
}

/** GPUs of one server, over all its pods. */
export function gpusPerReplica(layout: ParallelLayout): number {
  return layout.tensorParallelSize * layout.pipelineParallelSize * layout.dataParallelSize;
}

/** GPUs of one of its pods. */
export function gpusPerPod(layout: ParallelLayout): number {
  return gpusPerReplica(layout) / layout.nodes;
}

/** One plan for each kind of device, in the order of the pools. */
function memoryPlans(request: InferenceRequest, model: Model, contract: ServerContract): GpuMemoryPlan[] {
  const devices = new Map(
    request.nodePools.map((pool) => [pool.gpu.id + (pool.migProfile?.name ?? sharedPart(pool) ?? ''), pool]),
  );
  return [...devices.values()].flatMap((pool) => {
    const profile = request.runtime.memoryProfile(pool.gpu);
    if (!profile) return [];
    const { parallelism, lora, concurrency } = request;
    return [
      planGpuMemory({
        model,
        weightFormat: request.weightFormat ?? contract.weightFormat,
        kvCacheFormat: request.kvCacheFormat ?? contract.kvCacheFormat,
        gpu: pool.gpu,
        migProfile: pool.migProfile?.name,
        gpuShare: sharedPart(pool),
        tensorParallelSize: parallelism.tensorParallelSize,
        pipelineParallelSize: parallelism.pipelineParallelSize,
        maxModelLen: request.maxModelLen ?? model.maxModelLen,
        concurrency,
        profile,
        lora: lora && { maxAdapters: lora.maxLoras, maxRank: lora.maxRank },
        draftModel: contract.draftModel,
      }),
    ];
  });
}

/** Part of a GPU that a pod of this pool may count on; undefined when nobody else uses the device. */
const sharedPart = (pool: GpuNodePool) => (pool.sharing ? pool.gpuMemoryShare : undefined);
