import { Size, SizeRoundingBehavior } from 'cdk8s';
import { dnsSubdomainProblems } from '../problem/names';
import { Problem, refuse } from '../problem/problem';

/** A disk of its own for every replica. */
export interface PerReplicaCacheOptions {
  /** Storage class; frozen when the StatefulSet is born. @default - the cluster's default class */
  readonly storageClass?: string;
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

/**
 * Where downloaded weights are kept, so that a restart does not download them again.
 */
export class ModelCache {
  /**
   * A ReadWriteOnce disk for every replica, made from a claim template. Each replica downloads its own copy once.
   *
   * @param size what the disk holds: weights, and the server's compiled artifacts. Too small, and the download fails half-way.
   */
  static perReplica(size: Size, options: PerReplicaCacheOptions = {}): ModelCache {
    return new ModelCache('per-replica', toMib(size), { storageClass: options.storageClass });
  }

  /** A claim of yours, shared by all replicas. With more than one replica it must be ReadWriteMany or ReadOnlyMany. */
  static claim(claimName: string, options: ClaimCacheOptions = {}): ModelCache {
    const { readOnly = false, subPath } = options;
    return new ModelCache('claim', undefined, { claimName, readOnly, subPath, filled: options.filled ?? readOnly });
  }

  /** The node's disk, gone with the pod: every start is a cold one. */
  static ephemeral(size: Size): ModelCache {
    return new ModelCache('ephemeral', toMib(size), {});
  }

  readonly storageClass?: string;
  readonly claimName?: string;
  readonly readOnly: boolean;
  readonly filled: boolean;
  readonly subPath?: string;

  private constructor(
    readonly kind: 'per-replica' | 'claim' | 'ephemeral',
    /** Size in MiB; undefined for a claim, whose size only the cluster knows. */
    readonly sizeMib: number | undefined,
    more: { storageClass?: string; claimName?: string; readOnly?: boolean; filled?: boolean; subPath?: string },
  ) {
    const problems: Problem[] = [
      ...(more.storageClass !== undefined ? dnsSubdomainProblems('storage class', more.storageClass) : []),
      ...(more.claimName !== undefined ? dnsSubdomainProblems('claim name', more.claimName) : []),
    ];
    if (sizeMib !== undefined && !(sizeMib >= 1)) {
      problems.push({
        check: 'model-cache',
        message: `A model cache of ${sizeMib} MiB holds no model.`,
        remedy: 'Give it at least the size of the weights, such as Size.gibibytes(50).',
      });
    }
    if (more.subPath !== undefined && !more.subPath.split('/').every((part) => part !== '' && part !== '..')) {
      problems.push({
        check: 'model-cache',
        message: `subPath ${JSON.stringify(more.subPath)} is no folder inside the volume.`,
        remedy: 'Use a relative path without "..", such as llama3-8b, or leave it out for the root.',
      });
    }
    refuse('ModelCache', problems);
    this.storageClass = more.storageClass;
    this.claimName = more.claimName;
    this.readOnly = more.readOnly ?? false;
    this.filled = more.filled ?? false;
    this.subPath = more.subPath;
  }
}

// cdk8s rounds only where it converts: a Size that is in MiB already comes back as it is.
const toMib = (size: Size) => Math.floor(size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }));
