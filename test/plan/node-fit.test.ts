import * as fc from 'fast-check';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { NodeFitPool, nodeFitFindings, planNodeFit, podRequest, PodRequest } from '../../lib/plan/node-fit';

const g2 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 });
const fourL4 = GpuNodePool.gke({ name: 'l4x4', machineType: 'g2-standard-48', maxNodes: 2 });
const a3 = GpuNodePool.gke({ name: 'h100x8', machineType: 'a3-highgpu-8g', maxNodes: 1 });
const unknown = GpuNodePool.onPrem({ name: 'rack', gpu: 'L40S', gpusPerNode: 4, maxNodes: 2 });

const pod = (gpus: number, cpuMillis: number, memoryMib: number, ephemeralStorageMib = 0): PodRequest => ({
  gpus,
  cpuMillis,
  memoryMib,
  ephemeralStorageMib,
});

describe("the request of a pod by Kubernetes' rule", () => {
  test.each([
    ['containers run together', [{ cpuMillis: 3000 }, { cpuMillis: 200 }], [], 3200],
    [
      'init containers one after the other, before them',
      [{ cpuMillis: 3000 }],
      [{ cpuMillis: 500 }, { cpuMillis: 800 }],
      3000,
    ],
    [
      'the largest init container counts when it is larger',
      [{ cpuMillis: 300 }],
      [{ cpuMillis: 500 }, { cpuMillis: 800 }],
      800,
    ],
    ['a sidecar runs beside the containers', [{ cpuMillis: 3000 }], [{ cpuMillis: 100, sidecar: true }], 3100],
    // 100 (sidecar) + 3200 (init, started after it) > 100 + 3000
    [
      'and beside the init containers after it',
      [{ cpuMillis: 3000 }],
      [{ cpuMillis: 100, sidecar: true }, { cpuMillis: 3200 }],
      3300,
    ],
    [
      'but not beside those before it',
      [{ cpuMillis: 3000 }],
      [{ cpuMillis: 3050 }, { cpuMillis: 100, sidecar: true }],
      3100,
    ],
  ])('%s', (_rule, containers, initContainers, cpuMillis) => {
    expect(podRequest(containers, initContainers).cpuMillis).toBe(cpuMillis);
  });

  test('the overhead of a runtime class is added to everything', () => {
    expect(podRequest([pod(1, 3000, 8192, 10)], [], { cpuMillis: 250, memoryMib: 160 })).toEqual(
      pod(1, 3250, 8352, 10),
    );
  });
});

// A g2-standard-4 leaves 3,920m - 600m = 3,320m and 13,256 - 900 = 12,356 MiB; a g2-standard-48 47,810m - 600m = 47,210m
// and 182,253 - 900 = 181,353 MiB; an a3-highgpu-8g 207,410m - 600m = 206,810m and 1,841,287 - 900 = 1,840,387 MiB.
test.each([
  [
    'one GPU, one pod',
    g2,
    pod(1, 3300, 12288),
    1,
    ['gpus', 'cpu', 'memory'],
    { cpuMillis: 20, memoryMib: 68, gpus: 0 },
    0,
  ],
  [
    'a pod a GPU, all used',
    fourL4,
    pod(1, 11000, 40000),
    4,
    ['gpus', 'cpu', 'memory'],
    { cpuMillis: 3210, memoryMib: 21353, gpus: 0 },
    0,
  ],
  [
    'small pods leave CPU beside no GPU',
    fourL4,
    pod(1, 4000, 16000),
    4,
    ['gpus'],
    { cpuMillis: 31210, memoryMib: 117353, gpus: 0 },
    0,
  ],
  // 47,210 / 15,000 = 3 pods; the fourth GPU has 2,210m beside it.
  ['CPU runs out first', fourL4, pod(1, 15000, 40000), 3, ['cpu'], { cpuMillis: 2210, memoryMib: 61353, gpus: 1 }, 1],
  // 181,353 / 100,000 = 1
  [
    'memory runs out first',
    fourL4,
    pod(1, 10000, 100000),
    1,
    ['memory'],
    { cpuMillis: 37210, memoryMib: 81353, gpus: 3 },
    3,
  ],
  [
    'three of eight: two stay free, but not stranded',
    a3,
    pod(3, 50000, 400000),
    2,
    ['gpus'],
    { cpuMillis: 106810, memoryMib: 1040387, gpus: 2 },
    0,
  ],
  [
    'CPU for one pod of four GPUs only',
    a3,
    pod(4, 110000, 400000),
    1,
    ['cpu'],
    { cpuMillis: 96810, memoryMib: 1440387, gpus: 4 },
    4,
  ],
  ['no fit: CPU', g2, pod(1, 3500, 12288), 0, ['cpu'], { cpuMillis: 3320, memoryMib: 12356, gpus: 1 }, 1],
  ['no fit: GPUs', g2, pod(2, 1000, 1000), 0, ['gpus'], { cpuMillis: 3320, memoryMib: 12356, gpus: 1 }, 0],
  ['unknown machine: GPUs only', unknown, pod(1, 99999, 999999), 4, ['gpus'], { gpus: 0 }, 0],
] as const)('%s', (_name, pool, request, podsPerNode, limitedBy, leftBeside, strandedGpus) => {
  expect(planNodeFit({ pod: request, pool })).toMatchObject({ podsPerNode, limitedBy, leftBeside, strandedGpus });
});

test('what was not judged is named', () => {
  expect(planNodeFit({ pod: pod(1, 1000, 1000, 1000), pool: unknown }).unjudged).toEqual([
    'cpu',
    'memory',
    'ephemeral-storage',
  ]);
});

const told = (request: PodRequest, pool: NodeFitPool) => nodeFitFindings(planNodeFit({ pod: request, pool }));

describe('what a user reads', () => {
  test('a pod that fits is no news', () => {
    expect(told(pod(1, 3300, 12288, 20000), g2)).toEqual({ errors: [], warnings: [] });
  });

  test('CPU and memory that no node has', () => {
    expect(told(pod(1, 4000, 16384), g2).errors).toEqual([
      {
        check: 'node-fit',
        message:
          'A pod asks for 4,000m of cpu, sidecars and shared memory included; a node of the pool gpupool (g2-standard-4) leaves 3,320m (3,920m allocatable, 600m for DaemonSets).',
        remedy: 'Ask for at most 3,300m, use a larger machine, or state daemonSets of the pool if yours ask for less.',
      },
      {
        check: 'node-fit',
        message:
          'A pod asks for 16,384 MiB of memory, sidecars and shared memory included; a node of the pool gpupool (g2-standard-4) leaves 12,356 MiB (13,256 MiB allocatable, 900 MiB for DaemonSets).',
        remedy:
          'Ask for at most 12,288 MiB, use a larger machine, or state daemonSets of the pool if yours ask for less.',
      },
    ]);
  });

  test('more GPUs than a machine has', () => {
    expect(told(pod(2, 1000, 1000), g2).errors).toEqual([
      {
        check: 'node-fit',
        message: 'A pod asks for 2 GPUs; a node of the pool gpupool has 1.',
        remedy:
          'Use a machine with 2 GPUs or more, or tensorParallelSize 1 with pipelineParallelSize 2, if the server spans machines.',
      },
    ]);
  });

  // A boot disk of 100 GiB offers 44,227 MiB.
  test.each([
    [g2, 'State a larger bootDisk of the pool, or keep the weights in a ModelCache of its own.'],
    [
      GpuNodePool.gke({ name: 'gpupool', machineType: 'a2-ultragpu-1g', maxNodes: 1 }),
      "State a larger bootDisk of the pool, set localSsdAsEphemeralStorage to use the machine's 375 GB of local SSD, or keep the weights in a ModelCache of its own.",
    ],
  ])('a cache that the boot disk cannot hold (%s)', (pool, remedy) => {
    expect(told(pod(1, 1000, 1000, 51200), pool).errors).toEqual([
      {
        check: 'node-fit',
        message: `A pod asks for 51,200 MiB of ephemeral storage; a node of the pool gpupool (${pool.machine!.type}) offers 44,227 MiB.`,
        remedy,
      },
    ]);
  });

  test('a byte too much reads as more than the node has', () => {
    expect(told(pod(1, 1000, 12356 + 1 / 2 ** 20), g2).errors[0]!.message).toBe(
      'A pod asks for 12,357 MiB of memory, sidecars and shared memory included; a node of the pool gpupool (g2-standard-4) leaves 12,356 MiB (13,256 MiB allocatable, 900 MiB for DaemonSets).',
    );
  });

  test('more shares than a node may have pods', () => {
    const shares = GpuNodePool.gke({
      name: 'shares',
      machineType: 'g2-standard-96',
      maxNodes: 1,
      sharing: { replicas: 20 },
    });
    expect(told(pod(1, 100, 100), shares).warnings).toEqual([
      {
        check: 'node-fit',
        message:
          'A node of the pool shares holds 110 pods whatever they ask for, though its 160 GPUs would do for 160: 50 of them cannot be used.',
        remedy: 'Cut or share each GPU into fewer parts.',
      },
    ]);
  });

  test('GPUs that are paid for and cannot be used, with the request that would use them', () => {
    expect(told(pod(1, 15000, 100000), fourL4).warnings).toEqual([
      {
        check: 'node-fit',
        message:
          'A node of the pool l4x4 holds 1 pod of 15,000m of cpu and 100,000 MiB of memory, though its 4 GPUs would do for 4: 3 GPUs are paid for and cannot be used.',
        remedy:
          'Ask for at most 11,800m of cpu and 45,312 MiB of memory a pod, or use a machine with more beside each GPU.',
      },
    ]);
  });

  test('a machine that nobody knows', () => {
    expect(told(pod(1, 1000, 1000), unknown)).toEqual({
      errors: [],
      warnings: [
        {
          check: 'node-fit',
          message:
            'Nobody knows the machine of the pool rack: only the GPUs of a pod were judged, not its CPU and memory.',
          remedy: 'State cpu and memory of its nodes, or its machine types.',
        },
      ],
    });
  });

  test('DaemonSets that take more than the node has leave nothing, not less', () => {
    // A pool of such nodes is refused by itself.
    const tiny: NodeFitPool = {
      name: 'tiny',
      gpusPerNode: 1,
      allocatable: { cpuMillis: 3920, memoryMib: 13_256 },
      daemonSets: { cpuMillis: 5000, memoryMib: 20_480 },
    };
    expect(planNodeFit({ pod: pod(1, 100, 100), pool: tiny })).toMatchObject({
      podsPerNode: 0,
      offered: { cpuMillis: 0, memoryMib: 0 },
    });
  });
});

describe('for any pod on any node', () => {
  const amount = (max: number) => fc.integer({ min: 1, max });
  const node = fc.record({ gpus: amount(16), cpuMillis: amount(200_000), memoryMib: amount(2_000_000) });
  const request = fc.record({ gpus: amount(8), cpuMillis: amount(60_000), memoryMib: amount(500_000) });
  const poolOf = ({ gpus, ...allocatable }: { gpus: number; cpuMillis: number; memoryMib: number }): NodeFitPool => ({
    name: 'any',
    gpusPerNode: gpus,
    allocatable,
    daemonSets: { cpuMillis: 0, memoryMib: 0 },
  });

  test('as many pods as it holds fit, and one more does not', () => {
    fc.assert(
      fc.property(node, request, (there, asked) => {
        const { podsPerNode } = planNodeFit({ pod: { ...asked, ephemeralStorageMib: 0 }, pool: poolOf(there) });
        const fits = (pods: number) =>
          pods * asked.gpus <= there.gpus &&
          pods * asked.cpuMillis <= there.cpuMillis &&
          pods * asked.memoryMib <= there.memoryMib;
        expect([fits(podsPerNode), fits(podsPerNode + 1)]).toEqual([true, false]);
      }),
    );
  });

  test('the request that the warning names strands no GPU', () => {
    fc.assert(
      fc.property(node, request, (there, asked) => {
        const pool = poolOf(there);
        const { requestForAllGpus } = planNodeFit({ pod: { ...asked, ephemeralStorageMib: 0 }, pool });
        fc.pre(requestForAllGpus !== undefined);
        const smaller = { gpus: asked.gpus, ephemeralStorageMib: 0, ...requestForAllGpus };
        expect(planNodeFit({ pod: smaller, pool }).strandedGpus).toBe(0);
      }),
    );
  });
});
