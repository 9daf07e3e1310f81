import { CapacityRequest, CapacityService, Conflict, planCapacity } from '../../plan/capacity-plan';
import { Problem } from '../../problem/problem';
import { mapOf, same } from '../manifest-identity';
import { Changes } from './change';
import { KeptPods, KeptPodsOf } from './kept-pods';

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
}

function loadOf({ path, namespace }: CapacityService, old: KeptPodsOf, wanted: KeptPodsOf): ServiceLoad {
  const name = path.slice(namespace.length + 1);
  const own = (pods: KeptPodsOf) => pods.all.filter((one) => nameOf(one) === name && one.at.namespace === namespace);
  const keys = new Map([...own(old), ...own(wanted)].map((one) => [JSON.stringify(one.at), one.at]));
  const total = { before: 0, after: 0, during: 0 };
  for (const at of keys.values()) {
    const [was, becomes] = [old.get(at), wanted.get(at)];
    const replicas = Math.max(replicasOf(was), replicasOf(becomes));
    const surges = was && becomes && !same(was.template, becomes.template) ? surgeOf(becomes, replicas) : 0;
    total.before += replicasOf(was);
    total.after += replicasOf(becomes);
    total.during += replicas + surges;
  }
  return total;
}

/** A service by its labels; each role of it is one of its own. */
function nameOf({ labels }: KeptPods): string {
  const { role, 'app.kubernetes.io/instance': instance } = labels;
  return [instance, role ?? []].flat().join('-');
}

const replicasOf = (pods: KeptPods | undefined) => (pods ? (pods.replicas ?? 1) : 0);

/** Pods beside those of before, while a rollout replaces them. */
function surgeOf({ at, manifest }: KeptPods, replicas: number): number {
  const { strategy, rolloutStrategy } = mapOf(manifest.spec);
  const { maxSurge } =
    at.kind === 'Deployment'
      ? {
          maxSurge: '25%',
          ...mapOf(mapOf(strategy).rollingUpdate),
          ...(mapOf(strategy).type === 'Recreate' && { maxSurge: 0 }),
        }
      : mapOf(mapOf(rolloutStrategy).rollingUpdateConfiguration);
  if (typeof maxSurge === 'number') return maxSurge;
  const percent = /^(\d+)%$/.exec(String(maxSurge ?? '0%'))?.[1] ?? '0';
  return Math.ceil((Number(percent) * replicas) / 100);
}

function problemOf(
  paths: readonly string[],
  { gpusNeeded, gpusHeld, pools }: Conflict,
  loads: ReadonlyMap<string, ServiceLoad>,
): SharedProblem {
  const each = paths.map((path) => {
    const { before, during } = loads.get(path)!;
    return `${path} with up to ${during} pods instead of ${before}`;
  });
  return {
    paths,
    check: 'concurrent-rollouts',
    message: `One commit rolls out ${each.join(' and ')}: together with the rest that takes ${gpusNeeded} GPUs of ${pools.map(({ name }) => name).join(', ')}, which ${pools.length === 1 ? 'has' : 'have'} ${gpusHeld}. Any of them alone fits.`,
    remedy: 'Make it a commit for each, the next when the one before is ready.',
  };
}
