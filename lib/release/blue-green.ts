import { StrategyDefinition } from './strategy-definition';
import { twinSteps } from './twin-steps';

/** Nobody shares: the candidate has as many pods as stable before the first request, and then gets all of them. */
export function blueGreen(): StrategyDefinition {
  return {
    name: 'blue-green',
    about: {
      when: 'Two versions must never answer side by side: another model, another tokenizer, another format of answers.',
      costs: 'The GPUs of stable a second time, from smoke until promotion ends.',
      needs: 'A route, and as many spare GPUs as serve.',
    },
    hasCanary: true,
    steps: (stableReplicas) => {
      const all = Math.max(1, stableReplicas);
      return twinSteps({ weights: [100], size: () => all });
    },
    problems: () => [],
  };
}
