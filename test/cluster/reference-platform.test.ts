import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import '../support/plain-text';
import { Manifest } from '../support/yaml-of';
import { attempt, commit, find, forget, get, kubectl, list, LiveObject, namesOf, serving, until } from './cluster';
import { folder } from './synthesized';

const DIST = join(__dirname, '..', '..', 'dist');

const manifests: Manifest[] = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => parseAllDocuments(readFileSync(join(DIST, file), 'utf8')))
  .map((document) => document.toJS() as Manifest);
const committed = (kind: string, name: string) =>
  manifests.find((object) => object.kind === kind && object.metadata.name === name)!;

/** Paths of what `live` has and `ours` does not; a list is compared entry by entry. */
function additions(live: unknown, ours: unknown, path = ''): string[] {
  if (typeof live !== 'object' || live === null) return [];
  return Object.entries(live).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const mine = (ours as Record<string, unknown> | undefined)?.[key];
    return mine === undefined ? [`${at}: ${JSON.stringify(value)}`] : additions(value, mine, at);
  });
}

describe('dist/ as it is committed', () => {
  let pod: LiveObject;

  beforeAll(async () => {
    await commit('dist', DIST, { healthy: true });
    pod = await serving('nim', 'llama3-8b-0');
  });
  afterAll(() => forget('dist', 'nim'));

  test('every object of it is there, and nothing else is made of it', async () => {
    for (const { kind, metadata } of manifests) {
      expect(await find('nim', kind.toLowerCase(), metadata.name)).toMatchObject({ kind });
    }
    expect(namesOf(await list('nim', 'pods'))).toEqual(['llama3-8b-0']);
  });

  test('the server runs on a node of the pool and holds its GPU; the candidate has no pod', async () => {
    expect(pod.spec.nodeName).toMatch(/^gpupool-a-/);
    expect((await get('nim', 'statefulset', 'llama3-8b-canary')).spec.replicas).toBe(0);
    const quota = await get('nim', 'resourcequota', 'gpu');
    expect(quota.status).toEqual({
      hard: { 'requests.nvidia.com/gpu': '2' },
      used: { 'requests.nvidia.com/gpu': '1' },
    });
  });

  test('its disk is bound in the zone of its node', async () => {
    const claims = await list('nim', 'persistentvolumeclaims');
    expect(namesOf(claims)).toEqual(['model-cache-llama3-8b-0']);
    expect(claims[0]!.status.phase).toBe('Bound');
    const volume = await get('nim', 'persistentvolume', claims[0]!.spec.volumeName);
    expect(JSON.stringify(volume.spec.nodeAffinity)).toContain('us-central1-a');
  });

  test('the API server warns of nothing, neither of Pod Security nor of anything else', async () => {
    // Not dist/ as a whole: kubectl takes the scorecard's .json for a manifest, which Flux does not.
    const folders = readdirSync(DIST, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const again = [
      ...['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-R'],
      ...folders.flatMap(({ name }) => ['-f', join(DIST, name)]),
    ];
    expect(await attempt('kubectl', again)).toMatchObject({ ok: true, stderr: '' });
  });

  test('and it would warn: a pod of root in the same namespace', async () => {
    const root = ['-n', 'nim', 'run', 'root', '--image=nginx', '--dry-run=server'];
    const { ok, stderr } = await attempt('kubectl', root);
    expect({ ok, stderr }).toEqual({ ok: false, stderr: expect.stringContaining('violates PodSecurity "restricted') });
  });

  test('what we say of the pod is what it is, and the rest are defaults', () => {
    const { template } = committed('StatefulSet', 'llama3-8b').spec;
    const tolerations = pod.spec.tolerations.slice(template.spec.tolerations.length);
    const spec = { ...pod.spec, tolerations: pod.spec.tolerations.slice(0, template.spec.tolerations.length) };
    expect(spec).toMatchObject({ ...template.spec, volumes: expect.anything() });
    expect(pod.metadata.labels).toMatchObject(template.metadata.labels);
    delete spec.nodeName; // one of two
    spec.volumes = spec.volumes.filter(({ name }: { name: string }) => name !== 'model-cache');
    expect(additions(spec, template.spec).join('\n')).toMatchInlineSnapshot(`
     containers.0.livenessProbe.httpGet.scheme: "HTTP"
     containers.0.livenessProbe.successThreshold: 1
     containers.0.readinessProbe.httpGet.scheme: "HTTP"
     containers.0.readinessProbe.successThreshold: 1
     containers.0.startupProbe.httpGet.scheme: "HTTP"
     containers.0.startupProbe.successThreshold: 1
     containers.0.terminationMessagePath: "/dev/termination-log"
     containers.0.terminationMessagePolicy: "File"
     dnsPolicy: "ClusterFirst"
     hostname: "llama3-8b-0"
     preemptionPolicy: "PreemptLowerPriority"
     priority: 0
     restartPolicy: "Always"
     schedulerName: "default-scheduler"
     serviceAccount: "llama3-8b"
     subdomain: "llama3-8b-headless"
    `);
    expect(tolerations.map(({ key, effect }: { key: string; effect: string }) => `${key} ${effect}`)).toEqual([
      'node.kubernetes.io/not-ready NoExecute',
      'node.kubernetes.io/unreachable NoExecute',
    ]);
  });

  test('the same commit once more changes no object', async () => {
    const generations = async () =>
      Object.fromEntries(
        (await list('nim', 'statefulsets,httproutes,networkpolicies,externalsecrets,pods')).map(
          ({ kind, metadata: { name, uid, generation } }) => [`${kind} ${name}`, `${uid} ${generation}`],
        ),
      );
    const before = await generations();
    await commit('dist', DIST);
    expect(await generations()).toEqual(before);
  });

  test('a commit without the service takes it away and leaves the weights', async () => {
    const rest = folder();
    await attempt('cp', ['-r', `${DIST}/00-cluster`, `${DIST}/10-namespaces`, `${DIST}/20-secrets`, rest]);
    await commit('dist', rest);
    await until('the pod is gone', async () => (await list('nim', 'pods')).length === 0);
    expect(namesOf(await list('nim', 'statefulsets,services'))).toEqual([]);
    expect(namesOf(await list('nim', 'persistentvolumeclaims'))).toEqual(['model-cache-llama3-8b-0']);
    expect(await kubectl('get', 'namespace', 'nim', '-o', 'name')).toBe('namespace/nim\n');
  });
});
