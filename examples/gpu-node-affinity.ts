/** Placement alone: a Deployment that you wrote yourself finds its way to GPU nodes, and to no others. */
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { GpuNodeAffinity, GpuNodePool, InferenceApp } from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const chart = new Chart(app, 'embedder', { namespace: 'search' });
const labels = { app: 'embedder' };
const quantity = k8s.Quantity.fromString;
const limits = { cpu: quantity('4'), memory: quantity('16Gi'), 'nvidia.com/gpu': quantity('1') };
const deployment = new k8s.KubeDeployment(chart, 'deployment', {
  metadata: { name: 'embedder' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'server', image: 'registry.example.com/embedder:2.1.0', resources: { limits } }] },
    },
  },
});

const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-8', maxNodes: 3 });
const spot = GpuNodePool.gke({ name: 'l4-spot', machineType: 'g2-standard-8', maxNodes: 6, spot: true });
new GpuNodeAffinity(chart, 'placement', { nodePools: [spot, l4], spread: { podLabels: labels } }).applyTo(deployment);
app.synth();
