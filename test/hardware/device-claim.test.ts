import { deviceClaim } from '../../lib/hardware/device-claim';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { GkeGpuNodePoolProps } from '../../lib/hardware/gpu-node-pool-props';
import { kubernetesMinor } from '../../lib/hardware/kubernetes-version';

const gke = (changes: Partial<GkeGpuNodePoolProps> = {}) =>
  GpuNodePool.gke({
    name: 'claimed',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    kubernetesVersion: '1.34',
    deviceAllocation: 'dra',
    ...changes,
  });
const a100 = { machineType: 'a2-ultragpu-1g' } as const;

test.each`
  pools                                                 | className           | slug
  ${[gke()]}                                            | ${'gpu.nvidia.com'} | ${'l4'}
  ${[gke(a100)]}                                        | ${'gpu.nvidia.com'} | ${'a100-80gb'}
  ${[gke({ ...a100, mig: { profile: '1g.10gb' } })]}    | ${'mig.nvidia.com'} | ${'a100-80gb-1g.10gb'}
  ${[gke({ ...a100, mig: { profile: '1g.10gb+me' } })]} | ${'mig.nvidia.com'} | ${'a100-80gb-1g.10gb-me'}
  ${[gke(), gke(a100)]}                                 | ${'gpu.nvidia.com'} | ${'l4-a100-80gb'}
  ${[gke(), gke({ name: 'other' })]}                    | ${'gpu.nvidia.com'} | ${'l4'}
  ${[gke({ deviceClass: 'l4.example.com' })]}           | ${'l4.example.com'} | ${'l4'}
`('$slug is of the class $className', ({ pools, className, slug }) => {
  expect(deviceClaim(pools, 2)).toMatchObject({ deviceClassName: className, slug, count: 2 });
  expect((pools as GpuNodePool[])[0]!.resourceName).toBe(`${className}.deviceclass.resource.k8s.io/devices`);
});

describe('the expression that chooses devices', () => {
  const selector = (...pools: GpuNodePool[]) => deviceClaim(pools, 1)?.selector;

  test('by product', () => {
    expect(selector(gke())).toBe("device.attributes['gpu.nvidia.com'].productName.replace(' ', '-') in ['NVIDIA-L4']");
  });

  test('by product and profile', () => {
    expect(selector(gke({ ...a100, mig: { profile: '3g.40gb', strategy: 'single' } }))).toBe(
      "device.attributes['gpu.nvidia.com'].productName.replace(' ', '-') in ['NVIDIA-A100-SXM4-80GB', 'NVIDIA-A100-80GB-PCIe'] && device.attributes['gpu.nvidia.com'].profile == '3g.40gb'",
    );
  });

  test('by memory where nobody knows the product', () => {
    const gpu = { ...gke().gpu, productLabels: [] };
    expect(deviceClaim([{ gpu, deviceClass: 'gpu.nvidia.com' }], 1)?.selector).toBe(
      "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('20Gi')) >= 0",
    );
  });

  test('one or the other, of two pools', () => {
    expect(selector(gke(), gke(a100))).toMatch(/^\(.*'NVIDIA-L4'\]\) \|\| \(.*'NVIDIA-A100-80GB-PCIe'\]\)$/);
  });

  test('none, where a device plugin hands them out', () => {
    const plain = GpuNodePool.gke({ name: 'plain', machineType: 'g2-standard-4', maxNodes: 1 });
    expect(selector(plain)).toBeUndefined();
    expect(plain.resourceName).toBe('nvidia.com/gpu');
  });
});

const refusal = (make: () => unknown): string => {
  try {
    make();
    return 'accepted';
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).join('\n');
  }
};

test.each`
  change                                                           | told
  ${{ kubernetesVersion: undefined }}                              | ${"  deviceAllocation is 'dra', and kubernetesVersion is not stated: clusters before 1.34 refuse the claims.\n  State kubernetesVersion: '1.34' or later if the cluster has it, or leave deviceAllocation out."}
  ${{ kubernetesVersion: '1.33.4' }}                               | ${"  deviceAllocation is 'dra', but Kubernetes 1.33.4 does not serve resource.k8s.io/v1.\n  State kubernetesVersion: '1.34' or later if the cluster has it, or leave deviceAllocation out."}
  ${{ sharing: { replicas: 4 } }}                                  | ${"  deviceAllocation is 'dra', and sharing has 4 replicas: shares are what a device plugin makes.\n  Remove sharing, or use deviceAllocation 'device-plugin'."}
  ${{ deviceAllocation: 'device-plugin', deviceClass: 'l4' }}      | ${'  deviceClass is "l4", but a device plugin hands out the GPUs and knows no classes.\n  Set deviceAllocation to \'dra\', or remove deviceClass.'}
  ${{ deviceAllocation: 'device-plugin', kubernetesVersion: 'x' }} | ${'  kubernetesVersion is "x".\n  Write it as kubectl does, such as \'1.34\'.'}
  ${{ deviceAllocation: 'DRA' }}                                   | ${"  deviceAllocation is \"DRA\".\n  Use 'device-plugin' or 'dra', or leave it out."}
`('$change is refused', ({ change, told }) => {
  expect(refusal(() => gke(change))).toBe(told);
});

test('Karpenter starts no node for a claim', () => {
  const karpenter = () =>
    GpuNodePool.karpenter({ name: 'l4', gpu: 'L4', maxNodes: 1, kubernetesVersion: '1.36', deviceAllocation: 'dra' });
  expect(refusal(karpenter)).toContain('Karpenter starts no node for a claim');
});

test.each([
  ['1.34', 34],
  ['v1.36.2', 36],
  ['1.34.1-gke.1293000', 34],
  ['2.0', undefined],
  ['', undefined],
  ['1.x', undefined],
])('the minor version of %j is %s', (version, minor) => {
  expect(kubernetesMinor(version)).toBe(minor);
});
