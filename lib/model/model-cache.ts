import { Size, SizeRoundingBehavior } from 'cdk8s';
import { dnsSubdomainProblems, shown } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

/** A disk of its own for every replica. */
export interface PerReplicaCacheOptions {
  /** Storage class; frozen when the StatefulSet is born. @default - the cluster's default class */
  readonly storageClass?: string;
}

/** A claim that is made, and shared by all replicas. */
export interface SharedCacheOptions {
  /**
   * Storage class. It must give ReadWriteMany volumes (Filestore, EFS, Azure Files, CephFS); disks of the clouds do not,
   * and the claim stays Pending.
   * @default - the cluster's default class, which in most clusters gives disks
   */
  readonly storageClass?: string;
  /** Name of the claim. @default - the service's name and `-model-cache` */
  readonly claimName?: string;
}

/** A claim that exists already. */
export interface ClaimCacheOptions {
  /**
   * The claim is mounted read-only. Only for a cache that was filled before; a server that wants to download fails.
   * @default false
   */
  readonly readOnly?: boolean;
  /** The weights are in it already. @default - what `readOnly` says */
  readonly filled?: boolean;
  /** Folder inside the volume. @default - its root */
  readonly subPath?: string;
}

/** How a cache is kept. */
export type ModelCacheKind = 'per-replica' | 'shared' | 'claim' | 'ephemeral' | 'node-local' | 'memory';

interface ModelCacheFields {
  readonly sizeMib?: number;
  readonly storageClass?: string;
  readonly claimName?: string;
  readonly readOnly?: boolean;
  readonly filled?: boolean;
  readonly subPath?: string;
  readonly hostPath?: string;
  readonly filledByJob?: boolean;
}

/**
 * Where downloaded weights are kept, so that a restart does not download them again.
 */
export class ModelCache {
  /**
   * A ReadWriteOnce disk for every replica, made from a claim template. Each replica downloads its own copy once.
   *
   * A claim template is frozen when the StatefulSet is born: a bigger disk later is a new StatefulSet. Derived sizes are
   * therefore coarse (20, 50, 100, 200, 500 GiB, …), and follow from the model alone, not from the version of the server or
   * of this library. State the size of a service that will serve bigger models.
   *
   * @param size what the disk holds: weights, and the server's compiled artifacts. Too small, and the download fails
   * half-way. Left out, it is derived from the weights.
   */
  static perReplica(size?: Size, options: PerReplicaCacheOptions = {}): ModelCache {
    return new ModelCache('per-replica', { sizeMib: toMib(size), storageClass: options.storageClass });
  }

  /**
   * One ReadWriteMany claim for all replicas and both tracks, made with the service and kept when the service is removed
   * (Flux does not prune it). The first pod fills it, and the others wait for it; or a `ModelCacheWarmer` does.
   *
   * @param size what it holds. Left out, it is derived from the weights.
   */
  static shared(size?: Size, options: SharedCacheOptions = {}): ModelCache {
    return new ModelCache('shared', { sizeMib: toMib(size), ...options });
  }

  /** A claim of yours, shared by all replicas. With more than one replica it must be ReadWriteMany or ReadOnlyMany. */
  static claim(claimName: string, options: ClaimCacheOptions = {}): ModelCache {
    const { readOnly = false, subPath } = options;
    return new ModelCache('claim', { claimName, readOnly, subPath, filled: options.filled ?? readOnly });
  }

  /**
   * The node's disk, gone with the pod: every start is a cold one.
   *
   * @param size the most that may be written; more evicts the pod. Left out, it is derived from the weights.
   */
  static ephemeral(size?: Size): ModelCache {
    return new ModelCache('ephemeral', { sizeMib: toMib(size) });
  }

  /**
   * A folder of the node (hostPath), shared by the pods of the node and kept when they go. The folder must exist, and the
   * server's user must be allowed to write it. Pod Security refuses hostPath at `restricted` and `baseline`, so this takes a
   * waiver of `host-path`; a storage class of local disks with `perReplica` does without.
   */
  static nodeLocal(hostPath: string): ModelCache {
    return new ModelCache('node-local', { hostPath });
  }

  /**
   * The pod's own memory (tmpfs): the fastest to read, and every byte counts against the memory of the pod.
   *
   * @param size the most that may be written. Left out, it is derived from the weights.
   */
  static memory(size?: Size): ModelCache {
    return new ModelCache('memory', { sizeMib: toMib(size) });
  }

  /** A claim that a Job fills. Servers wait until it has, and mount it read-only. */
  static filledByJob(claimName: string, options: Pick<ClaimCacheOptions, 'subPath'> = {}): ModelCache {
    const { subPath } = options;
    return new ModelCache('claim', { claimName, readOnly: true, filled: true, subPath, filledByJob: true });
  }

  /** Size in MiB; undefined where only the cluster knows it, or where it is still to be derived. */
  readonly sizeMib?: number;
  readonly storageClass?: string;
  readonly claimName?: string;
  /** Folder of the node. */
  readonly hostPath?: string;
  readonly readOnly: boolean;
  readonly filled: boolean;
  readonly subPath?: string;
  /** True when a Job downloads, and the pods only wait for it. */
  readonly filledByJob: boolean;

  private constructor(
    readonly kind: ModelCacheKind,
    private readonly fields: ModelCacheFields,
  ) {
    refuse('ModelCache', fieldProblems(fields));
    this.sizeMib = fields.sizeMib;
    this.storageClass = fields.storageClass;
    this.claimName = fields.claimName;
    this.hostPath = fields.hostPath;
    this.readOnly = fields.readOnly ?? false;
    this.filled = fields.filled ?? false;
    this.subPath = fields.subPath;
    this.filledByJob = fields.filledByJob ?? false;
  }

  /** True when its size is to be derived. */
  get needsSize(): boolean {
    return this.sizeMib === undefined && this.kind !== 'claim' && this.kind !== 'node-local';
  }

  /** True when one pod alone uses it, and may throw away what it does not need. */
  get isOfOnePod(): boolean {
    return this.kind === 'per-replica' || this.kind === 'ephemeral' || this.kind === 'memory';
  }

  /** True when it comes and goes with the pod, so that its size may change with what is downloaded. */
  get isOfPod(): boolean {
    return this.kind === 'ephemeral' || this.kind === 'memory';
  }

  /** The same with what was derived, where the user stated nothing. */
  with(derived: { readonly sizeMib?: number; readonly claimName?: string }): ModelCache {
    return new ModelCache(this.kind, {
      ...this.fields,
      ...(this.needsSize && { sizeMib: derived.sizeMib }),
      ...(this.kind === 'shared' && { claimName: this.claimName ?? derived.claimName }),
    });
  }
}

function fieldProblems(fields: ModelCacheFields): Problem[] {
  const { storageClass, claimName, sizeMib, subPath, hostPath } = fields;
  const problems: Problem[] = [
    ...(storageClass !== undefined ? dnsSubdomainProblems('storage class', storageClass) : []),
    ...(claimName !== undefined ? dnsSubdomainProblems('claim name', claimName) : []),
  ];
  if (sizeMib !== undefined && !(Number.isSafeInteger(sizeMib) && sizeMib >= 1)) {
    problems.push({
      check: 'model-cache',
      message: sizeMib >= 1 ? `No disk has ${sizeMib} MiB.` : `A model cache of ${sizeMib} MiB holds no model.`,
      remedy: 'Give it at least the size of the weights, such as Size.gibibytes(50).',
    });
  }
  if (subPath !== undefined && !subPath.split('/').every((part) => part !== '' && part !== '..')) {
    problems.push({
      check: 'model-cache',
      message: `subPath ${shown(subPath)} is no folder inside the volume.`,
      remedy: 'Use a relative path without "..", such as llama3-8b, or leave it out for the root.',
    });
  }
  if (hostPath !== undefined && (!/^(\/[\w.@+-]+)+$/.test(hostPath) || hostPath.split('/').includes('..'))) {
    problems.push({
      check: 'model-cache',
      message: `${shown(hostPath)} is no folder of a node.`,
      remedy: 'Use an absolute path without "..", such as /var/lib/models.',
    });
  }
  return problems;
}

// cdk8s rounds only where it converts: a Size that is in MiB already comes back as it is.
const toMib = (size: Size | undefined) =>
  size && Math.floor(size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }));
