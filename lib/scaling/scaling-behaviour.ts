/** How fast a scaler may go; the words are those of autoscaling/v2. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: 'Max' | 'Disabled';
  readonly policies: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface ScalingBehaviour {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** @source Kubernetes pkg/apis/autoscaling/validation: MaxPeriodSeconds and MaxStabilizationWindowSeconds */
const LONGEST_PERIOD = 1800;
const LONGEST_STABILIZATION = 3600;
/** What Kubernetes waits by default before it takes a pod away. */
const LEAST_STABILIZATION = 300;
/** Part of the replicas that may come at once, in percent. */
const SHARE = 10;

/** Seconds in which one step up or down is made: as long as a new pod takes, or as long as Kubernetes can count. */
export const scalingPeriod = (rolloutSeconds: number) => Math.min(LONGEST_PERIOD, Math.max(1, rolloutSeconds));

/** Replicas that one step up adds: one, or a tenth of a service that has more than ten. */
export const scalingStep = (replicas: number) => Math.max(1, Math.ceil((replicas * SHARE) / 100));

/** Whether a scaler of this maximum may add a part of its replicas at once; a smaller one adds one at a time. */
const addsShares = (maximum: number) => scalingStep(maximum) > 1;

/** Steps that a scaler takes from so many replicas to so many, by the rules of `scalingBehaviour`. */
export function scalingSteps(from: number, to: number, maximum: number): number {
  let steps = 0;
  for (let replicas = Math.max(0, from); replicas < to; replicas += addsShares(maximum) ? scalingStep(replicas) : 1)
    steps++;
  return steps;
}

/**
 * Follows from how long a new pod takes to its first answer.
 *
 * Up: at once, but one pod (or a tenth) for each cold start. What was added needs that long to take load off the others; until
 * then the metric stays high, and Kubernetes' own four pods or doubling every 15 s would ask for the whole pool.
 *
 * Down: only when nothing wanted the replica for two cold starts, one at a time, because what goes too early costs a cold start
 * to have back.
 *
 * @param onlyUp true while nothing may be taken away
 */
export function scalingBehaviour(rolloutSeconds: number, maximum: number, onlyUp = false): ScalingBehaviour {
  const periodSeconds = scalingPeriod(rolloutSeconds);
  const onePod = { type: 'Pods', value: 1, periodSeconds } as const;
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: addsShares(maximum) ? [onePod, { type: 'Percent', value: SHARE, periodSeconds }] : [onePod],
    },
    scaleDown: {
      stabilizationWindowSeconds: Math.min(LONGEST_STABILIZATION, Math.max(LEAST_STABILIZATION, 2 * rolloutSeconds)),
      selectPolicy: onlyUp ? 'Disabled' : 'Max',
      policies: [onePod],
    },
  };
}

/** The same as either kind of scaler takes it: lists of their own, which may be patched. */
export function behaviorSpec({ scaleDown, scaleUp }: ScalingBehaviour) {
  const rules = (each: ScalingRules) => ({ ...each, policies: each.policies.map((policy) => ({ ...policy })) });
  return { scaleDown: rules(scaleDown), scaleUp: rules(scaleUp) };
}
