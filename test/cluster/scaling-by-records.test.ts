import { JsonPatch } from 'cdk8s';
import { GpuNodePool, InferenceApp, ModelCredentials, Monitoring, ScalingMetric, TenantNamespace } from '../../lib';
import { KUBECTL } from '../../lib/operations/rehearse/kubectl';
import { PodHistory, serves } from '../../lib/operations/rehearse/pod-history';
import { LocalPrometheus } from '../support/prometheus';
import { apply, commit, forget, get, kubectl, until } from './cluster';
import { nodeOf } from './nodes';
import { PrometheusAdapter } from './scaling-adapter';
import { describeScaling, ServersInPods, setUp } from './scaling-prometheus';
import { SERVERS } from './scaling-servers';
import { llama } from './services';
import { synthesized } from './synthesized';

/** Three machines of its own. */
const POOL = GpuNodePool.gke({
  name: 'recorded',
  machineType: 'g2-standard-8',
  maxNodes: 3,
  zones: ['us-central1-a'],
});
const NODES = [1, 2, 3].map((at) => `recorded-${at}`);
/** Seconds in place of half an hour and an hour. */
const PERIOD = 6;
const STABILIZATION = 8;

const VLLM = SERVERS['vllm-0-18']!;

const recorded = (app: InferenceApp) => {
  const { autoscaler } = llama(new TenantNamespace(app, 'recorded'), {
    runtime: VLLM.props.runtime,
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
    nodePool: POOL,
    monitoring: Monitoring.prometheusOperator({ dashboards: false }),
    scaling: { by: 'hpa', metrics: [ScalingMetric.queueDepth(), ScalingMetric.kvCacheUtilization()] },
    podAnnotations: { 'simulated/ready-after': '2s' },
  });
  autoscaler!.scaler.addJsonPatch(
    JsonPatch.replace('/spec/behavior/scaleUp/policies/0/periodSeconds', PERIOD),
    JsonPatch.replace('/spec/behavior/scaleDown/policies/0/periodSeconds', 1),
    JsonPatch.replace('/spec/behavior/scaleDown/stabilizationWindowSeconds', STABILIZATION),
  );
};

describeScaling('a service that a HorizontalPodAutoscaler scales by what is recorded', () => {
  let prometheus: LocalPrometheus;
  let adapter: PrometheusAdapter;
  let history: PodHistory;
  let servers: ServersInPods;
  const stable = () => get('recorded', 'statefulset', 'llama');
  const wanted = async () => (await stable()).spec.replicas as number;
  const seconds = (count: number) => new Promise((later) => setTimeout(later, count * 1000));
  const tell = () => kubectl('get', 'hpa,pods,events', '-n', 'recorded', '-o', 'wide');
  const untilWanted = (replicas: number) =>
    until(`${replicas} replicas are wanted`, async () => (await wanted()) === replicas, tell, 60);
  const condition = async (type: string) => {
    const { conditions = [] } = (await get('recorded', 'hpa', 'llama')).status as {
      conditions?: { type: string; status: string; reason: string }[];
    };
    return conditions.find((each) => each.type === type);
  };

  beforeAll(async () => {
    prometheus = await LocalPrometheus.prepare();
    adapter = new PrometheusAdapter(prometheus);
    await adapter.start();
    await apply(...NODES.map((name) => nodeOf(POOL, name)));
    const dist = synthesized(recorded);
    await commit('recorded', dist);
    history = new PodHistory(KUBECTL);
    servers = new ServersInPods(history, 'recorded', { llama: VLLM.told });
    await servers.listen();
    setUp(prometheus, dist, servers);
    await prometheus.run();
    await until('its metrics are there', async () => (await condition('ScalingActive'))?.status === 'True', tell, 60);
  });
  afterAll(async () => {
    await adapter?.stop();
    history?.stop();
    servers?.stop();
    prometheus?.forget();
    await forget('recorded', 'recorded');
    await kubectl('delete', 'node', ...NODES);
  });

  test('the rules of the adapter that the documentation has are asked for both of its metrics', async () => {
    const metrics = ['inference_queue_depth', 'inference_kv_utilization'];
    const paths = metrics.map((name) => `/apis/external.metrics.k8s.io/v1beta1/namespaces/recorded/${name}`);
    expect([...adapter.asked]).toEqual(expect.arrayContaining(paths));
    expect(await wanted()).toBe(1);
  });

  test('goes up by one when requests wait', async () => {
    servers.load('llama', { waiting: 50 });
    await untilWanted(2);
    servers.load('llama', {});
  });

  test('goes up to the pool, and not beyond, when the fullest cache is too full', async () => {
    await until('both pods are recorded', async () => history.of('recorded/llama').filter(serves).length === 2, tell);
    servers.load('llama', { kvCache: 0.99 });
    await untilWanted(3);
    await until(
      'more is wanted than there may be',
      async () => (await condition('ScalingLimited'))?.reason === 'TooManyReplicas',
      tell,
      60,
    );
    expect(await wanted()).toBe(3);
  });

  test('the same commit again takes no replica away', async () => {
    const { metadata } = await stable();
    await commit('recorded', synthesized(recorded));
    expect(await wanted()).toBe(3);
    expect((await stable()).metadata.generation).toBe(metadata.generation);
  });

  test('stays where it is when Prometheus is gone', async () => {
    prometheus.stop();
    await until('nobody tells', async () => (await condition('ScalingActive'))?.status === 'False', tell);
    await seconds(STABILIZATION + 2);
    expect(await wanted()).toBe(3);
  });

  test('and goes down when it is back and nothing waits', async () => {
    servers.load('llama', {});
    await prometheus.run();
    await untilWanted(1);
  });
});
