import fc from 'fast-check';
import { call, Code, code, dictionary, list, literal, mostly, of } from './code';

const words = (text: string): string[] => text.split(' ');

/** Texts that some reader, some API or some line of JavaScript has been known to misunderstand. */
const TEXTS = [
  ...words('- . / ~ = << *a &a !a #a a: | > %a @a `a` {a} [a] {{.x}} ${X} $${X} $(X) -a a- A 0a a_b a.b a..b'),
  ...words('yes no on off null Null 1e3 0x1F 0o17 1_000 .5 +1 -0 .inf 12:30:00 2026-11-21 1.0 __proto__ constructor'),
  ...['', ' ', 'a #b', 'a: b', '- a', ' a', 'a ', "it's", 'a"b', 'a\\b', 'a\nb', 'a\n', '\na', 'a\tb', 'a\r\nb'],
  ...['ä', '日本', '😀', '\u0000', '\u0007', '\u0085', '\u00a0', '\u2028', '\ufeff', '\ud800'],
  ...[64, 253, 254].map((length) => 'a'.repeat(length)),
];

/** Names at the limits of what Kubernetes takes, and beyond them. */
const NAMES = [
  ...words('a 0 1e3 true null on a.b a-b A a_b -a a- a..b .a kube-system default model-cache shm nim'),
  ...['', ' ', 'ä', 'a b', 'a/b', 'a\n', '${X}'],
  ...[15, 16, 24, 36, 44, 45, 46, 52, 53, 54, 57, 58, 62, 63, 64, 253, 254].map((length) => 'n'.repeat(length)),
];

const LABEL_VALUES = [
  ...words('a A 1 true null 1e3 a_b a.b a-b -a a- .a _a a/b ä 😀'),
  ...['', ' ', 'a b', 'a\n', '${X}', 'a:b', ...[62, 63, 64].map((length) => 'v'.repeat(length))],
];

const LABEL_KEYS = [
  ...words('app App a_b a.b 1 -a a- ä a/b/c /a a/ example.com/a example.com/A Example.com/a example..com/a'),
  ...words('app.kubernetes.io/name app.kubernetes.io/instance track role kubernetes.io/hostname nvidia.com/gpu'),
  ...words('kustomize.toolkit.fluxcd.io/prune kubernetes.io/metadata.name pod-security.kubernetes.io/enforce'),
  ...['', ' ', 'a b', '__proto__', 'k'.repeat(63), 'k'.repeat(64), `${'d'.repeat(64)}/a`, `${'d.'.repeat(126)}d/a`],
];

const PATHS = [
  '',
  '/',
  '//',
  '.',
  'a',
  '/a/',
  '/a//b',
  '/../a',
  '/./a',
  '/a b',
  '/a:b',
  '/ä',
  '/a\n',
  '/${X}',
  '/a?b=c',
];

export const oddName = of(...NAMES);
export const oddText = of(...TEXTS);
export const oddPath = of(...PATHS, '/' + 'p'.repeat(300), '/proc', '/dev/shm', '/tmp');

/** A name: of an object, a key, a class. */
export const name = (...usual: readonly string[]): Code => mostly(of(...usual), oddName);

/** Words of the user's own, which may hold anything. */
export const text = (...usual: readonly string[]): Code => mostly(of(...usual), oddText);

export const path = (...usual: readonly string[]): Code => mostly(of(...usual), oddPath);

/** Numbers that are no count of what is counted. */
export const count = (...usual: readonly number[]): Code =>
  mostly(
    of(...usual),
    of(0, -1, 0.5, 1.5, NaN, Infinity, -0, 1e21, 1e-7, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1),
  );

export const port = (...usual: readonly number[]): Code =>
  mostly(of(...usual), of(0, 1, 22, 443, 1024.5, 32_768, 65_535, 65_536, -1, NaN));

/** Parts of 1. */
export const part = (...usual: readonly number[]): Code =>
  mostly(of(...usual), of(0, 1, -0.1, 1.1, 100, NaN, 1e-9, 0.999_999_999_999));

/** Amounts as cdk8s takes them: none below 0. */
export const size = (...usual: readonly string[]): Code =>
  mostly(
    code(...usual.map((each) => `Size.${each}`)),
    code(
      ...['kibibytes(1)', 'mebibytes(0)', 'mebibytes(1)', 'mebibytes(51200.5)', 'gibibytes(0)', 'gibibytes(0.1)'],
      ...['gibibytes(1e9)', 'tebibytes(1)', 'pebibyte(10)', 'gibibytes(NaN)', 'gibibytes(33.3)'],
    ).map((each) => `Size.${each}`),
  );

export const cpu = (...usual: readonly string[]): Code =>
  mostly(
    code(...usual.map((each) => `Cpu.${each}`)),
    code('millis(1)', 'millis(0)', 'millis(0.5)', 'millis(1500.5)', 'units(0)', 'units(1.0005)', 'units(1e6)').map(
      (each) => `Cpu.${each}`,
    ),
  );

export const duration = (...usual: readonly string[]): Code =>
  mostly(
    code(...usual.map((each) => `Duration.${each}`)),
    code(
      ...['millis(0)', 'millis(1)', 'millis(1500)', 'seconds(0)', 'seconds(1)', 'seconds(1.5)', 'seconds(59)'],
      ...['hours(100)', 'days(40)', 'days(4000)', 'millis(1e15)', 'minutes(0.1)', 'seconds(NaN)', 'days(1e6)'],
    ).map((each) => `Duration.${each}`),
  );

/** Labels; odd in one key or one value. */
export const labels = (...usual: readonly Readonly<Record<string, string>>[]): Code =>
  mostly(
    of(...usual),
    dictionary(
      fc.oneof(fc.constantFrom(...LABEL_KEYS), fc.constantFrom('app', 'team')),
      fc.oneof(of(...LABEL_VALUES), of('a')),
      0,
      2,
    ),
  );

/** Annotations, whose values may be anything. */
export const annotations = (...usual: readonly Readonly<Record<string, string>>[]): Code =>
  mostly(
    of(...usual),
    dictionary(
      fc.oneof(fc.constantFrom(...LABEL_KEYS), fc.constantFrom('example.com/note')),
      fc.oneof(oddText, of('{"a": [1, null]}', '---\na: b', 'x'.repeat(70_000))),
      0,
      2,
    ),
  );

/** Values of environment variables. */
export const environment = (...usual: readonly Readonly<Record<string, string>>[]): Code =>
  mostly(
    of(...usual),
    dictionary(
      fc.constantFrom(
        'MY_FLAG',
        'my_flag',
        '_',
        'A.B',
        'a-b',
        '1A',
        '',
        'PATH',
        'HOME',
        'ä',
        '__proto__',
        'A=B',
        'E'.repeat(300),
      ),
      oddText,
      0,
      2,
    ),
  );

export const names = (least: number, most: number, ...usual: readonly string[]): Code =>
  mostly(
    fc.subarray([...usual], { minLength: least, maxLength: Math.min(most, usual.length) }).map((each) => literal(each)),
    list(oddName, 0, 2),
  );

export const hostname = (...usual: readonly string[]): Code =>
  mostly(
    of(...usual),
    of(
      ...[
        '',
        '*',
        '*.',
        '*.example.com',
        'a.*.com',
        'localhost',
        '10.0.0.1',
        'Llama.example.com',
        'a..b',
        'a_b.example.com',
      ],
      ...['llama.example.com.', 'https://a.example.com', 'a.example.com:443', 'ä.example.com', `${'l'.repeat(64)}.com`],
      `${'l.'.repeat(126)}com`,
    ),
  );

export const cidr = (...usual: readonly string[]): Code =>
  mostly(
    of(...usual),
    of(
      '0.0.0.0/0',
      '::/0',
      '10.0.0.1/8',
      '10.0.0.0/33',
      '10.0.0.0',
      'fd00::/8',
      'FD00::/8',
      '::ffff:10.0.0.0/104',
      '010.0.0.0/8',
      '1.2.3.4/32',
      '',
    ),
  );

export const address = (...usual: readonly string[]): Code =>
  mostly(
    of(...usual),
    of(
      '',
      'prometheus:9090',
      'http://',
      'http://a b',
      'http://a:99999',
      'https://a/b?c=d',
      'HTTP://A',
      'http://[::1]:9090',
      'http://ä',
      'grpc://a:4317',
      'http://a/\n',
      'http://${X}',
    ),
  );

/** Digests and other forms of images. */
export const image = (...usual: readonly string[]): Code =>
  mostly(
    of(...usual),
    of(
      ...[
        '',
        'a',
        'a:',
        ':1',
        'a b:1',
        'A/b:1',
        'a:latest',
        'a@sha256:1',
        `a@sha256:${'0'.repeat(64)}`,
        'a:b:c',
        'localhost:5000/a:1',
      ],
      ...[
        `a:${'t'.repeat(128)}`,
        `a:${'t'.repeat(129)}`,
        `${'a'.repeat(256)}:1`,
        'a/b/c/d/e:1.0.0',
        'a:1.0.0 ',
        'ä:1',
        'a:${X}',
      ],
    ),
  );

/** A call whose only argument is an amount. */
export const peer: Code = mostly(
  code(
    "NetworkPeer.namespace('apps')",
    "NetworkPeer.pods({ app: 'chat' })",
    "NetworkPeer.podsInNamespace('apps', { app: 'chat' })",
    "NetworkPeer.cidr('10.0.0.0/8')",
    "NetworkPeer.cidr('10.0.0.0/8', ['10.1.0.0/16'])",
    "NetworkPeer.namespaceLabels({ team: 'chat' })",
  ),
  fc.oneof(
    call('NetworkPeer.namespace', oddName),
    call('NetworkPeer.pods', labels({})),
    call('NetworkPeer.cidr', cidr('0.0.0.0/0')),
  ),
);
