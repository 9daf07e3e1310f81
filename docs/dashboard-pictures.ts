/**
 * Draws the dashboards for docs/dashboards.md: each from the JSON that Grafana imports, its queries asked of a real Prometheus
 * that holds an invented platform (test/support/sample-platform.ts).
 *
 * `npx ts-node docs/dashboard-pictures.ts` needs prometheus, promtool and chromium on the path.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ALL_SERVICES,
  Choices,
  choicesOf,
  DRAWN,
  DrawnDashboard,
  picturesOf,
  withChoices,
} from '../test/support/dashboards';
import { Answer, SamplePrometheus } from '../test/support/sample-prometheus';
import { Answers, drawDashboard } from './dashboard-drawing';

const IMAGES = join(__dirname, 'images');
/** Says of which dashboards the pictures are; a test compares it. */
const STAMP = join(IMAGES, 'dashboards.txt');

async function main(): Promise<void> {
  const prometheus = await SamplePrometheus.start();
  const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  try {
    for (const dashboard of DRAWN) {
      const chosen = choicesOf(dashboard);
      const ask = (query: string) => prometheus.curves(withChoices(query, chosen));
      const svg = drawDashboard(dashboard, await answersOf(dashboard, ask), chipsOf(dashboard, chosen));
      photograph(join(folder, `${dashboard.uid}.svg`), svg, join(IMAGES, `dashboard-${nameOf(dashboard)}.png`));
    }
    writeFileSync(STAMP, `${picturesOf()}\n`);
  } finally {
    prometheus.stop();
    rmSync(folder, { recursive: true });
  }
}

const nameOf = ({ uid }: DrawnDashboard) => uid.replace('gpu-inference-', '');

const chipsOf = ({ templating }: DrawnDashboard, chosen: Choices) =>
  templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, label }) => `${label}: ${chosen === ALL_SERVICES ? 'All' : chosen[name as keyof Choices]}`);

async function answersOf(
  { panels, annotations }: DrawnDashboard,
  ask: (query: string) => Promise<readonly Answer[]>,
): Promise<Answers> {
  const answered = new Map<number, (readonly Answer[])[]>();
  for (const { id, targets = [] } of panels) {
    const answers: (readonly Answer[])[] = [];
    for (const { expr } of targets) answers.push(await ask(expr));
    answered.set(id, answers);
  }
  const events = new Map<string, readonly Answer[]>();
  for (const { name, expr } of annotations?.list ?? []) events.set(name, await ask(expr));
  return { panels: answered, events };
}

function photograph(path: string, svg: string, image: string): void {
  writeFileSync(path, svg);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
  const { status, stderr } = spawnSync('chromium', [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
    `--window-size=${width},${height}`,
    `--screenshot=${image}`,
    `file://${path}`,
  ]);
  if (status !== 0) throw new Error(String(stderr));
}

void main();
