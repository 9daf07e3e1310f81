import { Problem } from '../problem/problem';
import { FitAnswer, GpuJudgement } from './fit-answer';
import { MachineOffer } from './machine-offers';

/** Rounded as far as a figure means something, so that it does not flicker in a diff. */
const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
const gib = (value: number) => rounded(value, 2);

/** The answer for tools. Keys are stable (docs/fit.md): new ones may come, none change their meaning. */
export function fitJson({ question, verdict, judgements, offers }: FitAnswer): string {
  const { model, engine, machine, maxModelLen, concurrency, weightFormat, kvCacheFormat } = question;
  const answer = {
    verdict,
    question: {
      model: model.id,
      engine: engine.name,
      machine: machine?.type,
      maxModelLen,
      concurrency,
      weightFormat: weightFormat ?? model.nativeFormat,
      kvCacheFormat,
      tensorParallelSize: question.tensorParallelSize,
      pipelineParallelSize: question.pipelineParallelSize,
      ...(question.dataParallelSize > 1 && { dataParallelSize: question.dataParallelSize }),
      lora: question.lora,
      migProfile: question.migProfile,
      gpuShare: question.gpuShare,
    },
    gpus: judgements.map(judgementJson),
    machines: offers.map(offerJson),
  };
  return `${JSON.stringify(answer, undefined, 2)}\n`;
}

function judgementJson({ gpu, memory, verdict, problems, warnings, smallestTensorParallelSize }: GpuJudgement) {
  return {
    gpu: gpu.id,
    verdict,
    memory: {
      totalGib: gib(memory.total),
      utilization: rounded(memory.utilization, 4),
      usableGib: gib(memory.usable),
      weightsGib: gib(memory.weights),
      ...(memory.lora > 0 && { loraGib: gib(memory.lora) }),
      runtimeGib: gib(memory.nonTorch),
      activationGib: gib(memory.activation),
      cudaGraphsGib: gib(memory.cudaGraphs),
      kvCacheGib: gib(memory.kvCache),
      marginGib: gib(memory.margin.gib),
      kvBytesPerToken: memory.kvBytesPerToken,
      kvPerSequenceGib: rounded(memory.kvPerSequence, 4),
      kvTokens: memory.kvTokens,
      sequences: memory.sequencesAtMaxModelLen,
      safeSequences: memory.safeConcurrency,
      longestModelLen: memory.longestModelLen,
    },
    engine: memory.request.profile.engine,
    smallestTensorParallelSize,
    problems: problems.map(problemJson),
    warnings: warnings.map(problemJson),
  };
}

const problemJson = ({ check, message, remedy }: Problem) => ({ check, message, remedy });

function offerJson({ machine, copies }: MachineOffer) {
  const { price } = machine;
  return {
    cloud: machine.cloud,
    type: machine.type,
    gpu: machine.gpu,
    gpus: machine.gpus,
    copies,
    usdPerHour: price?.onDemand,
    spotUsdPerHour: price?.spot,
    region: price?.region,
    priceDate: price?.date,
    verified: machine.verified,
  };
}
