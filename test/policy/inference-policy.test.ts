import { App, Chart, Duration } from 'cdk8s';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { InferencePolicy } from '../../lib/policy/inference-policy';
import { InferencePolicyProps } from '../../lib/policy/inference-policy-props';
import { POLICY_RULES } from '../../lib/policy/policy-rules';
import { EXAMPLES, ROOT, synthesizeProgram } from '../conformance/synthesized-program';
import { refusalsOf } from '../support/messages';
import { L4, POOLS } from '../support/pools';
import { inventoryOf, Manifest, manifestOf, manifestsOf, yamlOf } from '../support/yaml-of';
import { brokenRules, toldOf } from './admission';
import { BAD, cpuSpec, GOOD, gpuSpec, KINDS, manifestWith, PodSpec, template } from './manifests';

/** An example in which the library makes only a part of the pod. */
const BY_HAND = 'gpu-node-affinity';

const REGISTRIES = ['nvcr.io/nim', 'registry.example.com/team'];

function policyOf(props: Partial<InferencePolicyProps> = {}): Chart {
  const app = new App({ outdir: 'unused' });
  return new InferencePolicy(app, 'inference-policy', { pools: [L4], registries: REGISTRIES, mode: 'deny', ...props });
}

const denied = (props?: Partial<InferencePolicyProps>) =>
  manifestOf(policyOf(props), 'ValidatingAdmissionPolicy', 'inference-policy-deny');

describe('what is judged by the rules', () => {
  const policy = denied();

  test.each(BAD)('$rule refuses: $title', (change) => {
    expect(brokenRules(policy, manifestWith(change, 'Pod'))).toEqual([change.rule]);
  });

  test.each(GOOD)('$rule admits: $title', (change) => {
    expect(toldOf(policy, manifestWith(change, 'Deployment'))).toBeUndefined();
  });

  test('every rule has something bad and something good', () => {
    const ids = POLICY_RULES.map(({ id }) => id);
    expect([...new Set(BAD.map(({ rule }) => rule))]).toEqual(ids);
    expect([...new Set(GOOD.map(({ rule }) => rule))]).toEqual(ids);
  });

  describe.each(Object.keys(KINDS))('in a %s', (kind) => {
    test('a good pod is admitted', () => {
      expect(toldOf(policy, KINDS[kind]!(template(gpuSpec())))).toBeUndefined();
    });
    test('a bad one is refused', () => {
      const spec = { ...gpuSpec(), hostIPC: true };
      expect(brokenRules(policy, KINDS[kind]!(template(spec)))).toEqual(['host-namespaces']);
    });
  });

  test('both kinds of pods of a LeaderWorkerSet, and what has no template of its own', () => {
    const group = KINDS.LeaderWorkerSet!(template(gpuSpec()));
    group.spec.leaderWorkerTemplate.leaderTemplate = template({ ...gpuSpec(), hostPID: true });
    expect(brokenRules(policy, group)).toEqual(['host-namespaces']);
    delete group.spec.leaderWorkerTemplate.leaderTemplate;
    expect(brokenRules(policy, group)).toEqual([]);
    const rollout = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'r' },
      spec: { workloadRef: {} },
    };
    expect(brokenRules(policy, rollout)).toEqual([]);
  });

  test('agents that run on every node may tolerate every taint, as DaemonSet and as its pods', () => {
    const agent = template({ ...cpuSpec(), tolerations: [{ operator: 'Exists' }] });
    expect(brokenRules(policy, KINDS.DaemonSet!(agent))).toEqual([]);
    expect(brokenRules(policy, KINDS.Pod!(agent))).toEqual(['gpu-nodes-reserved']);
    const pod = KINDS.Pod!(agent);
    const owned = { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ kind: 'DaemonSet', name: 'agent' }] } };
    expect(brokenRules(policy, owned)).toEqual([]);
  });

  test('all that is wrong is told at once', () => {
    const spec = {
      containers: [{ name: 'vllm', image: 'vllm/vllm-openai', resources: { limits: { 'nvidia.com/gpu': '8' } } }],
    };
    expect(toldOf(policy, KINDS.Pod!(template(spec)))!.replaceAll('; ', ';\n')).toMatchInlineSnapshot(`
image-registry: the container vllm runs docker.io/vllm/vllm-openai. Images come from nvcr.io/nim, registry.example.com/team;
image-pinning: the container vllm runs docker.io/vllm/vllm-openai, whose tag moves. Write repository:tag@sha256:...;
run-as-non-root: the container vllm may run as root. Set runAsNonRoot: true and no runAsUser: 0;
privilege-escalation: the container vllm may gain rights. Set allowPrivilegeEscalation: false;
capabilities: the container vllm keeps capabilities. Drop ALL and add none;
seccomp: the container vllm has no seccomp profile. Set seccompProfile.type: RuntimeDefault;
gpu-requests: the container vllm asks for a GPU but for no CPU or no memory. State both requests;
gpu-count: the pod asks for 8 GPUs. At most 1 are allowed;
gpu-pool: the pod may land outside of the GPU pools. Require by nodeSelector or node affinity the labels of one: cloud.google.com/gke-nodepool=gpupool;
service-account-token: the GPU pod mounts a token for the API server. Set automountServiceAccountToken: false
`);
  });

  test('an update that leaves the pods as they are is not judged', () => {
    const bad = KINDS.Deployment!(template({ ...gpuSpec(), hostIPC: true }));
    const scaled = { ...bad, spec: { ...bad.spec, replicas: 3 } };
    expect(toldOf(policy, scaled, { before: bad })).toBeUndefined();
    expect(brokenRules(policy, bad, { before: KINDS.Deployment!(template(gpuSpec())) })).toEqual(['host-namespaces']);
    const pod = KINDS.Pod!(template({ ...gpuSpec(), hostIPC: true }));
    expect(toldOf(policy, { ...pod, metadata: { name: 'by-hand' } }, { before: pod })).toBeUndefined();
  });
});

describe('dist/', () => {
  const root = join(__dirname, '..', '..', 'dist');
  const everything = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .sort()
    .flatMap((path) =>
      parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((each) => each.toJS() as Manifest),
    );
  const manifests = everything.filter(({ kind }) => kind in KINDS);
  const committed = everything.find(({ kind }) => kind === 'ValidatingAdmissionPolicy')!;

  test.each(manifests.map((manifest) => [manifest.kind, manifest.metadata.name, manifest] as const))(
    'the %s %s is admitted by the policy beside it',
    (_kind, _name, manifest) => {
      expect(toldOf(committed, manifest)).toBeUndefined();
    },
  );

  test('has something to judge', () => expect(manifests).not.toEqual([]));
});

describe('examples/', () => {
  // What depends on the cluster is not the same in all of them.
  const rules = {
    'image-registry': 'off',
    'gpu-pool': 'off',
    'gpu-count': 'off',
    'gpu-nodes-reserved': 'off',
  } as const;
  const policy = denied({ rules, pools: [L4] });

  const brokenBy = (name: string) =>
    synthesizeProgram(join(ROOT, 'examples', `${name}.ts`))
      .objects.map(({ manifest }) => manifest as Manifest)
      .filter(({ kind }) => kind in KINDS)
      .flatMap((manifest) => brokenRules(policy, manifest));

  test.each(EXAMPLES.filter((name) => name !== BY_HAND))('%s is admitted', (name) => {
    expect(brokenBy(name)).toEqual([]);
  });

  test("somebody's own Deployment, to which only the placement was added, has something to mend", () => {
    expect(brokenBy(BY_HAND)).toEqual([
      'run-as-non-root',
      'privilege-escalation',
      'capabilities',
      'seccomp',
      'required-labels',
      'service-account-token',
    ]);
  });
});

describe('pools', () => {
  const pods = (spec: PodSpec) => KINDS.Pod!(template(spec));

  test.each(Object.entries(POOLS))('%s: what a pod needs to get there is enough', (_, pool) => {
    const policy = denied({ pools: [pool], maxGpusPerPod: 1 });
    const selector = Object.fromEntries(pool.selector.map(({ key, values }) => [key, values[0]!]));
    const tolerations = pool.taints.map(({ key, value, effect }) => ({
      key,
      effect,
      ...(value === undefined ? { operator: 'Exists' } : { value }),
    }));
    const spec = { ...gpuSpec(), nodeSelector: selector, tolerations };
    expect(brokenRules(policy, pods(spec))).toEqual([]);
    expect(brokenRules(policy, pods({ ...spec, nodeSelector: {} }))).toEqual(['gpu-pool']);
    const reserved = pool.taints.length > 0;
    expect(brokenRules(policy, pods({ ...spec, tolerations: [] }))).toEqual(reserved ? ['gpu-toleration'] : []);
    expect(brokenRules(policy, pods({ ...cpuSpec(), tolerations }))).toEqual(reserved ? ['gpu-nodes-reserved'] : []);
  });

  test('a pod without a GPU may tolerate spot nodes, as long as it does not tolerate the GPU taint beside', () => {
    const spot = { key: 'kubernetes.azure.com/scalesetpriority', operator: 'Exists' };
    const spec = { ...cpuSpec(), tolerations: [spot] };
    expect(brokenRules(denied({ pools: [POOLS['AKS spot']] }), pods(spec))).toEqual([]);
  });

  test('a pod for two pools tolerates one of them', () => {
    const policy = denied({ pools: [L4, POOLS.AKS] });
    const spec = {
      ...gpuSpec(),
      nodeSelector: {},
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [L4, POOLS.AKS].map(({ selector }) => ({
              matchExpressions: selector.map(({ key, values }) => ({ key, operator: 'In', values })),
            })),
          },
        },
      },
    };
    expect(brokenRules(policy, pods(spec))).toEqual([]);
    expect(toldOf(policy, pods({ ...spec, tolerations: [] }))).toMatchInlineSnapshot(
      `gpu-toleration: the pod does not tolerate the taints of the GPU pool that it asks for: nvidia.com/gpu=present:NoSchedule, or sku=gpu:NoSchedule`,
    );
  });
});

describe('an exempt namespace', () => {
  const policy = denied();
  const bad = KINDS.Deployment!(template({ ...gpuSpec(), hostIPC: true }));
  const until = (day: string) => ({ 'inference-policy/exempt-until': day });

  test.each<[string, string, string, boolean]>([
    ['before its day', '2026-12-31', '2026-12-30T23:59:59Z', true],
    ['when its day begins', '2026-12-31', '2026-12-31T00:00:00Z', false],
    ['after it', '2026-12-31', '2027-01-01T08:00:00Z', false],
    ['90 days before', '2026-12-31', '2026-10-02T00:00:00Z', true],
    ['longer before', '2026-12-31', '2026-10-01T23:59:59Z', false],
    ['for ever', '9999-12-31', '2026-11-21T12:00:00Z', false],
    ['without a day', 'true', '2026-11-21T12:00:00Z', false],
  ])('%s (%s) at %s: %s', (_, day, now, exempt) => {
    const namespaceLabels = until(day);
    expect(toldOf(policy, bad, { namespaceLabels, now }) === undefined).toBe(exempt);
    const before = KINDS.Deployment!(template(gpuSpec()));
    expect(toldOf(policy, bad, { namespaceLabels, now, before }) === undefined).toBe(exempt);
  });

  test('for as long as the policy says', () => {
    const short = denied({ longestExemption: Duration.days(7) });
    const now = '2026-12-01T00:00:00Z';
    expect(toldOf(short, bad, { namespaceLabels: until('2026-12-08'), now })).toBeUndefined();
    expect(toldOf(short, bad, { namespaceLabels: until('2026-12-09'), now })).toBeDefined();
  });
});

describe('modes', () => {
  test('one policy and one binding for each mode that a rule has', () => {
    const policy = policyOf({
      mode: 'warn',
      rules: { privileged: 'deny', 'host-path': 'audit', 'image-registry': 'off' },
    });
    expect(inventoryOf(policy)).toMatchInlineSnapshot(`
ValidatingAdmissionPolicy inference-policy-deny
ValidatingAdmissionPolicyBinding inference-policy-deny
ValidatingAdmissionPolicy inference-policy-warn
ValidatingAdmissionPolicyBinding inference-policy-warn
ValidatingAdmissionPolicy inference-policy-audit
ValidatingAdmissionPolicyBinding inference-policy-audit
`);
    expect(yamlOf(policy, 'ValidatingAdmissionPolicy', 'inference-policy-deny', 'spec.variables', 'spec.validations'))
      .toMatchInlineSnapshot(`
variables:
  - name: exemptUntil
    expression: "namespaceObject.?metadata.?labels[?'inference-policy/exempt-until'].orValue('')"
  - name: now
    expression: |-
      request.operation == 'CREATE' ? [dyn(object).metadata.creationTimestamp] :
        dyn(object).metadata.?managedFields.orValue([]).filter(m, has(m.time)).map(m, m.time)
  - name: exempt
    expression: |-
      variables.exemptUntil.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$') &&
        variables.now.all(t, timestamp(t) < timestamp(variables.exemptUntil + 'T00:00:00Z')) &&
        variables.now.exists(t, timestamp(variables.exemptUntil + 'T00:00:00Z') - timestamp(t) <= duration('2160h'))
  - name: spec
    expression: dyn(object).spec
  - name: templates
    expression: |-
      variables.exempt ? [] :
        has(variables.spec.containers) ? [dyn(object)] :
        has(variables.spec.template) ? [variables.spec.template] :
        has(variables.spec.jobTemplate) ? [variables.spec.jobTemplate.spec.template] :
        has(variables.spec.leaderWorkerTemplate) ? [variables.spec.leaderWorkerTemplate.workerTemplate] +
          (has(variables.spec.leaderWorkerTemplate.leaderTemplate) ? [variables.spec.leaderWorkerTemplate.leaderTemplate] : []) : ([])
  - name: pods
    expression: |-
      variables.templates.map(t, {
        'spec': t.spec, 'labels': t.?metadata.?labels.orValue({}),
        'containers': t.spec.containers + t.spec.?initContainers.orValue([]) + t.spec.?ephemeralContainers.orValue([])})
  - name: containers
    expression: |-
      (size(variables.pods) > 0 ? variables.pods[0].containers.map(c, {
          'name': c.name, 'spec': c, 'pod': variables.pods[0].spec,
          'image': dyn(c.image.matches('^(localhost|[^/]*[.:][^/]*)/') ? c.image :
            'docker.io/' + (c.image.contains('/') ? '' : 'library/') + c.image)}) : []) +
        (size(variables.pods) > 1 ? variables.pods[1].containers.map(c, {
          'name': c.name, 'spec': c, 'pod': variables.pods[1].spec,
          'image': dyn(c.image.matches('^(localhost|[^/]*[.:][^/]*)/') ? c.image :
            'docker.io/' + (c.image.contains('/') ? '' : 'library/') + c.image)}) : [])
  - name: privileged
    expression: |-
      variables.containers.filter(c, c.spec.?securityContext.?privileged.orValue(false))
        .map(c, 'privileged: the container ' + c.name + ' is privileged. A GPU needs no privilege')
  - name: findings
    expression: variables.privileged
validations:
  - expression: size(variables.findings) == 0
    message: "The pods break rules of the inference policy: privileged."
    messageExpression: "variables.findings.join('; ')"
`);
    const bindings = manifestsOf(policy).filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
    expect(bindings.map(({ spec }) => `${spec.policyName}: ${spec.validationActions}`).join('\n'))
      .toMatchInlineSnapshot(`
inference-policy-deny: Deny
inference-policy-warn: Warn,Audit
inference-policy-audit: Audit
`);
  });

  test('the library warns unless told otherwise, everywhere but where the platform lives', () => {
    expect(yamlOf(policyOf({ mode: undefined }), 'ValidatingAdmissionPolicyBinding', 'inference-policy-warn', 'spec'))
      .toMatchInlineSnapshot(`
spec:
  policyName: inference-policy-warn
  validationActions:
    - Warn
    - Audit
  matchResources:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values:
            - calico-system
            - flux-system
            - gatekeeper-system
            - gke-managed-cim
            - gke-managed-system
            - gmp-system
            - gpu-operator
            - kube-node-lease
            - kube-public
            - kube-system
            - kyverno
            - nvidia-device-plugin
            - nvidia-gpu-operator
            - tigera-operator
`);
  });

  test('namespaces by label, and none by name', () => {
    const policy = policyOf({ namespaceLabels: { 'example.com/models': 'yes' }, platformNamespaces: [] });
    expect(yamlOf(policy, 'ValidatingAdmissionPolicyBinding', 'inference-policy-deny', 'spec.matchResources'))
      .toMatchInlineSnapshot(`
matchResources:
  namespaceSelector:
    matchLabels:
      example.com/models: "yes"
`);
  });
});

describe('settings', () => {
  test('digests only', () => {
    const pod = KINDS.Pod!(template(cpuSpec()));
    expect(toldOf(denied({ digestsOnly: true }), pod)).toMatchInlineSnapshot(
      `image-pinning: the container web runs registry.example.com/team/web:2.1 without a digest. Write repository:tag@sha256:...`,
    );
  });

  test('labels of one’s own', () => {
    const pod = KINDS.Pod!(template(gpuSpec()));
    expect(
      toldOf(denied({ requiredLabels: ['example.com/team', 'app.kubernetes.io/name'] }), pod),
    ).toMatchInlineSnapshot(`required-labels: the GPU pod lacks the labels example.com/team`);
  });

  test('all of a registry, with a slash at its end', () => {
    const pod = KINDS.Pod!(template(cpuSpec()));
    expect(brokenRules(denied({ registries: ['registry.example.com/'] }), pod)).toEqual([]);
  });

  test('what is wrong is told at once', () => {
    const wrong = {
      pools: [],
      registries: ['nvcr.io/*', 'Docker', 'registry.example.com/team:1.0'],
      mode: 'enforce' as 'deny',
      rules: { 'gpu-pools': 'deny', privileged: 'no' } as object,
      maxGpusPerPod: 0.5,
      requiredLabels: ['a label'],
      longestExemption: Duration.days(1000),
    };
    expect(refusalsOf(policyOf(wrong))).toMatchInlineSnapshot(`
inference-policy: admission-policy
  No GPU pool is given, so every GPU pod would break gpu-pool.
  Give every GPU pool of the cluster.
inference-policy: admission-policy
  "nvcr.io/*" is no registry and no folder of one.
  Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.
inference-policy: admission-policy
  "Docker" is no registry and no folder of one.
  Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.
inference-policy: admission-policy
  "registry.example.com/team:1.0" is no registry and no folder of one.
  Begin with the host, such as registry.example.com/team or docker.io/vllm, without tag and without a wildcard.
inference-policy: admission-policy
  There is no mode "enforce".
  Use deny, warn or audit, and off for a single rule.
inference-policy: admission-policy
  There is no mode "no".
  Use deny, warn or audit, and off for a single rule.
inference-policy: admission-policy
  There is no rule "gpu-pools".
  Did you mean gpu-pool, gpu-count, host-ports?
inference-policy: numbers
  maxGpusPerPod is 0.5.
  Use a whole number, 1 or more.
inference-policy: numbers
  longestExemption in hours is 24000.
  Use a whole number, from 1 to 8784.
inference-policy: names
  required label key "a label" is not a label key.
  Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
`);
    expect(refusalsOf(policyOf({ registries: [] }))).toMatchInlineSnapshot(`
inference-policy: admission-policy
  No registry is given, so every image would break image-registry.
  Give those that you vouch for, such as nvcr.io/nim, or set the rule image-registry to off.
`);
  });
});
