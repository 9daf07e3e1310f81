import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Names that are moved on purpose: a word of those that tags use, or a branch. */
const MOVING = /^(latest|main|master|head|stable|nightly|dev|develop|release|current|default|prod|production)$/i;
const COMMIT = /^[0-9a-f]{40}$/;
const HUB = 'huggingface.co';

const problem = (message: string, remedy: string): Problem => ({ check: 'artifact-pinning', message, remedy });
const COMMIT_REMEDY = 'State revision: the commit, 40 hex digits, as the history of the repository shows it.';

/** Will the weights that are served tomorrow be those that were reviewed? */
export function artifactPinning({ request, plan }: DeclaredWorkload): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const tell = ({ moving, told }: { moving: boolean; told: Problem }) => (moving ? errors : warnings).push(told);
  const { weights, placed = [] } = request;
  if (weights.kind === 'server-downloads') {
    const { repository, revision } = weights;
    // A server that names its own weights by its version, as NIM does, asks NGC too.
    const fromHub = plan.contract.downloadHosts[0] === HUB;
    if (repository !== undefined) hubProblem(repository, revision).forEach(tell);
    else if (fromHub) {
      warnings.push(
        problem(
          `${request.runtime.name} downloads ${request.model?.id ?? 'its model'} as it is on the day: no revision is stated.`,
          'State artifact: ModelArtifact.huggingFace({ repository, revision }), or have it downloaded and verified before: ModelArtifact.download(…).',
        ),
      );
    }
  }
  for (const { artifact } of placed) {
    const { origin } = artifact;
    if (origin.kind === 'oci-image' && !/@sha256:[0-9a-f]{64}$/.test(origin.reference)) {
      errors.push(
        problem(
          `The weights are in ${origin.reference}, which names no digest; a tag can be moved.`,
          'Use repository@sha256:…, as "crane digest" or the registry shows it.',
        ),
      );
    }
    if (origin.kind !== 'download') continue;
    const { source } = origin;
    if (source.repository !== undefined) hubProblem(`hf://${source.repository}`, source.revision).forEach(tell);
    if (source.kind === 'ngc' && (source.revision === undefined || MOVING.test(source.revision))) {
      errors.push(
        problem(
          `${source.name} ${source.revision === undefined ? 'names no version' : 'is moved with every version'}.`,
          'Write org/team/model:version, as the page of the model lists them.',
        ),
      );
    }
  }
  return { errors, warnings };
}

/** A name that nobody protects; only a commit cannot be moved. */
function hubProblem(what: string, revision: string | undefined): { moving: boolean; told: Problem }[] {
  if (revision === undefined) {
    return [
      { moving: true, told: problem(`${what} is taken as it is on the day: no revision is stated.`, COMMIT_REMEDY) },
    ];
  }
  if (COMMIT.test(revision)) return [];
  return MOVING.test(revision)
    ? [{ moving: true, told: problem(`The revision ${revision} of ${what} is a branch, which moves.`, COMMIT_REMEDY) }]
    : [
        {
          moving: false,
          told: problem(
            `The revision ${revision} of ${what} is a tag or a branch, and both can be moved.`,
            COMMIT_REMEDY,
          ),
        },
      ];
}
