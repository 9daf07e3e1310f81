import { Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { GpuNodeAffinity, planNodeFit } from '../../lib';
import { requestOfPod } from '../../lib/checks/pod-request';
import { applyGroups, forgetNodes, namespace, nodesReady, OF_TEST, schedulerVerdicts, withoutDaemonSets } from './bulk';
import { EdgeRow, edgeRows } from './edge-pods';
import { nodeOf } from './nodes';

const NAMESPACE = 'node-fit';
const rows = edgeRows();

const planned = ({ pool, spec }: EdgeRow) =>
  planNodeFit({ pod: requestOfPod(spec, pool.resourceName), pool }).podsPerNode;

const pod = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE },
  spec: { terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, ...spec },
});

/** A node of the row's own, and on it a pod that takes exactly what the pool says DaemonSets take. */
function machine({ name, pool }: EdgeRow): object[] {
  const { cpuMillis, memoryMib } = pool.daemonSets;
  const requests = { cpu: `${cpuMillis}m`, memory: `${memoryMib}Mi` };
  return [
    nodeOf(pool, name, { labels: { [OF_TEST]: NAMESPACE, 'simulated/row': name } }),
    pod(`${name}-agents`, {
      nodeName: name,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'agents', image: 'example.com/any:1', resources: { requests } }],
    }),
  ];
}

/** As many pods as the plan says, and one more, which must not find room. */
function pods(row: EdgeRow): object[] {
  const placement = new GpuNodeAffinity(Testing.chart(), row.name, { nodePools: row.pool }).podSpec;
  const spec = k8s.toJson_PodSpec({ ...row.spec, ...placement, nodeSelector: { 'simulated/row': row.name } })!;
  return Array.from({ length: planned(row) + 1 }, (_, at) => pod(`${row.name}-${at}`, spec));
}

describe('how many pods a node holds, by the plan and by the scheduler', () => {
  let restore: () => Promise<void>;
  beforeAll(async () => {
    restore = await withoutDaemonSets();
  });
  afterAll(async () => {
    await forgetNodes(NAMESPACE, NAMESPACE);
    await restore();
  }, 180_000);

  test('every row of machines and pods near the edge', async () => {
    await namespace(NAMESPACE);
    await applyGroups(rows.map(machine));
    await nodesReady(NAMESPACE, rows.length);
    const created = rows.map(pods);
    await applyGroups(created);
    const verdicts = await schedulerVerdicts(NAMESPACE, created.flat().length + rows.length);

    const placed = ({ name }: EdgeRow) =>
      [...verdicts].filter(([of, node]) => of.startsWith(`${name}-`) && node === name).length - 1;
    const disagreements = rows
      .filter((row) => placed(row) !== planned(row))
      .map((row) => `${row.name}, ${row.about}: the plan says ${planned(row)}, the scheduler ${placed(row)}`);
    const fits = rows.filter((row) => placed(row) > 0).length;
    console.log(
      `node-fit: ${rows.length} rows, ${fits} with a pod that fits, ${created.flat().length} pods; ` +
        `${disagreements.length} disagreements`,
    );
    expect(disagreements).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(300);
    // A table in which everything fits, or nothing, would judge little.
    expect(fits).toBeGreaterThan(rows.length / 2);
    expect(rows.length - fits).toBeGreaterThan(30);
  }, 240_000);
});
