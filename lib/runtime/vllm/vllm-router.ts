import { commandLine } from '../command-line-flags';
import { HttpEndpoint, ServerPort } from '../serving-runtime';

/** The servers that a router stands in front of. */
export interface RouterRequest {
  /** Addresses of the servers that compute prompts, such as `http://llama-prefill-0.llama-prefill-headless:8000`. */
  readonly prefill: readonly string[];
  /** Addresses of those that write answers. */
  readonly decode: readonly string[];
  /** The longest that the servers may take until they answer, in seconds. */
  readonly startupSeconds: number;
  /** The longest that one answer may take, in seconds. */
  readonly longestAnswerSeconds: number;
}

/** How the router is started, and what it opens. */
export interface RouterContract {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly ports: readonly [ServerPort, ...ServerPort[]];
  /** Prometheus metrics, and the name of their port. */
  readonly metrics: HttpEndpoint & { readonly name: string };
  readonly readiness: HttpEndpoint;
  readonly liveness: HttpEndpoint;
  readonly user: { readonly uid: number; readonly gid: number };
}

/** That of the servers behind it, so that clients need not know that it is there. */
const PORT = 8000;
const METRICS_PORT = 29000;
/** Nobody's: the image has no user of its own, and its files can be read by all (Dockerfile.router). */
const USER = { uid: 65532, gid: 65532 } as const;

/**
 * Seconds between two looks at a server, and failures until it gets no more requests. A pod that ends is refused within 10 s;
 * by default the router would notice after 3 minutes.
 */
const HEALTH_INTERVAL_SECONDS = 5;
const HEALTH_FAILURES = 2;
/** Seconds between two looks while the servers load. */
const STARTUP_INTERVAL_SECONDS = 10;
/** In bytes. A prompt of 128k tokens is about 1 MB; images in base64 take the rest. The router's own limit is 512 MiB. */
const LARGEST_REQUEST = 64 * 2 ** 20;

/**
 * vLLM's own router in front of servers that share the work, written in Rust: it has the prompt computed by one server, and
 * the answer written by another that is told where the KV cache lies. Flags and defaults by docs/cli_reference.md of
 * vllm-project/router, as of 0.1.15.
 */
export function vllmRouterContract(request: RouterRequest): RouterContract {
  const { prefill, decode } = request;
  return {
    command: ['vllm-router'],
    args: [
      ...commandLine({ '--vllm-pd-disaggregation': true, '--kv-connector': 'nixl' }),
      // A word that does not begin with a dash would be the port of another connector's bootstrap server.
      ...prefill.flatMap((address) => ['--prefill', address, 'none']),
      ...decode.flatMap((address) => ['--decode', address]),
      ...commandLine({
        // Equal prefixes come to the server that has computed them before.
        '--prefill-policy': 'cache_aware',
        // One server is no choice, and the policy refuses to choose.
        '--decode-policy': decode.length > 1 ? 'power_of_two' : 'round_robin',
        '--host': '0.0.0.0',
        '--port': PORT,
        '--prometheus-host': '0.0.0.0',
        '--prometheus-port': METRICS_PORT,
        '--worker-startup-timeout-secs': request.startupSeconds,
        '--worker-startup-check-interval': STARTUP_INTERVAL_SECONDS,
        '--health-check-interval-secs': HEALTH_INTERVAL_SECONDS,
        '--health-failure-threshold': HEALTH_FAILURES,
        '--request-timeout-secs': request.longestAnswerSeconds,
        '--max-payload-size': LARGEST_REQUEST,
        // A request that is sent again is computed and paid for again.
        '--disable-retries': true,
        // Else it keeps answers in its memory.
        '--history-backend': 'none',
      }),
    ],
    ports: [
      { name: 'http', port: PORT },
      { name: 'metrics', port: METRICS_PORT, purpose: 'monitoring' },
    ],
    metrics: { name: 'metrics', path: '/metrics', port: METRICS_PORT },
    readiness: { path: '/readiness', port: PORT },
    liveness: { path: '/liveness', port: PORT },
    user: USER,
  };
}
