/**
 * What happens to an object that breaks a rule: the API server refuses it, or tells whoever applies it, or notes it in its
 * audit log only. A warning is noted there too.
 */
export type PolicyMode = 'deny' | 'warn' | 'audit';

/**
 * What a rule looks at. In its expressions a pod is `p` with `spec`, `labels` and `containers`, and a GPU pod has `pools` as
 * well; a container is `c` with `spec`, `name`, `image` and the `pod` around it.
 */
export type PolicySubject = 'pods' | 'gpuPods' | 'cpuPods' | 'containers' | 'gpuContainers';

/** One rule, as data: CEL that finds what breaks it, and CEL that says so. */
export interface PolicyRule {
  /** Stable id; the check of that name where a check asks the same of the library's own manifests. */
  readonly id: string;
  /** What it protects from, in one sentence. */
  readonly protects: string;
  readonly of: PolicySubject;
  /** CEL: true when the subject breaks the rule. */
  readonly broken: string;
  /** CEL: what is wrong and what is right, in one line. Begins with a literal, to which the id is prepended. */
  readonly told: `'${string}`;
}

/** The variable that holds what a rule found: `gpuPool` for `gpu-pool`. */
export function variableOf({ id }: PolicyRule): string {
  return id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
