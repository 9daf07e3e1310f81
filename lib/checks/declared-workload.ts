import { k8s } from 'cdk8s-plus-30';
import { InferencePlan, InferenceRequest } from '../plan/inference-plan';

/** A workload as the checks see it: what was asked, what was derived, and the pod that came of it. Plain data. */
export interface DeclaredWorkload {
  /** Name of the inference service. */
  readonly service: string;
  readonly namespace?: string;
  readonly track: 'stable' | 'canary';
  readonly replicas: number;
  readonly request: InferenceRequest;
  readonly plan: InferencePlan;
  readonly pod: k8s.PodSpec;
  readonly podAnnotations: Readonly<Record<string, string>>;
}
