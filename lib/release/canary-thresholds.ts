import { Duration } from 'cdk8s';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';

/**
 * How much worse than stable a canary may be. The alert, and the analysis of a controller, judge by the same numbers. What is stated
 * must be told by both sides; what is left out is compared where they do.
 */
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
export function withDefaults(thresholds: CanaryThresholds): Required<CanaryThresholds> {
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
          value < 1
            ? `${name} is ${shown(value)}: below 1 the canary would have to be better than stable.`
            : `${name} is ${shown(value)}, which is no finite number.`,
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
