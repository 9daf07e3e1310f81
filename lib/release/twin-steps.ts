import { ReleaseWatch } from './release-step';
import { UnlinkedStep } from './strategy-definition';

/** What of twins differs between the strategies that have them. */
export interface Twins {
  /** Percent of requests for the canary, step by step. */
  readonly weights: readonly number[];
  /** Canary pods that a weight asks for. */
  readonly size: (weight: number) => number;
  /** Canary pods while each request is copied to them, and before that while testers alone reach them. @default - none is copied */
  readonly mirrorSize?: number;
}

const SERVING: readonly ReleaseWatch[] = [
  'InferenceCanaryWorse',
  'InferenceErrorBudgetBurn',
  'InferenceLatencyBudgetBurn',
  'InferenceQueueSaturated',
];
const STARTING: readonly ReleaseWatch[] = ['canary pods ready', 'smoke Job complete', 'InferenceColdStartSlow'];

/**
 * The steps of two sets of pods and a route between them. A pod loads for minutes and a weight counts at once, so the pods come
 * one step before their requests; and they stay until the stable ones have been replaced.
 */
export function twinSteps({ weights, size, mirrorSize }: Twins): readonly UnlinkedStep[] {
  const twin = { stableRuns: 'stable', headerRoute: true } as const;
  const first = weights[0] ?? 100;
  const last = weights[weights.length - 1] ?? 100;
  return [
    {
      ...twin,
      name: 'prepared',
      canaryReplicas: 0,
      canaryWeight: 0,
      headerRoute: false,
      change: 'The candidate is written down with no pods. Nothing in the cluster serves it.',
      watch: [],
    },
    {
      ...twin,
      name: 'smoke',
      canaryReplicas: mirrorSize ?? size(first),
      canaryWeight: 0,
      change: 'The candidate loads, and answers requests with the header of the canary track only.',
      watch: STARTING,
      back: { to: 'prepared', how: 'Its pods go; nobody else notices.' },
    },
    ...(mirrorSize === undefined
      ? []
      : [
          {
            ...twin,
            name: 'mirror',
            canaryReplicas: Math.max(mirrorSize, size(first)),
            canaryWeight: 0,
            mirrors: true,
            change:
              'The candidate gets a copy of every request, and its answers are dropped: each answer is computed twice, and none of a client comes from it.',
            watch: ['InferenceCanaryWorse', 'InferenceQueueSaturated'],
            back: { to: 'smoke', how: 'At once; no client had an answer of it.' },
          } satisfies UnlinkedStep,
        ]),
    ...weights.map((weight, index): UnlinkedStep => ({
      ...twin,
      name: `${weight}%`,
      canaryReplicas: size(weights[index + 1] ?? 100),
      canaryWeight: weight,
      change: `${weight} % of new requests go to the candidate; streams that run stay where they are.`,
      // Stable has no requests to be compared with when the canary has all.
      watch: ['canary pods ready', ...SERVING.filter((alert) => weight < 100 || alert !== 'InferenceCanaryWorse')],
      back: { to: 'smoke', how: 'At once; the stable pods are warm.' },
    })),
    {
      ...twin,
      name: 'promote',
      stableRuns: 'candidate',
      canaryReplicas: size(100),
      canaryWeight: 100,
      change:
        'The stable pods are replaced by the candidate while the canary carries all requests. When they are ready, name its image in the runtime and remove the canary.',
      watch: ['stable pods ready', 'InferenceErrorBudgetBurn', 'InferenceColdStartSlow'],
      back: {
        to: `${last}%`,
        how:
          last === 100
            ? 'Loads the old version again; until then the canary carries all requests.'
            : `Loads the old version again; until it is ready, ${100 - last} % of requests fail. End the weights with 100 to go back without.`,
      },
    },
  ];
}
