import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Backend, BackendTrafficPolicy } from '../../imports/gateway.envoyproxy.io';
import { HttpRouteSpecRulesBackendRefs } from '../../imports/gateway.networking.k8s.io';
import { dnsSubdomainProblems } from '../problem/names';
import { backendTraffic, localLimitProblems } from './backend-traffic';
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
  findings: (props, name) => ({
    errors: [
      ...localLimitProblems(props),
      ...backendsOf(props, name).flatMap(({ called }) => dnsSubdomainProblems('Backend name', called)),
    ],
    warnings: [],
  }),
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

/** A Service as a Backend. */
interface NamedBackend extends RouteBackend {
  /** Name of the object. */
  readonly called: string;
  readonly standsIn: boolean;
}

/** Those of a route with a fallback, each port of a Service once; what follows the first port of it has its own in its name. */
function backendsOf({ backends, fallback }: InferenceRouteProps, name: string): NamedBackend[] {
  if (!fallback) return [];
  const all = [...backends, fallback];
  return all.map((backend) => {
    const { service, port } = backend;
    const first = all.find((each) => each.service === service);
    return {
      ...backend,
      // A name of a Service has no dot, so none is another one's.
      called: `${name}-to-${service}${first?.port === port ? '' : `.${port}`}`,
      standsIn: backend === fallback,
    };
  });
}

/** Services, or, where one stands in for the others, Backends: Envoy Gateway knows no other word for that. */
function answering(scope: Construct, name: string, props: InferenceRouteProps): HttpRouteSpecRulesBackendRefs[] {
  const { backends, fallback, labels } = props;
  if (!fallback) return backends.map(serviceRef);
  const domain = `${Chart.of(scope).namespace ?? 'default'}.svc.cluster.local`;
  const known = new Set<string>();
  return backendsOf(props, name).map(({ called, service, port, weight, standsIn }) => {
    if (!known.has(called)) {
      known.add(called);
      new Backend(scope, `backend-${called.slice(`${name}-to-`.length)}`, {
        metadata: { name: called, labels },
        spec: {
          ...(standsIn && { fallback: true }),
          endpoints: [{ fqdn: { hostname: `${service}.${domain}`, port } }],
        },
      });
    }
    return {
      group: 'gateway.envoyproxy.io',
      kind: 'Backend',
      name: called,
      // One of the fallback would count among those of its own priority only; it is alone there.
      ...(weight !== undefined && !standsIn && { weight }),
    };
  });
}
