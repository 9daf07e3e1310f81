import { Findings } from '../problem/problem';
import { DeclaredWorkload } from './declared-workload';

/** No network disk or download of one pod is faster: 20 Gbit/s. */
const FASTEST_BYTES_PER_SECOND = 2.5e9;

/** Does the startup probe wait for as long as the start can take? Only a stated cold start can be too short. */
export function startup({ request, plan }: DeclaredWorkload): Findings {
  const { coldStartSeconds } = request;
  if (coldStartSeconds === undefined) return { errors: [], warnings: [] };
  const { probeSeconds, downloadSeconds, loadSeconds, warmUpSeconds } = plan.startup;
  const transfer = Math.ceil(plan.weightBytes / FASTEST_BYTES_PER_SECOND);
  const derived = downloadSeconds + loadSeconds + warmUpSeconds;
  const stated = `A stated cold start of ${coldStartSeconds} s lets the startup probe wait ${probeSeconds} s.`;
  if (probeSeconds < transfer) {
    return {
      errors: [
        {
          check: 'startup',
          message: `${stated} At 20 Gbit/s the weights alone take ${transfer} s.`,
          remedy: `State the time that you measured, or leave it out: the derived cold start is ${derived} s.`,
        },
      ],
      warnings: [],
    };
  }
  return {
    errors: [],
    warnings:
      probeSeconds >= derived
        ? []
        : [
            {
              check: 'startup',
              message: `${stated} The derived cold start is ${derived} s: ${downloadSeconds} download, ${loadSeconds} load, ${warmUpSeconds} warm-up.`,
              remedy: 'Keep it if you measured it with an empty cache; otherwise leave coldStart out.',
            },
          ],
  };
}
