import '../../support/plain-text';
import fc from 'fast-check';
import { ProtobufEnum, ProtobufMessage, protobufText } from '../../../lib/runtime/triton/protobuf-text';
import { text } from '../../properties/odd';

test('fields in their order, messages as blocks, lists as repeated fields', () => {
  const message: ProtobufMessage = {
    name: 'embed',
    nothing: undefined,
    max_batch_size: 32,
    kind: new ProtobufEnum('KIND_GPU'),
    dims: [-1, 3],
    none: [],
    input: [{ name: 'a' }, { name: 'b', reshape: { shape: [] } }],
    enabled: true,
    share: 0.9,
  };
  expect(protobufText(message)).toMatchInlineSnapshot(`
name: "embed"
max_batch_size: 32
kind: KIND_GPU
dims: [ -1, 3 ]
input {
  name: "a"
}
input {
  name: "b"
  reshape {
  }
}
enabled: true
share: 0.9
`);
});

test.each`
  means                      | written         | escaped
  ${'a quote'}               | ${'a"b'}        | ${'"a\\"b"'}
  ${'a backslash'}           | ${'a\\n'}       | ${'"a\\\\n"'}
  ${'a new line'}            | ${'a\nb\r\n'}   | ${'"a\\nb\\r\\n"'}
  ${'a tab'}                 | ${'a\tb'}       | ${'"a\\tb"'}
  ${'a bell before a digit'} | ${'\u00071'}    | ${'"\\0071"'}
  ${'a line separator'}      | ${'\u2028'}     | ${'"\\342\\200\\250"'}
  ${'half a character'}      | ${'\ud800'}     | ${'"\\357\\277\\275"'}
  ${'a letter'}              | ${'ä😀'}        | ${'"ä😀"'}
  ${'a variable of Flux'}    | ${'${x} $x $$'} | ${'"\\044{x} $x $$"'}
`('$means is written as $escaped', ({ written, escaped }) => {
  expect(protobufText({ s: written })).toBe(`s: ${escaped}\n`);
});

/** The string that a reader of the text format finds in quotes: bytes, after every escape. */
function read(quoted: string): string {
  const named: Record<string, number> = { n: 10, r: 13, t: 9, '"': 34, '\\': 92 };
  const bytes = [...quoted.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)].flatMap(
    ([, octal, escape, plain]) =>
      octal !== undefined
        ? [Number.parseInt(octal, 8)]
        : escape !== undefined
          ? [named[escape]!]
          : [...Buffer.from(plain!, 'utf8')],
  );
  return Buffer.from(bytes).toString('utf8');
}

test('any text comes back as it was, on one line, and Flux leaves it alone', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (parts) => {
      const all = parts.join('');
      const [line, end, ...more] = protobufText({ s: all }).split('\n');
      expect(more).toEqual([]);
      expect(end).toBe('');
      expect(line).not.toContain('${');
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(read(line!.slice('s: '.length))).toBe(Buffer.from(all, 'utf8').toString('utf8'));
    }),
    { numRuns: 500, seed: 7 },
  );
});
