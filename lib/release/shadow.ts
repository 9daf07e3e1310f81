import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { StrategyDefinition } from './strategy-definition';
import { twinSteps } from './twin-steps';
import { DEFAULT_WEIGHTS, sizeByWeight, weightProblems } from './weighted-twins';

export interface ShadowOptions {
  /** Percent of requests for the canary when it has been watched long enough. Whole numbers, ascending. @default [5, 20, 50, 100] */
  readonly weights?: readonly number[];
  /**
   * Canary pods, in every step. It gets a copy of everything, so fewer than the stable ones have longer queues than they
   * would have as the only ones. @default - as many as stable
   */
  readonly canaryReplicas?: number;
}

/** The candidate answers real prompts for nobody, before it answers them for somebody. */
export function shadow({ weights = DEFAULT_WEIGHTS, canaryReplicas }: ShadowOptions): StrategyDefinition {
  return {
    name: 'shadow',
    about: {
      when: 'A new engine or a new kind of GPU whose speed nobody knows: it is loaded with real prompts before any client depends on it.',
      costs: 'The GPUs of stable a second time, and every answer is generated twice.',
      needs: 'A route, as many spare GPUs as serve, and requests without effects outside of the model.',
    },
    hasCanary: true,
    steps: (stableReplicas) =>
      twinSteps({
        weights,
        size: sizeByWeight(stableReplicas, canaryReplicas),
        mirrorSize: canaryReplicas ?? Math.max(1, stableReplicas),
      }),
    sized: (pods) => `CanaryStrategy.shadow({ canaryReplicas: ${pods} })`,
    problems: () => [
      ...weightProblems(weights),
      ...wholeNumberProblems('canaryReplicas', canaryReplicas, 1, MOST_PODS),
    ],
  };
}
