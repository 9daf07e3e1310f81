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
  const derived = canTrace(version) ? telemetry?.tracing?.grpcEndpoint : undefined;
  const endpoint = stated ?? (derived && hostAndPort(derived));
  return {
    '--enable-trace': endpoint !== undefined,
    '--otlp-traces-endpoint': endpoint,
    '--otlp-service-name':
      endpoint !== undefined && hasFlag(version, '--otlp-service-name') ? telemetry?.serviceName : undefined,
  };
}

/** It wants no scheme. */
const hostAndPort = (endpoint: string) => endpoint.replace(/^https?:\/\//, '').replace(/\/+$/, '');

/** What this version cannot do of it. */
export function tracingWarnings(version: string, telemetry: Telemetry | undefined): Problem[] {
  if (!telemetry?.tracing || canTrace(version)) return [];
  return [
    {
      check: 'telemetry',
      message: `SGLang ${version} sends no traces: --otlp-traces-endpoint exists ${whereElse(version, SGLANG_FLAGS['--otlp-traces-endpoint']!)}.`,
      remedy: 'Use a newer SGLang.',
    },
  ];
}
