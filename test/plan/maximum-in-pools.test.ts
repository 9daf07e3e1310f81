import * as capacityPlan from '../../lib/plan/capacity-plan';
import { CapacityRequest, CapacityService } from '../../lib/plan/capacity-plan';
import { maximumInPools } from '../../lib/plan/maximum-in-pools';

const service = (name: string, changes: Partial<CapacityService> = {}): CapacityService => ({
  path: `nim/${name}`,
  namespace: 'nim',
  gpusPerReplica: 1,
  pools: [{ name: 'l4' }],
  replicasAtRest: 1,
  ...changes,
});
const l4 = { name: 'l4', maxNodes: 8, gpusPerNode: 1 };
const h100 = { name: 'h100', maxNodes: 4, gpusPerNode: 8 };
const most = (own: Partial<CapacityService>, around: Partial<CapacityRequest> = {}) => {
  const { services = [], ...rest } = around;
  return maximumInPools({ pools: [l4, h100], ...rest, services: [service('own', own), ...services] }, 'nim/own');
};
const onH100 = { pools: [{ name: 'h100' }] };

describe('the most replicas of a service', () => {
  test.each<[string, Partial<CapacityService>, Partial<CapacityRequest>, number]>([
    ['all of its pool, where it is alone', {}, {}, 8],
    ['less others at rest', {}, { services: [service('other', { replicasAtRest: 3 })] }, 5],
    ['not less what others may have', {}, { services: [service('other', { replicasAtMaximum: 6 })] }, 7],
    ['not less what others need elsewhere', {}, { services: [service('other', { ...onH100, replicasAtRest: 9 })] }, 8],
    ['of two pools', { pools: [{ name: 'l4' }, { name: 'h100' }] }, {}, 8 + 32],
    ['of whole replicas only', { ...onH100, gpusPerReplica: 3 }, {}, 8],
    ['of groups over machines', { ...onH100, gpusPerReplica: 16, podsPerReplica: 2 }, {}, 2],
    ['of nodes whose CPU is used up first', { pools: [{ name: 'h100', podsPerNode: 5 }] }, {}, 20],
    ['within the quota', {}, { quotas: [{ namespace: 'nim', gpus: 4 }] }, 4],
    [
      'within what others leave of the quota, wherever they run',
      {},
      { quotas: [{ namespace: 'nim', gpus: 6 }], services: [service('other', { ...onH100, replicasAtRest: 2 })] },
      4,
    ],
    ['within no quota of another resource', {}, { quotas: [{ namespace: 'nim', resourceName: 'x', gpus: 1 }] }, 8],
    ['within no quota of another namespace', {}, { quotas: [{ namespace: 'chat', gpus: 1 }] }, 8],
    [
      'with room for the canary of its own release',
      { steps: [{ name: '50%', stableReplicas: 1, canaryReplicas: 2 }] },
      {},
      6,
    ],
    ['what it has at rest, where there is no more', { replicasAtRest: 9 }, {}, 9],
    ['what it has at rest, where its pool is nowhere', { pools: [{ name: 'gone' }] }, {}, 1],
    ['from nothing', { replicasAtRest: 0 }, {}, 8],
  ])('%s', (_, own, around, expected) => {
    expect(most(own, around)).toBe(expected);
  });

  test('of many nodes is found without trying each', () => {
    const tried = jest.spyOn(capacityPlan, 'fitsAtRest');
    expect(most({}, { pools: [{ ...l4, maxNodes: 100_000 }] })).toBe(100_000);
    expect(tried.mock.calls.length).toBeLessThanOrEqual(Math.ceil(Math.log2(100_000)) + 1);
    tried.mockRestore();
  });
});
