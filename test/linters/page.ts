import { LINTER_RULES, Verdict } from './rules';

const LINTERS = [
  ['kube-linter', 'kubeLinter'],
  ['kube-score', 'kubeScore'],
  ['Polaris', 'polaris'],
  ['Kubescape', 'kubescape'],
  ['Checkov', 'checkov'],
  ['Trivy', 'trivy'],
] as const;

const HEAD = `# Linters

What the usual linters of manifests ask of a workload, and how \`dist/\` stands to it. A rule that is waived is broken on purpose; the reason is here, and in an annotation of the workload where one is written for the linter. This page is written by \`npm run docs\`; \`npm test\` evaluates on \`dist/\` every rule that a manifest can answer: a rule that is passed finds nothing, and a rule that is waived still finds something.

Ids are those of kube-linter 0.8, kube-score 1.20, Polaris 9, Kubescape's NSA and workload frameworks, Checkov's kubernetes policies and Trivy's checks. kube-score (with \`--ignore-container-cpu-limit\`) and Checkov were run on \`dist/\` and report nothing that is not waived; the other columns follow the published rules, without the linters themselves.

Annotations by which exceptions are told: \`ignore-check.kube-linter.io/RULE\`, \`kube-score/ignore\`, \`polaris.fairwinds.com/RULE-exempt\`, \`checkov.io/skipN\`. Kubescape and Trivy take exceptions in files of their own, not in manifests.
`;

function verdictText(verdict: Verdict): string {
  if ('passed' in verdict) return 'passed';
  return 'waived' in verdict ? `**waived**: ${verdict.waived}` : `not applicable: ${verdict.outside}`;
}

/** The text of docs/linters.md. */
export function lintersPage(): string {
  const rows = LINTER_RULES.map((rule) => {
    const ids = LINTERS.map(([, key]) => (rule[key] === undefined ? '' : rule[key]));
    return [rule.asks, ...ids, verdictText(rule.verdict)];
  });
  const head = ['asks for', ...LINTERS.map(([name]) => name), 'dist/'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${HEAD}\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
