import { Chart } from 'cdk8s';
import { apiGroup, isClusterScoped } from '../checks/cluster-scoped';
import { Manifest } from '../checks/manifest-identity';
import { FLUX_ACCOUNT } from '../tenancy/tenant-roles';

/**
 * Says in which file an object stands.
 *
 * @param manifest the object
 * @param chart the chart that declares it
 * @returns path below the output directory, with `/` between folders and `.yaml` at the end. Objects with the same
 * path share the file. A path outside of the output directory is refused.
 */
export type Layout = (manifest: Manifest, chart: Chart) => string;

/** What sets up a namespace before anything runs in it; network policies that select every pod join it. */
const NAMESPACE_SETUP = new Set([
  '/LimitRange',
  '/ResourceQuota',
  'kueue.x-k8s.io/LocalQueue',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
]);

/** What brings secret values into a namespace. */
const SECRETS = new Set([
  'external-secrets.io/ExternalSecret',
  'external-secrets.io/SecretStore',
  'secrets-store.csi.x-k8s.io/SecretProviderClass',
]);

/**
 * The order in which a cluster is set up and in which a reviewer asks: the cluster, its namespaces, their secrets, the
 * services.
 *
 * ```
 * 00-cluster/nim.yaml                               a Namespace, by its name
 * 00-cluster/priorityclass.scheduling.k8s.io.yaml   other kinds without a namespace, by kind and group
 * 10-namespaces/nim.yaml                            quota, limits, roles, policies for every pod
 * 20-secrets/nim.yaml                               where secrets come from
 * 30-services/nim/llama3-8b.yaml                    the rest, by the label app.kubernetes.io/instance
 * ```
 *
 * Without that label the id of the chart names the file; without a namespace it is `default`. Flux can apply the folders
 * one after the other (`dependsOn`), and the pull request of a service touches one file.
 */
export const layoutByConcern: Layout = (manifest, chart) => {
  const { namespace, name, labels } = metadataOf(manifest);
  const apiVersion = String(manifest.apiVersion);
  const kind = String(manifest.kind);
  const groupAndKind = `${apiGroup(apiVersion)}/${kind}`;

  if (groupAndKind === '/Namespace') return `00-cluster/${fileName(name)}.yaml`;
  // the dot keeps kinds apart from namespaces, whose names have none
  if (isClusterScoped(apiVersion, kind))
    return `00-cluster/${fileName(`${kind}.${apiGroup(apiVersion) || 'core'}`)}.yaml`;
  const setsUp = NAMESPACE_SETUP.has(groupAndKind) || labels['app.kubernetes.io/component'] === FLUX_ACCOUNT;
  if (setsUp || selectsEveryPod(groupAndKind, manifest)) {
    return `10-namespaces/${fileName(namespace)}.yaml`;
  }
  if (SECRETS.has(groupAndKind)) return `20-secrets/${fileName(namespace)}.yaml`;
  return `30-services/${fileName(namespace)}/${fileName(labels['app.kubernetes.io/instance'] ?? chart.node.id)}.yaml`;
};

/** What is wrong with a path that a layout returned, or undefined. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '') return 'is no path';
  if (!path.endsWith('.yaml')) return 'does not end with .yaml';
  const steps = path.split('/');
  if (steps.some((step) => step === '' || step === '.' || step === '..')) return 'has an empty, "." or ".." step';
  if (!steps.every((step) => step.length <= LONGEST_FILE_NAME + '.yaml'.length && /^[\w][\w.-]*$/.test(step))) {
    return 'is no file name on every file system';
  }
  return steps.some((step) => DEVICE.test(step)) ? 'is the name of a device on Windows' : undefined;
}

/** Names that Windows keeps for devices, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Room for an extension and for what editors append, in the 255 bytes of common file systems. */
const LONGEST_FILE_NAME = 200;

/**
 * A name that every file system takes and keeps apart from others: lower case, since some ignore case. Two names may
 * become one; then they share a file, and nothing is lost.
 */
function fileName(name: string): string {
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, LONGEST_FILE_NAME);
  if (safe === '') return '_';
  return DEVICE.test(safe) ? `_${safe}` : safe;
}

function selectsEveryPod(groupAndKind: string, manifest: Manifest): boolean {
  if (groupAndKind !== 'networking.k8s.io/NetworkPolicy') return false;
  const { podSelector } = (manifest.spec ?? {}) as { podSelector?: Record<string, unknown> };
  return Object.values(podSelector ?? {}).every((part) => Object.keys(part ?? {}).length === 0);
}

function metadataOf(manifest: Manifest): {
  name: string;
  namespace: string;
  labels: Record<string, string | undefined>;
} {
  const { name, namespace, labels } = (manifest.metadata ?? {}) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : 'default',
    labels: (labels ?? {}) as Record<string, string | undefined>,
  };
}
