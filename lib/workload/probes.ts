import { k8s } from 'cdk8s-plus-30';
import { StartupBudget } from '../plan/startup-budget';
import { HttpEndpoint, ServerContract } from '../runtime/serving-runtime';

/** The three probes of a server's container, each with the question that it alone asks. */
export type Probes = Required<Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>>;

/** Seconds between two looks. Loading takes minutes, so nothing is gained by looking more often. */
const PERIOD_SECONDS = 10;

/**
 * Startup: has the model been loaded? Until it says yes the others are silent, so it may take the whole budget.
 * Readiness: may requests come? A busy server is given time to answer (NVIDIA/k8s-nim-operator#730).
 * Liveness: would a restart help? A restart costs a model load, so it is asked patiently.
 */
export function probes(contract: ServerContract, startup: StartupBudget): Probes {
  const httpGet = ({ path, port }: HttpEndpoint): Pick<k8s.Probe, 'httpGet'> => {
    const name = contract.ports.find((candidate) => candidate.port === port)?.name;
    return { httpGet: { path, port: name ? k8s.IntOrString.fromString(name) : k8s.IntOrString.fromNumber(port) } };
  };
  return {
    startupProbe: {
      ...httpGet(contract.readiness),
      periodSeconds: PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startup.probeSeconds / PERIOD_SECONDS),
    },
    readinessProbe: {
      ...httpGet(contract.readiness),
      periodSeconds: PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    livenessProbe: {
      ...httpGet(contract.liveness),
      periodSeconds: PERIOD_SECONDS,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
  };
}
