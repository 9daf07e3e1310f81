import { attempt, Problem } from '../problem/problem';
import { IMAGE_LOCK_FILE, ImageLock } from '../runtime/image-lock';
import { ImageReference } from '../runtime/image-reference';
import { withImages } from './container-images';

/** A manifest with the digest behind every tag, and the images for which there is none. */
export interface LockedManifest<T> {
  readonly manifest: T;
  readonly problems: readonly Problem[];
}

/** Writes the digests of a lock into manifests, one after the other, and knows afterwards which were of no use. */
export class LockedImages {
  private readonly used = new Set<string>();

  constructor(private readonly lock: ImageLock) {}

  /** The manifest as it is written. */
  add<T extends object>(manifest: T): LockedManifest<T> {
    const missing = new Set<string>();
    const locked = withImages(manifest, (image) => this.locked(image, missing));
    const { file } = this.lock;
    const option = file === IMAGE_LOCK_FILE ? '' : ` --file ${file}`;
    return {
      manifest: locked,
      problems: [...missing].map((image) => ({
        check: 'image-lock',
        message: `The image ${image} has no digest in ${file}.`,
        remedy: `Ask the registry, and review what it said: npx cdk8s-gpu-inference lock${option} ${image}`,
      })),
    };
  }

  /** Entries of the lock that no manifest uses, as one risk. */
  unused(): Problem[] {
    const images = [...this.lock.images.keys()].filter((image) => !this.used.has(image));
    if (images.length === 0) return [];
    return [
      {
        check: 'image-lock',
        message: `${this.lock.file} holds ${images.length === 1 ? 'an image' : `${images.length} images`} that nothing uses: ${images.join(', ')}.`,
        remedy: 'After synthesis, npx cdk8s-gpu-inference lock removes what dist/ does not use.',
      },
    ];
  }

  private locked(image: string, missing: Set<string>): string {
    // What is no image is told by the check image-reference, or by the API server.
    const reference = attempt([], () => ImageReference.parse(image));
    if (reference === undefined) return image;
    const key = ImageLock.keyOf(reference);
    this.used.add(key);
    // A digest that somebody stated was reviewed where it stands.
    if (reference.digest !== undefined) return image;
    const digest = this.lock.images.get(key);
    if (digest !== undefined) return `${key}@${digest}`;
    missing.add(key);
    return image;
  }
}
