import { Problem } from './problem';

/**
 * Pods that Kubernetes supports in one cluster. No service has more, and a number that 32 bits do not hold is read as another.
 *
 * @source kubernetes.io/docs/setup/best-practices/cluster-large
 */
export const MOST_PODS = 150_000;

/** Problems of a number that must be whole and within bounds; undefined is no problem: it has a default. */
export function wholeNumberProblems(
  what: string,
  value: number | undefined,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): Problem[] {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return [];
  // A bound that nobody comes near is told to those who passed it.
  const silent = most === Number.MAX_SAFE_INTEGER || (most === MOST_PODS && !(value > most));
  const bounds = silent ? `${least} or more` : `from ${least} to ${most}`;
  return [{ check: 'numbers', message: `${what} is ${shown(value)}.`, remedy: `Use a whole number, ${bounds}.` }];
}

/** A text that looks like a number, as it comes out of JSON or the environment, shows its quotes. */
export const shown = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value) : String(value));
