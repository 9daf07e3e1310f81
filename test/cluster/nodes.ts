import { GpuNodePool } from '../../lib';

/** What a test wants of a node beyond what its pool says. */
export interface NodeOptions {
  readonly zone?: string;
  /** Disk for pods in GiB, where the pool does not know it. @default 100 */
  readonly diskGib?: number;
  /** Labels that are different from the pool's. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A node as the pool describes its nodes: labels, taints, what it offers. It becomes ready by itself. */
export function nodeOf(pool: GpuNodePool, name: string, options: NodeOptions = {}): object {
  const { zone = pool.zones[0] ?? 'zone-1', diskGib = 100 } = options;
  const { cpuMillis, memoryMib, ephemeralStorageMib = diskGib * 1024 } = pool.allocatable!;
  const resources = {
    cpu: `${cpuMillis}m`,
    memory: `${memoryMib}Mi`,
    'ephemeral-storage': `${ephemeralStorageMib}Mi`,
    pods: '110',
    // Devices that are claimed stand in ResourceSlices, not on the node.
    ...(pool.deviceClass === undefined && { [pool.resourceName]: String(pool.gpusPerNode) }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/region': zone.replace(/-?[a-z0-9]$/, ''),
        'topology.kubernetes.io/zone': zone,
        ...pool.nodeLabels,
        ...options.labels,
      },
    },
    spec: { taints: pool.taints },
    status: { capacity: resources, allocatable: resources },
  };
}
