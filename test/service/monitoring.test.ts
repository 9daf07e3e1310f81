import { App, Chart, Duration, Size } from 'cdk8s';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { NetworkPeer } from '../../lib/network/network-peer';
import { Monitoring } from '../../lib/observability/monitoring';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { ProgressiveDelivery } from '../../lib/release/progressive-delivery';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { refusalsOf, warningsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { CONTRACT, nim } from '../support/services';
import { inventoryOf, manifestOf, SERVER, yamlOf } from '../support/yaml-of';

const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.2' });
const COLLECTOR = { grpcEndpoint: 'http://collector.tracing:4317' };

/** Llama 3 8B on vLLM. */
function llama(changes: Partial<InferenceServiceProps> = {}): Chart {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new InferenceService(chart, 'llama', {
    ...CONTRACT,
    runtime: vllm,
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
    monitoring: Monitoring.prometheusOperator({ tracing: COLLECTOR }),
    network: { clients: [] },
    ...changes,
  });
  return chart;
}

test('what watches a service', () => {
  const watched = inventoryOf(llama({ slo: { endToEndLatency: { p95: Duration.minutes(1) } } })).split('\n');
  const unwatched = inventoryOf(llama({ monitoring: undefined })).split('\n');
  expect(watched.filter((object) => !unwatched.includes(object)).join('\n')).toMatchInlineSnapshot(`
    ConfigMap llama-files
    PodMonitor llama
    PrometheusRule llama-signals
    PrometheusRule llama-slo
    PrometheusRule llama-alerts
  `);
});

test('nothing of the pods changes when telemetry is not asked for', () => {
  const silent = Monitoring.prometheusOperator({ jsonLogs: false });
  expect(yamlOf(llama({ monitoring: silent }), 'StatefulSet', 'llama')).toBe(
    yamlOf(llama({ monitoring: undefined }), 'StatefulSet', 'llama'),
  );
});

test('the service decides for itself', () => {
  const chart = llama({ tracing: false, jsonLogs: false });
  expect(yamlOf(chart, 'StatefulSet', 'llama', `${SERVER}.args`)).toBe(
    yamlOf(llama({ monitoring: undefined }), 'StatefulSet', 'llama', `${SERVER}.args`),
  );
});

describe('the network policy', () => {
  const ingress = (chart: Chart, name = 'llama') => yamlOf(chart, 'NetworkPolicy', name, 'spec.ingress');

  test('lets the scrapes in and the traces out', () => {
    expect(yamlOf(llama(), 'NetworkPolicy', 'llama', 'spec.ingress')).toMatchInlineSnapshot(`
      ingress:
        - from:
            - namespaceSelector:
                matchLabels:
                  kubernetes.io/metadata.name: monitoring
          ports:
            - port: 8000
              protocol: TCP
    `);
    expect(yamlOf(llama(), 'NetworkPolicy', 'llama', 'spec.egress.2')).toMatchInlineSnapshot(`
      "2":
        to:
          - namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: tracing
        ports:
          - port: 4317
            protocol: TCP
    `);
  });

  test('names nobody twice', () => {
    const again = { clients: [], monitoring: [NetworkPeer.namespace('monitoring')] };
    expect(ingress(llama({ network: again }))).toBe(ingress(llama()));
  });

  test('opens the metrics of each track', () => {
    const canary = {
      runtime: new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' }),
      artifact: ModelArtifact.claim('repository'),
      step: 'smoke',
    } as const;
    const chart = llama({ canary, monitoring: Monitoring.prometheusOperator() });
    const policy = chart.node.findAll().find(({ node }) => node.path.endsWith('network-policy/Default'))!;
    expect(JSON.stringify((policy as unknown as { toJson(): object }).toJson())).toContain(
      '"ports":[{"port":8000,"protocol":"TCP"},{"port":8002,"protocol":"TCP"}]',
    );
  });

  test('lets the router be scraped as well', () => {
    const chart = llama({
      nodePool: POOLS['GKE, eight nodes'],
      prefill: { router: { image: 'vllm/vllm-router:v0.1.15' } },
      monitoring: Monitoring.prometheusOperator(),
    });
    expect(ingress(chart)).toMatchInlineSnapshot(`
      ingress:
        - from:
            - namespaceSelector:
                matchLabels:
                  kubernetes.io/metadata.name: monitoring
          ports:
            - port: 29000
              protocol: TCP
    `);
  });

  test('does not guess the way to a host of the internet', () => {
    const tracing = { grpcEndpoint: 'https://otlp.example.com:4317' };
    expect(refusalsOf(llama({ tracing }))).toMatchInlineSnapshot(`
      nim/llama: telemetry
        Traces go to otlp.example.com:4317, which is neither a Service with its namespace nor an address, so the network policy knows no way to it.
        Write it as name.namespace.svc, or open port 4317 to its addresses in network.extraEgress.
    `);
    const extraEgress = [{ to: [NetworkPeer.cidr('192.0.2.7/32')], ports: [4317] }];
    expect(refusalsOf(llama({ tracing, network: { clients: [], extraEgress } }))).toBe('');
  });
});

test.each`
  controller         | delivery                              | asked                                                 | pods
  ${'Argo Rollouts'} | ${ProgressiveDelivery.argoRollouts()} | ${'owner_kind=\\"Rollout\\", owner_name=\\"llama\\"'} | ${'pod=~\\"llama-[a-z0-9]{5,10}-[a-z0-9]{5}\\"'}
  ${'Flagger'}       | ${ProgressiveDelivery.flagger()}      | ${'deployment=\\"llama-primary\\"'}                   | ${'pod=~\\"(llama-primary-[a-z0-9]{5,10}-[a-z0-9]{5}|llama-[a-z0-9]{5,10}-[a-z0-9]{5})\\"'}
`('$controller keeps the pods that alerts are about', ({ delivery, asked, pods }: Record<string, unknown>) => {
  const chart = llama({
    workload: 'Deployment',
    cache: ModelCache.ephemeral(Size.gibibytes(20)),
    nodePool: POOLS['GKE, eight nodes'],
    route: { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' },
    progressiveDelivery: delivery as ProgressiveDelivery,
    monitoring: Monitoring.prometheusOperator(),
  });
  const rules = JSON.stringify(manifestOf(chart, 'PrometheusRule', 'llama-alerts'));
  expect(rules).toContain(asked);
  expect(rules).toContain(pods);
  expect(rules).not.toContain('deployment=\\"llama\\"');
});

test('without a router nobody can call what is behind it', () => {
  const chart = llama({
    nodePool: POOLS['GKE, eight nodes'],
    prefill: { router: { image: 'vllm/vllm-router:v0.1.15' } },
    slo: { availability: 0.999 },
    monitoring: Monitoring.prometheusOperator(),
  });
  for (const name of ['llama-alerts', 'llama-slo']) {
    const rules = JSON.stringify(manifestOf(chart, 'PrometheusRule', name));
    expect(rules).toContain(
      'kube_deployment_status_replicas_ready{namespace=\\"nim\\", deployment=\\"llama-router\\"}',
    );
  }
});

test('an endpoint that is none is refused once', () => {
  expect(refusalsOf(llama({ tracing: { grpcEndpoint: 'collector:4317', samplingRatio: 2 } }))).toMatchInlineSnapshot(`
    nim/llama/stable: telemetry
      tracing.grpcEndpoint is "collector:4317".
      Use an address of http or https, without user, query, blanks and "$", such as http://collector.tracing:4317.
    nim/llama/stable: telemetry
      tracing.samplingRatio is 2.
      Use a number from 0 to 1.
  `);
});

test('promises without monitoring', () => {
  const slo = { endToEndLatency: { p95: Duration.minutes(1) } };
  expect(warningsOf(llama({ slo, monitoring: undefined }))).toContain('unwatched-objective');
  expect(warningsOf(llama({ slo }))).not.toContain('unwatched-objective');
  expect(warningsOf(llama({ alerts: { minimumFailures: 9 }, monitoring: undefined }))).toContain(
    'alerts are stated, and without monitoring there are none.',
  );
});

test('a scaler that asks for what nobody writes', () => {
  const scaling = { serverAddress: 'http://prometheus-operated.monitoring:9090' };
  const told = (props: Partial<InferenceServiceProps>) => warningsOf(llama({ ...props }));
  expect(told({ scaling, monitoring: undefined })).toContain(`scrape-target
  scaling follows series with the labels namespace, inference_service and track, and without monitoring nobody writes them: no load would be seen.
  State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.`);
  expect(told({ scaling })).not.toContain('scrape-target');
  expect(
    told({
      scaling: { scaleToZero: { acceptColdStart: Duration.hours(1), hosts: ['a.example.com'] } },
      monitoring: undefined,
    }),
  ).not.toContain('scrape-target');
});

test('thresholds for a canary that a partition does not have', () => {
  const canary = { runtime: nim('1.1.0'), step: 'prepared', strategy: CanaryStrategy.partition() } as const;
  const thresholds = { errorRatio: 0.02 };
  expect(warningsOf(llama({ replicas: 2, canary }))).not.toContain('unwatched-objective');
  expect(warningsOf(llama({ replicas: 2, canary: { ...canary, thresholds } }))).toContain(`unwatched-objective
  canary.thresholds are stated, and the partition has no canary beside stable that could be compared.
  Leave them out, or use CanaryStrategy.weightedTwins().`);
  const twins = { ...canary, strategy: undefined, thresholds };
  expect(warningsOf(llama({ canary: twins }))).not.toContain('unwatched-objective');
});
