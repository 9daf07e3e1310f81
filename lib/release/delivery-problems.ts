import { RouteGateway } from '../network/inference-route-props';
import { isHttpAddress } from '../problem/addresses';
import { shown } from '../problem/names';
import { Problem } from '../problem/problem';
import { GpuInferenceWorkload } from '../workload/gpu-inference-workload';

/** What a controller is given to release. */
interface Delivered {
  readonly workload: Pick<GpuInferenceWorkload, 'kind' | 'serviceName' | 'runtime' | 'replicas'>;
  readonly route?: { readonly gateway: RouteGateway; readonly fallback?: unknown };
}

/** What keeps a controller from releasing a service. */
export function deliveryProblems(
  controller: 'Argo Rollouts' | 'Flagger',
  { workload, route }: Delivered,
  address: string | undefined,
  comparisons: number,
): Problem[] {
  const problem = (message: string, remedy: string): Problem => ({ check: 'canary-shape', message, remedy });
  return [
    ...(workload.kind === 'Deployment'
      ? []
      : [
          problem(
            `${controller} runs Deployments only; ${workload.serviceName} is a ${workload.kind}.`,
            "Use workload: 'Deployment' with weights that no pod has to itself, or a canary with CanaryStrategy.weightedTwins().",
          ),
        ]),
    ...(workload.replicas === 0
      ? [
          problem(
            `${workload.serviceName} has 0 replicas, and ${controller} starts 1 all the same, on a GPU.`,
            'Leave progressiveDelivery out while the service is switched off, or give it 1 replica or more.',
          ),
        ]
      : []),
    ...(route && route.gateway.implementation !== 'ingress-nginx'
      ? []
      : [
          problem(
            `${controller} moves weights of an HTTPRoute, and ${workload.serviceName} has none.`,
            'Give it a route with a GatewayReference, or release it by changing its image.',
          ),
        ]),
    ...(route?.fallback === undefined
      ? []
      : [
          problem(
            `The route of ${workload.serviceName} has a fallback, and ${controller} sends requests to its own Services only.`,
            'Leave the fallback out, or release with a CanaryStrategy.',
          ),
        ]),
    ...(address === undefined || comparisons === 0
      ? [
          problem(
            address === undefined
              ? `Nobody says where ${controller} can ask Prometheus, so every version would be promoted, good or bad.`
              : `${workload.runtime.name} ${workload.runtime.version} tells nothing by which a new version could be compared, so every one would be promoted.`,
            address === undefined
              ? 'Give the service monitoring; where that does not say where to ask, state prometheusAddress too.'
              : 'Use a CanaryStrategy, with which a person decides.',
          ),
        ]
      : []),
    ...prometheusProblems(address),
  ];
}

/** An address that a controller could not ask. */
export function prometheusProblems(address: string | undefined): Problem[] {
  if (address === undefined || isHttpAddress(address)) return [];
  return [
    {
      check: 'canary-analysis',
      message: `${shown(address)} is no address of a Prometheus.`,
      remedy: 'Use http or https, a host and a port, such as http://prometheus-operated.monitoring:9090.',
    },
  ];
}
