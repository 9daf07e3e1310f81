import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORM_NAMESPACES, POLICY_RULES } from '../../lib';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'policy.md'), 'utf8');

test('docs/policy.md has every rule, in its order and its words', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (?:every|pods|containers) [^|]*\| (.*?) *\|$/gm)];
  const words = ({ protects }: { protects: string }) =>
    protects.replace(/\.$/, '').replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase());
  expect(rows.map(([, id, text]) => `${id}: ${text}`)).toEqual(
    POLICY_RULES.map((rule) => `${rule.id}: ${words(rule)}`),
  );
});

test('no namespace of the platform is named twice', () => {
  expect(new Set(PLATFORM_NAMESPACES).size).toBe(PLATFORM_NAMESPACES.length);
});
