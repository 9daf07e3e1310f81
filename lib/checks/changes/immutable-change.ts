import { Problem } from '../../problem/problem';
import { Identity, kubectl, Manifest } from '../manifest-identity';
import { each } from './change';
import { APPLY, isForced, isPassedOver, isWrittenOnce } from './flux-policy';
import { differenceText, refusals } from './frozen-fields';
import { sameValue } from './same-value';

/** Changes that the API server refuses: Flux then applies nothing of the whole folder. */
export const immutableChange = each(({ at, before, after }) => {
  if (!before || !after || isPassedOver(before, after)) return [];
  if (isWrittenOnce(after)) return leftAlone(at, before, after);
  // Refused too, and then deleted and made anew: what is lost by that, other checks tell.
  if (isForced(before, after)) return [];
  return refusals(at, before, after).map(({ what, why, remedy }) => ({
    check: 'immutable-change',
    message: what + why,
    remedy,
  }));
});

/**
 * What Flux writes once and never again, because a controller of the cluster rewrites it.
 *
 * @source Flux documentation, Kustomization, "Controlling the apply behavior of resources"
 */
function leftAlone(at: Identity, before: Manifest, after: Manifest): Problem[] {
  const [was, becomes] = [contentOf(before), contentOf(after)];
  const changed = [...new Set([...Object.keys(was), ...Object.keys(becomes)])]
    .sort()
    .find((key) => !sameValue(was[key], becomes[key]));
  if (changed === undefined) return [];
  return [
    {
      check: 'immutable-change',
      message: `${differenceText(at, was[changed], becomes[changed], changed)}, and Flux leaves what is there as it is (${APPLY}: IfNotPresent).`,
      remedy: `Right before the commit is applied, run \`${kubectl(at)} delete ${at.kind.toLowerCase()} ${at.name}\`: Flux makes it anew, and until then nobody reaches what is behind it.`,
    },
  ];
}

/** What an object says beside its identity and its labels. */
const contentOf = ({ apiVersion: _, kind: __, metadata: ___, status: ____, ...content }: Manifest) => content;
