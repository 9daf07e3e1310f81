import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { synthesizedMain } from '../cluster/synthesized';
import { InferenceServer } from '../support/inference-server';
import { clientKeys } from './client-keys';
import { guarded } from './guarded';
import { MORTAL, overloaded } from './overload';
import { STATES } from './states';

/**
 * `npm run test:traffic -- RUNNER [jest's arguments]`: synthesizes the states of a release, and lets RUNNER start a gateway
 * with them and dist/: `RUNNER -backend NAMESPACE/SERVICE=PORT MANIFESTS… -- COMMAND` runs COMMAND with GATEWAY_URL set, and
 * ends with its exit code.
 */
const [runner, ...jestArguments] = process.argv.slice(2);
const root = join(__dirname, '..', '..');

if (runner === undefined) {
  console.error('The traffic tests need a gateway: npm run test:traffic -- RUNNER (docs/testing.md).');
  process.exit(1);
}
const manifests = [
  // First, because its Backends name Services by the addresses that the runner gives out in order.
  overloaded(),
  'dist',
  'test/traffic/gateway.yaml',
  ...Object.values(STATES).map(({ main }) => synthesizedMain(main)),
  guarded(),
];
const { file, environment } = clientKeys(manifests);
const jest = [
  process.execPath,
  require.resolve('jest/bin/jest'),
  '--config',
  'jest.traffic.config.js',
  ...jestArguments,
];
void InferenceServer.start(`overload/${MORTAL}`).then(({ port }) => {
  const child = spawn(runner, ['-backend', `overload/${MORTAL}=${port}`, ...manifests, file, '--', ...jest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  child.on('error', ({ message }) => {
    console.error(`${runner} cannot be run: ${message}.`);
    process.exit(1);
  });
  child.on('exit', (status) => process.exit(status ?? 1));
});
