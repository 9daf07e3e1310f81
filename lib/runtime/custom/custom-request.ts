import { environmentNameProblems } from '../../problem/names';
import { Problem } from '../../problem/problem';
import { CustomRuntimeProps, FromRequest } from './custom-props';
import { ServingRequest } from '../serving-runtime';

/** Command, arguments and environment, as they follow from a request. */
export interface CustomRequest {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Asks the user's functions. They are the user's own, so what they give is read like a file: anything but words is a
 * problem, and so is an exception.
 */
export function requestedOf(
  { command, args, env }: CustomRuntimeProps,
  request: ServingRequest,
): { readonly requested: CustomRequest; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return {
    requested: {
      command: words('command', ask('command', command, request, problems), problems),
      args: words('args', ask('args', args, request, problems), problems),
      env: variables(ask('env', env, request, problems), problems),
    },
    problems,
  };
}

function ask<T>(prop: string, told: FromRequest<T> | undefined, request: ServingRequest, problems: Problem[]): unknown {
  if (typeof told !== 'function') return told;
  try {
    return (told as (request: ServingRequest) => T)(request);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(problem(`${prop} throws for this service: ${why.slice(0, 200)}.`, `Mend the function in ${prop}.`));
    return undefined;
  }
}

function words(prop: string, value: unknown, problems: Problem[]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  problems.push(problem(`${prop} gives ${kindOf(value)}, not a list of strings.`, 'Quote each word.'));
  return undefined;
}

function variables(value: unknown, problems: Problem[]): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(problem(`env gives ${kindOf(value)}, not names with values.`, "Write { NAME: 'value' }."));
    return {};
  }
  const entries = Object.entries(value as Record<string, unknown>);
  for (const [name, content] of entries) {
    problems.push(...environmentNameProblems(name));
    if (typeof content !== 'string') {
      problems.push(problem(`env.${name} is ${kindOf(content)}, not a string.`, 'Quote the value.'));
    }
  }
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-setting', message, remedy });

const kindOf = (value: unknown) =>
  Array.isArray(value) ? 'a list with something else' : value === null ? 'null' : `a ${typeof value}`;
