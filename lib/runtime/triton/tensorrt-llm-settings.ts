import type { TritonDynamicBatching, TritonInput, TritonModelBase, TritonTensor } from './triton-model';

/** What a TensorRT-LLM engine was built with; nothing of it can be changed when it is served. */
export interface TensorRtLlmEngine {
  /** `--max_batch_size` of trtllm-build: sequences in one step. @default 2048, its default */
  readonly maxBatchSize?: number;
  /** `--max_num_tokens`: tokens in one step. @default 8192, its default */
  readonly maxNumTokens?: number;
  /** `--max_seq_len`: longest prompt and answer together. @default - unknown, and then maxModelLen is not compared with it */
  readonly maxSeqLen?: number;
  /** `--max_beam_width`. @default 1 */
  readonly maxBeamWidth?: number;
  /** Tokens in one block of the KV cache. @default - 32 since TensorRT-LLM 1.0, 64 before; unverified */
  readonly tokensPerBlock?: number;
  /** GPUs that it was built for, by tensor parallelism. @default - what the service asks for */
  readonly tensorParallelSize?: number;
  /** GPUs that it was built for, by pipeline parallelism. @default - what the service asks for */
  readonly pipelineParallelSize?: number;
}

/** Settings of the TensorRT-LLM backend. Every one becomes a parameter of its `config.pbtxt`. */
export interface TensorRtLlmSettings {
  /** `V1` waits until a whole batch is done. @default 'inflight_fused_batching' */
  readonly batchingStrategy?: 'inflight_fused_batching' | 'V1';
  /** `max_utilization` packs more requests, and pauses some when the KV cache is full. @default 'guaranteed_no_evict' */
  readonly batchSchedulerPolicy?: 'guaranteed_no_evict' | 'max_utilization';
  /** Share of the GPU's memory that is free after the engine was loaded, for the KV cache, 0 to 1. @default 0.9 */
  readonly kvCacheFreeGpuMemFraction?: number;
  /** Tokens in the KV cache, at most. @default - as many as kvCacheFreeGpuMemFraction allows */
  readonly maxTokensInPagedKvCache?: number;
  /** Host memory that KV blocks are moved to, in bytes; it is counted in the memory of the pod. @default 0 */
  readonly kvCacheHostMemoryBytes?: number;
  /** Use KV blocks of equal beginnings again; the engine must be built with paged context attention. @default - the server's */
  readonly enableKvCacheReuse?: boolean;
  /** Compute long prompts in pieces. Without it, no prompt may be longer than the engine's maxNumTokens. @default false */
  readonly enableChunkedContext?: boolean;
  /** Tokens that one token looks back. @default - all */
  readonly maxAttentionWindowSize?: number;
  /** First tokens that stay in the window. @default 0 */
  readonly sinkTokenLength?: number;
  /** Beams of one request, at most the engine's. @default 1 */
  readonly maxBeamWidth?: number;
  /** @default - top_k_top_p, or beam_search with several beams */
  readonly decodingMode?:
    'top_k' | 'top_p' | 'top_k_top_p' | 'beam_search' | 'medusa' | 'redrafter' | 'lookahead' | 'eagle';
  /** Answer without the prompt in front. @default false */
  readonly excludeInputInOutput?: boolean;
  /** @default true */
  readonly normalizeLogProbs?: boolean;
  /** @default true */
  readonly multiBlockMode?: boolean;
  /** @default false */
  readonly enableContextFmhaFp32Acc?: boolean;
  /** Capture CUDA graphs. @default false */
  readonly cudaGraphMode?: boolean;
  /** CUDA graphs to keep. @default 0 */
  readonly cudaGraphCacheSize?: number;
  /** Share of the weights on the GPU, 0 to 1; below 1 the engine must be built with weight streaming. @default 1 */
  readonly gpuWeightsPercent?: number;
  /** Grammar for answers. Needs `xgrammarTokenizerInfoPath`. @default - none */
  readonly guidedDecodingBackend?: 'xgrammar';
  /** JSON file of the artifact with what xgrammar knows of the tokenizer. @default - none */
  readonly xgrammarTokenizerInfoPath?: string;
  /** Folder of the artifact with the tokenizer. @default - none: the backend works on token ids */
  readonly tokenizerDir?: string;
  /** Folder of the artifact with the engine of the encoder, for models that have one. @default - none */
  readonly encoderEngineDir?: string;
  /** Rank for which the pages of the LoRA cache are cut. @default 8 */
  readonly loraCacheOptimalAdapterSize?: number;
  /** @default 64 */
  readonly loraCacheMaxAdapterSize?: number;
  /** Share of the memory that is left beside engine and KV cache, for LoRA weights, 0 to 1. @default 0.05 */
  readonly loraCacheGpuMemoryFraction?: number;
  /** Host memory for LoRA weights, in bytes; it is counted in the memory of the pod. @default 1 GiB */
  readonly loraCacheHostMemoryBytes?: number;
}

/** A TensorRT-LLM engine: the artifact holds what `trtllm-build` wrote, all else comes from here. */
export interface TensorRtLlmModel extends TritonModelBase, TensorRtLlmSettings {
  readonly backend: 'tensorrtllm';
  readonly platform?: undefined;
  /** Largest batch that Triton hands on. In-flight batching makes its own, up to the engine's. */
  readonly maxBatchSize: number;
  /** Folder of the artifact with the engine. @default - the artifact itself */
  readonly engineDir?: string;
  /** What the engine was built with. @default - the defaults of trtllm-build */
  readonly engine?: TensorRtLlmEngine;
  /** Streams answers. Then `/infer` over HTTP is refused, and clients use `/generate_stream` or gRPC. @default false */
  readonly decoupled?: boolean;
  /** Queue in front of the engine. @default - no delay, no limit */
  readonly dynamicBatching?: TritonDynamicBatching;
}

/** How a setting is checked. */
export type TensorRtLlmSettingKind = 'text' | 'path' | 'flag' | 'share' | 'count';

/**
 * Every typed setting with its parameter, in the order of the backend's own template.
 * Source: NVIDIA/TensorRT-LLM triton_backend/all_models/inflight_batcher_llm/tensorrt_llm/config.pbtxt, and
 * triton-inference-server/tensorrtllm_backend docs/model_config.md.
 */
export const TENSORRT_LLM_SETTINGS: Readonly<
  Record<keyof TensorRtLlmSettings, { readonly parameter: string; readonly kind: TensorRtLlmSettingKind }>
> = {
  maxBeamWidth: { parameter: 'max_beam_width', kind: 'count' },
  batchingStrategy: { parameter: 'gpt_model_type', kind: 'text' },
  encoderEngineDir: { parameter: 'encoder_model_path', kind: 'path' },
  maxTokensInPagedKvCache: { parameter: 'max_tokens_in_paged_kv_cache', kind: 'count' },
  maxAttentionWindowSize: { parameter: 'max_attention_window_size', kind: 'count' },
  sinkTokenLength: { parameter: 'sink_token_length', kind: 'count' },
  batchSchedulerPolicy: { parameter: 'batch_scheduler_policy', kind: 'text' },
  kvCacheFreeGpuMemFraction: { parameter: 'kv_cache_free_gpu_mem_fraction', kind: 'share' },
  kvCacheHostMemoryBytes: { parameter: 'kv_cache_host_memory_bytes', kind: 'count' },
  excludeInputInOutput: { parameter: 'exclude_input_in_output', kind: 'flag' },
  enableKvCacheReuse: { parameter: 'enable_kv_cache_reuse', kind: 'flag' },
  normalizeLogProbs: { parameter: 'normalize_log_probs', kind: 'flag' },
  enableChunkedContext: { parameter: 'enable_chunked_context', kind: 'flag' },
  loraCacheOptimalAdapterSize: { parameter: 'lora_cache_optimal_adapter_size', kind: 'count' },
  loraCacheMaxAdapterSize: { parameter: 'lora_cache_max_adapter_size', kind: 'count' },
  loraCacheGpuMemoryFraction: { parameter: 'lora_cache_gpu_memory_fraction', kind: 'share' },
  loraCacheHostMemoryBytes: { parameter: 'lora_cache_host_memory_bytes', kind: 'count' },
  decodingMode: { parameter: 'decoding_mode', kind: 'text' },
  gpuWeightsPercent: { parameter: 'gpu_weights_percent', kind: 'share' },
  enableContextFmhaFp32Acc: { parameter: 'enable_context_fmha_fp32_acc', kind: 'flag' },
  multiBlockMode: { parameter: 'multi_block_mode', kind: 'flag' },
  cudaGraphMode: { parameter: 'cuda_graph_mode', kind: 'flag' },
  cudaGraphCacheSize: { parameter: 'cuda_graph_cache_size', kind: 'count' },
  tokenizerDir: { parameter: 'tokenizer_dir', kind: 'path' },
  guidedDecodingBackend: { parameter: 'guided_decoding_backend', kind: 'text' },
  xgrammarTokenizerInfoPath: { parameter: 'xgrammar_tokenizer_info_path', kind: 'path' },
};

/** A bare value for each sequence: one element, of which the backend sees no dimension. */
const bare = (name: string, dataType: TritonTensor['dataType'], optional = true): TritonInput => ({
  name,
  dataType,
  dims: [1],
  reshape: [],
  ...(optional && { optional }),
});
const ragged = (name: string, dataType: TritonTensor['dataType'], dims: readonly number[]): TritonInput => ({
  name,
  dataType,
  dims,
  optional: true,
  allowRaggedBatch: true,
});

/**
 * Inputs of a decoder in the backend's own names and shapes. Those of encoders, images, draft models and disaggregated
 * serving are left out; such a model brings its repository whole in the artifact. Same source as the settings.
 */
export const TENSORRT_LLM_INPUTS: readonly TritonInput[] = [
  ragged('input_ids', 'TYPE_INT32', [-1]),
  bare('input_lengths', 'TYPE_INT32', false),
  bare('request_output_len', 'TYPE_INT32', false),
  bare('num_return_sequences', 'TYPE_INT32'),
  bare('end_id', 'TYPE_INT32'),
  bare('pad_id', 'TYPE_INT32'),
  ragged('stop_words_list', 'TYPE_INT32', [2, -1]),
  ragged('bad_words_list', 'TYPE_INT32', [2, -1]),
  ragged('embedding_bias', 'TYPE_FP32', [-1]),
  bare('beam_width', 'TYPE_INT32'),
  bare('temperature', 'TYPE_FP32'),
  bare('runtime_top_k', 'TYPE_INT32'),
  bare('runtime_top_p', 'TYPE_FP32'),
  bare('len_penalty', 'TYPE_FP32'),
  bare('early_stopping', 'TYPE_BOOL'),
  bare('repetition_penalty', 'TYPE_FP32'),
  bare('min_tokens', 'TYPE_INT32'),
  bare('presence_penalty', 'TYPE_FP32'),
  bare('frequency_penalty', 'TYPE_FP32'),
  bare('seed', 'TYPE_UINT64'),
  bare('return_log_probs', 'TYPE_BOOL'),
  bare('exclude_input_in_output', 'TYPE_BOOL'),
  bare('stop', 'TYPE_BOOL'),
  bare('streaming', 'TYPE_BOOL'),
  bare('lora_task_id', 'TYPE_UINT64'),
  ragged('lora_weights', 'TYPE_FP16', [-1, -1]),
  ragged('lora_config', 'TYPE_INT32', [-1, 3]),
  ragged('guided_decoding_guide_type', 'TYPE_STRING', [1]),
  ragged('guided_decoding_guide', 'TYPE_STRING', [1]),
];

/** Outputs of a decoder, from the same source. */
export const TENSORRT_LLM_OUTPUTS: readonly TritonTensor[] = [
  { name: 'output_ids', dataType: 'TYPE_INT32', dims: [-1, -1] },
  { name: 'sequence_length', dataType: 'TYPE_INT32', dims: [-1] },
  { name: 'cum_log_probs', dataType: 'TYPE_FP32', dims: [-1] },
  { name: 'output_log_probs', dataType: 'TYPE_FP32', dims: [-1, -1] },
  { name: 'sequence_index', dataType: 'TYPE_INT32', dims: [1] },
];
