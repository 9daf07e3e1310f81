/** Where the servers' traces go: an OpenTelemetry collector. */
export interface Tracing {
  /** Address of its OTLP/gRPC receiver, such as `http://collector.tracing:4317`. */
  readonly grpcEndpoint: string;
  /**
   * Address of its OTLP/HTTP receiver, such as `http://collector.tracing:4318`, without `/v1/traces`. For servers that speak
   * nothing else: without it they send no traces, and say so.
   * @default - there is none
   */
  readonly httpEndpoint?: string;
  /**
   * Part of the requests that are traced, 0 to 1, unless their caller decided.
   * @default 0.1
   */
  readonly samplingRatio?: number;
}

/** What a server is told about traces and logs. */
export interface Telemetry {
  readonly tracing?: Tracing;
  /** Logs as one JSON object a line, where the server can; false for text. @default - as the server writes them */
  readonly jsonLogs?: boolean;
  /** service.name and service.namespace of its spans and logs. */
  readonly serviceName: string;
  readonly serviceNamespace?: string;
  /** Other attributes of its spans, such as `service.version`. */
  readonly attributes: Readonly<Record<string, string>>;
}
