import { App, Chart, Duration } from 'cdk8s';
import { InferenceAlerts } from '../../lib/observability/inference-alerts';
import { InferenceSlo } from '../../lib/observability/inference-slo';
import { KUBE_METRICS } from '../../lib/observability/kube-metrics';
import { DcgmExporter } from '../../lib/observability/dcgm-exporter';
import { GpuMonitoring } from '../../lib/observability/gpu-monitoring';
import { AlertingRule, RuleGroup } from '../../lib/observability/rule';
import { DashboardDelivery } from '../../lib/observability/dashboard-delivery';
import { Monitoring, MonitoringProps } from '../../lib/observability/monitoring';
import { version } from '../../package.json';
import { refusalOf } from '../support/messages';
import { CANARY, monitored, pods } from '../support/monitored';
import { H100, L4 } from '../support/pools';

test('what follows when nothing is stated', () => {
  const { peers, ...said } = Monitoring.prometheusOperator();
  expect(said).toMatchObject({
    implementation: 'prometheus-operator',
    labels: {},
    namespace: 'monitoring',
    serverAddress: 'http://prometheus-operated.monitoring:9090',
    scrapeInterval: '30s',
    evaluationInterval: undefined,
    jsonLogs: true,
    tracing: undefined,
  });
  expect(peers.map((peer) => peer.toPeer())).toEqual([
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
  ]);
});

test('on GKE the collectors are in namespaces of their own', () => {
  const monitoring = Monitoring.googleManaged({ namespace: 'frontend' });
  expect(monitoring.serverAddress).toBe('http://frontend.frontend:9090');
  expect(monitoring.evaluationInterval).toBe('30s');
  expect(JSON.stringify(monitoring.peers.map((peer) => peer.toPeer()))).toMatch(/"gmp-system".*"gke-gmp-system"/);
});

test.each`
  runbooks                              | url
  ${undefined}                          | ${`https://unpkg.com/cdk8s-gpu-inference@${version}/docs/runbooks/GpuXid.md`}
  ${'https://wiki.example.com/alerts/'} | ${'https://wiki.example.com/alerts/GpuXid.md'}
`('a runbook of $runbooks', ({ runbooks, url }) => {
  expect(Monitoring.prometheusOperator({ runbooks }).runbookUrl('GpuXid')).toBe(url);
});

test('labels of an alert', () => {
  const ours = { severities: { critical: 'page' }, alertLabels: { team: 'ml-platform' } };
  expect(Monitoring.prometheusOperator().labelsOfAlert('critical')).toEqual({ severity: 'critical' });
  expect(Monitoring.prometheusOperator(ours).labelsOfAlert('critical')).toEqual({
    severity: 'page',
    team: 'ml-platform',
  });
  expect(Monitoring.prometheusOperator(ours).labelsOfAlert('warning')).toMatchObject({ severity: 'warning' });
});

test.each`
  props                                                            | told
  ${{ namespace: 'Monitoring' }}                                   | ${'namespace "Monitoring" is not an RFC 1123 label.'}
  ${{ labels: { release: 'kube prometheus' } }}                    | ${'label "release" has the value "kube prometheus", which is not a label value.'}
  ${{ serverAddress: 'prometheus:9090' }}                          | ${'serverAddress is "prometheus:9090".'}
  ${{ runbooks: '/runbooks' }}                                     | ${'runbooks is "/runbooks".'}
  ${{ runbooks: 'https://me@wiki.example.com' }}                   | ${'runbooks is "https://me@wiki.example.com".'}
  ${{ runbooks: 'https://wiki.example.com/$page' }}                | ${'runbooks is "https://wiki.example.com/$page".'}
  ${{ alertLabels: { 'our-team': 'ml' } }}                         | ${'alertLabels has "our-team": "ml".'}
  ${{ alertLabels: { alertname: 'x' } }}                           | ${'alertLabels has "alertname", which rules write themselves.'}
  ${{ alertLabels: { severity: 'page' } }}                         | ${'alertLabels has "severity", which rules write themselves.'}
  ${{ alertLabels: { namespace: 'prod' } }}                        | ${'alertLabels has "namespace", which rules write themselves.'}
  ${{ severities: { critical: '' } }}                              | ${'severities has "critical": "".'}
  ${{ severities: { critical: 'page', warning: 'page' } }}         | ${'severities says "page" for critical and for warning.'}
  ${{ severities: { warning: 'critical' } }}                       | ${'severities says "critical" for critical and for warning.'}
  ${{ scrapeInterval: Duration.seconds(1) }}                       | ${'scrapeInterval is 1 s.'}
  ${{ scrapeInterval: Duration.minutes(2) }}                       | ${'scrapeInterval is 120 s.'}
  ${{ evaluationInterval: Duration.millis(5500) }}                 | ${'evaluationInterval is 5.5 s.'}
  ${{ tracing: { grpcEndpoint: 'collector:4317' } }}               | ${'tracing.grpcEndpoint is "collector:4317".'}
  ${{ tracing: { grpcEndpoint: 'http://c:1', samplingRatio: 5 } }} | ${'tracing.samplingRatio is 5.'}
`('$props is refused', ({ props, told }: { props: MonitoringProps; told: string }) => {
  expect(refusalOf(() => Monitoring.prometheusOperator(props))).toContain(told);
});

describe("a label by which alerts are told apart is nobody else's", () => {
  const monitoring = Monitoring.prometheusOperator();
  const slo = { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } };
  const disk = { kind: 'per-replica', filled: false, readOnly: false } as const;
  const service = monitored(pods({ cache: disk, role: 'decode' }), CANARY);
  const chart = () => new Chart(new App(), 'nim', { namespace: 'nim' });
  const gpus = (podLabelPrefix: '' | 'exported_') =>
    new GpuMonitoring(new App(), 'gpus', {
      ...{ monitoring, pools: [L4, H100], fluxMetrics: true, certManagerMetrics: true },
      exporter: DcgmExporter.gpuOperator({ podLabelPrefix }),
    }).rules.object.toJson() as { spec: { groups: RuleGroup[] } };
  const rules = [
    ...new InferenceAlerts(chart(), 'alerts', {
      ...{ service, monitoring, objectives: slo, horizontalPodAutoscaler: 'llama' },
      budget: { perMonth: 3000, pricePerGpuHour: 2 },
      certificate: { name: 'edge', namespace: 'gateways' },
    }).groups,
    ...new InferenceSlo(chart(), 'slo', { service, monitoring, objectives: slo }).groups,
    ...[...gpus('').spec.groups, ...gpus('exported_').spec.groups],
  ].flatMap((group) => group.rules.filter((rule): rule is AlertingRule => 'alert' in rule));

  const labels = [
    ...rules.flatMap((rule) => [
      ...Object.keys(rule.labels),
      ...[...rule.expr.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, by]) => by!.split(', ')),
      ...[...rule.expr.matchAll(/, "(\w+)", "[^"]*", "\w*", "[^"]*"\)/g)].map(([, replaced]) => replaced!),
      ...[...rule.annotations.description!.matchAll(/\$labels\.(\w+)/g)].map(([, told]) => told!),
    ]),
    // Its alerts are about what Prometheus keeps of the metric.
    ...Object.values(KUBE_METRICS.podUnschedulable.labels),
  ];

  // A quantile is over all `le`.
  test.each([...new Set(labels)].filter((label) => label !== 'le').sort())('%s', (label) => {
    expect(refusalOf(() => Monitoring.prometheusOperator({ alertLabels: { [label]: 'x' } }))).toContain(
      `alertLabels has "${label}", which rules write themselves.`,
    );
  });
});

test('everything that is wrong is told at once', () => {
  const wrong = { namespace: 'A', serverAddress: 'x', scrapeInterval: Duration.seconds(1) };
  expect(refusalOf(() => Monitoring.googleManaged(wrong)).match(/^Monitoring: /gm)).toHaveLength(3);
});

test('how dashboards reach Grafana', () => {
  expect(Monitoring.prometheusOperator().dashboards).toMatchObject({
    kind: 'config-map',
    labels: { grafana_dashboard: '1' },
    annotations: {},
  });
  expect(DashboardDelivery.configMap({ folder: 'Inference' }).annotations).toEqual({ grafana_folder: 'Inference' });
  expect(refusalOf(() => DashboardDelivery.grafanaOperator({ instances: {} }))).toContain('instances names no label.');
  expect(refusalOf(() => DashboardDelivery.configMap({ folder: '$team' }))).toContain('folder "$team" is no title');
});
