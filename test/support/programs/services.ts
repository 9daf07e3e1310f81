import fc from 'fast-check';
import { artifact, cache, credentials, lora } from './artifacts';
import { call, Code, code, list, mostly, of, often, oneOf, props, rarely, sometimes, weighted } from './code';
import { GatewayKind, network, route } from './gateways';
import { Place } from './hardware';
import { count, duration, image, name, oddText, part, text, address } from './odd';
import { podProps } from './pods';
import { ownModel, Server } from './servers';

const none = fc.constant(undefined);

/** Steps and strategies that go together. */
const strategies: readonly (readonly [strategy: Code, steps: readonly string[]])[] = [
  [fc.constant(''), ['prepared', 'smoke', '5%', '20%', '50%', 'promote']],
  [
    call('CanaryStrategy.weightedTwins', props({ weights: of([5, 25]), canaryReplicas: sometimes(count(1)) })),
    ['prepared', 'smoke', '5%', '25%', 'promote'],
  ],
  [code('CanaryStrategy.partition()'), ['prepared', '1/2', 'promote']],
  [code('CanaryStrategy.blueGreen()'), ['prepared', 'smoke', 'promote']],
  [
    call('CanaryStrategy.shadow', props({ weights: sometimes(list(count(10), 1, 1)) })),
    ['prepared', 'smoke', 'mirror', 'promote'],
  ],
];

const thresholds = props({
  errorRatio: sometimes(part(0.01)),
  timeToFirstToken: sometimes(mostly(of(1.3), of(0, 1, -1, NaN))),
  minimumRequests: sometimes(count(100)),
  window: rarely(duration('minutes(10)')),
});

const smokeTest = oneOf(
  of(false),
  props({
    request: sometimes(
      props({
        path: text('/v1/models', '/generate'),
        body: of({ prompt: 'a' }, {}, { a: "it's", b: '$(X) `a` "b" \n ${Y}' }),
        expect: mostly(of('text', '"answer"'), oddText),
      }),
    ),
    image: rarely(image('registry.example.com/busybox:1.37.0')),
    gatewayAddress: rarely(address('http://edge.gateways.svc.cluster.local')),
    key: rarely(props({ secretName: name('key'), secretKey: name('key') })),
  }),
);

const canary = (server: Server): Code =>
  oneOf(
    ...strategies.map(([strategy, steps]) =>
      strategy.chain((made) =>
        props({
          runtime: server.runtime(true),
          step: of(...steps),
          strategy: made === '' ? none : code(made),
          smokeTest: sometimes(smokeTest),
          thresholds: rarely(thresholds),
        }),
      ),
    ),
  );

const delivered = {
  weights: sometimes(list(count(5, 30), 1, 1)),
  pause: sometimes(duration('minutes(20)')),
  thresholds: sometimes(thresholds),
  prometheusAddress: address('http://prometheus-operated.monitoring:9090'),
};

const delivery: Code = oneOf(
  call('ProgressiveDelivery.argoRollouts', props(delivered)),
  call('ProgressiveDelivery.flagger', props({ ...delivered, failedChecks: sometimes(count(2)) })),
);

const metric = oneOf(
  call('ScalingMetric.queueDepth', count(3)),
  code('ScalingMetric.queueDepth()', 'ScalingMetric.runningRequests()', 'ScalingMetric.kvCacheUtilization()'),
  call('ScalingMetric.kvCacheUtilization', part(0.8)),
  call('ScalingMetric.runningRequests', count(16)),
  code('ScalingMetric.timeToFirstToken({ p95: Duration.seconds(2) })'),
  call('ScalingMetric.generatedTokensPerSecond', count(500)),
);

const schedule = call(
  'ScalingSchedule.weekly',
  props({
    timezone: mostly(of('Europe/Berlin', 'UTC'), of('', 'Mars/Olympus', 'CET', 'utc', '+01:00')),
    from: mostly(of('08:00', '00:00'), of('8:00', '24:00', '')),
    to: mostly(of('18:00', '02:00'), of('08:00', '23:59')),
    days: sometimes(of(['Mon'], ['Sat', 'Sun'], [])),
    replicas: count(3, 2),
  }),
);

const scaling: Code = oneOf(
  props({
    minReplicas: sometimes(count(1, 2)),
    maxReplicas: often(count(4)),
    metrics: sometimes(list(metric, 1, 3)),
    by: of('hpa'),
  }),
  props({
    minReplicas: sometimes(count(1, 2)),
    maxReplicas: often(count(4)),
    metrics: sometimes(list(metric, 1, 3)),
    schedules: sometimes(list(schedule, 1, 2)),
    fallbackReplicas: sometimes(count(2)),
    serverAddress: address('http://prometheus-operated.monitoring:9090'),
  }),
  props({
    maxReplicas: count(2),
    scaleToZero: props({
      acceptColdStart: duration('minutes(30)', 'hours(1)'),
      hosts: list(mostly(of('llama.example.com', 'night.example.com'), of('', '*', 'a b', '*.example.com')), 1, 2),
      concurrency: count(8),
    }),
  }),
);

const latency = props({ p95: duration('seconds(5)', 'seconds(10)'), p50: sometimes(duration('seconds(2.5)')) });

const objectives: Code = props({
  availability: sometimes(mostly(of(0.999, 0.99), of(0, 1, 1.1, 99, NaN, 0.999999999, 0.5))),
  timeToFirstToken: sometimes(latency),
  endToEndLatency: rarely(props({ p90: duration('minutes(1)') })),
  queueTime: rarely(props({ p95: duration('seconds(10)') })),
});

const alerts: Code = props({
  window: rarely(duration('days(7)', 'days(28)')),
  minimumFailures: rarely(count(5)),
  keepFiringFor: rarely(duration('minutes(15)')),
  queuePerReplica: rarely(count(4)),
  budget: sometimes(props({ perMonth: count(5000), pricePerGpuHour: mostly(of(2.5), of(0, -1, NaN)) })),
  burnRates: rarely(
    oneOf(
      code('BurnRatePolicy.sreWorkbook()'),
      call(
        'BurnRatePolicy.of',
        props({ pages: list(props({ burnRate: count(14, 6), over: duration('hours(1)', 'hours(6)') }), 1, 2) }),
      ),
    ),
  ),
});

/** What is under way, of which a service has one at a time. */
type Change = 'nothing' | 'canary' | 'delivery' | 'scaling' | 'prefill' | 'group';

const changesOf = (
  { handsOver, signals, splits }: Server,
  { large }: Place,
  gateway: GatewayKind,
): readonly (readonly [number, Change])[] => [
  [5, 'nothing'],
  [4, 'canary'],
  [signals && gateway !== 'nginx' ? 1 : 0, 'delivery'],
  [signals ? 3 : 0, 'scaling'],
  [handsOver ? 1 : 0, 'prefill'],
  [splits && large ? 2 : 0, 'group'],
];

const waivers = of({
  'image-pinning': 'a test',
  'artifact-checksum': 'a test',
  'artifact-pinning': 'a test',
  'host-path': 'a test',
  'gpu-memory-fit': 'a test',
  capacity: 'a test',
  'canary-unwatched': 'a test',
});

/** A service on the pool `pool`, in the namespace `tenant`, that goes with what the server and the place can do. */
export function service(id: string, place: Place, server: Server, gateway: GatewayKind): Code {
  const changes = changesOf(server, place, gateway).filter(([weight]) => weight > 0);
  return fc
    .oneof(
      { withCrossShrink: true },
      ...changes.map(([weight, change]) => ({ weight, arbitrary: fc.constant(change) })),
    )
    .chain((change) =>
      call('new InferenceService', code('tenant'), of(id), serviceProps(id, change, place, server, gateway)),
    );
}

function serviceProps(id: string, change: Change, place: Place, server: Server, gateway: GatewayKind): Code {
  const { models } = server;
  return props({
    name: sometimes(name(id, 'a', 'llama3-8b-instruct')),
    runtime: server.runtime(),
    nodePool: place.mixes ? weighted([4, code('pool')], [1, code('[pool, second]')]) : code('pool'),
    model: models.length > 0 ? weighted([12, of(...models)], [1, ownModel]) : none,
    maxModelLen: models.length > 0 && !models[0]!.includes('embed') ? mostly(of(8192, 4096), count(8192)) : none,
    servedModelName: models.length > 0 ? rarely(text('llama', 'acme/llama')) : none,
    replicas:
      change === 'scaling' || change === 'group' ? none : change === 'canary' ? count(2) : sometimes(count(1, 2, 3)),
    maxOutputTokens: rarely(count(512)),
    concurrency: rarely(count(2)),
    artifact: artifact(server),
    cache:
      change === 'delivery'
        ? code('ModelCache.ephemeral(Size.gibibytes(40))')
        : models.length > 0
          ? sometimes(cache)
          : weighted([4, code('ModelCache.ephemeral(Size.gibibytes(40))')], [1, cache]),
    credentials: credentials(server),
    lora: server.lora && change === 'nothing' ? rarely(lora) : none,
    workload: change === 'delivery' ? of('Deployment') : rarely(of('Deployment', 'StatefulSet')),
    tensorParallelSize: change === 'group' ? of(place.gpus) : place.large ? rarely(count(2)) : none,
    pipelineParallelSize: change === 'group' ? of(2) : none,
    exclusiveTopology: change === 'group' ? rarely(name('example.com/rack')) : none,
    canary: change === 'canary' ? canary(server) : none,
    progressiveDelivery: change === 'delivery' ? delivery : none,
    scaling: change === 'scaling' ? scaling : none,
    prefill:
      change === 'prefill'
        ? props({
            replicas: sometimes(count(1, 2)),
            router: props({
              image: image(`registry.example.com/router:1.0.0@sha256:${'4'.repeat(64)}`),
              replicas: sometimes(count(2)),
            }),
          })
        : none,
    route:
      change === 'canary' || change === 'delivery'
        ? route(gateway, id)
        : change === 'scaling'
          ? none
          : sometimes(route(gateway, id)),
    network: network(place.cloud),
    slo: sometimes(objectives),
    monitoring: sometimes(code('monitoring')),
    alerts: rarely(alerts),
    secrets: rarely(of(false)),
    waivers,
    ...podProps(id, place.cloud),
  });
}
