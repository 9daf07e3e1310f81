import { Chart, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { ClientTrafficPolicy } from '../../imports/gateway.envoyproxy.io';
import {
  Gateway,
  GatewaySpecListeners,
  GatewaySpecListenersAllowedRoutes,
  GatewaySpecListenersAllowedRoutesNamespacesFrom as From,
  GatewaySpecListenersTlsMode,
  HttpRoute,
  HttpRouteSpecRulesFiltersRequestRedirectScheme,
  HttpRouteSpecRulesFiltersType,
} from '../../imports/gateway.networking.k8s.io';
import { reportErrors } from '../checks/report';
import { dnsLabelProblems, dnsSubdomainProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { attempt, Problem } from '../problem/problem';
import { toMebibytes } from '../workload/quantities';
import { gatewayDuration, gatewayDurationProblems } from './gateway-duration';
import { GatewayImplementation, GatewayReference } from './gateway-reference';
import { hostProblems } from './route-problems';

export interface InferenceGatewayProps {
  /** Name of the Gateway. @default - the construct's id */
  readonly name?: string;
  /** Who programs it. @default 'envoy-gateway' */
  readonly implementation?: GatewayImplementation;
  /**
   * Name of the GatewayClass, which the platform team sets up.
   * @default - `envoy-gateway`, or for GKE `gke-l7-global-external-managed`
   */
  readonly gatewayClassName?: string;
  /** Host names with a certificate each; each is a listener, of which a Gateway takes 64. `*.example.com` is possible. */
  readonly hostnames: readonly string[];
  /**
   * ClusterIssuer by which cert-manager makes the certificates, with its support of Gateway API switched on
   * (`config.enableGatewayAPI`).
   * @default - somebody else makes the Secrets: for llama.example.com it is `llama-example-com-tls` in the namespace of the Gateway
   */
  readonly clusterIssuer?: string;
  /**
   * Namespaces whose routes may attach. A route takes a host name from others that come later, so name those that you trust with
   * each other's names.
   * @default - every namespace of the cluster
   */
  readonly namespaces?: readonly string[];
  /**
   * The longest that nothing may be sent in either direction of one request: the longest answer in one piece of any route that
   * states none. Routes of this library state theirs, which counts more. Envoy Gateway only.
   * @default Duration.hours(1)
   */
  readonly longestSilence?: Duration;
  /**
   * The longest prompt that a proxy keeps, so that it can be sent again to another server or to a fallback, and copied to a
   * mirror. Longer ones are passed on, but once. Memory of the proxy for each request under way. Envoy Gateway only.
   * @default Size.mebibytes(4), all text of a context of 128 k tokens
   */
  readonly bufferLimit?: Size;
  /** Connections that each proxy takes from clients. Envoy Gateway only. @default - as many as it has memory for */
  readonly connections?: number;
}

const CLASSES: Readonly<Record<GatewayImplementation, string>> = {
  'envoy-gateway': 'envoy-gateway',
  gke: 'gke-l7-global-external-managed',
};

/** Listeners of one Gateway (Gateway API 1.6, maxItems), less the one for plain HTTP. */
const MOST_HOSTS = 64 - 1;

/** Who opens a connection and says nothing ties up a proxy. */
const HEADERS_WITHIN = Duration.seconds(30);

/** Between two requests of one client. */
const UNUSED_CONNECTION = Duration.minutes(5);

/**
 * The platform's Gateway, where there is none yet: HTTPS for each host, certificates by cert-manager, plain HTTP answered with
 * the way to HTTPS, and proxies that neither cut silent answers nor drop long prompts.
 *
 * Its namespace is the platform team's: a route of the same namespace would be reached by plain HTTP too.
 */
export class InferenceGateway extends Construct {
  /** What routes take as `gateway`: its HTTPS listeners. */
  readonly reference: GatewayReference;

  constructor(scope: Construct, id: string, props: InferenceGatewayProps) {
    super(scope, id);
    const { name = id, implementation = 'envoy-gateway', hostnames, clusterIssuer } = props;
    const namespace = Chart.of(this).namespace ?? 'default';
    const labels = { 'app.kubernetes.io/name': 'gateway', 'app.kubernetes.io/instance': name };
    const problems = gatewayProblems(name, props);
    // A name that is none is told above; routes still need something to hold on to.
    this.reference =
      attempt([], () => new GatewayReference({ name, namespace, implementation })) ??
      new GatewayReference({ name: 'gateway', namespace: 'default', implementation });

    new Gateway(this, 'Default', {
      metadata: {
        name,
        labels,
        ...(clusterIssuer !== undefined && { annotations: { 'cert-manager.io/cluster-issuer': clusterIssuer } }),
      },
      spec: {
        gatewayClassName: props.gatewayClassName ?? CLASSES[implementation],
        listeners: [
          { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: From.SAME } } },
          ...hostnames.map((hostname) => httpsListener(hostname, allowedRoutes(props))),
        ],
      },
    });
    new HttpRoute(this, 'redirect', {
      metadata: { name: `${name}-to-https`, labels },
      spec: {
        parentRefs: [{ name, sectionName: 'http' }],
        rules: [
          {
            filters: [
              {
                type: HttpRouteSpecRulesFiltersType.REQUEST_REDIRECT,
                requestRedirect: { scheme: HttpRouteSpecRulesFiltersRequestRedirectScheme.HTTPS, statusCode: 301 },
              },
            ],
          },
        ],
      },
    });
    if (implementation === 'envoy-gateway') this.addClientTraffic(name, labels, props);
    reportErrors(this, problems);
  }

  private addClientTraffic(name: string, labels: Record<string, string>, props: InferenceGatewayProps): void {
    const { longestSilence = Duration.hours(1), bufferLimit = Size.mebibytes(4), connections } = props;
    new ClientTrafficPolicy(this, 'client-traffic', {
      metadata: { name, labels },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name }],
        timeout: {
          http: {
            requestHeadersReceivedTimeout: gatewayDuration(HEADERS_WITHIN),
            streamIdleTimeout: gatewayDuration(longestSilence),
            idleTimeout: gatewayDuration(UNUSED_CONNECTION),
          },
        },
        connection: {
          bufferLimit: `${toMebibytes(bufferLimit)}Mi`,
          ...(connections !== undefined && { connectionLimit: { value: connections } }),
        },
      },
    });
  }
}

/** Listener and Secret of a host: `*.example.com` is `wildcard-example-com`. */
const hostLabel = (hostname: string) => hostname.replace(/^\*/, 'wildcard').replace(/\./g, '-');

function httpsListener(hostname: string, routes: GatewaySpecListenersAllowedRoutes): GatewaySpecListeners {
  return {
    name: hostLabel(hostname),
    hostname,
    port: 443,
    protocol: 'HTTPS',
    tls: {
      mode: GatewaySpecListenersTlsMode.TERMINATE,
      certificateRefs: [{ name: `${hostLabel(hostname)}-tls` }],
    },
    allowedRoutes: routes,
  };
}

function allowedRoutes({ namespaces }: InferenceGatewayProps): GatewaySpecListenersAllowedRoutes {
  if (!namespaces) return { namespaces: { from: From.ALL } };
  const matchExpressions = [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] }];
  return { namespaces: { from: From.SELECTOR, selector: { matchExpressions } } };
}

/** A Gateway knows its listeners by their names. */
function listenerProblems(hostnames: readonly string[]): Problem[] {
  const labels = hostnames.map(hostLabel);
  return [...new Set(labels.filter((label, at) => labels.indexOf(label) !== at))].map((label) => {
    const hosts = [...new Set(hostnames.filter((host) => hostLabel(host) === label))];
    return {
      check: 'route-hostnames',
      message:
        hosts.length === 1
          ? `The host name ${hosts[0]} is named twice, and would be two listeners called ${label}.`
          : `The host names ${hosts.join(' and ')} would both be a listener called ${label}.`,
      remedy: hosts.length === 1 ? 'Name it once.' : 'Put one of them into an InferenceGateway of its own.',
    };
  });
}

function gatewayProblems(name: string, props: InferenceGatewayProps): Problem[] {
  const { hostnames, clusterIssuer, namespaces, longestSilence, bufferLimit, connections } = props;
  return [
    ...dnsSubdomainProblems('Gateway name', name),
    ...(props.gatewayClassName === undefined ? [] : dnsSubdomainProblems('GatewayClass name', props.gatewayClassName)),
    ...(clusterIssuer === undefined ? [] : dnsSubdomainProblems('ClusterIssuer name', clusterIssuer)),
    ...(hostnames.length < 1 || hostnames.length > MOST_HOSTS
      ? [
          {
            check: 'route-hostnames',
            message: `The Gateway has ${hostnames.length} host names; it takes 1 to ${MOST_HOSTS}.`,
            remedy: 'Name the hosts that clients call, or a wildcard such as *.example.com.',
          },
        ]
      : []),
    ...listenerProblems(hostnames),
    // Names of listeners are labels of 63 characters.
    ...hostnames.flatMap((host) => [...hostProblems(host), ...dnsLabelProblems('listener name', hostLabel(host))]),
    ...(namespaces?.length === 0
      ? [
          {
            check: 'route-hostnames',
            message: 'No namespace may attach routes to the Gateway.',
            remedy: 'Name at least one, or leave namespaces out.',
          },
        ]
      : []),
    ...(namespaces ?? []).flatMap((each) => dnsLabelProblems('namespace', each)),
    ...(longestSilence ? gatewayDurationProblems('longestSilence', longestSilence) : []),
    ...wholeNumberProblems('bufferLimit in MiB', toMebibytes(bufferLimit), 1),
    ...wholeNumberProblems('connections', connections, 1),
  ];
}
