import { connected } from './connected';
import { AssignmentDemand, AssignmentPool, assignReplicas } from './replica-assignment';

/** Nodes that services share; a GpuNodePool is one. */
export interface CapacityPool {
  readonly name: string;
  readonly maxNodes: number;
  readonly gpusPerNode: number;
  /** Zones of the nodes; empty when any will do. @default - any */
  readonly zones?: readonly string[];
}

/** GPUs that a namespace may request at once. */
export interface CapacityQuota {
  readonly namespace: string;
  /** The extended resource that it counts. @default 'nvidia.com/gpu' */
  readonly resourceName?: string;
  readonly gpus: number;
}

/** What runs at one step of a release. A ReleaseStep and the number of stable replicas make one. */
export interface CapacityStep {
  readonly name: string;
  readonly stableReplicas: number;
  readonly canaryReplicas: number;
}

/** Who makes room for whom. */
export interface CapacityPriority {
  /** Name of the class. @default - no class */
  readonly name?: string;
  /** The larger goes first. @default - nobody declared the class, and nobody knows */
  readonly value?: number;
  /** Whether its pods may end pods of a lower value. */
  readonly preempts: boolean;
}

/** One service, as far as it needs room. */
export interface CapacityService {
  /** How messages name it, such as `nim/llama3-8b`. Unlike that of every other service. */
  readonly path: string;
  readonly namespace: string;
  readonly gpusPerReplica: number;
  /** Pods that a replica consists of, each with an equal part of its GPUs. @default 1 */
  readonly podsPerReplica?: number;
  /** The extended resource of those GPUs. @default 'nvidia.com/gpu' */
  readonly resourceName?: string;
  /** Pools that its pods may run in, in order of preference. */
  readonly pools: readonly {
    readonly name: string;
    /** Pods that a node holds: planNodeFit's `podsPerNode`. @default - as many as its GPUs allow */
    readonly podsPerNode?: number;
  }[];
  /** Replicas when nobody calls; 0 for a service that scales to zero. */
  readonly replicasAtRest: number;
  /** @default - replicasAtRest: nothing scales it */
  readonly replicasAtMaximum?: number;
  /**
   * True when the maximum is what the others leave at rest; then nobody was promised that all have theirs at the same time.
   * @default false
   */
  readonly maximumIsDerived?: boolean;
  /** Steps of the release that is under way or prepared. @default - none */
  readonly steps?: readonly CapacityStep[];
  /** Name of the step that is applied. @default - none */
  readonly currentStep?: string;
  /** The priority of its pods. @default - they have no class: 0, and they end nobody */
  readonly priority?: CapacityPriority;
  /** True when its pods can be replaced one after the other by a partition: not those of a Deployment. @default true */
  readonly hasPartition?: boolean;
  /** From a new pod to its first answer, node and image included, in seconds. @default - unknown: not judged */
  readonly coldStartSeconds?: number;
  /** The longest that a caller may have to wait for a new replica, in seconds. @default - none */
  readonly coldStartObjectiveSeconds?: number;
}

export interface CapacityRequest {
  /** All services that share the pools. */
  readonly services: readonly CapacityService[];
  readonly pools: readonly CapacityPool[];
  /** @default - none */
  readonly quotas?: readonly CapacityQuota[];
}

/** What is in use at one moment. */
export interface Load {
  readonly replicas: number;
  readonly gpus: number;
  /** Nodes in use; as many as it would take, where there are not enough. */
  readonly nodes: number;
}

/** One service's load; nodes as if it had them to itself. */
export interface ServiceCapacity {
  readonly path: string;
  readonly atRest: Load;
  readonly atMaximum: Load;
  readonly steps: readonly (CapacityStep & {
    readonly load: Load;
  })[];
  /** Zones that its pods can be in; empty when any will do. */
  readonly zones: readonly string[];
  /** A cold start against its objective; undefined when one of them is not known, or no replica ever starts cold. */
  readonly coldStart?: 'within-objective' | 'misses-objective';
}

/** Services that do not find room at the same time, though any of them alone, or without one of the others, would. */
export interface Conflict {
  /** What every service needs of the pools; the smallest set that does not fit. */
  readonly demands: readonly AssignmentDemand[];
  readonly gpusNeeded: number;
  /** The pools that they may use. */
  readonly pools: readonly CapacityPool[];
  readonly gpusHeld: number;
  /** The smallest change that makes room; undefined when nodes of no single pool would. */
  readonly remedy?: { readonly pool: string; readonly maxNodes: number; readonly neededNodes: number };
  /** Of a service at its maximum, where its own canary runs beside it. */
  readonly canary?: MaximumWithCanary;
}

/** A service that may reach its maximum while its release is under way. */
export interface MaximumWithCanary {
  readonly path: string;
  /** Replicas of the canary, of the step that has most. */
  readonly replicas: number;
  /** The largest maximum beside them for which there is room; undefined when nothing could be scaled any more. */
  readonly maximumThatFits?: number;
}

/** Room for one moment: what does not fit, or why nobody knows. */
export interface RoomVerdict {
  readonly conflicts: readonly Conflict[];
  /** Services whose mix of replicas was too large to decide. */
  readonly undecided: readonly string[];
}

/** The first step of a release for which there is no room. */
export interface SurgeVerdict {
  readonly service: CapacityService;
  readonly step: CapacityStep;
  readonly conflict: Conflict;
  /** The most canary replicas that do find room, below those of the step; 0 when not even one does. */
  readonly canaryReplicasThatFit: number;
  /** True when replacing pods in place would fit, because what runs now does. */
  readonly partitionFits: boolean;
}

/** Releases that each fit, and do not fit at the same time. */
export interface ConcurrentSurge {
  /** `now`: their current steps; `largest`: the largest step of each. */
  readonly when: 'now' | 'largest';
  readonly releases: readonly { readonly path: string; readonly step: string }[];
  readonly conflict: Conflict;
}

/** A namespace whose services want more GPUs than its quota allows. */
export interface QuotaVerdict {
  readonly quota: Required<CapacityQuota>;
  readonly when:
    | 'at rest'
    | 'at maximum'
    | 'at maximum with a canary'
    | { readonly step: string; readonly path: string }
    | 'all releases at once'
    | 'all at their maximum at once';
  readonly gpusNeeded: number;
  readonly gpusByService: Readonly<Record<string, number>>;
  /** True when replacing pods in place would stay within the quota. */
  readonly partitionFits: boolean;
  /** Of a service at its maximum, where its own canary runs beside it. */
  readonly canary?: MaximumWithCanary;
}

/** Room for all services, at every moment that can be foreseen. */
export interface CapacityPlan {
  readonly request: CapacityRequest;
  readonly services: readonly ServiceCapacity[];
  readonly total: { readonly atRest: Load; readonly atMaximum: Load };
  readonly rest: RoomVerdict;
  /** One service at its maximum, with the canary of its own release, beside the others at rest. */
  readonly maximum: RoomVerdict;
  /** All whose maximum was stated, where each alone finds room. */
  readonly maximaAtOnce: RoomVerdict;
  readonly surges: readonly SurgeVerdict[];
  readonly concurrentSurges: readonly ConcurrentSurge[];
  readonly quotas: readonly QuotaVerdict[];
}

/**
 * Computes the plan. Pure: the same request gives the same plan. Services that share no pool, not even over others, are
 * planned apart; where everything fits at its largest at the same time, nothing smaller is tried.
 */
export function planCapacity(request: CapacityRequest): CapacityPlan {
  const { services, pools, quotas = [] } = request;
  const byName = new Map(pools.map((pool) => [pool.name, pool]));
  const islands = connected(services, (service) => service.pools.map(({ name }) => name)).map((members) => {
    const names = [...new Set(members.flatMap((service) => service.pools.map(({ name }) => name)))];
    return planIsland(
      members,
      names.flatMap((name) => byName.get(name) ?? []),
    );
  });
  const loads = new Map(islands.flatMap((island) => island.services.map((service) => [service.path, service])));
  const namespaces = new Map<string, CapacityService[]>();
  for (const service of services) {
    const own = namespaces.get(service.namespace);
    if (own) own.push(service);
    else namespaces.set(service.namespace, [service]);
  }
  return {
    request,
    services: services.map(({ path }) => loads.get(path)!),
    total: {
      atRest: sumOf(islands.map(({ total }) => total.atRest)),
      atMaximum: sumOf(islands.map(({ total }) => total.atMaximum)),
    },
    rest: allRooms(islands.map(({ rest }) => rest)),
    maximum: allRooms(islands.map(({ maximum }) => maximum)),
    maximaAtOnce: allRooms(islands.map(({ maximaAtOnce }) => maximaAtOnce)),
    surges: islands.flatMap(({ surges }) => surges),
    concurrentSurges: islands.flatMap(({ concurrentSurges: found }) => found),
    quotas: quotas.flatMap((quota) => quotaVerdict(quota, namespaces.get(quota.namespace) ?? [])),
  };
}

/** Whether everything finds room when all services are at their largest at the same time, quotas included. */
export function fitsAtLargest(request: CapacityRequest): boolean {
  return fitsWith(request, largestOf);
}

/** Whether everything finds room when no service is scaled or released, quotas included. */
export function fitsAtRest(request: CapacityRequest): boolean {
  return fitsWith(request, ({ replicasAtRest }) => replicasAtRest);
}

function fitsWith(
  { services, pools, quotas = [] }: CapacityRequest,
  replicas: (service: CapacityService) => number,
): boolean {
  const islands = connected(services, (service) => service.pools.map(({ name }) => name));
  const demandsOf = (members: readonly CapacityService[]) =>
    members.map((service) => demandOf(service, replicas(service), pools));
  const allowed = ({ namespace, gpus, resourceName = DEFAULT_RESOURCE }: CapacityQuota) =>
    sum(
      services
        .filter((one) => one.namespace === namespace && (one.resourceName ?? DEFAULT_RESOURCE) === resourceName)
        .map((one) => replicas(one) * one.gpusPerReplica),
    ) <= gpus;
  return (
    islands.every((members) => assignReplicas(demandsOf(members), pools).verdict === 'fits') && quotas.every(allowed)
  );
}

type Island = Omit<CapacityPlan, 'request' | 'quotas'>;

/** The plan of services that share pools. */
function planIsland(services: readonly CapacityService[], pools: readonly CapacityPool[]): Island {
  const atRest = services.map((service) => demandOf(service, service.replicasAtRest, pools));
  const scaled = services.some((service) => maximumOf(service) > service.replicasAtRest);
  const atMaximum = scaled ? services.map((service) => demandOf(service, maximumOf(service), pools)) : atRest;
  const each = (demands: readonly AssignmentDemand[]) => demands.map((demand) => loadOf([demand], pools));
  const together = (demands: readonly AssignmentDemand[], alone: readonly Load[]) =>
    alone.length === 1 ? alone[0]! : loadOf(demands, pools);
  const restLoads = each(atRest);
  const maximumLoads = scaled ? each(atMaximum) : restLoads;
  const totalAtRest = together(atRest, restLoads);
  const loads = {
    services: services.map((service, at) => ({
      path: service.path,
      atRest: restLoads[at]!,
      atMaximum: maximumLoads[at]!,
      steps: (service.steps ?? []).map((step) => ({
        ...step,
        load: loadOf([duringStep(service, step, pools)], pools),
      })),
      zones: zonesOf(service, pools),
      ...coldStart(service),
    })),
    total: { atRest: totalAtRest, atMaximum: scaled ? together(atMaximum, maximumLoads) : totalAtRest },
  };
  const largest = services.map((service) => demandOf(service, largestOf(service), pools));
  if (assignReplicas(largest, pools).verdict === 'fits') {
    return {
      ...loads,
      rest: NO_CONFLICT,
      maximum: NO_CONFLICT,
      maximaAtOnce: NO_CONFLICT,
      surges: [],
      concurrentSurges: [],
    };
  }
  const rest = room(atRest, pools);
  const surges = services.flatMap((service) => surgeOf(service, atRest, rest, pools));
  const maximum = allRooms(services.map((service) => roomAtMaximum(service, atRest, pools)));
  const stated = services.map((service) =>
    demandOf(service, service.maximumIsDerived ? service.replicasAtRest : maximumOf(service), pools),
  );
  const alone = [rest, maximum].every(({ conflicts }) => conflicts.length === 0);
  return {
    ...loads,
    rest,
    maximum,
    maximaAtOnce: scaled && alone ? room(stated, pools) : NO_CONFLICT,
    surges,
    concurrentSurges: concurrentSurges(services, atRest, surges, pools),
  };
}

/**
 * A service at its maximum beside the others at rest; nothing where it is not scaled. A scaler goes up during a release too, so the
 * canary needs its room beside the maximum.
 */
function roomAtMaximum(
  service: CapacityService,
  atRest: readonly AssignmentDemand[],
  pools: readonly CapacityPool[],
): RoomVerdict {
  const { path, replicasAtRest } = service;
  if (maximumOf(service) === replicasAtRest) return NO_CONFLICT;
  const replicas = mostCanaries(service);
  const beside = (maximum: number) =>
    atRest.map((demand) => (demand.path === path ? demandOf(service, maximum + replicas, pools) : demand));
  const { conflicts, undecided } = room(beside(maximumOf(service)), pools);
  const concerns = conflicts.filter(({ demands }) => demands.some((demand) => demand.path === path));
  if (replicas === 0 || concerns.length === 0) return { conflicts: concerns, undecided };
  const fitting = largestThat((maximum) => !lacksRoom(beside(maximum), pools), replicasAtRest, maximumOf(service));
  const canary = { path, replicas, maximumThatFits: fitting > replicasAtRest ? fitting : undefined };
  return { conflicts: concerns.map((conflict) => ({ ...conflict, canary })), undecided };
}

/** The largest number below `tooMany` that is good, where no larger one is once one is not; `least` where none is. */
function largestThat(isGood: (value: number) => boolean, least: number, tooMany: number): number {
  let [good, bad] = [least, tooMany];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

const NO_CONFLICT: RoomVerdict = { conflicts: [], undecided: [] };

const allRooms = (rooms: readonly RoomVerdict[]): RoomVerdict => ({
  conflicts: rooms.flatMap(({ conflicts }) => conflicts),
  undecided: rooms.flatMap(({ undecided }) => undecided),
});

const sumOf = (loads: readonly Load[]): Load => ({
  replicas: sum(loads.map(({ replicas }) => replicas)),
  gpus: sum(loads.map(({ gpus }) => gpus)),
  nodes: sum(loads.map(({ nodes }) => nodes)),
});

/** Replicas when a service is at its largest: at its maximum, with the canary of its release. */
export const largestOf = (service: CapacityService) =>
  Math.max(
    maximumOf(service) > service.replicasAtRest ? maximumOf(service) + mostCanaries(service) : service.replicasAtRest,
    ...(service.steps ?? []).map(({ stableReplicas, canaryReplicas }) => stableReplicas + canaryReplicas),
  );

export const maximumOf = ({ replicasAtRest, replicasAtMaximum }: CapacityService) =>
  Math.max(replicasAtRest, replicasAtMaximum ?? replicasAtRest);

/** Replicas of its canary at the step that has most. */
export const mostCanaries = ({ steps = [] }: CapacityService) =>
  Math.max(0, ...steps.map(({ canaryReplicas }) => canaryReplicas));

function demandOf(service: CapacityService, replicas: number, pools: readonly CapacityPool[]): AssignmentDemand {
  const { podsPerReplica = 1 } = service;
  // Numbers that cannot be are told where they were stated; here they take no room.
  const possible = Number.isSafeInteger(replicas) && Number.isSafeInteger(service.gpusPerReplica);
  return {
    path: service.path,
    replicas: possible && replicas > 0 && service.gpusPerReplica > 0 ? replicas : 0,
    gpusPerReplica: service.gpusPerReplica,
    ...(podsPerReplica > 1 && { podsPerReplica }),
    pools: service.pools.flatMap(({ name, podsPerNode }) => {
      const pool = pools.find((candidate) => candidate.name === name);
      const byGpus = pool ? Math.floor((pool.gpusPerNode * podsPerReplica) / service.gpusPerReplica) : 0;
      return pool ? [{ name, podsPerNode: Math.min(byGpus, podsPerNode ?? byGpus) }] : [];
    }),
  };
}

const duringStep = (service: CapacityService, step: CapacityStep, pools: readonly CapacityPool[]) =>
  demandOf(service, step.stableReplicas + step.canaryReplicas, pools);

function withStep(
  demands: readonly AssignmentDemand[],
  service: CapacityService,
  step: CapacityStep,
  pools: readonly CapacityPool[],
): AssignmentDemand[] {
  return demands.map((demand) => (demand.path === service.path ? duringStep(service, step, pools) : demand));
}

function loadOf(demands: readonly AssignmentDemand[], pools: readonly CapacityPool[]): Load {
  const assignment = assignReplicas(demands, pools);
  const alone = ({ replicas, podsPerReplica = 1, pools: [preferred] }: AssignmentDemand) =>
    replicas === 0 ? 0 : Math.ceil((replicas * podsPerReplica) / Math.max(1, preferred?.podsPerNode ?? 1));
  return {
    replicas: sum(demands.map(({ replicas }) => replicas)),
    gpus: sum(demands.map(gpusOf)),
    nodes: sum(assignment.verdict === 'fits' ? Object.values(assignment.nodes) : demands.map(alone)),
  };
}

function zonesOf(service: CapacityService, pools: readonly CapacityPool[]): string[] {
  const own = pools.filter(({ name }) => service.pools.some((pool) => pool.name === name));
  return own.some(({ zones = [] }) => zones.length === 0)
    ? []
    : [...new Set(own.flatMap(({ zones = [] }) => zones))].sort();
}

function coldStart(service: CapacityService): Pick<ServiceCapacity, 'coldStart'> {
  const { coldStartSeconds: seconds, coldStartObjectiveSeconds: objective } = service;
  if (seconds === undefined || objective === undefined || maximumOf(service) === service.replicasAtRest) return {};
  return { coldStart: seconds <= objective ? 'within-objective' : 'misses-objective' };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const gpusOf = ({ replicas, gpusPerReplica }: AssignmentDemand) => replicas * gpusPerReplica;

/** Judges one moment, each group of services that share pools on its own. */
function room(demands: readonly AssignmentDemand[], pools: readonly CapacityPool[]): RoomVerdict {
  const conflicts: Conflict[] = [];
  const undecided: string[] = [];
  for (const group of groups(demands)) {
    const { verdict } = assignReplicas(group, pools);
    if (verdict === 'undecided') undecided.push(...group.map(({ path }) => path));
    if (verdict === 'does-not-fit') conflicts.push(conflictOf(group, pools));
  }
  return { conflicts, undecided };
}

/**
 * Services that reach each other over shared pools. Those without a replica take no room; those whose pod fits no node of any
 * pool are judged by `node-fit`.
 */
function groups(demands: readonly AssignmentDemand[]): AssignmentDemand[][] {
  const present = demands.filter(({ replicas, pools }) => replicas > 0 && pools.some((pool) => pool.podsPerNode > 0));
  return connected(present, (demand) => usablePools([demand]));
}

const usablePools = (demands: readonly AssignmentDemand[]) => [
  ...new Set(demands.flatMap(({ pools }) => pools.flatMap(({ name, podsPerNode }) => (podsPerNode > 0 ? [name] : [])))),
];

const lacksRoom = (demands: readonly AssignmentDemand[], pools: readonly AssignmentPool[]) =>
  assignReplicas(demands, pools).verdict === 'does-not-fit';

/** Drops every service without which there is still no room; each that remains is needed for the conflict. */
function conflictOf(group: readonly AssignmentDemand[], pools: readonly CapacityPool[]): Conflict {
  const demands = group.reduce<readonly AssignmentDemand[]>((kept, demand) => {
    const without = kept.filter((other) => other !== demand);
    return lacksRoom(without, pools) ? without : kept;
  }, group);
  const names = usablePools(demands);
  const own = pools.filter(({ name }) => names.includes(name));
  return {
    demands,
    gpusNeeded: sum(demands.map(gpusOf)),
    pools: own,
    gpusHeld: sum(own.map(({ maxNodes, gpusPerNode }) => maxNodes * gpusPerNode)),
    // Room for the smallest set may be taken by the others at once.
    remedy: smallestRaise([group], pools, own) ?? smallestRaise([demands], pools, own),
  };
}

/** The pool that needs the fewest more nodes so that each of these moments fits. */
function smallestRaise(
  moments: readonly (readonly AssignmentDemand[])[],
  pools: readonly CapacityPool[],
  candidates: readonly CapacityPool[],
): Conflict['remedy'] {
  const podsOf = ({ replicas, podsPerReplica = 1 }: AssignmentDemand) => replicas * podsPerReplica;
  const mostPods = Math.max(0, ...moments.map((demands) => sum(demands.map(podsOf))));
  const raises = candidates.flatMap(({ name, maxNodes }) => {
    const fits = (nodes: number) => {
      const raised = pools.map((pool) => (pool.name === name ? { ...pool, maxNodes: nodes } : pool));
      return moments.every((demands) => assignReplicas(demands, raised).verdict === 'fits');
    };
    // A node for each pod is enough, if nodes of this pool are of use at all.
    let enough = maxNodes + mostPods;
    if (!fits(enough)) return [];
    for (let tooFew = maxNodes; enough - tooFew > 1;) {
      const middle = Math.floor((tooFew + enough) / 2);
      if (fits(middle)) enough = middle;
      else tooFew = middle;
    }
    return [{ pool: name, maxNodes, neededNodes: enough }];
  });
  return raises.sort((one, other) => one.neededNodes - one.maxNodes - (other.neededNodes - other.maxNodes))[0];
}

/** The conflict of which this service is a part, when all others are at rest and it is at this step. */
function conflictAt(demands: readonly AssignmentDemand[], path: string, pools: readonly CapacityPool[]) {
  const group = groups(demands).find((members) => members.some((demand) => demand.path === path));
  if (!group || !lacksRoom(group, pools)) return undefined;
  // The service itself is tried last, so that it stays in the set if it is part of any conflict.
  const others = group.filter((demand) => demand.path !== path);
  const conflict = conflictOf([...others, ...group.filter((demand) => demand.path === path)], pools);
  return conflict.demands.some((demand) => demand.path === path) ? { conflict, group } : undefined;
}

function surgeOf(
  service: CapacityService,
  atRest: readonly AssignmentDemand[],
  rest: RoomVerdict,
  pools: readonly CapacityPool[],
): SurgeVerdict[] {
  const largest = largestStep(service);
  if (!largest || !lacksRoom(withStep(atRest, service, largest, pools), pools)) return [];
  const surging = (service.steps ?? []).filter(({ canaryReplicas }) => canaryReplicas > 0);
  const failing = surging.flatMap((step) => {
    const demands = withStep(atRest, service, step, pools);
    const found = conflictAt(demands, service.path, pools);
    return found ? [{ step, ...found }] : [];
  });
  const first = failing[0];
  if (!first) return [];
  const inTheWay = rest.conflicts.some(({ demands }) => demands.some(({ path }) => path === service.path));
  // Room for the first step that fails would only move the news to the next one.
  const remedy =
    smallestRaise(
      failing.map(({ group }) => group),
      pools,
      first.conflict.pools,
    ) ?? first.conflict.remedy;
  return [
    {
      service,
      step: first.step,
      conflict: { ...first.conflict, remedy },
      canaryReplicasThatFit: canaryReplicasThatFit(service, first.step, atRest, pools),
      partitionFits: service.hasPartition !== false && first.step.stableReplicas >= 2 && !inTheWay,
    },
  ];
}

/** A smaller canary takes no more room than a larger one, so the largest that fits is found by halving. */
function canaryReplicasThatFit(
  service: CapacityService,
  step: CapacityStep,
  atRest: readonly AssignmentDemand[],
  pools: readonly CapacityPool[],
): number {
  const fits = (canaryReplicas: number) =>
    !lacksRoom(withStep(atRest, service, { ...step, canaryReplicas }, pools), pools);
  return largestThat(fits, 0, step.canaryReplicas);
}

/** Releases that fit one at a time. What does not even fit alone is told by its own verdict. */
function concurrentSurges(
  services: readonly CapacityService[],
  atRest: readonly AssignmentDemand[],
  surges: readonly SurgeVerdict[],
  pools: readonly CapacityPool[],
): ConcurrentSurge[] {
  const fitsAlone = services.filter(({ path }) => !surges.some(({ service }) => service.path === path));
  const moment = (when: ConcurrentSurge['when']): ConcurrentSurge[] => {
    const releases = fitsAlone.flatMap((service) => {
      const step = when === 'now' ? currentStep(service) : largestStep(service);
      return step && step.canaryReplicas > 0 ? [{ service, step }] : [];
    });
    if (releases.length < 2) return [];
    const demands = releases.reduce<readonly AssignmentDemand[]>(
      (all, { service, step }) => withStep(all, service, step, pools),
      atRest,
    );
    return room(demands, pools).conflicts.flatMap((conflict) => {
      const part = releases.filter(({ service }) => conflict.demands.some(({ path }) => path === service.path));
      if (part.length < 2) return [];
      return [{ when, conflict, releases: part.map(({ service, step }) => ({ path: service.path, step: step.name })) }];
    });
  };
  const now = moment('now');
  return now.length > 0 ? now : moment('largest');
}

const currentStep = (service: CapacityService) => service.steps?.find(({ name }) => name === service.currentStep);

function largestStep({ steps = [] }: CapacityService): CapacityStep | undefined {
  const size = (step: CapacityStep) => step.stableReplicas + step.canaryReplicas;
  return steps.reduce<CapacityStep | undefined>(
    (most, step) => (most && size(most) >= size(step) ? most : step),
    undefined,
  );
}

export const DEFAULT_RESOURCE = 'nvidia.com/gpu';

type Moment = Pick<QuotaVerdict, 'when' | 'gpusNeeded' | 'gpusByService' | 'canary'> & {
  readonly stableReplicas: number;
};

/** The moment at which the quota is exceeded most; of equal ones the first in the order rest, maximum, steps. */
function quotaVerdict(quota: CapacityQuota, services: readonly CapacityService[]): QuotaVerdict[] {
  const resourceName = quota.resourceName ?? DEFAULT_RESOURCE;
  const counted = services.filter(
    (service) => service.namespace === quota.namespace && (service.resourceName ?? DEFAULT_RESOURCE) === resourceName,
  );
  const moment = (when: Moment['when'], replicas: (service: CapacityService) => number, stableReplicas = 0): Moment => {
    const gpusByService = Object.fromEntries(
      counted.map((service) => [service.path, replicas(service) * service.gpusPerReplica]),
    );
    return { when, gpusByService, gpusNeeded: sum(Object.values(gpusByService)), stableReplicas };
  };
  const size = (step: CapacityStep | undefined) => (step ? step.stableReplicas + step.canaryReplicas : 0);
  const rest = moment('at rest', ({ replicasAtRest }) => replicasAtRest);
  const steps = counted.flatMap((service) =>
    (service.steps ?? []).map((step) =>
      moment(
        { step: step.name, path: service.path },
        (other) => (other === service ? size(step) : other.replicasAtRest),
        step.stableReplicas,
      ),
    ),
  );
  const together = moment('all releases at once', (service) =>
    Math.max(service.replicasAtRest, size(largestStep(service))),
  );
  const maxima = counted
    .filter((service) => maximumOf(service) > service.replicasAtRest)
    .map((service) => {
      const [maximum, canaries] = [maximumOf(service), mostCanaries(service)];
      const when = canaries > 0 ? 'at maximum with a canary' : 'at maximum';
      const needed = moment(when, (other) => (other === service ? maximum + canaries : other.replicasAtRest));
      if (canaries === 0) return needed;
      const over = Math.ceil((needed.gpusNeeded - quota.gpus) / service.gpusPerReplica);
      const maximumThatFits = maximum - over > service.replicasAtRest ? maximum - over : undefined;
      return { ...needed, canary: { path: service.path, replicas: canaries, maximumThatFits } };
    });
  const allMaxima = moment('all at their maximum at once', (service) =>
    service.maximumIsDerived ? service.replicasAtRest : maximumOf(service),
  );
  const certain: Moment[] = [rest, ...maxima, ...steps];
  const worst = certain.reduce((most, each) => (each.gpusNeeded > most.gpusNeeded ? each : most));
  const exceeded = [worst, together, allMaxima].find(({ gpusNeeded }) => gpusNeeded > quota.gpus);
  if (exceeded === undefined) return [];
  const { stableReplicas, ...verdict } = exceeded;
  const released = typeof verdict.when === 'string' ? undefined : verdict.when.path;
  const hasPartition = counted.find(({ path }) => path === released)?.hasPartition ?? true;
  return [
    {
      ...verdict,
      quota: { ...quota, resourceName },
      partitionFits:
        hasPartition && stableReplicas >= 2 && [rest, ...maxima].every(({ gpusNeeded }) => gpusNeeded <= quota.gpus),
    },
  ];
}
