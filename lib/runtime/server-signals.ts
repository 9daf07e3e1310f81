/** What of a request's time can be promised and measured, in the words of the servers' metrics. */
export type LatencyQuantity = 'timeToFirstToken' | 'interTokenLatency' | 'endToEndLatency' | 'queueTime';

/** What is counted: a rate per second is asked of it. */
export type CounterSignal =
  /** Requests that ended, whatever became of them. */
  | 'requests'
  /** Those of them that the server failed. */
  | 'errors'
  /** Those of them that the client, a gateway or a limit of time gave up. */
  | 'timeouts'
  /** Sequences that lost their place on the GPU and are computed again. */
  | 'preemptions'
  | 'promptTokens'
  | 'generatedTokens'
  /** Tokens of prompts that were looked up in the prefix cache. */
  | 'prefixCacheQueries'
  /** Those of them that were found. */
  | 'prefixCacheHits';

/** What is true at a moment. */
export type GaugeSignal =
  /** Requests that wait for their turn. */
  | 'queueDepth'
  /** Requests that are being computed. */
  | 'running'
  /** Part of the KV cache that is in use, 0 to 1. */
  | 'kvCacheUtilization'
  /** Seconds that it took to load the model. */
  | 'modelLoadTime';

/** How requests are spread over durations. */
export type HistogramSignal = LatencyQuantity | 'timePerOutputToken';

export type SignalName = CounterSignal | GaugeSignal | HistogramSignal;

/** Every signal, in the order in which a reader wants to know them. */
export const SIGNALS = {
  counters: [
    'requests',
    'errors',
    'timeouts',
    'preemptions',
    'promptTokens',
    'generatedTokens',
    'prefixCacheQueries',
    'prefixCacheHits',
  ],
  gauges: ['queueDepth', 'running', 'kvCacheUtilization', 'modelLoadTime'],
  histograms: ['timeToFirstToken', 'interTokenLatency', 'timePerOutputToken', 'endToEndLatency', 'queueTime'],
} as const satisfies {
  readonly counters: readonly CounterSignal[];
  readonly gauges: readonly GaugeSignal[];
  readonly histograms: readonly HistogramSignal[];
};

/** Series of one metric: its name as Prometheus stores it, and what its labels must be, such as `status="5xx"`. */
export interface MetricSeries {
  readonly metric: string;
  /** Matchers as PromQL writes them, without the braces. @default - every series of it */
  readonly matchers?: readonly string[];
}

/** Counters that together count it. */
export interface CounterSource {
  readonly series: readonly MetricSeries[];
  /**
   * How they become one number: `sum` where nothing is counted by two of them, `max` where each misses what the other sees
   * and most is counted by both. @default 'sum'
   */
  readonly together?: 'sum' | 'max';
  /** True when a series is there only after it counted once, so that its absence is 0. @default false */
  readonly appearsLate?: boolean;
  /**
   * Counters that rise while requests are computed, where `series` rises only when one ends; none where nothing does. Without them
   * nobody can tell a long answer from a server that hangs. @default - `series` does
   */
  readonly progress?: readonly MetricSeries[];
}

/** A gauge, and how those of several pods and engines become one number. */
export interface GaugeSource extends MetricSeries {
  readonly across: 'sum' | 'max';
}

/** A classic histogram. */
export interface HistogramSource extends MetricSeries {
  /** Of its boundaries and sum: 1 for seconds, 1000 for milliseconds. */
  readonly unitsPerSecond: 1 | 1000;
  /** Upper bounds of its buckets in seconds, ascending; undefined where nobody knows them. */
  readonly boundaries?: readonly number[];
  /** What to do for others, in a sentence. @default - there is nothing to be done */
  readonly otherBoundaries?: string;
}

/**
 * What one server in one version, set up as it is, tells of itself. A signal is in one of the tables, or in `lacks`, or nobody
 * wrote down anything about it.
 */
export interface ServerSignals {
  readonly counters: Readonly<Partial<Record<CounterSignal, CounterSource>>>;
  readonly gauges: Readonly<Partial<Record<GaugeSignal, GaugeSource>>>;
  readonly histograms: Readonly<Partial<Record<HistogramSignal, HistogramSource>>>;
  /** Why it does not tell others, and what can be used instead. A sentence or two. */
  readonly lacks: Readonly<Partial<Record<SignalName, string>>>;
}

/** A duration that somebody will ask a histogram about: it must be the boundary of a bucket. */
export interface LatencyBoundary {
  readonly quantity: LatencyQuantity;
  readonly seconds: number;
}
