/** The server alone: pods, Services and disruption budget; routes, policies and Secrets are yours. */
import { Chart, Size } from 'cdk8s';
import {
  GpuInferenceStatefulSet,
  GpuNodePool,
  InferenceApp,
  ModelCache,
  ModelCredentials,
  NimRuntime,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const chart = new Chart(app, 'nim', { namespace: 'nim' });
new GpuInferenceStatefulSet(chart, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' }),
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes: 2 }),
  replicas: 2,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretName: 'ngc-api', pullSecretName: 'ngc-registry' }),
});
app.synth();
