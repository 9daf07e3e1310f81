/** A release alone: weights between two Services of your own. Going on is a change of `step`. */
import { Chart, Duration } from 'cdk8s';
import {
  CanaryRollout,
  CanaryStrategy,
  GatewayReference,
  InferenceApp,
  RouteAuthentication,
} from 'cdk8s-gpu-inference';

const app = new InferenceApp();
const chart = new Chart(app, 'llama', { namespace: 'models' });
const gateway = new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' });
const authentication = RouteAuthentication.apiKeys({ secretNames: ['client-keys'], testers: ['quality'] });
new CanaryRollout(chart, 'llama', {
  stable: { serviceName: 'llama-v1', port: 8000, replicas: 4 },
  canary: { serviceName: 'llama-v2', port: 8000, replicas: 1 },
  strategy: CanaryStrategy.weightedTwins({ weights: [5, 25, 100] }),
  step: '25%',
  route: { gateway, hostname: 'llama.example.com', requestTimeout: Duration.minutes(5), authentication },
});
app.synth();
