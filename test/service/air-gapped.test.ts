import { App } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { InferenceService } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';
import { ImagePrePull } from '../../lib/workload/image-pre-pull';
import { refusalsOf } from '../support/messages';
import { manifestOf, manifestsOf } from '../support/yaml-of';

// A site without a way out: images from a registry of its own, weights in it or on a disk, no key anywhere.

const REGISTRY = 'registry.example.com';
const DIGEST = `sha256:${'0'.repeat(64)}`;
const mirrored = (path: string) => `${REGISTRY}/${path}@${DIGEST}`;

const SERVERS: Readonly<Record<string, ServingRuntime>> = {
  'NIM 1': new NimRuntime({ image: mirrored('nim/meta/llama3-8b-instruct') as string, version: '1.8.0' }),
  'NIM 2': new NimRuntime({ image: mirrored('nim/meta/llama3-8b-instruct') as string, version: '2.0.4' }),
  vLLM: new VllmRuntime({ image: mirrored('vllm/vllm-openai'), version: '0.11.0' }),
  SGLang: new SglangRuntime({ image: mirrored('lmsysorg/sglang'), version: '0.5.4' }),
};

const ARTIFACTS = {
  baked: ModelArtifact.baked('/opt/weights'),
  claim: ModelArtifact.claim('weights'),
  'image volume': ModelArtifact.ociImage(mirrored('weights/llama3-8b')),
};

const nodePool = GpuNodePool.onPrem({
  name: 'dc1',
  gpu: 'L4',
  gpusPerNode: 1,
  maxNodes: 2,
  kubernetesVersion: '1.35',
});

describe.each(Object.keys(SERVERS))('%s', (server) => {
  test.each(Object.keys(ARTIFACTS) as (keyof typeof ARTIFACTS)[])(
    'weights by %s: no key, and no way out',
    (artifact) => {
      const tenant = new TenantNamespace(new App(), 'nim');
      const runtime = SERVERS[server]!;
      new InferenceService(tenant, 'llama', {
        model: 'meta-llama/Meta-Llama-3-8B-Instruct',
        maxModelLen: 8192,
        runtime,
        nodePool,
        artifact: ARTIFACTS[artifact],
        network: { clients: [] },
      });
      new ImagePrePull(tenant, 'servers', {
        nodePool,
        images: [runtime.image.toString()],
        pauseImage: mirrored('pause'),
      });
      expect(refusalsOf(tenant)).toBe('');
      const whole = JSON.stringify(manifestsOf(tenant));
      expect(whole).not.toMatch(/secretKeyRef|secretName|ExternalSecret|imagePullSecrets/);
      const images = [...whole.matchAll(/"(?:image|reference)":"([^"]+)"/g)].map(([, image]) => image!);
      expect(images.filter((image) => !image.startsWith(REGISTRY))).toEqual([]);
      const { policyTypes, egress } = manifestOf(tenant, 'NetworkPolicy', 'llama').spec;
      expect(policyTypes).toContain('Egress');
      expect(egress).toBeUndefined();
    },
  );
});
