import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'fs';
import { dirname, extname, join } from 'path';

const NOTICE = 'Synthesized by cdk8s-gpu-inference. Edits are overwritten: change the code instead.';

/**
 * The first line of every manifest that we write. It is how a later synthesis knows its own files from others, so it
 * holds no version and never changes.
 */
export const SYNTHESIZED = `# ${NOTICE}\n`;

/** The same for every kind of file that we write: its first bytes. JSON has no comments, so there it is a first key. */
const MARKS: Readonly<Record<string, string>> = {
  '.yaml': SYNTHESIZED,
  '.md': `<!-- ${NOTICE} -->\n`,
  '.html': `<!-- ${NOTICE} -->\n`,
  '.json5': `{\n  "//": "${NOTICE}",`,
};

const markOf = (path: string): string | undefined => MARKS[extname(path)];

/**
 * A text as it stands in a file of ours.
 *
 * @param path a file whose extension is `.yaml`, `.md`, `.html` or `.json5`
 * @param text JSON must be an object with keys, a line each
 */
export function marked(path: string, text: string): Buffer {
  const mark = markOf(path);
  if (mark === undefined) throw new Error(`no mark for ${path}`);
  return Buffer.from(mark + (extname(path) === '.json5' ? text.slice('{'.length) : text));
}

/** What a synthesis is going to do with an output directory. Nothing has happened yet. */
export interface OutputPlan {
  /** Files to write, without those that are there already with the same content. */
  readonly write: readonly string[];
  /** Files of an earlier synthesis that this one has no use for. */
  readonly remove: readonly string[];
  /** Files that we would have to overwrite and did not write. */
  readonly foreign: readonly string[];
}

/**
 * Compares an output directory with what shall stand in it.
 *
 * @param directory the output directory; it may be missing
 * @param files content by path below the directory; each as {@link marked} makes it
 */
export function planOutput(directory: string, files: ReadonlyMap<string, Buffer>): OutputPlan {
  const write: string[] = [];
  const foreign: string[] = [];
  for (const [path, content] of files) {
    const present = contentOf(join(directory, path));
    if (present === undefined) write.push(path);
    else if (!isOurs(path, present)) foreign.push(path);
    else if (!present.equals(content)) write.push(path);
  }
  const remove = filesOfOurKinds(directory, '').filter((path) => !files.has(path) && startsAsOurs(directory, path));
  return { write, remove, foreign };
}

/** Carries out a plan: removes, with the folders that this empties, then writes. */
export function carryOut(plan: OutputPlan, directory: string, files: ReadonlyMap<string, Buffer>): void {
  // before writing: where case does not count, an old name may be a new one
  for (const path of plan.remove) {
    rmSync(join(directory, path));
    removeEmptyFolders(directory, dirname(path));
  }
  mkdirSync(directory, { recursive: true });
  const folders = new Set(plan.write.map((path) => dirname(join(directory, path))));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const path of plan.write) writeFileSync(join(directory, path), files.get(path)!);
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isOurs(path: string, content: Buffer): boolean {
  const mark = markOf(path)!;
  // git may have given the lines carriage returns
  return content
    .subarray(0, mark.length + 2)
    .toString('latin1')
    .replace(/\r/g, '')
    .startsWith(mark);
}

function startsAsOurs(directory: string, path: string): boolean {
  const start = Buffer.alloc(markOf(path)!.length + 2);
  const descriptor = openSync(join(directory, path), 'r');
  try {
    return isOurs(path, start.subarray(0, readSync(descriptor, start)));
  } finally {
    closeSync(descriptor);
  }
}

/** Paths of files that could be ours. Links are not followed, hidden folders and node_modules not entered. */
function filesOfOurKinds(directory: string, folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(join(directory, folder), { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) return markOf(entry.name) === undefined ? [] : [path];
    const enter = entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules';
    return enter ? filesOfOurKinds(directory, path) : [];
  });
}

function removeEmptyFolders(directory: string, folder: string): void {
  if (folder === '.' || readdirSync(join(directory, folder)).length > 0) return;
  rmdirSync(join(directory, folder));
  removeEmptyFolders(directory, dirname(folder));
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
