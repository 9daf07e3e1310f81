import { Size } from 'cdk8s';
import { DownloadCredentials } from './download-credentials';
import { ModelSource } from './model-source';

/** Where in the pod the files are. */
export interface ArtifactPath {
  /**
   * Folder of the pod in which the server finds the files.
   * @default '/models'
   */
  readonly path?: string;
}

/** Weights on a claim that exists. */
export interface ClaimArtifactOptions extends ArtifactPath {
  /** Folder inside the volume. @default - its root */
  readonly subPath?: string;
}

/** Weights in a store that a CSI driver mounts without a claim. */
export interface CsiArtifactProps extends ArtifactPath {
  /**
   * Name of the driver. It must offer inline volumes: `volumeLifecycleModes: [Ephemeral]` of its CSIDriver. Mountpoint for S3
   * does not (awslabs/mountpoint-s3-csi-driver#88): make an `ObjectStoreClaim`, and use `ModelArtifact.claim`.
   */
  readonly driver: string;
  /** What the driver wants to know. @default - nothing */
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  /** Annotations that the driver wants on the pod. @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /**
   * Hosts that the pod itself must reach, where the driver works in a sidecar of it: a network policy would cut it off.
   * @default - none: the driver works on the node
   */
  readonly hosts?: readonly string[];
}

/** Weights in a bucket of Google Cloud Storage, mounted by GKE. */
export interface GcsFuseArtifactProps extends ArtifactPath {
  readonly bucket: string;
  /** Folder inside the bucket. @default - the whole bucket */
  readonly onlyDir?: string;
  /** Further options of gcsfuse, such as `file-cache:max-size-mb:-1`. @default - none */
  readonly mountOptions?: readonly string[];
}

/** Weights that an init container downloads. */
export interface DownloadArtifactOptions extends ArtifactPath {
  /**
   * SHA-256 of the content, 64 hex digits. For one file `sha256sum < file`; for several, in their folder:
   * `find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`. The server is not started when it differs.
   * Without it the download prints the digest that it found.
   * @default - not verified, which is a problem unless a revision says what the content is
   */
  readonly checksum?: string;
  /** @default - the credentials of the service, where they are of the same kind (NGC, Hugging Face); else none */
  readonly credentials?: DownloadCredentials;
  /**
   * Size of all files. A wrong one makes the cache too small or the start-up budget too short.
   * @default - that of the model's weights
   */
  readonly size?: Size;
  /**
   * Image that downloads. It needs sh, flock, find, sort, xargs and sha256sum beside the tool of the source: `rclone`; `hf` or
   * `huggingface-cli`; `ngc`.
   * @default - rclone's own; for Hugging Face the server's. NGC has none: state one
   */
  readonly image?: string;
}

/** Weights in an image, mounted as a volume. */
export type OciImageArtifactOptions = ArtifactPath;

/** What a compiled engine runs on, and nothing else. */
export interface EngineTarget {
  /** Id of the GPU that it was compiled for, such as `L4` or `H100-80GB`. */
  readonly gpu: string;
  /** Version of the server that it was compiled with, as the runtime's `version` says it. */
  readonly serverVersion: string;
  /** GPUs that it was compiled for. @default 1 */
  readonly tensorParallelSize?: number;
}

/** Where the files of an artifact are before the pod starts. */
export type ArtifactOrigin =
  | { readonly kind: 'baked' }
  | { readonly kind: 'server-downloads'; readonly repository: string; readonly revision?: string }
  | { readonly kind: 'claim'; readonly claimName: string; readonly subPath?: string }
  | {
      readonly kind: 'csi';
      readonly driver: string;
      readonly volumeAttributes: Readonly<Record<string, string>>;
      readonly podAnnotations: Readonly<Record<string, string>>;
      readonly hosts: readonly string[];
    }
  | { readonly kind: 'oci-image'; readonly reference: string }
  | {
      readonly kind: 'download';
      readonly source: ModelSource;
      readonly checksum?: string;
      readonly credentials?: DownloadCredentials;
      readonly image?: string;
      readonly sizeMib?: number;
      /** Folder in the cache: a name and a digest of source, revision and checksum, so that other content is elsewhere. */
      readonly folder: string;
    };
