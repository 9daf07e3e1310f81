/** Where the nodes of a pool come from. */
export type NodePlatform = 'gke' | 'eks' | 'karpenter' | 'aks' | 'on-prem';

/** What the pods that run on every node request together. */
export interface DaemonSetAllowance {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  readonly source: string;
  /** False when part of the figure is an estimate. */
  readonly verified: boolean;
}

const EKS_ALLOWANCE: DaemonSetAllowance = {
  cpuMillis: 300,
  memoryMib: 400,
  source:
    'seen on a g4dn.xlarge: 150m for aws-node and kube-proxy; rounded up for EBS driver, pod identity and log agents (from memory)',
  verified: false,
};

/**
 * What to keep free for DaemonSets on a GPU node, on the safe side of what was seen. Clusters differ: a pool takes its
 * own figure in `daemonSets`.
 */
export const DAEMON_SET_ALLOWANCES: Readonly<Record<NodePlatform, DaemonSetAllowance>> = {
  gke: {
    cpuMillis: 600,
    memoryMib: 900,
    source:
      'seen on GKE 1.31: 250m for device plugin and kube-proxy; logging, metrics and storage agents are estimated (from memory)',
    verified: false,
  },
  eks: EKS_ALLOWANCE,
  karpenter: EKS_ALLOWANCE,
  aks: {
    cpuMillis: 450,
    memoryMib: 600,
    source:
      'seen on a Standard_NC6s_v3: 310m and 220 MiB for network, storage and proxy agents; rounded up for device plugin and log agent',
    verified: false,
  },
  'on-prem': {
    cpuMillis: 100,
    memoryMib: 600,
    source: 'the GPU Operator requests nothing by default; dcgm-exporter uses 200 to 500 MiB (from memory)',
    verified: false,
  },
};
