import { findGpu } from '../../lib/hardware/gpu-catalog';
import { Gpu } from '../../lib/hardware/gpu';
import { findModel } from '../../lib/model/catalog';
import { Attention, Model } from '../../lib/model/model';
import { Checkpoint } from '../../lib/plan/weight-bytes';
import { VllmMemoryOptions } from '../../lib/runtime/engine-memory-profile';

/** What a start-up log says. GiB per GPU; undefined where the log is silent. */
export interface Published {
  readonly weights?: number;
  readonly nonTorch?: number;
  /** Since vLLM 0.21 the figure has its estimate of CUDA graphs in it. */
  readonly activation?: number;
  readonly kvCache?: number;
  readonly kvTokens?: number;
  /** KV cache in bytes over tokens, where the log has both from different sources. */
  readonly kvBytesPerToken?: number;
}

/** One published start of vLLM. */
export interface Measurement extends Checkpoint {
  readonly id: string;
  readonly model: Model;
  readonly gpu: Gpu;
  readonly tensorParallelSize?: number;
  readonly version: string;
  readonly options?: VllmMemoryOptions;
  /** As logged; where the log is silent, what vLLM takes by itself. */
  readonly maxModelLen: number;
  readonly published: Published;
  readonly outcome: 'started' | 'refused';
  readonly source: string;
  /** Why a figure of this row is not met. */
  readonly cause?: string;
}

const catalogGpu = (id: Parameters<typeof findGpu>[0], cudaMemoryGib?: number): Gpu => {
  const gpu: Gpu | undefined = findGpu(id);
  if (!gpu) throw new Error(`no GPU ${id}`);
  return { ...gpu, cudaMemoryGib: cudaMemoryGib ?? gpu.cudaMemoryGib };
};

/** A GPU that the catalog does not hold, with the memory that the log shows. */
const loggedGpu = (id: string, computeCapability: number, memoryGb: number, cudaMemoryGib: number): Gpu => ({
  id,
  name: id,
  architecture: 'as logged',
  computeCapability,
  memoryGb,
  cudaMemoryGib,
  productLabels: [],
  gkeAccelerators: [],
  mig: [],
  source: 'the log',
  verified: true,
});

const gqa = (kvLayers: number, kvHeads: number, headDim: number): Attention => ({
  kind: 'gqa',
  kvLayers,
  kvHeads,
  headDim,
});

/** Models that the catalog does not hold. Shapes are from memory; weights and bytes a token of the logs agree with them. */
const loggedModel = (model: Omit<Model, 'source' | 'verified' | 'nativeFormat'>): Model => ({
  ...model,
  nativeFormat: 'bf16',
  source: 'from memory',
  verified: false,
});

const QWEN25_15B = loggedModel({
  id: 'Qwen/Qwen2.5-1.5B-Instruct',
  parameters: 1_543_714_304,
  embeddingParameters: 151_936 * 1536,
  layers: 28,
  hiddenSize: 1536,
  attentionHeads: 12,
  vocabularySize: 151_936,
  maxModelLen: 32_768,
  attention: gqa(28, 2, 128),
});

const QWEN25_05B = loggedModel({
  id: 'Qwen/Qwen2.5-0.5B-Instruct',
  parameters: 494_032_768,
  embeddingParameters: 151_936 * 896,
  layers: 24,
  hiddenSize: 896,
  attentionHeads: 14,
  vocabularySize: 151_936,
  maxModelLen: 32_768,
  attention: gqa(24, 2, 64),
});

const LLAMA_32_11B_VISION = loggedModel({
  id: 'meta-llama/Llama-3.2-11B-Vision',
  vision: { parameters: 860_000_000 },
  parameters: 10_670_220_835,
  embeddingParameters: 2 * 128_264 * 4096,
  layers: 40,
  hiddenSize: 4096,
  attentionHeads: 32,
  vocabularySize: 128_256,
  maxModelLen: 131_072,
  attention: gqa(40, 8, 128),
});

const MISTRAL_7B_V02 = loggedModel({
  id: 'mistralai/Mistral-7B-Instruct-v0.2',
  parameters: 7_241_732_096,
  embeddingParameters: 2 * 32_000 * 4096,
  layers: 32,
  hiddenSize: 4096,
  attentionHeads: 32,
  vocabularySize: 32_000,
  maxModelLen: 32_768,
  attention: gqa(32, 8, 128),
});

const GRANITE_4_MICRO = loggedModel({
  id: 'ibm-granite/granite-4.0-micro',
  parameters: 3_402_836_480,
  embeddingParameters: 100_352 * 2560,
  layers: 40,
  hiddenSize: 2560,
  attentionHeads: 40,
  vocabularySize: 100_352,
  maxModelLen: 131_072,
  attention: gqa(40, 8, 64),
});

const DEEPSEEK_V25 = loggedModel({
  id: 'deepseek-ai/DeepSeek-V2.5',
  parameters: 235_741_434_880,
  embeddingParameters: 2 * 102_400 * 5120,
  layers: 60,
  hiddenSize: 5120,
  attentionHeads: 128,
  vocabularySize: 102_400,
  maxModelLen: 163_840,
  attention: { kind: 'mla', kvLayers: 60, kvHeads: 1, headDim: 576, kvLoraRank: 512, qkRopeHeadDim: 64 },
  moe: { experts: 160, expertsPerToken: 6 },
});

/** 8 of its 32 layers attend; the others keep a state of fixed size. Parameters from the size of its checkpoint. */
const QWEN35_4B = loggedModel({
  id: 'Qwen/Qwen3.5-4B',
  vision: { parameters: 300_000_000 },
  parameters: 4_660_000_000,
  embeddingParameters: 248_320 * 2560,
  layers: 32,
  hiddenSize: 2560,
  attentionHeads: 16,
  vocabularySize: 248_320,
  maxModelLen: 262_144,
  attention: gqa(8, 4, 256),
});

/** Its log shows weights and budget but no layout of the KV cache; the shape is from memory and decides little here. */
const DEEPSEEK_V4_FLASH: Model = {
  ...DEEPSEEK_V25,
  id: 'deepseek-ai/DeepSeek-V4-Flash',
  parameters: 284e9,
  embeddingParameters: 2 * 129_280 * 4096,
  layers: 43,
  hiddenSize: 4096,
  vocabularySize: 129_280,
  moe: { experts: 256, expertsPerToken: 6 },
  verified: false,
};

/** The log names no model: 32 layers with 8 KV heads, as its bytes per token say. The weights are the log's. */
const UNNAMED_32_LAYERS: Model = { ...findModel('meta-llama/Llama-3.1-8B-Instruct'), id: 'unnamed, 32 layers' };

const H100 = catalogGpu('H100-80GB');
const T4 = catalogGpu('T4');

/**
 * Start-up logs of vLLM that their authors published. vLLM prints "GB" in old versions and divides by 2^30. Versions
 * that the log does not say are those of its date.
 */
export const MEASUREMENTS: readonly Measurement[] = [
  {
    id: 'Llama 3 8B, 2 H100, 0.6.5-dev',
    model: findModel('meta-llama/Meta-Llama-3-8B-Instruct'),
    gpu: catalogGpu('H100-80GB', 79.22),
    tensorParallelSize: 2,
    version: '0.6.5',
    maxModelLen: 8192,
    published: { weights: 7.48, nonTorch: 3.58, activation: 1.26, kvCache: 58.97 },
    outcome: 'started',
    source: 'vllm-project/vllm pull request 10511, comment of 2024-12-14',
    cause: 'Non-torch memory of this development build, 3.58 GiB, is far above later logs; the reason is not known.',
  },
  {
    id: 'Llama 3.1 8B, RTX 3090, 20k, 0.6.4',
    model: findModel('meta-llama/Llama-3.1-8B-Instruct'),
    gpu: loggedGpu('RTX-3090', 8.6, 24, 23.58),
    version: '0.6.4',
    maxModelLen: 20_000,
    published: {
      weights: 14.9888,
      nonTorch: 0.35,
      activation: 2.07,
      kvCache: 3.81,
      kvTokens: 31_232,
      kvBytesPerToken: 130_986.1,
    },
    outcome: 'started',
    source: 'vllm-project/vllm issue 10517, comment of 2024-12-02',
  },
  {
    id: 'Llama 3.1 8B, A100-40GB, V1',
    model: findModel('meta-llama/Llama-3.1-8B-Instruct'),
    gpu: catalogGpu('A100-40GB'),
    version: '0.8.5',
    maxModelLen: 32_768,
    published: { kvCache: 19.92, kvTokens: 163_168, kvBytesPerToken: 131_085.4 },
    outcome: 'started',
    source: 'benchmark note on a GKE a2-highgpu-1g',
    cause: 'The log does not say the utilization; 0.90 is assumed.',
  },
  {
    id: 'Llama 3.2 11B Vision, H100, 0.6.6',
    model: LLAMA_32_11B_VISION,
    gpu: catalogGpu('H100-80GB', 79.22),
    version: '0.6.6',
    options: { maxNumSeqs: 128, enforceEager: true },
    maxModelLen: 65_536,
    published: {
      weights: 19.86,
      nonTorch: 0.16,
      activation: 36.63,
      kvCache: 14.65,
      kvTokens: 96_016,
      kvBytesPerToken: 163_830.2,
    },
    outcome: 'started',
    source: 'vllm-project/vllm pull request 12126, description',
    cause: 'Profiled with the images of 128 sequences at once; the plan has a flat allowance for encoders.',
  },
  {
    id: 'Llama 3.1 70B int8, 80 GB, 0.7 V1',
    model: findModel('meta-llama/Llama-3.1-70B-Instruct'),
    weightFormat: 'int8',
    gpu: H100,
    version: '0.7.0',
    options: { gpuMemoryUtilization: 0.98, engine: 'V1' },
    maxModelLen: 2048,
    // The log has tokens; GiB are 22,096 x 327,680 bytes, so they do not check the bytes a token.
    published: { weights: 67.7229, kvCache: 6.74, kvTokens: 22_096 },
    outcome: 'started',
    source: 'vllm-project/vllm pull request 12569, description',
    cause: 'The log does not say which GPU of 80 GB, and so not how many sequences were sampled.',
  },
  {
    id: 'Qwen3 235B fp8, 4 H100, 0.9',
    model: findModel('Qwen/Qwen3-235B-A22B'),
    weightFormat: 'fp8',
    gpu: H100,
    tensorParallelSize: 4,
    version: '0.9.2',
    maxModelLen: 40_960,
    published: { kvCache: 8.11, kvTokens: 178_880, kvBytesPerToken: 48_680.9 },
    outcome: 'started',
    source: 'vllm-project/vllm issue 21348, description',
    cause: 'Not known: 1.6 GiB more is used than planned, and no log of the parts was published.',
  },
  {
    id: 'Qwen3 235B 2507 fp8, 8 L40S, 0.11',
    model: findModel('Qwen/Qwen3-235B-A22B'),
    weightFormat: 'fp8',
    gpu: catalogGpu('L40S', 44.42),
    // The command says 4 with expert parallelism over 8 cards; weights and KV bytes are those of 8.
    tensorParallelSize: 8,
    version: '0.11.0',
    maxModelLen: 32_768,
    published: {
      weights: 27.72,
      nonTorch: 0.21,
      activation: 1.4,
      kvCache: 10.65,
      kvTokens: 238_208,
      kvBytesPerToken: 48_005.7,
    },
    outcome: 'started',
    source: 'hosting report: Qwen3-235B-A22B-Instruct-2507-FP8 on 8 L40S',
    cause: 'Non-torch memory was below the allowance for 8 GPUs; the reason is not known.',
  },
  {
    id: 'Qwen3 235B 2507 fp8, 4 RTX PRO 6000, 0.29',
    model: findModel('Qwen/Qwen3-235B-A22B'),
    weightFormat: 'fp8',
    gpu: catalogGpu('RTX-PRO-6000', 95.01),
    tensorParallelSize: 4,
    version: '0.29.0',
    options: { gpuMemoryUtilization: 0.9, maxNumSeqs: 32 },
    maxModelLen: 32_768,
    published: {
      weights: 55.19,
      nonTorch: 1.7,
      activation: 0.76,
      kvCache: 27.85,
      kvTokens: 621_392,
      kvBytesPerToken: 48_123.7,
    },
    outcome: 'started',
    source: 'walk-through of tensor parallelism on a server of 8 RTX PRO 6000',
  },
  {
    id: 'Qwen2.5 7B AWQ, 16 GB RTX, 0.19',
    model: findModel('Qwen/Qwen2.5-7B-Instruct'),
    weightFormat: 'int4',
    gpu: loggedGpu('RTX-16GB', 8.9, 16, 15.99),
    version: '0.19.1',
    maxModelLen: 32_768,
    published: {
      weights: 5.29,
      nonTorch: 0.06,
      activation: 1.04,
      kvCache: 8.0,
      kvTokens: 149_712,
      kvBytesPerToken: 57_376.4,
    },
    outcome: 'started',
    source: 'note on checking KV cache size under WSL2',
  },
  {
    id: 'Qwen2.5 1.5B, T4, 0.7',
    model: QWEN25_15B,
    weightFormat: 'fp16',
    gpu: T4,
    version: '0.7.3',
    options: { gpuMemoryUtilization: 0.5 },
    maxModelLen: 32_768,
    published: {
      weights: 2.8875,
      nonTorch: 0.01,
      activation: 2.02,
      kvCache: 2.36,
      kvTokens: 88_304,
      kvBytesPerToken: 28_696.7,
    },
    outcome: 'started',
    source: 'notebook log on a Colab T4',
  },
  {
    id: 'Qwen2.5 0.5B, T4, 0.6',
    model: QWEN25_05B,
    weightFormat: 'fp16',
    gpu: T4,
    version: '0.6.6',
    maxModelLen: 32_768,
    published: {
      weights: 0.9276,
      nonTorch: 0.11,
      activation: 1.44,
      kvCache: 10.63,
      kvTokens: 928_944,
      kvBytesPerToken: 12_286.9,
    },
    outcome: 'started',
    source: 'notebook log on a T4',
  },
  {
    id: 'Qwen2.5 Math 1.5B, A10, 0.7',
    model: { ...QWEN25_15B, id: 'Qwen/Qwen2.5-Math-1.5B', maxModelLen: 4096 },
    gpu: catalogGpu('A10', 22.06),
    version: '0.7.3',
    maxModelLen: 4096,
    published: {
      weights: 2.8797,
      nonTorch: 0.05,
      activation: 1.4,
      kvCache: 15.52,
      kvTokens: 581_312,
      kvBytesPerToken: 28_667,
    },
    outcome: 'started',
    source: 'training log',
  },
  {
    id: 'Phi-4-mini, A100-40GB, 0.7',
    model: findModel('microsoft/Phi-4-mini-instruct'),
    gpu: catalogGpu('A100-40GB', 39.56),
    version: '0.7.3',
    maxModelLen: 2048,
    published: {
      weights: 7.1694,
      nonTorch: 0.01,
      activation: 1.83,
      kvCache: 26.6,
      kvTokens: 217_888,
      kvBytesPerToken: 131_083.5,
    },
    outcome: 'started',
    source: 'notebook log on a Colab A100',
  },
  {
    id: 'Phi-4 nf4, 80 GB, 0.8 V0',
    model: findModel('microsoft/phi-4'),
    weightFormat: 'nf4',
    gpu: catalogGpu('A100-80GB', 79.15),
    version: '0.8.5',
    options: { gpuMemoryUtilization: 0.7, engine: 'V0' },
    maxModelLen: 512,
    published: {
      weights: 8.6253,
      nonTorch: 0.09,
      activation: 1.16,
      kvCache: 45.21,
      kvTokens: 237_040,
      kvBytesPerToken: 204_791.9,
    },
    outcome: 'started',
    source: 'notebook log on a GPU of 80 GB',
    cause: 'Activations are 0.23 GiB higher than planned; presumably bitsandbytes unpacking weights.',
  },
  {
    id: 'Phi-4 GPTQ, A100-80GB, 0.6.5',
    model: findModel('microsoft/phi-4'),
    weightFormat: 'int4',
    gpu: catalogGpu('A100-80GB', 79.25),
    version: '0.6.5',
    options: { gpuMemoryUtilization: 0.15 },
    maxModelLen: 2048,
    published: {
      weights: 8.5107,
      nonTorch: 0.26,
      activation: 0.94,
      kvCache: 2.18,
      kvTokens: 11_440,
      kvBytesPerToken: 204_611.6,
    },
    outcome: 'started',
    source: 'server log of a GPTQ model of 8.51 GiB',
  },
  {
    id: 'Mistral 7B GPTQ, GB10, 0.11',
    model: MISTRAL_7B_V02,
    weightFormat: 'int4',
    gpu: loggedGpu('GB10', 12.1, 128, 119.7),
    version: '0.11.0',
    maxModelLen: 32_768,
    published: { weights: 3.8844, kvCache: 102.56, kvTokens: 840_160, kvBytesPerToken: 131_073.8 },
    outcome: 'started',
    source: 'Arm Learning Path: real-time offline voice chatbot',
    cause: 'The log does not say the total of the unified memory; 119.7 GiB is assumed.',
  },
  {
    id: 'Granite 4.0 micro fp8, L40S, 0.11',
    model: GRANITE_4_MICRO,
    weightFormat: 'fp8',
    gpu: catalogGpu('L40S'),
    version: '0.11.0',
    maxModelLen: 131_072,
    published: { weights: 3.4244, kvCache: 35.34, kvTokens: 463_136, kvBytesPerToken: 81_932.8 },
    outcome: 'started',
    source: 'IBM Code Engine tutorial on fleets for inference',
  },
  {
    id: 'gpt-oss 120B, H100, 0.11',
    model: findModel('openai/gpt-oss-120b'),
    gpu: H100,
    version: '0.11.0',
    options: { gpuMemoryUtilization: 0.95, maxNumBatchedTokens: 1024 },
    maxModelLen: 131_072,
    published: { kvCache: 1.71 },
    outcome: 'refused',
    source: 'vllm-project/vllm issue 27508',
  },
  {
    id: 'gpt-oss 20B, RTX 3090, 0.10',
    model: findModel('openai/gpt-oss-20b'),
    gpu: loggedGpu('RTX-3090', 8.6, 24, 23.58),
    version: '0.10.1',
    maxModelLen: 131_072,
    published: { weights: 12.8848 },
    outcome: 'started',
    source: 'vllm-project/vllm issue 22331',
  },
  {
    id: 'DeepSeek V2.5, 16 A100-40GB, 0.8 V0',
    model: DEEPSEEK_V25,
    gpu: catalogGpu('A100-40GB', 39.49),
    tensorParallelSize: 16,
    version: '0.8.5',
    options: { engine: 'V0' },
    // Assumed: the log does not say it.
    maxModelLen: 8192,
    published: { weights: 27.63, nonTorch: 0.93, activation: 1.27, kvCache: 5.71 },
    outcome: 'started',
    source: 'log of a Ray cluster of 16 A100-40GB',
  },
  {
    id: 'Llama 3.1 8B, A100-80GB, 0.33',
    model: findModel('meta-llama/Llama-3.1-8B-Instruct'),
    gpu: catalogGpu('A100-80GB', 79.25),
    version: '0.33.0',
    maxModelLen: 131_072,
    published: {
      weights: 15,
      nonTorch: 0.26,
      activation: 1.44,
      kvCache: 56.21,
      kvTokens: 460_496,
      kvBytesPerToken: 131_065.3,
    },
    outcome: 'started',
    source: 'run log with an analysis of it, October 2026',
  },
  {
    id: 'DeepSeek V4 Flash, B300, 0.29',
    model: DEEPSEEK_V4_FLASH,
    checkpointBytes: 156.32 * 2 ** 30,
    gpu: catalogGpu('B300', 267.69),
    version: '0.29.0',
    maxModelLen: 131_072,
    published: { nonTorch: 0.23, activation: 2.99, kvCache: 86.74 },
    outcome: 'started',
    source: 'vLLM start-up log of August 2026',
    cause: 'Weights are taken from the log, which names no architecture; only the budget is compared.',
  },
  {
    id: 'unnamed model, H100, 0.10',
    model: UNNAMED_32_LAYERS,
    checkpointBytes: 14.08 * 2 ** 30,
    gpu: catalogGpu('H100-80GB', 79.19),
    version: '0.10.2',
    maxModelLen: 4096,
    published: {
      nonTorch: 0.07,
      activation: 1.97,
      kvCache: 55.15,
      kvTokens: 451_744,
      kvBytesPerToken: 131_085,
    },
    outcome: 'started',
    source: 'vLLM start-up log of September 2025',
    cause: 'The log names no model: the vocabulary that sampling works on is unknown.',
  },
  {
    id: 'Qwen3 8B, 4 RTX 2080 Ti, 0.8.5 V0',
    model: findModel('Qwen/Qwen3-8B'),
    weightFormat: 'fp16',
    gpu: loggedGpu('RTX-2080-Ti-22GB', 7.5, 22, 21.48),
    tensorParallelSize: 4,
    version: '0.8.5',
    options: { gpuMemoryUtilization: 0.93, maxNumBatchedTokens: 8192, enforceEager: true },
    maxModelLen: 65_536,
    published: {
      weights: 3.85,
      nonTorch: 0.2,
      activation: 1.45,
      kvCache: 14.49,
      kvTokens: 422_052,
      kvBytesPerToken: 36_864,
    },
    outcome: 'started',
    source: 'guide to Qwen3 on 4 RTX 2080 Ti',
    cause: 'Non-torch memory was below the allowance for 4 GPUs; the reason is not known.',
  },
  {
    id: 'Llama 3.1 405B fp8, 8 H100, 0.5.3',
    model: findModel('meta-llama/Llama-3.1-405B-Instruct'),
    weightFormat: 'fp8',
    gpu: H100,
    tensorParallelSize: 8,
    version: '0.5.3',
    maxModelLen: 131_072,
    // The log has tokens; GiB are 79,392 x 64,512 bytes, so they do not check the bytes a token.
    published: { weights: 57.752, kvCache: 4.77, kvTokens: 79_392 },
    outcome: 'refused',
    source: 'vllm-project/vllm issue 6746',
    cause:
      'Memory besides weights was 8.7 GiB; the log does not split it. The allowance before 0.6.4 rests on two other logs.',
  },
  {
    id: 'Qwen3.5 4B, L4, 0.29',
    model: QWEN35_4B,
    gpu: catalogGpu('L4'),
    version: '0.29.0',
    maxModelLen: 32_768,
    published: { weights: 8.68, nonTorch: 0.33, activation: 2.17, kvCache: 9.1, kvTokens: 267_842 },
    outcome: 'started',
    source: 'lab notes on predicted and measured KV cache, September 2026',
    cause: 'Layers without attention keep their state in the same pool: 11 % above the attention layers alone.',
  },
  {
    id: 'Gemma 3 27B int4, A10, 0.8.3 V0',
    model: findModel('google/gemma-3-27b-it'),
    weightFormat: 'int4',
    int4GroupSize: 32,
    gpu: catalogGpu('A10', 21.99),
    version: '0.8.3',
    options: { gpuMemoryUtilization: 0.98, engine: 'V0' },
    maxModelLen: 4096,
    // The log has tokens; GiB are 3,584 x 507,904 bytes, so they do not check the bytes a token.
    published: { kvCache: 1.7, kvTokens: 3584 },
    outcome: 'refused',
    source: 'digest of a vLLM issue on gemma-3-27b int4 with 24 GB',
    cause: 'The log splits nothing; groups of 32 and 3 GiB for the image encoder are assumptions, see below.',
  },
];
