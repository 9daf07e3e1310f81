import { readFileSync } from 'node:fs';
import { CommandResult } from './command';
import { answerFit } from './fit-answer';
import { FIT_OPTIONS, Mistake, parseFitArguments, ReadFile, wants } from './fit-arguments';
import { fitJson } from './fit-json';
import { fitText } from './fit-text';
import { packageVersion } from '../observability/package-version';

/**
 * Does a model fit a GPU? The question before any code. Works offline.
 *
 * @param argv arguments behind the word `fit`
 * @returns exit code 0 when it fits or is tight, as synthesis would accept it; 1 when it does not; 2 for mistakes in the
 * arguments, all of them at once on stderr
 */
export function runFit(
  argv: readonly string[],
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): CommandResult {
  if (wants(argv, 'help')) return { stdout: FIT_HELP, stderr: '', exitCode: 0 };
  if (wants(argv, 'version')) return { stdout: `${packageVersion()}\n`, stderr: '', exitCode: 0 };
  const parsed = parseFitArguments(argv, readFile);
  if ('mistakes' in parsed) return { stdout: '', stderr: mistakesText(parsed.mistakes), exitCode: 2 };
  const answer = answerFit(parsed.question);
  return {
    stdout: parsed.question.json ? fitJson(answer) : fitText(answer),
    stderr: '',
    exitCode: answer.verdict === 'does-not-fit' ? 1 : 0,
  };
}

function mistakesText(mistakes: readonly Mistake[]): string {
  const told = mistakes.map(({ message, remedy }) => `${message}\n  ${remedy.replace(/\n/g, '\n  ')}`);
  const head = mistakes.length === 1 ? '1 mistake in the arguments:' : `${mistakes.length} mistakes in the arguments:`;
  return `${[head, ...told, 'cdk8s-gpu-inference fit --help lists all options.'].join('\n\n')}\n`;
}

const options = Object.entries(FIT_OPTIONS).map(([name, option]) => ({
  usage: `--${name}${'value' in option ? ` ${option.value}` : ''}`,
  help: option.help,
}));
const widest = Math.max(...options.map(({ usage }) => usage.length));

const FIT_HELP = `cdk8s-gpu-inference fit --model ID [options]

Does a model fit a GPU? Prints the memory of one GPU, how many tokens and sequences
it holds, and machines of Google Cloud, AWS and Azure that would do. Works offline.

${options.map(({ usage, help }) => `  ${usage.padEnd(widest)}  ${help}`).join('\n')}

Exit code: 0 when it fits (or is tight), 1 when it does not, 2 for mistakes in the arguments.
Example: cdk8s-gpu-inference fit --model meta-llama/Meta-Llama-3-8B-Instruct --gpu L4 --max-model-len 8192
`;
