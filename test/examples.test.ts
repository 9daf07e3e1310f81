import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { ContainerResources, Cpu, Deployment } from 'cdk8s-plus-30';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GpuNodeAffinity, GpuNodePool } from 'cdk8s-gpu-inference';
import { toYaml } from '../lib/gitops/yaml';
import { EXAMPLES, ROOT, SynthesizedProgram, synthesizeProgram } from './conformance/synthesized-program';

/** Lines of an example that are neither imports, comments nor blank: what a user has to think of. */
function linesToThinkOf(source: string): number {
  const code = source
    .replace(/^import [^;]*;$/gm, '')
    .replace(/\/\*\*[^]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '').length;
}

const synthesized = new Map<string, SynthesizedProgram>();
const example = (name: string): SynthesizedProgram => {
  const program = synthesized.get(name) ?? synthesizeProgram(join(ROOT, 'examples', `${name}.ts`));
  synthesized.set(name, program);
  return program;
};

/** A part of the only object of a kind in an example, as YAML. */
function part(name: string, kind: string, ...path: (string | number)[]): string {
  const [object, ...others] = example(name).objects.filter(({ manifest }) => manifest.kind === kind);
  expect(others).toEqual([]);
  const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], object!.manifest);
  return toYaml(Array.isArray(value) ? { [path.at(-1)!]: value } : (value as object)).trimEnd();
}

const POD = ['spec', 'template', 'spec'] as const;

test.each<[string, number]>([
  ['air-gapped', 12],
  ['aks', 10],
  ['canary-rollout', 12],
  ['eks-karpenter', 15],
  ['gpu-inference-stateful-set', 11],
  // ten of them are the Deployment that the user has already
  ['gpu-node-affinity', 19],
  ['inference-service', 14],
  ['nim-network-policy', 8],
  ['on-premises', 18],
  ['partition-rollout', 13],
  ['scaling', 19],
  ['tenant', 15],
])('%s takes at most %d lines', (name, lines) => {
  expect(linesToThinkOf(readFileSync(join(ROOT, 'examples', `${name}.ts`), 'utf8'))).toBeLessThanOrEqual(lines);
});

test('every example is tested here', () => {
  const source = readFileSync(__filename, 'utf8');
  expect(EXAMPLES.filter((name) => !source.includes(`('${name}'`))).toEqual([]);
});

test.each(EXAMPLES)('%s imports what a user can import', (name) => {
  const imports = [...readFileSync(join(ROOT, 'examples', `${name}.ts`), 'utf8').matchAll(/from '(.*)'/g)];
  expect(['cdk8s', 'cdk8s-plus-30', 'cdk8s-gpu-inference']).toEqual(
    expect.arrayContaining([...new Set(imports.map(([, module]) => module))]),
  );
});

test.each(EXAMPLES)('%s takes no risk but that of a readable tag', (name) => {
  const checks = [...example(name).warnings.matchAll(/^\S+: ([a-z-]+)$/gm)].map(([, check]) => check);
  expect(['image-pinning', undefined]).toEqual(expect.arrayContaining([...new Set(checks)]));
});

describe('what they write', () => {
  test('inference-service', () => {
    const objects = example('inference-service').objects.map(({ path, manifest }) => {
      const { name } = manifest.metadata as { name: string };
      return `${path}: ${String(manifest.kind)} ${name}`;
    });
    expect(objects.join('\n')).toMatchInlineSnapshot(`
     "00-cluster/nim.yaml: Namespace nim
     10-namespaces/nim.yaml: NetworkPolicy default-deny
     10-namespaces/nim.yaml: LimitRange container-defaults
     10-namespaces/nim.yaml: ResourceQuota quota
     20-secrets/nim.yaml: ExternalSecret ngc-api
     20-secrets/nim.yaml: ExternalSecret ngc-registry
     20-secrets/nim.yaml: ExternalSecret client-keys
     30-services/nim/llama3-8b.yaml: ServiceAccount llama3-8b
     30-services/nim/llama3-8b.yaml: Service llama3-8b-headless
     30-services/nim/llama3-8b.yaml: Service llama3-8b
     30-services/nim/llama3-8b.yaml: StatefulSet llama3-8b
     30-services/nim/llama3-8b.yaml: HTTPRoute llama3-8b
     30-services/nim/llama3-8b.yaml: SecurityPolicy llama3-8b
     30-services/nim/llama3-8b.yaml: BackendTrafficPolicy llama3-8b
     30-services/nim/llama3-8b.yaml: NetworkPolicy llama3-8b"
    `);
    expect(part('inference-service', 'StatefulSet', ...POD, 'containers', 0, 'resources')).toMatchInlineSnapshot(`
     "requests:
       cpu: 3100m
       memory: 11Gi
       ephemeral-storage: 8Gi
       nvidia.com/gpu: "1"
     limits:
       memory: 11Gi
       ephemeral-storage: 8Gi
       nvidia.com/gpu: "1""
    `);
    expect(part('inference-service', 'HTTPRoute', 'spec', 'rules')).toMatchInlineSnapshot(`
     "rules:
       - matches:
           - path:
               type: PathPrefix
               value: /v1/chat/completions
           - path:
               type: PathPrefix
               value: /v1/completions
           - path:
               type: PathPrefix
               value: /v1/embeddings
           - path:
               type: PathPrefix
               value: /v1/models
         backendRefs:
           - name: llama3-8b
             port: 8000
         timeouts:
           request: "3m55s"
           backendRequest: "3m55s""
    `);
  });

  test('gpu-inference-stateful-set', () => {
    expect(example('gpu-inference-stateful-set').objects.map(({ manifest }) => manifest.kind)).toEqual([
      'ServiceAccount',
      'Service',
      'Service',
      'StatefulSet',
      'PodDisruptionBudget',
    ]);
    expect(part('gpu-inference-stateful-set', 'StatefulSet', ...POD, 'containers', 0, 'startupProbe'))
      .toMatchInlineSnapshot(`
     "httpGet:
       path: /v1/health/ready
       port: http
     periodSeconds: 10
     timeoutSeconds: 5
     failureThreshold: 146"
    `);
  });

  test('nim-network-policy', () => {
    expect(part('nim-network-policy', 'NetworkPolicy', 'spec', 'ingress')).toMatchInlineSnapshot(`
     "ingress:
       - from:
           - namespaceSelector:
               matchLabels:
                 kubernetes.io/metadata.name: envoy-gateway-system
         ports:
           - port: 8000
             protocol: TCP
       - from:
           - namespaceSelector:
               matchLabels:
                 kubernetes.io/metadata.name: monitoring
             podSelector:
               matchLabels:
                 app.kubernetes.io/name: prometheus
         ports:
           - port: 8000
             protocol: TCP"
    `);
  });

  test('canary-rollout', () => {
    expect(part('canary-rollout', 'HTTPRoute', 'spec', 'rules', 1, 'backendRefs')).toMatchInlineSnapshot(`
     "backendRefs:
       - name: llama-v1
         port: 8000
         weight: 75
       - name: llama-v2
         port: 8000
         weight: 25"
    `);
  });

  test('partition-rollout', () => {
    expect(part('partition-rollout', 'StatefulSet', 'spec', 'updateStrategy')).toMatchInlineSnapshot(`
     "type: RollingUpdate
     rollingUpdate:
       partition: 2"
    `);
    expect(part('partition-rollout', 'StatefulSet', ...POD, 'containers', 0)).toContain('instruct:1.1.0\n');
  });

  test('scaling', () => {
    const { path } = example('scaling').objects.find(({ manifest }) => manifest.kind === 'ScaledObject')!;
    expect(path).toBe('30-services/nim/llama3-8b.yaml');
    expect(part('scaling', 'ScaledObject', 'spec', 'scaleTargetRef')).toMatchInlineSnapshot(`
     "apiVersion: apps/v1
     kind: StatefulSet
     name: llama3-8b"
    `);
    expect(part('scaling', 'StatefulSet', 'spec')).not.toMatch(/^replicas:/m);
    expect(part('scaling', 'Deployment', ...POD)).toContain('priorityClassName: inference-placeholder');
  });

  test('air-gapped', () => {
    expect(part('air-gapped', 'StatefulSet', ...POD, 'volumes')).toMatchInlineSnapshot(`
     "volumes:
       - name: model-cache
         persistentVolumeClaim:
           claimName: llama3-8b-weights
           readOnly: true
       - name: shm
         emptyDir:
           medium: Memory
           sizeLimit: 1Gi"
    `);
    const policy = example('air-gapped').objects.find(({ manifest }) => {
      return manifest.kind === 'NetworkPolicy' && (manifest.metadata as { name: string }).name === 'llama3-8b';
    })!;
    expect(policy.manifest.spec).not.toHaveProperty('egress');
    expect(Object.values(example('air-gapped').files).join('')).not.toMatch(/NGC_API_KEY|nvcr\.io|0\.0\.0\.0/);
  });

  test('eks-karpenter', () => {
    const terms = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms'];
    expect(part('eks-karpenter', 'StatefulSet', ...POD, ...terms, 1)).toMatchInlineSnapshot(`
     "matchExpressions:
       - key: karpenter.sh/nodepool
         operator: In
         values:
           - gpu-spot
       - key: karpenter.k8s.aws/instance-gpu-name
         operator: In
         values:
           - l4
       - key: karpenter.k8s.aws/instance-gpu-count
         operator: In
         values:
           - "1"
       - key: karpenter.sh/capacity-type
         operator: In
         values:
           - spot"
    `);
  });

  test('aks', () => {
    expect(part('aks', 'StatefulSet', ...POD, 'tolerations')).toMatchInlineSnapshot(`
     "tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: sku
         operator: Equal
         value: gpu
         effect: NoSchedule"
    `);
  });

  test('on-premises', () => {
    expect(part('on-premises', 'StatefulSet', ...POD, 'containers', 0, 'resources', 'limits')).toMatchInlineSnapshot(`
     "memory: 23Gi
     ephemeral-storage: 8Gi
     nvidia.com/mig-3g.40gb: "1""
    `);
    expect(part('on-premises', 'ResourceQuota', 'spec')).toMatchInlineSnapshot(`
     "hard:
       persistentvolumeclaims: "2"
       pods: "2"
       requests.cpu: "16"
       requests.memory: 46Gi
       requests.nvidia.com/mig-3g.40gb: "2"
       requests.storage: 100Gi
       services.loadbalancers: "0"
       services.nodeports: "0""
    `);
  });

  test('tenant', () => {
    const setUp = example('tenant').objects.filter(({ path }) => !path.startsWith('30-'));
    const named = setUp.map(({ path, manifest }) => {
      return `${path}: ${String(manifest.kind)} ${(manifest.metadata as { name: string }).name}`;
    });
    expect(named.join('\n')).toMatchInlineSnapshot(`
     "00-cluster/chat.yaml: Namespace chat
     00-cluster/priorityclass.scheduling.k8s.io.yaml: PriorityClass inference-serving
     00-cluster/priorityclass.scheduling.k8s.io.yaml: PriorityClass inference-canary
     00-cluster/priorityclass.scheduling.k8s.io.yaml: PriorityClass inference-batch
     00-cluster/priorityclass.scheduling.k8s.io.yaml: PriorityClass inference-placeholder
     10-namespaces/chat.yaml: NetworkPolicy default-deny
     10-namespaces/chat.yaml: LimitRange container-defaults
     10-namespaces/chat.yaml: ResourceQuota quota
     10-namespaces/chat.yaml: ResourceQuota other-priority-classes
     10-namespaces/chat.yaml: Role viewer
     10-namespaces/chat.yaml: RoleBinding viewer
     10-namespaces/chat.yaml: Role debugger
     10-namespaces/chat.yaml: RoleBinding debugger
     10-namespaces/chat.yaml: Role deployer
     10-namespaces/chat.yaml: RoleBinding deployer
     10-namespaces/chat.yaml: ServiceAccount flux
     10-namespaces/chat.yaml: Role flux
     10-namespaces/chat.yaml: RoleBinding flux"
    `);
    expect(part('tenant', 'StatefulSet', ...POD)).toContain('\npriorityClassName: inference-serving\n');
  });

  test('gpu-node-affinity', () => {
    expect(part('gpu-node-affinity', 'Deployment', ...POD, 'tolerations')).toMatchInlineSnapshot(`
     "tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule"
    `);
  });
});

describe('the placement of gpu-node-affinity on other kinds of workload', () => {
  const pool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 3 });
  const expected = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'cloud.google.com/gke-nodepool', operator: 'In', values: ['l4'] },
                { key: 'cloud.google.com/gke-accelerator', operator: 'In', values: ['nvidia-l4'] },
              ],
            },
          ],
        },
      },
    },
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  };

  test('a Deployment of cdk8s-plus', () => {
    const chart = new Chart(new App(), 'embedder');
    const image = 'registry.example.com/embedder:2.1.0';
    const resources: ContainerResources = { cpu: { request: Cpu.units(4) } };
    const deployment = new Deployment(chart, 'deployment', { containers: [{ image, resources }] });
    new GpuNodeAffinity(chart, 'placement', { nodePools: pool }).applyTo(deployment);
    const [manifest] = Testing.synth(chart) as { spec: { template: { spec: { containers: { image: string }[] } } } }[];
    expect(manifest!.spec.template.spec).toMatchObject(expected);
    expect(manifest!.spec.template.spec.containers).toMatchObject([{ image, resources: { requests: { cpu: '4' } } }]);
  });

  test('an ApiObject of any kind with a pod template', () => {
    const chart = new Chart(new App(), 'trainer');
    const containers = [{ name: 'trainer', image: 'registry.example.com/trainer:1.0.0' }];
    const job = new ApiObject(chart, 'job', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'trainer' },
      spec: { template: { spec: { containers, restartPolicy: 'Never' } } },
    });
    new GpuNodeAffinity(chart, 'placement', { nodePools: pool }).applyTo(job);
    expect(Testing.synth(chart)[0]).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'trainer' },
      spec: { template: { spec: { containers, restartPolicy: 'Never', ...expected } } },
    });
  });

  test('a construct without pods is refused by its path', () => {
    const chart = new Chart(new App(), 'embedder');
    new GpuNodeAffinity(chart, 'placement', { nodePools: pool }).applyTo(new Chart(chart, 'inner'));
    expect(() => Testing.synth(chart)).toThrow(
      [
        '[embedder/placement] placement-target',
        '  embedder/inner is no Kubernetes object and has none as its default child.',
        '  Apply the placement to a Deployment, StatefulSet, DaemonSet, Job, CronJob, LeaderWorkerSet or Pod.',
      ].join('\n'),
    );
  });
});
