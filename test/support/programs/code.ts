import fc from 'fast-check';

/** Expressions of TypeScript, or none where a prop is left out. */
export type Code = fc.Arbitrary<string>;
type Optional = fc.Arbitrary<string | undefined>;

/** How many usual values come on each odd one: most programs hold one or two odd values, many none. */
const USUAL_PER_ODD = 40;

/** A value as a person writes it. */
export function literal(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return listText(value.map(literal));
  if (typeof value === 'object' && value !== null) {
    return objectText(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
  }
  return JSON.stringify(value) ?? 'undefined';
}

// `"__proto__": …` would set the prototype instead of a property.
const keyText = (key: string) =>
  key === '__proto__' ? '["__proto__"]' : /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);

function bracketed(open: string, parts: readonly string[], close: string): string {
  const line = parts.join(', ');
  const blank = open === '{' ? ' ' : '';
  if (parts.length === 0) return open + close;
  if (line.length <= 100 && !line.includes('\n')) return `${open}${blank}${line}${blank}${close}`;
  return `${open}\n${parts.map((part) => `${part.replace(/^/gm, '  ')},\n`).join('')}${close}`;
}

const listText = (items: readonly string[]) => bracketed('[', items, ']');
const objectText = (entries: readonly (readonly [string, string])[]) =>
  bracketed(
    '{',
    // A key of three dots spreads an object: props that only go together.
    entries.map(([key, text]) => (key.startsWith('...') ? `...${text}` : `${keyText(key)}: ${text}`)),
    '}',
  );

/** One of some values. */
export const of = (...values: readonly unknown[]): Code => fc.constantFrom(...values.map(literal));

/** One of some expressions, as they are. */
export const code = (...texts: readonly string[]): Code => fc.constantFrom(...texts);

/** Mostly what people mean; now and then something else that the types allow. */
export const mostly = (usual: Code, odd: Code): Code =>
  fc.oneof({ withCrossShrink: true }, { weight: USUAL_PER_ODD, arbitrary: usual }, { weight: 1, arbitrary: odd });

/** One of several kinds of expressions; those that come first are what failures are shrunk to. */
export const oneOf = (...kinds: readonly Code[]): Code => fc.oneof({ withCrossShrink: true }, ...kinds);

/** The same with weights. */
export const weighted = (...kinds: readonly (readonly [weight: number, arbitrary: Code])[]): Code =>
  fc.oneof({ withCrossShrink: true }, ...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Keys of a dictionary: mostly what people mean. */
export const keys = (usual: readonly string[], odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: USUAL_PER_ODD, arbitrary: fc.constantFrom(...usual) },
    { weight: odd.length > 0 ? 1 : 0, arbitrary: fc.constantFrom(...odd, ...usual) },
  );

const absentFor =
  (absent: number) =>
  (arbitrary: Code): Optional =>
    fc.oneof(
      { withCrossShrink: true },
      { weight: absent, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: arbitrary as Optional },
    );

/** A prop that nine of ten programs state. */
export const usually = (arbitrary: Code): Optional =>
  fc.oneof(
    { withCrossShrink: true },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 9, arbitrary: arbitrary as Optional },
  );
/** A prop that half of the programs state. */
export const often = absentFor(1);
/** A prop that one of five programs states. */
export const sometimes = absentFor(4);
/** A prop that one of fifteen programs states. */
export const rarely = absentFor(14);

/** An object with these props. */
export const props = (all: Readonly<Record<string, Optional>>): Code =>
  fc
    .record(all)
    .map((stated) =>
      objectText(Object.entries(stated).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );

/** A list of these. */
export const list = (item: Code, least: number, most: number): Code =>
  fc.array(item, { minLength: least, maxLength: most }).map(listText);

/** A dictionary with these keys. */
export const dictionary = (key: fc.Arbitrary<string>, value: Code, least: number, most: number): Code =>
  fc
    .uniqueArray(fc.tuple(key, value), { minLength: least, maxLength: most, selector: ([name]) => name })
    .map(objectText);

/** A call of a function or of a constructor, such as `new NimRuntime`. */
export const call = (callee: string, ...given: readonly Code[]): Code =>
  fc.tuple(...given).map((parts) => `${callee}(${parts.join(', ')})`);

/** An expression made of others. */
export const joined = (parts: readonly Optional[], separator = ''): Code =>
  fc.tuple(...parts).map((texts) => texts.filter((text) => text !== undefined).join(separator));
