import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { Model } from './model';

/** What is wrong with a model of your own: plans multiply its numbers and divide by them. */
export function modelProblems(model: Model): Problem[] {
  const { attention, moe, vision } = model;
  const least: readonly (readonly [what: string, value: number | undefined, least: number, most?: number])[] = [
    ['parameters', model.parameters, 1],
    ['embeddingParameters', model.embeddingParameters, 0, model.parameters],
    ['layers', model.layers, 1],
    ['hiddenSize', model.hiddenSize, 1],
    ['attentionHeads', model.attentionHeads, 1],
    ['vocabularySize', model.vocabularySize, 1],
    ['maxModelLen', model.maxModelLen, 1],
    ['attention.kvLayers', attention?.kvLayers, 0, model.layers],
    ['attention.kvHeads', attention?.kvHeads, 1],
    ['attention.headDim', attention?.headDim, 1],
    ...(attention?.kind === 'mla'
      ? ([
          ['attention.kvLoraRank', attention.kvLoraRank, 1],
          ['attention.qkRopeHeadDim', attention.qkRopeHeadDim, 0],
        ] as const)
      : []),
    ...(attention?.slidingWindow
      ? ([
          ['attention.slidingWindow.tokens', attention.slidingWindow.tokens, 1],
          ['attention.slidingWindow.layers', attention.slidingWindow.layers, 0, attention.kvLayers],
        ] as const)
      : []),
    ...(moe
      ? ([
          ['moe.experts', moe.experts, 1],
          ['moe.expertsPerToken', moe.expertsPerToken, 1, moe.experts],
        ] as const)
      : []),
    ...(vision ? ([['vision.parameters', vision.parameters, 1, model.parameters]] as const) : []),
  ];
  return [
    ...(typeof model.id === 'string' && model.id.trim() !== ''
      ? []
      : [{ check: 'model-known', message: 'The model has no id.', remedy: 'Give it one, such as acme/llama-8b.' }]),
    ...least.flatMap(([what, value, atLeast, atMost]) =>
      wholeNumberProblems(`${what} of the model`, value ?? NaN, atLeast, atMost),
    ),
  ];
}
