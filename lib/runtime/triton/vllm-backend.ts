import { Problem } from '../../problem/problem';
import { ServingRequest } from '../serving-runtime';
import { called, type TritonModelBase } from './triton-model';

/** A model that vLLM serves inside of Triton: its `model.json` comes from here, its weights are those of the service. */
export interface VllmBackendModel extends Omit<TritonModelBase, 'maxBatchSize'> {
  readonly backend: 'vllm';
  readonly platform?: undefined;
  /** Share of each GPU's memory that vLLM takes, 0 to 1. @default - vLLM's own, 0.9 */
  readonly gpuMemoryUtilization?: number;
  /** Sequences in one step. @default - vLLM's own */
  readonly maxNumSeqs?: number;
  /** Tokens in one step. @default - vLLM's own */
  readonly maxNumBatchedTokens?: number;
  /** Runs without CUDA graphs: a faster start and slower answers. @default false */
  readonly enforceEager?: boolean;
  /** Number format of the KV cache. @default 'auto', that of the model */
  readonly kvCacheDtype?: 'auto' | 'fp8' | 'fp8_e4m3' | 'fp8_e5m2';
  /** Further engine arguments in vLLM's own names, such as `{ enable_prefix_caching: true }`. @default - none */
  readonly engineArgs?: Readonly<Record<string, string | number | boolean>>;
  /**
   * vLLM's own metrics beside Triton's, on the same port: tokens, times, KV cache. Since 24.08.
   * @default true
   */
  readonly reportCustomMetrics?: boolean;
  /** Version of vLLM in the image; the memory plan depends on it. @default - what NVIDIA's image of the release has */
  readonly vllmVersion?: string;
}

/** Engine arguments that the library sets, each with what to state instead. */
const OWNED: Readonly<Record<string, string>> = {
  model: 'the artifact of the service',
  tokenizer: 'the artifact of the service',
  revision: 'the artifact of the service',
  tensor_parallel_size: 'tensorParallelSize',
  pipeline_parallel_size: 'parallelism of the service',
  data_parallel_size: 'replicas',
  enable_expert_parallel: 'parallelism of the service',
  max_model_len: 'maxModelLen',
  gpu_memory_utilization: 'gpuMemoryUtilization',
  max_num_seqs: 'maxNumSeqs',
  max_num_batched_tokens: 'maxNumBatchedTokens',
  enforce_eager: 'enforceEager',
  kv_cache_dtype: 'kvCacheDtype',
  enable_lora: 'the LoRA adapters of the service',
  max_loras: 'the LoRA adapters of the service',
  max_lora_rank: 'the LoRA adapters of the service',
};

/** Problems of engine arguments that would contradict what was planned with. */
export function engineArgProblems({ name, engineArgs = {} }: VllmBackendModel): Problem[] {
  return Object.keys(engineArgs).flatMap((argument) =>
    Object.hasOwn(OWNED, argument)
      ? [
          {
            check: 'runtime-setting',
            message: `engineArgs of ${called(name)} has ${argument}, which the library sets.`,
            remedy: `State ${OWNED[argument]} instead.`,
          },
        ]
      : /^[a-z][a-z0-9_]{0,60}$/.test(argument)
        ? []
        : [
            {
              check: 'runtime-setting',
              message: `engineArgs of ${called(name)} has ${JSON.stringify(argument.slice(0, 60))}, which is no engine argument.`,
              remedy: 'Use vLLM\'s own names with "_", such as enable_prefix_caching.',
            },
          ],
  );
}

/** Ranks that vLLM has kernels for; another one is rounded up. Source: vllm/config/lora.py. */
const LORA_RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

/** Share of the GPU that vLLM takes unless told otherwise. */
const DEFAULT_UTILIZATION = 0.9;

/** `1/model.json`: vLLM's engine arguments. Source: triton-inference-server/vllm_backend README.md. */
export function modelJson(model: VllmBackendModel, request: ServingRequest): string {
  const { parallelism, weights, lora, gpuMemoryShare } = request;
  const fromHub = weights.kind === 'server-downloads';
  const share =
    model.gpuMemoryUtilization ??
    (gpuMemoryShare < 1 ? Math.floor(DEFAULT_UTILIZATION * gpuMemoryShare * 100) / 100 : undefined);
  return json({
    model: fromHub ? (weights.repository ?? request.model?.id) : weights.path,
    revision: fromHub ? weights.revision : undefined,
    gpu_memory_utilization: share,
    max_model_len: request.maxModelLen,
    max_num_seqs: model.maxNumSeqs,
    max_num_batched_tokens: model.maxNumBatchedTokens,
    enforce_eager: model.enforceEager,
    kv_cache_dtype: model.kvCacheDtype,
    tensor_parallel_size: parallelism.tensorParallelSize > 1 ? parallelism.tensorParallelSize : undefined,
    pipeline_parallel_size: parallelism.pipelineParallelSize > 1 ? parallelism.pipelineParallelSize : undefined,
    enable_expert_parallel: parallelism.expertParallel || undefined,
    ...(lora && {
      enable_lora: true,
      max_loras: lora.maxLoras,
      max_lora_rank: LORA_RANKS.find((rank) => rank >= lora.maxRank) ?? lora.maxRank,
    }),
    ...model.engineArgs,
  });
}

/**
 * `1/multi_lora.json`: the adapters by name; clients ask with `lora_name`.
 * Source: triton-inference-server/vllm_backend ci/L0_multi_gpu_vllm and its tutorial on several adapters.
 */
export const multiLoraJson = ({ lora }: ServingRequest): string | undefined =>
  lora && json(Object.fromEntries(lora.adapters.map(({ name, path }) => [name, path])));

/** With the dollar sign before a brace as its number, because Flux would put a variable in its place. */
const json = (values: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify(values, undefined, 2).replaceAll('${', '\\u0024{')}\n`;
