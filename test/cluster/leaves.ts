/**
 * Every value of an object by its path, as JSON. Entries of lists stand under what tells them apart, so that a list to
 * which somebody added is still compared entry by entry.
 */
export function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]]);
  const entries = Array.isArray(value) ? value.map((entry, at) => [keyOf(entry, at), entry]) : Object.entries(value);
  if (entries.length === 0) return new Map([[path, JSON.stringify(value)]]);
  return new Map(
    entries.flatMap(([key, entry]) => [...leavesOf(entry, path === '' ? String(key) : `${path}.${String(key)}`)]),
  );
}

/** A mount is known by its path, as one volume may have several; most other things by their name. */
function keyOf(entry: unknown, at: number): string {
  const { mountPath, name, key } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, string>;
  return mountPath ?? name ?? key ?? String(at);
}
