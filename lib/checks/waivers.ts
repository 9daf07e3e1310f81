import { IConstruct } from 'constructs';
import { nearestNames } from '../problem/nearest-names';
import { Problem } from '../problem/problem';
import { CheckId, CHECKS, findCheck } from './catalog';
import { LINTER_EXCEPTIONS, LinterException } from './linter-annotations';

/**
 * Checks that are waived, each with the reason: what a reviewer reads instead of the problem. Rules of linters that are no checks, such
 * as `cpu-limit`, are excepted by themselves where a workload breaks them on purpose; stated here, the reason is yours.
 */
export type Waivers = Readonly<Partial<Record<CheckId | LinterException, string>>>;

const WAIVER = 'cdk8s-gpu-inference:waiver';

interface Waiver {
  readonly check: string;
  readonly reason: string;
}

/**
 * Waives checks for a construct and everything inside it.
 *
 * @returns what is wrong with the waivers themselves: an unknown id, one that cannot be waived, no reason
 */
export function waive(construct: IConstruct, waivers: Waivers): Problem[] {
  return Object.entries(waivers).flatMap(([id, reason]): Problem[] => {
    const problem = (message: string, remedy: string) => [{ check: 'waivers', message, remedy }];
    const check = findCheck(id);
    const isRule = (LINTER_EXCEPTIONS as readonly string[]).includes(id);
    if (!check && !isRule) {
      const ids = nearestNames(id, [...new Set([...CHECKS.map((known) => known.id), ...LINTER_EXCEPTIONS])], 3);
      return problem(`There is no check ${JSON.stringify(id)} to waive.`, `Did you mean ${ids.join(', ')}?`);
    }
    if (check && !check.waivable) {
      return problem(`The check ${id} cannot be waived: the cluster refuses what it finds.`, 'Mend what it finds.');
    }
    if (typeof reason !== 'string' || reason.trim() === '') {
      return problem(`The waiver of ${id} has no reason.`, 'Say why, in words that a reviewer can agree with.');
    }
    construct.node.addMetadata(WAIVER, { check: id, reason } satisfies Waiver);
    return [];
  });
}

/** The reason for which a check is waived here: that of the nearest construct. Undefined when it is not. */
export function waiverFor(construct: IConstruct, check: string): string | undefined {
  for (const scope of [...construct.node.scopes].reverse()) {
    for (const { type, data } of scope.node.metadata) {
      if (type === WAIVER && (data as Waiver).check === check) return (data as Waiver).reason;
    }
  }
  return undefined;
}
