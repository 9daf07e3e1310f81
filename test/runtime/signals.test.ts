import { findModel } from '../../lib/model/catalog';
import { CustomRuntime } from '../../lib/runtime/custom/custom';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { CounterSource, GaugeSource, HistogramSource, ServerSignals, SIGNALS } from '../../lib/runtime/server-signals';
import { ONE_GPU, ServingRequest, ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { GAUGE_RECORDS, RATE_RECORDS } from '../../lib/signals/records';
import { servingRequest } from '../support/serving-request';

const EMBEDDER = findModel('BAAI/bge-m3') ?? findModel('nvidia/nv-embedqa-e5-v5')!;

const vllm = (version: string, ...args: string[]) => new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, args });
const sglang = (version: string, ...args: string[]) =>
  new SglangRuntime({ image: `lmsysorg/sglang:v${version}`, args });
const nim = (image: string) => new NimRuntime({ image: `nvcr.io/nim/${image}` });
const triton = (props: object = {}) => new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3', ...props });
const tgi = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' });
const custom = (signals?: object) =>
  new CustomRuntime({
    name: 'own',
    image: 'registry.example.com/own:1.0.0',
    port: 8000,
    readiness: { path: '/ready', port: 8000 },
    metrics: { path: '/metrics', port: 8000 },
    ...(signals && { signals }),
  });

const VLLM_VERSIONS = (
  '0.5.5 0.6.6.post1 0.7.3 0.8.5.post1 0.9.2 0.10.2 0.11.2 0.12.0 0.13.0 0.14.1 0.15.1 0.16.0 0.17.1 0.18.1 0.19.1 0.20.2 ' +
  '0.21.0 0.22.1 0.23.0 0.24.0 0.25.1 0.26.0 0.27.1 0.28.0 0.29.0 0.30.0 0.31.0 0.32.0 0.33.0'
).split(' ');
const SGLANG_VERSIONS = (
  '0.4.6.post5 0.4.7.post1 0.4.8.post1 0.4.9.post6 0.4.10.post2 0.5.1.post3 0.5.2 0.5.3.post3 0.5.4.post3 0.5.5.post3 ' +
  '0.5.6.post2 0.5.7 0.5.8.post1 0.5.9 0.5.10.post1 0.5.11 0.5.12.post1 0.5.13.post1 0.5.14 0.5.15.post1 0.5.16 0.5.17 ' +
  '0.5.18 0.5.19 0.5.20 0.5.21 0.5.22 0.5.23'
).split(' ');

const signalsOf = (runtime: ServingRuntime, changes: Partial<ServingRequest> = {}): ServerSignals =>
  runtime.contract(servingRequest(changes)).signals!;

const text = [{ name: 'text', dataType: 'TYPE_STRING', dims: [1] }] as const;
const step = (name: string, decoupled = false) =>
  ({ name, backend: 'python', inputs: text, outputs: text, decoupled }) as const;
const PIPELINE = [
  step('preprocess'),
  step('model.v1', true),
  {
    name: 'chat',
    platform: 'ensemble',
    inputs: text,
    outputs: [{ ...text[0], name: 'answer' }],
    steps: [
      { model: 'preprocess', inputMap: { text: 'text' }, outputMap: { text: 'clean' } },
      { model: 'model.v1', inputMap: { text: 'clean' }, outputMap: { text: 'answer' } },
    ],
  },
] as const;
const VLLM_IN_TRITON = { image: 'nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3' };
const TENSORRT_IN_TRITON = { image: 'nvcr.io/nvidia/tritonserver:25.08-trtllm-python-py3' };
const ENGINE = { name: 'tensorrt_llm', backend: 'tensorrtllm', maxBatchSize: 8, decoupled: true };

const SERVERS: readonly (readonly [string, ServerSignals])[] = [
  ...VLLM_VERSIONS.map((version) => [`vllm ${version}`, signalsOf(vllm(version))] as const),
  ...SGLANG_VERSIONS.map((version) => [`sglang ${version}`, signalsOf(sglang(version))] as const),
  ['vllm on a T4', signalsOf(vllm('0.9.2'), { gpus: [{ id: 'T4', computeCapability: 7.5, memoryGb: 16 }] })],
  ['vllm that embeds', signalsOf(vllm('0.18.1'), { model: EMBEDDER })],
  ['vllm without statistics', signalsOf(vllm('0.18.1', '--disable-log-stats'))],
  ['sglang that embeds', signalsOf(sglang('0.5.23'), { model: EMBEDDER })],
  ['nim 1.0.0', signalsOf(nim('meta/llama3-8b-instruct:1.0.0'))],
  ['nim 1.15.0', signalsOf(nim('meta/llama3-8b-instruct:1.15.0'))],
  ['nim 2.0.2', signalsOf(nim('meta/llama3-8b-instruct:2.0.2'))],
  ['nim 2.1.5', signalsOf(nim('meta/llama3-8b-instruct:2.1.5'))],
  ['nim 2.1.5 of SGLang', signalsOf(nim('meta/llama3-8b-instruct-sglang:2.1.5'))],
  ['nim retriever', signalsOf(nim('nvidia/nv-embedqa-e5-v5:1.6.0'))],
  ['triton with a repository', signalsOf(triton(), { weights: { kind: 'local', path: '/models' } })],
  ['triton with an ensemble', signalsOf(triton({ models: PIPELINE }))],
  ['triton with vLLM', signalsOf(triton({ ...VLLM_IN_TRITON, models: [{ name: 'llm', backend: 'vllm' }] }))],
  ['triton with TensorRT-LLM', signalsOf(triton({ ...TENSORRT_IN_TRITON, models: [ENGINE] }))],
  ['tgi', signalsOf(tgi)],
  ['a server of your own', signalsOf(custom({ gauges: { queueDepth: { metric: 'waiting', across: 'sum' } } }))],
];

describe.each(SERVERS)('%s', (_, signals) => {
  test.each(Object.keys(SIGNALS) as (keyof typeof SIGNALS)[])('tells each of its %s, or says what to use', (kind) => {
    for (const name of SIGNALS[kind]) {
      const told = Object.hasOwn(signals[kind], name);
      // One or the other, never both.
      expect([name, told, signals.lacks[name] !== undefined]).toEqual([name, told, !told]);
      if (!told) expect(signals.lacks[name]).toMatch(/^\S+ .*\.$/);
    }
  });

  test('names nothing that is no signal', () => {
    const names: readonly string[] = Object.values(SIGNALS).flat();
    const { counters, gauges, histograms, lacks } = signals;
    for (const told of [counters, gauges, histograms, lacks]) {
      expect(Object.keys(told).filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  test('names metrics as Prometheus stores them, and boundaries in their order', () => {
    const metrics = [
      ...Object.values<CounterSource>(signals.counters).flatMap(({ series }) => series),
      ...Object.values<GaugeSource>(signals.gauges),
      ...Object.values<HistogramSource>(signals.histograms),
    ];
    for (const { metric, matchers = [] } of metrics) {
      expect(metric).toMatch(/^[a-zA-Z_:][\w:]*$/);
      for (const matcher of matchers) expect(matcher).toMatch(/^\w+(=|!=|=~|!~)".*"$/);
    }
    for (const { boundaries = [] } of Object.values<HistogramSource>(signals.histograms)) {
      expect(boundaries).toEqual([...new Set(boundaries)].sort((one, other) => one - other));
      expect(boundaries.every((boundary) => boundary > 0)).toBe(true);
    }
  });
});

test('the list of signals is that of the records', () => {
  expect([...SIGNALS.counters].sort()).toEqual(Object.keys(RATE_RECORDS).sort());
  expect([...SIGNALS.gauges].sort()).toEqual(Object.keys(GAUGE_RECORDS).sort());
});

const metricOf = ({ gauges, histograms, counters }: ServerSignals, name: string): string | undefined => {
  const found = { ...gauges, ...histograms }[name as 'running'];
  if (found) return found.metric;
  return counters[name as 'requests']?.series
    .map(({ metric, matchers = [] }) => metric + (matchers.length > 0 ? `{${matchers.join(', ')}}` : ''))
    .join(' + ');
};

const CALLS = 'handler=~"/v1/.+", handler!="/v1/models"';
const SGLANG_CALLS = 'endpoint=~"/v1/.+|/generate", endpoint!="/v1/models"';

test.each`
  server                                                                       | signal                  | metric
  ${vllm('0.10.2')}                                                            | ${'kvCacheUtilization'} | ${'vllm:gpu_cache_usage_perc'}
  ${vllm('0.11.0')}                                                            | ${'kvCacheUtilization'} | ${'vllm:kv_cache_usage_perc'}
  ${vllm('0.10.2')}                                                            | ${'interTokenLatency'}  | ${'vllm:time_per_output_token_seconds'}
  ${vllm('0.11.2')}                                                            | ${'interTokenLatency'}  | ${'vllm:inter_token_latency_seconds'}
  ${vllm('0.10.2')}                                                            | ${'timePerOutputToken'} | ${undefined}
  ${vllm('0.33.0')}                                                            | ${'timePerOutputToken'} | ${'vllm:request_time_per_output_token_seconds'}
  ${vllm('0.7.3')}                                                             | ${'prefixCacheHits'}    | ${undefined}
  ${vllm('0.8.5.post1')}                                                       | ${'prefixCacheHits'}    | ${'vllm:gpu_prefix_cache_hits_total'}
  ${vllm('0.12.0')}                                                            | ${'prefixCacheHits'}    | ${'vllm:prefix_cache_hits_total'}
  ${vllm('0.5.5')}                                                             | ${'queueTime'}          | ${undefined}
  ${vllm('0.12.0')}                                                            | ${'errors'}             | ${`http_requests_total{${CALLS}, status="5xx"}`}
  ${vllm('0.13.0')}                                                            | ${'errors'}             | ${`http_requests_total{${CALLS}, status="5xx"} + vllm:request_success_total{finished_reason="error"}`}
  ${vllm('0.13.0')}                                                            | ${'timeouts'}           | ${'vllm:request_success_total{finished_reason="abort"}'}
  ${vllm('0.18.1', '--disable-log-stats')}                                     | ${'errors'}             | ${`http_requests_total{${CALLS}, status="5xx"}`}
  ${vllm('0.18.1', '--disable-log-stats')}                                     | ${'queueDepth'}         | ${undefined}
  ${sglang('0.5.22')}                                                          | ${'requests'}           | ${'sglang:num_requests_total'}
  ${sglang('0.5.22')}                                                          | ${'errors'}             | ${undefined}
  ${sglang('0.5.23')}                                                          | ${'requests'}           | ${`sglang:http_responses_total{${SGLANG_CALLS}}`}
  ${sglang('0.5.23')}                                                          | ${'errors'}             | ${`sglang:http_responses_total{${SGLANG_CALLS}, status_code=~"5.."}`}
  ${sglang('0.5.2')}                                                           | ${'queueTime'}          | ${'sglang:queue_time_s'}
  ${sglang('0.5.3.post3')}                                                     | ${'queueTime'}          | ${'sglang:queue_time_seconds'}
  ${sglang('0.5.12.post1')}                                                    | ${'modelLoadTime'}      | ${'sglang:engine_load_weights_time'}
  ${sglang('0.5.17')}                                                          | ${'modelLoadTime'}      | ${'sglang:weight_load_duration_seconds'}
  ${nim('meta/llama3-8b-instruct:1.0.0')}                                      | ${'requests'}           | ${'request_success_total + request_failure_total'}
  ${nim('meta/llama3-8b-instruct:1.0.0')}                                      | ${'queueDepth'}         | ${'num_requests_waiting'}
  ${nim('meta/llama3-8b-instruct:1.0.0')}                                      | ${'queueTime'}          | ${undefined}
  ${nim('meta/llama3-8b-instruct:2.0.2')}                                      | ${'queueDepth'}         | ${'vllm:num_requests_waiting'}
  ${nim('meta/llama3-8b-sglang:2.1.5')}                                        | ${'queueDepth'}         | ${'sglang:num_queue_reqs'}
  ${nim('nvidia/nv-embedqa-e5-v5:1.6.0')}                                      | ${'queueDepth'}         | ${'nv_inference_pending_request_count'}
  ${nim('nvidia/nv-embedqa-e5-v5:1.6.0')}                                      | ${'requests'}           | ${undefined}
  ${triton({ models: PIPELINE })}                                              | ${'requests'}           | ${'nv_inference_request_success{model="chat"} + nv_inference_request_failure{model="chat"}'}
  ${triton({ models: PIPELINE })}                                              | ${'errors'}             | ${'nv_inference_request_failure{model="chat", reason!="CANCELED"}'}
  ${triton({ models: [step('a.b'), step('c')] })}                              | ${'timeouts'}           | ${String.raw`nv_inference_request_failure{model=~"a\\.b|c", reason=~"CANCELED|REJECTED"}`}
  ${triton({ models: PIPELINE })}                                              | ${'timeToFirstToken'}   | ${undefined}
  ${triton({ ...VLLM_IN_TRITON, models: [{ name: 'llm', backend: 'vllm' }] })} | ${'timeToFirstToken'}   | ${'vllm:time_to_first_token_seconds'}
  ${triton({ ...TENSORRT_IN_TRITON, models: [ENGINE] })}                       | ${'kvCacheUtilization'} | ${'nv_trt_llm_kv_cache_block_metrics'}
  ${tgi}                                                                       | ${'timeToFirstToken'}   | ${undefined}
  ${tgi}                                                                       | ${'endToEndLatency'}    | ${'tgi_request_duration'}
`('$server.name $server.version tells $signal as $metric', ({ server, signal, metric }) => {
  expect(metricOf(signalsOf(server), signal)).toBe(metric);
});

test("TGI's boundaries are written as TGI writes them", () => {
  const { boundaries = [] } = signalsOf(tgi).histograms.endToEndLatency!;
  expect([boundaries.length, boundaries[0], boundaries[20], boundaries[34]].join(' ')).toBe(
    '35 0.00015000000000000001 0.49878850951194753 145.61096060497135',
  );
});

describe('promised latencies become boundaries', () => {
  const ttft = (seconds: number) => ({ quantity: 'timeToFirstToken', seconds }) as const;
  const itl = (seconds: number) => ({ quantity: 'interTokenLatency', seconds }) as const;
  const e2e = (seconds: number) => ({ quantity: 'endToEndLatency', seconds }) as const;
  const queue = (seconds: number) => ({ quantity: 'queueTime', seconds }) as const;

  test.each`
    server                                                                       | wanted                  | flag
    ${vllm('0.33.0')}                                                            | ${[]}                   | ${''}
    ${vllm('0.33.0')}                                                            | ${[ttft(2.5)]}          | ${''}
    ${vllm('0.33.0')}                                                            | ${[ttft(2.501)]}        | ${''}
    ${sglang('0.5.23')}                                                          | ${[ttft(2.001)]}        | ${''}
    ${triton({ models: PIPELINE })}                                              | ${[ttft(2.001)]}        | ${'--metrics-config=histogram_latencies=true'}
    ${vllm('0.33.0')}                                                            | ${[itl(0.06)]}          | ${'--custom-histogram-buckets {"inter_token_latency":[0.01,0.025,0.05,0.06,0.075,0.1,0.15,0.2,0.3,0.4,0.5,0.75,1,2.5,5,7.5,10,20,40,80]}'}
    ${vllm('0.33.0')}                                                            | ${[e2e(7), queue(0.2)]} | ${'--custom-histogram-buckets {"request_latency":[0.2,0.3,0.5,0.8,1,1.5,2,2.5,5,7,10,15,20,30,40,50,60,120,240,480,960,1920,7680]}'}
    ${vllm('0.31.0')}                                                            | ${[ttft(2)]}            | ${''}
    ${vllm('0.33.0', '--custom-histogram-buckets', '{"request_latency":[1,2]}')} | ${[e2e(7)]}             | ${'--custom-histogram-buckets {"request_latency":[1,2]}'}
    ${sglang('0.5.23')}                                                          | ${[ttft(2), itl(0.1)]}  | ${''}
    ${sglang('0.5.23')}                                                          | ${[itl(0.05)]}          | ${'--bucket-inter-token-latency 0.002 0.004 0.006 0.008 0.01 0.015 0.02 0.025 0.03 0.035 0.04 0.05 0.06 0.08 0.1 0.2 0.4 0.6 0.8 1 2 4 6 8'}
    ${sglang('0.5.23')}                                                          | ${[queue(0.7)]}         | ${''}
    ${sglang('0.5.23', '--bucket-time-to-first-token', '1', '3')}                | ${[ttft(2.5)]}          | ${'--bucket-time-to-first-token 1 3'}
    ${nim('meta/llama3-8b-instruct:1.0.0')}                                      | ${[ttft(2)]}            | ${''}
    ${nim('meta/llama3-8b-instruct:2.1.5')}                                      | ${[ttft(2)]}            | ${''}
    ${nim('meta/llama3-8b-sglang:2.1.5')}                                        | ${[ttft(3)]}            | ${'--bucket-time-to-first-token 0.1 0.2 0.4 0.6 0.8 1 2 3 4 6 8 10 20 40 60 80 100 200 400'}
    ${triton({ models: PIPELINE })}                                              | ${[ttft(0.5)]}          | ${'--metrics-config=histogram_latencies=true'}
    ${triton({ models: [step('one')] })}                                         | ${[ttft(0.5)]}          | ${''}
    ${triton({ models: PIPELINE, metrics: { histogramLatencies: false } })}      | ${[ttft(0.5)]}          | ${'--metrics-config=histogram_latencies=false'}
  `('$server.name $server.version, $wanted: $flag', ({ server, wanted, flag }) => {
    const { args = [] } = (server as ServingRuntime).contract(servingRequest({ latencyBoundaries: wanted }));
    const at = args.findIndex((arg) => /bucket|histogram/.test(arg));
    const [first = [], ...rest] = at < 0 ? [] : [args[at]!, ...args.slice(at + 1)];
    const end = rest.findIndex((arg) => arg.startsWith('--'));
    expect([first, ...(end < 0 ? rest : rest.slice(0, end))].flat().join(' ')).toBe(flag);
  });

  test.each`
    server                                                                           | wanted         | boundaries
    ${vllm('0.33.0')}                                                                | ${[ttft(2)]}   | ${[1, 2, 2.5, 5]}
    ${vllm('0.31.0')}                                                                | ${[ttft(2)]}   | ${[1, 2.5, 5]}
    ${vllm('0.33.0', '--custom-histogram-buckets', '{"time_to_first_token":[3,1]}')} | ${[ttft(2)]}   | ${[1, 3]}
    ${vllm('0.33.0', '--custom-histogram-buckets', 'what?')}                         | ${[ttft(2)]}   | ${undefined}
    ${sglang('0.5.23')}                                                              | ${[ttft(3)]}   | ${[1, 2, 3, 4]}
    ${sglang('0.5.23', '--bucket-time-to-first-token', '1', '3')}                    | ${[ttft(2.5)]} | ${[1, 3]}
    ${triton({ models: PIPELINE })}                                                  | ${[ttft(1.1)]} | ${[1.1, 2, 5]}
  `('$server.name $server.version, $wanted: the boundaries from 1 to 5 s are $boundaries', (row) => {
    const { server, wanted, boundaries } = row;
    const told = signalsOf(server, { latencyBoundaries: wanted }).histograms.timeToFirstToken!.boundaries;
    expect(told?.filter((each) => each >= 1 && each <= 5)).toEqual(boundaries);
  });

  test('Triton reads them in the file of the model that streams', () => {
    const { files = [] } = triton({ models: PIPELINE }).contract(servingRequest({ latencyBoundaries: [ttft(1.1)] }));
    const told = files.filter(({ content }) => content.includes('histogram_options'));
    expect(told.map(({ path }) => path)).toEqual(['/etc/triton/model.v1/config.pbtxt']);
    expect(told[0]!.content).toMatch(/buckets: \[\s*100,\s*500,\s*1100,\s*2000,\s*5000\s*\]/);
  });
});

test('all ranks of SGLang that tell the same count once', () => {
  const every = '--enable-metrics-for-all-schedulers';
  expect(signalsOf(sglang('0.5.23')).gauges.queueDepth!.matchers).toBeUndefined();
  expect(signalsOf(sglang('0.5.23', every)).gauges.queueDepth!.matchers).toEqual(['tp_rank="0"']);
});

const PIPELINE_OF_TWO = { parallelism: { ...ONE_GPU, pipelineParallelSize: 2 } };

test.each`
  server                                                     | changes            | matchers
  ${sglang('0.5.23')}                                        | ${{}}              | ${undefined}
  ${sglang('0.5.23')}                                        | ${PIPELINE_OF_TWO} | ${['pp_rank=~"0|"']}
  ${sglang('0.5.23', '--enable-metrics-for-all-schedulers')} | ${PIPELINE_OF_TWO} | ${['tp_rank="0"', 'pp_rank=~"0|"']}
  ${nim('meta/llama3-8b-sglang:2.1.5')}                      | ${PIPELINE_OF_TWO} | ${['pp_rank=~"0|"']}
`('stages of SGLang tell of the same requests, which count once: $matchers', ({ server, changes, matchers }) => {
  const { gauges, counters } = signalsOf(server as ServingRuntime, changes as object);
  const { queueDepth, running, kvCacheUtilization } = gauges;
  for (const { matchers: asked } of [queueDepth!, running!, kvCacheUtilization!, ...counters.preemptions!.series]) {
    expect(asked).toEqual(matchers);
  }
});

test.each`
  server             | progress
  ${vllm('0.33.0')}  | ${undefined}
  ${sglang('0.5.7')} | ${[{ metric: 'sglang:realtime_tokens_total', matchers: ['mode=~"decode|prefill_compute"'] }]}
  ${sglang('0.5.6')} | ${[]}
  ${tgi}             | ${[]}
`('$server.name $server.version counts tokens while it writes them: $progress', ({ server, progress }) => {
  expect(signalsOf(server as ServingRuntime).counters.generatedTokens!.progress).toEqual(progress);
});

test('priorities of SGLang count once: the series of all of them has the label empty', () => {
  const { gauges } = signalsOf(sglang('0.5.23', '--enable-priority-scheduling'));
  expect([gauges.queueDepth!.matchers, gauges.running!.matchers]).toEqual([['priority=""'], ['priority=""']]);
  expect(gauges.kvCacheUtilization!.matchers).toBeUndefined();
  const both = sglang('0.5.23', '--enable-priority-scheduling', '--enable-metrics-for-all-schedulers');
  expect(signalsOf(both).gauges.queueDepth!.matchers).toEqual(['tp_rank="0"', 'priority=""']);
});

describe('a server of your own', () => {
  const asked = (matcher: string) => () =>
    custom({ counters: { requests: { series: [{ metric: 'a', matchers: [matcher] }] } } });

  test.each([
    ...[
      'code="500"',
      'code=~"5..|4.."',
      'code=~"(?i)error"',
      'code=~"a(?i:b)"',
      'code=~"a{1000}"',
      'path!~"\\\\d+\\\\.html"',
    ],
    'path=~"\\\\\\\\1"',
  ])('is asked for %s', (matcher) => expect(asked(matcher)).not.toThrow());

  test.each([
    ...['__name__="x"', '__name__=~"x"', 'path=~"(a)\\\\1"', 'path=~"\\\\k<a>"', 'a=~"a{2000}"'],
    ...['a=~"a{1,2000}"', 'a=~"(?=b)"', 'a=~"[]"', 'a=~"\\\\cA"'],
  ])('is not asked for %s, which Prometheus refuses', (matcher) => {
    expect(asked(matcher)).toThrow('A matcher of signals.counters.requests is');
  });

  test('without signals: nobody knows what it tells', () => {
    expect(custom().contract(servingRequest()).signals).toBeUndefined();
  });

  test('what is not stated is said', () => {
    const { lacks } = signalsOf(custom({ counters: {}, lacks: { errors: 'Ask the gateway.' } }));
    expect([lacks.errors, lacks.requests]).toEqual(['Ask the gateway.', 'State the metric of own for it in signals.']);
  });

  test.each`
    signals                                                                                            | message
    ${[]}                                                                                              | ${'signals is [].'}
    ${{ counter: {} }}                                                                                 | ${'signals.counter is no signal.\nDid you mean counters'}
    ${{ counters: { request: {} } }}                                                                   | ${'signals.counters.request is no signal.\nDid you mean requests'}
    ${{ counters: { generatedTokens: { series: [{ metric: 'a' }], progress: [{ metric: 'a b' }] } } }} | ${'The metric of signals.counters.generatedTokens.progress is "a b".'}
    ${{ counters: { generatedTokens: { series: [{ metric: 'a' }], progress: 'a' } } }}                 | ${'signals.counters.generatedTokens.progress is "a".\nUse a list of series'}
    ${{ counters: { requests: {} } }}                                                                  | ${'signals.counters.requests has no series.'}
    ${{ counters: { requests: { series: [{ metric: 'a b' }] } } }}                                     | ${'The metric of signals.counters.requests is "a b".'}
    ${{ counters: { requests: { series: [{ metric: 'a', matchers: ['code=500'] }] } } }}               | ${'A matcher of signals.counters.requests is "code=500".'}
    ${{ counters: { requests: { series: [{ metric: 'a', matchers: ['a="${b}"'] }] } } }}               | ${'A matcher of signals.counters.requests is'}
    ${{ counters: { requests: { series: [{ metric: 'a', matchers: ['a=~"("'] }] } } }}                 | ${'A matcher of signals.counters.requests is'}
    ${{ lacks: { erorrs: 'Ask the gateway.' } }}                                                       | ${'signals.lacks.erorrs is no signal.\nDid you mean errors'}
    ${{ lacks: { errors: 5 } }}                                                                        | ${'signals.lacks.errors is 5.\nSay in a sentence'}
    ${{ gauges: { queueDepth: { metric: 'a', across: 'avg' } } }}                                      | ${'signals.gauges.queueDepth.across is "avg".\nUse "sum" or "max".'}
    ${{ histograms: { queueTime: { metric: 'a_bucket', unitsPerSecond: 1 } } }}                        | ${'signals.histograms.queueTime is "a_bucket".\nLeave _bucket'}
    ${{ histograms: { queueTime: { metric: 'a', unitsPerSecond: 1, boundaries: [1, 1] } } }}           | ${'signals.histograms.queueTime.boundaries is [1,1].\nUse rising'}
    ${{ histograms: { queueTime: { metric: 'a', unitsPerSecond: 1e6 } } }}                             | ${'signals.histograms.queueTime.unitsPerSecond is 1000000.\nUse 1 or 1000.'}
  `('$signals is refused: $message', ({ signals, message }) => {
    expect(() => custom(signals)).toThrow(message.split('\n')[0]);
    expect(() => custom(signals)).toThrow(
      new RegExp(
        message
          .split('\n')
          .at(-1)
          .replace(/[[\].$]/g, '\\$&'),
      ),
    );
  });
});
