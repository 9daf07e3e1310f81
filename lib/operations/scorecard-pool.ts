import { GpuNodePool } from '../hardware/gpu-node-pool';
import { RdmaAdapters } from '../hardware/rdma';
import { Taint } from '../hardware/taint';
import { NodePrice, ScorecardCosts } from './scorecard-cost';
import { ScorecardPlacement } from './scorecard-placement';

/** Resources as Kubernetes counts them on a node. */
export interface NodeResources {
  /** Undefined where nobody knows the machine. */
  readonly cpuMillis?: number;
  readonly memoryMib?: number;
  readonly ephemeralStorageMib?: number;
  /** Devices of the pool's resource. */
  readonly gpus: number;
}

/** What a node of a pool looks like to the scheduler. */
export interface NodeTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Nominal size of the machine. */
  readonly capacity: NodeResources;
  /** What it offers to pods, DaemonSets included. */
  readonly allocatable: NodeResources;
  /** What DaemonSets take of that. */
  readonly daemonSets: { readonly cpuMillis: number; readonly memoryMib: number };
  /** Network adapters that pods may have. @default - none */
  readonly rdma?: RdmaAdapters;
}

export interface ScorecardPool {
  /** The pool's name; with `#2` behind it when another pool of that name is declared too. */
  readonly key: string;
  readonly name: string;
  readonly platform: string;
  readonly machineTypes: readonly string[];
  readonly gpu: string;
  readonly migProfile?: string;
  /** Pods that share one GPU, when it is shared. */
  readonly sharedBy?: number;
  readonly resourceName: string;
  readonly gpusPerNode: number;
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly zones: readonly string[];
  readonly spot: boolean;
  /** Nodes that the declared pods need. */
  readonly nodes: number;
  /** Devices that the declared pods take. */
  readonly gpus: number;
  /** Price of one node in the currency of the total, with region and date; undefined when nobody knows it. */
  readonly price?: NodePrice;
  readonly node: NodeTemplate;
}

/** All pools of an app, each once. */
export interface DeclaredPools {
  /** In order of their keys. */
  readonly byKey: ReadonlyMap<string, GpuNodePool>;
  readonly keys: ReadonlyMap<GpuNodePool, string>;
}

/** Pools that are alike are one pool, even when each service made a value of its own. */
export function declaredPools(pools: readonly GpuNodePool[]): DeclaredPools {
  const byDefinition = new Map<string, GpuNodePool>();
  const definitions = new Map<GpuNodePool, string>();
  for (const pool of pools) {
    if (definitions.has(pool)) continue;
    const definition = JSON.stringify([pool.name, pool]);
    definitions.set(pool, definition);
    if (!byDefinition.has(definition)) byDefinition.set(definition, pool);
  }
  const taken = new Map<string, number>();
  const keyByDefinition = new Map<string, string>();
  const byKey: [string, GpuNodePool][] = [];
  for (const definition of [...byDefinition.keys()].sort()) {
    const pool = byDefinition.get(definition)!;
    const number = (taken.get(pool.name) ?? 0) + 1;
    taken.set(pool.name, number);
    const key = number === 1 ? pool.name : `${pool.name}#${number}`;
    keyByDefinition.set(definition, key);
    byKey.push([key, pool]);
  }
  return {
    byKey: new Map(byKey),
    keys: new Map([...definitions].map(([pool, definition]) => [pool, keyByDefinition.get(definition)!])),
  };
}

/** One pool as the scorecard tells it. */
export function scorecardPool(
  key: string,
  pool: GpuNodePool,
  placement: ScorecardPlacement,
  costs: ScorecardCosts,
): ScorecardPool {
  const { machine, allocatable } = pool;
  const price = costs.priceOf(key);
  return {
    key,
    name: pool.name,
    platform: pool.platform,
    machineTypes: pool.machineTypes,
    gpu: pool.gpu.id,
    ...(pool.migProfile && { migProfile: pool.migProfile.name }),
    ...(pool.sharing && { sharedBy: pool.sharing.replicas }),
    resourceName: pool.resourceName,
    gpusPerNode: pool.gpusPerNode,
    minNodes: pool.minNodes,
    maxNodes: pool.maxNodes,
    zones: pool.zones,
    spot: pool.spot,
    nodes: placement.nodes.get(key) ?? 0,
    gpus: placement.gpus.get(key) ?? 0,
    ...(price && { price }),
    node: {
      labels: sorted(pool.nodeLabels),
      taints: pool.taints,
      capacity: {
        ...(machine && { cpuMillis: machine.vcpu * 1000, memoryMib: machine.memoryGib * 1024 }),
        gpus: pool.gpusPerNode,
      },
      allocatable: {
        ...(allocatable && { cpuMillis: allocatable.cpuMillis, memoryMib: allocatable.memoryMib }),
        ...(allocatable?.ephemeralStorageMib !== undefined && {
          ephemeralStorageMib: allocatable.ephemeralStorageMib,
        }),
        gpus: pool.gpusPerNode,
      },
      daemonSets: pool.daemonSets,
      ...(pool.rdma && { rdma: pool.rdma }),
    },
  };
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}
