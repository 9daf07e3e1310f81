import { k8s } from 'cdk8s-plus-30';
import { InferencePlan, InferenceRequest } from '../plan/inference-plan';

/** What keeps the pods of a workload. */
export type WorkloadKind = 'StatefulSet' | 'Deployment' | 'LeaderWorkerSet';

/** A workload as the checks see it: what was asked, what was derived, and the pod that came of it. Plain data. */
export interface DeclaredWorkload {
  readonly kind: WorkloadKind;
  /** Name of the inference service, with the role where its pods do one part of each request. */
  readonly service: string;
  readonly namespace?: string;
  readonly track: 'stable' | 'canary';
  readonly replicas: number;
  /** Pods that are one copy of the model. */
  readonly podsPerReplica: number;
  readonly request: InferenceRequest;
  readonly plan: InferencePlan;
  /** The pod that answers requests. */
  readonly pod: k8s.PodSpec;
  /** The pods that work for it, when a copy of the model takes several; they ask for the same. */
  readonly worker?: k8s.PodSpec;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** True when every tag is replaced by the digest of a lock. */
  readonly imagesLocked: boolean;
}

/** All containers of a workload, those of its workers too. */
export function containersOf({ pod, worker }: DeclaredWorkload): k8s.Container[] {
  return [pod, ...(worker ? [worker] : [])].flatMap(({ initContainers = [], containers }) => [
    ...initContainers,
    ...containers,
  ]);
}
