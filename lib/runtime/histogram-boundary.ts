/**
 * Part of a boundary by which a duration may miss it and still mean it: a server whose boundaries are no round numbers (TGI has
 * 0.49878850951194753 s) is asked about them in four digits.
 */
const TOLERANCE = 0.001;

/** The boundary that a duration means, itself where it is one; undefined when it lies between two, or nobody knows them. */
export function boundaryNear(boundaries: readonly number[] | undefined, seconds: number): number | undefined {
  if (boundaries?.includes(seconds)) return seconds;
  return boundaries?.find((boundary) => Math.abs(boundary - seconds) <= boundary * TOLERANCE);
}

/** Boundaries with those durations beside them that mean none of them, ascending; the boundaries themselves when all do. */
export function withBoundaries(boundaries: readonly number[], durations: readonly number[]): readonly number[] {
  const missing = durations.filter((seconds) => boundaryNear(boundaries, seconds) === undefined);
  return missing.length === 0
    ? boundaries
    : [...new Set([...boundaries, ...missing])].sort((one, other) => one - other);
}

/** The boundaries below and above a duration, in seconds. */
export function boundariesAround(
  boundaries: readonly number[],
  seconds: number,
): { readonly below?: number; readonly above?: number } {
  return {
    below: boundaries.filter((boundary) => boundary < seconds).at(-1),
    above: boundaries.find((boundary) => boundary > seconds),
  };
}
