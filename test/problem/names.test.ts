import fc from 'fast-check';
import { dnsLabelProblems, dnsSubdomainProblems, labelProblems } from '../../lib/problem/names';
import { wholeNumberProblems } from '../../lib/problem/numbers';
import { formatProblem } from '../../lib/problem/problem';
import '../support/plain-text';

const valid = (problems: readonly unknown[]) => problems.length === 0;

describe('an RFC 1123 label', () => {
  test.each(['a', '0', 'llama3-8b', 'a--b', 'x'.repeat(63)])('%s', (name) => {
    expect(dnsLabelProblems('name', name)).toEqual([]);
  });

  test.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a\n', ' a'])('%j is none', (name) => {
    expect(valid(dnsLabelProblems('name', name))).toBe(false);
  });

  test('says both what is wrong with it and how much too long it is', () => {
    expect(dnsLabelProblems('service name', 'Llama_3-8B-Instruct', 10).map(formatProblem).join('\n'))
      .toMatchInlineSnapshot(`
     names
       service name "Llama_3-8B-Instruct" is not an RFC 1123 label.
       Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
     names
       service name "Llama_3-8B-Instruct" has 19 characters; at most 10 fit.
       Shorten it by 9.
    `);
  });

  test('is cut in a message that would become unreadable', () => {
    expect(dnsLabelProblems('name', 'x'.repeat(1000))[0]!.message).toMatchInlineSnapshot(
      `name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." has 1000 characters; at most 63 fit.`,
    );
  });
});

describe('an RFC 1123 subdomain', () => {
  test.each(['a', 'a.b', 'premium-rwo', '1.2.3', `${'x'.repeat(63)}.y`, 'x'.repeat(253)])('%s', (name) => {
    expect(dnsSubdomainProblems('name', name)).toEqual([]);
  });

  test.each(['', '.', 'a..b', '.a', 'a.', 'a.-b', 'A.b', 'x'.repeat(254)])('%j is none', (name) => {
    expect(valid(dnsSubdomainProblems('name', name))).toBe(false);
  });
});

describe('a label', () => {
  test.each([
    ['team', 'ml'],
    ['team', ''],
    ['example.com/Team_1.x', 'A_b-c.9'],
    ['x'.repeat(63), 'y'.repeat(63)],
  ])('%s: %s', (key, value) => {
    expect(labelProblems('label', { [key]: value })).toEqual([]);
  });

  test.each([
    ['', 'ml'],
    ['a b', 'ml'],
    ['a/b/c', 'ml'],
    ['/a', 'ml'],
    ['a/', 'ml'],
    ['Example.com/a', 'ml'],
    ['x'.repeat(64), 'ml'],
    ['team', 'a b'],
    ['team', '-a'],
    ['team', 'y'.repeat(64)],
  ])('%j: %j is none', (key, value) => {
    expect(valid(labelProblems('label', { [key]: value }))).toBe(false);
  });

  test('with a number or a boolean as value, as JavaScript lets pass', () => {
    expect(
      labelProblems('label', { gpu: true } as never)
        .map(formatProblem)
        .join('\n'),
    ).toMatchInlineSnapshot(`
     names
       label "gpu" has the value true, which is not a label value.
       Use a string of at most 63 letters, digits, "-", "_" or ".".
    `);
  });
});

test('no text whatsoever makes a check throw, and each message shows on one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const problems = [
        ...dnsLabelProblems('name', text),
        ...dnsSubdomainProblems('name', text),
        ...labelProblems('label', { [text]: text }),
      ];
      for (const { message } of problems) expect(message).not.toContain('\n');
    }),
  );
});

describe('a whole number', () => {
  test.each([
    [undefined, 0, undefined],
    [0, 0, undefined],
    [5, 1, 5],
  ])('%p from %p to %p', (value, least, most) => {
    expect(wholeNumberProblems('x', value, least, most)).toEqual([]);
  });

  test.each([
    [-1, 'replicas is -1.', 'Use a whole number, from 0 to 5.'],
    [6, 'replicas is 6.', 'Use a whole number, from 0 to 5.'],
    [0.5, 'replicas is 0.5.', 'Use a whole number, from 0 to 5.'],
    [NaN, 'replicas is NaN.', 'Use a whole number, from 0 to 5.'],
    [Infinity, 'replicas is Infinity.', 'Use a whole number, from 0 to 5.'],
    ['3' as never, 'replicas is "3".', 'Use a whole number, from 0 to 5.'],
  ])('%p is none from 0 to 5', (value, message, remedy) => {
    expect(wholeNumberProblems('replicas', value, 0, 5)).toEqual([{ check: 'numbers', message, remedy }]);
  });
});
