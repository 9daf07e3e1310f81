import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** What a reader should know of the server that was chosen; each server knows its own drawbacks. */
export function runtimeWarnings({ plan }: DeclaredWorkload): Findings {
  return { errors: [], warnings: plan.contract.warnings ?? [] };
}
