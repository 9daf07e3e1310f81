import { findModel } from '../../../lib/model/catalog';
import { NimRuntime } from '../../../lib/runtime/nim/nim';
import { retrieverTask } from '../../../lib/runtime/nim/nim-retriever';
import { ONE_GPU } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';

const E5 = 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:1.6.0';
const RERANK = 'nvcr.io/nim/nvidia/llama-3.2-nv-rerankqa-1b-v2:1.5.0';
const ngc = servingRequest({ credentials: 'ngc' });
const lines = (env: readonly { name: string; value: string }[]) => env.map(({ name, value }) => `${name}=${value}`);

test.each`
  repository                                         | task
  ${'nvcr.io/nim/nvidia/nv-embedqa-e5-v5'}           | ${'embedding'}
  ${'nvcr.io/nim/nvidia/llama-nemotron-embed-1b-v2'} | ${'embedding'}
  ${'nvcr.io/nim/baai/bge-m3'}                       | ${'embedding'}
  ${'nvcr.io/nim/snowflake/arctic-embed-l'}          | ${'embedding'}
  ${'nvcr.io/nim/nvidia/nv-rerankqa-mistral-4b-v3'}  | ${'reranking'}
  ${'nvcr.io/nim/meta/llama3-8b-instruct'}           | ${undefined}
  ${'embed.example.com/nim/llama3-8b-instruct'}      | ${undefined}
`('$repository serves $task', ({ repository, task }) => {
  expect(retrieverTask(repository as string)).toBe(task);
});

describe('the contract', () => {
  test('of an embedding image', () => {
    const { env, ports, metrics, readiness, clientPaths, args } = new NimRuntime({ image: E5 }).contract(
      servingRequest({ credentials: 'ngc', maxModelLen: 512, servedModelName: 'e5' }),
    );
    expect(lines(env)).toEqual([
      'NIM_CACHE_PATH=/opt/nim/.cache',
      'NIM_SERVED_MODEL_NAME=e5',
      'NIM_TRITON_MAX_SEQ_LENGTH=512',
      'NIM_LOG_LEVEL=INFO',
      'NIM_JSONL_LOGGING=true',
    ]);
    expect({ ports: ports.map(({ name, port }) => `${name} ${port}`), metrics, readiness, clientPaths, args }).toEqual({
      ports: ['http 8000', 'grpc 8001', 'metrics 8002'],
      metrics: { path: '/metrics', port: 8002 },
      readiness: { path: '/v1/health/ready', port: 8000 },
      clientPaths: ['/v1/embeddings', '/v1/models'],
      args: undefined,
    });
  });

  test('of a reranking image, with its settings', () => {
    const runtime = new NimRuntime({
      image: RERANK,
      maxBatchSize: 8,
      performanceMode: 'throughput',
      env: { OMP_NUM_THREADS: '1' },
    });
    const { env, clientPaths } = runtime.contract(ngc);
    expect(lines(env).slice(1)).toEqual([
      'NIM_LOG_LEVEL=INFO',
      'NIM_JSONL_LOGGING=true',
      'NIM_TRITON_MAX_BATCH_SIZE=8',
      'NIM_TRITON_PERFORMANCE_MODE=throughput',
      'OMP_NUM_THREADS=1',
    ]);
    expect(clientPaths).toEqual(['/v1/ranking', '/v1/models']);
  });

  test.each`
    image     | stated       | batch
    ${E5}     | ${undefined} | ${30}
    ${RERANK} | ${undefined} | ${64}
    ${E5}     | ${4}         | ${4}
  `('a batch of $image with maxBatchSize $stated has $batch texts', ({ image, stated, batch }) => {
    const profile = new NimRuntime({ image, maxBatchSize: stated }).memoryProfile(ngc.gpus[0]!);
    expect(profile).toMatchObject({ maxNumSeqs: batch, wholeBatches: true, utilization: 1 });
  });
});

const refusals = (make: () => unknown): string => {
  try {
    make();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test.each`
  props                                                     | message
  ${{ image: 'nvcr.io/nim/nvidia/nv-embedqa-e5-v5:2.0.0' }} | ${'A NeMo Retriever NIM 2.0.0 has another server than 1.x: other variables, no profiles, weights in another folder.\n  Use a 1.x image, or describe this one as a CustomRuntime.'}
  ${{ image: E5, kvCacheReuse: true }}                      | ${'A NeMo Retriever NIM has no setting "kvCacheReuse".'}
  ${{ image: E5, peftSource: '/loras' }}                    | ${'A NeMo Retriever NIM has no setting "peftSource".'}
  ${{ image: E5, maxBatchSize: 0 }}                         | ${'maxBatchSize is 0.\n  Use a whole number above 0.'}
  ${{ image: E5, env: { NIM_TRITON_MAX_BATCH_SIZE: '8' } }} | ${'env.NIM_TRITON_MAX_BATCH_SIZE is a variable that the library sets from maxBatchSize.'}
`('$props is refused', ({ props, message }) => {
  expect(refusals(() => new NimRuntime(props as never))).toContain(message);
});

describe('what it cannot do of a request', () => {
  const llama = findModel('meta-llama/Llama-3.1-8B-Instruct');
  const lora = { adapters: [], folder: '/loras', maxRank: 16, maxLoras: 1 };
  test.each`
    change                                                    | told
    ${{ model: llama }}                                       | ${'The image is one for embedding; meta-llama/Llama-3.1-8B-Instruct is a model for generation.\nUse the image nvcr.io/nim/meta/llama-3.1-8b-instruct, or a model for embedding.'}
    ${{ model: findModel('BAAI/bge-reranker-v2-m3') }}        | ${'The image is one for embedding; BAAI/bge-reranker-v2-m3 is a model for reranking.\nUse an image for reranking, or a model for embedding.'}
    ${{ parallelism: { ...ONE_GPU, tensorParallelSize: 2 } }} | ${'A NeMo Retriever NIM serves a whole model on one GPU; the layout has 2.\nLeave the parallel sizes at 1, and use replicas.'}
    ${{ lora }}                                               | ${'A NeMo Retriever NIM serves no LoRA adapters: its engines are fixed when they are built.\nMerge the adapter into the model, or use another server.'}
    ${{ credentials: 'keyless' }}                             | ${"A NeMo Retriever NIM downloads its weights from NGC; the credentials are keyless.\nUse ModelCredentials.ngc({ secretStore: 'platform', key: 'nim/ngc-api-key' }), or a filled cache with ModelCredentials.airGapped()."}
  `('$change', ({ change, told }) => {
    const { problems } = new NimRuntime({ image: E5 }).contract({ ...ngc, ...change });
    expect(problems.map(({ message, remedy }) => `${message}\n${remedy}`)).toEqual([told]);
  });

  test('and nothing is wrong with its own model, or without a download', () => {
    const own = { ...ngc, model: findModel('nvidia/nv-embedqa-e5-v5') };
    expect(new NimRuntime({ image: E5 }).contract(own).problems).toEqual([]);
    const offline = new NimRuntime({ image: E5 }).contract({ ...own, credentials: 'air-gapped', offline: true });
    expect(offline).toMatchObject({ problems: [], downloadHosts: [] });
  });
});

test('the settings of an image are those that its name and tag promise', () => {
  new NimRuntime({ image: E5, maxBatchSize: 4 });
  const image = 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0';
  // @ts-expect-error -- a NIM for LLMs has no such setting
  expect(() => new NimRuntime({ image, performanceMode: 'latency' })).toThrow();
});
