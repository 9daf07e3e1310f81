import { identify, mapOf } from '../../checks/manifest-identity';
import { ScorecardService } from '../scorecard-service';
import { Cluster, listAll, LiveObject } from './kubectl';
import { Observation, ObservedOthers, ObservedQuota, ObservedService, PendingPod } from './observation';
import { devicesOf, isService, PodHistory, serves } from './pod-history';
import { manifestsOf, RehearsedState } from './rehearsed-state';
import { poolOfNode } from './simulated-nodes';
import { templateOf, TemplatesOfPods } from './templates-of-pods';

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
  const refusals = refusedPods(listAll(cluster, 'events'), state);
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
  return new Set([
    ...services.map(({ namespace }) => namespace),
    ...workloads.map((manifest) => identify(manifest).namespace || 'default').sort(),
  ]);
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

/** Pods that a controller wanted and the server refused: only an event says so. */
function refusedPods(events: readonly LiveObject[], state: RehearsedState) {
  // What owns the pods of a track is found by their labels, as pods that are not there have none.
  const owners = manifestsOf(state).flatMap((manifest) => {
    const { template, leaderWorkerTemplate } = mapOf(manifest.spec);
    const of = mapOf(mapOf(template ?? mapOf(leaderWorkerTemplate).workerTemplate).metadata);
    const labels = mapOf(of.labels) as Record<string, string>;
    const { namespace = 'default', name } = mapOf(manifest.metadata) as { namespace?: string; name: string };
    const service = [labels['app.kubernetes.io/instance'] ?? '', labels.role ?? []].flat().join('-');
    const known = labels.track !== undefined && manifest.kind !== 'Job';
    return Object.keys(labels).length === 0
      ? []
      : [{ namespace, name, of: known ? `${namespace}/${service} ${labels.track}` : namespace }];
  });
  const words = new Map<string, Set<string>>();
  for (const event of events as unknown as readonly Partial<Event>[]) {
    const { namespace, name = '' } = event.involvedObject ?? {};
    if (event.reason !== 'FailedCreate') continue;
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
  readonly involvedObject: { readonly namespace?: string; readonly name?: string };
}

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
        hard: Number(hard[resourceName]),
        used: Number(used[resourceName] ?? 0),
        usedByOthers: others
          .filter((pod) => pod.metadata.namespace === metadata.namespace && !isOver(pod))
          .reduce((sum, pod) => sum + devicesOf(pod, resourceName.replace(/^requests\./, '')), 0),
      }));
  });
}

/** A pod that has ended counts in no quota. */
const isOver = ({ status }: LiveObject) => ['Succeeded', 'Failed'].includes(String(mapOf(status).phase));
