import { Problem } from '../problem/problem';
import { BurnRateAlert } from './burn-rate-policy';
import { decimal, percent, promDuration } from '../signals/rule-numbers';
import { PERCENTILE_PARTS, ServiceLevel } from './service-level';
import { canFire, thresholdOf } from './slo-rules';

/**
 * Promises so low that an alert of the policy could not fire even if every request were bad. Where that is agreed to (waived), the
 * alerts that can fire are written.
 */
export function unalertable(levels: readonly ServiceLevel[], alerts: readonly BurnRateAlert[]): Problem[] {
  return levels.flatMap((level) => {
    const silent = alerts.filter((rate) => !canFire(rate, level));
    const [first] = silent;
    if (first === undefined) return [];
    const limit = 1 / (1 - level.objective);
    const most = Math.max(...silent.map(({ burnRate }) => burnRate));
    const told = silent
      .map(
        ({ burnRate, longSeconds, severity }) =>
          `the ${severity === 'critical' ? 'page' : 'ticket'} at ${decimal(burnRate)} times over ${promDuration(longSeconds)} waits for ${percent(thresholdOf(burnRate, level.objective))}`,
      )
      .join(', ');
    return [
      {
        check: 'slo-unalertable',
        message: `${level.text}: ${percent(1 - level.objective)} may be ${level.latency ? 'slower' : 'bad'}, and ${told} of all: it would be silent in a total outage.`,
        remedy: `${stricter(level, most)} a policy that burns less than ${decimal(limit)} times, such as BurnRatePolicy.of({ pages: [{ burnRate: ${decimal(limit / 2)}, over: Duration.hours(2) }] }).`,
      },
    ];
  });
}

/** What can be promised so that a page at this rate can still be told; a latency is promised at one of a few percentiles. */
function stricter({ latency }: ServiceLevel, most: number): string {
  if (latency === undefined) {
    // The first hundredth of a percent above the limit: at 80% itself a page at 5 times waits for more than everything.
    const enough = (Math.floor(Number(decimal((1 - 1 / most) * 1e4))) + 1) / 100;
    // Of a promise of all nothing may fail.
    return enough < 100 ? `Promise ${decimal(enough)}% or more, or use` : 'Use';
  }
  const tellable = Object.entries(PERCENTILE_PARTS).filter(([, objective]) => thresholdOf(most, objective) < 1);
  if (tellable.length === 0) return 'Use';
  return `Promise ${latency.quantity} at ${tellable.map(([percentile]) => percentile).join(' or ')}, with the time that holds there, or use`;
}
