import { App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { addNewerPodFields } from '../../lib/workload/newer-pod-fields';
import { manifestOf, partsOf } from '../support/yaml-of';

const FIELDS = {
  pod: { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'llama' }] },
  volumes: { model: { image: { reference: 'example.com/weights:1' } } },
  containers: { server: { resizePolicy: [] } },
};

function deployment(...patches: JsonPatch[]) {
  const chart = new Chart(new App(), 'chart');
  const object = new k8s.KubeDeployment(chart, 'llama', {
    metadata: { name: 'llama' },
    spec: {
      selector: {},
      template: {
        spec: { containers: [{ name: 'server' }, { name: 'proxy' }], volumes: [{ name: 'model' }, { name: 'shm' }] },
      },
    },
  });
  object.addJsonPatch(...patches);
  addNewerPodFields(object, ['spec', 'template'], FIELDS);
  return manifestOf(chart, 'Deployment', 'llama');
}

test('fields that the L1 classes leave out are in the YAML', () => {
  expect(partsOf(deployment(), 'spec.template.spec')).toMatchInlineSnapshot(`
   spec:
     containers:
       - name: server
         resizePolicy: []
       - name: proxy
     volumes:
       - name: model
         image:
           reference: example.com/weights:1
       - name: shm
     resourceClaims:
       - name: gpu
         resourceClaimTemplateName: llama
  `);
});

test('a JSON patch of the same object still counts', () => {
  const patched = deployment(
    JsonPatch.remove('/spec/template/spec/volumes/0'),
    JsonPatch.add('/spec/template/spec/hostNetwork', true),
  );
  expect(partsOf(patched, 'spec.template.spec.volumes', 'spec.template.spec.hostNetwork')).toMatchInlineSnapshot(`
   volumes:
     - name: shm
   hostNetwork: true
  `);
});

test('where there is nothing newer, the object is as it was', () => {
  const chart = new Chart(new App(), 'chart');
  const object = new k8s.KubePod(chart, 'pod', { metadata: { name: 'pod' } });
  const { toJson } = object;
  addNewerPodFields(object, [], { volumes: {} });
  expect(object.toJson).toBe(toJson);
});
