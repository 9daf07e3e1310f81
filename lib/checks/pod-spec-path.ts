/** Where a manifest of a kind keeps its pod specs, as JSON pointers; none for kinds that have no pods. */
export function podSpecPaths(manifest: { readonly kind?: string; readonly spec?: unknown }): string[] {
  switch (manifest.kind) {
    case 'Pod':
      return ['/spec'];
    case 'CronJob':
      return ['/spec/jobTemplate/spec/template/spec'];
    case 'LeaderWorkerSet': {
      // A leader without a template of its own is made from that of the workers.
      const leader = '/spec/leaderWorkerTemplate/leaderTemplate/spec';
      return [
        ...(at(manifest, leader) === undefined ? [] : [leader]),
        '/spec/leaderWorkerTemplate/workerTemplate/spec',
      ];
    }
    default:
      return at(manifest, '/spec/template/spec') === undefined ? [] : ['/spec/template/spec'];
  }
}

/** What a JSON pointer without escapes leads to; undefined when it leads nowhere. */
export function at(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
