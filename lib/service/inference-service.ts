import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { reportErrors, reportWarnings } from '../checks/report';
import { waive } from '../checks/waivers';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { GatewayReference } from '../network/gateway-reference';
import { ModelDownload } from '../network/model-download';
import { NimNetworkPolicy, NimNetworkPolicyProps } from '../network/nim-network-policy';
import { dnsLabelProblems } from '../problem/names';
import { Problem } from '../problem/problem';
import { CanaryRollout } from '../release/canary-rollout';
import { CanaryStrategy } from '../release/canary-strategy';
import { ReleaseStepName } from '../release/release-step';
import { ServingRuntime } from '../runtime/serving-runtime';
import { ModelSecrets } from '../tenancy/model-secrets';
import { GpuInferenceStatefulSet, LONGEST_NAME } from '../workload/gpu-inference-stateful-set';
import { InferenceContractProps, InferencePodProps, WaiverProps } from '../workload/gpu-inference-stateful-set-props';
import { InferenceRoute } from '../network/inference-route';

/** How clients outside the cluster reach the service. */
export interface ServiceRoute {
  readonly gateway: GatewayReference;
  /** Host name, or several, that clients call. */
  readonly hostname: string | readonly string[];
  /** Paths that clients may call, with everything below them. @default - the runtime's paths for clients */
  readonly paths?: readonly string[];
}

/** A version that wants to replace the one that serves. */
export interface ServiceCanary {
  /** The candidate: the same server in another version, or another server. */
  readonly runtime: ServingRuntime;
  /** Where the release stands. Going on and going back are changes of this one word. */
  readonly step: ReleaseStepName;
  /** @default CanaryStrategy.weightedTwins() */
  readonly strategy?: CanaryStrategy;
}

/** What of the derived network policy is to be different. */
export interface ServiceNetworkProps extends Pick<
  NimNetworkPolicyProps,
  'clients' | 'monitoring' | 'dns' | 'workloadIdentity' | 'extraEgress' | 'download'
> {
  /**
   * Allow the download by host name instead of to the whole internet, where the cluster can enforce that. The hosts are
   * those that the runtime downloads from.
   * @default - TCP 443 to every address outside private ranges
   */
  readonly downloadHostsEnforcedBy?: 'gke-fqdn' | 'cilium';
}

export interface InferenceServiceProps extends InferenceContractProps, InferencePodProps, WaiverProps {
  /** Name of the service; objects are named after it. @default - the construct's id */
  readonly name?: string;
  /** @default - reachable inside the cluster only, by those whom `network.clients` names */
  readonly route?: ServiceRoute;
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

/** Objects and addresses that exist on GKE only; Flux would stop at the first, and pods would wait for the second. */
function platformProblems(network: ServiceNetworkProps | false, pools: readonly GpuNodePool[]): Problem[] {
  const elsewhere = pools.find(({ platform }) => platform !== 'gke');
  if (!network || !elsewhere) return [];
  const wanted = [
    ...(network.downloadHostsEnforcedBy === 'gke-fqdn' ? ['downloadHostsEnforcedBy is gke-fqdn'] : []),
    ...(network.workloadIdentity === 'gke' ? ['workloadIdentity is gke'] : []),
  ];
  return wanted.map((what) => ({
    check: 'network-platform',
    message: `${what}, but the pool ${elsewhere.name} is not on GKE (${elsewhere.platform}).`,
    remedy: "Remove it; hosts can be enforced by 'cilium' where the cluster runs it.",
  }));
}

/**
 * An inference service, whole: server, Secrets, network policy, route and release, all from one contract.
 *
 * It only composes: each part is a construct that also works alone, and is at hand here as a member.
 */
export class InferenceService extends Construct {
  readonly name: string;
  /** The pods that serve. */
  readonly stable: GpuInferenceStatefulSet;
  /** The pods of the candidate, while a release with pods of its own is under way. */
  readonly canary?: GpuInferenceStatefulSet;
  readonly rollout?: CanaryRollout;
  readonly route?: InferenceRoute;
  readonly networkPolicy?: NimNetworkPolicy;

  constructor(scope: Construct, id: string, props: InferenceServiceProps) {
    super(scope, id);
    const { route, canary, network = {}, replicas = 1 } = props;
    this.name = props.name ?? id;
    // A canary's name has a suffix; its parts need not say again what is wrong with the name of the whole.
    const longest = canary && (canary.strategy?.hasCanary ?? true) ? LONGEST_NAME - '-canary'.length : LONGEST_NAME;
    reportErrors(this, dnsLabelProblems('service name', this.name, longest));
    // For the release and whatever else is in it; what is wrong with a waiver is told by the workload.
    waive(this, props.waivers ?? {});
    if (props.secrets ?? true) new ModelSecrets(this, 'secrets', { credentials: props.credentials });

    const strategy = canary && (canary.strategy ?? CanaryStrategy.weightedTwins());
    const step = canary && strategy?.step(canary.step, replicas);
    this.stable = new GpuInferenceStatefulSet(this, 'stable', {
      ...props,
      name: this.name,
      runtime: canary && step?.stableRuns === 'candidate' ? canary.runtime : props.runtime,
    });
    if (canary && strategy?.hasCanary) {
      this.canary = new GpuInferenceStatefulSet(this, 'canary', {
        ...props,
        name: this.name,
        track: 'canary',
        runtime: canary.runtime,
        replicas: step?.canaryReplicas ?? 0,
      });
    }
    this.node.defaultChild = this.stable;
    const { plan, port } = this.stable;
    const labels = this.stable.podLabels;
    const requestTimeout = Duration.seconds(plan.shutdown.longestAnswerSeconds);
    if (canary) {
      this.rollout = new CanaryRollout(this, 'release', {
        name: this.name,
        labels,
        stable: this.stable,
        canary: this.canary,
        strategy,
        step: canary.step,
        route: route && { ...route, paths: route.paths ?? plan.contract.clientPaths, requestTimeout },
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
        backends: [{ service: this.stable.serviceName, port }],
      });
    }
    if (canary) reportWarnings(this, sameImage(props.runtime, canary.runtime));
    reportErrors(this, platformProblems(network, this.stable.nodePools));
    if (network) {
      const { downloadHostsEnforcedBy, download, ...policy } = network;
      // One policy for both tracks, so it allows what either server needs.
      const contracts = [plan.contract, ...(this.canary ? [this.canary.plan.contract] : [])];
      const hosts = [...new Set(contracts.flatMap((contract) => contract.downloadHosts))];
      this.networkPolicy = new NimNetworkPolicy(this, 'network-policy', {
        ...policy,
        download:
          download ??
          (plan.offline
            ? ModelDownload.none()
            : downloadHostsEnforcedBy && ModelDownload.hosts(hosts, { enforcedBy: downloadHostsEnforcedBy })),
        name: this.name,
        labels,
        podLabels: this.stable.podLabels,
        ports: [...new Set(contracts.flatMap((contract) => contract.ports.map((each) => each.port)))],
        metricsPort: plan.contract.metrics?.port,
        gateways: route?.gateway.peers,
      });
    }
  }
}
