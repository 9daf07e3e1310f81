import {
  CapacityPool,
  CapacityPriority,
  CapacityRequest,
  CapacityService,
  fitsAtRest,
  largestOf,
} from './capacity-plan';
import { connected } from './connected';

/**
 * A service each pod of which takes all GPUs of a machine, beside pods that may take a place on the machines that it needs: there is
 * room for all of them, and no promise that the scheduler leaves it.
 */
export interface WholeMachineSharing {
  readonly service: CapacityService;
  /** Machines that it needs whole. */
  readonly machinesNeeded: number;
  /** The pools of these machines, and how many there are. */
  readonly pools: readonly CapacityPool[];
  readonly machines: number;
  /** Services whose pods it cannot end, with what they run at that moment. */
  readonly neighbours: readonly { readonly path: string; readonly pods: number; readonly gpusPerPod: number }[];
  /** The service that is at its largest. @default - all are at rest */
  readonly largest?: string;
  /** Machines that are left when each of their pods is on one of its own. */
  readonly machinesLeft: number;
}

/**
 * The scheduler prefers the machine with the most left (NodeResourcesFit, LeastAllocated), so small pods take one empty machine after
 * the other. In the worst case each is on its own; where even then enough are left, nothing is told. Neither are pods of a canary
 * counted beside others: they end with the release.
 *
 * @source Kubernetes documentation, "Scheduler Configuration": NodeResourcesFit with LeastAllocated is the default
 */
export function wholeMachineSharings({ services, pools }: CapacityRequest): WholeMachineSharing[] {
  return connected(services, (service) => service.pools.map(({ name }) => name)).flatMap((island) => {
    const fits = fittingMoments(island, pools);
    return island.flatMap((service) => sharingOf(service, island, pools, fits));
  });
}

/** A moment: all are at rest, or one has more replicas. */
interface Moment {
  readonly largest?: CapacityService;
  readonly replicas: number;
}

const AT_REST: Moment = { replicas: 0 };

/** Whether all of an island find room at a moment. The same moments concern many services, so each is decided once. */
function fittingMoments(
  island: readonly CapacityService[],
  pools: readonly CapacityPool[],
): (moment: Moment) => boolean {
  const decided = new Map<string, boolean>();
  return ({ largest, replicas }) => {
    const key = largest === undefined ? '' : `${replicas} ${largest.path}`;
    const known = decided.get(key);
    if (known !== undefined) return known;
    const services = island.map((each) => (each === largest ? { ...each, replicasAtRest: replicas } : each));
    const fits = fitsAtRest({ services, pools });
    decided.set(key, fits);
    return fits;
  };
}

/** The moment at which most machines are missing: all at rest, or one at its largest. */
function sharingOf(
  service: CapacityService,
  island: readonly CapacityService[],
  pools: readonly CapacityPool[],
  fits: (moment: Moment) => boolean,
): WholeMachineSharing[] {
  const own = wholePools(service, pools);
  const [gpusPerNode = 1] = own.map((pool) => pool.gpusPerNode);
  if (gpusPerNode === 1) return [];
  const neighbours = island.filter((other) => other !== service && reaches(other, own) && staysBeside(other, service));
  if (neighbours.every((other) => gpusPerPod(other) === gpusPerNode)) return [];
  const machines = sum(own.map(({ maxNodes }) => maxNodes));
  const podsAtRest = sum(neighbours.map((each) => podsOf(each)));
  const candidates = [service, ...neighbours]
    .map((largest): Moment => ({ largest, replicas: peakOf(largest, service) }))
    .filter(({ largest, replicas }) => replicas !== largest!.replicasAtRest);
  const moments = [AT_REST, ...candidates].flatMap((moment) => {
    const { largest, replicas } = moment;
    const more = largest === undefined ? 0 : podsOf(largest, replicas) - podsOf(largest);
    const machinesNeeded = podsOf(service) + (largest === service ? more : 0);
    const podsBeside = podsAtRest + (largest === service ? 0 : more);
    const machinesLeft = Math.max(0, machines - podsBeside);
    const missing = machinesNeeded + podsBeside - machines;
    return machinesNeeded > machinesLeft ? [{ moment, machinesNeeded, machinesLeft, missing }] : [];
  });
  // What has no room at all is told by its own verdict.
  const worst = moments.sort((one, other) => other.missing - one.missing).find(({ moment }) => fits(moment));
  if (worst === undefined) return [];
  const { machinesNeeded, machinesLeft, moment } = worst;
  const { largest, replicas } = moment;
  const beside = neighbours
    .map((each) => ({
      path: each.path,
      pods: podsOf(each, each === largest ? replicas : undefined),
      gpusPerPod: gpusPerPod(each),
    }))
    .filter(({ pods }) => pods > 0);
  const sharing = { service, machinesNeeded, pools: own, machines, neighbours: beside, machinesLeft };
  return [{ ...sharing, ...(largest && { largest: largest.path }) }];
}

const podsOf = ({ replicasAtRest, podsPerReplica = 1 }: CapacityService, replicas = replicasAtRest) =>
  replicas * podsPerReplica;

/** Its own canaries need machines as well; those of others end. */
const peakOf = (each: CapacityService, service: CapacityService) =>
  each === service ? largestOf(each) : largestOf({ ...each, steps: [] });

const gpusPerPod = ({ gpusPerReplica, podsPerReplica = 1 }: CapacityService) => gpusPerReplica / podsPerReplica;

/** Pools that hold one of its pods at least. */
const usable = (service: CapacityService, pools: readonly CapacityPool[]) =>
  pools.filter(({ name, gpusPerNode }) =>
    service.pools.some((pool) => pool.name === name && pool.podsPerNode !== 0 && gpusPerPod(service) <= gpusPerNode),
  );

/** Its pools, where a pod takes all GPUs of a machine whichever it is on; none otherwise. */
function wholePools(service: CapacityService, pools: readonly CapacityPool[]): readonly CapacityPool[] {
  const own = usable(service, pools);
  return own.every(({ gpusPerNode }) => gpusPerNode === gpusPerPod(service)) ? own : [];
}

const reaches = (service: CapacityService, pools: readonly CapacityPool[]) =>
  gpusPerPod(service) > 0 && usable(service, pools).length > 0;

const NO_CLASS: CapacityPriority = { value: 0, preempts: false };

/** Whether the pods of one stay where they are when the other needs their place. Of classes that nobody declared only equal ones do. */
function staysBeside({ priority: lower = NO_CLASS }: CapacityService, { priority: own = NO_CLASS }: CapacityService) {
  if (own.value === undefined || lower.value === undefined) return own.name === lower.name;
  return !own.preempts || own.value <= lower.value;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
