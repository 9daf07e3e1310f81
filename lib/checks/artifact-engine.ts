import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Does a compiled engine meet the GPU, the server and the layout that it was compiled for? */
export function artifactEngine({ request }: DeclaredWorkload): Findings {
  const engine = request.placed?.find(({ artifact }) => artifact.engine)?.artifact.engine;
  if (!engine) return { errors: [], warnings: [] };
  const { runtime, parallelism, nodePools } = request;
  const { gpu, serverVersion, tensorParallelSize = 1 } = engine;
  const others = [
    ...new Set(nodePools.filter((pool) => pool.gpu.id !== gpu).map((pool) => `${pool.gpu.id} (${pool.name})`)),
  ];
  const told: Omit<Problem, 'check'>[] = [
    ...(others.length > 0
      ? [
          {
            message: `The engine was compiled for ${gpu}, and the pods may land on ${others.join(' and ')}.`,
            remedy: `Use pools of ${gpu}, or an engine for each GPU.`,
          },
        ]
      : []),
    ...(runtime.loadsEngines !== true
      ? [
          {
            message: `The artifact is a TensorRT engine; ${runtime.name} ${runtime.version} loads weights only.`,
            remedy:
              'Serve it with a server that loads engines, such as Triton, or bring the weights that it was compiled from.',
          },
        ]
      : []),
    ...(runtime.version !== serverVersion
      ? [
          {
            message: `The engine was compiled with ${serverVersion}; ${runtime.name} ${runtime.version} cannot load it.`,
            remedy: `Compile it with the image that serves, or serve it with ${serverVersion}.`,
          },
        ]
      : []),
    ...(parallelism.tensorParallelSize !== tensorParallelSize
      ? [
          {
            message: `The engine was compiled for ${tensorParallelSize} GPUs, and tensorParallelSize is ${parallelism.tensorParallelSize}.`,
            remedy: `Use tensorParallelSize ${tensorParallelSize}, or compile it again.`,
          },
        ]
      : []),
  ];
  return { errors: told.map((problem) => ({ check: 'artifact-engine', ...problem })), warnings: [] };
}
