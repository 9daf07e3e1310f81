import { parseArgs, ParseArgsConfig } from 'node:util';

/** The arguments of a command as its options say, or what is wrong with them, in words. */
export function parsedArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> | string {
  try {
    return parseArgs(config);
  } catch (error) {
    return (error as Error).message;
  }
}
