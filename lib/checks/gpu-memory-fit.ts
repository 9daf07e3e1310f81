import { explainGpuMemory } from '../plan/gpu-memory-explanation';
import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Do weights and KV cache fit each GPU that the pods may get? Certain misfits are errors, narrow ones warnings. */
export function gpuMemoryFit({ plan, request }: DeclaredWorkload): Findings {
  const told = plan.memory
    .filter(({ verdict }) => verdict !== 'fits')
    .map((memory) => ({
      certain: memory.verdict === 'does-not-fit',
      problem: {
        check: 'gpu-memory-fit',
        ...explainGpuMemory(memory, {
          profileFor: (gpu) =>
            request.runtime.memoryProfile(gpu, { parallelism: request.parallelism, gpus: [gpu] }) ??
            memory.request.profile,
        }),
      },
    }));
  const uncounted = plan.memory.length === 0 ? [] : plan.contract.unplannedMemory;
  return {
    errors: told.filter(({ certain }) => certain).map(({ problem }) => problem),
    warnings: [
      ...told.filter(({ certain }) => !certain).map(({ problem }) => problem),
      ...uncounted.map((what) => ({
        check: 'gpu-memory-fit',
        message: `The memory plan does not count ${what}.`,
        remedy: `Leave room for it: ${plan.memory[0]!.kvCache.toFixed(1)} GiB are planned for the KV cache, all told.`,
      })),
    ],
  };
}
