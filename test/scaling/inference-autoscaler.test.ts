import { App, Chart, Duration, Size } from 'cdk8s';
import {
  CanaryRollout,
  CanaryRolloutProps,
  CanaryStrategy,
  GatewayReference,
  GpuInferenceStatefulSet,
  GpuNodePool,
  InferenceAutoscaler,
  InferenceAutoscalerProps,
  ModelCache,
  ModelCredentials,
  ScalingMetric,
  ScalingSchedule,
  ScalingTarget,
  TenantNamespace,
  TritonRuntime,
  VllmRuntime,
} from '../../lib';
import { GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf } from '../support/messages';
import { CONTRACT, deployment, leaderWorkerSet, nim } from '../support/services';
import { inventoryOf, yamlOf } from '../support/yaml-of';

const PROMETHEUS = 'http://prometheus-operated.monitoring:9090';
const pool = (maxNodes = 4) => GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes });
const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });

/** A chart with the StatefulSet `llama` in a pool of four L4 and its scaler. */
function scaled(changes: Partial<InferenceAutoscalerProps> = {}, service: Partial<GpuInferenceStatefulSetProps> = {}) {
  const chart = new Chart(new App(), 'chat', { namespace: 'chat' });
  const llama = new GpuInferenceStatefulSet(chart, 'llama', {
    ...CONTRACT,
    runtime: nim('1.8.0'),
    nodePool: pool(),
    ...service,
  });
  const serverAddress = changes.by === 'hpa' || changes.scaleToZero ? undefined : PROMETHEUS;
  const scaler = new InferenceAutoscaler(chart, 'scaler', { target: llama, serverAddress, ...changes });
  return { chart, llama, scaler };
}

describe('by KEDA', () => {
  test('NIM: the queue, a pod each cold start, and never less when Prometheus is gone', () => {
    expect(yamlOf(scaled().chart, 'ScaledObject', 'llama')).toMatchInlineSnapshot(`
     apiVersion: keda.sh/v1alpha1
     kind: ScaledObject
     metadata:
       name: llama
       namespace: chat
       labels:
         app.kubernetes.io/component: inference-server
         app.kubernetes.io/instance: llama
         app.kubernetes.io/name: nim
         track: stable
     spec:
       scaleTargetRef:
         apiVersion: apps/v1
         kind: StatefulSet
         name: llama
       advanced:
         horizontalPodAutoscalerConfig:
           behavior:
             scaleDown:
               policies:
                 - type: Pods
                   periodSeconds: 1800
                   value: 1
               selectPolicy: Max
               stabilizationWindowSeconds: 3600
             scaleUp:
               policies:
                 - type: Pods
                   periodSeconds: 1800
                   value: 1
               selectPolicy: Max
               stabilizationWindowSeconds: 0
       fallback:
         replicas: 3
         behavior: currentReplicasIfHigher
         failureThreshold: 138
       maxReplicaCount: 4
       minReplicaCount: 1
       triggers:
         - metadata:
             ignoreNullValues: "false"
             query: "sum (num_requests_waiting{namespace=\\"chat\\", inference_service=\\"llama\\", track=\\"stable\\"})"
             serverAddress: http://prometheus-operated.monitoring:9090
             threshold: "5"
           name: queue-depth
           type: prometheus
           metricType: AverageValue
    `);
  });

  test('vLLM by several metrics, in office hours three', () => {
    const { chart } = scaled(
      {
        metrics: [ScalingMetric.queueDepth(3), ScalingMetric.runningRequests()],
        schedules: [ScalingSchedule.weekly({ timezone: 'Europe/Berlin', from: '08:00', to: '18:00', replicas: 3 })],
        maxReplicas: 3,
      },
      { runtime: vllm, credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }) },
    );
    expect(yamlOf(chart, 'ScaledObject', 'llama', 'spec.minReplicaCount', 'spec.maxReplicaCount', 'spec.triggers'))
      .toMatchInlineSnapshot(`
       minReplicaCount: 1
       maxReplicaCount: 3
       triggers:
         - metadata:
             ignoreNullValues: "false"
             query: "sum (vllm:num_requests_waiting{namespace=\\"chat\\", inference_service=\\"llama\\", track=\\"stable\\"})"
             serverAddress: http://prometheus-operated.monitoring:9090
             threshold: "3"
           name: queue-depth
           type: prometheus
           metricType: AverageValue
         - metadata:
             ignoreNullValues: "false"
             query: "sum (vllm:num_requests_running{namespace=\\"chat\\", inference_service=\\"llama\\", track=\\"stable\\"})"
             serverAddress: http://prometheus-operated.monitoring:9090
             threshold: "2"
           name: running-requests
           type: prometheus
           metricType: AverageValue
         - metadata:
             desiredReplicas: "3"
             end: "0 18 * * 1,2,3,4,5"
             start: "57 6 * * 1,2,3,4,5"
             timezone: Europe/Berlin
           type: cron
      `);
  });

  test('from nothing to something, by requests that wait in front', () => {
    const { chart } = scaled({
      scaleToZero: { acceptColdStart: Duration.hours(1), hosts: ['llama.example.com'], concurrency: 8 },
      serverAddress: undefined,
    });
    expect(yamlOf(chart, 'InterceptorRoute', 'llama', 'spec')).toMatchInlineSnapshot(`
     spec:
       rules:
         - hosts:
             - llama.example.com
       timeouts:
         request: 0s
         readiness: 2060s
       target:
         port: 8000
         service: llama
       scalingMetric:
         concurrency:
           targetValue: 8
    `);
    expect(
      yamlOf(
        chart,
        'ScaledObject',
        'llama',
        'spec.minReplicaCount',
        'spec.maxReplicaCount',
        'spec.cooldownPeriod',
        'spec.triggers',
      ),
    ).toMatchInlineSnapshot(`
     minReplicaCount: 0
     maxReplicaCount: 4
     cooldownPeriod: 3600
     triggers:
       - metadata:
           interceptorRoute: llama
           scalerAddress: keda-add-ons-http-external-scaler.keda:9090
         name: requests-under-way
         type: external-push
         metricType: AverageValue
    `);
  });
});

describe('by a HorizontalPodAutoscaler', () => {
  test('of what is recorded, by way of the Prometheus adapter', () => {
    const { chart } = scaled({
      by: 'hpa',
      metrics: [ScalingMetric.queueDepth(), ScalingMetric.timeToFirstToken({ p95: Duration.millis(1500) })],
    });
    expect(yamlOf(chart, 'HorizontalPodAutoscaler', 'llama')).toMatchInlineSnapshot(`
     apiVersion: autoscaling/v2
     kind: HorizontalPodAutoscaler
     metadata:
       name: llama
       namespace: chat
       labels:
         app.kubernetes.io/component: inference-server
         app.kubernetes.io/instance: llama
         app.kubernetes.io/name: nim
         track: stable
     spec:
       scaleTargetRef:
         apiVersion: apps/v1
         kind: StatefulSet
         name: llama
       minReplicas: 1
       maxReplicas: 4
       metrics:
         - type: External
           external:
             target:
               type: AverageValue
               averageValue: "5"
             metric:
               name: inference_queue_depth
               selector:
                 matchLabels:
                   inference_service: llama
                   track: stable
         - type: External
           external:
             target:
               type: Value
               value: 1500m
             metric:
               name: inference_time_to_first_token_seconds_p95_rate5m
               selector:
                 matchLabels:
                   inference_service: llama
                   track: stable
       behavior:
         scaleDown:
           policies:
             - type: Pods
               periodSeconds: 1800
               value: 1
           selectPolicy: Max
           stabilizationWindowSeconds: 3600
         scaleUp:
           policies:
             - type: Pods
               periodSeconds: 1800
               value: 1
           selectPolicy: Max
           stabilizationWindowSeconds: 0
    `);
  });

  test.each`
    target     | written
    ${400}     | ${'"400"'}
    ${5000}    | ${'"5k"'}
    ${1500}    | ${'"1500"'}
    ${2e6}     | ${'"2M"'}
    ${0.5}     | ${'500m'}
    ${2.00001} | ${'"2"'}
    ${2000.5}  | ${'2000500m'}
  `('$target is written as the API server writes it back', ({ target, written }) => {
    const { chart } = scaled({ by: 'hpa', metrics: [ScalingMetric.generatedTokensPerSecond(target)] });
    const averageValue = 'spec.metrics.0.external.target.averageValue';
    expect(yamlOf(chart, 'HorizontalPodAutoscaler', 'llama', averageValue)).toBe(`averageValue: ${written}\n`);
  });

  test('is what is made where nobody knows a Prometheus', () => {
    expect(inventoryOf(scaled({ serverAddress: undefined }).chart)).toContain('HorizontalPodAutoscaler llama');
  });
});

/** A Deployment of the user's own. */
const mine = (changes: Partial<ScalingTarget> = {}) => ({
  toScalingTarget: (): ScalingTarget => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'mine',
    labels: { 'app.kubernetes.io/instance': 'mine' },
    replicas: 2,
    rolloutSeconds: 400,
    service: 'mine',
    server: 'mine 1.0',
    signals: {
      counters: {},
      gauges: { queueDepth: { metric: 'my_queue', across: 'sum' } },
      histograms: {},
      lacks: {},
    },
    ...changes,
  }),
});

describe('beside a release', () => {
  const SELECT_POLICY = 'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.selectPolicy';
  const GATEWAY = new GatewayReference({ name: 'edge', namespace: 'gateways' });
  const released = (scaler: ReturnType<typeof scaled>, changes: Partial<CanaryRolloutProps>) => {
    new CanaryRollout(scaler.chart, 'release', {
      stable: scaler.llama,
      step: '100%',
      ...changes,
    });
    return scaler;
  };
  const twins = {
    canary: { serviceName: 'llama-canary', port: 8000, replicas: 1 },
    route: { gateway: GATEWAY, hostname: 'llama.example.com', requestTimeout: Duration.minutes(5) },
  } as const;

  test('that is declared after it, nothing goes', () => {
    expect(yamlOf(scaled().chart, 'ScaledObject', 'llama', SELECT_POLICY)).toBe('selectPolicy: Max\n');
    expect(yamlOf(released(scaled(), twins).chart, 'ScaledObject', 'llama', SELECT_POLICY)).toBe(
      'selectPolicy: Disabled\n',
    );
  });

  test('of another service, it goes as always', () => {
    const other = { ...twins, stable: { serviceName: 'other', port: 8000, replicas: 1 } };
    expect(yamlOf(released(scaled(), other).chart, 'ScaledObject', 'llama', SELECT_POLICY)).toBe('selectPolicy: Max\n');
  });

  test('a maximum that is stated leaves room for the canary', () => {
    const changes = { step: 'prepared', ...twins } as const;
    expect(refusalsOf(released(scaled({ maxReplicas: 3 }), changes).chart)).toBe('');
    expect(refusalsOf(released(scaled({ maxReplicas: 4 }), changes).chart)).toMatchInlineSnapshot(`
     chat/llama: capacity
       chat/llama needs 5 GPUs at its maximum with the canary of its release ((4 + 1) x 1); its pools hold 4 (l4 4 nodes x 1).
       Raise maxNodes of l4 from 4 to 5, or set maxReplicas of chat/llama to 3 until its release is done.
    `);
  });

  test('by partition each pod that it adds would run the candidate', () => {
    const scaler = scaled({}, { replicas: 3 });
    const { workload } = scaler.llama;
    released(scaler, { strategy: CanaryStrategy.partition(), step: '1/3', workload });
    expect(refusalsOf(scaler.chart)).toMatchInlineSnapshot(`
     chat/scaler: scaler-conflict
       The release replaces pods from the highest number down (partition), and a scaler changes which is the highest: what it adds runs the candidate at once.
       Release with CanaryStrategy.weightedTwins(), or without a scaler.
    `);
  });

  test('a service that scales to zero would end its stable pods', () => {
    const scaleToZero = { acceptColdStart: Duration.hours(1), hosts: ['llama.example.com'], concurrency: 8 };
    expect(refusalsOf(released(scaled({ scaleToZero }), twins).chart)).toMatchInlineSnapshot(`
     chat/scaler: scale-to-zero
       The release sends requests to the pods of llama and of its canary, past the add-on that counts them: it would end the stable pods, and the way back would be a cold start.
       Leave scaleToZero out until the release is done.
    `);
  });
});

describe('what is scaled', () => {
  test.each([
    ['StatefulSet', scaled],
    [
      'Deployment',
      () => {
        const { chart, llama } = deployment({ runtime: nim('1.8.0'), nodePool: pool() });
        return { chart, scaler: new InferenceAutoscaler(chart, 'scaler', { target: llama }) };
      },
    ],
    [
      'LeaderWorkerSet',
      () => {
        const { chart, llama } = leaderWorkerSet({ replicas: 1 });
        return { chart, scaler: new InferenceAutoscaler(chart, 'scaler', { target: llama }) };
      },
    ],
  ])('a %s states no replicas, and is protected from drains', (kind, make) => {
    const { chart, scaler } = make();
    expect(yamlOf(chart, kind, 'llama', 'spec.replicas')).toBe('# no replicas\n');
    expect(yamlOf(chart, 'PodDisruptionBudget', 'llama', 'spec.maxUnavailable')).toBe('maxUnavailable: 1\n');
    expect(yamlOf(chart, scaler.scaler.kind, 'llama', 'spec.scaleTargetRef.kind')).toBe(`kind: ${kind}\n`);
    expect(refusalsOf(chart)).toBe('');
  });

  test('one that has two replicas already keeps its own disruption budget', () => {
    expect(inventoryOf(scaled({}, { replicas: 2 }).chart).match(/PodDisruptionBudget/g)).toHaveLength(1);
  });

  test('a Deployment of one is not recreated as a whole, since there may be more', () => {
    const { chart, llama } = deployment({ runtime: nim('1.8.0'), nodePool: pool() });
    new InferenceAutoscaler(chart, 'scaler', { target: llama });
    expect(yamlOf(chart, 'Deployment', 'llama', 'spec.strategy')).toMatchInlineSnapshot(`
     strategy:
       type: RollingUpdate
       rollingUpdate:
         maxSurge: 0
         maxUnavailable: 1
    `);
  });

  test('an object of yours says what a scaler must know, its maximum too', () => {
    const chart = new Chart(new App(), 'own', { namespace: 'own' });
    const scaler = new InferenceAutoscaler(chart, 'scaler', { target: mine(), serverAddress: PROMETHEUS });
    expect(refusalsOf(chart)).toMatchInlineSnapshot(`
     own/scaler: scaler-bounds
       Nobody knows in which pools the pods of mine run, so no maximum follows from them.
       State maxReplicas.
    `);
    expect(scaler.maxReplicas).toBe(2);
  });

  test('is in the namespace of its scaler', () => {
    const app = new App();
    const llama = new GpuInferenceStatefulSet(new Chart(app, 'chat', { namespace: 'chat' }), 'llama', {
      ...CONTRACT,
      runtime: nim('1.8.0'),
      nodePool: pool(),
    });
    const elsewhere = new Chart(app, 'platform', { namespace: 'platform' });
    new InferenceAutoscaler(elsewhere, 'scaler', { target: llama, serverAddress: PROMETHEUS, maxReplicas: 3 });
    expect(refusalsOf(elsewhere)).toMatchInlineSnapshot(`
     platform/scaler: names
       llama is in the namespace chat, and its scaler in platform, where it finds no llama.
       Declare the scaler in a chart of chat.
    `);
  });

  test('an object of yours states what Kubernetes takes', () => {
    const chart = new Chart(new App(), 'own', { namespace: 'own' });
    const target = mine({ name: 'Mine', labels: { 'a b': 'c d' }, service: 'm!', rolloutSeconds: 600.5, port: NaN });
    new InferenceAutoscaler(chart, 'scaler', { target, name: 'own', serverAddress: PROMETHEUS, maxReplicas: 4 });
    expect(refusalsOf(chart)).toMatchInlineSnapshot(`
     own/scaler: names
       name of the target "Mine" is not an RFC 1123 subdomain (4 characters).
       Use lower-case letters, digits, "-" and "." only, at most 253 characters.
     own/scaler: names
       label of the target key "a b" is not a label key.
       Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
     own/scaler: names
       label of the target "a b" has the value "c d", which is not a label value.
       Use a string of at most 63 letters, digits, "-", "_" or ".".
     own/scaler: names
       service of the target, as the label "inference_service" has the value "m!", which is not a label value.
       Use a string of at most 63 letters, digits, "-", "_" or ".".
     own/scaler: numbers
       rolloutSeconds of the target is 600.5.
       Use a whole number, 0 or more.
     own/scaler: numbers
       port of the target is NaN.
       Use a whole number, from 1 to 65535.
    `);
  });

  test('has a scaler whose name leaves KEDA room for its own', () => {
    expect(refusalsOf(scaled({ name: 'x'.repeat(54) }).chart)).toBe('');
    const name = `llama-${'x'.repeat(60)}`;
    expect(refusalsOf(scaled({ name }).chart)).toMatchInlineSnapshot(`
     chat/scaler: names
       name of the scaler "llama-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" has 66 characters; behind the keda-hpa- of KEDA at most 54 fit.
       Shorten it by 12.
    `);
    expect(refusalsOf(scaled({ name, by: 'hpa' }).chart)).toBe('');
  });

  test('Triton without an engine that queues is told so', () => {
    const runtime = new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' });
    const { chart } = scaled(
      { metrics: [ScalingMetric.timeToFirstToken({ p95: Duration.seconds(1) })] },
      { runtime, model: undefined, maxModelLen: undefined, cache: ModelCache.claim('models', { readOnly: true }) },
    );
    expect(refusalsOf(chart, 'signal-missing')).toMatchInlineSnapshot(`
     chat/scaler: signal-missing
       triton 25.08 does not tell timeToFirstToken.
       Triton measures the first answer of a model that streams, and which that is nobody knows. State models.
    `);
  });
});

describe('the most replicas', () => {
  test.each`
    nodes | replicas | others | most
    ${4}  | ${1}     | ${0}   | ${4}
    ${4}  | ${1}     | ${2}   | ${2}
    ${4}  | ${3}     | ${0}   | ${4}
    ${1}  | ${1}     | ${0}   | ${1}
  `('$nodes nodes, $others taken by others at rest: $most', ({ nodes, replicas, others, most }) => {
    const { chart, scaler } = scaled({}, { nodePool: pool(nodes), replicas });
    if (others > 0) {
      new GpuInferenceStatefulSet(chart, 'other', {
        ...CONTRACT,
        runtime: nim('1.8.0'),
        nodePool: pool(nodes),
        replicas: others,
        cache: ModelCache.perReplica(Size.gibibytes(50)),
      });
    }
    expect(scaler.maxReplicas).toBe(most);
  });

  test('the quota of the namespace counts too', () => {
    const app = new App();
    const tenant = new TenantNamespace(app, 'chat', { gpus: 3 });
    const llama = new GpuInferenceStatefulSet(tenant, 'llama', {
      ...CONTRACT,
      runtime: nim('1.8.0'),
      nodePool: pool(),
    });
    const { maxReplicas } = new InferenceAutoscaler(tenant, 'scaler', { target: llama });
    expect(maxReplicas).toBe(3);
    // What the quota counts beside GPUs is derived for as many pods.
    expect(yamlOf(tenant, 'ResourceQuota', 'quota', 'spec.hard.pods')).toBe('pods: "3"\n');
  });

  test('two scaled services of one pool may each have what the other leaves at rest', () => {
    const { chart, scaler } = scaled();
    const other = new GpuInferenceStatefulSet(chart, 'other', {
      ...CONTRACT,
      runtime: nim('1.8.0'),
      nodePool: pool(),
    });
    const second = new InferenceAutoscaler(chart, 'second', { target: other, serverAddress: PROMETHEUS });
    expect([scaler.maxReplicas, second.maxReplicas]).toEqual([3, 3]);
    expect(refusalsOf(chart)).toBe('');
  });

  test('more than the pool holds is refused', () => {
    expect(refusalsOf(scaled({ maxReplicas: 6 }).chart)).toMatchInlineSnapshot(`
     chat/llama: capacity
       chat/llama needs 6 GPUs at its maximum (6 x 1); its pools hold 4 (l4 4 nodes x 1).
       Raise maxNodes of l4 from 4 to 6, or lower its scaler's maximum.
    `);
  });
});

test('what contradicts itself is refused, all of it at once', () => {
  const office = ScalingSchedule.weekly({ timezone: 'UTC', from: '08:00', to: '18:00', replicas: 9 });
  const few = ScalingSchedule.weekly({ timezone: 'UTC', from: '08:00', to: '18:00', replicas: 2 });
  const told = (changes: Partial<InferenceAutoscalerProps>, service: Partial<GpuInferenceStatefulSetProps> = {}) =>
    refusalsOf(scaled(changes, service).chart);
  const zero = { acceptColdStart: Duration.hours(1), hosts: ['llama.example.com'] };
  expect(
    [
      told({ minReplicas: 3, maxReplicas: 2 }),
      told({ minReplicas: 0 }),
      told({ maxReplicas: 1 }),
      told({ by: 'keda', serverAddress: undefined }),
      told({ serverAddress: 'prometheus:9090' }),
      told({ metrics: [] }),
      told({ metrics: [ScalingMetric.queueDepth(), ScalingMetric.queueDepth(3)] }),
      told({ metrics: [ScalingMetric.runningRequests()] }, { model: undefined }),
      told({ by: 'hpa', schedules: [office], fallbackReplicas: 1, scaleToZero: zero }),
      told({ by: 'hpa', serverAddress: PROMETHEUS }),
      told({ scaleToZero: { ...zero, concurrency: 8 }, serverAddress: PROMETHEUS }),
      told({ serverAddress: 'http://prom theus:9090' }),
      told({ minReplicas: 3, fallbackReplicas: 2, schedules: [few] }),
      told({ scaleToZero: { ...zero, hosts: [...zero.hosts, ...zero.hosts] } }),
      told({ metrics: [ScalingMetric.timeToFirstToken({ p95: Duration.seconds(15) })] }),
      told({ schedules: [office], fallbackReplicas: 7 }),
      told({ scaleToZero: { ...zero, hosts: [] }, minReplicas: 1, metrics: [ScalingMetric.queueDepth()] }),
      told({ scaleToZero: { ...zero, acceptColdStart: Duration.minutes(1) } }),
      told({ scaleToZero: { ...zero, hosts: ['Llama!'], scalerAddress: 'keda' } }),
      told({}, { track: 'canary' }),
      told({ minReplicas: 1.5, maxReplicas: 0, fallbackReplicas: -1 }),
    ].join('\n--\n'),
  ).toMatchInlineSnapshot(`
   chat/scaler: scaler-bounds
     The minimum of llama is 3 and its maximum 2.
     Raise maxReplicas, or lower minReplicas.
   --
   chat/scaler: scale-to-zero
     The minimum of llama is 0, and pods that are not there have no queue: nothing would ever start the first.
     State scaleToZero with the cold start that you accept, or a minimum of 1.
   --
   chat/scaler: scaler-bounds
     llama has 1 replica when nobody calls, and its maximum is 1: there is nothing to scale.
     Raise maxReplicas, or remove the scaler.
   --
   chat/scaler: scaling-metric
     KEDA is not told where Prometheus is.
     State a serverAddress such as http://prometheus-operated.monitoring:9090, or by: 'hpa'.
   --
   chat/scaler: scaling-metric
     "prometheus:9090" is no address of a Prometheus.
     State a serverAddress such as http://prometheus-operated.monitoring:9090, or by: 'hpa'.
   --
   chat/scaler: scaling-metric
     There is no metric, so nothing is ever scaled.
     Leave metrics out: the queue is looked at then.
   --
   chat/scaler: scaling-metric
     The metric queue-depth is stated twice.
     State it once; the lower target would always win.
   --
   chat/scaler: scaling-metric
     Nobody knows how many requests one replica of llama computes at once: there is no memory plan of it.
     State it: ScalingMetric.runningRequests(16), or use ScalingMetric.queueDepth().
   --
   chat/scaler: scaler-conflict
     A HorizontalPodAutoscaler knows nothing of schedules, fallbackReplicas, scaleToZero.
     Use KEDA: by: 'keda' and a serverAddress.
   --
   chat/scaler: scaler-conflict
     A serverAddress is stated, and nobody asks there: a HorizontalPodAutoscaler asks the Prometheus adapter.
     Leave out serverAddress, or by: 'hpa'.
   --
   chat/scaler: scaler-conflict
     A serverAddress is stated, and nobody asks there: beside scaleToZero the HTTP add-on counts.
     Leave out serverAddress, or scaleToZero.
   --
   chat/scaler: scaling-metric
     "http://prom theus:9090" is no address of a Prometheus.
     State a serverAddress such as http://prometheus-operated.monitoring:9090, or by: 'hpa'.
   --
   chat/scaler: scaler-bounds
     Without metrics there would be 2 replicas at least, and there are never fewer than 3.
     Use fallbackReplicas of 3 or more, or leave them out.
   chat/scaler: scaler-bounds
     The schedule wants 2 from 08:00 to 18:00 (UTC), and there are never fewer than 3: it changes nothing.
     Raise its replicas, lower minReplicas, or leave it out.
   --
   chat/scaler: scale-to-zero
     The host name "llama.example.com" is stated twice.
     State it once.
   --
   chat/scaler: scaling-metric
     The target of time-to-first-token-p95 is 15 s, and nim 1.8.0 counts up to 10 s only: however slow it becomes, no replica is added.
     Use less than 10 s, or ScalingMetric.queueDepth().
   --
   chat/scaler: scaler-bounds
     Without metrics there would be 7 replicas, and what pools and quota hold beside the others at rest is 4.
     Use fallbackReplicas of 4 or fewer.
   chat/scaler: scaler-bounds
     The schedule wants 9 from 08:00 to 18:00 (UTC), and what pools and quota hold beside the others at rest is 4.
     Lower its replicas to 4, or raise the maximum.
   --
   chat/scaler: scale-to-zero
     It scales to zero, and its minimum is 1.
     Leave out one of the two.
   chat/scaler: scale-to-zero
     Metrics of the pods are stated, and without a pod they fail: KEDA would take that for a fault and start some.
     Leave metrics out: requests are counted in front of the pods.
   chat/scaler: scale-to-zero
     It has no host name, so no request is handed on.
     Name those that clients call.
   --
   chat/llama: cold-start
     A new replica of chat/llama takes 1330 s to its first answer; the objective is 60 s. It scales to zero, so a first caller waits that long.
     Keep one replica at rest, fill the model cache beforehand, or state a longer objective.
   --
   chat/scaler: names
     host name "Llama!" is not an RFC 1123 subdomain (6 characters).
     Use lower-case letters, digits, "-" and "." only, at most 253 characters.
   chat/scaler: scale-to-zero
     "keda" is no address of the add-on's scaler.
     Use host and port, such as keda-add-ons-http-external-scaler.keda:9090.
   --
   chat/scaler: scaler-conflict
     llama-canary is the canary of a release, whose size follows from the step.
     Scale the stable side.
   --
   chat/scaler: numbers
     minReplicas is 1.5.
     Use a whole number, 0 or more.
   chat/scaler: numbers
     maxReplicas is 0.
     Use a whole number, 1 or more.
   chat/scaler: numbers
     fallbackReplicas is -1.
     Use a whole number, 0 or more.
  `);
});

test('two scalers on one object would undo what the other decides', () => {
  const { chart, llama } = scaled();
  new InferenceAutoscaler(chart, 'second', { target: llama, by: 'hpa', name: 'second' });
  expect(refusalsOf(chart)).toMatchInlineSnapshot(`
   chat/second: scaler-conflict
     StatefulSet llama is scaled by chat/scaler already (KEDA): each would undo what the other decides.
     Give one scaler all metrics; the one that wants most decides.
  `);
});
