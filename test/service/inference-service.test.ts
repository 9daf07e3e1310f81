import { ApiObject, App, Chart } from 'cdk8s';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { ReleaseStepName } from '../../lib/release/release-step';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { refusalsOf, warningsOf } from '../support/messages';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { CONTRACT, GROUP_CONTRACT, nim } from '../support/services';
import { inventoryOf, manifestOf, manifestsOf, yamlOf } from '../support/yaml-of';

const edge = new GatewayReference({ name: 'edge', namespace: 'gateways' });
const clients = [NetworkPeer.namespace('apps')];
const ROUTE = { gateway: edge, hostname: 'llama.example.com' };
/** Room for four replicas twice. */
const nodePool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 8 });

function service(changes: Partial<InferenceServiceProps> = {}): { chart: Chart; llama: InferenceService } {
  const chart = new Chart(new App(), 'nim');
  return { chart, llama: new InferenceService(chart, 'llama', { ...CONTRACT, nodePool, route: ROUTE, ...changes }) };
}
const policy = (changes: Partial<InferenceServiceProps>, kind = 'NetworkPolicy') =>
  yamlOf(service(changes).chart, kind, 'llama', 'spec');
const airGapped = {
  cache: ModelCache.claim('weights', { readOnly: true }),
  credentials: ModelCredentials.airGapped(),
};

describe('what it is made of', () => {
  test('a service with a route', () => {
    expect(inventoryOf(service().chart)).toMatchInlineSnapshot(`
     ServiceAccount llama
     Service llama-headless
     Service llama
     StatefulSet llama
     HTTPRoute llama
     NetworkPolicy llama
     ExternalSecret ngc-api
     ExternalSecret ngc-registry
    `);
  });

  test('while a release with twins is under way', () => {
    const canary = { runtime: nim('1.8.0'), step: '20%' as const };
    expect(inventoryOf(service({ canary }).chart)).toMatchInlineSnapshot(`
     ServiceAccount llama
     Service llama-headless
     Service llama
     StatefulSet llama
     ServiceAccount llama-canary
     Service llama-canary-headless
     Service llama-canary
     StatefulSet llama-canary
     ServiceAccount llama-smoke
     Job llama-smoke-54318bf2c4
     NetworkPolicy llama-smoke
     HTTPRoute llama
     NetworkPolicy llama
     ExternalSecret ngc-api
     ExternalSecret ngc-registry
    `);
  });

  test('inside the cluster only, with Secrets and policy made elsewhere', () => {
    expect(inventoryOf(service({ route: undefined, secrets: false, network: false }).chart)).toMatchInlineSnapshot(`
     ServiceAccount llama
     Service llama-headless
     Service llama
     StatefulSet llama
    `);
  });

  test('the main object is the StatefulSet that serves', () => {
    const { llama } = service({ canary: { runtime: nim('1.8.0'), step: 'smoke' } });
    expect(ApiObject.of(llama)).toBe(llama.stable.workload);
  });

  test('the parts are at hand', () => {
    const { llama } = service({ canary: { runtime: nim('1.8.0'), step: 'smoke' } });
    expect(llama.name).toBe('llama');
    expect(llama.canary!.serviceName).toBe('llama-canary');
    expect(llama.rollout!.current!.name).toBe('smoke');
    expect(llama.networkPolicy!.policy.kind).toBe('NetworkPolicy');
    expect(service().llama.route!.route.kind).toBe('HTTPRoute');
  });
});

describe('the network policy', () => {
  test('of a service that downloads from the internet', () => {
    expect(policy({ network: { monitoring: [NetworkPeer.namespace('monitoring')] } })).toMatchInlineSnapshot(`
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
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
             - port: 8000
               protocol: TCP
       egress:
         - to:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: kube-system
               podSelector:
                 matchLabels:
                   k8s-app: kube-dns
             - ipBlock:
                 cidr: "169.254.20.10/32"
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: kube-system
               podSelector:
                 matchLabels:
                   k8s-app: node-local-dns
           ports:
             - port: 53
               protocol: UDP
             - port: 53
               protocol: TCP
         - to:
             - ipBlock:
                 cidr: "0.0.0.0/0"
                 except:
                   - "10.0.0.0/8"
                   - "172.16.0.0/12"
                   - "192.168.0.0/16"
                   - "100.64.0.0/10"
                   - "169.254.0.0/16"
           ports:
             - port: 443
               protocol: TCP
    `);
  });

  test('of an air-gapped service opens nothing outward', () => {
    expect(policy(airGapped)).toMatchInlineSnapshot(`
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: gateways
           ports:
             - port: 8000
               protocol: TCP
    `);
  });

  test('by host name on GKE', () => {
    expect(policy({ network: { downloadHostsEnforcedBy: 'gke-fqdn' } }, 'FQDNNetworkPolicy')).toMatchInlineSnapshot(`
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       egress:
         - matches:
             - name: api.ngc.nvidia.com
             - name: authn.nvidia.com
             - name: files.ngc.nvidia.com
             - name: xfiles.ngc.nvidia.com
           ports:
             - port: 443
               protocol: TCP
    `);
  });

  test('without a route names the clients', () => {
    expect(policy({ ...airGapped, route: undefined, network: { clients } })).toMatchInlineSnapshot(`
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama
       policyTypes:
         - Ingress
         - Egress
       ingress:
         - from:
             - namespaceSelector:
                 matchLabels:
                   kubernetes.io/metadata.name: apps
           ports:
             - port: 8000
               protocol: TCP
    `);
    expect(refusalsOf(service({ route: undefined }).chart)).toMatchInlineSnapshot(`
     nim/llama/network-policy: network-nobody-may-call
       Neither gateways nor clients are named, so nobody may send requests to port 8000.
       Name the gateway or the clients, or write clients: [] when nobody is meant to.
    `);
  });

  test('is about both tracks', () => {
    const { chart } = service({ canary: { runtime: nim('1.8.0'), step: 'smoke' } });
    expect(yamlOf(chart, 'NetworkPolicy', 'llama', 'spec.podSelector')).toMatchInlineSnapshot(`
     podSelector:
       matchLabels:
         app.kubernetes.io/instance: llama
    `);
  });

  test('allows what the candidate needs beside what the stable server needs', () => {
    const candidate: ServingRuntime = Object.assign(Object.create(nim('2.0.4')), {
      contract: (request: Parameters<ServingRuntime['contract']>[0]) => ({
        ...nim('2.0.4').contract(request),
        ports: [{ name: 'http', port: 9000 }],
        downloadHosts: ['weights.example.com'],
      }),
    });
    const { chart } = service({
      canary: { runtime: candidate, step: 'smoke' },
      network: { downloadHostsEnforcedBy: 'cilium' },
    });
    const ingress = manifestOf(chart, 'NetworkPolicy', 'llama').spec.ingress[0];
    expect(ingress.ports.map(({ port }: { port: number }) => port)).toEqual([8000, 9000]);
    const hosts = JSON.stringify(manifestOf(chart, 'CiliumNetworkPolicy', 'llama').spec);
    expect(hosts).toContain('weights.example.com');
    expect(hosts).toContain('api.ngc.nvidia.com');
  });

  test('takes the user’s own way to the weights', () => {
    const mirror = ModelDownload.privateEndpoints(['10.1.2.3/32']);
    const { chart } = service({ network: { download: mirror } });
    const destinations = JSON.stringify(manifestOf(chart, 'NetworkPolicy', 'llama').spec.egress);
    expect(destinations).toContain('10.1.2.3/32');
    expect(destinations).not.toContain('0.0.0.0/0');
  });

  test('a download that is named but undefined is the derived one', () => {
    expect(policy({ ...airGapped, network: { download: undefined } })).toBe(policy(airGapped));
  });
});

describe('the route', () => {
  test('allows the longest answer, and no less', () => {
    const PARTS = ['spec.parentRefs', 'spec.hostnames', 'spec.rules.0.backendRefs', 'spec.rules.0.timeouts'];
    expect(yamlOf(service().chart, 'HTTPRoute', 'llama', ...PARTS)).toMatchInlineSnapshot(`
     parentRefs:
       - name: edge
         namespace: gateways
     hostnames:
       - llama.example.com
     backendRefs:
       - name: llama
         port: 8000
     timeouts:
       request: "3m55s"
       backendRequest: "3m55s"
    `);
    const { chart, llama } = service({ maxOutputTokens: 1024 });
    // 1,024 tokens at 20 a second and 30 s before the first: 81.2 s and 0.8 to be whole.
    expect(llama.stable.plan.shutdown.longestAnswerSeconds).toBe(82);
    expect(manifestOf(chart, 'HTTPRoute', 'llama').spec.rules[0].timeouts.request).toBe('1m22s');
  });
});

describe('a release', () => {
  const objects = (step: ReleaseStepName, changes: Partial<InferenceServiceProps> = {}) =>
    service({ canary: { runtime: nim('1.8.0'), step }, ...changes }).chart;
  const replicas = (step: ReleaseStepName) =>
    manifestsOf(objects(step, { replicas: 4 }))
      .filter(({ kind }) => kind === 'StatefulSet')
      .map(({ spec }) => [spec.template.spec.containers[0].image.split(':')[1], spec.replicas]);

  test.each`
    step          | stable          | canary
    ${'prepared'} | ${['1.0.0', 4]} | ${['1.8.0', 0]}
    ${'smoke'}    | ${['1.0.0', 4]} | ${['1.8.0', 1]}
    ${'5%'}       | ${['1.0.0', 4]} | ${['1.8.0', 1]}
    ${'20%'}      | ${['1.0.0', 4]} | ${['1.8.0', 2]}
    ${'50%'}      | ${['1.0.0', 4]} | ${['1.8.0', 4]}
    ${'100%'}     | ${['1.0.0', 4]} | ${['1.8.0', 4]}
    ${'promote'}  | ${['1.8.0', 4]} | ${['1.8.0', 4]}
  `('of 4 replicas at $step: stable $stable, canary $canary', ({ step, stable, canary }) => {
    expect(replicas(step)).toEqual([stable, canary]);
  });

  test('no step changes a pod of the canary, so none restarts it', () => {
    const templates = (['prepared', 'smoke', '5%', '20%', '50%', '100%', 'promote'] as const).map((step) =>
      yamlOf(objects(step, { replicas: 4 }), 'StatefulSet', 'llama-canary', 'spec.template'),
    );
    expect(new Set(templates).size).toBe(1);
  });

  test('by partition changes the one StatefulSet, pod by pod', () => {
    const strategy = CanaryStrategy.partition();
    const { chart } = service({ replicas: 2, canary: { runtime: nim('1.8.0'), step: '1/2', strategy } });
    expect(yamlOf(chart, 'StatefulSet', 'llama', 'spec.updateStrategy', 'spec.replicas')).toMatchInlineSnapshot(`
     updateStrategy:
       type: RollingUpdate
       rollingUpdate:
         partition: 1
     replicas: 2
    `);
    expect(manifestsOf(chart).some(({ metadata }) => metadata.name === 'llama-canary')).toBe(false);
  });

  test('of the image that serves already is told', () => {
    const told = (version: string) => warningsOf(service({ canary: { runtime: nim(version), step: 'smoke' } }).chart);
    expect(told('1.8.0')).not.toContain('canary-shape');
    expect(told('1.0.0')).toContain(`nim/llama: canary-shape
  The canary runs nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, which serves already.
  Name the image of the candidate, or remove the canary when its release is done.`);
  });

  test('of the image that serves already, with other settings, is a release as others are', () => {
    const vllm = (enforceEager?: boolean) => new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1', enforceEager });
    const told = (enforceEager?: boolean) =>
      warningsOf(service({ runtime: vllm(), canary: { runtime: vllm(enforceEager), step: 'smoke' } }).chart);
    expect(told()).toContain('The canary runs vllm/vllm-openai:v0.18.1, which serves already.');
    expect(told(true)).not.toContain('canary-shape');
  });

  test('that needs a GPU more than there are is refused before it begins', () => {
    const small = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 1 });
    expect(refusalsOf(objects('prepared', { nodePool: small }), 'rollout-surge')).toMatchInlineSnapshot(`
     nim/llama/stable: rollout-surge
       The step smoke of default/llama needs 2 GPUs: 1 stable and 1 canary replicas with 1 GPU each. Its pools hold 1 (l4 1 node x 1).
       Raise maxNodes of l4 from 1 to 2.
    `);
  });

  test('with a step that there is not', () => {
    expect(refusalsOf(objects('30%'), 'canary-step')).toMatchInlineSnapshot(`
     nim/llama/release: canary-step
       The release has no step "30%".
       Use one of prepared, smoke, 5%, 20%, 50%, 100%, promote.
    `);
  });

  test('without a route', () => {
    expect(refusalsOf(objects('smoke', { route: undefined, network: { clients } }))).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       Weighted twins need a route to put weights in, and none is given.
       Give gateway and hostname, or use CanaryStrategy.partition().
    `);
  });
});

test('two services of a namespace share its Secrets and nothing else', () => {
  const tenant = new TenantNamespace(new App(), 'nim');
  for (const name of ['a', 'b']) new InferenceService(tenant, name, { ...CONTRACT, nodePool, route: ROUTE });
  expect(inventoryOf(tenant)).toMatchInlineSnapshot(`
   Namespace nim
   NetworkPolicy default-deny
   LimitRange container-defaults
   ResourceQuota quota
   ServiceAccount a
   Service a-headless
   Service a
   StatefulSet a
   HTTPRoute a
   NetworkPolicy a
   ExternalSecret ngc-api
   ExternalSecret ngc-registry
   ServiceAccount b
   Service b-headless
   Service b
   StatefulSet b
   HTTPRoute b
   NetworkPolicy b
  `);
});

describe('what keeps the pods', () => {
  const group = (changes: Partial<InferenceServiceProps> = {}) => service({ ...GROUP_CONTRACT, ...changes });

  test('a StatefulSet, unless a copy takes several machines', () => {
    expect([service().llama.stable.kind, group().llama.stable.kind]).toEqual(['StatefulSet', 'LeaderWorkerSet']);
    expect(service({ workload: 'Deployment', ...airGapped }).llama.stable.kind).toBe('Deployment');
  });

  test('a group and all around it', () => {
    expect(inventoryOf(group().chart)).toMatchInlineSnapshot(`
     ServiceAccount llama
     Service llama
     LeaderWorkerSet llama
     PodDisruptionBudget llama
     HTTPRoute llama
     NetworkPolicy llama
    `);
  });

  test('pods of a group talk to each other on any port; collectives choose theirs at will', () => {
    const { chart } = group({ route: undefined, network: { clients } });
    expect(yamlOf(chart, 'NetworkPolicy', 'llama', 'spec.ingress', 'spec.egress.1')).toMatchInlineSnapshot(`
     ingress:
       - from:
           - namespaceSelector:
               matchLabels:
                 kubernetes.io/metadata.name: apps
         ports:
           - port: 8000
             protocol: TCP
       - from:
           - podSelector:
               matchLabels:
                 app.kubernetes.io/instance: llama
     "1":
       to:
         - podSelector:
             matchLabels:
               app.kubernetes.io/instance: llama
    `);
  });

  test('ports for monitoring are opened to monitoring alone, and those of the group to nobody else', () => {
    const base = nim('1.8.0');
    const runtime: ServingRuntime = {
      name: base.name,
      image: base.image,
      version: base.version,
      memoryProfile: (gpu) => base.memoryProfile(gpu),
      contract: (request) => ({
        ...base.contract(request),
        ports: [
          { name: 'http', port: 8000 },
          { name: 'metrics', port: 8002, purpose: 'monitoring' },
          { name: 'peers', port: 29500, purpose: 'group' },
        ],
        metrics: { path: '/metrics', port: 8002 },
      }),
    };
    const monitoring = [NetworkPeer.namespace('monitoring')];
    const { chart } = service({ runtime, route: undefined, network: { clients, monitoring } });
    expect(yamlOf(chart, 'NetworkPolicy', 'llama', 'spec.ingress')).toMatchInlineSnapshot(`
     ingress:
       - from:
           - namespaceSelector:
               matchLabels:
                 kubernetes.io/metadata.name: apps
         ports:
           - port: 8000
             protocol: TCP
       - from:
           - namespaceSelector:
               matchLabels:
                 kubernetes.io/metadata.name: monitoring
         ports:
           - port: 8002
             protocol: TCP
    `);
  });

  test('a release by partition moves groups', () => {
    const canary = { runtime: nim('2.0.6'), strategy: CanaryStrategy.partition(), step: '1/2' as const };
    expect(yamlOf(group({ canary }).chart, 'LeaderWorkerSet', 'llama', 'spec.rolloutStrategy')).toMatchInlineSnapshot(`
     rolloutStrategy:
       type: RollingUpdate
       rollingUpdateConfiguration:
         maxSurge: 0
         maxUnavailable: 1
         partition: 1
    `);
  });

  test('a release by twins takes whole groups of spare machines', () => {
    const canary = { runtime: nim('2.0.6'), step: 'smoke' as const };
    expect(refusalsOf(group({ canary }).chart, 'rollout-surge')).toMatchInlineSnapshot(`
     nim/llama/stable: rollout-surge
       The step smoke of default/llama needs 48 GPUs: 2 stable and 1 canary replicas with 16 GPUs each. Its pools hold 32 (h100 4 nodes x 8).
       Raise maxNodes of h100 from 4 to 8, or use CanaryStrategy.partition(), which needs no spare GPU.
    `);
  });

  test('a release by partition of a Deployment, which has none', () => {
    const canary = { runtime: nim('1.8.0'), strategy: CanaryStrategy.partition(), step: '1/2' as const };
    const { chart } = service({ workload: 'Deployment', replicas: 2, canary, ...airGapped });
    expect(refusalsOf(chart, 'canary-shape')).toMatchInlineSnapshot(`
     nim/llama/release: canary-shape
       Only a StatefulSet and a LeaderWorkerSet have a partition; llama is a Deployment.
       Use CanaryStrategy.weightedTwins().
    `);
  });

  test('a StatefulSet for a copy of two machines, which it cannot hold', () => {
    expect(refusalsOf(group({ workload: 'StatefulSet' }).chart, 'parallel-layout')).toMatchInlineSnapshot(`
     nim/llama/stable: parallel-layout
       One copy of the model takes 16 GPUs, and a node of the pool h100 has 8: that is 2 pods which start and end together; a StatefulSet knows pods one by one.
       Use a GpuInferenceLeaderWorkerSet (workload: 'LeaderWorkerSet'), or a machine with 16 GPUs.
    `);
  });
});
