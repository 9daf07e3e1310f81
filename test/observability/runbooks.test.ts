import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Duration, Testing } from 'cdk8s';
import { ALERTS } from '../../lib/observability/alerts';
import { DCGM_FIELDS, DCGM_GPU_LABELS, DCGM_NODE_LABELS } from '../../lib/observability/dcgm-fields';
import { GpuMonitoring } from '../../lib/observability/gpu-monitoring';
import { GPU_RECORDS } from '../../lib/observability/gpu-records';
import { InferenceAlerts } from '../../lib/observability/inference-alerts';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { KUBE_METRICS } from '../../lib/observability/kube-metrics';
import { Monitoring } from '../../lib/observability/monitoring';
import { CONTROLLER_METRICS } from '../../lib/observability/platform-alerts';
import { RuleGroup } from '../../lib/observability/rule';
import { DEFAULT_CANARY_THRESHOLDS } from '../../lib/release/canary-thresholds';
import { vllmSignals } from '../../lib/runtime/vllm/vllm-signals';
import { RECORD_LABELS } from '../../lib/signals/pod-selection';
import { GAUGE_RECORDS, quantileRecord, RATE_RECORDS, RECORDED_QUANTILES } from '../../lib/signals/records';
import { CANARY, monitored, pods } from '../support/monitored';
import { L4 } from '../support/pools';
import { metricsOf, promqlProblems, selectorsOf } from '../support/promql';
import { describePromtools, testRules } from '../support/promtool';
import { MAIN, manifestsOfMain } from '../support/reference-platform';
import { Manifest } from '../support/yaml-of';

const FOLDER = join(__dirname, '..', '..', 'docs', 'runbooks');
const pages = readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }));
const alerts = Object.assign({}, ...Object.values(ALERTS)) as Record<string, { readonly summary: string }>;
const isScenario = ({ file }: { readonly file: string }) => file.startsWith('scenario-');
const written = pages.filter((page) => isScenario(page) || page.file.slice(0, -3) in alerts);

const monitoring = Monitoring.prometheusOperator();
const gpuMonitoring = new GpuMonitoring(new App(), 'gpu-monitoring', { monitoring, pools: [L4] });

const VLLM = vllmSignals('0.20.0');
const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
const slo = new InferenceSlo(chart, 'slo', {
  service: monitored(),
  monitoring,
  objectives: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } },
});
const plan = { ...pods().plan, contract: { ...pods().plan.contract, signals: VLLM } };
const { groups } = new InferenceAlerts(chart, 'alerts', {
  service: monitored(pods({ plan }), { ...CANARY, plan }),
  monitoring,
});
const [{ spec: gpuRules }] = Testing.synth(gpuMonitoring) as [Manifest];
const ruled = [...groups, ...slo.groups, ...(gpuRules.groups as RuleGroup[])].flatMap(({ rules }) =>
  rules.flatMap((rule) => ('alert' in rule ? [rule] : [])),
);

/** Labels that an alert gets from its rule, or that its query groups by. */
const labelsOf = (alert: string) =>
  ruled
    .filter((rule) => rule.alert === alert)
    .flatMap(({ expr, labels = {} }) => [
      ...Object.keys(labels),
      ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by]) => by!.split(', ')),
    ]);

describe('pages and alerts', () => {
  test('every alert has a page, and every page an alert or a scenario', () => {
    const names = pages.filter((page) => !isScenario(page)).map(({ file }) => file);
    expect(names.sort()).toEqual([...Object.keys(alerts).map((name) => `${name}.md`), 'README.md', 'xids.md'].sort());
  });

  test('the scenarios that operators meet', () => {
    expect(pages.filter(isScenario).map(({ file }) => file)).toEqual([
      'scenario-autoscaler-and-cost.md',
      'scenario-crash-and-oom.md',
      'scenario-gpu-fault.md',
      'scenario-gpu-leak.md',
      'scenario-image-pull.md',
      'scenario-network-partition.md',
      'scenario-node-pool-lost.md',
      'scenario-pod-pending.md',
      'scenario-slow-after-rollout.md',
    ]);
  });

  test.each(written)('$file has four sections that are not empty', ({ text }) => {
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    expect(sections.filter((section) => section.split('\n').slice(1).join('').trim().length < 20)).toEqual([]);
  });

  test.each(written.filter((page) => !isScenario(page)))('$file begins with what the alert says', ({ file, text }) => {
    const name = file.slice(0, -3);
    expect(text.startsWith(`# ${name}\n\n## Meaning\n\n${alerts[name]!.summary} `)).toBe(true);
  });

  const naming = written.flatMap(({ file, text }) =>
    isScenario({ file })
      ? []
      : [...text.matchAll(/\blabel `(\w+)`/g)].map(([, label]) => ({ alert: file.slice(0, -3), label: label! })),
  );

  test('name labels', () => expect(naming.length).toBeGreaterThan(4));

  test.each(naming)('$alert has the label $label that its page names', ({ alert, label }) =>
    expect(labelsOf(alert)).toContain(label),
  );

  test('the page of a worse canary names all that is compared, and what has to be there before', () => {
    const { text } = pages.find(({ file }) => file === 'InferenceCanaryWorse.md')!;
    const compared = ruled.flatMap(({ labels }) => labels?.comparison ?? []);
    expect(compared).toHaveLength(6);
    expect(compared.filter((comparison) => !text.includes(`\`${comparison}\``))).toEqual([]);
    const { minimumRequests, window } = DEFAULT_CANARY_THRESHOLDS;
    expect(text).toContain(`${minimumRequests} each in ${window.toMinutes()} minutes`);
  });

  test.each(written)('$file can be read at night: in 60 lines, and leads to pages that exist', ({ text }) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(60);
    const links = [...text.matchAll(/\]\(([^)#]+\.md)[^)]*\)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !target.startsWith('../') && !pages.some(({ file }) => file === target))).toEqual(
      [],
    );
  });

  test('no two alerts have the same way out', () => {
    const steps = written.flatMap(({ text }) => text.split('## Mitigation\n\n')[1]!.trim());
    expect(new Set(steps).size).toBe(steps.length);
  });
});

/** With the service of the reference platform in place of the variables. */
const withReference = (code: string) => code.replaceAll('$NS', 'nim').replaceAll('$SVC', 'llama3-8b');

/** Code of a language on a page, in blocks that may be indented. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^( *)(?:\\d+\\. )?\`\`\`${language}\n([^]*?)\n *\`\`\`$`, 'gm'))].map(
    ([, , code]) => code!,
  );
}

const inline = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

const quantiles = Object.keys(RECORDED_QUANTILES) as (keyof typeof RECORDED_QUANTILES)[];
const LATENCIES = [
  'timeToFirstToken',
  'interTokenLatency',
  'timePerOutputToken',
  'endToEndLatency',
  'queueTime',
] as const;

/** What vLLM itself tells: by pod, with labels of its own. Errors have those of requests, and come after them. */
const OF_VLLM = [...Object.values(VLLM.counters).flatMap(({ series }) => series), ...Object.values(VLLM.gauges)].map(
  ({ metric, matchers = [] }): [string, readonly string[]] => [
    metric,
    [...RECORD_LABELS, 'pod', ...matchers.map((matcher) => /^\w+/.exec(matcher)![0])],
  ],
);

/** What a query may ask for, and the labels that it has there. */
const KNOWN = new Map<string, readonly string[]>([
  ...[
    ...Object.values(GAUGE_RECORDS),
    ...Object.values(RATE_RECORDS),
    ...LATENCIES.flatMap((signal) => quantiles.map((quantile) => quantileRecord(signal, quantile))),
  ].map((record): [string, readonly string[]] => [record, RECORD_LABELS]),
  ...slo.groups.flatMap(({ rules }) =>
    rules.flatMap((rule): [string, readonly string[]][] =>
      'record' in rule ? [[rule.record, Object.keys(rule.labels ?? {})]] : [],
    ),
  ),
  ...Object.values(GPU_RECORDS).map((record): [string, readonly string[]] => [record, ['namespace', 'node', 'pool']]),
  ...Object.entries(DCGM_FIELDS).map(([field, { label }]): [string, readonly string[]] => [
    field,
    [...DCGM_NODE_LABELS, ...DCGM_GPU_LABELS, 'exported_namespace', 'exported_pod', ...(label ? [label] : [])],
  ]),
  ...Object.values(KUBE_METRICS).map(({ metric, labels }): [string, readonly string[]] => [
    metric,
    metric === 'up' ? [...labels, ...RECORD_LABELS] : labels,
  ]),
  ...OF_VLLM,
  ...Object.values(CONTROLLER_METRICS).map((metric): [string, readonly string[]] => [metric, []]),
]);

describe('queries', () => {
  const queries = written.flatMap(({ file, text }) => blocks(text, 'promql').map((query) => ({ file, query })));

  test('are there', () => expect(queries.length).toBeGreaterThan(60));

  test.each(queries)('$file: $query', ({ query }) => {
    expect(promqlProblems(query)).toEqual([]);
    expect(metricsOf(query).filter((metric) => !KNOWN.has(metric))).toEqual([]);
  });

  test.each(queries)('$file matches labels that are there: $query', ({ query }) => {
    const unknown = selectorsOf(query).flatMap((selector) => {
      const [name] = metricsOf(selector);
      const labels = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!);
      return labels.filter((label) => !KNOWN.get(name!)!.includes(label)).map((label) => `${name}: ${label}`);
    });
    expect(unknown).toEqual([]);
  });

  test.each(written)('$file names no metric in its text that is not there', ({ text }) => {
    const named = inline(text).filter((code) => /^(?:inference:|slo:|DCGM_|kube_)[\w:]+$/.test(code));
    expect(named.filter((name) => !KNOWN.has(name))).toEqual([]);
  });
});

/** Answers of a query of a page, found by what it reads. */
const ANSWERED: readonly {
  readonly file: string;
  readonly reads: string;
  readonly series: Readonly<Record<string, string>>;
  readonly is: Readonly<Record<string, number>>;
}[] = [
  {
    // One of two nodes offers nothing.
    file: 'GpuDevicesMissing.md',
    reads: 'inference:gpus_allocatable',
    series: {
      'inference:node_pool:info{node="a", pool="l4"}': '1',
      'inference:node_pool:info{node="b", pool="l4"}': '1',
      'inference:gpus_allocatable{node="a", pool="l4"}': '1',
      'inference:gpus_allocatable{node="b", pool="l4"}': '0',
    },
    is: { '{pool="l4"}': 1 },
  },
  {
    file: 'InferenceColdStartSlow.md',
    reads: 'kube_pod_status_ready_time',
    series: {
      'kube_pod_status_scheduled_time{namespace="nim", pod="llama3-8b-0"}': '1000',
      'kube_pod_status_ready_time{namespace="nim", pod="llama3-8b-0"}': '1400',
      'kube_pod_container_resource_requests{namespace="nim", pod="llama3-8b-0", node="a", resource="cpu"}': '4',
      'kube_pod_container_resource_requests{namespace="nim", pod="llama3-8b-0", node="a", resource="nvidia_com_gpu"}':
        '1',
    },
    is: { '{node="a", pod="llama3-8b-0"}': 400 },
  },
  {
    file: 'InferenceKvCachePressure.md',
    reads: 'inference:prompt_tokens:rate5m',
    series: {
      'inference:requests:rate5m{namespace="nim", inference_service="llama3-8b"}': '2',
      'inference:prompt_tokens:rate5m{namespace="nim", inference_service="llama3-8b"}': '800',
      'inference:generated_tokens:rate5m{namespace="nim", inference_service="llama3-8b"}': '200',
    },
    is: { '{}': 500 },
  },
  {
    // The metric that this server does not tell takes nothing from the one that it does.
    file: 'scenario-autoscaler-and-cost.md',
    reads: 'inference:queue_depth',
    series: { 'inference:queue_depth{namespace="nim", inference_service="llama3-8b"}': '3' },
    is: { 'inference:queue_depth{namespace="nim", inference_service="llama3-8b"}': 3 },
  },
];

describePromtools('promtool $version answers', (tool) => {
  test.each(ANSWERED)('$file with $is', ({ file, reads, series, is }) => {
    const { text } = pages.find((page) => page.file === file)!;
    const query = withReference(blocks(text, 'promql').find((code) => metricsOf(code).includes(reads))!);
    expect(testRules(tool, [], [{ name: file, interval: '1m', series, answers: [{ query, at: '0m', is }] }])).toBe('');
  });
});

/** Kinds by the names that kubectl takes, which Kubernetes or others make, or which belong to none of our manifests. */
const MADE_BY_OTHERS: ReadonlySet<string> = new Set(
  [
    'apiservices certificaterequests certificate certificates challenges clusterissuers clusterpolicies.nvidia.com',
    'controllerrevisions deploy deployment deployments endpointslices event events hpa node nodes orders pod pods',
    'podmonitors priorityclasses pv pvc resourceclaims scaledobjects secret storageclass workloads daemonset',
  ].flatMap((line) => line.split(' ')),
);

/** Labels that we do not write, by who does. */
const LABELS_OF_OTHERS: Readonly<Record<string, string>> = {
  'app=nvidia-dcgm-exporter': 'NVIDIA/gpu-operator assets/state-dcgm-exporter',
  'app.kubernetes.io/name=kube-state-metrics': 'the Helm chart of kube-state-metrics',
  'app.kubernetes.io/name=warm-pool': 'lib/scaling/warm-pool.ts, which the reference platform does not have',
  'kubernetes.io/service-name=llama3-8b': 'Kubernetes, on every EndpointSlice',
};

/** Flags of kubectl that take the next word. */
const WITH_VALUE = new Set(['-n', '-l', '-o', '-L', '-p', '-c', '--field-selector']);

interface Command {
  readonly verb: string;
  readonly kinds: readonly string[];
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: string;
}

/** Commands of kubectl in a text of a shell, with the service of the reference platform in place of the variables. */
function commandsIn(shell: string): Command[] {
  const text = withReference(shell);
  return [...text.matchAll(/\bkubectl ((?:'[^']*'|[^|;)&'\n])*)/g)].map(([, rest]) => {
    const words = rest!.match(/(?:'[^']*'|\S)+/g)!;
    const flags = new Map<string, string>();
    const positional = words.filter((word, at) => {
      if (WITH_VALUE.has(words[at - 1] ?? '')) {
        flags.set(words[at - 1]!, word);
        return false;
      }
      return !word.startsWith('-');
    });
    const [verb = '', ...others] = positional[0] === 'rollout' ? positional.slice(1) : positional;
    const [kinds = '', name] = others[0]?.includes('/') ? others[0].split('/') : others;
    return { verb, kinds: kinds.split(','), name, namespace: flags.get('-n'), selector: flags.get('-l') };
  });
}

describe('commands', () => {
  const commands = written.flatMap(({ file, text }) =>
    [...blocks(text, 'sh'), ...inline(text).filter((code) => code.includes('kubectl'))]
      .flatMap(commandsIn)
      .map((command) => ({ file, command })),
  );
  let manifests: readonly Manifest[];
  beforeAll(() => {
    manifests = [...manifestsOfMain(MAIN), ...(Testing.synth(gpuMonitoring) as Manifest[])];
  });

  const ABOUT_KINDS = new Set(['get', 'describe', 'delete', 'edit', 'patch', 'annotate', 'restart', 'scale']);
  const asked = commands.filter(({ command }) => ABOUT_KINDS.has(command.verb));
  /** Names of a kind that kubectl takes: its own, and its plural. */
  const namesOf = (kind: string) => {
    const own = kind.toLowerCase();
    return [own, own.endsWith('y') ? `${own.slice(0, -1)}ies` : `${own}s`];
  };

  test('are there', () => expect(asked.length).toBeGreaterThan(60));

  test('leave replicas to those who keep them: a scaler takes back what it did not set', () =>
    expect(asked.filter(({ command }) => command.verb === 'scale')).toEqual([]));

  test('use verbs that kubectl has', () => {
    const verbs = new Set(commands.map(({ command }) => command.verb));
    const known = [
      ...ABOUT_KINDS,
      'apply',
      'cordon',
      'debug',
      'drain',
      'exec',
      'logs',
      'port-forward',
      'run',
      'uncordon',
    ];
    expect([...verbs].filter((verb) => !known.includes(verb))).toEqual([]);
  });

  test('ask for kinds that there are', () => {
    const ours = new Set(manifests.flatMap(({ kind }) => namesOf(kind)));
    const unknown = asked.flatMap(({ file, command }) =>
      command.kinds.filter((kind) => !ours.has(kind) && !MADE_BY_OTHERS.has(kind)).map((kind) => `${file}: ${kind}`),
    );
    expect(unknown).toEqual([]);
  });

  test('name objects that the reference platform has', () => {
    const missing = asked.flatMap(({ file, command: { kinds, name, namespace } }) => {
      const [kind] = kinds;
      if (name === undefined || /[$=]/.test(name) || !kind || MADE_BY_OTHERS.has(kind)) return [];
      const found = manifests.some(
        (object) =>
          namesOf(object.kind).includes(kind) &&
          object.metadata.name === name &&
          (namespace?.startsWith('$') || object.metadata.namespace === namespace),
      );
      return found ? [] : [`${file}: ${kind} ${namespace}/${name}`];
    });
    expect(missing).toEqual([]);
  });

  test('select by labels that pods or objects have', () => {
    const has = (pair: string) => {
      const [key, value] = pair.split('=') as [string, string];
      return manifests.some((object) => {
        const template = (object.spec as { template?: Manifest } | undefined)?.template?.metadata.labels;
        return object.metadata.labels?.[key] === value || template?.[key] === value;
      });
    };
    const unknown = commands.flatMap(({ file, command }) =>
      (command.selector?.split(',') ?? [])
        .filter((pair) => !has(pair) && !(pair in LABELS_OF_OTHERS))
        .map((pair) => `${file}: ${pair}`),
    );
    expect(unknown).toEqual([]);
  });
});
