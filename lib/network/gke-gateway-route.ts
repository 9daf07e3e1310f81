import { Construct } from 'constructs';
import {
  GcpBackendPolicy,
  HealthCheckPolicy,
  HealthCheckPolicySpecDefaultConfig,
  HealthCheckPolicySpecDefaultConfigGrpcHealthCheckPortSpecification as GrpcPort,
  HealthCheckPolicySpecDefaultConfigHttpHealthCheckPortSpecification as HttpPort,
  HealthCheckPolicySpecDefaultConfigTcpHealthCheckPortSpecification as TcpPort,
  HealthCheckPolicySpecDefaultConfigType as Kind,
} from '../../imports/networking.gke.io';
import { Problem } from '../problem/problem';
import { ProbeEndpoint } from '../runtime/serving-runtime';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { httpRoute, LISTENER_TLS, unreadAuthentication } from './plain-gateway-route';
import { RouteBuilder } from './route-builder';
import { POOL_GROUP, routeRules, serviceRef } from './route-rules';

/** The longest that Google's load balancers wait for requests on a pod that goes (GCPBackendPolicy). */
const MOST_DRAIN_SECONDS = 3600;

/** Seconds between two questions, and until one is given up; every load balancer asks from several places. */
const HEALTH_CHECK = { checkIntervalSec: 5, timeoutSec: 5, healthyThreshold: 1, unhealthyThreshold: 3 };

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
    for (const backend of services(props)) addServicePolicies(scope, backend, props);
    return route;
  },
};

/** Everything that gets requests: policies are about one Service each, and the canary's is one too. */
function services({ backends, smokeRoute, mirror }: InferenceRouteProps): RouteBackend[] {
  const all = [...backends, smokeRoute?.backend ?? [], mirror ?? []].flat();
  return all.filter(({ service }, at) => all.findIndex((other) => other.service === service) === at);
}

const wholeSeconds = ({ requestTimeout }: InferenceRouteProps) =>
  Math.ceil(requestTimeout.toSeconds({ integral: false }));

function addServicePolicies(scope: Construct, backend: RouteBackend, props: InferenceRouteProps): void {
  const { service, readiness, pool } = backend;
  const { labels } = props;
  const metadata = { name: service, labels };
  const targetRef = pool
    ? { group: POOL_GROUP, kind: 'InferencePool', name: service }
    : { group: '', kind: 'Service', name: service };
  const seconds = wholeSeconds(props);
  new GcpBackendPolicy(scope, `backend-policy-${service}`, {
    metadata,
    spec: {
      targetRef,
      default: {
        // Of a stream too, from its first byte to its last.
        timeoutSec: seconds,
        connectionDraining: { drainingTimeoutSec: Math.min(seconds, MOST_DRAIN_SECONDS) },
      },
    },
  });
  const config = readiness && healthCheck(readiness);
  if (!config) return;
  new HealthCheckPolicy(scope, `health-check-${service}`, {
    metadata,
    spec: { targetRef, default: { ...HEALTH_CHECK, config } },
  });
}

/** The readiness of the pods as Google's load balancers ask for it, at the pods themselves. */
function healthCheck(readiness: ProbeEndpoint): HealthCheckPolicySpecDefaultConfig | undefined {
  if ('path' in readiness) {
    const { path, port } = readiness;
    const httpHealthCheck = {
      portSpecification: HttpPort.USE_UNDERSCORE_FIXED_UNDERSCORE_PORT,
      port,
      requestPath: path,
    };
    return { type: Kind.HTTP, httpHealthCheck };
  }
  if ('grpcPort' in readiness) {
    const { grpcPort: port, service } = readiness;
    const asked = service === undefined ? {} : { grpcServiceName: service };
    return {
      type: Kind.GRPC,
      grpcHealthCheck: { portSpecification: GrpcPort.USE_UNDERSCORE_FIXED_UNDERSCORE_PORT, port, ...asked },
    };
  }
  if ('tcpPort' in readiness) {
    const { tcpPort: port } = readiness;
    return {
      type: Kind.TCP,
      tcpHealthCheck: { portSpecification: TcpPort.USE_UNDERSCORE_FIXED_UNDERSCORE_PORT, port },
    };
  }
  return undefined;
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
      check: 'gateway-feature',
      message: `An answer may take ${seconds} s, and GKE waits at most ${MOST_DRAIN_SECONDS} s for those on a pod that goes: longer ones are cut by every release and every node drain.`,
      remedy: 'Lower longestAnswer or maxOutputTokens, or use a Gateway of Envoy Gateway, which lets streams end.',
    },
  ];
}
