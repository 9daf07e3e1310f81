import { k8s } from 'cdk8s-plus-30';
import { IConstruct } from 'constructs';
import {
  deliberateExceptions,
  linterAnnotations,
  LinterException,
  LINTER_EXCEPTIONS,
} from '../checks/linter-annotations';
import { waiverFor } from '../checks/waivers';
import { ServerContract } from '../runtime/serving-runtime';

/**
 * Annotations in which reviewers and linters find what the image forbids of the restricted profile, what is done on purpose,
 * and what was waived at the construct.
 */
export function linterExceptions(
  construct: IConstruct,
  { readOnlyRootFilesystem }: ServerContract,
  pod: k8s.PodSpec,
): Record<string, string> | undefined {
  const waived = LINTER_EXCEPTIONS.map((check) => [check, waiverFor(construct, check)]).filter(([, reason]) => reason);
  return linterAnnotations({
    ...(readOnlyRootFilesystem !== true && { 'read-only-root-filesystem': readOnlyRootFilesystem.exception }),
    ...deliberateExceptions(pod),
    ...(Object.fromEntries(waived) as Partial<Record<LinterException, string>>),
  });
}
