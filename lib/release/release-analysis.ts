import { Problem } from '../problem/problem';
import { HistogramSignal, SignalName } from '../runtime/server-signals';
import { promDuration } from '../signals/rule-numbers';
import { SignalQueries } from '../signals/signal-queries';
import { CanaryThresholds, withDefaults } from './canary-thresholds';

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
  /**
   * PromQL of one number, 0 while there is nothing to compare: for controllers that take silence for failure. By a threshold that was
   * stated it is empty while the canary answers enough and stable has no such series: a controller knows the server of the new version
   * alone, and the one before may have told it by another name.
   */
  readonly judged: string;
}

/** What each is computed from; where there are two ways, the first that both sides tell. */
const WAYS: Readonly<Record<CanaryComparisonId, readonly (readonly SignalName[])[]>> = {
  errors: [['errors', 'requests']],
  timeouts: [['timeouts', 'requests']],
  timeToFirstToken: [['timeToFirstToken']],
  interTokenLatency: [['interTokenLatency'], ['timePerOutputToken']],
  tokensPerSecond: [['generatedTokens', 'running', 'requests']],
  answerLength: [['generatedTokens', 'requests']],
};

/** The threshold of each, by the name under which it is stated. */
const THRESHOLDS: Readonly<Record<CanaryComparisonId, keyof CanaryThresholds>> = {
  errors: 'errorRatio',
  timeouts: 'timeoutRatio',
  timeToFirstToken: 'timeToFirstToken',
  interTokenLatency: 'interTokenLatency',
  tokensPerSecond: 'tokensPerSecond',
  answerLength: 'answerLength',
};

const wayOf = (id: CanaryComparisonId, ...sides: readonly SignalQueries[]) =>
  WAYS[id].find((signals) => signals.every((signal) => sides.every((side) => side.has(signal))));

/**
 * Thresholds that somebody stated, and that nothing would be compared by, because a side does not tell what it takes. One that is
 * left out is another matter: it is a default, and compared where it can be.
 */
export function untoldThresholds(
  stable: SignalQueries,
  canary: SignalQueries,
  thresholds: CanaryThresholds,
): readonly Problem[] {
  const stated = (Object.keys(WAYS) as CanaryComparisonId[]).filter((id) => thresholds[THRESHOLDS[id]] !== undefined);
  return stated
    .filter((id) => wayOf(id, stable, canary) === undefined)
    .flatMap((id) =>
      WAYS[id][0]!.flatMap((signal) => lacking(signal, stable, canary)).map(({ sides, check, message, remedy }) => ({
        check,
        message: `${THRESHOLDS[id]} is stated as a threshold, and nothing would be compared by it: ${sides}, ${message}`,
        remedy: `${remedy} Or leave ${THRESHOLDS[id]} out: then what both sides tell is compared.`,
      })),
    );
}

/** Who does not tell a signal; once where both sides are the same server in the same version. */
function lacking(signal: SignalName, stable: SignalQueries, canary: SignalQueries) {
  const [ofStable] = stable.missing(signal);
  const [ofCanary] = canary.missing(signal);
  if (ofStable && ofStable.message === ofCanary?.message) return [{ ...ofStable, sides: 'as stable and as canary' }];
  return [
    ...(ofStable ? [{ ...ofStable, sides: 'as stable' }] : []),
    ...(ofCanary ? [{ ...ofCanary, sides: 'as canary' }] : []),
  ];
}

/**
 * What of a canary can be compared with stable, as far as both servers tell it: another server, or another version, may
 * lack a signal, and then that comparison is left out. Whoever states a threshold asks `untoldThresholds` as well. All queries are one number, without labels.
 */
export function canaryComparisons(
  stable: SignalQueries,
  canary: SignalQueries,
  thresholds: CanaryThresholds = {},
): readonly CanaryComparison[] {
  const limits = withDefaults(thresholds);
  const seconds = limits.window.toSeconds({ integral: false });
  const window = promDuration(seconds);
  const tells = (id: CanaryComparisonId) => wayOf(id, stable, canary) !== undefined;
  const both = (of: (side: SignalQueries) => string) => [of(canary), of(stable)] as const;
  const atLeast = (rate: string) => `(${rate}) * ${seconds} >= ${limits.minimumRequests}`;
  const compared = (
    id: CanaryComparisonId,
    what: string,
    threshold: number,
    /** What of one side is compared. */
    of: (side: SignalQueries) => string,
    query: string,
    /** Requests per second of one side that it is known of. */
    answers: (side: SignalQueries) => string = (side) => side.rate('requests', window),
  ) => {
    const enough = both((side) => atLeast(answers(side))).join(' and ');
    const silent = `(${atLeast(answers(canary))}) unless (${of(stable)})`;
    const nothing = thresholds[THRESHOLDS[id]] === undefined ? 'vector(0)' : `(vector(0) unless (${silent}))`;
    return {
      id,
      what,
      query,
      threshold,
      enough,
      worse: `(${query}) > ${threshold} and (${enough})`,
      // Not above 0 is no number, or better than stable.
      judged: `((${query}) > 0 and (${enough})) or ${nothing}`,
    };
  };
  const more = (id: 'errors' | 'timeouts', what: string, threshold: number) => {
    const share = (side: SignalQueries) => `(${side.rate(id, window)}) / (${side.rate('requests', window)})`;
    return compared(id, what, threshold, share, both(share).join(' - '));
  };
  const slower = (id: CanaryComparisonId, signal: HistogramSignal, what: string, threshold: number) => {
    const quantile = (side: SignalQueries) => `(${side.quantile(signal, 0.95, window)})`;
    const measured = (side: SignalQueries) => side.measured(signal, window);
    return compared(id, what, threshold, quantile, both(quantile).join(' / '), measured);
  };
  const speed = (side: SignalQueries) =>
    `((${side.rate('generatedTokens', window)}) / avg_over_time((${side.gauge('running')})[${window}:1m]))`;
  const answerLength = (side: SignalQueries) =>
    `((${side.rate('generatedTokens', window)}) / (${side.rate('requests', window)}))`;
  const [between] = (wayOf('interTokenLatency', stable, canary) ?? []) as readonly HistogramSignal[];

  return [
    ...(tells('errors') ? [more('errors', 'more of its requests failed than of stable', limits.errorRatio)] : []),
    ...(tells('timeouts')
      ? [more('timeouts', 'more of its requests were given up than of stable', limits.timeoutRatio)]
      : []),
    ...(tells('timeToFirstToken')
      ? [
          slower(
            'timeToFirstToken',
            'timeToFirstToken',
            'times the p95 time to first token of stable',
            limits.timeToFirstToken,
          ),
        ]
      : []),
    ...(between
      ? [
          slower(
            'interTokenLatency',
            between,
            'times the p95 time between two tokens of stable',
            limits.interTokenLatency,
          ),
        ]
      : []),
    ...(tells('tokensPerSecond')
      ? [
          compared(
            'tokensPerSecond',
            'times slower than stable in tokens per second of a running answer',
            limits.tokensPerSecond,
            speed,
            `${speed(stable)} / ${speed(canary)}`,
          ),
        ]
      : []),
    ...(tells('answerLength')
      ? [
          compared(
            'answerLength',
            'times longer or shorter than the answers of stable',
            limits.answerLength,
            answerLength,
            // The larger of both ways round.
            `(${answerLength(canary)} / ${answerLength(stable)} >= 1) or (${answerLength(stable)} / ${answerLength(canary)})`,
          ),
        ]
      : []),
  ];
}
