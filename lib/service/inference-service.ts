import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { WorkloadKind } from '../checks/declared-workload';
import { reportErrors, reportWarnings } from '../checks/report';
import { waive } from '../checks/waivers';
import { ModelArtifact } from '../model/model-artifact';
import { GatewayReference } from '../network/gateway-reference';
import { RouteAuthentication } from '../network/route-authentication';
import { NimNetworkPolicy } from '../network/nim-network-policy';
import { dnsLabelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { CanaryRollout } from '../release/canary-rollout';
import { CanaryStrategy } from '../release/canary-strategy';
import { ReleaseStepName } from '../release/release-step';
import { ServingRuntime } from '../runtime/serving-runtime';
import { ModelSecrets } from '../tenancy/model-secrets';
import { GpuInferenceWorkload, LONGEST_NAMES } from '../workload/gpu-inference-workload';
import { InferenceContractProps, WaiverProps } from '../workload/inference-contract-props';
import { InferencePodProps } from '../workload/inference-pod-props';
import { WORKLOADS, workloadKindOf } from '../workload/workload-kinds';
import { InferenceRoute } from '../network/inference-route';
import { PrefillDecodeRouter } from '../workload/prefill-decode-router';
import { disaggregationProblems } from './prefill-problems';
import { PrefillProps, propsOfRole, sidesOf } from './prefill-props';
import { bypassWarnings, platformProblems, routerPolicy, serverPolicy, ServiceNetworkProps } from './service-network';

/** How clients outside the cluster reach the service. */
export interface ServiceRoute {
  readonly gateway: GatewayReference;
  /** Host name, or several, that clients call. */
  readonly hostname: string | readonly string[];
  /** Paths that clients may call, with everything below them. @default - the runtime's paths for clients */
  readonly paths?: readonly string[];
  /**
   * Who may call, and how often: the gateway checks it. Takes a Gateway whose implementation is `envoy-gateway`.
   * @default - everybody who reaches the Gateway, which is a warning (`open-endpoint`)
   */
  readonly authentication?: RouteAuthentication;
}

/** A version that wants to replace the one that serves. */
export interface ServiceCanary {
  /** The candidate: the same server in another version, or another server. */
  readonly runtime: ServingRuntime;
  /** Other weights: another revision of the model, or a fine-tune of it. @default - those of the service */
  readonly artifact?: ModelArtifact;
  /** Where the release stands. Going on and going back are changes of this one word. */
  readonly step: ReleaseStepName;
  /** @default CanaryStrategy.weightedTwins() */
  readonly strategy?: CanaryStrategy;
}

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
  /** Changes to the derived network policy; false for a policy of your own. @default - derived */
  readonly network?: ServiceNetworkProps | false;
  /** False when the Secrets are made elsewhere although the credentials name a store. @default true */
  readonly secrets?: boolean;
}

/** A release of what serves already takes GPUs and shows nothing. */
function sameImage(stable: ServingRuntime, candidate: ServingRuntime): Problem[] {
  const [image, wanted] = [stable.image.toString(), candidate.image.toString()];
  if (image !== wanted) return [];
  return [
    {
      check: 'canary-shape',
      message: `The canary runs ${image}, which serves already.`,
      remedy: 'Name the image of the candidate, or remove the canary when its release is done.',
    },
  ];
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
  readonly route?: InferenceRoute;
  /** Of all pods with GPUs. */
  readonly networkPolicy?: NimNetworkPolicy;
  readonly routerNetworkPolicy?: NimNetworkPolicy;

  constructor(scope: Construct, id: string, props: InferenceServiceProps) {
    super(scope, id);
    const { route, prefill, network = {}, replicas = 1 } = props;
    // A release beside it is refused below.
    const canary = prefill ? undefined : props.canary;
    this.name = props.name ?? id;
    const kind = props.workload ?? workloadKindOf(props);
    const Workload = WORKLOADS[kind];
    // Parts have suffixes; they need not say again what is wrong with the name of the whole.
    const suffix = prefill ? '-prefill' : canary && (canary.strategy?.hasCanary ?? true) ? '-canary' : '';
    reportErrors(this, dnsLabelProblems('service name', this.name, LONGEST_NAMES[kind] - suffix.length));
    // For the release and whatever else is in it; what is wrong with a waiver is told by the workload.
    waive(this, props.waivers ?? {});
    if ((props.secrets ?? true) && props.credentials) {
      new ModelSecrets(this, 'secrets', { credentials: props.credentials });
    }

    const strategy = canary && (canary.strategy ?? CanaryStrategy.weightedTwins());
    const step = canary && strategy?.step(canary.step, replicas);
    const served = { runtime: props.runtime, artifact: props.artifact };
    const candidate = canary && { runtime: canary.runtime, artifact: canary.artifact ?? props.artifact };
    this.stable = new Workload(this, 'stable', {
      ...(prefill ? propsOfRole(props, 'decode') : props),
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
    this.node.defaultChild = this.stable;
    const { plan } = this.stable;
    const { serviceName, port } = this.router ?? this.stable;
    const labels = this.stable.podLabels;
    const requestTimeout = Duration.seconds(plan.shutdown.longestAnswerSeconds);
    const serverKeyHeader = plan.contract.clientKeyHeader ?? this.canary?.plan.contract.clientKeyHeader;
    if (canary) {
      this.rollout = new CanaryRollout(this, 'release', {
        name: this.name,
        labels,
        stable: this.stable,
        canary: this.canary,
        strategy,
        step: canary.step,
        route: route && {
          ...route,
          paths: route.paths ?? plan.contract.clientPaths,
          requestTimeout,
          serverKeyHeader,
        },
        workload: strategy?.hasCanary ? undefined : this.stable.workload,
      });
    } else if (route) {
      this.route = new InferenceRoute(this, 'route', {
        name: this.name,
        labels,
        gateway: route.gateway,
        hostnames: [route.hostname].flat(),
        paths: route.paths ?? plan.contract.clientPaths,
        requestTimeout,
        backends: [{ service: serviceName, port }],
        authentication: route.authentication,
        serverKeyHeader,
      });
    }
    if (canary && !canary.artifact) reportWarnings(this, sameImage(props.runtime, canary.runtime));
    if (network) {
      const servers = [this.stable, ...[this.canary ?? [], this.prefill ?? []].flat()] as const;
      const pools = servers.flatMap(({ nodePools }) => nodePools);
      reportErrors(this, platformProblems(network, pools, props.workloadIdentity));
      reportWarnings(this, bypassWarnings(network, route));
      const service = {
        network,
        name: this.name,
        labels,
        servers,
        router: this.router,
        gateways: route?.gateway.peers,
      };
      this.networkPolicy = serverPolicy(this, 'network-policy', service);
      this.routerNetworkPolicy = routerPolicy(this, 'router-network-policy', service);
    }
  }
}
