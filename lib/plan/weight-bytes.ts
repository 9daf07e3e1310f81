import { Model, WeightFormat } from '../model/model';

/** Bytes of one GiB. */
export const GIB = 2 ** 30;

/**
 * Bytes of one quantized parameter, scales and zero points included. Sources: the layouts of the formats themselves.
 * `int4` is AWQ or GPTQ: 4 bits, and a 16-bit scale with a 4-bit zero point for each group.
 */
const BYTES_PER_PARAMETER: Record<Exclude<WeightFormat, 'int4'>, number> = {
  fp32: 4,
  bf16: 2,
  fp16: 2,
  fp8: 1,
  int8: 1,
  // bitsandbytes with double quantization.
  nf4: 0.516,
  // 4 bits and an 8-bit scale for 32 values.
  mxfp4: 4 / 8 + 1 / 32,
  // 4 bits and an 8-bit scale for 16 values.
  nvfp4: 4 / 8 + 1 / 16,
};

/** Parameters of a model by what happens to them when the model is quantized or split. Counts. */
export interface ParameterParts {
  /** Token embedding and output head: 16 bit in quantized checkpoints. */
  readonly embedding: number;
  /** Projections of queries, keys, values and outputs. 0 for MLA, where they are counted with the feed-forward part. */
  readonly attention: number;
  /** Feed-forward layers or experts, and everything small (norms, routers). */
  readonly feedForward: number;
  /** What reads images; 16 bit in quantized checkpoints. */
  readonly vision: number;
}

/** The parts, derived from the architecture: attention by its shapes, feed-forward as the rest. */
export function parameterParts(model: Model): ParameterParts {
  const { kind, kvLayers, kvHeads, headDim } = model.attention;
  // An encoder attends in every layer and keeps nothing.
  const layers = kind === 'none' ? model.layers : kvLayers;
  const attention = kind === 'mla' ? 0 : layers * model.hiddenSize * headDim * (2 * model.attentionHeads + 2 * kvHeads);
  const vision = model.vision?.parameters ?? 0;
  const linear = Math.max(0, model.parameters - model.embeddingParameters - vision);
  return {
    embedding: model.embeddingParameters,
    attention: Math.min(attention, linear),
    feedForward: Math.max(0, linear - attention),
    vision,
  };
}

/**
 * Width of the feed-forward layer that one token passes on one layer: of the experts that it visits, all together.
 * Assumes a gated layer of three matrices, as all models of the catalog have it.
 */
export function feedForwardWidth(model: Model): number {
  const perLayer = parameterParts(model).feedForward / Math.max(1, model.layers) / (3 * Math.max(1, model.hiddenSize));
  return model.moe ? (perLayer / model.moe.experts) * model.moe.expertsPerToken : perLayer;
}

/** How a checkpoint is quantized. */
export interface Checkpoint {
  /** @default - the format that the model's makers published */
  readonly weightFormat?: WeightFormat;
  /** `int4` only: parameters that share a scale. QAT checkpoints of Gemma 3 have 32. @default 128 */
  readonly int4GroupSize?: number;
  /**
   * Bytes of the checkpoint, from `metadata.total_size` in its `model.safetensors.index.json`. Takes the place of the
   * formula: use it for mixed formats.
   * @default - computed from parameters and format
   */
  readonly checkpointBytes?: number;
}

/** A checkpoint, and how it is spread over GPUs. */
export interface WeightRequest extends Checkpoint {
  readonly model: Model;
  /** @default 1 */
  readonly tensorParallelSize?: number;
  /** @default 1 */
  readonly pipelineParallelSize?: number;
  /**
   * Copies of everything but the experts of a mixture, which are dealt out over all copies. Whether experts are cut or dealt
   * out whole, a GPU holds as much of them.
   * @default 1
   */
  readonly dataParallelSize?: number;
  /** Compute capability of the GPU; mxfp4 is laid out wider on Hopper. @default - no padding */
  readonly computeCapability?: number;
}

/** Weights on one GPU, and how far the figure may be off. */
export interface WeightsPerGpu {
  /** Bytes on the GPU that carries most. */
  readonly bytes: number;
  readonly format: WeightFormat;
  /** How far the figure may be off, as a fraction. */
  readonly uncertainty: number;
}

/** Checkpoints whose makers left more than embeddings in 16 bit. */
const ATTENTION_IN_16_BIT = [
  {
    model: /^meta-llama\/(Meta-)?Llama-3\.1-405B/,
    format: 'fp8',
    // The first and the last layer as a whole.
    layersIn16Bit: 2,
    source: 'vllm-project/vllm issue 6746: 57.75 GiB on each of 8 GPUs, where fp8 throughout would take 47.8',
  },
] as const;

/**
 * Attention of all layers in MLA, which the parts count with the feed-forward layers: its projections in multiples of the
 * largest, hidden size x heads x 128. 1.6 for DeepSeek V3, 1.8 for V2, by their configuration files.
 */
const latentAttention = (model: Model) =>
  model.attention.kind === 'mla' ? 1.7 * model.layers * model.hiddenSize * model.attentionHeads * 128 : 0;

/** Part of the parameters that are experts, 0 for a dense model. */
export function expertShare(model: Model): number {
  if (!model.moe) return 0;
  return Math.max(0, parameterParts(model).feedForward - latentAttention(model)) / Math.max(1, model.parameters);
}

interface SizedCheckpoint {
  /** Bytes of everything that is divided over layers. */
  readonly linear: number;
  /** Bytes of `linear` that are experts. */
  readonly experts: number;
  /** Bytes of token embedding and output head. */
  readonly embedding: number;
  readonly uncertainty: number;
}

function sizeCheckpoint(model: Model, checkpoint: Checkpoint): SizedCheckpoint {
  const format = checkpoint.weightFormat ?? model.nativeFormat;
  const parts = parameterParts(model);
  const quantized =
    format === 'int4' ? 4 / 8 + (16 + 4) / 8 / (checkpoint.int4GroupSize ?? 128) : BYTES_PER_PARAMETER[format];
  const embedding = parts.embedding * (format === 'fp32' ? 4 : 2);
  const exception = ATTENTION_IN_16_BIT.find((row) => row.format === format && row.model.test(model.id));
  if (exception && checkpoint.checkpointBytes === undefined) {
    const kept = parts.attention + (parts.feedForward * exception.layersIn16Bit) / model.layers;
    const rest = parts.attention + parts.feedForward - kept;
    return { linear: kept * 2 + rest * quantized, experts: 0, embedding, uncertainty: 0.02 };
  }
  // mxfp4 checkpoints (gpt-oss) quantize experts only; the other formats quantize attention too.
  const attention = parts.attention * (format === 'mxfp4' ? 2 : quantized);
  const linear = attention + parts.feedForward * quantized + parts.vision * Math.max(2, quantized);
  const experts = model.moe ? Math.max(0, parts.feedForward - latentAttention(model)) * quantized : 0;
  if (checkpoint.checkpointBytes !== undefined) {
    const stated = Math.max(0, checkpoint.checkpointBytes - embedding);
    return { linear: stated, experts: (experts / Math.max(1, linear)) * stated, embedding, uncertainty: 0.01 };
  }
  const uncertainty = format === 'bf16' || format === 'fp16' || format === 'fp32' ? 0.005 : 0.015;
  return { linear, experts, embedding, uncertainty };
}

/** Bytes of the whole checkpoint: what is downloaded, kept on disk and read at a start. */
export function weightBytes(model: Model, checkpoint: Checkpoint = {}): number {
  const { linear, embedding } = sizeCheckpoint(model, checkpoint);
  return Math.round(linear + embedding);
}

/**
 * How much wider the weights are on the GPU than in the checkpoint, where logs show it.
 * Sources: gpt-oss-120b on H100 takes 65.97 GiB against 60.69 (vllm-project/vllm issue 23278);
 * DeepSeek R1 in fp8 on 8 H200 takes 83.88 GiB each against 78.3 (start-up log). One log each; why is not known.
 */
function layoutOverhead(request: WeightRequest, format: WeightFormat): { factor: number; uncertainty: number } {
  const mla = request.model.attention.kind === 'mla';
  const hopper = Math.floor(request.computeCapability ?? 0) === 9;
  if (format === 'mxfp4' && hopper) return { factor: 1.087, uncertainty: 0.02 };
  if (mla && format === 'fp8') return { factor: 1.05, uncertainty: 0.03 };
  return { factor: 1, uncertainty: mla ? 0.02 : 0 };
}

/** Sine and cosine in 16 bit for every position of the model's context. Replicated on every GPU. */
function rotaryTableBytes(model: Model): number {
  if (model.attention.kind === 'none') return 0;
  const dimensions = model.attention.qkRopeHeadDim ?? model.attention.headDim;
  // Contexts of millions of tokens are reached by other means than one table.
  return Math.min(model.maxModelLen, 2 ** 20) * dimensions * 2;
}

/**
 * Bytes of the weights on one GPU: linear parameters in the format, embedding and output head in 16 bit, and the table
 * of the rotary embedding that the engine builds for the model's whole context.
 *
 * Tensor parallelism divides all but the table. Data parallelism divides nothing but experts: vLLM deals them out over all
 * ranks, and each rank holds the rest whole (its documentation, "Data Parallel Deployment"). Pipeline parallelism divides the layers; a stage carries the embedding
 * or the head, or both where they are tied. The figure is that of the fullest stage.
 */
export function weightsPerGpu(request: WeightRequest): WeightsPerGpu {
  const { model, tensorParallelSize = 1, pipelineParallelSize = 1, dataParallelSize = 1 } = request;
  const format = request.weightFormat ?? model.nativeFormat;
  const { linear, experts, embedding, uncertainty } = sizeCheckpoint(model, request);
  const layout = layoutOverhead(request, format);
  const tied = model.embeddingParameters < 1.5 * model.vocabularySize * model.hiddenSize;
  const stageLayers = Math.ceil(model.layers / pipelineParallelSize) / Math.max(1, model.layers);
  const stageEmbedding = pipelineParallelSize === 1 || tied ? embedding : embedding / 2;
  const perRank = linear - experts + experts / dataParallelSize;
  const stage = perRank * layout.factor * stageLayers + stageEmbedding;
  return {
    bytes: Math.round(stage / tensorParallelSize + rotaryTableBytes(model)),
    format,
    uncertainty: Math.max(uncertainty, layout.uncertainty),
  };
}

/** LoRA slots that the engine keeps on the GPU. */
export interface LoraSlots {
  /** Adapters that are active at once. */
  readonly maxAdapters: number;
  /** The largest rank among them. */
  readonly maxRank: number;
}

/**
 * Bytes per GPU of the slots for LoRA adapters, in 16 bit, over all projections of attention and feed-forward layer;
 * for experts, over attention alone. The engine allocates them before any adapter is loaded.
 */
export function loraBytes(model: Model, slots: LoraSlots, tensorParallelSize = 1, pipelineParallelSize = 1): number {
  const mla = model.attention.kind === 'mla';
  const queries = mla ? model.hiddenSize : model.attentionHeads * model.attention.headDim;
  const keysAndValues = 2 * model.attention.kvHeads * model.attention.headDim;
  const width = model.moe ? 0 : feedForwardWidth(model);
  const hidden = model.hiddenSize;
  const inputs = (model.moe ? 3 : 5) * hidden + (queries + width) / tensorParallelSize;
  const outputs = (queries + keysAndValues + 2 * width) / tensorParallelSize + (model.moe ? 1 : 2) * hidden;
  const layers = Math.ceil(model.layers / pipelineParallelSize);
  return Math.round(slots.maxAdapters * slots.maxRank * layers * (inputs + outputs) * 2);
}
