import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Servers keep tokenizers, compiled graphs and the part of a download beside the weights. */
const ROOM = 1.2;

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1);

/** Can the cache hold what is downloaded into it, and the pod's memory a cache that lies there? */
export function modelCache(workload: DeclaredWorkload): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  room(workload, errors, warnings);
  memory(workload, errors, warnings);
  return { errors, warnings };
}

function room({ request, plan }: DeclaredWorkload, errors: Problem[], warnings: Problem[]): void {
  const { cache, model } = request;
  const { cachedBytes } = plan;
  if (!model || cache.sizeMib === undefined) return;
  const bytes = cache.sizeMib * 2 ** 20;
  if (bytes >= cachedBytes * ROOM) return;
  (bytes < cachedBytes ? errors : warnings).push({
    check: 'model-cache',
    message: `The model cache has ${gib(bytes)} GiB; the weights of ${model.id} take ${gib(cachedBytes)} GiB, and tokenizers and compiled graphs need room beside them.`,
    remedy: `Give it ${Math.ceil((cachedBytes * ROOM) / 2 ** 30)} GiB or more.${cache.kind === 'per-replica' ? ' A claim template cannot be changed once the StatefulSet exists.' : ''}`,
  });
}

function memory({ request, plan }: DeclaredWorkload, errors: Problem[], warnings: Problem[]): void {
  const { cache, runtime } = request;
  if (cache.kind !== 'memory' || cache.sizeMib === undefined) return;
  const { memoryMib, sharedMemoryMib } = plan.resources;
  const left = memoryMib - sharedMemoryMib - cache.sizeMib;
  if (left >= plan.contract.hostMemoryMib) return;
  (left <= 0 ? errors : warnings).push({
    check: 'model-cache',
    message: `The model cache takes ${gib(cache.sizeMib * 2 ** 20)} GiB of the pod's ${gib(memoryMib * 2 ** 20)} GiB of memory, which leaves ${gib(Math.max(0, left) * 2 ** 20)} GiB; ${runtime.name} wants ${gib(plan.contract.hostMemoryMib * 2 ** 20)} GiB.`,
    remedy: 'Use ModelCache.ephemeral or .perReplica, or a machine with more memory.',
  });
}
