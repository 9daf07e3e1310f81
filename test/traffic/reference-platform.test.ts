import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { call, tally } from './requests';

const HOST = 'llama.example.com';
const CANARY = { 'x-model-track': 'canary' };

/** Of every route in dist/. */
function hostnames(): string[] {
  const dist = join(__dirname, '..', '..', 'dist');
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .flatMap((path) => parseAllDocuments(readFileSync(join(dist, path), 'utf8')))
    .map((document) => document.toJS() as { kind: string; spec: { hostnames: string[] } })
    .flatMap(({ kind, spec }) => (kind === 'HTTPRoute' ? spec.hostnames : []));
}

test('the gateway accepts every route as it stands', () => {
  expect(process.env.TRAFFIC_REFUSED).toBe('[]');
});

describe('dist/ as it is committed, behind a real gateway', () => {
  test.each(hostnames())('nobody without a key reaches a model at %s', async (host) => {
    const answers = await Promise.all([
      call({ host, client: false }),
      call({ host, client: false, headers: { authorization: 'Bearer nvapi-0000', ...CANARY } }),
    ]);
    expect(answers).toMatchObject([
      { status: 401, servedBy: undefined },
      { status: 401, servedBy: undefined },
    ]);
    expect(await call({ host })).toMatchObject({ status: 200 });
  });

  test.each(['/v1/chat/completions', '/v1/completions', '/v1/models', '/v1/models/llama'])(
    'clients reach the model on %s',
    async (path) => {
      expect(await call({ host: HOST, path })).toMatchObject({ status: 200, servedBy: 'nim/llama3-8b', path });
    },
  );

  test.each(['/metrics', '/v1/metrics', '/v1/health/ready', '/v1/health/live', '/', '/v1', '/v1/modelsx'])(
    'nobody outside reaches %s',
    async (path) => {
      expect(await call({ host: HOST, path })).toMatchObject({ status: 404, servedBy: undefined });
    },
  );

  test.each([
    '/v1/models/../metrics',
    '/v1/models/%2e%2e/metrics',
    '/v1/models/..;/metrics',
    '//v1/models/..//metrics',
    '/V1/models',
  ])('nor with the disguise %s', async (path) => {
    expect(await call({ host: HOST, path })).toMatchObject({ status: 404, servedBy: undefined });
  });

  test.each([
    ['/v1/models/..%2fmetrics', '/v1/metrics'],
    ['/v1/models%2f..%2fmetrics', '/v1/metrics'],
    ['/v1/models/..%5cmetrics', '/v1/metrics'],
    ['/v1/models/%2e%2e%2f%2e%2e%2fmetrics', '/metrics'],
  ])('%s is unmasked: the client is sent to %s, where nobody answers', async (path, plain) => {
    const { status, servedBy, location } = await call({ host: HOST, path });
    expect({ status, servedBy, path: new URL(location!, `http://${HOST}`).pathname }).toEqual({
      status: 307,
      servedBy: undefined,
      path: plain,
    });
    expect(await call({ host: HOST, path: plain })).toMatchObject({ status: 404, servedBy: undefined });
  });

  test.each(['unknown.example.com', 'example.com', 'llama.example.com.evil.test'])(
    'no answer for the host %s',
    async (host) => {
      expect(await call({ host })).toMatchObject({ status: 404, servedBy: undefined });
    },
  );

  test('the candidate gets nothing while it is prepared, asked for or not', async () => {
    expect(await tally(100, { host: HOST })).toEqual({ 'nim/llama3-8b': 100 });
    expect(await tally(20, { host: HOST, headers: CANARY })).toEqual({ 'nim/llama3-8b': 20 });
  });

  test('a stream of 20 s arrives whole, and so does an answer that is silent for 20 s', async () => {
    const [stream, silent] = await Promise.all([
      call({ host: HOST, headers: { 'x-mock-between-tokens': '1' }, body: { stream: true, max_tokens: 20 } }),
      call({ host: HOST, headers: { 'x-mock-first-token': '20' } }),
    ]);
    expect(stream).toMatchObject({ status: 200, complete: true });
    expect(stream.text.match(/^data: \{/gm)).toHaveLength(20);
    expect(stream.text).toContain('data: [DONE]');
    expect(stream.seconds).toBeGreaterThan(19);
    expect(silent).toMatchObject({ status: 200, complete: true });
  });
});
