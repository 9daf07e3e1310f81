import { listOf, mapOf } from '../../checks/manifest-identity';
import { numberOf } from '../../checks/pod-request';
import { WORKER_INDEX_LABEL } from '../../workload/inference-labels';
import { Cluster, LiveObject, WatchEvent } from './kubectl';

/** What the pods of one service did since somebody asked last. */
export interface ServiceHistory {
  /** The fewest copies that took requests at the same time, of both tracks. */
  readonly leastReady: number;
  /** The most GPUs that its pods held: placed and not gone, those that end included. */
  readonly mostGpus: number;
  /** Pods that went and came again under their name, in the order in which the new ones came. */
  readonly replaced: readonly string[];
  /** Pods of new names, in their order. */
  readonly came: readonly string[];
  /** Pods that went for good, in their order. */
  readonly went: readonly string[];
}

export const NO_HISTORY: ServiceHistory = { leastReady: 0, mostGpus: 0, replaced: [], came: [], went: [] };

interface State {
  ready: number;
  gpus: number;
  leastReady: number;
  mostGpus: number;
  came: string[];
  went: string[];
}

const stateFrom = (ready: number, gpus: number): State => ({
  ready,
  gpus,
  leastReady: ready,
  mostGpus: gpus,
  came: [],
  went: [],
});

/**
 * Whether a pod is a copy of a service, or a part of one. Routers, placeholders and DaemonSets have no track; a Job may carry
 * the labels of the service for which it works.
 */
export function isService({ metadata: { labels = {}, ownerReferences = [] } }: LiveObject): boolean {
  return labels.track !== undefined && !ownerReferences.some(({ kind }) => kind === 'Job');
}

/** The service of a pod, as the scorecard names it: roles are services of their own there. */
export function serviceOf({ metadata: { namespace = 'default', labels = {} } }: LiveObject): string {
  return `${namespace}/${[labels['app.kubernetes.io/instance'] ?? '', labels.role ?? []].flat().join('-')}`;
}

/** Whether a pod takes requests: ready, and not told to go. */
export function serves({ metadata, status }: LiveObject): boolean {
  const ready = listOf(status?.conditions)
    .map(mapOf)
    .some(({ type, status: state }) => type === 'Ready' && state === 'True');
  return ready && metadata.deletionTimestamp === undefined;
}

/** The one of the pods of a copy that answers requests; of a group, the leader. */
export const answers = ({ metadata }: LiveObject) => (metadata.labels?.[WORKER_INDEX_LABEL] ?? '0') === '0';

/** Extended resources that a pod asks for. Those of GPUs are what services ask for at all, network adapters aside. */
export function devicesOf({ spec }: LiveObject, resourceName: string): number {
  return listOf(spec.containers)
    .map((container) => mapOf(mapOf(mapOf(container).resources).limits)[resourceName])
    .reduce<number>((sum, value) => sum + numberOf(value), 0);
}

/** Every state of the pods, from the API server's own watch: nothing between two looks is missed. */
export class PodHistory {
  /** All pods as they are now, by namespace and name. */
  readonly pods = new Map<string, LiveObject>();
  /** When the last of them changed, in ms. */
  lastChange = Date.now();
  /** True when the watch ended by itself: what came after is not known. */
  ended = false;
  /** The GPUs of each service, by its name. Undefined for what has none. */
  resourceOf: (service: string) => string | undefined = () => undefined;
  private readonly states = new Map<string, State>();
  private readonly watching: { stop(): void };

  constructor(cluster: Cluster) {
    this.watching = cluster.watch(
      'pods',
      (event) => this.take(event),
      () => (this.ended = true),
    );
  }

  /** What a service did since the last call; its state now is where the next begins. */
  since(service: string): ServiceHistory {
    const { ready, gpus, leastReady, mostGpus, came, went } = this.states.get(service) ?? stateFrom(0, 0);
    this.states.set(service, stateFrom(ready, gpus));
    return {
      leastReady,
      mostGpus,
      replaced: came.filter((name) => went.includes(name)),
      came: came.filter((name) => !went.includes(name)),
      went: went.filter((name) => !came.includes(name)),
    };
  }

  of(service: string): LiveObject[] {
    return [...this.pods.values()].filter((pod) => isService(pod) && serviceOf(pod) === service);
  }

  stop(): void {
    this.watching.stop();
  }

  private take({ type, object }: WatchEvent): void {
    this.lastChange = Date.now();
    const { namespace = 'default', name } = object.metadata;
    const key = `${namespace}/${name}`;
    if (type === 'DELETED') this.pods.delete(key);
    else this.pods.set(key, object);
    if (!isService(object)) return;
    const service = serviceOf(object);
    const state = this.states.get(service) ?? stateFrom(0, 0);
    if (type === 'ADDED') state.came.push(name);
    if (type === 'DELETED') state.went.push(name);
    const own = this.of(service);
    const resource = this.resourceOf(service);
    state.ready = own.filter((pod) => answers(pod) && serves(pod)).length;
    state.gpus =
      resource === undefined
        ? 0
        : own.filter(({ spec }) => spec.nodeName !== undefined).reduce((sum, pod) => sum + devicesOf(pod, resource), 0);
    state.leastReady = Math.min(state.leastReady, state.ready);
    state.mostGpus = Math.max(state.mostGpus, state.gpus);
    this.states.set(service, state);
  }
}
