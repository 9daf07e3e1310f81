import { ApiObject, App, Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-30';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { RouteAuthentication } from '../../lib/network/route-authentication';
import { CanaryRollout, CanaryRolloutProps } from '../../lib/release/canary-rollout';
import { CanaryStrategy } from '../../lib/release/canary-strategy';
import { ReleaseStepName, ReleaseTrack } from '../../lib/release/release-step';
import { refusalsOf, warningsOf } from '../support/messages';
import { manifestsOf, partsOf, yamlOf } from '../support/yaml-of';

const route = {
  gateway: new GatewayReference({ name: 'edge', namespace: 'gateways' }),
  hostname: 'llama.example.com',
  requestTimeout: Duration.minutes(4),
};
/** The same where the gateway knows who asks. */
const guarded = {
  ...route,
  gateway: new GatewayReference({ name: 'edge', namespace: 'gateways', implementation: 'envoy-gateway' }),
  authentication: RouteAuthentication.apiKeys({ secretNames: ['client-keys'], testers: ['quality'] }),
};
const stable: ReleaseTrack = { serviceName: 'llama', port: 8000, replicas: 2 };
const canary: ReleaseTrack = { serviceName: 'llama-canary', port: 8000, replicas: 1 };

function rollout(changes: Partial<CanaryRolloutProps> = {}): { chart: Chart; release: CanaryRollout } {
  const chart = new Chart(new App(), 'nim');
  return { chart, release: new CanaryRollout(chart, 'release', { stable, canary, route, step: 'smoke', ...changes }) };
}
const refused = (changes: Partial<CanaryRolloutProps>) => refusalsOf(rollout(changes).chart);

/** A StatefulSet, or what somebody takes for one. */
function inPlace(step: ReleaseStepName, kind = 'StatefulSet', replicas = 3): { chart: Chart; release: CanaryRollout } {
  const chart = new Chart(new App(), 'nim');
  const workload = new ApiObject(chart, 'llama', {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'llama' },
    spec: { replicas, updateStrategy: { type: 'RollingUpdate' } },
  });
  const strategy = CanaryStrategy.partition();
  const release = new CanaryRollout(chart, 'release', { stable: { ...stable, replicas }, strategy, step, workload });
  return { chart, release };
}

describe('weighted twins on workloads of one’s own', () => {
  test('smoke: all requests to stable, those with the header to the canary', () => {
    expect(yamlOf(rollout().chart, 'HTTPRoute', 'release', 'spec')).toMatchInlineSnapshot(`
     spec:
       parentRefs:
         - name: edge
           namespace: gateways
       hostnames:
         - llama.example.com
       rules:
         - matches:
             - path:
                 type: PathPrefix
                 value: /v1
               headers:
                 - name: x-model-track
                   value: canary
           backendRefs:
             - name: llama-canary
               port: 8000
           timeouts:
             request: 4m
             backendRequest: 4m
         - matches:
             - path:
                 type: PathPrefix
                 value: /v1
           backendRefs:
             - name: llama
               port: 8000
               weight: 100
             - name: llama-canary
               port: 8000
               weight: 0
           timeouts:
             request: 4m
             backendRequest: 4m
    `);
  });

  test.each`
    step          | stableWeight | canaryWeight | rules
    ${'prepared'} | ${100}       | ${0}         | ${1}
    ${'smoke'}    | ${100}       | ${0}         | ${2}
    ${'5%'}       | ${95}        | ${5}         | ${2}
    ${'20%'}      | ${80}        | ${20}        | ${2}
    ${'50%'}      | ${50}        | ${50}        | ${2}
    ${'100%'}     | ${0}         | ${100}       | ${2}
    ${'promote'}  | ${0}         | ${100}       | ${2}
  `('$step: $stableWeight to stable, $canaryWeight to the canary', ({ step, stableWeight, canaryWeight, rules }) => {
    const { spec } = manifestsOf(rollout({ step, canary: { ...canary, replicas: 2 } }).chart)[0]!;
    expect(spec.rules).toHaveLength(rules);
    expect(spec.rules.at(-1).backendRefs).toEqual([
      { name: 'llama', port: 8000, weight: stableWeight },
      { name: 'llama-canary', port: 8000, weight: canaryWeight },
    ]);
  });

  test('the main object is the HTTPRoute; without a route there is none', () => {
    expect(ApiObject.of(rollout().release).kind).toBe('HTTPRoute');
    expect(() => ApiObject.of(inPlace('prepared').release)).toThrow('cannot find');
  });

  test('the step that is applied is at hand', () => {
    expect(rollout({ step: '20%' }).release.current).toMatchObject({ canaryWeight: 20, canaryReplicas: 1 });
    expect(rollout({ step: '30%' }).release.current).toBeUndefined();
  });
});

describe('partition', () => {
  test.each`
    step          | partition
    ${'prepared'} | ${3}
    ${'1/3'}      | ${2}
    ${'2/3'}      | ${1}
    ${'promote'}  | ${0}
  `('$step of 3: pods from $partition on run the candidate', ({ step, partition }) => {
    expect(manifestsOf(inPlace(step).chart)[0]!.spec.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { partition },
    });
  });

  test.each([{}, { type: 'RollingUpdate', rollingUpdateConfiguration: { maxUnavailable: 2, maxSurge: 0 } }])(
    'of a LeaderWorkerSet is a number of groups, beside what it says already: %j',
    (rolloutStrategy) => {
      const chart = new Chart(new App(), 'nim');
      const workload = new ApiObject(chart, 'llama', {
        apiVersion: 'leaderworkerset.x-k8s.io/v1',
        kind: 'LeaderWorkerSet',
        metadata: { name: 'llama' },
        spec: { rolloutStrategy },
      });
      new CanaryRollout(chart, 'release', { stable, strategy: CanaryStrategy.partition(), step: '1/2', workload });
      expect(manifestsOf(chart)[0]!.spec.rolloutStrategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdateConfiguration: { ...rolloutStrategy.rollingUpdateConfiguration, partition: 1 },
      });
    },
  );

  test('needs no route; one that is given sends everything to the Service', () => {
    const chart = new Chart(new App(), 'nim');
    const workload = new k8s.KubeStatefulSet(chart, 'llama', {
      metadata: { name: 'llama' },
      spec: { serviceName: 'llama', selector: {}, template: {}, replicas: 2 },
    });
    new CanaryRollout(chart, 'release', { stable, strategy: CanaryStrategy.partition(), step: '1/2', workload, route });
    expect(partsOf(manifestsOf(chart)[1]!, 'spec.rules.0.backendRefs')).toMatchInlineSnapshot(`
     backendRefs:
       - name: llama
         port: 8000
    `);
  });
});

describe('refuses', () => {
  test('a step that there is not', () => {
    expect(refused({ step: '30%' })).toMatchInlineSnapshot(`
     nim/release: canary-step
       The release has no step "30%".
       Use one of prepared, smoke, 5%, 20%, 50%, 100%, promote.
    `);
  });

  test('weights that cannot be', () => {
    expect(refused({ strategy: CanaryStrategy.weightedTwins({ weights: [120] }) })).toMatchInlineSnapshot(`
     nim/release: canary-weight
       The canary weight 120 is no percentage.
       Use whole numbers from 1 to 100.
    `);
  });

  test('a weight on a Service with nobody behind it', () => {
    expect(refused({ step: '20%', canary: { ...canary, replicas: 0 } })).toMatchInlineSnapshot(`
     nim/release: canary-size
       20 % of all requests would go to llama-canary, which has 0 replicas: they would fail with 503.
       Give it 1 replica, or stay at the step prepared.
    `);
  });

  test('a header route to a Service with nobody behind it', () => {
    expect(refused({ canary: { ...canary, replicas: 0 } })).toMatchInlineSnapshot(`
     nim/release: canary-size
       Requests with the header would go to llama-canary, which has 0 replicas: they would fail with 503.
       Give it 1 replica, or stay at the step prepared.
    `);
    expect(refused({ step: 'prepared', canary: { ...canary, replicas: 0 } })).toBe('');
  });

  test('a weight that is left to a stable side with nobody behind it', () => {
    const nobody = { ...stable, replicas: 0 };
    expect(refused({ step: '20%', stable: nobody })).toMatchInlineSnapshot(`
     nim/release: canary-size
       80 % of all requests would go to llama, which has 0 replicas: they would fail with 503.
       Give it the replicas that it had, or go on to 100%.
    `);
    expect(refused({ step: 'smoke', stable: nobody })).toBe('');
    expect(refused({ step: '100%', stable: nobody })).toBe('');
  });

  test('a partition of one replica', () => {
    expect(refusalsOf(inPlace('prepared', 'StatefulSet', 1).chart)).toMatchInlineSnapshot(`
     nim/release: canary-partition
       A partition of 1 replica is no canary: the service is down while its only pod loads the new version.
       Use two replicas or more, or CanaryStrategy.weightedTwins() with a spare GPU.
    `);
  });

  test('a partition of a Deployment', () => {
    expect(refusalsOf(inPlace('prepared', 'Deployment').chart)).toMatchInlineSnapshot(`
     nim/release: canary-shape
       Only a StatefulSet and a LeaderWorkerSet have a partition; llama is a Deployment.
       Use CanaryStrategy.weightedTwins().
    `);
  });

  test('a partition without its StatefulSet, and with a canary', () => {
    expect(refused({ strategy: CanaryStrategy.partition(), step: 'prepared' })).toMatchInlineSnapshot(`
     nim/release: canary-shape
       A partition has no canary of its own, but one is given.
       Remove it, or use CanaryStrategy.weightedTwins().
     nim/release: canary-shape
       A partition needs the workload whose pods are replaced, and none is given.
       Give it as workload.
    `);
  });

  test('twins without a canary and without a route', () => {
    expect(refused({ canary: undefined, route: undefined })).toMatchInlineSnapshot(`
     nim/release: canary-shape
       Weighted twins need a canary, and none is given.
       Give the Service, port and replicas of the candidate.
     nim/release: canary-shape
       Weighted twins need a route to put weights in, and none is given.
       Give gateway and hostname, or use CanaryStrategy.partition().
    `);
  });

  test('the same Service twice', () => {
    expect(refused({ canary: { ...canary, serviceName: 'llama' } })).toMatchInlineSnapshot(`
     nim/release: canary-shape
       Stable and canary are both the Service llama, so weights would change nothing.
       Give each side a Service that selects its own pods, by the label track for instance.
    `);
  });
});

test.each<[ReleaseStepName, string[] | undefined]>([
  ['prepared', undefined],
  ['smoke', ['testers', 'candidate']],
  ['50%', ['testers', 'candidate']],
])('at %s the rules about the header that leads to the candidate are %j', (step, names) => {
  const policy = manifestsOf(rollout({ step, route: guarded }).chart).find(({ kind }) => kind === 'SecurityPolicy')!;
  const rules = policy.spec.authorization?.rules as { name: string }[] | undefined;
  expect(rules?.map(({ name }) => name)).toEqual(names);
});

describe('warns', () => {
  test('of a canary that is smaller than its weight asks for', () => {
    const { chart } = rollout({ step: '50%', stable: { ...stable, replicas: 4 }, route: guarded });
    expect(refusalsOf(chart)).toBe('');
    expect(warningsOf(chart)).toMatchInlineSnapshot(`
     nim/release: canary-size
       50 % of the requests of 4 replicas go to 1 of the canary; 2 would carry them as the stable ones do.
       Give llama-canary 2 replicas, or expect it to look slower than it is.
    `);
  });

  test('of nothing when it is large enough', () => {
    expect(warningsOf(rollout({ step: '50%', route: guarded }).chart)).toBe('');
  });

  test('of a route that asks nobody who they are', () => {
    expect(warningsOf(rollout({ step: '50%' }).chart)).toContain('nim/release/route: open-endpoint');
  });
});
