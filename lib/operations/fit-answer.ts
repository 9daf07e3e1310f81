import { Gpu } from '../hardware/gpu';
import { Machine } from '../hardware/machine';
import { explainGpuMemory } from '../plan/gpu-memory-explanation';
import { FitVerdict, GpuMemoryPlan, planGpuMemory } from '../plan/gpu-memory-plan';
import {
  contextLengthProblems,
  dividesHeads,
  imageLengthProblems,
  parallelismProblems,
  parallelismWarnings,
  precisionProblems,
} from '../plan/gpu-memory-preconditions';
import { Problem } from '../problem/problem';
import { FitQuestion } from './fit-arguments';
import { MachineOffer, machineOffers } from './machine-offers';

/** One GPU, judged. */
export interface GpuJudgement {
  readonly gpu: Gpu;
  readonly memory: GpuMemoryPlan;
  /** Does it start, and hold what was promised? A problem of heads, formats or context length is a misfit too. */
  readonly verdict: FitVerdict;
  /** What makes the server refuse whatever its memory, and what of its memory does not do. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The fewest GPUs that hold a copy, of 1, 2, 4 and 8; undefined when none of them do, or a slice was asked for. */
  readonly smallestTensorParallelSize?: number;
}

/** The answer to a question, as data. */
export interface FitAnswer {
  readonly question: FitQuestion;
  /** The best of all judgements. */
  readonly verdict: FitVerdict;
  readonly judgements: readonly GpuJudgement[];
  readonly offers: readonly MachineOffer[];
}

const BEST_FIRST: readonly FitVerdict[] = ['fits', 'tight', 'does-not-fit'];

/** Judges what was asked. Pure: the same question gives the same answer. */
export function answerFit(question: FitQuestion): FitAnswer {
  const { gpus, migProfile, gpuShare = 1 } = question;
  const judgements = gpus.map((gpu) => judge(question, gpu));
  const known = new Map(judgements.map(({ gpu, verdict }) => [gpu.id, verdict]));
  const hasSlice = (gpu: Gpu) => migProfile === undefined || gpu.mig.some(({ name }) => name === migProfile);
  return {
    question,
    verdict:
      BEST_FIRST.find((verdict) => judgements.some((judgement) => judgement.verdict === verdict)) ?? 'does-not-fit',
    judgements,
    offers: machineOffers({
      clouds: question.clouds,
      gpusPerCopy: gpusPerCopy(question),
      copiesPerGpu: (gpu) => gpu.mig.find(({ name }) => name === migProfile)?.maxPerGpu ?? Math.floor(1 / gpuShare),
      fits: (gpu) => hasSlice(gpu) && (known.get(gpu.id) ?? verdictOn(question, gpu)) === 'fits',
    }),
  };
}

/** GPUs or slices of one copy of the model. */
export function gpusPerCopy(
  question: Pick<FitQuestion, 'tensorParallelSize' | 'pipelineParallelSize' | 'dataParallelSize'>,
): number {
  return question.tensorParallelSize * question.pipelineParallelSize * question.dataParallelSize;
}

function planOn(question: FitQuestion, gpu: Gpu, tensorParallelSize = question.tensorParallelSize): GpuMemoryPlan {
  const { model, engine, migProfile, maxModelLen, concurrency, weightFormat, kvCacheFormat, gpuShare } = question;
  return planGpuMemory({
    model,
    gpu,
    migProfile,
    gpuShare,
    tensorParallelSize,
    pipelineParallelSize: question.pipelineParallelSize,
    dataParallelSize: question.dataParallelSize,
    lora: question.lora,
    maxModelLen,
    concurrency,
    weightFormat,
    kvCacheFormat,
    profile: engine.profileFor(gpu),
  });
}

/** What makes the server refuse whatever the memory. */
function preconditions(question: FitQuestion, gpu: Gpu) {
  const precision = precisionProblems({ ...question, gpu });
  return {
    errors: [
      ...contextLengthProblems(question.model, question.maxModelLen),
      ...parallelismProblems({ ...question, canPipeline: true }),
      ...precision.errors,
    ],
    warnings: [
      ...precision.warnings,
      ...imageLengthProblems(question.model, question.maxModelLen),
      ...parallelismWarnings(question),
    ],
  };
}

function verdictOn(question: FitQuestion, gpu: Gpu): FitVerdict {
  return preconditions(question, gpu).errors.length > 0 ? 'does-not-fit' : planOn(question, gpu).verdict;
}

function judge(question: FitQuestion, gpu: Gpu): GpuJudgement {
  const memory = planOn(question, gpu);
  const { errors, warnings } = preconditions(question, gpu);
  const explanation: Problem = {
    check: 'gpu-memory-fit',
    ...explainGpuMemory(memory, { profileFor: (other) => question.engine.profileFor(other) }),
  };
  const split =
    question.migProfile !== undefined || preconditions({ ...question, tensorParallelSize: 1 }, gpu).errors.length > 0;
  const size = split
    ? undefined
    : [1, 2, 4, 8].find(
        (tensor) => dividesHeads(question.model, tensor) && planOn(question, gpu, tensor).verdict === 'fits',
      );
  return {
    gpu,
    memory,
    verdict: errors.length > 0 ? 'does-not-fit' : memory.verdict,
    problems: [...errors, ...(memory.verdict === 'does-not-fit' ? [explanation] : [])],
    warnings: [...warnings, ...(memory.verdict === 'tight' ? [explanation] : [])],
    ...(size !== undefined && { smallestTensorParallelSize: size }),
  };
}

/** The cheapest machine with that GPU, among the offers. */
export function cheapestWith(offers: readonly MachineOffer[], gpu: string): Machine | undefined {
  return offers.find(({ machine }) => machine.gpu === gpu)?.machine;
}
