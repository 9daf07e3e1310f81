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
function changes(): ReadonlyMap<string, readonly ts.Node[]> {
  const found = new Map<string, readonly ts.Node[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isArrowFunction(node.initializer)) {
      const check = node.parent.parent;
      const { body } = node.initializer;
      if (ts.isPropertyAssignment(check) && (ts.isIdentifier(check.name) || ts.isStringLiteral(check.name))) {
        found.set(`${check.name.text} ${node.name.getText(table)}`, ts.isBlock(body) ? [...body.statements] : [body]);
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

function assignment(statement: ts.Node): { of: Changed; prop: string; value: string } | undefined {
  if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) return undefined;
  const { left, right } = statement.expression;
  if (!ts.isPropertyAccessExpression(left)) return undefined;
  const of = left.expression.getText(table).replace(/^base\./, '');
  return of in CALLS ? { of: of as Changed, prop: left.name.text, value: right.getText(table) } : undefined;
}

const inMain = (text: string) =>
  text
    .replace(/GpuNodePool\.gke\((base\.)?pool\)/g, 'l4')
    .replace(/\.\.\.(base\.)?service\.\w+!,/g, '/* the rest as in main.ts */')
    .replace(/\bbase\.(?=nim|llama|edge|monitoring)/g, '');

/** What the table of the tests defines for its changes. */
const HELPERS: readonly string[] = table.statements.flatMap((statement) =>
  ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => name.getText(table))
    : ts.isFunctionDeclaration(statement) && statement.name
      ? [statement.name.text]
      : [],
);

const listed = (names: readonly string[]) =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter((part) => part !== '').join(' and ');

/** The change as code, with where to find what it calls; nothing where there is none to show. */
function shownChange(id: CheckId, which: 'broken' | 'mended'): readonly string[] {
  const code = asInMain(id, which);
  if (code === '') return [];
  const called = HELPERS.filter((name) => new RegExp(`\\b${name}\\b`).test(code)).map((name) => `\`${name}\``);
  const are = called.length === 1 ? 'is' : 'are';
  return [
    block('ts', code),
    ...(called.length === 0 ? [] : [`${listed(called)} ${are} of [the tests](../../test/checks/broken-platforms.ts).`]),
  ];
}

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
  const passes = shownChange(id, 'mended');
  return [
    `# ${id}`,
    `Protects from: ${protects}`,
    `## What it says`,
    `${title}. In [main.ts](../../main.ts), while no release is under way:`,
    ...shownChange(id, 'broken'),
    TOLD[told],
    block('text', message),
    `## Why`,
    linked(why),
    `## What to do`,
    passes.length === 0
      ? 'What the last lines of the message say.'
      : 'What the last lines of the message say. This passes:',
    ...passes,
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
