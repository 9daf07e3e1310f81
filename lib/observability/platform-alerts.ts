import { AlertStatement } from './alert-rule';
import { GPU_RECORDS, nodesThatTellTheirPool, RecordedPool, resourceMatcher } from './gpu-records';
import { KUBE_METRICS } from './kube-metrics';
import { Severity } from './monitoring';

interface PlatformAlert {
  readonly severity: Severity;
  readonly summary: string;
  readonly description: string;
  readonly for: string;
}

/** Every alert about nodes, quotas and controllers. Each has a page in docs/runbooks under its name. */
export const PLATFORM_ALERTS = {
  GpuCapacityMissing: {
    severity: 'warning',
    summary: 'A node offers fewer GPUs than it has.',
    description: 'Node {{ $labels.node }} does not offer {{ $value }} of its {{ $labels.resource }}.',
    for: '10m',
  },
  GpuDevicesMissing: {
    severity: 'warning',
    summary: 'A node of a GPU pool offers no GPU at all.',
    description: 'Node {{ $labels.node }} of pool {{ $labels.pool }} is ready and offers no GPU.',
    for: '15m',
  },
  GpuNodePoolLost: {
    severity: 'critical',
    summary: 'No node of a GPU pool is ready.',
    description: 'Pool {{ $labels.pool }} has no ready node.',
    for: '5m',
  },
  GpuNodePoolBelowMinimum: {
    severity: 'warning',
    summary: 'A GPU pool has fewer ready nodes than its minimum.',
    description: 'Pool {{ $labels.pool }} has {{ $value }} ready nodes.',
    for: '15m',
  },
  GpuNodeWithoutPool: {
    severity: 'warning',
    summary: 'A node with GPUs belongs to no pool that is known.',
    description: 'Node {{ $labels.node }} has GPUs, and nobody watches its pool or knows its price.',
    for: '30m',
  },
  PlatformPodsNotCreated: {
    severity: 'warning',
    summary: 'Pods of a GPU namespace are wanted and not created.',
    description:
      'Namespace {{ $labels.namespace }} lacks {{ $value }} pods that the API server does not let be created.',
    for: '10m',
  },
  PlatformFluxFailing: {
    severity: 'warning',
    summary: 'What is in Git does not reach the cluster.',
    description:
      '{{ $labels.customresource_kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} has not been ready for 15 minutes.',
    for: '15m',
  },
  PlatformCertificateNotReady: {
    severity: 'warning',
    summary: 'A certificate is not issued or not renewed.',
    description: 'Certificate {{ $labels.exported_namespace }}/{{ $labels.name }} is not ready.',
    for: '1h',
  },
} as const satisfies Readonly<Record<string, PlatformAlert>>;

export type PlatformAlertName = keyof typeof PLATFORM_ALERTS;

/** A pool, as those see it who wait for its nodes. */
export interface WatchedPool extends RecordedPool {
  readonly minNodes: number;
}

/** Controllers that tell of themselves where they were set up to. */
export interface ControllerMetrics {
  readonly flux: boolean;
  readonly certManager: boolean;
}

const stated = (alert: PlatformAlertName, expr: string, labels?: AlertStatement['labels']): AlertStatement => ({
  alert,
  ...PLATFORM_ALERTS[alert],
  expr,
  ...(labels && { labels }),
});

/** All of them, with a rule for each pool where a pool is lost. */
export function platformAlerts(pools: readonly WatchedPool[], controllers: ControllerMetrics): AlertStatement[] {
  const { nodeAllocatable, nodeCapacity } = KUBE_METRICS;
  const resources = resourceMatcher(pools);
  // A driver for DRA publishes devices where kube-state-metrics does not look.
  const claimed = pools.filter(({ deviceClass }) => deviceClass !== undefined).map(({ name }) => name);
  const byPlugin = claimed.length === 0 ? '' : `{pool!~${JSON.stringify(claimed.join('|'))}}`;
  return [
    stated(
      'GpuCapacityMissing',
      `sum by (node, resource) (${nodeCapacity.metric}{${resources}}) - sum by (node, resource) (${nodeAllocatable.metric}{${resources}}) > 0`,
    ),
    ...(claimed.length < pools.length
      ? [
          stated(
            'GpuDevicesMissing',
            `${ready(`${GPU_RECORDS.node}${byPlugin}`)} unless on (node) (${nodeAllocatable.metric}{${resources}} > 0)`,
          ),
        ]
      : []),
    ...pools.flatMap(poolAlerts(resources)),
    stated('GpuNodeWithoutPool', withoutPool(resources)),
    stated('PlatformPodsNotCreated', podsNotCreated),
    ...(controllers.flux
      ? [stated('PlatformFluxFailing', `${CONTROLLER_METRICS.flux}{ready="False", suspended!="true"} == 1`)]
      : []),
    ...(controllers.certManager
      ? [stated('PlatformCertificateNotReady', `${CONTROLLER_METRICS.certificates}{condition="False"} == 1`)]
      : []),
  ];
}

/** What controllers tell where somebody set that up. */
export const CONTROLLER_METRICS = {
  /** kube-state-metrics with the custom resource state of fluxcd/flux2-monitoring-example; there is no other for Flux 2.1 on. */
  flux: 'gotk_resource_info',
  /** cert-manager, scraped. */
  certificates: 'certmanager_certificate_ready_status',
} as const;

const ready = (nodes: string) =>
  `(${nodes} and on (node) (${KUBE_METRICS.nodeCondition.metric}{condition="Ready", status="true"} == 1))`;

/** Nodes with GPUs whose pool nobody knows: kube-state-metrics copies no labels, or a pool was not declared. */
const withoutPool = (resources: string) =>
  `(sum by (node) (${KUBE_METRICS.nodeAllocatable.metric}{${resources}}) > 0) unless on (node) ${GPU_RECORDS.node}`;

/**
 * A pool that may shrink to nothing is lost when it has nodes and none is ready. One with a minimum is lost without nodes too,
 * unless labels of nodes are not there to tell them apart.
 */
const poolAlerts =
  (resources: string) =>
  (pool: WatchedPool): AlertStatement[] => {
    const { name, minNodes } = pool;
    const nodes = `${GPU_RECORDS.node}{pool=${JSON.stringify(name)}}`;
    if (minNodes === 0) {
      return [stated('GpuNodePoolLost', `count(${nodes}) > 0 unless on () count${ready(nodes)}`, { pool: name })];
    }
    const known = `and on () (count(${nodesThatTellTheirPool(pool)}) or (count(${KUBE_METRICS.nodeCondition.metric}) unless on () (${withoutPool(resources)})))`;
    const count = `(count${ready(nodes)} or vector(0))`;
    return [
      stated('GpuNodePoolLost', `${count} == 0 ${known}`, { pool: name }),
      ...(minNodes > 1
        ? [stated('GpuNodePoolBelowMinimum', `(0 < ${count} < ${minNodes}) ${known}`, { pool: name })]
        : []),
    ];
  };

/** A quota, a policy or a webhook refuses pods before there is one that could be pending. */
const podsNotCreated = (() => {
  const { statefulSetReplicas, statefulSetExisting, deploymentReplicas, deploymentExisting, resourceQuota } =
    KUBE_METRICS;
  const lacking = (wanted: string, there: string) => `sum by (namespace) (${wanted} - ${there} > 0)`;
  const quota = `${resourceQuota.metric}{type="hard", resource=~"requests[.]nvidia[.]com/.+|.+[.]deviceclass[.]resource[.]k8s[.]io/devices"}`;
  return [
    lacking(statefulSetReplicas.metric, statefulSetExisting.metric),
    lacking(deploymentReplicas.metric, deploymentExisting.metric),
  ]
    .map((each) => `(${each} and on (namespace) ${quota})`)
    .join(' or ');
})();
