import { ApiObject, Chart, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { InterceptorRoute } from '../../imports/http.keda.sh';
import { ScaledObject, ScaledObjectSpec } from '../../imports/keda.sh';
import { largestReplicas } from '../checks/capacity';
import { DeclaredRelease, DeclaredScaler, Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { attempt, formatProblem, Problem } from '../problem/problem';
import { SignalQueries } from '../signals/signal-queries';
import { disruptionBudgetSpec } from '../workload/disruption-budget';
import { ScalingTarget } from '../workload/scaling-target';
import { boundProblems, externalMetricProblems, releaseProblems, scalerProblems } from './autoscaler-problems';
import { horizontalPodAutoscalerSpec } from './horizontal-pod-autoscaler';
import { InferenceAutoscalerProps } from './inference-autoscaler-props';
import { interceptorRouteName, interceptorRouteSpec } from './scale-to-zero';
import { scaledObjectSpec, scalerMetricTexts } from './scaled-object';
import { replicasAtRest, ScalerMetric, ScalerPlan, scalerPlan } from './scaler-plan';
import { ScalingMetric } from './scaling-metric';

/**
 * How many replicas, by what the server tells of itself: a ScaledObject of KEDA, or a HorizontalPodAutoscaler.
 *
 * How fast it may go follows from how long a new pod takes, how far from the pool and the quota. The object that is scaled
 * must not state its replicas; those of this library leave them out by themselves.
 */
export class InferenceAutoscaler extends Construct {
  /** The ScaledObject or HorizontalPodAutoscaler: what JSON patches are added to. */
  readonly scaler: ApiObject;
  readonly minReplicas: number;
  private readonly declared: DeclaredScaler;
  private readonly stated: Omit<Parameters<typeof scalerPlan>[0], 'maxReplicas'>;

  constructor(scope: Construct, id: string, props: InferenceAutoscalerProps) {
    super(scope, id);
    const target = props.target.toScalingTarget();
    const { namespace } = Chart.of(this);
    const { scaleToZero, serverAddress, name = target.name, schedules = [] } = props;
    const by = props.by ?? (serverAddress !== undefined || scaleToZero ? 'keda' : 'hpa');
    this.minReplicas = replicasAtRest(props, target.replicas);
    const problems: Problem[] = [];
    const metrics = scaleToZero ? [] : metricsOf(props.metrics, target, namespace ?? 'default', problems);
    this.stated = {
      name,
      namespace: namespace ?? 'default',
      target,
      minReplicas: this.minReplicas,
      metrics,
      schedules,
      fallbackReplicas: props.fallbackReplicas,
      serverAddress: serverAddress ?? '',
      scaleToZero,
    };
    const declarations = Declarations.of(this);
    const other = declarations.scalerOf(namespace, target.kind, target.name);
    problems.push(...scalerProblems({ props, by, name, namespace, target, minReplicas: this.minReplicas, other }));
    reportErrors(this, problems);
    this.declared = {
      namespace,
      kind: target.kind,
      name: target.name,
      by: by === 'keda' ? 'KEDA' : 'HorizontalPodAutoscaler',
      minReplicas: this.minReplicas,
      maxReplicas: props.maxReplicas,
      metrics: scalerMetricTexts({ metrics, schedules, scaleToZero, target }),
      coldStartObjectiveSeconds: scaleToZero && Math.ceil(scaleToZero.acceptColdStart.toSeconds({ integral: false })),
      construct: this,
    };
    if (!other) {
      reportErrors(this, externalMetricProblems(target, this.declared.by, declarations.scalers));
      declarations.scalers.push(this.declared);
    }
    this.node.addValidation({
      validate: () =>
        [
          ...releaseProblems(props, target, this.release),
          // What cannot be scaled at all has no bounds.
          ...(problems.length > 0 ? [] : boundProblems(this.plan, props, this.knownMaximum)),
        ].map(formatProblem),
    });

    const metadata = { name, labels: target.labels };
    if (scaleToZero) {
      new InterceptorRoute(this, 'interceptor-route', {
        metadata: { name: interceptorRouteName(target), labels: target.labels },
        spec: interceptorRouteSpec(scaleToZero, target),
      });
    }
    // The maximum is known when everything is declared.
    this.scaler =
      by === 'keda'
        ? new ScaledObject(this, 'Default', {
            metadata,
            spec: Lazy.any({ produce: () => scaledObjectSpec(this.plan) }) as ScaledObjectSpec,
          })
        : new k8s.KubeHorizontalPodAutoscalerV2(this, 'Default', {
            metadata,
            spec: Lazy.any({
              produce: () => horizontalPodAutoscalerSpec(this.plan),
            }) as k8s.HorizontalPodAutoscalerSpecV2,
          });
    if (target.unprotected && props.maxReplicas !== 1) {
      new k8s.KubePodDisruptionBudget(this, 'disruption-budget', {
        metadata: { name: target.name, labels: target.labels },
        spec: disruptionBudgetSpec(target.unprotected),
      });
    }
  }

  /** The most replicas: what was stated, or what pools and quota hold. To be asked when everything is declared. */
  get maxReplicas(): number {
    return this.declared.maxReplicas ?? this.knownMaximum ?? this.minReplicas;
  }

  /** What pools and quota hold; undefined where the app does not know them. */
  private get knownMaximum(): number | undefined {
    return largestReplicas(this, this.declared);
  }

  /** The release of which a step is applied, where what is scaled is its stable side; it may be declared later. */
  private get release(): DeclaredRelease | undefined {
    const { name, serviceName = name } = this.stated.target;
    const release = Declarations.of(this).releaseOf(this.declared.namespace, serviceName);
    return release?.current === undefined ? undefined : release;
  }

  private get plan(): ScalerPlan {
    return scalerPlan({ ...this.stated, maxReplicas: this.maxReplicas }, this.release !== undefined);
  }
}

/** The metrics with their queries; what the server does not tell, or nobody has a target for, is a problem. */
function metricsOf(
  stated: readonly ScalingMetric[] | undefined,
  target: ScalingTarget,
  namespace: string,
  problems: Problem[],
): ScalerMetric[] {
  const { server, signals, service, track = 'stable', role } = target;
  const pods = { namespace, service, track, ...(role && { role }) };
  const queries = new SignalQueries(server, signals, pods);
  const silent = !queries.has('queueDepth') && queries.has('running');
  const metrics = stated ?? [silent ? ScalingMetric.runningRequests() : ScalingMetric.queueDepth()];
  return metrics.flatMap((metric) => {
    const query = attempt(problems, () => metric.total(queries, pods));
    const perReplica = metric.perReplica(target);
    if (query !== undefined) problems.push(...metric.problems(queries));
    if (query !== undefined && perReplica === undefined) {
      problems.push({
        check: 'scaling-metric',
        message: `Nobody knows how many requests one replica of ${target.name} computes at once: there is no memory plan of it.`,
        remedy: `State it: ScalingMetric.runningRequests(16), or use ScalingMetric.queueDepth().`,
      });
    }
    return query === undefined || perReplica === undefined ? [] : [{ metric, perReplica, query }];
  });
}
