/** The whole: one contract, and everything that serves it. */
import { Size } from 'cdk8s';
import {
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferenceService,
  ModelCache,
  ModelCredentials,
  NimRuntime,
  RouteAuthentication,
  TenantNamespace,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const nim = new TenantNamespace(app, 'nim', { gpus: 2 });
const edge = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
const clients = RouteAuthentication.apiKeys({ secretStore: 'platform', key: 'nim/clients' });
new InferenceService(nim, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-4', maxNodes: 2 }),
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  route: { gateway: edge, hostname: 'llama.example.com', authentication: clients },
});
app.synth();
