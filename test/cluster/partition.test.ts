import { CanaryStrategy, ReleaseStepName } from '../../lib';
import { commit, forget, get, list, until } from './cluster';
import { PodHistory } from './pod-history';
import { platform, nim } from './services';
import { synthesized } from './synthesized';

const SLOW = { 'simulated/ready-after': '2s', 'simulated/drains-for': '1s' };
const at = (step: ReleaseStepName) =>
  synthesized(
    platform('parts', {
      replicas: 2,
      podAnnotations: SLOW,
      canary: { runtime: nim('1.1.0'), strategy: CanaryStrategy.partition(), step },
    }),
  );
const without = (version: string) =>
  synthesized(platform('parts', { replicas: 2, podAnnotations: SLOW, runtime: nim(version) }));

describe('a release by partition on two replicas and two GPUs', () => {
  let history: PodHistory;
  const pods = async () =>
    Object.fromEntries(
      (await list('parts', 'pods')).map(({ metadata, spec }) => [
        metadata.name,
        { uid: metadata.uid, version: (spec.containers[0].image as string).split(':')[1] },
      ]),
    );
  const settled = () =>
    until(
      'both pods serve and the controller has nothing left to do',
      async () => {
        const { metadata, spec, status } = await get('parts', 'statefulset', 'llama');
        const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
        return (
          status.observedGeneration === metadata.generation &&
          status.readyReplicas === 2 &&
          history.now.stableReady === 2 &&
          (status.currentRevision === status.updateRevision || (status.updatedReplicas ?? 0) === 2 - partition)
        );
      },
      async () => JSON.stringify((await get('parts', 'statefulset', 'llama')).status),
    );

  beforeAll(async () => {
    await commit('parts', without('1.0.0'));
    history = new PodHistory('parts');
    await settled();
    history.sinceLastAsked();
  });
  afterAll(async () => {
    history.stop();
    await forget('parts', 'parts');
  });

  test('prepared: the template is the new one, and no pod is replaced', async () => {
    const before = await pods();
    await commit('parts', at('prepared'));
    await settled();
    expect((await get('parts', 'statefulset', 'llama')).spec.template.spec.containers[0].image).toMatch(/:1\.1\.0$/);
    expect(await pods()).toEqual(before);
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 2, maxGpus: 2 });
  });

  test('1/2: exactly the pod with ordinal 1 is replaced; the other serves on; no third GPU', async () => {
    const before = await pods();
    await commit('parts', at('1/2'));
    await settled();
    const after = await pods();
    expect(after['llama-0']).toEqual(before['llama-0']);
    expect(after['llama-1']!.uid).not.toBe(before['llama-1']!.uid);
    expect(after['llama-1']!.version).toBe('1.1.0');
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 2 });
  });

  test('1/2 → prepared brings nothing back: a StatefulSet replaces no pod below its partition', async () => {
    const before = await pods();
    await commit('parts', at('prepared'));
    await new Promise((next) => setTimeout(next, 3000));
    expect(await pods()).toEqual(before);
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 2, maxGpus: 2 });
  });

  test('the way back from 1/2 is to take the canary out: that replaces the one pod, and no other', async () => {
    const before = await pods();
    await commit('parts', without('1.0.0'));
    await settled();
    const after = await pods();
    expect(after['llama-0']).toEqual(before['llama-0']);
    expect(after['llama-1']!.version).toBe('1.0.0');
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 2 });
    await commit('parts', at('1/2'));
    await settled();
  });

  test('promote: the last pod is replaced while the other serves', async () => {
    const before = await pods();
    history.sinceLastAsked();
    await commit('parts', at('promote'));
    await settled();
    const after = await pods();
    expect(after['llama-1']).toEqual(before['llama-1']);
    expect(after['llama-0']!.version).toBe('1.1.0');
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 2 });
  });

  test('done: the partition goes from the manifest, and no pod notices', async () => {
    const before = await pods();
    await commit('parts', without('1.1.0'));
    await settled();
    expect(await pods()).toEqual(before);
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 2, maxGpus: 2 });
  });
});
