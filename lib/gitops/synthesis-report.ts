import { IConstruct } from 'constructs';
import { WARNING } from '../checks/report';
import { formatProblem, Problem } from '../problem/problem';

/** A problem in the words of whoever found it. */
export interface ToldProblem {
  readonly constructPath: string;
  readonly text: string;
}

/** Thrown by synthesis with everything that stands in its way. Nothing was written then. */
export class SynthesisError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SynthesisError';
    // Its reader mends the program; a list of our functions would push the text out of sight.
    this.stack = message;
  }
}

/** A problem of ours at a construct. */
export function told(constructPath: string, problem: Problem): ToldProblem {
  return { constructPath, text: formatProblem(problem) };
}

/** Throws one {@link SynthesisError} with all problems in the order of the construct tree, or returns when there are none. */
export function throwOn(problems: readonly ToldProblem[], constructs: readonly IConstruct[]): void {
  if (problems.length === 0) return;
  const position = new Map(constructs.map(({ node }, index) => [node.path, index]));
  const sorted = [...problems].sort(
    (a, b) => (position.get(a.constructPath) ?? 0) - (position.get(b.constructPath) ?? 0),
  );
  const texts = together(sorted);
  throw new SynthesisError(`${count(texts.length, 'problem')}, nothing written:\n\n${texts.join('\n\n')}`);
}

/** Prints the warnings that constructs left behind on standard error. */
export function printWarnings(constructs: readonly IConstruct[]): void {
  const warnings = constructs.flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === WARNING)
      .map(({ data }) => ({ constructPath: node.path, text: String(data) })),
  );
  if (warnings.length === 0) return;
  const texts = together(warnings);
  process.stderr.write(`${count(texts.length, 'warning')}:\n\n${texts.join('\n\n')}\n`);
}

/** What several constructs say alike is told once, behind all their paths: a canary shares most with its stable twin. */
function together(problems: readonly ToldProblem[]): string[] {
  const paths = new Map<string, Set<string>>();
  for (const { constructPath, text } of problems) {
    const own = paths.get(text) ?? new Set<string>();
    paths.set(text, own.add(constructPath === '' ? '(app)' : constructPath));
  }
  return [...paths].map(([text, own]) => show([...own].join(', '), text));
}

/** Behind the path of the construct; on lines of its own when it does not begin with the id of a check. */
function show(path: string, text: string): string {
  return /^[a-z0-9-]+\n {2}/.test(text) ? `${path}: ${text}` : `${path}:\n${text.replace(/^/gm, '  ')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
