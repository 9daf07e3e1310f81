import { k8s } from 'cdk8s-plus-30';
import { ModelCache } from '../model/model-cache';
import { ModelCredentials } from '../model/model-credentials';
import { InferencePlan } from '../plan/inference-plan';
import { downloaded, PlacedArtifact, SCRATCH_MIB } from '../plan/model-delivery';
import { FETCH_MARGIN } from '../plan/startup-budget';
import { Problem } from '../problem/problem';
import {
  DOWNLOAD_TMP_MIB,
  DOWNLOAD_TMP_VOLUME,
  downloadContainer,
  downloadImage,
  DownloadOrigin,
  DownloadRequest,
  usesIdentity,
  waitContainer,
} from './download-container';
import { mebibytes } from './quantities';

/** Name of the volume with the model cache; for a StatefulSet also of the claim template, and so frozen. */
export const CACHE_VOLUME = 'model-cache';

/** Name of the volume for what the server writes while its cache is read-only. */
const SCRATCH_VOLUME = 'server-cache';

/** What the weights and the cache of a pod are made of. */
export interface ModelVolumesRequest {
  readonly plan: InferencePlan;
  readonly cache: ModelCache;
  readonly placed: readonly PlacedArtifact[];
  readonly serverImage: string;
  readonly credentials?: ModelCredentials;
}

/** What the weights and the cache add to a pod. */
export interface ModelVolumes {
  readonly volumes: readonly k8s.Volume[];
  /** Mounts into the server's container. */
  readonly volumeMounts: readonly k8s.VolumeMount[];
  readonly initContainers: readonly k8s.Container[];
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  /** Volumes of a kind that the L1 classes do not know, by name. */
  readonly newerVolumes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Volumes, mounts and init containers for everything that the server finds in folders. Pure. */
export function modelVolumes(request: ModelVolumesRequest): ModelVolumes {
  const { plan, cache, placed } = request;
  const cachePath = plan.contract.cachePath;
  const own = placed.map(artifactVolume);
  const containers = downloaded(placed).map((artifact) => fillingContainer(request, artifact));
  const downloads = containers.length > 0 && !cache.filledByJob;
  return {
    volumes: [
      ...cacheVolumes(cache),
      ...(cache.filledByJob ? [{ name: SCRATCH_VOLUME, emptyDir: { sizeLimit: mebibytes(SCRATCH_MIB) } }] : []),
      ...own.flatMap(({ volume }) => volume ?? []),
      ...(downloads ? [downloadTmp()] : []),
    ],
    volumeMounts: [
      cache.filledByJob ? { name: SCRATCH_VOLUME, mountPath: cachePath } : cacheMount(cache, cachePath),
      ...placed.flatMap((artifact) => artifactMount(cache, artifact) ?? []),
    ],
    initContainers: containers,
    podAnnotations: Object.assign({}, ...own.map(({ annotations }) => annotations)) as Record<string, string>,
    podLabels: identityLabels(cache.filledByJob ? [] : downloaded(placed)),
    newerVolumes: Object.assign({}, ...own.map(({ newer }) => newer)) as ModelVolumes['newerVolumes'],
  };
}

/** Names of the volumes and the folders that they are mounted at, for what must not be there twice. */
export function ownVolumes(request: Pick<ModelVolumesRequest, 'plan' | 'cache' | 'placed'>) {
  const { plan, cache, placed } = request;
  const temporary = downloaded(placed).length > 0 && !cache.filledByJob;
  return [
    { name: cache.filledByJob ? SCRATCH_VOLUME : CACHE_VOLUME, path: plan.contract.cachePath, holds: 'the weights' },
    ...placed
      .filter(({ artifact }) => artifact.origin.kind !== 'baked')
      .map(({ name, artifact }) => ({
        name: artifact.origin.kind === 'download' ? CACHE_VOLUME : name,
        path: artifact.path,
        holds: name === 'model' ? 'the weights' : `the files of the ${name}`,
      })),
    ...(temporary ? [{ name: DOWNLOAD_TMP_VOLUME, holds: 'what a download writes beside the weights' }] : []),
  ];
}

/** Downloads for which nobody says by what, or whose key does not reach them. */
export function downloadProblems(
  placed: readonly PlacedArtifact[],
  cache: ModelCache,
  credentials?: ModelCredentials,
): Problem[] {
  const origins = downloaded(placed).map(({ artifact }) => artifact.origin as DownloadOrigin);
  const keyless = credentials?.csi
    ? origins.filter((origin) => !origin.credentials && origin.source.kind === credentials.kind)
    : [];
  return [
    ...imageProblems(placed, cache),
    // The driver makes the Secret for a volume that a container mounts, and the server, which has no key, mounts none.
    ...keyless.map(({ source }) => ({
      check: 'credentials',
      message: `The key for ${source.name} comes by the Secrets Store CSI driver, which reaches servers only.`,
      remedy: 'Give the download DownloadCredentials.secret(…), or take the key from a secret store.',
    })),
  ];
}

function imageProblems(placed: readonly PlacedArtifact[], cache: ModelCache): Problem[] {
  return downloaded(placed)
    .filter(({ artifact }) => downloadImage(artifact.origin as DownloadOrigin, 'server') === undefined)
    .map(({ artifact }) => ({
      check: 'artifact-source',
      message: `${(artifact.origin as DownloadOrigin).source.name} takes NVIDIA's ngc to ${cache.filledByJob ? 'wait for' : 'download'}, for which no image is known.`,
      remedy: "State one that holds ngc, sh and flock: ModelArtifact.download(source, { image: '…@sha256:…' }).",
    }));
}

/** What the container is called that fills the cache, or waits until it is. */
export function fillingContainerName(cache: ModelCache, { name }: PlacedArtifact): string {
  return cache.filledByJob ? `wait-for-${name}` : `download-${name}`;
}

/** Room for what the tools write beside the download. */
export function downloadTmp(): k8s.Volume {
  return { name: DOWNLOAD_TMP_VOLUME, emptyDir: { sizeLimit: mebibytes(DOWNLOAD_TMP_MIB) } };
}

/** Azure's webhook gives a token to pods with this label only. */
export function identityLabels(downloads: readonly PlacedArtifact[]): Record<string, string> {
  const azure = downloads.some(
    ({ artifact: { origin } }) =>
      origin.kind === 'download' && origin.source.kind === 'azure-blob' && usesIdentity(origin),
  );
  return azure ? { 'azure.workload.identity/use': 'true' } : {};
}

function cacheVolumes(cache: ModelCache): k8s.Volume[] {
  switch (cache.kind) {
    case 'claim':
    case 'shared':
      return [
        {
          name: CACHE_VOLUME,
          persistentVolumeClaim: { claimName: cache.claimName!, ...(cache.readOnly && { readOnly: true }) },
        },
      ];
    case 'ephemeral':
      return [{ name: CACHE_VOLUME, emptyDir: { sizeLimit: mebibytes(cache.sizeMib!) } }];
    case 'memory':
      return [{ name: CACHE_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: mebibytes(cache.sizeMib!) } }];
    case 'node-local':
      // Not created when it is missing: kubelet would make it root's, and the server could not write it.
      return [{ name: CACHE_VOLUME, hostPath: { path: cache.hostPath!, type: 'Directory' } }];
    case 'per-replica':
      return [];
  }
}

const cacheMount = (cache: ModelCache, mountPath: string): k8s.VolumeMount => ({
  name: CACHE_VOLUME,
  mountPath,
  ...(cache.readOnly && { readOnly: true }),
  ...(cache.subPath !== undefined && { subPath: cache.subPath }),
});

function artifactVolume({ name, artifact: { origin } }: PlacedArtifact): {
  readonly volume?: k8s.Volume;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly newer?: ModelVolumes['newerVolumes'];
} {
  switch (origin.kind) {
    case 'claim':
      return { volume: { name, persistentVolumeClaim: { claimName: origin.claimName, readOnly: true } } };
    case 'csi': {
      const { driver, volumeAttributes } = origin;
      const attributes = Object.keys(volumeAttributes).length > 0 ? { ...volumeAttributes } : undefined;
      return {
        volume: { name, csi: { driver, readOnly: true, volumeAttributes: attributes } },
        annotations: origin.podAnnotations,
      };
    }
    case 'oci-image':
      return {
        volume: { name },
        newer: { [name]: { image: { reference: origin.reference, pullPolicy: 'IfNotPresent' } } },
      };
    default:
      return {};
  }
}

function artifactMount(cache: ModelCache, { name, artifact: { origin, path } }: PlacedArtifact) {
  switch (origin.kind) {
    case 'baked':
    case 'server-downloads':
      return undefined;
    case 'download':
      return {
        name: CACHE_VOLUME,
        mountPath: path,
        subPath: [cache.subPath ?? [], 'artifacts', origin.folder].flat().join('/'),
        readOnly: true,
      };
    default:
      return {
        name,
        mountPath: path,
        ...(origin.kind === 'claim' && origin.subPath !== undefined && { subPath: origin.subPath }),
        readOnly: true,
      };
  }
}

/** The container that brings an artifact into the cache, or waits until a Job has. */
function fillingContainer(
  { plan, cache, placed, serverImage, credentials }: ModelVolumesRequest,
  { name, artifact }: PlacedArtifact,
): k8s.Container {
  const origins = downloaded(placed).map((each) => each.artifact.origin as DownloadOrigin);
  const request: DownloadRequest = {
    name,
    origin: artifact.origin as DownloadOrigin,
    cacheVolume: CACHE_VOLUME,
    subPath: cache.subPath,
    serverImage,
    credentials,
    // A disk of one pod has room for one set of weights; in a cache that others use, nobody knows what they need.
    keep: cache.isOfOnePod ? origins.map(({ folder }) => folder) : [],
    memoryMib: plan.resources.memoryMib,
    memoryCacheMib: cache.kind === 'memory' ? cache.sizeMib : undefined,
  };
  return cache.filledByJob ? waitContainer(request, waitSeconds(plan)) : downloadContainer(request);
}

/** As long as a download with its margin: the Job may have begun with the pod. */
const waitSeconds = ({ startup }: InferencePlan) => Math.max(600, FETCH_MARGIN * startup.fetchSeconds);
