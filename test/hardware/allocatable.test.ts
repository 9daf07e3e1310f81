import { aksAllocatable, eksAllocatable, gkeAllocatable } from '../../lib/hardware/allocatable';

const KIB_PER_GIB = 1024 * 1024;

// The worked examples: vCPU, nominal GiB, allocatable CPU, allocatable MiB.
test.each([
  ['g2-standard-4', 4, 16, 3920, 13256],
  ['g2-standard-8', 8, 32, 7910, 28373],
  ['g2-standard-12', 12, 48, 11900, 43489],
  ['g2-standard-16', 16, 64, 15890, 58605],
  ['g2-standard-24', 24, 96, 23870, 88838],
  ['g2-standard-32', 32, 128, 31850, 119070],
  ['g2-standard-48', 48, 192, 47810, 182253],
  ['g2-standard-96', 96, 384, 95690, 371857],
  ['a2-highgpu-1g', 12, 85, 11900, 78445],
  ['a2-ultragpu-1g', 12, 170, 11900, 160528],
  ['a2-ultragpu-8g', 96, 1360, 95690, 1335676],
  ['a3-highgpu-1g', 26, 234, 25865, 223729],
  ['a3-highgpu-8g', 208, 1872, 207410, 1841287],
  ['g4-standard-48', 48, 180, 47810, 170403],
  ['n1-standard-4', 4, 15, 3920, 12353],
  ['n1-standard-8', 8, 30, 7910, 26483],
])('GKE %s offers %i vCPU of %i GiB as %im and %i MiB', (_type, vcpu, memoryGib, cpuMillis, memoryMib) => {
  expect(gkeAllocatable({ vcpu, memoryGib })).toEqual({ cpuMillis, memoryMib });
});

test('GKE keeps about half of a boot disk of 100 GiB: system partition 5.8, eviction 10, reservation 41 GiB', () => {
  expect(gkeAllocatable({ vcpu: 4, memoryGib: 16, bootDiskGib: 100 }).ephemeralStorageMib).toBe(44227);
});

test('a boot disk smaller than what GKE keeps offers nothing, not less', () => {
  expect(gkeAllocatable({ vcpu: 4, memoryGib: 16, bootDiskGib: 1 }).ephemeralStorageMib).toBe(0);
});

// Nodes that were looked at: what they report as capacity and as allocatable, in KiB.
test.each([
  ['g4dn.xlarge', 4, 29, 16164852, 15474676, 3920],
  ['g4dn.2xlarge', 8, 29, 32475408, 31785232, 7910],
])('EKS %s: formula and node agree to the MiB', (_type, vcpu, maxPods, capacityKib, allocatableKib, cpuMillis) => {
  expect(eksAllocatable({ vcpu, memoryGib: capacityKib / KIB_PER_GIB, maxPods }, 1)).toEqual({
    cpuMillis,
    memoryMib: Math.floor(allocatableKib / 1024),
  });
});

test.each([
  ['g4dn.xlarge', 4, 16, 29, 3920, 15103],
  ['g5.xlarge', 4, 16, 58, 3920, 14784],
  ['g6e.xlarge', 4, 32, 58, 3920, 30562],
  ['g5.12xlarge', 48, 192, 737, 47810, 180871],
  ['p4d.24xlarge', 96, 1152, 737, 95690, 1127539],
  ['p5.48xlarge', 192, 2048, 100, 191450, 2018102],
])('EKS %s with a capacity of 96.3 %% of nominal', (_type, vcpu, memoryGib, maxPods, cpuMillis, memoryMib) => {
  expect(eksAllocatable({ vcpu, memoryGib, maxPods })).toEqual({ cpuMillis, memoryMib });
});

// The figures of Karpenter's own documentation.
test.each([
  ['g4dn.xlarge', 4, 16, 29, 14481],
  ['g6.xlarge', 4, 16, 58, 14162],
  ['g6e.xlarge', 4, 32, 58, 29317],
  ['p5.48xlarge', 192, 2048, 100, 1938410],
])('Karpenter plans %s as its documentation says', (_type, vcpu, memoryGib, maxPods, documentedMib) => {
  expect(eksAllocatable({ vcpu, memoryGib, maxPods }, 0.925).memoryMib).toBe(documentedMib);
});

test('EKS keeps 10 % and 1 GiB of the disk', () => {
  expect(eksAllocatable({ vcpu: 4, memoryGib: 16, maxPods: 58, bootDiskGib: 100 }).ephemeralStorageMib).toBe(91136);
});

test('AKS Standard_NC6s_v3 on Kubernetes 1.26: formula and node agree to the MiB', () => {
  const seen = aksAllocatable({ vcpu: 6, memoryGib: 112, maxPods: 110 }, 'before-1.29', 115397144 / KIB_PER_GIB / 112);
  expect(seen).toEqual({ cpuMillis: 5840, memoryMib: Math.floor(105863704 / 1024) });
});

test.each([
  ['Standard_NC4as_T4_v3', 4, 28, 3860, 25748],
  ['Standard_NC24ads_A100_v4', 24, 220, 23660, 218424],
  ['Standard_NC40ads_H100_v5', 40, 320, 39500, 318776],
  ['Standard_ND96isr_H100_v5', 96, 1900, 94940, 1904338],
])('AKS %s with 110 pods', (_type, vcpu, memoryGib, cpuMillis, memoryMib) => {
  expect(aksAllocatable({ vcpu, memoryGib, maxPods: 110 })).toEqual({ cpuMillis, memoryMib });
});

test.each([
  [1, 60],
  [2, 100],
  [4, 140],
  [8, 180],
  [16, 260],
  [32, 420],
  [64, 740],
])('AKS keeps of %i cores %i thousandths', (vcpu, kept) => {
  expect(vcpu * 1000 - aksAllocatable({ vcpu, memoryGib: 64, maxPods: 30 }).cpuMillis).toBe(kept);
});

test('AKS keeps at most a quarter of the memory: 4 GiB for 70 pods', () => {
  expect(aksAllocatable({ vcpu: 2, memoryGib: 4, maxPods: 70 }, '1.29', 1).memoryMib).toBe(4096 - 1024 - 100);
});

describe('local SSDs in place of the boot disk', () => {
  test.each([
    // 375 GB are 357,628 MiB: less 10 % for eviction and 50 GiB for the system
    ['one disk', 375, 270665],
    // 715,256 MiB: less 10 % and 75 GiB
    ['two disks', 750, 566930],
    // 1,430,511 MiB: less 10 % and 100 GiB
    ['four disks', 1500, 1185060],
  ])('of GKE: %s', (_disks, localSsdGb, ephemeralStorageMib) => {
    const size = { vcpu: 12, memoryGib: 170, bootDiskGib: 100, localSsdGb };
    expect(gkeAllocatable(size).ephemeralStorageMib).toBe(ephemeralStorageMib);
  });

  test('of EKS: 250 GB are 238,419 MiB, less 10 % for eviction and 1 GiB', () => {
    const size = { vcpu: 4, memoryGib: 16, maxPods: 58, localSsdGb: 250 };
    expect(eksAllocatable(size).ephemeralStorageMib).toBe(213552);
  });
});
