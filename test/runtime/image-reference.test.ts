import { ImageReference } from '../../lib/runtime/image-reference';
import { refusalOf } from '../support/messages';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  ['nvcr.io/nim/meta/llama3-8b-instruct:1.0.0', 'nvcr.io/nim/meta/llama3-8b-instruct', '1.0.0', undefined, '1.0.0'],
  ['vllm/vllm-openai:v0.10.2', 'vllm/vllm-openai', 'v0.10.2', undefined, '0.10.2'],
  ['localhost:5000/nim:2.0.4-rc1', 'localhost:5000/nim', '2.0.4-rc1', undefined, '2.0.4'],
  ['nim:1.8', 'nim', '1.8', undefined, '1.8'],
  ['nim:latest', 'nim', 'latest', undefined, undefined],
  ['nim:1', 'nim', '1', undefined, undefined],
  ['nim:1.2.3.4', 'nim', '1.2.3.4', undefined, '1.2.3'],
  ['nim:20240101', 'nim', '20240101', undefined, undefined],
  ['registry:5000/nim', 'registry:5000/nim', undefined, undefined, undefined],
  [`nim@${DIGEST}`, 'nim', undefined, DIGEST, undefined],
  [`nim:1.0.0@${DIGEST}`, 'nim', '1.0.0', DIGEST, '1.0.0'],
])('%s', (text, repository, tag, digest, version) => {
  const image = ImageReference.parse(text);
  expect({ ...image, version: image.version }).toEqual({ repository, tag, digest, version });
  expect(image.toString()).toBe(text);
});

test.each([
  '',
  'NIM:1.0.0',
  'nim:1.0.0 ',
  'nim:a:b',
  'nim@sha256:abc',
  'nim@md5:00',
  'https://nvcr.io/nim',
  'nim:',
  '${image}',
])('%j is none', (text) => {
  expect(refusalOf(() => ImageReference.parse(text))).toBe(
    `image: image-reference\n  ${JSON.stringify(text)} is not an image reference.\n` +
      '  Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.',
  );
});
