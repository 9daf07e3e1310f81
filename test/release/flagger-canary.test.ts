import { App, Chart, Duration, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { InferenceApp } from '../../lib/gitops/inference-app';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { Monitoring } from '../../lib/observability/monitoring';
import { FlaggerOptions, ProgressiveDelivery } from '../../lib/release/progressive-delivery';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { definitionErrors, isDefined } from '../conformance/own-definitions';
import { KubernetesObject } from '../conformance/upstream';
import { refusalOf, refusalsOf } from '../support/messages';
import { promqlProblems } from '../support/promql';
import { Manifest, manifestOf, manifestsOf, partsOf, yamlOf } from '../support/yaml-of';

const nodePool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 5 });
const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways' });
const SERVICE = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
  nodePool,
  replicas: 2,
  workload: 'Deployment',
  maxModelLen: 8192,
  cache: ModelCache.ephemeral(Size.gibibytes(20)),
  route: { gateway, hostname: 'llama.example.com' },
  waivers: { 'canary-unwatched': 'the PodMonitor of the platform writes these labels' },
} as const satisfies InferenceServiceProps;
const prometheusAddress = 'http://prometheus-operated.monitoring:9090';

function service(options: FlaggerOptions = {}, changes: Partial<InferenceServiceProps> = {}): Chart {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const progressiveDelivery = ProgressiveDelivery.flagger({ prometheusAddress, ...options });
  new InferenceService(chart, 'llama', { ...SERVICE, progressiveDelivery, ...changes });
  return chart;
}
const refused = (...of: Parameters<typeof service>) =>
  refusalsOf(service(...of), 'canary-shape', 'canary-unwatched', 'rollout-surge', 'names');
const canaryOf = (chart: Chart) => manifestOf(chart, 'Canary', 'llama').spec;
const inventory = (chart: Chart) => manifestsOf(chart).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

test('the Canary: how requests arrive, and how it is watched', () => {
  const { analysis, ...spec } = canaryOf(service());
  const metrics = (analysis.metrics as { name: string; thresholdRange: { max: number } }[]).map(
    ({ name, thresholdRange }) => `${name} ${thresholdRange.max}`,
  );
  expect(partsOf({ spec: { ...spec, analysis: { ...analysis, metrics } } }, 'spec')).toMatchInlineSnapshot(`
    spec:
      analysis:
        metrics:
          - errors 0.01
          - timeouts 0.02
          - time-to-first-token 1.2
          - inter-token-latency 1.2
          - tokens-per-second 1.25
          - answer-length 2
        interval: 10m
        stepWeights:
          - 5
          - 20
          - 50
        threshold: 1
      autoscalerRef:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        name: llama
      progressDeadlineSeconds: 2220
      provider: gatewayapi:v1
      revertOnDeletion: true
      service:
        name: llama
        apex:
          labels:
            app.kubernetes.io/instance: llama
            app.kubernetes.io/name: vllm
        canary:
          labels:
            app.kubernetes.io/instance: llama
            app.kubernetes.io/name: vllm
        gatewayRefs:
          - name: edge
            namespace: gateways
        hosts:
          - llama.example.com
        match:
          - uri:
              prefix: /v1/chat/completions
          - uri:
              prefix: /v1/completions
          - uri:
              prefix: /v1/models
          - uri:
              prefix: /v1/responses
          - uri:
              prefix: /v1/messages
        port: 8000
        portName: http
        primary:
          labels:
            app.kubernetes.io/instance: llama
            app.kubernetes.io/name: vllm
        targetPort: http
        timeout: "3m55s"
      targetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: llama
  `);
});

test('the Deployment is a template that Git does not scale, and Flagger finds it by one label', () => {
  const { spec } = manifestOf(service(), 'Deployment', 'llama');
  const { selector, strategy, template, replicas } = spec;
  expect(replicas).toBeUndefined();
  expect(selector.matchLabels).toEqual({ app: 'llama', 'app.kubernetes.io/instance': 'llama', track: 'stable' });
  expect(template.metadata.labels).toMatchObject(selector.matchLabels as object);
  expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
});

test('its replicas stand in a HorizontalPodAutoscaler that cannot scale, where there are several', () => {
  expect(yamlOf(service(), 'HorizontalPodAutoscaler', 'llama', 'spec')).toMatchInlineSnapshot(`
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: llama
      minReplicas: 2
      maxReplicas: 2
  `);
  const one = service({}, { replicas: 1 });
  expect(inventory(one)).not.toContain('HorizontalPodAutoscaler llama');
  expect(canaryOf(one).autoscalerRef).toBeUndefined();
});

test('what Flagger makes is not written: no route, and no Service', () => {
  const kinds = manifestsOf(service()).map(({ kind }) => kind);
  expect(kinds).not.toContain('HTTPRoute');
  expect(kinds).not.toContain('Service');
});

test('the policies about its route and its Services are written under their names', () => {
  const targets = (implementation: 'envoy-gateway' | 'gke') => {
    const other = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation });
    return manifestsOf(service({}, { route: { gateway: other, hostname: 'llama.example.com' } }))
      .filter(({ kind }) => /Policy$/.test(kind) && kind !== 'NetworkPolicy')
      .map(({ kind, spec }) => `${kind}: ${JSON.stringify(spec.targetRef?.name ?? spec.targetRefs?.[0].name)}`);
  };
  expect(targets('envoy-gateway')).toEqual(['BackendTrafficPolicy: "llama"']);
  expect(targets('gke').sort()).toEqual([
    'GCPBackendPolicy: "llama-canary"',
    'GCPBackendPolicy: "llama-primary"',
    'HealthCheckPolicy: "llama-canary"',
    'HealthCheckPolicy: "llama-primary"',
  ]);
});

test('what it shares with others, or takes from requests, is in the words of Flagger', () => {
  const envoy = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
  const authentication = RouteAuthentication.jwt({
    issuer: 'https://issuer.example.com',
    audiences: ['llama'],
    jwks: { uri: 'https://issuer.example.com/jwks.json' },
  });
  const match = { pathPrefix: '/llama', headers: { 'x-model': 'llama' } };
  const route = { gateway: envoy, hostname: 'llama.example.com', paths: ['/v1'], match, authentication };
  const words = canaryOf(service({}, { route })).service as object;
  expect(partsOf(words, 'match', 'headers', 'rewrite')).toMatchInlineSnapshot(`
    match:
      - headers:
          x-model:
            exact: llama
        uri:
          prefix: /llama/v1
    headers:
      request:
        remove:
          - authorization
    rewrite:
      type: ReplacePrefixMatch
      uri: /v1
  `);
});

test('a route of Git and one of Flagger for the same requests are told', () => {
  const app = new InferenceApp({ outdir: '/nowhere' });
  const large = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 20 });
  const chart = new Chart(app, 'nim', { namespace: 'nim' });
  const progressiveDelivery = ProgressiveDelivery.flagger({ prometheusAddress });
  for (const [name, released] of [
    ['llama', { progressiveDelivery }],
    ['other', {}],
  ] as const) {
    new InferenceService(chart, name, { ...SERVICE, nodePool: large, ...released });
  }
  expect(() => app.synthYaml()).toThrow(
    'HTTPRoute nim/other claims llama.example.com/v1/chat/completions on the Gateway gateways/edge, and so does Canary nim/llama',
  );
});

test('queries tell the pods apart by name, since their labels are the same', () => {
  const queries = manifestsOf(service()).filter(({ kind }) => kind === 'MetricTemplate');
  expect(queries).toHaveLength(6);
  for (const { spec } of queries) expect(promqlProblems(spec.query as string)).toEqual([]);
  const names = [...(queries[0]!.spec.query as string).matchAll(/pod=~"([^"]+)"/g)].map(([, name]) => name!);
  const [canary, primary] = [...new Set(names)].map((name) => new RegExp(`^(?:${name})$`)) as [RegExp, RegExp];
  for (const [pod, isCanary, isPrimary] of [
    ['llama-5d4f8c7b9-x2x7k', true, false],
    ['llama-primary-5d4f8c7b9-x2x7k', false, true],
    ['llama-70b-5d4f8c7b9-x2x7k', false, false],
    ['llama-70b-primary-5d4f8c7b9-x2x7k', false, false],
  ] as const) {
    expect([pod, canary.test(pod), primary.test(pod)]).toEqual([pod, isCanary, isPrimary]);
  }
});

test('the same thresholds as those of the alert', () => {
  const { metrics } = canaryOf(service({ thresholds: { timeToFirstToken: 1.5 } })).analysis;
  expect(metrics).toContainEqual({
    name: 'time-to-first-token',
    interval: '1m',
    templateRef: { name: 'llama-time-to-first-token' },
    thresholdRange: { max: 1.5 },
  });
});

test('alerts about replicas look at the copy, which serves', () => {
  const monitoring = Monitoring.prometheusOperator();
  const rules = JSON.stringify(manifestOf(service({}, { monitoring }), 'PrometheusRule', 'llama-alerts'));
  expect(rules).toContain('deployment=\\\\\\"llama-primary\\\\\\"'.replaceAll('\\\\', ''));
  expect(rules).not.toContain('deployment=\\"llama\\"');
});

test('another image changes the template of the Deployment alone', () => {
  const of = (image: string) =>
    new Map(
      manifestsOf(service({}, { runtime: new VllmRuntime({ image: image as 'vllm/vllm-openai:v0.18.1' }) })).map(
        (object: Manifest) => [`${object.kind} ${object.metadata.name}`, JSON.stringify(object)],
      ),
    );
  const [before, after] = [of('vllm/vllm-openai:v0.18.0'), of('vllm/vllm-openai:v0.18.1')];
  const changed = [...after].filter(([name, text]) => before.get(name) !== text).map(([name]) => name);
  expect(changed).toEqual(['Deployment llama']);
});

test('has only fields of its definition', () => {
  const flagger = (manifestsOf(service()) as unknown as KubernetesObject[]).filter(({ apiVersion }) =>
    apiVersion.startsWith('flagger.app/'),
  );
  expect(flagger.filter(isDefined)).toHaveLength(7);
  expect(flagger.flatMap(definitionErrors)).toEqual([]);
});

test.each`
  replicas | weights          | pods
  ${1}     | ${[5, 20, 50]}   | ${[1, 1, 1, 2]}
  ${2}     | ${[50]}          | ${[2, 3]}
  ${4}     | ${[20, 50, 100]} | ${[4, 4, 4, 5]}
`(
  '$replicas replicas by $weights %: $pods pods beside them',
  ({ replicas, weights, pods }: { replicas: number; weights: number[]; pods: number[] }) => {
    const steps = ProgressiveDelivery.flagger({ weights }).steps(replicas);
    expect(steps.map(({ canaryReplicas }) => canaryReplicas)).toEqual(pods);
  },
);

describe('refuses', () => {
  test('a pool without room for the whole service a second time, and one replica more', () => {
    const pool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 4 });
    expect(refused({}, { nodePool: pool })).toMatchInlineSnapshot(`
      nim/llama/stable: rollout-surge
        The step promote of nim/llama needs 5 GPUs: 2 stable and 3 canary replicas with 1 GPU each. Its pools hold 4 (l4 4 nodes x 1).
        Raise maxNodes of l4 from 4 to 5, or use CanaryStrategy.weightedTwins({ canaryReplicas: 2 }), for which there is room, or change its image without a canary: a Deployment replaces pods in place.
    `);
  });

  test('a StatefulSet without a route', () => {
    expect(refused({}, { workload: 'StatefulSet', route: undefined })).toMatchInlineSnapshot(`
      nim/llama/release: canary-shape
        Flagger runs Deployments only; llama is a StatefulSet.
        Use workload: 'Deployment' with weights that no pod has to itself, or a canary with CanaryStrategy.weightedTwins().
      nim/llama/release: canary-shape
        Flagger moves weights of an HTTPRoute, and llama has none.
        Give it a route with a GatewayReference, or release it by changing its image.
    `);
  });

  test('a route that it cannot write', () => {
    const envoy = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
    const route = {
      gateway: envoy,
      hostname: 'llama.example.com',
      paths: ['/v1/completions', '/v1/models'],
      match: { pathPrefix: '/llama' },
      fallback: { service: 'small', port: 8000 },
    };
    expect(refused({}, { route })).toMatchInlineSnapshot(`
      nim/llama/release: canary-shape
        The route of llama has a fallback, and Flagger sends requests to its own Services only.
        Leave the fallback out, or release with a CanaryStrategy.
      nim/llama/release: canary-shape
        The route of llama has 2 rules, and Flagger writes one.
        Name a single path beside match.pathPrefix, or leave the prefix out.
    `);
  });

  test('series that nobody writes', () => {
    expect(refused({}, { waivers: undefined })).toMatchInlineSnapshot(`
      nim/llama: canary-unwatched
        Flagger asks for series with the labels namespace, inference_service and pod, and without monitoring nobody writes them: every version would be promoted, good or bad.
        State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.
    `);
  });

  test('a service that is switched off: the copy would start with one pod', () => {
    expect(refused({}, { replicas: 0 })).toMatchInlineSnapshot(`
      nim/llama/release: canary-shape
        llama has 0 replicas, and Flagger starts 1 all the same, on a GPU.
        Leave progressiveDelivery out while the service is switched off, or give it 1 replica or more.
    `);
  });

  test('all requests at once, which nothing is compared with', () => {
    expect(refusalOf(() => ProgressiveDelivery.flagger({ weights: [100] }))).toMatchInlineSnapshot(`
      ProgressiveDelivery: canary-analysis
        The first share is 100 %, beside which stable has no requests to be compared with: every version would be promoted.
        Begin with a smaller share, such as [20, 50].
    `);
  });

  test('a name that Kubernetes would cut', () => {
    expect(refused({}, { name: 'l'.repeat(39) })).toMatchInlineSnapshot(`
      nim/llama/release: names
        service name "lllllllllllllllllllllllllllllllllllllll" has 39 characters; at most 38 fit.
        Shorten it by 1.
    `);
  });

  test('checks that never fail, and a share that is over before anything is known of it', () => {
    expect(refusalOf(() => ProgressiveDelivery.flagger({ failedChecks: 0, pause: Duration.minutes(5) })))
      .toMatchInlineSnapshot(`
  ProgressiveDelivery: canary-analysis
    Each share is watched for 300 s, and the analysis looks back 600 s: it would judge the share before.
    Use a pause of whole seconds, as long as the window or longer.
  ProgressiveDelivery: numbers
    failedChecks is 0.
    Use a whole number, 1 or more.
`);
  });
});

test('scaling beside it is refused, and nothing is thrown', () => {
  const scaling = { by: 'hpa', maxReplicas: 3 } as const;
  expect(refused({}, { scaling })).toContain('progressiveDelivery and scaling are both given');
});
