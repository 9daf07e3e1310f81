import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** A commit of the Hub names its content; what lies behind other addresses can be replaced. */
const NAMES_ITS_CONTENT = /^[0-9a-f]{40}$/;

/** Is what was downloaded what was reviewed? */
export function artifactChecksum({ request }: DeclaredWorkload): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const { artifact } of request.placed ?? []) {
    const { origin } = artifact;
    if (origin.kind !== 'download' || origin.checksum !== undefined) continue;
    const { source } = origin;
    const pinned = source.kind === 'ngc' || NAMES_ITS_CONTENT.test(source.revision ?? '');
    (pinned ? warnings : errors).push({
      check: 'artifact-checksum',
      message: pinned
        ? `${source.name} is verified by its transport alone: no checksum is stated.`
        : `${source.name} has no checksum, and nothing else says what its content is: whoever can write there decides what is served.`,
      remedy:
        'State checksum. Its folder gives it: find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum; a single file: sha256sum < file. A download without one prints what it found.',
    });
  }
  return { errors, warnings };
}
