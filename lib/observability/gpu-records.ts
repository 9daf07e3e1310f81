import { GpuNodePool } from '../hardware/gpu-node-pool';
import { KUBE_METRICS, kubeLabel, kubeLabelKey } from './kube-metrics';
import { RecordingRule } from './rule';
import { decimal } from '../signals/rule-numbers';

/** Names under which nodes, GPUs and their price are recorded. Every one has the label `pool`. */
export const GPU_RECORDS = {
  /** 1 for each node of a pool; labels node, pool. */
  node: 'inference:node_pool:info',
  /** Devices that the nodes offer; labels node, pool. */
  allocatable: 'inference:gpus_allocatable',
  /** Devices that pods have or wait for on a node; labels namespace, node, pool. */
  requested: 'inference:gpus_requested',
  /** Price of one device; label pool. */
  price: 'inference:gpu_price_dollars_per_hour',
  /** Price of all nodes of a pool that there are; label pool. */
  cost: 'inference:gpu_cost_dollars_per_hour',
} as const;

/** The part of a pool that nodes, quotas and prices are asked by. */
export type RecordedPool = Pick<GpuNodePool, 'name' | 'platform' | 'selector' | 'resourceName' | 'deviceClass'>;

/** The first label names the pool on every cloud; nodes of one's own have no such label, so that it takes all of them. */
export const identifyingLabels = ({ platform, selector }: RecordedPool) =>
  platform === 'on-prem' ? selector : selector.slice(0, 1);

/** Literal text for PromQL's `=~`. */
const literal = (text: string) => text.replace(/[.+*?^$()[\]{}|\\]/g, (character) => `[${character}]`);

/** The nodes of a pool, by labels that kube-state-metrics was told to copy. */
function nodesOf(pool: RecordedPool): string {
  const matchers = identifyingLabels(pool).map(
    ({ key, values }) => `${kubeLabelKey(key)}=~${JSON.stringify(values.map(literal).join('|'))}`,
  );
  return `group by (node) (${KUBE_METRICS.nodeLabels.metric}{${matchers.join(', ')}})`;
}

/** Any node that tells by a label of which pool it is, in the way that this pool's nodes do. */
export function nodesThatTellTheirPool(pool: RecordedPool): string {
  const matchers = identifyingLabels(pool).map(({ key }) => `${kubeLabelKey(key)}!=""`);
  return `${KUBE_METRICS.nodeLabels.metric}{${matchers.join(', ')}}`;
}

/** Matcher of what the nodes of the pools offer, as kube-state-metrics writes it: whole GPUs and MIG slices. */
export function resourceMatcher(pools: readonly RecordedPool[]): string {
  const names = pools
    .filter(({ deviceClass }) => deviceClass === undefined)
    .map((each) => kubeLabel(each.resourceName));
  return `resource=~"${[...new Set(['nvidia_com_gpu', ...names])].sort().join('|')}"`;
}

/**
 * What fleet dashboards and cost alerts multiply. A share of a GPU counts as a device, and so does a MIG slice.
 *
 * @param prices USD per device and hour by the name of the pool
 */
export function gpuRecordingRules(
  pools: readonly RecordedPool[],
  prices: Readonly<Record<string, number>>,
): RecordingRule[] {
  const { containerRequests, nodeAllocatable, podPhase } = KUBE_METRICS;
  const resources = resourceMatcher(pools);
  const alive = `max by (namespace, pod) (${podPhase.metric}{phase=~"Pending|Running"} == 1)`;
  // A node that the labels of two pools describe counts for one of them: with both, the rule would fail for every node.
  const ofPool = `on (node) group_left (pool) topk by (node) (1, ${GPU_RECORDS.node})`;
  return [
    ...pools.map((pool) => ({ record: GPU_RECORDS.node, expr: nodesOf(pool), labels: { pool: pool.name } })),
    {
      record: GPU_RECORDS.allocatable,
      expr: `sum by (node) (${nodeAllocatable.metric}{${resources}}) * ${ofPool}`,
    },
    {
      record: GPU_RECORDS.requested,
      expr: `sum by (namespace, node) (${containerRequests.metric}{${resources}, node!=""} * on (namespace, pod) group_left () ${alive}) * ${ofPool}`,
    },
    ...Object.entries(prices).map(([pool, price]) => ({
      record: GPU_RECORDS.price,
      expr: `vector(${decimal(price)})`,
      labels: { pool },
    })),
    ...(Object.keys(prices).length > 0
      ? [
          {
            record: GPU_RECORDS.cost,
            expr: `sum by (pool) (${GPU_RECORDS.allocatable}) * on (pool) ${GPU_RECORDS.price}`,
          },
        ]
      : []),
  ];
}
