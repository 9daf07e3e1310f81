import { k8s } from 'cdk8s-plus-30';
import { IConstruct } from 'constructs';
import {
  deliberateExceptions,
  linterAnnotations,
  LinterException,
  LINTER_EXCEPTIONS,
} from '../checks/linter-annotations';
import { findCheck } from '../checks/catalog';
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

/** The same for the reasons of whoever stated some at the construct. */
export function inOwnWords(
  construct: IConstruct,
  exceptions: Readonly<Partial<Record<LinterException, string>>>,
): Readonly<Partial<Record<LinterException, string>>> {
  return Object.fromEntries(
    Object.entries(exceptions).map(([rule, reason]) => [rule, waiverFor(construct, rule) ?? reason]),
  );
}

/** Annotations in which reviewers and linters find these exceptions, and checks that were waived at the construct. */
export function exceptionAnnotations(
  construct: IConstruct,
  exceptions: Readonly<Partial<Record<LinterException, string>>>,
): Record<string, string> | undefined {
  const checks = LINTER_EXCEPTIONS.filter((rule) => findCheck(rule) !== undefined);
  const waived = checks.map((check) => [check, waiverFor(construct, check)]).filter(([, reason]) => reason);
  return linterAnnotations({
    ...inOwnWords(construct, exceptions),
    ...(Object.fromEntries(waived) as Partial<Record<LinterException, string>>),
  });
}
