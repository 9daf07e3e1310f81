import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelSourceKind } from '../../lib/model/model-source';
import { downloadScript, waitScript } from '../../lib/workload/download-script';

// The scripts are run by sh, with a tool on PATH that does what rclone, hf and ngc do, from a folder instead of a bucket.

let world: string;
beforeEach(() => {
  world = mkdtempSync(join(tmpdir(), 'download-'));
  for (const folder of ['bin', 'bucket', 'cache']) mkdirSync(join(world, folder));
});
afterEach(() => rmSync(world, { recursive: true, force: true }));

const tool = (name: string, script: string) => {
  const path = join(world, 'bin', name);
  writeFileSync(path, `#!/bin/sh\nset -eu\necho "${name} $*" >> "$WORLD/calls"\n${script}\n`);
  chmodSync(path, 0o755);
};

/** rclone as far as it is used: a folder is copied, what is there already is skipped; a URL becomes a file. */
const RCLONE = `
case "$1" in
  copy) for f in "$WORLD"/bucket/*; do [ -f "./$(basename "$f")" ] || { cp "$f" . ; echo "copied $(basename "$f")" >> "$WORLD/calls"; }; done ;;
  copyurl) cp "$WORLD/bucket/$(basename "$2")" "$3" ;;
esac`;

const put = (name: string, content: string) => writeFileSync(join(world, 'bucket', name), content);
const calls = () =>
  existsSync(join(world, 'calls')) ? readFileSync(join(world, 'calls'), 'utf8').trim().split('\n') : [];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const environment = (more: Record<string, string>) => ({
  PATH: `${join(world, 'bin')}:${process.env.PATH}`,
  WORLD: world,
  CACHE: join(world, 'cache'),
  ARTIFACT: 'llama-0123456789ab',
  SHA256: '',
  KEEP: '',
  SOURCE: ':s3:weights/llama',
  ...more,
});

function download(kind: ModelSourceKind, more: Record<string, string> = {}) {
  const run = spawnSync('sh', ['-c', downloadScript(kind)], { env: environment(more), encoding: 'utf8' });
  return { status: run.status, said: (run.stdout + run.stderr).trim() };
}

const artifact = (...path: string[]) => join(world, 'cache', 'artifacts', 'llama-0123456789ab', ...path);
const inCache = () => readdirSync(join(world, 'cache', 'artifacts')).sort();

/** What the docstring of `checksum` tells people to run. */
const documented = (folder: string) =>
  execFileSync('bash', ['-c', 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum'], {
    cwd: folder,
    encoding: 'utf8',
  }).split(' ')[0]!;

describe('a folder of several files', () => {
  beforeEach(() => {
    tool('rclone', RCLONE);
    put('config.json', '{}');
    put('model with a space.safetensors', 'weights');
  });

  test('appears under its name when it is complete and verified, by the digest that people compute', () => {
    expect(download('s3', { SHA256: documented(join(world, 'bucket')) })).toEqual({
      status: 0,
      said: `llama-0123456789ab has the SHA-256 ${documented(join(world, 'bucket'))}.`,
    });
    expect(readdirSync(artifact()).sort()).toEqual(['.verified', 'config.json', 'model with a space.safetensors']);
    expect(inCache()).toEqual(['.lock-llama-0123456789ab', 'llama-0123456789ab']);
  });

  test('is neither downloaded nor read again by a restart', () => {
    download('s3');
    writeFileSync(artifact('config.json'), 'a server that writes into it is not noticed: the marker says enough');
    expect(download('s3')).toEqual({ status: 0, said: 'llama-0123456789ab is in the cache already.' });
    expect(calls().filter((call) => call.startsWith('rclone'))).toHaveLength(1);
  });

  test('with a wrong checksum is removed, and the server does not start', () => {
    const { status, said } = download('s3', { SHA256: 'f'.repeat(64) });
    expect(status).toBe(1);
    expect(said).toBe(
      `llama-0123456789ab has the SHA-256 ${documented(join(world, 'bucket'))}, not ${'f'.repeat(64)}.`,
    );
    expect(inCache()).toEqual(['.lock-llama-0123456789ab']);
  });

  test('goes on where a broken download stopped', () => {
    tool('rclone', `cp "$WORLD/bucket/config.json" .; exit 1`);
    expect(download('s3').status).toBe(1);
    expect(existsSync(artifact())).toBe(false);
    tool('rclone', RCLONE);
    expect(download('s3', { SHA256: documented(join(world, 'bucket')) }).status).toBe(0);
    expect(calls().filter((call) => call.startsWith('copied'))).toEqual(['copied model with a space.safetensors']);
  });

  test('a folder of the name without a marker is not believed', () => {
    mkdirSync(artifact(), { recursive: true });
    writeFileSync(artifact('config.json'), 'half');
    expect(download('s3', { SHA256: documented(join(world, 'bucket')) }).status).toBe(0);
    expect(readFileSync(artifact('config.json'), 'utf8')).toBe('{}');
  });

  test('is downloaded once by two pods at a time', async () => {
    tool('rclone', `sleep 0.3${RCLONE}`);
    const pod = () =>
      new Promise<string>((done) => {
        let said = '';
        const run = spawn('sh', ['-c', downloadScript('s3')], { env: environment({}) });
        run.stdout.on('data', (data) => (said += data));
        run.on('close', (status) => done(`${status} ${said.trim()}`));
      });
    const both = await Promise.all([pod(), pod()]);
    expect(both.sort()).toEqual([
      `0 llama-0123456789ab has the SHA-256 ${documented(join(world, 'bucket'))}.`,
      '0 llama-0123456789ab is in the cache already.',
    ]);
    expect(calls().filter((call) => call.startsWith('rclone'))).toHaveLength(1);
  });

  test('a disk of one pod keeps what the pod needs, and loses the weights of the last release', () => {
    for (const old of ['llama-old', 'adapter-new', '.partial-llama-older', '.partial-adapter-new']) {
      mkdirSync(join(world, 'cache', 'artifacts', old), { recursive: true });
    }
    download('s3', { KEEP: 'llama-0123456789ab adapter-new' });
    expect(inCache()).toEqual([
      '.lock-llama-0123456789ab',
      '.partial-adapter-new',
      'adapter-new',
      'llama-0123456789ab',
    ]);
  });

  test('a cache that others use loses nothing', () => {
    mkdirSync(join(world, 'cache', 'artifacts', 'llama-old'), { recursive: true });
    download('s3');
    expect(inCache()).toContain('llama-old');
  });
});

test('one file has the digest of the file', () => {
  tool('rclone', RCLONE);
  put('model.gguf', 'weights');
  expect(download('gcs', { SHA256: sha256('weights') }).status).toBe(0);
});

test('a source without files is a mistake, not an empty model', () => {
  tool('rclone', 'exit 0');
  expect(download('azure-blob')).toEqual({ status: 1, said: 'The source of llama-0123456789ab holds no files.' });
  expect(existsSync(artifact())).toBe(false);
});

test('a tool that fails fails the container', () => {
  tool('rclone', 'echo "403 Forbidden" >&2; exit 3');
  expect(download('s3')).toEqual({ status: 3, said: '403 Forbidden' });
});

describe('URLs', () => {
  const FILES = 'https://example.com/a/one.bin one.bin\nhttps://example.com/two.bin?v=2 two.bin';

  test('each becomes a file, and one that is there is kept', () => {
    tool('rclone', `case "$2" in *one*) cp "$WORLD/bucket/one.bin" "$3" ;; *) exit 1 ;; esac`);
    put('one.bin', '1');
    put('two.bin', '2');
    expect(download('https', { FILES }).status).toBe(1);
    tool('rclone', `cp "$WORLD/bucket/$(basename "$2" '?v=2')" "$3"`);
    expect(download('https', { FILES }).status).toBe(0);
    expect(readdirSync(artifact()).sort()).toEqual(['.verified', 'one.bin', 'two.bin']);
    expect(calls()).toEqual([
      'rclone copyurl https://example.com/a/one.bin .part-one.bin',
      'rclone copyurl https://example.com/two.bin?v=2 .part-two.bin',
      'rclone copyurl https://example.com/two.bin?v=2 .part-two.bin',
    ]);
  });
});

describe('Hugging Face', () => {
  const REPOSITORY = { REPOSITORY: 'meta-llama/Llama', REVISION: 'a'.repeat(40), EXCLUDE: '' };
  const HF = 'mkdir -p .cache/huggingface && echo x > .cache/huggingface/lock && echo "{}" > config.json';

  test('hf, at the revision; what it keeps for itself is no part of the artifact', () => {
    tool('hf', HF);
    expect(download('hugging-face', { ...REPOSITORY, SHA256: sha256('{}\n') }).status).toBe(0);
    expect(calls()).toEqual([`hf download meta-llama/Llama --revision ${'a'.repeat(40)} --local-dir .`]);
    expect(readdirSync(artifact()).sort()).toEqual(['.verified', 'config.json']);
  });

  test('huggingface-cli in older images, with what is left out', () => {
    tool('huggingface-cli', HF);
    expect(download('hugging-face', { ...REPOSITORY, EXCLUDE: 'original/*' }).status).toBe(0);
    expect(calls()).toEqual([
      `huggingface-cli download meta-llama/Llama --revision ${'a'.repeat(40)} --local-dir . --exclude original/*`,
    ]);
  });
});

test('NGC: the files come out of the folder that ngc makes', () => {
  tool(
    'ngc',
    'mkdir -p "$6/llama_v1.0" && echo weights > "$6/llama_v1.0/model.bin" && echo x > "$6/llama_v1.0/.hidden"',
  );
  expect(download('ngc', { MODEL: 'nim/meta/llama:1.0' }).status).toBe(0);
  expect(calls()).toEqual(['ngc registry model download-version nim/meta/llama:1.0 --dest .ngc']);
  expect(readdirSync(artifact()).sort()).toEqual(['.hidden', '.verified', 'model.bin']);
});

describe('waiting for a Job', () => {
  const wait = () =>
    spawnSync('sh', ['-c', waitScript()], { env: environment({ TIMEOUT_SECONDS: '30' }), encoding: 'utf8' });

  test('ends when the marker is there', () => {
    tool('sleep', 'mkdir -p "$CACHE/artifacts/$ARTIFACT" && touch "$CACHE/artifacts/$ARTIFACT/.verified"');
    expect(wait()).toMatchObject({ status: 0, stdout: 'llama-0123456789ab is in the cache.\n' });
    expect(calls()).toEqual(['sleep 10']);
  });

  test('ends with an error at its limit', () => {
    tool('sleep', '');
    expect(wait()).toMatchObject({
      status: 1,
      stderr: 'llama-0123456789ab is not in the cache after 30 s. Is the Job that fills it there, and done?\n',
    });
    expect(calls()).toHaveLength(3);
  });
});

test.each(['s3', 'https', 'hugging-face', 'ngc'] as const)('%s: nothing that Flux or kubelet would replace', (kind) => {
  const script = downloadScript(kind);
  expect(script).not.toContain('${');
  // kubelet turns $$ into $, and $(NAME) into the value of a variable.
  expect(script).not.toContain('$$');
  expect(script).not.toMatch(/\$\([A-Za-z_]\w*\)/);
});
