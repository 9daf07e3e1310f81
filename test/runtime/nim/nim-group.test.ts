import { NimRuntime } from '../../../lib/runtime/nim/nim';
import { ONE_GPU, ParallelLayout } from '../../../lib/runtime/serving-runtime';
import { servingRequest } from '../../support/serving-request';

const TWO_MACHINES: ParallelLayout = { ...ONE_GPU, tensorParallelSize: 8, pipelineParallelSize: 2, nodes: 2 };
const contract = (version: string, parallelism: Partial<ParallelLayout>, settings: object = {}) =>
  new NimRuntime({ image: `nvcr.io/nim/meta/llama-3.1-70b-instruct:${version}` as string, ...settings }).contract(
    servingRequest({ parallelism: { ...TWO_MACHINES, ...parallelism }, credentials: 'ngc' }),
  );
const valueOf = (env: readonly { name: string; value: string }[], wanted: string) =>
  env.find(({ name }) => name === wanted)?.value;

test('the leader starts the head of Ray, the worker joins it with the same environment', () => {
  const { command, args, env, group } = contract('2.0.4', {});
  expect([...command!, ...args!].join(' ')).toBe('nim-serve-ray --head --port 6379');
  expect([...group!.worker.command!, ...group!.worker.args!].join(' ')).toBe(
    'nim-serve-ray --head-address $(LWS_LEADER_ADDRESS):6379',
  );
  expect(group!.worker.env).toEqual(env);
  expect(group!.ports).toEqual([{ name: 'ray', port: 6379 }]);
  expect(group!.workersWait).toBe(true);
});

test.each`
  layout                                                          | tensor       | pipeline     | nodes
  ${{ tensorParallelSize: 1, pipelineParallelSize: 1, nodes: 1 }} | ${undefined} | ${undefined} | ${undefined}
  ${{ pipelineParallelSize: 1, nodes: 1 }}                        | ${'8'}       | ${undefined} | ${undefined}
  ${{ tensorParallelSize: 4, nodes: 1 }}                          | ${'4'}       | ${'2'}       | ${undefined}
  ${{}}                                                           | ${'8'}       | ${'2'}       | ${'2'}
`('what NIM 2.x is told of $layout', ({ layout, tensor, pipeline, nodes }) => {
  const { env } = contract('2.0.4', layout as Partial<ParallelLayout>);
  expect(valueOf(env, 'NIM_TENSOR_PARALLEL_SIZE')).toBe(tensor);
  expect(valueOf(env, 'NIM_PIPELINE_PARALLEL_SIZE')).toBe(pipeline);
  expect(valueOf(env, 'NIM_NUM_COMPUTE_NODES')).toBe(nodes);
});

test('logs are text in a group, because workers cannot write JSON; whoever wants JSON is told', () => {
  expect(valueOf(contract('2.0.4', {}).env, 'NIM_JSONL_LOGGING')).toBe('0');
  expect(valueOf(contract('2.0.4', { pipelineParallelSize: 1, nodes: 1 }).env, 'NIM_JSONL_LOGGING')).toBe('1');
  expect(contract('2.0.4', {}, { jsonLogging: true }).problems).toMatchInlineSnapshot(`
   [
     {
       "check": "runtime-setting",
       "message": "jsonLogging is on, but the workers of a NIM that spans machines cannot write JSON and end at once.",
       "remedy": "Leave it out: it is off for a group.",
     },
   ]
  `);
});

test('flags of the engine go by variable, words with blanks as one', () => {
  const engineArgs = ['--max-num-seqs', '16', '--chat-template', "it's {{ x }}"];
  const { args, env } = contract('2.0.4', {}, { engineArgs });
  expect(args).toEqual(['--head', '--port', '6379']);
  expect(valueOf(env, 'NIM_PASSTHROUGH_ARGS')).toBe(`--max-num-seqs 16 --chat-template 'it'\\''s {{ x }}'`);
});

test('shared memory is for the GPUs of one pod', () => {
  expect(contract('2.0.4', {}).sharedMemoryMib).toBe(16 * 1024);
  expect(contract('2.0.4', { tensorParallelSize: 1 }).sharedMemoryMib).toBe(1024);
});

test('each pod loads its part of the weights', () => {
  const alone = contract('2.0.4', { pipelineParallelSize: 1, nodes: 1 }).hostMemoryMib;
  expect(contract('2.0.4', {}).hostMemoryMib).toBeLessThan(alone);
});

describe('refuses', () => {
  const message = (version: string, layout: Partial<ParallelLayout>) =>
    contract(version, layout)
      .problems.map((problem) => problem.message)
      .join('\n');

  test('1.x over machines', () => {
    expect(message('1.8.0', {})).toMatchInlineSnapshot(
      `"A NIM 1.x spans machines by MPI over ssh, which wants a launcher with keys to every pod; this library makes none."`,
    );
  });

  test('1.x in stages on one machine', () => {
    expect(message('1.8.0', { tensorParallelSize: 4, nodes: 1 })).toMatchInlineSnapshot(
      `"A NIM 1.x takes its stages from its profile; it cannot be told pipelineParallelSize 2."`,
    );
  });

  test('a layer over machines', () => {
    expect(message('2.0.4', { tensorParallelSize: 16, pipelineParallelSize: 1 })).toMatchInlineSnapshot(
      `"pipelineParallelSize 1 cannot be dealt out evenly over 2 pods, and a NIM splits no layer between pods here."`,
    );
  });

  test('copies of the attention, and experts dealt out', () => {
    const one = { pipelineParallelSize: 1, nodes: 1 };
    expect(message('2.0.4', { ...one, dataParallelSize: 2 })).toMatchInlineSnapshot(
      `"NIM has no setting for dataParallelSize 2."`,
    );
    expect(message('2.0.4', { ...one, expertParallel: true })).toMatchInlineSnapshot(
      `"NIM has no setting for expertParallel."`,
    );
  });
});
