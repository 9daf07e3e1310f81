import { createSign } from 'node:crypto';
import { AUDIENCE, BATCH_QUOTA, ISSUER, QUOTA } from './guarded';
import { call, tally } from './requests';

const SERVER = 'guarded/llama';
const CANDIDATE = { 'x-model-track': 'canary' };

describe('a route that asks for a key', () => {
  const host = 'keys.example.com';

  test.each<[string, string | false, Record<string, string>]>([
    ['no key', false, {}],
    ['a wrong key', false, { authorization: 'Bearer sk-0000' }],
    ['an empty key', false, { authorization: 'Bearer ' }],
    ['only a name', false, { 'x-client-id': 'red' }],
    ['a key in another header', false, { 'x-api-key': 'sk-0000' }],
  ])('%s: 401, and no server hears of it', async (_, client, headers) => {
    expect(await call({ host, client, headers })).toMatchObject({ status: 401, servedBy: undefined });
  });

  test('a key opens it; the server learns who asks, and never the key', async () => {
    const { status, servedBy, received } = await call({ host, client: 'red' });
    expect({ status, servedBy }).toEqual({ status: 200, servedBy: SERVER });
    expect(received['x-client-id']).toBe('red');
    expect(received).not.toHaveProperty('authorization');
  });

  test.each(['x-client-id', 'X-Client-ID'])('nobody can be somebody else by the header %s', async (header) => {
    const { status, received } = await call({ host, client: 'red', headers: { [header]: 'quality' } });
    expect({ status, client: received['x-client-id'] }).toEqual({ status: 200, client: 'red' });
  });

  test('a client that is known, but not for this model: 403', async () => {
    expect(await call({ host, client: 'stranger' })).toMatchObject({ status: 403, servedBy: undefined });
  });

  test.each(['/metrics', '/v1/health/ready', '/v1', '/'])('a key opens no other path: %s', async (path) => {
    expect(await call({ host, path, client: 'blue' })).toMatchObject({ status: 404, servedBy: undefined });
    expect(await call({ host, path, client: false })).toMatchObject({ status: 404, servedBy: undefined });
  });

  test('the candidate answers testers; a client that sends its header is told no', async () => {
    expect(await call({ host, client: 'quality', headers: CANDIDATE })).toMatchObject({
      servedBy: 'guarded/llama-canary',
    });
    expect(await call({ host, client: 'blue', headers: CANDIDATE })).toMatchObject({
      status: 403,
      servedBy: undefined,
    });
    const pretender = { ...CANDIDATE, 'x-client-id': 'quality' };
    expect(await call({ host, client: 'blue', headers: pretender })).toMatchObject({ status: 403 });
    expect(await call({ host, client: false, headers: CANDIDATE })).toMatchObject({ status: 401 });
  });

  test('one tenant over its quota is told so, and the other one passes', async () => {
    const path = '/v1/models';
    expect(await tally(QUOTA + 7, { host, path, client: 'red' })).toEqual({ [SERVER]: QUOTA, 429: 7 });
    expect(await tally(QUOTA, { host, path, client: 'blue' })).toEqual({ [SERVER]: QUOTA });
    expect(await tally(BATCH_QUOTA + 3, { host, path, client: 'batch' })).toEqual({ [SERVER]: BATCH_QUOTA, 429: 3 });
  });

  test('another name does not help, and refusals are not counted', async () => {
    const path = '/v1/models';
    const pretender = { host, path, client: 'red', headers: { 'x-client-id': 'quality' } };
    expect(await call(pretender)).toMatchObject({ status: 429 });
    await tally(20, { host, path, client: false, headers: { 'x-client-id': 'quality' } });
    expect(await call({ host, path, client: 'quality' })).toMatchObject({ status: 200 });
  });
});

describe('a route with a header of its own for keys', () => {
  const host = 'own-header.example.com';
  const { red } = JSON.parse(process.env.TRAFFIC_KEYS ?? '{}') as Record<string, string>;

  test('the key is there; what is in authorization goes on to the server, for a key of its own', async () => {
    const headers = { 'x-api-key': red!, authorization: 'Bearer of-the-server' };
    const { status, received } = await call({ host, client: false, headers });
    expect({ status, tenant: received['x-tenant'] }).toEqual({ status: 200, tenant: 'red' });
    expect(received).not.toHaveProperty('x-api-key');
    expect(received.authorization).toBe('Bearer of-the-server');
    expect(await call({ host, client: 'red' })).toMatchObject({ status: 401 });
  });
});

describe('a route that asks for a token', () => {
  const host = 'tokens.example.com';
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bearer = (claims: object, key = process.env.TRAFFIC_SIGNING_KEY) => {
    const signed = `${part({ alg: 'RS256', kid: 'run', typ: 'JWT' })}.${part({ iss: ISSUER, aud: AUDIENCE, exp: inAnHour, ...claims })}`;
    return { authorization: `Bearer ${signed}.${createSign('RSA-SHA256').update(signed).sign(key!, 'base64url')}` };
  };
  const ask = (headers: Record<string, string>, path?: string) => call({ host, client: false, headers, path });

  test('a token opens it; the server learns the claim, and never the token', async () => {
    const { status, servedBy, received } = await ask(bearer({ tenant: 'red' }));
    expect({ status, servedBy }).toEqual({ status: 200, servedBy: SERVER });
    expect(received['x-token-client']).toBe('red');
    expect(received).not.toHaveProperty('authorization');
  });

  test.each<[string, number, () => Record<string, string>]>([
    ['no token', 401, () => ({})],
    ['no token at all', 401, () => ({ authorization: 'Bearer sk-0000' })],
    ['an old token', 401, () => bearer({ tenant: 'red', exp: inAnHour - 7200 })],
    ['a token of somebody else', 401, () => bearer({ tenant: 'red', iss: 'https://login.example.net' })],
    ['a token for something else', 403, () => bearer({ tenant: 'red', aud: 'mail' })],
    [
      'a token without a signature',
      401,
      () => ({
        authorization: `Bearer ${part({ alg: 'none' })}.${part({ iss: ISSUER, aud: AUDIENCE, tenant: 'red' })}.`,
      }),
    ],
    [
      'a token that was changed',
      401,
      () => ({
        authorization: bearer({ tenant: 'red' }).authorization.replace(
          /\.[^.]+\./,
          `.${part({ iss: ISSUER, aud: AUDIENCE, exp: inAnHour, tenant: 'quality' })}.`,
        ),
      }),
    ],
  ])('%s: %i', async (_, status, headers) => {
    expect(await ask(headers())).toMatchObject({ status, servedBy: undefined });
  });

  test('nobody can be somebody else by a header', async () => {
    const { received } = await ask({ ...bearer({ tenant: 'red' }), 'x-token-client': 'quality' });
    expect(received['x-token-client']).toBe('red');
    const nameless = await ask({ ...bearer({}), 'x-token-client': 'quality' });
    expect(nameless).toMatchObject({ status: 200 });
    expect(nameless.received).not.toHaveProperty('x-token-client');
    expect(await ask({ ...bearer({}), 'x-token-client': 'quality', ...CANDIDATE })).toMatchObject({ status: 403 });
  });

  test('the candidate answers testers only, and does not see their token either', async () => {
    const { servedBy, received } = await ask({ ...bearer({ tenant: 'quality' }), ...CANDIDATE });
    expect(servedBy).toBe('guarded/llama-canary');
    expect(received).not.toHaveProperty('authorization');
    expect(await ask({ ...bearer({ tenant: 'red' }), ...CANDIDATE })).toMatchObject({ status: 403 });
  });

  test('each tenant has a quota, and those without a name have one together', async () => {
    const times = (claims: object) =>
      tally(QUOTA + 2, { host, path: '/v1/models', client: false, headers: bearer(claims) });
    expect(await times({ tenant: 'red' })).toEqual({ [SERVER]: QUOTA, 429: 2 });
    expect(await times({ tenant: 'blue' })).toEqual({ [SERVER]: QUOTA, 429: 2 });
    expect(await times({})).toEqual({ [SERVER]: QUOTA, 429: 2 });
  });
});
