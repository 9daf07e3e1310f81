/** AKS: one A100 a node; its taint is tolerated and its agent pool required. */
import { Size } from 'cdk8s';
import {
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
new InferenceService(new TenantNamespace(app, 'nim', { gpus: 1 }), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: GpuNodePool.aks({ name: 'a100', machineType: 'Standard_NC24ads_A100_v4', maxNodes: 2 }),
  cache: ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'managed-csi-premium' }),
  credentials: ModelCredentials.ngc({ secretStore: 'key-vault', key: 'ngc-api-key' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
