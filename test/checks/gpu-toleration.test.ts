import { gpuToleration } from '../../lib/checks/gpu-toleration';
import { GpuNodePool } from '../../lib';

const pool = GpuNodePool.gke({
  name: 'l4',
  machineType: 'g2-standard-8',
  maxNodes: 2,
  spot: true,
});
const deployment = (tolerations: unknown) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', namespace: 'n' },
  spec: { template: { spec: { tolerations } } },
});
const GPU = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };
const SPOT = pool.taints
  .filter(({ key }) => key !== 'nvidia.com/gpu')
  .map(({ key, value, effect }) => ({ key, operator: 'Equal', value, effect }));

test.each`
  what                                    | tolerations                                                 | open
  ${'as placed'}                          | ${[GPU, ...SPOT]}                                           | ${false}
  ${'all that there is'}                  | ${[{ operator: 'Exists' }]}                                 | ${false}
  ${'any effect'}                         | ${[{ key: 'nvidia.com/gpu', operator: 'Exists' }, ...SPOT]} | ${false}
  ${'the value, by the default operator'} | ${[{ key: 'nvidia.com/gpu', value: 'present' }, ...SPOT]}   | ${false}
  ${'none'}                               | ${undefined}                                                | ${true}
  ${'another value'}                      | ${[{ key: 'nvidia.com/gpu', value: 'yes' }, ...SPOT]}       | ${true}
  ${'another effect'}                     | ${[{ ...GPU, effect: 'NoExecute' }, ...SPOT]}               | ${true}
  ${'another key'}                        | ${[{ ...GPU, key: 'gpu' }, ...SPOT]}                        | ${true}
`('$what', ({ tolerations, open }: { tolerations: unknown; open: boolean }) => {
  const problems = gpuToleration(deployment(tolerations), [pool]);
  expect(problems.map(({ check }) => check)).toEqual(open ? ['gpu-toleration'] : []);
});

test('an object that nobody placed is not judged', () => {
  expect(gpuToleration(deployment(undefined), [])).toEqual([]);
});
