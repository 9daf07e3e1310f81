/** A team of its own: what its services need and no more, who may do what, and the account that Flux applies as. */
import { Chart } from 'cdk8s';
import {
  GpuNodePool,
  InferenceApp,
  InferencePriorityClasses,
  InferenceService,
  ModelArtifact,
  NetworkPeer,
  TenantNamespace,
  VllmRuntime,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const { names } = new InferencePriorityClasses(new Chart(app, 'cluster'), 'priorities');
const chat = new TenantNamespace(app, 'chat', {
  priorityClasses: [names.serving, names.canary],
  team: { viewers: ['ml'], debuggers: ['ml-oncall'], deployers: ['ml-ci'] },
  flux: {},
});
new InferenceService(chat, 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' }),
  nodePool: GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes: 3 }),
  artifact: ModelArtifact.claim('llama3-8b'),
  network: { clients: [NetworkPeer.namespace('support')] },
});
app.synth();
