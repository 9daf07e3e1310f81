import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { CounterSource, HistogramSource, MetricSeries, ServerSignals } from '../../lib/runtime/server-signals';

/** A counter that grows by so much in a second. */
interface Growing {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly perSecond: number;
}

/** Requests in a second that each histogram measures, and the part of them that its second bucket holds; the first holds none. */
export const MEASURED_PER_SECOND = 2;
export const WITHIN_SECOND_BUCKET = 0.8;
const UNKNOWN_BOUNDARIES = [0.5, 1, 2.5, 5];

/** Upper bounds in seconds of the histogram that the mock exports. */
export const boundariesOf = ({ boundaries = UNKNOWN_BOUNDARIES }: HistogramSource) => boundaries;

/**
 * A server as its signals say that it is: what it exports, and, by reading that and not by PromQL, what follows from it.
 */
export class MockServer {
  private readonly counters: readonly Growing[];
  private readonly gauges: readonly (Omit<Growing, 'perSecond'> & { readonly value: number })[];

  constructor(readonly signals: ServerSignals) {
    const growing = Object.values(signals.counters).flatMap(({ series }, at) =>
      series.flatMap((each, index) => [
        { metric: each.metric, labels: labelsThatMatch(each), perSecond: at + 1 + index },
        // What the metric counts beside.
        ...(each.matchers ? [{ metric: each.metric, labels: labelsThatDoNot(each), perSecond: 7 }] : []),
      ]),
    );
    this.counters = [...new Map(growing.map((each) => [JSON.stringify([each.metric, each.labels]), each])).values()];
    this.gauges = Object.entries(signals.gauges).map(([name, source], at) => ({
      metric: source.metric,
      labels: labelsThatMatch(source),
      value: name === 'kvCacheUtilization' ? 0.5 : at + 1,
    }));
  }

  /** Events in a second that a signal of it means. */
  rate({ series, together = 'sum' }: CounterSource): number {
    const each = series.map(({ metric, matchers = [] }) =>
      this.counters
        .filter((counter) => counter.metric === metric && matchers.every((matcher) => matches(matcher, counter.labels)))
        .reduce((sum, { perSecond }) => sum + perSecond, 0),
    );
    return together === 'sum' ? each.reduce((sum, one) => sum + one, 0) : Math.max(...each);
  }

  gauge(metric: string): number {
    return this.gauges.find((each) => each.metric === metric)!.value;
  }

  /** Its metrics so many seconds after its start, with the time of the samples. */
  metrics(seconds: number, milliseconds: number): string {
    const line = (name: string, labels: Readonly<Record<string, string>>, value: number) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
      return `${name}{${pairs.join(',')}} ${value} ${milliseconds}`;
    };
    return [
      ...this.counters.map(({ metric, labels, perSecond }) => line(metric, labels, perSecond * seconds)),
      ...this.gauges.map(({ metric, labels, value }) => line(metric, labels, value)),
      ...Object.values(this.signals.histograms).flatMap((histogram) => {
        const { metric, unitsPerSecond } = histogram;
        const labels = labelsThatMatch(histogram);
        const total = MEASURED_PER_SECOND * seconds;
        const bucket = (le: string, part: number) => line(`${metric}_bucket`, { ...labels, le }, total * part);
        return [
          ...boundariesOf(histogram).map((boundary, at) =>
            bucket(leOf(boundary, unitsPerSecond), at === 0 ? 0 : at === 1 ? WITHIN_SECOND_BUCKET : 1),
          ),
          bucket('+Inf', 1),
          line(`${metric}_count`, labels, total),
          line(`${metric}_sum`, labels, total),
        ];
      }),
      '',
    ].join('\n');
  }
}

/** As Python's client writes the boundary of a bucket; 1.1 s are 1100 ms, whatever binary arithmetic makes of it. */
function leOf(seconds: number, unitsPerSecond: number): string {
  const value = unitsPerSecond === 1 ? seconds : Number((seconds * unitsPerSecond).toPrecision(12));
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const MATCHER = /^(\w+)(=~|!~|!=|=)"(.*)"$/;

function labelsThatMatch({ matchers = [] }: MetricSeries): Record<string, string> {
  const labels = matchers.flatMap((matcher) => {
    const [, label, operator, value] = MATCHER.exec(matcher)!;
    if (operator === '=') return [[label!, value!]];
    return operator === '=~'
      ? [
          [
            label!,
            value!
              .split('|')[0]!
              .replace(/\.[+*]/g, 'x')
              .replace(/[()\\]/g, ''),
          ],
        ]
      : [];
  });
  return Object.fromEntries(labels) as Record<string, string>;
}

const labelsThatDoNot = (series: MetricSeries) =>
  Object.fromEntries(Object.keys(labelsThatMatch(series)).map((label) => [label, 'other']));

function matches(matcher: string, labels: Readonly<Record<string, string>>): boolean {
  const [, label, operator, value] = MATCHER.exec(matcher)!;
  const given = labels[label!] ?? '';
  const equal = operator!.includes('~') ? new RegExp(`^(?:${value!})$`).test(given) : given === value;
  return operator!.startsWith('!') ? !equal : equal;
}

/** How far back the first scrape is, and how much later each scrape is told to be until it is now. */
const HISTORY_SECONDS = 360;
const STEP_SECONDS = 15;

/**
 * Mock servers on loopback, each at a path of its own. A rate over five minutes needs as long a history: the first scrapes are
 * told to be of the last minutes, a quarter of a minute apart.
 */
export class MockServers {
  static async start(servers: Readonly<Record<string, MockServer>>): Promise<MockServers> {
    const start = Date.now() / 1000 - HISTORY_SECONDS;
    const scrapes = new Map<string, number>();
    const http = createServer(({ url = '' }, response) => {
      const [, name = ''] = url.split('/');
      const scrape = scrapes.get(url) ?? 0;
      scrapes.set(url, scrape + 1);
      const time = Math.min(start + scrape * STEP_SECONDS, Date.now() / 1000);
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(servers[name]?.metrics(time - start, Math.round(time * 1000)));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new MockServers(http);
  }

  private constructor(private readonly http: Server) {}

  get address(): string {
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }
}
