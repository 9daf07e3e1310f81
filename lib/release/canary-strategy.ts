import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { ReleaseStep, ReleaseStepName } from './release-step';

export interface WeightedTwinsOptions {
  /** Percent of requests for the canary, step by step. Whole numbers, ascending. @default [5, 20, 50, 100] */
  readonly weights?: readonly number[];
  /**
   * Canary pods, in every step. Fewer than the weight asks for overload the canary and make it look worse than it is.
   * @default - as many as the weight of the next step asks for: the stable replicas times that weight, rounded up. A pod
   * loads for minutes and a weight counts at once, so the pods come one step before their requests.
   */
  readonly canaryReplicas?: number;
}

/**
 * How a new version arrives: a list of steps, computed from the number of stable replicas. Data, so that a capacity plan,
 * a pull request and an operator read the same thing.
 */
export abstract class CanaryStrategy {
  /**
   * Two StatefulSets, stable and canary, and an HTTPRoute whose weights are in Git. Exact shares, and a way back that
   * loads no model: the stable pods stay warm. Costs the GPUs of the canary.
   */
  static weightedTwins(options: WeightedTwinsOptions = {}): CanaryStrategy {
    return new WeightedTwins(options);
  }

  /**
   * One StatefulSet whose pods are replaced from the highest ordinal down. Needs no spare GPU, but a pod less serves while
   * each loads, shares are as coarse as the replicas, and the way back loads models again: raising a partition replaces
   * nothing, so going back is removing the canary. For two replicas or more.
   */
  static partition(): CanaryStrategy {
    return new Partition();
  }

  /** Short name for messages, such as `weighted twins`. */
  abstract readonly name: string;
  /** True when the candidate has pods and a Service of its own. */
  abstract readonly hasCanary: boolean;
  /** The steps in order, for this many stable replicas. */
  abstract steps(stableReplicas: number): readonly ReleaseStep[];
  /** What is wrong with the options, or with this many replicas. */
  abstract problems(stableReplicas: number): readonly Problem[];

  /** The step of that name; undefined when there is none. */
  step(name: ReleaseStepName, stableReplicas: number): ReleaseStep | undefined {
    return this.steps(stableReplicas).find((step) => step.name === name);
  }
}

class WeightedTwins extends CanaryStrategy {
  readonly name = 'weighted twins';
  readonly hasCanary = true;
  private readonly weights: readonly number[];

  constructor(private readonly options: WeightedTwinsOptions) {
    super();
    this.weights = options.weights ?? [5, 20, 50, 100];
  }

  steps(stableReplicas: number): readonly ReleaseStep[] {
    const size = (weight: number) =>
      this.options.canaryReplicas ?? Math.max(1, Math.ceil((stableReplicas * weight) / 100));
    const twin = { stableRuns: 'stable', headerRoute: true } as const;
    return [
      {
        ...twin,
        name: 'prepared',
        canaryReplicas: 0,
        canaryWeight: 0,
        headerRoute: false,
        change: 'The candidate is written down with no pods. Nothing in the cluster serves it.',
      },
      {
        ...twin,
        name: 'smoke',
        canaryReplicas: size(this.weights[0] ?? 100),
        canaryWeight: 0,
        change:
          'The candidate loads, and answers requests with the header of the canary track only. Go on when its pods are ready. Back: prepared.',
      },
      ...this.weights.map((weight, index): ReleaseStep => ({
        ...twin,
        name: `${weight}%`,
        canaryReplicas: size(this.weights[index + 1] ?? 100),
        canaryWeight: weight,
        change: `${weight} % of new requests go to the candidate; streams that run stay where they are. Back: smoke, at once.`,
      })),
      {
        ...twin,
        name: 'promote',
        stableRuns: 'candidate',
        canaryReplicas: size(100),
        canaryWeight: 100,
        change:
          'The stable pods are replaced by the candidate while the canary carries all requests. When they are ready, name its image in the runtime and remove the canary. Back: 100%, which loads the old version again.',
      },
    ];
  }

  problems(): readonly Problem[] {
    const { weights } = this;
    const bad = weights.filter((weight) => !Number.isInteger(weight) || weight < 1 || weight > 100);
    const unordered = weights.some((weight, index) => index > 0 && weight <= weights[index - 1]!);
    return [
      ...bad.map((weight) => ({
        check: 'canary-weight',
        message: `The canary weight ${weight} is no percentage.`,
        remedy: 'Use whole numbers from 1 to 100.',
      })),
      ...(bad.length === 0 && unordered
        ? [
            {
              check: 'canary-weight',
              message: `The canary weights ${weights.join(', ')} do not rise.`,
              remedy: 'Put them in ascending order, each once.',
            },
          ]
        : []),
      ...(weights.length === 0
        ? [
            {
              check: 'canary-weight',
              message: 'There are no canary weights, so the candidate would be promoted without a single request.',
              remedy: 'Give at least one, such as [20].',
            },
          ]
        : []),
      ...wholeNumberProblems('canaryReplicas', this.options.canaryReplicas, 1),
    ];
  }
}

class Partition extends CanaryStrategy {
  readonly name = 'partition';
  readonly hasCanary = false;

  steps(stableReplicas: number): readonly ReleaseStep[] {
    const inPlace = { stableRuns: 'candidate', canaryReplicas: 0, canaryWeight: 0, headerRoute: false } as const;
    return [
      {
        ...inPlace,
        name: 'prepared',
        partition: stableReplicas,
        change: 'The template is that of the candidate, and no pod is replaced.',
      },
      ...Array.from(
        // The bound is for mistyped numbers: a step for each of 1e15 pods would end the process instead of telling them.
        { length: Math.min(10_000, Math.max(0, stableReplicas - 1)) },
        (_, index): ReleaseStep => ({
          ...inPlace,
          name: `${index + 1}/${stableReplicas}`,
          partition: stableReplicas - index - 1,
          change: `Pod ${stableReplicas - index - 1} is replaced; a pod less serves while it loads. Go on when it is ready. Back: remove the canary, which loads the old version again.`,
        }),
      ),
      {
        ...inPlace,
        name: 'promote',
        partition: 0,
        change:
          'The last pod is replaced. When it is ready, name the image of the candidate in the runtime and remove the canary.',
      },
    ];
  }

  problems(stableReplicas: number): readonly Problem[] {
    return stableReplicas >= 2
      ? []
      : [
          {
            check: 'canary-partition',
            message: `A partition of ${stableReplicas} replica${stableReplicas === 1 ? '' : 's'} is no canary: the service is down while its only pod loads the new version.`,
            remedy: 'Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.',
          },
        ];
  }
}
