import { App, Chart, Testing } from 'cdk8s';
import {
  CanaryStrategy,
  GatewayReference,
  IngressReference,
  InferenceService,
  InferenceServiceProps,
  ProgressiveDelivery,
} from '../../lib';
import { refusalsOf, warningsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { CONTRACT, nim } from '../support/services';
import '../support/plain-text';
import { Manifest } from '../support/yaml-of';

const gke = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'gke' });

function objectsOf(props: Partial<InferenceServiceProps>): Manifest[] {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new InferenceService(chart, 'llama', {
    ...CONTRACT,
    nodePool: POOLS['GKE, two L4'],
    ...props,
  });
  return Testing.synth(chart) as Manifest[];
}

const named = (objects: readonly Manifest[], kind: string) => objects.filter((each) => each.kind === kind);

test('behind GKE both sides of a release have a health check, of the path and port that their server answers', () => {
  const objects = objectsOf({
    route: { gateway: gke, hostname: 'llama.example.com' },
    canary: { runtime: nim('1.1.0'), step: 'smoke' },
  });
  expect(named(objects, 'HealthCheckPolicy').map(({ metadata, spec }) => [metadata.name, spec.default.config])).toEqual(
    ['llama', 'llama-canary'].map((name) => [
      name,
      {
        type: 'HTTP',
        httpHealthCheck: { portSpecification: 'USE_FIXED_PORT', port: 8000, requestPath: '/v1/health/ready' },
      },
    ]),
  );
  expect(named(objects, 'GCPBackendPolicy').map(({ spec }) => spec.default.timeoutSec)).toEqual([235, 235]);
});

test('nginx is told the longest answer and the largest request, and its pods may come in', () => {
  const objects = objectsOf({ route: { gateway: IngressReference.nginx(), hostname: 'llama.example.com' } });
  const [ingress] = named(objects, 'Ingress');
  expect(ingress?.metadata).toMatchObject({
    annotations: {
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '235',
      'nginx.ingress.kubernetes.io/proxy-body-size': '2m',
    },
  });
  expect(JSON.stringify(named(objects, 'NetworkPolicy')[0]?.spec.ingress[0].from)).toContain('ingress-nginx');
});

test.each([
  ['Envoy Gateway', new GatewayReference({ name: 'edge', namespace: 'gateways' }), 'RouteAuthentication.apiKeys(…)'],
  ['GKE', gke, 'Identity-Aware Proxy'],
  ['nginx', IngressReference.nginx(), 'the controller (auth-url)'],
])('an open endpoint behind %s is told what can ask for a key there', (_, gateway, remedy) => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const route = { gateway, hostname: 'llama.example.com' };
  new InferenceService(chart, 'llama', { ...CONTRACT, nodePool: POOLS['GKE, two L4'], route });
  const [, told] = /open-endpoint\n.*\n(.*)/.exec(warningsOf(chart))!;
  expect(told).toContain(remedy);
  expect(told!.includes('RouteAuthentication')).toBe(gateway !== gke && !(gateway instanceof IngressReference));
});

test('a release through nginx: the canary stands beside, with weight and header', () => {
  const objects = objectsOf({
    route: { gateway: IngressReference.nginx(), hostname: 'llama.example.com' },
    canary: { runtime: nim('1.1.0'), step: '20%' },
  });
  expect(named(objects, 'Ingress').map(({ metadata }) => metadata.name)).toEqual(['llama', 'llama-canary']);
  expect(named(objects, 'Ingress')[1]?.metadata).toMatchObject({
    annotations: {
      'nginx.ingress.kubernetes.io/canary-weight': '20',
      'nginx.ingress.kubernetes.io/canary-by-header-value': 'canary',
    },
  });
});

test.each`
  replicas     | scaling                          | promised
  ${2}         | ${undefined}                     | ${'32: 2 x 16'}
  ${undefined} | ${{ by: 'hpa', maxReplicas: 4 }} | ${'64: 4 x 16'}
  ${undefined} | ${{ by: 'hpa', minReplicas: 3 }} | ${'48: 3 x 16'}
`(
  'a gateway that lets less through than $replicas replicas, scaled by $scaling, compute',
  ({ replicas, scaling, promised }) => {
    const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
    const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
    const route = { gateway, hostname: 'llama.example.com', limits: { parallelRequests: 16 } };
    new InferenceService(chart, 'llama', {
      ...CONTRACT,
      nodePool: POOLS['GKE, two L4'],
      concurrency: 16,
      replicas,
      scaling,
      route,
    });
    expect(refusalsOf(chart)).toContain(
      `The gateway lets 16 requests through at once, and the service promises to run ${promised}.`,
    );
  },
);

describe('an endpoint picker', () => {
  const route = { gateway: gke, hostname: 'llama.example.com', endpointPicker: {} };
  const group = 'inference.networking.k8s.io';

  test('stands between the route and the pods of each track, by the names of their Services', () => {
    const objects = objectsOf({ route, canary: { runtime: nim('1.1.0'), step: '20%' } });
    expect(
      named(objects, 'InferencePool').map(({ metadata, spec }) => [
        metadata.name,
        spec.selector,
        spec.endpointPickerRef.name,
      ]),
    ).toEqual(
      ['stable', 'canary'].map((track, at) => [
        ['llama', 'llama-canary'][at],
        { matchLabels: { 'app.kubernetes.io/instance': 'llama', track } },
        ['llama-epp', 'llama-canary-epp'][at],
      ]),
    );
    const [smoke, all] = named(objects, 'HTTPRoute')[0]!.spec.rules;
    expect(smoke.backendRefs).toEqual([{ group, kind: 'InferencePool', name: 'llama-canary' }]);
    expect(all.backendRefs).toEqual([
      { group, kind: 'InferencePool', name: 'llama', weight: 80 },
      { group, kind: 'InferencePool', name: 'llama-canary', weight: 20 },
    ]);
    expect(named(objects, 'HealthCheckPolicy').map(({ spec }) => spec.targetRef.kind)).toEqual([
      'InferencePool',
      'InferencePool',
    ]);
  });

  test('may read the metrics of the pods', () => {
    const [policy] = named(objectsOf({ route }), 'NetworkPolicy');
    expect(JSON.stringify(policy?.spec.ingress)).toContain(
      '{"podSelector":{"matchLabels":{"inferencepool":"llama-epp"}}}',
    );
  });

  test('its flags are at hand', () => {
    const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
    const { pools } = new InferenceService(chart, 'llama', { ...CONTRACT, nodePool: POOLS['GKE, two L4'], route });
    expect(pools.map(({ pickerArguments }) => pickerArguments[0])).toEqual(['--pool-name=llama']);
  });

  test.each<[string, Partial<InferenceServiceProps>, string]>([
    [
      'Envoy Gateway',
      {
        route: {
          ...route,
          gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' }),
        },
      },
      'The Gateway gateways/edge cannot do InferencePools.',
    ],
    [
      'nginx',
      { route: { ...route, gateway: IngressReference.nginx() } },
      'The IngressClass nginx cannot do InferencePools.',
    ],
    [
      'copies of requests',
      { route, canary: { runtime: nim('1.1.0'), step: 'mirror', strategy: CanaryStrategy.shadow() } },
      'Requests are copied to Services only, and llama-canary is an InferencePool.',
    ],
    [
      'Argo Rollouts',
      { route, workload: 'Deployment', progressiveDelivery: ProgressiveDelivery.argoRollouts() },
      'The controller of progressiveDelivery moves weights between Services, and behind the route are InferencePools.',
    ],
    [
      'a router of its own',
      { route, prefill: { router: { image: 'vllm/vllm-router:v0.1.15' } } },
      'Clients call the router in front of prefill and decode, which chooses pods itself',
    ],
  ])('is refused with %s', (_, props, text) => {
    const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
    new InferenceService(chart, 'llama', { ...CONTRACT, nodePool: POOLS['GKE, two L4'], ...props });
    expect(refusalsOf(chart)).toContain(text);
  });
});
