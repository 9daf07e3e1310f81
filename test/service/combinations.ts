import { App, Chart, Size, Testing } from 'cdk8s';
import {
  CustomRuntime,
  GpuNodePool,
  InferenceService,
  InferenceServiceProps,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  ModelSource,
  NetworkPeer,
  NimRuntime,
  ServingRuntime,
  SglangRuntime,
  TgiRuntime,
  TritonRuntime,
  VllmRuntime,
} from '../../lib';
import { Manifest } from '../support/yaml-of';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const CHECKSUM = '2'.repeat(64);
const COMMIT = '3'.repeat(40);
const MODEL = 'meta-llama/Meta-Llama-3-8B-Instruct';

const pool = GpuNodePool.gke({
  name: 'h100',
  machineType: 'a3-highgpu-1g',
  maxNodes: 4,
  zones: ['us-central1-a'],
  kubernetesVersion: '1.36',
  localSsdAsEphemeralStorage: true,
});

type Props = Partial<InferenceServiceProps>;

/** Every server, with what it needs to be told of the model beside where its files are. */
export const RUNTIMES: Readonly<Record<string, () => { readonly runtime: ServingRuntime } & Props>> = {
  'NIM 1.x': () => ({
    runtime: new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:1.8.0@${DIGEST}` }),
    credentials: ModelCredentials.ngc({ secretName: 'ngc-api' }),
  }),
  'NIM 2.x': () => ({
    runtime: new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:2.0.4@${DIGEST}` }),
    credentials: ModelCredentials.ngc({ secretName: 'ngc-api' }),
  }),
  vLLM: () => ({
    runtime: new VllmRuntime({ image: `vllm/vllm-openai:v0.18.1@${DIGEST}` }),
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
  }),
  SGLang: () => ({
    runtime: new SglangRuntime({ image: `lmsysorg/sglang:v0.5.23@${DIGEST}` }),
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
  }),
  TGI: () => ({
    runtime: new TgiRuntime({ image: `ghcr.io/huggingface/text-generation-inference:3.0.1@${DIGEST}` }),
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
  }),
  Triton: () => ({
    runtime: new TritonRuntime({ image: `nvcr.io/nvidia/tritonserver:25.08-trtllm-python-py3@${DIGEST}` }),
  }),
  Custom: () => ({
    runtime: new CustomRuntime({
      name: 'assistant',
      image: `registry.example.com/assistant:1.0.0@${DIGEST}`,
      port: 8000,
      readiness: { path: '/ready', port: 8000 },
      liveness: { path: '/live', port: 8000 },
      metrics: { path: '/metrics', port: 8000 },
      user: 1000,
      servesLocalWeights: true,
    }),
  }),
};

/** Every way to bring the files. */
export const ARTIFACTS: Readonly<Record<string, (server: ServingRuntime) => ModelArtifact | undefined>> = {
  'the server downloads': () => undefined,
  '… a commit of Hugging Face': () => ModelArtifact.huggingFace({ repository: MODEL, revision: COMMIT }),
  'baked into the image': () => ModelArtifact.baked('/weights'),
  claim: () => ModelArtifact.claim('weights'),
  'CSI, inline': () => ModelArtifact.gcsFuse({ bucket: 'weights' }),
  'OCI image': () => ModelArtifact.ociImage(`registry.example.com/weights@${DIGEST}`),
  'download: NGC': () =>
    ModelArtifact.download(ModelSource.ngc('nvidia/llama/llama-3-8b:1.0'), {
      checksum: CHECKSUM,
      image: `registry.example.com/ngc-cli:3.0.0@${DIGEST}`,
    }),
  'download: Hugging Face': () =>
    ModelArtifact.download(ModelSource.huggingFace({ repository: MODEL, revision: COMMIT }), {
      checksum: CHECKSUM,
      image: `registry.example.com/hf:1.0.0@${DIGEST}`,
    }),
  'download: S3': () =>
    ModelArtifact.download(ModelSource.s3({ bucket: 'weights', key: 'llama3-8b', region: 'us-east-1' }), {
      checksum: CHECKSUM,
    }),
  'download: GCS': () =>
    ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama3-8b' }), { checksum: CHECKSUM }),
  'download: Azure Blob': () =>
    ModelArtifact.download(ModelSource.azureBlob({ account: 'weights', container: 'llama', key: 'llama3-8b' }), {
      checksum: CHECKSUM,
    }),
  'download: HTTPS': () =>
    ModelArtifact.download(ModelSource.https('https://models.example.com/llama3-8b/model.safetensors'), {
      checksum: CHECKSUM,
    }),
  'TensorRT engine on a claim': ({ version }) =>
    ModelArtifact.tensorRtEngine(ModelArtifact.claim('engine'), { gpu: 'H100-80GB', serverVersion: version }),
};

/** Every place to keep what was downloaded. */
export const CACHES: Readonly<Record<string, () => ModelCache | undefined>> = {
  derived: () => undefined,
  'per replica': () => ModelCache.perReplica(Size.gibibytes(50)),
  shared: () => ModelCache.shared(Size.gibibytes(50), { storageClass: 'filestore' }),
  'claim, filled': () => ModelCache.claim('cache', { filled: true }),
  'claim, filled by a Job': () => ModelCache.filledByJob('cache'),
  'node disk of the pod': () => ModelCache.ephemeral(Size.gibibytes(50)),
  'folder of the node': () => ModelCache.nodeLocal('/mnt/disks/ssd0/models'),
  memory: () => ModelCache.memory(Size.gibibytes(30)),
};

/** What becomes of a combination: its objects, or why it is refused. */
export type Outcome = { readonly objects: readonly Manifest[] } | { readonly refusals: readonly string[] };

/** Synthesizes one combination in memory. */
export function outcomeOf(runtime: string, artifact: string, cache: string): Outcome {
  const server = RUNTIMES[runtime]!();
  const chart = new Chart(new App(), 'models', { namespace: 'models', disableResourceNameHashes: true });
  new InferenceService(chart, 'llama3-8b', {
    model: MODEL,
    nodePool: pool,
    maxModelLen: 8192,
    network: { clients: [NetworkPeer.namespace('apps')] },
    ...server,
    artifact: ARTIFACTS[artifact]!(server.runtime),
    cache: CACHES[cache]!(),
  });
  const refusals = chart.node.findAll().flatMap(({ node }) => node.validate());
  return refusals.length > 0 ? { refusals: [...new Set(refusals)] } : { objects: Testing.synth(chart) as Manifest[] };
}
