import { LocatedManifest, LocatedProblem } from '../manifest-checks';
import { Identity, identify, keyOf, Manifest } from '../manifest-identity';

/** What a commit does to one object. */
export interface Change {
  readonly at: Identity;
  /** As the cluster has it; undefined for an object that is new. */
  readonly before?: Manifest;
  /** As it shall become; undefined for an object that goes. */
  readonly after?: Manifest;
  /** Of what shall become; empty for an object that goes. */
  readonly constructPath: string;
}

/** Two states of everything that is applied: what is in the cluster, and what a commit makes of it. */
export interface Changes {
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
  /** Every object of either, in order of its identity. */
  readonly objects: readonly Change[];
}

/** A rule looks at both states and tells what a cluster would refuse, or its operators regret. */
export type ChangeRule = (changes: Changes) => readonly LocatedProblem[];

/** Pairs the objects of two states by what tells one object from another in a cluster. */
export function changesBetween(before: readonly Manifest[], after: readonly LocatedManifest[]): Changes {
  const objects = new Map<string, Change>();
  for (const manifest of before) {
    const at = identify(manifest);
    objects.set(keyOf(at), { at, before: manifest, constructPath: '' });
  }
  for (const { manifest, constructPath } of after) {
    const at = identify(manifest);
    objects.set(keyOf(at), { ...objects.get(keyOf(at)), at, after: manifest, constructPath });
  }
  return {
    before,
    after: after.map(({ manifest }) => manifest),
    objects: [...objects].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, change]) => change),
  };
}

/** A rule that looks at one object at a time. */
export const each =
  (rule: (change: Change) => readonly Omit<LocatedProblem, 'constructPath'>[]): ChangeRule =>
  ({ objects }) =>
    objects.flatMap((change) => rule(change).map((problem) => ({ ...problem, constructPath: change.constructPath })));
