import { shown, wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { called, TritonDynamicBatching } from './triton-model';

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** A path below the artifact, of characters that need no quoting in a shell. */
export function pathProblems(what: string, path: string | undefined): Problem[] {
  if (path === undefined || (/^[\w@+.-][\w@+./-]*$/.test(path) && !path.split('/').includes('..'))) return [];
  return [problem(`${what} is ${called(path)}.`, 'Use a path below the artifact, such as models/embed/1.')];
}

/** A part of a whole. */
export function shareProblems(what: string, value: number | undefined): Problem[] {
  return value === undefined || (typeof value === 'number' && value > 0 && value <= 1)
    ? []
    : [problem(`${what} is ${shown(value)}.`, 'Use a share above 0 and at most 1.')];
}

/** Batches, queues and priorities that cannot be. */
export function batchingProblems(name: string, most: number, batching: TritonDynamicBatching | undefined): Problem[] {
  if (batching === undefined) return [];
  const levels = batching.priorityLevels ?? 0;
  const policies = Object.entries(batching.priorityQueuePolicy ?? {});
  return [
    ...(most > 0
      ? []
      : [
          problem(
            `${called(name)} puts requests together, but takes no batches.`,
            'Set maxBatchSize, or remove dynamicBatching.',
          ),
        ]),
    ...(batching.preferredBatchSize ?? []).flatMap((size) =>
      wholeNumberProblems(`A preferred batch size of ${called(name)}`, size, 1, Math.max(1, most)),
    ),
    ...wholeNumberProblems(`maxQueueDelayMicroseconds of ${called(name)}`, batching.maxQueueDelayMicroseconds, 0),
    ...wholeNumberProblems(`priorityLevels of ${called(name)}`, batching.priorityLevels, 0, 2 ** 31 - 1),
    ...(levels > 0 && batching.defaultPriorityLevel === undefined
      ? [
          problem(
            `${called(name)} has ${levels} priorities and no default.`,
            `Set defaultPriorityLevel, from 1 to ${levels}.`,
          ),
        ]
      : []),
    ...wholeNumberProblems(
      `defaultPriorityLevel of ${called(name)}`,
      batching.defaultPriorityLevel,
      Math.min(1, levels),
      levels,
    ),
    ...policies.flatMap(([level]) =>
      wholeNumberProblems(`A level of priorityQueuePolicy of ${called(name)}`, Number(level), 1, Math.max(1, levels)),
    ),
    ...[batching.defaultQueuePolicy ?? {}, ...policies.map(([, policy]) => policy)].flatMap((policy) => [
      ...wholeNumberProblems(`defaultTimeoutMicroseconds of ${called(name)}`, policy.defaultTimeoutMicroseconds, 0),
      ...wholeNumberProblems(`maxQueueSize of ${called(name)}`, policy.maxQueueSize, 0, 2 ** 32 - 1),
    ]),
  ];
}
