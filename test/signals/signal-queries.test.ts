import { ServerSignals } from '../../lib/runtime/server-signals';
import { boundariesAround, boundaryNear, withBoundaries } from '../../lib/runtime/histogram-boundary';
import { SignalQueries } from '../../lib/signals/signal-queries';
import { promqlProblems } from '../support/promql';

const SIGNALS: ServerSignals = {
  counters: {
    requests: { series: [{ metric: 'done_total' }, { metric: 'failed_total' }] },
    errors: { series: [{ metric: 'calls_total', matchers: ['status="5xx"'] }], appearsLate: true },
    timeouts: {
      series: [{ metric: 'calls_total', matchers: ['status="5xx"'] }, { metric: 'vllm:ended_total' }],
      together: 'max',
      appearsLate: true,
    },
    generatedTokens: { series: [{ metric: 'vllm:tokens_total' }] },
  },
  gauges: {
    queueDepth: { metric: 'waiting', matchers: ['kind="all"'], across: 'sum' },
    kvCacheUtilization: { metric: 'kv', across: 'max' },
  },
  histograms: {
    timeToFirstToken: { metric: 'ttft_seconds', unitsPerSecond: 1, boundaries: [0.49878850951194753, 1, 2.5] },
    endToEndLatency: { metric: 'first_ms', unitsPerSecond: 1000 },
  },
  lacks: { queueTime: 'It does not measure it. Use queueDepth.' },
};

const queries = new SignalQueries('server 1.0.0', SIGNALS, { namespace: 'nim', service: 'llama' });
const P = 'namespace="nim", inference_service="llama"';
const ERRORS = `sum (rate(calls_total{${P}, status="5xx"}[5m]))`;
const BY = 'sum by (track) ';

test.each`
  asks                                                     | query
  ${queries.rate('generatedTokens', '5m')}                 | ${`sum (rate(vllm:tokens_total{${P}}[5m]))`}
  ${queries.rate('generatedTokens', '1h', ['track'])}      | ${`${BY}(rate(vllm:tokens_total{${P}}[1h]))`}
  ${queries.rate('requests', '5m')}                        | ${`sum (rate(done_total{${P}}[5m])) + sum (rate(failed_total{${P}}[5m]))`}
  ${queries.rate('errors', '5m')}                          | ${`(${ERRORS} or vector(0))`}
  ${queries.rate('errors', '5m', ['track'])}               | ${`(${BY}(rate(calls_total{${P}, status="5xx"}[5m])) or 0 * ${BY}(up{${P}}))`}
  ${queries.rate('timeouts', '5m')}                        | ${`((${ERRORS} or vector(0)) >= (sum (rate(vllm:ended_total{${P}}[5m])) or vector(0)) or (sum (rate(vllm:ended_total{${P}}[5m])) or vector(0)))`}
  ${queries.gauge('queueDepth')}                           | ${`sum (waiting{${P}, kind="all"})`}
  ${queries.gauge('kvCacheUtilization', ['pod'])}          | ${`max by (pod) (kv{${P}})`}
  ${queries.quantile('timeToFirstToken', 0.95, '5m')}      | ${`histogram_quantile(0.95, sum by (le) (rate(ttft_seconds_bucket{${P}}[5m])))`}
  ${queries.quantile('endToEndLatency', 0.5, '5m', ['a'])} | ${`histogram_quantile(0.5, sum by (le, a) (rate(first_ms_bucket{${P}}[5m]))) / 1000`}
  ${queries.measured('timeToFirstToken', '5m')}            | ${`sum (rate(ttft_seconds_count{${P}}[5m]))`}
  ${queries.slower('timeToFirstToken', 2.5, '5m')}         | ${`sum (rate(ttft_seconds_count{${P}}[5m]) - sum without (le) (rate(ttft_seconds_bucket{${P}, le="2.5"}[5m])))`}
  ${queries.slower('timeToFirstToken', 1, '5m')}           | ${String.raw`sum (rate(ttft_seconds_count{${P}}[5m]) - sum without (le) (rate(ttft_seconds_bucket{${P}, le=~"1(\\.0)?"}[5m])))`}
  ${queries.slower('timeToFirstToken', 0.4988, '5m')}      | ${`sum (rate(ttft_seconds_count{${P}}[5m]) - sum without (le) (rate(ttft_seconds_bucket{${P}, le="0.49878850951194753"}[5m])))`}
  ${queries.slower('endToEndLatency', 1.1, '5m')}          | ${String.raw`sum (rate(first_ms_count{${P}}[5m]) - sum without (le) (rate(first_ms_bucket{${P}, le=~"1100(\\.0)?"}[5m])))`}
  ${queries.slower('endToEndLatency', 0.0005, '5m')}       | ${`sum (rate(first_ms_count{${P}}[5m]) - sum without (le) (rate(first_ms_bucket{${P}, le="0.5"}[5m])))`}
  ${queries.of({ track: 'canary' }).gauge('queueDepth')}   | ${`sum (waiting{${P}, track="canary", kind="all"})`}
  ${queries.of({ role: 'decode' }).gauge('queueDepth')}    | ${`sum (waiting{${P}, role="decode", kind="all"})`}
`('$query', ({ asks, query }) => {
  expect(asks).toBe(query);
  expect(promqlProblems(query)).toEqual([]);
});

test('a name with a quote stays in its text', () => {
  const odd = new SignalQueries('server', SIGNALS, { namespace: 'a"b\\c', service: 'x' }).gauge('queueDepth');
  expect(odd).toBe(String.raw`sum (waiting{namespace="a\"b\\c", inference_service="x", kind="all"})`);
  expect(promqlProblems(odd)).toEqual([]);
});

test.each`
  ask                                                   | told
  ${() => queries.quantile('queueTime', 0.5, '5m')}     | ${'server 1.0.0 does not tell queueTime.\n  It does not measure it. Use queueDepth.'}
  ${() => queries.slower('interTokenLatency', 1, '5m')} | ${'server 1.0.0 does not tell interTokenLatency.\n  Nobody wrote down a metric for it.'}
  ${() => queries.rate('preemptions', '5m')}            | ${'server 1.0.0 does not tell preemptions.'}
  ${() => queries.gauge('running')}                     | ${'server 1.0.0 does not tell running.'}
`('what is not told is refused: $told', ({ ask, told }) => expect(ask).toThrow(told));

test('a server of which nothing is known tells nothing', () => {
  const unknown = new SignalQueries('own 1', undefined, { namespace: 'nim', service: 'llama' });
  expect(unknown.has('requests')).toBe(false);
  expect(() => unknown.rate('requests', '5m')).toThrow('own 1 does not tell requests.');
});

test.each`
  seconds   | near         | around
  ${1}      | ${1}         | ${{ below: 0.5, above: 2.5 }}
  ${0.9995} | ${1}         | ${{ below: 0.5, above: 1 }}
  ${0.99}   | ${undefined} | ${{ below: 0.5, above: 1 }}
  ${2}      | ${undefined} | ${{ below: 1, above: 2.5 }}
  ${0.1}    | ${undefined} | ${{ below: undefined, above: 0.5 }}
  ${9}      | ${undefined} | ${{ below: 2.5, above: undefined }}
`('$seconds s means the boundary $near', ({ seconds, near, around }) => {
  expect(boundaryNear([0.5, 1, 2.5], seconds)).toBe(near);
  expect(boundariesAround([0.5, 1, 2.5], seconds)).toEqual(around);
});

test('of boundaries that are close the one that is meant exactly is asked', () => {
  const close = [0.5, 2.5, 2.501, 5];
  expect([2.5, 2.501, 2.5005].map((seconds) => boundaryNear(close, seconds))).toEqual([2.5, 2.501, 2.5]);
  expect(withBoundaries([0.5, 2.5, 5], [2.501, 3, 0.5])).toEqual([0.5, 2.5, 3, 5]);
});
