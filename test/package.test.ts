import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const NAME = 'cdk8s-gpu-inference';

const PROGRAM = `
const app = new InferenceApp({ outdir: process.env.OUT });
const nim = new TenantNamespace(app, 'nim', { gpus: 1 });
new InferenceService(nim, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 1 }),
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
`;
const NAMES =
  '{ GpuNodePool, InferenceApp, InferenceService, ModelCache, ModelCredentials, NetworkPeer, NimRuntime, TenantNamespace }';

describe('the package as npm installs it', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'package-'));
  const project = join(temporary, 'project');
  const installed = join(project, 'node_modules', NAME);

  const npm = (folder: string, ...args: string[]) =>
    execFileSync(
      'npm',
      [...args, '--ignore-scripts=false', '--offline', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  const run = (file: string, env: Record<string, string> = {}) =>
    execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8', env: { ...process.env, ...env } });
  const write = (file: string, text: string) => writeFileSync(join(project, file), text);

  beforeAll(() => {
    // A copy, so that what lies in build/ from before is not packed and other tests see no half-built folder.
    const source = join(temporary, 'source');
    mkdirSync(source);
    for (const name of [
      'lib',
      'imports',
      'docs',
      'examples',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'LICENSE',
      'README.md',
    ]) {
      cpSync(join(ROOT, name), join(source, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
    npm(source, 'pack', '--pack-destination', temporary);
    // The peers and dependencies as the registry has them: packed from the installed ones, so that no network is needed.
    const peers = ['cdk8s', 'cdk8s-plus-30', 'constructs', '@grafana/grafana-foundation-sdk', 'tslib', 'yaml'].map(
      (peer) => join(ROOT, 'node_modules', peer),
    );
    npm(temporary, 'pack', '--pack-destination', temporary, ...peers);
    mkdirSync(project);
    write('package.json', '{ "private": true }');
    const tarballs = readdirSync(temporary).filter((file) => file.endsWith('.tgz'));
    npm(project, 'install', ...tarballs.map((file) => join(temporary, file)));
  }, 120_000);

  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  const files = () =>
    readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((file) => file.split('\\').join('/'));
  const everyOutput = (folder: string) =>
    readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => [file, readFileSync(join(project, folder, file), 'utf8')]);

  test('brings code, types, licence and README, and nothing else', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'LICENSE',
      'README.md',
      'build',
      'docs',
      'examples',
      'package.json',
    ]);
    expect(readdirSync(join(installed, 'build')).sort()).toEqual(['imports', 'lib']);
    expect(
      files().filter((file) =>
        /\.test\.|(^|\/)(test|bench)\/|\.tsbuildinfo$|^(?!examples\/).*(?<!\.d)\.ts$/.test(file),
      ),
    ).toEqual([]);
  });

  test('has types beside every module, and no source map that leads nowhere', () => {
    const modules = files().filter((file) => file.endsWith('.js'));
    expect(modules.length).toBeGreaterThan(30);
    for (const module of modules) {
      expect(existsSync(join(installed, module.replace(/\.js$/, '.d.ts')))).toBe(true);
      const [, map] = /^\/\/# sourceMappingURL=(.*)$/m.exec(readFileSync(join(installed, module), 'utf8')) ?? [];
      if (map) expect(existsSync(join(installed, module, '..', map))).toBe(true);
    }
  });

  test('needs nothing at run time but its peers, what writes dashboards and what reads YAML', () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as Record<string, object | undefined>;
    expect(Object.keys(dependencies!)).toEqual(['@grafana/grafana-foundation-sdk', 'yaml']);
    const imported = files()
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [...readFileSync(join(installed, file), 'utf8').matchAll(/require\("([^".][^"]*)"\)/g)])
      .map(([, module]) => module!);
    const packages = imported
      .filter((module) => !isBuiltin(module))
      .map((module) => module.match(/^(@[^/]+\/)?[^/]+/)![0]);
    const declared = [...Object.keys(dependencies!), ...Object.keys(peerDependencies!)];
    expect([...new Set(packages)].sort()).toEqual(declared.sort());
  });

  test('type-checks in a strict project that checks libraries too', () => {
    write('main.ts', `import { Size } from 'cdk8s';\nimport ${NAMES} from '${NAME}';\n${PROGRAM}`);
    write(
      'wrong.ts',
      [
        `import { NimRuntime } from '${NAME}';`,
        '// @ts-expect-error a setting of NIM 1.x on an image of 2.x',
        "export const runtime = new NimRuntime({ image: 'nvcr.io/nim/meta/llama:2.0.4', kvCachePercent: 0.5 });",
      ].join('\n'),
    );
    for (const module of ['CommonJS', 'Node16']) {
      const resolution = module === 'CommonJS' ? 'node10' : 'node16';
      execFileSync(
        process.execPath,
        [
          join(ROOT, 'node_modules/typescript/bin/tsc'),
          ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', 'false', '--skipLibCheck', 'false'],
          ...['--target', 'es2022', '--module', module, '--moduleResolution', resolution],
          ...['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node', 'main.ts', 'wrong.ts'],
        ],
        { cwd: project, stdio: 'pipe' },
      );
    }
  }, 60_000);

  test('synthesizes the same for require and for import', () => {
    write('main.cjs', `const { Size } = require('cdk8s');\nconst ${NAMES} = require('${NAME}');\n${PROGRAM}`);
    write('main.mjs', `import { Size } from 'cdk8s';\nimport ${NAMES} from '${NAME}';\n${PROGRAM}`);
    run('main.cjs', { OUT: 'from-require' });
    run('main.mjs', { OUT: 'from-import' });
    expect(everyOutput('from-require').length).toBeGreaterThan(3);
    expect(everyOutput('from-import')).toEqual(everyOutput('from-require'));
  });

  test('exports every name to ES modules that it exports to CommonJS', () => {
    write(
      'names.mjs',
      `import * as named from '${NAME}'; import { createRequire } from 'node:module';
      const required = createRequire(import.meta.url)('${NAME}');
      console.log(JSON.stringify(Object.keys(required).filter((name) => named[name] !== required[name])));`,
    );
    expect(run('names.mjs').trim()).toBe('[]');
  });

  test('lets nobody reach into its folders', () => {
    write(
      'deep.cjs',
      `const codes = ['lib/index', 'build/lib/index.js', 'build/lib/plan/inference-plan'].map((path) => {
        try { require('${NAME}/' + path); return 'loaded'; } catch (error) { return error.code; }
      });
      require('${NAME}/package.json');
      console.log([...new Set(codes)].join());`,
    );
    expect(run('deep.cjs').trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('writes and prints nothing by being imported', () => {
    const empty = join(project, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'index.cjs'), `require('${NAME}');`);
    const printed = execFileSync(process.execPath, ['index.cjs'], { cwd: empty, encoding: 'utf8', stdio: 'pipe' });
    expect(printed).toBe('');
    expect(readdirSync(empty)).toEqual(['index.cjs']);
  });
});

test('nothing that is installed runs a script', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  expect(Object.keys(lock.packages).filter((name) => lock.packages[name]!.hasInstallScript)).toEqual([]);
});

test('every file that the README links to is in the package', () => {
  const links = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^):#]+)\)/g)].map(
    ([, path]) => path!,
  );
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  const packed = files.map(
    (pattern) => new RegExp(`^${pattern.replace(/\*\*\//g, '(.*/)?').replace(/\*/g, '[^/]*')}(/|$)`),
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !packed.some((pattern) => pattern.test(link)))).toEqual([]);
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
});
