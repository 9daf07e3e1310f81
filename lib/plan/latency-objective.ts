import { Model } from '../model/model';
import { LatencyQuantity } from '../runtime/server-signals';
import { GpuMemoryPlan } from './gpu-memory-plan';
import { expertShare, GIB } from './weight-bytes';

/** Part of the requests that must be faster. */
export type Percentile = 'p50' | 'p90' | 'p95' | 'p99';

/** One promise: so many percent of the requests are faster than this. */
export interface LatencyObjective {
  readonly quantity: LatencyQuantity;
  readonly percentile: Percentile;
  readonly seconds: number;
}

/** `timeToFirstToken p95 of 2.5 s`. */
export const objectiveText = ({ quantity, percentile, seconds }: LatencyObjective) =>
  `${quantity} ${percentile} of ${seconds} s`;

/** Only a model that makes its answer token by token has a first one, and a time between two. */
export function hasQuantity(quantity: LatencyQuantity, { task = 'generation' }: Pick<Model, 'task'>): boolean {
  return task === 'generation' || quantity === 'endToEndLatency' || quantity === 'queueTime';
}

/**
 * The least time between two tokens of one answer, in seconds: each reads all weights that it passes once from the GPU's
 * memory. No server is faster, and real ones take longer; a whole batch shares the reading, so more requests do not lower
 * it. Undefined where nobody knows the bandwidth, or where a draft model makes several tokens in one pass.
 */
export function leastSecondsPerToken({ request, weights }: GpuMemoryPlan): number | undefined {
  const { model, gpu, pipelineParallelSize = 1, tensorParallelSize = 1, draftModel, migProfile } = request;
  if (gpu.memoryBandwidthGbs === undefined || draftModel || migProfile !== undefined) return undefined;
  // Of the table of tokens one row is read, of the output head everything; what reads images is read once a prompt.
  const head = model.vocabularySize * model.hiddenSize;
  const unread = 2 * (Math.max(0, model.embeddingParameters - head) + (model.vision?.parameters ?? 0));
  const idle = model.moe ? expertShare(model) * (1 - model.moe.expertsPerToken / model.moe.experts) : 0;
  const read = Math.max(0, weights * GIB - unread / tensorParallelSize / pipelineParallelSize) * (1 - idle);
  return (read * pipelineParallelSize) / (gpu.memoryBandwidthGbs * 1e9);
}
