import { RouteConflicts } from '../../lib/checks/route-conflict';

const at = (name: string, kind = 'HTTPRoute') => ({
  shown: `${kind} nim/${name}`,
  namespace: 'nim',
  constructPath: `nim/${name}`,
});

/** A route of one rule at llama.example.com. */
const route = (match: object, backend = 'llama') => ({
  parentRefs: [{ name: 'edge', namespace: 'gateways' }],
  hostnames: ['llama.example.com'],
  rules: [{ matches: [match], backendRefs: [{ name: backend, port: 8000 }] }],
});
const path = { type: 'PathPrefix', value: '/v1' };
const header = (name: string, value: string) => ({ name, value });

test.each<[string, object, object, boolean]>([
  ['the same path', { path }, { path }, true],
  ['paths of two models', { path }, { path: { ...path, value: '/llama/v1' } }, false],
  ['two versions', { path }, { path: { ...path, value: '/v2' } }, false],
  ['a header beside none', { path }, { path, headers: [header('x-model', 'llama')] }, false],
  [
    'two values of a header',
    { path, headers: [header('x-model', 'qwen')] },
    { path, headers: [header('x-model', 'llama')] },
    false,
  ],
  [
    'the same header in another case',
    { path, headers: [header('X-Model', 'llama')] },
    { path, headers: [header('x-model', 'llama')] },
    true,
  ],
  [
    'the same headers in another order',
    { path, headers: [header('x-model', 'llama'), header('x-team', 'red')] },
    { path, headers: [header('x-team', 'red'), header('x-model', 'llama')] },
    true,
  ],
])('%s', (_, one, other, conflict) => {
  const conflicts = new RouteConflicts();
  conflicts.add(at('one'), route(one));
  conflicts.add(at('other'), route(other));
  expect(conflicts.problems()).toHaveLength(conflict ? 1 : 0);
});

test('Ingresses of one class, but for a canary', () => {
  const spec = {
    ingressClassName: 'nginx',
    rules: [{ host: 'llama.example.com', http: { paths: [{ path: '/v1', pathType: 'Prefix' }] } }],
  };
  const conflicts = new RouteConflicts();
  conflicts.addIngress(at('one', 'Ingress'), {}, spec);
  conflicts.addIngress(at('canary', 'Ingress'), { 'nginx.ingress.kubernetes.io/canary': 'true' }, spec);
  conflicts.addIngress(at('elsewhere', 'Ingress'), {}, { ...spec, ingressClassName: 'internal' });
  expect(conflicts.problems()).toEqual([]);
  conflicts.addIngress(at('other', 'Ingress'), {}, spec);
  expect(conflicts.problems().map(({ message }) => message)).toEqual([
    'Ingress nim/other claims llama.example.com/v1 on the IngressClass nginx, and so does Ingress nim/one: the older of the two gets every request.',
  ]);
});

test('Ingresses of which one alone has regular expressions, on one host', () => {
  const spec = (path: string, host = 'models.example.com') => ({
    ingressClassName: 'nginx',
    rules: [{ host, http: { paths: [{ path, pathType: 'Prefix' }] } }],
  });
  const regex = { 'nginx.ingress.kubernetes.io/use-regex': 'true' };
  const conflicts = new RouteConflicts();
  conflicts.addIngress(at('llama', 'Ingress'), regex, spec('/llama(/v1(?:/.*)?)$'));
  conflicts.addIngress(at('qwen', 'Ingress'), regex, spec('/qwen(/v1(?:/.*)?)$'));
  conflicts.addIngress(at('alone', 'Ingress'), {}, spec('/v1', 'alone.example.com'));
  expect(conflicts.problems()).toEqual([]);
  conflicts.addIngress(at('plain', 'Ingress'), {}, spec('/v1'));
  expect(conflicts.problems().map(({ message }) => message)).toEqual([
    'Ingress nim/plain claims models.example.com/v1 as it stands, and Ingress nim/llama claims paths of the same host by regular expressions: nginx then reads all of them so, and lets /v1x and /V1 in too.',
  ]);
});
