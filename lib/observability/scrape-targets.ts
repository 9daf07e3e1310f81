import { k8s } from 'cdk8s-plus-30';
import { Problem } from '../problem/problem';
import { WORKER_INDEX_LABEL } from '../workload/inference-labels';
import { MonitoredPods, MonitoredService } from './monitored-service';

/** Pods that are scraped alike. */
export interface ScrapeTarget {
  /** Id of the monitor below its construct. */
  readonly id: string;
  /** Name of the monitor. */
  readonly name: string;
  readonly selector: k8s.LabelSelector;
  /** Name of the container that tells. */
  readonly container: string;
  /** Name of its port. */
  readonly port: string;
  readonly number: number;
  readonly path: string;
  /** GPUs of one server: it may tell of each. */
  readonly gpus: number;
}

/**
 * How the pods of a service are scraped: with one selector where all tell at the same place, so that a release changes
 * nothing; else with one for each track or role, so that no pod is asked at the place of another.
 */
export function scrapeTargets(service: MonitoredService): ScrapeTarget[] {
  const telling = service.pods.flatMap((pods) => {
    const place = placeOf(pods);
    return place ? [{ pods, place, leads: leaders(pods) }] : [];
  });
  const [first] = telling;
  const router = routerTargets(service);
  if (first === undefined) return router;
  const gpus = Math.max(...telling.map(({ pods }) => pods.gpusPerReplica));
  const alike =
    telling.length === service.pods.length &&
    new Set(telling.map(({ place, leads }) => JSON.stringify([place, leads]))).size === 1;
  if (alike) {
    const { matchLabels } = selectorOf(first.pods);
    // A router has no track.
    const matchExpressions = [{ key: 'track', operator: 'In', values: ['stable', 'canary'] }, ...first.leads];
    const selector = { matchLabels, matchExpressions };
    return [{ id: 'servers', name: service.name, selector, ...first.place, gpus }, ...router];
  }
  return [
    ...telling.map(({ pods, place, leads }) => ({
      id: [pods.track, pods.role ?? []].flat().join('-'),
      name: pods.serviceName,
      selector: {
        matchLabels: { ...pods.podLabels, track: pods.track, ...(pods.role && { role: pods.role }) },
        ...(leads.length > 0 && { matchExpressions: leads }),
      },
      ...place,
      gpus: pods.gpusPerReplica,
    })),
    ...router,
  ];
}

/**
 * Of a group the pod that leads: Google's collector asks every pod that it selects for a port by number, whether a container
 * declares it or not, and workers would be told as down (GoogleCloudPlatform/prometheus-engine, pod_config.go).
 */
const leaders = ({ kind }: MonitoredPods): k8s.LabelSelectorRequirement[] =>
  kind === 'LeaderWorkerSet' ? [{ key: WORKER_INDEX_LABEL, operator: 'In', values: ['0'] }] : [];

const selectorOf = ({ podLabels }: MonitoredPods) => ({ matchLabels: { ...podLabels } });

type Place = Pick<ScrapeTarget, 'container' | 'port' | 'number' | 'path'>;

/** Monitors name ports; one without a name in the pod cannot be scraped. */
function placeOf({ runtime, plan }: MonitoredPods): Place | undefined {
  const { metrics, ports } = plan.contract;
  const port = ports.find(({ port: number }) => number === metrics?.port);
  return metrics && port && { container: runtime.name, port: port.name, number: port.port, path: metrics.path };
}

function routerTargets({ name, router }: MonitoredService): ScrapeTarget[] {
  if (router === undefined) return [];
  const { podLabels, container, metrics } = router;
  const target = { container, port: metrics.name, number: metrics.port, path: metrics.path, gpus: 0 };
  return [{ id: 'router', name: `${name}-router`, selector: { matchLabels: { ...podLabels } }, ...target }];
}

/** Pods that nobody can ask. */
export function targetProblems(service: MonitoredService): Problem[] {
  return service.pods
    .filter((pods) => placeOf(pods) === undefined)
    .map(({ runtime, serviceName }) => ({
      check: 'scrape-target',
      message: `${runtime.name} ${runtime.version} exports no metrics, so the pods of ${serviceName} are not scraped.`,
      remedy:
        "State where it does (metrics: { path: '/metrics', port: … } of a CustomRuntime), or waive this with the reason why nobody needs to know.",
    }));
}
