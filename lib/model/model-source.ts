import { shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import {
  bucketProblems,
  globProblems,
  hostOf,
  keyProblems,
  lastPart,
  portOf,
  repositoryProblems,
  sourceProblem,
  urlProblems,
} from './model-source-problems';

/** A repository of Hugging Face at one commit. */
export interface HuggingFaceSourceProps {
  /** Such as `meta-llama/Llama-3.3-70B-Instruct`. */
  readonly repository: string;
  /**
   * The commit, 40 hex digits, as the repository's history shows it. A branch or a tag can be moved, and what was reviewed
   * is then not what runs.
   */
  readonly revision?: string;
  /**
   * Files to leave out, one glob such as `original/*`: Llama's repositories hold every weight twice.
   * @default - every file
   */
  readonly exclude?: string;
  /** A mirror of the Hub inside your network, such as `https://hub.example.com`. @default - huggingface.co */
  readonly endpoint?: string;
}

/** A folder or one object of S3, or of a store that speaks its protocol. */
export interface S3SourceProps {
  readonly bucket: string;
  /** Folder or object inside the bucket, such as `llama3-8b/2026-03-01`. */
  readonly key: string;
  /** Region of the bucket. A wrong one is a redirect that the client refuses. @default - `endpoint` says where it is */
  readonly region?: string;
  /** URL of a store that is not AWS, such as `https://minio.example.com`. @default - AWS */
  readonly endpoint?: string;
}

/** A folder or one object of Google Cloud Storage. */
export interface GcsSourceProps {
  readonly bucket: string;
  /** Folder or object inside the bucket. */
  readonly key: string;
}

/** A folder or one blob of Azure Blob Storage. */
export interface AzureBlobSourceProps {
  /** The storage account. */
  readonly account: string;
  readonly container: string;
  /** Folder or blob inside the container. */
  readonly key: string;
}

/** Where weights can be downloaded from. */
export type ModelSourceKind = 'hugging-face' | 'ngc' | 's3' | 'gcs' | 'azure-blob' | 'https';

/** Where the Hub's files are: the repository itself, and the stores that it redirects to. */
const HUGGING_FACE_HOSTS = ['huggingface.co', '*.huggingface.co', '*.hf.co', '*.xethub.hf.co'];
/** NVIDIA's page on deploying behind a proxy. */
const NGC_HOSTS = ['api.ngc.nvidia.com', 'authn.nvidia.com', 'files.ngc.nvidia.com', 'xfiles.ngc.nvidia.com'];

/** The store, and where a key or a service account is turned into a token. */
export const GCS_HOSTS: readonly string[] = ['storage.googleapis.com', 'oauth2.googleapis.com', 'sts.googleapis.com'];

/** Ports of the URLs that are stated; that of HTTPS where none is. */
const portsOf = (...urls: readonly (string | undefined)[]) => [
  ...new Set(urls.map((url) => (url === undefined ? 443 : portOf(url)))),
];

/**
 * Where weights are downloaded from, and which of them. Pure data: it says nothing about who downloads.
 */
export class ModelSource {
  /** A repository of Hugging Face. */
  static huggingFace(props: HuggingFaceSourceProps): ModelSource {
    const { repository, revision, exclude, endpoint } = props;
    return new ModelSource(
      'hugging-face',
      `hf://${repository}${revision === undefined ? '' : `@${revision}`}`,
      {
        REPOSITORY: repository,
        REVISION: revision ?? 'main',
        ...(exclude !== undefined && { EXCLUDE: exclude }),
        ...(endpoint !== undefined && { HF_ENDPOINT: endpoint }),
      },
      endpoint === undefined ? HUGGING_FACE_HOSTS : [hostOf(endpoint)],
      [
        ...repositoryProblems(repository),
        ...globProblems('exclude', exclude),
        ...(endpoint === undefined ? [] : urlProblems(endpoint, 'http')),
      ],
      { revision, folder: lastPart(repository), repository, ports: portsOf(endpoint) },
    );
  }

  /** A model of NVIDIA's NGC registry, `org/team/model:version` or `org/model:version`. */
  static ngc(model: string): ModelSource {
    const [, name, version] = /^([^:]*)(?::(.*))?$/.exec(model) ?? [];
    return new ModelSource(
      'ngc',
      `ngc://${model}`,
      { MODEL: model, NGC_CLI_ORG: model.split('/')[0] ?? '' },
      NGC_HOSTS,
      /^[\w.-]+(\/[\w.-]+){1,2}$/.test(name ?? '') && (version === undefined || /^[\w.+-]+$/.test(version))
        ? []
        : [sourceProblem(`${shown(model)} is no model of NGC.`, 'Write org/team/model:version.')],
      { revision: version, folder: lastPart(name ?? '') },
    );
  }

  /** A folder or one object of S3. */
  static s3(props: S3SourceProps): ModelSource {
    const { bucket, key, region, endpoint } = props;
    const aws = endpoint === undefined;
    return new ModelSource(
      's3',
      `s3://${bucket}/${key}`,
      {
        SOURCE: `:s3:${bucket}/${key}`,
        RCLONE_S3_PROVIDER: aws ? 'AWS' : 'Other',
        ...(region !== undefined && { RCLONE_S3_REGION: region }),
        ...(endpoint !== undefined && { RCLONE_S3_ENDPOINT: endpoint }),
      },
      aws
        ? [`s3.${region}.amazonaws.com`, `*.s3.${region}.amazonaws.com`, `sts.${region}.amazonaws.com`]
        : [hostOf(endpoint)],
      [
        ...bucketProblems(bucket),
        ...keyProblems(key),
        ...(aws && region === undefined
          ? [
              sourceProblem(
                `Neither the region of the bucket ${shown(bucket)} nor an endpoint is given.`,
                "State region: 'us-east-1', or endpoint for a store that is not AWS.",
              ),
            ]
          : []),
        ...(region === undefined || /^[a-z0-9-]+$/.test(region)
          ? []
          : [sourceProblem(`${shown(region)} is no region.`, 'Use one such as us-east-1.')]),
        ...(endpoint === undefined ? [] : urlProblems(endpoint, 'http')),
      ],
      { folder: lastPart(key), ports: portsOf(endpoint) },
    );
  }

  /** A folder or one object of Google Cloud Storage. */
  static gcs(props: GcsSourceProps): ModelSource {
    const { bucket, key } = props;
    return new ModelSource(
      'gcs',
      `gs://${bucket}/${key}`,
      // Uniform access, which Google recommends, has no access lists of single objects.
      { SOURCE: `:gcs:${bucket}/${key}`, RCLONE_GCS_BUCKET_POLICY_ONLY: 'true' },
      GCS_HOSTS,
      [...bucketProblems(bucket), ...keyProblems(key)],
      { folder: lastPart(key) },
    );
  }

  /** A folder or one blob of Azure Blob Storage. */
  static azureBlob(props: AzureBlobSourceProps): ModelSource {
    const { account, container, key } = props;
    return new ModelSource(
      'azure-blob',
      `https://${account}.blob.core.windows.net/${container}/${key}`,
      { SOURCE: `:azureblob:${container}/${key}`, RCLONE_AZUREBLOB_ACCOUNT: account },
      [`${account}.blob.core.windows.net`, 'login.microsoftonline.com'],
      [
        ...(/^[a-z0-9]{3,24}$/.test(account)
          ? []
          : [sourceProblem(`${shown(account)} is no storage account.`, 'Use 3 to 24 lower-case letters and digits.')]),
        ...bucketProblems(container),
        ...keyProblems(key),
      ],
      { folder: lastPart(key) },
    );
  }

  /** Files behind HTTPS URLs, each stored under the last part of its path. */
  static https(...urls: readonly string[]): ModelSource {
    const files = urls.map((url) => ({ url, name: lastPart(url.split(/[?#]/)[0]!) }));
    const names = files.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    return new ModelSource(
      'https',
      urls[0] === undefined
        ? 'https://'
        : `${urls[0].split('?')[0]}${urls.length > 1 ? ` and ${urls.length - 1} more` : ''}`,
      { FILES: files.map(({ url, name }) => `${url} ${name}`).join('\n') },
      [...new Set(urls.map(hostOf))],
      [
        ...urls.flatMap((url) => urlProblems(url)),
        ...names
          .filter((name) => name === '' || name === '.' || name === '..')
          .map(() =>
            sourceProblem('A URL ends in no name of a file.', 'Name the file: https://host/path/model.safetensors.'),
          ),
        ...(urls.length === 0 ? [sourceProblem('No URL is given.', 'Give at least one.')] : []),
        ...(twice === undefined
          ? []
          : [
              sourceProblem(
                `Two URLs end in ${shown(twice)}, so one file would overwrite the other.`,
                'Rename one of them.',
              ),
            ]),
      ],
      { folder: lastPart(urls[0]?.split(/[?#]/)[0] ?? ''), ports: portsOf(...urls) },
    );
  }

  /** What pins the content, beside a checksum: a commit of Hugging Face, a version of NGC. */
  readonly revision?: string;
  /** A name for its folder, from its last part. */
  readonly folder: string;
  /** Repository of Hugging Face; undefined for other sources. */
  readonly repository?: string;
  /** TCP ports of the hosts. */
  readonly ports: readonly number[];

  private constructor(
    readonly kind: ModelSourceKind,
    /** The source as a person writes it, for messages. */
    readonly name: string,
    /** What the download reads from its environment. */
    readonly environment: Readonly<Record<string, string>>,
    /** Hosts it is fetched from; a network policy opens `ports` of them. */
    readonly hosts: readonly string[],
    problems: readonly Problem[],
    more: {
      readonly revision?: string;
      readonly folder: string;
      readonly repository?: string;
      readonly ports?: readonly number[];
    },
  ) {
    refuse(`ModelSource ${name}`, [
      ...problems,
      ...Object.values(this.environment)
        .filter((value) => value.includes('${'))
        .map((value) =>
          sourceProblem(`${shown(value)} holds a dollar sign and a brace, which Flux replaces.`, 'Rename it.'),
        ),
    ]);
    this.revision = more.revision;
    this.folder = more.folder;
    this.repository = more.repository;
    this.ports = more.ports ?? [443];
  }
}
