import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  HttpRoute,
  HttpRouteSpecRules,
  HttpRouteSpecRulesMatchesPathType,
} from '../../imports/gateway.networking.k8s.io';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../problem/names';
import { formatProblem, Problem } from '../problem/problem';
import { gatewayDuration, gatewayDurationProblems } from './gateway-duration';
import { GatewayReference } from './gateway-reference';
import { portProblems } from './port';

/** A Service in the namespace of the route that answers requests. */
export interface RouteBackend {
  /** Name of the Service. */
  readonly service: string;
  /** Port of the Service. */
  readonly port: number;
  /**
   * Share of new requests: a whole number from 0 to 100, relative to the sum over all backends. 0 sends none.
   * Running requests are not cut when it changes.
   * @default - all requests, for the only backend; several backends must all state one
   */
  readonly weight?: number;
}

/** A way to one backend past the weights, for those who send a header: to try a release before it has traffic. */
export interface SmokeRoute {
  /** @default 'x-model-track' */
  readonly header?: string;
  /** The header's exact value, such as `canary`. */
  readonly value: string;
  readonly backend: Omit<RouteBackend, 'weight'>;
}

export interface InferenceRouteProps {
  /**
   * Name of the HTTPRoute.
   * @default - the construct's id
   */
  readonly name?: string;
  /** Labels of the HTTPRoute. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  readonly gateway: GatewayReference;
  /** Host names that clients call, at least one and at most 16. `*.example.com` is possible. */
  readonly hostnames: readonly string[];
  /** At least one. Weights must not be 0 everywhere. */
  readonly backends: readonly RouteBackend[];
  /** @default - none */
  readonly smokeRoute?: SmokeRoute;
  /**
   * The longest that one answer may take, from the request's first byte to the last byte of the stream. Without it Envoy
   * Gateway cuts after 15 s. 0 switches the limit off.
   */
  readonly requestTimeout: Duration;
  /**
   * Paths that clients may call, with everything below them; at most 64. All else answers 404, so the endpoints that
   * servers do not guard by a key (`/metrics`, `/pause`, `/invocations` of vLLM and others) stay inside. `/` is refused.
   * NIM from 1.5 on tells its metrics on `/v1/metrics`: name single paths to keep them inside too.
   * @default ['/v1']
   */
  readonly paths?: readonly string[];
}

function hostnameProblems(hostnames: readonly string[]): Problem[] {
  if (hostnames.length < 1 || hostnames.length > 16) {
    return [
      {
        check: 'route-hostnames',
        message: `The route has ${hostnames.length} host names; an HTTPRoute takes 1 to 16.`,
        remedy: 'A route without any would answer for every host of the Gateway. Name the hosts that clients call.',
      },
    ];
  }
  return hostnames.flatMap((name) => dnsSubdomainProblems('host name', name.replace(/^\*\./, '')));
}

function pathProblems(paths: readonly string[]): Problem[] {
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
    } else if (!/^\/[-\w.~!$&'()*+,;=:@/]+$/.test(path) || /\/\/|\/\.{1,2}(\/|$)/.test(path) || path.length > 1024) {
      problems.push({
        check: 'route-paths',
        message: `${JSON.stringify(path.slice(0, 80))} is not a path that an HTTPRoute can match.`,
        remedy: 'Begin with "/", without "//", "/./", "/../", "%", "?" or "#", at most 1024 characters.',
      });
    }
  }
  return problems;
}

function backendProblems(backend: Omit<RouteBackend, 'weight'>): Problem[] {
  return [...dnsLabelProblems('service name', backend.service), ...portProblems('The backend', [backend.port])];
}

function weightProblems(backends: readonly RouteBackend[]): Problem[] {
  if (backends.length < 1 || backends.length > 16) {
    return [
      {
        check: 'route-backends',
        message: `The route has ${backends.length} backends; a rule of an HTTPRoute takes 1 to 16.`,
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

function smokeProblems({ header = 'x-model-track', value, backend }: SmokeRoute): Problem[] {
  const problems = backendProblems(backend);
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

/**
 * The way from a Gateway to the model: one HTTPRoute with the paths that clients may call, the weights of releases, and
 * a timeout that covers the whole stream.
 */
export class InferenceRoute extends Construct {
  readonly route: HttpRoute;

  constructor(scope: Construct, id: string, props: InferenceRouteProps) {
    super(scope, id);
    const { name = id, gateway, hostnames, backends, smokeRoute, requestTimeout, paths = ['/v1'] } = props;

    const timeout = gatewayDuration(requestTimeout);
    // The backend may use all of the request's time: a retry would pay for the same answer twice.
    const timeouts = { request: timeout, backendRequest: timeout };
    const matches = paths.map((value) => ({ path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value } }));
    const backendRef = ({ service, port, weight }: RouteBackend) => ({
      name: service,
      port,
      ...(weight !== undefined && { weight }),
    });

    const rules: HttpRouteSpecRules[] = [{ matches, backendRefs: backends.map(backendRef), timeouts }];
    if (smokeRoute) {
      const { header = 'x-model-track', value, backend } = smokeRoute;
      const headers = [{ name: header, value }];
      const { service, port } = backend;
      rules.unshift({
        matches: matches.map((match) => ({ ...match, headers })),
        backendRefs: [backendRef({ service, port })],
        timeouts,
      });
    }

    const { sectionName } = gateway;
    this.route = new HttpRoute(this, 'Default', {
      metadata: { name, labels: props.labels },
      spec: {
        parentRefs: [{ name: gateway.name, namespace: gateway.namespace, ...(sectionName && { sectionName }) }],
        hostnames: [...hostnames],
        rules,
      },
    });

    const problems: Problem[] = [
      ...dnsSubdomainProblems('route name', name),
      ...labelProblems('route label', props.labels ?? {}),
      ...hostnameProblems(hostnames),
      ...backends.flatMap(backendProblems),
      ...weightProblems(backends),
      ...(smokeRoute ? smokeProblems(smokeRoute) : []),
      ...gatewayDurationProblems('requestTimeout', requestTimeout),
      ...pathProblems(paths),
    ];
    this.node.addValidation({ validate: () => problems.map(formatProblem) });
  }
}
