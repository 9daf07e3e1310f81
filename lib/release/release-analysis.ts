import { Duration } from 'cdk8s';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { HistogramSignal, SignalName } from '../runtime/server-signals';
import { promDuration } from '../signals/rule-numbers';
import { SignalQueries } from '../signals/signal-queries';

/** How much worse than stable a canary may be. The alert, and the analysis of a controller, judge by the same numbers. */
export interface CanaryThresholds {
  /**
   * Part of its requests that the canary may fail beyond the part that stable fails: 0.01 is one request in a hundred more.
   * Above 0 and below 1. Too small a number takes chance for a fault. @default 0.01
   */
  readonly errorRatio?: number;
  /** The same for requests that clients gave up, or that ran into a limit of time. @default 0.02 */
  readonly timeoutRatio?: number;
  /** Times the 95th percentile of stable's time to first token that the canary's may be. 1 or more. @default 1.2 */
  readonly timeToFirstToken?: number;
  /** The same between two tokens. @default 1.2 */
  readonly interTokenLatency?: number;
  /** Times that one running answer may be written slower, in tokens per second. 1 or more. @default 1.25 */
  readonly tokensPerSecond?: number;
  /**
   * Times that its answers may be longer or shorter on average. A model that repeats itself to the limit, or says nothing,
   * is told by it: no server counts answers that are wrong. 1 or more. @default 2
   */
  readonly answerLength?: number;
  /**
   * Requests that each side must have answered within the window. Below it nothing is said, since one slow request would be
   * a verdict. 1 or more. @default 50
   */
  readonly minimumRequests?: number;
  /** What is looked at, back from now. A shorter one hears sooner, and more noise. @default 10 minutes */
  readonly window?: Duration;
}

/** What of a canary is compared with stable. */
export type CanaryComparisonId =
  'errors' | 'timeouts' | 'timeToFirstToken' | 'interTokenLatency' | 'tokensPerSecond' | 'answerLength';

/** One number that says how much worse the canary is than stable. */
export interface CanaryComparison {
  readonly id: CanaryComparisonId;
  /** In words, such as `times the p95 time to first token of stable`. */
  readonly what: string;
  /** PromQL of that number: more is worse. Empty, or no number, where one side did nothing. */
  readonly query: string;
  /** What it may be at most. */
  readonly threshold: number;
  /** PromQL that has an answer only while both sides answer enough requests to be compared. */
  readonly enough: string;
  /** PromQL that has an answer only while the canary is too much worse: for an alert. */
  readonly worse: string;
  /** PromQL that always is one number, 0 while there is nothing to compare: for controllers that take silence for failure. */
  readonly judged: string;
}

/** The thresholds with what is left out; none of these numbers comes from a measurement, they are a place to start. */
export const DEFAULT_CANARY_THRESHOLDS: Required<CanaryThresholds> = {
  errorRatio: 0.01,
  timeoutRatio: 0.02,
  timeToFirstToken: 1.2,
  interTokenLatency: 1.2,
  tokensPerSecond: 1.25,
  answerLength: 2,
  minimumRequests: 50,
  window: Duration.minutes(10),
};

/** A threshold that is there and undefined is left out too. */
function withDefaults(thresholds: CanaryThresholds): Required<CanaryThresholds> {
  const stated = Object.entries(thresholds).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_CANARY_THRESHOLDS, ...Object.fromEntries(stated) };
}

/** What keeps thresholds from meaning anything. */
export function canaryThresholdProblems(thresholds: CanaryThresholds): Problem[] {
  const { minimumRequests, window, errorRatio, timeoutRatio, ...times } = withDefaults(thresholds);
  const problem = (message: string, remedy: string): Problem => ({ check: 'canary-analysis', message, remedy });
  const seconds = window.toSeconds({ integral: false });
  return [
    ...Object.entries({ errorRatio, timeoutRatio })
      .filter(([, value]) => !(value > 0 && value < 1))
      .map(([name, value]) => problem(`${name} is ${shown(value)}.`, 'Use a part of all requests, such as 0.01.')),
    ...Object.entries(times)
      .filter(([, value]) => !(value >= 1 && Number.isFinite(value)))
      .map(([name, value]) =>
        problem(
          `${name} is ${shown(value)}: below 1 the canary would have to be better than stable.`,
          'Use 1 or more.',
        ),
      ),
    ...(minimumRequests >= 1 && Number.isFinite(minimumRequests)
      ? []
      : [problem(`minimumRequests is ${shown(minimumRequests)}.`, 'Use 1 or more.')]),
    ...(Number.isInteger(seconds) && seconds >= 60
      ? []
      : [
          problem(
            `The window is ${seconds} s; a rate takes two scrapes and more.`,
            'Use whole seconds, 60 or more, such as Duration.minutes(10).',
          ),
        ]),
  ];
}

/**
 * What of a canary can be compared with stable, as far as both servers tell it: another server, or another version, may
 * lack a signal, and then that comparison is left out. All queries are one number, without labels.
 */
export function canaryComparisons(
  stable: SignalQueries,
  canary: SignalQueries,
  thresholds: CanaryThresholds = {},
): readonly CanaryComparison[] {
  const limits = withDefaults(thresholds);
  const seconds = limits.window.toSeconds({ integral: false });
  const window = promDuration(seconds);
  const tell = (...signals: readonly SignalName[]) =>
    signals.every((signal) => stable.has(signal) && canary.has(signal));
  const both = (of: (side: SignalQueries) => string) => [of(canary), of(stable)] as const;
  const minimum = ([ofCanary, ofStable]: readonly [string, string]) =>
    `(${ofCanary}) * ${seconds} >= ${limits.minimumRequests} and (${ofStable}) * ${seconds} >= ${limits.minimumRequests}`;
  const compared = (id: CanaryComparisonId, what: string, query: string, threshold: number, enough: string) => ({
    id,
    what,
    query,
    threshold,
    enough,
    worse: `(${query}) > ${threshold} and (${enough})`,
    // Not above 0 is no number, or better than stable.
    judged: `((${query}) > 0 and (${enough})) or vector(0)`,
  });
  const answered = () => minimum(both((side) => side.rate('requests', window)));
  const share = (signal: 'errors' | 'timeouts') => (side: SignalQueries) =>
    `(${side.rate(signal, window)}) / (${side.rate('requests', window)})`;
  const extra = (signal: 'errors' | 'timeouts') => both(share(signal)).join(' - ');
  const slower = (signal: HistogramSignal) => both((side) => `(${side.quantile(signal, 0.95, window)})`).join(' / ');
  const measured = (signal: HistogramSignal) => minimum(both((side) => side.measured(signal, window)));
  const speed = (side: SignalQueries) =>
    `((${side.rate('generatedTokens', window)}) / avg_over_time((${side.gauge('running')})[${window}:1m]))`;
  const answerLength = (side: SignalQueries) =>
    `((${side.rate('generatedTokens', window)}) / (${side.rate('requests', window)}))`;
  const between = (['interTokenLatency', 'timePerOutputToken'] as const).find((signal) => tell(signal));

  return [
    ...(tell('errors', 'requests')
      ? [
          compared(
            'errors',
            'more of its requests failed than of stable',
            extra('errors'),
            limits.errorRatio,
            answered(),
          ),
        ]
      : []),
    ...(tell('timeouts', 'requests')
      ? [
          compared(
            'timeouts',
            'more of its requests were given up than of stable',
            extra('timeouts'),
            limits.timeoutRatio,
            answered(),
          ),
        ]
      : []),
    ...(tell('timeToFirstToken')
      ? [
          compared(
            'timeToFirstToken',
            'times the p95 time to first token of stable',
            slower('timeToFirstToken'),
            limits.timeToFirstToken,
            measured('timeToFirstToken'),
          ),
        ]
      : []),
    ...(between
      ? [
          compared(
            'interTokenLatency',
            'times the p95 time between two tokens of stable',
            slower(between),
            limits.interTokenLatency,
            measured(between),
          ),
        ]
      : []),
    ...(tell('generatedTokens', 'running', 'requests')
      ? [
          compared(
            'tokensPerSecond',
            'times slower than stable in tokens per second of a running answer',
            `${speed(stable)} / ${speed(canary)}`,
            limits.tokensPerSecond,
            answered(),
          ),
        ]
      : []),
    ...(tell('generatedTokens', 'requests')
      ? [
          compared(
            'answerLength',
            'times longer or shorter than the answers of stable',
            // The larger of both ways round.
            `(${answerLength(canary)} / ${answerLength(stable)} >= 1) or (${answerLength(stable)} / ${answerLength(canary)})`,
            limits.answerLength,
            answered(),
          ),
        ]
      : []),
  ];
}
