import * as fc from 'fast-check';
import { CatalogModelId, findModel } from '../../lib/model/catalog';
import { HuggingFaceConfig, modelFromConfig } from '../../lib/model/from-config';
import { Model } from '../../lib/model/model';
import { InvalidInputError } from '../../lib/problem/problem';

const LLAMA_3_8B: HuggingFaceConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 8192,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

const DEEPSEEK_V3: HuggingFaceConfig = {
  model_type: 'deepseek_v3',
  hidden_size: 7168,
  intermediate_size: 18432,
  moe_intermediate_size: 2048,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  first_k_dense_replace: 3,
  num_hidden_layers: 61,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  q_lora_rank: 1536,
  kv_lora_rank: 512,
  qk_rope_head_dim: 64,
  qk_nope_head_dim: 128,
  v_head_dim: 128,
  vocab_size: 129280,
  max_position_embeddings: 163840,
  torch_dtype: 'bfloat16',
  quantization_config: { quant_method: 'fp8' },
};

const GPT_OSS_20B: HuggingFaceConfig = {
  model_type: 'gpt_oss',
  hidden_size: 2880,
  intermediate_size: 2880,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  num_hidden_layers: 24,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 64,
  sliding_window: 128,
  layer_types: Array.from({ length: 24 }, (_, layer) => (layer % 2 === 0 ? 'sliding_attention' : 'full_attention')),
  vocab_size: 201088,
  max_position_embeddings: 131072,
  quantization_config: { quant_method: 'mxfp4' },
};

const GEMMA_3_27B: HuggingFaceConfig = {
  model_type: 'gemma3',
  torch_dtype: 'bfloat16',
  text_config: {
    model_type: 'gemma3_text',
    head_dim: 128,
    hidden_size: 5376,
    intermediate_size: 21504,
    num_attention_heads: 32,
    num_hidden_layers: 62,
    num_key_value_heads: 16,
    sliding_window: 1024,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    image_size: 896,
    intermediate_size: 4304,
    num_hidden_layers: 27,
    patch_size: 14,
  },
};

const bf16 = { torch_dtype: 'bfloat16' };

const CONFIGS: readonly (readonly [CatalogModelId, HuggingFaceConfig])[] = [
  ['meta-llama/Meta-Llama-3-8B-Instruct', LLAMA_3_8B],
  [
    'meta-llama/Llama-3.2-1B-Instruct',
    {
      ...LLAMA_3_8B,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      head_dim: 64,
      tie_word_embeddings: true,
      max_position_embeddings: 131072,
    },
  ],
  [
    'mistralai/Mistral-7B-Instruct-v0.3',
    { ...LLAMA_3_8B, model_type: 'mistral', vocab_size: 32768, max_position_embeddings: 32768, sliding_window: null },
  ],
  [
    'mistralai/Mixtral-8x7B-Instruct-v0.1',
    {
      ...LLAMA_3_8B,
      model_type: 'mixtral',
      num_local_experts: 8,
      num_experts_per_tok: 2,
      vocab_size: 32000,
      max_position_embeddings: 32768,
      sliding_window: null,
    },
  ],
  [
    'Qwen/Qwen2.5-7B-Instruct',
    {
      model_type: 'qwen2',
      hidden_size: 3584,
      intermediate_size: 18944,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      vocab_size: 152064,
      max_position_embeddings: 32768,
      max_window_layers: 28,
      sliding_window: 131072,
      use_sliding_window: false,
      ...bf16,
    },
  ],
  [
    'Qwen/Qwen3-30B-A3B',
    {
      model_type: 'qwen3_moe',
      hidden_size: 2048,
      intermediate_size: 6144,
      moe_intermediate_size: 768,
      num_experts: 128,
      num_experts_per_tok: 8,
      decoder_sparse_step: 1,
      mlp_only_layers: [],
      num_hidden_layers: 48,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      vocab_size: 151936,
      max_position_embeddings: 40960,
      ...bf16,
    },
  ],
  [
    'google/gemma-2-9b-it',
    {
      model_type: 'gemma2',
      hidden_size: 3584,
      intermediate_size: 14336,
      num_hidden_layers: 42,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 256,
      sliding_window: 4096,
      vocab_size: 256000,
      max_position_embeddings: 8192,
      ...bf16,
    },
  ],
  ['google/gemma-3-27b-it', GEMMA_3_27B],
  [
    'microsoft/phi-4',
    {
      model_type: 'phi3',
      hidden_size: 5120,
      intermediate_size: 17920,
      num_hidden_layers: 40,
      num_attention_heads: 40,
      num_key_value_heads: 10,
      sliding_window: null,
      vocab_size: 100352,
      max_position_embeddings: 16384,
      ...bf16,
    },
  ],
  ['deepseek-ai/DeepSeek-V3', DEEPSEEK_V3],
  ['openai/gpt-oss-20b', GPT_OSS_20B],
];

describe.each(CONFIGS)('%s', (id, config) => {
  const known = findModel(id);
  const read = modelFromConfig(id, config);

  test('has the parameters of the catalog within 1 %', () => {
    expect(Math.abs(read.parameters / known.parameters - 1)).toBeLessThan(0.01);
  });

  test('has the architecture of the catalog', () => {
    const fields = ['embeddingParameters', 'layers', 'hiddenSize', 'attentionHeads', 'vocabularySize', 'maxModelLen'];
    for (const field of [...fields, 'attention', 'moe', 'nativeFormat'] as (keyof Model)[]) {
      expect({ [field]: read[field] }).toEqual({ [field]: known[field] });
    }
  });
});

// Counts that their makers published.
test.each([
  ['Llama 3 8B', LLAMA_3_8B, 8_030_261_248],
  ['gpt-oss-20b with its biases and sinks', GPT_OSS_20B, 20_914_757_184],
  ['Gemma 2 9B with four norms a layer', CONFIGS.find(([id]) => id === 'google/gemma-2-9b-it')![1], 9_241_705_984],
  ['Gemma 3 27B with four norms a layer and its vision tower', GEMMA_3_27B, 27_432_406_640],
  [
    'phi-2 with its biases',
    {
      model_type: 'phi',
      hidden_size: 2560,
      intermediate_size: 10240,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      vocab_size: 51200,
      max_position_embeddings: 2048,
      torch_dtype: 'float16',
    },
    2_779_683_840,
  ],
  [
    'DeepSeek V2 Lite without a query projection of low rank',
    {
      model_type: 'deepseek_v2',
      hidden_size: 2048,
      intermediate_size: 10944,
      moe_intermediate_size: 1408,
      n_routed_experts: 64,
      n_shared_experts: 2,
      num_experts_per_tok: 6,
      first_k_dense_replace: 1,
      num_hidden_layers: 27,
      num_attention_heads: 16,
      q_lora_rank: null,
      kv_lora_rank: 512,
      qk_rope_head_dim: 64,
      qk_nope_head_dim: 128,
      v_head_dim: 128,
      vocab_size: 102400,
      max_position_embeddings: 163840,
      ...bf16,
    },
    15_706_484_224,
  ],
])('%s', (_name, config, parameters) => {
  expect(modelFromConfig('a/b', config).parameters).toBe(parameters);
});

test.each([
  [{ torch_dtype: 'float16' }, 'fp16'],
  [{ torch_dtype: undefined, dtype: 'float32' }, 'fp32'],
  [{ quantization_config: { quant_method: 'awq', bits: 4 } }, 'int4'],
  [{ quantization_config: { quant_method: 'gptq', bits: 8 } }, 'int8'],
  [{ quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } }, 'nf4'],
  [{ quantization_config: { quant_method: 'modelopt', quant_algo: 'NVFP4' } }, 'nvfp4'],
  [
    {
      quantization_config: {
        quant_method: 'compressed-tensors',
        config_groups: { group_0: { weights: { type: 'float', num_bits: 8 } } },
      },
    },
    'fp8',
  ],
])('%j is read as %s', (fields, format) => {
  expect(modelFromConfig('a/b', { ...LLAMA_3_8B, ...fields }).nativeFormat).toBe(format);
});

test('an unknown architecture is refused with the known ones', () => {
  expect(() => modelFromConfig('my-org/model', { model_type: 'mamba2' })).toThrow(
    [
      'model my-org/model: model-config',
      '  model_type is "mamba2", which is not known.',
      '  Known are bert, roberta, xlm-roberta, llama, llama_bidirec, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe, gemma2, gemma3_text, phi, phi3, deepseek_v2, deepseek_v3, gpt_oss. Otherwise write the model as an object of the type Model.',
    ].join('\n'),
  );
});

test('missing and odd fields are told all at once', () => {
  const config = { ...LLAMA_3_8B, vocab_size: undefined };
  expect(() =>
    modelFromConfig('my-org/model', { ...config, hidden_size: '4096', num_hidden_layers: 0, torch_dtype: 'int3' }),
  ).toThrow(
    [
      'model my-org/model: model-config',
      '  num_hidden_layers is 0.',
      '  Use a whole number from 1 to 10000.',
      'model my-org/model: model-config',
      '  hidden_size is "4096".',
      '  Use a whole number of 1 or more.',
      'model my-org/model: model-config',
      '  vocab_size is missing.',
      '  Add it as the architecture has it.',
      'model my-org/model: model-config',
      '  torch_dtype is "int3".',
      '  Known are bfloat16, float16, float32; set torch_dtype (or dtype) to one of them.',
    ].join('\n'),
  );
});

test('a vision tower that is not known is refused, not left out of the count', () => {
  const vision_config = { model_type: 'clip_vision_model' };
  expect(() => modelFromConfig('my-org/model', { ...GEMMA_3_27B, vision_config })).toThrow(
    'vision_config.model_type is "clip_vision_model"; known are siglip_vision_model, pixtral, qwen2_5_vl.',
  );
});

test('whatever a config holds, the result is a sound model or an InvalidInputError', () => {
  const value = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constantFrom(null, true, [], {}), fc.nat());
  const fields = fc.dictionary(
    fc.constantFrom(...Object.keys({ ...LLAMA_3_8B, ...DEEPSEEK_V3, ...GPT_OSS_20B })),
    value,
  );
  const base = fc.constantFrom(LLAMA_3_8B, DEEPSEEK_V3, GPT_OSS_20B, GEMMA_3_27B, {});
  fc.assert(
    fc.property(base, fields, (config, odd) => {
      try {
        const model = modelFromConfig('a/b', { ...config, ...odd });
        expect(Number.isSafeInteger(model.parameters) && model.parameters > 0).toBe(true);
        expect(model.embeddingParameters).toBeLessThan(model.parameters);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
      }
    }),
  );
});

test.each([null, undefined, 'config.json', [], 3])('%j is no config', (config) => {
  expect(() => modelFromConfig('a/b', config as never)).toThrow(InvalidInputError);
});

describe('models that read images or make vectors, by the parameters that their files hold', () => {
  const TEXT = { torch_dtype: 'bfloat16', max_position_embeddings: 131_072 };
  const MISTRAL = { num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128, num_hidden_layers: 40 };
  const PIXTRAL = { model_type: 'pixtral', hidden_size: 1024, num_hidden_layers: 24, intermediate_size: 4096 };
  const XLM_ROBERTA = {
    model_type: 'xlm-roberta',
    torch_dtype: 'float32',
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    type_vocab_size: 1,
    vocab_size: 250_002,
  };
  const QWEN_VL = {
    ...TEXT,
    model_type: 'qwen2_5_vl',
    hidden_size: 3584,
    intermediate_size: 18_944,
    max_position_embeddings: 128_000,
    num_attention_heads: 28,
    num_hidden_layers: 28,
    num_key_value_heads: 4,
    vocab_size: 152_064,
    vision_config: { model_type: 'qwen2_5_vl', depth: 32, hidden_size: 1280, intermediate_size: 3420, patch_size: 14 },
  };
  const mistral = (type: string, intermediate_size: number, patch_size: number) => ({
    model_type: type,
    text_config: {
      ...TEXT,
      ...MISTRAL,
      model_type: 'mistral',
      hidden_size: 5120,
      vocab_size: 131_072,
      intermediate_size,
    },
    vision_config: { ...PIXTRAL, patch_size },
  });

  test.each`
    model                          | config                                                                                                          | id
    ${'Qwen2.5-VL 7B'}             | ${QWEN_VL}                                                                                                      | ${'Qwen/Qwen2.5-VL-7B-Instruct'}
    ${'Mistral Small 3.1'}         | ${mistral('mistral3', 32_768, 14)}                                                                              | ${'mistralai/Mistral-Small-3.1-24B-Instruct-2503'}
    ${'Pixtral 12B'}               | ${mistral('llava', 14_336, 16)}                                                                                 | ${'mistralai/Pixtral-12B-2409'}
    ${'BGE M3'}                    | ${{ ...XLM_ROBERTA, max_position_embeddings: 8194 }}                                                            | ${'BAAI/bge-m3'}
    ${'BGE reranker v2 M3'}        | ${{ ...XLM_ROBERTA, max_position_embeddings: 8194, architectures: ['XLMRobertaForSequenceClassification'] }}    | ${'BAAI/bge-reranker-v2-m3'}
    ${'multilingual E5'}           | ${{ ...XLM_ROBERTA, max_position_embeddings: 514 }}                                                             | ${'intfloat/multilingual-e5-large'}
    ${'BERT large as NVIDIA’s E5'} | ${{ ...XLM_ROBERTA, model_type: 'bert', vocab_size: 30_522, max_position_embeddings: 512, type_vocab_size: 2 }} | ${'nvidia/nv-embedqa-e5-v5'}
  `('$model is the row of the catalog', ({ config, id }) => {
    const read = modelFromConfig(id, config);
    const { parameters, embeddingParameters, attention, task, maxModelLen, vision } = findModel(id as string)!;
    expect(read).toMatchObject({ parameters, embeddingParameters, attention, maxModelLen });
    expect(read.task).toBe(task);
    expect(read.vision?.parameters).toBe(vision?.parameters);
  });

  test('NVIDIA’s bidirectional Llama keeps nothing and has no output head', () => {
    const config = { ...LLAMA_3_8B, model_type: 'llama_bidirec' };
    const { embeddingParameters, attention, task } = modelFromConfig('a/b', config);
    expect({ embeddingParameters, kind: attention.kind, task }).toEqual({
      embeddingParameters: 128_256 * 4096,
      kind: 'none',
      task: 'embedding',
    });
  });
});
