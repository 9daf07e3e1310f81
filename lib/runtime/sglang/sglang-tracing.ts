import { Problem } from '../../problem/problem';
import { FlagValue, whereElse } from '../command-line-flags';
import { Telemetry } from '../telemetry';
import { SGLANG_FLAGS } from './sglang-flags';

const hasFlag = (version: string, flag: string) => whereElse(version, SGLANG_FLAGS[flag]!) === undefined;
const canTrace = (version: string) => hasFlag(version, '--otlp-traces-endpoint');

/**
 * Flags of tracing, by OTLP/gRPC; what the runtime states wins. The server calls itself `sglang` until it can be told another
 * name, whatever the environment says. The published images are installed with what tracing needs; one of your own may not be,
 * and ends at its start.
 */
export function tracingFlags(
  version: string,
  stated: string | undefined,
  telemetry: Telemetry | undefined,
): Record<string, FlagValue> {
  const derived = telemetry?.tracing?.grpcEndpoint;
  const endpoint = stated ?? (derived && canTrace(version) && !isTls(derived) ? hostAndPort(derived) : undefined);
  return {
    '--enable-trace': endpoint !== undefined,
    '--otlp-traces-endpoint': endpoint,
    '--otlp-service-name':
      endpoint !== undefined && hasFlag(version, '--otlp-service-name') ? telemetry?.serviceName : undefined,
  };
}

/** It has no way to be told: its exporter is made with insecure=True (srt/tracing, get_otlp_span_exporter). */
const isTls = (endpoint: string) => /^https:/i.test(endpoint);

/** It wants no scheme. */
const hostAndPort = (endpoint: string) => endpoint.replace(/^http:\/\//i, '').replace(/\/+$/, '');

/** What this version cannot do of it; an endpoint that the runtime states is nobody else's. */
export function tracingWarnings(
  version: string,
  stated: string | undefined,
  telemetry: Telemetry | undefined,
): Problem[] {
  if (!telemetry?.tracing || stated !== undefined) return [];
  const { grpcEndpoint } = telemetry.tracing;
  if (canTrace(version)) {
    return isTls(grpcEndpoint)
      ? [
          {
            check: 'telemetry',
            message: `SGLang speaks to a collector without TLS only, and tracing.grpcEndpoint is ${grpcEndpoint}: it sends no traces.`,
            remedy: "Name a receiver without TLS inside the cluster, such as 'http://collector.tracing:4317'.",
          },
        ]
      : [];
  }
  return [
    {
      check: 'telemetry',
      message: `SGLang ${version} sends no traces: --otlp-traces-endpoint exists ${whereElse(version, SGLANG_FLAGS['--otlp-traces-endpoint']!)}.`,
      remedy: 'Use a newer SGLang.',
    },
  ];
}
