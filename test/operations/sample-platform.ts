import { App, Size } from 'cdk8s';
import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelCredentials } from '../../lib/model/model-credentials';
import { GatewayReference } from '../../lib/network/gateway-reference';
import { NetworkPeer } from '../../lib/network/network-peer';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { InferenceService } from '../../lib/service/inference-service';
import { TenantNamespace } from '../../lib/tenancy/tenant-namespace';

const nim = (image: string) => new NimRuntime({ image: `nvcr.io/nim/${image}` as string });
const credentials = ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' });
const edge = new GatewayReference({ name: 'edge', namespace: 'envoy-gateway-system' });
const network = { clients: [NetworkPeer.namespace('chat')] };

/**
 * A platform with one of everything that a scorecard tells: a release under way, a model over two GPUs, slices, nodes of one's
 * own without a price, a waiver, a quota.
 */
export function samplePlatform<T extends App>(app: T): T {
  const l4 = GpuNodePool.gke({ name: 'l4', machineType: 'g2-standard-4', maxNodes: 6, zones: ['us-central1-a'] });
  const h100 = GpuNodePool.gke({ name: 'h100', machineType: 'a3-highgpu-4g', maxNodes: 1 });
  const slices = GpuNodePool.aks({
    name: 'slices',
    machineType: 'Standard_NC24ads_A100_v4',
    maxNodes: 1,
    mig: { profile: '3g.40gb' },
  });
  const rack = GpuNodePool.onPrem({ name: 'rack', gpu: 'L40S', gpusPerNode: 2, maxNodes: 2 });

  const chat = new TenantNamespace(app, 'chat', { gpus: 8 });
  new InferenceService(chat, 'llama3-8b', {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: nim('meta/llama3-8b-instruct:1.0.0'),
    canary: { runtime: nim('meta/llama3-8b-instruct:1.1.0'), step: '20%' },
    replicas: 3,
    nodePool: l4,
    maxModelLen: 8192,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials,
    route: { gateway: edge, hostname: 'llama.example.com' },
  });
  new InferenceService(chat, 'llama33-70b', {
    model: 'meta-llama/Llama-3.3-70B-Instruct',
    runtime: nim('meta/llama-3.3-70b-instruct:1.8.0'),
    nodePool: h100,
    tensorParallelSize: 2,
    weightFormat: 'fp8',
    maxModelLen: 32768,
    concurrency: 4,
    cache: ModelCache.perReplica(Size.gibibytes(200)),
    credentials,
    network,
    waivers: { 'image-pinning': 'The registry proxy pins tags.' },
  });
  const search = new TenantNamespace(app, 'search');
  new InferenceService(search, 'qwen3-8b', {
    model: 'Qwen/Qwen3-8B',
    runtime: nim('qwen/qwen3-8b:1.8.0'),
    nodePool: slices,
    maxModelLen: 16384,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials,
    network,
  });
  new InferenceService(search, 'mistral-7b', {
    model: 'mistralai/Mistral-7B-Instruct-v0.3',
    runtime: nim('mistralai/mistral-7b-instruct-v0.3:1.8.0'),
    nodePool: rack,
    replicas: 2,
    maxModelLen: 32768,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials,
    network,
  });
  return app;
}
