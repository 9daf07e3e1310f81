import { App, Chart } from 'cdk8s';
import { ResourceRecommendation } from '../../lib';
import { refusalsOf } from '../support/messages';
import { statefulSet } from '../support/services';
import { yamlOf } from '../support/yaml-of';

test('recommends CPU and memory, and changes nothing', () => {
  const { chart, llama } = statefulSet();
  new ResourceRecommendation(chart, 'recommendation', { target: llama });
  expect(yamlOf(chart, 'VerticalPodAutoscaler', 'llama')).toMatchInlineSnapshot(`
   apiVersion: autoscaling.k8s.io/v1
   kind: VerticalPodAutoscaler
   metadata:
     name: llama
     labels:
       app.kubernetes.io/component: inference-server
       app.kubernetes.io/instance: llama
       app.kubernetes.io/name: nim
       track: stable
   spec:
     resourcePolicy:
       containerPolicies:
         - containerName: "*"
           controlledResources:
             - cpu
             - memory
     targetRef:
       apiVersion: apps/v1
       kind: StatefulSet
       name: llama
     updatePolicy:
       updateMode: "Off"
  `);
});

test('is where its target is', () => {
  const { llama } = statefulSet();
  const elsewhere = new Chart(new App(), 'platform', { namespace: 'platform' });
  new ResourceRecommendation(elsewhere, 'recommendation', { target: llama });
  expect(refusalsOf(elsewhere)).toMatchInlineSnapshot(`
   platform/recommendation: names
     llama is in the namespace default, and its recommendation in platform, where it finds no llama.
     Declare the recommendation in a chart of default.
  `);
});

test('has a name of its own where it is told one', () => {
  const { chart, llama } = statefulSet();
  new ResourceRecommendation(chart, 'recommendation', { target: llama, name: 'usage' });
  expect(yamlOf(chart, 'VerticalPodAutoscaler', 'usage', 'spec.targetRef.name')).toBe('name: llama\n');
});
