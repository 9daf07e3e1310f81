import { SignalName } from '../runtime/server-signals';
import { BY_POD, ON_POD } from '../signals/pod-selection';
import { KUBE_METRICS } from './kube-metrics';
import { AlertingRule } from './rule';
import { decimal } from '../signals/rule-numbers';
import { serviceAlert } from './service-alerts';
import { WatchedPods } from './watched-pods';

/** Requests that wait where nobody knows how many are computed at once: what vLLM's production-stack scales at. */
const QUEUE_OF_UNKNOWN = 5;

/** A full cache is what it is for; it is a problem when somebody waits for it. */
const KV_PRESSURE = 0.95;

/**
 * What the servers tell of themselves. An alert needs its signals: for a server that does not tell them it is left out, and the
 * objectives of the service are what is left to watch it by.
 */
export function serverAlerts(watched: WatchedPods, queuePerReplica?: number): AlertingRule[] {
  return [
    ...targetAlerts(watched),
    // Whoever states a number is told when there is nothing to compare it with.
    ...(queuePerReplica !== undefined || watched.server.has('queueDepth')
      ? queueAlerts(watched, queuePerReplica ?? sequencesAtOnce(watched))
      : []),
    ...cacheAlerts(watched),
    ...progressAlerts(watched),
  ];
}

/** Signals that these alerts are silent without; events that may never come are none. */
export const alertSignals = (watched: WatchedPods): readonly SignalName[] => [
  'queueDepth',
  'kvCacheUtilization',
  ...(makesTokens(watched) ? PROGRESS : []),
];

const PROGRESS = ['running', 'generatedTokens'] as const;

function targetAlerts({ monitoring, pods, replicas, labels, what, up }: WatchedPods): AlertingRule[] {
  if (pods.plan.contract.metrics === undefined) return [];
  const ready = `${KUBE_METRICS.podReady.metric}{${replicas.podMatchers}, condition="true"}`;
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceTargetDown',
      description: `Prometheus gets no metrics of {{ if $labels.pod }}the pod {{ $labels.pod }} of {{ end }}${what}, which is ready. Nothing else here can be trusted until it does.`,
      // A pod that starts listens to nobody yet.
      expr: [`(${up} == 0 and ${ON_POD} ${ready} == 1)`, `or (absent(${up}) and on () ${replicas.ready} > 0)`].join(
        '\n',
      ),
      for: '10m',
      labels,
    }),
  ];
}

/** Sequences that one replica computes at once, by the plan. One that holds none is refused elsewhere. */
const sequencesAtOnce = ({ pods }: WatchedPods) => Math.max(1, pods.plan.sequencesPerReplica ?? QUEUE_OF_UNKNOWN);

function queueAlerts({ monitoring, replicas, labels, what, server }: WatchedPods, most: number): AlertingRule[] {
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceQueueSaturated',
      description: `{{ $value | humanize }} requests wait for each ready replica of ${what}, which computes ${decimal(most)} at once: a new one waits longer than an answer takes.`,
      expr: `(${server.gauge('queueDepth')}) / (${replicas.ready} > 0) > ${decimal(most)}`,
      for: '10m',
      labels,
    }),
  ];
}

function cacheAlerts({ monitoring, labels, server }: WatchedPods): AlertingRule[] {
  const suffering = [
    ...(server.has('queueDepth') ? [`(${server.gauge('queueDepth', BY_POD)}) > 0`] : []),
    ...(server.has('preemptions') ? [`(${server.rate('preemptions', '5m', BY_POD)}) > 0`] : []),
  ];
  if (!server.has('kvCacheUtilization') || suffering.length === 0) return [];
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceKvCachePressure',
      description: `The KV cache of {{ $labels.namespace }}/{{ $labels.pod }} is {{ $value | humanizePercentage }} full for 15 minutes, and requests wait for it or are computed twice.`,
      expr: `(${server.gauge('kvCacheUtilization', BY_POD)}) > ${KV_PRESSURE}\nand ${ON_POD} (${suffering.join(` or ${ON_POD} `)})`,
      for: '15m',
      labels,
    }),
  ];
}

/**
 * Prompts are computed without a token, and embeddings are none. Of a server that counts tokens when a request ends, nobody can tell
 * whether it hangs or writes a long answer.
 */
function makesTokens({ pods, server }: WatchedPods): boolean {
  const { task = 'generation' } = pods.plan.memory?.[0]?.request.model ?? {};
  const told = PROGRESS.every((signal) => server.has(signal)) && server.tellsProgress('generatedTokens');
  return told && task === 'generation' && pods.role !== 'prefill';
}

/** A server that hangs answers its probes all the same. */
function progressAlerts(watched: WatchedPods): AlertingRule[] {
  const { monitoring, labels, server } = watched;
  if (!makesTokens(watched)) return [];
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceNoTokenProgress',
      description: `{{ $labels.namespace }}/{{ $labels.pod }} computes {{ $value | humanize }} requests and made no token for 10 minutes.`,
      expr: `(${server.gauge('running', BY_POD)}) > 0\nand ${ON_POD} (${server.progress('generatedTokens', '5m', BY_POD)}) == 0`,
      for: '5m',
      labels,
    }),
  ];
}
