import { existsSync } from 'node:fs';
import { attempt, InvalidInputError } from '../../problem/problem';
import { CommandResult } from '../command';
import { ManifestSource } from '../manifest-source';
import { parsedArguments } from '../parsed-arguments';
import { Scorecard } from '../scorecard';
import { SCORECARD_PATHS } from '../scorecard-files';
import { Cluster, KUBECTL } from './kubectl';
import { rehearsalText } from './rehearse-text';
import { RehearsalOptions, Rehearsing } from './rehearsal';
import { RehearsalImpossible } from './rehearsal-impossible';
import { RehearsedState } from './rehearsed-state';

export const REHEARSE_HELP = `cdk8s-gpu-inference rehearse [DIST] [options]

Plays a synthesized platform through on a cluster of simulated nodes, before the commit is merged: are all objects taken, do the
pods land where the plan says, does each quota hold, is a release never short of a pod? No GPU is needed. The cluster is that of
the current kubeconfig; one in which a single node is real is refused, always. Takes kubectl.

  DIST             the folder (default: dist)
  --steps STATE    what is applied after it, one commit after the other: a folder, or REVISION:FOLDER of this Git
                   repository; can be repeated
  --nodes POOL=N   nodes of a pool (default: as many as it may have); can be repeated
  --timeout SEC    longest wait for one state (default: 300)
  --settle SEC     how long nothing may move before a state counts as reached (default: 15)
  --keep           leave everything in the cluster
  --json           the report as JSON
  --help           this text

Exit code 0 when every promise of the plan came true, 1 when one did not, 2 when it could not be played.
`;

/** Runs the command; the cluster can be stood in for. */
export async function runRehearse(argv: readonly string[], cluster: Cluster = KUBECTL): Promise<CommandResult> {
  const options = parsed(argv);
  if (typeof options === 'string') return { stdout: '', stderr: `${options}\n\n${REHEARSE_HELP}`, exitCode: 2 };
  if (options.help) return { stdout: REHEARSE_HELP, stderr: '', exitCode: 0 };
  let states: RehearsedState[];
  try {
    states = options.states.map(stateOf);
  } catch (error) {
    if (!(error instanceof InvalidInputError || error instanceof RehearsalImpossible)) throw error;
    return { stdout: '', stderr: `${error.message}\n`, exitCode: 2 };
  }
  const unknown = Object.keys(options.nodes).filter(
    (pool) => !states.some(({ scorecard }) => scorecard.pools.some(({ name }) => name === pool)),
  );
  if (unknown.length > 0) {
    return { stdout: '', stderr: `--nodes ${unknown[0]}: the plan has no such pool.\n`, exitCode: 2 };
  }
  const rehearsing = new Rehearsing(cluster, options, (line) => void process.stderr.write(`${line}\n`));
  try {
    const rehearsal = await rehearsing.play(states);
    const kept = rehearsal.steps.every((step) => !step.refused && step.verdicts.every((verdict) => verdict.kept));
    return {
      stdout: options.json
        ? `${JSON.stringify({ version: 1, kept, ...rehearsal }, undefined, 2)}\n`
        : rehearsalText(rehearsal),
      stderr: '',
      exitCode: kept ? 0 : 1,
    };
  } catch (error) {
    if (!(error instanceof RehearsalImpossible)) throw error;
    return { stdout: '', stderr: `${error.message}\n`, exitCode: 2 };
  } finally {
    if (!options.keep) rehearsing.cleanUp();
  }
}

interface Options extends RehearsalOptions {
  readonly states: readonly string[];
  readonly keep: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

function parsed(argv: readonly string[]): Options | string {
  const read = parsedArguments({
    args: [...argv],
    allowPositionals: true,
    options: {
      steps: { type: 'string', multiple: true, default: [] },
      nodes: { type: 'string', multiple: true, default: [] },
      timeout: { type: 'string', default: '300' },
      settle: { type: 'string', default: '15' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (typeof read === 'string') return read;
  const { values, positionals } = read;
  const nodes = values.nodes.map((text) => /^([^=]+)=(\d+)$/.exec(text));
  if (nodes.includes(null)) return `--nodes takes POOL=N, such as gpupool=2.`;
  for (const [name, text] of Object.entries({ timeout: values.timeout, settle: values.settle })) {
    if (!/^[1-9]\d*$/.test(text)) return `--${name} is ${text}; give whole seconds from 1 on.`;
  }
  // What follows --steps without a name of its own is a step too, as in --steps a b c.
  const [dist = 'dist', ...more] = positionals;
  return {
    states: [dist, ...values.steps, ...more],
    nodes: Object.fromEntries(nodes.map((match) => [match![1]!, Number(match![2])])),
    timeoutSeconds: Number(values.timeout),
    settleSeconds: Number(values.settle),
    keep: values.keep,
    json: values.json,
    help: values.help,
  };
}

const CARD = SCORECARD_PATHS.find((path) => path.endsWith('.json5'))!;

function stateOf(text: string): RehearsedState {
  const source = ManifestSource.named(text);
  if (!text.includes(':') && !existsSync(text) && attempt([], () => source.read()) === undefined) {
    throw new RehearsalImpossible(`There is no folder ${text}, and Git knows no such revision. Synthesize it first.`);
  }
  const card = source.file(CARD);
  if (card === undefined) {
    throw new RehearsalImpossible(
      `${text} has no ${CARD}: without the plan there is nothing to hold the cluster against. Synthesize with a scorecard.`,
    );
  }
  const files = source.read();
  if (files.length === 0) throw new RehearsalImpossible(`${text} has a plan and no manifests. Synthesize it again.`);
  return { name: text, files, scorecard: planOf(text, card) };
}

function planOf(text: string, card: string): Scorecard {
  try {
    const plan = JSON.parse(card) as Partial<Scorecard>;
    const { services, pools, quotas } = plan;
    if ([services, pools, quotas].every(Array.isArray)) return plan as Scorecard;
  } catch {
    // Told below, as what is JSON and something else.
  }
  throw new RehearsalImpossible(
    `${text}/${CARD} is no plan that this version of the library wrote. Synthesize it again.`,
  );
}
