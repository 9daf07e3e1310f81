import { ApiKey } from '../api-key';
import { commandLine, FlagValue } from '../command-line-flags';
import { chooseFormats, FormatChoice } from '../format-choice';
import { isSince } from '../server-version';
import { ServingRequest } from '../serving-runtime';
import { bucketFlags } from './sglang-buckets';
import { PARALLEL_FLAGS, parallelFlags } from './sglang-layout';
import { sglangChunkedPrefillSize, sglangMemFraction, SglangMemoryOptions } from './sglang-memory';
import { SGLANG_SETTINGS, SGLANG_WEIGHT_FORMATS, SglangSettings, SglangSpeculation } from './sglang-settings';
import { sglangSignals } from './sglang-signals';
import { SPECULATION_FLAGS, speculationFlags } from './sglang-speculation';
import { tracingFlags } from './sglang-tracing';

/** Not its own default, 30000: it is that of other servers, so that clients need not know which one answers. */
export const SGLANG_PORT = 8000;
/** Variable that the key of clients arrives in; the server knows only the flag. */
export const SGLANG_API_KEY = 'SGLANG_API_KEY';

/** What is stated of a server, whatever it serves. */
export interface SglangServer {
  readonly version: string;
  readonly settings: SglangSettings;
  readonly speculative?: SglangSpeculation;
  readonly apiKey?: ApiKey;
  readonly args?: readonly string[];
}

/** What else decides a contract, with what to state instead of the flag. */
export const SGLANG_OWNED_FLAGS: Readonly<Record<string, string>> = {
  '--model-path': 'State model.',
  '--model': 'State model.',
  '--revision': 'State the revision where the weights come from.',
  '--served-model-name': 'State servedModelName.',
  '--host': 'Remove it: the server listens on all addresses of its pod.',
  '--port': `Remove it: the port is ${SGLANG_PORT}.`,
  '--context-length': 'State maxModelLen.',
  '--enable-metrics': 'Remove it: metrics are always on.',
  '--is-embedding': "State a model whose task is 'embedding'.",
  '--enable-lora': 'State the adapters of the service.',
  '--lora-paths': 'State the adapters of the service.',
  '--max-lora-rank': 'State the adapters of the service.',
  '--max-loras-per-batch': 'State the adapters of the service.',
  '--api-key': 'State apiKey, which names a Secret.',
  '--admin-api-key': 'Remove it: a key in a manifest is in Git for good.',
  '--download-dir': 'State cachePath.',
  '--enable-hierarchical-cache': 'State hicacheSize.',
  '--enable-hicache': 'State hicacheSize.',
  '--hicache-ratio': 'State hicacheSize, so that the pod gets the memory for it.',
  '--enable-trace': 'State otlpTracesEndpoint.',
  ...PARALLEL_FLAGS,
  ...SPECULATION_FLAGS,
  ...Object.fromEntries(Object.entries(SGLANG_SETTINGS).map(([name, { flag }]) => [flag, `State ${name}.`])),
};

/**
 * The command line of one pod.
 *
 * @param rank number of the pod within its group
 */
export function sglangArguments(server: SglangServer, request: ServingRequest, rank: string): string[] {
  const { version, settings } = server;
  const { model, weights, servedModelName, parallelism, gpus, lora, gpuMemoryShare } = request;
  const { hicacheSize, otlpTracesEndpoint, chunkedPrefillSize, disableRadixCache } = settings;
  const local = weights.kind === 'local';
  const formats = sglangFormats(settings, request);
  const share = settings.memFractionStatic ?? sglangMemFraction(version, gpus, parallelism, memoryOptions(server));
  const stated = Object.entries(SGLANG_SETTINGS).map(([name, { flag }]) => [
    flag,
    settings[name as keyof SglangSettings],
  ]);
  const flags: Record<string, FlagValue> = {
    '--model-path': local ? weights.path : (weights.repository ?? model?.id),
    '--revision': local ? undefined : weights.revision,
    // The default is the path, and a folder of the pod is no name for clients.
    '--served-model-name': servedModelName ?? (local ? model?.id : undefined),
    '--host': '0.0.0.0',
    '--port': SGLANG_PORT,
    '--enable-metrics': true,
    ...bucketFlags(sglangSignals(version).histograms, request.latencyBoundaries, server.args),
    ...parallelFlags(version, parallelism, rank),
    '--context-length': request.maxModelLen,
    '--is-embedding': model?.task !== undefined && model.task !== 'generation',
    ...(Object.fromEntries(stated) as Record<string, FlagValue>),
    '--mem-fraction-static': Math.floor(share * gpuMemoryShare * 1000) / 1000,
    '--chunked-prefill-size': chunkedPrefillSize ?? sglangChunkedPrefillSize(gpus),
    '--quantization': formats.quantization,
    '--dtype': formats.dtype,
    '--kv-cache-dtype': formats.kvCacheDtype,
    '--enable-hierarchical-cache': hicacheSize !== undefined,
    ...tracingFlags(version, otlpTracesEndpoint, request.telemetry),
    ...(lora && {
      '--enable-lora': isSince(version, [0, 4, 9]),
      '--lora-paths': lora.adapters.map(({ name, path }) => `${name}=${path}`),
      '--max-lora-rank': isSince(version, [0, 4, 9]) ? lora.maxRank : undefined,
      '--max-loras-per-batch': lora.maxLoras,
      '--disable-radix-cache': disableRadixCache === true || !sharesPrefixesOfAdapters(version),
    }),
    ...speculationFlags(server.speculative),
    // The kubelet writes the value in place of the name.
    '--api-key': server.apiKey && `$(${SGLANG_API_KEY})`,
  };
  return [...commandLine(flags), ...(server.args ?? [])];
}

/** Words for the number formats that service and settings state. */
export function sglangFormats(settings: SglangSettings, request: ServingRequest): FormatChoice {
  const { quantization, dtype, kvCacheDtype } = settings;
  return chooseFormats(request, {
    server: 'SGLang',
    quantization: {
      setting: 'quantization',
      value: quantization,
      format: quantization && SGLANG_WEIGHT_FORMATS[quantization],
    },
    dtype: dtype === 'auto' ? undefined : dtype,
    kvCacheDtype,
    onLoad: { fp8: 'fp8', int8: 'w8a8_int8', nf4: 'bitsandbytes' },
    dtypes: { fp16: 'float16', bf16: 'bfloat16', fp32: 'float32' },
    fp8KvCache: 'fp8_e5m2',
  });
}

/** What of a server moves its memory. */
export const memoryOptions = ({ settings, speculative }: SglangServer): SglangMemoryOptions => ({
  ...settings,
  speculativeAlgorithm: speculative?.algorithm,
});

/** One cache for several adapters, each with prefixes of its own: sgl-project/sglang#7216, of August 2025. */
const sharesPrefixesOfAdapters = (version: string) => isSince(version, [0, 5, 1]);
