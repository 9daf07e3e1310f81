import { JsonPatch, Size } from 'cdk8s';
import { GpuNodePool, InferenceApp, InferenceServiceProps, ModelCache, TenantNamespace } from '../../lib';
import { commit, forget, get, list, until } from './cluster';
import { PodHistory } from './pod-history';
import { llama, nim } from './services';
import { synthesized } from './synthesized';

/** The pool of the two nodes, of which one may be used. */
const ONE = GpuNodePool.gke({
  name: 'gpupool',
  machineType: 'g2-standard-4',
  maxNodes: 1,
  zones: ['us-central1-a'],
});

const deployed =
  (version: string, changes: Partial<InferenceServiceProps> = {}, surge = false) =>
  (app: InferenceApp) => {
    const service = llama(new TenantNamespace(app, 'deployed'), {
      workload: 'Deployment',
      runtime: nim(version),
      replicas: 2,
      cache: ModelCache.ephemeral(Size.gibibytes(20)),
      podAnnotations: { 'simulated/ready-after': '2s', 'simulated/drains-for': '1s' },
      ...changes,
    });
    // Kubernetes' own default: a quarter of the replicas, rounded up.
    if (surge) service.stable.workload.addJsonPatch(JsonPatch.remove('/spec/strategy'));
  };

/** The Deployment once its rollout is over. */
const done = (version: string, seconds = 40) =>
  until(
    `all pods run ${version}`,
    async () => {
      const { metadata, spec, status } = await get('deployed', 'deployment', 'llama');
      return (
        (spec.template.spec.containers[0].image as string).endsWith(`:${version}`) &&
        status.observedGeneration === metadata.generation &&
        status.updatedReplicas === spec.replicas &&
        status.readyReplicas === spec.replicas &&
        status.replicas === spec.replicas
      );
    },
    async () => JSON.stringify((await get('deployed', 'deployment', 'llama')).status),
    seconds,
  );

describe('a Deployment on a pool without a spare GPU', () => {
  let history: PodHistory;
  beforeAll(async () => {
    await commit('deployed', synthesized(deployed('1.0.0')));
    history = new PodHistory('deployed');
    await done('1.0.0');
    history.sinceLastAsked();
  });
  afterAll(async () => {
    history.stop();
    await forget('deployed', 'deployed');
  });

  test('a rollout ends, one pod after the other, and one serves all the time', async () => {
    await commit('deployed', synthesized(deployed('1.1.0')));
    await done('1.1.0');
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1 });
  });

  test('with the strategy of Kubernetes it would not end', async () => {
    await commit('deployed', synthesized(deployed('1.2.0', {}, true)));
    const pending = await until('a pod waits for a GPU', async () => {
      const pods = await list('deployed', 'pods');
      return pods.find(({ spec }) => spec.nodeName === undefined)?.metadata.name;
    });
    await expect(done('1.2.0', 8)).rejects.toThrow('not within 8 s');
    expect((await get('deployed', 'pod', pending)).spec.nodeName).toBeUndefined();
    await commit('deployed', synthesized(deployed('1.1.0')));
    await done('1.1.0');
  });

  test('a single replica makes room first, where nothing is spare', async () => {
    await commit('deployed', synthesized(deployed('1.1.0', { replicas: 1, nodePool: ONE })));
    await done('1.1.0');
    await commit('deployed', synthesized(deployed('1.2.0', { replicas: 1, nodePool: ONE })));
    await done('1.2.0');
    expect((await get('deployed', 'deployment', 'llama')).spec.strategy).toEqual({ type: 'Recreate' });
  });
});
