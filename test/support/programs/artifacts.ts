import { call, Code, code, list, literal, mostly, of, oneOf, props, rarely, sometimes, weighted } from './code';
import { count, duration, name, oddText, path, size, text } from './odd';
import { Server } from './servers';

const COMMIT = '3'.repeat(40);
const CHECKSUM = '2'.repeat(64);
const DIGEST = `@sha256:${'1'.repeat(64)}`;
const REPOSITORY = 'meta-llama/Meta-Llama-3-8B-Instruct';

const bucket = text('weights', 'a.b-c');
const key = text('llama3-8b', 'models/llama3/8b');

const source: Code = oneOf(
  call(
    'ModelSource.huggingFace',
    props({ repository: text(REPOSITORY), revision: of(COMMIT), exclude: rarely(text('original/*')) }),
  ),
  call('ModelSource.s3', props({ bucket, key, region: text('us-east-1') })),
  call(
    'ModelSource.s3',
    props({ bucket, key, endpoint: text('https://minio.example.com', 'http://minio.store:9000') }),
  ),
  call('ModelSource.gcs', props({ bucket, key })),
  call('ModelSource.azureBlob', props({ account: text('weights'), container: text('llama'), key })),
  call('ModelSource.https', text('https://models.example.com/llama3-8b/model.safetensors')),
);

const downloadCredentials: Code = oneOf(
  call('DownloadCredentials.secret', name('bucket-key')),
  code('DownloadCredentials.workloadIdentity()'),
);

const download: Code = call(
  'ModelArtifact.download',
  source,
  props({
    checksum: mostly(of(CHECKSUM), of('', '0', CHECKSUM.toUpperCase(), `${CHECKSUM}0`)),
    credentials: rarely(downloadCredentials),
    path: rarely(path('/weights')),
    size: rarely(size('gibibytes(16)')),
    image: rarely(text(`registry.example.com/rclone:1${DIGEST}`)),
  }),
);

const here: Code = oneOf(
  call(
    'ModelArtifact.claim',
    name('weights'),
    props({ path: rarely(path('/weights')), subPath: sometimes(text('llama/8b')) }),
  ),
  call('ModelArtifact.baked', path('/weights')),
  call('ModelArtifact.ociImage', text(`registry.example.com/weights${DIGEST}`)),
  call('ModelArtifact.gcsFuse', props({ bucket, onlyDir: sometimes(text('llama')) })),
  call(
    'ModelArtifact.csi',
    props({
      driver: name('blob.csi.azure.com', 'csi.example.com'),
      volumeAttributes: sometimes(props({ bucket: mostly(of('weights'), oddText) })),
      path: rarely(path('/weights')),
    }),
  ),
);

/** Where the files of a service come from; none where the server downloads by itself. */
export const artifact = ({ servesFiles, downloads }: Server): Code =>
  !servesFiles
    ? of(undefined)
    : downloads
      ? weighted(
          [3, of(undefined)],
          [2, here],
          [3, download],
          [1, call('ModelArtifact.huggingFace', props({ repository: text(REPOSITORY), revision: of(COMMIT) }))],
        )
      : weighted([3, here], [2, download]);

/** What a Job can fill a cache with. */
export const downloaded = download;

/** Places for what was downloaded; most leave it to the library. */
export const cache: Code = weighted(
  [4, call('ModelCache.perReplica', size('gibibytes(50)'), props({ storageClass: sometimes(name('premium-rwo')) }))],
  [1, code('ModelCache.perReplica()')],
  [
    2,
    call(
      'ModelCache.shared',
      size('gibibytes(100)'),
      props({ storageClass: sometimes(name('filestore')), claimName: sometimes(name('weights')) }),
    ),
  ],
  [
    2,
    call(
      'ModelCache.claim',
      name('cache'),
      props({ filled: rarely(of(true, false)), subPath: sometimes(text('llama', 'a/b')), readOnly: rarely(of(true)) }),
    ),
  ],
  [2, call('ModelCache.ephemeral', size('gibibytes(40)'))],
  [1, call('ModelCache.nodeLocal', path('/mnt/disks/ssd0/models'))],
);

const stored = {
  secretStore: name('platform', 'vault'),
  secretStoreKind: rarely(of('SecretStore', 'ClusterSecretStore')),
  key: text('nim/key'),
  property: rarely(text('token')),
  refreshInterval: rarely(duration('hours(1)', 'minutes(15)')),
};

const inCluster = { secretName: name('model-key'), secretKey: rarely(name('KEY')) };

const provider: Code = oneOf(
  call('SecretProvider.vault', props({ address: text('https://vault.example.com:8200'), role: text('nim') })),
  call('SecretProvider.aws', props({ region: sometimes(text('eu-west-1')) })),
  code('SecretProvider.gcp()'),
  call(
    'SecretProvider.azure',
    props({
      keyVault: text('vault'),
      tenantId: text('00000000-0000-0000-0000-000000000000'),
      clientId: text('client'),
    }),
  ),
);

const mounted = { provider, key: text('secret/key') };
const generation = { generation: rarely(text('1', '2026-11')) };
const pull = { pullSecretName: sometimes(name('registry')) };

/** Keys of every kind that a server knows. */
export const credentials = ({ credentials: kind }: Server): Code =>
  kind === 'none'
    ? code('ModelCredentials.keyless()')
    : kind === 'ngc'
      ? weighted(
          [
            3,
            call(
              'ModelCredentials.ngc',
              props({ ...stored, ...generation, ...pull, secretName: sometimes(name('ngc')) }),
            ),
          ],
          [3, call('ModelCredentials.ngc', props({ ...inCluster, ...generation, ...pull }))],
          [1, call('ModelCredentials.ngc', props({ ...mounted, ...generation }))],
        )
      : weighted(
          [
            3,
            call(
              'ModelCredentials.huggingFace',
              props({ ...stored, ...generation, secretName: sometimes(name('hf')) }),
            ),
          ],
          [3, call('ModelCredentials.huggingFace', props({ ...inCluster, ...generation }))],
          [1, call('ModelCredentials.huggingFace', props({ ...mounted, ...generation }))],
          [1, code('ModelCredentials.keyless()')],
        );

const adapter = (at: number): Code =>
  props({
    name: text(`tenant-${at}`, `sql_${at}`),
    rank: count(16, 8),
    artifact: call('ModelArtifact.claim', name('adapters'), code(`{ subPath: ${literal(`adapter-${at}`)} }`)),
  });

/** Adapters of two tenants. */
export const lora: Code = call(
  'new LoraAdapters',
  props({ adapters: oneOf(list(adapter(0), 1, 1), list(adapter(1), 0, 2)), maxLoras: rarely(count(1)) }),
);
