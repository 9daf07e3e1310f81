import { ProbeEndpoint } from '../runtime/serving-runtime';

/** One side of a release, as far as traffic is concerned. A GpuInferenceWorkload is one. */
export interface ReleaseTrack {
  /** Service that selects the pods of this side only. */
  readonly serviceName: string;
  readonly port: number;
  readonly replicas: number;
  /** What answers well when its pods can serve. A Gateway of GKE cannot do without. @default - unknown */
  readonly readiness?: ProbeEndpoint;
}

/** `prepared`, `smoke`, `mirror`, a weight such as `20%`, a number of pods such as `1/3`, or `promote`. */
export type ReleaseStepName = 'prepared' | 'smoke' | 'mirror' | `${number}%` | `${number}/${number}` | 'promote';

/**
 * What tells whether a step went well: pods and the Job as `kubectl get` shows them, and alerts by their names. An alert is
 * watched by being silent.
 */
export type ReleaseWatch =
  | 'stable pods ready'
  | 'canary pods ready'
  | 'smoke Job complete'
  | 'InferenceCanaryWorse'
  | 'InferenceErrorBudgetBurn'
  | 'InferenceLatencyBudgetBurn'
  | 'InferenceQueueSaturated'
  | 'InferenceColdStartSlow';

/** The way back from a step. */
export interface ReleaseReturn {
  /** The step to name instead. @default - the canary is removed, and with it the release */
  readonly to?: ReleaseStepName;
  /** What that does, in a sentence. */
  readonly how: string;
}

/**
 * One state of a release. Each is a commit; going on or back is a change of one word in main.ts.
 */
export interface ReleaseStep {
  readonly name: ReleaseStepName;
  /** Which version the stable pods run. */
  readonly stableRuns: 'stable' | 'candidate';
  /** Pods beside the stable ones that run the candidate. */
  readonly canaryReplicas: number;
  /** Percent of requests that go to them. */
  readonly canaryWeight: number;
  /** True when requests with the track's header reach the canary. */
  readonly headerRoute: boolean;
  /** True when the canary gets a copy of every request, and its answers are dropped. @default false */
  readonly mirrors?: boolean;
  /** Pods of the stable workload, or its groups, from this ordinal on run the new template. */
  readonly partition?: number;
  /** What the cluster does when this step is applied. */
  readonly change: string;
  /** What must be so, or stay silent, before the release goes on. */
  readonly watch: readonly ReleaseWatch[];
  /** @default - there is nothing to go back to: nothing has changed yet */
  readonly back?: ReleaseReturn;
  /** The step that follows; others are reached over it, or by going back. @default - the release is done after it */
  readonly next?: ReleaseStepName;
}

/** What a step sends to the canary, in percent of all requests, and how many pods carry it as the stable ones do. */
export function carriedBy(step: Pick<ReleaseStep, 'canaryWeight' | 'mirrors'>, stableReplicas: number) {
  const share = step.mirrors ? 100 : step.canaryWeight;
  return { share, pods: Math.ceil((stableReplicas * share) / 100) };
}
