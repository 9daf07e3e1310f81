import { Duration } from 'cdk8s';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem, refuse } from '../problem/problem';
import { CanaryThresholds, canaryThresholdProblems, DEFAULT_CANARY_THRESHOLDS } from './canary-thresholds';
import { argoVerdictSeconds, BORNE_MEASUREMENTS } from './argo-analysis';
import { prometheusProblems } from './delivery-problems';
import { UnlinkedStep } from './strategy-definition';
import { weightProblems } from './weighted-twins';

export interface ProgressiveDeliveryOptions {
  /**
   * Percent of requests for a new version, step by step. Whole numbers, ascending. The first is below 100, and with Argo Rollouts all
   * are: beside all requests there are none of stable to be compared with.
   * @default [5, 20, 50]
   */
  readonly weights?: readonly number[];
  /**
   * How long each share is watched before the next. With Flagger, which looks once each time, as long as the window of the analysis or
   * longer; with Argo Rollouts three minutes more than it, since it takes back what was bad three times.
   * @default - that: the window with Flagger, and the window and three minutes with Argo Rollouts, but 15 minutes at least
   */
  readonly pause?: Duration;
  /** How much worse than stable a new version may be before the controller takes it back. @default - see each */
  readonly thresholds?: CanaryThresholds;
  /**
   * Where the controller asks Prometheus, such as `http://prometheus-operated.monitoring:9090`. It must scrape the service as
   * `monitoring` has it done (`canary-unwatched`).
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
    return new ProgressiveDelivery('argo-rollouts', options);
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
    this.pause = pause ?? pauseFor(controller, window);
    this.thresholds = thresholds;
    this.prometheusAddress = prometheusAddress;
    this.failedChecks = failedChecks ?? 1;
    refuse('ProgressiveDelivery', [
      ...weightProblems(this.weights),
      ...canaryThresholdProblems(this.thresholds),
      ...shareProblems(controller, this.weights),
      ...pauseProblems(controller, pause, window),
      ...prometheusProblems(prometheusAddress),
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
  return [...weights.map((weight) => step(weight, true)), step(100, false)];
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

/** Shares of which nothing would be known: stable has no requests beside one of 100 % that could be compared. */
function shareProblems(controller: DeliveryController, weights: readonly number[]): Problem[] {
  const problem = (message: string, remedy: string): Problem[] => [{ check: 'canary-analysis', message, remedy }];
  const [first] = weights;
  if (!weights.includes(100)) return [];
  if (first === 100) {
    return problem(
      'The first share is 100 %, beside which stable has no requests to be compared with: every version would be promoted.',
      'Begin with a smaller share, such as [20, 50].',
    );
  }
  if (controller === 'flagger') return [];
  return problem(
    `The last of the weights ${weights.join(', ')} is all requests. Argo Rollouts watches nothing there: stable has none to be compared with.`,
    `Leave 100 out: ${weights.filter((weight) => weight < 100).join(', ')}. All requests move when the share before has been watched.`,
  );
}

const FIFTEEN_MINUTES = 15 * 60;

/** As long as a share must be watched, and with Argo Rollouts a quarter of an hour at least. */
function pauseFor(controller: DeliveryController, window: Duration): Duration {
  if (controller === 'flagger') return window;
  return Duration.seconds(Math.max(FIFTEEN_MINUTES, argoVerdictSeconds(window.toSeconds({ integral: false }))));
}

/** A pause in which nothing can be found out; one that is derived is long enough. */
function pauseProblems(controller: DeliveryController, pause: Duration | undefined, window: Duration): Problem[] {
  if (pause === undefined) return [];
  const paused = pause.toSeconds({ integral: false });
  const looked = window.toSeconds({ integral: false });
  const problem = (message: string, remedy: string): Problem[] => [{ check: 'canary-analysis', message, remedy }];
  if (!Number.isInteger(paused)) {
    return problem(`Each share is watched for ${paused} s.`, 'Use a pause of whole seconds.');
  }
  if (controller === 'flagger') {
    return paused >= looked
      ? []
      : problem(
          `Each share is watched for ${paused} s, and the analysis looks back ${looked} s: it would judge the share before.`,
          'Use a pause of whole seconds, as long as the window or longer.',
        );
  }
  const least = argoVerdictSeconds(looked);
  if (paused >= least) return [];
  return problem(
    `Each share is watched for ${paused} s, and Argo Rollouts needs ${least} s to take a version back: it measures first after the window of ${looked} s, then each minute, bears ${BORNE_MEASUREMENTS} bad measurements, and has a minute to act.`,
    `Use a pause of ${least} s or more, or leave it out; or shorten thresholds.window.`,
  );
}
