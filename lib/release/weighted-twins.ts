import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { StrategyDefinition } from './strategy-definition';
import { twinSteps } from './twin-steps';

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

export const DEFAULT_WEIGHTS: readonly number[] = [5, 20, 50, 100];

export function weightedTwins({ weights = DEFAULT_WEIGHTS, canaryReplicas }: WeightedTwinsOptions): StrategyDefinition {
  return {
    name: 'weighted twins',
    about: {
      when: 'The default: exact shares, and a way back that loads no model.',
      costs: 'The GPUs of the canary: one replica at first, as many as stable when all requests move.',
      needs: 'A route, and spare GPUs.',
    },
    hasCanary: true,
    steps: (stableReplicas) => twinSteps({ weights, size: sizeByWeight(stableReplicas, canaryReplicas) }),
    sized: (pods) => `CanaryStrategy.weightedTwins({ canaryReplicas: ${pods} })`,
    problems: () => [
      ...weightProblems(weights),
      ...wholeNumberProblems('canaryReplicas', canaryReplicas, 1, MOST_PODS),
    ],
  };
}

/** Canary pods by weight: the part of the stable ones that would carry it, and one at least. */
export const sizeByWeight = (stableReplicas: number, canaryReplicas?: number) => (weight: number) =>
  canaryReplicas ?? Math.max(1, Math.ceil((stableReplicas * weight) / 100));

/** Weights that are no shares, or that do not lead from few requests to many. */
export function weightProblems(weights: readonly number[]): Problem[] {
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
  ];
}
