import { LocatedProblem } from '../manifest-checks';
import { serviceSelector } from '../label-selector';
import { Identity, Manifest, mapOf, show } from '../manifest-identity';
import { Change, ChangeRule } from './change';
import { FORCE, isForced } from './flux-policy';
import { refusals } from './frozen-fields';
import { KeptPodsOf, runs } from './kept-pods';
import { addressesOf, RouteShares } from './route-shares';

/** Objects that are about pods by their labels, and what happens when they find none any more. */
const SELECTING: Readonly<Record<string, { readonly selector: (spec: unknown) => unknown; readonly loss: string }>> = {
  '/Service': { selector: serviceSelector, loss: 'its callers get no answer' },
  'policy/PodDisruptionBudget': {
    selector: (spec) => mapOf(spec).selector,
    loss: 'a drain may take all of their pods at once',
  },
  'networking.k8s.io/NetworkPolicy': {
    // One that is left out is an empty one.
    selector: (spec) => mapOf(spec).podSelector ?? {},
    loss: 'it says nothing any more about who may reach them',
  },
};

/** Selectors that lose their pods, and pods that all end before the next ones serve. */
export const lostPods: ChangeRule = ({ before, after, objects }) => {
  const [old, wanted] = [new KeptPodsOf(before), new KeptPodsOf(after)];
  return [
    ...objects.flatMap((change) =>
      [lostBySelector(change, old, wanted), notYetThere(change, old, wanted), madeAnew(change, old, wanted)]
        .flat()
        .map((problem) => ({ ...problem, check: 'lost-pods', constructPath: change.constructPath })),
    ),
    ...movedAtOnce(objects, new RouteShares(before, old), new RouteShares(after, wanted), old),
  ];
};

type Text = Pick<LocatedProblem, 'message' | 'remedy'>;

function lostBySelector({ at, before, after }: Change, old: KeptPodsOf, wanted: KeptPodsOf): Text[] {
  const kind = SELECTING[`${at.group}/${at.kind}`];
  // A Service of a name elsewhere is about nobody here.
  if (!kind || !before || !after || mapOf(after.spec).type === 'ExternalName') return [];
  const found = (pods: KeptPodsOf, { spec }: Manifest) =>
    pods.selectedBy(at.namespace, kind.selector(spec)).filter(runs);
  // Where those that it found go, it is about nobody for a reason.
  const lost = found(old, before).filter((pods) => runs(wanted.get(pods.at)));
  if (lost.length === 0 || found(wanted, after).length > 0) return [];
  return [
    {
      message: `${show(at)} selected the pods of ${named(lost)} and now selects none: ${kind.loss}.`,
      remedy:
        'Let selector and labels of the pods agree; a selector that must change changes after the pods have both labels.',
    },
  ];
}

/** A Service that is left by all pods that serve, for such as only begin to load: Flux deletes a workload as soon as the next is written down. */
function notYetThere({ at, before, after }: Change, old: KeptPodsOf, wanted: KeptPodsOf): Text[] {
  if (at.group !== '' || at.kind !== 'Service' || !before || !after) return [];
  const serving = old.behind(at.namespace, at.name)?.filter(runs) ?? [];
  const next = wanted.behind(at.namespace, at.name)?.filter(runs) ?? [];
  if (serving.length === 0 || next.length === 0 || next.some(({ at: identity }) => runs(old.get(identity)))) return [];
  const comes = `${named(next)} ${next.length === 1 ? 'comes' : 'come'}`;
  const loss = `behind ${show(at)} nobody serves until the new pods have loaded`;
  const left = serving.filter(({ at: identity }) => runs(wanted.get(identity)));
  if (left.length > 0) {
    return [
      {
        message: `${show(at)} leaves the pods of ${named(left)} in the commit in which ${comes}: ${loss}.`,
        remedy: 'Bring the new pods up in a commit before this one, and change the selector when they are ready.',
      },
    ];
  }
  return [
    {
      message: `${named(serving)} ${serving.length === 1 ? 'goes' : 'go'} in the commit in which ${comes}: ${loss}.`,
      remedy:
        'Bring the new one up beside the old one under another name, move the traffic when it is ready, and remove the old one in a later commit.',
    },
  ];
}

/** A workload whose change is refused, and that Flux was told to delete and make anew then. */
function madeAnew({ at, before, after }: Change, old: KeptPodsOf, wanted: KeptPodsOf): Text[] {
  if (!before || !after || !runs(old.get(at)) || !runs(wanted.get(at))) return [];
  if (!isForced(before, after)) return [];
  return refusals(at, before, after).map(({ what, remedy }) => ({
    message: `${what}. That is refused, and Flux then deletes it and makes it anew (${FORCE}: enabled): all of its pods end at once.`,
    remedy: `Take ${FORCE} away in a commit before this one. ${remedy}`,
  }));
}

/** A route that goes, and another one that answers at the same address with pods that only begin to load: a renamed service. */
function movedAtOnce(
  objects: readonly Change[],
  old: RouteShares,
  wanted: RouteShares,
  pods: KeptPodsOf,
): LocatedProblem[] {
  const serving = (shares: RouteShares, route: Manifest) =>
    shares
      .of(route)
      .flatMap((rule) => rule.shares)
      .flatMap(({ weight, pods: behind }) => (weight > 0 ? behind.filter(runs) : []));
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
