import { k8s } from 'cdk8s-plus-30';
import {
  CanaryStrategy,
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferencePriorityClasses,
  TenantNamespace,
} from '../../lib';
import { apply, attempt, commit, forget, get, kubectl, serving, until } from './cluster';
import { nodeOf } from './nodes';
import { llama, nim } from './services';
import { synthesized } from './synthesized';

/** A GPU for each service, and one for the candidate of a release. */
const POOL = GpuNodePool.gke({ name: 'tenants', machineType: 'g2-standard-4', maxNodes: 5, zones: ['us-central1-a'] });
const NODES = Array.from({ length: POOL.maxNodes }, (_, at) => `tenants-a-${at + 1}`);

const EDGE = {
  gateway: new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' }),
  hostname: 'llama.example.com',
};
const TEAM = { viewers: ['ml-readers'], debuggers: ['ml-oncall'], deployers: ['ml-ci'] };
const RESTRICTED = {
  runAsNonRoot: true,
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod as somebody might make one by hand. */
const pod = (namespace: string, name: string, spec: object = {}, container: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { containers: [{ name: 'tool', image: 'tool:1', securityContext: RESTRICTED, ...container }], ...spec },
});
const refusal = (object: object) =>
  apply(object).then(
    () => 'accepted',
    (error: Error) => error.message.replace(/^.*?(?=is forbidden)/s, '').replace(/^is forbidden: /, ''),
  );

/** Three teams of one app. */
const teams = (app: InferenceApp) => {
  new InferencePriorityClasses(new TenantNamespace(app, 'platform', { quota: false }), 'priorities');
  const stated = { nodePool: POOL };
  const priorityClasses = ['inference-serving'];
  llama(new TenantNamespace(app, 'tenant', { team: TEAM, flux: {}, priorityClasses }), stated);

  const canary = { runtime: nim('1.1.0'), step: 'smoke' as const, strategy: CanaryStrategy.weightedTwins() };
  llama(new TenantNamespace(app, 'tenant-release', { gpus: 2 }), { ...stated, canary, route: EDGE });

  const unbound = new TenantNamespace(app, 'tenant-unbound', { quota: false, priorityClasses });
  llama(unbound, stated);
  const labels = { app: 'tool' };
  new k8s.KubeStatefulSet(unbound, 'tool', {
    metadata: { name: 'tool' },
    spec: {
      serviceName: 'tool',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'tool', image: 'tool:1', securityContext: RESTRICTED }] },
      },
    },
  });
};

let folder: string;
beforeAll(async () => {
  await apply(...NODES.map((name) => nodeOf(POOL, name)));
  folder = synthesized(teams);
  await commit('tenancy', folder);
  await serving('tenant', 'llama-0');
  // Flux takes half a minute to be sure of the health of anything; it is asked below what it found.
  await apply({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'llama', namespace: 'tenant' },
    spec: {
      interval: '1m',
      path: './30-services/tenant',
      prune: false,
      wait: true,
      timeout: '1m',
      serviceAccountName: 'flux',
      sourceRef: { kind: 'GitRepository', name: 'tenancy', namespace: 'flux-system' },
    },
  });
});
afterAll(async () => {
  await kubectl('delete', 'kustomization', 'llama', '-n', 'tenant', '--ignore-not-found');
  await forget('tenancy', 'tenant', 'tenant-release', 'tenant-unbound', 'platform');
  await forget('claims', 'tenant-claims');
  await forget('namespaces');
  await kubectl('delete', 'node', ...NODES);
});

describe('a namespace with one service, and nothing stated', () => {
  test('the service fills the derived quota to the last of everything', async () => {
    const { hard, used } = await until('the quota is counted', async () => {
      const { status } = await get('tenant', 'resourcequota', 'quota');
      return status?.used?.pods === '1' && status;
    });
    expect(used).toEqual(hard);
    expect(hard).toMatchObject({ 'requests.nvidia.com/gpu': '1', pods: '1', persistentvolumeclaims: '1' });
  });

  test('one more pod is refused, with the numbers', async () => {
    expect(await refusal(pod('tenant', 'one-more'))).toMatchInlineSnapshot(
      `"exceeded quota: quota, requested: pods=1,requests.cpu=100m,requests.memory=256Mi, used: pods=1,requests.cpu=3100m,requests.memory=11Gi, limited: pods=1,requests.cpu=3100m,requests.memory=11Gi"`,
    );
  });

  test('so is a door past the gateway', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'door', namespace: 'tenant' } };
    const ports = [{ port: 80 }];
    expect(await refusal({ ...service, spec: { type: 'LoadBalancer', ports } })).toMatchInlineSnapshot(
      `"exceeded quota: quota, requested: services.loadbalancers=1,services.nodeports=1, used: services.loadbalancers=0,services.nodeports=0, limited: services.loadbalancers=0,services.nodeports=0"`,
    );
    expect(await refusal({ ...service, spec: { type: 'NodePort', ports } })).toMatchInlineSnapshot(
      `"exceeded quota: quota, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0"`,
    );
  });

  test('and a pod that runs as root', async () => {
    expect(await refusal(pod('tenant', 'root', {}, { securityContext: {} }))).toContain(
      'violates PodSecurity "restricted:v1.36"',
    );
  });

  test('the defaults leave the pods of a service as they are', async () => {
    const { spec: asked } = (await get('tenant', 'statefulset', 'llama')).spec.template;
    const { spec: got } = await get('tenant', 'pod', 'llama-0');
    expect(got.containers[0].resources).toEqual(asked.containers[0].resources);
    expect(got.containers[0].resources.limits).not.toHaveProperty('cpu');
    expect(got.priorityClassName).toBe('inference-serving');
    expect(got.priority).toBe(1_000_000);
  });

  test.each`
    who                                    | may                                               | yes
    ${'--as-group=ml-readers'}             | ${'list pods'}                                    | ${true}
    ${'--as-group=ml-readers'}             | ${'get httproutes'}                               | ${true}
    ${'--as-group=ml-readers'}             | ${'get pods --subresource=log'}                   | ${false}
    ${'--as-group=ml-readers'}             | ${'get secrets'}                                  | ${false}
    ${'--as-group=ml-readers'}             | ${'delete pods'}                                  | ${false}
    ${'--as-group=ml-oncall'}              | ${'get pods --subresource=log'}                   | ${true}
    ${'--as-group=ml-oncall'}              | ${'create pods --subresource=exec'}               | ${true}
    ${'--as-group=ml-oncall'}              | ${'create pods --subresource=portforward'}        | ${true}
    ${'--as-group=ml-oncall'}              | ${'patch pods --subresource=ephemeralcontainers'} | ${true}
    ${'--as-group=ml-oncall'}              | ${'get secrets'}                                  | ${false}
    ${'--as-group=ml-oncall'}              | ${'patch statefulsets'}                           | ${false}
    ${'--as-group=ml-ci'}                  | ${'patch statefulsets'}                           | ${true}
    ${'--as-group=ml-ci'}                  | ${'create externalsecrets'}                       | ${true}
    ${'--as-group=ml-ci'}                  | ${'get secrets'}                                  | ${false}
    ${'--as-group=ml-ci'}                  | ${'create pods --subresource=exec'}               | ${false}
    ${'--as-group=ml-ci'}                  | ${'patch resourcequotas'}                         | ${false}
    ${'--as-group=ml-ci'}                  | ${'create rolebindings'}                          | ${false}
    ${'--as-group=somebody'}               | ${'list pods'}                                    | ${false}
    ${'--as-group=system:serviceaccounts'} | ${'list pods'}                                    | ${false}
  `('$who may $may: $yes', async ({ who, may, yes }) => {
    const { ok } = await attempt('kubectl', [
      'auth',
      'can-i',
      ...(may as string).split(' '),
      '-n',
      'tenant',
      '--as=somebody',
      who,
    ]);
    expect(ok).toBe(yes);
  });

  test("Flux's account may apply what the library wrote for the service, and nothing of the namespace itself", async () => {
    const as = '--as=system:serviceaccount:tenant:flux';
    const applied = (path: string) =>
      attempt('kubectl', ['apply', '--server-side', '--force-conflicts', '-R', '-f', `${folder}/${path}`, as]);
    expect(await applied('20-secrets/tenant.yaml')).toMatchObject({ ok: true });
    expect(await applied('30-services/tenant')).toMatchObject({ ok: true });
    expect((await applied('10-namespaces/tenant.yaml')).stderr).toMatch(/resourcequotas "quota" is forbidden/);
    expect((await applied('00-cluster')).stderr).toMatch(/namespaces "tenant" is forbidden/);
    const elsewhere = await attempt('kubectl', ['auth', 'can-i', 'get', 'services', '-n', 'default', as]);
    expect(elsewhere.ok).toBe(false);
  });

  test('a Kustomization in the namespace applies with that account and sees the service get ready', async () => {
    await until(
      'the Kustomization is ready',
      async () => {
        const { status } = await get('tenant', 'kustomization', 'llama');
        const ready = (status?.conditions ?? []).find(({ type }: { type: string }) => type === 'Ready');
        return ready?.status === 'True';
      },
      () => kubectl('get', 'kustomization', 'llama', '-n', 'tenant', '-o', 'yaml'),
      75,
    );
  });
});

describe('a release', () => {
  // And for the small Job that asks the candidate its first question.
  test('the quota has room for the canary, and for nothing beside it', async () => {
    await serving('tenant-release', 'llama-0');
    await serving('tenant-release', 'llama-canary-0');
    await until('the Job has ended, and counts no more', async () => {
      const { status } = await get('tenant-release', 'resourcequota', 'quota');
      return status?.used?.pods === '2';
    });
    const gpu = { resources: { limits: { 'nvidia.com/gpu': 1, memory: '1Gi', cpu: '1' } } };
    expect(await refusal(pod('tenant-release', 'third', {}, gpu))).toMatchInlineSnapshot(
      `"exceeded quota: quota, requested: requests.cpu=1,requests.memory=1Gi,requests.nvidia.com/gpu=1, used: requests.cpu=6200m,requests.memory=22Gi,requests.nvidia.com/gpu=2, limited: requests.cpu=6210m,requests.memory=22592Mi,requests.nvidia.com/gpu=2"`,
    );
  });
});

describe('a namespace without a quota', () => {
  test('a container that states nothing gets its requests from the namespace', async () => {
    const { spec } = await serving('tenant-unbound', 'tool-0');
    expect(spec.containers[0].resources).toEqual({
      limits: { memory: '512Mi' },
      requests: { cpu: '100m', memory: '256Mi' },
    });
  });

  // Where a quota is full as well, the API server names either of the two.
  test('a pod of a priority class that is not allowed is refused', async () => {
    const batch = pod('tenant-unbound', 'batch', { priorityClassName: 'inference-batch' });
    expect(await refusal(batch)).toContain('exceeded quota: other-priority-classes');
  });
});

test('a claim that comes with a larger quota wants the quota first: Flux asks for everything before it applies anything', async () => {
  const service = (more: (team: TenantNamespace) => unknown = () => undefined) =>
    synthesized((app) => {
      const team = new TenantNamespace(app, 'tenant-claims');
      llama(team, { nodePool: POOL });
      more(team);
    });
  const withClaim = service((team) => {
    new k8s.KubePersistentVolumeClaim(team, 'weights', {
      metadata: { name: 'weights' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: k8s.Quantity.fromString('10Gi') } },
      },
    });
  });
  await commit('claims', service());
  await expect(commit('claims', withClaim)).rejects.toThrow(/exceeded quota: quota/);
  await commit('namespaces', `${withClaim}/10-namespaces`);
  await commit('claims', withClaim);
});
