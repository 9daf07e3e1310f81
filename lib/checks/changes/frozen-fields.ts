import { Identity, kubectl, Manifest, mapOf, same, show } from '../manifest-identity';
import { numberOf } from '../pod-request';
import { sameValue } from './same-value';

type Spec = Readonly<Record<string, unknown>>;

/** What the API server does not let anyone change of a kind once it is there. */
interface Frozen {
  /** The fields of `spec` that may change; all others may not. */
  readonly mutable?: readonly string[];
  /** Paths that may not change, for kinds of which more may change than may not. */
  readonly frozen?: readonly string[];
  /** What the API server fills in: stating it is no change. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Fields that may change after all, by what the object says beside them. */
  readonly unless?: Readonly<Record<string, (was: Spec, becomes: Spec) => boolean>>;
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
      '': 'Before the commit is applied, run `KUBECTL delete statefulset NAME --cascade=orphan`: its pods go on serving, and the new StatefulSet takes them over and replaces them one by one. Claims that exist keep their size.',
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
  '/PersistentVolume': {
    // All others but these are kinds of disks, of which a volume has one.
    mutable: [
      'accessModes',
      'capacity',
      'claimRef',
      'mountOptions',
      'persistentVolumeReclaimPolicy',
      'storageClassName',
      'volumeAttributesClassName',
    ],
    defaults: { volumeMode: 'Filesystem' },
    unless: {
      nodeAffinity: (was) => was.nodeAffinity === undefined,
      csi: ({ csi: was }, { csi: becomes }) =>
        mapOf(was).controllerExpandSecretRef === undefined &&
        sameValue(
          { ...mapOf(becomes), controllerExpandSecretRef: undefined },
          { ...mapOf(was), controllerExpandSecretRef: undefined },
        ),
    },
    migrations: {
      '': 'Make a volume of another name and a claim for it, let the pods use that, and remove the old ones when nobody mounts them.',
    },
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidatePersistentVolumeUpdate',
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

/** A change that the API server refuses. */
export interface Refusal {
  /** What changes, of which object, from what to what. */
  readonly what: string;
  /** How the sentence ends. */
  readonly why: string;
  /** The way that works. */
  readonly remedy: string;
}

/** What the API server refuses of a change of one object. */
export const refusals = (at: Identity, before: Manifest, after: Manifest): readonly Refusal[] => [
  ...frozen(at, before, after),
  ...sealed(at, before, after),
  ...shrinking(at, before, after),
];

function frozen(at: Identity, before: Manifest, after: Manifest): Refusal[] {
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
    if (rule.unless?.[name]?.(old, wanted)) return [];
    if (sameValue(was, becomes) || (name.startsWith('clusterIP') && wasAssigned(was, becomes))) return [];
    const migration = rule.migrations[name] ?? rule.migrations['']!;
    return [
      {
        what: differenceText(at, was, becomes, top ? name : `spec.${name}`),
        why: ', which cannot be changed after its birth.',
        remedy: migration.replace('KUBECTL', () => kubectl(at)).replace('NAME', () => at.name),
      },
    ];
  });
}

/** Where two values of an object differ first, as far down as both have something there, and how. */
export function differenceText(at: Identity, was: unknown, becomes: unknown, path: string): string {
  const nested = [was, becomes].every((value) => typeof value === 'object' && value !== null);
  if (!nested || Array.isArray(was) !== Array.isArray(becomes)) {
    return `${path} of ${show(at)} becomes ${text(becomes)}; it is ${text(was)}`;
  }
  const [old, wanted] = [mapOf(was), mapOf(becomes)];
  const key = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].find(
    (one) => !sameValue(old[one], wanted[one], [...path.split('.'), one]),
  )!;
  return differenceText(at, old[key], wanted[key], Array.isArray(was) ? `${path}[${key}]` : `${path}.${key}`);
}

/** An address that the API server chose stands in no manifest. */
const wasAssigned = (was: unknown, becomes: unknown) => !isNone(was) && becomes === undefined;
const isNone = (value: unknown) => value === 'None' || (Array.isArray(value) && value[0] === 'None');

function sealed(at: Identity, before: Manifest, after: Manifest): Refusal[] {
  if (!SEALED.includes(`${at.group}/${at.kind}`) || before.immutable !== true) return [];
  const changed = ['data', 'binaryData', 'stringData', 'immutable'].filter((key) => !same(before[key], after[key]));
  if (changed.length === 0) return [];
  return [
    {
      what: `${changed.join(' and ')} of ${show(at)} ${changed.length === 1 ? 'changes' : 'change'}`,
      why: ', and it is immutable.',
      remedy: 'Give the new one another name and let its readers name that.',
    },
  ];
}

/** Disks grow, and never shrink. */
function shrinking(at: Identity, before: Manifest, after: Manifest): Refusal[] {
  if (at.group !== '' || at.kind !== 'PersistentVolumeClaim') return [];
  const size = ({ spec }: Manifest) => mapOf(mapOf(mapOf(spec).resources).requests).storage;
  const [was, becomes] = [size(before), size(after)];
  if (numberOf(becomes) >= numberOf(was)) return [];
  return [
    {
      what: `${show(at)} asks for ${text(becomes)}; it has ${text(was)}`,
      why: ', and no disk shrinks.',
      remedy: `Keep ${text(was)}; or make a claim of another name, fill it, and remove this one when nobody mounts it.`,
    },
  ];
}

const text = (value: unknown) =>
  typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
