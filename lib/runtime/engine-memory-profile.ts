import { isSince } from './server-version';

/**
 * How one inference engine in one version divides the memory of a GPU: what a runtime contributes to the memory plan.
 * Plain data. What the engine measures at its start (activations, communication buffers) is an estimate here, and says
 * how far it may be off.
 */
export interface EngineMemoryProfile {
  /** Engine and version as a reader knows them, such as `vLLM 0.10.2 (V1)`. */
  readonly engine: string;
  /** Share of the memory that the engine may use, 0 to 1. What it is a share of says `utilizationOf`. */
  readonly utilization: number;
  /**
   * - `total`: of all memory that CUDA shows; weights, activations and KV cache live inside (vLLM, TGI).
   * - `weights-and-kv-cache`: of all memory, but activations and graphs live in the rest (SGLang).
   * - `free-memory`: of what is free after weights and activations, for the KV cache alone (TensorRT-LLM).
   */
  readonly utilizationOf: 'total' | 'weights-and-kv-cache' | 'free-memory';
  /** Sequences that the engine runs in one step; its sampler is profiled with as many. */
  readonly maxNumSeqs: number;
  /**
   * Sequences that one rank of the engine computes at once when memory does not hold it back, where that is another number; more
   * wait. @default - maxNumSeqs
   */
  readonly maxRunning?: number;
  /** Tokens that the engine computes in one step when it cuts prompts in chunks. */
  readonly maxNumBatchedTokens: number;
  /**
   * Prompts are cut in chunks when the model length is above this many tokens: 0 for always, Infinity for never.
   * Below it, one step computes a whole prompt, and the activations grow with the model length.
   */
  readonly chunkedPrefillAbove: number;
  /**
   * One step computes `maxNumSeqs` whole sequences, padded to the model length: a server without a scheduler of tokens, which
   * takes the memory for its largest batch when it starts. The two settings before this one then say nothing.
   * @default false
   */
  readonly wholeBatches?: boolean;
  /** Tokens in one block of the KV cache. */
  readonly blockSize: number;
  /** `window`: sliding layers keep only their window. `full`: every layer keeps every token. */
  readonly slidingWindowLayers: 'window' | 'full';
  /** MLA: the cached vector is padded to a multiple of this many elements; 1 for no padding. */
  readonly mlaAlignment: number;
  /** Bytes that sampling holds at its peak for one logit: copies, sorted values, indexes, probabilities. */
  readonly samplerBytesPerLogit: number;
  /** Activations are never estimated below this, in GiB. */
  readonly activationFloorGib: number;
  /** How far the activation estimate may be off, as a fraction of it. */
  readonly activationUncertainty: number;
  /** Memory outside of PyTorch on one GPU (context growth, libraries), in GiB. */
  readonly nonTorchGib: number;
  /** What each doubling of the tensor parallel size adds to it (NCCL and all-reduce buffers), in GiB. */
  readonly nonTorchPerDoublingGib: number;
  /** How far the two may be off together, as a fraction. */
  readonly nonTorchUncertainty: number;
  /** CUDA graphs of a dense model, in GiB; 0 when the engine runs without. Experts take more. */
  readonly cudaGraphGib: number;
  /** True when the engine takes the graphs out of its budget; false when they come on top of it. */
  readonly cudaGraphsInBudget: boolean;
  /** Where defaults and estimates come from. */
  readonly sources: readonly string[];
}

/** What a user sets of vLLM, as far as it moves memory. Names are those of its options. */
export interface VllmMemoryOptions {
  /** @default - 0.9 before vLLM 0.20, 0.92 since */
  readonly gpuMemoryUtilization?: number;
  /** @default - 1024 on GPUs of 70 GiB and more that are no A100, 256 on all others and before V1 */
  readonly maxNumSeqs?: number;
  /** @default - 8192 on GPUs of 70 GiB and more that are no A100, 2048 on all others; before V1 a whole prompt */
  readonly maxNumBatchedTokens?: number;
  /** Runs without CUDA graphs. @default false */
  readonly enforceEager?: boolean;
  /** Which of its two engines; both existed from 0.8 to 0.10. @default - V1 since 0.8 on GPUs from Ampere on */
  readonly engine?: 'V0' | 'V1';
}

/** The facts of a GPU that move vLLM's defaults. */
export interface GpuTraits {
  /** Short id, such as `A100-80GB`. */
  readonly id: string;
  readonly computeCapability: number;
  /** Memory that CUDA shows, in GiB. @default - the nameplate */
  readonly cudaMemoryGib?: number;
  /** Nameplate memory in GB. */
  readonly memoryGb: number;
}

/**
 * vLLM's defaults and habits by version, on a GPU.
 *
 * Utilization is read from the published packages 0.5.5 to 0.33.0. Batch defaults before V1, and the versions at which
 * profiling (0.6.4) and sampling (0.17) changed, are inferred from dates and logs: not verified.
 *
 * The bytes of sampling were found from logs and agree with its steps: with sorting, copies, sorted values, 64-bit
 * indexes and cumulated probabilities (38 bytes a logit); with a kernel that works in place, about half (18 bytes).
 * Non-torch memory and all uncertainties were chosen with the start-up logs of docs/memory.md in view.
 */
export function vllmMemoryProfile(
  version: string,
  gpu: GpuTraits,
  options: VllmMemoryOptions = {},
): EngineMemoryProfile {
  const newest = isSince(version, [0, 11, 0]);
  const v1 =
    newest || (options.engine ?? (isSince(version, [0, 8, 0]) && gpu.computeCapability >= 8 ? 'V1' : 'V0')) === 'V1';
  // vLLM asks for 70 GiB and for a name without "a100" (vllm/engine/arg_utils.py, get_batch_defaults).
  const large = v1 && (gpu.cudaMemoryGib ?? gpu.memoryGb * 0.93) >= 70 && !/a100/i.test(gpu.id);
  const chunkDefault = v1 ? (large ? 8192 : 2048) : isSince(version, [0, 6, 4]) ? 2048 : 512;
  const maxNumBatchedTokens = options.maxNumBatchedTokens ?? chunkDefault;
  const graphsInBudget = isSince(version, [0, 21, 0]);
  const modernProfiling = isSince(version, [0, 6, 4]);
  return {
    engine: `vLLM ${version} (${v1 ? 'V1' : 'V0'})`,
    utilization: options.gpuMemoryUtilization ?? (isSince(version, [0, 20, 0]) ? 0.92 : 0.9),
    utilizationOf: 'total',
    maxNumSeqs: Math.min(options.maxNumSeqs ?? (large ? 1024 : 256), maxNumBatchedTokens),
    maxNumBatchedTokens,
    chunkedPrefillAbove: v1 || options.maxNumBatchedTokens !== undefined ? 0 : 32768,
    blockSize: 16,
    slidingWindowLayers: v1 && isSince(version, [0, 9, 2]) ? 'window' : 'full',
    mlaAlignment: isSince(version, [0, 8, 0]) ? 1 : 128,
    samplerBytesPerLogit: isSince(version, [0, 17, 0]) ? 18 : 38,
    activationFloorGib: v1 ? 0.8 : 0.3,
    activationUncertainty: v1 ? 0.25 : 0.15,
    // Before 0.6.4: 3.58 GiB on 2 GPUs (pull request 10511) and 7.2 GiB on 8 (a log of 8 H200). Weak evidence.
    nonTorchGib: modernProfiling ? 0.3 : 0.9,
    nonTorchPerDoublingGib: modernProfiling ? 0.3 : 2.1,
    nonTorchUncertainty: modernProfiling ? 0.5 : 0.15,
    cudaGraphGib: options.enforceEager ? 0 : graphsInBudget ? 0.4 : v1 ? 0.5 : 0.8,
    cudaGraphsInBudget: graphsInBudget,
    sources: [
      'vLLM packages 0.5.5 to 0.33.0: gpu-memory-utilization',
      'vllm/engine/arg_utils.py: batch defaults by GPU',
      'vllm/v1/worker/gpu_worker.py: budget; the estimate of CUDA graphs is subtracted since 0.21',
      'vllm-project/vllm pull requests 10511 (what profiling counts), 33538 (sampling without sorting)',
    ],
  };
}
