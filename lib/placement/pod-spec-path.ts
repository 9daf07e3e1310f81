/** Where a manifest of a kind keeps its pod spec, as a JSON pointer; undefined for kinds that have none. */
export function podSpecPath(manifest: { readonly kind?: string; readonly spec?: unknown }): string | undefined {
  switch (manifest.kind) {
    case 'Pod':
      return '/spec';
    case 'CronJob':
      return '/spec/jobTemplate/spec/template/spec';
    case 'LeaderWorkerSet':
      return '/spec/leaderWorkerTemplate/workerTemplate/spec';
    default:
      return at(manifest, '/spec/template/spec') === undefined ? undefined : '/spec/template/spec';
  }
}

/** What a JSON pointer without escapes leads to; undefined when it leads nowhere. */
export function at(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
