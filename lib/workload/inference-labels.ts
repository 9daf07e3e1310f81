import { ServingRole, ServingRuntime } from '../runtime/serving-runtime';

/** `stable` serves; `canary` is the version that wants to. The word that Kubernetes' own guide to canaries uses. */
export type Track = 'stable' | 'canary';

/** Number of a pod in its group, 0 for the one that leads. @source kubernetes-sigs/lws, api/leaderworkerset/v1 */
export const WORKER_INDEX_LABEL = 'leaderworkerset.sigs.k8s.io/worker-index';

/**
 * Labels by which the pods of one track are selected. Frozen in a StatefulSet when it is born, so nothing is in here that
 * a release, a move to another runtime or another team could change.
 */
export function selectorLabels(service: string, track: Track, role?: ServingRole): Record<string, string> {
  return { 'app.kubernetes.io/instance': service, track, ...roleLabel(role) };
}

/**
 * Which pods of a service do which part of a request. A word of its own beside `track`: a release changes the one and never
 * the other.
 */
export function roleLabel(role: ServingRole | 'router' | undefined): Record<string, string> {
  return role === undefined ? {} : { role };
}

/** Labels of the pods of a service, whatever their track: what a network policy selects. */
export function serviceLabels(service: string): Record<string, string> {
  return { 'app.kubernetes.io/instance': service };
}

/** Labels of the objects of one track, with the recommended keys of Kubernetes. None of them changes with a release. */
export function inferenceLabels(
  service: string,
  track: Track,
  runtime: ServingRuntime,
  role?: ServingRole,
): Record<string, string> {
  return {
    'app.kubernetes.io/name': runtime.name,
    'app.kubernetes.io/instance': service,
    'app.kubernetes.io/component': 'inference-server',
    track,
    ...roleLabel(role),
  };
}

/** Labels of the router of a service whose prompts and answers are computed by different pods. */
export function inferenceRouterLabels(service: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'vllm-router',
    'app.kubernetes.io/instance': service,
    'app.kubernetes.io/component': 'router',
    ...roleLabel('router'),
  };
}

/** Labels of the pods of one track and of what owns them: the objects' labels and the server's version. */
export function versionedLabels(
  service: string,
  track: Track,
  runtime: ServingRuntime,
  role?: ServingRole,
): Record<string, string> {
  return { ...inferenceLabels(service, track, runtime, role), 'app.kubernetes.io/version': runtime.version };
}
