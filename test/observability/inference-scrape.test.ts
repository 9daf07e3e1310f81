import { ApiObject, App, Chart } from 'cdk8s';
import fc from 'fast-check';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { Monitoring } from '../../lib/observability/monitoring';
import { CustomRuntime } from '../../lib/runtime/custom/custom';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { warningsOf } from '../support/messages';
import { H100 } from '../support/pools';
import { podsOf, scrapedTargets, SimulatedPod } from '../support/scraped';
import { CONTRACT, GROUP_CONTRACT, nim } from '../support/services';
import { Manifest, partsOf, yamlOf } from '../support/yaml-of';

const SERVERS: Readonly<Record<string, { readonly runtime: ServingRuntime; readonly at: string }>> = {
  'NIM 1.0': { runtime: nim('1.0.0'), at: '8000/metrics' },
  'NIM 1.8': { runtime: nim('1.8.0'), at: '8000/v1/metrics' },
  'NIM 2.0': { runtime: nim('2.0.4'), at: '8000/v1/metrics' },
  vLLM: { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.2' }), at: '8000/metrics' },
  SGLang: { runtime: new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' }), at: '8000/metrics' },
  TGI: {
    runtime: new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
    at: '8000/metrics',
  },
  Triton: { runtime: new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' }), at: '8002/metrics' },
};

/** A sidecar whose port has the name of the server's. */
const SIDECAR = {
  name: 'proxy',
  image: 'registry.example.com/proxy:1.0',
  ports: [{ name: 'http', containerPort: 9999 }],
};

const IMPLEMENTATIONS = {
  'prometheus-operator': Monitoring.prometheusOperator(),
  'google-managed': Monitoring.googleManaged(),
};

/** Pods and what is scraped of them. The service need not be one that synthesis would let pass. */
function scrape(props: Partial<InferenceServiceProps>): {
  readonly chart: Chart;
  readonly objects: readonly Manifest[];
  readonly pods: readonly SimulatedPod[];
  readonly targets: ReturnType<typeof scrapedTargets>;
} {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new InferenceService(chart, 'llama', {
    ...CONTRACT,
    monitoring: IMPLEMENTATIONS['prometheus-operator'],
    network: { clients: [] },
    ...props,
  });
  // Not synthesized: what is odd about a service is told elsewhere.
  const objects = chart.node
    .findAll()
    .filter((construct) => ApiObject.isApiObject(construct))
    .map((object) => object.toJson() as Manifest);
  const pods = podsOf(objects);
  return { chart, objects, pods, targets: scrapedTargets(objects, pods) };
}

test('every pod is asked exactly once, at the place of its own server', () => {
  const server = fc.constantFrom(...Object.keys(SERVERS));
  fc.assert(
    fc.property(
      server,
      fc.option(server),
      fc.constantFrom(...Object.values(IMPLEMENTATIONS)),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('StatefulSet' as const, 'Deployment' as const),
      (stable, canary, monitoring, replicas, workload) => {
        const { pods, targets } = scrape({
          ...{ runtime: SERVERS[stable]!.runtime, monitoring, replicas, workload },
          canary: canary === null ? undefined : { runtime: SERVERS[canary]!.runtime, step: '5%' },
        });
        expect(pods.length).toBeGreaterThanOrEqual(replicas);
        const expected = pods.map(({ name, labels }) => [
          name,
          SERVERS[labels.track === 'canary' ? canary! : stable]!.at,
          labels.track,
        ]);
        expect(targets.map(({ pod, at, labels }) => [pod, at, labels.track]).sort()).toEqual(expected.sort());
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});

test.each(Object.entries(IMPLEMENTATIONS))('%s: series have the labels that rules select by', (_, monitoring) => {
  const { targets } = scrape({ monitoring, replicas: 1 });
  expect(targets).toEqual([
    {
      pod: 'llama-0',
      at: '8000/metrics',
      labels: {
        inference_service: 'llama',
        inference_model: 'meta-llama/Meta-Llama-3-8B-Instruct',
        track: 'stable',
      },
    },
  ]);
});

test.each(Object.entries(IMPLEMENTATIONS))('%s: of a group the pod that leads is asked', (_, monitoring) => {
  const { pods, targets } = scrape({ ...GROUP_CONTRACT, workload: 'LeaderWorkerSet', monitoring });
  expect(pods).toHaveLength(4);
  expect(targets.map(({ pod, at }) => `${pod} ${at}`)).toEqual(['llama-0 8000/v1/metrics', 'llama-1 8000/v1/metrics']);
});

test.each(Object.entries(IMPLEMENTATIONS))('%s: prefill, decode and their router are told apart', (_, monitoring) => {
  const { targets } = scrape({
    monitoring,
    model: 'meta-llama/Llama-3.1-8B-Instruct',
    runtime: SERVERS.vLLM!.runtime,
    nodePool: H100,
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
    replicas: 2,
    prefill: { replicas: 1, router: { image: 'vllm/vllm-router:v0.1.15', replicas: 1 } },
  });
  expect(targets.map(({ pod, at, labels }) => `${pod} ${at} ${labels.role} ${labels.track}`).sort()).toEqual([
    'llama-decode-0 8000/metrics decode stable',
    'llama-decode-1 8000/metrics decode stable',
    'llama-prefill-0 8000/metrics prefill stable',
    'llama-router-0 29000/metrics router undefined',
  ]);
});

test.each(Object.entries(IMPLEMENTATIONS))(
  '%s: a sidecar with a port of the same name is not asked',
  (_, monitoring) => {
    expect(scrape({ sidecars: [SIDECAR], monitoring }).targets.map(({ at }) => at)).toEqual(['8000/metrics']);
  },
);

test('a server that tells nothing is not scraped, and that is told', () => {
  const runtime = new CustomRuntime({
    ...{ name: 'fastapi', image: 'registry.example.com/api:1.0.0', port: 8080, metrics: false },
    ...{ readiness: { path: '/ready', port: 8080 }, servesLocalWeights: true },
  });
  const { chart, targets } = scrape({ runtime, artifact: ModelArtifact.baked('/weights') });
  expect(targets).toEqual([]);
  expect(warningsOf(chart)).toContain(
    'nim/llama/monitoring/scrape: scrape-target\n  fastapi 1.0.0 exports no metrics, so the pods of llama are not scraped.',
  );
});

test('the monitor of a service', () => {
  const { chart } = scrape({
    monitoring: Monitoring.prometheusOperator({ labels: { release: 'kube-prometheus-stack' } }),
  });
  expect(yamlOf(chart, 'PodMonitor', 'llama')).toMatchInlineSnapshot(`
    apiVersion: monitoring.coreos.com/v1
    kind: PodMonitor
    metadata:
      name: llama
      namespace: nim
      labels:
        app.kubernetes.io/component: monitoring
        app.kubernetes.io/instance: llama
        app.kubernetes.io/name: inference-scrape
        release: kube-prometheus-stack
    spec:
      selector:
        matchExpressions:
          - key: track
            operator: In
            values:
              - stable
              - canary
        matchLabels:
          app.kubernetes.io/instance: llama
      labelLimit: 64
      labelValueLengthLimit: 1024
      podMetricsEndpoints:
        - path: /metrics
          interval: 30s
          port: http
          relabelings:
            - action: keep
              regex: nim
              sourceLabels:
                - __meta_kubernetes_pod_container_name
            - replacement: llama
              targetLabel: inference_service
            - replacement: meta-llama/Meta-Llama-3-8B-Instruct
              targetLabel: inference_model
            - sourceLabels:
                - __meta_kubernetes_pod_label_track
              targetLabel: track
            - sourceLabels:
                - __meta_kubernetes_pod_label_role
              targetLabel: role
          scrapeTimeout: 10s
      sampleLimit: 6000
  `);
});

test('the monitor of a service on GKE', () => {
  const { chart } = scrape({ monitoring: Monitoring.googleManaged() });
  expect(yamlOf(chart, 'PodMonitoring', 'llama', 'spec')).toMatchInlineSnapshot(`
    spec:
      selector:
        matchExpressions:
          - key: track
            operator: In
            values:
              - stable
              - canary
        matchLabels:
          app.kubernetes.io/instance: llama
      limits:
        labels: 64
        labelValueLength: 1024
        samples: 6000
      endpoints:
        - path: /metrics
          interval: 30s
          metricRelabeling:
            - action: replace
              replacement: meta-llama/Meta-Llama-3-8B-Instruct
              targetLabel: inference_model
          port: 8000
          timeout: 10s
      targetLabels:
        metadata:
          - pod
          - node
        fromPod:
          - from: app.kubernetes.io/instance
            to: inference_service
          - from: track
            to: track
          - from: role
            to: role
  `);
});

test('tracks whose servers tell at different places have a monitor each', () => {
  const { objects } = scrape({ canary: { runtime: SERVERS.Triton!.runtime, step: '5%' } });
  const monitors = objects.filter(({ kind }) => kind === 'PodMonitor');
  expect(monitors.map((monitor) => partsOf(monitor, 'spec.selector')).join('')).toMatchInlineSnapshot(`
    selector:
      matchLabels:
        app.kubernetes.io/instance: llama
        track: stable
    selector:
      matchLabels:
        app.kubernetes.io/instance: llama
        track: canary
  `);
});
