import { ASK } from '../support/inference-server';
import { FEW, MORTAL, PER_ADDRESS, SHARED_HOST } from './overload';
import { call, seenBy, tally } from './requests';

const BUSY = { 'x-mock-status': '503' };
/** The HTTPS listener of the InferenceGateway, and the one that leads there. */
const shared = process.env.GATEWAY_platform_models_models_example_com;
const plain = process.env.GATEWAY_platform_models_http;

describe('a large model that has no room', () => {
  test.each(['503', '429'])('the fallback answers when the large one says %s', async (status) => {
    const headers = { 'x-mock-status': status };
    // The stand-in behind the fallback is told to be busy by the same header: what matters is who was asked.
    const before = await seenBy('overload/small');
    const { servedBy } = await call({ host: 'busy.example.com', headers });
    expect(servedBy).toBe('overload/small');
    expect((await seenBy('overload/small')).requests).toBe(before.requests + 1);
  });

  test('while it has room, the fallback gets nothing', async () => {
    expect(await tally(50, { host: 'busy.example.com' })).toEqual({ 'overload/large': 50 });
  });

  test('without a fallback the client is told, and nothing is computed twice', async () => {
    const before = await seenBy('overload/large');
    expect(await call({ host: 'alone.example.com', headers: BUSY })).toMatchObject({
      status: 503,
      servedBy: 'overload/large',
    });
    expect((await seenBy('overload/large')).requests).toBe(before.requests + 1);
  });

  test.each(['500', '504'])('a generation that failed with %s is not paid for a second time', async (status) => {
    const before = await seenBy('overload/small');
    const { servedBy } = await call({ host: 'busy.example.com', headers: { 'x-mock-status': status } });
    expect(servedBy).toBe('overload/large');
    expect((await seenBy('overload/small')).requests).toBe(before.requests);
  });

  test('a generation that dies with its server is not paid for a second time', async () => {
    const host = `${MORTAL}.example.com`;
    const small = await seenBy('overload/small');
    const before = await call({ host });
    expect(before).toMatchObject({ status: 200, servedBy: `overload/${MORTAL}` });
    const { status, servedBy } = await call({ host, headers: { [ASK.reset]: 'yes', [ASK.firstToken]: '0.5' } });
    expect({ status, servedBy }).toEqual({ status: 503, servedBy: undefined });
    // The one that died, and the one that asks.
    expect((await call({ host })).requests).toBe(before.requests! + 2);
    expect((await seenBy('overload/small')).requests).toBe(small.requests);
  });

  test('a prompt of 1 MB falls back behind an InferenceGateway; others keep 32 KiB of it, and it does not', async () => {
    const body = { prompt: 'word '.repeat(200_000) };
    expect(await call({ host: 'busy.example.com', headers: BUSY, body })).toMatchObject({ servedBy: 'overload/large' });
    expect(
      await call({ host: SHARED_HOST, url: shared, path: '/large/v1/chat/completions', headers: BUSY, body }),
    ).toMatchObject({ servedBy: 'overload/small' });
  });
});

describe('limits', () => {
  test('of the size of a request there is none: whoever asks, 8 MiB arrive whole', async () => {
    const body = { prompt: 'x'.repeat(8 * 2 ** 20) };
    const large = await seenBy('overload/large');
    const answers = await Promise.all([
      call({ host: 'alone.example.com', body }),
      call({ host: SHARED_HOST, url: shared, path: '/large/v1/chat/completions', body }),
      call({ host: 'keys.example.com', client: 'quality', body }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await seenBy('overload/large')).bytesIn - large.bytesIn).toBe(2 * JSON.stringify(body).length);
  });

  test(`of ${FEW} requests under way: more are told so at once`, async () => {
    const headers = { 'x-mock-first-token': '3' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call({ host: 'few.example.com', client: false, headers })),
    );
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(FEW);
    expect(refused.length).toBeGreaterThanOrEqual(8 - 2 * FEW);
    expect(Math.max(...refused.map(({ seconds }) => seconds))).toBeLessThan(1);
    expect(refused.every(({ servedBy }) => servedBy === undefined)).toBe(true);
  });

  test(`of ${PER_ADDRESS} requests an hour for each address: more are told 429`, async () => {
    expect(await tally(PER_ADDRESS + 2, { host: 'addresses.example.com' })).toEqual({
      'overload/large': PER_ADDRESS,
      429: 2,
    });
  });
});

describe('several models on one host name', () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    call({ host: SHARED_HOST, url: shared, path, headers });

  test.each([
    ['/large/v1/chat/completions', 'overload/large', '/v1/chat/completions'],
    ['/large/v1/models', 'overload/large', '/v1/models'],
    ['/large/v2/v1/chat/completions', 'overload/next', '/v1/chat/completions'],
  ])('%s is answered by %s, which sees %s', async (path, servedBy, seen) => {
    expect(await ask(path)).toMatchObject({ status: 200, servedBy, path: seen });
  });

  test('a header finds the model, and without it nobody answers', async () => {
    expect(await ask('/v1/models', { 'x-model': 'small' })).toMatchObject({ servedBy: 'overload/small' });
    expect(await ask('/v1/models')).toMatchObject({ status: 404, servedBy: undefined });
  });

  test.each(['/large/metrics', '/large', '/largest/v1/models', '/large/v1/models/../../metrics'])(
    '%s opens nothing',
    async (path) => {
      expect(await ask(path)).toMatchObject({ status: 404, servedBy: undefined });
    },
  );

  test('plain HTTP leads to HTTPS', async () => {
    const { status, location, servedBy } = await call({ host: SHARED_HOST, url: plain, path: '/large/v1/models' });
    expect({ status, location, servedBy }).toEqual({
      status: 301,
      location: `https://${SHARED_HOST}/large/v1/models`,
      servedBy: undefined,
    });
  });
});
