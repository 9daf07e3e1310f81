import { ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { GrafanaDashboard } from '../../../imports/grafana.integreatly.org';
import { DashboardDelivery } from '../dashboard-delivery';
import { Monitoring } from '../monitoring';
import { CANARY_DASHBOARD } from './canary-dashboard';
import { Dashboard } from './dashboard';
import { dashboardJson } from './dashboard-json';
import { ENGINE_DASHBOARD } from './engine-dashboard';
import { FLEET_DASHBOARD } from './fleet-dashboard';
import { GPU_DASHBOARD } from './gpu-dashboard';
import { SERVICE_DASHBOARD } from './service-dashboard';

/** Every dashboard of the library, in the order in which an incident is looked into. */
export const DASHBOARDS: readonly Dashboard[] = [
  SERVICE_DASHBOARD,
  ENGINE_DASHBOARD,
  GPU_DASHBOARD,
  CANARY_DASHBOARD,
  FLEET_DASHBOARD,
];

export interface InferenceDashboardsProps {
  /** Says how dashboards reach Grafana, and where the runbooks are that they link to. */
  readonly monitoring: Monitoring;
}

/**
 * Dashboards for all services of a platform: a reader chooses the namespace and the service. One for each cluster, since they
 * read records that have the same names for every server; so a new service brings no new dashboard, and a change of one is
 * reviewed once.
 *
 * What a server does not tell is told as that, not as zero. A chart in the namespace of Prometheus, where Grafana usually is;
 * it must be there, or be declared beside it, since Flux applies nothing of a revision while a namespace is missing.
 */
export class InferenceDashboards extends Chart {
  /** By their uid; none when the platform wants none. */
  readonly dashboards: Readonly<Record<string, ApiObject>>;

  constructor(scope: Construct, id: string, { monitoring }: InferenceDashboardsProps) {
    super(scope, id, { namespace: monitoring.namespace, disableResourceNameHashes: true });
    const { dashboards: delivery } = monitoring;
    this.dashboards = delivery
      ? Object.fromEntries(
          DASHBOARDS.map((dashboard) => [
            dashboard.uid,
            this.deliver(dashboard.uid, delivery, dashboardText(dashboard, monitoring)),
          ]),
        )
      : {};
  }

  private deliver(uid: string, delivery: DashboardDelivery, json: string): ApiObject {
    const labels = {
      'app.kubernetes.io/name': 'inference-dashboards',
      // A file of its own: it is long.
      'app.kubernetes.io/instance': uid,
      'app.kubernetes.io/component': 'monitoring',
    };
    if (delivery.kind === 'config-map') {
      return new k8s.KubeConfigMap(this, uid, {
        metadata: {
          name: uid,
          labels: { ...labels, ...delivery.labels },
          annotations: { ...delivery.annotations },
        },
        data: { [`${uid}.json`]: json },
      });
    }
    return new GrafanaDashboard(this, uid, {
      metadata: { name: uid, labels },
      spec: {
        // The labels say which Grafana; it need not be in this namespace.
        allowCrossNamespaceImport: true,
        instanceSelector: { matchLabels: { ...delivery.labels } },
        ...(delivery.folder !== undefined && { folder: delivery.folder }),
        json,
      },
    });
  }
}

/** A dashboard as the JSON that Grafana imports. */
export function dashboardText(dashboard: Dashboard, monitoring: Pick<Monitoring, 'runbookUrl'>): string {
  // Grafana's own library takes longer to load than all of this one, and most apps make no dashboard.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { grafanaDashboard } = require('./grafana-dashboard') as typeof import('./grafana-dashboard');
  return dashboardJson(grafanaDashboard(dashboard, (alert) => monitoring.runbookUrl(alert)));
}
