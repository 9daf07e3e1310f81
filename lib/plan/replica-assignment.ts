/** Nodes that replicas can be put on. */
export interface AssignmentPool {
  readonly name: string;
  readonly maxNodes: number;
  readonly gpusPerNode: number;
}

/** Replicas of one service that must be somewhere at the same time. */
export interface AssignmentDemand {
  readonly path: string;
  readonly replicas: number;
  readonly gpusPerReplica: number;
  /** Pods that a replica consists of, each with an equal part of its GPUs. @default 1 */
  readonly podsPerReplica?: number;
  /** Pools that the pods may use, in order of preference; a pool with 0 `podsPerNode` holds none. */
  readonly pools: readonly { readonly name: string; readonly podsPerNode: number }[];
}

/** A place for every replica; or none exists; or the search was given up and nobody knows. */
export type Assignment =
  | {
      readonly verdict: 'fits';
      /** Pods by path, then by pool: the replicas, where a replica is one pod. */
      readonly replicas: Readonly<Record<string, Readonly<Record<string, number>>>>;
      /** Nodes in use by pool. */
      readonly nodes: Readonly<Record<string, number>>;
    }
  | { readonly verdict: 'does-not-fit' }
  | { readonly verdict: 'undecided' };

/**
 * Whether all replicas have room at the same time, each pod of them whole on one node of one of its pools. Replicas of different
 * services share a node while it has GPUs; those that run out of CPU or memory before GPUs are taken to need the same of
 * the two.
 *
 * Where all replicas ask for the same number of GPUs, maximum flow from services to pools is exact. Where they differ, GPUs
 * left on different nodes do not add up to one replica, so nodes are filled in a search; what even divisible replicas
 * could not do is refused before it starts.
 */
export function assignReplicas(demands: readonly AssignmentDemand[], pools: readonly AssignmentPool[]): Assignment {
  const asked = demands.filter(({ replicas }) => replicas > 0).map(podByPod);
  const byName = new Map(pools.map((pool) => [pool.name, pool]));
  const usable = asked.map((demand) => ({
    ...demand,
    pools: demand.pools.flatMap(({ name, podsPerNode }) => {
      const pool = byName.get(name);
      return pool && podsPerNode > 0 && pool.maxNodes > 0 ? [{ pool, podsPerNode }] : [];
    }),
  }));
  if (usable.some((demand) => demand.pools.length === 0)) return { verdict: 'does-not-fit' };
  const slots = slotsPerNode(usable);
  if (slots) return assignByFlow(usable, pools, slots);
  return fitsInGpus(usable, pools) ? assignBySearch(usable, pools) : { verdict: 'does-not-fit' };
}

/** Room for all pods of all replicas is room for every group: none of them waits for half of another. */
function podByPod(demand: AssignmentDemand): AssignmentDemand {
  const { replicas, gpusPerReplica, podsPerReplica = 1 } = demand;
  return { ...demand, replicas: replicas * podsPerReplica, gpusPerReplica: gpusPerReplica / podsPerReplica };
}

interface Demand extends Omit<AssignmentDemand, 'pools'> {
  readonly pools: readonly { readonly pool: AssignmentPool; readonly podsPerNode: number }[];
}

/** Replicas that a node of each pool holds, when that is one number whoever they belong to. */
function slotsPerNode(demands: readonly Demand[]): Map<string, number> | undefined {
  const slots = new Map<string, number>();
  for (const { gpusPerReplica, pools } of demands) {
    if (gpusPerReplica !== demands[0]!.gpusPerReplica) return undefined;
    for (const { pool, podsPerNode } of pools) {
      if ((slots.get(pool.name) ?? podsPerNode) !== podsPerNode) return undefined;
      slots.set(pool.name, podsPerNode);
    }
  }
  return slots;
}

function assignByFlow(
  demands: readonly Demand[],
  pools: readonly AssignmentPool[],
  slots: ReadonlyMap<string, number>,
): Assignment {
  const flow = maximumFlow(
    demands.map(({ replicas, pools: own }) => ({
      amount: replicas,
      edges: own.map(({ pool }) => ({ pool: pool.name, capacity: Infinity })),
    })),
    new Map(pools.map(({ name, maxNodes }) => [name, maxNodes * (slots.get(name) ?? 0)])),
  );
  if (!flow) return { verdict: 'does-not-fit' };
  const nodes = pools.map(({ name }): [string, number] => {
    const replicas = flow.reduce((sum, row) => sum + (row.get(name) ?? 0), 0);
    return [name, replicas === 0 ? 0 : Math.ceil(replicas / slots.get(name)!)];
  });
  return {
    verdict: 'fits',
    replicas: Object.fromEntries(demands.map(({ path }, at) => [path, Object.fromEntries(flow[at]!)])),
    nodes: Object.fromEntries(nodes),
  };
}

/** Necessary, not sufficient: GPUs counted as if replicas could be cut. */
function fitsInGpus(demands: readonly Demand[], pools: readonly AssignmentPool[]): boolean {
  const flow = maximumFlow(
    demands.map(({ replicas, gpusPerReplica, pools: own }) => ({
      amount: replicas * gpusPerReplica,
      edges: own.map(({ pool, podsPerNode }) => ({
        pool: pool.name,
        capacity: pool.maxNodes * podsPerNode * gpusPerReplica,
      })),
    })),
    new Map(pools.map(({ name, maxNodes, gpusPerNode }) => [name, maxNodes * gpusPerNode])),
  );
  return flow !== undefined;
}

interface Source {
  readonly amount: number;
  readonly edges: readonly { readonly pool: string; readonly capacity: number }[];
}

/**
 * Ford and Fulkerson with breadth-first search: fills preferred pools first, and moves what is there already when that makes
 * room. Undefined when not everything flows.
 */
function maximumFlow(
  sources: readonly Source[],
  capacities: ReadonlyMap<string, number>,
): Map<string, number>[] | undefined {
  const flow = sources.map(() => new Map<string, number>());
  const free = new Map(capacities);
  for (const [at, { amount }] of sources.entries()) {
    let missing = amount;
    while (missing > 0) {
      const path = augmentingPath(at, sources, flow, free);
      if (!path) return undefined;
      const last = path[path.length - 1]!.to;
      const moved = Math.min(missing, free.get(last)!, ...path.map((hop) => hop.room));
      for (const { source, to, from } of path) {
        flow[source]!.set(to, (flow[source]!.get(to) ?? 0) + moved);
        if (from !== undefined) flow[source]!.set(from, flow[source]!.get(from)! - moved);
      }
      free.set(last, free.get(last)! - moved);
      missing -= moved;
    }
  }
  return flow;
}

/** A part of one source's flow that goes to a pool, taken from another pool unless it is new. */
interface Hop {
  readonly source: number;
  readonly to: string;
  readonly from?: string;
  readonly room: number;
}

function augmentingPath(
  start: number,
  sources: readonly Source[],
  flow: readonly ReadonlyMap<string, number>[],
  free: ReadonlyMap<string, number>,
): Hop[] | undefined {
  const seen = new Set<string>();
  const queue: { source: number; from?: string; path: readonly Hop[] }[] = [{ source: start, path: [] }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { source, from, path } = next;
    for (const { pool, capacity } of sources[source]!.edges) {
      const sent = flow[source]!.get(pool) ?? 0;
      if (seen.has(pool) || sent >= capacity) continue;
      seen.add(pool);
      const moveable = from === undefined ? Infinity : flow[source]!.get(from)!;
      const longer = [...path, { source, to: pool, from, room: Math.min(capacity - sent, moveable) }];
      if ((free.get(pool) ?? 0) > 0) return longer;
      for (const [other, row] of flow.entries()) {
        if ((row.get(pool) ?? 0) > 0) queue.push({ source: other, from: pool, path: longer });
      }
    }
  }
  return undefined;
}

/** Nodes of a pool that are alike. */
interface NodeClass {
  readonly freeGpus: number;
  /**
   * How much of CPU and memory is taken by replicas that run out of them before GPUs, between 0 and 1. One of which a
   * node holds n takes more than 1 / (n + 1).
   */
  readonly crowding: number;
  readonly nodes: number;
}

/** What a replica adds to `crowding`; 0 when GPUs run out first. */
function crowdingOf({ gpusPerReplica }: Demand, pool: AssignmentPool, podsPerNode: number): number {
  return podsPerNode < Math.floor(pool.gpusPerNode / gpusPerReplica) ? 1 / (podsPerNode + 1) : 0;
}

/** Sums of fractions are not exact. */
const ALMOST_ONE = 1 - 1e-6;

/** States after which the search gives up. Clusters of hundreds of nodes with mixed replicas stay far below. */
const MOST_STATES = 100_000;
/** One replica is one level of the search. */
const MOST_REPLICAS = 2_000;

function assignBySearch(demands: readonly Demand[], pools: readonly AssignmentPool[]): Assignment {
  if (demands.reduce((sum, { replicas }) => sum + replicas, 0) > MOST_REPLICAS) return { verdict: 'undecided' };
  const order = [...demands].sort((one, other) => other.gpusPerReplica - one.gpusPerReplica);
  const tightestOnly = isChain(order);
  const dead = new Set<string>();
  let states = 0;

  /** The nodes of every pool in their final state, when everything from here on finds a place. */
  const place = (at: number, placed: number, state: State): State | undefined => {
    const demand = order[at];
    if (!demand) return state;
    if (placed === demand.replicas) return place(at + 1, 0, state);
    const key = `${at} ${placed} ${format(state)}`;
    if (dead.has(key)) return undefined;
    if (++states > MOST_STATES) return undefined;
    for (const { pool, podsPerNode } of demand.pools) {
      const classes = state.get(pool.name)!;
      const crowding = crowdingOf(demand, pool, podsPerNode);
      // Fullest nodes first: what is left over stays in one piece.
      const candidates = classes
        .filter((one) => one.freeGpus >= demand.gpusPerReplica && one.crowding + crowding < ALMOST_ONE)
        .sort((one, other) => one.freeGpus - other.freeGpus || other.crowding - one.crowding);
      for (const candidate of tightestOnly ? candidates.slice(0, 1) : candidates) {
        const after = new Map(state).set(pool.name, withOneMore(classes, candidate, demand.gpusPerReplica, crowding));
        const found = place(at, placed + 1, after);
        if (found) {
          tally(counts, demand.path, pool.name);
          return found;
        }
      }
    }
    if (states <= MOST_STATES) dead.add(key);
    return undefined;
  };

  const counts: Record<string, Record<string, number>> = {};
  const empty: State = new Map(
    pools.map(({ name, maxNodes, gpusPerNode }) => [name, [{ freeGpus: gpusPerNode, crowding: 0, nodes: maxNodes }]]),
  );
  const found = place(0, 0, empty);
  if (!found) return { verdict: states > MOST_STATES ? 'undecided' : 'does-not-fit' };
  const nodes = pools.map(({ name, gpusPerNode }) => [
    name,
    found.get(name)!.reduce((sum, { freeGpus, nodes: alike }) => sum + (freeGpus < gpusPerNode ? alike : 0), 0),
  ]);
  return { verdict: 'fits', replicas: counts, nodes: Object.fromEntries(nodes) };
}

type State = ReadonlyMap<string, readonly NodeClass[]>;

/**
 * True when each size divides the next larger one and only GPUs limit a node: then the fullest node that still has room is
 * never worse than another of its pool, because smaller replicas can always change places with it.
 */
function isChain(order: readonly Demand[]): boolean {
  const divides = order.every(
    ({ gpusPerReplica }, at) => at === 0 || order[at - 1]!.gpusPerReplica % gpusPerReplica === 0,
  );
  return (
    divides &&
    order.every(({ gpusPerReplica, pools }) =>
      pools.every(({ pool, podsPerNode }) => podsPerNode >= Math.floor(pool.gpusPerNode / gpusPerReplica)),
    )
  );
}

function withOneMore(classes: readonly NodeClass[], taken: NodeClass, gpus: number, crowding: number): NodeClass[] {
  const rest = classes.flatMap((one) =>
    one !== taken ? [one] : one.nodes > 1 ? [{ ...one, nodes: one.nodes - 1 }] : [],
  );
  return merged([...rest, { freeGpus: taken.freeGpus - gpus, crowding: round(taken.crowding + crowding), nodes: 1 }]);
}

/** So that equal sums are equal, in whatever order they were added. */
const round = (value: number) => Math.round(value * 1e9) / 1e9;

/** Alike nodes together, in one order, so that equal states look equal. */
function merged(classes: readonly NodeClass[]): NodeClass[] {
  const sorted = [...classes].sort((one, other) => one.freeGpus - other.freeGpus || one.crowding - other.crowding);
  return sorted.reduce<NodeClass[]>((all, one) => {
    const last = all[all.length - 1];
    const alike = last !== undefined && last.freeGpus === one.freeGpus && last.crowding === one.crowding;
    return alike ? [...all.slice(0, -1), { ...last, nodes: last.nodes + one.nodes }] : [...all, one];
  }, []);
}

const format = (state: State) =>
  [...state.values()]
    .map((classes) => classes.map(({ freeGpus, crowding, nodes }) => `${freeGpus}.${crowding}x${nodes}`).join(','))
    .join(';');

function tally(counts: Record<string, Record<string, number>>, path: string, pool: string): void {
  const own = (counts[path] ??= {});
  own[pool] = (own[pool] ?? 0) + 1;
}
