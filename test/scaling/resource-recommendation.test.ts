import { ResourceRecommendation } from '../../lib';
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

test('has a name of its own where it is told one', () => {
  const { chart, llama } = statefulSet();
  new ResourceRecommendation(chart, 'recommendation', { target: llama, name: 'usage' });
  expect(yamlOf(chart, 'VerticalPodAutoscaler', 'usage', 'spec.targetRef.name')).toBe('name: llama\n');
});
