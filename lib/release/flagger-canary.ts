import { Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import {
  Canary,
  CanarySpecAutoscalerRefKind,
  CanarySpecTargetRefKind,
  MetricTemplate,
  MetricTemplateSpecProviderType,
} from '../../imports/flagger.app';
import { HttpRouteSpec } from '../../imports/gateway.networking.k8s.io';
import { Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { InferenceRoute } from '../network/inference-route';
import { dnsLabelProblems } from '../problem/names';
import { SignalQueries } from '../signals/signal-queries';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { metricName } from './argo-analysis';
import { RolloutRoute } from './canary-rollout';
import { deliveryProblems } from './delivery-problems';
import { FlaggerRoute, flaggerRoute, flaggerRouteProblems } from './flagger-route';
import { ProgressiveDelivery } from './progressive-delivery';
import { goDuration } from './go-duration';
import { canaryComparisons, untoldThresholds } from './release-analysis';

export interface FlaggerCanaryProps {
  /** The Deployment of which the controller runs a copy from now on. */
  readonly workload: GpuInferenceWorkload;
  readonly delivery: ProgressiveDelivery;
  /** How requests arrive: the controller makes the HTTPRoute from it. */
  readonly route?: RolloutRoute;
  /**
   * Where the controller asks Prometheus, which must scrape the pods with the labels that an InferenceScrape gives: `namespace`,
   * `inference_service` and `pod`. Without them every version is promoted. @default - what `delivery` says
   */
  readonly prometheusAddress?: string;
}

/**
 * Flagger finds pods by one label alone, and takes no other than `app`, `name` and `app.kubernetes.io/name`. The last is the
 * server's and many services share it; this one has the name of the service (fluxcd/flagger cmd/flagger, -selector-labels).
 */
const SELECTOR = 'app';

/** Two hashes, as the pods of a Deployment are named. */
const HASHES = '[a-z0-9]{5,10}-[a-z0-9]{5}';

/** Kubernetes cuts what is generated at 58 characters, before the last hash: `-primary`, the first hash and its dashes fit. */
const LONGEST_NAME = 58 - '-primary'.length - '-0123456789-'.length;

/** What Flagger calls the copy. */
export const primaryName = (workload: string) => `${workload}-primary`;

/**
 * Releases by Flagger: the Deployment stays in Git as the template, and Flagger runs a copy of it, `<name>-primary`, with
 * Services and an HTTPRoute that it makes itself. So neither is written here, and neither is `spec.replicas`, which it sets.
 *
 * Both run pods with the same labels, `track` among them, so that budgets and policies hold for all; what compares them tells
 * them apart by name.
 */
export class FlaggerCanary extends Construct {
  readonly canary: Canary;
  /** The policies about the HTTPRoute; Flagger makes the route itself. */
  readonly route?: InferenceRoute;

  constructor(scope: Construct, id: string, props: FlaggerCanaryProps) {
    super(scope, id);
    const { workload, delivery } = props;
    const { name, serviceName, podLabels, plan, runtime, replicas } = workload;
    const address = props.prometheusAddress ?? delivery.prometheusAddress;
    const queries = (pods: string) =>
      new SignalQueries(`${runtime.name} ${runtime.version}`, plan.contract.signals, {
        namespace: Chart.of(this).namespace ?? 'default',
        service: name,
        podNames: `${pods}-${HASHES}`,
      });
    const sides = [queries(primaryName(serviceName)), queries(serviceName)] as const;
    const comparisons = canaryComparisons(...sides, delivery.thresholds);
    const labels = { ...podLabels, 'app.kubernetes.io/name': runtime.name };
    const routed = this.routed(props);
    this.route = routed?.policies;
    reportErrors(this, [
      ...dnsLabelProblems('service name', serviceName, LONGEST_NAME),
      ...deliveryProblems('Flagger', props, address, comparisons.length),
      ...untoldThresholds(...sides, delivery.thresholds),
      ...(routed?.problems ?? []),
    ]);
    Declarations.of(this).releases.push({
      service: serviceName,
      namespace: Chart.of(this).namespace,
      strategy: 'Flagger',
      steps: delivery.steps(replicas),
    });

    lendToFlagger(workload);
    if (replicas > 1) this.keepReplicas(serviceName, replicas, labels);
    const templates =
      address === undefined
        ? []
        : comparisons.map((comparison) => {
            const called = metricName(comparison.id);
            new MetricTemplate(this, called, {
              metadata: { name: `${name}-${called}`, labels },
              spec: {
                provider: { type: MetricTemplateSpecProviderType.PROMETHEUS, address },
                query: comparison.judged,
              },
            });
            return { called, threshold: comparison.threshold };
          });
    this.canary = new Canary(this, 'Default', {
      metadata: { name, labels },
      spec: {
        provider: 'gatewayapi:v1',
        targetRef: { apiVersion: 'apps/v1', kind: CanarySpecTargetRefKind.DEPLOYMENT, name: serviceName },
        ...(replicas > 1 && {
          autoscalerRef: {
            apiVersion: 'autoscaling/v2',
            kind: CanarySpecAutoscalerRefKind.HORIZONTAL_POD_AUTOSCALER,
            name: serviceName,
          },
        }),
        progressDeadlineSeconds: plan.startup.rolloutSeconds + plan.shutdown.terminationGracePeriodSeconds,
        // The Deployment has its pods back before the copy goes.
        revertOnDeletion: true,
        service: {
          name: serviceName,
          ...this.port(workload),
          ...routed?.words,
          apex: { labels },
          primary: { labels },
          canary: { labels },
        },
        analysis: {
          interval: goDuration(delivery.pause.toSeconds({ integral: false })),
          threshold: delivery.failedChecks,
          stepWeights: [...delivery.weights],
          metrics: templates.map(({ called, threshold }) => ({
            name: called,
            interval: '1m',
            templateRef: { name: `${name}-${called}` },
            thresholdRange: { max: threshold },
          })),
        },
      },
    });
  }

  private port({ port, plan }: GpuInferenceWorkload) {
    const [{ name, appProtocol }] = plan.contract.ports;
    return { port, portName: name, targetPort: name, appProtocol };
  }

  /** The route as it would be, of which only the policies stay: Flagger writes the route under the same name. */
  private routed({ workload, route }: FlaggerCanaryProps) {
    if (!route || route.gateway.implementation === 'ingress-nginx') return undefined;
    const { name, serviceName, port, readiness, podLabels } = workload;
    const policies = new InferenceRoute(this, 'route', {
      ...route,
      name,
      labels: podLabels,
      hostnames: [route.hostname].flat(),
      backends: [
        { service: primaryName(serviceName), port, readiness, weight: 100 },
        { service: `${serviceName}-canary`, port, readiness, weight: 0 },
      ],
    });
    const { spec } = policies.route.toJson() as { spec: HttpRouteSpec };
    policies.node.tryRemoveChild(policies.route.node.id);
    const words: FlaggerRoute = flaggerRoute(spec);
    return { policies, words, problems: flaggerRouteProblems(workload.serviceName, spec) };
  }

  /**
   * How many pods there are, without `spec.replicas`: Flagger sets it to 0 between releases, and every apply would set it back.
   * Least and most are the same, so nothing is measured; it makes a second one for its copy.
   */
  private keepReplicas(name: string, replicas: number, labels: Record<string, string>): void {
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'replicas', {
      metadata: { name, labels },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: replicas,
        maxReplicas: replicas,
      },
    });
  }
}

/** The Deployment and its Service as Flagger can have them. */
function lendToFlagger({ workload, node, serviceName }: GpuInferenceWorkload): void {
  if (workload.kind !== 'Deployment') return;
  workload.addJsonPatch(
    JsonPatch.add(`/spec/selector/matchLabels/${SELECTOR}`, serviceName),
    JsonPatch.add(`/spec/template/metadata/labels/${SELECTOR}`, serviceName),
    JsonPatch.add('/spec/replicas', 0),
    JsonPatch.remove('/spec/replicas'),
    // The copy gets requests while it is replaced, and so does the canary when another commit comes meanwhile.
    JsonPatch.add('/spec/strategy', {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
    }),
  );
  node.tryRemoveChild('service');
}
