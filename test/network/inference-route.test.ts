import { App, Chart, Duration, Size, Testing, Yaml } from 'cdk8s';
import { gatewayDuration } from '../../lib/network/gateway-duration';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { InferenceRoute } from '../../lib/network/inference-route';
import { InferenceRouteProps } from '../../lib/network/inference-route-props';
import { NetworkPeer } from '../../lib/network/network-peer';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { upstreamErrors } from './upstream-schema';

/** With every prop stated. */
type Written<Props> = { readonly [Option in keyof Required<Props>]: NonNullable<Props[Option]> };

const edge = new GatewayReference({ name: 'edge', namespace: 'gateway-system' });
const base: InferenceRouteProps = {
  gateway: edge,
  hostnames: ['llama.example.com'],
  backends: [{ service: 'llama', port: 8000 }],
  requestTimeout: Duration.minutes(10),
};

function synth(props: Partial<InferenceRouteProps> = {}): unknown[] {
  const chart = new Chart(new App(), 'nim');
  new InferenceRoute(chart, 'llama', { ...base, ...props });
  return Testing.synth(chart) as unknown[];
}

const problemsOf = (props: Partial<InferenceRouteProps>): string[] =>
  new InferenceRoute(new Chart(new App(), 'nim'), 'llama', { ...base, ...props }).node.validate();

describe('what is written', () => {
  test('one backend', () => {
    expect(Yaml.stringify(...synth())).toMatchInlineSnapshot(`
     "apiVersion: gateway.networking.k8s.io/v1
     kind: HTTPRoute
     metadata:
       name: llama
     spec:
       parentRefs:
         - name: edge
           namespace: gateway-system
       hostnames:
         - llama.example.com
       rules:
         - matches:
             - path:
                 type: PathPrefix
                 value: /v1
           backendRefs:
             - name: llama
               port: 8000
           timeouts:
             request: 10m
             backendRequest: 10m
     "
    `);
  });

  test('a canary with 5 % of the traffic and a way to it by header, which comes first', () => {
    expect(
      Yaml.stringify(
        ...synth({
          gateway: new GatewayReference({ name: 'edge', namespace: 'gateway-system', sectionName: 'https' }),
          backends: [
            { service: 'llama-stable', port: 8000, weight: 95 },
            { service: 'llama-canary', port: 8000, weight: 5 },
          ],

          smokeRoute: { value: 'canary', backend: { service: 'llama-canary', port: 8000 } },
          paths: ['/v1/chat', '/v1/models'],
        }),
      ),
    ).toMatchInlineSnapshot(`
     "apiVersion: gateway.networking.k8s.io/v1
     kind: HTTPRoute
     metadata:
       name: llama
     spec:
       parentRefs:
         - name: edge
           namespace: gateway-system
           sectionName: https
       hostnames:
         - llama.example.com
       rules:
         - matches:
             - path:
                 type: PathPrefix
                 value: /v1/chat
               headers:
                 - name: x-model-track
                   value: canary
             - path:
                 type: PathPrefix
                 value: /v1/models
               headers:
                 - name: x-model-track
                   value: canary
           backendRefs:
             - name: llama-canary
               port: 8000
           timeouts:
             request: 10m
             backendRequest: 10m
         - matches:
             - path:
                 type: PathPrefix
                 value: /v1/chat
             - path:
                 type: PathPrefix
                 value: /v1/models
           backendRefs:
             - name: llama-stable
               port: 8000
               weight: 95
             - name: llama-canary
               port: 8000
               weight: 5
           timeouts:
             request: 10m
             backendRequest: 10m
     "
    `);
  });

  test('upstream accepts it', () => {
    const smokeRoute = { value: 'canary', backend: { service: 'llama', port: 8000 } };
    expect(upstreamErrors(synth({ smokeRoute }))).toEqual([]);
    expect(
      upstreamErrors([{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', spec: { rules: 1 } }]),
    ).toHaveLength(1);
  });
});

test('every prop matters: without it, something else is written', () => {
  const all: Written<InferenceRouteProps> = {
    ...base,
    name: 'route',
    labels: { 'app.kubernetes.io/instance': 'llama' },
    smokeRoute: { header: 'x-track', value: 'canary', backend: { service: 'canary', port: 80 } },
    paths: ['/v1/chat'],
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' }),
    authentication: RouteAuthentication.apiKeys({ secretNames: ['clients'] }),
    serverKeyHeader: 'x-api-key',
    mirror: { service: 'canary', port: 80 },
    match: { pathPrefix: '/llama', headers: { 'x-model': 'llama' } },
    limits: { parallelRequests: 64 },
    fallback: { service: 'small', port: 80 },
    pools: [{ service: 'llama' }],
    tls: { clusterIssuer: 'letsencrypt' },
    largestRequest: Size.mebibytes(8),
  };
  // HTTPS of a Gateway is its listener's, and is refused.
  const written = { ...all, tls: undefined, pools: undefined };
  for (const prop of [
    'name',
    'labels',
    'smokeRoute',
    'paths',
    'authentication',
    'mirror',
    'match',
    'limits',
    'fallback',
  ]) {
    expect(synth({ ...written, [prop]: undefined })).not.toEqual(synth(written));
  }
});

test.each([
  [Duration.seconds(0), '0s'],
  [Duration.millis(1500), '1s500ms'],
  [Duration.seconds(90), '1m30s'],
  [Duration.minutes(10), '10m'],
  [Duration.hours(1.5), '1h30m'],
  [Duration.days(2), '48h'],
])('%s is written %s', (duration, expected) => {
  expect(gatewayDuration(duration)).toBe(expected);
  expect(expected).toMatch(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/);
});

describe('what is refused', () => {
  test('a weight of 120', () => {
    const backends = [
      { service: 'llama-stable', port: 8000, weight: 0 },
      { service: 'llama-canary', port: 8000, weight: 120 },
    ];
    expect(problemsOf({ backends })).toEqual([
      'canary-weight\n' +
        '  Backend llama-canary has the weight 120; a weight is a whole number from 0 to 100.\n' +
        '  Use 0 for no traffic and 100 for all of it.',
    ]);
  });

  test.each([-1, 0.5, NaN, Infinity])('a weight of %d', (weight) => {
    expect(problemsOf({ backends: [{ service: 'llama', port: 8000, weight }] })).toEqual([
      `canary-weight\n  Backend llama has the weight ${weight}; a weight is a whole number from 0 to 100.\n  Use 0 for no traffic and 100 for all of it.`,
    ]);
  });

  test.each<[string, Partial<InferenceRouteProps>, string]>([
    [
      'no traffic for anybody',
      {
        backends: [
          { service: 'stable', port: 80, weight: 0 },
          { service: 'canary', port: 80, weight: 0 },
        ],
      },
      'canary-weight\n  The weights of stable, canary sum to 0, so every request would fail.\n  Give at least one backend a weight above 0.',
    ],
    [
      'a weight that is forgotten',
      {
        backends: [
          { service: 'stable', port: 80, weight: 100 },
          { service: 'canary', port: 80 },
        ],
      },
      'canary-weight\n  Backend canary has no weight, and Gateway API would count it as 1.\n  Give every backend a weight when there are several.',
    ],
    [
      'no backend',
      { backends: [] },
      'route-backends\n  The route has 0 backends; a rule of an HTTPRoute takes 1 to 16.\n  Name the Services that answer.',
    ],
    [
      'no host name',
      { hostnames: [] },
      'route-hostnames\n  The route has 0 host names; an HTTPRoute takes 1 to 16.\n  A route without any would answer for every host of the Gateway. Name the hosts that clients call.',
    ],
    [
      'every path',
      { paths: ['/'] },
      'route-paths\n  The path "/" routes every endpoint of the server, those that no key guards among them.\n  Name the paths that clients may call, such as /v1.',
    ],
    [
      'a path that is none',
      { paths: ['v1?x'] },
      'route-paths\n  "v1?x" is not a path that an HTTPRoute can match.\n  Begin with "/", without "//", "/./", "/../", "%", "?" or "#", at most 1024 characters.',
    ],
    [
      'more paths than a rule takes',
      { paths: Array.from({ length: 65 }, (_, index) => `/v1/${index}`) },
      'route-paths\n  The route has 65 paths; a rule of an HTTPRoute takes 1 to 64.\n  Name the paths that clients may call, such as /v1.',
    ],
    [
      'a timeout in microseconds',
      { requestTimeout: Duration.millis(0.5) },
      'route-timeout\n  requestTimeout is 0.5 ms, which Gateway API cannot write.\n  Use whole milliseconds, at most 99,999 hours.',
    ],
    [
      'a header that is none',
      { smokeRoute: { header: 'x track', value: 'canary', backend: { service: 'canary', port: 80 } } },
      'route-header\n  "x track" is not the name of an HTTP header.\n  Use letters, digits and "-", such as x-model-track.',
    ],
    [
      'a header without a value',
      { smokeRoute: { value: '', backend: { service: 'canary', port: 80 } } },
      'route-header\n  "" cannot be the value of the header.\n  Use 1 to 4096 printable ASCII characters without outer blanks and without "${", such as canary.',
    ],
  ])('%s', (_, props, expected) => {
    expect(problemsOf(props)).toEqual([expected]);
  });

  test('a reference to a Gateway that cannot be', () => {
    expect(() => new GatewayReference({ name: 'Edge', namespace: 'gateway.system', sectionName: '' })).toThrow(
      /Gateway name "Edge"[^]*namespace "gateway\.system"[^]*section name ""/,
    );
  });
});

test('a gateway sends requests from its own namespace unless it says otherwise', () => {
  expect(edge.peers).toEqual([NetworkPeer.namespace('gateway-system')]);
  const peers = [NetworkPeer.namespace('envoy-gateway-system')];
  expect(new GatewayReference({ name: 'edge', namespace: 'gateway-system', peers }).peers).toBe(peers);
});
