import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageReference } from '../../lib/runtime/image-reference';
import { LOCK_HELP, runLock } from '../../lib/operations/lock';
import { runCommandLine } from '../../lib/operations/command-line';
import { digestOf, Fetch, registryOf } from '../../lib/operations/registry';
import { RegistryCredentials } from '../../lib/operations/registry-credentials';
import '../support/plain-text';
import { READER, RegistryStandIn } from './registry-stand-in';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const strangers = new RegistryCredentials({});

let folder: string;
let registry: RegistryStandIn;
let host: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lock-test-'));
  registry = new RegistryStandIn({
    open: { 'nim/llama:1.0.0': digest('a'), 'nim/llama:1.1.0': digest('b'), 'tools/curl:8.1': digest('c') },
    closed: { 'private/llama:1': digest('d') },
  });
  host = await registry.start();
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await registry.stop();
});

const file = () => join(folder, 'images.lock.json');
const lockText = () => readFileSync(file(), 'utf8').replaceAll(host, 'HOST');
const lock = async (...argv: readonly string[]) => {
  const dist = join(folder, 'dist');
  const result = await runLock([...argv, '--dist', dist, '--file', file()], { credentials: strangers });
  const shown = (text: string) => text.replaceAll(host, 'HOST').replaceAll(folder, 'FOLDER');
  return { ...result, stdout: shown(result.stdout), stderr: shown(result.stderr) };
};

function synthesize(...images: readonly string[]): void {
  mkdirSync(join(folder, 'dist', 'nim'), { recursive: true });
  const pod = (image: string, index: number) => `apiVersion: v1
kind: Pod
metadata:
  name: p${index}
spec:
  containers:
    - name: c
      image: ${image}
`;
  writeFileSync(join(folder, 'dist', 'nim', 'pods.yaml'), images.map(pod).join('---\n'));
}

describe('lock', () => {
  test('looks up what dist/ uses, and writes a file for review', async () => {
    synthesize(`${host}/nim/llama:1.0.0`, `${host}/tools/curl:8.1`, `${host}/nim/llama@${digest('9')}`);
    expect(await lock()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lockText()).toMatchInlineSnapshot(`
{
  "lockfileVersion": 1,
  "images": {
    "HOST/nim/llama:1.0.0": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "HOST/tools/curl:8.1": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
  }
}
`);
  });

  test('keeps what it knows, adds what is new, removes what nothing uses, and says so', async () => {
    synthesize(`${host}/nim/llama:1.0.0`, `${host}/tools/curl:8.1`);
    await lock();
    registry.asked.length = 0;
    synthesize(`${host}/nim/llama:1.0.0@${digest('a')}`, `${host}/nim/llama:1.1.0`);
    expect((await lock()).stdout).toMatchInlineSnapshot(`
+ HOST/nim/llama:1.1.0 sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
- HOST/tools/curl:8.1
FOLDER/images.lock.json: 2 images, 2 changed
`);
    expect(registry.asked.filter((each) => each.includes('1.0.0'))).toEqual([]);
    expect((await lock()).stdout).toMatchInlineSnapshot(`FOLDER/images.lock.json: 2 images, no change`);
  });

  test('an image that is named is added before dist/ has it', async () => {
    expect((await lock(`${host}/nim/llama:1.1.0`)).exitCode).toBe(0);
    expect((await lock(`${host}/tools/curl:8.1`)).stdout).toMatchInlineSnapshot(`
+ HOST/tools/curl:8.1 sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
FOLDER/images.lock.json: 2 images, 1 changed
`);
    expect(lockText()).toContain('nim/llama:1.1.0');
  });

  test('--update finds a tag that was moved', async () => {
    synthesize(`${host}/nim/llama:1.0.0`);
    writeFileSync(file(), JSON.stringify({ lockfileVersion: 1, images: { [`${host}/nim/llama:1.0.0`]: digest('0') } }));
    expect((await lock()).stdout).toContain('no change');
    expect((await lock('--update')).stdout).toMatchInlineSnapshot(`
~ HOST/nim/llama:1.0.0 sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
FOLDER/images.lock.json: 1 image, 1 changed
`);
  });

  test('writes nothing when a registry does not say one of them, and tells of all', async () => {
    const images = [`${host}/nim/llama:1.0.0`, `${host}/nim/llama:9`, `${host}/private/llama:1`, '127.0.0.1:1/x:1'];
    const { exitCode, stderr } = await lock(...images);
    expect(exitCode).toBe(1);
    expect(stderr).toMatchInlineSnapshot(`
FOLDER/images.lock.json is as it was.

HOST/nim/llama:9: HOST has no such image or tag (404).
  Look for a typing error.

HOST/private/llama:1: HOST does not let a stranger see it (403).
  Log in: docker login HOST.

127.0.0.1:1/x:1: 127.0.0.1:1 cannot be reached: bad port.
  Try again.
`);
    expect(() => lockText()).toThrow('ENOENT');
  });

  test('mistakes in the arguments', async () => {
    expect((await lock('--dits', 'x')).stderr).toMatchInlineSnapshot(`
Unknown option '--dits'. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "--dits".

cdk8s-gpu-inference lock --help lists all options.
`);
    expect((await lock('No Image')).stderr).toMatchInlineSnapshot(`
image: image-reference
  "No Image" is not an image reference.
  Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.

cdk8s-gpu-inference lock --help lists all options.
`);
    expect(await lock()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('FOLDER/dist is not there') });
    writeFileSync(file(), '{}');
    expect((await lock(`${host}/nim/llama:1.0.0`)).stderr).toMatchInlineSnapshot(`
ImageLock: image-lock
  FOLDER/images.lock.json has no lockfileVersion 1 with images beside it, so it is no lock of images.
  Take it from Git again, or remove it and write it with npx cdk8s-gpu-inference lock.

cdk8s-gpu-inference lock --help lists all options.
`);
  });

  test('is a command', async () => {
    expect(await runCommandLine(['lock', '--help'])).toEqual({ stdout: LOCK_HELP, stderr: '', exitCode: 0 });
  });
});

describe('a registry', () => {
  const ask = (image: string, credentials = strangers, fetch?: Fetch) =>
    digestOf(ImageReference.parse(image), credentials, fetch);

  test('is asked once for a token, and by HEAD for the digest', async () => {
    expect(await ask(`${host}/nim/llama:1.0.0`)).toBe(digest('a'));
    expect(registry.asked).toEqual([
      'HEAD /v2/nim/llama/manifests/1.0.0',
      'GET /token',
      'HEAD /v2/nim/llama/manifests/1.0.0',
    ]);
  });

  test('lets the user in who logged in with docker', async () => {
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ auths: { [host]: { auth: READER } } }));
    const credentials = RegistryCredentials.fromDocker({ DOCKER_CONFIG: folder });
    expect(await ask(`${host}/private/llama:1`, credentials)).toBe(digest('d'));
    writeFileSync(config, 'no JSON');
    await expect(
      ask(`${host}/private/llama:1`, RegistryCredentials.fromDocker({ DOCKER_CONFIG: folder })),
    ).rejects.toThrow('does not let a stranger see it (403)');
  });

  test('may ask for a password instead of a token', async () => {
    const basic = new RegistryStandIn({ open: { 'a/b:1': digest('e') }, challenge: 'basic' });
    const at = await basic.start();
    const reader = new RegistryCredentials({ auths: { [at]: { auth: READER } } });
    await expect(ask(`${at}/a/b:1`)).rejects.toThrow('does not let a stranger see it (401)');
    expect(await ask(`${at}/a/b:1`, reader)).toBe(digest('e'));
    await basic.stop();
  });

  test('that names no digest is believed by the bytes of its manifest', async () => {
    const silent = new RegistryStandIn({ open: { 'a/b:1': digest('e') }, silent: true });
    const at = await silent.start();
    // sha256sum of {"schemaVersion":2}
    expect(await ask(`${at}/a/b:1`)).toBe('sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f');
    await silent.stop();
  });

  test('gets no credentials for a token by way of plain HTTP', async () => {
    const asked: string[] = [];
    const evil: Fetch = async (url) => {
      asked.push(url);
      return new Response(null, {
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="http://example.com/token",service="x"' },
      });
    };
    const credentials = new RegistryCredentials({ auths: { 'registry.example.com': { auth: READER } } });
    await expect(ask('registry.example.com/a:1', credentials, evil)).rejects.toThrow('does not let this user see it');
    expect(asked).toEqual(['https://registry.example.com/v2/a/manifests/1']);
  });

  test.each<[string, string, string]>([
    ['nginx:1.27', 'docker.io', 'library/nginx'],
    ['vllm/vllm-openai:v0.10.0', 'docker.io', 'vllm/vllm-openai'],
    ['docker.io/vllm/vllm-openai:v0.10.0', 'docker.io', 'vllm/vllm-openai'],
    ['nvcr.io/nim/meta/llama3-8b-instruct:1.0.0', 'nvcr.io', 'nim/meta/llama3-8b-instruct'],
    ['localhost/a:1', 'localhost', 'a'],
    ['registry:5000/a/b:1', 'registry:5000', 'a/b'],
  ])('%s is at %s as %s', (image, at, path) => {
    expect(registryOf(ImageReference.parse(image))).toEqual({ host: at, path });
  });

  test('Docker Hub has another name in its API, and another in the configuration of docker', async () => {
    const asked: string[] = [];
    const hub: Fetch = async (url) => {
      asked.push(url);
      return new Response(null, { headers: { 'docker-content-digest': digest('f') } });
    };
    expect(await ask('nginx:1.27', strangers, hub)).toBe(digest('f'));
    expect(asked).toEqual(['https://registry-1.docker.io/v2/library/nginx/manifests/1.27']);
    const credentials = new RegistryCredentials({ auths: { 'https://index.docker.io/v1/': { auth: READER } } });
    expect(credentials.basicFor('docker.io')).toBe(READER);
  });

  test('whose credentials a program keeps: what a user does', () => {
    const helped = new RegistryCredentials({ auths: { 'ghcr.io': {} }, credsStore: 'desktop' });
    expect(helped.remedy('ghcr.io')).toMatchInlineSnapshot(
      `Your credentials are kept by docker-credential-desktop, which is not asked. Log in with a configuration of its own, and run this again: export DOCKER_CONFIG=$(mktemp -d) && docker login ghcr.io`,
    );
    expect(strangers.remedy('docker.io')).toMatchInlineSnapshot(`Log in: docker login.`);
  });
});
