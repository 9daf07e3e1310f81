import { App, Chart, Duration, Size, Testing, Yaml } from 'cdk8s';
import { GatewayImplementation, GatewayReference } from '../../lib/network/gateway-reference';
import { NetworkPeer } from '../../lib/network/network-peer';
import { InferenceGateway, InferenceGatewayProps } from '../../lib/network/inference-gateway';
import { InferenceRoute } from '../../lib/network/inference-route';
import { InferenceRouteProps, RouteBackend } from '../../lib/network/inference-route-props';
import { IngressReference } from '../../lib/network/ingress-reference';
import { RegionalRoute, RegionalRouteProps } from '../../lib/network/regional-route';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { definitionErrors, isDefined } from '../conformance/own-definitions';
import { KubernetesObject, schemaError, upstreamModule } from '../conformance/upstream';
import '../support/plain-text';
import { Manifest } from '../support/yaml-of';

const edge = (implementation?: GatewayImplementation) =>
  new GatewayReference({ name: 'edge', namespace: 'gateways', implementation });
const readiness = { path: '/health', port: 8000 };
const stable: RouteBackend = { service: 'llama', port: 8000, readiness };
const canary: RouteBackend = { service: 'llama-canary', port: 8000, readiness };
const twins = {
  backends: [
    { ...stable, weight: 95 },
    { ...canary, weight: 5 },
  ],
  smokeRoute: { value: 'canary', backend: canary },
};
const base: Omit<InferenceRouteProps, 'gateway'> = {
  hostnames: ['llama.example.com'],
  backends: [stable],
  requestTimeout: Duration.seconds(235),
};

function routed(props: Partial<InferenceRouteProps> & Pick<InferenceRouteProps, 'gateway'>): Manifest[] {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new InferenceRoute(chart, 'llama', { ...base, ...props });
  return Testing.synth(chart) as Manifest[];
}

function problemsOf(props: Partial<InferenceRouteProps> & Pick<InferenceRouteProps, 'gateway'>): string[] {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  return new InferenceRoute(chart, 'llama', { ...base, ...props }).node.validate();
}

const kindsOf = (objects: readonly Manifest[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const specs = (objects: readonly Manifest[], kind: string) =>
  Yaml.stringify(...objects.filter((each) => each.kind === kind).map(({ spec }) => ({ spec }) as unknown as Manifest));

describe('Envoy Gateway', () => {
  const gateway = edge('envoy-gateway');

  test('waits for the whole answer, and sends again only what no server has begun', () => {
    expect(specs(routed({ gateway }), 'BackendTrafficPolicy')).toMatchInlineSnapshot(`
spec:
  targetRefs:
    - group: gateway.networking.k8s.io
      kind: HTTPRoute
      name: llama
  timeout:
    http:
      requestTimeout: 3m55s
      streamIdleTimeout: 3m55s
      connectionIdleTimeout: 4s
  retry:
    numRetries: 2
    retryOn:
      triggers:
        - connect-failure
        - reset-before-request
`);
  });

  test('with a fallback a busy server is asked once, and the other one next', () => {
    const objects = routed({ gateway, fallback: { service: 'small', port: 8000 }, limits: { parallelRequests: 64 } });
    expect(kindsOf(objects)).toEqual([
      'Backend llama-to-llama',
      'Backend llama-to-small',
      'HTTPRoute llama',
      'BackendTrafficPolicy llama',
    ]);
    expect(specs(objects, 'Backend')).toMatchInlineSnapshot(`
spec:
  endpoints:
    - fqdn:
        hostname: llama.nim.svc.cluster.local
        port: 8000
---
spec:
  fallback: true
  endpoints:
    - fqdn:
        hostname: small.nim.svc.cluster.local
        port: 8000
`);
    expect(specs(objects, 'BackendTrafficPolicy')).toMatchInlineSnapshot(`
spec:
  targetRefs:
    - group: gateway.networking.k8s.io
      kind: HTTPRoute
      name: llama
  timeout:
    http:
      requestTimeout: 3m55s
      streamIdleTimeout: 3m55s
      connectionIdleTimeout: 4s
  retry:
    numRetries: 1
    numAttemptsPerPriority: 1
    retryOn:
      triggers:
        - connect-failure
        - reset-before-request
        - retriable-status-codes
      httpStatusCodes:
        - 429
        - 503
  circuitBreaker:
    maxConnections: 64
    maxPendingRequests: 64
    maxParallelRequests: 64
    maxRequestsPerConnection: 1
`);
  });

  test.each`
    named | perAddress | told
    ${14} | ${false}   | ${[]}
    ${12} | ${true}    | ${[]}
    ${13} | ${true}    | ${['Quotas of clients and limits.perAddress are 17 rules; Envoy Gateway takes 16 that each proxy counts by itself.']}
  `('$named clients and everybody else, limits of addresses: $perAddress', ({ named, perAddress, told }) => {
    const quota = { requests: 5, unit: 'Second' } as const;
    const clients = Object.fromEntries(Array.from({ length: named as number }, (_, at) => [`c${at}`, quota]));
    const authentication = RouteAuthentication.apiKeys({
      secretNames: ['clients'],
      quotas: { perClient: quota, clients },
    });
    const props = { gateway, authentication, ...(perAddress && { limits: { perAddress: quota } }) };
    expect(problemsOf(props).map((text) => text.split('\n')[1]?.trim())).toEqual(told);
    if ((told as string[]).length > 0) return;
    const [policy] = routed(props).filter(({ kind }) => kind === 'BackendTrafficPolicy');
    expect(definitionErrors(policy as unknown as KubernetesObject)).toEqual([]);
  });

  test('with a fallback, two ports of one Service are two Backends', () => {
    const backends = [8000, 9000].map((port) => ({ service: 'llama', port, weight: 50 }));
    const objects = routed({ gateway, backends, fallback: { service: 'small', port: 8000 } });
    expect(kindsOf(objects).slice(0, 3)).toEqual([
      'Backend llama-to-llama',
      'Backend llama-to-llama.9000',
      'Backend llama-to-small',
    ]);
    const [route] = objects.filter(({ kind }) => kind === 'HTTPRoute');
    expect(route!.spec.rules[0].backendRefs.map(({ name }: { name: string }) => name)).toEqual([
      'llama-to-llama',
      'llama-to-llama.9000',
      'llama-to-small',
    ]);
  });

  test('a model below a path of a shared host', () => {
    const match = { pathPrefix: '/llama', headers: { 'x-team': 'red' } };
    expect(specs(routed({ gateway, match, paths: ['/v1/chat', '/v1/models'] }), 'HTTPRoute')).toMatchInlineSnapshot(`
spec:
  parentRefs:
    - name: edge
      namespace: gateways
  hostnames:
    - llama.example.com
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /llama/v1/chat
          headers:
            - name: x-team
              value: red
      filters:
        - type: URLRewrite
          urlRewrite:
            path:
              type: ReplacePrefixMatch
              replacePrefixMatch: /v1/chat
      backendRefs:
        - name: llama
          port: 8000
      timeouts:
        request: 3m55s
        backendRequest: 3m55s
    - matches:
        - path:
            type: PathPrefix
            value: /llama/v1/models
          headers:
            - name: x-team
              value: red
      filters:
        - type: URLRewrite
          urlRewrite:
            path:
              type: ReplacePrefixMatch
              replacePrefixMatch: /v1/models
      backendRefs:
        - name: llama
          port: 8000
      timeouts:
        request: 3m55s
        backendRequest: 3m55s
`);
  });
});

describe('GKE', () => {
  const gateway = edge('gke');

  test('every Service that gets requests has its time and its health check; the route has no timeouts', () => {
    const objects = routed({ gateway, ...twins, mirror: { service: 'shadow', port: 80, readiness: { tcpPort: 80 } } });
    expect(kindsOf(objects)).toEqual([
      'HTTPRoute llama',
      ...['llama', 'llama-canary', 'shadow'].flatMap((name) => [
        `GCPBackendPolicy ${name}`,
        `HealthCheckPolicy ${name}`,
      ]),
    ]);
    expect(JSON.stringify(objects.find(({ kind }) => kind === 'HTTPRoute'))).not.toContain('timeouts');
  });

  test('policies of one Service', () => {
    const objects = routed({ gateway });
    expect(specs(objects, 'GCPBackendPolicy')).toMatchInlineSnapshot(`
spec:
  targetRef:
    group: ""
    kind: Service
    name: llama
  default:
    timeoutSec: 235
    connectionDraining:
      drainingTimeoutSec: 235
`);
    expect(specs(objects, 'HealthCheckPolicy')).toMatchInlineSnapshot(`
spec:
  targetRef:
    group: ""
    kind: Service
    name: llama
  default:
    checkIntervalSec: 5
    timeoutSec: 5
    healthyThreshold: 1
    unhealthyThreshold: 3
    config:
      type: HTTP
      httpHealthCheck:
        portSpecification: USE_FIXED_PORT
        port: 8000
        requestPath: /health
`);
  });

  /** A second route to the Service of the first, as while its host name moves. */
  const moved = (props: Partial<InferenceRouteProps>) => {
    const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
    new InferenceRoute(chart, 'llama', { ...base, gateway });
    const second = new InferenceRoute(chart, 'moved', { ...base, gateway, hostnames: ['new.example.com'], ...props });
    return { chart, told: second.node.validate() };
  };

  test('two routes to one Service share its policies', () => {
    const { chart, told } = moved({});
    expect(told).toEqual([]);
    expect(kindsOf(Testing.synth(chart) as Manifest[])).toEqual([
      'HTTPRoute llama',
      'GCPBackendPolicy llama',
      'HealthCheckPolicy llama',
      'HTTPRoute moved',
    ]);
  });

  test.each<[string, Partial<InferenceRouteProps>, string]>([
    [
      'another time',
      { requestTimeout: Duration.minutes(5) },
      'Two routes of this chart lead to llama, one with 235 s for an answer and one with 300 s',
    ],
    [
      'another readiness',
      { backends: [{ ...stable, readiness: { path: '/ready', port: 8000 } }] },
      'and each says otherwise what shows that a pod is ready',
    ],
  ])('%s in the second route is told', (_, props, text) => {
    expect(moved(props).told.join('\n')).toContain(text);
  });

  test('an answer of more than an hour is a warning that can be waived', () => {
    const chart = new Chart(new App(), 'nim');
    const route = new InferenceRoute(chart, 'llama', { ...base, gateway, requestTimeout: Duration.minutes(61) });
    expect(JSON.stringify(route.node.metadata)).toMatch(/answer-cut.*GKE waits at most 3600 s/);
  });

  test('readiness by gRPC is asked by gRPC', () => {
    const backends = [{ service: 'triton', port: 8000, readiness: { grpcPort: 8001, service: 'model' } }];
    expect(specs(routed({ gateway, backends }), 'HealthCheckPolicy')).toContain('grpcServiceName: model');
  });

  test.each<[string, Partial<InferenceRouteProps>, string]>([
    [
      'nobody says what is ready',
      { backends: [{ service: 'llama', port: 8000 }] },
      'State the readiness of the backend llama',
    ],
    [
      'only a command knows',
      { backends: [{ ...stable, readiness: { command: ['ray', 'status'] } }] },
      'State the readiness',
    ],
    [
      'no limit',
      { requestTimeout: Duration.seconds(0) },
      'requestTimeout is 0, and GKE has no way to wait without end',
    ],
  ])('%s is refused', (_, props, text) => {
    expect(problemsOf({ gateway, ...props }).join('\n')).toContain(text);
  });
});

describe('ingress-nginx', () => {
  const gateway = IngressReference.nginx();

  test('an Ingress that neither cuts, buffers nor repeats', () => {
    expect(
      Yaml.stringify(...routed({ gateway, tls: { clusterIssuer: 'letsencrypt' }, largestRequest: Size.mebibytes(4) })),
    ).toMatchInlineSnapshot(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
    nginx.ingress.kubernetes.io/proxy-body-size: 4m
    nginx.ingress.kubernetes.io/proxy-buffering: "off"
    nginx.ingress.kubernetes.io/proxy-connect-timeout: "10"
    nginx.ingress.kubernetes.io/proxy-http-version: "1.1"
    nginx.ingress.kubernetes.io/proxy-next-upstream: "off"
    nginx.ingress.kubernetes.io/proxy-read-timeout: "235"
    nginx.ingress.kubernetes.io/proxy-request-buffering: "off"
    nginx.ingress.kubernetes.io/proxy-send-timeout: "235"
  name: llama
  namespace: nim
spec:
  ingressClassName: nginx
  rules:
    - host: llama.example.com
      http:
        paths:
          - backend:
              service:
                name: llama
                port:
                  number: 8000
            path: /v1
            pathType: Prefix
  tls:
    - hosts:
        - llama.example.com
      secretName: llama-tls
`);
  });

  test('a canary has the header and the weight', () => {
    const [, second] = routed({ gateway, ...twins });
    expect(second?.metadata).toMatchObject({
      name: 'llama-canary',
      annotations: {
        'nginx.ingress.kubernetes.io/canary': 'true',
        'nginx.ingress.kubernetes.io/canary-weight': '5',
        'nginx.ingress.kubernetes.io/canary-weight-total': '100',
        'nginx.ingress.kubernetes.io/canary-by-header': 'x-model-track',
        'nginx.ingress.kubernetes.io/canary-by-header-value': 'canary',
      },
    });
  });

  test.each`
    stable | candidate | weight | total
    ${95}  | ${5}      | ${5}   | ${100}
    ${100} | ${100}    | ${100} | ${200}
    ${1}   | ${1}      | ${50}  | ${100}
    ${2}   | ${1}      | ${34}  | ${102}
    ${100} | ${0}      | ${0}   | ${100}
  `(
    '$stable to $candidate is $weight of $total: a total below 100 would be read as 100',
    ({ stable: one, candidate, weight, total }: Record<string, number>) => {
      const backends = [
        { ...stable, weight: one },
        { ...canary, weight: candidate },
      ];
      const [, second] = routed({ gateway, backends });
      expect(second?.metadata).toMatchObject({
        annotations: {
          'nginx.ingress.kubernetes.io/canary-weight': String(weight),
          'nginx.ingress.kubernetes.io/canary-weight-total': String(total),
        },
      });
    },
  );

  test('a candidate that gets everything has the Ingress to itself, as no canary answers beside a Service without pods', () => {
    const objects = routed({
      ...twins,
      gateway,
      backends: [
        { ...stable, weight: 0 },
        { ...canary, weight: 100 },
      ],
    });
    expect(kindsOf(objects)).toEqual(['Ingress llama']);
    expect(JSON.stringify(objects)).toContain('"service":{"name":"llama-canary"');
  });

  test.each([
    [Size.mebibytes(4), '4m'],
    [Size.kibibytes(1536), '2m'],
    [Size.kibibytes(1), '1m'],
    [Size.gibibytes(1), '1024m'],
  ])('a request of %p is never too large: %s', (largestRequest, written) => {
    const [ingress] = routed({ gateway, largestRequest });
    expect(ingress?.metadata).toMatchObject({
      annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': written },
    });
  });

  test('a limit of each address, and not five times of it at once', () => {
    const [ingress] = routed({ gateway, limits: { perAddress: { requests: 20, unit: 'Second' } } });
    expect(ingress?.metadata).toMatchObject({
      annotations: {
        'nginx.ingress.kubernetes.io/limit-rps': '20',
        'nginx.ingress.kubernetes.io/limit-burst-multiplier': '1',
      },
    });
  });

  test('paths that the webhook takes for no Prefix are regular expressions, all of them', () => {
    const [ingress] = routed({ gateway, paths: ['/v1', '/v1.0/llama:predict', '/v1beta/'] });
    expect(JSON.stringify(ingress)).toContain('"nginx.ingress.kubernetes.io/use-regex":"true"');
    expect(JSON.stringify(ingress)).not.toContain('rewrite-target');
    expect(ingress?.spec.rules[0].http.paths).toMatchObject([
      { pathType: 'ImplementationSpecific', path: '/v1(?:/.*)?$' },
      { pathType: 'ImplementationSpecific', path: '/v1\\.0/llama:predict(?:/.*)?$' },
      { pathType: 'ImplementationSpecific', path: '/v1beta(?:/.*)?$' },
    ]);
  });

  test.each([
    [240, undefined],
    [241, 'ingress-nginx cuts those that run 240 s after any change of its configuration'],
  ])('an answer of %d s and a reload: %s', (seconds, text) => {
    const chart = new Chart(new App(), 'nim');
    const route = new InferenceRoute(chart, 'llama', { ...base, gateway, requestTimeout: Duration.seconds(seconds) });
    const warnings = JSON.stringify(route.node.metadata);
    if (text === undefined) expect(warnings).not.toContain('worker-shutdown-timeout');
    else expect(warnings).toContain(text);
  });

  test('what the platform team set says how long answers have', () => {
    const patient = IngressReference.nginx({ workerShutdownTimeout: Duration.minutes(10) });
    const warned = (seconds: number) => {
      const requestTimeout = Duration.seconds(seconds);
      const route = new InferenceRoute(new Chart(new App(), 'nim'), 'llama', {
        ...base,
        gateway: patient,
        requestTimeout,
      });
      return JSON.stringify(route.node.metadata);
    };
    expect(warned(600)).not.toContain('answer-cut');
    expect(warned(601)).toMatch(/answer-cut.*cuts those that run 600 s after/);
  });

  test.each([
    ['/llama/v1/chat/completions', '/v1/chat/completions'],
    ['/llama/v1', '/v1'],
    ['/llama/v1x', undefined],
    ['/llama/metrics', undefined],
    ['/v1/chat', undefined],
  ])('below a path of a shared host, %s becomes %s', (asked, seen) => {
    const [ingress] = routed({ gateway, match: { pathPrefix: '/llama' } }) as unknown as [
      { spec: { rules: { http: { paths: { path: string }[] } }[] } },
    ];
    // As nginx does it: from the beginning, by the rewrite-target $1.
    expect(new RegExp(`^${ingress.spec.rules[0]!.http.paths[0]!.path}`).exec(asked)?.[1]).toBe(seen);
  });

  test.each<[string, Partial<InferenceRouteProps>, string]>([
    [
      'three Services',
      { backends: [stable, canary, { service: 'third', port: 8000 }].map((each) => ({ ...each, weight: 1 })) },
      'nginx knows one canary for each path',
    ],
    [
      'a limit of a day',
      { limits: { perAddress: { requests: 1, unit: 'Day' } } },
      'nginx counts requests of a second or of a minute',
    ],
    [
      'a limit of nothing',
      { limits: { perAddress: { requests: 0, unit: 'Second' } } },
      'nginx reads 0 as no limit at all',
    ],
    ['too many connections', { limits: { connectionsPerAddress: 65_536 } }, 'nginx counts to 65535'],
    ['requests without a size', { largestRequest: Size.mebibytes(0) }, 'largestRequest is 0, and nginx reads 0'],
    [
      'a header with _',
      { smokeRoute: { header: 'x_track', value: 'canary', backend: canary } },
      'nginx drops the header "x_track"',
    ],
    [
      'a value with =',
      { smokeRoute: { value: 'track=canary', backend: canary } },
      'ingress-nginx ignores "track=canary" as the value of a header',
    ],
    ['no limit of time', { requestTimeout: Duration.seconds(0) }, 'nginx has no way to wait without end'],
    [
      'keys',
      { authentication: RouteAuthentication.apiKeys({ secretNames: ['clients'] }) },
      'The IngressClass nginx is nginx; keys and tokens',
    ],
  ])('%s: refused', (_, props, text) => {
    expect(problemsOf({ gateway, ...props }).join('\n')).toContain(text);
  });
});

describe('what a gateway has no word for is refused', () => {
  const asks: Readonly<Record<string, Partial<InferenceRouteProps>>> = {
    'match.headers': { match: { headers: { 'x-model': 'llama' } } },
    InferencePools: { backends: [{ ...stable, pool: true }] },
    mirror: { mirror: canary },
    fallback: { fallback: { service: 'small', port: 8000 } },
    'limits.perAddress': { limits: { perAddress: { requests: 5, unit: 'Second' } } },
    'limits.connectionsPerAddress': { limits: { connectionsPerAddress: 10 } },
    'limits.parallelRequests': { limits: { parallelRequests: 64 } },
    tls: { tls: {} },
  };
  const gateways = {
    'envoy-gateway': edge('envoy-gateway'),
    gke: edge('gke'),
    unknown: edge(),
    'ingress-nginx': IngressReference.nginx(),
  } as const;

  test.each`
    feature                           | takenBy
    ${'match.headers'}                | ${['envoy-gateway', 'gke', 'unknown']}
    ${'InferencePools'}               | ${['gke', 'unknown']}
    ${'mirror'}                       | ${['envoy-gateway', 'gke', 'unknown']}
    ${'fallback'}                     | ${['envoy-gateway']}
    ${'limits.perAddress'}            | ${['envoy-gateway', 'ingress-nginx']}
    ${'limits.connectionsPerAddress'} | ${['ingress-nginx']}
    ${'limits.parallelRequests'}      | ${['envoy-gateway']}
    ${'tls'}                          | ${['ingress-nginx']}
  `('$feature is taken by $takenBy', ({ feature, takenBy }: { feature: string; takenBy: string[] }) => {
    const taken = Object.entries(gateways).filter(([, gateway]) => {
      const problems = problemsOf({ gateway, ...asks[feature] });
      const refused = problems.filter((text) => text.includes(`cannot do ${feature}.`));
      expect(problems).toEqual(refused);
      return refused.length === 0;
    });
    expect(taken.map(([name]) => name)).toEqual(takenBy);
  });
});

test.each<[string, Partial<InferenceRouteProps>, string]>([
  ['a prefix that ends', { match: { pathPrefix: '/llama/' } }, 'The path prefix "/llama/" ends with "/".'],
  ['a prefix that is none', { match: { pathPrefix: 'llama' } }, '"llama" is not a path that an HTTPRoute can match.'],
  [
    'more rules than a route takes',
    { match: { pathPrefix: '/llama' }, paths: Array.from({ length: 17 }, (_, at) => `/v1/${at}`) },
    'each path is a rule of its own: 17 rules, of which an HTTPRoute takes 16.',
  ],
  ['a header without a value', { match: { headers: { 'x-model': '' } } }, '"" cannot be the value of the header.'],
  [
    'one header for model and track',
    { ...twins, match: { headers: { 'X-Model-Track': 'llama' } } },
    'The header x-model-track is asked for twice',
  ],
  [
    'more who answer than a rule takes',
    {
      backends: Array.from({ length: 16 }, (_, at) => ({ service: `llama-${at}`, port: 8000, weight: 1 })),
      fallback: { service: 'small', port: 8000 },
    },
    'The route has 16 backends and a fallback; a rule of an HTTPRoute takes 1 to 16.',
  ],
  [
    'more headers than a rule takes',
    { ...twins, match: { headers: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`x-${at}`, 'a'])) } },
    'A request must have 17 headers, with that of the canary; a rule of an HTTPRoute asks for 16 at most.',
  ],
  [
    'a prefix and a path that are too long together',
    { match: { pathPrefix: `/${'p'.repeat(1000)}` }, paths: [`/${'v'.repeat(100)}`] },
    'match.pathPrefix and the longest path are 1102 characters together; an HTTPRoute matches 1024.',
  ],
  [
    'a pool that stands in for nobody',
    { pools: [{ service: 'llam' }] },
    'The pool llam stands in for no backend of the route, which are llama.',
  ],
  [
    'a Backend of too long a name',
    { name: 'r'.repeat(248), fallback: { service: 's', port: 8000 } },
    'Backend name "rrrrr',
  ],
  ['a fallback to itself', { fallback: stable }, 'The fallback is llama, which is asked first already'],
  ['no request at once', { limits: { parallelRequests: 0 } }, 'limits.parallelRequests is 0'],
  [
    'a limit in no time',
    { limits: { perAddress: { requests: 1, unit: 'Week' as never } } },
    'limits.perAddress is per "Week".',
  ],
])('%s is refused', (_, props, text) => {
  expect(problemsOf({ gateway: edge('envoy-gateway'), ...props }).join('\n')).toContain(text);
});

test('an implementation that nobody knows is refused', () => {
  expect(() => edge('istio' as never)).toThrow(
    'gateway-feature\n  The implementation "istio" is not known here.\n  Use envoy-gateway or gke, or leave it out for any other.',
  );
});

describe('InferenceGateway', () => {
  const made = (props: Partial<InferenceGatewayProps> = {}) => {
    const chart = new Chart(new App(), 'platform', { namespace: 'gateways' });
    const gateway = new InferenceGateway(chart, 'edge', { hostnames: ['llama.example.com'], ...props });
    return { gateway, objects: Testing.synth(chart) as Manifest[] };
  };

  test('HTTPS with a certificate for each host, and patience with silent answers', () => {
    const { gateway, objects } = made({ clusterIssuer: 'letsencrypt', namespaces: ['nim'] });
    expect(Yaml.stringify(...objects)).toMatchInlineSnapshot(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
  labels:
    app.kubernetes.io/instance: edge
    app.kubernetes.io/name: gateway
  name: edge
  namespace: gateways
spec:
  gatewayClassName: envoy-gateway
  listeners:
    - name: http
      port: 80
      protocol: HTTP
      allowedRoutes:
        namespaces:
          from: Same
    - name: llama-example-com
      hostname: llama.example.com
      port: 443
      protocol: HTTPS
      tls:
        mode: Terminate
        certificateRefs:
          - name: llama-example-com-tls
      allowedRoutes:
        namespaces:
          from: Selector
          selector:
            matchExpressions:
              - key: kubernetes.io/metadata.name
                operator: In
                values:
                  - nim
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  labels:
    app.kubernetes.io/instance: edge
    app.kubernetes.io/name: gateway
  name: edge-to-https
  namespace: gateways
spec:
  parentRefs:
    - name: edge
      sectionName: http
  rules:
    - filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata:
  labels:
    app.kubernetes.io/instance: edge
    app.kubernetes.io/name: gateway
  name: edge
  namespace: gateways
spec:
  targetRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      name: edge
  timeout:
    http:
      requestHeadersReceivedTimeout: 30s
      streamIdleTimeout: 1h
      idleTimeout: 5m
  connection:
    bufferLimit: 4Mi
`);
    expect(gateway.reference).toMatchObject({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
  });

  test('a host and its Secret may have names of 253 characters', () => {
    const host = [...Array<string>(4).fill('h'.repeat(60)), 'de'].join('.');
    expect(made({ hostnames: [host] }).gateway.node.validate()).toEqual([]);
    expect(made({ hostnames: [host] }).objects[0]!.spec.listeners[1].name).toHaveLength(246);
  });

  test('a regional class of GKE says where its proxies are', () => {
    const peers = ['10.129.0.0/23', '130.211.0.0/22', '35.191.0.0/16'].map((range) => NetworkPeer.cidr(range));
    const { gateway } = made({ implementation: 'gke', gatewayClassName: 'gke-l7-rilb', peers });
    expect(gateway.node.validate()).toEqual([]);
    expect(gateway.reference.peers).toEqual(peers);
  });

  test('GKE has no word for the patience of clients', () => {
    expect(kindsOf(made({ implementation: 'gke' }).objects)).toEqual(['Gateway edge', 'HTTPRoute edge-to-https']);
  });

  test.each<[string, Partial<InferenceGatewayProps>, string]>([
    ['no host', { hostnames: [] }, 'The Gateway has 0 host names; it takes 1 to 63.'],
    ['a host that is none', { hostnames: ['llama_example'] }, 'host name "llama_example"'],
    ['an address', { hostnames: ['10.0.0.1'] }, 'route-hostnames\n  The host name 10.0.0.1 is an address.'],
    [
      'a host that is named twice',
      { hostnames: ['llama.example.com', 'llama.example.com'] },
      'route-hostnames\n  The host name llama.example.com is named twice, and would be two listeners called llama-example-com.\n  Name it once.',
    ],
    [
      'two hosts of which one listener would be called',
      { hostnames: ['*.example.com', 'wildcard.example.com'] },
      'The host names *.example.com and wildcard.example.com would both be a listener called wildcard-example-com.\n  Put one of them into an InferenceGateway of its own.',
    ],
    ['nobody', { namespaces: [] }, 'No namespace may attach routes to the Gateway.'],
    ['no room for a prompt', { bufferLimit: Size.kibibytes(1) }, 'bufferLimit in MiB'],
    ['no connection', { connections: 0 }, 'connections is 0'],
    ['a buffer that Envoy cannot count', { bufferLimit: Size.gibibytes(4) }, 'bufferLimit in MiB is 4096.'],
    ['a name that no label holds', { name: 'g'.repeat(70) }, 'which is not a label value'],
    ['the same on GKE', { implementation: 'gke', name: 'g'.repeat(70) }, 'which is not a label value'],
    ['another implementation', { implementation: 'istio' as never }, 'The implementation "istio" is not known here.'],
    ['patience of GKE', { implementation: 'gke', longestSilence: Duration.hours(2) }, 'GKE cannot do longestSilence.'],
    ['a buffer of GKE', { implementation: 'gke', bufferLimit: Size.mebibytes(8) }, 'GKE cannot do bufferLimit.'],
    ['connections of GKE', { implementation: 'gke', connections: 100 }, 'GKE cannot do connections.'],
    [
      'a regional class of GKE whose proxies are nowhere',
      { implementation: 'gke', gatewayClassName: 'gke-l7-regional-external-managed' },
      'Requests of the class gke-l7-regional-external-managed come from the proxy-only subnet',
    ],
  ])('%s is refused', (_, props, text) => {
    const chart = new Chart(new App(), 'platform', { namespace: 'gateways' });
    const gateway = new InferenceGateway(chart, 'edge', { hostnames: ['llama.example.com'], ...props });
    expect(gateway.node.validate().join('\n')).toContain(text);
  });
});

const regions = [
  { name: 'eu', host: 'llama.eu.example.com' },
  { name: 'us', host: 'llama.us.example.com', fallback: true },
];
const regional = (props: Partial<RegionalRouteProps> = {}) => {
  const chart = new Chart(new App(), 'global', { namespace: 'global' });
  const made = new RegionalRoute(chart, 'llama', {
    gateway: edge('envoy-gateway'),
    hostnames: ['llama.example.com'],
    regions,
    requestTimeout: Duration.seconds(235),
    ...props,
  });
  return { made, chart };
};

describe('RegionalRoute', () => {
  test('one region, and another that stands in for it; each is asked by its own name', () => {
    expect(Yaml.stringify(...(Testing.synth(regional().chart) as Manifest[]))).toMatchInlineSnapshot(`
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata:
  name: llama-eu
  namespace: global
spec:
  endpoints:
    - fqdn:
        hostname: llama.eu.example.com
        port: 443
  tls:
    wellKnownCACertificates: System
    sni: llama.eu.example.com
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata:
  name: llama-us
  namespace: global
spec:
  fallback: true
  endpoints:
    - fqdn:
        hostname: llama.us.example.com
        port: 443
  tls:
    wellKnownCACertificates: System
    sni: llama.us.example.com
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: HTTPRouteFilter
metadata:
  name: llama
  namespace: global
spec:
  urlRewrite:
    hostname:
      type: Backend
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: llama
  namespace: global
spec:
  parentRefs:
    - name: edge
      namespace: gateways
  hostnames:
    - llama.example.com
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /v1
      filters:
        - type: ExtensionRef
          extensionRef:
            group: gateway.envoyproxy.io
            kind: HTTPRouteFilter
            name: llama
      backendRefs:
        - group: gateway.envoyproxy.io
          kind: Backend
          name: llama-eu
        - group: gateway.envoyproxy.io
          kind: Backend
          name: llama-us
      timeouts:
        request: 3m55s
        backendRequest: 3m55s
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata:
  name: llama
  namespace: global
spec:
  targetRefs:
    - group: gateway.networking.k8s.io
      kind: HTTPRoute
      name: llama
  timeout:
    http:
      requestTimeout: 3m55s
      streamIdleTimeout: 3m55s
      connectionIdleTimeout: 4s
  retry:
    numRetries: 1
    numAttemptsPerPriority: 1
    retryOn:
      triggers:
        - connect-failure
        - reset-before-request
        - retriable-status-codes
      httpStatusCodes:
        - 429
        - 503
`);
  });

  test.each<[string, Partial<RegionalRouteProps>, string]>([
    ['one region', { regions: regions.slice(0, 1) }, 'The route has 1 regions; it takes 2 to 16.'],
    [
      'nobody who is asked first',
      { regions: regions.map((each) => ({ ...each, fallback: true })) },
      'Every region is a fallback',
    ],
    ['the same region twice', { regions: [regions[0]!, regions[0]!] }, 'Two regions have the same name: eu, eu.'],
    [
      'half of the weights',
      {
        regions: [
          { ...regions[0]!, weight: 5 },
          { name: 'asia', host: 'asia.example.com' },
        ],
      },
      'Some regions have a weight and others have none',
    ],
    [
      'no traffic',
      { regions: regions.map((each) => ({ ...each, fallback: false, weight: 0 })) },
      'The weights of all regions are 0',
    ],
    ['another gateway', { gateway: edge('gke') }, 'is not known to be one of Envoy Gateway'],
    [
      'a fallback that nobody would reach',
      { regions: [regions[0]!, { ...regions[1]!, weight: 0 }] },
      'us is a fallback with the weight 0: with 0 nobody stands in',
    ],
    [
      'a gateway that asks itself',
      { regions: [regions[0]!, { name: 'us', host: 'llama.example.com' }] },
      'The host of us is llama.example.com, which clients call',
    ],
    [
      'an address',
      { regions: [regions[0]!, { name: 'us', host: '10.0.0.1' }] },
      'The host name 10.0.0.1 is an address.',
    ],
    [
      'any host of a region',
      { regions: [regions[0]!, { name: 'us', host: '*.us.example.com' }] },
      'host name "*.us.example.com" is not an RFC 1123 subdomain',
    ],
  ])('%s is refused', (_, props, text) => {
    expect(regional(props).made.node.validate().join('\n')).toContain(text);
  });
});

test('everything conforms', () => {
  const all: KubernetesObject[] = [
    ...routed({
      gateway: edge('envoy-gateway'),
      ...twins,
      fallback: { service: 'small', port: 8000 },
      match: { pathPrefix: '/llama' },
      limits: { parallelRequests: 9, perAddress: { requests: 5, unit: 'Second' } },
    }),
    ...routed({ gateway: edge('gke'), ...twins }),
    ...Testing.synth(regional().chart),
    ...routed({ gateway: IngressReference.nginx(), ...twins, tls: {}, limits: { connectionsPerAddress: 3 } }),
  ] as unknown as KubernetesObject[];
  expect(
    all.flatMap((object) =>
      upstreamModule(object) !== undefined
        ? (schemaError(object) ?? [])
        : isDefined(object)
          ? definitionErrors(object)
          : [`nobody knows ${object.kind}`],
    ),
  ).toEqual([]);
});
