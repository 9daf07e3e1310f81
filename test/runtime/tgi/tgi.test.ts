import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { ONE_GPU, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { TgiRuntime, TgiRuntimeProps } from '../../../lib/runtime/tgi/tgi';
import { servingRequest } from '../../support/serving-request';
import { refusalOf } from '../../support/messages';

const IMAGE = 'ghcr.io/huggingface/text-generation-inference';
const MODEL = findModel('meta-llama/Llama-3.1-8B-Instruct')!;
const REQUEST = servingRequest({ model: MODEL, maxModelLen: 8192, longestAnswerSeconds: 235 });

const tgi = (tag: string, settings: Omit<TgiRuntimeProps, 'image'> = {}) =>
  new TgiRuntime({ image: `${IMAGE}:${tag}`, ...settings });
/** An image of one's own, in which Python lies where everybody may read it. */
const own = (tag: string, settings: Omit<TgiRuntimeProps, 'image'> = {}) =>
  tgi(tag, { runsAsNonRoot: true, ...settings });
const contractOf = (runtime: TgiRuntime, changes: Partial<ServingRequest> = {}) =>
  runtime.contract({ ...REQUEST, ...changes });
const envOf = (runtime: TgiRuntime, changes: Partial<ServingRequest> = {}) =>
  contractOf(runtime, changes)
    .env.map(({ name, value }) => `${name}=${value}`)
    .join('\n');
const problemsOf = (runtime: TgiRuntime, changes: Partial<ServingRequest> = {}) =>
  contractOf(runtime, changes).problems.map(formatProblem).join('\n');

describe('environment by version', () => {
  test('3.0.1, the plainest', () => {
    expect(envOf(tgi('3.0.1'))).toMatchInlineSnapshot(`
     MODEL_ID=meta-llama/Llama-3.1-8B-Instruct
     PORT=8000
     HF_HOME=/data
     HUGGINGFACE_HUB_CACHE=/data/hub
     HF_MODULES_CACHE=/home/tgi/hf-modules
     HOME=/home/tgi
     USER=tgi
     NUM_SHARD=1
     MAX_TOTAL_TOKENS=8192
     MAX_INPUT_TOKENS=8191
     TGI_WIGGLE_ROOM=0.9
     JSON_OUTPUT=true
     USAGE_STATS=off
    `);
  });

  test('3.3.7, every setting', () => {
    const runtime = own('3.3.7', {
      quantize: 'eetq',
      kvCacheDtype: 'fp8_e4m3fn',
      maxInputTokens: 4096,
      maxBatchPrefillTokens: 8192,
      maxBatchTotalTokens: 65536,
      maxConcurrentRequests: 64,
      maxClientBatchSize: 8,
      payloadLimit: 10_000_000,
      speculate: 2,
      cudaMemoryFraction: 0.9,
      trustRemoteCode: true,
      disableGrammarSupport: false,
      otlpEndpoint: 'http://otel-collector:4317',
      apiKey: { secretName: 'llama-api-key', secretKey: 'key' },
      env: { CUDA_GRAPHS: '1,2,4' },
    });
    const lora = {
      adapters: [
        { name: 'legal', path: '/adapters/legal', rank: 16 },
        { name: 'sales', path: '/adapters/sales', rank: 8 },
      ],
      folder: '/adapters',
      maxRank: 16,
      maxLoras: 2,
    };
    const changes: Partial<ServingRequest> = {
      lora,
      parallelism: { ...ONE_GPU, tensorParallelSize: 2 },
      weights: { kind: 'local', path: '/weights' },
      offline: true,
    };
    expect(envOf(runtime, changes)).toMatchInlineSnapshot(`
     MODEL_ID=/weights
     PORT=8000
     HF_HOME=/data
     HUGGINGFACE_HUB_CACHE=/data/hub
     HF_MODULES_CACHE=/home/tgi/hf-modules
     HF_HUB_OFFLINE=1
     HOME=/home/tgi
     USER=tgi
     NUM_SHARD=2
     MAX_TOTAL_TOKENS=8192
     QUANTIZE=eetq
     KV_CACHE_DTYPE=fp8_e4m3fn
     MAX_INPUT_TOKENS=4096
     MAX_BATCH_PREFILL_TOKENS=8192
     MAX_BATCH_TOTAL_TOKENS=65536
     MAX_CONCURRENT_REQUESTS=64
     MAX_CLIENT_BATCH_SIZE=8
     PAYLOAD_LIMIT=10000000
     SPECULATE=2
     CUDA_MEMORY_FRACTION=0.9
     TRUST_REMOTE_CODE=true
     DISABLE_GRAMMAR_SUPPORT=false
     OTLP_ENDPOINT=http://otel-collector:4317
     LORA_ADAPTERS=legal=/adapters/legal,sales=/adapters/sales
     TGI_WIGGLE_ROOM=0.9
     GRACEFUL_TERMINATION_TIMEOUT=235
     JSON_OUTPUT=true
     USAGE_STATS=off
     CUDA_GRAPHS=1,2,4
    `);
    expect(contractOf(runtime, changes)).toMatchObject({
      envReferences: [{ name: 'API_KEY', secretName: 'llama-api-key', secretKey: 'key' }],
      weightFormat: 'int8',
      kvCacheFormat: 'fp8',
      downloadHosts: [],
      problems: [],
    });
  });

  test('a repository at a revision, and a cache elsewhere', () => {
    const weights = { kind: 'server-downloads', repository: 'org/llama', revision: 'abc' } as const;
    expect(envOf(tgi('3.0.1'), { weights, cachePath: '/mnt' })).toContain('MODEL_ID=org/llama\nREVISION=abc\n');
    expect(envOf(tgi('3.0.1'), { cachePath: '/mnt' })).toContain('HF_HOME=/mnt\n');
  });
});

describe('the contract', () => {
  test('one port that a plain user may open', () => {
    expect(contractOf(tgi('3.0.1'))).toMatchObject({
      ports: [{ name: 'http', port: 8000 }],
      readiness: { path: '/health', port: 8000 },
      liveness: { path: '/health', port: 8000 },
      metrics: { path: '/metrics', port: 8000 },
      cachePath: '/data',
      sharedMemoryMib: 1024,
      problems: [],
    });
  });

  // The launcher takes 90 s and no more until it can be told.
  test.each`
    version    | answer | shutdown    | told
    ${'3.0.1'} | ${90}  | ${'drains'} | ${undefined}
    ${'3.0.1'} | ${91}  | ${'aborts'} | ${undefined}
    ${'3.2.1'} | ${235} | ${'aborts'} | ${undefined}
    ${'3.2.2'} | ${235} | ${'drains'} | ${'235'}
    ${'3.3.7'} | ${60}  | ${'drains'} | ${'60'}
  `('$version, answers of $answer s: $shutdown, told $told', ({ version, answer, shutdown, told }) => {
    const contract = contractOf(own(version), { longestAnswerSeconds: answer });
    expect(contract.shutdown).toBe(shutdown);
    expect(contract.env.find(({ name }) => name === 'GRACEFUL_TERMINATION_TIMEOUT')?.value).toBe(told);
  });

  test('is offered with a warning', () => {
    expect(contractOf(tgi('3.0.1')).warnings!.map(formatProblem).join('\n')).toBe(
      `runtime-archived
  Text Generation Inference is archived since March 2026: nobody mends it, or adds models and GPUs to it. Its metrics have no time to first token and no use of the KV cache.
  Use VllmRuntime or SglangRuntime: the service stays as it is, and both answer on the same paths of the API.`,
    );
  });

  test('a name that it cannot be given', () => {
    const [, warning] = contractOf(tgi('3.0.1'), { servedModelName: 'llama' }).warnings!;
    expect(formatProblem(warning!)).toBe(
      `runtime-setting
  TGI answers to every name, "llama" included, and calls itself by its own.
  Remove servedModelName, unless a client reads the name of the model from an answer.`,
    );
  });
});

describe('memory', () => {
  const profile = (version: string, settings: Omit<TgiRuntimeProps, 'image'> = {}) =>
    own(version, settings).memoryProfile();

  test('nine tenths of what is free; a share of the whole where one is stated', () => {
    expect(profile('3.0.1')).toMatchObject({ utilization: 0.9, utilizationOf: 'free-memory' });
    expect(profile('3.0.1', { cudaMemoryFraction: 0.5 })).toMatchObject({ utilization: 0.5, utilizationOf: 'total' });
  });

  test('prompts are computed whole, from 3.0 on in steps that are stated', () => {
    expect(profile('2.4.1', { maxBatchPrefillTokens: 2048 }).chunkedPrefillAbove).toBe(Infinity);
    expect(profile('3.0.1', { maxBatchPrefillTokens: 2048 })).toMatchObject({
      chunkedPrefillAbove: 0,
      maxNumBatchedTokens: 2048,
    });
    expect(profile('3.0.1', { maxInputTokens: 1000 }).maxNumBatchedTokens).toBe(1050);
  });

  test('some methods have no CUDA graphs', () => {
    expect(profile('3.0.1', { quantize: 'bitsandbytes-nf4' }).cudaGraphGib).toBe(0);
    expect(profile('3.0.1').cudaGraphGib).toBeGreaterThan(0);
  });
});

describe('what it cannot do of a request', () => {
  test.each([
    [
      { parallelism: { ...ONE_GPU, tensorParallelSize: 2, nodes: 2 } },
      {},
      'gpu-parallelism',
      'TGI splits a model over the GPUs of one pod by tensor parallelism, and in no other way.',
      'Use tensorParallelSize and replicas; or VllmRuntime or SglangRuntime.',
    ],
    [
      { parallelism: { ...ONE_GPU, tensorParallelSize: 2 } },
      { quantize: 'exl2' },
      'gpu-parallelism',
      'TGI does not split weights in exl2; tensorParallelSize is 2.',
      'Use tensorParallelSize 1 or another quantize.',
    ],
    [
      { model: { ...MODEL, task: 'embedding' } },
      {},
      'model-task',
      'TGI generates text; meta-llama/Llama-3.1-8B-Instruct is made for embedding.',
      'Use VllmRuntime, SglangRuntime or an embedding NIM.',
    ],
    [
      { model: undefined },
      {},
      'model-known',
      'Nobody says which weights TGI is to serve: its image has none of its own.',
      'State model, or where the weights come from.',
    ],
    [
      { gpuMemoryShare: 0.5 },
      {},
      'gpu-memory-fit',
      'TGI counts what others hold on a shared GPU as its own, so the second server has no memory left.',
      'Use MIG slices or whole GPUs.',
    ],
    [
      {},
      { maxInputTokens: 8192 },
      'runtime-setting',
      'maxInputTokens is 8192 and maxModelLen 8192: TGI ends at its start, because no answer has room.',
      'Use maxInputTokens 8191 or less.',
    ],
    [
      {},
      { maxBatchTotalTokens: 4096 },
      'runtime-setting',
      'maxBatchTotalTokens is 4096, below maxModelLen 8192: TGI ends at its start.',
      'Use maxBatchTotalTokens 8192 or more, or leave it out.',
    ],
  ])('%j with %j', (changes, settings, check, message, remedy) => {
    expect(problemsOf(tgi('3.0.1', settings as object), changes as Partial<ServingRequest>)).toBe(
      `${check}\n  ${message}\n  ${remedy}`,
    );
  });
});

describe('refused', () => {
  const refused = (tag: string, settings: object = {}) =>
    refusalOf(() => tgi(tag, settings)).replace(`TgiRuntime ${IMAGE}:${tag}: `, '');

  test('public images that start as root only', () => {
    expect(refused('3.1.1')).toBe(
      `runtime-user
  The public image of TGI 3.1.1 starts as root only: its Python lies in the home of root (huggingface/text-generation-inference#3082), and pods here run as a plain user.
  Use :3.0.1, VllmRuntime or SglangRuntime; or an image of your own with Python elsewhere, and runsAsNonRoot: true.`,
    );
    expect(refused('3.0.1', { runsAsNonRoot: false })).toContain('starts as root only');
    expect(own('3.3.7').version).toBe('3.3.7');
  });

  test.each([
    [
      '1.4.5',
      {},
      'runtime-version',
      'TGI 1.4.5 is neither 2.x nor 3.x, whose settings are known.',
      'Use 3.0.1; 3.3.7 is the last one.',
    ],
    [
      'latest',
      {},
      'runtime-version',
      '"latest" says no version of TGI, and flags differ by version.',
      "Use a version tag such as :3.0.1, or state the version beside a digest: { image: '…@sha256:…', version: '3.0.1' }.",
    ],
    [
      '3.0.1',
      { quantize: 'awq', dtype: 'float16' },
      'runtime-setting',
      'TGI takes either quantize or dtype, and both are stated.',
      'Remove dtype.',
    ],
    [
      '3.0.1',
      { maxInputTokens: 4096, maxBatchPrefillTokens: 2048 },
      'runtime-setting',
      'maxBatchPrefillTokens is 2048, below maxInputTokens 4096: the longest prompt fits no step.',
      'Use maxBatchPrefillTokens 4096 or more.',
    ],
    ['3.0.1', { speculate: 0 }, 'runtime-setting', 'speculate is 0.', 'Use a whole number, 1 or more.'],
    [
      '3.0.1',
      { quantise: 'awq' },
      'runtime-setting',
      'TGI has no setting "quantise".',
      'Did you mean quantize, dtype, speculate? A variable that has no setting goes into env.',
    ],
    [
      '3.0.1',
      { env: { MAX_TOTAL_TOKENS: '1' } },
      'duplicate-environment',
      'env.MAX_TOTAL_TOKENS is a variable that the library sets from maxModelLen.',
      'State maxModelLen instead.',
    ],
  ])('%s with %j', (tag, settings, check, message, remedy) => {
    expect(refused(tag, settings)).toBe(`${check}\n  ${message}\n  ${remedy}`);
  });
});
