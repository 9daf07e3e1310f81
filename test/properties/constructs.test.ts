import { ApiObject, Chart, Duration, Size } from 'cdk8s';
import { Cpu, EnvValue } from 'cdk8s-plus-30';
import fc from 'fast-check';
import {
  CanaryRollout,
  CanaryStrategy,
  Dns,
  GatewayReference,
  GpuInferenceDeployment,
  GpuInferenceLeaderWorkerSet,
  GpuInferenceStatefulSet,
  GpuNodeAffinity,
  GpuNodePool,
  InferenceRoute,
  InferenceService,
  ModelCache,
  ModelCredentials,
  ModelDownload,
  ModelSecrets,
  NetworkPeer,
  NimNetworkPolicy,
  NimRuntime,
  ReleaseStepName,
  TenantNamespace,
} from '../../lib';
import { judge, Tally } from './judge';
import { constructId, labels, mostly, number, optional, text } from './odd';

const name = mostly(['llama3-8b', 'a', 'x-1'], text);
const podLabels = labels([{ app: 'llama' }, { 'app.kubernetes.io/name': 'nim', tier: '' }]);
const image = mostly(
  ['nvcr.io/nim/meta/llama3-8b-instruct:1.0.0', 'nim/llama:1.5.0@sha256:' + 'a'.repeat(64), 'nim:1.0'],
  text,
);
const poolName = mostly(['gpupool', 'l4'], text);
const pool = fc.record({
  name: poolName,
  maxNodes: mostly([8, 9], number),
  zones: optional(fc.array(mostly(['us-central1-a'], text), { maxLength: 2 })),
});
const machinePool = (props: { name: string; maxNodes: number; zones?: readonly string[] }) =>
  GpuNodePool.gke({ ...props, machineType: 'g2-standard-8' });
const size = fc.oneof(fc.double({ min: 0, noNaN: true, max: 1e6 }), fc.constant(NaN));
// NaN as the size of a cache has a test of its own, in values.test.ts.
const gib = mostly(
  [50, 60],
  size.filter((one) => !Number.isNaN(one)),
);
const millis = mostly([0, 1_000, 600_000], fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.constant(NaN)));
const key = mostly(['nim/ngc-api-key'], text);
const credentials = fc.oneof(
  fc
    .record({
      secretStore: name,
      key,
      property: optional(key),
      secretName: optional(name),
      pullSecretName: optional(name),
    })
    .map((props) => () => ModelCredentials.ngc(props)),
  fc
    .record({ secretName: name, secretKey: optional(mostly(['NGC_API_KEY'], text)) })
    .map((props) => () => ModelCredentials.ngc(props)),
);
const cache = fc.oneof(
  fc.record({ size: gib, storageClass: optional(name) }).map(
    ({ size: one, storageClass }) =>
      () =>
        ModelCache.perReplica(Size.gibibytes(one), { storageClass }),
  ),
  fc.record({ claim: name, readOnly: optional(fc.boolean()), subPath: optional(mostly(['llama', 'a/b'], text)) }).map(
    ({ claim, ...options }) =>
      () =>
        ModelCache.claim(claim, options),
  ),
  gib.map((size) => () => ModelCache.ephemeral(Size.gibibytes(size))),
);
const env = fc.dictionary(
  mostly(['HTTPS_PROXY', 'MY_FLAG'], text),
  fc.oneof(text, fc.constant(EnvValue.fromValue('x'))),
  { maxKeys: 2, noNullPrototype: true },
);
const strategy = fc.oneof(
  fc.constant(() => CanaryStrategy.partition()),
  fc
    .record({
      weights: optional(fc.array(mostly([5, 20, 100], number), { maxLength: 3 })),
      canaryReplicas: optional(mostly([1, 2], number)),
    })
    .map((options) => () => CanaryStrategy.weightedTwins(options)),
);
const step = mostly(['prepared', 'smoke', '20%', '1/3', 'promote'], text) as fc.Arbitrary<ReleaseStepName>;
const hostname = mostly(['llama.example.com', '*.example.com'], text);
const gateway = fc.record({ name, namespace: mostly(['edge'], text), sectionName: optional(name) });
const peer = fc.oneof(
  mostly(['chat'], text).map((namespace) => () => NetworkPeer.namespace(namespace)),
  podLabels.map((some) => () => NetworkPeer.pods(some)),
  mostly(['10.0.0.0/8', '192.0.2.7/32'], text).map((cidr) => () => NetworkPeer.cidr(cidr)),
);

/** A property in which everything, or nothing, is refused tests one half only. */
function expectBoth({ refused, accepted }: Tally): void {
  expect(refused).toBeGreaterThan(5);
  expect(accepted).toBeGreaterThan(5);
}

beforeAll(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(() => jest.restoreAllMocks());

const contract = {
  runtime: image,
  pool,
  name: optional(name),
  replicas: optional(mostly([0, 1, 3], number)),
  tensorParallelSize: optional(mostly([1], number)),
  maxModelLen: optional(mostly([4096, 8192], number)),
  maxOutputTokens: optional(mostly([512], number)),
  servedModelName: optional(mostly(['llama'], text)),
  cache,
  credentials,
};
const pod = {
  cpu: optional(mostly([1, 0.5, 4], fc.double({ min: 0 }))),
  memoryGib: optional(mostly([12, 20], size)),
  coldStartMillis: optional(millis),
  longestAnswerMillis: optional(millis),
  cachePath: optional(mostly(['/models'], text)),
  priorityClassName: optional(name),
  runtimeClassName: optional(name),
  imagePullSecrets: optional(fc.array(name, { maxLength: 2 })),
  preferredZones: optional(fc.array(mostly(['us-central1-a'], text), { maxLength: 2 })),
  env: optional(env),
  podLabels: optional(podLabels),
  podAnnotations: optional(podLabels),
};

type Values<T> = { [K in keyof T]: T[K] extends fc.Arbitrary<infer V> ? V : never };

function serviceProps(input: Values<typeof contract> & Values<typeof pod>) {
  const { runtime, cpu, memoryGib, coldStartMillis, longestAnswerMillis, ...rest } = input;
  return {
    ...rest,
    runtime: new NimRuntime({ image: runtime }),
    nodePool: machinePool(input.pool),
    cache: input.cache(),
    credentials: input.credentials(),
    resources: {
      cpu: cpu === undefined ? undefined : Cpu.units(cpu),
      memory: memoryGib === undefined ? undefined : Size.gibibytes(memoryGib),
    },
    coldStart: coldStartMillis === undefined ? undefined : Duration.millis(coldStartMillis),
    longestAnswer: longestAnswerMillis === undefined ? undefined : Duration.millis(longestAnswerMillis),
  };
}

describe('odd input is refused in words, or becomes YAML that everybody reads alike', () => {
  test('GpuNodeAffinity', () => {
    const input = fc.record({
      pools: fc.array(pool, { maxLength: 3 }),
      preferredZones: optional(fc.array(mostly(['a', 'b'], text), { maxLength: 2 })),
      podLabels: optional(podLabels),
      taint: mostly(['team'], text),
    });
    expectBoth(
      judge(input, (app, { pools, preferredZones, podLabels: some, taint }) => {
        const chart = new Chart(app, 'chart', { namespace: 'nim' });
        const deployment = new ApiObject(chart, 'deployment', {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'embedder' },
          spec: {
            selector: { matchLabels: { app: 'a' } },
            template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
          },
        });
        new GpuNodeAffinity(chart, 'placement', {
          nodePools: pools.map((one, index) =>
            GpuNodePool.gke({
              ...one,
              machineType: 'g2-standard-4',
              name: `${one.name}${index || ''}`,
              taints: [{ key: taint, effect: 'NoSchedule' }],
            }),
          ),
          preferredZones,
          spread: some && { podLabels: some },
        }).applyTo(deployment);
      }),
    );
  });

  test('GpuInferenceStatefulSet', () => {
    expectBoth(
      judge(fc.record({ ...contract, ...pod }), (app, input) => {
        const chart = new Chart(app, 'chart', { namespace: 'nim' });
        new GpuInferenceStatefulSet(chart, 'llama', serviceProps(input));
      }),
    );
  });

  test('GpuInferenceDeployment', () => {
    expectBoth(
      judge(fc.record({ ...contract, ...pod }), (app, input) => {
        const chart = new Chart(app, 'chart', { namespace: 'nim' });
        new GpuInferenceDeployment(chart, 'llama', serviceProps(input));
      }),
    );
  });

  test('GpuInferenceLeaderWorkerSet', () => {
    const input = fc.record({
      ...contract,
      ...pod,
      runtime: mostly(['nvcr.io/nim/meta/llama3-8b-instruct:2.0.4'], text),
      pipelineParallelSize: mostly([2, 3], number),
      dataParallelSize: optional(mostly([1], number)),
      exclusiveTopology: optional(mostly(['example.com/rack'], text)),
      rdma: optional(
        fc.record({
          resourceName: mostly(['vpc.amazonaws.com/efa', 'rdma/hca'], text),
          perNode: mostly([1, 8], number),
        }),
      ),
    });
    expectBoth(
      judge(input, (app, { rdma, ...rest }) => {
        const chart = new Chart(app, 'chart', { namespace: 'nim' });
        new GpuInferenceLeaderWorkerSet(chart, 'llama', {
          ...rest,
          ...serviceProps(rest),
          nodePool: GpuNodePool.gke({ ...rest.pool, machineType: 'g2-standard-8', rdma }),
        });
      }),
    );
  });

  test('InferenceService', () => {
    const input = fc.record({
      ...contract,
      ...pod,
      namespace: name,
      candidate: optional(fc.record({ image, step, strategy: optional(strategy) })),
      route: optional(
        fc.record({ gateway, hostname, paths: optional(fc.array(mostly(['/v1'], text), { maxLength: 2 })) }),
      ),
      clients: optional(fc.array(peer, { maxLength: 2 })),
    });
    expectBoth(
      judge(
        input,
        (app, { namespace, candidate, route, clients, ...rest }) => {
          new InferenceService(new TenantNamespace(app, 'chart', { name: namespace }), 'llama', {
            ...serviceProps(rest),
            canary: candidate && {
              step: candidate.step,
              runtime: new NimRuntime({ image: candidate.image }),
              strategy: candidate.strategy?.(),
            },
            route: route && { ...route, gateway: new GatewayReference(route.gateway) },
            network: { clients: clients?.map((make) => make()) ?? [] },
          });
        },
        250,
      ),
    );
  });

  test('two InferenceServices of any ids in one namespace', () => {
    judge(
      fc.record({
        first: mostly(['a', 'a-canary', 'a-headless'], constructId),
        second: mostly(['b', 'a-canary', 'a-headless'], constructId),
      }),
      (app, { first, second }) => {
        const namespace = new TenantNamespace(app, 'nim');
        for (const one of new Set([first, second])) {
          new InferenceService(namespace, `${one}`, {
            runtime: new NimRuntime({ image: 'nim/llama:1.0.0' }),
            nodePool: GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 9 }),
            cache: ModelCache.perReplica(Size.gibibytes(50)),
            credentials: ModelCredentials.ngc({ secretName: 'ngc' }),
            network: false,
          });
        }
      },
      40,
    );
  });

  test('CanaryRollout', () => {
    const side = fc.record({
      serviceName: mostly(['llama', 'llama-canary'], text),
      port: mostly([8000], number),
      replicas: mostly([1, 3], number),
      gpusPerReplica: optional(mostly([1], number)),
    });
    expectBoth(
      judge(
        fc.record({
          name: optional(name),
          stable: side,
          canary: side,
          weights: optional(fc.array(mostly([20, 100], number), { maxLength: 2 })),
          step: mostly<ReleaseStepName>(['prepared', 'smoke', '20%'], step),
          gateway,
          hostname,
          timeout: millis,
        }),
        (app, { gateway: reference, hostname: host, timeout, weights, canary, ...props }) =>
          new CanaryRollout(new Chart(app, 'chart', { namespace: 'nim' }), 'rollout', {
            ...props,
            canary: { ...canary, serviceName: canary.serviceName === 'llama' ? 'llama-2' : canary.serviceName },
            strategy: CanaryStrategy.weightedTwins({ weights }),
            route: {
              gateway: new GatewayReference(reference),
              hostname: host,
              requestTimeout: Duration.millis(timeout),
            },
          }),
      ),
    );
  });

  test('NimNetworkPolicy', () => {
    const input = fc.record({
      name: optional(name),
      podLabels,
      ports: optional(fc.array(mostly([8000, 9000], number), { maxLength: 2 })),
      metricsPort: optional(mostly([8002], number)),
      peers: fc.array(peer, { maxLength: 2 }),
      host: optional(mostly(['*.hf.co'], text)),
      dns: optional(mostly([53], number)),
    });
    expectBoth(
      judge(input, (app, { peers, host, dns, ...props }) => {
        const all = peers.map((make) => make());
        new NimNetworkPolicy(new Chart(app, 'chart', { namespace: 'nim' }), 'policy', {
          ...props,
          clients: all,
          monitoring: all,
          dns: dns === undefined ? undefined : [Dns.custom(NetworkPeer.namespace('dns'), dns)],
          download: host === undefined ? undefined : ModelDownload.hosts([host], { enforcedBy: 'gke-fqdn' }),
        });
      }),
    );
  });

  test('InferenceRoute', () => {
    const input = fc.record({
      gateway,
      hostnames: fc.array(hostname, { maxLength: 2 }),
      service: mostly(['llama'], text),
      port: mostly([8000], number),
      weight: optional(mostly([0, 100], number)),
      timeout: millis,
      header: optional(mostly(['x-track'], text)),
    });
    expectBoth(
      judge(input, (app, { gateway: reference, service, port, weight, timeout, header, hostnames }) => {
        new InferenceRoute(new Chart(app, 'chart', { namespace: 'nim' }), 'route', {
          gateway: new GatewayReference(reference),
          hostnames,
          backends: [{ service, port, weight }],
          smokeRoute: header === undefined ? undefined : { header, value: service, backend: { service, port } },
          requestTimeout: Duration.millis(timeout),
        });
      }),
    );
  });

  test('ModelSecrets', () => {
    expectBoth(
      judge(fc.record({ credentials, refresh: millis }), (app, input) => {
        const chart = new Chart(app, 'chart', { namespace: 'nim' });
        new ModelSecrets(chart, 'one', { credentials: input.credentials() });
        const refreshInterval = Duration.millis(input.refresh);
        const hub = ModelCredentials.huggingFace({ secretStore: 'platform', key: 'hf', refreshInterval });
        new ModelSecrets(chart, 'two', { credentials: hub });
      }),
    );
  });

  test('TenantNamespace', () => {
    const input = fc.record({
      id: constructId,
      name: optional(name),
      gpus: optional(mostly([0, 8], number)),
      gpuResourceName: optional(mostly(['nvidia.com/gpu', 'nvidia.com/mig-1g.10gb'], text)),
      labels: optional(podLabels),
      defaultDeny: optional(fc.boolean()),
    });
    expectBoth(judge(input, (app, { id, ...props }) => new TenantNamespace(app, id, props)));
  });
});
