import { Duration } from 'cdk8s';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { CanaryThresholds, canaryThresholdProblems, DEFAULT_CANARY_THRESHOLDS } from './canary-thresholds';
import { UnlinkedStep } from './strategy-definition';
import { weightProblems } from './weighted-twins';

export interface ProgressiveDeliveryOptions {
  /** Percent of requests for a new version, step by step. Whole numbers, ascending. @default [5, 20, 50] */
  readonly weights?: readonly number[];
  /**
   * How long each share is watched before the next. Shorter than the window of the analysis, nothing is known of it when it
   * ends.
   * @default Duration.minutes(15) with Argo Rollouts; the window of the analysis with Flagger, which looks once each time
   */
  readonly pause?: Duration;
  /** How much worse than stable a new version may be before the controller takes it back. @default - see each */
  readonly thresholds?: CanaryThresholds;
  /**
   * Where the controller asks Prometheus, such as `http://prometheus-operated.monitoring:9090`.
   * @default - that of `monitoring`
   */
  readonly prometheusAddress?: string;
}

export type ArgoRolloutsOptions = ProgressiveDeliveryOptions;

export interface FlaggerOptions extends ProgressiveDeliveryOptions {
  /**
   * Failed checks after which a version is taken back, one check each `pause`. 1 or more. Flagger acts one `pause` after the
   * last of them, so each adds that time to what users bear.
   * @default 1
   */
  readonly failedChecks?: number;
}

/** Which controller it is. */
export type DeliveryController = 'argo-rollouts' | 'flagger';

/**
 * A controller in the cluster that walks a release by itself: a new image in Git is all that it takes. For services that are a
 * Deployment; it can neither keep a disk for each pod nor move a StatefulSet.
 *
 * Git then no longer tells what is applied, and its controller must be there before and after: prefer a CanaryStrategy, unless
 * the platform has such a controller already.
 */
export class ProgressiveDelivery {
  /**
   * Argo Rollouts with its Gateway API plugin `argoproj-labs/gatewayAPI`, 1.8 or later. Stable stays at its full size until the
   * new version is promoted, so a release costs the GPUs of the service a second time.
   */
  static argoRollouts(options: ArgoRolloutsOptions = {}): ProgressiveDelivery {
    return new ProgressiveDelivery('argo-rollouts', { ...options, pause: options.pause ?? Duration.minutes(15) });
  }

  /**
   * Flagger 1.38 or later with Gateway API. It runs a copy of the Deployment, and the Deployment itself during a release only:
   * every version is loaded twice, and a release costs the GPUs of the service a second time and one replica more, because the
   * copy is replaced pod by pod while the canary still serves. The first start costs them too.
   */
  static flagger(options: FlaggerOptions = {}): ProgressiveDelivery {
    return new ProgressiveDelivery('flagger', options);
  }

  readonly weights: readonly number[];
  readonly pause: Duration;
  readonly thresholds: CanaryThresholds;
  readonly prometheusAddress?: string;
  /** Failed checks after which Flagger takes a version back. */
  readonly failedChecks: number;

  private constructor(
    readonly controller: DeliveryController,
    { weights, pause, thresholds = {}, prometheusAddress, failedChecks }: FlaggerOptions,
  ) {
    const window = thresholds.window ?? DEFAULT_CANARY_THRESHOLDS.window;
    this.weights = weights ?? [5, 20, 50];
    this.pause = pause ?? window;
    this.thresholds = thresholds;
    this.prometheusAddress = prometheusAddress;
    this.failedChecks = failedChecks ?? 1;
    refuse('ProgressiveDelivery', [
      ...weightProblems(this.weights),
      ...canaryThresholdProblems(this.thresholds),
      ...pauseProblems(this.pause, window),
      ...addressProblems(prometheusAddress),
      ...wholeNumberProblems('failedChecks', failedChecks, 1),
    ]);
  }

  /** What the controller does by itself, for the capacity plan and for readers. */
  steps(replicas: number): readonly UnlinkedStep[] {
    return this.controller === 'flagger' ? flaggerSteps(this.weights, replicas) : argoSteps(this.weights, replicas);
  }
}

/** What the alerts of the objectives say; the controller itself compares with stable. */
const WATCH = ['InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn'] as const;
const BACK = 'The controller sends all requests back to stable, which is warm; then revert the image in Git.';

function argoSteps(weights: readonly number[], replicas: number): readonly UnlinkedStep[] {
  const step = (weight: number, watched: boolean): UnlinkedStep => ({
    name: weight === 100 ? 'promote' : `${weight}%`,
    stableRuns: 'stable',
    headerRoute: false,
    canaryReplicas: Math.max(1, Math.ceil((replicas * weight) / 100)),
    canaryWeight: weight,
    change: `The controller gives the new version ${weight} % of new requests${watched ? ' and watches it' : ' and keeps the old pods a while'}.`,
    watch: WATCH,
    back: { how: BACK },
  });
  return [...weights.filter((weight) => weight < 100).map((weight) => step(weight, true)), step(100, false)];
}

/** The canary has its full size from the first share on; a pod of the copy loads beside both when it is promoted. */
function flaggerSteps(weights: readonly number[], replicas: number): readonly UnlinkedStep[] {
  const all = Math.max(1, replicas);
  const twin = { headerRoute: false, watch: WATCH } as const;
  return [
    ...weights.map((weight): UnlinkedStep => ({
      ...twin,
      name: `${weight}%`,
      stableRuns: 'stable',
      canaryReplicas: all,
      canaryWeight: weight,
      change: `The controller gives the new version ${weight} % of new requests and looks once, when the time of the share is over.`,
      back: { how: BACK },
    })),
    {
      ...twin,
      name: 'promote',
      stableRuns: 'candidate',
      canaryReplicas: all + 1,
      canaryWeight: weights[weights.length - 1] ?? 100,
      change:
        'The pods that serve are replaced one by one by the new version, which loads a second time; then they get all requests, and the canary goes.',
      back: { how: 'Revert the image in Git: another release, of the old version.' },
    },
  ];
}

function pauseProblems(pause: Duration, window: Duration): Problem[] {
  const [paused, looked] = [pause, window].map((duration) => duration.toSeconds({ integral: false }));
  if (Number.isInteger(paused) && paused! >= looked!) return [];
  return [
    {
      check: 'canary-analysis',
      message: `Each share is watched for ${paused} s, and the analysis looks back ${looked} s: it would judge the share before.`,
      remedy: 'Use a pause of whole seconds, as long as the window or longer.',
    },
  ];
}

function addressProblems(address: string | undefined): Problem[] {
  if (address === undefined || /^https?:\/\/[\w.-]+(:\d{1,5})?(\/[\w./-]*)?$/.test(address)) return [];
  return [
    {
      check: 'canary-analysis',
      message: `${JSON.stringify(address.slice(0, 80))} is no address of a Prometheus.`,
      remedy: 'Use http or https, a host and a port, such as http://prometheus-operated.monitoring:9090.',
    },
  ];
}
