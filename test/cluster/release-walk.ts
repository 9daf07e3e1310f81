import { Manifest } from '../../lib/checks/manifest-identity';
import { KUBECTL, LiveObject, WatchEvent } from '../../lib/operations/rehearse/kubectl';
import { PodHistory, serves, ServiceHistory } from '../../lib/operations/rehearse/pod-history';
import { changeVerdicts } from '../../lib/operations/rehearse/release-promise';
import { manifestsOf } from '../../lib/operations/rehearse/rehearsed-state';
import { apply, commit, kubectl, list, until } from './cluster';
import { nodeOf } from './nodes';
import { Commit, commitOf, poolOf, Stage, World } from './release-worlds';

/** What became of a commit. */
export interface Walked extends ServiceHistory {
  readonly stage: Stage;
  /**
   * Where it ended: as it says; with a new version that does not become ready, and a controller that waits for it, or that took
   * it back; or with a pod that waits for a GPU, while those that serve hold all.
   */
  readonly end: 'settled' | 'not ready' | 'taken back' | 'no GPU';
  /** Promises of the plan about the way there that the cluster broke. */
  readonly broken: readonly string[];
  /** Percent of requests for stable and canary; `all` for a service without a canary. */
  readonly shares: string;
  readonly mirrors: boolean;
  /** Jobs that ask the candidate its first question. */
  readonly smokeJobs: number;
  /** The disks of the replicas by name, and which they are. */
  readonly disks: Readonly<Record<string, string>>;
  /** Which version each pod runs. */
  readonly versions: Readonly<Record<string, string>>;
  /** Pods that wait for a node. */
  readonly waiting: readonly string[];
}

/** The longest that all releases together may take, in ms. */
export const LIMIT = 600_000;

/** How long nothing may move where a controller waits for what does not come. */
const QUIET_MS = 3_000;
/** Commits and questions at the same time: Flux applies as many. */
const AT_ONCE = 4;

/** Releases side by side, each one Flux commit after the other, seen through the API server's own watches. */
export class ReleaseWalks {
  private readonly pods = new PodHistory(KUBECTL);
  private readonly keepers = new Map<string, LiveObject>();
  private readonly watches: readonly { stop(): void }[];
  private readonly stands = new Map<World, Commit>();
  private readonly queue: (() => void)[] = [];
  private running = 0;

  constructor(private readonly kinds: readonly string[] = ['statefulsets', 'deployments']) {
    this.pods.resourceOf = () => 'nvidia.com/gpu';
    const take = ({ type, object }: WatchEvent) => {
      const key = keyOf(object);
      if (type === 'DELETED') this.keepers.delete(key);
      else this.keepers.set(key, object);
    };
    this.watches = this.kinds.map((kind) => KUBECTL.watch(kind, take, () => {}));
  }

  /** Brings the machines of worlds. */
  async machines(worlds: readonly World[]): Promise<void> {
    await apply(...worlds.map((world) => nodeOf(poolOf(world), world.namespace, { diskGib: 100 * world.gpus })));
  }

  /** Commits the stages one after the other, each when the one before has come to its end. */
  async through(world: World, stages: readonly Stage[]): Promise<Walked[]> {
    const walked: Walked[] = [];
    for (const stage of stages) walked.push(await this.to(world, stage));
    return walked;
  }

  /** Commits a stage and waits for its end. */
  async to(world: World, stage: Stage): Promise<Walked> {
    const next = await this.commit(world, stage);
    const end = await this.endOf(world, next);
    return this.told(world, next, end);
  }

  /** Commits a stage, and does not wait for what becomes of it. */
  async commit(world: World, stage: Stage): Promise<Commit> {
    return this.inTurn(async () => {
      const next = commitOf(world, stage);
      await commit(world.namespace, next.folder);
      return next;
    });
  }

  podsOf({ namespace }: World): LiveObject[] {
    return this.pods.of(`${namespace}/llama`);
  }

  stop(): void {
    this.pods.stop();
    this.watches.forEach((watch) => watch.stop());
  }

  /** Takes all of it out of the cluster, and does not wait until it is gone. */
  async forget(worlds: readonly World[]): Promise<void> {
    const names = worlds.map(({ namespace }) => namespace);
    const gone = ['--ignore-not-found', '--wait=false'];
    const kinds = ['kustomization.kustomize.toolkit.fluxcd.io', 'gitrepository.source.toolkit.fluxcd.io'];
    for (const kind of kinds) await kubectl('delete', kind, ...names, '-n', 'flux-system', ...gone);
    await kubectl('delete', 'namespace', ...names, ...gone);
    await kubectl('delete', 'node', ...names, ...gone);
  }

  private async inTurn<T>(ask: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) await new Promise<void>((turn) => this.queue.push(turn));
    else this.running += 1;
    try {
      return await ask();
    } finally {
      const turn = this.queue.shift();
      if (turn) turn();
      else this.running -= 1;
    }
  }

  private async endOf(world: World, next: Commit): Promise<Walked['end']> {
    let before = '';
    let since = Date.now();
    return until(
      `${world.namespace} comes to an end at ${next.name}`,
      async () => {
        const end = this.stateOf(world, next);
        const now = JSON.stringify([end, this.podsOf(world).map(({ metadata }) => metadata.uid)]);
        if (now !== before) [before, since] = [now, Date.now()];
        if (end === 'settled') return end;
        return end !== 'moves' && Date.now() - since >= QUIET_MS && end;
      },
      () => kubectl('get', `${this.kinds.join()},pods,events`, '-n', world.namespace, '-o', 'wide'),
      // A model of 20 s in each of two pods, one after the other, on a machine that has other things to do.
      150,
    );
  }

  private stateOf(world: World, next: Commit): Walked['end'] | 'moves' {
    const wanted = manifestsOf(next).filter(isKeeper);
    const live = [...this.keepers.values()].filter(({ metadata }) => metadata.namespace === world.namespace);
    const taken = wanted.every((manifest) => {
      const kept = this.keepers.get(keyOf(manifest as LiveObject));
      return kept !== undefined && shapeOf(kept) === shapeOf(manifest) && isObserved(kept, live);
    });
    const pods = this.podsOf(world);
    if (!taken || live.length !== wanted.length || pods.some(({ metadata }) => metadata.deletionTimestamp)) {
      return 'moves';
    }
    const placed = pods.filter(({ spec }) => spec.nodeName !== undefined);
    const bad = placed.filter(neverServes);
    if (!placed.every((pod) => serves(pod) || (neverServes(pod) && pod.status?.phase === 'Running'))) return 'moves';
    if (placed.length < pods.length) {
      const waiting = pods.filter((pod) => !placed.includes(pod));
      return placed.length === world.gpus && waiting.every(lacksGpu) ? 'no GPU' : 'moves';
    }
    const rollout = live.find(({ kind }) => kind === 'Rollout');
    if (bad.length > 0) return rollout ? 'moves' : 'not ready';
    const replicas = wanted.reduce((sum, { spec }) => sum + Number((spec as KeeperSpec).replicas), 0);
    if (pods.length !== replicas) return 'moves';
    if (rollout?.status?.abort === true) return 'taken back';
    return live.every(isUpdated) ? 'settled' : 'moves';
  }

  private async told(world: World, next: Commit, end: Walked['end']): Promise<Walked> {
    const { namespace } = world;
    const history = this.pods.since(`${namespace}/llama`);
    const seen = { services: [{ service: `${namespace}/llama`, tracks: [], gpus: 0, admission: [], history }] };
    const before = this.stands.get(world);
    const nothing = { others: [], quotas: [], gpusByPool: {}, nodes: {}, deleted: [] };
    const verdicts = before ? changeVerdicts(before, next, { ...seen, ...nothing }) : [];
    this.stands.set(world, next);
    const objects = await this.inTurn(() => list(namespace, 'httproutes,jobs,persistentvolumeclaims'));
    const of = (kind: string) => objects.filter((object) => object.kind === kind);
    const [rule] = of('HTTPRoute').flatMap(({ spec }) => spec.rules.slice(-1) as Rule[]);
    const shares = (rule?.backendRefs ?? []).map(({ weight }) => weight);
    return {
      ...history,
      stage: next.name,
      end,
      broken: verdicts
        .filter(({ kept }) => !kept)
        .map(({ planned, seen: was }) => `${next.name}: ${planned}, seen ${was}`),
      shares: shares.length > 1 ? shares.join('/') : 'all',
      mirrors: (rule?.filters ?? []).some(({ type }) => type === 'RequestMirror'),
      smokeJobs: of('Job').length,
      disks: Object.fromEntries(
        of('PersistentVolumeClaim')
          .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
          .map(({ metadata }) => [metadata.name, metadata.uid]),
      ),
      versions: Object.fromEntries(this.podsOf(world).map((pod) => [pod.metadata.name, versionOf(pod)])),
      waiting: this.podsOf(world)
        .filter(({ spec }) => spec.nodeName === undefined)
        .map(({ metadata }) => metadata.uid!),
    };
  }
}

interface Rule {
  readonly filters?: readonly { readonly type: string }[];
  readonly backendRefs: readonly { readonly weight?: number }[];
}

interface KeeperSpec {
  readonly replicas: number;
  readonly updateStrategy?: { readonly rollingUpdate?: { readonly partition?: number } };
  /** @default - that of the Deployment, which a Rollout runs */
  readonly template?: {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
  };
}

const keyOf = ({ kind, metadata }: LiveObject) => `${kind} ${metadata.namespace}/${metadata.name}`;
const isKeeper = ({ kind }: Manifest) => ['StatefulSet', 'Deployment', 'Rollout'].includes(String(kind));
const partitionOf = ({ updateStrategy }: KeeperSpec) => updateStrategy?.rollingUpdate?.partition ?? 0;

/** What the stages of a release differ in. */
function shapeOf({ spec }: Manifest | LiveObject): string {
  const keeper = spec as unknown as KeeperSpec;
  const { metadata, spec: pod } = keeper.template ?? {};
  const never = metadata?.annotations?.['simulated/never-ready'];
  return JSON.stringify([keeper.replicas, partitionOf(keeper), never, pod?.containers.map(({ image }) => image)]);
}

/** The controller has seen what was applied last; that of a Rollout, its Deployment too. */
function isObserved({ kind, metadata, status }: LiveObject, neighbours: readonly LiveObject[]): boolean {
  if (Number(status?.observedGeneration) !== metadata.generation) return false;
  const deployment = neighbours.find((each) => each.kind === 'Deployment');
  return kind !== 'Rollout' || Number(status?.workloadObservedGeneration) === deployment?.metadata.generation;
}

function isUpdated({ kind, spec, status }: LiveObject): boolean {
  const keeper = spec as unknown as KeeperSpec;
  const updated = Number(status?.updatedReplicas ?? 0);
  if (kind === 'Rollout') return status?.phase === 'Healthy' && status.currentPodHash === status.stableRS;
  if (kind === 'StatefulSet') return updated >= keeper.replicas - partitionOf(keeper);
  return updated === keeper.replicas && Number(status?.replicas ?? 0) === keeper.replicas;
}

const versionOf = ({ spec }: LiveObject) =>
  (spec as { containers: { image: string }[] }).containers[0]!.image.split(':')[1]!;

const neverServes = ({ metadata }: LiveObject) => metadata.annotations?.['simulated/never-ready'] === 'true';

/** The scheduler has said that there is no GPU for it. */
const lacksGpu = ({ status }: LiveObject) =>
  ((status?.conditions ?? []) as { reason?: string; message?: string }[]).some(
    ({ reason, message }) => reason === 'Unschedulable' && message?.includes('Insufficient nvidia.com/gpu'),
  );

/** One line a stage, such as `smoke: 2 ready, 3 GPUs; came llama-canary-0`; pods of a Deployment have no names to speak of. */
export function told(walked: readonly Walked[]): string {
  const pods = (what: string, names: readonly string[]) => {
    if (names.length === 0) return [];
    if (!names.some((name) => /-[a-z0-9]{5}$/.test(name))) return [`${what} ${names.join(', ')}`];
    // One name for two pods is that of one that came and did not stay.
    return [`${what === 'replaced' ? 'came and went' : what} ${names.length}`];
  };
  return walked
    .map(({ stage, leastReady, mostGpus, came, replaced, went, end }) =>
      [
        `${stage}: ${leastReady} ready, ${mostGpus} GPU${mostGpus === 1 ? '' : 's'}`,
        ...pods('came', [...came].sort()),
        ...pods('replaced', replaced),
        ...pods('went', [...went].sort()),
        ...(end === 'settled' ? [] : [end]),
      ].join('; '),
    )
    .join('\n');
}
/** The same as it is written in a table. */
export const asText = (text: string) => text.trim().replace(/\n */g, '\n');
