import { nearestNames } from '../problem/nearest-names';
import { CommandResult } from './command';
import { runFit } from './fit';
import { runGuard } from './guard';
import { runLock } from './lock';
import { runRehearse } from './rehearse/rehearse';
import { packageVersion } from '../observability/package-version';

interface Command {
  readonly help: string;
  readonly run: (argv: readonly string[]) => CommandResult | Promise<CommandResult>;
}

/** All commands, by the word that calls them. */
const COMMANDS: Readonly<Record<string, Command>> = {
  fit: { help: 'does a model fit a GPU, and which machines would do?', run: (argv) => runFit(argv) },
  guard: {
    help: 'what would a cluster refuse, or its operators regret, of a change of dist/?',
    run: (argv) => runGuard(argv),
  },
  lock: { help: 'which digests do the image tags stand for? Writes images.lock.json', run: (argv) => runLock(argv) },
  rehearse: {
    help: 'does a cluster make of dist/ what the plan says? On simulated nodes, without a GPU',
    run: (argv) => runRehearse(argv),
  },
};

/** The command line without its process. */
export function runCommandLine(argv: readonly string[]): CommandResult | Promise<CommandResult> {
  const [word, ...rest] = argv;
  if (word === undefined) return { stdout: '', stderr: help(), exitCode: 2 };
  if (word === '--help' || word === '-h' || word === 'help') return { stdout: help(), stderr: '', exitCode: 0 };
  if (word === '--version') return { stdout: `${packageVersion()}\n`, stderr: '', exitCode: 0 };
  if (Object.hasOwn(COMMANDS, word)) return COMMANDS[word]!.run(rest);
  const near = nearestNames(word, Object.keys(COMMANDS), 3).join(', ');
  return {
    stdout: '',
    stderr: `There is no command ${JSON.stringify(word)}.\n  Did you mean ${near}?\n\n${help()}`,
    exitCode: 2,
  };
}

function help(): string {
  const widest = Math.max(...Object.keys(COMMANDS).map((word) => word.length));
  const lines = Object.entries(COMMANDS).map(([word, command]) => `  ${word.padEnd(widest)}  ${command.help}`);
  return `cdk8s-gpu-inference COMMAND [options]\n\n${lines.join('\n')}\n\nOptions of a command: cdk8s-gpu-inference COMMAND --help\n`;
}
