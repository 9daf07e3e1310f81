import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Backend,
  BackendTrafficPolicy,
  BackendTrafficPolicySpecRetryRetryOnTriggers as Trigger,
} from '../../imports/gateway.envoyproxy.io';
import { HttpRoute, HttpRouteSpecRulesMatchesPathType } from '../../imports/gateway.networking.k8s.io';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { UNUSED_CONNECTION } from './backend-traffic';
import { gatewayDuration, gatewayDurationProblems } from './gateway-duration';
import { GatewayReference } from './gateway-reference';
import { DEFAULT_PATHS } from './route-rules';
import { hostnameProblems, pathProblems } from './route-problems';

/** A cluster in which the service runs. */
export interface RouteRegion {
  /** Short name for the objects, such as `eu`. */
  readonly name: string;
  /**
   * Host name of its own of that cluster's gateway, such as `llama.eu.example.com`, with a certificate for it that a public
   * authority signed. Its route must name this host and those of `hostnames`: requests arrive with the name that clients called.
   */
  readonly host: string;
  /** @default 443 */
  readonly port?: number;
  /**
   * Share of new requests: a whole number from 0 to 100, relative to the sum over the regions that are no fallback.
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
    const { name = id, labels, gateway, regions, paths = DEFAULT_PATHS } = props;
    const wholeAnswer = gatewayDuration(props.requestTimeout);
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
    new HttpRoute(this, 'Default', {
      metadata: { name, labels },
      spec: {
        parentRefs: [
          {
            name: gateway.name,
            namespace: gateway.namespace,
            ...(gateway.sectionName !== undefined && { sectionName: gateway.sectionName }),
          },
        ],
        hostnames: [...props.hostnames],
        rules: [
          {
            matches: paths.map((value) => ({ path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value } })),
            backendRefs: regions.map((region) => ({
              group: 'gateway.envoyproxy.io',
              kind: 'Backend',
              name: `${name}-${region.name}`,
              ...(region.weight !== undefined && { weight: region.weight }),
            })),
            timeouts: { request: wholeAnswer, backendRequest: wholeAnswer },
          },
        ],
      },
    });
    const standsIn = regions.some(({ fallback }) => fallback);
    new BackendTrafficPolicy(this, 'backend-traffic', {
      metadata: { name, labels },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name }],
        timeout: {
          http: {
            requestTimeout: wholeAnswer,
            streamIdleTimeout: wholeAnswer,
            connectionIdleTimeout: UNUSED_CONNECTION,
          },
        },
        retry: {
          numRetries: 1,
          ...(standsIn && { numAttemptsPerPriority: 1 }),
          retryOn: {
            triggers: [
              Trigger.CONNECT_HYPHEN_FAILURE,
              Trigger.RESET_HYPHEN_BEFORE_HYPHEN_REQUEST,
              Trigger.RETRIABLE_HYPHEN_STATUS_HYPHEN_CODES,
            ],
            httpStatusCodes: [429, 503],
          },
        },
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
    ...regions.flatMap(({ name: region, host, port, weight }) => [
      ...dnsLabelProblems('region name', region),
      ...dnsSubdomainProblems('host name', host),
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
