import { listOf, mapOf, textOf } from './manifest-identity';

/** A header or a query parameter that a request must have. */
export interface RequiredValue {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
}

/** Which requests a rule of a route takes, with what the API server fills in, and in one order. */
export interface RouteMatch {
  readonly path: { readonly type: string; readonly value: string };
  readonly headers: readonly RequiredValue[];
  readonly queryParams: readonly RequiredValue[];
  readonly method: string;
}

/**
 * A match of an HTTPRoute as the API server reads it. Headers with names in any case are the same.
 *
 * @source Gateway API reference, HTTPRouteMatch
 */
export function routeMatch(match: unknown): RouteMatch {
  const { path, headers, queryParams, method } = mapOf(match);
  const { type, value } = mapOf(path);
  return {
    path: { type: textOf(type) || 'PathPrefix', value: textOf(value) || '/' },
    headers: required(headers).map(({ name, ...rest }) => ({ name: name.toLowerCase(), ...rest })),
    queryParams: required(queryParams),
    method: textOf(method),
  };
}

/** Those of a rule; one without any takes everything. */
export function routeMatches(rule: unknown): RouteMatch[] {
  const matches = listOf(mapOf(rule).matches);
  return (matches.length > 0 ? matches : [{}]).map(routeMatch);
}

const required = (values: unknown): RequiredValue[] =>
  listOf(values)
    .map(mapOf)
    .map(({ name, type, value }) => ({ name: textOf(name), type: textOf(type) || 'Exact', value: value ?? '' }))
    .sort((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1));
