import '../../support/plain-text';
import { configPbtxt } from '../../../lib/runtime/triton/config-pbtxt';
import { EMBEDDING, ENSEMBLE, LLAMA, VLLM } from './examples';

const pbtxt = (name: string) =>
  configPbtxt(
    ENSEMBLE.find((model) => model.name === name)!,
    '/weights',
  );

test('an ensemble: its steps and their tensors', () => {
  expect(pbtxt('sentiment')).toMatchInlineSnapshot(`
name: "sentiment"
platform: "ensemble"
max_batch_size: 32
input {
  name: "text"
  data_type: TYPE_STRING
  dims: [ 1 ]
}
output {
  name: "label"
  data_type: TYPE_STRING
  dims: [ 1 ]
}
ensemble_scheduling {
  step {
    model_name: "preprocess"
    model_version: -1
    input_map {
      key: "text"
      value: "text"
    }
    output_map {
      key: "input_ids"
      value: "ids"
    }
    output_map {
      key: "attention_mask"
      value: "mask"
    }
  }
  step {
    model_name: "classifier"
    model_version: -1
    input_map {
      key: "input_ids"
      value: "ids"
    }
    input_map {
      key: "attention_mask"
      value: "mask"
    }
    output_map {
      key: "logits"
      value: "logits"
    }
  }
  step {
    model_name: "postprocess"
    model_version: -1
    input_map {
      key: "logits"
      value: "logits"
    }
    output_map {
      key: "label"
      value: "label"
    }
  }
}
`);
});

test('a Python step: its parameter names a path of the artifact', () => {
  expect(pbtxt('preprocess')).toMatchInlineSnapshot(`
name: "preprocess"
backend: "python"
max_batch_size: 32
input {
  name: "text"
  data_type: TYPE_STRING
  dims: [ 1 ]
}
output {
  name: "input_ids"
  data_type: TYPE_INT64
  dims: [ -1 ]
}
output {
  name: "attention_mask"
  data_type: TYPE_INT64
  dims: [ -1 ]
}
instance_group {
  count: 2
  kind: KIND_CPU
}
parameters {
  key: "tokenizer_dir"
  value {
    string_value: "/weights/tokenizer"
  }
}
`);
});

test('an ONNX embedding model with dynamic batching', () => {
  expect(configPbtxt(EMBEDDING, '/weights')).toMatchInlineSnapshot(`
name: "embed"
backend: "onnxruntime"
max_batch_size: 64
version_policy {
  specific {
    versions: [ 3 ]
  }
}
input {
  name: "input_ids"
  data_type: TYPE_INT64
  dims: [ -1 ]
}
input {
  name: "attention_mask"
  data_type: TYPE_INT64
  dims: [ -1 ]
}
output {
  name: "sentence_embedding"
  data_type: TYPE_FP32
  dims: [ 1024 ]
}
dynamic_batching {
  preferred_batch_size: [ 32, 64 ]
  max_queue_delay_microseconds: 5000
  priority_levels: 2
  default_priority_level: 2
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 1000000
    max_queue_size: 512
  }
  priority_queue_policy {
    key: 1
    value {
      max_queue_size: 64
    }
  }
}
instance_group {
  count: 2
  kind: KIND_GPU
  gpus: [ 0 ]
}
response_cache {
  enable: true
}
`);
});

test('a TensorRT-LLM engine, without the tensors of the backend', () => {
  expect(configPbtxt(LLAMA, '/weights').replace(/^(?:input|output) \{\n(?: .*\n)+\}\n/gm, '')).toMatchInlineSnapshot(`
name: "tensorrt_llm"
backend: "tensorrtllm"
max_batch_size: 64
model_transaction_policy {
  decoupled: true
}
dynamic_batching {
  max_queue_delay_microseconds: 100
  default_queue_policy {
    max_queue_size: 256
  }
}
instance_group {
  count: 1
  kind: KIND_CPU
}
parameters {
  key: "gpt_model_path"
  value {
    string_value: "/weights/engine"
  }
}
parameters {
  key: "gpt_model_type"
  value {
    string_value: "inflight_fused_batching"
  }
}
parameters {
  key: "kv_cache_free_gpu_mem_fraction"
  value {
    string_value: "0.85"
  }
}
parameters {
  key: "enable_kv_cache_reuse"
  value {
    string_value: "true"
  }
}
parameters {
  key: "tokenizer_dir"
  value {
    string_value: "/weights/tokenizer"
  }
}
`);
});

test('a TensorRT-LLM engine: tensors that are bare values, and such of any length', () => {
  const blocks = configPbtxt(LLAMA, '/weights').match(/^input \{\n(?: .*\n)+\}\n/gm)!;
  expect(blocks).toHaveLength(29);
  expect(blocks.slice(0, 4).join('')).toMatchInlineSnapshot(`
input {
  name: "input_ids"
  data_type: TYPE_INT32
  dims: [ -1 ]
  allow_ragged_batch: true
  optional: true
}
input {
  name: "input_lengths"
  data_type: TYPE_INT32
  dims: [ 1 ]
  reshape {
  }
}
input {
  name: "request_output_len"
  data_type: TYPE_INT32
  dims: [ 1 ]
  reshape {
  }
}
input {
  name: "num_return_sequences"
  data_type: TYPE_INT32
  dims: [ 1 ]
  reshape {
  }
  optional: true
}
`);
});

test('vLLM chooses its devices, and completes the rest itself', () => {
  expect(configPbtxt(VLLM, '/weights')).toMatchInlineSnapshot(`
name: "llama"
backend: "vllm"
instance_group {
  count: 1
  kind: KIND_MODEL
}
parameters {
  key: "REPORT_CUSTOM_METRICS"
  value {
    string_value: "true"
  }
}
`);
  expect(configPbtxt({ ...VLLM, reportCustomMetrics: false }, '/weights')).not.toContain('REPORT_CUSTOM_METRICS');
});

test('bounds of a histogram', () => {
  expect(configPbtxt({ ...VLLM, firstResponseBuckets: [100, 250, 500] }, '/weights')).toContain(`model_metrics {
  metric_control {
    metric_identifier {
      family: "nv_inference_first_response_histogram_ms"
    }
    histogram_options {
      buckets: [ 100, 250, 500 ]
    }
  }
}
`);
});

test.each`
  settings                                                                      | parameter                         | value
  ${{}}                                                                         | ${'gpt_model_type'}               | ${'inflight_fused_batching'}
  ${{ engineDir: undefined }}                                                   | ${'gpt_model_path'}               | ${'/weights'}
  ${{ batchingStrategy: 'V1' }}                                                 | ${'gpt_model_type'}               | ${'V1'}
  ${{ maxTokensInPagedKvCache: 65536 }}                                         | ${'max_tokens_in_paged_kv_cache'} | ${'65536'}
  ${{ kvCacheHostMemoryBytes: 2 ** 33 }}                                        | ${'kv_cache_host_memory_bytes'}   | ${'8589934592'}
  ${{ enableChunkedContext: false }}                                            | ${'enable_chunked_context'}       | ${'false'}
  ${{ batchSchedulerPolicy: 'max_utilization' }}                                | ${'batch_scheduler_policy'}       | ${'max_utilization'}
  ${{ maxBeamWidth: 1 }}                                                        | ${'max_beam_width'}               | ${'1'}
  ${{ decodingMode: 'top_p' }}                                                  | ${'decoding_mode'}                | ${'top_p'}
  ${{ loraCacheHostMemoryBytes: 2 ** 31 }}                                      | ${'lora_cache_host_memory_bytes'} | ${'2147483648'}
  ${{ guidedDecodingBackend: 'xgrammar', xgrammarTokenizerInfoPath: 'x.json' }} | ${'xgrammar_tokenizer_info_path'} | ${'/weights/x.json'}
  ${{ parameters: { executor_worker_path: '/opt/worker' } }}                    | ${'executor_worker_path'}         | ${'/opt/worker'}
`('$settings: $parameter is $value', ({ settings, parameter, value }) => {
  const text = configPbtxt({ ...LLAMA, ...settings }, '/weights');
  expect(text).toContain(`parameters {\n  key: "${parameter}"\n  value {\n    string_value: "${value}"\n  }\n}\n`);
});
