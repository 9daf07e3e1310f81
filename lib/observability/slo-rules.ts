import { SERVICE_LABEL } from '../signals/pod-selection';
import { BurnRateAlert, SHORTEST_WINDOW_SECONDS } from './burn-rate-policy';
import { Monitoring } from './monitoring';
import { AlertingRule, RecordingRule, RuleGroup } from './rule';
import { decimal, percent, promDuration } from '../signals/rule-numbers';
import { serviceAlert } from './service-alerts';
import { ServiceLevel } from './service-level';
import { errorRatioRecord, SLO_RECORDS } from './slo-records';

/** How promises of a service are watched. */
export interface SloWatch {
  readonly service: { readonly name: string; readonly namespace: string };
  readonly monitoring: Monitoring;
  /** Of the error budget. */
  readonly periodSeconds: number;
  readonly alerts: readonly BurnRateAlert[];
  /** Bad events below which nothing is told. */
  readonly minimumFailures: number;
  /** @default - an alert ends with its reason */
  readonly keepFiringFor?: string;
  /** How often the rules are asked. */
  readonly evaluationSeconds: number;
}

/** Bad events and all events per second: what every ratio is made of. The ratios have sloth's names. */
const ERRORS = 'slo:sli_error:rate5m';
const TOTAL = 'slo:sli_total:rate5m';
/** Requests that nobody was there to take. */
const LOST = 'slo:sli_lost:rate5m';

/** 1 while a budget of the service is spent: what a pipeline asks before it changes something. */
export const CHANGE_FREEZE_RECORD = 'inference:change_freeze';

/** Labels by which everybody selects an SLO: sloth's, so that dashboards made for it work. */
function labelsOf({ service: { name, namespace } }: Pick<SloWatch, 'service'>, { name: slo }: ServiceLevel) {
  return {
    namespace,
    [SERVICE_LABEL]: name,
    // With dashes alone, c in a-b and b-c in a would be one, and rules about both fail.
    sloth_id: `${namespace}/${name}-${slo}`,
    // Two namespaces may each have a service of this name.
    sloth_service: `${namespace}/${name}`,
    sloth_slo: slo,
  };
}

const selectorOf = (watch: SloWatch, level: ServiceLevel) =>
  `{sloth_id=${JSON.stringify(labelsOf(watch, level).sloth_id)}}`;

/** Rules of one promise, asked at one time and in this order, so that an alert sees numbers of one moment. */
export function sloGroup(watch: SloWatch, level: ServiceLevel): RuleGroup {
  return {
    name: `inference-slo.${watch.service.namespace}.${watch.service.name}.${level.name}`,
    // Failures are counted by it.
    interval: promDuration(watch.evaluationSeconds),
    rules: [...indicatorRules(watch, level), ...budgetRules(watch, level), ...burnRules(watch, level)],
  };
}

/** The error ratio over each window. Weighted by requests: a quiet night counts as little as it was used. */
function indicatorRules(watch: SloWatch, level: ServiceLevel): RecordingRule[] {
  const labels = labelsOf(watch, level);
  const selector = selectorOf(watch, level);
  const counted = (events: string) =>
    level.outage === undefined ? events : `((${events}) or vector(0)) + (sum(${LOST}${selector}) or vector(0))`;
  return [
    ...lostRules(watch, level),
    { record: ERRORS, expr: counted(level.errors), labels },
    { record: TOTAL, expr: counted(level.total), labels },
    ...windowsOf(watch).map((window): RecordingRule => {
      const over = window === SHORTEST_WINDOW_SECONDS ? undefined : promDuration(window);
      const events = (record: string) =>
        over === undefined ? `${record}${selector}` : `sum_over_time(${record}${selector}[${over}])`;
      return {
        record: ratioRecord(window),
        // Nothing by nothing is NaN, and every average with it as well.
        expr: `${events(ERRORS)} / (${events(TOTAL)} > 0)`,
        labels: { ...labels, sloth_window: promDuration(window) },
      };
    }),
  ];
}

/** A server that is gone fails nobody that it could count; so what usually comes, by the mean of a day, counts as failed. */
function lostRules(watch: SloWatch, level: ServiceLevel): RecordingRule[] {
  if (level.outage === undefined) return [];
  const usual = `sum(avg_over_time(${TOTAL}${selectorOf(watch, level)}[1d]))`;
  const missing = `clamp_min(${usual} - ((${level.total}) or vector(0)), 0)`;
  return [{ record: LOST, expr: `${missing}\nand on () (${level.outage})`, labels: labelsOf(watch, level) }];
}

const ratioRecord = (seconds: number) => errorRatioRecord(promDuration(seconds));

/** What alerts ask for, the period, and the hour that dashboards made for sloth ask for. */
function windowsOf({ alerts, periodSeconds }: SloWatch): number[] {
  const asked = alerts.flatMap(({ longSeconds, shortSeconds }) => [longSeconds, shortSeconds]);
  return [...new Set([SHORTEST_WINDOW_SECONDS, 3600, ...asked, periodSeconds])].sort((a, b) => a - b);
}

function budgetRules(watch: SloWatch, level: ServiceLevel): RecordingRule[] {
  const { periodSeconds } = watch;
  const labels = labelsOf(watch, level);
  const selector = selectorOf(watch, level);
  const budget = decimal(1 - level.objective);
  return [
    { record: SLO_RECORDS.objective, expr: `vector(${decimal(level.objective)})`, labels },
    { record: SLO_RECORDS.errorBudget, expr: `vector(${budget})`, labels },
    { record: 'slo:time_period:days', expr: `vector(${decimal(periodSeconds / 86_400)})`, labels },
    {
      record: SLO_RECORDS.currentBurnRate,
      expr: `${ratioRecord(SHORTEST_WINDOW_SECONDS)}${selector} / ${budget}`,
      labels,
    },
    { record: SLO_RECORDS.periodBurnRate, expr: `${ratioRecord(periodSeconds)}${selector} / ${budget}`, labels },
    { record: SLO_RECORDS.budgetRemaining, expr: `1 - ${SLO_RECORDS.periodBurnRate}${selector}`, labels },
    ...promisedSeconds(level, labels),
    {
      record: 'sloth_slo_info',
      expr: 'vector(1)',
      labels: {
        ...labels,
        sloth_mode: 'cdk8s-gpu-inference',
        sloth_objective: decimal(level.objective * 100),
        sloth_spec: 'prometheus/v1',
      },
    },
  ];
}

/** What dashboards draw as a line over the latency. */
function promisedSeconds({ latency }: ServiceLevel, labels: Readonly<Record<string, string>>): RecordingRule[] {
  if (!latency) return [];
  const { quantity, percentile, seconds } = latency;
  const expr = `vector(${decimal(seconds)})`;
  return [{ record: SLO_RECORDS.objectiveSeconds, expr, labels: { ...labels, quantity, percentile } }];
}

/** One alert for each severity, whichever of its windows burns. */
function burnRules(watch: SloWatch, level: ServiceLevel): AlertingRule[] {
  const { monitoring, alerts, service, keepFiringFor, periodSeconds } = watch;
  const possible = alerts.filter((rate) => canFire(rate, level));
  return (['critical', 'warning'] as const).flatMap((severity) => {
    const rates = possible.filter((rate) => rate.severity === severity);
    if (rates.length === 0) return [];
    const slowest = Math.min(...rates.map(({ burnRate }) => burnRate));
    const spent = promDuration(Math.round(periodSeconds / slowest / 3600) * 3600 || 3600);
    return [
      serviceAlert(monitoring, {
        alert: level.alert,
        severity,
        description:
          `{{ $value | humanizePercentage }} ${level.badEvents} at ${service.namespace}/${service.name}; ` +
          `${percent(1 - level.objective)} may (${level.text}). ` +
          `At this rate the error budget of ${promDuration(periodSeconds)} is spent in ${spent} or less.`,
        expr: rates.map((rate) => burning(watch, level, rate)).join('\nor\n'),
        keepFiringFor,
        labels: labelsOf(watch, level),
      }),
    ];
  });
}

/** A ratio is at most 1, in a total outage. */
export const canFire = ({ burnRate }: BurnRateAlert, { objective }: Pick<ServiceLevel, 'objective'>) =>
  thresholdOf(burnRate, objective) < 1;

/** The part of events that must be bad before an alert at this rate fires. */
export const thresholdOf = (burnRate: number, objective: number) => Number(decimal(burnRate * (1 - objective)));

function burning(watch: SloWatch, level: ServiceLevel, { burnRate, longSeconds, shortSeconds }: BurnRateAlert): string {
  const selector = selectorOf(watch, level);
  const threshold = decimal(thresholdOf(burnRate, level.objective));
  const above = (seconds: number) => `max without (sloth_window) (${ratioRecord(seconds)}${selector}) > ${threshold}`;
  const failures = `${decimal(watch.evaluationSeconds)} * sum_over_time(${ERRORS}${selector}[${promDuration(longSeconds)}])`;
  return [
    `(${above(shortSeconds)}`,
    `  and ${above(longSeconds)}`,
    `  and ${failures} >= ${watch.minimumFailures})`,
  ].join('\n');
}

/** What the budgets of a service mean for those who want to change it. */
export function freezeGroup(watch: SloWatch, levels: readonly ServiceLevel[]): RuleGroup {
  const { service, monitoring, periodSeconds, evaluationSeconds, minimumFailures } = watch;
  const { name, namespace } = service;
  const labels = { namespace, [SERVICE_LABEL]: name };
  const spent = levels.map((level) => {
    const selector = selectorOf(watch, level);
    const failures = `${decimal(evaluationSeconds)} * sum_over_time(${ERRORS}${selector}[${promDuration(periodSeconds)}])`;
    return `(max without (sloth_window) (${SLO_RECORDS.budgetRemaining}${selector}) < 0 and ${failures} >= ${minimumFailures})`;
  });
  const selector = `{namespace=${JSON.stringify(namespace)}, ${SERVICE_LABEL}=${JSON.stringify(name)}}`;
  return {
    name: `inference-slo.${namespace}.${name}.policy`,
    interval: promDuration(evaluationSeconds),
    rules: [
      { record: CHANGE_FREEZE_RECORD, expr: `group by () (${spent.join('\nor\n')})\nor vector(0)`, labels },
      serviceAlert(monitoring, {
        alert: 'InferenceErrorBudgetSpent',
        description: `${namespace}/${name} kept less than it promised in the last ${promDuration(periodSeconds)}. Until that is past, change only what makes it better.`,
        expr: `${CHANGE_FREEZE_RECORD}${selector} == 1`,
        for: '1h',
        labels,
      }),
    ],
  };
}
