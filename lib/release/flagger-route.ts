import { CanarySpecService, CanarySpecServiceRewriteType } from '../../imports/flagger.app';
import { HttpRouteSpec, HttpRouteSpecRules, HttpRouteSpecRulesMatches } from '../../imports/gateway.networking.k8s.io';
import { Problem } from '../problem/problem';

/** What Flagger makes its HTTPRoute from. */
export type FlaggerRoute = Pick<
  CanarySpecService,
  'hosts' | 'gatewayRefs' | 'match' | 'headers' | 'rewrite' | 'timeout'
>;

/**
 * An HTTPRoute in the words of Flagger, which are those of Istio (fluxcd/flagger pkg/router/gateway_api.go): one rule, with
 * weights between two Services that are its own.
 */
export function flaggerRoute({ parentRefs = [], hostnames = [], rules = [] }: HttpRouteSpec): FlaggerRoute {
  const [{ matches = [], filters = [], timeouts }] = rules as [HttpRouteSpecRules];
  const remove = filters.flatMap(({ requestHeaderModifier }) => requestHeaderModifier?.remove ?? []);
  const rewritten = filters.map(({ urlRewrite }) => urlRewrite?.path?.replacePrefixMatch).find((path) => path);
  return {
    hosts: hostnames,
    gatewayRefs: parentRefs.map(({ name, namespace, sectionName }) => ({ name, namespace, sectionName })),
    match: matches.map(matchOf),
    ...(remove.length > 0 && { headers: { request: { remove } } }),
    ...(rewritten && { rewrite: { uri: rewritten, type: CanarySpecServiceRewriteType.REPLACE_PREFIX_MATCH } }),
    timeout: timeouts?.request,
  };
}

function matchOf({ path, headers = [] }: HttpRouteSpecRulesMatches) {
  return {
    ...(path?.value !== undefined && { uri: { prefix: path.value } }),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map(({ name, value }) => [name, { exact: value }])),
    }),
  };
}

/** What of an HTTPRoute Flagger has no word for. */
export function flaggerRouteProblems(service: string, { rules = [] }: HttpRouteSpec): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'canary-shape', message, remedy });
  return [
    ...(rules.length > 1
      ? [
          problem(
            `The route of ${service} has ${rules.length} rules, and Flagger writes one.`,
            'Name a single path beside match.pathPrefix, or leave the prefix out.',
          ),
        ]
      : []),
  ];
}
