import { Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { GatewayReference, InferenceRoute, InferenceRouteProps, RouteAuthentication } from '../../lib';
import { synthesized } from '../cluster/synthesized';

/** Requests an hour that a client may send on each path, so that no run waits for the next hour. */
export const QUOTA = 5;
/** Of one client that may send more. */
export const BATCH_QUOTA = 12;

export const ISSUER = 'https://login.example.com';
export const AUDIENCE = 'llama';

const access = {
  testers: ['quality'],
  quotas: {
    perClient: { requests: QUOTA, unit: 'Hour' },
    clients: { batch: { requests: BATCH_QUOTA, unit: 'Hour' } },
  },
} as const;

/** Routes that ask who calls, by their host names. */
export const GUARDED = {
  'keys.example.com': RouteAuthentication.apiKeys({
    secretNames: ['client-keys'],
    clients: ['red', 'blue', 'batch', 'quality'],
    ...access,
  }),
  'own-header.example.com': RouteAuthentication.apiKeys({
    secretNames: ['client-keys'],
    header: 'x-api-key',
    clientIdHeader: 'x-tenant',
  }),
  'tokens.example.com': RouteAuthentication.jwt({
    issuer: ISSUER,
    audiences: [AUDIENCE],
    jwks: { configMap: 'login-keys' },
    clientClaim: 'tenant',
    ...access,
  }),
} as const;

/** The folder with these routes and the Services behind them. */
export function guarded(): string {
  const gateway = new GatewayReference({
    name: 'edge',
    namespace: 'envoy-gateway-system',
    implementation: 'envoy-gateway',
  });
  return synthesized((app) => {
    const chart = new Chart(app, 'guarded', { namespace: 'guarded' });
    for (const name of ['llama', 'llama-canary']) {
      new k8s.KubeService(chart, name, {
        metadata: { name },
        spec: { selector: { app: name }, ports: [{ name: 'http', port: 8000 }] },
      });
    }
    for (const [host, authentication] of Object.entries(GUARDED)) {
      const props: InferenceRouteProps = {
        gateway,
        hostnames: [host],
        paths: ['/v1/chat/completions', '/v1/models'],
        requestTimeout: Duration.minutes(1),
        backends: [{ service: 'llama', port: 8000 }],
        smokeRoute: { value: 'canary', backend: { service: 'llama-canary', port: 8000 } },
        authentication,
      };
      new InferenceRoute(chart, host.split('.')[0]!, props);
    }
  });
}
