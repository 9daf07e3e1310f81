import { Problem } from '../problem/problem';
import { ImageReference } from './image-reference';

/** A version as numbers, such as `[0, 5, 14]`. */
export type VersionNumbers = readonly [major: number, minor: number, patch: number];

/** True when `version` (such as `0.10.2` or `0.6.6.post1`) is `since` or later. Unreadable versions count as newest. */
export function isSince(version: string, since: VersionNumbers): boolean {
  const numbers = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!numbers) return true;
  for (const [index, wanted] of since.entries()) {
    const found = Number(numbers[index + 1] ?? 0);
    if (found !== wanted) return found > wanted;
  }
  return true;
}

/** The numbers of a version as packages and tags write it, such as `0.5.10` of `v0.5.10.post1`. */
const numbersIn = (written: string): string | undefined =>
  /^v?(\d+\.\d+(?:\.\d+)?)(?:[-.+_][\w.+-]*)?$/.exec(written)?.[1];

/** A version of a server, and what is wrong with how it was told. */
export interface ToldVersion {
  /** Such as `0.5.14`; empty when nobody can say. */
  readonly version: string;
  readonly problems: readonly Problem[];
}

/**
 * The version that the image's tag says, or that was stated beside a digest.
 *
 * @param server the server's name, such as `SGLang`
 * @param example a version of it, for the remedy
 */
export function toldVersion(
  server: string,
  image: ImageReference,
  stated: string | undefined,
  example: string,
): ToldVersion {
  const problem = (message: string, remedy: string): ToldVersion => ({
    version: '',
    problems: [{ check: 'runtime-version', message, remedy }],
  });
  const version = stated === undefined ? image.version : numbersIn(stated);
  if (stated !== undefined && image.version !== undefined && version !== image.version) {
    return problem(
      `The tag says ${image.version}, but version says ${JSON.stringify(stated)}.`,
      'Remove version: the tag says it.',
    );
  }
  if (version !== undefined) return { version, problems: [] };
  const said = stated ?? image.tag;
  return problem(
    said === undefined
      ? `The image has no tag, so nobody can say which ${server} it is, and flags differ by version.`
      : `${JSON.stringify(said)} says no version of ${server}, and flags differ by version.`,
    `Use a version tag such as :${example}, or state the version beside a digest: { image: '…@sha256:…', version: '${example.replace(/^v/, '')}' }.`,
  );
}
