import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, Chart, JsonPatch, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import {
  GatewayReference,
  GpuNodePool,
  IngressReference,
  InferenceApp,
  InferenceAppProps,
  InferenceService,
  InferenceServiceProps,
  ManifestSource,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  NimRuntime,
  ProgressiveDelivery,
  ReleaseStepName,
  VllmRuntime,
} from '../../../lib';
import { CheckId } from '../../../lib/checks/catalog';
import { changeProblems } from '../../../lib/checks/changes/change-guard';
import { Manifest } from '../../../lib/checks/manifest-identity';
import { edited, MAIN, manifestsOfMain } from '../../support/reference-platform';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'change-guard-'));
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  jest.restoreAllMocks();
});

type Program = (app: InferenceApp) => void;

/** What synthesis says of the second program where the first one's output is committed. */
function told(before: Program, after: Program, props: InferenceAppProps = {}): string {
  const committed = new InferenceApp({ outdir: join(folder, 'before') });
  before(committed);
  committed.synth();
  const app = new InferenceApp({
    outdir: join(folder, 'after'),
    committed: ManifestSource.folder(join(folder, 'before')),
    ...props,
  });
  after(app);
  try {
    app.synth();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const L4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 4 });
const CONTRACT = {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: L4,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  network: { clients: [] },
} as const satisfies InferenceServiceProps;

/** A namespace with a service, and whatever stands beside it. */
const llama =
  (
    changes: Partial<InferenceServiceProps> = {},
    beside: (chart: Chart, service: InferenceService) => void = () => {},
  ): Program =>
  (app) => {
    const chart = new Chart(app, 'nim', { namespace: 'nim' });
    beside(chart, new InferenceService(chart, 'llama', { ...CONTRACT, ...changes }));
  };

const object =
  (manifest: Manifest & { kind: string; apiVersion: string }): Program =>
  (app) => {
    const { kind, apiVersion, ...rest } = manifest;
    new ApiObject(new Chart(app, 'nim', { namespace: 'nim' }), 'object', { kind, apiVersion, ...rest } as never);
  };

test('nothing changes: nothing is said', () => {
  expect(told(llama(), llama())).toBe('');
});

test('what a StatefulSet takes is let through: image, replicas, environment', () => {
  const after = llama({ runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }), replicas: 2 });
  expect(told(llama(), after)).toBe('');
});

describe('fields that cannot change', () => {
  test('the size of the disk of each replica', () => {
    expect(told(llama(), llama({ cache: ModelCache.perReplica(Size.gibibytes(80)) }))).toBe(`1 problem, nothing written:

nim/llama/stable/Default: immutable-change
  spec.volumeClaimTemplates[0].spec.resources.requests.storage of StatefulSet nim/llama becomes 80Gi; it is 50Gi, which cannot be changed after its birth.
  Before the commit is applied, run \`kubectl -n nim delete statefulset llama --cascade=orphan\`: its pods go on serving, and the new StatefulSet takes them over and replaces them one by one. Claims that exist keep their size.`);
  });

  test('a claim that shrinks', () => {
    const claim = (storage: string) =>
      object({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'weights' },
        spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage } } },
      });
    expect(told(claim('1Ti'), claim('2Ti'))).toBe('');
    expect(told(claim('1Ti'), claim('500Gi'))).toBe(`1 problem, nothing written:

nim/object: immutable-change
  PersistentVolumeClaim nim/weights asks for 500Gi; it has 1Ti, and no disk shrinks.
  Keep 1Ti; or make a claim of another name, fill it, and remove this one when nobody mounts it.`);
  });

  test('the command of a Job', () => {
    const job = (arg: string) =>
      object({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'warm' },
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'main', image: 'registry.example.com/a:1', args: [arg] }],
            },
          },
        },
      });
    expect(told(job('a'), job('b'))).toContain(
      'spec.template.spec.containers[0].args[0] of Job nim/warm becomes b; it is a,',
    );
    expect(told(job('a'), job('b'))).toContain('Give the Job a name of its own for each version of what it does');
  });

  test('a Service that becomes headless, and back; an address that the cluster chose is no change', () => {
    const service = (clusterIP?: string) =>
      object({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'llama' },
        spec: { ...(clusterIP && { clusterIP }), selector: { app: 'llama' }, ports: [{ port: 80 }] },
      });
    expect(told(service(), service('None'))).toContain(
      'spec.clusterIP of Service nim/llama becomes None; it is nothing',
    );
    expect(told(service('None'), service())).toContain(
      'spec.clusterIP of Service nim/llama becomes nothing; it is None',
    );
    expect(told(service('10.0.0.7'), service())).toBe('');
  });

  test.each`
    apiVersion                        | kind                       | before                                                   | after
    ${'apps/v1'}                      | ${'Deployment'}            | ${{ spec: { selector: { matchLabels: { app: 'a' } } } }} | ${{ spec: { selector: { matchLabels: { app: 'b' } } } }}
    ${'apps/v1'}                      | ${'StatefulSet'}           | ${{ spec: { serviceName: 'a' } }}                        | ${{ spec: { serviceName: 'b' } }}
    ${'apps/v1'}                      | ${'StatefulSet'}           | ${{ spec: { selector: { matchLabels: { app: 'a' } } } }} | ${{ spec: { selector: { matchLabels: { app: 'b' } } } }}
    ${'rbac.authorization.k8s.io/v1'} | ${'RoleBinding'}           | ${{ roleRef: { name: 'view' } }}                         | ${{ roleRef: { name: 'edit' } }}
    ${'scheduling.k8s.io/v1'}         | ${'PriorityClass'}         | ${{ value: 1000 }}                                       | ${{ value: 2000 }}
    ${'v1'}                           | ${'ConfigMap'}             | ${{ immutable: true, data: { a: '1' } }}                 | ${{ immutable: true, data: { a: '2' } }}
    ${'v1'}                           | ${'ResourceQuota'}         | ${{ spec: { scopes: ['BestEffort'] } }}                  | ${{ spec: { scopes: ['Terminating'] } }}
    ${'resource.k8s.io/v1'}           | ${'ResourceClaimTemplate'} | ${{ spec: { spec: { devices: {} } } }}                   | ${{ spec: { spec: { devices: { requests: [] } } } }}
  `('$kind of $apiVersion', ({ apiVersion, kind, before, after }) => {
    const state = (changes: object): Manifest => ({
      apiVersion,
      kind,
      metadata: { name: 'x', namespace: 'nim' },
      ...changes,
    });
    const problems = changeProblems([state(before)], [{ constructPath: 'x', manifest: state(after) }]);
    expect(problems.map(({ check }) => check)).toEqual(['immutable-change']);
    expect(changeProblems([state(before)], [{ constructPath: 'x', manifest: state(before) }])).toEqual([]);
  });

  test('stating what the API server filled in is no change', () => {
    const state = (spec: object): Manifest => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'x', namespace: 'nim' },
      spec,
    });
    expect(
      changeProblems([state({})], [{ constructPath: 'x', manifest: state({ podManagementPolicy: 'OrderedReady' }) }]),
    ).toEqual([]);
  });
});

describe('data that pruning deletes', () => {
  const withClaim = (annotations?: Record<string, string>) =>
    object({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'weights', annotations },
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Ti' } } },
    } as never);

  test('a claim that is left out', () => {
    expect(told(withClaim(), llama())).toBe(`1 problem, nothing written:

(app): deleted-data
  PersistentVolumeClaim nim/weights is not there any more: Flux deletes it, and with it the files on its disk, unless its class retains them.
  Annotate it with kustomize.toolkit.fluxcd.io/prune: disabled in a commit before this one; Flux then leaves it, and you delete it by hand when nobody needs it.`);
  });

  test('one that Flux was told to leave', () => {
    expect(told(withClaim({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }), llama())).toBe('');
  });

  test('or does not reconcile at all, said by a label', () => {
    const claim = (labels?: Record<string, string>): Manifest => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'weights', namespace: 'nim', labels },
    });
    expect(changeProblems([claim({ 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' })], [])).toEqual([]);
    expect(changeProblems([claim()], [])).toHaveLength(1);
  });

  test('one that is meant to go: waived for the app, with a reason', () => {
    expect(told(withClaim(), llama(), { waivers: { 'deleted-data': 'the model is retired' } })).toBe('');
  });
});

describe('pods that nobody finds any more, or that all end at once', () => {
  test('a Service whose selector has a typing mistake', () => {
    const beside = (app: string) => (chart: Chart) =>
      void new ApiObject(chart, 'extra', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'extra' },
        spec: { selector: { 'app.kubernetes.io/instance': app }, ports: [{ port: 80 }] },
      } as never);
    expect(told(llama({}, beside('llama')), llama({}, beside('lama')))).toBe(`1 problem, nothing written:

nim/extra: lost-pods
  Service nim/extra selected the pods of StatefulSet nim/llama and now selects none: its callers get no answer.
  Let selector and labels of the pods agree; a selector that must change changes after the pods have both labels.`);
  });

  test('a StatefulSet becomes a Deployment', () => {
    const shared = {
      artifact: ModelArtifact.claim('weights'),
      cache: undefined,
      runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
    };
    expect(told(llama(shared), llama({ ...shared, workload: 'Deployment' }))).toBe(`1 problem, nothing written:

nim/llama/stable/service: lost-pods
  StatefulSet nim/llama goes in the commit in which Deployment nim/llama comes: behind Service nim/llama nobody serves until the new pods have loaded.
  Bring the new one up beside the old one under another name, move the traffic when it is ready, and remove the old one in a later commit.`);
  });

  describe('an address whose service gets another name', () => {
    const edge = new GatewayReference({ name: 'edge', namespace: 'gateways' });
    const at = (gateway: GatewayReference | IngressReference) => ({ gateway, hostname: 'llama.example.com' });
    const services =
      (routes: Readonly<Record<string, GatewayReference | IngressReference | undefined>>): Program =>
      (app) => {
        const chart = new Chart(app, 'nim', { namespace: 'nim' });
        for (const [name, gateway] of Object.entries(routes)) {
          new InferenceService(chart, name, { ...CONTRACT, ...(gateway && { route: at(gateway) }) });
        }
      };

    test('loses its pods at once', () => {
      expect(told(services({ llama: edge }), services({ chat: edge }))).toBe(`1 problem, nothing written:

nim/chat/route/Default: lost-pods
  HTTPRoute nim/llama goes in the commit in which HTTPRoute nim/chat comes, for llama.example.com/v1/chat/completions: nobody answers there until the pods of StatefulSet nim/chat have loaded.
  Bring the new pods up without a route first, move the route when they are ready, and remove the old ones in a later commit.`);
    });

    test('keeps them in three steps', () => {
      const both = { llama: edge, chat: undefined };
      expect(told(services({ llama: edge }), services(both))).toBe('');
      expect(told(services(both), services({ llama: undefined, chat: edge }))).toBe('');
      expect(told(services({ llama: undefined, chat: edge }), services({ chat: edge }))).toBe('');
    });

    test('keeps them when it moves to another kind of gateway', () => {
      const nginx = IngressReference.nginx();
      expect(told(services({ llama: nginx }), services({ llama: edge }))).toBe('');
      expect(told(services({ llama: nginx }), services({ chat: nginx }))).toContain(
        'Ingress nim/llama goes in the commit in which Ingress nim/chat comes, for llama.example.com/v1/chat/completions',
      );
    });
  });

  test('a controller takes the pods of a Deployment over: it begins with new ones, and the route keeps its backends', () => {
    const of = (changes: Partial<InferenceServiceProps> = {}) =>
      llama({
        artifact: ModelArtifact.claim('weights'),
        cache: undefined,
        credentials: undefined,
        runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
        workload: 'Deployment',
        route: {
          gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }),
          hostname: 'llama.example.com',
        },
        ...changes,
      });
    const prometheusAddress = 'http://prometheus-operated.monitoring:9090';
    const walked = (runtime?: VllmRuntime) =>
      of({
        progressiveDelivery: ProgressiveDelivery.argoRollouts({ prometheusAddress }),
        waivers: { 'canary-unwatched': 'the PodMonitor of the platform writes these labels' },
        ...(runtime && { runtime }),
      });
    const found = told(of(), walked());
    expect(found).toContain(
      'Deployment nim/llama goes in the commit in which Rollout nim/llama comes: behind Service nim/llama nobody serves',
    );
    expect(found).toContain(`nim/llama/release/route/Default: immutable-change
  spec.rules[0].backendRefs[0].weight of HTTPRoute nim/llama becomes 100; it is nothing, and Flux leaves what is there as it is (kustomize.toolkit.fluxcd.io/ssa: IfNotPresent).
  Right before the commit is applied, run \`kubectl -n nim delete httproute llama\`: Flux makes it anew, and until then nobody reaches what is behind it.`);
    expect(told(walked(), of())).toContain('Rollout nim/llama goes in the commit in which Deployment nim/llama comes');
    expect(told(walked(), walked(new VllmRuntime({ image: 'vllm/vllm-openai:v0.19.0' })))).toBe('');
  });

  test('a service that is removed whole is meant to go', () => {
    expect(told(llama(), (app) => void new Chart(app, 'nim', { namespace: 'nim' }))).toBe('');
  });
});

test('replicas that a scaler takes over', () => {
  const scaled = (chart: Chart, service: InferenceService) => {
    service.stable.workload.addJsonPatch(JsonPatch.remove('/spec/replicas'));
    new ApiObject(chart, 'hpa', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'llama' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' },
        minReplicas: 3,
        maxReplicas: 4,
      },
    } as never);
  };
  expect(told(llama({ replicas: 3 }), llama({ replicas: 3 }, scaled))).toBe(`1 problem, nothing written:

nim/llama/stable/Default: scaler-handover
  StatefulSet nim/llama hands its 3 replicas over to HorizontalPodAutoscaler nim/llama: a field that Flux stops applying becomes its default, so 2 of 3 pods end until the scaler brings them back.
  Before the commit is applied, give the field a second owner: echo '{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"llama","namespace":"nim"},"spec":{"replicas":3}}' | kubectl apply --server-side --field-manager=scaler-handover -f -`);
  // One replica is the default: nobody ends.
  expect(told(llama(), llama({}, scaled))).toBe('');
});

describe('replicas that are taken back from a scaler', () => {
  const target = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' };
  const hpa = (spec: object) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'llama', namespace: 'nim' },
    spec: { scaleTargetRef: target, ...spec },
  });
  const scaledObject = (spec: object) => ({
    ...hpa(spec),
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
  });
  const set = (spec: object) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'llama', namespace: 'nim' },
    spec,
  });
  const guarded = (before: readonly Manifest[], after: readonly Manifest[]) =>
    changeProblems(
      before,
      after.map((manifest) => ({ manifest, constructPath: 'nim/llama' })),
    ).filter(({ check }) => check === 'scaler-handover');

  test('in words', () => {
    expect(guarded([set({}), hpa({ minReplicas: 1, maxReplicas: 4 })], [set({ replicas: 1 })])).toEqual([
      {
        constructPath: 'nim/llama',
        check: 'scaler-handover',
        message:
          'StatefulSet nim/llama loses HorizontalPodAutoscaler nim/llama, which may have made 4 replicas of it, and gets 1: up to 3 pods that serve end at once.',
        remedy:
          'Read how many there are (`kubectl -n nim get statefulset llama -o jsonpath={.spec.replicas}`) and write that number down as replicas in this commit; lower it step by step in commits after it. Waive this where fewer are meant.',
      },
    ]);
  });

  test.each`
    what                                        | scaler                                  | after                                                                   | lost
    ${'fewer than it may have made'}            | ${hpa({ maxReplicas: 4 })}              | ${[set({ replicas: 3 })]}                                               | ${'up to 1 pod that serves ends at once'}
    ${'as many as it may have made'}            | ${hpa({ maxReplicas: 4 })}              | ${[set({ replicas: 4 })]}                                               | ${undefined}
    ${'none'}                                   | ${hpa({ maxReplicas: 4 })}              | ${[set({ replicas: 0 })]}                                               | ${'up to 4 pods that serve end at once'}
    ${'a number that nobody writes down stays'} | ${hpa({ maxReplicas: 4 })}              | ${[set({})]}                                                            | ${undefined}
    ${'the scaler stays'}                       | ${hpa({ maxReplicas: 4 })}              | ${[set({ replicas: 1 }), hpa({ maxReplicas: 2 })]}                      | ${undefined}
    ${'another scaler comes'}                   | ${hpa({ maxReplicas: 4 })}              | ${[set({}), { ...hpa({}), metadata: { name: 'b', namespace: 'nim' } }]} | ${undefined}
    ${'the service goes as well'}               | ${hpa({ maxReplicas: 4 })}              | ${[]}                                                                   | ${undefined}
    ${'a ScaledObject'}                         | ${scaledObject({ maxReplicaCount: 6 })} | ${[set({ replicas: 2 })]}                                               | ${'up to 4 pods that serve end at once'}
    ${'a ScaledObject that states no maximum'}  | ${scaledObject({})}                     | ${[set({ replicas: 2 })]}                                               | ${'up to 98 pods that serve end at once'}
  `('$what: $lost', ({ scaler, after, lost }: { scaler: Manifest; after: Manifest[]; lost?: string }) => {
    const [problem, ...others] = guarded([set({}), scaler], after);
    expect(others).toEqual([]);
    expect(/up to .* at once/.exec(problem?.message ?? '')?.[0]).toBe(lost);
  });
});

test('a scaler in the place of another: KEDA refuses it, Kubernetes does not', () => {
  const scaler = (apiVersion: string, kind: string, name = 'llama'): Manifest => ({
    apiVersion,
    kind,
    metadata: { name, namespace: 'nim' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' } },
  });
  const keda = (name?: string) => scaler('keda.sh/v1alpha1', 'ScaledObject', name);
  const hpa = scaler('autoscaling/v2', 'HorizontalPodAutoscaler');
  const found = (before: Manifest, after: Manifest) =>
    changeProblems([before], [{ constructPath: 'x', manifest: after }]);
  expect(found(hpa, keda())).toEqual([
    {
      constructPath: 'x',
      check: 'scaler-handover',
      message:
        'ScaledObject nim/llama takes the place of HorizontalPodAutoscaler nim/llama: KEDA refuses a second scaler of one object, and Flux removes the first only after everything else is applied.',
      remedy:
        'Right before the commit is applied, run `kubectl -n nim delete horizontalpodautoscaler llama`: the number of replicas stays as it is meanwhile.',
    },
  ]);
  expect(found(keda('old'), keda('new'))).toHaveLength(1);
  expect(found(keda(), keda())).toEqual([]);
  expect(found(keda(), hpa)).toEqual([]);
});

/** A release of vLLM with two replicas, by any route. */
const release =
  (
    route: Omit<NonNullable<InferenceServiceProps['route']>, 'hostname'>,
    changes: Partial<InferenceServiceProps> = {},
  ) =>
  (step?: ReleaseStepName, candidate = 'v0.19.0') =>
    llama({
      runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
      cache: undefined,
      credentials: undefined,
      artifact: ModelArtifact.claim('weights'),
      replicas: 2,
      route: { ...route, hostname: 'llama.example.com' },
      ...changes,
      ...(step && { canary: { runtime: new VllmRuntime({ image: `vllm/vllm-openai:${candidate}` as string }), step } }),
    });

/** Two copies of a server over two machines of eight GPUs each, and room for a third. */
const GROUPS: Partial<InferenceServiceProps> = {
  model: 'meta-llama/Llama-3.1-70B-Instruct',
  nodePool: GpuNodePool.gke({ name: 'h100', machineType: 'a3-highgpu-8g', maxNodes: 8 }),
  tensorParallelSize: 8,
  pipelineParallelSize: 2,
  workload: 'LeaderWorkerSet',
};

describe('a release is seen behind every kind of route', () => {
  const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
  test.each`
    route                                                                                      | kind           | what                                 | changes
    ${{ gateway: IngressReference.nginx() }}                                                   | ${'Ingress'}   | ${'nginx'}                           | ${{}}
    ${{ gateway, match: { headers: { 'x-model': 'llama' } } }}                                 | ${'HTTPRoute'} | ${'a header that finds the model'}   | ${{}}
    ${{ gateway, match: { pathPrefix: '/llama' } }}                                            | ${'HTTPRoute'} | ${'a path before the paths'}         | ${{}}
    ${{ gateway, fallback: { service: 'small', port: 8000 } }}                                 | ${'HTTPRoute'} | ${'Backends and one that stands in'} | ${{}}
    ${{ gateway: new GatewayReference({ name: 'a', namespace: 'b', implementation: 'gke' }) }} | ${'HTTPRoute'} | ${'GKE'}                             | ${{}}
    ${{ gateway }}                                                                             | ${'HTTPRoute'} | ${'groups over several machines'}    | ${GROUPS}
  `('$what', ({ route, kind, changes }) => {
    const at = release(route, changes as Partial<InferenceServiceProps>);
    expect(told(at(), at('5%'))).toContain(
      `${kind} nim/llama sends 5 % of the requests to llama-canary, whose pods only begin to load with this commit`,
    );
    expect(told(at(), at('smoke'))).toBe('');
    expect(told(at('smoke'), at('5%'))).toBe('');
    expect(told(at('5%'), at('5%', 'v0.19.1'))).toContain(
      `This commit replaces the pods of llama-canary, to which ${kind} nim/llama sends 5 % of the requests`,
    );
    expect(told(at('5%'), at())).toBe('');
  });
});

describe('a release', () => {
  const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });

  test('more requests than the pods carry that are there', () => {
    const of = release({ gateway: edge });
    expect(told(of('smoke'), of('100%'))).toBe(`1 problem, nothing written:

nim/llama/release/route/Default: release-order
  HTTPRoute nim/llama gives llama-canary 100 % of the requests instead of 0 %, for 2 pods, of which 1 is there: the others only begin to load with this commit.
  Raise the pods one commit before the weight: the steps of a release do so, in their order.`);
    expect(told(of('50%'), of('100%'))).toBe('');
  });

  test('another candidate while one has requests', () => {
    const of = release({ gateway: edge });
    expect(told(of('20%'), of('20%', 'v0.19.1'))).toBe(`1 problem, nothing written:

nim/llama/release/route/Default: release-order
  This commit replaces the pods of llama-canary, to which HTTPRoute nim/llama sends 20 % of the requests: they would meet pods that load, and then a version that nobody has tried.
  Go back to the step smoke with the new candidate, and on from there.`);
    expect(told(of('20%'), of('smoke', 'v0.19.1'))).toBe('');
    expect(told(of('smoke'), of('smoke', 'v0.19.1'))).toBe('');
  });

  const at = (step?: ReleaseStepName, image = '1.0.0') =>
    llama({
      runtime: new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${image}` as string }),
      route: { gateway: edge, hostname: 'llama.example.com' },
      ...(step && {
        canary: { runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }), step },
      }),
    });
  const STEPS: readonly ReleaseStepName[] = ['prepared', 'smoke', '5%', '20%', '50%', '100%', 'promote'];

  test('weights for pods that were never loaded', () => {
    expect(told(at('prepared'), at('20%'))).toBe(`1 problem, nothing written:

nim/llama/release/route/Default: release-order
  HTTPRoute nim/llama sends 20 % of the requests to llama-canary, whose pods only begin to load with this commit: they would fail with 503.
  Commit the pods first, at weight 0 (step smoke), and the weight when they are ready.`);
  });

  test('an end without promotion: all requests go back to pods that are just replaced', () => {
    expect(told(at('100%'), at(undefined, '1.1.0'))).toBe(`1 problem, nothing written:

nim/llama/route/Default: release-order
  HTTPRoute nim/llama gives llama 100 % of the requests instead of 0 %, and this commit replaces its pods: the requests come while they load.
  Replace the pods while others carry all requests (forward that is the step promote, on the way back the step before it), and give them the requests when they are ready.`);
  });

  test('one step after the other, to the end, is let through', () => {
    const all = [at(), ...STEPS.map((step) => at(step)), at(undefined, '1.1.0')];
    const pairs = all.slice(1).map((state, index) => told(all[index]!, state));
    expect(pairs).toEqual(pairs.map(() => ''));
  });

  test('and back, from where users are served by the candidate', () => {
    const back = ['promote', '100%', '50%', '20%', '5%', 'smoke', 'prepared'] as const;
    const pairs = back.slice(1).map((step, index) => told(at(back[index]), at(step)));
    expect(pairs).toEqual(pairs.map(() => ''));
    expect(told(at('20%'), at('prepared'))).toBe('');
    expect(told(at('20%'), at())).toBe('');
  });
});

test('two services that roll out in one commit, with one spare GPU', () => {
  const pool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 3 });
  const two =
    (...versions: readonly string[]): Program =>
    (app) => {
      const chart = new Chart(app, 'nim', { namespace: 'nim' });
      versions.forEach((version, index) => {
        const { stable } = new InferenceService(chart, `llama-${index}`, {
          model: CONTRACT.model,
          nodePool: pool,
          maxModelLen: 8192,
          network: { clients: [] },
          runtime: new VllmRuntime({ image: `vllm/vllm-openai:${version}` as string }),
          workload: 'Deployment',
          artifact: ModelArtifact.claim('weights'),
        });
        stable.workload.addJsonPatch(
          JsonPatch.replace('/spec/strategy', {
            type: 'RollingUpdate',
            rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
          }),
        );
      });
    };
  expect(told(two('v0.18.0', 'v0.18.0'), two('v0.18.1', 'v0.18.1'))).toBe(`1 problem, nothing written:

nim/llama-0/stable: concurrent-rollouts
  One commit rolls out nim/llama-0 with up to 2 pods instead of 1 and nim/llama-1 with up to 2 pods instead of 1: together with the rest that takes 4 GPUs of gpupool, which has 3. Any of them alone fits.
  Make it a commit for each, the next when the one before is ready.`);
  expect(told(two('v0.18.0', 'v0.18.0'), two('v0.18.1', 'v0.18.0'))).toBe('');
});

describe('the committed state', () => {
  test('a folder that is not there', () => {
    const app = new InferenceApp({ outdir: folder, committed: ManifestSource.folder(join(folder, 'nowhere')) });
    llama()(app);
    expect(() => app.synth()).toThrow(`(app): committed-manifests
  There is no such folder.
  Name a folder with synthesized manifests, or a revision that a clone of this depth has.`);
  });

  test('files that somebody else wrote are not compared', () => {
    const committed = new InferenceApp({ outdir: join(folder, 'before') });
    llama()(committed);
    committed.synth();
    const written = ManifestSource.folder(join(folder, 'before'));
    const all = written.read();
    expect(written.read('# Synthesized by cdk8s-gpu-inference.')).toEqual(all);
    expect(written.read('# somebody else')).toEqual([]);
  });

  test('the reference platform, as it is committed here, changes nothing', () => {
    const manifests = manifestsOfMain(MAIN) as unknown as Manifest[];
    const located = manifests.map((manifest) => ({ constructPath: '', manifest }));
    expect(changeProblems(manifests, located)).toEqual([]);
    const next = manifestsOfMain(edited(MAIN, /step: '[^']+'/, "step: '5%'")) as unknown as Manifest[];
    const ids = changeProblems(
      manifests,
      next.map((manifest) => ({ constructPath: '', manifest })),
    ).map(({ check }) => check);
    expect(ids).toEqual(['release-order'] satisfies CheckId[]);
  });
});
