import {
  BackendTrafficPolicySpecRateLimit,
  BackendTrafficPolicySpecRateLimitGlobalRules,
  BackendTrafficPolicySpecRateLimitLocalRules,
  BackendTrafficPolicySpecRateLimitLocalRulesClientSelectorsHeaders,
  BackendTrafficPolicySpecRateLimitLocalRulesClientSelectorsHeadersType as Match,
  BackendTrafficPolicySpecRateLimitLocalRulesLimitUnit as Unit,
} from '../../imports/gateway.envoyproxy.io';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

/** How many requests in what time. What is more is answered 429. */
export interface RequestQuota {
  /** A whole number; 0 lets nothing pass. */
  readonly requests: number;
  readonly unit: 'Second' | 'Minute' | 'Hour' | 'Day';
}

/**
 * How many requests each client may send. Requests are counted, not tokens: a long answer counts as one. Limits by tokens
 * take a gateway that reads answers, such as Envoy AI Gateway.
 */
export interface ClientQuotas {
  /**
   * What each client may send that `clients` does not name. Requests without a name, as of a token without the claim, share
   * one such quota.
   * @default - as much as it likes
   */
  readonly perClient?: RequestQuota;
  /**
   * What single clients may send instead, by their id. Envoy Gateway takes 16 of them for `local` and 256 for `global`; beside
   * perClient 14 and 127.
   * @default - none
   */
  readonly clients?: Readonly<Record<string, RequestQuota>>;
  /**
   * Who counts. `local`: each proxy of the gateway, for each path of the route by itself; three proxies let three times as
   * much pass. `global`: Envoy Gateway's rate limit service, once for all; it takes a Redis that the platform team sets up,
   * and without it Envoy Gateway does not accept the quotas.
   * @default 'local'
   */
  readonly type?: 'local' | 'global';
}

/** Rules of one policy that Envoy Gateway 1.9 takes (BackendTrafficPolicy, maxItems). */
export const MOST_LIMITS = { local: 16, global: 256 } as const;

/** Headers of one rule (the same), of which one says that a client has a name, and the others which have quotas of their own. */
const MOST_HEADERS = 128;

/** Clients that may have a quota of their own. */
const mostClients = (type: keyof typeof MOST_LIMITS, perClient: boolean) =>
  perClient ? Math.min(MOST_LIMITS[type] - 2, MOST_HEADERS - 1) : MOST_LIMITS[type];

/** The largest number of Envoy's token buckets. */
const MOST_REQUESTS = 2 ** 32 - 1;

/** What is wrong with one number of requests in a time. */
export function requestQuotaProblems(check: string, what: string, { requests, unit }: RequestQuota): Problem[] {
  return [
    ...wholeNumberProblems(what, requests, 0, MOST_REQUESTS),
    ...(LIMIT_UNITS[unit] === undefined
      ? [
          {
            check,
            message: `${what.replace(/^the/, 'The')} is per ${JSON.stringify(unit)}.`,
            remedy: 'Use Second, Minute, Hour or Day.',
          },
        ]
      : []),
  ];
}

/** What is wrong with quotas; names of clients are judged where all of them are. */
export function quotaProblems({ perClient, clients = {}, type = 'local' }: ClientQuotas): Problem[] {
  const named = Object.entries(clients);
  const most = mostClients(type, perClient !== undefined);
  const problem = (message: string, remedy: string): Problem => ({ check: 'route-authentication', message, remedy });
  return [
    ...[...named, ...(perClient ? [['perClient', perClient] as const] : [])].flatMap(([client, quota]) =>
      requestQuotaProblems('route-authentication', `the quota of ${client}`, quota),
    ),
    ...(perClient === undefined && named.length === 0
      ? [problem('quotas limits nobody.', 'State perClient or clients, or leave quotas out.')]
      : []),
    ...(MOST_LIMITS[type] === undefined
      ? [problem(`quotas are counted by ${JSON.stringify(type)}.`, "Use 'local' or 'global'.")]
      : named.length > most
        ? [
            problem(
              `${named.length} clients have a quota of their own; Envoy Gateway takes ${most} for ${type} quotas${perClient ? ' beside perClient' : ''}.`,
              'Let most of them have the quota perClient.',
            ),
          ]
        : []),
  ];
}

/** As Envoy Gateway writes them. */
export const LIMIT_UNITS: Readonly<Record<RequestQuota['unit'], Unit>> = {
  Second: Unit.SECOND,
  Minute: Unit.MINUTE,
  Hour: Unit.HOUR,
  Day: Unit.DAY,
};

/**
 * The quotas as Envoy Gateway writes them.
 *
 * @param header in which the gateway says who asks
 */
export function rateLimit(
  { perClient, clients = {}, type = 'local' }: ClientQuotas,
  header: string,
): BackendTrafficPolicySpecRateLimit {
  const others = Object.keys(clients).map((value) => ({ name: header, type: Match.EXACT, value, invert: true }));
  const rules = [
    ...Object.entries(clients).map(([value, quota]) => rule(quota, [{ name: header, type: Match.EXACT, value }])),
    // Of all rules that fit a request the strictest counts, so those with a quota of their own are taken out here.
    ...(perClient
      ? [
          rule(perClient, [{ name: header, type: Match.DISTINCT }, ...others]),
          rule(perClient, [{ name: header, type: Match.REGULAR_EXPRESSION, value: '.+', invert: true }]),
        ]
      : []),
  ];
  if (type === 'local') return { local: { rules } };
  // Otherwise each path of the route would have a count of its own. Both types spell a rule alike.
  const shared: unknown = rules.map((each) => ({ ...each, shared: true }));
  return { global: { rules: shared as BackendTrafficPolicySpecRateLimitGlobalRules[] } };
}

function rule(
  { requests, unit }: RequestQuota,
  headers: BackendTrafficPolicySpecRateLimitLocalRulesClientSelectorsHeaders[],
): BackendTrafficPolicySpecRateLimitLocalRules {
  return { clientSelectors: [{ headers }], limit: { requests, unit: LIMIT_UNITS[unit] } };
}
