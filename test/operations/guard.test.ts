import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../lib/operations/command-line';
import { CommandResult } from '../../lib/operations/command';

let folder: string;
const home = process.cwd();
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'guard-')));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const claim = (storage: string) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: weights
  namespace: nim
spec:
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: ${storage}}}
`;

function written(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const git = (...args: readonly string[]) =>
  expect(spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]).status).toBe(0);

const guard = (...args: readonly string[]) => runCommandLine(['guard', ...args]) as CommandResult;

const SHRINKS = `services/weights.yaml: immutable-change
  PersistentVolumeClaim nim/weights asks for 500Gi; it has 1Ti, and no disk shrinks.
  Keep 1Ti; or make a claim of another name, fill it, and remove this one when nobody mounts it.`;

test('two folders', () => {
  written('before/services/weights.yaml', claim('1Ti'));
  written('after/services/weights.yaml', claim('500Gi'));
  expect(guard('before', 'after')).toEqual({
    stdout: `${SHRINKS}\n\n1 problem from before to after, 1 objects before and 1 after.\n`,
    stderr: '',
    exitCode: 1,
  });
  expect(guard('before', 'before').exitCode).toBe(0);
});

test('what is committed, and what shall be: the default', () => {
  written('dist/services/weights.yaml', claim('1Ti'));
  git('init', '--quiet');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'before');
  expect(guard().exitCode).toBe(0);
  written('dist/services/weights.yaml', claim('500Gi'));
  expect(guard().stdout).toContain(SHRINKS);
  expect(guard('HEAD:dist', 'dist').exitCode).toBe(1);
});

test('a revision in which nothing was synthesized yet is empty', () => {
  written('README.md', 'empty');
  git('init', '--quiet');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'before');
  written('dist/services/weights.yaml', claim('1Ti'));
  expect(guard()).toMatchObject({
    exitCode: 0,
    stdout: '0 problems from HEAD:dist to dist, 0 objects before and 1 after.\n',
  });
});

test('a finding that is meant: waived with a reason, and told', () => {
  written('before/weights.yaml', claim('1Ti'));
  written('after/other.yaml', claim('1Ti').replace('weights', 'other'));
  expect(guard('before', 'after').exitCode).toBe(1);
  expect(guard('before', 'after', '--waive', 'deleted-data=the model is retired')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('waived, the model is retired: deleted-data') as string,
  });
});

test('replicas under a scaler, whatever was applied before', () => {
  written(
    'before/llama.yaml',
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: llama, namespace: nim}
spec: {replicas: 3}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llama, namespace: nim}
spec: {maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llama}}
`,
  );
  expect(guard('before', 'before')).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining(`llama.yaml: replicas-under-scaler
  Deployment nim/llama sets spec.replicas to 3, and HorizontalPodAutoscaler nim/llama scales it`) as string,
  });
  expect(guard('before', 'before', '--waive', 'replicas-under-scaler=the first apply').exitCode).toBe(0);
});

test('a finding about a Service stands under its file', () => {
  const serving = (kind: string, name: string) => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: nim}
spec: {template: {metadata: {labels: {app: llama}}}}
`;
  const service = `apiVersion: v1
kind: Service
metadata: {name: llama, namespace: nim}
spec: {selector: {app: llama}}
`;
  written('before/pods.yaml', serving('StatefulSet', 'old'));
  written('before/service.yaml', service);
  written('after/pods.yaml', serving('Deployment', 'new'));
  written('after/service.yaml', service);
  expect(guard('before', 'after').stdout).toContain(`service.yaml: lost-pods
  StatefulSet nim/old goes in the commit in which Deployment nim/new comes`);
});

test('--json has every finding', () => {
  written('before/services/weights.yaml', claim('1Ti'));
  written('after/services/weights.yaml', claim('500Gi'));
  const { problems } = JSON.parse(guard('before', 'after', '--json').stdout) as {
    problems: { check: string; file: string }[];
  };
  expect(problems).toMatchObject([{ check: 'immutable-change', file: 'services/weights.yaml' }]);
});

test.each`
  arguments                                     | told
  ${['no-such-folder', 'dist']}                 | ${'Git knows no revision no-such-folder here.'}
  ${['HEAD:dist', 'a', 'b']}                    | ${'There are two states to compare, and 3 are named.'}
  ${['--waive', 'deleted-data']}                | ${'--waive deleted-data: name one of immutable-change, deleted-data, scaler-handover, lost-pods, release-order, replicas-under-scaler and the reason'}
  ${['--waive', 'deleted-data= ']}              | ${'--waive deleted-data= : name one of immutable-change'}
  ${['--waive', 'names=because']}               | ${'--waive names=because: name one of immutable-change'}
  ${['--waive', 'memory=because']}              | ${'--waive memory=because: name one of immutable-change'}
  ${['--waive', 'concurrent-rollouts=because']} | ${'--waive concurrent-rollouts=because: name one of immutable-change'}
  ${['--fast']}                                 | ${"Unknown option '--fast'"}
`('$arguments is a mistake', ({ arguments: args, told }: { arguments: string[]; told: string }) => {
  const { stderr, exitCode } = guard(...args);
  expect(stderr).toContain(told);
  expect(exitCode).toBe(2);
});

test('a file that is no YAML is named', () => {
  written('before/broken.yaml', 'a: [');
  written('after/a.yaml', claim('1Ti'));
  expect(guard('before', 'after').stderr).toContain('manifests of before/broken.yaml: committed-manifests');
});
