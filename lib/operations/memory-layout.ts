import { GpuMemoryPlan } from '../plan/gpu-memory-plan';

/** One part of a GPU's memory. */
export interface MemoryPart {
  readonly name: 'weights' | 'runtime' | 'activations' | 'kvCache' | 'unused';
  /** What a reader calls it. */
  readonly label: string;
  /** GiB, never negative. */
  readonly gib: number;
}

/** The memory of one GPU as parts that stand side by side: what a bar shows. */
export interface MemoryLayout {
  /** GiB that CUDA shows. */
  readonly totalGib: number;
  /** In the order in which a server takes them. Together `totalGib`, or more by `missingGib` and what was reserved. */
  readonly parts: readonly MemoryPart[];
  /** GiB that are missing before the first token; 0 when there is room for a KV cache. */
  readonly missingGib: number;
}

/** Puts the numbers of a plan side by side. */
export function memoryLayout(plan: GpuMemoryPlan): MemoryLayout {
  const graphsInside = plan.cudaGraphsOutside ? 0 : plan.cudaGraphs;
  const taken = [
    { name: 'weights', label: 'weights', gib: plan.weights + plan.draft + plan.lora },
    { name: 'runtime', label: 'runtime', gib: plan.nonTorch },
    { name: 'activations', label: 'activations', gib: plan.activation + graphsInside },
    { name: 'kvCache', label: plan.kvPerSequence === 0 ? 'to spare' : 'KV cache', gib: Math.max(0, plan.kvCache) },
  ] as const;
  const used = taken.reduce((sum, { gib }) => sum + gib, 0);
  return {
    totalGib: plan.total,
    parts: [...taken, { name: 'unused', label: 'kept free', gib: Math.max(0, plan.total - used) }],
    missingGib: Math.max(0, -plan.kvCache),
  };
}

/** What a part looks like in text. */
export const BAR_CHARACTERS: Readonly<Record<MemoryPart['name'], string>> = {
  weights: '█',
  runtime: '▓',
  activations: '▒',
  kvCache: '░',
  unused: '·',
};

/**
 * The layout as a bar of exactly `width` characters. A part that is there has at least one, so that a reader sees it.
 * Overfull memory is drawn to its own scale.
 */
export function memoryBar(layout: MemoryLayout, width: number): string {
  const shown = layout.parts.filter(({ gib }) => gib > 0);
  const sum = shown.reduce((total, { gib }) => total + gib, 0);
  if (sum === 0) return BAR_CHARACTERS.unused.repeat(width);
  const cells = shown.map(({ gib }) => Math.max(1, Math.floor((gib / sum) * width)));
  const lost = (index: number) => (shown[index]!.gib / sum) * width - cells[index]!;
  // What rounding left over goes to the part that lost most; what it took too much comes from the one that gained most.
  for (let left = width - cells.reduce((total, cell) => total + cell, 0); left !== 0; left -= Math.sign(left)) {
    let at = cells.findIndex((cell) => left > 0 || cell > 1);
    for (let other = at + 1; other < cells.length; other++) {
      if (left > 0 ? lost(other) > lost(at) : cells[other]! > 1 && lost(other) < lost(at)) at = other;
    }
    cells[at] = cells[at]! + Math.sign(left);
  }
  return shown.map(({ name }, index) => BAR_CHARACTERS[name].repeat(cells[index]!)).join('');
}
