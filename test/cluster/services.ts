import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import {
  GpuNodePool,
  InferenceApp,
  InferenceService,
  InferenceServiceProps,
  ModelCache,
  ModelCredentials,
  NetworkPeer,
  NimRuntime,
  TenantNamespace,
  TenantNamespaceProps,
} from '../../lib';

/** The pool of the cluster's own two nodes with one L4 each. */
export const ZONE_A = GpuNodePool.gke({
  name: 'gpupool',
  machineType: 'g2-standard-4',
  maxNodes: 2,
  zones: ['us-central1-a'],
});

export const nim = (version: string) =>
  new NimRuntime({ image: `nvcr.io/nim/meta/llama3-8b-instruct:${version}` as string });

/** The contract of the reference platform, inside the cluster only, and what a test changes of it. */
export function llama(scope: Construct, changes: Partial<InferenceServiceProps> = {}, id = 'llama'): InferenceService {
  return new InferenceService(scope, id, {
    model: 'meta-llama/Meta-Llama-3-8B-Instruct',
    runtime: nim('1.0.0'),
    nodePool: ZONE_A,
    maxModelLen: 8192,
    cache: ModelCache.perReplica(Size.gibibytes(50)),
    credentials: ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }),
    network: { clients: [NetworkPeer.namespace('apps')] },
    waivers: { 'image-pinning': 'a test' },
    ...changes,
  });
}

/** An app with one tenant and its service. */
export const platform =
  (namespace: string, changes: Partial<InferenceServiceProps> = {}, tenant: TenantNamespaceProps = {}) =>
  (app: InferenceApp): InferenceService =>
    llama(new TenantNamespace(app, namespace, tenant), changes);
