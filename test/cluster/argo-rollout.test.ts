import { JsonPatch, Size } from 'cdk8s';
import {
  GatewayReference,
  InferenceService,
  ModelCache,
  ModelCredentials,
  ProgressiveDelivery,
  TenantNamespace,
  VllmRuntime,
} from '../../lib';
import { commit, find, forget, get, kubectl, list, serves, until } from './cluster';
import { describeWith } from './further-controllers';
import { asText, LIMIT, ReleaseWalks, told as toldOf, Walked } from './release-walk';
import { refusedForWantOfGpus, Stage, World } from './release-worlds';
import { ZONE_A } from './services';
import { synthesized } from './synthesized';

const IMAGES = { old: 'vllm/vllm-openai:v0.18.0', new: 'vllm/vllm-openai:v0.18.1' } as const;

/**
 * A service that Argo Rollouts releases. The cluster has no gateway and no plugin for one, and no Prometheus: what needs them is
 * taken out, so that pods move by their number; all else is as the library writes it.
 */
const platform = (image: string) =>
  synthesized((app) => {
    const tenant = new TenantNamespace(app, 'argo', { gpus: 2 });
    const { argoRollout } = new InferenceService(tenant, 'llama', {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      runtime: new VllmRuntime({ image: image as (typeof IMAGES)['old'] }),
      nodePool: ZONE_A,
      workload: 'Deployment',
      maxModelLen: 8192,
      cache: ModelCache.ephemeral(Size.gibibytes(20)),
      credentials: ModelCredentials.keyless(),
      route: { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' },
      progressiveDelivery: ProgressiveDelivery.argoRollouts({ prometheusAddress: 'http://prometheus.monitoring:9090' }),
      waivers: {
        'image-pinning': 'a test',
        'open-endpoint': 'a test',
        'artifact-pinning': 'a test',
        'canary-unwatched': 'a test',
      },
    });
    argoRollout!.rollout.addJsonPatch(
      JsonPatch.remove('/spec/strategy/canary/trafficRouting'),
      JsonPatch.remove('/spec/strategy/canary/scaleDownDelaySeconds'),
      JsonPatch.remove('/spec/strategy/canary/analysis'),
      JsonPatch.replace('/spec/strategy/canary/steps', [{ setWeight: 50 }, { pause: { duration: '8s' } }]),
    );
  });

/** `track image` of each pod that serves. */
const pods = async () =>
  (await list('argo', 'pods'))
    .filter(serves)
    .map(({ metadata, spec }) => `${metadata.labels!.track} ${(spec.containers as { image: string }[])[0]!.image}`)
    .sort();
const selectorOf = async (service: string) =>
  (await get('argo', 'service', service)).spec.selector as Record<string, string>;
const HASH = 'rollouts-pod-template-hash';
const told = async () =>
  `${(await pods()).join('\n')}\n${await kubectl('get', 'rollout,replicaset,pods,events', '-n', 'argo')}`;

// `-with rollouts` starts the controller; without it there is nobody to judge.

describeWith('rollouts')('a release by Argo Rollouts itself', () => {
  afterAll(() => forget('argo', 'argo'));

  test('the Rollout runs the template of the Deployment, which has no pods', async () => {
    await commit('argo', platform(IMAGES.old));
    await until('a pod serves', async () => (await pods()).join() === `stable ${IMAGES.old}`, told);
    expect((await get('argo', 'deployment', 'llama')).spec.replicas).toBe(0);
    expect(await list('argo', 'pods')).toHaveLength(1);
  });

  test('another image: a pod of it beside the old one, told apart by its track', async () => {
    await commit('argo', platform(IMAGES.new));
    await until(
      'both serve',
      async () => (await pods()).join() === [`canary ${IMAGES.new}`, `stable ${IMAGES.old}`].join(),
      told,
    );
    const [stable, canary] = [await selectorOf('llama'), await selectorOf('llama-canary')];
    expect(stable[HASH]).toBeDefined();
    expect(canary[HASH]).not.toBe(stable[HASH]);
  });

  test('Flux takes nothing back that the controller wrote', async () => {
    const before = await selectorOf('llama');
    await commit('argo', platform(IMAGES.new));
    expect(await selectorOf('llama')).toEqual(before);
  });

  test('promoted: the pod of the new version becomes stable where it stands', async () => {
    await until('the old one is gone', async () => (await pods()).join() === `stable ${IMAGES.new}`, told);
    const rollout = await find('argo', 'rollout', 'llama');
    expect(rollout!.status.phase).toBe('Healthy');
  });
});

describeWith('rollouts')('releases side by side', () => {
  const world = (namespace: string, changes: Partial<World> = {}): World => ({
    namespace,
    argo: true,
    replicas: 2,
    gpus: 4,
    loads: 0,
    bad: false,
    ...changes,
  });
  const rows = [0, 20].flatMap((loads) =>
    [false, true].map((bad) => ({
      loads,
      version: bad ? 'bad' : 'good',
      // Two GPUs more than it says, so that one that takes too many is seen.
      world: world(`argo-${bad ? 'bad' : 'good'}-${loads}`, { loads, bad, gpus: loads > 0 ? 6 : 4 }),
    })),
  );
  const tight = [
    { gpus: 2, waits: '50%', world: world('argo-tight-2', { gpus: 2 }) },
    { gpus: 3, waits: 'promote', world: world('argo-tight-3', { gpus: 3 }) },
  ];
  const worlds = [...rows, ...tight].map((row) => row.world);
  const stories = new Map<World, Promise<Walked[]>>();
  let walks: ReleaseWalks;

  beforeAll(async () => {
    walks = new ReleaseWalks(['rollouts.argoproj.io', 'deployments']);
    await walks.machines(worlds);
    for (const own of worlds) {
      const stages: Stage[] = own.bad ? ['before', 'done', 'before'] : ['before', 'done'];
      const walking = walks.through(own, stages);
      walking.catch(() => undefined);
      stories.set(own, walking);
    }
  });
  afterAll(async () => {
    await Promise.allSettled(stories.values());
    walks.stop();
    await walks.forget(worlds);
  }, LIMIT);

  test.each(rows)(
    'a $version version that loads $loads s: stable keeps its size, and no GPU is taken that was not planned',
    async ({ version, world: own }) => {
      const [, ...walked] = await stories.get(own)!;
      expect(walked.flatMap(({ broken }) => broken)).toEqual([]);
      expect(toldOf(walked)).toBe(
        version === 'good'
          ? 'done: 2 ready, 4 GPUs; came 2; went 2'
          : asText(`
              done: 2 ready, 3 GPUs; came and went 1; taken back
              before: 2 ready, 2 GPUs`),
      );
      const versions = Object.values(walked.at(-1)!.versions);
      expect(versions).toEqual(version === 'good' ? ['1.1.0', '1.1.0'] : ['1.0.0', '1.0.0']);
    },
    LIMIT,
  );

  test.each(tight)(
    'on $gpus GPUs it would wait for ever at $waits, and synthesis refuses that',
    async ({ world: own, waits }) => {
      expect(refusedForWantOfGpus(own, 'before')).toContain(
        `rollout-surge\n  The step ${waits} of ${own.namespace}/llama`,
      );
      const { end, leastReady } = (await stories.get(own)!).at(-1)!;
      expect({ end, leastReady }).toEqual({ end: 'no GPU', leastReady: 2 });
    },
    LIMIT,
  );

  test('on as many as planned synthesis lets it pass', () => {
    for (const { world: own } of rows) expect(refusedForWantOfGpus(own, 'before')).toBe('');
  });
});
