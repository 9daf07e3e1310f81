import { App, Chart, Duration, Testing } from 'cdk8s';
import { toYaml } from '../../lib/gitops/yaml';
import { BurnRatePolicy, BurnRatePolicyProps } from '../../lib/observability/burn-rate-policy';
import { InferenceSlo, InferenceSloProps } from '../../lib/observability/inference-slo';
import { Monitoring } from '../../lib/observability/monitoring';
import { AlertingRule, RecordingRule, RuleGroup } from '../../lib/observability/rule';
import { decimal, promDuration } from '../../lib/signals/rule-numbers';
import { InferenceObjectives } from '../../lib/workload/inference-objectives';
import { CANARY, monitored, pods, SIGNALS } from '../support/monitored';
import { promqlProblems } from '../support/promql';
import '../support/plain-text';

const s = Duration.seconds;

function slo(changes: Partial<InferenceSloProps> = {}) {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim', disableResourceNameHashes: true });
  const made = new InferenceSlo(chart, 'slo', {
    service: monitored(),
    monitoring: Monitoring.prometheusOperator({ labels: { release: 'prometheus' } }),
    objectives: { availability: 0.999 },
    ...changes,
  });
  return { made, chart, problems: made.node.validate(), groups: made.groups };
}

const rulesOf = (groups: readonly RuleGroup[]) => groups.flatMap(({ rules }) => rules);
const recordsOf = (groups: readonly RuleGroup[]) =>
  rulesOf(groups).filter((rule): rule is RecordingRule => 'record' in rule);
const alertsOf = (groups: readonly RuleGroup[]) =>
  rulesOf(groups).filter((rule): rule is AlertingRule => 'alert' in rule);

describe('an availability of 99.9 %', () => {
  const { groups } = slo();

  test('is recorded under the names of sloth', () => {
    expect(recordsOf(groups).map(({ record }) => record)).toEqual([
      'slo:sli_lost:rate5m',
      'slo:sli_error:rate5m',
      'slo:sli_total:rate5m',
      'slo:sli_error:ratio_rate5m',
      'slo:sli_error:ratio_rate30m',
      'slo:sli_error:ratio_rate1h',
      'slo:sli_error:ratio_rate2h',
      'slo:sli_error:ratio_rate6h',
      'slo:sli_error:ratio_rate1d',
      'slo:sli_error:ratio_rate3d',
      'slo:sli_error:ratio_rate30d',
      'slo:objective:ratio',
      'slo:error_budget:ratio',
      'slo:time_period:days',
      'slo:current_burn_rate:ratio',
      'slo:period_burn_rate:ratio',
      'slo:period_error_budget_remaining:ratio',
      'sloth_slo_info',
      'inference:change_freeze',
    ]);
  });

  test('has numbers without noise', () => {
    const exprOf = (name: string) => recordsOf(groups).find(({ record }) => record === name)?.expr;
    expect(exprOf('slo:objective:ratio')).toBe('vector(0.999)');
    expect(exprOf('slo:error_budget:ratio')).toBe('vector(0.001)');
    expect(exprOf('slo:time_period:days')).toBe('vector(30)');
  });

  test('pages when it burns', () => {
    expect(toYaml(alertsOf(groups)[0]!)).toMatchInlineSnapshot(`
alert: InferenceErrorBudgetBurn
expr: |-
  (max without (sloth_window) (slo:sli_error:ratio_rate5m{sloth_id="nim/llama-availability"}) > 0.0144
    and max without (sloth_window) (slo:sli_error:ratio_rate1h{sloth_id="nim/llama-availability"}) > 0.0144
    and 30 * sum_over_time(slo:sli_error:rate5m{sloth_id="nim/llama-availability"}[1h]) >= 5)
  or
  (max without (sloth_window) (slo:sli_error:ratio_rate30m{sloth_id="nim/llama-availability"}) > 0.006
    and max without (sloth_window) (slo:sli_error:ratio_rate6h{sloth_id="nim/llama-availability"}) > 0.006
    and 30 * sum_over_time(slo:sli_error:rate5m{sloth_id="nim/llama-availability"}[6h]) >= 5)
labels:
  inference_service: llama
  namespace: nim
  severity: critical
  sloth_id: nim/llama-availability
  sloth_service: nim/llama
  sloth_slo: availability
annotations:
  description: "{{ $value | humanizePercentage }} of the requests fail at nim/llama; 0.1% may (availability of 99.9%). At this rate the error budget of 30d is spent in 5d or less."
  runbook_url: https://unpkg.com/cdk8s-gpu-inference@0.1.0/docs/runbooks/InferenceErrorBudgetBurn.md
  summary: Requests fail faster than the error budget allows.
keep_firing_for: 10m
`);
  });
});

test('every query can be asked', () => {
  const service = monitored(pods(), CANARY);
  const objectives = { availability: 0.99, timeToFirstToken: { p95: s(2.5), p99: s(2.5) } };
  const { groups, problems } = slo({ service, objectives });
  expect(problems).toEqual([]);
  expect(groups).toHaveLength(4);
  expect(rulesOf(groups).flatMap(({ expr }) => promqlProblems(expr))).toEqual([]);
});

test.each`
  days  | thresholds
  ${30} | ${['0.0144', '0.006', '0.003', '0.001']}
  ${28} | ${['0.01344', '0.0056', '0.0028', '0.000933333333333']}
  ${7}  | ${['0.00336', '0.0014', '0.0007', '0.000233333333333']}
`('a budget for $days days burns too fast above $thresholds', ({ days, thresholds }) => {
  const { groups } = slo({ window: Duration.days(days) });
  const found = alertsOf(groups).flatMap(({ expr }) =>
    [...expr.matchAll(/> ([0-9.]+)$/gm)].map(([, number]) => number),
  );
  expect([...new Set(found)]).toEqual(thresholds);
});

test('a policy of a team: 5 times over 2 hours, 2 times over 6 hours', () => {
  const burnRates = BurnRatePolicy.of({
    pages: [
      { burnRate: 5, over: Duration.hours(2) },
      { burnRate: 2, over: Duration.hours(6) },
    ],
  });
  const { groups } = slo({ burnRates, minimumFailures: 20, keepFiringFor: Duration.minutes(0) });
  const [page, ...others] = alertsOf(groups);
  expect(others.map(({ alert }) => alert)).toEqual(['InferenceErrorBudgetSpent']);
  expect(page!.keep_firing_for).toBeUndefined();
  expect(page!.expr).toMatchInlineSnapshot(`
(max without (sloth_window) (slo:sli_error:ratio_rate10m{sloth_id="nim/llama-availability"}) > 0.005
  and max without (sloth_window) (slo:sli_error:ratio_rate2h{sloth_id="nim/llama-availability"}) > 0.005
  and 30 * sum_over_time(slo:sli_error:rate5m{sloth_id="nim/llama-availability"}[2h]) >= 20)
or
(max without (sloth_window) (slo:sli_error:ratio_rate30m{sloth_id="nim/llama-availability"}) > 0.002
  and max without (sloth_window) (slo:sli_error:ratio_rate6h{sloth_id="nim/llama-availability"}) > 0.002
  and 30 * sum_over_time(slo:sli_error:rate5m{sloth_id="nim/llama-availability"}[6h]) >= 20)
`);
});

test('tracks that run the same are asked together, and a candidate with other metrics beside', () => {
  const totalOf = (groups: readonly RuleGroup[]) =>
    recordsOf(groups).find(({ record }) => record === 'slo:sli_total:rate5m')?.expr;
  const objectives = { timeToFirstToken: { p95: s(2.5) } };
  const other = {
    ...CANARY,
    plan: {
      ...CANARY.plan,
      contract: {
        ...CANARY.plan.contract,
        signals: {
          ...SIGNALS,
          histograms: { timeToFirstToken: { metric: 'first_token', unitsPerSecond: 1000 as const, boundaries: [2.5] } },
        },
      },
    },
  };
  expect(totalOf(slo({ objectives, service: monitored(pods(), CANARY) }).groups)).toMatchInlineSnapshot(
    `sum (rate(ttft_seconds_count{namespace="nim", inference_service="llama"}[5m]))`,
  );
  expect(totalOf(slo({ objectives, service: monitored(pods(), other) }).groups)).toMatchInlineSnapshot(
    `((sum (rate(ttft_seconds_count{namespace="nim", inference_service="llama", track="stable"}[5m]))) or vector(0)) + ((sum (rate(first_token_count{namespace="nim", inference_service="llama", track="canary"}[5m]))) or vector(0))`,
  );
});

test("a latency is the part of the requests that its bucket does not hold, in the server's unit", () => {
  const { groups } = slo({ objectives: { timeToFirstToken: { p95: s(1) } } });
  expect(recordsOf(groups)[0]!.expr).toMatchInlineSnapshot(
    `clamp_min(sum (rate(ttft_seconds_count{namespace="nim", inference_service="llama"}[5m]) - sum without (le) (rate(ttft_seconds_bucket{namespace="nim", inference_service="llama", le=~"1(\\\\.0)?"}[5m]))), 0)`,
  );
});

test("Google's rules say how often they are asked, and keep nothing", () => {
  const { chart } = slo({ monitoring: Monitoring.googleManaged() });
  const [rules] = Testing.synth(chart) as [{ kind: string; spec: { groups: { interval: string; rules: object[] }[] } }];
  expect(rules.kind).toBe('Rules');
  expect(rules.spec.groups.map(({ interval }) => interval)).toEqual(['30s', '30s']);
  expect(JSON.stringify(rules)).not.toContain('keep_firing_for');
});

test('the object is found by Prometheus and stands in the file of its service', () => {
  const { metadata } = Testing.synth(slo().chart)[0] as { metadata: object };
  expect(toYaml(metadata)).toMatchInlineSnapshot(`
name: llama-slo
namespace: nim
labels:
  app.kubernetes.io/component: monitoring
  app.kubernetes.io/instance: llama
  app.kubernetes.io/name: inference-slo
  release: prometheus
`);
});

describe('what cannot be watched is refused', () => {
  const told = (changes: Partial<InferenceSloProps>) => slo(changes).problems.join('\n');
  const policy = (props: BurnRatePolicyProps) => () => BurnRatePolicy.of(props);

  test('a promise whose page could never fire', () => {
    expect(told({ objectives: { timeToFirstToken: { p90: s(2.5) } } })).toMatchInlineSnapshot(`
slo-unalertable
  timeToFirstToken p90 of 2.5 s: 10% may be slower, and the page at 14.4 times over 1h waits for 144% of all: it would be silent in a total outage.
  Promise timeToFirstToken at p95 or p99, with the time that holds there, or use a policy that burns less than 10 times, such as BurnRatePolicy.of({ pages: [{ burnRate: 5, over: Duration.hours(2) }] }).
`);
    expect(told({ objectives: { availability: 0.9305 } })).toContain('slo-unalertable');
    expect(told({ objectives: { availability: 0.9306 } })).toBe('');
  });

  test.each([1.25, 2, 5, 14.4])('the promise that the remedy names can be told at %d times', (burnRate) => {
    const burnRates = BurnRatePolicy.of({ pages: [{ burnRate, over: Duration.hours(2) }] });
    const [, enough] = /Promise ([\d.]+)% or more/.exec(told({ burnRates, objectives: { availability: 0.01 } })) ?? [];
    expect(told({ burnRates, objectives: { availability: Number(enough) / 100 } })).toBe('');
    expect(told({ burnRates, objectives: { availability: Number(enough) / 100 - 0.0001 } })).not.toBe('');
  });

  test('at so many times no promise can be told, and the policy alone is named', () => {
    const remedy = (burnRate: number) => {
      const burnRates = BurnRatePolicy.of({ pages: [{ burnRate, over: Duration.hours(2) }] });
      return told({ burnRates, objectives: { availability: 0.999 } })
        .split('\n')
        .at(-1)!;
    };
    expect(remedy(9999)).toMatch(/^ *Promise 99.99% or more, or use a policy that burns less than 1000 times/);
    expect([remedy(10_000), remedy(20_000)].map((text) => text.trim().split(',')[0])).toEqual([
      'Use a policy that burns less than 1000 times',
      'Use a policy that burns less than 1000 times',
    ]);
  });

  test.each([
    [5, 'p50', 'Promise timeToFirstToken at p90 or p95 or p99, with the time that holds there, or use a policy'],
    [14.4, 'p50', 'Promise timeToFirstToken at p95 or p99, with the time that holds there, or use a policy'],
    [50, 'p95', 'Promise timeToFirstToken at p99, with the time that holds there, or use a policy'],
    [200, 'p99', 'Use a policy that burns less than 100 times'],
  ] as const)('a latency at %d times and %s: %s', (burnRate, percentile, remedy) => {
    const burnRates = BurnRatePolicy.of({ pages: [{ burnRate, over: Duration.hours(2) }] });
    const promised = (at: string) => told({ burnRates, objectives: { timeToFirstToken: { [at]: s(2.5) } } });
    expect(promised(percentile)).toContain(`\n  ${remedy}`);
    const named = [...(/ at ([p\d or]+),/.exec(remedy)?.[1]?.split(' or ') ?? [])];
    expect(named.map((each) => promised(each))).toEqual(named.map(() => ''));
  });

  test('where that is waived, the alerts that can fire are written', () => {
    const { groups } = slo({ objectives: { timeToFirstToken: { p90: s(2.5) } } });
    expect(alertsOf(groups)[0]!.expr).not.toContain('1.44');
    expect(alertsOf(groups)[0]!.expr).toContain('> 0.6');
  });

  test('a latency that the server does not measure', () => {
    expect(told({ objectives: { endToEndLatency: { p95: s(10) } } })).toMatchInlineSnapshot(`
signal-missing
  server 1.0.0 does not tell endToEndLatency.
  It measures the first token only. Promise timeToFirstToken.
`);
  });

  test.each`
    availability | message
    ${99.9}      | ${'numbers\n  slo.availability is 99.9.\n  Use a number above 0 and below 1: 0.999 for 99.9 %.'}
    ${1}         | ${'numbers\n  slo.availability is 1.\n  Use a number above 0 and below 1, such as 0.999.'}
    ${0}         | ${'numbers\n  slo.availability is 0.\n  Use a number above 0 and below 1, such as 0.999.'}
    ${NaN}       | ${'numbers\n  slo.availability is NaN.\n  Use a number above 0 and below 1, such as 0.999.'}
    ${'0.999'}   | ${'numbers\n  slo.availability is "0.999".\n  Use a number above 0 and below 1, such as 0.999.'}
  `('an availability of $availability', ({ availability, message }) => {
    expect(told({ objectives: { availability } as InferenceObjectives })).toBe(message);
  });

  test.each`
    changes                                     | message
    ${{ window: Duration.hours(36) }}           | ${'The window is 1.5 days.'}
    ${{ window: Duration.days(2) }}             | ${'The policy watches 3d, and the error budget is for 2d.'}
    ${{ minimumFailures: 0.5 }}                 | ${'minimumFailures is 0.5.'}
    ${{ keepFiringFor: Duration.millis(1500) }} | ${'keepFiringFor is 1.5 s.'}
  `('$message', ({ changes, message }) => expect(told(changes)).toContain(message));

  test.each`
    props                                                      | message
    ${{ pages: [] }}                                           | ${'The policy tells nobody of anything.'}
    ${{ pages: [{ burnRate: 0, over: Duration.hours(1) }] }}   | ${'A page has the burn rate 0.'}
    ${{ pages: [{ burnRate: NaN, over: Duration.hours(1) }] }} | ${'A page has the burn rate NaN.'}
    ${{ pages: [], tickets: [{ burnRate: 1, over: s(90) }] }}  | ${'A ticket watches 90 s.'}
  `('$message', ({ props, message }) => expect(policy(props)).toThrow(message));
});

test('nothing promised, nothing written', () => {
  const { made, chart } = slo({ objectives: {} });
  expect(made.rules).toBeUndefined();
  expect(Testing.synth(chart)).toEqual([]);
});

test.each`
  value            | text
  ${1 - 0.999}     | ${'0.001'}
  ${14.4 * 0.0001} | ${'0.00144'}
  ${1e-7}          | ${'0.0000001'}
  ${0.1 + 0.2}     | ${'0.3'}
  ${4380}          | ${'4380'}
  ${0}             | ${'0'}
`('$value is written $text', ({ value, text }) => expect(decimal(value)).toBe(text));

test.each`
  seconds   | text
  ${30}     | ${'30s'}
  ${90}     | ${'90s'}
  ${300}    | ${'5m'}
  ${5400}   | ${'90m'}
  ${21600}  | ${'6h'}
  ${2592e3} | ${'30d'}
`('$seconds s are $text', ({ seconds, text }) => expect(promDuration(seconds)).toBe(text));
