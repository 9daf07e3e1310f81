import { findGpu } from '../../lib/hardware/gpu-catalog';
import { findModel } from '../../lib/model/catalog';
import { Model } from '../../lib/model/model';
import {
  contextLengthProblems,
  dividesHeads,
  parallelismProblems,
  precisionProblems,
} from '../../lib/plan/gpu-memory-preconditions';
import { formatProblem } from '../../lib/problem/problem';

const LLAMA_3_8B = findModel('meta-llama/Meta-Llama-3-8B-Instruct');

/** 40 heads in 8 groups, as Qwen2.5 32B. */
const QWEN_15_32B: Model = { ...findModel('Qwen/Qwen2.5-32B-Instruct'), id: 'Qwen/Qwen1.5-32B' };

describe('parallelism', () => {
  test.each([
    [32, 8, 1, true],
    [32, 8, 8, true],
    [32, 8, 16, true],
    [32, 8, 6, false],
    [40, 8, 5, false],
    [40, 10, 4, false],
    [40, 10, 20, true],
  ])('%i heads, %i KV heads, tensorParallelSize %i: %s', (attentionHeads, kvHeads, size, possible) => {
    const attention = { ...LLAMA_3_8B.attention, kvHeads };
    expect(dividesHeads({ ...LLAMA_3_8B, attentionHeads, attention }, size)).toBe(possible);
  });

  test('6 GPUs for 40 heads (vllm 4232)', () => {
    const problems = parallelismProblems({ model: QWEN_15_32B, tensorParallelSize: 6, canPipeline: true });
    expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     "gpu-parallelism
       Qwen/Qwen1.5-32B: 40 attention heads cannot be divided by tensorParallelSize 6. The server refuses to start.
       Use tensorParallelSize 2, 4 or 8; on 6 GPUs, tensorParallelSize 1 with pipelineParallelSize 6 or tensorParallelSize 2 with pipelineParallelSize 3."
    `);
  });

  test('KV heads that cannot be dealt out', () => {
    const problems = parallelismProblems({ model: findModel('microsoft/phi-4'), tensorParallelSize: 4 });
    expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     "gpu-parallelism
       microsoft/phi-4: 10 KV heads cannot be dealt out evenly over tensorParallelSize 4. The server refuses to start.
       Use tensorParallelSize 2 or 5."
    `);
  });

  test('a model over MIG slices, in more stages than layers', () => {
    const problems = parallelismProblems({ model: LLAMA_3_8B, pipelineParallelSize: 64, migProfile: '1g.10gb' });
    expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     "gpu-parallelism
       meta-llama/Meta-Llama-3-8B-Instruct has 32 layers; they cannot be spread over 64 pipeline stages.
       Use pipelineParallelSize 32 or less.
     gpu-parallelism
       One model cannot be split over 64 MIG slices (1g.10gb): a process sees one slice only, and NCCL does not connect slices.
       Use one slice with tensorParallelSize 1, a larger MIG profile, or whole GPUs."
    `);
  });

  test('one GPU is always fine', () => {
    expect(parallelismProblems({ model: QWEN_15_32B })).toEqual([]);
  });
});

describe('context length', () => {
  test('longer than the model was made for', () => {
    expect(contextLengthProblems(LLAMA_3_8B, 8192)).toEqual([]);
    expect(contextLengthProblems(LLAMA_3_8B, 16_384).map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     "gpu-context-length
       maxModelLen is 16384; meta-llama/Meta-Llama-3-8B-Instruct was made for 8192 tokens.
       Use maxModelLen 8192 or less, or describe a model with scaled rotary embeddings."
    `);
  });
});

describe('precision', () => {
  test.each([
    ['bf16', 'T4', 1, 0],
    ['fp16', 'T4', 0, 0],
    ['int4', 'V100-16GB', 1, 0],
    ['int4', 'T4', 0, 0],
    ['fp8', 'T4', 1, 0],
    ['fp8', 'A100-40GB', 0, 1],
    ['fp8', 'L4', 0, 0],
    ['mxfp4', 'A100-40GB', 0, 1],
    ['mxfp4', 'H100-80GB', 0, 0],
    ['nvfp4', 'H100-80GB', 0, 1],
    ['nvfp4', 'B200', 0, 0],
    ['nf4', 'T4', 0, 0],
  ] as const)('%s weights on %s: %i errors, %i warnings', (weightFormat, gpu, errors, warnings) => {
    const findings = precisionProblems({ model: LLAMA_3_8B, weightFormat, gpu: findGpu(gpu) });
    expect([findings.errors.length, findings.warnings.length]).toEqual([errors, warnings]);
  });

  test('the messages', () => {
    const t4 = precisionProblems({ model: LLAMA_3_8B, gpu: findGpu('T4') });
    const a100 = precisionProblems({
      model: LLAMA_3_8B,
      weightFormat: 'fp8',
      kvCacheFormat: 'nvfp4',
      gpu: findGpu('A100-40GB'),
    });
    const all = [...t4.errors, ...a100.errors, ...a100.warnings];
    expect(all.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     "gpu-precision
       bf16 weights do not run on T4, whose compute capability is 7.5; it takes 8.0.
       Use fp16 weights.
     gpu-precision
       nvfp4 KV cache does not run on A100-40GB, whose compute capability is 8.0; it takes 10.0.
       Use an fp8 KV cache.
     gpu-precision
       fp8 weights are unpacked to 16 bit on A100-40GB, whose compute capability is 8.0: memory is saved, speed is not; 8.9 computes in it.
       Expect no speed-up, or use a GPU with compute capability 8.9."
    `);
  });
});
