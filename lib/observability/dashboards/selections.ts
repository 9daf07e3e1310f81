import { GPU_RESOURCE_NAMES } from '../../hardware/gpu-partition';
import { primaryName } from '../../release/flagger-canary';
import { ServingRole } from '../../runtime/serving-runtime';
import { ROLE_LABEL, SERVICE_LABEL, TRACK_LABEL } from '../../signals/pod-selection';
import { KUBE_METRICS, kubeLabel } from '../kube-metrics';
import { Variable } from './dashboard';

/** Matchers of one service's records and pods. */
export const SERVICE = `namespace="$namespace", ${SERVICE_LABEL}="$service"`;

/** A record of the chosen service. */
export const ofService = (record: string, ...matchers: readonly string[]) =>
  `${record}{${[SERVICE, ...matchers].join(', ')}}`;

const PREFILL: ServingRole = 'prefill';

/**
 * A record of those who answer. Where other pods compute the prompts, both count each request and all tokens of its prompt, and
 * the others write one token that nobody reads.
 */
export const ofAnswering = (record: string, ...matchers: readonly string[]) =>
  ofService(record, `${ROLE_LABEL}!="${PREFILL}"`, ...matchers);

/** What follows the name of the service in the names of the objects that keep its pods: a track, Flagger's copy, a role, a router. */
const SUFFIXES = ['-canary', primaryName(''), `-${PREFILL}`, '-decode', '-router'];

/** How the objects that keep the pods of the service are matched by their names. */
export const OBJECTS = `=~"$service(${SUFFIXES.join('|')})?"`;

/** One after the other: namespaces with services, and the services of the one that was chosen. */
export const ONE_SERVICE: readonly Variable[] = [
  {
    name: 'namespace',
    label: 'Namespace',
    series: `${KUBE_METRICS.up.metric}{${SERVICE_LABEL}!=""}`,
    values: 'namespace',
  },
  {
    name: 'service',
    label: 'Service',
    series: `${KUBE_METRICS.up.metric}{namespace="$namespace", ${SERVICE_LABEL}!=""}`,
    values: SERVICE_LABEL,
  },
];

/** The same with several of each, or all. */
export const SERVICES: readonly Variable[] = ONE_SERVICE.map((variable) => ({
  ...variable,
  series: variable.series.replace('="$namespace"', '=~"$namespace"'),
  many: true,
}));

/** Whatever announces GPUs to Kubernetes: whole ones, shares and MIG slices. As kube-state-metrics writes the resource. */
export const GPU_RESOURCES = `resource=~"${[GPU_RESOURCE_NAMES.whole, GPU_RESOURCE_NAMES.share].map(kubeLabel).join('|')}|${kubeLabel(GPU_RESOURCE_NAMES.slice)}.+"`;

/** Whole GPUs or slices that pods of the matchers have, by pod. */
export const requestedGpus = (...matchers: readonly string[]) =>
  `${KUBE_METRICS.containerRequests.metric}{${[...matchers, GPU_RESOURCES].join(', ')}}`;

/**
 * Pods of the services of the matchers, with some labels of their targets: those that are scraped, and the workers of a group,
 * which are not, and are named after the pod that leads it, with numbers from 1. A pod that is scraped, for whichever service, is
 * no worker: `llama-2-1` may be of a service `llama-2`.
 */
function podsOf(matchers: string, ...labels: readonly string[]): string {
  const { metric } = KUBE_METRICS.up;
  const own = ['namespace', 'pod', ...labels].join(', ');
  const led = ['namespace', 'leader', ...labels].join(', ');
  return [
    `(group by (${own}) (${metric}{${matchers}})`,
    `or group by (${own}) (label_replace(${requestedGpus()} unless on (namespace, pod) ${metric}{${SERVICE_LABEL}!=""},`,
    `"leader", "$1", "pod", "(.+)-[1-9][0-9]*")`,
    `* on (namespace, leader) group_left (${labels.join(', ')})`,
    `group by (${led}) (label_replace(${metric}{${matchers}}, "leader", "$1", "pod", "(.+)"))))`,
  ].join(' ');
}

/** GPUs that the pods of the service have. */
export const GPUS_OF_SERVICE = `sum(${requestedGpus('namespace="$namespace"')} * on (namespace, pod) group_left () ${podsOf(SERVICE)})`;

/**
 * A field of the GPUs that services have, with their service and track. The exporter tells the pod of a GPU as `pod`; with
 * Prometheus' default the pod of the exporter takes that name, and what it told becomes `exported_pod`. Both are right here.
 */
export function ofGpus(query: string): string {
  const pods = [
    `label_replace(label_replace(${query}, "namespace", "$1", "exported_namespace", "(.+)"),`,
    '"pod", "$1", "exported_pod", "(.+)")',
  ].join(' ');
  const services = podsOf(`namespace=~"$namespace", ${SERVICE_LABEL}=~"$service"`, SERVICE_LABEL, TRACK_LABEL);
  return `${pods} * on (namespace, pod) group_left (${SERVICE_LABEL}, ${TRACK_LABEL}) ${services}`;
}

/** Seconds from the node to readiness, for each pod of the service that is ready. */
export const COLD_STARTS = [
  `(${KUBE_METRICS.podReadyTime.metric}{namespace="$namespace"}`,
  `- on (namespace, pod) ${KUBE_METRICS.podScheduledTime.metric}{namespace="$namespace"})`,
  `* on (namespace, pod) group_left () group by (namespace, pod) (${KUBE_METRICS.up.metric}{${SERVICE}})`,
].join(' ');
