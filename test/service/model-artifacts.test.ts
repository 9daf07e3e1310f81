import { App, Size } from 'cdk8s';
import { DownloadCredentials } from '../../lib/model/download-credentials';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelSource } from '../../lib/model/model-source';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService, InferenceServiceProps } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { refusalsOf } from '../support/messages';
import { L4 } from '../support/pools';
import { inventoryOf, manifestOf, yamlOf } from '../support/yaml-of';

const vllm = (version: string) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}@sha256:${'0'.repeat(64)}` as string });

const services = (...changes: Partial<InferenceServiceProps>[]) => {
  const tenant = new TenantNamespace(new App(), 'nim');
  changes.forEach((change, at) => {
    new InferenceService(tenant, `llama-${at + 1}`, {
      model: 'meta-llama/Meta-Llama-3-8B-Instruct',
      maxModelLen: 8192,
      runtime: vllm('0.11.0'),
      nodePool: L4,
      network: { clients: [] },
      ...change,
    });
  });
  return tenant;
};

const GCS = ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama' }), {
  checksum: 'ab'.repeat(32),
  credentials: DownloadCredentials.workloadIdentity(),
});

test('a download opens the way that its init container takes, and GKE tells it who it is', () => {
  const tenant = services({ artifact: GCS });
  const egress = JSON.stringify(manifestOf(tenant, 'NetworkPolicy', 'llama-1').spec.egress);
  expect(egress).toContain('0.0.0.0/0');
  expect(egress).toContain('169.254.169.252/32');
});

test('by name, where the cluster enforces names: the hosts of the bucket, not those of the server', () => {
  const tenant = services({ artifact: GCS, network: { clients: [], downloadHostsEnforcedBy: 'gke-fqdn' } });
  expect(yamlOf(tenant, 'FQDNNetworkPolicy', 'llama-1', 'spec.egress')).toMatchInlineSnapshot(`
egress:
  - matches:
      - name: storage.googleapis.com
      - name: oauth2.googleapis.com
      - name: sts.googleapis.com
    ports:
      - port: 443
        protocol: TCP
`);
});

test("a bucket that GKE's driver mounts is reached from inside the pod", () => {
  const tenant = services({ artifact: ModelArtifact.gcsFuse({ bucket: 'weights' }) });
  const egress = JSON.stringify(manifestOf(tenant, 'NetworkPolicy', 'llama-1').spec.egress);
  expect(egress).toContain('0.0.0.0/0');
  expect(egress).toContain('169.254.169.252/32');
});

test('one claim for both tracks, which Flux keeps', () => {
  const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });
  const cache = ModelCache.shared(undefined, { storageClass: 'filestore' });
  const tenant = services({
    cache,
    route: { gateway: edge, hostname: 'llama.example.com' },
    canary: { runtime: vllm('0.11.1'), step: 'smoke' },
  });
  expect(inventoryOf(tenant).match(/PersistentVolumeClaim .*/g)).toEqual(['PersistentVolumeClaim llama-1-model-cache']);
  expect(yamlOf(tenant, 'PersistentVolumeClaim', 'llama-1-model-cache', 'metadata', 'spec')).toMatchInlineSnapshot(`
metadata:
  name: llama-1-model-cache
  namespace: nim
  annotations:
    kustomize.toolkit.fluxcd.io/prune: disabled
spec:
  accessModes:
    - ReadWriteMany
  storageClassName: filestore
  resources:
    requests:
      storage: 20Gi
`);
});

test('another revision of the weights is released like another server', () => {
  const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });
  const tuned = ModelArtifact.claim('weights', { subPath: 'llama3-8b-tuned' });
  const serving = (step: 'smoke' | 'promote') => {
    const tenant = services({
      artifact: ModelArtifact.claim('weights', { subPath: 'llama3-8b' }),
      route: { gateway: edge, hostname: 'llama.example.com' },
      canary: { runtime: vllm('0.11.0'), artifact: tuned, step },
    });
    return ['llama-1', 'llama-1-canary'].map((name) =>
      manifestOf(tenant, 'StatefulSet', name)
        .spec.template.spec.containers[0].volumeMounts.filter(
          ({ mountPath }: { mountPath: string }) => mountPath === '/models',
        )
        .map(({ subPath }: { subPath: string }) => subPath)
        .join(),
    );
  };
  expect(serving('smoke')).toEqual(['llama3-8b', 'llama3-8b-tuned']);
  expect(serving('promote')).toEqual(['llama3-8b-tuned', 'llama3-8b-tuned']);
});

test('services share a claim of one name, when they want the same', () => {
  const shared = (size: Size) => ({ cache: ModelCache.shared(size, { claimName: 'weights' }) });
  expect(refusalsOf(services(shared(Size.gibibytes(50)), shared(Size.gibibytes(50))))).toBe('');
  expect(refusalsOf(services(shared(Size.gibibytes(50)), shared(Size.gibibytes(100))), 'model-cache'))
    .toMatchInlineSnapshot(`
nim/llama-2/stable: model-cache
  Two services of this chart want the claim weights differently: 51200 MiB of the default storage class, and 102400 MiB of the default storage class.
  Give both the same ModelCache, or one of them another claimName.
`);
});
