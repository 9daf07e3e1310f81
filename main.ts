/**
 * The reference platform: a small GPU platform on GKE, three teams, five servers, models from 0.3 to 405 billion
 * parameters. `npm run synth` writes dist/; each step of a release is an edit of this file.
 */
import { Chart, Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import {
  GatewayReference,
  GpuMonitoring,
  GpuNodePool,
  InferenceApp,
  InferenceDashboards,
  InferencePolicy,
  InferenceService,
  LoraAdapters,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  ModelSource,
  Monitoring,
  NetworkPeer,
  NimRuntime,
  RouteAuthentication,
  TenantNamespace,
  TritonRuntime,
  VllmRuntime,
} from './lib';

const app = new InferenceApp();

const l4 = GpuNodePool.gke({
  name: 'gpupool',
  machineType: 'g2-standard-4',
  maxNodes: 2,
  zones: ['us-central1-a'],
});
const h100 = GpuNodePool.gke({
  name: 'h100',
  machineType: 'a3-highgpu-8g',
  maxNodes: 1,
  zones: ['us-central1-a'],
  localSsdAsEphemeralStorage: true,
});
// Whole machines for what spans several: the scheduler would spread small services over all that are empty.
const h100Groups = GpuNodePool.gke({
  name: 'h100-groups',
  machineType: 'a3-highgpu-8g',
  maxNodes: 2,
  zones: ['us-central1-a'],
  localSsdAsEphemeralStorage: true,
});
const slices = GpuNodePool.gke({
  name: 'a100-slices',
  machineType: 'a2-ultragpu-1g',
  mig: { profile: '1g.10gb' },
  maxNodes: 1,
  zones: ['us-central1-a'],
  bootDisk: Size.gibibytes(200),
});

new InferencePolicy(app, 'inference-policy', {
  pools: [l4, h100, h100Groups, slices],
  registries: ['nvcr.io/nim', 'nvcr.io/nvidia', 'docker.io/vllm', 'docker.io/rclone'],
});

const edge = new GatewayReference({
  name: 'edge',
  namespace: 'envoy-gateway-system',
  implementation: 'envoy-gateway',
});
const monitoring = Monitoring.prometheusOperator({ labels: { release: 'kube-prometheus-stack' } });
// Of Prometheus with Grafana, and of the DCGM exporter. Flux applies nothing at all while a namespace is missing, so they are here
// too; what is there already stays as those who run them made it, and nothing prunes them.
const operators = new Chart(app, 'operators');
for (const name of ['monitoring', 'gpu-operator']) {
  const flux = 'kustomize.toolkit.fluxcd.io';
  const annotations = { [`${flux}/prune`]: 'disabled', [`${flux}/ssa`]: 'IfNotPresent' };
  new k8s.KubeNamespace(operators, name, { metadata: { name, annotations } });
}
new GpuMonitoring(app, 'gpu-monitoring', { monitoring, pools: [l4, h100, h100Groups, slices] });
new InferenceDashboards(app, 'dashboards', { monitoring });

const readable = { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' };
const byCommit = { 'artifact-checksum': 'a commit of Hugging Face names its content' };

// NVIDIA NIM: one version serves, the next one is prepared.
const nim = new TenantNamespace(app, 'nim', { gpus: 2 });
const nimClients = RouteAuthentication.apiKeys({
  secretStore: 'platform',
  key: 'nim/clients',
  quotas: { perClient: { requests: 600, unit: 'Minute' } },
});

new InferenceService(nim, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  canary: { runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }), step: 'prepared' },
  nodePool: l4,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  route: { gateway: edge, hostname: 'llama.example.com', authentication: nimClients },
  slo: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } },
  waivers: readable,
  monitoring,
});

// Open weights by vLLM, 8B to 405B on one pool: what the plan allows shares its machines.
const chat = new TenantNamespace(app, 'chat', { gpus: 24 });
const chatClients = RouteAuthentication.apiKeys({ secretStore: 'platform', key: 'chat/clients' });
const huggingFace = ModelCredentials.huggingFace({ secretStore: 'platform', key: 'chat/hugging-face' });
const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });

/** The weights of a model at the commit that was reviewed, downloaded before the server starts and without its knowing a key. */
const weights = (repository: string, revision: string) =>
  ModelArtifact.download(ModelSource.huggingFace({ repository, revision, exclude: 'original/*' }));

new InferenceService(chat, 'llama3-70b', {
  model: 'meta-llama/Llama-3.3-70B-Instruct',
  runtime: vllm,
  nodePool: h100,
  tensorParallelSize: 4,
  maxModelLen: 32768,
  artifact: weights('meta-llama/Llama-3.3-70B-Instruct', '6f6073b423013f6a7d4d9f39144961bfbfbc386b'),
  credentials: huggingFace,
  slo: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } },
  route: { gateway: edge, hostname: 'chat.example.com', authentication: chatClients },
  waivers: { ...readable, ...byCommit },
  monitoring,
});

new InferenceService(chat, 'qwen-14b', {
  model: 'Qwen/Qwen2.5-14B-Instruct',
  runtime: vllm,
  nodePool: h100,
  maxModelLen: 32768,
  artifact: weights('Qwen/Qwen2.5-14B-Instruct', 'cf98f3b3bbb457ad9e2bb7baf9a0125b6b88caa8'),
  credentials: huggingFace,
  route: { gateway: edge, hostname: 'draft.example.com', authentication: chatClients },
  waivers: { ...readable, ...byCommit },
  monitoring,
  scaling: { maxReplicas: 2 },
});

// One base, an adapter for each of two tenants, who ask for it by name.
new InferenceService(chat, 'llama3-1-8b', {
  model: 'meta-llama/Llama-3.1-8B-Instruct',
  runtime: vllm,
  nodePool: h100,
  maxModelLen: 16384,
  artifact: weights('meta-llama/Llama-3.1-8B-Instruct', '0e9e39f249a16976918f6564b8830bc894c89659'),
  credentials: huggingFace,
  lora: new LoraAdapters({
    adapters: [
      { name: 'support', rank: 16, artifact: ModelArtifact.claim('adapters', { subPath: 'support/2026-10' }) },
      { name: 'legal', rank: 64, artifact: ModelArtifact.claim('adapters', { subPath: 'legal/2026-11' }) },
    ],
  }),
  route: { gateway: edge, hostname: 'adapters.example.com', authentication: chatClients },
  waivers: { ...readable, ...byCommit },
  monitoring,
});

// Two machines, one model: layers over both, each layer over the eight GPUs of one.
new InferenceService(chat, 'llama3-405b', {
  model: 'meta-llama/Llama-3.1-405B-Instruct',
  runtime: vllm,
  nodePool: h100Groups,
  tensorParallelSize: 8,
  pipelineParallelSize: 2,
  maxModelLen: 32768,
  artifact: ModelArtifact.claim('llama3-405b'),
  route: { gateway: edge, hostname: 'large.example.com', authentication: chatClients },
  waivers: readable,
  monitoring,
});

// Small models on slices of one GPU.
const search = new TenantNamespace(app, 'search', { gpus: 7 });

new InferenceService(search, 'embed', {
  model: 'nvidia/nv-embedqa-e5-v5',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' }),
  nodePool: slices,
  cache: ModelCache.perReplica(Size.gibibytes(20)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'search/ngc-api-key' }),
  waivers: readable,
  network: { clients: [NetworkPeer.namespace('search-api')] },
  monitoring,
});

const text = [{ name: 'text', dataType: 'TYPE_STRING', dims: [1] }] as const;
const tokens = [
  { name: 'input_ids', dataType: 'TYPE_INT64', dims: [-1] },
  { name: 'attention_mask', dataType: 'TYPE_INT64', dims: [-1] },
] as const;
const logits = [{ name: 'logits', dataType: 'TYPE_FP32', dims: [3] }] as const;
const label = [{ name: 'label', dataType: 'TYPE_STRING', dims: [1] }] as const;

new InferenceService(search, 'sentiment', {
  runtime: new TritonRuntime({
    image: 'nvcr.io/nvidia/tritonserver:25.08-py3',
    probes: 'grpc',
    models: [
      {
        name: 'preprocess',
        backend: 'python',
        maxBatchSize: 32,
        inputs: text,
        outputs: tokens,
        instanceGroups: [{ kind: 'KIND_CPU', count: 2 }],
        parameters: { tokenizer_dir: { artifactPath: 'tokenizer' } },
      },
      {
        name: 'classifier',
        backend: 'onnxruntime',
        maxBatchSize: 32,
        inputs: tokens,
        outputs: logits,
        dynamicBatching: { maxQueueDelayMicroseconds: 2000 },
        instanceGroups: [{ kind: 'KIND_GPU' }],
      },
      {
        name: 'postprocess',
        backend: 'python',
        maxBatchSize: 32,
        inputs: logits,
        outputs: label,
        instanceGroups: [{ kind: 'KIND_CPU' }],
      },
      {
        name: 'sentiment',
        platform: 'ensemble',
        maxBatchSize: 32,
        inputs: text,
        outputs: label,
        steps: [
          { model: 'preprocess', inputMap: { text: 'text' }, outputMap: { input_ids: 'ids', attention_mask: 'mask' } },
          {
            model: 'classifier',
            inputMap: { input_ids: 'ids', attention_mask: 'mask' },
            outputMap: { logits: 'logits' },
          },
          { model: 'postprocess', inputMap: { logits: 'logits' }, outputMap: { label: 'label' } },
        ],
      },
    ],
  }),
  nodePool: slices,
  artifact: ModelArtifact.claim('sentiment'),
  longestAnswer: Duration.seconds(30),
  waivers: {
    ...readable,
    'gpu-memory-fit': 'a classifier of 0.4 GB beside 9.5 GiB; nvidia-smi under load has the last word',
  },
  network: { clients: [NetworkPeer.namespace('search-api')] },
  monitoring,
});

app.synth();
