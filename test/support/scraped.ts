import { Manifest } from './yaml-of';

/* eslint-disable @typescript-eslint/no-explicit-any -- it looks into every kind */

/** A pod as a cluster would make it. */
export interface SimulatedPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly name: string; readonly ports: Readonly<Record<string, number>> }[];
}

/** Where Prometheus asks, and the labels that it gives to what it hears. */
export interface ScrapedTarget {
  readonly pod: string;
  /** `8000/metrics` */
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The pods of every workload among the objects. */
export function podsOf(objects: readonly Manifest[]): SimulatedPod[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    switch (kind) {
      case 'StatefulSet':
      case 'Deployment':
        return times(spec.replicas ?? 1, (index) => podOf(`${metadata.name}-${index}`, spec.template));
      case 'LeaderWorkerSet': {
        const { size, leaderTemplate, workerTemplate } = spec.leaderWorkerTemplate;
        return times(spec.replicas ?? 1, (group) =>
          times(size, (index) =>
            // Names and labels as its controller gives them: kubernetes-sigs/lws, pkg/webhooks/pod_webhook.go.
            podOf(
              [metadata.name, group, ...(index === 0 ? [] : [index])].join('-'),
              index === 0 ? leaderTemplate : workerTemplate,
              {
                'leaderworkerset.sigs.k8s.io/worker-index': String(index),
              },
            ),
          ),
        ).flat();
      }
      default:
        return [];
    }
  });
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

function podOf(name: string, template: any, labels: SimulatedPod['labels'] = {}): SimulatedPod {
  return {
    name,
    labels: { ...template.metadata.labels, ...labels },
    // Init containers too: Prometheus discovers their ports as well.
    containers: [...(template.spec.initContainers ?? []), ...template.spec.containers].map((container: any) => ({
      name: container.name,
      ports: Object.fromEntries((container.ports ?? []).map((port: any) => [port.name, port.containerPort])),
    })),
  };
}

/** What the monitors among the objects scrape of the pods, as the operator or Google's collector would. */
export function scrapedTargets(objects: readonly Manifest[], pods: readonly SimulatedPod[]): ScrapedTarget[] {
  return objects.flatMap((monitor) => {
    const { spec } = monitor;
    if (monitor.kind === 'PodMonitor') {
      return spec.podMetricsEndpoints.flatMap((endpoint: any) => discover(spec.selector, endpoint, pods, podMonitor));
    }
    if (monitor.kind === 'PodMonitoring') {
      const labels = (pod: SimulatedPod, endpoint: any) => ({
        ...Object.fromEntries(
          spec.targetLabels.fromPod.flatMap(({ from, to }: any) =>
            pod.labels[from] === undefined ? [] : [[to, pod.labels[from]]],
          ),
        ),
        ...Object.fromEntries(endpoint.metricRelabeling.map((rule: any) => [rule.targetLabel, rule.replacement])),
      });
      return spec.endpoints.flatMap((endpoint: any) =>
        pods
          .filter((pod) => selects(spec.selector, pod.labels))
          .flatMap((pod) =>
            askedAt(pod, endpoint.port).map((port) => ({
              pod: pod.name,
              at: `${port}${endpoint.path}`,
              labels: labels(pod, endpoint),
            })),
          ),
      );
    }
    return [];
  });
}

/**
 * Where Google's collector asks a pod: with a number at that port of it, declared or not, and once.
 *
 * @source GoogleCloudPlatform/prometheus-engine pkg/operator/apis/monitoring/v1/pod_config.go, endpointScrapeConfig
 */
function askedAt({ containers }: SimulatedPod, port: number | string): number[] {
  return typeof port === 'number' ? [port] : containers.flatMap(({ ports }) => ports[port] ?? []);
}

type Labels = Record<string, string> | undefined;

function discover(
  selector: any,
  endpoint: any,
  pods: readonly SimulatedPod[],
  labelsOf: (pod: SimulatedPod, container: string, endpoint: any) => Labels,
): ScrapedTarget[] {
  return pods
    .filter(({ labels }) => selects(selector, labels))
    .flatMap((pod) =>
      pod.containers.flatMap(({ name, ports }) => {
        const port = ports[endpoint.port];
        const labels = port === undefined ? undefined : labelsOf(pod, name, endpoint);
        return labels ? [{ pod: pod.name, at: `${port}${endpoint.path}`, labels }] : [];
      }),
    );
}

function selects({ matchLabels = {}, matchExpressions = [] }: any, labels: SimulatedPod['labels']): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }: any) => {
      if (operator !== 'In') throw new Error(`the test knows no operator ${operator}`);
      return values.includes(labels[key]);
    })
  );
}

/** Relabeling of targets, as far as the library writes some; undefined when the target is dropped. */
function podMonitor(pod: SimulatedPod, container: string, { relabelings }: any): Labels {
  const discovered: Record<string, string> = {
    __meta_kubernetes_pod_container_name: container,
    ...Object.fromEntries(
      Object.entries(pod.labels).map(([key, value]) => [
        `__meta_kubernetes_pod_label_${key.replace(/\W/g, '_')}`,
        value,
      ]),
    ),
  };
  const labels: Record<string, string> = {};
  for (const {
    action = 'replace',
    sourceLabels = [],
    regex = '(.*)',
    targetLabel,
    replacement = '$1',
  } of relabelings) {
    const match = new RegExp(`^(?:${regex})$`).exec(
      sourceLabels.map((label: string) => discovered[label] ?? '').join(';'),
    );
    if (action === 'keep') {
      if (!match) return undefined;
    } else if (match) {
      const value = replacement.replace('$1', match[1] ?? '');
      if (value !== '') labels[targetLabel] = value;
    }
  }
  return labels;
}

/** One job of Prometheus' own configuration, as far as a PodMonitor of the library decides it. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly scrape_interval: string;
  readonly scrape_timeout: string;
  readonly metrics_path: string;
  readonly sample_limit: number;
  readonly label_limit: number;
  readonly label_value_length_limit: number;
  readonly kubernetes_sd_configs: readonly {
    readonly role: 'pod';
    readonly namespaces: { readonly names: string[] };
  }[];
  readonly relabel_configs: readonly object[];
}

/**
 * What the operator makes of a PodMonitor for Prometheus itself to discover pods by.
 *
 * @source prometheus-operator pkg/prometheus/promcfg.go, generatePodMonitorConfig
 */
export function scrapeJobs({ metadata, spec }: Manifest): ScrapeJob[] {
  const { name, namespace } = metadata;
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  const labelled = (key: string, regex: string) => {
    const label = key.replace(/\W/g, '_');
    return {
      action: 'keep',
      source_labels: [`__meta_kubernetes_pod_label_${label}`, `__meta_kubernetes_pod_labelpresent_${label}`],
      regex: `(${regex});true`,
    };
  };
  return spec.podMetricsEndpoints.map((endpoint: any, at: number) => ({
    job_name: `podMonitor/${namespace}/${name}/${at}`,
    scrape_interval: endpoint.interval,
    scrape_timeout: endpoint.scrapeTimeout,
    metrics_path: endpoint.path,
    sample_limit: spec.sampleLimit,
    label_limit: spec.labelLimit,
    label_value_length_limit: spec.labelValueLengthLimit,
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] } }],
    relabel_configs: [
      { action: 'drop', source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)' },
      ...Object.entries(matchLabels).map(([key, value]) => labelled(key, value as string)),
      ...matchExpressions.map(({ key, operator, values }: any) => {
        if (operator !== 'In') throw new Error(`the test knows no operator ${operator}`);
        return labelled(key, values.join('|'));
      }),
      { action: 'keep', source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: endpoint.port },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { target_label: 'job', replacement: `${namespace}/${name}` },
      { target_label: 'endpoint', replacement: endpoint.port },
      ...endpoint.relabelings.map(({ sourceLabels, targetLabel, ...rule }: any) => ({
        ...rule,
        ...(sourceLabels && { source_labels: sourceLabels }),
        ...(targetLabel && { target_label: targetLabel }),
      })),
    ],
  }));
}
