import { ApiObject, JsonPatch, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { schemaError } from '../conformance/upstream';
import { refusalsOf } from '../support/messages';
import { H100, POOLS } from '../support/pools';
import { leaderWorkerSet, nim } from '../support/services';
import { inventoryOf, manifestOf, yamlOf } from '../support/yaml-of';

const CREDENTIALS = ModelCredentials.ngc({ secretName: 'ngc' });
type Changes = Parameters<typeof leaderWorkerSet>[0];
const TEMPLATE = 'spec.leaderWorkerTemplate';
const group = (changes: Changes, ...paths: string[]) =>
  yamlOf(leaderWorkerSet(changes).chart, 'LeaderWorkerSet', 'llama', ...paths);
const leader = (changes: Changes, ...paths: string[]) =>
  group(changes, ...paths.map((path) => `${TEMPLATE}.leaderTemplate.spec.${path}`));
const worker = (changes: Changes, ...paths: string[]) =>
  group(changes, ...paths.map((path) => `${TEMPLATE}.workerTemplate.spec.${path}`));

test('what two copies of two machines are made of', () => {
  expect(inventoryOf(leaderWorkerSet().chart)).toMatchInlineSnapshot(`
   ServiceAccount llama
   Service llama
   LeaderWorkerSet llama
   PodDisruptionBudget llama
  `);
});

test('two pods a copy, made anew together; groups replaced in place, one by one', () => {
  expect(
    group(
      {},
      'spec.replicas',
      `${TEMPLATE}.size`,
      `${TEMPLATE}.restartPolicy`,
      'spec.startupPolicy',
      'spec.networkConfig',
      'spec.rolloutStrategy',
    ),
  ).toMatchInlineSnapshot(`
   replicas: 2
   size: 2
   restartPolicy: RecreateGroupOnPodRestart
   startupPolicy: LeaderCreated
   networkConfig:
     subdomainPolicy: UniquePerReplica
   rolloutStrategy:
     type: RollingUpdate
     rollingUpdateConfiguration:
       maxSurge: 0
       maxUnavailable: 1
  `);
});

test('the main object is the LeaderWorkerSet, at hand for a patch', () => {
  const { chart, llama } = leaderWorkerSet();
  expect(ApiObject.of(llama)).toBe(llama.workload);
  llama.workload.addJsonPatch(JsonPatch.add('/spec/leaderWorkerTemplate/leaderTemplate/spec/schedulerName', 'volcano'));
  expect(yamlOf(chart, 'LeaderWorkerSet', 'llama', `${TEMPLATE}.leaderTemplate.spec.schedulerName`)).toBe(
    'schedulerName: volcano\n',
  );
});

test('both kinds of pods are pods by the schema of Kubernetes', () => {
  const { spec } = manifestOf(leaderWorkerSet().chart, 'LeaderWorkerSet', 'llama');
  const { leaderTemplate, workerTemplate } = spec.leaderWorkerTemplate;
  for (const template of [leaderTemplate, workerTemplate]) {
    expect(schemaError({ apiVersion: 'v1', kind: 'Pod', ...template })).toBeUndefined();
  }
});

describe('the pods of a group', () => {
  test('the leader serves, the worker joins it', () => {
    const process = ['containers.0.command', 'containers.0.args', 'containers.0.ports'] as const;
    expect(leader({}, ...process)).toMatchInlineSnapshot(`
     command:
       - nim-serve-ray
     args:
       - --head
       - --port
       - "6379"
     ports:
       - name: http
         containerPort: 8000
         protocol: TCP
    `);
    expect(worker({}, ...process)).toMatchInlineSnapshot(`
     command:
       - nim-serve-ray
     args:
       - --head-address
       - "$(LWS_LEADER_ADDRESS):6379"
     # no ports
    `);
  });

  test('each takes its part of the GPUs, and the same of everything else', () => {
    expect(leader({}, 'containers.0.resources')).toMatchInlineSnapshot(`
     resources:
       requests:
         cpu: "64"
         memory: 89Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "8"
       limits:
         memory: 89Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "8"
    `);
    expect(worker({}, 'containers.0.resources')).toBe(leader({}, 'containers.0.resources'));
  });

  test('of the adapters for RDMA too, where the pool has some', () => {
    const nodePool = GpuNodePool.eks({
      name: 'p5',
      machineTypes: ['p5.48xlarge'],
      maxNodes: 4,
      bootDisk: Size.gibibytes(500),
      rdma: { resourceName: 'vpc.amazonaws.com/efa', perNode: 32 },
    });
    expect(worker({ nodePool }, 'containers.0.resources.limits')).toMatchInlineSnapshot(`
     limits:
       memory: 89Gi
       ephemeral-storage: 8Gi
       nvidia.com/gpu: "8"
       vpc.amazonaws.com/efa: "32"
    `);
    expect(leader({ nodePool, tensorParallelSize: 4, pipelineParallelSize: 4 }, 'containers.0.resources.limits')).toBe(
      worker({ nodePool }, 'containers.0.resources.limits'),
    );
  });

  test('a worker is asked what a worker can answer', () => {
    const probes = ['containers.0.startupProbe', 'containers.0.readinessProbe', 'containers.0.livenessProbe'] as const;
    expect(worker({}, ...probes)).toMatchInlineSnapshot(`
     startupProbe:
       exec:
         command:
           - ray
           - status
       periodSeconds: 10
       timeoutSeconds: 5
       failureThreshold: 155
     readinessProbe:
       exec:
         command:
           - ray
           - status
       periodSeconds: 10
       timeoutSeconds: 5
       failureThreshold: 3
     # no livenessProbe
    `);
  });

  test('workers outlive the last answer of their leader', () => {
    const stop = ['terminationGracePeriodSeconds', 'containers.0.lifecycle'] as const;
    expect(leader({}, ...stop)).toMatchInlineSnapshot(`
     terminationGracePeriodSeconds: 280
     lifecycle:
       preStop:
         sleep:
           seconds: 265
    `);
    expect(worker({}, ...stop)).toMatchInlineSnapshot(`
     terminationGracePeriodSeconds: 280
     lifecycle:
       preStop:
         sleep:
           seconds: 265
    `);
  });

  test('a server that drains when it is told to: its workers wait until then', () => {
    const runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' });
    const seconds = ['containers.0.lifecycle.preStop.sleep.seconds'];
    expect(leader({ runtime }, ...seconds)).toMatchInlineSnapshot(`seconds: 30`);
    expect(worker({ runtime }, ...seconds)).toMatchInlineSnapshot(`seconds: 265`);
  });

  test('in one zone, where the pool has several; leaders apart from each other', () => {
    expect(worker({}, 'affinity.podAffinity', 'topologySpreadConstraints')).toMatchInlineSnapshot(`
     podAffinity:
       requiredDuringSchedulingIgnoredDuringExecution:
         - labelSelector:
             matchLabels:
               app.kubernetes.io/instance: llama
               track: stable
           matchLabelKeys:
             - leaderworkerset.sigs.k8s.io/group-key
           topologyKey: topology.kubernetes.io/zone
     # no topologySpreadConstraints
    `);
    expect(leader({}, 'topologySpreadConstraints')).toMatchInlineSnapshot(`
     topologySpreadConstraints:
       - labelSelector:
           matchLabels:
             app.kubernetes.io/instance: llama
             leaderworkerset.sigs.k8s.io/worker-index: "0"
             track: stable
         maxSkew: 1
         topologyKey: topology.kubernetes.io/zone
         whenUnsatisfiable: ScheduleAnyway
       - labelSelector:
           matchLabels:
             app.kubernetes.io/instance: llama
             leaderworkerset.sigs.k8s.io/worker-index: "0"
             track: stable
         maxSkew: 1
         topologyKey: kubernetes.io/hostname
         whenUnsatisfiable: ScheduleAnyway
    `);
  });

  test('with one zone there is nothing to keep together', () => {
    const nodePool = GpuNodePool.gke({
      name: 'h100',
      machineType: 'a3-highgpu-8g',
      maxNodes: 4,
      zones: ['us-central1-a'],
    });
    expect(worker({ nodePool }, 'affinity.podAffinity')).toBe('# no podAffinity\n');
  });

  test('in a rack of their own: the controller does it', () => {
    const exclusiveTopology = 'cloud.google.com/gce-topology-block';
    expect(group({ exclusiveTopology }, 'metadata.annotations')).toMatchInlineSnapshot(`
annotations:
  checkov.io/skip1: "CKV_K8S_22=NIM writes outside its cache and /tmp; no published version is known to run on a read-only root"
  checkov.io/skip2: "CKV_K8S_11=a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share"
  checkov.io/skip3: CKV_K8S_15=an image of many GB that is on the node must not wait for its registry when a pod restarts
  checkov.io/skip4: CKV_K8S_40=the files of the image belong to the user that its publisher chose
  ignore-check.kube-linter.io/no-read-only-root-fs: "NIM writes outside its cache and /tmp; no published version is known to run on a read-only root"
  ignore-check.kube-linter.io/unset-cpu-requirements: "a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share"
  kube-score/ignore: container-security-context-readonlyrootfilesystem,container-image-pull-policy,container-security-context-user-group-id
  leaderworkerset.sigs.k8s.io/exclusive-topology: cloud.google.com/gce-topology-block
  polaris.fairwinds.com/cpuLimitsMissing-exempt: "true"
  polaris.fairwinds.com/notReadOnlyRootFilesystem-exempt: "true"
  polaris.fairwinds.com/pullPolicyNotAlways-exempt: "true"
`);
    expect(worker({ exclusiveTopology }, 'affinity.podAffinity')).toBe('# no podAffinity\n');
  });

  test('have a disk each, when the cache is per replica', () => {
    expect(
      group(
        { cache: ModelCache.perReplica(Size.gibibytes(200)), credentials: CREDENTIALS },
        `${TEMPLATE}.volumeClaimTemplates`,
        `${TEMPLATE}.persistentVolumeClaimRetentionPolicy`,
      ),
    ).toMatchInlineSnapshot(`
     volumeClaimTemplates:
       - metadata:
           name: model-cache
         spec:
           accessModes:
             - ReadWriteOnce
           resources:
             requests:
               storage: 200Gi
     persistentVolumeClaimRetentionPolicy:
       whenDeleted: Retain
       whenScaled: Retain
    `);
  });
});

describe('around the group', () => {
  test('clients reach the leaders only', () => {
    expect(yamlOf(leaderWorkerSet().chart, 'Service', 'llama', 'spec')).toMatchInlineSnapshot(`
     spec:
       type: ClusterIP
       selector:
         app.kubernetes.io/instance: llama
         leaderworkerset.sigs.k8s.io/worker-index: "0"
         track: stable
       ports:
         - name: http
           port: 8000
           protocol: TCP
           targetPort: http
    `);
  });

  test('the disruption budget counts pods: one eviction takes one group', () => {
    expect(yamlOf(leaderWorkerSet().chart, 'PodDisruptionBudget', 'llama', 'spec')).toMatchInlineSnapshot(`
     spec:
       selector:
         matchLabels:
           app.kubernetes.io/instance: llama
           track: stable
       maxUnavailable: 1
       unhealthyPodEvictionPolicy: AlwaysAllow
    `);
  });
});

describe('what cannot be', () => {
  const refused = (changes: Changes) =>
    refusalsOf(leaderWorkerSet(changes).chart, 'parallel-layout', 'gpu-parallelism');

  test('a copy that one pod holds', () => {
    expect(refused({ pipelineParallelSize: 1 })).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       One copy of the model takes 8 GPUs, and a node of the pool h100 has 8: one pod holds it, and a LeaderWorkerSet is for copies of several.
       Use a GpuInferenceStatefulSet (workload: 'StatefulSet'), or a larger pipelineParallelSize.
    `);
  });

  test('a NIM 1.x over several machines', () => {
    expect(refused({ runtime: nim('1.8.0') })).toMatchInlineSnapshot(`
     nim/llama: gpu-parallelism
       A NIM 1.x spans machines by MPI over ssh, which wants a launcher with keys to every pod; this library makes none.
       Use a NIM 2.x, which spans machines with Ray, another server, or a machine with more GPUs.
    `);
  });

  test('experts of a model that has none, and copies of its attention', () => {
    expect(refused({ expertParallel: true, dataParallelSize: 2 })).toMatchInlineSnapshot(`
     nim/llama: gpu-parallelism
       pipelineParallelSize 2 cannot be dealt out evenly over 4 pods, and a NIM splits no layer between pods here.
       Use tensorParallelSize as many as a machine has GPUs, and pipelineParallelSize 4 or a multiple of it.
     nim/llama: gpu-parallelism
       NIM has no setting for dataParallelSize 2.
       Use replicas and tensorParallelSize, or another server.
    `);
  });

  test('GPUs of two kinds in one group', () => {
    const a100 = GpuNodePool.gke({ name: 'a100', machineType: 'a2-ultragpu-8g', maxNodes: 4 });
    expect(refused({ nodePool: [H100, a100] })).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       The pods of a group could land on different GPUs: H100-80GB and A100-80GB. Each step would wait for the slowest, and stages are cut for one size of memory.
       Give it pools of one GPU.
    `);
  });

  test('shares of GPUs in one group', () => {
    expect(refused({ nodePool: POOLS['GKE, time-sliced'], tensorParallelSize: 4, pipelineParallelSize: 2 }))
      .toMatchInlineSnapshot(`
       nim/llama: parallel-layout
         The pods of a group would run on shares of GPUs of the pool l4-shared: whoever else is on one of them stops all.
         Use a pool of whole GPUs.
      `);
  });

  test('adapters of two kinds in one group', () => {
    const other = GpuNodePool.onPrem({
      name: 'rack',
      gpu: 'H100-80GB',
      gpusPerNode: 8,
      maxNodes: 4,
      rdma: { resourceName: 'rdma/hca', perNode: 8 },
    });
    expect(refused({ nodePool: [H100, other] })).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       The pools of a group have different adapters for RDMA: none and rdma/hca. A pod requests one kind.
       Give it pools of one kind, or state rdma of none.
    `);
  });

  test('all pods of a group on one node', () => {
    expect(refused({ exclusiveTopology: 'kubernetes.io/hostname' })).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       exclusiveTopology is kubernetes.io/hostname, so the 2 pods of a copy must be on one node, which has not enough GPUs for them.
       Name the label of something larger than a node, such as a rack, a block or a zone.
    `);
  });

  test('a zone to itself for each of more copies than there are zones', () => {
    expect(refused({ exclusiveTopology: 'topology.kubernetes.io/zone' })).toBe('');
    expect(refused({ exclusiveTopology: 'topology.kubernetes.io/zone', replicas: 3 })).toMatchInlineSnapshot(`
     nim/llama: parallel-layout
       exclusiveTopology gives each of 3 copies a zone to itself, and the pools have 2 (us-central1-a, us-central1-b).
       Name a smaller topology, such as a rack or a block, or leave it out: a copy stays in one zone anyway.
    `);
  });

  test('a name of 49 characters, which the StatefulSet of the workers makes longer', () => {
    const names = (length: number) => refusalsOf(leaderWorkerSet({ name: 'x'.repeat(length) }).chart, 'names');
    expect(names(48)).toBe('');
    expect(names(49)).toContain('has 49 characters; at most 48 fit');
  });

  test('machines that three groups need and the pool does not have', () => {
    expect(refusalsOf(leaderWorkerSet({ replicas: 3 }).chart, 'capacity')).toMatchInlineSnapshot(`
     nim/llama: capacity
       default/llama needs 48 GPUs at rest (3 x 2 pods of 8); its pools hold 32 (h100 4 nodes x 8).
       Raise maxNodes of h100 from 4 to 6, or lower its replicas.
    `);
  });
});
