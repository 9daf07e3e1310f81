import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Would Pod Security let the pod mount a folder of its node? */
export function hostPath({ request: { cache } }: DeclaredWorkload): Findings {
  if (cache.kind !== 'node-local') return { errors: [], warnings: [] };
  return {
    errors: [
      {
        check: 'host-path',
        message: `The cache is the folder ${cache.hostPath} of the node (hostPath), which Pod Security refuses at restricted and at baseline: no pod would be made.`,
        remedy:
          'Use ModelCache.perReplica with a storage class of local disks, or waive this where the namespace enforces privileged.',
      },
    ],
    warnings: [],
  };
}
