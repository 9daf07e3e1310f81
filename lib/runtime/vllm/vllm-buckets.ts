import { FlagValue, givenFlags } from '../command-line-flags';
import { withBoundaries } from '../histogram-boundary';
import { HistogramSignal, HistogramSource, LatencyBoundary, ServerSignals } from '../server-signals';
import { VLLM_FLAGS } from './vllm-flags';
import { hasFlag } from './vllm-settings';

const FLAG = '--custom-histogram-buckets';

/**
 * The families of histograms that have the same buckets, by the keys of the flag.
 * Source: vllm/v1/metrics/buckets.py of 0.32 (docs.vllm.ai, api/vllm/v1/metrics/buckets).
 */
const FAMILIES: Readonly<Record<string, readonly HistogramSignal[]>> = {
  time_to_first_token: ['timeToFirstToken'],
  inter_token_latency: ['interTokenLatency', 'timePerOutputToken'],
  request_latency: ['endToEndLatency', 'queueTime'],
};

type Histograms = ServerSignals['histograms'];
/** Buckets by family; undefined where a flag says something that cannot be read. */
type ToldBuckets = Readonly<Record<string, readonly number[] | undefined>>;

/** The buckets that flags of a user state; undefined when they state none. */
export function bucketsInArguments(args: readonly string[]): ToldBuckets | undefined {
  const given = givenFlags(args);
  if (!given.has(FLAG)) return undefined;
  let told: unknown;
  try {
    told = JSON.parse(given.get(FLAG) ?? '');
  } catch {
    // The server refuses it; until somebody mends it, nobody knows the buckets.
  }
  const isRecord = typeof told === 'object' && told !== null && !Array.isArray(told);
  return Object.fromEntries(
    Object.keys(FAMILIES).flatMap((family): [string, readonly number[] | undefined][] => {
      if (!isRecord) return [[family, undefined]];
      const buckets = (told as Record<string, unknown>)[family];
      if (buckets === undefined) return [];
      return [[family, isNumbers(buckets) ? [...buckets].sort((one, other) => one - other) : undefined]];
    }),
  );
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'number' && each > 0);

/** Histograms of a release, each with what to do for other buckets. */
export function tellable(version: string, histograms: Histograms): Histograms {
  const otherBoundaries = hasFlag(version, FLAG)
    ? `Or add it to ${FLAG}.`
    : `Or use vLLM ${VLLM_FLAGS[FLAG]!.since} or later, which is told.`;
  return Object.fromEntries(
    Object.entries(histograms).map(([signal, histogram]) => [signal, { ...histogram, otherBoundaries }]),
  );
}

/** Histograms with other buckets, family by family. */
export function bucketFamilies(histograms: Histograms, told: ToldBuckets): Histograms {
  const changed: Partial<Record<HistogramSignal, HistogramSource>> = { ...histograms };
  for (const [family, boundaries] of Object.entries(told)) {
    for (const signal of FAMILIES[family]!) {
      const histogram = histograms[signal];
      if (histogram) changed[signal] = { ...histogram, boundaries };
    }
  }
  return changed;
}

/**
 * The flag that makes durations boundaries of the histograms; undefined when they are, when the release cannot be told, or
 * when the user states the flag. The default boundaries stay, so that quantiles and dashboards lose nothing.
 */
export function bucketFlag(
  version: string,
  histograms: Histograms,
  wanted: readonly LatencyBoundary[] = [],
  args: readonly string[] = [],
): Readonly<Record<string, FlagValue>> {
  if (!hasFlag(version, FLAG) || givenFlags(args).has(FLAG)) return {};
  const families = Object.entries(FAMILIES).flatMap(([family, [first, ...others]]) => {
    const { boundaries } = histograms[first!] ?? {};
    if (boundaries === undefined) return [];
    const durations = wanted.filter(({ quantity }) => [first, ...others].includes(quantity));
    const merged = withBoundaries(
      boundaries,
      durations.map(({ seconds }) => seconds),
    );
    return merged === boundaries ? [] : [[family, merged] as const];
  });
  return families.length === 0 ? {} : { [FLAG]: JSON.stringify(Object.fromEntries(families)) };
}
