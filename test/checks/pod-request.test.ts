import { k8s } from 'cdk8s-plus-30';
import { requestOfPod } from '../../lib/checks/pod-request';

const MIB = 2 ** 20;
const asking = (requests: Record<string, string>): k8s.Container => ({
  name: 'any',
  resources: {
    requests: Object.fromEntries(Object.entries(requests).map(([key, text]) => [key, k8s.Quantity.fromString(text)])),
  },
});
const request = (...containers: k8s.Container[]) => requestOfPod({ containers }, 'nvidia.com/gpu');

// The scheduler agrees: test/cluster/node-fit.test.ts.
describe('quantities as Kubernetes spells them', () => {
  test.each([
    ['1500m', 1500],
    ['1.5', 1500],
    ['1500000u', 1500],
    ['1500000000n', 1500],
    ['1500e-3', 1500],
    ['0.0015k', 1500],
    // Rounded up to whole thousandths.
    ['1.0001', 1001],
  ])('%s of cpu is %dm', (text, cpuMillis) => {
    expect(request(asking({ cpu: text })).cpuMillis).toBe(cpuMillis);
  });

  test.each([
    ['512Mi', 512],
    ['0.5Gi', 512],
    ['536870912', 512],
    ['536870912000m', 512],
    ['536870.912k', 512],
    ['1Ei', 2 ** 40],
    ['1E', 1e18 / MIB],
    ['1', 1 / MIB],
    // Rounded up to whole bytes.
    ['1m', 1 / MIB],
  ])('%s of memory is %d MiB', (text, memoryMib) => {
    expect(request(asking({ memory: text })).memoryMib).toBe(memoryMib);
  });

  test('halves of a MiB in two containers are one MiB, not two', () => {
    const half = asking({ memory: '512Ki', 'ephemeral-storage': '512Ki' });
    expect(request(half, half)).toMatchObject({ memoryMib: 1, ephemeralStorageMib: 1 });
  });
});
