import { refuse } from '../../problem/problem';
import { API_KEY_HEADER, ApiKey, apiKeyProblems, apiKeyReferences } from '../api-key';
import { flagProblems } from '../command-line-flags';
import { EngineMemoryProfile, GpuTraits } from '../engine-memory-profile';
import { environment, environmentProblems } from '../environment';
import { ImageReference } from '../image-reference';
import { openTelemetryEnvironment } from '../open-telemetry';
import { settingProblems } from '../server-settings';
import { toldVersion } from '../server-version';
import {
  EnvironmentReference,
  GroupContract,
  MemoryLayout,
  ServerContract,
  ServingRequest,
  ServingRuntime,
} from '../serving-runtime';
import {
  memoryOptions,
  SGLANG_API_KEY,
  SGLANG_OWNED_FLAGS,
  SGLANG_PORT,
  sglangArguments,
  sglangFormats,
  SglangServer,
} from './sglang-arguments';
import { SGLANG_FLAGS, SGLANG_RELEASES } from './sglang-flags';
import { RENDEZVOUS_PORT } from './sglang-layout';
import { sglangMemoryProfile } from './sglang-memory';
import { sglangReleaseProblems, sglangRequestProblems } from './sglang-problems';
import { SGLANG_SETTINGS, SglangSettings, SglangSpeculation } from './sglang-settings';
import { sglangSignals } from './sglang-signals';
import { speculationProblems } from './sglang-speculation';
import { tracingWarnings } from './sglang-tracing';

export interface SglangRuntimeProps extends SglangSettings {
  /** The image, such as `lmsysorg/sglang:v0.5.23`. Its tag says the version; `:latest` needs `version` and a digest. */
  readonly image: string;
  /**
   * Version of SGLang, when the image does not say it. A wrong one gives flags that the server refuses.
   * @default - the version that the tag begins with
   */
  readonly version?: string;
  /** Guess several tokens ahead. @default - one token at a time */
  readonly speculative?: SglangSpeculation;
  /**
   * Flags that have no setting. Refused are flags that the version does not have, and those that follow from the service.
   * Of versions that are newer than this library nothing is known, and unknown flags pass.
   * @default - none
   */
  readonly args?: readonly string[];
  /**
   * Key that clients must send as a bearer token; not asked for /health and /metrics. SGLang takes it as a flag and writes
   * its flags to its log, so who may read the log knows it. @default - none: whoever reaches the port is answered
   */
  readonly apiKey?: ApiKey;
  /** Environment variables. Must not repeat one that the library sets. @default - none */
  readonly env?: Readonly<Record<string, string>>;
}

const CACHE_PATH = '/cache/huggingface';
/** Home of a user whom the image does not know: compiled kernels go to ~/.cache and ~/.triton. */
const HOME = '/home/sglang';
/** Host memory of the frontend, the tokenizer and the detokenizer in GiB; unverified. */
const HOST_MEMORY_BASE_GIB = 8;
/** Host memory of one process a GPU (CUDA context, libraries, buffers of the loader) in GiB; unverified. */
const HOST_MEMORY_GIB_PER_GPU = 4;

/**
 * SGLang, from 0.4.6 on.
 *
 * Share of memory and size of a step are always stated, so that the plan and the server have the same numbers. `/health`
 * answers 503 until the warm-up is done and again while it stops, which is what readiness asks; newer releases would
 * generate a token for each probe and are told not to, because a long queue is no reason to restart. SIGTERM finishes
 * what runs, without limit (sgl-project/sglang#1838); kubelets ask a pod that is going for no liveness.
 *
 * Not confirmed by anyone: that the image runs as a user other than root and on a read-only root file system. It is
 * installed where everybody may read, and home and /tmp are volumes.
 */
export class SglangRuntime implements ServingRuntime {
  readonly name = 'sglang';
  readonly image: ImageReference;
  readonly version: string;
  private readonly server: SglangServer;

  /** @throws InvalidInputError when the version is unknown, or the server in this version would refuse a setting */
  constructor(private readonly props: SglangRuntimeProps) {
    const { image, version, speculative, args, apiKey, env, ...settings } = props;
    this.image = ImageReference.parse(image);
    const told = toldVersion('SGLang', this.image, version, 'v0.5.23');
    this.version = told.version;
    this.server = { version: told.version, settings, speculative, apiKey, args };
    refuse(`SglangRuntime ${image}`, [
      ...told.problems,
      ...settingProblems('SGLang', { ...settings }, SGLANG_SETTINGS, 'A flag that has no setting goes into args.'),
      ...(told.problems.length === 0 ? sglangReleaseProblems(told.version, settings) : []),
      ...speculationProblems(told.version, speculative),
      ...flagProblems(args ?? [], {
        server: 'SGLang',
        version: told.version,
        prop: 'args',
        owned: SGLANG_OWNED_FLAGS,
        flags: SGLANG_FLAGS,
        newest: SGLANG_RELEASES.newest,
      }),
      ...apiKeyProblems(apiKey),
      ...environmentProblems(env ?? {}, OWNED_VARIABLES),
    ]);
  }

  contract(request: ServingRequest): ServerContract {
    const { model, parallelism, offline } = request;
    const { settings, speculative, apiKey } = this.server;
    const { hicacheSize = 0 } = settings;
    const formats = sglangFormats(settings, request);
    const gpusPerPod =
      (parallelism.tensorParallelSize * parallelism.pipelineParallelSize * parallelism.dataParallelSize) /
      parallelism.nodes;
    const embeds = model?.task !== undefined && model.task !== 'generation';
    const cachePath = request.cachePath ?? CACHE_PATH;
    const variables = environment({
      HF_HOME: cachePath,
      // Code that comes with a model is copied here, also where the cache is read-only.
      HF_MODULES_CACHE: `${HOME}/hf-modules`,
      HF_HUB_OFFLINE: offline ? 1 : undefined,
      HOME,
      // Without an entry in /etc/passwd, Python asks this for the name of the user.
      USER: this.name,
      SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION: 'false',
      ...openTelemetryEnvironment(request.telemetry),
      ...this.props.env,
    });
    const references: EnvironmentReference[] = [
      // Where a pod has several addresses, the one that the others can reach.
      ...(parallelism.nodes > 1 ? [{ name: 'SGLANG_HOST_IP', fieldPath: 'status.podIP' } as const] : []),
      ...apiKeyReferences(SGLANG_API_KEY, apiKey),
    ];
    const launch = {
      command: ['python3', '-m', 'sglang.launch_server'],
      env: variables,
      envReferences: references.length > 0 ? references : undefined,
    };
    const args = sglangArguments(this.server, request, '0');
    return {
      ...launch,
      ports: [{ name: 'http', port: SGLANG_PORT }],
      readiness: { path: '/health', port: SGLANG_PORT },
      liveness: { path: '/health', port: SGLANG_PORT },
      metrics: { path: '/metrics', port: SGLANG_PORT },
      signals: sglangSignals(this.version, {
        args,
        generates: !embeds,
        ...parallelism,
      }),
      args,
      group:
        parallelism.nodes === 1
          ? undefined
          : group({ ...launch, args: sglangArguments(this.server, request, '$(LWS_WORKER_INDEX)') }),
      credentialSlots: [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN', fileVariable: 'HF_TOKEN_PATH' }],
      ...(apiKey && { clientKeyHeader: API_KEY_HEADER }),
      cachePath,
      writablePaths: [
        { name: 'home', path: HOME, sizeMib: 4 * 1024 },
        { name: 'tmp', path: '/tmp', sizeMib: 2 * 1024 },
      ],
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      readOnlyRootFilesystem: true,
      // Its documentation starts the container with 32 GB or the host's; processes exchange tensors there.
      sharedMemoryMib: gpusPerPod > 1 ? 16 * 1024 : 1024,
      hostMemoryMib: Math.ceil(
        (HOST_MEMORY_BASE_GIB + HOST_MEMORY_GIB_PER_GPU * gpusPerPod) * 1024 +
          (hicacheSize * gpusPerPod * 1e9) / 2 ** 20,
      ),
      ephemeralStorageMib: 8 * 1024,
      cpuCores: 4 + 2 * gpusPerPod,
      shutdown: 'drains',
      // Not /generate, /flush_cache, /update_weights_from_disk and the other paths for operators, which nothing guards.
      clientPaths: embeds
        ? ['/v1/embeddings', ...(model.task === 'reranking' ? ['/v1/rerank'] : []), '/v1/models']
        : ['/v1/chat/completions', '/v1/completions', '/v1/models'],
      downloadHosts: offline ? [] : ['huggingface.co', '*.hf.co', '*.huggingface.co'],
      // Graphs are captured for up to 50 sizes; not measured.
      warmUpSeconds: settings.disableCudaGraph ? 60 : 180,
      weightFormat: formats.weightFormat,
      kvCacheFormat: formats.kvCacheFormat,
      draftModel: speculative?.draftModel && { model: speculative.draftModel },
      unplannedMemory:
        speculative?.draftModelPath !== undefined && speculative.draftModel === undefined
          ? ['the draft model of speculative.draftModelPath; state its draftModel']
          : [],
      problems: [...formats.problems, ...sglangRequestProblems(this.server, request)],
      warnings: tracingWarnings(this.version, settings.otlpTracesEndpoint, request.telemetry),
    };
  }

  memoryProfile(gpu: GpuTraits, layout?: MemoryLayout): EngineMemoryProfile {
    return sglangMemoryProfile(this.version, gpu, memoryOptions(this.server), layout);
  }
}

/** Variables that the library sets, each with what it follows from. */
const OWNED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['HF_HOME', 'cachePath'],
  ['HF_MODULES_CACHE', 'cachePath'],
  ['HF_HUB_OFFLINE', 'credentials'],
  ['HF_TOKEN', 'credentials'],
  [SGLANG_API_KEY, 'apiKey'],
  ['SGLANG_HOST_IP', 'the address of the pod'],
  ['HOME', 'the user that the server runs as'],
  ['USER', 'the user that the server runs as'],
  ['SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION', 'the probes'],
]);

/**
 * The workers load their part and wait for the leader by themselves. They answer on the same port when they are done,
 * with nothing but their health.
 */
function group(worker: GroupContract['worker']): GroupContract {
  return {
    worker: { ...worker, readiness: { tcpPort: SGLANG_PORT } },
    ports: [{ name: 'rendezvous', port: RENDEZVOUS_PORT }],
    workersWait: true,
  };
}
