import { ServiceHistory } from './pod-history';

/** A pod that no node has. */
export interface PendingPod {
  readonly name: string;
  /** The scheduler's own words. */
  readonly reason: string;
}

/** What a rehearsal saw of one track of a service. */
export interface ObservedTrack {
  readonly track: string;
  /** Pods on nodes, by the pool of the node. */
  readonly placed: Readonly<Record<string, number>>;
  /** Pods that take requests, those of a group that only compute included. */
  readonly ready: number;
  readonly pending: readonly PendingPod[];
  /** Why pods that a controller wants do not even exist, in the words of its event. */
  readonly notMade: readonly string[];
}

export interface ObservedService {
  /** `namespace/name` as on the scorecard. */
  readonly service: string;
  readonly tracks: readonly ObservedTrack[];
  readonly gpus: number;
  /** What admission made of its pods that nobody stated, each change once. */
  readonly admission: readonly string[];
  readonly history: ServiceHistory;
}

/** Pods of a namespace that are no copies of a service: routers, Jobs, placeholders. */
export interface ObservedOthers {
  readonly namespace: string;
  readonly placed: number;
  readonly pending: readonly PendingPod[];
  readonly notMade: readonly string[];
}

export interface ObservedQuota {
  readonly namespace: string;
  readonly name: string;
  /** As the quota spells it, such as `requests.nvidia.com/gpu`. */
  readonly resourceName: string;
  readonly hard: number;
  readonly used: number;
  /** What of `used` is held by pods that are no copies of a service. */
  readonly usedByOthers: number;
}

/** A cluster after a state was applied and nothing moved any more. */
export interface Observation {
  readonly services: readonly ObservedService[];
  readonly others: readonly ObservedOthers[];
  readonly quotas: readonly ObservedQuota[];
  /** GPUs that services hold, by the name of the pool. */
  readonly gpusByPool: Readonly<Record<string, number>>;
  /** Nodes of each pool, and those with GPUs in use. */
  readonly nodes: Readonly<Record<string, { readonly all: number; readonly used: number }>>;
  /** Objects that went with this state, as messages name them. */
  readonly deleted: readonly string[];
}
