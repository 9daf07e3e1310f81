import { Size } from 'cdk8s';
import {
  CanaryStrategy,
  GpuNodePool,
  InferenceApp,
  InferenceServiceProps,
  ModelCache,
  ReleaseStepName,
  TenantNamespace,
} from '../../lib';
import { apply, attempt, commit, find, forget, get, kubectl, list, LiveObject, serves, until } from './cluster';
import { nodeOf } from './nodes';
import { llama, nim } from './services';
import { synthesized } from './synthesized';

const ZONES = ['us-central1-a', 'us-central1-b'] as const;
/** Two machines of eight GPUs in each of two zones: room for two copies of sixteen, and for nothing else. */
const nodesOf = (pool: string) =>
  ZONES.flatMap((zone) => [1, 2].map((at) => ({ name: `${pool}-${zone.slice(-1)}-${at}`, zone })));
/** Each namespace has a pool of its name. */
const poolOf = (name: string) => GpuNodePool.gke({ name, machineType: 'a3-highgpu-8g', maxNodes: 4, zones: ZONES });
const PODS = ['llama-0', 'llama-0-1', 'llama-1', 'llama-1-1'];

const groups =
  (namespace: string, changes: Partial<InferenceServiceProps> = {}) =>
  (app: InferenceApp) =>
    llama(new TenantNamespace(app, namespace), {
      model: 'meta-llama/Llama-3.1-8B-Instruct',
      runtime: nim('2.0.4'),
      nodePool: poolOf(namespace),
      tensorParallelSize: 8,
      pipelineParallelSize: 2,
      replicas: 2,
      cache: ModelCache.perReplica(Size.gibibytes(50)),
      podAnnotations: { 'simulated/ready-after': '6s' },
      waivers: { 'image-pinning': 'a test', 'zonal-cache': 'the zones of the test never run out' },
      ...changes,
    });

const evict = (pod: string) =>
  attempt(
    'kubectl',
    ['create', '--raw', `/api/v1/namespaces/groups/pods/${pod}/eviction`, '-f', '-'],
    JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'groups' } }),
  );

const told = (namespace = 'groups') => kubectl('get', 'lws,sts,pods,pvc,events', '-n', namespace, '-o', 'wide');

/** All pods of both groups by name, once all of them serve. */
const whole = (namespace = 'groups') =>
  until(
    'both groups serve',
    async () => {
      const pods = await list(namespace, 'pods');
      return pods.length === PODS.length && pods.every(serves) && new Map(pods.map((pod) => [pod.metadata.name, pod]));
    },
    () => told(namespace),
    60,
  );
const uids = (pods: ReadonlyMap<string, LiveObject>) =>
  Object.fromEntries([...pods].map(([name, { metadata }]) => [name, metadata.uid]));

/** The group of this number has other pods than it had. */
const anew = (group: number, before: Readonly<Record<string, string>>) =>
  until(
    `every pod of group ${group} is another`,
    async () => {
      const names = PODS.filter((name) => name.startsWith(`llama-${group}`));
      const pods = await Promise.all(names.map((name) => find('groups', 'pod', name)));
      return pods.every((pod, at) => pod !== undefined && pod.metadata.uid !== before[names[at]!]);
    },
    () => told(),
  );

// One machine of each zone in each rack: what keeps a copy together there is not the zone.
const rackOf = (name: string) => `r${name.slice(-1)}`;
const RACK = 'example.com/rack';

beforeAll(async () => {
  await apply(
    ...nodesOf('groups').map(({ name, zone }) => nodeOf(poolOf('groups'), name, { zone })),
    ...nodesOf('racks').map(({ name, zone }) =>
      nodeOf(poolOf('racks'), name, { zone, labels: { [RACK]: rackOf(name) } }),
    ),
  );
  const inRacks = { exclusiveTopology: RACK, cache: ModelCache.ephemeral(Size.gibibytes(30)) };
  await Promise.all([
    commit('racks', synthesized(groups('racks', inRacks))),
    commit('groups', synthesized(groups('groups'))),
  ]);
});
afterAll(async () => {
  await forget('racks', 'racks');
  await forget('groups', 'groups');
  await kubectl('delete', 'node', ...[...nodesOf('racks'), ...nodesOf('groups')].map(({ name }) => name));
});

test('copies that have a rack each are in two racks', async () => {
  const pods = await whole('racks');
  const racks = PODS.map((name) => rackOf(pods.get(name)!.spec.nodeName as string));
  expect(racks[1]).toBe(racks[0]);
  expect(racks[3]).toBe(racks[2]);
  expect(racks[2]).not.toBe(racks[0]);
});

describe('copies of two machines', () => {
  test('each copy is in one zone, and each pod of it on a machine of its own', async () => {
    const pods = await whole();
    const nodeOfPod = (name: string) => pods.get(name)!.spec.nodeName as string;
    const zoneOf = (name: string) => nodesOf('groups').find((node) => node.name === nodeOfPod(name))!.zone;
    expect(new Set(PODS.map(nodeOfPod)).size).toBe(4);
    expect(zoneOf('llama-0-1')).toBe(zoneOf('llama-0'));
    expect(zoneOf('llama-1-1')).toBe(zoneOf('llama-1'));
    expect(zoneOf('llama-1')).not.toBe(zoneOf('llama-0'));
  });

  test('requests go to the leaders only, and workers know the address of theirs', async () => {
    const slices = await list('groups', 'endpointslices');
    const receivers = slices
      .filter(({ metadata }) => (metadata.labels as Record<string, string>)['kubernetes.io/service-name'] === 'llama')
      .flatMap(({ endpoints }) => (endpoints as { targetRef: { name: string } }[]) ?? [])
      .map(({ targetRef }) => targetRef.name);
    expect(receivers.sort()).toEqual(['llama-0', 'llama-1']);
    const env = (await whole()).get('llama-1-1')!.spec.containers[0].env as { name: string; value: string }[];
    expect(env.find(({ name }) => name === 'LWS_LEADER_ADDRESS')?.value).toBe('llama-1.llama-1.groups');
    expect((await get('groups', 'service', 'llama-1')).spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    });
  });

  test('a worker that goes takes its group with it, and leaves the other alone', async () => {
    const before = uids(await whole());
    await kubectl('delete', 'pod', 'llama-0-1', '-n', 'groups', '--wait=false');
    await anew(0, before);
    const after = uids(await whole());
    expect([after['llama-1'], after['llama-1-1']]).toEqual([before['llama-1'], before['llama-1-1']]);
  });

  test('an eviction takes one group; no pod of the other may go before it is whole again', async () => {
    const before = uids(await whole());
    const allowed = (number: number) =>
      until(
        `the budget allows ${number}`,
        async () => {
          const { status } = await get('groups', 'poddisruptionbudget', 'llama');
          return status.disruptionsAllowed === number && status.observedGeneration !== undefined;
        },
        async () => JSON.stringify((await get('groups', 'poddisruptionbudget', 'llama')).status),
      );
    await allowed(1);
    expect(await evict('llama-1-1')).toMatchObject({ ok: true });
    await allowed(0);
    const refusals: boolean[] = [];
    // From the eviction until the group serves again, on and on.
    await until(
      'group 1 serves again',
      async () => {
        const { ok } = await evict(refusals.length % 2 === 0 ? 'llama-0' : 'llama-0-1');
        const pods = await Promise.all(['llama-1', 'llama-1-1'].map((name) => find('groups', 'pod', name)));
        const back = pods.every(
          (pod) => pod !== undefined && serves(pod) && pod.metadata.uid !== before[pod.metadata.name],
        );
        if (!back) refusals.push(!ok);
        return back || ok;
      },
      () => told(),
      60,
    );
    expect(refusals.length).toBeGreaterThan(1);
    expect(refusals).not.toContain(false);
    await whole();
  });

  test('a release by partition replaces group by group', async () => {
    const at = (step: ReleaseStepName) =>
      synthesized(groups('groups', { canary: { runtime: nim('2.0.6'), strategy: CanaryStrategy.partition(), step } }));
    const version = (pod: LiveObject | undefined) => (pod?.spec.containers[0].image as string).split(':')[1];
    const before = await whole();
    await commit('groups', at('prepared'));
    await commit('groups', at('1/2'));
    await anew(1, uids(before));
    const after = await whole();
    expect(PODS.map((name) => version(after.get(name)))).toEqual(['2.0.4', '2.0.4', '2.0.6', '2.0.6']);
    expect(uids(after)['llama-0']).toBe(uids(before)['llama-0']);
  });
});
