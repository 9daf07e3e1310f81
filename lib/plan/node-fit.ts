import { Allocatable } from '../hardware/allocatable';
import { Findings, Problem } from '../problem/problem';

/** What one pod asks of its node, as the scheduler counts it. */
export interface PodRequest {
  readonly cpuMillis: number;
  /**
   * Shared memory included: a memory-backed /dev/shm is charged to the container that writes to it. Not whole where the pod asks
   * for odd bytes.
   */
  readonly memoryMib: number;
  /** 0 when the pod asks for none; not whole where it asks for odd bytes. */
  readonly ephemeralStorageMib: number;
  /** Devices of the pool's resource: GPUs, MIG slices or shares. */
  readonly gpus: number;
}

/** What one container asks for; what it does not name is 0. */
export type ContainerRequest = Partial<PodRequest>;

/** An init container. A sidecar (`restartPolicy: Always`) goes on running beside everything that starts after it. */
export interface InitContainerRequest extends ContainerRequest {
  /** @default false */
  readonly sidecar?: boolean;
}

const RESOURCES = ['cpuMillis', 'memoryMib', 'ephemeralStorageMib', 'gpus'] as const;

/**
 * The request of a pod by Kubernetes' rule: init containers run one after the other, so only the largest counts, beside
 * the sidecars that were started before it; what runs together is added up.
 *
 * Source: Kubernetes documentation "Init Containers" and "Sidecar Containers", resource sharing within containers.
 *
 * @param overhead what a RuntimeClass adds to each pod
 */
export function podRequest(
  containers: readonly ContainerRequest[],
  initContainers: readonly InitContainerRequest[] = [],
  overhead: ContainerRequest = {},
): PodRequest {
  const of = (resource: keyof PodRequest): number => {
    let sidecars = 0;
    let largestStart = 0;
    for (const init of initContainers) {
      const asked = init[resource] ?? 0;
      largestStart = Math.max(largestStart, sidecars + asked);
      if (init.sidecar) sidecars += asked;
    }
    const running = containers.reduce((sum, container) => sum + (container[resource] ?? 0), sidecars);
    return Math.max(running, largestStart) + (overhead[resource] ?? 0);
  };
  const [cpuMillis, memoryMib, ephemeralStorageMib, gpus] = RESOURCES.map(of) as [number, number, number, number];
  return { cpuMillis, memoryMib, ephemeralStorageMib, gpus };
}

/** What must be known of a pool; a GpuNodePool is one. */
export interface NodeFitPool {
  readonly name: string;
  /** Devices that a pod can request on one node. */
  readonly gpusPerNode: number;
  /** What a node offers, DaemonSets included. @default - unknown: only GPUs are judged */
  readonly allocatable?: Allocatable;
  /** What the DaemonSets of a node take of `allocatable`. */
  readonly daemonSets: { readonly cpuMillis: number; readonly memoryMib: number };
  /** The smallest machine of the pool. @default - unknown: nodes of your own */
  readonly machine?: { readonly type: string; readonly localSsdGb: number };
}

/** What can run out on a node first. */
export type NodeResource = 'gpus' | 'cpu' | 'memory' | 'ephemeral-storage';

export interface NodeFitRequest {
  /** One pod's request, sidecars and init containers counted: see {@link podRequest}. */
  readonly pod: PodRequest;
  readonly pool: NodeFitPool;
}

/** A node, or a part of one, without its GPUs. */
export interface NodeShare {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  /** Undefined when nobody knows the disk. */
  readonly ephemeralStorageMib?: number;
}

/** How many pods of one kind a node of a pool holds, and what remains beside them. */
export interface NodeFit {
  readonly pod: PodRequest;
  readonly pool: NodeFitPool;
  /** 0 when the pod fits no node. */
  readonly podsPerNode: number;
  /** How many pods each resource would allow, of those that the pod asks for and of which the node's part is known. */
  readonly podsByResource: Readonly<Partial<Record<NodeResource, number>>>;
  /** What the pod asks for and nobody knows of the node, so that it was not judged. */
  readonly unjudged: readonly NodeResource[];
  /** The resources that allow the fewest pods; the next pod misses each of them. */
  readonly limitedBy: readonly NodeResource[];
  /** What a node offers after DaemonSets; undefined when nobody said. */
  readonly offered?: NodeShare;
  /** What is left of a node beside as many pods as it holds. CPU and memory are undefined when nobody said. */
  readonly leftBeside: { readonly cpuMillis?: number; readonly memoryMib?: number; readonly gpus: number };
  /** GPUs that stay free because CPU, memory or disk ran out first. Nobody else can use them without those, either. */
  readonly strandedGpus: number;
  /** The largest request with which pods would use all GPUs of a node; undefined when nobody knows the node. */
  readonly requestForAllGpus?: NodeShare;
}

/** Computes how many pods a node holds. Pure: the same request gives the same plan. */
export function planNodeFit({ pod, pool }: NodeFitRequest): NodeFit {
  const offered = pool.allocatable && {
    cpuMillis: Math.max(0, pool.allocatable.cpuMillis - pool.daemonSets.cpuMillis),
    memoryMib: Math.max(0, pool.allocatable.memoryMib - pool.daemonSets.memoryMib),
    ...(pool.allocatable.ephemeralStorageMib !== undefined && {
      ephemeralStorageMib: pool.allocatable.ephemeralStorageMib,
    }),
  };
  const podsByResource: Partial<Record<NodeResource, number>> = {};
  const unjudged: NodeResource[] = [];
  const judge = (resource: NodeResource, asked: number, there: number | undefined) => {
    if (asked <= 0) return;
    if (there === undefined) unjudged.push(resource);
    else podsByResource[resource] = Math.floor(there / asked);
  };
  judge('gpus', pod.gpus, pool.gpusPerNode);
  judge('cpu', pod.cpuMillis, offered?.cpuMillis);
  judge('memory', pod.memoryMib, offered?.memoryMib);
  judge('ephemeral-storage', pod.ephemeralStorageMib, offered?.ephemeralStorageMib);

  const limits = Object.entries(podsByResource) as [NodeResource, number][];
  const podsPerNode = Math.min(MAX_PODS, ...limits.map(([, pods]) => pods));
  const podsByGpus = podsByResource.gpus ?? 0;
  return {
    pod,
    pool,
    podsPerNode,
    podsByResource,
    unjudged,
    limitedBy: limits.filter(([, pods]) => pods === podsPerNode).map(([resource]) => resource),
    ...(offered && { offered }),
    leftBeside: {
      ...(offered && {
        cpuMillis: offered.cpuMillis - podsPerNode * pod.cpuMillis,
        memoryMib: offered.memoryMib - podsPerNode * pod.memoryMib,
      }),
      gpus: pool.gpusPerNode - podsPerNode * pod.gpus,
    },
    strandedGpus: Math.max(0, podsByGpus - podsPerNode) * pod.gpus,
    ...(offered && podsByGpus > 0 && { requestForAllGpus: share(offered, podsByGpus) }),
  };
}

/** Kubernetes' own default for a node; only pods without GPUs come near it. */
const MAX_PODS = 110;

/** One pod's part of a node, in round figures. */
function share(offered: NodeShare, pods: number): NodeShare {
  return {
    cpuMillis: roundDown(offered.cpuMillis / pods, 100),
    memoryMib: roundDown(offered.memoryMib / pods, 256),
    ...(offered.ephemeralStorageMib !== undefined && {
      ephemeralStorageMib: roundDown(offered.ephemeralStorageMib / pods, 1024),
    }),
  };
}

const roundDown = (value: number, step: number) =>
  value >= step ? Math.floor(value / step) * step : Math.floor(value);

/**
 * What the fit says to its user: a pod that fits no node is an error; GPUs that nobody can use, and nodes of which
 * nobody knows CPU and memory, are warnings.
 */
export function nodeFitFindings(fit: NodeFit): Findings {
  const short = NODE_RESOURCES.filter((resource) => fit.podsByResource[resource] === 0);
  // A machine with too few GPUs is the wrong one; what else it lacks is of no use to the reader.
  if (short.includes('gpus')) return { errors: [misfit(fit, 'gpus')], warnings: [] };
  if (short.length > 0) return { errors: short.map((resource) => misfit(fit, resource)), warnings: [] };
  return { errors: [], warnings: [...stranded(fit), ...unknownMachine(fit)] };
}

const NODE_RESOURCES: readonly NodeResource[] = ['gpus', 'cpu', 'memory', 'ephemeral-storage'];

function misfit(fit: NodeFit, resource: NodeResource): Problem {
  const { pod, pool } = fit;
  if (resource === 'gpus') {
    return {
      check: 'node-fit',
      message: `A pod asks for ${pod.gpus} GPUs; a node of the pool ${pool.name} has ${pool.gpusPerNode}.`,
      remedy: `Use a machine with ${pod.gpus} GPUs or more, or tensorParallelSize ${pool.gpusPerNode}${otherMachines(pod.gpus, pool.gpusPerNode)}.`,
    };
  }
  const { allocatable, daemonSets } = pool;
  const node = pool.machine ? `${pool.name} (${pool.machine.type})` : pool.name;
  if (resource === 'ephemeral-storage') {
    const ssdGb = pool.machine?.localSsdGb ?? 0;
    return {
      check: 'node-fit',
      message: `A pod asks for ${askedMib(pod.ephemeralStorageMib)} of ephemeral storage; a node of the pool ${node} offers ${mib(allocatable?.ephemeralStorageMib ?? 0)}.`,
      remedy:
        ssdGb > 0
          ? `State a larger bootDisk of the pool, set localSsdAsEphemeralStorage to use the machine's ${count(ssdGb)} GB of local SSD, or keep the weights in a ModelCache of its own.`
          : 'State a larger bootDisk of the pool, or keep the weights in a ModelCache of its own.',
    };
  }
  const cpu = resource === 'cpu';
  const say = cpu ? millis : mib;
  const asked = cpu ? millis(pod.cpuMillis) : askedMib(pod.memoryMib);
  const key = cpu ? 'cpuMillis' : 'memoryMib';
  const left = fit.offered?.[key] ?? 0;
  const most = roundDown(left, cpu ? 100 : 256);
  return {
    check: 'node-fit',
    message:
      `A pod asks for ${asked} of ${resource}, sidecars and shared memory included; a node of the pool ${node} ` +
      `leaves ${say(left)} (${say(allocatable?.[key] ?? 0)} allocatable, ${say(daemonSets[key])} for DaemonSets).`,
    remedy: `Ask for at most ${say(most)}, use a larger machine, or state daemonSets of the pool if yours ask for less.`,
  };
}

/** The layout that has as many GPUs, where whole machines make them up. */
function otherMachines(gpus: number, gpusPerNode: number): string {
  const stages = gpus / gpusPerNode;
  if (!Number.isSafeInteger(stages)) return '';
  return ` with pipelineParallelSize ${stages}, if the server spans machines`;
}

function stranded(fit: NodeFit): Problem[] {
  const { pod, pool, strandedGpus, podsPerNode, requestForAllGpus, podsByResource } = fit;
  if (strandedGpus === 0 || requestForAllGpus === undefined) return [];
  const podsByGpus = podsByResource.gpus ?? 0;
  // Only what runs out before the GPUs needs to shrink; naming the rest would be noise.
  const ask = [
    { resource: 'cpu', name: 'cpu', now: millis(pod.cpuMillis), most: millis(requestForAllGpus.cpuMillis) },
    { resource: 'memory', name: 'memory', now: askedMib(pod.memoryMib), most: mib(requestForAllGpus.memoryMib) },
    {
      resource: 'ephemeral-storage',
      name: 'ephemeral storage',
      now: askedMib(pod.ephemeralStorageMib),
      most: mib(requestForAllGpus.ephemeralStorageMib ?? 0),
    },
  ].filter(({ resource }) => (podsByResource[resource as NodeResource] ?? Infinity) < podsByGpus);
  const listed = (part: (one: (typeof ask)[number]) => string) => ask.map(part).join(' and ');
  if (ask.length === 0) {
    return [
      {
        check: 'node-fit',
        message:
          `A node of the pool ${pool.name} holds ${podsPerNode} pods whatever they ask for, though its ${pool.gpusPerNode} GPUs ` +
          `would do for ${podsByGpus}: ${strandedGpus} of them cannot be used.`,
        remedy: 'Cut or share each GPU into fewer parts.',
      },
    ];
  }
  return [
    {
      check: 'node-fit',
      message:
        `A node of the pool ${pool.name} holds ${podsPerNode} pod${podsPerNode === 1 ? '' : 's'} of ${listed(({ now, name }) => `${now} of ${name}`)}, ` +
        `though its ${pool.gpusPerNode} GPUs would do for ${podsByGpus}: ${strandedGpus} GPU${strandedGpus === 1 ? ' is' : 's are'} paid for and cannot be used.`,
      remedy: `Ask for at most ${listed(({ most, name }) => `${most} of ${name}`)} a pod, or use a machine with more beside each GPU.`,
    },
  ];
}

function unknownMachine({ pool }: NodeFit): Problem[] {
  if (pool.allocatable !== undefined) return [];
  return [
    {
      check: 'node-fit',
      message: `Nobody knows the machine of the pool ${pool.name}: only the GPUs of a pod were judged, not its CPU and memory.`,
      remedy: 'State cpu and memory of its nodes, or its machine types.',
    },
  ];
}

const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const millis = (value: number) => `${count(Math.floor(value))}m`;
const mib = (value: number) => `${count(Math.floor(value))} MiB`;
/** Rounded up: what misses its node by a byte should read as more than the node has. */
const askedMib = (value: number) => mib(Math.ceil(value));
