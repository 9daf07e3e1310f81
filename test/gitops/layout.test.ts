import { App, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import * as fc from 'fast-check';
import { InferenceApp } from '../../lib/gitops/inference-app';
import { layoutByConcern, pathProblem } from '../../lib/gitops/layout';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';

const chart = new Chart(new App({ outdir: 'unused' }), 'platform');

function fileOf(apiVersion: string, kind: string, metadata: object, spec?: object): string {
  return layoutByConcern({ apiVersion, kind, metadata, spec }, chart);
}

const llama = { name: 'llama', namespace: 'nim', labels: { 'app.kubernetes.io/instance': 'llama3-8b' } };

test.each<[string, string, string]>([
  ['v1', 'Namespace', '00-cluster/llama.yaml'],
  ['scheduling.k8s.io/v1', 'PriorityClass', '00-cluster/priorityclass.scheduling.k8s.io.yaml'],
  ['v1', 'PersistentVolume', '00-cluster/persistentvolume.core.yaml'],
  ['kyverno.io/v1', 'ClusterPolicy', '00-cluster/clusterpolicy.kyverno.io.yaml'],
  ['v1', 'ResourceQuota', '10-namespaces/nim.yaml'],
  ['v1', 'LimitRange', '10-namespaces/nim.yaml'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', '10-namespaces/nim.yaml'],
  ['kueue.x-k8s.io/v1beta2', 'LocalQueue', '10-namespaces/nim.yaml'],
  ['external-secrets.io/v1', 'ExternalSecret', '20-secrets/nim.yaml'],
  ['secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass', '20-secrets/nim.yaml'],
  ['apps/v1', 'StatefulSet', '30-services/nim/llama3-8b.yaml'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute', '30-services/nim/llama3-8b.yaml'],
])('%s %s stands in %s', (apiVersion, kind, path) => {
  expect(fileOf(apiVersion, kind, llama)).toBe(path);
});

test.each<[string, object | undefined, string]>([
  ['every pod', { podSelector: {} }, '10-namespaces/nim.yaml'],
  ['every pod, in more words', { podSelector: { matchLabels: {} } }, '10-namespaces/nim.yaml'],
  ['one service', { podSelector: { matchLabels: { app: 'llama' } } }, '30-services/nim/llama3-8b.yaml'],
  [
    'one service, by expression',
    { podSelector: { matchExpressions: [{ key: 'a' }] } },
    '30-services/nim/llama3-8b.yaml',
  ],
])('a NetworkPolicy for %s', (_, spec, path) => {
  expect(fileOf('networking.k8s.io/v1', 'NetworkPolicy', llama, spec)).toBe(path);
});

test('without the label the chart names the file, and without a namespace it is default', () => {
  expect(fileOf('v1', 'ConfigMap', { name: 'x' })).toBe('30-services/default/platform.yaml');
});

test.each<[string, string]>([
  ['con', '30-services/_con/platform.yaml'],
  ['nim', '30-services/nim/platform.yaml'],
  ['NIM', '30-services/nim/platform.yaml'],
  ['../../etc', '30-services/etc/platform.yaml'],
  ['a/b\\c:d', '30-services/a-b-c-d/platform.yaml'],
])('the namespace %s stands in %s', (namespace, path) => {
  expect(fileOf('v1', 'ConfigMap', { name: 'x', namespace })).toBe(path);
});

test('whatever the names, the path is one for every file system', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), (namespace, instance) => {
      const path = fileOf('v1', 'ConfigMap', { namespace, labels: { 'app.kubernetes.io/instance': instance } });
      expect(pathProblem(path)).toBeUndefined();
      expect(path).toBe(path.toLowerCase());
    }),
  );
});

test.each<[unknown, string]>([
  [undefined, 'is no path'],
  ['a.yml', 'does not end with .yaml'],
  ['../a.yaml', 'has an empty, "." or ".." step'],
  ['/etc/a.yaml', 'has an empty, "." or ".." step'],
  ['a\\b.yaml', 'is no file name on every file system'],
  ['.hidden.yaml', 'is no file name on every file system'],
  [`${'a'.repeat(300)}.yaml`, 'is no file name on every file system'],
  ['aux/a.yaml', 'is the name of a device on Windows'],
])('the path %p %s', (path, problem) => {
  expect(pathProblem(path)).toBe(problem);
});

test("Flux's account stands with the namespace, as Flux needs it before it applies a service; other accounts do not", () => {
  const app = new InferenceApp({ outdir: '/nowhere' });
  const nim = new TenantNamespace(app, 'nim', { flux: {} });
  new k8s.KubeServiceAccount(nim, 'own', { metadata: { name: 'own' } });
  const accounts = app.manifests().filter(({ manifest }) => manifest.kind === 'ServiceAccount');
  expect(accounts.map(({ path }) => path)).toEqual(['10-namespaces/nim.yaml', '30-services/nim/nim.yaml']);
});
