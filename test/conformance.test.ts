import { load } from 'js-yaml';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { definitionErrors, isDefined } from './conformance/own-definitions';
import { EXAMPLES, ROOT, synthesizeProgram } from './conformance/synthesized-program';
import { KubernetesObject, schemaError, typeErrors, upstreamModule } from './conformance/upstream';

const programs = ['main.ts', ...EXAMPLES.map((name) => `examples/${name}.ts`)].map((path) => ({
  path,
  ...synthesizeProgram(join(ROOT, path)),
}));
const everything = programs.flatMap(({ path, objects }) =>
  objects.map(({ manifest }) => ({ program: path, object: manifest as KubernetesObject })),
);
const known = everything.map(({ object }) => object).filter((object) => upstreamModule(object) !== undefined);

describe('every object of main.ts and of the examples', () => {
  test('is of a kind whose schema somebody else publishes, or of one of the few that crds/ alone defines', () => {
    const kinds = (objects: readonly KubernetesObject[]) => [...new Set(objects.map(({ kind }) => kind))].sort();
    expect(kinds(known)).toEqual(
      expect.arrayContaining(['ExternalSecret', 'HTTPRoute', 'NetworkPolicy', 'PodDisruptionBudget', 'StatefulSet']),
    );
    const unknown = everything.map(({ object }) => object).filter((object) => !known.includes(object));
    expect(unknown.filter((object) => !isDefined(object))).toEqual([]);
    expect([
      'Backend',
      'BackendTrafficPolicy',
      'Canary',
      'CiliumNetworkPolicy',
      'ClientTrafficPolicy',
      'FQDNNetworkPolicy',
      'GCPBackendPolicy',
      'HealthCheckPolicy',
      'InferencePool',
      'InterceptorRoute',
      'LeaderWorkerSet',
      'MetricTemplate',
      'PodMonitoring',
      'Rules',
      'SecurityPolicy',
    ]).toEqual(expect.arrayContaining(kinds(unknown)));
  });

  test.each(programs)(
    '$path is valid by the schemas of Kubernetes, Gateway API and External Secrets',
    ({ objects }) => {
      expect(objects.length).toBeGreaterThan(0);
      const published = objects
        .map(({ manifest }) => manifest as KubernetesObject)
        .filter((object) => upstreamModule(object) !== undefined);
      expect(published.flatMap((object) => schemaError(object) ?? [])).toEqual([]);
    },
  );

  test('has no field that their published types do not have, and no value of another type', () => {
    expect(typeErrors(known)).toEqual([]);
  }, 60_000);

  test('of a custom kind has only fields of crds/', () => {
    const custom = everything.map(({ object }) => object).filter(isDefined);
    expect(custom.length).toBeGreaterThan(0);
    expect(custom.flatMap(definitionErrors)).toEqual([]);
  });
});

describe.each(programs)('the files of $path', ({ files, objects }) => {
  test.each(['1.1', '1.2'] as const)('read as YAML %s are the objects', (version) => {
    const read = Object.values(files).flatMap((text) =>
      parseAllDocuments(text, { version }).map((one) => one.toJS() as unknown),
    );
    expect(read).toEqual(objects.map(({ manifest }) => manifest));
  });

  test('are the objects for js-yaml too, and hold neither null nor "${"', () => {
    for (const text of Object.values(files)) {
      expect(text).not.toMatch(/\$\{|: null$|: ~$|: \[\]$|(?<!podSelector): \{\}$/m);
      for (const document of text.split(/^---\n/m).slice(1)) {
        expect(objects.map(({ manifest }) => manifest)).toContainEqual(load(document));
      }
    }
  });
});

describe('the judges', () => {
  const find = (kind: string): KubernetesObject => structuredClone(known.find((object) => object.kind === kind)!);

  /** The object with one value set, however deep. */
  function changed(kind: string, path: readonly (string | number)[], value: unknown): KubernetesObject {
    const object = find(kind);
    const last = path.at(-1)!;
    const parent = path.slice(0, -1).reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], object);
    (parent as Record<string | number, unknown>)[last] = value;
    return object;
  }

  const container = ['spec', 'template', 'spec', 'containers', 0] as const;

  test.each<[string, string, (string | number)[], unknown, RegExp]>([
    ['a wrong type', 'StatefulSet', ['spec', 'replicas'], 'two', /replicas/],
    ['a missing field', 'StatefulSet', ['spec', 'selector'], undefined, /selector/],
    ['a wrong word', 'StatefulSet', ['spec', 'podManagementPolicy'], 'Simultaneous', /podManagementPolicy/],
    ['a quantity that is none', 'StatefulSet', [...container, 'resources', 'limits', 'memory'], '12 GB', /memory/],
    ['a quantity that is null', 'StatefulSet', [...container, 'resources', 'limits', 'nvidia.com/gpu'], null, /gpu/],
    ['a port out of range', 'HTTPRoute', ['spec', 'rules', 0, 'backendRefs', 0, 'port'], 65536, /port/],
    ['a duration that is none', 'HTTPRoute', ['spec', 'rules', 0, 'timeouts', 'request'], '4min', /request/],
    ['a secret store by number', 'ExternalSecret', ['spec', 'secretStoreRef', 'name'], 7, /name/],
  ])('the schemas catch %s', (_, kind, path, value, message) => {
    expect(schemaError(find(kind))).toBeUndefined();
    expect(schemaError(changed(kind, path, value))).toMatch(message);
  });

  test('the types catch a misspelt field and a wrong type', () => {
    const errors = typeErrors([
      changed('StatefulSet', [...container, 'livenesProbe'], {}),
      changed('NetworkPolicy', ['spec', 'policyType'], ['Egress']),
      changed('HTTPRoute', ['spec', 'rules', 0, 'timeouts', 'requests'], '4m'),
      changed('Service', ['spec', 'ports', 0, 'port'], '8000'),
      find('ResourceQuota'),
    ]);
    expect(errors.map((error) => error.split('\n')[0])).toEqual([
      expect.stringMatching(/^StatefulSet: .*'"livenesProbe"' does not exist in type|^StatefulSet: .*livenesProbe/),
      expect.stringMatching(/^NetworkPolicy: .*policyType/),
      expect.stringMatching(/^HTTPRoute: .*requests/),
      expect.stringMatching(/^Service: Type 'string' is not assignable to type 'number'/),
    ]);
  }, 60_000);

  test('crds/ catches a misspelt field and a wrong type', () => {
    expect([
      ...definitionErrors(changed('HTTPRoute', ['spec', 'rules', 0, 'backendRefs', 0, 'wieght'], 5)),
      ...definitionErrors(changed('HTTPRoute', ['spec', 'hostnames'], 'llama.example.com')),
      ...definitionErrors(changed('ExternalSecret', ['spec', 'refreshIntervall'], '1h')),
      ...definitionErrors(changed('ExternalSecret', ['metadata', 'label'], {})),
    ]).toEqual([
      'HTTPRoute/spec/rules/0/backendRefs/0 must NOT have additional properties: wieght',
      'HTTPRoute/spec/hostnames must be array',
      'ExternalSecret/spec must NOT have additional properties: refreshIntervall',
      'ExternalSecret/metadata must NOT have additional properties: label',
    ]);
  });
});
