import { ApiObject, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct, IConstruct } from 'constructs';
import { Declarations } from '../checks/declarations';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { formatProblem, Problem } from '../problem/problem';
import { labelProblems } from '../problem/names';
import { at, podSpecPaths } from '../checks/pod-spec-path';

const ZONE = 'topology.kubernetes.io/zone';

/** How pods that are alike keep apart. */
export interface SpreadOptions {
  /** Labels by which the pods know each other: those of the workload's selector. */
  readonly podLabels: Readonly<Record<string, string>>;
  /**
   * `preferred` lets a pod start beside its like when nothing else is free; `required` leaves it Pending.
   * @default 'preferred'
   */
  readonly nodes?: 'preferred' | 'required' | 'off';
  /**
   * The same over zones. `required` and a zone without GPUs in stock leave pods Pending for as long as the stock lasts.
   * Nodes without the label topology.kubernetes.io/zone are left out of all spreading, over nodes too.
   * @default 'preferred'; 'off' with a pool of your own nodes that names no zones
   */
  readonly zones?: 'preferred' | 'required' | 'off';
}

export interface GpuNodeAffinityProps {
  /**
   * The pools that may run the pod, the most wanted first: L4 in zone a, then zone b; on demand as the base, spot as the
   * burst. All must offer the same GPU resource. The pod is never placed elsewhere.
   */
  readonly nodePools: GpuNodePool | readonly GpuNodePool[];
  /** Zones in order of preference, inside the pools. @default - none is preferred */
  readonly preferredZones?: readonly string[];
  /** Taints to tolerate beyond those of the pools. @default - none */
  readonly tolerations?: readonly k8s.Toleration[];
  /** Keep replicas apart. @default - no spread: one replica has nobody to keep away from */
  readonly spread?: SpreadOptions;
}

/** The part of a pod spec that says where the pod may run. */
export type PlacementSpec = Pick<k8s.PodSpec, 'affinity' | 'tolerations' | 'topologySpreadConstraints'>;

/**
 * Where may the pod run? Node affinity, tolerations and topology spread that follow from node pools.
 *
 * Makes no object of its own. Either put `podSpec` into a pod spec that you write, or `applyTo` a workload that exists.
 */
export class GpuNodeAffinity extends Construct {
  /** For your own pod spec: `spec: { ...placement.podSpec, containers: […] }`. */
  readonly podSpec: PlacementSpec;
  /** The GPU resource that a container must request to get a device of these pools, such as `nvidia.com/gpu`. */
  readonly gpuResourceName: string;
  private readonly problems: Problem[] = [];
  private readonly pools: readonly GpuNodePool[];

  constructor(scope: Construct, id: string, props: GpuNodeAffinityProps) {
    super(scope, id);
    const pools = [props.nodePools].flat() as readonly GpuNodePool[];
    this.pools = pools;
    this.gpuResourceName = pools[0]?.resourceName ?? 'nvidia.com/gpu';
    this.problems.push(
      ...poolProblems(pools),
      ...labelProblems('spread label', props.spread?.podLabels ?? {}),
      ...(props.preferredZones ?? []).flatMap((zone) => labelProblems('preferred zone', { [ZONE]: zone })),
    );
    this.podSpec = {
      affinity: { nodeAffinity: nodeAffinity(pools, props.preferredZones ?? []) },
      tolerations: tolerations(pools, props.tolerations ?? []),
      topologySpreadConstraints: props.spread ? topologySpread(pools, props.spread) : undefined,
    };
    this.node.addValidation({ validate: () => this.problems.map(formatProblem) });
  }

  /**
   * Adds the placement to a workload that exists: a Deployment, StatefulSet, Job, Pod or any object with
   * `spec.template.spec`, whether L1, L2 or a plain ApiObject. What the workload says already stays: node affinity is
   * combined by AND, tolerations and spread constraints are added.
   */
  applyTo(workload: IConstruct): void {
    const object = ApiObject.isApiObject(workload) ? workload : defaultObject(workload);
    const manifest = object?.toJson() as { kind?: string; spec?: unknown } | undefined;
    const paths = manifest ? podSpecPaths(manifest) : [];
    if (object === undefined || paths.length === 0) {
      this.problems.push({
        check: 'placement-target',
        message: `${workload.node.path} is ${manifest ? `a ${manifest.kind}, which has no pods` : 'no Kubernetes object and has none as its default child'}.`,
        remedy: 'Apply the placement to a Deployment, StatefulSet, DaemonSet, Job, CronJob, LeaderWorkerSet or Pod.',
      });
      return;
    }
    const { placements } = Declarations.of(this);
    placements.set(object, [...new Set([...(placements.get(object) ?? []), ...this.pools])]);
    for (const path of paths) this.placePods(object, path, (at(manifest, path) ?? {}) as PlacementSpec);
  }

  /** @param spec what stands at the path already */
  private placePods(object: ApiObject, path: string, spec: PlacementSpec): void {
    const required = combine(
      spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
      this.podSpec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    );
    const preferred = concatenate(
      spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
      this.podSpec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    );
    object.addJsonPatch(
      JsonPatch.add(`${path}/affinity`, {
        ...spec.affinity,
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: required },
          ...(preferred && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
        },
      }),
      JsonPatch.add(
        `${path}/tolerations`,
        distinct([...(spec.tolerations ?? []), ...(this.podSpec.tolerations ?? [])]),
      ),
    );
    const spread = concatenate(spec.topologySpreadConstraints, this.podSpec.topologySpreadConstraints);
    if (spread) object.addJsonPatch(JsonPatch.add(`${path}/topologySpreadConstraints`, spread));
  }
}

function defaultObject(construct: IConstruct): ApiObject | undefined {
  const child = construct.node.defaultChild;
  return child && ApiObject.isApiObject(child) ? child : undefined;
}

function poolProblems(pools: readonly GpuNodePool[]): Problem[] {
  if (pools.length === 0) {
    return [
      {
        check: 'placement-pools',
        message: 'No node pool is given, so no node may run the pod.',
        remedy: 'Give at least one GpuNodePool.',
      },
    ];
  }
  const resources = [...new Set(pools.map((pool) => pool.resourceName))];
  const names = pools.map((pool) => pool.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return [
    ...(resources.length > 1
      ? [
          {
            check: 'placement-pools',
            message: `The pools offer different GPU resources: ${pools.map((pool) => `${pool.name} ${pool.resourceName}`).join(', ')}. A container requests one.`,
            remedy: 'Use pools of one resource, and a workload for each of the others.',
          },
        ]
      : []),
    ...(twice === undefined
      ? []
      : [
          {
            check: 'placement-pools',
            message: `The pool ${twice} is listed twice.`,
            remedy: 'List each pool once, the most wanted first.',
          },
        ]),
  ];
}

function nodeAffinity(pools: readonly GpuNodePool[], preferredZones: readonly string[]): k8s.NodeAffinity {
  const terms = pools.map((pool) => ({
    matchExpressions: pool.selector.map(({ key, values }) => ({ key, operator: 'In', values: [...values] })),
  }));
  const zones = preferredZones.map((zone) => ({
    matchExpressions: [{ key: ZONE, operator: 'In', values: [zone] }],
  }));
  const preferred = [...descendingWeights(terms), ...descendingWeights(zones, preferredZones.length > 0)];
  return {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  };
}

/**
 * The first preference weighs 100, each further one less. The last of a complete list needs no weight: it is what remains.
 *
 * @param keepLast true when the list is not complete, so that even its last entry is better than none
 */
function descendingWeights(
  preferences: readonly k8s.NodeSelectorTerm[],
  keepLast = false,
): k8s.PreferredSchedulingTerm[] {
  const weighed = preferences.map((preference, index) => ({
    weight: Math.max(1, Math.round((100 * (preferences.length - index)) / preferences.length)),
    preference,
  }));
  return keepLast ? weighed : weighed.slice(0, -1);
}

function tolerations(pools: readonly GpuNodePool[], extra: readonly k8s.Toleration[]): k8s.Toleration[] {
  return distinct([
    // Every platform's convention uses this key, with different values.
    { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ...pools
      .flatMap((pool) => pool.taints)
      .filter((taint) => !(taint.key === 'nvidia.com/gpu' && taint.effect === 'NoSchedule'))
      .map(({ key, value, effect }) =>
        value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect },
      ),
    ...extra,
  ]);
}

function topologySpread(
  pools: readonly GpuNodePool[],
  { podLabels, nodes = 'preferred', zones = zonesByDefault(pools) }: SpreadOptions,
): k8s.TopologySpreadConstraint[] {
  const constraint = (topologyKey: string, how: 'preferred' | 'required' | 'off') =>
    how === 'off'
      ? []
      : [
          {
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: how === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway',
            labelSelector: { matchLabels: { ...podLabels } },
          },
        ];
  return [...constraint(ZONE, zones), ...constraint('kubernetes.io/hostname', nodes)];
}

/**
 * The scheduler scores no node that lacks one of the topology labels (kube-scheduler, podtopologyspread/scoring.go): a zone
 * that bare metal does not have would switch the spread over nodes off.
 */
const zonesByDefault = (pools: readonly GpuNodePool[]) =>
  pools.some(({ platform, zones }) => platform === 'on-prem' && zones.length === 0) ? 'off' : 'preferred';

/** Terms are alternatives, so two lists hold together when each pair of terms does. */
function combine(
  theirs: readonly k8s.NodeSelectorTerm[] | undefined,
  ours: readonly k8s.NodeSelectorTerm[] | undefined,
): readonly k8s.NodeSelectorTerm[] {
  if (!theirs || theirs.length === 0) return ours ?? [];
  return theirs.flatMap((their) => {
    const both = (ours ?? []).map((our) => ({
      ...their,
      matchExpressions: distinct([...(their.matchExpressions ?? []), ...(our.matchExpressions ?? [])]),
    }));
    // A term that says all of one of ours already needs no other: the same placement may be applied again.
    const told = both.some(({ matchExpressions }) => matchExpressions.length === their.matchExpressions?.length);
    return told ? [their] : both;
  });
}

function concatenate<T>(theirs: readonly T[] | undefined, ours: readonly T[] | undefined): readonly T[] | undefined {
  return theirs || ours ? distinct([...(theirs ?? []), ...(ours ?? [])]) : undefined;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [canonical(value), value])).values()];
}

/** A text that is the same for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
