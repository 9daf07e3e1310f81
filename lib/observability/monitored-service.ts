import { ModelCache } from '../model/model-cache';
import { GpuMemoryPlan } from '../plan/gpu-memory-plan';
import { InferencePlan } from '../plan/inference-plan';
import { ServerSignals } from '../runtime/server-signals';
import { HttpEndpoint, ServingRole } from '../runtime/serving-runtime';
import { ROLE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { SignalQueries } from '../signals/signal-queries';
import { WorkloadKind } from '../checks/declared-workload';
import { PricedGpus } from './gpu-prices';

/** Pods of one service that run the same: a track, or those of one role. A GpuInferenceWorkload is some. */
export interface MonitoredPods {
  readonly track: 'stable' | 'canary';
  /** @default - they do all of a request */
  readonly role?: ServingRole;
  readonly runtime: { readonly name: string; readonly version: string };
  /** Name of the object that keeps them. */
  readonly serviceName: string;
  readonly kind: WorkloadKind;
  /** True when Argo Rollouts keeps the pods and the Deployment has none: a Rollout of the same name. @default false */
  readonly argoRollout?: boolean;
  /**
   * Name of another Deployment that runs pods like these while a release lasts: with Flagger, which keeps a copy, the one in Git.
   * What is told of single pods is told of its pods as well. @default - none
   */
  readonly twin?: string;
  readonly replicas: number;
  readonly gpusPerReplica: number;
  /** Labels of the pods of the service. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly plan: {
    readonly contract: {
      readonly ports: readonly { readonly name: string; readonly port: number }[];
      readonly metrics?: HttpEndpoint;
      readonly signals?: ServerSignals;
    };
    readonly startup: Pick<InferencePlan['startup'], 'rolloutSeconds'>;
    /** Sequences of full length that one replica computes at once. @default - unknown */
    readonly sequencesPerReplica?: number;
    /** What is computed. @default - unknown: a model that writes text */
    readonly memory?: readonly Pick<GpuMemoryPlan, 'request'>[];
  };
  /** Where the weights are kept. @default - no volume is watched */
  readonly cache?: Pick<ModelCache, 'kind' | 'claimName' | 'filled' | 'readOnly'>;
  /** Nodes that they may run on, as far as those have a price. @default - nobody knows what they cost */
  readonly nodePools?: readonly PricedGpus[];
}

/** Pods that pass requests on, and count them. */
export interface MonitoredRouter {
  /** Name of the Deployment that keeps them. */
  readonly deploymentName: string;
  /** How long one may take to be ready. */
  readonly startupSeconds: number;
  readonly podLabels: Readonly<Record<string, string>>;
  /** Name of the container. */
  readonly container: string;
  /** Where it tells its metrics: path, number and name of the port. */
  readonly metrics: HttpEndpoint & { readonly name: string };
}

/** A service as those who watch it see it. */
export interface MonitoredService {
  readonly name: string;
  readonly namespace: string;
  /** What is served, as a label: the id of the model. @default - the name of the service */
  readonly model?: string;
  /** Tracks or roles; the first is the one whose promises count. */
  readonly pods: readonly [MonitoredPods, ...MonitoredPods[]];
  /** What stands in front of them, where several share a request. A PrefillDecodeRouter is one. @default - nothing */
  readonly router?: MonitoredRouter;
  /**
   * True while the route gives the canary every request, as at the last weight of a release and while the stable pods are replaced: the
   * service is down without the canary then, and not without stable. @default false
   */
  readonly canaryCarriesAll?: boolean;
}

/** Pods without which the service is down. A canary with a part of the requests loses that part, and the release goes back. */
export const carriesRequests = ({ canaryCarriesAll = false }: MonitoredService, { track }: MonitoredPods): boolean =>
  track === (canaryCarriesAll ? 'canary' : 'stable');

/** The queries of some pods of a service. */
export function signalQueries({ name, namespace }: MonitoredService, pods: MonitoredPods): SignalQueries {
  const { runtime, plan, track, role } = pods;
  return new SignalQueries(`${runtime.name} ${runtime.version}`, plan.contract.signals, {
    namespace,
    service: name,
    track,
    ...(role && { role }),
  });
}

/** Queries of pods that run the same. */
export interface SharedQueries {
  readonly queries: SignalQueries;
  /** What sets these pods apart from others of the service. @default - they are all that it has */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The queries of a service: one for all its pods while they run the same, otherwise one for each track and role. */
export function serviceQueries(service: MonitoredService): SharedQueries[] {
  const { name, namespace, pods } = service;
  const [{ runtime, plan }, ...others] = pods;
  const { signals } = plan.contract;
  const same = others.every((each) => JSON.stringify(each.plan.contract.signals) === JSON.stringify(signals));
  if (same) {
    return [
      { queries: new SignalQueries(`${runtime.name} ${runtime.version}`, signals, { namespace, service: name }) },
    ];
  }
  return pods.map((each) => ({
    queries: signalQueries(service, each),
    labels: { [TRACK_LABEL]: each.track, ...(each.role && { [ROLE_LABEL]: each.role }) },
  }));
}
