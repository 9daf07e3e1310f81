import { Problem } from '../../problem/problem';
import { TENSORRT_LLM_INPUTS, TENSORRT_LLM_OUTPUTS } from './tensorrt-llm-settings';
import {
  called,
  isTensorRtLlm,
  isVllm,
  TritonEnsemble,
  TritonEnsembleStep,
  TritonInput,
  TritonModel,
  TritonTensor,
} from './triton-model';

/** A tensor of the ensemble, and which model said what it is. */
interface KnownTensor {
  readonly dataType: string;
  readonly dims: readonly number[];
  readonly batched: boolean;
  readonly by: string;
}

/**
 * What Triton would refuse when it loads an ensemble, in its own order: members, batch sizes, mappings, types and shapes,
 * then the way of the data. It says so only after every member was loaded, minutes after the start.
 * Source: triton-inference-server/core src/ensemble_utils.cc.
 */
export function ensembleProblems(ensemble: TritonEnsemble, models: readonly TritonModel[]): Problem[] {
  const problems: Problem[] = [];
  const report = (message: string, remedy: string) =>
    problems.push({ check: 'runtime-setting', message: `Ensemble ${called(ensemble.name)}: ${message}`, remedy });
  const batched = (ensemble.maxBatchSize ?? 0) > 0;
  const tensors = new Map<string, KnownTensor>();
  for (const tensor of [...ensemble.inputs, ...ensemble.outputs]) {
    const dims = tensor.reshape ?? tensor.dims;
    tensors.set(tensor.name, { dataType: tensor.dataType, dims, batched, by: ensemble.name });
  }

  for (const step of ensemble.steps) {
    const member = models.find(({ name }) => name === step.model);
    if (!member) {
      report(
        `the step ${called(step.model)} is no model of this server.`,
        `Add it to models, or use one of ${names(models)}.`,
      );
      continue;
    }
    const most = isVllm(member) ? 0 : (member.maxBatchSize ?? 0);
    const wanted = ensemble.maxBatchSize ?? 0;
    if (most !== 0 && most < wanted) {
      report(
        `it takes batches of ${wanted}, but its step ${called(step.model)} takes ${most}.`,
        `Lower maxBatchSize of ${called(ensemble.name)} to ${most}, or raise that of ${called(step.model)}.`,
      );
    }
    const described = tensorsOf(member);
    if (described === undefined) continue;
    const memberBatched = most > 0;
    const agree = (tensor: TritonTensor, mapped: string) => {
      const seen: KnownTensor = {
        dataType: tensor.dataType,
        dims: tensor.dims,
        batched: memberBatched,
        by: step.model,
      };
      const known = tensors.get(mapped);
      if (known === undefined) tensors.set(mapped, seen);
      else if (known.dataType !== seen.dataType || !sameShape(known, seen)) {
        report(
          `the tensor ${called(mapped)} is ${shape(known)} by ${called(known.by)}, and ${shape(seen)} by ${called(step.model)}.`,
          'Make the two agree, or map another tensor.',
        );
      }
    };
    for (const [side, map, known] of sides(step, described)) {
      for (const [own, mapped] of Object.entries(map)) {
        const tensor = known.find(({ name }) => name === own);
        if (tensor) agree(tensor, mapped);
        else
          report(
            `the model ${called(step.model)} has no ${side} ${called(own)}.`,
            `Use one of ${names(known) || 'none: it has none'}.`,
          );
      }
    }
    for (const input of described.inputs) {
      if (input.optional || Object.hasOwn(step.inputMap, input.name)) continue;
      report(
        `the input ${called(input.name)} of ${called(step.model)} gets no tensor.`,
        `Add ${called(input.name)} to inputMap of that step.`,
      );
    }
  }
  return [...problems, ...flowProblems(ensemble)];
}

/** Tensors that are made twice, never, or out of themselves. */
function flowProblems(ensemble: TritonEnsemble): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({
    check: 'runtime-setting',
    message: `Ensemble ${called(ensemble.name)}: ${message}`,
    remedy,
  });
  const inputs = ensemble.inputs.map(({ name }) => name);
  const made = [...inputs, ...ensemble.steps.flatMap(({ outputMap }) => Object.values(outputMap))];
  const twice = [...new Set(made.filter((name, at) => made.indexOf(name) !== at))];
  const missing = [
    ...ensemble.steps.flatMap((step) =>
      Object.values(step.inputMap)
        .filter((name) => !made.includes(name))
        .map((name) => ({ name, by: `the step ${called(step.model)}` })),
    ),
    ...ensemble.outputs.filter(({ name }) => !made.includes(name)).map(({ name }) => ({ name, by: 'its outputs' })),
  ];
  return [
    ...twice.map((name) =>
      problem(`the tensor ${called(name)} is made more than once.`, 'Give each output a tensor of its own.'),
    ),
    ...missing.map(({ name, by }) =>
      problem(
        `${by} wants the tensor ${called(name)}, which nothing makes.`,
        `Add ${called(name)} to the inputs, or to an outputMap.`,
      ),
    ),
    ...(twice.length + missing.length === 0 ? circleProblems(ensemble, inputs, problem) : []),
  ];
}

function circleProblems(
  ensemble: TritonEnsemble,
  inputs: readonly string[],
  problem: (message: string, remedy: string) => Problem,
): Problem[] {
  const ready = new Set(inputs);
  let waiting: readonly TritonEnsembleStep[] = ensemble.steps;
  for (;;) {
    const next = waiting.filter(({ inputMap }) => !Object.values(inputMap).every((name) => ready.has(name)));
    if (next.length === waiting.length) break;
    for (const step of waiting)
      if (!next.includes(step)) Object.values(step.outputMap).forEach((name) => ready.add(name));
    waiting = next;
  }
  if (waiting.length === 0) return [];
  const circle = waiting.map(({ model }) => called(model)).join(', ');
  return [problem(`the steps ${circle} wait for each other's outputs.`, 'Break the circle.')];
}

/** What a member takes and gives; undefined when only the server knows. */
function tensorsOf(
  member: TritonModel,
): { readonly inputs: readonly TritonInput[]; readonly outputs: readonly TritonTensor[] } | undefined {
  if (isVllm(member)) return undefined;
  return isTensorRtLlm(member) ? { inputs: TENSORRT_LLM_INPUTS, outputs: TENSORRT_LLM_OUTPUTS } : member;
}

const sides = (
  step: TritonEnsembleStep,
  { inputs, outputs }: NonNullable<ReturnType<typeof tensorsOf>>,
): readonly (readonly [string, Readonly<Record<string, string>>, readonly TritonTensor[]])[] => [
  ['input', step.inputMap, inputs],
  ['output', step.outputMap, outputs],
];

/** Equal but for -1, with or without the batch in front: a model without batches may see it as a dimension. */
function sameShape(a: KnownTensor, b: KnownTensor): boolean {
  return like(a.dims, b.dims) || like(full(a), full(b));
}

const full = ({ batched, dims }: KnownTensor) => (batched ? [-1, ...dims] : dims);
const like = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, at) => size === b[at] || size === -1 || b[at] === -1);
const shape = (tensor: KnownTensor) => `${tensor.dataType} [${full(tensor).join(', ')}]`;
const names = (all: readonly { readonly name: string }[]) =>
  all
    .slice(0, 12)
    .map(({ name }) => called(name))
    .join(', ');
