import { refusalsOf } from '../support/messages';
import { statefulSet } from '../support/services';

const refused = (changes: Parameters<typeof statefulSet>[0]) => refusalsOf(statefulSet(changes).chart);
const image = 'example.com/proxy:1';

describe('what the API server would refuse of a pod is refused here', () => {
  test.each<[string, Parameters<typeof statefulSet>[0], string, string]>([
    [
      'two volumes of one name',
      {
        volumes: [
          { name: 'lora', emptyDir: {} },
          { name: 'lora', emptyDir: {} },
        ],
      },
      'volumes\n  The volume lora is given twice.',
      'Keep one, or give the other another name.',
    ],
    [
      'a volume where the weights are',
      {
        volumes: [{ name: 'own', emptyDir: {} }],
        volumeMounts: [{ name: 'own', mountPath: '/opt/nim/.cache/' }],
      },
      'volumes\n  Two volumes are mounted at /opt/nim/.cache: model-cache and own.',
      'Mount one of them elsewhere.',
    ],
    [
      'a cache over shared memory',
      { cachePath: '/dev/shm' },
      'volumes\n  Two volumes are mounted at /dev/shm: model-cache and shm.',
      'Mount one of them elsewhere.',
    ],
    [
      'a cache at no absolute path',
      { cachePath: 'models' },
      'volumes\n  The volume model-cache is mounted at "models", which is no absolute path.',
      'Begin it with "/".',
    ],
    [
      "a sidecar of the server's name",
      { sidecars: [{ name: 'nim', image }] },
      "names\n  Two containers of the pod are called nim, which is the server's name.",
      'Give each a name of its own.',
    ],
    [
      'two containers of one name',
      { initContainers: [{ name: 'proxy', image }], sidecars: [{ name: 'proxy', image }] },
      'names\n  Two containers of the pod are called proxy.',
      'Give each a name of its own.',
    ],
    [
      'a container whose name is none',
      { sidecars: [{ name: 'Proxy', image }] },
      'names\n  container "Proxy" is not an RFC 1123 label.',
      'Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.',
    ],
    [
      'a variable whose name is none',
      { env: { 'HF HOME': '/tmp' } },
      'names\n  "HF HOME" is not an environment variable\'s name.',
      'Use letters, digits and "_", not beginning with a digit.',
    ],
    [
      'a priority class whose name is none',
      { priorityClassName: 'High' },
      'names\n  priority class "High" is not an RFC 1123 subdomain (4 characters).',
      'Use lower-case letters, digits, "-" and "." only, at most 253 characters.',
    ],
    [
      'a runtime class whose name is none',
      { runtimeClassName: 'nvidia_cdi' },
      'names\n  runtime class "nvidia_cdi" is not an RFC 1123 subdomain (10 characters).',
      'Use lower-case letters, digits, "-" and "." only, at most 253 characters.',
    ],
    [
      'a pull secret whose name is none',
      { imagePullSecrets: ['My Mirror'] },
      'names\n  pull secret "My Mirror" is not an RFC 1123 subdomain (9 characters).',
      'Use lower-case letters, digits, "-" and "." only, at most 253 characters.',
    ],
    [
      'an annotation whose key is none',
      { podAnnotations: { 'a b': 'of any kind' } },
      'names\n  pod annotation key "a b" is not a label key.',
      'Use "name" or "dns.prefix/name", with a name of at most 63 letters, digits, "-", "_" or ".".',
    ],
    [
      'a preferred zone that no label can have',
      { preferredZones: ['zone a'] },
      'names\n  preferred zone "topology.kubernetes.io/zone" has the value "zone a", which is not a label value.',
      'Use a string of at most 63 letters, digits, "-", "_" or ".".',
    ],
  ])('%s', (_what, changes, message, remedy) => {
    expect(refused(changes).replace(/^\S+: /, '')).toBe(`${message}\n  ${remedy}`);
  });
});

test('additions that are right are silent', () => {
  expect(
    refused({
      volumes: [{ name: 'lora', emptyDir: {} }],
      volumeMounts: [
        { name: 'lora', mountPath: '/lora' },
        { name: 'model-cache', mountPath: '/weights' },
      ],
      initContainers: [{ name: 'fetch', image }],
      sidecars: [{ name: 'proxy', image }],
      env: { HF_HOME: '/tmp/hf' },
      priorityClassName: 'high',
      runtimeClassName: 'nvidia',
      imagePullSecrets: ['mirror.example'],
      podAnnotations: { 'example.com/owner': 'ML & friends, of any kind' },
      preferredZones: ['us-central1-a'],
    }),
  ).toBe('');
});
