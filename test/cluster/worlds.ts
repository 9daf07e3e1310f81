import { GkeMachineType, GpuNodePool, planNodeFit } from '../../lib';
import { Assignment, assignReplicas } from '../../lib/plan/replica-assignment';
import { numbers } from './bulk';

/** A service of a small world. */
export interface WorldService {
  readonly name: string;
  readonly replicas: number;
  readonly gpus: number;
  readonly cpuMillis: number;
  readonly memoryMib: number;
  /** Indexes of the world's pools, the most wanted first. */
  readonly pools: readonly number[];
}

/** A few services on a few pools, and what the plan says of them. */
export interface World {
  readonly name: string;
  readonly machines: readonly { readonly type: GkeMachineType; readonly nodes: number }[];
  readonly services: readonly WorldService[];
  readonly plan: Assignment;
}

/** One, two, four and eight L4. */
const TYPES: readonly GkeMachineType[] = ['g2-standard-8', 'g2-standard-24', 'g2-standard-48', 'g2-standard-96'];

/** The pools of a world; `copy` tells those of the same world in two attempts apart. */
export const poolsOf = ({ name, machines }: Pick<World, 'name' | 'machines'>, copy = 'plan') =>
  machines.map(({ type, nodes }, at) =>
    GpuNodePool.gke({ name: `${name}-${copy}-${at}`, machineType: type, maxNodes: nodes }),
  );

/** Worlds in which demand is near what there is; as many that fit as that do not; the same in every run. */
export function worlds(each: number): World[] {
  const { below, pick } = numbers(7);
  const found: Record<'fits' | 'does-not-fit', World[]> = { fits: [], 'does-not-fit': [] };
  while (found.fits.length < each || found['does-not-fit'].length < each) {
    const name = `w${found.fits.length + found['does-not-fit'].length}`;
    const machines = Array.from({ length: 1 + below(3) }, () => ({ type: pick(TYPES), nodes: 1 + below(3) }));
    const pools = poolsOf({ name, machines });
    const services = Array.from({ length: 2 + below(3) }, (_, at) => service(`s${at}`, pools, { below, pick }));
    if (services.some(({ pools: own }) => own.length === 0)) continue;
    const held = pools.reduce((sum, pool) => sum + pool.maxGpus, 0);
    const needed = services.reduce((sum, { replicas, gpus }) => sum + replicas * gpus, 0);
    if (needed < 0.7 * held || needed > 1.1 * held) continue;
    const demands = services.map((one) => ({
      path: one.name,
      replicas: one.replicas,
      gpusPerReplica: one.gpus,
      pools: one.pools.map((at) => ({
        name: pools[at]!.name,
        podsPerNode: planNodeFit({ pod: { ...one, ephemeralStorageMib: 0 }, pool: pools[at]! }).podsPerNode,
      })),
    }));
    const plan = assignReplicas(demands, pools);
    if (plan.verdict === 'undecided' || found[plan.verdict].length >= each) continue;
    found[plan.verdict].push({ name, machines, services, plan });
  }
  return [...found.fits, ...found['does-not-fit']];
}

function service(name: string, pools: readonly GpuNodePool[], random: ReturnType<typeof numbers>): WorldService {
  const gpus = random.pick([1, 1, 2, 2, 3, 4, 8]);
  const able = pools.map((_, at) => at).filter((at) => pools[at]!.gpusPerNode >= gpus);
  const own: number[] = [];
  for (let wanted = Math.min(able.length, 1 + random.below(3)); own.length < wanted;) {
    own.push(random.pick(able.filter((at) => !own.includes(at))));
  }
  // Its share of the smallest node, as planPodResources has it: GPUs run out first.
  const share = (key: 'cpuMillis' | 'memoryMib') =>
    Math.min(
      ...own.map((at) => {
        const { allocatable, daemonSets, gpusPerNode } = pools[at]!;
        return Math.floor(((allocatable![key] - daemonSets[key]) * gpus * 0.95) / gpusPerNode);
      }),
    );
  return {
    name,
    replicas: 1 + random.below(4),
    gpus,
    cpuMillis: share('cpuMillis'),
    memoryMib: share('memoryMib'),
    pools: own,
  };
}

/** Pod of a world: the replica of a service, and the node that it is bound to, if any. */
export interface WorldPod {
  readonly service: WorldService;
  readonly replica: number;
  /** Index of a pool, and of a node in it. */
  readonly node?: readonly [pool: number, node: number];
}

const replicasOf = (services: readonly WorldService[]): WorldPod[] =>
  services.flatMap((one) => Array.from({ length: one.replicas }, (_, replica) => ({ service: one, replica })));

/** Orders in which the pods of a world can be created. */
export const ORDERS = {
  declared: ({ services }: World) => replicasOf(services),
  'largest-first': ({ services }: World) => replicasOf([...services].sort((one, other) => other.gpus - one.gpus)),
  'choosiest-first': ({ services }: World) =>
    replicasOf([...services].sort((one, other) => one.pools.length - other.pools.length || other.gpus - one.gpus)),
} as const;

/** A node for each replica, with as many in each pool as the plan says; undefined when the plan says what cannot be. */
export function nodesByPlan({ machines, services, plan, name }: World): WorldPod[] | undefined {
  if (plan.verdict !== 'fits') return undefined;
  const free = poolsOf({ name, machines }).map((pool) => Array.from({ length: pool.maxNodes }, () => pool.gpusPerNode));
  const missing = new Map(
    services.map((one) => [one.name, new Map(Object.entries(plan.replicas[one.name] ?? {}))] as const),
  );
  const pods = ORDERS['largest-first']({ machines, services, plan, name });
  const place = (at: number): WorldPod[] | undefined => {
    const pod = pods[at];
    if (!pod) return [];
    const { service: own } = pod;
    for (const pool of own.pools) {
      const counts = missing.get(own.name)!;
      const key = `${name}-plan-${pool}`;
      const left = counts.get(key) ?? 0;
      if (left === 0) continue;
      for (const [node, gpus] of free[pool]!.entries()) {
        if (gpus < own.gpus) continue;
        free[pool]![node] = gpus - own.gpus;
        counts.set(key, left - 1);
        const rest = place(at + 1);
        if (rest) return [{ ...pod, node: [pool, node] }, ...rest];
        free[pool]![node] = gpus;
        counts.set(key, left);
      }
    }
    return undefined;
  };
  return place(0);
}
