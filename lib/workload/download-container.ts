import { k8s } from 'cdk8s-plus-30';
import { DownloadCredentials } from '../model/download-credentials';
import { ArtifactOrigin } from '../model/model-artifact-props';
import { ModelCredentials } from '../model/model-credentials';
import { ModelSourceKind } from '../model/model-source';
import { downloadScript, waitScript } from './download-script';
import { mebibytes, millicores } from './quantities';

/** An artifact that is downloaded. */
export type DownloadOrigin = Extract<ArtifactOrigin, { kind: 'download' }>;

/** Where the cache's volume is mounted while it is filled. */
const CACHE_FOLDER = '/model-cache';

/** Name of the volume for what the tools write beside the download. */
export const DOWNLOAD_TMP_VOLUME = 'download-tmp';

/** Room of that volume in MiB. */
export const DOWNLOAD_TMP_MIB = 256;

/**
 * rclone's own image: Alpine with rclone and busybox, which has sh, flock, sha256sum and xargs. The digest is the one that
 * public repositories pin for this tag; `image` of the artifact names another, or that of a mirror.
 */
export const RCLONE_IMAGE =
  'rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5';

/** What one download may use: rclone copies in streams; `hf` keeps whole chunks of several files in memory. */
const MEMORY_MIB: Readonly<Record<ModelSourceKind, number>> = {
  s3: 1024,
  gcs: 1024,
  'azure-blob': 1024,
  https: 1024,
  ngc: 2048,
  'hugging-face': 4096,
};

/** What every container that fills or waits for a cache has. */
export interface DownloadRequest {
  /** What the container is called after, such as `model`. */
  readonly name: string;
  readonly origin: DownloadOrigin;
  /** The volume with the cache. */
  readonly cacheVolume: string;
  /** Folder of that volume that is the cache. @default - its root */
  readonly subPath?: string;
  /** Image where the source has none of its own; undefined leaves only what the artifact states. */
  readonly serverImage?: string;
  /** The service's credentials: for a source of the same kind that has none of its own. */
  readonly credentials?: ModelCredentials;
  /** Folders of the cache that stay; the others are removed. @default - all stay */
  readonly keep?: readonly string[];
  /** The most memory that the pod can give. @default - no bound */
  readonly memoryMib?: number;
  /** A cache in memory counts as memory of the container that writes it. @default 0 */
  readonly memoryCacheMib?: number;
}

/** The image that downloads; undefined when nobody named one. */
export function downloadImage({ image, source }: DownloadOrigin, serverImage?: string): string | undefined {
  if (image !== undefined) return image;
  if (source.kind === 'hugging-face') return serverImage;
  return source.kind === 'ngc' ? undefined : RCLONE_IMAGE;
}

/** Downloads and verifies one artifact, before the server starts or in a Job. */
export function downloadContainer(request: DownloadRequest): k8s.Container {
  const { name, origin, keep = [], memoryMib = Infinity, memoryCacheMib = 0 } = request;
  const { source, checksum } = origin;
  const memory = mebibytes(Math.min(memoryMib, MEMORY_MIB[source.kind] + memoryCacheMib));
  const storage = mebibytes(DOWNLOAD_TMP_MIB);
  return {
    ...frame(request, `download-${name}`, downloadScript(source.kind)),
    env: [
      ...variables({ CACHE: CACHE_FOLDER, ARTIFACT: origin.folder, SHA256: checksum ?? '', KEEP: keep.join(' ') }),
      ...variables({
        HOME: '/tmp',
        ...(source.kind === 'hugging-face' && { HF_HUB_DISABLE_TELEMETRY: '1', EXCLUDE: '' }),
        ...withoutGpus(source.kind),
        ...source.environment,
        ...identity(origin),
      }),
      ...secretKeys(request).map(({ variable, name: secretName, key }) => ({
        name: variable,
        valueFrom: { secretKeyRef: { name: secretName, key } },
      })),
    ],
    resources: {
      requests: { cpu: millicores(1000), memory, 'ephemeral-storage': storage },
      limits: { memory, 'ephemeral-storage': storage },
    },
    volumeMounts: [
      { name: request.cacheVolume, mountPath: CACHE_FOLDER, subPath: request.subPath },
      { name: DOWNLOAD_TMP_VOLUME, mountPath: '/tmp' },
    ],
  };
}

/** Waits for the Job that fills the cache. */
export function waitContainer(request: DownloadRequest, timeoutSeconds: number): k8s.Container {
  const memory = mebibytes(64);
  return {
    ...frame(request, `wait-for-${request.name}`, waitScript()),
    env: variables({
      CACHE: CACHE_FOLDER,
      ARTIFACT: request.origin.folder,
      TIMEOUT_SECONDS: `${timeoutSeconds}`,
      ...withoutGpus(request.origin.source.kind),
    }),
    resources: {
      requests: { cpu: millicores(10), memory, 'ephemeral-storage': memory },
      limits: { memory, 'ephemeral-storage': memory },
    },
    volumeMounts: [{ name: request.cacheVolume, mountPath: CACHE_FOLDER, subPath: request.subPath, readOnly: true }],
  };
}

/** The server's image asks for every GPU of the node where the container runtime hands them out by this variable. */
const withoutGpus = (kind: ModelSourceKind): Record<string, string> =>
  kind === 'hugging-face' ? { NVIDIA_VISIBLE_DEVICES: 'void' } : {};

/** True when the cloud has to know the pod by its service account. */
export function usesIdentity({ credentials }: DownloadOrigin): boolean {
  return credentials?.kind === 'workload-identity';
}

function frame({ origin, serverImage }: DownloadRequest, name: string, script: string) {
  return {
    name,
    image: downloadImage(origin, serverImage) ?? '',
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c'],
    args: [script],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  };
}

/** How rclone proves that it may read: by its variables, by what the cloud gives the pod, or not at all. */
function identity({ source, credentials }: DownloadOrigin): Record<string, string> {
  const anonymous = credentials === undefined;
  switch (source.kind) {
    case 's3':
      return { RCLONE_S3_ENV_AUTH: `${!anonymous}` };
    case 'gcs':
      return anonymous
        ? { RCLONE_GCS_ANONYMOUS: 'true' }
        : { RCLONE_GCS_ENV_AUTH: `${credentials.kind === 'workload-identity'}` };
    case 'azure-blob':
      return credentials?.kind === 'workload-identity' ? { RCLONE_AZUREBLOB_ENV_AUTH: 'true' } : {};
    default:
      return {};
  }
}

function secretKeys({ origin: { source, credentials }, credentials: ofService }: DownloadRequest) {
  if (credentials) {
    return Object.entries(credentials.keysFor(source.kind)).map(([variable, key]) => ({
      variable,
      name: credentials.secretName!,
      key,
    }));
  }
  if (ofService?.secret === undefined || ofService.kind !== source.kind) return [];
  const [variable] = Object.keys(DownloadCredentials.secret(ofService.secret.name).keysFor(source.kind));
  return [{ variable: variable!, ...ofService.secret }];
}

const variables = (values: Readonly<Record<string, string>>): k8s.EnvVar[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
