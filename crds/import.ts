/**
 * Writes the typed classes of `imports/` from the CustomResourceDefinitions beside this file.
 *
 * `npm run import` writes to `imports/`; another folder can be given as the only argument. Works offline.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = dirname(__dirname);
const target = resolve(process.argv[2] ?? join(root, 'imports'));
const definitions = readdirSync(__dirname)
  .filter((file) => file.endsWith('.yaml'))
  .sort();

// The CLI never removes a module whose definition is gone, so nothing old may stand in the folder.
if (existsSync(target)) {
  for (const file of readdirSync(target).filter((name) => name.endsWith('.ts'))) rmSync(join(target, file));
}
mkdirSync(target, { recursive: true });

const cli = join(dirname(require.resolve('cdk8s-cli/package.json')), 'bin', 'cdk8s');
for (const definition of definitions) {
  // One call a file: the CLI ignores a second specification. --no-save keeps cdk8s.yaml as it is.
  const spec = join(__dirname, definition);
  const { status } = spawnSync(
    process.execPath,
    [cli, 'import', spec, '--output', target, '--language', 'typescript', '--no-save'],
    // Without the first, each call asks the registry for a newer CLI.
    { cwd: root, env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' }, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}
