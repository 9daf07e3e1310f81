import { Duration, Size } from 'cdk8s';
import { formatProblem } from '../../../lib/problem/problem';
import { CustomRuntime } from '../../../lib/runtime/custom/custom';
import { CustomRuntimeProps } from '../../../lib/runtime/custom/custom-props';
import { vllmMemoryProfile } from '../../../lib/runtime/engine-memory-profile';
import { ONE_GPU, ServingRequest } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';
import { refusalOf } from '../../support/messages';

const L4 = { id: 'L4', computeCapability: 8.9, memoryGb: 24 };
const LEAST: CustomRuntimeProps = {
  name: 'embedder',
  image: 'registry.example.com/embedder:2.1.0',
  port: 8000,
  readiness: { path: '/ready', port: 8000 },
};
/** Everything stated: nothing is left to warn of. */
const WHOLE: Required<Omit<CustomRuntimeProps, 'drainLimit'>> = {
  ...LEAST,
  version: '2.1',
  port: [
    { name: 'http', port: 8000 },
    { name: 'grpc', port: 9000, appProtocol: 'kubernetes.io/h2c' },
    { name: 'metrics', port: 9090, purpose: 'monitoring' },
  ],
  readiness: { grpcPort: 9000, service: 'embedder' },
  liveness: { path: '/alive', port: 8000 },
  metrics: { path: '/metrics', port: 9090 },
  signals: { gauges: { queueDepth: { metric: 'texts_waiting', across: 'sum' } } },
  shutdown: 'drains',
  command: ['uvicorn', 'app:app'],
  args: ({ weights, lora, parallelism, longestAnswerSeconds }) => [
    ...(weights.kind === 'local' ? ['--weights', weights.path] : []),
    ...(lora ? ['--adapters', lora.folder] : []),
    ...['--gpus', String(parallelism.tensorParallelSize), '--timeout-graceful-shutdown', String(longestAnswerSeconds)],
  ],
  env: ({ cachePath, offline }) => ({ CACHE: cachePath ?? '/cache', OFFLINE: String(offline) }),
  user: 2000,
  readOnlyRootFilesystem: true,
  writablePaths: [{ name: 'tmp', path: '/tmp', sizeMib: 512 }],
  cachePath: '/cache',
  credentials: [{ kind: 'hugging-face', environmentVariable: 'HUB_TOKEN' }],
  downloadHosts: ['models.example.com'],
  clientPaths: ['/embed'],
  servesLocalWeights: true,
  servesLora: true,
  splitsModel: true,
  sharedMemory: Size.gibibytes(2),
  hostMemory: Size.gibibytes(16),
  ephemeralStorage: Size.gibibytes(6),
  cpuCores: 2.5,
  warmUp: Duration.seconds(40),
  memory: vllmMemoryProfile('0.11.0', L4),
};

const custom = (changes: object = {}) => new CustomRuntime({ ...LEAST, ...changes });
const contractOf = (runtime: CustomRuntime, changes: Partial<ServingRequest> = {}) =>
  runtime.contract(servingRequest(changes));
const problemsOf = (runtime: CustomRuntime, changes: Partial<ServingRequest> = {}) =>
  contractOf(runtime, changes).problems.map(formatProblem).join('\n');
const LORA = { adapters: [{ name: 'a', path: '/adapters/a', rank: 8 }], folder: '/adapters', maxRank: 8, maxLoras: 1 };

describe('a contract that is stated whole', () => {
  test('is what was stated, and warns of nothing', () => {
    const runtime = new CustomRuntime(WHOLE);
    const contract = contractOf(runtime, {
      weights: { kind: 'local', path: '/weights' },
      lora: LORA,
      parallelism: { ...ONE_GPU, tensorParallelSize: 2 },
      offline: true,
      longestAnswerSeconds: 120,
    });
    expect([runtime.name, runtime.version, runtime.image.toString()]).toEqual(['embedder', '2.1', LEAST.image]);
    expect(runtime.memoryProfile()).toBe(WHOLE.memory);
    expect(contract).toEqual({
      ports: WHOLE.port,
      readiness: { grpcPort: 9000, service: 'embedder' },
      liveness: { path: '/alive', port: 8000 },
      metrics: { path: '/metrics', port: 9090 },
      signals: {
        counters: {},
        gauges: { queueDepth: { metric: 'texts_waiting', across: 'sum' } },
        histograms: {},
        lacks: expect.objectContaining({ requests: 'State the metric of embedder for it in signals.' }) as unknown,
      },
      command: ['uvicorn', 'app:app'],
      args: ['--weights', '/weights', '--adapters', '/adapters', '--gpus', '2', '--timeout-graceful-shutdown', '120'],
      env: [
        { name: 'CACHE', value: '/cache' },
        { name: 'OFFLINE', value: 'true' },
      ],
      credentialSlots: [{ kind: 'hugging-face', environmentVariable: 'HUB_TOKEN' }],
      cachePath: '/cache',
      writablePaths: [{ name: 'tmp', path: '/tmp', sizeMib: 512 }],
      user: { uid: 2000, gid: 2000, fsGroup: 2000 },
      readOnlyRootFilesystem: true,
      sharedMemoryMib: 2048,
      hostMemoryMib: 16384,
      ephemeralStorageMib: 6144,
      cpuCores: 2.5,
      shutdown: 'drains',
      clientPaths: ['/embed'],
      downloadHosts: [],
      warmUpSeconds: 40,
      unplannedMemory: [],
      problems: [],
      warnings: [],
    });
  });

  test('downloads from the hosts that are stated; from Hugging Face where it reads such a token', () => {
    expect(contractOf(new CustomRuntime(WHOLE)).downloadHosts).toEqual(['models.example.com']);
    const credentials = WHOLE.credentials;
    expect(contractOf(custom({ credentials })).downloadHosts).toContain('huggingface.co');
    expect(contractOf(custom()).downloadHosts).toEqual([]);
  });

  test.each`
    limit | answer | shutdown
    ${60} | ${60}  | ${'drains'}
    ${60} | ${61}  | ${'aborts'}
  `('it drains for $limit s; answers of $answer s: $shutdown', ({ limit, answer, shutdown }) => {
    const runtime = custom({ shutdown: 'drains', drainLimit: Duration.seconds(limit) });
    expect(contractOf(runtime, { longestAnswerSeconds: answer }).shutdown).toBe(shutdown);
  });
});

describe('a contract of the least', () => {
  test('assumes the worst, and says so', () => {
    const contract = contractOf(custom());
    expect(contract).toMatchObject({
      liveness: { tcpPort: 8000 },
      shutdown: 'aborts',
      user: { uid: 1000, gid: 1000, fsGroup: 1000 },
      readOnlyRootFilesystem: { exception: 'nobody stated where embedder writes' },
      clientPaths: [],
      problems: [],
    });
    expect(contract.metrics).toBeUndefined();
    expect(custom().memoryProfile()).toBeUndefined();
    expect(contract.warnings!.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
     runtime-contract
       Nobody described how embedder divides the memory of a GPU, so nobody can say whether the model fits.
       State memory, such as vllmMemoryProfile(…) for a server that runs vLLM.
     runtime-contract
       embedder has no metrics, so no objective can be watched and no scaler can follow its load.
       State metrics: { path: '/metrics', port: … }, or false when that is known and right.
     runtime-contract
       embedder states no liveness, so it is alive as long as it accepts connections: one that hangs is not restarted.
       State liveness.
     runtime-contract
       Nobody stated what embedder does on SIGTERM. It is taken to abort, so every stop waits as long as the longest answer.
       State shutdown: 'ignores', 'aborts' or 'drains'.
     runtime-contract
       embedder runs as user 1000, and nobody stated that its image can.
       State user: the id that the image was made for.
     runtime-contract
       embedder gets a root file system that it can write to, so what breaks into it can change it.
       State writablePaths and readOnlyRootFilesystem: true; or false when that is known and right.
     runtime-contract
       embedder asks for 8 GiB of memory, and nobody stated that this is enough: a server that needs more is killed.
       State hostMemory.
    `);
  });

  test('a port that only accepts connections is no proof of a model', () => {
    const [warning] = contractOf(custom({ readiness: { tcpPort: 8000 } })).warnings!;
    expect(formatProblem(warning!)).toBe(
      `runtime-contract
  embedder is ready as soon as it accepts connections, which may be before its model is loaded: requests sent then fail.
  State an HTTP or gRPC readiness that answers well only when the model can serve.`,
    );
  });

  test.each(['metrics', 'readOnlyRootFilesystem'] as const)('%s: false is a statement too', (prop) => {
    const told = (runtime: CustomRuntime) => contractOf(runtime).warnings!.length;
    expect(told(custom({ [prop]: false }))).toBe(told(custom()) - 1);
  });
});

describe('what nobody said that it can', () => {
  test.each([
    [
      { weights: { kind: 'local', path: '/weights' } },
      'The weights lie in /weights, and nobody said that embedder serves a folder of its pod.',
      'Hand request.weights to the server in args or env, and state servesLocalWeights: true.',
    ],
    [
      { lora: LORA },
      'The service has 1 LoRA adapters, and nobody said that embedder serves any.',
      'Hand request.lora to the server in args or env, and state servesLora: true.',
    ],
    [
      { parallelism: { ...ONE_GPU, tensorParallelSize: 2 } },
      'The service has 2 GPUs for one model, and nobody said that embedder splits it.',
      'Hand request.parallelism.tensorParallelSize to the server in args or env, and state splitsModel: true.',
    ],
    [
      { parallelism: { ...ONE_GPU, pipelineParallelSize: 2, nodes: 2 } },
      'A server of your own spreads a model over the GPUs of one pod by tensorParallelSize only; asked are 2 GPUs in 2 pods.',
      'Use tensorParallelSize and replicas, or VllmRuntime, SglangRuntime or NimRuntime.',
    ],
  ])('%j', (changes, message, remedy) => {
    expect(problemsOf(custom(), changes as Partial<ServingRequest>)).toBe(
      `runtime-contract\n  ${message}\n  ${remedy}`,
    );
  });
});

describe('functions of the request', () => {
  test.each([
    [{ args: () => [1] }, 'args gives a list with something else, not a list of strings.', 'Quote each word.'],
    [{ command: () => 'sh' }, 'command gives a string, not a list of strings.', 'Quote each word.'],
    [{ env: () => ['A'] }, 'env gives a list with something else, not names with values.', "Write { NAME: 'value' }."],
    [{ env: { A: 1 } }, 'env.A is a number, not a string.', 'Quote the value.'],
    [
      {
        args: () => {
          throw new Error('no model');
        },
      },
      'args throws for this service: no model.',
      'Mend the function in args.',
    ],
  ])('%#: %s', (changes, message, remedy) => {
    expect(problemsOf(custom(changes))).toBe(`runtime-setting\n  ${message}\n  ${remedy}`);
  });

  test('no words are no list', () => {
    const { command, args } = contractOf(custom({ command: [], args: () => [] }));
    expect([command, args]).toEqual([undefined, undefined]);
  });
});

describe('refused', () => {
  test.each([
    [
      { readiness: undefined },
      'No readiness is stated, so requests would reach a server that cannot serve.',
      "State readiness, such as { path: '/health', port: 8000 }.",
    ],
    [{ port: undefined }, 'No port is stated, so nobody could call the server.', 'State port, such as port: 8000.'],
    [
      { readiness: { path: '/ready', port: 9000 } },
      "readiness asks port 9000, which is none of the server's (8000).",
      'State the port in port too, or ask another.',
    ],
    [
      { liveness: { path: 'alive', port: 8000 } },
      'The path of liveness is "alive".',
      "Use a path that begins with '/'.",
    ],
    [{ metrics: 'yes' }, 'metrics is "yes".', "Use { path: '/health', port: 8000 }, { grpcPort } or { tcpPort }."],
    [{ shutdown: 'stops' }, 'shutdown is "stops".', "Use 'ignores', 'aborts' or 'drains'."],
    [
      { drainLimit: Duration.seconds(9) },
      'drainLimit is stated, but the server does not drain.',
      "State shutdown: 'drains', or remove it.",
    ],
    [{ user: 0 }, 'user is 0.', 'Use the id of a plain user, 1 or more: pods here do not run as root.'],
    [{ cpuCores: 0 }, 'cpuCores is 0.', 'Use a number of cores from 0.1 to 1024.'],
    [
      { cachePath: 'cache' },
      'cachePath is "cache".',
      'Use an absolute path without spaces and colons, below the root.',
    ],
    [
      { writablePaths: [{ name: 'shm', path: '/tmp', sizeMib: 1 }] },
      'Two volumes are called "shm".',
      'Give the writable path another name.',
    ],
    [
      { writablePaths: [{ name: 'models', path: '/var/cache/models', sizeMib: 1 }] },
      'Two volumes are mounted at "/var/cache/models".',
      'Mount each path once.',
    ],
    [
      {
        port: [
          { name: 'http', port: 8000 },
          { name: 'http', port: 8001 },
        ],
      },
      'Two ports are called "http".',
      'Give each a name of its own.',
    ],
    [
      { memory: { ...vllmMemoryProfile('0.11.0', L4), utilization: 9 } },
      'memory.utilization is 9.',
      'Use a share above 0 and at most 1.',
    ],
  ])('%#: %s', (changes, message, remedy) => {
    expect(refusalOf(() => custom(changes))).toBe(
      `CustomRuntime ${LEAST.image}: runtime-contract\n  ${message}\n  ${remedy}`,
    );
  });

  test('all at once', () => {
    const told = refusalOf(() =>
      custom({ name: 'My Server', port: 0, warmUp: Duration.days(2), readiness: { tcpPort: 0 } }),
    );
    expect(told).toContain('runtime name "My Server" is not an RFC 1123 label.');
    expect(told).toContain('port is 0.');
    expect(told).toContain('warmUp in seconds is 172800.');
  });
});

test('the version is that of the tag, whatever it says', () => {
  expect(custom().version).toBe('2.1.0');
  expect(custom({ image: 'a/b:nightly' }).version).toBe('nightly');
  expect(custom({ image: `a/b@sha256:${'0'.repeat(64)}` }).version).toBe('untagged');
});
