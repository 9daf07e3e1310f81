import { Construct } from 'constructs';
import { AnalysisTemplate } from '../../imports/argoproj.io';
import { goDuration } from './go-duration';
import { CanaryComparison } from './release-analysis';

/** How often it is measured. */
const INTERVAL_SECONDS = 60;
/** Bad measurements that are borne, so that one slow minute takes nothing back. */
export const BORNE_MEASUREMENTS = 2;

/**
 * The shortest time in which Argo Rollouts can take a version back: the first measurement is taken after the window, each other
 * one an interval later, and one more than `failureLimit` must be bad. The last minute is for the controller itself.
 */
export const argoVerdictSeconds = (windowSeconds: number) => windowSeconds + BORNE_MEASUREMENTS * INTERVAL_SECONDS + 60;

export interface ArgoAnalysisProps {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly comparisons: readonly CanaryComparison[];
  /** What is looked at, in seconds: also the time until the first measurement, so that it holds requests of the new version. */
  readonly windowSeconds: number;
  /** Where Prometheus is asked. */
  readonly address: string;
}

/**
 * What the controller asks Prometheus of a new version. Each query is one number: 0 while there is too little to compare. An empty
 * answer means that Prometheus has none, or that stable does not tell what a threshold was stated for. It is neither success nor
 * failure, and pauses.
 */
export function argoAnalysis(scope: Construct, id: string, props: ArgoAnalysisProps): AnalysisTemplate {
  const { name, labels, comparisons, windowSeconds, address } = props;
  return new AnalysisTemplate(scope, id, {
    metadata: { name, labels: { ...labels } },
    spec: {
      metrics: comparisons.map((comparison) => ({
        name: metricName(comparison.id),
        initialDelay: goDuration(windowSeconds),
        interval: goDuration(INTERVAL_SECONDS),
        successCondition: `len(result) > 0 && result[0] <= ${comparison.threshold}`,
        failureCondition: `len(result) > 0 && result[0] > ${comparison.threshold}`,
        failureLimit: BORNE_MEASUREMENTS,
        inconclusiveLimit: 2,
        consecutiveErrorLimit: 4,
        provider: { prometheus: { address, query: comparison.judged } },
      })),
    },
  });
}

/** `timeToFirstToken` as `time-to-first-token`. */
export const metricName = (id: string) => id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
