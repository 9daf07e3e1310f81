import fc from 'fast-check';
import { changeProblems } from '../../lib/checks/changes/change-guard';
import { Manifest } from '../../lib/checks/manifest-identity';

/** Everything that a rule of the guard looks at, by API version. */
const KINDS: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'Deployment'],
  ['leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet'],
  ['v1', 'Service'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'PersistentVolume'],
  ['v1', 'ConfigMap'],
  ['batch/v1', 'Job'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['gateway.envoyproxy.io/v1alpha1', 'Backend'],
  ['inference.networking.k8s.io/v1', 'InferencePool'],
  ['keda.sh/v1alpha1', 'ScaledObject'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
];

/** Fields that rules read, where somebody else's manifest may have anything. */
const FIELDS = [
  ...['selector', 'matchLabels', 'matchExpressions', 'podSelector', 'template', 'metadata', 'labels', 'annotations'],
  ...['rules', 'matches', 'headers', 'path', 'backendRefs', 'name', 'namespace', 'kind', 'weight', 'host', 'hostnames'],
  ...[
    'http',
    'paths',
    'backend',
    'service',
    'endpoints',
    'fqdn',
    'scaleTargetRef',
    'replicas',
    'resources',
    'requests',
  ],
  ...['leaderWorkerTemplate', 'leaderTemplate', 'workerTemplate', 'size', 'type', 'value', 'storage'],
  'nginx.ingress.kubernetes.io/canary',
  'kustomize.toolkit.fluxcd.io/force',
  'kustomize.toolkit.fluxcd.io/ssa',
] as const;

const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, 50, '', 'a', 'b', 'true', 'disabled', 'enabled', 'IfNotPresent'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...FIELDS), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** Specs of which rules read something at once, beside such as say anything. */
const spec = fc.oneof(
  anything,
  fc.record(
    Object.fromEntries(
      ['selector', 'podSelector', 'template', 'leaderWorkerTemplate', 'replicas', 'resources', 'rules'].map((field) => [
        field,
        anything,
      ]),
    ),
    { requiredKeys: [], noNullPrototype: true },
  ),
);

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    type: fc.constantFrom(...KINDS),
    name: fc.constantFrom('a', 'b'),
    labels: anything,
    annotations: anything,
    spec,
  })
  .map(({ type: [apiVersion, kind], name, labels, annotations, spec }) => ({
    apiVersion,
    kind,
    metadata: { name, namespace: 'nim', labels, annotations },
    spec,
  }));
/** Pods that selectors are asked about: where there are none, nobody looks at what a selector says. */
const PODS: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'pods', namespace: 'nim' },
  spec: { template: { metadata: { labels: { a: 'a' } } } },
};
/** Each object once, as in a cluster. */
const state = fc
  .uniqueArray(manifest, {
    maxLength: 6,
    selector: ({ kind, metadata }) => `${kind as string} ${(metadata as { name: string }).name}`,
  })
  .map((manifests) => [PODS, ...manifests]);
const located = (manifests: readonly Manifest[]) => manifests.map((each) => ({ constructPath: 'x', manifest: each }));

test('whatever manifests say, the guard reads them and tells in words', () => {
  fc.assert(
    fc.property(state, state, (before, after) => {
      for (const { message, remedy } of changeProblems(before, located(after))) {
        expect(`${message} ${remedy}`).not.toMatch(/undefined|NaN|\[object/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('where nothing changes, nothing is said', () => {
  fc.assert(
    fc.property(state, (same) => {
      expect(changeProblems(same, located(same))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
