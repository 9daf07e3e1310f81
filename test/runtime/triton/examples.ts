import { TritonBackendModel, TritonModel } from '../../../lib';

/** Text in, text out: a tokenizer in Python, a classifier in ONNX, and Python that puts its answer into words. */
export const ENSEMBLE: readonly TritonModel[] = [
  {
    name: 'preprocess',
    backend: 'python',
    maxBatchSize: 32,
    inputs: [{ name: 'text', dataType: 'TYPE_STRING', dims: [1] }],
    outputs: [
      { name: 'input_ids', dataType: 'TYPE_INT64', dims: [-1] },
      { name: 'attention_mask', dataType: 'TYPE_INT64', dims: [-1] },
    ],
    instanceGroups: [{ kind: 'KIND_CPU', count: 2 }],
    parameters: { tokenizer_dir: { artifactPath: 'tokenizer' } },
  },
  {
    name: 'classifier',
    backend: 'onnxruntime',
    maxBatchSize: 32,
    inputs: [
      { name: 'input_ids', dataType: 'TYPE_INT64', dims: [-1] },
      { name: 'attention_mask', dataType: 'TYPE_INT64', dims: [-1] },
    ],
    outputs: [{ name: 'logits', dataType: 'TYPE_FP32', dims: [3] }],
    dynamicBatching: { maxQueueDelayMicroseconds: 2000 },
    instanceGroups: [{ kind: 'KIND_GPU' }],
  },
  {
    name: 'postprocess',
    backend: 'python',
    maxBatchSize: 32,
    inputs: [{ name: 'logits', dataType: 'TYPE_FP32', dims: [-1] }],
    outputs: [{ name: 'label', dataType: 'TYPE_STRING', dims: [1] }],
    instanceGroups: [{ kind: 'KIND_CPU' }],
  },
  {
    name: 'sentiment',
    platform: 'ensemble',
    maxBatchSize: 32,
    inputs: [{ name: 'text', dataType: 'TYPE_STRING', dims: [1] }],
    outputs: [{ name: 'label', dataType: 'TYPE_STRING', dims: [1] }],
    steps: [
      {
        model: 'preprocess',
        inputMap: { text: 'text' },
        outputMap: { input_ids: 'ids', attention_mask: 'mask' },
      },
      {
        model: 'classifier',
        inputMap: { input_ids: 'ids', attention_mask: 'mask' },
        outputMap: { logits: 'logits' },
      },
      { model: 'postprocess', inputMap: { logits: 'logits' }, outputMap: { label: 'label' } },
    ],
  },
];

/** Llama 3 8B as a TensorRT-LLM engine. */
export const LLAMA = {
  name: 'tensorrt_llm',
  backend: 'tensorrtllm',
  maxBatchSize: 64,
  decoupled: true,
  engineDir: 'engine',
  tokenizerDir: 'tokenizer',
  engine: { maxBatchSize: 64, maxSeqLen: 8192 },
  kvCacheFreeGpuMemFraction: 0.85,
  enableKvCacheReuse: true,
  dynamicBatching: { maxQueueDelayMicroseconds: 100, defaultQueuePolicy: { maxQueueSize: 256 } },
} as const satisfies TritonModel;

/** An embedding model that waits 5 ms for a batch, with a fast lane. */
export const EMBEDDING: TritonBackendModel = {
  name: 'embed',
  backend: 'onnxruntime',
  maxBatchSize: 64,
  folder: 'bge-m3',
  version: 3,
  inputs: [
    { name: 'input_ids', dataType: 'TYPE_INT64', dims: [-1] },
    { name: 'attention_mask', dataType: 'TYPE_INT64', dims: [-1] },
  ],
  outputs: [{ name: 'sentence_embedding', dataType: 'TYPE_FP32', dims: [1024] }],
  dynamicBatching: {
    preferredBatchSize: [32, 64],
    maxQueueDelayMicroseconds: 5000,
    priorityLevels: 2,
    defaultPriorityLevel: 2,
    defaultQueuePolicy: { timeoutAction: 'REJECT', defaultTimeoutMicroseconds: 1_000_000, maxQueueSize: 512 },
    priorityQueuePolicy: { 1: { maxQueueSize: 64 } },
  },
  instanceGroups: [{ kind: 'KIND_GPU', count: 2, gpus: [0] }],
  responseCache: true,
};

/** Llama by vLLM. */
export const VLLM = {
  name: 'llama',
  backend: 'vllm',
  maxNumSeqs: 128,
  kvCacheDtype: 'fp8',
  engineArgs: { enable_prefix_caching: true },
} as const satisfies TritonModel;
