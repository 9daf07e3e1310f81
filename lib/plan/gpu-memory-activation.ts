import { Model } from '../model/model';
import { EngineMemoryProfile } from '../runtime/engine-memory-profile';
import { feedForwardWidth, GIB } from './weight-bytes';

/** What decides the peak of memory while a batch is computed. */
export interface ActivationRequest {
  readonly model: Model;
  readonly profile: EngineMemoryProfile;
  readonly maxModelLen: number;
  readonly tensorParallelSize: number;
  /** Peak of an image or audio encoder, in GiB. @default 0 for text models, see {@link encoderActivationGib} */
  readonly encoderActivationGib?: number;
}

/**
 * Allowance for the encoder of a model that reads images, in GiB. Published peaks go from 2.2 GiB (one image a prompt)
 * to 36.6 GiB (128 images, before V1): no formula without the engine's image settings. @see docs/memory.md
 */
export function encoderActivationGib(model: Model, profile: EngineMemoryProfile): number {
  if (!model.vision) return 0;
  return profile.chunkedPrefillAbove === 0 ? 2 : 3;
}

/** Tokens of the largest batch that the engine computes in one step. */
export function tokensPerStep(profile: EngineMemoryProfile, maxModelLen: number): number {
  if (profile.wholeBatches) return profile.maxNumSeqs * maxModelLen;
  return maxModelLen > profile.chunkedPrefillAbove
    ? profile.maxNumBatchedTokens
    : Math.max(maxModelLen, profile.maxNumBatchedTokens, 2048);
}

/** The same for a model: an encoder's text cannot be cut, since every token sees every other. */
function tokensOfModel(model: Model, profile: EngineMemoryProfile, maxModelLen: number): number {
  const tokens = tokensPerStep(profile, maxModelLen);
  return model.attention.kind === 'none' ? Math.max(tokens, maxModelLen) : tokens;
}

/** Texts of `maxModelLen` tokens that an engine computes in one step. */
export function textsPerStep(model: Model, profile: EngineMemoryProfile, maxModelLen: number): number {
  return Math.min(profile.maxNumSeqs, Math.floor(tokensOfModel(model, profile, maxModelLen) / maxModelLen));
}

/** Bytes of 16-bit numbers that a layer holds for one token while its feed-forward part runs. */
function forwardBytesPerToken(model: Model, tensorParallelSize: number): number {
  const width = feedForwardWidth(model) / tensorParallelSize;
  // Residual, normalized input, output, and one copy between kernels: whole on every GPU.
  const hidden = 4 * model.hiddenSize;
  if (!model.moe) return 2 * (3 * width + hidden);
  // Experts: gate and up, or the output of every visited expert, in one buffer; the product in another.
  const { expertsPerToken } = model.moe;
  return 2 * (expertsPerToken * Math.max((2 * width) / expertsPerToken, model.hiddenSize) + width + hidden);
}

/**
 * Peak of activations in GiB per GPU: the larger of one forward pass over the largest batch, sampling for as many
 * sequences as the engine runs, and an image encoder. They come one after the other, so they share their memory.
 *
 * Sampling works on the logits of all sequences over the whole vocabulary, which tensor parallelism does not divide:
 * on GPUs where vLLM takes 1,024 sequences it is the largest part by far.
 */
export function activationGib(request: ActivationRequest): number {
  const { model, profile, tensorParallelSize } = request;
  const tokens = tokensOfModel(model, profile, request.maxModelLen);
  const forward = tokens * forwardBytesPerToken(model, tensorParallelSize);
  const sequences = Math.min(profile.maxNumSeqs, tokens);
  const lastHiddenStates = tokens * model.hiddenSize * 2;
  // What makes vectors or scores has no logits over the vocabulary.
  const sampling =
    model.attention.kind === 'none' || (model.task ?? 'generation') !== 'generation'
      ? 0
      : sequences * model.vocabularySize * profile.samplerBytesPerLogit + lastHiddenStates;
  const encoder = request.encoderActivationGib ?? encoderActivationGib(model, profile);
  return Math.max(forward / GIB, sampling / GIB, encoder, profile.activationFloorGib);
}

/** Memory outside of PyTorch in GiB per GPU: NCCL and all-reduce buffers grow with every doubling of the GPUs. */
export function nonTorchGib(
  profile: EngineMemoryProfile,
  tensorParallelSize: number,
  pipelineParallelSize = 1,
): number {
  const doublings = Math.log2(tensorParallelSize) + (pipelineParallelSize > 1 ? 0.5 : 0);
  return profile.nonTorchGib + profile.nonTorchPerDoublingGib * doublings;
}

/**
 * CUDA graphs in GiB per GPU. Graphs of experts hold their routing buffers: logs show 1.5 to 3.5 GiB against 0.2 to 0.9
 * for dense models. They are captured for batches up to the number of sequences, and at most 512.
 */
export function cudaGraphGib(model: Model, profile: EngineMemoryProfile): number {
  return profile.cudaGraphGib * (model.moe ? 4 : 1) * Math.min(1, profile.maxNumSeqs / 256);
}
