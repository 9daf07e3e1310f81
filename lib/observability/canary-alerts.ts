import { CanaryThresholds } from '../release/canary-thresholds';
import { canaryComparisons } from '../release/release-analysis';
import { AlertingRule } from './rule';
import { serviceAlert } from './service-alerts';
import { WatchedPods } from './watched-pods';

/** A canary beside the version that serves, by what both servers tell: what a controller would judge it by. */
export function canaryAlerts(
  stable: WatchedPods,
  canary: WatchedPods,
  thresholds: CanaryThresholds = {},
): AlertingRule[] {
  const { monitoring, labels, what } = canary;
  return canaryComparisons(stable.server, canary.server, thresholds).map(({ id, what: difference, worse }) => {
    const value = id === 'errors' || id === 'timeouts' ? 'humanizePercentage' : 'humanize';
    return serviceAlert(monitoring, {
      alert: 'InferenceCanaryWorse',
      description: `${what}: {{ $value | ${value} }} ${difference} (${stable.what}).`,
      expr: worse,
      for: '5m',
      labels: { ...labels, comparison: id },
    });
  });
}
