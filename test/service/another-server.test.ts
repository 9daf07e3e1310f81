import { App, Size } from 'cdk8s';
import {
  InferenceService,
  InferenceServiceProps,
  ModelArtifact,
  ModelCache,
  ModelSource,
  NetworkPeer,
  NimRuntime,
  ServingRuntime,
  SglangRuntime,
  TenantNamespace,
  TgiRuntime,
  VllmRuntime,
} from '../../lib';
import { L4 } from '../support/pools';
import { manifestOf } from '../support/yaml-of';

const MODEL = 'meta-llama/Llama-3.1-8B-Instruct';
const REVISION = '0e9e39f249a16976918f6564b8830bc894c89659';

/** A service of ten lines. Nothing in it says which server serves, but for one. */
const SERVICE: Omit<InferenceServiceProps, 'runtime'> = {
  model: MODEL,
  nodePool: L4,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  artifact: ModelArtifact.download(ModelSource.huggingFace({ repository: MODEL, revision: REVISION })),
  network: { clients: [NetworkPeer.namespace('api')], monitoring: [NetworkPeer.namespace('monitoring')] },
};

/** What others hold on to, and what cannot change after birth. */
function seenFromOutside(runtime: ServingRuntime) {
  const tenant = new TenantNamespace(new App(), 'team');
  new InferenceService(tenant, 'llama', { ...SERVICE, runtime });
  const { serviceName, selector, podManagementPolicy, volumeClaimTemplates } = manifestOf(
    tenant,
    'StatefulSet',
    'llama',
  ).spec;
  const { type, ports } = manifestOf(tenant, 'Service', 'llama').spec;
  return {
    service: { type, ports },
    frozen: { serviceName, selector, podManagementPolicy, volumeClaimTemplates },
    policy: manifestOf(tenant, 'NetworkPolicy', 'llama').spec,
  };
}

const NIM = new NimRuntime({ image: 'nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.4' });

test.each`
  server      | runtime
  ${'NIM 2'}  | ${new NimRuntime({ image: 'nvcr.io/nim/meta/llama-3.1-8b-instruct:2.0.4' })}
  ${'vLLM'}   | ${new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' })}
  ${'SGLang'} | ${new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.10' })}
  ${'TGI'}    | ${new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' })}
`('from NIM 1 to $server is one line: clients, policies and disks stay', ({ runtime }) => {
  expect(seenFromOutside(runtime)).toEqual(seenFromOutside(NIM));
});
