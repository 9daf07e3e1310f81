import { SizeRoundingBehavior } from 'cdk8s';
import { Problem } from '../problem/problem';
import { InferenceRouteProps } from './inference-route-props';
import { IngressReference } from './ingress-reference';
import { unreadAuthentication } from './plain-gateway-route';
import { smokeHeader } from './route-rules';

/** Annotations that count requests, by the time in which they count. */
export const RATE_ANNOTATIONS: Readonly<Partial<Record<string, string>>> = { Second: 'limit-rps', Minute: 'limit-rpm' };

/** The largest number of connections that `limit_conn` takes. */
const MOST_CONNECTIONS = 65_535;

const GATEWAY = 'or use a Gateway';

/** What ingress-nginx cannot do of a route beside what it has no word for. */
export function nginxErrors(props: InferenceRouteProps): Problem[] {
  return [
    ...unreadAuthentication(
      props,
      `The IngressClass ${props.gateway.name} is nginx`,
      'Use a Gateway of Envoy Gateway; or leave authentication out, and have the controller ask (auth-url).',
    ),
    ...limitProblems(props),
    ...canaryProblems(props),
    ...headerProblems(props),
    ...sizeProblems(props),
    ...endlessProblems(props),
  ];
}

/** What a route through ingress-nginx risks. */
export function nginxWarnings(props: InferenceRouteProps): Problem[] {
  return [
    {
      check: 'ingress-nginx-retired',
      message: `The route enters by the IngressClass ${props.gateway.name}: ingress-nginx is retired. It was announced on 11 November 2025; since March 2026 nobody mends its holes (kubernetes.io/blog/2025/11/11/ingress-nginx-retirement).`,
      remedy: 'Move to a Gateway: new GatewayReference({ name, namespace, implementation }).',
    },
    ...reloadWarnings(props),
  ];
}

const refused = (message: string, remedy: string): Problem => ({ check: 'gateway-feature', message, remedy });

function limitProblems({ limits }: InferenceRouteProps): Problem[] {
  const { unit, requests } = limits?.perAddress ?? {};
  return [
    ...((limits?.connectionsPerAddress ?? 0) <= MOST_CONNECTIONS
      ? []
      : [
          refused(
            `limits.connectionsPerAddress is ${limits?.connectionsPerAddress}; nginx counts to ${MOST_CONNECTIONS}.`,
            'Lower it, or leave it out: so many are no limit.',
          ),
        ]),
    ...(unit === undefined || RATE_ANNOTATIONS[unit] !== undefined
      ? []
      : [
          refused(
            `limits.perAddress is per ${unit}; nginx counts requests of a second or of a minute.`,
            `Use unit 'Second' or 'Minute', ${GATEWAY} of Envoy Gateway.`,
          ),
        ]),
    ...(requests === 0
      ? [
          refused(
            'limits.perAddress lets no request through, and nginx reads 0 as no limit at all.',
            'State at least one request, or remove the route.',
          ),
        ]
      : []),
  ];
}

/** nginx knows one Service beside the one that serves: by a share of requests, by a header, or by both. */
function canaryProblems({ backends, smokeRoute }: InferenceRouteProps): Problem[] {
  const beside = new Set([...backends.slice(1), smokeRoute?.backend ?? []].flat().map(({ service }) => service));
  if (beside.size <= 1) return [];
  return [
    refused(
      `Beside ${backends[0]?.service} requests are to reach ${[...beside].join(' and ')}; nginx knows one canary for each path.`,
      `Name one Service for both the weight and the header, ${GATEWAY}.`,
    ),
  ];
}

/** nginx drops headers with other characters; the controller ignores values with others (canary/main.go, BasicCharsRegex). */
function headerProblems(props: InferenceRouteProps): Problem[] {
  const { header, value } = smokeHeader(props) ?? {};
  return [
    ...(header === undefined || /^[A-Za-z0-9-]+$/.test(header)
      ? []
      : [
          refused(
            `nginx drops the header ${JSON.stringify(header.slice(0, 80))} of a request: names have letters, digits and "-".`,
            `Use another name for smokeRoute.header, such as x-model-track, ${GATEWAY}.`,
          ),
        ]),
    ...(value === undefined || /^[-\w.~/: ]+$/.test(value)
      ? []
      : [
          refused(
            `ingress-nginx ignores ${JSON.stringify(value.slice(0, 80))} as the value of a header: it takes letters, digits, blanks and "-._~/:".`,
            `Use another smokeRoute.value, such as canary, ${GATEWAY}.`,
          ),
        ]),
  ];
}

function sizeProblems({ largestRequest }: InferenceRouteProps): Problem[] {
  if (!largestRequest || largestRequest.toMebibytes({ rounding: SizeRoundingBehavior.NONE }) > 0) return [];
  return [
    refused(
      'largestRequest is 0, and nginx reads 0 as no limit at all.',
      'State the largest request, or leave it out.',
    ),
  ];
}

function endlessProblems({ requestTimeout }: InferenceRouteProps): Problem[] {
  if (requestTimeout.toMilliseconds({ integral: false }) > 0) return [];
  return [
    refused(
      'requestTimeout is 0, and nginx has no way to wait without end: it would wait for 60 s.',
      'State the longest that one answer may take.',
    ),
  ];
}

/** Every change of any Ingress of the class is a reload: nginx begins anew, and what the old processes answer ends in time or is cut. */
function reloadWarnings({ gateway, requestTimeout }: InferenceRouteProps): Problem[] {
  const { reloadSeconds } = gateway as IngressReference;
  const seconds = Math.ceil(requestTimeout.toSeconds({ integral: false }));
  if (seconds <= reloadSeconds) return [];
  return [
    {
      check: 'answer-cut',
      message: `An answer may take ${seconds} s, and ingress-nginx cuts those that run ${reloadSeconds} s after any change of its configuration, by whomever: worker-shutdown-timeout of its ConfigMap (kubernetes/ingress-nginx#8977).`,
      remedy: `Have the platform team set worker-shutdown-timeout to ${seconds}s and give the controller's pods that long to end, and state it as workerShutdownTimeout of the IngressReference; ${GATEWAY}, which lets streams end.`,
    },
  ];
}
