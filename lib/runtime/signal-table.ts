import { FlagRange, whereElse } from './command-line-flags';
import {
  CounterSignal,
  CounterSource,
  GaugeSignal,
  GaugeSource,
  HistogramSignal,
  HistogramSource,
  ServerSignals,
  SignalName,
} from './server-signals';

/** A metric in the releases that have it, and where that was read. */
export type SignalRow<Source> = Source & FlagRange & { readonly source: string };

/** One signal of a server through its releases. */
export interface SignalEntry<Source> {
  /** The first that the release has is the one. @default - no release tells it */
  readonly told?: readonly SignalRow<Source>[];
  /** Why other releases do not tell it, and what can be used instead. @default - all releases that are known tell it */
  readonly otherwise?: string;
}

/** Everything that a server tells, by release. Every signal is in it: the compiler holds that. */
export interface SignalTable {
  readonly counters: Readonly<Record<CounterSignal, SignalEntry<CounterSource>>>;
  readonly gauges: Readonly<Record<GaugeSignal, SignalEntry<GaugeSource>>>;
  readonly histograms: Readonly<Record<HistogramSignal, SignalEntry<HistogramSource>>>;
}

/** What one release of a server tells. */
export function signalsOf(version: string, { counters, gauges, histograms }: SignalTable): ServerSignals {
  const lacks: Partial<Record<SignalName, string>> = {};
  const pick = <Name extends SignalName, Source>(
    entries: Readonly<Record<Name, SignalEntry<Source>>>,
  ): Partial<Record<Name, Source>> => {
    const told: Partial<Record<Name, Source>> = {};
    for (const [name, { told: rows = [], otherwise }] of Object.entries<SignalEntry<Source>>(entries)) {
      const row = rows.find((each) => whereElse(version, each) === undefined);
      if (row) {
        told[name as Name] = withoutOrigin(row);
      } else if (otherwise !== undefined) {
        lacks[name as Name] = otherwise;
      }
    }
    return told;
  };
  return { counters: pick(counters), gauges: pick(gauges), histograms: pick(histograms), lacks };
}

const ORIGIN = ['since', 'until', 'source'];
const withoutOrigin = <Source>(row: SignalRow<Source>): Source =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !ORIGIN.includes(name))) as Source;

/** Signals without some, each for the same reason. */
export function withoutSignals(signals: ServerSignals, names: readonly SignalName[], reason: string): ServerSignals {
  const others = <T extends object>(told: T): T =>
    Object.fromEntries(Object.entries(told).filter(([name]) => !names.includes(name as SignalName))) as T;
  return {
    counters: others(signals.counters),
    gauges: others(signals.gauges),
    histograms: others(signals.histograms),
    lacks: { ...signals.lacks, ...Object.fromEntries(names.map((name) => [name, reason])) },
  };
}

/** What a model that writes no text has none of. */
const OF_GENERATION: readonly SignalName[] = [
  'generatedTokens',
  'timeToFirstToken',
  'interTokenLatency',
  'timePerOutputToken',
];

/** What a server of language models tells when its model answers with vectors or scores. */
export const withoutGeneration = (signals: ServerSignals): ServerSignals =>
  withoutSignals(
    signals,
    OF_GENERATION,
    'The model writes no text, so there are no tokens to wait for. Use endToEndLatency and requests.',
  );
