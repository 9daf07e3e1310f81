import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Findings, Problem } from '../problem/problem';
import { InferenceRouteProps } from './inference-route-props';

/** What a route may ask for that some gateways have no word for, by the prop that asks. */
const ASKS = {
  'match.headers': ({ match }) => Object.keys(match?.headers ?? {}).length > 0,
  InferencePools: ({ backends, smokeRoute }) => [...backends, smokeRoute?.backend].some((each) => each?.pool === true),
  mirror: ({ mirror }) => mirror !== undefined,
  fallback: ({ fallback }) => fallback !== undefined,
  'limits.perAddress': ({ limits }) => limits?.perAddress !== undefined,
  'limits.connectionsPerAddress': ({ limits }) => limits?.connectionsPerAddress !== undefined,
  'limits.parallelRequests': ({ limits }) => limits?.parallelRequests !== undefined,
  tls: ({ tls }) => tls !== undefined,
} as const satisfies Readonly<Record<string, (props: InferenceRouteProps) => boolean>>;

export type RouteFeature = keyof typeof ASKS;

/** How one implementation is told a route. */
export interface RouteBuilder {
  /** What it has no word for, and what to do instead. */
  readonly lacks: Readonly<Partial<Record<RouteFeature, string>>>;
  /** What else it cannot do of the route, and what it does worse than others. */
  findings(props: InferenceRouteProps, name: string): Findings;
  /** Writes the route, and what this implementation reads about it. @returns the route itself */
  build(scope: Construct, name: string, props: InferenceRouteProps): ApiObject;
}

/** Props that the gateway would ignore. */
export function lackProblems({ lacks }: RouteBuilder, props: InferenceRouteProps): Problem[] {
  return (Object.keys(ASKS) as RouteFeature[]).flatMap((feature) => {
    const remedy = lacks[feature];
    return remedy !== undefined && ASKS[feature](props)
      ? [{ check: 'gateway-feature', message: `The ${props.gateway.shown} cannot do ${feature}.`, remedy }]
      : [];
  });
}
