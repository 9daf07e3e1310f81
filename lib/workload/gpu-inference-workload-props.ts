import { ServingRole } from '../runtime/serving-runtime';
import { InferenceContractProps, WaiverProps } from './inference-contract-props';
import { Track } from './inference-labels';
import { InferencePodProps } from './inference-pod-props';

/** What the pods of an inference service are described by, whichever controller keeps them. */
export interface GpuInferenceWorkloadProps extends InferenceContractProps, InferencePodProps, WaiverProps {
  /**
   * Name of the inference service; objects are named after it. At most 52 characters, 45 for a canary, 44 with prefill,
   * because Kubernetes appends to it.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Which side of a release these pods are. Part of the selector, and so frozen when the workload is born.
   * @default 'stable'
   */
  readonly track?: Track;
  /**
   * What these pods do of each request, where others do the rest: compute prompts, or write answers. Part of names and
   * selector, and so frozen when the workload is born. A router must stand in front; `InferenceService` with `prefill` makes
   * all three. @default - prompts and answers
   */
  readonly role?: ServingRole;
}
