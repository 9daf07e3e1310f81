import {
  HttpRouteSpecRules,
  HttpRouteSpecRulesBackendRefs,
  HttpRouteSpecRulesFilters,
  HttpRouteSpecRulesFiltersType,
  HttpRouteSpecRulesFiltersUrlRewritePathType,
  HttpRouteSpecRulesMatches,
  HttpRouteSpecRulesMatchesPathType,
  HttpRouteSpecRulesTimeouts,
} from '../../imports/gateway.networking.k8s.io';
import { gatewayDuration } from './gateway-duration';
import { InferenceRouteProps, RouteBackend, RouteMatch } from './inference-route-props';

export const DEFAULT_PATHS: readonly string[] = ['/v1'];

/** Rules of one HTTPRoute (Gateway API 1.6, maxItems). */
export const MOST_RULES = 16;

/** Of InferencePools. */
export const POOL_GROUP = 'inference.networking.k8s.io';

const SMOKE_HEADER = 'x-model-track';

/** A reference to a Service, or to an InferencePool, which knows its ports itself. */
export const serviceRef = ({ service, port, weight, pool }: RouteBackend): HttpRouteSpecRulesBackendRefs => ({
  ...(pool === true && { group: POOL_GROUP, kind: 'InferencePool' }),
  name: service,
  ...(pool !== true && { port }),
  ...(weight !== undefined && { weight }),
});

/** The header that leads past the weights, in full. */
export function smokeHeader({
  smokeRoute,
}: Pick<InferenceRouteProps, 'smokeRoute'>): { header: string; value: string } | undefined {
  return smokeRoute && { header: smokeRoute.header ?? SMOKE_HEADER, value: smokeRoute.value };
}

/** The whole answer may take that long; so may the only attempt at it: a retry would pay for the same answer twice. */
export function wholeAnswer({
  requestTimeout,
}: Pick<InferenceRouteProps, 'requestTimeout'>): HttpRouteSpecRulesTimeouts {
  const timeout = gatewayDuration(requestTimeout);
  return { request: timeout, backendRequest: timeout };
}

/** Paths that share a rule: all of them, or each alone where what stands before it is cut off. */
function rulePaths(paths: readonly string[], { pathPrefix }: RouteMatch): (readonly string[])[] {
  return pathPrefix === undefined ? [paths] : paths.map((path) => [path]);
}

/** How many rules the route has: a way past the weights doubles them. */
export function ruleCount({ paths = DEFAULT_PATHS, match = {}, smokeRoute }: InferenceRouteProps): number {
  return rulePaths(paths, match).length * (smokeRoute ? 2 : 1);
}

/**
 * The rules of the HTTPRoute, the same for every gateway but for what it does not take.
 *
 * @param backendRefs who answers
 * @param timeouts left out where the gateway refuses routes that have some
 */
export function routeRules(
  props: InferenceRouteProps,
  backendRefs: readonly HttpRouteSpecRulesBackendRefs[],
  timeouts?: HttpRouteSpecRulesTimeouts,
): HttpRouteSpecRules[] {
  const { paths = DEFAULT_PATHS, match = {}, authentication, mirror, smokeRoute } = props;
  const rule = (
    some: readonly string[],
    headers: Readonly<Record<string, string>>,
    filters: HttpRouteSpecRulesFilters[],
    refs: readonly HttpRouteSpecRulesBackendRefs[],
  ): HttpRouteSpecRules => ({
    matches: some.map((path) => matchOf(`${match.pathPrefix ?? ''}${path}`, headers)),
    ...(filters.length > 0 && { filters }),
    backendRefs: [...refs],
    ...(timeouts && { timeouts }),
  });
  const token = authentication?.method.kind === 'jwt' ? [withoutHeader(authentication.keyHeader)] : [];
  const smoke = smokeHeader(props);
  const groups = rulePaths(paths, match).map((some) => ({
    some,
    filters: [...token, ...(match.pathPrefix === undefined ? [] : some.map(rewrittenTo))],
  }));
  return [
    ...(smoke && smokeRoute
      ? groups.map(({ some, filters }) => {
          const { service, port, pool } = smokeRoute.backend;
          return rule(some, { ...match.headers, [smoke.header]: smoke.value }, filters, [
            serviceRef({ service, port, pool }),
          ]);
        })
      : []),
    ...groups.map(({ some, filters }) =>
      rule(some, { ...match.headers }, [...filters, ...(mirror ? [copiedTo(mirror)] : [])], backendRefs),
    ),
  ];
}

/** A path with everything below it, and headers. */
export function matchOf(value: string, headers: Readonly<Record<string, string>>): HttpRouteSpecRulesMatches {
  const wanted = Object.entries(headers).map(([name, text]) => ({ name, value: text }));
  return {
    path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value },
    ...(wanted.length > 0 && { headers: wanted }),
  };
}

/** Envoy takes API keys out by itself; a token would go on to the server. */
const withoutHeader = (name: string): HttpRouteSpecRulesFilters => ({
  type: HttpRouteSpecRulesFiltersType.REQUEST_HEADER_MODIFIER,
  requestHeaderModifier: { remove: [name] },
});

const copiedTo = ({ service, port, pool }: RouteBackend): HttpRouteSpecRulesFilters => ({
  type: HttpRouteSpecRulesFiltersType.REQUEST_MIRROR,
  requestMirror: { backendRef: serviceRef({ service, port, pool }) },
});

const rewrittenTo = (path: string): HttpRouteSpecRulesFilters => ({
  type: HttpRouteSpecRulesFiltersType.URL_REWRITE,
  urlRewrite: {
    path: { type: HttpRouteSpecRulesFiltersUrlRewritePathType.REPLACE_PREFIX_MATCH, replacePrefixMatch: path },
  },
});
