const CONTAINERS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * A manifest with every image replaced: those of every container of every pod template, however deep it lies, and those
 * that are volumes. What stays the same is shared with the manifest given.
 */
export function withImages<T>(manifest: T, replace: (image: string) => string): T {
  const replaced = (value: unknown, field: string): unknown => {
    const image = (value as Readonly<Record<string, unknown>> | null | undefined)?.[field];
    if (typeof image !== 'string') return value;
    const now = replace(image);
    return now === image ? value : { ...(value as object), [field]: now };
  };
  const walk = (value: unknown, key?: string): unknown => {
    if (Array.isArray(value)) {
      return mapped(value, (each) => {
        const inner = walk(each);
        if (CONTAINERS.has(key ?? '')) return replaced(inner, 'image');
        const { image } = (inner ?? {}) as { readonly image?: unknown };
        return key === 'volumes' && image !== undefined
          ? replacedIn(inner, image, replaced(image, 'reference'))
          : inner;
      });
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const walked = mapped(entries, (entry) => {
      const now = walk(entry[1], entry[0]);
      return now === entry[1] ? entry : ([entry[0], now] as [string, unknown]);
    });
    return walked === entries ? value : Object.fromEntries(walked);
  };
  return walk(manifest) as T;
}

/** All images of a manifest, as they are written, each once. */
export function imagesIn(manifest: unknown): Set<string> {
  const images = new Set<string>();
  withImages(manifest, (image) => {
    images.add(image);
    return image;
  });
  return images;
}

const replacedIn = (volume: unknown, before: unknown, image: unknown) =>
  image === before ? volume : { ...(volume as object), image };

/** The list itself when nothing in it changes. */
function mapped<T>(list: readonly T[], change: (each: T) => T): readonly T[] {
  const now = list.map(change);
  return now.some((each, index) => each !== list[index]) ? now : list;
}
