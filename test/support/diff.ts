import { toYaml } from '../../lib/gitops/yaml';
import './plain-text';
import { Manifest } from './yaml-of';

/** Unchanged lines that are shown before a change. */
const CONTEXT = 2;

/**
 * What a person sees who reviews the pull request: the lines that change, under the object that they are in and the key
 * that leads to them. Objects that come or go are told by name only.
 */
export function diffOf(before: readonly Manifest[], after: readonly Manifest[]): string {
  const name = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
  const old = new Map(before.map((object) => [name(object), toYaml(object)]));
  const now = new Map(after.map((object) => [name(object), toYaml(object)]));
  return [
    ...[...old.keys()].filter((key) => !now.has(key)).map((key) => `- ${key}`),
    ...[...now.keys()].filter((key) => !old.has(key)).map((key) => `+ ${key}`),
    ...[...now].flatMap(([key, text]) => (old.has(key) ? hunks(key, old.get(key)!, text) : [])),
  ].join('\n');
}

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

function hunks(object: string, before: string, after: string): string[] {
  const lines = diff(before.trimEnd().split('\n'), after.trimEnd().split('\n'));
  return lines.flatMap(({ sign, text }, at) => {
    if (sign === ' ') return [];
    const begins = at === 0 || lines[at - 1]!.sign === ' ';
    const context = begins ? contextOf(lines, at) : [];
    const far = begins && !lines.slice(Math.max(0, at - 1 - context.length), at).some((line) => line.sign !== ' ');
    return [...(far ? [`@@ ${object}: ${keyAbove(lines, at)}`] : []), ...context, `${sign} ${text}`];
  });
}

function contextOf(lines: readonly Line[], at: number): string[] {
  const context: string[] = [];
  for (let line = at - 1; line >= 0 && lines[line]!.sign === ' ' && context.length < CONTEXT; line--) {
    context.unshift(`  ${lines[line]!.text}`);
  }
  return context;
}

/** Longest common subsequence, walked from the end, so that an entry put first in a list is shown as one piece. */
function diff(a: readonly string[], b: readonly string[]): Line[] {
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      common[i]![j] =
        a[i - 1] === b[j - 1] ? common[i - 1]![j - 1]! + 1 : Math.max(common[i - 1]![j]!, common[i]![j - 1]!);
    }
  }
  const lines: Line[] = [];
  for (let i = a.length, j = b.length; i > 0 || j > 0;) {
    if (i > 0 && j > 0 && a[i - 1] === b[j - 1]) {
      lines.unshift({ sign: ' ', text: a[--i]! });
      j--;
    } else if (j > 0 && (i === 0 || common[i]![j - 1]! >= common[i - 1]![j]!)) {
      lines.unshift({ sign: '+', text: b[--j]! });
    } else {
      lines.unshift({ sign: '-', text: a[--i]! });
    }
  }
  return lines;
}

/** The keys that lead to a line, as `spec.template.spec`. */
function keyAbove(lines: readonly Line[], at: number): string {
  const indentOf = (text: string) => /^[ -]*/.exec(text)![0].length;
  const keys: string[] = [];
  let indent = indentOf(lines[at]!.text);
  for (let line = at - 1; line >= 0 && indent > 0; line--) {
    const { text } = lines[line]!;
    const key = /^[ -]*([^\s-][^:]*):$/.exec(text)?.[1];
    if (key === undefined || indentOf(text) >= indent) continue;
    indent = indentOf(text);
    keys.unshift(key);
  }
  return keys.join('.');
}
