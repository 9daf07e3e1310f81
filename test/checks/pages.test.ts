import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

test('the pages of docs that follow from the code are what npm run docs makes of it', () => {
  const command = [join(ROOT, 'node_modules', 'ts-node', 'dist', 'bin.js'), 'docs/make-pages.ts', '--check'];
  expect(() => execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' })).not.toThrow();
}, 60_000);
