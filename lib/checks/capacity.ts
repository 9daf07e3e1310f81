import { IConstruct } from 'constructs';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { capacityVerdicts } from '../plan/capacity-findings';
import { CapacityPlan, CapacityRequest, CapacityService, planCapacity } from '../plan/capacity-plan';
import { surgingServices } from '../plan/deployment-surge';
import { maximumInPools } from '../plan/maximum-in-pools';
import { planNodeFit } from '../plan/node-fit';
import { Problem } from '../problem/problem';
import { DeclaredScaler, DeclaredService, DeclaredTrack, Declarations } from './declarations';
import { requestOfPod } from './pod-request';
import { classesOf, priorityOf } from './preemption';
import { reportWarnings, standing } from './report';

/** What all services of an app need of their pools and quotas together, as the capacity plan wants to be asked. */
export function capacityRequest(declared: Declarations): CapacityRequest {
  const services = declared.services();
  const pools = services.flatMap(({ tracks }) => tracks.flatMap(({ request }) => request.nodePools));
  const nameOf = poolNames(pools);
  const classes = classesOf(declared);
  const request = {
    services: services.map((service) => ({
      ...capacityService(service, nameOf),
      ...priority(service, classes),
    })),
    pools: [...new Map(pools.map((pool) => [nameOf(pool), { ...sizeOf(pool), name: nameOf(pool) }])).values()],
    quotas: declared.quotas,
  };
  const derived = services.map(({ scaler }) => scaler !== undefined && scaler.maxReplicas === undefined);
  return {
    ...request,
    services: request.services.map((service, at) =>
      derived[at]
        ? { ...service, replicasAtMaximum: maximumInPools(request, service.path), maximumIsDerived: true }
        : service,
    ),
  };
}

/** The class of the pods that serve; one that the app does not declare is known by its name only. */
function priority({ tracks: [first] }: DeclaredService, classes: ReturnType<typeof classesOf>) {
  const { priorityClassName: name } = first!.pod;
  return name === undefined ? {} : { priority: priorityOf(first!, classes) ?? { name, preempts: true } };
}

/** Two pools of one name would be counted as one, with the nodes of the last. */
function warnOfNamesakes(declared: Declarations): void {
  const tracks = declared.services().flatMap((service) => service.tracks);
  const nameOf = poolNames(tracks.flatMap(({ request }) => request.nodePools));
  const known = new Map<string, string>();
  const told = new Set<string>();
  for (const { construct, request } of tracks) {
    for (const pool of request.nodePools) {
      const name = nameOf(pool);
      const identity = JSON.stringify([sizeOf(pool), pool.selector]);
      if ((known.get(name) ?? identity) !== identity && !told.has(name)) {
        told.add(name);
        reportWarnings(construct, [
          {
            check: 'capacity',
            message: `Two different pools are called ${name}; capacity counts them as one, of the size declared last.`,
            remedy: 'Make the GpuNodePool once and pass it on, or give each pool a name of its own.',
          },
        ]);
      }
      known.set(name, identity);
    }
  }
}

const sizeOf = ({ maxNodes, gpusPerNode, zones }: GpuNodePool) => ({ maxNodes, gpusPerNode, zones });

/** Pools of two platforms may have one name; then the platform tells them apart. */
function poolNames(pools: readonly GpuNodePool[]): (pool: GpuNodePool) => string {
  const platforms = new Map<string, Set<string>>();
  for (const { name, platform } of pools) platforms.set(name, (platforms.get(name) ?? new Set()).add(platform));
  return ({ name, platform }) => (platforms.get(name)!.size > 1 ? `${name} (${platform})` : name);
}

function capacityService(
  { namespace, name, tracks, release, scaler }: DeclaredService,
  nameOf: (pool: GpuNodePool) => string,
): CapacityService {
  const [first] = tracks;
  const { podsPerReplica } = first!;
  const { resources, startup } = first!.plan;
  const pod = requestOfPod(first!.pod, resources.gpuResourceName, resources.deviceClaim?.count);
  const replicasOf = ({ track, replicas }: DeclaredTrack) =>
    scaler && track === 'stable' ? scaler.minReplicas : replicas;
  const replicas = (counted: typeof tracks) => counted.reduce((sum, track) => sum + replicasOf(track), 0);
  // Without a release nobody knows what a canary is for, so both tracks are there to stay.
  const atRest = release ? replicas(tracks.filter(({ track }) => track === 'stable')) : replicas(tracks);
  return {
    path: `${namespace}/${name}`,
    namespace,
    gpusPerReplica: resources.gpus * podsPerReplica,
    podsPerReplica,
    resourceName: resources.gpuResourceName,
    pools: first!.request.nodePools.map((pool) => ({
      name: nameOf(pool),
      podsPerNode: planNodeFit({ pod, pool }).podsPerNode,
    })),
    replicasAtRest: atRest,
    replicasAtMaximum: scaler?.maxReplicas,
    coldStartObjectiveSeconds: scaler?.coldStartObjectiveSeconds,
    steps: release?.steps.map(({ name: step, canaryReplicas }) => ({
      name: step,
      canaryReplicas,
      stableReplicas: atRest,
    })),
    currentStep: release?.current,
    hasPartition: first!.kind !== 'Deployment',
    coldStartSeconds: startup.nodeSeconds + startup.imagePullSeconds + startup.fetchSeconds + startup.coldSeconds,
  };
}

/**
 * The most replicas that a scaler may ask for: what was stated, or what pools and quota hold. To be asked when everything is
 * declared. Undefined for what is no service of the app.
 */
export function largestReplicas(
  construct: IConstruct,
  { namespace = 'default', name }: DeclaredScaler,
): number | undefined {
  const service = requestOf(Declarations.of(construct)).services.find(({ path }) => path === `${namespace}/${name}`);
  return service && Math.max(service.replicasAtRest, service.replicasAtMaximum ?? 0);
}

const requests = new WeakMap<Declarations, { readonly size: number; readonly request: CapacityRequest }>();

function requestOf(declared: Declarations): CapacityRequest {
  const known = requests.get(declared);
  if (known?.size === declared.size) return known.request;
  const request = capacityRequest(declared);
  requests.set(declared, { size: declared.size, request });
  return request;
}

/** The capacity plan of the app that the construct is in. */
export function appCapacity(construct: IConstruct): CapacityPlan {
  return judgement(Declarations.of(construct)).plan;
}

/**
 * What the capacity of the whole app says to the construct of one service, waivers counted. To be asked when everything is
 * declared, that is, by a validation; the plan is computed once for all that ask.
 */
export function capacityErrors(construct: IConstruct): readonly Problem[] {
  return judgement(Declarations.of(construct)).errors.get(construct) ?? [];
}

/** Whether a rollout of this workload may begin with a new replica; to be asked when everything is declared. */
export function maySurge(construct: IConstruct): boolean {
  const declared = Declarations.of(construct);
  const known = surges.get(declared);
  const may = known?.size === declared.size ? known : { size: declared.size, constructs: surgingConstructs(declared) };
  surges.set(declared, may);
  return may.constructs.has(construct);
}

const surges = new WeakMap<Declarations, { readonly size: number; readonly constructs: ReadonlySet<IConstruct> }>();

function surgingConstructs(declared: Declarations): ReadonlySet<IConstruct> {
  const wishing = new Map(
    declared
      .services()
      .filter(({ tracks }) => tracks.some(({ kind }) => kind === 'Deployment'))
      .map(({ namespace, name, tracks }) => [`${namespace}/${name}`, tracks]),
  );
  const surging = surgingServices(requestOf(declared), new Set(wishing.keys()));
  return new Set([...surging].flatMap((path) => wishing.get(path)!.map((track) => track.construct)));
}

interface Judgement {
  /** How much was declared when this was computed. */
  readonly size: number;
  readonly plan: CapacityPlan;
  readonly errors: ReadonlyMap<IConstruct, readonly Problem[]>;
}

const judgements = new WeakMap<Declarations, Judgement>();

function judgement(declared: Declarations): Judgement {
  const known = judgements.get(declared);
  if (known?.size === declared.size) return known;
  const plan = planCapacity(requestOf(declared));
  const constructs = new Map(
    declared.services().map(({ namespace, name, tracks }) => [`${namespace}/${name}`, tracks[0]!.construct]),
  );
  const errors = new Map<IConstruct, readonly Problem[]>();
  for (const { paths, findings } of capacityVerdicts(plan)) {
    // What concerns several services is told once, by the first of them.
    const construct = constructs.get(paths[0]!)!;
    const found = standing(construct, findings.errors);
    if (found.length > 0) errors.set(construct, [...(errors.get(construct) ?? []), ...found]);
    reportWarnings(construct, findings.warnings);
  }
  warnOfNamesakes(declared);
  const judged = { size: declared.size, plan, errors };
  judgements.set(declared, judged);
  return judged;
}
