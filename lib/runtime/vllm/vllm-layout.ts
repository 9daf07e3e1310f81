import { Problem } from '../../problem/problem';
import { LoraRequest, ServingRequest } from '../serving-runtime';
import { isSince, VersionNumbers } from '../server-version';
import { flagElsewhere, hasFlag } from './vllm-settings';

const problem = (message: string, remedy: string): Problem => ({ check: 'gpu-parallelism', message, remedy });

/** Layouts that vLLM refuses, or that nobody here knows to start. */
export function layoutProblems(version: string, { parallelism }: ServingRequest): Problem[] {
  const { tensorParallelSize, pipelineParallelSize, dataParallelSize, expertParallel, nodes } = parallelism;
  return [
    ...(nodes > 1 && pipelineParallelSize % nodes !== 0
      ? [
          problem(
            `${pipelineParallelSize} pipeline stages cannot be dealt out evenly over ${nodes} pods, and layers are not split between pods.`,
            `Use pipelineParallelSize ${nodes} or a multiple of it, with tensorParallelSize as many GPUs as one pod has for a stage.`,
          ),
        ]
      : []),
    ...(nodes > 1 && dataParallelSize > 1
      ? [
          problem(
            `dataParallelSize ${dataParallelSize} over ${nodes} pods is not supported here: each of its copies would be a server of its own.`,
            'Use replicas, or dataParallelSize within one pod.',
          ),
        ]
      : []),
    ...(dataParallelSize > 1 ? missing(version, 'dataParallelSize', '--data-parallel-size') : []),
    ...(expertParallel ? missing(version, 'expertParallel', '--enable-expert-parallel') : []),
    ...(expertParallel && tensorParallelSize * dataParallelSize === 1
      ? [problem('expertParallel on one GPU deals nothing out.', 'Remove expertParallel, or use more GPUs.')]
      : []),
  ];
}

const missing = (version: string, what: string, flag: string): Problem[] =>
  hasFlag(version, flag)
    ? []
    : [
        problem(
          `vLLM ${version} has no ${what}: ${flag} exists ${flagElsewhere(version, flag)}.`,
          `Remove ${what}, or use another version.`,
        ),
      ];

/**
 * Ranks that vLLM reserves slots of, by the first version: others are refused, so the next larger one is asked for.
 * 512 and the versions are from memory and copies of vllm/config/lora.py; unverified. Rank 1 is left out: 8 costs little.
 */
const RANKS: readonly (readonly [since: VersionNumbers, ranks: readonly number[]])[] = [
  [
    [0, 10, 2],
    [8, 16, 32, 64, 128, 256, 320, 512],
  ],
  [
    [0, 6, 6],
    [8, 16, 32, 64, 128, 256],
  ],
  [
    [0, 0, 0],
    [8, 16, 32, 64],
  ],
];

/** The slot that adapters of this rank take; undefined when none is large enough. */
export function loraRank(version: string, maxRank: number): number | undefined {
  const [, ranks] = RANKS.find(([since]) => isSince(version, since))!;
  return ranks.find((rank) => rank >= maxRank);
}

export function loraProblems(version: string, lora: LoraRequest | undefined): Problem[] {
  if (lora === undefined || loraRank(version, lora.maxRank) !== undefined) return [];
  const [, ranks] = RANKS.find(([since]) => isSince(version, since))!;
  return [
    {
      check: 'runtime-setting',
      message: `A LoRA adapter has rank ${lora.maxRank}; vLLM ${version} serves ranks up to ${ranks.at(-1)}.`,
      remedy: 'Use an adapter of a smaller rank, a newer version, or merge the adapter into the model.',
    },
  ];
}
