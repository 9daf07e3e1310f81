import { App, Duration } from 'cdk8s';
import {
  CanaryStrategy,
  GatewayReference,
  GpuNodePool,
  InferenceService,
  InferenceServiceProps,
  Monitoring,
  NetworkPeer,
  ReleaseStepName,
  scorecard,
  TenantNamespace,
  VllmRuntime,
} from '../../lib';
import { refusalsOf, warningsOf } from '../support/messages';
import { CONTRACT, nim } from '../support/services';
import { yamlOf } from '../support/yaml-of';

const serverAddress = 'http://prometheus-operated.monitoring:9090';
const L4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 6 });
const edge = new GatewayReference({ name: 'edge', namespace: 'gateways' });

/** The service `llama` of a team with six L4, scaled. */
function scaled(changes: Partial<InferenceServiceProps> = {}) {
  const app = new App();
  const tenant = new TenantNamespace(app, 'nim', { gpus: 6 });
  const service = new InferenceService(tenant, 'llama', {
    ...CONTRACT,
    runtime: nim('1.8.0'),
    nodePool: L4,
    scaling: { serverAddress },
    network: { clients: [NetworkPeer.namespace('chat')], monitoring: [NetworkPeer.namespace('monitoring')] },
    ...changes,
  });
  return { app, tenant, service };
}

const canary = { runtime: nim('1.10.0'), step: '50%' } as const;
const route = { gateway: edge, hostname: 'llama.example.com' };

test('replicas are the least, and stand in the scaler only', () => {
  const { tenant } = scaled({ replicas: 2 });
  expect(yamlOf(tenant, 'StatefulSet', 'llama', 'spec.replicas')).toBe('# no replicas\n');
  expect(yamlOf(tenant, 'ScaledObject', 'llama', 'spec.minReplicaCount', 'spec.maxReplicaCount')).toBe(
    'minReplicaCount: 2\nmaxReplicaCount: 6\n',
  );
});

test('the quota that is derived is that of its maximum', () => {
  const { tenant } = scaled();
  expect(yamlOf(tenant, 'ResourceQuota', 'quota', 'spec.hard.pods')).toBe('pods: "6"\n');
});

test('Prometheus is where the monitoring says', () => {
  const monitoring = Monitoring.prometheusOperator({ namespace: 'observability' });
  const { tenant } = scaled({ scaling: {}, monitoring });
  expect(yamlOf(tenant, 'ScaledObject', 'llama', 'spec.triggers.0.metadata.serverAddress')).toBe(
    'serverAddress: http://prometheus-operated.observability:9090\n',
  );
  // Whoever prefers the adapter says so.
  expect(yamlOf(scaled({ scaling: { by: 'hpa' }, monitoring }).tenant, 'HorizontalPodAutoscaler', 'llama')).toContain(
    'inference_queue_depth',
  );
});

describe('during a release', () => {
  test('nothing goes, and the canary finds room beside the maximum', () => {
    const { tenant, service } = scaled({ canary, route });
    expect(service.autoscaler!.maxReplicas).toBe(5);
    expect(
      yamlOf(
        tenant,
        'ScaledObject',
        'llama',
        'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.selectPolicy',
      ),
    ).toBe('selectPolicy: Disabled\n');
  });

  test('a canary that is smaller than its part of the largest stable side is told', () => {
    const { app } = scaled({ canary, route });
    refusalsOf(app);
    expect(
      warningsOf(app)
        .split('\n')
        .filter((line) => /canary-size|scaler may|Release with/.test(line))
        .join('\n'),
    ).toMatchInlineSnapshot(`
     nim/llama/scaling: canary-size
       The scaler may give llama 5 replicas, and 50 % of their requests go to 1 of the canary; 3 would carry them.
       Release with CanaryStrategy.weightedTwins({ canaryReplicas: 3 }), or at a time when few call.
    `);
  });

  test.each<[string, CanaryStrategy, ReleaseStepName, string]>([
    [
      'copies of all requests, which are more than any share of them',
      CanaryStrategy.shadow(),
      'mirror',
      'The scaler may give llama 5 replicas, and copies of all their requests go to 1 of the canary; 5 would carry them.\n  Release with CanaryStrategy.shadow({ canaryReplicas: 5 }), or at a time when few call.',
    ],
    [
      'two equal sets, of which nobody chooses the size',
      CanaryStrategy.blueGreen(),
      '100%',
      'The scaler may give llama 5 replicas, and 100 % of their requests go to 1 of the canary; 5 would carry them.\n  Release with scaling.maxReplicas lowered to 1, or at a time when few call.',
    ],
  ])('%s', (_, strategy, step, told) => {
    const { app } = scaled({ canary: { ...canary, strategy, step }, route });
    refusalsOf(app);
    expect(warningsOf(app)).toContain(`nim/llama/scaling: canary-size\n  ${told}`);
  });

  test('the canary is never scaled', () => {
    const { tenant } = scaled({ canary, route });
    expect(yamlOf(tenant, 'StatefulSet', 'llama-canary', 'spec.replicas')).toBe('replicas: 1\n');
  });
});

test('what contradicts a scaler in the rest of the service is refused', () => {
  const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });
  const told = (changes: Partial<InferenceServiceProps>) =>
    refusalsOf(scaled(changes).app, 'scaler-conflict', 'scale-to-zero');
  expect(
    [
      told({ replicas: 2, scaling: { serverAddress, minReplicas: 1 } }),
      told({ canary: { ...canary, step: 'prepared', strategy: CanaryStrategy.partition() }, replicas: 2 }),
      told({ runtime: vllm, prefill: { router: { image: 'vllm/vllm-router:v0.1.15' } } }),
      told({ route, scaling: { scaleToZero: { acceptColdStart: Duration.hours(1), hosts: ['llama.example.com'] } } }),
    ].join('\n--\n'),
  ).toMatchInlineSnapshot(`
   nim/llama/scaling: scaler-conflict
     replicas is 2, and scaling says at least 1: both are what runs when nobody calls.
     State one of the two.
   --
   nim/llama/scaling: scaler-conflict
     The release replaces pods from the highest number down (partition), and a scaler changes which is the highest: what it adds runs the candidate at once.
     Release with CanaryStrategy.weightedTwins(), or without a scaler.
   --
   nim/llama/scaling: scaler-conflict
     llama-decode does the decode part of each request, and the router in front knows its pods by their names: one that comes gets no request, one that goes is asked in vain.
     Scale by replicas in Git, or serve without prefill.
   --
   nim/llama/scaling: scale-to-zero
     The route leads to the pods, and when there is none nobody counts the requests that would start one.
     Leave route out, and lead the host name to the interceptor of the HTTP add-on with a route of the platform (docs/scaling.md).
  `);
});

test('the scorecard shows from how many to how many, and by what', () => {
  const [service] = scorecard(scaled().app).services;
  expect(service!.scaling).toEqual({
    by: 'KEDA',
    minReplicas: 1,
    maxReplicas: 6,
    maximumIsDerived: true,
    gpusAtMaximum: 6,
    metrics: ['queue-depth 5'],
  });
});
