import { MOST_PODS, wholeNumberProblems } from '../problem/numbers';
import { Problem } from '../problem/problem';
import { InferenceContractProps } from './inference-contract-props';
import { InferencePodProps } from './inference-pod-props';
import { toMebibytes, toMillicores, toSeconds } from './quantities';

type Numbers = InferenceContractProps & InferencePodProps;

/** In seconds. No server takes longer to start or to answer; what does is a mistake in the unit. */
const ONE_DAY = 24 * 3600;

const COUNTS = {
  replicas: [0, MOST_PODS],
  tensorParallelSize: [1, MOST_PODS],
  pipelineParallelSize: [1, MOST_PODS],
  dataParallelSize: [1, MOST_PODS],
  maxModelLen: [1, Number.MAX_SAFE_INTEGER],
} as const satisfies Partial<Record<keyof Numbers, readonly [least: number, most: number]>>;

const TIMES = ['coldStart', 'longestAnswer'] as const;

function countProblems(props: Numbers, what: keyof typeof COUNTS): Problem[] {
  const [least, most] = COUNTS[what];
  return wholeNumberProblems(what, props[what], least, most);
}

const timeProblems = (props: Numbers, what: (typeof TIMES)[number]) =>
  wholeNumberProblems(`${what} in seconds`, toSeconds(props[what]), 1, ONE_DAY);

const counts = Object.keys(COUNTS) as (keyof typeof COUNTS)[];

/** Numbers of a workload that count nothing. */
export function numberProblems(props: Numbers): Problem[] {
  return [
    ...counts.flatMap((what) => countProblems(props, what)),
    ...wholeNumberProblems('maxOutputTokens', props.maxOutputTokens, 1, props.maxModelLen),
    ...TIMES.flatMap((what) => timeProblems(props, what)),
    ...wholeNumberProblems('resources.cpu in thousandths of a core', toMillicores(props.resources?.cpu), 1),
    ...wholeNumberProblems('resources.cpuLimit in thousandths of a core', toMillicores(props.resources?.cpuLimit), 1),
    ...wholeNumberProblems('resources.memory in MiB', toMebibytes(props.resources?.memory), 1),
    ...wholeNumberProblems('resources.ephemeralStorage in MiB', toMebibytes(props.resources?.ephemeralStorage), 1),
  ];
}

/**
 * The props without the numbers that {@link numberProblems} refuses. What is derived from them is never written, and a plan with
 * 2⁵³ GPUs takes for ever.
 */
export function possible<Props extends Numbers>(props: Props): Props {
  const impossible = [
    ...counts.filter((what) => countProblems(props, what).length > 0),
    ...TIMES.filter((what) => timeProblems(props, what).length > 0),
  ];
  if (impossible.length === 0) return props;
  return { ...props, ...Object.fromEntries(impossible.map((what) => [what, undefined])) };
}
