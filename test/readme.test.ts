import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, synthesizeProgram } from './conformance/synthesized-program';

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/** Fenced blocks of a Markdown text, with the line of the fence. */
function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n([^]*?)^```$/gm)].map(({ 1: language, 2: text, index }) => ({
    language: language!,
    text: text!,
    line: markdown.slice(0, index).split('\n').length,
  }));
}

/** Complete programs, each with the YAML that is shown before the next program or snippet. */
function programs(
  markdown: string,
): { readonly line: number; readonly source: string; readonly shown: readonly string[] }[] {
  const all = blocks(markdown);
  return all.flatMap(({ language, text, line }, index) => {
    if (language !== 'ts' || !text.startsWith('import ')) return [];
    const rest = all.slice(index + 1);
    const next = rest.findIndex((block) => block.language === 'ts');
    const shown = rest.slice(0, next < 0 ? undefined : next).filter((block) => block.language === 'yaml');
    return [{ line, source: text, shown: shown.map((block) => block.text) }];
  });
}

/** The pieces of a shown YAML; comments in it say what is left out or where it stands. */
const excerpts = (shown: string): string[] =>
  shown
    .split(/^ *#.*$/m)
    .map((piece) => piece.replace(/^\n+|\s+$/g, ''))
    .filter((piece) => piece !== '');

/** Whether a piece of YAML occurs in a text, line by line, all moved to the right by the same number of blanks. */
function occurs(piece: string, text: string): boolean {
  const wanted = piece.split('\n');
  const lines = text.split('\n');
  return lines.some((line, at) => {
    const indent = line.length - wanted[0]!.length;
    // the first key of an item stands behind the dash of the item
    if (indent < 0 || !/^[ -]*$/.test(line.slice(0, indent)) || line.slice(indent) !== wanted[0]) return false;
    return wanted.slice(1).every((one, offset) => lines[at + 1 + offset] === `${' '.repeat(indent)}${one}`);
  });
}

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const complete = programs(readme);

test('README.md has a complete program and shows what it becomes', () => {
  expect(complete.filter(({ shown }) => shown.length > 0).length).toBeGreaterThanOrEqual(1);
});

describe.each(complete)('the program on line $line', ({ source, shown }) => {
  test('synthesizes, and the YAML after it is a part of the output', () => {
    // Beside the tests, where jest transforms it and finds modules.
    const folder = mkdtempSync(join(__dirname, 'readme-'));
    try {
      writeFileSync(join(folder, 'main.ts'), source);
      const output = Object.values(synthesizeProgram(join(folder, 'main.ts')).files).join('');
      expect(output).not.toBe('');
      for (const piece of shown.flatMap(excerpts)) {
        if (!occurs(piece, output)) expect(output).toContain(piece);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('an excerpt is found at any depth, and a wrong number in it is noticed', () => {
  const output = 'spec:\n  containers:\n    - name: nim\n      image: nim:1.0.0\n';
  expect(occurs('- name: nim\n  image: nim:1.0.0', output)).toBe(true);
  expect(occurs('name: nim\nimage: nim:1.0.0', output)).toBe(true);
  expect(occurs('name: nim\nimage: nim:1.0.1', output)).toBe(false);
  expect(occurs('name: nim\n  image: nim:1.0.0', output)).toBe(false);
});

test('the refusal that it shows is what the program says when it promises 24 sequences', () => {
  const shown = blocks(readme).find(({ text }) => text.startsWith('1 problem, nothing written'));
  const source = complete[0]!.source.replace('maxModelLen: 8192,', 'maxModelLen: 8192, concurrency: 24,');
  const folder = mkdtempSync(join(__dirname, 'readme-'));
  try {
    writeFileSync(join(folder, 'main.ts'), source);
    expect(() => synthesizeProgram(join(folder, 'main.ts'))).toThrow(shown!.text.trimEnd());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
