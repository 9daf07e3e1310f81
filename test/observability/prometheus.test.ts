import { App, Chart, Duration } from 'cdk8s';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { MonitoredService } from '../../lib/observability/monitored-service';
import { Monitoring } from '../../lib/observability/monitoring';
import { RuleGroup } from '../../lib/observability/rule';
import { signalRecordGroups } from '../../lib/observability/signal-records';
import { LatencyObjective } from '../../lib/plan/latency-objective';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { HistogramSignal, LatencyQuantity, ServerSignals } from '../../lib/runtime/server-signals';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { TritonRuntime } from '../../lib/runtime/triton/triton';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS } from '../../lib/signals/records';
import {
  boundariesOf,
  MEASURED_PER_SECOND,
  MockServer,
  MockServers,
  WITHIN_SECOND_BUCKET,
} from '../support/mock-server';
import { pods } from '../support/monitored';
import { hasPrometheus, LocalPrometheus } from '../support/prometheus';
import { servingRequest } from '../support/serving-request';

const RUNTIMES: Readonly<Record<string, ServingRuntime>> = {
  vllm: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
  'vllm-old': new VllmRuntime({ image: 'vllm/vllm-openai:v0.8.5.post1' }),
  sglang: new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' }),
  nim: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  'nim-2': new NimRuntime({ image: 'nvcr.io/nim/meta/llama-3.1-8b-instruct:2.0.4' }),
  tgi: new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
  triton: new TritonRuntime({ image: 'nvcr.io/nvidia/tritonserver:25.08-py3' }),
};

const keys = <Key extends string>(record: Readonly<Partial<Record<Key, unknown>>>) => Object.keys(record) as Key[];
const signalsOf = (runtime: ServingRuntime): ServerSignals => runtime.contract(servingRequest()).signals!;
const MOCKS = Object.fromEntries(
  Object.entries(RUNTIMES).map(([name, runtime]) => [name, new MockServer(signalsOf(runtime))]),
);

/** Every server has two pods, so what is added up is twice that of one. */
const PODS = 2;

const service = (name: string): MonitoredService => {
  const contract = { ports: [], metrics: { path: '/metrics', port: 8000 }, signals: MOCKS[name]!.signals };
  return { name, namespace: 'nim', pods: [pods({ serviceName: name, plan: { ...pods().plan, contract } })] };
};

/** What can be promised of a server: that the second bucket of a histogram holds 95 % of the requests, of which it holds 80 %. */
const promised = (signals: ServerSignals): Pick<LatencyObjective, 'quantity' | 'seconds'>[] =>
  (['timeToFirstToken', 'interTokenLatency', 'endToEndLatency', 'queueTime'] satisfies LatencyQuantity[]).flatMap(
    (quantity) => {
      const histogram = signals.histograms[quantity];
      return histogram ? [{ quantity, seconds: boundariesOf(histogram)[1]! }] : [];
    },
  );

function rules(name: string): readonly RuleGroup[] {
  const { signals } = MOCKS[name]!;
  const countsErrors = signals.counters.requests && signals.counters.errors;
  // Each alone: parts of one another may promise the same time.
  const objectives = [
    ...(countsErrors ? [{ availability: 0.999 }] : []),
    ...promised(signals).map(({ quantity, seconds }) => ({ [quantity]: { p95: Duration.millis(seconds * 1000) } })),
  ];
  const monitoring = Monitoring.prometheusOperator({ evaluationInterval: Duration.seconds(5) });
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const slos = objectives.flatMap((each, at) =>
    new InferenceSlo(chart, `slo-${at}`, { service: service(name), monitoring, objectives: each }).groups.slice(0, 1),
  );
  return [...signalRecordGroups(service(name)), ...slos];
}

(hasPrometheus() ? describe : describe.skip)('a Prometheus that scrapes a server of each kind', () => {
  let mocks: MockServers;
  let prometheus: LocalPrometheus;
  /** Values of a query by the service. */
  const ask = async (query: string) =>
    new Map((await prometheus.ask(query)).map(({ metric, value }) => [metric.inference_service!, Number(value[1])]));

  beforeAll(async () => {
    mocks = await MockServers.start(MOCKS);
    const names = Object.keys(RUNTIMES);
    const targets = names.flatMap((name) =>
      Array.from({ length: PODS }, (_, pod) => ({
        targets: [mocks.address],
        labels: {
          __metrics_path__: `/${name}/${pod}`,
          namespace: 'nim',
          inference_service: name,
          track: 'stable',
          pod: `${name}-${pod}`,
        },
      })),
    );
    prometheus = await LocalPrometheus.prepare();
    prometheus.configure({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '1s' },
      scrapeConfigs: [{ job_name: 'servers', static_configs: targets }],
      groups: names.flatMap(rules),
    });
    await prometheus.run();
    // Five minutes of history, told in some ten seconds, and one evaluation after that.
    const [requests, measured] = [MOCKS.vllm!.rate(MOCKS.vllm!.signals.counters.requests!), MEASURED_PER_SECOND];
    const least = async (query: string) => Math.min(...(await ask(query)).values());
    for (let tries = 0; tries < 80; tries++) {
      const recorded = await Promise.all([
        least('inference:requests:rate5m{inference_service="vllm"}').then((rate) => rate / requests),
        least('min by (inference_service) (slo:sli_total:rate5m{sloth_slo!="availability"})').then(
          (rate) => rate / measured,
        ),
      ]);
      if (recorded.every((part) => Number.isFinite(part) && part > 0.995 * PODS)) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error('Prometheus recorded nothing within 40 seconds.');
  }, 60_000);

  afterAll(() => {
    prometheus.forget();
    mocks.stop();
  });

  /** A rate is extrapolated to the ends of its window, which a machine at work scrapes late. What is a part of another is late with it. */
  const OF_RATES = 0.1;
  const near = (value: number | undefined, expected: number, tolerance = 0.02) => {
    expect(value).toBeGreaterThan(expected * (1 - tolerance));
    expect(value).toBeLessThan(expected * (1 + tolerance));
  };

  const of = <Signal extends string>(told: (signals: ServerSignals) => Readonly<Partial<Record<Signal, unknown>>>) =>
    Object.entries(MOCKS).flatMap(([name, mock]) =>
      keys<Signal>(told(mock.signals)).map((signal) => ({ name, signal })),
    );

  test.each(of((signals) => signals.counters))('$name: $signal in a second', async ({ name, signal }) => {
    const mock = MOCKS[name]!;
    near((await ask(RATE_RECORDS[signal])).get(name), PODS * mock.rate(mock.signals.counters[signal]!), OF_RATES);
  });

  test.each(of((signals) => signals.gauges))('$name: $signal now', async ({ name, signal }) => {
    const mock = MOCKS[name]!;
    const { metric, across } = mock.signals.gauges[signal]!;
    near((await ask(GAUGE_RECORDS[signal])).get(name), mock.gauge(metric) * (across === 'sum' ? PODS : 1));
  });

  test.each(of<HistogramSignal>((signals) => signals.histograms))(
    '$name: half of the requests are within the $signal that is recorded as p50',
    async ({ name, signal }) => {
      const [least, most] = boundariesOf(MOCKS[name]!.signals.histograms[signal]!);
      const median = least! + (most! - least!) * (0.5 / WITHIN_SECOND_BUCKET);
      near((await ask(quantileRecord(signal, 'p50'))).get(name), median);
    },
  );

  test.each(of((signals) => (signals.counters.requests && signals.counters.errors ? { availability: true } : {})))(
    '$name: errors are that part of the requests',
    async ({ name }) => {
      const mock = MOCKS[name]!;
      const { requests, errors } = mock.signals.counters;
      const answer = await ask('slo:sli_error:ratio_rate5m{sloth_slo="availability"}');
      near(answer.get(name), mock.rate(errors!) / mock.rate(requests!));
    },
  );

  test.each(
    Object.entries(MOCKS).flatMap(([name, { signals }]) => promised(signals).map((each) => ({ name, ...each }))),
  )('$name: one in five is later than a $quantity of $seconds s', async ({ name, quantity }) => {
    const slo = quantity.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const select = `{sloth_slo="${slo}-p95", inference_service="${name}"}`;
    near((await ask(`slo:sli_total:rate5m${select}`)).get(name), PODS * MEASURED_PER_SECOND, OF_RATES);
    near((await ask(`slo:sli_error:ratio_rate5m${select}`)).get(name), 1 - WITHIN_SECOND_BUCKET);
    near((await ask(`slo:sli_error:ratio_rate1h${select}`)).get(name), 1 - WITHIN_SECOND_BUCKET);
  });
});
