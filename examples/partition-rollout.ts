/** A release without a spare GPU: pods of one StatefulSet are replaced one by one, the highest ordinal first. */
import { Size } from 'cdk8s';
import {
  CanaryStrategy,
  GpuNodePool,
  InferenceApp,
  InferenceService,
  ModelCache,
  ModelCredentials,
  NetworkPeer,
  NimRuntime,
  TenantNamespace,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const candidate = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' });
new InferenceService(new TenantNamespace(app, 'nim', { gpus: 3 }), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  canary: { runtime: candidate, strategy: CanaryStrategy.partition(), step: '1/3' },
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes: 3 }),
  replicas: 3,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
