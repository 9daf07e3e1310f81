import { Problem } from '../problem/problem';
import { blueGreen } from './blue-green';
import { partition } from './partition';
import { ReleaseStep, ReleaseStepName } from './release-step';
import { shadow, ShadowOptions } from './shadow';
import { StrategyAbout, StrategyDefinition } from './strategy-definition';
import { weightedTwins, WeightedTwinsOptions } from './weighted-twins';

/**
 * How a new version arrives: a list of steps, computed from the number of stable replicas. Data, so that a capacity plan,
 * a pull request and an operator read the same thing.
 */
export class CanaryStrategy {
  /**
   * Two StatefulSets, stable and canary, and an HTTPRoute whose weights are in Git. Exact shares, and a way back that
   * loads no model: the stable pods stay warm. Costs the GPUs of the canary.
   */
  static weightedTwins(options: WeightedTwinsOptions = {}): CanaryStrategy {
    return new CanaryStrategy(weightedTwins(options));
  }

  /**
   * One StatefulSet whose pods are replaced from the highest ordinal down. Needs no spare GPU, but a pod less serves while
   * each loads, shares are as coarse as the replicas, and the way back loads models again: raising a partition replaces
   * nothing, so going back is removing the canary. For two replicas or more.
   */
  static partition(): CanaryStrategy {
    return new CanaryStrategy(partition());
  }

  /**
   * Two equal sets of pods, of which one has all requests: tried by header, then switched at once. For versions that must
   * not answer side by side. Costs the GPUs of stable a second time; the old set stays warm until the new one is promoted.
   */
  static blueGreen(): CanaryStrategy {
    return new CanaryStrategy(blueGreen());
  }

  /**
   * Before its first share the candidate gets a copy of every request, and its answers are dropped. Costs the GPUs of stable
   * a second time, and each answer is generated twice: for requests that do nothing beside being answered.
   */
  static shadow(options: ShadowOptions = {}): CanaryStrategy {
    return new CanaryStrategy(shadow(options));
  }

  /** Short name for messages, such as `weighted twins`. */
  readonly name: string;
  /** True when the candidate has pods and a Service of its own. */
  readonly hasCanary: boolean;
  /** When it is the right one, and what it costs. */
  readonly about: StrategyAbout;

  private constructor(private readonly definition: StrategyDefinition) {
    this.name = definition.name;
    this.hasCanary = definition.hasCanary;
    this.about = definition.about;
  }

  /** The steps in order, for this many stable replicas. */
  steps(stableReplicas: number): readonly ReleaseStep[] {
    const steps = this.definition.steps(stableReplicas);
    return steps.map((step, at) => {
      const next = steps[at + 1]?.name;
      return next === undefined ? step : { ...step, next };
    });
  }

  /** What is wrong with the options, or with this many replicas. */
  problems(stableReplicas: number): readonly Problem[] {
    return this.definition.problems(stableReplicas);
  }

  /** The same way to release as one writes it with this many canary pods; undefined where nobody can choose them. */
  sized(canaryReplicas: number): string | undefined {
    return this.definition.sized?.(canaryReplicas);
  }

  /** The step of that name; undefined when there is none. */
  step(name: ReleaseStepName, stableReplicas: number): ReleaseStep | undefined {
    return this.steps(stableReplicas).find((step) => step.name === name);
  }
}
