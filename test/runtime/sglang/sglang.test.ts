import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { whereElse } from '../../../lib/runtime/command-line-flags';
import { ONE_GPU, ParallelLayout, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { SglangRuntime, SglangRuntimeProps } from '../../../lib/runtime/sglang/sglang';
import { SGLANG_FLAGS } from '../../../lib/runtime/sglang/sglang-flags';
import { sglangMemFraction } from '../../../lib/runtime/sglang/sglang-memory';
import { SGLANG_SETTINGS } from '../../../lib/runtime/sglang/sglang-settings';
import { servingRequest } from '../../support/serving-request';
import { refusalOf } from '../../support/messages';

const IMAGE = 'lmsysorg/sglang';
const MODEL = findModel('meta-llama/Llama-3.1-8B-Instruct')!;
const REQUEST = servingRequest({ model: MODEL, maxModelLen: 8192, longestAnswerSeconds: 235 });
const A100 = { id: 'A100-80GB', computeCapability: 8, memoryGb: 80, cudaMemoryGib: 79.15 };

const sglang = (tag: string, settings: Omit<SglangRuntimeProps, 'image'> = {}) =>
  new SglangRuntime({ image: `${IMAGE}:${tag}`, ...settings });
const layout = (changes: Partial<ParallelLayout>) => ({ parallelism: { ...ONE_GPU, ...changes } });
const contractOf = (runtime: SglangRuntime, changes: Partial<ServingRequest> = {}) =>
  runtime.contract({ ...REQUEST, ...changes });
/** One flag a line, with what follows it. */
const argsOf = (runtime: SglangRuntime, changes: Partial<ServingRequest> = {}) =>
  contractOf(runtime, changes).args!.join(' ').replaceAll(' --', '\n--');
const problemsOf = (runtime: SglangRuntime, changes: Partial<ServingRequest> = {}) =>
  contractOf(runtime, changes).problems.map(formatProblem).join('\n');
const refused = (tag: string, settings: Record<string, unknown>) =>
  refusalOf(() => sglang(tag, settings)).replaceAll(`SglangRuntime ${IMAGE}:${tag}: `, '');

const LORA = {
  adapters: [
    { name: 'legal', path: '/adapters/legal', rank: 16 },
    { name: 'sales', path: '/adapters/sales', rank: 8 },
  ],
  folder: '/adapters',
  maxRank: 16,
  maxLoras: 2,
};

describe('arguments by version', () => {
  test('0.5.23, the plainest', () => {
    expect(argsOf(sglang('v0.5.23'))).toMatchInlineSnapshot(`
     --model-path meta-llama/Llama-3.1-8B-Instruct
     --host 0.0.0.0
     --port 8000
     --enable-metrics
     --context-length 8192
     --mem-fraction-static 0.813
     --chunked-prefill-size 2048
    `);
  });

  test('0.4.6, two adapters: the adapters have no rank yet, and share no prefixes', () => {
    expect(argsOf(sglang('v0.4.6.post5-cu124'), { lora: LORA })).toMatchInlineSnapshot(`
     --model-path meta-llama/Llama-3.1-8B-Instruct
     --host 0.0.0.0
     --port 8000
     --enable-metrics
     --context-length 8192
     --mem-fraction-static 0.835
     --chunked-prefill-size 2048
     --disable-radix-cache
     --lora-paths legal=/adapters/legal sales=/adapters/sales
     --max-loras-per-batch 2
    `);
  });

  test('0.5.1, two adapters', () => {
    expect(argsOf(sglang('v0.5.1'), { lora: LORA })).toMatchInlineSnapshot(`
     --model-path meta-llama/Llama-3.1-8B-Instruct
     --host 0.0.0.0
     --port 8000
     --enable-metrics
     --context-length 8192
     --mem-fraction-static 0.835
     --chunked-prefill-size 2048
     --enable-lora
     --lora-paths legal=/adapters/legal sales=/adapters/sales
     --max-lora-rank 16
     --max-loras-per-batch 2
    `);
  });

  test('0.5.23, every setting', () => {
    const runtime = sglang('v0.5.23-cu130', {
      memFractionStatic: 0.8,
      maxRunningRequests: 64,
      maxQueuedRequests: 128,
      chunkedPrefillSize: 4096,
      maxPrefillTokens: 8192,
      kvCacheDtype: 'fp8_e4m3',
      quantization: 'fp8',
      dtype: 'bfloat16',
      attentionBackend: 'flashinfer',
      schedulePolicy: 'lpm',
      disableRadixCache: false,
      disableCudaGraph: true,
      hicacheSize: 30,
      toolCallParser: 'llama3',
      reasoningParser: 'deepseek-r1',
      grammarBackend: 'xgrammar',
      chatTemplate: '/templates/chat.jinja',
      trustRemoteCode: true,
      logLevel: 'warning',
      watchdogTimeout: 600,
      otlpTracesEndpoint: 'otel-collector:4317',
      speculative: { algorithm: 'EAGLE3', draftModelPath: 'org/draft', draftModelRevision: 'abc' },
      args: ['--random-seed', '7'],
      apiKey: { secretName: 'llama-api-key' },
      env: { NCCL_DEBUG: 'WARN' },
    });
    expect(argsOf(runtime, { servedModelName: 'llama' })).toMatchInlineSnapshot(`
     --model-path meta-llama/Llama-3.1-8B-Instruct
     --served-model-name llama
     --host 0.0.0.0
     --port 8000
     --enable-metrics
     --context-length 8192
     --mem-fraction-static 0.8
     --max-running-requests 64
     --max-queued-requests 128
     --chunked-prefill-size 4096
     --max-prefill-tokens 8192
     --kv-cache-dtype fp8_e4m3
     --quantization fp8
     --dtype bfloat16
     --attention-backend flashinfer
     --schedule-policy lpm
     --disable-cuda-graph
     --hicache-size 30
     --tool-call-parser llama3
     --reasoning-parser deepseek-r1
     --grammar-backend xgrammar
     --chat-template /templates/chat.jinja
     --trust-remote-code
     --log-level warning
     --watchdog-timeout 600
     --otlp-traces-endpoint otel-collector:4317
     --enable-hierarchical-cache
     --enable-trace
     --speculative-algorithm EAGLE3
     --speculative-draft-model-path org/draft
     --speculative-draft-model-revision abc
     --api-key $(SGLANG_API_KEY)
     --random-seed 7
    `);
    const contract = contractOf(runtime);
    expect(contract.envReferences).toEqual([
      { name: 'SGLANG_API_KEY', secretName: 'llama-api-key', secretKey: 'API_KEY' },
    ]);
    expect(contract).toMatchObject({ weightFormat: 'fp8', kvCacheFormat: 'fp8', warmUpSeconds: 60, problems: [] });
    // 8 + 4 GiB, and 30 GB for the KV cache
    expect(contract.hostMemoryMib).toBe(12 * 1024 + Math.ceil(30e9 / 2 ** 20));
  });

  test('every setting has a flag that the newest release knows', () => {
    for (const { flag } of Object.values(SGLANG_SETTINGS)) expect(SGLANG_FLAGS[flag]).toEqual(expect.anything());
  });

  test('every flag that is written exists in the release that gets it', () => {
    const requests: Partial<ServingRequest>[] = [
      {},
      { lora: LORA },
      { model: { ...MODEL, task: 'embedding' } },
      layout({ tensorParallelSize: 4, pipelineParallelSize: 2, nodes: 2 }),
      { ...layout({ tensorParallelSize: 2, dataParallelSize: 4, expertParallel: true }) },
    ];
    for (const version of ['0.4.6', '0.4.9', '0.5.1', '0.5.14', '0.5.23']) {
      for (const request of requests) {
        const words = contractOf(sglang(`v${version}`), request).args!;
        const flags = words.filter((word) => word.startsWith('--'));
        expect(flags.filter((flag) => whereElse(version, SGLANG_FLAGS[flag]!) !== undefined)).toEqual([]);
      }
    }
  });
});

describe('the contract', () => {
  test('is the same for all versions in what operators see', () => {
    const seen = ['v0.4.6', 'v0.5.1', 'v0.5.23'].map((tag) => {
      const { args, signals, ...rest } = contractOf(sglang(tag));
      expect(args).toContain('--enable-metrics');
      expect(signals).toBeDefined();
      return rest;
    });
    expect(seen[0]).toEqual(seen[2]);
    expect(seen[1]).toEqual(seen[2]);
    expect(seen[2]).toMatchObject({
      command: ['python3', '-m', 'sglang.launch_server'],
      ports: [{ name: 'http', port: 8000 }],
      readiness: { path: '/health', port: 8000 },
      liveness: { path: '/health', port: 8000 },
      metrics: { path: '/metrics', port: 8000 },
      shutdown: 'drains',
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      readOnlyRootFilesystem: true,
      clientPaths: ['/v1/chat/completions', '/v1/completions', '/v1/models'],
      sharedMemoryMib: 1024,
      problems: [],
    });
  });

  test('environment, online and offline', () => {
    const env = (changes: Partial<ServingRequest>) =>
      contractOf(sglang('v0.5.23'), changes)
        .env.map(({ name, value }) => `${name}=${value}`)
        .join('\n');
    expect(env({ cachePath: '/mnt/hub', offline: true })).toMatchInlineSnapshot(`
     HF_HOME=/mnt/hub
     HF_MODULES_CACHE=/home/sglang/hf-modules
     HF_HUB_OFFLINE=1
     HOME=/home/sglang
     USER=sglang
     SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION=false
    `);
    expect(env({})).not.toContain('HF_HUB_OFFLINE');
    expect(contractOf(sglang('v0.5.23')).downloadHosts).toContain('huggingface.co');
    expect(contractOf(sglang('v0.5.23'), { offline: true }).downloadHosts).toEqual([]);
  });

  test('weights of a folder are called by the name of the model', () => {
    const args = argsOf(sglang('v0.5.23'), { weights: { kind: 'local', path: '/weights' }, offline: true });
    expect(args).toContain('--model-path /weights\n--served-model-name meta-llama/Llama-3.1-8B-Instruct\n');
  });

  test('a repository at a revision', () => {
    const weights = { kind: 'server-downloads', repository: 'org/llama', revision: 'abc' } as const;
    expect(argsOf(sglang('v0.5.23'), { weights })).toContain('--model-path org/llama\n--revision abc\n');
  });

  test('an embedding model', () => {
    const model = { ...MODEL, task: 'embedding' as const };
    expect(argsOf(sglang('v0.5.23'), { model })).toContain('--is-embedding');
    expect(contractOf(sglang('v0.5.23'), { model }).clientPaths).toEqual(['/v1/embeddings', '/v1/models']);
    const reranker = { ...MODEL, task: 'reranking' as const };
    expect(contractOf(sglang('v0.5.23'), { model: reranker }).clientPaths).toContain('/v1/rerank');
  });
});

describe('number formats that the service states', () => {
  test.each`
    stated                      | settings                        | flags                          | format
    ${{ weightFormat: 'fp8' }}  | ${{}}                           | ${'--quantization fp8'}        | ${'fp8'}
    ${{ weightFormat: 'fp16' }} | ${{}}                           | ${'--dtype float16'}           | ${'fp16'}
    ${{ weightFormat: 'bf16' }} | ${{}}                           | ${''}                          | ${undefined}
    ${{ weightFormat: 'fp8' }}  | ${{ quantization: 'fp8' }}      | ${'--quantization fp8'}        | ${'fp8'}
    ${{}}                       | ${{ quantization: 'awq' }}      | ${'--quantization awq'}        | ${'int4'}
    ${{ kvCacheFormat: 'fp8' }} | ${{}}                           | ${'--kv-cache-dtype fp8_e5m2'} | ${undefined}
    ${{ kvCacheFormat: 'fp8' }} | ${{ kvCacheDtype: 'fp8_e4m3' }} | ${'--kv-cache-dtype fp8_e4m3'} | ${undefined}
  `('$stated with $settings: $flags', ({ stated, settings, flags, format }) => {
    const runtime = sglang('v0.5.23', settings);
    const told = argsOf(runtime, stated)
      .split('\n')
      .filter((line) => /quantization|dtype/.test(line));
    expect(told.join('\n')).toBe(flags);
    expect(contractOf(runtime, stated)).toMatchObject({ weightFormat: format, problems: [] });
  });

  test('on a GPU without bf16, fp16 instead of an error', () => {
    const gpus = [{ id: 'T4', computeCapability: 7.5, memoryGb: 16 }];
    expect(argsOf(sglang('v0.5.23'), { gpus })).toContain('--dtype float16');
    expect(contractOf(sglang('v0.5.23'), { gpus }).weightFormat).toBe('fp16');
  });

  test.each([
    [
      { weightFormat: 'int4' },
      {},
      'meta-llama/Llama-3.1-8B-Instruct is published in bf16, and SGLang does not make int4 of it while it loads.',
      'State the repository of a checkpoint in int4, or quantization.',
    ],
    [
      { weightFormat: 'bf16' },
      { quantization: 'fp8' },
      'weightFormat is bf16, but quantization fp8 gives weights in fp8.',
      'State one of them.',
    ],
    [
      { kvCacheFormat: 'bf16' },
      { kvCacheDtype: 'fp8_e5m2' },
      'kvCacheFormat is bf16, but kvCacheDtype fp8_e5m2 keeps it in fp8.',
      'State one of them.',
    ],
    [{ kvCacheFormat: 'nvfp4' }, {}, 'SGLang keeps no KV cache in nvfp4.', 'Use kvCacheFormat fp8, or leave it out.'],
  ] as const)('%j with %j', (stated, settings, message, remedy) => {
    expect(problemsOf(sglang('v0.5.23', settings), stated)).toBe(`runtime-setting\n  ${message}\n  ${remedy}`);
  });
});

describe('a model over several GPUs', () => {
  test.each`
    layout                                                                  | version     | flags
    ${{ tensorParallelSize: 4 }}                                            | ${'0.5.23'} | ${'--tp-size 4'}
    ${{ pipelineParallelSize: 2 }}                                          | ${'0.5.23'} | ${'--pp-size 2'}
    ${{ tensorParallelSize: 2, dataParallelSize: 4 }}                       | ${'0.5.23'} | ${'--tp-size 2 --dp-size 4'}
    ${{ tensorParallelSize: 8, expertParallel: true }}                      | ${'0.5.23'} | ${'--tp-size 8 --ep-size 8'}
    ${{ tensorParallelSize: 8, expertParallel: true }}                      | ${'0.4.6'}  | ${'--tp-size 8 --ep-size 8 --enable-ep-moe'}
    ${{ tensorParallelSize: 2, dataParallelSize: 4, expertParallel: true }} | ${'0.5.23'} | ${'--tp-size 8 --dp-size 4 --enable-dp-attention --ep-size 8'}
  `('$layout on $version: $flags', ({ layout: stated, version, flags }) => {
    const words = contractOf(sglang(`v${version}`), { ...layout(stated), gpus: [A100] }).args!.join(' ');
    expect(words).toContain(`--enable-metrics ${flags} --context-length`);
  });

  test('over two pods: every pod gets its rank, and meets the others at the leader', () => {
    const contract = contractOf(sglang('v0.5.23'), layout({ tensorParallelSize: 16, nodes: 2 }));
    const leader = contract.args!.join(' ');
    const worker = contract.group!.worker.args!.join(' ');
    expect(leader).toContain('--nnodes 2 --node-rank 0 --dist-init-addr $(LWS_LEADER_ADDRESS):20000');
    expect(worker).toBe(leader.replace('--node-rank 0', '--node-rank $(LWS_WORKER_INDEX)'));
    expect(contract.group).toMatchObject({
      worker: {
        command: contract.command,
        env: contract.env,
        envReferences: [{ name: 'SGLANG_HOST_IP', fieldPath: 'status.podIP' }],
        readiness: { tcpPort: 8000 },
      },
      ports: [{ name: 'rendezvous', port: 20000 }],
      workersWait: true,
    });
    // 16 GB for tensors between the 8 processes of a pod, and a process each.
    expect(contract).toMatchObject({ sharedMemoryMib: 16384, hostMemoryMib: (8 + 8 * 4) * 1024, cpuCores: 20 });
  });

  test('one pod is no group', () => {
    expect(contractOf(sglang('v0.5.23')).group).toBeUndefined();
  });

  test.each([
    [
      { dataParallelSize: 2, nodes: 2 },
      {},
      'SGLang cannot run 2 copies of the whole model over 2 pods.',
      'Use replicas, or expert parallelism.',
    ],
    [
      { expertParallel: true },
      {},
      'meta-llama/Llama-3.1-8B-Instruct has no experts to deal out.',
      'Turn expert parallelism off.',
    ],
    [
      { pipelineParallelSize: 2 },
      { speculative: { algorithm: 'NGRAM' as const } },
      'SGLang does not guess ahead (NGRAM) over 2 pipeline stages.',
      'Remove speculative, or use tensor parallelism alone.',
    ],
  ])('%j with %j cannot be', (stated, settings, message, remedy) => {
    expect(problemsOf(sglang('v0.5.23', settings), layout(stated))).toBe(`gpu-parallelism\n  ${message}\n  ${remedy}`);
  });
});

describe('what it cannot do of a request', () => {
  test.each([
    [
      { gpuMemoryShare: 0.5 },
      'gpu-memory-fit',
      'SGLang takes its share of the memory that is free when it starts, so the second server on a shared GPU gets a part of what the first one left.',
      'Use MIG slices or whole GPUs.',
    ],
    [
      { servedModelName: 'llama:8b' },
      'runtime-setting',
      'servedModelName is "llama:8b"; a colon divides the model from its adapter, and SGLang 0.5.23 ends at its start.',
      'Use a name without a colon.',
    ],
    [
      { model: undefined },
      'model-known',
      'Nobody says which weights SGLang is to serve: its image has none of its own.',
      'State model, or where the weights come from.',
    ],
  ])('%j', (changes, check, message, remedy) => {
    expect(problemsOf(sglang('v0.5.23'), changes)).toBe(`${check}\n  ${message}\n  ${remedy}`);
  });

  test('a draft model that it would download, offline', () => {
    const speculative = { algorithm: 'EAGLE3', draftModelPath: 'org/draft' } as const;
    expect(problemsOf(sglang('v0.5.23', { speculative }), { offline: true })).toBe(
      `model-cache
  The draft model org/draft would be downloaded, but the service is offline.
  Give speculative.draftModelPath as a folder of the pod.`,
    );
  });

  test('a policy that does not know of adapters, until 0.5.3 taught it', () => {
    const told = problemsOf(sglang('v0.5.2', { schedulePolicy: 'lpm' }), { lora: LORA });
    expect(told).toBe(
      `runtime-setting
  schedulePolicy lpm does not know of LoRA adapters in SGLang 0.5.2.
  Use schedulePolicy 'fcfs', or SGLang 0.5.3 and later.`,
    );
    expect(problemsOf(sglang('v0.5.3', { schedulePolicy: 'lpm' }), { lora: LORA })).toBe('');
  });

  test('a draft model of unknown size is told to the memory plan', () => {
    const speculative = { algorithm: 'EAGLE3', draftModelPath: 'org/draft' } as const;
    expect(contractOf(sglang('v0.5.23', { speculative })).unplannedMemory).toEqual([
      'the draft model of speculative.draftModelPath; state its draftModel',
    ]);
    const known = sglang('v0.5.23', { speculative: { ...speculative, draftModel: MODEL } });
    expect(contractOf(known)).toMatchObject({ unplannedMemory: [], draftModel: { model: MODEL } });
  });
});

describe('what a release refuses', () => {
  test.each([
    [
      'v0.4.8',
      { maxQueuedRequests: 10 },
      'maxQueuedRequests is --max-queued-requests, which SGLang 0.4.8 does not have and would end at its start; it exists from 0.4.9.post6 on.',
      'Remove it, or use another version.',
    ],
    [
      'v0.5.20',
      { args: ['--cuda-graph-max-bs', '8'] },
      'SGLang 0.5.20 has no flag --cuda-graph-max-bs and would end at its start; it exists until 0.5.19.',
      'Remove it from args, or use another version.',
    ],
    [
      'v0.5.2',
      { args: ['--config=/x.yaml'] },
      'SGLang 0.5.2 has no flag --config and would end at its start; it exists from 0.5.3.post3 on.',
      'Remove it from args, or use another version.',
    ],
    [
      'v0.5.23',
      { args: ['--gpu-memory-utilization', '0.9'] },
      'SGLang 0.5.23 has no flag --gpu-memory-utilization and would end at its start.',
      'See the flags of that version, or remove it from args.',
    ],
    ['v0.5.23', { args: ['--tp', '2'] }, 'args has --tp, which is short for --tp-size.', 'Write it in full.'],
    [
      'v0.5.23',
      { args: ['--tp-size', '2'] },
      'args has --tp-size, which would win over what was planned with.',
      'State the parallelism of the service.',
    ],
    [
      'v0.5.23',
      { args: ['--mem_fraction_static=0.9'] },
      'args has --mem-fraction-static, which would win over what was planned with.',
      'State memFractionStatic.',
    ],
    ['v0.5.23', { args: 'x' }, 'args is "x".', 'Use a list of strings.'],
    ['v0.5.23', { memFractionStatic: 90 }, 'memFractionStatic is 90.', 'Use a share above 0 and at most 1.'],
    ['v0.5.23', { chunkedPrefillSize: 0 }, 'chunkedPrefillSize is 0.', 'Use a whole number, 1 or more.'],
    ['v0.5.23', { toolCallParser: 'a b' }, 'toolCallParser is "a b".', 'Use a word without spaces.'],
    ['v0.5.23', { trustRemoteCode: 'yes' }, 'trustRemoteCode is "yes".', 'Use true or false.'],
    ['v0.5.23', { logLevel: 'loud' }, 'logLevel is "loud".', "Use 'debug', 'info', 'warning', 'error'."],
    [
      'v0.5.23',
      { memFractionStatik: 0.9 },
      'SGLang has no setting "memFractionStatik".',
      'Did you mean memFractionStatic, quantization, chatTemplate? A flag that has no setting goes into args.',
    ],
    [
      'v0.5.1',
      { speculative: { algorithm: 'NGRAM' } },
      'SGLang 0.5.1 has no speculative algorithm NGRAM; it exists from 0.5.3 on.',
      'Use EAGLE or EAGLE3, or another version.',
    ],
    [
      'v0.5.23',
      { speculative: { algorithm: 'MEDUSA' } },
      'speculative.algorithm is "MEDUSA".',
      'Use EAGLE, EAGLE3, NEXTN, STANDALONE, NGRAM.',
    ],
    [
      'v0.5.23',
      { speculative: { algorithm: 'EAGLE3' } },
      'EAGLE3 needs a draft model.',
      'State speculative.draftModelPath.',
    ],
    [
      'v0.5.23',
      { speculative: { algorithm: 'NGRAM', draftModelPath: 'a/b' } },
      'NGRAM has no draft model.',
      'Remove speculative.draftModelPath.',
    ],
    [
      'v0.5.23',
      { speculative: { algorithm: 'EAGLE', numSteps: 3 } },
      'Of speculative.numSteps, eagleTopk and numDraftTokens some are stated and some are not.',
      'State all three, or none: the server has its own.',
    ],
    [
      'v0.5.23',
      { apiKey: {} },
      'apiKey names no key of a Secret.',
      "Use { secretName: 'llama-api-key' }, and secretKey when its key is not API_KEY.",
    ],
  ])('%s with %j', (tag, settings, message, remedy) => {
    expect(refused(tag, settings).split('\n').slice(1).join('\n')).toBe(`  ${message}\n  ${remedy}`);
  });

  test('a variable that the library sets', () => {
    expect(refused('v0.5.23', { env: { HF_HOME: '/x' } })).toBe(
      'duplicate-environment\n  env.HF_HOME is a variable that the library sets from cachePath.\n  State cachePath instead.',
    );
  });

  test('flags of a release that is newer than this library pass', () => {
    expect(contractOf(sglang('v0.6.0', { args: ['--brand-new'] })).args).toContain('--brand-new');
  });

  test.each([
    [`${IMAGE}:latest`, undefined, '"latest" says no version of SGLang, and flags differ by version.'],
    [
      `${IMAGE}@sha256:${'0'.repeat(64)}`,
      undefined,
      'The image has no tag, so nobody can say which SGLang it is, and flags differ by version.',
    ],
    [`${IMAGE}:v0.5.23`, '0.5.22', 'The tag says 0.5.23, but version says "0.5.22".'],
    [`${IMAGE}:v0.4.5`, undefined, 'SGLang 0.4.5 is older than 0.4.6, the first release whose flags are known.'],
  ])('%s, version %s', (image, version, message) => {
    expect(refusalOf(() => new SglangRuntime({ image, version }))).toContain(`runtime-version\n  ${message}\n`);
  });

  test('a post-release counts as its release', () => {
    const image = `${IMAGE}@sha256:${'0'.repeat(64)}`;
    expect(new SglangRuntime({ image, version: 'v0.5.10.post1' }).version).toBe('0.5.10');
    expect(sglang('v0.5.10.post1-cu129').version).toBe('0.5.10');
    expect(sglang('v0.5.10.post1', { version: '0.5.10' }).version).toBe('0.5.10');
  });

  test('a digest with its version is enough', () => {
    expect(new SglangRuntime({ image: `${IMAGE}@sha256:${'0'.repeat(64)}`, version: '0.5.23' }).version).toBe('0.5.23');
  });
});

describe('memory', () => {
  const gpu = (memoryGib: number) => ({ id: 'x', computeCapability: 9, memoryGb: 1, cudaMemoryGib: memoryGib });

  test.each`
    gib      | tp   | reserved                       | share
    ${22.03} | ${1} | ${'512 + 3072 + 48 + 128'}     | ${0.833}
    ${39.4}  | ${1} | ${'512 + 6144 + 64 + 128'}     | ${0.83}
    ${79.15} | ${1} | ${'512 + 12288 + 512 + 128'}   | ${0.834}
    ${79.15} | ${8} | ${'512 + 12288 + 1024 + 1024'} | ${0.816}
    ${139.8} | ${8} | ${'512 + 12288 + 1024 + 1024'} | ${0.896}
    ${178.3} | ${8} | ${'512 + 24576 + 1024 + 1024'} | ${0.851}
  `('$gib GiB, $tp GPUs: all but $reserved MiB is $share', ({ gib, tp, reserved, share }) => {
    const mib = String(reserved)
      .split('+')
      .reduce((sum, part) => sum + Number(part), 0);
    const parallelism = { ...ONE_GPU, tensorParallelSize: tp };
    expect(sglangMemFraction('0.5.4', [gpu(gib)], parallelism)).toBe(share);
    expect(share).toBe(Math.floor((1 - mib / (gib * 1024)) * 1000) / 1000);
  });

  test('releases that capture graphs of prompts leave them half a GiB, and a draft model two', () => {
    const share = (version: string, speculativeAlgorithm?: string) =>
      sglangMemFraction(version, [gpu(22.03)], ONE_GPU, { speculativeAlgorithm });
    expect(share('0.5.10')).toBe(0.81);
    expect(share('0.5.4', 'EAGLE')).toBe(0.742);
    expect(share('0.5.4', 'STANDALONE')).toBe(0.56);
    expect(share('0.5.4', 'NGRAM')).toBe(0.833);
  });

  test('a small step leaves no more than 10 GiB less on a large GPU', () => {
    const share = sglangMemFraction('0.5.4', [gpu(80)], ONE_GPU, { chunkedPrefillSize: 512 });
    expect(share).toBe((80 - 10) / 80);
  });

  test('where pools differ, all get what the smallest GPU bears, and the plan knows', () => {
    const l4 = { id: 'L4', computeCapability: 8.9, memoryGb: 24, cudaMemoryGib: 22.03 };
    const runtime = sglang('v0.5.4');
    const gpus = [l4, A100];
    const told = argsOf(runtime, { gpus });
    expect(told).toContain('--mem-fraction-static 0.833');
    expect(told).toContain('--chunked-prefill-size 2048');
    expect(runtime.memoryProfile(A100, { parallelism: ONE_GPU, gpus })).toMatchObject({
      utilization: 0.833,
      utilizationOf: 'weights-and-kv-cache',
      maxNumBatchedTokens: 2048,
    });
    expect(runtime.memoryProfile(A100).maxNumBatchedTokens).toBe(8192);
  });

  test('what is stated wins', () => {
    const runtime = sglang('v0.5.4', { memFractionStatic: 0.7, chunkedPrefillSize: 512, maxRunningRequests: 8 });
    expect(argsOf(runtime)).toContain('--mem-fraction-static 0.7\n');
    expect(runtime.memoryProfile(A100)).toMatchObject({ utilization: 0.7, maxNumBatchedTokens: 512, maxNumSeqs: 8 });
  });
});
