import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { reportErrors, reportWarnings } from '../checks/report';
import { wholeNumberProblems } from '../problem/numbers';
import { attempt } from '../problem/problem';
import { canaryThresholdProblems, CanaryThresholds } from '../release/canary-thresholds';
import { untoldThresholds } from '../release/release-analysis';
import { InferenceObjectives } from '../workload/inference-objectives';
import { canaryAlerts } from './canary-alerts';
import { budgetProblems, costAlert, ServiceBudget } from './cost-alert';
import { KUBE_METRICS } from './kube-metrics';
import { MonitoredPods, MonitoredService } from './monitored-service';
import { Monitoring } from './monitoring';
import { replicaAlerts, routerAlerts } from './replica-alerts';
import { AlertingRule, RuleGroup } from './rule';
import { RuleObject } from './rule-object';
import { serverAlerts } from './server-alerts';
import { serviceAlert } from './service-alerts';
import { signalAlerts } from './signal-alerts';
import { WatchedPods, watchedPods } from './watched-pods';

export interface InferenceAlertsProps {
  readonly service: MonitoredService;
  readonly monitoring: Monitoring;
  /**
   * Requests that may wait for each ready replica, for 10 minutes. 1 or more; too low tells of every peak.
   * @default - as many as a replica computes at once by its memory and by what its server is told, 5 where nobody
   * knows
   */
  readonly queuePerReplica?: number;
  /**
   * How much worse than stable a canary may be before it is told. What is stated and cannot be compared, because a server does not
   * tell it, is refused. @default DEFAULT_CANARY_THRESHOLDS, as far as both tell them
   */
  readonly canary?: CanaryThresholds;
  /**
   * What is promised: it is told when a server in use does not tell what that takes. The promises themselves are watched by an
   * InferenceSlo. @default - no promise
   */
  readonly objectives?: InferenceObjectives;
  /** What the GPUs may cost. @default - no budget, no alert about it */
  readonly budget?: ServiceBudget;
  /**
   * Name of the HorizontalPodAutoscaler that scales the service; KEDA's is called `keda-hpa-` and the name of the ScaledObject.
   * @default - nobody scales it
   */
  readonly horizontalPodAutoscaler?: string;
  /**
   * The certificate of its host name, as cert-manager knows it. For prometheus-operator: Google's rules see their own namespace only.
   * @default - it is not watched here
   */
  readonly certificate?: { readonly name: string; readonly namespace: string };
}

/** cert-manager renews when a third of the lifetime is left, 30 days of 90: this is two weeks late, and almost too late. */
const CERTIFICATE_DAYS = { warning: 14, critical: 3 } as const;

/**
 * Alerts of a service beside those of its objectives: what will become an outage, what an outage is, and what costs money.
 * Thresholds follow from its plan. An alert whose signal the server does not tell is left out, unless a number was stated for it.
 */
export class InferenceAlerts extends Construct {
  readonly rules: ApiObject;
  /** What is in it: one group. */
  readonly groups: readonly RuleGroup[];

  constructor(scope: Construct, id: string, props: InferenceAlertsProps) {
    super(scope, id);
    const { service, monitoring, queuePerReplica, budget } = props;
    const [first, ...others] = service.pods;
    const watch = (pods: MonitoredPods) => watchedPods(service, pods, monitoring);
    const all = [watch(first), ...others.map(watch)] as const;
    const canary = all.find(({ pods }) => pods.track === 'canary');
    const problems = [
      ...wholeNumberProblems('queuePerReplica', queuePerReplica, 1),
      ...(budget ? budgetProblems(all, budget) : []),
      ...(props.canary ? canaryThresholdProblems(props.canary) : []),
      ...(props.canary && canary ? untoldThresholds(all[0].server, canary.server, props.canary) : []),
    ];
    const rules: AlertingRule[] = [
      ...all.flatMap(replicaAlerts),
      ...(service.router ? routerAlerts(service, service.router, monitoring) : []),
      ...all.flatMap((watched) => attempt(problems, () => serverAlerts(watched, queuePerReplica)) ?? []),
      ...all.flatMap((watched) =>
        signalAlerts(watched, watched.pods.role === first.role ? props.objectives : undefined),
      ),
      ...(canary ? canaryAlerts(all[0], canary, props.canary) : []),
      ...(budget && problems.length === 0 ? [costAlert(all, budget)] : []),
      ...scalerAlerts(all[0], props),
      ...certificateAlerts(all[0], props),
    ];
    reportErrors(this, problems);
    if (props.certificate && monitoring.implementation === 'google-managed') {
      reportWarnings(this, [
        {
          check: 'monitoring',
          message: `Nobody is told before the certificate ${props.certificate.namespace}/${props.certificate.name} expires: Google's rules see the metrics of their own namespace only.`,
          remedy: 'Leave certificate out and watch it where cert-manager runs, or use Monitoring.prometheusOperator().',
        },
      ]);
    }
    this.groups = [{ name: `inference-alerts.${service.namespace}.${service.name}`, rules }];
    this.rules = new RuleObject(this, 'rules', {
      name: `${service.name}-alerts`,
      labels: {
        'app.kubernetes.io/name': 'inference-alerts',
        'app.kubernetes.io/instance': service.name,
        'app.kubernetes.io/component': 'monitoring',
      },
      monitoring,
      groups: this.groups,
    }).object;
  }
}

function scalerAlerts(
  { monitoring, serviceLabels, replicas }: WatchedPods,
  { horizontalPodAutoscaler: name }: InferenceAlertsProps,
): AlertingRule[] {
  if (name === undefined) return [];
  const selector = `{namespace=${JSON.stringify(serviceLabels.namespace)}, horizontalpodautoscaler=${JSON.stringify(name)}, condition="ScalingActive", status="false"}`;
  return [
    serviceAlert(monitoring, {
      alert: 'InferenceScalerBlind',
      description: `The HorizontalPodAutoscaler {{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} cannot read what it scales by, and keeps the replicas that there are.`,
      // With no replica it is switched off, not blind.
      expr: `max by (namespace, horizontalpodautoscaler) (${KUBE_METRICS.autoscalerCondition.metric}${selector}) == 1\nand on () ${replicas.wanted} > 0`,
      for: '10m',
      labels: serviceLabels,
    }),
  ];
}

function certificateAlerts(
  { monitoring, serviceLabels }: WatchedPods,
  { certificate }: InferenceAlertsProps,
): AlertingRule[] {
  if (certificate === undefined || monitoring.implementation === 'google-managed') return [];
  const of = (label: string) =>
    `${KUBE_METRICS.certificateExpiration.metric}{name=${JSON.stringify(certificate.name)}, ${label}=${JSON.stringify(certificate.namespace)}}`;
  return (['critical', 'warning'] as const).map((severity) =>
    serviceAlert(monitoring, {
      alert: 'InferenceCertificateExpiry',
      severity,
      description: `The certificate ${certificate.namespace}/${certificate.name} expires in {{ $value | humanize }} days, and should have been renewed.`,
      expr: `(max by (name) (${of('exported_namespace')} or ${of('namespace')}) - time()) / 86400 < ${CERTIFICATE_DAYS[severity]}`,
      for: '1h',
      labels: serviceLabels,
    }),
  );
}
