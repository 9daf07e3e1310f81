import { podMatchers, ROLE_LABEL, SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { SignalQueries } from '../signals/signal-queries';
import { KUBE_METRICS } from './kube-metrics';
import { carriesRequests, MonitoredPods, MonitoredService, signalQueries } from './monitored-service';
import { Monitoring } from './monitoring';
import { ReplicaQueries } from './replica-queries';

/** Some pods of a service, and whom to ask about them: what an alert about them is made of. */
export interface WatchedPods {
  readonly monitoring: Monitoring;
  readonly pods: MonitoredPods;
  /** What their servers tell. */
  readonly server: SignalQueries;
  /** Whether Prometheus gets it: a series for each pod, 1 or 0. */
  readonly up: string;
  /** What Kubernetes tells. */
  readonly replicas: ReplicaQueries;
  /** Whether the service is down without them. */
  readonly carries: boolean;
  /** Labels of alerts about the whole service. */
  readonly serviceLabels: Readonly<Record<'namespace' | typeof SERVICE_LABEL, string>>;
  /** Labels of alerts about these pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** How descriptions name them, such as `nim/llama-canary`. */
  readonly what: string;
}

export function watchedPods(service: MonitoredService, pods: MonitoredPods, monitoring: Monitoring): WatchedPods {
  const { name, namespace } = service;
  const { track, role } = pods;
  const selected = podMatchers({ namespace, service: name, track, ...(role && { role }) });
  const serviceLabels = { namespace, [SERVICE_LABEL]: name };
  return {
    monitoring,
    pods,
    server: signalQueries(service, pods),
    up: `${KUBE_METRICS.up.metric}{${selected.join(', ')}}`,
    replicas: new ReplicaQueries(service, pods),
    carries: carriesRequests(service, pods),
    serviceLabels,
    labels: {
      ...serviceLabels,
      [TRACK_LABEL]: track,
      ...(role && { [ROLE_LABEL]: role }),
    },
    what: `${namespace}/${pods.serviceName}`,
  };
}
