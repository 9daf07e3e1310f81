import * as fc from 'fast-check';
import { findGpu, GPUS } from '../../lib/hardware/gpu-catalog';
import { findModel, MODELS } from '../../lib/model/catalog';
import { Model } from '../../lib/model/model';
import { planGpuMemory } from '../../lib/plan/gpu-memory-plan';
import { kvBytesPerSequence, kvBytesPerToken, longestSequence } from '../../lib/plan/kv-cache';
import { GIB, loraBytes, weightBytes, weightsPerGpu } from '../../lib/plan/weight-bytes';
import { EngineMemoryProfile, vllmMemoryProfile } from '../../lib/runtime/engine-memory-profile';
import { NimRuntime } from '../../lib/runtime/nim/nim';

const MIB = 2 ** 20;
const LLAMA_3_8B = findModel('meta-llama/Meta-Llama-3-8B-Instruct');
const LLAMA_3_70B = findModel('meta-llama/Meta-Llama-3-70B-Instruct');
const DEEPSEEK_V3 = findModel('deepseek-ai/DeepSeek-V3');
const L4 = findGpu('L4');
const A100 = findGpu('A100-80GB');

describe('three claims of the reference deployment: Llama 3 8B in FP16 on one L4', () => {
  const plan = planGpuMemory({
    model: LLAMA_3_8B,
    weightFormat: 'fp16',
    gpu: L4,
    maxModelLen: 8192,
    concurrency: 24,
    profile: vllmMemoryProfile('0.10.2', L4),
  });

  test('"12 GB of weights": 8.03 billion parameters of 2 bytes are 16.06 GB, 14.96 GiB', () => {
    expect(weightBytes(LLAMA_3_8B, { weightFormat: 'fp16' })).toBe(16_060_522_496);
    expect(plan.weights).toBeCloseTo(14.96, 2);
  });

  test('"256 MB of KV cache per request of 8,192 tokens": it is 1,024 MiB, four times as much', () => {
    expect(kvBytesPerSequence(LLAMA_3_8B, 8192)).toBe(1024 * MIB);
    expect(kvBytesPerToken(LLAMA_3_8B)).toBe(131_072);
  });

  test('"24 concurrent requests": three fit', () => {
    expect(plan.sequencesAtMaxModelLen).toBe(3);
    expect(plan.startVerdict).toBe('fits');
    expect(plan.concurrencyVerdict).toBe('does-not-fit');
    expect(plan.verdict).toBe('does-not-fit');
  });

  // Its own image is a NIM 1.0.0, whose engine is of the time of vLLM 0.5.5; `fit` asks about the newest vLLM.
  test.each([
    ['NIM 1.0.0', new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }).memoryProfile(L4), 2, 2.74],
    ['vLLM 0.10.2', vllmMemoryProfile('0.10.2', L4), 3, 3.39],
    ['vLLM 0.33.0', vllmMemoryProfile('0.33.0', L4), 3, 3.81],
  ])('by %s %#', (_engine, profile, sequences, kvCache) => {
    const { sequencesAtMaxModelLen, ...by } = planGpuMemory({ ...plan.request, profile });
    expect(sequencesAtMaxModelLen).toBe(sequences);
    expect(by.kvCache).toBeCloseTo(kvCache, 2);
    expect(by.concurrencyVerdict).toBe('does-not-fit');
  });

  test('256 MiB hold 2,048 tokens, and 24 requests of 1,024 tokens would fit', () => {
    expect(kvBytesPerSequence(LLAMA_3_8B, 2048)).toBe(256 * MIB);
    expect(Math.floor((plan.kvCache * GIB) / kvBytesPerSequence(LLAMA_3_8B, 1024))).toBeGreaterThanOrEqual(24);
  });
});

describe('a 70B model: 80 layers, hidden size 8,192, FP16', () => {
  const multiHead: Model = { ...LLAMA_3_70B, attention: { kind: 'mha', kvLayers: 80, kvHeads: 64, headDim: 128 } };
  const grouped: Model = { ...LLAMA_3_70B, attention: { kind: 'gqa', kvLayers: 80, kvHeads: 8, headDim: 128 } };

  test('with all 64 heads as KV heads: 2.62 MB per token, 171.8 GB for 32 sequences of 2,048', () => {
    expect(kvBytesPerToken(multiHead)).toBe(2_621_440);
    expect(32 * kvBytesPerSequence(multiHead, 2048)).toBe(171_798_691_840);
  });

  test('with 8 KV heads: 0.33 MB per token, 21.5 GB for the same: the true figures of Llama 3 70B', () => {
    expect(kvBytesPerToken(grouped)).toBe(327_680);
    expect(32 * kvBytesPerSequence(grouped, 2048)).toBe(21_474_836_480);
    expect(kvBytesPerToken(LLAMA_3_70B)).toBe(kvBytesPerToken(grouped));
  });
});

describe('bytes per token', () => {
  test.each([
    ['GQA', LLAMA_3_8B, {}, 131_072],
    ['GQA, fp8 cache', LLAMA_3_8B, { format: 'fp8' }, 65_536],
    ['GQA, nvfp4 cache', LLAMA_3_8B, { format: 'nvfp4' }, 36_864],
    ['GQA over 4 GPUs', LLAMA_3_70B, { tensorParallelSize: 4 }, 81_920],
    ['8 KV heads over 16 GPUs: each holds a copy', LLAMA_3_70B, { tensorParallelSize: 16 }, 40_960],
    ['GQA in 4 stages', LLAMA_3_70B, { pipelineParallelSize: 4 }, 81_920],
    ['80 layers in 3 stages: the fullest has 27', LLAMA_3_70B, { pipelineParallelSize: 3 }, 27 * 4096],
    ['MLA', DEEPSEEK_V3, {}, 70_272],
    ['MLA over 8 GPUs: not divided', DEEPSEEK_V3, { tensorParallelSize: 8 }, 70_272],
    ['MLA padded to 640 (vLLM 0.7)', DEEPSEEK_V3, { mlaAlignment: 128 }, 78_080],
    ['an encoder', findModel('nvidia/nv-embedqa-e5-v5'), {}, 0],
  ] as const)('%s', (_, model, layout, bytes) => {
    expect(kvBytesPerToken(model, layout)).toBe(bytes);
  });

  test('a sequence holds whole blocks of 16 tokens', () => {
    expect(kvBytesPerSequence(LLAMA_3_8B, 17)).toBe(32 * 131_072);
  });

  test('sliding layers keep their window and what is being computed; all layers as full is the bound', () => {
    const gptOss = findModel('openai/gpt-oss-20b');
    const full = kvBytesPerSequence(gptOss, 131_072);
    const sliding = kvBytesPerSequence(gptOss, 131_072, { slidingWindowInFlight: 2048 });
    expect(full).toBe(131_072 * 49_152);
    // 12 layers hold all tokens, 12 hold 128 - 1 + 2,048 in whole blocks and one block more.
    expect(sliding).toBe(12 * 2048 * (131_072 + 2176 + 16));
  });
});

describe('weights', () => {
  test.each([
    ['bf16', LLAMA_3_8B, 'bf16', 14.96],
    ['fp8: embeddings stay in 16 bit', LLAMA_3_8B, 'fp8', 8.46],
    ['int4', LLAMA_3_8B, 'int4', 5.33],
    ['int8', findModel('meta-llama/Llama-3.1-70B-Instruct'), 'int8', 67.67],
    ['nf4', findModel('microsoft/phi-4'), 'nf4', 8.46],
    ['nvfp4', LLAMA_3_70B, 'nvfp4', 39.77],
    ['mxfp4: experts only', findModel('openai/gpt-oss-120b'), 'mxfp4', 60.69],
    ['fp8 of DeepSeek V3', DEEPSEEK_V3, 'fp8', 626.67],
    [
      'fp8 of Llama 3.1 405B, which keeps attention in bf16',
      findModel('meta-llama/Llama-3.1-405B-Instruct'),
      'fp8',
      453.7,
    ],
  ] as const)('%s', (_, model, weightFormat, gibibytes) => {
    const actual = weightBytes(model, { weightFormat }) / GIB;
    expect(Math.abs(actual / gibibytes - 1)).toBeLessThan(0.005);
  });

  test('the checkpoint size of the user takes the place of the formula', () => {
    expect(weightBytes(LLAMA_3_8B, { checkpointBytes: 9e9 })).toBe(9e9);
  });

  test('tensor parallelism halves them, but for the table of the rotary embedding', () => {
    const whole = weightsPerGpu({ model: LLAMA_3_8B }).bytes;
    const half = weightsPerGpu({ model: LLAMA_3_8B, tensorParallelSize: 2 }).bytes;
    expect(2 * half - whole).toBe(8192 * 128 * 2);
  });

  test('mxfp4 is wider on Hopper', () => {
    const model = findModel('openai/gpt-oss-120b');
    expect(weightsPerGpu({ model, computeCapability: 9 }).bytes / GIB).toBeCloseTo(65.8, 1);
  });

  test('one LoRA slot of rank 16 for Llama 3 8B takes 80 MiB', () => {
    expect(loraBytes(LLAMA_3_8B, { maxAdapters: 1, maxRank: 16 }) / MIB).toBeCloseTo(80, 0);
  });
});

describe('the budget', () => {
  const plan = (changes: Partial<Parameters<typeof planGpuMemory>[0]> = {}) =>
    planGpuMemory({
      model: LLAMA_3_8B,
      gpu: A100,
      maxModelLen: 8192,
      profile: vllmMemoryProfile('0.29.0', A100),
      ...changes,
    });

  test('the parts of the usable memory add up', () => {
    const { usable, weights, activation, nonTorch, cudaGraphs, kvCache } = plan();
    expect(weights + activation + nonTorch + cudaGraphs + kvCache).toBeCloseTo(usable, 6);
  });

  test.each([
    ['0.19.1', 'L4', 0.9, 256, 2048, 18, false],
    ['0.20.2', 'L4', 0.92, 256, 2048, 18, false],
    ['0.21.0', 'L4', 0.92, 256, 2048, 18, true],
    ['0.11.2', 'H100-80GB', 0.9, 1024, 8192, 38, false],
    ['0.11.2', 'A100-80GB', 0.9, 256, 2048, 38, false],
    ['0.6.6.post1', 'H100-80GB', 0.9, 256, 2048, 38, false],
    ['latest', 'H200', 0.92, 1024, 8192, 18, true],
  ] as const)('vLLM %s on %s', (version, gpu, utilization, seqs, tokens, sampler, graphs) => {
    expect(vllmMemoryProfile(version, findGpu(gpu))).toMatchObject({
      utilization,
      maxNumSeqs: seqs,
      maxNumBatchedTokens: tokens,
      samplerBytesPerLogit: sampler,
      cudaGraphsInBudget: graphs,
    });
  });

  test('before V1 the activations grow with the model length; chunked prefill stops that', () => {
    const model = findModel('meta-llama/Llama-3.1-8B-Instruct');
    const at = (maxModelLen: number, version: string) =>
      plan({ model, maxModelLen, profile: vllmMemoryProfile(version, A100) }).activation;
    expect(at(29_000, '0.6.6')).toBeGreaterThan(1.4 * at(20_000, '0.6.6'));
    expect(at(40_000, '0.6.6')).toBeLessThan(at(20_000, '0.6.6'));
    expect(at(29_000, '0.29.0')).toBe(at(20_000, '0.29.0'));
  });

  test('a MIG slice of an eighth of an A100-80GB has 9.5 GiB', () => {
    const slice = plan({ migProfile: '1g.10gb' });
    expect(slice.total).toBeCloseTo(9.5, 1);
    expect(slice.verdict).toBe('does-not-fit');
    expect(slice.device).toBe('a 1g.10gb slice of an A100-80GB');
  });

  test('a time-sliced half must be told to use half', () => {
    const half = plan({ gpuShare: 0.5 });
    expect(half.utilization).toBeCloseTo(0.46, 6);
    expect(half.usable).toBeCloseTo(plan().usable / 2, 6);
  });

  test('LoRA slots and a draft model come off the KV cache, and the draft model stores tokens too', () => {
    const draft = findModel('meta-llama/Llama-3.2-1B-Instruct');
    const both = plan({ lora: { maxAdapters: 4, maxRank: 64 }, draftModel: { model: draft } });
    expect(both.lora).toBeCloseTo(1.25, 1);
    expect(both.draft).toBeCloseTo(2.32, 1);
    expect(both.kvBytesPerToken).toBe(131_072 + 32_768);
    expect(both.kvCache).toBeCloseTo(plan().kvCache - both.lora - both.draft, 6);
  });

  test('an engine whose utilization leaves activations outside has more for the KV cache', () => {
    const inside = vllmMemoryProfile('0.29.0', A100);
    const outside: EngineMemoryProfile = { ...inside, utilizationOf: 'weights-and-kv-cache', utilization: 0.85 };
    expect(plan({ profile: outside }).kvCache).toBeCloseTo(0.85 * 79.14 - 14.96 - 0.3, 1);
  });

  test('an engine whose utilization is of the free memory divides what is left', () => {
    const free: EngineMemoryProfile = {
      ...vllmMemoryProfile('0.29.0', A100),
      utilizationOf: 'free-memory',
      utilization: 0.9,
    };
    const { total, weights, nonTorch, activation, cudaGraphs, kvCache } = plan({ profile: free });
    expect(kvCache).toBeCloseTo((total - weights - nonTorch - activation - cudaGraphs) * 0.9, 6);
  });

  test('nonsense is refused, all of it at once', () => {
    expect(() => plan({ maxModelLen: 0, tensorParallelSize: 1.5, migProfile: '9g', gpuShare: 2 })).toThrow(
      [
        'GpuMemoryPlan meta-llama/Meta-Llama-3-8B-Instruct: gpu-memory-fit',
        '  tensorParallelSize is 1.5.',
        '  Use a whole number of 1 or more.',
        'GpuMemoryPlan meta-llama/Meta-Llama-3-8B-Instruct: gpu-memory-fit',
        '  maxModelLen is 0.',
        '  Use a whole number of 1 or more.',
        'GpuMemoryPlan meta-llama/Meta-Llama-3-8B-Instruct: gpu-memory-fit',
        '  A100-80GB has no MIG profile "9g".',
        '  Use one of 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb, 1g.10gb+me.',
        'GpuMemoryPlan meta-llama/Meta-Llama-3-8B-Instruct: gpu-memory-fit',
        '  gpuShare is 2.',
        '  Use a number above 0 and at most 1: 0.5 for two replicas on one time-sliced GPU.',
      ].join('\n'),
    );
  });
});

describe('starts that failed in the field', () => {
  test('an 8B model on a V100 of 16 GB: its weights alone are too large (aibrix 1054)', () => {
    const gpu = findGpu('V100-16GB');
    const profile = vllmMemoryProfile('0.8.5', gpu);
    const plan = planGpuMemory({ model: LLAMA_3_8B, weightFormat: 'fp16', gpu, maxModelLen: 8192, profile });
    expect(plan.kvCache).toBeLessThan(0);
    expect(plan.startVerdict).toBe('does-not-fit');
  });

  test('MLA over 2 GPUs needs all of 22.5 GiB on each for 1,048,576 tokens (kaito 2132)', () => {
    const model: Model = {
      ...DEEPSEEK_V3,
      id: 'mistralai/Mistral-Small-4-119B-2603',
      parameters: 119e9,
      embeddingParameters: 2 * 131_072 * 4096,
      layers: 36,
      hiddenSize: 4096,
      attentionHeads: 32,
      vocabularySize: 131_072,
      maxModelLen: 1_048_576,
      attention: { kind: 'mla', kvLayers: 36, kvHeads: 1, headDim: 320, kvLoraRank: 256, qkRopeHeadDim: 64 },
      moe: { experts: 128, expertsPerToken: 4 },
    };
    const gpu = findGpu('H100-NVL');
    const profile = vllmMemoryProfile('0.16.0', gpu);
    const plan = planGpuMemory({ model, gpu, tensorParallelSize: 2, maxModelLen: 1_048_576, profile });
    expect(plan.kvPerSequence).toBe(22.5);
    expect(plan.startVerdict).toBe('does-not-fit');
    expect(plan.safeModelLen).toBeLessThan(810_208);
  });
});

describe('whatever the request', () => {
  const request = fc.record({
    model: fc.constantFrom(...MODELS) as fc.Arbitrary<Model>,
    gpu: fc.constantFrom(...GPUS),
    tensorParallelSize: fc.constantFrom(1, 2, 4, 8),
    pipelineParallelSize: fc.constantFrom(1, 2, 3),
    maxModelLen: fc.integer({ min: 1, max: 2_000_000 }),
    concurrency: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
    version: fc.constantFrom('0.5.5', '0.8.5', '0.11.0', '0.33.0'),
  });

  test('all numbers are finite, and a longer or more promising service never fits better', () => {
    const order = ['fits', 'tight', 'does-not-fit'];
    fc.assert(
      fc.property(request, ({ version, ...rest }) => {
        const profile = vllmMemoryProfile(version, rest.gpu);
        const plan = planGpuMemory({ ...rest, profile });
        const twice = planGpuMemory({ ...rest, profile, maxModelLen: rest.maxModelLen * 2 });
        const numbers = Object.values(plan).filter((value) => typeof value === 'number');
        expect(numbers.every(Number.isFinite)).toBe(true);
        expect(plan.kvTokens).toBeGreaterThanOrEqual(0);
        expect(plan.safeModelLen).toBeLessThanOrEqual(plan.longestModelLen);
        if (profile.chunkedPrefillAbove === 0) {
          expect(order.indexOf(twice.verdict)).toBeGreaterThanOrEqual(order.indexOf(plan.verdict));
        }
      }),
    );
  });

  test('the longest sequence fits, and one block more does not', () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 0, max: 2 ** 37 }), ({ model }, bytes) => {
        const layout = { slidingWindowInFlight: 2048 };
        const longest = longestSequence(model, bytes, model.maxModelLen, layout);
        expect(kvBytesPerSequence(model, longest, layout)).toBeLessThanOrEqual(bytes);
        if (longest < model.maxModelLen) {
          const more = Math.min(longest + 16, model.maxModelLen);
          expect(kvBytesPerSequence(model, more, layout)).toBeGreaterThan(bytes);
        }
      }),
    );
  });
});
