import { App, Chart, Duration } from 'cdk8s';
import { InferenceAlerts, InferenceAlertsProps } from '../../lib/observability/inference-alerts';
import { MonitoredPods } from '../../lib/observability/monitored-service';
import { Monitoring } from '../../lib/observability/monitoring';
import { AlertingRule } from '../../lib/observability/rule';
import { SERVICE_ALERTS, ServiceAlertName } from '../../lib/observability/service-alerts';
import { GpuMemoryPlan } from '../../lib/plan/gpu-memory-plan';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { MetricSeries, ServerSignals } from '../../lib/runtime/server-signals';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService } from '../../lib/service/inference-service';
import { CANARY, monitored, pods, SIGNALS } from '../support/monitored';
import '../support/plain-text';
import { H100 } from '../support/pools';
import { promqlProblems } from '../support/promql';
import { CONTRACT, nim, statefulSet } from '../support/services';

const EVERYTHING = {
  horizontalPodAutoscaler: 'llama',
  budget: { perMonth: 3000, pricePerGpuHour: 2 },
  certificate: { name: 'edge', namespace: 'gateways' },
} satisfies Partial<InferenceAlertsProps>;

function alerts(changes: Partial<InferenceAlertsProps> = {}) {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const made = new InferenceAlerts(chart, 'alerts', {
    service: monitored(),
    monitoring: Monitoring.prometheusOperator(),
    ...changes,
  });
  const rules = made.groups.flatMap((group) => group.rules) as AlertingRule[];
  return { rules, names: [...new Set(rules.map(({ alert }) => alert))], problems: made.node.validate() };
}

/** Pods that differ in their plan only. */
const planned = (plan: Partial<MonitoredPods['plan']>) => pods({ plan: { ...pods().plan, ...plan } });
const telling = (signals: Partial<ServerSignals>) =>
  planned({ contract: { ...pods().plan.contract, signals: { ...SIGNALS, ...signals } } });

const exprOf = (name: ServiceAlertName, changes: Partial<InferenceAlertsProps> = {}) =>
  alerts(changes).rules.find(({ alert }) => alert === name)?.expr;

const OF_OBJECTIVES = ['InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn', 'InferenceErrorBudgetSpent'];

describe('a service with everything that can be watched', () => {
  const disk = { kind: 'per-replica', filled: false, readOnly: false } as const;
  const { rules, names, problems } = alerts({ ...EVERYTHING, service: monitored(pods({ cache: disk }), CANARY) });

  test('has every alert of the table, but those of objectives', () => {
    expect(problems).toEqual([]);
    expect([...names, ...OF_OBJECTIVES].sort()).toEqual(Object.keys(SERVICE_ALERTS).sort());
  });

  test.each(rules.map((rule) => [`${rule.alert} ${Object.values(rule.labels).join(' ')}`, rule] as const))(
    '%s can be asked, and says what it is and what to do',
    (_name, rule) => {
      const { severities, summary } = SERVICE_ALERTS[rule.alert as ServiceAlertName];
      expect(promqlProblems(rule.expr)).toEqual([]);
      expect(severities).toContain(rule.labels.severity);
      expect(rule.labels).toMatchObject({ namespace: 'nim', inference_service: 'llama' });
      expect(rule.annotations).toMatchObject({
        summary,
        runbook_url: expect.stringContaining(`/docs/runbooks/${rule.alert}.md`) as string,
      });
      expect(summary).toMatch(/^[A-Z][^{$]*\.$/);
      expect(rule.annotations.description).not.toMatch(/\$\{|undefined|NaN/);
    },
  );

  test('no two have the same name and labels', () => {
    const identities = rules.map(({ alert, labels }) => JSON.stringify([alert, labels]));
    expect(new Set(identities).size).toBe(identities.length);
  });
});

test('without a canary, a scaler, a budget, a certificate and a disk there is nothing to say of them', () => {
  expect(alerts().names).toEqual([
    'InferenceDown',
    'InferenceRestartLoop',
    'InferenceOomKilled',
    'InferencePendingForGpus',
    'InferenceColdStartSlow',
    'InferenceTargetDown',
    'InferenceQueueSaturated',
    'InferenceKvCachePressure',
    'InferenceNoTokenProgress',
    'InferenceSignalMissing',
  ]);
});

test.each`
  server                                          | signals                                                        | without
  ${'a queue'}                                    | ${{ gauges: { running: SIGNALS.gauges.running } }}             | ${['InferenceQueueSaturated', 'InferenceKvCachePressure']}
  ${'tokens'}                                     | ${{ counters: { preemptions: SIGNALS.counters.preemptions } }} | ${['InferenceNoTokenProgress']}
  ${'a queue, running requests or tokens at all'} | ${{ gauges: {}, counters: {} }}                                | ${['InferenceQueueSaturated', 'InferenceKvCachePressure', 'InferenceNoTokenProgress', 'InferenceSignalMissing']}
`('a server that does not tell $server has no alert about it', ({ signals, without }) => {
  const all = alerts().names;
  const { names } = alerts({ service: monitored(telling(signals as Partial<ServerSignals>)) });
  expect(all.filter((name) => !names.includes(name))).toEqual(without);
});

describe('a signal that is missing', () => {
  const asked = (changes: Partial<InferenceAlertsProps>) =>
    [...(exprOf('InferenceSignalMissing', changes) ?? '').matchAll(/"signal", "(\w+)"/g)].map(([, signal]) => signal);
  const own = ['queueDepth', 'kvCacheUtilization', 'running', 'generatedTokens'];

  test('is one of those that alerts and promises ask for', () => {
    expect(asked({})).toEqual(own);
    const objectives = {
      availability: 0.999,
      timeToFirstToken: { p95: Duration.seconds(2.5), p99: Duration.seconds(5) },
    };
    expect(asked({ objectives })).toEqual(['requests', 'timeToFirstToken', ...own]);
    // Refused where it is promised.
    expect(asked({ objectives: { endToEndLatency: { p95: Duration.minutes(1) } } })).toEqual(own);
  });

  test('is asked of those who keep the promise', () => {
    const service = monitored(pods({ role: 'decode' }), pods({ role: 'prefill', serviceName: 'llama-prefill' }));
    const rules = alerts({ service, objectives: { availability: 0.999 } }).rules.filter(
      ({ alert, labels }) => alert === 'InferenceSignalMissing' && labels.signal === undefined,
    );
    expect(rules.map(({ labels, expr }) => [labels.role, expr.includes('"signal", "requests"')])).toEqual([
      ['decode', true],
      ['prefill', false],
    ]);
    expect(rules[1]!.expr).not.toContain('"signal", "generatedTokens"');
  });

  test('in full: a pod without it that answers', () => {
    expect(
      exprOf('InferenceSignalMissing', {
        service: monitored(
          telling({
            gauges: { queueDepth: SIGNALS.gauges.queueDepth! },
            counters: { requests: SIGNALS.counters.requests! },
            histograms: {},
          }),
        ),
      }),
    ).toMatchInlineSnapshot(`
      count by (signal) (
        (
          label_replace(up{namespace="nim", inference_service="llama", track="stable"} == 1 unless on (namespace, pod) waiting{namespace="nim", inference_service="llama", track="stable"}, "signal", "queueDepth", "", "")
        )
        and on (namespace, pod) (
          (sum by (namespace, pod) (rate(requests_total{namespace="nim", inference_service="llama", track="stable"}[15m]))) > 0
        )
      )
    `);
  });
});

describe('a server that makes no tokens', () => {
  const progress = (progress?: readonly MetricSeries[]) => {
    const generatedTokens = { series: [{ metric: 'tokens_total' }], appearsLate: true, progress };
    return { service: monitored(telling({ counters: { generatedTokens } })) };
  };

  test('is asked for those that it counts while it writes', () => {
    expect(exprOf('InferenceNoTokenProgress', progress([{ metric: 'steps_total' }]))).toMatchInlineSnapshot(`
      (sum by (namespace, pod) (running{namespace="nim", inference_service="llama", track="stable"})) > 0
      and on (namespace, pod) ((sum by (namespace, pod) (rate(steps_total{namespace="nim", inference_service="llama", track="stable"}[5m])) or 0 * sum by (namespace, pod) (up{namespace="nim", inference_service="llama", track="stable"}))) == 0
    `);
  });

  test('cannot be told from one that writes a long answer when it counts them at the end', () => {
    expect(exprOf('InferenceNoTokenProgress', progress([]))).toBeUndefined();
    // Nor is anybody told that the alert has nothing to go by.
    expect(exprOf('InferenceSignalMissing', progress([]))).not.toContain('"signal", "generatedTokens"');
  });
});

test('a server without metrics is watched by what Kubernetes tells', () => {
  const { names } = alerts({ service: monitored(planned({ contract: { ports: [] } })) });
  expect(names).toEqual([
    'InferenceDown',
    'InferenceRestartLoop',
    'InferenceOomKilled',
    'InferencePendingForGpus',
    'InferenceColdStartSlow',
  ]);
});

/** A small model on large GPUs: memory has room for many. */
const CONTRACT_H100 = {
  nodePool: H100,
  model: 'meta-llama/Llama-3.1-8B-Instruct',
  maxModelLen: 2048,
  credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
} as const;

describe('thresholds follow from the plan', () => {
  const queue = (plan: object, queuePerReplica?: number) =>
    exprOf('InferenceQueueSaturated', { service: monitored(planned(plan)), queuePerReplica });

  test.each`
    plan                          | queuePerReplica | most
    ${{}}                         | ${undefined}    | ${5}
    ${{ sequencesPerReplica: 3 }} | ${undefined}    | ${3}
    ${{ sequencesPerReplica: 0 }} | ${undefined}    | ${1}
    ${{ sequencesPerReplica: 3 }} | ${20}           | ${20}
  `('a queue of $most for each replica', ({ plan, queuePerReplica, most }) => {
    expect(queue(plan as object, queuePerReplica as number)).toMatch(new RegExp(`> ${most}$`));
  });

  test('the Llama of the reference platform computes two of its longest sequences at once', () => {
    const { llama } = statefulSet();
    const service = { name: 'llama', namespace: 'nim', pods: [llama] } as const;
    expect(exprOf('InferenceQueueSaturated', { service })).toMatch(/> 2$/);
    const { rolloutSeconds } = llama.plan.startup;
    expect(exprOf('InferenceColdStartSlow', { service })).toContain(`> ${rolloutSeconds}`);
    expect(exprOf('InferenceVolumeFull', { service })).toContain('persistentvolumeclaim=~"model-cache-llama-[0-9]+"');
  });

  const vllm = (settings: object = {}) => new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.2', ...settings });
  const sglang = (settings: object = {}) => new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23', ...settings });
  const mixture = { model: 'Qwen/Qwen3-30B-A3B', dataParallelSize: 4, expertParallel: true, maxModelLen: 32_768 };
  test.each`
    changes                                                        | most    | why
    ${{ runtime: vllm() }}                                         | ${220}  | ${'what memory holds'}
    ${{ runtime: vllm({ maxNumSeqs: 8 }) }}                        | ${8}    | ${'what vLLM is told to take'}
    ${{ runtime: sglang({ maxRunningRequests: 8 }) }}              | ${8}    | ${'what SGLang is told to take'}
    ${{ runtime: sglang(), maxModelLen: 1024 }}                    | ${401}  | ${'what memory holds: SGLang has no such limit of its own'}
    ${{ runtime: vllm(), maxModelLen: 128 }}                       | ${1024} | ${'what vLLM takes by itself'}
    ${{ runtime: vllm(), ...mixture }}                             | ${68}   | ${'over all ranks'}
    ${{ runtime: sglang({ maxRunningRequests: 10 }), ...mixture }} | ${8}    | ${'two for each rank'}
  `('alert and scaler have one number, $most: $why', ({ changes, most }) => {
    const { llama } = statefulSet({ ...CONTRACT_H100, ...(changes as object) });
    const service = { name: 'llama', namespace: 'nim', pods: [llama] } as const;
    expect(exprOf('InferenceQueueSaturated', { service })).toMatch(new RegExp(`> ${most}$`));
    expect(llama.toScalingTarget().sequences).toBe(most);
  });

  test('an embedding model makes no tokens, and prompts are computed without one', () => {
    const embedding = planned({
      memory: [{ request: { model: { task: 'embedding' } } }] as unknown as GpuMemoryPlan[],
    });
    expect(exprOf('InferenceNoTokenProgress', { service: monitored(embedding) })).toBeUndefined();
    expect(exprOf('InferenceNoTokenProgress', { service: monitored(pods({ role: 'prefill' })) })).toBeUndefined();
  });
});

test.each`
  kind                 | names                                 | object
  ${'StatefulSet'}     | ${'llama-[0-9]+'}                     | ${'statefulset="llama"'}
  ${'LeaderWorkerSet'} | ${'llama-[0-9]+(-[1-9][0-9]*)?'}      | ${'statefulset="llama"'}
  ${'Deployment'}      | ${'llama-[a-z0-9]{5,10}-[a-z0-9]{5}'} | ${'deployment="llama"'}
`('pods of a $kind are found by their names', ({ kind, names, object }) => {
  const service = monitored(pods({ kind }));
  expect(exprOf('InferencePendingForGpus', { service })).toContain(`pod=~"${names}"`);
  expect(exprOf('InferenceDown', { service })).toContain(object);
});

test('pods of a twin are told like those of the service, and nobody is missed when it has none', () => {
  const service = monitored(pods({ kind: 'Deployment', serviceName: 'llama-primary', twin: 'llama' }));
  const [, names] = /pod=~"(.*?)"/.exec(exprOf('InferencePendingForGpus', { service })!)!;
  const found = new RegExp(`^(?:${names!})$`);
  expect(['llama-primary-7d9f8b6c5d-x2k4z', 'llama-7d9f8b6c5d-x2k4z'].filter((name) => found.test(name))).toHaveLength(
    2,
  );
  expect(['llama-large-7d9f8b6c5d-x2k4z', 'llama-0', 'llama-primary-0'].filter((name) => found.test(name))).toEqual([]);
  expect(exprOf('InferenceRestartLoop', { service })).toContain(`pod=~"${names}"`);
  expect(exprOf('InferenceColdStartSlow', { service })).toContain(`pod=~"${names}"`);
  expect(exprOf('InferenceDown', { service })).not.toContain('deployment="llama"');
});

test('a number for a queue that the server does not tell is refused, where silence would be the answer', () => {
  const service = monitored(telling({ gauges: {} }));
  expect(alerts({ service }).problems).toEqual([]);
  expect(alerts({ service, queuePerReplica: 3 }).problems).toEqual([
    'signal-missing\n  server 1.0.0 does not tell queueDepth.\n  Nobody wrote down a metric for it.',
  ]);
});

// ReplicaSet "<name>-<hash>", its "-", cut to 58 characters, and five letters.
test.each([46, 47, 50, 52])('pods of a Deployment with a name of %d characters are found', (length) => {
  const name = 'a'.repeat(length);
  const expr = exprOf('InferencePendingForGpus', {
    service: monitored(pods({ kind: 'Deployment', serviceName: name })),
  });
  const found = new RegExp(`^(?:${/pod=~"(.*?)"/.exec(expr!)![1]!})$`);
  for (const hash of ['7d9f8', '7d9f8b6c', '7d9f8b6c5d']) {
    expect(`${`${name}-${hash}-`.slice(0, 58)}x2k4z`).toMatch(found);
  }
  expect(`${name}-0`).not.toMatch(found);
  expect(`${name}-b-7d9f8b6c-x2k4z`).not.toMatch(found);
});

test('a canary without a ready pod wakes nobody up', () => {
  const { rules } = alerts({ service: monitored(pods(), CANARY) });
  const down = rules.filter(({ alert }) => alert === 'InferenceDown');
  expect(down.map(({ labels: { track, severity } }) => [track, severity])).toEqual([
    ['stable', 'critical'],
    ['canary', 'warning'],
  ]);
});

test.each`
  step         | critical
  ${'5%'}      | ${'stable'}
  ${'50%'}     | ${'stable'}
  ${'100%'}    | ${'canary'}
  ${'promote'} | ${'canary'}
`('at $step the service is down without its $critical', ({ step, critical }) => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const { monitoring } = new InferenceService(chart, 'llama', {
    ...CONTRACT,
    monitoring: Monitoring.prometheusOperator(),
    slo: { availability: 0.999 },
    canary: { runtime: nim('1.8.0'), step: step as '5%' },
  });
  const rules = monitoring!.alerts.groups.flatMap((group) => group.rules) as AlertingRule[];
  const down = rules.filter(({ alert, labels }) => alert === 'InferenceDown' && labels.severity === 'critical');
  expect(down.map(({ labels }) => labels.track)).toEqual([critical]);
  // Whose requests are lost when nobody is ready.
  const lost = JSON.stringify(monitoring!.slo!.groups);
  expect(lost.includes('statefulset=\\"llama\\"')).toBe(critical === 'stable');
});

describe('a budget', () => {
  const l4 = {
    machine: { type: 'g2-standard-4', price: { onDemand: 0.7, spot: 0.3, region: 'r', date: 'd', source: 's' } },
  };
  const cost = (nodePools: MonitoredPods['nodePools'], budget: InferenceAlertsProps['budget'] = { perMonth: 1000 }) =>
    alerts({ service: monitored(pods({ nodePools, gpusPerReplica: 2 })), budget });
  const factor = ({ rules }: ReturnType<typeof alerts>) =>
    /\* ([\d.]+)$/m.exec(rules.find(({ alert }) => alert === 'InferenceCostAboveBudget')?.expr ?? '')?.[1];

  test.each`
    pools                                                                              | budget                                      | monthly    | why
    ${[{ ...l4, spot: false, gpusPerNode: 1 }]}                                        | ${{ perMonth: 1000 }}                       | ${'1022'}  | ${'2 GPUs x 0.70 x 730 h'}
    ${[{ ...l4, spot: true, gpusPerNode: 1 }]}                                         | ${{ perMonth: 1000 }}                       | ${'438'}   | ${'on spot'}
    ${[{ ...l4, spot: false, gpusPerNode: 4 }]}                                        | ${{ perMonth: 1000 }}                       | ${'255.5'} | ${'a quarter of a machine for each'}
    ${[{ ...l4, spot: true, gpusPerNode: 1 }, { ...l4, spot: false, gpusPerNode: 1 }]} | ${{ perMonth: 1000 }}                       | ${'1022'}  | ${'the dearest pool'}
    ${undefined}                                                                       | ${{ perMonth: 1000, pricePerGpuHour: 1.5 }} | ${'2190'}  | ${'as stated'}
  `('a replica costs $monthly a month: $why', ({ pools, budget, monthly }) => {
    expect(factor(cost(pools, budget))).toBe(monthly);
  });

  test('for GPUs of which nobody knows the price is refused', () => {
    expect(cost([{ spot: false, gpusPerNode: 8 }]).problems.join()).toMatchInlineSnapshot(`
cost
  The service has a budget, and nobody knows what the GPUs of nim/llama cost.
  State pricePerGpuHour of the budget, or the machines in its priceList.
`);
    expect(cost(undefined, { perMonth: -1, pricePerGpuHour: 1 }).problems.join()).toContain(
      'The budget is -1 a month.',
    );
  });
});

test('Google sees no certificate of another namespace', () => {
  const monitoring = Monitoring.googleManaged();
  expect(exprOf('InferenceCertificateExpiry', { ...EVERYTHING, monitoring })).toBeUndefined();
});
