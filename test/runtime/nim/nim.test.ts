import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { NimRuntime } from '../../../lib/runtime/nim/nim';
import { NIM_SETTINGS } from '../../../lib/runtime/nim/nim-settings';
import { ONE_GPU, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';
import { refusalOf } from '../../support/messages';

const IMAGE = 'nvcr.io/nim/meta/llama3-8b-instruct';
const V1 = `${IMAGE}:1.8.0` as const;
const V2 = `${IMAGE}:2.0.4` as const;
const DIGEST = `sha256:${'0'.repeat(64)}`;

const REQUEST = servingRequest({
  model: findModel('meta-llama/Meta-Llama-3-8B-Instruct'),
  longestAnswerSeconds: 235,
  credentials: 'ngc',
});
const onGpus = (tensorParallelSize: number) => ({ parallelism: { ...ONE_GPU, tensorParallelSize } });
/** An image whose version the type checker does not see, as in a table. */
const version = (tag: string) => new NimRuntime({ image: `${IMAGE}:${tag}` as string });
const envOf = (runtime: NimRuntime<string>, changes: Partial<ServingRequest> = {}) =>
  Object.fromEntries(runtime.contract({ ...REQUEST, ...changes }).env.map(({ name, value }) => [name, value]));

describe('the contract by version', () => {
  test.each`
    tag         | metrics          | shutdown     | credentials              | outlines
    ${'1.0.0'}  | ${'/metrics'}    | ${'ignores'} | ${'ngc'}                 | ${true}
    ${'1.4.0'}  | ${'/metrics'}    | ${'ignores'} | ${'ngc'}                 | ${true}
    ${'1.5.0'}  | ${'/v1/metrics'} | ${'ignores'} | ${'ngc'}                 | ${true}
    ${'1.8.0'}  | ${'/v1/metrics'} | ${'ignores'} | ${'ngc'}                 | ${true}
    ${'1.15.4'} | ${'/v1/metrics'} | ${'ignores'} | ${'ngc'}                 | ${true}
    ${'2.0.4'}  | ${'/v1/metrics'} | ${'aborts'}  | ${'ngc or hugging-face'} | ${false}
    ${'2.0.10'} | ${'/v1/metrics'} | ${'aborts'}  | ${'ngc or hugging-face'} | ${false}
    ${'2.1'}    | ${'/v1/metrics'} | ${'aborts'}  | ${'ngc or hugging-face'} | ${false}
  `('$tag: metrics on $metrics, $shutdown SIGTERM, reads $credentials', ({ tag, ...expected }) => {
    const contract = version(tag).contract(REQUEST);
    expect({
      metrics: contract.metrics!.path,
      shutdown: contract.shutdown,
      credentials: contract.credentialSlots.map(({ kind }) => kind).join(' or '),
      outlines: contract.env.some(({ name }) => name === 'OUTLINES_CACHE_DIR'),
    }).toEqual(expected);
  });

  test.each(['1.0.0', '1.8.0', '2.0.4', '2.0.10'])('%s: what is the same in all of them', (tag) => {
    const runtime = version(tag);
    expect(runtime.name).toBe('nim');
    expect(runtime.version).toBe(tag);
    expect(runtime.contract(REQUEST)).toMatchObject({
      ports: [{ name: 'http', port: 8000 }],
      readiness: { path: '/v1/health/ready', port: 8000 },
      liveness: { path: '/v1/health/live', port: 8000 },
      cachePath: '/opt/nim/.cache',
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      cpuCores: 8,
      sharedMemoryMib: 1024,
      problems: [],
    });
  });

  test('a request changes nothing but what follows from it, and the same one gives the same', () => {
    expect(version('1.0.0').contract(REQUEST)).toEqual(version('1.0.0').contract(REQUEST));
  });
});

describe('what follows from the request', () => {
  test('names and lengths become variables', () => {
    expect(envOf(version('1.0.0'), { servedModelName: 'llama', maxModelLen: 8192, cachePath: '/cache' })).toMatchObject(
      {
        NIM_CACHE_PATH: '/cache',
        NIM_SERVED_MODEL_NAME: 'llama',
        NIM_MAX_MODEL_LEN: '8192',
      },
    );
    expect(Object.keys(envOf(version('1.0.0')))).not.toContain('NIM_MAX_MODEL_LEN');
  });

  test.each`
    tag        | tensorParallelSize | variable
    ${'1.8.0'} | ${2}               | ${undefined}
    ${'2.0.4'} | ${1}               | ${undefined}
    ${'2.0.4'} | ${2}               | ${'2'}
  `(
    'NIM $tag on $tensorParallelSize GPUs: NIM_TENSOR_PARALLEL_SIZE=$variable',
    ({ tag, tensorParallelSize, variable }) => {
      expect(envOf(version(tag), onGpus(tensorParallelSize)).NIM_TENSOR_PARALLEL_SIZE).toBe(variable);
    },
  );

  test('GPUs that talk over shared memory get 16 GiB of it', () => {
    expect(version('1.0.0').contract({ ...REQUEST, ...onGpus(4) }).sharedMemoryMib).toBe(16 * 1024);
  });

  test.each`
    model                                     | mib        | by
    ${'meta-llama/Meta-Llama-3-8B-Instruct'}  | ${22_946}  | ${'8 GB + 2 GB x 8.03 = 24.06e9 B'}
    ${'meta-llama/Meta-Llama-3-70B-Instruct'} | ${142_200} | ${'8 GB + 2 GB x 70.55 = 149.11e9 B'}
    ${undefined}                              | ${22_889}  | ${'8 GB + 2 GB x 8 = 24e9 B'}
  `('host memory of $model: $mib MiB, by $by', ({ model, mib }) => {
    const contract = version('1.0.0').contract({ ...REQUEST, model: model && findModel(model) });
    expect(contract.hostMemoryMib).toBe(mib);
  });

  test.each`
    credentials       | offline  | hosts
    ${'ngc'}          | ${false} | ${['api.ngc.nvidia.com', 'authn.nvidia.com', 'files.ngc.nvidia.com', 'xfiles.ngc.nvidia.com']}
    ${'hugging-face'} | ${false} | ${['api.ngc.nvidia.com', 'authn.nvidia.com', 'files.ngc.nvidia.com', 'xfiles.ngc.nvidia.com', 'huggingface.co', '*.hf.co', '*.huggingface.co']}
    ${'air-gapped'}   | ${true}  | ${[]}
  `('with $credentials it downloads from $hosts', ({ credentials, offline, hosts }) => {
    expect(version('2.0.4').contract({ ...REQUEST, credentials, offline }).downloadHosts).toEqual(hosts);
  });

  test.each`
    setting                 | value                                  | hosts
    ${'repositoryOverride'} | ${'https://Mirror.example.com/ngc'}    | ${['mirror.example.com']}
    ${'repositoryOverride'} | ${'https://mirror.example.com:443'}    | ${['mirror.example.com']}
    ${'repositoryOverride'} | ${'jfrog://artifacts.example.com/nim'} | ${['artifacts.example.com']}
    ${'repositoryOverride'} | ${'s3://bucket/nim'}                   | ${[]}
    ${'modelPath'}          | ${'hf://org/model'}                    | ${['huggingface.co', '*.hf.co', '*.huggingface.co']}
    ${'draftModelPath'}     | ${'hf://org/draft'}                    | ${['huggingface.co', '*.hf.co', '*.huggingface.co']}
    ${'modelPath'}          | ${'ngc://org/model'}                   | ${[]}
  `('with $setting $value it downloads from $hosts beside NGC', ({ setting, value, hosts }) => {
    const runtime = new NimRuntime({ image: `${IMAGE}:2.0.4`, [setting as string]: value as string });
    const { downloadHosts } = runtime.contract(REQUEST);
    expect(downloadHosts.filter((host) => !host.endsWith('nvidia.com'))).toEqual(hosts);
    expect(downloadHosts).toContain('api.ngc.nvidia.com');
  });

  test.each`
    tag        | offline  | variable
    ${'1.8.0'} | ${true}  | ${undefined}
    ${'2.0.4'} | ${true}  | ${'1'}
    ${'2.0.4'} | ${false} | ${undefined}
  `('NIM $tag, offline $offline: NIM_DISABLE_MODEL_DOWNLOAD=$variable', ({ tag, offline, variable }) => {
    expect(envOf(version(tag), { offline }).NIM_DISABLE_MODEL_DOWNLOAD).toBe(variable);
  });
});

describe('credentials that it cannot start with', () => {
  const problems = (tag: string, credentials: ServingRequest['credentials'], offline = false) =>
    version(tag)
      .contract({ ...REQUEST, credentials, offline })
      .problems.map(formatProblem)
      .join('\n');

  test.each(['keyless', 'hugging-face'] as const)('NIM 1.x with %s', (credentials) => {
    expect(problems('1.0.0', credentials)).toBe(
      `credentials
  NIM 1.0.0 downloads its weights from NGC and ends at once without NGC_API_KEY; the credentials are ${credentials}.
  Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().`,
    );
  });

  test.each(['2.0.0', '2.0.9'])('NIM %s without a key: it is one version too old', (tag) => {
    expect(problems(tag, 'keyless')).toContain(`NIM ${tag} cannot download without a key; NIM can from 2.0.10 on.`);
  });

  test('NIM 2.0.4 without a key', () => {
    expect(problems('2.0.4', 'keyless')).toMatchInlineSnapshot(`
     credentials
       NIM 2.0.4 cannot download without a key; NIM can from 2.0.10 on.
       Use a newer image, ModelCredentials.ngc({ … }), or a filled cache with ModelCredentials.airGapped().
    `);
  });

  test.each([
    ['1.0.0', 'ngc', false],
    ['1.0.0', 'air-gapped', true],
    ['1.0.0', 'keyless', true],
    ['2.0.4', 'hugging-face', false],
    ['2.0.10', 'keyless', false],
    ['2.1.5', 'keyless', false],
  ] as const)('none are missing: NIM %s, %s, offline %s', (tag, credentials, offline) => {
    expect(problems(tag, credentials, offline)).toBe('');
  });
});

describe('settings of the other series', () => {
  test('are type errors where the image says its version', () => {
    // @ts-expect-error 2.x has no kvCacheReuse
    expect(() => new NimRuntime({ image: V2, kvCacheReuse: true })).toThrow();
    // @ts-expect-error 2.x has no maxBatchSize
    expect(() => new NimRuntime({ image: V2, maxBatchSize: 64 })).toThrow();
    // @ts-expect-error 1.x takes no engine flags
    expect(() => new NimRuntime({ image: V1, engineArgs: ['--enforce-eager'] })).toThrow();
    // @ts-expect-error 1.x has no gpuMemoryUtilization
    expect(() => new NimRuntime({ image: V1, gpuMemoryUtilization: 0.9 })).toThrow();
    // @ts-expect-error nobody has a setting of this name
    expect(() => new NimRuntime({ image: V1, logLevl: 'INFO' })).toThrow();
    // These are right, and the type checker lets them pass.
    new NimRuntime({ image: V1, kvCacheReuse: true, maxBatchSize: 64 });
    new NimRuntime({ image: V2, engineArgs: ['--enforce-eager'], gpuMemoryUtilization: 0.9 });
    new NimRuntime({ image: `${IMAGE}@${DIGEST}` as string, version: '2.0.4', engineArgs: ['--enforce-eager'] });
  });

  const value = (setting: string) =>
    ({ maxBatchSize: 64, kvCachePercent: 0.9, gpuMemoryUtilization: 0.9, engineArgs: ['--enforce-eager'] })[setting] ??
    true;
  const refused = (tag: string, setting: string) =>
    refusalOf(() => new NimRuntime({ image: `${IMAGE}:${tag}` as string, [setting]: value(setting) }));

  test.each`
    tag        | setting                     | instead
    ${'2.0.4'} | ${'kvCacheReuse'}           | ${'Remove it: the engine of 2.x caches prefixes by default.'}
    ${'2.0.4'} | ${'kvCachePercent'}         | ${'Use gpuMemoryUtilization.'}
    ${'2.0.4'} | ${'lowMemoryMode'}          | ${'Remove it: 2.x has no such mode.'}
    ${'2.0.4'} | ${'relaxMemoryConstraints'} | ${'Remove it, or set gpuMemoryUtilization.'}
    ${'2.0.4'} | ${'maxBatchSize'}           | ${"Use engineArgs: ['--max-num-seqs', '64']."}
    ${'2.0.4'} | ${'guidedDecodingBackend'}  | ${'Use engineArgs with the structured output flags of the engine.'}
    ${'2.0.4'} | ${'autoToolChoice'}         | ${"Use engineArgs: ['--enable-auto-tool-choice']."}
    ${'2.0.4'} | ${'toolCallParser'}         | ${"Use engineArgs: ['--tool-call-parser', 'llama3_json']."}
    ${'2.0.4'} | ${'otlpEndpoint'}           | ${"Use engineArgs: ['--otlp-traces-endpoint', 'http://…:4317']."}
    ${'1.8.0'} | ${'engineArgs'}             | ${'Use the typed settings or env: 1.x takes no engine flags.'}
    ${'1.8.0'} | ${'gpuMemoryUtilization'}   | ${'Use kvCachePercent.'}
    ${'1.8.0'} | ${'modelPath'}              | ${"Use env: { NIM_MODEL_NAME: 'hf://…' } on a multi-LLM image."}
    ${'1.8.0'} | ${'draftModelPath'}         | ${'Choose a profile with a draft model.'}
    ${'1.8.0'} | ${'disableCudaGraph'}       | ${'Remove it: 1.x decides by profile.'}
  `('$setting on $tag: $instead', ({ tag, setting, instead }) => {
    const other = tag.startsWith('2') ? '1.x' : '2.x';
    expect(refused(tag, setting)).toBe(
      `NimRuntime ${IMAGE}:${tag}: runtime-setting\n` +
        `  ${setting} is a setting of NIM ${other}; ${tag} would ignore it.\n  ${instead}`,
    );
  });

  test('the table above leaves none out', () => {
    const oneSided = Object.entries(NIM_SETTINGS).filter(([, { series }]) => series !== 'both');
    for (const [setting, { series }] of oneSided) {
      expect(refused(series === '1.x' ? '2.0.4' : '1.8.0', setting)).toContain(setting);
    }
    expect(oneSided).toHaveLength(13);
  });
});

describe('settings', () => {
  test('reach 1.x as variables', () => {
    const runtime = new NimRuntime({
      image: V1,
      modelProfile: 'tensorrt_llm-l4-fp8-tp1-throughput',
      logLevel: 'DEBUG',
      jsonLogging: false,
      peftSource: '/lora',
      peftRefreshInterval: 30,
      repositoryOverride: 'https://mirror.example.com',
      trustCustomCode: true,
      kvCacheReuse: true,
      kvCachePercent: 0.8,
      lowMemoryMode: true,
      relaxMemoryConstraints: false,
      maxBatchSize: 64,
      guidedDecodingBackend: 'xgrammar',
      autoToolChoice: true,
      toolCallParser: 'llama3_json',
      otlpEndpoint: 'http://otel:4318',
      env: { NIM_SERVER_EXTRA: 'x' },
    });
    expect(text(runtime)).toMatchInlineSnapshot(`
     NIM_CACHE_PATH=/opt/nim/.cache
     OUTLINES_CACHE_DIR=/tmp/outlines
     NIM_ENABLE_OTEL=1
     NIM_MODEL_PROFILE=tensorrt_llm-l4-fp8-tp1-throughput
     NIM_LOG_LEVEL=DEBUG
     NIM_JSONL_LOGGING=0
     NIM_PEFT_SOURCE=/lora
     NIM_PEFT_REFRESH_INTERVAL=30
     NIM_REPOSITORY_OVERRIDE=https://mirror.example.com
     NIM_TRUST_CUSTOM_CODE=1
     NIM_ENABLE_KV_CACHE_REUSE=1
     NIM_KVCACHE_PERCENT=0.8
     NIM_LOW_MEMORY_MODE=1
     NIM_RELAX_MEM_CONSTRAINTS=0
     NIM_MAX_BATCH_SIZE=64
     NIM_GUIDED_DECODING_BACKEND=xgrammar
     NIM_ENABLE_AUTO_TOOL_CHOICE=1
     NIM_TOOL_CALL_PARSER=llama3_json
     NIM_OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318
     NIM_SERVER_EXTRA=x
    `);
  });

  test('reach 2.x as variables and flags', () => {
    const runtime = new NimRuntime({
      image: V2,
      gpuMemoryUtilization: 0.85,
      modelPath: 'hf://org/model',
      draftModelPath: 'hf://org/draft',
      disableCudaGraph: true,
      engineArgs: ['--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json'],
    });
    expect(text(runtime)).toMatchInlineSnapshot(`
     NIM_CACHE_PATH=/opt/nim/.cache
     NIM_LOG_LEVEL=INFO
     NIM_JSONL_LOGGING=1
     NIM_GPU_MEM_FRACTION=0.85
     NIM_MODEL_PATH=hf://org/model
     NIM_DRAFT_MODEL_PATH=hf://org/draft
     NIM_DISABLE_CUDA_GRAPH=1
    `);
    expect(runtime.contract(REQUEST).args).toEqual(['--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json']);
  });

  test('no flags are no args: the image’s own command stays', () => {
    expect(new NimRuntime({ image: V2, engineArgs: [] }).contract(REQUEST).args).toBeUndefined();
    expect(new NimRuntime({ image: V1 }).contract(REQUEST).args).toBeUndefined();
  });

  const text = (runtime: NimRuntime<typeof V1> | NimRuntime<typeof V2>) =>
    Object.entries(envOf(runtime as NimRuntime<string>))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n');

  test.each([
    [{ kvCachePercent: 0 }, 'kvCachePercent is 0.', 'Use a share above 0 and at most 1.'],
    [{ kvCachePercent: 90 }, 'kvCachePercent is 90.', 'Use a share above 0 and at most 1.'],
    [{ maxBatchSize: 0.5 }, 'maxBatchSize is 0.5.', 'Use a whole number above 0.'],
    [{ peftRefreshInterval: -1 }, 'peftRefreshInterval is -1.', 'Use a whole number above 0.'],
    [
      { env: { NIM_MAX_MODEL_LEN: '1' } },
      'env.NIM_MAX_MODEL_LEN is a variable that the library sets from maxModelLen.',
      'State maxModelLen instead.',
    ],
    [
      { env: { NIM_ENABLE_OTEL: '1' } },
      'env.NIM_ENABLE_OTEL is a variable that the library sets from otlpEndpoint.',
      'State otlpEndpoint instead.',
    ],
    [
      { env: { NGC_API_KEY: 'nvapi-secret' } },
      'env.NGC_API_KEY is a variable that the library sets from credentials.',
      'State credentials instead.',
    ],
    [
      { env: { '1X': 'x' } },
      '"1X" is not an environment variable\'s name.',
      'Use letters, digits and "_", not beginning with a digit.',
    ],
    [{ env: { DEBUG: true } }, 'env.DEBUG is true, not a string.', 'Quote the value.'],
  ])('%j is refused', (settings, message, remedy) => {
    const told = refusalOf(() => new NimRuntime({ image: V1, ...settings } as never));
    expect(told.split('\n').slice(1).join('\n')).toBe(`  ${message}\n  ${remedy}`);
  });

  test('everything that is wrong is told at once', () => {
    const settings = { kvCachePercent: 9, engineArgs: ['-x'], logLevl: 'INFO', env: { NIM_LOG_LEVEL: 'INFO' } };
    expect(refusalOf(() => new NimRuntime({ image: V1, ...settings } as never))).toMatchInlineSnapshot(`
     NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:1.8.0: runtime-setting
       kvCachePercent is 9.
       Use a share above 0 and at most 1.
     NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:1.8.0: runtime-setting
       engineArgs is a setting of NIM 2.x; 1.8.0 would ignore it.
       Use the typed settings or env: 1.x takes no engine flags.
     NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:1.8.0: runtime-setting
       NIM has no setting "logLevl".
       Did you mean logLevel, jsonLogging, modelProfile? A variable that has no setting goes into env.
     NimRuntime nvcr.io/nim/meta/llama3-8b-instruct:1.8.0: duplicate-environment
       env.NIM_LOG_LEVEL is a variable that the library sets from logLevel.
       State logLevel instead.
    `);
  });
});

describe('a version that nobody can read', () => {
  test.each([
    [{ image: `${IMAGE}:latest` }, '"latest" says neither NIM 1.x nor 2.x, and the two have different contracts.'],
    [{ image: `${IMAGE}:3.0.0` }, '"3.0.0" says neither NIM 1.x nor 2.x, and the two have different contracts.'],
    [{ image: IMAGE, version: 'two' }, '"two" says neither NIM 1.x nor 2.x, and the two have different contracts.'],
    [
      { image: `${IMAGE}@${DIGEST}` },
      'The image has no tag, so nobody can say whether it is NIM 1.x or 2.x, and the two have different contracts.',
    ],
  ])('%j', (props, message) => {
    expect(refusalOf(() => new NimRuntime(props))).toBe(
      `NimRuntime ${props.image}: runtime-version\n  ${message}\n` +
        "  Use a version tag such as :1.0.0, or state the version beside a digest: { image: '…@sha256:…', version: '1.0.0' }.",
    );
  });

  test('is stated beside a digest, or instead of a tag that says nothing', () => {
    expect(new NimRuntime({ image: `${IMAGE}@${DIGEST}`, version: '1.8.0' }).version).toBe('1.8.0');
    expect(new NimRuntime({ image: `${IMAGE}:latest`, version: '2.0' }).version).toBe('2.0');
  });
});

describe('flags of the engine', () => {
  test.each`
    flags                                | flag                          | owner
    ${['--max-model-len', '131072']}     | ${'--max-model-len'}          | ${'maxModelLen'}
    ${['--max_model_len=131072']}        | ${'--max-model-len'}          | ${'maxModelLen'}
    ${['-tp', '2']}                      | ${'-tp'}                      | ${'tensorParallelSize'}
    ${['--tensor-parallel-size=2']}      | ${'--tensor-parallel-size'}   | ${'tensorParallelSize'}
    ${['--served-model-name', 'llama']}  | ${'--served-model-name'}      | ${'servedModelName'}
    ${['--gpu-memory-utilization=0.95']} | ${'--gpu-memory-utilization'} | ${'gpuMemoryUtilization'}
  `('$flags is refused: a plan without it would be wrong', ({ flags, flag, owner }) => {
    expect(() => new NimRuntime({ image: V2, engineArgs: flags as string[] })).toThrow(
      [
        'runtime-setting',
        `  engineArgs has ${flag}, which would win over ${owner}, and the plan would be wrong.`,
        `  State ${owner} instead.`,
      ].join('\n'),
    );
  });

  test.each([['-pp'], ['--pipeline-parallel-size'], ['--data_parallel_size=2']])(
    '%s is refused: nobody planned its GPUs',
    (flag) => {
      expect(() => new NimRuntime({ image: V2, engineArgs: [flag] })).toThrow(
        'which takes GPUs and memory that nobody has planned.\n  Use tensorParallelSize and replicas.',
      );
    },
  );

  test('that are no list', () => {
    expect(() => new NimRuntime({ image: V2, engineArgs: '--enforce-eager' as never })).toThrow(
      'engineArgs is "--enforce-eager".\n  Use a list of strings.',
    );
  });

  test('move the memory plan as they move the memory', () => {
    const gpu = { id: 'H100-80GB', computeCapability: 9, memoryGb: 80 };
    const profile = (...engineArgs: string[]) => new NimRuntime({ image: V2, engineArgs }).memoryProfile(gpu);
    expect([profile().maxNumSeqs, profile().maxNumBatchedTokens]).toEqual([1024, 8192]);
    expect(profile('--max-num-seqs', '64').maxNumSeqs).toBe(64);
    expect(profile('--max-num-batched-tokens=4096').maxNumBatchedTokens).toBe(4096);
    expect(profile().cudaGraphGib).toBeGreaterThan(0);
    expect(profile('--enforce-eager').cudaGraphGib).toBe(0);
    expect(profile('--max-num-seqs', 'many')).toEqual(profile());
  });
});
