import { ApiObject, App } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { TenantNamespace, TenantNamespaceProps } from '../../lib/tenancy/tenant-namespace';
import { refusalsOf } from '../support/messages';
import { inventoryOf, manifestOf, manifestsOf, yamlOf } from '../support/yaml-of';

const tenant = (props?: TenantNamespaceProps) => new TenantNamespace(new App(), 'nim', props);

test('a namespace with Pod Security and default deny; no quota unless asked for', () => {
  expect(inventoryOf(tenant())).toMatchInlineSnapshot(`
   Namespace nim
   NetworkPolicy default-deny
  `);
  expect(yamlOf(tenant(), 'Namespace', 'nim')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: Namespace
   metadata:
     name: nim
     labels:
       pod-security.kubernetes.io/enforce: restricted
       pod-security.kubernetes.io/warn: restricted
     annotations:
       kustomize.toolkit.fluxcd.io/prune: disabled
  `);
  expect(yamlOf(tenant(), 'NetworkPolicy', 'default-deny')).toMatchInlineSnapshot(`
   apiVersion: networking.k8s.io/v1
   kind: NetworkPolicy
   metadata:
     name: default-deny
     namespace: nim
   spec:
     podSelector: {}
     policyTypes:
       - Ingress
       - Egress
  `);
});

test('a quota of GPUs', () => {
  expect(yamlOf(tenant({ gpus: 2 }), 'ResourceQuota', 'gpu')).toMatchInlineSnapshot(`
   apiVersion: v1
   kind: ResourceQuota
   metadata:
     name: gpu
     namespace: nim
   spec:
     hard:
       requests.nvidia.com/gpu: "2"
  `);
});

test('of slices under their own name', () => {
  const gpuResourceName = 'nvidia.com/mig-3g.40gb';
  expect(yamlOf(tenant({ gpus: 0, gpuResourceName }), 'ResourceQuota', 'gpu', 'spec.hard')).toMatchInlineSnapshot(`
   hard:
     requests.nvidia.com/mig-3g.40gb: "0"
  `);
});

test('baseline is enforced where an image needs it, and restricted still warns', () => {
  const labels = { team: 'ml', 'pod-security.kubernetes.io/enforce': 'privileged' };
  expect(yamlOf(tenant({ podSecurity: 'baseline', labels }), 'Namespace', 'nim', 'metadata.labels'))
    .toMatchInlineSnapshot(`
   labels:
     pod-security.kubernetes.io/enforce: baseline
     pod-security.kubernetes.io/warn: restricted
     team: ml
  `);
});

test('what is put in it is in the namespace, and the Namespace itself in none', () => {
  const nim = tenant({ name: 'team-a' });
  new k8s.KubeConfigMap(nim, 'settings', { metadata: { name: 'settings' } });
  expect(manifestsOf(nim).map(({ kind, metadata }) => [kind, (metadata as { namespace?: string }).namespace])).toEqual([
    ['Namespace', undefined],
    ['NetworkPolicy', 'team-a'],
    ['ConfigMap', 'team-a'],
  ]);
});

test('the main object is the Namespace', () => {
  expect(ApiObject.of(tenant()).kind).toBe('Namespace');
});

test('what cannot be is told at once', () => {
  expect(refusalsOf(tenant({ name: 'Team_A', gpus: -1, labels: { 'a b': 'c' } }))).toMatchInlineSnapshot(`
   nim: names
     namespace "Team_A" is not an RFC 1123 label.
     Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
   nim: names
     namespace label key "a b" is not a label key.
     Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
   nim: numbers
     gpus is -1.
     Use a whole number, 0 or more.
  `);
  expect(refusalsOf(tenant({ gpus: 1, gpuResourceName: 'gpu' }))).toMatchInlineSnapshot(`
   nim: names
     The quota counts "gpu", which is not the name of an extended resource.
     Use the resourceName of the node pool, such as nvidia.com/gpu.
  `);
});

/** Every option at a value that differs from its default, so that taking it away changes the YAML. */
const EVERYTHING: Required<TenantNamespaceProps> = {
  name: 'team-a',
  gpus: 4,
  gpuResourceName: 'nvidia.com/mig-3g.40gb',
  podSecurity: 'baseline',
  labels: { team: 'ml' },
  defaultDeny: false,
};

test.each(Object.keys(EVERYTHING) as (keyof TenantNamespaceProps)[])('the option %s does something', (option) => {
  const all = JSON.stringify(manifestsOf(tenant(EVERYTHING)));
  expect(JSON.stringify(manifestsOf(tenant({ ...EVERYTHING, [option]: undefined })))).not.toBe(all);
});

test('the Namespace has no empty parts', () => {
  expect(Object.keys(manifestOf(tenant(), 'Namespace', 'nim'))).toEqual(['apiVersion', 'kind', 'metadata']);
});
