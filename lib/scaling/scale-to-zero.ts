import { InterceptorRouteSpec } from '../../imports/http.keda.sh';
import { ScalingTarget } from '../workload/scaling-target';
import { ScaleToZeroProps } from './inference-autoscaler-props';

/** Service and port of the add-on's scaler, where its chart is installed into the namespace keda. */
export const SCALER_ADDRESS = 'keda-add-ons-http-external-scaler.keda:9090';

/** Where requests go that may have to wait for a pod: the proxy of the same chart. */
export const INTERCEPTOR = { namespace: 'keda', service: 'keda-add-ons-http-interceptor-proxy', port: 8080 } as const;

export const interceptorRouteName = ({ name }: ScalingTarget) => name;

/** Requests under way for each replica; undefined where nobody knows. */
export const concurrencyOf = ({ concurrency }: ScaleToZeroProps, { sequences }: ScalingTarget) =>
  concurrency ?? (sequences === undefined || sequences < 1 ? undefined : sequences);

/**
 * What the interceptor does with requests of a service: counts them, holds those that come while there is no pod, and hands
 * them on. A request waits as long as a rollout may take; an answer takes as long as it takes, since the route in front and the
 * server have limits of their own.
 */
export function interceptorRouteSpec(props: ScaleToZeroProps, target: ScalingTarget): InterceptorRouteSpec {
  return {
    target: { service: target.serviceName!, port: target.port },
    rules: [{ hosts: [...props.hosts] }],
    scalingMetric: { concurrency: { targetValue: concurrencyOf(props, target) ?? 1 } },
    timeouts: { request: '0s', readiness: `${target.rolloutSeconds}s` },
  };
}
