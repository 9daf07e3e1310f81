import { isDeepStrictEqual } from 'util';
import { Yaml } from 'cdk8s';
import * as fc from 'fast-check';
import { load } from 'js-yaml';
import { parse } from 'yaml';
import { adversarialStrings } from '../../bench/adversarial-strings';
import { toYaml, UnrepresentableError } from '../../lib/gitops/yaml';

const READERS: [string, (text: string) => unknown][] = [
  ['yaml, version 1.1', (text) => parse(text, { version: '1.1' })],
  ['yaml, version 1.2', (text) => parse(text, { version: '1.2' })],
  ['js-yaml', (text) => load(text)],
];

describe.each(READERS)('read back by %s', (_, read) => {
  test('every adversarial string', () => {
    const changed = adversarialStrings().filter((text) => {
      const value = { value: text, list: [text, [text], { a: text }], last: text };
      return !isDeepStrictEqual(read(toYaml(value)), value);
    });
    expect(changed).toEqual([]);
  });

  test('every adversarial string as a key', () => {
    const keys = adversarialStrings().filter((text) => text.length < 1000);
    const changed = keys.filter((key) => !isDeepStrictEqual(read(toYaml({ [key]: 'value' })), { [key]: 'value' }));
    expect(changed).toEqual([]);
  });

  test('any string', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        expect(read(toYaml({ a: { b: text }, c: [text, [text]], d: text }))).toEqual({
          a: { b: text },
          c: [text, [text]],
          d: text,
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('any JSON', () => {
    fc.assert(
      fc.property(anyMap, (value) => {
        expect(read(toYaml(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});

/** Strings made of what is hard: line breaks, blanks, indicators, digits, and whatever fast-check thinks of. */
const anyString = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text)),
  fc
    .array(
      fc.constantFrom('\n', '\n', ' ', '\t', 'a', 'b: ', '- ', '#', '0', 'x', '"', "'", '\\', '\r', '\u0085', '\u2028'),
    )
    .map((parts) => parts.join('')),
  fc.array(fc.constantFrom(...'0123456789_.:-+eExXoObBinfGMym'), { maxLength: 8 }).map((parts) => parts.join('')),
);

const anyKey = anyString.filter((key) => key !== '__proto__');
const { anyMap } = fc.letrec<{ anyMap: Record<string, unknown>; value: unknown }>((tie) => ({
  anyMap: fc.dictionary(anyKey, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyString,
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('anyMap'),
  ),
}));

test('keys come in the order in which people write them, whatever their order in the object', () => {
  const container = {
    volumeMounts: [{ mountPath: '/models', name: 'models' }],
    resources: { limits: { 'nvidia.com/gpu': '1' }, requests: { memory: '12Gi', cpu: 500 } },
    env: [{ value: '1', name: 'HF_HUB_OFFLINE' }],
    livenessProbe: { periodSeconds: 10, httpGet: { port: 'http', path: '/health' } },
    startupProbe: { httpGet: { port: 'http', path: '/health' }, failureThreshold: 60 },
    args: ['--port=8000', '--model', 'meta-llama/Llama-3.1-8B'],
    image: 'vllm/vllm-openai:v0.10.0',
    name: 'vllm',
  };
  const manifest = {
    spec: { template: { spec: { volumes: [{ emptyDir: {}, name: 'tmp' }], containers: [container] } }, replicas: 1 },
    metadata: { labels: { name: 'x', app: 'y' }, namespace: 'nim', name: 'llama' },
    kind: 'Deployment',
    apiVersion: 'apps/v1',
  };

  expect(toYaml(manifest)).toBe(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: llama
  namespace: nim
  labels:
    app: "y"
    name: x
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.10.0
          args:
            - --port=8000
            - --model
            - meta-llama/Llama-3.1-8B
          env:
            - name: HF_HUB_OFFLINE
              value: "1"
          resources:
            requests:
              cpu: 500
              memory: 12Gi
            limits:
              nvidia.com/gpu: "1"
          startupProbe:
            httpGet:
              path: /health
              port: http
            failureThreshold: 60
          livenessProbe:
            httpGet:
              path: /health
              port: http
            periodSeconds: 10
          volumeMounts:
            - name: models
              mountPath: /models
      volumes:
        - name: tmp
          emptyDir: {}
`);
});

test.each<[string, unknown, string]>([
  ['words', 'p95 of llama is above 2.5 s', 'p95 of llama is above 2.5 s'],
  ['an image', 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0', 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0'],
  ['a flag', '--max-model-len=8192', '--max-model-len=8192'],
  ['a quantity', '12Gi', '12Gi'],
  ['a duration', '30s', '30s'],
  ['a number in quotes', '8192', '"8192"'],
  ['a boolean of YAML 1.1', 'off', '"off"'],
  ['an octal number of YAML 1.2', '0o755', '"0o755"'],
  ['a git revision that looks like a number', '1234e56', '"1234e56"'],
  ['an exponent, with the point that YAML 1.1 wants', 1e21, '1.0e+21'],
  ['a next line character', 'a\u0085b', '"a\\u0085b"'],
  ['an empty string', '', '""'],
  ['an empty list', [], '[]'],
  ['a list in a list', [['a']], '\n  - - a'],
  ['several lines', 'a\n  b\n', '|\n  a\n    b'],
  ['several lines, the last one open', 'a\n\nb', '|-\n  a\n\n  b'],
  ['several lines and empty ones after them', 'a\n\n\n', '|+\n  a\n\n'],
  ['several lines, the first one indented', ' a\nb\n', '" a\\nb\\n"'],
  ['a line of blanks among several', 'a\n  \nb', '"a\\n  \\nb"'],
  ['several lines with a carriage return', 'a\r\nb', '"a\\r\\nb"'],
])('%s', (_, value, text) => {
  expect(toYaml({ value }).trimEnd()).toBe(`value:${text.startsWith('\n') ? text : ` ${text}`}`.trimEnd());
});

test('an object that is used twice is written twice', () => {
  const shared = { app: 'llama' };
  expect(toYaml({ a: shared, b: shared })).toBe('a:\n  app: llama\nb:\n  app: llama\n');
  expect(Yaml.stringify({ a: shared, b: shared })).toContain('&a1');
});

test('undefined members are left out, and a map of them is empty', () => {
  expect(toYaml({ a: undefined, b: { c: undefined } })).toBe('b: {}\n');
});

test.each<[object, string]>([
  [{ spec: { replicas: NaN } }, '/spec/replicas is NaN, which has no place in a manifest'],
  [{ spec: { replicas: -Infinity } }, '/spec/replicas is -Infinity, which has no place in a manifest'],
  [{ spec: { args: ['a', null] } }, '/spec/args/1 is null, which has no place in a manifest'],
  [{ spec: { args: [undefined] } }, '/spec/args/0 is undefined, which has no place in a manifest'],
  [{ limits: { 'nvidia.com/gpu': null } }, '/limits/nvidia.com~1gpu is null, which has no place in a manifest'],
  [{ a: 1n }, '/a is a bigint, which has no place in a manifest'],
  [{ a: new Date(0) }, '/a is a Date, which has no place in a manifest'],
  [{ a: '\ud800' }, '/a is a string with half a surrogate pair, which has no place in a manifest'],
  [{ a: { ['k'.repeat(1001)]: '' } }, '/a is a map with a key of 1001 characters, which has no place in a manifest'],
])('refuses %p', (manifest, message) => {
  expect(() => toYaml(manifest)).toThrow(UnrepresentableError);
  expect(() => toYaml(manifest)).toThrow(message);
});
