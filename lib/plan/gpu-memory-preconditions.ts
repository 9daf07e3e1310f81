import { Gpu } from '../hardware/gpu';
import { Model, WeightFormat } from '../model/model';
import { Problem } from '../problem/problem';
import { KvCacheFormat } from '../model/model';

/** Mistakes, and what works but not as one may expect. */
export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** How a model is split. */
export interface ParallelismRequest {
  readonly model: Model;
  /** @default 1 */
  readonly tensorParallelSize?: number;
  /** @default 1 */
  readonly pipelineParallelSize?: number;
  /** @default 1 */
  readonly dataParallelSize?: number;
  /** @default - the whole GPU */
  readonly migProfile?: string;
  /** True when whoever asks can spread a model over pipeline stages, so that remedies may say so. @default false */
  readonly canPipeline?: boolean;
}

/** True when heads of queries, keys and values can be dealt out evenly over `size` GPUs. */
export function dividesHeads(model: Model, size: number): boolean {
  const { kind, kvHeads } = model.attention;
  if (model.attentionHeads % size !== 0) return false;
  if (kind === 'mla' || kind === 'none') return true;
  return kvHeads >= size ? kvHeads % size === 0 : size % kvHeads === 0;
}

/** Tensor parallel sizes up to `limit` that the heads of the model allow. */
export function possibleTensorParallelSizes(model: Model, limit: number): number[] {
  return Array.from({ length: limit }, (_, index) => index + 1).filter((size) => dividesHeads(model, size));
}

/** Layouts that work and give nothing. */
export function parallelismWarnings({ model, dataParallelSize: data = 1 }: ParallelismRequest): Problem[] {
  if (data === 1 || model.moe) return [];
  return [
    {
      check: 'gpu-parallelism',
      message: `${model.id} has no experts that ${data} data parallel ranks could share: each rank is a whole copy, and all of them stop together.`,
      remedy: `Use dataParallelSize 1 and ${data} replicas.`,
    },
  ];
}

/** Problems of splitting a model: every rule here is one that the server refuses to start over. */
export function parallelismProblems(request: ParallelismRequest): Problem[] {
  const { model, tensorParallelSize: tensor = 1, pipelineParallelSize: pipeline = 1, migProfile } = request;
  const gpus = tensor * pipeline * (request.dataParallelSize ?? 1);
  const problems: Problem[] = [];
  if (!dividesHeads(model, tensor)) {
    const sizes = possibleTensorParallelSizes(model, 16).filter((size) => size > 1 && size <= Math.max(8, tensor));
    const sameGpus = possibleTensorParallelSizes(model, tensor - 1)
      .filter((size) => tensor % size === 0 && tensor / size <= model.layers)
      .map((size) => `tensorParallelSize ${size} with pipelineParallelSize ${tensor / size}`);
    const heads =
      model.attentionHeads % tensor === 0
        ? `${model.attention.kvHeads} KV heads cannot be dealt out evenly over`
        : `${model.attentionHeads} attention heads cannot be divided by`;
    problems.push({
      check: 'gpu-parallelism',
      message: `${model.id}: ${heads} tensorParallelSize ${tensor}. The server refuses to start.`,
      remedy:
        `Use tensorParallelSize ${joinWithOr(sizes.map(String))}` +
        (sameGpus.length > 0 && pipeline === 1 && request.canPipeline
          ? `; on ${tensor} GPUs, ${joinWithOr(sameGpus)}.`
          : '.'),
    });
  }
  if (pipeline > model.layers) {
    problems.push({
      check: 'gpu-parallelism',
      message: `${model.id} has ${model.layers} layers; they cannot be spread over ${pipeline} pipeline stages.`,
      remedy: `Use pipelineParallelSize ${model.layers} or less.`,
    });
  }
  if (migProfile !== undefined && gpus > 1) {
    problems.push({
      check: 'gpu-parallelism',
      message:
        `One model cannot be split over ${gpus} MIG slices (${migProfile}): ` +
        'a process sees one slice only, and NCCL does not connect slices.',
      remedy: 'Use one slice with tensorParallelSize 1, a larger MIG profile, or whole GPUs.',
    });
  }
  return problems;
}

/** A problem when the model was not made for contexts as long; the server refuses to start. */
export function contextLengthProblems(model: Model, maxModelLen: number): Problem[] {
  if (maxModelLen <= model.maxModelLen) return [];
  return [
    {
      check: 'gpu-context-length',
      message: `maxModelLen is ${maxModelLen}; ${model.id} was made for ${model.maxModelLen} tokens.`,
      remedy: `Use maxModelLen ${model.maxModelLen} or less, or describe a model with scaled rotary embeddings.`,
    },
  ];
}

/** Images that take more of the context than there is: the server starts, and refuses them one by one. */
export function imageLengthProblems(model: Model, maxModelLen = model.maxModelLen): Problem[] {
  const tokens = model.vision?.tokensPerImage;
  if (tokens === undefined || tokens < maxModelLen) return [];
  return [
    {
      check: 'gpu-context-length',
      message: `The largest image of ${model.id} takes ${tokens} tokens; maxModelLen is ${maxModelLen}, so such an image leaves no room for a question.`,
      remedy: `Use a maxModelLen above ${tokens}, or tell the server to make images smaller, and waive this.`,
    },
  ];
}

/** Number formats on a GPU. */
export interface PrecisionRequest {
  readonly model: Model;
  /** @default - the format that the model's makers published */
  readonly weightFormat?: WeightFormat;
  /** @default - 16 bit */
  readonly kvCacheFormat?: KvCacheFormat;
  readonly gpu: Gpu;
}

interface PrecisionRule {
  readonly formats: readonly (WeightFormat | KvCacheFormat)[];
  /** Compute capability below which nothing runs it. */
  readonly lowest: number;
  /** Compute capability from which the hardware does it; between the two, kernels unpack it to 16 bit. */
  readonly native: number;
  readonly instead: string;
}

/** From memory of vLLM's quantization support table; not verified row by row. */
const WEIGHT_RULES: readonly PrecisionRule[] = [
  { formats: ['bf16'], lowest: 8.0, native: 8.0, instead: 'Use fp16 weights.' },
  { formats: ['fp8'], lowest: 8.0, native: 8.9, instead: 'Use int8 or int4 weights.' },
  { formats: ['int8'], lowest: 7.5, native: 7.5, instead: 'Use fp16 weights.' },
  { formats: ['int4'], lowest: 7.5, native: 7.5, instead: 'Use fp16 weights, or a GPU from Turing on.' },
  { formats: ['mxfp4'], lowest: 8.0, native: 9.0, instead: 'Use a GPU from Ampere on.' },
  { formats: ['nvfp4'], lowest: 8.0, native: 10.0, instead: 'Use fp8 or int4 weights.' },
];

const KV_CACHE_RULES: readonly PrecisionRule[] = [
  { formats: ['bf16'], lowest: 8.0, native: 8.0, instead: 'Use an fp16 KV cache.' },
  { formats: ['fp8'], lowest: 8.0, native: 8.9, instead: 'Use a 16-bit KV cache.' },
  { formats: ['nvfp4'], lowest: 10.0, native: 10.0, instead: 'Use an fp8 KV cache.' },
];

/** Problems of number formats that the GPU does not compute in. */
export function precisionProblems(request: PrecisionRequest): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const judge = (what: string, format: WeightFormat | KvCacheFormat, rules: readonly PrecisionRule[]) => {
    const capability = request.gpu.computeCapability;
    const rule = rules.find(({ formats }) => formats.includes(format));
    if (!rule || capability >= rule.native) return;
    const on = `on ${request.gpu.id}, whose compute capability is ${capability.toFixed(1)}`;
    if (capability < rule.lowest) {
      errors.push({
        check: 'gpu-precision',
        message: `${format} ${what} ${what === 'weights' ? 'do' : 'does'} not run ${on}; it takes ${rule.lowest.toFixed(1)}.`,
        remedy: rule.instead,
      });
    } else {
      warnings.push({
        check: 'gpu-precision',
        message:
          `${format} ${what} ${what === 'weights' ? 'are' : 'is'} unpacked to 16 bit ${on}: ` +
          `memory is saved, speed is not; ${rule.native.toFixed(1)} computes in it.`,
        remedy: `Expect no speed-up, or use a GPU with compute capability ${rule.native.toFixed(1)}.`,
      });
    }
  };
  judge('weights', request.weightFormat ?? request.model.nativeFormat, WEIGHT_RULES);
  if (request.kvCacheFormat) judge('KV cache', request.kvCacheFormat, KV_CACHE_RULES);
  return { errors, warnings };
}

/** `a`, `a or b`, `a, b or c`. */
export function joinWithOr(items: readonly string[]): string {
  const last = items.at(-1) ?? '1';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} or ${last}`;
}
