import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { requestQuotaProblems } from './client-quotas';
import { gatewayDurationProblems } from './gateway-duration';
import { InferenceRouteProps, RouteGateway, RouteBackend } from './inference-route-props';
import { portProblems } from './port';
import { DEFAULT_PATHS, MOST_RULES, ruleCount, smokeHeader } from './route-rules';

/** Of a path, of headers in one match, and of those who answer one rule (Gateway API 1.6: maxLength, maxItems). */
const MOST_PATH = 1024;
const MOST_HEADERS = 16;
const MOST_BACKENDS = 16;

export function hostnameProblems(hostnames: readonly string[]): Problem[] {
  if (hostnames.length < 1 || hostnames.length > 16) {
    return [
      {
        check: 'route-hostnames',
        message: `The route has ${hostnames.length} host names; an HTTPRoute takes 1 to 16.`,
        remedy: 'A route without any would answer for every host of the Gateway. Name the hosts that clients call.',
      },
    ];
  }
  return hostnames.flatMap(hostProblems);
}

/** A host that clients call by its name. Neither a route nor an Ingress takes an address. */
export function hostProblems(host: string): Problem[] {
  return wholeHostProblems(host.replace(/^\*\./, ''));
}

/** The same without a wildcard. */
export function wholeHostProblems(host: string): Problem[] {
  if (!/^\d+(\.\d+){3}$/.test(host)) return dnsSubdomainProblems('host name', host);
  return [
    {
      check: 'route-hostnames',
      message: `The host name ${host} is an address.`,
      remedy: 'Use a name such as llama.example.com, and let it resolve to the address.',
    },
  ];
}

export function pathProblems(paths: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  if (paths.length < 1 || paths.length > 64) {
    problems.push({
      check: 'route-paths',
      message: `The route has ${paths.length} paths; a rule of an HTTPRoute takes 1 to 64.`,
      remedy: 'Name the paths that clients may call, such as /v1.',
    });
  }
  for (const path of paths) {
    if (/^\/+$/.test(path)) {
      problems.push({
        check: 'route-paths',
        message: `The path ${JSON.stringify(path)} routes every endpoint of the server, those that no key guards among them.`,
        remedy: 'Name the paths that clients may call, such as /v1.',
      });
    } else if (
      !/^\/[-\w.~!$&'()*+,;=:@/]+$/.test(path) ||
      /\/\/|\/\.{1,2}(\/|$)/.test(path) ||
      path.length > MOST_PATH
    ) {
      problems.push({
        check: 'route-paths',
        message: `${JSON.stringify(path.slice(0, 80))} is not a path that an HTTPRoute can match.`,
        remedy: `Begin with "/", without "//", "/./", "/../", "%", "?" or "#", at most ${MOST_PATH} characters.`,
      });
    }
  }
  return problems;
}

function backendProblems(backend: Omit<RouteBackend, 'weight'>): Problem[] {
  return [...dnsLabelProblems('service name', backend.service), ...portProblems('The backend', [backend.port])];
}

function weightProblems({ backends, fallback }: InferenceRouteProps): Problem[] {
  const answering = backends.length + (fallback ? 1 : 0);
  if (backends.length < 1 || answering > MOST_BACKENDS) {
    return [
      {
        check: 'route-backends',
        message: `The route has ${backends.length} backends${fallback ? ' and a fallback' : ''}; a rule of an HTTPRoute takes 1 to ${MOST_BACKENDS}.`,
        remedy: 'Name the Services that answer.',
      },
    ];
  }
  const problems: Problem[] = [];
  for (const { service, weight } of backends) {
    if (weight === undefined && backends.length > 1) {
      problems.push({
        check: 'canary-weight',
        message: `Backend ${service} has no weight, and Gateway API would count it as 1.`,
        remedy: 'Give every backend a weight when there are several.',
      });
    } else if (weight !== undefined && (!Number.isInteger(weight) || weight < 0 || weight > 100)) {
      problems.push({
        check: 'canary-weight',
        message: `Backend ${service} has the weight ${weight}; a weight is a whole number from 0 to 100.`,
        remedy: 'Use 0 for no traffic and 100 for all of it.',
      });
    }
  }
  if (problems.length === 0 && backends.every(({ weight }) => weight === 0)) {
    problems.push({
      check: 'canary-weight',
      message: `The weights of ${backends.map(({ service }) => service).join(', ')} sum to 0, so every request would fail.`,
      remedy: 'Give at least one backend a weight above 0.',
    });
  }
  return problems;
}

function smokeProblems(props: InferenceRouteProps): Problem[] {
  const { smokeRoute } = props;
  const smoke = smokeHeader(props);
  if (!smokeRoute || !smoke) return [];
  return [...backendProblems(smokeRoute.backend), ...headerProblems(smoke.header, smoke.value)];
}

function headerProblems(header: string, value: string): Problem[] {
  const problems: Problem[] = [];
  if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/.test(header)) {
    problems.push({
      check: 'route-header',
      message: `${JSON.stringify(header.slice(0, 80))} is not the name of an HTTP header.`,
      remedy: 'Use letters, digits and "-", such as x-model-track.',
    });
  }
  if (!/^[!-~]([ -~]{0,4094}[!-~])?$/.test(value) || value.includes('${')) {
    problems.push({
      check: 'route-header',
      message: `${JSON.stringify(value.slice(0, 80))} cannot be the value of the header.`,
      remedy: 'Use 1 to 4096 printable ASCII characters without outer blanks and without "${", such as canary.',
    });
  }
  return problems;
}

/** Gateway and server must not ask for a key in the same header. */
function keyHeaderProblems({ authentication, serverKeyHeader }: InferenceRouteProps): Problem[] {
  if (!authentication || serverKeyHeader?.toLowerCase() !== authentication.keyHeader) return [];
  return [
    {
      check: 'route-authentication',
      message: `Gateway and server both ask for a key in the header ${authentication.keyHeader}; the gateway takes its own out, so the server would answer 401 to everybody.`,
      remedy:
        "Remove apiKey from the runtime: nobody reaches it around the gateway. Or have the gateway's key in another header, such as header: 'x-api-key'.",
    },
  ];
}

/** Pools that stand in for nobody: the Service that was meant would be asked, without a picker. */
function poolProblems({ pools = [], backends, smokeRoute, mirror }: InferenceRouteProps): Problem[] {
  const services = [
    ...new Set([...backends, smokeRoute?.backend ?? [], mirror ?? []].flat().map((each) => each.service)),
  ];
  const unknown = pools.map(({ service }) => service).filter((pool) => !services.includes(pool));
  return unknown.map((pool) => ({
    check: 'route-backends',
    message: `The pool ${pool} stands in for no backend of the route, which are ${services.join(', ')}.`,
    remedy: 'Give it the name of the Service that it stands in for, or leave it out.',
  }));
}

/** Gateway API mirrors to Services; whether a gateway mirrors to anything else is its own affair. */
function mirrorProblems(mirror: RouteBackend, { pools = [] }: InferenceRouteProps): Problem[] {
  if (mirror.pool !== true && !pools.some(({ service }) => service === mirror.service)) return [];
  return [
    {
      check: 'gateway-feature',
      message: `Requests are copied to Services only, and ${mirror.service} is an InferencePool.`,
      remedy:
        'Release with CanaryStrategy.weightedTwins(), or leave the endpoint picker out while requests are copied.',
    },
  ];
}

function matchProblems(props: InferenceRouteProps): Problem[] {
  const { match = {}, paths = DEFAULT_PATHS } = props;
  const { pathPrefix, headers = {} } = match;
  const names = [...Object.keys(headers), smokeHeader(props)?.header ?? []].flat();
  const twice = names.filter((name, at) => names.findIndex((one) => one.toLowerCase() === name.toLowerCase()) < at);
  return [
    ...(pathPrefix === undefined ? [] : pathPrefixProblems(pathPrefix, paths)),
    ...(names.length > MOST_HEADERS
      ? [
          {
            check: 'route-header',
            message: `A request must have ${names.length} headers${props.smokeRoute ? ', with that of the canary' : ''}; a rule of an HTTPRoute asks for ${MOST_HEADERS} at most.`,
            remedy: 'Name fewer in match.headers.',
          },
        ]
      : []),
    ...Object.entries(headers).flatMap(([name, value]) => headerProblems(name, value)),
    ...twice.map((name) => ({
      check: 'route-header',
      message: `The header ${name} is asked for twice, so no request could have both values.`,
      remedy: 'Use one header to find the model, and another for the track of a release.',
    })),
  ];
}

function pathPrefixProblems(pathPrefix: string, paths: readonly string[]): Problem[] {
  const longest = Math.max(...paths.map((path) => path.length));
  const length = pathPrefix.length + longest;
  return [
    ...(length > MOST_PATH && longest <= MOST_PATH && pathPrefix.length <= MOST_PATH
      ? [
          {
            check: 'route-paths',
            message: `match.pathPrefix and the longest path are ${length} characters together; an HTTPRoute matches ${MOST_PATH}.`,
            remedy: `Shorten the prefix by ${length - MOST_PATH}.`,
          },
        ]
      : []),
    ...(pathPrefix.endsWith('/')
      ? [
          {
            check: 'route-paths',
            message: `The path prefix ${JSON.stringify(pathPrefix.slice(0, 80))} ends with "/".`,
            remedy: 'Leave the last "/" out: paths begin with one.',
          },
        ]
      : pathProblems([pathPrefix])),
  ];
}

function ruleProblems(props: InferenceRouteProps): Problem[] {
  const rules = ruleCount(props);
  if (rules <= MOST_RULES) return [];
  return [
    {
      check: 'route-paths',
      message: `With match.pathPrefix each path is a rule of its own${props.smokeRoute ? ', and another for the header of the canary' : ''}: ${rules} rules, of which an HTTPRoute takes ${MOST_RULES}.`,
      remedy: 'Name fewer and shorter paths, such as /v1/chat, or give the model a host name of its own.',
    },
  ];
}

function limitProblems({ limits = {} }: InferenceRouteProps): Problem[] {
  const { perAddress, connectionsPerAddress, parallelRequests } = limits;
  return [
    ...(perAddress ? requestQuotaProblems('numbers', 'limits.perAddress', perAddress) : []),
    ...wholeNumberProblems('limits.connectionsPerAddress', connectionsPerAddress, 1),
    ...wholeNumberProblems('limits.parallelRequests', parallelRequests, 1, 2 ** 32 - 1),
  ];
}

function fallbackProblems({ fallback, backends }: InferenceRouteProps): Problem[] {
  if (!fallback) return [];
  return [
    ...backendProblems(fallback),
    ...(backends.some(({ service }) => service === fallback.service)
      ? [
          {
            check: 'route-backends',
            message: `The fallback is ${fallback.service}, which is asked first already: it would be no less busy the second time.`,
            remedy: 'Name the Service of another model.',
          },
        ]
      : []),
  ];
}

function tlsProblems({ tls }: InferenceRouteProps): Problem[] {
  if (!tls) return [];
  return [
    ...(tls.secretName === undefined ? [] : dnsSubdomainProblems('Secret name', tls.secretName)),
    ...(tls.clusterIssuer === undefined ? [] : dnsSubdomainProblems('ClusterIssuer name', tls.clusterIssuer)),
  ];
}

/** Risks of a route that is written all the same. */
export function routeWarnings({ gateway, hostnames, authentication, serverKeyHeader }: InferenceRouteProps): Problem[] {
  if (authentication || serverKeyHeader !== undefined || hostnames.length === 0) return [];
  return [
    {
      check: 'open-endpoint',
      message: `Whoever reaches the ${gateway.shown} may use the model at ${hostnames.join(', ')}: the route asks for no key.`,
      remedy: `${howToAsk(gateway)}; waive this where the Gateway is not reached from outside, or asks by itself.`,
    },
  ];
}

/** Where route and gateway can ask for a key. */
function howToAsk({ implementation }: RouteGateway): string {
  const byServer = 'Have the server ask: apiKey of a VllmRuntime, SglangRuntime or TgiRuntime';
  if (implementation === 'ingress-nginx') return `${byServer}; or the controller (auth-url)`;
  if (implementation === 'gke')
    return `${byServer}; or Google (Identity-Aware Proxy, in a GCPBackendPolicy for each Service)`;
  return 'Give it authentication: RouteAuthentication.apiKeys(…) or .jwt(…)';
}

/** Everything that Gateway API refuses in a route, that would send requests nowhere, or that nobody would check. */
export function routeProblems(name: string, props: InferenceRouteProps): Problem[] {
  const { hostnames, backends, mirror, requestTimeout, paths = DEFAULT_PATHS } = props;
  return [
    ...dnsSubdomainProblems('route name', name),
    ...labelProblems('route label', props.labels ?? {}),
    ...hostnameProblems(hostnames),
    ...backends.flatMap(backendProblems),
    ...weightProblems(props),
    ...smokeProblems(props),
    ...(mirror ? backendProblems(mirror) : []),
    ...(mirror ? mirrorProblems(mirror, props) : []),
    ...poolProblems(props),
    ...gatewayDurationProblems('requestTimeout', requestTimeout),
    ...pathProblems(paths),
    ...matchProblems(props),
    ...ruleProblems(props),
    ...limitProblems(props),
    ...fallbackProblems(props),
    ...tlsProblems(props),
    ...keyHeaderProblems(props),
  ];
}
