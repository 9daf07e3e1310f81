import { hasQuantity, leastSecondsPerToken, LatencyObjective, objectiveText } from '../plan/latency-objective';
import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Can the promised latencies be met, by what is known before anything runs? */
export function latencyObjective({ request, plan }: DeclaredWorkload): Findings {
  const { objectives = [], model } = request;
  const problem = (message: string, remedy: string): Problem => ({ check: 'latency-objective', message, remedy });
  const answer = plan.shutdown.longestAnswerSeconds;
  return {
    errors: [
      ...objectives
        .filter(({ quantity }) => model && !hasQuantity(quantity, model))
        .map((objective) =>
          problem(
            `${objectiveText(objective)}: ${model!.id} is a model for ${model!.task}, which makes no tokens one by one.`,
            'Promise endToEndLatency or queueTime.',
          ),
        ),
      ...objectives.flatMap((objective) => tooFast(objective, plan).slice(0, 1)),
    ],
    warnings: objectives
      .filter(({ quantity, seconds }) => quantity === 'endToEndLatency' && seconds > answer)
      .map((objective) =>
        problem(
          `${objectiveText(objective)}, but answers are given ${answer} s: a route and a pod that stops cut what takes longer.`,
          `Promise ${answer} s or less, or raise longestAnswer or maxOutputTokens.`,
        ),
      ),
  };
}

/** A time between tokens in which the GPU cannot even read the weights, told of the first GPU that cannot. */
function tooFast(objective: LatencyObjective, { memory }: DeclaredWorkload['plan']): Problem[] {
  if (objective.quantity !== 'interTokenLatency') return [];
  return memory.flatMap((plan) => {
    const least = leastSecondsPerToken(plan);
    if (least === undefined || objective.seconds >= least) return [];
    const { gpu, pipelineParallelSize = 1 } = plan.request;
    const stages = pipelineParallelSize > 1 ? ` in each of ${pipelineParallelSize} stages` : '';
    return [
      {
        check: 'latency-objective',
        message: `${objectiveText(objective)}: a token reads the weights once${stages}, which takes ${gpu.id} ${Math.ceil(least * 1000)} ms at ${gpu.memoryBandwidthGbs} GB/s.`,
        remedy:
          'Promise more than that, use weights in fewer bits, a higher tensorParallelSize, or a GPU with more bandwidth.',
      },
    ];
  });
}
