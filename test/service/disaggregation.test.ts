import { App, Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
import { appCapacity } from '../../lib/checks/capacity';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { NetworkPeer } from '../../lib/network/network-peer';
import { scorecard } from '../../lib/operations/scorecard';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { VllmRuntime, VllmRuntimeProps } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { refusalsOf } from '../support/messages';
import { POOLS } from '../support/pools';
import { nim } from '../support/services';
import { inventoryOf, manifestOf, manifestsOf, POD, SERVER, yamlOf } from '../support/yaml-of';

const vllm = (version: string, settings: Partial<VllmRuntimeProps> = {}) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, ...settings });
const image = 'vllm/vllm-router:v0.1.15';
const PREFILL = { router: { image } };

/** Llama 3 8B with one pod for prompts and two for answers. */
function llama(changes: Partial<InferenceServiceProps> = {}): { chart: Chart; service: InferenceService } {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  const service = new InferenceService(chart, 'llama', {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: vllm('0.20.0'),
    nodePool: POOLS['GKE, eight nodes'],
    replicas: 2,
    maxModelLen: 8192,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
    prefill: PREFILL,
    route: { gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }), hostname: 'llama.example.com' },
    network: { monitoring: [NetworkPeer.namespace('monitoring')] },
    ...changes,
  });
  return { chart, service };
}

const refusals = (changes: Partial<InferenceServiceProps>) => refusalsOf(llama(changes).chart);

describe('what one service is made of', () => {
  const { chart } = llama();

  test('two StatefulSets, and a router with the name that clients know', () => {
    expect(inventoryOf(chart)).toMatchInlineSnapshot(`
     ServiceAccount llama-decode
     Service llama-decode-headless
     StatefulSet llama-decode
     PodDisruptionBudget llama-decode
     ServiceAccount llama-prefill
     Service llama-prefill-headless
     StatefulSet llama-prefill
     Service llama
     ServiceAccount llama-router
     Deployment llama-router
     PodDisruptionBudget llama-router
     HTTPRoute llama
     NetworkPolicy llama-servers
     NetworkPolicy llama
    `);
  });

  test.each(['decode', 'prefill'])('%s: role beside track, born in the selector', (role) => {
    expect(manifestOf(chart, 'StatefulSet', `llama-${role}`).spec.selector.matchLabels).toEqual({
      'app.kubernetes.io/instance': 'llama',
      track: 'stable',
      role,
    });
  });

  test('the same server, told its part', () => {
    const argsOf = (role: string) => yamlOf(chart, 'StatefulSet', `llama-${role}`, `${SERVER}.args`);
    expect(argsOf('prefill')).toMatchInlineSnapshot(`
     args:
       - meta-llama/Meta-Llama-3-8B-Instruct
       - --served-model-name
       - meta-llama/Meta-Llama-3-8B-Instruct
       - --max-model-len
       - "8192"
       - --kv-transfer-config
       - "{\\"kv_connector\\":\\"NixlConnector\\",\\"kv_role\\":\\"kv_producer\\"}"
       - --disable-access-log-for-endpoints
       - /health,/metrics
       - --shutdown-timeout
       - "235"
    `);
    expect(argsOf('decode')).toBe(argsOf('prefill').replace('kv_producer', 'kv_consumer'));
  });

  test('the router knows every pod by name', () => {
    expect(yamlOf(chart, 'Deployment', 'llama-router', `${SERVER}.args`)).toMatchInlineSnapshot(`
     args:
       - --vllm-pd-disaggregation
       - --kv-connector
       - nixl
       - --prefill
       - http://llama-prefill-0.llama-prefill-headless:8000
       - none
       - --decode
       - http://llama-decode-0.llama-decode-headless:8000
       - --decode
       - http://llama-decode-1.llama-decode-headless:8000
       - --prefill-policy
       - cache_aware
       - --decode-policy
       - power_of_two
       - --host
       - "0.0.0.0"
       - --port
       - "8000"
       - --prometheus-host
       - "0.0.0.0"
       - --prometheus-port
       - "29000"
       - --worker-startup-timeout-secs
       - "1940"
       - --worker-startup-check-interval
       - "10"
       - --health-check-interval-secs
       - "5"
       - --health-failure-threshold
       - "2"
       - --request-timeout-secs
       - "235"
       - --max-payload-size
       - "67108864"
       - --disable-retries
       - --history-backend
       - none
    `);
  });

  test('the names are those of the headless Services', () => {
    const args: string[] = manifestOf(chart, 'Deployment', 'llama-router').spec.template.spec.containers[0].args;
    const [pod, headless] = args
      .find((arg) => arg.startsWith('http'))!
      .slice('http://'.length)
      .split(/[.:]/);
    const { metadata, spec } = manifestOf(chart, 'StatefulSet', 'llama-prefill');
    expect([pod, headless]).toEqual([`${metadata.name}-0`, spec.serviceName]);
    expect(manifestOf(chart, 'Service', headless!).spec.clusterIP).toBe('None');
  });

  test('the router needs no GPU, no node of a pool, no token and no right', () => {
    expect(yamlOf(chart, 'Deployment', 'llama-router', `${POD}.tolerations`, `${POD}.affinity`)).toBe(
      '# no tolerations\n# no affinity\n',
    );
    expect(
      yamlOf(
        chart,
        'Deployment',
        'llama-router',
        `${POD}.automountServiceAccountToken`,
        `${POD}.securityContext`,
        `${SERVER}.securityContext`,
        `${SERVER}.resources`,
      ),
    ).toMatchInlineSnapshot(`
     automountServiceAccountToken: false
     securityContext:
       runAsNonRoot: true
       runAsUser: 65532
       runAsGroup: 65532
       seccompProfile:
         type: RuntimeDefault
     securityContext:
       allowPrivilegeEscalation: false
       capabilities:
         drop:
           - ALL
       readOnlyRootFilesystem: true
     resources:
       requests:
         cpu: "1"
         memory: 2Gi
         ephemeral-storage: 512Mi
       limits:
         memory: 2Gi
         ephemeral-storage: 512Mi
    `);
  });

  test('clients call the router by the name of the service', () => {
    expect(yamlOf(chart, 'Service', 'llama', 'spec.selector', 'spec.ports')).toMatchInlineSnapshot(`
     selector:
       app.kubernetes.io/instance: llama
       role: router
     ports:
       - name: http
         port: 8000
         protocol: TCP
         targetPort: http
       - name: metrics
         port: 29000
         protocol: TCP
         targetPort: metrics
    `);
    expect(manifestOf(chart, 'HTTPRoute', 'llama').spec.rules[0].backendRefs).toEqual([{ name: 'llama', port: 8000 }]);
  });

  test('one pod for answers leaves no choice to make', () => {
    const { args } = manifestOf(llama({ replicas: 1 }).chart, 'Deployment', 'llama-router').spec.template.spec
      .containers[0];
    expect(args.slice(args.indexOf('--decode-policy')).slice(0, 2)).toEqual(['--decode-policy', 'round_robin']);
  });
});

describe('times of the router follow from the plan of the servers', () => {
  const { chart, service } = llama({ longestAnswer: Duration.minutes(10) });
  const { spec } = manifestOf(chart, 'Deployment', 'llama-router');
  const [router] = spec.template.spec.containers;
  const flag = (name: string) => Number(router.args[router.args.indexOf(name) + 1]);
  const { startup } = service.stable.plan;

  test('it waits for a model load on a new node, and its probe longer', () => {
    expect(flag('--worker-startup-timeout-secs')).toBe(startup.rolloutSeconds);
    const { failureThreshold, periodSeconds } = router.startupProbe;
    expect(failureThreshold * periodSeconds).toBeGreaterThanOrEqual(startup.rolloutSeconds + 60);
    expect(spec.progressDeadlineSeconds).toBeGreaterThanOrEqual(failureThreshold * periodSeconds);
  });

  test('it gives an answer its time, also when it is told to stop', () => {
    expect(flag('--request-timeout-secs')).toBe(600);
    const { terminationGracePeriodSeconds } = spec.template.spec;
    expect(terminationGracePeriodSeconds - router.lifecycle.preStop.sleep.seconds).toBeGreaterThan(600);
  });
});

describe('who may talk', () => {
  const { chart } = llama();

  test('clients and the gateway with the router, the router with the servers', () => {
    expect(yamlOf(chart, 'NetworkPolicy', 'llama', 'spec.podSelector', 'spec.ingress', 'spec.egress.1'))
      .toMatchInlineSnapshot(`
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
           role: router
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: gateways
           ports:
             - port: 8000
               protocol: TCP
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: monitoring
           ports:
             - port: 29000
               protocol: TCP
       "1":
         to:
           - podSelector:
               matchLabels:
                 app.kubernetes.io/instance: llama
                 role: prefill
           - podSelector:
               matchLabels:
                 app.kubernetes.io/instance: llama
                 role: decode
         ports:
           - port: 8000
             protocol: TCP
      `);
  });

  test('nobody else with the servers, which exchange the KV cache on ports of their choice', () => {
    expect(yamlOf(chart, 'NetworkPolicy', 'llama-servers', 'spec.podSelector', 'spec.ingress', 'spec.egress.2'))
      .toMatchInlineSnapshot(`
       podSelector:
         matchExpressions:
           - key: role
             operator: In
             values:
               - prefill
               - decode
         matchLabels:
           app.kubernetes.io/instance: llama
       ingress:
         - from:
             - podSelector:
                 matchLabels:
                   app.kubernetes.io/instance: llama
                   role: router
           ports:
             - port: 8000
               protocol: TCP
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: monitoring
           ports:
             - port: 8000
               protocol: TCP
         - from:
             - podSelector:
                 matchExpressions:
                   - key: role
                     operator: In
                     values:
                       - prefill
                       - decode
                 matchLabels:
                   app.kubernetes.io/instance: llama
       "2":
         to:
           - podSelector:
               matchExpressions:
                 - key: role
                   operator: In
                   values:
                     - prefill
                     - decode
               matchLabels:
                 app.kubernetes.io/instance: llama
      `);
  });

  test('the weights are downloaded by the servers alone', () => {
    const internet = (name: string) => JSON.stringify(manifestOf(chart, 'NetworkPolicy', name)).includes('0.0.0.0/0');
    expect([internet('llama-servers'), internet('llama')]).toEqual([true, false]);
  });

  test('no policy at all where none is wanted', () => {
    expect(manifestsOf(llama({ network: false }).chart).filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  });
});

describe('what prefill has of its own', () => {
  const pair = POOLS['GKE, two L4'];

  test('replicas, size and pool; the rest is that of decode', () => {
    const { chart, service } = llama({ prefill: { replicas: 2, tensorParallelSize: 2, nodePool: pair, ...PREFILL } });
    expect(service.prefill?.replicas).toBe(2);
    expect(yamlOf(chart, 'StatefulSet', 'llama-prefill', `${SERVER}.resources.limits`)).toContain(
      'nvidia.com/gpu: "2"',
    );
    expect(yamlOf(chart, 'StatefulSet', 'llama-prefill', `${POD}.affinity`)).toContain('l4-pairs');
    expect(yamlOf(chart, 'StatefulSet', 'llama-decode', `${POD}.affinity`)).toContain('gpupool');
    expect(manifestOf(chart, 'PodDisruptionBudget', 'llama-prefill').spec.maxUnavailable).toBe(1);
  });

  test('promises about tokens and sequences are those of decode', () => {
    const promised = { concurrency: 3, slo: { interTokenLatency: { p50: Duration.millis(60) } } };
    const { service } = llama({ ...promised, nodePool: POOLS['GKE, eight nodes'] });
    expect(service.stable.plan.memory[0]!.request.concurrency).toBe(3);
    expect(service.prefill!.plan.memory[0]!.request.concurrency).toBeUndefined();
  });

  test('adapters for RDMA, where the nodes have some: the KV cache goes over them', () => {
    const rack = GpuNodePool.onPrem({
      name: 'rack',
      gpu: 'H100-80GB',
      gpusPerNode: 8,
      maxNodes: 2,
      rdma: { resourceName: 'rdma/hca', perNode: 8 },
    });
    const limits = `${SERVER}.resources.limits`;
    expect(yamlOf(llama({ nodePool: rack }).chart, 'StatefulSet', 'llama-prefill', limits)).toContain('rdma/hca: "1"');
  });

  test('what the router may use', () => {
    const resources = { cpu: Cpu.millis(500), memory: Size.gibibytes(1) };
    const { chart } = llama({ prefill: { router: { image, replicas: 1, resources } } });
    expect(yamlOf(chart, 'Deployment', 'llama-router', 'spec.replicas', `${SERVER}.resources.requests`)).toBe(
      'replicas: 1\nrequests:\n  cpu: 500m\n  memory: 1Gi\n  ephemeral-storage: 512Mi\n',
    );
    expect(inventoryOf(chart)).not.toContain('PodDisruptionBudget llama-router');
  });
});

describe('both roles count', () => {
  const prefill = { replicas: 3, ...PREFILL };

  test('in the capacity of the pool', () => {
    const three = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 3 });
    expect(refusals({ nodePool: three, prefill })).toMatchInlineSnapshot(`
     nim/llama/stable: capacity
       nim/llama-decode needs 2 GPUs at rest (2 x 1) and nim/llama-prefill needs 3 GPUs at rest (3 x 1), together 5; their pools hold 3 (gpupool 3 nodes x 1). Each fits alone, not together.
       Raise maxNodes of gpupool from 3 to 5, or give one of them a pool of its own.
    `);
    expect(appCapacity(llama({ prefill }).chart).total.atRest).toEqual({ replicas: 5, gpus: 5, nodes: 5 });
  });

  test('in the quota of the namespace, router included', () => {
    const app = new App();
    const nim = new TenantNamespace(app, 'nim', { gpus: 4 });
    const { model, runtime, nodePool, credentials } = {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      runtime: vllm('0.20.0'),
      nodePool: POOLS['GKE, eight nodes'],
      credentials: ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
    } as const;
    new InferenceService(nim, 'llama', {
      model,
      runtime,
      nodePool,
      credentials,
      replicas: 2,
      prefill,
      network: { clients: [] },
    });
    expect(refusalsOf(app)).toMatchInlineSnapshot(`
     nim/llama/stable: tenant-quota
       The services of nim need 5 GPUs at rest (nim/llama-decode 2, nim/llama-prefill 3); the quota of nvidia.com/gpu allows 4, and pods beyond it are not made.
       Raise the quota of nim to 5.
    `);
  });

  test('in the scorecard, each with its own memory', () => {
    const { services, total } = scorecard(llama({ prefill }).chart);
    expect(services.map(({ name, replicas, gpus }) => [name, replicas, gpus])).toEqual([
      ['llama-decode', 2, 2],
      ['llama-prefill', 3, 3],
    ]);
    expect(total.gpus).toBe(5);
  });
});

describe('what cannot be is refused', () => {
  test.each([
    ['NIM', nim('1.8.0'), ModelCredentials.ngc({ secretName: 'ngc' }), 'nim 1.8.0'],
    [
      'SGLang',
      new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.5' }),
      ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
      'sglang 0.5.5',
    ],
    [
      'TGI',
      new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' }),
      ModelCredentials.huggingFace({ secretName: 'hugging-face' }),
      'tgi 3.0.1',
    ],
  ])('a server that does both at once: %s', (_, runtime, credentials, name) => {
    const told = (role: string) => `nim/llama/${role}: disaggregation
  Prompts are computed apart from answers here with vLLM only, not with ${name}.
  Leave prefill out, or use VllmRuntime.`;
    expect(refusalsOf(llama({ runtime, credentials }).chart, 'disaggregation')).toBe(
      `${told('stable')}\n${told('prefill')}`,
    );
  });

  test('a version without the connector', () => {
    expect(refusals({ runtime: vllm('0.8.5') })).toMatchInlineSnapshot(`
     nim/llama/stable: disaggregation
       vLLM 0.8.5 cannot hand a KV cache on: its NIXL connector exists from 0.9.2 on.
       Use a later version, or leave prefill out.
     nim/llama/prefill: disaggregation
       vLLM 0.8.5 cannot hand a KV cache on: its NIXL connector exists from 0.9.2 on.
       Use a later version, or leave prefill out.
    `);
  });

  test('a setting that the role decides', () => {
    expect(refusals({ runtime: vllm('0.20.0', { kvTransfer: { role: 'kv_both' } }) })).toMatchInlineSnapshot(`
     nim/llama/stable: disaggregation
       kvTransfer is kv_both, and the service says which pods are prefill and which decode.
       Leave kvTransfer out of the runtime: it follows from the role of the pods.
     nim/llama/prefill: disaggregation
       kvTransfer is kv_both, and the service says which pods are prefill and which decode.
       Leave kvTransfer out of the runtime: it follows from the role of the pods.
    `);
  });

  test('a key that the router does not pass on', () => {
    const runtime = vllm('0.20.0', { apiKey: { secretName: 'llama-api-key' } });
    expect(refusalsOf(llama({ runtime }).chart, 'disaggregation')).toBe(
      ['stable', 'prefill']
        .map(
          (role) => `nim/llama/${role}: disaggregation
  The servers would ask for apiKey, and the router in front does not pass on what clients send: they would answer 401.
  Leave apiKey out: the network policy lets only the router in. Let the Gateway ask for keys.`,
        )
        .join('\n'),
    );
  });

  test('layers in stages', () => {
    const changes = { pipelineParallelSize: 2, nodePool: POOLS['GKE, two L4'] };
    expect(refusalsOf(llama(changes).chart, 'gpu-parallelism')).toMatchInlineSnapshot(`
     nim/llama/stable: gpu-parallelism
       pipelineParallelSize is 2, and vLLM's NIXL connector hands no KV cache on that is split into stages.
       Use tensorParallelSize, or leave prefill out.
     nim/llama/prefill: gpu-parallelism
       pipelineParallelSize is 2, and vLLM's NIXL connector hands no KV cache on that is split into stages.
       Use tensorParallelSize, or leave prefill out.
    `);
  });

  test('pods without names', () => {
    const changes = { workload: 'Deployment', cache: ModelCache.ephemeral(Size.gibibytes(20)) } as const;
    expect(refusals(changes)).toMatchInlineSnapshot(`
     nim/llama/stable: disaggregation
       The router calls each pod by a name of its own, and the pods of a Deployment have none.
       Use a StatefulSet (workload: 'StatefulSet') with copies of one machine each.
     nim/llama/prefill: disaggregation
       The router calls each pod by a name of its own, and the pods of a Deployment have none.
       Use a StatefulSet (workload: 'StatefulSet') with copies of one machine each.
    `);
  });

  test('a model that writes no answer', () => {
    expect(refusalsOf(llama({ model: 'Qwen/Qwen3-Embedding-8B' }).chart, 'disaggregation')).toMatchInlineSnapshot(`
     nim/llama/stable: disaggregation
       Qwen/Qwen3-Embedding-8B is a model for embedding: it reads a text once and writes no answer, so there is nothing to divide.
       Leave prefill out, and raise replicas.
     nim/llama/prefill: disaggregation
       Qwen/Qwen3-Embedding-8B is a model for embedding: it reads a text once and writes no answer, so there is nothing to divide.
       Leave prefill out, and raise replicas.
    `);
  });

  test('a canary', () => {
    const { chart, service } = llama({ canary: { runtime: vllm('0.20.1'), step: 'smoke' } });
    expect(refusalsOf(chart)).toMatchInlineSnapshot(`
     nim/llama: disaggregation
       canary and prefill are both stated: the candidate would need a router of its own, since servers of two versions refuse to exchange a KV cache.
       Remove the canary and run the candidate as a service of its own beside this one; a change of runtime here replaces pods of both sides one by one, and in between some find no counterpart.
    `);
    expect(service.canary).toBeUndefined();
  });

  test('a side without pods, and one with more than a command line can name', () => {
    expect(refusals({ replicas: 0, prefill: { replicas: 0, ...PREFILL } })).toMatchInlineSnapshot(`
     nim/llama: disaggregation
       prefill.replicas is 0, and the router ends at its start when one side has no pod.
       Use 1 or more; to switch the service off, remove it.
     nim/llama: disaggregation
       replicas is 0, and the router ends at its start when one side has no pod.
       Use 1 or more; to switch the service off, remove it.
    `);
    expect(refusalsOf(llama({ prefill: { replicas: 1e5, ...PREFILL } }).chart, 'disaggregation'))
      .toMatchInlineSnapshot(`
       nim/llama: disaggregation
         prefill.replicas is 100000; the router is told each pod by name, and 256 are the most.
         Use 256 or fewer, or several services.
      `);
  });

  test.each`
    version     | prefill | decode | refused
    ${'0.20.0'} | ${1}    | ${2}   | ${false}
    ${'0.20.0'} | ${4}    | ${2}   | ${false}
    ${'0.11.2'} | ${2}    | ${4}   | ${false}
    ${'0.11.2'} | ${4}    | ${2}   | ${'this version of the server reads from no more ranks than it has itself'}
    ${'0.20.0'} | ${4}    | ${3}   | ${'neither divides the other'}
  `('vLLM $version, $prefill GPUs a prompt and $decode an answer', ({ version, prefill, decode, refused }) => {
    const rack = POOLS['on-prem, a taint without a value'];
    const { chart } = llama({
      runtime: vllm(version),
      nodePool: rack,
      tensorParallelSize: decode,
      prefill: { tensorParallelSize: prefill, ...PREFILL },
    });
    const told = refusalsOf(chart, 'gpu-parallelism')
      .split('\n')
      .filter((line) => line.includes('prefill.tensorParallelSize is'));
    expect(told.length).toBe(refused ? 1 : 0);
    if (refused) expect(told[0]).toContain(refused);
  });

  test('GPUs that compute in different formats', () => {
    const t4 = GpuNodePool.gke({ name: 't4', machineType: 'n1-standard-8', attachedT4s: 1, maxNodes: 2 });
    expect(refusalsOf(llama({ prefill: { nodePool: t4, ...PREFILL } }).chart, 'disaggregation')).toMatchInlineSnapshot(`
     nim/llama: disaggregation
       Prefill would compute in dtype half with a KV cache in auto and decode in dtype auto with a KV cache in auto, because their GPUs differ; a KV cache can be handed on only in one format.
       State dtype and kvCacheDtype in the runtime, or give both sides GPUs that can compute in the same.
    `);
  });

  test('a router of no image, or of none at all', () => {
    expect(refusals({ prefill: { router: { image: 'vllm/vllm-router', replicas: 0 } } })).toMatchInlineSnapshot(`
     nim/llama/router: numbers
       router.replicas is 0.
       Use a whole number, 1 or more.
     nim/llama/router: image-pinning
       The container router runs vllm/vllm-router, whose tag is latest when none is written.
       Use a version tag, or better the digest: repository:tag@sha256:….
    `);
  });

  test('a name that leaves no room for what is appended', () => {
    expect(refusals({ name: 'l'.repeat(45) })).toMatchInlineSnapshot(`
     nim/llama: names
       service name "lllllllllllllllllllllllllllllllllllllllllllll" has 45 characters; at most 44 fit.
       Shorten it by 1.
     nim/llama/prefill: names
       service name "lllllllllllllllllllllllllllllllllllllllllllll-prefill" has 53 characters; at most 52 fit.
       Shorten it by 1.
    `);
  });
});
