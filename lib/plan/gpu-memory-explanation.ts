import { Gpu } from '../hardware/gpu';
import { GPUS } from '../hardware/gpu-catalog';
import { WeightFormat } from '../model/model';
import { Problem } from '../problem/problem';
import { EngineMemoryProfile } from '../runtime/engine-memory-profile';
import { GpuMemoryPlan, GpuMemoryRequest, planGpuMemory, sequencesPerRank } from './gpu-memory-plan';
import { dividesHeads, joinWithOr, precisionProblems } from './gpu-memory-preconditions';
import { longestSequence } from './kv-cache';
import { GIB } from './weight-bytes';

/** What a remedy may choose from. */
export interface RemedyOptions {
  /** @default - the GPUs of the catalog */
  readonly gpus?: readonly Gpu[];
  /** The engine's profile on another GPU. @default - the plan's own */
  readonly profileFor?: (gpu: Gpu) => EngineMemoryProfile;
}

/** What the plan says, and what to change when it does not fit. */
export type Explanation = Pick<Problem, 'message' | 'remedy'>;

const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const gib = (value: number) => value.toFixed(1);
const some = (number: number, what: string) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

/** `an L4`, or `each of 4 H100-80GB`. */
function deviceName(plan: GpuMemoryPlan): string {
  const gpus = gpuCount(plan.request);
  return gpus === 1 ? plan.device : `each of ${gpus} ${plan.request.gpu.id}`;
}

/** GPUs of one server. */
export const gpuCount = (request: GpuMemoryRequest) =>
  (request.tensorParallelSize ?? 1) * (request.pipelineParallelSize ?? 1) * (request.dataParallelSize ?? 1);

/** The arithmetic of the memory that is left for the KV cache, as one would write it down. */
function arithmetic(plan: GpuMemoryPlan): string {
  const { profile } = plan.request;
  const graphs = plan.cudaGraphsOutside ? 0 : plan.cudaGraphs;
  const inside = profile.utilizationOf === 'weights-and-kv-cache' ? 0 : plan.activation + graphs;
  const parts = [
    `${plan.weights.toFixed(2)} weights`,
    ...(plan.draft > 0 ? [`${plan.draft.toFixed(2)} draft model`] : []),
    ...(plan.lora > 0 ? [`${plan.lora.toFixed(2)} LoRA adapters`] : []),
    inside > 0 ? `${gib(plan.nonTorch + inside)} runtime and activations` : `${gib(plan.nonTorch)} runtime`,
  ].join(' - ');
  return profile.utilizationOf === 'free-memory'
    ? `(${plan.total.toFixed(2)} GiB - ${parts}) x ${plan.utilization.toFixed(2)}`
    : `${plan.total.toFixed(2)} GiB x ${plan.utilization.toFixed(2)} - ${parts}`;
}

/** What is needed and what there is. */
function message(plan: GpuMemoryPlan): string {
  const { maxModelLen, concurrency } = plan.request;
  const sum = `(${arithmetic(plan)}).`;
  const uncertain = plan.verdict === 'tight' ? ` The estimate is good to ${gib(plan.margin.gib)} GiB only.` : '';
  if (plan.kvPerSequence === 0) {
    const room = plan.kvCache < 0 ? `${gib(-plan.kvCache)} GiB are missing` : `${gib(plan.kvCache)} GiB are left`;
    return (
      `${plan.weights.toFixed(2)} GiB of ${plan.weightFormat} weights and ${gib(plan.activation)} GiB for a batch of ` +
      `${some(plan.sequencesAtMaxModelLen, 'text')} of ${count(maxModelLen)} tokens: ` +
      `${room} on ${deviceName(plan)}\n${sum}${uncertain}`
    );
  }
  if (plan.kvCache <= 0) {
    return (
      `${plan.weights.toFixed(2)} GiB of ${plan.weightFormat} weights leave no room for a KV cache on ${deviceName(plan)}:\n` +
      `${gib(-plan.kvCache)} GiB are missing before the first token ${sum}${uncertain}`
    );
  }
  const sequences = concurrency ?? 1;
  const ranks = plan.request.dataParallelSize ?? 1;
  const need = gib(plan.kvPerSequence * sequencesPerRank(plan.request));
  const subject =
    concurrency === undefined || plan.startVerdict === 'does-not-fit'
      ? `One sequence of ${count(maxModelLen)} tokens needs ${gib(plan.kvPerSequence)} GiB`
      : `${some(sequences, 'concurrent sequence')} of ${count(maxModelLen)} tokens ` +
        (ranks === 1
          ? `need${sequences === 1 ? 's' : ''} ${need} GiB`
          : `over ${ranks} data parallel ranks need ${need} GiB a rank`);
  const fitting =
    plan.sequencesAtMaxModelLen === 0
      ? `The server ${plan.startVerdict === 'tight' ? 'may refuse' : 'refuses'} to start; ` +
        `${count(plan.longestModelLen)} tokens fit.`
      : `${count(plan.sequencesAtMaxModelLen)} sequence${plan.sequencesAtMaxModelLen === 1 ? ' fits' : 's fit'}.`;
  return (
    `${subject} of KV cache; ${deviceName(plan)} leaves ${gib(plan.kvCache)} GiB ` +
    `beside ${plan.weights.toFixed(2)} GiB of ${plan.weightFormat} weights\n${sum} ${fitting}${uncertain}`
  );
}

/** Rounds a model length down to what people write: thousands of 1,024 where there are some. */
function roundLength(tokens: number): number {
  const step = tokens >= 4096 ? 1024 : 16;
  return Math.floor(tokens / step) * step;
}

/** The model length at which the promised sequences fit together. */
function lengthForConcurrency(plan: GpuMemoryPlan): number {
  const { model, profile } = plan.request;
  const each = Math.max(0, ((plan.kvCache - plan.margin.gib) * GIB) / sequencesPerRank(plan.request));
  const full = plan.kvBytesPerToken === 0 ? 0 : each / plan.kvBytesPerToken;
  // A draft model shares the pool, so the bytes per token of the plan are what counts.
  return plan.request.draftModel
    ? full
    : longestSequence(model, each, model.maxModelLen, {
        format: plan.request.kvCacheFormat,
        tensorParallelSize: plan.request.tensorParallelSize,
        pipelineParallelSize: plan.request.pipelineParallelSize,
        mlaAlignment: profile.mlaAlignment,
        blockSize: profile.blockSize,
      });
}

const fits = (request: GpuMemoryRequest) => planGpuMemory(request).verdict === 'fits';

/** The length at which a batch of whole texts fits; it takes no KV cache, so it is found by trying. */
const lengthOfBatch = (plan: GpuMemoryPlan) =>
  [32_768, 16_384, 8192, 4096, 2048, 1024, 512, 256].find(
    (maxModelLen) => maxModelLen < plan.request.maxModelLen && fits({ ...plan.request, maxModelLen }),
  ) ?? 0;

/** Texts of the largest batch that fits, where the server takes the memory of a whole batch. */
function batch({ request }: GpuMemoryPlan): string[] {
  const { profile } = request;
  if (!profile.wholeBatches) return [];
  const size = [64, 32, 16, 8, 4, 2, 1].find(
    (maxNumSeqs) => maxNumSeqs < profile.maxNumSeqs && fits({ ...request, profile: { ...profile, maxNumSeqs } }),
  );
  return size === undefined ? [] : [`the server's batch size to ${size}`];
}

/** Slots for adapters that leave enough room, where they are what takes it. */
function slots({ request }: GpuMemoryPlan): string[] {
  const { lora } = request;
  if (!lora) return [];
  const fewer = [16, 8, 4, 2, 1].find(
    (maxAdapters) => maxAdapters < lora.maxAdapters && fits({ ...request, lora: { ...lora, maxAdapters } }),
  );
  const lower = [128, 64, 32, 16, 8].find(
    (maxRank) => maxRank < lora.maxRank && fits({ ...request, lora: { ...lora, maxRank } }),
  );
  return [
    ...(fewer === undefined ? [] : [`the adapters of one batch to ${fewer}`]),
    ...(lower === undefined ? [] : [`their rank to ${lower}`]),
  ];
}

/** Settings that make it fit on the same GPU. */
function lowerings(plan: GpuMemoryPlan): string[] {
  const { concurrency, maxModelLen } = plan.request;
  const options: string[] = [];
  if (plan.startVerdict === 'fits' && concurrency !== undefined && plan.safeConcurrency > 0) {
    options.push(`concurrency to ${count(plan.safeConcurrency * (plan.request.dataParallelSize ?? 1))}`);
  }
  const length = plan.kvPerSequence === 0 ? lengthOfBatch(plan) : roundLength(lengthForConcurrency(plan));
  if (length >= 256 && length < maxModelLen) options.push(`maxModelLen to ${count(length)}`);
  options.push(...batch(plan), ...slots(plan));
  const shared = (plan.request.gpuShare ?? 1) < 1;
  return [
    ...(options.length > 0 ? [`lower ${joinWithOr(options)}`] : []),
    ...(shared && fits({ ...plan.request, gpuShare: 1 }) ? ['give it the GPU alone'] : []),
  ];
}

/** Number formats that make it fit and that the GPU computes in. */
function formats(plan: GpuMemoryPlan): string[] {
  const { request } = plan;
  const sixteenBit = plan.weightFormat === 'bf16' || plan.weightFormat === 'fp16';
  const smaller: WeightFormat[] = sixteenBit ? ['fp8', 'int4'] : plan.weightFormat === 'fp8' ? ['int4'] : [];
  const runs = (change: Partial<GpuMemoryRequest>) => {
    const { errors, warnings } = precisionProblems({ ...request, ...change });
    return errors.length === 0 && warnings.length === 0;
  };
  const weights = smaller.find((weightFormat) => {
    const change = { weightFormat, checkpointBytes: undefined };
    return runs(change) && fits({ ...request, ...change });
  });
  const cache = { kvCacheFormat: 'fp8' } as const;
  return [
    ...(weights ? [`use ${weights} weights`] : []),
    ...(!request.kvCacheFormat && runs(cache) && fits({ ...request, ...cache }) ? ['use an fp8 KV cache'] : []),
  ];
}

/** More or larger GPUs that make it fit. */
function hardware(plan: GpuMemoryPlan, options: RemedyOptions): string[] {
  const { request } = plan;
  const tensor =
    request.migProfile || request.profile.wholeBatches
      ? undefined
      : [2, 4, 8].find(
          (size) =>
            size > (request.tensorParallelSize ?? 1) &&
            dividesHeads(request.model, size) &&
            fits({ ...request, tensorParallelSize: size }),
        );
  const larger = [...(options.gpus ?? GPUS)]
    .filter((gpu) => gpu.memoryGb > request.gpu.memoryGb || (request.migProfile && gpu.id !== request.gpu.id))
    .filter((gpu) => precisionProblems({ ...request, gpu }).errors.length === 0)
    .sort((a, b) => a.memoryGb - b.memoryGb)
    .find((gpu) => {
      const profile = options.profileFor?.(gpu) ?? request.profile;
      return fits({ ...request, gpu, profile, migProfile: undefined, gpuShare: 1 });
    });
  const slice = [...request.gpu.mig]
    .sort((a, b) => a.memoryGb - b.memoryGb)
    .find(({ name }) => request.migProfile !== undefined && fits({ ...request, migProfile: name }));
  return [
    ...(slice ? [`use the MIG profile ${slice.name}`] : []),
    ...(tensor ? [`use tensorParallelSize ${tensor}`] : []),
    ...(larger ? [`use a GPU with ${larger.memoryGb} GB or more, such as ${larger.id}`] : []),
  ];
}

/** Everything that would help, each of it computed; one sentence. */
function remedy(plan: GpuMemoryPlan, options: RemedyOptions): string {
  if (plan.verdict === 'fits') return 'Nothing to change.';
  const choices = [...lowerings(plan), ...formats(plan), ...hardware(plan, options)];
  if (choices.length === 0) return 'Use a smaller model, or one in a smaller number format.';
  // The verb is said once for all that is to be used.
  const sentence = joinWithOr(
    choices.map((choice, index) => (choices[index - 1]?.startsWith('use ') ? choice.replace(/^use /, '') : choice)),
  );
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/**
 * The plan as text: what is needed, what there is and why, and what to change. Every remedy is computed: it names only
 * what fits with the whole margin to spare. Remedies with another GPU take the engine's profile for it from
 * `options.profileFor`, since defaults differ by GPU.
 */
export function explainGpuMemory(plan: GpuMemoryPlan, options: RemedyOptions = {}): Explanation {
  return { message: message(plan), remedy: remedy(plan, options) };
}
