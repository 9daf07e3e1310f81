import { Chart, Size, Testing } from 'cdk8s';
import {
  GpuInferenceStatefulSet,
  GpuInferenceStatefulSetProps,
  GpuNodePool,
  ModelCache,
  ModelCredentials,
} from '../../lib';
import { apply, get, kubectl, list, unschedulable, until } from './cluster';
import { forgetNodes, namespace, nodesReady, OF_TEST, schedulerVerdicts } from './bulk';
import { nodeOf } from './nodes';
import { nim } from './services';

const NAMESPACE = 'device-claims';

const dra = { maxNodes: 2, zones: ['us-central1-a'], kubernetesVersion: '1.34', deviceAllocation: 'dra' } as const;
const PAIRS = GpuNodePool.gke({ name: 'claimed-pairs', machineType: 'g2-standard-24', ...dra });
const SLICES = GpuNodePool.gke({
  name: 'claimed-slices',
  machineType: 'a2-ultragpu-1g',
  mig: { profile: '1g.10gb' },
  ...dra,
});

/** A class as NVIDIA's driver installs it. */
const deviceClass = (name: string, type: string) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'DeviceClass',
  metadata: { name },
  spec: {
    selectors: [
      {
        cel: {
          expression: `device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == '${type}'`,
        },
      },
    ],
  },
});

interface Device {
  readonly productName: string;
  readonly memory: string;
  readonly profile?: string;
}

const L4: Device = { productName: 'NVIDIA L4', memory: '23034Mi' };
const T4: Device = { productName: 'Tesla T4', memory: '16Gi' };
const slice = (profile: string, memory: string): Device => ({
  productName: 'NVIDIA A100-SXM4-80GB',
  profile,
  memory,
});

/** The devices of a node as NVIDIA's driver publishes them, as far as a claim can ask for it. */
const resourceSlice = (nodeName: string, devices: readonly Device[]) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceSlice',
  metadata: { name: `${nodeName}-gpu.nvidia.com` },
  spec: {
    driver: 'gpu.nvidia.com',
    nodeName,
    pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
    devices: devices.map(({ productName, profile, memory }, at) => ({
      name: `gpu-${at}`,
      attributes: {
        type: { string: profile ? 'mig' : 'gpu' },
        productName: { string: productName },
        ...(profile && { profile: { string: profile } }),
      },
      capacity: { memory: { value: memory } },
    })),
  },
});

/** Puts a service into the cluster, as its own chart makes it. */
async function serve(name: string, props: Partial<GpuInferenceStatefulSetProps>): Promise<void> {
  const chart = new Chart(Testing.app(), name, { namespace: NAMESPACE });
  new GpuInferenceStatefulSet(chart, name, {
    model: 'meta-llama/Llama-3.2-1B-Instruct',
    runtime: nim('1.3.0'),
    nodePool: PAIRS,
    maxModelLen: 8192,
    cache: ModelCache.ephemeral(Size.gibibytes(10)),
    credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
    ...props,
  });
  await apply(...(Testing.synth(chart) as object[]));
}

const placed = async (name: string) => {
  const pods = (await list(NAMESPACE, 'pods')).filter(({ metadata }) => metadata.name.startsWith(`${name}-`));
  return pods.map(({ spec }) => (spec as { nodeName?: string }).nodeName).filter((node) => node !== undefined);
};

const withdraw = async (name: string) => {
  await kubectl('delete', 'statefulset', name, '-n', NAMESPACE, '--wait');
  await until('its claims are gone', async () => (await list(NAMESPACE, 'resourceclaims')).length === 0);
};

describe('devices that are claimed', () => {
  beforeAll(async () => {
    await namespace(NAMESPACE);
    await apply(deviceClass('gpu.nvidia.com', 'gpu'), deviceClass('mig.nvidia.com', 'mig'));
    const node = (pool: GpuNodePool, name: string) => nodeOf(pool, name, { labels: { [OF_TEST]: NAMESPACE } });
    await apply(node(PAIRS, 'pair-of-l4'), node(PAIRS, 'pair-of-t4'), node(SLICES, 'slices'));
    await apply(
      resourceSlice('pair-of-l4', [L4, L4]),
      // A mistake of whoever made the pool: the labels of L4 nodes, and other GPUs.
      resourceSlice('pair-of-t4', [T4, T4]),
      resourceSlice('slices', [slice('1g.10gb', '9728Mi'), slice('1g.10gb', '9728Mi'), slice('3g.40gb', '40192Mi')]),
    );
    await nodesReady(NAMESPACE, 3);
  }, 60_000);

  afterAll(async () => {
    await kubectl(
      'delete',
      'resourceslices',
      ...['pair-of-l4', 'pair-of-t4', 'slices'].map((at) => `${at}-gpu.nvidia.com`),
    );
    await kubectl('delete', 'deviceclass', 'gpu.nvidia.com', 'mig.nvidia.com');
    await forgetNodes(NAMESPACE, NAMESPACE);
  }, 120_000);

  test('are GPUs of the pool’s product, as many as there are', async () => {
    await serve('llama', { replicas: 3 });
    await schedulerVerdicts(NAMESPACE, 3);
    expect(await placed('llama')).toEqual(['pair-of-l4', 'pair-of-l4']);
    const waiting = (await list(NAMESPACE, 'pods')).find(({ spec }) => !(spec as { nodeName?: string }).nodeName)!;
    expect(await unschedulable(NAMESPACE, waiting.metadata.name)).toMatch(/cannot allocate all claims/);
    const allocated = (await list(NAMESPACE, 'resourceclaims')).flatMap(({ status }) => status?.allocation ?? []);
    const result = { driver: 'gpu.nvidia.com', pool: 'pair-of-l4', request: 'gpu' };
    expect(allocated).toMatchObject([{ devices: { results: [result] } }, { devices: { results: [result] } }]);
    await withdraw('llama');
  });

  test('are all GPUs of a copy together', async () => {
    await serve('wide', { tensorParallelSize: 2, waivers: { 'gpu-topology': 'a test' } });
    await schedulerVerdicts(NAMESPACE, 1);
    expect(await placed('wide')).toEqual(['pair-of-l4']);
    const [claim] = await list(NAMESPACE, 'resourceclaims');
    const { devices } = (claim!.status as { allocation: { devices: { results: object[] } } }).allocation;
    expect(devices.results).toHaveLength(2);
    await withdraw('wide');
  });

  test('are slices of the pool’s profile and of no other', async () => {
    await serve('small', { nodePool: SLICES, replicas: 3, maxModelLen: 2048 });
    await schedulerVerdicts(NAMESPACE, 3);
    expect(await placed('small')).toEqual(['slices', 'slices']);
    await withdraw('small');
  });

  test('count against the quota of their class', async () => {
    const hard = { [PAIRS.resourceName]: '1' };
    await apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'gpu', namespace: NAMESPACE },
      spec: { hard },
    });
    await serve('counted', { replicas: 2 });
    const used = await until('one claim is counted', async () => {
      const quota = await get(NAMESPACE, 'resourcequota', 'gpu');
      const own = (quota.status?.used ?? {}) as Record<string, string>;
      return own[PAIRS.resourceName] === '1' && own;
    });
    expect(used).toMatchObject({ [PAIRS.resourceName]: '1' });
    await until('one pod is placed', async () => (await placed('counted')).length === 1);
    expect(await list(NAMESPACE, 'resourceclaims')).toHaveLength(1);
    await kubectl('delete', 'resourcequota', 'gpu', '-n', NAMESPACE);
    await withdraw('counted');
  });
});
