import { ApiObject, Chart, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { ResourceClaimTemplate } from '../../imports/resource.k8s.io';
import { capacityErrors } from '../checks/capacity';
import { Declarations } from '../checks/declarations';
import { WorkloadKind } from '../checks/declared-workload';
import { reportErrors, reportFindings } from '../checks/report';
import { waive } from '../checks/waivers';
import { checkWorkload } from '../checks/workload-checks';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { GpuNodeAffinity, PlacementSpec } from '../placement/gpu-node-affinity';
import { gpusPerReplica, InferencePlan, InferenceRequest, planInference } from '../plan/inference-plan';
import { dnsLabelProblems } from '../problem/names';
import { formatProblem, Problem } from '../problem/problem';
import { ProbeEndpoint, ServingRole, ServingRuntime } from '../runtime/serving-runtime';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { deviceClaimTemplate } from './device-claim-template';
import { disruptionBudgetSpec } from './disruption-budget';
import { inferenceLabels, selectorLabels, serviceLabels, Track, versionedLabels } from './inference-labels';
import { layoutProblems } from './layout-problems';
import { exceptionAnnotations, linterExceptions } from './linter-exceptions';
import { inferenceRequest, podAdditions, workloadProblems } from './plan-workload';
import { headlessName } from './pod-addresses';
import { InferencePod, inferencePod } from './pod-template';
import { PodTemplateRequest } from './pod-template-request';
import { toMillicores } from './quantities';
import { roleProblems } from './role-problems';
import { ScalingTarget } from './scaling-target';
import { filesData } from './server-files';
import { servicePorts } from './service-ports';
import { shareClaim } from './shared-model-cache';
import { WorkloadIdentity } from './workload-identity';
import { possible } from './workload-numbers';

/**
 * A StatefulSet appends `-` and a revision hash of 10 characters to its name and writes that into a label; so does that of the
 * workers of a group, whose name ends in the number of the group. A Deployment may become a StatefulSet.
 */
export const LONGEST_NAMES: Readonly<Record<WorkloadKind, number>> = {
  StatefulSet: 63 - 11,
  Deployment: 63 - 11,
  LeaderWorkerSet: 63 - 11 - '-999'.length,
};

/**
 * What the pods of an inference service have around them, whichever controller keeps them: ServiceAccount, Services,
 * placement, disruption budget, and the checks. Each kind of workload is one subclass, which adds the controller.
 */
export abstract class GpuInferenceWorkload extends Construct {
  /** Name of the inference service, without the track. */
  readonly name: string;
  readonly track: Track;
  /** What its pods do of each request; undefined when all of it. */
  readonly role?: ServingRole;
  /** By what server. */
  readonly runtime: ServingRuntime;
  readonly replicas: number;
  readonly gpusPerReplica: number;
  /** Pods that are one copy of the model. */
  readonly podsPerReplica: number;
  /** Pools that its pods may run in, the most wanted first. */
  readonly nodePools: readonly GpuNodePool[];
  /** Name of its objects, and of the Service that clients use for this track; pods with a role have none. */
  readonly serviceName: string;
  /** Port of that Service. */
  readonly port: number;
  /** Labels of all pods of the service, both tracks: what a network policy selects. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Everything that was derived. */
  readonly plan: InferencePlan;
  /** The controller's object: what JSON patches are added to. */
  abstract readonly workload: ApiObject;

  /** Labels that select the pods of this track. */
  protected readonly selector: Record<string, string>;
  /** Labels that select those of them that answer requests. */
  readonly serverSelector: Record<string, string>;
  /** Where the pods that answer may run, one copy apart from the other. */
  protected readonly placement: PlacementSpec;
  private readonly labels: Record<string, string>;
  /** By which the pods claim their devices; undefined where they request an extended resource. */
  private readonly claimTemplate?: ResourceClaimTemplate;
  private readonly request: InferenceRequest;
  protected readonly problems: Problem[] = [];
  /** As stated, without numbers that are refused. */
  protected readonly props: GpuInferenceWorkloadProps;

  /** Whom the cloud takes its pods for; undefined when nobody stated it. */
  get workloadIdentity(): WorkloadIdentity | undefined {
    return this.props.workloadIdentity;
  }

  /** What answers well when its pods can serve, with the port of the pod. */
  get readiness(): ProbeEndpoint {
    return this.plan.contract.readiness;
  }

  /** Where weights are kept, with what was derived of it. */
  get cache(): ModelCache {
    return this.request.cache;
  }

  protected constructor(
    scope: Construct,
    id: string,
    stated: GpuInferenceWorkloadProps,
    readonly kind: WorkloadKind,
    /** What tells the pods that answer requests from the others of the workload. */
    serverLabels: Readonly<Record<string, string>> = {},
  ) {
    super(scope, id);
    const props = possible(stated);
    this.props = props;
    const { runtime, track = 'stable', role, replicas = 1 } = props;
    this.name = props.name ?? id;
    this.track = track;
    this.role = role;
    this.runtime = runtime;
    this.replicas = replicas;
    this.nodePools = [props.nodePool].flat();
    this.serviceName = [this.name, track === 'stable' ? [] : track, role ?? []].flat().join('-');
    this.podLabels = serviceLabels(this.name);
    this.selector = selectorLabels(this.name, track, role);
    this.serverSelector = { ...this.selector, ...serverLabels };
    this.labels = inferenceLabels(this.name, track, runtime, role);
    this.problems.push(...waive(this, props.waivers ?? {}));
    this.request = inferenceRequest(props, this.problems, kind, this.name, Chart.of(this).namespace);
    this.gpusPerReplica = gpusPerReplica(this.request.parallelism);
    this.podsPerReplica = this.request.parallelism.nodes;
    this.plan = planInference(this.request);
    this.port = this.plan.contract.ports[0].port;
    this.problems.push(
      ...dnsLabelProblems('service name', this.serviceName, LONGEST_NAMES[kind]),
      ...workloadProblems(stated, this.request, this.plan),
      ...layoutProblems({
        kind,
        layout: this.request.parallelism,
        runtime,
        contract: this.plan.contract,
        nodePools: this.nodePools,
        model: this.request.model,
        replicas,
        exclusiveTopology: props.exclusiveTopology,
      }),
      ...roleProblems({ role, kind, runtime, contract: this.plan.contract, model: this.request.model }),
    );
    this.placement = new GpuNodeAffinity(this, 'placement', {
      nodePools: this.nodePools,
      preferredZones: props.preferredZones,
      tolerations: props.tolerations,
      // For one replica too: if it came with the second, scaling would change the template and restart the first.
      spread: { ...props.spread, podLabels: this.serverSelector },
    }).podSpec;
    if (!props.serviceAccount) {
      const { annotations: identityAnnotations } = props.workloadIdentity ?? {};
      new k8s.KubeServiceAccount(this, 'service-account', {
        metadata: { ...this.metadata(), annotations: identityAnnotations },
        automountServiceAccountToken: false,
      });
    }
    const { deviceClaim } = this.plan.resources;
    this.claimTemplate = deviceClaim && deviceClaimTemplate(this, this.serviceName, this.labels, deviceClaim);
    this.problems.push(...shareClaim(this, this.cache));
    const { files = [] } = this.plan.contract;
    if (files.length > 0) {
      new k8s.KubeConfigMap(this, 'files', {
        metadata: { name: this.filesConfigMap, labels: this.labels },
        data: filesData(files),
      });
    }
  }

  /** What a scaler must know. */
  toScalingTarget(): ScalingTarget {
    const { memory, startup, contract, sequencesPerReplica } = this.plan;
    return {
      apiVersion: this.workload.apiVersion,
      kind: this.kind,
      name: this.serviceName,
      namespace: Chart.of(this).namespace ?? 'default',
      labels: this.labels,
      replicas: this.replicas,
      rolloutSeconds: startup.rolloutSeconds,
      service: this.name,
      track: this.track,
      role: this.role,
      server: `${this.runtime.name} ${this.runtime.version}`,
      signals: contract.signals,
      // What makes vectors or scores keeps no sequence: it computes whatever its next batch holds.
      sequences: memory.some(({ kvPerSequence }) => kvPerSequence > 0) ? sequencesPerReplica : undefined,
      serviceName: this.serviceName,
      port: this.port,
      unprotected: this.replicas < 2 ? this.selector : undefined,
    };
  }

  /** True when a scaler decides how many replicas there are; known when everything is declared. */
  protected get scaled(): boolean {
    return Declarations.of(this).scalerOf(Chart.of(this).namespace, this.kind, this.serviceName) !== undefined;
  }

  /** What is written as `spec.replicas`: nothing where a scaler owns the number, since every apply would reset it. */
  protected get writtenReplicas(): number {
    return Lazy.any({ produce: () => (this.scaled ? undefined : this.replicas) }) as number;
  }

  /** Gives each pod a name of its own. */
  protected addHeadlessService(): k8s.KubeService {
    return new k8s.KubeService(this, 'headless', {
      metadata: { name: headlessName(this.serviceName), labels: this.labels },
      spec: { clusterIp: 'None', selector: this.selector, ports: servicePorts(this.plan.contract) },
    });
  }

  /** Where requests go. */
  protected addClientService(): k8s.KubeService {
    return new k8s.KubeService(this, 'service', {
      metadata: this.metadata(),
      spec: { type: 'ClusterIP', selector: this.serverSelector, ports: servicePorts(this.plan.contract) },
    });
  }

  /**
   * A pod of this workload: the one that serves, unless it is said to work for that one.
   *
   * @param differs what is different from the pod that serves
   */
  protected pod(differs: Partial<Pick<PodTemplateRequest, 'placement' | 'worker'>> = {}): InferencePod {
    const { props } = this;
    const { runtime, credentials = ModelCredentials.keyless() } = props;
    const { cache, placed = [], weights } = this.request;
    // The key is where the download is: a server that finds its weights has none.
    const serverKey = weights.kind === 'local' ? undefined : credentials.secret;
    const slot = this.plan.contract.credentialSlots.find(({ kind }) => kind === credentials.kind);
    return inferencePod({
      plan: this.plan,
      runtime,
      labels: versionedLabels(this.name, this.track, runtime, props.role),
      placement: this.placement,
      cache,
      placed,
      credentials,
      secret: serverKey && slot && { ...serverKey, ...slot },
      pullSecretNames: [...new Set([credentials.pullSecretName ?? [], props.imagePullSecrets ?? []].flat())],
      serviceAccountName: props.serviceAccount?.name ?? this.serviceName,
      filesConfigMap: this.filesConfigMap,
      claimTemplate: this.claimTemplate?.name,
      priorityClassName: props.priorityClassName ?? Declarations.of(this).priorities?.[this.track],
      runtimeClassName: props.runtimeClassName,
      hostUsers: props.hostUsers,
      cpuLimitMillis: toMillicores(props.resources?.cpuLimit),
      additions: podAdditions(props),
      ...differs,
    });
  }

  /** Name, labels and annotations of the controller's object. */
  protected workloadMetadata(pod: k8s.PodSpec): k8s.ObjectMeta {
    return {
      name: this.serviceName,
      labels: { ...versionedLabels(this.name, this.track, this.props.runtime, this.props.role), ...this.queueLabel() },
      annotations: exceptionAnnotations(this, linterExceptions(this.plan.contract, pod, this)),
    };
  }

  /** Kueue looks at the controller's object only; its own webhook passes the queue on to the pods. */
  private queueLabel(): Record<string, string> {
    const queue = Declarations.of(this).queues.get(Chart.of(this).namespace ?? 'default');
    return queue === undefined ? {} : { 'kueue.x-k8s.io/queue-name': queue };
  }

  /** Keeps evictions from taking more than one replica, where there is more than one. */
  protected addDisruptionBudget(): void {
    if (this.replicas < 2) return;
    new k8s.KubePodDisruptionBudget(this, 'disruption-budget', {
      metadata: this.metadata(),
      spec: disruptionBudgetSpec(this.selector),
    });
  }

  /** Tells the app of this workload and judges it; the last that a kind does. */
  protected declare(pod: k8s.PodTemplateSpec, worker?: k8s.PodTemplateSpec): void {
    const workload = {
      kind: this.kind,
      // Each role has pools, pods and GPUs of its own, and the other never stands in for it.
      service: [this.name, this.props.role ?? []].flat().join('-'),
      namespace: Chart.of(this).namespace,
      track: this.track,
      replicas: this.replicas,
      podsPerReplica: this.podsPerReplica,
      request: this.request,
      plan: this.plan,
      pod: pod.spec!,
      worker: worker?.spec,
      podAnnotations: pod.metadata?.annotations ?? {},
      imagesLocked: Declarations.of(this).imageLock !== undefined,
    };
    Declarations.of(this).workloads.push({ ...workload, construct: this });
    reportErrors(this, this.problems);
    // What cannot be planned cannot be judged either; the reader has enough to mend.
    if (this.problems.length > 0) return;
    reportFindings(this, checkWorkload(workload));
    this.node.addValidation({ validate: () => capacityErrors(this).map(formatProblem) });
  }

  private get filesConfigMap(): string {
    return `${this.serviceName}-files`;
  }

  private metadata(): k8s.ObjectMeta {
    return { name: this.serviceName, labels: this.labels };
  }
}
