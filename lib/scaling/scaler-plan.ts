import { ScalingTarget } from '../workload/scaling-target';
import { scalingBehaviour, ScalingBehaviour } from './scaling-behaviour';
import { ScaleToZeroProps, ScalingProps } from './inference-autoscaler-props';
import { ScalingSchedule } from './scaling-schedule';
import { ScalingMetric } from './scaling-metric';

/** A metric with its numbers. */
export interface ScalerMetric {
  readonly metric: ScalingMetric;
  readonly perReplica: number;
  /** PromQL of one number. */
  readonly query: string;
}

/** Everything that either maker of a scaler needs. Plain data but for the values that the user gave. */
export interface ScalerPlan {
  readonly name: string;
  readonly namespace: string;
  readonly target: ScalingTarget;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly behaviour: ScalingBehaviour;
  readonly metrics: readonly ScalerMetric[];
  readonly schedules: readonly ScalingSchedule[];
  readonly fallbackReplicas: number;
  readonly serverAddress: string;
  readonly scaleToZero?: ScaleToZeroProps;
}

/** Replicas when nobody calls: what the scaler says, or what the workload has. */
export const replicasAtRest = ({ minReplicas, scaleToZero }: ScalingProps, replicas: number): number =>
  minReplicas ?? (scaleToZero ? 0 : replicas);

/**
 * What was stated, with the rest derived.
 *
 * @param onlyUp true while a release is under way: requests that go to a canary leave the stable pods idle, and the way back needs
 * them
 */
export function scalerPlan(
  stated: Omit<ScalerPlan, 'behaviour' | 'fallbackReplicas'> & { readonly fallbackReplicas?: number },
  onlyUp: boolean,
): ScalerPlan {
  const { target, minReplicas, maxReplicas } = stated;
  const { fallbackReplicas = Math.ceil((minReplicas + maxReplicas) / 2), ...rest } = stated;
  return {
    ...rest,
    fallbackReplicas,
    behaviour: scalingBehaviour(target.rolloutSeconds, maxReplicas, onlyUp),
  };
}
