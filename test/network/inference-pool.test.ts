import { App, Chart, Duration, Testing, Yaml } from 'cdk8s';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { InferencePool, InferencePoolProps, PooledPods } from '../../lib/network/inference-pool';
import { InferenceRoute } from '../../lib/network/inference-route';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { InferenceService } from '../../lib/service/inference-service';
import { definitionErrors } from '../conformance/own-definitions';
import { KubernetesObject } from '../conformance/upstream';
import { RUNTIMES } from '../service/combinations';
import { H100 } from '../support/pools';
import '../support/plain-text';
import { Manifest } from '../support/yaml-of';

const chartOf = () => new Chart(new App(), 'nim', { namespace: 'nim' });

/** The pods of a service with that server. */
function podsOf(runtime: string): PooledPods {
  return new InferenceService(chartOf(), 'llama', {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    nodePool: H100,
    maxModelLen: 8192,
    network: { clients: [] },
    ...RUNTIMES[runtime]!(),
    ...(runtime === 'Triton' && { artifact: ModelArtifact.claim('engine') }),
  }).stable;
}

function pool(props: Partial<InferencePoolProps> = {}) {
  const chart = chartOf();
  return { chart, made: new InferencePool(chart, 'llama', { pods: podsOf('vLLM'), ...props }) };
}

test('a pool of the pods of one track, whose picker is named as its chart does', () => {
  const [object] = Testing.synth(pool().chart) as [Manifest];
  expect(Yaml.stringify(object)).toMatchInlineSnapshot(`
    apiVersion: inference.networking.k8s.io/v1
    kind: InferencePool
    metadata:
      name: llama
      namespace: nim
    spec:
      selector:
        matchLabels:
          app.kubernetes.io/instance: llama
          track: stable
      targetPorts:
        - number: 8000
      endpointPickerRef:
        name: llama-epp
        port:
          number: 9002
        failureMode: FailOpen
  `);
  expect(definitionErrors(object as unknown as KubernetesObject)).toEqual([]);
});

test('the chart cuts the name of its release at 40 characters', () => {
  const name = `llama-${'x'.repeat(40)}`;
  const { made, chart } = pool({ name });
  expect(made.pickerLabels).toEqual({ inferencepool: `llama-${'x'.repeat(34)}-epp` });
  expect(JSON.stringify(Testing.synth(chart))).toContain(`"endpointPickerRef":{"name":"llama-${'x'.repeat(34)}-epp"`);
});

test('two pools of a release behind GKE, with weights and policies of their own', () => {
  const chart = chartOf();
  const pods = podsOf('vLLM');
  const [stable, canary] = ['llama', 'llama-canary'].map((name) => new InferencePool(chart, name, { pods }).backend);
  new InferenceRoute(chart, 'route', {
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'gke' }),
    hostnames: ['llama.example.com'],
    requestTimeout: Duration.minutes(4),
    backends: [
      { ...stable!, weight: 95 },
      { ...canary!, weight: 5 },
    ],
  });
  const objects = Testing.synth(chart) as Manifest[];
  const route = objects.find(({ kind }) => kind === 'HTTPRoute')!;
  const group = 'inference.networking.k8s.io';
  expect(route.spec.rules[0].backendRefs).toEqual([
    { group, kind: 'InferencePool', name: 'llama', weight: 95 },
    { group, kind: 'InferencePool', name: 'llama-canary', weight: 5 },
  ]);
  expect(objects.filter(({ kind }) => kind === 'HealthCheckPolicy').map(({ spec }) => spec.targetRef)).toEqual([
    { group, kind: 'InferencePool', name: 'llama' },
    { group, kind: 'InferencePool', name: 'llama-canary' },
  ]);
});

test.each([
  [
    'vLLM',
    [
      '--total-queued-requests-metric=vllm:num_requests_waiting',
      '--total-running-requests-metric=vllm:num_requests_running',
      '--kv-cache-usage-percentage-metric=vllm:kv_cache_usage_perc',
    ],
  ],
  [
    'SGLang',
    [
      '--total-queued-requests-metric=sglang:num_queue_reqs',
      '--total-running-requests-metric=sglang:num_running_reqs',
      '--kv-cache-usage-percentage-metric=sglang:token_usage',
      '--lora-info-metric=',
    ],
  ],
])('%s: the picker is told what its metrics are called', (runtime, flags) => {
  expect(pool({ pods: podsOf(runtime) }).made.pickerArguments).toEqual([
    '--pool-name=llama',
    '--pool-namespace=nim',
    ...flags,
  ]);
});

test.each<[string, Partial<InferencePoolProps>, string]>([
  [
    'a server that tells nothing',
    { pods: podsOf('Custom') },
    'an endpoint picker would choose no better than a Service',
  ],
  ['a name that is none', { name: 'Llama' }, 'pool name "Llama"'],
  ['a picker without a port', { picker: { port: 0 } }, 'The endpoint picker names the port 0.'],
])('%s is refused', (_, props, text) => {
  expect(pool(props).made.node.validate().join('\n')).toContain(text);
});

test.each<[keyof InferencePoolProps | 'service' | 'port' | 'failureMode', Partial<InferencePoolProps>]>([
  ['name', { name: 'other' }],
  ['labels', { labels: { 'app.kubernetes.io/instance': 'llama' } }],
  ['service', { picker: { service: 'picker' } }],
  ['port', { picker: { port: 9000 } }],
  ['failureMode', { picker: { failureMode: 'FailClose' } }],
])('%s changes what is written', (_, props) => {
  expect(Testing.synth(pool(props).chart)).not.toEqual(Testing.synth(pool().chart));
});
