import { isDeepStrictEqual } from 'node:util';
import { JsonPatch } from 'cdk8s';
import { InferenceApp, Monitoring, TenantNamespace } from '../../lib';
import { numberOf } from '../../lib/checks/pod-request';
import { KUBECTL } from '../../lib/operations/rehearse/kubectl';
import { PodHistory } from '../../lib/operations/rehearse/pod-history';
import { LocalPrometheus } from '../support/prometheus';
import { apply, commit, forget, get, isTrue, kubectl, until } from './cluster';
import { nodeOf } from './nodes';
import { describeScaling, ServersInPods, setUp } from './scaling-prometheus';
import { NIM_1, POOL, POOLS, SERVERS } from './scaling-servers';
import { llama } from './services';
import { synthesized } from './synthesized';

/** Seconds in place of half an hour and an hour, in the test's own copy. */
const PERIOD = 16;
const STABILIZATION = 8;
/** Questions without an answer until nobody believes that one comes; as many as first pods need, until the test wants fewer. */
const PATIENT = 30;
const BLIND = 4;
/** A pod loads for this long. */
const LOADS = 5;

const NAMES = Object.keys(SERVERS);
const NODES = POOLS.flatMap(([pool, nodes]) =>
  Array.from({ length: nodes }, (_, at) => ({ pool, name: `${pool.name}-${at + 1}` })),
);

/** NIM, whose walk is looked at from the least to the most and back, and a service of each other kind beside it. */
const scaledServices = (address: string, failures: number) => (app: InferenceApp) => {
  const tenant = new TenantNamespace(app, 'scaled');
  const monitoring = Monitoring.prometheusOperator({ serverAddress: address, dashboards: false });
  const podAnnotations = { 'simulated/ready-after': `${LOADS}s` };
  const { autoscaler } = llama(tenant, { nodePool: POOL, monitoring, scaling: {}, podAnnotations });
  const behavior = '/spec/advanced/horizontalPodAutoscalerConfig/behavior';
  autoscaler!.scaler.addJsonPatch(
    JsonPatch.replace(`${behavior}/scaleUp/policies/0/periodSeconds`, PERIOD),
    JsonPatch.replace(`${behavior}/scaleDown/policies/0/periodSeconds`, 1),
    JsonPatch.replace(`${behavior}/scaleDown/stabilizationWindowSeconds`, STABILIZATION),
    JsonPatch.replace('/spec/fallback/failureThreshold', failures),
  );
  // These keep their times: one step, and no other one for half an hour.
  for (const [name, { props, metrics }] of Object.entries(SERVERS)) {
    llama(tenant, { ...props, monitoring, scaling: { metrics, maxReplicas: 3 } }, name);
  }
};

const secret = (name: string, ...keys: readonly string[]) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'scaled' } },
  stringData: Object.fromEntries(keys.map((key) => [key, 'none'])),
});
const claim = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'scaled' } },
  spec: {
    accessModes: ['ReadOnlyMany'],
    storageClassName: 'standard-rwx',
    resources: { requests: { storage: '10Gi' } },
  },
});

interface CurrentMetric {
  readonly external?: { readonly current: { readonly averageValue: string } };
}

describeScaling('services that KEDA scales by what a Prometheus scrapes of their pods', () => {
  let prometheus: LocalPrometheus;
  let history: PodHistory;
  let servers: ServersInPods;
  const resourceOf = (name: string) =>
    ({ StatefulSet: 'statefulset', Deployment: 'deployment', LeaderWorkerSet: 'leaderworkerset' })[
      SERVERS[name]?.kind ?? 'StatefulSet'
    ];
  const wanted = async (name = 'llama') => (await get('scaled', resourceOf(name), name)).spec.replicas as number;
  /** The HorizontalPodAutoscaler that KEDA made. */
  const scaler = (name: string) => get('scaled', 'hpa', `keda-hpa-${name}`);
  /** When its HorizontalPodAutoscaler took its last step, in ms. */
  const scaledAt = async () => Date.parse((await scaler('llama')).status.lastScaleTime as string);
  const asked = async (name: string) => {
    const { triggers } = (await get('scaled', 'scaledobject', name)).spec;
    return (triggers as { metadata: { query: string } }[]).map(({ metadata }) => metadata.query);
  };
  /** What a scaler counts for each replica, metric by metric; NaN for what it was not told. */
  const counted = async (name: string) => {
    const { currentMetrics } = (await scaler(name)).status as { currentMetrics?: CurrentMetric[] };
    return (currentMetrics ?? []).map(({ external }) => (external ? numberOf(external.current.averageValue) : NaN));
  };
  const valueOf = async (query: string) => (await prometheus.ask(query)).map(({ value }) => Number(value[1]));
  const seconds = (count: number) => new Promise((later) => setTimeout(later, count * 1000));
  const tell = () => kubectl('get', 'scaledobjects,hpa,pods,events', '-n', 'scaled', '-o', 'wide');
  const untilWanted = (replicas: number, limit = 60) =>
    until(`${replicas} replicas are wanted`, async () => (await wanted()) === replicas, tell, limit);
  /** Pods of a service that Prometheus reaches; undefined when it reaches none. */
  const up = async (service: string) =>
    (await valueOf(`count(up{namespace="scaled", inference_service="${service}", track="stable"} == 1)`))[0];
  const untilScraped = (pods: number) =>
    until(`${pods} pods are scraped`, async () => (await up('llama')) === pods, tell, 60);
  const ownersOfReplicas = async () => {
    const text = await kubectl('get', 'statefulset', 'llama', '-n', 'scaled', '-o', 'json', '--show-managed-fields');
    const { managedFields } = (
      JSON.parse(text) as { metadata: { managedFields: { manager: string; fieldsV1: { 'f:spec'?: object } }[] } }
    ).metadata;
    const owners = managedFields.filter(({ fieldsV1 }) => 'f:replicas' in (fieldsV1['f:spec'] ?? {}));
    return owners.map(({ manager }) => manager);
  };
  const next = async (failures: number) => {
    const folder = synthesized(scaledServices(prometheus.address, failures));
    await commit('scaled', folder);
    return folder;
  };

  beforeAll(async () => {
    prometheus = await LocalPrometheus.prepare();
    await apply(...NODES.map(({ pool, name }) => nodeOf(pool, name)));
    const folder = await next(PATIENT);
    // KEDA resolves every variable of the server's container, and does nothing while a Secret of them is missing. Elsewhere
    // External Secrets makes them.
    await apply(secret('ngc-api', 'NGC_API_KEY'), secret('hugging-face', 'HF_TOKEN'), claim('embed'));
    history = new PodHistory(KUBECTL);
    const told = Object.entries(SERVERS).map(([name, server]) => [name, server.told]);
    servers = new ServersInPods(history, 'scaled', { llama: NIM_1, ...Object.fromEntries(told) });
    await servers.listen();
    setUp(prometheus, folder, servers);
    await prometheus.run();
  });
  afterAll(async () => {
    history?.stop();
    servers?.stop();
    prometheus?.forget();
    await forget('scaled', 'scaled');
    await kubectl('delete', 'node', ...NODES.map(({ name }) => name));
  });

  test.each(['llama', ...NAMES])('%s: its first pod is scraped, once, as soon as it serves', async (name) => {
    await until(`${name} is scraped`, async () => (await up(name)) === 1, tell, 60);
    expect(await wanted(name)).toBe(1);
  });

  test.each(NAMES)('%s: KEDA has a number, and stays at one replica while the load fits', async (name) => {
    const { fits, counts } = SERVERS[name]!;
    servers.load(name, fits);
    const loaded = async () =>
      isTrue(await scaler(name), 'ScalingActive') && isDeepStrictEqual(await counted(name), [...counts]);
    await until(`the scaler of ${name} counts ${counts.join(' and ')}`, loaded, tell, 60);
    for (const query of await asked(name)) expect((await valueOf(query)).map(Number.isFinite)).toEqual([true]);
    // It looks every two seconds: once more, now that it knows.
    await seconds(3);
    expect(await wanted(name)).toBe(1);
  });

  test('what is recorded is what the servers tell, whatever they call it', async () => {
    const recorded = async (record: string) =>
      Object.fromEntries(
        (await prometheus.ask(record)).map(({ metric, value }) => [metric.inference_service, Number(value[1])]),
      );
    const all = async () => ({
      queue: await recorded('inference:queue_depth'),
      running: await recorded('inference:running'),
      cache: await recorded('inference:kv_utilization'),
    });
    const idle = { llama: 0, 'vllm-0-18': 0, 'vllm-0-8': 0, sglang: 0, 'nim-2': 0 };
    const told = {
      queue: { ...idle, 'vllm-0-18': 5, tgi: 4, triton: 20, 'nim-2': 40 },
      running: { ...idle, 'vllm-0-18': 30, sglang: 10, tgi: 20 },
      cache: { ...idle, 'vllm-0-8': 0.8 },
    };
    const same = async () => isDeepStrictEqual(await all(), told);
    await until('the records are those of the load', same, async () => JSON.stringify(await all()));
    for (const name of NAMES) expect([name, await wanted(name)]).toEqual([name, 1]);
  });

  test('goes up by one when requests wait, and by no more while that one loads', async () => {
    // Each of the others with it, by its own metric.
    for (const name of NAMES) servers.load(name, SERVERS[name]!.asksForMore);
    // Enough for four replicas, which there is no room for.
    servers.load('llama', { waiting: 20 });
    await untilWanted(2);
    const first = await scaledAt();
    await untilWanted(3);
    // One step a period, which Kubernetes counts in whole looks of 2 s; the pod had loaded long before.
    expect((await scaledAt()) - first).toBeGreaterThan((PERIOD - 4) * 1000);
  });

  test.each(NAMES)('%s: its own metric brought one more, and not a third', async (name) => {
    await until(`two of ${name} are wanted`, async () => (await wanted(name)) === 2, tell, 60);
    // Its next step is half an hour away.
    expect((await scaler(name)).spec.behavior.scaleUp.policies[0].periodSeconds).toBeGreaterThan(600);
  });

  test('goes as far as the pool, and not beyond', async () => {
    await untilScraped(3);
    servers.load('llama', { waiting: 500 });
    await until('more is wanted than there may be', async () => {
      const { conditions = [] } = (await scaler('llama')).status as { conditions?: { reason: string }[] };
      return conditions.some(({ reason }) => reason === 'TooManyReplicas');
    });
    expect(await wanted()).toBe(3);
  });

  test('the next commit, which changes the scaler and nothing else, takes no replica away', async () => {
    const before = await get('scaled', 'statefulset', 'llama');
    const folder = await next(BLIND);
    // And the same once more.
    await commit('scaled', folder);
    await seconds(4);
    const after = await get('scaled', 'statefulset', 'llama');
    expect(after.spec.replicas).toBe(3);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(await ownersOfReplicas()).not.toContain('kustomize-controller');
  });

  test('stays where it is when Prometheus is gone, and when it lost the pods', async () => {
    prometheus.stop();
    await seconds(STABILIZATION + BLIND * 2 + 2);
    expect(await wanted()).toBe(3);
    servers.reachable = false;
    await prometheus.run();
    await seconds(STABILIZATION + BLIND * 2 + 2);
    expect(await up('llama')).toBe(undefined);
    expect(await wanted()).toBe(3);
    servers.reachable = true;
  });

  test('goes down when nothing waits, not before nothing waited for a while', async () => {
    await untilScraped(3);
    const began = Date.now();
    servers.load('llama', {});
    await untilWanted(2, 90);
    expect(Date.now() - began).toBeGreaterThan((STABILIZATION - 4) * 1000);
    await untilWanted(1, 90);
  });

  test('goes up, not down, when Prometheus is gone at the least', async () => {
    prometheus.stop();
    await untilWanted(2);
  });
});
