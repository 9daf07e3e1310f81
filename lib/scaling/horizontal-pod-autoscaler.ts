import { k8s } from 'cdk8s-plus-30';
import { SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { ScalerMetric, ScalerPlan } from './scaler-plan';
import { behaviorSpec } from './scaling-behaviour';

/**
 * A HorizontalPodAutoscaler that reads what is recorded of the service, by way of the Prometheus adapter. While one of its
 * metrics is missing it takes nothing away, and while all are missing it does nothing at all.
 */
export function horizontalPodAutoscalerSpec(plan: ScalerPlan): k8s.HorizontalPodAutoscalerSpecV2 {
  const { target, minReplicas, maxReplicas, behaviour, metrics } = plan;
  return {
    scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: target.name },
    minReplicas,
    maxReplicas,
    metrics: metrics.map((metric) => externalMetric(metric, plan)),
    behavior: behaviorSpec(behaviour),
  };
}

function externalMetric({ metric, perReplica }: ScalerMetric, { target }: ScalerPlan): k8s.MetricSpecV2 {
  const quantity = k8s.Quantity.fromString(amount(perReplica));
  return {
    type: 'External',
    external: {
      metric: {
        name: metric.externalName,
        selector: { matchLabels: { [SERVICE_LABEL]: target.service, [TRACK_LABEL]: target.track ?? 'stable' } },
      },
      // Of one value for all, Kubernetes multiplies the pods that are ready by how far it is off.
      target:
        metric.records === 'sum'
          ? { type: 'AverageValue', averageValue: quantity }
          : { type: 'Value', value: quantity },
    },
  };
}

const SUFFIXES = ['m', '', 'k', 'M', 'G', 'T', 'P'] as const;

/** As the API server writes it back, so that nothing looks changed: a whole number, with the largest suffix that keeps it whole. */
function amount(value: number): string {
  let [digits, suffix] = Number.isInteger(value) ? [value, 1] : [Math.round(value * 1000), 0];
  for (; digits % 1000 === 0 && suffix < SUFFIXES.length - 1; digits /= 1000) suffix++;
  return `${digits}${SUFFIXES[suffix]}`;
}
