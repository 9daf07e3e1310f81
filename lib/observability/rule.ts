/** A query whose answer is kept under a name of its own. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  /** Labels that every series of it gets. @default - those that the query leaves */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A query whose every answer is an alert. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be so, as Prometheus writes durations. @default - not at all */
  readonly for?: string;
  /** How long it stays when it is no longer so. @default - not at all */
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A rule, as Prometheus' rule files spell it. */
export type Rule = RecordingRule | AlertingRule;

/** Rules that are asked one after the other, at one time. */
export interface RuleGroup {
  readonly name: string;
  /** As Prometheus writes durations, such as `30s`. @default - the evaluation interval of the Prometheus that reads it */
  readonly interval?: string;
  readonly rules: readonly Rule[];
}
