import { GpuNodePool } from '../../lib/hardware/gpu-node-pool';
import { ModelArtifact } from '../../lib/model/model-artifact';
import { ModelCache } from '../../lib/model/model-cache';
import { ModelSource } from '../../lib/model/model-source';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { refusalsOf, warningsOf } from '../support/messages';
import { nim, statefulSet } from '../support/services';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const CHECKSUM = 'ab'.repeat(32);
const COMMIT = 'c'.repeat(40);
const REPOSITORY = 'meta-llama/Meta-Llama-3-8B-Instruct';

const vllm = new VllmRuntime({ image: `vllm/vllm-openai:v0.11.0@${DIGEST}` });
const made = (artifact: ModelArtifact | undefined, changes: Parameters<typeof statefulSet>[0] = {}) =>
  statefulSet({ runtime: vllm, credentials: undefined, cache: undefined, artifact, ...changes }).chart;

/** Errors and warnings of one check, each in its first line. */
function told(check: string, ...of: Parameters<typeof made>): string[] {
  const chart = made(...of);
  const lines = (text: string, how: string) =>
    text
      .split(/^nim\/llama: /m)
      .filter((problem) => problem.startsWith(`${check}\n`))
      .map((problem) => `${how}: ${problem.split('\n')[1]!.trim()}`);
  return [...lines(refusalsOf(chart), 'error'), ...lines(warningsOf(chart), 'warning')];
}

const hub = (revision?: string) =>
  ModelArtifact.download(ModelSource.huggingFace({ repository: REPOSITORY, revision }), { checksum: CHECKSUM });

describe('artifact-pinning', () => {
  test.each`
    artifact                                                                   | expected
    ${hub(COMMIT)}                                                             | ${[]}
    ${hub()}                                                                   | ${[`error: hf://${REPOSITORY} is taken as it is on the day: no revision is stated.`]}
    ${hub('main')}                                                             | ${[`error: The revision main of hf://${REPOSITORY} is a branch, which moves.`]}
    ${hub('v1.0')}                                                             | ${[`warning: The revision v1.0 of hf://${REPOSITORY} is a tag or a branch, and both can be moved.`]}
    ${ModelArtifact.huggingFace({ repository: REPOSITORY, revision: COMMIT })} | ${[]}
    ${ModelArtifact.huggingFace({ repository: REPOSITORY })}                   | ${[`error: ${REPOSITORY} is taken as it is on the day: no revision is stated.`]}
    ${undefined}                                                               | ${[`warning: vllm downloads ${REPOSITORY} as it is on the day: no revision is stated.`]}
    ${ModelArtifact.ociImage('registry.example.com/weights:1')}                | ${['error: The weights are in registry.example.com/weights:1, which names no digest; a tag can be moved.']}
    ${ModelArtifact.ociImage(`registry.example.com/weights@${DIGEST}`)}        | ${[]}
    ${ModelArtifact.claim('weights')}                                          | ${[]}
  `('$expected', ({ artifact, expected }) => {
    expect(told('artifact-pinning', artifact)).toEqual(expected);
  });

  test.each`
    model                  | expected
    ${'nim/meta/l:1.0'}    | ${[]}
    ${'nim/meta/l:latest'} | ${['error: ngc://nim/meta/l:latest is moved with every version.']}
    ${'nim/meta/l'}        | ${['error: ngc://nim/meta/l names no version.']}
  `('NGC $model', ({ model, expected }) => {
    const artifact = ModelArtifact.download(ModelSource.ngc(model), { checksum: CHECKSUM, image: `ngc@${DIGEST}` });
    expect(told('artifact-pinning', artifact)).toEqual(expected);
  });
});

describe('artifact-checksum', () => {
  const url = ModelSource.https('https://example.com/model.gguf');
  test.each`
    artifact                                                                                         | how
    ${ModelArtifact.download(url, { checksum: CHECKSUM })}                                           | ${[]}
    ${ModelArtifact.download(url)}                                                                   | ${['error']}
    ${ModelArtifact.download(ModelSource.gcs({ bucket: 'weights', key: 'llama' }))}                  | ${['error']}
    ${ModelArtifact.download(ModelSource.huggingFace({ repository: REPOSITORY, revision: 'v1' }))}   | ${['error']}
    ${ModelArtifact.download(ModelSource.huggingFace({ repository: REPOSITORY, revision: COMMIT }))} | ${['warning']}
  `('$how', ({ artifact, how }) => {
    expect(told('artifact-checksum', artifact).map((text) => text.split(':')[0])).toEqual(how);
  });
});

describe('artifact-engine', () => {
  const engine = (gpu: string, serverVersion: string, tensorParallelSize?: number) =>
    ModelArtifact.tensorRtEngine(ModelArtifact.claim('engines'), { gpu, serverVersion, tensorParallelSize });
  test.each`
    artifact                      | expected
    ${engine('L4', '1.8.0')}      | ${[]}
    ${engine('A10G', '1.8.0')}    | ${['error: The engine was compiled for A10G, and the pods may land on L4 (gpupool).']}
    ${engine('L4', '1.3.0')}      | ${['error: The engine was compiled with 1.3.0; nim 1.8.0 cannot load it.']}
    ${engine('L4', '1.8.0', 2)}   | ${['error: The engine was compiled for 2 GPUs, and tensorParallelSize is 1.']}
    ${engine('A10G', '1.3.0', 2)} | ${['error: The engine was compiled for A10G, and the pods may land on L4 (gpupool).', 'error: The engine was compiled with 1.3.0; nim 1.8.0 cannot load it.', 'error: The engine was compiled for 2 GPUs, and tensorParallelSize is 1.']}
  `('$expected', ({ artifact, expected }) => {
    expect(told('artifact-engine', artifact, { runtime: nim('1.8.0') })).toEqual(expected);
  });
});

test.each`
  version      | refused
  ${undefined} | ${1}
  ${'1.33'}    | ${1}
  ${'1.34.2'}  | ${1}
  ${'1.35'}    | ${0}
  ${'v1.36.1'} | ${0}
`('image-volume: Kubernetes $version', ({ version, refused }) => {
  const nodePool = GpuNodePool.gke({
    name: 'l4',
    machineType: 'g2-standard-4',
    maxNodes: 2,
    kubernetesVersion: version,
  });
  const artifact = ModelArtifact.ociImage(`registry.example.com/weights@${DIGEST}`);
  expect(told('image-volume', artifact, { nodePool })).toHaveLength(refused);
});

test('a cache in memory leaves the server its own', () => {
  const cache = ModelCache.memory();
  // A g2-standard-4 offers a pod 11 GiB; the weights of an 8B model take 20.
  expect(told('model-cache', hub(COMMIT), { cache })).toEqual([
    expect.stringMatching(
      /^error: The model cache takes 20\.0 GiB of the pod's 1\d\.\d GiB of memory, which leaves 0\.0 GiB; vllm wants /,
    ),
  ]);
});
