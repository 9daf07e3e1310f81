import { same } from '../manifest-identity';
import { RouteMatch } from '../route-match';
import { KeptPods } from './kept-pods';

/** Pods behind a rule of a route, and their part of its requests. */
export interface Share {
  /** What tells it from every other one in the cluster. */
  readonly key: string;
  /** Service or InferencePool through which the requests reach them. */
  readonly name: string;
  readonly weight: number;
  readonly pods: readonly KeptPods[];
}

/** A match, and its host where each rule has its own. */
export interface Address extends RouteMatch {
  readonly host: string;
}

/** Requests that one rule of a route takes, and who answers them: 100 % of them, whatever other rules do. */
export interface RoutedRule {
  readonly addresses: readonly Address[];
  readonly shares: readonly Share[];
}

/** Percent of the requests of a rule that a share has; by its pods where they had another name. */
export function percentOf({ key, pods }: Share, all: readonly Share[]): number {
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const own = all.find((one) => one.key === key) ?? all.find((one) => same(identities(one.pods), identities(pods)));
  return Math.round((100 * (own?.weight ?? 0)) / Math.max(1, total));
}

const identities = (pods: readonly KeptPods[]) => pods.map(({ at }) => at);

/**
 * The rules that took the requests of a rule before a commit: those with one of its matches, else the narrowest that took them
 * too. None where nobody answered them.
 */
export function takenBefore(rule: RoutedRule, before: readonly RoutedRule[]): readonly RoutedRule[] {
  const equal = before.filter(({ addresses }) => addresses.some((old) => rule.addresses.some((own) => same(old, own))));
  if (equal.length > 0) return equal;
  const wider = before.flatMap((old) =>
    old.addresses
      .filter((address) => rule.addresses.some((own) => covers(address, own)))
      .map((address) => ({ old, depth: address.path.value.length + address.headers.length / 100 })),
  );
  return wider
    .sort((one, other) => other.depth - one.depth)
    .slice(0, 1)
    .map(({ old }) => old);
}

/** Whether all requests of one match have the other one too. */
function covers(wide: Address, narrow: Address): boolean {
  const prefix = wide.path.value.replace(/\/$/, '');
  return (
    wide.host === narrow.host &&
    wide.path.type !== 'Exact' &&
    wide.path.type !== 'RegularExpression' &&
    (narrow.path.value === prefix || narrow.path.value.startsWith(`${prefix}/`)) &&
    ['', narrow.method].includes(wide.method) &&
    wide.headers.every((header) => narrow.headers.some((own) => same(own, header))) &&
    wide.queryParams.every((parameter) => narrow.queryParams.some((own) => same(own, parameter)))
  );
}

/** Whether the rules of a route share their requests alike, so that they can be spoken of as one. */
export function areAlike(rules: readonly RoutedRule[]): boolean {
  const parts = rules.map(({ shares }) => shares.map((share) => [share.key, percentOf(share, shares)]));
  return parts.every((part) => same(part, parts[0]));
}

/** An address as people write it: host, path and headers. */
export const addressText = ({ host, path, headers }: Address) =>
  [host + path.value, ...headers.map(({ name, value }) => `${name}=${String(value)}`)].join(' ');
