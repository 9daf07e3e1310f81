import { k8s } from 'cdk8s-plus-30';
import { StartupBudget } from '../plan/startup-budget';
import { GroupContract, ProbeEndpoint, ServerContract, ServerPort } from '../runtime/serving-runtime';

/** The three probes of a container, each with the question that it alone asks. */
export type Probes = Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>;

/** Seconds between two looks. Loading takes minutes, so nothing is gained by looking more often. */
const PERIOD_SECONDS = 10;

/**
 * Startup: has the model been loaded? Until it says yes the others are silent, so it may take the whole budget.
 * Readiness: may requests come? A busy server is given time to answer (NVIDIA/k8s-nim-operator#730).
 * Liveness: would a restart help? A restart costs a model load, so it is asked patiently.
 */
export function probes(contract: ServerContract, startup: StartupBudget): Required<Probes> {
  return {
    startupProbe: startupProbe(action(contract.readiness, contract.ports), startup),
    readinessProbe: readinessProbe(action(contract.readiness, contract.ports)),
    livenessProbe: livenessProbe(action(contract.liveness, contract.ports)),
  };
}

/**
 * The same of a worker, as far as it can be asked. Startup waits for what readiness asks, or liveness: the whole group loads
 * at once, so a worker has the budget of its leader.
 */
export function workerProbes({ readiness, liveness }: GroupContract['worker'], startup: StartupBudget): Probes {
  const first = readiness ?? liveness;
  return {
    ...(first && { startupProbe: startupProbe(action(first), startup) }),
    ...(readiness && { readinessProbe: readinessProbe(action(readiness)) }),
    ...(liveness && { livenessProbe: livenessProbe(action(liveness)) }),
  };
}

type Action = Pick<k8s.Probe, 'httpGet' | 'grpc' | 'tcpSocket' | 'exec'>;

const startupProbe = (asks: Action, { probeSeconds }: StartupBudget): k8s.Probe => ({
  ...asks,
  periodSeconds: PERIOD_SECONDS,
  timeoutSeconds: 5,
  failureThreshold: Math.ceil(probeSeconds / PERIOD_SECONDS),
});

const readinessProbe = (asks: Action): k8s.Probe => ({
  ...asks,
  periodSeconds: PERIOD_SECONDS,
  timeoutSeconds: 5,
  failureThreshold: 3,
});

const livenessProbe = (asks: Action): k8s.Probe => ({
  ...asks,
  periodSeconds: PERIOD_SECONDS,
  timeoutSeconds: 10,
  failureThreshold: 6,
});

/** The question of a probe in Kubernetes' own shape; ports by name where the container names them. */
function action(endpoint: ProbeEndpoint, ports: readonly ServerPort[] = []): Action {
  const named = (number: number) => {
    const name = ports.find(({ port }) => port === number)?.name;
    return name === undefined ? k8s.IntOrString.fromNumber(number) : k8s.IntOrString.fromString(name);
  };
  if ('path' in endpoint) return { httpGet: { path: endpoint.path, port: named(endpoint.port) } };
  if ('grpcPort' in endpoint) return { grpc: { port: endpoint.grpcPort, service: endpoint.service } };
  if ('tcpPort' in endpoint) return { tcpSocket: { port: named(endpoint.tcpPort) } };
  return { exec: { command: [...endpoint.command] } };
}
