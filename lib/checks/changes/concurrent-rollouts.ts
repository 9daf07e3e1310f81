import { CapacityRequest, CapacityService, Conflict, planCapacity } from '../../plan/capacity-plan';
import { Problem } from '../../problem/problem';
import { deploymentSurge } from '../deployment-strategy';
import { keyOf, mapOf } from '../manifest-identity';
import { portion } from '../portion';
import { Changes } from './change';
import { isReplaced, KeptPods, KeptPodsOf } from './kept-pods';

/** A problem of several services, the first of which tells it. */
export interface SharedProblem extends Problem {
  /** As the capacity plan names them, such as `nim/llama3-8b`. */
  readonly paths: readonly string[];
}

/**
 * Services that a commit changes at the same time, though the pools have room for the rollout of one of them only: pods of the
 * others stay pending, and Flux gives up waiting for them.
 *
 * @param request what all services need of the pools, as the app declares them after the commit
 */
export function concurrentRollouts(changes: Changes, request: CapacityRequest): SharedProblem[] {
  const [old, wanted] = [new KeptPodsOf(changes.before), new KeptPodsOf(changes.after)];
  const loads = new Map(request.services.map((service) => [service.path, loadOf(service, old, wanted)]));
  const growing = request.services.filter(({ path }) => loads.get(path)!.during > loads.get(path)!.before);
  if (growing.length < 2) return [];
  const conflicts = (replicasOf: (service: CapacityService, load: ServiceLoad) => number) =>
    planCapacity({
      pools: request.pools,
      services: request.services.map((service) => ({
        ...service,
        steps: [],
        replicasAtMaximum: undefined,
        replicasAtRest: replicasOf(service, loads.get(service.path)!),
      })),
    }).rest.conflicts;
  const whileRolling = (rolling: readonly CapacityService[]) =>
    conflicts((service, { before, during }) => (rolling.includes(service) ? during : before));
  const together = whileRolling(growing);
  // What does not fit when all is done is told by the capacity plan of what shall be.
  if (together.length === 0 || conflicts((_, { after }) => after).length > 0) return [];
  const alone = new Set(growing.filter((service) => whileRolling([service]).length === 0).map(({ path }) => path));
  return together.flatMap((conflict) => {
    const paths = conflict.demands.map(({ path }) => path).filter((path) => alone.has(path));
    return paths.length < 2 ? [] : [problemOf(paths, conflict, loads)];
  });
}

interface ServiceLoad {
  readonly before: number;
  readonly after: number;
  /** The most replicas while the commit is carried out. */
  readonly during: number;
  /** Whether a replica is a group of pods. */
  readonly groups: boolean;
}

function loadOf(service: CapacityService, old: KeptPodsOf, wanted: KeptPodsOf): ServiceLoad {
  const { path, namespace } = service;
  const name = path.slice(namespace.length + 1);
  const own = (pods: KeptPodsOf) =>
    pods.all.filter((one) => nameOf(one) === name && (one.at.namespace || 'default') === namespace);
  const [ownBefore, ownAfter] = [own(old), own(wanted)];
  // Of a service without a release the canary is at rest too.
  const written = ownAfter.reduce((sum, { replicas = 0 }) => sum + replicas, 0);
  const atRest = service.steps === undefined ? Math.max(0, service.replicasAtRest - written) : service.replicasAtRest;
  const replicasOf = (pods: KeptPods | undefined) =>
    pods ? (pods.replicas ?? (pods.labels.track === 'canary' ? 1 : atRest)) : 0;
  const total = { before: 0, after: 0, during: 0 };
  for (const at of new Map([...ownBefore, ...ownAfter].map((one) => [keyOf(one.at), one.at])).values()) {
    const [was, becomes] = [old.get(at), wanted.get(at)];
    const replicas = Math.max(replicasOf(was), replicasOf(becomes));
    total.before += replicasOf(was);
    total.after += replicasOf(becomes);
    total.during += replicas + (becomes && isReplaced(was, becomes) ? surgeOf(becomes, replicas) : 0);
  }
  return { ...total, groups: ownAfter.some(({ at }) => at.kind === 'LeaderWorkerSet') };
}

/** A service by its labels; each role of it is one of its own. */
function nameOf({ labels }: KeptPods): string {
  const { role, 'app.kubernetes.io/instance': instance } = labels;
  return [instance, role ?? []].flat().join('-');
}

/** Pods beside those of before, while a rollout replaces them. */
function surgeOf({ at, manifest }: KeptPods, replicas: number): number {
  const { strategy, rolloutStrategy } = mapOf(manifest.spec);
  if (replicas === 0) return 0;
  if (at.kind === 'Deployment') return deploymentSurge(strategy, replicas)?.more ?? 0;
  return portion(mapOf(mapOf(rolloutStrategy).rollingUpdateConfiguration).maxSurge, replicas) ?? 0;
}

function problemOf(
  paths: readonly string[],
  { gpusNeeded, gpusHeld, pools }: Conflict,
  loads: ReadonlyMap<string, ServiceLoad>,
): SharedProblem {
  const each = paths.map((path) => {
    const { before, during, groups } = loads.get(path)!;
    return `${path} with up to ${during} ${groups ? 'groups' : 'pods'} instead of ${before}`;
  });
  return {
    paths,
    check: 'concurrent-rollouts',
    message: `One commit rolls out ${each.join(' and ')}: together with the rest that takes ${gpusNeeded} GPUs of ${pools.map(({ name }) => name).join(', ')}, which ${pools.length === 1 ? 'has' : 'have'} ${gpusHeld}. Any of them alone fits.`,
    remedy: 'Make it a commit for each, the next when the one before is ready.',
  };
}
