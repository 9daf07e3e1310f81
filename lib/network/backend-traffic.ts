import { Duration } from 'cdk8s';
import {
  BackendTrafficPolicySpec,
  BackendTrafficPolicySpecCircuitBreaker,
  BackendTrafficPolicySpecRateLimit,
  BackendTrafficPolicySpecRateLimitLocalRules,
  BackendTrafficPolicySpecRateLimitLocalRulesClientSelectorsSourceCidrType as Address,
  BackendTrafficPolicySpecRetry,
  BackendTrafficPolicySpecRetryRetryOnTriggers as Trigger,
  BackendTrafficPolicySpecTimeout,
} from '../../imports/gateway.envoyproxy.io';
import { Problem } from '../problem/problem';
import { LIMIT_UNITS, MOST_LIMITS, rateLimit, RequestQuota } from './client-quotas';
import { gatewayDuration } from './gateway-duration';
import { InferenceRouteProps } from './inference-route-props';

/**
 * How long Envoy keeps a connection to a server that nothing uses. Shorter than the servers do, which close theirs after 5 s
 * (uvicorn's timeout_keep_alive, which vLLM and SGLang leave as it is): a request on a connection that the server is just
 * closing is lost, and one that was sent is not sent again.
 */
const UNUSED_CONNECTION = '4s';

/** What says that a server has no room: 503 of vLLM and SGLang with a full queue, 429 of TGI. No answer was begun. */
const BUSY = [429, 503];

/** How Envoy treats the servers behind a route. */
export function backendTraffic(props: InferenceRouteProps): Omit<BackendTrafficPolicySpec, 'targetRefs'> {
  const circuitBreaker = circuitBreakerOf(props);
  const limits = limitsOf(props);
  return {
    timeout: patience(props.requestTimeout),
    retry: props.fallback ? askedElsewhere({ fallback: true }) : { numRetries: 2, retryOn: { triggers: UNSENT } },
    ...(circuitBreaker && { circuitBreaker }),
    ...(limits && { rateLimit: limits }),
  };
}

/** Only what no server has begun to compute is sent again: a generation that was paid for is not. */
const UNSENT = [Trigger.CONNECT_HYPHEN_FAILURE, Trigger.RESET_HYPHEN_BEFORE_HYPHEN_REQUEST];

/** Time for the whole answer, silent or not. */
export function patience(requestTimeout: Duration): BackendTrafficPolicySpecTimeout {
  const wholeAnswer = gatewayDuration(requestTimeout);
  return {
    http: {
      // As in the HTTPRoute: releases of Envoy Gateway forgot that one where a policy stood beside it
      // (envoyproxy/gateway#4091, #4478), and then cut after 15 s.
      requestTimeout: wholeAnswer,
      // An answer in one piece is silent until it is whole; Envoy's own limit for silence is 5 minutes.
      streamIdleTimeout: wholeAnswer,
      connectionIdleTimeout: UNUSED_CONNECTION,
    },
  };
}

/**
 * What has no room is asked of another one, once.
 *
 * @param fallback whether one is asked only when the others cannot answer
 */
export function askedElsewhere({ fallback }: { readonly fallback: boolean }): BackendTrafficPolicySpecRetry {
  return {
    numRetries: 1,
    // One attempt at the servers, the next at what stands in for them.
    ...(fallback && { numAttemptsPerPriority: 1 }),
    retryOn: { triggers: [...UNSENT, Trigger.RETRIABLE_HYPHEN_STATUS_HYPHEN_CODES], httpStatusCodes: BUSY },
  };
}

function circuitBreakerOf({
  limits,
  fallback,
}: InferenceRouteProps): BackendTrafficPolicySpecCircuitBreaker | undefined {
  const most = limits?.parallelRequests;
  if (most === undefined && !fallback) return undefined;
  return {
    // Over HTTP/1.1 each request has a connection to itself; one that finds none waits, and few may.
    ...(most !== undefined && { maxConnections: most, maxPendingRequests: most, maxParallelRequests: most }),
    // Known by its name, a Service is one address: kube-proxy finds a pod for each connection, so each request has a new one.
    ...(fallback && { maxRequestsPerConnection: 1 }),
  };
}

function limitsOf({ authentication, limits }: InferenceRouteProps): BackendTrafficPolicySpecRateLimit | undefined {
  const quotas = authentication?.quotas && rateLimit(authentication.quotas, authentication.clientIdHeader);
  if (limits?.perAddress === undefined) return quotas;
  return { ...quotas, local: { rules: [...(quotas?.local?.rules ?? []), ...perAddress(limits.perAddress)] } };
}

/** Rules that the API server would refuse: quotas of clients and limits of addresses are one list. */
export function localLimitProblems(props: InferenceRouteProps): Problem[] {
  const rules = limitsOf(props)?.local?.rules?.length ?? 0;
  if (rules <= MOST_LIMITS.local) return [];
  return [
    {
      check: 'route-authentication',
      message: `Quotas of clients and limits.perAddress are ${rules} rules; Envoy Gateway takes ${MOST_LIMITS.local} that each proxy counts by itself.`,
      remedy: `Give ${rules - MOST_LIMITS.local} fewer clients a quota of their own, or leave limits.perAddress out.`,
    },
  ];
}

function perAddress({ requests, unit }: RequestQuota): BackendTrafficPolicySpecRateLimitLocalRules[] {
  return ['0.0.0.0/0', '::/0'].map((value) => ({
    clientSelectors: [{ sourceCidr: { type: Address.DISTINCT, value } }],
    limit: { requests, unit: LIMIT_UNITS[unit] },
  }));
}
