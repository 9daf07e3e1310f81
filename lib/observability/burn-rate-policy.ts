import { Duration } from 'cdk8s';
import { Problem, refuse } from '../problem/problem';
import { promDuration } from '../signals/rule-numbers';

/** One speed at which an error budget must not burn. */
export interface BurnRate {
  /**
   * How many times as fast as would spend the budget exactly within its period. 0.01 or more. Too low tells of noise; too high
   * tells of nothing but outages.
   */
  readonly burnRate: number;
  /**
   * For how long. A twelfth of it is watched as well, so that an alert ends soon after its cause; so it is 5 minutes or more,
   * and shorter than the period of the budget.
   */
  readonly over: Duration;
}

export interface BurnRatePolicyProps {
  /** What wakes somebody up. */
  readonly pages: readonly BurnRate[];
  /** What somebody looks at on the next working day. @default - none */
  readonly tickets?: readonly BurnRate[];
}

/** A speed as rules ask for it. */
export interface BurnRateAlert {
  readonly severity: 'critical' | 'warning';
  readonly burnRate: number;
  readonly longSeconds: number;
  readonly shortSeconds: number;
}

/** A hundredth of what is allowed is nothing that anybody needs to know. */
const LEAST_BURN_RATE = 0.01;

/** Rates over less than this see only a few scrapes. */
export const SHORTEST_WINDOW_SECONDS = 300;

/**
 * The parts of a budget that may burn over a time, and who is told: table 5-8 of the SRE workbook ("Alerting on SLOs"), with the
 * ticket over a day that sloth adds. Over 30 days these are 14.4, 6, 3 and 1 times.
 */
const WORKBOOK = [
  { severity: 'critical', budget: 0.02, longSeconds: 3600 },
  { severity: 'critical', budget: 0.05, longSeconds: 6 * 3600 },
  { severity: 'warning', budget: 0.1, longSeconds: 24 * 3600 },
  { severity: 'warning', budget: 0.1, longSeconds: 72 * 3600 },
] as const;

/** When the burning of an error budget is told, and to whom. */
export class BurnRatePolicy {
  /**
   * Pages when 2 % of the budget burn in an hour or 5 % in 6 hours, tickets when 10 % burn in a day or in 3 days: the policy of
   * the SRE workbook. Its burn rates follow from the period: 14.4, 6, 3 and 1 for 30 days.
   */
  static sreWorkbook(): BurnRatePolicy {
    return new BurnRatePolicy((periodSeconds) =>
      WORKBOOK.map(({ severity, budget, longSeconds }) =>
        alertOf(severity, (budget * periodSeconds) / longSeconds, longSeconds),
      ),
    );
  }

  /** A policy of your own, such as pages at 5 times over 2 hours and at 2 times over 6 hours. The same for any period. */
  static of({ pages, tickets = [] }: BurnRatePolicyProps): BurnRatePolicy {
    const rates = [
      ...pages.map((rate) => ({ ...rate, severity: 'critical' as const, what: 'page' })),
      ...tickets.map((rate) => ({ ...rate, severity: 'warning' as const, what: 'ticket' })),
    ];
    refuse('BurnRatePolicy', [
      ...(rates.length > 0 ? [] : [problem('The policy tells nobody of anything.', 'Give it a page or a ticket.')]),
      ...rates.flatMap(({ burnRate, over, what }) => rateProblems(what, burnRate, seconds(over))),
    ]);
    return new BurnRatePolicy(() =>
      rates.map(({ severity, burnRate, over }) => alertOf(severity, burnRate, seconds(over))),
    );
  }

  private constructor(private readonly rates: (periodSeconds: number) => readonly BurnRateAlert[]) {}

  /** What is watched of a budget for this period; those that tell the worst first. */
  alerts(periodSeconds: number): readonly BurnRateAlert[] {
    return this.rates(periodSeconds);
  }

  /** Windows that do not fit into the period. */
  problems(periodSeconds: number): Problem[] {
    return this.alerts(periodSeconds)
      .filter(({ longSeconds }) => longSeconds >= periodSeconds)
      .map(({ longSeconds }) =>
        problem(
          `The policy watches ${promDuration(longSeconds)}, and the error budget is for ${promDuration(periodSeconds)}.`,
          'Watch a shorter time, or state a longer period.',
        ),
      );
  }
}

const seconds = (duration: Duration) => duration.toSeconds({ integral: false });

const problem = (message: string, remedy: string): Problem => ({ check: 'numbers', message, remedy });

function rateProblems(what: string, burnRate: number, over: number): Problem[] {
  return [
    ...(Number.isFinite(burnRate) && burnRate >= LEAST_BURN_RATE
      ? []
      : [
          problem(
            `A ${what} has the burn rate ${String(burnRate)}.`,
            `Use a number of ${LEAST_BURN_RATE} or more, such as 5.`,
          ),
        ]),
    ...(Number.isInteger(over / 60) && over >= SHORTEST_WINDOW_SECONDS
      ? []
      : [problem(`A ${what} watches ${over} s.`, 'Use whole minutes, 5 or more.')]),
  ];
}

function alertOf(severity: BurnRateAlert['severity'], burnRate: number, longSeconds: number): BurnRateAlert {
  // A twelfth, by the workbook; in whole minutes, so that it can be part of a record's name.
  const shortSeconds = Math.max(SHORTEST_WINDOW_SECONDS, Math.round(longSeconds / 720) * 60);
  return { severity, burnRate, longSeconds, shortSeconds };
}
