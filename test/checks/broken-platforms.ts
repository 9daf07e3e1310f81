import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu, EnvValue, k8s, Secret } from 'cdk8s-plus-30';
import {
  CanaryStrategy,
  CatalogModelId,
  CustomRuntime,
  CustomRuntimeProps,
  DownloadCredentials,
  GatewayReference,
  GpuInferenceStatefulSet,
  GpuNodeAffinity,
  GpuNodePool,
  ImageLock,
  InferenceAutoscaler,
  InferencePolicy,
  InferencePriorityClasses,
  InferenceQueue,
  InferenceRoute,
  InferenceService,
  layoutByConcern,
  LoraAdapters,
  ManifestSource,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  ModelDownload,
  Monitoring,
  modelFromConfig,
  ModelSource,
  NetworkPeer,
  NimNetworkPolicy,
  NimRuntime,
  ProgressiveDelivery,
  SourceVerification,
  VerifiedSource,
  RouteAuthentication,
  Scalable,
  ScalingSchedule,
  SglangRuntime,
  TenantNamespace,
  TgiRuntime,
  vllmMemoryProfile,
  VllmRuntime,
  WarmPool,
  WorkloadIdentity,
  IngressReference,
} from '../../lib';
import { CheckId } from '../../lib/checks/catalog';
import { Platform } from './platform';

/** One way to get a check to speak, by a change of main.ts, and one to get it silent. */
export interface BrokenPlatform {
  /** What the user has in mind. */
  readonly title: string;
  /** What was changed in main.ts. */
  readonly broken: (base: Platform) => void;
  /** How it is told; a value throws as soon as it is made. */
  readonly told: 'error' | 'warning' | 'thrown by a value';
  /** All that is printed. */
  readonly message: string;
  /** What is right instead, from the same main.ts. */
  readonly mended: (base: Platform) => void;
}

/** What is applied now: the platform before the change. */
function committed(change: (base: Platform) => void = () => {}): ManifestSource {
  const folder = mkdtempSync(join(tmpdir(), 'committed-'));
  const before = new Platform(folder);
  change(before);
  before.finish().synth();
  return ManifestSource.folder(folder);
}

const CANDIDATE = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' });
const WEIGHTS = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'weights' },
  spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Ti' } } },
};
/** Two copies of the model beside the service, kept by Deployments that begin with a new pod. */
const twoDeployments = (pool: Platform['pool'], nim: TenantNamespace, tag: string) => {
  const nodePool = GpuNodePool.gke(pool);
  for (const name of ['one', 'two']) {
    const { stable } = new InferenceService(nim, name, {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      runtime: new VllmRuntime({ image: `vllm/vllm-openai:${tag}` as string }),
      nodePool,
      maxModelLen: 8192,
      workload: 'Deployment',
      artifact: ModelArtifact.claim('weights'),
      network: { clients: [] },
      waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
    });
    stable.workload.addJsonPatch(
      JsonPatch.replace('/spec/strategy', {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
      }),
    );
  }
};

/** Machines with two GPUs: the service takes both of one, and two smaller ones take a GPU each. */
const besideSmaller = (base: Platform, maxNodes: number) => {
  const { tenant, pool, service } = base;
  tenant.gpus = 4;
  const nodePool = GpuNodePool.gke({ ...pool, machineType: 'g2-standard-24', maxNodes });
  service.nodePool = nodePool;
  service.tensorParallelSize = 2;
  service.waivers = { ...service.waivers, 'gpu-topology': 'slower tokens will do' };
  for (const name of ['one', 'two']) {
    new GpuInferenceStatefulSet(base.nim, name, {
      nodePool,
      runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
      cache: ModelCache.perReplica(Size.gibibytes(50)),
      credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
      waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
    });
  }
};

/** A Deployment of the user's own, as far as a scaler must know it. */
const OWN: Scalable = {
  toScalingTarget: () => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'own', labels: { 'app.kubernetes.io/instance': 'own' } },
    ...{ replicas: 1, rolloutSeconds: 600, service: 'own', server: 'own 1.0' },
    signals: {
      counters: {},
      gauges: { queueDepth: { metric: 'own_queue', across: 'sum' } },
      histograms: {},
      lacks: {},
    },
  }),
};

/** What stands in for the service when it has no room, in the same namespace. */
const smaller = ({ nim, pool, edge }: Platform, servedModelName: string) =>
  new InferenceService(nim, 'small', {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
    nodePool: GpuNodePool.gke(pool),
    maxModelLen: 4096,
    servedModelName,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
    network: { clients: edge.peers },
    waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
  });

/** No promise, and nobody who looks: for servers that measure less. */
function unwatched(service: Platform['service']): void {
  service.slo = undefined;
  service.monitoring = undefined;
}

/** The weights of the service, as their makers published them on one day. */
const PINNED = ModelArtifact.huggingFace({
  repository: 'meta-llama/Meta-Llama-3-8B-Instruct',
  revision: '8cde5ca8380496c9a6cc7ef3a8b46a0372a1d920',
});

/** A store of the cluster itself, by the name of its Service. */
const FROM_MINIO = ModelArtifact.download(
  ModelSource.s3({ bucket: 'weights', key: 'llama3-8b', endpoint: 'http://minio.storage.svc:9000' }),
  { checksum: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' },
);
/** The weights in a bucket that lets pods in by their service account. */
const FROM_BUCKET = ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama3-8b' }), {
  checksum: 'f'.repeat(64),
  credentials: DownloadCredentials.workloadIdentity(),
});

/** A FastAPI application that runs vLLM inside, described but for its liveness. */
const FASTAPI: CustomRuntimeProps = {
  name: 'fastapi',
  image: 'registry.example.com/team/llama-api:1.4.2',
  port: 8000,
  readiness: { path: '/ready', port: 8000 },
  metrics: { path: '/metrics', port: 8000 },
  signals: { gauges: { queueDepth: { metric: 'requests_waiting', across: 'sum' } } },
  shutdown: 'drains',
  args: ({ longestAnswerSeconds }) => ['--timeout-graceful-shutdown', String(longestAnswerSeconds)],
  env: ({ weights }): Record<string, string> =>
    weights.kind === 'local' ? {} : { MODEL: weights.repository ?? '', REVISION: weights.revision ?? '' },
  user: 1001,
  readOnlyRootFilesystem: true,
  writablePaths: [{ name: 'tmp', path: '/tmp', sizeMib: 1024 }],
  credentials: [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN' }],
  clientPaths: ['/v1/chat/completions'],
  hostMemory: Size.gibibytes(10),
  memory: vllmMemoryProfile('0.11.2', { id: 'L4', computeCapability: 8.9, memoryGb: 24, cudaMemoryGib: 22.03 }),
};

/** Llama on vLLM, with a promise that its histogram can keep. */
function vllmWithPromise(service: Platform['service']): void {
  service.runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.2' });
  service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
  service.artifact = PINNED;
  service.slo = { endToEndLatency: { p95: Duration.minutes(1) } };
}

const PROMETHEUS = 'http://prometheus-operated.monitoring:9090';

/** For each check. The pages in docs/checks show these functions as they stand here. */
export const BROKEN: Readonly<Record<CheckId, BrokenPlatform>> = {
  'gpu-memory-fit': {
    title: 'More long conversations at once than the card can keep',
    broken: ({ service }) => {
      service.concurrency = 24;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: gpu-memory-fit
  24 concurrent sequences of 8,192 tokens need 24.0 GiB of KV cache; an L4 leaves 2.7 GiB beside 14.96 GiB of bf16 weights
  (22.03 GiB x 0.90 - 14.96 weights - 2.1 runtime and activations). 2 sequences fit.
  Lower concurrency to 2 or maxModelLen to 816, use tensorParallelSize 4 or a GPU with 80 GB or more, such as A100-80GB.`,
    mended: ({ service }) => {
      service.concurrency = 2;
    },
  },
  'gpu-parallelism': {
    title: 'Three of four GPUs for one copy of the model',
    broken: ({ pool, tenant, service }) => {
      pool.machineType = 'g2-standard-48';
      tenant.gpus = 4;
      service.tensorParallelSize = 3;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: gpu-parallelism
  meta-llama/Meta-Llama-3-8B-Instruct: 32 attention heads cannot be divided by tensorParallelSize 3. The server refuses to start.
  Use tensorParallelSize 2, 4 or 8.`,
    mended: ({ pool, tenant, service }) => {
      pool.machineType = 'g2-standard-48';
      tenant.gpus = 4;
      service.tensorParallelSize = 4;
    },
  },
  'parallel-layout': {
    title: 'A copy over two machines, as a StatefulSet',
    broken: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:2.0.4' });
      service.pipelineParallelSize = 2;
      service.workload = 'StatefulSet';
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: parallel-layout
  One copy of the model takes 2 GPUs, and a node of the pool gpupool has 1: that is 2 pods which start and end together; a StatefulSet knows pods one by one.
  Use a GpuInferenceLeaderWorkerSet (workload: 'LeaderWorkerSet'), or a machine with 2 GPUs.`,
    mended: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:2.0.4' });
      service.pipelineParallelSize = 2;
    },
  },
  disaggregation: {
    title: 'Prompts and answers apart, with a server that does both at once',
    broken: ({ service }) => {
      service.prefill = { router: { image: 'vllm/vllm-router:v0.1.15' } };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable, nim/llama3-8b/prefill: disaggregation
  Prompts are computed apart from answers here with vLLM only, not with nim 1.0.0.
  Leave prefill out, or use VllmRuntime.`,
    mended: ({ service }) => {
      service.runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
      service.artifact = PINNED;
      service.prefill = { router: { image: 'vllm/vllm-router:v0.1.15' } };
    },
  },
  'gpu-precision': {
    title: 'A model published in bf16, on a T4',
    broken: ({ pool, service }) => {
      pool.machineType = 'n1-standard-8';
      pool.attachedT4s = 1;
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: gpu-precision
  bf16 weights do not run on T4, whose compute capability is 7.5; it takes 8.0.
  Use fp16 weights.`,
    mended: ({ pool, service }) => {
      pool.machineType = 'n1-standard-8';
      pool.attachedT4s = 1;
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
      service.weightFormat = 'fp16';
    },
  },
  'gpu-context-length': {
    title: 'A longer context than the model knows',
    broken: ({ service }) => {
      service.maxModelLen = 16384;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: gpu-context-length
  maxModelLen is 16384; meta-llama/Meta-Llama-3-8B-Instruct was made for 8192 tokens.
  Use maxModelLen 8192 or less, or describe a model with scaled rotary embeddings.`,
    mended: ({ service }) => {
      service.model = 'meta-llama/Llama-3.1-8B-Instruct';
      service.maxModelLen = 16384;
    },
  },
  'gpu-topology': {
    title: 'One copy over two GPUs that only share a PCIe bus',
    broken: ({ pool, service }) => {
      pool.machineType = 'g2-standard-24';
      service.tensorParallelSize = 2;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: gpu-topology
  2 L4 of the pool gpupool exchange every layer over PCIe: they have no NVLink.
  Use one larger GPU, or replicas with tensorParallelSize 1; or waive this if slower tokens will do.`,
    mended: ({ pool, service }) => {
      pool.machineType = 'a2-highgpu-2g';
      service.tensorParallelSize = 2;
    },
  },
  'gpu-sharing': {
    title: 'A promised latency on half a GPU',
    broken: ({ pool, service }) => {
      pool.sharing = { replicas: 2 };
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2.5) } };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: gpu-sharing
  The service promises a timeToFirstToken p95 of 2.5 s, but the pool gpupool gives each L4 to 2 pods by turns: a neighbour decides how long a token takes.
  Use a pool of whole GPUs, or promise no latency.`,
    mended: ({ service }) => {
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2.5) } };
      service.waivers = { ...service.waivers, 'unwatched-objective': 'the team watches it by hand' };
    },
  },
  'latency-objective': {
    title: 'Tokens faster than the card can read the weights',
    broken: ({ service }) => {
      unwatched(service);
      service.slo = { interTokenLatency: { p50: Duration.millis(25) } };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: latency-objective
  interTokenLatency p50 of 0.025 s: a token reads the weights once, which takes L4 51 ms at 300 GB/s.
  Promise more than that, use weights in fewer bits, a higher tensorParallelSize, or a GPU with more bandwidth.`,
    mended: ({ service }) => {
      unwatched(service);
      service.slo = { interTokenLatency: { p50: Duration.millis(100) } };
      service.waivers = { ...service.waivers, 'unwatched-objective': 'the team watches it by hand' };
    },
  },
  'latency-boundary': {
    title: 'A promise between two buckets of the histogram',
    broken: ({ service }) => {
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2) } };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: latency-boundary
  timeToFirstToken p95 of 2 s: nim 1.0.0 counts requests of up to 1 s and of up to 2.5 s, and none between.
  Promise 1 s or 2.5 s.`,
    mended: ({ service }) => {
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2.5) } };
      service.waivers = { ...service.waivers, 'unwatched-objective': 'the team watches it by hand' };
    },
  },
  'model-task': {
    title: 'An embedding model on an image for chat',
    broken: ({ service }) => {
      service.model = 'nvidia/nv-embedqa-e5-v5';
      service.maxModelLen = 512;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: model-task
  The image is a NIM for LLMs; nvidia/nv-embedqa-e5-v5 is a model for embedding.
  Use the image nvcr.io/nim/nvidia/nv-embedqa-e5-v5.`,
    mended: ({ service }) => {
      unwatched(service);
      service.model = 'nvidia/nv-embedqa-e5-v5';
      service.maxModelLen = 512;
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' });
    },
  },
  'node-fit': {
    title: 'Memory by the data sheet of the machine',
    broken: ({ service }) => {
      service.resources = { memory: Size.gibibytes(16) };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: node-fit
  A pod asks for 16,384 MiB of memory, sidecars and shared memory included; a node of the pool gpupool (g2-standard-4) leaves 12,356 MiB (13,256 MiB allocatable, 900 MiB for DaemonSets).
  Ask for at most 12,288 MiB, use a larger machine, or state daemonSets of the pool if yours ask for less.`,
    mended: ({ service }) => {
      service.resources = { memory: Size.gibibytes(12) };
    },
  },
  memory: {
    title: 'A small pod for a small model',
    broken: ({ service }) => {
      service.resources = { memory: Size.gibibytes(1) };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: memory
  The pod has 1024 MiB of memory, of which /dev/shm may take 1024 MiB: nothing is left for the server.
  Leave resources.memory out: the pod then gets its part of the machine, up to the 23970 MiB that the server wants. Or use a larger machine.`,
    mended: ({ service }) => {
      service.resources = { memory: Size.gibibytes(8) };
    },
  },
  resources: {
    title: 'A CPU limit below the request',
    broken: ({ service }) => {
      service.resources = { cpu: Cpu.units(3), cpuLimit: Cpu.units(2) };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: resources
  The CPU limit of 2000m is below the 3000m that the pod requests; the API server refuses such a pod.
  Use a cpuLimit of 3000m or more, a smaller resources.cpu, or no limit.`,
    mended: ({ service }) => {
      service.resources = { cpu: Cpu.units(2), cpuLimit: Cpu.units(3) };
    },
  },
  'model-cache': {
    title: 'A disk smaller than the weights',
    broken: ({ service }) => {
      service.cache = ModelCache.perReplica(Size.gibibytes(10));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: model-cache
  The model cache has 10.0 GiB; the weights of meta-llama/Meta-Llama-3-8B-Instruct take 15.0 GiB, and tokenizers and compiled graphs need room beside them.
  Give it 18 GiB or more. A claim template cannot be changed once the StatefulSet exists.`,
    mended: ({ service }) => {
      service.cache = ModelCache.perReplica(Size.gibibytes(20));
    },
  },
  'zonal-cache': {
    title: 'A second zone, and disks that stay in the first',
    broken: ({ pool }) => {
      pool.zones = ['us-central1-a', 'us-central1-b'];
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: zonal-cache
  Each replica has a ReadWriteOnce disk, which belongs to the zone in which it is made; the pools have 2 zones (us-central1-a, us-central1-b). A pod whose zone is out of GPUs waits until that zone has one.
  Use a regional storage class, ModelCache.claim with a shared volume, or ModelCache.ephemeral; or waive this and delete the claim by hand when it happens.`,
    mended: ({ pool, service }) => {
      pool.zones = ['us-central1-a', 'us-central1-b'];
      service.cache = ModelCache.claim('weights');
    },
  },
  'artifact-source': {
    title: 'A bucket without its region',
    broken: ({ service }) => {
      service.artifact = ModelArtifact.download(ModelSource.s3({ bucket: 'weights', key: 'llama3-8b/2026-03-01' }));
    },
    told: 'thrown by a value',
    message: `ModelSource s3://weights/llama3-8b/2026-03-01: artifact-source
  Neither the region of the bucket "weights" nor an endpoint is given.
  State region: 'us-east-1', or endpoint for a store that is not AWS.`,
    mended: ({ service }) => {
      service.artifact = ModelArtifact.download(
        ModelSource.s3({ bucket: 'weights', key: 'llama3-8b/2026-03-01', region: 'us-east-1' }),
        { checksum: 'ab'.repeat(32) },
      );
    },
  },
  'artifact-engine': {
    title: 'An engine for another GPU',
    broken: ({ service }) => {
      const onDisk = ModelArtifact.claim('engines', { subPath: 'llama3-8b' });
      service.artifact = ModelArtifact.tensorRtEngine(onDisk, { gpu: 'A10G', serverVersion: '1.0.0' });
      service.cache = undefined;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: artifact-engine
  The engine was compiled for A10G, and the pods may land on L4 (gpupool).
  Use pools of A10G, or an engine for each GPU.`,
    mended: ({ service }) => {
      const onDisk = ModelArtifact.claim('engines', { subPath: 'llama3-8b-l4' });
      service.artifact = ModelArtifact.tensorRtEngine(onDisk, { gpu: 'L4', serverVersion: '1.0.0' });
      service.cache = undefined;
    },
  },
  'image-volume': {
    title: 'Weights in an image, and nobody knows how old the cluster is',
    broken: ({ service }) => {
      service.artifact = ModelArtifact.ociImage(`registry.example.com/weights/llama3-8b@sha256:${'0'.repeat(64)}`);
      service.cache = undefined;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: image-volume
  The weights are an image volume, which is on by default from Kubernetes 1.35 on; the pool gpupool does not say its kubernetesVersion. An API server that does not know it makes no pod.
  State kubernetesVersion: '1.35' on the pool if the cluster has it; on 1.31 to 1.34 with the feature gate ImageVolume, waive this. Otherwise use ModelArtifact.claim or .download.`,
    mended: ({ pool, service }) => {
      pool.kubernetesVersion = '1.35';
      service.artifact = ModelArtifact.ociImage(`registry.example.com/weights/llama3-8b@sha256:${'0'.repeat(64)}`);
      service.cache = undefined;
    },
  },
  'host-path': {
    title: 'A folder of the node as the cache',
    broken: ({ service }) => {
      service.cache = ModelCache.nodeLocal('/var/lib/models');
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: host-path
  The cache is the folder /var/lib/models of the node (hostPath), which Pod Security refuses at restricted and at baseline: no pod would be made.
  Use ModelCache.perReplica with a storage class of local disks, or waive this where the namespace enforces privileged.`,
    mended: ({ service }) => {
      service.cache = ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'local-path' });
    },
  },
  'lora-adapters': {
    title: 'Two tenants, one name',
    broken: ({ service }) => {
      const sql = { name: 'sql', rank: 16 };
      service.lora = new LoraAdapters({
        adapters: [
          { ...sql, artifact: ModelArtifact.claim('adapters', { subPath: 'tenant-a/sql' }) },
          { ...sql, artifact: ModelArtifact.claim('adapters', { subPath: 'tenant-b/sql' }) },
        ],
      });
    },
    told: 'thrown by a value',
    message: `LoraAdapters: lora-adapters
  Two adapters are called "sql", or differ only in what a container's name cannot tell.
  Clients ask by the name: give each one of its own.`,
    mended: ({ service }) => {
      service.lora = undefined;
    },
  },
  startup: {
    title: 'A guess instead of a measurement',
    broken: ({ service }) => {
      service.coldStart = Duration.seconds(2);
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: startup
  A stated cold start of 2 s lets the startup probe wait 4 s. At 20 Gbit/s the weights alone take 7 s.
  State the time that you measured, or leave it out: the derived cold start is 730 s.`,
    mended: ({ service }) => {
      service.coldStart = Duration.minutes(15);
    },
  },
  shutdown: {
    title: 'Spot machines',
    broken: ({ pool }) => {
      pool.spot = true;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: shutdown
  Spot machines of the pool gpupool are gone 30 s after their notice; a pod needs 280 s to finish answers of up to 235 s.
  No answer is short enough for 30 s: use on-demand machines, or let clients retry and waive this.`,
    mended: ({ service }) => {
      service.longestAnswer = Duration.minutes(4);
    },
  },
  'karpenter-consolidation': {
    title: 'Karpenter instead of a fixed pool',
    broken: ({ service }) => {
      service.nodePool = GpuNodePool.karpenter({ name: 'gpu', machineTypes: ['g6.xlarge'], maxNodes: 2 });
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: karpenter-consolidation
  Karpenter consolidates the pool gpu by CPU and memory; a GPU pod that is busy looks idle to it and may be moved.
  Set podAnnotations { 'karpenter.sh/do-not-disrupt': 'true' }, or waive this if the NodePool says consolidationPolicy WhenEmpty.`,
    mended: ({ service }) => {
      service.nodePool = GpuNodePool.karpenter({ name: 'gpu', machineTypes: ['g6.xlarge'], maxNodes: 2 });
      service.podAnnotations = { 'karpenter.sh/do-not-disrupt': 'true' };
    },
  },
  capacity: {
    title: 'More replicas than the pool has GPUs',
    broken: ({ tenant, service }) => {
      tenant.gpus = 3;
      service.replicas = 3;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: capacity
  nim/llama3-8b needs 3 GPUs at rest (3 x 1); its pools hold 2 (gpupool 2 nodes x 1).
  Raise maxNodes of gpupool from 2 to 3, or lower its replicas.`,
    mended: ({ tenant, service, pool }) => {
      pool.maxNodes = 3;
      tenant.gpus = 3;
      service.replicas = 3;
    },
  },
  'whole-machine-sharing': {
    title: 'A model over both GPUs of a machine, beside smaller ones that may be on every machine',
    broken: (base) => besideSmaller(base, 2),
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: whole-machine-sharing
  nim/llama3-8b needs 1 of the 2 nodes of gpupool with all their 2 GPUs; on any of them may be pods of nim/one (1 x 1 GPU) and nim/two (1 x 1 GPU), which it cannot preempt. All fit together, but the scheduler spreads pods over empty nodes: in the worst case it leaves none, and nim/llama3-8b waits for as long as the others run.
  Give nim/llama3-8b a pool of its own, or give it a priority class above theirs that preempts, or raise maxNodes of gpupool from 2 to 3. Waive this where the scheduler packs GPUs (NodeResourcesFit with MostAllocated).`,
    mended: (base) => besideSmaller(base, 3),
  },
  'rollout-surge': {
    title: 'A release with every GPU of the pool taken',
    broken: ({ tenant, service }) => {
      tenant.gpus = 4;
      service.replicas = 2;
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'prepared',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: rollout-surge
  The step smoke of nim/llama3-8b needs 3 GPUs: 2 stable and 1 canary replicas with 1 GPU each. Its pools hold 2 (gpupool 2 nodes x 1).
  Raise maxNodes of gpupool from 2 to 4, or use CanaryStrategy.partition(), which needs no spare GPU.`,
    mended: ({ pool, tenant, service }) => {
      pool.maxNodes = 4;
      tenant.gpus = 4;
      service.replicas = 2;
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'prepared',
      };
    },
  },
  'tenant-quota': {
    title: 'A second replica without a larger quota',
    broken: ({ tenant, service }) => {
      tenant.gpus = 1;
      service.replicas = 2;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: tenant-quota
  The services of nim need 2 GPUs at rest (nim/llama3-8b 2); the quota of nvidia.com/gpu allows 1, and pods beyond it are not made.
  Raise the quota of nim to 2.`,
    mended: ({ tenant, service }) => {
      tenant.gpus = 2;
      service.replicas = 2;
    },
  },
  'tenant-queue': {
    title: 'A queue that no namespace uses',
    broken: ({ nim, pool }) => {
      new InferenceQueue(nim, 'gpus', { nodePools: [GpuNodePool.gke(pool)] });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/gpus: tenant-queue
  No namespace of this app uses the queue gpus, so it admits nobody.
  Give it to a TenantNamespace: queue: { clusterQueue: … }.`,
    mended: ({ nim, pool }) => {
      const queue = new InferenceQueue(nim, 'gpus', { nodePools: [GpuNodePool.gke(pool)] });
      new TenantNamespace(App.of(nim), 'batch', { queue: { clusterQueue: queue } });
    },
  },
  'priority-class': {
    title: 'A priority class that the namespace does not allow',
    broken: ({ tenant, service }) => {
      tenant.priorityClasses = ['inference-serving'];
      service.priorityClassName = 'gold';
    },
    told: 'error',
    message: `1 problem, nothing written:

nim: priority-class
  nim/llama3-8b has the priority class gold; nim allows inference-serving, and its pods are not made.
  Add gold to priorityClasses of the namespace, or give the service one of those.`,
    mended: ({ tenant, service }) => {
      tenant.priorityClasses = ['inference-serving'];
      service.priorityClassName = 'inference-serving';
    },
  },
  preemption: {
    title: 'A service with one replica, below another one in the same pool',
    broken: ({ nim, pool, service }) => {
      const priorities = new InferencePriorityClasses(nim, 'priorities');
      service.priorityClassName = priorities.names.batch;
      const nodePool = GpuNodePool.gke(pool);
      service.nodePool = nodePool;
      new GpuInferenceStatefulSet(nim, 'chat', {
        nodePool,
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
        cache: ModelCache.ephemeral(Size.gibibytes(30)),
        credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
        waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
      });
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: preemption
  nim/llama3-8b has one replica and no disruption budget, and the priority class inference-batch (1000); nim/chat has the priority class inference-serving (1000000) in the pool gpupool, so the scheduler ends the only pod when that one needs its GPU. A new one takes 18 minutes.
  Give it the class inference-serving, a second replica, or a pool of its own.`,
    mended: ({ nim, pool, service }) => {
      const priorities = new InferencePriorityClasses(nim, 'priorities');
      service.priorityClassName = priorities.names.serving;
      const nodePool = GpuNodePool.gke(pool);
      service.nodePool = nodePool;
      new GpuInferenceStatefulSet(nim, 'chat', {
        nodePool,
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
        cache: ModelCache.ephemeral(Size.gibibytes(30)),
        credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
        waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
      });
    },
  },
  'single-zone': {
    title: 'Two replicas in one zone',
    broken: ({ service }) => {
      service.replicas = 2;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: single-zone
  All 2 replicas of nim/llama3-8b are in us-central1-a: they fail together, and none can start while the zone has no GPU.
  Add a zone to the pool, or a pool in another zone.`,
    mended: ({ pool, service }) => {
      pool.zones = ['us-central1-a', 'us-central1-b'];
      service.replicas = 2;
    },
  },
  cost: {
    title: 'A utilization in percent',
    broken: ({ app }) => {
      app.scorecard = { utilization: 30 };
    },
    told: 'error',
    message: `1 problem, nothing written:

(app): cost
  The utilization is 30.
  Use a part of all hours from 0 to 1, such as 0.5.`,
    mended: ({ app }) => {
      app.scorecard = { utilization: 0.3 };
    },
  },
  'placement-pools': {
    title: 'A cloud pool first, slices in the cellar second',
    broken: ({ pool, service }) => {
      const cellar = GpuNodePool.onPrem({
        name: 'cellar',
        gpu: 'A100-80GB',
        gpusPerNode: 1,
        maxNodes: 1,
        cpu: Cpu.units(16),
        memory: Size.gibibytes(64),
        mig: { profile: '4g.40gb', strategy: 'mixed' },
      });
      service.nodePool = [GpuNodePool.gke(pool), cellar];
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/placement: placement-pools
  The pools offer different GPU resources: gpupool nvidia.com/gpu, cellar nvidia.com/mig-4g.40gb. A container requests one.
  Use pools of one resource, and a workload for each of the others.`,
    mended: ({ pool, service }) => {
      const second = GpuNodePool.gke({ name: 'second', machineType: 'g2-standard-8', maxNodes: 2 });
      service.nodePool = [GpuNodePool.gke(pool), second];
    },
  },
  'placement-target': {
    title: 'A placement for a Service instead of its Deployment',
    broken: ({ nim, pool }) => {
      const service = new k8s.KubeService(nim, 'reranker', { metadata: { name: 'reranker' } });
      new GpuNodeAffinity(nim, 'placement', { nodePools: GpuNodePool.gke(pool) }).applyTo(service);
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/placement: placement-target
  nim/reranker is a Service, which has no pods.
  Apply the placement to a Deployment, StatefulSet, DaemonSet, Job, CronJob, LeaderWorkerSet or Pod.`,
    mended: ({ nim, pool }) => {
      const deployment = new ApiObject(nim, 'reranker', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'reranker' },
        spec: { template: { spec: { containers: [{ name: 'reranker', image: 'reranker:1.0.0' }] } } },
      });
      new GpuNodeAffinity(nim, 'placement', { nodePools: GpuNodePool.gke(pool) }).applyTo(deployment);
    },
  },
  'model-known': {
    title: 'A model under a name that it does not have, past the compiler',
    broken: ({ service }) => {
      service.model = 'meta-llama/Llama-3-8B-Instruct' as CatalogModelId;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: model-known
  The catalog has no model "meta-llama/Llama-3-8B-Instruct"; it has 55 models.
  Did you mean meta-llama/Meta-Llama-3-8B-Instruct, meta-llama/Llama-3.1-8B-Instruct, meta-llama/Llama-3.2-1B-Instruct? A model of your own is an object of the type Model, or modelFromConfig(id, config).`,
    mended: ({ service }) => {
      service.model = 'meta-llama/Meta-Llama-3-8B-Instruct';
    },
  },
  'model-config': {
    title: 'A config.json of an architecture that is not known',
    broken: ({ service }) => {
      service.model = modelFromConfig('acme/mamba', { model_type: 'mamba2' });
    },
    told: 'thrown by a value',
    message: `model acme/mamba: model-config
  model_type is "mamba2", which is not known.
  Known are bert, roberta, xlm-roberta, llama, llama_bidirec, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe, gemma2, gemma3_text, phi, phi3, deepseek_v2, deepseek_v3, gpt_oss. Otherwise write the model as an object of the type Model.`,
    mended: ({ service }) => {
      service.model = modelFromConfig('acme/llama', {
        model_type: 'llama',
        hidden_size: 4096,
        intermediate_size: 14336,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        vocab_size: 128256,
        max_position_embeddings: 8192,
        torch_dtype: 'bfloat16',
      });
    },
  },
  'node-pool': {
    title: 'More nodes at least than at most',
    broken: ({ pool }) => {
      pool.minNodes = 3;
    },
    told: 'thrown by a value',
    message: `GpuNodePool gpupool: node-pool
  maxNodes 2 is below minNodes 3.
  Raise maxNodes to 3, or lower minNodes.`,
    mended: ({ pool }) => {
      pool.minNodes = 1;
    },
  },
  'gpu-partition': {
    title: 'MIG slices of a GPU that has none',
    broken: ({ pool }) => {
      pool.mig = { profile: '3g.40gb' };
    },
    told: 'thrown by a value',
    message: `GpuNodePool gpupool: gpu-partition
  L4 has no MIG profiles; "3g.40gb" was asked for.
  Remove mig, or use a GPU with MIG such as A100, H100 or H200.`,
    mended: ({ pool }) => {
      pool.machineType = 'a2-ultragpu-1g';
      pool.mig = { profile: '3g.40gb' };
    },
  },
  'image-pinning': {
    title: 'A version tag, and no waiver for it',
    broken: ({ service }) => {
      service.waivers = {};
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: image-pinning
  The container nim runs nvcr.io/nim/meta/llama3-8b-instruct:1.0.0. A tag can be moved; a pod that restarts would run what nobody reviewed.
  Add the digest: nvcr.io/nim/meta/llama3-8b-instruct:1.0.0@sha256:…, as "crane digest" or the registry shows it.`,
    mended: ({ service }) => {
      service.waivers = {};
      service.runtime = new NimRuntime({
        image: `nvcr.io/nim/meta/llama3-8b-instruct:1.0.0@sha256:${'0'.repeat(64)}`,
      });
    },
  },
  'artifact-pinning': {
    title: 'Weights of a branch',
    broken: ({ service }) => {
      const source = ModelSource.huggingFace({ repository: 'meta-llama/Meta-Llama-3-8B-Instruct', revision: 'main' });
      service.artifact = ModelArtifact.download(source, { checksum: 'ab'.repeat(32) });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: artifact-pinning
  The revision main of hf://meta-llama/Meta-Llama-3-8B-Instruct is a branch, which moves.
  State revision: the commit, 40 hex digits, as the history of the repository shows it.`,
    mended: ({ service }) => {
      const source = ModelSource.huggingFace({
        repository: 'meta-llama/Meta-Llama-3-8B-Instruct',
        revision: '0'.repeat(40),
      });
      service.artifact = ModelArtifact.download(source, { checksum: 'ab'.repeat(32) });
    },
  },
  'artifact-checksum': {
    title: 'A bucket that somebody else may write to',
    broken: ({ service }) => {
      service.artifact = ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama3-8b' }));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: artifact-checksum
  gs://weights/llama3-8b has no checksum, and nothing else says what its content is: whoever can write there decides what is served.
  State checksum. Its folder gives it: find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum; a single file: sha256sum < file. A download without one prints what it found.`,
    mended: ({ service }) => {
      service.artifact = ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama3-8b' }), {
        checksum: 'ab'.repeat(32),
      });
    },
  },
  'image-lock': {
    title: 'An image whose digest nobody looked up',
    broken: ({ app }) => {
      app.imageLock = ImageLock.of({});
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: image-lock
  The image nvcr.io/nim/meta/llama3-8b-instruct:1.0.0 has no digest in images.lock.json.
  Ask the registry, and review what it said: npx cdk8s-gpu-inference lock nvcr.io/nim/meta/llama3-8b-instruct:1.0.0`,
    mended: ({ app }) => {
      app.imageLock = ImageLock.of({ 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0': `sha256:${'0'.repeat(64)}` });
    },
  },
  'admission-policy': {
    title: 'A registry with a wildcard',
    broken: ({ nim }) => {
      const pools = [GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 })];
      new InferencePolicy(nim.node.root as App, 'inference-policy', { pools, registries: ['nvcr.io/*'] });
    },
    told: 'error',
    message: `1 problem, nothing written:

inference-policy: admission-policy
  "nvcr.io/*" is no registry and no folder of one.
  Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.`,
    mended: ({ nim }) => {
      const pools = [GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 })];
      new InferencePolicy(nim.node.root as App, 'inference-policy', { pools, registries: ['nvcr.io'] });
    },
  },
  'flux-source': {
    title: 'A signature of cosign on a Git repository',
    broken: ({ nim }) => {
      const verify = SourceVerification.cosignKey('cosign-pub');
      new VerifiedSource(nim.node.root as App, 'platform', { url: 'https://github.com/acme/platform', verify });
    },
    told: 'error',
    message: `1 problem, nothing written:

platform: flux-source
  https://github.com/acme/platform is a Git repository, whose commits are signed, but a signature of cosign is asked for.
  Use SourceVerification.commits.`,
    mended: ({ nim }) => {
      const verify = SourceVerification.commits('release-keys');
      new VerifiedSource(nim.node.root as App, 'platform', { url: 'https://github.com/acme/platform', verify });
    },
  },
  'literal-secret': {
    title: 'A key as plain text',
    broken: ({ service }) => {
      service.env = { GUARDRAILS_API_KEY: 'vg-7d1f0a52' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: literal-secret
  GUARDRAILS_API_KEY in the container nim has a literal value. It would be in the history of the repository for good.
  Put it into a Secret by ExternalSecret, and refer to it: EnvValue.fromSecretValue(…).`,
    mended: ({ nim, service }) => {
      const secret = Secret.fromSecretName(nim, 'guardrails', 'guardrails');
      service.env = { GUARDRAILS_API_KEY: EnvValue.fromSecretValue({ secret, key: 'api-key' }) };
    },
  },
  'secret-data': {
    title: 'A Secret with its value',
    broken: ({ nim }) => {
      new k8s.KubeSecret(nim, 'guardrails', {
        metadata: { name: 'guardrails' },
        stringData: { 'api-key': 'vg-7d1f0a52' },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/guardrails: secret-data
  Secret nim/guardrails holds the value of api-key, and what is synthesized goes to Git.
  Refer to it: an ExternalSecret, a SecretProviderClass, or a SOPS file beside the output.`,
    mended: ({ nim }) => {
      new ApiObject(nim, 'guardrails', {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name: 'guardrails' },
        spec: {
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'platform' },
          data: [{ secretKey: 'api-key', remoteRef: { key: 'guardrails/api-key' } }],
        },
      });
    },
  },
  'duplicate-environment': {
    title: 'A variable that a prop sets already',
    broken: ({ service }) => {
      service.env = { NIM_MAX_MODEL_LEN: '4096' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: duplicate-environment
  The container nim has the environment variable NIM_MAX_MODEL_LEN twice; the last one wins silently.
  Keep one. What the runtime sets itself is changed by its settings, or by a prop of the service.`,
    mended: ({ service }) => {
      service.maxModelLen = 4096;
    },
  },
  'runtime-setting': {
    title: 'A setting of NIM 2.x for a NIM 1.x, past the compiler',
    broken: ({ service }) => {
      const image: string = 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0';
      service.runtime = new NimRuntime({ image, gpuMemoryUtilization: 0.92 });
    },
    told: 'thrown by a value',
    message: `NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:1.0.0: runtime-setting
  gpuMemoryUtilization is a setting of NIM 2.x; 1.0.0 would ignore it.
  Use kvCachePercent.`,
    mended: ({ service }) => {
      const image = 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0';
      service.runtime = new NimRuntime({ image, kvCachePercent: 0.92 });
    },
  },
  'runtime-version': {
    title: 'The tag latest',
    broken: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:latest' });
    },
    told: 'thrown by a value',
    message: `NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:latest: runtime-version
  "latest" says neither NIM 1.x nor 2.x, and the two have different contracts.
  Use a version tag such as :1.0.0, or state the version beside a digest: { image: '…@sha256:…', version: '1.0.0' }.`,
    mended: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.2' });
    },
  },
  'runtime-user': {
    title: 'A public image of TGI that only root can start',
    broken: ({ service }) => {
      service.runtime = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.3.7' });
    },
    told: 'thrown by a value',
    message: `TgiRuntime ghcr.io/huggingface/text-generation-inference:3.3.7: runtime-user
  The public image of TGI 3.3.7 starts as root only: its Python lies in the home of root (huggingface/text-generation-inference#3082), and pods here run as a plain user.
  Use :3.0.1, VllmRuntime or SglangRuntime; or an image of your own with Python elsewhere, and runsAsNonRoot: true.`,
    mended: ({ service }) => {
      service.runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.2' });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
    },
  },
  'runtime-archived': {
    title: 'A server that clusters still run, and nobody mends',
    broken: ({ service }) => {
      unwatched(service);
      service.runtime = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
      service.artifact = PINNED;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: runtime-archived
  Text Generation Inference is archived since March 2026: nobody mends it, or adds models and GPUs to it. Its metrics have no time to first token and no use of the KV cache.
  Use VllmRuntime or SglangRuntime: the service stays as it is, and both answer on the same paths of the API.`,
    mended: ({ service }) => {
      unwatched(service);
      service.runtime = new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.4' });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
    },
  },
  'runtime-contract': {
    title: 'A server of your own, of which nobody said how to see that it hangs',
    broken: ({ service }) => {
      unwatched(service);
      service.runtime = new CustomRuntime(FASTAPI);
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
      service.artifact = PINNED;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: runtime-contract
  fastapi states no liveness, so it is alive as long as it accepts connections: one that hangs is not restarted.
  State liveness.`,
    mended: ({ service }) => {
      unwatched(service);
      service.runtime = new CustomRuntime({ ...FASTAPI, liveness: { path: '/alive', port: 8000 } });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
    },
  },
  'image-reference': {
    title: 'An address of a browser as an image',
    broken: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'https://nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' });
    },
    told: 'thrown by a value',
    message: `image: image-reference
  "https://nvcr.io/nim/meta/llama3-8b-instruct:1.0.0" is not an image reference.
  Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.`,
    mended: ({ service }) => {
      service.runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' });
    },
  },
  credentials: {
    title: 'No key, because the model is public',
    broken: ({ service }) => {
      service.credentials = ModelCredentials.keyless();
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: credentials
  NIM 1.0.0 downloads its weights from NGC and ends at once without NGC_API_KEY; the credentials are keyless.
  Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().`,
    mended: ({ service }) => {
      service.credentials = ModelCredentials.ngc({ secretName: 'ngc-api', pullSecretName: 'ngc-registry' });
    },
  },
  volumes: {
    title: 'A mount without its volume',
    broken: ({ service }) => {
      service.volumeMounts = [{ name: 'adapters', mountPath: '/adapters' }];
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: volumes
  A mount names the volume adapters, which is not among the volumes.
  Add a volume of that name.`,
    mended: ({ service }) => {
      service.volumes = [{ name: 'adapters', persistentVolumeClaim: { claimName: 'adapters' } }];
      service.volumeMounts = [{ name: 'adapters', mountPath: '/adapters' }];
    },
  },
  'pod-additions': {
    title: 'A toleration that says two things',
    broken: ({ service }) => {
      service.tolerations = [{ key: 'team', operator: 'Exists', value: 'ml' }];
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: pod-additions
  The toleration {"key":"team","operator":"Exists","value":"ml"} takes any value and names one.
  Remove value, or use the operator 'Equal'.`,
    mended: ({ service }) => {
      service.tolerations = [{ key: 'team', operator: 'Exists' }];
    },
  },
  'canary-weight': {
    title: 'Weights in the wrong order',
    broken: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.weightedTwins({ weights: [20, 10, 100] }),
        step: '20%',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release: canary-weight
  The canary weights 20, 10, 100 do not rise.
  Put them in ascending order, each once.`,
    mended: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.weightedTwins({ weights: [10, 20, 100] }),
        step: '20%',
      };
    },
  },
  'canary-size': {
    title: 'One canary for the requests of two replicas',
    broken: ({ pool, tenant, service }) => {
      pool.zones = undefined;
      pool.maxNodes = 3;
      tenant.gpus = 3;
      service.replicas = 2;
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.weightedTwins({ canaryReplicas: 1 }),
        step: '100%',
      };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/release: canary-size
  100 % of the requests of 2 replicas go to 1 of the canary; 2 would carry them as the stable ones do.
  Give llama3-8b-canary 2 replicas, or expect it to look slower than it is.`,
    mended: ({ pool, tenant, service }) => {
      pool.zones = undefined;
      pool.maxNodes = 4;
      tenant.gpus = 4;
      service.replicas = 2;
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: '100%',
      };
    },
  },
  'canary-step': {
    title: 'A step between the steps',
    broken: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: '10%',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release: canary-step
  The release has no step "10%".
  Use one of prepared, smoke, 5%, 20%, 50%, 100%, promote.`,
    mended: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.weightedTwins({ weights: [10, 50, 100] }),
        step: '10%',
      };
    },
  },
  'canary-shape': {
    title: 'A canary by weights, and no route to put them in',
    broken: ({ service }) => {
      service.route = undefined;
      service.network = { clients: [NetworkPeer.namespace('chat')] };
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'prepared',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release: canary-shape
  Weighted twins need a route to put weights in, and none is given.
  Give gateway and hostname, or use CanaryStrategy.partition().`,
    mended: ({ service }) => {
      service.network = { clients: [NetworkPeer.namespace('chat')] };
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'prepared',
      };
    },
  },
  'canary-partition': {
    title: 'A partition to save the GPU, with one replica',
    broken: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.partition(),
        step: 'prepared',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release: canary-partition
  A partition of 1 replica is no canary: the service is down while its only pod loads the new version.
  Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.`,
    mended: ({ service }) => {
      service.replicas = 2;
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.partition(),
        step: 'prepared',
      };
    },
  },
  'canary-shadow': {
    title: 'Every request a second time',
    broken: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.shadow(),
        step: 'mirror',
      };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/release: canary-shadow
  Every request of llama3-8b is sent to llama3-8b-canary a second time, with its prompt and its headers: both generate an answer, both count it, and both do what it asks for.
  Go on when you have seen enough. Waive this where requests have no effects beside the answer, and prompts may be where the canary writes its logs.`,
    mended: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        strategy: CanaryStrategy.shadow(),
        step: 'smoke',
      };
    },
  },
  'canary-analysis': {
    title: 'A canary that must be better than what it replaces',
    broken: ({ service }) => {
      service.progressiveDelivery = ProgressiveDelivery.argoRollouts({ thresholds: { timeToFirstToken: 0.5 } });
    },
    told: 'thrown by a value',
    message: `ProgressiveDelivery: canary-analysis
  timeToFirstToken is 0.5: below 1 the canary would have to be better than stable.
  Use 1 or more.`,
    mended: () => {},
  },
  'canary-unwatched': {
    title: 'A controller that asks a Prometheus which does not scrape the service',
    broken: ({ service }) => {
      service.workload = 'Deployment';
      service.cache = ModelCache.ephemeral(Size.gibibytes(25));
      service.slo = undefined;
      service.monitoring = undefined;
      service.progressiveDelivery = ProgressiveDelivery.argoRollouts({
        prometheusAddress: 'http://prometheus-operated.monitoring:9090',
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b: canary-unwatched
  Argo Rollouts asks for series with the labels namespace, inference_service and track, and without monitoring nobody writes them: every version would be promoted, good or bad.
  State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.`,
    mended: ({ service }) => {
      service.workload = 'Deployment';
      service.cache = ModelCache.ephemeral(Size.gibibytes(25));
      service.progressiveDelivery = ProgressiveDelivery.argoRollouts();
    },
  },
  'smoke-test': {
    title: 'A smoke test that would need TLS',
    broken: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        smokeTest: { gatewayAddress: 'https://llama.example.com' },
        step: 'smoke',
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release/smoke-test: smoke-test
  "https://llama.example.com" is no address at which the test can ask a gateway.
  Use http://, a host and a port, without a path, such as http://edge.gateways.svc.cluster.local; or leave it out, and the Service of the candidate is asked.`,
    mended: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'smoke',
      };
    },
  },
  'argo-rollout-on-statefulset': {
    title: 'Argo Rollouts for the StatefulSet',
    broken: ({ nim }) => {
      new ApiObject(nim, 'rollout', {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'llama3-8b' },
        spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama3-8b' } },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/rollout: argo-rollout-on-statefulset
  spec.workloadRef of Rollout nim/llama3-8b names the StatefulSet llama3-8b. Argo Rollouts takes Deployment, ReplicaSet and PodTemplate only and answers "workload of type apps/v1/StatefulSet is not supported".
  Put the release in front of the StatefulSets: two of them, stable and canary, and weights in the route. Or serve from a Deployment.`,
    mended: ({ service }) => {
      service.canary = {
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
        step: 'prepared',
      };
    },
  },
  'scaler-bounds': {
    title: 'A scaler in a pool that is full at rest',
    broken: ({ service }) => {
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 2 };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: scaler-bounds
  llama3-8b has 2 replicas when nobody calls, and what pools and quota hold beside the others at rest is 2: there is nothing to scale.
  Raise maxNodes of its pool or the quota, lower minReplicas, or remove the scaler.`,
    mended: ({ service }) => {
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 1 };
    },
  },
  'scaler-conflict': {
    title: 'A number of replicas, and a scaler with another',
    broken: ({ service }) => {
      service.replicas = 2;
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 1 };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: scaler-conflict
  replicas is 2, and scaling says at least 1: both are what runs when nobody calls.
  State one of the two.`,
    mended: ({ service }) => {
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 1 };
    },
  },
  'external-metrics': {
    title: 'One service scaled by KEDA, and one by way of the Prometheus adapter',
    broken: ({ nim, service }) => {
      service.scaling = { serverAddress: PROMETHEUS };
      new InferenceAutoscaler(nim, 'own', { target: OWN, maxReplicas: 4, by: 'hpa' });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: external-metrics
  llama3-8b is scaled by KEDA, and own (nim/own) by a HorizontalPodAutoscaler: both ask the API external.metrics.k8s.io, and a cluster has one server of it. One of the two never gets a number.
  Scale all services of a cluster by: 'keda', or all by: 'hpa'; waive this where they run in different clusters.`,
    mended: ({ nim, service }) => {
      service.scaling = { serverAddress: PROMETHEUS };
      new InferenceAutoscaler(nim, 'own', { target: OWN, maxReplicas: 4, serverAddress: PROMETHEUS });
    },
  },
  'scaling-metric': {
    title: 'KEDA without a Prometheus to ask',
    broken: ({ service }) => {
      unwatched(service);
      service.scaling = { by: 'keda' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: scaling-metric
  KEDA is not told where Prometheus is.
  State a serverAddress such as http://prometheus-operated.monitoring:9090, or by: 'hpa'.`,
    mended: ({ service }) => {
      service.scaling = { by: 'keda', serverAddress: PROMETHEUS };
    },
  },
  'scaling-schedule': {
    title: 'A night that is shorter than a cold start',
    broken: ({ service }) => {
      service.scaling = {
        serverAddress: PROMETHEUS,
        schedules: [ScalingSchedule.weekly({ timezone: 'Europe/Berlin', from: '08:00', to: '07:45', replicas: 2 })],
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: scaling-schedule
  2 from 08:00 to 07:45 (Europe/Berlin): from 1 replica they take 35 minutes, and between the last end and this beginning are 15.
  Raise minReplicas, lower its replicas, or end it later.`,
    mended: ({ service }) => {
      service.scaling = {
        serverAddress: PROMETHEUS,
        schedules: [ScalingSchedule.weekly({ timezone: 'Europe/Berlin', from: '08:00', to: '18:00', replicas: 2 })],
      };
    },
  },
  'scale-to-zero': {
    title: 'A queue of pods that are not there',
    broken: ({ service }) => {
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 0 };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/scaling: scale-to-zero
  The minimum of llama3-8b is 0, and pods that are not there have no queue: nothing would ever start the first.
  State scaleToZero with the cold start that you accept, or a minimum of 1.`,
    mended: ({ service }) => {
      service.scaling = { serverAddress: PROMETHEUS, minReplicas: 1 };
    },
  },
  'cold-start': {
    title: 'A first caller who waits ten minutes',
    broken: ({ service }) => {
      delete service.route;
      service.network = { clients: [NetworkPeer.namespace('keda')] };
      const hosts = ['llama.example.com'];
      service.scaling = { scaleToZero: { acceptColdStart: Duration.minutes(10), hosts } };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: cold-start
  A new replica of nim/llama3-8b takes 1330 s to its first answer; the objective is 600 s. It scales to zero, so a first caller waits that long.
  Keep one replica at rest, fill the model cache beforehand, or state a longer objective.`,
    mended: ({ service }) => {
      delete service.route;
      service.network = { clients: [NetworkPeer.namespace('keda')] };
      const hosts = ['llama.example.com'];
      service.scaling = { scaleToZero: { acceptColdStart: Duration.minutes(30), hosts } };
    },
  },
  'warm-pool': {
    title: 'Placeholders in the quota of those whom they wait for',
    broken: ({ nim, pool }) => {
      new WarmPool(nim, 'warm', { nodePool: GpuNodePool.gke(pool), priorityClassName: 'placeholder' });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/warm: warm-pool
  The placeholders take 1 of the 2 that the quota of nim allows of nvidia.com/gpu. A pod that the quota does not let in takes nobody's place.
  Put the warm pool into a namespace of the platform, without a quota of GPUs.`,
    mended: ({ nim, pool }) => {
      const platform = new Chart(nim.node.root, 'platform', { namespace: 'platform' });
      new WarmPool(platform, 'warm', { nodePool: GpuNodePool.gke(pool), priorityClassName: 'placeholder' });
    },
  },
  'replicas-under-scaler': {
    title: 'An autoscaler beside a fixed number',
    broken: ({ nim }) => {
      new k8s.KubeHorizontalPodAutoscalerV2(nim, 'scaler', {
        metadata: { name: 'llama3-8b' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama3-8b' },
          minReplicas: 1,
          maxReplicas: 2,
        },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: replicas-under-scaler
  StatefulSet nim/llama3-8b sets spec.replicas to 1, and HorizontalPodAutoscaler nim/llama3-8b scales it: every apply resets the number.
  Leave spec.replicas out; of an object that a construct makes, by addJsonPatch(JsonPatch.remove('/spec/replicas')).`,
    mended: ({ nim, llama }) => {
      llama.stable.workload.addJsonPatch(JsonPatch.remove('/spec/replicas'));
      new k8s.KubeHorizontalPodAutoscalerV2(nim, 'scaler', {
        metadata: { name: 'llama3-8b' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama3-8b' },
          minReplicas: 1,
          maxReplicas: 2,
        },
      });
    },
  },
  'pdb-blocks-drain': {
    title: 'The only replica, always available',
    broken: ({ nim, llama }) => {
      new k8s.KubePodDisruptionBudget(nim, 'always', {
        metadata: { name: 'always-one' },
        spec: { minAvailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: llama.stable.podLabels } },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: pdb-blocks-drain
  PodDisruptionBudget nim/always-one says minAvailable 1, and StatefulSet nim/llama3-8b has 1 pod. No pod may ever be evicted, so a drain of its node never ends.
  Use maxUnavailable: 1 instead, which lets one pod go at a time.`,
    mended: ({ nim, llama }) => {
      new k8s.KubePodDisruptionBudget(nim, 'always', {
        metadata: { name: 'always-one' },
        spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: llama.stable.podLabels } },
      });
    },
  },
  'network-nobody-may-call': {
    title: 'No route, and nobody named instead',
    broken: ({ service }) => {
      service.route = undefined;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/network-policy: network-nobody-may-call
  Neither gateways nor clients are named, so nobody may send requests to port 8000.
  Name the gateway or the clients, or write clients: [] when nobody is meant to.`,
    mended: ({ service }) => {
      service.route = undefined;
      service.network = { clients: [NetworkPeer.namespace('chat')] };
    },
  },
  'network-selector': {
    title: 'A policy for every pod of the namespace',
    broken: ({ nim }) => {
      new NimNetworkPolicy(nim, 'reranker', { podLabels: {}, clients: [NetworkPeer.namespace('chat')] });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/reranker: network-selector
  The selector is empty, which would put every pod of the namespace under this policy.
  Name the labels of the pods.`,
    mended: ({ nim }) => {
      new NimNetworkPolicy(nim, 'reranker', {
        podLabels: { 'app.kubernetes.io/instance': 'reranker' },
        clients: [NetworkPeer.namespace('chat')],
      });
    },
  },
  'network-peer': {
    title: 'Pods with no label in particular',
    broken: ({ service }) => {
      service.network = { monitoring: [NetworkPeer.pods({})] };
    },
    told: 'thrown by a value',
    message: `NetworkPeer.pods: network-peer
  No pod label is given, which would mean everybody.
  Name at least one label, or use NetworkPeer.namespace(name) for all pods of one namespace.`,
    mended: ({ service }) => {
      service.network = { monitoring: [NetworkPeer.pods({ 'app.kubernetes.io/name': 'prometheus' })] };
    },
  },
  'network-port': {
    title: 'A port with a digit too many',
    broken: ({ service }) => {
      service.network = { extraEgress: [{ to: [NetworkPeer.namespace('otel')], ports: [431700] }] };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/network-policy: network-port
  extraEgress names the port 431700.
  Use a whole number from 1 to 65535.`,
    mended: ({ service }) => {
      service.network = { extraEgress: [{ to: [NetworkPeer.namespace('otel')], ports: [4317] }] };
    },
  },
  'network-dns': {
    title: 'A download by host name, and no DNS',
    broken: ({ service }) => {
      service.network = { downloadHostsEnforcedBy: 'gke-fqdn', dns: [] };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/network-policy: network-dns
  The pods may download by host name, but dns is [], so no name resolves.
  Name the DNS servers, or leave dns out for kube-dns and NodeLocal DNSCache.`,
    mended: ({ service }) => {
      service.network = { downloadHostsEnforcedBy: 'gke-fqdn' };
    },
  },
  'network-cidr': {
    title: 'An address that is not the first of its range',
    broken: ({ service }) => {
      service.network = { monitoring: [NetworkPeer.cidr('10.4.7.12/16')] };
    },
    told: 'thrown by a value',
    message: `NetworkPeer.cidr: network-cidr
  range "10.4.7.12/16" has address bits behind its prefix of 16.
  Write the first address of the range, or /32 for one address.`,
    mended: ({ service }) => {
      service.network = { monitoring: [NetworkPeer.cidr('10.4.0.0/16')] };
    },
  },
  'network-platform': {
    title: 'A policy of GKE for a pool on AKS',
    broken: ({ service }) => {
      service.nodePool = GpuNodePool.aks({ name: 'a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 1 });
      service.network = { downloadHostsEnforcedBy: 'gke-fqdn' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b: network-platform
  downloadHostsEnforcedBy is gke-fqdn, but the pool a100 is not on GKE (aks).
  Remove it; hosts can be enforced by 'cilium' where the cluster runs it.`,
    mended: ({ service }) => {
      service.nodePool = GpuNodePool.aks({ name: 'a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 1 });
      service.network = { downloadHostsEnforcedBy: 'cilium' };
    },
  },
  'workload-identity': {
    title: 'The identity of another cloud',
    broken: ({ service }) => {
      service.artifact = FROM_BUCKET;
      service.workloadIdentity = WorkloadIdentity.eks({ roleArn: 'arn:aws:iam::111122223333:role/llama' });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: workload-identity
  The identity is one of EKS, but the pool gpupool is not on it (gke).
  Name an identity of the platform that the pods run on.`,
    mended: ({ service }) => {
      service.artifact = FROM_BUCKET;
      service.workloadIdentity = WorkloadIdentity.gke({
        serviceAccount: 'llama-weights@project.iam.gserviceaccount.com',
      });
    },
  },
  'user-namespace': {
    title: 'Users of the pod alone on a cluster of unknown age',
    broken: ({ service }) => {
      service.hostUsers = false;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: user-namespace
  hostUsers is false, which counts from Kubernetes 1.33 on; the pool gpupool does not say its kubernetesVersion. An older node runs the pod with the users of the host, and says nothing.
  State kubernetesVersion: '1.33' or newer on the pool if the cluster has it; otherwise leave hostUsers out.`,
    mended: ({ service, pool }) => {
      pool.kubernetesVersion = '1.34';
      service.hostUsers = false;
    },
  },
  'network-download': {
    title: 'Weights in a store of the cluster, which no policy opens',
    broken: ({ service }) => {
      service.artifact = FROM_MINIO;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b: network-download
  The pods download from minio.storage.svc, whose address is none of the internet: the derived network policy does not open it, and the download would wait until it gives up.
  For addresses state download: ModelDownload.privateEndpoints(['10.…'], { ports: [9000] }); for pods of this cluster network.extraEgress: [{ to: [NetworkPeer.namespace('…')], ports: […] }], with the port that they listen on.`,
    mended: ({ service }) => {
      service.artifact = FROM_MINIO;
      service.network = { extraEgress: [{ to: [NetworkPeer.namespace('storage')], ports: [9000] }] };
    },
  },
  'network-host': {
    title: 'A host without its domain',
    broken: ({ service }) => {
      service.network = { download: ModelDownload.hosts(['ngc'], { enforcedBy: 'cilium' }) };
    },
    told: 'thrown by a value',
    message: `ModelDownload.hosts: network-host
  "ngc" is not a full host name.
  Use a name such as api.ngc.nvidia.com or *.hf.co; for addresses use ModelDownload.privateEndpoints.`,
    mended: ({ service }) => {
      service.network = { download: ModelDownload.hosts(['api.ngc.nvidia.com'], { enforcedBy: 'cilium' }) };
    },
  },
  'route-hostnames': {
    title: 'A route without a host name',
    broken: ({ service }) => {
      service.route = { ...service.route!, hostname: [] };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/route: route-hostnames
  The route has 0 host names; an HTTPRoute takes 1 to 16.
  A route without any would answer for every host of the Gateway. Name the hosts that clients call.`,
    mended: ({ service }) => {
      service.route = { ...service.route!, hostname: ['llama.example.com', 'llama.example.net'] };
    },
  },
  'open-endpoint': {
    title: 'A route that asks for no key',
    broken: ({ service, edge }) => {
      service.route = { gateway: edge, hostname: 'llama.example.com' };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/route: open-endpoint
  Whoever reaches the Gateway envoy-gateway-system/edge may use the model at llama.example.com: the route asks for no key.
  Give it authentication: RouteAuthentication.apiKeys(…) or .jwt(…); waive this where the Gateway is not reached from outside, or asks by itself.`,
    mended: ({ service, edge }) => {
      service.route = {
        gateway: edge,
        hostname: 'llama.example.com',
        authentication: RouteAuthentication.jwt({
          issuer: 'https://login.example.com',
          audiences: ['llama'],
          jwks: { uri: 'https://login.example.com/keys' },
        }),
      };
    },
  },
  'route-authentication': {
    title: 'Keys for a gateway that does not read them',
    broken: ({ service, clients }) => {
      const edge = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'gke' });
      service.route = { gateway: edge, hostname: 'llama.example.com', authentication: clients };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/route: route-authentication
  The Gateway edge is one of GKE's own; keys and tokens are checked by objects of Envoy Gateway, which others do not read.
  Use a Gateway of Envoy Gateway; or leave authentication out, and switch on Identity-Aware Proxy in a GCPBackendPolicy for each Service.`,
    mended: ({ service, clients }) => {
      const edge = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
      service.route = { gateway: edge, hostname: 'llama.example.com', authentication: clients };
    },
  },
  'gateway-bypass': {
    title: 'A chat application that calls the pods by itself',
    broken: ({ service }) => {
      service.network = { clients: [NetworkPeer.namespace('chat')] };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b: gateway-bypass
  1 peer of network.clients reaches the server around the Gateway edge, without key, quota or name.
  Let it call the host name of the route, with a key; or waive this with the reason why it needs none.`,
    mended: ({ service }) => {
      service.network = { monitoring: [NetworkPeer.namespace('monitoring')] };
    },
  },
  'route-conflict': {
    title: 'A second route for the same host and path',
    broken: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['llama.example.com'],
        paths: ['/v1/models'],
        requestTimeout: Duration.seconds(30),
        backends: [{ service: 'reranker', port: 8000 }],
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/route/Default: route-conflict
  HTTPRoute nim/llama3-8b claims llama.example.com/v1/models on the Gateway envoy-gateway-system/edge, and so does HTTPRoute nim/reranker: the older of the two gets every request.
  Give it another host name or other paths, or put both Services behind one route with weights.`,
    mended: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        paths: ['/v1/models'],
        requestTimeout: Duration.seconds(30),
        backends: [{ service: 'reranker', port: 8000 }],
      });
    },
  },
  'route-backends': {
    title: 'A route to nowhere',
    broken: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.seconds(30),
        backends: [],
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/reranker: route-backends
  The route has 0 backends; a rule of an HTTPRoute takes 1 to 16.
  Name the Services that answer.`,
    mended: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.seconds(30),
        backends: [{ service: 'reranker', port: 8000 }],
      });
    },
  },
  'route-paths': {
    title: 'Everything that the server answers',
    broken: ({ service }) => {
      service.route = { ...service.route!, paths: ['/'] };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/route: route-paths
  The path "/" routes every endpoint of the server, those that no key guards among them.
  Name the paths that clients may call, such as /v1.`,
    mended: ({ service }) => {
      service.route = { ...service.route!, paths: ['/v1/chat/completions'] };
    },
  },
  'route-header': {
    title: 'A header with blanks in its name',
    broken: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.seconds(30),
        backends: [{ service: 'reranker', port: 8000 }],
        smokeRoute: { header: 'model track', value: 'canary', backend: { service: 'reranker-canary', port: 8000 } },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/reranker: route-header
  "model track" is not the name of an HTTP header.
  Use letters, digits and "-", such as x-model-track.`,
    mended: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.seconds(30),
        backends: [{ service: 'reranker', port: 8000 }],
        smokeRoute: { header: 'model-track', value: 'canary', backend: { service: 'reranker-canary', port: 8000 } },
      });
    },
  },
  'route-timeout': {
    title: 'A timeout that stands for none',
    broken: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.days(9999),
        backends: [{ service: 'reranker', port: 8000 }],
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/reranker: route-timeout
  requestTimeout is 863913600000 ms, which Gateway API cannot write.
  Use whole milliseconds, at most 99,999 hours.`,
    mended: ({ nim, edge, clients }) => {
      new InferenceRoute(nim, 'reranker', {
        gateway: edge,
        authentication: clients,
        hostnames: ['reranker.example.com'],
        requestTimeout: Duration.minutes(5),
        backends: [{ service: 'reranker', port: 8000 }],
      });
    },
  },
  'gateway-feature': {
    title: 'A fallback behind a gateway that knows none',
    broken: ({ service }) => {
      service.route = {
        gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'gke' }),
        hostname: 'llama.example.com',
        fallback: { service: 'llama3-1b', port: 8000 },
      };
      service.waivers = { ...service.waivers, 'open-endpoint': 'Identity-Aware Proxy asks who calls' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/route: gateway-feature
  The Gateway gateways/edge cannot do fallback.
  Leave it out, or use a Gateway of Envoy Gateway.`,
    mended: ({ service, edge, clients }) => {
      service.route = {
        gateway: edge,
        hostname: 'llama.example.com',
        authentication: clients,
        fallback: { service: 'llama3-1b', port: 8000 },
      };
    },
  },
  'ingress-nginx-retired': {
    title: 'A route through ingress-nginx',
    broken: ({ service }) => {
      service.route = { gateway: IngressReference.nginx(), hostname: 'llama.example.com' };
      service.waivers = { ...service.waivers, 'open-endpoint': 'the controller asks who calls (auth-url)' };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/route: ingress-nginx-retired
  The route enters by the IngressClass nginx: ingress-nginx is retired. It was announced on 11 November 2025; since March 2026 nobody mends its holes (kubernetes.io/blog/2025/11/11/ingress-nginx-retirement).
  Move to a Gateway: new GatewayReference({ name, namespace, implementation }).`,
    mended: ({ service, edge, clients }) => {
      service.route = { gateway: edge, hostname: 'llama.example.com', authentication: clients };
    },
  },
  'answer-cut': {
    title: 'Answers that outlast a reload of nginx',
    broken: ({ service }) => {
      service.longestAnswer = Duration.minutes(9);
      service.route = { gateway: IngressReference.nginx(), hostname: 'llama.example.com' };
      service.waivers = {
        ...service.waivers,
        'open-endpoint': 'the controller asks who calls (auth-url)',
        'ingress-nginx-retired': 'until the move in spring',
      };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/route: answer-cut
  An answer may take 540 s, and ingress-nginx cuts those that run 240 s after any change of its configuration, by whomever: worker-shutdown-timeout of its ConfigMap (kubernetes/ingress-nginx#8977).
  Have the platform team set worker-shutdown-timeout to 540s and give the controller's pods that long to end, and state it as workerShutdownTimeout of the IngressReference; or use a Gateway, which lets streams end.`,
    mended: ({ service }) => {
      const gateway = IngressReference.nginx({ workerShutdownTimeout: Duration.minutes(9) });
      service.route = { gateway, hostname: 'llama.example.com' };
    },
  },
  'route-limits': {
    title: 'A gateway that lets less through than is promised',
    broken: ({ service, edge, clients }) => {
      service.concurrency = 2;
      service.route = {
        gateway: edge,
        hostname: 'llama.example.com',
        authentication: clients,
        limits: { parallelRequests: 1 },
      };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b: route-limits
  The gateway lets 1 requests through at once, and the service promises to run 2: 1 x 2.
  Raise limits.parallelRequests to 2 or more, so that some can wait; or lower concurrency.`,
    mended: ({ service, edge, clients }) => {
      service.route = {
        gateway: edge,
        hostname: 'llama.example.com',
        authentication: clients,
        limits: { parallelRequests: 8 },
      };
    },
  },
  'route-fallback': {
    title: 'A fallback that answers to another name',
    broken: (base) => {
      base.service.route = { ...base.service.route!, fallback: { service: 'small', port: 8000 } };
      base.service.servedModelName = 'chat';
      smaller(base, 'chat-small');
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b: route-fallback
  Clients of llama3-8b ask for the model chat; the fallback small answers to chat-small only, and would say 404.
  Give both the same servedModelName, such as 'chat'.`,
    mended: (base) => {
      base.service.route = { ...base.service.route!, fallback: { service: 'small', port: 8000 } };
      base.service.servedModelName = 'chat';
      smaller(base, 'chat');
    },
  },
  names: {
    title: 'A label with a blank',
    broken: ({ service }) => {
      service.podLabels = { 'cost center': '4711' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: names
  pod label key "cost center" is not a label key.
  Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".`,
    mended: ({ service }) => {
      service.podLabels = { 'cost-center': '4711' };
    },
  },
  numbers: {
    title: 'Half a replica',
    broken: ({ service }) => {
      service.replicas = 0.5;
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: numbers
  replicas is 0.5.
  Use a whole number, 0 or more.`,
    mended: ({ service }) => {
      service.replicas = 1;
    },
  },
  'duplicate-objects': {
    title: 'Two teams, one ConfigMap',
    broken: ({ nim }) => {
      new k8s.KubeConfigMap(nim, 'prompts', { metadata: { name: 'prompts' }, data: { system: 'Be brief.' } });
      new k8s.KubeConfigMap(nim, 'more-prompts', { metadata: { name: 'prompts' }, data: { system: 'Be kind.' } });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/more-prompts: duplicate-objects
  ConfigMap nim/prompts is declared twice: by nim/prompts and by nim/more-prompts. One would overwrite the other.
  Give one of them another name, or declare it once and pass it on.`,
    mended: ({ nim }) => {
      new k8s.KubeConfigMap(nim, 'prompts', { metadata: { name: 'prompts' }, data: { system: 'Be brief.' } });
      new k8s.KubeConfigMap(nim, 'more-prompts', { metadata: { name: 'kind-prompts' }, data: { system: 'Be kind.' } });
    },
  },
  'gpu-toleration': {
    title: 'A patch that takes the tolerations away',
    broken: ({ llama }) => {
      llama.stable.workload.addJsonPatch(JsonPatch.remove('/spec/template/spec/tolerations'));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: gpu-toleration
  /spec/template/spec/tolerations of StatefulSet nim/llama3-8b does not tolerate nvidia.com/gpu=present:NoSchedule of the pool gpupool: none of its nodes takes the pod.
  Leave what the placement wrote, and add to it: JsonPatch.add('/spec/template/spec/tolerations/-', …).`,
    mended: ({ llama }) => {
      const toleration = { key: 'night', operator: 'Exists', effect: 'NoSchedule' };
      llama.stable.workload.addJsonPatch(JsonPatch.add('/spec/template/spec/tolerations/-', toleration));
    },
  },
  'pod-security': {
    title: 'A patch of what the container may do, in a namespace that is restricted',
    broken: ({ llama }) => {
      llama.stable.workload.addJsonPatch(
        JsonPatch.remove('/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation'),
      );
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: pod-security
  The namespace nim enforces the Pod Security level restricted, which refuses the pods of StatefulSet nim/llama3-8b: the container nim may escalate its privileges.
  Set allowPrivilegeEscalation: false; where a JSON patch changed that, leave it out.`,
    mended: ({ llama }) => {
      llama.stable.workload.addJsonPatch(
        JsonPatch.add('/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem', true),
      );
    },
  },
  'gpu-requests': {
    title: 'A patch that takes the CPU request away',
    broken: ({ llama }) => {
      llama.stable.workload.addJsonPatch(JsonPatch.remove('/spec/template/spec/containers/0/resources/requests/cpu'));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: gpu-requests
  The container nim of StatefulSet nim/llama3-8b requests nvidia.com/gpu, but no cpu.
  State what it needs beside the GPU.`,
    mended: ({ llama }) => {
      const cpu = k8s.Quantity.fromString('2');
      llama.stable.workload.addJsonPatch(
        JsonPatch.replace('/spec/template/spec/containers/0/resources/requests/cpu', cpu),
      );
    },
  },
  'lost-value': {
    title: 'A patch of a quota with a plain number',
    broken: ({ nim }) => {
      const quota = nim.node.findChild('quota') as k8s.KubeResourceQuota;
      quota.addJsonPatch(JsonPatch.add('/spec/hard/pods', '20'));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/quota: lost-value
  /spec/hard/pods of ResourceQuota nim/quota was set to "20", and nothing of it is written: the type wants a Quantity there.
  Pass k8s.Quantity.fromString("20").`,
    mended: ({ nim }) => {
      const quota = nim.node.findChild('quota') as k8s.KubeResourceQuota;
      quota.addJsonPatch(JsonPatch.add('/spec/hard/pods', k8s.Quantity.fromString('20')));
    },
  },
  'no-null': {
    title: 'A patch with a value that is not there',
    broken: ({ llama }) => {
      llama.stable.workload.addJsonPatch(JsonPatch.add('/spec/template/spec/hostname', null));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: no-null
  /spec/template/spec/hostname of StatefulSet nim/llama3-8b is null.
  Leave it out. If a JSON patch set it: a typed object loses plain values where its type wants a class, so pass that class, such as k8s.Quantity.fromString("1").`,
    mended: ({ llama }) => {
      llama.stable.workload.addJsonPatch(JsonPatch.add('/spec/template/spec/hostname', 'llama'));
    },
  },
  'flux-substitution': {
    title: 'A shell variable in a value',
    broken: ({ service }) => {
      service.env = { GREETING: 'Hello ${USER}' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: flux-substitution
  /spec/template/spec/containers/0/env/6/value of StatefulSet nim/llama3-8b holds "\${", which Flux replaces where post-build substitution is on.
  Write it without braces, such as $NAME or $(NAME), or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled.`,
    mended: ({ service }) => {
      service.env = { GREETING: 'Hello $(USER)' };
    },
  },
  'yaml-value': {
    title: 'A number that came out of a division by zero',
    broken: ({ nim }) => {
      const [limit, teams] = [12, 0];
      new ApiObject(nim, 'limits', {
        apiVersion: 'gateway.envoyproxy.io/v1alpha1',
        kind: 'BackendTrafficPolicy',
        metadata: { name: 'limits' },
        spec: { circuitBreaker: { maxConnections: limit / teams } },
      });
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/limits: yaml-value
  /spec/circuitBreaker/maxConnections is Infinity, which has no place in a manifest.
  Set a string, a finite number or a boolean.`,
    mended: ({ nim }) => {
      const [limit, teams] = [12, 3];
      new ApiObject(nim, 'limits', {
        apiVersion: 'gateway.envoyproxy.io/v1alpha1',
        kind: 'BackendTrafficPolicy',
        metadata: { name: 'limits' },
        spec: { circuitBreaker: { maxConnections: limit / teams } },
      });
    },
  },
  'file-layout': {
    title: 'Namespaces beside the output directory',
    broken: ({ app }) => {
      app.layout = (manifest, chart) =>
        manifest.kind === 'Namespace' ? '../namespaces.yaml' : layoutByConcern(manifest, chart);
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/Default: file-layout
  The layout puts it into "../namespaces.yaml", which has an empty, "." or ".." step.
  Return folders and a file joined by "/", such as "30-services/nim/llama.yaml": letters, digits, "-", "_", ".".`,
    mended: ({ app }) => {
      app.layout = (manifest, chart) =>
        manifest.kind === 'Namespace' ? 'namespaces.yaml' : layoutByConcern(manifest, chart);
    },
  },
  'committed-manifests': {
    title: 'A folder to compare with that is not there',
    broken: ({ app }) => {
      app.committed = ManifestSource.folder('no-such-folder');
    },
    told: 'error',
    message: `1 problem, nothing written:

(app): committed-manifests
  There is no such folder.
  Name a folder with synthesized manifests, or a revision that a clone of this depth has.`,
    mended: ({ app }) => {
      app.committed = committed();
    },
  },
  'immutable-change': {
    title: 'A larger disk for replicas that have one',
    broken: ({ app, service }) => {
      app.committed = committed();
      service.cache = ModelCache.perReplica(Size.gibibytes(80));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: immutable-change
  spec.volumeClaimTemplates[0].spec.resources.requests.storage of StatefulSet nim/llama3-8b becomes 80Gi; it is 50Gi, which cannot be changed after its birth.
  Before the commit is applied, run \`kubectl -n nim delete statefulset llama3-8b --cascade=orphan\`: its pods go on serving, and the new StatefulSet takes them over and replaces them one by one. Claims that exist keep their size.`,
    mended: ({ app }) => {
      app.committed = committed();
    },
  },
  'deleted-data': {
    title: 'A claim with weights that is left out',
    broken: ({ app }) => {
      app.committed = committed(({ nim }) => void new ApiObject(nim, 'weights', WEIGHTS));
    },
    told: 'error',
    message: `1 problem, nothing written:

(app): deleted-data
  PersistentVolumeClaim nim/weights is not there any more: Flux deletes it, and with it the files on its disk, unless its class retains them.
  Annotate it with kustomize.toolkit.fluxcd.io/prune: disabled in a commit before this one; Flux then leaves it, and you delete it by hand when nobody needs it.`,
    mended: (base) => {
      base.app.committed = committed(({ nim }) => void new ApiObject(nim, 'weights', WEIGHTS));
      void new ApiObject(base.nim, 'weights', WEIGHTS);
    },
  },
  'scaler-handover': {
    title: 'Two replicas that a scaler takes over',
    broken: (base) => {
      const pools = { maxNodes: 4 };
      Object.assign(base.pool, pools);
      Object.assign(base.tenant, { gpus: 4 });
      base.service.replicas = 2;
      base.app.committed = committed((before) => {
        Object.assign(before.pool, pools);
        Object.assign(before.tenant, { gpus: 4 });
        before.service.replicas = 2;
      });
      base.llama.stable.workload.addJsonPatch(JsonPatch.remove('/spec/replicas'));
      void new ApiObject(base.nim, 'scaler', {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'llama3-8b' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama3-8b' },
          minReplicas: 2,
          maxReplicas: 4,
        },
      } as never);
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable/Default: scaler-handover
  StatefulSet nim/llama3-8b hands its 2 replicas over to HorizontalPodAutoscaler nim/llama3-8b: a field that Flux stops applying becomes its default, so 1 of 2 pods end until the scaler brings them back.
  Before the commit is applied, give the field a second owner: echo '{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"llama3-8b","namespace":"nim"},"spec":{"replicas":2}}' | kubectl apply --server-side --field-manager=scaler-handover -f -`,
    mended: ({ app }) => {
      app.committed = committed();
    },
  },
  'lost-pods': {
    title: 'A Service of your own whose selector has a typing mistake',
    broken: (base) => {
      const service = (instance: string) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'notebooks' },
        spec: { selector: { 'app.kubernetes.io/instance': instance }, ports: [{ port: 80, targetPort: 8000 }] },
      });
      base.app.committed = committed(({ nim }) => void new ApiObject(nim, 'notebooks', service('llama3-8b')));
      void new ApiObject(base.nim, 'notebooks', service('llama-3-8b'));
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/notebooks: lost-pods
  Service nim/notebooks selected the pods of StatefulSet nim/llama3-8b and now selects none: its callers get no answer.
  Let selector and labels of the pods agree; a selector that must change changes after the pods have both labels.`,
    mended: ({ app }) => {
      app.committed = committed();
    },
  },
  'release-order': {
    title: 'A canary that skips its first step',
    broken: ({ app, service }) => {
      app.committed = committed((before) => {
        before.service.canary = { runtime: CANDIDATE, step: 'prepared' };
      });
      service.canary = { runtime: CANDIDATE, step: '20%' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/release/route/Default: release-order
  HTTPRoute nim/llama3-8b sends 20 % of the requests to llama3-8b-canary, whose pods only begin to load with this commit: they would fail with 503.
  Commit the pods first, at weight 0 (step smoke), and the weight when they are ready.`,
    mended: ({ app, service }) => {
      app.committed = committed((before) => {
        before.service.canary = { runtime: CANDIDATE, step: 'smoke' };
      });
      service.canary = { runtime: CANDIDATE, step: '5%' };
    },
  },
  'concurrent-rollouts': {
    title: 'Two rollouts in one commit, with one spare GPU',
    broken: (base) => {
      const room = (platform: Platform) => {
        Object.assign(platform.pool, { maxNodes: 4 });
        Object.assign(platform.tenant, { gpus: 5 });
      };
      room(base);
      base.app.committed = committed((before) => {
        room(before);
        twoDeployments(before.pool, before.nim, 'v0.18.0');
      });
      twoDeployments(base.pool, base.nim, 'v0.18.1');
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/one/stable: concurrent-rollouts
  One commit rolls out nim/one with up to 2 pods instead of 1 and nim/two with up to 2 pods instead of 1: together with the rest that takes 5 GPUs of gpupool, which has 4. Any of them alone fits.
  Make it a commit for each, the next when the one before is ready.`,
    mended: ({ app }) => {
      app.committed = committed();
    },
  },
  'dependency-cycle': {
    title: 'Two objects that wait for each other',
    broken: ({ nim }) => {
      const prompts = new k8s.KubeConfigMap(nim, 'prompts', { metadata: { name: 'prompts' } });
      const tools = new k8s.KubeConfigMap(nim, 'tools', { metadata: { name: 'tools' } });
      prompts.addDependency(tools);
      tools.addDependency(prompts);
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/prompts: dependency-cycle
  Each of these waits for the next: nim/prompts => nim/tools => nim/prompts.
  Take away one addDependency() between them.`,
    mended: ({ nim }) => {
      const prompts = new k8s.KubeConfigMap(nim, 'prompts', { metadata: { name: 'prompts' } });
      const tools = new k8s.KubeConfigMap(nim, 'tools', { metadata: { name: 'tools' } });
      prompts.addDependency(tools);
    },
  },
  'unwatched-objective': {
    title: 'A promise that nobody looks at',
    broken: ({ service }) => {
      vllmWithPromise(service);
      service.monitoring = undefined;
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b: unwatched-objective
  slo makes promises, and without monitoring nobody is told when they are broken.
  State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who watches them.`,
    mended: ({ service }) => {
      vllmWithPromise(service);
      service.monitoring = Monitoring.prometheusOperator();
    },
  },
  'slo-unalertable': {
    title: 'A promise for nine requests in ten, which no page could tell the breaking of',
    broken: ({ service }) => {
      service.slo = { timeToFirstToken: { p90: Duration.seconds(2.5) } };
      service.monitoring = Monitoring.prometheusOperator();
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/monitoring/slo: slo-unalertable
  timeToFirstToken p90 of 2.5 s: 10% may be slower, and the page at 14.4 times over 1h waits for 144% of all: it would be silent in a total outage.
  Promise timeToFirstToken at p95 or p99, with the time that holds there, or use a policy that burns less than 10 times, such as BurnRatePolicy.of({ pages: [{ burnRate: 5, over: Duration.hours(2) }] }).`,
    mended: ({ service }) => {
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2.5) } };
      service.monitoring = Monitoring.prometheusOperator();
    },
  },
  'signal-missing': {
    title: 'A promise about something that the server does not measure',
    broken: ({ service }) => {
      service.slo = { queueTime: { p95: Duration.seconds(1) } };
      service.monitoring = Monitoring.prometheusOperator();
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/monitoring/slo: signal-missing
  nim 1.0.0 does not tell queueTime.
  A NIM 1.x does not measure it. Use queueDepth. Use a NIM 2.x, which tells what its engine tells.`,
    mended: ({ service }) => {
      service.slo = { timeToFirstToken: { p95: Duration.seconds(2.5) } };
      service.monitoring = Monitoring.prometheusOperator();
    },
  },
  'scrape-target': {
    title: 'A server of your own that tells nothing, under monitoring',
    broken: ({ service }) => {
      unwatched(service);
      const alive = { path: '/alive', port: 8000 };
      service.runtime = new CustomRuntime({ ...FASTAPI, liveness: alive, metrics: false, signals: undefined });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
      service.artifact = PINNED;
      service.monitoring = Monitoring.prometheusOperator();
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/monitoring/scrape: scrape-target
  fastapi 1.4.2 exports no metrics, so the pods of llama3-8b are not scraped.
  State where it does (metrics: { path: '/metrics', port: … } of a CustomRuntime), or waive this with the reason why nobody needs to know.`,
    mended: ({ service }) => {
      unwatched(service);
      service.runtime = new CustomRuntime({ ...FASTAPI, liveness: { path: '/alive', port: 8000 } });
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
      service.artifact = PINNED;
      service.monitoring = Monitoring.prometheusOperator();
    },
  },
  telemetry: {
    title: 'Traces from a NIM that speaks another protocol than the collector that was named',
    broken: ({ service }) => {
      service.tracing = { grpcEndpoint: 'http://collector.tracing:4317' };
    },
    told: 'warning',
    message: `1 warning:

nim/llama3-8b/stable: telemetry
  NIM 1.0.0 sends traces by OTLP over HTTP only, and tracing names no httpEndpoint: it sends none.
  State tracing.httpEndpoint, such as 'http://collector.tracing:4318'.`,
    mended: ({ service }) => {
      service.tracing = {
        grpcEndpoint: 'http://collector.tracing:4317',
        httpEndpoint: 'http://collector.tracing:4318',
      };
    },
  },
  monitoring: {
    title: 'An address of Prometheus without its scheme',
    broken: ({ service }) => {
      service.monitoring = Monitoring.prometheusOperator({ serverAddress: 'prometheus.monitoring:9090' });
    },
    told: 'thrown by a value',
    message: `Monitoring: monitoring
  serverAddress is "prometheus.monitoring:9090".
  Use an address of http or https, without user, query, blanks and "$", such as http://collector.tracing:4317.`,
    mended: ({ service }) => {
      service.monitoring = Monitoring.prometheusOperator({ serverAddress: 'http://prometheus.monitoring:9090' });
    },
  },
  waivers: {
    title: 'A waiver without a reason',
    broken: ({ service }) => {
      service.waivers = { 'image-pinning': '' };
    },
    told: 'error',
    message: `1 problem, nothing written:

nim/llama3-8b/stable: waivers
  The waiver of image-pinning has no reason.
  Say why, in words that a reviewer can agree with.`,
    mended: ({ service }) => {
      service.waivers = { 'image-pinning': 'the registry forbids to move tags' };
    },
  },
};
