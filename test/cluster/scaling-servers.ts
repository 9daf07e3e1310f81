import {
  GpuNodePool,
  InferenceServiceProps,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  ScalingMetric,
  SglangRuntime,
  TgiRuntime,
  TritonRuntime,
  VllmRuntime,
} from '../../lib';
import { Duration, Size } from 'cdk8s';
import { nim } from './services';

/** What the requests of a service are like at the moment. Each pod that serves has its share of those that wait or run. */
export interface Load {
  readonly waiting: number;
  readonly running: number;
  /** Part of the KV cache in use, of every pod. */
  readonly kvCache: number;
  /** Requests so far whose first token took from 5 to 7.5 s, of every pod. */
  readonly late: number;
}

export const NO_LOAD: Load = { waiting: 0, running: 0, kvCache: 0, late: 0 };

/** A server as the world knows it: where it tells of itself, and what. Written down from its own answers, not from lib/runtime. */
export interface ToldServer {
  readonly port: number;
  readonly path: string;
  readonly page: (load: Load) => string;
}

type Labels = Readonly<Record<string, string>>;

const lines = (...all: readonly (string | readonly string[])[]) => [...all.flat(), ''].join('\n');
/** As Python's client writes: labels in the order of the alphabet, every number with a point. */
const float = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value));
const labelled = (labels: Labels) =>
  `{${Object.keys(labels)
    .sort()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',')}}`;
const gauge = (metric: string, labels: Labels, value: number) => [
  `# TYPE ${metric} gauge`,
  `${metric}${labelled(labels)} ${float(value)}`,
];
const histogram = (
  metric: string,
  labels: Labels,
  boundaries: readonly number[],
  within: (seconds: number) => number,
) => [
  `# TYPE ${metric} histogram`,
  ...[...boundaries.map(float), '+Inf'].map(
    (le) => `${metric}_bucket${labelled({ ...labels, le })} ${float(within(le === '+Inf' ? Infinity : Number(le)))}`,
  ),
  `${metric}_count${labelled(labels)} ${float(within(Infinity))}`,
  `${metric}_sum${labelled(labels)} ${float(within(Infinity) * 6)}`,
];
const late =
  ({ late: count }: Load) =>
  (seconds: number) =>
    seconds >= 7.5 ? count : 0;
const FIRST_TOKEN = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const LLAMA = { model_name: 'meta-llama/Meta-Llama-3-8B-Instruct' };

/** @source DataDog/integrations-core nvidia_nim/tests/fixtures/nim_metrics.txt: the answer of a NIM 1.0 */
const nim1: ToldServer = {
  port: 8000,
  path: '/metrics',
  page: (load) =>
    lines(
      gauge('num_requests_running', { model_name: 'meta/llama3-8b-instruct' }, load.running),
      gauge('num_requests_waiting', { model_name: 'meta/llama3-8b-instruct' }, load.waiting),
      gauge('num_request_max', { model_name: 'meta/llama3-8b-instruct' }, 64),
      gauge('gpu_cache_usage_perc', { model_name: 'meta/llama3-8b-instruct' }, load.kvCache),
      histogram('time_to_first_token_seconds', { model_name: 'meta/llama3-8b-instruct' }, FIRST_TOKEN, late(load)),
    ),
};

/** @source vLLM's published packages: V1 tells of each engine; the cache had the name of the GPU until 0.10 */
const vllm = (cache: 'vllm:kv_cache_usage_perc' | 'vllm:gpu_cache_usage_perc'): ToldServer => ({
  port: 8000,
  path: '/metrics',
  page: (load) =>
    lines(
      gauge('vllm:num_requests_running', { ...LLAMA, engine: '0' }, load.running),
      gauge('vllm:num_requests_waiting', { ...LLAMA, engine: '0' }, load.waiting),
      gauge(cache, { ...LLAMA, engine: '0' }, load.kvCache),
      histogram(
        'vllm:time_to_first_token_seconds',
        { ...LLAMA, engine: '0' },
        [...FIRST_TOKEN, 20, 40, 80, 160, 640, 2560],
        late(load),
      ),
    ),
});

/** @source sgl-project/sglang issue 13485, which shows its answer */
const sglang: ToldServer = {
  port: 8000,
  path: '/metrics',
  page: (load) => {
    const labels = { ...LLAMA, engine_type: 'unified', moe_ep_rank: '0', pp_rank: '0', tp_rank: '0' };
    return lines(
      gauge('sglang:num_running_reqs', labels, load.running),
      gauge('sglang:token_usage', labels, load.kvCache),
      gauge('sglang:num_queue_reqs', labels, load.waiting),
    );
  },
};

/** @source huggingface/text-generation-inference docs/source/reference/metrics.md; its exporter writes no labels and whole numbers */
const tgi: ToldServer = {
  port: 8000,
  path: '/metrics',
  page: (load) =>
    lines(
      ['# TYPE tgi_batch_current_size gauge', `tgi_batch_current_size ${load.running}`],
      ['# TYPE tgi_queue_size gauge', `tgi_queue_size ${load.waiting}`],
    ),
};

/** @source triton-inference-server/server docs/user_guide/metrics.md */
const triton: ToldServer = {
  port: 8002,
  path: '/metrics',
  page: (load) =>
    lines(
      '# TYPE nv_inference_request_success counter',
      'nv_inference_request_success{model="embed",version="1"} 1',
      '# TYPE nv_inference_pending_request_count gauge',
      `nv_inference_pending_request_count{model="embed",version="1"} ${load.waiting}`,
    ),
};

/** The walk: one replica for each of three machines. */
export const POOL = GpuNodePool.gke({
  name: 'scaled',
  machineType: 'g2-standard-4',
  maxNodes: 3,
  zones: ['us-central1-a'],
});
/** Where the others take a step, side by side. */
export const OTHERS = GpuNodePool.gke({
  name: 'scaled-others',
  machineType: 'g2-standard-8',
  maxNodes: 15,
  zones: ['us-central1-a'],
});
const H100 = GpuNodePool.gke({
  name: 'scaled-h100',
  machineType: 'a3-highgpu-8g',
  maxNodes: 6,
  zones: ['us-central1-a'],
});
export const POOLS: readonly (readonly [GpuNodePool, number])[] = [
  [POOL, 3],
  [OTHERS, 10],
  [H100, 4],
];

/** A service with a server of each kind, what it is scaled by, and a load that asks for two replicas and one that asks for one. */
export interface ScaledServer {
  readonly props: Partial<InferenceServiceProps>;
  readonly kind: 'StatefulSet' | 'Deployment' | 'LeaderWorkerSet';
  readonly metrics: readonly ScalingMetric[];
  readonly told: ToldServer;
  readonly fits: Partial<Load>;
  /** What of it the scaler counts, metric by metric. */
  readonly counts: readonly number[];
  readonly asksForMore: Partial<Load>;
}

export const NIM_1 = nim1;

const HUGGING_FACE = { credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }), nodePool: OTHERS };

export const SERVERS: Readonly<Record<string, ScaledServer>> = {
  'vllm-0-18': {
    props: { ...HUGGING_FACE, runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }) },
    kind: 'StatefulSet',
    metrics: [ScalingMetric.queueDepth()],
    told: vllm('vllm:kv_cache_usage_perc'),
    fits: { waiting: 5, running: 30 },
    counts: [5],
    asksForMore: { waiting: 6 },
  },
  'vllm-0-8': {
    props: { ...HUGGING_FACE, runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.8.5.post1' }) },
    kind: 'StatefulSet',
    metrics: [ScalingMetric.queueDepth(), ScalingMetric.kvCacheUtilization()],
    told: vllm('vllm:gpu_cache_usage_perc'),
    fits: { kvCache: 0.8 },
    counts: [0, 0.8],
    asksForMore: { kvCache: 0.95 },
  },
  sglang: {
    props: { ...HUGGING_FACE, runtime: new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' }) },
    kind: 'StatefulSet',
    metrics: [ScalingMetric.runningRequests(10)],
    told: sglang,
    fits: { running: 10 },
    counts: [10],
    asksForMore: { running: 14 },
  },
  tgi: {
    props: {
      ...HUGGING_FACE,
      runtime: new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
      workload: 'Deployment',
      cache: ModelCache.ephemeral(Size.gibibytes(20)),
    },
    kind: 'Deployment',
    metrics: [ScalingMetric.queueDepth()],
    told: tgi,
    fits: { waiting: 4, running: 20 },
    counts: [4],
    asksForMore: { waiting: 9 },
  },
  triton: {
    props: {
      runtime: new TritonRuntime({
        image: 'nvcr.io/nvidia/tritonserver:25.08-py3',
        models: [
          {
            name: 'embed',
            backend: 'onnxruntime',
            maxBatchSize: 64,
            inputs: [{ name: 'text', dataType: 'TYPE_INT64', dims: [-1] }],
            outputs: [{ name: 'vector', dataType: 'TYPE_FP32', dims: [1024] }],
            instanceGroups: [{ kind: 'KIND_GPU' }],
          },
        ],
      }),
      nodePool: OTHERS,
      model: undefined,
      maxModelLen: undefined,
      cache: undefined,
      credentials: undefined,
      artifact: ModelArtifact.claim('embed'),
    },
    kind: 'StatefulSet',
    metrics: [ScalingMetric.queueDepth(20)],
    told: triton,
    fits: { waiting: 20 },
    counts: [20],
    asksForMore: { waiting: 30 },
  },
  'nim-2': {
    props: {
      runtime: nim('2.0.4'),
      model: 'meta-llama/Llama-3.1-8B-Instruct',
      nodePool: H100,
      tensorParallelSize: 8,
      pipelineParallelSize: 2,
    },
    kind: 'LeaderWorkerSet',
    metrics: [ScalingMetric.timeToFirstToken({ p95: Duration.seconds(5) })],
    told: { ...vllm('vllm:kv_cache_usage_perc'), path: '/v1/metrics' },
    fits: { waiting: 40 },
    // Nobody was late.
    counts: [0],
    asksForMore: { late: 1 },
  },
};
