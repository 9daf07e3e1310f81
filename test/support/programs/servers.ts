import fc from 'fast-check';
import {
  call,
  Code,
  code,
  dictionary,
  list,
  mostly,
  of,
  often,
  oneOf,
  props,
  rarely,
  sometimes,
  usually,
  keys,
} from './code';
import { address, count, duration, environment, image, name, oddText, part, path, port, size, text } from './odd';

/** A server with what else it must be told, and what it can do. */
export interface Server {
  /** How the runtime is made. `other` says that it is another version, for a release. */
  readonly runtime: (other?: boolean) => Code;
  readonly models: readonly string[];
  readonly credentials: 'ngc' | 'hugging-face' | 'none';
  /** It serves files that somebody else brings. */
  readonly servesFiles: boolean;
  /** It downloads by itself. */
  readonly downloads: boolean;
  readonly lora: boolean;
  readonly handsOver: boolean;
  /** It tells how long its queue is. */
  readonly signals: boolean;
  /** It splits a model over GPUs and machines. */
  readonly splits: boolean;
}

const DIGEST = `@sha256:${'1'.repeat(64)}`;
const LLAMAS = ['meta-llama/Meta-Llama-3-8B-Instruct', 'meta-llama/Llama-3.1-8B-Instruct'];
const none = fc.constant(undefined);
const env = environment({ MY_FLAG: 'x' }, { NCCL_DEBUG: 'INFO', EMPTY: '' });
const apiKey = props({ secretName: name('client-key'), secretKey: sometimes(name('key')) });
const parser = text('llama3_json', 'hermes');

const nim = (image_: Code, more: Parameters<typeof props>[0]) =>
  call(
    'new NimRuntime',
    props({
      image: image_,
      env: rarely(env),
      logLevel: rarely(of('INFO', 'DEBUG')),
      jsonLogging: rarely(of(true, false)),
      modelProfile: rarely(text('8835c31752fbc67ef658b20a9f78e056914fdef0660206d82f252d62fd96064d')),
      ...more,
    }),
  );

const NIM_1: Server = {
  models: ['meta-llama/Meta-Llama-3-8B-Instruct'],
  credentials: 'ngc',
  servesFiles: false,
  downloads: true,
  lora: false,
  handsOver: false,
  signals: true,
  splits: false,
  runtime: (other) =>
    nim(
      other
        ? of(`nvcr.io/nim/meta/llama3-8b-instruct:1.10.0${DIGEST}`)
        : image(
            'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0',
            `nvcr.io/nim/meta/llama3-8b-instruct:1.8.0${DIGEST}`,
            'nvcr.io/nim/meta/llama3-8b-instruct:1.5.0',
          ),
      {
        kvCacheReuse: rarely(of(true)),
        kvCachePercent: rarely(part(0.9)),
        maxBatchSize: rarely(count(64)),
        autoToolChoice: rarely(of(true)),
        toolCallParser: rarely(parser),
        otlpEndpoint: rarely(address('http://collector:4318')),
      },
    ),
};

const NIM_2: Server = {
  ...NIM_1,
  splits: true,
  servesFiles: true,
  runtime: (other) =>
    nim(of(`nvcr.io/nim/meta/llama3-8b-instruct:${other ? '2.1.0' : '2.0.4'}${DIGEST}`), {
      gpuMemoryUtilization: rarely(part(0.9)),
      disableCudaGraph: rarely(of(true)),
      engineArgs: rarely(list(text('--enforce-eager'), 1, 2)),
    }),
};

const RETRIEVER: Server = {
  ...NIM_1,
  models: ['nvidia/nv-embedqa-e5-v5'],
  signals: false,
  runtime: (other) => nim(of(`nvcr.io/nim/nvidia/nv-embedqa-e5-v5:${other ? '1.7.0' : '1.6.0'}${DIGEST}`), {}),
};

const VLLM: Server = {
  models: LLAMAS,
  credentials: 'hugging-face',
  servesFiles: true,
  downloads: true,
  lora: true,
  handsOver: true,
  signals: true,
  splits: true,
  runtime: (other) =>
    call(
      'new VllmRuntime',
      props({
        image: other
          ? of(`vllm/vllm-openai:v0.19.0${DIGEST}`)
          : image(`vllm/vllm-openai:v0.18.1${DIGEST}`, 'vllm/vllm-openai:v0.18.1', 'vllm/vllm-openai:v0.11.0'),
        version: other ? none : rarely(mostly(of('0.18.1'), of('', 'v0.18', '0', '0.0.0', '99.0.0', '1e3'))),
        env: rarely(env),
        args: rarely(list(text('--max-logprobs', '5', '--disable-log-stats', '--seed=7'), 1, 3)),
        gpuMemoryUtilization: rarely(part(0.9, 0.92)),
        maxNumSeqs: rarely(count(64, 256)),
        maxNumBatchedTokens: rarely(count(8192, 2048)),
        prefixCaching: rarely(of(true, false)),
        blockSize: rarely(count(16, 32)),
        enforceEager: rarely(of(true)),
        structuredOutputsBackend: rarely(of('auto', 'xgrammar')),
        schedulingPolicy: rarely(of('fcfs', 'priority')),
        toolCallParser: rarely(parser),
        reasoningParser: rarely(text('deepseek_r1')),
        chatTemplate: rarely(path('/models/chat.jinja')),
        trustRemoteCode: rarely(of(true)),
        otlpTracesEndpoint: rarely(address('http://collector:4317')),
        logLevel: rarely(of('INFO', 'DEBUG')),
        logRequests: rarely(of(true)),
        accessLog: rarely(of('all', 'clients', 'none')),
        apiKey: rarely(apiKey),
        speculation: rarely(props({ method: of('ngram'), numSpeculativeTokens: count(3), promptLookupMax: count(4) })),
      }),
    ),
};

const SGLANG: Server = {
  ...VLLM,
  handsOver: false,
  runtime: (other) =>
    call(
      'new SglangRuntime',
      props({
        image: other
          ? of(`lmsysorg/sglang:v0.5.24${DIGEST}`)
          : image(`lmsysorg/sglang:v0.5.23${DIGEST}`, 'lmsysorg/sglang:v0.5.20'),
        env: rarely(env),
        args: rarely(list(text('--random-seed', '7', '--log-level-http=error'), 1, 2)),
        memFractionStatic: rarely(part(0.8)),
        maxRunningRequests: rarely(count(64)),
        maxQueuedRequests: rarely(count(128)),
        chunkedPrefillSize: rarely(count(4096)),
        attentionBackend: rarely(text('fa3', 'triton')),
        schedulePolicy: rarely(of('lpm', 'fcfs')),
        disableRadixCache: rarely(of(true)),
        hicacheSize: rarely(count(16)),
        toolCallParser: rarely(text('llama3')),
        apiKey: rarely(apiKey),
        watchdogTimeout: rarely(count(300)),
        logLevel: rarely(of('info')),
      }),
    ),
};

const TGI: Server = {
  ...VLLM,
  lora: true,
  handsOver: false,
  splits: false,
  runtime: (other) =>
    call(
      'new TgiRuntime',
      props({
        image: other
          ? of(`ghcr.io/huggingface/text-generation-inference:3.3.7${DIGEST}`)
          : image(
              `ghcr.io/huggingface/text-generation-inference:3.3.4${DIGEST}`,
              'ghcr.io/huggingface/text-generation-inference:3.0.1',
            ),
        env: rarely(env),
        runsAsNonRoot: usually(of(true)),
        maxInputTokens: rarely(count(4096)),
        maxConcurrentRequests: rarely(count(128)),
        payloadLimit: rarely(count(2_000_000)),
        cudaMemoryFraction: rarely(part(0.9)),
        trustRemoteCode: rarely(of(true)),
        otlpEndpoint: rarely(address('http://collector:4317')),
        apiKey: rarely(apiKey),
      }),
    ),
};

const tensor = (usual: string) =>
  props({
    name: text(usual),
    dataType: of('TYPE_INT64', 'TYPE_FP32', 'TYPE_STRING'),
    dims: list(count(-1, 1, 16), 1, 2),
  });

const onnx = props({
  name: text('classifier', 'a.b', 'Model_1'),
  backend: of('onnxruntime', 'python'),
  maxBatchSize: count(32),
  inputs: list(tensor('ids'), 1, 1),
  outputs: list(tensor('logits'), 1, 1),
  dynamicBatching: sometimes(props({ maxQueueDelayMicroseconds: sometimes(count(2000)) })),
  instanceGroups: sometimes(
    list(props({ kind: sometimes(of('KIND_GPU', 'KIND_CPU')), count: sometimes(count(1, 2)) }), 1, 1),
  ),
  parameters: rarely(dictionary(keys(['tokenizer_dir', 'a'], ['', 'a"b', 'ä']), mostly(of('x'), oddText), 1, 2)),
  responseCache: rarely(of(true)),
});

const TRITON: Server = {
  models: [],
  credentials: 'none',
  servesFiles: true,
  downloads: false,
  lora: false,
  handsOver: false,
  signals: false,
  splits: false,
  runtime: (other) =>
    call(
      'new TritonRuntime',
      props({
        image: of(`nvcr.io/nvidia/tritonserver:${other ? '25.09' : '25.08'}-py3${DIGEST}`),
        models: often(list(onnx, 1, 1)),
        probes: sometimes(of('http', 'grpc')),
        env: rarely(env),
        logVerbose: rarely(count(1)),
        pinnedMemoryPoolMib: rarely(count(256)),
        responseCacheMib: rarely(count(64)),
        modelLoadThreadCount: rarely(count(4)),
        strictReadiness: rarely(of(true)),
        metrics: rarely(props({ gpu: sometimes(of(false)), intervalMs: sometimes(count(2000)) })),
      }),
    ),
};

const probe = oneOf(
  props({ path: path('/ready'), port: port(8000) }),
  props({ grpcPort: port(8000), service: sometimes(text('health')) }),
  props({ tcpPort: port(8000) }),
  props({ command: list(text('/bin/ready'), 1, 2) }),
);

const CUSTOM: Server = {
  ...TRITON,
  servesFiles: true,
  runtime: (other) =>
    call(
      'new CustomRuntime',
      props({
        name: name('assistant', 'embedder'),
        image: other
          ? of(`registry.example.com/assistant:1.1.0${DIGEST}`)
          : image(`registry.example.com/assistant:1.0.0${DIGEST}`, 'registry.example.com/assistant:1.0.0'),
        version: rarely(text('1.0.0')),
        port: port(8000),
        readiness: probe,
        liveness: sometimes(probe),
        metrics: sometimes(oneOf(of(false), props({ path: path('/metrics'), port: port(8000) }))),
        user: sometimes(count(1000)),
        shutdown: rarely(of('ignores', 'aborts')),
        '...': rarely(props({ shutdown: of('drains'), drainLimit: sometimes(duration('seconds(60)')) })),
        command: rarely(list(text('/bin/serve'), 1, 2)),
        args: sometimes(list(text('--port=8000', '--verbose'), 1, 3)),
        env: sometimes(env),
        readOnlyRootFilesystem: rarely(of(true, false)),
        writablePaths: sometimes(
          list(props({ name: name('tmp', 'logs'), path: path('/tmp', '/var/log/server'), sizeMib: count(64) }), 1, 1),
        ),
        cachePath: rarely(path('/cache')),
        downloadHosts: rarely(list(text('models.example.com', '*.hf.co'), 1, 2)),
        clientPaths: usually(list(path('/v1', '/generate'), 1, 1)),
        servesLocalWeights: of(true),
        splitsModel: of(true),
        sharedMemory: rarely(size('gibibytes(1)')),
        hostMemory: rarely(size('gibibytes(4)')),
        ephemeralStorage: rarely(size('gibibytes(2)')),
        cpuCores: rarely(count(2, 4)),
        warmUp: rarely(duration('seconds(30)')),
      }),
    ),
};

/** Every server; the more often, the more it can do. */
export const SERVERS: readonly (readonly [weight: number, server: Server])[] = [
  [3, NIM_1],
  [2, NIM_2],
  [1, RETRIEVER],
  [6, VLLM],
  [3, SGLANG],
  [2, TGI],
  [2, TRITON],
  [3, CUSTOM],
];

/** A model that no catalog has. */
export const ownModel: Code = props({
  id: text('acme/own-8b'),
  parameters: count(8_000_000_000),
  embeddingParameters: count(500_000_000),
  layers: count(32),
  hiddenSize: count(4096),
  attentionHeads: count(32),
  vocabularySize: count(128_256),
  maxModelLen: count(131_072),
  attention: code("{ kind: 'gqa', kvLayers: 32, kvHeads: 8, headDim: 128 }"),
  nativeFormat: of('bf16'),
  source: of('config.json'),
  verified: of(false),
});
