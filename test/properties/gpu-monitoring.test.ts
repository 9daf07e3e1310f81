import fc from 'fast-check';
import { DcgmExporter, DcgmExporterProps, GpuMonitoring, GpuMonitoringProps, GpuNodePool, Monitoring } from '../../lib';
import { promqlProblems } from '../support/promql';
import { POOLS } from '../support/pools';
import { judge } from './judge';
import { mostly, number, optional, text } from './odd';

const onPrem = (name: string, label: string) => () =>
  GpuNodePool.onPrem({ name, gpu: 'L4', gpusPerNode: 2, maxNodes: 3, minNodes: 1, labels: { rack: label } });
const pool = fc.oneof(
  fc.constantFrom(...Object.values(POOLS)).map((made) => () => made),
  fc.tuple(mostly(['rack', 'pool.1'], text), mostly(['a', 'a.b'], text)).map(([name, label]) => onPrem(name, label)),
);
const exporter = fc.oneof(
  fc
    .record({
      namespace: optional(mostly(['gpu-operator'], text)),
      configMap: optional(mostly(['fields'], text)),
      podLabelPrefix: optional(mostly(['', 'exported_'], text)),
    })
    .map((props) => () => DcgmExporter.gpuOperator(props as DcgmExporterProps)),
  fc
    .array(mostly(['DCGM_FI_DEV_GPU_TEMP', 'DCGM_FI_DEV_XID_ERRORS', 'DCGM_FI_DEV_GPU_UTIL'], text), { maxLength: 3 })
    .map((fields) => () => DcgmExporter.collecting({ fields })),
);
const monitoring = fc.constantFrom(Monitoring.prometheusOperator(), Monitoring.googleManaged());
const input = fc.record({
  id: mostly(['gpu-monitoring', 'gpus'], text),
  monitoring,
  pools: fc.array(pool, { minLength: 0, maxLength: 3 }),
  exporter,
  thresholds: optional(
    fc.record({
      temperatureCelsius: mostly([85, 90.5], number),
      pcieReplaysPerSecond: mostly([0.2, 0], number),
      idleUtilization: mostly([0.05, 1], number),
    }),
  ),
  without: optional(
    fc.dictionary(mostly(['GpuAllocatedButIdle', 'GpuNodePoolLost'], text), mostly(['spot only'], text), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  ),
  gpuPricePerHour: optional(
    fc.dictionary(mostly(['rack', 'gpupool'], text), mostly([1, 0.5], number), { maxKeys: 1, noNullPrototype: true }),
  ),
  fluxMetrics: optional(fc.boolean()),
  certManagerMetrics: optional(fc.boolean()),
});

test('whatever is told to GpuMonitoring becomes rules of PromQL, or is refused', () => {
  const tally = judge(input, (app, { id, pools, exporter: made, ...props }) => {
    const chart = new GpuMonitoring(app, id, {
      ...props,
      pools: pools.map((make) => make()),
      exporter: made(),
    } as GpuMonitoringProps);
    if (chart.node.validate().length > 0) return;
    const { groups } = (chart.rules.object.toJson() as { spec: { groups: { rules: { expr: string }[] }[] } }).spec;
    expect(groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => promqlProblems(expr)))).toEqual([]);
  });
  expect(tally.accepted).toBeGreaterThan(10);
  expect(tally.refused).toBeGreaterThan(10);
}, 60_000);
