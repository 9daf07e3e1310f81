import { checkManifests, LocatedManifest } from '../../lib/checks/manifest-checks';
import { Manifest } from '../../lib/checks/manifest-identity';
import { formatProblem } from '../../lib/problem/problem';

/** The objects, at the paths a, b, c and so on. */
function at(...manifests: Manifest[]): LocatedManifest[] {
  return manifests.map((manifest, index) => ({ constructPath: 'abcdef'.charAt(index), manifest }));
}

function told(...manifests: Manifest[]): string[] {
  return checkManifests(at(...manifests)).map((problem) => `${problem.constructPath}: ${formatProblem(problem)}`);
}

function object(apiVersion: string, kind: string, rest: Manifest = {}, metadata: Manifest = {}): Manifest {
  return { apiVersion, kind, metadata: { name: 'llama', namespace: 'nim', ...metadata }, ...rest };
}

const statefulSet = (spec: Manifest = {}) => object('apps/v1', 'StatefulSet', { spec });

test('what is right has no problem', () => {
  const service = object('v1', 'Service', { spec: { selector: { app: 'llama' }, ports: [{ port: 80 }] } });
  const scaler = object('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' } },
  });
  expect(told(statefulSet(), service, scaler)).toEqual([]);
});

describe('duplicate-objects', () => {
  test('names both constructs', () => {
    expect(told(object('v1', 'ConfigMap'), object('v1', 'ConfigMap'))).toEqual([
      `b: duplicate-objects
  ConfigMap nim/llama is declared twice: by a and by b. One would overwrite the other.
  Give one of them another name, or declare it once and pass it on.`,
    ]);
  });

  test.each<[string, Manifest, Manifest]>([
    ['kind', object('v1', 'ConfigMap'), object('v1', 'Service')],
    ['namespace', object('v1', 'ConfigMap'), object('v1', 'ConfigMap', {}, { namespace: 'other' })],
    ['name', object('v1', 'ConfigMap'), object('v1', 'ConfigMap', {}, { name: 'other' })],
    ['group', object('v1', 'Service'), object('serving.knative.dev/v1', 'Service')],
  ])('objects that differ in %s are two', (_, one, other) => {
    expect(told(one, other)).toEqual([]);
  });

  test('another version of the same group is the same object', () => {
    expect(
      told(object('autoscaling/v1', 'HorizontalPodAutoscaler'), object('autoscaling/v2', 'HorizontalPodAutoscaler')),
    ).toHaveLength(1);
  });

  test('the namespace of a chart makes no second object of a kind that belongs to none', () => {
    const inNamespace = (namespace: string) => object('scheduling.k8s.io/v1', 'PriorityClass', {}, { namespace });
    expect(told(inNamespace('nim'), inNamespace('vllm'))).toHaveLength(1);
  });
});

test('no-null', () => {
  const limits = { 'nvidia.com/gpu': null };
  expect(told(statefulSet({ containers: [{ resources: { limits } }] }))).toEqual([
    `a: no-null
  /spec/containers/0/resources/limits/nvidia.com~1gpu of StatefulSet nim/llama is null.
  Leave it out. If a JSON patch set it: a typed object loses plain values where its type wants a class, so pass that class, such as k8s.Quantity.fromString("1").`,
  ]);
});

describe('flux-substitution', () => {
  const variable = '$' + '{HOME}';
  const script = (metadata: Manifest) => object('v1', 'ConfigMap', { data: { 'run.sh': `cd ${variable}` } }, metadata);

  test('in a value', () => {
    expect(told(script({}))).toEqual([
      `a: flux-substitution
  /data/run.sh of ConfigMap nim/llama holds "\${", which Flux replaces where post-build substitution is on.
  Write it without braces, such as $NAME or $(NAME), or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled.`,
    ]);
  });

  test('in a key', () => {
    expect(told(object('v1', 'ConfigMap', { data: { [variable]: '' } }))).toEqual([
      expect.stringContaining(`/data/${variable} of ConfigMap nim/llama holds`),
    ]);
  });

  test.each(['annotations', 'labels'])('is switched off by %s', (where) => {
    expect(told(script({ [where]: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } }))).toEqual([]);
  });
});

describe('names', () => {
  test.each<[string, string, string, string]>([
    ['v1', 'Service', 'llama.8b', 'Service name "llama.8b" is not an RFC 1123 label.'],
    ['v1', 'Service', '8b', 'Service name "8b" begins with a digit.'],
    ['v1', 'Namespace', 'Nim', 'Namespace name "Nim" is not an RFC 1123 label.'],
    [
      'apps/v1',
      'StatefulSet',
      'a'.repeat(53),
      `StatefulSet name "${'a'.repeat(53)}" has 53 characters; at most 52 fit.`,
    ],
    ['v1', 'ConfigMap', 'a_b', 'ConfigMap name "a_b" is not an RFC 1123 subdomain (3 characters).'],
    ['rbac.authorization.k8s.io/v1', 'Role', 'a/b', 'Role name "a/b" is no path segment.'],
  ])('%s %s %s', (apiVersion, kind, name, message) => {
    expect(checkManifests(at(object(apiVersion, kind, {}, { name })))).toEqual([
      expect.objectContaining({ constructPath: 'a', check: 'names', message }),
    ]);
  });

  test.each<[string, string, string]>([
    ['v1', 'ConfigMap', 'llama.8b'],
    ['apps/v1', 'StatefulSet', 'a'.repeat(52)],
    ['leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', 'a'.repeat(48)],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'system:auth-delegator'],
  ])('%s %s may be called %s', (apiVersion, kind, name) => {
    expect(told(object(apiVersion, kind, {}, { name }))).toEqual([]);
  });

  test('no name', () => {
    expect(told(object('v1', 'ConfigMap', {}, { name: undefined }))).toEqual([
      `a: names
  ConfigMap nim/ has no metadata.name.
  Give it a name: what is applied again and again cannot have a generated one.`,
    ]);
  });

  test('the namespace', () => {
    expect(told(object('v1', 'ConfigMap', {}, { namespace: 'a.b' }))).toEqual([
      `a: names
  metadata.namespace of ConfigMap llama: "a.b" is not an RFC 1123 label.
  Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.`,
    ]);
  });
});

describe('secret-data', () => {
  test.each(['data', 'stringData'])('%s', (field) => {
    expect(told(object('v1', 'Secret', { [field]: { NGC_API_KEY: 'eA==', token: 'eQ==' } }))).toEqual([
      `a: secret-data
  Secret nim/llama holds the value of NGC_API_KEY, token, and what is synthesized goes to Git.
  Refer to it: an ExternalSecret, a SecretProviderClass, or a SOPS file beside the output.`,
    ]);
  });

  test('a Secret that another fills has none', () => {
    const metadata = { annotations: { 'kubernetes.io/service-account.name': 'llama' } };
    expect(told(object('v1', 'Secret', { type: 'kubernetes.io/service-account-token' }, metadata))).toEqual([]);
  });
});

describe('argo-rollout-on-statefulset', () => {
  const target = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' };

  test('Argo Rollouts', () => {
    expect(told(object('argoproj.io/v1alpha1', 'Rollout', { spec: { workloadRef: target } }))).toEqual([
      `a: argo-rollout-on-statefulset
  spec.workloadRef of Rollout nim/llama names the StatefulSet llama. Argo Rollouts takes Deployment, ReplicaSet and PodTemplate only and answers "workload of type apps/v1/StatefulSet is not supported".
  Put the release in front of the StatefulSets: two of them, stable and canary, and weights in the route. Or serve from a Deployment.`,
    ]);
  });

  test('Flagger', () => {
    expect(told(object('flagger.app/v1beta1', 'Canary', { spec: { targetRef: target } }))).toEqual([
      `a: argo-rollout-on-statefulset
  spec.targetRef of Canary nim/llama names the StatefulSet llama. Flagger takes Deployment, DaemonSet and Service only.
  Put the release in front of the StatefulSets: two of them, stable and canary, and weights in the route. Or serve from a Deployment.`,
    ]);
  });

  test('a Deployment is fine', () => {
    const workloadRef = { ...target, kind: 'Deployment' };
    expect(told(object('argoproj.io/v1alpha1', 'Rollout', { spec: { workloadRef } }))).toEqual([]);
  });
});

describe('replicas-under-scaler', () => {
  const scaler = (kind: string, apiVersion: string, scaleTargetRef: Manifest) =>
    object(apiVersion, kind, { spec: { scaleTargetRef } });
  const target = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' };
  const hpa = scaler('HorizontalPodAutoscaler', 'autoscaling/v2', target);

  test('is told at the workload, whichever is declared first', () => {
    const problem = (path: string) => `${path}: replicas-under-scaler
  StatefulSet nim/llama sets spec.replicas to 2, and HorizontalPodAutoscaler nim/llama scales it: every apply resets the number.
  Leave spec.replicas out; of an object that a construct makes, by addJsonPatch(JsonPatch.remove('/spec/replicas')).`;
    expect(told(statefulSet({ replicas: 2 }), hpa)).toEqual([problem('a')]);
    expect(told(hpa, statefulSet({ replicas: 2 }))).toEqual([problem('b')]);
  });

  test('KEDA, whose target is a Deployment where it does not say', () => {
    const scaledObject = scaler('ScaledObject', 'keda.sh/v1alpha1', { name: 'llama' });
    const deployment = object('apps/v1', 'Deployment', { spec: { replicas: 1 } });
    expect(told(scaledObject, deployment)).toEqual([
      expect.stringContaining('Deployment nim/llama sets spec.replicas to 1, and ScaledObject nim/llama scales it'),
    ]);
    expect(told(scaledObject, statefulSet({ replicas: 1 }))).toEqual([]);
  });

  test('a scaler of another namespace does not count', () => {
    expect(told(statefulSet({ replicas: 2 }), { ...hpa, metadata: { name: 'llama', namespace: 'other' } })).toEqual([]);
  });
});

describe('pdb-blocks-drain', () => {
  const selector = { matchLabels: { app: 'llama' } };
  const workload = (replicas?: number, labels: Manifest = { app: 'llama' }, metadata: Manifest = {}) =>
    object('apps/v1', 'StatefulSet', { spec: { replicas, template: { metadata: { labels } } } }, metadata);
  const budget = (spec: Manifest, metadata: Manifest = {}) =>
    object('policy/v1', 'PodDisruptionBudget', { spec: { selector, ...spec } }, metadata);
  const problem = (path: string, message: string) => `${path}: pdb-blocks-drain
  ${message} No pod may ever be evicted, so a drain of its node never ends.
  Use maxUnavailable: 1 instead, which lets one pod go at a time.`;

  test.each<[Manifest, string]>([
    [{ maxUnavailable: 0 }, 'says maxUnavailable 0 for the 2 pods of StatefulSet nim/llama.'],
    [{ maxUnavailable: '0%' }, 'says maxUnavailable "0%" for the 2 pods of StatefulSet nim/llama.'],
    [{ minAvailable: '100%' }, 'says minAvailable "100%" for the 2 pods of StatefulSet nim/llama.'],
    [{ minAvailable: 2 }, 'says minAvailable 2, and StatefulSet nim/llama has 2 pods.'],
    [{ minAvailable: 3 }, 'says minAvailable 3, and StatefulSet nim/llama has 2 pods.'],
    [{ minAvailable: '51%' }, 'says minAvailable "51%", and StatefulSet nim/llama has 2 pods.'],
  ])('%j of 2 pods, whichever is declared first', (spec, message) => {
    expect(told(workload(2), budget(spec))).toEqual([problem('a', `PodDisruptionBudget nim/llama ${message}`)]);
    expect(told(budget(spec), workload(2))).toEqual([problem('b', `PodDisruptionBudget nim/llama ${message}`)]);
  });

  test.each<Manifest>([
    { maxUnavailable: 1 },
    { maxUnavailable: '1%' },
    { minAvailable: 0 },
    { minAvailable: 1 },
    { minAvailable: '50%' },
    {},
  ])('%j of 2 pods lets one go', (spec) => {
    expect(told(workload(2), budget(spec))).toEqual([]);
  });

  test('the pods of a LeaderWorkerSet are counted, not its groups', () => {
    const template = { metadata: { labels: { app: 'llama' } } };
    const groups = object('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', {
      spec: { replicas: 2, leaderWorkerTemplate: { size: 3, leaderTemplate: template, workerTemplate: template } },
    });
    expect(told(groups, budget({ minAvailable: 5 }))).toEqual([]);
    expect(told(groups, budget({ minAvailable: 6 }))).toEqual([
      expect.stringContaining('minAvailable 6, and LeaderWorkerSet nim/llama has 6 pods.'),
    ]);
  });

  test('an empty selector is about every pod, and none about nobody', () => {
    expect(told(workload(2), budget({ minAvailable: 2, selector: { matchExpressions: [] } }))).toHaveLength(1);
    expect(told(workload(2), budget({ minAvailable: 2, selector: null })).join()).not.toContain('pdb-blocks-drain');
  });

  test('half of one pod is one pod', () => {
    expect(told(workload(1), budget({ minAvailable: '50%' }))).toHaveLength(1);
  });

  test('what forbids every eviction needs no workload to be wrong, and is told at the budget then', () => {
    expect(told(budget({ maxUnavailable: 0 }))).toEqual([
      problem('a', 'PodDisruptionBudget nim/llama says maxUnavailable 0.'),
    ]);
    expect(told(budget({ minAvailable: '100%' }), workload(2, { app: 'other' }))).toEqual([
      problem('a', 'PodDisruptionBudget nim/llama says minAvailable "100%".'),
    ]);
  });

  test('a number needs pods to compare it with', () => {
    expect(told(budget({ minAvailable: 2 }))).toEqual([]);
    expect(told(budget({ minAvailable: 2 }), workload(undefined))).toEqual([]);
    expect(told(budget({ minAvailable: 2 }), workload(0))).toEqual([]);
    expect(told(budget({ minAvailable: 2 }), workload(2, { app: 'other' }))).toEqual([]);
    expect(told(budget({ minAvailable: 2 }), workload(2, undefined, { namespace: 'other' }))).toEqual([]);
  });

  test('pods of all workloads that are selected count together', () => {
    const twins = [workload(2), workload(1, { app: 'llama', track: 'canary' }, { name: 'llama-canary' })];
    expect(told(...twins, budget({ minAvailable: 2 }))).toEqual([]);
    expect(told(...twins, budget({ minAvailable: 3 }))).toEqual([
      problem(
        'a',
        'PodDisruptionBudget nim/llama says minAvailable 3, and StatefulSet nim/llama, StatefulSet nim/llama-canary have 3 pods.',
      ),
    ]);
  });

  test.each<[Manifest, boolean]>([
    [{}, true],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['llama', 'qwen'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['qwen'] }] }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['llama'] }] }, false],
    [{ matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['red'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    [{ matchLabels: { app: 'llama', track: 'canary' } }, false],
  ])('the selector %j: %s', (other, selects) => {
    expect(told(workload(1), budget({ minAvailable: 1, selector: other }))).toHaveLength(selects ? 1 : 0);
  });

  test('10,000 budgets over 10,000 workloads each find their own', () => {
    const objects = Array.from({ length: 10_000 }, (_, index) => [
      workload(1, { app: 'llama', instance: `${index}` }, { name: `llama-${index}` }),
      budget({ minAvailable: 1 }, { name: `all-${index}` }),
      budget(
        { minAvailable: 1, selector: { matchLabels: { app: 'llama', instance: `${index}` } } },
        { name: `one-${index}` },
      ),
    ]).flat();
    expect(checkManifests(objects.map((manifest, index) => ({ constructPath: `${index}`, manifest })))).toHaveLength(
      10_000,
    );
    // Every budget against every workload would take minutes.
  }, 60_000);
});
