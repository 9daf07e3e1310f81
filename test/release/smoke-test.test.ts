import { App, Chart, Duration } from 'cdk8s';
import { SmokeTest, SmokeTestProps } from '../../lib/release/smoke-test';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelSource } from '../../lib/model/model-source';
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

const ROUTE = {
  gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }),
  hostnames: ['llama.example.com'],
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
      gateway: { address: 'http://edge.gateways.svc:8080', route: ROUTE },
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

  test.each(['https://edge', 'edge', 'http://edge/path', 'http://edge:99999', ''])(
    'refuses the gateway address %j',
    (address) => {
      expect(refusalsOf(smoke({ gateway: { address, route: ROUTE } }))).toContain(`smoke-test
  ${JSON.stringify(address)} is no address at which the test can ask a gateway.`);
    },
  );

  const behind = (implementation: 'envoy-gateway' | 'gke') => ({
    ...ROUTE,
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation }),
  });
  const proxies = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'envoy-gateway-system' } },
    podSelector: {
      matchLabels: {
        'gateway.envoyproxy.io/owning-gateway-name': 'edge',
        'gateway.envoyproxy.io/owning-gateway-namespace': 'gateways',
      },
    },
  };

  // A policy sees the port of the pod, which Envoy Gateway moves by 10000 below 1024; and the address of what is no pod.
  test.each`
    implementation     | address                            | to                                      | ports
    ${'envoy-gateway'} | ${'http://edge.gateways.svc'}      | ${proxies}                              | ${[80, 10080]}
    ${'envoy-gateway'} | ${'http://edge.gateways.svc:8080'} | ${proxies}                              | ${[8080]}
    ${'gke'}           | ${'http://10.0.0.9'}               | ${{ ipBlock: { cidr: '10.0.0.9/32' } }} | ${[80]}
    ${'gke'}           | ${'http://10.0.0.9:8080/'}         | ${{ ipBlock: { cidr: '10.0.0.9/32' } }} | ${[8080]}
  `('may reach $address of $implementation at $ports', ({ implementation, address, to, ports }) => {
    const gateway = { address: address as string, route: behind(implementation as 'gke') };
    const policy = manifestsOf(smoke({ gateway })).find(({ kind }) => kind === 'NetworkPolicy')!;
    expect(policy.spec.egress.at(-1)).toEqual({
      to: [to],
      ports: (ports as number[]).map((port) => ({ port, protocol: 'TCP' })),
    });
  });

  test('refuses a name for a load balancer, and an address that is none', () => {
    const told = (address: string) => refusalsOf(smoke({ gateway: { address, route: behind('gke') } }));
    expect(told('http://edge.example.com')).toMatchInlineSnapshot(`
     nim/smoke: smoke-test
       The Gateway gateways/edge is a load balancer, which a network policy knows by its address alone, and "http://edge.example.com" names a host.
       Use its IPv4 address, such as http://10.0.0.9; or leave gatewayAddress out, and the Service of the candidate is asked.
    `);
    expect(told('http://10.0.0.900')).not.toBe('');
  });

  test('asks as the route is asked: below its prefix, with its headers, by a name that a request can have', () => {
    const job = jobOf(
      smoke({
        gateway: {
          address: 'http://edge.gateways.svc/',
          route: {
            ...ROUTE,
            hostnames: ['*.example.com', 'llama.example.com'],
            match: { pathPrefix: '/llama', headers: { 'x-model': 'llama', 'x-team': 'a' } },
          },
        },
      }),
    );
    expect(variable(job, 'BASE')).toBe('http://edge.gateways.svc/llama');
    expect(variable(job, 'HOST')).toBe('llama.example.com');
    const [, ...passedOn] = job.spec.template.spec.containers[0].args as string[];
    expect(passedOn).toEqual(['smoke-test', '--header', 'x-model: llama', '--header', 'x-team: a']);
  });

  test('refuses a route that would not let it through', () => {
    const authentication = RouteAuthentication.apiKeys({ secretNames: ['clients'] });
    const route = { ...ROUTE, hostnames: ['*.example.com'], paths: ['/v1/completions'], authentication };
    expect(refusalsOf(smoke({ gateway: { address: 'http://edge.gateways.svc', route } }))).toMatchInlineSnapshot(`
     nim/smoke: smoke-test
       The route has no host name that a request can have: *.example.com.
       Add one without "*" to its hostname; or leave gatewayAddress out, and the Service of the candidate is asked.
     nim/smoke: smoke-test
       The test asks for /v1/models, and the route lets /v1/completions through.
       Add /v1/models to its paths; or leave gatewayAddress out, and the Service of the candidate is asked.
     nim/smoke: smoke-test
       The route asks every client for a key, and the test has none: each of its requests would be answered 401.
       State smokeTest.key, a Secret with a key that the gateway takes; or leave gatewayAddress out, and the Service of the candidate is asked.
    `);
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
    expect(variable(job, 'CANDIDATE')).toMatch(/^nvcr\.io\/nim\/meta\/llama3-8b-instruct:1\.8\.0 [0-9a-f]{10}$/);
    expect(Number(variable(job, 'WAIT_SECONDS'))).toBeGreaterThan(600);
    expect(variable(job, 'KEY')).toBe('');
  });

  const vllm = (version: string, more = {}) =>
    new VllmRuntime({ image: `vllm/vllm-openai:v${version}` as string, apiKey: { secretName: 'llama-key' }, ...more });
  const GUARDED = { runtime: vllm('0.18.1'), credentials: undefined };

  test.each([undefined, 'http://edge.gateways.svc'])(
    'sends the key that the server itself asks for, to %s',
    (gatewayAddress) => {
      const job = jobOf(service({ runtime: vllm('0.19.0'), smokeTest: { gatewayAddress } }, GUARDED));
      expect(variable(job, 'KEY')).toEqual({ secretKeyRef: { name: 'llama-key', key: 'API_KEY' } });
      expect(variable(job, 'KEY_HEADER')).toBe('Authorization: Bearer');
    },
  );

  test('sends the key that the gateway asks for in its header, and the one that somebody else asks for as a token', () => {
    const key = { secretName: 'clients', secretKey: 'quality' };
    const smokeTest = { gatewayAddress: 'http://edge.gateways.svc', key };
    const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
    const authentication = RouteAuthentication.apiKeys({ secretNames: ['clients'], header: 'x-api-key' });
    const known = jobOf(service({ smokeTest }, { route: { ...route, gateway, authentication } }));
    const unknown = jobOf(service({ smokeTest }));
    for (const [job, header] of [
      [known, 'x-api-key:'],
      [unknown, 'Authorization: Bearer'],
    ] as const) {
      expect(variable(job, 'KEY')).toEqual({ secretKeyRef: { name: 'clients', key: 'quality' } });
      expect(variable(job, 'KEY_HEADER')).toBe(header);
    }
  });

  test('asks through the gateway as the route is asked', () => {
    const job = jobOf(
      service(
        { smokeTest: { gatewayAddress: 'http://edge.gateways.svc' } },
        {
          route: {
            ...route,
            hostname: ['*.llama.example.com', 'llama.example.com'],
            match: { pathPrefix: '/llama', headers: { 'x-model': 'llama' } },
          },
        },
      ),
    );
    expect(['BASE', 'HOST', 'TRACK'].map((name) => variable(job, name))).toEqual([
      'http://edge.gateways.svc/llama',
      'llama.example.com',
      'canary',
    ]);
    expect((job.spec.template.spec.containers[0].args as string[]).at(-1)).toBe('x-model: llama');
    const paths = ['/v1/chat/completions'];
    const narrow = service({ smokeTest: { gatewayAddress: 'http://edge' } }, { route: { ...route, paths } });
    expect(refusalsOf(narrow, 'smoke-test')).toContain('The test asks for /v1/models');
  });

  test('has the image, the Secrets to pull it with and the question that somebody states', () => {
    const request = { path: '/v1/rank', body: { model: 'MODEL' }, expect: '"score"' };
    const image = 'registry.example.com/busybox:1.37';
    const job = jobOf(
      service({ smokeTest: { image, imagePullSecrets: ['mirror'], request } }, { imagePullSecrets: ['mirror', 'all'] }),
    );
    const { containers, imagePullSecrets } = job.spec.template.spec;
    expect(containers[0].image).toBe(image);
    expect(imagePullSecrets).toEqual([{ name: 'mirror' }, { name: 'all' }]);
    expect(['REQUEST_PATH', 'BODY', 'EXPECT'].map((name) => variable(job, name))).toEqual([
      '/v1/rank',
      '{"model":"MODEL"}',
      '"score"',
    ]);
  });

  test('is another one for other weights and other settings of the same image', () => {
    const weights = (revision: string) =>
      ModelArtifact.download(
        ModelSource.huggingFace({ repository: 'meta-llama/Meta-Llama-3-8B-Instruct', revision: revision.repeat(40) }),
      );
    const nameOf = (canary: Partial<NonNullable<InferenceServiceProps['canary']>>) =>
      jobOf(service({ runtime: vllm('0.19.0'), ...canary }, { ...GUARDED, artifact: weights('0') })).metadata.name;
    const names = [
      nameOf({}),
      nameOf({ artifact: weights('a') }),
      nameOf({ artifact: weights('b') }),
      nameOf({ runtime: vllm('0.19.0', { enforceEager: true }) }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('is the same one at every step, whatever number of pods they have', () => {
    const of = (step: '5%' | '100%', canaryReplicas: number) =>
      jobOf(
        service(
          { step, strategy: CanaryStrategy.weightedTwins({ weights: [5, 100], canaryReplicas }) },
          { replicas: 2 },
        ),
      );
    expect(of('100%', 2)).toEqual(of('5%', 1));
  });
});
