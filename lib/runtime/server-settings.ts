import { nearestNames } from '../problem/nearest-names';
import { wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';

/**
 * What a setting may be: on or off, a share above 0 and up to 1, a whole number of 1 and more, a word without spaces, or
 * one of a list.
 */
export type SettingKind = 'switch' | 'share' | 'count' | 'word' | readonly string[];

/** A setting of a server, as far as it can be checked without the server. */
export interface ServerSetting {
  readonly kind: SettingKind;
}

/**
 * Problems of settings by their kinds, and of names that are none. A value that came from JavaScript or JSON can be
 * anything.
 *
 * @param server the server's name, such as `SGLang`
 * @param otherwise where a setting goes that has no name here, such as `A flag that has no setting goes into args.`
 */
export function settingProblems(
  server: string,
  settings: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, ServerSetting>>,
  otherwise: string,
): Problem[] {
  return Object.entries(settings).flatMap(([name, value]): Problem[] => {
    if (value === undefined) return [];
    if (!Object.hasOwn(known, name)) {
      const near = nearestNames(name, Object.keys(known), 3).join(', ');
      return [problem(`${server} has no setting ${asWritten(name)}.`, `Did you mean ${near}? ${otherwise}`)];
    }
    return kindProblems(name, value, known[name]!.kind);
  });
}

function kindProblems(name: string, value: unknown, kind: SettingKind): Problem[] {
  const refused = (must: string) => [problem(`${name} is ${asWritten(value)}.`, `Use ${must}.`)];
  switch (kind) {
    case 'switch':
      return typeof value === 'boolean' ? [] : refused('true or false');
    case 'share':
      return typeof value === 'number' && value > 0 && value <= 1 ? [] : refused('a share above 0 and at most 1');
    case 'count':
      return wholeNumberProblems(name, value as number, 1).length === 0 ? [] : refused('a whole number, 1 or more');
    case 'word':
      return typeof value === 'string' && /^[^\s-]\S*$/.test(value) ? [] : refused('a word without spaces');
    default:
      return kind.includes(value as string) ? [] : refused(kind.map((choice) => `'${choice}'`).join(', '));
  }
}

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

/** A value as a person wrote it, at most 80 characters of it. */
export function asWritten(value: unknown): string {
  const text = (typeof value === 'number' ? String(value) : JSON.stringify(value)) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
