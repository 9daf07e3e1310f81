import { kubernetesMinor } from '../hardware/kubernetes-version';
import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** On without a feature gate from here on (kubernetes.io, "User Namespaces": beta in 1.33, stable in 1.36). */
const USER_NAMESPACE_MINOR = 33;

/** Does the cluster know pods with users of their own, and can their volumes be mounted for these? */
export function userNamespace({ pod, request }: DeclaredWorkload): Findings {
  if (pod.hostUsers !== false) return { errors: [], warnings: [] };
  const old = request.nodePools.find(
    ({ kubernetesVersion }) => (kubernetesMinor(kubernetesVersion ?? '') ?? 0) < USER_NAMESPACE_MINOR,
  );
  const { kind, claimName } = request.cache;
  return {
    errors: old
      ? [
          {
            check: 'user-namespace',
            message: `hostUsers is false, which counts from Kubernetes 1.33 on; ${
              old.kubernetesVersion === undefined
                ? `the pool ${old.name} does not say its kubernetesVersion`
                : `the pool ${old.name} runs ${old.kubernetesVersion}`
            }. An older node runs the pod with the users of the host, and says nothing.`,
            remedy:
              "State kubernetesVersion: '1.33' or newer on the pool if the cluster has it; otherwise leave hostUsers out.",
          },
        ]
      : [],
    warnings:
      kind === 'shared'
        ? [
            {
              check: 'user-namespace',
              message: `hostUsers is false, and the claim ${claimName} is shared: file systems of networks, such as NFS, cannot be mounted for other users, so the pod would not start.`,
              remedy: 'Use a cache per replica, or try it and waive this.',
            },
          ]
        : [],
  };
}
