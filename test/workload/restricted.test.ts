import { App, Chart, Size } from 'cdk8s';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import {
  DownloadCredentials,
  ImagePrePull,
  InferenceService,
  ModelArtifact,
  ModelCache,
  ModelCacheWarmer,
  ModelCredentials,
  ModelSource,
  SglangRuntime,
  VllmRuntime,
} from '../../lib';
import { CONTRACT, deployment, GROUP_CONTRACT, leaderWorkerSet, statefulSet } from '../support/services';
import { L4, POOLS } from '../support/pools';
import { Manifest, manifestsOf } from '../support/yaml-of';

interface Container {
  readonly name: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly privileged?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: string[]; readonly add?: string[] };
  };
  readonly ports?: readonly { readonly hostPort?: number }[];
}

/** Volumes of the restricted level (kubernetes.io, "Pod Security Standards"). */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** What the restricted level, and ours on top of it, has against a pod. `mustWrite` names containers whose image writes to itself. */
function broken(pod: Manifest['spec'], mustWrite: readonly string[] = []): string[] {
  const { securityContext: own = {} } = pod;
  const containers = [...(pod.initContainers ?? []), ...pod.containers] as Container[];
  const rules: [boolean, string][] = [
    [own.runAsNonRoot === true && own.runAsUser > 0, 'runs as root'],
    [own.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile'],
    [pod.automountServiceAccountToken === false, 'mounts a token'],
    [pod.enableServiceLinks === false, 'has service links'],
    [!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'is in a namespace of the host'],
    [
      (pod.volumes ?? []).every((volume: object) =>
        Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key)),
      ),
      'has a volume of the host',
    ],
    ...containers.flatMap(({ name, securityContext: its = {}, ports = [] }): [boolean, string][] => [
      [its.allowPrivilegeEscalation === false && !its.privileged, `${name} may become root`],
      [its.capabilities?.drop?.includes('ALL') === true && !its.capabilities.add, `${name} has capabilities`],
      [its.readOnlyRootFilesystem === true || mustWrite.includes(name), `${name} writes to its image`],
      [ports.every(({ hostPort }) => hostPort === undefined), `${name} takes a port of the host`],
    ]),
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

/** Pods of every controller, by its kind and name. */
function podsOf(manifests: readonly Manifest[]): [string, Manifest['spec']][] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const group = spec?.leaderWorkerTemplate ?? {};
    return [spec?.template, group.leaderTemplate, group.workerTemplate].flatMap((template) =>
      template?.spec === undefined ? [] : [[`${kind} ${metadata.name}`, template.spec] as [string, Manifest['spec']]],
    );
  });
}

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => join(folder, path));

test('every pod of dist/', () => {
  const manifests = files(join(__dirname, '..', '..', 'dist')).flatMap((path) =>
    parseAllDocuments(readFileSync(path, 'utf8')).map((one) => one.toJS() as Manifest),
  );
  const pods = podsOf(manifests);
  expect(pods.length).toBeGreaterThan(0);
  for (const [name, pod] of pods) expect([name, ...broken(pod, ['nim'])]).toEqual([name]);
});

const vllm = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' });
const bucket = ModelArtifact.download(ModelSource.s3({ bucket: 'weights', key: 'llama', region: 'eu-west-1' }), {
  checksum: 'f'.repeat(64),
  credentials: DownloadCredentials.secret('bucket'),
});

function chartWith(build: (chart: Chart) => void): Chart {
  const chart = new Chart(new App(), 'models', { namespace: 'models' });
  build(chart);
  return chart;
}

const service = (props: object) =>
  chartWith((chart) => {
    new InferenceService(chart, 'llama', {
      ...CONTRACT,
      credentials: ModelCredentials.huggingFace({ secretName: 'hf' }),
      nodePool: POOLS['GKE, eight nodes'],
      network: { clients: [] },
      ...props,
      runtime: vllm,
    });
  });

describe('pods of every kind', () => {
  test.each<[string, () => Chart, string[]?]>([
    ['StatefulSet', () => statefulSet().chart, ['nim']],
    ['Deployment', () => deployment().chart, ['nim']],
    ['LeaderWorkerSet', () => leaderWorkerSet().chart, ['nim']],
    ['a group of vLLM', () => leaderWorkerSet({ ...GROUP_CONTRACT, runtime: vllm }).chart],
    [
      'SGLang',
      () =>
        statefulSet({ runtime: new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.2' }), credentials: undefined }).chart,
    ],
    ['an init container that downloads', () => service({ artifact: bucket })],
    [
      'a Job that fills a cache, and a service that waits for it',
      () =>
        chartWith((chart) => {
          const warmer = new ModelCacheWarmer(chart, 'weights', {
            artifact: bucket,
            cache: ModelCache.shared(Size.gibibytes(20)),
          });
          new InferenceService(chart, 'llama', {
            ...CONTRACT,
            credentials: undefined,
            runtime: vllm,
            artifact: warmer.artifact,
            cache: warmer.cache,
            network: { clients: [] },
          });
        }),
    ],
    [
      'images that are pulled before',
      () =>
        chartWith(
          (chart) => void new ImagePrePull(chart, 'images', { nodePool: L4, images: ['example.com/server:1'] }),
        ),
    ],
    ['prefill, decode and their router', () => service({ prefill: { router: { image: 'example.com/router:1' } } })],
  ])('%s', (_, make, mustWrite = []) => {
    const pods = podsOf(manifestsOf(make()));
    expect(pods.length).toBeGreaterThan(0);
    for (const [name, pod] of pods) expect([name, ...broken(pod, mustWrite)]).toEqual([name]);
  });
});

test('what breaks it is found', () => {
  const { chart } = statefulSet({
    sidecars: [{ name: 'shell', image: 'example.com/shell:1', ports: [{ containerPort: 22, hostPort: 22 }] }],
  });
  const [[, pod]] = podsOf(manifestsOf(chart)) as [[string, Manifest['spec']]];
  expect(broken(pod)).toEqual([
    'nim writes to its image',
    'shell may become root',
    'shell has capabilities',
    'shell writes to its image',
    'shell takes a port of the host',
  ]);
  expect(broken({ containers: [], volumes: [{ name: 'host', hostPath: { path: '/' } }], hostPID: true })).toEqual([
    'runs as root',
    'has no seccomp profile',
    'mounts a token',
    'has service links',
    'is in a namespace of the host',
    'has a volume of the host',
  ]);
});
