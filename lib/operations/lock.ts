import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { imagesIn } from '../checks/container-images';
import { attempt, InvalidInputError, refuse } from '../problem/problem';
import { IMAGE_LOCK_FILE, ImageLock } from '../runtime/image-lock';
import { ImageReference } from '../runtime/image-reference';
import { parsedArguments } from './parsed-arguments';
import { CommandResult } from './command';
import { digestOf, Fetch, RegistryError } from './registry';
import { RegistryCredentials } from './registry-credentials';

export const LOCK_HELP = `cdk8s-gpu-inference lock [IMAGE ...] [options]

Writes which digest each image tag stands for now. Review the change in Git: synthesis reads the file and asks no registry.
With images, those are looked up again. Without, the manifests decide: what the lock lacks is looked up, what they do not use is removed.

  --dist FOLDER  the synthesized manifests (default: dist)
  --file FILE    the lock (default: ${IMAGE_LOCK_FILE})
  --update       without images: look up all of them again
  --help         this text

Registries are asked with the credentials of docker login, those that stand in Docker's configuration as they are.
Exit code 0 when all is known, 1 when a registry did not say, 2 for mistakes in the arguments.
`;

/** What stands around the command. */
export interface LockSurroundings {
  readonly fetch?: Fetch;
  readonly credentials?: RegistryCredentials;
}

/** Looks up digests and writes the lock; nothing is written when a registry does not say one of them. */
export async function runLock(argv: readonly string[], around: LockSurroundings = {}): Promise<CommandResult> {
  const options = parsed(argv);
  if (typeof options === 'string') return mistake(options);
  if (options.help) return { stdout: LOCK_HELP, stderr: '', exitCode: 0 };
  let before: ImageLock;
  let wanted: Wanted;
  try {
    before = lockAt(options.file);
    wanted = options.images.length > 0 ? named(options.images, before) : fromManifests(options, before);
  } catch (error) {
    if (error instanceof InvalidInputError) return mistake(error.message);
    throw error;
  }
  const { credentials = RegistryCredentials.fromDocker(), fetch } = around;
  const known: Record<string, string> = { ...wanted.kept };
  const failures: string[] = [];
  for (const image of wanted.unknown) {
    try {
      known[image] = await digestOf(ImageReference.parse(image), credentials, fetch);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      failures.push(`${image}: ${error.message}\n  ${error.remedy}`);
    }
  }
  if (failures.length > 0) {
    return { stdout: '', stderr: `${options.file} is as it was.\n\n${failures.join('\n\n')}\n`, exitCode: 1 };
  }
  const lock = ImageLock.of(known, options.file);
  writeFileSync(options.file, lock.toString());
  return { stdout: changes(before, lock), stderr: '', exitCode: 0 };
}

interface LockOptions {
  readonly images: readonly string[];
  readonly dist: string;
  readonly file: string;
  readonly update: boolean;
  readonly help: boolean;
}

function parsed(argv: readonly string[]): LockOptions | string {
  const told = parsedArguments({
    args: [...argv],
    allowPositionals: true,
    options: {
      dist: { type: 'string', default: 'dist' },
      file: { type: 'string', default: IMAGE_LOCK_FILE },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return typeof told === 'string' ? `${told}.` : { ...told.values, images: told.positionals };
}

const mistake = (text: string): CommandResult => ({
  stdout: '',
  stderr: `${text}\n\ncdk8s-gpu-inference lock --help lists all options.\n`,
  exitCode: 2,
});

/** Tagged references: those whose digest stays as it is, and those to be looked up. */
interface Wanted {
  readonly kept: Readonly<Record<string, string>>;
  readonly unknown: readonly string[];
}

const lockAt = (file: string) => (existsSync(file) ? ImageLock.read(file) : ImageLock.of({}, file));

function named(images: readonly string[], before: ImageLock): Wanted {
  const unknown = [...new Set(images.map((image) => ImageLock.keyOf(ImageReference.parse(image))))];
  return { kept: Object.fromEntries(before.images), unknown };
}

function fromManifests({ dist, update }: LockOptions, before: ImageLock): Wanted {
  const written = manifestsIn(dist).flatMap((manifest) => [...imagesIn(manifest)]);
  const references = written.flatMap((image) => attempt([], () => ImageReference.parse(image)) ?? []);
  // A digest without a tag is nothing that could be looked up.
  const used = new Set(references.filter(({ tag, digest }) => tag ?? !digest).map(ImageLock.keyOf));
  const kept = Object.fromEntries([...before.images].filter(([image]) => !update && used.has(image)));
  return { kept, unknown: [...used].filter((image) => !Object.hasOwn(kept, image)).sort() };
}

/** All manifests below a folder. */
function manifestsIn(folder: string): unknown[] {
  if (!existsSync(folder)) {
    const message = `${folder} is not there, so nobody knows which images are used.`;
    refuse('lock', [{ check: 'image-lock', message, remedy: 'Synthesize first, or name the images.' }]);
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ya?ml$/.test(path));
  const texts = files.sort().map((path) => readFileSync(join(folder, path), 'utf8'));
  // cdk8s reads YAML in a process of its own, so one file is read instead of many.
  const scratch = mkdtempSync(join(tmpdir(), 'lock-'));
  try {
    writeFileSync(join(scratch, 'all.yaml'), texts.join('\n---\n'));
    return Yaml.load(join(scratch, 'all.yaml')) as unknown[];
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** What a reviewer will see in the file, in words. */
function changes(before: ImageLock, after: ImageLock): string {
  const lines = [...new Set([...before.images.keys(), ...after.images.keys()])].sort().flatMap((image) => {
    const [old, now] = [before.images.get(image), after.images.get(image)];
    if (old === now) return [];
    if (now === undefined) return [`- ${image}`];
    return [`${old === undefined ? '+' : '~'} ${image} ${now}`];
  });
  return `${[...lines, `${after.file}: ${after.images.size === 1 ? '1 image' : `${after.images.size} images`}, ${lines.length === 0 ? 'no change' : `${lines.length} changed`}`].join('\n')}\n`;
}
