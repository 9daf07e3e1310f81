import { ServingRequest } from '../serving-runtime';
import { isFileModel, isTensorRtLlm, isVllm, TritonModel } from './triton-model';
import { DEFAULT_PINNED_MIB, TritonSettings } from './triton-settings';

/** What the server asks of the machine beside GPUs. */
export interface TritonNeeds {
  readonly sharedMemoryMib: number;
  readonly hostMemoryMib: number;
  /** What it writes below /tmp. */
  readonly scratchMib: number;
  readonly warmUpSeconds: number;
}

/** The server with CUDA and one framework's libraries, in MiB: an estimate. */
const BASE_MIB = 4 * 1024;
/** A Python process with transformers and torch, in MiB: an estimate. */
const PYTHON_MIB = 1024;
/**
 * Shared memory for one Python process, in MiB. Each begins with 1 MiB since 23.09 and grows with the tensors that pass
 * through; before, each took 64 (triton-inference-server/python_backend#291).
 */
const PYTHON_SHM_MIB = 64;
/** Shared memory of vLLM, and of what splits a model by NCCL, for each GPU, in MiB: an estimate. */
const ENGINE_SHM_MIB_PER_GPU = 1024;
/** Bytes of a parameter while it is loaded, by the formats that most models are published in. */
const BYTES_PER_PARAMETER = 2;
/** Parameters to assume of a language model that nobody described. */
const UNKNOWN_MODEL_PARAMETERS = 8e9;
/** The cache for LoRA weights when its size is not stated; documented default of the backend. */
const LORA_HOST_BYTES = 2 ** 30;

const MIB = 2 ** 20;

/** Devices of the pod. */
export const gpusOf = ({ parallelism }: Pick<ServingRequest, 'parallelism'>): number =>
  parallelism.tensorParallelSize * parallelism.pipelineParallelSize;

/** Python processes of all models; a group without a kind may run one on each GPU. */
export const pythonInstances = (models: readonly TritonModel[] | undefined, gpus = 1): number =>
  (models ?? [])
    .filter(isFileModel)
    .filter(({ backend }) => backend === 'python')
    .flatMap(({ instanceGroups = [{}] }) => instanceGroups)
    .reduce(
      (sum, { count = 1, kind, gpus: own }) => sum + count * (kind === 'KIND_CPU' ? 1 : (own?.length ?? gpus)),
      0,
    );

export function tritonNeeds(
  settings: TritonSettings,
  models: readonly TritonModel[] | undefined,
  request: ServingRequest,
): TritonNeeds {
  const gpus = gpusOf(request);
  const engines = (models ?? []).filter(isTensorRtLlm);
  const vllm = (models ?? []).some(isVllm);
  // Of a repository that nobody described, as much as of one language model with Python around it.
  const python = models ? pythonInstances(models, gpus) : 2;
  const language = models === undefined || vllm || engines.length > 0;
  const weightsMib = language
    ? ((request.model?.parameters ?? UNKNOWN_MODEL_PARAMETERS) * BYTES_PER_PARAMETER) / MIB
    : ((request.model?.parameters ?? 0) * BYTES_PER_PARAMETER) / MIB;
  const cachesMib = engines.reduce((sum, engine) => {
    const lora = Object.entries(engine).some(
      ([setting, value]) => setting.startsWith('loraCache') && value !== undefined,
    );
    const loraBytes = engine.loraCacheHostMemoryBytes ?? (lora ? LORA_HOST_BYTES : 0);
    return sum + ((engine.kvCacheHostMemoryBytes ?? 0) + loraBytes) / MIB;
  }, 0);
  const pinnedMib = (settings.pinnedMemoryPoolMib ?? DEFAULT_PINNED_MIB) * (engines.length > 0 ? gpus : 1);
  return {
    sharedMemoryMib:
      64 + python * PYTHON_SHM_MIB + (vllm || (engines.length > 0 && gpus > 1) ? gpus * ENGINE_SHM_MIB_PER_GPU : 0),
    hostMemoryMib: Math.ceil(
      BASE_MIB + pinnedMib + (settings.responseCacheMib ?? 0) + python * PYTHON_MIB + weightsMib + cachesMib,
    ),
    // vLLM keeps what it compiles there.
    scratchMib: vllm ? 8 * 1024 : 1024,
    // From loaded weights to the first answer; estimates. vLLM compiles and captures graphs.
    warmUpSeconds: vllm ? 120 : language ? 60 : 30,
  };
}
