import { shown, wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { ensembleProblems } from './ensemble-problems';
import { batchingProblems, pathProblems, shareProblems } from './setting-problems';
import { tensorRtLlmProblems } from './tensorrt-llm-problems';
import { TENSORRT_LLM_SETTINGS } from './tensorrt-llm-settings';
import {
  called,
  isDecoupled,
  isEnsemble,
  isFileModel,
  isTensorRtLlm,
  isVllm,
  TRITON_DATA_TYPES,
  TritonBackendModel,
  TritonInput,
  TritonModel,
  TritonTensor,
} from './triton-model';
import { TritonSettings } from './triton-settings';
import { engineArgProblems } from './vllm-backend';

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** Everything in the models that cannot be, whatever the service asks for. */
export function modelProblems(models: readonly TritonModel[], settings: TritonSettings): Problem[] {
  const responseCache = settings.responseCacheMib !== undefined;
  const names = models.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  const cached = models.some((model) => isFileModel(model) && model.responseCache);
  return [
    ...(models.length === 0
      ? [
          problem(
            'models is empty.',
            'Name the models, or leave models out and bring the whole repository as the artifact.',
          ),
        ]
      : []),
    ...twice.map((name) => problem(`Two models are called ${called(name)}.`, 'Give each a name of its own.')),
    ...(cached && !responseCache
      ? [problem('A model has responseCache, but the server keeps no cache.', 'Set responseCacheMib of the runtime.')]
      : []),
    ...(!cached && responseCache
      ? [
          problem(
            'The server keeps a response cache that no model uses.',
            'Set responseCache of a model, or remove it.',
          ),
        ]
      : []),
    ...models.flatMap((model) => [
      ...nameProblems(model),
      ...parameterProblems(model),
      ...bucketProblems(model, settings),
      ...ownProblems(model),
    ]),
    ...models.flatMap((model) => (isEnsemble(model) ? ensembleProblems(model, models) : [])),
    ...nestingProblems(models),
  ];
}

function ownProblems(model: TritonModel): Problem[] {
  if (isVllm(model)) {
    return [
      ...shareProblems(`gpuMemoryUtilization of ${called(model.name)}`, model.gpuMemoryUtilization),
      ...wholeNumberProblems(`maxNumSeqs of ${called(model.name)}`, model.maxNumSeqs, 1),
      ...wholeNumberProblems(`maxNumBatchedTokens of ${called(model.name)}`, model.maxNumBatchedTokens, 1),
      ...engineArgProblems(model),
    ];
  }
  const batch = wholeNumberProblems(`maxBatchSize of ${called(model.name)}`, model.maxBatchSize, 0, 2 ** 31 - 1);
  if (isTensorRtLlm(model)) return [...batch, ...tensorRtLlmProblems(model)];
  const tensors = [
    ...tensorProblems(model, 'inputs', model.inputs),
    ...tensorProblems(model, 'outputs', model.outputs),
  ];
  return isEnsemble(model) ? [...batch, ...tensors] : [...batch, ...tensors, ...backendModelProblems(model)];
}

function nameProblems({ name }: TritonModel): Problem[] {
  return /^[A-Za-z0-9][\w.-]{0,62}$/.test(name)
    ? []
    : [
        problem(
          `${called(name)} is no name for a model: it is a folder, and part of the path that clients call.`,
          'Use letters, digits, "_", "." and "-", beginning with a letter or digit, at most 63.',
        ),
      ];
}

function bucketProblems(model: TritonModel, { metrics }: TritonSettings): Problem[] {
  const { firstResponseBuckets: buckets } = model;
  if (buckets === undefined) return [];
  const name = called(model.name);
  const rising = buckets.every((bound, at) => Number.isFinite(bound) && bound > (buckets[at - 1] ?? 0));
  return [
    ...(rising && buckets.length > 0
      ? []
      : [problem(`firstResponseBuckets of ${name} is [${buckets.join(', ')}].`, 'Use rising numbers above 0.')]),
    ...(metrics?.histogramLatencies
      ? []
      : [problem(`${name} has buckets for a histogram that is off.`, 'Set metrics.histogramLatencies.')]),
    ...(isDecoupled(model)
      ? []
      : [
          problem(
            `${name} sends one answer to a request, and Triton measures the first answer of models that stream.`,
            'Set decoupled, or remove firstResponseBuckets.',
          ),
        ]),
  ];
}

function parameterProblems(model: TritonModel): Problem[] {
  const owned = Object.values(TENSORRT_LLM_SETTINGS).map(({ parameter }) => parameter);
  return Object.entries(model.parameters ?? {}).flatMap(([key, value]): Problem[] => {
    if (key === '') return [problem(`A parameter of ${called(model.name)} has no name.`, 'Name it.')];
    if (isTensorRtLlm(model) && [...owned, 'gpt_model_path'].includes(key)) {
      return [
        problem(
          `parameters of ${called(model.name)} has ${key}, which has a setting of its own.`,
          'State the setting instead.',
        ),
      ];
    }
    if (typeof value === 'string') return [];
    return typeof value?.artifactPath === 'string'
      ? pathProblems(`The path of parameter ${called(key)} of ${called(model.name)}`, value.artifactPath)
      : [
          problem(
            `The parameter ${called(key)} of ${called(model.name)} is ${shown(value)}.`,
            'Use a text, or { artifactPath: … }.',
          ),
        ];
  });
}

function tensorProblems(model: TritonModel, side: string, tensors: readonly (TritonInput | TritonTensor)[]): Problem[] {
  const names = tensors.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  return [
    ...(tensors.length === 0
      ? [
          problem(
            `The model ${called(model.name)} has no ${side}.`,
            `State its ${side}: the file is not asked for them.`,
          ),
        ]
      : []),
    ...twice.map((name) => problem(`${side} of ${called(model.name)} has ${called(name)} twice.`, 'Remove one.')),
    ...tensors.flatMap(({ name, dataType, dims, reshape }) => {
      const what = `${called(name)} of ${called(model.name)}`;
      return [
        ...(name === '' ? [problem(`A tensor of ${called(model.name)} has no name.`, 'Name it.')] : []),
        ...(TRITON_DATA_TYPES.includes(dataType)
          ? []
          : [problem(`dataType of ${what} is ${called(dataType)}.`, `Use ${TRITON_DATA_TYPES.join(', ')}.`)]),
        ...(dims.length > 0 && dims.every(isSize)
          ? reshapeProblems(what, dims, reshape)
          : [
              problem(
                `dims of ${what} is [${dims.join(', ')}].`,
                'State one size or more, whole numbers above 0, or -1 for any; a bare value is dims [1] with reshape [].',
              ),
            ]),
      ];
    }),
  ];
}

const isSize = (size: number) => Number.isSafeInteger(size) && (size > 0 || size === -1);

/** The same number of elements, as Triton compares it: fixed sizes multiplied, and as many that may be any. */
function reshapeProblems(what: string, dims: readonly number[], reshape: readonly number[] | undefined): Problem[] {
  if (reshape === undefined) return [];
  const elements = (sizes: readonly number[]) => sizes.filter((size) => size > 0).reduce((a, b) => a * b, 1);
  const open = (sizes: readonly number[]) => sizes.filter((size) => size === -1).length;
  return reshape.every(isSize) && elements(dims) === elements(reshape) && open(dims) === open(reshape)
    ? []
    : [
        problem(
          `reshape of ${what} is [${reshape.join(', ')}], which has not as many elements as dims [${dims.join(', ')}].`,
          'Use a shape of as many elements.',
        ),
      ];
}

function backendModelProblems(model: TritonBackendModel): Problem[] {
  const { name } = model;
  return [
    ...wholeNumberProblems(`version of ${called(name)}`, model.version, 1),
    ...pathProblems(`folder of ${called(name)}`, model.folder),
    ...pathProblems(`defaultModelFilename of ${called(name)}`, model.defaultModelFilename),
    ...batchingProblems(name, model.maxBatchSize ?? 0, model.dynamicBatching),
    ...(model.decoupled && model.responseCache
      ? [
          problem(
            `${called(name)} is decoupled and has a response cache; Triton has no cache for such.`,
            'Remove one of them.',
          ),
        ]
      : []),
    ...(model.instanceGroups ?? []).flatMap(({ count, kind, gpus }) => [
      ...wholeNumberProblems(`count of an instance group of ${called(name)}`, count, 1),
      ...(gpus ?? []).flatMap((gpu) => wholeNumberProblems(`A GPU of an instance group of ${called(name)}`, gpu, 0)),
      ...(gpus !== undefined && (kind === 'KIND_CPU' || kind === 'KIND_MODEL')
        ? [problem(`An instance group of ${called(name)} is ${kind} and names GPUs.`, 'Remove gpus, or use KIND_GPU.')]
        : []),
      ...(model.backend === 'tensorrt' && kind === 'KIND_CPU'
        ? [problem(`${called(name)} is a TensorRT plan on a CPU.`, 'Use KIND_GPU.')]
        : []),
    ]),
  ];
}

/** Ensembles that contain themselves, by one step or several. */
function nestingProblems(models: readonly TritonModel[]): Problem[] {
  const inside = (name: string): readonly string[] => {
    const model = models.find((one) => one.name === name);
    return model && isEnsemble(model) ? model.steps.map((step) => step.model) : [];
  };
  return models.filter(isEnsemble).flatMap(({ name }) => {
    const reached = new Set<string>();
    for (let next = inside(name); next.length > 0;) {
      const fresh = next.filter((one) => !reached.has(one));
      fresh.forEach((one) => reached.add(one));
      next = fresh.flatMap(inside);
    }
    return reached.has(name)
      ? [problem(`Ensemble ${called(name)}: it contains itself.`, 'Remove the step that leads back to it.')]
      : [];
  });
}
