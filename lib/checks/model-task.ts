import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Promises that only a model that generates can keep, made of one that does not. */
export function modelTask({ request }: DeclaredWorkload): Findings {
  const { model, concurrency, maxOutputTokens } = request;
  if (!model?.task || model.task === 'generation') return { errors: [], warnings: [] };
  const stated = [
    ...(concurrency === undefined ? [] : [`concurrency is ${concurrency}`]),
    ...(maxOutputTokens === undefined ? [] : [`maxOutputTokens is ${maxOutputTokens}`]),
  ];
  return {
    errors: stated.map((what) => ({
      check: 'model-task',
      message: `${what}, but ${model.id} is a model for ${model.task}: it reads a text in one go, holds no sequence and makes no tokens.`,
      remedy: `Remove ${what.split(' ')[0]}; how many texts are computed at once is a setting of the runtime.`,
    })),
    warnings: [],
  };
}
