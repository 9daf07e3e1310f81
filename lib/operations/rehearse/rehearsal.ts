import { isDeviceQuota } from '../../hardware/device-claim';
import { Footprint } from './footprint';
import { Cluster, listAll, LiveObject } from './kubectl';
import { KnownKinds } from './known-kinds';
import { Observation } from './observation';
import { observe } from './observe';
import { isService, PodHistory, serves, serviceOf } from './pod-history';
import { NodesThatCome, refuseRealNodes, refuseTakenNamespaces, refuseUnknownKeepers } from './preconditions';
import { Provisions } from './provisions';
import { RehearsalImpossible } from './rehearsal-impossible';
import { RehearsedState } from './rehearsed-state';
import { changeVerdicts } from './release-promise';
import { Refusal, Revisions } from './revision';
import { TemplatesOfPods } from './templates-of-pods';
import { Verdict, verdictsOf } from './verdicts';

export interface RehearsalOptions {
  /** Nodes by pool; a pool that is not named has as many as it may have. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Longest time to wait for one state, in seconds. */
  readonly timeoutSeconds: number;
  /** How long nothing may move before a state counts as reached, in seconds. */
  readonly settleSeconds: number;
}

/** What became of one state. */
export interface RehearsedStep {
  readonly name: string;
  /** Objects that the server took. */
  readonly applied: number;
  readonly refused?: Refusal;
  readonly verdicts: readonly Verdict[];
  /** @default - it was refused, and nothing was waited for */
  readonly observation?: Observation;
}

export interface Rehearsal {
  readonly steps: readonly RehearsedStep[];
  /** What stood in for things that the cluster does not have, and what was therefore not judged. */
  readonly notes: readonly string[];
}

/** What is complete needs only a moment in which nothing follows, in seconds; a controller may take one to begin. */
const COMPLETE_SECONDS = 4;

/** Plays states of a platform through on a cluster of simulated nodes, and compares each with what its plan says. */
export class Rehearsing {
  private readonly notes = new Set<string>();
  private readonly footprint = new Footprint();
  private readonly templates = new TemplatesOfPods();

  constructor(
    private readonly cluster: Cluster,
    private readonly options: RehearsalOptions,
    private readonly progress: (line: string) => void,
  ) {}

  /** @throws RehearsalImpossible when it cannot be played at all, or not to its end */
  async play(states: readonly RehearsedState[]): Promise<Rehearsal> {
    refuseRealNodes(this.cluster);
    refuseTakenNamespaces(this.cluster, states);
    const kinds = new KnownKinds(this.cluster);
    refuseUnknownKeepers(kinds, states);
    const provisions = new Provisions(this.cluster, this.footprint, this.options.nodes, (text) => this.notes.add(text));
    const revisions = new Revisions(this.cluster, this.footprint, kinds, provisions, this.progress);
    const history = new PodHistory(this.cluster);
    const arrivals = new NodesThatCome(this.cluster);
    const steps: RehearsedStep[] = [];
    try {
      let before: RehearsedState | undefined;
      for (const state of states) {
        refuseRealNodes(this.cluster);
        history.resourceOf = (name) =>
          state.scorecard.services.find((service) => `${service.namespace}/${service.name}` === name)?.resourceName;
        const nodes = provisions.machines(state.scorecard.pools, [...history.pods.values()]);
        this.progress(
          `${state.name}: ${nodes} nodes in ${state.scorecard.pools.length} pool${state.scorecard.pools.length === 1 ? '' : 's'}`,
        );
        provisions.standIns(state);
        const { objects, ...applied } = revisions.apply(state);
        const { deleted, ...pruned } = before && !applied.refused ? revisions.prune(before, state) : { deleted: [] };
        const refused = applied.refused ?? pruned.refused;
        if (refused) {
          steps.push({ name: state.name, applied: objects, refused, verdicts: [] });
          break;
        }
        const restless = await this.settle(state, history, arrivals);
        this.templates.add(state);
        const observation = observe(this.cluster, state, history, this.templates, deleted);
        steps.push({
          name: state.name,
          applied: objects,
          observation,
          verdicts: [
            ...restless,
            ...verdictsOf(state.scorecard, observation),
            ...(before ? changeVerdicts(before, state, observation) : []),
          ],
        });
        this.noteClaims(state);
        before = state;
      }
    } finally {
      history.stop();
      arrivals.stop();
    }
    if (kinds.missing.size > 0) {
      this.notes.add(`Not judged, as the cluster does not know these kinds: ${[...kinds.missing].sort().join(', ')}.`);
    }
    return { steps, notes: [...this.notes] };
  }

  /** Takes everything away that it made. */
  cleanUp(): void {
    if (this.footprint.remove(this.cluster)) return;
    this.progress(
      'A namespace is still ending: a controller has not let go of something in it. Take a new cluster next time.',
    );
  }

  /**
   * Waits until the services are as planned, or nothing moves any more.
   *
   * @returns the promise that was broken where that takes too long: what is seen then is not what a state ends as
   */
  private async settle(
    { name, scorecard }: RehearsedState,
    history: PodHistory,
    arrivals: NodesThatCome,
  ): Promise<Verdict[]> {
    const { timeoutSeconds, settleSeconds } = this.options;
    const started = Date.now();
    history.lastChange = started;
    const services = new Set(scorecard.services.map((service) => `${service.namespace}/${service.name}`));
    const wanted = scorecard.services
      .flatMap(({ tracks }) => tracks)
      .reduce((sum, track) => sum + track.replicas * (track.podsPerReplica ?? 1), 0);
    let told = '';
    for (;;) {
      await new Promise((next) => setTimeout(next, 250));
      arrivals.refuseReal();
      if (history.ended) throw new RehearsalImpossible('The watch of the pods ended: what happened is not known.');
      const pods = [...history.pods.values()].filter((pod) => isService(pod) && services.has(serviceOf(pod)));
      const ready = pods.filter(serves).length;
      const pending = pods.filter(({ spec }) => spec.nodeName === undefined).length;
      const line = `${name}: ${ready} of ${wanted} pods ready${pending > 0 ? `, ${pending} pending` : ''}`;
      if (line !== told) this.progress(line);
      told = line;
      const complete = ready === wanted && pods.length === wanted;
      const quiet = (Date.now() - history.lastChange) / 1000;
      // A pod that starts or ends says nothing for as long as that takes.
      const starting = pods.filter((pod) => pod.spec.nodeName !== undefined && !serves(pod));
      const isQuiet = quiet >= (complete ? Math.min(COMPLETE_SECONDS, settleSeconds) : settleSeconds);
      const late = Date.now() - started > timeoutSeconds * 1000;
      if (!late && (!isQuiet || starting.length > 0)) continue;
      const unseen = this.unseen();
      if (isQuiet && starting.length === 0 && unseen.length === 0) return [];
      if (!late) continue;
      const moving = [
        ...starting.map(({ metadata }) => `${metadata.name} starts or ends`),
        ...unseen.map((object) => `no controller has looked at ${object}`),
      ];
      return [
        {
          subject: name,
          kept: false,
          planned: `at rest within ${timeoutSeconds} s`,
          seen: moving.length > 0 ? moving.join('; ') : 'pods still come, change and go',
        },
      ];
    }
  }

  /** What was applied last, as far as its controller has not looked at it. */
  private unseen(): string[] {
    return ['StatefulSet', 'Deployment'].flatMap((kind) =>
      listAll(this.cluster, `${kind.toLowerCase()}s`)
        .filter((object) => !isObserved(object))
        .map(({ metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    );
  }

  private noteClaims({ scorecard: { services } }: RehearsedState): void {
    const claiming = services.filter(({ resourceName }) => isDeviceQuota(resourceName));
    if (claiming.length === 0) return;
    const names = claiming.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    this.notes.add(`Not rehearsed: ${names}. They claim devices, and no driver publishes those of simulated nodes.`);
  }
}

const isObserved = ({ metadata, status }: LiveObject) =>
  metadata.generation === undefined || Number(status?.observedGeneration ?? 0) >= metadata.generation;
