/** Number formats in which weights are stored. `int4` is AWQ or GPTQ with groups of 128. */
export type WeightFormat = 'fp32' | 'bf16' | 'fp16' | 'fp8' | 'int8' | 'int4' | 'nf4' | 'mxfp4' | 'nvfp4';

/** Number formats of the KV cache. `fp8` is e4m3 or e5m2; `nvfp4` has an 8-bit scale for 16 values. */
export type KvCacheFormat = 'fp32' | 'bf16' | 'fp16' | 'fp8' | 'nvfp4';

/** How a model attends, as far as it decides what one token costs in the KV cache. */
export interface Attention {
  /**
   * `mha`: every head has its own keys and values. `gqa`: heads share them. `mla`: one compressed vector a layer.
   * `none`: an encoder without a KV cache.
   */
  readonly kind: 'mha' | 'gqa' | 'mla' | 'none';
  /** Layers that hold a KV cache; fewer than all layers in hybrid models. */
  readonly kvLayers: number;
  /** Heads that hold keys and values, 1 for MLA. */
  readonly kvHeads: number;
  /** Elements of one head. */
  readonly headDim: number;
  /** MLA only: elements of the compressed vector. */
  readonly kvLoraRank?: number;
  /** MLA only: elements of the rotary key that is stored beside it. */
  readonly qkRopeHeadDim?: number;
  /** Tokens that a sliding layer looks back, and how many of `kvLayers` slide. The others see the whole context. */
  readonly slidingWindow?: { readonly tokens: number; readonly layers: number };
}

/** Mixture of experts, as far as it decides what is quantized and what is shared. */
export interface MixtureOfExperts {
  readonly experts: number;
  readonly expertsPerToken: number;
}

/** What of a model reads images. */
export interface VisionEncoder {
  /**
   * Parameters of the encoder and of what carries its output into the text model. They are part of `parameters`, and stay
   * in 16 bit when the rest is quantized. A count.
   */
  readonly parameters: number;
  /**
   * Tokens of the context that the largest image takes, as the model's processor cuts it unless told otherwise.
   * @default - unknown, or none: images that go in by cross attention take no place among the tokens
   */
  readonly tokensPerImage?: number;
}

/**
 * What is served: the facts about a model that follow from its architecture, whoever serves it.
 * The catalog holds open models; a model of your own is an object of this type.
 */
export interface Model {
  /**
   * What it answers: text that it generates token by token, a vector for each text, or an order of texts. The last two
   * have no stream, no time to first token and no promise of concurrent sequences.
   * @default 'generation'
   */
  readonly task?: 'generation' | 'embedding' | 'reranking';
  /** Hugging Face id, such as `meta-llama/Meta-Llama-3-8B-Instruct`. Also the default served model name. */
  readonly id: string;
  /** All parameters, a count. */
  readonly parameters: number;
  /** Parameters of token embedding and output head, which stay in 16 bit when the rest is quantized. A count. */
  readonly embeddingParameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly vocabularySize: number;
  /** The longest context that the model was made for, in tokens. */
  readonly maxModelLen: number;
  readonly attention: Attention;
  readonly moe?: MixtureOfExperts;
  /** @default - it reads text only */
  readonly vision?: VisionEncoder;
  /** The format in which its makers published the weights. */
  readonly nativeFormat: WeightFormat;
  /** The NIM repository that serves it, without a tag. */
  readonly nimRepository?: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** False when nobody confirmed a number of this row. */
  readonly verified: boolean;
  /** What a reader of the row should know. */
  readonly note?: string;
}
