import { GpuNodePool } from '../hardware/gpu-node-pool';
import { ServingRole } from '../runtime/serving-runtime';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { GpuInferenceWorkloadProps } from '../workload/gpu-inference-workload-props';
import { InferenceContractProps } from '../workload/inference-contract-props';
import { RouterProps } from '../workload/prefill-decode-router';
import { Disaggregation } from './prefill-problems';

/** Pods that only compute prompts. What is not stated here is as it is for those that write the answers. */
export interface PrefillProps {
  /** Copies of the model that compute prompts. @default 1 */
  readonly replicas?: number;
  /**
   * GPUs that every layer of such a copy is split over. One of the two sizes must be a multiple of the other; before vLLM 0.14
   * this one must not be the larger.
   * @default - as many as for the pods that write answers
   */
  readonly tensorParallelSize?: number;
  /**
   * Node pools for them, the most wanted first. Prompts are bound by what a GPU computes, answers by what it reads from its
   * memory. @default - those of the pods that write answers
   */
  readonly nodePool?: GpuNodePool | readonly GpuNodePool[];
  /** What clients call instead of the pods. */
  readonly router: RouterProps;
}

/** The contract of a service as the pods of one role have it. */
export function propsOfRole<Props extends InferenceContractProps>(
  props: Props & { readonly prefill?: PrefillProps },
  role: ServingRole,
): Props & Pick<GpuInferenceWorkloadProps, 'role'> {
  const { prefill } = props;
  if (!prefill || role === 'decode') return { ...props, role };
  return {
    ...props,
    role,
    replicas: prefill.replicas,
    tensorParallelSize: prefill.tensorParallelSize ?? props.tensorParallelSize,
    nodePool: prefill.nodePool ?? props.nodePool,
    // Sequences run on where answers are written, and tokens come from there.
    concurrency: undefined,
    slo: props.slo && { ...props.slo, interTokenLatency: undefined },
  };
}

/** The two sides as far as they must go together. */
export function sidesOf(
  props: InferenceContractProps & { readonly prefill?: PrefillProps; readonly canary?: unknown },
  prefill: GpuInferenceWorkload,
  decode: GpuInferenceWorkload,
): Disaggregation {
  const side = ({ replicas, plan }: GpuInferenceWorkload, role: ServingRole) => ({
    replicas,
    tensorParallelSize: propsOfRole(props, role).tensorParallelSize ?? 1,
    handover: plan.contract.handover,
  });
  return {
    prefill: side(prefill, 'prefill'),
    decode: side(decode, 'decode'),
    canary: props.canary !== undefined,
  };
}
