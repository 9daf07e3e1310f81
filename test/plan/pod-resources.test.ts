import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { planPodResources } from '../../lib/plan/pod-resources';
import { ServerContract } from '../../lib/runtime/serving-runtime';

/** What the plan reads of a contract: NIM's figures for 8B (24.06 GB) and 70B (149.1 GB) models. */
const contract = (hostMemoryMib: number, sharedMemoryMib: number) =>
  ({ hostMemoryMib, sharedMemoryMib, cpuCores: 8, ephemeralStorageMib: 8192 }) as ServerContract;
const SMALL = contract(22_946, 1024);
const SMALL_SPLIT = contract(22_946, 16_384);
const LARGE = contract(142_200, 1024);
const LARGE_SPLIT = contract(142_200, 16_384);

const pool = (machineType: 'g2-standard-4' | 'g2-standard-24' | 'a2-ultragpu-8g') =>
  GpuNodePool.gke({ name: 'pool', machineType, maxNodes: 1 });
const UNKNOWN = GpuNodePool.onPrem({ name: 'rack', gpu: 'L4', gpusPerNode: 1, maxNodes: 1 });

describe('by hand', () => {
  // CPU of GKE: 1,000 a core, less 60 + 10 + 5 + 5 and 2.5 for each further core, less 600 for DaemonSets; 95 % of it, down to 100.
  // Memory: nominal, less the kernel's part, less 25/20/10/6/2 % by tiers, less 100 and 900 for DaemonSets; 95 % of it, down to 512.
  test.each`
    machine             | gpus | server         | cpu      | memory    | shm      | by
    ${'g2-standard-4'}  | ${1} | ${SMALL}       | ${3100}  | ${11264}  | ${1024}  | ${'95 % of the machine: of 4000-80-600 = 3320; of 16384-364-2662-1000 = 12356'}
    ${'g2-standard-24'} | ${1} | ${SMALL}       | ${8000}  | ${23552}  | ${1024}  | ${'all that it can use: 8 cores of 11635; 22946+1024 of 43969'}
    ${'g2-standard-24'} | ${2} | ${SMALL_SPLIT} | ${16000} | ${38912}  | ${16384} | ${'8 cores a GPU of 24000-130-600; 22946+16384 = 39330 of 87938'}
    ${'a2-ultragpu-8g'} | ${1} | ${LARGE}       | ${8000}  | ${142848} | ${1024}  | ${'of an eighth: 11886 millicores and 166847 MiB'}
    ${'a2-ultragpu-8g'} | ${8} | ${LARGE_SPLIT} | ${64000} | ${158208} | ${16384} | ${'of all: 95090 millicores and 1334776 MiB'}
  `('$gpus GPU of $machine: $cpu millicores and $memory MiB, $by', ({ machine, gpus, server, cpu, memory, shm }) => {
    expect(planPodResources(server, [pool(machine)], gpus, 0)).toEqual({
      gpuResourceName: 'nvidia.com/gpu',
      gpus,
      cpuMillis: cpu,
      memoryMib: memory,
      sharedMemoryMib: shm,
      ephemeralStorageMib: 8192,
    });
  });

  test('an unknown machine: what the server wants, and the cluster decides', () => {
    // 22946 + 1024 = 23970, down to 512.
    expect(planPodResources(SMALL, [UNKNOWN], 1, 0)).toMatchObject({ cpuMillis: 8000, memoryMib: 23_552 });
  });
});

describe('of several pools', () => {
  test('the smallest machine decides, whichever comes first', () => {
    const smallest = { cpuMillis: 3100, memoryMib: 11_264 };
    expect(planPodResources(SMALL, [pool('a2-ultragpu-8g'), pool('g2-standard-4')], 1, 0)).toMatchObject(smallest);
    expect(planPodResources(SMALL, [pool('g2-standard-4'), UNKNOWN], 1, 0)).toMatchObject(smallest);
  });

  test('the name of the resource is that of the first', () => {
    const slices = GpuNodePool.onPrem({
      name: 'slices',
      gpu: 'A100-80GB',
      gpusPerNode: 1,
      maxNodes: 1,
      mig: { profile: '3g.40gb', strategy: 'mixed' },
    });
    expect(planPodResources(SMALL, [slices], 1, 0).gpuResourceName).toBe('nvidia.com/mig-3g.40gb');
    expect(planPodResources(SMALL, [], 1, 0).gpuResourceName).toBe('nvidia.com/gpu');
  });
});

test('slices and shares of one GPU divide its machine', () => {
  const whole = pool('g2-standard-24');
  const shared = GpuNodePool.gke({ name: 'p', machineType: 'g2-standard-24', maxNodes: 1, sharing: { replicas: 4 } });
  // 2 GPUs in 4 shares: 95 % of an eighth of 23270 millicores and of 87938 MiB.
  expect(shared.gpusPerNode).toBe(4 * whole.gpusPerNode);
  expect(planPodResources(SMALL, [shared], 1, 0)).toMatchObject({ cpuMillis: 2700, memoryMib: 10_240 });
});

test('a cache on the disk of the node is asked for', () => {
  expect(planPodResources(SMALL, [UNKNOWN], 1, 40 * 1024).ephemeralStorageMib).toBe((8 + 40) * 1024);
});

test('what the user states is taken as it is', () => {
  const stated = { cpuMillis: 1234, memoryMib: 4567, ephemeralStorageMib: 89 };
  expect(planPodResources(SMALL, [pool('g2-standard-4')], 1, 1024, stated)).toMatchObject(stated);
});
