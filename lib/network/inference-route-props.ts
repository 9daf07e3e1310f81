import { Duration } from 'cdk8s';
import { GatewayReference } from './gateway-reference';
import { RouteAuthentication } from './route-authentication';

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
  /**
   * Who may call. Takes a Gateway whose implementation is `envoy-gateway`; others are refused, since they would ignore it.
   * @default - everybody who reaches the Gateway, which is a warning (`open-endpoint`)
   */
  readonly authentication?: RouteAuthentication;
  /**
   * Header in which the servers themselves ask every client for one key, such as `authorization` of vLLM with `apiKey`.
   * @default - they ask for none
   */
  readonly serverKeyHeader?: string;
}
