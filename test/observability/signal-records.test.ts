import { App, Chart } from 'cdk8s';
import { stringify } from 'yaml';
import { signalQueries, MonitoredPods, MonitoredService } from '../../lib/observability/monitored-service';
import { Monitoring } from '../../lib/observability/monitoring';
import { RecordingRule } from '../../lib/observability/rule';
import { signalRecordGroups, SignalRecords } from '../../lib/observability/signal-records';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { SIGNALS } from '../../lib/runtime/server-signals';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { GONE, lacking } from '../support/lacking';
import { metricsOf, promqlProblems } from '../support/promql';
import { checkRules, describePromtools, testRules } from '../support/promtool';
import { servingRequest } from '../support/serving-request';

const VLLM = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });
const NIM_1 = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' });
const NIM_2 = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:2.0.2' });

const podsOf = (runtime: ServingRuntime, changes: Partial<MonitoredPods> = {}): MonitoredPods => ({
  track: 'stable',
  runtime,
  serviceName: 'llama',
  kind: 'StatefulSet',
  replicas: 1,
  gpusPerReplica: 1,
  podLabels: {},
  plan: { contract: runtime.contract(servingRequest()), startup: { rolloutSeconds: 600 } },
  ...changes,
});

const serviceOf = (...pods: readonly [MonitoredPods, ...MonitoredPods[]]): MonitoredService => ({
  name: 'llama',
  namespace: 'nim',
  pods,
});

const rulesOf = (...pods: readonly [MonitoredPods, ...MonitoredPods[]]) =>
  signalRecordGroups(serviceOf(...pods)).flatMap(({ rules }) => rules as readonly RecordingRule[]);

test('what is recorded of a vLLM', () => {
  const names = rulesOf(podsOf(VLLM)).map(({ record }) => record);
  expect(names.filter((name) => !/:p(50|99)_/.test(name))).toEqual([
    'inference:queue_depth',
    'inference:running',
    'inference:kv_utilization',
    'inference:requests:rate5m',
    'inference:errors:rate5m',
    'inference:timeouts:rate5m',
    'inference:preemptions:rate5m',
    'inference:prompt_tokens:rate5m',
    'inference:generated_tokens:rate5m',
    'inference:prefix_cache_queries:rate5m',
    'inference:prefix_cache_hits:rate5m',
    'inference:time_to_first_token_seconds:p95_rate5m',
    'inference:inter_token_latency_seconds:p95_rate5m',
    'inference:time_per_output_token_seconds:p95_rate5m',
    'inference:end_to_end_latency_seconds:p95_rate5m',
    'inference:queue_time_seconds:p95_rate5m',
  ]);
});

test('as an object for the operator', () => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const others = [
    ...SIGNALS.counters,
    'running',
    'kvCacheUtilization',
    'interTokenLatency',
    'endToEndLatency',
  ] as const;
  const pods = podsOf(lacking(NIM_1, ...others));
  new SignalRecords(chart, 'records', {
    service: serviceOf(pods),
    monitoring: Monitoring.prometheusOperator({ labels: { release: 'prometheus' } }),
    labels: { 'app.kubernetes.io/instance': 'llama' },
  });
  expect(`\n${stringify(chart.toJson()[0], { lineWidth: 110 })}`).toMatchInlineSnapshot(`
    "
    apiVersion: monitoring.coreos.com/v1
    kind: PrometheusRule
    metadata:
      labels:
        app.kubernetes.io/instance: llama
        release: prometheus
      name: llama-signals
      namespace: nim
    spec:
      groups:
        - name: inference-signals.nim.llama
          rules:
            - record: inference:queue_depth
              expr: sum by (namespace, inference_service, track, role) (num_requests_waiting{namespace="nim",
                inference_service="llama"})
            - record: inference:time_to_first_token_seconds:p50_rate5m
              expr: histogram_quantile(0.5, sum by (le, namespace, inference_service, track, role)
                (rate(time_to_first_token_seconds_bucket{namespace="nim", inference_service="llama"}[5m]))) >= 0
            - record: inference:time_to_first_token_seconds:p95_rate5m
              expr: histogram_quantile(0.95, sum by (le, namespace, inference_service, track, role)
                (rate(time_to_first_token_seconds_bucket{namespace="nim", inference_service="llama"}[5m]))) >= 0
            - record: inference:time_to_first_token_seconds:p99_rate5m
              expr: histogram_quantile(0.99, sum by (le, namespace, inference_service, track, role)
                (rate(time_to_first_token_seconds_bucket{namespace="nim", inference_service="llama"}[5m]))) >= 0
    "
  `);
});

const SERVERS: readonly (readonly [string, ServingRuntime])[] = [
  ['vllm', VLLM],
  ['vllm 0.5.5', new VllmRuntime({ image: 'vllm/vllm-openai:v0.5.5' })],
  ['nim 1', NIM_1],
  ['nim 2', NIM_2],
  ['nim for embedding', new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' })],
  ['sglang', new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' })],
  ['tgi', new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' })],
  ['triton', new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' })],
];

describe.each(SERVERS)('%s', (_, runtime) => {
  const groups = signalRecordGroups(serviceOf(podsOf(runtime)));

  test('every query is PromQL, and reads what the server tells', () => {
    const { counters, gauges, histograms } = runtime.contract(servingRequest()).signals!;
    const told = [
      ...Object.values(counters).flatMap(({ series }) => series),
      ...Object.values(gauges),
      ...Object.values(histograms).map(({ metric }) => ({ metric: `${metric}_bucket` })),
      { metric: 'up' },
    ].map(({ metric }) => metric);
    for (const { expr } of groups.flatMap(({ rules }) => rules)) {
      expect(promqlProblems(expr)).toEqual([]);
      expect(metricsOf(expr).filter((metric) => !told.includes(metric))).toEqual([]);
    }
  });

  test('each record is there once', () => {
    const records = groups.flatMap(({ rules }) => rules.map((rule) => ('record' in rule ? rule.record : rule.alert)));
    expect(records).toEqual([...new Set(records)]);
    expect(records).toContain('inference:queue_depth');
  });

  describePromtools('promtool $version', (tool) => {
    test('takes them', () => expect(checkRules(tool, groups)).toBe(''));
  });
});

test('a candidate that runs the same has no rules of its own', () => {
  expect(rulesOf(podsOf(VLLM), podsOf(VLLM, { track: 'canary' }))).toEqual(rulesOf(podsOf(VLLM)));
});

describe('a candidate with other metric names', () => {
  const release = [podsOf(NIM_1), podsOf(NIM_2, { track: 'canary' })] as const;
  const rules = rulesOf(...release);

  describePromtools('promtool $version', (tool) => {
    test('takes its rules beside those of the stable track', () => {
      expect(checkRules(tool, signalRecordGroups(serviceOf(...release)))).toBe('');
    });
  });

  test('has rules of its own, and the stable track keeps its own', () => {
    expect(rules.filter(({ record }) => record === 'inference:queue_depth')).toEqual([
      {
        record: 'inference:queue_depth',
        expr: 'sum by (namespace, inference_service, track, role) (num_requests_waiting{namespace="nim", inference_service="llama", track="stable"})',
        labels: { track: 'stable' },
      },
      {
        record: 'inference:queue_depth',
        expr: 'sum by (namespace, inference_service, track, role) (vllm:num_requests_waiting{namespace="nim", inference_service="llama", track="canary"})',
        labels: { track: 'canary' },
      },
    ]);
    // NIM 1.x does not count them, so there is no record of the stable track.
    const preempted = rules.filter(({ record }) => record === 'inference:preemptions:rate5m');
    expect(preempted.map(({ labels }) => labels)).toEqual([{ track: 'canary' }]);
  });
});

test('roles that run the same share their rules too', () => {
  const [prefill, decode] = [podsOf(VLLM, { role: 'prefill' }), podsOf(VLLM, { role: 'decode' })];
  expect(rulesOf(decode, prefill)).toEqual(rulesOf(podsOf(VLLM)));
});

test('a metric that is gone takes its records with it, and who asks for it is told', () => {
  const pods = podsOf(lacking(VLLM, 'queueDepth', 'timeToFirstToken'));
  const left = rulesOf(pods).map(({ record }) => record);
  const before = rulesOf(podsOf(VLLM)).map(({ record }) => record);
  expect(before.filter((record) => !left.includes(record))).toEqual([
    'inference:queue_depth',
    'inference:time_to_first_token_seconds:p50_rate5m',
    'inference:time_to_first_token_seconds:p95_rate5m',
    'inference:time_to_first_token_seconds:p99_rate5m',
  ]);
  expect(() => signalQueries(serviceOf(pods), pods).gauge('queueDepth')).toThrow(
    `signal-missing\n  vllm 0.18.1 does not tell queueDepth.\n  ${GONE}`,
  );
});

test('nothing known, nothing recorded, and no empty object', () => {
  const contract = { ...VLLM.contract(servingRequest()), signals: undefined };
  const pods = podsOf(VLLM, { plan: { contract, startup: { rolloutSeconds: 600 } } });
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new SignalRecords(chart, 'records', { service: serviceOf(pods), monitoring: Monitoring.prometheusOperator() });
  expect(chart.toJson()).toEqual([]);
});

describePromtools('promtool $version', (tool) => {
  const S = 'namespace="nim", inference_service="llama", track="stable"';
  const labels = '{inference_service="llama", namespace="nim", track="stable"}';
  const answers = (query: string, is: number | Record<string, number>) => [{ query, at: '10m', is }];

  test('records are what the server did', () => {
    const groups = signalRecordGroups(serviceOf(podsOf(new VllmRuntime({ image: 'vllm/vllm-openai:v0.33.0' }))));
    expect(
      testRules(tool, groups, [
        {
          name: 'two pods, one request a second each, one of ten fails',
          interval: '30s',
          series: {
            [`up{${S}, pod="a"}`]: '1x40',
            [`http_requests_total{${S}, pod="a", handler="/v1/completions", status="2xx"}`]: '0+30x40',
            [`http_requests_total{${S}, pod="b", handler="/v1/completions", status="2xx"}`]: '0+24x40',
            [`http_requests_total{${S}, pod="b", handler="/v1/completions", status="5xx"}`]: '0+6x40',
            [`http_requests_total{${S}, pod="b", handler="/v1/models", status="5xx"}`]: '0+90x40',
            // The same six, counted by the engine as well.
            [`vllm:request_success_total{${S}, pod="b", finished_reason="error"}`]: '0+6x40',
            [`vllm:num_requests_waiting{${S}, pod="a", engine="0"}`]: '3x40',
            [`vllm:num_requests_waiting{${S}, pod="b", engine="0"}`]: '4x40',
            [`vllm:kv_cache_usage_perc{${S}, pod="a"}`]: '0.5x40',
            [`vllm:kv_cache_usage_perc{${S}, pod="b"}`]: '0.75x40',
          },
          answers: [
            ...answers('inference:requests:rate5m', { [`inference:requests:rate5m${labels}`]: 2 }),
            ...answers('inference:errors:rate5m', { [`inference:errors:rate5m${labels}`]: 0.2 }),
            ...answers('inference:timeouts:rate5m', { [`inference:timeouts:rate5m${labels}`]: 0 }),
            ...answers('inference:queue_depth', { [`inference:queue_depth${labels}`]: 7 }),
            ...answers('inference:kv_utilization', { [`inference:kv_utilization${labels}`]: 0.75 }),
          ],
        },
        {
          name: 'streams that fail are counted by the engine alone',
          interval: '30s',
          series: {
            [`up{${S}, pod="a"}`]: '1x40',
            [`http_requests_total{${S}, pod="a", handler="/v1/completions", status="2xx"}`]: '0+30x40',
            [`vllm:request_success_total{${S}, pod="a", finished_reason="error"}`]: '0+3x40',
          },
          answers: answers('inference:errors:rate5m', { [`inference:errors:rate5m${labels}`]: 0.1 }),
        },
        {
          name: 'no traffic: no quantile, no errors',
          interval: '30s',
          series: {
            [`up{${S}, pod="a"}`]: '1x40',
            [`vllm:time_to_first_token_seconds_bucket{${S}, pod="a", le="1.0"}`]: '0x40',
            [`vllm:time_to_first_token_seconds_bucket{${S}, pod="a", le="+Inf"}`]: '0x40',
          },
          answers: [
            ...answers('inference:time_to_first_token_seconds:p95_rate5m', {}),
            ...answers('inference:errors:rate5m', { [`inference:errors:rate5m${labels}`]: 0 }),
          ],
        },
      ]),
    ).toBe('');
  });
});
