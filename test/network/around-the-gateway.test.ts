import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceApp, ModelCache, NetworkPeer, NimRuntime, VllmRuntime } from '../../lib';
import { Platform } from '../checks/platform';
import { H100 } from '../support/pools';
import { Manifest } from '../support/yaml-of';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: string[];
  }[];
}
interface Ingress {
  readonly from?: readonly object[];
  readonly ports?: readonly { readonly port: number }[];
}

const selects = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => {
    if (operator !== 'In') throw new Error(`${operator} is not read here`);
    return values.includes(labels[key] ?? '');
  });

/** Every pod template of the manifests, by the object that has it. */
function podsOf(manifests: readonly Manifest[]): { name: string; labels: Labels; ports: number[] }[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const templates = [
      spec?.template,
      spec?.leaderWorkerTemplate?.leaderTemplate,
      spec?.leaderWorkerTemplate?.workerTemplate,
    ];
    return templates
      .filter((template) => template?.spec !== undefined)
      .map((template) => ({
        name: `${kind} ${metadata.name}`,
        labels: template.metadata.labels as Labels,
        ports: template.spec.containers.flatMap((container: { ports?: { containerPort: number }[] }) =>
          (container.ports ?? []).map(({ containerPort }) => containerPort),
        ) as number[],
      }));
  });
}

/** Who may reach a port of the pods: peers as the policies write them; undefined when no policy is about the pods. */
function callers(manifests: readonly Manifest[], labels: Labels, port: number): object[] | undefined {
  const policies = manifests.filter(
    ({ kind, spec }) =>
      kind === 'NetworkPolicy' && spec.policyTypes.includes('Ingress') && selects(spec.podSelector, labels),
  );
  if (policies.length === 0) return undefined;
  return policies
    .flatMap(({ spec }) => (spec.ingress ?? []) as Ingress[])
    .filter(({ ports }) => ports === undefined || ports.some((one) => one.port === port))
    .flatMap(({ from }) => from ?? [{ anybody: true }]);
}

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'around-the-gateway-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** The reference platform, with one change and without monitoring: what reads metrics reaches the same port. */
function manifestsOf(change: (platform: Platform) => void = () => undefined): readonly Manifest[] {
  const platform = new Platform(outdir);
  platform.service.network = {};
  platform.service.monitoring = undefined;
  platform.service.slo = undefined;
  change(platform);
  return (platform.finish() as InferenceApp).manifests().map(({ manifest }) => manifest as Manifest);
}

const GATEWAY = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'envoy-gateway-system' } },
  podSelector: {
    matchLabels: {
      'gateway.envoyproxy.io/owning-gateway-name': 'edge',
      'gateway.envoyproxy.io/owning-gateway-namespace': 'envoy-gateway-system',
    },
  },
};

const VLLM = new VllmRuntime({ image: 'vllm/vllm-openai:v0.20.0' });

describe('where a route asks for a key, no other way leads to the server', () => {
  test.each<[string, (platform: Platform) => void]>([
    ['one version', () => undefined],
    [
      'a canary, which the same keys open',
      ({ service }) => {
        service.canary = {
          runtime: new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.1.0' }),
          step: 'prepared',
        };
      },
    ],
    [
      'another server',
      ({ service }) => {
        service.runtime = VLLM;
        service.credentials = undefined;
      },
    ],
    [
      'a copy over two machines, whose pods reach each other',
      ({ service, tenant }) => {
        tenant.gpus = 16;
        service.model = 'meta-llama/Llama-3.1-70B-Instruct';
        service.runtime = VLLM;
        service.credentials = undefined;
        service.nodePool = H100;
        service.tensorParallelSize = 8;
        service.pipelineParallelSize = 2;
        service.cache = ModelCache.claim('weights', { readOnly: true, filled: true });
      },
    ],
  ])('%s', (_, change) => {
    const manifests = manifestsOf(change);
    expect(manifests.filter(({ kind }) => kind === 'SecurityPolicy')).toHaveLength(1);
    const pods = podsOf(manifests);
    expect(pods.length).toBeGreaterThan(0);
    // Workers of a group open none themselves; they are asked for those of their leader.
    const ports = new Set(pods.flatMap((pod) => pod.ports));
    expect(ports.size).toBeGreaterThan(0);
    for (const { labels } of pods) {
      for (const port of ports) {
        const strangers = callers(manifests, labels, port)?.filter(
          (peer) => JSON.stringify(peer) !== JSON.stringify(GATEWAY) && !isOneOf(peer, pods),
        );
        expect(strangers).toEqual([]);
      }
    }
    const services = manifests.filter(({ kind }) => kind === 'Service');
    expect(services.map(({ spec }) => spec.type ?? 'ClusterIP')).toEqual(services.map(() => 'ClusterIP'));
  });

  test('what names another way is found here, and warned of', () => {
    const chat = NetworkPeer.namespace('chat');
    const manifests = manifestsOf(({ service }) => {
      service.network = { clients: [chat] };
    });
    const [pod] = podsOf(manifests);
    expect(callers(manifests, pod!.labels, 8000)).toEqual([GATEWAY, chat.toPeer()]);
  });

  test('without a policy everybody is let in', () => {
    const manifests = manifestsOf(({ service, tenant }) => {
      service.network = false;
      tenant.defaultDeny = false;
    });
    const [pod] = podsOf(manifests);
    expect(callers(manifests, pod!.labels, 8000)).toBeUndefined();
  });
});

/** Pods of the same service, which hold the same model. */
function isOneOf(
  peer: { podSelector?: Selector; namespaceSelector?: object },
  pods: readonly { labels: Labels }[],
): boolean {
  const { podSelector, namespaceSelector } = peer;
  return (
    namespaceSelector === undefined &&
    Object.keys(podSelector?.matchLabels ?? {}).length > 0 &&
    pods.some(({ labels }) => selects(podSelector!, labels))
  );
}
