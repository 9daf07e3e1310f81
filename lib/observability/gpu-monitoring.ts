import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { reportErrors, reportWarnings } from '../checks/report';
import { Problem } from '../problem/problem';
import { AlertStatement, alertRule } from './alert-rule';
import { DcgmExporter } from './dcgm-exporter';
import {
  expectedFields,
  GPU_ALERTS,
  gpuAlert,
  GpuAlertContext,
  GpuAlertName,
  isBlind,
  neededBy,
  nodesWithGpus,
} from './gpu-alerts';
import { GpuMonitoringProps } from './gpu-monitoring-props';
import { gpuPriceProblems, gpuPrices } from './gpu-prices';
import { GPU_RECORDS, gpuRecordingRules, identifyingLabels, resourceMatcher } from './gpu-records';
import { GPU_THRESHOLDS, thresholdProblems } from './gpu-thresholds';
import { PLATFORM_ALERTS, platformAlerts } from './platform-alerts';
import { RuleObject } from './rule-object';

/** Annotation of the rules that tells which alerts are missing, and why. */
const WITHOUT = 'gpu-monitoring/without';

/**
 * What a platform is told about its GPUs: alerts on their health by what NVIDIA's exporter tells, on nodes and quotas by what
 * kube-state-metrics tells, and records of what GPUs cost. With it goes the list of fields that the exporter needs for them.
 * One for each cluster.
 *
 * It scrapes nothing: whoever installed the exporter does that. Slices of MIG have series of their own; shares of a GPU have
 * not, so that alerts name one of the pods that share it. What DRA hands out is seen by the exporter, but not counted in
 * `inference:gpus_allocatable` and `inference:gpus_requested`.
 *
 * A chart, because the rules stand in the namespace of Prometheus and the list in that of the exporter. Both namespaces must be
 * there, or be declared beside it: Flux applies nothing of a revision while one is missing.
 */
export class GpuMonitoring extends Chart {
  /**
   * The labels that kube-state-metrics must copy, as its argument: `--metric-labels-allowlist=nodes=[…]`. Without it nobody
   * knows the pool of a node, and GpuNodeWithoutPool fires.
   */
  readonly nodeLabelsAllowlist: string;
  readonly rules: RuleObject;

  constructor(scope: Construct, id: string, props: GpuMonitoringProps) {
    super(scope, id, { namespace: props.monitoring.namespace, disableResourceNameHashes: true });
    const { monitoring, pools, exporter = DcgmExporter.gpuOperator(), gpuPricePerHour = {}, priceList } = props;
    const thresholds = { ...GPU_THRESHOLDS, ...props.thresholds };
    const without = props.without ?? {};
    const gpuNodes = nodesWithGpus(resourceMatcher(pools));
    const wanted = <Name extends string>(names: Readonly<Record<Name, unknown>>) =>
      (Object.keys(names) as Name[]).filter((name) => !Object.hasOwn(without, name));
    const claimed = pools.filter(({ deviceClass }) => deviceClass !== undefined).map(({ name }) => name);
    const context: GpuAlertContext = {
      exporter,
      thresholds,
      gpuNodes:
        claimed.length === 0
          ? gpuNodes
          : `(${gpuNodes} or ${GPU_RECORDS.node}{pool=~${JSON.stringify(claimed.join('|'))}})`,
      expected: expectedFields(
        wanted(GPU_ALERTS),
        exporter,
        pools.map(({ gpu }) => gpu),
      ),
    };
    const health = wanted(GPU_ALERTS).flatMap((name) => gpuAlert(name, context) ?? []);
    const platform = platformAlerts(pools, {
      flux: props.fluxMetrics ?? false,
      certManager: props.certManagerMetrics ?? false,
    }).filter(({ alert }) => !Object.hasOwn(without, alert));
    const written = (statements: readonly AlertStatement[]) => statements.map((each) => alertRule(monitoring, each));
    const labels = {
      'app.kubernetes.io/name': 'gpu-monitoring',
      'app.kubernetes.io/instance': id,
      'app.kubernetes.io/component': 'monitoring',
    };

    this.rules = new RuleObject(this, 'rules', {
      name: id,
      labels,
      monitoring,
      everyNamespace: true,
      groups: [
        { name: `${id}.records`, rules: gpuRecordingRules(pools, gpuPrices(pools, gpuPricePerHour, priceList)) },
        { name: `${id}.gpus`, rules: written(health) },
        { name: `${id}.platform`, rules: written(platform) },
      ],
    });
    const reasons = Object.entries(without).map(([name, reason]) => `${name}: ${reason}`);
    if (reasons.length > 0) this.rules.object.metadata.addAnnotation(WITHOUT, reasons.join('\n'));
    if (exporter.list) {
      const { namespace, name, key } = exporter.list;
      new k8s.KubeConfigMap(this, 'fields', { metadata: { namespace, name, labels }, data: { [key]: exporter.csv } });
    }
    const keys = [...new Set(pools.flatMap((pool) => identifyingLabels(pool).map(({ key }) => key)))].sort();
    this.nodeLabelsAllowlist = `--metric-labels-allowlist=nodes=[${keys.join(',')}]`;

    reportErrors(this, [
      ...thresholdProblems(thresholds),
      ...gpuPriceProblems(pools, gpuPricePerHour, priceList),
      ...poolProblems(props),
      ...reasonProblems(without),
    ]);
    reportWarnings(this, blindProblems(wanted(GPU_ALERTS), exporter));
  }
}

function poolProblems({ pools }: GpuMonitoringProps): Problem[] {
  const names = pools.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (names.length > 0 && twice === undefined) return [];
  return [
    {
      check: 'monitoring',
      message:
        twice === undefined ? 'pools is empty.' : `Two pools are named ${twice}, so that their records would be one.`,
      remedy: 'Name every GPU pool of the cluster once.',
    },
  ];
}

function reasonProblems(without: Readonly<Record<string, string | undefined>>): Problem[] {
  const known: readonly string[] = [...Object.keys(GPU_ALERTS), ...Object.keys(PLATFORM_ALERTS)];
  return Object.entries(without)
    .filter(([name, reason]) => !known.includes(name) || !reason?.trim() || reason.includes('$'))
    .map(([name, reason]) => ({
      check: 'monitoring',
      message: `without says ${JSON.stringify(reason)} for ${name}.`,
      remedy: 'Use the name of an alert, and say why nobody needs it, without "$".',
    }));
}

/** Alerts that the list of somebody else leaves out. */
function blindProblems(names: readonly GpuAlertName[], exporter: DcgmExporter): Problem[] {
  const blind = names.filter((name) => isBlind(name, exporter));
  if (blind.length === 0) return [];
  return [
    {
      check: 'monitoring',
      message: `dcgm-exporter does not collect what ${blind.length} alerts need:\n${blind.map((name) => `${name}: ${neededBy(name).join(', ')}`).join('\n')}`,
      remedy: 'Let it collect these fields, or name the alerts in without and say who sees such faults instead.',
    },
  ];
}
