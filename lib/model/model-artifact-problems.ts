import { dnsSubdomainProblems, labelProblems, shown } from '../problem/names';
import { Problem } from '../problem/problem';
import { ArtifactOrigin } from './model-artifact-props';

const problem = (message: string, remedy: string): Problem => ({ check: 'artifact-source', message, remedy });

/** What is wrong with an artifact, wherever it comes from. */
export function artifactProblems(origin: ArtifactOrigin, path: string): Problem[] {
  return [...pathProblems(origin, path), ...originProblems(origin)];
}

function pathProblems(origin: ArtifactOrigin, path: string): Problem[] {
  if (origin.kind === 'server-downloads') return [];
  const absolute = /^(\/[\w.@+-]+)+$/.test(path) && !path.split('/').includes('..');
  return absolute ? [] : [problem(`${shown(path)} is no folder of the pod.`, 'Use one such as /models.')];
}

function originProblems(origin: ArtifactOrigin): Problem[] {
  switch (origin.kind) {
    case 'claim':
      return [
        ...dnsSubdomainProblems('claim name', origin.claimName),
        ...(origin.subPath === undefined || origin.subPath.split('/').every((part) => part !== '' && part !== '..')
          ? []
          : [
              problem(
                `subPath ${shown(origin.subPath)} is no folder inside the volume.`,
                'Use a relative path without "..", such as llama3-8b, or leave it out for the root.',
              ),
            ]),
      ];
    case 'csi':
      return [
        ...dnsSubdomainProblems('CSI driver', origin.driver),
        ...labelProblems(
          'pod annotation',
          Object.fromEntries(Object.keys(origin.podAnnotations).map((key) => [key, ''])),
        ),
        ...(NO_INLINE_VOLUMES.includes(origin.driver)
          ? [
              problem(
                `The driver ${origin.driver} mounts claims only; the API server takes the pod, and the node never starts it.`,
                "Use new ObjectStoreClaim(this, 'weights', { … }), and ModelArtifact.claim with its claimName.",
              ),
            ]
          : []),
      ];
    case 'download':
      return [
        ...(origin.checksum === undefined || /^[0-9a-f]{64}$/.test(origin.checksum)
          ? []
          : [
              problem(
                `${shown(origin.checksum)} is no SHA-256.`,
                'Use the 64 lower-case hex digits that sha256sum prints.',
              ),
            ]),
        ...(origin.credentials?.kind === 'workload-identity' && !WITH_IDENTITY.includes(origin.source.kind)
          ? [
              problem(
                `${origin.source.name} is in no cloud that knows the pod by its service account.`,
                'Use DownloadCredentials.secret(…), or none.',
              ),
            ]
          : []),
        ...(origin.sizeMib !== undefined && !(origin.sizeMib >= 1)
          ? [problem(`An artifact of ${origin.sizeMib} MiB holds nothing.`, 'State its size, or leave it out.')]
          : []),
      ];
    default:
      return [];
  }
}

/** Their CSIDriver has no lifecycle mode Ephemeral (awslabs/mountpoint-s3-csi-driver#88). */
const NO_INLINE_VOLUMES: readonly string[] = ['s3.csi.aws.com'];

const WITH_IDENTITY: readonly string[] = ['s3', 'gcs', 'azure-blob'];
