import { Chart, JsonPatch, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { ClusterQueue, LocalQueue, ResourceFlavor } from '../../imports/kueue.x-k8s.io';
import { Declarations } from '../checks/declarations';
import { reportErrors } from '../checks/report';
import { formatProblem } from '../problem/problem';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { dnsSubdomainProblems } from '../problem/names';

export interface InferenceQueueProps {
  /** Name of the ClusterQueue. @default - the construct's id */
  readonly name?: string;
  /** The pools whose GPUs are handed out, the first wanted first. */
  readonly nodePools: readonly GpuNodePool[];
}

/**
 * Kueue admits nothing that asks for a resource which its queue does not cover. GPUs are what is scarce; the rest is so much
 * that the scheduler decides about it, as it does without a queue.
 */
const NOT_SCARCE = { cpu: '1M', memory: '1P', 'ephemeral-storage': '1P' };

/**
 * A queue of Kueue for the GPUs of some pools: a ResourceFlavor for each pool, and a ClusterQueue with as many GPUs as the
 * pools have nodes for. It admits the namespaces that name it.
 *
 * Kueue must be there, 0.16 or later, with the integrations `pod`, `deployment`, `statefulset` and `leaderworkerset` switched on. It
 * decides when all pods of a StatefulSet may start; a StatefulSet that is scaled later is not supported by all its versions.
 */
export class InferenceQueue extends Construct {
  readonly name: string;
  private readonly namespaces = new Set<string>();

  constructor(scope: Construct, id: string, props: InferenceQueueProps) {
    super(scope, id);
    const { nodePools } = props;
    this.name = props.name ?? id;
    reportErrors(this, [
      ...dnsSubdomainProblems('queue', this.name),
      ...nodePools.flatMap(({ name }) => dnsSubdomainProblems('resource flavor', name)),
      ...(nodePools.length === 0
        ? [{ check: 'tenant-queue', message: 'The queue has no pools.', remedy: 'Give it the pools to hand out.' }]
        : []),
      ...nodePools
        .filter(({ deviceClass }) => deviceClass !== undefined)
        .map(({ name, deviceClass }) => ({
          check: 'tenant-queue',
          message: `Pods claim the devices of the pool ${name} from the class ${deviceClass}, and the queue counts extended resources only.`,
          remedy: "Leave the pool out, or use one with deviceAllocation 'device-plugin'.",
        })),
    ]);
    const devices = [...new Set(nodePools.map(({ resourceName }) => resourceName))];
    for (const { name, selector } of nodePools) {
      const labels = selector.flatMap(({ key, values }) => (values.length === 1 ? [[key, values[0]!]] : []));
      const flavor = new ResourceFlavor(this, `flavor-${name}`, {
        metadata: { name },
        spec: { nodeLabels: Object.fromEntries(labels) as Record<string, string> },
      });
      // A chart puts its namespace on every object in it; these belong to the cluster.
      flavor.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    }
    const queue = new ClusterQueue(this, 'Default', {
      metadata: { name: this.name },
      spec: {
        namespaceSelector: {
          matchExpressions: [
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'In',
              // Namespaces come after their queue.
              values: Lazy.any({ produce: () => [...this.namespaces].sort() }) as string[],
            },
          ],
        },
        resourceGroups: [
          {
            coveredResources: [...devices, ...Object.keys(NOT_SCARCE)],
            flavors: nodePools.map(({ name, resourceName, maxNodes, gpusPerNode }) => ({
              name,
              resources: [
                ...devices.map((device) => ({
                  name: device,
                  nominalQuota: `${device === resourceName ? maxNodes * gpusPerNode : 0}`,
                })),
                ...Object.entries(NOT_SCARCE).map(([resource, nominalQuota]) => ({ name: resource, nominalQuota })),
              ],
            })),
          },
        ],
      },
    });
    queue.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    this.node.addValidation({
      validate: () =>
        this.namespaces.size > 0
          ? []
          : [
              formatProblem({
                check: 'tenant-queue',
                message: `No namespace of this app uses the queue ${this.name}, so it admits nobody.`,
                remedy: 'Give it to a TenantNamespace: queue: { clusterQueue: … }.',
              }),
            ],
    });
  }

  /** Lets the workloads of a namespace in. TenantNamespace does it for the one that it is. */
  admit(namespace: string): void {
    this.namespaces.add(namespace);
  }
}

/** How services of the namespace wait for their turn in Kueue. */
export interface TenantQueue {
  /** The ClusterQueue, by name or as the construct that makes it. */
  readonly clusterQueue: string | InferenceQueue;
  /** Name of the LocalQueue. @default 'inference' */
  readonly name?: string;
}

/** The queue of one namespace, which the services in it name. */
export class TenantLocalQueue extends Construct {
  constructor(scope: Construct, id: string, { clusterQueue, name = 'inference' }: TenantQueue) {
    super(scope, id);
    const namespace = Chart.of(this).namespace!;
    const target = typeof clusterQueue === 'string' ? clusterQueue : clusterQueue.name;
    if (typeof clusterQueue !== 'string') clusterQueue.admit(namespace);
    reportErrors(this, [...dnsSubdomainProblems('queue', name), ...dnsSubdomainProblems('cluster queue', target)]);
    new LocalQueue(this, 'Default', { metadata: { name }, spec: { clusterQueue: target } });
    Declarations.of(this).queues.set(namespace, name);
  }
}
