import { NimRuntime } from '../../../lib/runtime/nim/nim';
import { servingRequest } from '../../support/serving-request';

const LOCAL = { kind: 'local', path: '/models' } as const;
const HUB = {
  kind: 'server-downloads',
  repository: 'meta-llama/Llama-3.1-8B-Instruct',
  revision: 'c'.repeat(40),
} as const;

const contract = (version: string, weights: typeof LOCAL | typeof HUB, settings: object = {}) =>
  new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${version}` as string, ...settings }).contract(
    servingRequest({ weights, offline: weights.kind === 'local', credentials: 'ngc' }),
  );

test.each`
  version    | weights  | variable            | address
  ${'1.8.0'} | ${LOCAL} | ${'NIM_MODEL_NAME'} | ${'/models'}
  ${'2.0.4'} | ${LOCAL} | ${'NIM_MODEL_PATH'} | ${'/models'}
  ${'2.0.4'} | ${HUB}   | ${'NIM_MODEL_PATH'} | ${`hf://meta-llama/Llama-3.1-8B-Instruct:${'c'.repeat(40)}`}
`('NIM $version is told $address by $variable', ({ version, weights, variable, address }) => {
  expect(contract(version, weights).env).toContainEqual({ name: variable, value: address });
  expect(contract(version, weights).problems).toEqual([]);
});

test('a repository is fetched from the Hub too', () => {
  expect(contract('2.0.4', HUB).downloadHosts).toContain('huggingface.co');
  expect(contract('2.0.4', LOCAL).downloadHosts).toEqual([]);
});

test('two addresses, and a revision that 1.x cannot take, are problems', () => {
  expect(contract('2.0.4', LOCAL, { modelPath: 'hf://a/b' }).problems).toMatchObject([
    { message: 'The artifact puts the weights at /models, and a setting of the runtime says hf://a/b.' },
  ]);
  expect(contract('1.8.0', HUB).problems).toMatchObject([
    {
      message:
        'NIM 1.x takes no revision of meta-llama/Llama-3.1-8B-Instruct; it would serve what is there on the day.',
    },
  ]);
});
