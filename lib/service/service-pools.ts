import { Construct } from 'constructs';
import { EndpointPicker, InferencePool } from '../network/inference-pool';
import { NetworkPeer } from '../network/network-peer';
import { Problem } from '../problem/problem';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';
import { podsWith } from './service-network';

/** A picker for each track, under the name that its chart gives it: the first 40 characters of that of the Service, and `-epp`. */
export type ServiceEndpointPicker = Omit<EndpointPicker, 'service'>;

/** Pools of the tracks, each of the name of the Service that it stands in for. */
export function pooled(
  scope: Construct,
  picker: ServiceEndpointPicker | undefined,
  tracks: readonly GpuInferenceWorkload[],
): InferencePool[] {
  if (!picker) return [];
  return tracks.map(
    (pods) =>
      new InferencePool(scope, `pool-${pods.track}`, {
        name: pods.serviceName,
        labels: pods.podLabels,
        pods,
        picker,
      }),
  );
}

/** The pickers read the metrics of the pods. */
export const pickersOf = (pools: readonly InferencePool[]): NetworkPeer[] =>
  pools.flatMap(({ pickerLabels }) => podsWith(pickerLabels));

/** What chooses pods, or moves weights between Services, by itself. */
export function pickerProblems(
  picker: ServiceEndpointPicker | undefined,
  { prefill, progressiveDelivery }: { readonly prefill?: unknown; readonly progressiveDelivery?: unknown },
): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'gateway-feature', message, remedy });
  if (!picker) return [];
  return [
    ...(prefill
      ? [
          problem(
            'Clients call the router in front of prefill and decode, which chooses pods itself: an endpoint picker would send requests around it.',
            'Leave endpointPicker out, or serve without prefill.',
          ),
        ]
      : []),
    ...(progressiveDelivery
      ? [
          problem(
            'The controller of progressiveDelivery moves weights between Services, and behind the route are InferencePools.',
            'Leave endpointPicker out, or release with canary.',
          ),
        ]
      : []),
  ];
}
