import { findModel, MODELS } from '../../lib/model/catalog';
import { Model } from '../../lib/model/model';
import { resolveModel } from '../../lib/model/resolve-model';
import { nearestNames } from '../../lib/problem/nearest-names';

const models: readonly Model[] = MODELS;

// Weights in bytes as they were measured or computed elsewhere: fp8 for the linear parameters, 16 bit for embeddings.
test.each([
  ['meta-llama/Llama-2-7b-chat-hf', 7000559616],
  ['meta-llama/Meta-Llama-3-8B-Instruct', 9080934400],
  ['meta-llama/Llama-3.1-405B-Instruct', 410056081408],
  ['meta-llama/Llama-3.2-1B-Instruct', 1498482688],
  ['meta-llama/Llama-3.2-3B-Instruct', 3606752256],
  ['microsoft/phi-4', 15687111680],
  ['microsoft/Phi-4-mini-instruct', 4450618368],
  ['deepseek-ai/DeepSeek-R1', 672879762432],
  ['nvidia/Llama-3_3-Nemotron-Super-49B-v1', 51968491520],
] as const)('%s takes %i bytes in fp8', (id, bytes) => {
  const { parameters, embeddingParameters } = findModel(id);
  expect(parameters - embeddingParameters + 2 * embeddingParameters).toBe(bytes);
});

// Bytes of one token in the KV cache at 16 bit.
test.each([
  ['meta-llama/Meta-Llama-3-8B-Instruct', 131072],
  ['meta-llama/Llama-2-7b-chat-hf', 524288],
  ['microsoft/phi-4', 204800],
  ['nvidia/Llama-3_3-Nemotron-Super-49B-v1', 200704],
  ['nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16', 6144],
  ['openai/gpt-oss-120b', 73728],
] as const)('%s keeps %i bytes a token', (id, bytes) => {
  const { kvLayers, kvHeads, headDim } = findModel(id).attention;
  expect(2 * kvLayers * kvHeads * headDim * 2).toBe(bytes);
});

test('DeepSeek V3 keeps one compressed vector a layer: 70,272 bytes a token', () => {
  const { attention, layers } = findModel('deepseek-ai/DeepSeek-V3');
  expect(layers * (attention.kvLoraRank! + attention.qkRopeHeadDim!) * 2).toBe(70272);
});

test.each(models.map((model) => [model.id, model] as const))('%s is a sound row', (_id, model) => {
  const { attention } = model;
  expect(model.embeddingParameters % (model.vocabularySize * model.hiddenSize)).toBe(0);
  expect(model.embeddingParameters).toBeLessThan(model.parameters);
  expect(attention.kvLayers).toBeLessThanOrEqual(model.layers);
  expect(model.attentionHeads % attention.kvHeads).toBe(0);
  if (attention.kind === 'mha') expect(attention.kvHeads).toBe(model.attentionHeads);
  if (attention.kind === 'gqa') expect(attention.kvHeads).toBeLessThan(model.attentionHeads);
  if (attention.kind === 'mla') expect(attention.headDim).toBe(attention.kvLoraRank! + attention.qkRopeHeadDim!);
  expect(attention.slidingWindow?.layers ?? 0).toBeLessThanOrEqual(attention.kvLayers);
  if (model.nimRepository) expect(model.nimRepository).toMatch(/^nvcr\.io\/nim\/[a-z-]+\/[a-z0-9.-]+$/);
});

test.each([
  ['google/gemma-2-9b-it', 4096, 21],
  ['google/gemma-3-27b-it', 1024, 52],
  ['openai/gpt-oss-20b', 128, 12],
  ['meta-llama/Llama-4-Scout-17B-16E-Instruct', 8192, 36],
] as const)('%s looks back %i tokens in %i layers', (id, tokens, layers) => {
  expect(findModel(id).attention.slidingWindow).toEqual({ tokens, layers });
});

test('no id stands twice', () => {
  expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
});

test('a model of your own is taken as it is', () => {
  const own: Model = { ...findModel('meta-llama/Meta-Llama-3-8B-Instruct'), id: 'my-org/llama' };
  expect(resolveModel(own)).toBe(own);
});

test('numbers that no model has are refused: plans divide by them', () => {
  const llama = findModel('meta-llama/Meta-Llama-3-8B-Instruct');
  expect(() =>
    resolveModel({
      ...llama,
      id: 'my-org/llama',
      hiddenSize: Infinity,
      attentionHeads: NaN,
      attention: { ...llama.attention, kvLayers: 33 },
    }),
  ).toThrow(
    [
      'model my-org/llama: numbers\n  hiddenSize of the model is Infinity.\n  Use a whole number, 1 or more.',
      'model my-org/llama: numbers\n  attentionHeads of the model is NaN.\n  Use a whole number, 1 or more.',
      'model my-org/llama: numbers\n  attention.kvLayers of the model is 33.\n  Use a whole number, from 0 to 32.',
    ].join('\n'),
  );
  expect(() => resolveModel({ ...llama, id: ' ' })).toThrow('The model has no id.');
});

test('an unknown id is refused with the three that look most like it', () => {
  const misspelt = 'meta-llama/Llama-3-8B-Instruct' as 'meta-llama/Meta-Llama-3-8B-Instruct';
  expect(() => resolveModel(misspelt)).toThrow(
    [
      'model meta-llama/Llama-3-8B-Instruct: model-known',
      `  The catalog has no model "meta-llama/Llama-3-8B-Instruct"; it has ${models.length} models.`,
      '  Did you mean meta-llama/Meta-Llama-3-8B-Instruct, meta-llama/Llama-3.1-8B-Instruct, meta-llama/Llama-3.2-1B-Instruct? A model of your own is an object of the type Model, or modelFromConfig(id, config).',
    ].join('\n'),
  );
});

test('names that belong to every object are no models', () => {
  expect(findModel('constructor')).toBeUndefined();
  expect(findModel('__proto__')).toBeUndefined();
});

test.each([
  ['g2-standart-4', 'g2-standard-4'],
  ['l40-s', 'L40S'],
  ['', 'L4'],
])('nearest to %j is %s', (written, nearest) => {
  expect(nearestNames(written, ['g2-standard-4', 'g2-standard-48', 'L40S', 'L4'], 1)).toEqual([nearest]);
});
