import { Chart } from 'cdk8s';
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
import { POOL_GROUP } from './route-rules';

/** The longest that Google's load balancers wait for requests on a pod that goes (GCPBackendPolicy). */
export const MOST_DRAIN_SECONDS = 3600;

/** Seconds between two questions, and until one is given up; every load balancer asks from several places. */
const HEALTH_CHECK = { checkIntervalSec: 5, timeoutSec: 5, healthyThreshold: 1, unhealthyThreshold: 3 };

export const wholeSeconds = ({ requestTimeout }: Pick<InferenceRouteProps, 'requestTimeout'>) =>
  Math.ceil(requestTimeout.toSeconds({ integral: false }));

/** What GKE is told of one Service: how long an answer may take, and what says that a pod is ready. */
class ServicePolicies extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { service, pool }: RouteBackend,
    labels: InferenceRouteProps['labels'],
    readonly seconds: number,
    readonly health: HealthCheckPolicySpecDefaultConfig | undefined,
  ) {
    super(scope, id);
    const metadata = { name: service, labels };
    const targetRef = pool
      ? { group: POOL_GROUP, kind: 'InferencePool', name: service }
      : { group: '', kind: 'Service', name: service };
    new GcpBackendPolicy(this, 'backend-policy', {
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
    if (!health) return;
    new HealthCheckPolicy(this, 'health-check', {
      metadata,
      spec: { targetRef, default: { ...HEALTH_CHECK, config: health } },
    });
  }
}

/** Makes the policies of a Service once for all routes of a chart; a second route that wants others is a contradiction. */
export function shareServicePolicies(scope: Construct, backend: RouteBackend, props: InferenceRouteProps): Problem[] {
  const chart = Chart.of(scope);
  const { service, readiness, pool } = backend;
  const id = `${pool ? 'pool' : 'service'}-policies-${service}`;
  const seconds = wholeSeconds(props);
  const health = readiness && healthCheck(readiness);
  const existing = chart.node.tryFindChild(id) as ServicePolicies | undefined;
  if (existing === undefined) {
    new ServicePolicies(chart, id, backend, props.labels, seconds, health);
    return [];
  }
  const told = (what: string, remedy: string): Problem => ({
    check: 'gateway-feature',
    message: `Two routes of this chart lead to ${service}, ${what}; GKE is told it once for each Service.`,
    remedy,
  });
  return [
    ...(existing.seconds === seconds
      ? []
      : [
          told(
            `one with ${existing.seconds} s for an answer and one with ${seconds} s`,
            'Give both the same requestTimeout, the longer one.',
          ),
        ]),
    ...(JSON.stringify(existing.health) === JSON.stringify(health)
      ? []
      : [told('and each says otherwise what shows that a pod is ready', 'Give both backends the same readiness.')]),
  ];
}

/** The readiness of the pods as Google's load balancers ask for it, at the pods themselves. */
export function healthCheck(readiness: ProbeEndpoint): HealthCheckPolicySpecDefaultConfig | undefined {
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
