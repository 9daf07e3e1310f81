import { nearestNames } from '../problem/nearest-names';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { isSince, VersionNumbers } from './server-version';

/**
 * What follows a flag: true for a switch, a list for several words. False and undefined leave the flag out; so does an
 * empty list.
 */
export type FlagValue = string | number | boolean | readonly string[] | undefined;

/** Flags as words of a command line, in the order given. */
export function commandLine(flags: Readonly<Record<string, FlagValue>>): string[] {
  return Object.entries(flags).flatMap(([flag, value]): string[] => {
    if (value === undefined || value === false) return [];
    if (value === true) return [flag];
    if (typeof value === 'object') return value.length === 0 ? [] : [flag, ...value];
    return [flag, String(value)];
  });
}

/** Flags with their values, whether written `--flag value` or `--flag=value`, `--some-flag` or `--some_flag`. */
export function givenFlags(args: readonly string[]): ReadonlyMap<string, string | undefined> {
  return new Map(
    args.flatMap((arg, at): [string, string | undefined][] => {
      if (!arg.startsWith('-')) return [];
      const [, flag = arg, value = args[at + 1]] = /^(-[^=]+)=(.*)$/.exec(arg) ?? [];
      return [[flag.replaceAll('_', '-'), value]];
    }),
  );
}

/** Releases that have a flag, as their packages were read. A server refuses a flag outside of them. */
export interface FlagRange {
  /** The first release that has it. @default - the oldest that was read */
  readonly since?: string;
  /** The last release that has it. @default - the newest that was read */
  readonly until?: string;
}

const numbersOf = (version: string): VersionNumbers => {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
};

/** In which releases a flag exists, in words, when `version` is not one of them; undefined when it is. */
export function whereElse(version: string, { since, until }: FlagRange): string | undefined {
  if (since !== undefined && !isSince(version, numbersOf(since))) return `from ${since} on`;
  if (until === undefined) return undefined;
  const [major, minor, patch] = numbersOf(until);
  return isSince(version, [major, minor, patch + 1]) ? `until ${until}` : undefined;
}

/** What is known of the flags of one server. */
export interface FlagKnowledge {
  /** The server in words, such as `SGLang`. */
  readonly server: string;
  readonly version: string;
  /** The prop in which the user states flags, such as `args`. */
  readonly prop: string;
  /** Flags that the library sets or plans with, each with what to state instead. */
  readonly owned: Readonly<Record<string, string>>;
  /** Every flag by release. */
  readonly flags: Readonly<Record<string, FlagRange>>;
  /** The newest release whose flags were read; of later ones nothing is said. */
  readonly newest: string;
}

/** Problems of flags that a user states beside the settings. */
export function flagProblems(args: unknown, known: FlagKnowledge): Problem[] {
  const { server, version, prop } = known;
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    return [{ check: 'runtime-setting', message: `${prop} is ${shownList(args)}.`, remedy: 'Use a list of strings.' }];
  }
  const problem = (message: string, remedy: string): Problem[] => [{ check: 'runtime-setting', message, remedy }];
  return [...givenFlags(args).keys()].flatMap((flag): Problem[] => {
    const named = shownFlag(flag);
    if (Object.hasOwn(known.owned, flag)) {
      return problem(`${prop} has ${named}, which would win over what was planned with.`, known.owned[flag]!);
    }
    // The value of a flag may begin with a hyphen, as -1 does; that is no flag.
    if (!flag.startsWith('--')) return [];
    if (!Object.hasOwn(known.flags, flag)) {
      // Servers in Python accept the beginning of a flag, which would pass by everything that is known of it.
      const [full] = nearestNames(
        flag,
        [...Object.keys(known.owned), ...Object.keys(known.flags)].filter((name) => name.startsWith(flag)),
        1,
      );
      if (full !== undefined) return problem(`${prop} has ${named}, which is short for ${full}.`, 'Write it in full.');
      const later = isSince(version, numbersOf(known.newest)) && version !== known.newest;
      return later
        ? []
        : problem(
            `${server} ${version} has no flag ${named} and would end at its start.`,
            `See the flags of that version, or remove it from ${prop}.`,
          );
    }
    const elsewhere = whereElse(version, known.flags[flag]!);
    return elsewhere === undefined
      ? []
      : problem(
          `${server} ${version} has no flag ${named} and would end at its start; it exists ${elsewhere}.`,
          `Remove it from ${prop}, or use another version.`,
        );
  });
}

const shownFlag = (flag: string) => (flag.length > 60 ? `${flag.slice(0, 57)}...` : flag);
const shownList = (value: unknown) => (Array.isArray(value) ? 'a list with something else than strings' : shown(value));
