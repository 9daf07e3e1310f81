import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import '../support/plain-text';
import { Manifest } from '../support/yaml-of';
import { lintersPage } from './page';
import { LINTER_RULES } from './rules';

const root = join(__dirname, '..', '..');
const objects = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()
  .flatMap((path) => parseAllDocuments(readFileSync(join(root, 'dist', path), 'utf8')))
  .map((document) => document.toJS() as Manifest);

const decided = LINTER_RULES.flatMap(({ asks, verdict, broken }) => (broken ? [{ asks, verdict, broken }] : []));

test.each(decided.filter(({ verdict }) => 'passed' in verdict))('dist/ passes: $asks', ({ broken }) => {
  expect(broken(objects)).toEqual([]);
});

test.each(decided.filter(({ verdict }) => 'waived' in verdict))(
  'is still in need of its waiver: $asks',
  ({ broken }) => {
    expect(broken(objects)).not.toEqual([]);
  },
);

test('a rule whose verdict can be told from a manifest is told from it', () => {
  const untold = LINTER_RULES.filter(({ verdict, broken }) => !('outside' in verdict) && !broken);
  expect(untold.map(({ asks }) => asks)).toEqual([]);
});

test('a bare pod template breaks most of what is passed, so the rules can fail', () => {
  const bare = {
    apiVersion: 'apps/v1beta1',
    kind: 'StatefulSet',
    metadata: { name: 'bare' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        spec: {
          hostNetwork: true,
          hostAliases: [],
          securityContext: { sysctls: [], seLinuxOptions: {} },
          volumes: [{ name: 'v', hostPath: { path: '/' } }],
          containers: [
            {
              name: 'c',
              image: 'x',
              ports: [{ containerPort: 22, hostPort: 22 }],
              env: [
                { name: 'API_KEY', value: 'x' },
                { name: 'API_KEY', value: 'y' },
              ],
              readinessProbe: { httpGet: { port: 'none' } },
              securityContext: { privileged: true, runAsUser: 0 },
            },
          ],
        },
      },
    },
  } as Manifest;
  const others = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { type: 'NodePort', selector: { x: 'y' } } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
    { apiVersion: 'v1', kind: 'Role', metadata: { name: 'r' }, rules: [{ verbs: ['*'] }] },
  ] as Manifest[];
  const found = decided.filter(({ broken }) => broken([bare, ...others]).length > 0).map(({ asks }) => asks);
  const silent = decided.map(({ asks }) => asks).filter((asks) => !found.includes(asks));
  expect(silent.join('\n')).toMatchInlineSnapshot(`
A security context of pod and container
Two different probes
Secrets as files
A claim on storage
`);
});

test('docs/linters.md is the table', () => {
  const cells = (text: string) => text.replace(/[ -]+\|/g, ' |').replace(/\| +/g, '| ');
  expect(cells(readFileSync(join(root, 'docs', 'linters.md'), 'utf8'))).toBe(cells(lintersPage()));
});
