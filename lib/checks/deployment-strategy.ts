import { mapOf } from './manifest-identity';
import { portion } from './portion';

/** What a Deployment does to its pods while it replaces them. */
export interface DeploymentSurge {
  /** Pods beside those that it has. */
  readonly more: number;
  /** Pods that may be missing of those that it has. */
  readonly less: number;
}

/**
 * Undefined where all pods end before the next ones begin.
 *
 * @source Kubernetes API reference, DeploymentStrategy: 25 % each, the surge rounded up and what may be missing down
 */
export function deploymentSurge(strategy: unknown, replicas: number): DeploymentSurge | undefined {
  const { type, rollingUpdate } = mapOf(strategy);
  if (type === 'Recreate') return undefined;
  const { maxSurge, maxUnavailable } = mapOf(rollingUpdate);
  return {
    more: portion(maxSurge ?? '25%', replicas) ?? 0,
    less: portion(maxUnavailable ?? '25%', replicas, Math.floor) ?? 0,
  };
}
