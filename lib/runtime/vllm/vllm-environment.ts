import { EnvironmentValue } from '../environment';
import { isSince } from '../server-version';
import { ServingRequest } from '../serving-runtime';
import { GROUP_PORT } from './vllm-group';
import { kvTransferPort } from './vllm-kv-transfer';
import { VllmSettings } from './vllm-settings';
import { telemetryEnvironment } from './vllm-telemetry';

/** Where the server may write what nobody needs again. */
export const SCRATCH = '/tmp';

/**
 * Variables of the server. The image is made for root; as another user it needs a name and a home that it can write to, or it
 * ends at its start (vllm-project/vllm#44548). What it compiles lies beside the weights where it may, so that a restart need
 * not compile again.
 */
export function vllmEnvironment(
  version: string,
  request: ServingRequest,
  cachePath: string,
  settings: VllmSettings,
): Record<string, EnvironmentValue> {
  const keeps = request.weights.kind === 'server-downloads' && !request.cacheReadOnly;
  const compiled = keeps ? `${cachePath}/vllm` : `${SCRATCH}/vllm`;
  return {
    HOME: SCRATCH,
    USER: 'vllm',
    LOGNAME: 'vllm',
    XDG_CACHE_HOME: `${SCRATCH}/.cache`,
    XDG_CONFIG_HOME: `${SCRATCH}/.config`,
    HF_HOME: cachePath,
    // Code that comes with a model is copied here, also where the cache is read-only.
    HF_MODULES_CACHE: `${SCRATCH}/hf-modules`,
    HF_HUB_OFFLINE: request.offline ? 1 : undefined,
    VLLM_CACHE_ROOT: compiled,
    TORCHINDUCTOR_CACHE_DIR: `${compiled}/torchinductor`,
    TRITON_CACHE_DIR: `${compiled}/triton`,
    FLASHINFER_WORKSPACE_BASE: compiled,
    VLLM_NO_USAGE_STATS: 1,
    DO_NOT_TRACK: 1,
    VLLM_LOGGING_LEVEL: settings.logLevel,
    ...telemetryEnvironment(version, settings, request.telemetry),
    // The startup probe judges how long a start may take. With the default of 600 s the server gives up on large models.
    VLLM_ENGINE_READY_TIMEOUT_S: isSince(version, [0, 14, 1]) ? 24 * 3600 : undefined,
    VLLM_PORT: request.parallelism.nodes > 1 ? GROUP_PORT : undefined,
    VLLM_NIXL_SIDE_CHANNEL_PORT: kvTransferPort(settings.kvTransfer),
  };
}

/** What a user must not state as a variable, with what to state instead. */
export const OWNED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['HF_HOME', 'cachePath'],
  ['HF_HUB_CACHE', 'cachePath'],
  ['VLLM_CACHE_ROOT', 'cachePath'],
  ['HF_TOKEN', 'credentials'],
  ['HF_TOKEN_PATH', 'credentials'],
  ['HUGGING_FACE_HUB_TOKEN', 'credentials'],
  ['HF_HUB_OFFLINE', 'credentials'],
  ['VLLM_API_KEY', 'apiKey'],
  ['VLLM_LOGGING_LEVEL', 'logLevel'],
  ['VLLM_HOST_IP', 'the address of the pod'],
  ['VLLM_PORT', 'parallelism'],
  ['VLLM_NIXL_SIDE_CHANNEL_HOST', 'kvTransfer'],
  ['VLLM_NIXL_SIDE_CHANNEL_PORT', 'kvTransfer'],
]);
