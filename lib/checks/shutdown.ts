import { NodePlatform } from '../hardware/daemon-set-allowance';
import { Findings, Problem } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** Seconds between the notice and the end of a spot machine. Sources: the platforms' own documentation. */
const SPOT_NOTICE_SECONDS: Partial<Record<NodePlatform, number>> = { gke: 30, eks: 120, karpenter: 120, aks: 30 };

/** `--max-graceful-termination-sec` of the cluster autoscaler, by default. */
const AUTOSCALER_PATIENCE_SECONDS = 600;

/** Do answers end before the machine does? */
export function shutdown({ request, plan }: DeclaredWorkload): Findings {
  const { terminationGracePeriodSeconds: grace, longestAnswerSeconds } = plan.shutdown;
  // What preStop and margin leave of a notice: zero or less when no answer at all can be finished.
  const room = (notice: number) => notice - (grace - longestAnswerSeconds);
  const warnings: Problem[] = request.nodePools.flatMap((pool) => {
    const notice = SPOT_NOTICE_SECONDS[pool.platform];
    if (!pool.spot || notice === undefined || grace <= notice) return [];
    return [
      {
        check: 'shutdown',
        message: `Spot machines of the pool ${pool.name} are gone ${notice} s after their notice; a pod needs ${grace} s to finish answers of up to ${longestAnswerSeconds} s.`,
        remedy:
          room(notice) > 0
            ? `Lower maxOutputTokens or longestAnswer until answers take ${room(notice)} s at most, use on-demand machines, or let clients retry and waive this.`
            : `No answer is short enough for ${notice} s: use on-demand machines, or let clients retry and waive this.`,
      },
    ];
  });
  if (grace > AUTOSCALER_PATIENCE_SECONDS) {
    warnings.push({
      check: 'shutdown',
      message: `A pod needs ${grace} s to stop; cluster autoscalers wait ${AUTOSCALER_PATIENCE_SECONDS} s by default before they take the machine.`,
      remedy: `Lower maxOutputTokens or longestAnswer until answers take ${room(AUTOSCALER_PATIENCE_SECONDS)} s at most, or raise --max-graceful-termination-sec of the autoscaler to ${grace}.`,
    });
  }
  return { errors: [], warnings };
}
