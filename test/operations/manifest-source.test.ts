import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ManifestSource } from '../../lib';

let folder: string;
const home = process.cwd();
const git = (...args: readonly string[]) =>
  expect(spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]).status).toBe(0);
const written = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'manifests-')));
  written('platform/dist/10-namespaces/nim.yaml', 'kind: Namespace');
  written('platform/dist/30-services/llama.yaml', 'kind: StatefulSet');
  written('platform/dist/scorecard.json5', '{}');
  process.chdir(join(folder, 'platform'));
  git('init', '--quiet', folder);
  git('add', '-A');
  git('commit', '--quiet', '-m', 'one');
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const PATHS = ['10-namespaces/nim.yaml', '30-services/llama.yaml'];
const pathsOf = (source: ManifestSource) => source.read().map(({ path }) => path);

test.each`
  how                           | path
  ${'by its name'}              | ${() => 'dist'}
  ${'with a slash'}             | ${() => 'dist/'}
  ${'from here'}                | ${() => './dist'}
  ${'by a detour'}              | ${() => '../platform/dist'}
  ${'from the top of the disk'} | ${() => join(folder, 'platform', 'dist')}
`('a folder of a revision, named $how: the files of it, from its top', ({ path }: { path: () => string }) => {
  const source = ManifestSource.git('HEAD', path());
  expect(pathsOf(source)).toEqual(PATHS);
  expect(source.file('scorecard.json5')).toBe('{}');
  expect(source.file('scorecard.html')).toBe(undefined);
});

test('the current folder, and one beside it', () => {
  expect(pathsOf(ManifestSource.git('HEAD', '.'))).toEqual(PATHS.map((path) => `dist/${path}`));
  process.chdir(join(folder, 'platform', 'dist', '10-namespaces'));
  expect(pathsOf(ManifestSource.git('HEAD', '../30-services'))).toEqual(['llama.yaml']);
  process.chdir(join(folder, 'platform'));
});

test('a folder that the revision has not is empty, and one outside of the repository is a mistake', () => {
  expect(ManifestSource.git('HEAD', 'build').read()).toEqual([]);
  expect(() => ManifestSource.git('HEAD', '../../dist').read()).toThrow(
    /manifests of HEAD:\.\.\/\.\.\/dist[^]*git ls-tree says: .*'\.\.\/\.\.\/dist' is outside repository/,
  );
});

test('a folder whose name ends as that of a file does', () => {
  written('edited/a.yaml/b.yaml', 'kind: Service');
  expect(pathsOf(ManifestSource.folder(join(folder, 'edited')))).toEqual(['a.yaml/b.yaml']);
});
