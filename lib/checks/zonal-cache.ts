import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Would the disk of a pod hold it in one zone although its pools have several? */
export function zonalCache({ request }: DeclaredWorkload): Findings {
  const zones = [...new Set(request.nodePools.flatMap((pool) => pool.zones))];
  if (request.cache.kind !== 'per-replica' || zones.length < 2) return { errors: [], warnings: [] };
  return {
    errors: [],
    warnings: [
      {
        check: 'zonal-cache',
        message: `Each replica has a ReadWriteOnce disk, which belongs to the zone in which it is made; the pools have ${zones.length} zones (${zones.join(', ')}). A pod whose zone is out of GPUs waits until that zone has one.`,
        remedy:
          'Use a regional storage class, ModelCache.claim with a shared volume, or ModelCache.ephemeral; or waive this and delete the claim by hand when it happens.',
      },
    ],
  };
}
