import { commandLine, FlagKnowledge, FlagValue } from '../command-line-flags';
import { FormatChoice } from '../format-choice';
import { isSince } from '../server-version';
import { ServingRequest } from '../serving-runtime';
import { VLLM_FLAGS, VLLM_RELEASES, VLLM_SHORT_FLAGS } from './vllm-flags';
import { kvTransferFlag } from './vllm-kv-transfer';
import { loraRank } from './vllm-layout';
import { hasFlag, VLLM_SETTINGS, VllmSettings } from './vllm-settings';
import { speculationFlags } from './vllm-speculation';
import { logConfigFile, tracesEndpoint } from './vllm-telemetry';

/** What `vllm serve` is called with, model first. */
export function vllmArguments(
  version: string,
  request: ServingRequest,
  settings: VllmSettings,
  formats: FormatChoice,
  utilization: number | undefined,
): string[] {
  const { parallelism, weights, lora } = request;
  const above = (size: number, one: number) => (size > one ? size : undefined);
  const flags: Record<string, FlagValue> = {
    '--served-model-name': servedName(request),
    '--revision': weights.kind === 'server-downloads' ? weights.revision : undefined,
    ...taskFlags(version, request),
    '--max-model-len': request.maxModelLen,
    '--tensor-parallel-size': above(parallelism.tensorParallelSize, 1),
    '--pipeline-parallel-size': above(parallelism.pipelineParallelSize, 1),
    '--data-parallel-size': above(parallelism.dataParallelSize, 1),
    '--enable-expert-parallel': parallelism.expertParallel,
    '--gpu-memory-utilization': utilization,
    '--max-num-seqs': settings.maxNumSeqs,
    '--max-num-batched-tokens': settings.maxNumBatchedTokens,
    ...switchFlags(version, settings),
    '--block-size': settings.blockSize,
    '--quantization': formats.quantization,
    '--dtype': formats.dtype,
    '--kv-cache-dtype': formats.kvCacheDtype,
    '--enforce-eager': settings.enforceEager,
    '--load-format': settings.loadFormat ?? loadFormat(version, formats),
    '--scheduling-policy': settings.schedulingPolicy,
    ...structuredOutputsFlags(version, settings),
    ...speculationFlags(version, settings.speculation),
    '--kv-transfer-config': kvTransferFlag(settings.kvTransfer),
    ...(lora && {
      '--enable-lora': true,
      '--max-loras': lora.maxLoras,
      '--max-lora-rank': loraRank(version, lora.maxRank),
      '--lora-modules': lora.adapters.map(({ name, path }) => `${name}=${path}`),
    }),
    '--enable-auto-tool-choice': settings.toolCallParser !== undefined,
    '--tool-call-parser': settings.toolCallParser,
    // Until 0.8 a parser of reasoning did nothing without it.
    '--enable-reasoning': settings.reasoningParser !== undefined && !isSince(version, [0, 9, 0]),
    '--reasoning-parser': settings.reasoningParser,
    '--chat-template': settings.chatTemplate,
    '--trust-remote-code': settings.trustRemoteCode,
    '--otlp-traces-endpoint': tracesEndpoint(version, settings, request.telemetry),
    ...logFlags(version, settings, logConfigFile(version, request.telemetry)),
    '--shutdown-timeout': drains(version) ? request.longestAnswerSeconds : undefined,
  };
  return [servedModel(request), ...commandLine(flags)];
}

/** Quantizing by bitsandbytes was a way of loading as well; until when exactly is unverified, and saying it does no harm. */
const loadFormat = (version: string, { quantization }: FormatChoice): string | undefined =>
  quantization === 'bitsandbytes' && !isSince(version, [0, 9, 0]) ? quantization : undefined;

/** What the server loads; empty when nobody said. */
export function servedModel({ weights, model }: ServingRequest): string {
  return weights.kind === 'local' ? weights.path : (weights.repository ?? model?.id ?? '');
}

/** The name that clients and metrics know; never left to vLLM, which would take the path. */
export function servedName(request: ServingRequest): string {
  return request.servedModelName ?? request.model?.id ?? servedModel(request);
}

/** True when it finishes answers before it stops, within a time that it is told. */
export const drains = (version: string): boolean => hasFlag(version, '--shutdown-timeout');

/** Paths below /v1 alone: those that an API key guards. /score, /rerank, /pooling and /tokenize are none of them. */
export function clientPaths(version: string, { model }: ServingRequest): string[] {
  switch (model?.task) {
    case 'embedding':
      return ['/v1/embeddings', '/v1/models'];
    case 'reranking':
      // /v1/score came with 0.6.6, /v1/rerank with 0.7 (vllm-project/vllm#12376); unverified.
      return ['/v1/score', ...(isSince(version, [0, 7, 0]) ? ['/v1/rerank'] : []), '/v1/models'];
    default:
      return [
        '/v1/chat/completions',
        '/v1/completions',
        '/v1/models',
        // Releases from memory, unverified.
        ...(isSince(version, [0, 10, 0]) ? ['/v1/responses'] : []),
        ...(isSince(version, [0, 11, 2]) ? ['/v1/messages'] : []),
      ];
  }
}

function taskFlags(version: string, { model }: ServingRequest): Record<string, FlagValue> {
  if (model?.task === undefined || model.task === 'generation') return {};
  if (hasFlag(version, '--runner')) return { '--runner': 'pooling' };
  return hasFlag(version, '--task') ? { '--task': model.task === 'embedding' ? 'embed' : 'score' } : {};
}

/**
 * Switches that are on by default have a --no- of their own; before 0.9 chunked prefill took a value instead, and prefix
 * caching was off before it had one.
 */
function switchFlags(version: string, { chunkedPrefill, prefixCaching }: VllmSettings): Record<string, FlagValue> {
  const chunks = '--enable-chunked-prefill';
  return {
    ...(chunkedPrefill === false
      ? isSince(version, [0, 9, 0])
        ? { '--no-enable-chunked-prefill': true }
        : { [`${chunks}=False`]: true }
      : { [chunks]: chunkedPrefill }),
    ...(prefixCaching === false
      ? { '--no-enable-prefix-caching': isSince(version, [0, 6, 6]) }
      : { '--enable-prefix-caching': prefixCaching }),
  };
}

function structuredOutputsFlags(version: string, settings: VllmSettings): Record<string, FlagValue> {
  const { structuredOutputsBackend: backend } = settings;
  if (backend === undefined) return {};
  return hasFlag(version, '--structured-outputs-config')
    ? { '--structured-outputs-config': JSON.stringify({ backend }) }
    : { '--guided-decoding-backend': backend };
}

/** Before 0.10.1 requests were logged, prompts included, unless it was told not to. */
function logFlags(
  version: string,
  { logRequests = false, accessLog }: VllmSettings,
  configFile: string | undefined,
): Record<string, FlagValue> {
  const probes = '--disable-access-log-for-endpoints';
  // A file for the logs replaces vLLM's own filter.
  const quiet = accessLog ?? (configFile !== undefined ? 'none' : hasFlag(version, probes) ? 'clients' : 'all');
  return {
    '--disable-log-requests': !logRequests && !isSince(version, [0, 10, 1]),
    '--enable-log-requests': logRequests && hasFlag(version, '--enable-log-requests'),
    [probes]: quiet === 'clients' && configFile === undefined ? '/health,/metrics' : undefined,
    '--disable-uvicorn-access-log': quiet === 'none',
    '--log-config-file': configFile,
  };
}

/** Flags that the service decides, with what to state instead. */
const OWNED: Readonly<Record<string, string>> = {
  '--model': 'State model, or the repository of its artifact.',
  '--revision': 'State the revision of the artifact.',
  '--served-model-name': 'State servedModelName.',
  '--max-model-len': 'State maxModelLen.',
  '--tensor-parallel-size': 'State tensorParallelSize.',
  '--pipeline-parallel-size': 'State pipelineParallelSize.',
  '--data-parallel-size': 'State dataParallelSize.',
  '--enable-expert-parallel': 'State expertParallel.',
  '--enable-lora': 'State lora.',
  '--lora-modules': 'State lora.',
  '--max-loras': 'State lora.',
  '--max-lora-rank': 'State lora.',
  '--speculative-config': 'State speculation.',
  '--speculative-model': 'State speculation.',
  '--num-speculative-tokens': 'State speculation.',
  '--spec-method': 'State speculation.',
  '--spec-model': 'State speculation.',
  '--spec-tokens': 'State speculation.',
  '--kv-transfer-config': 'State kvTransfer.',
  '--enable-auto-tool-choice': 'State toolCallParser.',
  '--enable-reasoning': 'State reasoningParser.',
  '--runner': 'State the task of the model.',
  '--task': 'State the task of the model.',
  '--shutdown-timeout': 'State longestAnswer.',
  '--api-key': 'State apiKey, which names a Secret.',
  '--hf-token': 'State credentials.',
  '--download-dir': 'State cachePath.',
  '--disable-uvicorn-access-log': 'State accessLog.',
  '--disable-access-log-for-endpoints': 'State accessLog.',
  '--device-memory-utilization': 'State gpuMemoryUtilization.',
};

/** Flags that would take memory, GPUs or ports that nobody has planned. */
const UNPLANNED: readonly string[] = [
  '--host',
  '--port',
  '--uds',
  '--ssl-keyfile',
  '--ssl-certfile',
  '--config',
  '--nnodes',
  '--node-rank',
  '--master-addr',
  '--master-port',
  '--headless',
  '--distributed-executor-backend',
  '--data-parallel-size-local',
  '--data-parallel-rank',
  '--data-parallel-address',
  '--data-parallel-start-rank',
  '--data-parallel-external-lb',
  '--data-parallel-hybrid-lb',
  '--data-parallel-multi-port-external-lb',
  '--decode-context-parallel-size',
  '--prefill-context-parallel-size',
  '--kv-cache-memory-bytes',
  '--num-gpu-blocks-override',
  '--cpu-offload-gb',
  '--kv-offloading-size',
];

/** Everything that is known of the flags that a user states beside the settings. */
export function vllmFlagKnowledge(version: string): FlagKnowledge {
  const settings = Object.entries(VLLM_SETTINGS).flatMap(([name, { flags }]) =>
    flags.map((flag) => [flag, `State ${name}.`] as const),
  );
  const owned: Record<string, string> = {
    ...OWNED,
    ...Object.fromEntries(settings),
    ...Object.fromEntries(
      UNPLANNED.map((flag) => [flag, 'Remove it: the library decides it, or nobody has planned it.']),
    ),
  };
  const short = Object.entries(VLLM_SHORT_FLAGS).flatMap(([flag, long]) =>
    Object.hasOwn(owned, long) ? [[flag, owned[long]!] as const] : [],
  );
  return {
    server: 'vLLM',
    version,
    prop: 'args',
    owned: withNegatives({ ...owned, ...Object.fromEntries(short) }),
    flags: withNegatives(VLLM_FLAGS),
    newest: VLLM_RELEASES.newest,
  };
}

/** Every switch can be written with --no-; one that is no switch is refused by the server. */
const withNegatives = <T>(flags: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([flag, value]) => [
      [flag, value],
      [flag.replace(/^--/, '--no-'), value],
    ]),
  );
