import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

const ANNOTATION = 'karpenter.sh/do-not-disrupt';

/** Does Karpenter know that these pods must not be moved to save CPU? */
export function karpenterConsolidation({ request, podAnnotations }: DeclaredWorkload): Findings {
  const pool = request.nodePools.find(({ platform }) => platform === 'karpenter');
  if (!pool || podAnnotations[ANNOTATION] === 'true') return { errors: [], warnings: [] };
  return {
    errors: [],
    warnings: [
      {
        check: 'karpenter-consolidation',
        message: `Karpenter consolidates the pool ${pool.name} by CPU and memory; a GPU pod that is busy looks idle to it and may be moved.`,
        remedy: `Set podAnnotations { '${ANNOTATION}': 'true' }, or waive this if the NodePool says consolidationPolicy WhenEmpty.`,
      },
    ],
  };
}
