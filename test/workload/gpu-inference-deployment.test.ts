import { App, Chart, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { GpuInferenceDeployment } from '../../lib/workload/gpu-inference-deployment';
import { refusalsOf } from '../support/messages';
import { L4 } from '../support/pools';
import { CONTRACT, deployment } from '../support/services';
import { inventoryOf, POD, yamlOf } from '../support/yaml-of';

type Changes = Parameters<typeof deployment>[0];
const spec = (changes: Changes, ...paths: string[]) =>
  yamlOf(deployment(changes).chart, 'Deployment', 'llama', ...paths.map((path) => `spec.${path}`));

test('what two replicas are made of', () => {
  expect(inventoryOf(deployment({ replicas: 2 }).chart)).toMatchInlineSnapshot(`
   ServiceAccount llama
   Service llama
   Deployment llama
   PodDisruptionBudget llama
  `);
});

test('what the rollout of a pod may take: node, image, twice the cold start, and the end of the old one', () => {
  const { plan } = deployment().llama;
  expect(spec({}, 'progressDeadlineSeconds', 'revisionHistoryLimit')).toBe(
    `progressDeadlineSeconds: ${plan.startup.rolloutSeconds + plan.shutdown.terminationGracePeriodSeconds}\nrevisionHistoryLimit: 3\n`,
  );
});

test('the pod is that of the StatefulSet, with the cache as a volume', () => {
  expect(yamlOf(deployment().chart, 'Deployment', 'llama', `${POD}.volumes`)).toMatchInlineSnapshot(`
   volumes:
     - name: model-cache
       emptyDir:
         sizeLimit: 20Gi
     - name: shm
       emptyDir:
         medium: Memory
         sizeLimit: 1Gi
  `);
});

describe('a rollout', () => {
  const pool = (maxNodes: number) => GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes });
  const strategy = (nodes: number, replicas: number) => spec({ nodePool: pool(nodes), replicas }, 'strategy');

  test('begins with a new pod where a GPU is spare', () => {
    expect(strategy(3, 2)).toMatchInlineSnapshot(`
     strategy:
       type: RollingUpdate
       rollingUpdate:
         maxSurge: 1
         maxUnavailable: 0
    `);
    expect(strategy(2, 1)).toBe(strategy(3, 2));
  });

  test('begins with the end of an old one on a full pool', () => {
    expect(strategy(2, 2)).toMatchInlineSnapshot(`
     strategy:
       type: RollingUpdate
       rollingUpdate:
         maxSurge: 0
         maxUnavailable: 1
    `);
  });

  test('of a single replica on a full pool is an interruption, and says so', () => {
    expect(strategy(1, 1)).toMatchInlineSnapshot(`
     strategy:
       type: Recreate
    `);
  });

  test('knows of its neighbours: one spare GPU is given once', () => {
    const chart = new Chart(new App(), 'nim');
    for (const name of ['first', 'second']) {
      new GpuInferenceDeployment(chart, name, {
        ...CONTRACT,
        nodePool: pool(3),
        cache: ModelCache.ephemeral(Size.gibibytes(20)),
      });
    }
    const surge = (name: string) => yamlOf(chart, 'Deployment', name, 'spec.strategy.type');
    expect([surge('first'), surge('second')]).toEqual(['type: RollingUpdate\n', 'type: Recreate\n']);
  });
});

describe('what cannot be', () => {
  test('a disk for each replica', () => {
    expect(refusalsOf(deployment({ cache: CONTRACT.cache }).chart)).toMatchInlineSnapshot(`
     nim/llama: model-cache
       A cache per replica is a disk for each pod, and the pods of a Deployment have no disks of their own.
       Use a GpuInferenceStatefulSet (workload: 'StatefulSet'), or ModelCache.claim(…) with a volume that all replicas share.
    `);
  });

  test('a copy of the model that takes two machines', () => {
    expect(refusalsOf(deployment({ pipelineParallelSize: 2 }).chart, 'parallel-layout')).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       One copy of the model takes 2 GPUs, and a node of the pool gpupool has 1: that is 2 pods which start and end together; a Deployment knows pods one by one.
       Use a GpuInferenceLeaderWorkerSet (workload: 'LeaderWorkerSet'), or a machine with 2 GPUs.
    `);
  });

  test('a topology for pods that have no group', () => {
    expect(refusalsOf(deployment({ nodePool: L4, exclusiveTopology: 'example.com/rack' }).chart, 'parallel-layout'))
      .toMatchInlineSnapshot(`
       nim/llama: parallel-layout
         exclusiveTopology keeps the pods of a copy together, and a copy is one pod.
         Leave it out.
      `);
  });
});
