import { CapacityRequest, CapacityService, DEFAULT_RESOURCE, fitsAtRest, mostCanaries } from './capacity-plan';
import { connected } from './connected';

/**
 * The most replicas that a service can have while the others are at rest: what pools and quota leave, less the pods that the
 * largest step of its own release needs beside them. Not below its replicas at rest.
 */
export function maximumInPools({ services, pools, quotas = [] }: CapacityRequest, path: string): number {
  const neighbours = connected(services, (service) => service.pools.map(({ name }) => name)).find((members) =>
    members.some((member) => member.path === path),
  )!;
  const service = neighbours.find((each) => each.path === path)!;
  const canaries = mostCanaries(service);
  const fits = (replicas: number) =>
    fitsAtRest({
      pools,
      services: neighbours.map((each) => (each === service ? { ...each, replicasAtRest: replicas + canaries } : each)),
    });
  const held = pools
    .filter(({ name }) => service.pools.some((pool) => pool.name === name))
    .reduce((sum, { maxNodes, gpusPerNode }) => sum + maxNodes * gpusPerNode, 0);
  const allowed = quotas
    .filter(({ namespace, resourceName = DEFAULT_RESOURCE }) => countedBy(namespace, resourceName, service))
    .map(({ namespace, gpus, resourceName = DEFAULT_RESOURCE }) =>
      services
        .filter((other) => other !== service && countedBy(namespace, resourceName, other))
        .reduce((left, other) => left - other.replicasAtRest * other.gpusPerReplica, gpus),
    )
    .map((left) => left - canaries * service.gpusPerReplica);
  const bound = Math.floor(Math.min(held, ...allowed) / service.gpusPerReplica);
  let least = service.replicasAtRest;
  let most = Number.isSafeInteger(bound) ? Math.max(least, bound) : least;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return least;
}

const countedBy = (namespace: string, resourceName: string, service: CapacityService) =>
  service.namespace === namespace && (service.resourceName ?? DEFAULT_RESOURCE) === resourceName;
