import { join } from 'node:path';
import '../support/plain-text';
import { MAIN, poolsOfMain } from '../support/reference-platform';
import { Manifest } from '../support/yaml-of';
import {
  apply,
  attempt,
  commit,
  forget,
  get,
  gone,
  kubectl,
  list,
  LiveObject,
  namesOf,
  serves,
  until,
} from './cluster';
import { DIST, FOLDERS, manifests, scorecard, TEAMS, templateOf, workloads } from './dist';
import { bring, gpusOf } from './growing-pool';
import { leavesOf } from './leaves';
import { nodeOf } from './nodes';
import { folder } from './synthesized';

/** A claim as a team fills it before it serves from it: files that many nodes mount, and none writes. */
const claim = (namespace: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace, name },
  spec: {
    accessModes: ['ReadOnlyMany'],
    storageClassName: 'standard-rwx',
    resources: { requests: { storage: '1Ti' } },
  },
});

/** One for each replica, and two for the group of two. */
const PODS = 8;

/** Every pool but that of the cluster's own nodes, with all the nodes that it may have. */
const NODES = poolsOfMain(MAIN)
  .filter(({ name }) => name !== 'gpupool')
  .flatMap((pool) => Array.from({ length: pool.maxNodes }, (_, at) => nodeOf(pool, `${pool.name}-a-${at + 1}`)));

/** `namespace/name` of every pod of the teams. */
const allPods = async (): Promise<Map<string, LiveObject>> => {
  const pods = (await Promise.all(TEAMS.map((team) => list(team, 'pods')))).flat();
  return new Map(pods.map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, pod]));
};
const told = () => kubectl('get', 'pods,pvc,events', '-A', '-o', 'wide');

describe('dist/ as it is committed', () => {
  let pods: ReadonlyMap<string, LiveObject>;
  let healthy: Promise<string>;
  const poolOf = async (pod: LiveObject): Promise<string> => {
    const { labels } = (await get('default', 'node', pod.spec.nodeName as string)).metadata;
    return labels!['cloud.google.com/gke-nodepool']!;
  };

  beforeAll(async () => {
    const tenants = folder();
    await attempt('cp', ['-r', ...FOLDERS.slice(0, 2).map((name) => join(DIST, name)), tenants]);
    await commit('dist', tenants);
    await apply(claim('chat', 'adapters'), claim('chat', 'llama3-405b'), claim('search', 'sentiment'));
    await commit('dist', DIST);
    await until('every pod is made', async () => (await allPods()).size === PODS, told);
    for (const node of NODES) await bring(node, async () => (await allPods()).values());
    // Half a minute at least, which others use meanwhile.
    healthy = commit('dist', DIST, { healthy: true });
    healthy.catch(() => undefined);
    pods = await until(
      'every pod serves',
      async () => {
        const all = await allPods();
        return all.size === PODS && [...all.values()].every(serves) && all;
      },
      told,
    );
  }, 240_000);
  afterAll(async () => {
    await forget('dist', ...TEAMS);
    await gone(...TEAMS);
    await kubectl('delete', 'node', '--ignore-not-found', ...NODES.map((node) => (node as Manifest).metadata.name));
  });

  test('every object of it is there, and these pods are made of it; the candidate of a release has none', async () => {
    const there = await kubectl('get', '-o', 'name', '-R', ...FOLDERS.flatMap((name) => ['-f', join(DIST, name)]));
    expect(there.trim().split('\n')).toHaveLength(manifests.length);
    expect([...pods.keys()].sort().join('\n')).toMatchInlineSnapshot(`
     chat/llama3-1-8b-0
     chat/llama3-405b-0
     chat/llama3-405b-0-1
     chat/llama3-70b-0
     chat/qwen-14b-0
     nim/llama3-8b-0
     search/embed-0
     search/sentiment-0
    `);
  });

  test('the claims that it expects are those that the test has made', async () => {
    const mounted = [...pods.values()].flatMap(({ metadata, spec }) =>
      (spec.volumes as { persistentVolumeClaim?: { claimName: string } }[])
        .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
        .filter((name) => !name.startsWith('model-cache-'))
        .map((name) => `${metadata.namespace}/${name}`),
    );
    expect([...new Set(mounted)].sort()).toEqual(['chat/adapters', 'chat/llama3-405b', 'search/sentiment']);
  });

  test('every pod is on a pool that its service states, and each pool has as many nodes in use as the plan says', async () => {
    const inUse = new Map<string, Set<string>>();
    const gpus = new Map<string, number>();
    for (const { namespace, name, tracks } of scorecard.services) {
      const own = [...pods.values()].filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.labels!['app.kubernetes.io/instance'] === name,
      );
      expect(own).toHaveLength(
        tracks.reduce((sum, { replicas, podsPerReplica = 1 }) => sum + replicas * podsPerReplica, 0),
      );
      for (const pod of own) {
        const pool = await poolOf(pod);
        expect(tracks[0]!.pools).toContain(pool);
        inUse.set(pool, (inUse.get(pool) ?? new Set()).add(pod.spec.nodeName as string));
        gpus.set(pool, (gpus.get(pool) ?? 0) + gpusOf(pod));
      }
    }
    expect(scorecard.pools.map(({ name }) => [name, inUse.get(name)?.size, gpus.get(name)])).toEqual(
      scorecard.pools.map((pool) => [pool.name, pool.nodes, pool.gpus]),
    );
  });

  test('70B, 14B and 8B share the GPUs of one machine, and the group of two has two whole ones', () => {
    const on = (name: string) => pods.get(`chat/${name}`)!.spec.nodeName as string;
    const shared = on('llama3-70b-0');
    expect([on('qwen-14b-0'), on('llama3-1-8b-0')]).toEqual([shared, shared]);
    expect(new Set([shared, on('llama3-405b-0'), on('llama3-405b-0-1')]).size).toBe(3);
    expect([gpusOf(pods.get('chat/llama3-405b-0')!), gpusOf(pods.get('chat/llama3-405b-0-1')!)]).toEqual([8, 8]);
  });

  test('two services share the slices of one GPU', () => {
    const nodes = ['embed-0', 'sentiment-0'].map((name) => pods.get(`search/${name}`)!.spec.nodeName as string);
    expect(nodes).toEqual(['a100-slices-a-1', 'a100-slices-a-1']);
  });

  test('the quotas count what the scorecard says, and the rest of them is used to the last', async () => {
    for (const { namespace, resourceName, gpus, declaredGpus } of scorecard.quotas) {
      const { hard, used } = (await get(namespace, 'resourcequota', 'quota')).status;
      const device = `requests.${resourceName}`;
      expect([namespace, hard[device], used[device]]).toEqual([namespace, `${gpus}`, `${declaredGpus}`]);
      // Those of nim and chat have room for the candidate of a release, and for the most replicas of a scaler.
      if (namespace === 'search') expect({ ...used, [device]: hard[device] }).toEqual(hard);
    }
  });

  test('the disk of a replica is bound in the zone of its node', async () => {
    const disks = (await Promise.all(TEAMS.map((team) => list(team, 'persistentvolumeclaims')))).flat();
    expect(namesOf(disks.filter(({ spec }) => spec.accessModes[0] === 'ReadWriteOnce'))).toEqual([
      'model-cache-embed-0',
      'model-cache-llama3-1-8b-0',
      'model-cache-llama3-70b-0',
      'model-cache-llama3-8b-0',
      'model-cache-qwen-14b-0',
    ]);
    for (const { spec, status } of disks) {
      expect(status.phase).toBe('Bound');
      if (spec.accessModes[0] !== 'ReadWriteOnce') continue;
      const volume = await get('default', 'persistentvolume', spec.volumeName as string);
      expect(JSON.stringify(volume.spec.nodeAffinity)).toContain('us-central1-a');
    }
  });

  test('the API server warns of nothing, neither of Pod Security nor of anything else', async () => {
    // Not dist/ as a whole: kubectl takes the scorecard's .json for a manifest, which Flux does not.
    const again = [
      ...['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-R'],
      ...FOLDERS.flatMap((name) => ['-f', join(DIST, name)]),
    ];
    expect(await attempt('kubectl', again)).toMatchObject({ ok: true, stderr: '' });
  });

  describe('the InferencePolicy, which judges what is new', () => {
    const made = (object: Manifest) =>
      attempt('kubectl', ['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
    const anew = (object: Manifest): Manifest => ({
      ...object,
      metadata: { ...object.metadata, name: `${object.metadata.name}-anew` },
    });

    test.each(workloads.map((object) => ({ at: `${object.metadata.namespace}/${object.metadata.name}`, object })))(
      'warns of nothing in $at',
      async ({ object }) => {
        expect(await made(anew(object))).toMatchObject({ ok: true, stderr: '' });
      },
    );

    test('and it would warn: of an image from elsewhere', async () => {
      const text = JSON.stringify(workloads.find(({ kind }) => kind === 'LeaderWorkerSet')!);
      const other = JSON.parse(text.replaceAll('"vllm/vllm-openai:', '"ghcr.io/somebody/vllm:')) as Manifest;
      const { ok, stderr } = await made(anew(other));
      expect({ ok, stderr }).toEqual({
        ok: true,
        stderr: expect.stringContaining('image-registry: the container vllm runs ghcr.io/somebody/vllm:v0.18.1.'),
      });
    });

    test('Pod Security refuses a pod of root in the same namespace', async () => {
      const root = ['-n', 'nim', 'run', 'root', '--image=nginx', '--dry-run=server'];
      const { ok, stderr } = await attempt('kubectl', root);
      expect({ ok, stderr }).toEqual({
        ok: false,
        stderr: expect.stringContaining('violates PodSecurity "restricted'),
      });
    });
  });

  test('what we say of the pods is what they are', () => {
    const changed = [...pods].flatMap(([name, pod]) => {
      const live = leavesOf(pod.spec);
      return (
        [...leavesOf(templateOf(pod).spec)]
          // The API server leaves out a text of nothing.
          .filter(([path, value]) => (live.get(path) ?? '""') !== value)
          .map(([path, value]) => `${name} ${path}: ${value}, not ${live.get(path)}`)
      );
    });
    expect(changed).toEqual([]);
    for (const pod of pods.values()) expect(pod.metadata.labels).toMatchObject(templateOf(pod).metadata.labels!);
  });

  test('and the rest are defaults, those of the API server and of the controllers', () => {
    const added = [...pods.values()].flatMap((pod) => {
      const ours = leavesOf(templateOf(pod).spec);
      const instance = pod.metadata.labels!['app.kubernetes.io/instance']!;
      const anywhere = (text: string) => text.replaceAll(pod.metadata.name, 'POD').replaceAll(instance, 'SERVICE');
      return [...leavesOf(pod.spec)]
        .filter(([path]) => path !== 'nodeName' && !ours.has(path))
        .map(([path, value]) => anywhere(`${path.replace(/^((?:initC|c)ontainers)\.[^.]+/, '$1.*')}: ${value}`));
    });
    expect([...new Set(added)].sort().join('\n')).toMatchInlineSnapshot(`
     containers.*.env.LWS_GROUP_SIZE.name: "LWS_GROUP_SIZE"
     containers.*.env.LWS_GROUP_SIZE.value: "2"
     containers.*.env.LWS_LEADER_ADDRESS.name: "LWS_LEADER_ADDRESS"
     containers.*.env.LWS_LEADER_ADDRESS.value: "POD.POD.chat"
     containers.*.env.LWS_LEADER_ADDRESS.value: "SERVICE-0.SERVICE-0.chat"
     containers.*.env.LWS_WORKER_INDEX.name: "LWS_WORKER_INDEX"
     containers.*.env.LWS_WORKER_INDEX.value: "0"
     containers.*.env.LWS_WORKER_INDEX.value: "1"
     containers.*.env.VLLM_HOST_IP.valueFrom.fieldRef.apiVersion: "v1"
     containers.*.livenessProbe.httpGet.scheme: "HTTP"
     containers.*.livenessProbe.successThreshold: 1
     containers.*.readinessProbe.grpc.service: ""
     containers.*.readinessProbe.httpGet.scheme: "HTTP"
     containers.*.readinessProbe.successThreshold: 1
     containers.*.startupProbe.grpc.service: ""
     containers.*.startupProbe.httpGet.scheme: "HTTP"
     containers.*.startupProbe.successThreshold: 1
     containers.*.terminationMessagePath: "/dev/termination-log"
     containers.*.terminationMessagePolicy: "File"
     dnsPolicy: "ClusterFirst"
     hostname: "POD"
     initContainers.*.terminationMessagePath: "/dev/termination-log"
     initContainers.*.terminationMessagePolicy: "File"
     preemptionPolicy: "PreemptLowerPriority"
     priority: 0
     restartPolicy: "Always"
     schedulerName: "default-scheduler"
     serviceAccount: "SERVICE"
     subdomain: "POD"
     subdomain: "SERVICE-0"
     subdomain: "SERVICE-headless"
     tolerations.node.kubernetes.io/not-ready.effect: "NoExecute"
     tolerations.node.kubernetes.io/not-ready.key: "node.kubernetes.io/not-ready"
     tolerations.node.kubernetes.io/not-ready.operator: "Exists"
     tolerations.node.kubernetes.io/not-ready.tolerationSeconds: 300
     tolerations.node.kubernetes.io/unreachable.effect: "NoExecute"
     tolerations.node.kubernetes.io/unreachable.key: "node.kubernetes.io/unreachable"
     tolerations.node.kubernetes.io/unreachable.operator: "Exists"
     tolerations.node.kubernetes.io/unreachable.tolerationSeconds: 300
     volumes.model-cache.name: "model-cache"
     volumes.model-cache.persistentVolumeClaim.claimName: "model-cache-POD"
     volumes.server-files.configMap.defaultMode: 420
    `);
  });

  test('Flux finds all of it healthy', async () => {
    expect(await healthy).toMatch(/^Applied revision/);
  });

  test('the same commit once more changes no object', async () => {
    const kinds =
      'statefulsets,leaderworkersets,services,configmaps,httproutes,securitypolicies.gateway.envoyproxy.io,' +
      'backendtrafficpolicies,networkpolicies,externalsecrets,limitranges,poddisruptionbudgets,pods,' +
      'podmonitors,prometheusrules,scaledobjects';
    const versions = async () =>
      Object.fromEntries(
        (await Promise.all(TEAMS.map((team) => list(team, kinds))))
          .flat()
          .map(({ kind, metadata: { namespace, name, uid, generation, resourceVersion } }) => [
            `${kind} ${namespace}/${name}`,
            `${uid} ${generation ?? resourceVersion}`,
          ]),
      );
    const before = await versions();
    await commit('dist', DIST);
    expect(await versions()).toEqual(before);
    expect(Object.keys(before).length).toBeGreaterThan(40);
  });

  test('a commit without the services takes them away and leaves the weights', async () => {
    const claims = async () => namesOf((await Promise.all(TEAMS.map((team) => list(team, 'pvc')))).flat());
    const before = await claims();
    expect(before).toHaveLength(8);
    const rest = folder();
    await attempt('cp', ['-r', ...FOLDERS.slice(0, 3).map((name) => join(DIST, name)), rest]);
    await commit('dist', rest);
    await until('the pods are gone', async () => (await allPods()).size === 0, told);
    for (const team of TEAMS) {
      expect(namesOf(await list(team, 'statefulsets,leaderworkersets,services'))).toEqual([]);
      expect(await kubectl('get', 'namespace', team, '-o', 'name')).toBe(`namespace/${team}\n`);
    }
    expect(await claims()).toEqual(before);
  });
});
