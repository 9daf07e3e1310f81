import { Problem, refuse } from '../problem/problem';

/** The parts of `[registry/]repository[:tag][@digest]`. */
export class ImageReference {
  /**
   * Reads an image as Kubernetes would.
   *
   * @throws InvalidInputError when it is none: upper-case repository, spaces, two tags, a digest that is not sha256
   */
  static parse(image: string): ImageReference {
    const match =
      /^(?<repository>(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][\w.-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$/.exec(
        image,
      );
    const problems: Problem[] = match
      ? []
      : [
          {
            check: 'image-reference',
            message: `${JSON.stringify(image)} is not an image reference.`,
            remedy:
              'Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.',
          },
        ];
    refuse('image', problems);
    const { repository, tag, digest } = match!.groups as { repository: string; tag?: string; digest?: string };
    return new ImageReference(repository, tag, digest);
  }

  private constructor(
    /** Registry and path, such as `nvcr.io/nim/meta/llama3-8b-instruct`. */
    readonly repository: string,
    readonly tag: string | undefined,
    /** `sha256:` and 64 hex digits. */
    readonly digest: string | undefined,
  ) {}

  /** The version that the tag begins with, such as `1.0.0` of `1.0.0-rc2`; undefined for `latest` or no tag. */
  get version(): string | undefined {
    return /^v?(\d+\.\d+(?:\.\d+)?)(?:[-.+_].*)?$/.exec(this.tag ?? '')?.[1];
  }

  /** The reference as a container's `image`. */
  toString(): string {
    return `${this.repository}${this.tag === undefined ? '' : `:${this.tag}`}${this.digest === undefined ? '' : `@${this.digest}`}`;
  }
}
