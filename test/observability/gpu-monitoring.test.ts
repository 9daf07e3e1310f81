import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Testing } from 'cdk8s';
import { findGpu } from '../../lib/hardware/gpu-catalog';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { DcgmExporter } from '../../lib/observability/dcgm-exporter';
import { DCGM_FIELD_NAMES, DCGM_FIELDS } from '../../lib/observability/dcgm-fields';
import { GPU_ALERTS } from '../../lib/observability/gpu-alerts';
import { GpuMonitoring } from '../../lib/observability/gpu-monitoring';
import { GpuMonitoringProps } from '../../lib/observability/gpu-monitoring-props';
import { Monitoring } from '../../lib/observability/monitoring';
import { PLATFORM_ALERTS } from '../../lib/observability/platform-alerts';
import { AlertingRule, RuleGroup } from '../../lib/observability/rule';
import { XIDS } from '../../lib/observability/xids';
import { H100, L4, POOLS } from '../support/pools';
import { metricsOf, promqlProblems } from '../support/promql';
import { checkRules, describePromtools, RuleTest, testRules } from '../support/promtool';
import { Manifest, partsOf } from '../support/yaml-of';

const monitoring = Monitoring.prometheusOperator();
const rack = POOLS['on-prem, a taint without a value'];

function gpuMonitoring(props: Partial<GpuMonitoringProps> = {}): GpuMonitoring {
  return new GpuMonitoring(new App(), 'gpu-monitoring', { monitoring, pools: [L4, rack], ...props });
}

const objectsOf = (chart: GpuMonitoring) => Testing.synth(chart) as Manifest[];

function groupsOf(props: Partial<GpuMonitoringProps> = {}): RuleGroup[] {
  const rules = objectsOf(gpuMonitoring(props)).find(({ kind }) => kind !== 'ConfigMap')!;
  return (rules.spec as { groups: RuleGroup[] }).groups;
}

function alertsOf(props: Partial<GpuMonitoringProps> = {}): AlertingRule[] {
  return groupsOf(props).flatMap(({ rules }) => rules.filter((rule): rule is AlertingRule => 'alert' in rule));
}

/** What synthesis says of props that cannot be. */
const refusal = (props: Partial<GpuMonitoringProps>) => gpuMonitoring(props).node.validate().join('\n');

const warnings = (chart: GpuMonitoring) =>
  chart.node.metadata.filter(({ type }) => type.endsWith(':warning')).map(({ data }) => String(data));

const EVERYTHING = { fluxMetrics: true, certManagerMetrics: true } as const;

test('every alert of the tables is written, under a name of its table', () => {
  const names = new Set(alertsOf({ ...EVERYTHING, pools: [L4, rack, H100] }).map(({ alert }) => alert));
  expect([...names].sort()).toEqual([...Object.keys(GPU_ALERTS), ...Object.keys(PLATFORM_ALERTS)].sort());
});

test('labels of nodes are asked in snake case, as kube-state-metrics writes them', () => {
  const pool = GpuNodePool.onPrem({
    name: 'rack-5',
    gpu: 'H100-80GB',
    gpusPerNode: 8,
    maxNodes: 2,
    labels: { 'example.com/gpuRack-id': 'r5' },
  });
  const { expr } = groupsOf({ pools: [pool] })[0]!.rules[0]!;
  expect(expr).toContain('label_example_com_gpu_rack_id=~"r5"');
});

test('no alert asks for a field that the exporter is not told to collect', () => {
  const asked = alertsOf(EVERYTHING)
    .flatMap(({ expr }) => metricsOf(expr))
    .filter((metric) => metric.startsWith('DCGM_'));
  const list = objectsOf(gpuMonitoring()).find(({ kind }) => kind === 'ConfigMap')!;
  const text = (list.data as Record<string, string>)['dcgm-metrics.csv']!;
  const collected = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(collected.map((line) => line.split(', ')[0])).toEqual(expect.arrayContaining(asked));
  // The exporter reads it as CSV with three columns.
  expect(collected.filter((line) => line.split(',').length !== 3)).toEqual([]);
});

test('no help of a field would be two columns of the list', () => {
  expect(DCGM_FIELD_NAMES.filter((name) => /[,"\n]/.test(DCGM_FIELDS[name].help))).toEqual([]);
});

test('no field is collected that nobody reads', () => {
  const root = join(__dirname, '..', '..');
  const folders = ['lib/observability', 'lib/observability/dashboards', 'docs/runbooks'];
  const readers = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'dcgm-fields.ts')
      .map(({ name }) => readFileSync(join(root, folder, name), 'utf8')),
  );
  const unread = (field: string) => !readers.some((text) => new RegExp(`\\b${field}\\b`).test(text));
  expect(DCGM_FIELD_NAMES.filter(unread)).toEqual([]);
});

test('every query is PromQL', () => {
  const queries = groupsOf({ ...EVERYTHING, pools: Object.values(POOLS).slice(1, 2).concat(rack) }).flatMap(
    ({ rules }) => rules,
  );
  expect(queries.flatMap(({ expr }) => promqlProblems(expr))).toEqual([]);
});

test('an XID belongs to one class, and each class to one alert', () => {
  const alerts = alertsOf().filter(({ expr }) => expr.includes('XID'));
  const alertOf = (number: string) =>
    alerts.filter(({ expr }) => /xid=~"([^"]*)"/.exec(expr)![1]!.split('|').includes(number)).map(({ alert }) => alert);
  expect(
    Object.keys(XIDS)
      .map((number) => `${number} ${alertOf(number).join()}`)
      .join('\n'),
  ).toMatchInlineSnapshot(`
    13 GpuXidApplicationError
    31 GpuXidApplicationError
    32 GpuXidApplicationError
    43 GpuXidApplicationError
    45 GpuXidApplicationError
    46 GpuXidHardwareFault
    48 GpuXidHardwareFault
    62 GpuXidHardwareFault
    63 GpuXidRecord
    64 GpuXidHardwareFault
    68 GpuXidApplicationError
    74 GpuNvlinkXid
    79 GpuXidHardwareFault
    92 GpuXidRecord
    94 GpuXidApplicationError
    95 GpuXidHardwareFault
    109 GpuXidContextSwitchTimeout
    110 GpuXidHardwareFault
    119 GpuXidHardwareFault
    120 GpuXidHardwareFault
    136 GpuXidHardwareFault
    140 GpuXidHardwareFault
    143 GpuXidHardwareFault
    144 GpuNvlinkXid
    145 GpuNvlinkXid
    146 GpuNvlinkXid
    147 GpuNvlinkXid
    148 GpuNvlinkXid
    149 GpuNvlinkXid
    150 GpuNvlinkXid
    154 GpuXidRecord
  `);
});

describe('the exporter', () => {
  test.each`
    exporter                                                                  | where
    ${DcgmExporter.gpuOperator()}                                             | ${'gpu-operator/inference-dcgm-fields dcgm-metrics.csv'}
    ${DcgmExporter.gpuOperator({ namespace: 'nvidia', configMap: 'fields' })} | ${'nvidia/fields dcgm-metrics.csv'}
    ${DcgmExporter.helmChart({ namespace: 'dcgm' })}                          | ${'dcgm/inference-dcgm-fields metrics'}
    ${DcgmExporter.collecting({ fields: ['DCGM_FI_DEV_GPU_TEMP'] })}          | ${undefined}
  `('finds its list as $where', ({ exporter, where }: { exporter: DcgmExporter; where: string | undefined }) => {
    const list = objectsOf(gpuMonitoring({ exporter })).find(({ kind }) => kind === 'ConfigMap');
    const found = list && `${list.metadata.namespace}/${list.metadata.name} ${Object.keys(list.data as object).join()}`;
    expect(found).toBe(where);
  });

  test('that collects little has the alerts that it can have, and a warning for the others', () => {
    const exporter = DcgmExporter.collecting({
      fields: [
        'DCGM_FI_DEV_GPU_TEMP',
        'DCGM_FI_DEV_GPU_UTIL',
        'DCGM_FI_DEV_XID_ERRORS',
        'DCGM_FI_DEV_VGPU_LICENSE_STATUS',
      ],
    });
    const chart = gpuMonitoring({ exporter });
    expect(
      alertsOf({ exporter })
        .map(({ alert }) => alert)
        .filter((name) => name in GPU_ALERTS),
    ).toEqual([
      'GpuXidHardwareFault',
      'GpuNvlinkXid',
      'GpuXidContextSwitchTimeout',
      'GpuXidApplicationError',
      'GpuXidRecord',
      'GpuTemperatureHigh',
      'GpuAllocatedButIdle',
      'GpuTelemetryMissing',
      'GpuFieldMissing',
    ]);
    expect(warnings(chart).join('\n')).toMatchInlineSnapshot(`
      monitoring
        dcgm-exporter does not collect what 7 alerts need:
        GpuRowRemapFailure: DCGM_FI_DEV_ROW_REMAP_FAILURE
        GpuUncorrectableRowsRemapped: DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS
        GpuEccDoubleBit: DCGM_FI_DEV_ECC_DBE_VOL_TOTAL
        GpuThermalThrottling: DCGM_EXP_CLOCK_EVENTS_COUNT
        GpuPowerThrottling: DCGM_EXP_CLOCK_EVENTS_COUNT
        GpuPcieReplayRateHigh: DCGM_FI_DEV_PCIE_REPLAY_COUNTER
        GpuNvlinkErrors: DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL
        Let it collect these fields, or name the alerts in without and say who sees such faults instead.
    `);
  });

  describe('that has another list than was said', () => {
    const home = GpuNodePool.onPrem({
      name: 'home',
      gpu: { ...findGpu('L4')!, id: 'RTX-4090', name: 'NVIDIA GeForce RTX 4090' },
      gpusPerNode: 1,
      maxNodes: 1,
    });
    test.each`
      props                                             | fields                                                                  | why
      ${{}}                                             | ${['DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', 'DCGM_FI_DEV_PCIE_REPLAY_COUNTER']} | ${'of every alert'}
      ${{ without: { GpuEccDoubleBit: 'ECC is off' } }} | ${['DCGM_FI_DEV_PCIE_REPLAY_COUNTER']}                                  | ${'of those that are written'}
      ${{ pools: [L4, home] }}                          | ${['DCGM_FI_DEV_PCIE_REPLAY_COUNTER']}                                  | ${'that every GPU has'}
    `('is missed by fields $why', ({ props, fields }) => {
      const { expr } = alertsOf(props as object).find(({ alert }) => alert === 'GpuFieldMissing')!;
      expect([...expr.matchAll(/"field", "(\w+)"/g)].map(([, field]) => field)).toEqual(fields);
    });

    test('is not missed by a list from which nothing is expected, and that needs no warning', () => {
      const exporter = DcgmExporter.collecting({ fields: ['DCGM_FI_DEV_GPU_TEMP', 'DCGM_FI_PROF_GR_ENGINE_ACTIVE'] });
      expect(alertsOf({ exporter }).map(({ alert }) => alert)).not.toContain('GpuFieldMissing');
      expect(warnings(gpuMonitoring({ exporter })).join()).not.toContain('GpuFieldMissing');
    });
  });

  test('whose labels are kept names the pod without a prefix', () => {
    const [alert] = alertsOf({ exporter: DcgmExporter.gpuOperator({ podLabelPrefix: '' }) });
    expect(alert!.expr).toContain('GPU_I_ID, namespace, pod, xid)');
  });

  test.each`
    make                                                                | message
    ${() => DcgmExporter.collecting({ fields: ['temperature'] })}       | ${'fields has 1 names, and none of them is known.'}
    ${() => DcgmExporter.gpuOperator({ podLabelPrefix: 'gpu_' as '' })} | ${'podLabelPrefix is "gpu_", and dashboards and runbooks read exported_pod and pod alone.'}
    ${() => DcgmExporter.helmChart({ namespace: 'GPU' })}               | ${'namespace "GPU" is not an RFC 1123 subdomain'}
  `('refuses: $message', ({ make, message }: { make: () => unknown; message: string }) =>
    expect(make).toThrow(message),
  );
});

test('Google sees series of every namespace by ClusterRules only', () => {
  const objects = objectsOf(gpuMonitoring({ monitoring: Monitoring.googleManaged() }));
  expect(objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
    'monitoring.googleapis.com/v1 ClusterRules',
    'v1 ConfigMap',
  ]);
});

test('an alert that nobody needs is left out, and the reason stays', () => {
  const without = { GpuAllocatedButIdle: 'the lab keeps GPUs for its people', GpuNodePoolLost: 'spot only' };
  expect(alertsOf({ without }).filter(({ alert }) => alert in without)).toEqual([]);
  expect(partsOf(objectsOf(gpuMonitoring({ without }))[0]!, 'metadata.annotations').trimEnd()).toMatchInlineSnapshot(`
    annotations:
      gpu-monitoring/without: |-
        GpuAllocatedButIdle: the lab keeps GPUs for its people
        GpuNodePoolLost: spot only
  `);
});

test('nodes whose devices are claimed (DRA) are told by their pool, since they offer no resource that is counted', () => {
  const claimed = GpuNodePool.gke({
    name: 'claimed',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    deviceAllocation: 'dra',
    kubernetesVersion: '1.34',
  });
  const exprOf = (pools: readonly GpuNodePool[], name: string) =>
    alertsOf({ pools }).find(({ alert }) => alert === name)?.expr;
  expect(exprOf([L4, claimed], 'GpuTelemetryMissing')).toContain('or inference:node_pool:info{pool=~"claimed"})');
  expect(exprOf([L4, claimed], 'GpuDevicesMissing')).toContain('inference:node_pool:info{pool!~"claimed"}');
  expect(exprOf([claimed], 'GpuDevicesMissing')).toBeUndefined();
});

test('labels of nodes that tell pools apart', () => {
  expect(gpuMonitoring().nodeLabelsAllowlist).toBe(
    '--metric-labels-allowlist=nodes=[cloud.google.com/gke-nodepool,example.com/rack,nvidia.com/gpu.present,nvidia.com/gpu.product]',
  );
});

test.each`
  props                                                                                     | price
  ${{}}                                                                                     | ${'gpupool vector(0.706832)'}
  ${{ gpuPricePerHour: { 'rack-4': 1.1 } }}                                                 | ${'gpupool vector(0.706832), rack-4 vector(1.1)'}
  ${{ priceList: { machines: { 'g2-standard-4': 0.5 }, region: 'r', date: '2026-09-27' } }} | ${'gpupool vector(0.5)'}
  ${{ pools: [POOLS['GKE, two L4']] }}                                                      | ${'l4-pairs vector(1.0004165)'}
  ${{ pools: [POOLS['GKE, time-sliced']] }}                                                 | ${'l4-shared vector(0.176708)'}
`('the price of a GPU: $price', ({ props, price }: { props: Partial<GpuMonitoringProps>; price: string }) => {
  const prices = groupsOf(props)
    .flatMap(({ rules }) => rules)
    .filter((rule) => 'record' in rule && rule.record === 'inference:gpu_price_dollars_per_hour');
  expect(prices.map(({ labels, expr }) => `${labels!.pool} ${expr}`).join(', ')).toBe(price);
});

test.each`
  props                                                                                | message
  ${{ pools: [] }}                                                                     | ${'pools is empty.'}
  ${{ pools: [L4, L4] }}                                                               | ${'Two pools are named gpupool, so that their records would be one.'}
  ${{ thresholds: { temperatureCelsius: 30 } }}                                        | ${'thresholds.temperatureCelsius is 30.\n  Use a number from 40 to 120.'}
  ${{ thresholds: { idleUtilization: NaN } }}                                          | ${'thresholds.idleUtilization is NaN.'}
  ${{ without: { GpuPcieReplayRateHigh: ' ' } }}                                       | ${'without says " " for GpuPcieReplayRateHigh.'}
  ${{ without: { GpuTooLoud: 'it is' } }}                                              | ${'without says "it is" for GpuTooLoud.'}
  ${{ gpuPricePerHour: { rack: 1 } }}                                                  | ${'gpuPricePerHour says 1 for "rack"; the pools are gpupool, rack-4.'}
  ${{ priceList: { machines: {}, region: 'r', date: '2026-09-27', currency: 'EUR' } }} | ${'The price list is in EUR, and prices of GPUs are recorded in dollars.'}
`('refuses: $message', ({ props, message }: { props: Partial<GpuMonitoringProps>; message: string }) => {
  expect(refusal(props)).toContain(message);
});

const GPU = 'gpu="0", UUID="GPU-1", modelName="NVIDIA L4", exported_namespace="nim", exported_pod="llama3-8b-0"';
const xid = (number: number, samples: string) => ({
  [`DCGM_EXP_XID_ERRORS_COUNT{Hostname="n1", ${GPU}, xid="${number}"}`]: samples,
});
const lastXid = (number: number, samples: string) => ({
  [`DCGM_FI_DEV_XID_ERRORS{Hostname="n1", ${GPU}, err_code="${number}"}`]: samples,
});
const allocatable = { 'kube_node_status_allocatable{node="n1", resource="nvidia_com_gpu", unit="integer"}': '1x200' };
const label = {
  'kube_node_labels{node="n1", label_cloud_google_com_gke_nodepool="gpupool"}': '1x200',
  'kube_node_status_condition{node="n1", condition="Ready", status="true"}': '1x200',
};
const collected = (name = 'Hostname') => ({
  [`DCGM_FI_DEV_GPU_TEMP{${name}="n1", ${GPU}}`]: '50x200',
  [`DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{${name}="n1", ${GPU}}`]: '0x200',
  [`DCGM_FI_DEV_PCIE_REPLAY_COUNTER{${name}="n1", ${GPU}}`]: '0x200',
});
const FAULT = ['GpuXidHardwareFault critical'];
const BOTH = ['GpuXidApplicationError info', ...FAULT];

/** With the list of fields that the library gives, and pools that may shrink to nothing. */
const CASES: readonly RuleTest[] = [
  {
    name: 'a later error of an application hides no broken GPU',
    interval: '1m',
    series: { ...xid(79, '_ _ 1x5 _x30'), ...xid(31, '_x4 2x5 _x30') },
    firing: { '1m': [], '3m': FAULT, '10m': BOTH, '20m': BOTH, '40m': [] },
  },
  {
    name: 'an error of an application wakes nobody up',
    interval: '1m',
    series: xid(13, '_ 1x10'),
    firing: { '5m': ['GpuXidApplicationError info'] },
  },
  {
    name: 'all is well, whatever the exporter calls the node',
    interval: '1m',
    series: { ...allocatable, ...label, ...collected('hostname') },
    firing: { '90m': [] },
  },
  {
    name: 'telemetry is lost',
    interval: '1m',
    series: { ...allocatable, ...label, [`DCGM_FI_DEV_GPU_TEMP{Hostname="n1", ${GPU}}`]: '50x10' },
    firing: { '12m': [], '45m': ['GpuTelemetryMissing warning'] },
  },
  {
    name: 'the exporter has the list of its image',
    interval: '1m',
    series: {
      ...allocatable,
      ...label,
      [`DCGM_FI_DEV_GPU_TEMP{Hostname="n1", ${GPU}}`]: '50x100',
      [`DCGM_FI_DEV_PCIE_REPLAY_COUNTER{Hostname="n1", ${GPU}}`]: '0x100',
    },
    firing: { '10m': [], '20m': ['GpuFieldMissing warning'] },
  },
  {
    name: 'a GPU that a pod has is idle for two hours; one that nobody has may be',
    interval: '1m',
    series: {
      [`DCGM_FI_PROF_GR_ENGINE_ACTIVE{Hostname="n1", ${GPU}}`]: '0.9x30 0x200',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{Hostname="n1", gpu="1", UUID="GPU-2"}': '0x230',
    },
    firing: { '80m': [], '160m': ['GpuAllocatedButIdle info'] },
  },
  {
    name: 'a temperature that DCGM does not know is none',
    interval: '1m',
    series: {
      [`DCGM_FI_DEV_GPU_TEMP{hostname="n1", ${GPU}}`]: '9223372036854775794x60',
      'DCGM_FI_DEV_GPU_TEMP{hostname="n2", gpu="0", UUID="GPU-2"}': '91x60',
    },
    firing: { '8m': [], '14m': ['GpuTemperatureHigh warning'] },
  },
  {
    name: 'clocks are held back by heat; by the limit of power they may be',
    interval: '1m',
    series: {
      [`DCGM_EXP_CLOCK_EVENTS_COUNT{Hostname="n1", ${GPU}, clock_event="power_cap"}`]: '40x60',
      [`DCGM_EXP_CLOCK_EVENTS_COUNT{Hostname="n1", ${GPU}, clock_event="hw_thermal"}`]: '_x20 3x40',
    },
    firing: { '20m': [], '35m': ['GpuThermalThrottling warning'] },
  },
  {
    name: 'a GPU is taken out of service',
    interval: '1m',
    series: {
      ...label,
      ...collected(),
      'kube_node_status_capacity{node="n1", resource="nvidia_com_gpu", unit="integer"}': '2x100',
      'kube_node_status_allocatable{node="n1", resource="nvidia_com_gpu", unit="integer"}': '2x10 1x90',
    },
    firing: { '15m': [], '25m': ['GpuCapacityMissing warning'] },
  },
  {
    name: 'the device plugin never came',
    interval: '1m',
    series: label,
    firing: { '10m': [], '20m': ['GpuDevicesMissing warning'] },
  },
  {
    name: 'a pool has nodes and none is ready',
    interval: '1m',
    series: {
      'kube_node_labels{node="n1", label_cloud_google_com_gke_nodepool="gpupool"}': '1x200',
      'kube_node_status_condition{node="n1", condition="Ready", status="true"}': '1x10 0x100',
    },
    firing: { '9m': [], '20m': ['GpuNodePoolLost critical'] },
  },
  {
    name: 'kube-state-metrics copies no label of nodes',
    interval: '1m',
    series: { ...allocatable, ...collected() },
    firing: { '20m': [], '40m': ['GpuNodeWithoutPool warning'] },
  },
  {
    name: 'a quota keeps a pod from being made',
    interval: '1m',
    series: {
      'kube_statefulset_replicas{namespace="nim", statefulset="llama3-8b"}': '2x60',
      'kube_statefulset_status_replicas{namespace="nim", statefulset="llama3-8b"}': '1x60',
      'kube_statefulset_replicas{namespace="shop", statefulset="database"}': '2x60',
      'kube_statefulset_status_replicas{namespace="shop", statefulset="database"}': '1x60',
      'kube_resourcequota{namespace="nim", resourcequota="nim", resource="requests.nvidia.com/gpu", type="hard"}':
        '1x60',
    },
    firing: { '5m': [], '15m': ['PlatformPodsNotCreated warning'] },
  },
  {
    name: 'what two nodes of a pool cost, and what of them is asked for',
    interval: '1m',
    series: {
      ...label,
      'kube_node_labels{node="n2", label_cloud_google_com_gke_nodepool="gpupool"}': '1x200',
      ...allocatable,
      'kube_node_status_allocatable{node="n2", resource="nvidia_com_gpu", unit="integer"}': '1x200',
      'kube_pod_container_resource_requests{namespace="nim", pod="llama3-8b-0", container="nim", node="n1", resource="nvidia_com_gpu"}':
        '1x200',
      'kube_pod_container_resource_requests{namespace="nim", pod="old", container="nim", node="n2", resource="nvidia_com_gpu"}':
        '1x200',
      'kube_pod_status_phase{namespace="nim", pod="llama3-8b-0", phase="Running"}': '1x200',
      'kube_pod_status_phase{namespace="nim", pod="old", phase="Succeeded"}': '1x200',
    },
    answers: [
      {
        query: 'inference:gpu_cost_dollars_per_hour',
        at: '5m',
        is: { 'inference:gpu_cost_dollars_per_hour{pool="gpupool"}': 1.413664 },
      },
      {
        query: 'sum by (namespace, pool) (inference:gpus_requested)',
        at: '5m',
        is: { '{namespace="nim", pool="gpupool"}': 1 },
      },
    ],
  },
];

const minimum = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', minNodes: 2, maxNodes: 4 });

/** A pool that must have two nodes. */
const MINIMUM: readonly RuleTest[] = [
  {
    name: 'one of two is left',
    interval: '1m',
    series: { ...label, ...allocatable, ...collected() },
    firing: { '10m': [], '20m': ['GpuNodePoolBelowMinimum warning'] },
  },
  {
    name: 'all are gone',
    interval: '1m',
    series: { 'kube_node_status_condition{node="cpu", condition="Ready", status="true"}': '1x60' },
    firing: { '3m': [], '20m': ['GpuNodePoolLost critical'] },
  },
  { name: 'kube-state-metrics itself is gone', interval: '1m', series: {}, firing: { '30m': [] } },
];

describePromtools('promtool $version', (promtool) => {
  test('has nothing against the rules', () => {
    expect(checkRules(promtool, groupsOf({ ...EVERYTHING, pools: [L4, rack, H100] }))).toBe('');
  });

  test('alerts fire when they should, and not when they should not', () => {
    expect(testRules(promtool, groupsOf({ pools: [L4] }), CASES)).toBe('');
    expect(testRules(promtool, groupsOf({ pools: [minimum] }), MINIMUM)).toBe('');
  });

  test('the last XID alone, with its number as a label, hides no broken GPU either', () => {
    const exporter = DcgmExporter.collecting({ fields: ['DCGM_FI_DEV_GPU_TEMP', 'DCGM_FI_DEV_XID_ERRORS'] });
    const series = { ...lastXid(79, '_ _ 79x3'), ...lastXid(31, '_x6 31x60') };
    const firing = { '3m': FAULT, '10m': BOTH };
    expect(
      testRules(promtool, groupsOf({ pools: [L4], exporter }), [{ name: '79, 31', interval: '1m', series, firing }]),
    ).toBe('');
  });
});
