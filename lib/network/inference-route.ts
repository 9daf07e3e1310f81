import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { reportWarnings } from '../checks/report';
import { formatProblem } from '../problem/problem';
import { shareClientKeys } from './client-keys';
import { ENVOY_GATEWAY } from './envoy-gateway-route';
import { GKE_GATEWAY } from './gke-gateway-route';
import { InferenceRouteProps, RouteBackend, RouteGateway } from './inference-route-props';
import { NGINX_INGRESS } from './nginx-ingress-route';
import { PLAIN_GATEWAY } from './plain-gateway-route';
import { lackProblems, RouteBuilder } from './route-builder';
import { routeProblems, routeWarnings } from './route-problems';

const BUILDERS: Readonly<Record<NonNullable<RouteGateway['implementation']>, RouteBuilder>> = {
  'envoy-gateway': ENVOY_GATEWAY,
  gke: GKE_GATEWAY,
  'ingress-nginx': NGINX_INGRESS,
};

/**
 * The way from a Gateway to the model: the paths that clients may call, the weights of releases, and time for the whole stream;
 * each in the words of those who implement the Gateway. What they have no word for is refused.
 */
export class InferenceRoute extends Construct {
  /** The HTTPRoute, or the Ingress. */
  readonly route: ApiObject;

  constructor(scope: Construct, id: string, stated: InferenceRouteProps) {
    super(scope, id);
    const props = throughPools(stated);
    const { name = id, gateway, authentication } = props;
    const builder = gateway.implementation === undefined ? PLAIN_GATEWAY : BUILDERS[gateway.implementation];
    this.route = builder.build(this, name, props);
    const { errors, warnings } = builder.findings(props, name);
    const problems = [...routeProblems(name, props), ...errors, ...lackProblems(builder, props)];
    if (authentication?.method.kind === 'api-keys') problems.push(...shareClientKeys(this, authentication.method));
    reportWarnings(this, [...routeWarnings(props), ...warnings]);
    this.node.addValidation({ validate: () => problems.map(formatProblem) });
  }
}

/** The route with InferencePools in the place of their Services. */
function throughPools(props: InferenceRouteProps): InferenceRouteProps {
  const { pools = [], backends, smokeRoute } = props;
  if (pools.length === 0) return props;
  const pooled = <Backend extends Omit<RouteBackend, 'weight'>>(backend: Backend): Backend =>
    pools.some(({ service }) => service === backend.service) ? { ...backend, pool: true } : backend;
  return {
    ...props,
    backends: backends.map(pooled),
    ...(smokeRoute && { smokeRoute: { ...smokeRoute, backend: pooled(smokeRoute.backend) } }),
  };
}
