import { DEFAULT_CANARY_THRESHOLDS } from '../../release/canary-thresholds';
import { HistogramSignal } from '../../runtime/server-signals';
import { TRACK_LABEL } from '../../signals/pod-selection';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../../signals/records';
import { KUBE_METRICS } from '../kube-metrics';
import { Dashboard, Panel, Query, Thresholds } from './dashboard';
import { ofAnswering, ONE_SERVICE } from './selections';

type Track = 'stable' | 'canary';
const TRACKS: readonly { readonly track: Track; readonly colour: 'blue' | 'orange' }[] = [
  { track: 'stable', colour: 'blue' },
  { track: 'canary', colour: 'orange' },
];

const ofTrack = (record: string, track: Track) => ofAnswering(record, `${TRACK_LABEL}="${track}"`);

/** One curve a track, always in the same colours. */
function sideBySide(query: (track: Track) => string): [Query, ...Query[]] {
  const [stable, canary] = TRACKS.map(({ track, colour }) => ({ expr: query(track), legend: track, colour }));
  return [stable!, canary!];
}

/** For each request of a track, nothing without requests. */
const perRequest = (record: string) => (track: Track) =>
  `sum(${ofTrack(record, track)}) / (sum(${ofTrack(RATE_RECORDS.requests, track)}) > 0)`;

const quantile = (signal: HistogramSignal, name: keyof typeof RECORDED_QUANTILES) => (track: Track) =>
  `max(${ofTrack(quantileRecord(signal, name), track)})`;

/** Tracks get different shares of the traffic; what one pod yields can be compared. */
const perPod = (record: string) => (track: Track) =>
  `sum(${ofTrack(record, track)}) / (count(${ofTrack(KUBE_METRICS.up.metric, track)}) > 0)`;

/** Tokens of an answer. */
const answerLength = perRequest(RATE_RECORDS.generatedTokens);
const errorRatio = perRequest(RATE_RECORDS.errors);

/** How many times as much as stable the canary has. */
const timesStable = (query: (track: Track) => string) => `(${query('canary')}) / ((${query('stable')}) > 0)`;

/** Nobody knows here what a release states instead. */
const {
  errorRatio: MOST_ERRORS,
  timeToFirstToken,
  interTokenLatency,
  answerLength: LONGEST,
} = DEFAULT_CANARY_THRESHOLDS;

const GOES_BACK = 'where the analysis of a release goes back by default';

const slower = (most: number): Thresholds => ({
  steps: [
    { from: 1 + (most - 1) / 2, colour: 'orange' },
    { from: most, colour: 'red' },
  ],
  meaning: `At 1x both tracks do the same work. Red from ${most}x, ${GOES_BACK}; orange from half of that.`,
});

const comparison = (id: number, title: string, description: string, expr: string, thresholds: Thresholds): Panel => ({
  id,
  kind: 'stat',
  title,
  description,
  unit: 'suffix: x',
  width: 6,
  queries: [{ expr, legend: 'canary / stable' }],
  thresholds,
  noValue: 'No canary, or not told by this server',
  alerts: ['InferenceCanaryWorse'],
});

/** Whether the version that wants to replace the one that serves may do so. */
export const CANARY_DASHBOARD: Dashboard = {
  uid: 'gpu-inference-canary',
  title: 'GPU inference / Canary',
  description:
    'Is the canary as good as the version that serves? Both tracks side by side, and how far they are apart.',
  variables: ONE_SERVICE,
  rows: [
    {
      id: 100,
      title: 'Canary against stable',
      height: 4,
      panels: [
        {
          id: 1,
          kind: 'stat',
          title: 'More errors than stable',
          description: 'Which part of the requests does the canary fail, less the part that stable fails?',
          unit: 'percentunit',
          width: 6,
          queries: [{ expr: `(${errorRatio('canary')}) - (${errorRatio('stable')})`, legend: 'canary - stable' }],
          thresholds: {
            steps: [
              { from: MOST_ERRORS / 10, colour: 'orange' },
              { from: MOST_ERRORS, colour: 'red' },
            ],
            meaning: `Red from 1 request in ${Math.round(1 / MOST_ERRORS)} more, ${GOES_BACK}; orange from a tenth of that.`,
          },
          noValue: 'No canary, or no traffic',
          alerts: ['InferenceCanaryWorse'],
        },
        comparison(
          2,
          'Time to first token',
          'How many times as long does the canary let 95 of 100 requests wait for their first token?',
          timesStable(quantile('timeToFirstToken', 'p95')),
          slower(timeToFirstToken),
        ),
        comparison(
          3,
          'Inter-token latency',
          'How many times as long does the canary take between two tokens?',
          timesStable(quantile('interTokenLatency', 'p95')),
          slower(interTokenLatency),
        ),
        comparison(
          4,
          'Answer length',
          'How many times as many tokens does an answer of the canary have? Broken weights or templates give empty answers, or answers without an end.',
          timesStable(answerLength),
          {
            base: 'red',
            steps: [
              { from: 1 / LONGEST, colour: 'orange' },
              { from: 0.75, colour: 'green' },
              { from: 1 + (LONGEST - 1) / 2, colour: 'orange' },
              { from: LONGEST, colour: 'red' },
            ],
            meaning: `Red from ${LONGEST}x and below ${1 / LONGEST}x, ${GOES_BACK}; orange on the way there.`,
          },
        ),
      ],
    },
    {
      id: 200,
      title: 'Correctness',
      height: 7,
      panels: [
        {
          id: 5,
          kind: 'timeseries',
          title: 'Request rate',
          description: 'Does the canary get the share of the traffic that the step of the release says?',
          unit: 'reqps',
          width: 8,
          queries: sideBySide((track) => `sum(${ofTrack(RATE_RECORDS.requests, track)})`),
        },
        {
          id: 6,
          kind: 'timeseries',
          title: 'Error ratio',
          description: 'Which part of its requests does each track fail?',
          unit: 'percentunit',
          width: 8,
          queries: sideBySide(errorRatio),
          alerts: ['InferenceCanaryWorse'],
        },
        {
          id: 7,
          kind: 'timeseries',
          title: 'Given up',
          description: 'Which part of the requests of each track do clients, the gateway or a limit of time give up?',
          unit: 'percentunit',
          width: 8,
          queries: sideBySide(perRequest(RATE_RECORDS.timeouts)),
        },
      ],
    },
    {
      id: 300,
      title: 'Speed',
      height: 7,
      panels: [
        {
          id: 8,
          kind: 'timeseries',
          title: 'Time to first token, p95',
          description: 'How long do 95 of 100 requests of each track wait for their first token at most?',
          unit: 's',
          width: 8,
          queries: sideBySide(quantile('timeToFirstToken', 'p95')),
        },
        {
          id: 9,
          kind: 'timeseries',
          title: 'Inter-token latency, p95',
          description: 'How long does each track take between two tokens?',
          unit: 's',
          width: 8,
          queries: sideBySide(quantile('interTokenLatency', 'p95')),
        },
        {
          id: 10,
          kind: 'timeseries',
          title: 'Generated tokens per pod',
          description:
            'How much does a pod of each track write? Under the same load for each pod, less means slower or shorter answers.',
          unit: 'suffix: tok/s',
          width: 8,
          queries: sideBySide(perPod(RATE_RECORDS.generatedTokens)),
        },
      ],
    },
    {
      id: 400,
      title: 'Load and answers',
      height: 7,
      panels: [
        {
          id: 11,
          kind: 'timeseries',
          title: 'Waiting requests per pod',
          description: 'Is one track asked for more than it can do? Then a comparison of latencies says nothing.',
          unit: 'short',
          width: 8,
          queries: sideBySide(perPod(GAUGE_RECORDS.queueDepth)),
        },
        {
          id: 12,
          kind: 'timeseries',
          title: 'Tokens per answer',
          description:
            'Are the answers of the canary as long as those of stable? A sign of broken ones that costs no second model to judge them.',
          unit: 'suffix: tok',
          width: 8,
          queries: sideBySide(answerLength),
          alerts: ['InferenceCanaryWorse'],
        },
        {
          id: 13,
          kind: 'timeseries',
          title: 'KV cache in use',
          description: 'Does the canary have less room for tokens, or use more of it?',
          unit: 'percentunit',
          width: 8,
          max: 1,
          queries: sideBySide((track) => `max(${ofTrack(GAUGE_RECORDS.kvCacheUtilization, track)})`),
        },
      ],
    },
  ],
};
