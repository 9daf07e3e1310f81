import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Backend,
  BackendTrafficPolicy,
  HttpRouteFilter,
  HttpRouteFilterSpecUrlRewriteHostnameType,
} from '../../imports/gateway.envoyproxy.io';
import { HttpRouteSpecRulesFiltersType } from '../../imports/gateway.networking.k8s.io';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { askedElsewhere, patience } from './backend-traffic';
import { gatewayDurationProblems } from './gateway-duration';
import { GatewayReference } from './gateway-reference';
import { httpRoute } from './plain-gateway-route';
import { DEFAULT_PATHS, matchOf, wholeAnswer } from './route-rules';
import { hostnameProblems, pathProblems, wholeHostProblems } from './route-problems';

/** A cluster in which the service runs. */
export interface RouteRegion {
  /** Short name for the objects, such as `eu`. */
  readonly name: string;
  /**
   * Host name of its own of that cluster's gateway, such as `llama.eu.example.com`, with a certificate for it that a public
   * authority signed. Requests arrive with this name, so its route names this one; what clients called stands in
   * `x-forwarded-host`.
   */
  readonly host: string;
  /** @default 443 */
  readonly port?: number;
  /**
   * Share of new requests: a whole number from 0 to 100, relative to the sum over the regions that are no fallback. A fallback
   * has none.
   * @default - equal shares
   */
  readonly weight?: number;
  /** True for a region that is asked only when the others cannot be reached or have no room (503, 429). @default false */
  readonly fallback?: boolean;
}

export interface RegionalRouteProps {
  /** Name of the HTTPRoute. @default - the construct's id */
  readonly name?: string;
  /** Labels of all objects. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** A Gateway of Envoy Gateway, with its `Backend` API switched on (`extensionApis.enableBackend`). */
  readonly gateway: GatewayReference;
  /** Host names that clients call, at least one and at most 16. */
  readonly hostnames: readonly string[];
  /** Two or more, at most 16; at least one that is no fallback. */
  readonly regions: readonly RouteRegion[];
  /** The longest that one answer may take, streams included: the longest of all regions. A shorter one cuts them. */
  readonly requestTimeout: Duration;
  /** Paths that clients may call, with everything below them. @default ['/v1'] */
  readonly paths?: readonly string[];
}

/**
 * One address in front of the same service in several clusters, as far as static YAML can say it: shares in Git, and a region that
 * stands in request by request. It knows nothing of how far a client is or how long a queue; that takes DNS by latency, or a
 * load balancer that spans regions, such as a multi-cluster Gateway of GKE. Who may call is asked by the gateways of the
 * regions, which know the servers.
 *
 * What a region answers 503 or 429 is asked of another one, once. The gateway of a region says 503 also when a server died before
 * the first byte of its answer; that answer is then computed, and paid for, a second time.
 */
export class RegionalRoute extends Construct {
  constructor(scope: Construct, id: string, props: RegionalRouteProps) {
    super(scope, id);
    const { name = id, labels, regions, paths = DEFAULT_PATHS } = props;
    for (const [at, region] of regions.entries()) {
      const { host: hostname, port = 443, fallback = false } = region;
      new Backend(this, `backend-${at}`, {
        metadata: { name: `${name}-${region.name}`, labels },
        spec: {
          ...(fallback && { fallback }),
          endpoints: [{ fqdn: { hostname, port } }],
          tls: { wellKnownCaCertificates: 'System', sni: hostname },
        },
      });
    }
    new HttpRouteFilter(this, 'host', {
      metadata: { name, labels },
      // The gateway of a region finds the route by it, and has a listener for it alone.
      spec: { urlRewrite: { hostname: { type: HttpRouteFilterSpecUrlRewriteHostnameType.BACKEND } } },
    });
    httpRoute(this, name, props, [
      {
        matches: paths.map((path) => matchOf(path, {})),
        filters: [
          {
            type: HttpRouteSpecRulesFiltersType.EXTENSION_REF,
            extensionRef: { group: 'gateway.envoyproxy.io', kind: 'HTTPRouteFilter', name },
          },
        ],
        backendRefs: regions.map((region) => ({
          group: 'gateway.envoyproxy.io',
          kind: 'Backend',
          name: `${name}-${region.name}`,
          ...(region.weight !== undefined && { weight: region.weight }),
        })),
        timeouts: wholeAnswer(props),
      },
    ]);
    new BackendTrafficPolicy(this, 'backend-traffic', {
      metadata: { name, labels },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name }],
        timeout: patience(props.requestTimeout),
        retry: askedElsewhere({ fallback: regions.some(({ fallback }) => fallback) }),
      },
    });
    reportErrors(this, regionalProblems(name, props));
  }
}

const problem = (message: string, remedy: string): Problem => ({ check: 'route-backends', message, remedy });

function regionalProblems(name: string, props: RegionalRouteProps): Problem[] {
  const { gateway, regions, labels = {}, hostnames, paths = DEFAULT_PATHS, requestTimeout } = props;
  const serving = regions.filter(({ fallback }) => !fallback);
  const stated = serving.filter(({ weight }) => weight !== undefined);
  const names = regions.map((region) => region.name);
  return [
    ...dnsSubdomainProblems('route name', name),
    ...labelProblems('route label', labels),
    ...hostnameProblems(hostnames),
    ...pathProblems(paths),
    ...gatewayDurationProblems('requestTimeout', requestTimeout),
    ...regions.flatMap(({ name: region, host, port, weight, fallback }) => [
      ...dnsLabelProblems('region name', region),
      ...dnsSubdomainProblems('Backend name', `${name}-${region}`),
      ...wholeHostProblems(host),
      ...(hostnames.includes(host)
        ? [
            problem(
              `The host of ${region} is ${host}, which clients call: the gateway would ask itself.`,
              "Name the host of the region's own gateway.",
            ),
          ]
        : []),
      ...(fallback === true && weight !== undefined
        ? [
            problem(
              `${region} is a fallback with the weight ${weight}: with 0 nobody stands in, and any other number changes nothing.`,
              'Leave its weight out.',
            ),
          ]
        : []),
      ...wholeNumberProblems(`port of ${region}`, port, 1, 65535),
      ...wholeNumberProblems(`weight of ${region}`, weight, 0, 100),
    ]),
    ...(new Set(names).size < names.length
      ? [problem(`Two regions have the same name: ${names.join(', ')}.`, 'Name each region once.')]
      : []),
    ...(regions.length < 2 || regions.length > 16
      ? [problem(`The route has ${regions.length} regions; it takes 2 to 16.`, 'Use InferenceRoute for one cluster.')]
      : []),
    ...(regions.length > 0 && serving.length === 0
      ? [problem('Every region is a fallback, and none is asked first.', 'Take fallback from one of them.')]
      : []),
    ...(stated.length > 0 && stated.length < serving.length
      ? [
          problem(
            'Some regions have a weight and others have none, which Gateway API would count as 1.',
            'Give every region a weight, or none.',
          ),
        ]
      : []),
    ...(stated.length > 0 && stated.every(({ weight }) => weight === 0)
      ? [problem('The weights of all regions are 0, so every request would fail.', 'Give one a weight above 0.')]
      : []),
    ...(gateway.implementation === 'envoy-gateway'
      ? []
      : [
          {
            check: 'gateway-feature',
            message: `The ${gateway.shown} is not known to be one of Envoy Gateway, whose Backends the regions are.`,
            remedy:
              "State implementation: 'envoy-gateway' on the GatewayReference if it is one; on GKE use a multi-cluster Gateway and ServiceImports.",
          },
        ]),
  ];
}
