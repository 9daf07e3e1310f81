import { Size, SizeRoundingBehavior } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { InferenceRouteProps, RouteBackend } from './inference-route-props';
import { nginxErrors, nginxWarnings, RATE_ANNOTATIONS } from './nginx-route-problems';
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
  findings: (props) => ({ errors: nginxErrors(props), warnings: nginxWarnings(props) }),
  build: (scope, name, props) => {
    const [serving, candidate] = props.backends;
    // Without a pod behind the Ingress itself nginx answers 503, whatever the canary's weight (kubernetes/ingress-nginx#9635):
    // a candidate that gets everything, while the others are replaced, has the Ingress to itself.
    if (serving?.weight === 0 && candidate && candidate.weight !== 0) {
      return addIngress(scope, 'Default', name, props, candidate);
    }
    const ingress = addIngress(scope, 'Default', name, props, serving ?? { service: name, port: 80 });
    const smoke = smokeHeader(props);
    const tried = candidate ?? props.smokeRoute?.backend;
    if (tried) {
      addIngress(scope, 'canary', `${name}-canary`, props, tried, {
        canary: 'true',
        ...weightOf(candidate?.weight ?? 0, serving?.weight ?? 100),
        ...(smoke && { 'canary-by-header': smoke.header, 'canary-by-header-value': smoke.value }),
      });
    }
    return ingress;
  },
};

/** The share of the canary. A total below 100 is read as 100 (balancer.lua), so a small one is multiplied. */
function weightOf(canary: number, serving: number): Readonly<Record<string, string>> {
  const times = Math.ceil(100 / Math.max(1, Math.min(100, canary + serving)));
  return { 'canary-weight': String(canary * times), 'canary-weight-total': String((canary + serving) * times) };
}

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
  const asRegex = isRegex(props);
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
            ...(asRegex
              ? { path: regexOf(path, match?.pathPrefix), pathType: 'ImplementationSpecific' }
              : { path, pathType: 'Prefix' }),
            backend: { service: { name: service, port: { number: port } } },
          })),
        },
      })),
    },
  });
}

/** What the controller's webhook lets pass as a Prefix (strict-validate-path-type); a "." only since 1.12.6 and 1.13.2. */
const PLAIN_PATH = /^[\w/-]*$/;

/** Whether paths are written as regular expressions: all of an Ingress, since the annotation is about all of them. */
const isRegex = ({ paths = DEFAULT_PATHS, match }: InferenceRouteProps) =>
  match?.pathPrefix !== undefined || !paths.every((path) => PLAIN_PATH.test(path));

/** The path and what is below it; what comes after a prefix is what the server sees. */
function regexOf(path: string, prefix: string | undefined): string {
  const below = `${literal(path.replace(/\/$/, ''))}(?:/.*)?`;
  return prefix === undefined ? `${below}$` : `${literal(prefix)}(${below})$`;
}

/** A path within a regular expression. */
const literal = (path: string) => path.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&');

/** All values are texts; nginx counts in seconds without a unit. */
function annotations(props: InferenceRouteProps): Record<string, string> {
  const { requestTimeout, limits, match, largestRequest = LARGEST_REQUEST } = props;
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
    'proxy-body-size': `${Math.ceil(largestRequest.toMebibytes({ rounding: SizeRoundingBehavior.NONE }))}m`,
    // The next server would compute, and be paid for, the same answer.
    'proxy-next-upstream': 'off',
    ...(perAddress && {
      [RATE_ANNOTATIONS[perAddress.unit] ?? 'limit-rpm']: String(perAddress.requests),
      // Otherwise five times as many pass at once.
      'limit-burst-multiplier': '1',
    }),
    ...(connectionsPerAddress !== undefined && { 'limit-connections': String(connectionsPerAddress) }),
    ...(isRegex(props) && { 'use-regex': 'true' }),
    ...(match?.pathPrefix !== undefined && { 'rewrite-target': '$1' }),
  };
}
