import { StrategyDefinition, UnlinkedStep } from './strategy-definition';

const BACK = {
  how: 'Loads the old version again in each pod that was replaced: raising a partition replaces nothing.',
};

export function partition(): StrategyDefinition {
  return {
    name: 'partition',
    about: {
      when: 'The pool is full.',
      costs: 'No GPU. One replica less serves while each loads, and the way back loads models again.',
      needs: 'A StatefulSet or LeaderWorkerSet of two replicas or more.',
    },
    hasCanary: false,
    steps: (stableReplicas) => {
      const inPlace = { stableRuns: 'candidate', canaryReplicas: 0, canaryWeight: 0, headerRoute: false } as const;
      return [
        {
          ...inPlace,
          name: 'prepared',
          partition: stableReplicas,
          change: 'The template is that of the candidate, and no pod is replaced.',
          watch: [],
        },
        ...Array.from(
          // The bound is for mistyped numbers: a step for each of 1e15 pods would end the process instead of telling them.
          { length: Math.min(10_000, Math.max(0, stableReplicas - 1)) },
          (_, index): UnlinkedStep => ({
            ...inPlace,
            name: `${index + 1}/${stableReplicas}`,
            partition: stableReplicas - index - 1,
            change: `Pod ${stableReplicas - index - 1} is replaced; a pod less serves while it loads.`,
            watch: ['stable pods ready', 'InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn'],
            back: BACK,
          }),
        ),
        {
          ...inPlace,
          name: 'promote',
          partition: 0,
          change:
            'The last pod is replaced. When it is ready, name the image of the candidate in the runtime and remove the canary.',
          watch: ['stable pods ready', 'InferenceErrorBudgetBurn', 'InferenceLatencyBudgetBurn'],
          back: BACK,
        },
      ];
    },
    problems: (stableReplicas) =>
      stableReplicas >= 2
        ? []
        : [
            {
              check: 'canary-partition',
              message: `A partition of ${stableReplicas} replica${stableReplicas === 1 ? '' : 's'} is no canary: the service is down while its only pod loads the new version.`,
              remedy: 'Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.',
            },
          ],
  };
}
