/** EKS with Karpenter: nodes with one L4 are started for the pods, on-demand ones before spot. */
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
const onDemand = GpuNodePool.karpenter({ name: 'gpu', gpu: 'L4', maxNodes: 2 });
const spot = GpuNodePool.karpenter({ name: 'gpu-spot', gpu: 'L4', maxNodes: 4, spot: true });
new InferenceService(new TenantNamespace(app, 'nim', { gpus: 3 }), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: [onDemand, spot],
  replicas: 3,
  // a spot machine is gone 120 s after its notice, and an answer must be done by then
  maxOutputTokens: 768,
  podAnnotations: { 'karpenter.sh/do-not-disrupt': 'true' },
  cache: ModelCache.perReplica(Size.gibibytes(50), { storageClass: 'gp3' }),
  credentials: ModelCredentials.ngc({ secretStore: 'aws-secrets-manager', key: 'nim/ngc-api-key' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
