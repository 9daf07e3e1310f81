import { Panel } from '../lib/observability/dashboards/dashboard';
import { DASHBOARDS } from '../lib/observability/dashboards/inference-dashboards';

const INTRODUCTION = `# Dashboards

<!-- Made by \`npm run docs\` from lib/observability/dashboards. -->

\`InferenceDashboards\` writes five dashboards for Grafana, once for a platform. They read records that have the same names for every server ([signals](signals.md)), so that a reader chooses namespace and service above the panels, and the five hundredth service brings no new dashboard. Where a server does not tell something, its panel says "Not told by this server" and not 0.

\`\`\`ts
const monitoring = Monitoring.prometheusOperator({
  labels: { release: 'kube-prometheus-stack' },
  dashboards: DashboardDelivery.configMap({ folder: 'GPU inference' }),
});
new InferenceDashboards(app, 'dashboards', { monitoring });
\`\`\`

They are files of their own in \`dist/30-services/<namespace of Prometheus>/\`, in an order and with line breaks that a reviewer can read. Changes that somebody makes in Grafana are lost with the next apply; change the panels here, or copy the dashboard under another name. That namespace must be there before Flux applies, or it applies nothing: where another repository brings it later, declare it too, as [main.ts](../main.ts) does.

## How they reach Grafana

| Grafana | how | what to see to |
| --- | --- | --- |
| kube-prometheus-stack, or any with the sidecar | \`DashboardDelivery.configMap()\`, the default | The label is \`grafana_dashboard: "1"\`; another one goes into \`labels\`. The sidecar must look into the namespace of Prometheus (\`sidecar.dashboards.searchNamespace: ALL\` when Grafana is elsewhere). A \`folder\` is heard only with \`sidecar.dashboards.folderAnnotation: grafana_folder\` and \`sidecar.dashboards.provider.foldersFromFilesStructure: true\` in the values of the chart. |
| Grafana operator 5 | \`DashboardDelivery.grafanaOperator({ instances: { dashboards: 'grafana' } })\` | \`instances\` are labels of the Grafana object. |
| none, or dashboards of your own | \`dashboards: false\` | |

The data source is a choice above the panels. What the panels need beside the records of each service:

- **kube-state-metrics** 2.8 or later for pods, replicas and GPUs; with \`--metric-labels-allowlist=nodes=[…]\` for pools, as \`GpuMonitoring.nodeLabelsAllowlist\` says ([alerts on GPUs](gpu-alerts.md)).
- **dcgm-exporter** with the list of fields that \`GpuMonitoring\` writes. Its \`pod\` label may be called \`exported_pod\` or \`pod\`: both are read.
- **\`GpuMonitoring\`** for pools and cost on the dashboard of the fleet.
- Grafana 9 or later. None was at hand when this was written: the tests parse every query, ask all of them of a real Prometheus, and check the structure.

The table of alerts on the first dashboard, and a link of each panel, lead to the [runbooks](runbooks/README.md). Blue lines are new versions: a StatefulSet with a new revision, or a Deployment or Rollout with a new ReplicaSet. Red veils are alerts.

## The pictures

They are drawn from the JSON that Grafana imports, not photographed in Grafana. Every query was asked of a real Prometheus that holds six hours of an invented platform (\`test/support/sample-platform.ts\`): in the third hour a canary of \`llama3-8b\` begins, in the fifth it gets more traffic than it can answer in time and is taken back. \`npx ts-node docs/dashboard-pictures.ts\` draws them again; a test fails when they are of other dashboards.
`;

/** What each dashboard answers, with its picture. */
export function dashboardPage(): string {
  const sections = DASHBOARDS.map(({ uid, title, description, rows }) => {
    const name = title.replace('GPU inference / ', '');
    const table = rows.flatMap(({ title: row, panels }) =>
      panels.map(
        (panel, at) => `| ${at === 0 ? row : ''} | ${panel.title} | ${answerOf(panel)} | ${alertsOf(panel)} |`,
      ),
    );
    return [
      `## ${name}`,
      description,
      `![${title}, drawn from its definition with sample data](images/dashboard-${uid.replace('gpu-inference-', '')}.png)`,
      ['| row | panel | what it answers | alerts |', '| --- | --- | --- | --- |', ...table].join('\n'),
    ].join('\n\n');
  });
  return [INTRODUCTION, ...sections, ''].join('\n\n');
}

const answerOf = ({ description, thresholds }: Panel) =>
  `${description}${thresholds ? ` ${thresholds.meaning}` : ''}`.replace(/\|/g, '\\|');

const alertsOf = ({ alerts = [] }: Panel) => alerts.map((alert) => `[${alert}](runbooks/${alert}.md)`).join(', ');
