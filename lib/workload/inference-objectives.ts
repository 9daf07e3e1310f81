import { Duration } from 'cdk8s';
import { LatencyObjective, Percentile } from '../plan/latency-objective';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { LatencyQuantity } from '../runtime/server-signals';

/** How fast how many of the requests are. */
export interface LatencyTarget {
  /** Half of them. @default - no promise */
  readonly p50?: Duration;
  /** 90 of 100. @default - no promise */
  readonly p90?: Duration;
  /** 95 of 100. @default - no promise */
  readonly p95?: Duration;
  /** 99 of 100. @default - no promise */
  readonly p99?: Duration;
}

/** What the service promises. */
export interface InferenceObjectives {
  /**
   * Part of the requests that the server does not fail, above 0 and below 1: 0.999 lets one of a thousand fail. What a client
   * gives up does not count. Every step from 0.99 to 0.999 leaves a tenth of the time for mistakes.
   * @default - no promise
   */
  readonly availability?: number;
  /** From the request to the first token of the answer. Only for models that generate. @default - no promise */
  readonly timeToFirstToken?: LatencyTarget;
  /**
   * Between two tokens of one answer. Only for models that generate. One that is shorter than the GPU needs to read the
   * weights once is refused.
   * @default - no promise
   */
  readonly interTokenLatency?: LatencyTarget;
  /** From the request to the end of the answer. @default - no promise */
  readonly endToEndLatency?: LatencyTarget;
  /** From the request to the beginning of its work. @default - no promise */
  readonly queueTime?: LatencyTarget;
}

const QUANTITIES: readonly LatencyQuantity[] = [
  'timeToFirstToken',
  'interTokenLatency',
  'endToEndLatency',
  'queueTime',
];
const PERCENTILES: readonly Percentile[] = ['p50', 'p90', 'p95', 'p99'];

/** The objectives one by one, in seconds. */
export function latencyObjectives(slo: InferenceObjectives): LatencyObjective[] {
  return QUANTITIES.flatMap((quantity) =>
    PERCENTILES.flatMap((percentile) => {
      const duration = slo[quantity]?.[percentile];
      return duration === undefined ? [] : [{ quantity, percentile, seconds: duration.toSeconds({ integral: false }) }];
    }),
  );
}

/** Parts of one another: the first lies within the second. */
const WITHIN: readonly (readonly [LatencyQuantity, LatencyQuantity])[] = [
  ['queueTime', 'timeToFirstToken'],
  ['queueTime', 'endToEndLatency'],
  ['timeToFirstToken', 'endToEndLatency'],
];

function availabilityProblems(availability: number | undefined): Problem[] {
  if (availability === undefined) return [];
  if (typeof availability === 'number' && availability > 0 && availability < 1) return [];
  // 99.9 is how people say it.
  const meant = availability > 1 && availability < 100 ? Number((availability / 100).toPrecision(12)) : undefined;
  return [
    {
      check: 'numbers',
      message: `slo.availability is ${shown(availability)}.`,
      remedy:
        meant === undefined
          ? 'Use a number above 0 and below 1, such as 0.999.'
          : `Use a number above 0 and below 1: ${meant} for ${availability} %.`,
    },
  ];
}

/** Objectives that contradict themselves or one another. */
export function objectiveProblems(slo: InferenceObjectives): Problem[] {
  const stated = latencyObjectives(slo);
  const problem = (message: string, remedy: string): Problem => ({ check: 'numbers', message, remedy });
  const secondsOf = (quantity: LatencyQuantity, percentile: Percentile) =>
    stated.find((each) => each.quantity === quantity && each.percentile === percentile)?.seconds;
  return [
    ...availabilityProblems(slo.availability),
    ...QUANTITIES.filter((quantity) => slo[quantity] && !stated.some((each) => each.quantity === quantity)).map(
      (quantity) =>
        problem(`slo.${quantity} names no percentile.`, 'State one of p50, p90, p95 and p99, or remove it.'),
    ),
    ...stated
      .filter(({ seconds }) => !(seconds > 0))
      .map(({ quantity, percentile, seconds }) =>
        problem(`slo.${quantity}.${percentile} is ${seconds} s.`, 'Use a duration above 0.'),
      ),
    ...stated.flatMap(({ quantity, percentile, seconds }) => {
      const wider = stated.find(
        (other) =>
          other.quantity === quantity &&
          PERCENTILES.indexOf(other.percentile) > PERCENTILES.indexOf(percentile) &&
          other.seconds < seconds,
      );
      return wider === undefined
        ? []
        : [
            problem(
              `slo.${quantity} promises ${wider.percentile} within ${wider.seconds} s and ${percentile} within ${seconds} s: the first implies more than the second.`,
              `Give ${percentile} a duration of ${wider.seconds} s or less, or remove it.`,
            ),
          ];
    }),
    ...WITHIN.flatMap(([part, whole]) =>
      PERCENTILES.flatMap((percentile) => {
        const [inner, outer] = [secondsOf(part, percentile), secondsOf(whole, percentile)];
        return inner === undefined || outer === undefined || inner <= outer
          ? []
          : [
              problem(
                `slo.${part}.${percentile} is ${inner} s, but ${whole}, of which it is a part, is ${outer} s.`,
                `Lower ${part} to ${outer} s or less, or raise ${whole}.`,
              ),
            ];
      }),
    ),
  ];
}
