import { Duration } from 'cdk8s';
import { ScalingMetric } from '../../lib';
import { SglangRuntime, TgiRuntime, VllmRuntime } from '../../lib';
import { InvalidInputError } from '../../lib/problem/problem';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SignalQueries } from '../../lib/signals/signal-queries';
import { refusalOf } from '../support/messages';
import { metricsOf, promqlProblems } from '../support/promql';
import { nim } from '../support/services';
import { servingRequest } from '../support/serving-request';

const PODS = { namespace: 'chat', service: 'llama', track: 'stable' } as const;
const target = (sequences?: number) => ({ name: 'llama', sequences }) as Parameters<ScalingMetric['perReplica']>[0];

const METRICS = {
  queueDepth: ScalingMetric.queueDepth(),
  runningRequests: ScalingMetric.runningRequests(),
  kvCacheUtilization: ScalingMetric.kvCacheUtilization(),
  timeToFirstToken: ScalingMetric.timeToFirstToken({ p95: Duration.millis(1500) }),
  generatedTokensPerSecond: ScalingMetric.generatedTokensPerSecond(400),
} as const;

const RUNTIMES: Readonly<Record<string, ServingRuntime>> = {
  'vLLM 0.8.2': new VllmRuntime({ image: 'vllm/vllm-openai:v0.8.2' }),
  'vLLM 0.18.1': new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
  'NIM 1.0.0': nim('1.0.0'),
  'NIM 2.0.4': nim('2.0.4'),
  'SGLang 0.5.9': new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.9' }),
  'TGI 3.0.1': new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
};

function ask(runtime: ServingRuntime, metric: ScalingMetric): string {
  const { signals } = runtime.contract(servingRequest());
  try {
    return metric.total(new SignalQueries(`${runtime.name} ${runtime.version}`, signals, PODS), PODS);
  } catch (error) {
    if (error instanceof InvalidInputError) return `refused: ${error.problems[0]!.message}`;
    throw error;
  }
}

describe.each(Object.entries(RUNTIMES))('%s', (_, runtime) => {
  test.each(Object.entries(METRICS))('%s is one number over the stable pods, or is refused', (_name, metric) => {
    const query = ask(runtime, metric);
    if (query.startsWith('refused')) return;
    expect(promqlProblems(query)).toEqual([]);
    expect(query).toContain('namespace="chat", inference_service="llama", track="stable"');
    // A label that is left over would make several numbers of it, and KEDA takes one.
    expect(query).not.toMatch(/ by \((?!le\))/);
  });
});

test('what each server is asked', () => {
  const asked = Object.entries(RUNTIMES).flatMap(([name, runtime]) =>
    Object.entries(METRICS).map(([metric, value]) => {
      const query = ask(runtime, value);
      return `${name} ${metric}: ${query.startsWith('refused') ? query : metricsOf(query).join(', ')}`;
    }),
  );
  expect(asked.join('\n')).toMatchInlineSnapshot(`
   vLLM 0.8.2 queueDepth: vllm:num_requests_waiting
   vLLM 0.8.2 runningRequests: vllm:num_requests_running
   vLLM 0.8.2 kvCacheUtilization: vllm:gpu_cache_usage_perc, up
   vLLM 0.8.2 timeToFirstToken: vllm:time_to_first_token_seconds_bucket, up
   vLLM 0.8.2 generatedTokensPerSecond: vllm:generation_tokens_total, up
   vLLM 0.18.1 queueDepth: vllm:num_requests_waiting
   vLLM 0.18.1 runningRequests: vllm:num_requests_running
   vLLM 0.18.1 kvCacheUtilization: vllm:kv_cache_usage_perc, up
   vLLM 0.18.1 timeToFirstToken: vllm:time_to_first_token_seconds_bucket, up
   vLLM 0.18.1 generatedTokensPerSecond: vllm:generation_tokens_total, up
   NIM 1.0.0 queueDepth: num_requests_waiting
   NIM 1.0.0 runningRequests: num_requests_running
   NIM 1.0.0 kvCacheUtilization: gpu_cache_usage_perc, up
   NIM 1.0.0 timeToFirstToken: time_to_first_token_seconds_bucket, up
   NIM 1.0.0 generatedTokensPerSecond: generation_tokens_total, up
   NIM 2.0.4 queueDepth: vllm:num_requests_waiting
   NIM 2.0.4 runningRequests: vllm:num_requests_running
   NIM 2.0.4 kvCacheUtilization: vllm:kv_cache_usage_perc, up
   NIM 2.0.4 timeToFirstToken: vllm:time_to_first_token_seconds_bucket, up
   NIM 2.0.4 generatedTokensPerSecond: vllm:generation_tokens_total, up
   SGLang 0.5.9 queueDepth: sglang:num_queue_reqs
   SGLang 0.5.9 runningRequests: sglang:num_running_reqs
   SGLang 0.5.9 kvCacheUtilization: sglang:token_usage, up
   SGLang 0.5.9 timeToFirstToken: sglang:time_to_first_token_seconds_bucket, up
   SGLang 0.5.9 generatedTokensPerSecond: sglang:generation_tokens_total, up
   TGI 3.0.1 queueDepth: tgi_queue_size
   TGI 3.0.1 runningRequests: tgi_batch_current_size
   TGI 3.0.1 kvCacheUtilization: refused: tgi 3.0.1 does not tell kvCacheUtilization.
   TGI 3.0.1 timeToFirstToken: refused: tgi 3.0.1 does not tell timeToFirstToken.
   TGI 3.0.1 generatedTokensPerSecond: tgi_request_generated_tokens_sum, up
  `);
});

test('the queries as Prometheus gets them', () => {
  const vllm = RUNTIMES['vLLM 0.18.1']!;
  expect(
    Object.values(METRICS)
      .map((metric) => ask(vllm, metric))
      .join('\n'),
  ).toMatchInlineSnapshot(`
   sum (vllm:num_requests_waiting{namespace="chat", inference_service="llama", track="stable"})
   sum (vllm:num_requests_running{namespace="chat", inference_service="llama", track="stable"})
   max (vllm:kv_cache_usage_perc{namespace="chat", inference_service="llama", track="stable"}) * count (up{namespace="chat", inference_service="llama", track="stable"} == 1)
   (histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{namespace="chat", inference_service="llama", track="stable"}[5m]))) * count (up{namespace="chat", inference_service="llama", track="stable"} == 1) >= 0) or (0 * count (up{namespace="chat", inference_service="llama", track="stable"} == 1))
   (sum (rate(vllm:generation_tokens_total{namespace="chat", inference_service="llama", track="stable"}[5m]))) and count (up{namespace="chat", inference_service="llama", track="stable"} == 1)
  `);
});

describe('a target that the server never shows', () => {
  const told = (runtime: ServingRuntime, seconds: number) => {
    const { signals } = runtime.contract(servingRequest());
    const queries = new SignalQueries(`${runtime.name} ${runtime.version}`, signals, PODS);
    const metric = ScalingMetric.timeToFirstToken({ p95: Duration.seconds(seconds) });
    return metric.problems(queries).map(({ message, remedy }) => `${message} ${remedy}`);
  };

  test.each([10, 15])('%d s beyond which NIM 1 counts nothing', (seconds) => {
    expect(told(nim('1.8.0'), seconds)).toEqual([
      `The target of time-to-first-token-p95 is ${seconds} s, and nim 1.8.0 counts up to 10 s only: however slow it becomes, no replica is added. Use less than 10 s, or ScalingMetric.queueDepth().`,
    ]);
  });

  test('is none below the last boundary', () => {
    expect(told(nim('1.8.0'), 9.9)).toEqual([]);
    expect(told(RUNTIMES['vLLM 0.18.1']!, 15)).toEqual([]);
  });
});

describe('what a replica should have', () => {
  test.each`
    sequences    | running
    ${undefined} | ${undefined}
    ${0}         | ${undefined}
    ${NaN}       | ${undefined}
    ${1}         | ${1}
    ${3}         | ${2}
    ${10}        | ${8}
    ${64}        | ${51}
  `('room for $sequences sequences: $running running requests', ({ sequences, running }) => {
    expect(ScalingMetric.runningRequests().perReplica(target(sequences))).toBe(running);
    expect(ScalingMetric.runningRequests(24).perReplica(target(sequences))).toBe(24);
  });

  test('is stated, or the default, for the others', () => {
    expect(METRICS.queueDepth.perReplica(target())).toBe(5);
    expect(METRICS.kvCacheUtilization.perReplica(target())).toBe(0.8);
    expect(METRICS.timeToFirstToken.perReplica(target())).toBe(1.5);
    expect(METRICS.generatedTokensPerSecond.perReplica(target())).toBe(400);
  });

  test('is a number that Kubernetes can count, and a part for what is a part', () => {
    const seconds = Duration.seconds;
    const refused = [
      () => ScalingMetric.queueDepth(0),
      () => ScalingMetric.runningRequests(-1),
      () => ScalingMetric.kvCacheUtilization(80),
      () => ScalingMetric.generatedTokensPerSecond(NaN),
      () => ScalingMetric.timeToFirstToken({ p95: seconds(0) }),
      () => ScalingMetric.timeToFirstToken({}),
      () => ScalingMetric.timeToFirstToken({ p50: seconds(1), p95: seconds(2) }),
    ];
    expect(refused.map(refusalOf).join('\n')).toMatchInlineSnapshot(`
     ScalingMetric queue-depth: scaling-metric
       The target of queue-depth is 0; it divides what is measured.
       Use a number of 0.001 or more.
     ScalingMetric running-requests: scaling-metric
       The target of running-requests is -1; it divides what is measured.
       Use a number of 0.001 or more.
     ScalingMetric kv-cache-utilization: scaling-metric
       The target of kv-cache-utilization is 80; it divides what is measured.
       Use a part from 0.001 to 1, such as 0.8.
     ScalingMetric generated-tokens-per-second: scaling-metric
       The target of generated-tokens-per-second is NaN; it divides what is measured.
       Use a number of 0.001 or more.
     ScalingMetric time-to-first-token-p95: scaling-metric
       The target of time-to-first-token-p95 is 0; it divides what is measured.
       Use a number of 0.001 or more.
     ScalingMetric timeToFirstToken: scaling-metric
       No quantile is stated, and a scaler holds one number.
       State one of p50, p95 and p99, such as { p95: Duration.seconds(2) }.
     ScalingMetric timeToFirstToken: scaling-metric
       2 quantiles are stated, and a scaler holds one number.
       State one of p50, p95 and p99, such as { p95: Duration.seconds(2) }.
    `);
  });
});
