import * as prettier from 'prettier';
import { NimRuntime } from '../lib/runtime/nim/nim';
import { LatencyQuantity, ServerSignals, SignalName, SIGNALS } from '../lib/runtime/server-signals';
import { ServingRuntime } from '../lib/runtime/serving-runtime';
import { SglangRuntime } from '../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../lib/runtime/triton/triton';
import { VllmRuntime } from '../lib/runtime/vllm/vllm';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS } from '../lib/signals/records';
import { servingRequest } from '../test/support/serving-request';

const text = [{ name: 'text', dataType: 'TYPE_STRING', dims: [1] }] as const;

/** One release of each server, set up so that it tells what it can. */
const SERVERS: Readonly<Record<string, ServingRuntime>> = {
  'vLLM 0.33.0': new VllmRuntime({ image: 'vllm/vllm-openai:v0.33.0' }),
  'vLLM 0.10.2': new VllmRuntime({ image: 'vllm/vllm-openai:v0.10.2' }),
  'NIM 1.x': new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  'NIM 2.1.5': new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:2.1.5' }),
  'NeMo Retriever NIM 1.x': new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' }),
  'SGLang 0.5.23': new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' }),
  'Triton, a model that streams': new TritonRuntime({
    image: 'nvcr.io/nvidia/tritonserver:25.08-py3',
    models: [
      { name: 'chat', backend: 'python', inputs: text, outputs: [{ ...text[0], name: 'answer' }], decoupled: true },
    ],
    metrics: { histogramLatencies: true },
  }),
  'Triton with TensorRT-LLM': new TritonRuntime({
    image: 'nvcr.io/nvidia/tritonserver:25.08-trtllm-python-py3',
    models: [{ name: 'tensorrt_llm', backend: 'tensorrtllm', maxBatchSize: 8, decoupled: true }],
    metrics: { histogramLatencies: true },
  }),
  'Triton with vLLM': new TritonRuntime({
    image: 'nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3',
    models: [{ name: 'chat', backend: 'vllm' }],
  }),
  TGI: new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
};

const RECORDS: readonly (readonly [SignalName, string])[] = [
  ...SIGNALS.counters.map((signal) => [signal, RATE_RECORDS[signal]] as const),
  ...SIGNALS.gauges.map((signal) => [signal, GAUGE_RECORDS[signal]] as const),
  ...SIGNALS.histograms.map((signal) => [signal, quantileRecord(signal, 'p95')] as const),
];

const QUANTITIES: readonly LatencyQuantity[] = [
  'timeToFirstToken',
  'interTokenLatency',
  'endToEndLatency',
  'queueTime',
];

/** The page with what every server tells and under which name it is recorded, made from the tables in lib/runtime. */
export async function signalPage(): Promise<string> {
  const sections = Object.entries(SERVERS).map(([server, runtime]) =>
    section(server, runtime.contract(servingRequest())),
  );
  const page = [
    '# What servers tell',
    'Made by `npm run docs` from the tables in `lib/runtime`, one row a metric with the releases that have it and where that was read. `SignalQueries` turns them into PromQL, and nothing else in the library knows the name of a metric: a release that renames one is one new row.',
    'With `monitoring`, every service gets recording rules (`SignalRecords`) under names that are the same for all servers, a series for each `namespace`, `inference_service`, `track` and `role`. Dashboards, alerts and scalers read these:',
    [
      '| signal | record |',
      '| --- | --- |',
      ...RECORDS.map(([signal, record]) => `| ${signal} | \`${record}\` |`),
    ].join('\n'),
    'Latencies are recorded as `p50`, `p95` and `p99`, in seconds. Without traffic there is no quantile, rather than one that is no number.',
    '**Errors are counted once.** vLLM counts calls (`http_requests_total`) and what its engine ended (`vllm:request_success_total`). A stream that fails after its first bytes is a 200 among the calls, and an `error` of the engine from 0.13 on; a failure that is not streamed is in both, and one before the engine only among the calls. So errors are the larger of the two: exact while one kind of failure is about, too low by the smaller kind when both are. The first error of its kind in the life of a pod is not seen by a rate, because the series begins with it.',
    '**Tokens are counted when they are written, or when the answer is complete.** vLLM counts at each step; SGLang and TGI when a request ends, so that their rate comes in jumps and says nothing of a request that runs. SGLang from 0.5.7 on has a second counter that rises meanwhile (`sglang:realtime_tokens_total`): `InferenceNoTokenProgress` asks that.',
    '**A promised latency is a boundary.** A histogram knows how many requests took up to each of its boundaries and nothing between, so a promise between two is refused (`latency-boundary`). Where the server can be told, a promise becomes a boundary by itself: vLLM from 0.32 on, SGLang except for the queue, Triton for a model that streams. Flags of your own win.',
    '**Signals of your own server** are stated: `signals` of a `CustomRuntime`.',
    ...sections,
  ].join('\n\n');
  return prettier.format(page, { parser: 'markdown', printWidth: 120 });
}

function section(server: string, { signals }: { readonly signals?: ServerSignals }): string {
  const { counters, gauges, histograms, lacks } = signals!;
  const told = RECORDS.flatMap(([signal]) => {
    const series = { ...gauges, ...histograms }[signal as 'running'];
    const all = series ? [series] : counters[signal as 'requests']?.series;
    return all ? [`| ${signal} | ${all.map((each) => `\`${each.metric}${labels(each.matchers)}\``).join(', ')} |`] : [];
  });
  const bounds = QUANTITIES.flatMap((quantity) => {
    const { boundaries } = histograms[quantity] ?? {};
    return boundaries ? [`- ${quantity}: ${boundaries.map((each) => Number(each.toPrecision(4))).join(', ')} s`] : [];
  });
  const missing = RECORDS.flatMap(([signal]) => (lacks[signal] === undefined ? [] : [`- ${signal}: ${lacks[signal]}`]));
  return [
    `## ${server}`,
    ['| signal | metric |', '| --- | --- |', ...told].join('\n'),
    ...(bounds.length > 0 ? [`Boundaries:\n\n${bounds.join('\n')}`] : []),
    ...(missing.length > 0 ? [`Not told:\n\n${missing.join('\n')}`] : []),
  ].join('\n\n');
}

const labels = (matchers: readonly string[] = []) =>
  matchers.length === 0 ? '' : `{${matchers.join(', ')}}`.replaceAll('|', String.raw`\|`);
