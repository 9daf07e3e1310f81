import { attempt, formatProblem, InvalidInputError, Problem, refuse } from '../../lib/problem/problem';

const first: Problem = { check: 'numbers', message: 'replicas is -1.', remedy: 'Use a whole number, 0 or more.' };
const second: Problem = { check: 'names', message: 'Two\nlines.', remedy: 'Use one.' };

test('a problem reads: its check, what is wrong, what to change', () => {
  expect(formatProblem(first)).toBe('numbers\n  replicas is -1.\n  Use a whole number, 0 or more.');
  expect(formatProblem(second)).toBe('names\n  Two\n  lines.\n  Use one.');
});

describe('a value that cannot be', () => {
  test('says everything that is wrong with it at once', () => {
    const refusal = () => refuse('GpuNodePool l4', [first, second]);
    expect(refusal).toThrow(InvalidInputError);
    expect(refusal).toThrow(
      new Error(
        'GpuNodePool l4: numbers\n  replicas is -1.\n  Use a whole number, 0 or more.\n' +
          'GpuNodePool l4: names\n  Two\n  lines.\n  Use one.',
      ),
    );
  });

  test('is no error when nothing is wrong', () => {
    expect(() => refuse('GpuNodePool l4', [])).not.toThrow();
  });
});

describe('an attempt', () => {
  test('gives the value', () => {
    const problems: Problem[] = [];
    expect(attempt(problems, () => 42)).toBe(42);
    expect(problems).toEqual([]);
  });

  test('collects what was refused', () => {
    const problems: Problem[] = [first];
    expect(attempt(problems, () => refuse('model', [second]))).toBeUndefined();
    expect(problems).toEqual([first, second]);
  });

  test('lets every other error pass: it is ours, not the user’s', () => {
    const bug = () => {
      throw new TypeError('bug');
    };
    expect(() => attempt([], bug)).toThrow(TypeError);
  });
});
