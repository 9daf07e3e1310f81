import { withBoundaries } from '../histogram-boundary';
import { HistogramSource, LatencyBoundary, MetricSeries, ServerSignals } from '../server-signals';
import { SignalEntry, signalsOf, SignalTable } from '../signal-table';
import { VLLM_BOUNDARIES } from '../vllm/vllm-boundaries';
import type { TritonMetrics } from './triton-settings';
import { entryModels, isDecoupled, isEnsemble, isTensorRtLlm, isVllm, TritonModel } from './triton-model';

const CORE =
  'triton-inference-server/core src/metrics.cc, src/metric_model_reporter.cc, and server docs/user_guide/metrics.md';
const TENSORRT_LLM = 'triton-inference-server/tensorrtllm_backend README.md, Triton metrics';
const VLLM = 'triton-inference-server/vllm_backend src/utils/metrics.py, of vLLM with V1 and with V0: what both have';

/** Milliseconds that Triton measures the first answer by, unless a model says otherwise. Source: CORE. */
const FIRST_RESPONSE_MS = [100, 500, 2000, 5000];

/** Models as Triton gets them, and which metrics it is told to export. */
export interface MeasuredModels {
  readonly models?: readonly TritonModel[];
  readonly metrics?: TritonMetrics;
}

/**
 * The model whose first answer Triton measures: the one that streams, where there is one and vLLM does not measure itself. In an
 * ensemble what its steps before take is left out.
 */
function streaming(models: readonly TritonModel[] = []): TritonModel | undefined {
  const streams = models.filter((model) => isDecoupled(model));
  return streams.length === 1 && !measuresItself(streams[0]!) ? streams[0] : undefined;
}

const measuresItself = (model: TritonModel) => isVllm(model) && model.reportCustomMetrics !== false;

/**
 * Turns on the histogram of the first answer where an objective asks for it, with the objective as one of its boundaries. What
 * the user states stays.
 */
export function measureFirstResponse(
  { models, metrics }: MeasuredModels,
  wanted: readonly LatencyBoundary[] = [],
): MeasuredModels {
  const durations = wanted
    .filter(({ quantity }) => quantity === 'timeToFirstToken')
    .map(({ seconds }) => milliseconds(seconds));
  const model = streaming(models);
  if (!model || durations.length === 0 || metrics?.histogramLatencies === false) return { models, metrics };
  const buckets = withBoundaries(FIRST_RESPONSE_MS, durations);
  return {
    models:
      model.firstResponseBuckets === undefined && buckets !== FIRST_RESPONSE_MS
        ? models!.map((each) => (each === model ? { ...each, firstResponseBuckets: buckets } : each))
        : models,
    metrics: { ...metrics, histogramLatencies: true },
  };
}

/** 1.1 s are 1100.0000000000002 ms in floating point. */
const milliseconds = (seconds: number) => Number((seconds * 1000).toPrecision(12));

/**
 * What Triton tells at port 8002. Its own counters are those of each model, and an ensemble is one beside its steps: only the
 * models that clients call are counted, each request once.
 *
 * A request that waited too long or found the queue full (REJECTED) failed, and it was given up; one that the client cancelled
 * was given up alone. Before the release that tells the reasons, which is not verified, cancelled ones are among the errors.
 */
export function tritonSignals(version: string, measured: MeasuredModels): ServerSignals {
  const { models = [] } = measured;
  const core = coreSignals(measured);
  if (models.some(measuresItself)) return signalsOf(version, vllmBackendSignals(core));
  return signalsOf(version, models.some(isTensorRtLlm) ? engineSignals(core) : core);
}

function coreSignals({ models, metrics }: MeasuredModels): SignalTable {
  const calls = models && entryModels(models).map(({ name }) => name);
  const uncounted = 'Which models clients call is not known, and an ensemble counts beside its steps. State models.';
  const counter = (...series: readonly MetricSeries[]) =>
    calls ? { told: [{ series: series.map((each) => pinned(each, calls)), source: CORE }] } : { otherwise: uncounted };
  const noTokens = 'Triton counts requests and tensors, not tokens. Use the usage in the answers.';
  const noCache = 'Triton keeps no cache of prefixes that it would tell of.';
  const noHistogram = 'Triton adds its times up and keeps no histogram of them.';
  const [success, failure] = [{ metric: 'nv_inference_request_success' }, { metric: 'nv_inference_request_failure' }];
  const waits = models?.filter((model) => !isEnsemble(model)).map(({ name }) => name);
  return {
    counters: {
      requests: counter(success, failure),
      errors: counter({ ...failure, matchers: ['reason!="CANCELED"'] }),
      timeouts: counter({ ...failure, matchers: ['reason=~"CANCELED|REJECTED"'] }),
      preemptions: { otherwise: 'Triton does not tell what its backends take back. Use kvCacheUtilization.' },
      promptTokens: { otherwise: noTokens },
      generatedTokens: { otherwise: noTokens },
      prefixCacheQueries: { otherwise: noCache },
      prefixCacheHits: { otherwise: noCache },
    },
    gauges: {
      queueDepth: {
        told: [
          {
            // A request waits for one model at a time, and for an ensemble never.
            ...pinned({ metric: 'nv_inference_pending_request_count' }, waits ?? []),
            across: 'sum',
            source: CORE,
          },
        ],
      },
      running: { otherwise: 'Triton does not tell how many requests it computes. Use queueDepth.' },
      kvCacheUtilization: { otherwise: 'Triton itself has no KV cache. Use queueDepth.' },
      modelLoadTime: { told: [{ metric: 'nv_model_load_duration_secs', across: 'max', source: CORE }] },
    },
    histograms: {
      timeToFirstToken: firstResponse(models, metrics),
      interTokenLatency: { otherwise: `${noHistogram} Use timeToFirstToken of a model that streams.` },
      timePerOutputToken: { otherwise: `${noHistogram} Use timeToFirstToken of a model that streams.` },
      endToEndLatency: { otherwise: `${noHistogram} Use what the gateway measures.` },
      queueTime: { otherwise: `${noHistogram} Use queueDepth.` },
    },
  };
}

function firstResponse(models: MeasuredModels['models'], metrics: TritonMetrics = {}): SignalEntry<HistogramSource> {
  const model = streaming(models);
  if (!model) {
    return {
      otherwise: models
        ? 'Triton measures the first answer of a model that streams, and this server has not just one. Use what the gateway measures.'
        : 'Triton measures the first answer of a model that streams, and which that is nobody knows. State models.',
    };
  }
  if (!metrics.histogramLatencies) {
    return { otherwise: 'It is off. Set metrics.histogramLatencies, or state an objective for it.' };
  }
  return {
    told: [
      {
        ...pinned({ metric: 'nv_inference_first_response_histogram_ms' }, [model.name]),
        unitsPerSecond: 1000,
        boundaries: (model.firstResponseBuckets ?? FIRST_RESPONSE_MS).map((duration) => duration / 1000),
        otherBoundaries: `Or add it to firstResponseBuckets of ${model.name}.`,
        source: CORE,
      },
    ],
  };
}

/** What TensorRT-LLM's backend tells beside: with batching in flight its own queue is the one that is long. */
function engineSignals({ counters, gauges, histograms }: SignalTable): SignalTable {
  const requests = (type: string) => ({
    told: [
      {
        metric: 'nv_trt_llm_request_metrics',
        matchers: [`request_type="${type}"`],
        across: 'sum' as const,
        source: TENSORRT_LLM,
      },
    ],
  });
  return {
    counters,
    gauges: {
      ...gauges,
      queueDepth: requests('waiting'),
      running: requests('scheduled'),
      kvCacheUtilization: {
        told: [
          {
            metric: 'nv_trt_llm_kv_cache_block_metrics',
            matchers: ['kv_cache_block_type="fraction"'],
            across: 'max',
            source: TENSORRT_LLM,
          },
        ],
      },
    },
    histograms,
  };
}

/** What vLLM's backend tells beside. It takes every request at once, so Triton's own queue is empty. */
function vllmBackendSignals({ counters, gauges }: SignalTable): SignalTable {
  const counter = (metric: string) => ({ told: [{ series: [{ metric }], source: VLLM }] });
  const histogram = (metric: string, boundaries: readonly number[]) => ({
    told: [{ metric, unitsPerSecond: 1 as const, boundaries, source: VLLM }],
  });
  const kept = 'vLLM inside of Triton tells it in some releases only. Use timeToFirstToken, or a VllmRuntime.';
  return {
    counters: {
      ...counters,
      preemptions: { otherwise: kept },
      promptTokens: counter('vllm:prompt_tokens_total'),
      generatedTokens: counter('vllm:generation_tokens_total'),
    },
    gauges: {
      ...gauges,
      queueDepth: { otherwise: kept },
      running: { otherwise: kept },
      kvCacheUtilization: { otherwise: kept },
    },
    histograms: {
      timeToFirstToken: histogram('vllm:time_to_first_token_seconds', VLLM_BOUNDARIES.timeToFirstToken.first),
      interTokenLatency: histogram('vllm:time_per_output_token_seconds', VLLM_BOUNDARIES.betweenTokens.first),
      timePerOutputToken: {
        otherwise: 'vLLM inside of Triton measures no mean for each request. Use interTokenLatency.',
      },
      // V0 had finer ones too; these are in both.
      endToEndLatency: histogram('vllm:e2e_request_latency_seconds', VLLM_BOUNDARIES.wholeRequest.first),
      queueTime: { otherwise: kept },
    },
  };
}

/** Series of some models; of all where none are named. */
function pinned({ metric, matchers = [] }: MetricSeries, models: readonly string[]): MetricSeries {
  const [first, ...others] = models;
  const names = models.map((name) => name.replaceAll('.', String.raw`\\.`)).join('|');
  const model = first === undefined ? [] : [others.length === 0 ? `model="${first}"` : `model=~"${names}"`];
  return { metric, matchers: [...model, ...matchers] };
}
