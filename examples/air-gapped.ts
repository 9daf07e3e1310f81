/** No way out: the weights are on a volume, the image is in a registry of your own, and the pods reach nothing. */
import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-30';
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
const machine = { gpu: 'A100-40GB', gpusPerNode: 2, cpu: Cpu.units(64), memory: Size.gibibytes(512) } as const;
new InferenceService(new TenantNamespace(app, 'nim'), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'registry.internal:5000/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: GpuNodePool.onPrem({ ...machine, name: 'a100', maxNodes: 4 }),
  cache: ModelCache.claim('llama3-8b-weights', { readOnly: true }),
  credentials: ModelCredentials.airGapped(),
  imagePullSecrets: ['registry-internal'],
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
