import { TRACK_LABEL } from '../../signals/pod-selection';
import { GAUGE_RECORDS, RATE_RECORDS } from '../../signals/records';
import { Dashboard } from './dashboard';
import { curvesAndObjective, quantileCurves } from './quantile-curves';
import { COLD_STARTS, GPUS_OF_SERVICE, ofAnswering, ofService, ONE_SERVICE } from './selections';

const BY_TRACK = `sum by (${TRACK_LABEL}, role)`;
const LEGEND = '{{track}} {{role}}';

/** What goes on inside of the servers of a service: the batch, the KV cache, the tokens. */
export const ENGINE_DASHBOARD: Dashboard = {
  uid: 'gpu-inference-engine',
  title: 'GPU inference / Engine',
  description:
    'Why a service is as fast as it is: its queue and batch, its KV cache, its tokens, and how its pods start.',
  variables: ONE_SERVICE,
  rows: [
    {
      id: 100,
      title: 'Queue and batch',
      height: 7,
      panels: [
        {
          id: 1,
          kind: 'timeseries',
          title: 'Requests that wait',
          description:
            'Do requests wait for their turn? A queue that stays means that the batch or the KV cache is full: add replicas, or let fewer in.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `${BY_TRACK} (${ofService(GAUGE_RECORDS.queueDepth)})`, legend: LEGEND }],
          alerts: ['InferenceQueueSaturated'],
        },
        {
          id: 2,
          kind: 'timeseries',
          title: 'Requests that are computed',
          description: 'How large is the batch? A flat line at its top while requests wait is the server at its limit.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `${BY_TRACK} (${ofService(GAUGE_RECORDS.running)})`, legend: LEGEND }],
          alerts: ['InferenceNoTokenProgress'],
        },
        {
          id: 3,
          kind: 'timeseries',
          title: 'Queue time',
          description:
            'How much of the time to the first token is waiting? The rest of it is the prompt being computed.',
          unit: 's',
          width: 8,
          queries: curvesAndObjective('queueTime'),
        },
      ],
    },
    {
      id: 200,
      title: 'KV cache',
      height: 7,
      panels: [
        {
          id: 4,
          kind: 'timeseries',
          title: 'KV cache in use',
          description: 'Is there room for more tokens? The fullest pod of each track counts.',
          unit: 'percentunit',
          width: 8,
          max: 1,
          queries: [
            { expr: `max by (${TRACK_LABEL}, role) (${ofService(GAUGE_RECORDS.kvCacheUtilization)})`, legend: LEGEND },
          ],
          thresholds: {
            steps: [
              { from: 0.9, colour: 'orange' },
              { from: 0.98, colour: 'red' },
            ],
            meaning:
              'A full cache alone is good use of the GPU. Orange from 90%: the next long prompts wait. Red from 98%: answers are interrupted and computed again.',
          },
          alerts: ['InferenceKvCachePressure'],
        },
        {
          id: 5,
          kind: 'timeseries',
          title: 'Preemptions',
          description:
            'How often does an answer lose its place in the KV cache and is computed again? More than a few means that more is let in than fits.',
          unit: 'suffix: /s',
          width: 8,
          queries: [{ expr: `${BY_TRACK} (${ofService(RATE_RECORDS.preemptions)})`, legend: LEGEND }],
          alerts: ['InferenceKvCachePressure'],
        },
        {
          id: 6,
          kind: 'timeseries',
          title: 'Prefix cache hits',
          description:
            'Which part of the prompts was computed before? A drop after a change of prompts or of routing makes first tokens slower.',
          unit: 'percentunit',
          width: 8,
          max: 1,
          queries: [
            {
              expr: `${BY_TRACK} (${ofService(RATE_RECORDS.prefixCacheHits)}) / (${BY_TRACK} (${ofService(RATE_RECORDS.prefixCacheQueries)}) > 0)`,
              legend: LEGEND,
            },
          ],
        },
      ],
    },
    {
      id: 300,
      title: 'Tokens',
      height: 7,
      panels: [
        {
          id: 7,
          kind: 'timeseries',
          title: 'Tokens',
          description: 'How much is read and written? Prompts that become longer take from the answers.',
          unit: 'suffix: tok/s',
          width: 8,
          queries: [
            { expr: `sum(${ofAnswering(RATE_RECORDS.promptTokens)})`, legend: 'prompt', colour: 'purple' },
            { expr: `sum(${ofAnswering(RATE_RECORDS.generatedTokens)})`, legend: 'generated', colour: 'blue' },
          ],
        },
        {
          id: 8,
          kind: 'timeseries',
          title: 'Generated tokens per GPU-second',
          description:
            'What does a GPU yield? The number to compare versions, settings and machines by; it falls with the load too.',
          unit: 'suffix: tok',
          width: 8,
          queries: [
            {
              expr: `sum(${ofAnswering(RATE_RECORDS.generatedTokens)}) / (${GPUS_OF_SERVICE} > 0)`,
              legend: 'tokens per GPU-second',
            },
          ],
        },
        {
          id: 9,
          kind: 'timeseries',
          title: 'Time per output token',
          description:
            'How fast does one answer grow, over all of its tokens? One value a request, where the server tells it.',
          unit: 's',
          width: 8,
          queries: quantileCurves('timePerOutputToken'),
        },
      ],
    },
    {
      id: 400,
      title: 'Start',
      height: 6,
      panels: [
        {
          id: 10,
          kind: 'timeseries',
          title: 'Model load time',
          description: 'How long did the server say that loading the model took?',
          unit: 's',
          width: 12,
          queries: [
            { expr: `max by (${TRACK_LABEL}, role) (${ofService(GAUGE_RECORDS.modelLoadTime)})`, legend: LEGEND },
          ],
        },
        {
          id: 11,
          kind: 'timeseries',
          title: 'From scheduled to ready',
          description:
            'How long did the pods take from their node to their first request: image, weights, warm-up? A pod that was not ready for a while and is again counts from the beginning.',
          unit: 's',
          width: 12,
          queries: [{ expr: COLD_STARTS, legend: '{{pod}}' }],
          noValue: 'kube-state-metrics 2.8 or later is not scraped',
          alerts: ['InferenceColdStartSlow'],
        },
      ],
    },
  ],
};
