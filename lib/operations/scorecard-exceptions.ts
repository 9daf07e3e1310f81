import { Declarations } from '../checks/declarations';
import { LinterException, linterNames } from '../checks/linter-annotations';
import { inOwnWords, linterExceptions } from '../workload/linter-exceptions';

/** What workloads have on purpose that linters object to. */
export interface ScorecardException {
  /** What is excepted, such as `cpu-limit`. */
  readonly rule: string;
  /** What linters call it, such as `Checkov CKV_K8S_11`. */
  readonly linters: readonly string[];
  readonly reason: string;
  /** Workloads that carry it as annotations. */
  readonly paths: readonly string[];
}

/** The exceptions of all workloads, those for the same reason once. */
export function scorecardExceptions(declared: Declarations): ScorecardException[] {
  const found = new Map<string, Omit<ScorecardException, 'paths'> & { readonly paths: string[] }>();
  for (const workload of declared.workloads) {
    const { path } = workload.construct.node;
    const exceptions = linterExceptions(workload.plan.contract, workload.pod, workload);
    for (const [rule, reason] of Object.entries(inOwnWords(workload.construct, exceptions))) {
      const known = found.get(`${rule}\n${reason}`);
      if (known) known.paths.push(path);
      else
        found.set(`${rule}\n${reason}`, { rule, linters: linterNames(rule as LinterException), reason, paths: [path] });
    }
  }
  return [...found.values()]
    .map((exception) => ({ ...exception, paths: exception.paths.sort() }))
    .sort((one, other) => (one.rule + one.reason < other.rule + other.reason ? -1 : 1));
}
