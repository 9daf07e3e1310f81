/** As many pods as the queue asks for, three in office hours, and a node that is ready for the next one. */
import { Chart, Size } from 'cdk8s';
import {
  GpuNodePool,
  InferenceApp,
  InferencePriorityClasses,
  InferenceService,
  ModelCache,
  ModelCredentials,
  Monitoring,
  NetworkPeer,
  NimRuntime,
  ScalingMetric,
  ScalingSchedule,
  TenantNamespace,
  WarmPool,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const l4 = GpuNodePool.gke({ name: 'gpupool', machineType: 'g2-standard-8', maxNodes: 4 });
new InferencePriorityClasses(new Chart(app, 'cluster'), 'priorities');
new WarmPool(new Chart(app, 'platform', { namespace: 'platform' }), 'warm', { nodePool: l4 });
new InferenceService(new TenantNamespace(app, 'nim', { gpus: 4 }), 'llama3-8b', {
  model: 'meta-llama/Meta-Llama-3-8B-Instruct',
  runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.8.0' }),
  nodePool: l4,
  monitoring: Monitoring.prometheusOperator({ labels: { release: 'kube-prometheus-stack' } }),
  scaling: {
    metrics: [ScalingMetric.queueDepth(3), ScalingMetric.kvCacheUtilization()],
    schedules: [ScalingSchedule.weekly({ timezone: 'Europe/Berlin', from: '08:00', to: '18:00', replicas: 3 })],
  },
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
  network: { clients: [NetworkPeer.namespace('chat')] },
});
app.synth();
