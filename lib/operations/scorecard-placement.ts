import { DeclaredService, DeclaredTrack } from '../checks/declarations';
import { requestOfPod } from '../checks/pod-request';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { connected } from '../plan/connected';
import { planNodeFit, PodRequest } from '../plan/node-fit';
import { AssignmentDemand, AssignmentPool, assignReplicas } from '../plan/replica-assignment';

/** Where the declared pods end up: how many nodes of each pool they need together. */
export interface ScorecardPlacement {
  /** Nodes in use, by the key of the pool. */
  readonly nodes: ReadonlyMap<string, number>;
  /** Devices in use, by the key of the pool. */
  readonly gpus: ReadonlyMap<string, number>;
  /** Pods of a track by the key of the pool. */
  podsOf(track: DeclaredTrack): Readonly<Record<string, number>>;
  /** Pods of a track that a node of the pool holds; 0 when none fits. */
  podsPerNode(track: DeclaredTrack, poolKey: string): number;
  /** What one pod of a track asks of its node, sidecars included. */
  podOf(track: DeclaredTrack): PodRequest;
  /** Nodes that a service would need if it had them to itself. */
  nodesOf(service: DeclaredService): number;
}

/**
 * Places all tracks at once. Groups that share no pool are placed on their own. Where there is no room for a group, or nobody
 * could tell, each of its pods counts in the pool that it prefers.
 */
export function placeServices(
  services: readonly DeclaredService[],
  pools: ReadonlyMap<string, GpuNodePool>,
  keyOf: (pool: GpuNodePool) => string,
): ScorecardPlacement {
  const tracks = services.flatMap((service) => service.tracks);
  const requests = new Map(
    tracks.map((track) => {
      const { gpuResourceName, deviceClaim } = track.plan.resources;
      return [track, requestOfPod(track.pod, gpuResourceName, deviceClaim?.count)];
    }),
  );
  const demands = tracks.map((track, at) => demandOf(track, requests.get(track)!, String(at), keyOf));
  const nodes = new Map<string, number>();
  const gpus = new Map<string, number>();
  const pods = new Map<DeclaredTrack, Readonly<Record<string, number>>>();
  const add = (map: Map<string, number>, key: string, amount: number) => map.set(key, (map.get(key) ?? 0) + amount);

  const present = demands.filter((demand) => demand.replicas > 0 && demand.pools.length > 0);
  for (const group of connected(present, (demand) => demand.pools.map(({ name }) => name))) {
    const shared = [...new Set(group.flatMap((demand) => demand.pools.map(({ name }) => name)))];
    const assignment = assignReplicas(
      group,
      shared.map((key): AssignmentPool => ({ ...sizeOf(pools.get(key)!), name: key })),
    );
    for (const demand of group) {
      const track = tracks[Number(demand.path)]!;
      const preferred = demand.pools.find(({ podsPerNode }) => podsPerNode > 0) ?? demand.pools[0];
      const own =
        assignment.verdict === 'fits'
          ? (assignment.replicas[demand.path] ?? {})
          : preferred && demand.replicas > 0
            ? { [preferred.name]: demand.replicas }
            : {};
      pods.set(track, own);
      for (const [key, count] of Object.entries(own)) {
        add(gpus, key, count * demand.gpusPerReplica);
        const podsPerNode = demand.pools.find(({ name }) => name === key)?.podsPerNode ?? 1;
        if (assignment.verdict !== 'fits') add(nodes, key, Math.ceil(count / Math.max(1, podsPerNode)));
      }
    }
    if (assignment.verdict === 'fits')
      for (const [key, count] of Object.entries(assignment.nodes)) add(nodes, key, count);
  }
  const podsPerNode = new Map(
    demands.map((demand, at) => [tracks[at]!, new Map(demand.pools.map((pool) => [pool.name, pool.podsPerNode]))]),
  );
  const held = (track: DeclaredTrack, key: string) => podsPerNode.get(track)?.get(key) ?? 0;
  return {
    nodes,
    gpus,
    podsPerNode: held,
    podOf: (track) => requests.get(track)!,
    podsOf: (track) => pods.get(track) ?? {},
    nodesOf: (service) =>
      service.tracks.reduce(
        (sum, track) =>
          sum +
          Object.entries(pods.get(track) ?? {}).reduce(
            (each, [key, count]) => each + Math.ceil(count / Math.max(1, held(track, key))),
            0,
          ),
        0,
      ),
  };
}

const sizeOf = ({ maxNodes, gpusPerNode }: GpuNodePool) => ({ maxNodes, gpusPerNode });

function demandOf(
  { request, plan, replicas, podsPerReplica }: DeclaredTrack,
  pod: PodRequest,
  path: string,
  keyOf: (pool: GpuNodePool) => string,
): AssignmentDemand {
  return {
    path,
    // Pod by pod: what a scorecard shows is nodes.
    replicas: replicas * podsPerReplica,
    gpusPerReplica: plan.resources.gpus,
    pools: request.nodePools.map((pool) => ({
      name: keyOf(pool),
      podsPerNode: planNodeFit({ pod, pool }).podsPerNode,
    })),
  };
}
