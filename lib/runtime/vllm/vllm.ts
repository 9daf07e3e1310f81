import { Problem, refuse } from '../../problem/problem';
import { API_KEY_HEADER, apiKeyProblems, apiKeyReferences } from '../api-key';
import { commandLine, flagProblems, givenFlags } from '../command-line-flags';
import { EngineMemoryProfile, GpuTraits, vllmMemoryProfile } from '../engine-memory-profile';
import { environment, environmentProblems } from '../environment';
import { ImageReference } from '../image-reference';
import { ServerSignals } from '../server-signals';
import { isSince, toldVersion } from '../server-version';
import { EnvironmentReference, ServerContract, ServingRequest, ServingRuntime } from '../serving-runtime';
import { clientPaths, drains, servedModel, vllmArguments, vllmFlagKnowledge } from './vllm-arguments';
import { OWNED_VARIABLES, SCRATCH, vllmEnvironment } from './vllm-environment';
import { bucketFlag } from './vllm-buckets';
import { VLLM_RELEASES } from './vllm-flags';
import { chooseVllmFormats } from './vllm-formats';
import { GROUP_ADDRESS, startVllm } from './vllm-group';
import {
  handover,
  kvTransferAddress,
  kvTransferOf,
  kvTransferPorts,
  kvTransferProblems,
  roleProblems,
} from './vllm-kv-transfer';
import { layoutProblems, loraProblems } from './vllm-layout';
import { vllmSettingProblems, VllmSettings } from './vllm-settings';
import { servesV0, vllmSignals } from './vllm-signals';
import { draftModel, speculationConflicts, speculationProblems } from './vllm-speculation';
import { loggingFiles, telemetryWarnings } from './vllm-telemetry';

/** What a vLLM server is described by. */
export interface VllmRuntimeProps extends VllmSettings {
  /**
   * Image of vLLM, such as `vllm/vllm-openai:v0.11.2`. Its tag says the version, and that says which flags there are. A tag
   * without a version, or a digest alone, needs `version`.
   */
  readonly image: string;
  /**
   * Version of vLLM, when the image does not say it. With a wrong one the server ends at its start, at a flag that it does not
   * know. @default - the version that the tag begins with
   */
  readonly version?: string;
  /** Environment variables that have no setting of their own. Must not repeat one that the library sets. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Flags that have no setting of their own, such as `['--max-logprobs', '5']`. One that the version does not have is refused,
   * as is one that would win over what the service states. @default - none
   */
  readonly args?: readonly string[];
}

const PORT = 8000;
/** Where the image's own user has the cache of Hugging Face, so that a volume filled by hand for the image fits. */
const CACHE_PATH = '/home/vllm/.cache/huggingface';
/** The user that newer images have a name for; the group owns nothing in the image. */
const USER = { uid: 2000, gid: 2000, fsGroup: 2000 } as const;
/** Compiled kernels of one model take up to some GiB, Ray's logs and objects the rest. An estimate. */
const SCRATCH_MIB = 8 * 1024;
/** Logs. An estimate. */
const LOGS_MIB = 2 * 1024;
/** Two GiB in docs/deployment/k8s.md for one GPU, 15 GiB in docs/deployment/frameworks/lws.md for eight. */
const SHARED_MEMORY_MIB_PER_GPU = 2 * 1024;
/** API server and engine, and one worker for each GPU, each with PyTorch and CUDA. An estimate. */
const HOST_MEMORY_MIB = 5 * 1024;
const WORKER_MEMORY_MIB = 4 * 1024;
/** --swap-space, for each GPU: the first engine locks it at its start. */
const SWAP_MIB = 4 * 1024;
const SWAP_UNTIL = [0, 8, 0] as const;

/**
 * vLLM behind its OpenAI-compatible server, 0.5.5 to 0.33.
 *
 * Flags come and go with its versions, and one that the version does not have ends the server at its start; so every flag is
 * held against the version (see VLLM_FLAGS). Runs as user 2000 on a read-only root; that is derived from what vLLM is known to
 * write (home, caches, /tmp, /dev/shm), and unverified for each version.
 */
export class VllmRuntime implements ServingRuntime {
  readonly name = 'vllm';
  readonly image: ImageReference;
  readonly version: string;
  private readonly settings: VllmSettings;
  private readonly env: Readonly<Record<string, string>>;
  private readonly args: readonly string[];

  /** @throws InvalidInputError when the version is unknown, or does not have a setting or flag */
  constructor(props: VllmRuntimeProps) {
    const { image, version: stated, env = {}, args = [], ...settings } = props;
    this.image = ImageReference.parse(image);
    this.settings = settings;
    this.env = env;
    this.args = args;
    const { version, problems } = toldVersion('vLLM', this.image, stated, 'v0.11.2');
    this.version = version;
    refuse(
      `VllmRuntime ${image}`,
      problems.length > 0 ? problems : [...oldVersionProblems(version), ...this.problems()],
    );
  }

  contract(request: ServingRequest): ServerContract {
    const { version } = this;
    const settings = { ...this.settings, kvTransfer: kvTransferOf(request.role, this.settings.kvTransfer) };
    const { parallelism } = request;
    const cachePath = request.cachePath ?? CACHE_PATH;
    const formats = chooseVllmFormats(request, settings);
    const buckets = this.buckets(request);
    const args = [
      ...vllmArguments(version, request, settings, formats, this.utilization(request.gpuMemoryShare)),
      ...buckets,
      ...this.args,
    ];
    const env = environment({ ...vllmEnvironment(version, request, cachePath, settings), ...this.env });
    const envReferences: EnvironmentReference[] = [
      ...(parallelism.nodes > 1 ? [GROUP_ADDRESS] : []),
      ...kvTransferAddress(settings.kvTransfer),
    ];
    const gpusPerPod =
      (parallelism.tensorParallelSize * parallelism.pipelineParallelSize * parallelism.dataParallelSize) /
      parallelism.nodes;
    const files = loggingFiles(version, settings, request.telemetry);
    const references = [...envReferences, ...apiKeyReferences('VLLM_API_KEY', settings.apiKey)];
    return {
      ports: [{ name: 'http', port: PORT }, ...kvTransferPorts(settings.kvTransfer, parallelism)],
      // 503 once the engine is dead, and no connection before it is ready. Needs no API key.
      readiness: { path: '/health', port: PORT },
      liveness: { path: '/health', port: PORT },
      metrics: { path: '/metrics', port: PORT },
      signals: this.signals(request, buckets),
      ...startVllm(version, parallelism, args, { env, envReferences }),
      ...(request.role && { handover: handover(version, request.role, formats) }),
      env,
      ...(references.length > 0 && { envReferences: references }),
      ...(files.length > 0 && { files }),
      credentialSlots: [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN', fileVariable: 'HF_TOKEN_PATH' }],
      ...(settings.apiKey && { clientKeyHeader: API_KEY_HEADER }),
      cachePath,
      writablePaths: [{ name: 'tmp', path: SCRATCH, sizeMib: SCRATCH_MIB }],
      user: USER,
      readOnlyRootFilesystem: true,
      sharedMemoryMib: Math.ceil(SHARED_MEMORY_MIB_PER_GPU * gpusPerPod),
      hostMemoryMib: Math.ceil(
        HOST_MEMORY_MIB + (WORKER_MEMORY_MIB + (isSince(version, SWAP_UNTIL) ? 0 : SWAP_MIB)) * gpusPerPod,
      ),
      ephemeralStorageMib: SCRATCH_MIB + LOGS_MIB,
      // For each GPU: a worker, and its part of API server and engine (docs/configuration/optimization.md counts 2 + GPUs).
      cpuCores: 4,
      shutdown: drains(version) ? 'drains' : 'aborts',
      clientPaths: clientPaths(version, request),
      downloadHosts: request.offline ? [] : ['huggingface.co', '*.hf.co', '*.huggingface.co'],
      warmUpSeconds: this.warmUpSeconds(),
      ...(formats.weightFormat && { weightFormat: formats.weightFormat }),
      ...(formats.kvCacheFormat && { kvCacheFormat: formats.kvCacheFormat }),
      ...(draftModel(settings.speculation) && { draftModel: draftModel(settings.speculation) }),
      unplannedMemory: this.unplannedMemory(),
      problems: [
        ...modelProblems(request),
        ...formats.problems,
        ...layoutProblems(version, request),
        ...loraProblems(version, request.lora),
        ...speculationConflicts(version, settings.speculation, request),
        ...this.wholePromptProblems(request),
        ...roleProblems(version, request, this.settings),
      ],
      warnings: [...this.warnings(), ...telemetryWarnings(version, settings, request.telemetry)],
    };
  }

  memoryProfile(gpu: GpuTraits): EngineMemoryProfile {
    const { settings, version } = this;
    const engine = this.env.VLLM_USE_V1;
    const profile = vllmMemoryProfile(version, gpu, {
      gpuMemoryUtilization: settings.gpuMemoryUtilization,
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      enforceEager: settings.enforceEager,
      engine: engine === '0' ? 'V0' : engine === '1' ? 'V1' : undefined,
    });
    return {
      ...profile,
      blockSize: settings.blockSize ?? profile.blockSize,
      chunkedPrefillAbove:
        settings.chunkedPrefill === undefined ? profile.chunkedPrefillAbove : settings.chunkedPrefill ? 0 : Infinity,
    };
  }

  private signals(request: ServingRequest, buckets: readonly string[]): ServerSignals {
    return vllmSignals(this.version, {
      args: [...buckets, ...this.args],
      generates: (request.model?.task ?? 'generation') === 'generation',
      engineV0: servesV0(this.version, request, this.env.VLLM_USE_V1),
    });
  }

  /** The flag that makes durations of objectives boundaries of the histograms. */
  private buckets(request: ServingRequest): string[] {
    const { histograms } = this.signals(request, []);
    return commandLine(bucketFlag(this.version, histograms, request.latencyBoundaries, this.args));
  }

  private problems(): Problem[] {
    const { version } = this;
    const { speculation, kvTransfer, apiKey, ...values } = this.settings;
    return [
      ...vllmSettingProblems(version, values),
      ...speculationProblems(version, speculation),
      ...kvTransferProblems(version, kvTransfer),
      ...apiKeyProblems(apiKey),
      ...environmentProblems(this.env, OWNED_VARIABLES),
      ...flagProblems(this.args, vllmFlagKnowledge(version)),
    ];
  }

  /** On a GPU that others use too, a share of the share; the plan counts the same. */
  private utilization(gpuMemoryShare: number): number | undefined {
    const { gpuMemoryUtilization: stated } = this.settings;
    if (gpuMemoryShare >= 1) return stated;
    const whole = stated ?? (isSince(this.version, [0, 20, 0]) ? 0.92 : 0.9);
    return Math.floor(whole * gpuMemoryShare * 1000) / 1000;
  }

  /** An estimate: imports and the first step; compilation since 0.8, and graphs unless the settings spare both. */
  private warmUpSeconds(): number {
    if (this.settings.enforceEager) return 60;
    return isSince(this.version, [0, 8, 0]) ? 240 : 120;
  }

  private unplannedMemory(): string[] {
    const { speculation } = this.settings;
    const given = givenFlags(this.args);
    return [
      ...(speculation && 'repository' in speculation && speculation.method !== 'draft_model'
        ? [`the ${speculation.method} head ${speculation.repository}`]
        : []),
      ...(speculation?.method === 'mtp' ? ['the head of the checkpoint that guesses ahead'] : []),
      ...(given.has('--limit-mm-per-prompt') ? ['images beyond the limit that vLLM has by itself'] : []),
    ];
  }

  /** Without chunks a step computes a whole prompt, so the longest must go into it. */
  private wholePromptProblems({ model, maxModelLen }: ServingRequest): Problem[] {
    const { chunkedPrefill, maxNumBatchedTokens: tokens } = this.settings;
    const longest = maxModelLen ?? model?.maxModelLen;
    if (chunkedPrefill !== false || tokens === undefined || longest === undefined || tokens >= longest) return [];
    return [
      {
        check: 'runtime-setting',
        message: `maxNumBatchedTokens is ${tokens}, and without chunkedPrefill a step must hold a whole prompt of up to ${longest} tokens.`,
        remedy: `Use maxNumBatchedTokens ${longest} or more, a maxModelLen of ${tokens} or less, or chunkedPrefill.`,
      },
    ];
  }

  private warnings(): Problem[] {
    const { version } = this;
    const [major, minor] = VLLM_RELEASES.newest.split('.').map(Number) as [number, number];
    return [
      ...(isSince(version, [major, minor + 1, 0])
        ? [
            {
              check: 'runtime-version',
              message: `vLLM ${version} is newer than ${VLLM_RELEASES.newest}, the newest whose flags are known here; it is treated as that one.`,
              remedy: 'Look through the release notes for flags that are gone, or use a version that is known.',
            },
          ]
        : []),
      ...(this.settings.trustRemoteCode
        ? [
            {
              check: 'runtime-setting',
              message:
                'trustRemoteCode runs code that came with the model, with the rights of the server and its credential.',
              remedy: 'Pin the revision of the model, and leave it out for models that vLLM knows by itself.',
            },
          ]
        : []),
    ];
  }
}

function oldVersionProblems(version: string): Problem[] {
  const [major, minor, patch] = VLLM_RELEASES.oldest.split('.').map(Number) as [number, number, number];
  if (isSince(version, [major, minor, patch])) return [];
  return [
    {
      check: 'runtime-version',
      message: `vLLM ${version} is older than ${VLLM_RELEASES.oldest}, the oldest whose flags are known here.`,
      remedy: `Use ${VLLM_RELEASES.oldest} or later.`,
    },
  ];
}

function modelProblems(request: ServingRequest): Problem[] {
  if (servedModel(request) !== '') return [];
  return [
    {
      check: 'runtime-setting',
      message: 'Nobody says which model vLLM is to load; its image holds none.',
      remedy: 'State model, or an artifact with a repository or a folder.',
    },
  ];
}
