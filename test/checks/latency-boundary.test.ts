import { latencyBoundary } from '../../lib/checks/latency-boundary';
import { DeclaredWorkload } from '../../lib/checks/declared-workload';
import { LatencyObjective } from '../../lib/plan/latency-objective';
import { formatProblem } from '../../lib/problem/problem';
import { CustomRuntime } from '../../lib/runtime/custom/custom';
import { NimRuntime } from '../../lib/runtime/nim/nim';
import { ServingRuntime } from '../../lib/runtime/serving-runtime';
import { SglangRuntime } from '../../lib/runtime/sglang/sglang';
import { TgiRuntime } from '../../lib/runtime/tgi/tgi';
import { VllmRuntime } from '../../lib/runtime/vllm/vllm';
import { servingRequest } from '../support/serving-request';

const vllm = (version: string, ...args: string[]) => new VllmRuntime({ image: `vllm/vllm-openai:v${version}`, args });
const NIM = new NimRuntime({ image: 'nvcr.io/nim/meta/llama3-8b-instruct:1.0.0' });
const SGLANG = new SglangRuntime({ image: 'lmsysorg/sglang:v0.5.23' });
const TGI = new TgiRuntime({ image: 'ghcr.io/huggingface/text-generation-inference:3.0.1' });
const OWN = new CustomRuntime({
  name: 'own',
  image: 'registry.example.com/own:1.0.0',
  port: 8000,
  readiness: { path: '/ready', port: 8000 },
  metrics: { path: '/metrics', port: 8000 },
  signals: { histograms: { timeToFirstToken: { metric: 'first_token_seconds', unitsPerSecond: 1 } } },
});

const promise = (quantity: LatencyObjective['quantity'], seconds: number): LatencyObjective => ({
  quantity,
  percentile: 'p95',
  seconds,
});

/** What the check says of a server that is asked to keep a promise. */
function findings(runtime: ServingRuntime, objective: LatencyObjective) {
  const contract = runtime.contract(servingRequest({ latencyBoundaries: [objective] }));
  const workload = { request: { runtime, objectives: [objective] }, plan: { contract } };
  return latencyBoundary(workload as unknown as DeclaredWorkload);
}

test.each`
  runtime           | objective                             | why
  ${vllm('0.18.1')} | ${promise('timeToFirstToken', 2.5)}   | ${'is a boundary'}
  ${vllm('0.33.0')} | ${promise('timeToFirstToken', 2)}     | ${'becomes one'}
  ${vllm('0.33.0')} | ${promise('queueTime', 0.1)}          | ${'becomes one'}
  ${SGLANG}         | ${promise('interTokenLatency', 0.05)} | ${'becomes one'}
  ${NIM}            | ${promise('endToEndLatency', 60)}     | ${'is the last boundary'}
  ${TGI}            | ${promise('endToEndLatency', 0.4988)} | ${'means one, in four digits'}
  ${TGI}            | ${promise('timeToFirstToken', 1)}     | ${'is not told, which is another check'}
  ${OWN}            | ${promise('endToEndLatency', 1)}      | ${'is not told, which is another check'}
`('$runtime.name $runtime.version, $objective.quantity of $objective.seconds s: $why', ({ runtime, objective }) => {
  expect(findings(runtime, objective)).toEqual({ errors: [], warnings: [] });
});

test.each`
  runtime                                                                          | objective                         | problem
  ${vllm('0.18.1')}                                                                | ${promise('timeToFirstToken', 2)} | ${'timeToFirstToken p95 of 2 s: vllm 0.18.1 counts requests of up to 1 s and of up to 2.5 s, and none between.\n  Promise 1 s or 2.5 s. Or use vLLM 0.32.0 or later, which is told.'}
  ${vllm('0.33.0', '--custom-histogram-buckets', '{"time_to_first_token":[1,3]}')} | ${promise('timeToFirstToken', 2)} | ${'timeToFirstToken p95 of 2 s: vllm 0.33.0 counts requests of up to 1 s and of up to 3 s, and none between.\n  Promise 1 s or 3 s. Or add it to --custom-histogram-buckets.'}
  ${vllm('0.33.0', '--custom-histogram-buckets', '{"time_to_first_token":[]}')}    | ${promise('timeToFirstToken', 2)} | ${'timeToFirstToken p95 of 2 s: vllm 0.33.0 counts requests of any duration together.\n  Add it to --custom-histogram-buckets.'}
  ${vllm('0.18.1')}                                                                | ${promise('queueTime', 0.1)}      | ${'queueTime p95 of 0.1 s: vllm 0.18.1 counts requests of up to 0.3 s, and none that are shorter.\n  Promise 0.3 s. Or use vLLM 0.32.0 or later, which is told.'}
  ${NIM}                                                                           | ${promise('endToEndLatency', 90)} | ${'endToEndLatency p95 of 90 s: nim 1.0.0 counts requests of up to 60 s, and longer ones together.\n  Promise 60 s.'}
  ${SGLANG}                                                                        | ${promise('queueTime', 0.7)}      | ${'queueTime p95 of 0.7 s: sglang 0.5.23 counts requests of up to 0.5 s and of up to 1 s, and none between.\n  Promise 0.5 s or 1 s.'}
  ${TGI}                                                                           | ${promise('endToEndLatency', 1)}  | ${'endToEndLatency p95 of 1 s: tgi 3.0.1 counts requests of up to 0.7482 s and of up to 1.122 s, and none between.\n  Promise 0.7482 s or 1.122 s.'}
`('$runtime.name $runtime.version, $objective.quantity of $objective.seconds s is refused', (row) => {
  const { errors, warnings } = findings(row.runtime, row.objective);
  expect(errors.map(formatProblem)).toEqual([`latency-boundary\n  ${row.problem}`]);
  expect(warnings).toEqual([]);
});

test('what a message says can be promised passes', () => {
  for (const seconds of [0.7482, 1.122]) {
    expect(findings(TGI, promise('endToEndLatency', seconds)).errors).toEqual([]);
  }
});

test('boundaries that nobody knows are a risk', () => {
  const { errors, warnings } = findings(OWN, promise('timeToFirstToken', 1));
  expect(errors).toEqual([]);
  expect(warnings.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
    "latency-boundary
      timeToFirstToken p95 of 1 s: nobody knows the boundaries that own 1.0.0 counts timeToFirstToken by, and between two of them nothing is counted.
      Look for the le of its buckets at the metrics of a server that runs, and promise one of them."
  `);
});
