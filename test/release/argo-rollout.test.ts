import { App, Chart, Duration, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { Monitoring } from '../../lib/observability/monitoring';
import { ArgoRollout, ArgoRolloutProps } from '../../lib/release/argo-rollout';
import { ArgoRolloutsOptions, ProgressiveDelivery } from '../../lib/release/progressive-delivery';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { definitionErrors, isDefined } from '../conformance/own-definitions';
import { KubernetesObject, schemaError, typeErrors, upstreamModule } from '../conformance/upstream';
import { refusalOf, refusalsOf } from '../support/messages';
import { promqlProblems } from '../support/promql';
import { deployment } from '../support/services';
import { Manifest, manifestOf, manifestsOf, partsOf, yamlOf } from '../support/yaml-of';

const nodePool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 4 });
const SERVICE = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
  nodePool,
  replicas: 2,
  workload: 'Deployment',
  maxModelLen: 8192,
  cache: ModelCache.ephemeral(Size.gibibytes(20)),
  route: { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' },
  waivers: { 'canary-unwatched': 'the PodMonitor of the platform writes these labels' },
} as const satisfies InferenceServiceProps;
const prometheusAddress = 'http://prometheus-operated.monitoring:9090';

function service(options: ArgoRolloutsOptions = {}, changes: Partial<InferenceServiceProps> = {}): Chart {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const progressiveDelivery = ProgressiveDelivery.argoRollouts({ prometheusAddress, ...options });
  new InferenceService(chart, 'llama', { ...SERVICE, progressiveDelivery, ...changes });
  return chart;
}
const refused = (...of: Parameters<typeof service>) =>
  refusalsOf(service(...of), 'canary-shape', 'canary-unwatched', 'rollout-surge');

test('the Deployment is the template, and the Rollout has the pods', () => {
  const chart = service();
  expect(manifestOf(chart, 'Deployment', 'llama').spec.replicas).toBe(0);
  expect(yamlOf(chart, 'Rollout', 'llama', 'spec')).toMatchInlineSnapshot(`
   spec:
     replicas: 2
     selector:
       matchLabels:
         app.kubernetes.io/instance: llama
     strategy:
       canary:
         analysis:
           startingStep: 2
           templates:
             - templateName: llama
         canaryMetadata:
           labels:
             track: canary
         canaryService: llama-canary
         scaleDownDelaySeconds: 900
         stableMetadata:
           labels:
             track: stable
         stableService: llama
         steps:
           - setCanaryScale:
               replicas: 1
           - setWeight: 5
           - pause:
               duration: 15m
           - setWeight: 20
           - pause:
               duration: 15m
           - setWeight: 50
           - pause:
               duration: 15m
           - setCanaryScale:
               replicas: 2
         trafficRouting:
           plugins:
             argoproj-labs/gatewayAPI:
               namespace: nim
               httpRoute: llama
     progressDeadlineAbort: true
     progressDeadlineSeconds: 2220
     revisionHistoryLimit: 3
     workloadRef:
       apiVersion: apps/v1
       kind: Deployment
       name: llama
  `);
});

test('the analysis asks what the alert asks, and takes no silence for an answer', () => {
  const { spec } = manifestOf(service(), 'AnalysisTemplate', 'llama');
  const [first, ...others] = spec.metrics as { name: string; provider: { prometheus: { query: string } } }[];
  expect(others.map(({ name }) => name)).toContain('time-to-first-token');
  for (const { provider } of [first!, ...others]) expect(promqlProblems(provider.prometheus.query)).toEqual([]);
  expect(
    partsOf({ first: { ...first, provider: { prometheus: { ...first!.provider.prometheus, query: '…' } } } }, 'first'),
  ).toMatchInlineSnapshot(`
   first:
     name: errors
     consecutiveErrorLimit: 4
     failureCondition: "len(result) > 0 && result[0] > 0.01"
     failureLimit: 2
     inconclusiveLimit: 2
     initialDelay: 10m
     interval: 1m
     provider:
       prometheus:
         address: http://prometheus-operated.monitoring:9090
         query: "…"
     successCondition: "len(result) > 0 && result[0] <= 0.01"
  `);
});

test('what the controller rewrites is applied once, and the rest as ever', () => {
  const once = manifestsOf(service()).filter(({ metadata }) => {
    const { annotations = {} } = metadata as { annotations?: Record<string, string> };
    return annotations['kustomize.toolkit.fluxcd.io/ssa'] === 'IfNotPresent';
  });
  expect(once.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Service llama',
    'Service llama-canary',
    'HTTPRoute llama',
  ]);
});

test('the Services select by labels of the template alone, to which the controller adds the hash of a version', () => {
  const chart = service();
  const { selector } = manifestOf(chart, 'Rollout', 'llama').spec;
  const template = manifestOf(chart, 'Deployment', 'llama').spec.template.metadata.labels as Record<string, string>;
  for (const name of ['llama', 'llama-canary']) {
    expect(manifestOf(chart, 'Service', name).spec.selector).toEqual({ 'app.kubernetes.io/instance': 'llama' });
  }
  // A pod keeps matching its ReplicaSet when its track changes.
  expect(selector.matchLabels).toEqual({ 'app.kubernetes.io/instance': 'llama' });
  expect(template).toMatchObject(selector.matchLabels as object);
});

test('is valid by the schemas and types of Argo Rollouts', () => {
  const all = manifestsOf(service()) as unknown as KubernetesObject[];
  const argo = all.filter(({ apiVersion }) => apiVersion.startsWith('argoproj.io/'));
  expect(argo.map(({ kind }) => kind)).toEqual(['AnalysisTemplate', 'Rollout']);
  expect(argo.map(upstreamModule)).not.toContain(undefined);
  expect(argo.flatMap((object) => schemaError(object) ?? [])).toEqual([]);
  expect(typeErrors(argo)).toEqual([]);
  expect(argo.filter(isDefined)).toHaveLength(2);
  expect(argo.flatMap(definitionErrors)).toEqual([]);
}, 60_000);

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

test.each`
  replicas | weights        | pods
  ${1}     | ${[5, 20, 50]} | ${[1, 1, 1, 1]}
  ${2}     | ${[5, 20, 50]} | ${[1, 1, 1, 2]}
  ${10}    | ${[10, 50]}    | ${[1, 5, 10]}
  ${4}     | ${[99]}        | ${[4, 4]}
`(
  '$replicas replicas by $weights %: $pods pods beside them',
  ({ replicas, weights, pods }: { replicas: number; weights: number[]; pods: number[] }) => {
    const steps = ProgressiveDelivery.argoRollouts({ weights }).steps(replicas);
    expect(steps.map(({ canaryReplicas }) => canaryReplicas)).toEqual(pods);
  },
);

test.each([[[1]], [[5, 20, 50]], [[99]]])('of %j it is analysed from the pause of the first on', (weights) => {
  const { canary } = manifestOf(service({ weights }), 'Rollout', 'llama').spec.strategy;
  const { startingStep } = canary.analysis as { startingStep: number };
  expect(canary.steps[startingStep - 1]).toEqual({ setWeight: weights[0] });
  expect(canary.steps[startingStep]).toEqual({ pause: { duration: '15m' } });
});

test.each`
  window | pause
  ${5}   | ${15}
  ${10}  | ${15}
  ${12}  | ${15}
  ${20}  | ${23}
`('a window of $window minutes is watched for $pause', ({ window, pause }: { window: number; pause: number }) => {
  const delivery = ProgressiveDelivery.argoRollouts({ thresholds: { window: Duration.minutes(window) } });
  expect(delivery.pause.toMinutes()).toBe(pause);
});

test('a share is watched for as long as a bad version takes to be told', () => {
  const thresholds = { window: Duration.minutes(12) };
  const chart = service({ thresholds, pause: Duration.minutes(15) });
  const [{ initialDelay, interval, failureLimit }] = manifestOf(chart, 'AnalysisTemplate', 'llama').spec.metrics as [
    { initialDelay: string; interval: string; failureLimit: number },
  ];
  // One more than the limit must be bad: at 12, 13 and 14 minutes.
  expect([initialDelay, interval, failureLimit]).toEqual(['12m', '1m', 2]);
  const short = Duration.seconds(15 * 60 - 1);
  expect(refusalOf(() => ProgressiveDelivery.argoRollouts({ thresholds, pause: short }))).toMatchInlineSnapshot(`
   ProgressiveDelivery: canary-analysis
     Each share is watched for 899 s, and Argo Rollouts needs 900 s to take a version back: it measures first after the window of 720 s, then each minute, bears 2 bad measurements, and has a minute to act.
     Use a pause of 900 s or more, or leave it out; or shorten thresholds.window.
  `);
});

describe('refuses', () => {
  test('a share of all requests, beside which stable has none', () => {
    expect(
      [[100], [10, 50, 100]]
        .map((weights) => refusalOf(() => ProgressiveDelivery.argoRollouts({ weights })))
        .join('\n'),
    ).toMatchInlineSnapshot(`
     ProgressiveDelivery: canary-analysis
       The first share is 100 %, beside which stable has no requests to be compared with: every version would be promoted.
       Begin with a smaller share, such as [20, 50].
     ProgressiveDelivery: canary-analysis
       The last of the weights 10, 50, 100 is all requests. Argo Rollouts watches nothing there: stable has none to be compared with.
       Leave 100 out: 10, 50. All requests move when the share before has been watched.
    `);
  });

  test('a pause of part of a second, and says so', () => {
    const pause = Duration.millis(900_500);
    expect(refusalOf(() => ProgressiveDelivery.argoRollouts({ pause }))).toMatchInlineSnapshot(`
     ProgressiveDelivery: canary-analysis
       Each share is watched for 900.5 s.
       Use a pause of whole seconds.
    `);
  });

  test('series that nobody writes, unless somebody says who does', () => {
    expect(refused({}, { waivers: undefined })).toMatchInlineSnapshot(`
     nim/llama: canary-unwatched
       Argo Rollouts asks for series with the labels namespace, inference_service and track, and without monitoring nobody writes them: every version would be promoted, good or bad.
       State monitoring: Monitoring.prometheusOperator(…) or .googleManaged(…), or waive this with who scrapes the pods with these labels.
    `);
    expect(refused()).toBe('');
    const monitoring = Monitoring.prometheusOperator();
    expect(refused({ prometheusAddress: undefined }, { waivers: undefined, monitoring })).toBe('');
  });

  test('a service that is switched off', () => {
    expect(refused({}, { replicas: 0 })).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       llama has 0 replicas, and Argo Rollouts starts 1 all the same, on a GPU.
       Leave progressiveDelivery out while the service is switched off, or give it 1 replica or more.
    `);
  });

  test.each(['prometheus', 'http://prometheus:99999', 'http://user@prometheus:9090', 'http://prometheus?x=1'])(
    'the address %s, whoever states it',
    (address) => {
      const told = `${JSON.stringify(address)} is no address of a Prometheus.`;
      expect(refusalOf(() => ProgressiveDelivery.argoRollouts({ prometheusAddress: address }))).toContain(told);
      const { chart, llama } = deployment();
      const props: ArgoRolloutProps = {
        workload: llama,
        delivery: ProgressiveDelivery.argoRollouts(),
        prometheusAddress: address,
      };
      new ArgoRollout(chart, 'release', props);
      expect(refusalsOf(chart, 'canary-analysis')).toContain(told);
    },
  );

  test('no Prometheus at an address of IPv6', () => {
    const address = 'http://[fd00::1]:9090';
    expect(ProgressiveDelivery.argoRollouts({ prometheusAddress: address }).prometheusAddress).toBe(address);
  });

  test('a pool without room for the whole service a second time', () => {
    const pool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 3 });
    expect(refused({}, { nodePool: pool })).toMatchInlineSnapshot(`
     nim/llama/stable: rollout-surge
       The step promote of nim/llama needs 4 GPUs: 2 stable and 2 canary replicas with 1 GPU each. Its pools hold 3 (l4 3 nodes x 1).
       Raise maxNodes of l4 from 3 to 4, or use CanaryStrategy.weightedTwins({ canaryReplicas: 1 }), for which there is room, or change its image without a canary: a Deployment replaces pods in place.
    `);
  });

  test('a StatefulSet', () => {
    expect(refused({}, { workload: 'StatefulSet' })).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       Argo Rollouts runs Deployments only; llama is a StatefulSet.
       Use workload: 'Deployment' with weights that no pod has to itself, or a canary with CanaryStrategy.weightedTwins().
    `);
  });

  test('a fallback, which makes Backends of the Services whose weights it moves', () => {
    const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
    const route = { gateway, hostname: 'llama.example.com', fallback: { service: 'small', port: 8000 } };
    expect(refused({}, { route })).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       The route of llama has a fallback, and Argo Rollouts sends requests to its own Services only.
       Leave the fallback out, or release with a CanaryStrategy.
    `);
  });

  test('no route, and nobody to ask', () => {
    expect(refused({ prometheusAddress: undefined }, { route: undefined })).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       Argo Rollouts moves weights of an HTTPRoute, and llama has none.
       Give it a route with a GatewayReference, or release it by changing its image.
     nim/llama/release: canary-shape
       Nobody says where Argo Rollouts can ask Prometheus, so every version would be promoted, good or bad.
       Give the service monitoring; where that does not say where to ask, state prometheusAddress too.
    `);
  });

  test('a canary beside it', () => {
    const canary = { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.19.0' }), step: 'prepared' } as const;
    expect(refused({}, { canary })).toMatchInlineSnapshot(`
     nim/llama: canary-shape
       progressiveDelivery and canary are both given, and both would decide over the same pods.
       Keep one of them.
    `);
  });

  test('a pause that is shorter than what is looked at, and an address that is none', () => {
    expect(
      refusalOf(() =>
        ProgressiveDelivery.argoRollouts({ pause: Duration.minutes(5), prometheusAddress: 'prometheus' }),
      ),
    ).toMatchInlineSnapshot(`
     ProgressiveDelivery: canary-analysis
       Each share is watched for 300 s, and Argo Rollouts needs 780 s to take a version back: it measures first after the window of 600 s, then each minute, bears 2 bad measurements, and has a minute to act.
       Use a pause of 780 s or more, or leave it out; or shorten thresholds.window.
     ProgressiveDelivery: canary-analysis
       "prometheus" is no address of a Prometheus.
       Use http or https, a host and a port, such as http://prometheus-operated.monitoring:9090.
    `);
  });
});
