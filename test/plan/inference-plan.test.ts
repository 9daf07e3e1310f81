import { Size } from 'cdk8s';
import { findModel } from '../../lib/model/catalog';
import { ModelCache } from '../../lib/model/model-cache';
import { InferenceRequest, planInference } from '../../lib/plan/inference-plan';
import { ONE_GPU } from '../../lib/runtime/serving-runtime';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { L4 } from '../support/pools';
import { nim } from '../support/services';

const REQUEST: InferenceRequest = {
  runtime: nim('1.0.0'),
  model: findModel('meta-llama/Meta-Llama-3-8B-Instruct'),
  nodePools: [L4],
  weights: { kind: 'server-downloads' },
  parallelism: ONE_GPU,
  maxModelLen: 8192,
  cache: ModelCache.perReplica(Size.gibibytes(50)),
  credentials: 'ngc',
};
const VLLM = new VllmRuntime({ image: 'vllm/vllm-openai:v0.18.1' });
const plan = (changes: Partial<InferenceRequest> = {}) => planInference({ ...REQUEST, ...changes });

test('the reference service in numbers', () => {
  // 8,030,261,248 parameters of 2 bytes; 322 + 108 + 300 s; 30 + 235 + 15 s.
  expect(plan()).toMatchObject({
    weightBytes: 16_060_522_496,
    offline: false,
    problems: [],
    resources: { gpus: 1, cpuMillis: 3100, memoryMib: 11264 },
    startup: { coldSeconds: 730, probeSeconds: 1460, rolloutSeconds: 2060 },
    shutdown: { longestAnswerSeconds: 235, terminationGracePeriodSeconds: 280 },
  });
});

test('the same request gives the same plan', () => {
  expect(JSON.stringify(plan())).toBe(JSON.stringify(plan()));
});

describe('weights of a model that nobody described', () => {
  test.each`
    cache                                        | bytes
    ${ModelCache.perReplica(Size.gibibytes(50))} | ${50 * 2 ** 30}
    ${ModelCache.ephemeral(Size.gibibytes(20))}  | ${20 * 2 ** 30}
    ${ModelCache.claim('weights')}               | ${16e9}
  `('fill the cache, or are those of an 8B model: $bytes', ({ cache, bytes }) => {
    expect(plan({ model: undefined, cache }).weightBytes).toBe(bytes);
  });
});

// Llama 3 8B: 16.06 GB in 16 bit; in fp8 its embeddings stay.
test.each`
  server    | runtime            | weights                                                              | gb
  ${'NIM'}  | ${REQUEST.runtime} | ${{ kind: 'server-downloads' }}                                      | ${9.1}
  ${'vLLM'} | ${VLLM}            | ${{ kind: 'server-downloads' }}                                      | ${16.1}
  ${'vLLM'} | ${VLLM}            | ${{ kind: 'local', path: '/models', repository: REQUEST.model!.id }} | ${16.1}
  ${'vLLM'} | ${VLLM}            | ${{ kind: 'local', path: '/models' }}                                | ${9.1}
`('fp8 by $server from $weights: $gb GB to read', ({ runtime, weights, gb }) => {
  const made = plan({
    runtime,
    weights,
    weightFormat: 'fp8',
    credentials: runtime === REQUEST.runtime ? 'ngc' : 'keyless',
  });
  expect(made.weightBytes / 1e9).toBeCloseTo(gb, 1);
});

describe('nothing is downloaded', () => {
  const filled = ModelCache.claim('weights', { readOnly: true });
  test.each`
    cache            | credentials     | offline
    ${REQUEST.cache} | ${'ngc'}        | ${false}
    ${REQUEST.cache} | ${'air-gapped'} | ${true}
    ${filled}        | ${'ngc'}        | ${true}
  `('with $credentials and $cache.kind: $offline', ({ cache, credentials, offline }) => {
    const made = plan({ cache, credentials });
    expect(made.offline).toBe(offline);
    expect(made.startup.downloadSeconds).toBe(offline ? 0 : 322);
    expect(made.contract.downloadHosts).toHaveLength(offline ? 0 : 4);
  });
});

test('a cache on the node’s disk is part of what the pod asks for, one elsewhere is not', () => {
  const ephemeral = ModelCache.ephemeral(Size.gibibytes(40));
  expect(plan({ cache: ephemeral }).resources.ephemeralStorageMib).toBe(48 * 1024);
  expect(plan().resources.ephemeralStorageMib).toBe(8 * 1024);
});

test('what the runtime cannot do is among the problems', () => {
  expect(plan({ credentials: 'keyless' }).problems.map(({ check }) => check)).toEqual(['credentials']);
});
