import { Findings, mergeFindings, Problem } from '../problem/problem';
import {
  CapacityPlan,
  CapacityRequest,
  CapacityService,
  ConcurrentSurge,
  Conflict,
  MaximumWithCanary,
  DEFAULT_RESOURCE,
  QuotaVerdict,
  ServiceCapacity,
  SurgeVerdict,
} from './capacity-plan';
import { WholeMachineSharing, wholeMachineSharings } from './whole-machine-sharing';

const NOTHING: Findings = { errors: [], warnings: [] };
const error = (problem: Problem): Findings => ({ errors: [problem], warnings: [] });
const warning = (problem: Problem): Findings => ({ errors: [], warnings: [problem] });

/** Findings, and the services that they concern. */
export interface CapacityVerdict {
  readonly paths: readonly string[];
  readonly findings: Findings;
}

/** What the plan says to its users, each thing once. */
export function capacityVerdicts(plan: CapacityPlan): readonly CapacityVerdict[] {
  const requests = new Map(plan.request.services.map((service) => [service.path, service]));
  const verdict = (paths: readonly string[], findings: Findings) => ({ paths, findings });
  return [
    ...plan.rest.conflicts.map((conflict) => verdict(pathsOf(conflict), error(shortage(conflict, requests)))),
    ...plan.maximum.conflicts.map((conflict) => verdict(pathsOf(conflict), error(shortage(conflict, requests)))),
    ...plan.maximaAtOnce.conflicts.map((conflict) => verdict(pathsOf(conflict), warning(shortage(conflict, requests)))),
    ...[...new Set([plan.rest, plan.maximum, plan.maximaAtOnce].flatMap((room) => room.undecided))].map((each) =>
      verdict([each], undecided(each)),
    ),
    ...plan.surges.map((surge) => verdict(pathsOf(surge.conflict), error(surgeProblem(surge)))),
    ...plan.concurrentSurges.map((surges) => verdict(pathsOf(surges.conflict), concurrent(surges))),
    ...plan.quotas.map((quota) => verdict(Object.keys(quota.gpusByService), quotaFinding(quota))),
    ...idleQuotas(plan.request),
    ...wholeMachineSharings(plan.request).map((sharing) =>
      verdict([sharing.service.path, ...sharing.neighbours.map(({ path }) => path)], sharingFinding(sharing)),
    ),
    ...plan.services.map((service) => verdict([service.path], zoneFinding(service))),
    ...plan.services.map((service) => verdict([service.path], coldStartFinding(requests.get(service.path)!, service))),
  ];
}

/**
 * The same as one.
 *
 * @param path only what concerns this service. @default - everything
 */
export function capacityFindings(plan: CapacityPlan, path?: string): Findings {
  const verdicts = capacityVerdicts(plan);
  const concerned = path === undefined ? verdicts : verdicts.filter(({ paths }) => paths.includes(path));
  return mergeFindings(concerned.map(({ findings }) => findings));
}

const pathsOf = ({ demands }: Conflict) => demands.map(({ path }) => path);

const gpus = (count: number) => `${count} GPU${count === 1 ? '' : 's'}`;
const and = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;

/** `2 (gpupool 2 nodes x 1)` */
function held({ pools, gpusHeld }: Conflict): string {
  const each = pools.map(({ name, maxNodes, gpusPerNode }) => `${name} ${nodes(maxNodes)} x ${gpusPerNode}`);
  return `${gpusHeld} (${each.join(', ')})`;
}

const nodes = (count: number) => `${count} node${count === 1 ? '' : 's'}`;

/** Numbers that look as if they fit need their reason. */
function unusable({ gpusNeeded, gpusHeld }: Conflict): string {
  return gpusNeeded <= gpusHeld
    ? ' What is left of them is on different nodes, or has no CPU and memory beside it.'
    : '';
}

function raise({ remedy }: Pick<Conflict, 'remedy'>): string | undefined {
  return remedy && `raise maxNodes of ${remedy.pool} from ${remedy.maxNodes} to ${remedy.neededNodes}`;
}

/** One instruction of the alternatives that there are. */
function either(...alternatives: (string | false | undefined)[]): string {
  const text = alternatives.filter(Boolean).join(', or ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function shortage(conflict: Conflict, requests: ReadonlyMap<string, CapacityService>): Problem {
  const { demands, gpusNeeded, canary } = conflict;
  const scaled = demands.filter(({ path, replicas }) => replicas > requests.get(path)!.replicasAtRest);
  const need = (demand: Conflict['demands'][number]) => {
    const { path, replicas, gpusPerReplica, podsPerReplica = 1 } = demand;
    const each = podsPerReplica === 1 ? gpusPerReplica : `${podsPerReplica} pods of ${gpusPerReplica / podsPerReplica}`;
    const when = scaled.includes(demand) ? 'at its maximum' : 'at rest';
    if (path === canary?.path) {
      const stable = replicas - canary.replicas;
      return `${path} needs ${gpus(replicas * gpusPerReplica)} at its maximum with the canary of its release ((${stable} + ${canary.replicas}) x ${each})`;
    }
    return `${path} needs ${gpus(replicas * gpusPerReplica)} ${when} (${replicas} x ${each})`;
  };
  if (demands.length === 1) {
    return {
      check: 'capacity',
      message: `${need(demands[0]!)}; its pools hold ${held(conflict)}.${unusable(conflict)}`,
      remedy: either(
        raise(conflict),
        scaled.length === 0 ? 'lower its replicas' : (lowerMaximum(canary) ?? "lower its scaler's maximum"),
      ),
    };
  }
  return {
    check: 'capacity',
    message: `${and(demands.map(need))}, together ${gpusNeeded}; their pools hold ${held(conflict)}.${unusable(conflict)} Each fits alone, not together.`,
    remedy: either(
      raise(conflict),
      scaled.length > 0 &&
        (lowerMaximum(canary) ?? `lower the maximum of the scaler of ${and(scaled.map(({ path }) => path))}`),
      'give one of them a pool of its own',
    ),
  };
}

const lowerMaximum = (canary: MaximumWithCanary | undefined) =>
  canary?.maximumThatFits === undefined
    ? undefined
    : `set maxReplicas of ${canary.path} to ${canary.maximumThatFits} until its release is done`;

function undecided(path: string): Findings {
  return warning({
    check: 'capacity',
    message: `Whether the replicas of ${path} and its neighbours all find a node was not decided: too many ways to mix them.`,
    remedy: 'Give replicas of different sizes pools of their own.',
  });
}

function surgeProblem(surge: SurgeVerdict): Problem {
  const { service, step, conflict, canaryReplicasThatFit: fitting, partitionFits } = surge;
  const own = conflict.demands.find(({ path }) => path === service.path)!;
  const others = conflict.demands
    .filter((demand) => demand !== own)
    .map(({ path, replicas, gpusPerReplica }) => `${path} takes ${replicas * gpusPerReplica}`);
  return {
    check: 'rollout-surge',
    message:
      `The step ${step.name} of ${service.path} needs ${gpus(own.replicas * own.gpusPerReplica)}: ${step.stableReplicas} stable and ` +
      `${step.canaryReplicas} canary replicas with ${gpus(own.gpusPerReplica)} each. Its pools hold ${held(conflict)}` +
      `${others.length > 0 ? `, of which ${and(others)}` : ''}.${unusable(conflict)}`,
    remedy: either(
      raise(conflict),
      fitting > 0 && `use CanaryStrategy.weightedTwins({ canaryReplicas: ${fitting} }), for which there is room`,
      partitionFits && 'use CanaryStrategy.partition(), which needs no spare GPU',
      service.hasPartition === false && 'change its image without a canary: a Deployment replaces pods in place',
      raise(conflict) === undefined && fitting === 0 && !partitionFits && 'release with fewer canary replicas',
    ),
  };
}

function concurrent({ when, releases, conflict }: ConcurrentSurge): Findings {
  const problem = {
    check: 'rollout-surge',
    message:
      `The releases of ${and(releases.map(({ path, step }) => `${path} (step ${step})`))} fit one at a time, not together: ` +
      `${when === 'now' ? 'now' : 'at their largest steps'} they need ${gpus(conflict.gpusNeeded)}, ` +
      `and the pools hold ${held(conflict)}.${unusable(conflict)}`,
    remedy: either('release one after the other', raise(conflict)),
  };
  return when === 'now' ? error(problem) : warning(problem);
}

function quotaFinding({ quota, when, gpusNeeded, gpusByService, partitionFits, canary }: QuotaVerdict): Findings {
  const moment = typeof when === 'string' ? when : `at the step ${when.step} of ${when.path}`;
  const atOnce = when === 'all releases at once' || when === 'all at their maximum at once';
  const each = Object.entries(gpusByService)
    .filter(([, needed]) => needed > 0)
    .map(([path, needed]) => `${path} ${needed}`);
  const problem = {
    check: 'tenant-quota',
    message: `The services of ${quota.namespace} need ${gpus(gpusNeeded)} ${atOnce ? `with ${moment}` : moment} (${each.join(', ')}); the quota of ${quota.resourceName} allows ${quota.gpus}, and pods beyond it are not made.`,
    remedy: either(
      `raise the quota of ${quota.namespace} to ${gpusNeeded}`,
      when === 'all releases at once' && 'release one after the other',
      lowerMaximum(canary),
      when === 'all at their maximum at once' && "lower a scaler's maximum",
      partitionFits && 'use CanaryStrategy.partition(), which needs no spare GPU',
    ),
  };
  return atOnce ? warning(problem) : error(problem);
}

function sharingFinding(sharing: WholeMachineSharing): Findings {
  const { service, machinesNeeded, pools, machines, neighbours, largest, machinesLeft } = sharing;
  const { path } = service;
  const [first] = pools;
  const others = neighbours.map(({ path: other, pods, gpusPerPod }) => `${other} (${pods} x ${gpus(gpusPerPod)})`);
  const more = neighbours.reduce((total, { pods }) => total + pods, machinesNeeded) - machines;
  const when = largest === undefined ? '' : `, with ${largest} at its largest`;
  return warning({
    check: 'whole-machine-sharing',
    message:
      `${path} needs ${machinesNeeded} of the ${nodes(machines)} of ${and(pools.map(({ name }) => name))} with all their ${gpus(first!.gpusPerNode)}${when}; ` +
      `on any of them may be pods of ${and(others)}, which it cannot preempt. All fit together, but the scheduler spreads pods ` +
      `over empty nodes: in the worst case it leaves ${machinesLeft || 'none'}, and ${path} waits for as long as the others run.`,
    remedy:
      either(
        `give ${path} a pool of its own`,
        'give it a priority class above theirs that preempts',
        `raise maxNodes of ${first!.name} from ${first!.maxNodes} to ${first!.maxNodes + more}`,
      ) + ' Waive this where the scheduler packs GPUs (NodeResourcesFit with MostAllocated).',
  });
}

/** A slice or a shared GPU has a resource of its own, which a quota of whole GPUs does not count. */
function idleQuotas({ quotas = [], services }: CapacityRequest): CapacityVerdict[] {
  const byNamespace = new Map<string | undefined, CapacityService[]>();
  for (const service of services) {
    const neighbours = byNamespace.get(service.namespace);
    if (neighbours) neighbours.push(service);
    else byNamespace.set(service.namespace, [service]);
  }
  return quotas.flatMap(({ namespace, resourceName = DEFAULT_RESOURCE }): CapacityVerdict[] => {
    const own = byNamespace.get(namespace) ?? [];
    const requested = [...new Set(own.map((service) => service.resourceName ?? DEFAULT_RESOURCE))];
    if (own.length === 0 || requested.includes(resourceName)) return [];
    const problem = {
      check: 'tenant-quota',
      message: `The quota of ${namespace} counts ${resourceName}, but its services request ${and(requested)}: it limits nothing.`,
      remedy: `Set gpuResourceName of the namespace to ${requested.join(' or ')}, the resourceName of the node pool.`,
    };
    return [{ paths: own.map(({ path }) => path), findings: warning(problem) }];
  });
}

/** Somebody who runs two replicas wants one to survive; a cloud zone is also what runs out of GPUs first. */
function zoneFinding({ path, zones, atRest }: ServiceCapacity): Findings {
  if (zones.length !== 1 || atRest.replicas < 2) return NOTHING;
  return warning({
    check: 'single-zone',
    message: `All ${atRest.replicas} replicas of ${path} are in ${zones[0]}: they fail together, and none can start while the zone has no GPU.`,
    remedy: 'Add a zone to the pool, or a pool in another zone.',
  });
}

function coldStartFinding(request: CapacityService, { path, coldStart, atRest }: ServiceCapacity): Findings {
  if (coldStart !== 'misses-objective') return NOTHING;
  const { coldStartSeconds, coldStartObjectiveSeconds } = request;
  const numbers = `A new replica of ${path} takes ${coldStartSeconds} s to its first answer; the objective is ${coldStartObjectiveSeconds} s.`;
  if (atRest.replicas > 0) {
    return warning({
      check: 'cold-start',
      message: `${numbers} Until then the ${atRest.replicas} that run${atRest.replicas === 1 ? 's' : ''} must carry the load.`,
      remedy: 'Keep more replicas at rest, or fill the model cache beforehand.',
    });
  }
  return error({
    check: 'cold-start',
    message: `${numbers} It scales to zero, so a first caller waits that long.`,
    remedy: 'Keep one replica at rest, fill the model cache beforehand, or state a longer objective.',
  });
}
