import * as fc from 'fast-check';
import { capacityFindings } from '../../lib/plan/capacity-findings';
import { CapacityPool, CapacityRequest, CapacityService, planCapacity } from '../../lib/plan/capacity-plan';
import { AssignmentDemand, AssignmentPool, assignReplicas } from '../../lib/plan/replica-assignment';

const l4: CapacityPool = { name: 'l4', maxNodes: 2, gpusPerNode: 1 };

const service = (name: string, replicasAtRest: number, more: Partial<CapacityService> = {}): CapacityService => ({
  path: `nim/${name}`,
  namespace: 'nim',
  gpusPerReplica: 1,
  pools: [{ name: 'l4' }],
  replicasAtRest,
  ...more,
});

const told = (request: CapacityRequest) => capacityFindings(planCapacity(request));
const twins = (stableReplicas: number, ...canaryReplicas: number[]) =>
  canaryReplicas.map((canary, at) => ({ name: ['smoke', '50%', '100%'][at]!, stableReplicas, canaryReplicas: canary }));

describe('copies of several pods', () => {
  const h100: CapacityPool = { name: 'h100', maxNodes: 4, gpusPerNode: 8 };
  const group = (name: string, replicasAtRest: number) =>
    service(name, replicasAtRest, { gpusPerReplica: 16, podsPerReplica: 2, pools: [{ name: 'h100', podsPerNode: 1 }] });

  test('take as many nodes as they have pods', () => {
    const { services, total, rest } = planCapacity({ services: [group('a', 2)], pools: [h100] });
    expect(services[0]!.atRest).toEqual({ replicas: 2, gpus: 32, nodes: 4 });
    expect(total.atRest).toEqual({ replicas: 2, gpus: 32, nodes: 4 });
    expect(rest.conflicts).toEqual([]);
  });

  test('leave no room for half a copy', () => {
    expect(told({ services: [group('a', 2), service('b', 1, { pools: [{ name: 'h100' }] })], pools: [h100] }).errors)
      .toMatchInlineSnapshot(`
       [
         {
           "check": "capacity",
           "message": "nim/a needs 32 GPUs at rest (2 x 2 pods of 8) and nim/b needs 1 GPU at rest (1 x 1), together 33; their pools hold 32 (h100 4 nodes x 8). Each fits alone, not together.",
           "remedy": "Raise maxNodes of h100 from 4 to 5, or give one of them a pool of its own.",
         },
       ]
      `);
  });

  test('of a release count as whole copies', () => {
    const released = { ...group('a', 1), steps: [{ name: 'smoke', stableReplicas: 1, canaryReplicas: 2 }] };
    expect(told({ services: [released], pools: [h100] }).errors).toMatchInlineSnapshot(`
     [
       {
         "check": "rollout-surge",
         "message": "The step smoke of nim/a needs 48 GPUs: 1 stable and 2 canary replicas with 16 GPUs each. Its pools hold 32 (h100 4 nodes x 8).",
         "remedy": "Raise maxNodes of h100 from 4 to 6, or use CanaryStrategy.weightedTwins({ canaryReplicas: 1 }), for which there is room.",
       },
     ]
    `);
  });
});

describe('where replicas can go', () => {
  const pool = (name: string, maxNodes: number, gpusPerNode: number): AssignmentPool => ({
    name,
    maxNodes,
    gpusPerNode,
  });
  const demand = (
    path: string,
    replicas: number,
    gpusPerReplica: number,
    pools: Record<string, number>,
  ): AssignmentDemand => ({
    path,
    replicas,
    gpusPerReplica,
    pools: Object.entries(pools).map(([name, podsPerNode]) => ({ name, podsPerNode })),
  });

  test('the preferred pool is filled first, and nodes are counted whole', () => {
    expect(assignReplicas([demand('a', 5, 2, { h100: 4, l40s: 2 })], [pool('h100', 1, 8), pool('l40s', 3, 4)])).toEqual(
      {
        verdict: 'fits',
        replicas: { a: { h100: 4, l40s: 1 } },
        nodes: { h100: 1, l40s: 1 },
      },
    );
  });

  test('a service gives way to one that has no other pool', () => {
    expect(
      assignReplicas(
        [demand('a', 1, 1, { p: 1, q: 1 }), demand('b', 1, 1, { p: 1 })],
        [pool('p', 1, 1), pool('q', 1, 1)],
      ),
    ).toEqual({
      verdict: 'fits',
      replicas: { a: { q: 1, p: 0 }, b: { p: 1 } },
      nodes: { p: 1, q: 1 },
    });
  });

  // 4 x 1 + 1 x 2 on two nodes of 3: 6 GPUs, but the pair must be on one node, and one is left beside it.
  test('small and large replicas share nodes', () => {
    expect(
      assignReplicas([demand('small', 4, 1, { p: 3 }), demand('pair', 1, 2, { p: 1 })], [pool('p', 2, 3)]),
    ).toMatchObject({
      verdict: 'fits',
      nodes: { p: 2 },
    });
  });

  test('started nodes are filled before new ones', () => {
    expect(
      assignReplicas([demand('one', 2, 1, { p: 4 }), demand('pair', 1, 2, { p: 2 })], [pool('p', 3, 4)]),
    ).toMatchObject({
      nodes: { p: 1 },
    });
  });

  // Two threes on one node leave 1, and the other node has 7 for four twos; 3 + 2 + 2 on each is the only way.
  test('sizes that do not divide each other are tried in every mix', () => {
    expect(
      assignReplicas([demand('three', 2, 3, { p: 2 }), demand('two', 4, 2, { p: 3 })], [pool('p', 2, 7)]).verdict,
    ).toBe('fits');
  });

  test('too many GPUs are refused at once, however many ways there are to mix them', () => {
    const pools = [pool('p', 40, 9), pool('q', 40, 9)];
    expect(
      assignReplicas(
        [
          demand('four', 60, 4, { p: 2, q: 2 }),
          demand('three', 60, 3, { p: 3, q: 3 }),
          demand('two', 160, 2, { p: 4, q: 4 }),
        ],
        pools,
      ).verdict,
    ).toBe('does-not-fit');
  });

  test.each([
    // Two nodes with 1 of 3 GPUs left are no room for a pair.
    ['GPUs on two nodes are not one replica', [demand('pair', 3, 2, { p: 1 })], [pool('p', 2, 3)]],
    // 1 + 1 GPU in two pools: a flow of GPUs would say yes.
    [
      'GPUs in two pools are not one replica',
      [demand('p-only', 3, 1, { p: 4 }), demand('q-only', 3, 1, { q: 4 }), demand('pair', 1, 2, { p: 2, q: 2 })],
      [pool('p', 1, 4), pool('q', 1, 4)],
    ],
    ['CPU for one pod a node', [demand('thirsty', 3, 1, { p: 1 })], [pool('p', 2, 4)]],
    ['no pool at all', [demand('lost', 1, 1, {})], [pool('p', 2, 4)]],
  ])('%s', (_name, demands, pools) => {
    expect(assignReplicas(demands, pools)).toEqual({ verdict: 'does-not-fit' });
  });

  test('two services that each take more than half of the CPU of a node do not share it', () => {
    const thirsty = (path: string) => demand(path, 1, 1, { p: 1 });
    expect(assignReplicas([thirsty('a'), thirsty('b'), demand('c', 1, 2, { p: 2 })], [pool('p', 1, 4)]).verdict).toBe(
      'does-not-fit',
    );
    expect(assignReplicas([thirsty('a'), demand('b', 2, 1, { p: 4 })], [pool('p', 1, 4)]).verdict).toBe('fits');
  });

  /** Every way to put replicas on nodes, one after the other. A node holds n of CPU 1 / (n + 1) and a bit. */
  function bruteForce(demands: readonly AssignmentDemand[], pools: readonly AssignmentPool[]): boolean {
    const nodes = pools.flatMap(({ name, maxNodes, gpusPerNode }) =>
      Array.from({ length: maxNodes }, () => ({ name, gpusPerNode, freeGpus: gpusPerNode, freeCpu: 1 })),
    );
    const replicas = demands.flatMap((one) => Array.from({ length: one.replicas }, () => one));
    const place = (at: number): boolean => {
      const replica = replicas[at];
      if (!replica) return true;
      return nodes.some((node) => {
        const podsPerNode = replica.pools.find(({ name }) => name === node.name)?.podsPerNode ?? 0;
        const gpusFirst = podsPerNode >= Math.floor(node.gpusPerNode / replica.gpusPerReplica);
        const cpu = gpusFirst ? 0 : 1 / (podsPerNode + 1) + 1e-4;
        if (podsPerNode === 0 || node.freeCpu < cpu || node.freeGpus < replica.gpusPerReplica) return false;
        node.freeGpus -= replica.gpusPerReplica;
        node.freeCpu -= cpu;
        const done = place(at + 1);
        node.freeGpus += replica.gpusPerReplica;
        node.freeCpu += cpu;
        return done;
      });
    };
    return place(0);
  }

  const cluster = fc
    .record({
      pools: fc.array(
        fc.record({ maxNodes: fc.integer({ min: 0, max: 2 }), gpusPerNode: fc.integer({ min: 1, max: 4 }) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      demands: fc.array(
        fc.record({
          replicas: fc.integer({ min: 0, max: 3 }),
          gpusPerReplica: fc.integer({ min: 1, max: 4 }),
          usable: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
          mostPodsPerNode: fc.integer({ min: 0, max: 4 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      sameSize: fc.boolean(),
    })
    .map(({ pools, demands, sameSize }) => {
      const named = pools.map((one, at) => ({ name: `p${at}`, ...one }));
      return {
        pools: named,
        demands: demands.map(({ replicas, usable, mostPodsPerNode, ...one }, at): AssignmentDemand => {
          const gpusPerReplica = sameSize ? 1 : one.gpusPerReplica;
          const own = named.filter((_, index) => usable[index]);
          return {
            path: `s${at}`,
            replicas,
            gpusPerReplica,
            pools: own.map(({ name, gpusPerNode }) => ({
              name,
              podsPerNode: Math.min(mostPodsPerNode, Math.floor(gpusPerNode / gpusPerReplica)),
            })),
          };
        }),
      };
    });

  test('agrees with trying every node', () => {
    fc.assert(
      fc.property(cluster, ({ demands, pools }) => {
        const expected = bruteForce(demands, pools) ? 'fits' : 'does-not-fit';
        expect(assignReplicas(demands, pools).verdict).toBe(expected);
      }),
      { numRuns: 1500 },
    );
  });

  test('what it assigns is every replica, on no more nodes than there are', () => {
    fc.assert(
      fc.property(cluster, ({ demands, pools }) => {
        const assignment = assignReplicas(demands, pools);
        if (assignment.verdict !== 'fits') return;
        for (const { path, replicas, gpusPerReplica, pools: own } of demands.filter((one) => one.replicas > 0)) {
          const placed = assignment.replicas[path]!;
          expect(Object.values(placed).reduce((sum, one) => sum + one, 0)).toBe(replicas);
          expect(own.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(placed)));
          expect(gpusPerReplica).toBeGreaterThan(0);
        }
        for (const { name, maxNodes } of pools) expect(assignment.nodes[name] ?? 0).toBeLessThanOrEqual(maxNodes);
      }),
    );
  });

  test('more nodes never take room away', () => {
    fc.assert(
      fc.property(cluster, fc.nat(2), fc.integer({ min: 1, max: 3 }), ({ demands, pools }, which, more) => {
        fc.pre(assignReplicas(demands, pools).verdict === 'fits');
        const raised = pools.map((one, at) => (at === which ? { ...one, maxNodes: one.maxNodes + more } : one));
        expect(assignReplicas(demands, raised).verdict).toBe('fits');
      }),
    );
  });

  test('hundreds of replicas of mixed sizes are decided', () => {
    const mixed = (pairs: number) =>
      assignReplicas(
        [
          demand('pair', pairs, 2, { p: 4, q: 2 }),
          demand('one', 200, 1, { p: 8 }),
          demand('four', 20, 4, { p: 2, q: 1 }),
        ],
        [pool('p', 40, 8), pool('q', 20, 4)],
      ).verdict;
    // 320 + 80 GPUs; 200 + 80 are taken, so 60 pairs remain.
    expect([mixed(60), mixed(61)]).toEqual(['fits', 'does-not-fit']);
  });
});

describe('the table', () => {
  test('GPUs and nodes at rest, at maximum and at each step, for each service and together', () => {
    // The fourth is for the canary beside the maximum.
    const h100: CapacityPool = { name: 'h100', maxNodes: 4, gpusPerNode: 8 };
    const plan = planCapacity({
      pools: [h100],
      services: [
        service('chat', 2, {
          gpusPerReplica: 4,
          pools: [{ name: 'h100' }],
          replicasAtMaximum: 4,
          steps: twins(2, 1, 2),
        }),
        service('embed', 3, { pools: [{ name: 'h100', podsPerNode: 4 }] }),
      ],
    });
    // chat: 2 x 4 GPUs, two replicas a node. embed: 3 x 1, at most four a node. 8 + 3 = 11 GPUs on 2 nodes;
    // at maximum 16 + 3 = 19 on 3; at 50 % 4 chat replicas, the same.
    expect({ ...plan.total, services: plan.services }).toEqual({
      atRest: { replicas: 5, gpus: 11, nodes: 2 },
      atMaximum: { replicas: 7, gpus: 19, nodes: 3 },
      services: [
        {
          path: 'nim/chat',
          atRest: { replicas: 2, gpus: 8, nodes: 1 },
          atMaximum: { replicas: 4, gpus: 16, nodes: 2 },
          steps: [
            {
              name: 'smoke',
              stableReplicas: 2,
              canaryReplicas: 1,
              load: { replicas: 3, gpus: 12, nodes: 2 },
            },
            {
              name: '50%',
              stableReplicas: 2,
              canaryReplicas: 2,
              load: { replicas: 4, gpus: 16, nodes: 2 },
            },
          ],
          zones: [],
        },
        {
          path: 'nim/embed',
          atRest: { replicas: 3, gpus: 3, nodes: 1 },
          atMaximum: { replicas: 3, gpus: 3, nodes: 1 },
          steps: [],
          zones: [],
        },
      ],
    });
    expect(capacityFindings(plan)).toEqual({ errors: [], warnings: [] });
  });
});

describe('room at rest and at maximum', () => {
  test('two services that each fit, and do not together', () => {
    expect(
      told({ pools: [l4], services: [service('a', 1), service('b', 2), service('elsewhere', 9, { pools: [] })] }),
    ).toEqual({
      errors: [
        {
          check: 'capacity',
          message:
            'nim/a needs 1 GPU at rest (1 x 1) and nim/b needs 2 GPUs at rest (2 x 1), together 3; their pools hold 2 (l4 2 nodes x 1). Each fits alone, not together.',
          remedy: 'Raise maxNodes of l4 from 2 to 3, or give one of them a pool of its own.',
        },
      ],
      warnings: [],
    });
  });

  test('only those who are in the way are named', () => {
    const pools = [l4, { name: 'big', maxNodes: 9, gpusPerNode: 8 }];
    const both = [{ name: 'l4' }, { name: 'big' }];
    const services = [service('flexible', 4, { pools: both }), service('a', 2), service('b', 1), service('zero', 0)];
    expect(told({ pools, services }).errors.map(({ message }) => message)).toEqual([
      'nim/a needs 2 GPUs at rest (2 x 1) and nim/b needs 1 GPU at rest (1 x 1), together 3; their pools hold 2 (l4 2 nodes x 1). Each fits alone, not together.',
    ]);
  });

  test('one service that is too large, at rest and at its maximum', () => {
    expect(told({ pools: [l4], services: [service('a', 3, { replicasAtMaximum: 5 })] }).errors).toEqual([
      {
        check: 'capacity',
        message: 'nim/a needs 3 GPUs at rest (3 x 1); its pools hold 2 (l4 2 nodes x 1).',
        remedy: 'Raise maxNodes of l4 from 2 to 3, or lower its replicas.',
      },
      {
        check: 'capacity',
        message: 'nim/a needs 5 GPUs at its maximum (5 x 1); its pools hold 2 (l4 2 nodes x 1).',
        remedy: "Raise maxNodes of l4 from 2 to 5, or lower its scaler's maximum.",
      },
    ]);
  });

  test('one at its maximum beside another at rest must find room', () => {
    const services = [service('a', 1, { replicasAtMaximum: 2 }), service('b', 1)];
    expect(told({ pools: [l4], services })).toEqual({
      errors: [
        {
          check: 'capacity',
          message:
            'nim/a needs 2 GPUs at its maximum (2 x 1) and nim/b needs 1 GPU at rest (1 x 1), together 3; their pools hold 2 (l4 2 nodes x 1). Each fits alone, not together.',
          remedy:
            'Raise maxNodes of l4 from 2 to 3, or lower the maximum of the scaler of nim/a, or give one of them a pool of its own.',
        },
      ],
      warnings: [],
    });
  });

  test('a maximum beside the canary of its own release, since the scaler goes up meanwhile', () => {
    const pools = [{ ...l4, maxNodes: 4 }];
    const released = (replicasAtMaximum: number, ...canaries: number[]) =>
      service('a', 1, { replicasAtMaximum, steps: twins(1, ...canaries) });
    expect(told({ pools, services: [released(4, 1)] }).errors).toEqual([
      {
        check: 'capacity',
        message:
          'nim/a needs 5 GPUs at its maximum with the canary of its release ((4 + 1) x 1); its pools hold 4 (l4 4 nodes x 1).',
        remedy: 'Raise maxNodes of l4 from 4 to 5, or set maxReplicas of nim/a to 3 until its release is done.',
      },
    ]);
    expect(told({ pools, services: [released(3, 1)] }).errors).toEqual([]);
    // Beside the largest canary there is room for what runs at rest, and for nothing that a scaler could add.
    expect(told({ pools, services: [released(4, 1, 3)] }).errors.map(({ remedy }) => remedy)).toEqual([
      "Raise maxNodes of l4 from 4 to 7, or lower its scaler's maximum.",
    ]);
    // A canary whose place a stable pod may take carries requests that nobody else would.
    const classes = { priority: { name: 'inference-serving', value: 1_000_000, preempts: true } };
    expect(told({ pools, services: [{ ...released(4, 1), ...classes }] }).errors).toHaveLength(1);
    expect(told({ pools, services: [released(3, 1), service('b', 1)] }).errors).toEqual([
      {
        check: 'capacity',
        message:
          'nim/a needs 4 GPUs at its maximum with the canary of its release ((3 + 1) x 1) and nim/b needs 1 GPU at rest (1 x 1), together 5; their pools hold 4 (l4 4 nodes x 1). Each fits alone, not together.',
        remedy:
          'Raise maxNodes of l4 from 4 to 5, or set maxReplicas of nim/a to 2 until its release is done, or give one of them a pool of its own.',
      },
    ]);
  });

  test('all at their maximum at once need not, and that is told', () => {
    const pools = [{ ...l4, maxNodes: 4 }];
    const services = [service('a', 1, { replicasAtMaximum: 3 }), service('b', 1, { replicasAtMaximum: 3 })];
    expect(told({ pools, services })).toEqual({
      errors: [],
      warnings: [
        {
          check: 'capacity',
          message:
            'nim/a needs 3 GPUs at its maximum (3 x 1) and nim/b needs 3 GPUs at its maximum (3 x 1), together 6; their pools hold 4 (l4 4 nodes x 1). Each fits alone, not together.',
          remedy:
            'Raise maxNodes of l4 from 4 to 6, or lower the maximum of the scaler of nim/a and nim/b, or give one of them a pool of its own.',
        },
      ],
    });
    // Whose maximum is what the others leave was promised nothing.
    const derived = services.map((each) => ({ ...each, maximumIsDerived: true }));
    expect(told({ pools, services: derived })).toEqual({ errors: [], warnings: [] });
  });

  test('GPUs that are there, but not where they are of use', () => {
    const pools = [{ name: 'h100', maxNodes: 2, gpusPerNode: 8 }];
    expect(
      told({ pools, services: [service('a', 5, { gpusPerReplica: 3, pools: [{ name: 'h100' }] })] }).errors,
    ).toEqual([
      {
        check: 'capacity',
        message:
          'nim/a needs 15 GPUs at rest (5 x 3); its pools hold 16 (h100 2 nodes x 8). What is left of them is on different nodes, or has no CPU and memory beside it.',
        remedy: 'Raise maxNodes of h100 from 2 to 3, or lower its replicas.',
      },
    ]);
  });

  test('more replicas of mixed sizes than a search can try: a warning, not a guess', () => {
    const pools = [{ name: 'h100', maxNodes: 900, gpusPerNode: 8 }];
    const own = { pools: [{ name: 'h100' }] };
    const services = [service('a', 1500, { ...own, gpusPerReplica: 3 }), service('b', 600, own)];
    expect(told({ pools, services }).warnings[0]).toEqual({
      check: 'capacity',
      message:
        'Whether the replicas of nim/a and its neighbours all find a node was not decided: too many ways to mix them.',
      remedy: 'Give replicas of different sizes pools of their own.',
    });
  });

  test('a service reports its own', () => {
    const plan = planCapacity({ pools: [l4], services: [service('a', 3), service('c', 1, { pools: [] })] });
    expect(capacityFindings(plan, 'nim/c').errors).toEqual([]);
    expect(capacityFindings(plan, 'nim/a').errors).toHaveLength(1);
  });
});

describe('room during a release', () => {
  test('the reference platform: one replica, two nodes, twins fit', () => {
    expect(told({ pools: [l4], services: [service('llama', 1, { steps: twins(1, 1, 1, 1) })] })).toEqual({
      errors: [],
      warnings: [],
    });
  });

  test('two replicas or more: a partition needs no spare GPU', () => {
    expect(told({ pools: [l4], services: [service('a', 2, { steps: twins(2, 1, 1, 2) })] }).errors).toEqual([
      {
        check: 'rollout-surge',
        message:
          'The step smoke of nim/a needs 3 GPUs: 2 stable and 1 canary replicas with 1 GPU each. Its pools hold 2 (l4 2 nodes x 1).',
        // 2 stable and 2 canary at 100 %.
        remedy: 'Raise maxNodes of l4 from 2 to 4, or use CanaryStrategy.partition(), which needs no spare GPU.',
      },
    ]);
  });

  test('a partition is no way out where what runs now has no room', () => {
    expect(
      told({ pools: [l4], services: [service('a', 3, { steps: twins(3, 1) })] }).errors.map(({ remedy }) => remedy),
    ).toEqual(['Raise maxNodes of l4 from 2 to 3, or lower its replicas.', 'Raise maxNodes of l4 from 2 to 4.']);
  });

  test('one replica has no other way than a spare GPU', () => {
    const pools = [{ ...l4, maxNodes: 1 }];
    expect(told({ pools, services: [service('a', 1, { steps: twins(1, 0, 1) })] }).errors).toEqual([
      {
        check: 'rollout-surge',
        message:
          'The step 50% of nim/a needs 2 GPUs: 1 stable and 1 canary replicas with 1 GPU each. Its pools hold 1 (l4 1 node x 1).',
        remedy: 'Raise maxNodes of l4 from 1 to 2.',
      },
    ]);
  });

  test('a neighbour holds the GPU', () => {
    expect(told({ pools: [l4], services: [service('a', 1, { steps: twins(1, 1) }), service('b', 1)] }).errors).toEqual([
      {
        check: 'rollout-surge',
        message:
          'The step smoke of nim/a needs 2 GPUs: 1 stable and 1 canary replicas with 1 GPU each. Its pools hold 2 (l4 2 nodes x 1), of which nim/b takes 1.',
        remedy: 'Raise maxNodes of l4 from 2 to 3.',
      },
    ]);
  });

  const two = (currentStep?: string): CapacityRequest => ({
    pools: [{ ...l4, maxNodes: 3 }],
    services: [
      service('a', 1, { steps: twins(1, 1), currentStep }),
      service('b', 1, { steps: twins(1, 1), currentStep }),
    ],
  });

  test('two releases that fit one at a time are a warning', () => {
    expect(told(two())).toEqual({
      errors: [],
      warnings: [
        {
          check: 'rollout-surge',
          message:
            'The releases of nim/a (step smoke) and nim/b (step smoke) fit one at a time, not together: at their largest steps they need 4 GPUs, and the pools hold 3 (l4 3 nodes x 1).',
          remedy: 'Release one after the other, or raise maxNodes of l4 from 3 to 4.',
        },
      ],
    });
  });

  test('and an error once both are under way', () => {
    expect(told(two('smoke')).errors.map(({ message }) => message)).toEqual([
      'The releases of nim/a (step smoke) and nim/b (step smoke) fit one at a time, not together: now they need 4 GPUs, and the pools hold 3 (l4 3 nodes x 1).',
    ]);
  });
});

describe('quota', () => {
  const pools = [{ ...l4, maxNodes: 9 }];
  const quotas = [{ namespace: 'nim', gpus: 2 }];

  test.each([
    [
      'at rest',
      [service('a', 1), service('b', 2)],
      'The services of nim need 3 GPUs at rest (nim/a 1, nim/b 2); the quota of nvidia.com/gpu allows 2, and pods beyond it are not made.',
      'Raise the quota of nim to 3.',
    ],
    [
      'at the maximum of a scaler',
      [service('a', 1, { replicasAtMaximum: 4 })],
      'The services of nim need 4 GPUs at maximum (nim/a 4); the quota of nvidia.com/gpu allows 2, and pods beyond it are not made.',
      'Raise the quota of nim to 4.',
    ],
    [
      'at the maximum of a scaler, with the canary of its release',
      [service('a', 0, { replicasAtMaximum: 2, steps: twins(0, 1) })],
      'The services of nim need 3 GPUs at maximum with a canary (nim/a 3); the quota of nvidia.com/gpu allows 2, and pods beyond it are not made.',
      'Raise the quota of nim to 3, or set maxReplicas of nim/a to 1 until its release is done.',
    ],
    [
      'during a release',
      [service('a', 2, { steps: twins(2, 1, 2) })],
      'The services of nim need 4 GPUs at the step 50% of nim/a (nim/a 4); the quota of nvidia.com/gpu allows 2, and pods beyond it are not made.',
      'Raise the quota of nim to 4, or use CanaryStrategy.partition(), which needs no spare GPU.',
    ],
  ])('%s', (_when, services, message, remedy) => {
    expect(told({ pools, services, quotas })).toEqual({
      errors: [{ check: 'tenant-quota', message, remedy }],
      warnings: [],
    });
  });

  test('two at their maximum at once are a warning, unless that is what the other leaves', () => {
    const services = [service('a', 1, { replicasAtMaximum: 3 }), service('b', 1, { replicasAtMaximum: 2 })];
    const quotas = [{ namespace: 'nim', gpus: 4 }];
    expect(told({ pools, services, quotas })).toEqual({
      errors: [],
      warnings: [
        {
          check: 'tenant-quota',
          message:
            'The services of nim need 5 GPUs with all at their maximum at once (nim/a 3, nim/b 2); the quota of nvidia.com/gpu allows 4, and pods beyond it are not made.',
          remedy: "Raise the quota of nim to 5, or lower a scaler's maximum.",
        },
      ],
    });
    const derived = services.map((each) => ({ ...each, maximumIsDerived: true }));
    expect(told({ pools, services: derived, quotas })).toEqual({ errors: [], warnings: [] });
  });

  test('two releases at once are a warning', () => {
    const services = [service('a', 1, { steps: twins(1, 1) }), service('b', 1, { steps: twins(1, 1) })];
    expect(told({ pools, services, quotas: [{ namespace: 'nim', gpus: 3 }] })).toEqual({
      errors: [],
      warnings: [
        {
          check: 'tenant-quota',
          message:
            'The services of nim need 4 GPUs with all releases at once (nim/a 2, nim/b 2); the quota of nvidia.com/gpu allows 3, and pods beyond it are not made.',
          remedy: 'Raise the quota of nim to 4, or release one after the other.',
        },
      ],
    });
  });

  test('a quota of a resource that nobody requests is a warning', () => {
    const services = [service('c', 2, { resourceName: 'nvidia.com/mig-1g.10gb' })];
    expect(told({ pools, services, quotas })).toEqual({
      errors: [],
      warnings: [
        {
          check: 'tenant-quota',
          message:
            'The quota of nim counts nvidia.com/gpu, but its services request nvidia.com/mig-1g.10gb: it limits nothing.',
          remedy: 'Set gpuResourceName of the namespace to nvidia.com/mig-1g.10gb, the resourceName of the node pool.',
        },
      ],
    });
    expect(told({ pools, services, quotas: [{ ...quotas[0]!, namespace: 'other' }] }).warnings).toEqual([]);
  });

  test('other namespaces and other resources do not count', () => {
    const services = [
      service('a', 2),
      service('b', 5, { namespace: 'other' }),
      service('c', 2, { resourceName: 'nvidia.com/mig-1g.10gb' }),
    ];
    expect(told({ pools, services, quotas })).toEqual({ errors: [], warnings: [] });
  });
});

describe('zones and cold starts', () => {
  const zonal = (...zones: string[]): CapacityPool[] => [{ ...l4, zones }];

  test.each([
    ['two replicas in one zone', 2, zonal('us-central1-a'), 1],
    ['one replica needs no second zone', 1, zonal('us-central1-a'), 0],
    ['two zones', 2, zonal('us-central1-a', 'us-central1-b'), 0],
    ['any zone', 2, zonal(), 0],
  ])('%s', (_name, replicas, pools, warnings) => {
    expect(told({ pools, services: [service('a', replicas)] }).warnings).toHaveLength(warnings);
  });

  test('one zone, in words', () => {
    expect(told({ pools: zonal('us-central1-a'), services: [service('a', 2)] }).warnings).toEqual([
      {
        check: 'single-zone',
        message:
          'All 2 replicas of nim/a are in us-central1-a: they fail together, and none can start while the zone has no GPU.',
        remedy: 'Add a zone to the pool, or a pool in another zone.',
      },
    ]);
  });

  const scaled = (replicasAtRest: number, coldStartObjectiveSeconds?: number) =>
    told({
      pools: [l4],
      services: [
        service('a', replicasAtRest, { replicasAtMaximum: 2, coldStartSeconds: 1100, coldStartObjectiveSeconds }),
      ],
    });

  test('scale to zero that makes a first caller wait too long', () => {
    expect(scaled(0, 120).errors).toEqual([
      {
        check: 'cold-start',
        message:
          'A new replica of nim/a takes 1100 s to its first answer; the objective is 120 s. It scales to zero, so a first caller waits that long.',
        remedy: 'Keep one replica at rest, fill the model cache beforehand, or state a longer objective.',
      },
    ]);
  });

  test('a replica at rest answers meanwhile', () => {
    expect(scaled(1, 120).warnings.map(({ message }) => message)).toEqual([
      'A new replica of nim/a takes 1100 s to its first answer; the objective is 120 s. Until then the 1 that runs must carry the load.',
    ]);
  });

  test.each([
    [0, 1100],
    [0, undefined],
    [2, 120],
  ])('nothing to say for %s at rest and an objective of %s s', (rest, objective) => {
    expect(scaled(rest, objective)).toEqual({ errors: [], warnings: [] });
  });
});

describe('for any services', () => {
  const anyRequest = fc
    .record({
      maxNodes: fc.integer({ min: 0, max: 4 }),
      services: fc.array(
        fc.record({
          rest: fc.integer({ min: 0, max: 3 }),
          canary: fc.integer({ min: 0, max: 2 }),
          gpusPerReplica: fc.constantFrom(1, 2, 4),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    })
    .map(({ maxNodes, services }): CapacityRequest => ({
      pools: [{ name: 'l4', maxNodes, gpusPerNode: 4 }],
      services: services.map(({ rest, canary, gpusPerReplica }, at) =>
        service(`s${at}`, rest, { gpusPerReplica, steps: twins(rest, canary) }),
      ),
    }));
  const withNodes = (request: CapacityRequest, maxNodes: number): CapacityRequest => ({
    ...request,
    pools: request.pools.map((pool) => ({ ...pool, maxNodes })),
  });

  test('numbers that cannot be take no room, and nothing hangs', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.double(), (rest, canary, gpusPerReplica) => {
        const odd = service('odd', rest, { gpusPerReplica, steps: twins(rest, canary) });
        expect(() => told({ pools: [l4], services: [odd, service('a', 2)], quotas: [] })).not.toThrow();
      }),
    );
    expect(told({ pools: [l4], services: [service('odd', Infinity), service('a', 2)] }).errors).toEqual([]);
  });

  test('a node more never makes an error', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        fc.pre(told(request).errors.length === 0);
        expect(told(withNodes(request, request.pools[0]!.maxNodes + 1)).errors).toEqual([]);
      }),
    );
  });

  // Twice, because a release that others block is told of its own shortage once the others have room.
  test('doing what the remedies say is enough, and a node less is not', () => {
    const raised = (request: CapacityRequest): CapacityRequest => {
      const { maxNodes } = request.pools[0]!;
      const wanted = told(request).errors.map(({ remedy }) => Number(/ to (\d+)/.exec(remedy)?.[1]));
      return withNodes(request, Math.max(maxNodes, ...wanted));
    };
    fc.assert(
      fc.property(anyRequest, (request) => {
        fc.pre(told(request).errors.length > 0);
        const enough = raised(raised(request));
        expect(told(enough).errors).toEqual([]);
        expect(told(withNodes(request, enough.pools[0]!.maxNodes - 1)).errors).not.toEqual([]);
      }),
    );
  });
});
