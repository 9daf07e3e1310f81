/**
 * Makes those pages of docs/ that follow from the code: docs/checks, docs/combinations.md, docs/linters.md,
 * docs/release-steps.md, docs/signals.md and docs/timeouts.md.
 *
 * `npm run docs` writes them; `npm run docs -- --check` names those that are stale and exits with 1.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { lintersPage } from '../test/linters/page';
import { checkPages } from './check-pages';
import { combinationPage } from './combination-page';
import { dashboardPage } from './dashboard-page';
import { releaseStepsPage } from './release-steps-page';
import { runbookPages } from './runbook-pages';
import { signalPage } from './signal-page';
import { timeoutPage } from './timeout-page';

const CHECKS = 'checks';

async function formatted(markdown: string): Promise<string> {
  const path = join(__dirname, 'linters.md');
  return prettier.format(markdown, { ...(await prettier.resolveConfig(path)), filepath: path });
}

async function main(check: boolean): Promise<void> {
  const made = new Map([
    ...[...(await checkPages())].map(([name, text]): [string, string] => [join(CHECKS, name), text]),
    ['combinations.md', await combinationPage()],
    ['dashboards.md', await formatted(dashboardPage())],
    ['linters.md', await formatted(lintersPage())],
    ...[...(await runbookPages())].map(([name, text]): [string, string] => [join('runbooks', name), text]),
    ['release-steps.md', await releaseStepsPage()],
    ['signals.md', await signalPage()],
    ['timeouts.md', await timeoutPage()],
  ]);
  const folder = join(__dirname, CHECKS);
  if (!existsSync(folder)) mkdirSync(folder);
  const current = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
  const stale = [...made].filter(([name, text]) => current(join(__dirname, name)) !== text);
  // A check that is gone leaves no page behind.
  const left = readdirSync(folder)
    .map((name) => join(CHECKS, name))
    .filter((name) => !made.has(name));
  if (check) {
    for (const name of [...stale.map(([each]) => each), ...left]) process.stderr.write(`docs/${name} is stale\n`);
    process.exitCode = stale.length + left.length > 0 ? 1 : 0;
    return;
  }
  for (const [name, text] of stale) writeFileSync(join(__dirname, name), text);
  for (const name of left) rmSync(join(__dirname, name));
}

void main(process.argv.includes('--check'));
