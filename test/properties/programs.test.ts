import { outcomeOf, shortened } from '../support/programs/outcome';
import { programTable } from '../support/programs/programs';
import { judgeObjects } from './judge';

// Whole programs: the cluster tests hold 500 of them against an API server, here some against the published schemas.
const PROGRAMS = programTable(100, Number(process.env.PROPERTY_SEED ?? 7));

beforeAll(() => jest.spyOn(process.stderr, 'write').mockReturnValue(true));
afterAll(() => jest.restoreAllMocks());

test('a program of any props is refused in words, or writes what the schemas know', async () => {
  let written = 0;
  for (const program of PROGRAMS) {
    const outcome = outcomeOf(program);
    if (outcome.kind === 'written') {
      written++;
      judgeObjects(outcome.objects);
    } else if (outcome.kind === 'broken') {
      const [first] = outcome.how.split('\n');
      const short = await shortened(program, async (candidate) => {
        const other = outcomeOf(candidate);
        return other.kind === 'broken' && other.how.startsWith(first!);
      });
      throw new Error(`${outcome.how}\n\n${short}`);
    }
  }
  expect(written).toBeGreaterThan(30);
  expect(written).toBeLessThan(90);
}, 60_000);

test('the table is the same in every run', () => {
  expect(programTable(5, 7)).toEqual(programTable(5, 7));
});
