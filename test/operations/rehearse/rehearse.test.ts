import childProcess from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManifestSource } from '../../../lib';
import { Manifest } from '../../../lib/checks/manifest-identity';
import { admissionChanges } from '../../../lib/operations/rehearse/admission-changes';
import { Cluster, LiveObject, WatchEvent } from '../../../lib/operations/rehearse/kubectl';
import { PodHistory } from '../../../lib/operations/rehearse/pod-history';
import { runRehearse } from '../../../lib/operations/rehearse/rehearse';
import {
  poolOfNode,
  realNodes,
  REHEARSAL_LABEL,
  simulatedNodes,
} from '../../../lib/operations/rehearse/simulated-nodes';
import { stagesOf } from '../../../lib/operations/rehearse/stages';
import { standIns } from '../../../lib/operations/rehearse/stand-ins';
import { Scorecard } from '../../../lib/operations/scorecard';
import { Platform } from '../../checks/platform';
import { partsOf } from '../../support/yaml-of';
import { pod, StandInCluster } from './stand-in-cluster';

// Some wait for the seconds that they state.
jest.setTimeout(30_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rehearse-'));
  new Platform(folder).finish().synth();
});
afterAll(() => rmSync(folder, { recursive: true }));

const card = () => JSON.parse(ManifestSource.folder(folder).file('scorecard.json5')!) as Scorecard;

test('a node of a pool, as the scheduler meets it: the machine without what DaemonSets take', () => {
  const [first, second] = simulatedNodes(card().pools[0]!, 2);
  expect((second!.metadata as { name: string }).name).toBe('gpupool-rehearsal-2');
  expect(partsOf(first!, 'metadata', 'spec', 'status.allocatable')).toBe(`metadata:
  name: gpupool-rehearsal-1
  labels:
    cdk8s-gpu-inference/rehearsal: gpupool
    cloud.google.com/gke-accelerator: nvidia-l4
    cloud.google.com/gke-accelerator-count: "1"
    cloud.google.com/gke-gpu: "true"
    cloud.google.com/gke-nodepool: gpupool
    kubernetes.io/arch: amd64
    kubernetes.io/hostname: gpupool-rehearsal-1
    kubernetes.io/os: linux
    node.kubernetes.io/instance-type: g2-standard-4
    topology.kubernetes.io/region: us-central1
    topology.kubernetes.io/zone: us-central1-a
  annotations:
    kwok.x-k8s.io/node: fake
spec:
  taints:
    - key: nvidia.com/gpu
      value: present
      effect: NoSchedule
allocatable:
  cpu: 3320m
  memory: 12356Mi
  ephemeral-storage: 44227Mi
  nvidia.com/gpu: "1"
  pods: "110"
`);
});

test.each`
  version            | real
  ${'v1.34.1'}       | ${true}
  ${'v1.30.5-gke.1'} | ${true}
  ${'interlink-0.4'} | ${true}
  ${'fake'}          | ${false}
  ${'kwok-v0.7.0'}   | ${false}
  ${''}              | ${false}
  ${undefined}       | ${false}
`('a node whose kubelet says $version is real: $real', ({ version, real }: { version?: string; real: boolean }) => {
  const node = { metadata: { name: 'a' }, status: { nodeInfo: { kubeletVersion: version } } };
  expect(realNodes([node as never])).toEqual(real ? ['a'] : []);
});

test.each`
  what                                          | more                                                                      | real
  ${'nobody has taken over'}                    | ${{ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }}     | ${false}
  ${'tells of its machine, not of its kubelet'} | ${{ status: { nodeInfo: { kubeletVersion: '', kernelVersion: '6.1' } } }} | ${true}
  ${'is a machine of a provider'}               | ${{ spec: { providerID: 'gce://project/zone/gke-1' } }}                   | ${true}
  ${'only has the name of a simulated one'}     | ${{ status: { nodeInfo: { kubeletVersion: 'fake-v1.30' } } }}             | ${true}
`('a node that $what is real: $real', ({ more, real }: { more: object; real: boolean }) => {
  const annotations = { 'kwok.x-k8s.io/node': 'fake' };
  expect(realNodes([{ metadata: { name: 'a', annotations }, ...more }])).toEqual(real ? ['a'] : []);
});

test('a node of the cluster is of the pool whose labels it has all of, and most of', () => {
  const [pool] = card().pools;
  const slices = {
    ...pool!,
    key: 'slices',
    name: 'slices',
    node: { ...pool!.node, labels: { gpu: 'a100', mig: '1g' } },
  };
  const whole = { ...pool!, key: 'whole', name: 'whole', node: { ...pool!.node, labels: { gpu: 'a100' } } };
  const anywhere = { ...pool!, key: 'anywhere', name: 'anywhere', node: { ...pool!.node, labels: {} } };
  const of = (labels: Record<string, string>) =>
    poolOfNode({ metadata: { name: 'a', labels }, spec: {} }, [anywhere, whole, slices]);
  expect([of({ gpu: 'a100' }), of({ gpu: 'a100', mig: '1g' }), of({ mig: '1g' }), of({})]).toEqual([
    'whole',
    'slices',
    undefined,
    undefined,
  ]);
  const namesakes = [pool!, { ...pool!, key: `${pool!.key}#2` }];
  const made = namesakes.flatMap((each) => simulatedNodes(each, 1)) as unknown as LiveObject[];
  expect(made.map((node) => poolOfNode(node, namesakes))).toEqual(['gpupool', 'gpupool#2']);
});

test.each`
  pool                          | node
  ${'GPU_Pool'}                 | ${'gpu-pool-d54ac93b-rehearsal-2'}
  ${'gpu.l4'}                   | ${'gpu.l4-rehearsal-2'}
  ${`${'long-'.repeat(12)}abc`} | ${'long-long-long-long-long-long-long-long-lo-5fb0c524-rehearsal-2'}
`(
  'nodes of $pool, which is a name of a pool and none of a node',
  ({ pool: name, node }: { pool: string; node: string }) => {
    const pool = { ...card().pools[0]!, key: name, name };
    const [, second] = simulatedNodes(pool, 2) as unknown as LiveObject[];
    expect([second!.metadata.name, second!.metadata.labels!['kubernetes.io/hostname']]).toEqual([node, node]);
    expect(second!.metadata.labels![REHEARSAL_LABEL]).toBe(name);
    expect(poolOfNode(second!, [{ ...pool, key: `${name}#2` }, pool])).toBe(name);
  },
);

test('what the nodes of a pool have beside GPUs, and what they do not have', () => {
  const [pool] = card().pools;
  const resourcesOf = (change: object, options = {}) => {
    const [node] = simulatedNodes({ ...pool!, ...change }, 1, options);
    return (node!.status as { allocatable: Record<string, string> }).allocatable;
  };
  const rdma = { resourceName: 'vpc.amazonaws.com/efa', perNode: 4 };
  expect(resourcesOf({ node: { ...pool!.node, rdma } })).toMatchObject({ 'vpc.amazonaws.com/efa': '4' });
  const claimed = resourcesOf({ resourceName: 'gpu.nvidia.com.deviceclass.resource.k8s.io/devices' });
  expect(Object.keys(claimed)).toEqual(['cpu', 'memory', 'ephemeral-storage', 'pods']);
  expect(resourcesOf({}, { ownAgents: true })).toMatchObject({ cpu: '3920m' });
});

test('stages: namespaces, then what belongs to the cluster, then folder by folder', () => {
  const stages = stagesOf(ManifestSource.folder(folder).read());
  expect(
    stages.map(({ name, manifests }) => [name, [...new Set(manifests.map(({ manifest }) => manifest.kind))]]),
  ).toEqual([
    ['definitions and namespaces', ['Namespace']],
    ['10-namespaces', expect.arrayContaining(['ResourceQuota', 'NetworkPolicy'])],
    ['20-secrets', ['ExternalSecret']],
    ['30-services', expect.arrayContaining(['StatefulSet', 'Service', 'HTTPRoute'])],
  ]);
});

describe('what stands in', () => {
  const NO_CLASSES = { classes: [], hasDefault: true, claims: [] };
  const workload = (spec: object): Manifest => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'a', namespace: 'n' },
    spec,
  });
  const mounts = (claimName: string) => ({
    spec: { containers: [], volumes: [{ name: 'w', persistentVolumeClaim: { claimName } }] },
  });

  test('a claim that somebody fills, and a volume that is bound to it', () => {
    const { claims, volumes, expected } = standIns([workload({ template: mounts('weights') })], NO_CLASSES);
    expect(expected).toEqual(['n/weights']);
    expect(claims).toHaveLength(1);
    expect(volumes).toMatchObject([{ spec: { claimRef: { namespace: 'n', name: 'weights' }, storageClassName: '' } }]);
  });

  test('a disk for each replica, where the cluster lacks the class, and none where it has it', () => {
    const set = workload({
      replicas: 2,
      template: { spec: { containers: [] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'cache' },
          spec: {
            storageClassName: 'gp3',
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '50Gi' } },
          },
        },
      ],
    });
    const { volumes, missingClasses } = standIns([set], NO_CLASSES);
    expect(volumes.map(({ spec }) => (spec as { claimRef: { name: string } }).claimRef.name)).toEqual([
      'cache-a-0',
      'cache-a-1',
    ]);
    expect(missingClasses).toEqual(['gp3']);
    expect(standIns([set], { classes: ['gp3'], hasDefault: false, claims: [] }).volumes).toEqual([]);
  });

  test('a disk for each pod of a group, by its name', () => {
    const volumeClaimTemplates = [{ metadata: { name: 'cache' }, spec: { storageClassName: 'gp3' } }];
    const group = {
      apiVersion: 'leaderworkerset.x-k8s.io/v1',
      kind: 'LeaderWorkerSet',
      metadata: { name: 'a', namespace: 'n' },
      spec: { replicas: 2, leaderWorkerTemplate: { size: 2, volumeClaimTemplates } },
    };
    const { volumes } = standIns([group], NO_CLASSES);
    expect(volumes.map(({ spec }) => (spec as { claimRef: { name: string } }).claimRef.name)).toEqual([
      'cache-a-0',
      'cache-a-0-1',
      'cache-a-1',
      'cache-a-1-1',
    ]);
  });

  test('the volume of a claim is that of no other', () => {
    const claim = (namespace: string, name: string) => ({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace, name } },
      spec: { storageClassName: 'gp3' },
    });
    const { volumes } = standIns([claim('chat', 'eu-weights'), claim('chat-eu', 'weights')], NO_CLASSES);
    expect(volumes.map(({ metadata }) => (metadata as { name: string }).name)).toEqual([
      'rehearsal.chat.eu-weights',
      'rehearsal.chat-eu.weights',
    ]);
  });

  test('nothing for a claim that is there', () => {
    const { claims, volumes } = standIns([workload({ template: mounts('weights') })], {
      ...NO_CLASSES,
      claims: ['n/weights'],
    });
    expect([claims, volumes]).toEqual([[], []]);
  });
});

test('the history of a service: the fewest ready, the most GPUs, which pods were replaced', () => {
  const cluster = new StandInCluster();
  const history = new PodHistory(cluster);
  history.resourceOf = () => 'nvidia.com/gpu';
  const tell = (type: WatchEvent['type'], object: LiveObject) => cluster.take({ type, object });
  tell('ADDED', pod('llama3-8b-0'));
  tell('ADDED', pod('llama3-8b-1'));
  tell('ADDED', pod('llama3-8b-canary-0', { track: 'canary' }));
  expect(history.since('nim/llama3-8b')).toMatchObject({
    mostGpus: 3,
    came: ['llama3-8b-0', 'llama3-8b-1', 'llama3-8b-canary-0'],
  });
  tell('DELETED', pod('llama3-8b-1'));
  tell('ADDED', pod('llama3-8b-1', { uid: 'new', ready: false, spec: { nodeName: undefined } as never }));
  tell('MODIFIED', pod('llama3-8b-1', { uid: 'new', ready: true }));
  tell('DELETED', pod('llama3-8b-canary-0', { track: 'canary' }));
  expect(history.since('nim/llama3-8b')).toEqual({
    leastReady: 2,
    mostGpus: 3,
    replaced: ['llama3-8b-1'],
    came: [],
    went: ['llama3-8b-canary-0'],
  });
  expect(history.since('nim/llama3-8b')).toEqual({ leastReady: 2, mostGpus: 2, replaced: [], came: [], went: [] });
});

describe('what admission made of a pod', () => {
  const template = {
    containers: [{ name: 'nim', resources: { limits: { memory: '1024Mi' } }, env: [{ name: 'A', value: '1' }] }],
  };
  const live = (container: object, more: object = {}) =>
    pod('a', { spec: { containers: [{ ...template.containers[0], ...container }], ...more } as never });

  test.each`
    what                                       | container                                                                       | more                                                                                                         | told
    ${'nothing'}                               | ${{}}                                                                           | ${{}}                                                                                                        | ${[]}
    ${'defaults of the API server'}            | ${{ imagePullPolicy: 'Always', terminationMessagePath: '/dev/t' }}              | ${{ dnsPolicy: 'ClusterFirst', tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }] }} | ${[]}
    ${'a quantity in other words'}             | ${{ resources: { limits: { memory: '1Gi' } } }}                                 | ${{}}                                                                                                        | ${[]}
    ${'a limit that a LimitRange added'}       | ${{ resources: { limits: { memory: '1024Mi', cpu: '2' } } }}                    | ${{}}                                                                                                        | ${['containers.nim.resources.limits.cpu came: 2']}
    ${'a request that follows from the limit'} | ${{ resources: { limits: { memory: '1024Mi' }, requests: { memory: '1Gi' } } }} | ${{}}                                                                                                        | ${[]}
    ${'a value that was changed'}              | ${{ env: [{ name: 'A', value: '2' }] }}                                         | ${{}}                                                                                                        | ${['containers.nim.env.A.value is 2, not 1']}
    ${'a toleration that a webhook added'}     | ${{}}                                                                           | ${{ tolerations: [{ key: 'spot', operator: 'Exists' }] }}                                                    | ${['tolerations.spot.key came: spot', 'tolerations.spot.operator came: Exists']}
  `('$what', ({ container, more, told }: { container: object; more: object; told: string[] }) => {
    expect(admissionChanges(template, live(container, more))).toEqual(told);
  });

  test.each`
    stated           | written     | told
    ${0.7}           | ${'700m'}   | ${[]}
    ${'1500000000n'} | ${'1500m'}  | ${[]}
    ${1e9}           | ${'1G'}     | ${[]}
    ${'1Pi'}         | ${'1024Ti'} | ${[]}
    ${'0.7'}         | ${'701m'}   | ${['containers.a.resources.requests.cpu is 701m, not 0.7']}
  `(
    'a quantity $stated that the server writes as $written',
    (row: { stated: unknown; written: string; told: string[] }) => {
      const spec = (cpu: unknown) => ({ containers: [{ name: 'a', resources: { requests: { cpu } } }] });
      expect(admissionChanges(spec(row.stated), { ...pod('a'), spec: spec(row.written) })).toEqual(row.told);
    },
  );

  test('two texts of one number are two, where nobody counts', () => {
    const spec = (value: string) => ({ containers: [{ name: 'a', env: [{ name: 'LIMIT', value }] }] });
    expect(admissionChanges(spec('1000'), { ...pod('a'), spec: spec('1k') })).toEqual([
      'containers.a.env.LIMIT.value is 1k, not 1000',
    ]);
  });
});

describe('the command', () => {
  const rehearse = (cluster: Cluster, ...args: readonly string[]) =>
    runRehearse([folder, '--settle', '1', '--timeout', '3', ...args], cluster);
  const KINDS = [
    'v1 namespaces true Namespace',
    'v1 true Service',
    'x v1 true ServiceAccount',
    'x v1 true ResourceQuota',
    'x v1 true LimitRange',
    'x v1 true ConfigMap',
    'x apps/v1 true StatefulSet',
    'x networking.k8s.io/v1 true NetworkPolicy',
    'x rbac.authorization.k8s.io/v1 true Role',
    'x rbac.authorization.k8s.io/v1 true RoleBinding',
  ]
    .join('\n')
    .replace('v1 namespaces true', 'namespaces v1 false')
    .replace('v1 true Service\n', 'services v1 true Service\n');
  const node = (name: string, kubeletVersion: string) => ({
    metadata: { name, labels: { 'cdk8s-gpu-inference/rehearsal': 'gpupool' } },
    status: { nodeInfo: { kubeletVersion } },
  });
  const quota = (used: number) => ({
    items: [
      {
        metadata: { name: 'nim', namespace: 'nim' },
        status: { hard: { 'requests.nvidia.com/gpu': '2' }, used: { 'requests.nvidia.com/gpu': String(used) } },
      },
    ],
  });
  const world = (answers: Readonly<Record<string, object | string>> = {}, pods: LiveObject[] = []) => {
    const cluster = new StandInCluster({
      ...answers,
      'get nodes': answers['get nodes'] ?? { items: [node('gpupool-rehearsal-1', 'fake')] },
      'get resourcequotas': answers['get resourcequotas'] ?? quota(1),
      'api-resources': answers['api-resources'] ?? KINDS,
    });
    cluster.pods = pods;
    return cluster;
  };
  let stderr: jest.SpyInstance;
  beforeEach(() => {
    stderr = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => stderr.mockRestore());
  const placed = () => {
    const set = ManifestSource.folder(folder)
      .read()
      .find(({ manifest }) => manifest.kind === 'StatefulSet')!.manifest;
    const { metadata: meta, spec } = (set.spec as { template: { metadata: { labels: object }; spec: object } })
      .template;
    const { labels } = meta;
    const { metadata, ...placed } = pod('llama3-8b-0', { spec: { ...spec, nodeName: 'gpupool-rehearsal-1' } as never });
    return { ...placed, metadata: { ...metadata, labels } } as LiveObject;
  };

  test('a kind that the cluster does not know has no objects', async () => {
    const unknown = 'error: the server doesn\'t have a resource type "storageclasses"';
    const { exitCode } = await rehearse(world({ 'get storageclasses': unknown }, [placed()]));
    expect(exitCode).toBe(0);
  });

  test('every promise came true', async () => {
    const { stdout, exitCode } = await rehearse(world({}, [placed()]));
    expect(stdout).toContain('ok  nim/llama3-8b stable  1 pod on gpupool');
    expect(stdout).toContain('promises of the plan came true.');
    expect(exitCode).toBe(0);
  });

  test('kinds that the cluster does not know are left out, and the report says so', async () => {
    const { stdout } = await rehearse(world({}, [placed()]));
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /Note: Not judged, as the cluster does not know these kinds: .*ExternalSecret\.external-secrets\.io, .*HTTPRoute\.gateway\.networking\.k8s\.io/,
    );
  });

  test('as JSON, for a pipeline', async () => {
    const { stdout } = await rehearse(world({}, [placed()]), '--json');
    const { steps, notes, ...rest } = JSON.parse(stdout) as { steps: { name: string }[]; notes: string[] };
    expect(rest).toEqual({ version: 1, kept: true });
    expect(steps).toMatchObject([{ name: folder, applied: 9, verdicts: expect.any(Array), observation: {} }]);
    expect(notes).toHaveLength(2);
  });

  test('progress goes to the other stream', async () => {
    await rehearse(world({}, [placed()]));
    expect(stderr.mock.calls.map(([line]) => String(line).replace(folder, 'dist'))).toEqual([
      'dist: 2 nodes in 1 pool\n',
      'dist: definitions and namespaces, 1 object\n',
      'dist: 10-namespaces, 3 objects\n',
      'dist: 30-services, 5 objects\n',
      'dist: 1 of 1 pods ready\n',
    ]);
  });

  test('of a second state, what is not as before; the rest is counted', async () => {
    const { stdout, exitCode } = await rehearse(world({}, [placed()]), '--steps', folder);
    expect(stdout.split('\n').slice(9, 12)).toEqual([
      '  nodes in use: gpupool 1 of 1',
      '  and 6 promises about what did not change: kept',
      '',
    ]);
    expect(exitCode).toBe(0);
  });

  test('nodes of a pool that are there already count, and others are made beside them', async () => {
    const there = { metadata: { name: 'mine', labels: card().pools[0]!.node.labels }, spec: {} };
    const cluster = world({ 'get nodes': { items: [there] } }, [placed()]);
    await rehearse(cluster, '--keep');
    expect(cluster.made('Node')).toEqual(['without-gpu-rehearsal', 'gpupool-rehearsal-1']);
    const few = await rehearse(cluster, '--nodes', 'gpupool=0');
    expect(few.stderr).toBe(
      'gpupool may have 0 nodes, and the cluster has 1 of its own: delete some, or take another cluster.\n',
    );
    expect(few.exitCode).toBe(2);
  });

  test.each`
    kind       | told
    ${'pods'}  | ${'The watch of the pods ended: what happened is not known.\n'}
    ${'nodes'} | ${'The watch of the nodes ended: whether a real one comes is not known.\n'}
  `('a watch of $kind that ends: nothing is told of what nobody saw', async (row: { kind: string; told: string }) => {
    const cluster = world({}, [placed()]);
    cluster.breaks = row.kind;
    const { stdout, stderr: text, exitCode } = await rehearse(cluster);
    expect([stdout, text]).toEqual(['', row.told]);
    expect(exitCode).toBe(2);
    expect(cluster.asked).toContain('delete nodes --ignore-not-found -l cdk8s-gpu-inference/rehearsal');
  });

  test('a real node that comes while it goes on ends it, and everything is taken away', async () => {
    const cluster = world({}, [placed()]);
    cluster.arriving = [node('kwok-node', 'fake'), node('gke-new', 'v1.33.2-gke.1')] as never;
    const { stdout, stderr: text, exitCode } = await rehearse(cluster);
    expect([stdout, text]).toEqual(['', expect.stringContaining('This cluster has a real node (gke-new): ')]);
    expect(exitCode).toBe(2);
    expect(cluster.asked).toContain('delete nodes --ignore-not-found -l cdk8s-gpu-inference/rehearsal');
  });

  test('a pod that is pending breaks a promise, in the words of the scheduler', async () => {
    const waiting: LiveObject = {
      ...placed(),
      spec: { ...placed().spec, nodeName: undefined },
      status: {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.',
          },
        ],
      },
    };
    const { stdout, exitCode } = await rehearse(world({ 'get resourcequotas': quota(1) }, [waiting]));
    expect(stdout).toContain('BROKEN  nim/llama3-8b stable');
    expect(stdout).toContain('none; llama3-8b-0 pending: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.');
    expect(stdout).toMatch(/\n2 of 4 promises of the plan were broken: nim\/llama3-8b stable, pool gpupool\.\n$/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(exitCode).toBe(1);
  });

  test('a state that does not come to rest breaks a promise, whatever else came true', async () => {
    const set = { kind: 'StatefulSet', metadata: { name: 'llama3-8b', namespace: 'nim', generation: 2 } };
    const cluster = world({ 'get statefulsets': { items: [{ ...set, status: { observedGeneration: 1 } }] } }, [
      placed(),
    ]);
    const { stdout, exitCode } = await rehearse(cluster);
    const told = stdout.replaceAll(folder, 'dist').replace(/ +/g, ' ');
    expect(told).toContain(
      ' BROKEN dist at rest within 3 s see below\n no controller has looked at StatefulSet nim/llama3-8b',
    );
    expect(told).toMatch(/\n1 of 5 promises of the plan was broken: dist\.\n$/);
    expect(exitCode).toBe(1);
  });

  test('a quota is a quantity', async () => {
    const many = mkdtempSync(join(tmpdir(), 'rehearse-many-'));
    cpSync(folder, many, { recursive: true });
    const plan = card();
    const quotas = plan.quotas.map((each) => ({ ...each, gpus: 1000 }));
    writeFileSync(join(many, 'scorecard.json5'), JSON.stringify({ ...plan, quotas }));
    const [{ metadata, status }] = quota(1).items as [ReturnType<typeof quota>['items'][0]];
    const items = [{ metadata, status: { ...status, hard: { 'requests.nvidia.com/gpu': '1k' } } }];
    const cluster = world({ 'get resourcequotas': { items } }, [placed()]);
    const { stdout } = await runRehearse([many, '--settle', '1', '--timeout', '3'], cluster);
    expect(stdout.replace(/ +/g, ' ')).toContain(' ok quota of nim 1 of 1000 GPUs 1 of 1000');
    rmSync(many, { recursive: true });
  });

  test('what the next state has not any more, and the server does not delete', async () => {
    const less = mkdtempSync(join(tmpdir(), 'rehearse-less-'));
    cpSync(folder, less, { recursive: true });
    rmSync(join(less, '30-services'), { recursive: true });
    const cluster = world({ 'delete --ignore-not-found --wait=false -f -': 'Error from server: no' }, [placed()]);
    const { stdout, exitCode } = await rehearse(cluster, '--steps', less, '--keep');
    expect(stdout.replace(less, 'next')).toMatch(
      /\nnext: the server refused to delete \w+ nim\/llama3-8b\S*\n {2}Error from server: no\n/,
    );
    expect(exitCode).toBe(1);
    rmSync(less, { recursive: true });
  });

  test('a quota that counts otherwise', async () => {
    const { stdout, exitCode } = await rehearse(world({ 'get resourcequotas': quota(2) }, [placed()]));
    expect(stdout).toContain('BROKEN  quota of nim          1 of 2 GPUs');
    expect(exitCode).toBe(1);
  });

  test('an object that the server refuses ends it, with the object and the words', async () => {
    const { stdout, exitCode } = await rehearse(
      world({ 'apply --server-side --force-conflicts --validate=strict': 'Error from server: no' }),
    );
    expect(stdout).toContain('the server refused Namespace nim\n  Error from server: no');
    expect(stdout).toContain('The rest was not applied.');
    expect(exitCode).toBe(1);
  });

  test('what it made is taken away again, unless it shall stay', async () => {
    const deletes = async (...args: readonly string[]) => {
      const cluster = world({}, [placed()]);
      await rehearse(cluster, ...args);
      return cluster.asked.filter((asked) => asked.startsWith('delete'));
    };
    expect(await deletes()).toContain('delete nodes --ignore-not-found -l cdk8s-gpu-inference/rehearsal');
    expect(await deletes('--keep')).toEqual([]);
  });

  test.each`
    what                                    | answers                                                                                                                        | told
    ${'one real node among simulated ones'} | ${{ 'get nodes': { items: [node('a', 'fake'), node('gke-1', 'v1.33.2-gke.1')] } }}                                             | ${'This cluster has a real node (gke-1)'}
    ${'no node, and a DNS that waits'}      | ${{ 'get nodes': { items: [] }, 'get deployments': { items: [{ metadata: { name: 'coredns', namespace: 'kube-system' } }] } }} | ${'coredns in kube-system waits for one'}
    ${'a namespace that is there'}          | ${{ 'get namespaces': { items: [{ metadata: { name: 'nim' } }] } }}                                                            | ${'The namespace nim is there already'}
    ${'namespaces that nobody may list'}    | ${{ 'get namespaces': 'Error from server (Forbidden): no' }}                                                                   | ${'The cluster does not tell its namespaces: Error from server (Forbidden): no'}
    ${'kinds that are not told'}            | ${{ 'api-resources': 'error: connection reset' }}                                                                              | ${'The cluster does not tell which kinds it knows: error: connection reset'}
    ${'no cluster at all'}                  | ${{ 'get nodes': 'Error: connection refused' }}                                                                                | ${'There is no cluster to rehearse on: Error: connection refused'}
  `(
    'refused before anything is made: $what',
    async ({ answers, told }: { answers: Record<string, object>; told: string }) => {
      const cluster = world(answers);
      const { stderr: text, exitCode } = await rehearse(cluster);
      expect(text).toContain(told);
      expect(exitCode).toBe(2);
      expect(cluster.asked.filter((asked) => /^(apply|delete)/.test(asked))).toEqual([]);
    },
  );

  test.each`
    arguments                  | told
    ${['--nodes', 'gpupool']}  | ${'--nodes takes POOL=N'}
    ${['--nodes', 'h200=2']}   | ${'--nodes h200: the plan has no such pool.'}
    ${['--timeout', 'soon']}   | ${'--timeout is soon; give whole seconds from 1 on.'}
    ${['--steps', '/nowhere']} | ${'There is no folder /nowhere, and Git knows no such revision.'}
    ${['--steps', 'HEAD:lib']} | ${'HEAD:lib has no scorecard.json5'}
    ${['--slow']}              | ${"Unknown option '--slow'"}
  `('$arguments is a mistake', async ({ arguments: args, told }: { arguments: string[]; told: string }) => {
    const { stderr: text, exitCode } = await rehearse(world(), ...args);
    expect(text).toContain(told);
    expect(exitCode).toBe(2);
  });

  test.each`
    what                          | files                                                                   | told
    ${'nothing in it'}            | ${{}}                                                                   | ${'has no scorecard.json5: without the plan there is nothing to hold the cluster against.'}
    ${'no plan'}                  | ${{ 'a.yaml': '' }}                                                     | ${'has no scorecard.json5: '}
    ${'a plan, and nothing else'} | ${{ 'scorecard.json5': '{}' }}                                          | ${'has a plan and no manifests. '}
    ${'a plan of somebody else'}  | ${{ 'scorecard.json5': '{"services":1}', 'a.yaml': 'kind: Namespace' }} | ${'/scorecard.json5 is no plan that this version of the library wrote. '}
    ${'half a plan'}              | ${{ 'scorecard.json5': '{', 'a.yaml': 'kind: Namespace' }}              | ${'/scorecard.json5 is no plan that this version of the library wrote. '}
    ${'a file that is no YAML'}   | ${{ 'scorecard.json5': '{}', 'a.yaml': 'a: {' }}                        | ${'It is no YAML: '}
  `('a folder with $what', async ({ files, told }: { files: Record<string, string>; told: string }) => {
    const made = mkdtempSync(join(tmpdir(), 'no-plan-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
    const cluster = world();
    const { stderr: text, exitCode } = await runRehearse([made], cluster);
    expect(text).toContain(told);
    expect(exitCode).toBe(2);
    expect(cluster.asked).toEqual([]);
    rmSync(made, { recursive: true });
  });

  test('without kubectl', async () => {
    const error = Object.assign(new Error('spawnSync kubectl ENOENT'), { code: 'ENOENT' });
    const spawned = jest.spyOn(childProcess, 'spawnSync').mockReturnValue({ status: null, error } as never);
    const { stderr: text, exitCode } = await runRehearse([folder]);
    spawned.mockRestore();
    expect(text).toBe('There is no cluster to rehearse on: kubectl is not on the PATH.\n');
    expect(exitCode).toBe(2);
  });
});
