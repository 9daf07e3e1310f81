import { App, Chart, Size, Testing } from 'cdk8s';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CanaryStrategy,
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferenceService,
  InferenceServiceProps,
  InvalidInputError,
  ModelCache,
  ModelCredentials,
  NetworkPeer,
  NimRuntime,
  TenantNamespace,
} from 'cdk8s-gpu-inference';

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'bad-input-'));
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
  jest.restoreAllMocks();
});

/** What a user is told. */
function told(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing was refused.');
}

const nim = (image: string) => new NimRuntime({ image });
const contract: InferenceServiceProps = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: nim('nvcr.io/nim/meta/llama3-8b-instruct:1.0.0'),
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes: 4 }),
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretName: 'ngc-api' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
};
const route = {
  gateway: new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' }),
  hostname: 'llama.example.com',
};

/** An app with services of the namespace nim, by construct id. */
function appWith(services: Record<string, Partial<InferenceServiceProps>>): InferenceApp {
  const app = new InferenceApp({ outdir });
  const namespace = new TenantNamespace(app, 'nim');
  for (const [id, props] of Object.entries(services)) new InferenceService(namespace, id, { ...contract, ...props });
  return app;
}

/** Every file of the output directory with its content and the time of its last change. */
const present = () =>
  readdirSync(outdir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((file) => {
      const status = statSync(join(outdir, file));
      return [file, status.mtimeMs, status.isFile() ? readFileSync(join(outdir, file), 'utf8') : ''];
    });

describe('a value that cannot be is refused where it is made', () => {
  test.each([
    '',
    'nvcr.io/NIM/llama:1.0.0',
    'llama 3:1.0.0',
    'nim/llama:1.0.0:2.0.0',
    'nim/llama@sha256:123',
    'https://nvcr.io/nim',
  ])('the image %j', (image) => {
    expect(told(() => nim(image))).toBe(
      [
        'image: image-reference',
        `  ${JSON.stringify(image)} is not an image reference.`,
        '  Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.',
      ].join('\n'),
    );
  });

  test.each([
    [
      'the tag latest',
      'nvcr.io/nim/meta/llama3-8b-instruct:latest',
      '"latest" says neither NIM 1.x nor 2.x, and the two have different contracts.',
    ],
    ['the tag 3.0.0', 'nim/llama:3.0.0', '"3.0.0" says neither NIM 1.x nor 2.x, and the two have different contracts.'],
    [
      'no tag',
      'nim/llama',
      'The image has no tag, so nobody can say whether it is NIM 1.x or 2.x, and the two have different contracts.',
    ],
  ])('%s', (_, image, message) => {
    expect(told(() => nim(image))).toBe(
      [
        `NimRuntime ${image}: runtime-version`,
        `  ${message}`,
        "  Use a version tag such as :1.0.0, or state the version beside a digest: { image: '…@sha256:…', version: '1.0.0' }.",
      ].join('\n'),
    );
  });

  test('a setting of NIM 1.x on an image of 2.x: by the compiler, and at run time for what it cannot see', () => {
    // @ts-expect-error kvCachePercent is a setting of 1.x
    expect(told(() => new NimRuntime({ image: 'nvcr.io/nim/meta/llama:2.0.4', kvCachePercent: 0.5 }))).toBe(
      [
        'NimRuntime nvcr.io/nim/meta/llama:2.0.4: runtime-setting',
        '  kvCachePercent is a setting of NIM 1.x; 2.0.4 would ignore it.',
        '  Use gpuMemoryUtilization.',
      ].join('\n'),
    );
    // @ts-expect-error engineArgs is a setting of 2.x
    expect(told(() => new NimRuntime({ image: 'nvcr.io/nim/meta/llama:1.0.0', engineArgs: ['--seed=1'] }))).toBe(
      [
        'NimRuntime nvcr.io/nim/meta/llama:1.0.0: runtime-setting',
        '  engineArgs is a setting of NIM 2.x; 1.0.0 would ignore it.',
        '  Use the typed settings or env: 1.x takes no engine flags.',
      ].join('\n'),
    );
    const image: string = 'nvcr.io/nim/meta/llama:2.0.4';
    expect(told(() => new NimRuntime({ image, lowMemoryMode: true }))).toContain('  Remove it: 2.x has no such mode.');
  });

  test('a negative size, by cdk8s itself, and a size of nothing', () => {
    expect(told(() => ModelCache.perReplica(Size.gibibytes(-50)))).toBe(
      'Storage amounts cannot be negative. Received: -50',
    );
    expect(told(() => ModelCache.perReplica(Size.kibibytes(1)))).toBe(
      [
        'ModelCache: model-cache',
        '  A model cache of 0 MiB holds no model.',
        '  Give it at least the size of the weights, such as Size.gibibytes(50).',
      ].join('\n'),
    );
  });

  test('a pool without GPUs', () => {
    expect(told(() => GpuNodePool.onPrem({ name: 'cpu', gpu: 'L4', gpusPerNode: 0, maxNodes: 2 }))).toBe(
      ['GpuNodePool cpu: numbers', '  gpusPerNode is 0.', '  Use a whole number, 1 or more.'].join('\n'),
    );
    expect(told(() => GpuNodePool.gke({ name: 'cpu', machineType: 'n1-standard-4', maxNodes: 0 })))
      .toMatchInlineSnapshot(`
     "GpuNodePool cpu: numbers
       maxNodes is 0.
       Use a whole number, 1 or more.
     GpuNodePool cpu: node-pool
       Machine type n1-standard-4 has no GPU of its own.
       Set attachedT4s to 1, 2 or 4, or use a machine type with GPUs such as g2-standard-4."
    `);
    // @ts-expect-error e2-standard-4 is no machine type with a GPU
    expect(told(() => GpuNodePool.gke({ name: 'cpu', machineType: 'e2-standard-4', maxNodes: 1 })))
      .toMatchInlineSnapshot(`
     "GpuNodePool cpu: node-pool
       The catalog has no machine type "e2-standard-4" with GPUs of Google Cloud.
       Did you mean g2-standard-4, g2-standard-8, g2-standard-24? A machine of your own is an object of the type Machine."
    `);
  });

  test('everything that is wrong with one value, at once, and as data too', () => {
    const make = () => GpuNodePool.gke({ name: 'GPU', machineType: 'g2-standard-4', maxNodes: -1, zones: [] });
    expect(told(make)).toMatchInlineSnapshot(`
     "GpuNodePool GPU: names
       Node pool name "GPU" is not one that GKE accepts.
       Use at most 40 lower-case letters, digits and "-", beginning with a letter, ending with a letter or digit.
     GpuNodePool GPU: numbers
       maxNodes is -1.
       Use a whole number, 1 or more.
     GpuNodePool GPU: node-pool
       zones is an empty list: no node could be anywhere.
       Name the zones, or remove zones when any will do."
    `);
    expect(make).toThrow(InvalidInputError);
    try {
      make();
    } catch (error) {
      const { subject, problems } = error as InvalidInputError;
      expect(subject).toBe('GpuNodePool GPU');
      expect(problems.map(({ check }) => check)).toEqual(['names', 'numbers', 'node-pool']);
    }
  });
});

describe('what does not fit together is refused by synth, with the path of the construct', () => {
  test('a name of 64 characters', () => {
    const name = 'a'.repeat(64);
    expect(told(() => appWith({ llama: { name } }).synth())).toBe(
      [
        '1 problem, nothing written:',
        '',
        'nim/llama: names',
        `  service name "${name}" has 64 characters; at most 52 fit.`,
        '  Shorten it by 12.',
      ].join('\n'),
    );
  });

  test('a canary weight of 120', () => {
    const strategy = CanaryStrategy.weightedTwins({ weights: [20, 120] });
    const canary = { runtime: nim('nvcr.io/nim/meta/llama3-8b-instruct:1.1.0'), step: '20%', strategy } as const;
    expect(told(() => appWith({ llama: { route, canary } }).synth())).toMatchInlineSnapshot(`
     "1 problem, nothing written:

     nim/llama/release: canary-weight
       The canary weight 120 is no percentage.
       Use whole numbers from 1 to 100."
    `);
  });

  test('a step that the release does not have', () => {
    const canary = { runtime: nim('nvcr.io/nim/meta/llama3-8b-instruct:1.1.0'), step: '120%' } as const;
    expect(told(() => appWith({ llama: { route, canary } }).synth())).toMatchInlineSnapshot(`
     "1 problem, nothing written:

     nim/llama/release: canary-step
       The release has no step "120%".
       Use one of prepared, smoke, 5%, 20%, 50%, 100%, promote."
    `);
  });

  test('no pool at all', () => {
    expect(told(() => appWith({ llama: { nodePool: [] } }).synth())).toMatchInlineSnapshot(`
     "1 problem, nothing written:

     nim/llama/stable/placement: placement-pools
       No node pool is given, so no node may run the pod.
       Give at least one GpuNodePool."
    `);
  });

  test('two services of one name in one namespace', () => {
    const message = told(() => appWith({ llama: {}, second: { name: 'llama' } }).synth());
    expect(message).toBe(
      [
        '1 problem, nothing written:',
        '',
        'nim/second/stable/service-account: duplicate-objects',
        '  ServiceAccount nim/llama is declared twice: by nim/llama/stable/service-account and by nim/second/stable/service-account. One would overwrite the other.',
        '  Give one of them another name, or declare it once and pass it on.',
      ].join('\n'),
    );
  });

  test('two services of one name in two namespaces are no mistake', () => {
    const app = new InferenceApp({ outdir });
    for (const team of ['red', 'blue']) new InferenceService(new TenantNamespace(app, team), 'llama', contract);
    expect(() => app.synth()).not.toThrow();
  });

  test('several mistakes in one message, each by its construct', () => {
    const app = appWith({ llama: { replicas: -1 }, qwen: { podLabels: { 'a b': 'c' } } });
    new TenantNamespace(app, 'blue', { gpus: 0.5 });
    expect(told(() => app.synth())).toMatchInlineSnapshot(`
     "3 problems, nothing written:

     nim/llama/stable: numbers
       replicas is -1.
       Use a whole number, 0 or more.

     nim/qwen/stable: names
       pod label key "a b" is not a label key.
       Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".

     blue: numbers
       gpus is 0.5.
       Use a whole number, 0 or more."
    `);
  });

  test('one wrong name is told once', () => {
    const app = new InferenceApp({ outdir });
    new TenantNamespace(app, 'Blue', { gpus: 1 });
    expect(told(() => app.synth())).toMatch(/^1 problem, nothing written/);
  });
});

describe('a refused synthesis leaves the output directory as it was', () => {
  const bad = { llama: { replicas: -1 } };

  test('when it is empty', () => {
    expect(() => appWith(bad).synth()).toThrow();
    expect(present()).toEqual([]);
  });

  test('when it holds what an earlier one wrote', () => {
    appWith({ llama: {}, qwen: {} }).synth();
    const before = present();
    expect(before.length).toBeGreaterThan(3);
    expect(() => appWith(bad).synth()).toThrow();
    expect(present()).toEqual(before);
  });

  test("under cdk8s' own App too, by its message", () => {
    const app = new App({ outdir });
    const chart = new Chart(app, 'models', { namespace: 'nim' });
    new InferenceService(chart, 'llama', { ...contract, replicas: -1 });
    expect(told(() => app.synth())).toBe(
      [
        'Validation failed with the following errors:',
        '  [models/llama/stable] numbers',
        '  replicas is -1.',
        '  Use a whole number, 0 or more.',
      ].join('\n'),
    );
    expect(present()).toEqual([]);
  });

  test('Testing.synth tells the same', () => {
    const chart = new Chart(new App({ outdir }), 'models', { namespace: 'nim' });
    new InferenceService(chart, 'llama', { ...contract, replicas: -1 });
    expect(told(() => Testing.synth(chart))).toContain('[models/llama/stable] numbers\n  replicas is -1.\n');
  });

  test.each(['synthYaml', 'manifests'] as const)('%s() tells the same as synth()', (method) => {
    expect(told(() => appWith(bad)[method]())).toBe(told(() => appWith(bad).synth()));
  });
});
