import { App, Chart, Duration } from 'cdk8s';
import fc from 'fast-check';
import { BurnRatePolicy } from '../../lib/observability/burn-rate-policy';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { Monitoring } from '../../lib/observability/monitoring';
import { AlertingRule } from '../../lib/observability/rule';
import { InvalidInputError } from '../../lib/problem/problem';
import { monitored } from '../support/monitored';
import { promqlProblems } from '../support/promql';
import { mostly } from './odd';

const number = fc.oneof(fc.double({ min: 0, max: 1 }), fc.double(), fc.integer({ min: -3, max: 1000 }));
const minutes = fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.double({ min: 0, max: 20_000, noNaN: true }));
const DAY = 24 * 60;

const promise = mostly([0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 1 - Number.EPSILON], number);
const burnRates = mostly([0.1, 1, 1.5, 2, 5, 6, 14.4], number);
const overs = mostly([5, 7, 60, 90, 120, 360, 3 * DAY], minutes);
const windows = mostly(
  [1, 2, 7, 28, 30, 90, 365].map((days) => days * DAY),
  minutes,
);
const failures = mostly([0, 1, 5, 1000], number);

test('whatever is promised, over whatever time: it is refused, or it can be asked and can fire', () => {
  fc.assert(
    fc.property(
      promise,
      burnRates,
      overs,
      windows,
      failures,
      (availability, burnRate, over, window, minimumFailures) => {
        const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
        const policy = policyOf(burnRate, over);
        const slo = new InferenceSlo(chart, 'slo', {
          service: monitored(),
          monitoring: Monitoring.prometheusOperator(),
          objectives: { availability },
          window: Duration.minutes(window),
          minimumFailures,
          ...(policy && { burnRates: policy }),
        });
        const problems = slo.node.validate();
        for (const { expr } of slo.groups.flatMap(({ rules }) => rules)) {
          expect(promqlProblems(expr)).toEqual([]);
          expect(expr).not.toMatch(/NaN|Infinity|undefined|\de[-+]/);
        }
        if (problems.length > 0) return;
        const alerts = slo.groups.flatMap(({ rules }) => rules).filter((rule): rule is AlertingRule => 'alert' in rule);
        const thresholds = alerts.flatMap(({ expr }) =>
          [...expr.matchAll(/> ([\d.]+)$/gm)].map(([, text]) => Number(text)),
        );
        expect(thresholds.length).toBeGreaterThan(0);
        for (const threshold of thresholds) expect(threshold > 0 && threshold < 1).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

/** A policy, or undefined for the usual one where there is no such policy. */
function policyOf(burnRate: number, over: number): BurnRatePolicy | undefined {
  try {
    return BurnRatePolicy.of({ pages: [{ burnRate, over: Duration.minutes(over) }] });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return undefined;
  }
}
