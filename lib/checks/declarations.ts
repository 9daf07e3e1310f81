import { IConstruct } from 'constructs';
import { DeclaredWorkload } from './declared-workload';

/** A release as the checks see it. Plain data. */
export interface DeclaredRelease {
  /** Service of the stable side. */
  readonly service: string;
  readonly namespace?: string;
  readonly strategy: string;
  readonly current?: string;
  readonly steps: readonly {
    readonly name: string;
    readonly canaryReplicas: number;
    readonly canaryWeight: number;
    readonly change: string;
  }[];
}

/** What a namespace may hold. */
export interface DeclaredQuota {
  readonly namespace: string;
  readonly resourceName: string;
  readonly gpus: number;
}

/** A track of a service and the construct that declared it. */
export type DeclaredTrack = DeclaredWorkload & { readonly construct: IConstruct };

/** What was declared for one service, the stable track first. */
export interface DeclaredService {
  /** `default` where the chart names none. */
  readonly namespace: string;
  readonly name: string;
  readonly tracks: readonly DeclaredTrack[];
  readonly release?: DeclaredRelease;
}

/** Everything that one app has declared, with the construct that declared it. */
export class Declarations {
  /** Those of the app that the construct is in. */
  static of(construct: IConstruct): Declarations {
    const { root } = construct.node;
    const declared = Declarations.byRoot.get(root) ?? new Declarations();
    Declarations.byRoot.set(root, declared);
    return declared;
  }

  private static readonly byRoot = new WeakMap<IConstruct, Declarations>();

  readonly workloads: DeclaredTrack[] = [];
  readonly releases: DeclaredRelease[] = [];
  readonly quotas: DeclaredQuota[] = [];

  /** How much has been declared: it only grows. */
  get size(): number {
    return this.workloads.length + this.releases.length + this.quotas.length;
  }

  /** The services, by namespace and name. */
  services(): DeclaredService[] {
    const tracks = new Map<string, DeclaredTrack[]>();
    for (const workload of this.workloads) {
      const own = tracks.get(keyOf(workload));
      if (own) own.push(workload);
      else tracks.set(keyOf(workload), [workload]);
    }
    const releases = new Map(this.releases.map((release) => [keyOf(release), release]));
    return [...tracks]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, own]) => ({
        namespace: own[0]!.namespace ?? 'default',
        name: own[0]!.service,
        tracks: own.sort((one, other) => (one.track === other.track ? 0 : one.track === 'stable' ? -1 : 1)),
        ...(releases.has(key) && { release: releases.get(key)! }),
      }));
  }
}

const keyOf = ({ namespace, service }: { readonly namespace?: string; readonly service: string }) =>
  `${namespace ?? 'default'}/${service}`;
