import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

/** Network adapters by which GPUs of different nodes reach each other's memory. */
export interface RdmaAdapters {
  /**
   * Extended resource under which a device plugin offers them: `vpc.amazonaws.com/efa`, or the name that the cluster's RDMA
   * shared device plugin was given, such as `rdma/hca_shared_devices_a`.
   */
  readonly resourceName: string;
  /** Adapters of one node that pods may have. */
  readonly perNode: number;
}

/** What is wrong with them as a user states them. */
export function rdmaProblems(rdma: RdmaAdapters | undefined): Problem[] {
  if (rdma === undefined) return [];
  const { resourceName, perNode } = rdma;
  return [
    ...(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(resourceName)
      ? []
      : [
          {
            check: 'node-pool',
            message: `rdma.resourceName is ${JSON.stringify(resourceName)}, which is not the name of an extended resource.`,
            remedy: 'Use the name that "kubectl describe node" shows, such as vpc.amazonaws.com/efa.',
          },
        ]),
    ...wholeNumberProblems('rdma.perNode', perNode, 1),
  ];
}
