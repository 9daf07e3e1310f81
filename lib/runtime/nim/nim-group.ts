import { Problem } from '../../problem/problem';
import { environment, EnvironmentValue } from '../environment';
import { GroupContract, ServingRequest } from '../serving-runtime';

/** How a NIM for LLMs is told of the GPUs and pods that it is spread over, and what stands in the way. */
export interface NimLayout {
  readonly env: Readonly<Record<string, EnvironmentValue>>;
  /** Of the pod that leads a group. @default - the image's own entry point */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly problems: readonly Problem[];
}

/** Port of Ray's head, at which the pods of a group meet; the default of NVIDIA's charts and of its operator. */
const RAY_PORT = 6379;

/**
 * The layout of a request as a NIM reads it. A 2.x spans machines with Ray: the leader starts the head and the server, the
 * workers join it, and the same image runs in both.
 *
 * Sources: NVIDIA NIM for LLMs 2.0, multi-node deployment (Ray, port, one stage a machine); the commands by the
 * LeaderWorkerSet of NVIDIA's NIM operator 3.1, which no run of ours has confirmed. A profile of the image must have as many
 * stages.
 *
 * @param args flags of the engine; to a group they go by variable, because its command has flags of its own
 */
export function nimLayout(
  series: '1.x' | '2.x',
  { parallelism }: ServingRequest,
  settings: Readonly<Record<string, unknown>>,
  args: readonly string[],
): NimLayout {
  const { tensorParallelSize, pipelineParallelSize, nodes } = parallelism;
  const problems = layoutProblems(series, parallelism, settings);
  const alone = { args: args.length > 0 ? args : undefined, problems };
  if (series === '1.x') return { ...alone, env: {} };
  const sizes = {
    NIM_TENSOR_PARALLEL_SIZE: aboveOne(tensorParallelSize),
    NIM_PIPELINE_PARALLEL_SIZE: aboveOne(pipelineParallelSize),
  };
  if (nodes === 1) return { ...alone, env: sizes };
  return {
    command: ['nim-serve-ray'],
    args: ['--head', '--port', String(RAY_PORT)],
    env: {
      ...sizes,
      NIM_NUM_COMPUTE_NODES: nodes,
      NIM_PASSTHROUGH_ARGS: args.length > 0 ? args.map(shellWord).join(' ') : undefined,
    },
    problems,
  };
}

/** The other pods of a NIM that spans several, with the environment of the one that leads; undefined where it cannot. */
export function nimGroup(
  series: '1.x' | '2.x',
  { parallelism }: ServingRequest,
  env: Readonly<Record<string, EnvironmentValue>>,
): GroupContract | undefined {
  if (series === '1.x' || parallelism.nodes === 1) return undefined;
  return {
    worker: {
      command: ['nim-serve-ray'],
      // Set in every pod by LeaderWorkerSet; the kubelet puts the value in.
      args: ['--head-address', `$(LWS_LEADER_ADDRESS):${RAY_PORT}`],
      env: environment(env),
      readiness: { command: ['ray', 'status'] },
    },
    ports: [{ name: 'ray', port: RAY_PORT }],
    workersWait: true,
  };
}

function layoutProblems(
  series: '1.x' | '2.x',
  { pipelineParallelSize, dataParallelSize, expertParallel, nodes }: ServingRequest['parallelism'],
  { jsonLogging }: Readonly<Record<string, unknown>>,
): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'gpu-parallelism', message, remedy });
  return [
    ...(series === '1.x' && nodes > 1
      ? [
          problem(
            'A NIM 1.x spans machines by MPI over ssh, which wants a launcher with keys to every pod; this library makes none.',
            'Use a NIM 2.x, which spans machines with Ray, another server, or a machine with more GPUs.',
          ),
        ]
      : []),
    ...(series === '1.x' && nodes === 1 && pipelineParallelSize > 1
      ? [
          problem(
            `A NIM 1.x takes its stages from its profile; it cannot be told pipelineParallelSize ${pipelineParallelSize}.`,
            'Use tensorParallelSize for all GPUs of the pod, or a NIM 2.x.',
          ),
        ]
      : []),
    ...(nodes > 1 && pipelineParallelSize % nodes !== 0
      ? [
          problem(
            `pipelineParallelSize ${pipelineParallelSize} cannot be dealt out evenly over ${nodes} pods, and a NIM splits no layer between pods here.`,
            `Use tensorParallelSize as many as a machine has GPUs, and pipelineParallelSize ${nodes} or a multiple of it.`,
          ),
        ]
      : []),
    ...(dataParallelSize > 1 || expertParallel
      ? [
          problem(
            `NIM has no setting for ${dataParallelSize > 1 ? `dataParallelSize ${dataParallelSize}` : 'expertParallel'}.`,
            'Use replicas and tensorParallelSize, or another server.',
          ),
        ]
      : []),
    ...(nodes > 1 && jsonLogging === true
      ? [
          {
            check: 'runtime-setting',
            message:
              'jsonLogging is on, but the workers of a NIM that spans machines cannot write JSON and end at once.',
            remedy: 'Leave it out: it is off for a group.',
          },
        ]
      : []),
  ];
}

const aboveOne = (size: number) => (size > 1 ? size : undefined);

/** A flag as one word, for a variable that is split as a shell would. */
const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`);
