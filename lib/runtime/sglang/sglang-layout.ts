import { Problem } from '../../problem/problem';
import { FlagValue } from '../command-line-flags';
import { isSince } from '../server-version';
import { ParallelLayout, ServingRequest } from '../serving-runtime';
import { SglangSpeculation } from './sglang-settings';

/** Where the pods of one server meet; the number that its examples use. Collectives choose further ports at will. */
export const RENDEZVOUS_PORT = 20000;

const STATE_PARALLELISM = 'State the parallelism of the service.';

/** Flags of the layout, which follows from the service. */
export const PARALLEL_FLAGS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['--tp-size', '--tensor-parallel-size', '--pp-size', '--pipeline-parallel-size'],
    ...['--dp-size', '--data-parallel-size', '--ep-size', '--ep', '--expert-parallel-size'],
    ...['--enable-dp-attention', '--attn-dp-size', '--enable-ep-moe'],
    ...['--nnodes', '--node-rank', '--dist-init-addr', '--nccl-init-addr'],
  ].map((flag) => [flag, STATE_PARALLELISM]),
);

/**
 * A layout as flags. The short names exist in every release that was read.
 *
 * With experts dealt out, SGLang counts all GPUs as one tensor parallel group and divides only the attention within it
 * (`--enable-dp-attention`); without, copies of the whole model each have a group of their own.
 *
 * @param rank number of the pod within its group
 */
export function parallelFlags(version: string, layout: ParallelLayout, rank: string): Record<string, FlagValue> {
  const { tensorParallelSize, pipelineParallelSize, dataParallelSize, expertParallel, nodes } = layout;
  const group = expertParallel ? tensorParallelSize * dataParallelSize : tensorParallelSize;
  const aboveOne = (size: number) => (size > 1 ? size : undefined);
  return {
    '--tp-size': aboveOne(group),
    '--pp-size': aboveOne(pipelineParallelSize),
    '--dp-size': aboveOne(dataParallelSize),
    '--enable-dp-attention': expertParallel && dataParallelSize > 1,
    '--ep-size': expertParallel ? aboveOne(group) : undefined,
    // Until --ep-size alone turned it on; the release is inferred from the defaults of the two.
    '--enable-ep-moe': expertParallel && group > 1 && !isSince(version, [0, 4, 10]),
    ...(nodes > 1 && {
      '--nnodes': nodes,
      '--node-rank': rank,
      // Set in every pod of a group by LeaderWorkerSet.
      '--dist-init-addr': `$(LWS_LEADER_ADDRESS):${RENDEZVOUS_PORT}`,
    }),
  };
}

/** What SGLang cannot do of a layout; it would end at its start. Source: server_args.py, check_server_args. */
export function layoutProblems({ model, parallelism }: ServingRequest, speculative?: SglangSpeculation): Problem[] {
  const { pipelineParallelSize, dataParallelSize, expertParallel, nodes } = parallelism;
  const problem = (message: string, remedy: string): Problem => ({ check: 'gpu-parallelism', message, remedy });
  return [
    ...(nodes > 1 && dataParallelSize > 1 && !expertParallel
      ? [
          problem(
            `SGLang cannot run ${dataParallelSize} copies of the whole model over ${nodes} pods.`,
            'Use replicas, or expert parallelism.',
          ),
        ]
      : []),
    ...(expertParallel && model && !model.moe
      ? [problem(`${model.id} has no experts to deal out.`, 'Turn expert parallelism off.')]
      : []),
    ...(pipelineParallelSize > 1 && speculative
      ? [
          problem(
            `SGLang does not guess ahead (${speculative.algorithm}) over ${pipelineParallelSize} pipeline stages.`,
            'Remove speculative, or use tensor parallelism alone.',
          ),
        ]
      : []),
  ];
}
