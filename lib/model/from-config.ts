import { Problem, refuse } from '../problem/problem';
import { ConfigReader, describe, type HuggingFaceConfig, isObject } from './config-reader';
import { Attention, Model, WeightFormat } from './model';
import { visionOf } from './vision-config';

export { type HuggingFaceConfig };

/** What one architecture has that its `config.json` does not say. */
interface Family {
  /** Whether output head and token embedding are one matrix when the file does not say. */
  readonly tied: boolean;
  /** Values that the configuration class supplies (transformers 4.50, from memory). */
  readonly defaults?: Readonly<Record<string, number>>;
  /** How many layers look back only `sliding_window` tokens, where the file does not list `layer_types`. */
  readonly slidingLayers?: (layers: number, config: ConfigReader) => number;
  /** Parameters of the attention of one layer. */
  readonly attention: (config: ConfigReader) => number;
  /** Parameters of the feed-forward parts of all layers. */
  readonly feedForward: (config: ConfigReader) => number;
  /** Vectors of the hidden size that norms hold in each layer. */
  readonly normsPerLayer: number;
  /** Whatever else the whole model has. */
  readonly extra?: (config: ConfigReader) => number;
  /** Every token sees every other: no KV cache, no output head, and a vector or a score is what comes out. */
  readonly encoder?: true;
  /** Entries of the position table that no token uses. @default 0 */
  readonly reservedPositions?: number;
}

const allLayers = (layers: number) => layers;

const LLAMA: Family = {
  tied: false,
  attention: (c) => grouped(c, c.flag('attention_bias') ? 'all' : 'none'),
  feedForward: denseOnly,
  normsPerLayer: 2,
};

/** BERT and its kin: biases everywhere, two matrices a feed-forward layer, a norm with bias after each part. */
const BERT: Family = {
  encoder: true,
  tied: true,
  attention: (c) => grouped(c, 'all'),
  feedForward: (c) =>
    c.layers() *
    (2 * c.count('hidden_size') * c.count('intermediate_size') + c.count('intermediate_size') + c.count('hidden_size')),
  normsPerLayer: 4,
  // Tables of positions and token types, the norm behind them, and a pooler or a head that scores. The last norm that
  // every other family has is not there.
  extra: (c) => {
    const hidden = c.count('hidden_size');
    const tables = c.count('max_position_embeddings') + (c.optionalCount('type_vocab_size') ?? 2);
    return (tables + 2) * hidden + (hidden + 1) * hidden - hidden + (scores(c) ? hidden + 1 : 0);
  },
};

/** A head that gives one text pair one score: a reranker. */
const scores = (c: ConfigReader) => /ForSequenceClassification/.test(String(c.top('architectures')));

const FAMILIES: Readonly<Record<string, Family>> = {
  bert: BERT,
  // Positions begin behind the padding token, so that two entries are lost.
  roberta: { ...BERT, reservedPositions: 2 },
  'xlm-roberta': { ...BERT, reservedPositions: 2 },
  llama: LLAMA,
  // NVIDIA's embedding and reranking models: Llama without a mask.
  llama_bidirec: { ...LLAMA, encoder: true, tied: true },
  mistral: {
    tied: false,
    slidingLayers: allLayers,
    attention: (c) => grouped(c, 'none'),
    feedForward: denseOnly,
    normsPerLayer: 2,
  },
  mixtral: {
    tied: false,
    slidingLayers: allLayers,
    attention: (c) => grouped(c, 'none'),
    feedForward: mixtralExperts,
    normsPerLayer: 2,
  },
  qwen2: {
    tied: false,
    slidingLayers: qwenSlidingLayers,
    attention: (c) => grouped(c, 'qkv'),
    feedForward: denseOnly,
    normsPerLayer: 2,
  },
  qwen2_moe: {
    tied: false,
    slidingLayers: qwenSlidingLayers,
    attention: (c) => grouped(c, 'qkv'),
    feedForward: qwenExperts,
    normsPerLayer: 2,
  },
  qwen3: {
    tied: false,
    slidingLayers: qwenSlidingLayers,
    attention: (c) => grouped(c, 'none') + 2 * c.headDim(),
    feedForward: denseOnly,
    normsPerLayer: 2,
  },
  qwen3_moe: {
    tied: false,
    slidingLayers: qwenSlidingLayers,
    attention: (c) => grouped(c, 'none') + 2 * c.headDim(),
    feedForward: qwenExperts,
    normsPerLayer: 2,
  },
  gemma2: {
    tied: true,
    defaults: { head_dim: 256, sliding_window: 4096, max_position_embeddings: 8192 },
    slidingLayers: (layers) => Math.ceil(layers / 2),
    attention: (c) => grouped(c, 'none'),
    feedForward: denseOnly,
    normsPerLayer: 4,
  },
  gemma3_text: {
    tied: true,
    defaults: {
      vocab_size: 262_208,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
      sliding_window: 4096,
      max_position_embeddings: 131_072,
      sliding_window_pattern: 6,
    },
    slidingLayers: (layers, c) => layers - Math.floor(layers / c.count('sliding_window_pattern')),
    attention: (c) => grouped(c, 'none') + 2 * c.headDim(),
    feedForward: denseOnly,
    normsPerLayer: 4,
  },
  phi: {
    tied: false,
    attention: (c) => grouped(c, 'all'),
    // Two matrices with biases, where the others have three without.
    feedForward: (c) =>
      c.layers() *
      (2 * c.count('hidden_size') * c.count('intermediate_size') +
        c.count('intermediate_size') +
        c.count('hidden_size')),
    normsPerLayer: 2,
    extra: (c) => c.count('hidden_size') + c.count('vocab_size'),
  },
  phi3: {
    tied: false,
    slidingLayers: allLayers,
    attention: (c) => grouped(c, 'none'),
    feedForward: denseOnly,
    normsPerLayer: 2,
  },
  deepseek_v2: { tied: false, attention: latent, feedForward: deepseekExperts, normsPerLayer: 2 },
  deepseek_v3: { tied: false, attention: latent, feedForward: deepseekExperts, normsPerLayer: 2 },
  gpt_oss: {
    tied: false,
    slidingLayers: (layers) => Math.ceil(layers / 2),
    // One learned sink a head.
    attention: (c) => grouped(c, 'all') + c.count('num_attention_heads'),
    feedForward: gptOssExperts,
    normsPerLayer: 2,
  },
};

/**
 * A model of your own from the `config.json` of its Hugging Face repository. Parameters are computed from the
 * architecture; what reads images is counted too, for the towers of Gemma 3, Pixtral, Mistral 3 and Qwen2.5-VL.
 *
 * Reads Llama, Mistral, Mixtral, Qwen2, Qwen3 (dense and mixture of experts), Gemma 2 and 3, Phi, DeepSeek V2 and V3,
 * gpt-oss, and the encoders BERT, RoBERTa, XLM-RoBERTa and NVIDIA's bidirectional Llama. An encoder's `task` is
 * `embedding`, or `reranking` when it has a head that scores. A decoder that makes vectors, such as Qwen3-Embedding, looks
 * like any other in this file: state its task with `{ ...modelFromConfig(id, config), task: 'embedding' }`.
 * `verified` is false: nobody compared the result with the weights.
 *
 * @param id Hugging Face id, such as `my-org/my-finetune`; also the default served model name
 * @throws InvalidInputError when the architecture is unknown or fields are missing or odd; it lists all of them.
 */
export function modelFromConfig(id: string, config: HuggingFaceConfig): Model {
  const subject = `model ${id}`;
  const problems: Problem[] = [];
  if (typeof id !== 'string' || id.trim() === '') problems.push(fieldProblem('The id of the model is empty.'));
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    refuse(subject, [...problems, fieldProblem(`config is ${describe(config)}, not an object.`)]);
  }
  const text = isObject(config.text_config) ? config.text_config : config;
  const type = familyName(text.model_type ?? config.model_type);
  const family = Object.prototype.hasOwnProperty.call(FAMILIES, type) ? FAMILIES[type] : undefined;
  if (family === undefined) {
    refuse(subject, [
      ...problems,
      {
        check: 'model-config',
        message: `model_type is ${describe(text.model_type ?? config.model_type)}, which is not known.`,
        remedy: `Known are ${Object.keys(FAMILIES).join(', ')}. Otherwise write the model as an object of the type Model.`,
      },
    ]);
    throw new Error('unreachable');
  }

  const c = new ConfigReader(text, config, family.defaults ?? {}, problems);
  const layers = c.layers();
  const hiddenSize = c.count('hidden_size');
  const vocabularySize = c.count('vocab_size');
  const maxModelLen = Math.max(1, c.count('max_position_embeddings') - (family.reservedPositions ?? 0));
  const attention = attentionOf(c, family, layers);
  const images = config.vision_config === undefined || config.vision_config === null ? undefined : config.vision_config;
  const vision = images === undefined ? undefined : visionOf(c, images, config.model_type);
  const experts = c.optionalCount('num_local_experts', 'n_routed_experts', 'num_experts');
  // An encoder has no output head, whatever the file says.
  const tied = family.encoder ?? c.optionalFlag('tie_word_embeddings') ?? family.tied;
  const embeddingParameters = (tied ? 1 : 2) * vocabularySize * hiddenSize;
  const parameters =
    embeddingParameters +
    layers * (family.attention(c) + family.normsPerLayer * hiddenSize) +
    family.feedForward(c) +
    hiddenSize +
    (family.extra?.(c) ?? 0) +
    (vision?.parameters ?? 0);
  const nativeFormat = formatOf(c);
  const moe =
    experts === undefined || experts === 1
      ? undefined
      : { experts, expertsPerToken: c.count('num_experts_per_tok', 'experts_per_token') };
  if (!Number.isSafeInteger(parameters)) {
    c.problem(`The fields make a model of ${parameters} parameters.`, 'Check the sizes in config.json.');
  }
  refuse(subject, problems);

  return {
    ...(family.encoder && { task: scores(c) ? ('reranking' as const) : ('embedding' as const) }),
    id,
    parameters,
    embeddingParameters,
    layers,
    hiddenSize,
    attentionHeads: c.count('num_attention_heads'),
    vocabularySize,
    maxModelLen,
    attention,
    ...(moe && { moe }),
    ...(vision && { vision }),
    nativeFormat,
    source: `config.json of ${id}, parameters computed from the architecture`,
    verified: false,
  };
}

/** Multimodal and text variants of one architecture share everything that matters here. */
function familyName(type: unknown): string {
  if (type === 'gemma3') return 'gemma3_text';
  if (type === 'qwen2_5_vl' || type === 'qwen2_5_vl_text') return 'qwen2';
  return typeof type === 'string' ? type : '';
}

function attentionOf(c: ConfigReader, family: Family, layers: number): Attention {
  if (family.attention === latent) {
    const kvLoraRank = c.count('kv_lora_rank');
    const qkRopeHeadDim = c.count('qk_rope_head_dim');
    return {
      kind: 'mla',
      kvLayers: layers,
      kvHeads: 1,
      headDim: kvLoraRank + qkRopeHeadDim,
      kvLoraRank,
      qkRopeHeadDim,
    };
  }
  const heads = c.count('num_attention_heads');
  const kvHeads = c.kvHeads();
  if (family.encoder) return { kind: 'none', kvLayers: 0, kvHeads, headDim: c.headDim() };
  const kind = kvHeads === heads ? 'mha' : 'gqa';
  const tokens = c.optionalCount('sliding_window');
  const types = c.raw('layer_types');
  const sliding = Array.isArray(types)
    ? types.filter((entry) => entry === 'sliding_attention').length
    : (family.slidingLayers?.(layers, c) ?? 0);
  const slidingWindow = tokens !== undefined && sliding > 0 ? { tokens, layers: sliding } : undefined;
  return { kind, kvLayers: layers, kvHeads, headDim: c.headDim(), ...(slidingWindow && { slidingWindow }) };
}

/** Query, key, value and output projections of one layer, with biases on all of them, on the first three, or on none. */
function grouped(c: ConfigReader, biases: 'all' | 'qkv' | 'none'): number {
  const hidden = c.count('hidden_size');
  const queries = c.count('num_attention_heads') * c.headDim();
  const keysAndValues = 2 * c.kvHeads() * c.headDim();
  const bias = biases === 'none' ? 0 : queries + keysAndValues + (biases === 'all' ? hidden : 0);
  return hidden * (queries + keysAndValues) + queries * hidden + bias;
}

/** Multi-head latent attention of one layer: DeepSeek V2 and V3. */
function latent(c: ConfigReader): number {
  const hidden = c.count('hidden_size');
  const heads = c.count('num_attention_heads');
  const kvRank = c.count('kv_lora_rank');
  const rope = c.count('qk_rope_head_dim');
  const nope = c.count('qk_nope_head_dim');
  const value = c.count('v_head_dim');
  const qRank = c.optionalCount('q_lora_rank');
  const queries =
    qRank === undefined ? hidden * heads * (nope + rope) : hidden * qRank + qRank + qRank * heads * (nope + rope);
  return queries + hidden * (kvRank + rope) + kvRank + kvRank * heads * (nope + value) + heads * value * hidden;
}

/** Gate, up and down matrices of one gated feed-forward part. */
function gated(c: ConfigReader, intermediateSize: number): number {
  return 3 * c.count('hidden_size') * intermediateSize;
}

function denseOnly(c: ConfigReader): number {
  return c.layers() * gated(c, c.count('intermediate_size'));
}

function mixtralExperts(c: ConfigReader): number {
  const experts = c.count('num_local_experts');
  return c.layers() * experts * (gated(c, c.count('intermediate_size')) + c.count('hidden_size'));
}

function qwenExperts(c: ConfigReader): number {
  const experts = c.count('num_experts', 'num_local_experts');
  const shared = c.optionalCount('shared_expert_intermediate_size');
  const step = c.optionalCount('decoder_sparse_step') ?? 1;
  const listed = c.raw('mlp_only_layers');
  const denseLayers = new Set(Array.isArray(listed) ? listed : []);
  let total = 0;
  for (let layer = 0; layer < c.layers(); layer++) {
    if (denseLayers.has(layer) || (layer + 1) % step !== 0) {
      total += gated(c, c.count('intermediate_size'));
      continue;
    }
    total += experts * (gated(c, c.count('moe_intermediate_size')) + c.count('hidden_size'));
    if (shared !== undefined) total += gated(c, shared) + c.count('hidden_size');
  }
  return total;
}

function deepseekExperts(c: ConfigReader): number {
  const dense = gated(c, c.count('intermediate_size'));
  const experts = c.optionalCount('n_routed_experts');
  if (experts === undefined) return c.layers() * dense;
  const expert = gated(c, c.count('moe_intermediate_size'));
  const shared = c.optionalCount('n_shared_experts') ?? 0;
  const denseLayers = Math.min(c.layers(), c.optionalCount('first_k_dense_replace') ?? 0);
  const sparse = (experts + shared) * expert + experts * c.count('hidden_size');
  return denseLayers * dense + (c.layers() - denseLayers) * sparse;
}

function gptOssExperts(c: ConfigReader): number {
  const hidden = c.count('hidden_size');
  const size = c.count('intermediate_size');
  const experts = c.count('num_local_experts', 'num_experts');
  return c.layers() * experts * (gated(c, size) + 2 * size + hidden + hidden + 1);
}

const DTYPES: Readonly<Record<string, WeightFormat>> = { bfloat16: 'bf16', float16: 'fp16', float32: 'fp32' };

function formatOf(c: ConfigReader): WeightFormat {
  const quantization = c.top('quantization_config');
  if (isObject(quantization)) {
    const format = quantizedFormat(quantization);
    if (format !== undefined) return format;
    c.problem(
      `quantization_config.quant_method is ${describe(quantization.quant_method)} in a form that is not known.`,
      'Known are fp8, mxfp4, awq, gptq, compressed-tensors, bitsandbytes and modelopt. Otherwise write the model as an object of the type Model.',
    );
    return 'bf16';
  }
  const dtype = c.raw('dtype') ?? c.raw('torch_dtype') ?? c.top('dtype') ?? c.top('torch_dtype');
  const format =
    typeof dtype === 'string' && Object.prototype.hasOwnProperty.call(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (format === undefined) {
    c.problem(
      `torch_dtype is ${describe(dtype)}.`,
      `Known are ${Object.keys(DTYPES).join(', ')}; set torch_dtype (or dtype) to one of them.`,
    );
  }
  return format ?? 'bf16';
}

function quantizedFormat(q: HuggingFaceConfig): WeightFormat | undefined {
  switch (q.quant_method) {
    case 'fp8':
    case 'fbgemm_fp8':
      return 'fp8';
    case 'mxfp4':
      return 'mxfp4';
    case 'awq':
    case 'gptq':
      return ({ 4: 'int4', 8: 'int8' } as const)[Number(q.bits ?? q.w_bit)];
    case 'bitsandbytes':
      return q.load_in_4bit === true ? 'nf4' : q.load_in_8bit === true ? 'int8' : undefined;
    case 'modelopt':
      return ({ FP8: 'fp8', NVFP4: 'nvfp4' } as const)[String(q.quant_algo)];
    case 'compressed-tensors': {
      const group = isObject(q.config_groups) ? Object.values(q.config_groups)[0] : undefined;
      const weights = isObject(group) && isObject(group.weights) ? group.weights : undefined;
      const kind = `${String(weights?.type)} ${String(weights?.num_bits)}`;
      return ({ 'float 8': 'fp8', 'int 8': 'int8', 'int 4': 'int4', 'float 4': 'nvfp4' } as const)[kind];
    }
    default:
      return undefined;
  }
}

/** Qwen writes a window into every config, and uses it only when told to, from a certain layer on. */
function qwenSlidingLayers(layers: number, c: ConfigReader): number {
  if (!c.flag('use_sliding_window')) return 0;
  return Math.max(0, layers - (c.optionalCount('max_window_layers') ?? 0));
}

const fieldProblem = (message: string): Problem => ({
  check: 'model-config',
  message,
  remedy: 'Give the Hugging Face id and the parsed config.json of the repository.',
});
