/** Machines of your own: H100 cut into MIG slices, each of which serves one replica. */
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
const machine = { gpu: 'H100-80GB', gpusPerNode: 8, cpu: Cpu.units(192), memory: Size.tebibytes(2) } as const;
const slices = GpuNodePool.onPrem({
  ...machine,
  name: 'dgx',
  maxNodes: 1,
  mig: { profile: '3g.40gb', strategy: 'mixed' },
});
new InferenceService(new TenantNamespace(app, 'nim', { gpus: 2, gpuResourceName: slices.resourceName }), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: slices,
  replicas: 2,
  cache: ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'local-nvme' }),
  credentials: ModelCredentials.ngc({ secretName: 'ngc-api', pullSecretName: 'ngc-registry' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
