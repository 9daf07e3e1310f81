import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Duration } from 'cdk8s';
import { load } from 'js-yaml';
import { ALERTS } from '../../lib/observability/alerts';
import { InferenceAlerts } from '../../lib/observability/inference-alerts';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { Monitoring } from '../../lib/observability/monitoring';
import { AlertingRule } from '../../lib/observability/rule';
import { CANARY, monitored, pods } from '../support/monitored';

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'observability.md'), 'utf8');
const [, block] = /```yaml\n(inhibit_rules:[^`]*)```/.exec(PAGE)!;
const { inhibit_rules: rules } = load(block!) as { inhibit_rules: readonly InhibitRule[] };

type Labels = Readonly<Record<string, string>>;

/** As Alertmanager reads a matcher: a label that is not there is empty, an expression matches the whole. */
function matches(labels: Labels, matchers: readonly string[]): boolean {
  return matchers.every((text) => {
    const [, name, operator, value] = /^(\w+) (=~|=) "?([^"]*)"?$/.exec(text)!;
    const label = labels[name!] ?? '';
    return operator === '=' ? label === value : new RegExp(`^(?:${value!})$`).test(label);
  });
}

const hidden = (target: Labels, firing: readonly Labels[]) =>
  firing.some((source) =>
    rules.some(
      ({ source_matchers, target_matchers, equal }) =>
        source !== target &&
        matches(source, source_matchers) &&
        matches(target, target_matchers) &&
        equal.every((label) => (source[label] ?? '') === (target[label] ?? '')),
    ),
  );

/** Alerts of the service as Alertmanager gets them, by `name severity track`. */
const monitoring = Monitoring.prometheusOperator();
const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
const objectives = { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } };
const service = monitored(pods(), CANARY);
const written = [
  ...new InferenceAlerts(chart, 'alerts', { service, monitoring }).groups,
  ...new InferenceSlo(chart, 'slo', { service, monitoring, objectives }).groups,
].flatMap((group) => group.rules.filter((rule): rule is AlertingRule => 'alert' in rule));
const firing = new Map<string, Labels>(
  written.map(({ alert, labels }) => [
    [alert, labels.severity, labels.track ?? []].flat().join(' '),
    { ...labels, alertname: alert },
  ]),
);

test.each`
  fire                                                                                                           | told
  ${['InferenceDown critical stable', 'InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning']}  | ${['InferenceDown critical stable']}
  ${['InferenceDown critical stable', 'InferenceDown warning canary']}                                           | ${['InferenceDown critical stable', 'InferenceDown warning canary']}
  ${['InferenceDown warning canary', 'InferenceErrorBudgetBurn critical']}                                       | ${['InferenceDown warning canary', 'InferenceErrorBudgetBurn critical']}
  ${['InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning', 'InferenceErrorBudgetSpent info']} | ${['InferenceErrorBudgetBurn critical']}
  ${['InferenceErrorBudgetBurn critical', 'InferenceLatencyBudgetBurn warning']}                                 | ${['InferenceErrorBudgetBurn critical', 'InferenceLatencyBudgetBurn warning']}
  ${['InferenceErrorBudgetBurn warning', 'InferencePendingForGpus warning stable']}                              | ${['InferenceErrorBudgetBurn warning', 'InferencePendingForGpus warning stable']}
`('of $fire somebody is told $told', ({ fire, told }: { fire: string[]; told: string[] }) => {
  const labels = fire.map((name) => firing.get(name)!);
  expect(labels).not.toContain(undefined);
  expect(fire.filter((_, at) => !hidden(labels[at]!, labels))).toEqual(told);
});

test('another service is told all the same', () => {
  const down = firing.get('InferenceDown critical stable')!;
  const burn = firing.get('InferenceErrorBudgetBurn critical')!;
  expect(hidden(burn, [down])).toBe(true);
  expect(hidden({ ...burn, inference_service: 'other' }, [down])).toBe(false);
  expect(hidden({ ...burn, namespace: 'other' }, [down])).toBe(false);
});

test('every alert that is named exists', () => {
  const named = [...block!.matchAll(/alertname =~? "?([\w|]+)"?[,\]]/g)].flatMap(([, names]) => names!.split('|'));
  expect(named.length).toBeGreaterThan(3);
  const known: readonly string[] = Object.values(ALERTS).flatMap((alerts) => Object.keys(alerts));
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});
