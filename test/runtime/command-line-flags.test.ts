import { commandLine, givenFlags, whereElse } from '../../lib/runtime/command-line-flags';
import { isSince } from '../../lib/runtime/server-version';

test('what is off or not stated leaves no word behind', () => {
  const flags = {
    '--on': true,
    '--off': false,
    '--unstated': undefined,
    '--none': [],
    '--zero': 0,
    '--list': ['a', 'b'],
  };
  expect(commandLine(flags)).toEqual(['--on', '--zero', '0', '--list', 'a', 'b']);
});

test.each`
  words                  | flag           | value
  ${['--max-len', '8']}  | ${'--max-len'} | ${'8'}
  ${['--max-len=8']}     | ${'--max-len'} | ${'8'}
  ${['--max_len=a_b=c']} | ${'--max-len'} | ${'a_b=c'}
  ${['-tp', '2']}        | ${'-tp'}       | ${'2'}
  ${['--last']}          | ${'--last'}    | ${undefined}
`('$words gives $flag the value $value', ({ words, flag, value }) => {
  expect([...givenFlags(words as string[])][0]).toEqual([flag, value]);
});

test.each`
  version     | since            | until        | elsewhere
  ${'0.5.3'}  | ${undefined}     | ${undefined} | ${undefined}
  ${'0.5.2'}  | ${'0.5.3.post3'} | ${undefined} | ${'from 0.5.3.post3 on'}
  ${'0.5.3'}  | ${'0.5.3.post3'} | ${undefined} | ${undefined}
  ${'0.5.19'} | ${undefined}     | ${'0.5.19'}  | ${undefined}
  ${'0.5.20'} | ${undefined}     | ${'0.5.19'}  | ${'until 0.5.19'}
  ${'0.6.0'}  | ${undefined}     | ${'0.5.19'}  | ${'until 0.5.19'}
`('$version, of a flag since $since until $until: $elsewhere', ({ version, since, until, elsewhere }) => {
  expect(whereElse(version, { since, until })).toBe(elsewhere);
});

test.each`
  version          | since         | later
  ${'0.10.2'}      | ${[0, 9, 9]}  | ${true}
  ${'v0.10'}       | ${[0, 10, 1]} | ${false}
  ${'0.6.6.post1'} | ${[0, 6, 6]}  | ${true}
  ${'1.0.0'}       | ${[0, 99, 0]} | ${true}
  ${'nightly'}     | ${[9, 9, 9]}  | ${true}
`('$version is $since or later: $later', ({ version, since, later }) => {
  expect(isSince(version, since as [number, number, number])).toBe(later);
});
