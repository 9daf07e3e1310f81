import { createHash } from 'node:crypto';
import { Manifest } from '../../checks/manifest-identity';
import { isDeviceQuota } from '../../hardware/device-claim';
import { Taint } from '../../hardware/taint';
import { dnsSubdomainProblems } from '../../problem/names';
import { ScorecardPool } from '../scorecard-pool';
import { LiveObject } from './kubectl';

/** Label of the nodes that a rehearsal makes, and by which it takes them away again. */
export const REHEARSAL_LABEL = 'cdk8s-gpu-inference/rehearsal';

/** Kubernetes' own default; GKE and AKS allow as many on GPU machines. */
const MOST_PODS = 110;

/** Of a machine that nobody described: plenty, so that only GPUs decide. */
const UNKNOWN = { cpuMillis: 1_000_000, memoryMib: 16 * 2 ** 20, ephemeralStorageMib: 16 * 2 ** 20 };

/**
 * The nodes of a pool as the scheduler would meet them: labels, taints, zones by turns, and what is left of the machine beside
 * the DaemonSets that the plan counts on.
 *
 * @param nodes how many
 * @param options `ownAgents`: DaemonSets of the cluster itself run there, and take their part
 */
export function simulatedNodes(
  { key, name, zones, resourceName, node }: ScorecardPool,
  nodes: number,
  options: { readonly ownAgents?: boolean } = {},
): Manifest[] {
  const { labels, taints, allocatable, rdma } = node;
  const {
    cpuMillis = UNKNOWN.cpuMillis,
    memoryMib = UNKNOWN.memoryMib,
    ephemeralStorageMib = UNKNOWN.ephemeralStorageMib,
  } = allocatable;
  const daemonSets = options.ownAgents ? { cpuMillis: 0, memoryMib: 0 } : node.daemonSets;
  const resources = {
    cpu: `${cpuMillis - daemonSets.cpuMillis}m`,
    memory: `${Math.floor(memoryMib - daemonSets.memoryMib)}Mi`,
    'ephemeral-storage': `${ephemeralStorageMib}Mi`,
    pods: String(MOST_PODS),
    // Devices that are claimed stand in ResourceSlices, not on the node.
    ...(!isDeviceQuota(resourceName) && { [resourceName]: String(allocatable.gpus) }),
    ...(rdma && { [rdma.resourceName]: String(rdma.perNode) }),
  };
  return Array.from({ length: nodes }, (_, index): Manifest => {
    const hostname = nodeName(key, index + 1);
    const zone = zones.length > 0 ? zones[index % zones.length]! : 'zone-1';
    return nodeManifest(hostname, zone, { ...labels, [REHEARSAL_LABEL]: name }, taints, resources);
  });
}

/** Characters of a label's value: a node carries its name as its hostname. */
const LONGEST_LABEL = 63;

/**
 * After its pool. A namesake has a number behind its key, and nodes of its own. A pool of EKS may have capitals, `_` and as many
 * characters as a label, a node may not: it gets what is left of the name, and tells itself from others by a hash.
 */
function nodeName(key: string, number: number): string {
  const end = `-rehearsal-${number}`;
  const name = `${key.replace('#', '-')}${end}`;
  if (name.length <= LONGEST_LABEL && dnsSubdomainProblems('node', name).length === 0) return name;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
  const room = LONGEST_LABEL - end.length - hash.length - 1;
  return `${key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, room)}-${hash}${end}`;
}

/** Which of its pool a node is, from 1 on. */
export const numberOfNode = (name: string) => Number(/-rehearsal-(\d+)$/.exec(name)?.[1]);

/** Where pods without a GPU run, such as routers and Jobs: no plan speaks of those machines. */
export function machineWithoutGpu(): Manifest {
  return nodeManifest('without-gpu-rehearsal', 'zone-1', { [REHEARSAL_LABEL]: '' }, [], {
    cpu: `${UNKNOWN.cpuMillis}m`,
    memory: `${UNKNOWN.memoryMib}Mi`,
    'ephemeral-storage': `${UNKNOWN.ephemeralStorageMib}Mi`,
    pods: '1000',
  });
}

function nodeManifest(
  hostname: string,
  zone: string,
  labels: Readonly<Record<string, string>>,
  taints: readonly Taint[],
  resources: Readonly<Record<string, string>>,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: hostname,
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': hostname,
        'topology.kubernetes.io/region': zone.replace(/-?[a-z0-9]$/, ''),
        'topology.kubernetes.io/zone': zone,
        ...labels,
      },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    spec: { taints: taints.map((taint) => ({ ...taint })) },
    status: { capacity: resources, allocatable: resources },
  };
}

/** The key of the pool that a node is of: the one with the most labels of those that it has all of. */
export function poolOfNode({ metadata }: LiveObject, pools: readonly ScorecardPool[]): string | undefined {
  const { labels = {}, name } = metadata;
  const ours = labels[REHEARSAL_LABEL];
  if (ours !== undefined) {
    return pools.find((pool) => pool.name === ours && nodeName(pool.key, numberOfNode(name)) === name)?.key;
  }
  const sizeOf = ({ node }: ScorecardPool) => Object.keys(node.labels).length;
  return pools
    .filter((pool) => sizeOf(pool) > 0)
    .filter(({ node }) => Object.entries(node.labels).every(([key, value]) => labels[key] === value))
    .sort((one, other) => sizeOf(other) - sizeOf(one))[0]?.key;
}

/** What of a node says who runs on it. */
export interface NodeIdentity {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly providerID?: string };
  readonly status?: { readonly nodeInfo?: Readonly<Record<string, string>> };
}

/** What only a kubelet on a machine knows. */
const OF_A_MACHINE = ['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'containerRuntimeVersion'];

/**
 * The nodes that may have a machine behind them. KWOK tells `fake` or its own name and version where a kubelet tells a version
 * such as `v1.34.1`; a node that nobody has taken over yet tells nothing, neither of its machine nor of a provider.
 * Whatever else is said counts as real.
 */
export function realNodes(nodes: readonly NodeIdentity[]): string[] {
  return nodes
    .filter(({ spec, status }) => {
      const { kubeletVersion = '', ...info } = status?.nodeInfo ?? {};
      if (kubeletVersion !== '') return !/^(fake|kwok(-.*)?)$/.test(kubeletVersion);
      return OF_A_MACHINE.some((field) => info[field]) || !/^(kwok:.*)?$/.test(spec?.providerID ?? '');
    })
    .map(({ metadata }) => metadata.name)
    .sort();
}
