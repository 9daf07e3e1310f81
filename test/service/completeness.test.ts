import { ApiObject, Chart, Duration, Size } from 'cdk8s';
import { Cpu, ServiceAccount } from 'cdk8s-plus-30';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { LoraAdapters } from '../../lib/model/lora-adapter';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { Dns } from '../../lib/network/dns';
import { Monitoring } from '../../lib/observability/monitoring';
import { InferenceRoute } from '../../lib/network/inference-route';
import { IngressReference } from '../../lib/network/ingress-reference';
import { InferenceRouteProps } from '../../lib/network/inference-route-props';
import { ModelDownload } from '../../lib/network/model-download';
import { NetworkPeer } from '../../lib/network/network-peer';
import { NimNetworkPolicy, NimNetworkPolicyProps } from '../../lib/network/nim-network-policy';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { GpuNodeAffinity, GpuNodeAffinityProps } from '../../lib/placement/gpu-node-affinity';
import { CanaryRollout, CanaryRolloutProps } from '../../lib/release/canary-rollout';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { CanaryThresholds } from '../../lib/release/canary-thresholds';
import { ProgressiveDelivery } from '../../lib/release/progressive-delivery';
import { ServingRole } from '../../lib/runtime/serving-runtime';
import { InferenceAutoscaler } from '../../lib/scaling/inference-autoscaler';
import { InferenceAutoscalerProps, ScaleToZeroProps } from '../../lib/scaling/inference-autoscaler-props';
import { ScalingMetric } from '../../lib/scaling/scaling-metric';
import { ScalingSchedule } from '../../lib/scaling/scaling-schedule';
import { WarmPool, WarmPoolProps } from '../../lib/scaling/warm-pool';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { PrefillProps } from '../../lib/service/prefill-props';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { TenantNamespaceProps } from '../../lib/tenancy/tenant-namespace-props';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import {
  GpuInferenceLeaderWorkerSet,
  GpuInferenceLeaderWorkerSetProps,
} from '../../lib/workload/gpu-inference-leader-worker-set';
import { GpuInferenceStatefulSet, GpuInferenceStatefulSetProps } from '../../lib/workload/gpu-inference-stateful-set';
import { RouterProps } from '../../lib/workload/prefill-decode-router';
import { WorkloadIdentity } from '../../lib/workload/workload-identity';
import { POOLS } from '../support/pools';
import { CONTRACT, GROUP_CONTRACT, nim } from '../support/services';
import { traceOf } from '../support/trace';

/**
 * No option does nothing. `Required<…>` makes the compiler ask for a value here whenever an option is added; each value
 * differs from the default, so taking it away must change the YAML or what synthesis says. Options that cannot be taken
 * away are given another value.
 */
type Everything<Props> = {
  readonly [Option in keyof Required<Props>]: readonly [value: Props[Option], instead?: Props[Option]];
};

function optionsOf<Props extends object>(everything: Everything<Props>): string[] {
  return Object.keys(everything);
}

function propsOf<Props extends object>(everything: Everything<Props>, without?: string): Props {
  return Object.fromEntries(
    Object.entries<readonly [unknown, unknown?]>(everything as never).map(([option, [value, instead]]) => [
      option,
      option === without ? instead : value,
    ]),
  ) as Props;
}

/** Options that are only heard when others are silent: what was measured replaces what is derived. */
const OVERRIDDEN_BY: Readonly<Record<string, readonly string[]>> = {
  maxOutputTokens: ['longestAnswer'],
  model: ['coldStart', 'resources'],
  weightFormat: ['coldStart'],
  // What cannot be synthesized is judged no further, and nothing is waived then.
  concurrency: ['waivers', 'workloadIdentity'],
  kvCacheFormat: ['waivers', 'workloadIdentity'],
  slo: ['workloadIdentity'],
  waivers: ['workloadIdentity'],
};

/** The props with all options but those that would drown out this one. */
function audible<Props extends object>(props: Props, option: string): Props {
  const silent = OVERRIDDEN_BY[option] ?? [];
  return Object.fromEntries(Object.entries(props).filter(([name]) => !silent.includes(name))) as Props;
}

const serviceAccount = { name: 'shared' } as ServiceAccount;

/** How a copy of the model is spread; what spreads it over machines is refused elsewhere than in a LeaderWorkerSet. */
const SPREAD: Everything<
  Pick<
    GpuInferenceLeaderWorkerSetProps,
    'pipelineParallelSize' | 'dataParallelSize' | 'expertParallel' | 'exclusiveTopology'
  >
> = {
  pipelineParallelSize: [4],
  dataParallelSize: [2],
  expertParallel: [true],
  exclusiveTopology: ['example.com/rack'],
};

const STATEFUL_SET: Everything<Omit<GpuInferenceStatefulSetProps, keyof typeof SPREAD | 'role' | 'workloadIdentity'>> =
  {
    name: ['llama3'],
    track: ['canary'],
    runtime: [nim('1.8.0'), nim('1.0.0')],
    nodePool: [POOLS['GKE, two L4'], POOLS['GKE, one L4']],
    model: ['meta-llama/Meta-Llama-3-8B-Instruct'],
    servedModelName: ['llama'],
    replicas: [3],
    tensorParallelSize: [2],
    maxModelLen: [4096],
    maxOutputTokens: [1024],
    weightFormat: ['fp8'],
    kvCacheFormat: ['fp8'],
    concurrency: [10_000],
    slo: [{ interTokenLatency: { p50: Duration.millis(1) } }],
    artifact: [ModelArtifact.huggingFace({ repository: 'meta-llama/Meta-Llama-3-8B-Instruct' })],
    lora: [new LoraAdapters({ adapters: [{ name: 'sql', rank: 16, artifact: ModelArtifact.claim('adapters') }] })],
    cache: [ModelCache.perReplica(Size.gibibytes(60)), ModelCache.perReplica(Size.gibibytes(50))],
    credentials: [ModelCredentials.ngc({ secretName: 'ngc' }), ModelCredentials.airGapped()],
    waivers: [{ 'gpu-memory-fit': 'measured on this card' }],
    resources: [{ memory: Size.gibibytes(20) }],
    coldStart: [Duration.minutes(20)],
    longestAnswer: [Duration.minutes(2)],
    cachePath: ['/cache'],
    priorityClassName: ['serving'],
    runtimeClassName: ['nvidia'],
    serviceAccount: [serviceAccount],
    hostUsers: [false],
    imagePullSecrets: [['mirror']],
    preferredZones: [['us-central1-a']],
    spread: [{ nodes: 'required' }],
    tolerations: [[{ key: 'team', operator: 'Exists' }]],
    env: [{ HF_HOME: '/tmp/hf' }],
    volumes: [[{ name: 'lora', emptyDir: {} }]],
    volumeMounts: [[{ name: 'lora', mountPath: '/lora' }]],
    initContainers: [[{ name: 'fetch', image: 'example.com/fetch:1' }]],
    sidecars: [[{ name: 'proxy', image: 'example.com/proxy:1' }]],
    podLabels: [{ team: 'ml' }],
    podAnnotations: [{ 'example.com/owner': 'ml' }],
    tracing: [{ grpcEndpoint: 'http://collector.tracing:4317', httpEndpoint: 'http://collector.tracing:4318' }],
    jsonLogs: [false],
  };

describe('GpuInferenceStatefulSet', () => {
  const trace = (option: string, without?: string) =>
    traceOf((chart) => new GpuInferenceStatefulSet(chart, 'llama', audible(propsOf(STATEFUL_SET, without), option)));

  test.each(optionsOf(STATEFUL_SET))('%s', (option) => {
    expect(trace(option, option)).not.toBe(trace(option));
  });

  test.each(['cpu', 'cpuLimit', 'memory', 'ephemeralStorage'] as const)('resources.%s', (resource) => {
    const resources = {
      cpu: Cpu.units(2),
      cpuLimit: Cpu.units(3),
      memory: Size.gibibytes(20),
      ephemeralStorage: Size.gibibytes(20),
    };
    const of = (stated: object) =>
      traceOf((chart) => new GpuInferenceStatefulSet(chart, 'llama', { ...propsOf(STATEFUL_SET), resources: stated }));
    expect(of({ ...resources, [resource]: undefined })).not.toBe(of(resources));
  });
});

describe('InferenceService', () => {
  // A service makes both tracks itself.
  const withoutTrack = Object.fromEntries(
    Object.entries(STATEFUL_SET).filter(([option]) => option !== 'track'),
  ) as unknown as Omit<typeof STATEFUL_SET, 'track'>;
  const edge = new GatewayReference({ name: 'edge', namespace: 'gateways' });
  const SERVICE: Everything<
    Omit<
      InferenceServiceProps,
      keyof typeof SPREAD | 'workload' | 'prefill' | 'progressiveDelivery' | 'workloadIdentity'
    >
  > = {
    ...withoutTrack,
    credentials: [
      ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
      ModelCredentials.ngc({ secretName: 'ngc' }),
    ],
    secrets: [false],
    route: [{ gateway: edge, hostname: 'llama.example.com' }],
    canary: [{ runtime: nim('1.10.0'), step: 'smoke' }],
    scaling: [{ by: 'hpa', maxReplicas: 5 }],
    network: [{ monitoring: [NetworkPeer.namespace('monitoring')] }],
    monitoring: [Monitoring.googleManaged()],
    alerts: [{ budget: { perMonth: 500 } }],
  };
  const trace = (option: string, without?: string) =>
    traceOf((chart) => new InferenceService(chart, 'llama', audible(propsOf(SERVICE, without), option)));

  test.each(optionsOf(SERVICE))('%s', (option) => {
    expect(trace(option, option)).not.toBe(trace(option));
  });

  test('progressiveDelivery, which is for a Deployment without a canary', () => {
    const of = (changes: Partial<InferenceServiceProps>) =>
      traceOf((chart) => {
        const route = { gateway: edge, hostname: 'llama.example.com' };
        const cache = ModelCache.ephemeral(Size.gibibytes(20));
        const props = { ...CONTRACT, cache, workload: 'Deployment' as const, route, network: false as const };
        new InferenceService(chart, 'llama', { ...props, ...changes });
      });
    const controllers = [ProgressiveDelivery.argoRollouts(), ProgressiveDelivery.flagger()];
    expect(new Set([of({}), ...controllers.map((progressiveDelivery) => of({ progressiveDelivery }))]).size).toBe(3);
  });

  test('thresholds of a canary, which somebody must watch', () => {
    const of = (thresholds?: CanaryThresholds, monitoring?: Monitoring) =>
      traceOf((chart) => {
        const canary = {
          runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' }),
          step: '5%',
          thresholds,
        } as const;
        const runtime = new VllmRuntime({ image: 'vllm/vllm-openai:v0.19.0' });
        const route = { gateway: edge, hostname: 'llama.example.com' };
        const credentials = ModelCredentials.keyless();
        new InferenceService(chart, 'llama', {
          ...CONTRACT,
          runtime,
          credentials,
          route,
          canary,
          monitoring,
          network: false,
        });
      });
    const watched = Monitoring.prometheusOperator();
    expect(of({ timeToFirstToken: 1.5 }, watched)).not.toBe(of({}, watched));
    expect(of({ timeToFirstToken: 1.5 })).toContain(
      'canary.thresholds are stated, and without monitoring nobody compares.',
    );
  });

  test('workload, which decides what the others may be', () => {
    const of = (workload?: 'Deployment') =>
      traceOf((chart) => new InferenceService(chart, 'llama', { ...CONTRACT, ...without(workload), network: false }));
    const without = (workload?: 'Deployment') => ({ workload, cache: ModelCache.ephemeral(Size.gibibytes(20)) });
    expect(of('Deployment')).not.toBe(of());
  });
});

describe('prompts and answers apart, which not every server can do', () => {
  const vllm = {
    model: CONTRACT.model,
    runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' }),
    nodePool: POOLS['GKE, eight nodes'],
    maxModelLen: 8192,
  } as const;

  test('role', () => {
    const of = (role?: ServingRole) =>
      traceOf((chart) => new GpuInferenceStatefulSet(chart, 'llama', { ...vllm, role }));
    expect(new Set([of(), of('prefill'), of('decode')]).size).toBe(3);
  });

  const ROUTER: Everything<RouterProps> = {
    image: ['vllm/vllm-router:v0.1.15', 'vllm/vllm-router:v0.1.14'],
    replicas: [3],
    resources: [{ cpu: Cpu.units(2), memory: Size.gibibytes(1) }],
  };
  const PREFILL: Everything<PrefillProps> = {
    replicas: [2],
    tensorParallelSize: [2],
    nodePool: [POOLS['GKE, two L4']],
    router: [propsOf(ROUTER), propsOf(ROUTER, 'image')],
  };
  const trace = (prefill?: PrefillProps) =>
    traceOf((chart) => new InferenceService(chart, 'llama', { ...vllm, prefill, network: { clients: [] } }));
  const all = trace(propsOf(PREFILL));

  test('prefill', () => expect(trace()).not.toBe(all));
  test.each(optionsOf(PREFILL))('prefill.%s', (option) => {
    expect(trace(propsOf(PREFILL, option))).not.toBe(all);
  });
  test.each(optionsOf(ROUTER))('prefill.router.%s', (option) => {
    expect(trace({ ...propsOf(PREFILL), router: propsOf(ROUTER, option) })).not.toBe(all);
  });
});

test('workloadIdentity, which a service account of your own leaves no place for', () => {
  const of = (workloadIdentity?: WorkloadIdentity, serviceAccount?: ServiceAccount) =>
    traceOf((chart) => new GpuInferenceStatefulSet(chart, 'llama', { ...CONTRACT, workloadIdentity, serviceAccount }));
  const identity = WorkloadIdentity.gke({ serviceAccount: 'llama-weights@project-1.iam.gserviceaccount.com' });
  expect(of(identity)).not.toBe(of());
  expect(of(identity, serviceAccount)).toContain('is made elsewhere');
});

describe('GpuInferenceLeaderWorkerSet', () => {
  const trace = (without?: string) =>
    traceOf(
      (chart) =>
        new GpuInferenceLeaderWorkerSet(chart, 'llama', {
          ...GROUP_CONTRACT,
          model: 'mistralai/Mixtral-8x7B-Instruct-v0.1',
          runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' }),
          ...propsOf(SPREAD, without),
        }),
    );

  test.each(optionsOf(SPREAD))('%s', (option) => {
    expect(trace(option)).not.toBe(trace());
  });
});

describe('InferenceAutoscaler', () => {
  const L4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 4 });
  const schedule = (replicas: number) =>
    ScalingSchedule.weekly({ timezone: 'Europe/Berlin', from: '08:00', to: '18:00', replicas });
  const AUTOSCALER: Everything<Omit<InferenceAutoscalerProps, 'target' | 'scaleToZero' | 'by'>> = {
    name: ['scaler'],
    serverAddress: ['http://prometheus-operated.monitoring:9090'],
    minReplicas: [2],
    maxReplicas: [3],
    metrics: [[ScalingMetric.queueDepth(3)]],
    schedules: [[schedule(3)]],
    fallbackReplicas: [2],
  };
  const trace = (props: Omit<InferenceAutoscalerProps, 'target'>) =>
    traceOf((chart) => {
      const target = new GpuInferenceStatefulSet(chart, 'llama', { ...CONTRACT, nodePool: L4 });
      new InferenceAutoscaler(chart, 'scaler', { ...props, target });
    });
  const without = (option?: string) => trace(propsOf(AUTOSCALER, option) as InferenceAutoscalerProps);

  test.each(optionsOf(AUTOSCALER))('%s', (option) => {
    expect(without(option)).not.toBe(without());
  });

  test('by', () => {
    const { serverAddress } = propsOf(AUTOSCALER);
    expect(trace({ serverAddress, by: 'hpa' })).not.toBe(trace({ serverAddress }));
  });

  const ZERO: Everything<ScaleToZeroProps> = {
    acceptColdStart: [Duration.hours(1), Duration.minutes(1)],
    hosts: [['llama.example.com'], ['other.example.com']],
    concurrency: [7],
    scalerAddress: ['scaler.keda-http:9090'],
  };
  const zero = (option?: string) => trace({ scaleToZero: propsOf(ZERO, option) });

  test.each(optionsOf(ZERO))('scaleToZero: %s', (option) => {
    expect(zero(option)).not.toBe(zero());
  });
});

describe('WarmPool', () => {
  const WARM: Everything<WarmPoolProps> = {
    name: ['spare'],
    nodePool: [POOLS['GKE, two L4'], POOLS.AKS],
    nodes: [2],
    priorityClassName: ['placeholder'],
    pauseImage: ['mirror.example.com/pause:3.10.1'],
  };
  const trace = (without?: string) => traceOf((chart) => new WarmPool(chart, 'warm', propsOf(WARM, without)));
  const all = trace();

  test.each(optionsOf(WARM))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });
});

describe('GpuNodeAffinity', () => {
  const AFFINITY: Everything<GpuNodeAffinityProps> = {
    nodePools: [POOLS['GKE, one L4'], POOLS.AKS],
    preferredZones: [['us-central1-a']],
    tolerations: [[{ key: 'team', operator: 'Exists' }]],
    spread: [{ podLabels: { app: 'llama' } }],
  };
  const trace = (without?: string) =>
    traceOf((chart) => {
      const pod = new ApiObject(chart, 'pod', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' }, spec: {} });
      new GpuNodeAffinity(chart, 'placement', propsOf(AFFINITY, without)).applyTo(pod);
    });
  const all = trace();

  test.each(optionsOf(AFFINITY))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });
});

describe('CanaryRollout', () => {
  const statefulSet = (chart: Chart) =>
    new ApiObject(chart, 'llama', {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'llama' },
      spec: {},
    });
  const stable = { serviceName: 'llama', port: 8000, replicas: 2 };
  const canary = { serviceName: 'llama-canary', port: 8000, replicas: 1 };
  const route = {
    gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }),
    hostname: 'llama.example.com',
    requestTimeout: Duration.minutes(4),
  };
  const ROLLOUT: Everything<Omit<CanaryRolloutProps, 'workload'>> = {
    name: ['llama'],
    labels: [{ team: 'ml' }],
    stable: [stable, { ...stable, port: 9000 }],
    canary: [canary],
    strategy: [CanaryStrategy.weightedTwins({ weights: [30] })],
    step: ['30%', 'smoke'],
    route: [route],
    smokeTest: [
      {
        candidate: 'llama:2',
        target: { serviceName: 'llama-canary', port: 8000, podLabels: { app: 'llama' } },
        request: { path: '/v1/completions', body: {}, expect: 'text' },
        startup: Duration.minutes(5),
        answer: Duration.minutes(1),
      },
    ],
  };
  const trace = (without?: string) =>
    traceOf((chart) => new CanaryRollout(chart, 'release', propsOf(ROLLOUT, without)));
  const all = trace();

  test.each(optionsOf(ROLLOUT))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });

  test('workload, which is for partitions only', () => {
    const props = { stable, strategy: CanaryStrategy.partition(), step: '1/2' } as const;
    expect(
      traceOf((chart) => new CanaryRollout(chart, 'release', { ...props, workload: statefulSet(chart) })),
    ).not.toBe(
      traceOf((chart) => {
        statefulSet(chart);
        new CanaryRollout(chart, 'release', props);
      }),
    );
  });

  test('a workload beside twins is not passed over in silence', () => {
    const props = propsOf<Omit<CanaryRolloutProps, 'workload'>>(ROLLOUT);
    expect(
      traceOf((chart) => new CanaryRollout(chart, 'release', { ...props, workload: statefulSet(chart) })),
    ).toContain('Weighted twins move no partition, but a workload is given.');
  });
});

describe('NimNetworkPolicy', () => {
  const [chat, tracing] = [NetworkPeer.namespace('chat'), NetworkPeer.namespace('tracing')];
  const POLICY: Everything<Omit<NimNetworkPolicyProps, 'selector'>> = {
    name: ['llama'],
    labels: [{ team: 'ml' }],
    podLabels: [{ app: 'llama' }],
    ports: [[8080]],
    metricsPort: [8002],
    gateways: [[NetworkPeer.namespace('gateways')]],
    clients: [[chat]],
    monitoring: [[NetworkPeer.namespace('monitoring')]],
    dns: [[Dns.cloudDns()]],
    download: [ModelDownload.none()],
    workloadIdentity: ['gke'],
    multiNode: [true],
    extraEgress: [[{ to: [tracing], ports: [4318] }]],
  };
  const trace = (without?: string) =>
    traceOf((chart) => new NimNetworkPolicy(chart, 'policy', propsOf(POLICY, without)));
  const all = trace();

  test.each(optionsOf(POLICY))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });

  test('selector, which stands for podLabels', () => {
    const { podLabels, ...rest } = propsOf<Omit<NimNetworkPolicyProps, 'selector'>>(POLICY);
    const byLabels = traceOf((chart) => new NimNetworkPolicy(chart, 'policy', { ...rest, podLabels }));
    const bySelector = (matchLabels: Record<string, string>) =>
      traceOf((chart) => new NimNetworkPolicy(chart, 'policy', { ...rest, selector: { matchLabels } }));
    expect(bySelector({ app: 'llama' })).toBe(byLabels);
    expect(bySelector({ app: 'qwen' })).not.toBe(byLabels);
  });
});

describe('InferenceRoute', () => {
  const edge = (name: string) => new GatewayReference({ name, namespace: 'gateways', implementation: 'envoy-gateway' });
  const ROUTE: Everything<InferenceRouteProps> = {
    name: ['llama'],
    labels: [{ team: 'ml' }],
    gateway: [edge('edge'), edge('other')],
    hostnames: [['llama.example.com'], ['other.example.com']],
    backends: [[{ service: 'llama', port: 8000 }], [{ service: 'llama', port: 9000 }]],
    smokeRoute: [{ value: 'canary', backend: { service: 'llama-canary', port: 8000 } }],
    requestTimeout: [Duration.minutes(4), Duration.minutes(5)],
    paths: [['/v1/chat/completions']],
    authentication: [RouteAuthentication.apiKeys({ secretNames: ['clients'] })],
    serverKeyHeader: ['authorization'],
    mirror: [{ service: 'llama-next', port: 8000 }],
    match: [{ pathPrefix: '/llama' }],
    limits: [{ parallelRequests: 64 }],
    fallback: [{ service: 'qwen', port: 8000 }],
    // two that a Gateway of Envoy does not have, which is told
    pools: [[{ service: 'llama' }]],
    tls: [{ clusterIssuer: 'letsencrypt' }],
    largestRequest: [Size.mebibytes(64)],
  };
  const trace = (without?: string) => traceOf((chart) => new InferenceRoute(chart, 'route', propsOf(ROUTE, without)));
  const all = trace();

  test.each(optionsOf(ROUTE).filter((option) => option !== 'largestRequest'))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });

  test('largestRequest, which nginx alone has to be told', () => {
    const by = (without?: string) =>
      traceOf((chart) => {
        new InferenceRoute(chart, 'route', { ...propsOf(ROUTE, without), gateway: IngressReference.nginx() });
      });
    expect(by('largestRequest')).not.toBe(by());
  });
});

describe('TenantNamespace', () => {
  const NAMESPACE: Everything<TenantNamespaceProps> = {
    name: ['red'],
    gpus: [2],
    gpuResourceName: ['nvidia.com/mig-1g.10gb'],
    podSecurity: ['baseline'],
    labels: [{ team: 'ml' }],
    defaultDeny: [false],
    quota: [{ pods: 3 }],
    containerDefaults: [{ cpu: Cpu.millis(50) }],
    podSecurityVersion: ['latest'],
    priorityClasses: [['gold']],
    team: [{ viewers: ['ml'] }],
    flux: [{ secrets: true }],
    queue: [{ clusterQueue: 'gpus' }],
    // one that cannot be waived, which is told
    waivers: [{ resources: 'unused' } as never],
  };
  const trace = (without?: string) =>
    traceOf((chart) => void new TenantNamespace(chart, 'blue', propsOf(NAMESPACE, without)));
  const all = trace();

  test.each(optionsOf(NAMESPACE))('%s', (option) => {
    expect(trace(option)).not.toBe(all);
  });
});
