import { labelProblems } from '../problem/names';
import { Problem } from '../problem/problem';

/** Where a policy judges. */
export interface PolicyNamespacesProps {
  /** Labels of the namespaces that are judged. @default - every namespace */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  /**
   * Names of namespaces that are never judged, because agents of the platform live there. Replaces the list.
   * @default - PLATFORM_NAMESPACES: those of Kubernetes, of the clouds, of the GPU Operator and of Flux
   */
  readonly platformNamespaces?: readonly string[];
}

/**
 * Namespaces of agents: drivers, network, storage and Flux itself need what the rules forbid.
 *
 * @source the namespaces of Kubernetes; of GKE's and AKS' managed add-ons; of the install guides of the GPU Operator, of
 * NVIDIA's device plug-in, of Kyverno and of Flux
 */
export const PLATFORM_NAMESPACES: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'gke-managed-system',
  'gke-managed-cim',
  'gmp-system',
  'gatekeeper-system',
  'calico-system',
  'tigera-operator',
  'gpu-operator',
  'nvidia-gpu-operator',
  'nvidia-device-plugin',
  'kyverno',
  'flux-system',
];

/** Problems of the namespaces' names and labels. */
export function namespaceProblems({ namespaceLabels = {}, platformNamespaces = [] }: PolicyNamespacesProps): Problem[] {
  return [
    ...labelProblems('namespace label', namespaceLabels),
    ...platformNamespaces.flatMap((each) => labelProblems('platform namespace', { name: each })),
  ];
}

/** The selector of the namespaces that are judged. */
export function namespaceSelector(props: PolicyNamespacesProps) {
  const { namespaceLabels, platformNamespaces = PLATFORM_NAMESPACES } = props;
  return {
    ...(namespaceLabels && { matchLabels: { ...namespaceLabels } }),
    ...(platformNamespaces.length > 0 && {
      matchExpressions: [
        { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...platformNamespaces].sort() },
      ],
    }),
  };
}
