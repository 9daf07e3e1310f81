/** What a pod on a GPU is there for. */
export type InferencePriority = 'serving' | 'canary' | 'batch' | 'placeholder';

interface Priority {
  /** The larger goes first. Pods without a class have 0, those of the system 2,000,000,000 and more. */
  readonly value: number;
  /** Whether its pods may end pods of a lower value to take their place. */
  readonly preemptionPolicy: 'PreemptLowerPriority' | 'Never';
  readonly description: string;
}

/**
 * The distances leave room for classes of your own. A canary is below what serves, so that it never ends a serving pod;
 * both are above batch, which asks for nobody's place and can wait.
 *
 * @source -10 is the lowest priority for which the cluster autoscaler still keeps nodes (its flag
 * expendable-pods-priority-cutoff); a placeholder below it would keep none
 */
export const PRIORITIES: Readonly<Record<InferencePriority, Priority>> = {
  serving: {
    value: 1_000_000,
    preemptionPolicy: 'PreemptLowerPriority',
    description: 'Inference that people wait for. Takes the place of canaries, batch and placeholders.',
  },
  canary: {
    value: 100_000,
    preemptionPolicy: 'PreemptLowerPriority',
    description: 'The next version of a service. Takes the place of batch and placeholders, never of what serves.',
  },
  batch: {
    value: 1_000,
    preemptionPolicy: 'Never',
    description: "Inference that can wait. Takes nobody's place, not even that of a placeholder.",
  },
  placeholder: {
    value: -10,
    preemptionPolicy: 'Never',
    description: 'Pods that do nothing but keep a node ready. Everything else takes their place.',
  },
};
