import { SizeRoundingBehavior } from 'cdk8s';
import { createHash } from 'node:crypto';
import { refuse } from '../problem/problem';
import { artifactProblems } from './model-artifact-problems';
import {
  ArtifactOrigin,
  ClaimArtifactOptions,
  CsiArtifactProps,
  DownloadArtifactOptions,
  EngineTarget,
  GcsFuseArtifactProps,
  OciImageArtifactOptions,
} from './model-artifact-props';
import { GCS_HOSTS, ModelSource } from './model-source';

/**
 * Where the weights come from, pinned. What a pod needs for that (volumes, an init container, a network policy) is derived.
 */
export class ModelArtifact {
  /** In the server's image already; its digest pins them. */
  static baked(path: string): ModelArtifact {
    return new ModelArtifact({ kind: 'baked' }, path);
  }

  /**
   * The server downloads a repository of Hugging Face itself, at a commit. It needs the key and the way out, and nothing
   * verifies a checksum: `download(ModelSource.huggingFace(…))` keeps both from the server.
   */
  static huggingFace(props: { readonly repository: string; readonly revision?: string }): ModelArtifact {
    // The source refuses what is no repository.
    ModelSource.huggingFace(props);
    const { repository, revision } = props;
    return new ModelArtifact({ kind: 'server-downloads', repository, revision }, '');
  }

  /** On a claim of yours, mounted read-only. With more than one replica it must be ReadOnlyMany or ReadWriteMany. */
  static claim(claimName: string, options: ClaimArtifactOptions = {}): ModelArtifact {
    const { path, subPath } = options;
    return new ModelArtifact({ kind: 'claim', claimName, subPath }, path);
  }

  /** In a store that a CSI driver mounts into the pod, read-only. */
  static csi(props: CsiArtifactProps): ModelArtifact {
    const { driver, volumeAttributes = {}, podAnnotations = {}, hosts = [], path } = props;
    return new ModelArtifact({ kind: 'csi', driver, volumeAttributes, podAnnotations, hosts }, path);
  }

  /**
   * In a bucket that GKE's Cloud Storage FUSE driver mounts, read-only. The driver must be on in the cluster, and the pod's
   * service account may read the bucket: state `serviceAccount`.
   */
  static gcsFuse(props: GcsFuseArtifactProps): ModelArtifact {
    const { bucket, onlyDir, mountOptions = [], path } = props;
    const options = ['implicit-dirs', ...(onlyDir === undefined ? [] : [`only-dir=${onlyDir}`]), ...mountOptions];
    return ModelArtifact.csi({
      driver: 'gcsfuse.csi.storage.gke.io',
      volumeAttributes: { bucketName: bucket, mountOptions: options.join(',') },
      podAnnotations: { 'gke-gcsfuse/volumes': 'true' },
      hosts: GCS_HOSTS,
      path,
    });
  }

  /**
   * Downloaded into the model cache by an init container, and verified there before the server starts. The key and the
   * tools stay with the init container.
   */
  static download(source: ModelSource, options: DownloadArtifactOptions = {}): ModelArtifact {
    const { checksum, credentials, image, size, path } = options;
    const digest = createHash('sha256')
      .update(JSON.stringify([source.kind, source.name, source.environment, checksum ?? null]))
      .digest('hex');
    const folder = `${slug(source.folder)}-${digest.slice(0, 12)}`;
    const sizeMib = size && Math.ceil(size.toMebibytes({ rounding: SizeRoundingBehavior.NONE }));
    return new ModelArtifact({ kind: 'download', source, checksum, credentials, image, sizeMib, folder }, path);
  }

  /**
   * In an OCI image that kubelet mounts as a volume: pulled and kept by the node like the server's own image. Takes a cluster
   * of 1.35 or newer, whose container runtime knows image volumes.
   *
   * @param reference the image by its digest, `registry/repository@sha256:…`
   */
  static ociImage(reference: string, options: OciImageArtifactOptions = {}): ModelArtifact {
    return new ModelArtifact({ kind: 'oci-image', reference }, options.path);
  }

  /**
   * A TensorRT engine: the files of another artifact, tied to the GPU and the server that they were compiled for. On another
   * one the server fails while it loads.
   */
  static tensorRtEngine(artifact: ModelArtifact, target: EngineTarget): ModelArtifact {
    return new ModelArtifact(artifact.origin, artifact.path, target);
  }

  private constructor(
    readonly origin: ArtifactOrigin,
    /** Folder of the pod in which the server finds the files; empty when the server downloads them itself. */
    readonly path = '/models',
    /** What a compiled engine runs on; undefined for weights, which run anywhere. */
    readonly engine?: EngineTarget,
  ) {
    refuse(`ModelArtifact ${origin.kind}`, artifactProblems(origin, path));
  }

  /** The same files under another path. What is baked into the image stays where it is. */
  at(path: string): ModelArtifact {
    return this.origin.kind === 'baked' ? this : new ModelArtifact(this.origin, path, this.engine);
  }

  /** True when the files lie in the pod before the server starts. */
  get isLocal(): boolean {
    return this.origin.kind !== 'server-downloads';
  }
}

/** A name that folders can have, whatever the source is called. */
function slug(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name.slice(0, 40).replace(/-+$/, '') || 'model';
}
