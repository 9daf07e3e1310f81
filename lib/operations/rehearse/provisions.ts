import { identify, Manifest, mapOf, same } from '../../checks/manifest-identity';
import { ScorecardPool } from '../scorecard-pool';
import { Footprint } from './footprint';
import { Cluster, lastLine, listAll, LiveObject } from './kubectl';
import { RehearsalImpossible } from './rehearsal-impossible';
import { listOf, manifestsOf, RehearsedState } from './rehearsed-state';
import { machineWithoutGpu, numberOfNode, poolOfNode, REHEARSAL_LABEL, simulatedNodes } from './simulated-nodes';
import { claimKey, standIns } from './stand-ins';

/** What must be there before a state is applied and stands in no folder: machines, disks, namespaces of others. */
export class Provisions {
  /** DaemonSets that were there before anything was applied: those of the platform are in the plan. */
  private readonly agents: readonly string[];

  constructor(
    private readonly cluster: Cluster,
    private readonly footprint: Footprint,
    /** Nodes by the name of the pool; others get as many as they may have. */
    private readonly wanted: Readonly<Record<string, number>>,
    private readonly note: (text: string) => void,
  ) {
    this.agents = listAll(cluster, 'daemonsets').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  /**
   * The machines of a state's pools. Nodes that are there already count; of what an earlier state had too many, those without
   * pods are closed first. A pool of another machine is the same nodes, which from now on offer what that one does: pods of the
   * state before go on until they are replaced, and find the new machine then.
   *
   * @returns how many nodes the pools have
   */
  machines(pools: readonly ScorecardPool[], pods: readonly LiveObject[]): number {
    if (this.agents.length > 0) {
      this.note(
        `DaemonSets of this cluster run on the nodes, instead of those that the plan counts on: ${this.agents.join(', ')}.`,
      );
    }
    const there = listAll(this.cluster, 'nodes');
    const busy = new Set(pods.map(({ spec }) => spec.nodeName));
    const made: Manifest[] = [];
    const closed: string[] = [];
    let total = 0;
    for (const pool of pools) {
      const count = this.wanted[pool.name] ?? pool.maxNodes;
      const own = there.filter((node) => poolOfNode(node, pools) === pool.key);
      const foreign = own.filter(({ metadata }) => metadata.labels?.[REHEARSAL_LABEL] === undefined);
      const before = own.filter((node) => !foreign.includes(node)).map(({ metadata }) => metadata.name);
      if (foreign.length > count) {
        throw new RehearsalImpossible(
          `${pool.name} may have ${count} node${count === 1 ? '' : 's'}, and the cluster has ${foreign.length} of its own: delete some, or take another cluster.`,
        );
      }
      const needed = count - foreign.length;
      const ours = simulatedNodes(pool, Math.max(needed, ...before.map(numberOfNode)), {
        ownAgents: this.agents.length > 0,
      }).filter((node, at) => at < needed || before.includes(identify(node).name));
      // A pod on a machine that is one too many keeps it; one without pods is closed in its place.
      const open = ours
        .map((node) => identify(node).name)
        .sort((one, other) => Number(busy.has(other)) - Number(busy.has(one)));
      closed.push(...open.slice(needed));
      made.push(...ours);
      total += count;
    }
    this.make([machineWithoutGpu(), ...made]);
    this.rebuild(made, there);
    const reopened = this.closed.filter((name) => !closed.includes(name));
    if (closed.length > 0) this.run(['cordon', ...closed]);
    if (reopened.length > 0) this.run(['uncordon', ...reopened]);
    this.closed = closed;
    return total;
  }

  /** An apply sets what a node offers at its birth alone; later the API server leaves it to whoever writes the status. */
  private rebuild(made: readonly Manifest[], there: readonly LiveObject[]): void {
    for (const node of made) {
      const { name } = identify(node);
      const before = there.find(({ metadata }) => metadata.name === name);
      const { allocatable, capacity } = mapOf(node.status);
      if (!before || same(before.status?.allocatable, allocatable)) continue;
      const patch = Object.entries({ allocatable, capacity }).map(([field, value]) => ({
        op: 'add',
        path: `/status/${field}`,
        value,
      }));
      this.run(['patch', 'node', name, '--subresource=status', '--type=json', '-p', JSON.stringify(patch)]);
    }
  }

  /** Namespaces and disks that somebody else makes. */
  standIns(state: RehearsedState): void {
    const manifests = manifestsOf(state);
    const own = new Set(manifests.filter(({ kind }) => kind === 'Namespace').map((each) => identify(each).name));
    const there = new Set(listAll(this.cluster, 'namespaces').map(({ metadata }) => metadata.name));
    const others = [...new Set(manifests.map((manifest) => identify(manifest).namespace))]
      .filter((name) => name !== '' && name !== 'default' && !own.has(name) && !there.has(name))
      .sort();
    if (others.length > 0)
      this.note(
        `Empty namespaces stand in for ${others.join(', ')}, which nobody here makes: without them Flux applies nothing.`,
      );
    const classes = listAll(this.cluster, 'storageclasses');
    const { volumes, claims, expected, missingClasses } = standIns(manifests, {
      classes: classes.map(({ metadata }) => metadata.name),
      hasDefault: classes.some(
        ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
      ),
      claims: listAll(this.cluster, 'persistentvolumeclaims').map(claimKey),
    });
    if (expected.length > 0) this.note(`Empty claims stand in for ${expected.join(', ')}, which somebody fills.`);
    if (missingClasses.length > 0) {
      this.note(
        `Disks stand in for ${count('storage class', missingClasses)}, which the cluster does not have: zones of disks were not judged.`,
      );
    }
    this.make(others.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    this.makeVolumes(volumes);
    this.waiting = claims;
    this.claimsIn(new Set([...there, ...others]));
  }

  /** One whose claim went, such as that of a canary, takes no other claim, not even of that name. */
  private makeVolumes(volumes: readonly Manifest[]): void {
    const wanted = new Set(volumes.map((volume) => identify(volume).name));
    const released = listAll(this.cluster, 'persistentvolumes')
      .filter(({ metadata, status }) => wanted.has(metadata.name) && status?.phase === 'Released')
      .map(({ metadata }) => metadata.name);
    if (released.length > 0) this.run(['delete', 'persistentvolumes', '--ignore-not-found', ...released]);
    this.make(volumes);
  }

  /** Machines that the last state could not have. */
  private closed: readonly string[] = [];
  /** Claims whose namespaces are still to come. */
  private waiting: readonly Manifest[] = [];

  /** Makes those of namespaces that are there now. */
  claimsIn(namespaces: ReadonlySet<string>): void {
    const isThere = (claim: Manifest) => namespaces.has(identify(claim).namespace);
    this.make(this.waiting.filter(isThere));
    this.waiting = this.waiting.filter((claim) => !isThere(claim));
  }

  private run(args: readonly string[]): void {
    const { ok, stderr } = this.cluster.run(args);
    if (!ok) throw new RehearsalImpossible(`kubectl ${args.slice(0, 2).join(' ')}: ${lastLine(stderr)}`);
  }

  private make(manifests: readonly Manifest[]): void {
    if (manifests.length === 0) return;
    this.footprint.add(manifests);
    const { ok, stderr } = this.cluster.run(
      // Of our own making: without validation kubectl does not wait for the schemas, which a new server takes long to collect.
      ['apply', '--server-side', '--force-conflicts', '--validate=false', '--field-manager=rehearsal', '-f', '-'],
      listOf(manifests),
    );
    if (!ok) throw new RehearsalImpossible(`What stands in cannot be made: ${stderr.trim()}`);
  }
}

const plural = (word: string) => (word.endsWith('s') ? `${word}es` : `${word}s`);
const count = (word: string, names: readonly string[]) =>
  `the ${names.length === 1 ? word : plural(word)} ${names.join(', ')}`;
