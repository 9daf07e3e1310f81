import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { InferenceAlerts, InferenceAlertsProps } from '../observability/inference-alerts';
import { InferenceScrape } from '../observability/inference-scrape';
import { InferenceSlo, SloPolicyProps } from '../observability/inference-slo';
import { MonitoredPods, MonitoredService } from '../observability/monitored-service';
import { Monitoring } from '../observability/monitoring';
import { SignalRecords } from '../observability/signal-records';
import { Problem } from '../problem/problem';
import { CanaryRollout } from '../release/canary-rollout';
import { primaryName } from '../release/flagger-canary';
import { ProgressiveDelivery } from '../release/progressive-delivery';
import { CanaryThresholds } from '../release/canary-thresholds';
import { InferenceAutoscaler } from '../scaling/inference-autoscaler';
import { ScalingProps } from '../scaling/inference-autoscaler-props';
import { SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { serviceLabels } from '../workload/inference-labels';
import { InferenceContractProps } from '../workload/inference-contract-props';
import { InferencePodProps } from '../workload/inference-pod-props';
import { InferenceObjectives } from '../workload/inference-objectives';
import { PrefillDecodeRouter } from '../workload/prefill-decode-router';
import { ServiceCanary } from './service-canary';

/** What of a service is watched. */
export interface WatchedService {
  readonly name: string;
  /** Tracks or roles, the first of which makes the promises. */
  readonly servers: readonly [MonitoredPods, ...MonitoredPods[]];
  readonly router?: PrefillDecodeRouter;
  readonly model: InferenceContractProps['model'];
  /** Its release, where Git moves the requests. */
  readonly rollout?: Pick<CanaryRollout, 'current'>;
}

/** The service as scrapes, rules and dashboards see it. */
export function monitoredService(
  scope: Construct,
  { name, servers, router, model, rollout }: WatchedService,
): MonitoredService {
  return {
    name,
    namespace: Chart.of(scope).namespace ?? 'default',
    ...(model !== undefined && { model: typeof model === 'string' ? model : model.id }),
    pods: servers,
    ...(router && { router }),
    canaryCarriesAll: rollout?.current?.canaryWeight === 100,
  };
}

/** The pods that serve where a controller releases: Flagger's are those of its copy of the Deployment, Argo's those of a Rollout. */
export function keptBy(controller: ProgressiveDelivery['controller'], workload: GpuInferenceWorkload): MonitoredPods {
  const { track, role, runtime, kind, replicas, gpusPerReplica, podLabels, plan, cache, nodePools } = workload;
  const argoRollout = controller !== 'flagger';
  const serviceName = argoRollout ? workload.serviceName : primaryName(workload.serviceName);
  const pods = { track, role, runtime, serviceName, kind, replicas, gpusPerReplica, podLabels, plan, cache, nodePools };
  // During a release Flagger runs the Deployment itself, as the canary of its copy.
  return { ...pods, argoRollout, ...(!argoRollout && { twin: workload.serviceName }) };
}

/** What of the alerts of a service is to be different. */
export interface ServiceAlertProps
  extends SloPolicyProps, Pick<InferenceAlertsProps, 'queuePerReplica' | 'budget' | 'certificate'> {}

interface ServiceMonitoringProps {
  readonly service: MonitoredService;
  readonly monitoring: Monitoring;
  /** What is promised. @default - nothing */
  readonly objectives?: InferenceObjectives;
  readonly alerts?: ServiceAlertProps;
  /** How much worse than stable a canary may be. @default DEFAULT_CANARY_THRESHOLDS */
  readonly canary?: CanaryThresholds;
  /** Who scales the service. @default - nobody */
  readonly autoscaler?: InferenceAutoscaler;
}

/** Everything that watches a service: the scrape, the records that all else reads, and the alerts. */
export class ServiceMonitoring extends Construct {
  readonly scrape: InferenceScrape;
  readonly records: SignalRecords;
  /** Undefined when nothing is promised. */
  readonly slo?: InferenceSlo;
  readonly alerts: InferenceAlerts;

  constructor(scope: Construct, id: string, props: ServiceMonitoringProps) {
    super(scope, id);
    const { service, monitoring, objectives, alerts = {}, canary, autoscaler } = props;
    const labels = {
      'app.kubernetes.io/name': 'signal-records',
      ...serviceLabels(service.name),
      'app.kubernetes.io/component': 'monitoring',
    };
    this.scrape = new InferenceScrape(this, 'scrape', { service, monitoring });
    this.records = new SignalRecords(this, 'records', { service, monitoring, labels });
    if (objectives) this.slo = new InferenceSlo(this, 'slo', { ...alerts, service, monitoring, objectives });
    this.alerts = new InferenceAlerts(this, 'alerts', {
      ...alerts,
      service,
      monitoring,
      objectives,
      canary,
      horizontalPodAutoscaler: autoscaler && horizontalPodAutoscaler(autoscaler),
    });
  }
}

/** KEDA makes one of its own for each ScaledObject. */
const horizontalPodAutoscaler = ({ scaler: { kind, name } }: InferenceAutoscaler) =>
  kind === 'ScaledObject' ? `keda-hpa-${name}` : name;

/** Traces and logs as the platform has them, where the service says nothing. */
export function telemetryProps<Props extends Pick<InferencePodProps, 'tracing' | 'jsonLogs'>>(
  props: Props & { readonly monitoring?: Monitoring },
): Props {
  const { monitoring } = props;
  return { ...props, tracing: props.tracing ?? monitoring?.tracing, jsonLogs: props.jsonLogs ?? monitoring?.jsonLogs };
}

/** By what the queries of each controller select series. */
const SELECTED = {
  'argo-rollouts': { name: 'Argo Rollouts', labels: ['namespace', SERVICE_LABEL, TRACK_LABEL] },
  flagger: { name: 'Flagger', labels: ['namespace', SERVICE_LABEL, 'pod'] },
} as const;

/** A controller that asks for series which nobody writes. One that nobody told where to ask is told elsewhere. */
export function unseenRelease(
  delivery: ProgressiveDelivery | undefined,
  monitoring: Monitoring | undefined,
): Problem[] {
  if (delivery?.prometheusAddress === undefined || monitoring) return [];
  const { name, labels } = SELECTED[delivery.controller];
  return [
    {
      check: 'canary-unwatched',
      message: `${name} asks for series with the labels ${labels.slice(0, -1).join(', ')} and ${labels.at(-1)}, and without monitoring nobody writes them: every version would be promoted, good or bad.`,
      remedy:
        'State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.',
    },
  ];
}

/** A scaler that asks for series which nobody writes; with the HTTP add-on nobody asks for any. */
export function unseenLoad(
  scaling: Pick<ScalingProps, 'scaleToZero'> | undefined,
  monitoring: Monitoring | undefined,
): Problem[] {
  if (!scaling || scaling.scaleToZero || monitoring) return [];
  return [
    {
      check: 'scrape-target',
      message: `scaling follows series with the labels namespace, ${SERVICE_LABEL} and ${TRACK_LABEL}, and without monitoring nobody writes them: no load would be seen.`,
      remedy:
        'State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.',
    },
  ];
}

/** Promises that nobody looks at, and alerts that are none. */
export function unwatched(props: {
  readonly slo?: InferenceObjectives;
  readonly alerts?: ServiceAlertProps;
  readonly canary?: Pick<ServiceCanary, 'thresholds' | 'strategy'>;
  readonly monitoring?: Monitoring;
}): Problem[] {
  if (props.monitoring && props.canary?.thresholds && props.canary.strategy?.hasCanary === false) {
    return [
      {
        check: 'unwatched-objective',
        message: `canary.thresholds are stated, and the ${props.canary.strategy.name} has no canary beside stable that could be compared.`,
        remedy: 'Leave them out, or use CanaryStrategy.weightedTwins().',
      },
    ];
  }
  if (props.monitoring || !(props.slo || props.alerts || props.canary?.thresholds)) return [];
  return [
    {
      check: 'unwatched-objective',
      message: props.slo
        ? 'slo makes promises, and without monitoring nobody is told when they are broken.'
        : props.alerts
          ? 'alerts are stated, and without monitoring there are none.'
          : 'canary.thresholds are stated, and without monitoring nobody compares.',
      remedy:
        'State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who watches them.',
    },
  ];
}
