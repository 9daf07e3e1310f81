import { shown } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { ApiKey } from '../api-key';
import { whereElse } from '../command-line-flags';
import { ServerSetting, settingProblems } from '../server-settings';
import { VLLM_FLAGS } from './vllm-flags';
import { VLLM_QUANTIZATIONS, VllmKvCacheDtype, VllmQuantization } from './vllm-formats';
import { VllmKvTransfer } from './vllm-kv-transfer';
import { VllmSpeculation } from './vllm-speculation';

/** Settings of vLLM, by the names of its flags. What follows from the service (model, parallelism, lengths) is no setting. */
export interface VllmSettings {
  /**
   * Share of the GPU's memory for weights, activations and KV cache together. Too large a share ends the start, since others
   * on the GPU hold the rest; on a shared GPU it is a share of the share. @default - vLLM's own: 0.9, from 0.20 on 0.92
   */
  readonly gpuMemoryUtilization?: number;
  /** Sequences that run at once; more wait. @default - by GPU: 1024 from 70 GiB on except A100, 256 otherwise */
  readonly maxNumSeqs?: number;
  /**
   * Tokens that one step computes. Larger ones fill the KV cache faster and hold other answers up longer.
   * @default - by GPU: 8192 from 70 GiB on except A100, 2048 otherwise
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Cut long prompts into chunks. Without it one step computes a whole prompt, so maxNumBatchedTokens must hold the
   * longest. @default - vLLM's own: on, before 0.8 only from 32768 tokens on
   */
  readonly chunkedPrefill?: boolean;
  /** Keep the KV cache of equal prefixes. @default - vLLM's own: on, off before 0.8 */
  readonly prefixCaching?: boolean;
  /** Tokens in one block of the KV cache. A size that the attention kernels lack ends the start. @default - 16 */
  readonly blockSize?: number;
  /** Format of the KV cache; fp8 doubles it, at some loss. @default - what the service states, or that of the model */
  readonly kvCacheDtype?: VllmKvCacheDtype;
  /**
   * Quantize on load (`fp8`, `bitsandbytes`), or read a checkpoint that does not say how it is quantized. A checkpoint that
   * says otherwise ends the start. @default - as the checkpoint says
   */
  readonly quantization?: VllmQuantization;
  /** Number format of what is not quantized. @default - the model's; half where a GPU of the pools has no bf16 */
  readonly dtype?: 'auto' | 'half' | 'float16' | 'bfloat16' | 'float' | 'float32';
  /** Neither compile nor capture CUDA graphs: a faster start, and slower answers. @default false */
  readonly enforceEager?: boolean;
  /** Backend of structured outputs (before 0.11: guided decoding). @default - vLLM's own */
  readonly structuredOutputsBackend?: 'auto' | 'xgrammar' | 'guidance' | 'outlines' | 'lm-format-enforcer';
  /** Guess several tokens ahead, and check them in one step. @default - none */
  readonly speculation?: VllmSpeculation;
  /** How weights are read, such as `runai_streamer`. A format that the image lacks ends the start. @default 'auto' */
  readonly loadFormat?:
    | 'auto'
    | 'pt'
    | 'safetensors'
    | 'mistral'
    | 'gguf'
    | 'bitsandbytes'
    | 'tensorizer'
    | 'sharded_state'
    | 'runai_streamer'
    | 'runai_streamer_sharded'
    | 'fastsafetensors';
  /** Which waiting request is next. From 0.6.6 on. @default 'fcfs' */
  readonly schedulingPolicy?: 'fcfs' | 'priority';
  /** Let the model choose tools, and read its calls with this parser, such as `llama3_json`. From 0.6.6 on. @default - none */
  readonly toolCallParser?: string;
  /** Read reasoning with this parser, such as `deepseek_r1`. From 0.7.3 on. @default - none */
  readonly reasoningParser?: string;
  /** Chat template: a file of the pod. @default - the model's */
  readonly chatTemplate?: string;
  /** Run code that came with the model. It runs with the server's rights. @default false */
  readonly trustRemoteCode?: boolean;
  /**
   * Hand the KV cache to another server, or take it from one, behind a router of your own. Where an `InferenceService` has
   * `prefill` it follows from the role of the pods, and is refused here. From 0.9.2 on. @default - none
   */
  readonly kvTransfer?: VllmKvTransfer;
  /**
   * Send traces to this collector by OTLP, such as `http://otel-collector:4317`. The image must have OpenTelemetry's
   * packages. @default - none
   */
  readonly otlpTracesEndpoint?: string;
  /** @default 'INFO' */
  readonly logLevel?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';
  /** Write every request to the log, prompts included: whoever reads logs reads them. @default false */
  readonly logRequests?: boolean;
  /**
   * Requests in the access log: `clients` leaves out probes and metrics, from 0.16 on; `none` exists from 0.8.5 on.
   * @default - none beside JSON logs, whose file replaces vLLM's own filter; else clients where the version can, all otherwise
   */
  readonly accessLog?: 'all' | 'clients' | 'none';
  /**
   * Key that clients must send as a bearer token. It guards /v1 alone: /tokenize, /score, /rerank, /pooling, /metrics and
   * others answer whoever reaches the port, so a route must not lead to them. Probes need no key. @default - none
   */
  readonly apiKey?: ApiKey;
}

/** A setting with the flags that it becomes; the version chooses among them. */
interface VllmSetting extends ServerSetting {
  readonly flags: readonly string[];
}

/** Settings of more than one value; their own files check them. */
type VllmPart = 'speculation' | 'kvTransfer' | 'apiKey';

/**
 * Every setting of one value with its flag; in which releases the flag exists says VLLM_FLAGS.
 * Source of names and choices: vllm/engine/arg_utils.py and vllm/entrypoints/openai/cli_args.py, and the pages on engine
 * arguments of 0.6.6, 0.8.5 and 0.11.0. Which choices a release lacks is not known here, beyond what is said of them.
 */
export const VLLM_SETTINGS: Readonly<Record<Exclude<keyof VllmSettings, VllmPart>, VllmSetting>> = {
  gpuMemoryUtilization: { flags: ['--gpu-memory-utilization'], kind: 'share' },
  maxNumSeqs: { flags: ['--max-num-seqs'], kind: 'count' },
  maxNumBatchedTokens: { flags: ['--max-num-batched-tokens'], kind: 'count' },
  chunkedPrefill: { flags: ['--enable-chunked-prefill'], kind: 'switch' },
  prefixCaching: { flags: ['--enable-prefix-caching'], kind: 'switch' },
  blockSize: { flags: ['--block-size'], kind: 'count' },
  kvCacheDtype: { flags: ['--kv-cache-dtype'], kind: ['auto', 'fp8', 'fp8_e4m3', 'fp8_e5m2'] },
  quantization: { flags: ['--quantization'], kind: Object.keys(VLLM_QUANTIZATIONS) },
  dtype: { flags: ['--dtype'], kind: ['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'] },
  enforceEager: { flags: ['--enforce-eager'], kind: 'switch' },
  structuredOutputsBackend: {
    flags: ['--structured-outputs-config', '--guided-decoding-backend'],
    kind: ['auto', 'xgrammar', 'guidance', 'outlines', 'lm-format-enforcer'],
  },
  loadFormat: {
    flags: ['--load-format'],
    kind: [
      ...['auto', 'pt', 'safetensors', 'mistral', 'gguf', 'bitsandbytes', 'tensorizer', 'sharded_state'],
      ...['runai_streamer', 'runai_streamer_sharded', 'fastsafetensors'],
    ],
  },
  schedulingPolicy: { flags: ['--scheduling-policy'], kind: ['fcfs', 'priority'] },
  toolCallParser: { flags: ['--tool-call-parser'], kind: 'word' },
  reasoningParser: { flags: ['--reasoning-parser'], kind: 'word' },
  chatTemplate: { flags: ['--chat-template'], kind: 'word' },
  trustRemoteCode: { flags: ['--trust-remote-code'], kind: 'switch' },
  otlpTracesEndpoint: { flags: ['--otlp-traces-endpoint'], kind: 'word' },
  logLevel: { flags: [], kind: ['DEBUG', 'INFO', 'WARNING', 'ERROR'] },
  logRequests: { flags: ['--enable-log-requests', '--disable-log-requests'], kind: 'switch' },
  accessLog: { flags: [], kind: ['all', 'clients', 'none'] },
};

/** What their own files check; here only so that a misspelt name finds them. */
const PART: ServerSetting = { kind: [] };
const ALL_NAMES = { ...VLLM_SETTINGS, speculation: PART, kvTransfer: PART, apiKey: PART } satisfies Readonly<
  Record<keyof VllmSettings, ServerSetting>
>;

/** True when this version has the flag. Versions newer than all that were read count as the newest. */
export const hasFlag = (version: string, flag: string): boolean =>
  Object.hasOwn(VLLM_FLAGS, flag) && whereElse(version, VLLM_FLAGS[flag]!) === undefined;

/** A flag of the version, and otherwise when another version has it, in words. */
export const flagElsewhere = (version: string, flag: string): string =>
  whereElse(version, VLLM_FLAGS[flag] ?? {}) ?? 'in no version that is known';

/** Problems of the settings of one value: by kind, and by what the version has. */
export function vllmSettingProblems(version: string, settings: Readonly<Record<string, unknown>>): Problem[] {
  const kinds = settingProblems('vLLM', settings, ALL_NAMES, 'A flag that has no setting goes into args.');
  return kinds.length > 0 ? kinds : [...missingFlagProblems(version, settings), ...numberProblems(settings)];
}

function missingFlagProblems(version: string, settings: VllmSettings): Problem[] {
  const wanted = Object.entries(VLLM_SETTINGS).flatMap(([name, { flags }]) => {
    const value = settings[name as keyof VllmSettings];
    return value === undefined || value === false ? [] : [{ name, flags }];
  });
  const accessLog = ACCESS_LOG_FLAGS[settings.accessLog ?? 'all'];
  const all = accessLog === undefined ? wanted : [...wanted, { name: 'accessLog', flags: [accessLog] }];
  return all.flatMap(({ name, flags }): Problem[] => {
    if (flags.length === 0 || flags.some((flag) => hasFlag(version, flag))) return [];
    return [
      {
        check: 'runtime-setting',
        message: `${name} is a setting that vLLM ${version} does not have: ${flags[0]} exists ${flagElsewhere(version, flags[0]!)}.`,
        remedy: `Remove ${name}, or use another version.`,
      },
    ];
  });
}

const ACCESS_LOG_FLAGS: Readonly<Record<NonNullable<VllmSettings['accessLog']>, string | undefined>> = {
  all: undefined,
  clients: '--disable-access-log-for-endpoints',
  none: '--disable-uvicorn-access-log',
};

function numberProblems({ maxNumSeqs, maxNumBatchedTokens, blockSize }: VllmSettings): Problem[] {
  return [
    ...(maxNumSeqs !== undefined && maxNumBatchedTokens !== undefined && maxNumBatchedTokens < maxNumSeqs
      ? [
          {
            check: 'runtime-setting',
            message: `maxNumBatchedTokens is ${maxNumBatchedTokens}, less than maxNumSeqs ${maxNumSeqs}: a step has a token for each sequence.`,
            remedy: `Use maxNumBatchedTokens ${maxNumSeqs} or more, or maxNumSeqs ${maxNumBatchedTokens} or less.`,
          },
        ]
      : []),
    ...(blockSize !== undefined && !BLOCK_SIZES.includes(blockSize)
      ? [
          {
            check: 'runtime-setting',
            message: `blockSize is ${shown(blockSize)}; blocks hold ${BLOCK_SIZES.join(', ')} tokens.`,
            remedy: 'Leave it out, or use one of these.',
          },
        ]
      : []),
  ];
}

/** vllm/config/cache.py, BlockSize. */
const BLOCK_SIZES: readonly number[] = [1, 8, 16, 32, 64, 128, 256];
