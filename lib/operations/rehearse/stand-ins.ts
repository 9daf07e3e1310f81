import { identify, listOf, Manifest, mapOf, textOf } from '../../checks/manifest-identity';
import { namespaceOf } from './rehearsed-state';

/** A disk that pods ask for, by its claim. */
interface WantedClaim {
  readonly namespace: string;
  readonly name: string;
  /** Undefined where the cluster's default class is meant. */
  readonly className?: string;
  readonly accessModes: readonly string[];
  readonly storage: string;
  /** True when nobody here makes the claim: a person fills it with weights before. */
  readonly expected: boolean;
}

/** What the cluster has of storage. */
export interface ClusterStorage {
  readonly classes: readonly string[];
  readonly hasDefault: boolean;
  /** Claims that are there, as `namespace/name`. */
  readonly claims: readonly string[];
}

/**
 * Disks without bytes, for what a rehearsal cannot have: claims that pods mount and nobody here makes, because a person fills
 * them with weights before, and claims of a storage class that this cluster does not know. Without them their pods would wait
 * for ever, and tell nothing about GPUs.
 */
export function standIns(manifests: readonly Manifest[], storage: ClusterStorage): StandIns {
  const made = manifests.flatMap(claimsOf);
  const known = new Set([...made.map(({ namespace, name }) => `${namespace}/${name}`), ...storage.claims]);
  const expected = new Map<string, WantedClaim>();
  for (const manifest of manifests) {
    const namespace = namespaceOf(manifest);
    for (const name of mountedClaims(manifest)) {
      const key = `${namespace}/${name}`;
      if (known.has(key)) continue;
      expected.set(key, {
        namespace,
        name,
        className: '',
        accessModes: ['ReadWriteMany'],
        storage: '1Gi',
        expected: true,
      });
    }
  }
  const unknownClass = ({ className }: WantedClaim) =>
    className === undefined ? !storage.hasDefault : className !== '' && !storage.classes.includes(className);
  const claims = [...expected.values(), ...made.filter(unknownClass)];
  return {
    volumes: claims.map(volumeOf),
    claims: [...expected.values()].map(claimOf),
    expected: [...expected.keys()].sort(),
    missingClasses: [...new Set(made.filter(unknownClass).map(({ className }) => className ?? '(default)'))].sort(),
  };
}

export interface StandIns {
  readonly volumes: readonly Manifest[];
  readonly claims: readonly Manifest[];
  /** `namespace/name` of claims that somebody else makes. */
  readonly expected: readonly string[];
  /** Storage classes that claims name and the cluster does not have. */
  readonly missingClasses: readonly string[];
}

/** As a claim is known by here. */
export const claimKey = (claim: Manifest) => `${namespaceOf(claim)}/${identify(claim).name}`;

/** Claims that a manifest makes, those of each replica included. */
function claimsOf(manifest: Manifest): WantedClaim[] {
  const { group, kind, name } = identify(manifest);
  const namespace = namespaceOf(manifest);
  const spec = mapOf(manifest.spec);
  const wanted = (claim: string, claimSpec: unknown): WantedClaim => {
    const { storageClassName, accessModes, resources } = mapOf(claimSpec);
    return {
      namespace,
      name: claim,
      ...(typeof storageClassName === 'string' && { className: storageClassName }),
      accessModes: listOf(accessModes).map(textOf),
      storage: textOf(mapOf(mapOf(resources).requests).storage) || '1Gi',
      expected: false,
    };
  };
  if (group === '' && kind === 'PersistentVolumeClaim') return [wanted(name, spec)];
  const ofEach = (pods: readonly string[], templates: unknown) =>
    listOf(templates)
      .map(mapOf)
      .flatMap((template) =>
        pods.map((pod) => wanted(`${textOf(mapOf(template.metadata).name)}-${pod}`, template.spec)),
      );
  const copies = Array.from({ length: countOf(spec.replicas) }, (_, ordinal) => `${name}-${ordinal}`);
  if (group === 'apps' && kind === 'StatefulSet') return ofEach(copies, spec.volumeClaimTemplates);
  if (group !== 'leaderworkerset.x-k8s.io' || kind !== 'LeaderWorkerSet') return [];
  // The leader is called after its group, and the others are numbered after the leader.
  const { size, volumeClaimTemplates } = mapOf(spec.leaderWorkerTemplate);
  const pods = copies.flatMap((leader) =>
    Array.from({ length: countOf(size) }, (_, at) => (at === 0 ? leader : `${leader}-${at}`)),
  );
  return ofEach(pods, volumeClaimTemplates);
}

/** Both default to one. */
const countOf = (value: unknown) => (typeof value === 'number' ? value : 1);

/** Names of claims that the pods of a workload mount. */
function mountedClaims(manifest: Manifest): string[] {
  const spec = mapOf(manifest.spec);
  const group = mapOf(spec.leaderWorkerTemplate);
  return [spec.template, group.leaderTemplate, group.workerTemplate, mapOf(mapOf(spec.jobTemplate).spec).template]
    .flatMap((template) => listOf(mapOf(mapOf(template).spec).volumes))
    .map((volume) => mapOf(mapOf(volume).persistentVolumeClaim).claimName)
    .filter((name): name is string => typeof name === 'string');
}

/** Bound to its claim from the start, so that no provisioner is asked. Nobody ever mounts the path. */
function volumeOf({ namespace, name, className, accessModes, storage }: WantedClaim): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    // A namespace has no dot, so this is the volume of nobody else.
    metadata: { name: `rehearsal.${namespace}.${name}` },
    spec: {
      capacity: { storage },
      accessModes: [...accessModes],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: className ?? '',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name },
      hostPath: { path: '/rehearsal' },
    },
  };
}

const claimOf = ({ namespace, name, accessModes, storage }: WantedClaim): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: { accessModes: [...accessModes], storageClassName: '', resources: { requests: { storage } } },
});
