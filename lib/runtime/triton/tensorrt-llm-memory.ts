import { EngineMemoryProfile } from '../engine-memory-profile';
import { isSince } from '../server-version';
import { TensorRtLlmModel } from './tensorrt-llm-settings';

/**
 * How TensorRT-LLM divides the memory of a GPU. The engine fixes sequences and tokens of a step; what is free after it was
 * loaded is the KV cache's, but for a tenth.
 *
 * The share is the documented default. What activations and libraries take is an estimate after vLLM's: TensorRT plans the
 * activations of an engine when it is built, and prints them then. Nobody has compared it with a start-up log.
 */
export function tensorRtLlmMemoryProfile(version: string, model: TensorRtLlmModel): EngineMemoryProfile {
  const { engine = {} } = model;
  return {
    engine: `TensorRT-LLM ${version}`,
    utilization: model.kvCacheFreeGpuMemFraction ?? 0.9,
    utilizationOf: 'free-memory',
    maxNumSeqs: engine.maxBatchSize ?? 2048,
    maxNumBatchedTokens: engine.maxNumTokens ?? 8192,
    // Its activations are planned for max_num_tokens, whether or not prompts are cut.
    chunkedPrefillAbove: 0,
    blockSize: engine.tokensPerBlock ?? (isSince(version, [1, 0, 0]) ? 32 : 64),
    slidingWindowLayers: 'full',
    mlaAlignment: 1,
    samplerBytesPerLogit: 8,
    activationFloorGib: 0.5,
    activationUncertainty: 0.4,
    nonTorchGib: 0.8,
    nonTorchPerDoublingGib: 0.4,
    nonTorchUncertainty: 0.5,
    cudaGraphGib: model.cudaGraphMode ? 0.5 : 0,
    cudaGraphsInBudget: false,
    sources: [
      'triton-inference-server/tensorrtllm_backend docs/model_config.md: kv_cache_free_gpu_mem_fraction 0.9',
      'trtllm-build: max_batch_size 2048, max_num_tokens 8192',
      'estimates of activations and libraries, not verified',
    ],
  };
}
