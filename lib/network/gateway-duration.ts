import { Duration } from 'cdk8s';
import { Problem } from '../problem/problem';

const UNITS: readonly (readonly [name: string, milliseconds: number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** The longest duration that Gateway API can write: five digits of hours (GEP-2257). */
const MOST_MILLISECONDS = 99_999 * 3_600_000;

/** A duration as Gateway API writes it (GEP-2257): whole numbers, the largest unit first, such as `1h30m`. */
export function gatewayDuration(duration: Duration): string {
  let rest = duration.toMilliseconds({ integral: false });
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.join('') || '0s';
}

/** What keeps a duration from being written exactly. */
export function gatewayDurationProblems(what: string, duration: Duration): Problem[] {
  const milliseconds = duration.toMilliseconds({ integral: false });
  if (Number.isInteger(milliseconds) && milliseconds <= MOST_MILLISECONDS) return [];
  return [
    {
      check: 'route-timeout',
      message: `${what} is ${milliseconds} ms, which Gateway API cannot write.`,
      remedy: 'Use whole milliseconds, at most 99,999 hours.',
    },
  ];
}
