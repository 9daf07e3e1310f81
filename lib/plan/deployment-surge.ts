import { CapacityRequest, CapacityService, fitsAtLargest, maximumOf } from './capacity-plan';
import { connected } from './connected';

/**
 * The services, among those that would like to, that can have one replica more for the time of a rollout: there is room for
 * it whatever else happens at the same moment. Those that come first are given first.
 *
 * @param wishing paths of services whose rollout would begin with a new replica
 */
export function surgingServices(request: CapacityRequest, wishing: ReadonlySet<string>): ReadonlySet<string> {
  const islands = connected(request.services, (service) => service.pools.map(({ name }) => name));
  return new Set(islands.flatMap((services) => surging({ ...request, services }, wishing)));
}

function surging({ services, pools, quotas = [] }: CapacityRequest, wishing: ReadonlySet<string>): string[] {
  const candidates = services.filter(({ path }) => wishing.has(path)).map(({ path }) => path);
  const namespaces = new Set(services.map(({ namespace }) => namespace));
  const fits = (paths: readonly string[]) =>
    fitsAtLargest({
      services: services.map((service) => (paths.includes(service.path) ? withOneMore(service) : service)),
      pools,
      quotas: quotas.filter(({ namespace }) => namespaces.has(namespace)),
    });
  if (candidates.length === 0 || fits(candidates)) return candidates;
  return candidates.reduce<string[]>((given, path) => (fits([...given, path]) ? [...given, path] : given), []);
}

const withOneMore = (service: CapacityService): CapacityService => ({
  ...service,
  replicasAtMaximum: maximumOf(service) + 1,
});
