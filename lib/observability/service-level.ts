import { LatencyObjective, objectiveText } from '../plan/latency-objective';
import { LatencyQuantity } from '../runtime/server-signals';
import { SignalQueries } from '../signals/signal-queries';
import { InferenceObjectives, latencyObjectives } from '../workload/inference-objectives';
import { carriesRequests, MonitoredService, signalQueries } from './monitored-service';
import { keptRouter, ReplicaQueries } from './replica-queries';
import { percent } from '../signals/rule-numbers';
import { ServiceAlertName } from './service-alerts';

/** One promise, and how it is measured: a part of events that may be bad. */
export interface ServiceLevel {
  /** Short, such as `availability` or `time-to-first-token-p95`. Unique in a service. */
  readonly name: string;
  /** The promise in words. */
  readonly text: string;
  /** Part of the events that must be good, above 0 and below 1. */
  readonly objective: number;
  /** Events per second over 5 minutes, as one number. */
  readonly total: string;
  /** Those of them that were bad. */
  readonly errors: string;
  /** What a bad event is, after a number of percent. */
  readonly badEvents: string;
  /** Queries of pods of which nobody serves; while one answers, the requests that usually come are lost. */
  readonly outage?: string;
  /** The duration that was promised. @default - the promise is none about time */
  readonly latency?: LatencyObjective;
  readonly alert: ServiceAlertName;
}

const SLI_WINDOW = '5m';

/** Parts of the requests by the percentiles that promises name. */
export const PERCENTILE_PARTS = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

const NAMES: Readonly<Record<LatencyQuantity, string>> = {
  timeToFirstToken: 'time-to-first-token',
  interTokenLatency: 'inter-token-latency',
  endToEndLatency: 'end-to-end-latency',
  queueTime: 'queue-time',
};

/** What is told of one token or one request. */
const SLOW: Readonly<Record<LatencyQuantity, string>> = {
  timeToFirstToken: 'of the requests wait too long for their first token',
  interTokenLatency: 'of the tokens come too late after the one before',
  endToEndLatency: 'of the requests take too long',
  queueTime: 'of the requests wait too long for their turn',
};

/** What a service promises, measured at the server; asking for what it does not tell throws `signal-missing`. */
export function availabilityLevel(service: MonitoredService, objective: number): ServiceLevel {
  const servers = serversOf(service);
  return {
    name: 'availability',
    text: `availability of ${percent(objective)}`,
    objective,
    total: sumOf(servers, (server) => server.rate('requests', SLI_WINDOW)),
    errors: sumOf(servers, (server) => server.rate('errors', SLI_WINDOW)),
    badEvents: 'of the requests fail',
    // Each of them takes part in every request.
    outage: [
      ...service.pods.filter((pods) => carriesRequests(service, pods)),
      ...(service.router ? [keptRouter(service.router)] : []),
    ]
      .map((pods) => new ReplicaQueries(service, pods).nobodyServes)
      .join('\nor '),
    alert: 'InferenceErrorBudgetBurn',
  };
}

/** The same of one latency. A request that took exactly the promised time is good. */
export function latencyLevel(service: MonitoredService, objective: LatencyObjective): ServiceLevel {
  const { quantity, percentile, seconds } = objective;
  const servers = serversOf(service);
  const slower = sumOf(servers, (server) => server.slower(quantity, seconds, SLI_WINDOW));
  return {
    name: `${NAMES[quantity]}-${percentile}`,
    text: objectiveText(objective),
    objective: PERCENTILE_PARTS[percentile],
    total: sumOf(servers, (server) => server.measured(quantity, SLI_WINDOW)),
    // Buckets and count of one scrape are not read at one moment.
    errors: `clamp_min(${slower}, 0)`,
    badEvents: SLOW[quantity],
    latency: objective,
    alert: 'InferenceLatencyBudgetBurn',
  };
}

/** What makes each promise; one that cannot be measured says so when it is made. */
export function serviceLevels(
  service: MonitoredService,
  objectives: InferenceObjectives,
): readonly (() => ServiceLevel)[] {
  const { availability } = objectives;
  return [
    ...(availability === undefined ? [] : [() => availabilityLevel(service, availability)]),
    ...latencyObjectives(objectives).map((objective) => () => latencyLevel(service, objective)),
  ];
}

/**
 * Those who answer, each kind of server once: users do not know which track answered, so all tracks count together. Where prompts
 * and answers are computed by different pods, those who answer are asked.
 */
function serversOf(service: MonitoredService): readonly SignalQueries[] {
  const [first] = service.pods;
  const answering = service.pods.filter(({ role }) => role === first.role);
  const kinds = new Set(answering.map(({ plan }) => JSON.stringify(plan.contract.signals)));
  return kinds.size === 1
    ? [signalQueries(service, first).of({ track: undefined })]
    : answering.map((pods) => signalQueries(service, pods));
}

function sumOf(servers: readonly SignalQueries[], ask: (server: SignalQueries) => string): string {
  const [only, ...others] = servers.map(ask);
  // A track without pods has no series, and a sum with nothing is nothing.
  return others.length === 0 ? only! : [only!, ...others].map((term) => `((${term}) or vector(0))`).join(' + ');
}
