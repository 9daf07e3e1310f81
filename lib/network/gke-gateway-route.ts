import { reportErrors } from '../checks/report';
import { Problem } from '../problem/problem';
import { healthCheck, MOST_DRAIN_SECONDS, shareServicePolicies, wholeSeconds } from './gke-service-policies';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { httpRoute, LISTENER_TLS, unreadAuthentication } from './plain-gateway-route';
import { RouteBuilder } from './route-builder';
import { routeRules, serviceRef } from './route-rules';

const CLOUD_ARMOR =
  'Leave it out, and limit by a rule of Cloud Armor in a GCPBackendPolicy of your own; or use Envoy Gateway.';

/** A Gateway of GKE: what Gateway API says of timeouts is refused there, and policies about each Service say it instead. */
export const GKE_GATEWAY: RouteBuilder = {
  lacks: {
    fallback: 'Leave it out, or use a Gateway of Envoy Gateway.',
    'limits.perAddress': CLOUD_ARMOR,
    'limits.connectionsPerAddress': CLOUD_ARMOR,
    'limits.parallelRequests': CLOUD_ARMOR,
    tls: LISTENER_TLS,
  },
  findings: (props) => ({
    errors: [
      ...unreadAuthentication(
        props,
        `The Gateway ${props.gateway.name} is one of GKE's own`,
        'Use a Gateway of Envoy Gateway; or leave authentication out, and switch on Identity-Aware Proxy in a GCPBackendPolicy for each Service.',
      ),
      ...endlessProblems(props),
      ...services(props).flatMap(readinessProblems),
    ],
    warnings: drainWarnings(props),
  }),
  build: (scope, name, props) => {
    // GKE does not accept a route with timeouts (kserve/kserve#5311: Accepted False, UnsupportedValue).
    const route = httpRoute(scope, name, props, routeRules(props, props.backends.map(serviceRef)));
    reportErrors(
      scope,
      services(props).flatMap((backend) => shareServicePolicies(scope, backend, props)),
    );
    return route;
  },
};

/** Everything that gets requests: policies are about one Service each, and the canary's is one too. */
function services({ backends, smokeRoute, mirror }: InferenceRouteProps): RouteBackend[] {
  const all = [...backends, smokeRoute?.backend ?? [], mirror ?? []].flat();
  return all.filter(({ service }, at) => all.findIndex((other) => other.service === service) === at);
}

function readinessProblems({ service, readiness }: RouteBackend): Problem[] {
  if (readiness && healthCheck(readiness)) return [];
  return [
    {
      check: 'gateway-feature',
      message: `GKE asks the pods of ${service} for their health by itself, at / unless it is told otherwise; inference servers answer 404 there, so all of them would be unhealthy and every request a 503.`,
      remedy: `State the readiness of the backend ${service}, such as { path: '/health', port: 8000 }.`,
    },
  ];
}

function endlessProblems(props: InferenceRouteProps): Problem[] {
  if (wholeSeconds(props) > 0) return [];
  return [
    {
      check: 'gateway-feature',
      message: 'requestTimeout is 0, and GKE has no way to wait without end: it would wait for 30 s.',
      remedy: 'State the longest that one answer may take.',
    },
  ];
}

function drainWarnings(props: InferenceRouteProps): Problem[] {
  const seconds = wholeSeconds(props);
  if (seconds <= MOST_DRAIN_SECONDS) return [];
  return [
    {
      check: 'answer-cut',
      message: `An answer may take ${seconds} s, and GKE waits at most ${MOST_DRAIN_SECONDS} s for those on a pod that goes: longer ones are cut by every release and every node drain.`,
      remedy: 'Lower longestAnswer or maxOutputTokens, or use a Gateway of Envoy Gateway, which lets streams end.',
    },
  ];
}
