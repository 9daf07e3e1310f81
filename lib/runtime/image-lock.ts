import { readFileSync } from 'node:fs';
import { Problem, refuse } from '../problem/problem';
import { ImageReference } from './image-reference';

/** Name of the lock where nobody chose another. */
export const IMAGE_LOCK_FILE = 'images.lock.json';

const VERSION = 1;

const problem = (message: string, remedy: string): Problem => ({ check: 'image-lock', message, remedy });

/**
 * Which digest each tag stood for when somebody looked, as a file that is reviewed in Git:
 *
 * ```json
 * {
 *   "lockfileVersion": 1,
 *   "images": { "nvcr.io/nim/meta/llama3-8b-instruct:1.0.0": "sha256:…" }
 * }
 * ```
 *
 * `npx cdk8s-gpu-inference lock` writes it; synthesis only reads it.
 */
export class ImageLock {
  /**
   * Reads a lock.
   *
   * @throws InvalidInputError when the file is not there, or is no lock
   */
  static read(file: string = IMAGE_LOCK_FILE): ImageLock {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'cannot be read';
      refuse('ImageLock', [problem(`${file} ${reason}.`, `Write it: npx cdk8s-gpu-inference lock --file ${file}.`)]);
      throw error;
    }
    return ImageLock.parse(text, file);
  }

  /** Reads the text of a lock; `file` is what messages call it. */
  static parse(text: string, file: string = IMAGE_LOCK_FILE): ImageLock {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      refuse('ImageLock', [problem(`${file} is no JSON: ${(error as Error).message}.`, REWRITE)]);
    }
    const { lockfileVersion, images } = (json ?? {}) as { lockfileVersion?: unknown; images?: unknown };
    if (lockfileVersion !== VERSION || typeof images !== 'object' || images === null || Array.isArray(images)) {
      refuse('ImageLock', [
        problem(
          `${file} has no lockfileVersion ${VERSION} with images beside it, so it is no lock of images.`,
          REWRITE,
        ),
      ]);
    }
    return ImageLock.of(images as Record<string, string>, file);
  }

  /** A lock of these images: tagged references, each with the digest that it stands for. */
  static of(images: Readonly<Record<string, string>>, file: string = IMAGE_LOCK_FILE): ImageLock {
    const entries = Object.entries(images);
    refuse(
      'ImageLock',
      entries.flatMap(([image, digest]) => entryProblems(file, image, digest)),
    );
    return new ImageLock(file, new Map(entries.sort(([one], [other]) => (one < other ? -1 : 1))));
  }

  private constructor(
    /** Where it was read, as the user wrote it. */
    readonly file: string,
    /** Tagged references in alphabetical order, each with its digest. */
    readonly images: ReadonlyMap<string, string>,
  ) {}

  /** The key of an image in a lock: the reference with its tag, which is `latest` when none is written. */
  static keyOf({ repository, tag = 'latest' }: ImageReference): string {
    return `${repository}:${tag}`;
  }

  /** The text of the file. */
  toString(): string {
    return `${JSON.stringify({ lockfileVersion: VERSION, images: Object.fromEntries(this.images) }, undefined, 2)}\n`;
  }
}

const REWRITE = 'Take it from Git again, or remove it and write it with npx cdk8s-gpu-inference lock.';

function entryProblems(file: string, image: string, digest: unknown): Problem[] {
  const shown = `${file}: ${JSON.stringify(image)}`;
  if (typeof digest !== 'string' || !/^sha256:[a-f0-9]{64}$/.test(digest)) {
    return [problem(`${shown} has the digest ${JSON.stringify(digest)}.`, 'A digest is sha256: and 64 hex digits.')];
  }
  try {
    const reference = ImageReference.parse(image);
    if (reference.tag !== undefined && reference.digest === undefined) return [];
  } catch {
    // told below
  }
  return [
    problem(`${shown} is no image with a tag and without a digest.`, 'Write repository:tag as in the manifests.'),
  ];
}
