import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { nim, statefulSet } from '../support/services';

const refused = (changes: Parameters<typeof statefulSet>[0], ...checks: string[]) =>
  refusalsOf(statefulSet(changes).chart, ...checks);

test('everything that is wrong is told at once, with numbers and what to change', () => {
  expect(
    refused(
      {
        name: 'Llama_3',
        replicas: -1,
        tensorParallelSize: 2,
        credentials: ModelCredentials.keyless(),
        volumes: [{ name: 'shm', emptyDir: {} }],
        volumeMounts: [{ name: 'adapters', mountPath: '/adapters' }],
      },
      'names',
      'numbers',
      'node-fit',
      'credentials',
      'volumes',
    ),
  ).toMatchInlineSnapshot(`
   nim/llama: names
     service name "Llama_3" is not an RFC 1123 label.
     Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
   nim/llama: numbers
     replicas is -1.
     Use a whole number, 0 or more.
   nim/llama: credentials
     NIM 1.0.0 downloads its weights from NGC and ends at once without NGC_API_KEY; the credentials are keyless.
     Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().
   nim/llama: volumes
     A volume shm exists already: it holds shared memory.
     Give yours another name.
   nim/llama: volumes
     A mount names the volume adapters, which is not among the volumes.
     Add a volume of that name.
  `);
});

describe('names', () => {
  test('45 characters are the most for a canary, 52 for a stable track', () => {
    const name = (length: number) => 'x'.repeat(length);
    expect(refused({ name: name(52) })).toBe('');
    expect(refused({ name: name(45), track: 'canary' })).toBe('');
    expect(refused({ name: name(53) })).toMatchInlineSnapshot(`
     nim/llama: names
       service name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" has 53 characters; at most 52 fit.
       Shorten it by 1.
    `);
    expect(refused({ name: name(46), track: 'canary' })).toMatchInlineSnapshot(`
     nim/llama: names
       service name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-canary" has 53 characters; at most 52 fit.
       Shorten it by 1.
    `);
  });
});

describe('numbers', () => {
  test.each([
    [{ replicas: 1.5 }, 'replicas is 1.5.\n  Use a whole number, 0 or more.'],
    [{ replicas: NaN }, 'replicas is NaN.\n  Use a whole number, 0 or more.'],
    // 32 bits read it as -1.
    [{ replicas: 2 ** 53 - 1 }, 'replicas is 9007199254740991.\n  Use a whole number, from 0 to 150000.'],
    // Whoever looks for a size that fits would look for ever.
    [
      { tensorParallelSize: 2 ** 53 - 1 },
      'tensorParallelSize is 9007199254740991.\n  Use a whole number, from 1 to 150000.',
    ],
    [{ resources: { cpuLimit: Cpu.units(Infinity) } }, 'resources.cpuLimit in thousandths of a core is Infinity.\n'],
    [{ coldStart: Duration.seconds(NaN) }, 'coldStart in seconds is NaN.\n  Use a whole number, from 1 to 86400.'],
    [{ tensorParallelSize: 0 }, 'tensorParallelSize is 0.\n  Use a whole number, 1 or more.'],
    [{ maxModelLen: 8192, maxOutputTokens: 9000 }, 'maxOutputTokens is 9000.\n  Use a whole number, from 1 to 8192.'],
    [{ coldStart: Duration.seconds(0) }, 'coldStart in seconds is 0.\n  Use a whole number, from 1 to 86400.'],
    [{ longestAnswer: Duration.seconds(0) }, 'longestAnswer in seconds is 0.\n  Use a whole number, from 1 to 86400.'],
  ])('%j', (changes, message) => {
    expect(refused(changes, 'numbers')).toContain(`nim/llama: numbers\n  ${message}`);
  });

  test('a begun second is a second', () => {
    expect(statefulSet({ longestAnswer: Duration.millis(1500) }).llama.plan.shutdown.longestAnswerSeconds).toBe(2);
  });
});

describe('what does not fit', () => {
  test('more GPUs than a node has, for each pool that has too few', () => {
    const told = refused({ tensorParallelSize: 4, nodePool: [POOLS['GKE, two L4'], POOLS['GKE, one L4']] }, 'node-fit');
    expect(told).toContain('A pod asks for 4 GPUs; a node of the pool l4-pairs has 2.');
    expect(told).toContain(
      'Use a machine with 4 GPUs or more, or tensorParallelSize 2 with pipelineParallelSize 2, if the server spans machines.',
    );
    expect(told).toContain('A pod asks for 4 GPUs; a node of the pool gpupool has 1.');
  });

  test('memory that shared memory uses up', () => {
    expect(refused({ resources: { memory: Size.gibibytes(1) } }, 'memory')).toMatchInlineSnapshot(`
     nim/llama: memory
       The pod has 1024 MiB of memory, of which /dev/shm may take 1024 MiB: nothing is left for the server.
       Leave resources.memory out: the pod then gets its part of the machine, up to the 23970 MiB that the server wants. Or use a larger machine.
    `);
  });

  test('no pool at all', () => {
    expect(refused({ nodePool: [] }, 'placement-pools')).toMatchInlineSnapshot(`
     nim/llama/placement: placement-pools
       No node pool is given, so no node may run the pod.
       Give at least one GpuNodePool.
    `);
  });

  test('pools whose GPUs have different names', () => {
    const nodePool = [POOLS['GKE, one L4'], POOLS['on-prem, MIG slices under their own name']];
    expect(refused({ nodePool }, 'placement-pools')).toMatchInlineSnapshot(`
     nim/llama/placement: placement-pools
       The pools offer different GPU resources: gpupool nvidia.com/gpu, slices nvidia.com/mig-3g.40gb. A container requests one.
       Use pools of one resource, and a workload for each of the others.
    `);
  });

  test('a model that nobody knows', () => {
    expect(refused({ model: 'meta-llama/Llama-3-8B' as never })).toMatchInlineSnapshot(`
     nim/llama: model-known
       The catalog has no model "meta-llama/Llama-3-8B"; it has 55 models.
       Did you mean meta-llama/Meta-Llama-3-8B-Instruct, meta-llama/Llama-2-7b-chat-hf, meta-llama/Llama-2-13b-chat-hf? A model of your own is an object of the type Model, or modelFromConfig(id, config).
    `);
  });
});

describe('credentials', () => {
  test('of a kind that the server does not read', () => {
    const credentials = ModelCredentials.huggingFace({ secretName: 'hf' });
    expect(refused({ credentials })).toMatchInlineSnapshot(`
     nim/llama: credentials
       NIM 1.0.0 downloads its weights from NGC and ends at once without NGC_API_KEY; the credentials are hugging-face.
       Use ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped().
     nim/llama: credentials
       nim 1.0.0 reads no hugging-face credential.
       Give it ngc credentials.
    `);
  });

  test('that are missing', () => {
    expect(refused({ runtime: nim('2.0.4'), credentials: ModelCredentials.keyless() })).toMatchInlineSnapshot(`
     nim/llama: credentials
       NIM 2.0.4 cannot download without a key; NIM can from 2.0.10 on.
       Use a newer image, ModelCredentials.ngc({ … }), or a filled cache with ModelCredentials.airGapped().
    `);
  });

  test('that are not needed', () => {
    expect(refused({ runtime: nim('2.0.10'), credentials: ModelCredentials.keyless() }, 'credentials')).toBe('');
    const cache = ModelCache.claim('weights', { filled: true });
    expect(refused({ cache, credentials: ModelCredentials.airGapped() }, 'credentials')).toBe('');
    expect(refused({ cache, credentials: ModelCredentials.keyless() }, 'credentials')).toBe('');
  });
});

describe('the cache', () => {
  test('a cache that is none, as it comes out of JSON', () => {
    expect(refused({ cache: 50 as never }, 'model-cache')).toMatchInlineSnapshot(`
     nim/llama: model-cache
       cache is 50, which is no ModelCache, so weights would be kept nowhere.
       Use ModelCache.perReplica(Size.gibibytes(50)), ModelCache.claim(…) or ModelCache.ephemeral(…).
    `);
  });

  test('of an air-gapped service cannot be born empty', () => {
    expect(refused({ credentials: ModelCredentials.airGapped() }, 'model-cache')).toMatchInlineSnapshot(`
     nim/llama: model-cache
       The service is air-gapped, but a cache per replica is born empty and nothing may fill it.
       Use ModelCache.claim('name', { filled: true }) with a claim that holds the weights.
    `);
  });

  test('that is read-only must be filled', () => {
    expect(refused({ cache: ModelCache.claim('weights', { readOnly: true, filled: false }) }, 'model-cache'))
      .toMatchInlineSnapshot(`
     nim/llama: model-cache
       The claim weights is mounted read-only and not filled, so the server can neither find nor write weights.
       State filled: true, or mount it writable.
    `);
  });
});

describe('additions', () => {
  test('volumes of our names, and mounts of volumes that are not there', () => {
    const volumes = [{ name: 'model-cache', emptyDir: {} }];
    expect(refused({ volumes, volumeMounts: [{ name: 'lora', mountPath: '/lora' }] })).toMatchInlineSnapshot(`
     nim/llama: volumes
       A volume model-cache exists already: it holds the weights.
       Give yours another name.
     nim/llama: volumes
       A mount names the volume lora, which is not among the volumes.
       Add a volume of that name.
    `);
  });

  test.each<[what: string, addition: Parameters<typeof statefulSet>[0], message: string]>([
    ['an operator', { tolerations: [{ key: 'a', operator: 'In' }] }, 'has an operator that there is not.'],
    ['an effect', { tolerations: [{ key: 'a', effect: 'Never' }] }, 'has an effect that there is not.'],
    ['a value', { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }, 'takes any value and names one.'],
    ['no key', { tolerations: [{ operator: 'Equal' }] }, 'names no key.'],
    [
      'a time',
      { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }] },
      'ends after a time, which only those of NoExecute do.',
    ],
    [
      'two sources',
      { volumes: [{ name: 'a', emptyDir: {}, configMap: { name: 'b' } }] },
      'The volume a is emptyDir and configMap.',
    ],
    ['no name', { volumes: [{ name: 'a', configMap: {} }] }, 'The volume a names no ConfigMap.'],
    ['no name of a Secret', { volumes: [{ name: 'a', secret: {} }] }, 'The volume a names no Secret.'],
    [
      'a mode',
      { volumes: [{ name: 'a', secret: { secretName: 'b', defaultMode: 1024 } }] },
      'mode of the volume a is 1024.',
    ],
    [
      'a way out of the volume',
      { volumes: [{ name: 'a', emptyDir: {} }], volumeMounts: [{ name: 'a', mountPath: '/a', subPath: '../b' }] },
      'The volume a is mounted from its folder "../b" (the server).',
    ],
  ])('%s that the API server refuses', (_what, addition, message) => {
    expect(refused(addition)).toContain(message);
  });

  const proxy = { name: 'proxy', image: 'example.com/proxy:1' };
  const amount = (text: string) => k8s.Quantity.fromString(text);

  test.each<[container: Partial<k8s.Container>, message: string]>([
    [{ image: '' }, 'The container proxy has the image "".'],
    [{ imagePullPolicy: 'Sometimes' }, 'The container proxy has the imagePullPolicy "Sometimes".'],
    [{ ports: [{ containerPort: 0 }] }, 'containerPort of proxy is 0.'],
    [{ ports: [{ containerPort: 80, name: 'Proxy' }] }, 'A port of the container proxy is called "Proxy".'],
    [{ ports: [{ containerPort: 80, protocol: 'HTTP' }] }, 'A port of the container proxy has the protocol "HTTP".'],
    [
      { resources: { requests: { cpu: amount('a lot') } } },
      'has a lot of cpu among its requests, which is no quantity.',
    ],
    [
      { resources: { requests: { gpu: amount('1') } } },
      'has 1 of gpu among its requests, which is no resource of Kubernetes.',
    ],
    [{ resources: { limits: { 'example.com/card': amount('0.5') } } }, 'and devices are not divided.'],
    [{ resources: { requests: { 'example.com/card': amount('1') } } }, 'and not the same limit.'],
    [
      { resources: { requests: { memory: amount('2Gi') }, limits: { memory: amount('1Gi') } } },
      'has 2Gi of memory among its requests, and a limit of 1Gi.',
    ],
    [{ livenessProbe: { periodSeconds: 5 } }, 'The livenessProbe of proxy asks 0 things.'],
    [
      { livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } },
      'The livenessProbe of proxy counts 2 successes.',
    ],
    [
      { volumeMounts: [{ name: 'lora', mountPath: '/lora' }] },
      'The container proxy mounts the volume lora, which is not among the volumes.',
    ],
    [{ env: [{ name: 'A=B', value: 'c' }] }, `"A=B" is not an environment variable's name.`],
    [{ env: [{ name: '1a', value: 'c' }] }, `"1a" is not an environment variable's name.`],
    [{ env: [{ name: '..a', value: 'c' }] }, `"..a" is not an environment variable's name.`],
    [
      { env: [{ name: 'A', value: 'c', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      'The variable A of the container proxy has a value and a valueFrom.',
    ],
    [{ env: [{ name: 'A', valueFrom: {} }] }, 'The variable A of the container proxy has a valueFrom of 0 sources.'],
    [
      { restartPolicy: 'Always' },
      'The sidecar proxy has the restartPolicy "Always", which Kubernetes before 1.35 refuses.',
    ],
  ])('a sidecar with %j', (container, message) => {
    expect(refused({ sidecars: [{ ...proxy, ...container }] })).toContain(message);
  });

  test('an init container that is asked whether it lives', () => {
    const probed = { ...proxy, livenessProbe: { exec: { command: ['a'] } } };
    expect(refused({ initContainers: [probed] })).toMatchInlineSnapshot(`
     nim/llama: pod-additions
       The init container proxy has a livenessProbe, and runs only until it ends.
       Remove it, or give the container restartPolicy: 'Always', with which it runs beside the server.
    `);
    expect(refused({ initContainers: [{ ...probed, restartPolicy: 'Always' }] })).toBe('');
  });

  test('an init container that is not restarted', () => {
    expect(refused({ initContainers: [{ ...proxy, restartPolicy: 'Never' }] })).toMatchInlineSnapshot(`
     nim/llama: pod-additions
       The init container proxy has the restartPolicy "Never", which Kubernetes before 1.35 refuses.
       Leave it out, or use 'Always', with which it runs beside the server.
    `);
  });

  test('what the API server takes', () => {
    expect(
      refused({
        tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b' }],
        volumes: [{ name: 'a', emptyDir: { medium: 'Memory' } }],
        sidecars: [
          {
            ...proxy,
            resources: {
              requests: { cpu: amount('0.1') },
              limits: { memory: amount('1e6'), 'example.com/card': amount('2') },
            },
            volumeMounts: [{ name: 'shm', mountPath: '/dev/shm' }],
            env: [
              { name: 'discovery.type', value: 'single-node' },
              { name: 'a-b', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: '.hidden', value: '' },
            ],
          },
        ],
      }),
    ).toBe('');
  });

  test('labels that are none', () => {
    expect(refused({ podLabels: { 'team name': 'ml' } })).toMatchInlineSnapshot(`
     nim/llama: names
       pod label key "team name" is not a label key.
       Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
    `);
  });

  test('a mount of the cache at a second place is fine', () => {
    expect(refused({ volumeMounts: [{ name: 'model-cache', mountPath: '/lora', subPath: 'lora' }] })).toBe('');
  });
});

test('a CPU limit below the request', () => {
  expect(refused({ resources: { cpu: Cpu.units(2), cpuLimit: Cpu.units(1) } })).toMatchInlineSnapshot(`
   nim/llama: resources
     The CPU limit of 1000m is below the 2000m that the pod requests; the API server refuses such a pod.
     Use a cpuLimit of 2000m or more, a smaller resources.cpu, or no limit.
  `);
});

test('settings of NIM are refused where they are made, not here', () => {
  expect(() => new NimRuntime({ image: 'nim' })).toThrow('The image has no tag');
});
