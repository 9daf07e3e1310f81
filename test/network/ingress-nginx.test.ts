import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { request } from 'node:https';
import { IngressReference } from '../../lib/network/ingress-reference';
import { InferenceRoute } from '../../lib/network/inference-route';
import { InferenceRouteProps } from '../../lib/network/inference-route-props';
import { ASK, InferenceServer } from '../support/inference-server';
import { hasNginx, Nginx, NginxFolder } from '../support/nginx';
import { call, Call, tally } from '../traffic/requests';
import { ANNOTATIONS, annotationsOf } from './ingress-nginx/annotations';
import { configuration, Ingress } from './ingress-nginx/configuration';

// Times are real, and other tests run beside.
jest.setTimeout(30_000);

/** Longest answer of the services here, in seconds; real ones take minutes. */
const LONGEST = 2;
const PER_MINUTE = 3;
const PER_SECOND = 5;

const backend = (service: string, weight?: number) => ({ service, port: 8000, weight });
const CANARY = { 'x-model-track': 'canary' };

/** A release: shares of the pods that serve, and of those that want to; with a header that leads to the latter. */
const release = (name: string, stable: number, canary: number): Partial<InferenceRouteProps> => ({
  backends: [backend(name, stable), backend(`${name}-canary`, canary)],
  smokeRoute: { value: 'canary', backend: backend(`${name}-canary`) },
});

/** What is asked of each route beside what all of them have; its host name is its name and `.example.com`. */
const ROUTES: Readonly<Record<string, Partial<InferenceRouteProps>>> = {
  plain: {},
  smoke: release('smoke', 100, 0),
  fifth: release('fifth', 80, 20),
  // A total below 100, which the controller does not read as it stands.
  halves: release('halves', 1, 1),
  all: release('all', 0, 100),
  // The stable pods are being replaced, and none of them is ready.
  promote: release('replaced', 0, 100),
  nim: { paths: ['/v1/chat/completions', '/v1/models'] },
  odd: { paths: ['/v1.0/models/llama:predict', '/v1beta/'] },
  sized: { largestRequest: Size.kibibytes(1536) },
  small: { largestRequest: Size.kibibytes(10) },
  minute: { limits: { perAddress: { requests: PER_MINUTE, unit: 'Minute' } } },
  second: { limits: { perAddress: { requests: PER_SECOND, unit: 'Second' } } },
  connections: { limits: { connectionsPerAddress: 2 } },
  secure: { tls: { clusterIssuer: 'letsencrypt' } },
  two: { backends: [backend('two-pods')] },
};

/** Two models and two versions on one host name. */
const SHARED = 'shared.example.com';
const ON_ONE_HOST: Readonly<Record<string, Partial<InferenceRouteProps>>> = {
  shared: { match: { pathPrefix: '/llama' }, ...release('shared', 80, 20) },
  'shared-next': { match: { pathPrefix: '/llama/v2' }, backends: [backend('llama-next')] },
  'shared-qwen': { match: { pathPrefix: '/qwen' }, paths: ['/v1/models', '/v1/chat/'], backends: [backend('qwen')] },
};

const passed = (seconds: number) => new Promise((next) => setTimeout(next, 1000 * seconds));

/** What the library writes for routes, which must be free of problems. */
function ingresses(routes: Readonly<Record<string, Partial<InferenceRouteProps>>>, hostname?: string): Ingress[] {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  for (const [name, props] of Object.entries(routes)) {
    new InferenceRoute(chart, name, {
      gateway: IngressReference.nginx(),
      hostnames: [hostname ?? `${name}.example.com`],
      requestTimeout: Duration.seconds(LONGEST),
      backends: [backend('llama')],
      ...props,
    });
  }
  expect(chart.node.findAll().flatMap((construct) => construct.node.validate())).toEqual([]);
  return Testing.synth(chart) as Ingress[];
}

describe('what the annotations are judged by', () => {
  test('every annotation that a route can have is known, and no other', () => {
    const written = [...ingresses(ROUTES), ...ingresses(ON_ONE_HOST, SHARED)].flatMap(({ metadata }) =>
      Object.keys(annotationsOf({ name: metadata.name, annotations: metadata.annotations ?? {} })),
    );
    expect([...new Set(written)].sort()).toEqual(Object.keys(ANNOTATIONS).sort());
  });

  test.each([
    ['nginx.ingress.kubernetes.io/proxy-max-temp-file-size', '0', 'nobody has judged what nginx does with nginx.'],
    ['example.com/team', 'red', 'nobody has judged what nginx does with example.com/team.'],
    ['nginx.ingress.kubernetes.io/proxy-read-timeout', '3m', 'ingress-nginx ignores nginx.'],
    ['nginx.ingress.kubernetes.io/canary-by-header-value', 'a=b', 'ingress-nginx ignores nginx.'],
  ])('%s: %s would fail here', (key, value, text) => {
    expect(() => annotationsOf({ name: 'llama', annotations: { [key]: value } })).toThrow(text);
  });
});

(hasNginx() ? describe : describe.skip)('a real nginx with the configuration that these Ingresses are', () => {
  const names = ['llama', 'llama-canary', 'llama-next', 'qwen', 'first-of-two', 'second-of-two'] as const;
  let servers: Readonly<Record<(typeof names)[number], InferenceServer>>;
  let nginx: Nginx;

  /** Ports of the pods behind a Service. */
  const podsOf = (service: string): number[] => {
    if (service === 'replaced') return [];
    if (service === 'two-pods') return ofTwo().map(({ port }) => port);
    const known = names.find((name) => name === service);
    return [servers[known ?? (service.endsWith('-canary') ? 'llama-canary' : 'llama')].port];
  };
  const ofTwo = () => [servers['first-of-two'], servers['second-of-two']];
  const started = (routes: readonly Ingress[], shutdownSeconds?: number) =>
    Nginx.start((at) => configuration(routes, { ...at.listens, shutdownSeconds, podsOf }));

  beforeAll(async () => {
    const all = await Promise.all(names.map(async (name) => [name, await InferenceServer.start(name)] as const));
    servers = Object.fromEntries(all) as typeof servers;
    nginx = await started([...ingresses(ROUTES), ...ingresses(ON_ONE_HOST, SHARED)]);
  });
  afterAll(async () => {
    await nginx?.stop();
    Object.values(servers).forEach((server) => server.stop());
  });

  const asked = (name: string, one: Partial<Call> = {}): Call => ({
    host: `${name}.example.com`,
    url: nginx.url,
    client: false,
    ...one,
  });
  const ask = (name: string, one?: Partial<Call>) => call(asked(name, one));
  const count = (times: number, name: string, one?: Partial<Call>) => tally(times, asked(name, one));

  describe('a release', () => {
    test('smoke: the header reaches the candidate alone, and without it nobody does', async () => {
      expect(await count(50, 'smoke', { headers: CANARY })).toEqual({ 'llama-canary': 50 });
      expect(await count(100, 'smoke')).toEqual({ llama: 100 });
      expect(await count(20, 'smoke', { headers: { 'x-model-track': 'Canary' } })).toEqual({ llama: 20 });
    });

    // Five standard deviations: once in two million runs.
    test.each([
      ['fifth', 0.2],
      ['halves', 0.5],
    ])('%s: the candidate gets its share', async (name, share) => {
      const requests = 600;
      const counts = await count(requests, name);
      const deviation = Math.sqrt(requests * share * (1 - share));
      expect(counts['llama-canary']! + counts.llama!).toBe(requests);
      expect(Math.abs(counts['llama-canary']! - requests * share)).toBeLessThan(5 * deviation);
    });

    test('with the header, all of them', async () => {
      expect(await count(50, 'fifth', { headers: CANARY })).toEqual({ 'llama-canary': 50 });
    });

    test.each(['all', 'promote'])('%s: the candidate alone, whoever else is there', async (name) => {
      expect(await count(50, name)).toEqual({ 'llama-canary': 50 });
      expect(await count(10, name, { headers: CANARY })).toEqual({ 'llama-canary': 10 });
    });
  });

  describe('an answer', () => {
    test('a stream as long as the longest answer arrives whole, token by token', async () => {
      const headers = { [ASK.betweenTokens]: '0.5' };
      const answer = await ask('plain', { headers, body: { stream: true, max_tokens: 2 * LONGEST + 1 } });
      expect(answer).toMatchObject({ status: 200, complete: true });
      expect(answer.text.match(/^data: \{/gm)).toHaveLength(2 * LONGEST + 1);
      expect(answer.seconds).toBeGreaterThan(LONGEST);
      expect(answer.arrivals.length).toBeGreaterThan(LONGEST);
      expect(answer.arrivals[1]).toBeLessThan(answer.seconds / 2);
    });

    test('one in a piece is silent that long, and no longer: then a 504, and the server is told to stop', async () => {
      const silent = (seconds: number) => ask('two', { headers: { [ASK.firstToken]: String(seconds) } });
      const [inTime, late] = await Promise.all([silent(LONGEST - 0.5), silent(LONGEST + 2)]);
      expect([inTime.status, late.status]).toEqual([200, 504]);
      for (let tries = 0; tries < 50 && abortedOfTwo() === 0; tries++) await passed(0.1);
      expect(abortedOfTwo()).toBe(1);
    });

    test.each<[string, Record<string, string>, number]>([
      ['dies with its server', { [ASK.reset]: 'yes' }, 502],
      ['fails', { [ASK.status]: '500' }, 500],
      ['is refused', { [ASK.status]: '503' }, 503],
    ])('one that %s is not computed a second time by another pod', async (_, headers, status) => {
      const before = requestsOfTwo();
      expect(await ask('two', { headers })).toMatchObject({ status });
      expect(requestsOfTwo()).toBe(before + 1);
    });

    // The controller does so after any change of any Ingress; how long it waits says worker-shutdown-timeout.
    test('when nginx reads its configuration anew, a stream goes on for as long as the old process may live', async () => {
      const streamed = async (shutdownSeconds: number) => {
        const reloaded = await started(ingresses({ plain: {} }), shutdownSeconds);
        const headers = { [ASK.betweenTokens]: '0.4' };
        const stream = ask('plain', { url: reloaded.url, headers, body: { stream: true, max_tokens: 6 } });
        await passed(0.4);
        reloaded.reload();
        const { complete } = await stream;
        await reloaded.stop();
        return complete;
      };
      expect(await Promise.all([streamed(1), streamed(60)])).toEqual([false, true]);
    });

    const requestsOfTwo = () => ofTwo().reduce((sum, { requests }) => sum + requests, 0);
    const abortedOfTwo = () => ofTwo().reduce((sum, { aborted }) => sum + aborted, 0);
  });

  describe('paths', () => {
    test.each([
      ['plain', '/v1/chat/completions'],
      ['plain', '/v1'],
      ['nim', '/v1/chat/completions'],
      ['nim', '/v1/models/llama'],
      ['odd', '/v1.0/models/llama:predict'],
      ['odd', '/v1beta/models'],
    ])('%s: %s is open', async (name, path) => {
      expect(await ask(name, { path })).toMatchObject({ status: 200, servedBy: 'llama', path });
    });

    test.each([
      ['plain', '/metrics'],
      ['plain', '/'],
      ['plain', '/v1x'],
      ['plain', '/V1/models'],
      ['plain', '/v1/../metrics'],
      ['plain', '/v1/%2e%2e/metrics'],
      ['plain', '/v1/..%2fmetrics'],
      ['plain', '//metrics'],
      ['nim', '/v1/metrics'],
      ['nim', '/v1/health/ready'],
      ['nim', '/v1'],
      ['nim', '/v1/modelsx'],
      ['nim', '/v1/models/../metrics'],
      ['nim', '/v1/models/..%2fmetrics'],
      ['odd', '/v1.0/models/llama:predicts'],
      ['odd', '/v1x0/models/llama:predict'],
      ['odd', '/metrics'],
    ])('%s: %s is closed', async (name, path) => {
      expect(await ask(name, { path })).toMatchObject({ status: 404, servedBy: undefined });
      expect(await ask(name, { path, headers: CANARY })).toMatchObject({ status: 404, servedBy: undefined });
    });

    test.each([
      ['/llama/v1/chat/completions', '/v1/chat/completions', /^llama(-canary)?$/],
      ['/llama/v2/v1/models', '/v1/models', /^llama-next$/],
      ['/qwen/v1/models', '/v1/models', /^qwen$/],
      ['/qwen/v1/chat/completions?a=b', '/v1/chat/completions?a=b', /^qwen$/],
    ])('on a host of several models, %s is %s of its own', async (path, seen, servedBy) => {
      const answer = await ask('shared', { path });
      expect(answer).toMatchObject({ status: 200, path: seen });
      expect(answer.servedBy).toMatch(servedBy);
    });

    test('there too the header reaches the candidate alone', async () => {
      const path = '/llama/v1/models';
      expect(await count(20, 'shared', { path, headers: CANARY })).toEqual({ 'llama-canary': 20 });
      expect(Object.keys(await count(200, 'shared', { path })).sort()).toEqual(['llama', 'llama-canary']);
    });

    test.each([
      '/llama/metrics',
      '/llama',
      '/llamas/v1/models',
      '/v1/models',
      '/llama/v2/metrics',
      '/qwen/v1/metrics',
      '/qwen/v1/modelsx',
      '/qwen/v1/models/../../metrics',
      '/qwen/v1/models/..%2f..%2fmetrics',
      '/x/llama/v1/models',
    ])('and %s is closed', async (path) => {
      expect(await ask('shared', { path })).toMatchObject({ status: 404, servedBy: undefined });
    });

    test.each(['unknown', 'llama.example.com.evil'])('no answer for the host %s.example.com', async (name) => {
      expect(await ask(name)).toMatchObject({ status: 404, servedBy: undefined });
    });
  });

  describe('limits', () => {
    test.each([
      ['sized', 2 * 1024, 2 * 1024 + 1],
      ['small', 1024, 1025],
    ])(
      '%s: a request of %d KiB arrives, one of %d KiB is told 413 and nobody computes it',
      async (name, fits, over) => {
        const prompt = (kibibytes: number) => 'x'.repeat(kibibytes * 1024 - JSON.stringify({ prompt: '' }).length);
        expect(await ask(name, { body: { prompt: prompt(fits) } })).toMatchObject({ status: 200 });
        const before = servers.llama.requests;
        expect(await ask(name, { body: { prompt: prompt(over) } })).toMatchObject({ status: 413, servedBy: undefined });
        expect(servers.llama.requests).toBe(before);
      },
    );

    test(`${PER_MINUTE} a minute: one more than that at once, then 503; another address is not meant`, async () => {
      const counts = await count(PER_MINUTE + 6, 'minute');
      expect(counts).toEqual({ llama: PER_MINUTE + 1, 503: 5 });
      expect(await count(PER_MINUTE, 'minute', { from: '127.0.0.2' })).toEqual({ llama: PER_MINUTE });
    });

    test(`${PER_SECOND} a second: after a second as many again`, async () => {
      const began = Date.now();
      const { llama } = await count(60, 'second');
      expect(llama).toBeLessThanOrEqual(1 + PER_SECOND + (PER_SECOND * (Date.now() - began)) / 1000);
      await passed(1.1);
      expect(await count(PER_SECOND, 'second')).toEqual({ llama: PER_SECOND });
    });

    test('2 connections of an address at once: a third is told 503, and another address is not', async () => {
      const headers = { [ASK.firstToken]: '1' };
      const [busy, other] = await Promise.all([
        count(4, 'connections', { headers }),
        count(2, 'connections', { headers, from: '127.0.0.2' }),
      ]);
      expect(busy).toEqual({ llama: 2, 503: 2 });
      expect(other).toEqual({ llama: 2 });
    });
  });

  test('plain HTTP leads to HTTPS, with the method that it had, and there a model answers', async () => {
    const { status, location, servedBy } = await ask('secure', { path: '/v1/models?a=b' });
    expect({ status, location, servedBy }).toEqual({
      status: 308,
      location: 'https://secure.example.com/v1/models?a=b',
      servedBy: undefined,
    });
    expect(await secureStatus('/v1/models')).toBe(200);
    expect(await secureStatus('/metrics')).toBe(404);
  });

  const secureStatus = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const servername = 'secure.example.com';
      const headers = { host: servername };
      request(
        { host: '127.0.0.1', port: nginx.https, path, servername, headers, ca: nginx.certificate, agent: false },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
});

(hasNginx() ? test : test.skip)('nginx takes whatever a route may say that is not refused', async () => {
  const characters = [...`abcXYZ019-._~!$&'()*+,;=:@`];
  const segment = fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 6 });
  const path = fc
    .array(
      segment.filter((text) => !/^\.+$/.test(text)),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => `/${parts.join('/')}`);
  const most = 2 ** 32 - 1;
  const props = fc.record<Partial<InferenceRouteProps>>(
    {
      paths: fc.uniqueArray(path, { minLength: 1, maxLength: 4, selector: (each) => each.toLowerCase() }),
      match: fc.record({ pathPrefix: path }, { requiredKeys: [] }),
      backends: fc
        .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 100 }))
        .map(([stable, canary]) => [backend('llama', stable), backend('llama-canary', canary)]),
      requestTimeout: fc.oneof(
        fc.integer({ min: 1, max: 10 }).map((milliseconds) => Duration.millis(milliseconds)),
        fc.integer({ min: 1, max: 99_999 }).map((hours) => Duration.hours(hours)),
      ),
      largestRequest: fc.oneof(
        fc.integer({ min: 1, max: 4096 }).map((kibibytes) => Size.kibibytes(kibibytes)),
        fc.integer({ min: 1, max: 100 }).map((tebibytes) => Size.tebibytes(tebibytes)),
      ),
      limits: fc.record(
        {
          perAddress: fc.record({
            requests: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: most })),
            unit: fc.constantFrom('Second' as const, 'Minute' as const),
          }),
          connectionsPerAddress: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 65_535 })),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const routes = fc.sample(props, { numRuns: 60, seed: 9 });
  const all = ingresses(Object.fromEntries(routes.map((each, at) => [`route-${at}`, each])));
  const at = await NginxFolder.make();
  try {
    expect(at.test(configuration(all, { ...at.listens, podsOf: () => [1] }))).toBe('');
  } finally {
    at.remove();
  }
});
