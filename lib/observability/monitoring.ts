import { NetworkPeer } from '../network/network-peer';
import { dnsLabelProblems } from '../problem/names';
import { refuse } from '../problem/problem';
import { Tracing } from '../runtime/telemetry';

/** Who reads monitors and rules: the Prometheus operator, or Google Cloud's Managed Service for Prometheus. */
export type MonitoringImplementation = 'prometheus-operator' | 'google-managed';

export interface MonitoringProps {
  /**
   * Labels by which Prometheus finds monitors and rules, such as `{ release: 'kube-prometheus-stack' }`. Without the right
   * ones it reads nothing, and nobody says so.
   * @default - none: for a Prometheus that takes all
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** Namespace of Prometheus' pods: they may scrape. @default 'monitoring'; 'gmp-system' for google-managed */
  readonly namespace?: string;
  /**
   * Where scalers and analyses ask it.
   * @default 'http://prometheus-operated.<namespace>:9090'; 'http://frontend.<namespace>:9090' for google-managed
   */
  readonly serverAddress?: string;
  /**
   * Where the pages of docs/runbooks are; an alert's name and `.md` are appended.
   * @default - those of this version of the package on unpkg.com
   */
  readonly runbooks?: string;
  /** Where traces go. @default - there are none */
  readonly tracing?: Tracing;
  /** @default true */
  readonly jsonLogs?: boolean;
}

/** How a platform watches what runs on it. Made once and given to every service. */
export class Monitoring {
  /** The operator's own objects: PodMonitor and PrometheusRule. */
  static prometheusOperator(props: MonitoringProps = {}): Monitoring {
    return new Monitoring('prometheus-operator', props);
  }

  /** Google Cloud's: PodMonitoring and Rules. */
  static googleManaged(props: MonitoringProps = {}): Monitoring {
    return new Monitoring('google-managed', props);
  }

  readonly labels: Readonly<Record<string, string>>;
  readonly serverAddress: string;
  readonly tracing?: Tracing;
  readonly jsonLogs: boolean;
  /** Whom network policies let scrape. */
  readonly peers: readonly NetworkPeer[];

  private constructor(
    readonly implementation: MonitoringImplementation,
    props: MonitoringProps,
  ) {
    const google = implementation === 'google-managed';
    const { namespace = google ? 'gmp-system' : 'monitoring' } = props;
    refuse('Monitoring', [...dnsLabelProblems('namespace', namespace)]);
    this.labels = props.labels ?? {};
    this.serverAddress =
      props.serverAddress ?? `http://${google ? 'frontend' : 'prometheus-operated'}.${namespace}:9090`;
    this.tracing = props.tracing;
    this.jsonLogs = props.jsonLogs ?? true;
    this.peers = [NetworkPeer.namespace(namespace)];
  }
}
