import { EngineMemoryProfile } from '../engine-memory-profile';
import { isSince } from '../server-version';
import { TgiSettings } from './tgi-settings';

/**
 * Part of the free memory that the KV cache gets. The library states it, so that plan and server have the same number; the
 * server's own differs between its back ends and releases.
 */
export const TGI_WIGGLE_ROOM = 0.9;

/**
 * TGI takes the free memory after it ran its largest batch once. Not measured: the estimates are those of vLLM, whose
 * kernels it shares.
 */
export function tgiMemoryProfile(version: string, settings: TgiSettings): EngineMemoryProfile {
  const { cudaMemoryFraction = 1, maxBatchPrefillTokens, maxInputTokens, maxConcurrentRequests = 128 } = settings;
  return {
    engine: `TGI ${version}`,
    utilization: cudaMemoryFraction === 1 ? TGI_WIGGLE_ROOM : cudaMemoryFraction,
    utilizationOf: cudaMemoryFraction === 1 ? 'free-memory' : 'total',
    maxNumSeqs: maxConcurrentRequests,
    maxNumBatchedTokens: maxBatchPrefillTokens ?? (maxInputTokens ?? 4096) + 50,
    // Prompts are computed whole before 3.0; since then in chunks of the size above.
    chunkedPrefillAbove: isSince(version, [3, 0, 0]) && maxBatchPrefillTokens !== undefined ? 0 : Infinity,
    blockSize: isSince(version, [3, 0, 0]) ? 1 : 16,
    slidingWindowLayers: 'full',
    mlaAlignment: 1,
    samplerBytesPerLogit: 38,
    activationFloorGib: 0.5,
    activationUncertainty: 0.3,
    nonTorchGib: 0.4,
    nonTorchPerDoublingGib: 0.4,
    nonTorchUncertainty: 0.5,
    // Batches of 1 to 32 only; none where bitsandbytes or exl2 forbids them.
    cudaGraphGib: /^(bitsandbytes|exl2)/.test(settings.quantize ?? '') ? 0 : 0.3,
    cudaGraphsInBudget: false,
    sources: [
      'huggingface/text-generation-inference docs/source/reference/launcher.md: limits and their defaults',
      'activations, graphs and memory outside of PyTorch: not measured, as for vLLM',
    ],
  };
}
