import * as fc from 'fast-check';
import * as capacityPlan from '../../lib/plan/capacity-plan';
import { capacityFindings } from '../../lib/plan/capacity-findings';
import {
  CapacityPool,
  CapacityPriority,
  CapacityRequest,
  CapacityService,
  planCapacity,
} from '../../lib/plan/capacity-plan';
import { wholeMachineSharings } from '../../lib/plan/whole-machine-sharing';

const h100 = (maxNodes: number): CapacityPool => ({ name: 'h100', maxNodes, gpusPerNode: 8 });

const service = (
  name: string,
  replicasAtRest: number,
  gpusPerReplica: number,
  more: Partial<CapacityService> = {},
) => ({
  path: `chat/${name}`,
  namespace: 'chat',
  gpusPerReplica,
  pools: [{ name: 'h100' }],
  replicasAtRest,
  ...more,
});
/** A server that spans two machines. */
const group = (more: Partial<CapacityService> = {}) => service('large', 1, 16, { podsPerReplica: 2, ...more });

const warnings = (nodes: number, ...services: readonly CapacityService[]) =>
  capacityFindings(planCapacity({ services, pools: [h100(nodes)] })).warnings.filter(
    ({ check }) => check === 'whole-machine-sharing',
  );

describe('a group over two machines', () => {
  test('beside two small pods on three', () => {
    expect(warnings(3, group(), service('small', 2, 1))).toEqual([
      {
        check: 'whole-machine-sharing',
        message:
          'chat/large needs 2 of the 3 nodes of h100 with all their 8 GPUs; on any of them may be pods of chat/small (2 x 1 GPU), which it cannot preempt. All fit together, but the scheduler spreads pods over empty nodes: in the worst case it leaves 1, and chat/large waits for as long as the others run.',
        remedy:
          'Give chat/large a pool of its own, or give it a priority class above theirs that preempts, or raise maxNodes of h100 from 3 to 4. Waive this where the scheduler packs GPUs (NodeResourcesFit with MostAllocated).',
      },
    ]);
  });

  test('that scales finds its machines taken', () => {
    const [told] = warnings(5, group({ replicasAtMaximum: 2 }), service('small', 2, 4));
    expect(told!.message).toContain(
      'chat/large needs 4 of the 5 nodes of h100 with all their 8 GPUs, with chat/large at its largest; on any of them may be pods of chat/small (2 x 4 GPUs), which it cannot preempt.',
    );
    expect(told!.remedy).toContain('raise maxNodes of h100 from 5 to 6');
  });
});

const scaled = service('small', 1, 1, { replicasAtMaximum: 4 });
const released = (name: string, gpusPerReplica: number, more: Partial<CapacityService> = {}) =>
  service(name, 1, gpusPerReplica, { steps: [{ name: 'smoke', stableReplicas: 1, canaryReplicas: 1 }], ...more });

test.each`
  what                                                     | nodes | services                                                   | told
  ${'one small pod beside it on three machines'}           | ${3}  | ${[group(), service('small', 1, 1)]}                       | ${[]}
  ${'two of them'}                                         | ${3}  | ${[group(), service('small', 2, 1)]}                       | ${['chat/large: 1 left']}
  ${'two of them, with a machine for each'}                | ${4}  | ${[group(), service('small', 2, 1)]}                       | ${[]}
  ${'a service with all GPUs of one machine'}              | ${2}  | ${[service('tp8', 1, 8), service('small', 2, 1)]}          | ${['chat/tp8: 0 left']}
  ${'nothing small'}                                       | ${3}  | ${[group(), service('tp8', 1, 8)]}                         | ${[]}
  ${'nothing large'}                                       | ${1}  | ${[service('tp4', 1, 4), service('small', 4, 1)]}          | ${[]}
  ${'a small one that its scaler makes more of'}           | ${4}  | ${[group(), scaled]}                                       | ${['chat/large: 0 left, chat/small at its largest']}
  ${'and with a machine for each of those'}                | ${6}  | ${[group(), scaled]}                                       | ${[]}
  ${'a canary of the large one'}                           | ${3}  | ${[released('tp8', 8), service('small', 2, 1)]}            | ${['chat/tp8: 1 left, chat/tp8 at its largest']}
  ${'a canary of the small one, which ends'}               | ${2}  | ${[service('tp8', 1, 8), released('small', 1)]}            | ${[]}
  ${'nobody at rest'}                                      | ${1}  | ${[service('tp8', 1, 8), service('small', 0, 1)]}          | ${[]}
  ${'what does not fit at all, which is told as an error'} | ${2}  | ${[group(), service('small', 2, 1)]}                       | ${[]}
  ${'another large one that takes a machine as well'}      | ${4}  | ${[group(), service('tp8', 1, 8), service('small', 2, 1)]} | ${['chat/large: 1 left', 'chat/tp8: 0 left']}
`(
  '$what on $nodes: $told',
  ({ nodes, services, told }: { nodes: number; services: CapacityService[]; told: string[] }) => {
    const found = wholeMachineSharings({ services, pools: [h100(nodes)] });
    expect(
      found.map(
        ({ service: { path }, machinesLeft, largest }) =>
          `${path}: ${machinesLeft} left${largest === undefined ? '' : `, ${largest} at its largest`}`,
      ),
    ).toEqual(told);
  },
);

const SERVING = { name: 'inference-serving', value: 1_000_000, preempts: true };
const BATCH = { name: 'inference-batch', value: 1000, preempts: false };
test.each`
  large                               | small                               | told     | why
  ${undefined}                        | ${undefined}                        | ${true}  | ${'nobody has a class'}
  ${SERVING}                          | ${SERVING}                          | ${true}  | ${'the same'}
  ${SERVING}                          | ${BATCH}                            | ${false} | ${'the scheduler makes room'}
  ${SERVING}                          | ${undefined}                        | ${false} | ${'no class is 0'}
  ${BATCH}                            | ${undefined}                        | ${true}  | ${"batch takes nobody's place"}
  ${BATCH}                            | ${SERVING}                          | ${true}  | ${'lower'}
  ${{ name: 'gold', preempts: true }} | ${{ name: 'gold', preempts: true }} | ${true}  | ${'equal, whatever it is'}
  ${{ name: 'gold', preempts: true }} | ${SERVING}                          | ${false} | ${'nobody knows what gold is'}
`('$why', ({ large, small, told }: { large?: CapacityPriority; small?: CapacityPriority; told: boolean }) => {
  const found = warnings(2, service('tp8', 1, 8, { priority: large }), service('small', 2, 1, { priority: small }));
  expect(found.length > 0).toBe(told);
});

test('pools: other machines help, machines that hold two do not need to be whole', () => {
  const pools = [
    h100(1),
    { name: 'more', maxNodes: 1, gpusPerNode: 8 },
    { name: 'large', maxNodes: 1, gpusPerNode: 16 },
  ];
  const told = (...names: readonly string[]) =>
    wholeMachineSharings({
      pools,
      services: [service('tp8', 1, 8, { pools: names.map((name) => ({ name })) }), service('small', 1, 1)],
    }).length;
  expect([told('h100'), told('h100', 'more'), told('h100', 'large'), told('more')]).toEqual([0, 0, 0, 0]);
  const three = service('small', 3, 1, { pools: [{ name: 'h100' }, { name: 'more' }] });
  const large = service('tp8', 1, 8, { pools: [{ name: 'h100' }, { name: 'more' }] });
  expect(wholeMachineSharings({ pools, services: [large, three] })).toMatchObject([{ machines: 2, machinesLeft: 0 }]);
});

test.each([
  { most: undefined, moments: 1 },
  { most: 2, moments: 1 + 2 * 60 },
])(
  '60 large and 60 small services of one pool, at most $most of each: each of $moments moments is decided once',
  ({ most, moments }) => {
    const services = [8, 1].flatMap((gpus) =>
      Array.from({ length: 60 }, (_, at) => service(`of-${gpus}-${at}`, 1, gpus, { replicasAtMaximum: most })),
    );
    const decided = jest.spyOn(capacityPlan, 'fitsAtRest');
    expect(wholeMachineSharings({ services, pools: [h100(78)] })).toHaveLength(60);
    expect(decided.mock.calls.length).toBeLessThanOrEqual(moments);
    decided.mockRestore();
  },
);

describe('for any mix of sizes', () => {
  const anyRequest = fc
    .record({
      maxNodes: fc.integer({ min: 1, max: 6 }),
      large: fc.integer({ min: 1, max: 3 }),
      small: fc.array(fc.record({ pods: fc.integer({ min: 1, max: 3 }), gpus: fc.constantFrom(1, 2, 4) }), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map(({ maxNodes, large, small }): CapacityRequest & { readonly maxNodes: number } => ({
      maxNodes,
      pools: [h100(maxNodes)],
      services: [service('large', large, 8), ...small.map(({ pods, gpus }, at) => service(`small-${at}`, pods, gpus))],
    }));

  /** Where the scheduler puts pods that come one after the other: each on the node with the most GPUs left. */
  function placed(sizes: readonly number[], maxNodes: number): readonly number[] {
    const free = Array.from({ length: maxNodes }, () => 8);
    return sizes.filter((size) => {
      const at = free.indexOf(Math.max(...free));
      if (free[at]! < size) return true;
      free[at]! -= size;
      return false;
    });
  }
  const podsOf = (services: readonly CapacityService[]) =>
    services.flatMap((each) => Array.from({ length: each.replicasAtRest }, () => each.gpusPerReplica));

  test('where nothing is told and everything fits, pods find a node in whatever order they come first', () => {
    fc.assert(
      fc.property(anyRequest, ({ maxNodes, ...request }) => {
        const [large, ...small] = request.services;
        fc.pre(planCapacity(request).rest.conflicts.length === 0 && wholeMachineSharings(request).length === 0);
        // The small ones first is the worst order for the large one.
        expect(placed([...podsOf(small), ...podsOf([large!])], maxNodes).filter((size) => size === 8)).toEqual([]);
      }),
    );
  });

  test('where it is told, they do not when the small ones come first', () => {
    fc.assert(
      fc.property(anyRequest, ({ maxNodes, ...request }) => {
        fc.pre(wholeMachineSharings(request).length > 0);
        const [large, ...small] = request.services;
        expect(placed([...podsOf(small), ...podsOf([large!])], maxNodes)).not.toEqual([]);
      }),
    );
  });
});
