import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { ServingRequest } from '../../../lib/runtime/serving-runtime';
import { VllmRuntime, VllmRuntimeProps } from '../../../lib/runtime/vllm/vllm';
import { servingRequest } from '../../support/serving-request';

const LLAMA = findModel('meta-llama/Llama-3.1-8B-Instruct')!;
const GPU_OF: Readonly<Record<string, ServingRequest['gpus'][number]>> = {
  T4: { id: 'T4', computeCapability: 7.5, memoryGb: 16 },
  A100: { id: 'A100-80GB', computeCapability: 8, memoryGb: 80 },
  L4: { id: 'L4', computeCapability: 8.9, memoryGb: 24 },
};
const OWN = { kind: 'server-downloads' } as const;
/** Downloaded before the server starts. */
const PLACED = { kind: 'local', path: '/models', repository: LLAMA.id } as const;
const CLAIM = { kind: 'local', path: '/models' } as const;
const OTHER = { kind: 'server-downloads', repository: 'me/llama-w4a16' } as const;

function contractOf(settings: Partial<VllmRuntimeProps>, changes: Partial<ServingRequest>) {
  const runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.2', ...settings });
  return runtime.contract(servingRequest({ model: LLAMA, ...changes }));
}

describe('number formats', () => {
  test.each`
    states                       | settings                                  | weights   | gpus            | flags                                  | plans
    ${{}}                        | ${{}}                                     | ${OWN}    | ${['L4']}       | ${''}                                  | ${{}}
    ${{}}                        | ${{}}                                     | ${OWN}    | ${['T4']}       | ${'--dtype half'}                      | ${{ weightFormat: 'fp16' }}
    ${{}}                        | ${{}}                                     | ${OWN}    | ${['L4', 'T4']} | ${'--dtype half'}                      | ${{ weightFormat: 'fp16' }}
    ${{}}                        | ${{ dtype: 'float16' }}                   | ${OWN}    | ${['T4']}       | ${'--dtype half'}                      | ${{ weightFormat: 'fp16' }}
    ${{}}                        | ${{ dtype: 'bfloat16' }}                  | ${OWN}    | ${['T4']}       | ${'--dtype bfloat16'}                  | ${{ weightFormat: 'bf16' }}
    ${{ weightFormat: 'bf16' }}  | ${{}}                                     | ${OWN}    | ${['T4']}       | ${''}                                  | ${{}}
    ${{ weightFormat: 'fp16' }}  | ${{}}                                     | ${OWN}    | ${['T4']}       | ${'--dtype half'}                      | ${{ weightFormat: 'fp16' }}
    ${{ weightFormat: 'fp32' }}  | ${{}}                                     | ${OWN}    | ${['L4']}       | ${'--dtype float32'}                   | ${{ weightFormat: 'fp32' }}
    ${{ weightFormat: 'fp8' }}   | ${{}}                                     | ${OWN}    | ${['L4']}       | ${'--quantization fp8'}                | ${{ weightFormat: 'fp8' }}
    ${{ weightFormat: 'fp8' }}   | ${{}}                                     | ${PLACED} | ${['L4']}       | ${'--quantization fp8'}                | ${{ weightFormat: 'fp8' }}
    ${{ weightFormat: 'fp8' }}   | ${{}}                                     | ${CLAIM}  | ${['L4']}       | ${''}                                  | ${{}}
    ${{ weightFormat: 'nf4' }}   | ${{}}                                     | ${OWN}    | ${['L4']}       | ${'--quantization bitsandbytes'}       | ${{ weightFormat: 'nf4' }}
    ${{ weightFormat: 'int4' }}  | ${{}}                                     | ${OTHER}  | ${['L4']}       | ${''}                                  | ${{}}
    ${{}}                        | ${{ quantization: 'awq_marlin' }}         | ${OTHER}  | ${['A100']}     | ${'--quantization awq_marlin'}         | ${{ weightFormat: 'int4' }}
    ${{}}                        | ${{ quantization: 'compressed-tensors' }} | ${OTHER}  | ${['L4']}       | ${'--quantization compressed-tensors'} | ${{}}
    ${{ kvCacheFormat: 'fp8' }}  | ${{}}                                     | ${OWN}    | ${['L4']}       | ${'--kv-cache-dtype fp8'}              | ${{ kvCacheFormat: 'fp8' }}
    ${{}}                        | ${{ kvCacheDtype: 'fp8_e5m2' }}           | ${OWN}    | ${['L4']}       | ${'--kv-cache-dtype fp8_e5m2'}         | ${{ kvCacheFormat: 'fp8' }}
    ${{ kvCacheFormat: 'bf16' }} | ${{ kvCacheDtype: 'auto' }}               | ${OWN}    | ${['L4']}       | ${'--kv-cache-dtype auto'}             | ${{}}
  `(
    '$states with $settings on $gpus: $flags, planned as $plans',
    ({ states, settings, weights, gpus, flags, plans }) => {
      const contract = contractOf(settings, { ...states, weights, gpus: gpus.map((id: string) => GPU_OF[id]) });
      expect(contract.problems).toEqual([]);
      expect(/--(quantization|dtype|kv-cache-dtype) \S+/.exec(contract.args!.join(' '))?.[0] ?? '').toBe(flags);
      const { weightFormat, kvCacheFormat } = contract;
      expect({ weightFormat, kvCacheFormat }).toEqual({ weightFormat: undefined, kvCacheFormat: undefined, ...plans });
    },
  );

  test.each([
    [
      { weightFormat: 'int4' },
      {},
      'runtime-setting',
      'meta-llama/Llama-3.1-8B-Instruct is published in bf16, and vLLM does not make int4 of it while it loads.',
      'State the repository of a checkpoint in int4, or quantization.',
    ],
    [
      { weightFormat: 'fp8' },
      { quantization: 'awq' },
      'runtime-setting',
      'weightFormat is fp8, but quantization awq gives weights in int4.',
      'State one of them.',
    ],
    [
      { weightFormat: 'bf16' },
      { dtype: 'half' },
      'runtime-setting',
      'weightFormat is bf16, but dtype half gives weights in fp16.',
      'State one of them.',
    ],
    [
      { kvCacheFormat: 'bf16' },
      { kvCacheDtype: 'fp8' },
      'runtime-setting',
      'kvCacheFormat is bf16, but kvCacheDtype fp8 keeps it in fp8.',
      'State one of them.',
    ],
    [
      { kvCacheFormat: 'nvfp4' },
      {},
      'runtime-setting',
      'vLLM keeps no KV cache in nvfp4.',
      'Use kvCacheFormat fp8, or leave it out.',
    ],
    [
      { gpus: [GPU_OF.T4!] },
      { quantization: 'gptq_marlin' },
      'gpu-precision',
      'quantization gptq_marlin does not run on T4, whose compute capability is 7.5; its kernels take 8.0.',
      'Leave quantization out, so that vLLM chooses kernels by GPU, or use a GPU with compute capability 8.0.',
    ],
  ] as const)('%j with %j is refused', (changes, settings, check, message, remedy) => {
    const problems = contractOf(settings, changes).problems.map(formatProblem);
    expect(problems).toEqual([`${check}\n  ${message}\n  ${remedy}`]);
  });
});

test('bitsandbytes was a way of loading as well', () => {
  const told = (version: string) =>
    contractOf({ image: `vllm/vllm-openai:v${version}` }, { weightFormat: 'nf4' }).args!.join(' ');
  expect(told('0.8.5')).toContain('--quantization bitsandbytes --load-format bitsandbytes');
  expect(told('0.9.2')).not.toContain('--load-format');
});
