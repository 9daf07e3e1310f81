import { CanaryStrategy } from '../../lib';
import { isDefined, definitionErrors } from '../conformance/own-definitions';
import { KubernetesObject, schemaError, upstreamModule } from '../conformance/upstream';
import { diffOf } from '../support/diff';
import { edited, MAIN, manifestsOfMain } from '../support/reference-platform';
import { Manifest } from '../support/yaml-of';

const CANDIDATE = /canary: \{ runtime: new NimRuntime\(\{ image: '([^']+)'/.exec(MAIN)![1]!;

/** The reference platform with two replicas, room for two more, and another way of releasing. */
function platform(strategy: string): string {
  const wide = edited(
    MAIN,
    /maxNodes: 2,\n {2}zones: \['us-central1-a'\],\n\}\);\nconst h100/,
    "maxNodes: 4,\n  zones: ['us-central1-a'],\n});\nconst h100",
  );
  const tenant = edited(
    wide,
    /new TenantNamespace\(app, 'nim', \{ gpus: 2 \}\)/,
    "new TenantNamespace(app, 'nim', { gpus: 4 })",
  );
  const two = edited(
    tenant,
    /(canary: \{ runtime: new NimRuntime\([^\n]*step: 'prepared')( \},)/,
    `replicas: 2,\n  $1, strategy: CanaryStrategy.${strategy}$2`,
  );
  return edited(two, /import \{\n {2}GatewayReference,/, 'import {\n  CanaryStrategy,\n  GatewayReference,');
}
const at = (text: string, step: string) => edited(text, /step: '[^']+'/, `step: '${step}'`);
const done = (text: string) =>
  edited(
    edited(text, /\n *canary: \{[^\n]*\},/, ''),
    /image: '[^']+\/llama3-8b-instruct:[^']+'/,
    `image: '${CANDIDATE}'`,
  );

const STRATEGIES = {
  'blue-green': { text: platform('blueGreen()'), steps: CanaryStrategy.blueGreen().steps(2) },
  shadow: { text: platform('shadow({ weights: [50] })'), steps: CanaryStrategy.shadow({ weights: [50] }).steps(2) },
  partition: { text: platform('partition()'), steps: CanaryStrategy.partition().steps(2) },
} as const;
type Strategy = keyof typeof STRATEGIES;

const known = new Map<string, Manifest[]>();
/** The first team's objects at a step. */
function objects(strategy: Strategy, step: string): Manifest[] {
  const { text } = STRATEGIES[strategy];
  const key = `${strategy} ${step}`;
  if (!known.has(key)) {
    const all = manifestsOfMain(step === 'done' ? done(text) : at(text, step));
    known.set(
      key,
      all.filter(({ metadata }) => (metadata.namespace ?? metadata.name) === 'nim'),
    );
  }
  return known.get(key)!;
}
const change = (strategy: Strategy, from: string, to: string) => diffOf(objects(strategy, from), objects(strategy, to));
const gpusOf = (all: readonly Manifest[]) =>
  all
    .filter(({ kind }) => kind === 'StatefulSet')
    .reduce(
      (sum, { spec }) =>
        sum + spec.replicas * Number(spec.template.spec.containers[0].resources.limits['nvidia.com/gpu']),
      0,
    );

describe.each(Object.entries(STRATEGIES).map(([name, { steps }]) => ({ name: name as Strategy, steps })))(
  'a release by $name, one edit of main.ts at a time',
  ({ name, steps }) => {
    const commits = [...steps.map((step) => step.name), 'done'];

    test.each(steps.map((step) => ({ step: step.name, gpus: 2 + step.canaryReplicas })))(
      'takes at $step the $gpus GPUs that the plan says',
      ({ step, gpus }) => {
        expect(gpusOf(objects(name, step))).toBe(gpus);
      },
    );

    test('ends with two GPUs and the candidate', () => {
      const all = objects(name, 'done');
      expect(gpusOf(all)).toBe(2);
      const [set, ...others] = all.filter(({ kind }) => kind === 'StatefulSet');
      expect(others).toEqual([]);
      expect(set!.spec.template.spec.containers[0].image).toBe(CANDIDATE);
    });

    test.each(commits)('is at %s valid by the schemas of others, and by our own', (step) => {
      const all = objects(name, step) as unknown as KubernetesObject[];
      const published = all.filter((object) => upstreamModule(object) !== undefined);
      expect(published.length).toBeGreaterThan(5);
      expect(published.flatMap((object) => schemaError(object) ?? [])).toEqual([]);
      expect(all.filter(isDefined).flatMap(definitionErrors)).toEqual([]);
    });

    test('each step leads to the next, and back to one that was before', () => {
      for (const [index, { next, back }] of steps.entries()) {
        expect(next).toBe(steps[index + 1]?.name);
        if (back?.to !== undefined) expect(steps.slice(0, index).map((step) => step.name)).toContain(back.to);
        expect(back === undefined).toBe(index === 0);
      }
    });

    test('nothing that a StatefulSet freezes at its birth ever changes', () => {
      const frozen = (step: string) =>
        new Map(
          objects(name, step)
            .filter(({ kind }) => kind === 'StatefulSet')
            .map(({ metadata, spec }) => [
              metadata.name,
              [spec.selector, spec.serviceName, spec.podManagementPolicy, spec.volumeClaimTemplates],
            ]),
        );
      const first = frozen('prepared');
      for (const step of commits) for (const [set, parts] of frozen(step)) expect(parts).toEqual(first.get(set));
    });
  },
);

describe('blue-green', () => {
  test('smoke → 100 %: the weights turn over, the header stays, and so who wakes somebody up when it is down', () => {
    expect(change('blue-green', 'smoke', '100%')).toMatchInlineSnapshot(`
      @@ HTTPRoute llama3-8b: spec.rules.backendRefs
                - name: llama3-8b
                  port: 8000
      -           weight: 100
      +           weight: 0
                - name: llama3-8b-canary
                  port: 8000
      -           weight: 0
      +           weight: 100
      @@ PrometheusRule llama3-8b-slo: spec.groups.rules
                  expr: |-
                    clamp_min(sum(avg_over_time(slo:sli_total:rate5m{sloth_id="nim/llama3-8b-availability"}[1d])) - ((sum (rate(request_success_total{namespace="nim", inference_service="llama3-8b"}[5m])) + sum (rate(request_failure_total{namespace="nim", inference_service="llama3-8b"}[5m]))) or vector(0)), 0)
      -             and on () ((sum(kube_statefulset_status_replicas_ready{namespace="nim", statefulset="llama3-8b"}) == 0
      -               and on () sum(min_over_time(kube_statefulset_replicas{namespace="nim", statefulset="llama3-8b"}[2060s])) > 0
      -               and on () (time() - max(kube_statefulset_created{namespace="nim", statefulset="llama3-8b"}) > 2060 or sum(max_over_time(kube_statefulset_status_replicas_ready{namespace="nim", statefulset="llama3-8b"}[2060s])) > 0))
      -             or (sum by () (absent(kube_statefulset_replicas{namespace="nim", statefulset="llama3-8b"})) and on () sum(kube_namespace_created{namespace="nim"})))
      +             and on () ((sum(kube_statefulset_status_replicas_ready{namespace="nim", statefulset="llama3-8b-canary"}) == 0
      +               and on () sum(min_over_time(kube_statefulset_replicas{namespace="nim", statefulset="llama3-8b-canary"}[2060s])) > 0
      +               and on () (time() - max(kube_statefulset_created{namespace="nim", statefulset="llama3-8b-canary"}) > 2060 or sum(max_over_time(kube_statefulset_status_replicas_ready{namespace="nim", statefulset="llama3-8b-canary"}[2060s])) > 0))
      +             or (sum by () (absent(kube_statefulset_replicas{namespace="nim", statefulset="llama3-8b-canary"})) and on () sum(kube_namespace_created{namespace="nim"})))
      @@ PrometheusRule llama3-8b-alerts: spec.groups.rules.labels
                    inference_service: llama3-8b
                    namespace: nim
      -             severity: critical
      +             severity: warning
      @@ PrometheusRule llama3-8b-alerts: spec.groups.rules.labels
                    inference_service: llama3-8b
                    namespace: nim
      -             severity: warning
      +             severity: critical
    `);
  });

  test('100 % → smoke: the way back touches no pod', () => {
    const kinds = [...change('blue-green', '100%', 'smoke').matchAll(/^@@ (\w+)/gm)].map(([, kind]) => kind);
    expect(kinds).not.toContain('StatefulSet');
  });
});

describe('shadow', () => {
  test('smoke → mirror: clients are answered as before, and a copy goes to the candidate', () => {
    expect(change('shadow', 'smoke', 'mirror')).toMatchInlineSnapshot(`
      @@ HTTPRoute llama3-8b: spec.rules
                    type: PathPrefix
                    value: /v1/models
      +       filters:
      +         - type: RequestMirror
      +           requestMirror:
      +             backendRef:
      +               name: llama3-8b-canary
      +               port: 8000
    `);
  });

  test('mirror → 50 %: no more copies, and half of the requests', () => {
    expect(change('shadow', 'mirror', '50%')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules
                   type: PathPrefix
                   value: /v1/models
     -       filters:
     -         - type: RequestMirror
     -           requestMirror:
     -             backendRef:
     -               name: llama3-8b-canary
     -               port: 8000
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 100
     +           weight: 50
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 0
     +           weight: 50
    `);
  });
});

test('prepared → smoke: the candidate loads, and one Job asks it', () => {
  const before = objects('blue-green', 'prepared');
  const came = objects('blue-green', 'smoke').filter(
    ({ kind, metadata }) => !before.some((object) => object.kind === kind && object.metadata.name === metadata.name),
  );
  expect(came.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join('\n')).toMatchInlineSnapshot(`
   PodDisruptionBudget llama3-8b-canary
   ServiceAccount llama3-8b-smoke
   Job llama3-8b-smoke-f092c7e8d4
   NetworkPolicy llama3-8b-smoke
  `);
});
