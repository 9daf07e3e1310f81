import { findGpu, GpuId, GPUS } from '../../lib/hardware/gpu-catalog';
import { Gpu } from '../../lib/hardware/gpu';
import {
  AZURE_MACHINES,
  EC2_MACHINES,
  EksInstanceType,
  findMachine,
  GCE_MACHINES,
  n1WithT4,
} from '../../lib/hardware/machine-catalog';
import { Machine } from '../../lib/hardware/machine';

const gpus: readonly Gpu[] = GPUS;
const machines: readonly Machine[] = [...EC2_MACHINES, ...GCE_MACHINES, ...AZURE_MACHINES];

test('the catalog knows these GPUs', () => {
  expect(GPUS.map(({ id }) => id).join(' ')).toBe(
    'T4 V100-16GB V100-32GB A10 A10G L4 L40S A100-40GB A100-80GB H100-80GB H100-PCIE H100-NVL H200 B200 B300 GB200 RTX-PRO-6000',
  );
});

test('an L4 as CUDA sees it', () => {
  expect(findGpu('L4')).toEqual({
    id: 'L4',
    name: 'NVIDIA L4',
    architecture: 'ada',
    computeCapability: 8.9,
    memoryGb: 24,
    cudaMemoryGib: 22.03,
    memoryBandwidthGbs: 300,
    productLabels: ['NVIDIA-L4'],
    gkeAccelerators: ['nvidia-l4'],
    karpenterName: 'l4',
    mig: [],
    source: expect.stringContaining('vLLM start-up log'),
    verified: true,
  });
});

// The lowest value that a log showed.
test.each<[GpuId, number | undefined]>([
  ['T4', 14.56],
  ['A10', 21.99],
  ['A10G', 22.06],
  ['L40S', 44.31],
  ['A100-40GB', 39.39],
  ['A100-80GB', 79.14],
  ['H100-80GB', 79.11],
  ['H100-PCIE', undefined],
  ['H200', 139.81],
  ['B200', 178.36],
  ['RTX-PRO-6000', 94.97],
])('%s gives CUDA %d GiB', (id, gib) => {
  expect(findGpu(id).cudaMemoryGib).toBe(gib);
});

test.each(gpus.map((gpu) => [gpu.id, gpu] as const))('%s is a sound row', (_id, gpu) => {
  // CUDA shows less than the nameplate in GB would be in GiB only for cards that keep ECC memory back; never more.
  if (gpu.cudaMemoryGib !== undefined) expect(gpu.cudaMemoryGib).toBeLessThan(gpu.memoryGb);
  expect(gpu.productLabels).not.toHaveLength(0);
  expect(gpu.source).not.toBe('');
  for (const profile of gpu.mig) {
    // Nameplates of slices are rounded up.
    expect(profile.memoryGb * profile.maxPerGpu).toBeLessThanOrEqual(gpu.memoryGb * 1.03);
    expect(profile.maxPerGpu).toBeGreaterThanOrEqual(1);
  }
  if (!gpu.verified) expect(gpu.note).toContain('From memory: ');
});

test('a GPU is told apart by its name, or by name and memory, among those that Karpenter starts', () => {
  const names = gpus
    .filter((gpu) => gpu.karpenterName !== undefined)
    .map((gpu) => `${gpu.karpenterName} ${gpu.karpenterMemoryMib ?? 'any'}`);
  expect(new Set(names).size).toBe(names.length);
});

test('the catalog knows 45 machines of AWS, 28 of Google Cloud beside N1, 17 of Azure', () => {
  expect([EC2_MACHINES.length, GCE_MACHINES.length, AZURE_MACHINES.length]).toEqual([45, 28, 17]);
});

test.each(machines.map((machine) => [machine.type, machine] as const))('%s is a sound row', (_type, machine) => {
  expect(Number.isInteger(machine.gpus) && machine.gpus >= 1).toBe(true);
  expect(findGpu(machine.gpu as string)).toBeDefined();
  expect(machine.vcpu).toBeGreaterThan(0);
  expect(machine.memoryGib).toBeGreaterThan(0);
  expect(machine.maxPods === undefined).toBe(machine.cloud !== 'aws');
  if (machine.price) {
    expect(machine.price.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(machine.price.spot ?? 0).toBeLessThan(machine.price.onDemand);
  }
});

test('no machine type stands twice', () => {
  expect(new Set(machines.map(({ type }) => type)).size).toBe(machines.length);
});

test('g2-standard-4 with its price', () => {
  expect(findMachine('gcp', 'g2-standard-4')).toMatchObject({
    vcpu: 4,
    memoryGib: 16,
    gpus: 1,
    gpu: 'L4',
    price: { onDemand: 0.706832, spot: 0.397336, region: 'us-central1', date: '2026-08-03' },
  });
});

test('a machine is looked up in its own cloud', () => {
  const type: EksInstanceType = 'g6.xlarge';
  expect(findMachine('aws', type)?.gpu).toBe('L4');
  expect(findMachine('gcp', type)).toBeUndefined();
});

test.each([
  [1, 0.539999, 0.17701],
  [2, 0.889999, 0.28701],
  [4, 1.589999, 0.50701],
] as const)('n1-standard-4 with %i T4 costs %d, as spot %d USD an hour', (t4s, onDemand, spot) => {
  expect(n1WithT4('n1-standard-4', t4s)).toMatchObject({ gpus: t4s, gpu: 'T4', price: { onDemand, spot } });
});

test('a3-megagpu-8g has the GPU of a3-highgpu-8g and a label of its own', () => {
  expect(findMachine('gcp', 'a3-megagpu-8g')).toMatchObject({
    gpu: 'H100-80GB',
    gkeAccelerator: 'nvidia-h100-mega-80gb',
  });
});
