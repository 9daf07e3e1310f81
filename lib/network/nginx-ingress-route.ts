import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Problem } from '../problem/problem';
import { toMebibytes } from '../workload/quantities';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { unreadAuthentication } from './plain-gateway-route';
import { RouteBuilder } from './route-builder';
import { DEFAULT_PATHS, smokeHeader } from './route-rules';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** What is too long for no model of today: a context of a million tokens, or a few photographs. */
const LARGEST_REQUEST = Size.mebibytes(32);

/** A connection to a pod of the same cluster is there in milliseconds, or not at all. */
const CONNECT_SECONDS = 10;

const GATEWAY = 'Use a Gateway of Envoy Gateway.';

/** ingress-nginx: an Ingress for what serves, and a second one, called canary there, for what wants to. */
export const NGINX_INGRESS: RouteBuilder = {
  lacks: {
    InferencePools: 'Use a Gateway of GKE, or another one with the inference extension.',
    'match.headers': 'Share the host name by match.pathPrefix; or use a Gateway.',
    mirror: 'Use a Gateway, or another way to try the candidate.',
    fallback: GATEWAY,
    'limits.parallelRequests': 'Use limits.connectionsPerAddress, or a Gateway of Envoy Gateway.',
  },
  findings: (props) => ({
    errors: [
      ...unreadAuthentication(
        props,
        `The IngressClass ${props.gateway.name} is nginx`,
        'Use a Gateway of Envoy Gateway; or leave authentication out, and have the controller ask (auth-url).',
      ),
      ...limitProblems(props),
      ...canaryProblems(props),
      ...endlessProblems(props),
    ],
    warnings: [
      {
        check: 'ingress-nginx-retired',
        message: `The route enters by the IngressClass ${props.gateway.name}: ingress-nginx is retired. It was announced on 11 November 2025; since March 2026 nobody mends its holes (kubernetes.io/blog/2025/11/11/ingress-nginx-retirement).`,
        remedy: 'Move to a Gateway: new GatewayReference({ name, namespace, implementation }).',
      },
    ],
  }),
  build: (scope, name, props) => {
    const [serving, candidate] = props.backends;
    const ingress = addIngress(scope, 'Default', name, props, serving ?? { service: name, port: 80 });
    const smoke = smokeHeader(props);
    const tried = candidate ?? props.smokeRoute?.backend;
    if (tried) {
      addIngress(scope, 'canary', `${name}-canary`, props, tried, {
        canary: 'true',
        'canary-weight': String(candidate?.weight ?? 0),
        'canary-weight-total': String((serving?.weight ?? 100) + (candidate?.weight ?? 0)),
        ...(smoke && { 'canary-by-header': smoke.header, 'canary-by-header-value': smoke.value }),
      });
    }
    return ingress;
  },
};

function addIngress(
  scope: Construct,
  id: string,
  name: string,
  props: InferenceRouteProps,
  { service, port }: RouteBackend,
  canary: Readonly<Record<string, string>> = {},
): k8s.KubeIngress {
  const { hostnames, labels, tls, paths = DEFAULT_PATHS, match } = props;
  const own = Object.keys(canary).length === 0;
  // A canary inherits the settings of the Ingress that it stands beside.
  const settings = Object.entries(own ? annotations(props) : canary).map(([key, value]) => [PREFIX + key, value]);
  const issuer = tls?.clusterIssuer !== undefined && own && { 'cert-manager.io/cluster-issuer': tls.clusterIssuer };
  const prefix = match?.pathPrefix;
  return new k8s.KubeIngress(scope, id, {
    metadata: { name, labels, annotations: { ...issuer, ...(Object.fromEntries(settings) as Record<string, string>) } },
    spec: {
      ingressClassName: props.gateway.name,
      // nginx takes certificates from the first Ingress of a host; a canary's would be ignored.
      ...(tls && own && { tls: [{ hosts: [...hostnames], secretName: tls.secretName ?? `${name}-tls` }] }),
      rules: hostnames.map((host) => ({
        host,
        http: {
          paths: paths.map((path) => ({
            ...(prefix === undefined
              ? { path, pathType: 'Prefix' }
              : { path: `${literal(prefix)}(${literal(path)}(?:/.*)?)$`, pathType: 'ImplementationSpecific' }),
            backend: { service: { name: service, port: { number: port } } },
          })),
        },
      })),
    },
  });
}

/** A path within a regular expression. */
const literal = (path: string) => path.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&');

/** All values are texts; nginx counts in seconds without a unit. */
function annotations({ requestTimeout, limits, match, largestRequest }: InferenceRouteProps): Record<string, string> {
  // Between two reads, and nginx has no limit for the whole: an answer in one piece is silent until it is whole.
  const silence = String(Math.ceil(requestTimeout.toSeconds({ integral: false })));
  const { perAddress, connectionsPerAddress } = limits ?? {};
  return {
    'proxy-connect-timeout': String(CONNECT_SECONDS),
    'proxy-read-timeout': silence,
    'proxy-send-timeout': silence,
    'proxy-http-version': '1.1',
    'proxy-buffering': 'off',
    'proxy-request-buffering': 'off',
    'proxy-body-size': `${toMebibytes(largestRequest ?? LARGEST_REQUEST)}m`,
    // The next server would compute, and be paid for, the same answer.
    'proxy-next-upstream': 'off',
    ...(perAddress && { [RATE_ANNOTATIONS[perAddress.unit] ?? 'limit-rpm']: String(perAddress.requests) }),
    ...(connectionsPerAddress !== undefined && { 'limit-connections': String(connectionsPerAddress) }),
    ...(match?.pathPrefix !== undefined && { 'use-regex': 'true', 'rewrite-target': '$1' }),
  };
}

const RATE_ANNOTATIONS: Readonly<Partial<Record<string, string>>> = { Second: 'limit-rps', Minute: 'limit-rpm' };

function limitProblems({ limits }: InferenceRouteProps): Problem[] {
  const unit = limits?.perAddress?.unit;
  if (unit === undefined || RATE_ANNOTATIONS[unit] !== undefined) return [];
  return [
    {
      check: 'gateway-feature',
      message: `limits.perAddress is per ${unit}; nginx counts requests of a second or of a minute.`,
      remedy: "Use unit 'Second' or 'Minute', or a Gateway of Envoy Gateway.",
    },
  ];
}

/** nginx knows one Service beside the one that serves: by a share of requests, by a header, or by both. */
function canaryProblems({ backends, smokeRoute }: InferenceRouteProps): Problem[] {
  const beside = new Set([...backends.slice(1), smokeRoute?.backend ?? []].flat().map(({ service }) => service));
  if (beside.size <= 1) return [];
  return [
    {
      check: 'gateway-feature',
      message: `Beside ${backends[0]?.service} requests are to reach ${[...beside].join(' and ')}; nginx knows one canary for each path.`,
      remedy: 'Name one Service for both the weight and the header, or use a Gateway.',
    },
  ];
}

function endlessProblems({ requestTimeout }: InferenceRouteProps): Problem[] {
  if (requestTimeout.toMilliseconds({ integral: false }) > 0) return [];
  return [
    {
      check: 'gateway-feature',
      message: 'requestTimeout is 0, and nginx has no way to wait without end: it would wait for 60 s.',
      remedy: 'State the longest that one answer may take.',
    },
  ];
}
