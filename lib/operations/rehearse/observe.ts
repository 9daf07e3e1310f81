import { identify, listOf, mapOf } from '../../checks/manifest-identity';
import { numberOf } from '../../checks/pod-request';
import { ScorecardService } from '../scorecard-service';
import { Cluster, listAll, LiveObject } from './kubectl';
import { Observation, ObservedOthers, ObservedQuota, ObservedService, PendingPod } from './observation';
import { devicesOf, isService, PodHistory, serves } from './pod-history';
import { manifestsOf, namespaceOf, RehearsedState } from './rehearsed-state';
import { poolOfNode } from './simulated-nodes';
import { copiesOf, templateOf, TemplatesOfPods } from './templates-of-pods';

/** Looks at a cluster in which nothing moves. */
export function observe(
  cluster: Cluster,
  state: RehearsedState,
  history: PodHistory,
  templates: TemplatesOfPods,
  deleted: readonly string[],
): Observation {
  const { pools, services } = state.scorecard;
  const poolOf = new Map(
    listAll(cluster, 'nodes').flatMap((node): [string, string][] => {
      const key = poolOfNode(node, pools);
      const pool = pools.find((each) => each.key === key);
      return pool ? [[node.metadata.name, pool.name]] : [];
    }),
  );
  const refusals = refusedPods(cluster, state);
  const gpusByPool: Record<string, number> = {};
  const usedNodes = new Set<unknown>();
  const observed = services.map((service): ObservedService => {
    const key = keyOf(service);
    const pods = history.of(key);
    let gpus = 0;
    for (const pod of pods.filter(({ spec }) => spec.nodeName !== undefined)) {
      const devices = devicesOf(pod, service.resourceName);
      if (devices === 0) continue;
      const pool = poolOf.get(nodeOf(pod)) ?? nodeOf(pod);
      gpus += devices;
      gpusByPool[pool] = (gpusByPool[pool] ?? 0) + devices;
      usedNodes.add(pod.spec.nodeName);
    }
    return {
      service: key,
      gpus,
      tracks: service.tracks.map(({ track }) => {
        const own = pods.filter(({ metadata }) => metadata.labels?.track === track && !metadata.deletionTimestamp);
        return {
          track,
          placed: placedOf(own, poolOf),
          ready: own.filter(serves).length,
          pending: pendingOf(own),
          notMade: refusals.of(key, track),
        };
      }),
      admission: [...new Set(pods.flatMap((pod) => templates.changesOf(pod)))].sort(),
      history: history.since(key),
    };
  });
  const perPool: Record<string, { all: number; used: number }> = {};
  for (const { name } of pools) perPool[name] ??= { all: 0, used: 0 };
  for (const [node, pool] of poolOf) {
    const counted = perPool[pool]!;
    counted.all += 1;
    counted.used += usedNodes.has(node) ? 1 : 0;
  }
  const others = [...history.pods.values()].filter((pod) => !isService(pod));
  return {
    services: observed,
    others: othersOf(namespacesOfPods(state), others, refusals.others),
    quotas: quotasOf(listAll(cluster, 'resourcequotas'), others),
    gpusByPool,
    nodes: perPool,
    deleted,
  };
}

const keyOf = ({ namespace, name }: ScorecardService) => `${namespace}/${name}`;
const nodeOf = ({ spec }: LiveObject) => String(spec.nodeName);

function placedOf(pods: readonly LiveObject[], poolOf: ReadonlyMap<string, string>): Record<string, number> {
  const placed: Record<string, number> = {};
  for (const pod of pods.filter(({ spec }) => spec.nodeName !== undefined)) {
    const pool = poolOf.get(nodeOf(pod)) ?? nodeOf(pod);
    placed[pool] = (placed[pool] ?? 0) + 1;
  }
  return placed;
}

const pendingOf = (pods: readonly LiveObject[]): PendingPod[] =>
  pods
    .filter(({ spec, status }) => spec.nodeName === undefined && mapOf(status).phase !== 'Succeeded')
    .map(({ metadata, status }) => ({
      name: metadata.name,
      reason: unschedulable(status) ?? 'the scheduler has not said why',
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));

/** The condition with which the scheduler says why a pod has no node; undefined when it has said nothing. */
function unschedulable(status: unknown): string | undefined {
  const { conditions } = mapOf(status);
  const scheduled = (Array.isArray(conditions) ? conditions : [])
    .map(mapOf)
    .find(({ type, status: state }) => type === 'PodScheduled' && state === 'False');
  return scheduled && String(scheduled.message ?? scheduled.reason ?? 'it did not say why');
}

/** A placeholder keeps a node warm that somebody else may need: it may wait. */
const mayWait = ({ metadata }: LiveObject) => metadata.labels?.['app.kubernetes.io/component'] === 'placeholder';

/** Where the folder has pods at all, those of services first. */
function namespacesOfPods(state: RehearsedState): ReadonlySet<string> {
  const { services } = state.scorecard;
  const workloads = manifestsOf(state).filter((manifest) => templateOf(manifest, true) !== undefined);
  return new Set([...services.map(({ namespace }) => namespace), ...workloads.map(namespaceOf).sort()]);
}

function othersOf(
  namespaces: ReadonlySet<string>,
  pods: readonly LiveObject[],
  notMade: (namespace: string) => readonly string[],
): ObservedOthers[] {
  return [...namespaces].flatMap((namespace) => {
    const own = pods.filter(({ metadata }) => metadata.namespace === namespace && !metadata.deletionTimestamp);
    const refused = notMade(namespace);
    if (own.length === 0 && refused.length === 0) return [];
    return [
      {
        namespace,
        placed: own.filter(({ spec }) => spec.nodeName !== undefined).length,
        pending: pendingOf(own.filter((pod) => !mayWait(pod))),
        notMade: refused,
      },
    ];
  });
}

/** Pods that a controller wants and the server refuses: only an event says so. Of those that came in the end nothing is told. */
function refusedPods(cluster: Cluster, state: RehearsedState) {
  const events = (listAll(cluster, 'events') as unknown as readonly Partial<Event>[]).filter(
    ({ reason }) => reason === 'FailedCreate',
  );
  const lacking = events.length === 0 ? new Set() : ownersThatLackPods(cluster);
  // What owns the pods of a track is found by their labels, as pods that are not there have none.
  const owners = manifestsOf(state).flatMap((manifest) => {
    if (templateOf(manifest, false) === undefined) return [];
    const namespace = namespaceOf(manifest);
    const copies = copiesOf(manifest);
    return [{ namespace, name: identify(manifest).name, of: copies ? `${copies.service} ${copies.track}` : namespace }];
  });
  const words = new Map<string, Set<string>>();
  for (const event of events) {
    const { kind, namespace = 'default', name = '' } = event.involvedObject ?? {};
    if (!lacking.has(`${kind} ${namespace}/${name}`)) continue;
    // A ReplicaSet, and the StatefulSet of a group, are called after what made them.
    const [owner] = owners
      .filter((each) => each.namespace === namespace && (each.name === name || name.startsWith(`${each.name}-`)))
      .sort((one, other) => other.name.length - one.name.length);
    if (!owner) continue;
    const said = words.get(owner.of) ?? new Set();
    words.set(owner.of, said.add(withoutNames(event.message ?? '')));
  }
  return {
    of: (service: string, track: string) => [...(words.get(`${service} ${track}`) ?? [])].sort(),
    others: (namespace: string) => [...(words.get(namespace) ?? [])].sort(),
  };
}

interface Event {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
}

/** Whatever makes pods itself and has fewer than it wants. */
const ownersThatLackPods = (cluster: Cluster): ReadonlySet<string> =>
  new Set(
    listAll(cluster, 'replicasets,statefulsets,daemonsets,jobs')
      .filter((owner) => podsOfOwner(owner) < wantedPods(owner))
      .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
  );

function podsOfOwner({ kind, status }: LiveObject): number {
  const { active, replicas, currentNumberScheduled } = mapOf(status);
  return Number({ Job: active, DaemonSet: currentNumberScheduled }[String(kind)] ?? replicas ?? 0);
}

function wantedPods({ kind, spec, status }: LiveObject): number {
  const { desiredNumberScheduled = 0, succeeded = 0, conditions } = mapOf(status);
  if (kind === 'DaemonSet') return Number(desiredNumberScheduled);
  if (kind !== 'Job') return Number(spec.replicas ?? 1);
  const isOver = listOf(conditions)
    .map(mapOf)
    .some(({ type, status: state }) => OVER.has(String(type)) && state === 'True');
  const { parallelism = 1, completions = parallelism } = spec;
  return isOver ? 0 : Math.min(Number(parallelism), Number(completions) - Number(succeeded));
}

/** Conditions of a Job that has ended, well or not. */
const OVER = new Set(['Complete', 'Failed']);

/** `create Pod a-0 in StatefulSet a failed error: pods "a-0" is forbidden: …`: the same for every pod but for names. */
const withoutNames = (message: string) => message.replace(/^.*?pods? "[^"]*" is /i, 'the server says: ');

function quotasOf(quotas: readonly LiveObject[], others: readonly LiveObject[]): ObservedQuota[] {
  return quotas.flatMap(({ metadata, status }) => {
    const [hard, used] = [mapOf(status?.hard), mapOf(status?.used)];
    return Object.keys(hard)
      .filter((name) => /^requests\..*\//.test(name))
      .map((resourceName) => ({
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        resourceName,
        hard: numberOf(hard[resourceName]),
        used: numberOf(used[resourceName]),
        usedByOthers: others
          .filter((pod) => pod.metadata.namespace === metadata.namespace && !isOver(pod))
          .reduce((sum, pod) => sum + devicesOf(pod, resourceName.replace(/^requests\./, '')), 0),
      }));
  });
}

/** A pod that has ended counts in no quota. */
const isOver = ({ status }: LiveObject) => ['Succeeded', 'Failed'].includes(String(mapOf(status).phase));
