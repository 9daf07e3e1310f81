import { GpuNodePool } from '../hardware/gpu-node-pool';
import { objectiveText } from '../plan/latency-objective';
import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Does a neighbour on the same GPU decide about a promised latency? MIG slices have their own memory and engines. */
export function gpuSharing({ request }: DeclaredWorkload): Findings {
  const [first] = request.objectives ?? [];
  if (first === undefined) return { errors: [], warnings: [] };
  const shared = request.nodePools.filter(({ sharing }) => sharing !== undefined);
  const problem = (pool: GpuNodePool, how: string): Problem => ({
    check: 'gpu-sharing',
    message: `The service promises a ${objectiveText(first)}, but the pool ${pool.name} gives each ${pool.gpu.id} to ${pool.sharing!.replicas} pods ${how}`,
    remedy: `Use ${pool.gpu.mig.length > 0 ? `MIG slices of the ${pool.gpu.id}, or ` : ''}a pool of whole GPUs, or promise no latency.`,
  });
  const isMps = ({ sharing }: GpuNodePool) => sharing!.strategy === 'mps';
  return {
    errors: shared
      .filter((pool) => !isMps(pool))
      .map((pool) => problem(pool, 'by turns: a neighbour decides how long a token takes.')),
    warnings: shared
      .filter(isMps)
      .map((pool) =>
        problem(pool, 'at once (MPS): they share its bandwidth, and a fault of one ends the kernels of all.'),
      ),
  };
}
