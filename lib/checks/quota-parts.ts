import { k8s } from 'cdk8s-plus-30';
import { deviceQuotaName, QuotaAmounts } from '../plan/tenant-quota';
import { apiGroup } from './cluster-scoped';
import { deploymentSurge } from './deployment-strategy';
import { listOf, mapOf } from './manifest-identity';
import { numberOf, requestOfPod } from './pod-request';
import { portion } from './portion';

/** What a container that states nothing asks for: the defaults of its namespace, in thousandths of a core and MiB. */
export interface RequestDefaults {
  readonly cpuMillis: number;
  readonly memoryMib: number;
}

/** What a manifest takes of the quota of its namespace. A group of a LeaderWorkerSet counts as one copy. */
export interface QuotaPart {
  readonly copies: number;
  readonly each: QuotaAmounts;
  /** Copies beside those of a rolling update. */
  readonly surge: (copies: number) => number;
  readonly priorityClassName?: string;
  /** The largest request of memory of a container that states no limit of it, in MiB. */
  readonly unlimitedMemoryMib?: number;
  /** Claims that the pods mount by name, whoever makes them. */
  readonly mountedClaims?: readonly string[];
}

export interface QuotaSurroundings {
  readonly defaults: RequestDefaults;
  /** Devices by the name of the ResourceClaimTemplate. */
  readonly templates: ReadonlyMap<string, QuotaAmounts>;
  /** Nodes that the namespace's services may use together: as many pods has a DaemonSet at most. */
  readonly nodes: number;
}

type Json = Readonly<Record<string, unknown>>;

const NO_SURGE = () => 0;

/** Kinds that a quota counts, and those that say how many there are. */
const PARTS: Readonly<Record<string, (manifest: Json, around: QuotaSurroundings) => QuotaPart[]>> = {
  'apps/StatefulSet': (manifest, around) => {
    const spec = mapOf(manifest.spec);
    const claims = list(spec.volumeClaimTemplates).map((claim) => claimAmounts(mapOf(claim.spec)));
    return [workload(spec.replicas, podOf(mapOf(spec.template), around, claims), NO_SURGE)];
  },
  'apps/Deployment': (manifest, around) => {
    const spec = mapOf(manifest.spec);
    return [workload(spec.replicas, podOf(mapOf(spec.template), around), besideEnding(spec.strategy))];
  },
  'apps/ReplicaSet': ({ spec }, around) => [
    workload(mapOf(spec).replicas, podOf(mapOf(mapOf(spec).template), around), NO_SURGE),
  ],
  'apps/DaemonSet': ({ spec }, around) => [
    workload(around.nodes, podOf(mapOf(mapOf(spec).template), around), NO_SURGE),
  ],
  'batch/Job': ({ spec }, around) => [job(mapOf(spec), around)],
  'batch/CronJob': ({ spec }, around) => [job(mapOf(mapOf(mapOf(spec).jobTemplate).spec), around)],
  '/Pod': ({ spec }, around) => [workload(1, podOf({ spec }, around), NO_SURGE)],
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': (manifest, around) => {
    const spec = mapOf(manifest.spec);
    const group = mapOf(spec.leaderWorkerTemplate);
    const size = numberOr(group.size, 1);
    // Every pod of a group has a claim of each template.
    const claims = list(group.volumeClaimTemplates).map((claim) => claimAmounts(mapOf(claim.spec)));
    const worker = podOf(mapOf(group.workerTemplate), around, claims);
    const leader = group.leaderTemplate === undefined ? worker : podOf(mapOf(group.leaderTemplate), around, claims);
    const each = add(leader.each, ...Array.from({ length: Math.max(0, size - 1) }, () => worker.each));
    const rolling = mapOf(mapOf(spec.rolloutStrategy).rollingUpdateConfiguration);
    const surge = (copies: number) => portion(rolling.maxSurge, copies) ?? 0;
    const mountedClaims = [...leader.mountedClaims, ...worker.mountedClaims];
    return [workload(spec.replicas, { ...leader, each, mountedClaims }, surge)];
  },
  '/PersistentVolumeClaim': ({ spec }) => [workload(1, { each: claimAmounts(mapOf(spec)) }, NO_SURGE)],
  '/Service': ({ spec }) => {
    const { type, ports } = mapOf(spec);
    // A load balancer reaches the pods by ports of the nodes, so the quota of those counts it too.
    const each = {
      ...(type === 'LoadBalancer' && { 'services.loadbalancers': 1 }),
      ...((type === 'LoadBalancer' || type === 'NodePort') && { 'services.nodeports': list(ports).length }),
    };
    return Object.keys(each).length > 0 ? [workload(1, { each }, NO_SURGE)] : [];
  },
};

/** Kinds that take a part of a quota, as `group/Kind`. */
export const CONSUMING_KINDS: readonly string[] = Object.keys(PARTS);

/** The parts of a manifest; none when no quota counts its kind. */
export const quotaParts = (manifest: Json, around: QuotaSurroundings): QuotaPart[] =>
  PARTS[`${apiGroup(String(manifest.apiVersion))}/${String(manifest.kind)}`]?.(manifest, around) ?? [];

const workload = (
  copies: unknown,
  part: Omit<QuotaPart, 'copies' | 'surge'>,
  surge: QuotaPart['surge'],
): QuotaPart => ({ copies: numberOr(copies, 1), surge, ...part });

/** A Job starts a failed pod again before it starts the next, so there are never more than run side by side. */
const job = (spec: Json, around: QuotaSurroundings) =>
  workload(spec.parallelism, podOf(mapOf(spec.template), around), NO_SURGE);

/**
 * A Deployment makes the next pod while the last one still ends, and both count. So it takes one more than it is allowed
 * to surge even when it surges by none.
 */
const besideEnding =
  (strategy: unknown): QuotaPart['surge'] =>
  (copies) => {
    const surge = deploymentSurge(strategy, copies);
    return copies === 0 || !surge ? 0 : Math.max(1, surge.more, surge.less);
  };

function podOf({ spec }: Json, { defaults, templates }: QuotaSurroundings, claims: readonly QuotaAmounts[] = []) {
  const pod = mapOf(spec);
  const containers = [...list(pod.initContainers), ...list(pod.containers)];
  const filled = (all: unknown) => list(all).map((container) => withDefaults(container, defaults));
  const typed = {
    ...pod,
    containers: filled(pod.containers),
    initContainers: filled(pod.initContainers),
  } as unknown as k8s.PodSpec;
  const devices = new Set(
    containers.flatMap((container) => Object.keys(mapOf(mapOf(container.resources).limits)).filter(isDevice)),
  );
  const { cpuMillis, memoryMib } = requestOfPod(typed, '');
  const ephemeral = list(pod.volumes).flatMap((volume) => {
    const template = mapOf(mapOf(volume.ephemeral).volumeClaimTemplate);
    return template.spec === undefined ? [] : [claimAmounts(mapOf(template.spec))];
  });
  const claimed = list(pod.resourceClaims).map(
    ({ resourceClaimTemplateName: name }) => templates.get(String(name)) ?? {},
  );
  return {
    each: add(
      Object.fromEntries([...devices].sort().map((name) => [deviceQuotaName(name), requestOfPod(typed, name).gpus])),
      ...claimed,
      { 'requests.cpu': cpuMillis, 'requests.memory': memoryMib, pods: 1 },
      ...claims,
      ...ephemeral,
    ),
    ...(typeof pod.priorityClassName === 'string' && { priorityClassName: pod.priorityClassName }),
    unlimitedMemoryMib: Math.max(0, ...containers.map(unlimitedMemory)) / 2 ** 20,
    mountedClaims: list(pod.volumes).flatMap((volume) => {
      const { claimName } = mapOf(volume.persistentVolumeClaim);
      return typeof claimName === 'string' ? [claimName] : [];
    }),
  };
}

/** The request of memory, in bytes, of a container without a limit. */
function unlimitedMemory({ resources }: Json): number {
  const { requests, limits } = mapOf(resources);
  return mapOf(limits).memory === undefined ? numberOf(mapOf(requests).memory) : 0;
}

/** Extended resources have a prefix; what Kubernetes knows itself has none. */
const isDevice = (resource: string) => resource.includes('/');

/** As the LimitRange of the namespace fills them in before the quota counts. */
function withDefaults(container: Json, { cpuMillis, memoryMib }: RequestDefaults): Json {
  const { requests, limits } = mapOf(container.resources);
  const [asked, limited] = [mapOf(requests), mapOf(limits)];
  return {
    ...container,
    resources: {
      limits: limited,
      requests: {
        ...asked,
        ...(asked.cpu === undefined && limited.cpu === undefined && { cpu: `${cpuMillis}m` }),
        ...(asked.memory === undefined && limited.memory === undefined && { memory: `${memoryMib}Mi` }),
      },
    },
  };
}

function claimAmounts({ storageClassName, resources }: Json): QuotaAmounts {
  const mib = numberOf(mapOf(mapOf(resources).requests).storage) / 2 ** 20;
  return {
    'requests.storage': mib,
    persistentvolumeclaims: 1,
    ...(typeof storageClassName === 'string' && {
      [`${storageClassName}.storageclass.storage.k8s.io/requests.storage`]: mib,
    }),
  };
}

/** Devices that a claim made of this template takes, by the name that a quota has for their class. */
export function claimedDevices(manifest: Json): QuotaAmounts {
  const requests = list(mapOf(mapOf(mapOf(manifest.spec).spec).devices).requests);
  return add(
    ...requests.map((request) => {
      const { deviceClassName, count } = mapOf(request.exactly ?? request);
      return { [deviceQuotaName(String(deviceClassName))]: numberOr(count, 1) };
    }),
  );
}

function add(...all: readonly QuotaAmounts[]): QuotaAmounts {
  const total: Record<string, number> = {};
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) total[name] = (total[name] ?? 0) + amount;
  }
  return total;
}

const numberOr = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise);
const list = (value: unknown): Json[] => listOf(value).map(mapOf);
