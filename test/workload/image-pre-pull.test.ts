import { App, Chart } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ImagePrePull, ImagePrePullProps } from '../../lib/workload/image-pre-pull';
import { refusalsOf } from '../support/messages';
import { L4 } from '../support/pools';
import { inventoryOf, manifestOf, partsOf } from '../support/yaml-of';

const made = (changes: Partial<ImagePrePullProps> = {}) => {
  const chart = new Chart(new App(), 'nim', { namespace: 'nim' });
  new ImagePrePull(chart, 'servers', {
    nodePool: L4,
    images: ['nvcr.io/nim/meta/llama3-8b-instruct:1.0.0'],
    imagePullSecrets: ['ngc-registry'],
    ...changes,
  });
  return chart;
};

test('a DaemonSet that runs each image once and then sleeps: no GPU, no token, nothing to write', () => {
  const { spec } = manifestOf(made(), 'DaemonSet', 'servers');
  expect(inventoryOf(made())).toBe('DaemonSet servers');
  expect(partsOf(spec.template, 'spec')).toMatchInlineSnapshot(`
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  imagePullSecrets:
    - name: ngc-registry
  terminationGracePeriodSeconds: 1
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions:
              - key: cloud.google.com/gke-nodepool
                operator: In
                values:
                  - gpupool
              - key: cloud.google.com/gke-accelerator
                operator: In
                values:
                  - nvidia-l4
  tolerations:
    - key: nvidia.com/gpu
      operator: Exists
      effect: NoSchedule
  initContainers:
    - name: pull-1
      image: nvcr.io/nim/meta/llama3-8b-instruct:1.0.0
      imagePullPolicy: IfNotPresent
      command:
        - /bin/sh
        - "-c"
        - "true"
      env:
        - name: NVIDIA_VISIBLE_DEVICES
          value: void
      resources:
        requests:
          cpu: 1m
          memory: 16Mi
          ephemeral-storage: 16Mi
        limits:
          memory: 64Mi
          ephemeral-storage: 16Mi
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop:
            - ALL
        readOnlyRootFilesystem: true
  containers:
    - name: pause
      image: registry.k8s.io/pause:3.10.1@sha256:278fb9dbcca9518083ad1e11276933a2e96f23de604a3a08cc3c80002767d24c
      imagePullPolicy: IfNotPresent
      resources:
        requests:
          cpu: 1m
          memory: 16Mi
          ephemeral-storage: 16Mi
        limits:
          memory: 64Mi
          ephemeral-storage: 16Mi
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop:
            - ALL
        readOnlyRootFilesystem: true
  securityContext:
    runAsNonRoot: true
    runAsUser: 65535
    runAsGroup: 65535
    seccompProfile:
      type: RuntimeDefault
`);
});

test('it tolerates what the pool is tainted with', () => {
  const spot = GpuNodePool.gke({
    name: 'spot',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    taints: [{ key: 'team', value: 'ml', effect: 'NoSchedule' }],
  });
  expect(manifestOf(made({ nodePool: spot }), 'DaemonSet', 'servers').spec.template.spec.tolerations).toContainEqual({
    key: 'team',
    operator: 'Equal',
    value: 'ml',
    effect: 'NoSchedule',
  });
});

test('an image is pulled once, and an image without a shell by another command', () => {
  const image = 'example.com/server:1.0.0';
  const { initContainers } = manifestOf(
    made({ images: [image, image], command: ['/server', '--version'] }),
    'DaemonSet',
    'servers',
  ).spec.template.spec;
  expect(initContainers).toMatchObject([{ name: 'pull-1', image, command: ['/server', '--version'] }]);
});

test('what it cannot pull is refused', () => {
  expect(refusalsOf(made({ images: [] }))).toMatchInlineSnapshot(`
nim/servers: image-reference
  No image is named, so nothing would be pulled.
  Name those of the servers: runtime.image.toString().
`);
  expect(refusalsOf(made({ images: ['Not An Image'], imagePullSecrets: ['A'], name: 'Servers' })))
    .toMatchInlineSnapshot(`
nim/servers: names
  DaemonSet "Servers" is not an RFC 1123 label.
  Use lower-case letters, digits and "-" only, beginning and ending with a letter or digit.
nim/servers: names
  pull secret "A" is not an RFC 1123 subdomain (1 characters).
  Use lower-case letters, digits, "-" and "." only, at most 253 characters.
nim/servers: image-reference
  "Not An Image" is not an image reference.
  Write registry/repository:tag, such as nvcr.io/nim/meta/llama3-8b-instruct:1.0.0, or add @sha256: and 64 hex digits.
`);
});
