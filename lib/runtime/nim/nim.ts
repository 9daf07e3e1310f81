import { Model } from '../../model/model';
import { nearestNames } from '../../problem/nearest-names';
import { Problem, refuse } from '../../problem/problem';
import { givenFlags } from '../command-line-flags';
import { EngineMemoryProfile, GpuTraits, vllmMemoryProfile } from '../engine-memory-profile';
import { environment, environmentProblems, EnvironmentValue } from '../environment';
import { ImageReference } from '../image-reference';
import { nimGroup, nimLayout } from './nim-group';
import { nimLora } from './nim-lora';
import { nimBuckets, NimEngine, nimSignals } from './nim-signals';
import {
  NimRetriever,
  NimRetrieverSettings,
  retrieverContract,
  retrieverMemoryProfile,
  retrieverProblems,
  retrieverTask,
} from './nim-retriever';
import { Nim1Settings, Nim2Settings, NimSetting, NIM_SETTINGS, NimSharedSettings } from './nim-settings';
import { nimJsonLogs, nimTracing, nimTracingWarnings } from './nim-telemetry';
import { nimWeights } from './nim-weights';
import { ServerContract, ServingRequest, ServingRuntime } from '../serving-runtime';

type AnyNimSettings = NimSharedSettings & Nim1Settings & Nim2Settings;
type Without<Settings> = { readonly [K in keyof Settings]?: never };

/** Images of NeMo Retriever, as NVIDIA names them: retrieverTask() says the same of them when it runs. */
type RetrieverImage = `${string}embed${string}` | `${string}rerank${string}` | `${string}/bge-${string}`;

/** The settings that an image can have, as far as the text of the image says what it is and of which series. */
export type NimSettings<Image extends string> = Image extends RetrieverImage
  ? NimRetrieverSettings & Without<Omit<AnyNimSettings, keyof NimRetrieverSettings>>
  : NimLlmSettings<Image>;

type NimLlmSettings<Image extends string> = Image extends `${string}:1.${string}`
  ? NimSharedSettings & Nim1Settings & Without<Nim2Settings>
  : Image extends `${string}:2.${string}`
    ? NimSharedSettings & Nim2Settings & Without<Nim1Settings>
    : AnyNimSettings;

/** What every NIM is described by. */
export interface NimImageProps<Image extends string = string> {
  /**
   * The NIM's image. Its tag says which contract it fulfils: `:1.0.0` is a NIM 1.x, `:2.0.4` a NIM 2.x, and the settings
   * of the other series are type errors. A tag without a version, or a digest alone, needs `version`.
   */
  readonly image: Image;
  /**
   * Version of the NIM, when the image does not say it. A wrong one gives wrong metrics paths and settings.
   * @default - the version that the tag begins with
   */
  readonly version?: string;
  /**
   * Environment variables that have no setting of their own. Must not repeat one that the library sets.
   * @default - none
   */
  readonly env?: Readonly<Record<string, string>>;
}

export type NimRuntimeProps<Image extends string = string> = NimImageProps<Image> & NimSettings<Image>;

/** NIM serves on 8000 unless told otherwise; nothing here tells it otherwise. */
const PORT = 8000;
/** Where NIM keeps weights unless told otherwise. */
const CACHE_PATH = '/opt/nim/.cache';
/**
 * vLLM inside NIM, newest first. From 2.0.1 on by NVIDIA's release notes (2.0.1, 2.0.2, 2.1.5); 1.x by the time of its
 * releases, unverified.
 */
const ENGINE_VERSIONS: readonly (readonly [since: [number, number, number], vllm: string])[] = [
  [[2, 1, 5], '0.31.0'],
  [[2, 0, 2], '0.18.0'],
  [[2, 0, 0], '0.17.1'],
  [[1, 8, 0], '0.8.5'],
  [[1, 3, 0], '0.6.4'],
  [[0, 0, 0], '0.5.5'],
];
/** SGLang inside NIM 2.1.5, by its release notes; of other releases unverified. */
const SGLANG_VERSION = '0.5.21';
/** Host memory beside the weights that NVIDIA's support matrix of 1.3 asks for: 5 to 10 GB. */
const HOST_MEMORY_BASE_GB = 8;
/** Host memory for each billion parameters, same source. */
const HOST_MEMORY_GB_PER_BILLION = 2;
/** Share of a GPU that NIM takes unless told otherwise. */
const DEFAULT_UTILIZATION = 0.9;
/** Parameters to assume for the host memory of a model that nobody described. */
const UNKNOWN_MODEL_BILLIONS = 8;

/**
 * NVIDIA NIM for LLMs, 1.x and 2.x, and NeMo Retriever NIM 1.x for embedding and reranking: three contracts behind one
 * name. Which of them the image says: its repository what it serves, its tag of which series it is.
 *
 * 1.x is one image with several engines, tuned by NIM_* variables, needs an NGC key, and does not stop on SIGTERM
 * (NVIDIA/nim-deploy#91). 2.x is one engine an image behind a proxy, tuned by the engine's flags.
 */
export class NimRuntime<Image extends string = string> implements ServingRuntime {
  readonly name = 'nim';
  readonly image: ImageReference;
  readonly version: string;
  /** 2.x is one engine an image, vLLM or SGLang. */
  readonly loadsEngines: boolean;
  private readonly series: '1.x' | '2.x';
  /** What the image is when it is no NIM for LLMs. */
  private readonly retriever?: NimRetriever;
  private readonly settings: Readonly<Record<string, unknown>>;
  /** The settings as variables; the same for every request. */
  private readonly settingsEnvironment: Readonly<Record<string, EnvironmentValue>>;

  /** @throws InvalidInputError when the version is unknown, or a setting belongs to the other series */
  constructor(private readonly props: NimRuntimeProps<Image>) {
    const { image, version, env, ...settings } = props as unknown as NimImageProps & Record<string, unknown>;
    this.image = ImageReference.parse(image);
    this.settings = settings;
    this.settingsEnvironment = settingsAsEnvironment(settings);
    const known = /^[12]\.\d+(\.\d+)?$/.exec(version ?? this.image.version ?? '');
    this.version = known?.[0] ?? '';
    this.series = this.version.startsWith('2.') ? '2.x' : '1.x';
    this.loadsEngines = this.series === '1.x';
    const task = retrieverTask(this.image.repository);
    this.retriever = task && { task, version: this.version, settings, env: env ?? {} };
    const contradiction = version !== undefined && this.image.version !== undefined && version !== this.image.version;
    refuse(
      `NimRuntime ${image}`,
      contradiction
        ? [this.contradictionProblem(version)]
        : known
          ? this.retriever
            ? retrieverProblems(this.retriever)
            : [...this.settingProblems(), ...envProblems(env ?? {}, this.series)]
          : [this.versionProblem(version)],
    );
  }

  contract(request: ServingRequest): ServerContract {
    if (this.retriever) return retrieverContract(this.retriever, request);
    const { model, maxModelLen } = request;
    const { tensorParallelSize, pipelineParallelSize, nodes } = request.parallelism;
    const cachePath = request.cachePath ?? CACHE_PATH;

    const billions = model ? model.parameters / 1e9 : UNKNOWN_MODEL_BILLIONS;
    const lora = nimLora(this.series, request, this.settings, givenFlags(this.engineArgs() ?? []));
    const weights = nimWeights(this.series, request, this.statedWeights());
    const engine = { ...this.signalSource(), args: this.engineArgs() ?? [], pipelineParallelSize };
    const buckets = nimBuckets(engine, request.latencyBoundaries);
    const layout = nimLayout(this.series, request, this.settings, [...engine.args, ...lora.args, ...buckets]);
    const env = {
      NIM_CACHE_PATH: cachePath,
      NIM_SERVED_MODEL_NAME: request.servedModelName,
      ...weights.env,
      NIM_MAX_MODEL_LEN: maxModelLen,
      ...layout.env,
      NIM_DISABLE_MODEL_DOWNLOAD: this.series === '2.x' && request.offline ? 1 : undefined,
      OUTLINES_CACHE_DIR: this.series === '1.x' ? '/tmp/outlines' : undefined,
      ...nimTracing(this.series, request.telemetry),
      ...this.settingsEnvironment,
      ...(this.settings.jsonLogging === undefined && nimJsonLogs(request.telemetry)),
      // Ray's workers lack the formatter of JSON lines and end at once.
      ...(nodes > 1 && { NIM_JSONL_LOGGING: false }),
      ...lora.env,
      ...this.sharedGpuEnvironment(request.gpuMemoryShare),
      ...this.props.env,
    };
    return {
      ports: [{ name: 'http', port: PORT }],
      readiness: { path: '/v1/health/ready', port: PORT },
      // In 2.x this proves the proxy, not the engine; there is no better path.
      liveness: { path: '/v1/health/live', port: PORT },
      metrics: { path: this.isAtLeast(1, 5) ? '/v1/metrics' : '/metrics', port: PORT },
      signals: nimSignals({ ...engine, args: [...engine.args, ...buckets] }),
      command: layout.command,
      args: layout.args,
      env: environment(env),
      group: nimGroup(this.series, request, env),
      credentialSlots: [
        { kind: 'ngc', environmentVariable: 'NGC_API_KEY' },
        ...(this.series === '2.x' ? [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN' } as const] : []),
      ],
      cachePath,
      writablePaths: [],
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      readOnlyRootFilesystem: {
        exception: 'NIM writes outside its cache and /tmp; no published version is known to run on a read-only root',
      },
      // 16 GB for GPUs that do not talk over NVLink (support matrix of 1.3); one GPU a pod needs little.
      sharedMemoryMib: (tensorParallelSize * pipelineParallelSize) / nodes > 1 ? 16 * 1024 : 1024,
      hostMemoryMib: Math.ceil(
        ((HOST_MEMORY_BASE_GB + (HOST_MEMORY_GB_PER_BILLION * billions) / nodes) * 1e9) / 2 ** 20,
      ),
      ephemeralStorageMib: 8 * 1024,
      // "At least 8 x86 cores" (support matrix of 1.3).
      cpuCores: 8,
      // 1.1.2 and 1.3.2 were seen to ignore SIGTERM (NVIDIA/nim-deploy#91). 2.x runs vLLM, which aborts by default
      // (vllm-project/vllm#43208); whether its launcher hands the signal on is not documented, so the pod waits first.
      shutdown: this.series === '1.x' ? 'ignores' : 'aborts',
      // Not /v1/metrics, which 1.5 and later answer for everybody, and not /v1/health.
      clientPaths: [
        '/v1/chat/completions',
        '/v1/completions',
        '/v1/embeddings',
        '/v1/models',
        ...(this.series === '2.x' ? ['/v1/messages', '/v1/responses'] : []),
      ],
      downloadHosts: request.offline ? [] : downloadHosts(request, { ...this.settings, repository: weights.address }),
      // A warm start of an 8B model takes five minutes and more (NVIDIA/nim-deploy#24).
      warmUpSeconds: 300,
      unplannedMemory: this.unplannedMemory(),
      problems: [
        ...this.credentialProblems(request),
        ...weights.problems,
        ...layout.problems,
        ...lora.problems,
        ...this.taskProblems(model),
      ],
      warnings: nimTracingWarnings(this.version, request.telemetry),
    };
  }

  /**
   * NIM's engine as vLLM of the time: the generic profile that NIM chooses where NVIDIA built no TensorRT-LLM engine, as on
   * an L4. An estimate; the release notes name the engine's version from 2.0.1 on.
   */
  memoryProfile(gpu: GpuTraits): EngineMemoryProfile {
    if (this.retriever) return retrieverMemoryProfile(this.retriever);
    const share = (this.settings.gpuMemoryUtilization ?? this.settings.kvCachePercent) as number | undefined;
    const flags = givenFlags(this.engineArgs() ?? []);
    const wholeNumber = (flag: string) => {
      const value = Number(flags.get(flag));
      return Number.isSafeInteger(value) && value > 0 ? value : undefined;
    };
    return vllmMemoryProfile(this.engineVersion(), gpu, {
      gpuMemoryUtilization: share,
      maxNumSeqs: wholeNumber('--max-num-seqs') ?? (this.settings.maxBatchSize as number | undefined),
      maxNumBatchedTokens: wholeNumber('--max-num-batched-tokens'),
      enforceEager: flags.has('--enforce-eager') || (this.settings.disableCudaGraph as boolean | undefined),
    });
  }

  /** Settings that bring more onto the GPU than the model that the service names. */
  private unplannedMemory(): string[] {
    const { peftSource, draftModelPath, modelPath } = this.settings;
    return [
      ...(peftSource === undefined ? [] : ['the LoRA adapters of peftSource']),
      ...(draftModelPath === undefined ? [] : ['the draft model of draftModelPath']),
      ...(modelPath === undefined ? [] : ['other weights than those of model, if modelPath names such']),
    ];
  }

  private statedWeights(): string | undefined {
    const stated = this.settings.modelPath ?? this.props.env?.NIM_MODEL_PATH ?? this.props.env?.NIM_MODEL_NAME;
    return stated as string | undefined;
  }

  private taskProblems(model: Model | undefined): Problem[] {
    if (!model?.task || model.task === 'generation') return [];
    return [
      {
        check: 'model-task',
        message: `The image is a NIM for LLMs; ${model.id} is a model for ${model.task}.`,
        remedy: `Use ${model.nimRepository ? `the image ${model.nimRepository}` : 'VllmRuntime or another server that has it'}.`,
      },
    ];
  }

  /** Whose metrics it hands on. */
  private signalSource(): Omit<NimEngine, 'args'> {
    if (this.series === '1.x') return { engine: 'nim', version: this.version };
    const named = [this.image.toString(), this.settings.modelProfile].some((text) => /sglang/i.test(String(text)));
    return named ? { engine: 'sglang', version: SGLANG_VERSION } : { engine: 'vllm', version: this.engineVersion() };
  }

  private engineVersion(): string {
    const [, version] = ENGINE_VERSIONS.find(([since]) => this.isAtLeast(...since))!;
    return version;
  }

  private isAtLeast(...wanted: [major: number, minor: number, patch?: number]): boolean {
    const own = this.version.split('.').map(Number);
    const first = [0, 1, 2].find((at) => (own[at] ?? 0) !== (wanted[at] ?? 0));
    return first === undefined || (own[first] ?? 0) > (wanted[first] ?? 0);
  }

  private engineArgs(): readonly string[] | undefined {
    const args = this.settings.engineArgs as readonly string[] | undefined;
    return args && args.length > 0 ? args : undefined;
  }

  /** On a GPU that others use too, the engine must be told to leave them theirs. */
  private sharedGpuEnvironment(share: number): Record<string, EnvironmentValue> {
    const stated = this.settings.gpuMemoryUtilization ?? this.settings.kvCachePercent;
    if (share >= 1 || stated !== undefined) return {};
    const { env } = this.series === '2.x' ? NIM_SETTINGS.gpuMemoryUtilization : NIM_SETTINGS.kvCachePercent;
    return { [env]: Math.floor(DEFAULT_UTILIZATION * share * 100) / 100 };
  }

  private versionProblem(stated: string | undefined): Problem {
    const said = stated ?? this.image.tag;
    return {
      check: 'runtime-version',
      message: said
        ? `${JSON.stringify(said)} says neither NIM 1.x nor 2.x, and the two have different contracts.`
        : 'The image has no tag, so nobody can say whether it is NIM 1.x or 2.x, and the two have different contracts.',
      remedy:
        "Use a version tag such as :1.0.0, or state the version beside a digest: { image: '…@sha256:…', version: '1.0.0' }.",
    };
  }

  private contradictionProblem(stated: string): Problem {
    return {
      check: 'runtime-version',
      message: `The tag says ${this.image.version}, but version says ${stated}.`,
      remedy: 'Remove version: the tag says it.',
    };
  }

  private settingProblems(): Problem[] {
    const settings: Readonly<Record<string, NimSetting>> = {
      ...NIM_SETTINGS,
      engineArgs: {
        env: 'the engine',
        series: '2.x',
        instead: 'Use the typed settings or env: 1.x takes no engine flags.',
      },
    };
    const own = Object.keys(settings).filter((name) => ['both', this.series].includes(settings[name]!.series));
    return Object.entries(this.settings).flatMap(([name, value]): Problem[] => {
      const setting = settings[name];
      if (value === undefined) return [];
      if (!setting) {
        return [
          {
            check: 'runtime-setting',
            message: `NIM has no setting ${JSON.stringify(name)}.`,
            remedy: `Did you mean ${nearestNames(name, own, 3).join(', ')}? A variable that has no setting goes into env.`,
          },
        ];
      }
      if (setting.series !== 'both' && setting.series !== this.series) {
        return [
          {
            check: 'runtime-setting',
            message: `${name} is a setting of NIM ${setting.series}; ${this.version} would ignore it.`,
            remedy: setting.instead ?? 'Remove it.',
          },
        ];
      }
      return name === 'engineArgs' ? flagProblems(value) : valueProblems(name, value);
    });
  }

  private credentialProblems({ credentials, offline }: ServingRequest): Problem[] {
    if (credentials === 'ngc' || offline) return [];
    if (this.series === '2.x') {
      // Release notes of 2.0.10: public models of eligible images are pulled without a key.
      if (credentials === 'hugging-face' || this.isAtLeast(2, 0, 10)) return [];
      return [
        {
          check: 'credentials',
          message: `NIM ${this.version} cannot download without a key; NIM can from 2.0.10 on.`,
          remedy:
            'Use a newer image, ModelCredentials.ngc({ … }), or a filled cache with ModelCredentials.airGapped().',
        },
      ];
    }
    return [
      {
        check: 'credentials',
        message: `NIM ${this.version} downloads its weights from NGC and ends at once without NGC_API_KEY; the credentials are ${credentials}.`,
        remedy:
          "Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().",
      },
    ];
  }
}

function settingsAsEnvironment(settings: Readonly<Record<string, unknown>>): Record<string, EnvironmentValue> {
  const chosen = { logLevel: 'INFO', jsonLogging: true, ...settings } as Record<string, EnvironmentValue>;
  return {
    ...(chosen.otlpEndpoint !== undefined && { NIM_ENABLE_OTEL: 1 }),
    ...Object.fromEntries(
      Object.entries(NIM_SETTINGS).flatMap(([setting, { env }]) =>
        chosen[setting] === undefined ? [] : [[env, chosen[setting]]],
      ),
    ),
  };
}

/**
 * NVIDIA's page on deploying behind a proxy, and Hugging Face's content hosts. Nobody says whether a NIM with a mirror still
 * asks NGC, so a mirror comes beside it.
 */
function downloadHosts(
  { credentials }: ServingRequest,
  settings: Readonly<Record<string, unknown>>,
): readonly string[] {
  const { repositoryOverride, modelPath, draftModelPath, repository } = settings;
  const [, mirror] = /^(?:https|jfrog):\/\/([^/:@]+)(?:[/:]|$)/.exec(String(repositoryOverride)) ?? [];
  const fromHub = [modelPath, draftModelPath, repository].some((path) => String(path).startsWith('hf://'));
  const ngc = ['api.ngc.nvidia.com', 'authn.nvidia.com', 'files.ngc.nvidia.com', 'xfiles.ngc.nvidia.com'];
  const huggingFace = ['huggingface.co', '*.hf.co', '*.huggingface.co'];
  return [
    ...ngc,
    ...(credentials === 'hugging-face' || fromHub ? huggingFace : []),
    ...(mirror === undefined ? [] : [mirror.toLowerCase()]),
  ];
}

function envProblems(env: Readonly<Record<string, string>>, series: '1.x' | '2.x'): Problem[] {
  const own = new Map<string, string>([
    ['NIM_CACHE_PATH', 'cachePath'],
    ['NIM_SERVED_MODEL_NAME', 'servedModelName'],
    ['NIM_MAX_MODEL_LEN', 'maxModelLen'],
    ['NIM_TENSOR_PARALLEL_SIZE', 'tensorParallelSize'],
    ['NGC_API_KEY', 'credentials'],
    ['NIM_DISABLE_MODEL_DOWNLOAD', 'credentials'],
    ['NIM_ENABLE_OTEL', 'otlpEndpoint'],
    ...(series === '2.x' ? [['HF_TOKEN', 'credentials'] as const] : []),
    ...Object.entries(NIM_SETTINGS).map(([setting, { env: name }]) => [name, setting] as const),
  ]);
  return environmentProblems(env, own);
}

/** Flags that would contradict what the library sets and plans with: in 2.x a flag wins over its variable. */
const OWNED_FLAGS: Readonly<Record<string, string>> = {
  '--max-model-len': 'maxModelLen',
  '--tensor-parallel-size': 'tensorParallelSize',
  '-tp': 'tensorParallelSize',
  '--served-model-name': 'servedModelName',
  '--gpu-memory-utilization': 'gpuMemoryUtilization',
};

/** Flags that spread a model over GPUs in a way that nobody has planned. */
const UNPLANNED_FLAGS = ['--pipeline-parallel-size', '-pp', '--data-parallel-size', '-dp'];

function flagProblems(args: unknown): Problem[] {
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    return [
      { check: 'runtime-setting', message: `engineArgs is ${JSON.stringify(args)}.`, remedy: 'Use a list of strings.' },
    ];
  }
  return [...givenFlags(args).keys()].flatMap((flag): Problem[] => {
    if (UNPLANNED_FLAGS.includes(flag)) {
      return [
        {
          check: 'runtime-setting',
          message: `engineArgs has ${flag}, which takes GPUs and memory that nobody has planned.`,
          remedy: 'Use tensorParallelSize and replicas.',
        },
      ];
    }
    const owner = Object.hasOwn(OWNED_FLAGS, flag) ? OWNED_FLAGS[flag]! : undefined;
    return owner === undefined
      ? []
      : [
          {
            check: 'runtime-setting',
            message: `engineArgs has ${flag}, which would win over ${owner}, and the plan would be wrong.`,
            remedy: `State ${owner} instead.`,
          },
        ];
  });
}

function valueProblems(name: string, value: unknown): Problem[] {
  const problem = (must: string): Problem[] => [
    { check: 'runtime-setting', message: `${name} is ${JSON.stringify(value)}.`, remedy: `Use ${must}.` },
  ];
  switch (name) {
    case 'kvCachePercent':
    case 'gpuMemoryUtilization':
      return typeof value === 'number' && value > 0 && value <= 1 ? [] : problem('a share above 0 and at most 1');
    case 'maxBatchSize':
    case 'peftRefreshInterval':
      return Number.isInteger(value) && (value as number) > 0 ? [] : problem('a whole number above 0');
    default:
      return [];
  }
}
