import { Gpu } from '../hardware/gpu';
import { KvCacheFormat, Model, WeightFormat } from '../model/model';
import { shown } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { EngineMemoryProfile } from '../runtime/engine-memory-profile';
import { activationGib, cudaGraphGib, nonTorchGib, textsPerStep, tokensPerStep } from './gpu-memory-activation';
import { deviceMemory } from './gpu-memory-device';
import { kvBytesPerSequence, kvBytesPerToken, KvCacheLayout, longestSequence } from './kv-cache';
import { Checkpoint, GIB, loraBytes, LoraSlots, weightsPerGpu } from './weight-bytes';

/** What is to fit, on what. */
export interface GpuMemoryRequest extends Checkpoint {
  readonly model: Model;
  /** @default - 16 bit; 32 bit for weights in fp32 */
  readonly kvCacheFormat?: KvCacheFormat;
  readonly gpu: Gpu;
  /** Name of a MIG profile of the GPU, such as `1g.10gb`. @default - the whole GPU */
  readonly migProfile?: string;
  /**
   * Share of the GPU under time slicing, above 0, at most 1. Time slicing does not divide memory: the server must be
   * told to use only its share, see {@link GpuMemoryPlan.utilization}. @default 1
   */
  readonly gpuShare?: number;
  /** GPUs that every layer is split over. @default 1 */
  readonly tensorParallelSize?: number;
  /** Stages that the layers are split over. @default 1 */
  readonly pipelineParallelSize?: number;
  /**
   * Copies of the attention layers in one server, each with a KV cache of its own; the experts of a mixture are dealt out
   * over all copies. Promised sequences are dealt out over them too.
   * @default 1
   */
  readonly dataParallelSize?: number;
  /** Longest prompt and answer together, in tokens. */
  readonly maxModelLen: number;
  /**
   * Sequences of that length that the service promises to run at once. The server starts with less and lets requests
   * wait; a promise that the memory cannot keep is a misfit all the same. @default - no promise
   */
  readonly concurrency?: number;
  /** How the engine divides memory; every runtime has its own. */
  readonly profile: EngineMemoryProfile;
  readonly lora?: LoraSlots;
  /** A small model that guesses ahead. Its weights and KV cache are on the same GPUs. */
  readonly draftModel?: Checkpoint & { readonly model: Model };
  /** Peak of an image encoder in GiB, as your own start-up log shows it. @default - an allowance by model */
  readonly encoderActivationGib?: number;
}

/** `tight`: the need is nearer to what is there than the plan can tell. */
export type FitVerdict = 'fits' | 'tight' | 'does-not-fit';

/** How far the memory for the KV cache may be off, and why. All in GiB; the parts are independent. */
export interface MemoryMargin {
  /** Square root of the summed squares of the parts below. */
  readonly gib: number;
  readonly device: number;
  readonly weights: number;
  readonly activation: number;
  readonly nonTorch: number;
  readonly cudaGraphs: number;
}

/**
 * The memory of one GPU, all in GiB, on the GPU that carries most. `kvCache` is what is left for it and may be negative.
 */
export interface GpuMemoryPlan {
  readonly request: GpuMemoryRequest;
  /** The device in words, such as `an L4`. */
  readonly device: string;
  /** Memory that CUDA shows. */
  readonly total: number;
  /** Share of `total` that the server must be told to use: the profile's, times the share of a time-sliced GPU. */
  readonly utilization: number;
  /** What the server may use. */
  readonly usable: number;
  readonly weights: number;
  readonly weightFormat: WeightFormat;
  /** Left for the KV cache. */
  readonly kvCache: number;
  readonly activation: number;
  readonly nonTorch: number;
  readonly cudaGraphs: number;
  /** True when the graphs are not part of `usable` and need room beside it. */
  readonly cudaGraphsOutside: boolean;
  readonly lora: number;
  readonly draft: number;
  /** Bytes that one token costs in the KV cache of this GPU, draft model included; every layer counted as full. */
  readonly kvBytesPerToken: number;
  /** GiB that one sequence of `maxModelLen` costs on this GPU. */
  readonly kvPerSequence: number;
  /** Tokens that the KV cache holds. */
  readonly kvTokens: number;
  /** Sequences of `maxModelLen` tokens that it holds at once. */
  readonly sequencesAtMaxModelLen: number;
  /** The longest sequence that fits alone, at most what the model was made for. */
  readonly longestModelLen: number;
  /** The same when everything uncertain goes against us. */
  readonly safeModelLen: number;
  /** Sequences of `maxModelLen` that fit when everything uncertain goes against us. */
  readonly safeConcurrency: number;
  readonly margin: MemoryMargin;
  /** Does the server start: does one sequence of `maxModelLen` fit? */
  readonly startVerdict: FitVerdict;
  /** Does the promised concurrency fit? Equal to `startVerdict` when nothing was promised. */
  readonly concurrencyVerdict: FitVerdict;
  /** The worse of the two. */
  readonly verdict: FitVerdict;
}

const wholeNumber = (what: string, value: number | undefined): Problem[] =>
  value === undefined || (Number.isSafeInteger(value) && value > 0)
    ? []
    : [{ check: 'gpu-memory-fit', message: `${what} is ${shown(value)}.`, remedy: 'Use a whole number of 1 or more.' }];

function requestProblems(request: GpuMemoryRequest): Problem[] {
  const { gpu, migProfile, gpuShare, profile } = request;
  const problems = [
    ...wholeNumber('tensorParallelSize', request.tensorParallelSize),
    ...wholeNumber('pipelineParallelSize', request.pipelineParallelSize),
    ...wholeNumber('dataParallelSize', request.dataParallelSize),
    ...wholeNumber('maxModelLen', request.maxModelLen),
    ...wholeNumber('concurrency', request.concurrency),
    ...wholeNumber('lora.maxAdapters', request.lora?.maxAdapters),
    ...wholeNumber('lora.maxRank', request.lora?.maxRank),
  ];
  if (migProfile !== undefined && !gpu.mig.some((profile) => profile.name === migProfile)) {
    const known = gpu.mig.map((profile) => profile.name).join(', ');
    problems.push({
      check: 'gpu-memory-fit',
      message: `${gpu.id} has no MIG profile ${JSON.stringify(migProfile)}.`,
      remedy: known ? `Use one of ${known}.` : 'Use the whole GPU; it cannot be partitioned.',
    });
  }
  if (gpuShare !== undefined && !(gpuShare > 0 && gpuShare <= 1)) {
    problems.push({
      check: 'gpu-memory-fit',
      message: `gpuShare is ${gpuShare}.`,
      remedy: 'Use a number above 0 and at most 1: 0.5 for two replicas on one time-sliced GPU.',
    });
  }
  if (!(profile.utilization > 0 && profile.utilization <= 1)) {
    problems.push({
      check: 'gpu-memory-fit',
      message: `The memory utilization of ${profile.engine} is ${profile.utilization}.`,
      remedy: 'Use a number above 0 and at most 1.',
    });
  }
  return problems;
}

/** Compares a need with what is there: certain within the margin, or not. */
function verdict(need: number, available: number, margin: number): FitVerdict {
  if (need > available + margin || available + margin <= 0) return 'does-not-fit';
  return need + margin > available ? 'tight' : 'fits';
}

/** Sequences that one data parallel rank must hold; 1 when nothing was promised. */
export function sequencesPerRank({ concurrency = 1, dataParallelSize = 1 }: GpuMemoryRequest): number {
  return Math.ceil(concurrency / dataParallelSize);
}

/**
 * Sequences of full length that one replica computes at once, on the smallest of its GPUs: what memory holds and the server is told to
 * take, over all its ranks. Undefined when no memory was planned.
 */
export function sequencesPerReplica(
  plans: readonly Pick<GpuMemoryPlan, 'sequencesAtMaxModelLen' | 'request'>[],
): number | undefined {
  if (plans.length === 0) return undefined;
  const each = plans.map(({ sequencesAtMaxModelLen, request: { profile, dataParallelSize = 1 } }) => {
    const { maxRunning = profile.maxNumSeqs } = profile;
    return Math.min(sequencesAtMaxModelLen, maxRunning) * dataParallelSize;
  });
  return Math.min(...each);
}

const SEVERITY: readonly FitVerdict[] = ['fits', 'tight', 'does-not-fit'];

/**
 * Plans the memory of one GPU. Pure: the same request gives the same plan.
 *
 * Weights and bytes per token follow from the architecture. Activations, memory outside of PyTorch and CUDA graphs are
 * what the engine measures at its start; here they are estimates, and `margin` says how good they are.
 *
 * @throws InvalidInputError when the request makes no sense, such as a MIG profile that the GPU does not have
 */
export function planGpuMemory(request: GpuMemoryRequest): GpuMemoryPlan {
  refuse(`GpuMemoryPlan ${request.model.id}`, requestProblems(request));
  const { model, profile, gpu, maxModelLen } = request;
  const { tensorParallelSize = 1, pipelineParallelSize = 1, dataParallelSize = 1, gpuShare = 1 } = request;
  const split = {
    tensorParallelSize,
    pipelineParallelSize,
    dataParallelSize,
    computeCapability: gpu.computeCapability,
  };

  const device = deviceMemory(
    gpu,
    gpu.mig.find(({ name }) => name === request.migProfile),
  );
  const total = device.gib;
  const utilization = profile.utilization * gpuShare;
  const main = weightsPerGpu({ ...request, ...split });
  const draftWeights = request.draftModel ? weightsPerGpu({ ...request.draftModel, ...split }).bytes / GIB : 0;
  const weights = main.bytes / GIB;
  const lora = request.lora ? loraBytes(model, request.lora, tensorParallelSize, pipelineParallelSize) / GIB : 0;
  const activation = activationGib({ ...request, tensorParallelSize });
  // Ranks of a dense model have nothing to say to one another.
  const talking = tensorParallelSize * (model.moe ? dataParallelSize : 1);
  const nonTorch = nonTorchGib(profile, talking, pipelineParallelSize);
  const cudaGraphs = cudaGraphGib(model, profile);
  const loaded = weights + draftWeights + lora + nonTorch;

  const layout: KvCacheLayout = {
    format: request.kvCacheFormat ?? (main.format === 'fp32' ? 'fp32' : 'bf16'),
    tensorParallelSize,
    pipelineParallelSize,
    mlaAlignment: profile.mlaAlignment,
    blockSize: profile.blockSize,
    slidingWindowInFlight: profile.slidingWindowLayers === 'window' ? tokensPerStep(profile, maxModelLen) : undefined,
  };
  const usable = total * (profile.utilizationOf === 'free-memory' ? gpuShare : utilization);
  const graphsInside = profile.cudaGraphsInBudget ? cudaGraphs : 0;
  const kvCache =
    profile.utilizationOf === 'weights-and-kv-cache'
      ? Math.min(usable - loaded, total * gpuShare - loaded - activation - cudaGraphs)
      : profile.utilizationOf === 'free-memory'
        ? (usable - loaded - activation - graphsInside) * profile.utilization
        : usable - loaded - activation - graphsInside;

  const perToken =
    kvBytesPerToken(model, layout) + (request.draftModel ? kvBytesPerToken(request.draftModel.model, layout) : 0);
  const perSequence = (tokens: number) =>
    kvBytesPerSequence(model, tokens, layout) +
    (request.draftModel ? kvBytesPerSequence(request.draftModel.model, tokens, layout) : 0);

  const parts = {
    device: device.uncertaintyGib * utilization,
    weights: main.uncertainty * (weights + draftWeights),
    activation: profile.activationUncertainty * activation,
    nonTorch: 0.1 + profile.nonTorchUncertainty * nonTorch,
    cudaGraphs: graphsInside / 2,
  };
  const margin = Math.hypot(...Object.values(parts));

  const bytes = Math.max(0, kvCache * GIB);
  const safeBytes = Math.max(0, (kvCache - margin) * GIB);
  // The draft model's share of a token comes off before the main model's layers are counted.
  const mainShare = perToken === 0 ? 1 : kvBytesPerToken(model, layout) / perToken;
  const longest = (budget: number) => longestSequence(model, budget * mainShare, model.maxModelLen, layout);
  const each = perSequence(maxModelLen);
  const sequences = (budget: number) =>
    each === 0 ? textsPerStep(model, profile, maxModelLen) : Math.floor(budget / each);
  const block = perToken * profile.blockSize;

  const start = verdict(each / GIB, kvCache, margin);
  const promised = verdict((sequencesPerRank(request) * each) / GIB, kvCache, margin);
  return {
    request,
    device: device.name,
    total,
    utilization,
    usable,
    weights,
    weightFormat: main.format,
    kvCache,
    activation,
    nonTorch,
    cudaGraphs,
    cudaGraphsOutside: !profile.cudaGraphsInBudget,
    lora,
    draft: draftWeights,
    kvBytesPerToken: perToken,
    kvPerSequence: each / GIB,
    kvTokens: block === 0 ? 0 : Math.floor(bytes / block) * profile.blockSize,
    sequencesAtMaxModelLen: sequences(bytes),
    longestModelLen: longest(bytes),
    safeModelLen: longest(safeBytes),
    safeConcurrency: sequences(safeBytes),
    margin: { gib: margin, ...parts },
    startVerdict: start,
    concurrencyVerdict: promised,
    verdict: SEVERITY[Math.max(SEVERITY.indexOf(start), SEVERITY.indexOf(promised))] ?? start,
  };
}
