import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { VerticalPodAutoscaler } from '../../imports/autoscaling.k8s.io';
import { reportErrors } from '../checks/report';
import { Scalable } from '../workload/scaling-target';
import { namespaceProblems } from './autoscaler-problems';

export interface ResourceRecommendationProps {
  /** Whose pods are looked at. */
  readonly target: Scalable;
  /** Name of the object. @default - that of the target */
  readonly name?: string;
}

/**
 * What CPU and memory the pods really use: a VerticalPodAutoscaler that recommends and changes nothing
 * (`kubectl describe vpa`). Applying it would end pods, each of which loads its model again, and GPUs it does not know at all.
 * State what it says as `resources`, where it is far from the plan. Needs the recommender of the Vertical Pod Autoscaler.
 */
export class ResourceRecommendation extends Construct {
  readonly autoscaler: VerticalPodAutoscaler;

  constructor(scope: Construct, id: string, props: ResourceRecommendationProps) {
    super(scope, id);
    const target = props.target.toScalingTarget();
    const { apiVersion, kind, name, labels } = target;
    reportErrors(this, namespaceProblems('recommendation', target, Chart.of(this).namespace));
    this.autoscaler = new VerticalPodAutoscaler(this, 'Default', {
      metadata: { name: props.name ?? name, labels },
      spec: {
        targetRef: { apiVersion, kind, name },
        updatePolicy: { updateMode: 'Off' },
        resourcePolicy: { containerPolicies: [{ containerName: '*', controlledResources: ['cpu', 'memory'] }] },
      },
    });
  }
}
