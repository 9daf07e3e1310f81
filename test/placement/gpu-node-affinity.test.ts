import { App, Chart } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { OnPremGpuNodePoolProps } from '../../lib/hardware/gpu-node-pool-props';
import { GpuNodeAffinity, GpuNodeAffinityProps } from '../../lib/placement/gpu-node-affinity';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { partsOf } from '../support/yaml-of';

function placement(props: GpuNodeAffinityProps): GpuNodeAffinity {
  return new GpuNodeAffinity(new Chart(new App(), 'nim'), 'placement', props);
}
const text = (props: GpuNodeAffinityProps) => partsOf(placement(props).podSpec, 'affinity', 'tolerations');

describe('one pool of each platform', () => {
  test('GKE, one L4', () => {
    expect(text({ nodePools: POOLS['GKE, one L4'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('GKE spot with a taint of its own', () => {
    expect(text({ nodePools: POOLS['GKE spot with a taint of its own'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - l4-spot
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: cloud.google.com/gke-spot
         operator: Equal
         value: "true"
         effect: NoSchedule
    `);
  });

  test('GKE, MIG slices', () => {
    expect(text({ nodePools: POOLS['GKE, MIG slices'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - a100-mig
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-tesla-a100
                 - key: cloud.google.com/gke-gpu-partition-size
                   operator: In
                   values:
                     - "3g.20gb"
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('GKE, time-sliced', () => {
    expect(text({ nodePools: POOLS['GKE, time-sliced'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - l4-shared
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
                 - key: cloud.google.com/gke-gpu-sharing-strategy
                   operator: In
                   values:
                     - time-sharing
                 - key: cloud.google.com/gke-max-shared-clients-per-gpu
                   operator: In
                   values:
                     - "4"
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('EKS managed', () => {
    expect(text({ nodePools: POOLS['EKS managed'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: eks.amazonaws.com/nodegroup
                   operator: In
                   values:
                     - gpu
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - g5.xlarge
                     - g5.2xlarge
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('Karpenter by GPU', () => {
    expect(text({ nodePools: POOLS['Karpenter by GPU'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: karpenter.sh/nodepool
                   operator: In
                   values:
                     - gpu
                 - key: karpenter.k8s.aws/instance-gpu-name
                   operator: In
                   values:
                     - l4
                 - key: karpenter.k8s.aws/instance-gpu-count
                   operator: In
                   values:
                     - "1"
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('Karpenter spot', () => {
    expect(text({ nodePools: POOLS['Karpenter spot'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: karpenter.sh/nodepool
                   operator: In
                   values:
                     - gpu-spot
                 - key: karpenter.k8s.aws/instance-gpu-name
                   operator: In
                   values:
                     - l4
                 - key: karpenter.sh/capacity-type
                   operator: In
                   values:
                     - spot
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('AKS', () => {
    expect(text({ nodePools: POOLS.AKS })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: sku
         operator: Equal
         value: gpu
         effect: NoSchedule
    `);
  });

  test('AKS spot', () => {
    expect(text({ nodePools: POOLS['AKS spot'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100spot
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: sku
         operator: Equal
         value: gpu
         effect: NoSchedule
       - key: kubernetes.azure.com/scalesetpriority
         operator: Equal
         value: spot
         effect: NoSchedule
    `);
  });

  test('on-prem, a taint without a value', () => {
    expect(text({ nodePools: POOLS['on-prem, a taint without a value'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: nvidia.com/gpu.present
                   operator: In
                   values:
                     - "true"
                 - key: nvidia.com/gpu.product
                   operator: In
                   values:
                     - NVIDIA-H100-80GB-HBM3
                 - key: example.com/rack
                   operator: In
                   values:
                     - r4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: example.com/inference
         operator: Exists
         effect: NoExecute
    `);
  });

  test('on-prem, MIG slices under their own name', () => {
    expect(text({ nodePools: POOLS['on-prem, MIG slices under their own name'] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: nvidia.com/gpu.present
                   operator: In
                   values:
                     - "true"
                 - key: nvidia.com/gpu.product
                   operator: In
                   values:
                     - NVIDIA-A100-SXM4-80GB
                     - NVIDIA-A100-80GB-PCIe
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });
});

describe('several pools', () => {
  test('in order of preference; the last needs no weight, it is what remains', () => {
    const nodePools = ['a', 'b', 'c'].map((name) =>
      GpuNodePool.gke({ name, machineType: 'g2-standard-4', maxNodes: 1 }),
    );
    const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = placement({ nodePools }).podSpec.affinity!
      .nodeAffinity!;
    expect(preferred!.map(({ weight, preference }) => [preference.matchExpressions![0]!.values![0], weight])).toEqual([
      ['a', 100],
      ['b', 67],
    ]);
  });

  test('of two kinds, with the taints of both', () => {
    expect(text({ nodePools: [POOLS.AKS, POOLS['AKS spot']] })).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         preferredDuringSchedulingIgnoredDuringExecution:
           - preference:
               matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
             weight: 100
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
             - matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100spot
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: sku
         operator: Equal
         value: gpu
         effect: NoSchedule
       - key: kubernetes.azure.com/scalesetpriority
         operator: Equal
         value: spot
         effect: NoSchedule
    `);
  });

  test('zones and tolerations of the user', () => {
    expect(
      text({
        nodePools: POOLS['GKE, one L4'],
        preferredZones: ['us-central1-a'],
        tolerations: [{ key: 'team', operator: 'Equal', value: 'ml', effect: 'NoSchedule' }],
      }),
    ).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         preferredDuringSchedulingIgnoredDuringExecution:
           - preference:
               matchExpressions:
                 - key: topology.kubernetes.io/zone
                   operator: In
                   values:
                     - us-central1-a
             weight: 100
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
     tolerations:
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: team
         operator: Equal
         value: ml
         effect: NoSchedule
    `);
  });

  test('a toleration that is there already is not said twice', () => {
    const tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }];
    expect(placement({ nodePools: POOLS['GKE, one L4'], tolerations }).podSpec.tolerations).toHaveLength(1);
  });
});

describe('spread', () => {
  const podLabels = { app: 'llama' };
  const spread = (options: object) =>
    partsOf(
      placement({ nodePools: POOLS['GKE, one L4'], spread: { podLabels, ...options } }).podSpec,
      'topologySpreadConstraints',
    );

  test('preferably over zones and nodes', () => {
    expect(spread({})).toMatchInlineSnapshot(`
     topologySpreadConstraints:
       - labelSelector:
           matchLabels:
             app: llama
         maxSkew: 1
         topologyKey: topology.kubernetes.io/zone
         whenUnsatisfiable: ScheduleAnyway
       - labelSelector:
           matchLabels:
             app: llama
         maxSkew: 1
         topologyKey: kubernetes.io/hostname
         whenUnsatisfiable: ScheduleAnyway
    `);
  });

  test('nodes by all means, zones never mind', () => {
    expect(spread({ nodes: 'required', zones: 'off' })).toMatchInlineSnapshot(`
     topologySpreadConstraints:
       - labelSelector:
           matchLabels:
             app: llama
         maxSkew: 1
         topologyKey: kubernetes.io/hostname
         whenUnsatisfiable: DoNotSchedule
    `);
  });

  // The scheduler scores no node that lacks one of the labels, so a zone that is not there would end the spread over nodes.
  test('over nodes alone where nodes of your own have no zones', () => {
    const topologyKeys = (options: Partial<OnPremGpuNodePoolProps>, spread: object = {}) =>
      placement({
        nodePools: [POOLS['GKE, one L4'], GpuNodePool.onPrem({ ...rack, ...options })],
        spread: { podLabels, ...spread },
      }).podSpec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    const rack = { name: 'rack', gpu: 'L4', gpusPerNode: 1, maxNodes: 2 } as const;
    expect(topologyKeys({})).toEqual(['kubernetes.io/hostname']);
    expect(topologyKeys({ zones: ['hall-1', 'hall-2'] })).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    expect(topologyKeys({}, { zones: 'preferred' })).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
  });

  test('none unless asked for', () => {
    expect(placement({ nodePools: POOLS['GKE, one L4'] }).podSpec.topologySpreadConstraints).toBeUndefined();
  });
});

test('the name of the GPU resource is that of the pools', () => {
  expect(placement({ nodePools: POOLS['GKE, one L4'] }).gpuResourceName).toBe('nvidia.com/gpu');
  expect(placement({ nodePools: POOLS['on-prem, MIG slices under their own name'] }).gpuResourceName).toBe(
    'nvidia.com/mig-3g.40gb',
  );
});

test('what cannot be', () => {
  const nodePools = [POOLS['GKE, one L4'], POOLS['on-prem, MIG slices under their own name'], POOLS['GKE, one L4']];
  const { node } = placement({ nodePools, spread: { podLabels: { 'a b': 'c' } } });
  expect(refusalsOf(node.scope!)).toMatchInlineSnapshot(`
   nim/placement: placement-pools
     The pools offer different GPU resources: gpupool nvidia.com/gpu, slices nvidia.com/mig-3g.40gb, gpupool nvidia.com/gpu. A container requests one.
     Use pools of one resource, and a workload for each of the others.
   nim/placement: placement-pools
     The pool gpupool is listed twice.
     List each pool once, the most wanted first.
   nim/placement: names
     spread label key "a b" is not a label key.
     Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".
  `);
  expect(refusalsOf(placement({ nodePools: [] }))).toMatchInlineSnapshot(`
   nim/placement: placement-pools
     No node pool is given, so no node may run the pod.
     Give at least one GpuNodePool.
  `);
});
