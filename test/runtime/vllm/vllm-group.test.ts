import { findModel } from '../../../lib/model/catalog';
import { formatProblem } from '../../../lib/problem/problem';
import { ONE_GPU, ParallelLayout } from '../../../lib/runtime/serving-runtime';
import { VllmRuntime, VllmRuntimeProps } from '../../../lib/runtime/vllm/vllm';
import { servingRequest } from '../../support/serving-request';
import '../../support/plain-text';

const LLAMA = findModel('meta-llama/Llama-3.1-405B-Instruct')!;
const MIXTRAL = findModel('mistralai/Mixtral-8x7B-Instruct-v0.1')!;
const TWO_PODS: ParallelLayout = { ...ONE_GPU, tensorParallelSize: 8, pipelineParallelSize: 2, nodes: 2 };

const contractOf = (
  version: string,
  parallelism: Partial<ParallelLayout>,
  { model = LLAMA, ...settings }: Partial<VllmRuntimeProps> & { model?: typeof LLAMA } = {},
) =>
  new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, ...settings }).contract(
    servingRequest({ model, parallelism: { ...ONE_GPU, ...parallelism } }),
  );
const lines = (words: readonly string[]) => words.join(' ').replaceAll(' --', '\n--');

test('from 0.11.2 on, ranks meet at the leader', () => {
  const { command, args, group, envReferences, env } = contractOf('0.18.1', TWO_PODS);
  expect(lines([...command!, ...args!])).toMatchInlineSnapshot(`
vllm serve meta-llama/Llama-3.1-405B-Instruct
--served-model-name meta-llama/Llama-3.1-405B-Instruct
--tensor-parallel-size 8
--pipeline-parallel-size 2
--disable-access-log-for-endpoints /health,/metrics
--shutdown-timeout 60
--distributed-executor-backend mp
--nnodes 2
--node-rank 0
--master-addr $(LWS_LEADER_ADDRESS)
--master-port 29501
`);
  expect(lines([...group!.worker.command!, ...group!.worker.args!])).toMatchInlineSnapshot(`
vllm serve meta-llama/Llama-3.1-405B-Instruct
--served-model-name meta-llama/Llama-3.1-405B-Instruct
--tensor-parallel-size 8
--pipeline-parallel-size 2
--disable-access-log-for-endpoints /health,/metrics
--shutdown-timeout 60
--distributed-executor-backend mp
--nnodes 2
--node-rank $(LWS_WORKER_INDEX)
--master-addr $(LWS_LEADER_ADDRESS)
--master-port 29501
--headless
`);
  expect(group!.ports).toEqual([
    { name: 'master', port: 29501 },
    { name: 'vllm', port: 29600, endPort: 29699 },
  ]);
  expect(envReferences).toEqual([{ name: 'VLLM_HOST_IP', fieldPath: 'status.podIP' }]);
  expect(group!.worker.envReferences).toEqual(envReferences);
  expect(group!.worker.env).toEqual(env);
  expect(env).toContainEqual({ name: 'VLLM_PORT', value: '29600' });
});

test('before, Ray brings the pods together', () => {
  const { command, args, group } = contractOf('0.9.2', TWO_PODS);
  expect(lines(command!)).toMatchInlineSnapshot(`
sh -ec ray start
--head
--port=6379
--include-dashboard=false
--node-ip-address="$VLLM_HOST_IP"
--node-manager-port=6380
--object-manager-port=6381
--min-worker-port=10002
--max-worker-port=10999
until python3 -c "import ray, sys; ray.init(address='auto', log_to_driver=False); sys.exit(sum(node['Alive'] for node in ray.nodes()) < 2)"; do sleep 5; done
exec vllm serve "$@" vllm
`);
  expect(lines(args!)).toContain('--distributed-executor-backend ray');
  expect(lines(group!.worker.command!)).toMatchInlineSnapshot(`
sh -ec until ray health-check
--address $(LWS_LEADER_ADDRESS):6379; do sleep 5; done
exec ray start
--address=$(LWS_LEADER_ADDRESS):6379
--block
--node-ip-address="$VLLM_HOST_IP"
--node-manager-port=6380
--object-manager-port=6381
--min-worker-port=10002
--max-worker-port=10999
`);
  expect(group!.worker.args).toBeUndefined();
  expect(group!.ports.map(({ name }) => name)).toEqual(['ray', 'ray-nodes', 'ray-workers', 'vllm']);
});

test('nothing in a command looks like a variable of Flux', () => {
  for (const version of ['0.9.2', '0.18.1']) expect(JSON.stringify(contractOf(version, TWO_PODS))).not.toContain('${');
});

test('workers do not get the API key', () => {
  const { envReferences, group } = contractOf('0.18.1', TWO_PODS, { apiKey: { secretName: 'key' } });
  expect(envReferences!.map(({ name }) => name)).toEqual(['VLLM_HOST_IP', 'VLLM_API_KEY']);
  expect(group!.worker.envReferences!.map(({ name }) => name)).toEqual(['VLLM_HOST_IP']);
});

test('a pod has the memory of its own GPUs', () => {
  expect(contractOf('0.18.1', TWO_PODS).sharedMemoryMib).toBe(8 * 2048);
});

test('copies and experts in one pod', () => {
  const { args, problems, group } = contractOf(
    '0.18.1',
    { dataParallelSize: 8, expertParallel: true },
    { model: MIXTRAL },
  );
  expect(lines(args!)).toContain('--data-parallel-size 8\n--enable-expert-parallel');
  expect(problems).toEqual([]);
  expect(group).toBeUndefined();
});

test.each([
  [
    '0.18.1',
    { tensorParallelSize: 16, nodes: 2 },
    LLAMA,
    '1 pipeline stages cannot be dealt out evenly over 2 pods, and layers are not split between pods.',
    'Use pipelineParallelSize 2 or a multiple of it, with tensorParallelSize as many GPUs as one pod has for a stage.',
  ],
  [
    '0.18.1',
    { pipelineParallelSize: 2, dataParallelSize: 2, nodes: 2 },
    LLAMA,
    'dataParallelSize 2 over 2 pods is not supported here: each of its copies would be a server of its own.',
    'Use replicas, or dataParallelSize within one pod.',
  ],
  [
    '0.7.3',
    { dataParallelSize: 2 },
    LLAMA,
    'vLLM 0.7.3 has no dataParallelSize: --data-parallel-size exists from 0.8.5.post1 on.',
    'Remove dataParallelSize, or use another version.',
  ],
  [
    '0.7.3',
    { tensorParallelSize: 2, expertParallel: true },
    MIXTRAL,
    'vLLM 0.7.3 has no expertParallel: --enable-expert-parallel exists from 0.8.5.post1 on.',
    'Remove expertParallel, or use another version.',
  ],
  [
    '0.18.1',
    { expertParallel: true },
    MIXTRAL,
    'expertParallel on one GPU deals nothing out.',
    'Remove expertParallel, or use more GPUs.',
  ],
] as const)('%s over %j is refused', (version, layout, model, message, remedy) => {
  const { problems } = contractOf(version, layout, { model });
  expect(problems.map(formatProblem)).toEqual([`gpu-parallelism\n  ${message}\n  ${remedy}`]);
});
