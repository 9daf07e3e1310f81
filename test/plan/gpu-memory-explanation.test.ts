import { findGpu, GpuId } from '../../lib/hardware/gpu-catalog';
import { CatalogModelId, findModel } from '../../lib/model/catalog';
import { explainGpuMemory } from '../../lib/plan/gpu-memory-explanation';
import { GpuMemoryRequest, planGpuMemory } from '../../lib/plan/gpu-memory-plan';
import { vllmMemoryProfile } from '../../lib/runtime/engine-memory-profile';

/** The explanation as a person reads it. */
function explain(
  model: CatalogModelId,
  gpu: GpuId,
  maxModelLen: number,
  more: Partial<GpuMemoryRequest> = {},
  version = '0.10.2',
): string {
  const device = findGpu(gpu);
  const profile = vllmMemoryProfile(version, device);
  const plan = planGpuMemory({ model: findModel(model), gpu: device, maxModelLen, profile, ...more });
  const { message, remedy } = explainGpuMemory(plan, { profileFor: (other) => vllmMemoryProfile(version, other) });
  return `${message}\n${remedy}`;
}

const LLAMA_3 = 'meta-llama/Meta-Llama-3-8B-Instruct';
const LLAMA_31 = 'meta-llama/Llama-3.1-8B-Instruct';

test('a promise that the memory cannot keep', () => {
  expect(explain(LLAMA_3, 'L4', 8192, { concurrency: 24 })).toMatchInlineSnapshot(`
   "24 concurrent sequences of 8,192 tokens need 24.0 GiB of KV cache; an L4 leaves 3.4 GiB beside 14.96 GiB of bf16 weights
   (22.03 GiB x 0.90 - 14.96 weights - 1.5 runtime and activations). 3 sequences fit.
   Lower concurrency to 2 or maxModelLen to 1,008, use tensorParallelSize 4 or a GPU with 80 GB or more, such as A100-80GB."
  `);
});

test('a model length that the server refuses', () => {
  expect(explain(LLAMA_31, 'L4', 131_072, {}, '0.29.0')).toMatchInlineSnapshot(`
   "One sequence of 131,072 tokens needs 16.0 GiB of KV cache; an L4 leaves 3.8 GiB beside 14.99 GiB of bf16 weights
   (22.03 GiB x 0.92 - 14.99 weights - 1.5 runtime and activations). The server refuses to start; 30,944 tokens fit.
   Lower maxModelLen to 27,648, use tensorParallelSize 2 or a GPU with 40 GB or more, such as A100-40GB."
  `);
});

test('weights that are too large by themselves', () => {
  expect(explain(LLAMA_3, 'V100-16GB', 8192, { weightFormat: 'fp16' }, '0.8.5')).toMatchInlineSnapshot(`
   "14.96 GiB of fp16 weights leave no room for a KV cache on a V100-16GB:
   2.4 GiB are missing before the first token (15.68 GiB x 0.90 - 14.96 weights - 1.5 runtime and activations).
   Use tensorParallelSize 2 or a GPU with 24 GB or more, such as A10."
  `);
});

test('too near to tell', () => {
  expect(explain(LLAMA_3, 'A100-80GB', 8192, { migProfile: '1g.20gb' }, '0.29.0')).toMatchInlineSnapshot(`
   "One sequence of 8,192 tokens needs 1.0 GiB of KV cache; a 1g.20gb slice of an A100-80GB leaves 1.4 GiB beside 14.96 GiB of bf16 weights
   (19.39 GiB x 0.92 - 14.96 weights - 1.5 runtime and activations). 1 sequence fits. The estimate is good to 0.5 GiB only.
   Lower maxModelLen to 6,144, use int4 weights, the MIG profile 3g.40gb or a GPU with 24 GB or more, such as A10."
  `);
});

test('a share of a GPU', () => {
  expect(explain(LLAMA_3, 'L4', 8192, { gpuShare: 0.5 }, '0.29.0')).toMatchInlineSnapshot(`
   "14.96 GiB of bf16 weights leave no room for a KV cache on an L4:
   6.3 GiB are missing before the first token (22.03 GiB x 0.46 - 14.96 weights - 1.5 runtime and activations).
   Give it the GPU alone, use int4 weights, tensorParallelSize 4 or a GPU with 40 GB or more, such as A100-40GB."
  `);
});

test('several GPUs, adapters and a draft model', () => {
  expect(
    explain(
      'meta-llama/Llama-3.3-70B-Instruct',
      'H100-80GB',
      131_072,
      {
        tensorParallelSize: 2,
        lora: { maxAdapters: 4, maxRank: 32 },
        draftModel: { model: findModel('meta-llama/Llama-3.2-1B-Instruct') },
      },
      '0.29.0',
    ),
  ).toMatchInlineSnapshot(`
   "One sequence of 131,072 tokens needs 22.0 GiB of KV cache; each of 2 H100-80GB leaves 0.5 GiB beside 65.74 GiB of bf16 weights
   (79.11 GiB x 0.92 - 65.74 weights - 1.17 draft model - 2.09 LoRA adapters - 3.3 runtime and activations). The server refuses to start; 2,720 tokens fit.
   Use fp8 weights, tensorParallelSize 4 or a GPU with 141 GB or more, such as H200."
  `);
});

test('what fits', () => {
  expect(explain(LLAMA_3, 'L4', 8192, { concurrency: 2 })).toMatchInlineSnapshot(`
   "2 concurrent sequences of 8,192 tokens need 2.0 GiB of KV cache; an L4 leaves 3.4 GiB beside 14.96 GiB of bf16 weights
   (22.03 GiB x 0.90 - 14.96 weights - 1.5 runtime and activations). 3 sequences fit.
   Nothing to change."
  `);
});

test('nothing helps', () => {
  expect(explain('deepseek-ai/DeepSeek-V3', 'L4', 8192)).toMatchInlineSnapshot(`
   "657.85 GiB of fp8 weights leave no room for a KV cache on an L4:
   639.5 GiB are missing before the first token (22.03 GiB x 0.90 - 657.85 weights - 1.5 runtime and activations).
   Use a smaller model, or one in a smaller number format."
  `);
});
