import { identify } from '../../checks/manifest-identity';
import { Cluster, lastLine, listAll } from './kubectl';
import { KnownKinds } from './known-kinds';
import { RehearsalImpossible } from './rehearsal-impossible';
import { manifestsOf, RehearsedState } from './rehearsed-state';
import { NodeIdentity, realNodes } from './simulated-nodes';

/**
 * A rehearsal makes nodes, applies everything and deletes it again: never where a machine would follow.
 *
 * @throws RehearsalImpossible when a node is real, or may come
 */
export function refuseRealNodes(cluster: Cluster): void {
  // A server that does not answer is asked for five times by itself.
  const { ok, stdout, stderr } = cluster.run(['get', 'nodes', '-o', 'json', '--request-timeout=15s']);
  if (!ok) throw new RehearsalImpossible(`There is no cluster to rehearse on: ${lastLine(stderr)}`);
  const { items } = JSON.parse(stdout) as { items: NodeIdentity[] };
  const real = realNodes(items);
  if (real.length > 0) throw theyAreReal(real);
  // A cluster that is scaled to nothing waits for machines; its own DNS tells it from one that was made for this.
  const [waiting] = listAll(cluster, 'deployments').filter(({ metadata }) => metadata.namespace === 'kube-system');
  if (items.length === 0 && waiting) {
    throw new RehearsalImpossible(
      `This cluster has no nodes, and ${waiting.metadata.name} in kube-system waits for one: its machines may come at any time. Use a cluster whose nodes are all simulated (docs/rehearse.md).`,
    );
  }
}

const theyAreReal = (real: readonly string[]) =>
  new RehearsalImpossible(
    `This cluster has ${real.length === 1 ? 'a real node' : `${real.length} real nodes`} (${real.slice(0, 3).join(', ')}): a rehearsal applies everything, and machines would start it. Use a cluster whose nodes are all simulated (docs/rehearse.md).`,
  );

/** Nodes that come while a rehearsal goes on, such as those of an autoscaler that looks at pending pods. */
export class NodesThatCome {
  private readonly real = new Set<string>();
  private ended = false;
  private readonly watching: { stop(): void };

  constructor(cluster: Cluster) {
    this.watching = cluster.watch(
      'nodes',
      ({ type, object }) => type !== 'DELETED' && realNodes([object]).forEach((name) => this.real.add(name)),
      () => (this.ended = true),
    );
  }

  /** @throws RehearsalImpossible when one of them was real, or nobody would know */
  refuseReal(): void {
    if (this.real.size > 0) throw theyAreReal([...this.real].sort());
    if (this.ended)
      throw new RehearsalImpossible('The watch of the nodes ended: whether a real one comes is not known.');
  }

  stop(): void {
    this.watching.stop();
  }
}

/** What is there already would be taken over, and deleted at the end. */
export function refuseTakenNamespaces(cluster: Cluster, states: readonly RehearsedState[]): void {
  const wanted = new Set(
    states
      .flatMap(manifestsOf)
      .filter(({ kind }) => kind === 'Namespace')
      .map((manifest) => identify(manifest).name),
  );
  const taken = listAll(cluster, 'namespaces').find(({ metadata }) => wanted.has(metadata.name));
  if (taken) {
    throw new RehearsalImpossible(
      `The namespace ${taken.metadata.name} is there already: a rehearsal takes a cluster of its own. Delete it, or make a new cluster.`,
    );
  }
}

/** Kinds whose controllers make the pods of services; nobody else can tell what becomes of them. */
const KEEPERS: readonly { readonly kind: string; readonly group: string; readonly definition: string }[] = [
  {
    kind: 'LeaderWorkerSet',
    group: 'leaderworkerset.x-k8s.io',
    definition: 'leaderworkersets.leaderworkerset.x-k8s.io',
  },
  { kind: 'Rollout', group: 'argoproj.io', definition: 'rollouts.argoproj.io' },
];

/** Definitions in the folder itself count. */
export function refuseUnknownKeepers(kinds: KnownKinds, states: readonly RehearsedState[]): void {
  const all = states.flatMap(manifestsOf).map(identify);
  for (const { kind, group, definition } of KEEPERS) {
    const needed = all.some((each) => each.kind === kind && each.group === group);
    const defined = all.some((each) => each.kind === 'CustomResourceDefinition' && each.name === definition);
    if (!needed || defined || kinds.has(group, kind)) continue;
    throw new RehearsalImpossible(
      `The cluster does not know ${kind}, and services here are kept by some: install its controller first (docs/rehearse.md).`,
    );
  }
}
