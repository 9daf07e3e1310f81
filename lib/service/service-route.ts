import { Duration, Size } from 'cdk8s';
import { RouteBehaviour, RouteGateway } from '../network/inference-route-props';
import { InferencePlan } from '../plan/inference-plan';
import { Problem } from '../problem/problem';
import { RolloutRoute } from '../release/canary-rollout';
import { ScalingProps } from '../scaling/inference-autoscaler-props';
import { ServiceEndpointPicker } from './service-pools';

/** How clients outside the cluster reach the service. */
export interface ServiceRoute extends Pick<RouteBehaviour, 'match' | 'limits' | 'fallback' | 'tls'> {
  /** A Gateway, or an Ingress controller of old: `IngressReference.nginx()`. */
  readonly gateway: RouteGateway;
  /** Host name, or several, that clients call. */
  readonly hostname: string | readonly string[];
  /** Paths that clients may call, with everything below them. @default - the runtime's paths for clients */
  readonly paths?: readonly string[];
  /**
   * Who may call, and how often: the gateway checks it. Takes a Gateway whose implementation is `envoy-gateway`.
   * @default - everybody who reaches the Gateway, which is a warning (`open-endpoint`)
   */
  readonly authentication?: RouteBehaviour['authentication'];
  /**
   * An endpoint picker of the Gateway API inference extension chooses the pod for each request: the route leads to an
   * InferencePool for each track. `{}` is enough. Its chart is the platform's, once for each pool: `pools` of the service
   * has the flags. Where it is not installed, no request arrives, or each goes to any pod, as the gateway has it. Not with
   * Envoy Gateway, nginx, `prefill` or `progressiveDelivery`.
   * @default - a Service, which knows nothing of queues
   */
  readonly endpointPicker?: ServiceEndpointPicker;
}

/** The route with what follows from the plan: paths, the longest answer, the largest request. */
export function plannedRoute(route: ServiceRoute, plan: InferencePlan, serverKeyHeader?: string): RolloutRoute {
  return {
    ...route,
    paths: route.paths ?? plan.contract.clientPaths,
    requestTimeout: Duration.seconds(plan.shutdown.longestAnswerSeconds),
    largestRequest: Size.mebibytes(plan.largestRequestMib),
    serverKeyHeader,
  };
}

/** What the service promises to run at once. */
export interface Promised {
  readonly concurrency?: number;
  readonly replicas?: number;
  readonly scaling?: Pick<ScalingProps, 'minReplicas' | 'maxReplicas'>;
}

/** A gateway that sends away what the service promises to compute. */
export function admissionProblems({ limits }: ServiceRoute, promised: Promised): Problem[] {
  const { concurrency, scaling } = promised;
  const most = limits?.parallelRequests;
  // A limit that stops at the least replicas keeps a scaler from ever seeing a reason for more.
  const replicas = scaling?.maxReplicas ?? promised.replicas ?? scaling?.minReplicas ?? 1;
  if (most === undefined || concurrency === undefined || most >= concurrency * replicas) return [];
  return [
    {
      check: 'route-limits',
      message: `The gateway lets ${most} requests through at once, and the service promises to run ${concurrency * replicas}: ${replicas} x ${concurrency}.`,
      remedy: `Raise limits.parallelRequests to ${concurrency * replicas} or more, so that some can wait; or lower concurrency.`,
    },
  ];
}
