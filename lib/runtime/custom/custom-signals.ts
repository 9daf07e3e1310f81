import { nearestNames } from '../../problem/nearest-names';
import { Problem } from '../../problem/problem';
import { MetricSeries, ServerSignals, SignalName, SIGNALS } from '../server-signals';
import { asWritten } from '../server-settings';

/**
 * What a server tells at `metrics`, by the names that this library has for it, such as
 * `{ counters: { requests: { series: [{ metric: 'http_requests_total' }] } } }`. What is left out cannot be watched.
 */
export type CustomSignals = Partial<ServerSignals>;

/** The stated signals, and of each other one that nobody stated it; undefined when none are stated. */
export function customSignals(name: string, stated: CustomSignals | undefined): ServerSignals | undefined {
  if (stated === undefined) return undefined;
  const { counters = {}, gauges = {}, histograms = {}, lacks = {} } = stated;
  const known = [counters, gauges, histograms].flatMap((told) => Object.keys(told));
  const others = ALL.filter((signal) => !known.includes(signal) && !Object.hasOwn(lacks, signal));
  return {
    counters,
    gauges,
    histograms,
    lacks: {
      ...Object.fromEntries(others.map((signal) => [signal, `State the metric of ${name} for it in signals.`])),
      ...lacks,
    },
  };
}

const ALL: readonly SignalName[] = Object.values(SIGNALS).flat();

/** Everything in stated signals that Prometheus would refuse, or that would never match. */
export function customSignalProblems(signals: unknown, metrics: unknown): Problem[] {
  if (signals === undefined) return [];
  if (!isRecord(signals)) {
    return [problem(`signals is ${asWritten(signals)}.`, 'Use { counters, gauges, histograms }, each by signal.')];
  }
  const { lacks, ...kinds } = signals;
  return [
    ...(metrics === undefined || metrics === false
      ? [problem('signals are stated, but no metrics.', "State metrics: { path: '/metrics', port: … }.")]
      : []),
    ...lacksProblems(lacks),
    ...Object.entries(kinds).flatMap(([kind, told]): Problem[] => {
      if (!Object.hasOwn(SIGNALS, kind)) return [unknownName(`signals.${kind}`, kind, Object.keys(SIGNALS))];
      if (told === undefined) return [];
      if (!isRecord(told)) return [problem(`signals.${kind} is ${asWritten(told)}.`, 'Use an object by signal.')];
      const names: readonly string[] = SIGNALS[kind as keyof typeof SIGNALS];
      return Object.entries(told).flatMap(([name, source]) =>
        names.includes(name)
          ? sourceProblems(kind as keyof typeof SIGNALS, name, source)
          : [unknownName(`signals.${kind}.${name}`, name, names)],
      );
    }),
  ];
}

function sourceProblems(kind: keyof typeof SIGNALS, name: string, source: unknown): Problem[] {
  const path = `signals.${kind}.${name}`;
  if (!isRecord(source)) return [problem(`${path} is ${asWritten(source)}.`, "Use { metric: 'name' }.")];
  switch (kind) {
    case 'counters':
      return [
        ...(Array.isArray(source.series) && source.series.length > 0
          ? source.series.flatMap((series) => seriesProblems(path, series))
          : [problem(`${path} has no series.`, "State series: [{ metric: 'requests_total' }].")]),
        ...(source.progress === undefined ? [] : progressProblems(`${path}.progress`, source.progress)),
        ...(source.together === undefined ? [] : oneOf(`${path}.together`, source.together, ['sum', 'max'])),
      ];
    case 'gauges':
      return [...seriesProblems(path, source), ...oneOf(`${path}.across`, source.across, ['sum', 'max'])];
    case 'histograms':
      return [
        ...seriesProblems(path, source),
        ...(/_(bucket|count|sum)$/.test(String(source.metric))
          ? [problem(`${path} is ${asWritten(source.metric)}.`, 'Leave _bucket, _count and _sum out.')]
          : []),
        ...oneOf(`${path}.unitsPerSecond`, source.unitsPerSecond, [1, 1000]),
        ...boundaryProblems(`${path}.boundaries`, source.boundaries),
      ];
  }
}

function lacksProblems(lacks: unknown): Problem[] {
  if (lacks === undefined) return [];
  if (!isRecord(lacks)) return [problem(`signals.lacks is ${asWritten(lacks)}.`, 'Use texts, by signal.')];
  return Object.entries(lacks).flatMap(([name, reason]) => {
    if (!(ALL as readonly string[]).includes(name)) return [unknownName(`signals.lacks.${name}`, name, ALL)];
    if (typeof reason === 'string' && reason.trim() !== '') return [];
    return [
      problem(`signals.lacks.${name} is ${asWritten(reason)}.`, "Say in a sentence what to use: 'Ask the gateway.'."),
    ];
  });
}

const progressProblems = (path: string, progress: unknown): Problem[] =>
  Array.isArray(progress)
    ? progress.flatMap((series) => seriesProblems(path, series))
    : [
        problem(
          `${path} is ${asWritten(progress)}.`,
          'Use a list of series; an empty one where nothing rises until the end.',
        ),
      ];

function seriesProblems(path: string, series: unknown): Problem[] {
  const { metric, matchers = [] } = (isRecord(series) ? series : {}) as Partial<MetricSeries>;
  const wrong = Array.isArray(matchers) ? matchers.filter((each) => !isMatcher(String(each))) : [matchers];
  return [
    // Prometheus 3 takes any text, but the queries here are for 2 as well.
    ...(/^[a-zA-Z_:][\w:]*$/.test(String(metric)) && !WORDS_OF_PROMQL.test(String(metric))
      ? []
      : [
          problem(
            `The metric of ${path} is ${asWritten(metric)}.`,
            'Use letters, digits, "_" and ":", not beginning with a digit.',
          ),
        ]),
    ...wrong.map((each) =>
      problem(`A matcher of ${path} is ${asWritten(each)}.`, 'Write it as PromQL does, such as \'status="5xx"\'.'),
    ),
  ];
}

/** What PromQL does not read as a name. */
const WORDS_OF_PROMQL =
  /^(inf|nan|on|off|ignoring|group_left|group_right|and|or|unless|atan2|by|without|bool|offset)$/i;

/**
 * A label, how it is compared, and a printable ASCII text in double quotes. Flux would replace a variable in it; the name of the
 * metric is there already.
 */
const MATCHER = /^(?!__name__\b)[a-zA-Z_]\w*(=~|!~|!=|=)"((?:[ !#%-[\]-~]|\$(?!\{)|\\["\\nrt])*)"$/;

function isMatcher(text: string): boolean {
  const [, comparison, value = ''] = MATCHER.exec(text) ?? [];
  if (comparison === undefined || !comparison.endsWith('~')) return comparison !== undefined;
  const expression = JSON.parse(`"${value}"`) as string;
  if (!isOfGo(expression)) return false;
  try {
    // Only the newest Node knows (?i).
    new RegExp(expression.replaceAll('(?i)', '').replaceAll('(?i:', '(?:'));
    return true;
  } catch {
    return false;
  }
}

/** Expressions of JavaScript that Prometheus reads too: it takes those of Go (regexp/syntax), which never look back. */
function isOfGo(expression: string): boolean {
  const repeats = [...expression.matchAll(/\{(\d+),?(\d*)\}/g)].flatMap(([, least, most]) => [
    Number(least),
    Number(most),
  ]);
  return (
    // No (?=. Names of groups would say nothing here.
    !/\(\?(?!:|i[:)])/.test(expression) &&
    // No \1, no \k, and no other letter that means nothing there.
    !/(?<!\\)(?:\\\\)*\\(?=[a-zA-Z1-9])[^aftnrvdDsSwWbBAzpPx]/.test(expression) &&
    // No set without an element.
    !/(?<!\\)\[\^?\]/.test(expression) &&
    repeats.every((each) => each <= 1000)
  );
}

function boundaryProblems(path: string, boundaries: unknown): Problem[] {
  if (boundaries === undefined) return [];
  const rising =
    Array.isArray(boundaries) &&
    boundaries.length > 0 &&
    boundaries.every((each, at) => Number.isFinite(each) && each > ((boundaries as number[])[at - 1] ?? 0));
  return rising ? [] : [problem(`${path} is ${asWritten(boundaries)}.`, 'Use rising numbers of seconds above 0.')];
}

const oneOf = (path: string, value: unknown, choices: readonly unknown[]): Problem[] =>
  choices.includes(value)
    ? []
    : [problem(`${path} is ${asWritten(value)}.`, `Use ${choices.map((each) => asWritten(each)).join(' or ')}.`)];

const unknownName = (path: string, name: string, names: readonly string[]): Problem =>
  problem(`${path} is no signal.`, `Did you mean ${nearestNames(name, names, 3).join(', ')}?`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const problem = (message: string, remedy: string): Problem => ({ check: 'runtime-contract', message, remedy });
