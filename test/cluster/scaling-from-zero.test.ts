import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, JsonPatch } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { GpuNodePool, InferenceApp, NetworkPeer, TenantNamespace } from '../../lib';
import { KUBECTL } from '../../lib/operations/rehearse/kubectl';
import { PodHistory, serves } from '../../lib/operations/rehearse/pod-history';
import { apply, commit, forget, get, kubectl, until } from './cluster';
import { describeWith } from './further-controllers';
import { nodeOf } from './nodes';
import { RequestCounter } from './scaling-counter';
import { llama } from './services';
import { synthesized } from './synthesized';

const POOL = GpuNodePool.gke({ name: 'idle', machineType: 'g2-standard-4', maxNodes: 3, zones: ['us-central1-a'] });
const NODES = ['idle-1', 'idle-2', 'idle-3'];
/** Seconds in place of an hour. */
const COOLDOWN = 4;

const idle = (scalerAddress: string) => (app: InferenceApp) => {
  const { autoscaler } = llama(new TenantNamespace(app, 'idle'), {
    nodePool: POOL,
    scaling: {
      scaleToZero: { acceptColdStart: Duration.hours(1), hosts: ['night.example.com'], concurrency: 8, scalerAddress },
    },
    network: { clients: [NetworkPeer.namespace('keda')] },
    podAnnotations: { 'simulated/ready-after': '3s' },
  });
  const behavior = '/spec/advanced/horizontalPodAutoscalerConfig/behavior';
  autoscaler!.scaler.addJsonPatch(
    JsonPatch.replace('/spec/cooldownPeriod', COOLDOWN),
    JsonPatch.replace(`${behavior}/scaleUp/policies/0/periodSeconds`, 2),
    JsonPatch.replace(`${behavior}/scaleDown/policies/0/periodSeconds`, 1),
    JsonPatch.replace(`${behavior}/scaleDown/stabilizationWindowSeconds`, 2),
    JsonPatch.replace('/spec/fallback/failureThreshold', 1),
  );
};

/** The kinds of KEDA's HTTP add-on, as the project defines them: nothing else of it is there. */
const definitions = parseAllDocuments(
  readFileSync(join(__dirname, '..', '..', 'crds', 'http.keda.sh.yaml'), 'utf8'),
).map((document) => document.toJS() as object);

describeWith('keda')('a service without a pod, which KEDA starts when somebody counts a request in front of it', () => {
  const counter = new RequestCounter();
  let history: PodHistory;
  let address: string;
  const wanted = async () => (await get('idle', 'statefulset', 'llama')).spec.replicas as number;
  const tell = () => kubectl('get', 'scaledobjects,hpa,pods,events', '-n', 'idle', '-o', 'wide');
  const untilWanted = (replicas: number) =>
    until(`${replicas} replicas are wanted`, async () => (await wanted()) === replicas, tell, 60);

  beforeAll(async () => {
    address = await counter.listen();
    await apply(...definitions, ...NODES.map((name) => nodeOf(POOL, name)));
    await kubectl('wait', '--for=condition=Established', 'crd', 'interceptorroutes.http.keda.sh', '--timeout=60s');
    await commit('idle', synthesized(idle(address)));
    // KEDA looks every 30 s whether there is nothing to do. Flux would take back what kubectl owns.
    const often = ['--type=merge', '-p', JSON.stringify({ spec: { pollingInterval: 2 } }), '--field-manager=test'];
    await kubectl('patch', 'scaledobject', 'llama', '-n', 'idle', ...often);
    const metadata = { name: 'ngc-api', namespace: 'idle' };
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { NGC_API_KEY: 'none' } });
    history = new PodHistory(KUBECTL);
  });
  afterAll(async () => {
    history?.stop();
    counter.stop();
    await forget('idle', 'idle');
    await kubectl('delete', 'node', ...NODES);
  });

  test('has none while nobody calls', async () => {
    await untilWanted(0);
    await until('no pod is left', async () => history.of('idle/llama').length === 0, tell);
  });

  test('the same commit again starts none', async () => {
    await commit('idle', synthesized(idle(address)));
    expect(await wanted()).toBe(0);
  });

  test('gets its first one by the first request', async () => {
    counter.requests(1);
    await untilWanted(1);
    await until('it serves', async () => history.of('idle/llama').some(serves), tell);
  });

  test('gets another one when there are more requests than one computes at once', async () => {
    counter.requests(9);
    await untilWanted(2);
  });

  test('has none again when nobody calls any more', async () => {
    counter.requests(0);
    await untilWanted(0);
  });

  test('keeps what it has when nobody counts any more', async () => {
    counter.requests(1);
    await untilWanted(1);
    counter.stop();
    const unknown = async () => {
      const { conditions = [] } = (await get('idle', 'hpa', 'keda-hpa-llama')).status as { conditions?: object[] };
      return conditions.some((each) => 'reason' in each && each.reason === 'FailedGetExternalMetric');
    };
    await until('nobody tells', unknown, tell, 60);
    await new Promise((later) => setTimeout(later, (COOLDOWN + 4) * 1000));
    // KEDA asks for the target where it asks for the number, so it has nothing to divide a fallback by.
    expect(await wanted()).toBe(1);
  });
});
