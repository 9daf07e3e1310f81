import type { TensorRtLlmModel } from './tensorrt-llm-settings';
import type { VllmBackendModel } from './vllm-backend';

/** Number formats of a tensor, in the words of `model_config.proto`. */
export const TRITON_DATA_TYPES = [
  'TYPE_BOOL',
  'TYPE_UINT8',
  'TYPE_UINT16',
  'TYPE_UINT32',
  'TYPE_UINT64',
  'TYPE_INT8',
  'TYPE_INT16',
  'TYPE_INT32',
  'TYPE_INT64',
  'TYPE_FP16',
  'TYPE_FP32',
  'TYPE_FP64',
  'TYPE_STRING',
  'TYPE_BF16',
] as const;

export type TritonDataType = (typeof TRITON_DATA_TYPES)[number];

/** One output of a model. A model whose file says otherwise is not loaded. */
export interface TritonTensor {
  readonly name: string;
  readonly dataType: TritonDataType;
  /** Size of each dimension, -1 for any; without the batch, which `maxBatchSize` adds in front. */
  readonly dims: readonly number[];
  /**
   * The shape that the backend sees instead of `dims`, of as many elements. An empty one is a bare value.
   * @default - dims
   */
  readonly reshape?: readonly number[];
}

/** One input of a model. */
export interface TritonInput extends TritonTensor {
  /** A request may leave it out. @default false */
  readonly optional?: boolean;
  /** Requests whose shapes differ may share a batch; the backend must be made for it. @default false */
  readonly allowRaggedBatch?: boolean;
}

/** Copies of a model that run side by side. */
export interface TritonInstanceGroup {
  /** Copies; on GPUs, on each of them. Every copy takes memory of its own. @default 1 */
  readonly count?: number;
  /** @default 'KIND_AUTO': on the GPUs where the backend can use them, else on the CPU */
  readonly kind?: 'KIND_AUTO' | 'KIND_GPU' | 'KIND_CPU' | 'KIND_MODEL';
  /** Indexes of the pod's GPUs, from 0. Not for `KIND_CPU` and `KIND_MODEL`. @default - all */
  readonly gpus?: readonly number[];
}

/** What becomes of a request that waits too long. */
export interface TritonQueuePolicy {
  /** `REJECT` answers with an error, `DELAY` puts it behind all others. @default 'REJECT' */
  readonly timeoutAction?: 'REJECT' | 'DELAY';
  /** Microseconds that a request may wait. @default - for ever */
  readonly defaultTimeoutMicroseconds?: number;
  /** A request may ask for a shorter wait. @default false */
  readonly allowTimeoutOverride?: boolean;
  /** Requests that may wait; more are refused. @default - no limit */
  readonly maxQueueSize?: number;
}

/** Requests that wait are put together. */
export interface TritonDynamicBatching {
  /** Sizes at which a batch is sent at once. Of use to TensorRT plans with profiles for certain sizes. @default - any size */
  readonly preferredBatchSize?: readonly number[];
  /** Microseconds that the first request of a batch waits for more; they are added to its latency. @default 0 */
  readonly maxQueueDelayMicroseconds?: number;
  /** Answers leave in the order in which requests came. @default false */
  readonly preserveOrdering?: boolean;
  /** Queues by priority, 1 first; a request says which. @default - one queue */
  readonly priorityLevels?: number;
  /** Priority of a request that says none. Wanted when there are levels. @default - none */
  readonly defaultPriorityLevel?: number;
  readonly defaultQueuePolicy?: TritonQueuePolicy;
  /** Policies of single priorities. @default - the default policy */
  readonly priorityQueuePolicy?: Readonly<Record<number, TritonQueuePolicy>>;
}

/** A parameter of a model: a text, or a path in the artifact that becomes absolute when its place in the pod is known. */
export type TritonParameter = string | { readonly artifactPath: string };

/** What every model of a Triton server has. */
export interface TritonModelBase {
  /** Name that clients and ensembles call it by, and its folder: letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** Largest batch. 0 for a model without a batch dimension. @default 0 */
  readonly maxBatchSize?: number;
  /**
   * Bounds of the histogram of the time to the first answer, in milliseconds, rising; an objective should be one of them. For
   * models that stream, and with `metrics.histogramLatencies`. Since which release Triton reads them is not verified.
   * @default - Triton's own, 100, 500, 2000 and 5000, and those of objectives for timeToFirstToken
   */
  readonly firstResponseBuckets?: readonly number[];
  /** Further parameters, as the backend reads them. @default - none */
  readonly parameters?: Readonly<Record<string, TritonParameter>>;
}

/** Backends that run a file of the artifact. */
export const TRITON_FILE_BACKENDS = [
  'onnxruntime',
  'tensorrt',
  'pytorch',
  'openvino',
  'python',
  'dali',
  'fil',
] as const;

/** A model that one of Triton's backends runs: what lies in the artifact is linked, its `config.pbtxt` comes from here. */
export interface TritonBackendModel extends TritonModelBase {
  readonly backend: (typeof TRITON_FILE_BACKENDS)[number];
  readonly platform?: undefined;
  readonly inputs: readonly TritonInput[];
  readonly outputs: readonly TritonTensor[];
  /** Version that is served. @default 1 */
  readonly version?: number;
  /**
   * Folder of the artifact that holds the version's files, such as `embed/1` with a `model.onnx`.
   * @default - the name, then the version
   */
  readonly folder?: string;
  /** File to load, when it has another name. @default - the backend's, such as `model.onnx` or `model.py` */
  readonly defaultModelFilename?: string;
  /** @default - requests are not put together, unless they come as a batch */
  readonly dynamicBatching?: TritonDynamicBatching;
  /** @default - one copy on each GPU, or one on the CPU */
  readonly instanceGroups?: readonly TritonInstanceGroup[];
  /** Sends any number of answers to one request, such as a stream. @default false */
  readonly decoupled?: boolean;
  /** Equal requests get the answer of the first. Needs `responseCacheMib` of the runtime. @default false */
  readonly responseCache?: boolean;
}

/** One step of an ensemble. */
export interface TritonEnsembleStep {
  /** Name of a model of the same server. */
  readonly model: string;
  /** The model's inputs by name, with the tensor of the ensemble that each gets. */
  readonly inputMap: Readonly<Record<string, string>>;
  /** The model's outputs by name, with the tensor of the ensemble that each becomes. */
  readonly outputMap: Readonly<Record<string, string>>;
}

/** Several models behind one name; their tensors never leave the server. */
export interface TritonEnsemble extends TritonModelBase {
  readonly platform: 'ensemble';
  readonly backend?: undefined;
  readonly inputs: readonly TritonInput[];
  readonly outputs: readonly TritonTensor[];
  /** The steps. Triton runs each as soon as its inputs are there, whatever their order here. */
  readonly steps: readonly [TritonEnsembleStep, ...TritonEnsembleStep[]];
}

/** A model as the server's `config.pbtxt` describes it. */
export type TritonModel = TritonBackendModel | TritonEnsemble | TensorRtLlmModel | VllmBackendModel;

/** How a message calls a model or a tensor: as it is, or in quotes and cut when it is no usual name. */
export function called(name: unknown): string {
  const text = String(name);
  if (/^[\w.-]{1,63}$/.test(text)) return text;
  return typeof name === 'string'
    ? JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
    : text.slice(0, 60);
}

/** The backend's name, or `ensemble`. */
export const backendOf = (model: TritonModel): string => model.backend ?? model.platform;

/** True when a model may send several answers to one request; vLLM's always may, an ensemble's steps decide. */
export const isDecoupled = (model: TritonModel): boolean => isVllm(model) || (!isEnsemble(model) && !!model.decoupled);

/** Models that clients call: those that are no step of an ensemble. */
export function entryModels(models: readonly TritonModel[]): readonly TritonModel[] {
  const steps = new Set(models.flatMap((model) => (isEnsemble(model) ? model.steps.map((step) => step.model) : [])));
  return models.filter(({ name }) => !steps.has(name));
}

export const isEnsemble = (model: TritonModel): model is TritonEnsemble => model.platform === 'ensemble';
export const isTensorRtLlm = (model: TritonModel): model is TensorRtLlmModel => model.backend === 'tensorrtllm';
export const isVllm = (model: TritonModel): model is VllmBackendModel => model.backend === 'vllm';
export const isFileModel = (model: TritonModel): model is TritonBackendModel =>
  !isEnsemble(model) && !isTensorRtLlm(model) && !isVllm(model);
