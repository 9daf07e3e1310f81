import { App, Chart } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { InferencePriorityClasses } from '../../lib/tenancy/inference-priority-classes';
import { PRIORITIES } from '../../lib/tenancy/priorities';
import { GpuInferenceStatefulSet } from '../../lib/workload/gpu-inference-stateful-set';
import { refusalsOf, warningsOf } from '../support/messages';
import { CONTRACT } from '../support/services';
import { POD, yamlOf } from '../support/yaml-of';

function platform(prefix?: string) {
  const app = new App();
  const cluster = new Chart(app, 'cluster');
  new InferencePriorityClasses(cluster, 'priorities', { prefix });
  return { app, cluster, nim: new Chart(app, 'nim', { namespace: 'nim' }) };
}

test('a class for each purpose, none of which is the default', () => {
  const { cluster } = platform();
  expect(yamlOf(cluster, 'PriorityClass', 'inference-serving')).toMatchInlineSnapshot(`
   apiVersion: scheduling.k8s.io/v1
   kind: PriorityClass
   metadata:
     name: inference-serving
   value: 1000000
   description: Inference that people wait for. Takes the place of canaries, batch and placeholders.
   globalDefault: false
   preemptionPolicy: PreemptLowerPriority
  `);
  expect(yamlOf(cluster, 'PriorityClass', 'inference-placeholder', 'value', 'preemptionPolicy')).toMatchInlineSnapshot(`
   value: -10
   preemptionPolicy: Never
  `);
});

test('who goes before whom, and who may end whom', () => {
  const { serving, canary, batch, placeholder } = PRIORITIES;
  expect(serving.value).toBeGreaterThan(canary.value);
  expect(canary.value).toBeGreaterThan(batch.value);
  expect(batch.value).toBeGreaterThan(0);
  expect(0).toBeGreaterThan(placeholder.value);
  // The cluster autoscaler keeps no node for less than this.
  expect(placeholder.value).toBeGreaterThanOrEqual(-10);
  // Kubernetes keeps what is above for itself.
  expect(serving.value).toBeLessThanOrEqual(1_000_000_000);
  expect(
    Object.entries(PRIORITIES).flatMap(([name, { preemptionPolicy }]) => (preemptionPolicy === 'Never' ? [] : [name])),
  ).toEqual(['serving', 'canary']);
});

test.each`
  track       | stated       | expected
  ${'stable'} | ${undefined} | ${'gpu-serving'}
  ${'canary'} | ${undefined} | ${'gpu-canary'}
  ${'stable'} | ${'gold'}    | ${'gold'}
`('$track with $stated has $expected', ({ track, stated, expected }) => {
  const { nim } = platform('gpu');
  new GpuInferenceStatefulSet(nim, 'llama', { ...CONTRACT, track, priorityClassName: stated });
  const name = track === 'stable' ? 'llama' : 'llama-canary';
  expect(yamlOf(nim, 'StatefulSet', name, `${POD}.priorityClassName`)).toBe(`priorityClassName: ${expected}\n`);
});

test('without them a service has the default of the cluster', () => {
  const nim = new Chart(new App(), 'nim');
  new GpuInferenceStatefulSet(nim, 'llama', CONTRACT);
  expect(yamlOf(nim, 'StatefulSet', 'llama', `${POD}.priorityClassName`)).toBe('# no priorityClassName\n');
});

test('classes that come too late, twice, or under a name of Kubernetes are told', () => {
  const app = new App();
  const nim = new Chart(app, 'nim');
  new GpuInferenceStatefulSet(nim, 'llama', CONTRACT);
  new InferencePriorityClasses(nim, 'late', { prefix: 'system' });
  new InferencePriorityClasses(nim, 'twice');
  expect(refusalsOf(app, 'names', 'priority-class')).toMatchInlineSnapshot(`
   nim/late: names
     The priority class system-serving begins with "system-", which Kubernetes keeps for itself.
     Choose another prefix.
   nim/late: priority-class
     Services were declared before the priority classes, so llama has none.
     Declare InferencePriorityClasses first.
   nim/twice: priority-class
     Services were declared before the priority classes, so llama has none.
     Declare InferencePriorityClasses first.
   nim/twice: priority-class
     The app declares priority classes twice.
     Declare InferencePriorityClasses once; every service of the app takes them.
  `);
});

describe('preemption', () => {
  const OTHER = GpuNodePool.gke({ name: 'other', machineType: 'g2-standard-4', maxNodes: 4, zones: ['us-central1-a'] });

  /** Warnings for a service of class `victim`, beside one of the class for serving. */
  function risks(victim: string, changes = {}) {
    const { app, nim } = platform();
    new GpuInferenceStatefulSet(nim, 'chat', CONTRACT);
    new GpuInferenceStatefulSet(nim, 'nightly', { ...CONTRACT, priorityClassName: victim, ...changes });
    refusalsOf(app);
    refusalsOf(app);
    return warningsOf(app)
      .split(/\n(?=\S)/)
      .filter((text) => text.includes(': preemption'))
      .join('\n');
  }

  test('the only pod of a lower class may be ended', () => {
    expect(risks('inference-batch')).toMatchInlineSnapshot(`
     nim/nightly: preemption
       nim/nightly has one replica and no disruption budget, and the priority class inference-batch (1000); nim/chat has the priority class inference-serving (1000000) in the pool gpupool, so the scheduler ends the only pod when that one needs its GPU. A new one takes 18 minutes.
       Give it the class inference-serving, a second replica, or a pool of its own.
    `);
  });

  test.each`
    why                                    | victim               | changes
    ${'both have the same class'}          | ${undefined}         | ${{}}
    ${'a disruption budget holds it back'} | ${'inference-batch'} | ${{ replicas: 2 }}
    ${'they share no pool'}                | ${'inference-batch'} | ${{ nodePool: OTHER }}
    ${'nobody declared the value'}         | ${'gold'}            | ${{}}
    ${'a canary yields by design'}         | ${undefined}         | ${{ name: 'chat', track: 'canary' }}
    ${'nothing runs'}                      | ${'inference-batch'} | ${{ replicas: 0 }}
  `('is no risk when $why', ({ victim, changes }) => {
    expect(risks(victim, changes)).toBe('');
  });

  test('batch ends nobody', () => {
    const { app, nim } = platform();
    new GpuInferenceStatefulSet(nim, 'nightly', { ...CONTRACT, priorityClassName: 'inference-batch' });
    new GpuInferenceStatefulSet(nim, 'spare', { ...CONTRACT, priorityClassName: 'inference-placeholder' });
    refusalsOf(app);
    expect(warningsOf(app)).not.toContain('preemption');
  });
});
