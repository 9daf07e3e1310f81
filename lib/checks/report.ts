import { IConstruct } from 'constructs';
import { Findings, formatProblem, Problem } from '../problem/problem';
import { waiverFor } from './waivers';

/** Type of the node metadata under which warnings wait for synthesis; the data is the problem's text. */
export const WARNING = 'cdk8s-gpu-inference:warning';

/** Type of the node metadata that records what was waived; the data is a {@link WaivedProblem}. */
export const WAIVED = 'cdk8s-gpu-inference:waived';

/** A problem that was found and waived. */
export interface WaivedProblem {
  readonly check: string;
  readonly message: string;
  readonly reason: string;
}

/** Makes synthesis fail with these problems, under the construct's path, unless they are waived there. */
export function reportErrors(construct: IConstruct, problems: readonly Problem[]): void {
  const told = standing(construct, problems).map(formatProblem);
  if (told.length > 0) construct.node.addValidation({ validate: () => told });
}

/** Leaves risks that synthesis prints on standard error; the YAML is written all the same. */
export function reportWarnings(construct: IConstruct, problems: readonly Problem[]): void {
  for (const problem of standing(construct, problems)) construct.node.addMetadata(WARNING, formatProblem(problem));
}

/** Both, of one check or of many. */
export function reportFindings(construct: IConstruct, { errors, warnings }: Findings): void {
  reportErrors(construct, errors);
  reportWarnings(construct, warnings);
}

/** The problems that are not waived at the construct; those that are leave a record for the scorecard. */
export function standing(construct: IConstruct, problems: readonly Problem[]): Problem[] {
  return problems.filter(({ check, message }) => {
    const reason = waiverFor(construct, check);
    if (reason !== undefined) {
      construct.node.addMetadata(WAIVED, { check, message, reason } satisfies WaivedProblem);
    }
    return reason === undefined;
  });
}
