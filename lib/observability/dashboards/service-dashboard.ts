import { SERVICE_LABEL, TRACK_LABEL } from '../../signals/pod-selection';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS } from '../../signals/records';
import { KUBE_METRICS } from '../kube-metrics';
import { BurnRatePolicy } from '../burn-rate-policy';
import { replicasOfAll } from '../replica-queries';
import { errorRatioRecord, SLO_RECORDS } from '../slo-records';
import { Dashboard, DashboardEvent, Query } from './dashboard';
import { curvesAndObjective } from './quantile-curves';
import { OBJECTS, ofAnswering, ofService, ONE_SERVICE } from './selections';

/** Alerts of the service, and those of its namespace that name no service. */
const FIRING = `${KUBE_METRICS.alerts.metric}{alertstate="firing", namespace="$namespace", ${SERVICE_LABEL}=~"$service|"}`;

const NO_PROMISE = 'Nothing is promised, or no traffic';
const NO_OBJECTS = 'kube-state-metrics is not scraped';

const ratio = (part: string) => `sum(${ofAnswering(part)}) / (sum(${ofAnswering(RATE_RECORDS.requests)}) > 0)`;

const OF_SERVICE = { namespace: '$namespace', named: OBJECTS };
const READY = replicasOfAll('ready', OF_SERVICE);
const WANTED = replicasOfAll('wanted', OF_SERVICE);

/**
 * What was not there five to fifteen minutes ago: kube-state-metrics may restart in between, and has another `instance` then. The
 * version before counts as new again when it comes back later than that.
 */
function isNew(metric: string, matchers: string, ...labels: readonly string[]): string {
  const by = `(${['namespace', ...labels].join(', ')})`;
  const series = `${metric}{namespace="$namespace", ${matchers}}`;
  return `(max by ${by} (${series}) unless on ${by} max_over_time(${series}[10m] offset 5m))`;
}

const EVENTS: readonly DashboardEvent[] = [
  {
    name: 'New version',
    expr: [
      isNew(KUBE_METRICS.statefulSetRevision.metric, `statefulset${OBJECTS}`, 'statefulset', 'revision'),
      isNew(
        KUBE_METRICS.replicaSetOwner.metric,
        `owner_kind=~"Deployment|Rollout", owner_name${OBJECTS}`,
        'owner_name',
        'replicaset',
      ),
    ].join(' or '),
    text: '{{statefulset}}{{owner_name}}: {{revision}}{{replicaset}}',
    colour: 'blue',
  },
  { name: 'Alert', expr: FIRING, text: '{{alertname}} {{severity}}', colour: 'red' },
];

/** Windows of error ratios that every policy has. */
const burnRate = (window: string): Query => ({
  expr: `max by (sloth_slo) (${ofService(errorRatioRecord(window))}) / max by (sloth_slo) (${ofService(SLO_RECORDS.errorBudget)})`,
  legend: `${window} {{sloth_slo}}`,
});

const SPENT = {
  base: 'red',
  steps: [
    { from: 0, colour: 'orange' },
    { from: 0.25, colour: 'green' },
  ],
  meaning:
    'Orange below a quarter of the budget: change carefully. Red below 0: it is spent, so change only what makes it better.',
} as const;

/** Where somebody is woken up, unless a service has another policy or another period. */
const PAGED_FROM = BurnRatePolicy.sreWorkbook().alerts(30 * 86_400)[0]!.burnRate;

const BURNING = {
  steps: [
    { from: 1, colour: 'orange' },
    { from: PAGED_FROM, colour: 'red' },
  ],
  meaning: `At 1 the budget is spent exactly at the end of its period. Orange above. Red from ${PAGED_FROM}: 2% of 30 days within an hour, which by default wakes somebody up.`,
} as const;

const FAILING = {
  steps: [
    { from: 0.001, colour: 'orange' },
    { from: 0.01, colour: 'red' },
  ],
  meaning: 'Orange from 1 in 1000, red from 1 in 100; what was promised is in the row of promises.',
} as const;

/** What users of a service get, against what they were promised. */
export const SERVICE_DASHBOARD: Dashboard = {
  uid: 'gpu-inference-service',
  title: 'GPU inference / Service',
  description:
    'What the users of a service get, against what they were promised: errors, latency, traffic, and who serves.',
  variables: ONE_SERVICE,
  events: EVENTS,
  rows: [
    {
      id: 100,
      title: 'Now',
      height: 4,
      panels: [
        {
          id: 1,
          kind: 'stat',
          title: 'Error budget left',
          description: 'How much of the budget of the period is left? The promise that is worst off counts.',
          unit: 'percentunit',
          width: 4,
          queries: [{ expr: `min(${ofService(SLO_RECORDS.budgetRemaining)})`, legend: 'left' }],
          thresholds: SPENT,
          noValue: NO_PROMISE,
          alerts: ['InferenceErrorBudgetSpent'],
        },
        {
          id: 2,
          kind: 'stat',
          title: 'Burn rate',
          description: 'How many times as fast as it may is the budget spent, over the last five minutes?',
          unit: 'suffix: x',
          width: 4,
          queries: [{ expr: `max(${ofService(SLO_RECORDS.currentBurnRate)})`, legend: 'burn rate' }],
          thresholds: BURNING,
          noValue: NO_PROMISE,
          alerts: ['InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn'],
        },
        {
          id: 3,
          kind: 'stat',
          title: 'Error ratio',
          description: 'Which part of the requests fails?',
          unit: 'percentunit',
          width: 4,
          queries: [{ expr: ratio(RATE_RECORDS.errors), legend: 'errors' }],
          thresholds: FAILING,
          alerts: ['InferenceErrorBudgetBurn'],
        },
        {
          id: 4,
          kind: 'stat',
          title: 'Requests',
          description: 'How many requests end each second, well or not?',
          unit: 'reqps',
          width: 4,
          queries: [{ expr: `sum(${ofAnswering(RATE_RECORDS.requests)})`, legend: 'requests' }],
        },
        {
          id: 5,
          kind: 'stat',
          title: 'Time to first token, p95',
          description: 'How long do 95 of 100 requests wait for their first token at most? The slower track counts.',
          unit: 's',
          width: 4,
          queries: [{ expr: `max(${ofService(quantileRecord('timeToFirstToken', 'p95'))})`, legend: 'p95' }],
          alerts: ['InferenceLatencyBudgetBurn'],
        },
        {
          id: 6,
          kind: 'stat',
          title: 'Pods ready of those wanted',
          description:
            'Which part of the pods that should serve can serve? Routers are among them; groups of pods count as one.',
          unit: 'percentunit',
          width: 4,
          queries: [{ expr: `${READY} / (${WANTED} > 0)`, legend: 'ready' }],
          thresholds: {
            base: 'red',
            steps: [
              { from: 0.5, colour: 'orange' },
              { from: 1, colour: 'green' },
            ],
            meaning: 'Orange when one is missing, red when more than half of them are.',
          },
          noValue: `None is wanted, or ${NO_OBJECTS}`,
          alerts: ['InferenceDown'],
        },
      ],
    },
    {
      id: 200,
      title: 'Promises',
      height: 7,
      panels: [
        {
          id: 7,
          kind: 'timeseries',
          title: 'Error budget left, by promise',
          description: 'What used the budget up, and when? A step is an incident, a slope is a habit.',
          unit: 'percentunit',
          width: 12,
          queries: [
            { expr: `min by (sloth_slo) (${ofService(SLO_RECORDS.budgetRemaining)})`, legend: '{{sloth_slo}}' },
          ],
          noValue: NO_PROMISE,
          alerts: ['InferenceErrorBudgetSpent'],
        },
        {
          id: 8,
          kind: 'timeseries',
          title: 'Burn rate, by promise and window',
          description:
            'Is it getting worse? The short window rises first; when it falls below the long one, it is over.',
          unit: 'suffix: x',
          width: 12,
          queries: [burnRate('5m'), burnRate('1h')],
          thresholds: BURNING,
          noValue: NO_PROMISE,
          alerts: ['InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn'],
        },
      ],
    },
    {
      id: 300,
      title: 'Latency',
      height: 8,
      panels: [
        {
          id: 9,
          kind: 'timeseries',
          title: 'Time to first token',
          description:
            'How long do users wait until something happens? Above the dashed line is more than was promised.',
          unit: 's',
          width: 8,
          queries: curvesAndObjective('timeToFirstToken'),
          alerts: ['InferenceLatencyBudgetBurn'],
        },
        {
          id: 10,
          kind: 'timeseries',
          title: 'Inter-token latency',
          description:
            'How fluently do answers appear? People read about five words a second, which is 0.15 s for a token.',
          unit: 's',
          width: 8,
          queries: curvesAndObjective('interTokenLatency'),
          alerts: ['InferenceLatencyBudgetBurn'],
        },
        {
          id: 11,
          kind: 'timeseries',
          title: 'End-to-end latency',
          description: 'How long do whole answers take? It grows with their length, so compare it with the tokens.',
          unit: 's',
          width: 8,
          queries: curvesAndObjective('endToEndLatency'),
          alerts: ['InferenceLatencyBudgetBurn'],
        },
      ],
    },
    {
      id: 400,
      title: 'Traffic and errors',
      height: 7,
      panels: [
        {
          id: 12,
          kind: 'timeseries',
          title: 'Requests, by track',
          description: 'How many requests end each second, and who answers them?',
          unit: 'reqps',
          width: 8,
          stacked: true,
          queries: [
            {
              expr: `sum by (${TRACK_LABEL}) (${ofAnswering(RATE_RECORDS.requests)})`,
              legend: '{{track}}',
            },
          ],
        },
        {
          id: 13,
          kind: 'timeseries',
          title: 'Failed and given up',
          description:
            'Which part of the requests does the server fail, and which do clients, the gateway or a limit of time give up?',
          unit: 'percentunit',
          width: 8,
          queries: [
            { expr: ratio(RATE_RECORDS.errors), legend: 'failed', colour: 'red' },
            { expr: ratio(RATE_RECORDS.timeouts), legend: 'given up', colour: 'orange' },
          ],
          alerts: ['InferenceErrorBudgetBurn'],
        },
        {
          id: 14,
          kind: 'timeseries',
          title: 'Tokens',
          description: 'How much is read and written each second?',
          unit: 'suffix: tok/s',
          width: 8,
          queries: [
            { expr: `sum(${ofAnswering(RATE_RECORDS.promptTokens)})`, legend: 'prompt', colour: 'purple' },
            { expr: `sum(${ofAnswering(RATE_RECORDS.generatedTokens)})`, legend: 'generated', colour: 'blue' },
          ],
        },
      ],
    },
    {
      id: 500,
      title: 'Saturation',
      height: 7,
      panels: [
        {
          id: 15,
          kind: 'timeseries',
          title: 'Waiting and computed requests',
          description:
            'Is there more to do than the pods can do at once? What waits pays with its time to the first token.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `sum(${ofService(GAUGE_RECORDS.queueDepth)})`, legend: 'waiting', colour: 'orange' },
            { expr: `sum(${ofService(GAUGE_RECORDS.running)})`, legend: 'computed', colour: 'blue' },
          ],
          alerts: ['InferenceQueueSaturated'],
        },
        {
          id: 16,
          kind: 'timeseries',
          title: 'Pods',
          description:
            'Do those serve that should? Routers are among them; groups of pods count as one. The dashed line is what is wanted.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: READY, legend: 'ready', colour: 'green' },
            { expr: WANTED, legend: 'wanted', objective: true },
          ],
          noValue: NO_OBJECTS,
          alerts: ['InferenceDown', 'InferencePendingForGpus', 'InferenceRestartLoop'],
        },
        {
          id: 17,
          kind: 'table',
          title: 'Alerts',
          description: 'What fires now? The name of an alert leads to its runbook.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `max by (alertname, severity, sloth_slo, pod) (${FIRING})`, legend: '{{alertname}}' }],
          noValue: 'Nothing fires',
        },
      ],
    },
  ],
};
