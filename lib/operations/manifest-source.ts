import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
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
          .map(slashed)
          .filter((file) => isYaml(file) && !isFolder(join(path, file)))
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
    const told = (...args: readonly string[]): string => {
      const { ok, stdout, stderr } = git(what, args);
      if (!ok) throw unreadable(what, `git ${args[0]} says: ${stderr.trim()}`);
      return stdout;
    };
    const filesBelow = (folder: string): string[] => {
      if (!git(what, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]).ok) {
        throw unreadable(what, `Git knows no revision ${revision} here.`);
      }
      return told('ls-tree', '-r', '--name-only', '-z', revision, '--', folder).split('\0');
    };
    const textOf = (file: string) => told('show', `${revision}:./${file}`);
    return new ManifestSource(
      what,
      () => {
        const folder = fromHere(path);
        return filesBelow(folder)
          .filter(isYaml)
          .map((file) => ({ path: slashed(relative(folder, file)), text: textOf(file) }));
      },
      (file) => {
        const wanted = slashed(join(fromHere(path), file));
        return filesBelow(wanted).includes(wanted) ? textOf(wanted) : undefined;
      },
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
const slashed = (path: string) => path.replaceAll('\\', '/');

/** A path as Git tells the files below it: from the current folder, which itself is `.`. */
function fromHere(path: string): string {
  // The current folder is told without links.
  const whole = isAbsolute(path) && existsSync(path) ? realpathSync(path) : resolve(path);
  return slashed(relative(process.cwd(), whole)) || '.';
}

function git(what: string, args: readonly string[]): { ok: boolean; stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error) throw unreadable(what, `git cannot be run: ${error.message}.`);
  return { ok: status === 0, stdout, stderr };
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
