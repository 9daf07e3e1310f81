import { findGpu } from '../../lib/hardware/gpu-catalog';
import { findModel } from '../../lib/model/catalog';
import { Model } from '../../lib/model/model';
import { explainGpuMemory } from '../../lib/plan/gpu-memory-explanation';
import { GpuMemoryRequest, planGpuMemory } from '../../lib/plan/gpu-memory-plan';
import { imageLengthProblems, parallelismProblems, parallelismWarnings } from '../../lib/plan/gpu-memory-preconditions';
import { longestAnswer, planShutdown } from '../../lib/plan/shutdown-budget';
import { weightsPerGpu } from '../../lib/plan/weight-bytes';
import { vllmMemoryProfile } from '../../lib/runtime/engine-memory-profile';
import { NimRuntime } from '../../lib/runtime/nim/nim';

const model = (id: string): Model => findModel(id)!;
const gpu = (id: string) => findGpu(id)!;
const GIB = 2 ** 30;

const E5 = model('nvidia/nv-embedqa-e5-v5');
const EMBED_1B = model('nvidia/llama-3.2-nv-embedqa-1b-v2');
const retriever = (maxBatchSize?: number) =>
  new NimRuntime({ image: 'nvcr.io/nim/nvidia/llama-3.2-nv-embedqa-1b-v2:1.6.0', maxBatchSize }).memoryProfile(
    gpu('L4'),
  );

describe('a model that keeps nothing of what it read', () => {
  const request = (changes: Partial<GpuMemoryRequest> = {}): GpuMemoryRequest => ({
    model: E5,
    gpu: gpu('A100-80GB'),
    migProfile: '1g.10gb',
    maxModelLen: 512,
    profile: retriever(),
    ...changes,
  });

  test('has no KV cache, and holds one batch of whole texts', () => {
    const plan = planGpuMemory(request());
    expect(plan).toMatchObject({ kvBytesPerToken: 0, kvPerSequence: 0, sequencesAtMaxModelLen: 30, verdict: 'fits' });
    // 335,141,888 parameters of 2 bytes; no table of a rotary embedding.
    expect(plan.weights).toBeCloseTo((335_141_888 * 2) / GIB, 3);
  });

  test.each`
    batch | length  | slice        | verdict
    ${30} | ${512}  | ${'1g.10gb'} | ${'fits'}
    ${30} | ${8192} | ${'1g.10gb'} | ${'does-not-fit'}
    ${3}  | ${8192} | ${'1g.10gb'} | ${'fits'}
    ${30} | ${8192} | ${undefined} | ${'fits'}
  `('a batch of $batch texts of $length tokens on $slice: $verdict', ({ batch, length, slice, verdict }) => {
    const plan = planGpuMemory(
      request({ model: EMBED_1B, maxModelLen: length, migProfile: slice, profile: retriever(batch) }),
    );
    expect(plan.verdict).toBe(verdict);
  });

  test('that does not fit is told without a word of a KV cache', () => {
    const plan = planGpuMemory(request({ model: EMBED_1B, maxModelLen: 8192, profile: retriever() }));
    const { message, remedy } = explainGpuMemory(plan);
    expect(`${message}\n${remedy}`).toMatchInlineSnapshot(`
"2.30 GiB of bf16 weights and 15.0 GiB for a batch of 30 texts of 8,192 tokens: 8.8 GiB are missing on a 1g.10gb slice of an A100-80GB
(9.49 GiB x 1.00 - 2.30 weights - 16.0 runtime and activations).
Lower maxModelLen to 2,048 or the server's batch size to 8, use the MIG profile 3g.40gb or a GPU with 40 GB or more, such as A100-40GB."
`);
  });

  test.each`
    task            | sampling
    ${'generation'} | ${true}
    ${'embedding'}  | ${false}
  `('a decoder for $task computes logits over the vocabulary: $sampling', ({ task, sampling }) => {
    const profile = vllmMemoryProfile('0.19.0', gpu('H100-80GB'));
    const qwen = { ...model('Qwen/Qwen3-Embedding-8B'), task };
    const { activation } = planGpuMemory({ model: qwen, gpu: gpu('H100-80GB'), maxModelLen: 8192, profile });
    // 1,024 sequences over 151,665 tokens at 18 bytes are 2.6 GiB.
    expect(activation > 2.6).toBe(sampling);
  });
});

describe('the longest answer', () => {
  test.each`
    task            | maxModelLen  | seconds
    ${'generation'} | ${8192}      | ${235}
    ${'embedding'}  | ${512}       | ${30}
    ${'reranking'}  | ${undefined} | ${30}
  `('of a model for $task with $maxModelLen tokens is $seconds s', ({ task, maxModelLen, seconds }) => {
    expect(longestAnswer({ model: { task }, maxModelLen })).toBe(seconds);
  });

  test('lets a pod that makes vectors go after 75 s', () => {
    const stop = planShutdown({ model: { task: 'embedding' } }, 'aborts');
    expect(stop.terminationGracePeriodSeconds).toBe(30 + 30 + 15);
  });
});

describe('what reads images', () => {
  test.each`
    id                                                 | encoder
    ${'Qwen/Qwen2.5-VL-7B-Instruct'}                   | ${676_550_144}
    ${'mistralai/Mistral-Small-3.1-24B-Instruct-2503'} | ${438_958_080}
  `('of $id stays in 16 bit when the rest is quantized', ({ id, encoder }) => {
    const of = (weightFormat: 'bf16' | 'fp8') => weightsPerGpu({ model: model(id as string), weightFormat }).bytes;
    const { parameters, embeddingParameters } = model(id as string);
    expect(of('bf16') - of('fp8')).toBe(parameters - embeddingParameters - encoder);
  });

  test('takes at least its allowance at the peak', () => {
    const profile = vllmMemoryProfile('0.19.0', gpu('L40S'));
    const plan = (of: Model) =>
      planGpuMemory({ model: of, gpu: gpu('L40S'), maxModelLen: 32_768, profile: { ...profile, maxNumSeqs: 8 } });
    const reads = model('Qwen/Qwen2.5-VL-7B-Instruct');
    expect(plan(reads).activation).toBe(2);
    expect(plan({ ...reads, vision: undefined }).activation).toBeLessThan(2);
  });

  test.each`
    maxModelLen  | told
    ${8192}      | ${1}
    ${16_384}    | ${1}
    ${32_768}    | ${0}
    ${undefined} | ${0}
  `('does not have its largest image in $maxModelLen tokens: $told', ({ maxModelLen, told }) => {
    expect(imageLengthProblems(model('Qwen/Qwen2.5-VL-7B-Instruct'), maxModelLen)).toHaveLength(told);
  });
});

describe('data parallel ranks', () => {
  const DEEPSEEK = model('deepseek-ai/DeepSeek-V3');
  const QWEN_MOE = model('Qwen/Qwen3-235B-A22B');

  test('of a dense model are whole copies', () => {
    const llama = model('meta-llama/Llama-3.1-8B-Instruct');
    expect(weightsPerGpu({ model: llama, dataParallelSize: 4 })).toEqual(weightsPerGpu({ model: llama }));
    expect(parallelismWarnings({ model: llama, dataParallelSize: 4 })[0]).toMatchObject({
      remedy: 'Use dataParallelSize 1 and 4 replicas.',
    });
    expect(parallelismWarnings({ model: QWEN_MOE, dataParallelSize: 4 })).toEqual([]);
  });

  test('of a mixture share its experts and nothing else', () => {
    const perGpu = (dataParallelSize: number, tensorParallelSize = 1) =>
      weightsPerGpu({ model: QWEN_MOE, weightFormat: 'fp8', dataParallelSize, tensorParallelSize }).bytes / GIB;
    // 94 layers of 64 query and 4 key-value heads of 128 on a hidden size of 4,096, and both tables in 16 bit, are whole.
    const { layers, hiddenSize, embeddingParameters } = QWEN_MOE;
    const whole = (layers * hiddenSize * 128 * 2 * (64 + 4) + 2 * embeddingParameters) / GIB;
    expect(perGpu(8)).toBeGreaterThan(whole);
    expect(perGpu(8)).toBeCloseTo(whole + (perGpu(1) - whole) / 8, 1);
    // Tensor parallelism cuts everything: fewer bytes on each of as many GPUs.
    expect(perGpu(1, 8)).toBeLessThan(perGpu(8));
  });

  test('hold attention of MLA whole: some 10 GiB more than an eighth of DeepSeek V3', () => {
    const perGpu = (dataParallelSize: number, tensorParallelSize: number) =>
      weightsPerGpu({ model: DEEPSEEK, dataParallelSize, tensorParallelSize }).bytes / GIB;
    expect(perGpu(8, 1) - perGpu(1, 8)).toBeGreaterThan(8);
    expect(perGpu(8, 1) - perGpu(1, 8)).toBeLessThan(15);
  });

  test('deal out the sequences that are promised', () => {
    const profile = vllmMemoryProfile('0.19.0', gpu('H200'));
    const plan = (concurrency: number, dataParallelSize: number) =>
      planGpuMemory({
        model: QWEN_MOE,
        weightFormat: 'fp8',
        gpu: gpu('H200'),
        tensorParallelSize: 2,
        dataParallelSize,
        maxModelLen: 32_768,
        concurrency,
        profile,
      });
    const most = plan(1, 4).safeConcurrency;
    expect(plan(most * 4, 4).verdict).toBe('fits');
    expect(plan(most * 8, 4).verdict).toBe('does-not-fit');
    expect(explainGpuMemory(plan(most * 8, 4)).message).toContain('over 4 data parallel ranks need');
    expect(explainGpuMemory(plan(most * 8, 4)).message).toContain('each of 8 H200');
  });

  test('are no slices', () => {
    expect(parallelismProblems({ model: QWEN_MOE, dataParallelSize: 2, migProfile: '3g.40gb' })[0]?.message).toContain(
      'over 2 MIG slices',
    );
  });
});

describe('LoRA adapters that take the room of the KV cache', () => {
  const plan = (maxAdapters: number, maxRank: number) =>
    planGpuMemory({
      model: model('meta-llama/Llama-3.1-8B-Instruct'),
      gpu: gpu('L4'),
      maxModelLen: 8192,
      profile: vllmMemoryProfile('0.19.0', gpu('L4')),
      lora: { maxAdapters, maxRank },
    });

  test.each`
    maxAdapters | maxRank | verdict
    ${1}        | ${16}   | ${'fits'}
    ${4}        | ${64}   | ${'fits'}
    ${16}       | ${64}   | ${'does-not-fit'}
    ${4}        | ${256}  | ${'does-not-fit'}
  `('$maxAdapters of rank $maxRank: $verdict', ({ maxAdapters, maxRank, verdict }) => {
    expect(plan(maxAdapters, maxRank).verdict).toBe(verdict);
  });

  test('are told with their part and with what would do', () => {
    const { message, remedy } = explainGpuMemory(plan(16, 64));
    expect(`${message}\n${remedy}`).toMatchInlineSnapshot(`
"14.99 GiB of bf16 weights leave no room for a KV cache on an L4:
1.3 GiB are missing before the first token (22.03 GiB x 0.90 - 14.99 weights - 5.00 LoRA adapters - 1.1 runtime and activations).
Lower the adapters of one batch to 4 or their rank to 16, use fp8 weights, tensorParallelSize 2 or a GPU with 40 GB or more, such as A100-40GB."
`);
  });
});
