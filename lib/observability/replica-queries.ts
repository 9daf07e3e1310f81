import { WorkloadKind } from '../checks/declared-workload';
import { KUBE_METRICS } from './kube-metrics';
import { MonitoredRouter, MonitoredService } from './monitored-service';
import { promDuration } from '../signals/rule-numbers';

/** What is told of an object that keeps pods. */
type ReplicaMetric = 'wanted' | 'existing' | 'ready' | 'created';

interface ReplicaMetrics extends Readonly<Record<ReplicaMetric, string>> {
  /** Label that holds the name of the object. */
  readonly label: string;
}

const STATEFUL_SET: ReplicaMetrics = {
  label: 'statefulset',
  wanted: KUBE_METRICS.statefulSetReplicas.metric,
  existing: KUBE_METRICS.statefulSetExisting.metric,
  ready: KUBE_METRICS.statefulSetReady.metric,
  created: KUBE_METRICS.statefulSetCreated.metric,
};

/**
 * What tells of the objects that keep pods. A LeaderWorkerSet keeps the leaders of its groups in a StatefulSet of its own name,
 * and a leader is ready when its group can serve. A Rollout is told by its controller alone; the ReplicaSets that it owns, one for
 * each version, are told by kube-state-metrics.
 */
const METRICS: Readonly<Record<WorkloadKind | 'Rollout', ReplicaMetrics>> = {
  StatefulSet: STATEFUL_SET,
  LeaderWorkerSet: STATEFUL_SET,
  Deployment: {
    label: 'deployment',
    wanted: KUBE_METRICS.deploymentReplicas.metric,
    existing: KUBE_METRICS.deploymentExisting.metric,
    ready: KUBE_METRICS.deploymentReady.metric,
    created: KUBE_METRICS.deploymentCreated.metric,
  },
  Rollout: {
    label: 'owner_name',
    wanted: KUBE_METRICS.replicaSetReplicas.metric,
    existing: KUBE_METRICS.replicaSetExisting.metric,
    ready: KUBE_METRICS.replicaSetReady.metric,
    created: KUBE_METRICS.replicaSetCreated.metric,
  },
};

/** Objects by their names. */
interface NamedObjects {
  readonly namespace: string;
  /** How the label of the name is matched, such as `="llama"`. */
  readonly named: string;
}

/** A metric of objects of a kind; of a Rollout, that of each ReplicaSet that it owns. */
function replicaSeries(
  keeper: keyof typeof METRICS,
  metric: ReplicaMetric,
  { namespace, named }: NamedObjects,
): string {
  const { label, [metric]: told } = METRICS[keeper];
  const inNamespace = `namespace=${JSON.stringify(namespace)}`;
  if (keeper !== 'Rollout') return `${told}{${inNamespace}, ${label}${named}}`;
  const owner = `${KUBE_METRICS.replicaSetOwner.metric}{${inNamespace}, owner_kind="Rollout", ${label}${named}}`;
  return `${told}{${inNamespace}} * on (namespace, replicaset) group_left () ${owner}`;
}

/** Replicas of objects of every kind together. A Deployment that a Rollout runs has none of its own. */
export const replicasOfAll = (metric: 'wanted' | 'ready', objects: NamedObjects): string =>
  `sum(${(['StatefulSet', 'Deployment', 'Rollout'] as const).map((keeper) => replicaSeries(keeper, metric, objects)).join(' or ')})`;

/**
 * Names of the pods, as an expression of RE2: an ordinal, the group and the worker in it, or two hashes. A leader has no number in
 * its group, and the first worker has 1 (kubernetes-sigs/lws pkg/controllers/pod_controller.go, WithOrdinals). So the pods from the
 * second on of a StatefulSet `llama-2` are named like the workers of group 2 of a LeaderWorkerSet `llama`: where both are in a
 * namespace, and nothing but the name tells, they are taken for those.
 */
const POD_NAMES: Readonly<Record<WorkloadKind, string>> = {
  StatefulSet: '[0-9]+',
  LeaderWorkerSet: '[0-9]+(-[1-9][0-9]*)?',
  Deployment: '[a-z0-9]{5,10}-[a-z0-9]{5}',
};

/**
 * Kubernetes cuts the name of a ReplicaSet and its "-" to 58 characters before it adds five of its own (apiserver
 * pkg/storage/names/generate.go), so that of a longer name's hash, of up to ten, a part is left and no dash behind it.
 */
const LONGEST_WITH_HASHES = 58 - '-'.length - 10 - '-'.length;

/** Pods, and what keeps them. MonitoredPods are some. */
export interface KeptPods {
  readonly kind: WorkloadKind;
  /** True when a Rollout of the same name keeps them. @default false */
  readonly argoRollout?: boolean;
  /** Name of the object. */
  readonly serviceName: string;
  /** Name of another of its kind with pods that are told like these. @default - none */
  readonly twin?: string;
  readonly plan: { readonly startup: { readonly rolloutSeconds: number } };
}

/** The router of a service, as Kubernetes keeps it. */
export const keptRouter = ({ deploymentName, startupSeconds }: MonitoredRouter): KeptPods => ({
  kind: 'Deployment',
  serviceName: deploymentName,
  plan: { startup: { rolloutSeconds: startupSeconds } },
});

/** What Kubernetes tells of some pods of a service, through kube-state-metrics. */
export class ReplicaQueries {
  constructor(
    private readonly service: Pick<MonitoredService, 'namespace'>,
    private readonly pods: KeptPods,
  ) {}

  /** Replicas that can serve, as one number. */
  get ready(): string {
    return `sum(${this.series('ready')})`;
  }

  /** Replicas that should be. */
  get wanted(): string {
    return `sum(${this.series('wanted')})`;
  }

  /** Replicas that hold their GPUs on average over a window. */
  existing(window: string): string {
    return this.over('avg_over_time', 'existing', window);
  }

  /** Matchers of the pods, without the braces. */
  get podMatchers(): string {
    return `namespace=${JSON.stringify(this.service.namespace)}, pod=~${JSON.stringify(this.podNames)}`;
  }

  /** Names of the pods as an expression. */
  get podNames(): string {
    const { kind, serviceName, twin } = this.pods;
    const namesOf = (name: string) =>
      kind === 'Deployment' && name.length > LONGEST_WITH_HASHES
        ? `${name}-[a-z0-9]{5,10}-?[a-z0-9]{5}`
        : `${name}-${POD_NAMES[kind]}`;
    return twin === undefined ? namesOf(serviceName) : `(${namesOf(serviceName)}|${namesOf(twin)})`;
  }

  /**
   * 0 while nobody serves who should: no replica is ready, and some were wanted for as long as one takes to start, or since the object
   * is there and one was ready before. Who was ready is not given that time again: whether it was replaced or broke, nobody serves; what
   * was at 0 in between is. 1 when Kubernetes does not know the object in
   * a namespace that it knows. Nothing otherwise, and without kube-state-metrics.
   */
  get nobodyServes(): string {
    const startup = this.pods.plan.startup.rolloutSeconds;
    const namespace = `{namespace=${JSON.stringify(this.service.namespace)}}`;
    // Every release makes a ReplicaSet; the oldest is as old as the service, or as the releases that are kept.
    const age = `time() - ${this.pods.argoRollout ? 'min' : 'max'}(${this.series('created')})`;
    return [
      `(${this.ready} == 0`,
      `  and on () ${this.over('min_over_time', 'wanted', promDuration(startup))} > 0`,
      `  and on () (${age} > ${startup} or ${this.over('max_over_time', 'ready', promDuration(startup))} > 0))`,
      `or (sum by () (absent(${this.series('wanted')})) and on () sum(${KUBE_METRICS.namespaceCreated.metric}${namespace}))`,
    ].join('\n');
  }

  /** A metric of the object, or of each ReplicaSet of a Rollout. */
  private series(metric: ReplicaMetric): string {
    const { kind, argoRollout, serviceName } = this.pods;
    const { namespace } = this.service;
    return replicaSeries(argoRollout ? 'Rollout' : kind, metric, {
      namespace,
      named: `=${JSON.stringify(serviceName)}`,
    });
  }

  /** All replicas over a window. ReplicaSets come and go, so they are added up before. */
  private over(
    aggregation: 'avg_over_time' | 'min_over_time' | 'max_over_time',
    metric: ReplicaMetric,
    window: string,
  ): string {
    return this.pods.argoRollout
      ? `${aggregation}(sum(${this.series(metric)})[${window}:1m])`
      : `sum(${aggregation}(${this.series(metric)}[${window}]))`;
  }
}
