import { Construct } from 'constructs';
import { reportErrors, reportWarnings } from '../checks/report';
import { Problem } from '../problem/problem';
import { CanaryStrategy } from '../release/canary-strategy';
import { ReleaseStep } from '../release/release-step';
import { InferenceAutoscaler } from '../scaling/inference-autoscaler';
import { ScalingProps } from '../scaling/inference-autoscaler-props';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';

/** What of a service decides how it is scaled. */
export interface ScaledService {
  readonly scaling: ScalingProps;
  /** As stated beside it. */
  readonly replicas?: number;
  readonly stable: GpuInferenceWorkload;
  /** Where KEDA asks, when `scaling` does not say. */
  readonly serverAddress?: string;
  readonly release?: { readonly strategy: CanaryStrategy; readonly step?: ReleaseStep };
  /** True when a route leads clients to the pods. */
  readonly routed: boolean;
}

/** Replicas when nobody calls. */
export const replicasAtRest = (replicas: number | undefined, scaling: ScalingProps | undefined): number =>
  scaling?.minReplicas ?? (scaling?.scaleToZero ? 0 : (replicas ?? 1));

/** The scaler of a service. While a release is under way it takes nothing away: the way back needs what is there. */
export function scaledBy(scope: Construct, id: string, service: ScaledService): InferenceAutoscaler {
  const { scaling, stable, serverAddress, release } = service;
  const scaler = new InferenceAutoscaler(scope, id, {
    serverAddress: scaling.by === 'hpa' || scaling.scaleToZero ? undefined : serverAddress,
    ...scaling,
    target: stable,
    onlyUp: release !== undefined,
  });
  reportErrors(scaler, scalingProblems(service));
  let told = false;
  scaler.node.addValidation({
    validate: () => {
      // How far it may go is known when everything is declared.
      if (!told) reportWarnings(scaler, scaledReleaseWarnings(service, scaler.maxReplicas));
      told = true;
      return [];
    },
  });
  return scaler;
}

/** What contradicts a scaler in the rest of the service. */
function scalingProblems({ scaling, replicas, release, routed }: ScaledService): Problem[] {
  const conflict = (message: string, remedy: string) => ({ check: 'scaler-conflict', message, remedy });
  return [
    ...(replicas !== undefined && (scaling.minReplicas !== undefined || scaling.scaleToZero)
      ? [
          conflict(
            `replicas is ${replicas}, and scaling says ${scaling.scaleToZero ? 'that there may be none' : `at least ${scaling.minReplicas}`}: both are what runs when nobody calls.`,
            'State one of the two.',
          ),
        ]
      : []),
    ...(release?.strategy.hasCanary === false
      ? [
          conflict(
            `The release replaces pods from the highest number down (${release.strategy.name}), and a scaler changes which is the highest: what it adds runs the candidate at once.`,
            'Release with CanaryStrategy.weightedTwins(), or without a scaler.',
          ),
        ]
      : []),
    ...(scaling.scaleToZero && routed
      ? [
          {
            check: 'scale-to-zero',
            message:
              'The route leads to the pods, and when there is none nobody counts the requests that would start one.',
            remedy:
              'Leave route out, and lead the host name to the interceptor of the HTTP add-on with a route of the platform (docs/scaling.md).',
          },
        ]
      : []),
  ];
}

/** A canary has the size of its step; a stable side that grew sends it a larger part than it can carry. */
function scaledReleaseWarnings({ release, stable }: ScaledService, maximum: number): Problem[] {
  const { canaryReplicas = 0, canaryWeight = 0 } = release?.step ?? {};
  const carrying = Math.ceil((maximum * canaryWeight) / 100);
  if (canaryReplicas === 0 || carrying <= canaryReplicas) return [];
  return [
    {
      check: 'canary-size',
      message: `The scaler may give ${stable.serviceName} ${maximum} replicas, and ${canaryWeight} % of their requests go to ${canaryReplicas} of the canary; ${carrying} would carry them.`,
      remedy: `Release with CanaryStrategy.weightedTwins({ canaryReplicas: ${carrying} }), or at a time when few call.`,
    },
  ];
}
