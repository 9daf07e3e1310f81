import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { literalSecretsIn } from '../../lib/checks/literal-secret';
import { tokenIssuer } from '../../lib/checks/secret-text';
import { Manifest } from '../../lib/checks/manifest-identity';
import { TOKENS } from '../support/tokens';

const TOKEN = TOKENS.NVIDIA!;
const pod = (container: object, annotations = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { template: { metadata: { annotations }, spec: { containers: [{ name: 'web', ...container }] } } },
});
const configMap = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data });
const told = (manifest: Manifest, judged = false) =>
  literalSecretsIn(manifest, judged).map(({ message }) => message.replace(/ It would be .*$/, ''));

test.each`
  where                         | manifest                                                     | message
  ${'a variable'}               | ${pod({ env: [{ name: 'X', value: TOKEN }] })}               | ${'The value of X of Deployment at /spec/template/spec/containers/0/env/0 looks like a token of NVIDIA.'}
  ${'the name of a variable'}   | ${pod({ env: [{ name: TOKEN, value: 'on' }] })}              | ${'The name of a variable of Deployment at /spec/template/spec/containers/0/env/0 looks like a token of NVIDIA.'}
  ${'a name that promises one'} | ${pod({ env: [{ name: 'API_KEY', value: 'vg-7d1f0a52' }] })} | ${'API_KEY of Deployment at /spec/template/spec/containers/0/env/0 has a literal value.'}
  ${'an argument'}              | ${pod({ args: ['--x', TOKEN] })}                             | ${'An argument of the Deployment at /spec/template/spec/containers/0/args looks like a token of NVIDIA.'}
  ${'an argument by its flag'}  | ${pod({ args: ['--api-key', 'vg-7d1f0a52'] })}               | ${'The argument --api-key of the Deployment at /spec/template/spec/containers/0/args has a literal value.'}
  ${'one with an equals sign'}  | ${pod({ command: ['serve', '--api-key=vg-7d1f0a52'] })}      | ${'The argument --api-key of the Deployment at /spec/template/spec/containers/0/command has a literal value.'}
  ${'an annotation'}            | ${pod({}, { note: TOKEN })}                                  | ${'/spec/template/metadata/annotations/note of Deployment looks like a token of NVIDIA.'}
  ${'a ConfigMap'}              | ${configMap({ 'config.yaml': `a: 1\nkey: ${TOKEN}\n` })}     | ${'The value of config.yaml in the ConfigMap looks like a token of NVIDIA.'}
  ${'a key of a ConfigMap'}     | ${configMap({ password: 'hunter2hunter2' })}                 | ${'password in the ConfigMap has a literal value.'}
  ${'anywhere else'}            | ${{ kind: 'Widget', spec: { deep: [{ x: TOKEN }] } }}        | ${'/spec/deep/0/x of Widget looks like a token of NVIDIA.'}
`('$where', ({ manifest, message }) => {
  expect(told(manifest)).toEqual([message]);
});

test('a Secret is told by another check, and a reference is none', () => {
  expect(told({ kind: 'Secret', stringData: { key: TOKEN } })).toEqual([]);
  const valueFrom = { secretKeyRef: { name: 'ngc-api', key: 'NGC_API_KEY' } };
  expect(told(pod({ env: [{ name: 'NGC_API_KEY', valueFrom }], args: ['--api-key', '$(NGC_API_KEY)'] }))).toEqual([]);
});

test('what a service has been told already is not told again; the rest of its object is', () => {
  const manifest = pod({ env: [{ name: 'X', value: TOKEN }], args: [TOKEN] }, { note: TOKEN });
  expect(told(manifest, true)).toEqual([]);
  expect(told({ ...manifest, metadata: { name: 'web', labels: { note: TOKEN } } }, true)).toHaveLength(1);
});

describe('no secret is in this repository', () => {
  const ROOT = join(__dirname, '..', '..');
  const files = ['dist', 'examples', 'docs', 'lib', 'test', 'main.ts'].flatMap((path) =>
    path.endsWith('.ts')
      ? [path]
      : readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' }).map((below) => join(path, below)),
  );

  test.each(['dist', 'examples', 'docs', 'lib', 'test'])('%s, snapshots included', (folder) => {
    const texts = files.filter((path) => path.startsWith(folder) && /\.(ya?ml|ts|md|json5?|html|snap)$/.test(path));
    expect(texts.length).toBeGreaterThan(3);
    const found = texts.flatMap((path) => {
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
      return lines.flatMap((line, at) => {
        // Nobody owns example.com, so that a password for it opens nothing.
        const issuer = tokenIssuer(line.replace(/\w+:\w+@(?=[\w.-]*example\.com)/, ''));
        return issuer ? [`${path}:${at + 1} ${issuer}`] : [];
      });
    });
    expect(found).toEqual([]);
  });
});
