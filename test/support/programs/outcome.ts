import { load } from 'js-yaml';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '../../../lib';
import { Manifest } from '../yaml-of';
import { run } from './programs';

/** An object of a program, and its text as Flux would read it. */
export interface WrittenObject {
  readonly manifest: Manifest;
  readonly text: string;
}

/** What becomes of a program: objects, a refusal in words, or neither, which no program should see. */
export type Outcome =
  | { readonly kind: 'written'; readonly objects: readonly WrittenObject[] }
  | { readonly kind: 'refused'; readonly told: string }
  | { readonly kind: 'broken'; readonly how: string };

/** Runs a program with a folder of its own. What it prints on standard error is the caller's to silence. */
export function outcomeOf(program: string): Outcome {
  const outdir = mkdtempSync(join(tmpdir(), 'program-'));
  try {
    run(program, outdir);
    return { kind: 'written', objects: writtenIn(outdir) };
  } catch (error) {
    const flaw = flawOf(error as Error);
    return flaw === undefined
      ? { kind: 'refused', told: (error as Error).message }
      : { kind: 'broken', how: `${flaw}\n${(error as Error).stack}` };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function writtenIn(outdir: string): WrittenObject[] {
  return readdirSync(outdir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) =>
      readFileSync(join(outdir, file), 'utf8')
        .split(/^---\n/m)
        .slice(1),
    )
    .map((text) => ({ manifest: load(text) as Manifest, text }));
}

/** Why an error is no refusal; undefined for one that says what is wrong, and then what to change. */
function flawOf(error: Error): string | undefined {
  if (error instanceof InvalidInputError) {
    const silent = error.problems.find(
      ({ check, message, remedy }) => !/^[a-z-]+$/.test(check) || message.length < 8 || !/^[A-Z"].{5,}/s.test(remedy),
    );
    return error.problems.length > 0 && silent === undefined ? undefined : `Says too little: ${JSON.stringify(silent)}`;
  }
  // Everything else has come from inside.
  if (error.name !== 'SynthesisError') return `A ${error.name} that is no refusal.`;
  const [head = '', ...problems] = error.message.split(/\n\n(?=\S)/);
  if (!/^\d+ problems?, nothing written:/.test(head) || problems.length === 0) return 'No problem is told.';
  const silent = problems.find((problem) => !/^(?:\(app\)|[^\n]*): [a-z0-9-]+\n {2}\S[^]*\n {2}\S/.test(problem));
  return silent === undefined ? undefined : `Says too little: ${silent}`;
}

const indentOf = (line: string) => line.length - line.trimStart().length;

/** The program without one statement, one prop or one entry; those that lack most come first. */
function shorter(program: string): string[] {
  const lines = program.split('\n');
  const parts = lines.map((line, at): readonly [from: number, to: number] => {
    if (!/[[{(]$/.test(line)) return [at, at + 1];
    const end = lines.findIndex((later, index) => index > at && indentOf(later) <= indentOf(line));
    return [at, end < 0 ? lines.length : end + 1];
  });
  return parts
    .sort((one, other) => other[1] - other[0] - (one[1] - one[0]))
    .map(([from, to]) => [...lines.slice(0, from), ...lines.slice(to)].join('\n'));
}

/** How long a program may be made shorter, in ms: what is left then is short enough. */
const PATIENCE = 20_000;

/** The shortest program that is still wrong in the same way, as far as taking parts away leads there. */
export async function shortened(program: string, wrong: (shorter: string) => Promise<boolean>): Promise<string> {
  const end = Date.now() + PATIENCE;
  for (const candidate of shorter(program)) {
    if (Date.now() > end) break;
    if (await wrong(candidate)) return shortened(candidate, wrong);
  }
  return program;
}
