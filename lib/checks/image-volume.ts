import { kubernetesMinor } from '../hardware/kubernetes-version';
import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** On without a feature gate from here on (kubernetes.io, "Use an Image Volume With a Pod": beta in 1.35). */
const IMAGE_VOLUME_MINOR = 35;

/** Does the cluster know volumes that are images? */
export function imageVolume({ request }: DeclaredWorkload): Findings {
  const images = (request.placed ?? []).filter(({ artifact }) => artifact.origin.kind === 'oci-image');
  const old = request.nodePools.find(
    ({ kubernetesVersion }) => (kubernetesMinor(kubernetesVersion ?? '') ?? 0) < IMAGE_VOLUME_MINOR,
  );
  if (images.length === 0 || !old) return { errors: [], warnings: [] };
  const version = old.kubernetesVersion;
  return {
    errors: [
      {
        check: 'image-volume',
        message: `The weights are an image volume, which is on by default from Kubernetes 1.35 on; ${
          version === undefined
            ? `the pool ${old.name} does not say its kubernetesVersion`
            : `the pool ${old.name} runs ${version}`
        }. An API server that does not know it makes no pod.`,
        remedy:
          "State kubernetesVersion: '1.35' on the pool if the cluster has it; on 1.31 to 1.34 with the feature gate ImageVolume, waive this. Otherwise use ModelArtifact.claim or .download.",
      },
    ],
    warnings: [],
  };
}
