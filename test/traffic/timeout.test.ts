import { call, seenBy } from './requests';
import { SHORT, STATES } from './states';

const { host, namespace } = STATES.short;

describe(`a service whose longest answer is ${SHORT} s`, () => {
  test('an answer in time arrives', async () => {
    expect(await call({ host, headers: { 'x-mock-first-token': String(SHORT - 1.5) } })).toMatchObject({ status: 200 });
  });

  test('a stream as long as that arrives whole, token by token', async () => {
    const headers = { 'x-mock-between-tokens': '0.5' };
    const answer = await call({ host, headers, body: { stream: true, max_tokens: 2 * SHORT - 1 } });
    expect(answer).toMatchObject({ status: 200, complete: true });
    expect(answer.text).toContain('[DONE]');
    expect(answer.arrivals.length).toBeGreaterThan(SHORT);
    expect(answer.arrivals[1]).toBeLessThan(answer.seconds / 2);
  });

  test('one that does not begin in time is a 504, the server is told to stop, and no other pod begins anew', async () => {
    const { aborted, requests } = await seenBy(`${namespace}/llama3-8b`);
    const { status, seconds } = await call({ host, headers: { 'x-mock-first-token': String(SHORT + 3) } });
    expect(status).toBe(504);
    expect(seconds).toBeGreaterThan(SHORT - 0.5);
    expect(seconds).toBeLessThan(SHORT + 1.5);
    await new Promise((next) => setTimeout(next, 300));
    expect(await seenBy(`${namespace}/llama3-8b`)).toMatchObject({ aborted: aborted + 1, requests: requests + 1 });
  });

  test('a stream that goes on is cut in the middle', async () => {
    const headers = { 'x-mock-between-tokens': '0.5' };
    const answer = await call({ host, headers, body: { stream: true, max_tokens: 20 } });
    expect(answer).toMatchObject({ status: 200, complete: false });
    expect(answer.text).not.toContain('[DONE]');
    const tokens = answer.text.match(/^data: \{/gm)!.length;
    expect(tokens).toBeGreaterThanOrEqual(SHORT / 0.5 - 1);
    expect(tokens).toBeLessThanOrEqual(SHORT / 0.5 + 1);
  });
});
