import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import {
  GpuNodeAffinity,
  GpuNodePool,
  InferenceApp,
  InferenceAutoscaler,
  ModelArtifact,
  ModelCache,
  ModelCredentials,
  ModelSource,
  Monitoring,
  NimRuntime,
  TgiRuntime,
  VllmRuntime,
  VllmRuntimeProps,
} from '../../lib';
import { CheckId } from '../../lib/checks/catalog';
import { Manifest } from '../support/yaml-of';
import { Platform } from './platform';

/** What others ran into, as their public issues tell it, and what becomes of it here. */
interface FieldFailure {
  /** `owner/repository#number` of the issue. */
  readonly issue: string;
  /** What operators saw. */
  readonly symptom: string;
  /** The same mistake here, as a change of main.ts; none where there is nothing that one could state wrongly. */
  readonly change?: (platform: Platform) => void;
}

interface Told extends FieldFailure {
  readonly change: (platform: Platform) => void;
  readonly check: CheckId;
  /** The part of the message with its numbers. */
  readonly says: string;
}

interface Derived extends FieldFailure {
  /** Why it cannot happen. */
  readonly because: string;
  readonly proof: (objects: Objects) => void;
}

/** Objects of the synthesized app. */
class Objects {
  constructor(private readonly all: readonly Manifest[]) {}

  of(kind: string, name = 'llama3-8b'): Manifest {
    const found = this.all.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
    return found;
  }

  get pod() {
    return this.of('StatefulSet').spec.template.spec;
  }

  get server() {
    return this.pod.containers[0];
  }
}

/** The same service by vLLM, whose weights come from Hugging Face. */
function byVllm(service: Platform['service'], settings: Partial<VllmRuntimeProps> = {}): void {
  service.runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.11.2', ...settings });
  service.credentials = ModelCredentials.huggingFace({ secretName: 'hugging-face' });
}

const candidate = () => new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' });

const REFUSED: readonly Told[] = [
  {
    issue: 'vllm-project/aibrix#1054',
    symptom: 'an 8B model in 16 bit on a 16 GB card: Kubernetes shows a failing startup probe only',
    change: ({ service }) => {
      const node = { gpu: 'V100-16GB', gpusPerNode: 1, cpu: Cpu.units(16), memory: Size.gibibytes(64) } as const;
      service.nodePool = GpuNodePool.onPrem({ name: 'rack', maxNodes: 2, ...node });
      service.model = 'meta-llama/Llama-3.1-8B-Instruct';
      service.weightFormat = 'fp16';
      service.maxModelLen = 12288;
    },
    check: 'gpu-memory-fit',
    says: '14.99 GiB of fp16 weights leave no room for a KV cache on a V100-16GB',
  },
  {
    issue: 'kaito-project/kaito#2132',
    symptom: 'a context of a million tokens whose KV cache is larger than what is left beside the weights',
    change: ({ pool, tenant, service }) => {
      pool.machineType = 'a3-highgpu-8g';
      tenant.gpus = 8;
      service.model = 'meta-llama/Llama-4-Scout-17B-16E-Instruct';
      service.cache = ModelCache.perReplica(Size.gibibytes(300));
      service.tensorParallelSize = 8;
      service.maxModelLen = 10485760;
    },
    check: 'gpu-memory-fit',
    says: 'One sequence of 10,485,760 tokens needs',
  },
  {
    issue: 'vllm-project/vllm#4232',
    symptom: '40 attention heads over 6 GPUs: the server refuses to start',
    change: ({ pool, tenant, service }) => {
      pool.machineType = 'g2-standard-96';
      tenant.gpus = 8;
      service.model = 'Qwen/Qwen2.5-32B-Instruct';
      service.cache = ModelCache.perReplica(Size.gibibytes(100));
      service.tensorParallelSize = 6;
    },
    check: 'gpu-parallelism',
    says: '40 attention heads cannot be divided by tensorParallelSize 6',
  },
  {
    issue: 'substratusai/vllm-docker#37',
    symptom: 'bf16 by default on a T4: the engine ends with a ValueError',
    change: ({ pool, service }) => {
      pool.machineType = 'n1-standard-8';
      pool.attachedT4s = 1;
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
    },
    check: 'gpu-precision',
    says: 'bf16 weights do not run on T4, whose compute capability is 7.5',
  },
  {
    issue: 'LMCache/LMCache#1399',
    symptom: 'a cache on the disk of the node that fills it: the pod is evicted',
    change: ({ service }) => {
      service.cache = ModelCache.ephemeral(Size.gibibytes(200));
    },
    check: 'node-fit',
    says: 'A pod asks for 212,992 MiB of ephemeral storage',
  },
  {
    issue: 'defilantech/LLMKube#192',
    symptom: 'a new pod that waits for the GPU of the old one, which waits for the new one',
    change: ({ tenant, service }) => {
      tenant.gpus = 4;
      service.replicas = 2;
      service.canary = { runtime: candidate(), step: 'prepared' };
    },
    check: 'rollout-surge',
    says: 'needs 3 GPUs',
  },
  {
    issue: 'kubernetes/kubernetes#89209',
    symptom: 'a quota that is full: the new pod is never made, and an event says so',
    change: ({ pool, tenant, service }) => {
      pool.maxNodes = 4;
      tenant.gpus = 2;
      service.replicas = 2;
      service.canary = { runtime: candidate(), step: 'prepared' };
    },
    check: 'tenant-quota',
    says: 'the quota of nvidia.com/gpu allows 2',
  },
  {
    issue: 'argoproj/argo-cd#5105',
    symptom: 'replicas in Git and an autoscaler: pods come and go between the two numbers',
    change: ({ nim }) => {
      new k8s.KubeHorizontalPodAutoscalerV2(nim, 'scaler', {
        metadata: { name: 'llama3-8b' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'llama3-8b' },
          minReplicas: 2,
          maxReplicas: 10,
        },
      });
    },
    check: 'replicas-under-scaler',
    says: 'StatefulSet nim/llama3-8b sets spec.replicas to 1',
  },
  {
    issue: 'kserve/website#482',
    symptom: 'a download without the credential that it needs',
    change: ({ service }) => {
      service.credentials = ModelCredentials.huggingFace({ secretName: 'hf-secret' });
    },
    check: 'credentials',
    says: 'NIM 1.0.0 downloads its weights from NGC and ends at once without NGC_API_KEY',
  },
  {
    issue: 'NVIDIA/nim-deploy#15',
    symptom: 'a cache on a volume that the server cannot write to',
    change: ({ service }) => {
      service.cache = ModelCache.claim('weights', { readOnly: true, filled: false });
    },
    check: 'model-cache',
    says: 'The claim weights is mounted read-only and not filled',
  },
  {
    issue: 'kserve/kserve#5996',
    symptom: 'scale to zero is stated, and there is nothing in front that would start the first pod',
    change: ({ service }) => {
      service.scaling = { serverAddress: 'http://prometheus-operated.monitoring:9090', minReplicas: 0 };
    },
    check: 'scale-to-zero',
    says: 'pods that are not there have no queue',
  },
  {
    issue: 'llm-d/llm-d-autoscaling#1427',
    symptom: 'two controllers decide on the size of one pool',
    change: (base) => {
      base.service.scaling = { serverAddress: 'http://prometheus-operated.monitoring:9090' };
      new InferenceAutoscaler(base.nim, 'second', { target: base.llama.stable, by: 'hpa', name: 'second' });
    },
    check: 'scaler-conflict',
    says: 'each would undo what the other decides',
  },
];

const THROWN: readonly Told[] = [
  {
    issue: 'defilantech/LLMKube#1030',
    symptom: 'a flag that the server never had: every pod fails at its start',
    change: ({ service }) => {
      const image: string = 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0';
      service.runtime = new NimRuntime({ image, enableMetrics: true } as { image: string });
    },
    check: 'runtime-setting',
    says: 'NIM has no setting "enableMetrics".',
  },
  {
    issue: 'defilantech/LLMKube#1030',
    symptom: 'the same flag, by the server that the issue is about',
    change: ({ service }) => byVllm(service, { args: ['--enable-metrics'] }),
    check: 'runtime-setting',
    says: 'vLLM 0.11.2 has no flag --enable-metrics and would end at its start.',
  },
  {
    issue: 'huggingface/text-generation-inference#3082',
    symptom: 'an image that only root can start, in a pod that forbids root',
    change: ({ service }) => {
      service.runtime = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.1.1' });
    },
    check: 'runtime-user',
    says: 'The public image of TGI 3.1.1 starts as root only',
  },
];

const WARNED: readonly Told[] = [
  {
    issue: 'defilantech/LLMKube#658',
    symptom: 'Karpenter consolidates a busy GPU node',
    change: ({ service }) => {
      service.nodePool = GpuNodePool.karpenter({ name: 'gpu', machineTypes: ['g6.xlarge'], maxNodes: 2 });
    },
    check: 'karpenter-consolidation',
    says: 'Karpenter consolidates the pool gpu by CPU and memory',
  },
  {
    issue: 'opendatahub-io/odh-manifests#259',
    symptom: 'a disk in a zone that has no GPU: volume node affinity conflict',
    change: ({ pool }) => {
      pool.zones = ['us-central1-a', 'us-central1-b'];
    },
    check: 'zonal-cache',
    says: 'the pools have 2 zones (us-central1-a, us-central1-b)',
  },
];

const DERIVED: readonly Derived[] = [
  {
    issue: 'kserve/kserve#5062',
    symptom: 'a liveness probe that kills a model which takes longer to load than its fixed delay',
    because: 'the startup probe waits for twice the derived cold start, and liveness for the startup probe',
    change: ({ pool, tenant, service }) => {
      pool.machineType = 'a2-ultragpu-4g';
      tenant.gpus = 4;
      service.model = 'meta-llama/Meta-Llama-3-70B-Instruct';
      service.cache = ModelCache.perReplica(Size.gibibytes(200));
      service.tensorParallelSize = 4;
    },
    proof: ({ server: { startupProbe, livenessProbe } }) => {
      // 141 GB at 50 MB/s and 150 MB/s, 300 s to warm up, twice
      expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThan(2 * (2820 + 940 + 300));
      expect(livenessProbe.initialDelaySeconds).toBeUndefined();
    },
  },
  {
    issue: 'vllm-project/vllm#34199',
    symptom: 'a Service named vllm becomes VLLM_PORT=tcp://… in every pod of the namespace',
    because: 'pods have no service links',
    change: ({ service }) => {
      service.name = 'vllm';
    },
    proof: (objects) => expect(objects.of('StatefulSet', 'vllm').spec.template.spec.enableServiceLinks).toBe(false),
  },
  {
    issue: 'opea-project/Enterprise-Inference#98',
    symptom: 'a proxy that cuts an answer after its default of 60 s',
    because: 'the timeout of the route is the longest answer',
    change: ({ service }) => {
      service.longestAnswer = Duration.minutes(5);
    },
    proof: (objects) => {
      for (const { timeouts } of objects.of('HTTPRoute').spec.rules) expect(timeouts.request).toBe('5m');
    },
  },
  {
    issue: 'kubernetes/website#38267',
    symptom: 'egress that is denied by default denies DNS as well',
    because: 'the policy of a pod that may download allows UDP and TCP 53 to the servers of DNS',
    proof: (objects) => {
      const { egress } = objects.of('NetworkPolicy').spec;
      expect(egress.flatMap(({ ports }: Manifest) => ports)).toEqual(
        expect.arrayContaining([
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ]),
      );
    },
  },
  {
    issue: 'ionfury/homelab#907',
    symptom: 'a store of weights on another port than 443, which the policy closes',
    because: 'the port is that of the URL from which the weights come',
    change: ({ service }) => {
      const endpoint = 'http://weights.example.com:8080';
      service.artifact = ModelArtifact.download(ModelSource.s3({ bucket: 'weights', key: 'llama3-8b', endpoint }), {
        checksum: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      });
    },
    proof: (objects) => {
      const rules: Manifest[] = objects.of('NetworkPolicy').spec.egress;
      const internet = rules.filter(({ to }) => to.some(({ ipBlock }: Manifest) => ipBlock?.cidr === '0.0.0.0/0'));
      expect(internet.flatMap(({ ports }) => ports)).toEqual([{ port: 8080, protocol: 'TCP' }]);
    },
  },
  {
    issue: 'kserve/kserve#5684',
    symptom: 'a rollout that is called failed after ten minutes, while a node is still being made',
    because: 'the deadline of a Deployment follows from node, image, download and load',
    change: ({ service }) => {
      service.workload = 'Deployment';
      service.cache = ModelCache.shared();
    },
    proof: (objects) => {
      const { progressDeadlineSeconds, template } = objects.of('Deployment').spec;
      const { startupProbe } = template.spec.containers[0];
      expect(progressDeadlineSeconds).toBeGreaterThan(startupProbe.periodSeconds * startupProbe.failureThreshold);
    },
  },
  {
    issue: 'defilantech/LLMKube#734',
    symptom: 'a timeout that is stated, and lost between the object of the operator and the route',
    because: 'there is no object in between: what stands in the HTTPRoute is what the gateway enforces',
    change: ({ service }) => {
      service.longestAnswer = Duration.minutes(30);
    },
    proof: (objects) => {
      for (const { timeouts } of objects.of('HTTPRoute').spec.rules) expect(timeouts.request).toBe('30m');
    },
  },
  {
    issue: 'llm-d/llm-d#481',
    symptom: 'eight GPUs are stated, and the chart requests one',
    because: 'tensorParallelSize is the only place where GPUs of a replica are stated',
    change: ({ pool, tenant, service }) => {
      pool.machineType = 'g2-standard-24';
      tenant.gpus = 2;
      service.tensorParallelSize = 2;
    },
    proof: ({ server: { resources } }) => {
      expect(resources.requests['nvidia.com/gpu']).toBe('2');
      expect(resources.limits['nvidia.com/gpu']).toBe('2');
    },
  },
  {
    issue: 'vllm-project/aibrix#909',
    symptom: 'a helper without a GPU of its own that must share the node: untolerated taint',
    because: 'GpuNodeAffinity tolerates the taint for every workload that it is applied to, whatever that requests',
    change: ({ nim, pool }) => helper(nim, pool, 'Deployment'),
    proof: (objects) => {
      const { containers, tolerations } = objects.of('Deployment', 'helper').spec.template.spec;
      expect(containers[0].resources).toBeUndefined();
      expect(tolerations).toContainEqual({ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' });
    },
  },
  {
    issue: 'NVIDIA-AI-Blueprints/video-search-and-summarization#709',
    symptom: 'a job that fills the cache, with the selector of the server and without its tolerations',
    because: 'a placement is one thing: what it is applied to gets the affinity and the tolerations of the server',
    change: ({ nim, pool }) => helper(nim, pool, 'Job'),
    proof: (objects) => {
      const { affinity, tolerations } = objects.of('Job', 'helper').spec.template.spec;
      expect(affinity.nodeAffinity).toEqual(objects.pod.affinity.nodeAffinity);
      expect(tolerations).toEqual(objects.pod.tolerations);
    },
  },
  {
    issue: 'kserve/website#482',
    symptom: 'the token is on the server, and another container downloads',
    because: 'the server downloads by itself, and its container has the credential',
    proof: ({ pod, server }) => {
      expect(pod.initContainers).toBeUndefined();
      const key = { name: 'NGC_API_KEY', valueFrom: { secretKeyRef: { name: 'ngc-api', key: 'NGC_API_KEY' } } };
      expect(server.env).toContainEqual(key);
    },
  },
  {
    issue: 'triton-inference-server/server#7015',
    symptom: 'PermissionError for the home directory, where a download is cached',
    because: 'downloads go to a volume of the group that the server runs as',
    proof: ({ pod, server }) => {
      const { value } = server.env.find(({ name }: Manifest) => name === 'NIM_CACHE_PATH');
      expect(server.volumeMounts).toContainEqual({ name: 'model-cache', mountPath: value });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    },
  },
  {
    issue: 'NVIDIA/nim-deploy#15',
    symptom: 'NIM_CACHE_PATH and the mount of the claim name different folders',
    because: 'both are one prop',
    change: ({ service }) => {
      service.cachePath = '/mnt/models/cache';
    },
    proof: ({ server }) => {
      expect(server.env).toContainEqual({ name: 'NIM_CACHE_PATH', value: '/mnt/models/cache' });
      expect(server.volumeMounts).toContainEqual({ name: 'model-cache', mountPath: '/mnt/models/cache' });
    },
  },
  {
    issue: 'triton-inference-server/server#4869',
    symptom: 'a /dev/shm of 64 MB',
    because: 'it is a volume in memory, as large as the server needs it',
    proof: ({ pod, server }) => {
      expect(server.volumeMounts).toContainEqual({ name: 'shm', mountPath: '/dev/shm' });
      expect(pod.volumes).toContainEqual({ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } });
    },
  },
  {
    issue: 'substratusai/vllm-docker#37',
    symptom: 'bf16 by default on a T4, and a wrapper that cannot say otherwise',
    because: 'vLLM is told half where a GPU of the pool has no bf16',
    change: ({ pool, service }) => {
      pool.machineType = 'n1-standard-8';
      pool.attachedT4s = 1;
      service.model = 'meta-llama/Llama-3.2-1B-Instruct';
      byVllm(service);
    },
    proof: ({ server: { args } }) => expect(args.join(' ')).toContain('--dtype half'),
  },
  {
    issue: 'ray-project/ray#60817',
    symptom: 'the decoding server gets an address of the prefilling one that it cannot reach',
    because: 'the address that is handed over is that of the pod',
    change: ({ service }) => byVllm(service, { kvTransfer: { role: 'kv_producer' } }),
    proof: ({ server: { env } }) => {
      const valueFrom = { fieldRef: { fieldPath: 'status.podIP' } };
      expect(env).toContainEqual({ name: 'VLLM_NIXL_SIDE_CHANNEL_HOST', valueFrom });
    },
  },
  {
    issue: 'aws-samples/aws-do-eks#49',
    symptom: 'a worker that looks its own address up finds none, and never joins the leader',
    because: 'every pod of a group is told the address that Kubernetes gave it',
    change: ({ pool, tenant, service }) => {
      pool.machineType = 'a3-highgpu-8g';
      pool.maxNodes = 2;
      pool.localSsdAsEphemeralStorage = true;
      tenant.gpus = 16;
      service.model = 'meta-llama/Llama-3.1-405B-Instruct';
      service.cache = ModelCache.ephemeral(Size.gibibytes(900));
      service.tensorParallelSize = 8;
      service.pipelineParallelSize = 2;
      byVllm(service);
    },
    proof: (objects) => {
      const { leaderTemplate, workerTemplate } = objects.of('LeaderWorkerSet').spec.leaderWorkerTemplate;
      for (const { spec } of [leaderTemplate, workerTemplate]) {
        const valueFrom = { fieldRef: { fieldPath: 'status.podIP' } };
        expect(spec.containers[0].env).toContainEqual({ name: 'VLLM_HOST_IP', valueFrom });
      }
    },
  },
  {
    issue: 'vllm-project/production-stack#150',
    symptom: 'the server wants a key, and what asks it has none',
    because: 'probes and metrics ask paths that need no key, and the key is that of one Secret',
    change: ({ service }) => {
      byVllm(service, { apiKey: { secretName: 'llama-key' } });
      // The server asks, so the gateway does not.
      service.route = { ...service.route!, authentication: undefined };
    },
    proof: ({ server }) => {
      for (const probe of [server.startupProbe, server.readinessProbe, server.livenessProbe])
        expect(probe.httpGet.path).toBe('/health');
      const key = { secretKeyRef: { name: 'llama-key', key: 'API_KEY' } };
      expect(server.env).toContainEqual({ name: 'VLLM_API_KEY', valueFrom: key });
    },
  },
  {
    issue: 'kubernetes-sigs/gateway-api-inference-extension#550',
    symptom: 'requests that reach a pod which stops, and streams that are cut',
    because: 'the grace period is the time until gateways have heard, the longest answer, and a margin',
    change: ({ service }) => {
      service.longestAnswer = Duration.seconds(55);
    },
    proof: ({ pod, server }) => {
      // NIM 1.x does not stop on SIGTERM, so the answer is given its time after it
      expect(server.lifecycle.preStop.sleep.seconds).toBe(30);
      expect(pod.terminationGracePeriodSeconds).toBe(30 + 55 + 15);
    },
  },
  {
    issue: 'ai-dynamo/dynamo#2101',
    symptom: 'a grace period of 30 s that nobody can change',
    because: 'it follows from the longest answer',
    change: ({ service }) => {
      service.longestAnswer = Duration.minutes(8);
    },
    proof: ({ pod }) => expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(480),
  },
  {
    issue: 'kserve/kserve#6145',
    symptom: 'a label of a queue in a selector that can never change again',
    because: 'labels of the user are not part of the selector',
    change: ({ service }) => {
      service.podLabels = { 'kueue.x-k8s.io/queue-name': 'team-a' };
    },
    proof: (objects) => {
      expect(objects.of('StatefulSet').spec.selector.matchLabels).toEqual({
        'app.kubernetes.io/instance': 'llama3-8b',
        track: 'stable',
      });
      expect(objects.of('StatefulSet').spec.template.metadata.labels).toMatchObject({
        'kueue.x-k8s.io/queue-name': 'team-a',
      });
    },
  },
  {
    issue: 'kserve/kserve#5983',
    symptom: 'requests for a canary that is not ready, while the stable pods are fewer already',
    because: 'a release begins with pods without requests, and the stable replicas stay',
    change: ({ service }) => {
      service.canary = { runtime: candidate(), step: 'smoke' };
    },
    proof: (objects) => {
      const rules: Manifest[] = objects.of('HTTPRoute').spec.rules;
      const weights = rules.flatMap(({ backendRefs }) => backendRefs).filter(({ weight }) => weight !== undefined);
      expect(weights.map(({ name, weight }) => `${name} ${weight}`)).toEqual(['llama3-8b 100', 'llama3-8b-canary 0']);
      expect(objects.of('StatefulSet').spec.replicas).toBe(1);
    },
  },
  {
    issue: 'NVIDIA/gpu-operator#637',
    symptom: 'nvidia.com/gpu requested of a node whose GPUs are cut into slices of other names',
    because: 'the name of the resource is that of the pool',
    change: ({ service }) => {
      const mig = { profile: '4g.40gb', strategy: 'mixed' } as const;
      const node = { gpu: 'A100-80GB', gpusPerNode: 1, cpu: Cpu.units(16), memory: Size.gibibytes(64) } as const;
      service.nodePool = GpuNodePool.onPrem({ name: 'slices', maxNodes: 1, mig, ...node });
    },
    proof: ({ server }) => {
      expect(server.resources.limits['nvidia.com/mig-4g.40gb']).toBe('1');
      expect(server.resources.limits['nvidia.com/gpu']).toBeUndefined();
    },
  },
  {
    issue: 'llm-d/llm-d-autoscaling#1427',
    symptom: 'a queue that swings from one scrape to the next, and pods that come and go with it every 15 s',
    because: 'a step up or down is made once in a cold start, and down only after two of them',
    change: ({ service }) => {
      service.scaling = { serverAddress: 'http://prometheus-operated.monitoring:9090' };
    },
    proof: (objects) => {
      const { horizontalPodAutoscalerConfig } = objects.of('ScaledObject').spec.advanced;
      const { scaleUp, scaleDown } = horizontalPodAutoscalerConfig.behavior;
      // As long as Kubernetes lets a period and a window be; several scrapes of 15 to 60 s in any case.
      for (const { policies } of [scaleUp, scaleDown]) {
        expect(policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 1800 }]);
      }
      expect(scaleDown.stabilizationWindowSeconds).toBe(3600);
    },
  },
  {
    issue: 'vllm-project/production-stack#606',
    symptom: 'metrics that nobody scrapes, because the monitor is part of another chart',
    because: 'the monitor comes with the service, with the labels by which that Prometheus finds it',
    change: ({ service }) => {
      service.monitoring = Monitoring.prometheusOperator({ labels: { release: 'kube-prometheus-stack' } });
    },
    proof: (objects) => {
      const { metadata, spec } = objects.of('PodMonitor');
      expect(metadata.labels).toMatchObject({ release: 'kube-prometheus-stack' });
      expect(spec.podMetricsEndpoints).toMatchObject([{ port: 'http', path: '/metrics' }]);
    },
  },
  {
    issue: 'vllm-project/vllm#27341',
    symptom: 'a panel without data, because the version has another name for the use of the KV cache',
    because: 'dashboards read a record, and the record reads what the version exports',
    change: ({ service }) => {
      byVllm(service);
      service.monitoring = Monitoring.prometheusOperator();
    },
    proof: (objects) => {
      const rules: Manifest[] = objects.of('PrometheusRule', 'llama3-8b-signals').spec.groups[0].rules;
      const { expr } = rules.find(({ record }) => record === 'inference:kv_utilization')!;
      expect(expr).toContain('vllm:kv_cache_usage_perc{');
      expect(expr).not.toContain('gpu_cache_usage_perc');
    },
  },
];

/** A workload of somebody else that must run on the nodes of the server. */
function helper(nim: Platform['nim'], pool: Platform['pool'], kind: 'Deployment' | 'Job'): void {
  const workload = new ApiObject(nim, 'helper', {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: 'helper' },
    spec: { template: { spec: { containers: [{ name: 'helper', image: 'helper:1.0.0' }] } } },
  });
  new GpuNodeAffinity(nim, 'placement', { nodePools: GpuNodePool.gke(pool) }).applyTo(workload);
}

let outdir: string;
let stderr: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'field-failures-'));
  stderr = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
  jest.restoreAllMocks();
});

function appWith(change?: FieldFailure['change']): InferenceApp {
  const platform = new Platform(outdir);
  change?.(platform);
  return platform.finish() as InferenceApp;
}

test.each([...REFUSED, ...THROWN])('$issue ($symptom): refused by $check', ({ change, check, says }) => {
  const synthesis = () => appWith(change).synth();
  expect(synthesis).toThrow(`: ${check}\n`);
  expect(synthesis).toThrow(says);
});

test.each(WARNED)('$issue ($symptom): warned of by $check', ({ change, check, says }) => {
  appWith(change).synth();
  expect(stderr).toContain(`: ${check}\n`);
  expect(stderr).toContain(says);
});

test.each(DERIVED)('$issue ($symptom): cannot happen, since $because', ({ change, proof }) => {
  proof(
    new Objects(
      appWith(change)
        .manifests()
        .map(({ manifest }) => manifest as Manifest),
    ),
  );
});
