import { InferencePlan } from '../plan/inference-plan';
import { ServerSignals } from '../runtime/server-signals';
import { HttpEndpoint, ServingRole } from '../runtime/serving-runtime';
import { SignalQueries } from '../signals/signal-queries';
import { WorkloadKind } from '../checks/declared-workload';

/** Pods of one service that run the same: a track, or those of one role. A GpuInferenceWorkload is some. */
export interface MonitoredPods {
  readonly track: 'stable' | 'canary';
  /** @default - they do all of a request */
  readonly role?: ServingRole;
  readonly runtime: { readonly name: string; readonly version: string };
  /** Name of the object that keeps them. */
  readonly serviceName: string;
  readonly kind: WorkloadKind;
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
  };
}

/** A service as those who watch it see it. */
export interface MonitoredService {
  readonly name: string;
  readonly namespace: string;
  /** What is served, as a label: the id of the model. @default - the name of the service */
  readonly model?: string;
  /** Tracks or roles; the first is the one whose promises count. */
  readonly pods: readonly [MonitoredPods, ...MonitoredPods[]];
}

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
