import { Problem } from '../problem/problem';
import { KvHandover } from '../runtime/serving-runtime';
import { MOST_ADDRESSES } from '../workload/pod-addresses';

/** One side of a service whose prompts and answers are computed by different pods. */
export interface DisaggregatedSide {
  readonly replicas: number;
  readonly tensorParallelSize: number;
  /** How its servers hand the KV cache on; undefined when they cannot, which is told elsewhere. */
  readonly handover?: KvHandover;
}

export interface Disaggregation {
  readonly prefill: DisaggregatedSide;
  readonly decode: DisaggregatedSide;
  /** True when a release is under way too. */
  readonly canary: boolean;
}

const problem = (message: string, remedy: string): Problem => ({ check: 'disaggregation', message, remedy });

/** What of the two sides does not go together. */
export function disaggregationProblems({ prefill, decode, canary }: Disaggregation): Problem[] {
  return [
    ...(canary
      ? [
          problem(
            'canary and prefill are both stated: the candidate would need a router of its own, since servers of two versions refuse to exchange a KV cache.',
            'Remove the canary and run the candidate as a service of its own beside this one; a change of runtime here replaces pods of both sides one by one, and in between some find no counterpart.',
          ),
        ]
      : []),
    ...replicaProblems('prefill.replicas', prefill),
    ...replicaProblems('replicas', decode),
    ...sizeProblems(prefill, decode),
    ...formatProblems(prefill.handover, decode.handover),
  ];
}

function replicaProblems(what: string, { replicas }: DisaggregatedSide): Problem[] {
  if (replicas === 0) {
    return [
      problem(
        `${what} is 0, and the router ends at its start when one side has no pod.`,
        'Use 1 or more; to switch the service off, remove it.',
      ),
    ];
  }
  if (!(replicas > MOST_ADDRESSES)) return [];
  return [
    problem(
      `${what} is ${replicas}; the router is told each pod by name, and ${MOST_ADDRESSES} are the most.`,
      `Use ${MOST_ADDRESSES} or fewer, or several services.`,
    ),
  ];
}

/** Ranks of decode read from ranks of prefill, each from as many (vllm/distributed/kv_transfer, tp_ratio). */
function sizeProblems(prefill: DisaggregatedSide, decode: DisaggregatedSide): Problem[] {
  const [one, other] = [prefill.tensorParallelSize, decode.tensorParallelSize];
  const [smaller, larger] = one < other ? [one, other] : [other, one];
  const sizes = `prefill.tensorParallelSize is ${one} and tensorParallelSize ${other}`;
  if (smaller > 0 && larger % smaller !== 0) {
    return [
      {
        check: 'gpu-parallelism',
        message: `${sizes}: neither divides the other, so no rank knows which part of the KV cache is its own.`,
        remedy: `Use ${smaller} for both, or a multiple of it for one.`,
      },
    ];
  }
  if (one <= other || prefill.handover?.widerPrefill !== false) return [];
  return [
    {
      check: 'gpu-parallelism',
      message: `${sizes}, and this version of the server reads from no more ranks than it has itself.`,
      remedy: `Use prefill.tensorParallelSize ${other} or less, or a later version (vLLM 0.14).`,
    },
  ];
}

/** The two compare what they are when they first meet, and refuse each other where it differs. */
function formatProblems(prefill: KvHandover | undefined, decode: KvHandover | undefined): Problem[] {
  if (!prefill || !decode || prefill.format === decode.format) return [];
  return [
    problem(
      `Prefill would compute in ${prefill.format} and decode in ${decode.format}, because their GPUs differ; a KV cache can be handed on only in one format.`,
      'State dtype and kvCacheDtype in the runtime, or give both sides GPUs that can compute in the same.',
    ),
  ];
}
