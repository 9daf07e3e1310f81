import { Problem } from '../../problem/problem';
import { EnvironmentValue } from '../environment';
import { openTelemetryEnvironment } from '../open-telemetry';
import { isSince } from '../server-version';
import { ServerFile } from '../serving-runtime';
import { Telemetry } from '../telemetry';
import { VllmSettings } from './vllm-settings';

/**
 * The first release whose requirements have OpenTelemetry's packages (vllm-project/vllm#34466, merged in February 2026; that
 * 0.17 is the first with it is inferred). Without them the server ends at its start, at the flag (vllm-project/vllm#9340).
 */
const TRACES_SINCE = [0, 17, 0] as const;

/**
 * The oldest release that was seen to require python-json-logger, which its documentation uses for JSON
 * (examples/others/logging_configuration.md); the flag that has uvicorn write in the same way came with it.
 */
const JSON_LOGS_SINCE = [0, 9, 2] as const;

const LOGGING_PATH = '/etc/vllm/logging.json';

const canTrace = (version: string, { otlpTracesEndpoint }: VllmSettings) =>
  otlpTracesEndpoint !== undefined || isSince(version, TRACES_SINCE);

/** Where the server sends its traces; what the runtime states wins. */
export function tracesEndpoint(
  version: string,
  settings: VllmSettings,
  telemetry: Telemetry | undefined,
): string | undefined {
  return settings.otlpTracesEndpoint ?? (canTrace(version, settings) ? telemetry?.tracing?.grpcEndpoint : undefined);
}

export const writesJson = (version: string, telemetry: Telemetry | undefined): boolean =>
  telemetry?.jsonLogs === true && isSince(version, JSON_LOGS_SINCE);

/** Variables for traces and logs. A collector that is out of reach costs spans, never answers: they are sent in the background. */
export function telemetryEnvironment(
  version: string,
  settings: VllmSettings,
  telemetry: Telemetry | undefined,
): Record<string, EnvironmentValue> {
  const endpoint = tracesEndpoint(version, settings, telemetry);
  return {
    ...(endpoint !== undefined &&
      telemetry?.tracing && {
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_TRACES_INSECURE: endpoint.startsWith('https://') ? undefined : 'true',
        ...openTelemetryEnvironment(telemetry),
      }),
    VLLM_LOGGING_CONFIG_PATH: writesJson(version, telemetry) ? LOGGING_PATH : undefined,
  };
}

/** What the flag for uvicorn's logs is followed by. */
export const logConfigFile = (version: string, telemetry: Telemetry | undefined): string | undefined =>
  writesJson(version, telemetry) ? LOGGING_PATH : undefined;

/**
 * Python's logging, as JSON lines with the fields that operators join on. Prompts are in none of them; vLLM adds no trace to
 * its own lines. The flag that leaves probes out of the access log does nothing beside a file, so the access log is written when
 * it is asked for, and else not at all; the filter that `clients` takes is the one behind that flag.
 */
export function loggingFiles(
  version: string,
  { logLevel = 'INFO', accessLog }: VllmSettings,
  telemetry: Telemetry | undefined,
): ServerFile[] {
  if (telemetry === undefined || !writesJson(version, telemetry)) return [];
  const { serviceName, serviceNamespace } = telemetry;
  const logger = (level: string) => ({ handlers: ['stdout'], level, propagate: false });
  const config = {
    version: 1,
    disable_existing_loggers: false,
    formatters: {
      json: {
        '()': 'pythonjsonlogger.jsonlogger.JsonFormatter',
        fmt: '%(asctime)s %(levelname)s %(name)s %(processName)s %(message)s',
        datefmt: '%Y-%m-%dT%H:%M:%S%z',
        rename_fields: { asctime: 'time', levelname: 'level', name: 'logger', processName: 'process' },
        static_fields: {
          'service.name': serviceName,
          ...(serviceNamespace !== undefined && { 'service.namespace': serviceNamespace }),
        },
      },
    },
    ...(accessLog === 'clients' && {
      filters: {
        clients: {
          '()': 'vllm.logging_utils.UvicornAccessLogFilter',
          excluded_paths: ['/health', '/metrics'],
        },
      },
    }),
    handlers: {
      stdout: { class: 'logging.StreamHandler', stream: 'ext://sys.stdout', formatter: 'json' },
    },
    loggers: {
      vllm: logger(logLevel),
      uvicorn: logger('INFO'),
      'uvicorn.access': {
        ...logger('INFO'),
        ...(accessLog === 'clients' && { filters: ['clients'] }),
      },
    },
    root: { handlers: ['stdout'], level: 'WARNING' },
  };
  return [{ path: LOGGING_PATH, content: `${JSON.stringify(config, undefined, 2)}\n` }];
}

/** What this version cannot do of it. */
export function telemetryWarnings(
  version: string,
  settings: VllmSettings,
  telemetry: Telemetry | undefined,
): Problem[] {
  if (!telemetry?.tracing || canTrace(version, settings)) return [];
  return [
    {
      check: 'telemetry',
      message: `vLLM ${version} sends no traces: its image lacks OpenTelemetry's packages before ${TRACES_SINCE.join('.')}, and the server would end at its start.`,
      remedy: 'Use a newer vLLM, or state otlpTracesEndpoint in the runtime for an image of your own that has them.',
    },
  ];
}
