import '../../support/plain-text';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServingRequest, TritonBackendModel, TritonModel, TritonRuntime, TritonRuntimeProps } from '../../../lib';
import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { ONE_GPU } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';
import { EMBEDDING, ENSEMBLE, LLAMA, VLLM } from './examples';

const REPOSITORY = 'nvcr.io/nvidia/tritonserver';
const PY3 = `${REPOSITORY}:25.08-py3`;
const TRTLLM = `${REPOSITORY}:25.08-trtllm-python-py3`;
const VLLM_IMAGE = `${REPOSITORY}:25.08-vllm-python-py3`;

const REQUEST = servingRequest({
  weights: { kind: 'local', path: '/weights' },
  longestAnswerSeconds: 90,
  offline: true,
});
const contract = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
  new TritonRuntime(props).contract({ ...REQUEST, ...edits });
const args = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
  contract(props, edits).args!.join('\n');
const problems = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
  contract(props, edits).problems.map(formatProblem).join('\n');
const warnings = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
  contract(props, edits).warnings!.map(formatProblem).join('\n');
const envOf = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
  Object.fromEntries(contract(props, edits).env.map(({ name, value }) => [name, value]));
const onGpus = (tensorParallelSize: number, edits: Partial<ServingRequest['parallelism']> = {}) => ({
  parallelism: { ...ONE_GPU, tensorParallelSize, ...edits },
});

test('the contract of an ensemble', () => {
  const runtime = new TritonRuntime({ image: PY3, models: ENSEMBLE });
  expect([runtime.name, runtime.version]).toEqual(['triton', '25.08']);
  expect(runtime.contract(REQUEST)).toMatchObject({
    ports: [
      { name: 'http', port: 8000 },
      { name: 'grpc', port: 8001, appProtocol: 'kubernetes.io/h2c' },
      { name: 'metrics', port: 8002, purpose: 'monitoring' },
    ],
    readiness: { path: '/v2/health/ready', port: 8000 },
    liveness: { path: '/v2/health/live', port: 8000 },
    metrics: { path: '/metrics', port: 8002 },
    credentialSlots: [],
    user: { uid: 1000, gid: 1000, fsGroup: 1000 },
    readOnlyRootFilesystem: true,
    shutdown: 'drains',
    clientPaths: ['/v2/models/sentiment'],
    downloadHosts: [],
    problems: [],
  });
  expect(runtime.contract(REQUEST)).toEqual(runtime.contract(REQUEST));
});

describe('arguments', () => {
  test('an ensemble', () => {
    expect(args({ image: PY3, models: ENSEMBLE })).toMatchInlineSnapshot(`
tritonserver
--model-repository=/model-repository
--disable-auto-complete-config
--exit-timeout-secs=90
`);
  });

  test('a TensorRT-LLM engine on one GPU', () => {
    expect(args({ image: TRTLLM, models: [LLAMA] })).toMatchInlineSnapshot(`
tritonserver
--model-repository=/model-repository
--disable-auto-complete-config
--exit-timeout-secs=90
`);
  });

  test('a TensorRT-LLM engine on two GPUs: a process for each, and only the first serves', () => {
    expect(args({ image: TRTLLM, models: [LLAMA] }, onGpus(2))).toMatchInlineSnapshot(`
mpirun
--bind-to
none
-n
1
tritonserver
--model-repository=/model-repository
--disable-auto-complete-config
--exit-timeout-secs=90
--backend-config=python,shm-region-prefix-name=rank0_
:
-n
1
tritonserver
--model-repository=/model-repository
--disable-auto-complete-config
--model-control-mode=explicit
--load-model=tensorrt_llm
--exit-timeout-secs=90
--backend-config=python,shm-region-prefix-name=rank1_
`);
    expect(contract({ image: TRTLLM, models: [LLAMA] }, onGpus(2)).shutdown).toBe('aborts');
    expect(
      args({ image: TRTLLM, models: [LLAMA] }, onGpus(2, { pipelineParallelSize: 2 })).match(/^tritonserver$/gm),
    ).toHaveLength(4);
  });

  test('an embedding model with every setting of the server', () => {
    expect(
      args({
        image: PY3,
        models: [EMBEDDING],
        modelControlMode: 'explicit',
        loadModels: ['embed'],
        exitOnError: false,
        strictReadiness: false,
        modelLoadThreadCount: 8,
        pinnedMemoryPoolMib: 512,
        cudaMemoryPoolMib: 128,
        responseCacheMib: 64,
        metrics: {
          gpu: false,
          intervalMs: 5000,
          summaryLatencies: true,
          summaryQuantiles: '0.5:0.05,0.95:0.001',
          histogramLatencies: true,
        },
        backendConfig: { python: { 'shm-default-byte-size': '1048576' } },
        logVerbose: 1,
        logFormat: 'ISO8601',
      }),
    ).toMatchInlineSnapshot(`
tritonserver
--model-repository=/model-repository
--disable-auto-complete-config
--model-control-mode=explicit
--load-model=embed
--exit-on-error=false
--strict-readiness=false
--model-load-thread-count=8
--pinned-memory-pool-byte-size=536870912
--cuda-memory-pool-byte-size=0:134217728
--cache-config=local,size=67108864
--allow-gpu-metrics=false
--metrics-interval-ms=5000
--metrics-config=summary_latencies=true
--metrics-config=summary_quantiles=0.5:0.05,0.95:0.001
--metrics-config=histogram_latencies=true
--backend-config=python,shm-default-byte-size=1048576
--log-verbose=1
--log-format=ISO8601
--exit-timeout-secs=90
`);
  });

  test('a repository that is an artifact is served where it lies, by the image as it is', () => {
    const whole = contract({ image: PY3 });
    expect(whole.args).toEqual(['tritonserver', '--model-repository=/weights', '--exit-timeout-secs=90']);
    expect([whole.command, whole.files]).toEqual([undefined, undefined]);
    expect(whole.clientPaths).toEqual(['/v2/models']);
    expect(whole.writablePaths.map(({ path }) => path)).toEqual(['/tmp']);
  });
});

describe('the repository is put together when the pod starts', () => {
  const script = (props: TritonRuntimeProps, edits: Partial<ServingRequest> = {}) =>
    contract(props, edits).command![2]!;

  test('links to the artifact and to what came from Git', () => {
    expect(script({ image: PY3, models: ENSEMBLE })).toMatchInlineSnapshot(`
set -e
mkdir -p /model-repository/preprocess
ln -sfn /weights/preprocess/1 /model-repository/preprocess/1
ln -sfn /etc/triton/preprocess/config.pbtxt /model-repository/preprocess/config.pbtxt
mkdir -p /model-repository/classifier
ln -sfn /weights/classifier/1 /model-repository/classifier/1
ln -sfn /etc/triton/classifier/config.pbtxt /model-repository/classifier/config.pbtxt
mkdir -p /model-repository/postprocess
ln -sfn /weights/postprocess/1 /model-repository/postprocess/1
ln -sfn /etc/triton/postprocess/config.pbtxt /model-repository/postprocess/config.pbtxt
mkdir -p /model-repository/sentiment/1
ln -sfn /etc/triton/sentiment/config.pbtxt /model-repository/sentiment/config.pbtxt
exec /opt/nvidia/nvidia_entrypoint.sh "$@"
`);
    expect(contract({ image: PY3, models: ENSEMBLE }).command).toEqual([
      '/bin/bash',
      '-c',
      expect.any(String),
      'triton',
    ]);
    expect(contract({ image: PY3, models: ENSEMBLE }).files!.map(({ path }) => path)).toEqual(
      ['preprocess', 'classifier', 'postprocess', 'sentiment'].map((name) => `/etc/triton/${name}/config.pbtxt`),
    );
  });

  test('an engine and an ensemble need an empty version; a folder of another name is linked', () => {
    expect(script({ image: TRTLLM, models: [LLAMA] })).toContain('mkdir -p /model-repository/tensorrt_llm/1\n');
    expect(script({ image: PY3, models: [EMBEDDING], responseCacheMib: 64 })).toContain(
      'ln -sfn /weights/bge-m3 /model-repository/embed/3\n',
    );
  });

  test('bash runs it, twice, and the server finds every file', () => {
    const root = mkdtempSync(join(tmpdir(), 'triton-'));
    const { files } = contract({ image: PY3, models: ENSEMBLE });
    const write = (path: string, content: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    files!.forEach(({ path, content }) => write(path, content));
    ['preprocess/1/model.py', 'classifier/1/model.onnx', 'postprocess/1/model.py'].forEach((path) =>
      write(`/weights/${path}`, path),
    );
    const here = script({ image: PY3, models: ENSEMBLE })
      .replace(/(?<= )\/(?=model-repository|weights|etc)/g, `${root}/`)
      .replace('/opt/nvidia/nvidia_entrypoint.sh', 'echo');
    const run = () =>
      execFileSync('/bin/bash', ['-c', here, 'triton', 'tritonserver', '--flag=1'], { encoding: 'utf8' });
    expect([run(), run()]).toEqual(['tritonserver --flag=1\n', 'tritonserver --flag=1\n']);
    expect(readFileSync(join(root, 'model-repository/classifier/1/model.onnx'), 'utf8')).toBe(
      'classifier/1/model.onnx',
    );
    expect(readFileSync(join(root, 'model-repository/sentiment/config.pbtxt'), 'utf8')).toContain('name: "sentiment"');
    expect(existsSync(join(root, 'model-repository/sentiment/1'))).toBe(true);
  });
});

describe('vLLM inside', () => {
  const file = (path: string, edits: Partial<ServingRequest> = {}, model: Partial<typeof VLLM> = {}) =>
    contract({ image: VLLM_IMAGE, models: [{ ...VLLM, ...model } as TritonModel] }, edits).files!.find(
      (one) => one.path === `/etc/triton/llama/1/${path}`,
    )?.content;
  const lora: ServingRequest['lora'] = {
    adapters: [
      { name: 'legal', path: '/adapters/legal', rank: 12 },
      { name: 'support', path: '/adapters/support', rank: 8 },
    ],
    folder: '/adapters',
    maxRank: 12,
    maxLoras: 2,
  };

  test('model.json from the service and the settings', () => {
    expect(file('model.json', { maxModelLen: 8192, ...onGpus(2) })).toMatchInlineSnapshot(`
{
  "model": "/weights",
  "max_model_len": 8192,
  "max_num_seqs": 128,
  "kv_cache_dtype": "fp8",
  "tensor_parallel_size": 2,
  "enable_prefix_caching": true
}
`);
    expect(file('multi_lora.json')).toBeUndefined();
  });

  test('adapters by name, ranks as vLLM has kernels for', () => {
    expect(file('multi_lora.json', { lora })).toBe(
      '{\n  "legal": "/adapters/legal",\n  "support": "/adapters/support"\n}\n',
    );
    expect(JSON.parse(file('model.json', { lora })!)).toMatchObject({
      enable_lora: true,
      max_loras: 2,
      max_lora_rank: 16,
    });
    expect(problems({ image: VLLM_IMAGE, models: [VLLM] }, { lora })).toBe('');
  });

  test('weights that vLLM downloads: repository, revision, key, hosts', () => {
    const hub: Partial<ServingRequest> = {
      weights: { kind: 'server-downloads', repository: 'org/llama', revision: 'abc' },
      offline: false,
      credentials: 'hugging-face',
    };
    expect(JSON.parse(file('model.json', hub)!)).toMatchObject({ model: 'org/llama', revision: 'abc' });
    expect(contract({ image: VLLM_IMAGE, models: [VLLM] }, hub)).toMatchObject({
      credentialSlots: [{ kind: 'hugging-face', environmentVariable: 'HF_TOKEN' }],
      downloadHosts: ['huggingface.co', '*.hf.co', '*.huggingface.co'],
      problems: [],
    });
    expect(envOf({ image: VLLM_IMAGE, models: [VLLM] }, hub)).not.toHaveProperty('HF_HUB_OFFLINE');
    expect(envOf({ image: VLLM_IMAGE, models: [VLLM] })).toMatchObject({ HF_HUB_OFFLINE: '1', HF_HOME: '/cache' });
  });

  test('on a part of a GPU it is told to leave the rest', () => {
    expect(JSON.parse(file('model.json', { gpuMemoryShare: 0.5 })!).gpu_memory_utilization).toBe(0.45);
  });

  test('a variable of Flux in an argument stays what it is', () => {
    const model = { engineArgs: { chat_template: '${x}' } } as never;
    expect(file('model.json', {}, model)).not.toContain('${');
    expect(JSON.parse(file('model.json', {}, model)!).chat_template).toBe('${x}');
  });

  test('it completes its own configuration, so that is not forbidden', () => {
    expect(args({ image: VLLM_IMAGE, models: [VLLM] })).not.toContain('--disable-auto-complete-config');
    expect(contract({ image: VLLM_IMAGE, models: [VLLM] }).kvCacheFormat).toBe('fp8');
  });
});

describe('memory', () => {
  const GPU = REQUEST.gpus[0]!;

  test('of an engine: a share of what is free, batches as it was built', () => {
    expect(new TritonRuntime({ image: TRTLLM, models: [LLAMA] }).memoryProfile(GPU)).toMatchObject({
      engine: 'TensorRT-LLM 0.21.0',
      utilization: 0.85,
      utilizationOf: 'free-memory',
      maxNumSeqs: 64,
      maxNumBatchedTokens: 8192,
      blockSize: 64,
    });
  });

  test.each`
    image                                      | model                                 | engine
    ${`${REPOSITORY}:25.06-trtllm-python-py3`} | ${LLAMA}                              | ${'TensorRT-LLM 0.20.0'}
    ${`${REPOSITORY}:25.12-trtllm-python-py3`} | ${LLAMA}                              | ${'TensorRT-LLM 1.1.0'}
    ${`${REPOSITORY}:24.12-vllm-python-py3`}   | ${VLLM}                               | ${'vLLM 0.5.5 (V0)'}
    ${`${REPOSITORY}:25.04-vllm-python-py3`}   | ${VLLM}                               | ${'vLLM 0.8.1 (V1)'}
    ${VLLM_IMAGE}                              | ${{ ...VLLM, vllmVersion: '0.10.1' }} | ${'vLLM 0.10.1 (V1)'}
  `('$image has $engine', ({ image, model, engine }) => {
    expect(new TritonRuntime({ image, models: [model] }).memoryProfile(GPU)!.engine).toBe(engine);
  });

  test('of no or several language models it is not known, and that is said', () => {
    expect(new TritonRuntime({ image: PY3, models: ENSEMBLE }).memoryProfile(GPU)).toBeUndefined();
    expect(new TritonRuntime({ image: PY3 }).memoryProfile(GPU)).toBeUndefined();
    expect(warnings({ image: PY3, models: ENSEMBLE })).toMatchInlineSnapshot(`
gpu-memory-fit
  Triton loads 4 models; what they take of the GPU is not judged, because the plan knows one language model.
  Measure it with nvidia-smi under load, and choose the GPU by that.
`);
    expect(warnings({ image: TRTLLM, models: [LLAMA] })).toBe('');
  });

  test('of other models on the same GPU it is said that nobody planned it', () => {
    const guard: TritonBackendModel = {
      ...EMBEDDING,
      name: 'guard',
      backend: 'python',
      responseCache: false,
      instanceGroups: [{ kind: 'KIND_GPU' }],
    };
    const cpu: TritonBackendModel = { ...guard, name: 'cpu', instanceGroups: [{ kind: 'KIND_CPU' }] };
    const { unplannedMemory } = contract({ image: TRTLLM, models: [LLAMA, guard, cpu] });
    expect(unplannedMemory).toEqual(['the models guard']);
  });

  test.each`
    what                      | props                                                                         | gpus | shm     | host      | by
    ${'an ensemble'}          | ${{ image: PY3, models: ENSEMBLE }}                                           | ${1} | ${256}  | ${7_424}  | ${'4096 + 256 pinned + 3 Python x 1024'}
    ${'a larger pinned pool'} | ${{ image: PY3, models: ENSEMBLE, pinnedMemoryPoolMib: 1024 }}                | ${1} | ${256}  | ${8_192}  | ${'4096 + 1024 + 3 x 1024'}
    ${'an engine'}            | ${{ image: TRTLLM, models: [LLAMA] }}                                         | ${1} | ${64}   | ${19_669} | ${'4096 + 256 + 8.03e9 x 2 B'}
    ${'blocks on the host'}   | ${{ image: TRTLLM, models: [{ ...LLAMA, kvCacheHostMemoryBytes: 2 ** 33 }] }} | ${1} | ${64}   | ${27_861} | ${'the same + 8192'}
    ${'LoRA on the host'}     | ${{ image: TRTLLM, models: [{ ...LLAMA, loraCacheMaxAdapterSize: 32 }] }}     | ${1} | ${64}   | ${20_693} | ${'the same + 1024'}
    ${'two processes'}        | ${{ image: TRTLLM, models: [LLAMA] }}                                         | ${2} | ${2112} | ${19_925} | ${'a pinned pool for each'}
    ${'vLLM on two GPUs'}     | ${{ image: VLLM_IMAGE, models: [VLLM] }}                                      | ${2} | ${2112} | ${19_669} | ${'1024 of shm for each'}
  `('$what: $shm MiB shared, $host MiB of host memory, by $by', ({ props, gpus, shm, host }) => {
    const model = props.image === PY3 ? undefined : findModel('meta-llama/Meta-Llama-3-8B-Instruct');
    const found = contract(props, { model, ...onGpus(gpus) });
    expect([found.sharedMemoryMib, found.hostMemoryMib]).toEqual([shm, host]);
  });
});

describe('probes', () => {
  test('over gRPC for readiness; gRPC does not say whether it lives', () => {
    const asked = contract({ image: PY3, models: ENSEMBLE, probes: 'grpc' });
    expect([asked.readiness, asked.liveness]).toEqual([{ grpcPort: 8001 }, { path: '/v2/health/live', port: 8000 }]);
  });
});

describe('what it cannot do of a request', () => {
  const engines: readonly TritonModel[] = [LLAMA, { ...LLAMA, name: 'draft' }];
  const lora: ServingRequest['lora'] = {
    adapters: [{ name: 'a', path: '/a', rank: 8 }],
    folder: '/',
    maxRank: 8,
    maxLoras: 1,
  };

  test.each`
    props                                                                                                | edits                                             | message
    ${{ image: PY3 }}                                                                                    | ${{ weights: { kind: 'server-downloads' } }}      | ${"runtime-setting\n  Triton downloads no models, and the service names no artifact.\n  Bring the repository: artifact: ModelArtifact.claim(…), ModelArtifact.download(…) or ModelArtifact.baked('/models')."}
    ${{ image: PY3, models: ENSEMBLE }}                                                                  | ${{ weights: { kind: 'server-downloads' } }}      | ${"runtime-setting\n  Triton downloads no models, and preprocess, classifier, postprocess want their files from an artifact.\n  Bring them: artifact: ModelArtifact.claim(…), ModelArtifact.download(…) or ModelArtifact.baked('/weights')."}
    ${{ image: VLLM_IMAGE, models: [VLLM] }}                                                             | ${{ weights: { kind: 'server-downloads' } }}      | ${'runtime-setting\n  The model llama does not say what vLLM should download.\n  State model, or an artifact.'}
    ${{ image: PY3 }}                                                                                    | ${{ weights: { kind: 'local', path: "/a'b" } }}   | ${'runtime-setting\n  The artifact lies in "/a\'b".\n  Use an absolute path of letters, digits and "/._-@+".'}
    ${{ image: PY3 }}                                                                                    | ${{ weights: { kind: 'local', path: '/tmp/x' } }} | ${"runtime-setting\n  The artifact lies in /tmp/x, and /tmp is the server's own.\n  Use another path, such as /models."}
    ${{ image: PY3 }}                                                                                    | ${{ weights: { kind: 'local', path: '/' } }}      | ${"runtime-setting\n  The artifact lies in /, and /model-repository is the server's own.\n  Use another path, such as /models."}
    ${{ image: TRTLLM, models: [LLAMA] }}                                                                | ${onGpus(8, { nodes: 2 })}                        | ${'gpu-parallelism\n  Triton 25.08 cannot span 2 pods: its processes are started by mpirun, which would need a shell in each of them.\n  Use NimRuntime or VllmRuntime, or a machine with all the GPUs.'}
    ${{ image: TRTLLM, models: [LLAMA] }}                                                                | ${onGpus(1, { dataParallelSize: 2 })}             | ${'gpu-parallelism\n  Triton has no data parallelism of 2 within a server.\n  Use replicas: 2.'}
    ${{ image: PY3, models: ENSEMBLE }}                                                                  | ${onGpus(2)}                                      | ${'gpu-parallelism\n  The service takes 2 GPUs for one model, and only the backends tensorrtllm and vllm split one.\n  Use one GPU and replicas: 2.'}
    ${{ image: PY3 }}                                                                                    | ${onGpus(2)}                                      | ${'gpu-parallelism\n  The service takes 2 GPUs, and how a repository that nobody described is started on them is not known.\n  Describe its models in models, or use one GPU and replicas.'}
    ${{ image: TRTLLM, models: engines }}                                                                | ${onGpus(2)}                                      | ${'gpu-parallelism\n  tensorrt_llm and draft would share the 2 processes that mpirun starts; each belongs to one engine.\n  Serve each engine by a service of its own.'}
    ${{ image: TRTLLM, models: [{ ...LLAMA, engine: { tensorParallelSize: 4 } }] }}                      | ${onGpus(2)}                                      | ${'gpu-parallelism\n  The engine of tensorrt_llm was built for tensorParallelSize 4, and the service asks for 2.\n  Use tensorParallelSize: 4, or build the engine anew.'}
    ${{ image: PY3, models: [{ ...EMBEDDING, responseCache: false, instanceGroups: [{ gpus: [1] }] }] }} | ${{}}                                             | ${'gpu-parallelism\n  An instance group of embed wants GPU 1, and the pod has 1, from 0.\n  Use a smaller index, or remove gpus.'}
    ${{ image: TRTLLM, models: [LLAMA] }}                                                                | ${{ maxModelLen: 16384 }}                         | ${'runtime-setting\n  maxModelLen is 16384, and the engine of tensorrt_llm was built for 8192.\n  Use maxModelLen: 8192 or less, or build it with a larger --max_seq_len.'}
    ${{ image: TRTLLM, models: [LLAMA] }}                                                                | ${{ gpuMemoryShare: 0.5 }}                        | ${'runtime-setting\n  The GPU is shared, and tensorrt_llm would take nine tenths of what is free when it starts, whoever starts first.\n  State maxTokensInPagedKvCache, or use a MIG slice.'}
    ${{ image: TRTLLM, models: [LLAMA] }}                                                                | ${{ lora }}                                       | ${"runtime-setting\n  TensorRT-LLM in Triton takes LoRA weights from the first request that uses them, in a format of its own; it loads no adapter by name.\n  Use backend: 'vllm', or VllmRuntime."}
    ${{ image: PY3, models: ENSEMBLE }}                                                                  | ${{ lora }}                                       | ${"runtime-setting\n  No backend of this Triton loads LoRA adapters.\n  Use backend: 'vllm', or VllmRuntime."}
    ${{ image: PY3, models: ENSEMBLE }}                                                                  | ${{ servedModelName: 'mood' }}                    | ${'runtime-setting\n  servedModelName is "mood", and Triton serves models by their own names: preprocess, classifier, postprocess, sentiment.\n  Remove servedModelName, or name a model so.'}
  `('$edits', ({ props, edits, message }) => {
    expect(problems(props, edits)).toBe(message);
  });
});

describe('what a reader should know', () => {
  test('explicit mode, and a length that nobody is told of', () => {
    expect(warnings({ image: PY3, models: ENSEMBLE, modelControlMode: 'explicit' }, { maxModelLen: 512 }))
      .toMatchInlineSnapshot(`
gpu-memory-fit
  Triton loads 4 models; what they take of the GPU is not judged, because the plan knows one language model.
  Measure it with nvidia-smi under load, and choose the GPU by that.
runtime-setting
  In explicit mode anybody who reaches port 8000 or 8001 in the cluster can load and unload models.
  Use modelControlMode: 'none', or allow only whom you trust in the network policy.
runtime-setting
  maxModelLen is 512, and no backend of this Triton is told of it.
  Remove it, or limit the length in the model.
`);
  });

  test('an engine of unknown length, and prompts longer than a step', () => {
    expect(warnings({ image: TRTLLM, models: [{ ...LLAMA, engine: { maxNumTokens: 4096 } }] }, { maxModelLen: 8192 }))
      .toMatchInlineSnapshot(`
runtime-setting
  maxModelLen is 8192, and tensorrt_llm does not say for how much its engine was built; a smaller engine refuses longer requests.
  State engine: { maxSeqLen: … } of tensorrt_llm, its --max_seq_len.
runtime-setting
  maxModelLen is 8192, and tensorrt_llm computes 4096 tokens in one step without cutting prompts; longer prompts are refused.
  Set enableChunkedContext, or build the engine with a larger --max_num_tokens and state engine.maxNumTokens.
`);
  });
});
