import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { HttpRoute, HttpRouteSpecRules } from '../../imports/gateway.networking.k8s.io';
import { Problem } from '../problem/problem';
import { GatewayReference } from './gateway-reference';
import { InferenceRouteProps } from './inference-route-props';
import { RouteBuilder } from './route-builder';
import { routeRules, serviceRef, wholeAnswer } from './route-rules';

/** HTTPS of a Gateway is the platform team's. */
export const LISTENER_TLS =
  'Leave tls out: a Gateway has it at its listener, which the platform team owns; InferenceGateway makes one.';

/** The HTTPRoute with these rules, attached to its Gateway. */
export function httpRoute(
  scope: Construct,
  name: string,
  { gateway, hostnames, labels }: Pick<InferenceRouteProps, 'gateway' | 'hostnames' | 'labels'>,
  rules: HttpRouteSpecRules[],
): HttpRoute {
  const { sectionName } = gateway as GatewayReference;
  return new HttpRoute(scope, 'Default', {
    metadata: { name, labels },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace, ...(sectionName && { sectionName }) }],
      hostnames: [...hostnames],
      rules,
    },
  });
}

/** Keys and tokens for a gateway that does not read them. */
export function unreadAuthentication({ authentication }: InferenceRouteProps, who: string, remedy: string): Problem[] {
  if (!authentication) return [];
  return [
    {
      check: 'route-authentication',
      message: `${who}; keys and tokens are checked by objects of Envoy Gateway, which others do not read.`,
      remedy,
    },
  ];
}

const ENVOY_ONLY =
  "State implementation: 'envoy-gateway' on the GatewayReference if it is one; otherwise leave it out.";

/** A Gateway of whom nobody said who implements it: only what Gateway API itself has words for. */
export const PLAIN_GATEWAY: RouteBuilder = {
  lacks: {
    fallback: ENVOY_ONLY,
    'limits.perAddress': ENVOY_ONLY,
    'limits.connectionsPerAddress': ENVOY_ONLY,
    'limits.parallelRequests': ENVOY_ONLY,
    tls: LISTENER_TLS,
  },
  findings: (props) => ({
    errors: unreadAuthentication(
      props,
      `The Gateway ${props.gateway.name} does not say who implements it`,
      "State implementation: 'envoy-gateway' on the GatewayReference if it is one; otherwise leave authentication out.",
    ),
    warnings: [],
  }),
  build: (scope, name, props): ApiObject =>
    httpRoute(scope, name, props, routeRules(props, props.backends.map(serviceRef), wholeAnswer(props))),
};
