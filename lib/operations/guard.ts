import { CHANGE_CHECKS, changeProblems } from '../checks/changes/change-guard';
import { ReplicasUnderScaler } from '../checks/replicas-under-scaler';
import { formatProblem, InvalidInputError } from '../problem/problem';
import { CommandResult } from './command';
import { FiledManifest, ManifestSource } from './manifest-source';
import { parsedArguments } from './parsed-arguments';

/** What is asked: of the change, and of what shall be, whose replicas every commit would reset. */
const CHECKS = [...CHANGE_CHECKS, 'replicas-under-scaler'] as const;

export const GUARD_HELP = `cdk8s-gpu-inference guard [BEFORE] [AFTER] [options]

Compares what is applied now with what shall be applied, and tells what a cluster would refuse of the change, or its operators
regret: immutable fields, data that pruning deletes, selectors that lose their pods, steps of a release that were skipped,
replicas that a scaler decides.

  BEFORE         a folder, or REVISION or REVISION:FOLDER of this Git repository (default: HEAD:dist)
  AFTER          the same (default: the folder dist)
  --waive ID=REASON  a check that does not apply to this change, of those below; can be repeated
  --json         all findings as JSON
  --help         this text

Checks: ${CHECKS.join(', ')}.
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
  const replicas = new ReplicasUnderScaler();
  for (const { constructPath, manifest } of located) replicas.add(manifest, constructPath);
  const changes = changeProblems(
    before.map(({ manifest }) => manifest),
    located,
  );
  const found = [...changes, ...replicas.problems()].map(({ constructPath, ...problem }) => ({
    file: constructPath,
    ...problem,
  }));
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
  const read = parsedArguments({
    args: [...argv],
    allowPositionals: true,
    options: {
      waive: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (typeof read === 'string') return read;
  const { values, positionals } = read;
  const [before = 'HEAD:dist', after = 'dist', ...rest] = positionals;
  if (rest.length > 0) return `There are two states to compare, and ${positionals.length} are named.`;
  const waivers = values.waive.map((text) => /^([^=]*)=(.*\S)/.exec(text));
  const wrong = waivers.findIndex((waiver) => !waiver || !(CHECKS as readonly string[]).includes(waiver[1]!));
  if (wrong >= 0) {
    return `--waive ${values.waive[wrong]}: name one of ${CHECKS.join(', ')} and the reason, such as 'deleted-data=the model is retired'.`;
  }
  return {
    before,
    after,
    waivers: Object.fromEntries(waivers.map((waiver) => [waiver![1]!, waiver![2]!.trim()])),
    json: values.json,
    help: values.help,
  };
}
