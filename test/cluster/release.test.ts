import { CanaryStrategy, ReleaseStepName } from '../../lib';
import { edited, MAIN } from '../support/reference-platform';
import { commit, find, forget, get, list, namesOf, serving, until } from './cluster';
import { PodHistory } from './pod-history';
import { synthesizedMain } from './synthesized';

/** The reference platform with a model that takes some seconds to load, and a server that takes some to drain. */
const BASE = edited(
  MAIN,
  /nodePool: l4,/,
  "nodePool: l4, podAnnotations: { 'simulated/ready-after': '2s', 'simulated/drains-for': '1s' },",
);
const at = (step: ReleaseStepName) => edited(BASE, /step: '[^']+'/, `step: '${step}'`);
const candidate = /canary: \{ runtime: new NimRuntime\(\{ image: '([^']+)'/.exec(MAIN)![1]!;
const done = edited(
  edited(BASE, /\n *canary: \{[^\n]*\},/, ''),
  /image: '[^']+\/llama3-8b-instruct:[^']+'/,
  `image: '${candidate}'`,
);

const STEPS = CanaryStrategy.weightedTwins().steps(1);
const stepOf = (name: string) => STEPS.find((step) => step.name === name)!;

const CANARY_OBJECTS = ['statefulset', 'service', 'serviceaccount'];

describe('a release of the reference platform, one Flux commit at a time', () => {
  let history: PodHistory;
  const uidOf = async (pod: string) => (await get('nim', 'pod', pod)).metadata.uid;
  const imageOf = async (pod: string) => (await get('nim', 'pod', pod)).spec.containers[0].image as string;
  const claims = async () => namesOf(await list('nim', 'persistentvolumeclaims'));
  const weights = async () =>
    (await get('nim', 'httproute', 'llama3-8b')).spec.rules
      .at(-1)
      .backendRefs.map(({ name, weight }: { name: string; weight: number }) => `${name} ${weight}`)
      .join(', ');

  /** Applies a state of main.ts and waits until the cluster has as many ready pods as it says. */
  async function walk(text: string, canaryReplicas: number) {
    await commit('release', synthesizedMain(text));
    const settled = async () => {
      const sets = await list('nim', 'statefulsets');
      const updated = sets.every(
        ({ metadata, spec, status }) =>
          status.observedGeneration === metadata.generation &&
          status.updatedReplicas === spec.replicas &&
          (status.readyReplicas ?? 0) === spec.replicas &&
          status.currentRevision === status.updateRevision,
      );
      const { stableReady, canaryReady, gpus } = history.now;
      return updated && stableReady === 1 && canaryReady === canaryReplicas && gpus === 1 + canaryReplicas;
    };
    await until('the release has settled', settled, async () => JSON.stringify(history.now));
    return history.sinceLastAsked();
  }

  beforeAll(async () => {
    await commit('release', synthesizedMain(at('prepared')));
    await serving('nim', 'llama3-8b-0');
    history = new PodHistory('nim');
    await until('the watch has begun', async () => history.now.stableReady === 1);
    history.sinceLastAsked();
  });
  afterAll(async () => {
    history.stop();
    await forget('release', 'nim', 'chat', 'search');
  });

  test.each(STEPS.filter(({ stableRuns, name }) => stableRuns === 'stable' && name !== 'prepared'))(
    '$name: no stable pod stops serving, and $canaryReplicas GPU beside it is enough',
    async ({ name, canaryReplicas, canaryWeight }) => {
      const stable = await uidOf('llama3-8b-0');
      const before = history.now.canaryReady;
      const was = await walk(at(name), canaryReplicas);
      expect(was.minStableReady).toBe(1);
      expect(was.minCanaryReady).toBe(before);
      expect(was.maxGpus).toBe(1 + canaryReplicas);
      expect(await uidOf('llama3-8b-0')).toBe(stable);
      expect(await weights()).toBe(`llama3-8b ${100 - canaryWeight}, llama3-8b-canary ${canaryWeight}`);
    },
  );

  test('promote: the stable pod is replaced while the canary carries all requests, without a further GPU', async () => {
    const was = await walk(at('promote'), stepOf('promote').canaryReplicas);
    expect(was).toEqual({ minStableReady: 0, minCanaryReady: 1, minReady: 1, maxGpus: 2 });
    expect(await imageOf('llama3-8b-0')).toBe(candidate);
  });

  test('done: the canary goes with its Services and its disk; the promoted pod goes on serving', async () => {
    const stable = await uidOf('llama3-8b-0');
    const was = await walk(done, 0);
    expect(was).toMatchObject({ minStableReady: 1, maxGpus: 2 });
    expect(await uidOf('llama3-8b-0')).toBe(stable);
    expect(await weights()).toBe('llama3-8b 1');
    await until(
      'the disk of the canary is gone',
      async () => (await claims()).length === 1,
      async () => String(await claims()),
    );
    expect(await claims()).toEqual(['model-cache-llama3-8b-0']);
    for (const kind of CANARY_OBJECTS) expect(await find('nim', kind, 'llama3-8b-canary')).toBeUndefined();
    expect(await find('nim', 'service', 'llama3-8b-canary-headless')).toBeUndefined();
  });
});

describe('the way back', () => {
  let history: PodHistory;
  const claims = async () => namesOf(await list('nim', 'persistentvolumeclaims'));

  beforeAll(async () => {
    await commit('release', synthesizedMain(at('smoke')));
    await Promise.all([serving('nim', 'llama3-8b-0'), serving('nim', 'llama3-8b-canary-0')]);
    await commit('release', synthesizedMain(at('50%')));
    history = new PodHistory('nim');
    await until('the watch has begun', async () => history.now.stableReady + history.now.canaryReady === 2);
    history.sinceLastAsked();
  });
  afterAll(async () => {
    history.stop();
    await forget('release', 'nim', 'chat', 'search');
  });

  test('50 % → smoke is immediate: not one pod is touched', async () => {
    await commit('release', synthesizedMain(at('smoke')));
    const [{ headers }] = (await get('nim', 'httproute', 'llama3-8b')).spec.rules[0].matches;
    expect(headers).toEqual([{ name: 'x-model-track', type: 'Exact', value: 'canary' }]);
    await new Promise((next) => setTimeout(next, 1500));
    expect(history.sinceLastAsked()).toEqual({ minStableReady: 1, minCanaryReady: 1, minReady: 2, maxGpus: 2 });
  });

  test('smoke → prepared: the canary and its disk go, the stable pod does not notice', async () => {
    await commit('release', synthesizedMain(at('prepared')));
    await until('the canary is gone', async () => history.now.gpus === 1);
    await until('the disk of the canary is gone', async () => (await claims()).length === 1);
    expect(history.sinceLastAsked()).toEqual({ minStableReady: 1, minCanaryReady: 0, minReady: 1, maxGpus: 2 });
    expect(await claims()).toEqual(['model-cache-llama3-8b-0']);
  });

  test('prepared → smoke again while the old canary still drains: no third GPU', async () => {
    await commit('release', synthesizedMain(at('smoke')));
    await serving('nim', 'llama3-8b-canary-0');
    await commit('release', synthesizedMain(at('prepared')));
    await commit('release', synthesizedMain(at('smoke')));
    await until('the canary serves again', async () => history.now.canaryReady === 1 && history.now.gpus === 2);
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 2 });
  });

  test('a way on that skips smoke sends requests where nobody answers yet: apply smoke first, and wait', async () => {
    await commit('release', synthesizedMain(at('prepared')));
    await until('the canary is gone', async () => history.now.gpus === 1);
    history.sinceLastAsked();
    await commit('release', synthesizedMain(at('20%')));
    const backends = (await get('nim', 'httproute', 'llama3-8b')).spec.rules.at(-1).backendRefs as { weight: number }[];
    expect(backends.map(({ weight }) => weight)).toEqual([80, 20]);
    expect(history.now.canaryReady).toBe(0);
    await serving('nim', 'llama3-8b-canary-0');
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 2 });
  });
});
