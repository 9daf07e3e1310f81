import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-30';
import fc from 'fast-check';
import {
  CanaryStrategy,
  GatewayReference,
  GpuNodePool,
  InferenceApp,
  InferencePriorityClasses,
  InferenceQueue,
  InferenceService,
  ModelCache,
  ModelCredentials,
  ModelDownload,
  NetworkPeer,
  NimRuntime,
  SecretProvider,
  TenantNamespace,
  VllmRuntime,
} from '../../lib';
import { TOKENS } from '../support/tokens';

/** Marks a text that a user states; the property puts a token into one of them at a time. */
type Text = (usual: string) => string;

/** What the namespace asks of every container. */
const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

const pool = (text: Text) =>
  GpuNodePool.gke({
    name: text('gpupool'),
    machineType: 'g2-standard-8',
    maxNodes: 4,
    zones: [text('us-central1-a')],
    taints: [{ key: text('dedicated'), value: text('gpu'), effect: 'NoSchedule' }],
  });
const additions = (text: Text) => ({
  priorityClassName: text('gold'),
  runtimeClassName: text('nvidia'),
  cachePath: text('/cache'),
  imagePullSecrets: [text('mirror')],
  preferredZones: [text('us-central1-a')],
  env: { [text('MY_FLAG')]: text('on') },
  podLabels: { [text('tier')]: text('gold') },
  podAnnotations: { [text('note')]: text('reviewed') },
  volumes: [{ name: text('extra'), emptyDir: {} }],
  tolerations: [{ key: text('spot'), operator: 'Exists' }],
  initContainers: [{ name: text('prepare'), image: text('busybox:1.37'), args: [text('true')], securityContext }],
  sidecars: [
    {
      name: text('proxy'),
      image: text('envoy:v1'),
      command: [text('envoy')],
      args: ['--id', text('a')],
      securityContext,
    },
  ],
});

/** Programs that between them state every text that a user can. */
const PROGRAMS: Readonly<Record<string, (app: InferenceApp, text: Text) => void>> = {
  'a service on NIM with everything': (app, text) => {
    const gpus = pool(text);
    const nim = new TenantNamespace(app, text('nim'), { labels: { [text('team')]: text('ml') } });
    new InferenceService(nim, text('llama'), {
      ...additions(text),
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      servedModelName: text('llama'),
      runtime: new NimRuntime({ image: text('nvcr.io/nim/meta/llama3-8b-instruct:1.0.0') }),
      canary: {
        runtime: new NimRuntime({ image: text('nvcr.io/nim/meta/llama3-8b-instruct:1.1.0') }),
        step: 'prepared',
        strategy: CanaryStrategy.weightedTwins(),
      },
      nodePool: gpus,
      maxModelLen: 4096,
      cache: ModelCache.perReplica(Size.gibibytes(50), { storageClass: text('fast') }),
      credentials: ModelCredentials.ngc({
        secretStore: text('platform'),
        key: text('nim/key'),
        property: text('value'),
        secretName: text('ngc'),
        pullSecretName: text('pull'),
        generation: text('one'),
      }),
      route: {
        gateway: new GatewayReference({ name: text('edge'), namespace: text('gateways'), sectionName: text('https') }),
        hostname: text('llama.example.com'),
        paths: [text('/v1')],
      },
      network: {
        clients: [NetworkPeer.namespace(text('apps')), NetworkPeer.pods({ [text('app')]: text('chat') })],
        download: ModelDownload.hosts([text('api.ngc.nvidia.com')], { enforcedBy: 'cilium' }),
      },
    });
  },
  'vLLM with a claim and a vault': (app, text) => {
    const team = new TenantNamespace(app, 'team');
    new InferenceService(team, 'llama', {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      runtime: new VllmRuntime({ image: text('vllm/vllm-openai:v0.10.0') }),
      nodePool: pool((usual) => usual),
      maxModelLen: 4096,
      cache: ModelCache.claim(text('weights'), { subPath: text('llama') }),
      credentials: ModelCredentials.huggingFace({
        provider: SecretProvider.vault({ address: text('https://vault:8200'), role: text('nim') }),
        key: text('secret/data/hf'),
        property: text('token'),
        secretName: text('hf'),
        generation: text('one'),
      }),
      waivers: { 'artifact-pinning': text('the mirror keeps one revision only') },
      network: { clients: [NetworkPeer.namespace('apps')] },
    });
  },
  'a tenant with everything, and objects of its own': (app, text) => {
    new InferencePriorityClasses(new TenantNamespace(app, 'platform'), 'priorities', { prefix: text('inference') });
    const queue = new InferenceQueue(new TenantNamespace(app, 'queues'), 'queue', {
      name: text('gpus'),
      nodePools: [pool(text)],
    });
    const nim = new TenantNamespace(app, 'nim', {
      name: text('team'),
      gpuResourceName: text('nvidia.com/gpu'),
      gpus: 1,
      quota: {
        devices: { [text('nvidia.com/mig-1g.10gb')]: 1 },
        cpu: Cpu.units(8),
        storageByClass: { [text('fast')]: Size.gibibytes(1) },
      },
      podSecurityVersion: text('v1.36'),
      priorityClasses: [text('gold')],
      team: { viewers: [text('readers')], debuggers: [text('oncall')], deployers: [text('ci')] },
      flux: { serviceAccountName: text('flux') },
      queue: { clusterQueue: queue, name: text('online') },
    });
    new k8s.KubeConfigMap(nim, 'settings', { metadata: { name: text('settings') }, data: { [text('a')]: text('b') } });
    new k8s.KubeDeployment(nim, 'web', {
      metadata: { name: text('web'), annotations: { [text('note')]: text('hand-written') } },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'web', image: text('web:1'), env: [{ name: 'A', value: text('b') }], args: [text('-v')] },
            ],
          },
        },
      },
    });
  },
};

/** The manifests and the scorecard, or undefined when they were refused. */
function yamlOf(program: (app: InferenceApp, text: Text) => void, text: Text): string | undefined {
  const outdir = mkdtempSync(join(tmpdir(), 'tokens-'));
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const app = new InferenceApp({ outdir });
    program(app, text);
    app.synth();
    const files = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('');
  } catch {
    return undefined;
  } finally {
    stderr.mockRestore();
    rmSync(outdir, { recursive: true });
  }
}

/** A key of NVIDIA may look like the name of anything. */
const NAME_LIKE = `nvapi-${'a1b2c3d4e5f6'.repeat(3)}`;

describe.each(Object.keys(PROGRAMS))('%s', (name) => {
  const program = PROGRAMS[name]!;
  let texts = 0;
  const yaml = yamlOf(program, (usual) => {
    texts++;
    return usual;
  });

  test('is fine as it stands', () => {
    expect(yaml).toBeDefined();
    expect(texts).toBeGreaterThan(5);
  });

  test('lets no token through, whichever text it is put into', () => {
    const token = fc.oneof(fc.constantFrom(...Object.values(TOKENS)), fc.constant(NAME_LIKE));
    const place = fc.integer({ min: 0, max: texts - 1 });
    const around = fc.constantFrom(
      (one: string) => one,
      (one: string) => `a=${one}`,
      (one: string) => `/${one}/b`,
    );
    fc.assert(
      fc.property(place, token, around, (at, secret, wrap) => {
        let asked = 0;
        const written = yamlOf(program, (usual) => (asked++ === at ? wrap(secret) : usual));
        if (written?.includes(secret)) throw new Error(`text ${at} was written as it is: ${secret.slice(0, 8)}…`);
      }),
      { numRuns: 250, seed: Number(process.env.PROPERTY_SEED ?? 7) },
    );
  });
});
