import { Duration } from 'cdk8s';
import { NetworkPeer } from '../network/network-peer';
import { dnsLabelProblems, labelProblems } from '../problem/names';
import { refuse } from '../problem/problem';
import { Tracing } from '../runtime/telemetry';
import { addressProblems, tracingProblems } from '../runtime/telemetry-problems';
import { DashboardDelivery } from './dashboard-delivery';
import { alertLabelProblems, intervalProblems, severityProblems } from './monitoring-problems';
import { packageVersion } from './package-version';

/** Who reads monitors and rules: the Prometheus operator, or Google Cloud's Managed Service for Prometheus. */
export type MonitoringImplementation = 'prometheus-operator' | 'google-managed';

/** How urgent an alert is, in the words of kube-prometheus. `critical` wakes somebody up; `info` is never sent. */
export type Severity = 'critical' | 'warning' | 'info';

export interface MonitoringProps {
  /**
   * Labels by which Prometheus finds monitors and rules, such as `{ release: 'kube-prometheus-stack' }`. Without the right
   * ones it reads nothing, and nobody says so.
   * @default - none: for a Prometheus that takes all, and for google-managed, which takes all
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Namespace of Prometheus' pods: they may scrape. For google-managed that of the frontend that answers queries; its
   * collectors are where GKE puts them, and may scrape too. With a wrong one the network policy keeps Prometheus out, and
   * every target is down.
   * @default 'monitoring'
   */
  readonly namespace?: string;
  /**
   * Where scalers and analyses ask it.
   * @default 'http://prometheus-operated.<namespace>:9090'; 'http://frontend.<namespace>:9090' for google-managed
   */
  readonly serverAddress?: string;
  /**
   * Where the pages of docs/runbooks are; an alert's name and `.md` are appended. A copy of your own can hold what your
   * people know.
   * @default - those of this version of the package on unpkg.com
   */
  readonly runbooks?: string;
  /**
   * Labels that every alert gets, such as `{ team: 'ml-platform' }`: Alertmanager routes by them. With labels that no route
   * knows, alerts go to the default receiver.
   * @default - none beside severity
   */
  readonly alertLabels?: Readonly<Record<string, string>>;
  /**
   * Words for severities where your Alertmanager has others, such as `{ critical: 'page', warning: 'ticket' }`.
   * @default - critical, warning and info
   */
  readonly severities?: Readonly<Partial<Record<Severity, string>>>;
  /**
   * How often every pod is scraped: 5 seconds to 1 minute, since rates are taken over 5 minutes and need several samples.
   * Halving it doubles what is stored, and what google-managed costs.
   * @default Duration.seconds(30)
   */
  readonly scrapeInterval?: Duration;
  /**
   * How often rules are asked, 5 seconds to 5 minutes.
   * @default - as Prometheus itself is configured; 30 seconds for google-managed, whose rules must say
   */
  readonly evaluationInterval?: Duration;
  /** How dashboards reach Grafana; false for none. @default DashboardDelivery.configMap() */
  readonly dashboards?: DashboardDelivery | false;
  /** Where traces go. Adding or changing it restarts the pods. @default - there are none */
  readonly tracing?: Tracing;
  /**
   * Logs as one JSON object a line, from servers that can. Changing it restarts the pods.
   * @default true
   */
  readonly jsonLogs?: boolean;
}

/** GKE's collectors: a DaemonSet of pods with addresses of their own, in one of two namespaces by version and mode. */
const GOOGLE_COLLECTORS = ['gmp-system', 'gke-gmp-system'] as const;

/**
 * How a platform watches what runs on it. Made once and given to every service.
 */
export class Monitoring {
  /** The operator's own objects: PodMonitor and PrometheusRule. */
  static prometheusOperator(props: MonitoringProps = {}): Monitoring {
    return new Monitoring('prometheus-operator', props);
  }

  /** Google Cloud's: PodMonitoring and Rules. */
  static googleManaged(props: MonitoringProps = {}): Monitoring {
    return new Monitoring('google-managed', props);
  }

  /** Labels of monitors and rules. */
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly serverAddress: string;
  /** Without a slash at its end. */
  readonly runbooks: string;
  readonly alertLabels: Readonly<Record<string, string>>;
  /** As Prometheus writes durations. */
  readonly scrapeInterval: string;
  /** As Prometheus writes durations; undefined for its own. */
  readonly evaluationInterval?: string;
  readonly dashboards: DashboardDelivery | false;
  readonly tracing?: Tracing;
  readonly jsonLogs: boolean;
  /** Whom network policies let scrape. */
  readonly peers: readonly NetworkPeer[];
  private readonly severities: Readonly<Record<Severity, string>>;

  private constructor(
    readonly implementation: MonitoringImplementation,
    props: MonitoringProps,
  ) {
    const google = implementation === 'google-managed';
    const { namespace = 'monitoring', labels = {}, alertLabels = {}, tracing, severities = {} } = props;
    const {
      serverAddress = `http://${google ? 'frontend' : 'prometheus-operated'}.${namespace}:9090`,
      runbooks = `https://unpkg.com/cdk8s-gpu-inference@${packageVersion()}/docs/runbooks`,
      scrapeInterval = Duration.seconds(30),
      evaluationInterval = google ? Duration.seconds(30) : undefined,
    } = props;
    refuse('Monitoring', [
      ...dnsLabelProblems('namespace', namespace),
      ...labelProblems('label', labels),
      ...alertLabelProblems('alertLabels', alertLabels),
      ...alertLabelProblems('severities', severities),
      ...severityProblems(severities),
      ...addressProblems('monitoring', 'serverAddress', serverAddress),
      ...addressProblems('monitoring', 'runbooks', runbooks),
      ...intervalProblems('scrapeInterval', scrapeInterval, 60),
      ...intervalProblems('evaluationInterval', evaluationInterval, 300),
      ...(tracing ? tracingProblems(tracing) : []),
    ]);
    this.namespace = namespace;
    this.labels = labels;
    this.serverAddress = serverAddress.replace(/\/+$/, '');
    this.runbooks = runbooks.replace(/\/+$/, '');
    this.alertLabels = alertLabels;
    this.severities = { critical: 'critical', warning: 'warning', info: 'info', ...severities };
    this.scrapeInterval = `${scrapeInterval.toSeconds()}s`;
    this.evaluationInterval = evaluationInterval && `${evaluationInterval.toSeconds()}s`;
    this.dashboards = props.dashboards ?? DashboardDelivery.configMap();
    this.tracing = tracing;
    this.jsonLogs = props.jsonLogs ?? true;
    this.peers = (google ? GOOGLE_COLLECTORS : [namespace]).map((each) => NetworkPeer.namespace(each));
  }

  /** Labels of an alert: its severity in the platform's word, and what Alertmanager routes by. */
  labelsOfAlert(severity: Severity): Record<string, string> {
    return { severity: this.severities[severity], ...this.alertLabels };
  }

  /** The page that says what an alert means and what to do. */
  runbookUrl(alert: string): string {
    return `${this.runbooks}/${alert}.md`;
  }
}
