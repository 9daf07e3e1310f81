import { formatProblem } from '../../lib/problem/problem';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import '../support/plain-text';

/** One line a step: name, canary replicas, weight, header route, what the stable pods run, partition. */
const table = (strategy: CanaryStrategy, replicas: number) =>
  strategy
    .steps(replicas)
    .map(({ name, canaryReplicas, canaryWeight, headerRoute, stableRuns, partition }) =>
      [
        name.padEnd(8),
        `canary ${canaryReplicas}`,
        `${canaryWeight} %`.padStart(5),
        headerRoute ? 'header' : '      ',
        `stable runs ${stableRuns}`,
        ...(partition === undefined ? [] : [`partition ${partition}`]),
      ].join('  '),
    )
    .join('\n');
const told = (strategy: CanaryStrategy, replicas = 2) => strategy.problems(replicas).map(formatProblem).join('\n');

describe('weighted twins', () => {
  // Canary replicas: the stable ones times the weight of the next step, rounded up, and one at least.
  test('of 1 replica', () => {
    expect(table(CanaryStrategy.weightedTwins(), 1)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs stable
     smoke     canary 1    0 %  header  stable runs stable
     5%        canary 1    5 %  header  stable runs stable
     20%       canary 1   20 %  header  stable runs stable
     50%       canary 1   50 %  header  stable runs stable
     100%      canary 1  100 %  header  stable runs stable
     promote   canary 1  100 %  header  stable runs candidate
    `);
  });

  test('of 2 replicas', () => {
    expect(table(CanaryStrategy.weightedTwins(), 2)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs stable
     smoke     canary 1    0 %  header  stable runs stable
     5%        canary 1    5 %  header  stable runs stable
     20%       canary 1   20 %  header  stable runs stable
     50%       canary 2   50 %  header  stable runs stable
     100%      canary 2  100 %  header  stable runs stable
     promote   canary 2  100 %  header  stable runs candidate
    `);
  });

  test('of 4 replicas', () => {
    expect(table(CanaryStrategy.weightedTwins(), 4)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs stable
     smoke     canary 1    0 %  header  stable runs stable
     5%        canary 1    5 %  header  stable runs stable
     20%       canary 2   20 %  header  stable runs stable
     50%       canary 4   50 %  header  stable runs stable
     100%      canary 4  100 %  header  stable runs stable
     promote   canary 4  100 %  header  stable runs candidate
    `);
  });

  test.each([1, 2, 3, 4, 5, 8])(
    'of %i replicas: no step sends requests to pods that the step before did not have',
    (replicas) => {
      const steps = CanaryStrategy.weightedTwins({ weights: [1, 10, 33, 50, 90] }).steps(replicas);
      for (const [at, { canaryWeight }] of steps.entries()) {
        if (at > 0) expect(steps[at - 1]!.canaryReplicas).toBeGreaterThanOrEqual((replicas * canaryWeight) / 100);
      }
    },
  );

  test('with weights of one’s own', () => {
    expect(table(CanaryStrategy.weightedTwins({ weights: [10, 100] }), 3)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs stable
     smoke     canary 1    0 %  header  stable runs stable
     10%       canary 3   10 %  header  stable runs stable
     100%      canary 3  100 %  header  stable runs stable
     promote   canary 3  100 %  header  stable runs candidate
    `);
  });

  test('with canary replicas of one’s own', () => {
    expect(table(CanaryStrategy.weightedTwins({ weights: [50], canaryReplicas: 1 }), 4)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs stable
     smoke     canary 1    0 %  header  stable runs stable
     50%       canary 1   50 %  header  stable runs stable
     promote   canary 1  100 %  header  stable runs candidate
    `);
  });

  test('say for each step what the cluster does, what to watch and how to go back', () => {
    const strategy = CanaryStrategy.weightedTwins({ weights: [20] });
    expect(
      strategy
        .steps(1)
        .map(({ name, change, watch, back, next }) =>
          [
            `${name}: ${change}`,
            `  watch ${watch.join(', ')}`,
            `  back ${back?.to}: ${back?.how}`,
            `  next ${next}`,
          ].join('\n'),
        )
        .join('\n'),
    ).toMatchInlineSnapshot(`
     prepared: The candidate is written down with no pods. Nothing in the cluster serves it.
       watch 
       back undefined: undefined
       next smoke
     smoke: The candidate loads, and answers requests with the header of the canary track only.
       watch canary pods ready, smoke Job complete, InferenceColdStartSlow
       back prepared: Its pods go; nobody else notices.
       next 20%
     20%: 20 % of new requests go to the candidate; streams that run stay where they are.
       watch canary pods ready, InferenceCanaryWorse, InferenceErrorBudgetBurn, InferenceLatencyBudgetBurn, InferenceQueueSaturated
       back smoke: At once; the stable pods are warm.
       next promote
     promote: The stable pods are replaced by the candidate while the canary carries all requests. When they are ready, name its image in the runtime and remove the canary.
       watch stable pods ready, InferenceErrorBudgetBurn, InferenceColdStartSlow
       back 20%: Loads the old version again; until it is ready, 80 % of requests fail. End the weights with 100 to go back without.
       next undefined
    `);
  });

  test.each([
    [[120], 'The canary weight 120 is no percentage.\n  Use whole numbers from 1 to 100.'],
    [[0], 'The canary weight 0 is no percentage.\n  Use whole numbers from 1 to 100.'],
    [[2.5], 'The canary weight 2.5 is no percentage.\n  Use whole numbers from 1 to 100.'],
    [[NaN], 'The canary weight NaN is no percentage.\n  Use whole numbers from 1 to 100.'],
    [[20, 5], 'The canary weights 20, 5 do not rise.\n  Put them in ascending order, each once.'],
    [[20, 20], 'The canary weights 20, 20 do not rise.\n  Put them in ascending order, each once.'],
    [
      [],
      'There are no canary weights, so the candidate would be promoted without a single request.\n  Give at least one, such as [20].',
    ],
  ])('%j is refused', (weights, message) => {
    expect(told(CanaryStrategy.weightedTwins({ weights }))).toBe(`canary-weight\n  ${message}`);
  });

  test.each([0, -1, 1.5, NaN])('%p canary replicas are refused', (canaryReplicas) => {
    expect(told(CanaryStrategy.weightedTwins({ canaryReplicas }))).toBe(
      `numbers\n  canaryReplicas is ${canaryReplicas}.\n  Use a whole number, 1 or more.`,
    );
  });
});

describe('partition', () => {
  test('of 2 replicas', () => {
    expect(table(CanaryStrategy.partition(), 2)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs candidate  partition 2
     1/2       canary 0    0 %          stable runs candidate  partition 1
     promote   canary 0    0 %          stable runs candidate  partition 0
    `);
  });

  test('of 3 replicas', () => {
    expect(table(CanaryStrategy.partition(), 3)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs candidate  partition 3
     1/3       canary 0    0 %          stable runs candidate  partition 2
     2/3       canary 0    0 %          stable runs candidate  partition 1
     promote   canary 0    0 %          stable runs candidate  partition 0
    `);
  });

  test('of 4 replicas', () => {
    expect(table(CanaryStrategy.partition(), 4)).toMatchInlineSnapshot(`
     prepared  canary 0    0 %          stable runs candidate  partition 4
     1/4       canary 0    0 %          stable runs candidate  partition 3
     2/4       canary 0    0 %          stable runs candidate  partition 2
     3/4       canary 0    0 %          stable runs candidate  partition 1
     promote   canary 0    0 %          stable runs candidate  partition 0
    `);
  });

  test('of 1 replica is refused', () => {
    expect(told(CanaryStrategy.partition(), 1)).toMatchInlineSnapshot(`
     canary-partition
       A partition of 1 replica is no canary: the service is down while its only pod loads the new version.
       Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.
    `);
    expect(told(CanaryStrategy.partition(), 0)).toMatchInlineSnapshot(`
     canary-partition
       A partition of 0 replicas is no canary: the service is down while its only pod loads the new version.
       Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.
    `);
  });
});

test('a step is found by its name', () => {
  expect(CanaryStrategy.weightedTwins().step('20%', 2)?.canaryWeight).toBe(20);
  expect(CanaryStrategy.weightedTwins().step('30%', 2)).toBeUndefined();
  expect(CanaryStrategy.partition().step('1/3', 3)?.partition).toBe(2);
});
