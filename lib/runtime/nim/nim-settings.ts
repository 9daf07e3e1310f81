/** Settings that every NIM for LLMs has, 1.x and 2.x. */
export interface NimSharedSettings {
  /**
   * Profile (engine, precision, GPU) to serve, as `list-model-profiles` prints it: 64 hex digits or a name.
   * A profile that the GPU cannot run ends the container at start.
   * @default - NIM chooses by the GPUs it sees
   */
  readonly modelProfile?: string;
  /** @default 'INFO' */
  readonly logLevel?: 'DEFAULT' | 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
  /** One JSON object a line instead of text. @default true */
  readonly jsonLogging?: boolean;
  /** Folder with LoRA adapters, one folder each. Needs a LoRA profile. @default - no adapters */
  readonly peftSource?: string;
  /** Seconds between two looks into `peftSource`. @default - only at start */
  readonly peftRefreshInterval?: number;
  /**
   * Mirror to download weights from instead of NGC: `https://`, `s3://` or `jfrog://`. One at a private address needs
   * `network: { download: ModelDownload.privateEndpoints([…]) }` too, or the download hangs.
   * @default - NGC
   */
  readonly repositoryOverride?: string;
  /** Run code that came with the model. It runs with the server's rights. @default false */
  readonly trustCustomCode?: boolean;
}

/** Settings that only NIM 1.x reads; 2.x ignores them silently, which is why they are refused there. */
export interface Nim1Settings {
  /** Reuse KV blocks of equal prefixes. @default - off */
  readonly kvCacheReuse?: boolean;
  /**
   * Share of the GPU's memory that the engine takes, weights included, 0 to 1. In spite of its name: NVIDIA's successor of
   * the variable in 2.x is NIM_GPU_MEM_FRACTION. @default - NIM's own, 0.9
   */
  readonly kvCachePercent?: number;
  /** Load with less host memory, slower. @default - off */
  readonly lowMemoryMode?: boolean;
  /** Serve although NIM's own memory estimate says no. @default - off */
  readonly relaxMemoryConstraints?: boolean;
  /** Sequences in one batch, at most. @default - the profile's */
  readonly maxBatchSize?: number;
  /** Backend for guided decoding, such as `outlines` or `xgrammar`. @default - NIM's own */
  readonly guidedDecodingBackend?: string;
  /** Let the model call tools when the request does not force one. @default - off */
  readonly autoToolChoice?: boolean;
  /** Parser for tool calls, such as `llama3_json`. @default - none */
  readonly toolCallParser?: string;
  /** Export traces and metrics over OTLP/HTTP to this endpoint, such as `http://otel-collector:4318`. @default - off */
  readonly otlpEndpoint?: string;
}

/** Settings that only NIM 2.x reads: one image is one engine, tuned by the engine's own flags. */
export interface Nim2Settings {
  /** Flags handed to the engine, such as `['--enable-auto-tool-choice']`. Unknown flags end the container at start. */
  readonly engineArgs?: readonly string[];
  /** Share of each GPU's memory that the engine takes, 0 to 1. @default - the engine's own, 0.92 */
  readonly gpuMemoryUtilization?: number;
  /** Weights to serve instead of the image's own: `hf://`, `ngc://`, `modelscope://` or a path. @default - the image's */
  readonly modelPath?: string;
  /** Draft model for speculative decoding. @default - none */
  readonly draftModelPath?: string;
  /** Do not capture CUDA graphs: a faster start and slower answers. @default false */
  readonly disableCudaGraph?: boolean;
}

/** How a setting reaches the server, and what to do about it on the other series. */
export interface NimSetting {
  /** Environment variable. */
  readonly env: string;
  /** Series of NIM that reads it. */
  readonly series: '1.x' | '2.x' | 'both';
  /** What to do on the other series. */
  readonly instead?: string;
}

/**
 * Every typed setting with its environment variable.
 * Sources: NVIDIA NIM for LLMs, environment variables of 1.3 to 1.15 and of 2.0.1 to 2.0.10, and the 1.x to 2.0 migration guide.
 */
export const NIM_SETTINGS: Readonly<
  Record<keyof (NimSharedSettings & Nim1Settings & Omit<Nim2Settings, 'engineArgs'>), NimSetting>
> = {
  modelProfile: { env: 'NIM_MODEL_PROFILE', series: 'both' },
  logLevel: { env: 'NIM_LOG_LEVEL', series: 'both' },
  jsonLogging: { env: 'NIM_JSONL_LOGGING', series: 'both' },
  peftSource: { env: 'NIM_PEFT_SOURCE', series: 'both' },
  peftRefreshInterval: { env: 'NIM_PEFT_REFRESH_INTERVAL', series: 'both' },
  repositoryOverride: { env: 'NIM_REPOSITORY_OVERRIDE', series: 'both' },
  trustCustomCode: { env: 'NIM_TRUST_CUSTOM_CODE', series: 'both' },
  kvCacheReuse: {
    env: 'NIM_ENABLE_KV_CACHE_REUSE',
    series: '1.x',
    instead: 'Remove it: the engine of 2.x caches prefixes by default.',
  },
  kvCachePercent: { env: 'NIM_KVCACHE_PERCENT', series: '1.x', instead: 'Use gpuMemoryUtilization.' },
  lowMemoryMode: { env: 'NIM_LOW_MEMORY_MODE', series: '1.x', instead: 'Remove it: 2.x has no such mode.' },
  relaxMemoryConstraints: {
    env: 'NIM_RELAX_MEM_CONSTRAINTS',
    series: '1.x',
    instead: 'Remove it, or set gpuMemoryUtilization.',
  },
  maxBatchSize: { env: 'NIM_MAX_BATCH_SIZE', series: '1.x', instead: "Use engineArgs: ['--max-num-seqs', '64']." },
  guidedDecodingBackend: {
    env: 'NIM_GUIDED_DECODING_BACKEND',
    series: '1.x',
    instead: 'Use engineArgs with the structured output flags of the engine.',
  },
  autoToolChoice: {
    env: 'NIM_ENABLE_AUTO_TOOL_CHOICE',
    series: '1.x',
    instead: "Use engineArgs: ['--enable-auto-tool-choice'].",
  },
  toolCallParser: {
    env: 'NIM_TOOL_CALL_PARSER',
    series: '1.x',
    instead: "Use engineArgs: ['--tool-call-parser', 'llama3_json'].",
  },
  otlpEndpoint: {
    env: 'NIM_OTEL_EXPORTER_OTLP_ENDPOINT',
    series: '1.x',
    instead: "Use engineArgs: ['--otlp-traces-endpoint', 'http://…:4317'].",
  },
  gpuMemoryUtilization: { env: 'NIM_GPU_MEM_FRACTION', series: '2.x', instead: 'Use kvCachePercent.' },
  modelPath: {
    env: 'NIM_MODEL_PATH',
    series: '2.x',
    instead: "Use env: { NIM_MODEL_NAME: 'hf://…' } on a multi-LLM image.",
  },
  draftModelPath: { env: 'NIM_DRAFT_MODEL_PATH', series: '2.x', instead: 'Choose a profile with a draft model.' },
  disableCudaGraph: { env: 'NIM_DISABLE_CUDA_GRAPH', series: '2.x', instead: 'Remove it: 1.x decides by profile.' },
};
