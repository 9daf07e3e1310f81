/**
 * The `count` names that differ least from what was written, nearest first, in their own order where they differ alike.
 * Case does not count, and the beginning of a name counts as near.
 */
export function nearestNames(written: string, names: readonly string[], count: number): string[] {
  const wanted = written.toLowerCase();
  return names
    .map((name) => ({ name, distance: distance(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

function distance(wanted: string, name: string): number {
  const edits = editDistance(wanted, name);
  return wanted !== '' && name.startsWith(wanted) ? Math.min(edits, 0.5) : edits;
}

/** Levenshtein distance: single characters to insert, remove or replace. */
function editDistance(a: string, b: string): number {
  // A name is short; whatever is longer than this is not a misspelt name, and must not cost quadratic time.
  const from = a.slice(0, 200);
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = previous[column - 1]! + (from[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
