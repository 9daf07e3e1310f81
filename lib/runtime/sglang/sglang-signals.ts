import { HistogramSource, MetricSeries, ServerSignals, SignalName } from '../server-signals';
import { SignalRow, signalsOf, SignalTable, withoutGeneration } from '../signal-table';
import { statedBuckets } from './sglang-buckets';

const PACKAGES = "Python sources of SGLang's published packages, 0.4.6 to 0.5.23";

const TIME_TO_FIRST_TOKEN = [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400];
const WHOLE_REQUEST = { first: [...TIME_TO_FIRST_TOKEN, 800], later: [...TIME_TO_FIRST_TOKEN, 600, 1200, 1800, 2400] };
const BETWEEN_TOKENS = [
  ...[0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8],
  ...[1, 2, 4, 6, 8],
];
const QUEUE = {
  first: [
    ...[0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500, 600, 700, 800],
    ...[900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000],
  ],
  finest: [0.001, 0.005, 0.01, 0.05],
};

const histogram = (
  metric: string,
  boundaries: readonly number[],
  since?: string,
  until?: string,
): SignalRow<HistogramSource> => ({ metric, unitsPerSecond: 1, boundaries, since, until, source: PACKAGES });

/** Calls of clients. */
const CALLS: MetricSeries = { metric: 'sglang:http_responses_total', matchers: ['endpoint=~"/v1/.+|/generate"'] };
const NEWER = 'Use a newer release, or what the gateway counts.';

/**
 * What SGLang tells at /metrics, by release. From 0.5.23 on requests are calls of clients, whatever came of them; before, they
 * are those that the engine ended. A stream that fails after its first bytes stays a 200.
 */
const SGLANG_SIGNALS: SignalTable = {
  counters: {
    requests: {
      told: [
        {
          series: [{ ...CALLS, matchers: [...CALLS.matchers!, 'endpoint!="/v1/models"'] }],
          appearsLate: true,
          since: '0.5.23',
          source: `${PACKAGES}; labels by its middleware`,
        },
        { series: [{ metric: 'sglang:num_requests_total' }], appearsLate: true, source: PACKAGES },
      ],
    },
    errors: {
      told: [
        {
          series: [{ ...CALLS, matchers: [...CALLS.matchers!, 'endpoint!="/v1/models"', 'status_code=~"5.."'] }],
          appearsLate: true,
          since: '0.5.23',
          source: `${PACKAGES}; labels by its middleware`,
        },
      ],
      otherwise: `SGLang before 0.5.23 does not count what failed. ${NEWER}`,
    },
    timeouts: {
      told: [
        {
          series: [{ metric: 'sglang:num_aborted_requests_total' }],
          appearsLate: true,
          since: '0.4.7.post1',
          source: PACKAGES,
        },
      ],
      otherwise: `SGLang before 0.4.7 does not count what was given up. ${NEWER}`,
    },
    preemptions: {
      told: [
        {
          series: [{ metric: 'sglang:num_retracted_requests_total' }],
          appearsLate: true,
          since: '0.5.7',
          source: `${PACKAGES}: called retraction`,
        },
      ],
      otherwise: 'SGLang before 0.5.7 does not add them up. Use kvCacheUtilization, or a newer release.',
    },
    promptTokens: {
      told: [{ series: [{ metric: 'sglang:prompt_tokens_total' }], appearsLate: true, source: PACKAGES }],
    },
    generatedTokens: {
      // Raised when a request ends.
      told: [
        {
          series: [{ metric: 'sglang:generation_tokens_total' }],
          appearsLate: true,
          // Prompts too: an answer of one token has no step of its own.
          progress: [{ metric: 'sglang:realtime_tokens_total', matchers: ['mode=~"decode|prefill_compute"'] }],
          since: '0.5.7',
          source: `${PACKAGES}: realtime_tokens_total rises with every line of the log, each 40 steps`,
        },
        {
          series: [{ metric: 'sglang:generation_tokens_total' }],
          appearsLate: true,
          progress: [],
          source: PACKAGES,
        },
      ],
    },
    // Every prompt is looked up.
    prefixCacheQueries: {
      told: [{ series: [{ metric: 'sglang:prompt_tokens_total' }], appearsLate: true, source: PACKAGES }],
    },
    prefixCacheHits: {
      told: [{ series: [{ metric: 'sglang:cached_tokens_total' }], appearsLate: true, source: PACKAGES }],
    },
  },
  gauges: {
    queueDepth: { told: [{ metric: 'sglang:num_queue_reqs', across: 'sum', source: PACKAGES }] },
    running: { told: [{ metric: 'sglang:num_running_reqs', across: 'sum', source: PACKAGES }] },
    kvCacheUtilization: { told: [{ metric: 'sglang:token_usage', across: 'max', source: PACKAGES }] },
    modelLoadTime: {
      told: [
        { metric: 'sglang:weight_load_duration_seconds', across: 'max', since: '0.5.13.post1', source: PACKAGES },
        { metric: 'sglang:engine_load_weights_time', across: 'max', since: '0.5.2', source: PACKAGES },
      ],
      otherwise: 'SGLang before 0.5.2 does not tell it. Use the time from the start of the pod until it is ready.',
    },
  },
  histograms: {
    timeToFirstToken: { told: [histogram('sglang:time_to_first_token_seconds', TIME_TO_FIRST_TOKEN)] },
    interTokenLatency: { told: [histogram('sglang:inter_token_latency_seconds', BETWEEN_TOKENS)] },
    timePerOutputToken: {
      told: [histogram('sglang:request_time_per_output_token_seconds', BETWEEN_TOKENS, '0.5.22')],
      otherwise: 'SGLang before 0.5.22 measures no mean for each request. Use interTokenLatency, or a newer release.',
    },
    endToEndLatency: {
      told: [
        histogram('sglang:e2e_request_latency_seconds', WHOLE_REQUEST.later, '0.5.2'),
        histogram('sglang:e2e_request_latency_seconds', WHOLE_REQUEST.first),
      ],
    },
    queueTime: {
      told: [
        histogram('sglang:queue_time_seconds', [...QUEUE.finest, ...QUEUE.first], '0.5.12.post1'),
        histogram('sglang:queue_time_seconds', QUEUE.first, '0.5.3.post3'),
        histogram('sglang:queue_time_s', QUEUE.first, '0.5.2'),
      ],
      otherwise: 'SGLang before 0.5.2 measures no queue time. Use queueDepth, or a newer release.',
    },
  },
};

/** How SGLang is set up, as far as it decides what it tells. */
export interface SglangSignalOptions {
  /** Its flags, as they are given. @default - none */
  readonly args?: readonly string[];
  /** False for a model that answers with vectors or scores. @default true */
  readonly generates?: boolean;
  /** Copies of the attention layers. @default 1 */
  readonly dataParallelSize?: number;
  /** Stages of its layers. @default 1 */
  readonly pipelineParallelSize?: number;
}

/** What SGLang tells in this release, with --enable-metrics and its buckets as the flags say. */
export function sglangSignals(version: string, options: SglangSignalOptions = {}): ServerSignals {
  const { args = [], generates = true, dataParallelSize = 1, pipelineParallelSize = 1 } = options;
  const table = signalsOf(version, SGLANG_SIGNALS);
  const signals = { ...table, histograms: statedBuckets(table.histograms, args) };
  // Then every rank tells the same number, unless each has an attention, and so a queue, of its own.
  const repeated = args.includes('--enable-metrics-for-all-schedulers') && dataParallelSize === 1;
  const narrowings: readonly (readonly [of: readonly SignalName[], matcher: string])[] = [
    ...(repeated ? [[PER_RANK, 'tp_rank="0"'] as const] : []),
    // Every stage has all requests; releases without the label match too.
    ...(pipelineParallelSize > 1 ? [[PER_STAGE, 'pp_rank=~"0|"'] as const] : []),
    // With priorities the requests of each are told beside all of them, which have the label empty; releases without the label
    // match too (sgl-project/sglang#17026, and answers of such a server as users of it read them).
    ...(args.includes('--enable-priority-scheduling') ? [[PER_PRIORITY, 'priority=""'] as const] : []),
  ];
  const once = narrowings.reduce((all, [of, matcher]) => narrowed(all, of, matcher), signals);
  return generates ? once : withoutGeneration(once);
}

/** What each scheduler tells of its part of the server. */
const PER_STAGE: readonly SignalName[] = ['queueDepth', 'running', 'kvCacheUtilization', 'preemptions'];
const PER_RANK: readonly SignalName[] = [...PER_STAGE, 'modelLoadTime'];
const PER_PRIORITY: readonly SignalName[] = ['queueDepth', 'running'];

/** Signals of which some are asked with one matcher more. */
function narrowed(signals: ServerSignals, of: readonly SignalName[], matcher: string): ServerSignals {
  const narrower = <Series extends MetricSeries>(series: Series): Series => ({
    ...series,
    matchers: [...(series.matchers ?? []), matcher],
  });
  const each = <Source>(told: Readonly<Partial<Record<SignalName, Source>>>, narrow: (source: Source) => Source) =>
    Object.fromEntries(
      Object.entries(told).map(([name, source]) => [name, of.includes(name as SignalName) ? narrow(source) : source]),
    );
  return {
    ...signals,
    counters: each(signals.counters, (counter) => ({ ...counter, series: counter.series.map(narrower) })),
    gauges: each(signals.gauges, narrower),
  };
}
