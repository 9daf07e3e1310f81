import { LocatedProblem } from '../manifest-checks';
import { show } from '../manifest-identity';
import { Change, ChangeRule } from './change';
import { isReplaced, KeptPods, KeptPodsOf, runs } from './kept-pods';
import { addressText, areAlike, percentOf, RoutedRule, Share, takenBefore } from './routed-rule';
import { RouteShares } from './route-shares';

/** A rule of a route before and after a commit. */
interface Step {
  readonly route: string;
  /** What the rule takes, in words. */
  readonly requests: string;
  readonly shares: readonly Share[];
  readonly next: readonly Share[];
  readonly old: KeptPodsOf;
  readonly wanted: KeptPodsOf;
}

/**
 * Steps of a release that were skipped: requests for pods that only begin to load, and requests that move to pods
 * while these are replaced.
 */
export const releaseOrder: ChangeRule = ({ before, after, objects }) => {
  const [old, wanted] = [new KeptPodsOf(before), new KeptPodsOf(after)];
  const [rulesBefore, rulesAfter] = [new RouteShares(before, old), new RouteShares(after, wanted)];
  return objects.flatMap(({ at, before: was, after: becomes, constructPath }: Change): LocatedProblem[] => {
    if (!was || !becomes) return [];
    const steps = stepsOf(rulesBefore.of(was), rulesAfter.of(becomes)).map((step) => ({
      ...step,
      route: show(at),
      old,
      wanted,
    }));
    const texts = new Map(steps.flatMap(textsOf).map((text) => [text.message, text]));
    return [...texts.values()].map((text) => ({ ...text, check: 'release-order', constructPath }));
  });
};

/** Each rule with those that took its requests before; a route whose addresses all change moves as a whole. */
function stepsOf(
  before: readonly RoutedRule[],
  after: readonly RoutedRule[],
): Pick<Step, 'requests' | 'shares' | 'next'>[] {
  const alike = areAlike(before) && areAlike(after);
  const pairs = after.flatMap((rule) => takenBefore(rule, before).map((old) => [old, rule] as const));
  const whole = alike && before.length > 0 ? after.slice(0, 1).map((rule) => [before[0]!, rule] as const) : [];
  return (pairs.length > 0 ? pairs : whole).map(([old, rule]) => ({
    requests: alike ? 'the requests' : `the requests for ${addressText(rule.addresses[0]!)}`,
    shares: old.shares,
    next: rule.shares,
  }));
}

function textsOf(step: Step): Text[] {
  // Nobody serves yet, so nothing can be lost.
  if (!step.shares.some(({ weight, pods }) => weight > 0 && pods.some(runs))) return [];
  return step.next
    .filter(({ weight }) => weight > 0)
    .flatMap(
      (share) => beginning(share, step) ?? replaced(share, step) ?? tooFew(share, step) ?? untried(share, step) ?? [],
    );
}

interface Text {
  readonly message: string;
  readonly remedy: string;
}

/** Nobody is there yet. */
function beginning(share: Share, { route, requests, next, old }: Step): Text | undefined {
  if (!share.pods.some(runs) || share.pods.some(({ at }) => runs(old.get(at)))) return undefined;
  return {
    message: `${route} sends ${percentOf(share, next)} % of ${requests} to ${share.name}, whose pods only begin to load with this commit: they would fail with 503.`,
    remedy: `Commit the pods first, at weight 0 (step smoke), and the weight when they are ready.`,
  };
}

/** More requests for pods that are just replaced. */
function replaced(share: Share, { route, requests, shares, next, old }: Step): Text | undefined {
  const [percent, before] = [percentOf(share, next), percentOf(share, shares)];
  if (percent <= before || !replaces(share, old)) return undefined;
  return {
    message: `${route} gives ${share.name} ${percent} % of ${requests} instead of ${before} %, and this commit replaces its pods: the requests come while they load.`,
    remedy:
      'Replace the pods while others carry all requests (forward that is the step promote, on the way back the step before it), and give them the requests when they are ready.',
  };
}

/** More requests than those can carry that are there already. */
function tooFew(share: Share, { route, requests, shares, next, old }: Step): Text | undefined {
  const [percent, before] = [percentOf(share, next), percentOf(share, shares)];
  const beside = replicasOf(next.filter((other) => other !== share).flatMap(({ pods }) => pods));
  const [ready, wanted] = [replicasOf(share.pods.map(({ at }) => old.get(at))), replicasOf(share.pods)];
  const carrying = Math.min(wanted, Math.ceil((beside * percent) / 100));
  if (percent <= before || !(ready < carrying)) return undefined;
  const unit = share.pods.some(({ at }) => at.kind === 'LeaderWorkerSet') ? 'groups' : 'pods';
  return {
    message: `${route} gives ${share.name} ${percent} % of ${requests} instead of ${before} %, for ${carrying} ${unit}, of which ${ready} ${ready === 1 ? 'is' : 'are'} there: the others only begin to load with this commit.`,
    remedy: 'Raise the pods one commit before the weight: the steps of a release do so, in their order.',
  };
}

/** Another candidate in the place of one that has requests already. */
function untried(share: Share, { route, requests, next, old }: Step): Text | undefined {
  const others = next.filter((other) => other !== share);
  const isCandidate = share.pods.some(({ labels }) => labels.track === 'canary');
  // Where both sides change, it is no release: what both are told is another thing.
  if (!isCandidate || !replaces(share, old) || others.some((other) => replaces(other, old))) return undefined;
  return {
    message: `This commit replaces the pods of ${share.name}, to which ${route} sends ${percentOf(share, next)} % of ${requests}: they would meet pods that load, and then a version that nobody has tried.`,
    remedy: 'Go back to the step smoke with the new candidate, and on from there.',
  };
}

const replaces = ({ pods }: Share, old: KeptPodsOf) => pods.some((each) => isReplaced(old.get(each.at), each));

/** Not a number where a scaler decides. */
const replicasOf = (pods: readonly (KeptPods | undefined)[]) =>
  pods.reduce((sum, each) => sum + (each ? (each.replicas ?? Number.NaN) : 0), 0);
