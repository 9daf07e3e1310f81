import { SERVICE_LABEL } from '../../signals/pod-selection';
import { GPU_RECORDS } from '../gpu-records';
import { KUBE_METRICS } from '../kube-metrics';
import { Dashboard } from './dashboard';
import { GPU_RESOURCES, requestedGpus } from './selections';

const NOT_SCRAPED = 'kube-state-metrics is not scraped';
const NO_NODES = `No node offers GPUs, or ${NOT_SCRAPED}`;
/** Without that flag nobody knows which node is of which pool. */
const NO_POOLS = 'No records: GpuMonitoring is missing, or kube-state-metrics copies no labels of nodes';

const ALIVE = `(sum by (namespace, pod) (${KUBE_METRICS.podPhase.metric}{phase=~"Pending|Running"}) == 1)`;
/** 0 while kube-state-metrics tells anything, and nothing otherwise: every cluster has namespaces. */
const NONE = `0 * count(${KUBE_METRICS.namespaceCreated.metric})`;
const HELD = `${requestedGpus('node!=""')} * on (namespace, pod) group_left () ${ALIVE}`;
const OFFERED = `${KUBE_METRICS.nodeAllocatable.metric}{${GPU_RESOURCES}}`;
/** Pods that have no node yet. */
const WAITING = `group by (namespace, pod) (${requestedGpus('node=""')} * on (namespace, pod) group_left () ${ALIVE})`;

/** Services with a pod that is scraped, by the labels that are wanted of it. */
const scraped = (...labels: readonly string[]) =>
  `group by (${['namespace', 'pod', ...labels].join(', ')}) (${KUBE_METRICS.up.metric}{${SERVICE_LABEL}!=""})`;

/** Which GPUs there are, who has them, and what they cost. Whole GPUs and MIG slices count alike. */
export const FLEET_DASHBOARD: Dashboard = {
  uid: 'gpu-inference-fleet',
  title: 'GPU inference / Fleet',
  description: 'How many GPUs there are, who has them, which are idle, who waits, and what they cost.',
  variables: [],
  rows: [
    {
      id: 100,
      title: 'Now',
      height: 4,
      panels: [
        {
          id: 1,
          kind: 'stat',
          title: 'Offered',
          description: 'How many GPUs, or slices of GPUs, do all nodes offer? One that broke is missing here.',
          unit: 'short',
          width: 5,
          queries: [{ expr: `sum(${OFFERED}) or ${NONE}`, legend: 'GPUs' }],
          noValue: NOT_SCRAPED,
        },
        {
          id: 2,
          kind: 'stat',
          title: 'Allocated',
          description: 'How many of them do pods have?',
          unit: 'short',
          width: 5,
          queries: [{ expr: `sum(${HELD}) or ${NONE}`, legend: 'GPUs' }],
          noValue: NOT_SCRAPED,
        },
        {
          id: 3,
          kind: 'stat',
          title: 'Idle',
          description: 'Which part of them has no pod?',
          unit: 'percentunit',
          width: 5,
          queries: [{ expr: `1 - (sum(${HELD}) or ${NONE}) / (sum(${OFFERED}) > 0)`, legend: 'idle' }],
          thresholds: {
            steps: [
              { from: 0.3, colour: 'orange' },
              { from: 0.6, colour: 'red' },
            ],
            meaning: 'Orange from 30%, red from 60%: that part of the nodes is paid for and unused.',
          },
          noValue: NO_NODES,
        },
        {
          id: 4,
          kind: 'stat',
          title: 'Pods that wait for GPUs',
          description: 'How many pods with GPUs have no node?',
          unit: 'short',
          width: 4,
          queries: [{ expr: `count(${WAITING}) or ${NONE}`, legend: 'pods' }],
          thresholds: {
            steps: [{ from: 1, colour: 'orange' }],
            meaning: 'Orange from the first: it waits for a node, for quota, or for ever.',
          },
          noValue: NOT_SCRAPED,
          alerts: ['InferencePendingForGpus'],
        },
        {
          id: 5,
          kind: 'stat',
          title: 'Cost per hour',
          description: 'What do all GPU nodes cost that are there now, by the prices that the platform was given?',
          unit: 'currencyUSD',
          width: 5,
          queries: [{ expr: `sum(${GPU_RECORDS.cost})`, legend: 'USD' }],
          noValue: NO_POOLS,
        },
      ],
    },
    {
      id: 200,
      title: 'Pools',
      height: 8,
      panels: [
        {
          id: 6,
          kind: 'timeseries',
          title: 'Offered GPUs by pool',
          description: 'How many GPUs does each pool have now? It follows what the autoscaler of the cluster does.',
          unit: 'short',
          width: 8,
          stacked: true,
          queries: [{ expr: `sum by (pool) (${GPU_RECORDS.allocatable})`, legend: '{{pool}}' }],
          noValue: NO_POOLS,
        },
        {
          id: 7,
          kind: 'timeseries',
          title: 'Idle GPUs by pool',
          description: 'Where does the next pod fit, and what is paid for and unused?',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (pool) (${GPU_RECORDS.allocatable}) - (sum by (pool) (${GPU_RECORDS.requested}) or 0 * sum by (pool) (${GPU_RECORDS.allocatable}))`,
              legend: '{{pool}}',
            },
          ],
          noValue: NO_POOLS,
        },
        {
          id: 8,
          kind: 'timeseries',
          title: 'Cost per hour by pool',
          description: 'What do the nodes cost that are there now? Pools whose price nobody stated are missing.',
          unit: 'currencyUSD',
          width: 8,
          stacked: true,
          queries: [{ expr: `sum by (pool) (${GPU_RECORDS.cost})`, legend: '{{pool}}' }],
          noValue: NO_POOLS,
        },
      ],
    },
    {
      id: 300,
      title: 'Who has them',
      height: 8,
      panels: [
        {
          id: 9,
          kind: 'timeseries',
          title: 'Allocated GPUs by namespace',
          description: 'Which team has how many?',
          unit: 'short',
          width: 8,
          stacked: true,
          queries: [{ expr: `sum by (namespace) (${HELD})`, legend: '{{namespace}}' }],
          noValue: `Nobody has one, or ${NOT_SCRAPED}`,
        },
        {
          id: 10,
          kind: 'timeseries',
          title: 'Cost per hour by namespace',
          description: 'What do the GPUs cost that each team has? Idle ones are nobody’s, and not in it.',
          unit: 'currencyUSD',
          width: 8,
          stacked: true,
          queries: [
            {
              expr: `sum by (namespace) (${GPU_RECORDS.requested} * on (pool) group_left () ${GPU_RECORDS.price})`,
              legend: '{{namespace}}',
            },
          ],
          noValue: NO_POOLS,
        },
        {
          id: 11,
          kind: 'timeseries',
          title: 'Idle GPUs by node',
          description:
            'Are idle GPUs in one place? Several on different nodes are no place for a pod that wants them together.',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (node) (${OFFERED}) - (sum by (node) (${HELD}) or 0 * sum by (node) (${OFFERED}))`,
              legend: '{{node}}',
            },
          ],
          noValue: NO_NODES,
        },
      ],
    },
    {
      id: 400,
      title: 'Starts',
      height: 8,
      panels: [
        {
          id: 12,
          kind: 'timeseries',
          title: 'Pods that wait for GPUs, by namespace',
          description: 'Who waits, and for how long?',
          unit: 'short',
          width: 8,
          queries: [{ expr: `count by (namespace) (${WAITING})`, legend: '{{namespace}}' }],
          noValue: `Nobody waits, or ${NOT_SCRAPED}`,
          alerts: ['InferencePendingForGpus'],
        },
        {
          id: 13,
          kind: 'timeseries',
          title: 'From scheduled to ready',
          description: 'How long did the slowest pod of each service take from its node to its first request?',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `max by (namespace, ${SERVICE_LABEL}) ((${KUBE_METRICS.podReadyTime.metric} - on (namespace, pod) ${KUBE_METRICS.podScheduledTime.metric}) * on (namespace, pod) group_left (${SERVICE_LABEL}) ${scraped(SERVICE_LABEL)})`,
              legend: `{{namespace}}/{{${SERVICE_LABEL}}}`,
            },
          ],
          noValue: 'kube-state-metrics 2.8 or later is not scraped',
          alerts: ['InferenceColdStartSlow'],
        },
        {
          id: 14,
          kind: 'timeseries',
          title: 'Restarts in the last hour',
          description: 'Which containers of services were started again?',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (namespace, pod) (increase(${KUBE_METRICS.containerRestarts.metric}[1h]) * on (namespace, pod) group_left () ${scraped()}) > 0`,
              legend: '{{namespace}}/{{pod}}',
            },
          ],
          noValue: `No restart, or ${NOT_SCRAPED}`,
          alerts: ['InferenceRestartLoop', 'InferenceOomKilled'],
        },
      ],
    },
  ],
};
