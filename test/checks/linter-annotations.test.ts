import { k8s } from 'cdk8s-plus-30';
import { WorkloadKind } from '../../lib/checks/declared-workload';
import { deliberateExceptions, linterAnnotations } from '../../lib/checks/linter-annotations';
import { toYaml } from '../../lib/gitops/yaml';
import '../support/plain-text';

const plain: k8s.PodSpec = {
  securityContext: { runAsUser: 20_000 },
  containers: [
    {
      name: 'server',
      imagePullPolicy: 'Always',
      resources: { limits: { cpu: k8s.Quantity.fromString('4') } },
      env: [{ name: 'LOG', value: 'info' }],
    },
  ],
};
const [server] = plain.containers;
const one = { kind: 'StatefulSet', replicas: 1 } as const;

test('a pod that does what linters ask for says nothing', () => {
  expect(deliberateExceptions(plain, one)).toEqual({});
  expect(linterAnnotations({})).toBeUndefined();
});

test.each<[string, k8s.PodSpec, string]>([
  ['no CPU limit', { ...plain, containers: [{ ...server!, resources: {} }] }, 'cpu-limit'],
  ['a container that starts before', { ...plain, initContainers: [{ ...server!, resources: {} }] }, 'cpu-limit'],
  [
    'an image that is there',
    { ...plain, containers: [{ ...server!, imagePullPolicy: 'IfNotPresent' }] },
    'image-pull-policy',
  ],
  ['the user of the image', { ...plain, securityContext: { runAsUser: 1000 } }, 'low-user-id'],
  [
    'a user of the container',
    { ...plain, containers: [{ ...server!, securityContext: { runAsUser: 2000 } }] },
    'low-user-id',
  ],
  [
    'a key',
    {
      ...plain,
      containers: [{ ...server!, env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }],
    },
    'secret-in-environment',
  ],
])('%s is told', (_, pod, exception) => {
  expect(Object.keys(deliberateExceptions(pod, one))).toEqual([exception]);
});

test('a key that the server never has is told as one of the download', () => {
  const env = [{ name: 'K', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }];
  const told = (pod: k8s.PodSpec) => deliberateExceptions(pod, one)['secret-in-environment'];
  expect(told({ ...plain, initContainers: [{ ...server!, env }] })).toContain('ends before the server starts');
  expect(told({ ...plain, containers: [{ ...server!, env }] })).toContain('the server reads');
});

test.each<[WorkloadKind, number, string[]]>([
  ['StatefulSet', 1, []],
  ['StatefulSet', 2, ['host-anti-affinity']],
  ['Deployment', 1, ['single-replica']],
  ['Deployment', 2, ['deployment-anti-affinity']],
  ['LeaderWorkerSet', 2, []],
])('a %s of %d: %j', (kind, replicas, exceptions) => {
  expect(Object.keys(deliberateExceptions(plain, { kind, replicas }))).toEqual(exceptions);
  const apart = { ...plain, affinity: { podAntiAffinity: {} } };
  if (replicas > 1) expect(deliberateExceptions(apart, { kind, replicas })).toEqual({});
});

test('each linter reads it in its own words', () => {
  const text = toYaml(linterAnnotations({ 'low-user-id': 'the image has it', 'image-pull-policy': 'it is there' })!);
  expect(text).toMatchInlineSnapshot(`
checkov.io/skip1: CKV_K8S_40=the image has it
checkov.io/skip2: CKV_K8S_15=it is there
kube-score/ignore: container-security-context-user-group-id,container-image-pull-policy
polaris.fairwinds.com/pullPolicyNotAlways-exempt: "true"
`);
});
