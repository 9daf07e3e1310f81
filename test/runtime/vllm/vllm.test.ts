import { toYaml } from '../../../lib/gitops/yaml';
import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { flagProblems } from '../../../lib/runtime/command-line-flags';
import { ONE_GPU, ParallelLayout, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { VllmRuntime, VllmRuntimeProps } from '../../../lib/runtime/vllm/vllm';
import { vllmFlagKnowledge } from '../../../lib/runtime/vllm/vllm-arguments';
import { VLLM_FLAGS } from '../../../lib/runtime/vllm/vllm-flags';
import { VLLM_SETTINGS } from '../../../lib/runtime/vllm/vllm-settings';
import { refusalOf } from '../../support/messages';
import { servingRequest } from '../../support/serving-request';

const LLAMA = findModel('meta-llama/Llama-3.1-8B-Instruct')!;
const DIGEST = `sha256:${'0'.repeat(64)}`;
const A100 = { id: 'A100-80GB', computeCapability: 8, memoryGb: 80 };

const request = (changes: Partial<ServingRequest> = {}) =>
  servingRequest({ model: LLAMA, maxModelLen: 8192, credentials: 'hugging-face', ...changes });
const layout = (changes: Partial<ParallelLayout>) => ({ parallelism: { ...ONE_GPU, ...changes } });
const vllm = (version: string, settings: Partial<VllmRuntimeProps> = {}) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, ...settings });

/** One flag a line, with what follows it. */
const lines = (args: readonly string[]) => args.join(' ').replaceAll(' --', '\n--');
const argsOf = (runtime: VllmRuntime, changes: Partial<ServingRequest> = {}) =>
  lines(runtime.contract(request(changes)).args!);
const envOf = (runtime: VllmRuntime, changes: Partial<ServingRequest> = {}) =>
  Object.fromEntries(runtime.contract(request(changes)).env.map(({ name, value }) => [name, value]));
const problemsOf = (runtime: VllmRuntime, changes: Partial<ServingRequest> = {}) =>
  runtime.contract(request(changes)).problems.map(formatProblem).join('\n');

describe('everything stated, by version', () => {
  const EVERYTHING: Partial<VllmRuntimeProps> = {
    gpuMemoryUtilization: 0.85,
    maxNumSeqs: 128,
    maxNumBatchedTokens: 8192,
    chunkedPrefill: false,
    prefixCaching: false,
    blockSize: 32,
    kvCacheDtype: 'fp8',
    quantization: 'fp8',
    dtype: 'bfloat16',
    enforceEager: true,
    structuredOutputsBackend: 'xgrammar',
    speculation: { method: 'ngram', numSpeculativeTokens: 4, promptLookupMax: 3 },
    loadFormat: 'safetensors',
    schedulingPolicy: 'priority',
    toolCallParser: 'llama3_json',
    chatTemplate: '/templates/llama.jinja',
    trustRemoteCode: true,
    otlpTracesEndpoint: 'http://otel-collector:4317',
    args: ['--max-logprobs', '5'],
  };
  const LORA: Partial<ServingRequest> = {
    lora: {
      adapters: [
        { name: 'sql', path: '/adapters/sql', rank: 12 },
        { name: 'legal', path: '/adapters/legal', rank: 8 },
      ],
      folder: '/adapters',
      maxRank: 12,
      maxLoras: 2,
    },
    weights: { kind: 'server-downloads', repository: 'me/llama', revision: '0e9e39f249a16976918f6564b8830bc894c89659' },
    servedModelName: 'llama',
  };

  test('0.6.6', () => {
    expect(argsOf(vllm('0.6.6'), LORA)).toMatchInlineSnapshot(`
me/llama
--served-model-name llama
--revision 0e9e39f249a16976918f6564b8830bc894c89659
--max-model-len 8192
--enable-lora
--max-loras 2
--max-lora-rank 16
--lora-modules sql=/adapters/sql legal=/adapters/legal
--disable-log-requests
`);
    expect(argsOf(vllm('0.6.6', EVERYTHING))).toMatchInlineSnapshot(`
meta-llama/Llama-3.1-8B-Instruct
--served-model-name meta-llama/Llama-3.1-8B-Instruct
--max-model-len 8192
--gpu-memory-utilization 0.85
--max-num-seqs 128
--max-num-batched-tokens 8192
--enable-chunked-prefill=False
--no-enable-prefix-caching
--block-size 32
--quantization fp8
--dtype bfloat16
--kv-cache-dtype fp8
--enforce-eager
--load-format safetensors
--scheduling-policy priority
--guided-decoding-backend xgrammar
--speculative-model [ngram]
--num-speculative-tokens 4
--ngram-prompt-lookup-max 3
--enable-auto-tool-choice
--tool-call-parser llama3_json
--chat-template /templates/llama.jinja
--trust-remote-code
--otlp-traces-endpoint http://otel-collector:4317
--disable-log-requests
--max-logprobs 5
`);
  });

  test.each`
    from        | to          | gone                                                                                            | come
    ${'0.6.6'}  | ${'0.8.5'}  | ${['--speculative-model [ngram]', '--num-speculative-tokens 4', '--ngram-prompt-lookup-max 3']} | ${['--speculative-config {"method":"ngram","num_speculative_tokens":4,"prompt_lookup_max":3}']}
    ${'0.8.5'}  | ${'0.10.2'} | ${['--enable-chunked-prefill=False', '--disable-log-requests']}                                 | ${['--no-enable-chunked-prefill']}
    ${'0.10.2'} | ${'0.11.0'} | ${['--guided-decoding-backend xgrammar']}                                                       | ${['--structured-outputs-config {"backend":"xgrammar"}']}
    ${'0.11.0'} | ${'0.18.1'} | ${[]}                                                                                           | ${['--disable-access-log-for-endpoints /health,/metrics', '--shutdown-timeout 60']}
    ${'0.18.1'} | ${'0.33.0'} | ${[]}                                                                                           | ${[]}
  `('from $from to $to: $gone go, $come come', ({ from, to, gone, come }) => {
    const before = argsOf(vllm(from, EVERYTHING)).split('\n');
    const now = argsOf(vllm(to, EVERYTHING)).split('\n');
    expect(before.filter((line) => !now.includes(line))).toEqual(gone);
    expect(now.filter((line) => !before.includes(line))).toEqual(come);
  });

  test('every flag is one that the version has', () => {
    for (const version of [
      '0.6.6',
      '0.7.3',
      '0.8.5',
      '0.9.2',
      '0.10.2',
      '0.11.0',
      '0.11.2',
      '0.18.1',
      '0.27.1',
      '0.33.0',
    ]) {
      const { args } = vllm(version, EVERYTHING).contract(request({ ...LORA, ...layout({ tensorParallelSize: 2 }) }));
      const flags = args!.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]!);
      // The library's own words go through the check that the user's go through.
      const problems = flagProblems(flags, { ...vllmFlagKnowledge(version), owned: {} });
      expect(problems.map(formatProblem)).toEqual([]);
    }
  });
});

test('nothing stated', () => {
  expect(argsOf(vllm('0.11.0'))).toMatchInlineSnapshot(`
meta-llama/Llama-3.1-8B-Instruct
--served-model-name meta-llama/Llama-3.1-8B-Instruct
--max-model-len 8192
`);
  expect(argsOf(vllm('0.18.1'))).toMatchInlineSnapshot(`
meta-llama/Llama-3.1-8B-Instruct
--served-model-name meta-llama/Llama-3.1-8B-Instruct
--max-model-len 8192
--disable-access-log-for-endpoints /health,/metrics
--shutdown-timeout 60
`);
  expect(vllm('0.11.0').contract(request()).command).toEqual(['vllm', 'serve']);
});

describe('the model', () => {
  test.each`
    weights                                                                  | servedModelName | model        | loads         | as
    ${{ kind: 'server-downloads' }}                                          | ${undefined}    | ${LLAMA}     | ${LLAMA.id}   | ${LLAMA.id}
    ${{ kind: 'server-downloads', repository: 'me/llama', revision: 'abc' }} | ${undefined}    | ${LLAMA}     | ${'me/llama'} | ${LLAMA.id}
    ${{ kind: 'server-downloads', repository: 'me/llama' }}                  | ${undefined}    | ${undefined} | ${'me/llama'} | ${'me/llama'}
    ${{ kind: 'local', path: '/models' }}                                    | ${'llama'}      | ${LLAMA}     | ${'/models'}  | ${'llama'}
    ${{ kind: 'local', path: '/models' }}                                    | ${undefined}    | ${undefined} | ${'/models'}  | ${'/models'}
  `('$weights.kind $weights.repository: loads $loads as $as', ({ loads, as, ...changes }) => {
    const { args } = vllm('0.11.0').contract(request(changes));
    expect(args!.slice(0, 3)).toEqual([loads, '--served-model-name', as]);
    expect(args!.includes('--revision')).toBe(changes.weights.revision !== undefined);
  });

  test('that nobody named', () => {
    expect(problemsOf(vllm('0.11.0'), { model: undefined })).toMatchInlineSnapshot(`
runtime-setting
  Nobody says which model vLLM is to load; its image holds none.
  State model, or an artifact with a repository or a folder.
`);
  });

  test.each`
    task            | version     | flag                  | paths
    ${'embedding'}  | ${'0.5.5'}  | ${undefined}          | ${'/v1/embeddings /v1/models'}
    ${'embedding'}  | ${'0.9.2'}  | ${'--task embed'}     | ${'/v1/embeddings /v1/models'}
    ${'embedding'}  | ${'0.10.2'} | ${'--runner pooling'} | ${'/v1/embeddings /v1/models'}
    ${'reranking'}  | ${'0.6.6'}  | ${'--task score'}     | ${'/v1/score /v1/models'}
    ${'reranking'}  | ${'0.33.0'} | ${'--runner pooling'} | ${'/v1/score /v1/rerank /v1/models'}
    ${'generation'} | ${'0.8.5'}  | ${undefined}          | ${'/v1/chat/completions /v1/completions /v1/models'}
    ${'generation'} | ${'0.11.2'} | ${undefined}          | ${'/v1/chat/completions /v1/completions /v1/models /v1/responses /v1/messages'}
  `('$task in $version: $flag, $paths', ({ task, version, flag, paths }) => {
    const model = { ...LLAMA, task };
    expect(argsOf(vllm(version), { model }).match(/--(task|runner) \S+/)?.[0]).toBe(flag);
    expect(vllm(version).contract(request({ model })).clientPaths.join(' ')).toBe(paths);
  });
});

test('the environment: a home, a name, and caches that it can write to', () => {
  const shown = (changes: Partial<ServingRequest>) =>
    Object.entries(envOf(vllm('0.18.1', { logLevel: 'WARNING', env: { NCCL_DEBUG: 'WARN' } }), changes))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n');
  expect(shown({})).toMatchInlineSnapshot(`
HOME=/tmp
USER=vllm
LOGNAME=vllm
XDG_CACHE_HOME=/tmp/.cache
XDG_CONFIG_HOME=/tmp/.config
HF_HOME=/home/vllm/.cache/huggingface
HF_MODULES_CACHE=/tmp/hf-modules
VLLM_CACHE_ROOT=/home/vllm/.cache/huggingface/vllm
TORCHINDUCTOR_CACHE_DIR=/home/vllm/.cache/huggingface/vllm/torchinductor
TRITON_CACHE_DIR=/home/vllm/.cache/huggingface/vllm/triton
FLASHINFER_WORKSPACE_BASE=/home/vllm/.cache/huggingface/vllm
VLLM_NO_USAGE_STATS=1
DO_NOT_TRACK=1
VLLM_LOGGING_LEVEL=WARNING
VLLM_ENGINE_READY_TIMEOUT_S=86400
NCCL_DEBUG=WARN
`);
  expect(shown({ cacheReadOnly: true, offline: true, cachePath: '/mnt/cache' })).toMatchInlineSnapshot(`
HOME=/tmp
USER=vllm
LOGNAME=vllm
XDG_CACHE_HOME=/tmp/.cache
XDG_CONFIG_HOME=/tmp/.config
HF_HOME=/mnt/cache
HF_MODULES_CACHE=/tmp/hf-modules
HF_HUB_OFFLINE=1
VLLM_CACHE_ROOT=/tmp/vllm
TORCHINDUCTOR_CACHE_DIR=/tmp/vllm/torchinductor
TRITON_CACHE_DIR=/tmp/vllm/triton
FLASHINFER_WORKSPACE_BASE=/tmp/vllm
VLLM_NO_USAGE_STATS=1
DO_NOT_TRACK=1
VLLM_LOGGING_LEVEL=WARNING
VLLM_ENGINE_READY_TIMEOUT_S=86400
NCCL_DEBUG=WARN
`);
});

describe('the contract', () => {
  const contract = (version: string, settings: Partial<VllmRuntimeProps> = {}, changes: Partial<ServingRequest> = {}) =>
    vllm(version, settings).contract(request(changes));

  test.each`
    version     | shutdown
    ${'0.17.1'} | ${'aborts'}
    ${'0.18.0'} | ${'aborts'}
    ${'0.18.1'} | ${'drains'}
    ${'0.33.0'} | ${'drains'}
    ${'0.40.0'} | ${'drains'}
  `('$version $shutdown what runs when it is told to stop', ({ version, shutdown }) => {
    expect(contract(version).shutdown).toBe(shutdown);
  });

  test('what a pod needs of it', () => {
    const elsewhere = ['command', 'args', 'env', 'signals', 'problems', 'warnings', 'clientPaths'];
    const rest = Object.entries(contract('0.11.2')).filter(([member]) => !elsewhere.includes(member));
    expect(toYaml(Object.fromEntries(rest))).toMatchInlineSnapshot(`
metrics:
  path: /metrics
  port: 8000
ports:
  - name: http
    port: 8000
cachePath: /home/vllm/.cache/huggingface
cpuCores: 4
credentialSlots:
  - kind: hugging-face
    environmentVariable: HF_TOKEN
    fileVariable: HF_TOKEN_PATH
downloadHosts:
  - huggingface.co
  - "*.hf.co"
  - "*.huggingface.co"
ephemeralStorageMib: 10240
hostMemoryMib: 9216
liveness:
  path: /health
  port: 8000
readOnlyRootFilesystem: true
readiness:
  path: /health
  port: 8000
sharedMemoryMib: 2048
shutdown: aborts
unplannedMemory: []
user:
  fsGroup: 2000
  gid: 2000
  uid: 2000
warmUpSeconds: 240
writablePaths:
  - name: tmp
    path: /tmp
    sizeMib: 8192
`);
  });

  test.each`
    gpus | version     | sharedMemoryMib | hostMemoryMib
    ${1} | ${'0.11.2'} | ${2048}         | ${9 * 1024}
    ${8} | ${'0.11.2'} | ${16384}        | ${37 * 1024}
    ${1} | ${'0.7.3'}  | ${2048}         | ${13 * 1024}
  `('$gpus GPUs in $version: $sharedMemoryMib MiB shared, $hostMemoryMib MiB', ({ gpus, version, ...expected }) => {
    expect(contract(version, {}, layout({ tensorParallelSize: gpus }))).toMatchObject(expected);
  });

  test.each`
    version     | settings                  | seconds
    ${'0.11.2'} | ${{}}                     | ${240}
    ${'0.11.2'} | ${{ enforceEager: true }} | ${60}
    ${'0.7.3'}  | ${{}}                     | ${120}
  `('$version with $settings warms up in $seconds s', ({ version, settings, seconds }) => {
    expect(contract(version, settings).warmUpSeconds).toBe(seconds);
  });

  test('downloads from Hugging Face, unless nothing is left to download', () => {
    expect(contract('0.11.2').downloadHosts).toEqual(['huggingface.co', '*.hf.co', '*.huggingface.co']);
    expect(contract('0.11.2', {}, { offline: true }).downloadHosts).toEqual([]);
  });

  test('an API key comes from a Secret; no argument and no literal holds it', () => {
    const keyed = contract('0.11.2', { apiKey: { secretName: 'llama-key', secretKey: 'token' } });
    expect(keyed.envReferences).toEqual([{ name: 'VLLM_API_KEY', secretName: 'llama-key', secretKey: 'token' }]);
    expect(JSON.stringify([keyed.args, keyed.env])).not.toMatch(/api.key/i);
    expect(keyed.readiness).toEqual({ path: '/health', port: 8000 });
  });

  test('the key guards every path that clients are routed to', () => {
    for (const task of ['generation', 'embedding', 'reranking'] as const)
      for (const path of contract('0.33.0', {}, { model: { ...LLAMA, task } }).clientPaths)
        expect(path).toMatch(/^\/v1\//);
  });

  test.each`
    version     | settings                     | check
    ${'0.33.0'} | ${{}}                        | ${[]}
    ${'0.33.1'} | ${{}}                        | ${[]}
    ${'0.34.0'} | ${{}}                        | ${['runtime-version']}
    ${'1.0.0'}  | ${{}}                        | ${['runtime-version']}
    ${'0.33.0'} | ${{ trustRemoteCode: true }} | ${['runtime-setting']}
  `('$version with $settings warns of $check', ({ version, settings, check }) => {
    expect(contract(version, settings).warnings!.map((warning) => warning.check)).toEqual(check);
  });

  test.each`
    share  | stated       | version     | told
    ${1}   | ${undefined} | ${'0.11.2'} | ${undefined}
    ${1}   | ${0.8}       | ${'0.11.2'} | ${'0.8'}
    ${0.5} | ${undefined} | ${'0.11.2'} | ${'0.45'}
    ${0.5} | ${undefined} | ${'0.20.2'} | ${'0.46'}
    ${0.5} | ${0.8}       | ${'0.11.2'} | ${'0.4'}
  `('a share of $share of the GPU, $stated stated in $version: $told', ({ share, stated, version, told }) => {
    const args = argsOf(vllm(version, { gpuMemoryUtilization: stated }), { gpuMemoryShare: share });
    expect(/--gpu-memory-utilization (\S+)/.exec(args)?.[1]).toBe(told);
  });

  test.each`
    version     | settings                    | says
    ${'0.15.1'} | ${{}}                       | ${undefined}
    ${'0.16.0'} | ${{}}                       | ${'--disable-access-log-for-endpoints /health,/metrics'}
    ${'0.16.0'} | ${{ accessLog: 'all' }}     | ${undefined}
    ${'0.8.5'}  | ${{ accessLog: 'none' }}    | ${'--disable-uvicorn-access-log'}
    ${'0.18.1'} | ${{ accessLog: 'none' }}    | ${'--disable-uvicorn-access-log'}
    ${'0.18.1'} | ${{ accessLog: 'clients' }} | ${'--disable-access-log-for-endpoints /health,/metrics'}
  `('the access log of $version with $settings: $says', ({ version, settings, says }) => {
    const found = argsOf(vllm(version, settings))
      .split('\n')
      .filter((line) => line.includes('access-log'));
    expect(found).toEqual(says === undefined ? [] : [says]);
  });

  test.each`
    version     | logRequests  | says
    ${'0.9.2'}  | ${undefined} | ${'--disable-log-requests'}
    ${'0.9.2'}  | ${true}      | ${undefined}
    ${'0.10.2'} | ${undefined} | ${undefined}
    ${'0.10.2'} | ${true}      | ${'--enable-log-requests'}
  `('prompts in the log of $version, wanted $logRequests: $says', ({ version, logRequests, says }) => {
    const found = argsOf(vllm(version, { logRequests }))
      .split('\n')
      .filter((line) => line.includes('log-requests'));
    expect(found).toEqual(says === undefined ? [] : [says]);
  });
});

describe('the memory profile says what the arguments say', () => {
  test('what is set', () => {
    const settings = { gpuMemoryUtilization: 0.8, maxNumSeqs: 64, maxNumBatchedTokens: 4096, blockSize: 32 };
    expect(
      vllm('0.11.2', { ...settings, chunkedPrefill: false, enforceEager: true }).memoryProfile(A100),
    ).toMatchObject({
      engine: 'vLLM 0.11.2 (V1)',
      utilization: 0.8,
      maxNumSeqs: 64,
      maxNumBatchedTokens: 4096,
      blockSize: 32,
      chunkedPrefillAbove: Infinity,
      cudaGraphGib: 0,
    });
  });

  test('the first engine, where it is asked for', () => {
    const profile = vllm('0.8.5', { env: { VLLM_USE_V1: '0' } }).memoryProfile(A100);
    expect(profile.engine).toBe('vLLM 0.8.5 (V0)');
  });
});

describe('what is refused', () => {
  test.each([
    [{ image: 'vllm/vllm-openai:latest' }],
    [{ image: `vllm/vllm-openai@${DIGEST}` }],
    [{ image: 'vllm/vllm-openai:v0.11.0', version: '0.11.1' }],
    [{ image: 'vllm/vllm-openai:v0.5.4' }],
  ])('%j: runtime-version', (props) => {
    expect(refusalOf(() => new VllmRuntime(props))).toContain(': runtime-version\n');
  });

  test.each`
    tag                | version
    ${'v0.11.0'}       | ${'0.11.0'}
    ${'0.11.0'}        | ${'0.11.0'}
    ${'v0.18.1-cu128'} | ${'0.18.1'}
    ${'v0.6.6.post1'}  | ${'0.6.6'}
  `('the tag $tag says $version', ({ tag, version }) => {
    expect(new VllmRuntime({ image: `vllm/vllm-openai:${tag}` }).version).toBe(version);
  });

  test('settings that the version does not have', () => {
    const settings = {
      schedulingPolicy: 'priority',
      reasoningParser: 'deepseek_r1',
      accessLog: 'none',
      kvTransfer: { role: 'kv_both' },
      speculation: { method: 'mtp', numSpeculativeTokens: 1 },
    } as const;
    expect(refusalOf(() => vllm('0.5.5', settings))).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.5.5: runtime-setting
  schedulingPolicy is a setting that vLLM 0.5.5 does not have: --scheduling-policy exists from 0.6.6.post1 on.
  Remove schedulingPolicy, or use another version.
VllmRuntime vllm/vllm-openai:v0.5.5: runtime-setting
  reasoningParser is a setting that vLLM 0.5.5 does not have: --reasoning-parser exists from 0.7.3 on.
  Remove reasoningParser, or use another version.
VllmRuntime vllm/vllm-openai:v0.5.5: runtime-setting
  accessLog is a setting that vLLM 0.5.5 does not have: --disable-uvicorn-access-log exists from 0.8.5.post1 on.
  Remove accessLog, or use another version.
VllmRuntime vllm/vllm-openai:v0.5.5: runtime-setting
  vLLM 0.5.5 has no speculation by mtp; it exists from 0.8.5 on.
  Use another method or version.
VllmRuntime vllm/vllm-openai:v0.5.5: runtime-setting
  kvTransfer is a setting that vLLM 0.5.5 does not have: its NIXL connector exists from 0.9.2 on.
  Remove kvTransfer, or use another version.
`);
  });

  test('settings with values that cannot be', () => {
    const settings = { maxNumSeqs: 0, dtype: 'int8', speculativ: {}, apiKey: { secretName: 'Llama Key' } };
    expect(refusalOf(() => vllm('0.11.2', settings as never))).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  maxNumSeqs is 0.
  Use a whole number, 1 or more.
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  dtype is "int8".
  Use 'auto', 'half', 'float16', 'bfloat16', 'float', 'float32'.
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  vLLM has no setting "speculativ".
  Did you mean speculation, maxNumSeqs, blockSize? A flag that has no setting goes into args.
VllmRuntime vllm/vllm-openai:v0.11.2: names
  apiKey.secretName "Llama Key" is not an RFC 1123 subdomain (9 characters).
  Use lower-case letters, digits, "-" and "." only, at most 253 characters.
`);
    expect(refusalOf(() => vllm('0.11.2', { maxNumSeqs: 512, maxNumBatchedTokens: 256, blockSize: 17 })))
      .toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  maxNumBatchedTokens is 256, less than maxNumSeqs 512: a step has a token for each sequence.
  Use maxNumBatchedTokens 512 or more, or maxNumSeqs 256 or less.
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  blockSize is 17; blocks hold 1, 8, 16, 32, 64, 128, 256 tokens.
  Leave it out, or use one of these.
`);
  });

  test('flags that the version does not have, and those that the service decides', () => {
    const args = [
      '--max-model-len=4096',
      '-tp',
      '2',
      '--no-enable-prefix-caching',
      '--swap-space',
      '8',
      '--enable-metrics',
    ];
    expect(refusalOf(() => vllm('0.18.1', { args: [...args, '--kv-cache-memory-bytes', '1'] }))).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  args has --max-model-len, which would win over what was planned with.
  State maxModelLen.
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  args has -tp, which would win over what was planned with.
  State tensorParallelSize.
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  args has --no-enable-prefix-caching, which would win over what was planned with.
  State prefixCaching.
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  vLLM 0.18.1 has no flag --swap-space and would end at its start; it exists until 0.17.1.
  Remove it from args, or use another version.
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  vLLM 0.18.1 has no flag --enable-metrics and would end at its start.
  See the flags of that version, or remove it from args.
VllmRuntime vllm/vllm-openai:v0.18.1: runtime-setting
  args has --kv-cache-memory-bytes, which would win over what was planned with.
  Remove it: the library decides it, or nobody has planned it.
`);
    expect(refusalOf(() => vllm('0.10.2', { args: ['--shutdown_timeout', '9', '--stream-interval', '2'] })))
      .toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.10.2: runtime-setting
  args has --shutdown-timeout, which would win over what was planned with.
  State longestAnswer.
VllmRuntime vllm/vllm-openai:v0.10.2: runtime-setting
  vLLM 0.10.2 has no flag --stream-interval and would end at its start; it exists from 0.11.2 on.
  Remove it from args, or use another version.
`);
  });

  test('a flag of a version that nobody knows is let through', () => {
    expect(argsOf(vllm('0.40.0', { args: ['--from-the-future'] }))).toContain('--from-the-future');
  });

  test('variables that a setting decides', () => {
    expect(refusalOf(() => vllm('0.11.2', { env: { VLLM_API_KEY: 'x', HF_HOME: '/x' } }))).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.11.2: duplicate-environment
  env.VLLM_API_KEY is a variable that the library sets from apiKey.
  State apiKey instead.
VllmRuntime vllm/vllm-openai:v0.11.2: duplicate-environment
  env.HF_HOME is a variable that the library sets from cachePath.
  State cachePath instead.
`);
  });

  test('a prompt that no step can hold', () => {
    const settings = { chunkedPrefill: false, maxNumBatchedTokens: 4096 };
    expect(problemsOf(vllm('0.11.2', settings))).toMatchInlineSnapshot(`
runtime-setting
  maxNumBatchedTokens is 4096, and without chunkedPrefill a step must hold a whole prompt of up to 8192 tokens.
  Use maxNumBatchedTokens 8192 or more, a maxModelLen of 4096 or less, or chunkedPrefill.
`);
    expect(problemsOf(vllm('0.11.2', settings), { maxModelLen: 4096 })).toBe('');
  });
});

test('every setting has a flag that some version has, or none at all', () => {
  const flags = Object.values(VLLM_SETTINGS).flatMap(({ flags: of }) => of);
  expect(flags.filter((flag) => !(flag in VLLM_FLAGS))).toEqual([]);
});

describe('LoRA', () => {
  const lora = (maxRank: number) => ({ lora: { adapters: [], folder: '/adapters', maxRank, maxLoras: 1 } });

  test.each`
    version     | rank   | slot
    ${'0.5.5'}  | ${64}  | ${'64'}
    ${'0.6.6'}  | ${65}  | ${'128'}
    ${'0.10.2'} | ${1}   | ${'8'}
    ${'0.10.2'} | ${300} | ${'320'}
    ${'0.33.0'} | ${512} | ${'512'}
  `('rank $rank in $version takes a slot of $slot', ({ version, rank, slot }) => {
    expect(/--max-lora-rank (\d+)/.exec(argsOf(vllm(version), lora(rank)))?.[1]).toBe(slot);
    expect(problemsOf(vllm(version), lora(rank))).toBe('');
  });

  test.each`
    version     | rank   | most
    ${'0.5.5'}  | ${65}  | ${64}
    ${'0.9.2'}  | ${257} | ${256}
    ${'0.33.0'} | ${513} | ${512}
  `('rank $rank in $version is refused: $most is the most', ({ version, rank, most }) => {
    expect(problemsOf(vllm(version), lora(rank))).toBe(
      `runtime-setting\n  A LoRA adapter has rank ${rank}; vLLM ${version} serves ranks up to ${most}.\n` +
        '  Use an adapter of a smaller rank, a newer version, or merge the adapter into the model.',
    );
  });
});

describe('prefill and decode apart', () => {
  test('the other servers find the pod by its own address', () => {
    const contract = vllm('0.11.2', { kvTransfer: { role: 'kv_producer' } }).contract(
      request(layout({ tensorParallelSize: 2 })),
    );
    expect(contract.envReferences).toEqual([{ name: 'VLLM_NIXL_SIDE_CHANNEL_HOST', fieldPath: 'status.podIP' }]);
    expect(contract.env).toContainEqual({ name: 'VLLM_NIXL_SIDE_CHANNEL_PORT', value: '5600' });
    expect(contract.ports).toEqual([
      { name: 'http', port: 8000 },
      { name: 'nixl', port: 5600, purpose: 'group' },
      { name: 'nixl-1', port: 5601, purpose: 'group' },
    ]);
    expect(lines(contract.args!)).toContain(
      '--kv-transfer-config {"kv_connector":"NixlConnector","kv_role":"kv_producer"}',
    );
  });

  test('a role that does not exist', () => {
    expect(refusalOf(() => vllm('0.11.2', { kvTransfer: { role: 'prefill' } as never }))).toMatchInlineSnapshot(`
VllmRuntime vllm/vllm-openai:v0.11.2: runtime-setting
  kvTransfer has the role "prefill".
  Use { role: 'kv_producer' } for prefill, { role: 'kv_consumer' } for decode, or 'kv_both'.
`);
  });
});
