import { objectiveText } from '../plan/latency-objective';
import { Findings, Problem } from '../problem/problem';
import { boundariesAround, boundaryNear } from '../runtime/histogram-boundary';
import { DeclaredWorkload } from './declared-workload';

/**
 * Can it be counted how many requests keep a promised latency? Asked of every service with promises, watched or not: the
 * duration is the contract's, and whoever watches it later would find out too late. What a server does not tell at all is
 * `signal-missing`, where somebody asks for it.
 */
export function latencyBoundary({ request, plan }: DeclaredWorkload): Findings {
  const { runtime, objectives = [] } = request;
  const server = `${runtime.name} ${runtime.version}`;
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const objective of objectives) {
    const { quantity, seconds } = objective;
    const histogram = plan.contract.signals?.histograms[quantity];
    if (!histogram || boundaryNear(histogram.boundaries, seconds) !== undefined) continue;
    const { boundaries, otherBoundaries = '' } = histogram;
    if (boundaries === undefined) {
      warnings.push({
        check: 'latency-boundary',
        message: `${objectiveText(objective)}: nobody knows the boundaries that ${server} counts ${quantity} by, and between two of them nothing is counted.`,
        remedy: 'Look for the le of its buckets at the metrics of a server that runs, and promise one of them.',
      });
      continue;
    }
    const { below, above } = boundariesAround(boundaries, seconds);
    errors.push({
      check: 'latency-boundary',
      message: `${objectiveText(objective)}: ${server} counts requests ${counted(below, above)}.`,
      remedy: remedyOf([below, above].flatMap(text), otherBoundaries),
    });
  }
  return { errors, warnings };
}

function counted(below: number | undefined, above: number | undefined): string {
  if (below === undefined && above === undefined) return `of any duration together`;
  if (below === undefined) return `of up to ${text(above).join('')}, and none that are shorter`;
  if (above === undefined) return `of up to ${text(below).join('')}, and longer ones together`;
  return `of up to ${text(below).join('')} and of up to ${text(above).join('')}, and none between`;
}

/** Where only the largest bucket is left, that of everything, there is nothing to promise instead. */
function remedyOf(boundaries: readonly string[], other: string): string {
  if (boundaries.length > 0) return `Promise ${boundaries.join(' or ')}. ${other}`.trimEnd();
  return other === '' ? 'Leave the promise out.' : other.replace(/^Or (.)/, (_, first: string) => first.toUpperCase());
}

/** Four digits mean a boundary; see boundaryNear(). */
const text = (seconds: number | undefined): string[] =>
  seconds === undefined ? [] : [`${Number(seconds.toPrecision(4))} s`];
