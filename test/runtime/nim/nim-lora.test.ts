import { NimRuntime } from '../../../lib/runtime/nim/nim';
import { LoraRequest } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';

const LORA: LoraRequest = {
  adapters: ['sql', 'legal', 'support'].map((name) => ({ name, path: `/loras/${name}`, rank: 24 })),
  folder: '/loras',
  maxRank: 24,
  maxLoras: 2,
};
const request = servingRequest({ credentials: 'ngc', lora: LORA });
const image = (tag: string) => `nvcr.io/nim/meta/llama-3.1-8b-instruct:${tag}` as string;

test('1.x is told of adapters by variables: slots on the GPU, all of them beside it, and a rank that vLLM has', () => {
  const { env, args, unplannedMemory, problems } = new NimRuntime({ image: image('1.8.0') }).contract(request);
  expect(env.filter(({ name }) => /PEFT|LORA/.test(name)).map(({ name, value }) => `${name}=${value}`)).toEqual([
    'NIM_PEFT_SOURCE=/loras',
    'NIM_MAX_GPU_LORAS=2',
    'NIM_MAX_CPU_LORAS=3',
    'NIM_MAX_LORA_RANK=32',
  ]);
  expect({ args, unplannedMemory, problems }).toEqual({ args: undefined, unplannedMemory: [], problems: [] });
});

test('2.x by flags of the engine, behind those of the user', () => {
  const runtime = new NimRuntime({ image: image('2.0.4'), engineArgs: ['--enable-auto-tool-choice'] });
  const { env, args } = runtime.contract(request);
  expect(args).toEqual(['--enable-auto-tool-choice', '--max-loras', '2', '--max-lora-rank', '32']);
  expect(env.filter(({ name }) => /PEFT|LORA/.test(name))).toEqual([{ name: 'NIM_PEFT_SOURCE', value: '/loras' }]);
});

test('a folder that the user names is not counted, and not beside stated adapters', () => {
  const runtime = new NimRuntime({ image: image('1.8.0'), peftSource: '/mine' });
  expect(runtime.contract({ ...request, lora: undefined }).unplannedMemory).toEqual([
    'the LoRA adapters of peftSource',
  ]);
  expect(runtime.contract(request).problems).toEqual([
    {
      check: 'runtime-setting',
      message: 'peftSource is "/mine", but the service states its adapters, which are in /loras.',
      remedy: 'Remove peftSource, or the adapters of the service.',
    },
  ]);
});

test('flags that say it again are refused', () => {
  const runtime = new NimRuntime({ image: image('2.0.4'), engineArgs: ['--max_loras=8'] });
  expect(runtime.contract(request).problems.map(({ message }) => message)).toEqual([
    'engineArgs has --max-loras, which would win over the adapters of the service, and the plan would be wrong.',
  ]);
});
