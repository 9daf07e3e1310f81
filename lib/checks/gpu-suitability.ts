import {
  contextLengthProblems,
  imageLengthProblems,
  parallelismProblems,
  parallelismWarnings,
  precisionProblems,
} from '../plan/gpu-memory-preconditions';
import { Findings, mergeFindings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Can this GPU compute this model at all: heads, number formats, context? Needs a model; says nothing without one. */
export function gpuSuitability({ plan: { contract }, request }: DeclaredWorkload): Findings {
  const { parallelism } = request;
  const { model, maxModelLen } = request;
  const weightFormat = request.weightFormat ?? contract.weightFormat;
  const kvCacheFormat = request.kvCacheFormat ?? contract.kvCacheFormat;
  if (!model) return { errors: [], warnings: [] };
  // Pools of one kind of GPU would say the same thing twice.
  const pools = [
    ...new Map(request.nodePools.map((pool) => [`${pool.gpu.id} ${pool.migProfile?.name}`, pool])).values(),
  ];
  return mergeFindings([
    {
      errors: maxModelLen === undefined ? [] : contextLengthProblems(model, maxModelLen),
      warnings: [...imageLengthProblems(model, maxModelLen), ...parallelismWarnings({ model, ...parallelism })],
    },
    ...pools.flatMap((pool) => [
      {
        errors: parallelismProblems({ model, ...parallelism, migProfile: pool.migProfile?.name }),
        warnings: [],
      },
      precisionProblems({ model, weightFormat, kvCacheFormat, gpu: pool.gpu }),
    ]),
  ]);
}
