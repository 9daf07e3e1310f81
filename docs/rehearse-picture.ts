/**
 * Draws docs/images/rehearse.png: the first report of docs/rehearse.md, as a terminal shows it.
 *
 * `npx ts-node docs/rehearse-picture.ts` needs chromium on the path.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [PAGE, IMAGE] = [join(__dirname, 'rehearse.md'), join(__dirname, 'images', 'rehearse.png')];
/** Pixels. */
const [LINE, CHARACTER, MARGIN] = [20, 8.43, 24];

function main(): void {
  const report = /```\n(\$ npx cdk8s-gpu-inference rehearse dist\n[^]*?)\n```/.exec(readFileSync(PAGE, 'utf8'))?.[1];
  if (report === undefined) throw new Error(`${PAGE} has no report`);
  const lines = report.split('\n');
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const folder = mkdtempSync(join(tmpdir(), 'rehearse-'));
  try {
    const page = join(folder, 'report.html');
    writeFileSync(page, html(lines));
    const { status, stderr } = spawnSync('chromium', [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=2'],
      `--window-size=${width},${height}`,
      `--screenshot=${IMAGE}`,
      `file://${page}`,
    ]);
    if (status !== 0) throw new Error(String(stderr));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const html = (lines: readonly string[]) => `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #0d1117; }
pre { margin: 0; padding: ${MARGIN}px; color: #c9d1d9; font: 14px/${LINE}px 'DejaVu Sans Mono', monospace; }
.ok { color: #3fb950; } .broken { color: #f85149; } .dim { color: #8b949e; } b { color: #f0f6fc; }
</style><pre>${lines.map(painted).join('\n')}</pre>`;

function painted(line: string): string {
  const text = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  if (/^(\$|All |\d+ of)/.test(text)) return `<b>${text}</b>`;
  if (/^(Note:| {2}\S)/.test(text) && !/^ {2}(ok|BROKEN) /.test(text)) return `<span class="dim">${text}</span>`;
  return text
    .replace(/^ {2}ok /, '  <span class="ok">ok</span> ')
    .replace(/^ {2}BROKEN /, '  <span class="broken">BROKEN</span> ');
}

main();
