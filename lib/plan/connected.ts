/**
 * Things in groups: two that share a key are in one group, and so is whatever shares a key with either. Groups and their
 * members keep the order of the things. Linear in things and keys.
 */
export function connected<T>(things: readonly T[], keysOf: (thing: T) => readonly string[]): T[][] {
  const parents: number[] = things.map((_, at) => at);
  const find = (at: number): number => {
    let root = at;
    while (parents[root] !== root) root = parents[root]!;
    // Whoever asks next has a shorter way.
    for (let next = at; next !== root;) [next, parents[next]] = [parents[next]!, root];
    return root;
  };
  const firstWith = new Map<string, number>();
  for (const [at, thing] of things.entries()) {
    for (const key of keysOf(thing)) {
      const other = firstWith.get(key);
      if (other === undefined) firstWith.set(key, at);
      else {
        const [one, two] = [find(at), find(other)];
        parents[Math.max(one, two)] = Math.min(one, two);
      }
    }
  }
  const groups = new Map<number, T[]>();
  for (const [at, thing] of things.entries()) {
    const root = find(at);
    const group = groups.get(root);
    if (group) group.push(thing);
    else groups.set(root, [thing]);
  }
  return [...groups.values()];
}
