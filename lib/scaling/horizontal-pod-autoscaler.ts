import { k8s } from 'cdk8s-plus-30';
import { SERVICE_LABEL, TRACK_LABEL } from '../signals/pod-selection';
import { ScalerMetric, ScalerPlan } from './scaler-plan';
import { ScalingRules } from './scaling-behaviour';

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
    behavior: { scaleDown: rules(behaviour.scaleDown), scaleUp: rules(behaviour.scaleUp) },
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

/** As the API server writes it back, so that nothing looks changed: thousandths where it is not whole. */
const amount = (value: number) => (Number.isInteger(value) ? `${value}` : `${Math.round(value * 1000)}m`);

const rules = (each: ScalingRules) => ({ ...each, policies: each.policies.map((policy) => ({ ...policy })) });
