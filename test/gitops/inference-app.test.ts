import { execFileSync } from 'child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';
import { ApiObject, App, Chart, JsonPatch, Lazy, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { parseAllDocuments } from 'yaml';
import { addService } from '../../bench/services';
import { WARNING } from '../../lib/checks/report';
import { waive } from '../../lib/checks/waivers';
import { InferenceApp, InferenceAppProps } from '../../lib/gitops/inference-app';
import { SYNTHESIZED } from '../../lib/gitops/output-directory';
import { formatProblem } from '../../lib/problem/problem';

let outdir: string;
beforeEach(() => (outdir = mkdtempSync(join(tmpdir(), 'inference-app-'))));
afterEach(() => rmSync(outdir, { recursive: true, force: true }));

function appWith(props: InferenceAppProps = {}): { app: InferenceApp; chart: Chart } {
  const app = new InferenceApp({ outdir, ...props });
  return { app, chart: new Chart(app, 'llama', { namespace: 'nim' }) };
}

const configMap = (scope: Chart, id: string, data: Record<string, unknown> = { a: 'b' }) =>
  new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data });

/** Content of all files of the output directory, by path. */
function written(): Record<string, string> {
  const paths = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(outdir, path)).isFile(),
  );
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(outdir, path), 'utf8')]));
}

function put(path: string, content: string): void {
  mkdirSync(dirname(join(outdir, path)), { recursive: true });
  writeFileSync(join(outdir, path), content);
}

function failure(app: InferenceApp): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('synthesized');
}

test('files begin with a comment, and every document with ---', () => {
  const { app, chart } = appWith();
  configMap(chart, 'one');
  configMap(chart, 'two');
  app.synth();
  expect(written()).toEqual({
    '30-services/nim/llama.yaml': `# Synthesized by cdk8s-gpu-inference. Edits are overwritten: change the code instead.
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
  namespace: nim
data:
  a: b
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: two
  namespace: nim
data:
  a: b
`,
  });
});

test('writes what stock cdk8s writes, object for object', () => {
  const documents = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yaml'))
      .flatMap((path) =>
        parseAllDocuments(readFileSync(join(folder, path), 'utf8')).map((document) => document.toJSON()),
      )
      .sort((a, b) => (JSON.stringify(a.metadata) + a.kind < JSON.stringify(b.metadata) + b.kind ? -1 : 1));
  const [ours, stock] = [new InferenceApp({ outdir }), new App({ outdir: join(outdir, 'stock') })];
  for (const app of [ours, stock]) for (let number = 0; number < 5; number++) addService(app, number);
  ours.synth();
  const written = documents(outdir);
  stock.synth();
  expect(written).toHaveLength(50);
  expect(written).toEqual(documents(join(outdir, 'stock')));
});

test('each construct is validated once and each object turned to JSON once, however many charts there are', () => {
  const app = new InferenceApp({ outdir });
  const validate = jest.fn(() => []);
  const produce = jest.fn(() => 'value');
  for (let index = 0; index < 20; index++) {
    const chart = new Chart(app, `chart-${index}`);
    configMap(chart, `c-${index}`, { a: Lazy.any({ produce }) }).node.addValidation({ validate });
  }
  app.synth();
  expect(validate).toHaveBeenCalledTimes(20);
  expect(produce).toHaveBeenCalledTimes(20);
});

describe('problems', () => {
  test('come all at once, in the order of the tree, and nothing is written', () => {
    put('30-services/nim/old.yaml', `${SYNTHESIZED}---\na: 1\n`);
    put('30-services/nim/secret.sops.yaml', 'sops: {}\n');
    const before = written();
    const { app, chart } = appWith();
    configMap(chart, 'good');
    const first = configMap(chart, 'first', { script: 'echo $' + '{HOME}' });
    configMap(chart, 'second', { a: NaN });
    const third = new k8s.KubeStatefulSet(chart, 'third', { metadata: { name: 'llama' } });
    third.addJsonPatch(JsonPatch.add('/metadata/labels', { a: null }));
    chart.node.addValidation({
      validate: () => [
        formatProblem({ check: 'gpu-memory-fit', message: 'Needs 24 GiB.\nHas 22.', remedy: 'Lower maxModelLen.' }),
        'some other library\nsays this',
      ],
    });
    first.node.addValidation({ validate: () => [formatProblem({ check: 'x', message: 'm', remedy: 'r' })] });

    expect(failure(app)).toBe(`6 problems, nothing written:

llama: gpu-memory-fit
  Needs 24 GiB.
  Has 22.
  Lower maxModelLen.

llama:
  some other library
  says this

llama/first: x
  m
  r

llama/first: flux-substitution
  /data/script of ConfigMap nim/first holds "\${", which Flux replaces where post-build substitution is on.
  Write it without braces, such as $NAME or $(NAME), or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled.

llama/second: yaml-value
  /data/a is NaN, which has no place in a manifest.
  Set a string, a finite number or a boolean.

llama/third: no-null
  /metadata/labels/a of StatefulSet nim/llama is null.
  Leave it out. If a JSON patch set it: a typed object loses plain values where its type wants a class, so pass that class, such as k8s.Quantity.fromString("1").`);
    expect(written()).toEqual(before);
  });

  test('a value that cdk8s lost is told once, with the pointer that a patch uses', () => {
    const { app, chart } = appWith();
    configMap(chart, 'one').addJsonPatch(JsonPatch.add('/data/a~1b', null));
    expect(failure(app)).toMatch(
      /^1 problem, nothing written:\n\nllama\/one: no-null\n {2}\/data\/a~1b of ConfigMap nim\/one is null/,
    );
  });

  test('an object that cannot be JSON does not hide the others', () => {
    const { app, chart } = appWith();
    configMap(chart, 'one', { a: new Map() });
    configMap(chart, 'two', { a: NaN });
    expect(failure(app)).toBe(`2 problems, nothing written:

llama/one:
  Failed serializing construct at path 'llama/one' with name 'one': Error: can't render non-simple object of type 'Map'

llama/two: yaml-value
  /data/a is NaN, which has no place in a manifest.
  Set a string, a finite number or a boolean.`);
  });

  test('a JSON patch into something that is not there says what to look for', () => {
    const { app, chart } = appWith();
    configMap(chart, 'one').addJsonPatch(JsonPatch.replace('/metadata/annotations/a', 'b'));
    expect(failure(app)).toBe(`1 problem, nothing written:

llama/one:
  Failed serializing construct at path 'llama/one' with name 'one': TypeError: Cannot read properties of undefined (reading 'a')
  Probably a JSON patch has a path that the object does not have: add what is above it first.`);
  });

  test('replicas under a scaler, unless waived', () => {
    const { app, chart } = appWith();
    const target = { apiVersion: 'apps/v1', kind: 'Deployment' };
    new ApiObject(chart, 'workload', { ...target, metadata: { name: 'llama' }, spec: { replicas: 2 } });
    const spec = { scaleTargetRef: { ...target, name: 'llama' } };
    new ApiObject(chart, 'scaler', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'llama' },
      spec,
    });
    expect(failure(app)).toBe(`1 problem, nothing written:

llama/workload: replicas-under-scaler
  Deployment nim/llama sets spec.replicas to 2, and HorizontalPodAutoscaler nim/llama scales it: every apply resets the number.
  Leave spec.replicas out; of an object that a construct makes, by addJsonPatch(JsonPatch.remove('/spec/replicas')).`);

    expect(waive(chart, { 'replicas-under-scaler': 'The scaler is paused.' })).toEqual([]);
    app.synth();
  });

  test('a cycle', () => {
    const { app, chart } = appWith();
    const [one, two] = [configMap(chart, 'one'), configMap(chart, 'two')];
    one.addDependency(two);
    two.addDependency(one);
    expect(failure(app)).toBe(`1 problem, nothing written:

llama/one: dependency-cycle
  Each of these waits for the next: llama/one => llama/two => llama/one.
  Take away one addDependency() between them.`);
  });

  test.each(['synth', 'synthYaml', 'manifests'] as const)('%s() refuses', (method) => {
    const { app, chart } = appWith();
    configMap(chart, 'one');
    new ApiObject(chart, 'again', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } });
    expect(() => app[method]()).toThrow('ConfigMap nim/one is declared twice: by llama/one and by llama/again.');
  });
});

describe('the output directory', () => {
  test('files of an earlier synthesis go, with the folders that this empties; all others stay', () => {
    put('30-services/old/gone.yaml', `${SYNTHESIZED}---\na: 1\n`);
    put('30-services/crlf/gone.yaml', `${SYNTHESIZED.replace('\n', '\r\n')}---\r\n`);
    put('30-services/nim/llama.sops.yaml', 'sops: {}\n');
    put('kustomization.yaml', 'resources: []\n');
    put('notes.txt', SYNTHESIZED);
    put('.git/hidden.yaml', SYNTHESIZED);
    mkdirSync(join(outdir, 'empty'));
    const { app, chart } = appWith();
    configMap(chart, 'one');
    app.synth();
    expect(Object.keys(written())).toEqual([
      '.git/hidden.yaml',
      '30-services/nim/llama.sops.yaml',
      '30-services/nim/llama.yaml',
      'kustomization.yaml',
      'notes.txt',
    ]);
    expect(readdirSync(join(outdir, '30-services'))).toEqual(['nim']);
    expect(existsSync(join(outdir, 'empty'))).toBe(true);
  });

  test('a file that is right already is not written again', () => {
    const { app, chart } = appWith();
    configMap(chart, 'one');
    app.synth();
    const file = join(outdir, '30-services/nim/llama.yaml');
    utimesSync(file, 1, 1);
    app.synth();
    expect(statSync(file).mtimeMs).toBe(1000);

    configMap(chart, 'two');
    app.synth();
    expect(statSync(file).mtimeMs).toBeGreaterThan(1000);
  });

  test('a file of somebody else is not overwritten', () => {
    put('30-services/nim/llama.yaml', 'by: hand\n');
    const { app, chart } = appWith();
    configMap(chart, 'one');
    expect(failure(app)).toBe(`1 problem, nothing written:

llama/one: file-layout
  ${join(outdir, '30-services/nim/llama.yaml')} is there and was not synthesized: its first line is not ours.
  Move it, or choose another path in the layout.`);
    expect(written()).toEqual({ '30-services/nim/llama.yaml': 'by: hand\n' });
  });

  test('an app without objects leaves an empty directory', () => {
    rmSync(outdir, { recursive: true });
    new InferenceApp({ outdir }).synth();
    expect(written()).toEqual({});
  });
});

describe('a layout of the user', () => {
  test('decides', () => {
    const { app, chart } = appWith({ layout: ({ kind }, { node }) => `${node.id}/${String(kind)}.yaml` });
    configMap(chart, 'one');
    app.synth();
    expect(Object.keys(written())).toEqual(['llama/ConfigMap.yaml']);
  });

  test('stays below the output directory', () => {
    const { app, chart } = appWith({ layout: () => '../evil.yaml' });
    configMap(chart, 'one');
    expect(failure(app)).toBe(`1 problem, nothing written:

llama/one: file-layout
  The layout puts it into "../evil.yaml", which has an empty, "." or ".." step.
  Return folders and a file joined by "/", such as "30-services/nim/llama.yaml": letters, digits, "-", "_", ".".`);
  });

  test.each([
    ['A.yaml', 'a.yaml'],
    ['a.yaml/b.yaml', 'a.yaml'],
  ])('writes no %s beside %s', (one, two) => {
    const { app, chart } = appWith({
      layout: ({ metadata }) => ((metadata as { name: string }).name === 'one' ? one : two),
    });
    configMap(chart, 'one');
    configMap(chart, 'two');
    expect(failure(app)).toContain('which not every file system keeps apart.');
  });
});

describe('warnings', () => {
  test('go to stderr by path, and the files are written', () => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { app, chart } = appWith();
    const one = configMap(chart, 'one');
    one.node.addMetadata(WARNING, formatProblem({ check: 'probe-budget', message: 'Tight.', remedy: 'Raise it.' }));
    chart.node.addMetadata(WARNING, formatProblem({ check: 'cost', message: 'Much.', remedy: 'Spot.' }));
    app.synth();
    const text = stderr.mock.calls.join('');
    stderr.mockRestore();
    expect(text).toBe(`2 warnings:

llama: cost
  Much.
  Spot.

llama/one: probe-budget
  Tight.
  Raise it.
`);
    expect(Object.keys(written())).toEqual(['30-services/nim/llama.yaml']);
  });

  test('none, and stderr stays silent', () => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { app, chart } = appWith();
    configMap(chart, 'one');
    app.synth();
    expect(stderr).not.toHaveBeenCalled();
    stderr.mockRestore();
  });
});

test('manifests() gives each object with its file and construct, the cluster first', () => {
  const { app, chart } = appWith();
  configMap(chart, 'one');
  new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nim' } });
  expect(app.manifests()).toEqual([
    {
      path: '00-cluster/nim.yaml',
      constructPath: 'llama/namespace',
      manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nim', namespace: 'nim' } },
    },
    {
      path: '30-services/nim/llama.yaml',
      constructPath: 'llama/one',
      manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'nim' }, data: { a: 'b' } },
    },
  ]);
});

test('synthYaml() is one stream of the same documents', () => {
  const { app, chart } = appWith();
  configMap(chart, 'one', { text: 'a\n\n' });
  configMap(chart, 'two');
  expect(parseAllDocuments(app.synthYaml()).map((document) => document.toJSON())).toEqual(
    app.manifests().map(({ manifest }) => manifest),
  );
});

test('recordConstructMetadata', () => {
  const { app, chart } = appWith({ recordConstructMetadata: true });
  configMap(chart, 'one');
  app.synth();
  expect(JSON.parse(written()['construct-metadata.json']!)).toEqual({
    version: '1.0.0',
    resources: { one: { path: 'llama/one' } },
  });
});

test('Testing.synth of a chart in it is that of stock cdk8s', () => {
  const { chart } = appWith();
  configMap(chart, 'one');
  expect(Testing.synth(chart)).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'nim' }, data: { a: 'b' } },
  ]);
});

test('the environment that cdk8s synth sets decides where the app does not', () => {
  const environment = { CDK8S_OUTDIR: join(outdir, 'by-cli'), CDK8S_RECORD_CONSTRUCT_METADATA: 'true' };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const app = new InferenceApp();
  process.env = before;
  configMap(new Chart(app, 'llama', { namespace: 'nim' }), 'one');
  app.synth();
  expect(Object.keys(written())).toEqual(['by-cli/30-services/nim/llama.yaml', 'by-cli/construct-metadata.json']);
});

test('cdk8s synth finds the files', () => {
  const root = join(__dirname, '../..');
  put(
    'main.ts',
    `import { ApiObject, Chart } from '${root}/node_modules/cdk8s';
     import { InferenceApp } from '${root}/lib/gitops/inference-app';
     const app = new InferenceApp();
     const chart = new Chart(app, 'llama', { namespace: 'nim' });
     for (const name of ['one', 'two']) new ApiObject(chart, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
     new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nim' } });
     app.synth();`,
  );
  const app = `${process.execPath} --require ${root}/node_modules/ts-node/register/transpile-only main.ts`;
  const cli = join(root, 'node_modules/cdk8s-cli/bin/cdk8s');
  const output = execFileSync(process.execPath, [cli, 'synth', '--app', app, '--stdout', '--check-upgrade=false'], {
    cwd: outdir,
    encoding: 'utf8',
    env: { ...process.env, TS_NODE_PROJECT: join(root, 'tsconfig.json') },
  });
  // with several files cdk8s puts nothing between them: each begins with --- of its own
  expect(
    parseAllDocuments(output)
      .map((document) => (document.toJSON() as { kind: string }).kind)
      .sort(),
  ).toEqual(['ConfigMap', 'ConfigMap', 'Namespace']);
}, 60_000);
