import { diffOf } from '../support/diff';
import { edited, MAIN, manifestsOfMain } from '../support/reference-platform';
import { Manifest, partsOf } from '../support/yaml-of';

const STEP = /step: '[^']+'/;
const atStep = (step: string) => edited(MAIN, STEP, `step: '${step}'`);
/** The last edit of a release: the candidate's image becomes the image, and the line of the canary goes. */
const done = () => {
  const image = /canary: \{ runtime: new NimRuntime\(\{ image: '([^']+)'/.exec(MAIN)![1]!;
  const withoutCanary = edited(MAIN, /\n *canary: \{[^\n]*\},/, '');
  return edited(withoutCanary, /image: '[^']+\/llama3-8b-instruct:[^']+'/, `image: '${image}'`);
};

const STATES = {
  prepared: atStep('prepared'),
  smoke: atStep('smoke'),
  '5%': atStep('5%'),
  '20%': atStep('20%'),
  '50%': atStep('50%'),
  '100%': atStep('100%'),
  promote: atStep('promote'),
  done: done(),
} as const;
type State = keyof typeof STATES;

/** What the release is about: the first team's objects. What watches them is judged by test/observability. */
const teamOf = (all: readonly Manifest[]) =>
  all.filter(({ kind, metadata }) => (metadata.namespace ?? metadata.name) === 'nim' && kind !== 'PrometheusRule');
const manifests = Object.fromEntries(
  Object.entries(STATES).map(([state, text]) => [state, teamOf(manifestsOfMain(text))]),
) as Readonly<Record<State, Manifest[]>>;
const change = (from: State, to: State) => diffOf(manifests[from], manifests[to]);

describe('a release of the reference platform, one edit of main.ts at a time', () => {
  test('it begins with a candidate that has no pods and gets no request', () => {
    const named = (kind: string, name: string) =>
      manifests.prepared.find((object) => object.kind === kind && object.metadata.name === name)!;
    expect(named('StatefulSet', 'llama3-8b-canary').spec.replicas).toBe(0);
    expect(partsOf(named('HTTPRoute', 'llama3-8b'), 'spec.rules')).toMatchInlineSnapshot(`
     rules:
       - matches:
           - path:
               type: PathPrefix
               value: /v1/chat/completions
           - path:
               type: PathPrefix
               value: /v1/completions
           - path:
               type: PathPrefix
               value: /v1/embeddings
           - path:
               type: PathPrefix
               value: /v1/models
         backendRefs:
           - name: llama3-8b
             port: 8000
             weight: 100
           - name: llama3-8b-canary
             port: 8000
             weight: 0
         timeouts:
           request: "3m55s"
           backendRequest: "3m55s"
    `);
  });

  test('prepared → smoke: one pod of the candidate, and a way to it by header', () => {
    expect(change('prepared', 'smoke')).toMatchInlineSnapshot(`
     + ServiceAccount llama3-8b-smoke
     + Job llama3-8b-smoke-f092c7e8d4
     + NetworkPolicy llama3-8b-smoke
     @@ ResourceQuota quota: spec.hard
         hard:
           persistentvolumeclaims: "2"
     -     pods: "2"
     -     requests.cpu: 6200m
     -     requests.memory: 22Gi
     +     pods: "3"
     +     requests.cpu: 6210m
     +     requests.memory: 22592Mi
     @@ StatefulSet llama3-8b-canary: spec
           polaris.fairwinds.com/pullPolicyNotAlways-exempt: "true"
       spec:
     -   replicas: 0
     +   replicas: 1
     @@ HTTPRoute llama3-8b: spec.rules
           - llama.example.com
         rules:
     +     - matches:
     +         - path:
     +             type: PathPrefix
     +             value: /v1/chat/completions
     +           headers:
     +             - name: x-model-track
     +               value: canary
     +         - path:
     +             type: PathPrefix
     +             value: /v1/completions
     +           headers:
     +             - name: x-model-track
     +               value: canary
     +         - path:
     +             type: PathPrefix
     +             value: /v1/embeddings
     +           headers:
     +             - name: x-model-track
     +               value: canary
     +         - path:
     +             type: PathPrefix
     +             value: /v1/models
     +           headers:
     +             - name: x-model-track
     +               value: canary
     +       backendRefs:
     +         - name: llama3-8b-canary
     +           port: 8000
     +       timeouts:
     +         request: "3m55s"
     +         backendRequest: "3m55s"
     @@ NetworkPolicy llama3-8b: spec.ingress.from
                     gateway.envoyproxy.io/owning-gateway-name: edge
                     gateway.envoyproxy.io/owning-gateway-namespace: envoy-gateway-system
     +         - podSelector:
     +             matchLabels:
     +               app.kubernetes.io/instance: llama3-8b-smoke
     +               app.kubernetes.io/name: smoke-test
    `);
  });

  test('smoke → 5 %', () => {
    expect(change('smoke', '5%')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 100
     +           weight: 95
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 0
     +           weight: 5
    `);
  });

  test('5 % → 20 %', () => {
    expect(change('5%', '20%')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 95
     +           weight: 80
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 5
     +           weight: 20
    `);
  });

  test('20 % → 50 %', () => {
    expect(change('20%', '50%')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 80
     +           weight: 50
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 20
     +           weight: 50
    `);
  });

  test('50 % → 100 %', () => {
    expect(change('50%', '100%')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 50
     +           weight: 0
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 50
     +           weight: 100
    `);
  });

  test('100 % → promote: only the stable pods change, and nobody sends to them', () => {
    expect(change('100%', 'promote')).toMatchInlineSnapshot(`
     @@ StatefulSet llama3-8b: metadata.labels
           app.kubernetes.io/instance: llama3-8b
           app.kubernetes.io/name: nim
     -     app.kubernetes.io/version: "1.0.0"
     +     app.kubernetes.io/version: "1.1.0"
     @@ StatefulSet llama3-8b: spec.template.metadata.labels
               app.kubernetes.io/instance: llama3-8b
               app.kubernetes.io/name: nim
     -         app.kubernetes.io/version: "1.0.0"
     +         app.kubernetes.io/version: "1.1.0"
     @@ StatefulSet llama3-8b: spec.template.spec.containers
             containers:
               - name: nim
     -           image: nvcr.io/nim/meta/llama3-8b-instruct:1.0.0
     +           image: nvcr.io/nim/meta/llama3-8b-instruct:1.1.0
    `);
  });

  test('promote → done: the canary goes, and the stable pods stay as they are', () => {
    expect(change('promote', 'done')).toMatchInlineSnapshot(`
     - ServiceAccount llama3-8b-canary
     - Service llama3-8b-canary-headless
     - Service llama3-8b-canary
     - StatefulSet llama3-8b-canary
     - ServiceAccount llama3-8b-smoke
     - Job llama3-8b-smoke-f092c7e8d4
     - NetworkPolicy llama3-8b-smoke
     @@ ResourceQuota quota: spec.hard
       spec:
         hard:
     -     persistentvolumeclaims: "2"
     -     pods: "3"
     -     requests.cpu: 6210m
     -     requests.memory: 22592Mi
     +     persistentvolumeclaims: "1"
     +     pods: "1"
     +     requests.cpu: 3100m
     +     requests.memory: 11Gi
           requests.nvidia.com/gpu: "2"
     -     requests.storage: 100Gi
     +     requests.storage: 50Gi
     @@ HTTPRoute llama3-8b: spec.rules
           - llama.example.com
         rules:
     -     - matches:
     -         - path:
     -             type: PathPrefix
     -             value: /v1/chat/completions
     -           headers:
     -             - name: x-model-track
     -               value: canary
     -         - path:
     -             type: PathPrefix
     -             value: /v1/completions
     -           headers:
     -             - name: x-model-track
     -               value: canary
     -         - path:
     -             type: PathPrefix
     -             value: /v1/embeddings
     -           headers:
     -             - name: x-model-track
     -               value: canary
     -         - path:
     -             type: PathPrefix
     -             value: /v1/models
     -           headers:
     -             - name: x-model-track
     -               value: canary
     -       backendRefs:
     -         - name: llama3-8b-canary
     -           port: 8000
     -       timeouts:
     -         request: "3m55s"
     -         backendRequest: "3m55s"
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
             backendRefs:
               - name: llama3-8b
     -           port: 8000
     -           weight: 0
     -         - name: llama3-8b-canary
                 port: 8000
     -           weight: 100
     @@ NetworkPolicy llama3-8b: spec.ingress.from
                     gateway.envoyproxy.io/owning-gateway-name: edge
                     gateway.envoyproxy.io/owning-gateway-namespace: envoy-gateway-system
     -         - podSelector:
     -             matchLabels:
     -               app.kubernetes.io/instance: llama3-8b-smoke
     -               app.kubernetes.io/name: smoke-test
    `);
  });

  test('the way back from 50 % is one edit, and touches no pod', () => {
    expect(change('50%', 'smoke')).toMatchInlineSnapshot(`
     @@ HTTPRoute llama3-8b: spec.rules.backendRefs
               - name: llama3-8b
                 port: 8000
     -           weight: 50
     +           weight: 100
               - name: llama3-8b-canary
                 port: 8000
     -           weight: 50
     +           weight: 0
    `);
  });
});

describe('what a StatefulSet never lets anybody change', () => {
  const frozen = ({ metadata, spec }: Manifest) => ({
    name: metadata.name,
    selector: spec.selector,
    serviceName: spec.serviceName,
    podManagementPolicy: spec.podManagementPolicy,
    volumeClaimTemplates: spec.volumeClaimTemplates,
  });
  const statefulSets = (state: State) => manifests[state].filter(({ kind }) => kind === 'StatefulSet').map(frozen);

  test.each(Object.keys(STATES) as State[])('is at %s what it was at the beginning', (state) => {
    const first = new Map(statefulSets('prepared').map((one) => [one.name, one]));
    const now = statefulSets(state);
    expect(now.map(({ name }) => name)).toEqual(state === 'done' ? ['llama3-8b'] : ['llama3-8b', 'llama3-8b-canary']);
    for (const one of now) expect(one).toEqual(first.get(one.name));
  });

  test.each(Object.keys(STATES) as State[])('and at %s no Service has another selector', (state) => {
    const selectors = (of: State) =>
      new Map(
        manifests[of]
          .filter(({ kind }) => kind === 'Service')
          .map(({ metadata, spec }) => [metadata.name, spec.selector]),
      );
    const first = selectors('prepared');
    for (const [name, selector] of selectors(state)) expect(selector).toEqual(first.get(name));
  });
});

describe('what a pod of the candidate is made of', () => {
  const template = (state: State) =>
    manifests[state].find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'llama3-8b-canary')!.spec
      .template;

  test.each(['smoke', '5%', '20%', '50%', '100%', 'promote'] as const)(
    'is at %s what it was when it was prepared, so no step restarts it',
    (state) => {
      expect(template(state)).toEqual(template('prepared'));
    },
  );
});
