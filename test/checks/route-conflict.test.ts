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
const written = {
  path: { type: 'PathPrefix', value: '/' },
  headers: [{ type: 'Exact', ...header('x-model', 'llama') }],
};

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
  ['what the API server fills in, and the same in words', { headers: [header('x-model', 'llama')] }, written, true],
  [
    'a header as a regular expression',
    { headers: [{ ...header('x-model', 'llama'), type: 'RegularExpression' }] },
    written,
    false,
  ],
  ['a path of no type', { path: { value: '/v1' } }, { path }, true],
  ['two methods', { path, method: 'GET' }, { path, method: 'POST' }, false],
])('%s', (_, one, other, conflict) => {
  const conflicts = new RouteConflicts();
  conflicts.add(at('one'), route(one));
  conflicts.add(at('other'), route(other));
  expect(conflicts.problems()).toHaveLength(conflict ? 1 : 0);
});

test('two ports of one Gateway, as of a redirect from http to https', () => {
  const at80 = (port: number) => ({ ...route({ path }), parentRefs: [{ name: 'edge', namespace: 'gateways', port }] });
  const conflicts = new RouteConflicts();
  conflicts.add(at('redirect'), at80(80));
  conflicts.add(at('one'), at80(443));
  expect(conflicts.problems()).toEqual([]);
  conflicts.add(at('other'), at80(443));
  expect(conflicts.problems()).toHaveLength(1);
});

test('Ingresses of GKE, whose class is an annotation', () => {
  const spec = { rules: [{ host: 'llama.example.com', http: { paths: [{ path: '/v1', pathType: 'Prefix' }] } }] };
  const named = (name: string) => ({ 'kubernetes.io/ingress.class': name });
  const conflicts = new RouteConflicts();
  conflicts.addIngress(at('public', 'Ingress'), named('gce'), spec);
  conflicts.addIngress(at('internal', 'Ingress'), named('gce-internal'), spec);
  conflicts.addIngress(at('unnamed', 'Ingress'), {}, spec);
  expect(conflicts.problems()).toEqual([]);
  conflicts.addIngress(at('other', 'Ingress'), named('gce-internal'), { ...spec, ingressClassName: 'gce' });
  conflicts.addIngress(at('nameless', 'Ingress'), {}, spec);
  expect(conflicts.problems().map(({ message }) => message)).toEqual([
    'Ingress nim/other claims llama.example.com/v1 on the IngressClass gce-internal, and so does Ingress nim/internal: the older of the two gets every request.',
    'Ingress nim/nameless claims llama.example.com/v1 on the default IngressClass, and so does Ingress nim/unnamed: the older of the two gets every request.',
  ]);
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
