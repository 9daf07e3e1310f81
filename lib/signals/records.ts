import { CounterSignal, GaugeSignal, HistogramSignal } from '../runtime/server-signals';

/**
 * Names under which every service's signals are recorded, whatever its server calls them: dashboards and alerts read these.
 * Labels: namespace, inference_service, track, role. The first three gauges are those of the Gateway API's inference extension.
 */
export const GAUGE_RECORDS: Readonly<Record<GaugeSignal, string>> = {
  queueDepth: 'inference:queue_depth',
  running: 'inference:running',
  kvCacheUtilization: 'inference:kv_utilization',
  modelLoadTime: 'inference:model_load_seconds',
};

/** Events per second over five minutes. */
export const RATE_RECORDS: Readonly<Record<CounterSignal, string>> = {
  requests: 'inference:requests:rate5m',
  errors: 'inference:errors:rate5m',
  timeouts: 'inference:timeouts:rate5m',
  preemptions: 'inference:preemptions:rate5m',
  promptTokens: 'inference:prompt_tokens:rate5m',
  generatedTokens: 'inference:generated_tokens:rate5m',
  prefixCacheQueries: 'inference:prefix_cache_queries:rate5m',
  prefixCacheHits: 'inference:prefix_cache_hits:rate5m',
};

const LATENCY_RECORDS: Readonly<Record<HistogramSignal, string>> = {
  timeToFirstToken: 'inference:time_to_first_token_seconds',
  interTokenLatency: 'inference:inter_token_latency_seconds',
  timePerOutputToken: 'inference:time_per_output_token_seconds',
  endToEndLatency: 'inference:end_to_end_latency_seconds',
  queueTime: 'inference:queue_time_seconds',
};

/** Quantiles that are recorded. */
export const RECORDED_QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** `inference:time_to_first_token_seconds:p95_rate5m`: seconds over five minutes. */
export function quantileRecord(signal: HistogramSignal, quantile: keyof typeof RECORDED_QUANTILES): string {
  return `${LATENCY_RECORDS[signal]}:${quantile}_rate5m`;
}
