import { wholeNumberProblems } from '../../problem/numbers';
import { Problem } from '../../problem/problem';
import { FlagValue } from '../command-line-flags';
import { asWritten } from '../server-settings';
import { isSince, VersionNumbers } from '../server-version';
import { SglangSpeculation } from './sglang-settings';

/** Since when each algorithm is there, and whether it has a draft model of its own. */
const ALGORITHMS: Readonly<
  Record<
    SglangSpeculation['algorithm'],
    { readonly since?: VersionNumbers; readonly draft: 'needed' | 'possible' | 'none' }
  >
> = {
  EAGLE: { draft: 'possible' },
  EAGLE3: { draft: 'needed' },
  NEXTN: { draft: 'possible' },
  // By the release of --speculative-draft-model and of --speculative-ngram-*, which came with them.
  STANDALONE: { since: [0, 5, 2], draft: 'needed' },
  NGRAM: { since: [0, 5, 3], draft: 'none' },
};

const STATE_SPECULATIVE = 'State speculative.';

/** Flags of what `speculative` says. */
export const SPECULATION_FLAGS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['--speculative-algorithm', '--speculative-draft-model-path', '--speculative-draft-model'],
    ...['--speculative-draft-model-revision', '--speculative-num-steps', '--speculative-eagle-topk'],
    '--speculative-num-draft-tokens',
  ].map((flag) => [flag, STATE_SPECULATIVE]),
);

export const speculationFlags = (speculative?: SglangSpeculation): Record<string, FlagValue> =>
  speculative
    ? {
        '--speculative-algorithm': speculative.algorithm,
        '--speculative-draft-model-path': speculative.draftModelPath,
        '--speculative-draft-model-revision': speculative.draftModelRevision,
        '--speculative-num-steps': speculative.numSteps,
        '--speculative-eagle-topk': speculative.eagleTopk,
        '--speculative-num-draft-tokens': speculative.numDraftTokens,
      }
    : {};

/** What cannot be of a speculation, in this release. */
export function speculationProblems(version: string, speculative: SglangSpeculation | undefined): Problem[] {
  if (speculative === undefined) return [];
  const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });
  const { algorithm, draftModelPath, draftModelRevision, numSteps, eagleTopk, numDraftTokens } = speculative;
  if (!Object.hasOwn(ALGORITHMS, algorithm)) {
    return [problem(`speculative.algorithm is ${asWritten(algorithm)}.`, `Use ${Object.keys(ALGORITHMS).join(', ')}.`)];
  }
  const { since, draft } = ALGORITHMS[algorithm];
  const numbers = { numSteps, eagleTopk, numDraftTokens };
  const stated = Object.values(numbers).filter((value) => value !== undefined).length;
  return [
    ...(since && !isSince(version, since)
      ? [
          problem(
            `SGLang ${version} has no speculative algorithm ${algorithm}; it exists from ${since.join('.')} on.`,
            'Use EAGLE or EAGLE3, or another version.',
          ),
        ]
      : []),
    ...(draft === 'needed' && draftModelPath === undefined
      ? [problem(`${algorithm} needs a draft model.`, 'State speculative.draftModelPath.')]
      : []),
    ...(draft === 'none' && draftModelPath !== undefined
      ? [problem('NGRAM has no draft model.', 'Remove speculative.draftModelPath.')]
      : []),
    ...(draftModelRevision !== undefined && !isSince(version, [0, 5, 2])
      ? [
          problem(
            `SGLang ${version} cannot be told the revision of a draft model; it can from 0.5.2 on.`,
            'Give draftModelPath as a folder of the pod.',
          ),
        ]
      : []),
    ...(draftModelPath !== undefined && !/^[^\s-]\S*$/.test(draftModelPath)
      ? [problem(`speculative.draftModelPath is ${asWritten(draftModelPath)}.`, 'Name a repository or a folder.')]
      : []),
    ...(stated !== 0 && stated !== 3
      ? [
          problem(
            'Of speculative.numSteps, eagleTopk and numDraftTokens some are stated and some are not.',
            'State all three, or none: the server has its own.',
          ),
        ]
      : []),
    ...Object.entries(numbers).flatMap(([name, value]) =>
      wholeNumberProblems(`speculative.${name}`, value, 1).map((each) => ({ ...each, check: 'runtime-setting' })),
    ),
  ];
}
