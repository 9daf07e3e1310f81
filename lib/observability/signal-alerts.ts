import { CounterSignal, HistogramSignal, SignalName } from '../runtime/server-signals';
import { InferenceObjectives, latencyObjectives } from '../workload/inference-objectives';
import { SignalQueries } from '../signals/signal-queries';
import { BY_POD, ON_POD } from '../signals/pod-selection';
import { KUBE_METRICS } from './kube-metrics';
import { AlertingRule } from './rule';
import { alertSignals } from './server-alerts';
import { serviceAlert } from './service-alerts';
import { WatchedPods } from './watched-pods';

/** What tells that requests are answered: where nobody calls, a series may be missing because nothing was counted yet. */
const ACTIVITY = {
  counters: ['requests', 'generatedTokens'],
  histograms: ['timeToFirstToken', 'endToEndLatency'],
} as const satisfies { readonly counters: readonly CounterSignal[]; readonly histograms: readonly HistogramSignal[] };

/** A pod that answers did so within this time. */
const RECENTLY = '15m';

/** The same of all pods: long enough that a rollout, and the time until somebody is told, are in it. */
const LATELY = { window: '2h', seconds: 7200 };

/** Requests in that time, of which a quarter of an hour would have seen one: chance keeps a pod idle for so long otherwise. */
const OFTEN = 20;

/**
 * A server that is scraped and does not tell what the other rules ask for, because another version calls it otherwise: they are silent
 * then, and silence looks like health. Told of a pod that answers requests; and of all pods together when nothing of it is there,
 * though they answered before.
 *
 * @param objectives what these pods promise
 */
export function signalAlerts(watched: WatchedPods, objectives: InferenceObjectives = {}): AlertingRule[] {
  const { monitoring, pods, replicas, server, up, labels, what } = watched;
  const asked = [...new Set([...promised(objectives), ...alertSignals(watched)])].filter((signal) =>
    server.has(signal),
  );
  const histogram = ACTIVITY.histograms.find((signal) => server.has(signal));
  const answering = [
    ...ACTIVITY.counters.filter((signal) => server.has(signal)).map((signal) => server.rate(signal, RECENTLY, BY_POD)),
    ...(histogram ? [server.measured(histogram, RECENTLY, BY_POD)] : []),
  ].map((rate) => `(${rate}) > 0`);
  if (pods.plan.contract.metrics === undefined || asked.length === 0 || answering.length === 0) return [];
  const ready = `${KUBE_METRICS.podReady.metric}{${replicas.podMatchers}, condition="true"} == 1`;
  const scraped = `${up} == 1 and ${ON_POD} ${ready}`;
  const without = (signal: SignalName) => [`${up} == 1`, ...server.selectors(signal)].join(` unless ${ON_POD} `);
  const silent = asked.map((signal) => `label_replace(${without(signal)}, "signal", "${signal}", "", "")`);
  const nothing = asked.flatMap((signal) => server.selectors(signal)).map((selector) => `absent(${selector})`);
  const calls = callsOf(server);
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceSignalMissing',
      description: `{{ $value }} pods of ${what} answer requests and do not tell {{ $labels.signal }} as ${pods.runtime.name} ${pods.runtime.version} should: what is built on it is silent.`,
      expr: `count by (signal) (\n  (\n    ${silent.join('\n    or ')}\n  )\n  and ${ON_POD} (\n    ${answering.join(`\n    or ${ON_POD} `)}\n  )\n)`,
      for: '15m',
      labels,
    }),
    ...(calls === undefined
      ? []
      : [
          serviceAlert(monitoring, {
            alert: 'InferenceSignalMissing',
            description: `Pods of ${what} are scraped, and tell nothing of what ${pods.runtime.name} ${pods.runtime.version} should: its objectives and most of its alerts are silent.`,
            expr: [`group by () (${scraped})`, ...nothing, `(${calls}) * ${LATELY.seconds} >= ${OFTEN}`].join(
              '\nand on () ',
            ),
            for: '15m',
            labels: { ...labels, signal: 'all' },
          }),
        ]),
  ];
}

/** Requests per second of all pods, in the past that counts. */
function callsOf(server: SignalQueries): string | undefined {
  if (server.has('requests')) return server.rate('requests', LATELY.window);
  const histogram = ACTIVITY.histograms.find((signal) => server.has(signal));
  return histogram && server.measured(histogram, LATELY.window);
}

/** Errors are no part of it: who fails nobody has none to tell. */
function promised(objectives: InferenceObjectives): SignalName[] {
  return [
    ...(objectives.availability === undefined ? [] : (['requests'] as const)),
    ...latencyObjectives(objectives).map(({ quantity }) => quantity),
  ];
}
