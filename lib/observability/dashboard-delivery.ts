import { labelProblems, shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

type Labels = Readonly<Record<string, string>>;

/**
 * How dashboards reach Grafana: as ConfigMaps that its sidecar reads, or as GrafanaDashboard objects of the Grafana operator.
 */
export class DashboardDelivery {
  /**
   * ConfigMaps for the sidecar of Grafana's Helm chart (kiwigrid/k8s-sidecar).
   *
   * @param props.labels by which the sidecar finds them; with others it finds nothing. Default: `grafana_dashboard: "1"`, as
   *   kube-prometheus-stack has it
   * @param props.folder folder in Grafana, as the annotation `grafana_folder`. It is heard only where the chart's
   *   sidecar.dashboards.folderAnnotation names that annotation. Default: the sidecar's own
   */
  static configMap(props: { readonly labels?: Labels; readonly folder?: string } = {}): DashboardDelivery {
    const { labels = { grafana_dashboard: '1' }, folder } = props;
    refuse('DashboardDelivery.configMap', [...labelProblems('label', labels), ...folderProblems(folder)]);
    return new DashboardDelivery('config-map', labels, folder);
  }

  /**
   * GrafanaDashboard objects (grafana.integreatly.org/v1beta1).
   *
   * @param props.instances labels of the Grafana objects that shall show them; with none, no Grafana would
   * @param props.folder folder in Grafana. Default: the one named after the namespace, which the operator makes
   */
  static grafanaOperator(props: { readonly instances: Labels; readonly folder?: string }): DashboardDelivery {
    const { instances, folder } = props;
    refuse('DashboardDelivery.grafanaOperator', [
      ...(Object.keys(instances).length > 0
        ? []
        : [
            {
              check: 'names',
              message: 'instances names no label.',
              remedy: "Name the labels of the Grafana object, such as { dashboards: 'grafana' }.",
            },
          ]),
      ...labelProblems('instance label', instances),
      ...folderProblems(folder),
    ]);
    return new DashboardDelivery('grafana-operator', instances, folder);
  }

  private constructor(
    readonly kind: 'config-map' | 'grafana-operator',
    /** Labels that the ConfigMap gets, or that the Grafana objects have. */
    readonly labels: Labels,
    readonly folder: string | undefined,
  ) {}

  /** Annotations of the ConfigMap. */
  get annotations(): Labels {
    return this.kind === 'config-map' && this.folder !== undefined ? { grafana_folder: this.folder } : {};
  }
}

/** The title of a folder stands in a column of 189 characters; Flux would replace what looks like a variable. */
function folderProblems(folder: string | undefined): Problem[] {
  if (folder === undefined || (/^[^$\n]{1,189}$/.test(folder) && folder.trim() === folder)) return [];
  return [
    {
      check: 'names',
      message: `folder ${shown(folder)} is no title of a folder.`,
      remedy: 'Use 1 to 189 characters on one line, without "$" and without blanks at the ends.',
    },
  ];
}
