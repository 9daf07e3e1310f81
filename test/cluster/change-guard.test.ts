import { Manifest } from '../../lib/checks/manifest-identity';
import { changeProblems } from '../../lib/checks/changes/change-guard';
import '../support/plain-text';
import { attempt, commit, find, forget, kubectl, list, until } from './cluster';
import { folder } from './synthesized';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAMESPACE = 'guard';
const LABELS = { app: 'llama' };
const POD = {
  metadata: { labels: LABELS },
  spec: {
    terminationGracePeriodSeconds: 30,
    containers: [
      { name: 'server', image: 'registry.example.com/server:1', ports: [{ name: 'http', containerPort: 8000 }] },
    ],
  },
};
const claimSpec = (storage: string) => ({
  accessModes: ['ReadWriteOnce'],
  storageClassName: 'standard-rwo',
  resources: { requests: { storage } },
});
const object = (apiVersion: string, kind: string, name: string, rest: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: NAMESPACE, labels: LABELS },
  ...rest,
});

/** What runs before the edits: one of each kind that a service is made of. No replicas, so nothing starts. */
const LIVE = {
  statefulSet: object('apps/v1', 'StatefulSet', 'llama', {
    spec: {
      replicas: 0,
      serviceName: 'llama-headless',
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: LABELS },
      updateStrategy: { type: 'RollingUpdate' },
      template: POD,
      volumeClaimTemplates: [{ metadata: { name: 'cache' }, spec: claimSpec('50Gi') }],
    },
  }),
  deployment: object('apps/v1', 'Deployment', 'llama', {
    spec: {
      replicas: 0,
      selector: { matchLabels: LABELS },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: POD,
    },
  }),
  daemonSet: object('apps/v1', 'DaemonSet', 'llama', {
    spec: {
      selector: { matchLabels: LABELS },
      template: { ...POD, spec: { ...POD.spec, nodeSelector: { nobody: 'here' } } },
    },
  }),
  groups: object('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', 'groups', {
    spec: {
      replicas: 0,
      startupPolicy: 'LeaderReady',
      rolloutStrategy: { type: 'RollingUpdate', rollingUpdateConfiguration: { maxUnavailable: 1, maxSurge: 0 } },
      leaderWorkerTemplate: { size: 2, restartPolicy: 'RecreateGroupOnPodRestart', workerTemplate: POD },
    },
  }),
  job: object('batch/v1', 'Job', 'warm', {
    spec: {
      backoffLimit: 3,
      completions: 1,
      parallelism: 1,
      template: {
        ...POD,
        spec: {
          ...POD.spec,
          containers: POD.spec.containers.map((one) => ({ ...one, resources: { limits: { cpu: '1' } } })),
          restartPolicy: 'Never',
          nodeSelector: { nobody: 'here' },
        },
      },
    },
  }),
  // Only a claim that is bound grows, and only in a class that says so.
  claim: object('v1', 'PersistentVolumeClaim', 'weights', {
    spec: { ...claimSpec('100Gi'), storageClassName: 'guard-test' },
  }),
  storageClass: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'guard-test' },
    provisioner: 'kubernetes.io/no-provisioner',
    allowVolumeExpansion: true,
    reclaimPolicy: 'Delete',
  } as Manifest,
  volume: {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'guard-test' },
    spec: {
      capacity: { storage: '100Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'guard-test',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: NAMESPACE, name: 'weights' },
      hostPath: { path: '/nowhere' },
    },
  } as Manifest,
  service: object('v1', 'Service', 'llama', {
    spec: {
      type: 'ClusterIP',
      selector: LABELS,
      ports: [{ name: 'http', port: 8000, targetPort: 'http', protocol: 'TCP' }],
    },
  }),
  headless: object('v1', 'Service', 'llama-headless', {
    spec: {
      clusterIP: 'None',
      selector: LABELS,
      ports: [{ name: 'http', port: 8000, targetPort: 'http', protocol: 'TCP' }],
    },
  }),
  budget: object('policy/v1', 'PodDisruptionBudget', 'llama', {
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: LABELS } },
  }),
  policy: object('networking.k8s.io/v1', 'NetworkPolicy', 'llama', {
    spec: { podSelector: { matchLabels: LABELS }, policyTypes: ['Ingress'], ingress: [] },
  }),
  config: object('v1', 'ConfigMap', 'config', { data: { a: '1' } }),
  sealed: object('v1', 'ConfigMap', 'sealed', { immutable: true, data: { a: '1' } }),
  quota: object('v1', 'ResourceQuota', 'gpus', { spec: { hard: { 'requests.nvidia.com/gpu': '8' } } }),
  scoped: object('v1', 'ResourceQuota', 'scoped', { spec: { hard: { pods: '8' }, scopes: ['NotTerminating'] } }),
  role: object('rbac.authorization.k8s.io/v1', 'Role', 'reader', {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  }),
  binding: object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'readers', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE }],
  }),
  priority: {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'guard-test' },
    value: 1000,
    preemptionPolicy: 'Never',
    description: 'for a test',
  } as Manifest,
  route: object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'llama', {
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: ['llama.example.com'],
      rules: [{ backendRefs: [{ name: 'llama', port: 8000, weight: 100 }] }],
    },
  }),
  scaler: object('autoscaling/v2', 'HorizontalPodAutoscaler', 'llama', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'elsewhere' },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  }),
  secret: object('v1', 'Secret', 'keys', { type: 'Opaque' }),
  devices: object('resource.k8s.io/v1', 'ResourceClaimTemplate', 'gpus', {
    spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.nvidia.com' } }] } } },
  }),
} as const;
type Live = keyof typeof LIVE;

/** An edit: the path of a field, and what becomes of it; undefined removes it. */
type Edit = readonly [live: Live, path: string, value: unknown];

const OTHER = { app: 'other' };
const container = 'template.spec.containers.0';
const EDITS: readonly Edit[] = [
  ['statefulSet', 'spec.replicas', 2],
  ['statefulSet', 'spec.replicas', undefined],
  ['statefulSet', 'spec.serviceName', 'other'],
  ['statefulSet', 'spec.podManagementPolicy', 'OrderedReady'],
  ['statefulSet', 'spec.podManagementPolicy', undefined],
  ['statefulSet', 'spec.selector.matchLabels', OTHER],
  ['statefulSet', 'spec.updateStrategy', { type: 'OnDelete' }],
  ['statefulSet', 'spec.updateStrategy', { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }],
  ['statefulSet', 'spec.minReadySeconds', 30],
  ['statefulSet', 'spec.revisionHistoryLimit', 3],
  ['statefulSet', 'spec.ordinals', { start: 1 }],
  ['statefulSet', 'spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Delete', whenScaled: 'Delete' }],
  ['statefulSet', 'spec.volumeClaimTemplates.0.spec.resources.requests.storage', '80Gi'],
  ['statefulSet', 'spec.volumeClaimTemplates.0.spec.resources.requests.storage', '51200Mi'],
  ['statefulSet', 'spec.volumeClaimTemplates.0.spec.storageClassName', 'premium-rwo'],
  ['statefulSet', 'spec.volumeClaimTemplates.0.spec.accessModes', ['ReadWriteMany']],
  ['statefulSet', 'spec.volumeClaimTemplates.0.metadata.name', 'other'],
  ['statefulSet', 'spec.volumeClaimTemplates.0.metadata.labels', OTHER],
  ['statefulSet', 'spec.volumeClaimTemplates', undefined],
  ['statefulSet', `spec.${container}.image`, 'registry.example.com/server:2'],
  ['statefulSet', `spec.${container}.env`, [{ name: 'A', value: 'b' }]],
  ['statefulSet', `spec.${container}.resources`, { limits: { 'nvidia.com/gpu': '1' } }],
  ['statefulSet', `spec.${container}.ports.0.containerPort`, 9000],
  ['statefulSet', 'spec.template.spec.terminationGracePeriodSeconds', 300],
  ['statefulSet', 'spec.template.spec.nodeSelector', { pool: 'h100' }],
  ['statefulSet', 'spec.template.metadata.labels.version', '2'],
  ['statefulSet', 'metadata.labels.version', '2'],
  ['statefulSet', 'metadata.annotations', { note: 'a' }],
  ['deployment', 'spec.selector.matchLabels', OTHER],
  ['deployment', 'spec.strategy', { type: 'Recreate' }],
  ['deployment', 'spec.strategy.rollingUpdate.maxUnavailable', 1],
  ['deployment', 'spec.progressDeadlineSeconds', 3600],
  ['deployment', 'spec.minReadySeconds', 30],
  ['deployment', 'spec.paused', true],
  ['deployment', `spec.${container}.image`, 'registry.example.com/server:2'],
  ['deployment', 'spec.replicas', 2],
  ['daemonSet', 'spec.selector.matchLabels', OTHER],
  ['daemonSet', `spec.${container}.image`, 'registry.example.com/server:2'],
  ['groups', 'spec.replicas', 1],
  ['groups', 'spec.startupPolicy', 'LeaderCreated'],
  ['groups', 'spec.leaderWorkerTemplate.size', 3],
  ['groups', 'spec.leaderWorkerTemplate.restartPolicy', 'None'],
  ['groups', 'spec.leaderWorkerTemplate.workerTemplate.spec.containers.0.image', 'registry.example.com/server:2'],
  ['groups', 'spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge', 1],
  ['groups', 'spec.networkConfig', { subdomainPolicy: 'UniquePerReplica' }],
  ['groups', 'spec.leaderWorkerTemplate.subGroupPolicy', { subGroupSize: 1 }],
  ['job', `spec.${container}.image`, 'registry.example.com/server:2'],
  ['job', `spec.${container}.resources.limits.cpu`, '1000m'],
  ['job', `spec.${container}.resources.limits.cpu`, '2'],
  ['job', `spec.${container}.args`, ['again']],
  ['job', 'spec.template.spec.nodeSelector', { pool: 'h100' }],
  ['job', 'spec.completions', 2],
  ['job', 'spec.parallelism', 2],
  ['job', 'spec.backoffLimit', 6],
  ['job', 'spec.activeDeadlineSeconds', 600],
  ['job', 'spec.ttlSecondsAfterFinished', 600],
  ['job', 'spec.completionMode', 'Indexed'],
  [
    'job',
    'spec.podFailurePolicy',
    { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'ConfigIssue', status: 'True' }] }] },
  ],
  ['claim', 'spec.resources.requests.storage', '200Gi'],
  ['claim', 'spec.resources.requests.storage', '50Gi'],
  ['claim', 'spec.storageClassName', 'premium-rwo'],
  ['claim', 'spec.accessModes', ['ReadWriteMany']],
  ['claim', 'spec.volumeMode', 'Block'],
  ['claim', 'spec.volumeMode', 'Filesystem'],
  ['claim', 'spec.selector', { matchLabels: OTHER }],
  ['claim', 'metadata.labels', OTHER],
  ['claim', 'spec.resources.requests.storage', '102400Mi'],
  ['volume', 'spec.capacity.storage', '200Gi'],
  ['volume', 'spec.persistentVolumeReclaimPolicy', 'Retain'],
  ['volume', 'spec.mountOptions', ['ro']],
  ['volume', 'spec.hostPath.path', '/elsewhere'],
  ['volume', 'spec.volumeMode', 'Block'],
  ['volume', 'metadata.labels', OTHER],
  ['service', 'spec.clusterIP', 'None'],
  ['service', 'spec.selector', OTHER],
  ['service', 'spec.type', 'NodePort'],
  ['service', 'spec.ports.0.port', 80],
  ['service', 'spec.ports.0.targetPort', 9000],
  ['service', 'spec.publishNotReadyAddresses', true],
  ['service', 'spec.sessionAffinity', 'ClientIP'],
  ['service', 'spec.internalTrafficPolicy', 'Local'],
  ['headless', 'spec.clusterIP', '10.96.0.77'],
  ['headless', 'spec.publishNotReadyAddresses', true],
  ['budget', 'spec.maxUnavailable', 2],
  ['budget', 'spec.selector.matchLabels', OTHER],
  ['budget', 'spec.unhealthyPodEvictionPolicy', 'IfHealthyBudget'],
  ['policy', 'spec.podSelector.matchLabels', OTHER],
  ['policy', 'spec.policyTypes', ['Ingress', 'Egress']],
  ['config', 'data.a', '2'],
  ['config', 'immutable', true],
  ['sealed', 'data.a', '2'],
  ['sealed', 'immutable', false],
  ['sealed', 'metadata.labels', OTHER],
  ['quota', 'spec.hard', { 'requests.nvidia.com/gpu': '4' }],
  ['scoped', 'spec.scopes', ['Terminating']],
  ['scoped', 'spec.hard.pods', '9'],
  ['role', 'rules', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]],
  ['binding', 'roleRef.name', 'writer'],
  ['binding', 'subjects', [{ kind: 'ServiceAccount', name: 'other', namespace: NAMESPACE }]],
  ['storageClass', 'provisioner', 'pd.csi.storage.gke.io'],
  ['storageClass', 'reclaimPolicy', 'Retain'],
  ['storageClass', 'parameters', { type: 'pd-ssd' }],
  ['storageClass', 'volumeBindingMode', 'WaitForFirstConsumer'],
  ['storageClass', 'allowVolumeExpansion', false],
  ['priority', 'value', 2000],
  ['priority', 'preemptionPolicy', 'PreemptLowerPriority'],
  ['priority', 'description', 'for the same test'],
  ['route', 'spec.hostnames', ['other.example.com']],
  ['route', 'spec.rules.0.backendRefs.0.weight', 50],
  ['route', 'spec.parentRefs', [{ name: 'other' }]],
  ['scaler', 'spec.maxReplicas', 9],
  ['scaler', 'spec.scaleTargetRef.name', 'other'],
  ['secret', 'type', 'example.com/keys'],
  ['devices', 'spec.spec.devices.requests.0.name', 'other'],
];

/** The manifest with one field changed. */
function edited(manifest: Manifest, path: string, value: unknown): Manifest {
  const copy = JSON.parse(JSON.stringify(manifest)) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop()!;
  const parent = steps.reduce<Record<string, unknown>>(
    (at, step) => (at[step] ??= {}) as Record<string, unknown>,
    copy,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  // The API server asks first that a selector finds the pods of its template.
  const { selector, template } = (copy.spec ?? {}) as {
    selector?: { matchLabels?: object };
    template?: { metadata: { labels: object } };
  };
  if (selector?.matchLabels && template && path.startsWith('spec.selector'))
    template.metadata.labels = { ...selector.matchLabels };
  return copy as Manifest;
}

/** What the API server answers to an apply that changes nothing: nothing, or its words. */
async function refusal(manifest: Manifest): Promise<string> {
  const args = [
    'apply',
    '--server-side',
    '--dry-run=server',
    '--force-conflicts',
    '--field-manager=kustomize-controller',
    '-f',
    '-',
  ];
  const { ok, stderr } = await attempt('kubectl', args, JSON.stringify(manifest));
  return ok ? '' : stderr.trim();
}

const guard = (before: Manifest, after: Manifest) =>
  changeProblems([before], [{ constructPath: '', manifest: after }]).filter(
    ({ check }) => check === 'immutable-change',
  );

describe('each edit of what runs, told by the guard as the API server tells it', () => {
  const answers = new Map<Edit, string>();

  beforeAll(async () => {
    await kubectl('create', 'namespace', NAMESPACE);
    await until(
      'the namespace has its account',
      async () => (await find(NAMESPACE, 'serviceaccount', 'default')) !== undefined,
    );
    const args = ['apply', '--server-side', '--field-manager=kustomize-controller', '-f', '-'];
    const { ok, stderr } = await attempt(
      'kubectl',
      args,
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: Object.values(LIVE) }),
    );
    if (!ok) throw new Error(stderr);
    await until(
      'the claim is bound',
      async () => (await find(NAMESPACE, 'persistentvolumeclaim', 'weights'))?.status?.phase === 'Bound',
    );
    const waiting = [...EDITS];
    const lane = async () => {
      for (let edit = waiting.shift(); edit; edit = waiting.shift()) {
        const [live, path, value] = edit;
        answers.set(edit, await refusal(edited(LIVE[live], path, value)));
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
  }, 120_000);

  afterAll(async () => {
    await kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await kubectl(
      'delete',
      'priorityclass,storageclass,persistentvolume',
      'guard-test',
      '--ignore-not-found',
      '--wait=false',
    );
  });

  test('there are 80 edits at least, of which many are refused and many are not', () => {
    expect(EDITS.length).toBeGreaterThanOrEqual(80);
    const refused = [...answers.values()].filter((answer) => answer !== '').length;
    expect(refused).toBeGreaterThan(25);
    expect(EDITS.length - refused).toBeGreaterThan(40);
  });

  test.each(
    EDITS.map((edit) => ({ edit, what: `${edit[0]}: ${edit[1]} becomes ${JSON.stringify(edit[2]) ?? 'nothing'}` })),
  )('$what', ({ edit }) => {
    const [live, path, value] = edit;
    const told = guard(LIVE[live], edited(LIVE[live], path, value));
    expect({ refused: told.length > 0, answer: answers.get(edit) }).toEqual({
      refused: answers.get(edit) !== '',
      answer: answers.get(edit),
    });
  });
});

describe('what the API server takes and operators regret', () => {
  const written = (...manifests: readonly Manifest[]) => {
    const path = folder();
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'all.yaml'), manifests.map((manifest) => `---\n${JSON.stringify(manifest)}\n`).join(''));
    return path;
  };
  const inNamespace = (namespace: string, manifest: Manifest, spec: object) =>
    ({
      ...manifest,
      metadata: { ...(manifest.metadata as object), namespace },
      spec: { ...(manifest.spec as object), ...spec },
    }) as Manifest;
  const space = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const scaler = (namespace: string) =>
    inNamespace(namespace, LIVE.scaler, {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama' },
      minReplicas: 1,
      maxReplicas: 3,
    });
  const three = (namespace: string, replicas?: number) =>
    inNamespace(namespace, LIVE.statefulSet, { replicas, volumeClaimTemplates: undefined });
  const pods = async (namespace: string) =>
    (await list(namespace, 'pods')).filter(({ metadata }) => !metadata.deletionTimestamp).length;

  test.each`
    namespace        | first    | remain
    ${'handover'}    | ${false} | ${1}
    ${'handed-over'} | ${true}  | ${3}
  `(
    'replicas leave Git for a scaler, with the command of the guard: $first; $remain of 3 pods remain',
    async ({ namespace, first, remain }) => {
      const before = [space(namespace), three(namespace, 3)];
      const after = [space(namespace), three(namespace), scaler(namespace)];
      const [problem] = changeProblems(
        before,
        after.map((manifest) => ({ constructPath: '', manifest })),
      );
      expect(problem?.check).toBe('scaler-handover');
      await commit(namespace, written(...before));
      await until('three pods', async () => (await pods(namespace)) === 3);
      if (first) {
        const [, text] = /echo '(.*)' \|/.exec(problem!.remedy)!;
        const args = ['apply', '--server-side', '--field-manager=scaler-handover', '-f', '-'];
        expect(await attempt('kubectl', args, text)).toMatchObject({ ok: true });
      }
      await commit(namespace, written(...after));
      await until(`${remain} pods`, async () => (await pods(namespace)) === remain);
      await new Promise((next) => setTimeout(next, 3000));
      expect(await pods(namespace)).toBe(remain);
      await forget(namespace, namespace);
    },
  );

  test('a claim that a commit leaves out is deleted, unless it was annotated before', async () => {
    const claim = (annotations?: Record<string, string>) =>
      ({ ...LIVE.claim, metadata: { name: 'weights', namespace: 'pruned', annotations } }) as Manifest;
    const gone = [space('pruned')];
    expect(changeProblems([...gone, claim()], []).map(({ check }) => check)).toContain('deleted-data');
    await commit('pruned', written(...gone, claim()));
    await commit('pruned', written(...gone));
    await until(
      'the claim is gone',
      async () => (await find('pruned', 'persistentvolumeclaim', 'weights')) === undefined,
    );
    const kept = claim({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    expect(changeProblems([kept], [])).toEqual([]);
    await commit('pruned', written(...gone, kept));
    await commit('pruned', written(...gone));
    expect(await find('pruned', 'persistentvolumeclaim', 'weights')).toBeDefined();
    await forget('pruned', 'pruned');
  });
});
