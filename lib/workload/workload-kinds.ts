import { Construct } from 'constructs';
import { WorkloadKind } from '../checks/declared-workload';
import { planLayout } from '../plan/parallel-layout';
import { GpuInferenceDeployment } from './gpu-inference-deployment';
import { GpuInferenceLeaderWorkerSet } from './gpu-inference-leader-worker-set';
import { GpuInferenceStatefulSet } from './gpu-inference-stateful-set';
import { GpuInferenceWorkload } from './gpu-inference-workload';
import { GpuInferenceWorkloadProps } from './gpu-inference-workload-props';
import { InferenceContractProps } from './inference-contract-props';

/** The construct of each kind. */
export const WORKLOADS: Readonly<
  Record<WorkloadKind, new (scope: Construct, id: string, props: GpuInferenceWorkloadProps) => GpuInferenceWorkload>
> = {
  StatefulSet: GpuInferenceStatefulSet,
  Deployment: GpuInferenceDeployment,
  LeaderWorkerSet: GpuInferenceLeaderWorkerSet,
};

/** What can hold any service of this contract: groups where a copy takes several machines, pods with names elsewhere. */
export function workloadKindOf(props: InferenceContractProps): WorkloadKind {
  return planLayout(props, [props.nodePool].flat()).nodes > 1 ? 'LeaderWorkerSet' : 'StatefulSet';
}
