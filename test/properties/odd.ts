import fc from 'fast-check';

/** Mostly what people mean, so that most inputs get past the first check; now and then something else. */
export const mostly = <T>(usual: readonly T[], odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd });

const words = (list: string): string[] => list.split(' ');

/** Texts that some reader, some API or some line of JavaScript has been known to misunderstand. */
const ODD_TEXTS = [
  ...words('- . / ~ = << *a &a !a #a a: | > %a @a `a` {a} [a] {{.x}} ${X} $${X} $(X) -a a- A 0a a_b a.b a..b'),
  ...words(
    'yes no on off y n true null Null 1e3 1e e3 0x1F 0o17 017 0b1 1_000 .5 +1 -0 .inf 12:30:00 2026-11-21 1.0 1234e56',
  ),
  ...words('__proto__ constructor toString hasOwnProperty model-cache shm nvidia.com/gpu ä ﬁ 日本 😀'),
  ...['', ' ', 'a #b', 'a: b', '- a', '? a', ' a', 'a ', "it's", 'a"b', 'a\\b', 'a\nb', 'a\n', '\na', 'a\tb', 'a\r\nb'],
  ...['\u0000', '\u0007', '\u0085', '\u00a0', '\u2028', '\ufeff', '\uffff', '\ud800', 'a\udfff'],
  ...[52, 53, 63, 64, 254].map((length) => 'a'.repeat(length)),
];

export const text: fc.Arbitrary<string> = fc
  .oneof(fc.constantFrom(...ODD_TEXTS), fc.string(), fc.string({ unit: 'binary' }))
  // The judge takes these for numbers that nobody looked at.
  .filter((one) => !/NaN|Infinity|\[object Object\]/.test(one));

/** Numbers that are no count of anything. */
export const number: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -1,
    -0,
    0,
    0.5,
    1.5,
    120,
    65536,
    2 ** 31,
    2 ** 53,
    1e21,
    1e-7,
    Number.MAX_VALUE,
  ),
  fc.double(),
  fc.integer(),
);

export const labels = (
  usual: readonly Readonly<Record<string, string>>[],
): fc.Arbitrary<Readonly<Record<string, string>>> =>
  mostly(
    usual,
    fc.dictionary(fc.oneof(text, fc.constant('app')), fc.oneof(text, fc.constant('llama')), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  );

/** A prop that is left out as often as not. */
export const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(fc.constant(undefined), arbitrary);

/** Ids that constructs keeps apart. It takes members of every JavaScript object for children that are there already. */
export const constructId: fc.Arbitrary<string> = text.filter((id) => id !== '' && !(id in {}));
