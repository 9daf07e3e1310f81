/**
 * Strings that some YAML reader takes for something else: words of YAML 1.1, numbers in every notation of YAML 1.1, 1.2
 * and of the parsers that go beyond both, dates, sexagesimals, indicators, blanks, and odd line breaks.
 */
export function adversarialStrings(): string[] {
  const words =
    'y n yes no on off true false null nil none ~ inf nan .inf .nan -.inf .INF .NaN << = ! & * - ? : | > % @ `'
      .split(' ')
      .flatMap((word) => [word, word.toUpperCase(), word.slice(0, 1).toUpperCase() + word.slice(1)]);

  const signs = ['', '-', '+'];
  const prefixes = [
    '',
    '0',
    '0o',
    '0O',
    '0x',
    '0X',
    '0b',
    '0B',
    '_',
    '.',
    '1',
    '9e',
    '1234e',
    '1.',
    '1_0',
    '12:30:',
    '-_',
  ];
  const bodies = [
    '',
    '0',
    '1',
    '7',
    '8',
    '755',
    '1F',
    'e3',
    'e+3',
    '1_1',
    '0.5',
    '_56',
    '59',
    '.5',
    'e',
    'Gi',
    'm',
    's',
  ];
  const numbers = signs.flatMap((sign) => prefixes.flatMap((prefix) => bodies.map((body) => sign + prefix + body)));

  const dates = [
    '2024-01-01',
    '2024-1-1',
    '2024-01-01T00:00:00Z',
    '2024-01-01 00:00:00',
    '12:30',
    '190:20:30.15',
    '1:2',
  ];
  const indicators = [
    'a: b',
    'a:',
    'a #b',
    '#a',
    '- a',
    '-',
    '---',
    '...',
    '? a',
    '[a]',
    '{a: b}',
    '"a"',
    "'a'",
    "it's",
  ];
  const blanks = ['', ' ', ' a', 'a ', 'a\tb', '\ta', 'a\t', '\t', 'a  b', '  ', '\u00a0', '\ufeff', '\ufeffa'];
  const breaks = ['\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\v', '\f', '\0', '\u001b', '\u007f', '\u009f'];
  const around = breaks.flatMap((mark) => [
    mark,
    `a${mark}`,
    `${mark}a`,
    `a${mark}b`,
    `a${mark}${mark}b`,
    `a\n${mark}b\n`,
  ]);
  const blocks = [
    'a\n b',
    ' a\nb',
    'a\n  \nb',
    'a\nb ',
    'a \nb',
    'a\n\tb',
    '\ta\nb',
    'a\nb\n\n',
    'a\n ',
    '#a\nb',
    '---\na',
    'a\n---\nb\n',
  ];
  const others = [
    '\ud83d\ude00',
    'é',
    '日本',
    '\uffff',
    '\ufffe',
    '$' + '{a}',
    '%a',
    '@a',
    '`a`',
    'a'.repeat(2000),
    'a,b',
    'a=b',
  ];
  return [...new Set([...words, ...numbers, ...dates, ...indicators, ...blanks, ...around, ...blocks, ...others])];
}
