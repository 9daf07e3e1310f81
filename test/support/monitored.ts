import { MonitoredPods, MonitoredService } from '../../lib/observability/monitored-service';
import { ServerSignals } from '../../lib/runtime/server-signals';

/** Signals of a server with one metric for each, so that a test says in a line what happened to it. */
export const SIGNALS: ServerSignals = {
  counters: {
    requests: { series: [{ metric: 'requests_total' }] },
    errors: { series: [{ metric: 'requests_total', matchers: ['code="500"'] }], appearsLate: true },
    preemptions: { series: [{ metric: 'preemptions_total' }] },
    generatedTokens: { series: [{ metric: 'tokens_total' }] },
  },
  gauges: {
    queueDepth: { metric: 'waiting', across: 'sum' },
    running: { metric: 'running', across: 'sum' },
    kvCacheUtilization: { metric: 'kv_usage', across: 'max' },
  },
  histograms: {
    timeToFirstToken: { metric: 'ttft_seconds', unitsPerSecond: 1, boundaries: [0.5, 1, 2.5] },
    interTokenLatency: { metric: 'itl_seconds', unitsPerSecond: 1, boundaries: [0.05, 0.1] },
  },
  lacks: { endToEndLatency: 'It measures the first token only. Promise timeToFirstToken.' },
};

/** Pods of the service `llama`. */
export const pods = (changes: Partial<MonitoredPods> = {}): MonitoredPods => ({
  track: 'stable',
  runtime: { name: 'server', version: '1.0.0' },
  serviceName: 'llama',
  kind: 'StatefulSet',
  replicas: 2,
  gpusPerReplica: 1,
  podLabels: { 'app.kubernetes.io/instance': 'llama' },
  plan: {
    contract: { ports: [{ name: 'http', port: 8000 }], metrics: { path: '/metrics', port: 8000 }, signals: SIGNALS },
    startup: { rolloutSeconds: 600 },
  },
  ...changes,
});

export const CANARY = pods({ track: 'canary', serviceName: 'llama-canary', replicas: 1 });

/** The service `nim/llama`. */
export const monitored = (...all: readonly MonitoredPods[]): MonitoredService => {
  const [first = pods(), ...others] = all;
  return { name: 'llama', namespace: 'nim', pods: [first, ...others] };
};
