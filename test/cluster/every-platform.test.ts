import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { GpuNodePool, ModelCache, TenantNamespace } from '../../lib';
import { apply, commit, forget, kubectl, serving, unschedulable } from './cluster';
import { nodeOf } from './nodes';
import { llama } from './services';
import { synthesized } from './synthesized';

/** What the DaemonSet of this cluster takes of every node. */
const daemonSets = { cpu: Cpu.millis(500), memory: Size.mebibytes(700) };

/** A storage class as a storage system of one's own brings it. */
const OWN_DISKS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'ceph-block' },
  provisioner: 'rbd.csi.ceph.com',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** A pool of each platform, the class of its disks, and what makes another node of the same machines not one of it. */
const PLATFORMS = [
  {
    namespace: 'on-eks',
    pool: GpuNodePool.eks({
      name: 'gpu',
      machineTypes: ['g5.2xlarge'],
      maxNodes: 1,
      daemonSets,
      bootDisk: Size.gibibytes(100),
    }),
    disks: 'gp3',
    stranger: { 'eks.amazonaws.com/nodegroup': 'training' },
  },
  {
    namespace: 'on-karpenter',
    pool: GpuNodePool.karpenter({
      name: 'gpu-spot',
      gpu: 'L4',
      maxNodes: 1,
      daemonSets,
      spot: true,
      bootDisk: Size.gibibytes(100),
    }),
    disks: 'gp3',
    stranger: { 'karpenter.sh/capacity-type': 'on-demand' },
  },
  {
    namespace: 'on-aks',
    pool: GpuNodePool.aks({
      name: 'a100',
      machineType: 'Standard_NC24ads_A100_v4',
      maxNodes: 1,
      daemonSets,
      spot: true,
    }),
    disks: 'managed-csi',
    stranger: { 'kubernetes.azure.com/agentpool': 'training' },
  },
  {
    namespace: 'on-prem',
    pool: GpuNodePool.onPrem({
      name: 'rack-4',
      gpu: 'L40S',
      gpusPerNode: 4,
      maxNodes: 1,
      daemonSets,
      cpu: Cpu.units(64),
      memory: Size.gibibytes(256),
      labels: { 'example.com/rack': 'r4' },
      taints: [{ key: 'example.com/inference', effect: 'NoSchedule' }],
    }),
    disks: 'ceph-block',
    stranger: { 'nvidia.com/gpu.product': 'NVIDIA-A10' },
  },
  {
    namespace: 'on-gke-spot',
    pool: GpuNodePool.gke({
      name: 'l4-spot',
      machineType: 'g2-standard-8',
      maxNodes: 1,
      spot: true,
      taints: [{ key: 'cloud.google.com/gke-spot', value: 'true', effect: 'NoSchedule' }],
    }),
    disks: 'premium-rwo',
    stranger: { 'cloud.google.com/gke-nodepool': 'training' },
  },
] as const;

const nodeName = (namespace: string) => `${namespace}-node`;
const strangerName = (namespace: string) => `${namespace}-stranger`;

describe('one contract on every platform, all their nodes in one cluster', () => {
  beforeAll(async () => {
    await apply(
      OWN_DISKS,
      ...PLATFORMS.flatMap(({ namespace, pool, stranger }) => [
        nodeOf(pool, nodeName(namespace)),
        nodeOf(pool, strangerName(namespace), { labels: stranger }),
      ]),
    );
    await commit(
      'everywhere',
      synthesized((app) => {
        for (const { namespace, pool, disks } of PLATFORMS) {
          const cache = ModelCache.perReplica(Size.gibibytes(50), { storageClass: disks });
          llama(new TenantNamespace(app, namespace, { gpus: 1 }), {
            nodePool: pool,
            cache,
            waivers: {
              'image-pinning': 'a test',
              shutdown: 'spot: answers may be cut',
              'karpenter-consolidation': 'a test',
            },
          });
        }
      }),
    );
  });
  afterAll(async () => {
    await forget('everywhere', ...PLATFORMS.map(({ namespace }) => namespace));
    await kubectl(
      'delete',
      'node',
      '--ignore-not-found',
      ...PLATFORMS.flatMap(({ namespace }) => [nodeName(namespace), strangerName(namespace)]),
    );
  });

  test.each(PLATFORMS)('$namespace: the pod runs on the node of its pool', async ({ namespace }) => {
    expect((await serving(namespace, 'llama-0')).spec.nodeName).toBe(nodeName(namespace));
  });

  test('and nowhere else: without those nodes every pod waits, though seven others have free GPUs', async () => {
    await kubectl('cordon', ...PLATFORMS.map(({ namespace }) => nodeName(namespace)));
    for (const { namespace } of PLATFORMS) {
      await kubectl('delete', 'pvc,pod', '--all', '-n', namespace, '--wait=false');
    }
    for (const { namespace } of PLATFORMS) {
      expect(await unschedulable(namespace, 'llama-0')).toContain("didn't match Pod's node affinity/selector");
    }
  });
});
