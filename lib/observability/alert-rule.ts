import { Monitoring, Severity } from './monitoring';
import { AlertingRule } from './rule';

/** An alert before the platform's words for it are known. */
export interface AlertStatement {
  readonly alert: string;
  readonly severity: Severity;
  /** What is wrong, in one sentence without anything of the moment. */
  readonly summary: string;
  /** The same with the numbers: a template of Prometheus. */
  readonly description: string;
  readonly expr: string;
  /** As Prometheus writes durations. @default - at once */
  readonly for?: string;
  /** As Prometheus writes durations. @default - it ends with its reason */
  readonly keepFiringFor?: string;
  /** @default - those that the query leaves */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The alert as kube-prometheus writes its own: severity, summary, description, and the page that says what to do. */
export function alertRule(monitoring: Monitoring, statement: AlertStatement): AlertingRule {
  const { alert, severity, summary, description, expr, keepFiringFor, labels } = statement;
  return {
    alert,
    expr,
    ...(statement.for !== undefined && { for: statement.for }),
    ...(keepFiringFor !== undefined && { keep_firing_for: keepFiringFor }),
    labels: { ...labels, ...monitoring.labelsOfAlert(severity) },
    annotations: { summary, description, runbook_url: monitoring.runbookUrl(alert) },
  };
}
