import { WorkloadKind } from '../checks/declared-workload';
import { GpuNodePool } from '../hardware/gpu-node-pool';
import { Model } from '../model/model';
import { gpusPerPod, gpusPerReplica } from '../plan/inference-plan';
import { Problem } from '../problem/problem';
import { labelProblems } from '../problem/names';
import { ParallelLayout, ServerContract, ServingRuntime } from '../runtime/serving-runtime';

/** What decides whether a copy of the model can be spread as it was asked. */
export interface LayoutRequest {
  readonly kind: WorkloadKind;
  readonly layout: ParallelLayout;
  readonly runtime: ServingRuntime;
  readonly contract: ServerContract;
  readonly nodePools: readonly GpuNodePool[];
  readonly model?: Model;
  readonly replicas: number;
  readonly exclusiveTopology?: string;
}

/** Layouts that no server or no controller can run. */
export function layoutProblems(request: LayoutRequest): Problem[] {
  return [
    ...kindProblems(request),
    ...groupProblems(request),
    ...topologyProblems(request),
    ...expertProblems(request),
  ].map((problem) => ({ check: 'parallel-layout', ...problem }));
}

/** Of parallel-layout, unless it says another. */
type Told = Omit<Problem, 'check'> & Partial<Problem>;

function kindProblems({ kind, layout, nodePools }: LayoutRequest): Told[] {
  const [pool] = [...nodePools].sort((one, other) => one.gpusPerNode - other.gpusPerNode);
  if (!pool) return [];
  const { nodes } = layout;
  const size = `One copy of the model takes ${gpusPerReplica(layout)} GPUs, and a node of the pool ${pool.name} has ${pool.gpusPerNode}`;
  if (kind !== 'LeaderWorkerSet' && nodes > 1) {
    return [
      {
        message: `${size}: that is ${nodes} pods which start and end together; a ${kind} knows pods one by one.`,
        remedy: `Use a GpuInferenceLeaderWorkerSet (workload: 'LeaderWorkerSet'), or a machine with ${gpusPerReplica(layout)} GPUs.`,
      },
    ];
  }
  // More tensor parallel parts than a node has GPUs is one pod that fits no node, which node-fit tells.
  if (kind === 'LeaderWorkerSet' && nodes === 1 && gpusPerReplica(layout) <= pool.gpusPerNode) {
    return [
      {
        message: `${size}: one pod holds it, and a LeaderWorkerSet is for copies of several.`,
        remedy: `Use a GpuInferenceStatefulSet (workload: 'StatefulSet'), or a larger pipelineParallelSize.`,
      },
    ];
  }
  return [];
}

function groupProblems({ layout, runtime, contract, nodePools }: LayoutRequest): Told[] {
  if (layout.nodes === 1) return [];
  const kinds = [...new Set(nodePools.map(({ gpu }) => gpu.id))];
  const adapters = new Set(nodePools.map(({ rdma }) => rdma?.resourceName ?? 'none'));
  const shared = nodePools.find(({ sharing }) => sharing !== undefined);
  return [
    ...(contract.group || saysWhy(contract)
      ? []
      : [
          {
            message: `One copy of the model takes ${layout.nodes} pods of ${gpusPerPod(layout)} GPUs; ${runtime.name} ${runtime.version} cannot span pods.`,
            remedy:
              'Use a machine with more GPUs, fewer bits a weight, or a runtime that spans machines, such as vLLM.',
          },
        ]),
    ...(kinds.length > 1
      ? [
          {
            message: `The pods of a group could land on different GPUs: ${kinds.join(' and ')}. Each step would wait for the slowest, and stages are cut for one size of memory.`,
            remedy: 'Give it pools of one GPU.',
          },
        ]
      : []),
    ...(adapters.size > 1
      ? [
          {
            message: `The pools of a group have different adapters for RDMA: ${[...adapters].join(' and ')}. A pod requests one kind.`,
            remedy: 'Give it pools of one kind, or state rdma of none.',
          },
        ]
      : []),
    ...(shared
      ? [
          {
            message: `The pods of a group would run on shares of GPUs of the pool ${shared.name}: whoever else is on one of them stops all.`,
            remedy: 'Use a pool of whole GPUs.',
          },
        ]
      : []),
  ];
}

function topologyProblems({ layout, exclusiveTopology, nodePools, replicas }: LayoutRequest): Told[] {
  if (exclusiveTopology === undefined) return [];
  if (layout.nodes === 1) {
    return [
      {
        message: 'exclusiveTopology keeps the pods of a copy together, and a copy is one pod.',
        remedy: 'Leave it out.',
      },
    ];
  }
  const zones = [...new Set(nodePools.flatMap((pool) => pool.zones))];
  return [
    ...labelProblems('exclusiveTopology', { [exclusiveTopology]: '' }),
    ...(exclusiveTopology === 'kubernetes.io/hostname'
      ? [
          {
            message: `exclusiveTopology is kubernetes.io/hostname, so the ${layout.nodes} pods of a copy must be on one node, which has not enough GPUs for them.`,
            remedy: 'Name the label of something larger than a node, such as a rack, a block or a zone.',
          },
        ]
      : []),
    ...(exclusiveTopology === 'topology.kubernetes.io/zone' && zones.length > 0 && replicas > zones.length
      ? [
          {
            message: `exclusiveTopology gives each of ${replicas} copies a zone to itself, and the pools have ${zones.length} (${zones.join(', ')}).`,
            remedy:
              'Name a smaller topology, such as a rack or a block, or leave it out: a copy stays in one zone anyway.',
          },
        ]
      : []),
  ];
}

/** A runtime that says why needs no second voice. */
const saysWhy = ({ problems }: ServerContract) => problems.some(({ check }) => check === 'gpu-parallelism');

function expertProblems({ layout: { expertParallel }, model, contract }: LayoutRequest): Told[] {
  if (!expertParallel || !model || model.moe || saysWhy(contract)) return [];
  return [
    {
      message: `expertParallel deals out experts, and ${model.id} has none.`,
      remedy: 'Leave it out, or use tensorParallelSize.',
    },
  ];
}
