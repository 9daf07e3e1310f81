import { KvCacheFormat, Model } from '../model/model';

const BYTES: Record<KvCacheFormat, number> = { fp32: 4, bf16: 2, fp16: 2, fp8: 1, nvfp4: 4 / 8 + 1 / 16 };

/** How the KV cache is stored and split. */
export interface KvCacheLayout {
  /** @default bf16 */
  readonly format?: KvCacheFormat;
  /** @default 1 */
  readonly tensorParallelSize?: number;
  /** @default 1 */
  readonly pipelineParallelSize?: number;
  /** MLA: elements that the cached vector is padded to a multiple of. @default 1 */
  readonly mlaAlignment?: number;
  /** Tokens in a block; a sequence holds whole blocks. @default 16 */
  readonly blockSize?: number;
  /**
   * Sliding layers keep only their window and this many tokens that are being computed.
   * @default - every layer keeps every token
   */
  readonly slidingWindowInFlight?: number;
}

/** Bytes that one token costs on one layer of one GPU. */
function bytesPerTokenAndLayer(model: Model, layout: KvCacheLayout): number {
  const { kind, kvHeads, headDim, kvLoraRank = 0, qkRopeHeadDim = 0 } = model.attention;
  const bytes = BYTES[layout.format ?? 'bf16'];
  if (kind === 'none') return 0;
  if (kind === 'mla') {
    // One vector for all heads: tensor parallelism cannot divide it, so every GPU holds all of it.
    const alignment = layout.mlaAlignment ?? 1;
    return Math.ceil((kvLoraRank + qkRopeHeadDim) / alignment) * alignment * bytes;
  }
  // Heads are never cut: a GPU beyond the number of heads holds a copy of one.
  return 2 * Math.ceil(kvHeads / (layout.tensorParallelSize ?? 1)) * headDim * bytes;
}

/** Layers with a KV cache on the fullest stage of a pipeline. */
const stageLayers = (model: Model, layout: KvCacheLayout) =>
  Math.ceil(model.attention.kvLayers / (layout.pipelineParallelSize ?? 1));

/**
 * Bytes that one token costs in the KV cache of one GPU. An upper bound for models with sliding windows: there it
 * counts every layer as full, which holds for the first tokens of every sequence.
 *
 * - MHA, GQA: 2 x layers x ceil(KV heads / TP) x head size x bytes
 * - MLA: layers x (compressed vector + rotary key) x bytes, on every GPU
 */
export function kvBytesPerToken(model: Model, layout: KvCacheLayout = {}): number {
  return stageLayers(model, layout) * bytesPerTokenAndLayer(model, layout);
}

/** Bytes that one sequence of `tokens` holds in the KV cache of one GPU, in whole blocks. */
export function kvBytesPerSequence(model: Model, tokens: number, layout: KvCacheLayout = {}): number {
  const block = layout.blockSize ?? 16;
  const held = (count: number) => Math.ceil(count / block) * block;
  const perLayer = bytesPerTokenAndLayer(model, layout);
  const layers = stageLayers(model, layout);
  const window = model.attention.slidingWindow;
  if (!window || window.layers === 0 || layout.slidingWindowInFlight === undefined) {
    return layers * perLayer * held(tokens);
  }
  const full = Math.ceil((layers * (model.attention.kvLayers - window.layers)) / model.attention.kvLayers);
  // The engine keeps sliding layers in groups as large as the group of full layers, and fills the last one up.
  const sliding = full > 0 ? Math.ceil((layers - full) / full) * full : layers;
  const kept = Math.min(tokens, window.tokens - 1 + layout.slidingWindowInFlight);
  const bound = layers * perLayer * held(tokens);
  return Math.min(bound, perLayer * (full * held(tokens) + sliding * (held(kept) + (kept < tokens ? block : 0))));
}

/** The longest sequence that `bytes` of KV cache can hold, in tokens; at most `limit`. */
export function longestSequence(model: Model, bytes: number, limit: number, layout: KvCacheLayout = {}): number {
  const block = layout.blockSize ?? 16;
  const fits = (tokens: number) => kvBytesPerSequence(model, tokens, layout) <= bytes;
  if (fits(limit)) return limit;
  let low = 0;
  let high = Math.ceil(limit / block);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle * block)) low = middle;
    else high = middle;
  }
  return low * block;
}
