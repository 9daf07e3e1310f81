import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Do the GPUs of one copy talk over NVLink? Without it tensor parallelism works, slowly. */
export function gpuTopology({ request }: DeclaredWorkload): Findings {
  const { tensorParallelSize } = request.parallelism;
  if (tensorParallelSize < 2) return { errors: [], warnings: [] };
  return {
    errors: request.nodePools
      .filter((pool) => pool.sharing !== undefined)
      .map((pool) => ({
        check: 'gpu-topology',
        message: `tensorParallelSize is ${tensorParallelSize}, but the pool ${pool.name} hands out shares: ${tensorParallelSize} of them may be the same GPU.`,
        remedy: 'Use tensorParallelSize 1, or a pool of whole GPUs.',
      })),
    warnings: request.nodePools
      .filter((pool) => pool.gpu.nvlinkGbs === undefined && pool.sharing === undefined && pool.migProfile === undefined)
      .map((pool) => ({
        check: 'gpu-topology',
        message: `${tensorParallelSize} ${pool.gpu.id} of the pool ${pool.name} exchange every layer over PCIe: they have no NVLink.`,
        remedy: 'Use one larger GPU, or replicas with tensorParallelSize 1; or waive this if slower tokens will do.',
      })),
  };
}
