import { Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { GpuNodeAffinity, GpuNodePool } from '../../lib';
import { applyGroups, forgetNodes, namespace, nodesReady, OF_TEST, schedulerVerdicts, withoutDaemonSets } from './bulk';
import { nodeOf } from './nodes';
import { nodesByPlan, ORDERS, poolsOf, World, WorldPod, worlds } from './worlds';

const WORLDS = worlds(30);

/** One world on nodes of its own, its pods in the order in which they are created. */
interface Attempt {
  readonly world: World;
  readonly how: string;
  readonly pods: readonly WorldPod[];
}

const nodeName = (pool: GpuNodePool, node: number) => `${pool.name}-n${node}`;
const podName = ({ world, how }: Attempt, { service, replica }: WorldPod) =>
  `${world.name}-${how}-${service.name}-${replica}`;

function nodesFor({ world, how }: Attempt): object[] {
  return poolsOf(world, how).flatMap((pool) =>
    Array.from({ length: pool.maxNodes }, (_, node) =>
      nodeOf(pool, nodeName(pool, node), { labels: { [OF_TEST]: 'capacity' } }),
    ),
  );
}

/** The pods of an attempt, placed as the library places a service's pods. */
function podsFor(attempt: Attempt, ns: string): object[] {
  const pools = poolsOf(attempt.world, attempt.how);
  return attempt.pods.map((pod) => {
    const { service, node } = pod;
    const podLabels = { service: `${attempt.world.name}-${attempt.how}-${service.name}` };
    const { podSpec } = new GpuNodeAffinity(Testing.chart(), 'placement', {
      nodePools: service.pools.map((at) => pools[at]!),
      spread: { podLabels },
    });
    const requests = {
      cpu: k8s.Quantity.fromString(`${service.cpuMillis}m`),
      memory: k8s.Quantity.fromString(`${service.memoryMib}Mi`),
    };
    const limits = { [pools[0]!.resourceName]: k8s.Quantity.fromNumber(service.gpus) };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: podName(attempt, pod), namespace: ns, labels: podLabels },
      spec: k8s.toJson_PodSpec({
        ...podSpec,
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        containers: [{ name: 'server', image: 'example.com/any:1', resources: { requests, limits } }],
        ...(node && { nodeSelector: { 'kubernetes.io/hostname': nodeName(pools[node[0]]!, node[1]) } }),
      }),
    };
  });
}

/** Attempts after which no pod waits. */
async function placedEntirely(attempts: readonly Attempt[], ns: string): Promise<Set<Attempt>> {
  if (attempts.length === 0) return new Set();
  nodes += attempts.flatMap(nodesFor).length;
  await applyGroups(attempts.map(nodesFor));
  await nodesReady('capacity', nodes);
  const pods = attempts.map((attempt) => podsFor(attempt, ns));
  await namespace(ns);
  await applyGroups(pods);
  const verdicts = await schedulerVerdicts(ns, pods.flat().length);
  return new Set(
    attempts.filter((attempt) => attempt.pods.every((pod) => verdicts.get(podName(attempt, pod)) !== undefined)),
  );
}
let nodes = 0;

const inOrder = (order: keyof typeof ORDERS, of: readonly World[]): Attempt[] =>
  of.map((world) => ({ world, how: order, pods: ORDERS[order](world) }));
const told = ({ world: { name, machines, services } }: Attempt) =>
  `${name}: ${machines.map(({ type, nodes: count }) => `${count} x ${type}`).join(', ')}; ` +
  services.map((one) => `${one.replicas} x ${one.gpus} GPUs on ${one.pools.join(' or ')}`).join(', ');

describe('room for all services, by the plan and by the scheduler', () => {
  const fitting = WORLDS.filter(({ plan }) => plan.verdict === 'fits');
  const others = WORLDS.filter(({ plan }) => plan.verdict === 'does-not-fit');
  let restore: () => Promise<void>;
  beforeAll(async () => {
    restore = await withoutDaemonSets();
  });
  afterAll(async () => {
    await forgetNodes('capacity', 'does-not-fit', 'fits', 'fits-again', 'fits-as-planned');
    await restore();
  }, 120_000);

  test('what does not fit is never placed entirely', async () => {
    const attempts = [...inOrder('declared', others), ...inOrder('largest-first', others)];
    const placed = await placedEntirely(attempts, 'does-not-fit');
    console.log(`does-not-fit: ${others.length} worlds, each in two orders; ${placed.size} placed entirely`);
    expect(attempts.filter((attempt) => placed.has(attempt)).map(told)).toEqual([]);
    expect(others.length).toBeGreaterThanOrEqual(30);
  }, 120_000);

  test('what fits has an order in which the scheduler places it, or nodes on which it does', async () => {
    const declared = inOrder('declared', fitting);
    const first = await placedEntirely(declared, 'fits');
    const unlucky = declared.filter((attempt) => !first.has(attempt)).map(({ world }) => world);

    const again = [...inOrder('largest-first', unlucky), ...inOrder('choosiest-first', unlucky)];
    const second = await placedEntirely(again, 'fits-again');
    const lucky = new Set([...second].map(({ world }) => world));
    const stubborn = unlucky.filter((world) => !lucky.has(world));

    const byPlan = stubborn.map((world) => ({ world, how: 'as-planned', pods: nodesByPlan(world) ?? [] }));
    const third = await placedEntirely(byPlan, 'fits-as-planned');
    const placed = byPlan.filter((attempt) => attempt.pods.length > 0 && third.has(attempt));
    console.log(
      `fits: ${fitting.length} worlds; ${first.size} placed in the order of declaration, ${lucky.size} more largest or ` +
        `choosiest first, ${placed.length} more only when bound to the nodes that the plan has in mind`,
    );
    expect(byPlan.filter((attempt) => !placed.includes(attempt)).map(told)).toEqual([]);
    expect(fitting.length).toBeGreaterThanOrEqual(30);
  }, 180_000);
});
