import { refuse } from '../../problem/problem';
import { API_KEY_HEADER, ApiKey, apiKeyProblems, apiKeyReferences } from '../api-key';
import { EngineMemoryProfile } from '../engine-memory-profile';
import { environment, environmentProblems, EnvironmentValue } from '../environment';
import { chooseFormats, FormatChoice } from '../format-choice';
import { ImageReference } from '../image-reference';
import { settingProblems } from '../server-settings';
import { isSince, toldVersion } from '../server-version';
import { ServerContract, ServingRequest, ServingRuntime } from '../serving-runtime';
import { TGI_WIGGLE_ROOM, tgiMemoryProfile } from './tgi-memory';
import { tgiContradictions, tgiReleaseProblems, tgiRequestProblems, tgiWarnings } from './tgi-problems';
import { TGI_SETTINGS, TGI_WEIGHT_FORMATS, TgiSettings } from './tgi-settings';
import { tgiSignals } from './tgi-signals';

export interface TgiRuntimeProps extends TgiSettings {
  /** The image, such as `ghcr.io/huggingface/text-generation-inference:3.0.1`. Its tag says the version. */
  readonly image: string;
  /**
   * Version of TGI, when the image does not say it. A wrong one gives a pod that cannot start, or a wrong grace period.
   * @default - the version that the tag begins with
   */
  readonly version?: string;
  /**
   * True for an image of your own in which Python lies where every user may read it. The public ones of 3.1 and later keep
   * it in the home of root, and end at their start as any other user.
   * @default - true before 3.1
   */
  readonly runsAsNonRoot?: boolean;
  /**
   * Key that clients must send as a bearer token. TGI writes its settings to its log, so who may read the log knows it.
   * @default - none: whoever reaches the port is answered
   */
  readonly apiKey?: ApiKey;
  /** Environment variables. Must not repeat one that the library sets. @default - none */
  readonly env?: Readonly<Record<string, string>>;
}

/** The image's own is 80, which only root may open; this is that of other servers. */
const PORT = 8000;
const CACHE_PATH = '/data';
const API_KEY = 'API_KEY';
const HOME = '/home/tgi';
/** What the launcher gave running requests before it could be told, in seconds. */
const FIXED_DRAIN_SECONDS = 90;
/** Host memory of launcher, router and one shard in GiB; unverified. */
const HOST_MEMORY_BASE_GIB = 6;
/** Host memory of each shard in GiB; unverified. */
const HOST_MEMORY_GIB_PER_GPU = 4;

/**
 * Hugging Face's Text Generation Inference, 2.x and 3.x. Archived in March 2026: offered, with a warning, because
 * clusters still run it.
 *
 * It has no time to first token and no KV cache among its metrics, so neither an objective nor a scaler can use them.
 */
export class TgiRuntime implements ServingRuntime {
  readonly name = 'tgi';
  readonly image: ImageReference;
  readonly version: string;
  private readonly settings: TgiSettings;

  /** @throws InvalidInputError when the version is unknown, cannot run as a plain user, or a setting cannot be */
  constructor(private readonly props: TgiRuntimeProps) {
    const { image, version, runsAsNonRoot, apiKey, env, ...settings } = props;
    this.image = ImageReference.parse(image);
    this.settings = settings;
    const told = toldVersion('TGI', this.image, version, '3.0.1');
    this.version = told.version;
    refuse(`TgiRuntime ${image}`, [
      ...told.problems,
      ...(told.problems.length === 0 ? tgiReleaseProblems(told.version, runsAsNonRoot) : []),
      ...settingProblems('TGI', { ...settings }, TGI_SETTINGS, 'A variable that has no setting goes into env.'),
      ...tgiContradictions(settings),
      ...apiKeyProblems(apiKey),
      ...environmentProblems(env ?? {}, OWNED_VARIABLES),
    ]);
  }

  contract(request: ServingRequest): ServerContract {
    const { model, weights, parallelism, maxModelLen, offline, lora, longestAnswerSeconds } = request;
    const { maxInputTokens = maxModelLen && Math.max(1, maxModelLen - 1) } = this.settings;
    const formats = this.formats(request);
    const references = apiKeyReferences(API_KEY, this.props.apiKey);
    const local = weights.kind === 'local';
    const cachePath = request.cachePath ?? CACHE_PATH;
    const gpus = parallelism.tensorParallelSize;
    const drain = this.drainSeconds(longestAnswerSeconds);
    const settings = Object.entries(TGI_SETTINGS).map(([name, { env }]): [string, EnvironmentValue] => {
      const value = this.settings[name as keyof TgiSettings];
      // The launcher reads its switches as words.
      return [env, typeof value === 'boolean' ? String(value) : value];
    });
    return {
      ports: [{ name: 'http', port: PORT }],
      // The router answers only when every shard has loaded, and asks them again when nothing was asked for long.
      readiness: { path: '/health', port: PORT },
      liveness: { path: '/health', port: PORT },
      metrics: { path: '/metrics', port: PORT },
      signals: tgiSignals(this.version),
      env: environment({
        MODEL_ID: local ? weights.path : (weights.repository ?? model?.id),
        REVISION: local ? undefined : weights.revision,
        PORT,
        HF_HOME: cachePath,
        // Older images set it to /data itself, and it would win over HF_HOME.
        HUGGINGFACE_HUB_CACHE: `${cachePath}/hub`,
        // Code that comes with a model is copied here, also where the cache is read-only.
        HF_MODULES_CACHE: `${HOME}/hf-modules`,
        HF_HUB_OFFLINE: offline ? 1 : undefined,
        HOME,
        USER: this.name,
        NUM_SHARD: gpus,
        MAX_TOTAL_TOKENS: maxModelLen,
        ...Object.fromEntries(settings),
        OTLP_ENDPOINT: this.settings.otlpEndpoint ?? request.telemetry?.tracing?.grpcEndpoint,
        OTLP_SERVICE_NAME: request.telemetry?.tracing && request.telemetry.serviceName,
        QUANTIZE: formats.quantization,
        DTYPE: formats.dtype,
        KV_CACHE_DTYPE: formats.kvCacheDtype,
        MAX_INPUT_TOKENS: maxInputTokens,
        LORA_ADAPTERS: lora?.adapters.map(({ name, path }) => `${name}=${path}`).join(','),
        TGI_WIGGLE_ROOM,
        GRACEFUL_TERMINATION_TIMEOUT: drain,
        JSON_OUTPUT: String(request.telemetry?.jsonLogs ?? true),
        USAGE_STATS: 'off',
        ...this.props.env,
      }),
      envReferences: references.length > 0 ? references : undefined,
      credentialSlots: [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN' }],
      ...(this.props.apiKey && { clientKeyHeader: API_KEY_HEADER }),
      cachePath,
      writablePaths: [
        { name: 'home', path: HOME, sizeMib: 2 * 1024 },
        // Sockets between router and shards.
        { name: 'tmp', path: '/tmp', sizeMib: 1024 },
      ],
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      readOnlyRootFilesystem: {
        exception: 'nobody confirmed that TGI runs on a read-only root, and its repository is archived',
      },
      // Its README asks for 1 GB, for shards that do not talk over NVLink.
      sharedMemoryMib: 1024,
      hostMemoryMib: (HOST_MEMORY_BASE_GIB + HOST_MEMORY_GIB_PER_GPU * gpus) * 1024,
      ephemeralStorageMib: 5 * 1024,
      cpuCores: 4 + 2 * gpus,
      // Without a limit of its own that is long enough, the pod must wait before the server is told.
      shutdown: drain === undefined && longestAnswerSeconds > FIXED_DRAIN_SECONDS ? 'aborts' : 'drains',
      clientPaths: ['/v1/chat/completions', '/v1/completions', '/v1/models', '/generate', '/generate_stream'],
      downloadHosts: offline ? [] : ['huggingface.co', '*.hf.co', '*.huggingface.co'],
      // A batch of the largest size, and graphs of six sizes; not measured.
      warmUpSeconds: 120,
      weightFormat: formats.weightFormat,
      kvCacheFormat: formats.kvCacheFormat,
      unplannedMemory: [],
      problems: [...formats.problems, ...tgiRequestProblems(this.settings, request)],
      warnings: tgiWarnings(request),
    };
  }

  memoryProfile(): EngineMemoryProfile {
    return tgiMemoryProfile(this.version, this.settings);
  }

  private formats(request: ServingRequest): FormatChoice {
    const { quantize, dtype, kvCacheDtype } = this.settings;
    return chooseFormats(request, {
      server: 'TGI',
      quantization: { setting: 'quantize', value: quantize, format: quantize && TGI_WEIGHT_FORMATS[quantize] },
      dtype,
      kvCacheDtype,
      onLoad: { fp8: 'fp8', int8: 'eetq', nf4: 'bitsandbytes-nf4' },
      dtypes: { fp16: 'float16', bf16: 'bfloat16' },
      fp8KvCache: 'fp8_e5m2',
    });
  }

  /**
   * How long the launcher gives running requests; undefined where it cannot be told and takes 90 s
   * (huggingface/text-generation-inference#3126 of March 2025; that 3.2.2 is the first release with it is inferred).
   */
  private drainSeconds(longestAnswerSeconds: number): number | undefined {
    return isSince(this.version, [3, 2, 2]) ? longestAnswerSeconds : undefined;
  }
}

/** Variables that the library sets, each with what it follows from. */
const OWNED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['MODEL_ID', 'model'],
  ['REVISION', 'the revision of the weights'],
  ['PORT', 'the port of the contract'],
  ['HF_HOME', 'cachePath'],
  ['HUGGINGFACE_HUB_CACHE', 'cachePath'],
  ['HF_MODULES_CACHE', 'cachePath'],
  ['HF_HUB_OFFLINE', 'credentials'],
  ['HF_TOKEN', 'credentials'],
  [API_KEY, 'apiKey'],
  ['HOME', 'the user that the server runs as'],
  ['USER', 'the user that the server runs as'],
  ['NUM_SHARD', 'tensorParallelSize'],
  ['SHARDED', 'tensorParallelSize'],
  ['MAX_TOTAL_TOKENS', 'maxModelLen'],
  ['MAX_INPUT_LENGTH', 'maxInputTokens'],
  ['LORA_ADAPTERS', 'the adapters of the service'],
  ['TGI_WIGGLE_ROOM', 'the memory plan'],
  ['GRACEFUL_TERMINATION_TIMEOUT', 'longestAnswer'],
  ['JSON_OUTPUT', 'the log format'],
  ['USAGE_STATS', 'the policy that nothing is reported'],
  ...Object.entries(TGI_SETTINGS).map(([setting, { env }]) => [env, setting] as const),
]);
