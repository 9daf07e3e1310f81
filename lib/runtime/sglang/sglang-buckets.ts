import { FlagValue } from '../command-line-flags';
import { withBoundaries } from '../histogram-boundary';
import { LatencyBoundary, LatencyQuantity, ServerSignals } from '../server-signals';

/** Flags that replace the buckets of a histogram; every release that is known has them. There is none for the queue. */
const FLAGS: Readonly<Partial<Record<LatencyQuantity, string>>> = {
  timeToFirstToken: '--bucket-time-to-first-token',
  interTokenLatency: '--bucket-inter-token-latency',
  endToEndLatency: '--bucket-e2e-request-latency',
};

type Histograms = ServerSignals['histograms'];

/** Histograms with the buckets that flags of a user state. */
export function statedBuckets(histograms: Histograms, args: readonly string[]): Histograms {
  const changed = Object.entries(FLAGS).flatMap(([quantity, flag]) => {
    const boundaries = wordsAfter(flag, args)?.map(Number);
    const histogram = histograms[quantity as LatencyQuantity];
    if (!boundaries || !histogram) return [];
    const known = boundaries.every((each) => each > 0);
    return [
      [
        quantity,
        {
          ...histogram,
          boundaries: known ? [...boundaries].sort((one, other) => one - other) : undefined,
          otherBoundaries: `Or add it to ${flag}.`,
        },
      ],
    ];
  });
  return { ...histograms, ...Object.fromEntries(changed) };
}

/**
 * The flags that make durations boundaries of the histograms; none where they are, or where the user states the flag. The
 * default boundaries stay, so that quantiles and dashboards lose nothing.
 */
export function bucketFlags(
  histograms: Histograms,
  wanted: readonly LatencyBoundary[] = [],
  args: readonly string[] = [],
): Readonly<Record<string, FlagValue>> {
  return Object.fromEntries(
    Object.entries(FLAGS).flatMap(([quantity, flag]): [string, FlagValue][] => {
      const { boundaries = [] } = histograms[quantity as LatencyQuantity] ?? {};
      if (boundaries.length === 0 || wordsAfter(flag, args)) return [];
      const durations = wanted.filter((each) => each.quantity === quantity);
      const merged = withBoundaries(
        boundaries,
        durations.map(({ seconds }) => seconds),
      );
      return merged === boundaries ? [] : [[flag, merged.map(String)]];
    }),
  );
}

/** The words that follow a flag, up to the next one; undefined when it is not given. */
function wordsAfter(flag: string, args: readonly string[]): readonly string[] | undefined {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  if (args[at] !== flag) return [args[at]!.slice(flag.length + 1)];
  const rest = args.slice(at + 1);
  const end = rest.findIndex((arg) => arg.startsWith('--'));
  return end < 0 ? rest : rest.slice(0, end);
}
