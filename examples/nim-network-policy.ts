/** A network policy alone: for NIM pods that something else made, such as NVIDIA's Helm chart. */
import { Chart } from 'cdk8s';
import { InferenceApp, NetworkPeer, NimNetworkPolicy } from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const chart = new Chart(app, 'nim-llm', { namespace: 'nim' });
new NimNetworkPolicy(chart, 'nim-llm', {
  podLabels: { 'app.kubernetes.io/name': 'nim-llm' },
  gateways: [NetworkPeer.namespace('envoy-gateway-system')],
  monitoring: [NetworkPeer.podsInNamespace('monitoring', { 'app.kubernetes.io/name': 'prometheus' })],
});
app.synth();
