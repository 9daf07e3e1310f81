import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Backend, BackendTrafficPolicy } from '../../imports/gateway.envoyproxy.io';
import { HttpRouteSpecRulesBackendRefs } from '../../imports/gateway.networking.k8s.io';
import { backendTraffic } from './backend-traffic';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { httpRoute, LISTENER_TLS } from './plain-gateway-route';
import { RouteBuilder } from './route-builder';
import { routeRules, serviceRef, smokeHeader, wholeAnswer } from './route-rules';
import { addSecurityPolicy } from './route-security';

/** Envoy Gateway 1.9: the route, how its proxies treat the servers, and who may call. */
export const ENVOY_GATEWAY: RouteBuilder = {
  lacks: {
    InferencePools:
      'Use a Gateway of GKE; or, where Envoy AI Gateway adds them, a GatewayReference without implementation, and its policies beside it.',
    'limits.connectionsPerAddress':
      'Use limits.perAddress; how many connections a listener takes in all says the ClientTrafficPolicy of its Gateway.',
    tls: LISTENER_TLS,
  },
  findings: () => ({ errors: [], warnings: [] }),
  build: (scope, name, props) => {
    const { labels, authentication } = props;
    const route = httpRoute(scope, name, props, routeRules(props, answering(scope, name, props), wholeAnswer(props)));
    if (authentication) {
      addSecurityPolicy(scope, { name, labels, authentication, smokeHeader: smokeHeader(props) });
    }
    new BackendTrafficPolicy(scope, 'backend-traffic', {
      metadata: { name, labels },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name }],
        ...backendTraffic(props),
      },
    });
    return route;
  },
};

/** Services, or, where one stands in for the others, Backends: Envoy Gateway knows no other word for that. */
function answering(scope: Construct, name: string, props: InferenceRouteProps): HttpRouteSpecRulesBackendRefs[] {
  const { backends, fallback, labels } = props;
  if (!fallback) return backends.map(serviceRef);
  const domain = `${Chart.of(scope).namespace ?? 'default'}.svc.cluster.local`;
  const known = new Set<string>();
  const backendRef = ({ service, port, weight }: RouteBackend, stands: object): HttpRouteSpecRulesBackendRefs => {
    const called = `${name}-to-${service}`;
    if (!known.has(called)) {
      known.add(called);
      new Backend(scope, `backend-${service}`, {
        metadata: { name: called, labels },
        spec: { ...stands, endpoints: [{ fqdn: { hostname: `${service}.${domain}`, port } }] },
      });
    }
    return {
      group: 'gateway.envoyproxy.io',
      kind: 'Backend',
      name: called,
      ...(weight !== undefined && { weight }),
    };
  };
  // A weight of the fallback would count among those of its own priority only; it is alone there.
  return [...backends.map((backend) => backendRef(backend, {})), backendRef(fallback, { fallback: true })];
}
