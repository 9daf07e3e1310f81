import {
  ScaledObjectSpec,
  ScaledObjectSpecFallbackBehavior,
  ScaledObjectSpecTriggers,
  ScaledObjectSpecTriggersMetricType,
} from '../../imports/keda.sh';
import { concurrencyOf, interceptorRouteName, SCALER_ADDRESS } from './scale-to-zero';
import { ScalerPlan } from './scaler-plan';
import { behaviorSpec } from './scaling-behaviour';

/** Seconds between two questions of the HorizontalPodAutoscaler that KEDA makes, each of which counts as a failure. */
const SYNC_SECONDS = 15;
/** A Prometheus that starts anew reads its log for minutes. */
const LEAST_BLIND_SECONDS = 300;

const { AVERAGE_VALUE } = ScaledObjectSpecTriggersMetricType;

/**
 * KEDA's ScaledObject. Fails towards capacity: KEDA's own default takes a Prometheus that lost the pods for a queue of 0 and
 * goes down to the minimum. Here no answer is a failure, at which nothing changes at first; after as long as first pods take to
 * load, which tell nothing either, there are at least the fallback's replicas. Only a metric of the type AverageValue has a
 * fallback, so every query is a sum.
 */
export function scaledObjectSpec(plan: ScalerPlan): ScaledObjectSpec {
  const { target, minReplicas, maxReplicas, fallbackReplicas, behaviour, scaleToZero } = plan;
  const { apiVersion, kind, name, rolloutSeconds } = target;
  return {
    scaleTargetRef: { apiVersion, kind, name },
    minReplicaCount: minReplicas,
    maxReplicaCount: maxReplicas,
    // What goes too early costs a cold start to have back.
    ...(scaleToZero && { cooldownPeriod: behaviour.scaleDown.stabilizationWindowSeconds }),
    fallback: {
      failureThreshold: Math.ceil(Math.max(LEAST_BLIND_SECONDS, rolloutSeconds) / SYNC_SECONDS),
      replicas: fallbackReplicas,
      behavior: ScaledObjectSpecFallbackBehavior.CURRENT_REPLICAS_IF_HIGHER,
    },
    advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorSpec(behaviour) } },
    triggers: triggers(plan),
  };
}

function triggers(plan: ScalerPlan): ScaledObjectSpecTriggers[] {
  const { target, metrics, schedules, serverAddress, scaleToZero, minReplicas, maxReplicas } = plan;
  const { rolloutSeconds } = target;
  return [
    ...metrics.map(({ metric, perReplica, query }) => ({
      type: 'prometheus',
      name: metric.name,
      metricType: AVERAGE_VALUE,
      metadata: { serverAddress, query, threshold: String(perReplica), ignoreNullValues: 'false' },
    })),
    ...(scaleToZero
      ? [
          {
            type: 'external-push',
            name: 'requests-under-way',
            metricType: AVERAGE_VALUE,
            metadata: {
              scalerAddress: scaleToZero.scalerAddress ?? SCALER_ADDRESS,
              interceptorRoute: interceptorRouteName(target),
            },
          },
        ]
      : []),
    ...schedules.map((schedule) => ({
      type: 'cron',
      metadata: {
        timezone: schedule.timezone,
        ...schedule.cron(schedule.leadMinutes({ minReplicas, maxReplicas, rolloutSeconds })),
        desiredReplicas: String(schedule.replicas),
      },
    })),
  ];
}

/** What the metrics are in words: of the scorecard, and of a reader. */
export function scalerMetricTexts({
  metrics,
  schedules,
  scaleToZero,
  target,
}: Pick<ScalerPlan, 'metrics' | 'schedules' | 'scaleToZero' | 'target'>): string[] {
  return [
    ...metrics.map(({ metric, perReplica }) => `${metric.name} ${perReplica}`),
    ...(scaleToZero ? [`requests-under-way ${concurrencyOf(scaleToZero, target)}`] : []),
    ...schedules.map(String),
  ];
}
