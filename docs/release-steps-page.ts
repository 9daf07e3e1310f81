import * as prettier from 'prettier';
import { CanaryStrategy, ProgressiveDelivery, ReleaseStep } from '../lib';
import { DEFAULT_CANARY_THRESHOLDS } from '../lib/release/canary-thresholds';
import { canaryComparisons } from '../lib/release/release-analysis';
import { SignalQueries } from '../lib/signals/signal-queries';

const REPLICAS = 2;

const STRATEGIES = [
  CanaryStrategy.weightedTwins(),
  CanaryStrategy.partition(),
  CanaryStrategy.blueGreen(),
  CanaryStrategy.shadow(),
];

/** The page with every step of every way to release, made from the same data as the capacity plan and the scorecard. */
export async function releaseStepsPage(): Promise<string> {
  const argo = ProgressiveDelivery.argoRollouts();
  const flagger = ProgressiveDelivery.flagger();
  const text = [
    '# The steps of every release',
    `Made by \`npm run docs\` from the steps of a service with ${REPLICAS} replicas of one GPU. [How to release](release.md) says when to use which.`,
    '## At a glance',
    table(
      ['strategy', 'when', 'costs', 'needs', 'most GPUs'],
      STRATEGIES.map((strategy) => [
        strategy.name,
        strategy.about.when,
        strategy.about.costs,
        strategy.about.needs,
        `${REPLICAS + Math.max(...strategy.steps(REPLICAS).map(({ canaryReplicas }) => canaryReplicas))}`,
      ]),
    ),
    ...STRATEGIES.flatMap((strategy) => [`## ${capital(strategy.name)}`, steps(strategy.steps(REPLICAS))]),
    '## Argo Rollouts',
    'Not steps of Git: the controller walks them by itself.',
    steps(argo.steps(REPLICAS)),
    '## Flagger',
    'The same, by the other controller.',
    steps(flagger.steps(REPLICAS)),
    '## What a canary is compared by',
    `A comparison needs ${DEFAULT_CANARY_THRESHOLDS.minimumRequests} requests of each side within ${DEFAULT_CANARY_THRESHOLDS.window.toMinutes()} minutes. \`CanaryThresholds\` changes the numbers.`,
    table(
      ['comparison', 'the canary may be', 'what it measures'],
      comparisons().map(({ id, threshold, what }) => [id, `${threshold}`, what]),
    ),
  ].join('\n\n');
  return prettier.format(text, { parser: 'markdown', printWidth: 120 });
}

const steps = (all: readonly Omit<ReleaseStep, 'next'>[]) =>
  table(
    ['step', 'GPUs', 'what happens', 'watch', 'back'],
    all.map(({ name, canaryReplicas, change, watch, back }) => [
      name,
      `${REPLICAS + canaryReplicas}`,
      change,
      watch.join(', '),
      back ? `${back.to === undefined ? '' : `${back.to}. `}${back.how}` : '',
    ]),
  );

/** Those of a server that tells everything. */
function comparisons() {
  const series = [{ metric: 'x' }];
  const signals = {
    counters: { requests: { series }, errors: { series }, timeouts: { series }, generatedTokens: { series } },
    gauges: { running: { metric: 'x', across: 'sum' } },
    histograms: {
      timeToFirstToken: { metric: 'x', unitsPerSecond: 1 },
      interTokenLatency: { metric: 'x', unitsPerSecond: 1 },
    },
    lacks: {},
  } as const;
  const queries = new SignalQueries('server', signals, { namespace: 'x', service: 'x' });
  return canaryComparisons(queries, queries);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
