import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ParallelLayout } from '../runtime/serving-runtime';

/** How a user wants one copy of the model spread. */
export type ParallelSizes = Partial<Omit<ParallelLayout, 'nodes'>>;

/**
 * How one copy of the model lies on machines: on as few as hold it, each with an equal part, and never a layer over two of
 * them. Sizes that cannot be, and a layer that is cut into more parts than a machine has GPUs, are told by others; here they
 * are one pod.
 */
export function planLayout(sizes: ParallelSizes, pools: readonly GpuNodePool[]): ParallelLayout {
  const { tensorParallelSize = 1, pipelineParallelSize = 1, dataParallelSize = 1, expertParallel = false } = sizes;
  const parts = pipelineParallelSize * dataParallelSize;
  const possible = [tensorParallelSize, pipelineParallelSize, dataParallelSize].every((size) => size >= 1);
  const gpusPerNode = Math.min(...pools.map((pool) => pool.gpusPerNode));
  const layout = { tensorParallelSize, pipelineParallelSize, dataParallelSize, expertParallel };
  const most = Math.min(parts, Math.floor(gpusPerNode / tensorParallelSize));
  if (!possible || !Number.isSafeInteger(parts) || most < 1) return { ...layout, nodes: 1 };
  let partsPerNode = most;
  while (parts % partsPerNode !== 0) partsPerNode -= 1;
  return { ...layout, nodes: parts / partsPerNode };
}
