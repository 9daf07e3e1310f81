import { call, tally } from './requests';
import { STATES } from './states';

const CANARY = { 'x-model-track': 'canary' };
const stable = (state: keyof typeof STATES) => `${STATES[state].namespace}/llama3-8b`;
const canary = (state: keyof typeof STATES) => `${STATES[state].namespace}/llama3-8b-canary`;

describe('a release, request by request', () => {
  test('smoke: the header reaches the candidate, and without it nobody does', async () => {
    const { host } = STATES.smoke;
    expect(await tally(50, { host, headers: CANARY })).toEqual({ [canary('smoke')]: 50 });
    expect(await tally(200, { host })).toEqual({ [stable('smoke')]: 200 });
    expect(await tally(20, { host, headers: { 'x-model-track': 'stable' } })).toEqual({ [stable('smoke')]: 20 });
  });

  test.each(['/metrics', '/v1/health/ready'])('smoke: the header opens no other path: %s', async (path) => {
    expect(await call({ host: STATES.smoke.host, path, headers: CANARY })).toMatchObject({ status: 404 });
  });

  // Five standard deviations: once in two million runs.
  test.each([
    ['5%', 0.05],
    ['20%', 0.2],
    ['50%', 0.5],
  ] as const)('%s: of 500 requests so many reach the candidate; with the header, all', async (step, share) => {
    const { host } = STATES[step];
    const counts = await tally(500, { host });
    expect(Object.keys(counts).sort()).toEqual([stable(step), canary(step)]);
    expect(Math.abs(counts[canary(step)]! - 500 * share)).toBeLessThan(5 * Math.sqrt(500 * share * (1 - share)));
    expect(await tally(20, { host, headers: CANARY })).toEqual({ [canary(step)]: 20 });
  });

  test.each(['100%', 'promote'] as const)('%s: the stable pods get nothing, so they can be replaced', async (state) => {
    expect(await tally(200, { host: STATES[state].host })).toEqual({ [canary(state)]: 200 });
  });

  test('done: everything goes to the stable pods, whatever header clients still send', async () => {
    const { host } = STATES.done;
    expect(await tally(100, { host })).toEqual({ [stable('done')]: 100 });
    expect(await tally(20, { host, headers: CANARY })).toEqual({ [stable('done')]: 20 });
  });
});
