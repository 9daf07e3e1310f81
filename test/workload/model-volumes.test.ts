import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Size } from 'cdk8s';
import { LoraAdapters } from '../../lib/model/lora-adapter';
import { DownloadCredentials } from '../../lib/model/download-credentials';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { ModelSource } from '../../lib/model/model-source';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { downloadScript } from '../../lib/workload/download-script';
import { refusalsOf } from '../support/messages';
import { statefulSet } from '../support/services';
import { manifestOf, partsOf, POD, SERVER, yamlOf } from '../support/yaml-of';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const CHECKSUM = 'ab'.repeat(32);
const COMMIT = 'c'.repeat(40);

const vllm = new VllmRuntime({ image: `vllm/vllm-openai:v0.11.0@${DIGEST}` });
const pool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-48', maxNodes: 2, kubernetesVersion: '1.35' });

const S3 = ModelSource.s3({ bucket: 'weights', key: 'llama3-8b/2026-03-01', region: 'us-east-1' });
const HUB = ModelSource.huggingFace({ repository: 'meta-llama/Meta-Llama-3-8B-Instruct', revision: COMMIT });

const ARTIFACTS = {
  none: undefined,
  huggingFace: ModelArtifact.huggingFace({ repository: 'meta-llama/Meta-Llama-3-8B-Instruct', revision: COMMIT }),
  baked: ModelArtifact.baked('/opt/weights'),
  claim: ModelArtifact.claim('weights', { subPath: 'llama3-8b' }),
  gcsFuse: ModelArtifact.gcsFuse({ bucket: 'weights', onlyDir: 'llama3-8b' }),
  ociImage: ModelArtifact.ociImage(`registry.example.com/weights/llama3-8b@${DIGEST}`),
  download: ModelArtifact.download(S3, { checksum: CHECKSUM }),
} as const;

const CACHES = {
  'left out': undefined,
  perReplica: ModelCache.perReplica(),
  shared: ModelCache.shared(undefined, { storageClass: 'filestore' }),
  claim: ModelCache.claim('cache'),
  'claim, read-only': ModelCache.claim('cache', { readOnly: true }),
  filledByJob: ModelCache.filledByJob('cache'),
  ephemeral: ModelCache.ephemeral(),
  nodeLocal: ModelCache.nodeLocal('/var/lib/models'),
  memory: ModelCache.memory(),
} as const;

const made = (changes: Parameters<typeof statefulSet>[0]) =>
  statefulSet({
    runtime: vllm,
    nodePool: pool,
    tensorParallelSize: 1,
    credentials: undefined,
    cache: undefined,
    waivers: { 'host-path': 'a test' },
    ...changes,
  });

/** What became of it in a line: where the cache is, what runs before the server; or the first thing that is wrong. */
function outcome(changes: Parameters<typeof statefulSet>[0]): string {
  const { chart, llama } = made(changes);
  const problems = [chart, ...chart.node.findAll()].flatMap((construct) => construct.node.validate());
  if (problems.length > 0)
    return `refused: ${[...new Set(problems)].map((text) => text.split('\n')[1]!.trim()).join(' / ')}`;
  const { template, volumeClaimTemplates } = llama.workload.toJson().spec;
  const { initContainers = [], volumes, containers } = template.spec;
  const kind = (volume: Record<string, unknown>) => Object.keys(volume).find((key) => key !== 'name');
  const volume = (name: string) => volumes.find((each: { name: string }) => each.name === name);
  const cachePath = llama.plan.contract.cachePath;
  const mount = containers[0].volumeMounts.find((each: { mountPath: string }) => each.mountPath === cachePath);
  const cache = volumeClaimTemplates
    ? `disk of ${volumeClaimTemplates[0].spec.resources.requests.storage}`
    : `${kind(volume(mount.name))} ${volume(mount.name).emptyDir?.sizeLimit ?? ''}`.trim();
  const model = volume('model') ? `, model by ${kind(volume('model'))}` : '';
  const first = initContainers.map(({ name }: { name: string }) => name).join(', ');
  return `cache on ${cache}${model}${first && `, after ${first}`}`;
}

test('every artifact with every cache: what becomes of it', () => {
  const table = Object.entries(ARTIFACTS).flatMap(([artifactName, artifact]) =>
    Object.entries(CACHES).map(
      ([cacheName, cache]) => `${artifactName.padEnd(12)} ${cacheName.padEnd(17)} ${outcome({ artifact, cache })}`,
    ),
  );
  expect(table.join('\n')).toMatchInlineSnapshot(`
none         left out          cache on disk of 20Gi
none         perReplica        cache on disk of 20Gi
none         shared            cache on persistentVolumeClaim
none         claim             cache on persistentVolumeClaim
none         claim, read-only  cache on persistentVolumeClaim
none         filledByJob       refused: The claim cache is filled by a Job, but the server is to download by itself.
none         ephemeral         cache on emptyDir 20Gi
none         nodeLocal         cache on hostPath
none         memory            cache on emptyDir 20Gi
huggingFace  left out          cache on disk of 20Gi
huggingFace  perReplica        cache on disk of 20Gi
huggingFace  shared            cache on persistentVolumeClaim
huggingFace  claim             cache on persistentVolumeClaim
huggingFace  claim, read-only  cache on persistentVolumeClaim
huggingFace  filledByJob       refused: The claim cache is filled by a Job, but the server is to download by itself.
huggingFace  ephemeral         cache on emptyDir 20Gi
huggingFace  nodeLocal         cache on hostPath
huggingFace  memory            cache on emptyDir 20Gi
baked        left out          cache on emptyDir 4Gi
baked        perReplica        cache on disk of 20Gi
baked        shared            cache on persistentVolumeClaim
baked        claim             cache on persistentVolumeClaim
baked        claim, read-only  refused: The weights are elsewhere, and the cache cache is read-only: the server could keep nothing in it.
baked        filledByJob       refused: The claim cache is filled by a Job, but the weights are elsewhere.
baked        ephemeral         cache on emptyDir 4Gi
baked        nodeLocal         cache on hostPath
baked        memory            cache on emptyDir 4Gi
claim        left out          cache on emptyDir 4Gi, model by persistentVolumeClaim
claim        perReplica        cache on disk of 20Gi, model by persistentVolumeClaim
claim        shared            cache on persistentVolumeClaim, model by persistentVolumeClaim
claim        claim             cache on persistentVolumeClaim, model by persistentVolumeClaim
claim        claim, read-only  refused: The weights are elsewhere, and the cache cache is read-only: the server could keep nothing in it.
claim        filledByJob       refused: The claim cache is filled by a Job, but the weights are elsewhere.
claim        ephemeral         cache on emptyDir 4Gi, model by persistentVolumeClaim
claim        nodeLocal         cache on hostPath, model by persistentVolumeClaim
claim        memory            cache on emptyDir 4Gi, model by persistentVolumeClaim
gcsFuse      left out          cache on emptyDir 4Gi, model by csi
gcsFuse      perReplica        cache on disk of 20Gi, model by csi
gcsFuse      shared            cache on persistentVolumeClaim, model by csi
gcsFuse      claim             cache on persistentVolumeClaim, model by csi
gcsFuse      claim, read-only  refused: The weights are elsewhere, and the cache cache is read-only: the server could keep nothing in it.
gcsFuse      filledByJob       refused: The claim cache is filled by a Job, but the weights are elsewhere.
gcsFuse      ephemeral         cache on emptyDir 4Gi, model by csi
gcsFuse      nodeLocal         cache on hostPath, model by csi
gcsFuse      memory            cache on emptyDir 4Gi, model by csi
ociImage     left out          cache on emptyDir 4Gi, model by image
ociImage     perReplica        cache on disk of 20Gi, model by image
ociImage     shared            cache on persistentVolumeClaim, model by image
ociImage     claim             cache on persistentVolumeClaim, model by image
ociImage     claim, read-only  refused: The weights are elsewhere, and the cache cache is read-only: the server could keep nothing in it.
ociImage     filledByJob       refused: The claim cache is filled by a Job, but the weights are elsewhere.
ociImage     ephemeral         cache on emptyDir 4Gi, model by image
ociImage     nodeLocal         cache on hostPath, model by image
ociImage     memory            cache on emptyDir 4Gi, model by image
download     left out          cache on disk of 20Gi, after download-model
download     perReplica        cache on disk of 20Gi, after download-model
download     shared            cache on persistentVolumeClaim, after download-model
download     claim             cache on persistentVolumeClaim, after download-model
download     claim, read-only  refused: model is to be downloaded into the claim cache, which is mounted read-only.
download     filledByJob       cache on emptyDir 4Gi, after wait-for-model
download     ephemeral         cache on emptyDir 20Gi, after download-model
download     nodeLocal         cache on hostPath, after download-model
download     memory            cache on emptyDir 20Gi, after download-model
`);
});

test('docs/artifacts.md shows the same table', () => {
  const cell = (text: string) => (text.startsWith('refused') ? 'refused' : (/after (.*)/.exec(text)?.[1] ?? 'yes'));
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const names = Object.keys(CACHES);
  const table = [
    row(['artifact', ...names]),
    row(['artifact', ...names].map(() => '---')),
    ...Object.entries(ARTIFACTS).map(([name, artifact]) =>
      row([name, ...Object.values(CACHES).map((cache) => cell(outcome({ artifact, cache })))]),
    ),
  ];
  const text = readFileSync(join(__dirname, '../../docs/artifacts.md'), 'utf8');
  const written = text.split('\n').map((line) => line.replace(/ +/g, ' ').replace(/-{3,}/g, '---'));
  expect(written).toEqual(expect.arrayContaining(table));
});

test('what an init container downloads: verified, without the server having the key', () => {
  const artifact = ModelArtifact.download(S3, {
    checksum: CHECKSUM,
    credentials: DownloadCredentials.secret('weights-reader', {
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'key',
    }),
  });
  const { chart } = made({ artifact });
  const [init] = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.initContainers;
  expect(init.args[0]).toBe(downloadScript('s3'));
  expect(partsOf({ init: { ...init, args: ['…'] } }, 'init')).toMatchInlineSnapshot(`
init:
  name: download-model
  image: rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5
  imagePullPolicy: IfNotPresent
  command:
    - /bin/sh
    - "-c"
  args:
    - "…"
  env:
    - name: CACHE
      value: /model-cache
    - name: ARTIFACT
      value: "2026-03-01-e249d40f636d"
    - name: SHA256
      value: abababababababababababababababababababababababababababababababab
    - name: KEEP
      value: "2026-03-01-e249d40f636d"
    - name: HOME
      value: /tmp
    - name: SOURCE
      value: ":s3:weights/llama3-8b/2026-03-01"
    - name: RCLONE_S3_PROVIDER
      value: AWS
    - name: RCLONE_S3_REGION
      value: us-east-1
    - name: RCLONE_S3_ENV_AUTH
      value: "true"
    - name: AWS_ACCESS_KEY_ID
      valueFrom:
        secretKeyRef:
          name: weights-reader
          key: id
    - name: AWS_SECRET_ACCESS_KEY
      valueFrom:
        secretKeyRef:
          name: weights-reader
          key: key
  resources:
    requests:
      cpu: "1"
      memory: 1Gi
      ephemeral-storage: 256Mi
    limits:
      memory: 1Gi
      ephemeral-storage: 256Mi
  securityContext:
    allowPrivilegeEscalation: false
    capabilities:
      drop:
        - ALL
    readOnlyRootFilesystem: true
  volumeMounts:
    - name: model-cache
      mountPath: /model-cache
    - name: download-tmp
      mountPath: /tmp
`);
  expect(yamlOf(chart, 'StatefulSet', 'llama', `${POD}.volumes`, `${SERVER}.volumeMounts`)).toMatchInlineSnapshot(`
volumes:
  - name: download-tmp
    emptyDir:
      sizeLimit: 256Mi
  - name: shm
    emptyDir:
      medium: Memory
      sizeLimit: 2Gi
  - name: tmp
    emptyDir:
      sizeLimit: 8Gi
volumeMounts:
  - name: model-cache
    mountPath: /home/vllm/.cache/huggingface
  - name: model-cache
    mountPath: /models
    readOnly: true
    subPath: artifacts/2026-03-01-e249d40f636d
  - name: shm
    mountPath: /dev/shm
  - name: tmp
    mountPath: /tmp
`);
  const server = JSON.stringify(manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.containers);
  expect(server).not.toContain('secretKeyRef');
});

test("the service's own key goes to whoever downloads", () => {
  const credentials = ModelCredentials.huggingFace({ secretName: 'hub' });
  const keys = (artifact: ModelArtifact | undefined) => {
    const { initContainers = [], containers } = manifestOf(
      made({ artifact, credentials }).chart,
      'StatefulSet',
      'llama',
    ).spec.template.spec;
    const has = (container: { env: object[]; volumeMounts: object[] }) =>
      /secretKeyRef|model-credentials/.test(JSON.stringify([container.env, container.volumeMounts]));
    return [...initContainers, ...containers].filter(has).map(({ name }) => name);
  };
  expect(keys(undefined)).toEqual(['vllm']);
  expect(keys(ModelArtifact.download(HUB, { checksum: CHECKSUM }))).toEqual(['download-model']);
  expect(keys(ModelArtifact.claim('weights'))).toEqual([]);
});

test('Hugging Face is downloaded by the image of the server, without its GPU', () => {
  const { chart } = made({ artifact: ModelArtifact.download(HUB, { checksum: CHECKSUM }) });
  const [init] = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.initContainers;
  expect(init.image).toBe(vllm.image.toString());
  expect(partsOf(init, 'env', 'resources')).toMatchInlineSnapshot(`
env:
  - name: CACHE
    value: /model-cache
  - name: ARTIFACT
    value: meta-llama-3-8b-instruct-686dd0c6853a
  - name: SHA256
    value: abababababababababababababababababababababababababababababababab
  - name: KEEP
    value: meta-llama-3-8b-instruct-686dd0c6853a
  - name: HOME
    value: /tmp
  - name: HF_HUB_DISABLE_TELEMETRY
    value: "1"
  - name: EXCLUDE
    value: ""
  - name: NVIDIA_VISIBLE_DEVICES
    value: void
  - name: REPOSITORY
    value: meta-llama/Meta-Llama-3-8B-Instruct
  - name: REVISION
    value: cccccccccccccccccccccccccccccccccccccccc
resources:
  requests:
    cpu: "1"
    memory: 4Gi
    ephemeral-storage: 256Mi
  limits:
    memory: 4Gi
    ephemeral-storage: 256Mi
`);
});

test('a pod that waits for a Job mounts the weights read-only, and writes elsewhere', () => {
  const artifact = ModelArtifact.download(S3, { checksum: CHECKSUM });
  const { chart } = made({ artifact, cache: ModelCache.filledByJob('weights', { subPath: 'llama' }) });
  const [init] = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.initContainers;
  expect(partsOf({ init: { ...init, args: ['…'] } }, 'init')).toMatchInlineSnapshot(`
init:
  name: wait-for-model
  image: rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5
  imagePullPolicy: IfNotPresent
  command:
    - /bin/sh
    - "-c"
  args:
    - "…"
  env:
    - name: CACHE
      value: /model-cache
    - name: ARTIFACT
      value: "2026-03-01-e249d40f636d"
    - name: TIMEOUT_SECONDS
      value: "858"
  resources:
    requests:
      cpu: 10m
      memory: 64Mi
      ephemeral-storage: 64Mi
    limits:
      memory: 64Mi
      ephemeral-storage: 64Mi
  securityContext:
    allowPrivilegeEscalation: false
    capabilities:
      drop:
        - ALL
    readOnlyRootFilesystem: true
  volumeMounts:
    - name: model-cache
      mountPath: /model-cache
      readOnly: true
      subPath: llama
`);
  expect(yamlOf(chart, 'StatefulSet', 'llama', `${POD}.volumes`, `${SERVER}.volumeMounts`)).toMatchInlineSnapshot(`
volumes:
  - name: model-cache
    persistentVolumeClaim:
      claimName: weights
      readOnly: true
  - name: server-cache
    emptyDir:
      sizeLimit: 4Gi
  - name: shm
    emptyDir:
      medium: Memory
      sizeLimit: 2Gi
  - name: tmp
    emptyDir:
      sizeLimit: 8Gi
volumeMounts:
  - name: server-cache
    mountPath: /home/vllm/.cache/huggingface
  - name: model-cache
    mountPath: /models
    readOnly: true
    subPath: llama/artifacts/2026-03-01-e249d40f636d
  - name: shm
    mountPath: /dev/shm
  - name: tmp
    mountPath: /tmp
`);
});

test('an image as a volume, which the L1 classes do not know', () => {
  const { chart } = made({ artifact: ARTIFACTS.ociImage });
  expect(manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.volumes).toContainEqual({
    name: 'model',
    image: { reference: `registry.example.com/weights/llama3-8b@${DIGEST}`, pullPolicy: 'IfNotPresent' },
  });
});

test("GKE's driver for buckets wants an annotation on the pod", () => {
  const { chart } = made({ artifact: ARTIFACTS.gcsFuse });
  expect(yamlOf(chart, 'StatefulSet', 'llama', 'spec.template.metadata.annotations')).toMatchInlineSnapshot(`
annotations:
  gke-gcsfuse/volumes: "true"
`);
  expect(manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.volumes).toContainEqual({
    name: 'model',
    csi: {
      driver: 'gcsfuse.csi.storage.gke.io',
      readOnly: true,
      volumeAttributes: { bucketName: 'weights', mountOptions: 'implicit-dirs,only-dir=llama3-8b' },
    },
  });
});

describe('LoRA adapters', () => {
  const adapter = (name: string, artifact: ModelArtifact) => ({ name, artifact, rank: 16 });
  const download = (key: string) =>
    ModelArtifact.download(ModelSource.s3({ bucket: 'adapters', key, region: 'us-east-1' }), { checksum: CHECKSUM });

  test('two tenants on one base: each in a folder of its own, none of them kept by a disk that lost them', () => {
    const lora = new LoraAdapters({
      adapters: [
        adapter('tenant-a.sql', download('a/sql')),
        adapter('tenant-b.sql', ModelArtifact.claim('adapters', { subPath: 'b' })),
      ],
    });
    const { chart, llama } = made({ artifact: ARTIFACTS.download, lora });
    expect(llama.plan.problems).toEqual([]);
    const { initContainers, containers, volumes } = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec;
    expect(initContainers.map(({ name }: { name: string }) => name)).toEqual([
      'download-model',
      'download-adapter-tenant-a-sql',
    ]);
    const keep = initContainers[0].env.find(({ name }: { name: string }) => name === 'KEEP').value;
    expect(keep.split(' ').map((folder: string) => folder.replace(/-[0-9a-f]{12}$/, ''))).toEqual([
      '2026-03-01',
      'sql',
    ]);
    expect(containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual(
      expect.arrayContaining(['/models', '/adapters/tenant-a.sql', '/adapters/tenant-b.sql']),
    );
    expect(volumes.map(({ name }: { name: string }) => name)).toContain('adapter-tenant-b-sql');
  });

  test('the name of the base model is taken', () => {
    const lora = new LoraAdapters({ adapters: [adapter('llama', ModelArtifact.baked('/adapters/llama'))] });
    expect(refusalsOf(made({ servedModelName: 'llama', lora }).chart)).toMatchInlineSnapshot(`
nim/llama: lora-adapters
  The adapter llama has the name of the base model, so clients could not ask for one of them.
  Rename the adapter.
`);
  });
});

test('what a user adds must not collide with what the weights need', () => {
  const { chart } = made({
    artifact: ModelArtifact.download(S3, { checksum: CHECKSUM }),
    volumes: [
      { name: 'model-cache', emptyDir: {} },
      { name: 'download-tmp', emptyDir: {} },
    ],
    volumeMounts: [{ name: 'model-cache', mountPath: '/models' }],
    initContainers: [{ name: 'download-model', image: `busybox@${DIGEST}` }],
  });
  expect(refusalsOf(chart)).toMatchInlineSnapshot(`
nim/llama: volumes
  A volume model-cache exists already: it holds the weights.
  Give yours another name.
nim/llama: volumes
  A volume download-tmp exists already: it holds what a download writes beside the weights.
  Give yours another name.
nim/llama: volumes
  Two volumes are mounted at /models: model-cache and model-cache.
  Mount one of them elsewhere.
nim/llama: names
  Two containers of the pod are called download-model.
  Give each a name of its own.
`);
});

test('a cache in memory is memory of the pod, and of the container that writes it', () => {
  const { chart, llama } = made({ artifact: ARTIFACTS.download, cache: ModelCache.memory(Size.gibibytes(20)) });
  const [init] = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.initContainers;
  expect(init.resources.limits.memory).toBe('21Gi');
  const without = made({ artifact: ARTIFACTS.download }).llama;
  expect(llama.plan.resources.memoryMib - without.plan.resources.memoryMib).toBe(20 * 1024);
});
