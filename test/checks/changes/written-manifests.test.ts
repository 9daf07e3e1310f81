import { planCapacity, CapacityRequest } from '../../../lib/plan/capacity-plan';
import { changesBetween } from '../../../lib/checks/changes/change';
import { changeProblems } from '../../../lib/checks/changes/change-guard';
import { concurrentRollouts } from '../../../lib/checks/changes/concurrent-rollouts';
import { Manifest } from '../../../lib/checks/manifest-identity';

/** Manifests that somebody wrote, in any of the ways in which people do. */
const object = (apiVersion: string, kind: string, name: string, rest: object, metadata: object = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'nim', ...metadata },
  ...rest,
});
const template = (labels: object, image = 'server:1') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'server', image }] },
});
const deployment = (name: string, { replicas = 1, image = 'server:1', labels = {}, ...metadata } = {}) =>
  object(
    'apps/v1',
    'Deployment',
    name,
    { spec: { replicas, template: template({ app: name, ...labels }, image) } },
    metadata,
  );
const groups = (name: string, leader: string, worker: string) =>
  object('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', name, {
    spec: {
      replicas: 1,
      leaderWorkerTemplate: {
        size: 2,
        leaderTemplate: template({ app: name }, leader),
        workerTemplate: template({ app: name }, worker),
      },
    },
  });
const service = (name: string, selector: unknown, spec: object = {}, metadata = {}) =>
  object('v1', 'Service', name, { spec: { selector, ports: [{ port: 80 }], ...spec } }, metadata);
const backend = (name: string, weight?: number, namespace?: string) => ({ name, namespace, weight, port: 80 });
const route = (...rules: readonly (readonly [path: string | undefined, ...backends: ReturnType<typeof backend>[]])[]) =>
  object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'edge', {
    spec: {
      hostnames: ['llm.example.com'],
      rules: rules.map(([value, ...backendRefs]) => ({
        ...(value !== undefined && { matches: [{ path: { type: 'PathPrefix', value } }] }),
        backendRefs,
      })),
    },
  });

/** What the guard says of a change, as `check: message`. */
const told = (before: readonly Manifest[], after: readonly Manifest[]): string[] =>
  changeProblems(
    before,
    after.map((manifest) => ({ constructPath: 'x', manifest })),
  ).map(({ check, message }) => `${check}: ${message}`);

describe('rules of a route', () => {
  const both = [service('a', { app: 'a' }), service('b', { app: 'b' })];

  test('each is 100 % of its own requests: one that goes gives nothing to the others', () => {
    const before = [deployment('a'), deployment('b'), ...both, route(['/a', backend('a')], ['/b', backend('b')])];
    const after = [deployment('a', { image: 'server:2' }), deployment('b'), ...both, route(['/a', backend('a')])];
    expect(told(before, after)).toEqual([]);
  });

  test('one whose requests move is told, by its address', () => {
    const before = [deployment('a'), deployment('b'), ...both, route(['/a', backend('a')], ['/b', backend('b')])];
    const moved = route(['/a', backend('a')], ['/b', backend('a')]);
    expect(told(before, [deployment('a', { image: 'server:2' }), deployment('b'), ...both, moved])).toEqual([
      'release-order: HTTPRoute nim/edge gives a 100 % of the requests for /b instead of 0 %, and this commit replaces its pods: the requests come while they load.',
    ]);
  });

  test('a new one takes requests from the one that had them, or from nobody', () => {
    const state = (next: boolean, before: string) => [
      deployment('a'),
      ...(next ? [deployment('b')] : []),
      ...both,
      route([before, backend('a')], ...(next ? [['/b', backend('b')] as const] : [])),
    ];
    expect(told(state(false, '/'), state(true, '/'))).toEqual([
      'release-order: HTTPRoute nim/edge sends 100 % of the requests for /b to b, whose pods only begin to load with this commit: they would fail with 503.',
    ]);
    expect(told(state(false, '/a'), state(true, '/a'))).toEqual([]);
  });

  test('paths of an Ingress are no shares of each other', () => {
    const ingress = (...paths: readonly string[]) =>
      object('networking.k8s.io/v1', 'Ingress', 'edge', {
        spec: {
          rules: [
            {
              host: 'llm.example.com',
              http: { paths: paths.map((name) => ({ path: `/${name}`, backend: { service: { name } } })) },
            },
          ],
        },
      });
    const before = [deployment('a'), deployment('b'), ...both, ingress('a', 'b')];
    const after = [deployment('a', { image: 'server:2' }), deployment('b'), ...both, ingress('a')];
    expect(told(before, after)).toEqual([]);
  });

  test('backends of one name in two namespaces are two', () => {
    const state = (old: number, next: number, image: string) => [
      ...['old', 'new'].flatMap((namespace) => [
        deployment('m', { namespace, ...(namespace === 'new' && { image }) } as never),
        service('m', { app: 'm' }, {}, { namespace }),
      ]),
      route([undefined, backend('m', old, 'old'), backend('m', next, 'new')]),
    ];
    expect(told(state(100, 0, 'server:1'), state(0, 100, 'server:2'))).toEqual([
      'release-order: HTTPRoute nim/edge gives m 100 % of the requests instead of 0 %, and this commit replaces its pods: the requests come while they load.',
    ]);
  });

  test('the workers of a group are made anew with it', () => {
    const state = (worker: string, weight: number) => [
      deployment('a'),
      groups('b', 'server:1', worker),
      service('a', { app: 'a' }),
      service('b', { app: 'b', 'leaderworkerset.sigs.k8s.io/worker-index': '0' }),
      route([undefined, backend('a', 100 - weight), backend('b', weight)]),
    ];
    expect(told(state('server:1', 20), state('server:2', 50))).toEqual([
      'release-order: HTTPRoute nim/edge gives b 50 % of the requests instead of 20 %, and this commit replaces its pods: the requests come while they load.',
    ]);
    expect(told(state('server:1', 20), state('server:1', 50))).toEqual([]);
  });
});

describe('who is behind a Service', () => {
  test('pods that stay, and that it leaves for such as only begin to load', () => {
    expect(
      told(
        [deployment('a'), service('s', { app: 'a' })],
        [deployment('a'), deployment('b'), service('s', { app: 'b' })],
      ),
    ).toEqual([
      'lost-pods: Service nim/s leaves the pods of Deployment nim/a in the commit in which Deployment nim/b comes: behind Service nim/s nobody serves until the new pods have loaded.',
    ]);
    const both = [deployment('a'), deployment('b')];
    expect(told([...both, service('s', { app: 'a' })], [...both, service('s', { app: 'b' })])).toEqual([]);
  });

  test('a workload without replicas is nobody', () => {
    const state = (labels: object, replicas = 2) => [
      deployment('stable', { replicas, labels }),
      deployment('canary', { replicas: 0, labels: { serves: 'llama' } }),
      service('s', { serves: 'llama' }),
    ];
    expect(told(state({ serves: 'llama' }), state({ serves: 'lama' }))).toEqual([
      'lost-pods: Service nim/s selected the pods of Deployment nim/stable and now selects none: its callers get no answer.',
    ]);
    expect(told(state({ serves: 'llama' }), state({ serves: 'llama' }, 0))).toEqual([]);
  });

  test('the labels that a controller adds', () => {
    const leader = (name: string) => ({
      'leaderworkerset.sigs.k8s.io/name': name,
      'leaderworkerset.sigs.k8s.io/worker-index': '0',
    });
    const pods = groups('llama', 'server:1', 'server:1');
    expect(told([pods, service('s', leader('llama'))], [pods, service('s', leader('lama'))])).toEqual([
      'lost-pods: Service nim/s selected the pods of LeaderWorkerSet nim/llama and now selects none: its callers get no answer.',
    ]);
  });

  test.each`
    what                                   | before                            | after                                                | lost
    ${'a Service without a selector'}      | ${service('s', undefined)}        | ${service('s', { app: 'none' })}                     | ${0}
    ${'one with an empty value'}           | ${service('s', null)}             | ${service('s', { app: 'none' })}                     | ${0}
    ${'one that gets an empty value'}      | ${service('s', { app: 'other' })} | ${service('s', null)}                                | ${1}
    ${'one that becomes a name elsewhere'} | ${service('s', { app: 'other' })} | ${service('s', undefined, { type: 'ExternalName' })} | ${0}
  `('$what', ({ before, after, lost }: { before: Manifest; after: Manifest; lost: number }) => {
    expect(told([deployment('other'), before], [deployment('other'), after])).toHaveLength(lost);
  });

  test.each`
    kind                     | apiVersion                | field            | selector                      | lost
    ${'PodDisruptionBudget'} | ${'policy/v1'}            | ${'selector'}    | ${null}                       | ${0}
    ${'PodDisruptionBudget'} | ${'policy/v1'}            | ${'selector'}    | ${{}}                         | ${1}
    ${'PodDisruptionBudget'} | ${'policy/v1'}            | ${'selector'}    | ${{ matchExpressions: null }} | ${1}
    ${'NetworkPolicy'}       | ${'networking.k8s.io/v1'} | ${'podSelector'} | ${null}                       | ${1}
  `('a $kind with $selector has lost $lost', ({ kind, apiVersion, field, selector, lost }) => {
    const of = (value: unknown) =>
      object(apiVersion as string, kind as string, 'x', { spec: { [field as string]: value } });
    const next = of({ matchLabels: { app: 'none' } });
    expect(told([deployment('other'), of(selector)], [deployment('other'), next])).toHaveLength(lost as number);
  });
});

describe('values that the API server takes for the same', () => {
  const set = (storage: string, gpus: unknown = '1') =>
    object('apps/v1', 'StatefulSet', 'llama', {
      spec: {
        volumeClaimTemplates: [{ metadata: { name: 'cache' }, spec: { resources: { requests: { gpus, storage } } } }],
      },
    });

  test('a quantity in other words', () => {
    expect(told([set('1Ti')], [set('1024Gi')])).toEqual([]);
    expect(told([set('1Ti', '1000m')], [set('1024Gi', 1)])).toEqual([]);
    expect(told([set('1Ti', '1')], [set('1024Gi', '2')])).toEqual([
      'immutable-change: spec.volumeClaimTemplates[0].spec.resources.requests.gpus of StatefulSet nim/llama becomes 2; it is 1, which cannot be changed after its birth.',
    ]);
  });
});

describe('what Flux is told to do with a change', () => {
  const FLUX = 'kustomize.toolkit.fluxcd.io/';
  const job = (image: string, annotations = {}) =>
    object('batch/v1', 'Job', 'warm', { spec: { template: template({}, image) } }, { annotations });
  const claim = (storageClassName: string, annotations = {}) =>
    object('v1', 'PersistentVolumeClaim', 'weights', { spec: { storageClassName } }, { annotations });
  const set = (serviceName: string, annotations = {}) =>
    object(
      'apps/v1',
      'StatefulSet',
      'llama',
      {
        spec: {
          replicas: 2,
          serviceName,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
          template: template({ app: 'llama' }),
          volumeClaimTemplates: [{ metadata: { name: 'cache' } }],
        },
      },
      { annotations },
    );
  const force = { [`${FLUX}force`]: 'Enabled' };

  test('a Job that is made anew', () => {
    expect(told([job('a')], [job('b')])).toHaveLength(1);
    expect(told([job('a')], [job('b', force)])).toEqual([]);
  });

  test('data that goes when something else is made anew', () => {
    expect(told([claim('a')], [claim('b', force)])).toEqual([
      `deleted-data: spec.storageClassName of PersistentVolumeClaim nim/weights becomes b; it is a. That is refused, and Flux then deletes it, and with it the files on its disk, unless its class retains them, and makes it anew (${FLUX}force: enabled).`,
    ]);
    expect(told([claim('a', force)], [claim('a', force)])).toEqual([]);
  });

  test('pods that end at once, with their claims', () => {
    expect(told([set('a', force)], [set('b', force)])).toEqual([
      `deleted-data: spec.serviceName of StatefulSet nim/llama becomes b; it is a. That is refused, and Flux then deletes it, and with it every claim of its replicas (persistentVolumeClaimRetentionPolicy.whenDeleted: Delete), and makes it anew (${FLUX}force: enabled).`,
      `lost-pods: spec.serviceName of StatefulSet nim/llama becomes b; it is a. That is refused, and Flux then deletes it and makes it anew (${FLUX}force: enabled): all of its pods end at once.`,
    ]);
  });

  test('what is written once is told once, whatever changes but its labels', () => {
    const once = { [`${FLUX}ssa`]: 'IfNotPresent' };
    expect(told([job('a', once)], [job('b', once)])).toEqual([
      `immutable-change: spec.template.spec.containers[0].image of Job nim/warm becomes b; it is a, and Flux leaves what is there as it is (${FLUX}ssa: IfNotPresent).`,
    ]);
    const config = (a: string, labels = {}) =>
      object('v1', 'ConfigMap', 'settings', { data: { a } }, { annotations: once, labels });
    expect(told([config('1')], [config('2')])).toEqual([
      `immutable-change: data.a of ConfigMap nim/settings becomes 2; it is 1, and Flux leaves what is there as it is (${FLUX}ssa: IfNotPresent).`,
    ]);
    expect(told([config('1')], [config('1', { a: 'b' })])).toEqual([]);
  });

  test.each([{ [`${FLUX}reconcile`]: 'disabled' }, { [`${FLUX}ssa`]: 'Ignore' }])(
    '%o is passed over',
    (annotations) => {
      expect(told([job('a', annotations)], [job('b', annotations)])).toEqual([]);
    },
  );
});

test('a volume keeps its disk', () => {
  const volume = (spec: object) => object('v1', 'PersistentVolume', 'weights', { spec }, { namespace: undefined });
  const disk = (volumeHandle: string, rest = {}) => volume({ csi: { driver: 'd', volumeHandle, ...rest } });
  expect(told([disk('a')], [disk('b')])).toEqual([
    'immutable-change: spec.csi.volumeHandle of PersistentVolume weights becomes b; it is a, which cannot be changed after its birth.',
  ]);
  expect(told([disk('a')], [disk('a', { controllerExpandSecretRef: { name: 'x' } })])).toEqual([]);
  const more = { capacity: { storage: '2Ti' }, mountOptions: ['ro'], nodeAffinity: { required: {} } };
  expect(told([volume({})], [volume(more)])).toEqual([]);
});

test('commands about objects without a namespace name none', () => {
  const here = (manifest: Manifest): Manifest => ({ ...manifest, metadata: { name: 'llama' } });
  const set = (spec: object) => here(object('apps/v1', 'StatefulSet', '', { spec }));
  const scaler = (apiVersion: string, kind: string): Manifest => ({
    apiVersion,
    kind,
    metadata: { name: kind },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'StatefulSet', name: 'llama' } },
  });
  const hpa = scaler('autoscaling/v2', 'HorizontalPodAutoscaler');
  const remedies = (before: readonly Manifest[], after: readonly Manifest[]) =>
    changeProblems(
      before,
      after.map((manifest) => ({ constructPath: 'x', manifest })),
    ).map(({ remedy }) => /`(.*?)`/.exec(remedy)?.[1]);
  expect([
    ...remedies([set({ serviceName: 'a' })], [set({ serviceName: 'b' })]),
    ...remedies([set({}), hpa], [set({ replicas: 1 })]),
    ...remedies([hpa], [scaler('keda.sh/v1alpha1', 'ScaledObject')]),
  ]).toEqual([
    'kubectl delete statefulset llama --cascade=orphan',
    'kubectl get statefulset llama -o jsonpath={.spec.replicas}',
    'kubectl delete horizontalpodautoscaler HorizontalPodAutoscaler',
  ]);
});

describe('rollouts in one commit', () => {
  const CAPACITY: CapacityRequest = {
    pools: [{ name: 'l4', maxNodes: 7, gpusPerNode: 1 }],
    services: ['a', 'b'].map((name) => ({
      path: `default/${name}`,
      namespace: 'default',
      gpusPerReplica: 1,
      replicasAtRest: 3,
      pools: [{ name: 'l4' }],
    })),
  };
  const labels = (name: string) => ({ 'app.kubernetes.io/instance': name });
  const state = (image: string, of: (name: string, image: string) => Manifest) =>
    ['a', 'b'].map((name) => of(name, image));
  const rolled = (of: (name: string, image: string) => Manifest) =>
    concurrentRollouts(
      changesBetween(
        state('server:1', of),
        state('server:2', of).map((manifest) => ({ constructPath: 'x', manifest })),
      ),
      CAPACITY,
    ).map(({ message }) => message);
  const surging = { rollingUpdate: { maxSurge: 1 } };

  test.each([3, undefined])('%s written replicas, and three that a scaler keeps, without a namespace', (replicas) => {
    expect(planCapacity(CAPACITY).rest.conflicts).toEqual([]);
    const of = (name: string, image: string) =>
      object(
        'apps/v1',
        'Deployment',
        name,
        { spec: { replicas, strategy: surging, template: template(labels(name), image) } },
        { namespace: undefined },
      );
    expect(rolled(of)).toEqual([
      'One commit rolls out default/a with up to 4 pods instead of 3 and default/b with up to 4 pods instead of 3: together with the rest that takes 8 GPUs of l4, which has 7. Any of them alone fits.',
    ]);
  });

  test('groups are not called pods', () => {
    const of = (name: string, image: string) =>
      object(
        'leaderworkerset.x-k8s.io/v1',
        'LeaderWorkerSet',
        name,
        {
          spec: {
            replicas: 3,
            rolloutStrategy: { rollingUpdateConfiguration: { maxSurge: 1 } },
            leaderWorkerTemplate: { size: 1, workerTemplate: template(labels(name), image) },
          },
        },
        { namespace: 'default' },
      );
    expect(rolled(of).join()).toContain('default/a with up to 4 groups instead of 3 and default/b');
  });
});
