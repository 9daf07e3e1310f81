import { App, Chart, Duration, Testing } from 'cdk8s';
import {
  GatewayReference,
  GpuNodePool,
  InferenceGateway,
  InferenceService,
  IngressReference,
  ModelArtifact,
  RouteGateway,
} from '../../lib';
import { Manifest } from '../support/yaml-of';
import { RUNTIMES } from './combinations';

/** One limit of time on the way of an answer, as the manifests state it. */
export interface Timeout {
  /** Kind of the object and the field. */
  readonly where: string;
  readonly seconds: number;
  /**
   * `answer`: must hold the longest answer. `drain`: must hold it too, where a pod goes. `unused`: must be shorter than the
   * server keeps a connection that nothing uses.
   */
  readonly holds: 'answer' | 'drain' | 'unused';
}

/** uvicorn's timeout_keep_alive, of vLLM, SGLang and NIM; no server is known to close sooner. */
export const SERVER_KEEPS_SECONDS = 5;

/** The gateways whose words the library knows. */
export const GATEWAYS: Readonly<Record<string, (platform: Chart) => RouteGateway>> = {
  'Envoy Gateway': (platform) => new InferenceGateway(platform, 'edge', { hostnames: ['llama.example.com'] }).reference,
  GKE: () => new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'gke' }),
  'ingress-nginx': () => IngressReference.nginx(),
  'any other': () => new GatewayReference({ name: 'edge', namespace: 'gateways' }),
};

/** The longest answers: what follows from 8,192 tokens of context, and one longer than every default. */
export const ANSWERS: Readonly<Record<string, Duration | undefined>> = {
  'derived from maxModelLen 8192': undefined,
  'longestAnswer: 45 minutes': Duration.minutes(45),
};

const pool = GpuNodePool.gke({
  name: 'h100',
  machineType: 'a3-highgpu-1g',
  maxNodes: 4,
  zones: ['us-central1-a'],
  localSsdAsEphemeralStorage: true,
});

/** A service of that server behind that gateway: its longest answer, and every limit of time on the way. */
export function timeoutsOf(
  gateway: string,
  runtime: string,
  longestAnswer?: Duration,
): { readonly answerSeconds: number; readonly timeouts: readonly Timeout[] } {
  const app = new App();
  const platform = new Chart(app, 'platform', { namespace: 'gateways', disableResourceNameHashes: true });
  const chart = new Chart(app, 'models', { namespace: 'models', disableResourceNameHashes: true });
  const service = new InferenceService(chart, 'llama3-8b', {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    nodePool: pool,
    maxModelLen: 8192,
    longestAnswer,
    ...RUNTIMES[runtime]!(),
    ...(runtime === 'Triton' && { artifact: ModelArtifact.claim('engine') }),
    // A server of somebody's own does not say what clients call.
    route: { gateway: GATEWAYS[gateway]!(platform), hostname: 'llama.example.com', paths: ['/v1/chat/completions'] },
  });
  const objects = [platform, chart].flatMap((each) => Testing.synth(each) as Manifest[]);
  return {
    answerSeconds: service.stable.plan.shutdown.longestAnswerSeconds,
    timeouts: objects.flatMap(timeoutsIn),
  };
}

/** `3m55s` in seconds. */
function seconds(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return [...text.matchAll(/(\d+)(ms|h|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
    0,
  );
}

const NGINX = 'nginx.ingress.kubernetes.io/';

function timeoutsIn({ kind, metadata, spec }: Manifest): Timeout[] {
  switch (kind) {
    case 'HTTPRoute': {
      const { request, backendRequest } = (spec.rules[0].timeouts ?? {}) as Record<string, string | undefined>;
      return Object.entries({ request, backendRequest }).flatMap(([field, text]) =>
        text === undefined ? [] : [{ where: `HTTPRoute ${field}`, seconds: seconds(text), holds: 'answer' as const }],
      );
    }
    case 'BackendTrafficPolicy':
    case 'ClientTrafficPolicy':
      return (
        Object.entries(spec.timeout.http as Record<string, string>)
          // How fast a client sends, and what nobody waits for, bound no answer.
          .filter(([field]) => !['requestHeadersReceivedTimeout', 'idleTimeout'].includes(field))
          .map(([field, text]) => ({
            where: `${kind} ${field}`,
            seconds: seconds(text),
            holds: field === 'connectionIdleTimeout' ? ('unused' as const) : ('answer' as const),
          }))
      );
    case 'GCPBackendPolicy':
      return [
        { where: 'GCPBackendPolicy timeoutSec', seconds: spec.default.timeoutSec, holds: 'answer' },
        {
          where: 'GCPBackendPolicy drainingTimeoutSec',
          seconds: spec.default.connectionDraining.drainingTimeoutSec,
          holds: 'drain',
        },
      ];
    case 'Ingress': {
      const annotations = (metadata as unknown as { annotations: Record<string, string> }).annotations;
      return ['proxy-read-timeout', 'proxy-send-timeout'].map((name) => ({
        where: `Ingress ${name}`,
        seconds: Number(annotations[NGINX + name]),
        holds: 'answer',
      }));
    }
    case 'StatefulSet':
    case 'Deployment':
      return [
        {
          where: 'Pod terminationGracePeriodSeconds',
          seconds: spec.template.spec.terminationGracePeriodSeconds,
          holds: 'drain',
        },
      ];
    default:
      return [];
  }
}
