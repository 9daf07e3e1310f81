import { Manifest } from '../../../lib/checks/manifest-identity';
import { Footprint } from '../../../lib/operations/rehearse/footprint';
import { LiveObject } from '../../../lib/operations/rehearse/kubectl';
import { Provisions } from '../../../lib/operations/rehearse/provisions';
import { RehearsedState } from '../../../lib/operations/rehearse/rehearsed-state';
import { simulatedNodes } from '../../../lib/operations/rehearse/simulated-nodes';
import { Scorecard } from '../../../lib/operations/scorecard';
import { ScorecardPool } from '../../../lib/operations/scorecard-pool';
import { pod, StandInCluster } from './stand-in-cluster';

/** A pool of two machines, as far as its nodes are made from it. */
const pool = (cpuMillis: number, maxNodes = 2) =>
  ({
    ...{ key: 'l4', name: 'l4', resourceName: 'nvidia.com/gpu', maxNodes, zones: [] },
    node: {
      labels: { gpu: 'l4' },
      taints: [],
      allocatable: { cpuMillis, memoryMib: 1024, ephemeralStorageMib: 1024, gpus: 1 },
      daemonSets: { cpuMillis: 100, memoryMib: 0 },
    },
  }) as unknown as ScorecardPool;

const provisions = (cluster: StandInCluster, notes: string[] = []) =>
  new Provisions(cluster, new Footprint(), {}, (text) => notes.push(text));

const changes = ({ asked }: StandInCluster) => asked.filter((each) => !/^(get|apply) /.test(each));

describe('machines', () => {
  const nodes = (of: ScorecardPool) => ({ 'get nodes': { items: simulatedNodes(of, of.maxNodes) } });

  test('a pool of another machine: its nodes offer from now on what that one does', () => {
    const cluster = new StandInCluster(nodes(pool(4000)));
    provisions(cluster).machines([pool(8000)], []);
    expect(changes(cluster)).toEqual([
      expect.stringMatching(/^patch node l4-rehearsal-1 --subresource=status .*"\/status\/allocatable".*"cpu":"7900m"/),
      expect.stringMatching(/^patch node l4-rehearsal-2 --subresource=status .*"\/status\/allocatable".*"cpu":"7900m"/),
    ]);
  });

  test('the same machine is left as it is', () => {
    const cluster = new StandInCluster(nodes(pool(4000)));
    provisions(cluster).machines([pool(4000)], []);
    expect(changes(cluster)).toEqual([]);
  });

  test('a pod of the state before keeps its node, which is of the other machine too; an empty one is closed', () => {
    const cluster = new StandInCluster(nodes(pool(4000)));
    const runs = pod('a', { spec: { nodeName: 'l4-rehearsal-2' } as never });
    provisions(cluster).machines([pool(8000, 1)], [runs]);
    expect(changes(cluster).map((each) => each.split(' ').slice(0, 3).join(' '))).toEqual([
      'patch node l4-rehearsal-1',
      'patch node l4-rehearsal-2',
      'cordon l4-rehearsal-1',
    ]);
  });

  test('DaemonSets of the platform are none of the cluster: the plan counts on them', () => {
    const answers: Record<string, object> = {};
    const notes: string[] = [];
    const cluster = new StandInCluster(answers);
    const made = provisions(cluster, notes);
    answers['get daemonsets'] = { items: [{ metadata: { name: 'image-pre-pull', namespace: 'nim' } }] };
    made.machines([pool(4000)], []);
    expect(notes).toEqual([]);
    expect(cluster.inputs.join()).toContain('"cpu":"3900m"');
  });

  test('what the cluster does not do is no machine', () => {
    const cluster = new StandInCluster({ ...nodes(pool(4000)), 'patch node': 'Error from server: no' });
    expect(() => provisions(cluster).machines([pool(8000)], [])).toThrow('kubectl patch node: Error from server: no');
  });
});

describe('claims that somebody fills', () => {
  const workload = (namespace?: string): Manifest => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', ...(namespace && { namespace }) } },
    spec: { template: { spec: { volumes: [{ name: 'w', persistentVolumeClaim: { claimName: 'weights' } }] } } },
  });
  const namespace = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const state = (...manifests: readonly Manifest[]): RehearsedState => ({
    name: 'dist',
    files: manifests.map((manifest) => ({ path: 'a.yaml', manifest })),
    scorecard: {} as Scorecard,
  });
  const namespaces = { items: ['default', 'there'].map((name) => ({ metadata: { name } })) };
  const claims = ({ inputs }: StandInCluster) =>
    inputs
      .flatMap((input) => (input === '' ? [] : (JSON.parse(input) as { items: LiveObject[] }).items))
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

  test.each`
    where                                  | manifests                              | made
    ${'a namespace that nobody states'}    | ${[workload()]}                        | ${['default/weights']}
    ${'a namespace that the cluster has'}  | ${[workload('there')]}                 | ${['there/weights']}
    ${'a namespace that stands in'}        | ${[workload('new')]}                   | ${['new/weights']}
    ${'a namespace that the folder makes'} | ${[workload('own'), namespace('own')]} | ${[]}
  `('of $where', ({ manifests, made }: { manifests: readonly Manifest[]; made: readonly string[] }) => {
    const cluster = new StandInCluster({ 'get namespaces': namespaces });
    provisions(cluster).standIns(state(...manifests));
    expect(claims(cluster)).toEqual(made);
  });

  test('one of the folder is made when its namespace has come, once', () => {
    const cluster = new StandInCluster({ 'get namespaces': namespaces });
    const made = provisions(cluster);
    made.standIns(state(workload('own'), namespace('own')));
    made.claimsIn(new Set(['own']));
    made.claimsIn(new Set(['own']));
    expect(claims(cluster)).toEqual(['own/weights']);
  });

  test('a volume whose claim went is made anew for the next of that name', () => {
    const volume = (name: string, phase: string) => ({ metadata: { name }, status: { phase } });
    const cluster = new StandInCluster({
      'get namespaces': namespaces,
      'get persistentvolumes': {
        items: [volume('rehearsal.default.weights', 'Released'), volume('of-somebody', 'Released')],
      },
    });
    provisions(cluster).standIns(state(workload()));
    const asked = cluster.asked.filter((each) => !each.startsWith('get '));
    expect(asked.map((each) => each.split(' ')[0])).toEqual(['delete', 'apply', 'apply']);
    expect(asked[0]).toBe('delete persistentvolumes --ignore-not-found rehearsal.default.weights');
  });
});
