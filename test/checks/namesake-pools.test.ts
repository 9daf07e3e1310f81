import { App, Chart } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf, warningsOf } from '../support/messages';
import { CONTRACT } from '../support/services';

/** What two services are told that name a pool of their own each. */
function told(...nodePools: readonly GpuNodePool[]): string {
  const chart = new Chart(new App(), 'nim');
  nodePools.forEach((nodePool, index) => new GpuInferenceStatefulSet(chart, `s${index}`, { ...CONTRACT, nodePool }));
  expect(refusalsOf(chart)).toBe('');
  return warningsOf(chart)
    .split(/\n(?=nim\/)/)
    .filter((text) => text.includes(': capacity'))
    .join('\n');
}

const gpupool = (maxNodes: number) => GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes });

test('a pool that is declared twice in two ways is counted once, and told', () => {
  expect(told(gpupool(4), gpupool(5), gpupool(4))).toMatchInlineSnapshot(`
   nim/s1: capacity
     Two different pools are called gpupool; capacity counts them as one, of the size declared last.
     Make the GpuNodePool once and pass it on, or give each pool a name of its own.
  `);
});

test('a pool that is declared twice alike, or on two platforms, is not', () => {
  expect(told(gpupool(4), gpupool(4))).toBe('');
  const aks = GpuNodePool.aks({ name: 'gpupool', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 2 });
  expect(told(gpupool(4), aks)).toBe('');
});

test('racks of one name are told apart by their labels', () => {
  const rack = (row: string) =>
    GpuNodePool.onPrem({ name: 'rack', gpu: 'L40S', gpusPerNode: 4, maxNodes: 1, labels: { row } });
  expect(told(rack('a'), rack('b'))).toContain('Two different pools are called rack;');
});
