import { App, Size } from 'cdk8s';
import { DownloadCredentials } from '../../lib/model/download-credentials';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelSource } from '../../lib/model/model-source';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService } from '../../lib/service/inference-service';
import { ModelCacheWarmer, ModelCacheWarmerProps } from '../../lib/service/model-cache-warmer';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { refusalsOf } from '../support/messages';
import { L4 } from '../support/pools';
import { inventoryOf, manifestOf, manifestsOf, partsOf, yamlOf } from '../support/yaml-of';

const MODEL = 'meta-llama/Meta-Llama-3-8B-Instruct';
const source = (key: string) => ModelSource.s3({ bucket: 'weights', key, region: 'us-east-1' });
const artifactOf = (key: string) =>
  ModelArtifact.download(source(key), {
    checksum: 'ab'.repeat(32),
    credentials: DownloadCredentials.secret('weights-reader'),
  });

const made = (changes: Partial<ModelCacheWarmerProps> = {}) => {
  const tenant = new TenantNamespace(new App(), 'nim');
  const warmer = new ModelCacheWarmer(tenant, 'weights', {
    model: MODEL,
    artifact: artifactOf('llama3-8b/1'),
    cache: ModelCache.shared(undefined, { storageClass: 'filestore' }),
    ...changes,
  });
  return { tenant, warmer };
};

const jobOf = (tenant: TenantNamespace) => manifestsOf(tenant).find(({ kind }) => kind === 'Job')!;

test('a Job that downloads into a claim which Flux keeps', () => {
  const { tenant } = made();
  const job = jobOf(tenant);
  const [container] = job.spec.template.spec.containers;
  container.args = ['…'];
  expect(partsOf({ Job: { metadata: job.metadata, spec: job.spec } }, 'Job')).toMatchInlineSnapshot(`
Job:
  metadata:
    name: weights-dfa687ff12
    namespace: nim
    labels:
      app.kubernetes.io/instance: weights
      app.kubernetes.io/name: model-cache-warmer
  spec:
    template:
      metadata:
        labels:
          app.kubernetes.io/instance: weights
          app.kubernetes.io/name: model-cache-warmer
      spec:
        restartPolicy: OnFailure
        serviceAccountName: weights
        automountServiceAccountToken: false
        enableServiceLinks: false
        containers:
          - name: download-model
            image: rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5
            imagePullPolicy: IfNotPresent
            command:
              - /bin/sh
              - "-c"
            args:
              - "…"
            env:
              - name: CACHE
                value: /model-cache
              - name: ARTIFACT
                value: "1-1a01fad75c68"
              - name: SHA256
                value: abababababababababababababababababababababababababababababababab
              - name: KEEP
                value: ""
              - name: HOME
                value: /tmp
              - name: SOURCE
                value: ":s3:weights/llama3-8b/1"
              - name: RCLONE_S3_PROVIDER
                value: AWS
              - name: RCLONE_S3_REGION
                value: us-east-1
              - name: RCLONE_S3_ENV_AUTH
                value: "true"
              - name: AWS_ACCESS_KEY_ID
                valueFrom:
                  secretKeyRef:
                    name: weights-reader
                    key: AWS_ACCESS_KEY_ID
              - name: AWS_SECRET_ACCESS_KEY
                valueFrom:
                  secretKeyRef:
                    name: weights-reader
                    key: AWS_SECRET_ACCESS_KEY
            resources:
              requests:
                cpu: "1"
                memory: 1Gi
                ephemeral-storage: 256Mi
              limits:
                memory: 1Gi
                ephemeral-storage: 256Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                  - ALL
              readOnlyRootFilesystem: true
            volumeMounts:
              - name: model-cache
                mountPath: /model-cache
              - name: download-tmp
                mountPath: /tmp
        volumes:
          - name: model-cache
            persistentVolumeClaim:
              claimName: weights
          - name: download-tmp
            emptyDir:
              sizeLimit: 256Mi
        securityContext:
          runAsNonRoot: true
          runAsUser: 1000
          runAsGroup: 1000
          fsGroup: 1000
          fsGroupChangePolicy: OnRootMismatch
          seccompProfile:
            type: RuntimeDefault
    backoffLimit: 12
`);
  expect(yamlOf(tenant, 'PersistentVolumeClaim', 'weights', 'metadata', 'spec')).toMatchInlineSnapshot(`
metadata:
  name: weights
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
  expect(yamlOf(tenant, 'NetworkPolicy', 'weights-download', 'spec.podSelector', 'spec.egress')).toMatchInlineSnapshot(`
podSelector:
  matchLabels:
    app.kubernetes.io/instance: weights
    app.kubernetes.io/name: model-cache-warmer
egress:
  - to:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: kube-system
        podSelector:
          matchLabels:
            k8s-app: kube-dns
      - ipBlock:
          cidr: "169.254.20.10/32"
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: kube-system
        podSelector:
          matchLabels:
            k8s-app: node-local-dns
    ports:
      - port: 53
        protocol: UDP
      - port: 53
        protocol: TCP
  - to:
      - ipBlock:
          cidr: "0.0.0.0/0"
          except:
            - "10.0.0.0/8"
            - "172.16.0.0/12"
            - "192.168.0.0/16"
            - "100.64.0.0/10"
            - "169.254.0.0/16"
    ports:
      - port: 443
        protocol: TCP
`);
});

test('another revision is another Job; the same is the same', () => {
  const names = ['llama3-8b/1', 'llama3-8b/1', 'llama3-8b/2'].map(
    (key) => jobOf(made({ artifact: artifactOf(key) }).tenant).metadata.name,
  );
  expect(names[0]).toMatch(/^weights-[0-9a-f]{10}$/);
  expect(names[1]).toBe(names[0]);
  expect(names[2]).not.toBe(names[0]);
});

test('a service that uses it waits, has no key, and reaches nothing', () => {
  const { tenant, warmer } = made();
  new InferenceService(tenant, 'llama', {
    model: MODEL,
    runtime: new VllmRuntime({ image: `vllm/vllm-openai:v0.11.0@sha256:${'0'.repeat(64)}` }),
    nodePool: L4,
    artifact: warmer.artifact,
    cache: warmer.cache,
    network: { clients: [] },
  });
  const pod = JSON.stringify(manifestOf(tenant, 'StatefulSet', 'llama').spec.template.spec);
  expect(pod).toContain('"name":"wait-for-model"');
  expect(pod).not.toContain('secretKeyRef');
  expect(manifestOf(tenant, 'NetworkPolicy', 'llama').spec.egress).toBeUndefined();
  expect(inventoryOf(tenant)).toContain('Job weights-');
});

test('what no Job can fill', () => {
  expect(refusalsOf(made({ cache: ModelCache.perReplica(Size.gibibytes(50)) }).tenant)).toMatchInlineSnapshot(`
nim/weights: model-cache
  A Job cannot fill a cache of the kind per-replica: other pods would not see it.
  Use ModelCache.shared(), or ModelCache.claim of a ReadWriteMany claim.
`);
  expect(refusalsOf(made({ cache: ModelCache.claim('weights', { readOnly: true }) }).tenant)).toMatchInlineSnapshot(`
nim/weights: model-cache
  model is to be downloaded into the claim weights, which is mounted read-only.
  Mount it writable, fill it with a ModelCacheWarmer, or use ModelArtifact.claim for what is on it already.
nim/weights: model-cache
  A Job cannot fill a cache that is mounted read-only: other pods would not see it.
  Use ModelCache.shared(), or ModelCache.claim of a ReadWriteMany claim.
`);
  expect(refusalsOf(made({ artifact: ModelArtifact.claim('other') }).tenant)).toMatchInlineSnapshot(`
nim/weights: artifact-source
  There is nothing to download: the artifact is of the kind claim.
  Use ModelArtifact.download(…).
`);
  expect(refusalsOf(made({ model: undefined }).tenant)).toMatchInlineSnapshot(`
nim/weights: model-cache
  The size of the shared cache cannot be derived: nobody described the model.
  State model, or the size: Size.gibibytes(50).
`);
  const hub = ModelSource.huggingFace({ repository: MODEL, revision: 'c'.repeat(40) });
  expect(refusalsOf(made({ artifact: ModelArtifact.download(hub) }).tenant)).toMatchInlineSnapshot(`
nim/weights: artifact-source
  hf://meta-llama/Meta-Llama-3-8B-Instruct@cccccccccccccccccccccccccccccccccccccccc takes a tool for which no image is known here.
  State image: for Hugging Face that of the server, for NGC one that holds ngc.
`);
});
