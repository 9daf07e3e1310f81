import { LocatedProblem } from '../manifest-checks';
import { Selector } from '../label-selector';
import { Identity, Manifest, mapOf, show } from '../manifest-identity';
import { Change, ChangeRule } from './change';
import { KeptPods, KeptPodsOf, runs } from './kept-pods';
import { addressesOf, RouteShares } from './route-shares';

/** Objects that are about pods by their labels, and what happens when they find none any more. */
const SELECTING: Readonly<Record<string, { readonly selector: (spec: object) => unknown; readonly loss: string }>> = {
  '/Service': { selector: (spec) => ({ matchLabels: mapOf(spec).selector }), loss: 'its callers get no answer' },
  'policy/PodDisruptionBudget': {
    selector: (spec) => mapOf(spec).selector,
    loss: 'a drain may take all of their pods at once',
  },
  'networking.k8s.io/NetworkPolicy': {
    selector: (spec) => mapOf(spec).podSelector,
    loss: 'it says nothing any more about who may reach them',
  },
};

/** Selectors that lose their pods, and pods that all end before the next ones serve. */
export const lostPods: ChangeRule = ({ before, after, objects }) => {
  const [old, wanted] = [new KeptPodsOf(before), new KeptPodsOf(after)];
  return [
    ...objects.flatMap((change) => [...lostBySelector(change, old, wanted), ...replacedAtOnce(change, old, wanted)]),
    ...movedAtOnce(objects, new RouteShares(before, old), new RouteShares(after, wanted), old),
  ];
};

function lostBySelector({ at, before, after, constructPath }: Change, old: KeptPodsOf, wanted: KeptPodsOf) {
  const kind = SELECTING[`${at.group}/${at.kind}`];
  if (!kind || !before || !after) return [];
  const found = (pods: KeptPodsOf, spec: unknown) =>
    pods.selectedBy(at.namespace, (kind.selector(mapOf(spec)) ?? {}) as Selector);
  // Where those that it found go, it is about nobody for a reason.
  const lost = found(old, before.spec).filter((pods) => runs(pods) && wanted.get(pods.at));
  if (lost.length === 0 || found(wanted, after.spec).length > 0) return [];
  return [
    {
      constructPath,
      check: 'lost-pods',
      message: `${show(at)} selected the pods of ${named(lost)} and now selects none: ${kind.loss}.`,
      remedy:
        'Let selector and labels of the pods agree; a selector that must change changes after the pods have both labels.',
    },
  ];
}

/** A workload that goes, and one that comes in its place: Flux deletes the one as soon as the other is written down. */
function replacedAtOnce({ at, before, after }: Change, old: KeptPodsOf, wanted: KeptPodsOf): LocatedProblem[] {
  if (at.group !== '' || at.kind !== 'Service' || !before || !after) return [];
  const serving = old.behind(at.namespace, at.name)?.filter(runs) ?? [];
  const next = wanted.behind(at.namespace, at.name)?.filter(runs) ?? [];
  const isNew = ({ at: identity }: KeptPods) => !runs(old.get(identity));
  if (serving.length === 0 || next.length === 0 || !next.every(isNew)) return [];
  if (serving.some(({ at: identity }) => runs(wanted.get(identity)))) return [];
  return [
    {
      constructPath: '',
      check: 'lost-pods',
      message: `${named(serving)} ${serving.length === 1 ? 'goes' : 'go'} in the commit in which ${named(next)} ${next.length === 1 ? 'comes' : 'come'}: behind ${show(at)} nobody serves until the new pods have loaded.`,
      remedy:
        'Bring the new one up beside the old one under another name, move the traffic when it is ready, and remove the old one in a later commit.',
    },
  ];
}

/** A route that goes, and another one that answers at the same address with pods that only begin to load: a renamed service. */
function movedAtOnce(
  objects: readonly Change[],
  old: RouteShares,
  wanted: RouteShares,
  pods: KeptPodsOf,
): LocatedProblem[] {
  const serving = (shares: RouteShares, route: Manifest) =>
    shares.of(route).flatMap((share) => (share.weight > 0 ? share.pods.filter(runs) : []));
  const gone = new Map(
    objects.flatMap(({ at, before, after }) =>
      before && !after && serving(old, before).length > 0 ? addressesOf(before).map((address) => [address, at]) : [],
    ),
  );
  // An address that another route had as well is not lost.
  for (const { before, after } of objects) {
    if (before && after) for (const address of addressesOf(before)) gone.delete(address);
  }
  return objects.flatMap(({ at, before, after, constructPath }) => {
    if (before || !after || gone.size === 0) return [];
    const address = addressesOf(after).find((each) => gone.has(each));
    const next = serving(wanted, after);
    if (address === undefined || next.length === 0 || next.some((each) => runs(pods.get(each.at)))) return [];
    return [
      {
        constructPath,
        check: 'lost-pods',
        message: `${show(gone.get(address)!)} goes in the commit in which ${show(at)} comes, for ${address}: nobody answers there until the pods of ${named(next)} have loaded.`,
        remedy:
          'Bring the new pods up without a route first, move the route when they are ready, and remove the old ones in a later commit.',
      },
    ];
  });
}

const named = (pods: readonly { readonly at: Identity }[]) =>
  [...new Set(pods.map(({ at }) => show(at)))].sort().join(' and ');
