import { Construct } from 'constructs';
import { reportErrors, reportWarnings } from '../checks/report';
import { Problem } from '../problem/problem';
import { CanaryStrategy } from '../release/canary-strategy';
import { carriedBy, ReleaseStep } from '../release/release-step';
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
  /** The step of its release that is applied. */
  readonly step?: ReleaseStep;
  /** How it is released. */
  readonly strategy?: CanaryStrategy;
  /** True when a route leads clients to the pods. */
  readonly routed: boolean;
}

/** The scaler of a service. */
export function scaledBy(scope: Construct, id: string, service: ScaledService): InferenceAutoscaler {
  const { scaling, stable, serverAddress } = service;
  const scaler = new InferenceAutoscaler(scope, id, {
    serverAddress: scaling.by === 'hpa' || scaling.scaleToZero ? undefined : serverAddress,
    ...scaling,
    target: stable,
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
function scalingProblems({ scaling, replicas, routed }: ScaledService): Problem[] {
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
function scaledReleaseWarnings({ step, strategy, stable }: ScaledService, maximum: number): Problem[] {
  if (!step || step.canaryReplicas === 0) return [];
  const { canaryReplicas } = step;
  const { share, pods } = carriedBy(step, maximum);
  if (pods <= canaryReplicas) return [];
  const larger = strategy?.sized(pods);
  const carried = Math.floor((canaryReplicas * 100) / share);
  return [
    {
      check: 'canary-size',
      message: `The scaler may give ${stable.serviceName} ${maximum} replicas, and ${step.mirrors ? 'copies of all' : `${share} % of`} their requests go to ${canaryReplicas} of the canary; ${pods} would carry them.`,
      remedy: `Release with ${larger ?? `scaling.maxReplicas lowered to ${carried}`}, or at a time when few call.`,
    },
  ];
}
