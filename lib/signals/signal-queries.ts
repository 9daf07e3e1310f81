import { InvalidInputError, Problem } from '../problem/problem';
import {
  CounterSignal,
  CounterSource,
  GaugeSignal,
  HistogramSignal,
  HistogramSource,
  MetricSeries,
  ServerSignals,
  SignalName,
} from '../runtime/server-signals';
import { boundaryNear } from '../runtime/histogram-boundary';
import { PodSelection, podMatchers } from './pod-selection';

/**
 * PromQL from what a server tells of itself: the one place where metric names become queries. Whoever asks for a signal that
 * the server does not have gets an InvalidInputError with the reason and the alternative, under the id `signal-missing`.
 */
export class SignalQueries {
  /**
   * @param server how messages name it, such as `vllm 0.18.1`
   * @param signals undefined when nobody knows what it tells
   * @param pods whose series are meant
   */
  constructor(
    readonly server: string,
    private readonly signals: ServerSignals | undefined,
    private readonly pods: PodSelection,
  ) {}

  has(signal: SignalName): boolean {
    const { counters, gauges, histograms } = this.signals ?? { counters: {}, gauges: {}, histograms: {} };
    return [counters, gauges, histograms].some((told) => Object.hasOwn(told, signal));
  }

  /** Why a signal cannot be asked for, and what can be instead; nothing where it is told. */
  missing(signal: SignalName): readonly Problem[] {
    if (this.has(signal)) return [];
    const reason = this.signals?.lacks[signal] ?? 'Nobody wrote down a metric for it.';
    return [{ check: 'signal-missing', message: `${this.server} does not tell ${signal}.`, remedy: reason }];
  }

  /** What a signal is read from, as selectors: while the server tells it, one of them at least finds something. */
  selectors(signal: SignalName): readonly string[] {
    const { counters, gauges, histograms } = this.signals ?? { counters: {}, gauges: {}, histograms: {} };
    const { [signal as HistogramSignal]: histogram } = histograms;
    if (histogram) return [this.series(histogram, '_count')];
    const { [signal as GaugeSignal]: gauge } = gauges;
    if (gauge) return [this.series(gauge)];
    const { [signal as CounterSignal]: counter } = counters;
    return counter ? counter.series.map((each) => this.series(each)) : this.refuse(signal);
  }

  /** The same server's series of other pods. */
  of(pods: Partial<PodSelection>): SignalQueries {
    return new SignalQueries(this.server, this.signals, { ...this.pods, ...pods });
  }

  /** Events per second over a window such as `5m`; by no label is one number. */
  rate(signal: CounterSignal, window: string, by: readonly string[] = []): string {
    return this.added(this.signals?.counters[signal] ?? this.refuse(signal), window, by);
  }

  /** True when the server counts while it computes, so that a counter at rest is one that hangs. */
  tellsProgress(signal: CounterSignal): boolean {
    const { progress } = this.signals?.counters[signal] ?? { progress: [] };
    return progress === undefined || progress.length > 0;
  }

  /** Events per second that were counted while they came, by what the server counts of them then. */
  progress(signal: CounterSignal, window: string, by: readonly string[] = []): string {
    const source = this.signals?.counters[signal] ?? this.refuse(signal);
    return this.added({ ...source, series: source.progress ?? source.series }, window, by);
  }

  /** What is now; by no label is one number. */
  gauge(signal: GaugeSignal, by: readonly string[] = []): string {
    const source = this.signals?.gauges[signal] ?? this.refuse(signal);
    return `${source.across}${grouping(by)} (${this.series(source)})`;
  }

  /** The duration in seconds that a part of the requests, such as 0.95, stays below. */
  quantile(signal: HistogramSignal, quantile: number, window: string, by: readonly string[] = []): string {
    const source = this.histogram(signal);
    const buckets = `sum${grouping(['le', ...by])} (rate(${this.series(source, '_bucket')}[${window}]))`;
    const quantiles = `histogram_quantile(${quantile}, ${buckets})`;
    return source.unitsPerSecond === 1 ? quantiles : `${quantiles} / ${source.unitsPerSecond}`;
  }

  /** Requests per second that were measured. */
  measured(signal: HistogramSignal, window: string, by: readonly string[] = []): string {
    return `sum${grouping(by)} (rate(${this.series(this.histogram(signal), '_count')}[${window}]))`;
  }

  /**
   * Those of them that took longer than a boundary of its buckets. Of a pod that has no such bucket nothing is known: while a
   * rollout brings the boundary, all that the old pods answer would be too slow otherwise.
   */
  slower(signal: HistogramSignal, seconds: number, window: string, by: readonly string[] = []): string {
    const source = this.histogram(signal);
    const boundary = boundaryNear(source.boundaries, seconds) ?? seconds;
    const le = boundaryMatcher(boundary, source.unitsPerSecond);
    const within = `sum without (le) (rate(${this.series(source, '_bucket', [le])}[${window}]))`;
    return `sum${grouping(by)} (rate(${this.series(source, '_count')}[${window}]) - ${within})`;
  }

  /** The durations that this histogram can be asked about; undefined where nobody knows them. */
  boundaries(signal: HistogramSignal): readonly number[] | undefined {
    return this.histogram(signal).boundaries;
  }

  private histogram(signal: HistogramSignal): HistogramSource {
    return this.signals?.histograms[signal] ?? this.refuse(signal);
  }

  private series({ metric, matchers = [] }: MetricSeries, suffix = '', more: readonly string[] = []): string {
    return `${metric}${suffix}{${[...podMatchers(this.pods), ...matchers, ...more].join(', ')}}`;
  }

  private added(counter: CounterSource, window: string, by: readonly string[]): string {
    const { series, together = 'sum', appearsLate } = counter;
    const terms = series.map((each) => `sum${grouping(by)} (rate(${this.series(each)}[${window}]))`);
    // A counter that was never raised is not there; a sum with nothing is nothing.
    const whole = appearsLate ? terms.map((term) => `(${term} or ${this.zero(by)})`) : terms;
    return together === 'sum' ? whole.join(' + ') : whole.reduce((one, other) => `(${one} >= ${other} or ${other})`);
  }

  /** 0 wherever a pod of the selection is scraped. */
  private zero(by: readonly string[]): string {
    return by.length === 0 ? 'vector(0)' : `0 * sum${grouping(by)} (up{${podMatchers(this.pods).join(', ')}})`;
  }

  private refuse(signal: SignalName): never {
    throw new InvalidInputError(this.server, this.missing(signal));
  }
}

const grouping = (labels: readonly string[]) => (labels.length === 0 ? '' : ` by (${labels.join(', ')})`);

/**
 * Of a whole number Prometheus 3 writes `1.0`, where Prometheus 2 keeps what the server wrote: Python's `1.0`, or `1`
 * (prometheus/prometheus docs/migration.md). Others are written alike.
 */
function boundaryMatcher(seconds: number, unitsPerSecond: number): string {
  // 1.1 s are 1100.0000000000002 ms in floating point, and boundaries in ms are whole.
  const text = String(unitsPerSecond === 1 ? seconds : Number((seconds * unitsPerSecond).toPrecision(12)));
  return /^\d+$/.test(text) ? `le=~"${text}(\\\\.0)?"` : `le=${JSON.stringify(text)}`;
}
