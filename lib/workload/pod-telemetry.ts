import { Telemetry } from '../runtime/telemetry';
import { InferenceContractProps } from './inference-contract-props';
import { InferencePodProps } from './inference-pod-props';

/** What the server is told of traces and logs; undefined when nothing, so that its settings stay as they are. */
export function telemetryOf(
  { tracing, jsonLogs, runtime }: InferencePodProps & Pick<InferenceContractProps, 'runtime'>,
  serviceName: string,
  serviceNamespace: string | undefined,
): Telemetry | undefined {
  if (!tracing && jsonLogs === undefined) return undefined;
  return {
    ...(tracing && { tracing }),
    ...(jsonLogs !== undefined && { jsonLogs }),
    serviceName,
    serviceNamespace,
    // By which spans of a canary are told from those of what serves.
    attributes: { 'service.version': runtime.version },
  };
}
