import { App, Duration, Size } from 'cdk8s';
import {
  GatewayReference,
  GkeGpuNodePoolProps,
  GpuNodePool,
  InferenceApp,
  InferenceAppProps,
  InferenceService,
  InferenceServiceProps,
  ModelCache,
  ModelCredentials,
  Monitoring,
  NimRuntime,
  RouteAuthentication,
  TenantNamespace,
  TenantNamespaceProps,
} from '../../lib';
import { ABOUT_A_COMMIT, CheckId, findCheck } from '../../lib/checks/catalog';

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/**
 * The pieces of main.ts, when no release is under way. Props can be changed until what they make is asked for.
 */
export class Platform {
  readonly app: Writable<InferenceAppProps>;
  readonly pool: Writable<GkeGpuNodePoolProps> = {
    name: 'gpupool',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    zones: ['us-central1-a'],
  };
  readonly edge = new GatewayReference({
    name: 'edge',
    namespace: 'envoy-gateway-system',
    implementation: 'envoy-gateway',
  });
  readonly clients = RouteAuthentication.apiKeys({
    secretStore: 'platform',
    key: 'nim/clients',
    quotas: { perClient: { requests: 600, unit: 'Minute' } },
  });
  readonly monitoring = Monitoring.prometheusOperator({ labels: { release: 'kube-prometheus-stack' } });
  readonly tenant: Writable<TenantNamespaceProps> = { gpus: 2 };
  readonly service: Writable<Omit<InferenceServiceProps, 'nodePool'> & Partial<InferenceServiceProps>> = {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
    maxModelLen: 8192,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
    route: { gateway: this.edge, hostname: 'llama.example.com', authentication: this.clients },
    waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
    slo: { availability: 0.999, timeToFirstToken: { p95: Duration.seconds(2.5) } },
    monitoring: this.monitoring,
  };
  /** Waivers of the service beside those that the props state. */
  readonly accepted: Partial<Record<CheckId, string>> = {};
  private made?: { readonly app: App; readonly nim: TenantNamespace };
  private madeLlama?: InferenceService;

  /** @param newApp cdk8s' own App serves as well */
  constructor(
    outdir: string,
    private readonly newApp: (props: InferenceAppProps) => App = (props) => new InferenceApp(props),
  ) {
    this.app = { outdir };
  }

  /** The namespace, for what stands beside the service. */
  get nim(): TenantNamespace {
    return this.whole.nim;
  }

  /** The service. */
  get llama(): InferenceService {
    const nodePool = this.service.nodePool ?? GpuNodePool.gke(this.pool);
    this.madeLlama ??= new InferenceService(this.nim, 'llama3-8b', {
      ...this.service,
      nodePool,
      waivers: { ...this.service.waivers, ...this.accepted },
    });
    return this.madeLlama;
  }

  /** The app with everything in it. */
  finish(): App {
    void this.llama;
    return this.whole.app;
  }

  private get whole(): { readonly app: App; readonly nim: TenantNamespace } {
    if (this.made === undefined) {
      const ofTheCommit = Object.entries(this.accepted).filter(
        ([id]) => ABOUT_A_COMMIT.has(id as CheckId) && findCheck(id)?.waivable,
      );
      const app = this.newApp({ ...this.app, waivers: Object.fromEntries(ofTheCommit) });
      this.made = { app, nim: new TenantNamespace(app, 'nim', this.tenant) };
    }
    return this.made;
  }
}
