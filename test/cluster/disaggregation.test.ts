import { GpuNodePool, InferenceApp, ModelCredentials, TenantNamespace, VllmRuntime } from '../../lib';
import { commit, forget, get, list, LiveObject, until } from './cluster';
import { llama } from './services';
import { synthesized } from './synthesized';

/** The pool of the cluster's own two nodes, which may grow by one. */
const POOL = GpuNodePool.gke({
  name: 'gpupool',
  machineType: 'g2-standard-4',
  maxNodes: 3,
  zones: ['us-central1-a'],
});

const apart = (prompts: number) => (app: InferenceApp) =>
  void llama(new TenantNamespace(app, 'apart'), {
    runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' }),
    credentials: ModelCredentials.huggingFace({ secretStore: 'platform', key: 'hugging-face' }),
    nodePool: POOL,
    prefill: { replicas: prompts, router: { image: 'vllm/vllm-router:v0.1.15' } },
  });

const podsOf = async (role: string) =>
  (await list('apart', 'pods')).filter(({ metadata }) => metadata.labels?.role === role);

const serviceOf = ({ labels }: LiveObject['metadata']) => labels?.['kubernetes.io/service-name'];

/** Every router runs with this many addresses of pods that compute prompts. */
const routed = (prompts: number) =>
  until(`two routers know ${prompts}`, async () => {
    const { metadata, spec, status } = await get('apart', 'deployment', 'llama-router');
    const args: string[] = spec.template.spec.containers[0].args;
    return (
      args.filter((arg) => arg === '--prefill').length === prompts &&
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === 2 &&
      status.readyReplicas === 2 &&
      status.replicas === 2
    );
  });

describe('prompts and answers apart', () => {
  beforeAll(async () => {
    await commit('apart', synthesized(apart(1)));
    await routed(1);
    await until('both servers are ready', async () => {
      const sets = await list('apart', 'statefulsets');
      return sets.length === 2 && sets.every(({ status }) => status.readyReplicas === 1);
    });
  });
  afterAll(() => forget('apart', 'apart'));

  test('the names on the command line of the router are those that pods have', async () => {
    const { spec } = await get('apart', 'deployment', 'llama-router');
    const called = (spec.template.spec.containers[0].args as string[]).filter((arg) => arg.startsWith('http'));
    const slices = await list('apart', 'endpointslices');
    const given = slices.flatMap(({ metadata, endpoints, ports }) =>
      (endpoints ?? []).flatMap(({ hostname }: { hostname?: string }) =>
        hostname === undefined ? [] : `http://${hostname}.${serviceOf(metadata)}:${ports[0].port}`,
      ),
    );
    expect(given.sort()).toEqual(called.sort());
  });

  test('servers run where GPUs are, and routers elsewhere', async () => {
    const nodesOf = async (role: string) => (await podsOf(role)).map(({ spec }) => spec.nodeName as string);
    const servers = [...(await nodesOf('prefill')), ...(await nodesOf('decode'))];
    expect(servers).toHaveLength(2);
    for (const node of servers) expect(node).toContain('gpupool');
    for (const node of await nodesOf('router')) expect(node).not.toContain('gpupool');
  });

  test('the Service that clients call has the routers behind it, and nobody else', async () => {
    const slices = await list('apart', 'endpointslices');
    const behind = slices
      .filter(({ metadata }) => serviceOf(metadata) === 'llama')
      .flatMap(({ endpoints }) => endpoints.map((each: { targetRef: { name: string } }) => each.targetRef.name));
    expect(behind.sort()).toEqual((await podsOf('router')).map(({ metadata }) => metadata.name).sort());
  });

  test('another pod for prompts is a rollout of the router, and of nothing else', async () => {
    const before = [...(await podsOf('prefill')), ...(await podsOf('decode'))].map(({ metadata }) => metadata.uid);
    await commit('apart', synthesized(apart(2)));
    await routed(2);
    const after = [...(await podsOf('prefill')), ...(await podsOf('decode'))].map(({ metadata }) => metadata.uid);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(3);
  });
});
