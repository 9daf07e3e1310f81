import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import { GpuNodePool } from '../../lib';
import { numbers } from './bulk';

/** A pod that just fits a node, or just not. */
export interface EdgeRow {
  readonly name: string;
  /** What the pod is near the edge of, for the reader of a failure. */
  readonly about: string;
  readonly pool: GpuNodePool;
  /** Without placement. */
  readonly spec: k8s.PodSpec;
}

const mib = (value: number) => Size.mebibytes(value);
const gib = (value: number) => Size.gibibytes(value);
const one = { maxNodes: 1 };

/** Machines of every platform, with 1 to 56 devices. */
export const MACHINES: readonly GpuNodePool[] = [
  GpuNodePool.gke({ ...one, name: 'l4', machineType: 'g2-standard-4' }),
  GpuNodePool.gke({ ...one, name: 'l4-spot', machineType: 'g2-standard-8', spot: true, bootDisk: gib(200) }),
  GpuNodePool.gke({ ...one, name: 'l4-pair', machineType: 'g2-standard-24', bootDisk: gib(50) }),
  GpuNodePool.gke({ ...one, name: 'l4-four', machineType: 'g2-standard-48' }),
  GpuNodePool.gke({ ...one, name: 'l4-eight', machineType: 'g2-standard-96', bootDisk: gib(1000) }),
  GpuNodePool.gke({ ...one, name: 'l4-shared', machineType: 'g2-standard-8', sharing: { replicas: 4 } }),
  GpuNodePool.gke({ ...one, name: 't4', machineType: 'n1-standard-8', attachedT4s: 2 }),
  GpuNodePool.gke({ ...one, name: 'a100-halves', machineType: 'a2-highgpu-1g', mig: { profile: '3g.20gb' } }),
  GpuNodePool.gke({ ...one, name: 'a100-sevenths', machineType: 'a2-highgpu-2g', mig: { profile: '1g.5gb' } }),
  GpuNodePool.gke({ ...one, name: 'a100-ssd', machineType: 'a2-ultragpu-2g', localSsdAsEphemeralStorage: true }),
  GpuNodePool.gke({ ...one, name: 'h100', machineType: 'a3-highgpu-8g', localSsdAsEphemeralStorage: true }),
  GpuNodePool.eks({ ...one, name: 'a10g', machineTypes: ['g5.xlarge', 'g5.2xlarge'], bootDisk: gib(100) }),
  GpuNodePool.eks({ ...one, name: 'a10g-four', machineTypes: ['g5.12xlarge'], spot: true }),
  GpuNodePool.eks({ ...one, name: 'l40s-shared', machineTypes: ['g6e.xlarge'], sharing: { replicas: 5 } }),
  GpuNodePool.eks({ ...one, name: 'l4-raid', machineTypes: ['g6.48xlarge'], localSsdAsEphemeralStorage: true }),
  GpuNodePool.eks({ ...one, name: 'a100-thirds', machineTypes: ['p4d.24xlarge'], mig: { profile: '2g.10gb' } }),
  GpuNodePool.eks({ ...one, name: 'h100-p5', machineTypes: ['p5.48xlarge'], bootDisk: gib(500) }),
  GpuNodePool.karpenter({ ...one, name: 'any-l4', gpu: 'L4', bootDisk: gib(80) }),
  GpuNodePool.karpenter({ ...one, name: 'four-l4', machineTypes: ['g6.12xlarge', 'g6.24xlarge'], spot: true }),
  GpuNodePool.aks({ ...one, name: 't4shared', machineType: 'Standard_NC4as_T4_v3', sharing: { replicas: 8 } }),
  GpuNodePool.aks({ ...one, name: 'a100', machineType: 'Standard_NC24ads_A100_v4', spot: true }),
  GpuNodePool.aks({ ...one, name: 'a100four', machineType: 'Standard_NC96ads_A100_v4', maxPods: 250 }),
  GpuNodePool.aks({ ...one, name: 'h100eight', machineType: 'Standard_ND96isr_H100_v5' }),
  GpuNodePool.onPrem({ ...one, name: 'l40s', gpu: 'L40S', gpusPerNode: 4, cpu: Cpu.units(64), memory: gib(256) }),
  GpuNodePool.onPrem({
    ...one,
    name: 'h100-rack',
    gpu: 'H100-80GB',
    gpusPerNode: 8,
    cpu: Cpu.units(192),
    memory: gib(2048),
    taints: [{ key: 'example.com/inference', effect: 'NoExecute' }],
  }),
  GpuNodePool.onPrem({
    ...one,
    name: 'odd',
    gpu: 'T4',
    gpusPerNode: 3,
    cpu: Cpu.millis(7777),
    memory: mib(33333),
    daemonSets: { cpu: Cpu.millis(333), memory: mib(1111) },
  }),
  GpuNodePool.onPrem({
    ...one,
    name: 'slices',
    gpu: 'A100-80GB',
    gpusPerNode: 4,
    cpu: Cpu.units(96),
    memory: gib(1000),
    mig: { profile: '3g.40gb', strategy: 'mixed' },
  }),
  GpuNodePool.onPrem({
    ...one,
    name: 'renamed',
    gpu: 'L4',
    gpusPerNode: 1,
    cpu: Cpu.units(16),
    memory: gib(64),
    sharing: { replicas: 3, renamed: true },
  }),
];

const MIB = 2 ** 20;

/** What a pod asks for in units that nothing can divide: millicores, bytes, devices. */
interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly gpus: number;
}
type Resource = keyof Amounts;
const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'disk', 'gpus'];

/** Who of a pod asks for it. `before` is an init container that starts before the sidecar, `after` one that starts after. */
type Role = 'main' | 'second' | 'third' | 'before' | 'after' | 'sidecar' | 'late sidecar';
type Parts = Partial<Record<Role, number>>;

/** Ways to ask for the same; `part` is between 0 and the whole. The scheduler must count `whole` in every one of them. */
const SHAPES: Readonly<Record<string, (whole: number, part: number) => Parts>> = {
  'one container': (whole) => ({ main: whole }),
  'three containers': (whole, part) => {
    const third = Math.floor(part / 2);
    return { main: whole - part, second: part - third, third };
  },
  'a native sidecar': (whole, part) => ({ main: whole - part, sidecar: part }),
  'an init container larger than all others': (whole, part) => ({ main: whole - part, before: whole }),
  'an init container smaller than the others': (whole, part) => ({ main: whole, before: part }),
  'an init container beside a sidecar': (whole, part) => {
    const sidecar = Math.floor(part / 2);
    return { main: whole - part, sidecar, after: whole - sidecar };
  },
  'an init container before a sidecar': (whole, part) => {
    const sidecar = Math.floor(part / 2);
    return { before: whole, sidecar, main: whole - part };
  },
  'sidecars on both sides of an init container': (whole, part) => {
    const early = Math.floor(part / 2);
    return { sidecar: early, after: whole - early, 'late sidecar': part - early, main: whole - part };
  },
};

const INIT_ORDER: readonly Role[] = ['before', 'sidecar', 'after', 'late sidecar'];
const RUNNING: readonly Role[] = ['main', 'second', 'third'];

/** One number in one of the spellings that Kubernetes takes. */
const SPELLINGS: Readonly<Record<Resource, readonly ((value: number) => string | undefined)[]>> = {
  cpu: [(millis) => `${millis}m`, (millis) => String(millis / 1000), (m) => `${m * 1000}u`, (m) => `${m}e-3`],
  memory: [
    (bytes) => String(bytes),
    (bytes) => (bytes % MIB === 0 ? `${bytes / MIB}Mi` : undefined),
    (bytes) => (bytes % MIB === 0 ? `${bytes / 2 ** 30}Gi` : undefined),
    (bytes) => `${bytes / 1000}k`,
    (bytes) => `${bytes * 1000}m`,
  ],
  disk: [(bytes) => (bytes % MIB === 0 ? `${bytes / MIB}Mi` : undefined), (bytes) => String(bytes)],
  gpus: [(devices) => String(devices)],
};

/** How far from the edge: the last that fits, and its neighbours. */
const STEPS = [-1, 0, 1];

/** Rows near the edge of each resource of each machine; the same in every run. */
export function edgeRows(): EdgeRow[] {
  const { below, pick } = numbers(20);
  const shapes = Object.keys(SHAPES);
  const rows: EdgeRow[] = [];

  const spelled = (resource: Resource, value: number) => {
    const texts = SPELLINGS[resource].flatMap((spell) => spell(value) ?? []);
    return k8s.Quantity.fromString(pick(texts));
  };
  const container = (name: string, asked: Partial<Amounts>, pool: GpuNodePool, sidecar: boolean): k8s.Container => {
    const names: Record<Resource, string> = {
      cpu: 'cpu',
      memory: 'memory',
      disk: 'ephemeral-storage',
      gpus: pool.resourceName,
    };
    const amounts = RESOURCES.flatMap((resource) => {
      const value = asked[resource] ?? 0;
      return value > 0 ? [{ resource, name: names[resource], quantity: spelled(resource, value) }] : [];
    });
    // What is only limited is requested too; devices must have a limit.
    const limitsOnly = below(3) === 0;
    const quantities = (of: typeof amounts) => Object.fromEntries(of.map(({ name: key, quantity }) => [key, quantity]));
    return {
      name: name.replace(' ', '-'),
      image: 'example.com/any:1',
      resources: {
        limits: quantities(limitsOnly ? amounts : amounts.filter(({ resource }) => resource === 'gpus')),
        requests: quantities(limitsOnly ? [] : amounts),
      },
      ...(sidecar && { restartPolicy: 'Always' }),
    };
  };
  const add = (pool: GpuNodePool, edge: string, whole: Amounts) => {
    const shape = shapes[rows.length % shapes.length]!;
    const parts = RESOURCES.map((resource) => SHAPES[shape]!(whole[resource], below(whole[resource] + 1)));
    const asked = (role: Role) =>
      Object.fromEntries(RESOURCES.map((resource, at) => [resource, parts[at]![role]])) as Partial<Amounts>;
    const having = (roles: readonly Role[]) =>
      roles
        .filter((role) => role === 'main' || parts.some((part) => (part[role] ?? 0) > 0))
        .map((role) => container(role, asked(role), pool, role.endsWith('sidecar')));
    rows.push({
      name: `row-${rows.length}`,
      about: `${pool.name} (${pool.platform}): ${edge}, ${shape}`,
      pool,
      spec: { containers: having(RUNNING), initContainers: having(INIT_ORDER) },
    });
  };

  for (const pool of MACHINES) {
    const { allocatable, daemonSets, gpusPerNode } = pool;
    const left: Partial<Amounts> & { gpus: number } = {
      cpu: allocatable!.cpuMillis - daemonSets.cpuMillis,
      memory: (allocatable!.memoryMib - daemonSets.memoryMib) * MIB,
      disk: allocatable!.ephemeralStorageMib && allocatable!.ephemeralStorageMib * MIB,
      gpus: gpusPerNode,
    };
    const edges: readonly [name: string, resource: Resource, unit: number][] = [
      ['millicores', 'cpu', 1],
      ['MiB', 'memory', MIB],
      ['bytes', 'memory', 1],
      ['GPUs', 'gpus', 1],
      ['MiB of disk', 'disk', MIB],
    ];
    for (const [name, resource, unit] of edges) {
      const whole = left[resource];
      if (whole === undefined) continue;
      // So many pods a node, when nothing else is short.
      const pods = 1 + below(Math.min(gpusPerNode, 4));
      for (const step of STEPS) {
        const most = Math.floor(whole / unit / pods) * unit;
        const small: Amounts = { cpu: 10 + below(90), memory: (16 + below(48)) * MIB, disk: 0, gpus: 1 };
        // Devices of which a node has more than enough for these pods, or just enough.
        const gpus = 1 + below(Math.floor(gpusPerNode / pods));
        const asked: Amounts = { ...small, gpus, [resource]: Math.max(1, most + step * unit) };
        add(pool, `${pods} a node by ${name}${step === 0 ? '' : step > 0 ? ' and one more' : ' less one'}`, asked);
      }
    }
  }
  return rows;
}
