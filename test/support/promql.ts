import { EditorState } from '@codemirror/state';
import { Parser } from '@prometheus-io/codemirror-promql/dist/cjs/parser';
import { parser } from '@prometheus-io/lezer-promql';

// The grammar and the types of Prometheus' own editor. `promtool` judges rules where it is there; this judges every query
// anywhere, in a millisecond.
const grammar = parser.configure({ top: 'PromQL' });

function typeErrors(query: string): string[] {
  // An editor parses what is seen; the types of a long query are judged to its end.
  const tree = grammar.parse(query);
  const types = new Parser(EditorState.create({ doc: query }));
  Object.assign(types, { tree });
  types.analyze();
  return types
    .getDiagnostics()
    .filter(({ severity }) => severity === 'error')
    .map(({ message, from, to }) => `${message}: ${query.slice(from, to)}`);
}

/**
 * What is wrong with a query: its syntax, or types such as a vector where a range is wanted. Variables of Grafana are no
 * PromQL: replace them before.
 */
export function promqlProblems(query: string): string[] {
  const syntax: string[] = [];
  // The editor forgives a query that is not typed to its end; Prometheus does not.
  grammar.parse(query).iterate({
    enter: ({ type, from }) => {
      if (type.isError) syntax.push(`syntax error at ${from}: ${query.slice(from, from + 20) || 'the end'}`);
    },
  });
  return syntax.length > 0 ? syntax : typeErrors(query);
}

/** Names of the metrics and records that a query reads, in their order, each once. */
export function metricsOf(query: string): string[] {
  const names: string[] = [];
  grammar.parse(query).iterate({
    enter: ({ type, node, from, to }) => {
      // An Identifier is also a metric's name only in a selector; `on (le)` has labels.
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(query.slice(from, to));
      if (type.name !== 'UnquotedLabelMatcher' && type.name !== 'QuotedLabelMatcher') return;
      const named = /^__name__\s*=\s*"(.*)"$/.exec(query.slice(from, to));
      if (named) names.push(named[1]!);
    },
  });
  return [...new Set(names)];
}

/** Selectors such as `up{job="x"}` with their matchers, as they stand in a query. */
export function selectorsOf(query: string): string[] {
  const selectors: string[] = [];
  grammar.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.name === 'VectorSelector') selectors.push(query.slice(from, to));
    },
  });
  return selectors;
}
