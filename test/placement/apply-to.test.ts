import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { Deployment, k8s, Node, NodeLabelQuery, NodeTaintQuery } from 'cdk8s-plus-30';
import { Construct } from 'constructs';
import { GpuNodeAffinity, GpuNodeAffinityProps } from '../../lib/placement/gpu-node-affinity';
import { refusalsOf } from '../support/messages';
import { L4, POOLS } from '../support/pools';
import { statefulSet } from '../support/services';
import { Manifest, partsOf } from '../support/yaml-of';

const metadata = { name: 'theirs' };
const GPU = { 'nvidia.com/gpu': k8s.Quantity.fromNumber(1) };
/** A pod as teams write it, GPU included. */
const podSpec: k8s.PodSpec = {
  containers: [{ name: 'server', image: 'example.com/server:1', resources: { requests: GPU, limits: GPU } }],
};
const selector = { matchLabels: { app: 'theirs' } };
const template = { metadata: { labels: { app: 'theirs' } }, spec: podSpec };

/** The manifest of an object after the placement was applied to it. */
function placed(
  make: (chart: Chart) => Construct,
  props: GpuNodeAffinityProps = { nodePools: L4 },
  times = 1,
): Manifest {
  const chart = new Chart(new App(), 'nim');
  const target = make(chart);
  const placement = new GpuNodeAffinity(chart, 'placement', props);
  for (let time = 0; time < times; time++) placement.applyTo(target);
  return Testing.synth(chart)[0];
}

const PLACED = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'cloud.google.com/gke-nodepool', operator: 'In', values: ['gpupool'] },
              { key: 'cloud.google.com/gke-accelerator', operator: 'In', values: ['nvidia-l4'] },
            ],
          },
        ],
      },
    },
  },
  tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
};

describe('finds the pods of', () => {
  const plain = (kind: string, apiVersion: string, spec: object) => (chart: Chart) =>
    new ApiObject(chart, 'theirs', { apiVersion, kind, metadata, spec });
  const JSON_POD = {
    containers: [
      {
        name: 'server',
        image: 'example.com/server:1',
        resources: { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } },
      },
    ],
  };
  const JSON_TEMPLATE = { template: { spec: JSON_POD } };

  test.each<[string, (chart: Chart) => Construct, (object: Manifest) => Manifest]>([
    [
      'a Deployment of L1',
      (chart) => new k8s.KubeDeployment(chart, 'theirs', { metadata, spec: { selector, template } }),
      ({ spec }) => spec.template.spec,
    ],
    [
      'a StatefulSet of L1',
      (chart) => new k8s.KubeStatefulSet(chart, 'theirs', { metadata, spec: { serviceName: 'x', selector, template } }),
      ({ spec }) => spec.template.spec,
    ],
    [
      'a Job of L1',
      (chart) => new k8s.KubeJob(chart, 'theirs', { metadata, spec: { template } }),
      ({ spec }) => spec.template.spec,
    ],
    [
      'a CronJob of L1',
      (chart) =>
        new k8s.KubeCronJob(chart, 'theirs', {
          metadata,
          spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
        }),
      ({ spec }) => spec.jobTemplate.spec.template.spec,
    ],
    ['a Pod of L1', (chart) => new k8s.KubePod(chart, 'theirs', { metadata, spec: podSpec }), ({ spec }) => spec],
    [
      'a Rollout as a plain object',
      plain('Rollout', 'argoproj.io/v1alpha1', JSON_TEMPLATE),
      ({ spec }) => spec.template.spec,
    ],
    [
      'a LeaderWorkerSet as a plain object',
      plain('LeaderWorkerSet', 'leaderworkerset.x-k8s.io/v1', {
        leaderWorkerTemplate: { workerTemplate: { spec: JSON_POD } },
      }),
      ({ spec }) => spec.leaderWorkerTemplate.workerTemplate.spec,
    ],
    [
      'the leader of a LeaderWorkerSet, when it has a template of its own',
      plain('LeaderWorkerSet', 'leaderworkerset.x-k8s.io/v1', {
        leaderWorkerTemplate: { leaderTemplate: { spec: JSON_POD }, workerTemplate: { spec: JSON_POD } },
      }),
      ({ spec }) => spec.leaderWorkerTemplate.leaderTemplate.spec,
    ],
  ])('%s, and keeps its request for a GPU', (_, make, podOf) => {
    const pod = podOf(placed(make));
    expect(pod).toMatchObject(PLACED);
    const { requests, limits } = pod.containers[0].resources;
    expect(String(requests['nvidia.com/gpu'])).toBe('1');
    expect(String(limits['nvidia.com/gpu'])).toBe('1');
    expect(JSON.stringify(pod)).not.toContain('null');
  });

  test('a Deployment of cdk8s-plus, whose own words stay', () => {
    const { spec } = placed((chart) => {
      const deployment = new Deployment(chart, 'theirs', { metadata, containers: [{ image: 'example.com/server:1' }] });
      deployment.scheduling.attract(Node.labeled(NodeLabelQuery.is('disk', 'ssd')));
      deployment.scheduling.tolerate(Node.tainted(NodeTaintQuery.exists('team')));
      return deployment;
    });
    expect(partsOf(spec.template.spec, 'affinity', 'tolerations')).toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: disk
                   operator: In
                   values:
                     - ssd
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
     tolerations:
       - key: team
         operator: Exists
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
    `);
  });

  test('a construct whose main object is one: our own StatefulSet', () => {
    const { chart, llama } = statefulSet();
    const placement = new GpuNodeAffinity(chart, 'second', { nodePools: L4, preferredZones: ['us-central1-a'] });
    placement.applyTo(llama);
    expect(refusalsOf(chart)).toBe('');
    expect(JSON.stringify(llama.workload.toJson())).toContain('us-central1-a');
  });
});

describe('what the workload says already', () => {
  const withPod = (more: Partial<k8s.PodSpec>) => (chart: Chart) =>
    new k8s.KubePod(chart, 'theirs', { metadata, spec: { ...podSpec, ...more } });
  const term = (key: string, value: string) => ({ matchExpressions: [{ key, operator: 'In', values: [value] }] });

  test('holds besides: each of their alternatives with each of ours', () => {
    const theirs = withPod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              term('disk', 'ssd'),
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: term('rack', 'r1') }],
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } },
          ],
        },
      },
      tolerations: [
        { key: 'team', operator: 'Exists' },
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      ],
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
    });
    const nodePools = [POOLS['GKE, one L4'], POOLS.AKS];
    expect(partsOf(placed(theirs, { nodePools }), 'spec.affinity', 'spec.tolerations', 'spec.nodeSelector'))
      .toMatchInlineSnapshot(`
     affinity:
       nodeAffinity:
         preferredDuringSchedulingIgnoredDuringExecution:
           - preference:
               matchExpressions:
                 - key: rack
                   operator: In
                   values:
                     - r1
             weight: 5
           - preference:
               matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
             weight: 100
         requiredDuringSchedulingIgnoredDuringExecution:
           nodeSelectorTerms:
             - matchExpressions:
                 - key: disk
                   operator: In
                   values:
                     - ssd
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
             - matchExpressions:
                 - key: disk
                   operator: In
                   values:
                     - ssd
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
             - matchExpressions:
                 - key: cloud.google.com/gke-nodepool
                   operator: In
                   values:
                     - gpupool
                 - key: cloud.google.com/gke-accelerator
                   operator: In
                   values:
                     - nvidia-l4
               matchFields:
                 - key: metadata.name
                   operator: In
                   values:
                     - n1
             - matchExpressions:
                 - key: kubernetes.azure.com/agentpool
                   operator: In
                   values:
                     - a100
                 - key: node.kubernetes.io/instance-type
                   operator: In
                   values:
                     - Standard_NC24ads_A100_v4
               matchFields:
                 - key: metadata.name
                   operator: In
                   values:
                     - n1
       podAntiAffinity:
         requiredDuringSchedulingIgnoredDuringExecution:
           - labelSelector:
               matchLabels:
                 app: noisy
             topologyKey: kubernetes.io/hostname
     tolerations:
       - key: team
         operator: Exists
       - key: nvidia.com/gpu
         operator: Exists
         effect: NoSchedule
       - key: sku
         operator: Equal
         value: gpu
         effect: NoSchedule
     nodeSelector:
       kubernetes.io/arch: amd64
    `);
  });

  test('stays for spread constraints too', () => {
    const theirs = withPod({
      topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway' }],
    });
    const { spec } = placed(theirs, { nodePools: L4, spread: { podLabels: { app: 'theirs' }, zones: 'off' } });
    expect(partsOf(spec, 'topologySpreadConstraints')).toMatchInlineSnapshot(`
     topologySpreadConstraints:
       - maxSkew: 2
         topologyKey: rack
         whenUnsatisfiable: ScheduleAnyway
       - labelSelector:
           matchLabels:
             app: theirs
         maxSkew: 1
         topologyKey: kubernetes.io/hostname
         whenUnsatisfiable: ScheduleAnyway
    `);
  });

  test('an empty list of terms is no alternative', () => {
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } };
    expect(placed(withPod({ affinity })).spec.affinity).toEqual(PLACED.affinity);
  });

  test('is said once, however often the same placement is applied', () => {
    const nodePools = [POOLS['GKE, one L4'], POOLS.AKS];
    const make = withPod({});
    expect(placed(make, { nodePools, preferredZones: ['a'] }, 2).spec).toEqual(
      placed(make, { nodePools, preferredZones: ['a'] }).spec,
    );
  });
});

describe('cannot be applied to', () => {
  const refused = (make: (chart: Chart) => Construct) => {
    const chart = new Chart(new App(), 'nim');
    new GpuNodeAffinity(chart, 'placement', { nodePools: L4 }).applyTo(make(chart));
    return refusalsOf(chart);
  };

  test('a Service', () => {
    expect(refused((chart) => new k8s.KubeService(chart, 'theirs', { metadata, spec: {} }))).toMatchInlineSnapshot(`
     nim/placement: placement-target
       nim/theirs is a Service, which has no pods.
       Apply the placement to a Deployment, StatefulSet, DaemonSet, Job, CronJob, LeaderWorkerSet or Pod.
    `);
  });

  test('a construct without an object', () => {
    expect(refused((chart) => new Construct(chart, 'theirs'))).toMatchInlineSnapshot(`
     nim/placement: placement-target
       nim/theirs is no Kubernetes object and has none as its default child.
       Apply the placement to a Deployment, StatefulSet, DaemonSet, Job, CronJob, LeaderWorkerSet or Pod.
    `);
  });
});
