import { Duration, Size } from 'cdk8s';
import fc from 'fast-check';
import {
  GatewayReference,
  GpuNodePool,
  InferenceService,
  ModelCache,
  ModelCredentials,
  NetworkPeer,
  ProgressiveDelivery,
  TenantNamespace,
  VllmRuntime,
} from '../../lib';
import { judge } from './judge';
import { mostly, number, optional } from './odd';

const nodePool = GpuNodePool.gke({
  name: 'l4',
  machineType: 'g2-standard-4',
  maxNodes: 12,
  zones: ['us-central1-a', 'us-central1-b'],
});

/** What a person may write of a controller and of the route that it moves. */
const DELIVERY = fc.record({
  controller: fc.constantFrom('argoRollouts', 'flagger'),
  weights: optional(
    fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }).map((all) => all.sort((a, b) => a - b)),
  ),
  pause: optional(mostly([600, 900], fc.constantFrom(0, 300, 600.5, 1e9))),
  failedChecks: optional(mostly([1, 3], number)),
  timeToFirstToken: optional(mostly([1.1, 2], number)),
  replicas: fc.integer({ min: 0, max: 4 }),
  implementation: fc.constantFrom(undefined, 'envoy-gateway', 'gke'),
  paths: optional(fc.constantFrom(['/v1'], ['/v1/completions', '/v1/models'])),
  pathPrefix: optional(fc.constantFrom('/llama')),
  headers: optional(fc.constantFrom({ 'x-model': 'llama' })),
});

test('a controller that releases: refused in words, or YAML that an API server takes', () => {
  const tally = judge(
    DELIVERY,
    (app, { controller, weights, pause, failedChecks, timeToFirstToken, replicas, implementation, ...odd }) => {
      const options = {
        weights,
        pause: pause === undefined ? undefined : Duration.seconds(pause),
        thresholds: { timeToFirstToken },
        prometheusAddress: 'http://prometheus.monitoring:9090',
      };
      const { paths, pathPrefix, headers } = odd;
      new InferenceService(new TenantNamespace(app, 'nim', { gpus: 12 }), 'llama', {
        model: 'meta-llama/Meta-Llama-3-8B-Instruct',
        runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
        nodePool,
        workload: 'Deployment',
        maxModelLen: 8192,
        replicas,
        cache: ModelCache.ephemeral(Size.gibibytes(20)),
        credentials: ModelCredentials.keyless(),
        network: { clients: [NetworkPeer.namespace('apps')] },
        route: {
          gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation }),
          hostname: 'llama.example.com',
          paths,
          ...((pathPrefix !== undefined || headers !== undefined) && { match: { pathPrefix, headers } }),
        },
        progressiveDelivery:
          controller === 'flagger'
            ? ProgressiveDelivery.flagger({ ...options, failedChecks })
            : ProgressiveDelivery.argoRollouts(options),
        waivers: { 'canary-unwatched': 'the PodMonitor of the platform writes these labels' },
      });
    },
    60,
  );
  expect(tally.accepted).toBeGreaterThan(10);
  expect(tally.refused).toBeGreaterThan(5);
});
