import { Problem } from '../problem/problem';
import { EnvironmentValue } from './environment';
import { Telemetry, Tracing } from './telemetry';

/** One request in ten: enough to see where time goes, and little beside what the tokens cost. */
const DEFAULT_SAMPLING_RATIO = 0.1;

/** Part of the requests that are traced. */
export const samplingRatio = ({ samplingRatio: stated = DEFAULT_SAMPLING_RATIO }: Tracing): number => stated;

/**
 * What every SDK of OpenTelemetry reads of its environment (opentelemetry.io, "General SDK Configuration"): who speaks, and how
 * many requests are traced. A caller who traces decides for its own requests.
 */
export function openTelemetryEnvironment(telemetry: Telemetry | undefined): Record<string, EnvironmentValue> {
  if (!telemetry?.tracing) return {};
  return {
    OTEL_SERVICE_NAME: telemetry.serviceName,
    OTEL_RESOURCE_ATTRIBUTES: Object.entries(resourceAttributes(telemetry))
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(','),
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: samplingRatio(telemetry.tracing),
  };
}

/** Attributes of all spans, without service.name. */
export function resourceAttributes({ serviceNamespace, attributes }: Telemetry): Record<string, string> {
  return { ...(serviceNamespace !== undefined && { 'service.namespace': serviceNamespace }), ...attributes };
}

/** Told where a server speaks OTLP over HTTP only, and nobody said where. */
export function httpEndpointWarnings(server: string, telemetry: Telemetry | undefined): Problem[] {
  if (!telemetry?.tracing || telemetry.tracing.httpEndpoint !== undefined) return [];
  return [
    {
      check: 'telemetry',
      message: `${server} sends traces by OTLP over HTTP only, and tracing names no httpEndpoint: it sends none.`,
      remedy: "State tracing.httpEndpoint, such as 'http://collector.tracing:4318'.",
    },
  ];
}
