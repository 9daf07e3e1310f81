import { parseArgs } from 'node:util';
import { changeProblems } from '../checks/changes/change-guard';
import { findCheck } from '../checks/catalog';
import { formatProblem, InvalidInputError } from '../problem/problem';
import { CommandResult } from './command';
import { FiledManifest, ManifestSource } from './manifest-source';

export const GUARD_HELP = `cdk8s-gpu-inference guard [BEFORE] [AFTER] [options]

Compares what is applied now with what shall be applied, and tells what a cluster would refuse of the change, or its operators
regret: immutable fields, data that pruning deletes, selectors that lose their pods, steps of a release that were skipped.

  BEFORE         a folder, or REVISION or REVISION:FOLDER of this Git repository (default: HEAD:dist)
  AFTER          the same (default: the folder dist)
  --waive ID=REASON  a check that does not apply to this change; can be repeated
  --json         all findings as JSON
  --help         this text

Exit code 0 when nothing was found, 1 when something was, 2 for mistakes in the arguments or states that cannot be read.
`;

/** Runs the change guard over two states of any manifests, whoever made them. */
export function runGuard(argv: readonly string[]): CommandResult {
  const options = parsed(argv);
  if (typeof options === 'string') return { stdout: '', stderr: `${options}\n\n${GUARD_HELP}`, exitCode: 2 };
  if (options.help) return { stdout: GUARD_HELP, stderr: '', exitCode: 0 };
  let before: FiledManifest[];
  let after: FiledManifest[];
  try {
    before = ManifestSource.named(options.before).read();
    after = ManifestSource.named(options.after).read();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { stdout: '', stderr: `${error.message}\n`, exitCode: 2 };
  }
  const located = after.map(({ path, manifest }) => ({ constructPath: path, manifest }));
  const found = changeProblems(
    before.map(({ manifest }) => manifest),
    located,
  ).map(({ constructPath, ...problem }) => ({ file: constructPath, ...problem }));
  const waived = found.filter(({ check }) => check in options.waivers);
  const standing = found.filter((problem) => !waived.includes(problem));
  const exitCode = standing.length > 0 ? 1 : 0;
  if (options.json) {
    const told = found.map((problem) => ({ ...problem, waived: options.waivers[problem.check] }));
    return { stdout: `${JSON.stringify({ problems: told }, undefined, 2)}\n`, stderr: '', exitCode };
  }
  const texts = [
    ...standing.map(({ file, ...problem }) => `${file === '' ? options.before : file}: ${formatProblem(problem)}`),
    ...waived.map(({ check, message }) => `waived, ${options.waivers[check]}: ${check}\n  ${message}`),
    `${standing.length} problem${standing.length === 1 ? '' : 's'} from ${options.before} to ${options.after}, ${before.length} objects before and ${after.length} after.`,
  ];
  return { stdout: `${texts.join('\n\n')}\n`, stderr: '', exitCode };
}

interface Options {
  readonly before: string;
  readonly after: string;
  readonly waivers: Readonly<Record<string, string>>;
  readonly json: boolean;
  readonly help: boolean;
}

function parsed(argv: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        waive: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [before = 'HEAD:dist', after = 'dist', ...rest] = positionals;
    if (rest.length > 0) return `There are two states to compare, and ${positionals.length} are named.`;
    const waivers = Object.fromEntries(
      values.waive.map((text) => [text.split('=')[0]!, text.slice(text.indexOf('=') + 1).trim()]),
    );
    const wrong = values.waive.filter(
      (text) => !/^[a-z-]+=.*\S/.test(text) || !findCheck(text.split('=')[0]!)?.waivable,
    );
    if (wrong.length > 0) {
      return `--waive ${wrong[0]}: name a check that can be waived and the reason, such as 'deleted-data=the model is retired'.`;
    }
    return { before, after, waivers, json: values.json, help: values.help };
  } catch (error) {
    return (error as Error).message;
  }
}
