import { Chart, Duration, Size } from 'cdk8s';
import fc from 'fast-check';
import {
  GpuInferenceStatefulSet,
  GpuNodePool,
  InferenceAutoscaler,
  ModelCache,
  ModelCredentials,
  NimRuntime,
  ScalingMetric,
  ScalingSchedule,
  WarmPool,
  Weekday,
} from '../../lib';
import { promqlProblems } from '../support/promql';
import { judge } from './judge';
import { mostly, number, optional, text } from './odd';

const few = mostly([1, 2, 3], number);
const seconds = mostly([1, 2.5], fc.double({ min: 0, max: 1e9, noNaN: true })).map((value) => Duration.seconds(value));
const metric = fc.oneof(
  few.map((value) => () => ScalingMetric.queueDepth(value)),
  optional(few).map((value) => () => ScalingMetric.runningRequests(value)),
  mostly([0.5, 1], number).map((value) => () => ScalingMetric.kvCacheUtilization(value)),
  seconds.map((p95) => () => ScalingMetric.timeToFirstToken({ p95 })),
  few.map((value) => () => ScalingMetric.generatedTokensPerSecond(value)),
);
const schedule = fc
  .record({
    timezone: mostly(['UTC', 'Europe/Berlin'], text),
    from: mostly(['08:00', '23:30', '00:00'], text),
    to: mostly(['18:00', '06:00'], text),
    replicas: few,
    days: optional(fc.array(mostly<Weekday>(['Mon', 'Sat', 'Sun'], text as fc.Arbitrary<never>), { maxLength: 3 })),
  })
  .map((props) => () => ScalingSchedule.weekly(props));
const scaling = fc.record({
  name: optional(mostly(['llama', 'scaler'], text)),
  serverAddress: optional(mostly(['http://prometheus.monitoring:9090'], text)),
  by: optional(fc.constantFrom('keda' as const, 'hpa' as const)),
  minReplicas: optional(mostly([1, 2], number)),
  maxReplicas: optional(mostly([3, 4], number)),
  fallbackReplicas: optional(mostly([1, 2], number)),
  metrics: optional(fc.array(metric, { maxLength: 2 })),
  schedules: optional(fc.array(schedule, { maxLength: 2 })),
  scaleToZero: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        acceptColdStart: fc.constantFrom(Duration.hours(1), Duration.minutes(1)),
        hosts: fc.array(mostly(['llama.example.com'], text), { maxLength: 2 }),
        concurrency: optional(few),
        scalerAddress: optional(mostly(['scaler.keda:9090'], text)),
      }),
    },
  ),
  coldStart: optional(mostly([30, 600], fc.double({ min: 0, max: 1e6, noNaN: true }))),
});

const pool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 5 });

test('a scaler is refused, or becomes YAML whose numbers Kubernetes takes and whose queries Prometheus does', () => {
  const tally = judge(
    scaling,
    (app, { metrics, schedules, coldStart, ...props }) => {
      const chart = new Chart(app, 'chat', { namespace: 'chat' });
      const target = new GpuInferenceStatefulSet(chart, 'llama', {
        model: 'meta-llama/Meta-Llama-3-8B-Instruct',
        runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.8.0' }),
        nodePool: pool,
        maxModelLen: 8192,
        cache: ModelCache.perReplica(Size.gibibytes(50)),
        credentials: ModelCredentials.ngc({ secretName: 'ngc' }),
        ...(coldStart !== undefined && { coldStart: Duration.seconds(coldStart) }),
      });
      const { scaler } = new InferenceAutoscaler(chart, 'scaler', {
        ...props,
        ...(metrics && { metrics: metrics.map((make) => make()) }),
        ...(schedules && { schedules: schedules.map((make) => make()) }),
        target,
      });
      app.node.addValidation({ validate: () => (hold(scaler.toJson() as Scaler), []) });
    },
    200,
  );
  expect(tally.accepted).toBeGreaterThan(30);
  expect(tally.refused).toBeGreaterThan(30);
});

interface Scaler {
  readonly kind: string;
  readonly spec: {
    readonly advanced?: { readonly horizontalPodAutoscalerConfig: { readonly behavior: Behaviour } };
    readonly behavior?: Behaviour;
    readonly triggers?: readonly { readonly metadata: Readonly<Record<string, unknown>> }[];
  };
}
type Behaviour = Readonly<
  Record<
    'scaleUp' | 'scaleDown',
    { readonly stabilizationWindowSeconds: number; readonly policies: readonly { readonly periodSeconds: number }[] }
  >
>;

/** What the API server would refuse, whatever was stated. */
function hold({ spec }: Scaler): void {
  const { scaleUp, scaleDown } = (spec.behavior ?? spec.advanced?.horizontalPodAutoscalerConfig.behavior)!;
  for (const { stabilizationWindowSeconds, policies } of [scaleUp, scaleDown]) {
    expect(stabilizationWindowSeconds).toBeLessThanOrEqual(3600);
    for (const { periodSeconds } of policies) {
      expect(periodSeconds).toBeGreaterThan(0);
      expect(periodSeconds).toBeLessThanOrEqual(1800);
      expect(Number.isInteger(periodSeconds)).toBe(true);
    }
  }
  for (const { metadata } of spec.triggers ?? []) {
    for (const value of Object.values(metadata)) expect(typeof value).toBe('string');
    if (typeof metadata.query === 'string') expect(promqlProblems(metadata.query)).toEqual([]);
  }
}

test('a warm pool is refused, or becomes YAML', () => {
  const tally = judge(
    fc.record({
      name: optional(mostly(['warm'], text)),
      nodes: optional(mostly([1, 2], number)),
      priorityClassName: optional(mostly(['placeholder'], text)),
      pauseImage: optional(mostly(['registry.k8s.io/pause:3.10.1'], text)),
    }),
    (app, props) => {
      new WarmPool(new Chart(app, 'platform', { namespace: 'platform' }), 'warm', { ...props, nodePool: pool });
    },
  );
  expect(tally.accepted).toBeGreaterThan(20);
  expect(tally.refused).toBeGreaterThan(10);
});
