import { EngineMemoryProfile, GpuTraits } from '../engine-memory-profile';
import { MemoryLayout, ONE_GPU, ParallelLayout } from '../serving-runtime';
import { isSince } from '../server-version';

/** What a user sets of SGLang, as far as it moves memory. Names are those of its flags. */
export interface SglangMemoryOptions {
  /** @default - {@link sglangMemFraction} */
  readonly memFractionStatic?: number;
  /** @default - {@link sglangChunkedPrefillSize} */
  readonly chunkedPrefillSize?: number;
  /** @default - as many as the KV cache holds; 256 for the estimate of sampling */
  readonly maxRunningRequests?: number;
  /** Runs without CUDA graphs. @default false */
  readonly disableCudaGraph?: boolean;
  /** @default - none */
  readonly speculativeAlgorithm?: string;
}

const MIB_PER_GIB = 1024;

/** Memory of the GPU as SGLang asks nvidia-smi for it, in MiB; the nameplate where CUDA's value is not known. */
const memoryMib = ({ cudaMemoryGib, memoryGb }: GpuTraits) =>
  cudaMemoryGib === undefined ? (memoryGb * 1e9) / 2 ** 20 : cudaMemoryGib * MIB_PER_GIB;

/**
 * SGLang's defaults by the memory of the GPU in GiB, smallest first.
 * Source: python/sglang/srt/server_args.py, _handle_gpu_memory_settings (sgl-project/sglang#10975, in 0.5.4). Earlier
 * releases had other rules; here they get the same numbers, because they are told.
 */
const BY_MEMORY: readonly {
  readonly below: number;
  readonly chunkedPrefillSize: number;
  /** Largest batch with a CUDA graph, for fewer than 4 GPUs and for more. */
  readonly graphs: readonly [few: number, many: number];
}[] = [
  { below: 20, chunkedPrefillSize: 2048, graphs: [8, 8] },
  { below: 35, chunkedPrefillSize: 2048, graphs: [24, 80] },
  { below: 60, chunkedPrefillSize: 4096, graphs: [32, 160] },
  { below: 160, chunkedPrefillSize: 8192, graphs: [256, 512] },
  { below: Infinity, chunkedPrefillSize: 16384, graphs: [512, 512] },
];

const defaultsFor = (gpu: GpuTraits) => BY_MEMORY.find(({ below }) => memoryMib(gpu) < below * MIB_PER_GIB)!;

/** Tokens that one step computes on the smallest of these GPUs, unless told otherwise. */
export const sglangChunkedPrefillSize = (gpus: readonly GpuTraits[]): number =>
  Math.min(16384, ...gpus.map((gpu) => defaultsFor(gpu).chunkedPrefillSize));

/** Largest batch with a CUDA graph, unless told otherwise. */
function graphBatch(gpu: GpuTraits, { tensorParallelSize }: ParallelLayout): number {
  const [few, many] = defaultsFor(gpu).graphs;
  return tensorParallelSize < 4 ? few : many;
}

/**
 * Share of the memory for weights and KV cache by SGLang's own rule: all but what prompts, CUDA graphs and the exchange
 * between GPUs are known to take. The server would compute it at its start, from the GPU that it finds; the library
 * states it, so that plan and server have the same number, and takes the smallest where the pools differ.
 *
 * From 0.5.10 on half a GiB more, for the graphs of prompts that are on since; that part is an estimate.
 */
export function sglangMemFraction(
  version: string,
  gpus: readonly GpuTraits[],
  parallelism: ParallelLayout,
  options: SglangMemoryOptions = {},
): number {
  const { speculativeAlgorithm, chunkedPrefillSize = sglangChunkedPrefillSize(gpus) } = options;
  const shares = gpus.map((gpu) => {
    const all = memoryMib(gpu);
    const batch = graphBatch(gpu, parallelism);
    const copies = parallelism.expertParallel ? parallelism.dataParallelSize : 1;
    const layout = (parallelism.tensorParallelSize * parallelism.pipelineParallelSize * copies * MIB_PER_GIB) / 8;
    const copied = copies > 1 ? batch * copies * (batch > 300 ? 4.5 : 3) : 0;
    const promptGraphs = isSince(version, [0, 5, 10]) ? 512 : 0;
    const least = all > 60 * MIB_PER_GIB ? 10 * MIB_PER_GIB : 0;
    const reserved = 512 + Math.max(chunkedPrefillSize, 2048) * 1.5 + batch * 2 + layout + copied + promptGraphs;
    return (all - Math.max(least, reserved) - draftMib(speculativeAlgorithm)) / all;
  });
  // A GPU so small that nothing is left gets a share that the memory plan refuses with numbers.
  return Math.max(0.1, Math.floor(Math.min(0.95, ...shares) * 1000) / 1000);
}

/** Memory that the rule leaves to a draft model and its graphs, in MiB. */
function draftMib(algorithm: string | undefined): number {
  if (algorithm === undefined || algorithm === 'NGRAM') return 0;
  return (algorithm === 'STANDALONE' ? 6 : 2) * MIB_PER_GIB;
}

/**
 * Requests that one rank computes at once. By itself SGLang makes room for 512 times as many as fit in full length, within 2048 and
 * 4096, so that memory alone holds it back. A stated number is for all ranks together where they divide the attention.
 *
 * @source python/sglang/srt: model_executor, init_memory_pool; managers/tp_worker.py, max_running_requests
 */
function maxRunning({ maxRunningRequests }: SglangMemoryOptions, layout: ParallelLayout): number {
  if (maxRunningRequests === undefined) return 4096;
  return layout.expertParallel ? Math.floor(maxRunningRequests / layout.dataParallelSize) : maxRunningRequests;
}

/**
 * How SGLang divides the memory of a GPU. Its share and the size of a step are stated by the library; what activations,
 * graphs and libraries really take was not measured, and the estimates are those of vLLM's kernels, which it shares.
 */
export function sglangMemoryProfile(
  version: string,
  gpu: GpuTraits,
  options: SglangMemoryOptions = {},
  layout: MemoryLayout = { parallelism: ONE_GPU, gpus: [gpu] },
): EngineMemoryProfile {
  const { parallelism, gpus } = layout;
  return {
    engine: `SGLang ${version}`,
    utilization: options.memFractionStatic ?? sglangMemFraction(version, gpus, parallelism, options),
    utilizationOf: 'weights-and-kv-cache',
    maxNumSeqs: options.maxRunningRequests ?? 256,
    maxRunning: maxRunning(options, parallelism),
    maxNumBatchedTokens: options.chunkedPrefillSize ?? sglangChunkedPrefillSize(gpus),
    chunkedPrefillAbove: 0,
    // --page-size is 1, or what the attention kernels ask for; one page more or less does not move the plan.
    blockSize: 1,
    // Windows save memory by a ratio that the server chooses (--swa-full-tokens-ratio), so nothing is promised.
    slidingWindowLayers: 'full',
    mlaAlignment: 1,
    // Logits, probabilities and sorted indexes in 32 bit; its sampling kernels sort in place.
    samplerBytesPerLogit: 12,
    activationFloorGib: 0.8,
    activationUncertainty: 0.25,
    nonTorchGib: 0.3,
    nonTorchPerDoublingGib: 0.3,
    nonTorchUncertainty: 0.5,
    cudaGraphGib: options.disableCudaGraph ? 0 : Math.max(0.3, (graphBatch(gpu, parallelism) * 2) / MIB_PER_GIB),
    cudaGraphsInBudget: false,
    sources: [
      'python/sglang/srt/server_args.py: _handle_gpu_memory_settings (sgl-project/sglang#10975)',
      'activations, graphs and memory outside of PyTorch: not measured, as for vLLM',
    ],
  };
}
