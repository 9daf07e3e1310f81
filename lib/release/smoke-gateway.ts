import { InferenceRouteProps } from '../network/inference-route-props';
import { NetworkPeer } from '../network/network-peer';
import { DEFAULT_PATHS } from '../network/route-rules';
import { isHttpAddress } from '../problem/addresses';
import { attempt, Problem } from '../problem/problem';
import { MODELS_PATH, SmokeRequest } from './smoke-request';

/** The way through the gateway, by the header that leads to the candidate. */
export interface SmokeGateway {
  /**
   * Where pods of the cluster reach the gateway, without a path: `http://edge.gateways.svc.cluster.local`. Nobody but you knows
   * it: the host name of clients may lead nowhere from inside.
   */
  readonly address: string;
  /** The route that leads from it to the candidate: what it asks for is sent. */
  readonly route: Pick<InferenceRouteProps, 'gateway' | 'hostnames' | 'paths' | 'match' | 'authentication'>;
}

/** What a request must be like for the route to take it. */
export function requestThrough({ address, route: { hostnames, match } }: SmokeGateway) {
  return {
    base: `${address.replace(/\/+$/, '')}${match?.pathPrefix ?? ''}`,
    hostname: concrete(hostnames) ?? '',
    headers: match?.headers ?? {},
  };
}

/** A host name that a request can have: no `*.example.com`. */
const concrete = (hostnames: readonly string[]) => hostnames.find((hostname) => !hostname.includes('*'));

/** 80 where the address names none; wget of busybox speaks TLS only where another program helps it. */
const portOf = (address: string) => Number(/^http:\/\/[^/]*:(\d+)/.exec(address)?.[1] ?? 80);

const IPV4 = /^http:\/\/(\d+\.\d+\.\d+\.\d+)(?=[:/]|$)/;

/**
 * Envoy Gateway has its proxies listen 10000 higher where a listener's port is below 1024, unless its EnvoyProxy says
 * `useListenerPortAsContainerPort` (envoyproxy/gateway 1.9, internal/gatewayapi/listener.go, servicePortToContainerPort).
 */
const ENVOY_SHIFT = { below: 1024, by: 10_000 } as const;

/** Where requests to a gateway arrive, as a network policy sees it: at pods and their ports, and with GKE at an address. */
export function wayTo({ address, route: { gateway } }: SmokeGateway, problems: Problem[]) {
  const port = portOf(address);
  if (gateway.implementation === 'gke') {
    // Its peers are where requests come from.
    const ip = IPV4.exec(address)?.[1];
    return { peers: ip === undefined ? [] : peersOf(problems, () => NetworkPeer.cidr(`${ip}/32`)), ports: [port] };
  }
  const shifted = gateway.implementation === 'envoy-gateway' && port < ENVOY_SHIFT.below;
  return { peers: gateway.peers, ports: shifted ? [port, port + ENVOY_SHIFT.by] : [port] };
}

/** One peer, or none where it cannot be. */
export const peersOf = (problems: Problem[], make: () => NetworkPeer) => [attempt(problems, make) ?? []].flat();

/** What keeps a test from asking through a gateway. */
export function gatewayProblems(test: {
  readonly gateway?: SmokeGateway;
  readonly request: SmokeRequest;
  readonly key?: unknown;
}): Problem[] {
  const { gateway, request, key } = test;
  if (gateway === undefined) return [];
  const { address, route } = gateway;
  const problem = (message: string, remedy: string): Problem => ({ check: 'smoke-test', message, remedy });
  if (!/^http:\/\/[a-z0-9.-]+(:\d{1,5})?\/?$/.test(address) || !isHttpAddress(address)) {
    return [
      problem(
        `${JSON.stringify(address)} is no address at which the test can ask a gateway.`,
        'Use http://, a host and a port, without a path, such as http://edge.gateways.svc.cluster.local; or leave it out, and the Service of the candidate is asked.',
      ),
    ];
  }
  const { gateway: entrance, hostnames, paths = DEFAULT_PATHS, authentication } = route;
  const closed = [MODELS_PATH, request.path].filter((path) => !paths.some((prefix) => isBelow(path, prefix)));
  const either = 'or leave gatewayAddress out, and the Service of the candidate is asked.';
  return [
    ...(entrance.implementation === 'gke' && !IPV4.test(address)
      ? [
          problem(
            `The ${entrance.shown} is a load balancer, which a network policy knows by its address alone, and ${JSON.stringify(address)} names a host.`,
            `Use its IPv4 address, such as http://10.0.0.9; ${either}`,
          ),
        ]
      : []),
    ...(concrete(hostnames) === undefined
      ? [
          problem(
            `The route has no host name that a request can have: ${hostnames.join(', ')}.`,
            `Add one without "*" to its hostname; ${either}`,
          ),
        ]
      : []),
    ...(closed.length > 0
      ? [
          problem(
            `The test asks for ${closed.join(' and ')}, and the route lets ${paths.join(', ')} through.`,
            `Add ${closed.join(' and ')} to its paths; ${either}`,
          ),
        ]
      : []),
    ...(authentication && key === undefined
      ? [
          problem(
            'The route asks every client for a key, and the test has none: each of its requests would be answered 401.',
            `State smokeTest.key, a Secret with a key that the gateway takes; ${either}`,
          ),
        ]
      : []),
  ];
}

/** Whether a path is the prefix, or below it, by whole parts as routes match. */
const isBelow = (path: string, prefix: string) => `${path}/`.startsWith(`${prefix.replace(/\/+$/, '')}/`);
