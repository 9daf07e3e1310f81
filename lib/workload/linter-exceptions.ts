import { k8s } from 'cdk8s-plus-30';
import { IConstruct } from 'constructs';
import {
  deliberateExceptions,
  linterAnnotations,
  LinterException,
  LINTER_EXCEPTIONS,
} from '../checks/linter-annotations';
import { DeclaredWorkload } from '../checks/declared-workload';
import { waiverFor } from '../checks/waivers';
import { ServerContract } from '../runtime/serving-runtime';

/** What a workload has on purpose that linters object to, each with the reason: what the image forbids, and what was decided. */
export function linterExceptions(
  { readOnlyRootFilesystem }: ServerContract,
  pod: k8s.PodSpec,
  workload: Pick<DeclaredWorkload, 'kind' | 'replicas'>,
): Readonly<Partial<Record<LinterException, string>>> {
  return {
    ...(readOnlyRootFilesystem !== true && { 'read-only-root-filesystem': readOnlyRootFilesystem.exception }),
    ...deliberateExceptions(pod, workload),
  };
}

/** Annotations in which reviewers and linters find these exceptions, and what was waived at the construct. */
export function exceptionAnnotations(
  construct: IConstruct,
  exceptions: Readonly<Partial<Record<LinterException, string>>>,
): Record<string, string> | undefined {
  const waived = LINTER_EXCEPTIONS.map((check) => [check, waiverFor(construct, check)]).filter(([, reason]) => reason);
  return linterAnnotations({
    ...exceptions,
    ...(Object.fromEntries(waived) as Partial<Record<LinterException, string>>),
  });
}
