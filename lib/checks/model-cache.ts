import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Servers keep tokenizers, compiled graphs and the part of a download beside the weights. */
const ROOM = 1.2;

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1);

/** Can the cache hold the weights? */
export function modelCache({ request, plan }: DeclaredWorkload): Findings {
  const { cache, model } = request;
  if (!model || cache.sizeMib === undefined) return { errors: [], warnings: [] };
  const bytes = cache.sizeMib * 2 ** 20;
  const wanted = Math.ceil((plan.weightBytes * ROOM) / 2 ** 30);
  const problem = {
    check: 'model-cache',
    message: `The model cache has ${gib(bytes)} GiB; the weights of ${model.id} take ${gib(plan.weightBytes)} GiB, and tokenizers and compiled graphs need room beside them.`,
    remedy: `Give it ${wanted} GiB or more.${cache.kind === 'per-replica' ? ' A claim template cannot be changed once the StatefulSet exists.' : ''}`,
  };
  if (bytes < plan.weightBytes) return { errors: [problem], warnings: [] };
  return { errors: [], warnings: bytes < plan.weightBytes * ROOM ? [problem] : [] };
}
