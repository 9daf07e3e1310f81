/** One side of a release, as far as traffic is concerned. A GpuInferenceWorkload is one. */
export interface ReleaseTrack {
  /** Service that selects the pods of this side only. */
  readonly serviceName: string;
  readonly port: number;
  readonly replicas: number;
}

/** `prepared`, `smoke`, a weight such as `20%`, a number of pods such as `1/3`, or `promote`. */
export type ReleaseStepName = 'prepared' | 'smoke' | `${number}%` | `${number}/${number}` | 'promote';

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
  /** Pods of the stable workload, or its groups, from this ordinal on run the new template. */
  readonly partition?: number;
  /** What the cluster does when this step is applied, and how to go back. */
  readonly change: string;
}
