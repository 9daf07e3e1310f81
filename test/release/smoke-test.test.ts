import { App, Chart, Duration } from 'cdk8s';
import { NetworkPeer } from '../../lib/network/network-peer';
import { SmokeTest, SmokeTestProps } from '../../lib/release/smoke-test';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { refusalsOf } from '../support/messages';
import { CONTRACT, nim } from '../support/services';
import { inventoryOf, Manifest, manifestsOf, partsOf } from '../support/yaml-of';

const nodePool = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 8 });
const PROPS: SmokeTestProps = {
  name: 'llama-smoke',
  labels: { 'app.kubernetes.io/instance': 'llama' },
  candidate: 'registry.example.com/llama:2',
  target: {
    serviceName: 'llama-canary',
    port: 8000,
    podLabels: { 'app.kubernetes.io/instance': 'llama', track: 'canary' },
  },
  request: { path: '/v1/completions', body: { model: 'MODEL', prompt: 'Yes,' }, expect: '"text"' },
  startup: Duration.minutes(10),
  answer: Duration.minutes(2),
};

function smoke(changes: Partial<SmokeTestProps> = {}): Chart {
  const chart = new Chart(new App(), 'nim');
  new SmokeTest(chart, 'smoke', { ...PROPS, ...changes });
  return chart;
}
const jobOf = (chart: Chart): Manifest => manifestsOf(chart).find(({ kind }) => kind === 'Job')!;
const variable = (job: Manifest, wanted: string): unknown => {
  const env = job.spec.template.spec.containers[0].env as { name: string; value?: string; valueFrom?: object }[];
  const found = env.find(({ name }) => name === wanted)!;
  return found.value ?? found.valueFrom;
};

describe('the Job', () => {
  test('asks once, without a token, a right or a place to write', () => {
    const { spec } = jobOf(smoke());
    const { containers, ...pod } = spec.template.spec;
    const { args, env, ...container } = containers[0];
    expect(args).toHaveLength(1);
    expect(env).not.toHaveLength(0);
    expect(
      partsOf(
        { ...spec, template: undefined, pod, container },
        'backoffLimit',
        'activeDeadlineSeconds',
        'podFailurePolicy',
        'pod',
        'container',
      ),
    ).toMatchInlineSnapshot(`
     backoffLimit: 0
     activeDeadlineSeconds: 840
     podFailurePolicy:
       rules:
         - action: Ignore
           onPodConditions:
             - type: DisruptionTarget
               status: "True"
     pod:
       restartPolicy: Never
       serviceAccountName: llama-smoke
       automountServiceAccountToken: false
       enableServiceLinks: false
       securityContext:
         runAsNonRoot: true
         runAsUser: 65534
         runAsGroup: 65534
         seccompProfile:
           type: RuntimeDefault
     container:
       name: smoke-test
       image: rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5
       imagePullPolicy: IfNotPresent
       command:
         - /bin/sh
         - "-c"
       resources:
         requests:
           cpu: 10m
           memory: 64Mi
         limits:
           memory: 64Mi
       securityContext:
         allowPrivilegeEscalation: false
         capabilities:
           drop:
             - ALL
         readOnlyRootFilesystem: true
    `);
  });

  test('is another one for another candidate or another question, and the same for the same', () => {
    const name = (changes: Partial<SmokeTestProps> = {}) => jobOf(smoke(changes)).metadata.name;
    expect(name()).toBe(name());
    expect(name({ candidate: 'registry.example.com/llama:3' })).not.toBe(name());
    expect(name({ request: { ...PROPS.request, expect: '"choices"' } })).not.toBe(name());
    expect(name()).toMatch(/^llama-smoke-[0-9a-f]{10}$/);
  });

  test('has pods of labels that no Service, budget or policy of the servers selects', () => {
    const { metadata, spec } = jobOf(smoke());
    expect(metadata.labels!['app.kubernetes.io/instance']).toBe('llama');
    expect(spec.template.metadata.labels).toEqual({
      'app.kubernetes.io/instance': 'llama-smoke',
      'app.kubernetes.io/name': 'smoke-test',
    });
  });

  test('may reach the candidate and names, and nothing else', () => {
    const policy = manifestsOf(smoke()).find(({ kind }) => kind === 'NetworkPolicy')!;
    expect(partsOf(policy, 'spec')).toMatchInlineSnapshot(`
     spec:
       podSelector:
         matchLabels:
           app.kubernetes.io/instance: llama-smoke
           app.kubernetes.io/name: smoke-test
       policyTypes:
         - Ingress
         - Egress
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
             - podSelector:
                 matchLabels:
                   app.kubernetes.io/instance: llama
                   track: canary
           ports:
             - port: 8000
               protocol: TCP
    `);
  });

  test('by way of a gateway: its address, the host name and its pods', () => {
    const chart = smoke({
      gateway: {
        address: 'http://edge.gateways.svc:8080',
        hostname: 'llama.example.com',
        peers: [NetworkPeer.namespace('gateways')],
      },
      key: { header: 'authorization', secretName: 'clients', secretKey: 'quality' },
    });
    const job = jobOf(chart);
    expect(['BASE', 'HOST', 'TRACK', 'KEY_HEADER'].map((name) => variable(job, name))).toEqual([
      'http://edge.gateways.svc:8080',
      'llama.example.com',
      'canary',
      'Authorization: Bearer',
    ]);
    expect(variable(job, 'KEY')).toEqual({ secretKeyRef: { name: 'clients', key: 'quality' } });
    const policy = manifestsOf(chart).find(({ kind }) => kind === 'NetworkPolicy')!;
    expect(policy.spec.egress.at(-1)).toEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  });

  test.each(['https://edge', 'edge', 'http://edge/path', ''])('refuses the gateway address %j', (address) => {
    const gateway = { address, hostname: 'llama.example.com', peers: [NetworkPeer.namespace('gateways')] };
    expect(refusalsOf(smoke({ gateway }))).toContain(`smoke-test
  ${JSON.stringify(address)} is no address at which the test can ask a gateway.`);
  });
});

describe('of a service', () => {
  const route = {
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }),
    hostname: 'llama.example.com',
  };
  function service(
    canary: Partial<NonNullable<InferenceServiceProps['canary']>> = {},
    changes: Partial<InferenceServiceProps> = {},
  ): Chart {
    const chart = new Chart(new App(), 'nim');
    new InferenceService(chart, 'llama', {
      ...CONTRACT,
      nodePool,
      route,
      canary: { runtime: nim('1.8.0'), step: 'smoke', ...canary },
      ...changes,
    });
    return chart;
  }

  test.each(['smoke', '5%', '100%', 'promote'] as const)('is there at %s, and let in', (step) => {
    const chart = service({ step });
    expect(inventoryOf(chart)).toMatch(/^Job llama-smoke-[0-9a-f]{10}$/m);
    const policy = manifestsOf(chart).find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'llama',
    )!;
    expect(JSON.stringify(policy.spec.ingress)).toContain('llama-smoke');
  });

  test('is not there before, or when nobody wants it', () => {
    expect(inventoryOf(service({ step: 'prepared' }))).not.toContain('smoke');
    expect(inventoryOf(service({ smokeTest: false }))).not.toContain('smoke');
  });

  test('waits as long as the plan says that the candidate may take, and asks its Service', () => {
    const job = jobOf(service());
    expect(variable(job, 'BASE')).toBe('http://llama-canary:8000');
    expect(variable(job, 'CANDIDATE')).toBe('nvcr.io/nim/meta/llama3-8b-instruct:1.8.0');
    expect(Number(variable(job, 'WAIT_SECONDS'))).toBeGreaterThan(600);
    expect(variable(job, 'KEY')).toBe('');
  });

  test('sends the key that the server itself asks for', () => {
    const runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1', apiKey: { secretName: 'llama-key' } });
    const job = jobOf(
      service(
        { runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.19.0', apiKey: { secretName: 'llama-key' } }) },
        { runtime, credentials: undefined },
      ),
    );
    expect(variable(job, 'KEY')).toEqual({ secretKeyRef: { name: 'llama-key', key: 'API_KEY' } });
    expect(variable(job, 'KEY_HEADER')).toBe('Authorization: Bearer');
  });
});
