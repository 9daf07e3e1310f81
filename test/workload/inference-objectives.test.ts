import { Duration } from 'cdk8s';
import { findGpu } from '../../lib/hardware/gpu-catalog';
import { findModel } from '../../lib/model/catalog';
import { Model } from '../../lib/model/model';
import { hasQuantity, leastSecondsPerToken } from '../../lib/plan/latency-objective';
import { planGpuMemory } from '../../lib/plan/gpu-memory-plan';
import { vllmMemoryProfile } from '../../lib/runtime/engine-memory-profile';
import { latencyObjectives, objectiveProblems } from '../../lib/workload/inference-objectives';

const s = Duration.seconds;

test('objectives are read one by one, in seconds', () => {
  expect(
    latencyObjectives({ timeToFirstToken: { p95: s(2) }, interTokenLatency: { p50: Duration.millis(50), p99: s(1) } }),
  ).toEqual([
    { quantity: 'timeToFirstToken', percentile: 'p95', seconds: 2 },
    { quantity: 'interTokenLatency', percentile: 'p50', seconds: 0.05 },
    { quantity: 'interTokenLatency', percentile: 'p99', seconds: 1 },
  ]);
});

test.each`
  slo                                                                                | message
  ${{ timeToFirstToken: {} }}                                                        | ${'slo.timeToFirstToken names no percentile.'}
  ${{ queueTime: { p95: s(0) } }}                                                    | ${'slo.queueTime.p95 is 0 s.'}
  ${{ timeToFirstToken: { p50: s(3), p95: s(2) } }}                                  | ${'slo.timeToFirstToken promises p95 within 2 s and p50 within 3 s: the first implies more than the second.'}
  ${{ queueTime: { p95: s(3) }, timeToFirstToken: { p95: s(2) } }}                   | ${'slo.queueTime.p95 is 3 s, but timeToFirstToken, of which it is a part, is 2 s.'}
  ${{ timeToFirstToken: { p95: s(9) }, endToEndLatency: { p95: s(5) } }}             | ${'slo.timeToFirstToken.p95 is 9 s, but endToEndLatency, of which it is a part, is 5 s.'}
  ${{ timeToFirstToken: { p50: s(1), p95: s(2) }, endToEndLatency: { p95: s(60) } }} | ${undefined}
`('$message', ({ slo, message }) => {
  expect(objectiveProblems(slo).map((problem) => problem.message)).toEqual(message === undefined ? [] : [message]);
});

test.each`
  task            | quantity               | has
  ${'generation'} | ${'timeToFirstToken'}  | ${true}
  ${'embedding'}  | ${'timeToFirstToken'}  | ${false}
  ${'reranking'}  | ${'interTokenLatency'} | ${false}
  ${'embedding'}  | ${'endToEndLatency'}   | ${true}
`('a model for $task has a $quantity: $has', ({ task, quantity, has }) => {
  expect(hasQuantity(quantity, { task })).toBe(has);
});

describe('the least time between two tokens', () => {
  const least = (id: string, gpuId: string, change: object = {}) => {
    const gpu = findGpu(gpuId)!;
    return leastSecondsPerToken(
      planGpuMemory({
        model: findModel(id)! as Model,
        gpu,
        maxModelLen: 4096,
        profile: vllmMemoryProfile('0.19.0', gpu),
        ...change,
      }),
    );
  };

  test.each`
    id                                       | gpu            | change                         | millis
    ${'meta-llama/Meta-Llama-3-8B-Instruct'} | ${'L4'}        | ${{}}                          | ${50}
    ${'meta-llama/Meta-Llama-3-8B-Instruct'} | ${'L4'}        | ${{ tensorParallelSize: 2 }}   | ${25}
    ${'meta-llama/Meta-Llama-3-8B-Instruct'} | ${'L4'}        | ${{ pipelineParallelSize: 2 }} | ${50}
    ${'meta-llama/Meta-Llama-3-8B-Instruct'} | ${'L4'}        | ${{ weightFormat: 'fp8' }}     | ${27}
    ${'meta-llama/Meta-Llama-3-8B-Instruct'} | ${'H100-80GB'} | ${{}}                          | ${4}
  `('$id on $gpu with $change is $millis ms', ({ id, gpu, change, millis }) => {
    expect(Math.round(least(id as string, gpu as string, change as object)! * 1000)).toBe(millis);
  });

  test('of a mixture counts the experts that a token visits', () => {
    const moe = least('Qwen/Qwen3-30B-A3B', 'H100-80GB')!;
    const dense = least('Qwen/Qwen3-32B', 'H100-80GB')!;
    expect(moe).toBeLessThan(dense / 5);
  });

  test('is not known of slices and of draft models', () => {
    expect(least('meta-llama/Llama-3.2-1B-Instruct', 'A100-80GB', { migProfile: '1g.10gb' })).toBeUndefined();
    const draftModel = { model: findModel('meta-llama/Llama-3.2-1B-Instruct') };
    expect(least('meta-llama/Meta-Llama-3-8B-Instruct', 'A100-80GB', { draftModel })).toBeUndefined();
  });
});
