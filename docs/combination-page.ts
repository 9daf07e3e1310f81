import * as prettier from 'prettier';
import { ARTIFACTS, CACHES, outcomeOf, RUNTIMES } from '../test/service/combinations';

/** The page that shows which server takes which artifact with which cache, made from what synthesis says of each. */
export async function combinationPage(): Promise<string> {
  const reasons: string[] = [];
  const sections = Object.keys(RUNTIMES).map((runtime) => section(runtime, reasons));
  const text = [
    '# Servers, artifacts, caches',
    'Made by `npm run docs` from what synthesis says of Llama 3 8B on one H100, for every combination: ✓ is synthesized and conforms to the published schemas; a number is refused for the reason below. The test `test/service/combinations.test.ts` holds this page against the code.',
    ...sections,
    '## Reasons',
    ...reasons.map((reason, at) => `${at + 1}. ${reason}`),
  ].join('\n\n');
  return prettier.format(text, { parser: 'markdown', printWidth: 120 });
}

function section(runtime: string, reasons: string[]): string {
  const caches = Object.keys(CACHES);
  const rows = Object.keys(ARTIFACTS).map((artifact) => {
    const cells = caches.map((cache) => {
      const outcome = outcomeOf(runtime, artifact, cache);
      return 'objects' in outcome ? '✓' : outcome.refusals.map((text) => numberOf(text, reasons)).join(', ');
    });
    return `| ${[artifact, ...cells].join(' | ')} |`;
  });
  return [`## ${runtime}`, '', `| | ${caches.join(' | ')} |`, `|${' --- |'.repeat(caches.length + 1)}`, ...rows].join(
    '\n',
  );
}

/** The place of a reason in the list; the same reason is listed once. */
function numberOf(refusal: string, reasons: string[]): number {
  const [check, message, remedy] = refusal.split('\n');
  const reason = `[${check}](checks/${check}.md): ${message} ${remedy}`;
  if (!reasons.includes(reason)) reasons.push(reason);
  return reasons.indexOf(reason) + 1;
}
