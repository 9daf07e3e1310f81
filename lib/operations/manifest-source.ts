import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Manifest } from '../checks/manifest-identity';
import { InvalidInputError } from '../problem/problem';

/** A manifest and the file that it stands in, from the top of its folder. */
export interface FiledManifest {
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * Manifests that somebody synthesized before: a folder, or a folder at a revision of the Git repository.
 */
export class ManifestSource {
  /** Every YAML file below a folder. */
  static folder(path: string): ManifestSource {
    return new ManifestSource(
      path,
      () => {
        if (!isFolder(path)) throw unreadable(path, 'There is no such folder.');
        return readdirSync(path, { recursive: true, encoding: 'utf8' })
          .map((file) => file.replaceAll('\\', '/'))
          .filter(isYaml)
          .map((file) => ({ path: file, text: readFileSync(join(path, file), 'utf8') }));
      },
      (file) => (existsSync(join(path, file)) ? readFileSync(join(path, file), 'utf8') : undefined),
    );
  }

  /**
   * A folder as it was committed. A revision in which the folder is not there yet has no manifests.
   *
   * @param revision what `git rev-parse` understands, such as `HEAD` or `origin/main`
   * @param path the folder, from the current one
   */
  static git(revision = 'HEAD', path = 'dist'): ManifestSource {
    const what = `${revision}:${path}`;
    return new ManifestSource(
      what,
      () => {
        if (git(what, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]) === undefined) {
          throw unreadable(what, `Git knows no revision ${revision} here.`);
        }
        const listed = git(what, ['ls-tree', '-r', '--name-only', '-z', revision, '--', path]) ?? '';
        const prefix = `${path.replace(/\/+$/, '')}/`;
        return listed
          .split('\0')
          .filter(isYaml)
          .map((file) => ({
            path: file.startsWith(prefix) ? file.slice(prefix.length) : file,
            text: git(what, ['show', `${revision}:./${file}`]) ?? '',
          }));
      },
      (file) => git(what, ['show', `${revision}:./${path}/${file}`]),
    );
  }

  /** What a command line names: a folder, a revision, or `REVISION:FOLDER`. A drive of Windows is one letter. */
  static named(text: string): ManifestSource {
    const revision = /^([^:]{2,}):(.+)$/.exec(text);
    if (revision) return ManifestSource.git(revision[1]!, revision[2]!);
    return isFolder(text) ? ManifestSource.folder(text) : ManifestSource.git(text);
  }

  private constructor(
    /** How messages name it. */
    readonly name: string,
    private readonly files: () => readonly { readonly path: string; readonly text: string }[],
    /** The text of any other file of it. */
    readonly file: (path: string) => string | undefined,
  ) {}

  /**
   * All of them, by file.
   *
   * @param mark text that a file must begin with, so that foreign files are left alone. @default - every file
   * @throws InvalidInputError when they cannot be read
   */
  read(mark = ''): FiledManifest[] {
    return this.files()
      .filter(({ text }) => text.startsWith(mark))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
      .flatMap(({ path, text }) => parsed(`${this.name}/${path}`, text).map((manifest) => ({ path, manifest })));
  }
}

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();
const isYaml = (path: string) => /\.ya?ml$/.test(path);

function git(what: string, args: readonly string[]): string | undefined {
  const { status, stdout, error } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error) throw unreadable(what, `git cannot be run: ${error.message}.`);
  return status === 0 ? stdout : undefined;
}

function parsed(name: string, text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw unreadable(name, `It is no YAML: ${error.message.split('\n')[0]}`);
    const manifest: unknown = document.toJS();
    return typeof manifest === 'object' && manifest !== null ? [manifest as Manifest] : [];
  });
}

const unreadable = (name: string, message: string) =>
  new InvalidInputError(`manifests of ${name}`, [
    {
      check: 'committed-manifests',
      message,
      remedy: 'Name a folder with synthesized manifests, or a revision that a clone of this depth has.',
    },
  ]);
