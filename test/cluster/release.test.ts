import { CanaryStrategy } from '../../lib';
import { serves } from '../../lib/operations/rehearse/pod-history';
import { list, namesOf, until } from './cluster';
import { refusedForWantOfGpus, Stage, wayOn, World } from './release-worlds';
import { asText, LIMIT, ReleaseWalks, told, Walked } from './release-walk';

/** What a release of two replicas does, stage by stage. */
interface Release {
  readonly name: string;
  readonly strategy?: CanaryStrategy;
  /** The smallest pool in which it ends. */
  readonly least: number;
  /** Where an operator stands who sees that the new version does not become ready, and the way back from there. */
  readonly back: readonly Stage[];
  readonly good: string;
  readonly bad: string;
}

const RELEASES: readonly Release[] = [
  {
    name: 'weighted twins',
    strategy: CanaryStrategy.weightedTwins(),
    least: 4,
    back: ['prepared', 'smoke', 'prepared', 'before'],
    good: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 3 GPUs; came llama-canary-0
      5%: 3 ready, 3 GPUs
      20%: 3 ready, 3 GPUs
      50%: 3 ready, 4 GPUs; came llama-canary-1
      100%: 4 ready, 4 GPUs
      promote: 3 ready, 4 GPUs; replaced llama-1, llama-0
      done: 2 ready, 4 GPUs; went llama-canary-0, llama-canary-1`,
    bad: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 3 GPUs; came llama-canary-0; not ready
      prepared: 2 ready, 3 GPUs; went llama-canary-0
      before: 2 ready, 2 GPUs`,
  },
  {
    name: 'blue-green',
    strategy: CanaryStrategy.blueGreen(),
    least: 4,
    back: ['prepared', 'smoke', 'prepared', 'before'],
    good: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 4 GPUs; came llama-canary-0, llama-canary-1
      100%: 4 ready, 4 GPUs
      promote: 3 ready, 4 GPUs; replaced llama-1, llama-0
      done: 2 ready, 4 GPUs; went llama-canary-0, llama-canary-1`,
    bad: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 4 GPUs; came llama-canary-0, llama-canary-1; not ready
      prepared: 2 ready, 4 GPUs; went llama-canary-0, llama-canary-1
      before: 2 ready, 2 GPUs`,
  },
  {
    name: 'shadow',
    strategy: CanaryStrategy.shadow({ weights: [20, 100] }),
    least: 4,
    back: ['prepared', 'smoke', 'prepared', 'before'],
    good: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 4 GPUs; came llama-canary-0, llama-canary-1
      mirror: 4 ready, 4 GPUs
      20%: 4 ready, 4 GPUs
      100%: 4 ready, 4 GPUs
      promote: 3 ready, 4 GPUs; replaced llama-1, llama-0
      done: 2 ready, 4 GPUs; went llama-canary-0, llama-canary-1`,
    bad: `
      prepared: 2 ready, 2 GPUs
      smoke: 2 ready, 4 GPUs; came llama-canary-0, llama-canary-1; not ready
      prepared: 2 ready, 4 GPUs; went llama-canary-0, llama-canary-1
      before: 2 ready, 2 GPUs`,
  },
  {
    name: 'partition',
    strategy: CanaryStrategy.partition(),
    least: 2,
    back: ['prepared', '1/2', 'before'],
    good: `
      prepared: 2 ready, 2 GPUs
      1/2: 1 ready, 2 GPUs; replaced llama-1
      promote: 1 ready, 2 GPUs; replaced llama-0
      done: 2 ready, 2 GPUs`,
    bad: `
      prepared: 2 ready, 2 GPUs
      1/2: 1 ready, 2 GPUs; replaced llama-1; not ready
      before: 1 ready, 2 GPUs; replaced llama-1`,
  },
  {
    name: 'a Deployment in place',
    least: 2,
    back: ['done', 'before'],
    good: `
      done: 1 ready, 2 GPUs; came 2; went 2`,
    bad: `
      done: 1 ready, 2 GPUs; came 1; went 1; not ready
      before: 1 ready, 2 GPUs; came 1; went 1`,
  },
  {
    // It waits for no old pod to be gone, and one that drains holds its GPU.
    name: 'a Deployment with spare GPUs',
    least: 5,
    back: ['done', 'before'],
    good: `
      done: 2 ready, 4 GPUs; came 2; went 2`,
    bad: `
      done: 2 ready, 3 GPUs; came 1; not ready
      before: 2 ready, 3 GPUs; went 1`,
  },
];

/** A good and a bad new version, of a model that loads at once and of one that takes its time. */
const ROWS = RELEASES.flatMap((release) =>
  [0, 20].flatMap((loads) =>
    [false, true].map((bad) => {
      const { name, strategy, least } = release;
      // Where GPUs are left over, a release that takes too many is seen; where none is, one that waits for ever.
      const gpus = loads > 0 && strategy?.hasCanary ? least + 2 : least;
      const world: World = {
        namespace: `${name.replace(/^a /, '').replaceAll(' ', '-').toLowerCase()}-${bad ? 'bad' : 'good'}-${loads}`,
        strategy,
        replicas: 2,
        gpus,
        loads,
        bad,
      };
      return { name, version: bad ? 'bad' : 'good', loads, release, world };
    }),
  ),
);
const walkedAlready = (name: string) => ROWS.find((row) => row.name === name && row.version === 'good')!.world;

/** A release on a pool in which nothing, or less than it wants, is spare. */
const tight = (namespace: string, gpus: number, strategy?: CanaryStrategy, more: Partial<World> = {}): World => ({
  namespace,
  strategy,
  replicas: 2,
  gpus,
  loads: 0,
  bad: false,
  ...more,
});
const oneCanary = CanaryStrategy.weightedTwins({ canaryReplicas: 1 });

const ROOM: readonly { what: string; world: World; waits?: Stage }[] = [
  { what: 'weighted twins', world: tight('tight-twins-2', 2, CanaryStrategy.weightedTwins()), waits: 'smoke' },
  { what: 'weighted twins', world: tight('tight-twins-3', 3, CanaryStrategy.weightedTwins()), waits: '50%' },
  { what: 'weighted twins', world: walkedAlready('weighted twins') },
  { what: 'weighted twins with one canary', world: tight('tight-one-2', 2, oneCanary), waits: 'smoke' },
  { what: 'weighted twins with one canary', world: tight('tight-one-3', 3, oneCanary) },
  { what: 'blue-green', world: tight('tight-blue-2', 2, CanaryStrategy.blueGreen()), waits: 'smoke' },
  { what: 'blue-green', world: tight('tight-blue-3', 3, CanaryStrategy.blueGreen()), waits: 'smoke' },
  { what: 'blue-green', world: walkedAlready('blue-green') },
  { what: 'shadow', world: tight('tight-shadow-2', 2, CanaryStrategy.shadow()), waits: 'smoke' },
  { what: 'shadow', world: tight('tight-shadow-3', 3, CanaryStrategy.shadow()), waits: 'smoke' },
  { what: 'shadow', world: walkedAlready('shadow') },
  { what: 'partition', world: walkedAlready('partition') },
  { what: 'a Deployment', world: walkedAlready('a Deployment in place') },
  { what: 'a Deployment', world: tight('tight-deployment-3', 3) },
  { what: 'a Deployment of one replica', world: tight('tight-deployment-1', 1, undefined, { replicas: 1 }) },
];

/** The Deployment whose strategy is that of Kubernetes. */
const AS_KUBERNETES = tight('tight-kubernetes', 2, undefined, { asKubernetesDoes: true });
const TO_AND_FRO = tight('to-and-fro', 4, CanaryStrategy.weightedTwins(), { loads: 2 });
const RAISED = tight('raised', 2, CanaryStrategy.partition());

const WORLDS = [...new Set([...ROWS, ...ROOM].map(({ world }) => world).concat([AS_KUBERNETES, TO_AND_FRO, RAISED]))];

/** Stages in which pods come, and none in which requests move alone. */
const growing = ({ strategy, replicas }: World): Stage[] => [
  ...(strategy?.steps(replicas) ?? [])
    .filter(({ canaryReplicas, partition }, at, all) => {
      const before = all[at - 1];
      return before?.canaryReplicas !== canaryReplicas || before.partition !== partition;
    })
    .map(({ name }) => name),
  'done',
];

describe('releases side by side, each one Flux commit after the other', () => {
  let walks: ReleaseWalks;
  const stories = new Map<World, Promise<Walked[]>>();
  const story = (world: World) => stories.get(world)!;

  /** Begins a story; who asks for it hears how it ended. */
  function tell(world: World, stages: readonly Stage[]): void {
    const walking = walks.through(world, ['before', ...stages]);
    walking.catch(() => undefined);
    stories.set(world, walking);
  }

  beforeAll(async () => {
    walks = new ReleaseWalks();
    await walks.machines(WORLDS);
    // Those that load longest first.
    for (const { release, world } of [...ROWS].sort((one, other) => other.loads - one.loads)) {
      tell(world, world.bad ? release.back : wayOn(world));
    }
    tell(TO_AND_FRO, ['smoke', '50%', 'smoke', 'prepared']);
    tell(RAISED, ['prepared', '1/2', 'prepared', 'before']);
    tell(AS_KUBERNETES, ['done']);
    for (const { world, waits } of ROOM.filter(({ world: own }) => !stories.has(own))) {
      const stages = growing(world);
      tell(world, waits ? stages.slice(0, stages.indexOf(waits) + 1) : stages);
    }
  });
  afterAll(async () => {
    await Promise.allSettled(stories.values());
    walks.stop();
    await walks.forget(WORLDS);
  }, LIMIT);

  describe.each(ROWS)('$name, a $version version that loads $loads s', ({ release, version, world }) => {
    const { strategy, replicas } = world;

    test(
      'stable is never below what the plan promised of a stage, and no stage takes more GPUs than it said',
      async () => {
        const walked = await story(world);
        expect(walked.flatMap(({ broken }) => broken)).toEqual([]);
      },
      LIMIT,
    );

    test('stage by stage', async () => {
      const [, ...walked] = await story(world);
      expect(told(walked)).toBe(asText(version === 'good' ? release.good : release.bad));
    });

    test(
      version === 'good' ? 'in the end all run the new version' : 'the way back is complete: all run the old version',
      async () => {
        const { versions } = (await story(world)).at(-1)!;
        expect(Object.values(versions)).toEqual(version === 'good' ? ['1.1.0', '1.1.0'] : ['1.0.0', '1.0.0']);
      },
    );

    if (strategy) {
      test('no claim is lost: the disks of stable are those of the beginning, and no others stay', async () => {
        const [begun] = await story(world);
        expect(Object.keys(begun!.disks)).toEqual(['model-cache-llama-0', 'model-cache-llama-1']);
        const claims = await until('the disks of the canary are gone', async () => {
          const now = await list(world.namespace, 'persistentvolumeclaims');
          return now.length === replicas && now;
        });
        expect(Object.fromEntries(claims.map(({ metadata }) => [metadata.name, metadata.uid]))).toEqual(begun!.disks);
      });
    }

    if (strategy?.hasCanary) {
      test('requests go where each stage says, and a Job asks the candidate for as long as it has pods', async () => {
        for (const { stage, shares, mirrors, smokeJobs } of await story(world)) {
          const step = strategy.steps(replicas).find(({ name }) => name === stage);
          expect([stage, shares, mirrors, smokeJobs]).toEqual([
            stage,
            step ? `${100 - step.canaryWeight}/${step.canaryWeight}` : 'all',
            step?.mirrors ?? false,
            (step?.canaryReplicas ?? 0) > 0 ? 1 : 0,
          ]);
        }
      });

      test('nothing of the canary stays', async () => {
        await story(world);
        const left = await list(world.namespace, 'statefulsets,services,serviceaccounts,jobs');
        expect(namesOf(left).filter((name) => name.includes('canary') || name.includes('smoke'))).toEqual([]);
      });
    }
  });

  describe('a pool refuses at synth exactly what would wait for ever in the cluster', () => {
    test.each(
      ROOM.map((row) => ({ ...row, gpus: row.world.gpus, verdict: row.waits ? `waits at ${row.waits}` : 'ends' })),
    )(
      '$what on $gpus GPUs: $verdict',
      async ({ world, waits }) => {
        const first = wayOn(world)[0]!;
        const refusal = refusedForWantOfGpus(world, first);
        if (waits) expect(refusal).toContain(`rollout-surge\n  The step ${waits} of ${world.namespace}/llama needs `);
        else expect(refusal).toBe('');
        const ends = (await story(world)).map(({ stage, end }) => [stage, end]);
        expect(ends).toEqual(ends.map(([stage]) => [stage, stage === waits ? 'no GPU' : 'settled']));
        expect(ends.at(-1)![0]).toBe(waits ?? 'done');
      },
      LIMIT,
    );

    test('a Deployment with the strategy of Kubernetes waits where that of the library ends', async () => {
      expect(told((await story(AS_KUBERNETES)).slice(1))).toBe('done: 2 ready, 2 GPUs; came 1; no GPU');
    });

    test(
      'those that wait, wait still when all others have ended; the way back disturbs nobody',
      async () => {
        const waiting = [...ROOM.filter(({ waits }) => waits).map(({ world }) => world), AS_KUBERNETES];
        await Promise.all(stories.values());
        const back = waiting.map(async (world) => {
          const stood = (await story(world)).at(-1)!;
          const now = walks.podsOf(world).filter(({ spec }) => spec.nodeName === undefined);
          expect(now.map(({ metadata }) => metadata.uid)).toEqual(stood.waiting);
          const { end, leastReady, replaced } = await walks.to(world, 'before');
          expect({ end, leastReady, replaced }).toEqual({ end: 'settled', leastReady: 2, replaced: [] });
        });
        await Promise.all(back);
      },
      LIMIT,
    );
  });

  describe('to and fro', () => {
    test('50% → smoke is immediate, no pod is touched; smoke → prepared takes the canary away, and nobody else', async () => {
      expect(told((await story(TO_AND_FRO)).slice(1))).toBe(
        asText(`
          smoke: 2 ready, 3 GPUs; came llama-canary-0
          50%: 3 ready, 4 GPUs; came llama-canary-1
          smoke: 3 ready, 4 GPUs; went llama-canary-1
          prepared: 2 ready, 3 GPUs; went llama-canary-0`),
      );
    });

    test('smoke again while the old canary still drains: it waits for its place, and there is no fourth GPU', async () => {
      await story(TO_AND_FRO);
      const [begun] = await walks.through(TO_AND_FRO, ['smoke']);
      expect(begun!.end).toBe('settled');
      await walks.commit(TO_AND_FRO, 'prepared');
      expect(told([await walks.to(TO_AND_FRO, 'smoke')])).toBe('smoke: 2 ready, 3 GPUs; replaced llama-canary-0');
    });

    test('a way on that skips smoke sends requests where nobody answers yet: smoke first, and wait', async () => {
      await walks.to(TO_AND_FRO, 'prepared');
      await walks.commit(TO_AND_FRO, '20%');
      const [route] = await list(TO_AND_FRO.namespace, 'httproutes');
      const refs = (route!.spec.rules as { backendRefs: { weight: number }[] }[]).at(-1)!.backendRefs;
      expect(refs.map(({ weight }) => weight)).toEqual([80, 20]);
      const canary = walks.podsOf(TO_AND_FRO).filter(({ metadata }) => metadata.labels!.track === 'canary');
      expect(canary.filter((pod) => serves(pod))).toEqual([]);
      expect(told([await walks.to(TO_AND_FRO, '20%')])).toBe('20%: 2 ready, 3 GPUs; came llama-canary-0');
    });

    test('1/2 → prepared brings nothing back: a StatefulSet replaces no pod below its partition', async () => {
      expect(told((await story(RAISED)).slice(1))).toBe(
        asText(`
          prepared: 2 ready, 2 GPUs
          1/2: 1 ready, 2 GPUs; replaced llama-1
          prepared: 2 ready, 2 GPUs
          before: 1 ready, 2 GPUs; replaced llama-1`),
      );
    });
  });
});
