import { Construct } from 'constructs';
import { AnalysisTemplate } from '../../imports/argoproj.io';
import { CanaryComparison } from './release-analysis';

export interface ArgoAnalysisProps {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly comparisons: readonly CanaryComparison[];
  /** As Go writes durations: until the first measurement, so that the window holds requests of the new version. */
  readonly initialDelay: string;
  /** Where Prometheus is asked. */
  readonly address: string;
}

/**
 * What the controller asks Prometheus of a new version. Each query is one number in every case: 0 while there is too little
 * to compare. An empty answer, which then means that Prometheus has none, is neither success nor failure, and pauses.
 */
export function argoAnalysis(scope: Construct, id: string, props: ArgoAnalysisProps): AnalysisTemplate {
  const { name, labels, comparisons, initialDelay, address } = props;
  return new AnalysisTemplate(scope, id, {
    metadata: { name, labels: { ...labels } },
    spec: {
      metrics: comparisons.map((comparison) => ({
        name: metricName(comparison.id),
        initialDelay,
        interval: '1m',
        successCondition: `len(result) > 0 && result[0] <= ${comparison.threshold}`,
        failureCondition: `len(result) > 0 && result[0] > ${comparison.threshold}`,
        // Three minutes, so that one slow minute takes nothing back.
        failureLimit: 2,
        inconclusiveLimit: 2,
        consecutiveErrorLimit: 4,
        provider: { prometheus: { address, query: comparison.judged } },
      })),
    },
  });
}

/** `timeToFirstToken` as `time-to-first-token`. */
export const metricName = (id: string) => id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
