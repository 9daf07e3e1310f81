import { environmentNameProblems } from '../problem/names';
import { shown } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { EnvironmentVariable } from './serving-runtime';

/** What a setting can be as a variable; undefined is left out. */
export type EnvironmentValue = string | number | boolean | undefined;

/** Environment variables in the order given, booleans as 1 and 0, without those that are undefined. */
export function environment(values: Readonly<Record<string, EnvironmentValue>>): EnvironmentVariable[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: typeof value === 'boolean' ? (value ? '1' : '0') : String(value) }],
  );
}

/**
 * Problems of variables that a user states beside the settings.
 *
 * @param owned variables that the library sets, each with the setting that it sets it from
 */
export function environmentProblems(
  env: Readonly<Record<string, unknown>>,
  owned: ReadonlyMap<string, string>,
): Problem[] {
  return Object.entries(env).flatMap(([name, value]): Problem[] => {
    const misnamed = environmentNameProblems(name);
    if (misnamed.length > 0) return misnamed;
    if (typeof value !== 'string') {
      return [
        {
          check: 'runtime-setting',
          message: `env.${name} is ${shown(value)}, not a string.`,
          remedy: 'Quote the value.',
        },
      ];
    }
    const setting = owned.get(name);
    return setting === undefined
      ? []
      : [
          {
            check: 'duplicate-environment',
            message: `env.${name} is a variable that the library sets from ${setting}.`,
            remedy: `State ${setting} instead.`,
          },
        ];
  });
}
