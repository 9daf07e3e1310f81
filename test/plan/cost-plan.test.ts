import * as fc from 'fast-check';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { costFindings, CostPool, CostRequest, CostService, FixedCost, planCost } from '../../lib/plan/cost-plan';
import { PriceList } from '../../lib/plan/price-list';

const gpupool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });

const service = (more: Partial<CostService> = {}): CostService => ({
  path: 'nim/llama3-8b',
  pool: 'gpupool',
  podsPerNode: 1,
  replicasAtRest: 0,
  replicasActive: 1,
  ...more,
});

const fixed = (item: string, pricePerHour: number, date: string): FixedCost => ({
  item,
  pricePerHour,
  region: 'us-central1',
  date,
});

const usd = (amount: number | undefined) => amount && Math.round(amount * 100) / 100;

describe('the reference deployment', () => {
  /**
   * Its own price table (frankbesch/nim-gke@0256bfd README.md, @4f10da6 docs/ARCHITECTURE.md, October 2025):
   *   control plane 0.13, which docs/ARCHITECTURE.md shows to be the one e2-standard-4 of default-pool
   *   g2-standard-4 0.50 + L4 0.73 = 1.23 a GPU node
   */
  const itsPrices: PriceList = {
    machines: { 'g2-standard-4': 0.5 + 0.73 },
    region: 'us-central1',
    date: '2025-10-25',
    source: 'frankbesch/nim-gke@0256bfd README.md',
  };
  const asItCounts: CostRequest = {
    pools: [gpupool],
    services: [service()],
    fixed: [fixed('e2-standard-4 of default-pool', 0.13, '2025-10-25')],
    utilization: 0.5,
    priceList: itsPrices,
  };

  test('with its prices: $1.36 active, $0.13 idle, $32.64 a day, about $540 a month at 50 %', () => {
    const { active, atRest, costPerMonth } = planCost(asItCounts);
    expect(usd(active.costPerHour)).toBe(1.36); // 0.13 + 1.23
    expect(usd(atRest.costPerHour)).toBe(0.13); // the GPU pool is at 0 nodes
    expect(usd(active.costPerHour! * 24)).toBe(32.64);
    expect(usd(costPerMonth)).toBe(543.85); // 730 h x (0.5 x 1.36 + 0.5 x 0.13)
    // It seems to count months of 30 days: its 980 a month are 720 h x 1.36. Both round to 540.
    expect(usd(planCost({ ...asItCounts, hoursPerMonth: 720 }).costPerMonth)).toBe(536.4);
    expect(usd(planCost({ ...asItCounts, hoursPerMonth: 720, utilization: 1 }).costPerMonth)).toBe(979.2);
  });

  test("with today's: the L4 is in the price of a g2-standard-4, so a node is $0.71, not $1.23", () => {
    const today = planCost({
      ...asItCounts,
      priceList: undefined,
      fixed: [fixed('e2-standard-4 of default-pool', 0.134, '2026-09-27')],
    });
    expect(usd(today.active.costPerHour)).toBe(0.84); // 0.134 + 0.706832
    expect(usd(today.atRest.costPerHour)).toBe(0.13);
    expect(usd(today.costPerMonth)).toBe(355.81); // 730 h x (0.5 x 0.840832 + 0.5 x 0.134)
    expect(today.prices).toEqual([
      {
        item: 'e2-standard-4 of default-pool',
        kind: 'fixed',
        pricePerHour: 0.134,
        region: 'us-central1',
        date: '2026-09-27',
        source: 'stated',
      },
      {
        item: 'g2-standard-4',
        kind: 'on-demand',
        pricePerHour: 0.706832,
        region: 'us-central1',
        date: '2026-08-03',
        source: gpupool.machine!.price!.source,
      },
    ]);
  });

  // Its measured run (frankbesch/nim-gke@0256bfd docs/runs/2026-09-27-measured-run.md) adds what the table left out, and says "about $0.98/hour".
  test("with today's prices and everything that is billed: $0.98 active, $0.25 idle, $449 a month", () => {
    const everything = planCost({
      pools: [{ ...pool, diskPricePerNodeHour: 0.0137 }],
      services: [service({ outputTokensPerSecondPerReplica: 15.9 })],
      fixed: [
        fixed('cluster fee', 0.1, '2026-09-27'),
        fixed('e2-standard-4 of default-pool', 0.134, '2026-09-27'),
        fixed('boot disk of default-pool, 100 GiB', 0.0137, '2026-09-27'),
        fixed('model cache, 50 GiB', 0.0068, '2026-09-27'),
      ],
      utilization: 0.5,
    });
    expect(usd(everything.active.costPerHour)).toBe(0.98); // 0.1 + 0.134 + 0.0137 + 0.0068 + 0.706832 + 0.0137
    expect(usd(everything.atRest.costPerHour)).toBe(0.25);
    expect(usd(everything.costPerMonth)).toBe(448.78); // 730 h x (0.5 x 0.975032 + 0.5 x 0.2545)
    // One caller at a time: (0.706832 + 0.0137) / (15.9 x 3600) x 1e6. The run says about 12, without the disk.
    expect(usd(everything.services[0]!.costPerMillionOutputTokens)).toBe(12.59);
  });
});

/** A pool of plain data with round prices: 1 per hour, 0.4 on spot. */
const pool: CostPool = { name: 'gpupool', spot: false, minNodes: 0, machine: gpupool.machine };
const round: CostPool = {
  name: 'gpupool',
  spot: false,
  minNodes: 0,
  machine: {
    type: 'round-1',
    price: { onDemand: 1, spot: 0.4, region: 'us-central1', date: '2026-08-03', source: 'test' },
  },
};
const plan = (more: Partial<CostRequest> = {}) =>
  planCost({ pools: [round], services: [service()], utilization: 0.5, ...more });

// Prices per hour: a node 1, on spot 0.4.
test.each([
  ['a replica a node', [service({ replicasActive: 3 })], round, 0, 3],
  ['whole machines: 5 replicas of 4 a node are 2 nodes', [service({ replicasActive: 5, podsPerNode: 4 })], round, 0, 2],
  [
    'two services share a node: 2/4 + 1/2',
    [service({ replicasActive: 2, podsPerNode: 4 }), service({ podsPerNode: 2 })],
    round,
    0,
    1,
  ],
  [
    'thirds that add up: 1/3 + 7/3 + 1/3',
    [1, 7, 1].map((n) => service({ replicasActive: n, podsPerNode: 3 })),
    round,
    0,
    3,
  ],
  ['without a scaler, rest costs as much', [service({ replicasAtRest: 1, replicasActive: 1 })], round, 1, 1],
  ['a pool with a minimum is paid for at rest', [service()], { ...round, minNodes: 2 }, 2, 2],
  ['spot', [service({ replicasActive: 2 })], { ...round, spot: true }, 0, 0.8],
  ['another pool', [service({ pool: 'elsewhere' })], round, 0, 0],
] as const)('%s', (_name, services, one, atRest, active) => {
  const { atRest: rest, active: busy } = plan({ services, pools: [one] });
  expect([rest.costPerHour, usd(busy.costPerHour)]).toEqual([atRest, active]);
});

describe('commitments', () => {
  const priceList: PriceList = {
    machines: { 'round-1': { onDemand: 1, spot: 0.4 } },
    region: 'europe-west4',
    date: '2026-11-01',
    committedDiscountPercent: 40,
  };

  test('are paid for all hours; what goes beyond them by the hour', () => {
    const { empty, atRest, active, prices } = plan({
      pools: [{ ...round, committedNodes: 2 }],
      services: [service({ replicasAtRest: 1, replicasActive: 3 })],
      priceList,
    });
    // 2 x 0.6 whatever runs, and 1 x 1 for the third node.
    expect([empty, atRest, active].map(({ costPerHour }) => usd(costPerHour))).toEqual([1.2, 1.2, 2.2]);
    expect(prices.map(({ kind, pricePerHour, region, date }) => [kind, pricePerHour, region, date])).toEqual([
      ['on-demand', 1, 'europe-west4', '2026-11-01'],
      ['committed', 0.6, 'europe-west4', '2026-11-01'],
    ]);
  });

  test('one month, three ways to pay', () => {
    // On-demand 730 x 0.5 x 1, spot 730 x 0.5 x 0.4, committed 730 x 0.6: below 60 % in use, a commitment costs more.
    const { costPerMonth, costPerMonthOnSpot, costPerMonthCommitted } = plan({ priceList });
    expect([costPerMonth, costPerMonthOnSpot, costPerMonthCommitted]).toEqual([365, 146, 438]);
  });

  test('without a discount nobody knows what they cost', () => {
    const unknown = plan({ pools: [{ ...round, committedNodes: 1 }] });
    expect([unknown.active.costPerHour, unknown.costPerMonthCommitted]).toEqual([undefined, undefined]);
    expect(costFindings(unknown).errors).toEqual([
      {
        check: 'cost',
        message: 'The pool gpupool has 1 committed nodes, and nobody said what the commitment saves.',
        remedy: 'State committedDiscountPercent of the priceList.',
      },
    ]);
  });
});

test('each step of a release costs what its nodes cost', () => {
  const steps = [
    { name: 'prepared', replicas: 2 },
    { name: 'smoke', replicas: 3 },
    { name: '100%', replicas: 4 },
  ];
  expect(plan({ services: [service({ replicasActive: 2, steps })] }).steps).toEqual([
    { path: 'nim/llama3-8b', step: 'prepared', costPerHour: 2, nodes: { gpupool: 2 } },
    { path: 'nim/llama3-8b', step: 'smoke', costPerHour: 3, nodes: { gpupool: 3 } },
    { path: 'nim/llama3-8b', step: '100%', costPerHour: 4, nodes: { gpupool: 4 } },
  ]);
});

test('a million tokens: of the nodes of a service, and of the whole month', () => {
  // 2 replicas x 500 tokens/s = 3.6 million an hour, on two nodes at 1: 2 / 3.6 = 0.56.
  // The month: 730 x (0.5 x 3 + 0.5 x 1) = 1,460 for 730 x 0.5 x 3.6 = 1,314 million: 1.11.
  const { services, costPerMillionOutputTokens } = plan({
    services: [service({ replicasActive: 2, outputTokensPerSecondPerReplica: 500 })],
    fixed: [fixed('cluster', 1, '2026-11-01')],
  });
  expect([usd(services[0]!.costPerMillionOutputTokens), usd(costPerMillionOutputTokens)]).toEqual([0.56, 1.11]);
});

describe('what a user reads', () => {
  test('known prices are no news', () => {
    expect(costFindings(plan({ asOf: '2026-11-21' }))).toEqual({ errors: [], warnings: [] });
  });

  test('a price that nobody knows leaves no sum, and says where to state it', () => {
    const unknown = planCost({
      pools: [{ ...round, machine: { type: 'a4-highgpu-8g' } }],
      services: [service()],
      utilization: 0.5,
      fixed: [fixed('cluster', 1, '2026-11-01')],
    });
    expect([unknown.atRest.costPerHour, unknown.active.costPerHour, unknown.costPerMonth]).toEqual([
      1,
      undefined,
      undefined,
    ]);
    expect(costFindings(unknown).warnings).toEqual([
      {
        check: 'cost',
        message: 'Nobody knows the on-demand price of a4-highgpu-8g in the pool gpupool.',
        remedy: 'State a4-highgpu-8g in machines of the priceList.',
      },
    ]);
  });

  test('a spot price that nobody knows', () => {
    const eks = GpuNodePool.eks({ name: 'gpupool', machineTypes: ['g6.xlarge'], maxNodes: 1, spot: true });
    expect(costFindings(plan({ pools: [eks] })).warnings).toEqual([
      {
        check: 'cost',
        message: 'Nobody knows the spot price of g6.xlarge in the pool gpupool.',
        remedy: 'State g6.xlarge with its spot price in machines of the priceList.',
      },
    ]);
  });

  test('nodes of your own', () => {
    expect(costFindings(plan({ pools: [{ name: 'gpupool', spot: false, minNodes: 1 }] })).warnings).toEqual([
      {
        check: 'cost',
        message: 'The nodes of the pool gpupool have no price: they are of no machine type that a cloud sells.',
        remedy: 'Count what they cost per hour among the fixed costs.',
      },
    ]);
  });

  // 2026-08-03 + 180 days = 2027-01-30.
  test.each([
    ['2027-01-30', []],
    [
      '2027-01-31',
      [
        {
          check: 'cost',
          message: 'The on-demand price of round-1 (us-central1) is of 2026-08-03, 181 days before 2027-01-31.',
          remedy: 'State round-1 in machines of the priceList.',
        },
      ],
    ],
    [undefined, []],
  ])('prices as of %s', (asOf, warnings) => {
    expect(costFindings(plan({ asOf })).warnings).toEqual(warnings);
  });

  test('a list in another currency takes no price of the catalog', () => {
    const euros = (machines: PriceList['machines']) =>
      plan({ priceList: { machines, region: 'europe-west4', date: '2026-11-01', currency: 'EUR' } });
    expect([euros({ 'round-1': 0.9 }).currency, euros({ 'round-1': 0.9 }).active.costPerHour]).toEqual(['EUR', 0.9]);
    expect(euros({}).active.costPerHour).toBeUndefined();
  });

  test('input that cannot be, all at once', () => {
    const wrong = plan({
      utilization: 50,
      asOf: 'today',
      fixed: [{ ...fixed('fee', -1, '2026-02-30'), quantity: 1 }],
      priceList: {
        machines: { a: -1, b: { onDemand: 1, spot: NaN } },
        region: '',
        date: '1.11.2026',
        currency: 'euro',
        committedDiscountPercent: 140,
      },
    });
    expect(costFindings(wrong).errors.map(({ message }) => message)).toEqual([
      'The price list says -1 per hour for a.',
      'The price list says NaN per hour for b on spot.',
      'The committed discount is 140 %.',
      'The currency of the price list is "euro".',
      'The date of the price list is "1.11.2026".',
      'The date of fee is "2026-02-30".',
      'The date of the plan is "today".',
      'The utilization is 50.',
      'A fixed cost is negative, or no number.',
    ]);
  });
});

describe('for any platform', () => {
  const anyPool = fc.record({
    minNodes: fc.nat(3),
    committedNodes: fc.nat(3),
    spot: fc.boolean(),
    diskPricePerNodeHour: fc.constantFrom(0, 0.01),
  });
  const anyService = fc.record({
    podsPerNode: fc.integer({ min: 1, max: 8 }),
    replicasAtRest: fc.nat(20),
    replicasActive: fc.nat(40),
  });
  const request = (
    one: Partial<CostPool>,
    services: readonly Partial<CostService>[],
    utilization: number,
  ): CostRequest => ({
    pools: [{ ...round, ...one }],
    services: services.map((each) => service(each)),
    utilization,
    priceList: { machines: {}, region: 'any', date: '2026-11-01', committedDiscountPercent: 40 },
  });
  const share = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);

  test('more replicas never cost less', () => {
    fc.assert(
      fc.property(
        anyPool,
        fc.array(anyService, { minLength: 1, maxLength: 3 }),
        share,
        fc.nat(9),
        (one, services, use, more) => {
          const grown = services.map((each, at) =>
            at === 0
              ? { ...each, replicasAtRest: each.replicasAtRest + more, replicasActive: each.replicasActive + more }
              : each,
          );
          const [before, after] = [services, grown].map((all) => planCost(request(one, all, use)));
          expect(after!.active.costPerHour!).toBeGreaterThanOrEqual(before!.active.costPerHour!);
          expect(after!.atRest.costPerHour!).toBeGreaterThanOrEqual(before!.atRest.costPerHour!);
          expect(after!.costPerMonth!).toBeGreaterThanOrEqual(before!.costPerMonth! - 1e-9);
        },
      ),
    );
  });

  test('an empty cluster costs no more than one at rest, and that no more than an active one', () => {
    fc.assert(
      fc.property(anyPool, fc.array(anyService, { maxLength: 3 }), share, (one, services, use) => {
        const { empty, atRest, active } = planCost(request(one, services, use));
        expect(empty.costPerHour!).toBeLessThanOrEqual(atRest.costPerHour!);
        expect(atRest.costPerHour!).toBeLessThanOrEqual(active.costPerHour!);
      }),
    );
  });

  test('the price list of an object key that every object has is no price', () => {
    expect(
      plan({
        pools: [{ ...round, machine: { type: 'constructor' } }],
        priceList: { machines: {}, region: '', date: '2026-11-01' },
      }).unpricedPools,
    ).toHaveLength(1);
  });
});
