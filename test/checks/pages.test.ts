import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

test('docs/checks is what npm run docs makes of the catalog and of the platforms that are broken here', () => {
  const command = [join(ROOT, 'node_modules', 'ts-node', 'dist', 'bin.js'), 'docs/make-check-pages.ts', '--check'];
  expect(() => execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' })).not.toThrow();
}, 60_000);
