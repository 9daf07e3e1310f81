import { Duration } from 'cdk8s';
import { shown } from '../problem/names';
import { Problem } from '../problem/problem';
import { MODEL_LABEL, ROLE_LABEL, SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { DCGM_FIELDS, DCGM_GPU_LABELS, DCGM_NODE_LABELS, DcgmField } from './dcgm-fields';

/**
 * Labels by which rules tell one thing from another: with one value for all, alerts of several things are one, and Prometheus
 * refuses the whole rule when they fire together.
 */
const OF_RULES: ReadonlySet<string> = new Set([
  ...[
    'alertname',
    'severity',
    'namespace',
    'pod',
    'container',
    'node',
    'pool',
    'resource',
    'name',
    'customresource_kind',
  ],
  ...['persistentvolumeclaim', 'horizontalpodautoscaler', 'comparison', 'field', 'signal', 'quantity', 'percentile'],
  ...[SERVICE_LABEL, MODEL_LABEL, TRACK_LABEL, ROLE_LABEL, ...DCGM_NODE_LABELS, ...DCGM_GPU_LABELS],
  ...Object.values<DcgmField>(DCGM_FIELDS).flatMap(({ label = [] }) => label),
]);
/** What a scrape renames, and what dashboards for sloth select by. */
const BEGINNINGS = /^(exported|sloth)_/;

const problem = (message: string, remedy: string): Problem => ({ check: 'monitoring', message, remedy });

/** Labels as Prometheus names them, with values that every Alertmanager can match. */
export function alertLabelProblems(what: string, labels: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    if (OF_RULES.has(name) || BEGINNINGS.test(name)) {
      return [
        problem(
          `${what} has ${shown(name)}, which rules write themselves.`,
          name === 'severity' ? 'Use severities for other words.' : 'Use a name of your own, such as team.',
        ),
      ];
    }
    if (/^[a-zA-Z_]\w*$/.test(name) && !name.startsWith('__') && isPlain(value)) return [];
    return [
      problem(
        `${what} has ${shown(name)}: ${typeof value === 'string' ? shown(value) : String(value)}.`,
        'Use letters, digits and "_" for the name, without "__" in front, and a value of one line without "$" and "{{".',
      ),
    ];
  });
}

/** Some alerts are pages and tickets: with one word for both they would be one alert with two texts. */
export function severityProblems({ critical = 'critical', warning = 'warning' }: Severities): Problem[] {
  if (critical !== warning) return [];
  return [
    problem(
      `severities says ${shown(critical)} for critical and for warning.`,
      'Use two words; Alertmanager can send both to one receiver.',
    ),
  ];
}

type Severities = Readonly<Partial<Record<'critical' | 'warning' | 'info', string>>>;

const isPlain = (value: unknown) => typeof value === 'string' && /^[^\n$]+$/.test(value) && !value.includes('{{');

/** An interval in whole seconds. */
export function intervalProblems(what: string, interval: Duration | undefined, most: number): Problem[] {
  const seconds = interval?.toMilliseconds({ integral: false }) ?? 5000;
  if (Number.isInteger(seconds / 1000) && seconds >= 5000 && seconds <= most * 1000) return [];
  return [problem(`${what} is ${seconds / 1000} s.`, `Use whole seconds, from 5 to ${most}.`)];
}
