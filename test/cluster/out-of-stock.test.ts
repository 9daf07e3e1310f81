import { Size } from 'cdk8s';
import { GpuNodePool, InferenceApp, ModelCache } from '../../lib';
import '../support/plain-text';
import { warningsOf } from '../support/messages';
import { apply, commit, forget, kubectl, serving, unschedulable, until, find } from './cluster';
import { nodeOf } from './nodes';
import { platform, ZONE_A } from './services';
import { folder, synthesized } from './synthesized';

const ZONE_B = GpuNodePool.gke({
  name: 'gpupool-b',
  machineType: 'g2-standard-4',
  maxNodes: 1,
  zones: ['us-central1-b'],
});
const NODES_A = ['gpupool-a-1', 'gpupool-a-2'];

/** The zone has no L4: what runs there is taken away, and nothing new starts. */
async function soldOut(namespace: string): Promise<void> {
  await kubectl('cordon', ...NODES_A);
  await restart(namespace);
}
async function restart(namespace: string): Promise<void> {
  await kubectl('delete', 'pod', '-n', namespace, 'llama-0', '--wait=false');
}
const inZone = (namespace: string, nodes: RegExp) =>
  until(
    `llama-0 serves on ${nodes}`,
    async () => {
      const pod = await find(namespace, 'pod', 'llama-0');
      return pod !== undefined && nodes.test(pod.spec.nodeName ?? '') && pod.status.phase === 'Running';
    },
    () => kubectl('get', 'pods,events', '-n', namespace, '-o', 'wide'),
  );

describe('the day when L4 is out of stock in the first zone', () => {
  beforeAll(() => apply(nodeOf(ZONE_B, 'gpupool-b-1')));
  afterEach(() => kubectl('uncordon', ...NODES_A));
  afterAll(() => kubectl('delete', 'node', 'gpupool-b-1'));

  test('a service without a disk of its own goes to the second zone, and comes back with a restart', async () => {
    const cache = ModelCache.ephemeral(Size.gibibytes(30));
    await commit('stock', synthesized(platform('stock', { nodePool: [ZONE_A, ZONE_B], cache })));
    try {
      // The order of the pools is an order of preference: with room in both zones it starts in the first.
      expect((await serving('stock', 'llama-0')).spec.nodeName).toMatch(/^gpupool-a-/);
      await soldOut('stock');
      await inZone('stock', /^gpupool-b-1$/);
      await kubectl('uncordon', ...NODES_A);
      await restart('stock');
      await inZone('stock', /^gpupool-a-/);
    } finally {
      await forget('stock', 'stock');
    }
  });

  test('a disk per replica holds its pod in the first zone, as the warning says', async () => {
    const app = new InferenceApp({ outdir: folder() });
    const declare = platform('bound', { nodePool: [ZONE_A, ZONE_B] });
    declare(app);
    expect(warningsOf(app)).toContain('zonal-cache');

    await commit('bound', synthesized(declare));
    try {
      expect((await serving('bound', 'llama-0')).spec.nodeName).toMatch(/^gpupool-a-/);
      await soldOut('bound');
      expect(await unschedulable('bound', 'llama-0')).toMatchInlineSnapshot(
        `0/4 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.`,
      );
      await kubectl('uncordon', ...NODES_A);
      await inZone('bound', /^gpupool-a-/);
    } finally {
      await forget('bound', 'bound');
    }
  });
});
