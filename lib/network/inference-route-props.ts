import { Duration, Size } from 'cdk8s';
import { ProbeEndpoint } from '../runtime/serving-runtime';
import { RequestQuota } from './client-quotas';
import { GatewayReference } from './gateway-reference';
import { IngressReference } from './ingress-reference';
import { RouteAuthentication } from './route-authentication';

/** Where requests enter the cluster: a Gateway, or an Ingress controller of old. */
export type RouteGateway = GatewayReference | IngressReference;

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
  /**
   * What answers well when a pod can serve, with the port of the pod. GKE asks it by itself, and without one it asks `/`, where
   * no inference server answers: the whole Service would be unhealthy. Other gateways believe Kubernetes.
   * @default - unknown, which a Gateway of GKE cannot do without
   */
  readonly readiness?: ProbeEndpoint;
  /** True when `service` is the name of an InferencePool instead: what the `backend` of one says. @default false */
  readonly pool?: boolean;
}

/** A way to one backend past the weights, for those who send a header: to try a release before it has traffic. */
export interface SmokeRoute {
  /** @default 'x-model-track' */
  readonly header?: string;
  /** The header's exact value, such as `canary`. */
  readonly value: string;
  readonly backend: Omit<RouteBackend, 'weight'>;
}

/**
 * What of a host name is this model's, where several share one. Gateways do not read the `model` of a request's body: that takes
 * an endpoint picker with body-based routing, or a router.
 */
export interface RouteMatch {
  /**
   * What comes before the path, such as `/llama3-8b`: clients call `/llama3-8b/v1/chat/completions`, and the server sees
   * `/v1/chat/completions`. With `/v2` beside it, two versions of a service answer on one host. Each of `paths` becomes a rule
   * of its own, of which an HTTPRoute takes 16.
   * @default - nothing
   */
  readonly pathPrefix?: string;
  /** Headers that a request must have, with their exact values, such as `x-model: llama3-8b`. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How much a route lets through. What is more is told so at once, instead of waiting for a GPU until its time is over. */
export interface RouteLimits {
  /**
   * Requests of each address; 429, or 503 with nginx, which lets one more pass at once. Behind a company's proxy, or a load
   * balancer that hides addresses, many clients are one address. Each proxy of the gateway counts by itself.
   * @default - as many as they like
   */
  readonly perAddress?: RequestQuota;
  /** Connections of each address at once, at most 65535; nginx only, which answers 503. @default - as many as they like */
  readonly connectionsPerAddress?: number;
  /**
   * Requests under way at once, for each proxy and each rule of the route: more are answered 503. Envoy Gateway only. Below what
   * the servers run at once, GPUs stand idle while clients are sent away; far above it, requests wait until they are cut.
   * @default 1024, Envoy's own
   */
  readonly parallelRequests?: number;
}

/** HTTPS of an Ingress. At a Gateway it is the listener's: see `InferenceGateway`. */
export interface RouteTls {
  /** Secret with the certificate, in the namespace of the route. @default - the name of the route and `-tls` */
  readonly secretName?: string;
  /** ClusterIssuer by which cert-manager makes the Secret. @default - somebody else makes it */
  readonly clusterIssuer?: string;
}

/** What a route asks for beside where it leads. */
export interface RouteBehaviour {
  /** @default - the whole host name */
  readonly match?: RouteMatch;
  /**
   * Who may call. Takes a Gateway whose implementation is `envoy-gateway`; others are refused, since they would ignore it.
   * @default - everybody who reaches the Gateway, which is a warning (`open-endpoint`)
   */
  readonly authentication?: RouteAuthentication;
  /** @default - none but those of `authentication` */
  readonly limits?: RouteLimits;
  /**
   * A Service that answers instead, request by request, when the servers say 503 or 429 or cannot be reached: a smaller model
   * that answers to the same name. It must let the gateway in, and have the room. Envoy Gateway only, with its `Backend` API
   * switched on (`extensionApis.enableBackend`) and the cluster's domain `cluster.local`.
   *
   * A request is sent again only as far as the proxy kept it: 32 KiB, unless a ClientTrafficPolicy says more, as that of an
   * `InferenceGateway` does. Servers that queue without end never say 503: vLLM from 0.29 on and SGLang are told a limit
   * (`--max-num-queued-reqs`, `--max-queued-requests`).
   * @default - none: clients are told that it is busy
   */
  readonly fallback?: Omit<RouteBackend, 'weight'>;
  /**
   * InferencePools that stand in for Services of the same name among the backends: what the `backend` of one says. Not for the
   * one that is mirrored to. @default - requests go to Services
   */
  readonly pools?: readonly Pick<RouteBackend, 'service'>[];
  /** HTTPS of an Ingress; refused at a Gateway, whose listener has it. @default - none */
  readonly tls?: RouteTls;
  /**
   * The largest request that is not too long for the model. nginx is told it, which otherwise answers 413 above 1 MiB;
   * Envoy and Google's load balancers pass on what comes. Written in whole MiB, a begun one counts.
   * @default Size.mebibytes(32)
   */
  readonly largestRequest?: Size;
  /**
   * Header in which the servers themselves ask every client for one key, such as `authorization` of vLLM with `apiKey`.
   * @default - they ask for none
   */
  readonly serverKeyHeader?: string;
}

export interface InferenceRouteProps extends RouteBehaviour {
  /**
   * Name of the HTTPRoute or Ingress.
   * @default - the construct's id
   */
  readonly name?: string;
  /** Labels of the route, and of the policies about it. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  readonly gateway: RouteGateway;
  /** Host names that clients call, at least one and at most 16. `*.example.com` is possible. */
  readonly hostnames: readonly string[];
  /** At least one. Weights must not be 0 everywhere. */
  readonly backends: readonly RouteBackend[];
  /** @default - none */
  readonly smokeRoute?: SmokeRoute;
  /**
   * A Service that gets a copy of every request and whose answers nobody reads: to load a candidate with real prompts. It pays
   * for each answer a second time. Its `weight` means nothing here.
   * @default - none
   */
  readonly mirror?: RouteBackend;
  /**
   * The longest that one answer may take, from the request's first byte to the last byte of the stream. Without it Envoy
   * Gateway cuts after 15 s, GKE after 30 s, and nginx after 60 s without a token. 0 switches the limit off, where the gateway
   * can do without.
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
