import { ApiObject, App, Chart, Duration, Size } from 'cdk8s';
import {
  GatewayReference,
  InferenceService,
  InferenceServiceProps,
  ModelCache,
  Monitoring,
  ProgressiveDelivery,
  ScalingMetric,
  SglangRuntime,
} from '../../lib';
import { SignalName, SIGNALS } from '../../lib/runtime/server-signals';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { GONE, lacking } from '../support/lacking';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { servingRequest } from '../support/serving-request';

/** A server that tells every signal. */
const SGLANG = new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' });

const told = SGLANG.contract(servingRequest()).signals!;
const sources = { ...told.counters, ...told.gauges, ...told.histograms };
const metricsOf = (signal: SignalName): string[] => {
  const source = sources[signal]!;
  return 'series' in source ? source.series.map(({ metric }) => metric) : [source.metric];
};
const ALL: readonly SignalName[] = Object.values(SIGNALS).flat();

/** Metrics that nothing but these signals is made of. */
function metricsOnlyOf(...signals: readonly SignalName[]): string[] {
  const others = ALL.filter((each) => !signals.includes(each)).flatMap(metricsOf);
  return signals.flatMap(metricsOf).filter((metric) => !others.includes(metric));
}

const within = (seconds: number) => ({ p95: Duration.seconds(seconds) });
const CONTRACT = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  nodePool: POOLS['GKE, eight nodes'],
  maxModelLen: 8192,
  cache: ModelCache.ephemeral(Size.gibibytes(20)),
  workload: 'Deployment',
  route: { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' },
  monitoring: Monitoring.prometheusOperator(),
} as const satisfies Partial<InferenceServiceProps>;

/** Everything that asks a server for something, in three services: a number in Git, a release by hand, a release by a controller. */
const ASKING: Readonly<Record<string, (runtime: ServingRuntime) => InferenceServiceProps>> = {
  'promised and scaled': (runtime) => ({
    ...CONTRACT,
    runtime,
    slo: {
      availability: 0.999,
      timeToFirstToken: within(1),
      interTokenLatency: within(0.1),
      endToEndLatency: within(60),
      queueTime: within(1),
    },
    scaling: {
      metrics: [
        ScalingMetric.queueDepth(),
        ScalingMetric.runningRequests(4),
        ScalingMetric.kvCacheUtilization(),
        ScalingMetric.timeToFirstToken(within(1)),
        ScalingMetric.generatedTokensPerSecond(500),
      ],
    },
  }),
  'released by hand': (runtime) => ({ ...CONTRACT, runtime, canary: { runtime, step: '20%' } }),
  'released by a controller': (runtime) => ({
    ...CONTRACT,
    runtime,
    replicas: 2,
    progressiveDelivery: ProgressiveDelivery.argoRollouts(),
  }),
};

function chartOf(props: InferenceServiceProps): Chart {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new InferenceService(chart, 'llama', props);
  return chart;
}

const textOf = (chart: Chart) =>
  chart.node
    .findAll()
    .filter((node): node is ApiObject => ApiObject.isApiObject(node))
    .map((object) => JSON.stringify(object.toJson()))
    .join('\n');

const KINDS = Object.entries(ASKING);
/** Metrics that several signals are made of go with all of them. */
const GOING: readonly (readonly SignalName[])[] = [
  ...ALL.map((signal) => [signal]),
  ['requests', 'errors'],
  ['promptTokens', 'prefixCacheQueries'],
];

test('every signal is asked for by somebody', () => {
  const text = KINDS.map(([, make]) => textOf(chartOf(make(SGLANG)))).join('\n');
  expect(ALL.flatMap(metricsOf).filter((metric) => !text.includes(metric))).toEqual([]);
});

describe.each(KINDS)('a service that is %s', (_, make) => {
  test('is synthesized', () => expect(refusalsOf(chartOf(make(SGLANG)), 'signal-missing')).toBe(''));

  test.each(GOING.map((signals) => [signals.join(' and '), signals] as const))(
    'asks no metric of %s when the server does not tell it',
    (_name, signals) => {
      const text = textOf(chartOf(make(lacking(SGLANG, ...signals))));
      expect(metricsOnlyOf(...signals).filter((metric) => text.includes(metric))).toEqual([]);
    },
  );
});

const THRESHOLDS = { timeToFirstToken: 1.5 };
test.each`
  release                  | make                                                                                                                             | refused
  ${'a canary of another'} | ${(runtime: ServingRuntime) => ({ runtime: SGLANG, canary: { runtime, step: 'prepared', thresholds: THRESHOLDS } })}             | ${'nim/llama/monitoring/alerts: signal-missing\n  timeToFirstToken is stated as a threshold, and nothing would be compared by it: as canary, sglang 0.5.23 does not tell timeToFirstToken.'}
  ${'Argo Rollouts'}       | ${(runtime: ServingRuntime) => ({ runtime, progressiveDelivery: ProgressiveDelivery.argoRollouts({ thresholds: THRESHOLDS }) })} | ${'nim/llama/release: signal-missing\n  timeToFirstToken is stated as a threshold, and nothing would be compared by it: as stable and as canary, sglang 0.5.23 does not tell timeToFirstToken.'}
  ${'Flagger'}             | ${(runtime: ServingRuntime) => ({ runtime, progressiveDelivery: ProgressiveDelivery.flagger({ thresholds: THRESHOLDS }) })}      | ${'nim/llama/release: signal-missing\n  timeToFirstToken is stated as a threshold, and nothing would be compared by it: as stable and as canary, sglang 0.5.23 does not tell timeToFirstToken.'}
`('a threshold for $release that nobody can compare is refused', ({ make, refused }) => {
  const props = (runtime: ServingRuntime) =>
    ({ ...CONTRACT, ...(make as (of: ServingRuntime) => object)(runtime) }) as InferenceServiceProps;
  const told = (runtime: ServingRuntime) => refusalsOf(chartOf(props(runtime)), 'signal-missing');
  expect(told(SGLANG)).toBe('');
  expect(told(lacking(SGLANG, 'timeToFirstToken'))).toBe(
    `${refused as string}\n  ${GONE} Or leave timeToFirstToken out: then what both sides tell is compared.`,
  );
});

test.each`
  signal                  | refused
  ${'requests'}           | ${['monitoring/slo']}
  ${'errors'}             | ${['monitoring/slo']}
  ${'generatedTokens'}    | ${['scaling']}
  ${'queueDepth'}         | ${['scaling']}
  ${'running'}            | ${['scaling']}
  ${'kvCacheUtilization'} | ${['scaling']}
  ${'timeToFirstToken'}   | ${['scaling', 'monitoring/slo']}
  ${'interTokenLatency'}  | ${['monitoring/slo']}
  ${'endToEndLatency'}    | ${['monitoring/slo']}
  ${'queueTime'}          | ${['monitoring/slo']}
`('who states something about $signal is refused without it', ({ signal, refused }) => {
  const make = ASKING['promised and scaled']!;
  const problems = refusalsOf(chartOf(make(lacking(SGLANG, signal as SignalName))), 'signal-missing');
  const message = `signal-missing\n  sglang 0.5.23 does not tell ${signal as string}.\n  ${GONE}`;
  expect(problems).toBe((refused as string[]).map((part) => `nim/llama/${part}: ${message}`).join('\n'));
});
