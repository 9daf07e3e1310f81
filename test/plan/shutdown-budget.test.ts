import fc from 'fast-check';
import { longestAnswer, planShutdown } from '../../lib/plan/shutdown-budget';

describe('the longest answer', () => {
  // 30 s of queue and prompt, then 20 tokens a second.
  test.each`
    maxModelLen  | maxOutputTokens | stated       | seconds | by
    ${undefined} | ${undefined}    | ${undefined} | ${235}  | ${'4,096 tokens when nobody says: 204.8 s'}
    ${8192}      | ${undefined}    | ${undefined} | ${235}  | ${'4,096 tokens at most: 204.8 s'}
    ${2048}      | ${undefined}    | ${undefined} | ${133}  | ${'2,048 tokens: 102.4 s'}
    ${131072}    | ${16384}        | ${undefined} | ${850}  | ${'16,384 tokens: 819.2 s'}
    ${8192}      | ${1}            | ${undefined} | ${31}   | ${'1 token: 0.05 s'}
    ${8192}      | ${4096}         | ${600}       | ${600}  | ${'what the user measured'}
  `(
    'of $maxModelLen tokens, $maxOutputTokens of them answer: $seconds s, $by',
    ({ maxModelLen, maxOutputTokens, stated, seconds }) => {
      expect(longestAnswer({ maxModelLen, maxOutputTokens, longestAnswerSeconds: stated })).toBe(seconds);
    },
  );
});

describe('the stop of a pod whose longest answer takes 235 s', () => {
  // 30 s until gateways have heard, 15 s between the end and the kill.
  test.each`
    behaviour    | preStop | drain  | grace  | why
    ${'ignores'} | ${30}   | ${235} | ${280} | ${'it goes on serving until it is killed'}
    ${'drains'}  | ${30}   | ${235} | ${280} | ${'it finishes what runs'}
    ${'aborts'}  | ${265}  | ${0}   | ${280} | ${'so it is told only when nothing can run any more'}
  `('by a server that $behaviour: preStop $preStop s, drain $drain s, grace $grace s; $why', (row) => {
    expect(planShutdown({ maxModelLen: 8192 }, row.behaviour)).toEqual({
      longestAnswerSeconds: 235,
      preStopSeconds: row.preStop,
      drainSeconds: row.drain,
      terminationGracePeriodSeconds: row.grace,
    });
  });
});

test('whatever is asked, the grace period covers the wait, the answer and a margin', () => {
  const tokens = fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined });
  const behaviour = fc.constantFrom('ignores', 'aborts', 'drains');
  fc.assert(
    fc.property(tokens, tokens, behaviour, (maxModelLen, maxOutputTokens, how) => {
      const budget = planShutdown({ maxModelLen, maxOutputTokens }, how);
      expect(budget.terminationGracePeriodSeconds).toBe(budget.preStopSeconds + budget.drainSeconds + 15);
      expect(budget.preStopSeconds + budget.drainSeconds).toBe(30 + budget.longestAnswerSeconds);
      expect(Number.isInteger(budget.terminationGracePeriodSeconds)).toBe(true);
    }),
  );
});
