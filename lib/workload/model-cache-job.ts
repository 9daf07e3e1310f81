import { k8s } from 'cdk8s-plus-30';
import { createHash } from 'node:crypto';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { downloaded, PlacedArtifact } from '../plan/model-delivery';
import { downloadContainer, DownloadOrigin } from './download-container';
import { CACHE_VOLUME, downloadTmp, identityLabels } from './model-volumes';

/** What a Job that fills a cache is made of. */
export interface ModelCacheJobRequest {
  /** What the Job is called, before the digest. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pods alone, beside those. @default - none */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly cache: ModelCache;
  readonly placed: readonly PlacedArtifact[];
  readonly credentials?: ModelCredentials;
  /** For sources whose tool comes with a server. */
  readonly image?: string;
  readonly serviceAccountName: string;
  readonly pullSecretNames: readonly string[];
  readonly placement?: Pick<k8s.PodSpec, 'affinity' | 'tolerations'>;
}

/** Hexadecimal digits of the digest in the name. */
const DIGEST_LENGTH = 10;

/** Length of a Job's name beyond its own: Kubernetes writes it into a label of 63 characters. */
export const LONGEST_JOB_NAME = 63 - 1 - DIGEST_LENGTH;

/** Any plain user: what it writes can be read by all, as servers run as users of their own. */
const USER = 1000;

/**
 * The Job. The template of a Job cannot be changed, so its name ends in a digest of the template: another revision is
 * another Job, and Flux prunes the one before. It has no time to live: Flux would make one that is gone anew, for ever.
 */
export function modelCacheJob(request: ModelCacheJobRequest): k8s.KubeJobProps {
  const { name, labels, placed, cache } = request;
  const containers = downloaded(placed).map((artifact) =>
    downloadContainer({
      name: artifact.name,
      origin: artifact.artifact.origin as DownloadOrigin,
      cacheVolume: CACHE_VOLUME,
      subPath: cache.subPath,
      serverImage: request.image,
      credentials: request.credentials,
    }),
  );
  const spec: k8s.PodSpec = {
    restartPolicy: 'OnFailure',
    serviceAccountName: request.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    imagePullSecrets:
      request.pullSecretNames.length > 0 ? request.pullSecretNames.map((secret) => ({ name: secret })) : undefined,
    ...request.placement,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // One after the other: they share the way to the store and the disk.
    initContainers: containers.length > 1 ? containers.slice(0, -1) : undefined,
    containers: containers.slice(-1),
    volumes: [{ name: CACHE_VOLUME, persistentVolumeClaim: { claimName: cache.claimName! } }, downloadTmp()],
  };
  const template = {
    metadata: { labels: { ...identityLabels(downloaded(placed)), ...request.podLabels, ...labels } },
    spec,
  };
  const digest = createHash('sha256')
    .update(JSON.stringify(k8s.toJson_PodTemplateSpec(template)))
    .digest('hex');
  return {
    metadata: { name: `${name}-${digest.slice(0, DIGEST_LENGTH)}`, labels: { ...labels } },
    // A store that is out of reach for an hour is tried again for as long; the pauses grow to six minutes.
    spec: { backoffLimit: 12, template },
  };
}
