import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edited, MAIN } from './support/reference-platform';

const ROOT = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'synth-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What `npm run synth` does with a main.ts of this text, in a folder of its own. */
function synth(text: string) {
  const main = join(folder, 'main.ts');
  writeFileSync(main, edited(text, /'\.\/lib'/, JSON.stringify(join(ROOT, 'lib'))));
  return spawnSync(process.execPath, ['--require', 'ts-node/register/transpile-only', main], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules'), TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') },
  });
}

const present = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(directory, file)).isFile())
    .sort()
    .map((file) => [file, readFileSync(join(directory, file), 'utf8')]);

describe('the command that writes dist/', () => {
  const dist = join(folder, 'dist');

  test('writes what is committed, says nothing, and ends with 0', () => {
    const { status, stdout, stderr } = synth(MAIN);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(present(dist)).toEqual(present(join(ROOT, 'dist')));
  });

  test.each([
    ['a construct that refuses', 'maxModelLen: 8192, concurrency: 24,', 'nim/llama3-8b/canary: gpu-memory-fit\n'],
    ['a value that refuses', "maxModelLen: 8192, ...new NimRuntime({ image: 'Nim:1.0.0' }),", 'image-reference\n'],
  ])('%s: tells it, ends with 1, and leaves dist/ as it was', (_what, broken, message) => {
    rmSync(dist, { recursive: true, force: true });
    cpSync(join(ROOT, 'dist'), dist, { recursive: true });
    const { status, stderr } = synth(edited(MAIN, /maxModelLen: 8192,/, broken));
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(present(dist)).toEqual(present(join(ROOT, 'dist')));
  });
});
