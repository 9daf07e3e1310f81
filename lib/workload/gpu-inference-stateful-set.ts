import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { capacityErrors } from '../checks/capacity';
import { Declarations } from '../checks/declarations';
import { DeclaredWorkload } from '../checks/declared-workload';
import { linterAnnotations, LinterException, LINTER_EXCEPTIONS } from '../checks/linter-annotations';
import { reportErrors, reportFindings } from '../checks/report';
import { waive, waiverFor } from '../checks/waivers';
import { checkWorkload } from '../checks/workload-checks';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ModelCache } from '../model/model-cache';
import { GpuNodeAffinity } from '../placement/gpu-node-affinity';
import { InferencePlan, planInference } from '../plan/inference-plan';
import { dnsLabelProblems } from '../problem/names';
import { formatProblem, Problem } from '../problem/problem';
import { GpuInferenceStatefulSetProps } from './gpu-inference-stateful-set-props';
import { inferenceLabels, selectorLabels, serviceLabels, Track, versionedLabels } from './inference-labels';
import { inferenceRequest, podAdditions, workloadProblems } from './plan-workload';
import { CACHE_VOLUME, podTemplate } from './pod-template';
import { mebibytes, toMillicores } from './quantities';

/** A StatefulSet appends `-` and a revision hash of 10 characters to its name and writes that into a label. */
export const LONGEST_NAME = 63 - 11;

/**
 * An inference server as a StatefulSet: the pods, their ServiceAccount, a headless Service for their names, a client
 * Service for requests, and a PodDisruptionBudget when there is more than one replica to protect.
 *
 * What a StatefulSet freezes when it is born (selector, service name, pod management, claim templates) is chosen so that
 * releases, canaries and a change of the runtime need no new one.
 */
export class GpuInferenceStatefulSet extends Construct {
  /** Name of the inference service, without the track. */
  readonly name: string;
  readonly track: Track;
  readonly replicas: number;
  readonly gpusPerReplica: number;
  /** Pools that its pods may run in, the most wanted first. */
  readonly nodePools: readonly GpuNodePool[];
  /** Name of the Service that clients use for this track. */
  readonly serviceName: string;
  /** Port of that Service. */
  readonly port: number;
  /** Labels of all pods of the service, both tracks: what a network policy selects. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Everything that was derived. */
  readonly plan: InferencePlan;
  readonly workload: k8s.KubeStatefulSet;

  constructor(scope: Construct, id: string, props: GpuInferenceStatefulSetProps) {
    super(scope, id);
    const { runtime, track = 'stable', replicas = 1, cache, credentials } = props;
    const problems: Problem[] = [];
    this.name = props.name ?? id;
    this.track = track;
    this.replicas = replicas;
    this.gpusPerReplica = props.tensorParallelSize ?? 1;
    this.nodePools = [props.nodePool].flat();
    this.serviceName = track === 'stable' ? this.name : `${this.name}-${track}`;
    this.podLabels = serviceLabels(this.name);
    problems.push(...waive(this, props.waivers ?? {}));
    const request = inferenceRequest(props, problems);
    this.plan = planInference(request);
    const { contract } = this.plan;
    this.port = contract.ports[0].port;
    problems.push(
      ...dnsLabelProblems('service name', this.serviceName, LONGEST_NAME),
      ...workloadProblems(props, this.plan),
    );

    const selector = selectorLabels(this.name, track);
    const labels = inferenceLabels(this.name, track, runtime);
    const metadata = { name: this.serviceName, labels };
    if (!props.serviceAccount) {
      new k8s.KubeServiceAccount(this, 'service-account', { metadata, automountServiceAccountToken: false });
    }
    const ports = contract.ports.map(({ name, port }) => ({
      name,
      port,
      targetPort: k8s.IntOrString.fromString(name),
      protocol: 'TCP',
    }));
    const headless = new k8s.KubeService(this, 'headless', {
      metadata: { name: `${this.serviceName}-headless`, labels },
      spec: { clusterIp: 'None', selector, ports },
    });
    new k8s.KubeService(this, 'service', { metadata, spec: { type: 'ClusterIP', selector, ports } });

    const placement = new GpuNodeAffinity(this, 'placement', {
      nodePools: this.nodePools,
      preferredZones: props.preferredZones,
      tolerations: props.tolerations,
      // For one replica too: if it came with the second, scaling would change the template and restart the first.
      spread: { ...props.spread, podLabels: selector },
    });
    const slot = contract.credentialSlots.find(({ kind }) => kind === credentials.kind);
    const template = podTemplate({
      plan: this.plan,
      runtime,
      labels: versionedLabels(this.name, track, runtime),
      placement: placement.podSpec,
      cache,
      secret: credentials.secret && slot && { ...credentials.secret, environmentVariable: slot.environmentVariable },
      pullSecretNames: [...new Set([credentials.pullSecretName ?? [], props.imagePullSecrets ?? []].flat())],
      serviceAccountName: props.serviceAccount?.name ?? this.serviceName,
      priorityClassName: props.priorityClassName,
      runtimeClassName: props.runtimeClassName,
      cpuLimitMillis: toMillicores(props.resources?.cpuLimit),
      additions: podAdditions(props),
    });
    this.workload = new k8s.KubeStatefulSet(this, 'Default', {
      metadata: {
        name: this.serviceName,
        labels: versionedLabels(this.name, track, runtime),
        annotations: this.exceptions(),
      },
      spec: {
        serviceName: headless.name,
        replicas,
        // Ordered start would load one model after the other, and a pod that never gets ready would block its own repair
        // (kubernetes/kubernetes#67250).
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        selector: { matchLabels: selector },
        template,
        ...(cache.kind === 'per-replica' && claims(cache, track)),
      },
    });
    if (replicas > 1) {
      new k8s.KubePodDisruptionBudget(this, 'disruption-budget', {
        metadata,
        spec: {
          // One pod may always go, so a drain never waits for ever; a pod that is not ready protects nothing.
          maxUnavailable: k8s.IntOrString.fromNumber(1),
          unhealthyPodEvictionPolicy: 'AlwaysAllow',
          selector: { matchLabels: selector },
        },
      });
    }
    this.check(problems, {
      service: this.name,
      namespace: Chart.of(this).namespace,
      track,
      replicas,
      request,
      plan: this.plan,
      pod: template.spec!,
      podAnnotations: props.podAnnotations ?? {},
    });
  }

  /** What the image forbids of the restricted profile, and what was waived, where reviewers and linters look for it. */
  private exceptions(): Record<string, string> | undefined {
    const { readOnlyRootFilesystem } = this.plan.contract;
    const waived = LINTER_EXCEPTIONS.map((check) => [check, waiverFor(this, check)]).filter(([, reason]) => reason);
    return linterAnnotations({
      ...(readOnlyRootFilesystem !== true && { 'read-only-root-filesystem': readOnlyRootFilesystem.exception }),
      ...(Object.fromEntries(waived) as Partial<Record<LinterException, string>>),
    });
  }

  private check(problems: readonly Problem[], workload: DeclaredWorkload): void {
    Declarations.of(this).workloads.push({ ...workload, construct: this });
    reportErrors(this, problems);
    // What cannot be planned cannot be judged either; the reader has enough to mend.
    if (problems.length > 0) return;
    reportFindings(this, checkWorkload(workload));
    this.node.addValidation({ validate: () => capacityErrors(this).map(formatProblem) });
  }
}

/** A disk for each replica. The stable track keeps its weights when it is scaled down; a canary leaves nothing behind. */
function claims(cache: ModelCache, track: Track) {
  const keep = track === 'stable' ? 'Retain' : 'Delete';
  return {
    volumeClaimTemplates: [
      {
        metadata: { name: CACHE_VOLUME },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: cache.storageClass,
          resources: { requests: { storage: mebibytes(cache.sizeMib!) } },
        },
      },
    ],
    persistentVolumeClaimRetentionPolicy: { whenDeleted: keep, whenScaled: keep },
  };
}
