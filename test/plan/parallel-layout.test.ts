import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { gpusPerPod, gpusPerReplica } from '../../lib/plan/inference-plan';
import { planLayout } from '../../lib/plan/parallel-layout';

const pool = (gpusPerNode: number) =>
  GpuNodePool.onPrem({ name: `with-${gpusPerNode}`, gpu: 'H100-80GB', gpusPerNode, maxNodes: 9 });

test.each`
  why                                        | gpusPerNode | tp   | pp   | dp    | nodes | gpus
  ${'nothing stated'}                        | ${1}        | ${1} | ${1} | ${1}  | ${1}  | ${1}
  ${'a layer over four of eight'}            | ${8}        | ${4} | ${1} | ${1}  | ${1}  | ${4}
  ${'stages on one machine'}                 | ${8}        | ${4} | ${2} | ${1}  | ${1}  | ${8}
  ${'a stage a machine'}                     | ${8}        | ${8} | ${2} | ${1}  | ${2}  | ${8}
  ${'two stages a machine'}                  | ${8}        | ${4} | ${4} | ${1}  | ${2}  | ${8}
  ${'stages on single GPUs'}                 | ${1}        | ${1} | ${3} | ${1}  | ${3}  | ${1}
  ${'three stages in equal parts'}           | ${4}        | ${2} | ${3} | ${1}  | ${3}  | ${2}
  ${'six stages, three a machine'}           | ${8}        | ${2} | ${6} | ${1}  | ${2}  | ${6}
  ${'copies of the attention over machines'} | ${8}        | ${1} | ${1} | ${16} | ${2}  | ${8}
  ${'a layer over more than a machine has'}  | ${4}        | ${8} | ${1} | ${1}  | ${1}  | ${8}
  ${'no number'}                             | ${4}        | ${0} | ${4} | ${1}  | ${1}  | ${0}
`('$why: $tp x $pp x $dp on machines with $gpusPerNode', ({ gpusPerNode, tp, pp, dp, nodes, gpus }) => {
  const layout = planLayout({ tensorParallelSize: tp, pipelineParallelSize: pp, dataParallelSize: dp }, [
    pool(gpusPerNode as number),
  ]);
  expect(layout.nodes).toBe(nodes);
  expect(gpusPerPod(layout)).toBe(gpus);
  expect(gpusPerReplica(layout)).toBe(nodes * gpus);
});

test('of several pools the smallest machine decides: each pod fits them all', () => {
  expect(planLayout({ tensorParallelSize: 4, pipelineParallelSize: 2 }, [pool(8), pool(4)]).nodes).toBe(2);
});

test('sizes that nobody can have are no endless search', () => {
  const sizes = { pipelineParallelSize: Number.MAX_SAFE_INTEGER, dataParallelSize: Number.MAX_SAFE_INTEGER };
  expect(planLayout(sizes, [pool(8)]).nodes).toBe(1);
  expect(planLayout({ tensorParallelSize: NaN }, [pool(8)]).nodes).toBe(1);
  expect(planLayout({ pipelineParallelSize: 2.5 }, [pool(1)]).nodes).toBe(1);
});
