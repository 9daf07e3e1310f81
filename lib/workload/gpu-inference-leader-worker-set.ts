import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import {
  LeaderWorkerSet,
  LeaderWorkerSetSpecLeaderWorkerTemplateRestartPolicy as RestartPolicy,
  LeaderWorkerSetSpecNetworkConfigSubdomainPolicy as SubdomainPolicy,
  LeaderWorkerSetSpecRolloutStrategyType as RolloutStrategyType,
  LeaderWorkerSetSpecStartupPolicy as StartupPolicy,
} from '../../imports/leaderworkerset.x-k8s.io';
import { GpuInferenceWorkload } from './gpu-inference-workload';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { WORKER_INDEX_LABEL } from './inference-labels';
import { cacheClaims } from './model-claims';
import { addNewerPodFields } from './newer-pod-fields';

export type GpuInferenceLeaderWorkerSetProps = GpuInferenceWorkloadProps;

/** Labels and annotations of kubernetes-sigs/lws, api/leaderworkerset/v1. */
const GROUP_KEY = 'leaderworkerset.sigs.k8s.io/group-key';
const EXCLUSIVE_TOPOLOGY = 'leaderworkerset.sigs.k8s.io/exclusive-topology';
const ZONE = 'topology.kubernetes.io/zone';

/**
 * An inference server whose copies are too large for one machine: each is a group of pods, one a node, of which the first
 * leads and answers, and the others work for it. Needs the LeaderWorkerSet controller, 0.7 or later; 0.8 for a cache per
 * replica, which is a disk for each pod.
 *
 * A group lives and dies as one. When one of its pods goes, by a crash or an eviction, all are made anew and load the model
 * again, because those that are left wait for it in vain. The disruption budget counts pods, so that the first eviction takes
 * one group, and no second before that group is whole again.
 */
export class GpuInferenceLeaderWorkerSet extends GpuInferenceWorkload {
  readonly workload: LeaderWorkerSet;

  constructor(scope: Construct, id: string, props: GpuInferenceLeaderWorkerSetProps) {
    super(scope, id, props, 'LeaderWorkerSet', { [WORKER_INDEX_LABEL]: '0' });
    const { group } = this.plan.contract;
    const { affinity, tolerations, topologySpreadConstraints } = this.placement;
    const near = { affinity: { ...affinity, ...this.nearItsGroup() }, tolerations };
    this.addClientService();
    const leader = this.pod({ placement: { ...near, topologySpreadConstraints } });
    // Only leaders keep apart: workers belong where their leader is.
    const worker = this.pod({ placement: near, worker: group?.worker ?? { env: [] } });
    const metadata = this.workloadMetadata(leader.template.spec!);
    this.workload = new LeaderWorkerSet(this, 'Default', {
      metadata: {
        ...metadata,
        annotations: props.exclusiveTopology
          ? { ...metadata.annotations, [EXCLUSIVE_TOPOLOGY]: props.exclusiveTopology }
          : metadata.annotations,
      },
      spec: {
        replicas: this.writtenReplicas,
        startupPolicy: group && !group.workersWait ? StartupPolicy.LEADER_READY : StartupPolicy.LEADER_CREATED,
        // With one Service for all groups the controller would take the clients' Service for it: both have this name.
        networkConfig: { subdomainPolicy: SubdomainPolicy.UNIQUE_PER_REPLICA },
        rolloutStrategy: {
          type: RolloutStrategyType.ROLLING_UPDATE,
          // Group by group, in place: a group beside the others would need as many free machines.
          rollingUpdateConfiguration: { maxUnavailable: 1, maxSurge: 0 },
        },
        leaderWorkerTemplate: {
          size: this.podsPerReplica,
          restartPolicy: RestartPolicy.RECREATE_GROUP_ON_POD_RESTART,
          leaderTemplate: k8s.toJson_PodTemplateSpec(leader.template),
          workerTemplate: k8s.toJson_PodTemplateSpec(worker.template),
          ...asJson(cacheClaims(this.cache, this.track)),
        },
      },
    });
    addNewerPodFields(this.workload, ['spec', 'leaderWorkerTemplate', 'leaderTemplate'], leader.newer);
    addNewerPodFields(this.workload, ['spec', 'leaderWorkerTemplate', 'workerTemplate'], worker.newer);
    this.addDisruptionBudget();
    this.declare(leader.template, worker.template);
  }

  /**
   * Keeps the pods of a group in one zone, where there are several: what they exchange for every token is slow between zones,
   * and paid for. An exclusive topology says more, and then the controller does it.
   */
  private nearItsGroup(): Pick<k8s.Affinity, 'podAffinity'> {
    const zones = new Set(this.nodePools.flatMap((pool) => pool.zones));
    if (zones.size < 2 || this.props.exclusiveTopology !== undefined) return {};
    return {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: ZONE, labelSelector: { matchLabels: this.selector }, matchLabelKeys: [GROUP_KEY] },
        ],
      },
    };
  }
}

/** Claims as the API spells them. */
function asJson(claims: ReturnType<typeof cacheClaims>) {
  const json = k8s.toJson_StatefulSetSpec({ ...claims } as k8s.StatefulSetSpec) as Partial<k8s.StatefulSetSpec>;
  const { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy } = json;
  return { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy } as object;
}
