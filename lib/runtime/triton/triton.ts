import { Problem, refuse } from '../../problem/problem';
import { EngineMemoryProfile, GpuTraits, vllmMemoryProfile } from '../engine-memory-profile';
import { environment, environmentProblems } from '../environment';
import { ImageReference } from '../image-reference';
import { httpEndpointWarnings } from '../open-telemetry';
import { isSince, toldVersion } from '../server-version';
import { ServerContract, ServingRequest, ServingRuntime } from '../serving-runtime';
import { modelProblems } from './model-problems';
import { modelRepository, REPOSITORY_PATH } from './model-repository';
import { requestProblems } from './request-problems';
import { requestWarnings } from './request-warnings';
import { tensorRtLlmMemoryProfile } from './tensorrt-llm-memory';
import { backendProblems, TENSORRT_LLM_VERSIONS, VLLM_VERSIONS } from './triton-image';
import { backendOf, entryModels, isTensorRtLlm, isVllm, TritonModel } from './triton-model';
import { gpusOf, pythonInstances, tritonNeeds } from './triton-needs';
import { settingFlags, settingProblems, TritonSettings } from './triton-settings';
import { measureFirstResponse, tritonSignals } from './triton-signals';
import { tracingFlags } from './triton-tracing';

export interface TritonRuntimeProps extends TritonSettings {
  /**
   * Such as `nvcr.io/nvidia/tritonserver:25.08-py3`. The tag says the release, and by its end which backends there are: `-py3`,
   * `-trtllm-python-py3`, `-vllm-python-py3`.
   */
  readonly image: string;
  /** Release, when the image does not say it, such as `25.08`. @default - the one that the tag begins with */
  readonly version?: string;
  /** Backends of an image of your own. A model whose backend is missing is refused. @default - those of NVIDIA's images */
  readonly backends?: readonly string[];
  /**
   * The models. Their `config.pbtxt` comes from here, by ConfigMap; weights and files come from the artifact.
   * @default - the artifact is a whole model repository
   */
  readonly models?: readonly TritonModel[];
  /**
   * What the readiness probe asks: `/v2/health/ready`, or gRPC's health protocol on 8001. Liveness stays with
   * `/v2/health/live`, because Triton's gRPC health says ready, not live.
   * @default 'http'
   */
  readonly probes?: 'http' | 'grpc';
  /** Environment variables that have no setting of their own. Must not repeat one that the library sets. @default - none */
  readonly env?: Readonly<Record<string, string>>;
}

const HTTP = 8000;
const GRPC = 8001;
const METRICS = 8002;
/** Where weights that vLLM downloads are kept. */
const CACHE_PATH = '/cache';

/**
 * NVIDIA Triton Inference Server: many models, of many frameworks, in one process.
 *
 * Ports, health, drain and flags as of 2.73 (triton-inference-server/server src/command_line_parser.cc). It has no
 * authentication of its own. Its OpenAI front end is not offered: the image holds it without what it imports
 * (python/openai/README.md installs that with pip first).
 */
export class TritonRuntime implements ServingRuntime {
  readonly name = 'triton';
  readonly loadsEngines = true;
  readonly image: ImageReference;
  readonly version: string;
  private readonly models: readonly TritonModel[] | undefined;

  /** @throws InvalidInputError when the release is unknown, or a model, an ensemble or a setting cannot be */
  constructor(private readonly props: TritonRuntimeProps) {
    const { image, models } = props;
    this.image = ImageReference.parse(image);
    this.models = models;
    const told = toldVersion('Triton', this.image, props.version, '25.08');
    this.version = told.version;
    refuse(`TritonRuntime ${image}`, [
      ...told.problems,
      ...(told.problems.length === 0 ? this.releaseProblems() : []),
      ...(models ?? []).flatMap((model) =>
        backendProblems(this.image, props.backends, { name: model.name, backend: backendOf(model) }),
      ),
      ...(models ? modelProblems(models, props) : []),
      ...settingProblems(
        props,
        models?.map(({ name }) => name),
      ),
      ...environmentProblems(props.env ?? {}, OWNED_VARIABLES),
    ]);
  }

  contract(request: ServingRequest): ServerContract {
    const { props } = this;
    const { models, metrics } = measureFirstResponse(
      { models: this.models, metrics: props.metrics },
      request.latencyBoundaries,
    );
    const repository = models && modelRepository(models, request);
    const needs = tritonNeeds(props, models, request);
    const vllm = models?.find(isVllm);
    const ranks = models?.some(isTensorRtLlm) ? gpusOf(request) : 1;
    return {
      ports: [
        { name: 'http', port: HTTP },
        { name: 'grpc', port: GRPC, appProtocol: 'kubernetes.io/h2c' },
        { name: 'metrics', port: METRICS, purpose: 'monitoring' },
      ],
      readiness: props.probes === 'grpc' ? { grpcPort: GRPC } : { path: '/v2/health/ready', port: HTTP },
      liveness: { path: '/v2/health/live', port: HTTP },
      metrics: { path: '/metrics', port: METRICS },
      signals: tritonSignals(this.version, { models, metrics }),
      command: repository && ['/bin/bash', '-c', repository.script, 'triton'],
      args: this.args(request, ranks, { ...props, metrics }),
      env: environment({
        HOME: '/tmp',
        HF_HOME: request.cachePath ?? CACHE_PATH,
        HF_HUB_OFFLINE: request.offline || request.weights.kind === 'local' ? 1 : undefined,
        // The root file system is read-only, and the artifact may be.
        PYTHONDONTWRITEBYTECODE: 1,
        ...(vllm && {
          VLLM_CACHE_ROOT: '/tmp/vllm',
          TORCHINDUCTOR_CACHE_DIR: '/tmp/torchinductor',
          TRITON_CACHE_DIR: '/tmp/triton',
          VLLM_NO_USAGE_STATS: 1,
        }),
        ...props.env,
      }),
      files: repository?.files,
      credentialSlots: vllm
        ? [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN', fileVariable: 'HF_TOKEN_PATH' }]
        : [],
      cachePath: request.cachePath ?? CACHE_PATH,
      writablePaths: [
        ...(repository ? [{ name: 'model-repository', path: REPOSITORY_PATH, sizeMib: 16 }] : []),
        { name: 'tmp', path: '/tmp', sizeMib: needs.scratchMib },
      ],
      // The image runs as root and has this user for those who do not (server, build.py).
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      // By its documentation it writes to /tmp and /dev/shm alone; nobody has run every backend on a read-only root.
      readOnlyRootFilesystem: true,
      sharedMemoryMib: needs.sharedMemoryMib,
      hostMemoryMib: needs.hostMemoryMib,
      ephemeralStorageMib: needs.scratchMib + 2 * 1024,
      cpuCores: pythonInstances(models) > 0 || vllm ? 8 : 4,
      // mpirun answers SIGTERM by killing its processes after a second (Open MPI 4, odls_base_sigkill_timeout).
      shutdown: ranks > 1 ? 'aborts' : 'drains',
      // Only models that are no part of another; not /v2/repository, /v2/logging, /v2/trace and shared memory, which guard
      // themselves by nothing: --http-restricted-api takes its key as a flag, where everybody can read it.
      clientPaths: models ? entryModels(models).map(({ name }) => `/v2/models/${name}`) : ['/v2/models'],
      downloadHosts:
        vllm && request.weights.kind === 'server-downloads' && !request.offline
          ? ['huggingface.co', '*.hf.co', '*.huggingface.co']
          : [],
      warmUpSeconds: needs.warmUpSeconds,
      kvCacheFormat: vllm?.kvCacheDtype?.startsWith('fp8') ? 'fp8' : undefined,
      unplannedMemory: this.unplannedMemory(),
      problems: requestProblems(this.version, models, request),
      warnings: [...requestWarnings(props, models, request), ...httpEndpointWarnings('Triton', request.telemetry)],
    };
  }

  /** Known for one language model: TensorRT-LLM's own, or vLLM's of the release. Other models are not measured. */
  memoryProfile(gpu: GpuTraits): EngineMemoryProfile | undefined {
    const [model, ...more] = (this.models ?? []).filter((one) => isTensorRtLlm(one) || isVllm(one));
    if (model === undefined || more.length > 0) return undefined;
    if (isTensorRtLlm(model)) return tensorRtLlmMemoryProfile(this.engineVersion(TENSORRT_LLM_VERSIONS), model);
    return isVllm(model)
      ? vllmMemoryProfile(model.vllmVersion ?? this.engineVersion(VLLM_VERSIONS), gpu, {
          gpuMemoryUtilization: model.gpuMemoryUtilization,
          maxNumSeqs: model.maxNumSeqs,
          maxNumBatchedTokens: model.maxNumBatchedTokens,
          enforceEager: model.enforceEager,
        })
      : undefined;
  }

  /**
   * One process, or with TensorRT-LLM on several GPUs one for each, started by mpirun: all but the first load the engine alone
   * and open no port (leader mode; NVIDIA/TensorRT-LLM triton_backend/scripts/launch_triton_server.py does the same).
   */
  private args(request: ServingRequest, ranks: number, settings: TritonSettings): string[] {
    if (ranks === 1) return this.process(request, settings);
    const engine = this.models!.find(isTensorRtLlm)!.name;
    return Array.from({ length: ranks }, (_, rank) => [
      ...['-n', '1'],
      ...this.process(
        request,
        rank === 0 ? settings : { ...settings, modelControlMode: 'explicit' as const, loadModels: [engine] },
      ),
      `--backend-config=python,shm-region-prefix-name=rank${rank}_`,
    ]).reduce(
      (all, each, rank) => (rank === 0 ? [...all, ...each] : [...all, ':', ...each]),
      [
        'mpirun',
        // Open MPI binds each of two processes to one core, and Triton's threads with it.
        '--bind-to',
        'none',
      ],
    );
  }

  private process(request: ServingRequest, settings: TritonSettings): string[] {
    const { models } = this;
    const path = models || request.weights.kind !== 'local' ? REPOSITORY_PATH : request.weights.path;
    return [
      'tritonserver',
      `--model-repository=${path}`,
      // What was reviewed is what runs. vLLM's backend is the one that completes its own configuration.
      ...(models && !models.some(isVllm) ? ['--disable-auto-complete-config'] : []),
      ...settingFlags(settings, gpusOf(request)),
      ...tracingFlags(request.telemetry),
      `--exit-timeout-secs=${Math.ceil(request.longestAnswerSeconds)}`,
    ];
  }

  private engineVersion(versions: readonly (readonly [since: [number, number, number], version: string])[]): string {
    return versions.find(([since]) => isSince(this.version, since))![1];
  }

  private releaseProblems(): Problem[] {
    const typed = this.models?.find(isTensorRtLlm);
    // The names of its tensors are those of the template that came with TensorRT-LLM 0.20.
    return typed && !isSince(this.version, [25, 6, 0])
      ? [
          {
            check: 'runtime-version',
            message: `The tensors of ${typed.name} are those of TensorRT-LLM 0.20, which is in Triton from 25.06 on; the image is ${this.version}.`,
            remedy: 'Use a newer image, or leave models out and bring the whole repository as the artifact.',
          },
        ]
      : [];
  }

  private unplannedMemory(): string[] {
    const models = this.models ?? [];
    const planned = models.find((model) => isTensorRtLlm(model) || isVllm(model));
    const onGpu = models.filter((model) => model !== planned && mayUseGpu(model)).map(({ name }) => name);
    return planned && onGpu.length > 0 ? [`the models ${onGpu.join(', ')}`] : [];
  }
}

const mayUseGpu = (model: TritonModel): boolean =>
  model.platform !== 'ensemble' &&
  !('instanceGroups' in model && model.instanceGroups?.every(({ kind }) => kind === 'KIND_CPU'));

/** Variables that the library sets, each with the setting that it sets it from. */
const OWNED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['HOME', 'the writable path /tmp'],
  ['HF_HOME', 'cachePath'],
  ['HF_HUB_OFFLINE', 'the artifact'],
  ['HF_TOKEN', 'credentials'],
  ['HF_TOKEN_PATH', 'credentials'],
  ['PYTHONDONTWRITEBYTECODE', 'the read-only root file system'],
  ['VLLM_CACHE_ROOT', 'the writable path /tmp'],
  ['TORCHINDUCTOR_CACHE_DIR', 'the writable path /tmp'],
  ['TRITON_CACHE_DIR', 'the writable path /tmp'],
  ['VLLM_NO_USAGE_STATS', 'the network policy'],
]);
