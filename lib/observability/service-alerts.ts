import { AlertStatement, alertRule } from './alert-rule';
import { Monitoring, Severity } from './monitoring';
import { AlertingRule } from './rule';

/** An alert of a service: what its page in docs/runbooks explains. */
export interface ServiceAlert {
  /** Worst first. */
  readonly severities: readonly [Severity, ...Severity[]];
  /** What is wrong, in one sentence: the annotation `summary`. */
  readonly summary: string;
}

const alert = (severities: ServiceAlert['severities'], summary: string): ServiceAlert => ({ severities, summary });

/** Every alert that a service can have. Each has a page in docs/runbooks under its name. */
export const SERVICE_ALERTS = {
  InferenceErrorBudgetBurn: alert(['critical', 'warning'], 'Requests fail faster than the error budget allows.'),
  InferenceLatencyBudgetBurn: alert(
    ['critical', 'warning'],
    'More requests are slower than promised than the error budget allows.',
  ),
  InferenceErrorBudgetSpent: alert(['info'], 'The error budget of the period is spent, so changes should wait.'),
  InferenceDown: alert(['critical', 'warning'], 'No replica is ready although some are wanted.'),
  InferenceTargetDown: alert(['warning'], 'Prometheus cannot scrape pods that are ready.'),
  InferenceSignalMissing: alert(
    ['warning'],
    'Pods answer requests and do not tell what alerts and objectives are built on.',
  ),
  InferenceQueueSaturated: alert(['warning'], 'More requests wait for each replica than it computes at once.'),
  InferenceKvCachePressure: alert(['warning'], 'The KV cache is full while requests wait or lose their place.'),
  InferenceNoTokenProgress: alert(['critical'], 'A server computes requests and makes no tokens.'),
  InferenceRestartLoop: alert(['warning'], 'A server restarts again and again.'),
  InferenceOomKilled: alert(['warning'], 'A container was killed because it used more memory than it may.'),
  InferencePendingForGpus: alert(['warning'], 'A pod waits for a node with free GPUs.'),
  InferenceColdStartSlow: alert(['warning'], 'A pod takes longer to become ready than its startup budget.'),
  InferenceCanaryWorse: alert(['warning'], 'The canary is worse than the version that serves.'),
  InferenceCostAboveBudget: alert(['info'], 'The GPUs of the service cost more than its budget.'),
  InferenceScalerBlind: alert(['warning'], 'The autoscaler cannot read what it scales by.'),
  InferenceCertificateExpiry: alert(['critical', 'warning'], 'The certificate of the host name expires soon.'),
  InferenceVolumeFull: alert(['warning'], 'The volume of the model cache is almost full.'),
} as const satisfies Readonly<Record<string, ServiceAlert>>;

export type ServiceAlertName = keyof typeof SERVICE_ALERTS;

/** An alert of the table; its severity is the worst that it can have, unless another of its own is stated. */
export function serviceAlert(
  monitoring: Monitoring,
  statement: Omit<AlertStatement, 'alert' | 'summary' | 'severity'> & {
    readonly alert: ServiceAlertName;
    readonly severity?: Severity;
  },
): AlertingRule {
  const { severities, summary } = SERVICE_ALERTS[statement.alert];
  return alertRule(monitoring, { severity: severities[0], ...statement, summary });
}
