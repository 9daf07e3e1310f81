import { ROLE_LABEL, SERVICE_LABEL } from '../signals/pod-selection';
import { KUBE_METRICS } from './kube-metrics';
import { MonitoredRouter, MonitoredService } from './monitored-service';
import { Monitoring } from './monitoring';
import { keptRouter, ReplicaQueries } from './replica-queries';
import { AlertingRule } from './rule';
import { promDuration } from '../signals/rule-numbers';
import { serviceAlert } from './service-alerts';
import { WatchedPods } from './watched-pods';

/** Name of the claim template of a StatefulSet's disks; the name of the pod follows it. */
const CACHE_CLAIM = 'model-cache';

/** A disk that is fuller than this keeps no second revision of anything. */
const FREE_PART = 0.05;

/** What Kubernetes tells of pods that do not serve, or will not for long. */
export function replicaAlerts(watched: WatchedPods): AlertingRule[] {
  const { monitoring, pods, replicas, labels, what, carries } = watched;
  const { rolloutSeconds } = pods.plan.startup;
  const startup = promDuration(rolloutSeconds);
  const of = (metric: { readonly metric: string }, ...matchers: string[]) =>
    `${metric.metric}{${[replicas.podMatchers, ...matchers].join(', ')}}`;
  const restarts = of(KUBE_METRICS.containerRestarts);
  // Three restarts take three starts.
  const loop = promDuration(Math.max(3600, Math.ceil(rolloutSeconds / 1200) * 3600));
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceDown',
      severity: carries ? 'critical' : 'warning',
      description: `No replica of ${what} has been ready for 5 minutes. Some are wanted, and had the time to start (${startup}) or were ready before.`,
      expr: replicas.nobodyServes,
      for: '5m',
      labels,
    }),
    serviceAlert(monitoring, {
      alert: 'InferenceRestartLoop',
      description: `The container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value | humanize }} times in ${loop}.`,
      // An increase is extrapolated: three are 2.9 or 3.1.
      expr: `increase(${restarts}[${loop}]) > 2.5`,
      labels,
    }),
    serviceAlert(monitoring, {
      alert: 'InferenceOomKilled',
      description:
        'The container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} used more memory of the host than its limit, and was killed.',
      expr: `${of(KUBE_METRICS.containerLastTerminatedReason, 'reason="OOMKilled"')} == 1\nand on (namespace, pod, container) increase(${restarts}[1h]) > 0`,
      labels,
    }),
    serviceAlert(monitoring, {
      alert: 'InferencePendingForGpus',
      description: 'The scheduler finds no node for {{ $labels.namespace }}/{{ $labels.pod }}, and no new one came.',
      expr: `${of(KUBE_METRICS.podUnschedulable)} == 1`,
      // A new GPU node takes five minutes.
      for: '10m',
      labels,
    }),
    serviceAlert(monitoring, {
      alert: 'InferenceColdStartSlow',
      description: `{{ $labels.namespace }}/{{ $labels.pod }} was not ready ${startup} after it had a node: longer than node, image, download and load were planned to take together.`,
      expr: [
        `max by (namespace, pod) (max_over_time(${of(KUBE_METRICS.podReady, 'condition="true"')}[${startup}])) == 0`,
        `and on (namespace, pod) time() - ${of(KUBE_METRICS.podStartTime)} > ${rolloutSeconds}`,
      ].join('\n'),
      labels,
    }),
    ...volumeAlerts(watched),
  ];
}

/** Clients call a router and nobody else: without one the servers behind it are idle, well, and of no use. */
export function routerAlerts(
  service: MonitoredService,
  router: MonitoredRouter,
  monitoring: Monitoring,
): AlertingRule[] {
  const { name, namespace } = service;
  const startup = promDuration(router.startupSeconds);
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceDown',
      description: `No router of ${namespace}/${router.deploymentName} has been ready for 5 minutes. Some are wanted, and had the time to start (${startup}) or were ready before.`,
      expr: new ReplicaQueries(service, keptRouter(router)).nobodyServes,
      for: '5m',
      labels: { namespace, [SERVICE_LABEL]: name, [ROLE_LABEL]: 'router' },
    }),
  ];
}

/** Of disks that something is written to; a claim with weights that are there may be as full as it likes. */
function volumeAlerts({ monitoring, pods, replicas, labels, what }: WatchedPods): AlertingRule[] {
  const { kind, claimName, filled = false, readOnly = false } = pods.cache ?? {};
  const claims = kind === 'per-replica' ? `${CACHE_CLAIM}-${replicas.podNames}` : claimName;
  if (claims === undefined || filled || readOnly) return [];
  const selector = `{namespace=${JSON.stringify(labels.namespace)}, persistentvolumeclaim=~${JSON.stringify(claims)}}`;
  const { volumeAvailable, volumeCapacity } = KUBE_METRICS;
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceVolumeFull',
      description: `The claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} of ${what} has {{ $value | humanizePercentage }} left.`,
      expr: `max by (namespace, persistentvolumeclaim) (${volumeAvailable.metric}${selector} / ${volumeCapacity.metric}${selector}) < ${FREE_PART}`,
      for: '15m',
      labels,
    }),
  ];
}
