import { nearestNames } from '../../problem/nearest-names';
import { Problem } from '../../problem/problem';
import { EngineMemoryProfile } from '../engine-memory-profile';
import { environment, environmentProblems, EnvironmentValue } from '../environment';
import { ServerContract, ServingRequest } from '../serving-runtime';
import { retrieverSignals } from './nim-signals';
import { nimTracingWarnings, retrieverTracing } from './nim-telemetry';

/**
 * Settings of a NeMo Retriever NIM 1.x. Its servers are Triton with TensorRT or ONNX engines behind one HTTP port: no KV
 * cache, no engine flags, and none of the variables of NIM for LLMs but four.
 */
export interface NimRetrieverSettings {
  /** Profile (engine, precision, GPU) to serve, by its 64 hex digits. @default - NIM chooses by the GPU it sees */
  readonly modelProfile?: string;
  /** @default 'INFO' */
  readonly logLevel?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
  /** One JSON object a line instead of text. @default true */
  readonly jsonLogging?: boolean;
  /**
   * Texts, or pairs of query and text, that one step computes. The memory for them is taken at the start, at the longest
   * text. A TensorRT profile may be built for fewer. The default is not in NVIDIA's documentation: what public deployments see.
   * @default - 30 for embedding, 64 for reranking
   */
  readonly maxBatchSize?: number;
  /** Answer one request fast, or many together. @default - NIM's own, `latency` */
  readonly performanceMode?: 'latency' | 'throughput';
}

/** Answers with vectors, or with the order of texts. */
export type RetrieverTask = 'embedding' | 'reranking';

/**
 * What an image serves, by its repository: NVIDIA calls its embedding images `…embed…`, with the exception of two models of
 * others, and its reranking images `…rerank…`. Undefined for a NIM for LLMs.
 */
export function retrieverTask(repository: string): RetrieverTask | undefined {
  const [name = ''] = repository.split('/').slice(-1);
  if (/rerank/.test(name)) return 'reranking';
  return /embed|^bge-/.test(name) ? 'embedding' : undefined;
}

/** Texts in a batch where nobody says so. */
const BATCH: Readonly<Record<RetrieverTask, number>> = { embedding: 30, reranking: 64 };

/** Public manifests and NVIDIA's configuration pages of 1.x; the maximum sequence length from manifests only. */
const VARIABLES: Readonly<Record<keyof NimRetrieverSettings, string>> = {
  modelProfile: 'NIM_MODEL_PROFILE',
  logLevel: 'NIM_LOG_LEVEL',
  jsonLogging: 'NIM_JSONL_LOGGING',
  maxBatchSize: 'NIM_TRITON_MAX_BATCH_SIZE',
  performanceMode: 'NIM_TRITON_PERFORMANCE_MODE',
};

/** A retriever image with its settings, as its runtime hands it on. */
export interface NimRetriever {
  readonly task: RetrieverTask;
  readonly version: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

/** What is wrong with the image's version, settings and variables, whatever it is asked to serve. */
export function retrieverProblems({ version, settings, env }: NimRetriever): Problem[] {
  const problems: Problem[] = [];
  if (!version.startsWith('1.')) {
    problems.push({
      check: 'runtime-version',
      message: `A NeMo Retriever NIM ${version} has another server than 1.x: other variables, no profiles, weights in another folder.`,
      remedy: 'Use a 1.x image, or describe this one as a CustomRuntime.',
    });
  }
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(VARIABLES, name)) {
      problems.push({
        check: 'runtime-setting',
        message: `A NeMo Retriever NIM has no setting ${JSON.stringify(name)}.`,
        remedy: `Did you mean ${nearestNames(name, Object.keys(VARIABLES), 3).join(', ')}? A variable that has no setting goes into env.`,
      });
    } else if (name === 'maxBatchSize' && !(Number.isSafeInteger(value) && (value as number) > 0)) {
      problems.push({
        check: 'runtime-setting',
        message: `maxBatchSize is ${JSON.stringify(value)}.`,
        remedy: 'Use a whole number above 0.',
      });
    }
  }
  const owned = new Map<string, string>([
    ['NIM_CACHE_PATH', 'cachePath'],
    ['NIM_SERVED_MODEL_NAME', 'servedModelName'],
    ['NIM_TRITON_MAX_SEQ_LENGTH', 'maxModelLen'],
    ['NGC_API_KEY', 'credentials'],
    ...Object.entries(VARIABLES).map(([setting, variable]) => [variable, setting] as const),
  ]);
  return [...problems, ...environmentProblems(env, owned)];
}

const PORT = 8000;

/**
 * The contract of a NeMo Retriever NIM 1.x.
 *
 * Sources: docs.nvidia.com NeMo Retriever text embedding and text reranking NIM 1.0 to 1.13 (environment variables,
 * observability, Kubernetes, air gap), and NVIDIA's charts for RAG.
 */
export function retrieverContract(retriever: NimRetriever, request: ServingRequest): ServerContract {
  const { task, settings, env } = retriever;
  const cachePath = request.cachePath ?? '/opt/nim/.cache';
  const chosen: Readonly<Record<string, unknown>> = {
    logLevel: 'INFO',
    jsonLogging: request.telemetry?.jsonLogs ?? true,
    ...settings,
  };
  return {
    ports: [
      { name: 'http', port: PORT },
      { name: 'grpc', port: 8001, appProtocol: 'kubernetes.io/h2c' },
      { name: 'metrics', port: 8002, purpose: 'monitoring' },
    ],
    readiness: { path: '/v1/health/ready', port: PORT },
    liveness: { path: '/v1/health/live', port: PORT },
    // Triton's own (nv_inference_…); what the HTTP service counts besides is not documented.
    metrics: { path: '/metrics', port: 8002 },
    signals: retrieverSignals(retriever.version),
    env: environment({
      NIM_CACHE_PATH: cachePath,
      NIM_SERVED_MODEL_NAME: request.servedModelName,
      NIM_TRITON_MAX_SEQ_LENGTH: request.maxModelLen,
      ...Object.fromEntries(
        Object.entries(VARIABLES).map(([setting, variable]) => [variable, asText(chosen[setting])]),
      ),
      ...retrieverTracing(request.telemetry),
      ...env,
    }),
    credentialSlots: [{ kind: 'ngc', environmentVariable: 'NGC_API_KEY' }],
    cachePath,
    writablePaths: [],
    user: { uid: 1000, gid: 1000, fsGroup: 1000 },
    readOnlyRootFilesystem: {
      exception: 'NIM writes outside its cache and /tmp; no published version is known to run on a read-only root',
    },
    // Tokenizers are processes of Triton that hand texts over in shared memory. NVIDIA's run command allows 16 GB whatever
    // the machine; each process starts with 1 MiB.
    sharedMemoryMib: 2048,
    // Weights in host memory while they are loaded, Triton, and a tokenizer process for every second core.
    hostMemoryMib: 6 * 1024 + Math.ceil((2 * (request.model?.parameters ?? 1e9)) / 2 ** 20),
    ephemeralStorageMib: 8 * 1024,
    // "At least 8 cores" (support matrix).
    cpuCores: 8,
    // Nobody has published what it does on SIGTERM, so the pod waits before it is told.
    shutdown: 'aborts',
    clientPaths: [task === 'embedding' ? '/v1/embeddings' : '/v1/ranking', '/v1/models'],
    downloadHosts: request.offline
      ? []
      : ['api.ngc.nvidia.com', 'authn.nvidia.com', 'files.ngc.nvidia.com', 'xfiles.ngc.nvidia.com'],
    // Engines are ready-made; small models load in seconds. Not measured.
    warmUpSeconds: 120,
    unplannedMemory: [],
    problems: [...taskProblems(retriever, request), ...layoutProblems(request), ...credentialProblems(request)],
    warnings: nimTracingWarnings(retriever.version, request.telemetry),
  };
}

/** NVIDIA's pages write `true` for these images, where they write 1 for NIM for LLMs. */
const asText = (value: unknown) => (typeof value === 'boolean' ? String(value) : value) as EnvironmentValue;

/** The memory of Triton with a TensorRT or ONNX engine: weights, and what the largest batch needs. An estimate. */
export function retrieverMemoryProfile({ task, version, settings }: NimRetriever): EngineMemoryProfile {
  const stated = settings.maxBatchSize;
  return {
    engine: `NeMo Retriever NIM ${version} (Triton)`,
    utilization: 1,
    utilizationOf: 'total',
    maxNumSeqs: typeof stated === 'number' && stated > 0 ? stated : BATCH[task],
    maxNumBatchedTokens: 0,
    chunkedPrefillAbove: 0,
    wholeBatches: true,
    blockSize: 16,
    slidingWindowLayers: 'full',
    mlaAlignment: 1,
    samplerBytesPerLogit: 0,
    activationFloorGib: 0.5,
    activationUncertainty: 0.5,
    // A CUDA context and the libraries of two backends.
    nonTorchGib: 1,
    nonTorchPerDoublingGib: 0,
    nonTorchUncertainty: 0.5,
    cudaGraphGib: 0,
    cudaGraphsInBudget: true,
    sources: [
      'docs.nvidia.com NeMo Retriever NIM, troubleshooting: memory is taken in advance for the largest input',
      'batch sizes as public deployments see them; no start-up log was found',
    ],
  };
}

function taskProblems({ task }: NimRetriever, { model }: ServingRequest): Problem[] {
  const wanted = model?.task ?? 'generation';
  if (!model || wanted === task) return [];
  return [
    {
      check: 'model-task',
      message: `The image is one for ${task}; ${model.id} is a model for ${wanted}.`,
      remedy: `Use ${model.nimRepository ? `the image ${model.nimRepository}` : `an image for ${wanted}`}, or a model for ${task}.`,
    },
  ];
}

function layoutProblems({ parallelism, lora }: ServingRequest): Problem[] {
  const gpus = parallelism.tensorParallelSize * parallelism.pipelineParallelSize * parallelism.dataParallelSize;
  return [
    ...(gpus === 1
      ? []
      : [
          {
            check: 'runtime-setting',
            message: `A NeMo Retriever NIM serves a whole model on one GPU; the layout has ${gpus}.`,
            remedy: 'Leave the parallel sizes at 1, and use replicas.',
          },
        ]),
    ...(lora
      ? [
          {
            check: 'runtime-setting',
            message: 'A NeMo Retriever NIM serves no LoRA adapters: its engines are fixed when they are built.',
            remedy: 'Merge the adapter into the model, or use another server.',
          },
        ]
      : []),
  ];
}

function credentialProblems({ credentials, offline }: ServingRequest): Problem[] {
  if (credentials === 'ngc' || offline) return [];
  return [
    {
      check: 'credentials',
      message: `A NeMo Retriever NIM downloads its weights from NGC; the credentials are ${credentials}.`,
      remedy:
        "Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().",
    },
  ];
}
