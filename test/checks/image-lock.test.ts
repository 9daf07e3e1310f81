import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import { ImageLock, InferenceApp } from '../../lib';
import { withImages } from '../../lib/checks/container-images';
import { LockedImages } from '../../lib/checks/image-lock';
import { refusalOf } from '../support/messages';
import { partsOf } from '../support/yaml-of';
import { Platform } from './platform';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const DIGESTS = /sha256:[0-9a-f]{64}/g;

const container = (image: string) => ({ name: 'c', image });
const template = { spec: { initContainers: [container('init:1')], containers: [container('main:1')] } };

const KINDS = {
  Pod: { spec: template.spec },
  StatefulSet: { spec: { template } },
  CronJob: { spec: { jobTemplate: { spec: { template } } } },
  LeaderWorkerSet: { spec: { leaderWorkerTemplate: { leaderTemplate: template, workerTemplate: template } } },
  'a kind that nobody knows': { spec: { groups: [{ template }] } },
};

const lock = ImageLock.of({ 'init:1': digest('1'), 'main:1': digest('2'), 'model:latest': digest('3') });

test.each(Object.entries(KINDS))('every image of a %s gets its digest', (_, manifest) => {
  const { manifest: locked, problems } = new LockedImages(lock).add(manifest);
  expect(problems).toEqual([]);
  const text = JSON.stringify(manifest)
    .replaceAll('"init:1"', `"init:1@${digest('1')}"`)
    .replaceAll('"main:1"', `"main:1@${digest('2')}"`);
  expect(JSON.stringify(locked)).toBe(text);
});

test('a volume that is an image, a tag that nobody wrote, and a digest that stands already', () => {
  const spec = {
    volumes: [
      { name: 'model', image: { reference: 'model', pullPolicy: 'IfNotPresent' } },
      { name: 'tmp', emptyDir: {} },
    ],
    containers: [container(`main:1@${digest('9')}`)],
  };
  const { manifest, problems } = new LockedImages(lock).add({ spec });
  expect(problems).toEqual([]);
  expect(partsOf(manifest, 'spec').replace(/([0-9])\1{63}/g, '$1...')).toMatchInlineSnapshot(`
spec:
  containers:
    - name: c
      image: main:1@sha256:9...
  volumes:
    - name: model
      image:
        pullPolicy: IfNotPresent
        reference: model:latest@sha256:3...
    - name: tmp
      emptyDir: {}
`);
});

test('what has no image is the same object', () => {
  const manifest = { spec: { containers: 'no list', volumes: [{ name: 'tmp' }, null], image: 'x', list: [[1]] } };
  expect(withImages(manifest, () => 'other')).toBe(manifest);
});

test('what is missing and what is of no use', () => {
  const images = new LockedImages(lock);
  const { problems } = images.add({ spec: { containers: [container('main:2'), container('main:2')] } });
  expect(problems.map(({ message }) => message)).toEqual(['The image main:2 has no digest in images.lock.json.']);
  expect(images.unused()[0]!.message).toBe(
    'images.lock.json holds 3 images that nothing uses: init:1, main:1, model:latest.',
  );
});

test('the reference platform with a lock: digests in the YAML, no warning but about what nobody uses', () => {
  const nim = (version: string) => `nvcr.io/nim/meta/llama3-8b-instruct:${version}`;
  const outdir = mkdtempSync(join(tmpdir(), 'image-lock-'));
  const stderr: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  try {
    const platform = new Platform(outdir);
    platform.app.imageLock = ImageLock.of({ [nim('1.0.0')]: digest('a'), [nim('0.9.0')]: digest('c') });
    platform.service.waivers = {};
    platform.finish().synth();
    const text = readFileSync(join(outdir, '30-services', 'nim', 'llama3-8b.yaml'), 'utf8');
    expect(text).toContain(`image: ${nim('1.0.0')}@${digest('a')}\n`);
    expect(stderr.join('')).toMatchInlineSnapshot(`
1 warning:

(app): image-lock
  images.lock.json holds an image that nothing uses: nvcr.io/nim/meta/llama3-8b-instruct:0.9.0.
  After synthesis, npx cdk8s-gpu-inference lock removes what dist/ does not use.
`);
  } finally {
    jest.restoreAllMocks();
    rmSync(outdir, { recursive: true });
  }
});

test('images of your own objects are refused too, with the file that the lock is in', () => {
  const app = new InferenceApp({ outdir: 'unused', imageLock: ImageLock.of({}, 'locks/prod.json') });
  const spec = { containers: [container('main:1')] };
  new ApiObject(new Chart(app, 'own'), 'pod', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
  expect(() => app.manifests()).toThrow(
    'image-lock\n  The image main:1 has no digest in locks/prod.json.\n  Ask the registry, and review what it said: npx cdk8s-gpu-inference lock --file locks/prod.json main:1',
  );
});

describe('the file', () => {
  test('is written as it is read', () => {
    expect(ImageLock.parse(lock.toString()).toString()).toBe(lock.toString());
    expect(lock.toString().replace(DIGESTS, 'sha256:...')).toMatchInlineSnapshot(`
{
  "lockfileVersion": 1,
  "images": {
    "init:1": "sha256:...",
    "main:1": "sha256:...",
    "model:latest": "sha256:..."
  }
}
`);
  });

  test.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is no lock', '[]'],
    ['has images of all kinds', '{"lockfileVersion":1,"images":{"a:1":"sha256:abc","B":"x","c@sha256:1":"","d":5}}'],
  ])('%s', (_, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'image-lock-'));
    const file = join(folder, 'images.lock.json');
    if (text !== undefined) writeFileSync(file, text);
    expect(refusalOf(() => ImageLock.read(file)).replaceAll(folder, 'FOLDER')).toMatchSnapshot();
    rmSync(folder, { recursive: true });
  });
});
