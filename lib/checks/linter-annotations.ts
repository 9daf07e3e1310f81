/** What the linters of Kubernetes manifests call one rule. */
interface LinterRule {
  readonly kubeLinter?: string;
  readonly kubeScore?: string;
  readonly checkov?: string;
  readonly polaris?: string;
}

/**
 * Rules that a reader of the manifest may see broken on purpose, by what is excepted. Ids of kube-linter 0.8, kube-score
 * 1.20, Checkov's kubernetes policies, and Polaris 9.
 */
const RULES = {
  'read-only-root-filesystem': {
    kubeLinter: 'no-read-only-root-fs',
    kubeScore: 'container-security-context-readonlyrootfilesystem',
    checkov: 'CKV_K8S_22',
    polaris: 'notReadOnlyRootFilesystem',
  },
  'image-pinning': { checkov: 'CKV_K8S_43' },
  'literal-secret': { kubeLinter: 'env-var-secret', polaris: 'sensitiveContainerEnvVar' },
  'duplicate-environment': { kubeLinter: 'duplicate-env-var', kubeScore: 'environment-variable-key-duplication' },
} as const satisfies Readonly<Record<string, LinterRule>>;

/** What can be excepted. */
export type LinterException = keyof typeof RULES;

/** Everything that can be excepted; all but the first are checks of ours that linters know too. */
export const LINTER_EXCEPTIONS = Object.keys(RULES) as LinterException[];

/** The annotations by which the usual linters accept exceptions, each with its reason where the linter takes one. */
export function linterAnnotations(
  exceptions: Readonly<Partial<Record<LinterException, string>>>,
): Record<string, string> | undefined {
  const rules = Object.entries(exceptions).map(([exception, reason]) => ({
    reason,
    rule: RULES[exception as LinterException] as LinterRule,
  }));
  const kubeScore = rules.flatMap(({ rule }) => rule.kubeScore ?? []);
  const annotations = Object.fromEntries([
    ...rules.flatMap(({ rule, reason }) =>
      rule.kubeLinter ? [[`ignore-check.kube-linter.io/${rule.kubeLinter}`, reason]] : [],
    ),
    ...(kubeScore.length > 0 ? [['kube-score/ignore', kubeScore.join(',')]] : []),
    ...rules
      .filter(({ rule }) => rule.checkov)
      .map(({ rule, reason }, index) => [`checkov.io/skip${index + 1}`, `${rule.checkov}=${reason}`]),
    ...rules.flatMap(({ rule }) => (rule.polaris ? [[`polaris.fairwinds.com/${rule.polaris}-exempt`, 'true']] : [])),
  ]) as Record<string, string>;
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}
