import { CapacityRequest, CapacityService } from '../../lib/plan/capacity-plan';
import { surgingServices } from '../../lib/plan/deployment-surge';

const service = (name: string, more: Partial<CapacityService> = {}): CapacityService => ({
  path: `nim/${name}`,
  namespace: 'nim',
  gpusPerReplica: 1,
  pools: [{ name: 'l4' }],
  replicasAtRest: 1,
  ...more,
});
const surging = (maxNodes: number, services: readonly CapacityService[], more: Partial<CapacityRequest> = {}) => [
  ...surgingServices(
    { services, pools: [{ name: 'l4', maxNodes, gpusPerNode: 1 }], ...more },
    new Set(services.map(({ path }) => path)),
  ),
];

test.each`
  nodes | what
  ${2}  | ${[]}
  ${3}  | ${['nim/a']}
  ${4}  | ${['nim/a', 'nim/b']}
`('two services of one replica on $nodes nodes: $what', ({ nodes, what }) => {
  expect(surging(nodes as number, [service('a'), service('b')])).toEqual(what);
});

test('what another does at its largest is not spare', () => {
  const released = service('b', { steps: [{ name: 'smoke', stableReplicas: 1, canaryReplicas: 1 }] });
  expect(surging(3, [service('a'), released])).toEqual([]);
  expect(surging(4, [service('a'), released])).toEqual(['nim/a']);
});

test('a quota that is full leaves nothing spare either', () => {
  expect(surging(9, [service('a')], { quotas: [{ namespace: 'nim', gpus: 1 }] })).toEqual([]);
  expect(surging(9, [service('a')], { quotas: [{ namespace: 'nim', gpus: 2 }] })).toEqual(['nim/a']);
});

test('only those that wish to', () => {
  const request = { services: [service('a'), service('b')], pools: [{ name: 'l4', maxNodes: 9, gpusPerNode: 1 }] };
  expect([...surgingServices(request, new Set(['nim/b']))]).toEqual(['nim/b']);
});

test('other pools are another matter', () => {
  const elsewhere = service('b', { pools: [{ name: 'h100' }] });
  expect(
    surging(1, [service('a'), elsewhere], {
      pools: [
        { name: 'l4', maxNodes: 1, gpusPerNode: 1 },
        { name: 'h100', maxNodes: 2, gpusPerNode: 1 },
      ],
    }),
  ).toEqual(['nim/b']);
});
