import { RATE_RECORDS, GAUGE_RECORDS, quantileRecord } from '../../lib/signals/records';
import { GPU_RECORDS } from '../../lib/observability/gpu-records';
import { errorRatioRecord, SLO_RECORDS } from '../../lib/observability/slo-records';

/**
 * Six hours of an invented platform, as Prometheus would have stored them: the records of a service, what Kubernetes tells,
 * and what GPUs tell. In the third hour a canary of llama3-8b begins; in the fifth it gets more traffic than it can answer in
 * time, is taken back, and the error budget shows it.
 */
export interface SampleSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By the hour, 0 to 6; undefined where it has no sample. */
  readonly at: (hour: number) => number | undefined;
}

const START_OF_CANARY = 2.5;
const INCIDENT = { from: 4.2, to: 4.9 } as const;
const END_OF_CANARY = 5;

/** 0 to 1 and back: how much of the incident there is. */
function incident(hour: number): number {
  if (hour < INCIDENT.from || hour > INCIDENT.to) return 0;
  return Math.sin(((hour - INCIDENT.from) / (INCIDENT.to - INCIDENT.from)) * Math.PI) ** 0.5;
}

/** The same curve on every machine: waves that never meet, by a number of their own. */
function wave(hour: number, seed: number): number {
  return (
    0.5 * Math.sin(hour * 2.1 + seed) + 0.3 * Math.sin(hour * 7.3 + seed * 2.7) + 0.2 * Math.sin(hour * 41 + seed * 5.1)
  );
}

const around = (value: number, spread: number, seed: number) => (hour: number) =>
  Math.max(0, value * (1 + spread * wave(hour, seed)));

const NAMESPACE = 'nim';
const SERVICE = 'llama3-8b';
const service = { namespace: NAMESPACE, inference_service: SERVICE };
const stable = { ...service, track: 'stable' };
const canary = { ...service, track: 'canary' };

const duringCanary = (value: (hour: number) => number) => (hour: number) =>
  hour >= START_OF_CANARY && hour < END_OF_CANARY ? value(hour) : undefined;

/** Requests per second, of which the canary gets a tenth, then a quarter. */
const load = around(6.4, 0.25, 1);
const share = (hour: number) => (hour < START_OF_CANARY || hour >= END_OF_CANARY ? 0 : hour < 4 ? 0.1 : 0.25);
const stableLoad = (hour: number) => load(hour) * (1 - share(hour));
const canaryLoad = duringCanary((hour) => load(hour) * share(hour));

const series = (
  name: string,
  labels: Readonly<Record<string, string>>,
  at: number | ((hour: number) => number | undefined),
): SampleSeries => ({ name, labels, at: typeof at === 'number' ? () => at : at });

function signals(): SampleSeries[] {
  const both = (name: string, ofStable: (hour: number) => number, ofCanary: (hour: number) => number) => [
    series(name, stable, ofStable),
    series(name, canary, duringCanary(ofCanary)),
  ];
  const latency = (signal: Parameters<typeof quantileRecord>[0], base: number, worse: number, seed: number) =>
    (['p50', 'p95', 'p99'] as const).flatMap((name, at) => {
      const value = base * [1, 2.1, 3.2][at]!;
      return both(
        quantileRecord(signal, name),
        around(value, 0.12, seed + at),
        (hour) => around(value * 1.03, 0.14, seed + at + 9)(hour) * (1 + worse * incident(hour)),
      );
    });
  const perLoad = (name: string, each: number, seed: number) =>
    both(
      name,
      (hour) => stableLoad(hour) * around(each, 0.08, seed)(hour),
      (hour) => canaryLoad(hour)! * around(each, 0.1, seed + 3)(hour),
    );
  return [
    ...perLoad(RATE_RECORDS.requests, 1, 20),
    ...both(
      RATE_RECORDS.errors,
      (hour) => stableLoad(hour) * 0.0004,
      (hour) => canaryLoad(hour)! * (0.0006 + 0.016 * incident(hour)),
    ),
    ...both(
      RATE_RECORDS.timeouts,
      (hour) => stableLoad(hour) * 0.0011,
      (hour) => canaryLoad(hour)! * (0.0013 + 0.02 * incident(hour)),
    ),
    ...both(RATE_RECORDS.preemptions, around(0.01, 1, 5), (hour) => 0.01 + 0.5 * incident(hour)),
    ...perLoad(RATE_RECORDS.promptTokens, 412, 30),
    ...perLoad(RATE_RECORDS.generatedTokens, 168, 40),
    ...perLoad(RATE_RECORDS.prefixCacheQueries, 412, 30),
    ...perLoad(RATE_RECORDS.prefixCacheHits, 188, 50),
    ...both(GAUGE_RECORDS.queueDepth, around(1.1, 0.9, 60), (hour) => 0.3 + 17 * incident(hour)),
    ...both(GAUGE_RECORDS.running, around(14, 0.25, 61), (hour) => 4 + 20 * incident(hour)),
    ...both(GAUGE_RECORDS.kvCacheUtilization, around(0.58, 0.22, 62), (hour) =>
      Math.min(1, 0.36 + 0.1 * wave(hour, 63) + 0.6 * incident(hour)),
    ),
    ...both(
      GAUGE_RECORDS.modelLoadTime,
      () => 74.2,
      () => 81.6,
    ),
    ...latency('timeToFirstToken', 0.42, 4.6, 70),
    ...latency('interTokenLatency', 0.021, 1.7, 80),
    ...latency('timePerOutputToken', 0.022, 1.6, 90),
    ...latency('endToEndLatency', 4.4, 1.9, 100),
    ...latency('queueTime', 0.05, 22, 110),
  ];
}

function promises(): SampleSeries[] {
  const promise = (slo: string, objective: number, base: number, hit: number, spent: number) => {
    const labels = {
      ...service,
      sloth_id: `${NAMESPACE}/${SERVICE}-${slo}`,
      sloth_service: `${NAMESPACE}/${SERVICE}`,
      sloth_slo: slo,
    };
    const budget = 1 - objective;
    const short = (hour: number) => budget * (base * (1 + 0.4 * wave(hour, spent * 50)) + hit * incident(hour));
    const long = (hour: number) =>
      Array.from({ length: 12 }, (_, at) => short(hour - at / 12)).reduce((sum, each) => sum + each, 0) / 12;
    const left = (hour: number) =>
      1 - spent - (hour * base) / 720 - Math.max(0, Math.min(hour, INCIDENT.to) - INCIDENT.from) * hit * 0.008;
    return [
      series(errorRatioRecord('5m'), { ...labels, sloth_window: '5m' }, short),
      series(errorRatioRecord('1h'), { ...labels, sloth_window: '1h' }, long),
      series(SLO_RECORDS.errorBudget, labels, budget),
      series(SLO_RECORDS.objective, labels, objective),
      series(SLO_RECORDS.currentBurnRate, labels, (hour) => short(hour) / budget),
      series(SLO_RECORDS.budgetRemaining, labels, left),
    ];
  };
  const seconds = (quantity: string, percentile: string, value: number) =>
    series(SLO_RECORDS.objectiveSeconds, { ...service, quantity, percentile }, value);
  return [
    ...promise('availability', 0.999, 0.5, 4.1, 0.22),
    ...promise('time-to-first-token-p95', 0.95, 0.35, 16.8, 0.14),
    seconds('timeToFirstToken', 'p95', 2.5),
    seconds('interTokenLatency', 'p95', 0.08),
    seconds('endToEndLatency', 'p99', 30),
  ];
}

interface SamplePod {
  readonly namespace: string;
  /** @default - not scraped */
  readonly service?: string;
  readonly track: string;
  readonly pod: string;
  readonly node: string;
  readonly resource?: string;
  readonly gpus?: number;
  readonly exists?: (hour: number) => boolean;
  readonly busy: number;
}

const PODS: readonly SamplePod[] = [
  { namespace: 'nim', service: 'llama3-8b', track: 'stable', pod: 'llama3-8b-0', node: 'gpupool-1', busy: 0.86 },
  { namespace: 'nim', service: 'llama3-8b', track: 'stable', pod: 'llama3-8b-1', node: 'gpupool-2', busy: 0.81 },
  {
    namespace: 'nim',
    service: 'llama3-8b',
    track: 'canary',
    pod: 'llama3-8b-canary-0',
    node: 'gpupool-3',
    busy: 0.6,
    exists: (hour) => hour >= START_OF_CANARY - 0.15 && hour < END_OF_CANARY,
  },
  { namespace: 'chat', service: 'llama-70b', track: 'stable', pod: 'llama-70b-0', node: 'h100-1', gpus: 4, busy: 0.9 },
  // The worker of a group, which is not scraped.
  { namespace: 'chat', track: 'stable', pod: 'llama-70b-0-1', node: 'h100-2', gpus: 4, busy: 0.87 },
  {
    namespace: 'search',
    service: 'sentiment',
    track: 'stable',
    pod: 'sentiment-0',
    node: 'slices-1',
    resource: 'nvidia_com_mig_1g_10gb',
    busy: 0.3,
  },
];

/** Nodes with what they offer, their pool, and what one device costs an hour. */
const NODES = [
  { node: 'gpupool-1', pool: 'gpupool', resource: 'nvidia_com_gpu', devices: 1, price: 0.71 },
  { node: 'gpupool-2', pool: 'gpupool', resource: 'nvidia_com_gpu', devices: 1, price: 0.71 },
  { node: 'gpupool-3', pool: 'gpupool', resource: 'nvidia_com_gpu', devices: 1, price: 0.71, from: 2.2, to: 5.4 },
  { node: 'h100-1', pool: 'h100', resource: 'nvidia_com_gpu', devices: 8, price: 11.06 },
  { node: 'h100-2', pool: 'h100', resource: 'nvidia_com_gpu', devices: 8, price: 11.06, to: 5.6, from: 0.8 },
  { node: 'slices-1', pool: 'slices', resource: 'nvidia_com_mig_1g_10gb', devices: 7, price: 0.72 },
];

const EPOCH_OF_STARTS = 1_763_000_000;

function kubernetes(): SampleSeries[] {
  const during = (exists: ((hour: number) => boolean) | undefined, value: number) => (hour: number) =>
    (exists?.(hour) ?? true) ? value : undefined;
  const pods = PODS.flatMap(({ namespace, service: name, track, pod, node, exists, resource, gpus = 1 }, index) => {
    const own = { namespace, pod };
    const started = 190 + 31 * index;
    return [
      ...(name === undefined
        ? []
        : [series('up', { ...own, inference_service: name, track, job: 'pods' }, during(exists, 1))]),
      series('kube_pod_status_phase', { ...own, phase: 'Running' }, during(exists, 1)),
      series('kube_pod_status_phase', { ...own, phase: 'Pending' }, during(exists, 0)),
      series('kube_pod_status_scheduled_time', own, during(exists, EPOCH_OF_STARTS)),
      series('kube_pod_status_ready_time', own, during(exists, EPOCH_OF_STARTS + started)),
      series(
        'kube_pod_container_resource_requests',
        { ...own, node, container: 'server', resource: resource ?? 'nvidia_com_gpu', unit: 'integer' },
        during(exists, gpus),
      ),
      series('kube_pod_container_status_restarts_total', { ...own, container: 'server' }, (hour) =>
        (exists?.(hour) ?? true) ? (pod === 'llama3-8b-canary-0' && hour > 4.6 ? 1 : 0) : undefined,
      ),
    ];
  });
  const sets = (name: string, wanted: (hour: number) => number, ready: (hour: number) => number) => [
    series('kube_statefulset_replicas', { namespace: NAMESPACE, statefulset: name }, wanted),
    series('kube_statefulset_status_replicas_ready', { namespace: NAMESPACE, statefulset: name }, ready),
  ];
  const alive =
    (from = 0, to = 7) =>
    (hour: number) =>
      hour >= from && hour < to;
  const waits = (hour: number) => hour > 0.5 && hour < 0.9;
  const waiting = { namespace: 'chat', pod: 'llama-70b-1' };
  return [
    ...pods,
    ...sets(
      SERVICE,
      () => 2,
      () => 2,
    ),
    ...sets(
      `${SERVICE}-canary`,
      (hour) => (hour >= START_OF_CANARY - 0.2 && hour < END_OF_CANARY ? 1 : 0),
      (hour) => (hour >= START_OF_CANARY && hour < END_OF_CANARY && !(hour > 4.58 && hour < 4.68) ? 1 : 0),
    ),
    ...['a41f', 'b7c2'].map((revision, at) =>
      series(
        'kube_statefulset_status_update_revision',
        { namespace: NAMESPACE, statefulset: `${SERVICE}-canary`, revision },
        (hour) => (hour >= START_OF_CANARY - 0.2 === (at === 1) ? 1 : undefined),
      ),
    ),
    series(
      'kube_pod_container_resource_requests',
      { ...waiting, node: '', container: 'server', resource: 'nvidia_com_gpu', unit: 'integer' },
      during(waits, 4),
    ),
    series('kube_pod_status_phase', { ...waiting, phase: 'Pending' }, during(waits, 1)),
    ...['nim', 'chat', 'search'].map((namespace) => series('kube_namespace_created', { namespace }, EPOCH_OF_STARTS)),
    ...NODES.flatMap(({ node, pool, resource, devices, from, to }) => [
      series('kube_node_status_allocatable', { node, resource, unit: 'integer' }, during(alive(from, to), devices)),
      series(GPU_RECORDS.allocatable, { node, pool }, during(alive(from, to), devices)),
      ...PODS.filter((each) => each.node === node).map(({ namespace, gpus = 1, exists }) =>
        series(GPU_RECORDS.requested, { namespace, node, pool }, during(exists, gpus)),
      ),
    ]),
    ...['gpupool', 'h100', 'slices'].flatMap((pool) => {
      const own = NODES.filter((node) => node.pool === pool);
      return [
        series(GPU_RECORDS.price, { pool }, own[0]!.price),
        series(GPU_RECORDS.cost, { pool }, (hour) =>
          own.reduce((sum, { devices, price, from, to }) => sum + (alive(from, to)(hour) ? devices * price : 0), 0),
        ),
      ];
    }),
    series(
      'ALERTS',
      {
        alertname: 'InferenceLatencyBudgetBurn',
        alertstate: 'firing',
        severity: 'critical',
        ...service,
        sloth_slo: 'time-to-first-token-p95',
      },
      during((hour) => hour > 4.4 && hour < 5.05, 1),
    ),
    series(
      'ALERTS',
      {
        alertname: 'InferenceErrorBudgetBurn',
        alertstate: 'firing',
        severity: 'warning',
        ...service,
        sloth_slo: 'availability',
      },
      during((hour) => hour > 4.7, 1),
    ),
  ];
}

/**
 * What each GPU tells of its memory, most of them 0 for ever. GPU 3 of h100-2 replaces a row in the third hour; GPU 2 of h100-1 has
 * two errors in the fourth, and no row to replace one with.
 */
function memoryErrors(labels: Readonly<Record<string, string>>): SampleSeries[] {
  const on = (node: string, gpu: string) => labels.Hostname === node && labels.gpu === gpu;
  const from = (start: number, value: number) => (hour: number) => (hour > start ? value : 0);
  const replaces = on('h100-2', '3') ? from(2.2, 1) : 0;
  const [fails, errors] = on('h100-1', '2') ? [from(3.3, 1), from(3.3, 2)] : [0, 0];
  return [
    series('DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS', labels, replaces),
    series('DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', labels, errors),
    series('DCGM_FI_DEV_ROW_REMAP_FAILURE', labels, fails),
  ];
}

function gpus(): SampleSeries[] {
  return PODS.flatMap(({ namespace, pod, node, busy, exists, resource, gpus: count = 1 }, index) =>
    Array.from({ length: count }, (_, gpu): SampleSeries[] => {
      const mig = resource !== undefined;
      const h100 = node.startsWith('h100');
      const labels = {
        namespace: 'gpu-operator',
        pod: `dcgm-exporter-${index}`,
        exported_namespace: namespace,
        exported_pod: pod,
        Hostname: node,
        gpu: String(gpu),
        UUID: `GPU-${index}${gpu}c0ffee`,
        modelName: h100 ? 'NVIDIA H100 80GB HBM3' : mig ? 'NVIDIA A100-SXM4-80GB' : 'NVIDIA L4',
        ...(mig && { GPU_I_ID: '7', GPU_I_PROFILE: '1g.10gb' }),
      };
      const total = h100 ? 81_559 : mig ? 9728 : 23_034;
      const seed = index * 10 + gpu;
      const part =
        (value: number, spread: number, more = 0) =>
        (hour: number) =>
          (exists?.(hour) ?? true) ? Math.min(1, around(value, spread, seed + more)(hour)) : undefined;
      const level =
        (value: number, spread: number, more = 0) =>
        (hour: number) =>
          (exists?.(hour) ?? true) ? around(value, spread, seed + more)(hour) : undefined;
      return [
        series('DCGM_FI_PROF_GR_ENGINE_ACTIVE', labels, part(busy, 0.1)),
        series('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE', labels, part(busy * 0.34, 0.4, 1)),
        series('DCGM_FI_PROF_DRAM_ACTIVE', labels, part(busy * 0.72, 0.15, 2)),
        series('DCGM_FI_DEV_FB_USED', labels, level(total * 0.89, 0.004, 3)),
        series('DCGM_FI_DEV_FB_FREE', labels, level(total * 0.09, 0.04, 3)),
        series('DCGM_FI_DEV_SM_CLOCK', labels, level(h100 ? 1755 : mig ? 1410 : 1890, 0.03, 4)),
        series('DCGM_FI_DEV_POWER_USAGE', labels, level(h100 ? 560 : mig ? 210 : 66, 0.12, 5)),
        series('DCGM_FI_DEV_GPU_TEMP', labels, level(h100 ? 61 : mig ? 52 : 68, 0.06, 6)),
        ...(h100 || mig ? [series('DCGM_FI_DEV_MEMORY_TEMP', labels, level(72, 0.05, 7))] : []),
        ...(h100 || mig ? memoryErrors(labels) : []),
        ...(mig ? [series('DCGM_EXP_CLOCK_EVENTS_COUNT', { ...labels, clock_event: 'gpu_idle' }, 240)] : []),
        ...(node === 'h100-2' && gpu === 3
          ? [
              series('DCGM_EXP_XID_ERRORS_COUNT', { ...labels, xid: '31' }, (hour) =>
                hour > 3.1 && hour < 3.4 ? 2 : hour >= 3.4 ? 0 : undefined,
              ),
              series('DCGM_EXP_CLOCK_EVENTS_COUNT', { ...labels, clock_event: 'power_cap' }, around(14, 0.6, 200)),
            ]
          : []),
      ];
    }).flat(),
  );
}

export const SAMPLE_SERIES: readonly SampleSeries[] = [...signals(), ...promises(), ...kubernetes(), ...gpus()];

/** Six hours of a day long past; the hour before them is there for rates. */
export const SAMPLE_START = Date.UTC(2026, 9, 14, 6) / 1000;
export const SAMPLE_HOURS = 6;
const STEP_SECONDS = 60;

/** The series in the text that promtool reads. */
export function openMetrics(): string {
  const lines = [...SAMPLE_SERIES]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .flatMap(({ name, labels, at }) => {
      const selector = Object.entries(labels)
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
        .join(',');
      const samples: string[] = [];
      for (let second = -3600; second <= SAMPLE_HOURS * 3600; second += STEP_SECONDS) {
        const value = at(second / 3600);
        if (value !== undefined) samples.push(`${name}{${selector}} ${value} ${SAMPLE_START + second}`);
      }
      return samples;
    });
  return [...lines, '# EOF', ''].join('\n');
}
