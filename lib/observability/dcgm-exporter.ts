import { dnsSubdomainProblems, shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';
import { DCGM_FIELD_NAMES, DCGM_FIELDS, DCGM_GPU_LABELS, DCGM_NODE_LABELS, DcgmFieldName } from './dcgm-fields';

export interface DcgmExporterProps {
  /**
   * What stands before `namespace`, `pod` and `container` of the pod that has the GPU: `exported_` where the scrape puts its
   * own labels of these names, as with honorLabels: false; an empty text where it keeps those of the exporter. With the wrong
   * one, alerts name no pod, and GpuAllocatedButIdle never fires. Dashboards and runbooks read no other.
   * @default 'exported_'
   */
  readonly podLabelPrefix?: 'exported_' | '';
}

/** The list of fields as the exporter reads it: a ConfigMap. */
export interface DcgmFieldList {
  readonly namespace: string;
  readonly name: string;
  /** Key of the ConfigMap: each way to install the exporter has its own. */
  readonly key: string;
}

/**
 * NVIDIA's dcgm-exporter, as somebody else installed it: which fields it collects, and how its series are labelled. Whoever
 * installed it also scrapes it (the charts bring a ServiceMonitor, GKE a ClusterPodMonitoring); a second scrape would count
 * every GPU twice, so the library adds none.
 *
 * The exporter must know its node (`NODE_NAME`, which both charts set): alerts join its label with that of kube-state-metrics.
 */
export class DcgmExporter {
  /**
   * That of the GPU Operator, which reads the ConfigMap that `dcgmExporter.config.name` of its ClusterPolicy names.
   *
   * @param props.namespace of the operator. Default: gpu-operator
   * @param props.configMap its name, as the operator was told. Default: inference-dcgm-fields
   */
  static gpuOperator(
    props: DcgmExporterProps & { readonly namespace?: string; readonly configMap?: string } = {},
  ): DcgmExporter {
    const { namespace = 'gpu-operator', configMap = 'inference-dcgm-fields' } = props;
    return new DcgmExporter(props, DCGM_FIELD_NAMES, { namespace, name: configMap, key: 'dcgm-metrics.csv' });
  }

  /**
   * That of its own Helm chart, told `--configmap-data <namespace>:<name>` (`DCGM_EXPORTER_CONFIGMAP_DATA`).
   *
   * @param props.namespace of the exporter, which may read ConfigMaps nowhere else
   * @param props.configMap its name, as the exporter was told. Default: inference-dcgm-fields
   */
  static helmChart(
    props: DcgmExporterProps & { readonly namespace: string; readonly configMap?: string },
  ): DcgmExporter {
    const { namespace, configMap = 'inference-dcgm-fields' } = props;
    return new DcgmExporter(props, DCGM_FIELD_NAMES, { namespace, name: configMap, key: 'metrics' });
  }

  /**
   * One whose list others keep, such as the one that GKE manages. Alerts that need other fields are left out with a warning.
   *
   * @param props.fields all that it collects, as its `/metrics` shows it
   */
  static collecting(props: DcgmExporterProps & { readonly fields: readonly string[] }): DcgmExporter {
    const known = DCGM_FIELD_NAMES.filter((name) => props.fields.includes(name));
    refuse('DcgmExporter.collecting', noFieldProblems(props.fields, known));
    return new DcgmExporter(props, known);
  }

  /** Labels of the namespace and the pod that have a GPU. */
  readonly podLabels: readonly [namespace: string, pod: string];

  private constructor(
    props: DcgmExporterProps,
    /** Fields that alerts and dashboards may ask for. */
    readonly fields: readonly DcgmFieldName[],
    /** What the exporter must be given; undefined where its list is not ours. */
    readonly list?: DcgmFieldList,
  ) {
    const { podLabelPrefix = 'exported_' } = props;
    refuse('DcgmExporter', [
      ...(['exported_', ''].includes(podLabelPrefix)
        ? []
        : [
            {
              check: 'names',
              message: `podLabelPrefix is ${shown(podLabelPrefix)}, and dashboards and runbooks read exported_pod and pod alone.`,
              remedy:
                'Use "exported_", or "" where the labels of the exporter are kept. Where the scrape renames them to something else, let it keep one of these.',
            },
          ]),
      ...(list
        ? [...dnsSubdomainProblems('namespace', list.namespace), ...dnsSubdomainProblems('configMap', list.name)]
        : []),
    ]);
    this.podLabels = [`${podLabelPrefix}namespace`, `${podLabelPrefix}pod`];
  }

  /** Labels of a GPU in an alert: where it is, which it is, who has it. */
  get labels(): readonly string[] {
    return [...DCGM_NODE_LABELS, ...DCGM_GPU_LABELS, ...this.podLabels];
  }

  collects(field: DcgmFieldName): boolean {
    return this.fields.includes(field);
  }

  /** The fields as the exporter reads them: a field, its type and its help in each line. */
  get csv(): string {
    const lines = this.fields.map((name) => `${name}, ${DCGM_FIELDS[name].type}, ${DCGM_FIELDS[name].help}`);
    return [
      '# Field, type, help: what alerts, dashboards and runbooks of cdk8s-gpu-inference read.',
      ...lines,
      '',
    ].join('\n');
  }
}

function noFieldProblems(fields: readonly string[], known: readonly DcgmFieldName[]): Problem[] {
  if (known.length > 0) return [];
  return [
    {
      check: 'monitoring',
      message: `fields has ${fields.length} names, and none of them is known.`,
      remedy: `Name what the exporter shows, such as ${DCGM_FIELD_NAMES[2]}.`,
    },
  ];
}
