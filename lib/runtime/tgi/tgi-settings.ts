import { WeightFormat } from '../../model/model';
import { ServerSetting } from '../server-settings';

/** Methods of quantization that TGI is told by name. A checkpoint that is quantized already needs none. */
export type TgiQuantize =
  | 'awq'
  | 'compressed-tensors'
  | 'eetq'
  | 'exl2'
  | 'gptq'
  | 'marlin'
  | 'bitsandbytes'
  | 'bitsandbytes-nf4'
  | 'bitsandbytes-fp4'
  | 'fp8';

/** Settings of TGI, by the names of its flags. What follows from the service (model, shards, lengths) is no setting. */
export interface TgiSettings {
  /** Quantize on load, or read a checkpoint that does not say how it is quantized. @default - as the checkpoint says */
  readonly quantize?: TgiQuantize;
  /** Number format of the weights; not together with `quantize`. @default - the server's own, float16 */
  readonly dtype?: 'float16' | 'bfloat16';
  /** Format of the KV cache. @default - that of the model */
  readonly kvCacheDtype?: 'fp8_e4m3fn' | 'fp8_e5m2';
  /** Longest prompt in tokens; must be below maxModelLen. @default - maxModelLen less 1 */
  readonly maxInputTokens?: number;
  /** Tokens of all prompts of one step; decides the memory beside the KV cache. @default - maxInputTokens and 50 */
  readonly maxBatchPrefillTokens?: number;
  /** Tokens of one batch, prompts and answers. @default - as many as the memory holds */
  readonly maxBatchTotalTokens?: number;
  /** Requests that the server takes at once; more are answered with 429. @default - the server's own, 128 */
  readonly maxConcurrentRequests?: number;
  /** Prompts in one request. @default - the server's own, 4 */
  readonly maxClientBatchSize?: number;
  /** Bytes of a request, at most; images in prompts need more. From 3.0 on. @default - the server's own, 2,000,000 */
  readonly payloadLimit?: number;
  /** Tokens to guess ahead, by n-grams or the checkpoint's Medusa heads. @default - none */
  readonly speculate?: number;
  /** Share of the GPU's memory, above 0 and at most 1. @default 1 */
  readonly cudaMemoryFraction?: number;
  /** Run code that came with the model. It runs with the server's rights. @default false */
  readonly trustRemoteCode?: boolean;
  /** Do not offer grammars and structured outputs. @default false */
  readonly disableGrammarSupport?: boolean;
  /** Send traces to this collector by OTLP/gRPC, such as `http://otel-collector:4317`. @default - none */
  readonly otlpEndpoint?: string;
}

/** A setting, and the environment variable that it becomes. */
interface TgiSetting extends ServerSetting {
  readonly env: string;
}

/** Formats of the weights as each method leaves them; undefined where the name does not say. */
export const TGI_WEIGHT_FORMATS: Readonly<Record<TgiQuantize, WeightFormat | undefined>> = {
  awq: 'int4',
  'compressed-tensors': undefined,
  eetq: 'int8',
  exl2: undefined,
  gptq: 'int4',
  marlin: 'int4',
  bitsandbytes: 'int8',
  'bitsandbytes-nf4': 'nf4',
  'bitsandbytes-fp4': 'nf4',
  fp8: 'fp8',
};

/**
 * Every setting with its variable; each flag of the launcher has one.
 * Source: huggingface/text-generation-inference, docs/source/reference/launcher.md. A variable that an older release does
 * not have is ignored by it.
 */
export const TGI_SETTINGS: Readonly<Record<keyof TgiSettings, TgiSetting>> = {
  quantize: { env: 'QUANTIZE', kind: Object.keys(TGI_WEIGHT_FORMATS) },
  dtype: { env: 'DTYPE', kind: ['float16', 'bfloat16'] },
  kvCacheDtype: { env: 'KV_CACHE_DTYPE', kind: ['fp8_e4m3fn', 'fp8_e5m2'] },
  maxInputTokens: { env: 'MAX_INPUT_TOKENS', kind: 'count' },
  maxBatchPrefillTokens: { env: 'MAX_BATCH_PREFILL_TOKENS', kind: 'count' },
  maxBatchTotalTokens: { env: 'MAX_BATCH_TOTAL_TOKENS', kind: 'count' },
  maxConcurrentRequests: { env: 'MAX_CONCURRENT_REQUESTS', kind: 'count' },
  maxClientBatchSize: { env: 'MAX_CLIENT_BATCH_SIZE', kind: 'count' },
  payloadLimit: { env: 'PAYLOAD_LIMIT', kind: 'count' },
  speculate: { env: 'SPECULATE', kind: 'count' },
  cudaMemoryFraction: { env: 'CUDA_MEMORY_FRACTION', kind: 'share' },
  trustRemoteCode: { env: 'TRUST_REMOTE_CODE', kind: 'switch' },
  disableGrammarSupport: { env: 'DISABLE_GRAMMAR_SUPPORT', kind: 'switch' },
  otlpEndpoint: { env: 'OTLP_ENDPOINT', kind: 'word' },
};
