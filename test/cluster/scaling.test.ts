import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { JsonPatch } from 'cdk8s';
import { GpuNodePool, InferenceApp, NetworkPeer, TenantNamespace } from '../../lib';
import { apply, commit, forget, get, kubectl, serving, until } from './cluster';
import { describeWith } from './further-controllers';
import { nodeOf } from './nodes';
import { PodHistory } from './pod-history';
import { llama } from './services';
import { synthesized } from './synthesized';

/** Three nodes of their own, so that nothing else decides how many there may be. */
const POOL = GpuNodePool.gke({
  name: 'scaled',
  machineType: 'g2-standard-4',
  maxNodes: 3,
  zones: ['us-central1-a'],
});

/** Seconds in place of half an hour and an hour, in the test's own copy. */
const PERIOD = 20;
const STABILIZATION = 10;
const BLIND = 5;
/** A pod loads for this long. */
const LOADS = 6;

/** As much of a Prometheus as KEDA asks: one number, or nothing at all. */
class StandIn {
  /** What the query answers; undefined when no pod is scraped. */
  queue: number | undefined = 0;
  readonly asked = new Set<string>();
  private server?: Server;
  private port = 0;

  async start(): Promise<string> {
    this.server = createServer(({ url }, response) => {
      this.asked.add(new URL(url!, 'http://localhost').searchParams.get('query') ?? '');
      const value = this.queue === undefined ? [] : [{ metric: {}, value: [Date.now() / 1000, String(this.queue)] }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: value } }));
    });
    await new Promise<void>((listening) => this.server!.listen(this.port, '127.0.0.1', listening));
    this.port = (this.server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise((closed) => (server ? server.close(closed) : closed(undefined)));
  }
}

const scaledService = (serverAddress: string) => (app: InferenceApp) => {
  const { autoscaler } = llama(new TenantNamespace(app, 'scaled'), {
    nodePool: POOL,
    scaling: { serverAddress },
    network: { clients: [NetworkPeer.namespace('apps')], monitoring: [NetworkPeer.namespace('monitoring')] },
    podAnnotations: { 'simulated/ready-after': `${LOADS}s` },
  });
  const behavior = '/spec/advanced/horizontalPodAutoscalerConfig/behavior';
  autoscaler!.scaler.addJsonPatch(
    JsonPatch.replace(`${behavior}/scaleUp/policies/0/periodSeconds`, PERIOD),
    JsonPatch.replace(`${behavior}/scaleDown/policies/0/periodSeconds`, 1),
    JsonPatch.replace(`${behavior}/scaleDown/stabilizationWindowSeconds`, STABILIZATION),
    JsonPatch.replace('/spec/fallback/failureThreshold', BLIND),
  );
};

describeWith('keda')('a service that KEDA scales by its queue, in a pool of three', () => {
  const prometheus = new StandIn();
  let history: PodHistory;
  const wanted = async () => (await get('scaled', 'statefulset', 'llama')).spec.replicas as number;
  const seconds = (count: number) => new Promise((later) => setTimeout(later, count * 1000));
  const tell = () => kubectl('get', 'scaledobjects,hpa,pods,events', '-n', 'scaled', '-o', 'wide');
  const untilWanted = (replicas: number, limit = 60) =>
    until(`${replicas} replicas are wanted`, async () => (await wanted()) === replicas, tell, limit);
  const untilReady = (replicas: number) =>
    until(`${replicas} pods serve`, async () => history.now.stableReady === replicas, tell);

  beforeAll(async () => {
    const address = await prometheus.start();
    await apply(...[1, 2, 3].map((node) => nodeOf(POOL, `scaled-${node}`)));
    await commit('scaled', synthesized(scaledService(address)));
    // KEDA resolves every variable of the server's container, and does nothing while a Secret of them is missing. Elsewhere
    // External Secrets makes it.
    const metadata = { name: 'ngc-api', namespace: 'scaled' };
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { NGC_API_KEY: 'none' } });
    history = new PodHistory('scaled');
    await serving('scaled', 'llama-0');
    await until('KEDA asks', async () => prometheus.asked.size > 0, tell, 60);
  });
  afterAll(async () => {
    history.stop();
    await prometheus.stop();
    await forget('scaled', 'scaled');
    await kubectl('delete', 'node', 'scaled-1', 'scaled-2', 'scaled-3');
  });

  test('starts at the least, which nobody wrote down, and asks for the pods that serve', async () => {
    await until('the autoscaler of KEDA is there', async () => (await get('scaled', 'hpa', 'keda-hpa-llama')) && true);
    expect(await wanted()).toBe(1);
    expect([...prometheus.asked]).toEqual([
      'sum (num_requests_waiting{namespace="scaled", inference_service="llama", track="stable"})',
    ]);
  });

  test('Flux owns no replicas, and applying again changes none', async () => {
    const { managedFields } = (
      JSON.parse(
        await kubectl('get', 'statefulset', 'llama', '-n', 'scaled', '-o', 'json', '--show-managed-fields'),
      ) as {
        metadata: { managedFields: { manager: string; fieldsV1: { 'f:spec'?: object } }[] };
      }
    ).metadata;
    const owners = managedFields.filter(({ fieldsV1 }) => 'f:replicas' in (fieldsV1['f:spec'] ?? {}));
    expect(owners.map(({ manager }) => manager)).not.toContain('kustomize-controller');
  });

  test('goes up by one when requests wait, and by no more while that one loads', async () => {
    history.sinceLastAsked();
    // Enough for four replicas, which there is no room for.
    prometheus.queue = 20;
    await untilWanted(2);
    const asked = Date.now();
    await seconds(LOADS + 2);
    expect(await wanted()).toBe(2);
    await untilReady(2);
    await untilWanted(3);
    // One step a period, which Kubernetes counts in whole looks of 2 s.
    expect(Date.now() - asked).toBeGreaterThan((PERIOD - 4) * 1000);
  });

  test('goes as far as the pool, and not beyond', async () => {
    await untilReady(3);
    prometheus.queue = 500;
    await seconds(PERIOD + 4);
    expect(await wanted()).toBe(3);
    expect(history.sinceLastAsked()).toMatchObject({ minStableReady: 1, maxGpus: 3 });
  });

  test('stays where it is when Prometheus is gone, and when it lost the pods', async () => {
    await prometheus.stop();
    await seconds(STABILIZATION + BLIND * 2 + 4);
    expect(await wanted()).toBe(3);
    prometheus.queue = undefined;
    await prometheus.start();
    await seconds(STABILIZATION + BLIND * 2 + 4);
    expect(await wanted()).toBe(3);
  });

  test('goes down when nothing waits, not before nothing waited for a while', async () => {
    const began = Date.now();
    prometheus.queue = 0;
    await untilWanted(2, 90);
    expect(Date.now() - began).toBeGreaterThan((STABILIZATION - 4) * 1000);
    await untilWanted(1, 90);
  });

  test('goes up, not down, when Prometheus is gone at the least', async () => {
    await prometheus.stop();
    await untilWanted(2);
  });

  test('applying the same again leaves the number alone', async () => {
    const before = await wanted();
    await commit('scaled', synthesized(scaledService(await prometheus.start())));
    await seconds(2);
    expect(await wanted()).toBeGreaterThanOrEqual(before);
  });
});
