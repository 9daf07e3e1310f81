import { App, Chart, Duration } from 'cdk8s';
import { BurnRatePolicy } from '../../lib/observability/burn-rate-policy';
import { InferenceAlerts } from '../../lib/observability/inference-alerts';
import { InferenceSlo, InferenceSloProps } from '../../lib/observability/inference-slo';
import { MonitoredService } from '../../lib/observability/monitored-service';
import { Monitoring } from '../../lib/observability/monitoring';
import { RuleGroup } from '../../lib/observability/rule';
import { MetricSeries } from '../../lib/runtime/server-signals';
import { CANARY, monitored, pods, SIGNALS } from '../support/monitored';
import { MAIN, manifestsOfMain } from '../support/reference-platform';
import { checkRules, describePromtools, RuleTest, testRules } from '../support/promtool';

const chart = () => new Chart(new App(), 'nim', { namespace: 'nim' });

/** Rules that are asked every five minutes, so that a month is tested in a second. */
const seldom = Monitoring.prometheusOperator({ evaluationInterval: Duration.minutes(5) });
const often = Monitoring.prometheusOperator({ evaluationInterval: Duration.minutes(1) });

const slo = (changes: Partial<InferenceSloProps> = {}) =>
  new InferenceSlo(chart(), 'slo', {
    service: monitored(),
    monitoring: often,
    objectives: { availability: 0.999 },
    ...changes,
  }).groups;

const allAlerts = (service: MonitoredService) =>
  new InferenceAlerts(chart(), 'alerts', {
    service,
    monitoring: often,
    objectives: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } },
    horizontalPodAutoscaler: 'llama',
    budget: { perMonth: 3000, pricePerGpuHour: 2 },
    certificate: { name: 'edge', namespace: 'gateways' },
  }).groups;

/** A world tells what it is about and little else, so what is missing of it is asked for only where that is meant. */
const alerts = (service: MonitoredService): RuleGroup[] =>
  allAlerts(service).map((group) => ({
    ...group,
    rules: group.rules.filter((rule) => !('alert' in rule) || rule.alert !== 'InferenceSignalMissing'),
  }));

const SERVICE = 'namespace="nim", inference_service="llama"';
const STABLE = `${SERVICE}, track="stable"`;
const requests = (code: string, track = 'stable') =>
  `requests_total{${SERVICE}, track="${track}", pod="llama-0", code="${code}"}`;
const stateful = (metric: string, name = 'llama') =>
  `kube_statefulset_${metric}{namespace="nim", statefulset="${name}"}`;

/** The service of two replicas, of which so many are ready; made long ago. */
const replicas = (ready: string, wanted = '2x200', track: 'stable' | 'canary' = 'stable') => {
  const name = track === 'stable' ? 'llama' : 'llama-canary';
  return {
    [stateful('status_replicas_ready', name)]: ready,
    [stateful('status_replicas', name)]: wanted,
    [stateful('replicas', name)]: wanted,
    [stateful('created', name)]: '-86400x200',
    [`up{${SERVICE}, track="${track}", pod="${name}-0"}`]: '1x200',
  };
};

const startup = { rolloutSeconds: 1800 };
const slow = pods({ replicas: 1, plan: { ...pods().plan, startup } });
/** Pods whose server counts tokens when a request ends, and something else meanwhile. */
const countingAtTheEnd = (progress: readonly MetricSeries[]) => {
  const generatedTokens = { ...SIGNALS.counters.generatedTokens!, appearsLate: true, progress };
  const signals = { ...SIGNALS, counters: { ...SIGNALS.counters, generatedTokens } };
  return pods({ plan: { ...pods().plan, contract: { ...pods().plan.contract, signals } } });
};

/** The last step of a release. */
const PROMOTED: MonitoredService = {
  ...monitored(slow, { ...CANARY, plan: { ...CANARY.plan, startup } }),
  canaryCarriesAll: true,
};

const ROUTED: MonitoredService = {
  ...monitored(),
  router: {
    deploymentName: 'llama-router',
    startupSeconds: 660,
    podLabels: { role: 'router' },
    container: 'router',
    metrics: { name: 'metrics', path: '/metrics', port: 29000 },
  },
};

const routers = (ready: string) => ({
  'kube_deployment_status_replicas_ready{namespace="nim", deployment="llama-router"}': ready,
  'kube_deployment_spec_replicas{namespace="nim", deployment="llama-router"}': '2x200',
  'kube_deployment_created{namespace="nim", deployment="llama-router"}': '-86400x200',
});

const ROLLED_OUT = monitored(pods({ kind: 'Deployment', argoRollout: true }));

const replicaSet = (
  name: string,
  { wanted, ready, created }: { readonly wanted: string; readonly ready: string; readonly created: string },
  owner = 'llama',
) => ({
  [`kube_replicaset_owner{namespace="nim", replicaset="${name}", owner_kind="Rollout", owner_name="${owner}"}`]:
    wanted.replaceAll('2x', '1x'),
  [`kube_replicaset_spec_replicas{namespace="nim", replicaset="${name}"}`]: wanted,
  [`kube_replicaset_status_ready_replicas{namespace="nim", replicaset="${name}"}`]: ready,
  [`kube_replicaset_created{namespace="nim", replicaset="${name}"}`]: created,
});

const BUDGET_LEFT = 'round(sum(slo:period_error_budget_remaining:ratio), 0.001)';
const FREEZE = 'sum(inference:change_freeze)';

interface Case {
  readonly rules: readonly RuleGroup[];
  readonly test: RuleTest;
}

const cases: readonly Case[] = [
  {
    rules: slo(),
    test: {
      name: 'all is well: nothing is told, the whole budget is left',
      interval: '1m',
      series: { [requests('200')]: '0+60x120' },
      firing: { '2h': [] },
      answers: [
        { query: 'sum(slo:sli_error:ratio_rate5m)', at: '2h', is: 0 },
        { query: 'sum(slo:sli_error:ratio_rate30d)', at: '2h', is: 0 },
        { query: BUDGET_LEFT, at: '2h', is: 1 },
        { query: FREEZE, at: '2h', is: 0 },
      ],
    },
  },
  {
    rules: slo(),
    test: {
      name: 'total outage: every request fails, and somebody is woken up within two minutes',
      interval: '30s',
      series: { [requests('200')]: '0+30x120 3600x60', [requests('500')]: '0x120 30+30x60' },
      firing: {
        '1h': [],
        '1h2m': ['InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning'],
      },
    },
  },
  {
    rules: [...slo(), ...alerts(monitored())],
    test: {
      name: 'total outage in which the server vanishes: the requests that usually come are counted as failed',
      interval: '1m',
      series: {
        ...replicas('2x120 0x60'),
        [`up{${STABLE}, pod="llama-0"}`]: '1x120 _x60',
        [requests('200')]: '0+60x120 _x60',
        'kube_namespace_created{namespace="nim"}': '1x180',
      },
      firing: {
        '2h': [],
        '2h15m': ['InferenceDown critical', 'InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning'],
      },
      answers: [{ query: 'sum(slo:sli_error:ratio_rate5m)', at: '3h', is: 1 }],
    },
  },
  {
    rules: slo({ monitoring: seldom }),
    test: {
      name: 'slow burn: two of a thousand fail for two days, which wakes nobody and is a ticket',
      interval: '2m',
      series: { [requests('200')]: '0+2000x2160 4321996+1996x1440', [requests('500')]: '0x2160 4+4x1440' },
      firing: { '3d': [], '5d': ['InferenceErrorBudgetBurn warning'] },
      answers: [
        { query: 'round(sum(slo:sli_error:ratio_rate6h), 0.0001)', at: '5d', is: 0.002 },
        { query: BUDGET_LEFT, at: '5d', is: 0.2 },
      ],
    },
  },
  {
    rules: slo({ monitoring: seldom }),
    test: {
      name: 'the budget is spent: changes are frozen, and it is told',
      interval: '1m',
      series: { [requests('200')]: '0+998x300', [requests('500')]: '0+2x300' },
      firing: { '3h': ['InferenceErrorBudgetBurn warning', 'InferenceErrorBudgetSpent info'] },
      answers: [
        { query: FREEZE, at: '3h', is: 1 },
        { query: BUDGET_LEFT, at: '3h', is: -1 },
      ],
    },
  },
  {
    rules: slo({ objectives: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } } }),
    test: {
      name: 'no traffic: no ratio, no NaN, no alert, and changes are free',
      interval: '1m',
      series: {
        [requests('200')]: '100x120',
        [`ttft_seconds_count{${STABLE}}`]: '100x120',
        [`ttft_seconds_bucket{${STABLE}, le="2.5"}`]: '90x120',
      },
      firing: { '2h': [] },
      answers: [
        { query: '{__name__=~"slo:sli_error:ratio_rate.*"}', at: '2h', is: {} },
        { query: 'slo:period_error_budget_remaining:ratio', at: '2h', is: {} },
        { query: FREEZE, at: '2h', is: 0 },
      ],
    },
  },
  {
    rules: slo(),
    test: {
      name: 'a quiet night: one of three requests fails, and nobody is woken up',
      interval: '1m',
      series: { [requests('200')]: '100x30 101x20 102x120', [requests('500')]: '0x40 1x130' },
      firing: { '41m': [], '50m': [], '1h30m': [] },
    },
  },
  {
    rules: slo(),
    test: {
      name: 'first error after silence: its series is new, nothing before it becomes NaN',
      interval: '1m',
      series: { [requests('200')]: '0+60x120', [requests('500')]: '_x60 1x60' },
      firing: { '1h5m': [], '2h': [] },
      answers: [
        // A counter that begins at 1 did not grow; the next failure counts.
        { query: 'sum(slo:sli_error:ratio_rate1h)', at: '2h', is: 0 },
        { query: BUDGET_LEFT, at: '2h', is: 1 },
      ],
    },
  },
  {
    rules: slo(),
    test: {
      name: 'counter reset: a restart is no failure and loses no request',
      interval: '1m',
      series: { [requests('200')]: '0+60x60 0+60x60', [requests('500')]: '5x60 0x60' },
      firing: { '1h5m': [], '2h': [] },
      answers: [
        { query: 'sum(slo:sli_error:ratio_rate1h)', at: '2h', is: 0 },
        { query: 'sum(slo:sli_total:rate5m)', at: '2h', is: 1 },
      ],
    },
  },
  {
    rules: slo({ objectives: { timeToFirstToken: { p95: Duration.seconds(2.5) } } }),
    test: {
      name: 'half of the answers are too slow, of which one in twenty may be',
      interval: '1m',
      series: {
        [`ttft_seconds_count{${STABLE}}`]: '0+60x120',
        [`ttft_seconds_bucket{${STABLE}, le="2.5"}`]: '0+30x120',
      },
      firing: { '50m': ['InferenceLatencyBudgetBurn critical', 'InferenceLatencyBudgetBurn warning'] },
      answers: [{ query: 'sum(slo:sli_error:ratio_rate5m)', at: '50m', is: 0.5 }],
    },
  },
  {
    rules: [
      ...slo({ service: { ...monitored(), namespace: 'a-b', name: 'c' } }),
      ...slo({ service: { ...monitored(), namespace: 'a', name: 'b-c' } }),
    ],
    test: {
      name: 'names that are alike with dashes in between: each service has its own budget',
      interval: '1m',
      series: {
        'requests_total{namespace="a-b", inference_service="c", code="500"}': '0+60x90',
        'requests_total{namespace="a", inference_service="b-c", code="200"}': '0+60x90',
      },
      answers: [
        {
          query: 'sum by (namespace) (slo:sli_error:ratio_rate5m)',
          at: '1h',
          is: { '{namespace="a-b"}': 1, '{namespace="a"}': 0 },
        },
        {
          query: 'count by (namespace) (ALERTS{alertstate="firing", severity="critical"})',
          at: '1h',
          is: { '{namespace="a-b"}': 1 },
        },
      ],
    },
  },
  {
    rules: slo({ objectives: { timeToFirstToken: { p95: Duration.seconds(1) } } }),
    test: {
      name: 'a rollout that brings the boundary of a promise: pods without it are not all too slow',
      interval: '1m',
      series: {
        [`ttft_seconds_count{${STABLE}, pod="llama-0"}`]: '0+60x90',
        [`ttft_seconds_bucket{${STABLE}, pod="llama-0", le="0.5"}`]: '0+30x90',
        [`ttft_seconds_count{${STABLE}, pod="llama-1"}`]: '0+60x90',
        [`ttft_seconds_bucket{${STABLE}, pod="llama-1", le="0.5"}`]: '0+30x90',
        [`ttft_seconds_bucket{${STABLE}, pod="llama-1", le="1.0"}`]: '0+54x90',
      },
      firing: { '1h': [] },
      answers: [{ query: 'round(sum(slo:sli_error:ratio_rate5m), 0.001)', at: '1h', is: 0.05 }],
    },
  },
  {
    rules: slo({ service: monitored(pods(), CANARY) }),
    test: {
      name: 'a canary that fails: users get one answer in ten from it, and that is what counts',
      interval: '1m',
      series: { [requests('200')]: '0+90x120', [requests('500', 'canary')]: '0+10x120' },
      firing: { '30m': ['InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning'] },
      answers: [{ query: 'round(sum(slo:sli_error:ratio_rate5m), 0.001)', at: '1h', is: 0.1 }],
    },
  },
  {
    rules: alerts(monitored(pods(), CANARY)),
    test: {
      name: 'canary regression: its first token takes twice as long',
      interval: '30s',
      series: {
        ...replicas('2x200'),
        [requests('200')]: '0+30x120',
        [requests('200', 'canary')]: '0+10x120',
        ...ttft('stable', { 0.5: 30, 1: 30, 2.5: 30 }),
        ...ttft('canary', { 0.5: 0, 1: 10, 2.5: 10 }),
      },
      firing: { '5m': [], '30m': ['InferenceCanaryWorse warning'] },
      answers: [{ query: 'count(ALERTS{alertstate="firing", comparison="timeToFirstToken"})', at: '30m', is: 1 }],
    },
  },
  {
    rules: alerts(monitored(pods(), CANARY)),
    test: {
      name: 'a canary with three slow requests: too few to say anything',
      interval: '30s',
      series: {
        ...replicas('2x200'),
        [requests('200')]: '0+30x120',
        [requests('200', 'canary')]: '0+0.05x120',
        ...ttft('stable', { 0.5: 30, 1: 30, 2.5: 30 }),
        ...ttft('canary', { 0.5: 0, 1: 0.05, 2.5: 0.05 }),
      },
      firing: { '30m': [] },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'a first start: not ready, and not late yet',
      interval: '1m',
      series: { ...replicas('0x60', '2x60'), [stateful('created')]: '0x60' },
      firing: { '9m': [], '20m': ['InferenceDown critical'] },
    },
  },
  {
    rules: [...alerts(PROMOTED), ...slo({ service: PROMOTED })],
    test: {
      name: 'promotion: stable pods are replaced while the canary answers everything, and nobody is woken up',
      interval: '1m',
      series: {
        ...replicas('1x120 0x60', '1x180'),
        ...replicas('1x180', '1x180', 'canary'),
        // At night, when fewer come than on the mean of a day.
        [requests('200', 'canary')]: '0+600x90 54000+6x90',
      },
      firing: { '1h59m': [], '2h20m': ['InferenceDown warning'] },
    },
  },
  {
    rules: alerts(PROMOTED),
    test: {
      name: 'and the canary breaks, which has all requests',
      interval: '1m',
      series: { ...replicas('1x180', '1x180'), ...replicas('1x120 0x60', '1x180', 'canary') },
      firing: { '1h59m': [], '2h7m': ['InferenceDown critical'] },
    },
  },
  {
    rules: alerts(monitored(pods(), CANARY)),
    test: {
      name: 'stable breaks while the canary has a part of the requests',
      interval: '1m',
      series: { ...replicas('2x120 0x60'), ...replicas('1x180', '1x180', 'canary') },
      firing: { '1h59m': [], '2h7m': ['InferenceDown critical'] },
    },
  },
  {
    rules: alerts(monitored(slow)),
    test: {
      name: 'the only replica is replaced, and loads for half an hour: that is an outage of half an hour',
      interval: '1m',
      series: replicas('1x120 0x29 1x31', '1x180'),
      firing: { '1h59m': [], '2h7m': ['InferenceDown critical'], '2h31m': [] },
    },
  },
  {
    rules: alerts(monitored(slow)),
    test: {
      name: 'a new service answered, and breaks before the time is over that it had to start',
      interval: '1m',
      series: { ...replicas('0x5 1x5 0x30', '1x41'), [stateful('created')]: '0x41' },
      firing: { '4m': [], '11m': [], '19m': ['InferenceDown critical'] },
    },
  },
  {
    rules: alerts(monitored(slow)),
    test: {
      name: 'a service that was scaled to nothing and back has its time to start again',
      interval: '1m',
      series: replicas('1x60 0x30 1x20', '1x60 0x9 1x40'),
      firing: { '1h11m': [], '1h25m': [] },
    },
  },
  {
    rules: alerts(ROLLED_OUT),
    test: {
      name: 'Argo Rollouts keeps the pods, and those of the new version as of the old one are gone',
      interval: '1m',
      series: {
        [`up{${STABLE}, pod="llama-1-x"}`]: '1x90',
        // The Deployment is a template.
        'kube_deployment_spec_replicas{namespace="nim", deployment="llama"}': '0x90',
        ...replicaSet('llama-1', { wanted: '2x90', ready: '2x30 0x60', created: '-86400x90' }),
        ...replicaSet('llama-2', { wanted: '_x20 1x70', ready: '_x20 0x70', created: '_x20 1200x70' }),
        // Of another Rollout.
        ...replicaSet('other-1', { wanted: '2x90', ready: '2x90', created: '-86400x90' }, 'other'),
      },
      firing: { '30m': [], '45m': ['InferenceDown critical'] },
    },
  },
  {
    rules: alerts(ROUTED),
    test: {
      name: 'the servers are well, and no router is ready: nobody can call them',
      interval: '1m',
      series: {
        ...replicas('2x90'),
        ...routers('2x30 0x60'),
      },
      firing: { '30m': [], '45m': ['InferenceDown critical'] },
    },
  },
  {
    rules: slo({ service: ROUTED }),
    test: {
      name: 'and the requests that usually come are counted as failed',
      interval: '1m',
      series: {
        ...replicas('2x180'),
        ...routers('2x120 0x60'),
        [requests('200')]: '0+60x120 7200x60',
      },
      firing: { '2h': [], '2h20m': ['InferenceErrorBudgetBurn critical', 'InferenceErrorBudgetBurn warning'] },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'no replica is wanted: nobody is missing',
      interval: '1m',
      series: replicas('0x60', '0x60'),
      firing: { '30m': [] },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'Prometheus loses a ready pod',
      interval: '1m',
      series: {
        ...replicas('2x60'),
        [`up{${STABLE}, pod="llama-0"}`]: '1x10 0x50',
        [`up{${STABLE}, pod="llama-1"}`]: '1x60',
        'kube_pod_status_ready{namespace="nim", pod="llama-0", condition="true"}': '1x60',
        'kube_pod_status_ready{namespace="nim", pod="llama-1", condition="true"}': '1x60',
      },
      firing: { '10m': [], '22m': ['InferenceTargetDown warning'] },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'every target vanishes while the pods are ready',
      interval: '1m',
      series: { ...replicas('2x60'), [`up{${STABLE}, pod="llama-0"}`]: '1x10 _x50' },
      firing: { '10m': [], '30m': ['InferenceTargetDown warning'] },
    },
  },
  {
    rules: allAlerts(monitored()),
    test: {
      name: 'a new version calls its queue otherwise: pods that answer do not tell it',
      interval: '1m',
      series: {
        ...telling('llama-0', '60x90'),
        ...telling('llama-1', '60x90'),
        [`waiting{${STABLE}, pod="llama-0"}`]: '0x30 _x60',
        [`waiting{${STABLE}, pod="llama-1"}`]: '0x90',
      },
      firing: { '40m': [], '55m': ['InferenceSignalMissing warning'] },
      answers: [
        {
          query: 'count by (signal) (ALERTS{alertname="InferenceSignalMissing", alertstate="firing"})',
          at: '55m',
          is: { '{signal="queueDepth"}': 1 },
        },
      ],
    },
  },
  {
    rules: allAlerts(monitored()),
    test: {
      name: 'a new version tells nothing that is asked for, under names of its own',
      interval: '1m',
      series: {
        ...telling('llama-0', '60x30 _x90', '1x30 _x90'),
        [`waiting{${STABLE}, pod="llama-0"}`]: '0x30 _x90',
        [`up{${STABLE}, pod="llama-0"}`]: '1x120',
        'kube_pod_status_ready{namespace="nim", pod="llama-0", condition="true"}': '1x120',
        'requests_of_another_name_total{namespace="nim", pod="llama-0"}': '_x30 0+60x90',
      },
      firing: { '40m': [], '1h': ['InferenceSignalMissing warning'] },
      answers: [{ query: 'count(ALERTS{signal="all", alertstate="firing"})', at: '1h', is: 1 }],
    },
  },
  {
    rules: allAlerts(monitored()),
    test: {
      name: 'a pod that nobody has called yet: what it counts may come with the first request',
      interval: '1m',
      series: {
        ...telling('llama-0', '60x90'),
        [`waiting{${STABLE}, pod="llama-0"}`]: '0x90',
        [`up{${STABLE}, pod="llama-1"}`]: '1x90',
        'kube_pod_status_ready{namespace="nim", pod="llama-1", condition="true"}': '1x90',
      },
      firing: { '1h': [] },
    },
  },
  {
    rules: allAlerts(monitored()),
    test: {
      name: 'a service that nobody calls',
      interval: '1m',
      series: {
        [`up{${STABLE}, pod="llama-0"}`]: '1x90',
        'kube_pod_status_ready{namespace="nim", pod="llama-0", condition="true"}': '1x90',
      },
      firing: { '1h': [] },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'a queue, a full cache and a server that hangs',
      interval: '1m',
      series: {
        ...replicas('2x60'),
        [`up{${STABLE}, pod="llama-0"}`]: '1x60',
        [`waiting{${STABLE}, pod="llama-0"}`]: '11x60',
        [`waiting{${STABLE}, pod="llama-1"}`]: '0x60',
        [`kv_usage{${STABLE}, pod="llama-0"}`]: '0.99x60',
        [`kv_usage{${STABLE}, pod="llama-1"}`]: '0.99x60',
        [`running{${STABLE}, pod="llama-0"}`]: '8x60',
        [`tokens_total{${STABLE}, pod="llama-0"}`]: '0+100x30 3100x30',
      },
      firing: {
        '20m': ['InferenceKvCachePressure warning', 'InferenceQueueSaturated warning'],
        '45m': [
          'InferenceKvCachePressure warning',
          'InferenceNoTokenProgress critical',
          'InferenceQueueSaturated warning',
        ],
      },
      answers: [
        // The other pod's cache is full as well, and nobody waits for it.
        { query: 'count(ALERTS{alertname="InferenceKvCachePressure", alertstate="firing"})', at: '20m', is: 1 },
      ],
    },
  },
  {
    rules: alerts(monitored(countingAtTheEnd([{ metric: 'steps_total' }]))),
    test: {
      name: 'one answer takes an hour: its tokens are counted when it ends, its steps are not',
      interval: '1m',
      series: {
        ...replicas('2x60'),
        [`running{${STABLE}, pod="llama-0"}`]: '1x60',
        [`steps_total{${STABLE}, pod="llama-0"}`]: '0+600x60',
        [`tokens_total{${STABLE}, pod="llama-0"}`]: '5000x60',
        // Hangs before its first step.
        [`up{${STABLE}, pod="llama-1"}`]: '1x60',
        [`running{${STABLE}, pod="llama-1"}`]: '_x30 1x30',
      },
      firing: { '30m': [], '50m': ['InferenceNoTokenProgress critical'] },
      answers: [{ query: 'count(ALERTS{pod="llama-1", alertstate="firing"})', at: '50m', is: 1 }],
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'pods that restart, are killed, wait for GPUs or do not get ready',
      interval: '1m',
      series: {
        ...replicas('1x90'),
        'kube_pod_container_status_restarts_total{namespace="nim", pod="llama-0", container="server"}':
          '0x30 1x5 2x5 3x60',
        'kube_pod_container_status_last_terminated_reason{namespace="nim", pod="llama-0", container="server", reason="OOMKilled"}':
          '_x30 1x60',
        'kube_pod_status_unschedulable{namespace="nim", pod="llama-1"}': '1x12 _x60',
        'kube_pod_status_ready{namespace="nim", pod="llama-1", condition="true"}': '0x90',
        'kube_pod_start_time{namespace="nim", pod="llama-1"}': '_x12 720x80',
        // Of another service, whose name begins alike.
        'kube_pod_status_unschedulable{namespace="nim", pod="llama-large-0"}': '1x90',
      },
      firing: {
        '11m': ['InferencePendingForGpus warning'],
        '20m': [],
        '50m': ['InferenceColdStartSlow warning', 'InferenceOomKilled warning', 'InferenceRestartLoop warning'],
      },
    },
  },
  {
    rules: alerts(monitored()),
    test: {
      name: 'a scaler that is blind, a certificate that is not renewed, GPUs that cost too much',
      interval: '4m',
      series: {
        [stateful('status_replicas')]: '3x140',
        [stateful('replicas')]: '3x140',
        'kube_horizontalpodautoscaler_status_condition{namespace="nim", horizontalpodautoscaler="llama", condition="ScalingActive", status="false"}':
          '1x140',
        'certmanager_certificate_expiration_timestamp_seconds{namespace="cert-manager", exported_namespace="gateways", name="edge"}':
          '864000x140',
      },
      firing: {
        '8h': ['InferenceCertificateExpiry warning', 'InferenceCostAboveBudget info', 'InferenceScalerBlind warning'],
      },
      answers: [
        // 3 GPUs, 2 USD an hour, 730 hours.
        { query: 'sum(kube_statefulset_status_replicas) * 2 * 730', at: '8h', is: 4380 },
      ],
    },
  },
  {
    rules: slo({
      objectives: { timeToFirstToken: { p90: Duration.seconds(2.5) } },
      burnRates: BurnRatePolicy.of({ pages: [{ burnRate: 5, over: Duration.hours(2) }] }),
    }),
    test: {
      name: 'the same outage at a p90, with a policy that can tell it',
      interval: '1m',
      series: {
        [`ttft_seconds_count{${STABLE}}`]: '0+60x300',
        [`ttft_seconds_bucket{${STABLE}, le="2.5"}`]: '0x300',
      },
      firing: { '3h': ['InferenceErrorBudgetSpent info', 'InferenceLatencyBudgetBurn critical'] },
    },
  },
];

/** A pod that is scraped, and tells all but its queue; so many requests a minute. */
function telling(pod: string, perMinute: string, value = '1x90'): Record<string, string> {
  const labels = `{${STABLE}, pod="${pod}"`;
  return {
    [`up${labels}}`]: value,
    [`kube_pod_status_ready{namespace="nim", pod="${pod}", condition="true"}`]: value,
    [`requests_total${labels}, code="200"}`]: `0+${perMinute}`,
    [`tokens_total${labels}}`]: `0+${perMinute}`,
    [`running${labels}}`]: value,
    [`kv_usage${labels}}`]: value.replaceAll('1x', '0.1x'),
    [`ttft_seconds_count${labels}}`]: `0+${perMinute}`,
  };
}

function ttft(track: string, perSample: Readonly<Record<string, number>>): Record<string, string> {
  const series = (suffix: string, le: string, step: number) => ({
    [`ttft_seconds_${suffix}{${SERVICE}, track="${track}"${le}}`]: `0+${step}x120`,
  });
  const counts = Object.entries(perSample);
  const most = Math.max(...Object.values(perSample));
  return Object.assign(
    {},
    ...counts.map(([le, step]) => series('bucket', `, le="${le}"`, step)),
    series('bucket', ', le="+Inf"', most),
    series('count', '', most),
  ) as Record<string, string>;
}

describePromtools('promtool $version', (tool) => {
  test.each(cases)('$test.name', ({ rules, test: { ...ruleTest } }) => {
    expect(testRules(tool, rules, [ruleTest])).toBe('');
  });

  test('has nothing against the rules of a service', () => {
    const service = monitored(pods(), CANARY);
    const latency = { p95: Duration.seconds(2.5), p99: Duration.seconds(2.5) };
    const objectives = { availability: 0.999, timeToFirstToken: latency };
    expect(checkRules(tool, [...slo({ service, objectives }), ...allAlerts(service)])).toBe('');
  });

  test('has nothing against what the reference platform writes, object by object', () => {
    const objects = manifestsOfMain(MAIN).filter(({ kind }) => kind === 'PrometheusRule');
    expect(objects.length).toBeGreaterThan(6);
    expect(objects.map(({ spec }) => checkRules(tool, (spec as { groups: RuleGroup[] }).groups)).join('')).toBe('');
  });

  test('shows that an alert of a p90 at 14.4 times would be silent while every request is too slow', () => {
    const [group] = slo({ objectives: { timeToFirstToken: { p95: Duration.seconds(2.5) } } });
    const text = (threshold: string) =>
      JSON.parse(
        JSON.stringify([group]).replaceAll('> 0.72', `> ${threshold}`).replaceAll('> 0.3', `> ${threshold}`),
      ) as RuleGroup[];
    const outage = (firing: readonly string[]): RuleTest => ({
      name: 'every request is too slow',
      interval: '1m',
      series: {
        [`ttft_seconds_count{${STABLE}}`]: '0+60x120',
        [`ttft_seconds_bucket{${STABLE}, le="2.5"}`]: '0x120',
      },
      firing: { '2h': firing },
    });
    const ticket = 'InferenceLatencyBudgetBurn warning';
    expect(testRules(tool, text('0.72'), [outage(['InferenceLatencyBudgetBurn critical', ticket])])).toBe('');
    expect(testRules(tool, text('1.44'), [outage([ticket])])).toBe('');
  });
});
