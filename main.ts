/**
 * The reference platform: NVIDIA NIM on GKE, Llama 3 8B on L4, one version serving and the next one prepared.
 * `npm run synth` writes dist/; each step of a release is an edit of this file.
 */
import { Size } from 'cdk8s';
import {
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferenceService,
  ModelCache,
  ModelCredentials,
  NetworkPeer,
  NimRuntime,
  TenantNamespace,
} from './lib';

const app = new InferenceApp();

const l4 = GpuNodePool.gke({
  name: 'gpupool',
  machineType: 'g2-standard-4',
  maxNodes: 2,
  zones: ['us-central1-a'],
});
const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });

const nim = new TenantNamespace(app, 'nim', { gpus: 2 });

new InferenceService(nim, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  canary: { runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }), step: 'prepared' },
  nodePool: l4,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  route: { gateway: edge, hostname: 'llama.example.com' },
  waivers: { 'image-pinning': 'versions are easier to read in a reference; pin digests in yours' },
  network: { monitoring: [NetworkPeer.namespace('monitoring')] },
});

app.synth();
