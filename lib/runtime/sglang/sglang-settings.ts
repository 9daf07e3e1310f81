import { Model, WeightFormat } from '../../model/model';
import { ServerSetting } from '../server-settings';

/** Methods of quantization that the server is told by name. A checkpoint that is quantized already needs none. */
export type SglangQuantization =
  | 'fp8'
  | 'w8a8_fp8'
  | 'modelopt_fp8'
  | 'w8a8_int8'
  | 'awq'
  | 'awq_marlin'
  | 'gptq'
  | 'gptq_marlin'
  | 'marlin'
  | 'bitsandbytes'
  | 'mxfp4'
  | 'modelopt_fp4';

/** Guessing several tokens ahead, and checking them in one step. */
export interface SglangSpeculation {
  /**
   * - `EAGLE`, `NEXTN`: a head of the checkpoint itself (multi-token prediction), or a draft of its own.
   * - `EAGLE3`: a draft of its own.
   * - `STANDALONE`: any small model of the same vocabulary. From 0.5.2 on.
   * - `NGRAM`: repeats what stands in the prompt; no second model. From 0.5.3 on.
   */
  readonly algorithm: 'EAGLE' | 'EAGLE3' | 'NEXTN' | 'STANDALONE' | 'NGRAM';
  /**
   * The draft: a repository of Hugging Face, or a folder of the pod. Refused with `NGRAM`; `EAGLE3` and `STANDALONE` do
   * not start without. A repository is downloaded at every first start and fails where the service is offline.
   * @default - the head of the checkpoint
   */
  readonly draftModelPath?: string;
  /** Commit of the draft's repository. From 0.5.2 on. @default - the newest at every first start */
  readonly draftModelRevision?: string;
  /** The draft's architecture, so that its weights and cache are planned. @default - a warning that they are not */
  readonly draftModel?: Model;
  /** Steps of the draft. All three numbers or none. @default - the server's own by model */
  readonly numSteps?: number;
  /** Branches at each step. */
  readonly eagleTopk?: number;
  /** Tokens that are checked at once. */
  readonly numDraftTokens?: number;
}

/** Settings of SGLang, by the names of its flags. What follows from the service (model, parallelism, lengths) is no setting. */
export interface SglangSettings {
  /**
   * Share of the GPU's memory for weights and KV cache; activations and CUDA graphs live in the rest, so that a share
   * too large ends in CUDA out of memory under load, not at the start.
   * @default - by SGLang's own rule, from the smallest GPU of the pools, see `sglangMemFraction`
   */
  readonly memFractionStatic?: number;
  /** Sequences that run at once; more wait. @default - as many as the KV cache holds */
  readonly maxRunningRequests?: number;
  /** Requests that may wait; more are answered with 503. From 0.4.9 on. @default - no limit */
  readonly maxQueuedRequests?: number;
  /**
   * Tokens of a prompt that one step computes. Larger ones fill the KV cache faster, hold other answers up longer, and
   * take more memory beside it.
   * @default - by GPU memory: 2048 below 35 GiB, 4096 below 60, 8192 below 160, 16384 above
   */
  readonly chunkedPrefillSize?: number;
  /** Tokens of all prompts of one step. @default - the server's own, 16384 */
  readonly maxPrefillTokens?: number;
  /** Format of the KV cache; `auto` is that of the model. fp8 doubles it, at some loss. @default 'auto' */
  readonly kvCacheDtype?: 'auto' | 'fp8_e5m2' | 'fp8_e4m3';
  /** Quantize on load, or read a checkpoint that does not say how it is quantized. @default - as the checkpoint says */
  readonly quantization?: SglangQuantization;
  /** Number format of what is not quantized. @default 'auto' */
  readonly dtype?: 'auto' | 'float16' | 'bfloat16' | 'float32';
  /** Attention kernels, such as `flashinfer`, `fa3` or `triton`. One that the GPU lacks ends the start. @default - by GPU */
  readonly attentionBackend?: string;
  /**
   * Which waiting request is next. `lpm` prefers those with the longest cached prefix, and lets others wait longer.
   * @default 'fcfs'
   */
  readonly schedulePolicy?: 'fcfs' | 'lpm' | 'random' | 'dfs-weight' | 'lof';
  /** Do not keep the KV cache of equal prefixes. @default false */
  readonly disableRadixCache?: boolean;
  /** Do not capture CUDA graphs: a faster start, and slower answers. @default false */
  readonly disableCudaGraph?: boolean;
  /**
   * Host memory for KV cache that does not fit the GPU, in GB for each GPU. It is added to the memory of the pod.
   * @default - none
   */
  readonly hicacheSize?: number;
  /** Parser of tool calls, such as `llama3` or `qwen25`. One that the version lacks ends the start. @default - none */
  readonly toolCallParser?: string;
  /** Parser of reasoning, such as `deepseek-r1`. @default - none */
  readonly reasoningParser?: string;
  /** Backend of structured outputs. @default - the server's own, xgrammar */
  readonly grammarBackend?: 'xgrammar' | 'outlines' | 'llguidance';
  /** Chat template: the name of one that the server has, or a file of the pod. @default - the model's */
  readonly chatTemplate?: string;
  /** Run code that came with the model. It runs with the server's rights. @default false */
  readonly trustRemoteCode?: boolean;
  /** @default 'info' */
  readonly logLevel?: 'debug' | 'info' | 'warning' | 'error';
  /** Seconds after which a step that hangs ends the server. @default - the server's own, 300 */
  readonly watchdogTimeout?: number;
  /** Send traces to this collector by OTLP/gRPC, such as `otel-collector:4317`. From 0.5.4 on. @default - none */
  readonly otlpTracesEndpoint?: string;
}

/** A setting, and the flag that it becomes. */
interface SglangSetting extends ServerSetting {
  readonly flag: string;
}

/** Formats of the weights as each method leaves them; what the memory plan counts. */
export const SGLANG_WEIGHT_FORMATS: Readonly<Record<SglangQuantization, WeightFormat>> = {
  fp8: 'fp8',
  w8a8_fp8: 'fp8',
  modelopt_fp8: 'fp8',
  w8a8_int8: 'int8',
  awq: 'int4',
  awq_marlin: 'int4',
  gptq: 'int4',
  gptq_marlin: 'int4',
  marlin: 'int4',
  bitsandbytes: 'nf4',
  mxfp4: 'mxfp4',
  modelopt_fp4: 'nvfp4',
};

/**
 * Every setting with its flag; in which releases the flag exists says SGLANG_FLAGS.
 * Source of names and choices: python/sglang/srt/server_args.py. Which methods and kernels a release has is not known
 * here, beyond what 0.4.6 had.
 */
export const SGLANG_SETTINGS: Readonly<Record<keyof SglangSettings, SglangSetting>> = {
  memFractionStatic: { flag: '--mem-fraction-static', kind: 'share' },
  maxRunningRequests: { flag: '--max-running-requests', kind: 'count' },
  maxQueuedRequests: { flag: '--max-queued-requests', kind: 'count' },
  chunkedPrefillSize: { flag: '--chunked-prefill-size', kind: 'count' },
  maxPrefillTokens: { flag: '--max-prefill-tokens', kind: 'count' },
  kvCacheDtype: { flag: '--kv-cache-dtype', kind: ['auto', 'fp8_e5m2', 'fp8_e4m3'] },
  quantization: { flag: '--quantization', kind: Object.keys(SGLANG_WEIGHT_FORMATS) },
  dtype: { flag: '--dtype', kind: ['auto', 'float16', 'bfloat16', 'float32'] },
  attentionBackend: { flag: '--attention-backend', kind: 'word' },
  schedulePolicy: { flag: '--schedule-policy', kind: ['fcfs', 'lpm', 'random', 'dfs-weight', 'lof'] },
  disableRadixCache: { flag: '--disable-radix-cache', kind: 'switch' },
  disableCudaGraph: { flag: '--disable-cuda-graph', kind: 'switch' },
  hicacheSize: { flag: '--hicache-size', kind: 'count' },
  toolCallParser: { flag: '--tool-call-parser', kind: 'word' },
  reasoningParser: { flag: '--reasoning-parser', kind: 'word' },
  grammarBackend: { flag: '--grammar-backend', kind: ['xgrammar', 'outlines', 'llguidance'] },
  chatTemplate: { flag: '--chat-template', kind: 'word' },
  trustRemoteCode: { flag: '--trust-remote-code', kind: 'switch' },
  logLevel: { flag: '--log-level', kind: ['debug', 'info', 'warning', 'error'] },
  watchdogTimeout: { flag: '--watchdog-timeout', kind: 'count' },
  otlpTracesEndpoint: { flag: '--otlp-traces-endpoint', kind: 'word' },
};
