import { attempt, commit, forget, get, kubectl, serving, until } from './cluster';
import { platform } from './services';
import { synthesized } from './synthesized';

/** Asks for a pod's place as a node drain does. */
const evict = (pod: string) =>
  attempt(
    'kubectl',
    ['create', '--raw', `/api/v1/namespaces/pdb/pods/${pod}/eviction`, '-f', '-'],
    JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'pdb' } }),
  );
const allowed = (number: number) =>
  until(
    `the budget allows ${number}`,
    async () => {
      const { status } = await get('pdb', 'poddisruptionbudget', 'llama');
      return status.disruptionsAllowed === number && status.expectedPods === 2;
    },
    async () => JSON.stringify((await get('pdb', 'poddisruptionbudget', 'llama')).status),
  );

describe('node drains and two replicas', () => {
  beforeAll(async () => {
    await commit(
      'pdb',
      synthesized(platform('pdb', { replicas: 2, podAnnotations: { 'simulated/ready-after': '6s' } })),
    );
    await Promise.all(['llama-0', 'llama-1'].map((pod) => serving('pdb', pod)));
  });
  afterAll(() => forget('pdb', 'pdb'));

  test('one pod may go; the other may not while the first one loads', async () => {
    await allowed(1);
    expect(await evict('llama-1')).toMatchObject({ ok: true });
    await allowed(0);
    const { ok, stderr } = await evict('llama-0');
    expect({ ok, stderr }).toEqual({ ok: false, stderr: expect.stringContaining('disruption budget') });
    expect((await get('pdb', 'pod', 'llama-0')).metadata.deletionTimestamp).toBeUndefined();
  });

  test('the one that loads may go again: it protects nothing', async () => {
    const loading = await until('llama-1 is back', async () => {
      const { ok, stdout } = await attempt('kubectl', [
        'get',
        'pod',
        'llama-1',
        '-n',
        'pdb',
        '-o',
        'jsonpath={.status.phase} {.metadata.uid}',
      ]);
      return ok && stdout.startsWith('Running') && stdout;
    });
    await allowed(0);
    expect(await evict('llama-1')).toMatchObject({ ok: true });
    await until('another pod has taken its name', async () => {
      const { ok, stdout } = await attempt('kubectl', [
        'get',
        'pod',
        'llama-1',
        '-n',
        'pdb',
        '-o',
        'jsonpath={.metadata.uid}',
      ]);
      return ok && !loading.endsWith(stdout);
    });
  });

  test('a drain of a whole node ends: it waits for the other replica, not for ever', async () => {
    await serving('pdb', 'llama-1');
    await allowed(1);
    const node = (await get('pdb', 'pod', 'llama-0')).spec.nodeName as string;
    try {
      await kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=30s');
    } finally {
      await kubectl('uncordon', node);
    }
    await serving('pdb', 'llama-0');
  });
});
