import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { ONE_GPU, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { VllmRuntime } from '../../../lib/runtime/vllm/vllm';
import { VllmSpeculation } from '../../../lib/runtime/vllm/vllm-speculation';
import { refusalOf } from '../../support/messages';
import { servingRequest } from '../../support/serving-request';

const TARGET = findModel('meta-llama/Llama-3.3-70B-Instruct')!;
const DRAFT = 'meta-llama/Llama-3.2-1B-Instruct';
const NGRAM = { method: 'ngram', numSpeculativeTokens: 4, promptLookupMax: 3, promptLookupMin: 2 } as const;
const SMALL = { method: 'draft_model', model: DRAFT, numSpeculativeTokens: 3, tensorParallelSize: 1 } as const;
const EAGLE = { method: 'eagle3', repository: 'me/eagle3', revision: 'abc', numSpeculativeTokens: 3 } as const;
const MTP = { method: 'mtp', numSpeculativeTokens: 1 } as const;

const runtime = (version: string, speculation: VllmSpeculation) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, speculation });
const contractOf = (version: string, speculation: VllmSpeculation, changes: Partial<ServingRequest> = {}) =>
  runtime(version, speculation).contract(servingRequest({ model: TARGET, ...changes }));

test.each([
  [
    '0.7.3',
    NGRAM,
    '--speculative-model [ngram] --num-speculative-tokens 4 --ngram-prompt-lookup-max 3 --ngram-prompt-lookup-min 2',
  ],
  [
    '0.7.3',
    SMALL,
    `--speculative-model ${DRAFT} --num-speculative-tokens 3 --speculative-draft-tensor-parallel-size 1`,
  ],
  [
    '0.8.5',
    NGRAM,
    '--speculative-config {"method":"ngram","num_speculative_tokens":4,"prompt_lookup_max":3,"prompt_lookup_min":2}',
  ],
  [
    '0.18.1',
    SMALL,
    `--speculative-config {"method":"draft_model","model":"${DRAFT}","num_speculative_tokens":3,"draft_tensor_parallel_size":1}`,
  ],
  [
    '0.18.1',
    EAGLE,
    '--speculative-config {"method":"eagle3","model":"me/eagle3","revision":"abc","num_speculative_tokens":3}',
  ],
  ['0.10.2', MTP, '--speculative-config {"method":"deepseek_mtp","num_speculative_tokens":1}'],
  ['0.11.2', MTP, '--speculative-config {"method":"mtp","num_speculative_tokens":1}'],
] as const)('%s: %j is said as %s', (version, speculation, flags) => {
  expect(contractOf(version, speculation).args!.join(' ')).toContain(flags);
});

test('a draft model is planned; what nobody can plan is named', () => {
  expect(contractOf('0.18.1', SMALL).draftModel).toEqual({ model: findModel(DRAFT) });
  expect(contractOf('0.18.1', SMALL).unplannedMemory).toEqual([]);
  expect(contractOf('0.18.1', EAGLE).unplannedMemory).toEqual(['the eagle3 head me/eagle3']);
  expect(contractOf('0.18.1', MTP).unplannedMemory).toEqual(['the head of the checkpoint that guesses ahead']);
});

test.each([
  ['0.8.1', NGRAM, 'vLLM 0.8.1 has no speculation whose flags are known; it exists until 0.7 and from 0.8.5 on.'],
  ['0.7.3', MTP, 'vLLM 0.7.3 has no speculation by mtp; it exists from 0.8.5 on.'],
  ['0.7.3', EAGLE, 'vLLM 0.7.3 has no speculation with a revision; it exists from 0.8.5 on.'],
  ['0.11.2', SMALL, 'vLLM 0.11.2 has no speculation by draft_model; it exists until 0.10 and from 0.14 on.'],
] as const)('%s refuses %j', (version, speculation, message) => {
  expect(refusalOf(() => runtime(version, speculation))).toBe(
    `VllmRuntime vllm/vllm-openai:v${version}: runtime-setting\n  ${message}\n  Use another method or version.`,
  );
});

test('values that cannot be', () => {
  const told = (speculation: unknown) => refusalOf(() => runtime('0.18.1', speculation as VllmSpeculation));
  expect(told({ method: 'magic' })).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  speculation has the method "magic".
  Use ngram, draft_model, eagle, eagle3, medusa, mlp_speculator, mtp.
`);
  expect(told({ method: 'ngram', numSpeculativeTokens: 0, promptLookupMax: 2, promptLookupMin: 3 }))
    .toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.18.1: numbers
  speculation.numSpeculativeTokens is 0.
  Use a whole number, 1 or more.
VllmRuntime vllm/vllm-openai:v0.18.1: numbers
  speculation.promptLookupMin is 3.
  Use a whole number, from 1 to 2.
`);
  expect(told({ ...SMALL, model: 'meta-llama/Llama-3.2-1B' })).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.18.1: model-known
  The catalog has no model "meta-llama/Llama-3.2-1B"; it has 55 models.
  Did you mean meta-llama/Llama-3.2-1B-Instruct, meta-llama/Llama-3.2-3B-Instruct, meta-llama/Llama-2-7b-chat-hf? A model of your own is an object of the type Model, or modelFromConfig(id, config).
`);
  expect(told({ ...EAGLE, repository: 'me/eagle3; rm' })).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  speculation.repository is no repository and no folder.
  Write owner/name, or an absolute path.
`);
});

test.each([
  [
    { ...SMALL, model: 'Qwen/Qwen2.5-7B-Instruct' },
    ONE_GPU,
    'The draft model Qwen/Qwen2.5-7B-Instruct has 152064 tokens in its vocabulary, meta-llama/Llama-3.3-70B-Instruct has 128256: a guess would mean something else.',
    'Use a draft model of the same family, or speculation by ngram.',
  ],
  [
    NGRAM,
    { ...ONE_GPU, tensorParallelSize: 4, pipelineParallelSize: 2 },
    'vLLM 0.18.1 cannot guess ahead over 2 pipeline stages (vllm-project/vllm#57755).',
    'Remove speculation, or use tensor parallelism alone.',
  ],
  [
    { ...SMALL, tensorParallelSize: 2 },
    { ...ONE_GPU, tensorParallelSize: 4 },
    'speculation.tensorParallelSize is 2; a draft model is split over 1 GPU or over 4, as the model is.',
    'Leave it out, or use 1.',
  ],
] as const)('%j over %j is refused', (speculation, parallelism, message, remedy) => {
  const { problems } = contractOf('0.18.1', speculation, { parallelism });
  expect(problems.map(formatProblem)).toEqual([`runtime-setting\n  ${message}\n  ${remedy}`]);
});

describe('weights that lie in the pod: the server is offline', () => {
  const local = { weights: { kind: 'local', path: '/models' }, offline: true } as const;

  test.each([
    [SMALL, DRAFT],
    [EAGLE, 'me/eagle3'],
  ] as const)('%j cannot be downloaded', (speculation, second) => {
    expect(contractOf('0.18.1', speculation, local).problems.map(formatProblem)).toEqual([
      `runtime-setting\n  Speculation by ${speculation.method} loads ${second} from Hugging Face, and the server is offline: its weights lie in /models.\n` +
        '  State a folder of the pod as speculation.repository, or use speculation by ngram.',
    ]);
  });

  test.each([[NGRAM], [MTP], [{ ...SMALL, repository: '/draft' }]] as const)('%j needs no download', (speculation) => {
    expect(contractOf('0.18.1', speculation, local).problems).toEqual([]);
  });

  test('a folder is what is loaded, and the model what is planned', () => {
    const { args, draftModel, unplannedMemory } = contractOf('0.18.1', { ...SMALL, repository: '/draft' }, local);
    expect(unplannedMemory).toEqual([]);
    expect(args!.join(' ')).toContain('"model":"/draft"');
    expect(draftModel!.model.id).toBe(DRAFT);
  });
});
