import { Problem } from '../../problem/problem';
import { Identity, Manifest, mapOf, same, show } from '../manifest-identity';
import { numberOf } from '../pod-request';
import { each } from './change';

/** What the API server does not let anyone change of a kind once it is there. */
interface Frozen {
  /** The fields of `spec` that may change; all others may not. */
  readonly mutable?: readonly string[];
  /** Paths that may not change, for kinds of which more may change than may not. */
  readonly frozen?: readonly string[];
  /** What the API server fills in: stating it is no change. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Fields that may change after all, by what the object says beside them. */
  readonly unless?: Readonly<Record<string, (spec: Readonly<Record<string, unknown>>) => boolean>>;
  /** How to get there all the same, by the field; the empty name is for the others. */
  readonly migrations: Readonly<Record<string, string>>;
  /** API reference or validation of Kubernetes that says so. */
  readonly source: string;
}

const RENAME =
  'Give the new one another name, bring it up beside the old one, move the traffic, and remove the old one in a later commit.';
const REPLACE_JOB =
  'Give the Job a name of its own for each version of what it does, or delete the Job before the commit is applied.';

/** By API group and kind. */
const FROZEN: Readonly<Record<string, Frozen>> = {
  'apps/StatefulSet': {
    mutable: [
      'replicas',
      'ordinals',
      'template',
      'updateStrategy',
      'revisionHistoryLimit',
      'persistentVolumeClaimRetentionPolicy',
      'minReadySeconds',
    ],
    defaults: { podManagementPolicy: 'OrderedReady' },
    migrations: {
      selector: RENAME,
      '': 'Before the commit is applied, run `kubectl -n NAMESPACE delete statefulset NAME --cascade=orphan`: its pods go on serving, and the new StatefulSet takes them over and replaces them one by one. Claims that exist keep their size.',
    },
    source: 'kubernetes/kubernetes pkg/apis/apps/validation/validation.go, ValidateStatefulSetUpdate',
  },
  'apps/Deployment': {
    frozen: ['selector'],
    migrations: { '': RENAME },
    source: 'kubernetes/kubernetes pkg/registry/apps/deployment/strategy.go, ValidateUpdate',
  },
  'apps/DaemonSet': {
    frozen: ['selector'],
    migrations: { '': RENAME },
    source: 'kubernetes/kubernetes pkg/registry/apps/daemonset/strategy.go, ValidateUpdate',
  },
  'leaderworkerset.x-k8s.io/LeaderWorkerSet': {
    frozen: ['leaderWorkerTemplate.subGroupPolicy'],
    migrations: { '': RENAME },
    source: 'kubernetes-sigs/lws pkg/webhooks/leaderworkerset_webhook.go, as its webhook answered',
  },
  'batch/Job': {
    frozen: [
      'template',
      'selector',
      'completions',
      'completionMode',
      'podFailurePolicy',
      'backoffLimitPerIndex',
      'manualSelector',
    ],
    defaults: { completionMode: 'NonIndexed', completions: 1 },
    // Indexed Jobs grow and shrink.
    unless: { completions: ({ completionMode }) => completionMode === 'Indexed' },
    migrations: { '': REPLACE_JOB },
    source: 'kubernetes/kubernetes pkg/apis/batch/validation/validation.go, ValidateJobSpecUpdate',
  },
  '/PersistentVolumeClaim': {
    frozen: ['accessModes', 'dataSource', 'dataSourceRef', 'selector', 'storageClassName', 'volumeMode', 'volumeName'],
    defaults: { volumeMode: 'Filesystem' },
    migrations: {
      '': 'Make a claim of another name, fill it (by its own download, or a Job that copies), let the pods use that, and remove the old one when nobody mounts it.',
    },
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimUpdate',
  },
  '/Service': {
    frozen: ['clusterIP', 'clusterIPs'],
    migrations: {
      '': 'Give the new Service another name and move its callers; or delete the Service before the commit is applied, which cuts them until the new one is there.',
    },
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields',
  },
  'rbac.authorization.k8s.io/RoleBinding': {
    frozen: ['/roleRef'],
    migrations: { '': 'Give the new binding another name; who is bound is asked of all of them together.' },
    source: 'kubernetes/kubernetes pkg/apis/rbac/validation/validation.go, ValidateRoleBindingUpdate',
  },
  'rbac.authorization.k8s.io/ClusterRoleBinding': {
    frozen: ['/roleRef'],
    migrations: { '': 'Give the new binding another name; who is bound is asked of all of them together.' },
    source: 'kubernetes/kubernetes pkg/apis/rbac/validation/validation.go, ValidateClusterRoleBindingUpdate',
  },
  'scheduling.k8s.io/PriorityClass': {
    frozen: ['/value', '/preemptionPolicy'],
    defaults: { preemptionPolicy: 'PreemptLowerPriority' },
    migrations: { '': 'Give the new class another name and let the pods name that.' },
    source: 'kubernetes/kubernetes pkg/apis/scheduling/validation/validation.go, ValidatePriorityClassUpdate',
  },
  'storage.k8s.io/StorageClass': {
    frozen: ['/provisioner', '/parameters', '/reclaimPolicy', '/volumeBindingMode'],
    defaults: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    migrations: { '': 'Give the new class another name; claims keep the class that they were made with.' },
    source: 'kubernetes/kubernetes pkg/apis/storage/validation/validation.go, ValidateStorageClassUpdate',
  },
  'resource.k8s.io/ResourceClaimTemplate': {
    mutable: [],
    migrations: {
      '': 'Give the new template another name and let the pods name that; those that run keep their devices.',
    },
    source: 'kubernetes/kubernetes pkg/apis/resource/validation/validation.go, ValidateResourceClaimTemplateUpdate',
  },
  '/ResourceQuota': {
    frozen: ['scopes', 'scopeSelector'],
    migrations: { '': 'Give the new quota another name.' },
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidateResourceQuotaUpdate',
  },
  '/Secret': {
    frozen: ['/type'],
    defaults: { type: 'Opaque' },
    migrations: { '': 'Give the new Secret another name and let its readers name that.' },
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidateSecretUpdate',
  },
};

/** Data of a ConfigMap or Secret that was said never to change. */
const SEALED: readonly string[] = ['/ConfigMap', '/Secret'];

/** Changes that the API server refuses: Flux then applies nothing of the whole folder. */
export const immutableChange = each(({ at, before, after }) => {
  if (!before || !after) return [];
  return [
    ...frozenProblems(at, before, after),
    ...sealedProblems(at, before, after),
    ...shrinking(at, before, after),
    ...leftAlone(at, before, after),
  ];
});

function frozenProblems(at: Identity, before: Manifest, after: Manifest): Problem[] {
  const rule = FROZEN[`${at.group}/${at.kind}`];
  if (!rule) return [];
  const [old, wanted] = [mapOf(before.spec), mapOf(after.spec)];
  const fields = rule.mutable
    ? [...new Set([...Object.keys(old), ...Object.keys(wanted)])].filter((name) => !rule.mutable!.includes(name)).sort()
    : rule.frozen!;
  return fields.flatMap((field) => {
    const top = field.startsWith('/');
    const name = top ? field.slice(1) : field;
    const value = (manifest: Manifest) =>
      name.split('.').reduce<unknown>((at, key) => mapOf(at)[key], top ? manifest : manifest.spec) ??
      rule.defaults?.[name];
    const [was, becomes] = [value(before), value(after)];
    if (rule.unless?.[name]?.(old)) return [];
    if (same(was, becomes) || (name.startsWith('clusterIP') && wasAssigned(was, becomes))) return [];
    const migration = rule.migrations[name] ?? rule.migrations['']!;
    const difference = firstDifference(was, becomes, top ? name : `spec.${name}`);
    return [
      {
        check: 'immutable-change',
        message: `${difference.path} of ${show(at)} becomes ${text(difference.becomes)}; it is ${text(difference.was)}, which cannot be changed after its birth.`,
        remedy: migration.replace('NAMESPACE', at.namespace).replace('NAME', at.name),
      },
    ];
  });
}

interface Difference {
  readonly path: string;
  readonly was: unknown;
  readonly becomes: unknown;
}

/** Where two values differ first, as far down as both have something there. */
function firstDifference(was: unknown, becomes: unknown, path: string): Difference {
  const nested = [was, becomes].every((value) => typeof value === 'object' && value !== null);
  if (!nested || Array.isArray(was) !== Array.isArray(becomes)) return { path, was, becomes };
  const [old, wanted] = [mapOf(was), mapOf(becomes)];
  const key = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].find((one) => !same(old[one], wanted[one]))!;
  return firstDifference(old[key], wanted[key], Array.isArray(was) ? `${path}[${key}]` : `${path}.${key}`);
}

/** An address that the API server chose stands in no manifest. */
const wasAssigned = (was: unknown, becomes: unknown) => !isNone(was) && becomes === undefined;
const isNone = (value: unknown) => value === 'None' || (Array.isArray(value) && value[0] === 'None');

function sealedProblems(at: Identity, before: Manifest, after: Manifest): Problem[] {
  if (!SEALED.includes(`${at.group}/${at.kind}`) || before.immutable !== true) return [];
  const changed = ['data', 'binaryData', 'stringData', 'immutable'].filter((key) => !same(before[key], after[key]));
  if (changed.length === 0) return [];
  return [
    {
      check: 'immutable-change',
      message: `${changed.join(' and ')} of ${show(at)} ${changed.length === 1 ? 'changes' : 'change'}, and it is immutable.`,
      remedy: 'Give the new one another name and let its readers name that.',
    },
  ];
}

/** Disks grow, and never shrink. */
function shrinking(at: Identity, before: Manifest, after: Manifest): Problem[] {
  if (at.group !== '' || at.kind !== 'PersistentVolumeClaim') return [];
  const size = ({ spec }: Manifest) => mapOf(mapOf(mapOf(spec).resources).requests).storage;
  const [was, becomes] = [size(before), size(after)];
  if (numberOf(becomes) >= numberOf(was)) return [];
  return [
    {
      check: 'immutable-change',
      message: `${show(at)} asks for ${text(becomes)}; it has ${text(was)}, and no disk shrinks.`,
      remedy: `Keep ${text(was)}; or make a claim of another name, fill it, and remove this one when nobody mounts it.`,
    },
  ];
}

const ONCE = 'kustomize.toolkit.fluxcd.io/ssa';

/**
 * What Flux writes once and never again, because a controller of the cluster rewrites it.
 *
 * @source Flux documentation, Kustomization, "Controlling the apply behavior of resources"
 */
function leftAlone(at: Identity, before: Manifest, after: Manifest): Problem[] {
  const { annotations, labels } = mapOf(after.metadata);
  const once = [annotations, labels].some((texts) => mapOf(texts)[ONCE] === 'IfNotPresent');
  if (!once || same(before.spec, after.spec)) return [];
  const { path, was, becomes } = firstDifference(before.spec, after.spec, 'spec');
  return [
    {
      check: 'immutable-change',
      message: `${path} of ${show(at)} becomes ${text(becomes)}; it is ${text(was)}, and Flux leaves what is there as it is (${ONCE}: IfNotPresent).`,
      remedy: `Right before the commit is applied, run \`kubectl ${at.namespace === '' ? '' : `-n ${at.namespace} `}delete ${at.kind.toLowerCase()} ${at.name}\`: Flux makes it anew, and until then nobody reaches what is behind it.`,
    },
  ];
}

const text = (value: unknown) =>
  typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
