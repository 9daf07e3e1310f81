import { Duration } from 'cdk8s';
import { CanaryThresholds, canaryThresholdProblems } from '../../lib/release/canary-thresholds';
import { canaryComparisons, untoldThresholds } from '../../lib/release/release-analysis';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { SERVICE_ALERTS } from '../../lib/observability/service-alerts';
import { ServerSignals } from '../../lib/runtime/server-signals';
import { SignalQueries } from '../../lib/signals/signal-queries';
import { formatProblem } from '../../lib/problem/problem';
import { promqlProblems } from '../support/promql';
import { describePromtools, testRules } from '../support/promtool';
import '../support/plain-text';

const SIGNALS: ServerSignals = {
  counters: {
    requests: { series: [{ metric: 'requests_total' }] },
    errors: { series: [{ metric: 'requests_total', matchers: ['status="5xx"'] }], appearsLate: true },
    timeouts: { series: [{ metric: 'aborted_total' }], appearsLate: true },
    generatedTokens: { series: [{ metric: 'tokens_total' }] },
  },
  gauges: { running: { metric: 'running', across: 'sum' } },
  histograms: {
    timeToFirstToken: { metric: 'ttft_seconds', unitsPerSecond: 1 },
    interTokenLatency: { metric: 'itl_seconds', unitsPerSecond: 1 },
  },
  lacks: {},
};
const queries = (track: 'stable' | 'canary', signals: ServerSignals = SIGNALS) =>
  new SignalQueries('server 1', signals, { namespace: 'nim', service: 'llama', track });
const compare = (thresholds?: CanaryThresholds, canary = SIGNALS) =>
  canaryComparisons(queries('stable'), queries('canary', canary), thresholds);

test('all that both servers tell is compared', () => {
  expect(compare().map(({ id, threshold }) => `${id} ${threshold}`)).toEqual([
    'errors 0.01',
    'timeouts 0.02',
    'timeToFirstToken 1.2',
    'interTokenLatency 1.2',
    'tokensPerSecond 1.25',
    'answerLength 2',
  ]);
});

test('what one of them does not tell is left out, and the time per output token stands in for that between two', () => {
  const other: ServerSignals = {
    ...SIGNALS,
    histograms: { timePerOutputToken: { metric: 'tpot', unitsPerSecond: 1 } },
  };
  expect(compare({}, other).map(({ id }) => id)).toEqual(['errors', 'timeouts', 'tokensPerSecond', 'answerLength']);
  const both = canaryComparisons(queries('stable', other), queries('canary', other));
  expect(both.find(({ id }) => id === 'interTokenLatency')!.query).toContain('tpot_bucket');
  const nothing: ServerSignals = { counters: {}, gauges: {}, histograms: {}, lacks: {} };
  expect(compare({}, nothing)).toEqual([]);
});

describe('a threshold that was stated', () => {
  const told = (stable: ServerSignals, canary: ServerSignals, thresholds: CanaryThresholds) =>
    untoldThresholds(queries('stable', stable), queries('canary', canary), thresholds).map(formatProblem).join('\n');
  const { timeToFirstToken, interTokenLatency } = SIGNALS.histograms;
  const slow = { ...SIGNALS, histograms: { interTokenLatency }, lacks: { timeToFirstToken: 'Use version 2.' } };

  test('and that the candidate does not tell names the signal, the side, the version and the way out', () => {
    expect(told(SIGNALS, slow, { timeToFirstToken: 1.5, errorRatio: 0.02 })).toMatchInlineSnapshot(`
     signal-missing
       timeToFirstToken is stated as a threshold, and nothing would be compared by it: as canary, server 1 does not tell timeToFirstToken.
       Use version 2. Or leave timeToFirstToken out: then what both sides tell is compared.
    `);
  });

  const { requests, errors } = SIGNALS.counters;
  const other: ServerSignals = { ...SIGNALS, histograms: { timeToFirstToken, timePerOutputToken: interTokenLatency } };
  const counting: ServerSignals = { ...SIGNALS, counters: { requests, errors }, gauges: {} };
  test.each`
    stable      | canary      | thresholds                                              | missing
    ${SIGNALS}  | ${SIGNALS}  | ${{ timeToFirstToken: 1.5, answerLength: 3 }}           | ${[]}
    ${SIGNALS}  | ${slow}     | ${{}}                                                   | ${[]}
    ${SIGNALS}  | ${slow}     | ${{ timeToFirstToken: undefined }}                      | ${[]}
    ${SIGNALS}  | ${slow}     | ${{ minimumRequests: 10, window: Duration.minutes(5) }} | ${[]}
    ${slow}     | ${SIGNALS}  | ${{ timeToFirstToken: 1.5 }}                            | ${['as stable, server 1 does not tell timeToFirstToken']}
    ${slow}     | ${slow}     | ${{ timeToFirstToken: 1.5 }}                            | ${['as stable and as canary, server 1 does not tell timeToFirstToken']}
    ${other}    | ${other}    | ${{ interTokenLatency: 1.5 }}                           | ${[]}
    ${SIGNALS}  | ${other}    | ${{ interTokenLatency: 1.5 }}                           | ${['as canary, server 1 does not tell interTokenLatency']}
    ${SIGNALS}  | ${counting} | ${{ errorRatio: 0.1, timeoutRatio: 0.1 }}               | ${['as canary, server 1 does not tell timeouts']}
    ${SIGNALS}  | ${counting} | ${{ tokensPerSecond: 2 }}                               | ${['as canary, server 1 does not tell generatedTokens', 'as canary, server 1 does not tell running']}
    ${counting} | ${SIGNALS}  | ${{ answerLength: 2 }}                                  | ${['as stable, server 1 does not tell generatedTokens']}
  `('$thresholds: $missing', ({ stable, canary, thresholds, missing }) => {
    const text = told(stable as ServerSignals, canary as ServerSignals, thresholds as CanaryThresholds);
    expect([...text.matchAll(/compared by it: (.*)\.$/gm)].map(([, each]) => each)).toEqual(missing);
  });
});

test.each(
  compare().flatMap((one) =>
    (['query', 'enough', 'worse', 'judged'] as const).map((part) => [one.id, part, one[part]]),
  ),
)('%s: %s is PromQL', (_, __, query) => {
  expect(promqlProblems(query!)).toEqual([]);
});

test('a comparison in full', () => {
  const [errors] = compare({ window: Duration.minutes(5), minimumRequests: 20, errorRatio: 0.05 });
  expect(
    Object.entries(errors!)
      .map(([part, value]) => `${part}: ${value}`)
      .join('\n'),
  ).toMatchInlineSnapshot(`
   id: errors
   what: more of its requests failed than of stable
   query: ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) - ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m])))
   threshold: 0.05
   enough: (sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) * 300 >= 20 and (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m]))) * 300 >= 20
   worse: (((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) - ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m])))) > 0.05 and ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) * 300 >= 20 and (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m]))) * 300 >= 20)
   judged: ((((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) - ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m])))) > 0 and ((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) * 300 >= 20 and (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m]))) * 300 >= 20)) or (vector(0) unless (((sum (rate(requests_total{namespace="nim", inference_service="llama", track="canary"}[5m]))) * 300 >= 20) unless (((sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable", status="5xx"}[5m])) or vector(0))) / (sum (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[5m]))))))
  `);
});

describePromtools('what a controller is answered, by promtool $version', (tool) => {
  const of = (track: string) => `namespace="nim", inference_service="llama", track="${track}", pod="${track}-0"`;
  /** So many requests a minute, all of which have their next token within 0.1 s, or within 1 s. */
  const side = (track: 'stable' | 'canary', aMinute: number, within: 0.1 | 1, metric = 'itl_seconds') => ({
    [`requests_total{${of(track)}}`]: `0+${aMinute}x60`,
    [`${metric}_count{${of(track)}}`]: `0+${aMinute}x60`,
    [`${metric}_bucket{${of(track)}, le="0.1"}`]: `0+${within === 0.1 ? aMinute : 0}x60`,
    [`${metric}_bucket{${of(track)}, le="1"}`]: `0+${aMinute}x60`,
    [`${metric}_bucket{${of(track)}, le="+Inf"}`]: `0+${aMinute}x60`,
  });
  const judged = (thresholds?: CanaryThresholds) =>
    compare(thresholds).find(({ id }) => id === 'interTokenLatency')!.judged;

  test.each`
    world                                            | stable                             | canary                     | byDefault  | stated
    ${'nobody calls'}                                | ${side('stable', 0, 0.1)}          | ${side('canary', 0, 0.1)}  | ${'good'}  | ${'good'}
    ${'both are as fast'}                            | ${side('stable', 90, 0.1)}         | ${side('canary', 10, 0.1)} | ${'good'}  | ${'good'}
    ${'the canary is slower'}                        | ${side('stable', 90, 0.1)}         | ${side('canary', 10, 1)}   | ${'worse'} | ${'worse'}
    ${'stable tells it by another name'}             | ${side('stable', 90, 0.1, 'tpot')} | ${side('canary', 10, 1)}   | ${'good'}  | ${'nothing'}
    ${'another name, and too few to be a verdict'}   | ${side('stable', 90, 0.1, 'tpot')} | ${side('canary', 1, 1)}    | ${'good'}  | ${'good'}
    ${'nobody calls, and stable tells another'}      | ${side('stable', 0, 0.1, 'tpot')}  | ${side('canary', 0, 0.1)}  | ${'good'}  | ${'good'}
    ${'all call the canary, and stable still tells'} | ${side('stable', 0, 0.1)}          | ${side('canary', 90, 1)}   | ${'good'}  | ${'good'}
  `('$world', ({ stable, canary, byDefault, stated }: Record<string, object | string>) => {
    const answer = (query: string, verdict: unknown) => ({
      query: `(${query}) > bool 1.2`,
      at: '30m',
      is: verdict === 'nothing' ? {} : verdict === 'worse' ? 1 : 0,
    });
    const answers = [answer(judged(), byDefault), answer(judged({ interTokenLatency: 1.2 }), stated)];
    const series = { ...(stable as object), ...(canary as object) };
    expect(testRules(tool, [], [{ name: 'judged', interval: '1m', series, answers }])).toBe('');
  });
});

test.each`
  thresholds                          | told
  ${{ errorRatio: 0 }}                | ${'errorRatio is 0.'}
  ${{ errorRatio: 1 }}                | ${'errorRatio is 1.'}
  ${{ timeoutRatio: NaN }}            | ${'timeoutRatio is NaN.'}
  ${{ timeToFirstToken: 0.9 }}        | ${'timeToFirstToken is 0.9: below 1 the canary would have to be better than stable.'}
  ${{ tokensPerSecond: Infinity }}    | ${'tokensPerSecond is Infinity, which is no finite number.'}
  ${{ answerLength: NaN }}            | ${'answerLength is NaN, which is no finite number.'}
  ${{ minimumRequests: 0 }}           | ${'minimumRequests is 0.'}
  ${{ window: Duration.seconds(10) }} | ${'The window is 10 s; a rate takes two scrapes and more.'}
  ${{}}                               | ${undefined}
`('$thresholds: $told', ({ thresholds, told }: { thresholds: CanaryThresholds; told?: string }) => {
  const text = canaryThresholdProblems(thresholds).map(formatProblem).join('\n');
  if (told === undefined) expect(text).toBe('');
  else expect(text).toContain(`canary-analysis\n  ${told}`);
});

test('every alert that a step tells to watch exists', () => {
  const strategies = [
    CanaryStrategy.weightedTwins(),
    CanaryStrategy.partition(),
    CanaryStrategy.blueGreen(),
    CanaryStrategy.shadow(),
  ];
  const watched = new Set(strategies.flatMap((strategy) => strategy.steps(3).flatMap(({ watch }) => watch)));
  const alerts = [...watched].filter((one) => one.startsWith('Inference'));
  expect(alerts.length).toBeGreaterThan(3);
  for (const alert of alerts) expect(SERVICE_ALERTS).toHaveProperty(alert);
});
