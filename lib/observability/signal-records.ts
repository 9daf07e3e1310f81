import { Construct } from 'constructs';
import { SIGNALS } from '../runtime/server-signals';
import { RECORD_LABELS } from '../signals/pod-selection';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../signals/records';
import { MonitoredService, serviceQueries, SharedQueries } from './monitored-service';
import { Monitoring } from './monitoring';
import { RecordingRule, RuleGroup } from './rule';
import { RuleObject } from './rule-object';

const WINDOW = '5m';
const QUANTILES = Object.entries(RECORDED_QUANTILES) as [keyof typeof RECORDED_QUANTILES, number][];

function rulesOf({ queries, labels }: SharedQueries): RecordingRule[] {
  const rules = [
    ...SIGNALS.gauges
      .filter((signal) => queries.has(signal))
      .map((signal) => ({
        record: GAUGE_RECORDS[signal],
        expr: queries.gauge(signal, RECORD_LABELS),
      })),
    ...SIGNALS.counters
      .filter((signal) => queries.has(signal))
      .map((signal) => ({
        record: RATE_RECORDS[signal],
        expr: queries.rate(signal, WINDOW, RECORD_LABELS),
      })),
    ...SIGNALS.histograms
      .filter((signal) => queries.has(signal))
      .flatMap((signal) =>
        QUANTILES.map(([name, part]) => ({
          record: quantileRecord(signal, name),
          // Without traffic a quantile is no number, which every mean over it would become too; so there is none.
          expr: `${queries.quantile(signal, part, WINDOW, RECORD_LABELS)} >= 0`,
        })),
      ),
  ];
  // Of two rules with one name promtool wants to see what keeps them apart.
  return rules.map((rule) => (labels ? { ...rule, labels } : rule));
}

/**
 * What the servers of a service tell, under names that are the same for every server: a series for each track and role.
 * Tracks that run the same share their rules; a candidate with other metric names has rules of its own.
 */
export function signalRecordGroups(service: MonitoredService): RuleGroup[] {
  const rules = serviceQueries(service).flatMap(rulesOf);
  return rules.length === 0 ? [] : [{ name: `inference-signals.${service.namespace}.${service.name}`, rules }];
}

export interface SignalRecordsProps {
  readonly service: MonitoredService;
  readonly monitoring: Monitoring;
  /** Labels of the object. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The recording rules of one service: dashboards, alerts and scalers read the records, whatever the server. */
export class SignalRecords extends Construct {
  /** What is in it; empty where nobody knows what the servers tell. */
  readonly groups: readonly RuleGroup[];

  constructor(scope: Construct, id: string, { service, monitoring, labels }: SignalRecordsProps) {
    super(scope, id);
    this.groups = signalRecordGroups(service);
    if (this.groups.length === 0) return;
    new RuleObject(this, 'rules', { name: `${service.name}-signals`, labels, monitoring, groups: this.groups });
  }
}
