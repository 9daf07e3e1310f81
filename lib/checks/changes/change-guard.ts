import { LocatedManifest, LocatedProblem } from '../manifest-checks';
import { Manifest } from '../manifest-identity';
import { changesBetween, ChangeRule } from './change';
import { deletedData } from './deleted-data';
import { immutableChange } from './immutable-change';
import { lostPods } from './lost-pods';
import { releaseOrder } from './release-order';
import { scalerHandover } from './scaler-handover';

/** By the check that each of them tells. */
const RULES = {
  'immutable-change': immutableChange,
  'deleted-data': deletedData,
  'scaler-handover': scalerHandover,
  'lost-pods': lostPods,
  'release-order': releaseOrder,
} as const satisfies Readonly<Record<string, ChangeRule>>;

/** What is asked of every change. */
export const CHANGE_CHECKS = Object.keys(RULES) as readonly (keyof typeof RULES)[];

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
  return Object.values(RULES).flatMap((rule) => rule(changes));
}
