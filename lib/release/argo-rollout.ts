import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { Rollout, RolloutSpecStrategyCanarySteps, RolloutSpecWorkloadRefKind } from '../../imports/argoproj.io';
import { Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { InferenceRoute } from '../network/inference-route';
import { SignalQueries } from '../signals/signal-queries';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { servicePorts } from '../workload/service-ports';
import { argoAnalysis } from './argo-analysis';
import { RolloutRoute } from './canary-rollout';
import { deliveryProblems } from './delivery-problems';
import { ProgressiveDelivery } from './progressive-delivery';
import { goDuration } from './go-duration';
import { withDefaults } from './canary-thresholds';
import { canaryComparisons, untoldThresholds } from './release-analysis';
import { UnlinkedStep } from './strategy-definition';

export interface ArgoRolloutProps {
  /** The Deployment whose pods the controller keeps from now on. */
  readonly workload: GpuInferenceWorkload;
  readonly delivery: ProgressiveDelivery;
  /** How requests arrive: the plugin moves the weights in its HTTPRoute. */
  readonly route?: RolloutRoute;
  /**
   * Where the controller asks Prometheus, which must scrape the pods with the labels that an InferenceScrape gives: `namespace`,
   * `inference_service` and `track`. Without them every version is promoted. @default - what `delivery` says
   */
  readonly prometheusAddress?: string;
}

/**
 * Flux applies such an object when it is missing, and then leaves it to the controllers. Its fields are lists and maps that are
 * owned as a whole (`rules` of an HTTPRoute, `selector` of a Service), so an apply would take back what Argo Rollouts wrote
 * (fluxcd/kustomize-controller, annotation `ssa`; argoproj/argo-rollouts#4672).
 */
export const APPLIED_ONCE = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } as const;

/** Of the Rollout: `rollouts-pod-template-hash` tells the pods of one version from those of another. */
const REVISIONS = 3;

/**
 * Releases by Argo Rollouts: the Deployment stays in Git as the template, with no pods of its own, and the Rollout runs it. The
 * controller labels pods `track: canary` while they are new and `track: stable` when they are promoted, so that Services,
 * budgets and queries select them as everywhere else.
 */
export class ArgoRollout extends Construct {
  readonly rollout: Rollout;
  readonly route?: InferenceRoute;

  constructor(scope: Construct, id: string, props: ArgoRolloutProps) {
    super(scope, id);
    const { workload, delivery, route } = props;
    const { name, serviceName, port, readiness, podLabels, plan, runtime, replicas } = workload;
    const namespace = Chart.of(this).namespace ?? 'default';
    const canaryName = `${serviceName}-canary`;
    const address = props.prometheusAddress ?? delivery.prometheusAddress;
    const queries = (track: 'stable' | 'canary') =>
      new SignalQueries(`${runtime.name} ${runtime.version}`, plan.contract.signals, {
        namespace,
        service: name,
        track,
      });
    const sides = [queries('stable'), queries('canary')] as const;
    const comparisons = canaryComparisons(...sides, delivery.thresholds);
    reportErrors(this, [
      ...deliveryProblems('Argo Rollouts', props, address, comparisons.length),
      ...untoldThresholds(...sides, delivery.thresholds),
    ]);
    const steps = delivery.steps(replicas);
    Declarations.of(this).releases.push({
      service: serviceName,
      namespace: Chart.of(this).namespace,
      strategy: 'Argo Rollouts',
      steps,
    });

    const labels = { ...podLabels, 'app.kubernetes.io/name': runtime.name };
    // Its pods are those of the Rollout; two would be twice the GPUs.
    workload.workload.addJsonPatch(JsonPatch.add('/spec/replicas', 0));
    // The controller adds the hash of a version, and takes no label that the template does not have: not that of the canary
    // (argoproj/argo-rollouts pkg/apis/rollouts/validation, "has unmatch label").
    const selector = { ...podLabels };
    const stableService = workload.node.tryFindChild('service') as ApiObject | undefined;
    stableService?.addJsonPatch(JsonPatch.add('/spec/selector', selector));
    for (const [key, value] of Object.entries(APPLIED_ONCE)) stableService?.metadata.addAnnotation(key, value);
    new k8s.KubeService(this, 'canary-service', {
      metadata: { name: canaryName, labels, annotations: { ...APPLIED_ONCE } },
      spec: {
        type: 'ClusterIP',
        selector,
        ports: servicePorts(plan.contract),
      },
    });
    const windowSeconds = withDefaults(delivery.thresholds).window.toSeconds();
    const analysed = address !== undefined && comparisons.length > 0;
    if (analysed) argoAnalysis(this, 'analysis', { name, labels, comparisons, windowSeconds, address });
    const walk = rolloutSteps(steps, goDuration(delivery.pause.toSeconds()));
    this.rollout = new Rollout(this, 'Default', {
      metadata: { name, labels },
      spec: {
        replicas,
        revisionHistoryLimit: REVISIONS,
        progressDeadlineSeconds: plan.startup.rolloutSeconds + plan.shutdown.terminationGracePeriodSeconds,
        progressDeadlineAbort: true,
        // Not the track: it changes while a pod lives.
        selector: { matchLabels: { ...podLabels } },
        workloadRef: { apiVersion: 'apps/v1', kind: RolloutSpecWorkloadRefKind.DEPLOYMENT, name: serviceName },
        strategy: {
          canary: {
            stableService: serviceName,
            canaryService: canaryName,
            stableMetadata: { labels: { track: 'stable' } },
            canaryMetadata: { labels: { track: 'canary' } },
            // The way back is warm for as long as a share is watched.
            scaleDownDelaySeconds: delivery.pause.toSeconds(),
            trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name, namespace } } },
            // From the first share that is watched on: nobody asks a pod that loads.
            ...(analysed && {
              analysis: {
                startingStep: walk.findIndex(({ pause }) => pause !== undefined),
                templates: [{ templateName: name }],
              },
            }),
            steps: walk,
          },
        },
      },
    });
    if (route) {
      this.route = new InferenceRoute(this, 'route', {
        ...route,
        name,
        labels: podLabels,
        hostnames: [route.hostname].flat(),
        backends: [
          { service: serviceName, port, readiness, weight: 100 },
          { service: canaryName, port, readiness, weight: 0 },
        ],
      });
      for (const [key, value] of Object.entries(APPLIED_ONCE)) this.route.route.metadata.addAnnotation(key, value);
    }
  }
}

/** Pods before their requests, and each share for as long as it is watched; what comes after the last is the controller's promotion. */
function rolloutSteps(steps: readonly UnlinkedStep[], pause: string): RolloutSpecStrategyCanarySteps[] {
  return steps.flatMap(({ canaryReplicas, canaryWeight }, at) => [
    ...(steps[at - 1]?.canaryReplicas === canaryReplicas ? [] : [{ setCanaryScale: { replicas: canaryReplicas } }]),
    ...(canaryWeight === 100 ? [] : [{ setWeight: canaryWeight }, { pause: { duration: pause } }]),
  ]);
}
