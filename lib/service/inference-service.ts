import { Construct } from 'constructs';
import { WorkloadKind } from '../checks/declared-workload';
import { reportErrors, reportWarnings } from '../checks/report';
import { waive } from '../checks/waivers';
import { InferencePool } from '../network/inference-pool';
import { NimNetworkPolicy } from '../network/nim-network-policy';
import { Monitoring } from '../observability/monitoring';
import { dnsLabelProblems } from '../problem/names';
import { ArgoRollout } from '../release/argo-rollout';
import { CanaryRollout } from '../release/canary-rollout';
import { CanaryStrategy } from '../release/canary-strategy';
import { FlaggerCanary } from '../release/flagger-canary';
import { ProgressiveDelivery } from '../release/progressive-delivery';
import { ModelSecrets } from '../tenancy/model-secrets';
import { InferenceAutoscaler } from '../scaling/inference-autoscaler';
import { ScalingProps } from '../scaling/inference-autoscaler-props';
import { replicasAtRest } from '../scaling/scaler-plan';
import { GpuInferenceWorkload, LONGEST_NAMES } from '../workload/gpu-inference-workload';
import { InferenceContractProps, WaiverProps } from '../workload/inference-contract-props';
import { InferencePodProps } from '../workload/inference-pod-props';
import { WORKLOADS, workloadKindOf } from '../workload/workload-kinds';
import { possible } from '../workload/workload-numbers';
import { InferenceRoute } from '../network/inference-route';
import { PrefillDecodeRouter } from '../workload/prefill-decode-router';
import { disaggregationProblems } from './prefill-problems';
import {
  keptBy,
  monitoredService,
  ServiceAlertProps,
  ServiceMonitoring,
  telemetryProps,
  unseenLoad,
  unseenRelease,
  unwatched,
} from './service-monitoring';
import { PrefillProps, propsOfRole, sidesOf } from './prefill-props';
import { deliveryProblems, plannedSmokeTest, sameServer, ServiceCanary } from './service-canary';
import { watchFallback } from './service-fallback';
import { pickerProblems, pickersOf, pooled } from './service-pools';
import { admissionProblems, plannedRoute, ServiceRoute } from './service-route';
import { scaledBy } from './service-scaling';
import {
  bypassWarnings,
  platformProblems,
  podsWith,
  routerPolicy,
  serverPolicy,
  ServiceNetworkProps,
} from './service-network';

export interface InferenceServiceProps extends InferenceContractProps, InferencePodProps, WaiverProps {
  /** Name of the service; objects are named after it. @default - the construct's id */
  readonly name?: string;
  /**
   * What keeps the pods: a StatefulSet where each has a disk of its own, a Deployment where weights are shared or baked in, a
   * LeaderWorkerSet where a copy takes several machines. What cannot hold this service is refused. Changing it replaces all
   * pods at once, because the old object goes when the new one comes.
   * @default - LeaderWorkerSet when a copy takes several machines, StatefulSet otherwise
   */
  readonly workload?: WorkloadKind;
  /** @default - reachable inside the cluster only, by those whom `network.clients` names */
  readonly route?: ServiceRoute;
  /**
   * Pods that only compute prompts; the service's own pods then only write the answers, and a router in front of both is what
   * clients call. Long prompts no longer hold up the tokens of other answers; throughput does not rise. For vLLM only; not
   * together with `canary`.
   * @default - every pod does both
   */
  readonly prefill?: PrefillProps;
  /** @default - no release is under way */
  readonly canary?: ServiceCanary;
  /**
   * A controller of the cluster that walks every release by itself, for a Deployment. Not together with `canary`, `scaling` or
   * `prefill`. Adding or removing it replaces all pods at once.
   * @default - a person walks, with `canary`
   */
  readonly progressiveDelivery?: ProgressiveDelivery;
  /**
   * When how many replicas; `replicas` is then the least. Not together with `prefill` or a release by partition. Moving from a
   * number in Git takes two commits (docs/scaling.md).
   * @default - `replicas`, whoever calls
   */
  readonly scaling?: ScalingProps;
  /**
   * Who watches it: scrapes, rules and dashboards for it are made, the network policy lets the scrapes in, and the servers are
   * told where traces go and that logs are JSON. The last two are of the pods: adding it, or removing it, restarts them.
   * @default - nobody; with `slo` that is a warning (`unwatched-objective`)
   */
  readonly monitoring?: Monitoring;
  /** Changes to the alerts that `monitoring` makes: windows and burn rates, a budget, thresholds. @default - derived */
  readonly alerts?: ServiceAlertProps;
  /** Changes to the derived network policy; false for a policy of your own. @default - derived */
  readonly network?: ServiceNetworkProps | false;
  /** False when the Secrets are made elsewhere although the credentials name a store. @default true */
  readonly secrets?: boolean;
}

/**
 * An inference service, whole: server, Secrets, network policy, route and release, all from one contract.
 *
 * It only composes: each part is a construct that also works alone, and is at hand here as a member.
 */
export class InferenceService extends Construct {
  readonly name: string;
  /** The pods that serve; those that write the answers, where others compute the prompts. */
  readonly stable: GpuInferenceWorkload;
  /** The pods of the candidate, while a release with pods of its own is under way. */
  readonly canary?: GpuInferenceWorkload;
  /** The pods that compute prompts for those that serve. */
  readonly prefill?: GpuInferenceWorkload;
  /** What clients call when prompts and answers are computed by different pods. */
  readonly router?: PrefillDecodeRouter;
  readonly rollout?: CanaryRollout;
  readonly argoRollout?: ArgoRollout;
  readonly flaggerCanary?: FlaggerCanary;
  /** Decides how many pods serve. */
  readonly autoscaler?: InferenceAutoscaler;
  readonly route?: InferenceRoute;
  /** One for each track, where an endpoint picker chooses pods: with the flags that it needs. */
  readonly pools: readonly InferencePool[];
  /** Of all pods with GPUs. */
  readonly networkPolicy?: NimNetworkPolicy;
  readonly routerNetworkPolicy?: NimNetworkPolicy;
  readonly monitoring?: ServiceMonitoring;

  constructor(scope: Construct, id: string, given: InferenceServiceProps) {
    super(scope, id);
    const props = telemetryProps(given);
    const { route, prefill, network = {}, scaling, monitoring } = props;
    const replicas = replicasAtRest(scaling ?? {}, props.replicas ?? 1);
    const stated = scaling ? { ...props, replicas } : props;
    // A release beside it is refused below.
    const canary = prefill ? undefined : props.canary;
    const delivery = prefill || canary ? undefined : props.progressiveDelivery;
    this.name = props.name ?? id;
    const kind = props.workload ?? workloadKindOf(props);
    const Workload = WORKLOADS[kind];
    // Parts have suffixes; they need not say again what is wrong with the name of the whole.
    const twins = delivery !== undefined || (canary && (canary.strategy?.hasCanary ?? true));
    const suffix = prefill ? '-prefill' : twins ? '-canary' : '';
    reportErrors(this, dnsLabelProblems('service name', this.name, LONGEST_NAMES[kind] - suffix.length));
    // For the release and whatever else is in it; what is wrong with a waiver is told by the workload.
    waive(this, props.waivers ?? {});
    if ((props.secrets ?? true) && props.credentials) {
      new ModelSecrets(this, 'secrets', { credentials: props.credentials });
    }

    const strategy = canary && (canary.strategy ?? CanaryStrategy.weightedTwins());
    const step = canary && strategy?.step(canary.step, possible({ ...props, replicas }).replicas ?? 1);
    const served = { runtime: props.runtime, artifact: props.artifact };
    const candidate = canary && { runtime: canary.runtime, artifact: canary.artifact ?? props.artifact };
    this.stable = new Workload(this, 'stable', {
      ...(prefill ? propsOfRole(stated, 'decode') : stated),
      name: this.name,
      ...(step?.stableRuns === 'candidate' ? candidate : served),
    });
    if (canary && strategy?.hasCanary) {
      this.canary = new Workload(this, 'canary', {
        ...props,
        name: this.name,
        track: 'canary',
        ...candidate,
        replicas: step?.canaryReplicas ?? 0,
      });
    }
    if (prefill) {
      this.prefill = new Workload(this, 'prefill', { ...propsOfRole(props, 'prefill'), name: this.name });
      this.router = new PrefillDecodeRouter(this, 'router', {
        ...prefill.router,
        name: this.name,
        prefill: this.prefill,
        decode: this.stable,
        imagePullSecrets: props.imagePullSecrets,
        priorityClassName: props.priorityClassName,
      });
      reportErrors(this, disaggregationProblems(sidesOf(props, this.prefill, this.stable)));
    }
    if (scaling) {
      const { stable } = this;
      this.autoscaler = scaledBy(this, 'scaling', {
        scaling,
        replicas: props.replicas,
        stable,
        serverAddress: monitoring?.serverAddress,
        step,
        strategy,
        routed: route !== undefined,
      });
    }
    this.node.defaultChild = this.stable;
    const { plan } = this.stable;
    const { serviceName, port, readiness } = this.router ?? this.stable;
    const labels = this.stable.podLabels;
    const serverKeyHeader = plan.contract.clientKeyHeader ?? this.canary?.plan.contract.clientKeyHeader;
    this.pools = pooled(this, route?.endpointPicker, [this.stable, this.canary ?? []].flat());
    const planned = route && {
      ...plannedRoute(route, plan, serverKeyHeader),
      pools: this.pools.map(({ backend }) => backend),
    };
    if (canary) {
      this.rollout = new CanaryRollout(this, 'release', {
        name: this.name,
        labels,
        stable: this.stable,
        canary: this.canary,
        strategy,
        step: canary.step,
        route: planned,
        workload: strategy?.hasCanary ? undefined : this.stable.workload,
        smokeTest: this.canary && plannedSmokeTest(canary.smokeTest, this.canary, route, props.imagePullSecrets),
      });
    } else if (delivery) {
      const prometheusAddress = delivery.prometheusAddress ?? monitoring?.serverAddress;
      const released = { workload: this.stable, delivery, route: planned, prometheusAddress };
      if (delivery.controller === 'flagger') this.flaggerCanary = new FlaggerCanary(this, 'release', released);
      else this.argoRollout = new ArgoRollout(this, 'release', released);
    } else if (planned) {
      this.route = new InferenceRoute(this, 'route', {
        ...planned,
        name: this.name,
        labels,
        hostnames: [planned.hostname].flat(),
        backends: [{ service: serviceName, port, readiness }],
      });
    }
    if (route) {
      reportErrors(this, admissionProblems(route, props));
      watchFallback(this, this.name, route);
    }
    reportErrors(this, [...deliveryProblems(props), ...pickerProblems(route?.endpointPicker, props)]);
    if (canary && !canary.artifact) reportWarnings(this, sameServer(props.runtime, canary.runtime));
    const servers = [this.stable, ...[this.canary ?? [], this.prefill ?? []].flat()] as const;
    const { name, router, rollout } = this;
    if (monitoring) {
      const watched = delivery ? ([keptBy(delivery.controller, this.stable)] as const) : servers;
      const service = monitoredService(this, { name, servers: watched, router, model: props.model, rollout });
      this.monitoring = new ServiceMonitoring(this, 'monitoring', {
        service,
        monitoring,
        objectives: props.slo,
        alerts: props.alerts,
        canary: canary?.thresholds,
        autoscaler: this.autoscaler,
      });
    }
    reportErrors(this, unseenRelease(delivery, monitoring));
    reportWarnings(this, [...unwatched(props), ...unseenLoad(props.scaling, monitoring)]);
    if (network) {
      const pools = servers.flatMap(({ nodePools }) => nodePools);
      reportErrors(this, platformProblems(network, pools, props.workloadIdentity));
      reportWarnings(this, bypassWarnings(network, route));
      const service = {
        network: this.rollout?.smokeTest
          ? { ...network, clients: [...(network.clients ?? []), ...podsWith(this.rollout.smokeTest.podLabels)] }
          : network,
        name: this.name,
        labels,
        servers,
        router,
        gateways: route?.gateway.peers,
        monitoring,
        pickers: pickersOf(this.pools),
        tracing: props.tracing,
      };
      this.networkPolicy = serverPolicy(this, 'network-policy', service);
      this.routerNetworkPolicy = routerPolicy(this, 'router-network-policy', service);
    }
  }
}
