import { Problem } from '../../problem/problem';
import { ServingRequest } from '../serving-runtime';
import { TensorRtLlmModel } from './tensorrt-llm-settings';
import { CONFIG_PATH, REPOSITORY_PATH } from './model-repository';
import { gpusOf } from './triton-needs';
import { isFileModel, isTensorRtLlm, isVllm, TritonModel } from './triton-model';

/** What Triton cannot do of a request with these models; undefined for a repository that nobody described. */
export function requestProblems(
  version: string,
  models: readonly TritonModel[] | undefined,
  request: ServingRequest,
): Problem[] {
  return [
    ...weightProblems(models, request),
    ...parallelismProblems(version, models, request),
    ...loraProblems(models, request),
    ...(models ?? []).filter(isTensorRtLlm).flatMap((model) => engineProblems(model, request)),
    ...servedNameProblems(models, request),
  ];
}

const setting = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });
const parallel = (message: string, remedy: string): Problem => ({ check: 'gpu-parallelism', message, remedy });

function weightProblems(models: readonly TritonModel[] | undefined, { weights, model }: ServingRequest): Problem[] {
  if (weights.kind === 'local') return pathProblems(weights.path);
  if (models === undefined) {
    return [
      setting(
        'Triton downloads no models, and the service names no artifact.',
        "Bring the repository: artifact: ModelArtifact.claim(…), ModelArtifact.download(…) or ModelArtifact.baked('/models').",
      ),
    ];
  }
  const needy = models.filter((one) => isFileModel(one) || isTensorRtLlm(one)).map(({ name }) => name);
  const vllms = models.filter(isVllm);
  return [
    ...(needy.length > 0
      ? [
          setting(
            `Triton downloads no models, and ${needy.join(', ')} ${needy.length > 1 ? 'want their' : 'wants its'} files from an artifact.`,
            "Bring them: artifact: ModelArtifact.claim(…), ModelArtifact.download(…) or ModelArtifact.baked('/weights').",
          ),
        ]
      : []),
    ...(vllms.length > 0 && weights.repository === undefined && model === undefined
      ? [setting(`The model ${vllms[0]!.name} does not say what vLLM should download.`, 'State model, or an artifact.')]
      : []),
  ];
}

function pathProblems(path: string): Problem[] {
  if (!/^\/[\w@+./-]*$/.test(path)) {
    return [
      setting(
        `The artifact lies in ${JSON.stringify(path.slice(0, 80))}.`,
        'Use an absolute path of letters, digits and "/._-@+".',
      ),
    ];
  }
  // A volume over the artifact would hide it, and one below it cannot be mounted when it is read-only.
  const taken = [REPOSITORY_PATH, CONFIG_PATH, '/tmp'].find((own) => within(own, path) || within(path, own));
  return taken === undefined
    ? []
    : [
        setting(
          `The artifact lies in ${path}, and ${taken} is the server's own.`,
          'Use another path, such as /models.',
        ),
      ];
}

const within = (path: string, folder: string) => `${path}/`.startsWith(`${folder.replace(/\/$/, '')}/`);

function parallelismProblems(
  version: string,
  models: readonly TritonModel[] | undefined,
  { parallelism }: ServingRequest,
): Problem[] {
  const { dataParallelSize, nodes } = parallelism;
  const gpus = gpusOf({ parallelism });
  const engines = (models ?? []).filter(isTensorRtLlm);
  const splits = engines.length > 0 || (models ?? []).some(isVllm);
  const outside = (models ?? [])
    .filter(isFileModel)
    .flatMap(({ name, instanceGroups = [] }) =>
      instanceGroups.flatMap((group) => (group.gpus ?? []).map((gpu) => ({ name, gpu }))),
    )
    .filter(({ gpu }) => gpu >= gpus);
  return [
    ...(nodes > 1
      ? [
          parallel(
            `Triton ${version} cannot span ${nodes} pods: its processes are started by mpirun, which would need a shell in each of them.`,
            'Use NimRuntime or VllmRuntime, or a machine with all the GPUs.',
          ),
        ]
      : []),
    ...(dataParallelSize > 1
      ? [
          parallel(
            `Triton has no data parallelism of ${dataParallelSize} within a server.`,
            `Use replicas: ${dataParallelSize}.`,
          ),
        ]
      : []),
    ...(gpus > 1 && models === undefined
      ? [
          parallel(
            `The service takes ${gpus} GPUs, and how a repository that nobody described is started on them is not known.`,
            'Describe its models in models, or use one GPU and replicas.',
          ),
        ]
      : []),
    ...(gpus > 1 && models !== undefined && !splits
      ? [
          parallel(
            `The service takes ${gpus} GPUs for one model, and only the backends tensorrtllm and vllm split one.`,
            `Use one GPU and replicas: ${gpus}.`,
          ),
        ]
      : []),
    ...(gpus > 1 && engines.length > 1
      ? [
          parallel(
            `${engines.map(({ name }) => name).join(' and ')} would share the ${gpus} processes that mpirun starts; each belongs to one engine.`,
            'Serve each engine by a service of its own.',
          ),
        ]
      : []),
    ...outside.map(({ name, gpu }) =>
      parallel(
        `An instance group of ${name} wants GPU ${gpu}, and the pod has ${gpus}, from 0.`,
        'Use a smaller index, or remove gpus.',
      ),
    ),
  ];
}

function loraProblems(models: readonly TritonModel[] | undefined, { lora }: ServingRequest): Problem[] {
  if (!lora) return [];
  const vllms = (models ?? []).filter(isVllm);
  if (vllms.length === 1) return [];
  return [
    vllms.length > 1
      ? setting(
          `The service has LoRA adapters and ${vllms.length} vLLM models, and does not say whose they are.`,
          'Serve each base model by a service of its own.',
        )
      : setting(
          (models ?? []).some(isTensorRtLlm)
            ? 'TensorRT-LLM in Triton takes LoRA weights from the first request that uses them, in a format of its own; it loads no adapter by name.'
            : 'No backend of this Triton loads LoRA adapters.',
          "Use backend: 'vllm', or VllmRuntime.",
        ),
  ];
}

function engineProblems(model: TensorRtLlmModel, request: ServingRequest): Problem[] {
  const { name, engine = {} } = model;
  const { maxModelLen, parallelism, gpuMemoryShare } = request;
  const built = (['tensorParallelSize', 'pipelineParallelSize'] as const).filter(
    (size) => engine[size] !== undefined && engine[size] !== parallelism[size],
  );
  return [
    ...built.map((size) =>
      parallel(
        `The engine of ${name} was built for ${size} ${engine[size]}, and the service asks for ${parallelism[size]}.`,
        `Use ${size}: ${engine[size]}, or build the engine anew.`,
      ),
    ),
    ...(maxModelLen !== undefined && engine.maxSeqLen !== undefined && maxModelLen > engine.maxSeqLen
      ? [
          setting(
            `maxModelLen is ${maxModelLen}, and the engine of ${name} was built for ${engine.maxSeqLen}.`,
            `Use maxModelLen: ${engine.maxSeqLen} or less, or build it with a larger --max_seq_len.`,
          ),
        ]
      : []),
    ...(gpuMemoryShare < 1 && model.maxTokensInPagedKvCache === undefined
      ? [
          setting(
            `The GPU is shared, and ${name} would take nine tenths of what is free when it starts, whoever starts first.`,
            'State maxTokensInPagedKvCache, or use a MIG slice.',
          ),
        ]
      : []),
  ];
}

function servedNameProblems(
  models: readonly TritonModel[] | undefined,
  { servedModelName }: ServingRequest,
): Problem[] {
  if (servedModelName === undefined || models === undefined || models.some(({ name }) => name === servedModelName))
    return [];
  return [
    setting(
      `servedModelName is ${JSON.stringify(servedModelName.slice(0, 60))}, and Triton serves models by their own names: ${models.map(({ name }) => name).join(', ')}.`,
      'Remove servedModelName, or name a model so.',
    ),
  ];
}
