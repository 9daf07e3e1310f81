import { identify, Manifest } from '../../checks/manifest-identity';
import { ScorecardPool } from '../scorecard-pool';
import { Footprint } from './footprint';
import { Cluster, listAll, LiveObject } from './kubectl';
import { RehearsalImpossible } from './rehearsal-impossible';
import { listOf, manifestsOf, RehearsedState } from './rehearsed-state';
import { machineWithoutGpu, poolOfNode, REHEARSAL_LABEL, simulatedNodes } from './simulated-nodes';
import { standIns } from './stand-ins';

/** What must be there before a state is applied and stands in no folder: machines, disks, namespaces of others. */
export class Provisions {
  constructor(
    private readonly cluster: Cluster,
    private readonly footprint: Footprint,
    /** Nodes by the name of the pool; others get as many as they may have. */
    private readonly wanted: Readonly<Record<string, number>>,
    private readonly note: (text: string) => void,
  ) {}

  /**
   * The machines of a state's pools. Nodes that are there already count; of what an earlier state had too many, those without
   * pods are closed first.
   *
   * @returns how many nodes the pools have
   */
  machines(pools: readonly ScorecardPool[], pods: readonly LiveObject[]): number {
    const agents = listAll(this.cluster, 'daemonsets').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (agents.length > 0) {
      this.note(
        `DaemonSets of this cluster run on the nodes, instead of those that the plan counts on: ${agents.join(', ')}.`,
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
      if (foreign.length > count) {
        throw new RehearsalImpossible(
          `${pool.name} may have ${count} node${count === 1 ? '' : 's'}, and the cluster has ${foreign.length} of its own: delete some, or take another cluster.`,
        );
      }
      const ours = simulatedNodes(pool, count - foreign.length, { ownAgents: agents.length > 0 });
      const names = ours.map((node) => identify(node).name);
      const surplus = own.filter((node) => !foreign.includes(node)).map(({ metadata }) => metadata.name);
      // A pod on a machine that is one too many keeps it; one without pods is closed in its place.
      const open = [...new Set([...names, ...surplus])].sort(
        (one, other) => Number(busy.has(other)) - Number(busy.has(one)),
      );
      closed.push(...open.slice(names.length));
      made.push(...ours);
      total += count;
    }
    this.make([machineWithoutGpu(), ...made]);
    const reopened = this.closed.filter((name) => !closed.includes(name));
    if (closed.length > 0) this.cluster.run(['cordon', ...closed]);
    if (reopened.length > 0) this.cluster.run(['uncordon', ...reopened]);
    this.closed = closed;
    return total;
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
    });
    if (expected.length > 0) this.note(`Empty claims stand in for ${expected.join(', ')}, which somebody fills.`);
    if (missingClasses.length > 0) {
      this.note(
        `Disks stand in for ${count('storage class', missingClasses)}, which the cluster does not have: zones of disks were not judged.`,
      );
    }
    this.make(others.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    this.make(volumes);
    this.waiting = claims;
    this.claimsIn(new Set(others));
  }

  /** Machines that the last state could not have. */
  private closed: readonly string[] = [];
  private waiting: readonly Manifest[] = [];

  /** Claims of namespaces that have just come. */
  claimsIn(namespaces: ReadonlySet<string>): void {
    this.make(this.waiting.filter((claim) => namespaces.has(identify(claim).namespace)));
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
