import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import * as ts from 'typescript';
import { Check, CheckId, CHECKS, ONLY_IN_INFERENCE_APP } from '../lib/checks/catalog';
import { BROKEN } from '../test/checks/broken-platforms';

const ROOT = join(__dirname, '..');
const FOLDER = join(__dirname, 'checks');

type Row = Check & { readonly id: CheckId };
const rows: readonly Row[] = CHECKS;

/** The statements of `broken` and `mended` of a check, as they stand in the table of the tests. */
function changes(): ReadonlyMap<string, readonly ts.Statement[]> {
  const found = new Map<string, readonly ts.Statement[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isArrowFunction(node.initializer) && ts.isBlock(node.initializer.body)) {
      const check = node.parent.parent;
      if (ts.isPropertyAssignment(check) && (ts.isIdentifier(check.name) || ts.isStringLiteral(check.name))) {
        found.set(`${check.name.text} ${node.name.getText(table)}`, [...node.initializer.body.statements]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(table);
  return found;
}

const file = join(ROOT, 'test', 'checks', 'broken-platforms.ts');
const table = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
const statements = changes();

/** Props of the platform that the tests change, and the call in main.ts that takes them. */
const CALLS = {
  app: (props: string) => `const app = new InferenceApp({ ${props} });`,
  pool: (props: string) => `const l4 = GpuNodePool.gke({\n// the rest as in main.ts\n${props} });`,
  tenant: (props: string) => `const nim = new TenantNamespace(app, 'nim', { ${props} });`,
  service: (props: string) => `new InferenceService(nim, 'llama3-8b', {\n// the rest as in main.ts\n${props} });`,
} as const;

type Changed = keyof typeof CALLS;

/** A change of the platform as one would write it in main.ts. */
function asInMain(id: CheckId, which: 'broken' | 'mended'): string {
  const props = new Map<Changed, string[]>();
  const before: string[] = [];
  const after: string[] = [];
  for (const statement of statements.get(`${id} ${which}`) ?? []) {
    const assigned = assignment(statement);
    if (assigned === undefined) {
      (ts.isVariableStatement(statement) ? before : after).push(inMain(statement.getText(table)));
    } else {
      props.set(assigned.of, [...(props.get(assigned.of) ?? []), `${assigned.prop}: ${inMain(assigned.value)},`]);
    }
  }
  const call = (of: Changed) => (props.has(of) ? [CALLS[of](props.get(of)!.join('\n'))] : []);
  const usesService = after.some((text) => /\bllama\b/.test(text));
  return [
    ...call('app'),
    ...call('pool'),
    ...call('tenant'),
    ...before,
    ...(usesService ? [`const llama = ${CALLS.service('')}`] : call('service')),
    ...after,
  ].join('\n');
}

function assignment(statement: ts.Statement): { of: Changed; prop: string; value: string } | undefined {
  if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) return undefined;
  const { left, right } = statement.expression;
  if (!ts.isPropertyAccessExpression(left) || !ts.isIdentifier(left.expression)) return undefined;
  const of = left.expression.text;
  return of in CALLS ? { of: of as Changed, prop: left.name.text, value: right.getText(table) } : undefined;
}

const inMain = (text: string) => text.replace(/GpuNodePool\.gke\(pool\)/g, 'l4');

/** `owner/repository#1` as a link to it. */
const linked = (text: string) =>
  text.replace(/\b([\w.-]+\/[\w.-]+)#(\d+)/g, '[$1#$2](https://github.com/$1/issues/$2)');

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

const TOLD = {
  error: 'Synthesis writes nothing and prints:',
  warning: 'Synthesis writes the YAML all the same, and prints:',
  'thrown by a value': 'The value is refused where it is made, so synthesis is not even reached:',
} as const;

function page({ id, protects, why, waivable }: Row): string {
  const { title, told, message } = BROKEN[id];
  return [
    `# ${id}`,
    `Protects from: ${protects}`,
    `## What it says`,
    `${title}. In [main.ts](../../main.ts), while no release is under way:`,
    block('ts', asInMain(id, 'broken')),
    TOLD[told],
    block('text', message),
    `## Why`,
    linked(why),
    `## What to do`,
    'What the last lines of the message say. This passes:',
    block('ts', asInMain(id, 'mended')),
    `## Waiver`,
    ...waiver(id, waivable),
    ONLY_IN_INFERENCE_APP.has(id)
      ? "Only `InferenceApp` runs this check; cdk8s' own App does not. [All checks](README.md)"
      : '[All checks](README.md)',
  ].join('\n\n');
}

function waiver(id: CheckId, waivable: boolean): readonly string[] {
  if (!waivable) return ['It cannot be waived: what it finds would fail later, and further from its cause.'];
  return ['It can be waived, with a reason, which the scorecard shows:', block('ts', waiverOf(id))];
}

const waiverOf = (id: CheckId) => CALLS.service(`waivers: { '${id}': 'why this is right here, for reviewers' },`);

function overview(): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const table = (group: string) =>
    [
      '| check | protects from | waivable |',
      '| --- | --- | --- |',
      ...rows
        .filter((row) => row.group === group)
        .map(({ id, protects, waivable }) => {
          const mark = ONLY_IN_INFERENCE_APP.has(id) ? ' \\*' : '';
          return `| [\`${id}\`](${id}.md)${mark} | ${protects.replace(/\|/g, '\\|')} | ${waivable ? 'yes' : 'no'} |`;
        }),
    ].join('\n');
  return [
    '# Checks',
    `${rows.length} checks ask whether what you declare can work, before anything is written. Each message has the path of the construct, the id of the check, what is wrong with its numbers, and what to change. Each page below shows one such message and the change of [main.ts](../../main.ts) that provokes it; the tests run both. There, main.ts is without its canary, or what concerns both tracks would be told twice. Made by \`npm run docs\`: change the catalog or the table of the tests instead.`,
    'A certain failure is an error: synthesis tells all of them at once and writes nothing. A risk is a warning: it is told on stderr and in the scorecard, and the YAML is written.',
    ...groups.flatMap((group) => [`## ${group}`, table(group)]),
    '\\* only in `InferenceApp`.',
    '## Waivers',
    'A check that is wrong about your case, or a risk that you accept, is waived by its id, for a construct and everything inside it. The reason is what a reviewer reads instead of the message.',
    block('ts', waiverOf('gpu-memory-fit')),
    'The scorecard lists each waiver with its reason and with what was waived. What the usual linters know too (images, secrets, duplicate variables) also becomes an annotation for kube-linter, kube-score, Checkov and Polaris. A waiver without a reason, of an unknown id, or of a check that cannot be waived is an error itself: [`waivers`](waivers.md).',
    '## Where checks run',
    [
      '- **Values** (`GpuNodePool`, `NimRuntime`, `ModelCache`, `NetworkPeer`, …) stand outside of the construct tree and throw an `InvalidInputError` with everything that is wrong with them, in any program.',
      '- **Constructs** report through `node.addValidation`. `InferenceApp`, the `App` of cdk8s, `cdk8s synth` and `Testing.synth(chart)` all run that; only `InferenceApp` tells it with warnings.',
      "- **Manifests** are checked when they are finished, whoever made them, by `InferenceApp` only: the checks marked \\*. Its `synth()`, `synthYaml()` and `manifests()` tell the same. Warnings are printed by `synth()`; in cdk8s' own App they are metadata of the constructs that nobody prints.",
    ].join('\n'),
  ].join('\n\n');
}

/** The pages of docs/checks by name, made from the catalog of checks and from the platforms that the tests break. */
export async function checkPages(): Promise<ReadonlyMap<string, string>> {
  const texts: [string, string][] = [
    ['README.md', overview()],
    ...rows.map((row): [string, string] => [`${row.id}.md`, page(row)]),
  ];
  const options = {
    ...(await prettier.resolveConfig(join(FOLDER, 'README.md'))),
    parser: 'markdown',
    // The code is put together from pieces, so nobody else has formatted it.
    embeddedLanguageFormatting: 'auto',
  } as const;
  const formatted = texts.map(async ([name, text]) => [name, await prettier.format(text, options)] as const);
  return new Map(await Promise.all(formatted));
}
