import { resourceAttributes, samplingRatio } from '../open-telemetry';
import { Telemetry } from '../telemetry';

/**
 * Triton's own tracing, by OTLP over HTTP: one of so many requests, and every one whose caller traces. Source:
 * triton-inference-server/server docs/user_guide/trace.md.
 */
export function tracingFlags(telemetry: Telemetry | undefined): string[] {
  const { tracing } = telemetry ?? {};
  if (!telemetry || tracing?.httpEndpoint === undefined || samplingRatio(tracing) === 0) return [];
  const resource = { 'service.name': telemetry.serviceName, ...resourceAttributes(telemetry) };
  return [
    'mode=opentelemetry',
    `opentelemetry,url=${tracing.httpEndpoint.replace(/\/+$/, '')}/v1/traces`,
    ...Object.entries(resource).map(([name, value]) => `opentelemetry,resource=${name}=${value}`),
    `rate=${Math.round(1 / samplingRatio(tracing))}`,
    'level=TIMESTAMPS',
  ].map((setting) => `--trace-config=${setting}`);
}
