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
      waivers: { 'image-pinning': 'a test', 'open-endpoint': 'a test', 'artifact-pinning': 'a test' },
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
