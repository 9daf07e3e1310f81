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
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { attempt, Problem } from '../problem/problem';
import { toMebibytes } from '../workload/quantities';
import { gatewayDuration, gatewayDurationProblems } from './gateway-duration';
import { GatewayImplementation, GatewayReference, GatewayReferenceProps, GOOGLE_FRONT_ENDS } from './gateway-reference';
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
  /**
   * Where requests come from when they reach the pods, for network policies: what a GatewayReference takes. Those of a regional
   * class of GKE come from your proxy-only subnet, which nothing tells.
   * @default - as of a GatewayReference; a regional class of GKE must state them
   */
  readonly peers?: GatewayReferenceProps['peers'];
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
   * At most 4095 MiB, where Envoy's counter ends.
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

/** The most that a buffer of Envoy counts is a byte less than 4 GiB. */
const MOST_BUFFER_MEBIBYTES = 4095;

/** Classes of GKE whose proxies are in a subnet of yours; those of the global ones are at Google's own addresses. */
const IN_PROXY_SUBNET = /regional|rilb/;

/** What only Envoy Gateway is told. */
const ENVOY_ONLY = [
  'longestSilence',
  'bufferLimit',
  'connections',
] as const satisfies readonly (keyof InferenceGatewayProps)[];

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
    const { name = id, implementation = 'envoy-gateway', hostnames, clusterIssuer, peers } = props;
    const namespace = Chart.of(this).namespace ?? 'default';
    const labels = { 'app.kubernetes.io/name': 'gateway', 'app.kubernetes.io/instance': name };
    const problems = [...gatewayProblems(props), ...labelProblems('gateway label', labels)];
    // Where it cannot be, routes still need something to hold on to.
    this.reference =
      attempt(problems, () => new GatewayReference({ name, namespace, implementation, peers })) ??
      new GatewayReference({
        name: 'gateway',
        namespace: 'default',
        implementation: implementation === 'gke' ? 'gke' : 'envoy-gateway',
      });

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

const secretName = (hostname: string) => `${hostLabel(hostname)}-tls`;

function httpsListener(hostname: string, routes: GatewaySpecListenersAllowedRoutes): GatewaySpecListeners {
  return {
    name: hostLabel(hostname),
    hostname,
    port: 443,
    protocol: 'HTTPS',
    tls: {
      mode: GatewaySpecListenersTlsMode.TERMINATE,
      certificateRefs: [{ name: secretName(hostname) }],
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

/** What GKE would not read, or does not tell. */
function gkeProblems(props: InferenceGatewayProps): Problem[] {
  const { implementation, gatewayClassName = CLASSES.gke, peers } = props;
  if (implementation !== 'gke') return [];
  const unread = ENVOY_ONLY.filter((prop) => props[prop] !== undefined);
  return [
    ...unread.map((prop) => ({
      check: 'gateway-feature',
      message: `A Gateway of GKE cannot do ${prop}.`,
      remedy: 'Leave it out, or use Envoy Gateway.',
    })),
    ...(IN_PROXY_SUBNET.test(gatewayClassName) && peers === undefined
      ? [
          {
            check: 'gateway-feature',
            message: `Requests of the class ${gatewayClassName} come from the proxy-only subnet of its region, which nobody states: network policies would let in Google's health checks only.`,
            remedy: `State peers: NetworkPeer.cidr of that subnet, and of ${GOOGLE_FRONT_ENDS.join(' and ')}, from where GKE asks the pods for their health.`,
          },
        ]
      : []),
  ];
}

function gatewayProblems(props: InferenceGatewayProps): Problem[] {
  const { hostnames, clusterIssuer, namespaces, longestSilence, bufferLimit, connections } = props;
  return [
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
    // Of the two names that a host gives, the Secret's is the longer.
    ...hostnames.flatMap((host) => [...hostProblems(host), ...dnsSubdomainProblems('Secret name', secretName(host))]),
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
    ...wholeNumberProblems('bufferLimit in MiB', toMebibytes(bufferLimit), 1, MOST_BUFFER_MEBIBYTES),
    ...wholeNumberProblems('connections', connections, 1),
    ...gkeProblems(props),
  ];
}
