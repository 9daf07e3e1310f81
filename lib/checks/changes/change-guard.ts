import { LocatedManifest, LocatedProblem } from '../manifest-checks';
import { Manifest } from '../manifest-identity';
import { changesBetween, ChangeRule } from './change';
import { deletedData } from './deleted-data';
import { immutableChange } from './immutable-change';
import { lostPods } from './lost-pods';
import { releaseOrder } from './release-order';
import { scalerHandover } from './scaler-handover';

const RULES: readonly ChangeRule[] = [immutableChange, deletedData, scalerHandover, lostPods, releaseOrder];

/**
 * What a cluster would refuse of a commit, or its operators regret. Pure, and linear in the number of objects.
 *
 * @param before everything that is applied now
 * @param after everything that shall be applied, with the constructs that made it
 */
export function changeProblems(
  before: readonly Manifest[],
  after: readonly LocatedManifest[],
): readonly LocatedProblem[] {
  const changes = changesBetween(before, after);
  return RULES.flatMap((rule) => rule(changes));
}
