import { Chart, Duration, Size, Testing } from 'cdk8s';
import {
  GpuInferenceStatefulSet,
  GpuInferenceStatefulSetProps,
  GpuNodePool,
  ModelCache,
  ModelCredentials,
  NimRuntime,
} from '../../lib';
import { WARNING } from '../../lib/checks/report';

const CREDENTIALS = ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' });
const A100 = { name: 'slices', gpu: 'A100-80GB', gpusPerNode: 2, maxNodes: 1 } as const;
const l4 = (strategy?: 'time-slicing' | 'mps') =>
  GpuNodePool.gke({ name: 'shared', machineType: 'g2-standard-4', maxNodes: 1, sharing: { replicas: 2, strategy } });

/** An embedding NIM, and what a test changes of it. */
function embed(changes: Partial<GpuInferenceStatefulSetProps> & Pick<GpuInferenceStatefulSetProps, 'nodePool'>) {
  const chart = new Chart(Testing.app(), 'search', { namespace: 'search' });
  const made = new GpuInferenceStatefulSet(chart, 'embed', {
    model: 'nvidia/nv-embedqa-e5-v5',
    runtime: new NimRuntime({ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0' as string }),
    cache: ModelCache.perReplica(Size.gibibytes(20)),
    credentials: CREDENTIALS,
    waivers: { 'image-pinning': 'a test' },
    ...changes,
  });
  const warnings = () =>
    made.node.metadata.filter(({ type }) => type === WARNING).map(({ data }) => String(data).split('\n')[0]);
  return { chart, made, warnings };
}

const podOf = (chart: Chart) => {
  const set = (Testing.synth(chart) as { kind: string; spec: { template: { spec: Record<string, unknown> } } }[]).find(
    ({ kind }) => kind === 'StatefulSet',
  )!;
  const pod = set.spec.template.spec;
  const [container] = pod.containers as { resources: { limits: object; claims?: object } }[];
  return {
    resourceClaims: pod.resourceClaims,
    claims: container!.resources.claims,
    limits: container!.resources.limits,
  };
};

describe('a slice of a GPU, by who announces it', () => {
  test.each`
    strategy    | allocation         | resource                    | claim
    ${'single'} | ${'device-plugin'} | ${'nvidia.com/gpu'}         | ${undefined}
    ${'mixed'}  | ${'device-plugin'} | ${'nvidia.com/mig-1g.10gb'} | ${undefined}
    ${'single'} | ${'dra'}           | ${undefined}                | ${'embed-1x-a100-80gb-1g.10gb'}
  `('$strategy by $allocation', ({ strategy, allocation, resource, claim }) => {
    const nodePool = GpuNodePool.onPrem({
      ...A100,
      mig: { profile: '1g.10gb', strategy },
      kubernetesVersion: '1.34',
      deviceAllocation: allocation,
    });
    const { limits, claims, resourceClaims } = podOf(embed({ nodePool }).chart);
    expect(Object.keys(limits).filter((name) => name.includes('/'))).toEqual(resource ? [resource] : []);
    expect(claims).toEqual(claim && [{ name: 'gpu' }]);
    expect(resourceClaims).toEqual(claim && [{ name: 'gpu', resourceClaimTemplateName: claim }]);
  });

  test('the label of its product ends in the profile where slices are announced as GPUs', () => {
    const pool = (strategy: 'single' | 'mixed') =>
      GpuNodePool.onPrem({ ...A100, mig: { profile: '1g.10gb', strategy } });
    const labels = (strategy: 'single' | 'mixed') =>
      pool(strategy).selector.find(({ key }) => key === 'nvidia.com/gpu.product')?.values;
    expect(labels('single')).toContain('NVIDIA-A100-SXM4-80GB-MIG-1g.10gb');
    expect(labels('mixed')).toContain('NVIDIA-A100-SXM4-80GB');
  });
});

describe('a share of a GPU', () => {
  test('is what the plan counts with, whatever the server', () => {
    const { made } = embed({ nodePool: l4() });
    expect(made.plan.memory[0]).toMatchObject({ utilization: 0.5, verdict: 'fits' });
    expect(made.plan.memory[0]!.usable).toBeCloseTo(22.03 / 2);
  });

  const slo = { endToEndLatency: { p95: Duration.seconds(1) } };

  test.each`
    strategy          | promise      | told
    ${'time-slicing'} | ${undefined} | ${'nothing'}
    ${'time-slicing'} | ${slo}       | ${'error'}
    ${'mps'}          | ${slo}       | ${'warning'}
  `('by $strategy under $promise tells $told', ({ strategy, promise, told }) => {
    const { made, warnings } = embed({ nodePool: l4(strategy), slo: promise });
    const errors = made.node.validate();
    expect(errors.map((error) => error.split('\n')[0])).toEqual(told === 'error' ? ['gpu-sharing'] : []);
    expect(warnings()).toEqual(told === 'warning' ? ['gpu-sharing'] : []);
  });
});

test.each`
  changes                                                        | told
  ${{ concurrency: 8 }}                                          | ${'concurrency is 8, but nvidia/nv-embedqa-e5-v5 is a model for embedding: it reads a text in one go, holds no sequence and makes no tokens.\nRemove concurrency; how many texts are computed at once is a setting of the runtime.'}
  ${{ maxOutputTokens: 64 }}                                     | ${'maxOutputTokens is 64, but nvidia/nv-embedqa-e5-v5 is a model for embedding: it reads a text in one go, holds no sequence and makes no tokens.\nRemove maxOutputTokens; how many texts are computed at once is a setting of the runtime.'}
  ${{ slo: { timeToFirstToken: { p95: Duration.seconds(2) } } }} | ${'timeToFirstToken p95 of 2 s: nvidia/nv-embedqa-e5-v5 is a model for embedding, which makes no tokens one by one.\nPromise endToEndLatency or queueTime.'}
`('a model that makes vectors has no $changes', ({ changes, told }) => {
  const nodePool = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 1 });
  const errors = embed({ nodePool, ...changes }).made.node.validate();
  expect(
    errors.map((error) =>
      error
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
        .join('\n'),
    ),
  ).toEqual([told]);
});
