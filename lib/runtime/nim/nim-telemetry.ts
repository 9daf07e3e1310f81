import { Problem } from '../../problem/problem';
import { EnvironmentValue } from '../environment';
import { httpEndpointWarnings, openTelemetryEnvironment, samplingRatio } from '../open-telemetry';
import { Telemetry } from '../telemetry';

/**
 * How a NIM is told to trace. 1.x reads variables of its own and speaks OTLP over HTTP (NVIDIA NIM for LLMs 1.x, observability);
 * 2.x hands OpenTelemetry's on to its engine, by secondary sources only: a version that does not read them ignores them.
 * JSON lines are NIM's own, and on by default.
 */
export function nimTracing(series: '1.x' | '2.x', telemetry: Telemetry | undefined): Record<string, EnvironmentValue> {
  if (!telemetry?.tracing) return {};
  const { grpcEndpoint, httpEndpoint } = telemetry.tracing;
  if (series === '2.x') {
    return {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: grpcEndpoint,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_INSECURE: grpcEndpoint.startsWith('https://') ? undefined : 'true',
      ...openTelemetryEnvironment(telemetry),
    };
  }
  return httpEndpoint === undefined
    ? {}
    : {
        NIM_ENABLE_OTEL: 1,
        NIM_OTEL_SERVICE_NAME: telemetry.serviceName,
        NIM_OTEL_TRACES_EXPORTER: 'otlp',
        NIM_OTEL_EXPORTER_OTLP_ENDPOINT: httpEndpoint,
        ...openTelemetryEnvironment(telemetry),
      };
}

/** A retriever is a 1.x whose Triton traces beside it, one of so many requests. */
export function retrieverTracing(telemetry: Telemetry | undefined): Record<string, EnvironmentValue> {
  const tracing = telemetry?.tracing;
  if (tracing?.httpEndpoint === undefined) return {};
  const ratio = samplingRatio(tracing);
  return {
    ...nimTracing('1.x', telemetry),
    ...(ratio > 0 && {
      TRITON_OTEL_URL: `${tracing.httpEndpoint.replace(/\/+$/, '')}/v1/traces`,
      TRITON_OTEL_RATE: Math.round(1 / ratio),
    }),
  };
}

/** JSON lines are on unless somebody wants text. */
export const nimJsonLogs = (telemetry: Telemetry | undefined): Record<string, EnvironmentValue> =>
  telemetry?.jsonLogs === undefined ? {} : { NIM_JSONL_LOGGING: telemetry.jsonLogs };

export const nimTracingWarnings = (version: string, telemetry: Telemetry | undefined): Problem[] =>
  version.startsWith('2.') ? [] : httpEndpointWarnings(`NIM ${version}`, telemetry);
