import { App, Chart } from 'cdk8s';
import { InferenceQueue } from '../../lib/tenancy/inference-queue';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf } from '../support/messages';
import { L4, POOLS } from '../support/pools';
import { CONTRACT } from '../support/services';
import { inventoryOf, manifestOf, yamlOf } from '../support/yaml-of';

function queue() {
  const app = new App();
  const cluster = new Chart(app, 'cluster');
  return { app, cluster, gpus: new InferenceQueue(cluster, 'gpus', { nodePools: [L4] }) };
}

test('a flavor for each pool, and a queue with the GPUs that the pool can have', () => {
  const { app, cluster, gpus } = queue();
  new TenantNamespace(app, 'red', { queue: { clusterQueue: gpus } });
  new TenantNamespace(app, 'blue', { queue: { clusterQueue: gpus } });
  expect(inventoryOf(cluster)).toMatchInlineSnapshot(`
   ResourceFlavor gpupool
   ClusterQueue gpus
  `);
  expect(yamlOf(cluster, 'ResourceFlavor', L4.name)).toMatchInlineSnapshot(`
   apiVersion: kueue.x-k8s.io/v1beta2
   kind: ResourceFlavor
   metadata:
     name: gpupool
   spec:
     nodeLabels:
       cloud.google.com/gke-accelerator: nvidia-l4
       cloud.google.com/gke-nodepool: gpupool
  `);
  expect(yamlOf(cluster, 'ClusterQueue', 'gpus')).toMatchInlineSnapshot(`
   apiVersion: kueue.x-k8s.io/v1beta2
   kind: ClusterQueue
   metadata:
     name: gpus
   spec:
     namespaceSelector:
       matchExpressions:
         - key: kubernetes.io/metadata.name
           operator: In
           values:
             - blue
             - red
     resourceGroups:
       - coveredResources:
           - nvidia.com/gpu
           - cpu
           - memory
           - ephemeral-storage
         flavors:
           - name: gpupool
             resources:
               - name: nvidia.com/gpu
                 nominalQuota: "2"
               - name: cpu
                 nominalQuota: "1M"
               - name: memory
                 nominalQuota: "1P"
               - name: ephemeral-storage
                 nominalQuota: "1P"
  `);
});

test('the services of a namespace name its queue on the object that makes their pods', () => {
  const { app, gpus } = queue();
  const nim = new TenantNamespace(app, 'nim', { queue: { clusterQueue: gpus, name: 'online' } });
  new GpuInferenceStatefulSet(nim, 'llama', CONTRACT);
  expect(yamlOf(nim, 'LocalQueue', 'online')).toMatchInlineSnapshot(`
   apiVersion: kueue.x-k8s.io/v1beta2
   kind: LocalQueue
   metadata:
     name: online
     namespace: nim
   spec:
     clusterQueue: gpus
  `);
  const { metadata, spec } = manifestOf(nim, 'StatefulSet', 'llama');
  expect(metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'online' });
  expect(JSON.stringify(spec)).not.toContain('kueue');
});

test('pools of different devices: each flavor has none of the others', () => {
  const app = new App();
  const cluster = new Chart(app, 'cluster');
  const [whole, sliced] = [L4, Object.values(POOLS).find(({ resourceName }) => resourceName !== L4.resourceName)!];
  const gpus = new InferenceQueue(cluster, 'gpus', { nodePools: [whole, sliced] });
  new TenantNamespace(app, 'nim', { queue: { clusterQueue: gpus } });
  const [group] = manifestOf(cluster, 'ClusterQueue', 'gpus').spec.resourceGroups;
  const quotas = group.flavors.map(({ resources }: { resources: { nominalQuota: string }[] }) =>
    resources.slice(0, 2).map(({ nominalQuota }) => nominalQuota),
  );
  expect(quotas).toEqual([
    [`${whole.maxNodes * whole.gpusPerNode}`, '0'],
    ['0', `${sliced.maxNodes * sliced.gpusPerNode}`],
  ]);
});

test('a queue for nobody, and one of nothing, are told', () => {
  const app = new App();
  new InferenceQueue(new Chart(app, 'cluster'), 'gpus', { nodePools: [] });
  expect(refusalsOf(app)).toMatchInlineSnapshot(`
   cluster/gpus: tenant-queue
     The queue has no pools.
     Give it the pools to hand out.
   cluster/gpus: tenant-queue
     No namespace of this app uses the queue gpus, so it admits nobody.
     Give it to a TenantNamespace: queue: { clusterQueue: … }.
  `);
});
