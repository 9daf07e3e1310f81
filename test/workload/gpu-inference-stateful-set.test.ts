import { ApiObject, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { nim, statefulSet } from '../support/services';
import { inventoryOf, manifestOf, manifestsOf, POD, SERVER, yamlOf } from '../support/yaml-of';

const VERSIONS = ['1.0.0', '1.8.0', '2.0.4', '2.0.10'] as const;
const server = (changes: Parameters<typeof statefulSet>[0], ...paths: string[]) =>
  yamlOf(statefulSet(changes).chart, 'StatefulSet', 'llama', ...paths.map((path) => `${SERVER}.${path}`));
const pod = (changes: Parameters<typeof statefulSet>[0], ...paths: string[]) =>
  yamlOf(statefulSet(changes).chart, 'StatefulSet', 'llama', ...paths.map((path) => `${POD}.${path}`));
const spec = (changes: Parameters<typeof statefulSet>[0], ...paths: string[]) =>
  yamlOf(statefulSet(changes).chart, 'StatefulSet', 'llama', ...paths.map((path) => `spec.${path}`));

test('what one replica is made of', () => {
  expect(inventoryOf(statefulSet().chart)).toMatchInlineSnapshot(`
   ServiceAccount llama
   Service llama-headless
   Service llama
   StatefulSet llama
  `);
});

test('two replicas have a disruption budget besides', () => {
  const { chart } = statefulSet({ replicas: 2 });
  expect(inventoryOf(chart)).toMatchInlineSnapshot(`
   ServiceAccount llama
   Service llama-headless
   Service llama
   StatefulSet llama
   PodDisruptionBudget llama
  `);
  expect(yamlOf(chart, 'PodDisruptionBudget', 'llama')).toMatchInlineSnapshot(`
   apiVersion: policy/v1
   kind: PodDisruptionBudget
   metadata:
     name: llama
     labels:
       app.kubernetes.io/component: inference-server
       app.kubernetes.io/instance: llama
       app.kubernetes.io/name: nim
       track: stable
   spec:
     selector:
       matchLabels:
         app.kubernetes.io/instance: llama
         track: stable
     maxUnavailable: 1
     unhealthyPodEvictionPolicy: AlwaysAllow
  `);
});

test('the main object is the StatefulSet, at hand for a patch', () => {
  const { chart, llama } = statefulSet();
  expect(ApiObject.of(llama)).toBe(llama.workload);
  expect(ApiObject.of(llama).kind).toBe('StatefulSet');
  llama.workload.addJsonPatch(JsonPatch.add('/spec/minReadySeconds', 10));
  expect(yamlOf(chart, 'StatefulSet', 'llama', 'spec.minReadySeconds')).toBe('minReadySeconds: 10\n');
});

test('what a StatefulSet freezes when it is born names no version, runtime or pool', () => {
  expect(spec({}, 'selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates')).toMatchInlineSnapshot(`
   selector:
     matchLabels:
       app.kubernetes.io/instance: llama
       track: stable
   serviceName: llama-headless
   podManagementPolicy: Parallel
   volumeClaimTemplates:
     - metadata:
         name: model-cache
       spec:
         accessModes:
           - ReadWriteOnce
         resources:
           requests:
             storage: 50Gi
  `);
});

describe('resources', () => {
  test('the share of the machine that a pod gets: one L4 of a g2-standard-4', () => {
    expect(server({}, 'resources')).toMatchInlineSnapshot(`
     resources:
       requests:
         cpu: 3100m
         memory: 11Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "1"
       limits:
         memory: 11Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "1"
    `);
  });

  test.each(VERSIONS)('are no matter of the version: NIM %s', (version) => {
    expect(server({ runtime: nim(version) }, 'resources')).toBe(server({}, 'resources'));
  });

  test('two GPUs of a machine with two', () => {
    expect(server({ nodePool: POOLS['GKE, two L4'], tensorParallelSize: 2 }, 'resources')).toMatchInlineSnapshot(`
     resources:
       requests:
         cpu: "16"
         memory: 38Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "2"
       limits:
         memory: 38Gi
         ephemeral-storage: 8Gi
         nvidia.com/gpu: "2"
    `);
  });

  test('a MIG slice under its own name', () => {
    expect(server({ nodePool: POOLS['on-prem, MIG slices under their own name'] }, 'resources')).toMatchInlineSnapshot(`
     resources:
       requests:
         cpu: "8"
         memory: 23Gi
         ephemeral-storage: 8Gi
         nvidia.com/mig-3g.40gb: "1"
       limits:
         memory: 23Gi
         ephemeral-storage: 8Gi
         nvidia.com/mig-3g.40gb: "1"
    `);
  });

  test('what the user states instead, with a CPU limit', () => {
    const resources = {
      cpu: Cpu.millis(2500),
      cpuLimit: Cpu.units(3.5),
      memory: Size.gibibytes(10),
      ephemeralStorage: Size.gibibytes(20),
    };
    expect(server({ resources }, 'resources')).toMatchInlineSnapshot(`
     resources:
       requests:
         cpu: 2500m
         memory: 10Gi
         ephemeral-storage: 20Gi
         nvidia.com/gpu: "1"
       limits:
         cpu: 3500m
         memory: 10Gi
         ephemeral-storage: 20Gi
         nvidia.com/gpu: "1"
    `);
  });

  test('a fraction of a core is a whole number of thousandths', () => {
    expect(server({ resources: { cpu: Cpu.units(1.005) } }, 'resources.requests.cpu')).toBe('cpu: 1005m\n');
  });
});

describe('probes', () => {
  // 8B: 16.06 GB at 50 MB/s are 322 s, at 150 MB/s 108 s, and 300 s of warm-up: 730 s, twice that every 10 s.
  test('cold cache, 16 GB of weights', () => {
    expect(server({}, 'startupProbe', 'readinessProbe', 'livenessProbe')).toMatchInlineSnapshot(`
     startupProbe:
       httpGet:
         path: /v1/health/ready
         port: http
       periodSeconds: 10
       timeoutSeconds: 5
       failureThreshold: 146
     readinessProbe:
       httpGet:
         path: /v1/health/ready
         port: http
       periodSeconds: 10
       timeoutSeconds: 5
       failureThreshold: 3
     livenessProbe:
       httpGet:
         path: /v1/health/live
         port: http
       periodSeconds: 10
       timeoutSeconds: 10
       failureThreshold: 6
    `);
  });

  test('filled cache: no download to wait for', () => {
    // 108 s + 300 s, twice.
    const filled = {
      cache: ModelCache.claim('weights', { readOnly: true }),
      credentials: ModelCredentials.airGapped(),
    };
    expect(server(filled, 'startupProbe')).toMatchInlineSnapshot(`
     startupProbe:
       httpGet:
         path: /v1/health/ready
         port: http
       periodSeconds: 10
       timeoutSeconds: 5
       failureThreshold: 82
    `);
  });

  test.each(VERSIONS)('NIM %s has the same paths and patience', (version) => {
    const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'];
    expect(server({ runtime: nim(version) }, ...probes)).toBe(server({}, ...probes));
  });
});

describe('a stop', () => {
  const STOP = [`${POD}.terminationGracePeriodSeconds`, `${SERVER}.lifecycle`];
  const stop = (version: string) =>
    yamlOf(statefulSet({ runtime: nim(version) }).chart, 'StatefulSet', 'llama', ...STOP);

  // 4,096 tokens at 20 a second and 30 s before the first: 235 s. 30 s until gateways have heard, 15 s of margin.
  test.each(['1.0.0', '1.8.0'])('NIM %s ignores SIGTERM, so the grace period covers the longest answer', (version) => {
    expect(stop(version)).toBe(`terminationGracePeriodSeconds: 280
lifecycle:
  preStop:
    sleep:
      seconds: 30
`);
  });

  test.each(['2.0.4', '2.0.10'])('NIM %s aborts at SIGTERM, so the pod waits before it is told', (version) => {
    expect(stop(version)).toBe(`terminationGracePeriodSeconds: 280
lifecycle:
  preStop:
    sleep:
      seconds: 265
`);
  });
});

describe('security', () => {
  test('pod and container', () => {
    expect(pod({}, 'securityContext', 'automountServiceAccountToken', 'enableServiceLinks')).toMatchInlineSnapshot(`
     securityContext:
       runAsNonRoot: true
       runAsUser: 1000
       runAsGroup: 1000
       fsGroup: 1000
       fsGroupChangePolicy: OnRootMismatch
       seccompProfile:
         type: RuntimeDefault
     automountServiceAccountToken: false
     enableServiceLinks: false
    `);
    expect(server({}, 'securityContext')).toMatchInlineSnapshot(`
     securityContext:
       allowPrivilegeEscalation: false
       capabilities:
         drop:
           - ALL
       readOnlyRootFilesystem: false
    `);
    expect(yamlOf(statefulSet().chart, 'StatefulSet', 'llama', 'metadata.annotations')).toMatchInlineSnapshot(`
annotations:
  checkov.io/skip1: "CKV_K8S_22=NIM writes outside its cache and /tmp; no published version is known to run on a read-only root"
  checkov.io/skip2: "CKV_K8S_11=a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share"
  checkov.io/skip3: CKV_K8S_15=an image of many GB that is on the node must not wait for its registry when a pod restarts
  checkov.io/skip4: CKV_K8S_40=the files of the image belong to the user that its publisher chose
  checkov.io/skip5: CKV_K8S_35=the server reads this key from its environment only
  ignore-check.kube-linter.io/no-read-only-root-fs: "NIM writes outside its cache and /tmp; no published version is known to run on a read-only root"
  ignore-check.kube-linter.io/read-secret-from-env-var: the server reads this key from its environment only
  ignore-check.kube-linter.io/unset-cpu-requirements: "a limit throttles the threads that feed the GPU while CPU is idle; the request guarantees the share"
  kube-score/ignore: container-security-context-readonlyrootfilesystem,container-image-pull-policy,container-security-context-user-group-id
  polaris.fairwinds.com/cpuLimitsMissing-exempt: "true"
  polaris.fairwinds.com/notReadOnlyRootFilesystem-exempt: "true"
  polaris.fairwinds.com/pullPolicyNotAlways-exempt: "true"
`);
  });

  test.each(VERSIONS)('is the same for NIM %s', (version) => {
    expect(pod({ runtime: nim(version) }, 'securityContext')).toBe(pod({}, 'securityContext'));
    expect(server({ runtime: nim(version) }, 'securityContext')).toBe(server({}, 'securityContext'));
  });

  test('the ServiceAccount has no token', () => {
    expect(yamlOf(statefulSet().chart, 'ServiceAccount', 'llama')).toMatchInlineSnapshot(`
     apiVersion: v1
     kind: ServiceAccount
     metadata:
       name: llama
       labels:
         app.kubernetes.io/component: inference-server
         app.kubernetes.io/instance: llama
         app.kubernetes.io/name: nim
         track: stable
     automountServiceAccountToken: false
    `);
  });
});

describe('environment', () => {
  test('NIM 1.0.0', () => {
    expect(server({ runtime: nim('1.0.0') }, 'env')).toMatchInlineSnapshot(`
     env:
       - name: NIM_CACHE_PATH
         value: /opt/nim/.cache
       - name: NIM_MAX_MODEL_LEN
         value: "8192"
       - name: OUTLINES_CACHE_DIR
         value: /tmp/outlines
       - name: NIM_LOG_LEVEL
         value: INFO
       - name: NIM_JSONL_LOGGING
         value: "1"
       - name: NGC_API_KEY
         valueFrom:
           secretKeyRef:
             name: ngc-api
             key: NGC_API_KEY
    `);
  });

  test('NIM 1.8.0', () => {
    expect(server({ runtime: nim('1.8.0') }, 'env')).toMatchInlineSnapshot(`
     env:
       - name: NIM_CACHE_PATH
         value: /opt/nim/.cache
       - name: NIM_MAX_MODEL_LEN
         value: "8192"
       - name: OUTLINES_CACHE_DIR
         value: /tmp/outlines
       - name: NIM_LOG_LEVEL
         value: INFO
       - name: NIM_JSONL_LOGGING
         value: "1"
       - name: NGC_API_KEY
         valueFrom:
           secretKeyRef:
             name: ngc-api
             key: NGC_API_KEY
    `);
  });

  test('NIM 2.0.4', () => {
    expect(server({ runtime: nim('2.0.4') }, 'env')).toMatchInlineSnapshot(`
     env:
       - name: NIM_CACHE_PATH
         value: /opt/nim/.cache
       - name: NIM_MAX_MODEL_LEN
         value: "8192"
       - name: NIM_LOG_LEVEL
         value: INFO
       - name: NIM_JSONL_LOGGING
         value: "1"
       - name: NGC_API_KEY
         valueFrom:
           secretKeyRef:
             name: ngc-api
             key: NGC_API_KEY
    `);
  });

  test('NIM 2.0.10, keyless and on two GPUs', () => {
    expect(
      server(
        {
          runtime: nim('2.0.10'),
          credentials: ModelCredentials.keyless(),
          nodePool: POOLS['GKE, two L4'],
          tensorParallelSize: 2,
        },
        'env',
      ),
    ).toMatchInlineSnapshot(`
     env:
       - name: NIM_CACHE_PATH
         value: /opt/nim/.cache
       - name: NIM_MAX_MODEL_LEN
         value: "8192"
       - name: NIM_TENSOR_PARALLEL_SIZE
         value: "2"
       - name: NIM_LOG_LEVEL
         value: INFO
       - name: NIM_JSONL_LOGGING
         value: "1"
    `);
  });

  test('NIM 2.0.10, air-gapped', () => {
    expect(
      server(
        {
          runtime: nim('2.0.10'),
          credentials: ModelCredentials.airGapped(),
          cache: ModelCache.claim('weights', { readOnly: true }),
        },
        'env',
      ),
    ).toMatchInlineSnapshot(`
     env:
       - name: NIM_CACHE_PATH
         value: /opt/nim/.cache
       - name: NIM_MAX_MODEL_LEN
         value: "8192"
       - name: NIM_DISABLE_MODEL_DOWNLOAD
         value: "1"
       - name: NIM_LOG_LEVEL
         value: INFO
       - name: NIM_JSONL_LOGGING
         value: "1"
    `);
  });

  test('names no variable twice, whatever the user adds', () => {
    const runtime = new NimRuntime({
      image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.8.0',
      env: { OUTLINES_CACHE_DIR: '/scratch/outlines' },
      otlpEndpoint: 'http://otel:4318',
    });
    const { chart } = statefulSet({ runtime });
    const env = manifestOf(chart, 'StatefulSet', 'llama').spec.template.spec.containers[0].env as { name: string }[];
    expect(env.map(({ name }) => name)).toEqual([...new Set(env.map(({ name }) => name))]);
    expect(env).toContainEqual({ name: 'OUTLINES_CACHE_DIR', value: '/scratch/outlines' });
  });
});

describe('volumes', () => {
  const ALL = [`${POD}.volumes`, `${SERVER}.volumeMounts`, 'spec.volumeClaimTemplates'];
  const volumes = (cache: ModelCache, credentials = ModelCredentials.ngc({ secretName: 'ngc' })) =>
    yamlOf(statefulSet({ cache, credentials }).chart, 'StatefulSet', 'llama', ...ALL);

  test('a disk for each replica', () => {
    expect(volumes(ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'premium-rwo' }))).toMatchInlineSnapshot(`
     volumes:
       - name: shm
         emptyDir:
           medium: Memory
           sizeLimit: 1Gi
     volumeMounts:
       - name: model-cache
         mountPath: /opt/nim/.cache
       - name: shm
         mountPath: /dev/shm
     volumeClaimTemplates:
       - metadata:
           name: model-cache
         spec:
           accessModes:
             - ReadWriteOnce
           storageClassName: premium-rwo
           resources:
             requests:
               storage: 50Gi
    `);
  });

  test('a claim that is filled and read-only', () => {
    const cache = ModelCache.claim('weights', { readOnly: true, subPath: 'llama3-8b' });
    expect(volumes(cache, ModelCredentials.airGapped())).toMatchInlineSnapshot(`
     volumes:
       - name: model-cache
         persistentVolumeClaim:
           claimName: weights
           readOnly: true
       - name: shm
         emptyDir:
           medium: Memory
           sizeLimit: 1Gi
     volumeMounts:
       - name: model-cache
         mountPath: /opt/nim/.cache
         readOnly: true
         subPath: llama3-8b
       - name: shm
         mountPath: /dev/shm
     # no volumeClaimTemplates
    `);
  });

  test('the disk of the node', () => {
    expect(volumes(ModelCache.ephemeral(Size.gibibytes(30)))).toMatchInlineSnapshot(`
     volumes:
       - name: model-cache
         emptyDir:
           sizeLimit: 30Gi
       - name: shm
         emptyDir:
           medium: Memory
           sizeLimit: 1Gi
     volumeMounts:
       - name: model-cache
         mountPath: /opt/nim/.cache
       - name: shm
         mountPath: /dev/shm
     # no volumeClaimTemplates
    `);
  });

  test('which the pod asks the node for', () => {
    // 8 GiB of the server's own and 30 GiB of weights.
    const cache = ModelCache.ephemeral(Size.gibibytes(30));
    expect(server({ cache }, 'resources.requests.ephemeral-storage')).toBe('ephemeral-storage: 38Gi\n');
  });
});

describe('updates and what is left behind', () => {
  const PARTS = ['updateStrategy', 'podManagementPolicy', 'persistentVolumeClaimRetentionPolicy'];

  test('the stable track keeps its weights', () => {
    expect(spec({}, ...PARTS)).toMatchInlineSnapshot(`
     updateStrategy:
       type: RollingUpdate
     podManagementPolicy: Parallel
     persistentVolumeClaimRetentionPolicy:
       whenDeleted: Retain
       whenScaled: Retain
    `);
  });

  test('a canary leaves nothing', () => {
    const { chart } = statefulSet({ track: 'canary' });
    expect(yamlOf(chart, 'StatefulSet', 'llama-canary', ...PARTS.map((part) => `spec.${part}`))).toMatchInlineSnapshot(`
     updateStrategy:
       type: RollingUpdate
     podManagementPolicy: Parallel
     persistentVolumeClaimRetentionPolicy:
       whenDeleted: Delete
       whenScaled: Delete
    `);
  });

  test.each([0, 1, 2, 8])('scaling to %i replicas changes no pod', (replicas) => {
    const nodePool = POOLS['GKE, eight nodes'];
    expect(spec({ replicas, nodePool }, 'template')).toBe(spec({ replicas: 3, nodePool }, 'template'));
  });
});

describe('placement', () => {
  test('is that of the pool', () => {
    expect(pod({}, 'affinity', 'tolerations')).toMatchInlineSnapshot(`
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

  test('two pools, on demand before spot, and zones in order', () => {
    const nodePool = [POOLS['GKE, one L4'], POOLS['GKE spot with a taint of its own']];
    const preferredZones = ['us-central1-a', 'us-central1-b'];
    expect(pod({ nodePool, preferredZones }, 'affinity', 'tolerations')).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         preferredDuringSchedulingIgnoredDuringExecution:
           - preference:
               matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
             weight: 100
           - preference:
               matchExpressions:
                 - key: topology.kubernetes.io/zone
                   operator: In
                   values:
                     - us-central1-a
             weight: 100
           - preference:
               matchExpressions:
                 - key: topology.kubernetes.io/zone
                   operator: In
                   values:
                     - us-central1-b
             weight: 50
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

  test('replicas keep apart by their own track', () => {
    expect(pod({ spread: { nodes: 'required' } }, 'topologySpreadConstraints')).toMatchInlineSnapshot(`
     topologySpreadConstraints:
       - labelSelector:
           matchLabels:
             app.kubernetes.io/instance: llama
             track: stable
         maxSkew: 1
         topologyKey: topology.kubernetes.io/zone
         whenUnsatisfiable: ScheduleAnyway
       - labelSelector:
           matchLabels:
             app.kubernetes.io/instance: llama
             track: stable
         maxSkew: 1
         topologyKey: kubernetes.io/hostname
         whenUnsatisfiable: DoNotSchedule
    `);
  });
});

describe('the Services', () => {
  test('for clients and for the names of pods', () => {
    const { chart } = statefulSet();
    expect(yamlOf(chart, 'Service', 'llama', 'spec')).toMatchInlineSnapshot(`
     spec:
       type: ClusterIP
       selector:
         app.kubernetes.io/instance: llama
         track: stable
       ports:
         - name: http
           port: 8000
           protocol: TCP
           targetPort: http
    `);
    expect(yamlOf(chart, 'Service', 'llama-headless', 'spec')).toMatchInlineSnapshot(`
     spec:
       clusterIP: None
       selector:
         app.kubernetes.io/instance: llama
         track: stable
       ports:
         - name: http
           port: 8000
           protocol: TCP
           targetPort: http
    `);
  });

  test('of the two tracks select different pods', () => {
    const { chart } = statefulSet({ track: 'canary' });
    expect(yamlOf(chart, 'Service', 'llama-canary', 'spec.selector')).toMatchInlineSnapshot(`
     selector:
       app.kubernetes.io/instance: llama
       track: canary
    `);
  });

  test('select what the pods carry', () => {
    for (const track of ['stable', 'canary'] as const) {
      const objects = manifestsOf(statefulSet({ track }).chart);
      const labels = objects.find(({ kind }) => kind === 'StatefulSet')!.spec.template.metadata.labels;
      for (const { spec } of objects.filter(({ kind }) => kind === 'Service')) {
        expect(labels).toMatchObject(spec.selector);
      }
    }
  });
});

test('no manifest has null, an empty object or what Flux would replace', () => {
  for (const version of VERSIONS) {
    const text = JSON.stringify(manifestsOf(statefulSet({ runtime: nim(version), replicas: 2 }).chart));
    expect(text).not.toMatch(/null|\{\}|\$\{/);
  }
});

test('a valid contract is refused nothing', () => {
  expect(refusalsOf(statefulSet().chart)).toBe('');
});
