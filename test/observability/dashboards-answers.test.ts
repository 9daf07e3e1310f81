import { GPUS_OF_SERVICE } from '../../lib/observability/dashboards/selections';
import { ALL_SERVICES, DRAWN, ONE_SERVICE, queriesOf, withChoices } from '../support/dashboards';
import { describePromtools, RuleTest, testRules } from '../support/promtool';

/** The query of a panel of a dashboard, with what a reader chose. */
function asked(dashboard: string, place: string, choices = ONE_SERVICE): string {
  const board = DRAWN.find(({ uid }) => uid === `gpu-inference-${dashboard}`)!;
  return queriesOf(board, choices).find((query) => query.place === place)!.expr;
}

/** Objects of the namespace of the service, each `<wanted> <ready>`. */
const deployments = (objects: Readonly<Record<string, string>>) => replicas('deployment', 'spec_replicas', objects);
const statefulSets = (objects: Readonly<Record<string, string>>) => replicas('statefulset', 'replicas', objects);

const replicas = (kind: string, wanted: string, objects: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(objects).flatMap(([name, numbers]) => {
      const object = `{namespace="nim", ${kind}="${name}"}`;
      const [isWanted, isReady] = numbers.split(' ') as [string, string];
      return [
        [`kube_${kind}_${wanted}${object}`, isWanted],
        [`kube_${kind}_status_replicas_ready${object}`, isReady],
      ];
    }),
  );

/** A ReplicaSet with what owns it. */
const replicaSet = (name: string, owner: string, wanted: string, ready: string) => {
  const [kind, of] = owner.split('/');
  const series = (metric: string, more = '') =>
    `kube_replicaset_${metric}{namespace="nim", replicaset="${name}"${more}}`;
  return {
    [series('owner', `, owner_kind="${kind}", owner_name="${of}"`)]: '1',
    [series('spec_replicas')]: wanted,
    [series('status_ready_replicas')]: ready,
  };
};

/** A pod with GPUs, scraped for a service. */
const pod = (service: string, name: string, gpus: number) => ({
  [`up{namespace="nim", pod="${name}", inference_service="${service}", track="stable"}`]: '1',
  [`kube_pod_container_resource_requests{namespace="nim", pod="${name}", node="n", resource="nvidia_com_gpu"}`]: `${gpus}`,
  [`DCGM_FI_PROF_GR_ENGINE_ACTIVE{exported_namespace="nim", exported_pod="${name}", gpu="0"}`]: '0.5',
});

const record = (name: string, role: string) =>
  `inference:${name}{namespace="nim", inference_service="llama3-8b", track="stable", role="${role}"}`;

/** Both pods count every request; the one that writes fails half of them. */
const DISAGGREGATED = {
  [record('requests:rate5m', 'prefill')]: '1',
  [record('requests:rate5m', 'decode')]: '1',
  [record('errors:rate5m', 'prefill')]: '0',
  [record('errors:rate5m', 'decode')]: '0.5',
  [record('timeouts:rate5m', 'prefill')]: '0.5',
  [record('timeouts:rate5m', 'decode')]: '0.25',
  [record('prompt_tokens:rate5m', 'prefill')]: '400',
  [record('prompt_tokens:rate5m', 'decode')]: '400',
  [record('generated_tokens:rate5m', 'prefill')]: '1',
  [record('generated_tokens:rate5m', 'decode')]: '200',
};

const revision = (name: string, scraper: string) =>
  `kube_statefulset_status_update_revision{namespace="nim", statefulset="llama3-8b", revision="${name}", instance="${scraper}"}`;

type Case = Pick<RuleTest, 'name' | 'series' | 'answers'>;

const at = '20m';
const answers = (queries: Readonly<Record<string, number | Readonly<Record<string, number>>>>) =>
  Object.entries(queries).map(([query, is]) => ({ query, at, is }));

const PODS_READY = asked('service', 'Pods A');
const PODS_WANTED = asked('service', 'Pods B');
const NEW_VERSION = asked('service', 'New version');

const CASES: readonly Case[] = [
  {
    name: 'Argo runs the pods, and the Deployment has none',
    series: {
      ...deployments({ 'llama3-8b': '0 0' }),
      ...replicaSet('llama3-8b-1', 'Rollout/llama3-8b', '0', '0'),
      ...replicaSet('llama3-8b-2', 'Rollout/llama3-8b', '3', '2'),
      ...replicaSet('llama3-8b-3', 'Deployment/llama3-8b', '0', '0'),
    },
    answers: answers({ [PODS_READY]: 2, [PODS_WANTED]: 3 }),
  },
  {
    name: 'Flagger runs a copy of the Deployment',
    series: deployments({ 'llama3-8b': '0 0', 'llama3-8b-primary': '2 2' }),
    answers: answers({ [PODS_READY]: 2, [PODS_WANTED]: 2 }),
  },
  {
    name: 'a router and both roles are of the service, and a service with a longer name is not',
    series: {
      ...statefulSets({ 'llama3-8b-prefill': '1 1', 'llama3-8b-decode': '2 2', 'llama3-8b-large': '7 7' }),
      ...deployments({ 'llama3-8b-router': '2 0' }),
    },
    answers: answers({ [PODS_READY]: 3, [PODS_WANTED]: 5 }),
  },
  {
    name: 'a request that two pods share is one',
    series: DISAGGREGATED,
    answers: answers({
      [asked('service', 'Requests A')]: 1,
      [asked('service', 'Requests, by track A')]: { '{track="stable"}': 1 },
      [asked('service', 'Error ratio A')]: 0.5,
      [asked('service', 'Failed and given up B')]: 0.25,
      [asked('service', 'Tokens A')]: 400,
      [asked('engine', 'Tokens A')]: 400,
      [asked('engine', 'Tokens B')]: 200,
      [asked('canary', 'Error ratio A')]: 0.5,
    }),
  },
  {
    name: 'pods of a StatefulSet that is named like a pod of another are no workers of it',
    series: {
      ...pod('llama3-8b', 'llama3-8b-0', 1),
      ...pod('llama3-8b', 'llama3-8b-1', 1),
      ...pod('llama3-8b', 'llama3-8b-2', 1),
      ...pod('llama3-8b-2', 'llama3-8b-2-0', 4),
      ...pod('llama3-8b-2', 'llama3-8b-2-1', 4),
    },
    answers: answers({
      [withChoices(GPUS_OF_SERVICE)]: 3,
      [`count(${asked('gpu', 'Engine active A')})`]: 3,
      [`count(${asked('gpu', 'Engine active A', ALL_SERVICES)})`]: 5,
    }),
  },
  {
    name: 'shares of GPUs are offered under a name of their own',
    series: {
      'kube_node_status_allocatable{node="a", resource="nvidia_com_gpu"}': '2',
      'kube_node_status_allocatable{node="b", resource="nvidia_com_gpu_shared"}': '8',
      'kube_node_status_allocatable{node="c", resource="nvidia_com_mig_1g_10gb"}': '7',
      'kube_node_status_allocatable{node="c", resource="nvidia_com_gpus_of_others"}': '9',
    },
    answers: answers({ [asked('fleet', 'Offered A')]: 17 }),
  },
  {
    name: 'without kube-state-metrics nobody knows what is allocated, and who waits',
    series: { 'up{namespace="nim", pod="llama3-8b-0", inference_service="llama3-8b"}': '1' },
    answers: answers({
      [asked('fleet', 'Offered A')]: {},
      [asked('fleet', 'Allocated A')]: {},
      [asked('fleet', 'Pods that wait for GPUs A')]: {},
    }),
  },
  {
    name: 'a cluster without GPUs has none, and nobody waits',
    series: { 'kube_namespace_created{namespace="nim"}': '1' },
    answers: answers({
      [asked('fleet', 'Offered A')]: 0,
      [asked('fleet', 'Allocated A')]: 0,
      [asked('fleet', 'Idle A')]: {},
      [asked('fleet', 'Pods that wait for GPUs A')]: 0,
    }),
  },
  {
    name: 'kube-state-metrics that starts again brings no new version',
    series: {
      [revision('a', 'ksm-1')]: '1x13 stale',
      [revision('a', 'ksm-2')]: '_x17 1x20',
      ...replicaSet('llama3-8b-1', 'Deployment/llama3-8b', '1x40', '1x40'),
    },
    answers: answers({ [NEW_VERSION]: {} }),
  },
  {
    name: 'a StatefulSet with another revision, and a new ReplicaSet of a Rollout, are new versions',
    series: {
      [revision('a', 'ksm-1')]: '1x17 stale',
      [revision('b', 'ksm-1')]: '_x17 1x20',
      'kube_replicaset_owner{namespace="nim", replicaset="llama3-8b-9", owner_kind="Rollout", owner_name="llama3-8b"}':
        '_x18 1x20',
    },
    answers: answers({
      [NEW_VERSION]: {
        '{namespace="nim", statefulset="llama3-8b", revision="b"}': 1,
        '{namespace="nim", owner_name="llama3-8b", replicaset="llama3-8b-9"}': 1,
      },
    }),
  },
];

describePromtools('promtool $version answers', (tool) => {
  /** What stays as it is needs one number. */
  const held = (series: RuleTest['series']) =>
    Object.fromEntries(
      Object.entries(series).map(([key, value]) => [key, /^[\d.]+$/.test(value) ? `${value}x40` : value]),
    );

  test.each(CASES)('$name', ({ name, series, answers: expected }) => {
    expect(testRules(tool, [], [{ name, interval: '1m', series: held(series), answers: expected }])).toBe('');
  });
});
